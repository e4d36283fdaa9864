//! What a gateway does for memberships that renew themselves: pages to sign on, charges, and how an agreement stands.

use super::{Answer, Bill, Trouble, Ways};
use crate::domain::money::Fen;
use crate::domain::subscription::Period;
use crate::domain::time::{Day, Timestamp};
use crate::flow::gateway::hear::Said;

/// What a reader is asked to sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignAsk {
    /// Our number of the agreement.
    pub number: String,
    /// The scene of the contract.
    pub scene: String,
    /// How often it is charged.
    pub every: Period,
    /// The day of the first charge that the agreement allows.
    pub first: Day,
    /// What one charge may take at most.
    pub most: Fen,
}

/// Where a reader signs without paying.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignLinks {
    /// The page: in the wallet's own browser as it is, on a computer drawn as a code.
    pub page: String,
    /// Opens the wallet from a phone's browser.
    pub wallet: String,
}

/// A charge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChargeAsk {
    /// Our number of the trade.
    pub number: String,
    /// The gateway's number of the agreement.
    pub agreement: String,
    /// How much.
    pub amount: Fen,
    /// What the payer reads.
    pub subject: String,
}

/// How a charge stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChargeSaid {
    /// The gateway knows no such trade: no money moved, and the same number may be asked for again.
    Absent,
    /// There is a trade, and no money yet.
    UnderWay,
    /// It is paid.
    Paid {
        /// The gateway's number.
        trade_no: String,
        /// How much.
        amount: Fen,
        /// When, where it is told.
        at: Option<Timestamp>,
    },
    /// There is a trade that is closed: it takes no money any more.
    Closed,
}

impl From<ChargeSaid> for Said {
    fn from(said: ChargeSaid) -> Said {
        match said {
            ChargeSaid::Absent => Said::Absent,
            ChargeSaid::UnderWay => Said::Waiting,
            ChargeSaid::Paid { trade_no, amount, at } => Said::Paid { trade_no, amount, at, returned: None },
            ChargeSaid::Closed => Said::Closed { returned: None },
        }
    }
}

/// Which agreement: by the gateway's number where that is known, else by ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreementName {
    /// The gateway's number.
    pub gateway_no: Option<String>,
    /// Ours.
    pub number: String,
    /// The scene in which it was signed.
    pub scene: String,
}

/// Where an agreement stands, in the gateway's eyes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// In force.
    InForce,
    /// Signed, and not in force yet.
    NotYet,
    /// Paused, or in a state that nobody documented: nothing may be charged.
    Paused,
    /// Ended by somebody.
    Ended,
}

/// What the gateway says of an agreement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreementSaid {
    /// Where it stands.
    pub standing: Standing,
    /// The gateway's number.
    pub gateway_no: Option<String>,
    /// The day on which the next period is due, where that is told.
    pub next_due: Option<Day>,
}

/// What became of the wish to end an agreement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsigned {
    /// It ended.
    Now,
    /// None is in force: it ended before, or nobody signed it so far. Which of them, asking tells.
    NotInForce,
}

/// Agreements and charges. A charge is never repeated by an implementation: what became of it is asked for.
pub trait Renewals {
    /// The pages on which a reader signs without paying. `back` is where his browser goes after that. Nothing is sent.
    ///
    /// # Errors
    /// [`Trouble::Refused`] where the gateway takes no such agreement.
    fn sign_links(&self, ask: &SignAsk, back: &str, now: Timestamp) -> Result<SignLinks, Trouble>;
    /// The page on which a reader pays a bill and signs with it. Nothing is sent.
    ///
    /// # Errors
    /// [`Trouble::Refused`] where the gateway takes no such bill or agreement.
    fn pay_and_sign_link(
        &self,
        bill: &Bill,
        ask: &SignAsk,
        ways: &Ways,
        now: Timestamp,
    ) -> Result<String, Trouble>;
    /// Charges a period. A repeat with the same number and content is the same trade.
    fn charge<'a>(&'a self, ask: &'a ChargeAsk, now: Timestamp) -> Answer<'a, ChargeSaid>;
    /// How a charge stands.
    fn ask_charge<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, ChargeSaid>;
    /// Closes a charge that nobody paid; how it stands after that.
    fn close_charge<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, ChargeSaid>;
    /// How an agreement stands; nothing where the gateway knows none (any more).
    fn ask_agreement<'a>(
        &'a self,
        name: &'a AgreementName,
        now: Timestamp,
    ) -> Answer<'a, Option<AgreementSaid>>;
    /// Ends an agreement.
    fn unsign<'a>(&'a self, name: &'a AgreementName, now: Timestamp) -> Answer<'a, Unsigned>;
    /// Moves the day on which the next period is due, for one that was missed. To later only.
    fn postpone<'a>(&'a self, gateway_no: &'a str, to: Day, now: Timestamp) -> Answer<'a, Day>;
}
