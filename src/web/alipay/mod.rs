//! What the official gateway calls: notifications, and buyers who come back from its page.
//!
//! The addresses are outside of `/api/v1` because they are typed into the gateway's own settings and stay for ever.

use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::flow::gateway::cashier::BACK;
use crate::flow::gateway::notice::{self, CameBack, Taken};
use crate::flow::order;
use crate::limits;
use crate::web::Web;
use crate::web::error::{Problem, bad_request};
use crate::web::extract::{body, see_other};
use crate::web::reader::pay::is_on_site;

/// The routes.
pub fn routes() -> Router<Web> {
    Router::new()
        .route("/alipay/notify", post(notify))
        .route("/alipay/gateway", post(notify))
        .route("/alipay/return", get(came_back))
}

/// A field of a form or query.
fn field(form: &[u8], wanted: &str) -> Option<String> {
    form_urlencoded::parse(form).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// The application that a form or query names; what is true of it is seen when the signature is.
fn app_id(form: &[u8]) -> String {
    field(form, "app_id").unwrap_or_default()
}

/// At `/alipay/notify` come the notifications of what was asked for with that address. At `/alipay/gateway`, which the owner
/// types in as the application's gateway address (应用网关), come those of what nobody here asked for: only there it is told
/// that a reader ended his subscription in the wallet. Both are signed alike, but for a field that either way is tried.
///
/// The gateway repeats a notification until it reads the seven bytes `success`, which it does only after the commit.
async fn notify(State(web): State<Web>, request: Request) -> Response {
    let taken = match body(request, limits::JSON_BODY_BYTES_MAX).await {
        Ok(body) => notice::take_in(&web.app, app_id(&body), body.to_vec()).await,
        Err(problem) => return problem.into_response(),
    };
    let mut response = match taken {
        Ok(Taken::Yes) => "success".into_response(),
        Ok(Taken::No(why)) => {
            tracing::warn!(?why, "a notification of the gateway was not taken");
            "failure".into_response()
        }
        Err(error) => {
            let mut response = "failure".into_response();
            *response.status_mut() = Problem::from(error).status;
            response
        }
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Leads to the article; whether it is paid is asked of the gateway, not read from the address.
async fn came_back(State(web): State<Web>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let returned = notice::came_back(&web.app, app_id(query.as_bytes()), query.clone()).await?;
    let CameBack { order, just_now } = returned.ok_or_else(|| {
        bad_request(
            "bad_return",
            "这个返回地址的签名不正确。若已付款, 请回到文章页面, 付款会自动生效, 请勿重复支付。",
            "This address is not signed as it should be. If you paid, go back to the article: it opens by itself.",
        )
    })?;
    let view = order::get(&web.app, order).await?;
    let back = field(query.as_bytes(), BACK).filter(|back| is_on_site(&web, &view.site, back));
    let (site, product) = (view.site.slug.as_str(), view.product.slug.as_str());
    let here = || {
        let page = format!("{}/a/{site}/{product}", web.config.base_url);
        if just_now { format!("{page}?order={order}&token={}", web.app.order_token(order)) } else { page }
    };
    see_other(&back.unwrap_or_else(here))
}
