//! What a reader sends and is shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::account::CodeKind;
use crate::domain::channel::Channel;
use crate::domain::id::OrderId;
use crate::domain::money::Fen;
use crate::domain::order::OrderStatus;
use crate::domain::site::Lock;
use crate::domain::time::{Millis, Timestamp};
use crate::flow::checkout::{ChannelState, Hearing};
use crate::flow::order::View;
use crate::flow::unlock;
use crate::web::Web;

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
    /// Brings the right back on any device.
    pub code: String,
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
        let unlock = unlock.filter(|u| u.revoked_at.is_none()).map(|unlock| UnlockBody {
            token: unlock::token(&web.app, &unlock),
            code: unlock::code(&web.app, &unlock).to_string(),
        });
        let kind = if open_code { CodeKind::Open } else { CodeKind::Fixed };
        OrderBody {
            id: order.id,
            token: None,
            status: order.status_at(now),
            site: site.slug.into(),
            product: product.slug.into(),
            title: product.title,
            price: order.price,
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
            events_url: format!(
                "{base}/api/v1/orders/{}/events?token={}",
                order.id,
                web.app.order_token(order.id)
            ),
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
    /// `on_sale`, or `no_live_account` while every phone is silent, or `not_for_sale` without an account.
    pub state: &'static str,
}

/// What an unlock token opens.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContentBody {
    /// The text, for a hosted product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The key, for a sealed product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// True where the text is in the page and only hidden.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reveal: bool,
}

/// A recovery code.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RestoreRequest {
    /// 25 letters and digits, with or without hyphens.
    pub code: String,
}

/// What a recovery code brings back.
#[derive(Debug, Serialize, ToSchema)]
pub struct RestoreBody {
    /// A fresh unlock token.
    pub token: String,
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
}
