//! Transfers to a person by an official gateway.

use super::Answer;
use crate::domain::time::Timestamp;
use crate::domain::transfer::{Content, Told};

/// Sends money to a person. Each number is one transfer: sent twice with the same content, it pays once.
pub trait Transfers {
    /// Sends, or sends again.
    fn send<'a>(&'a self, number: &'a str, content: &'a Content, now: Timestamp) -> Answer<'a, Told>;
    /// How a transfer stands.
    fn ask_transfer<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Told>;
}
