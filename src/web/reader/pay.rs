//! The way to an official gateway's own page, and back from it.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::domain::gateway::Way;
use crate::domain::id::OrderId;
use crate::domain::site::{Origin, Site};
use crate::flow::gateway::cashier::{BACK, Ways};
use crate::flow::gateway::trade;
use crate::flow::order;
use crate::limits;
use crate::web::Web;
use crate::web::dto::ProblemBody;
use crate::web::error::{Problem, gateway_trouble};
use crate::web::extract::{PathOf, QueryOf, may_see, see_other};

/// Which of the gateway's pages.
#[derive(Debug, Deserialize)]
pub struct PayQuery {
    way: Way,
    token: Option<String>,
    /// The page that the reader comes from and goes back to.
    back: Option<String>,
}

/// The address of [`pay`] below this installation's; holds the order's token.
pub(crate) fn path(order: OrderId, way: Way, token: &str) -> String {
    format!("/api/v1/orders/{order}/pay?way={}&token={token}", way.as_str())
}

/// True for a page of the site's own, or of this server: nobody is sent anywhere else.
pub(crate) fn is_on_site(web: &Web, site: &Site, address: &str) -> bool {
    let below = |rest: &str| rest.is_empty() || rest.starts_with('/');
    let plain = address.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let mut homes = site.origins.iter().map(Origin::as_str).chain([web.config.base_url.as_str()]);
    plain && homes.any(|home| address.strip_prefix(home).is_some_and(below))
}

/// Where the gateway sends a buyer who is done. Long addresses are left out, for what the gateway takes is bounded.
pub(super) fn gateway_return(back: Option<&str>) -> String {
    let plain = "/alipay/return";
    let with_back = back.map(|back| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair(BACK, back).finish();
        format!("{plain}?{query}")
    });
    with_back
        .filter(|path| path.len() <= limits::GATEWAY_RETURN_BYTES_MAX)
        .unwrap_or_else(|| plain.to_owned())
}

/// Leads to the gateway's own page for an order that is still open: `wap` on the phone that holds the wallet, `page` on a
/// computer. `back` is the page of the site that the reader comes back to; without it that is the article's page here.
#[utoipa::path(get, path = "/api/v1/orders/{id}/pay", tag = "reader",
    params(("id" = String, Path), ("way" = String, Query), ("token" = String, Query), ("back" = Option<String>, Query)),
    responses(
    (status = 303, description = "To the gateway"),
    (status = 404, description = "trade_not_found", body = ProblemBody),
    (status = 409, description = "order_not_pending", body = ProblemBody),
    (status = 503, description = "gateway_refused", body = ProblemBody),
))]
pub async fn pay(
    State(web): State<Web>,
    PathOf(id): PathOf<OrderId>,
    QueryOf(query): QueryOf<PayQuery>,
) -> Result<Response, Problem> {
    may_see(&web, id, query.token.as_deref())?;
    let view = order::get(&web.app, id).await?;
    let back = query.back.filter(|back| is_on_site(&web, &view.site, back));
    let ways = Ways {
        quit: format!("/a/{}/{}", view.site.slug, view.product.slug),
        done: gateway_return(back.as_deref()),
    };
    let link = trade::link(&web.app, id, query.way, &ways).await?;
    let link = link.map_err(|trouble| gateway_trouble(&trouble))?;
    see_other(&link)
}

#[cfg(test)]
mod tests {
    use super::gateway_return;

    #[test]
    fn the_way_back_is_carried_along_where_it_is_short_enough() {
        assert_eq!(gateway_return(None), "/alipay/return");
        let back = gateway_return(Some("https://blog.example/tea?a=1"));
        assert_eq!(back, "/alipay/return?back=https%3A%2F%2Fblog.example%2Ftea%3Fa%3D1");
        assert_eq!(gateway_return(Some(&"x".repeat(200))), "/alipay/return");
    }
}
