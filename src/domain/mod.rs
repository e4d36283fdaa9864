//! The rules, without a database, a socket or a clock.
//!
//! Everything here is a value or a pure function: rows come in, decisions come out. It imports nothing of ours but
//! itself, and nothing that does I/O.

pub mod account;
pub mod adapter;
pub mod books;
pub mod channel;
pub mod claim;
pub mod coupon;
pub mod device;
pub mod gateway;
pub mod hold;
pub mod id;
pub mod log;
pub mod matching;
pub mod money;
pub mod notice;
pub mod order;
pub mod product;
pub mod receipt;
pub mod refund;
pub mod site;
pub mod subscription;
pub mod time;
pub mod transfer;
pub mod unlock;
pub mod watch;
