//! Public facts of a product, and its content for who has paid.

use axum::extract::State;
use axum::http::HeaderMap;

use crate::flow::checkout::{self, Hearing};
use crate::flow::unlock::{self, Access, Content};
use crate::flow::{Error, Thing};
use crate::web::Web;
use crate::web::cors::foreign_origin;
use crate::web::dto::{ChannelBody, ContentBody, ProblemBody, ProductFacts};
use crate::web::error::{Problem, origin_not_allowed, payment_required};
use crate::web::extract::{PathOf, bearer};

/// What anybody may know of a product.
#[utoipa::path(get, path = "/api/v1/sites/{site}/products/{slug}", tag = "reader",
    params(("site" = String, Path), ("slug" = String, Path)), responses(
    (status = 200, description = "Title, price, wallets and state of sale", body = ProductFacts),
    (status = 404, description = "site_not_found, product_not_found", body = ProblemBody),
))]
pub async fn facts(
    State(web): State<Web>,
    PathOf((site, slug)): PathOf<(String, String)>,
    headers: HeaderMap,
) -> Result<axum::Json<ProductFacts>, Problem> {
    let origin = foreign_origin(&headers, &web.config.base_url);
    facts_of(&web, site, slug, origin).await.map(axum::Json)
}

pub(crate) async fn facts_of(
    web: &Web,
    site: String,
    slug: String,
    origin: Option<String>,
) -> Result<ProductFacts, Problem> {
    let now = web.app.now();
    let (site, product, states) = web
        .app
        .store
        .read(move |tx| {
            let site = tx.site_by_slug(&site)?.ok_or(Error::NotFound(Thing::Site))?;
            let product = tx.product_by_slug(site.id, &slug)?.ok_or(Error::NotFound(Thing::Product))?;
            let states = checkout::channels(tx, &site, &product, now)?;
            Ok::<_, Error>((site, product, states))
        })
        .await?;
    if origin.is_some_and(|origin| !site.origins.iter().any(|o| o.as_str() == origin)) {
        return Err(origin_not_allowed());
    }
    let offered = states.iter().filter(|s| s.hearing != Hearing::Silent);
    let channels: Vec<_> = offered.map(|s| s.channel).collect();
    let state = match (channels.is_empty(), states.is_empty()) {
        (false, _) => "on_sale",
        (true, false) => "no_live_account",
        (true, true) => "not_for_sale",
    };
    Ok(ProductFacts {
        site: site.slug.into(),
        product: product.slug.into(),
        title: product.title,
        price: product.price,
        lock: product.lock,
        channels,
        channel_states: states.into_iter().map(ChannelBody::from).collect(),
        state,
    })
}

/// The paid part, for who has an unlock token.
#[utoipa::path(get, path = "/api/v1/sites/{site}/products/{slug}/content", tag = "reader",
    params(("site" = String, Path), ("slug" = String, Path)), security(("unlock_token" = [])), responses(
    (status = 200, description = "The text or its key", body = ContentBody),
    (status = 402, description = "payment_required, with the price", body = ProblemBody),
))]
pub async fn content(
    State(web): State<Web>,
    PathOf((site, slug)): PathOf<(String, String)>,
    headers: HeaderMap,
) -> Result<axum::Json<ContentBody>, Problem> {
    let token = bearer(&headers).map(str::to_owned);
    match unlock::content(&web.app, site, slug, token).await? {
        Access::Open(Content::Html(html)) => {
            Ok(axum::Json(ContentBody { html: Some(html), key: None, reveal: false }))
        }
        Access::Open(Content::Key(key)) => {
            Ok(axum::Json(ContentBody { html: None, key: Some(key), reveal: false }))
        }
        Access::Open(Content::Reveal) => Ok(axum::Json(ContentBody { html: None, key: None, reveal: true })),
        Access::Locked(product) => {
            Err(payment_required(&product.price.to_string()).with("title", product.title))
        }
    }
}
