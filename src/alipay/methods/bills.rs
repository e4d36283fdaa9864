//! Where a day's bill can be fetched, and the account's log of today.

use serde::Deserialize;
use serde_json::{Value, json};

use super::text::Unfit;
use super::{Method, Repeat};
use crate::alipay::lenient::Text;
use crate::alipay::response::{Answer, ResponseError};
use crate::domain::money::Fen;
use crate::domain::time::{Day, Millis, Timestamp};

/// A kind of bill.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BillType {
    /// Trades and their refunds.
    Trade,
    /// Everything that moved on the account.
    Account,
}

/// What a bill covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BillPeriod {
    /// A day in China; there from about nine the next morning.
    Day(Day),
    /// The month of this day; there from about the third of the next.
    MonthOf(Day),
}

/// `alipay.data.dataservice.bill.downloadurl.query`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BillUrl {
    /// Which kind.
    pub kind: BillType,
    /// Of when.
    pub period: BillPeriod,
}

/// Where a bill is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BillWhere {
    /// At this address, for 30 seconds.
    At(String),
    /// Nothing happened in that time.
    Empty,
    /// Not there: too early, or nothing happened.
    NotThere,
}

impl Method for BillUrl {
    const NAME: &'static str = "alipay.data.dataservice.bill.downloadurl.query";
    const REPEAT: Repeat = Repeat::Asks;
    type Answer = BillWhere;

    fn content(&self) -> Value {
        let kind = match self.kind {
            BillType::Trade => "trade",
            BillType::Account => "signcustomer",
        };
        let date = match self.period {
            BillPeriod::Day(day) => day.to_string(),
            BillPeriod::MonthOf(day) => format!("{:04}-{:02}", day.year(), day.month()),
        };
        json!({ "bill_type": kind, "bill_date": date })
    }

    fn read(answer: &Answer) -> Result<BillWhere, ResponseError> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Wire {
            bill_download_url: Text,
            bill_file_code: Text,
        }
        let wire: Wire = answer.parse()?;
        if wire.bill_file_code.as_str() == "EMPTY_DATA_WITH_BILL_FILE" {
            return Ok(BillWhere::Empty);
        }
        wire.bill_download_url.must().map(BillWhere::At)
    }

    fn otherwise(answer: &Answer) -> Option<BillWhere> {
        // Seen with a prefix and in small letters too.
        let word = answer.sub_code.rsplit('.').next().unwrap_or_default().to_ascii_uppercase();
        matches!(word.as_str(), "NO_BILL_DATA" | "BILL_NOT_EXIST").then_some(BillWhere::NotThere)
    }
}

/// The longest time that one question may cover.
const SPAN_MAX: Millis = Millis::seconds(31 * 24 * 3600);
/// Rows of a page, at most.
const PAGE_MAX: u32 = 2000;

/// `alipay.data.bill.accountlog.query`: what moved on the account. Rows appear with a delay, so ask again for the time
/// before, and know them by their ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountLog {
    /// From this second on.
    pub from: Timestamp,
    /// To before this second; at most 31 days later.
    pub to: Timestamp,
    /// Which page, from 1.
    pub page: u32,
    /// Rows of a page, at most 2000.
    pub page_size: u32,
}

/// A page of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountLogPage {
    /// Its rows.
    pub rows: Vec<LogRow>,
    /// Rows that could not be read: they settle nothing, and the owner is told.
    pub unread: usize,
    /// Rows of all pages.
    pub total: u64,
}

/// One movement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogRow {
    /// Its number: the same row has the same one in every answer.
    pub id: String,
    /// In or out.
    pub direction: Direction,
    /// How much.
    pub amount: Fen,
    /// When.
    pub at: Timestamp,
    /// Alipay's number of the order behind it.
    pub alipay_order_no: Option<String>,
    /// The merchant's number of the order behind it.
    pub merchant_order_no: Option<String>,
    /// What the payer wrote. Alipay says not to rely on it.
    pub memo: Option<String>,
    /// The other side, masked.
    pub other_account: Option<String>,
    /// Alipay's word for what it was. Alipay says not to rely on it.
    pub kind: Option<String>,
}

/// Which way money moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// 收入
    In,
    /// 支出
    Out,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RowWire {
    account_log_id: Text,
    direction: Text,
    trans_amount: Text,
    trans_dt: Text,
    alipay_order_no: Text,
    merchant_order_no: Text,
    trans_memo: Text,
    other_account: Text,
    #[serde(rename = "type")]
    kind: Text,
}

impl RowWire {
    /// The row, unless one of the fields that decide is missing or contradicts another.
    fn row(self) -> Option<LogRow> {
        let direction = match self.direction.as_str() {
            "收入" => Direction::In,
            "支出" => Direction::Out,
            _ => return None,
        };
        let signed = self.trans_amount.as_str();
        let amount = match direction {
            Direction::In => signed.strip_prefix('+').unwrap_or(signed),
            Direction::Out => signed.strip_prefix('-').unwrap_or(signed),
        };
        Some(LogRow {
            id: self.account_log_id.some()?,
            direction,
            amount: Fen::parse(amount).ok()?,
            at: self.trans_dt.time()?,
            alipay_order_no: self.alipay_order_no.some(),
            merchant_order_no: self.merchant_order_no.some(),
            memo: self.trans_memo.some(),
            other_account: self.other_account.some(),
            kind: self.kind.some(),
        })
    }
}

impl Method for AccountLog {
    const NAME: &'static str = "alipay.data.bill.accountlog.query";
    const REPEAT: Repeat = Repeat::Asks;
    type Answer = AccountLogPage;

    fn check(&self) -> Result<(), Unfit> {
        let span = self.to.since(self.from);
        if span <= Millis::ZERO || span > SPAN_MAX {
            return Err(Unfit::Time("end_time"));
        }
        let page = self.page >= 1 && (1..=PAGE_MAX).contains(&self.page_size);
        if page { Ok(()) } else { Err(Unfit::TooLong { field: "page_size", max: PAGE_MAX as usize }) }
    }

    fn content(&self) -> Value {
        json!({
            "start_time": self.from.china_clock(),
            "end_time": self.to.china_clock(),
            "page_no": self.page.to_string(),
            "page_size": self.page_size.to_string(),
        })
    }

    fn read(answer: &Answer) -> Result<AccountLogPage, ResponseError> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Wire {
            total_size: Text,
            // Left out where there is none.
            detail_list: Option<Vec<RowWire>>,
        }
        let wire: Wire = answer.parse()?;
        let list = wire.detail_list.unwrap_or_default();
        let all = list.len();
        let rows: Vec<LogRow> = list.into_iter().filter_map(RowWire::row).collect();
        let total = match wire.total_size.as_str() {
            "" => all as u64,
            total => total.parse().map_err(|_| ResponseError::Malformed)?,
        };
        Ok(AccountLogPage { unread: all - rows.len(), rows, total })
    }
}
