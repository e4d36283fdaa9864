//! The JSON of the API: what is sent and what is answered. Amounts are yuan strings, ids are strings, times RFC 3339.

mod books;
mod bridge;
mod catalog;
mod gateway;
mod ledger;
mod reader;
mod rights;
mod subscription;
mod transfers;

pub use books::*;
pub use bridge::*;
pub use catalog::*;
pub use gateway::*;
pub use ledger::*;
pub use reader::*;
pub use rights::*;
pub use subscription::*;
pub use transfers::*;
