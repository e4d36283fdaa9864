//! Sites and products.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::accounts::whole;
use super::{PageQuery, page_of};
use crate::domain::id::ProductId;
use crate::domain::site::{Origin, Slug};
use crate::flow::catalog::{self, NewProduct, NewSite, ProductPatch, SitePatch, SiteView};
use crate::flow::{Error, Thing};
use crate::web::Web;
use crate::web::dto::{
    PageBody, ProblemBody, ProductBody, ProductPatchRequest, ProductRequest, SiteBody, SitePatchRequest,
    SiteRequest,
};
use crate::web::error::{Problem, invalid};
use crate::web::extract::{Json, Owner, PathOf, QueryOf, created};

fn slug(field: &str, text: &str) -> Result<Slug, Problem> {
    text.parse().map_err(|e: crate::domain::site::SlugError| invalid(field, &e.to_string()))
}

fn origins(texts: &[String]) -> Result<Vec<Origin>, Problem> {
    let parse = |t: &String| {
        t.parse().map_err(|e: crate::domain::site::OriginError| invalid("origins", &e.to_string()))
    };
    texts.iter().map(parse).collect()
}

/// Makes a site.
#[utoipa::path(post, path = "/api/v1/owner/sites", tag = "owner", request_body = SiteRequest,
    security(("owner_key" = [])), responses(
    (status = 201, description = "The site", body = SiteBody),
    (status = 409, description = "site_exists", body = ProblemBody),
    (status = 422, description = "invalid", body = ProblemBody),
))]
pub async fn create(
    State(web): State<Web>,
    owner: Owner,
    Json(request): Json<SiteRequest>,
) -> Result<Response, Problem> {
    let new = NewSite {
        slug: slug("slug", &request.slug)?,
        name: catalog::name("name", &request.name)?,
        origins: origins(&request.origins)?,
    };
    let view = catalog::add_site(&web.app, new, owner.actor()).await?;
    web.origins.forget();
    Ok(created(true, axum::Json(SiteBody::from(view))))
}

/// All sites.
#[utoipa::path(get, path = "/api/v1/owner/sites", tag = "owner", security(("owner_key" = [])), responses(
    (status = 200, description = "The sites", body = PageBody<SiteBody>),
))]
pub async fn list(State(web): State<Web>, _: Owner) -> Result<axum::Json<PageBody<SiteBody>>, Problem> {
    let views = web
        .app
        .store
        .read(|tx| {
            let with_accounts = |site: crate::domain::site::Site| {
                let accounts = tx.site_accounts(site.id)?.iter().map(|a| a.id).collect();
                Ok(SiteView { site, accounts })
            };
            tx.sites()?
                .into_iter()
                .map(with_accounts)
                .collect::<Result<Vec<SiteView>, crate::storage::Error>>()
        })
        .await?;
    Ok(axum::Json(whole(views, SiteBody::from)))
}

/// Changes a site. Open orders keep the windows they have.
#[utoipa::path(patch, path = "/api/v1/owner/sites/{slug}", tag = "owner", params(("slug" = String, Path)),
    request_body = SitePatchRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The site", body = SiteBody),
    (status = 404, description = "site_not_found, account_not_found", body = ProblemBody),
    (status = 422, description = "invalid", body = ProblemBody),
))]
pub async fn change(
    State(web): State<Web>,
    owner: Owner,
    PathOf(slug): PathOf<String>,
    Json(request): Json<SitePatchRequest>,
) -> Result<axum::Json<SiteBody>, Problem> {
    let patch = SitePatch {
        name: request.name.map(|n| catalog::name("name", &n)).transpose()?,
        accounts: request.accounts,
        pay_window: request.pay_window_ms,
        cool_down: request.cool_down_ms,
        max_discount: request.max_discount,
        max_surcharge: request.max_surcharge,
        origins: request.origins.as_deref().map(origins).transpose()?,
        ip_ownership: request.ip_ownership,
    };
    let view = catalog::change_site(&web.app, slug, patch, owner.actor()).await?;
    web.origins.forget();
    Ok(axum::Json(view.into()))
}

/// Makes a product.
#[utoipa::path(post, path = "/api/v1/owner/products", tag = "owner", request_body = ProductRequest,
    security(("owner_key" = [])), responses(
    (status = 201, description = "The product", body = ProductBody),
    (status = 404, description = "site_not_found", body = ProblemBody),
    (status = 409, description = "product_exists", body = ProblemBody),
    (status = 422, description = "invalid", body = ProblemBody),
))]
pub async fn add_product(
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
    };
    let product = catalog::add_product(&web.app, new, owner.actor()).await?;
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
pub async fn products(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<ProductsQuery>,
) -> Result<axum::Json<PageBody<ProductBody>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.page()?;
    let products = web
        .app
        .store
        .read(move |tx| {
            let site = match query.site {
                Some(slug) => Some(tx.site_by_slug(&slug)?.ok_or(Error::NotFound(Thing::Site))?.id),
                None => None,
            };
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
pub async fn product(
    State(web): State<Web>,
    _: Owner,
    PathOf(id): PathOf<ProductId>,
) -> Result<axum::Json<ProductBody>, Problem> {
    let (product, html) = web
        .app
        .store
        .read(move |tx| {
            let product = tx.product(id)?.ok_or(Error::NotFound(Thing::Product))?;
            Ok::<_, Error>((product, tx.product_html(id)?))
        })
        .await?;
    Ok(axum::Json(ProductBody { html, ..ProductBody::from(product) }))
}

/// Changes a product. Open orders keep their price.
#[utoipa::path(patch, path = "/api/v1/owner/products/{id}", tag = "owner", params(("id" = String, Path)),
    request_body = ProductPatchRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The product", body = ProductBody),
    (status = 404, description = "product_not_found", body = ProblemBody),
    (status = 422, description = "invalid", body = ProblemBody),
))]
pub async fn change_product(
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
    };
    let product = catalog::change_product(&web.app, id, patch, owner.actor()).await?;
    Ok(axum::Json(product.into()))
}
