//! SmsForwarder's webhook: `POST /in/smsforwarder/{token}`.
//!
//! Its own signature covers a time and its secret, not the content, so it proves nothing that the token does not, and is
//! not asked for. The template that [`super::connection`] hands out sends the notification's words unchanged and its time
//! with a zone; the app's default form works too, where its content is the bare text.

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::post;

use super::forward::{Answer, Post, Said, first, instant};
use crate::domain::device::DeviceKind;
use crate::web::Web;
use crate::web::error::Problem;
use crate::web::extract::PathOf;

const KIND: DeviceKind = DeviceKind::Smsforwarder;

/// The route. It can also put and patch; a GET could not carry the words unharmed.
pub(super) fn routes() -> Router<Web> {
    Router::new().route("/in/smsforwarder/{token}", post(receive).put(receive).patch(receive))
}

async fn receive(
    State(web): State<Web>,
    PathOf(token): PathOf<String>,
    request: Request,
) -> Result<Answer, Problem> {
    let post = Post::of(&web, KIND, &token, request).await?;
    let said = said(&post);
    post.take_in(&web, KIND, said).await
}

fn said(post: &Post) -> Said {
    let Some(fields) = post.fields() else {
        return Said { garbled: true, ..Said::default() };
    };
    let sent_at = instant(&first(&fields, &["timestamp"]));
    Said {
        // For a notification this is the app's package, for a text message the number it came from.
        package: first(&fields, &["from"]),
        title: first(&fields, &["title", "card_slot"]),
        text: first(&fields, &["text", "org_content", "content", "msg"]),
        // It keeps nothing: what it sends, it sends at once or a few seconds later.
        posted_at: instant(&first(&fields, &["receive_time"])).or(sent_at),
        sent_at,
        garbled: false,
    }
}
