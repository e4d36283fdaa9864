//! What the pages for readers are rendered from.

use std::borrow::Cow;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::domain::channel::Channel;
use crate::domain::time::Millis;
use crate::web::assets::Assets;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct MessagePage<'a> {
    pub(super) lang: &'static str,
    pub(super) zh: bool,
    pub(super) site_name: &'a str,
    pub(super) assets: &'a Assets,
    pub(super) status: String,
    pub(super) heading: &'a str,
    pub(super) text: &'a str,
    pub(super) links: Vec<Link<'a>>,
}

pub(super) struct Link<'a> {
    pub(super) url: Cow<'a, str>,
    pub(super) label: Cow<'a, str>,
}

#[derive(Template)]
#[template(path = "article.html")]
pub(super) struct ArticlePage<'a> {
    pub(super) lang: &'static str,
    pub(super) zh: bool,
    pub(super) site_name: &'a str,
    pub(super) assets: &'a Assets,
    pub(super) page_url: &'a str,
    pub(super) site: &'a str,
    pub(super) product: &'a str,
    pub(super) title: &'a str,
    pub(super) price: String,
    pub(super) notice: Option<String>,
    pub(super) channels: Vec<ChannelChoice>,
    pub(super) client_order_id: String,
    pub(super) offers: Vec<OfferPart>,
    pub(super) crowded: Option<&'a Crowded>,
    pub(super) renewable: bool,
    pub(super) renewing: bool,
    pub(super) elsewhere: bool,
    pub(super) order: Option<OrderPart>,
    pub(super) paid: Option<PaidPart>,
}

pub(super) struct ChannelChoice {
    pub(super) value: &'static str,
    pub(super) name: &'static str,
}

pub(super) struct OrderPart {
    pub(super) id: String,
    pub(super) token: String,
    pub(super) pending: bool,
    pub(super) refunded: bool,
    pub(super) channel_name: &'static str,
    pub(super) amount: String,
    pub(super) yuan: String,
    pub(super) fen: String,
    pub(super) odd: bool,
    pub(super) open_code: bool,
    pub(super) image_url: String,
    pub(super) extensions_left: u8,
    pub(super) url: String,
    pub(super) seconds_left: i64,
    /// The official gateway's page for the phone that holds the wallet; only where it is paid there.
    pub(super) phone_url: Option<String>,
    /// Its page for computers, where the site asks for it.
    pub(super) page_url: Option<String>,
    /// How often and how much, where paying can sign for renewal as well.
    pub(super) renews: Option<String>,
}

/// A code that is used in as many browsers as it may be.
pub(super) struct Crowded {
    pub(super) code: String,
    pub(super) seats: Vec<SeatChoice>,
}

/// A browser that can be signed out.
pub(super) struct SeatChoice {
    pub(super) id: String,
    pub(super) label: Option<String>,
    pub(super) date: String,
}

/// A bundle or membership that opens the product too.
pub(super) struct OfferPart {
    pub(super) url: String,
    pub(super) title: String,
    pub(super) price: String,
}

/// What was bought.
#[derive(Default)]
pub(super) struct PaidPart {
    /// The text, where it is here.
    pub(super) html: String,
    /// The recovery code, where it is to be shown.
    pub(super) code: Option<String>,
    /// Where the text is, if not here; it opens there by itself.
    pub(super) blog_url: Option<String>,
    /// True where the text is neither here nor at a known address.
    pub(super) elsewhere: bool,
    /// What else it opens.
    pub(super) opens: Vec<Link<'static>>,
    /// Whether it renews itself.
    pub(super) renewal: Option<RenewalPart>,
}

/// Whether a membership renews itself, and how often and for how much.
pub(super) struct RenewalPart {
    /// The unlock token, for the form.
    pub(super) token: String,
    /// True where it does; else it could.
    pub(super) live: bool,
    pub(super) terms: String,
}

#[derive(Template)]
#[template(path = "watch.html")]
pub(super) struct WatchFrame<'a> {
    pub(super) lang: &'static str,
    pub(super) zh: bool,
    pub(super) site_name: &'a str,
    pub(super) assets: &'a Assets,
    pub(super) pending: bool,
    pub(super) settled: bool,
    pub(super) remaining: String,
    pub(super) order_url: String,
    pub(super) watch_seconds: u32,
}

/// A page that is there.
pub(crate) fn found(template: &impl Template, english: bool) -> Response {
    page(StatusCode::OK, template, english)
}

pub(super) fn page(status: StatusCode, template: &impl Template, english: bool) -> Response {
    match template.render() {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
            let language = if english { "en" } else { "zh-CN" };
            headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            crate::web::error::internal().into_response()
        }
    }
}

pub(super) fn channel_name(channel: Channel, english: bool) -> &'static str {
    match (channel, english) {
        (Channel::Wechat, true) => "WeChat",
        (Channel::Wechat, false) => "微信",
        (Channel::Alipay | Channel::AlipayOfficial, true) => "Alipay",
        (Channel::Alipay | Channel::AlipayOfficial, false) => "支付宝",
    }
}

/// Whole seconds, rounded up.
pub(super) fn seconds(left: Millis) -> i64 {
    (left.get() + 999) / 1000
}

/// Whole minutes and seconds, rounded up: `1:58`.
pub(super) fn minutes(left: Millis) -> String {
    let seconds = seconds(left);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
