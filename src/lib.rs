//! Matcha sells paid articles with personal WeChat and Alipay receive codes.
//!
//! The parts, from the inside out:
//!
//! - [`domain`]: the rules, pure. Money, holds, matching, the reading of notices.
//! - [`storage`]: rows in, rows out. One writer that commits in groups, read-only readers, migrations.
//! - [`flow`]: use cases, one a file, the only code that writes.
//! - [`web`]: HTTP. [`worker`]: loops. [`cli`]: commands. None of them holds a rule.
//! - [`alipay`] speaks with Alipay's gateway and verifies what comes from it. It knows keys and HTTP, not orders.
//!   [`cashier`] puts it behind what flows ask of any gateway.
//! - [`qr`] reads and draws codes, [`webhook`] signs and verifies messages. They know `domain` only.
//! - [`seal`] encrypts the paid parts of a built site and looks for what leaked. It knows neither HTTP nor database.
//! - [`clock`], [`rng`], [`secrets`], [`config`] and [`limits`]: time, chance, keys, settings and bounds.
//!
//! The path of one payment: a browser posts an order (`web::reader::orders`), an amount is chosen and held
//! (`flow::checkout`, `domain::hold`), the reader pays. The phone posts the notification (`web::bridge`), which is
//! stored, read (`domain::notice`), matched (`domain::matching`) and settled (`flow::intake`, `flow::settle`) in one unit
//! of work. After its commit the browser's stream hears of it (`storage::Changes`, `web::reader::events`), and the
//! article is given out for the unlock token (`flow::unlock`).

pub mod alipay;
pub mod app;
pub mod cashier;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod flow;
pub mod limits;
pub mod qr;
pub mod rng;
pub mod seal;
pub mod secrets;
pub mod storage;
pub mod web;
pub mod webhook;
pub mod worker;
