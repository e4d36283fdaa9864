//! Reading notices: from what a phone saw to "this much money came in", or to a reason why not.
//!
//! Knows notifications as text and the rules that read them. Refuses to know orders, devices, notification
//! ids and time: a reading says what the words say, never whether they may be believed (a friend who calls
//! himself 微信支付 writes the same words; the device's pinned notification id tells him apart, elsewhere).
//!
//! The people of this folder:
//! - `rules.toml`: what is known about wordings, as data. Wallets change them without notice, so an owner can
//!   add, replace and switch off rules in a file of the same form ([`Rules::with_overrides`]).
//! - `file`, `pattern`: from TOML to compiled rules. `examples`: every rule proves itself when it is loaded.
//! - `engine`: picks the rules by package and title, refusals first, and reads.
//! - `guard`: the refusals that no file can switch off. `amount`: how money is written. `prefix`: `[3条]…`.
//!
//! When in doubt nothing is read (rule M7): a receipt that is missed waits in the inbox, a text misread gives
//! an article away.

mod amount;
mod engine;
mod error;
mod examples;
mod file;
mod guard;
mod pattern;
mod prefix;
mod rules;

#[cfg(test)]
mod exam;
#[cfg(test)]
mod override_tests;
#[cfg(test)]
mod spoof_tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::channel::Channel;
use crate::domain::money::Fen;

pub use error::{ExampleList, RuleProblem, RulesError};
pub use guard::{FIELD_CHARS_MAX, Guard};
pub use rules::{OVERRIDES_BYTES_MAX, RuleKind, RuleOrigin, RuleSummary, RuleTitles, Rules};

/// What the phone saw, borrowed. A field that the phone did not send is `None` (or `false`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seen<'a> {
    /// The Android package that posted the notification.
    pub package: &'a str,
    /// `android.title`, verbatim.
    pub title: &'a str,
    /// `android.text`, verbatim.
    pub text: &'a str,
    /// `android.bigText`: never read, but it may contradict.
    pub big_text: Option<&'a str>,
    /// The ticker: never read, but it may contradict.
    pub ticker: Option<&'a str>,
    /// The notification channel, which tells Alipay's receipts from its chats.
    pub channel_id: Option<&'a str>,
    /// `FLAG_ONGOING_EVENT`: a standing notification repeats old news.
    pub ongoing: bool,
    /// `FLAG_GROUP_SUMMARY`: a summary repeats its members.
    pub group_summary: bool,
}

/// What the rules make of a notice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "reading", rename_all = "snake_case")]
pub enum Reading {
    /// Money came in, to exactly this amount.
    Receipt(ReadReceipt),
    /// Refused on purpose: a known shape that is no receipt, or a text that a [`Guard`] does not believe.
    Refused {
        /// The rule's name, or the guard's (`guard:…`).
        rule: Arc<str>,
    },
    /// Money probably came, but the notice does not say how much. It settles nothing; the owner is told,
    /// because a setting of the phone is the usual cause.
    Hint {
        /// The rule's name.
        rule: Arc<str>,
        /// What is missing.
        kind: HintKind,
    },
    /// No rule knows it. It stays stored and can be read again with other rules.
    Unread,
}

impl Reading {
    /// The receipt, if it is one.
    #[must_use]
    pub const fn receipt(&self) -> Option<&ReadReceipt> {
        match self {
            Reading::Receipt(receipt) => Some(receipt),
            Reading::Refused { .. } | Reading::Hint { .. } | Reading::Unread => None,
        }
    }

    /// The name of the rule or guard that decided, if one did.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Reading::Receipt(receipt) => Some(&receipt.rule),
            Reading::Refused { rule } | Reading::Hint { rule, .. } => Some(rule),
            Reading::Unread => None,
        }
    }
}

/// What a hint misses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HintKind {
    /// The text says that money came and hides how much.
    AmountMissing,
    /// The wallet or the phone hides the text: every receipt will be missed until that is changed.
    TextHidden,
}

/// A notice read as "money came in".
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReadReceipt {
    /// The wallet: WeChat or Alipay, never the official API.
    pub channel: Channel,
    /// How much, always above zero.
    pub amount: Fen,
    /// The payer's nickname where the text shows it. The payer chose it: escape it, never trust it.
    pub payer: Option<String>,
    /// The remark where the text shows it. The payer may have typed it.
    pub remark: Option<String>,
    /// The rule that read it.
    pub rule: Arc<str>,
    /// Who announced it: the title, byte for byte, or the rule's own name for it where the title is the amount.
    pub announcer: String,
    /// Whether the notification id identifies the announcer, so that a device can pin it (WeChat).
    pub pins_id: bool,
}
