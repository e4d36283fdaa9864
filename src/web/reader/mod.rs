//! What a reader's browser calls.

pub mod claims;
pub mod events;
pub mod orders;
pub mod page;
pub mod pay;
pub mod products;
pub mod subscriptions;
pub mod unlocks;
pub mod work;
