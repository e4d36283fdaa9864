//! A membership that renews itself (周期扣款): when it is charged, how often that is tried, and what a refusal means.
//!
//! The gateway's rules: the day on which a period is due lies on the 1st to the 28th where periods are months; a charge is
//! taken on that day and up to five days before; one succeeds in each period; the merchant triggers each. Days are China's.
//! Refuses to know how the gateway is spoken to ([`crate::alipay`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::{AccountId, AgreementId, OrderId, ProductId, SiteId};
use super::money::Fen;
use super::time::{Day, Millis, Timestamp};

/// So many days before the due day a charge is taken.
pub const OPENS_DAYS_BEFORE: i32 = 5;
/// On which days before the due day a charge is tried: three times, because the gateway advises few, and each refusal is
/// told to its payer. The owner sees these times in the list of subscriptions.
pub const TRY_DAYS_BEFORE: [i32; 3] = [5, 2, 0];
/// From which hour on charges are made, in China: nobody's phone rings at night. Each try is at the beginning of this hour.
pub const FIRST_HOUR: i64 = 8;
/// Until which hour, in China. The gateway judges the day by when the money moves, so none is made near midnight.
pub const LAST_HOUR: i64 = 20;
/// What one charge may take at most, unless the owner's contract with the gateway says more: ¥100.
pub const AMOUNT_MAX_DEFAULT: Fen = match Fen::new(10_000) {
    Some(fen) => fen,
    None => Fen::ZERO,
};
/// The scene that most contracts name.
pub const SCENE_DEFAULT: &str = "INDUSTRY|DIGITAL_MEDIA";
/// A period in days has at least so many.
pub const DAYS_MIN: u16 = 7;
/// And at most so many.
pub const DAYS_MAX: u16 = 366;
/// A period in months has at most so many.
pub const MONTHS_MAX: u8 = 12;

const HOUR: Millis = Millis::seconds(3600);
const DAY: Millis = Millis::seconds(24 * 3600);

/// How often a membership is charged. Printed and read as `1m` or `30d`, also in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Period {
    /// Every so many days, [`DAYS_MIN`] to [`DAYS_MAX`].
    Days(u16),
    /// Every so many months on the same day of the month, 1 to [`MONTHS_MAX`].
    Months(u8),
}

/// A text that is no period.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a period is 1m to 12m (months) or 7d to 366d (days)")]
pub struct PeriodError;

impl Period {
    /// The longest that it can last: what a payment for it has to open at least, or readers would stand before a closed door
    /// between two charges.
    #[must_use]
    pub const fn longest(self) -> Millis {
        match self {
            Period::Days(days) => DAY.times(days as i64),
            Period::Months(months) => DAY.times(31 * months as i64),
        }
    }

    /// The day on which the first period is due that begins when a right ends at `until`: not before tomorrow, so that there
    /// is time to charge it. For months never the 29th to the 31st, which some months have not: the 1st to the 3rd.
    #[must_use]
    pub fn first_due(self, until: Timestamp, now: Timestamp) -> Day {
        self.fitting(Day::in_china(until).max(Day::in_china(now).plus(1)))
    }

    /// A day on which a period may be due: `day`, or the next that may.
    #[must_use]
    pub fn fitting(self, day: Day) -> Day {
        let surplus = i32::from(day.day_of_month()) - 28;
        match self {
            Period::Months(_) if surplus > 0 => {
                let next_month = first_of_month(day, 1);
                next_month.plus(surplus - 1)
            }
            Period::Months(_) | Period::Days(_) => day,
        }
    }

    /// The due day after `due`.
    #[must_use]
    pub fn after(self, due: Day) -> Day {
        match self {
            Period::Days(days) => due.plus(i32::from(days)),
            Period::Months(months) => {
                first_of_month(due, i32::from(months)).plus(i32::from(due.day_of_month()) - 1)
            }
        }
    }
}

/// The first day of the month that is `months` behind that of `day`.
fn first_of_month(day: Day, months: i32) -> Day {
    let month = i32::from(day.year()) * 12 + i32::from(day.month()) - 1 + months;
    let (year, month) = (i16::try_from(month / 12).ok(), i8::try_from(month % 12 + 1).ok());
    year.zip(month).and_then(|(year, month)| Day::new(year, month, 1)).unwrap_or_else(|| day.plus(i32::MAX))
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Days(days) => write!(f, "{days}d"),
            Period::Months(months) => write!(f, "{months}m"),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Period, PeriodError> {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        let (count, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(PeriodError)?;
        if !digits(count) {
            return Err(PeriodError);
        }
        match unit {
            "d" => count.parse().ok().filter(|days| (DAYS_MIN..=DAYS_MAX).contains(days)).map(Period::Days),
            "m" => count.parse().ok().filter(|months| (1..=MONTHS_MAX).contains(months)).map(Period::Months),
            _ => None,
        }
        .ok_or(PeriodError)
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Period, PeriodError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> String {
        period.to_string()
    }
}

/// On which terms a membership renews itself, as the owner offers it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renewal {
    /// How often it is charged.
    pub every: Period,
    /// What one charge may take at most by the owner's contract; [`AMOUNT_MAX_DEFAULT`] where it is not said.
    pub most: Option<Fen>,
    /// The scene of the contract; [`SCENE_DEFAULT`] where it is not said.
    pub scene: Option<String>,
}

impl Renewal {
    /// What one charge may take at most.
    #[must_use]
    pub fn most(&self) -> Fen {
        self.most.unwrap_or(AMOUNT_MAX_DEFAULT)
    }

    /// The scene of the contract.
    #[must_use]
    pub fn scene(&self) -> &str {
        self.scene.as_deref().unwrap_or(SCENE_DEFAULT)
    }
}

/// When the tries of a period are made, in China's morning.
#[must_use]
pub fn tries(due: Day) -> [Timestamp; 3] {
    TRY_DAYS_BEFORE.map(|days| due.plus(-days).starts_in_china().plus(HOUR.times(FIRST_HOUR)))
}

/// When the last charge of a period is made at the latest. Later the gateway takes none for it.
#[must_use]
pub fn closes(due: Day) -> Timestamp {
    due.starts_in_china().plus(HOUR.times(LAST_HOUR))
}

/// The first instant from `at` on at which a charge may be made; nothing where the period is over.
#[must_use]
pub fn opening(due: Day, at: Timestamp) -> Option<Timestamp> {
    let at = at.max(due.plus(-OPENS_DAYS_BEFORE).starts_in_china());
    let today = Day::in_china(at).starts_in_china();
    let (from, to) = (today.plus(HOUR.times(FIRST_HOUR)), today.plus(HOUR.times(LAST_HOUR)));
    let opening = if at < to { at.max(from) } else { from.plus(DAY) };
    (opening < closes(due)).then_some(opening)
}

/// When a charge that was refused at `at` is tried again; nothing where that was the last try.
#[must_use]
pub fn next_try(due: Day, at: Timestamp) -> Option<Timestamp> {
    tries(due).into_iter().find(|next| *next > at)
}

/// What a refusal of a charge means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It says nothing certain about the charge: the trade itself is asked.
    AskTrade,
    /// It may work another time: an empty wallet, a limit of the day.
    Again,
    /// It may work another time, and the agreement may not stand as it is thought here: it is asked.
    AskAgreement,
    /// It never will.
    Over,
    /// It is about us and not about the payer: a key, a permission, too many calls. No try is used up; the same number is
    /// asked for again until the period is over.
    Ours,
}

/// Reads a refusal's code (`sub_code`), with or without its family in front. An unknown one is tried again: by the schedule
/// that ends soon enough.
#[must_use]
pub fn verdict(code: &str) -> Verdict {
    let (family, word) = code.split_once('.').unwrap_or(("", code));
    // Families of what the gateway says before it looks at any business; a common code stands for an answer without a
    // business code, `unfit` for what was never sent.
    if matches!(family, "isv" | "isp" | "aop")
        || matches!(
            word,
            "" | "unfit" | "SYSTEM_RATE_LIMIT" | "20001" | "40001" | "40002" | "40003" | "40005" | "40006"
        )
    {
        return Verdict::Ours;
    }
    match word {
        "SYSTEM_ERROR" | "TRADE_HAS_SUCCESS" | "TRADE_HAS_CLOSE" | "CONTEXT_INCONSISTENT" => {
            Verdict::AskTrade
        }
        "AGREEMENT_STATUS_NOT_NORMAL" | "CYCLE_PAY_DATE_NOT_MATCH" | "OVER_DEDUCT_PERIOD" => {
            Verdict::AskAgreement
        }
        "AGREEMENT_NOT_EXIST"
        | "AGREEMENT_INVALID"
        | "AGREEMENT_ERROR"
        | "BUYER_NOT_EXIST"
        | "CYCLE_PAY_SINGLE_FEE_EXCEED"
        | "CYCLE_PAY_TOTAL_FEE_EXCEED"
        | "CYCLE_PAY_TOTAL_TIMES_EXCEED" => Verdict::Over,
        _ => Verdict::Again,
    }
}

/// How long to wait before a charge without an answer is asked about again: 10 s at first, twice as long each time, at most
/// half an hour. There is no last time: what is not known is not charged again.
#[must_use]
pub fn pause(asked: u32) -> Millis {
    Millis::new((10_000_i64 << asked.min(8)).min(30 * 60_000))
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$each])* $variant,)+ }

        impl $name {
            /// The wire form.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }
        }
    )+};
}

words! {
    /// Where an agreement stands, as far as it is known here.
    AgreementState {
        /// Its page was opened; not signed, or not in force yet.
        Pending = "pending",
        /// In force: the only state in which it is charged.
        Normal = "normal",
        /// The gateway paused it.
        Paused = "paused",
        /// Ended for good. The time that was paid for goes on.
        Ended = "ended",
    }

    /// Why an agreement ended.
    Ending {
        /// The reader ended it here.
        Reader = "reader",
        /// The owner ended it.
        Owner = "owner",
        /// The reader ended it in the wallet.
        Wallet = "wallet",
        /// It had run its time; the gateway knows it no more.
        Lapsed = "lapsed",
        /// The last try of a period was refused.
        Unpaid = "unpaid",
        /// The gateway refused a charge in a way that no other try would change.
        Refused = "refused",
        /// The right to read that it prolongs was taken back.
        Revoked = "revoked",
        /// Nobody signed it.
        Unsigned = "unsigned",
        /// A page on other terms took its place before it was signed.
        Replaced = "replaced",
    }

    /// What became of a charge.
    ChargeState {
        /// Written down; the gateway has not heard of it.
        Planned = "planned",
        /// Sent, or about to be: from here on only the gateway knows.
        Asked = "asked",
        /// Sent, and the answer did not tell.
        Unknown = "unknown",
        /// Paid.
        Paid = "paid",
        /// It took no money and will not under its number.
        Failed = "failed",
    }
}

/// A reader's consent to be charged each period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// Our number at the gateway (`external_agreement_no`): at most 32 letters and digits that nobody guesses.
    pub number: String,
    /// The receiving account.
    pub account: AccountId,
    /// Who sells.
    pub site: SiteId,
    /// The membership.
    pub product: ProductId,
    /// The first of the orders whose time it prolongs.
    pub order: OrderId,
    /// The scene in which it is signed.
    pub scene: String,
    /// The gateway's number (`agreement_no`), once it is known.
    pub gateway_no: Option<String>,
    /// Where it stands.
    pub state: AgreementState,
    /// Why it ended.
    pub ending: Option<Ending>,
    /// How often it is charged.
    pub every: Period,
    /// What one charge may take at most: the price that the reader agreed to.
    pub most: Fen,
    /// When the next period is due.
    pub due: Day,
    /// When its page was first opened.
    pub created_at: Timestamp,
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When the gateway is asked about it next, or told that it ended; nothing where there is nothing to say any more.
    pub look_at: Option<Timestamp>,
    /// How often that was done in vain.
    pub looked: u32,
}

impl Agreement {
    /// True where it can still be charged, now or later.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.state != AgreementState::Ended
    }

    /// Our number of a charge: the same for the same period and try, also after a restart or on a restored copy.
    #[must_use]
    pub fn charge_number(&self, due: Day, attempt: u32) -> String {
        let (year, month, day) = (due.year(), due.month(), due.day_of_month());
        format!("s{}d{year:04}{month:02}{day:02}n{attempt}", self.id.raw())
    }
}

/// One try to charge one period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charge {
    /// Our number at the gateway (`out_trade_no`): see [`Agreement::charge_number`].
    pub number: String,
    /// The agreement.
    pub agreement: AgreementId,
    /// The day on which the period is due.
    pub due: Day,
    /// Which try, from 1.
    pub attempt: u32,
    /// The order that it pays: one for each period, whatever the try.
    pub order: OrderId,
    /// How much.
    pub amount: Fen,
    /// What the payer reads. It stays the same, so that a repeated request is the same request.
    pub subject: String,
    /// What became of it.
    pub state: ChargeState,
    /// The gateway's code, where it refused.
    pub problem: Option<String>,
    /// When it was written down.
    pub planned_at: Timestamp,
    /// When the gateway was first asked for it.
    pub asked_at: Option<Timestamp>,
    /// When it was last sent, or about to be: a request may be on its way for a while.
    pub sent_at: Option<Timestamp>,
    /// When it was paid or had failed.
    pub finished_at: Option<Timestamp>,
    /// When something is done about it next.
    pub next_at: Option<Timestamp>,
    /// How often the gateway was asked about it.
    pub asked: u32,
}

#[cfg(test)]
mod tests;
