//! The JSON of the API: what is sent and what is answered. Amounts are yuan strings, ids are strings, times RFC 3339.

mod bridge;
mod catalog;
mod ledger;
mod reader;
mod rights;

pub use bridge::*;
pub use catalog::*;
pub use ledger::*;
pub use reader::*;
pub use rights::*;
