//! The plain page of a product, which sells without any script on the blog.

mod renewing;
mod view;
mod watch;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

pub(crate) use self::view::found;
use self::view::{
    ArticlePage, ChannelChoice, Crowded, Link, MessagePage, OfferPart, OrderPart, PaidPart, SeatChoice,
    channel_name, page, seconds,
};
use super::orders::{refusal, wish};
use super::pay;
use super::products::facts_of;
use super::unlocks::holder;
use crate::domain::channel::Channel;
use crate::domain::gateway::Way;
use crate::domain::id::OrderId;
use crate::domain::order::OrderStatus;
use crate::domain::product::{Lock, Product, ProductKind};
use crate::flow::checkout::Outcome;
use crate::flow::gateway;
use crate::flow::order::{self, View};
use crate::flow::rights::{self, Restored};
use crate::flow::unlock::{self, Access, Content};
use crate::flow::{Error, find};
use crate::limits;
use crate::storage::verbs::Page;
use crate::web::Web;
use crate::web::dto::{OfferBody, OrderRequest, ProductFacts, SeatBody, seat_names};
use crate::web::envelope::prefers_english;
use crate::web::error::{Problem, no_such_key, token_refused, too_many_seats, too_many_tries};
use crate::web::extract::{Asker, Client, FormOf, PathOf, may_see};

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
        links: Vec::new(),
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
        links: Vec::new(),
    };
    page(StatusCode::OK, &template, english)
}

/// What a page without script carries along in its address and forms.
#[derive(Debug, Default, Deserialize)]
pub struct Carried {
    order: Option<String>,
    token: Option<String>,
    act: Option<String>,
    /// The unlock token of what was bought, where its renewal is to begin or end.
    unlock: Option<String>,
    channel: Option<Channel>,
    client_order_id: Option<String>,
    code: Option<String>,
    coupon: Option<String>,
    /// In a form, the recovery code whose time is to be prolonged; in the address, that the page is for that.
    renew: Option<String>,
    /// The seat to be signed out.
    out: Option<String>,
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
    Carried {
        order: read("order"),
        token: read("token"),
        watch: read("watch"),
        renew: read("renew"),
        ..Carried::default()
    }
}

/// What one visit of the page shows.
struct Visit<'a> {
    web: &'a Web,
    facts: ProductFacts,
    site_name: String,
    english: bool,
    notice: Option<String>,
    crowded: Option<Crowded>,
    renewing: bool,
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
        None => Visit { renewing: carried.renew.is_some(), ..visit }.sale(StatusCode::OK),
    }
}

/// The forms of the page: order, extend, cancel, restore, renew, unsign.
pub async fn order(
    State(web): State<Web>,
    PathOf((site, slug)): PathOf<(String, String)>,
    client: Client,
    asker: Asker,
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
        Some("restore") => {
            visit.restore(carried.code.as_deref().unwrap_or(""), carried.out, asker, &headers).await
        }
        Some("renew") => visit.begin_renewal(carried).await,
        Some("unsign") => visit.end_renewal(carried).await,
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
        let facts = facts_of(web, site, slug, None, None).await?;
        let site_name = site_name.map_or_else(String::new, |site| site.name);
        Ok(Visit { web, facts, site_name, english, notice: None, crowded: None, renewing: false })
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
        let mut channels: Vec<ChannelChoice> = Vec::new();
        for channel in &self.facts.channels {
            let name = channel_name(*channel, self.english);
            // A reader chooses a wallet. Where the owner has two ways into one, the first is offered.
            if !channels.iter().any(|known| known.name == name) {
                channels.push(ChannelChoice { value: channel.as_str(), name });
            }
        }
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
            crowded: self.crowded.as_ref(),
            offers: self.offers(),
            renewable: self.facts.validity_ms.is_some(),
            renewing: self.renewing,
            elsewhere: self.facts.lock != Lock::Hosted && self.facts.kind == ProductKind::Article,
            channels,
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
        // An order of another product is shown where that is sold, unless it is paid and opens this one.
        if view.product.slug.as_str() != self.facts.product && view.unlock.is_none() {
            let url = format!(
                "/a/{}/{}?order={id}&token={}",
                view.site.slug,
                view.product.slug,
                self.web.app.order_token(id)
            );
            return Redirect::to(&url).into_response();
        }
        match &view.unlock {
            Some(unlock) if view.order.status == OrderStatus::Paid => {
                let code = unlock::code(&self.web.app, unlock).to_string();
                let token = unlock::token(&self.web.app, unlock);
                self.show(token, Some(code), Some(id)).await
            }
            Some(_) | None => self.render(StatusCode::OK, Some(self.order_part(&view)), None),
        }
    }

    fn order_part(&self, view: &View) -> OrderPart {
        let order = &view.order;
        let now = self.web.app.now();
        let amount = order.amount.to_string();
        let pending = order.status_at(now) == OrderStatus::Pending;
        let token = self.web.app.order_token(order.id);
        let at_gateway = order.channel == Channel::AlipayOfficial;
        let page_of = |way| pay::path(order.id, way, &token);
        let renews = view.product.terms.renews.as_ref().filter(|_| at_gateway);
        let (yuan, fen) = amount.split_once('.').unwrap_or((&amount, "00"));
        OrderPart {
            id: order.id.to_string(),
            phone_url: at_gateway.then(|| page_of(Way::Wap)),
            page_url: (at_gateway && view.site.page_pay).then(|| page_of(Way::Page)),
            renews: renews.map(|renewal| renewing::terms(renewal.every, view.product.price, self.english)),
            token,
            pending,
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

    async fn make_order(self, client: Client, headers: &HeaderMap, carried: Carried) -> Response {
        let request = OrderRequest {
            site: self.facts.site.clone(),
            product: self.facts.product.clone(),
            channel: carried.channel,
            client_order_id: carried.client_order_id,
            coupon: carried.coupon,
            renew: carried.renew.filter(|typed| !typed.trim().is_empty()),
        };
        let wish = wish(self.web, client, headers, request);
        match gateway::order(&self.web.app, wish.clone()).await {
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

    async fn restore(
        mut self,
        code: &str,
        out: Option<String>,
        asker: Asker,
        headers: &HeaderMap,
    ) -> Response {
        let holder = match holder(self.web, code, asker, headers) {
            Ok(holder) => holder,
            Err(problem) => return self.refuse(&problem),
        };
        let sign_out = seat_names(&Vec::from_iter(out));
        match rights::restore(&self.web.app, holder, sign_out).await {
            Ok(Restored::Yes { site, product, .. })
                if product.terms.kind == ProductKind::Article
                    && product.slug.as_str() != self.facts.product =>
            {
                Redirect::to(&format!("/a/{}/{}", site.slug, product.slug)).into_response()
            }
            Ok(Restored::Yes { token, .. }) => self.show(token, None, None).await,
            Ok(Restored::TooMany(seats)) => {
                let problem = too_many_seats(seats.limit);
                let choice = |seat: SeatBody| SeatChoice {
                    date: seat.since.to_string().chars().take(10).collect(),
                    id: seat.id,
                    label: seat.label,
                };
                let choices = seats.seats.into_iter().map(SeatBody::from).map(choice).collect();
                self.crowded = Some(Crowded { code: code.to_owned(), seats: choices });
                self.refuse(&problem)
            }
            Ok(Restored::TooManyTries { wait }) => self.refuse(&too_many_tries(wait)),
            Err(error) => self.refuse(&error.into()),
        }
    }

    fn refuse(self, problem: &Problem) -> Response {
        let status = problem.status;
        self.say(problem).sale(status)
    }

    /// What a token opens here; `order` is carried to what else it opens.
    async fn show(self, token: String, code: Option<String>, order: Option<OrderId>) -> Response {
        let (site, slug) = (self.facts.site.clone(), self.facts.product.clone());
        let content = match unlock::content(&self.web.app, site, slug, Some(token.clone()), None).await {
            Ok(Access::Open { content, .. }) => content,
            Ok(Access::Locked(_)) => return self.sale(StatusCode::PAYMENT_REQUIRED),
            Ok(Access::Refused(refusal)) => return self.refuse(&token_refused(refusal)),
            Ok(Access::NoSuchKey { state, current }) => return self.refuse(&no_such_key(state, current)),
            Err(error) => return self.refuse(&error.into()),
        };
        let (text, opens) = match self.bought(order).await {
            Ok(bought) => bought,
            Err(error) => return self.refuse(&error.into()),
        };
        let renewal = self.renewal(&token).await;
        let html = match content {
            Content::Html(html) => html,
            // The text is on the blog; some owners keep a copy here for those without scripts.
            Content::Key { .. } | Content::Reveal => text.unwrap_or_default(),
        };
        let missing = html.is_empty() && self.facts.kind == ProductKind::Article;
        let blog_url = self.facts.url.as_ref().filter(|_| missing).map(|url| match &code {
            Some(code) => format!("{url}#unlock={code}"),
            None => url.clone(),
        });
        let elsewhere = missing && blog_url.is_none();
        let paid = PaidPart { html, code, blog_url, elsewhere, opens, renewal };
        self.render(StatusCode::OK, None, Some(paid))
    }

    /// The product's text, if the owner left one here, and what else it opens.
    async fn bought(&self, order: Option<OrderId>) -> Result<(Option<String>, Vec<Link<'static>>), Error> {
        let (site, slug, kind) = (self.facts.site.clone(), self.facts.product.clone(), self.facts.kind);
        let (text, opens) = self
            .web
            .app
            .store
            .read(move |tx| {
                let site = find::site(tx, &site)?;
                let product = find::product(tx, site.id, &slug)?;
                let opens = match kind {
                    ProductKind::Article => Vec::new(),
                    ProductKind::Bundle => tx.opened_by(product.id)?,
                    ProductKind::Membership => {
                        let newest = Page { before: None, limit: limits::PAGE_DEFAULT };
                        let mut all = tx.products(Some(site.id), newest)?;
                        all.retain(|other| kind.opens(other.terms.kind, false));
                        all
                    }
                };
                Ok::<_, Error>((tx.product_html(product.id)?, opens))
            })
            .await?;
        let carried = order.map_or_else(String::new, |order| {
            format!("?order={order}&token={}", self.web.app.order_token(order))
        });
        let link = |product: Product| Link {
            url: format!("/a/{}/{}{carried}", self.facts.site, product.slug).into(),
            label: product.title.into(),
        };
        Ok((text, opens.into_iter().map(link).collect()))
    }

    fn offers(&self) -> Vec<OfferPart> {
        let part = |offer: &OfferBody| OfferPart {
            url: format!("/a/{}/{}", self.facts.site, offer.product),
            title: offer.title.clone(),
            price: offer.price.to_string(),
        };
        self.facts.offers.iter().map(part).collect()
    }
}
