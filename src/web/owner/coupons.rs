//! Coupons.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::{PageQuery, page_of};
use crate::domain::coupon::{CouponCodeError, Discount};
use crate::domain::id::CouponId;
use crate::flow::coupon::{self, NewCoupon};
use crate::web::Web;
use crate::web::dto::{CouponBody, CouponRequest, PageBody, ProblemBody};
use crate::web::error::{Problem, invalid};
use crate::web::extract::{Json, Owner, PathOf, QueryOf, created, no_content};

/// Makes a coupon. It shapes the price before the amount is chosen.
#[utoipa::path(post, path = "/api/v1/owner/coupons", tag = "owner", request_body = CouponRequest,
    security(("owner_key" = [])), responses(
    (status = 201, description = "The coupon", body = CouponBody),
    (status = 404, description = "site_not_found, product_not_found", body = ProblemBody),
    (status = 409, description = "coupon_exists", body = ProblemBody),
    (status = 422, description = "invalid", body = ProblemBody),
))]
pub async fn create(
    State(web): State<Web>,
    owner: Owner,
    Json(request): Json<CouponRequest>,
) -> Result<Response, Problem> {
    let discount = match (request.amount, request.percent) {
        (Some(amount), None) => Discount::Amount(amount),
        (None, Some(percent)) => Discount::Percent(percent),
        (Some(_), Some(_)) | (None, None) => return Err(invalid("amount", "either amount or percent")),
    };
    let new = NewCoupon {
        site: request.site,
        product: request.product,
        code: request.code.parse().map_err(|e: CouponCodeError| invalid("code", &e.to_string()))?,
        discount,
        uses_max: request.uses_max,
        expires_at: request.expires_at,
    };
    let view = coupon::add(&web.app, new, owner.actor()).await?;
    Ok(created(true, axum::Json(CouponBody::from(view))))
}

/// Which coupons.
#[derive(Debug, Deserialize)]
pub struct CouponsQuery {
    site: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Coupons, newest first, with how often they are used.
#[utoipa::path(get, path = "/api/v1/owner/coupons", tag = "owner",
    params(("site" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The coupons", body = PageBody<CouponBody>),
))]
pub async fn list(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<CouponsQuery>,
) -> Result<axum::Json<PageBody<CouponBody>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.page()?;
    let views = coupon::list(&web.app, query.site, page).await?;
    Ok(axum::Json(page_of(views, page, |view| view.coupon.id.raw(), CouponBody::from)))
}

/// Takes a coupon back. Orders that have it keep their price.
#[utoipa::path(delete, path = "/api/v1/owner/coupons/{id}", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 204, description = "It is taken back"),
    (status = 404, description = "coupon_not_found", body = ProblemBody),
))]
pub async fn remove(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<CouponId>,
) -> Result<Response, Problem> {
    coupon::remove(&web.app, id, owner.actor()).await?;
    Ok(no_content())
}
