//! Rights to read: who has them, revoked and reissued.

use axum::extract::State;
use serde::Deserialize;

use super::{PageQuery, page_of};
use crate::domain::id::UnlockId;
use crate::flow::{Error, Thing, catalog, find, rights};
use crate::web::Web;
use crate::web::dto::{OwnerUnlockBody, PageBody, ProblemBody, RevokeRequest};
use crate::web::error::{Problem, invalid};
use crate::web::extract::{Json, Owner, PathOf, QueryOf};

/// Which unlocks.
#[derive(Debug, Deserialize)]
pub struct UnlocksQuery {
    site: Option<String>,
    product: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Unlocks, newest first, with the browsers they are used in.
#[utoipa::path(get, path = "/api/v1/owner/unlocks", tag = "owner",
    params(("site" = Option<String>, Query), ("product" = Option<String>, Query),
           ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The unlocks", body = PageBody<OwnerUnlockBody>),
    (status = 404, description = "site_not_found, product_not_found", body = ProblemBody),
))]
pub async fn list(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<UnlocksQuery>,
) -> Result<axum::Json<PageBody<OwnerUnlockBody>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.page()?;
    let product = match (query.site, query.product) {
        (None, None) => None,
        (Some(site), Some(product)) => Some(
            web.app
                .store
                .read(move |tx| {
                    let site = find::site(tx, &site)?;
                    let product = tx.product_by_slug(site.id, &product)?;
                    Ok::<_, Error>(product.ok_or(Error::NotFound(Thing::Product))?.id)
                })
                .await?,
        ),
        (Some(_), None) | (None, Some(_)) => return Err(invalid("product", "site and product, or neither")),
    };
    let views = rights::list(&web.app, product, page).await?;
    Ok(axum::Json(page_of(views, page, |view| view.unlock.id.raw(), OwnerUnlockBody::from)))
}

/// Takes a right back: its tokens and its code open nothing any more. The order stays paid.
#[utoipa::path(post, path = "/api/v1/owner/unlocks/{id}/revoke", tag = "owner", params(("id" = String, Path)),
    request_body = RevokeRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The unlock", body = OwnerUnlockBody),
    (status = 404, description = "unlock_not_found", body = ProblemBody),
    (status = 409, description = "unlock_revoked", body = ProblemBody),
))]
pub async fn revoke(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<UnlockId>,
    Json(request): Json<RevokeRequest>,
) -> Result<axum::Json<OwnerUnlockBody>, Problem> {
    let reason = catalog::name("reason", &request.reason)?;
    Ok(axum::Json(rights::revoke(&web.app, id, reason, owner.actor()).await?.into()))
}

/// Gives the order a new right in the place of the old one: a new code, which the answer tells, and no seats.
#[utoipa::path(post, path = "/api/v1/owner/unlocks/{id}/reissue", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The new unlock with its code", body = OwnerUnlockBody),
    (status = 404, description = "unlock_not_found", body = ProblemBody),
    (status = 409, description = "unlock_revoked", body = ProblemBody),
))]
pub async fn reissue(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<UnlockId>,
) -> Result<axum::Json<OwnerUnlockBody>, Problem> {
    let view = rights::reissue(&web.app, id, owner.actor()).await?;
    Ok(axum::Json(OwnerUnlockBody::with_code(view, &web)))
}
