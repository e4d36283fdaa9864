//! Public facts of a product, and its content for who has paid.

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;

use crate::domain::product::Product;
use crate::flow::checkout::{self, Hearing};
use crate::flow::coupon::{self, Offer};
use crate::flow::unlock::{self, Access, Content};
use crate::flow::{Error, find};
use crate::limits;
use crate::web::Web;
use crate::web::cors::foreign_origin;
use crate::web::dto::{ChannelBody, ContentBody, CouponOffer, OfferBody, ProblemBody, ProductFacts};
use crate::web::error::{
    Problem, coupon_refused, no_such_key, origin_not_allowed, payment_required, token_refused, too_many_tries,
};
use crate::web::extract::{Asker, PathOf, QueryOf, bearer};

/// What anybody may know of a product.
#[utoipa::path(get, path = "/api/v1/sites/{site}/products/{slug}", tag = "reader",
    params(("site" = String, Path), ("slug" = String, Path), ("coupon" = Option<String>, Query)), responses(
    (status = 200, description = "Title, price, wallets and state of sale", body = ProductFacts),
    (status = 404, description = "site_not_found, product_not_found, coupon_not_found", body = ProblemBody),
    (status = 409, description = "coupon_expired, coupon_used_up", body = ProblemBody),
    (status = 429, description = "too_many_tries", body = ProblemBody),
))]
pub async fn facts(
    State(web): State<Web>,
    PathOf((site, slug)): PathOf<(String, String)>,
    QueryOf(query): QueryOf<FactsQuery>,
    asker: Asker,
    headers: HeaderMap,
) -> Result<axum::Json<ProductFacts>, Problem> {
    let origin = foreign_origin(&headers, &web.config.base_url);
    let typed = query.coupon.filter(|typed| !typed.trim().is_empty());
    if typed.is_some() {
        let (tries, now) = (&web.app.pressure.tries, web.app.now());
        if let Some(wait) = tries.wait(asker.address, limits::TRIES_PER_HOUR, now) {
            return Err(too_many_tries(wait));
        }
    }
    let answer = facts_of(&web, site, slug, origin, typed).await;
    if answer.as_ref().is_err_and(|problem| problem.code == "coupon_not_found") {
        web.app.pressure.tries.count(asker.address, web.app.now());
    }
    answer.map(axum::Json)
}

/// What else is asked about a product.
#[derive(Debug, Deserialize)]
pub struct FactsQuery {
    coupon: Option<String>,
}

pub(crate) async fn facts_of(
    web: &Web,
    site: String,
    slug: String,
    origin: Option<String>,
    typed: Option<String>,
) -> Result<ProductFacts, Problem> {
    let now = web.app.now();
    let (site, product, states, offers, coupon) = web
        .app
        .store
        .read(move |tx| {
            let site = find::site(tx, &site)?;
            let product = find::product(tx, site.id, &slug)?;
            let states = checkout::channels(tx, &site, &product, now)?;
            let offers = tx.offers_for(site.id, product.id, limits::OFFERS_MAX)?;
            let offers: Vec<_> = offers.into_iter().filter(|o| opens_more(o, &product)).collect();
            let coupon = typed.map(|typed| coupon::look_up(tx, &product, &typed, now)).transpose()?;
            Ok::<_, Error>((site, product, states, offers, coupon))
        })
        .await?;
    if !site.allows(origin.as_deref()) {
        return Err(origin_not_allowed());
    }
    let coupon = match coupon {
        None => None,
        Some(Offer::Good(coupon)) => {
            Some(CouponOffer { price: coupon.discount.off(product.price), code: coupon.code.into() })
        }
        Some(refused @ (Offer::Unknown | Offer::Expired | Offer::UsedUp)) => {
            return Err(coupon_refused(&refused));
        }
    };
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
        kind: product.terms.kind,
        validity_ms: product.terms.validity,
        url: product.terms.url,
        renews: product.terms.renews.map(|renewal| renewal.every),
        key_version: product.keys.current,
        offers: offers.into_iter().map(OfferBody::from).collect(),
        coupon,
    })
}

/// A membership is no offer beside another membership.
fn opens_more(offer: &Product, product: &Product) -> bool {
    offer.terms.kind.opens(product.terms.kind, true)
}

/// The paid part, for who has an unlock token.
#[utoipa::path(get, path = "/api/v1/sites/{site}/products/{slug}/content", tag = "reader",
    params(("site" = String, Path), ("slug" = String, Path), ("key_version" = Option<u32>, Query)),
    security(("unlock_token" = [])), responses(
    (status = 200, description = "The text or its key", body = ContentBody),
    (status = 401, description = "bad_token, signed_out", body = ProblemBody),
    (status = 402, description = "payment_required, with the price; unlock_revoked, unlock_expired", body = ProblemBody),
    (status = 409, description = "key_version_retired, key_version_unknown, with the one in force", body = ProblemBody),
))]
pub async fn content(
    State(web): State<Web>,
    PathOf((site, slug)): PathOf<(String, String)>,
    QueryOf(query): QueryOf<ContentQuery>,
    headers: HeaderMap,
) -> Result<axum::Json<ContentBody>, Problem> {
    let token = bearer(&headers).filter(|token| !token.is_empty()).map(str::to_owned);
    match unlock::content(&web.app, site, slug, token, query.key_version).await? {
        Access::Open { content, until } => {
            let body = ContentBody { expires_at: until, ..ContentBody::default() };
            Ok(axum::Json(match content {
                Content::Html(html) => ContentBody { html: Some(html), ..body },
                Content::Key { key, version } => {
                    ContentBody { key: Some(key), key_version: Some(version), ..body }
                }
                Content::Reveal => ContentBody { reveal: true, ..body },
            }))
        }
        Access::Locked(product) => {
            Err(payment_required(&product.price.to_string()).with("title", product.title))
        }
        Access::Refused(refusal) => Err(token_refused(refusal)),
        Access::NoSuchKey { state, current } => Err(no_such_key(state, current)),
    }
}

/// Which key is asked for.
#[derive(Debug, Deserialize)]
pub struct ContentQuery {
    key_version: Option<u32>,
}
