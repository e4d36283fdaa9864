//! What every address answers, as a caller sees it.

mod adapters;
mod bridge;
mod cors;
mod demo;
mod disk;
mod envelope;
mod events;
mod log;
mod notices;
mod offers;
mod operation;
mod orders;
mod orders_refused;
mod owner;
mod pages;
mod products;
mod rights;
