//! The plain page of a product, which sells without any script on the blog.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::orders::{refusal, wish};
use super::products::facts_of;
use crate::domain::channel::Channel;
use crate::domain::id::OrderId;
use crate::domain::order::OrderStatus;
use crate::domain::time::Millis;
use crate::domain::unlock::RecoveryCode;
use crate::flow::checkout::{self, Outcome};
use crate::flow::order::{self, View};
use crate::flow::unlock::{self, Access, Content};
use crate::web::Web;
use crate::web::assets::Assets;
use crate::web::dto::{OrderRequest, ProductFacts};
use crate::web::envelope::prefers_english;
use crate::web::error::Problem;
use crate::web::extract::{Client, FormOf, PathOf, may_see};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
/// The small frame that watches an order: nothing but text and links, and only within our own pages.
const WATCH_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'self'";
/// How often the frame looks, while the code may be paid and after that.
const WATCH_SECONDS: u32 = 3;
const WATCH_ENDED_SECONDS: u32 = 10;

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    lang: &'static str,
    zh: bool,
    site_name: &'a str,
    assets: &'a Assets,
    status: String,
    heading: &'a str,
    text: &'a str,
    link: Option<Link<'a>>,
}

struct Link<'a> {
    url: &'a str,
    label: &'a str,
}

#[derive(Template)]
#[template(path = "article.html")]
struct ArticlePage<'a> {
    lang: &'static str,
    zh: bool,
    site_name: &'a str,
    assets: &'a Assets,
    page_url: &'a str,
    site: &'a str,
    product: &'a str,
    title: &'a str,
    price: String,
    notice: Option<String>,
    channels: Vec<ChannelChoice>,
    client_order_id: String,
    order: Option<OrderPart>,
    paid: Option<PaidPart>,
}

struct ChannelChoice {
    value: &'static str,
    name: &'static str,
}

struct OrderPart {
    id: String,
    token: String,
    pending: bool,
    refunded: bool,
    channel_name: &'static str,
    amount: String,
    yuan: String,
    fen: String,
    odd: bool,
    open_code: bool,
    image_url: String,
    extensions_left: u8,
    url: String,
    seconds_left: i64,
}

struct PaidPart {
    html: String,
    code: Option<String>,
}

#[derive(Template)]
#[template(path = "watch.html")]
struct WatchFrame<'a> {
    lang: &'static str,
    zh: bool,
    site_name: &'a str,
    assets: &'a Assets,
    pending: bool,
    settled: bool,
    remaining: String,
    order_url: String,
    watch_seconds: u32,
}

/// A page that is there.
pub(crate) fn found(template: &impl Template, english: bool) -> Response {
    page(StatusCode::OK, template, english)
}

fn page(status: StatusCode, template: &impl Template, english: bool) -> Response {
    match template.render() {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
            let language = if english { "en" } else { "zh-CN" };
            headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            crate::web::error::internal().into_response()
        }
    }
}

/// The two names a page needs for its language.
fn tongue(english: bool) -> (&'static str, bool) {
    if english { ("en", false) } else { ("zh-CN", true) }
}

/// A page that says why there is no other.
pub(crate) fn message(web: &Web, problem: &Problem, english: bool) -> Response {
    let (lang, zh) = tongue(english);
    let text = if english { &problem.detail.en } else { &problem.detail.zh };
    let heading = match (problem.status == StatusCode::NOT_FOUND, english) {
        (true, true) => "Nothing here",
        (true, false) => "这里没有内容",
        (false, true) => "That did not work",
        (false, false) => "没有成功",
    };
    let template = MessagePage {
        lang,
        zh,
        site_name: "Matcha",
        assets: &web.assets,
        status: problem.status.as_u16().to_string(),
        heading,
        text,
        link: None,
    };
    page(problem.status, &template, english)
}

/// The front door: says what this is, and nothing about whose it is.
pub async fn front(State(web): State<Web>, headers: HeaderMap) -> Response {
    let english = prefers_english(&headers);
    if web.config.demo.is_some() {
        return Redirect::temporary("/demo/blog").into_response();
    }
    let (lang, zh) = tongue(english);
    let (heading, text) = if english {
        ("Matcha is running", "Articles are sold at /a/{site}/{article}.")
    } else {
        ("Matcha 正在运行", "付费文章的地址形如 /a/站点/文章。")
    };
    let template = MessagePage {
        lang,
        zh,
        site_name: "Matcha",
        assets: &web.assets,
        status: String::new(),
        heading,
        text,
        link: None,
    };
    page(StatusCode::OK, &template, english)
}

/// What a page without script carries along in its address and forms.
#[derive(Debug, Default, Deserialize)]
pub struct Carried {
    order: Option<String>,
    token: Option<String>,
    act: Option<String>,
    channel: Option<Channel>,
    client_order_id: Option<String>,
    code: Option<String>,
    /// Asks for the frame instead of the page.
    watch: Option<String>,
}

impl Carried {
    /// The order this visitor may see, if the address or form names one with its token.
    fn order(&self, web: &Web) -> Option<OrderId> {
        let id: OrderId = self.order.as_deref()?.parse().ok()?;
        may_see(web, id, self.token.as_deref()).ok().map(|()| id)
    }
}

fn parse_query(query: Option<&str>) -> Carried {
    let read = |name: &str| {
        query
            .unwrap_or("")
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
    };
    Carried { order: read("order"), token: read("token"), watch: read("watch"), ..Carried::default() }
}

/// What one visit of the page shows.
struct Visit<'a> {
    web: &'a Web,
    facts: ProductFacts,
    site_name: String,
    english: bool,
    notice: Option<String>,
}

/// The page of a product.
pub async fn article(
    State(web): State<Web>,
    PathOf((site, slug)): PathOf<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let carried = parse_query(query.as_deref());
    let visit = match Visit::begin(&web, site, slug, &headers).await {
        Ok(visit) => visit,
        Err(problem) => return message(&web, &problem, prefers_english(&headers)),
    };
    match carried.order(&web) {
        Some(order) if carried.watch.is_some() => visit.watch(order).await,
        Some(order) => visit.of_order(order).await,
        None => visit.sale(StatusCode::OK),
    }
}

/// The forms of the page: order, extend, cancel, restore.
pub async fn order(
    State(web): State<Web>,
    PathOf((site, slug)): PathOf<(String, String)>,
    client: Client,
    headers: HeaderMap,
    form: Result<FormOf<Carried>, Problem>,
) -> Response {
    let visit = Visit::begin(&web, site, slug, &headers).await;
    let (visit, carried) = match (visit, form) {
        (Ok(visit), Ok(FormOf(carried))) => (visit, carried),
        (Err(problem), _) | (_, Err(problem)) => return message(&web, &problem, prefers_english(&headers)),
    };
    match carried.act.as_deref() {
        Some("order") => visit.make_order(client, &headers, carried).await,
        Some("extend" | "cancel") => visit.change_order(carried).await,
        Some("restore") => visit.restore(carried.code.as_deref().unwrap_or("")).await,
        _ => visit.sale(StatusCode::BAD_REQUEST),
    }
}

impl<'a> Visit<'a> {
    async fn begin(
        web: &'a Web,
        site: String,
        slug: String,
        headers: &HeaderMap,
    ) -> Result<Visit<'a>, Problem> {
        let english = prefers_english(headers);
        let named = site.clone();
        let site_name = web.app.store.read(move |tx| tx.site_by_slug(&named)).await?;
        let facts = facts_of(web, site, slug, None).await?;
        let site_name = site_name.map_or_else(String::new, |site| site.name);
        Ok(Visit { web, facts, site_name, english, notice: None })
    }

    fn url(&self) -> String {
        format!("/a/{}/{}", self.facts.site, self.facts.product)
    }

    fn order_url(&self, order: OrderId) -> String {
        format!("{}?order={order}&token={}", self.url(), self.web.app.order_token(order))
    }

    fn say(mut self, problem: &Problem) -> Visit<'a> {
        self.notice = Some(if self.english { problem.detail.en.clone() } else { problem.detail.zh.clone() });
        self
    }

    fn render(&self, status: StatusCode, order: Option<OrderPart>, paid: Option<PaidPart>) -> Response {
        let (lang, zh) = tongue(self.english);
        let channels = self
            .facts
            .channels
            .iter()
            .map(|c| ChannelChoice { value: c.as_str(), name: channel_name(*c, self.english) });
        let fresh: [u8; 16] = self.web.app.rng.bytes();
        let template = ArticlePage {
            lang,
            zh,
            site_name: &self.site_name,
            assets: &self.web.assets,
            page_url: &self.url(),
            site: &self.facts.site,
            product: &self.facts.product,
            title: &self.facts.title,
            price: self.facts.price.to_string(),
            notice: self.notice.clone(),
            channels: channels.collect(),
            client_order_id: fresh.iter().map(|b| format!("{b:02x}")).collect(),
            order,
            paid,
        };
        page(status, &template, self.english)
    }

    fn sale(self, status: StatusCode) -> Response {
        self.render(status, None, None)
    }

    async fn of_order(self, id: OrderId) -> Response {
        let view = match order::get(&self.web.app, id).await {
            Ok(view) => view,
            Err(error) => return self.say(&error.into()).sale(StatusCode::OK),
        };
        match &view.unlock {
            Some(unlock) if view.order.status == OrderStatus::Paid => {
                let code = unlock::code(&self.web.app, unlock).to_string();
                let token = unlock::token(&self.web.app, unlock);
                self.show(token, Some(code)).await
            }
            Some(_) | None => self.render(StatusCode::OK, Some(self.order_part(&view)), None),
        }
    }

    fn order_part(&self, view: &View) -> OrderPart {
        let order = &view.order;
        let now = self.web.app.now();
        let amount = order.amount.to_string();
        let (yuan, fen) = amount.split_once('.').unwrap_or((&amount, "00"));
        OrderPart {
            id: order.id.to_string(),
            token: self.web.app.order_token(order.id),
            pending: order.status_at(now) == OrderStatus::Pending,
            refunded: order.status == OrderStatus::Refunded,
            channel_name: channel_name(order.channel, self.english),
            odd: order.amount != order.price,
            yuan: yuan.to_owned(),
            fen: fen.to_owned(),
            amount: amount.clone(),
            open_code: view.open_code,
            image_url: format!("/api/v1/orders/{}/code.png", order.id),
            extensions_left: order.extensions_left,
            url: self.order_url(order.id),
            seconds_left: seconds(order.expires_in(now)),
        }
    }

    /// The frame within an order's page. It loads itself again and again, so that the page around it does not: focus,
    /// scrolling and a finger on the code stay where they are.
    async fn watch(self, id: OrderId) -> Response {
        let view = match order::get(&self.web.app, id).await {
            Ok(view) => view,
            Err(error) => return message(self.web, &error.into(), self.english),
        };
        let (lang, zh) = tongue(self.english);
        let now = self.web.app.now();
        let status = view.order.status_at(now);
        let pending = status == OrderStatus::Pending;
        let template = WatchFrame {
            lang,
            zh,
            site_name: &self.site_name,
            assets: &self.web.assets,
            pending,
            settled: matches!(status, OrderStatus::Paid | OrderStatus::Refunded),
            remaining: minutes(view.order.expires_in(now)),
            order_url: self.order_url(id),
            watch_seconds: if pending { WATCH_SECONDS } else { WATCH_ENDED_SECONDS },
        };
        let mut response = page(StatusCode::OK, &template, self.english);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(WATCH_POLICY));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
        response
    }

    async fn make_order(self, client: Client, headers: &HeaderMap, carried: Carried) -> Response {
        let request = OrderRequest {
            site: self.facts.site.clone(),
            product: self.facts.product.clone(),
            channel: carried.channel,
            client_order_id: carried.client_order_id,
        };
        let wish = wish(self.web, client, headers, request);
        match checkout::create(&self.web.app, wish.clone()).await {
            Ok(Outcome::Created(view) | Outcome::Existing(view)) => {
                Redirect::to(&self.order_url(view.order.id)).into_response()
            }
            Ok(outcome) => {
                let problem = refusal(self.web, &wish, &outcome);
                let status = problem.status;
                self.say(&problem).sale(status)
            }
            Err(error) => {
                let problem = Problem::from(error);
                let status = problem.status;
                self.say(&problem).sale(status)
            }
        }
    }

    async fn change_order(self, carried: Carried) -> Response {
        let Some(id) = carried.order(self.web) else { return self.sale(StatusCode::UNAUTHORIZED) };
        let extend = carried.act.as_deref() == Some("extend");
        let changed = if extend {
            order::extend(&self.web.app, id).await
        } else {
            order::cancel(&self.web.app, id).await
        };
        match changed {
            Ok(_) if extend => Redirect::to(&self.order_url(id)).into_response(),
            Ok(_) => Redirect::to(&self.url()).into_response(),
            // What cannot be changed any more is shown as it is.
            Err(error) => self.say(&error.into()).of_order(id).await,
        }
    }

    async fn restore(self, code: &str) -> Response {
        let restored = match code.parse::<RecoveryCode>() {
            Ok(code) => unlock::restore(&self.web.app, code).await,
            Err(_) => Err(crate::flow::Error::NotFound(crate::flow::Thing::Unlock)),
        };
        match restored {
            Ok(restored) if restored.slug == self.facts.product && restored.site == self.facts.site => {
                self.show(restored.token, None).await
            }
            Ok(restored) => Redirect::to(&format!("/a/{}/{}", restored.site, restored.slug)).into_response(),
            Err(error) => {
                let problem = Problem::from(error);
                self.say(&problem).sale(problem.status)
            }
        }
    }

    async fn show(self, token: String, code: Option<String>) -> Response {
        let (site, slug) = (self.facts.site.clone(), self.facts.product.clone());
        match unlock::content(&self.web.app, site, slug, Some(token)).await {
            Ok(Access::Open(Content::Html(html))) => {
                self.render(StatusCode::OK, None, Some(PaidPart { html, code }))
            }
            Ok(Access::Open(Content::Key(_) | Content::Reveal)) => {
                // The text is on the blog, not here.
                self.render(StatusCode::OK, None, Some(PaidPart { html: String::new(), code }))
            }
            Ok(Access::Locked(_)) => self.sale(StatusCode::PAYMENT_REQUIRED),
            Err(error) => self.say(&error.into()).sale(StatusCode::OK),
        }
    }
}

fn channel_name(channel: Channel, english: bool) -> &'static str {
    match (channel, english) {
        (Channel::Wechat, true) => "WeChat",
        (Channel::Wechat, false) => "微信",
        (Channel::Alipay | Channel::AlipayOfficial, true) => "Alipay",
        (Channel::Alipay | Channel::AlipayOfficial, false) => "支付宝",
    }
}

/// Whole seconds, rounded up.
fn seconds(left: Millis) -> i64 {
    (left.get() + 999) / 1000
}

/// Whole minutes and seconds, rounded up: `1:58`.
fn minutes(left: Millis) -> String {
    let seconds = seconds(left);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
