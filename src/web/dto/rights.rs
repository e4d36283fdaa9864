//! The right to read on the wire: content, restoring, seats, claims; and what the owner sees of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UnlockBody;
use crate::domain::claim::Claim;
use crate::domain::id::{ClaimId, OrderId, SeatId, UnlockId};
use crate::domain::money::Fen;
use crate::domain::time::Timestamp;
use crate::flow::rights::{SeatName, SeatView, Seats, UnlockView};
use crate::flow::unlock;
use crate::web::Web;

/// What an unlock token opens.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ContentBody {
    /// The text, for a hosted product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The key in base64url, for a sealed product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The version of that key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_version: Option<u32>,
    /// True where the text is in the page and only hidden.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reveal: bool,
    /// When the right to it is over; never where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// A recovery code.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RestoreRequest {
    /// 25 letters and digits, with or without hyphens.
    pub code: String,
    /// Seats to sign out first: their ids, or `buyer`.
    #[serde(default)]
    pub sign_out: Vec<String>,
}

/// A recovery code, and which of its seats to sign out.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SignOutRequest {
    /// 25 letters and digits, with or without hyphens.
    pub code: String,
    /// Their ids, or `buyer`.
    #[serde(default)]
    pub seats: Vec<String>,
}

/// Seats by the names that [`SeatBody`] gives them. A name that is none is nobody's seat.
#[must_use]
pub fn seat_names(names: &[String]) -> Vec<SeatName> {
    let parse =
        |name: &String| if name == BUYER { Some(None) } else { name.parse::<SeatId>().ok().map(Some) };
    names.iter().filter_map(parse).collect()
}

/// What the browser that bought is called.
const BUYER: &str = "buyer";

/// What a recovery code brings back.
#[derive(Debug, Serialize, ToSchema)]
pub struct RestoreBody {
    /// A fresh unlock token.
    pub token: String,
    /// The site's slug.
    pub site: String,
    /// The slug of the product that was bought.
    pub product: String,
    /// When its time is over; never where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// A browser in which the right is used.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatBody {
    /// Its id; `buyer` for the browser that bought.
    pub id: String,
    /// What it is known by; nothing for the browser that bought.
    pub label: Option<String>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When it was last used, to the day.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
}

impl From<SeatView> for SeatBody {
    fn from(seat: SeatView) -> SeatBody {
        let SeatView { id, label, since, seen_at } = seat;
        let id = id.map_or_else(|| BUYER.to_owned(), |id| id.to_string());
        SeatBody { id, label, since, last_seen_at: seen_at }
    }
}

/// The browsers in which a right is used.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatsBody {
    /// The browser that bought first, then by age.
    pub seats: Vec<SeatBody>,
    /// How many there may be.
    pub limit: u32,
}

impl From<Seats> for SeatsBody {
    fn from(seats: Seats) -> SeatsBody {
        SeatsBody { seats: seats.seats.into_iter().map(SeatBody::from).collect(), limit: seats.limit }
    }
}

/// "I have already paid."
#[derive(Debug, Deserialize, ToSchema)]
pub struct ClaimRequest {
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
    /// The order that this browser made, if it knows one.
    #[schema(value_type = Option<String>)]
    pub order: Option<OrderId>,
    /// Its bearer token; without it the order is not believed.
    pub order_token: Option<String>,
    /// How much was paid.
    #[schema(value_type = String, example = "0.98")]
    pub amount: Fen,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub paid_at: Timestamp,
    /// The last 4 to 8 digits of the receipt number (交易单号) in the wallet.
    pub receipt_digits: String,
    /// What else the owner should know.
    pub note: Option<String>,
}

/// A claim as its reader sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ClaimId,
    /// Its bearer token; only in the answer to `POST /api/v1/claims`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `open`, `granted` or `refused`.
    pub status: &'static str,
    /// What the owner answered to a claim that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The right to read, once granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlock: Option<UnlockBody>,
}

/// A claim as the owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimedBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ClaimId,
    /// The order that the reader's browser made.
    #[schema(value_type = Option<String>)]
    pub order: Option<OrderId>,
    /// How much he says to have paid.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// When he says to have paid.
    #[schema(value_type = String, format = DateTime)]
    pub paid_at: Timestamp,
    /// The last digits of the receipt number in his wallet: compare them with yours.
    pub receipt_digits: String,
    /// What else he says.
    pub note: Option<String>,
}

impl From<Claim> for ClaimedBody {
    fn from(claim: Claim) -> ClaimedBody {
        let Claim { id, order, amount, paid_at, digits, note, .. } = claim;
        ClaimedBody { id, order, amount, paid_at, receipt_digits: digits.as_str().to_owned(), note }
    }
}

/// An unlock as the owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnerUnlockBody {
    /// Its id.
    #[schema(value_type = String)]
    pub id: UnlockId,
    /// The order that bought it.
    #[schema(value_type = String)]
    pub order: OrderId,
    /// The site's slug.
    pub site: String,
    /// The product's slug.
    pub product: String,
    /// When it was given.
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    /// When its time is over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
    /// The recovery code; only in the answer to a reissue, to be sent to the reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Where it is used.
    pub seats: Vec<SeatBody>,
}

impl From<UnlockView> for OwnerUnlockBody {
    fn from(view: UnlockView) -> OwnerUnlockBody {
        let UnlockView { unlock, site, product, seats } = view;
        OwnerUnlockBody {
            id: unlock.id,
            order: unlock.order,
            site: site.slug.into(),
            product: product.slug.into(),
            issued_at: unlock.issued_at,
            expires_at: unlock.expires_at,
            revoked_at: unlock.revoked_at,
            code: None,
            seats: seats.seats.into_iter().map(SeatBody::from).collect(),
        }
    }
}

impl OwnerUnlockBody {
    /// With the code to be sent to the reader.
    #[must_use]
    pub fn with_code(view: UnlockView, web: &Web) -> OwnerUnlockBody {
        let code = unlock::code(&web.app, &view.unlock).to_string();
        OwnerUnlockBody { code: Some(code), ..OwnerUnlockBody::from(view) }
    }
}

/// Why a right is taken back.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RevokeRequest {
    /// In the owner's words.
    pub reason: String,
}
