//! What a reader's browser calls.

pub mod claims;
pub mod events;
pub mod orders;
pub mod page;
pub mod products;
pub mod unlocks;
pub mod work;
