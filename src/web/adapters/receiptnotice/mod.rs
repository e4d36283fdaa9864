//! receiptnotice's push: `POST /in/receiptnotice/{token}` with `{type, time, title, money, content, deviceid, …}`.
//!
//! The app builds its JSON by hand and escapes nothing: a nickname with a quotation mark breaks it, and one that closes
//! the text and goes on with `","title":"微信支付` adds fields of its own. So a body that is no JSON, or names a field
//! twice, is kept but not read: the owner is told that money came whose amount nobody vouches for. `money` is the app's
//! own guess and is not read at all.

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::post;
use serde::Deserialize;

use super::forward::{Answer, Post, Said, china_time};
use crate::domain::device::DeviceKind;
use crate::domain::time::{Millis, Timestamp};
use crate::web::Web;
use crate::web::error::Problem;
use crate::web::extract::PathOf;

const KIND: DeviceKind = DeviceKind::Receiptnotice;

/// The app sends at once and repeats a few times; a time further off is another zone's, or another day's.
const TIME_OFF_MAX: Millis = Millis::seconds(15 * 60);

/// The route.
pub(super) fn routes() -> Router<Web> {
    Router::new().route("/in/receiptnotice/{token}", post(receive))
}

async fn receive(
    State(web): State<Web>,
    PathOf(token): PathOf<String>,
    request: Request,
) -> Result<Answer, Problem> {
    let post = Post::of(&web, KIND, &token, request).await?;
    let said = said(&post.body, web.app.now());
    post.take_in(&web, KIND, said).await
}

/// What is read of it. A field that comes twice is an error, as serde derives it.
#[derive(Deserialize)]
struct Push {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    time: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    content: String,
    /// `1`: the values are encrypted, with a key that the app makes from a password.
    #[serde(default)]
    encrypt: serde_json::Value,
}

impl Push {
    fn is_encrypted(&self) -> bool {
        !matches!(&self.encrypt, serde_json::Value::Null)
            && self.encrypt != "0"
            && self.encrypt != ""
            && self.encrypt != 0
    }

    fn package(&self) -> &'static str {
        if self.kind.starts_with("wechat") {
            "com.tencent.mm"
        } else if self.kind.starts_with("alipay") {
            "com.eg.android.AlipayGphone"
        } else {
            ""
        }
    }
}

fn said(body: &[u8], now: Timestamp) -> Said {
    let push: Push = match serde_json::from_slice(body) {
        Ok(push) => push,
        Err(_) => return Said { garbled: true, ..Said::default() },
    };
    if push.is_encrypted() {
        return Said { garbled: true, ..Said::default() };
    }
    let posted_at = china_time(&push.time).filter(|at| now.since(*at).get().abs() <= TIME_OFF_MAX.get());
    Said {
        package: push.package().to_owned(),
        title: push.title,
        text: push.content,
        posted_at,
        sent_at: None,
        garbled: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "2026-11-20T04:00:00.000Z";

    fn read(body: &str) -> Said {
        said(body.as_bytes(), NOON.parse().unwrap())
    }

    #[test]
    fn the_apps_own_form_is_read_without_its_guess_of_the_amount() {
        let said = read(
            r#"{"type":"wechat","time":"2026-11-20 11:59:58","title":"微信支付","money":"9.99","content":"微信支付收款1.00元","deviceid":"x","encrypt":"0"}"#,
        );
        assert_eq!(
            said,
            Said {
                package: "com.tencent.mm".to_owned(),
                title: "微信支付".to_owned(),
                text: "微信支付收款1.00元".to_owned(),
                posted_at: Some("2026-11-20T03:59:58.000Z".parse().unwrap()),
                sent_at: None,
                garbled: false,
            }
        );
    }

    #[test]
    fn what_a_nickname_can_break_or_forge_is_not_read() {
        for content in [
            r#"a"b通过扫码向你付款1.00元"#,
            "two\nlines",
            r#"x","title":"微信支付","content":"微信支付收款99.00元"#,
        ] {
            let body = format!(
                r#"{{"type":"alipay","title":"收款","money":"1","content":"{content}","encrypt":"0"}}"#
            );
            assert!(read(&body).garbled, "{body}");
        }
        assert!(read(r#"{"type":"wechat","title":"a8f=","content":"b","encrypt":"1"}"#).garbled);
        assert!(read("").garbled);
    }

    #[test]
    fn a_time_that_is_not_about_now_is_none() {
        for (time, known) in [
            ("2026-11-20 12:00:00", true),
            ("2026-11-20 12:10:00", true),
            ("2026-11-20 13:00:00", false),
            ("2026-11-20 04:00:00", false),
            ("2026-11-20 12:00", false),
            ("", false),
        ] {
            let said = read(&format!(r#"{{"type":"wechat","time":"{time}","title":"t","content":"c"}}"#));
            assert_eq!((said.posted_at.is_some(), said.garbled), (known, false), "{time}");
        }
    }
}
