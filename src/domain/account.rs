//! Receiving accounts and their payment codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::id::{AccountId, CodeId};
use super::money::Fen;
use super::time::Timestamp;

/// What tells two payments of one account apart (DESIGN section 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distinguish {
    /// The amount alone: what every announcer shows.
    #[default]
    Amount,
    /// The amount and the code's remark, for announcers that show the remark.
    Remark,
}

impl Distinguish {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Distinguish::Amount => "amount",
            Distinguish::Remark => "remark",
        }
    }
}

/// The remark that a hold is keyed by; empty where the account distinguishes by amount alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Remark(String);

/// A text that cannot be a [`Remark`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a remark is at most {} characters and holds no control characters", Remark::CHARS_MAX)]
pub struct RemarkError;

impl Remark {
    /// The longest remark, in characters; the wallets allow fewer.
    pub const CHARS_MAX: usize = 50;

    /// No remark.
    #[must_use]
    pub const fn none() -> Remark {
        Remark(String::new())
    }

    /// The text; empty for none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True where there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Remark {
    type Err = RemarkError;

    fn from_str(text: &str) -> Result<Remark, RemarkError> {
        let text = text.trim();
        if text.chars().count() > Remark::CHARS_MAX || text.chars().any(char::is_control) {
            return Err(RemarkError);
        }
        Ok(Remark(text.to_owned()))
    }
}

impl TryFrom<String> for Remark {
    type Error = RemarkError;

    fn try_from(text: String) -> Result<Remark, RemarkError> {
        text.parse()
    }
}

impl From<Remark> for String {
    fn from(remark: Remark) -> String {
        remark.0
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A receiving account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name for the owner.
    pub name: String,
    /// Which wallet.
    pub channel: Channel,
    /// What tells its payments apart.
    pub distinguish: Distinguish,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a payment code asks of the payer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeKind {
    /// The amount was set in the wallet when the code was made.
    Fixed,
    /// The payer types the amount.
    Open,
}

impl CodeKind {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            CodeKind::Fixed => "fixed",
            CodeKind::Open => "open",
        }
    }
}

/// A payment code of an account, without its picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code {
    /// Its id.
    pub id: CodeId,
    /// Whose it is.
    pub account: AccountId,
    /// The amount set inside it; `None` for an open code.
    pub amount: Option<Fen>,
    /// The remark set inside it.
    pub remark: Remark,
    /// What the QR code says; `None` where no code could be read in the picture.
    pub payload: Option<String>,
    /// True where a payload was read and is of the account's wallet.
    pub verified: bool,
    /// When it was taken in.
    pub created_at: Timestamp,
}

impl Code {
    /// Fixed or open.
    #[must_use]
    pub const fn kind(&self) -> CodeKind {
        match self.amount {
            Some(_) => CodeKind::Fixed,
            None => CodeKind::Open,
        }
    }
}
