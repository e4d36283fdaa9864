//! Every route, grouped by caller: the attack surface on one screen.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use super::owner::{
    accounts, books, coupons, devices, inbox, lists, orders as owner_orders, products, sites,
    subscriptions as owner_subscriptions, transfers, unlocks as owner_unlocks,
};
use super::reader::{claims, events, orders, page, pay, products as sold, subscriptions, unlocks};
use super::{Web, adapters, alipay, assets, bridge, cors, demo, envelope, error, health};

#[derive(OpenApi)]
#[openapi(
    info(title = "Matcha", description = "Sells paid articles with personal WeChat and Alipay receive codes."),
    modifiers(&Schemes),
    tags(
        (name = "reader", description = "A reader's browser"),
        (name = "bridge", description = "A paired phone"),
        (name = "owner", description = "The owner, with an owner key"),
        (name = "operation", description = "Health and metrics"),
    ),
)]
struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = || SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let signature = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            "webhook-signature",
            "Standard Webhooks 1.0.0 with webhook-id, webhook-timestamp and matcha-device",
        )));
        let components = document.components.get_or_insert_with(Default::default);
        for (name, scheme) in [
            ("order_token", bearer()),
            ("unlock_token", bearer()),
            ("claim_token", bearer()),
            ("owner_key", bearer()),
            ("device_signature", signature),
        ] {
            components.add_security_scheme(name, scheme);
        }
    }
}

/// Routes, and their description if somebody asks for it: a server does not, and 4 MB less are touched at its start.
#[derive(Default)]
struct Table {
    served: Router<Web>,
    described: Option<utoipa::openapi::OpenApi>,
}

impl Table {
    fn routes(mut self, methods: UtoipaMethodRouter<Web>) -> Table {
        let (served, described) = OpenApiRouter::new().routes(methods).split_for_parts();
        if let Some(all) = &mut self.described {
            all.merge(described);
        }
        Table { served: self.served.merge(served), ..self }
    }
}

/// What a reader's browser calls from a blog.
fn reader(table: Table) -> Table {
    table
        .routes(routes!(orders::create))
        .routes(routes!(orders::get))
        .routes(routes!(orders::extend))
        .routes(routes!(orders::cancel))
        .routes(routes!(orders::code_png))
        .routes(routes!(pay::pay))
        .routes(routes!(events::events))
        .routes(routes!(sold::facts))
        .routes(routes!(sold::content))
        .routes(routes!(unlocks::restore))
        .routes(routes!(unlocks::seats))
        .routes(routes!(unlocks::sign_out))
        .routes(routes!(subscriptions::start_with_order))
        .routes(routes!(subscriptions::start_with_unlock, subscriptions::list))
        .routes(routes!(subscriptions::get))
        .routes(routes!(subscriptions::unsign))
        .routes(routes!(claims::make))
        .routes(routes!(claims::get))
}

/// What a phone calls.
fn phone(table: Table) -> Table {
    table.routes(routes!(bridge::pair)).routes(routes!(bridge::notices)).routes(routes!(bridge::heartbeat))
}

/// What the owner calls.
fn owner(table: Table) -> Table {
    table
        .routes(routes!(accounts::create, accounts::list))
        .routes(routes!(accounts::set_keys))
        .routes(routes!(accounts::check))
        .routes(routes!(accounts::add_code, accounts::codes))
        .routes(routes!(accounts::remove_code))
        .routes(routes!(accounts::code_image))
        .routes(routes!(sites::create, sites::list))
        .routes(routes!(sites::change))
        .routes(routes!(sites::sealing_secret))
        .routes(routes!(sites::replace_sealing_secret))
        .routes(routes!(products::create, products::list))
        .routes(routes!(products::get, products::change))
        .routes(routes!(products::rotate_key))
        .routes(routes!(coupons::create, coupons::list))
        .routes(routes!(coupons::remove))
        .routes(routes!(owner_unlocks::list))
        .routes(routes!(owner_unlocks::revoke))
        .routes(routes!(owner_unlocks::reissue))
        .routes(routes!(devices::pairing))
        .routes(routes!(devices::add, devices::list))
        .routes(routes!(devices::connection))
        .routes(routes!(devices::change, devices::revoke))
        .routes(routes!(owner_orders::list))
        .routes(routes!(owner_orders::get))
        .routes(routes!(owner_orders::settle))
        .routes(routes!(owner_orders::refund))
        .routes(routes!(owner_subscriptions::list))
        .routes(routes!(owner_subscriptions::get))
        .routes(routes!(owner_subscriptions::ask))
        .routes(routes!(owner_subscriptions::unsign))
        .routes(routes!(lists::receipts))
        .routes(routes!(lists::notices))
        .routes(routes!(lists::reload_rules))
        .routes(routes!(inbox::list))
        .routes(routes!(inbox::settle))
        .routes(routes!(inbox::dismiss))
        .routes(routes!(inbox::undo))
        .routes(routes!(books::days))
        .routes(routes!(books::differences))
        .routes(routes!(books::watches))
        .routes(routes!(books::set_watch))
        .routes(routes!(transfers::make, transfers::list))
}

/// What those who run the server call.
fn operation(table: Table) -> Table {
    table.routes(routes!(health::healthz)).routes(routes!(health::readyz)).routes(routes!(health::metrics))
}

/// Pages for people, and the files they need.
fn pages(web: &Web) -> Router<Web> {
    let pages = Router::new()
        .route("/", get(page::front))
        .route("/a/{site}/{slug}", get(page::article).post(page::order))
        .route("/v1/embed.js", get(assets::embed))
        .route("/v1/{name}", get(assets::hashed))
        .route("/assets/{name}", get(assets::hashed));
    if web.config.demo.is_some() { pages.merge(demo::routes()) } else { pages }
}

/// The API's description, as committed in `openapi.json`.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let table = Table { described: Some(Document::openapi()), ..Table::default() };
    operation(owner(phone(reader(table)))).described.unwrap_or_default()
}

/// The whole router.
pub fn router(web: Web) -> Router {
    let cross_origin = from_fn_with_state(web.clone(), cors::layer);
    let reader = reader(Table::default()).served;
    let reader = reader.method_not_allowed_fallback(method_not_allowed).layer(cross_origin);
    let rest = operation(owner(phone(Table::default()))).served;
    let adapters = adapters::routes(&web);
    let all = reader.merge(rest).merge(pages(&web)).merge(adapters).merge(alipay::routes());
    wrapped(
        all.method_not_allowed_fallback(method_not_allowed).fallback(|| async { error::not_found() }),
        web,
    )
}

/// Routes in what every answer passes through. The envelope is the outermost layer, so that a panic has a request id
/// and its place in the metrics like any other answer.
pub fn wrapped(routes: Router<Web>, web: Web) -> Router {
    routes
        // Each body has its own bound where it is read.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(super::serve::timeout))
        .layer(CatchPanicLayer::custom(super::serve::panicked))
        .layer(from_fn_with_state(web.clone(), envelope::layer))
        .with_state(web)
}

async fn method_not_allowed() -> error::Problem {
    error::method_not_allowed()
}
