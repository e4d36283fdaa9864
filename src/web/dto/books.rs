//! What the owner is shown of the books: compared days, differences, watched accounts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::books::{Book, BookDay, DayState, Difference, DifferenceKind};
use crate::domain::id::{AccountId, BookDayId, DeviceId, DifferenceId, OrderId, ReceiptId};
use crate::domain::money::Fen;
use crate::domain::time::{Day, Timestamp};
use crate::domain::watch::{Alone, Announced, Watch};

/// How two books differ.
#[derive(Debug, Serialize, ToSchema)]
pub struct DifferenceBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: DifferenceId,
    /// Whose books.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// Of which day in China.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// `unknown_payment`, `unsettled`, `other_amount`, `other_number`, `missing`, `unknown_refund`, `refund_not_done`,
    /// `refund_missing`, `unread`, `no_bill`, `announcers`, `transfer_failed`, `transfer_doubtful`,
    /// `charge_doubtful` or `charges_refused`.
    #[schema(value_type = String)]
    pub kind: DifferenceKind,
    /// The number of the trade or transfer.
    pub number: String,
    /// The number of the refund.
    pub refund: Option<String>,
    /// Alipay's number.
    pub gateway_ref: Option<String>,
    /// The order, where there is one.
    #[schema(value_type = Option<String>)]
    pub order: Option<OrderId>,
    /// What is written here.
    #[schema(value_type = Option<String>)]
    pub ours: Option<Fen>,
    /// What the other book says.
    #[schema(value_type = Option<String>)]
    pub theirs: Option<Fen>,
    /// What else is known.
    pub detail: String,
    /// When it was found.
    #[schema(value_type = String, format = DateTime)]
    pub found_at: Timestamp,
}

impl From<Difference> for DifferenceBody {
    fn from(d: Difference) -> DifferenceBody {
        DifferenceBody {
            id: d.id,
            account: d.account,
            day: d.day,
            kind: d.kind,
            number: d.number,
            refund: d.refund,
            gateway_ref: d.gateway_ref,
            order: d.order,
            ours: d.ours,
            theirs: d.theirs,
            detail: d.detail,
            found_at: d.found_at,
        }
    }
}

/// A payment that only one side announced.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnnouncedBody {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How much.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// The phone's receipt.
    #[schema(value_type = Option<String>)]
    pub receipt: Option<ReceiptId>,
    /// The number of the log's row.
    pub row: Option<String>,
}

impl From<Announced> for AnnouncedBody {
    fn from(a: Announced) -> AnnouncedBody {
        AnnouncedBody { at: a.at, amount: a.amount, receipt: a.receipt, row: a.row }
    }
}

/// One day of one book.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookDayBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: BookDayId,
    /// `bill` (an official account's trades) or `log` (a watched personal account).
    #[schema(value_type = String)]
    pub book: Book,
    /// Whose.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// The day in China.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// `waiting`, `compared` or `missing`.
    #[schema(value_type = String)]
    pub state: DayState,
    /// A bill: its payments. A log: the payments that phone and log both announced.
    pub payments: u32,
    /// Their sum.
    #[schema(value_type = String)]
    pub paid: Fen,
    /// A bill: its refunds.
    pub refunds: u32,
    /// Their sum.
    #[schema(value_type = String)]
    pub returned: Fen,
    /// How many differences there are.
    pub differences: u32,
    /// Alipay's code, where it refused the book.
    pub problem: Option<String>,
    /// A log: what only a phone announced.
    pub only_phone: Vec<AnnouncedBody>,
    /// A log: what only the log has.
    pub only_log: Vec<AnnouncedBody>,
    /// When it was compared, or given up.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
}

impl From<BookDay> for BookDayBody {
    fn from(d: BookDay) -> BookDayBody {
        let alone: Alone =
            d.detail.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        BookDayBody {
            id: d.id,
            book: d.book,
            account: d.account,
            day: d.day,
            state: d.state,
            payments: d.tally.payments,
            paid: d.tally.paid,
            refunds: d.tally.refunds,
            returned: d.tally.returned,
            differences: d.differences,
            problem: d.problem,
            only_phone: alone.only_phone.into_iter().map(AnnouncedBody::from).collect(),
            only_log: alone.only_log.into_iter().map(AnnouncedBody::from).collect(),
            finished_at: d.finished_at,
        }
    }
}

/// By whose keys the log of a personal account is read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchRequest {
    /// The official account of the same wallet; nothing to end the watch.
    #[schema(value_type = Option<String>)]
    pub merchant: Option<AccountId>,
}

/// A watched personal account.
#[derive(Debug, Serialize, ToSchema)]
pub struct WatchBody {
    /// The personal account.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// The official account whose keys read its log.
    #[schema(value_type = String)]
    pub merchant: AccountId,
    /// The device as which the log announces.
    #[schema(value_type = String)]
    pub device: DeviceId,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When it was ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Up to when its rows were read.
    #[schema(value_type = String, format = DateTime)]
    pub seen_until: Timestamp,
    /// Since when it does not answer.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
}

impl From<Watch> for WatchBody {
    fn from(w: Watch) -> WatchBody {
        WatchBody {
            account: w.account,
            merchant: w.merchant,
            device: w.device,
            since: w.since,
            ended_at: w.ended_at,
            seen_until: w.seen_until,
            failing_since: w.failing_since,
        }
    }
}
