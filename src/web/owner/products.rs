//! Products, and the keys of sealed ones.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::sites::slug;
use super::{PageQuery, page_of};
use crate::domain::id::ProductId;
use crate::domain::product::Terms;
use crate::flow::products::{self, KeyChange, NewProduct, ProductPatch};
use crate::flow::{Error, Thing, catalog, find};
use crate::web::Web;
use crate::web::dto::{
    PageBody, ProblemBody, ProductBody, ProductPatchRequest, ProductRequest, RotateKeyRequest,
};
use crate::web::error::{Problem, invalid};
use crate::web::extract::{Json, JsonOrNothing, Owner, PathOf, QueryOf, created};

/// Makes a product.
#[utoipa::path(post, path = "/api/v1/owner/products", tag = "owner", request_body = ProductRequest,
    security(("owner_key" = [])), responses(
    (status = 201, description = "The product", body = ProductBody),
    (status = 404, description = "site_not_found", body = ProblemBody),
    (status = 409, description = "product_exists", body = ProblemBody),
    (status = 422, description = "invalid", body = ProblemBody),
))]
pub async fn create(
    State(web): State<Web>,
    owner: Owner,
    Json(request): Json<ProductRequest>,
) -> Result<Response, Problem> {
    let new = NewProduct {
        site: request.site,
        slug: slug("slug", &request.slug)?,
        title: catalog::name("title", &request.title)?,
        price: request.price,
        lock: request.lock,
        html: request.html,
        terms: Terms {
            kind: request.kind,
            validity: request.validity_ms,
            url: request.url,
            renews: request.renews.map(Into::into),
        },
        opens: request.opens,
    };
    let product = products::add_product(&web.app, new, owner.actor()).await?;
    Ok(created(true, axum::Json(ProductBody::from(product))))
}

/// Which products.
#[derive(Debug, Deserialize)]
pub struct ProductsQuery {
    site: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Products, newest first.
#[utoipa::path(get, path = "/api/v1/owner/products", tag = "owner",
    params(("site" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The products", body = PageBody<ProductBody>),
))]
pub async fn list(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<ProductsQuery>,
) -> Result<axum::Json<PageBody<ProductBody>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.page()?;
    let products = web
        .app
        .store
        .read(move |tx| {
            let site = find::site_id(tx, query.site.as_deref())?;
            Ok::<_, Error>(tx.products(site, page)?)
        })
        .await?;
    Ok(axum::Json(page_of(products, page, |p| p.id.raw(), ProductBody::from)))
}

/// One product with its paid text.
#[utoipa::path(get, path = "/api/v1/owner/products/{id}", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The product", body = ProductBody),
    (status = 404, description = "product_not_found", body = ProblemBody),
))]
pub async fn get(
    State(web): State<Web>,
    _: Owner,
    PathOf(id): PathOf<ProductId>,
) -> Result<axum::Json<ProductBody>, Problem> {
    let (product, html, opens) = web
        .app
        .store
        .read(move |tx| {
            let product = tx.product(id)?.ok_or(Error::NotFound(Thing::Product))?;
            let opens = tx.opened_by(id)?.into_iter().map(|p| p.slug.into()).collect();
            Ok::<_, Error>((product, tx.product_html(id)?, opens))
        })
        .await?;
    Ok(axum::Json(ProductBody { html, opens, ..ProductBody::from(product) }))
}

/// Changes a product. Open orders keep their price.
#[utoipa::path(patch, path = "/api/v1/owner/products/{id}", tag = "owner", params(("id" = String, Path)),
    request_body = ProductPatchRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The product", body = ProductBody),
    (status = 404, description = "product_not_found", body = ProblemBody),
    (status = 422, description = "invalid", body = ProblemBody),
))]
pub async fn change(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<ProductId>,
    Json(request): Json<ProductPatchRequest>,
) -> Result<axum::Json<ProductBody>, Problem> {
    let patch = ProductPatch {
        title: request.title.map(|t| catalog::name("title", &t)).transpose()?,
        price: request.price,
        lock: request.lock,
        html: request.html,
        kind: request.kind,
        validity: request.validity_ms,
        url: request.url,
        renews: request.renews.map(|renews| renews.map(Into::into)),
        opens: request.opens,
    };
    let product = products::change_product(&web.app, id, patch, owner.actor()).await?;
    Ok(axum::Json(product.into()))
}

/// Gives a sealed product a new key, or retires its old ones. Who has the right to read gets the new key with the next
/// visit; pages that were sealed with a retired key must be sealed and published anew.
#[utoipa::path(post, path = "/api/v1/owner/products/{id}/rotate-key", tag = "owner", params(("id" = String, Path)),
    request_body = RotateKeyRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The product", body = ProductBody),
    (status = 404, description = "product_not_found", body = ProblemBody),
))]
pub async fn rotate_key(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<ProductId>,
    JsonOrNothing(request): JsonOrNothing<RotateKeyRequest>,
) -> Result<axum::Json<ProductBody>, Problem> {
    let change = match (request.rotate.unwrap_or(true), request.retire) {
        (true, false) => KeyChange::Rotate,
        (true, true) => KeyChange::RotateAndRetire,
        (false, true) => KeyChange::Retire,
        (false, false) => return Err(invalid("rotate", "rotate, retire, or both")),
    };
    Ok(axum::Json(products::change_keys(&web.app, id, change, owner.actor()).await?.into()))
}
