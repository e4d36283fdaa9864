//! Whatever posts a text: Tasker, MacroDroid, Automate, Shortcuts. `POST /in/text/{token}`, JSON, a form, or bare text.
//!
//! The shape is what its owner typed, so several names are understood. Without a package no rule of ours reads the text
//! (an iPhone sees no notifications, only messages of a bank): the owner's own rules can.

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::post;

use super::forward::{Answer, Post, Said, first, instant};
use crate::domain::device::DeviceKind;
use crate::domain::time::Timestamp;
use crate::web::Web;
use crate::web::error::Problem;
use crate::web::extract::PathOf;

const KIND: DeviceKind = DeviceKind::Text;

/// The route.
pub(super) fn routes() -> Router<Web> {
    Router::new().route("/in/text/{token}", post(receive))
}

async fn receive(
    State(web): State<Web>,
    PathOf(token): PathOf<String>,
    request: Request,
) -> Result<Answer, Problem> {
    let post = Post::of(&web, KIND, &token, request).await?;
    let said = said(&post, web.app.now());
    post.take_in(&web, KIND, said).await
}

fn said(post: &Post, now: Timestamp) -> Said {
    let Some(fields) = post.fields() else {
        let text = String::from_utf8_lossy(&post.body).trim().to_owned();
        return Said { text, posted_at: Some(now), ..Said::default() };
    };
    let told = instant(&first(&fields, &["posted_at", "timestamp", "time", "when"]));
    Said {
        package: first(&fields, &["package", "from", "app"]),
        title: first(&fields, &["title"]),
        text: first(&fields, &["text", "content", "msg", "message", "body"]),
        // A recipe fires when the news comes. Without a time it is now: two payments of one amount would otherwise pass
        // for one.
        posted_at: Some(told.unwrap_or(now)),
        sent_at: None,
        garbled: false,
    }
}
