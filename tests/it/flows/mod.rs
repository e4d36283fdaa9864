//! What the use cases promise, one sentence a test, on a real database file.

mod allocation;
mod arrival;
mod batches;
mod doubt;
mod ears;
mod owner;
mod rereading;
mod trust;
mod window;
