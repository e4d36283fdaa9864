//! HTTP, by axum. Handlers extract, parse into domain types, call one flow, and render; they hold no rules.

pub mod adapters;
pub mod alipay;
pub mod assets;
pub mod bridge;
pub mod cors;
mod demo;
pub mod dto;
pub mod envelope;
pub mod error;
pub mod extract;
pub mod health;
pub mod metrics;
pub mod owner;
pub mod reader;
pub mod router;
pub mod serve;
pub mod state;

pub use router::{openapi, router};
pub use state::Web;
