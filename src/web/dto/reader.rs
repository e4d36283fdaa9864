//! What a reader sends and is shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::account::CodeKind;
use crate::domain::channel::Channel;
use crate::domain::gateway::Way;
use crate::domain::id::OrderId;
use crate::domain::money::Fen;
use crate::domain::order::OrderStatus;
use crate::domain::product::{Lock, Product, ProductKind};
use crate::domain::subscription::Period;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::unlock::Unlock;
use crate::flow::checkout::{ChannelState, Hearing};
use crate::flow::order::View;
use crate::flow::unlock;
use crate::web::Web;
use crate::web::reader::pay;

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `urn:matcha:problem:` and the code.
    pub r#type: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What happened and what to do next, in the caller's language.
    pub detail: String,
    /// Quote it when you ask for help.
    pub request_id: String,
    /// After how many milliseconds trying again makes sense.
    pub retry_after_ms: Option<i64>,
}

/// A wish to buy.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OrderRequest {
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
    /// The wallet; any that is heard where it is not said.
    #[schema(value_type = Option<String>, example = "wechat")]
    pub channel: Option<Channel>,
    /// An id the client made before its first request: the same id is the same order. Nobody must be able to guess it.
    pub client_order_id: Option<String>,
    /// A coupon, as the reader typed it.
    #[serde(default)]
    pub coupon: Option<String>,
    /// The unlock token or the recovery code of a product that is sold for a time: what is left of it is added to what is
    /// bought.
    #[serde(default)]
    pub renew: Option<String>,
}

/// The code to scan.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderCode {
    /// A PNG.
    pub image_url: String,
    /// `fixed`: the amount is set inside; `open`: the payer types it.
    #[schema(value_type = String)]
    pub kind: CodeKind,
    /// What the code says, where it could be read.
    pub payload: Option<String>,
}

/// The right to read.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnlockBody {
    /// Bearer token for the content.
    pub token: String,
    /// Brings the right back in any browser.
    pub code: String,
    /// When its time is over; never where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

impl UnlockBody {
    /// The right of an unlock, for the browser that bought it.
    #[must_use]
    pub fn new(web: &Web, unlock: &Unlock) -> UnlockBody {
        UnlockBody {
            token: unlock::token(&web.app, unlock),
            code: unlock::code(&web.app, unlock).to_string(),
            expires_at: unlock.expires_at,
        }
    }
}

/// An order as its reader sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderBody {
    /// The order's id.
    #[schema(value_type = String)]
    pub id: OrderId,
    /// The order's bearer token; only in answers to `POST /api/v1/orders`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `pending`, `paid`, `expired`, `cancelled` or `refunded`.
    #[schema(value_type = String)]
    pub status: OrderStatus,
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
    /// The product's title.
    pub title: String,
    /// What it costs.
    #[schema(value_type = String, example = "1.00")]
    pub price: Fen,
    /// What it costs without the coupon.
    #[schema(value_type = String, example = "1.00")]
    pub list_price: Fen,
    /// What must be paid, exactly.
    #[schema(value_type = String, example = "0.98")]
    pub amount: Fen,
    /// The wallet.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// The code to scan.
    pub code: OrderCode,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When the window ends.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// How long the window stays open, by the server's clock; zero when it has ended.
    #[schema(value_type = i64)]
    pub expires_in_ms: Millis,
    /// How often the window may still be extended.
    pub extensions_left: u8,
    /// True where the money came in after the window.
    pub late: bool,
    /// When it was settled.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paid_at: Option<Timestamp>,
    /// The gateway's own page for it, for a browser on the phone that holds the wallet; only for `alipay_official`, while it
    /// is pending. Holds the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_url: Option<String>,
    /// The gateway's page for a browser on a computer, where the site asks for it; else as `pay_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_page_url: Option<String>,
    /// How often the product would renew itself, where it can: see `POST /api/v1/orders/{id}/subscription`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "1m")]
    pub renews: Option<Period>,
    /// The stream of its changes; holds the token.
    pub events_url: String,
    /// The right to read, once paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlock: Option<UnlockBody>,
}

impl OrderBody {
    /// What a reader with the order's token is shown at `now`.
    #[must_use]
    pub fn new(web: &Web, view: View, now: Timestamp) -> OrderBody {
        let View { order, site, product, payload, open_code, unlock, .. } = view;
        let base = &web.config.base_url;
        // A browser that was signed out gets its right back with the code, not with the order.
        let unlock = unlock
            .filter(|u| u.revoked_at.is_none() && u.buyer_out_at.is_none())
            .map(|unlock| UnlockBody::new(web, &unlock));
        let kind = if open_code { CodeKind::Open } else { CodeKind::Fixed };
        let status = order.status_at(now);
        let at_gateway = order.channel == Channel::AlipayOfficial && status == OrderStatus::Pending;
        let token = web.app.order_token(order.id);
        let page_of = |way| format!("{base}{}", pay::path(order.id, way, &token));
        OrderBody {
            id: order.id,
            token: None,
            status,
            site: site.slug.into(),
            product: product.slug.into(),
            title: product.title,
            price: order.price,
            list_price: order.list_price,
            amount: order.amount,
            channel: order.channel,
            code: OrderCode {
                image_url: format!("{base}/api/v1/orders/{}/code.png", order.id),
                kind,
                payload,
            },
            created_at: order.created_at,
            expires_at: order.expires_at,
            expires_in_ms: order.expires_in(now),
            extensions_left: order.extensions_left,
            late: order.late,
            paid_at: order.paid_at,
            pay_url: at_gateway.then(|| page_of(Way::Wap)),
            pay_page_url: (at_gateway && site.page_pay).then(|| page_of(Way::Page)),
            renews: product.terms.renews.map(|renewal| renewal.every),
            events_url: format!("{base}/api/v1/orders/{}/events?token={token}", order.id),
            unlock,
        }
    }

    /// With the bearer token, for who made the order.
    #[must_use]
    pub fn with_token(mut self, web: &Web) -> OrderBody {
        self.token = Some(web.app.order_token(self.id));
        self
    }
}

/// One wallet and whether its money would be heard.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelBody {
    /// The wallet.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// `live`: the article opens by itself; `by_hand`: the owner confirms; `silent`: not offered at the moment.
    pub hearing: &'static str,
}

impl From<ChannelState> for ChannelBody {
    fn from(state: ChannelState) -> ChannelBody {
        let hearing = match state.hearing {
            Hearing::Live => "live",
            Hearing::ByHand => "by_hand",
            Hearing::Silent => "silent",
        };
        ChannelBody { channel: state.channel, hearing }
    }
}

/// A bundle or membership that opens the product too.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferBody {
    /// Its slug: order it like any product.
    pub product: String,
    /// Its title.
    pub title: String,
    /// What it costs.
    #[schema(value_type = String)]
    pub price: Fen,
    /// `bundle` or `membership`.
    #[schema(value_type = String)]
    pub kind: ProductKind,
    /// For how long after it was paid; for ever where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub validity_ms: Option<Millis>,
    /// How often it would renew itself, where it can: `1m`, `30d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub renews: Option<Period>,
}

impl From<Product> for OfferBody {
    fn from(product: Product) -> OfferBody {
        let Product { slug, title, price, terms, .. } = product;
        let renews = terms.renews.map(|renewal| renewal.every);
        OfferBody {
            product: slug.into(),
            title,
            price,
            kind: terms.kind,
            validity_ms: terms.validity,
            renews,
        }
    }
}

/// What a coupon makes of the price.
#[derive(Debug, Serialize, ToSchema)]
pub struct CouponOffer {
    /// The coupon.
    pub code: String,
    /// What the product costs with it.
    #[schema(value_type = String)]
    pub price: Fen,
}

/// Public facts of a product.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductFacts {
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
    /// Its title.
    pub title: String,
    /// What it costs.
    #[schema(value_type = String)]
    pub price: Fen,
    /// How it is locked.
    #[schema(value_type = String)]
    pub lock: Lock,
    /// The wallets that can pay for it.
    #[schema(value_type = Vec<String>)]
    pub channels: Vec<Channel>,
    /// Every wallet of the site and whether its money would be heard.
    pub channel_states: Vec<ChannelBody>,
    /// What buying it opens: `article` (itself), `bundle`, `membership`.
    #[schema(value_type = String)]
    pub kind: ProductKind,
    /// For how long after it was paid; for ever where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub validity_ms: Option<Millis>,
    /// Where it stands on the blog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How often it renews itself where the reader signs for it: `1m` or `30d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub renews: Option<Period>,
    /// With which key version new pages are sealed.
    pub key_version: u32,
    /// Bundles and memberships of the site that open it too, cheapest first.
    pub offers: Vec<OfferBody>,
    /// What the coupon that was asked about does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<CouponOffer>,
    /// `on_sale`, or `no_live_account` while every phone is silent, or `not_for_sale` without an account.
    pub state: &'static str,
}
