//! Translators from what other phones and pages already speak. Each is off until it is switched on, lives in a folder of
//! its own, and holds no rules: a phone's message becomes a notice that is stored, read and matched like any other.
//!
//! The people of this folder:
//! - [`article`]: the pages and the phone of the original article.
//! - [`vmq`]: V免签's phone app, which signs with a key of its own and sends only an amount.
//! - `smsforwarder`, `receiptnotice`, `text`: forwarders that post words to an address with a token in it; what they share
//!   is `forward`.
//! - [`connection`]: what the owner types into such an app.

pub mod article;
pub mod connection;
mod forward;
mod receiptnotice;
mod smsforwarder;
mod text;
pub mod vmq;

use axum::Router;
use axum::middleware::from_fn_with_state;

use super::{Web, cors, error};
use crate::domain::adapter::Adapter;

/// The routes of the adapters that are switched on.
pub fn routes(web: &Web) -> Router<Web> {
    let on = &web.config.adapters;
    let mut all = Router::new();
    if on.has(Adapter::Article) {
        // A page that was made for them calls them from the blog's origin.
        let article = article::routes().method_not_allowed_fallback(|| async { error::method_not_allowed() });
        all = all.merge(article.layer(from_fn_with_state(web.clone(), cors::layer)));
    }
    for (adapter, routes) in [
        (Adapter::Vmq, vmq::routes()),
        (Adapter::Smsforwarder, smsforwarder::routes()),
        (Adapter::Receiptnotice, receiptnotice::routes()),
        (Adapter::Text, text::routes()),
    ] {
        if on.has(adapter) {
            all = all.merge(routes);
        }
    }
    all
}
