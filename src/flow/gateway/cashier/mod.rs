//! An official gateway as the flows use it. The real one speaks HTTP ([`crate::alipay`]); the simulation has one of its own,
//! with faults.

pub mod books;
pub mod renewals;
pub mod transfers;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::hear::Said;
use crate::alipay::check::Finding;
use crate::domain::gateway::Way;
use crate::domain::id::AccountId;
use crate::domain::money::Fen;
use crate::domain::time::Timestamp;
use crate::secrets::Secrets;
use crate::storage::verbs::Merchant;

/// An answer that is under way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Trouble>> + Send + 'a>>;

/// Why there is no answer that can be acted on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Trouble {
    /// What was asked may have been done or not: only asking again tells. A time-out, a system error, a broken answer.
    #[error("whether the gateway did it is not known: {why}")]
    Unknown {
        /// What happened, for the log.
        why: String,
    },
    /// It was not done, and will not be as it was asked.
    #[error("the gateway refused: {code}")]
    Refused {
        /// The gateway's own code (`sub_code`).
        code: String,
        /// What the owner can do about it, in Chinese.
        zh: String,
        /// The same in English.
        en: String,
    },
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bill {
    /// Our number.
    pub number: String,
    /// How much.
    pub amount: Fen,
    /// What the buyer reads: the product's title.
    pub subject: String,
    /// From when on it cannot be paid any more.
    pub ends_at: Timestamp,
}

/// What a refund asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefundAsk {
    /// Our number of the trade.
    pub number: String,
    /// Our number of the refund: asked twice, it pays once.
    pub refund_number: String,
    /// How much.
    pub amount: Fen,
    /// Why, for the buyer.
    pub reason: String,
}

/// What became of a refund.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefundSaid {
    /// The money went back.
    Done,
    /// It has not, or not yet.
    NotYet,
}

/// Why a notification is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unbelieved {
    /// It is no form, names a parameter twice, or can be read in two ways.
    Malformed,
    /// No key of this account signed it.
    Signature,
    /// It is signed, and for another application or another seller.
    ForAnother,
}

/// What a notification is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// A trade.
    Trade(Said),
    /// An agreement.
    Agreement(renewals::AgreementSaid),
    /// Nothing that anything follows from.
    Other,
}

/// A verified notification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// What kind of notification.
    pub kind: String,
    /// Our number, where it names one.
    pub number: Option<String>,
    /// What it says.
    pub news: News,
    /// All it says, in one order: the same text is the same notification.
    pub text: String,
}

/// What a buyer's browser brings back from the gateway's page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Return {
    /// Our number.
    pub number: String,
    /// When he was sent back, where it is told.
    pub at: Option<Timestamp>,
}

/// The name under which the address of the article travels to the gateway and back: it is ours, and not signed.
pub const BACK: &str = "back";

/// Where a buyer's browser goes from the gateway's page: paths and queries below this installation's address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ways {
    /// Where he who gives up goes.
    pub quit: String,
    /// Where he who is done goes. The gateway adds what [`Notices::read_return`] reads.
    pub done: String,
}

/// Trades and what is paid back of them. Times are the caller's: no implementation reads a clock.
pub trait Trades {
    /// Makes a code for a bill; what it says. A repeat with the same number and content is the same trade.
    fn make_code<'a>(&'a self, bill: &'a Bill, now: Timestamp) -> Answer<'a, String>;
    /// How a trade stands.
    fn ask<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Said>;
    /// Closes a trade that nobody paid. [`Said::Paid`] where somebody was faster; [`Said::Absent`] where the gateway knows no
    /// such trade, so that a code of it may still be scanned; [`Said::Waiting`] where it would not close it.
    fn close<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Said>;
    /// Pays money back.
    fn refund<'a>(&'a self, ask: &'a RefundAsk, now: Timestamp) -> Answer<'a, RefundSaid>;
    /// How a refund stands.
    fn ask_refund<'a>(&'a self, ask: &'a RefundAsk, now: Timestamp) -> Answer<'a, RefundSaid>;
    /// The address of the gateway's own page for a bill. Nothing is sent.
    ///
    /// # Errors
    /// [`Trouble::Refused`] where the bill cannot be one.
    fn link(&self, way: Way, bill: &Bill, ways: &Ways, now: Timestamp) -> Result<String, Trouble>;
}

/// What the gateway sends, verified.
pub trait Notices {
    /// Reads the body of a notification.
    ///
    /// # Errors
    /// [`Unbelieved`]: nothing of it may be used.
    fn read_notice(&self, body: &[u8], now: Timestamp) -> Result<Notice, Unbelieved>;
    /// Reads the query with which a buyer comes back, if it was signed for this account.
    fn read_return(&self, query: &str, now: Timestamp) -> Option<Return>;
}

/// What may be wrong with an account.
pub trait Checks {
    /// Asks one harmless question and says what its answer tells of keys, application, gateway and clocks.
    fn check<'a>(&'a self, now: Timestamp) -> Pin<Box<dyn Future<Output = Vec<Finding>> + Send + 'a>>;
}

/// An account at an official gateway.
pub trait Cashier:
    Trades + Notices + Checks + books::Books + transfers::Transfers + renewals::Renewals + Send + Sync
{
}

/// Makes the cashier of a merchant from its decrypted keys.
pub type Open = dyn Fn(&Merchant, &[u8]) -> Option<Arc<dyn Cashier>> + Send + Sync;

/// A cashier, and when its keys were set.
type Made = (Timestamp, Arc<dyn Cashier>);

/// The cashiers of this installation, made when they are first needed and again when their keys change.
#[derive(Clone)]
pub struct Cashiers {
    open: Arc<Open>,
    made: Arc<Mutex<HashMap<AccountId, Made>>>,
}

impl fmt::Debug for Cashiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cashiers")
    }
}

impl Default for Cashiers {
    /// None: no key opens any.
    fn default() -> Cashiers {
        Cashiers::new(Arc::new(|_, _| None))
    }
}

impl Cashiers {
    /// Cashiers that are made by `open`.
    #[must_use]
    pub fn new(open: Arc<Open>) -> Cashiers {
        Cashiers { open, made: Arc::default() }
    }

    /// The cashier of a merchant; `None` where its keys do not open or are no keys: another master key, a damaged row.
    #[must_use]
    pub fn of(&self, merchant: &Merchant, secrets: &Secrets) -> Option<Arc<dyn Cashier>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = made.get(&merchant.account).filter(|(at, _)| *at == merchant.updated_at) {
            return Some(Arc::clone(known));
        }
        let plain = secrets.open_merchant(merchant.account, &merchant.sealed)?;
        let cashier = (self.open)(merchant, &plain)?;
        made.insert(merchant.account, (merchant.updated_at, Arc::clone(&cashier)));
        Some(cashier)
    }
}
