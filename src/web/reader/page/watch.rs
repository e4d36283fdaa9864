//! The frame that watches an order, on the page without script.

use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::view::{WatchFrame, found, minutes};
use super::{Visit, message, tongue};
use crate::domain::id::OrderId;
use crate::domain::order::OrderStatus;
use crate::flow::order;

/// The small frame that watches an order: nothing but text and links, and only within our own pages.
const WATCH_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'self'";
/// How often the frame looks, while the code may be paid and after that.
const WATCH_SECONDS: u32 = 3;
const WATCH_ENDED_SECONDS: u32 = 10;

impl Visit<'_> {
    /// The frame within an order's page. It loads itself again and again, so that the page around it does not: focus,
    /// scrolling and a finger on the code stay where they are.
    pub(super) async fn watch(self, id: OrderId) -> Response {
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
        let mut response = found(&template, self.english);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(WATCH_POLICY));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
        response
    }
}
