//! Sites.

use axum::extract::State;
use axum::response::Response;

use super::accounts::whole;
use crate::domain::site::{Origin, Slug};
use crate::flow::catalog::{self, NewSite, SitePatch, SiteView};
use crate::flow::{Error, Thing, unlock};
use crate::web::Web;
use crate::web::dto::{PageBody, ProblemBody, SealingSecretBody, SiteBody, SitePatchRequest, SiteRequest};
use crate::web::error::{Problem, invalid};
use crate::web::extract::{Json, Owner, PathOf, created};

pub(super) fn slug(field: &str, text: &str) -> Result<Slug, Problem> {
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
        seats_max: request.seats_max,
        page_pay: request.page_pay,
    };
    let view = catalog::change_site(&web.app, slug, patch, owner.actor()).await?;
    web.origins.forget();
    Ok(axum::Json(view.into()))
}

/// The secret that `matcha seal` needs on the machine which builds the site.
#[utoipa::path(get, path = "/api/v1/owner/sites/{slug}/sealing-secret", tag = "owner",
    params(("slug" = String, Path)), security(("owner_key" = [])), responses(
    (status = 200, description = "The secret", body = SealingSecretBody),
    (status = 404, description = "site_not_found", body = ProblemBody),
))]
pub async fn sealing_secret(
    State(web): State<Web>,
    _: Owner,
    PathOf(slug): PathOf<String>,
) -> Result<axum::Json<SealingSecretBody>, Problem> {
    let site = web.app.store.read(move |tx| tx.site_by_slug(&slug)).await?;
    let site = site.ok_or(Error::NotFound(Thing::Site))?;
    Ok(axum::Json(secret_of(&web, &site)))
}

fn secret_of(web: &Web, site: &crate::domain::site::Site) -> SealingSecretBody {
    SealingSecretBody { secret: unlock::sealing_secret(&web.app.makers, site).to_string() }
}

/// Replaces a secret that leaked. Every product gets a new key, the old ones are retired, and the site must be sealed
/// and published anew; nobody loses a right.
#[utoipa::path(post, path = "/api/v1/owner/sites/{slug}/sealing-secret/replace", tag = "owner",
    params(("slug" = String, Path)), security(("owner_key" = [])), responses(
    (status = 200, description = "The new secret", body = SealingSecretBody),
    (status = 404, description = "site_not_found", body = ProblemBody),
))]
pub async fn replace_sealing_secret(
    State(web): State<Web>,
    owner: Owner,
    PathOf(slug): PathOf<String>,
) -> Result<axum::Json<SealingSecretBody>, Problem> {
    let site = crate::flow::products::replace_sealing_secret(&web.app, slug, owner.actor()).await?;
    Ok(axum::Json(secret_of(&web, &site)))
}
