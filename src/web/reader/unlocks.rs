//! The right to read: brought back by its recovery code, and the seats it is used in.

use axum::extract::State;
use axum::http::{HeaderMap, header};

use crate::domain::unlock::RecoveryCode;
use crate::flow::rights::{self, Holder, Restored};
use crate::limits;
use crate::secrets::Personal;
use crate::web::Web;
use crate::web::dto::{
    ProblemBody, RestoreBody, RestoreRequest, SeatBody, SeatsBody, SignOutRequest, seat_names,
};
use crate::web::error::{Problem, mistyped, too_many_seats, too_many_tries};
use crate::web::extract::{Asker, Json};

/// Who holds a code, from the request that brings it. A caller that sends no capability of its own, such as a page
/// without script, is known by its address and name, so that it takes one seat and not one for each visit.
///
/// # Errors
/// `invalid` for a text that is no recovery code.
pub(crate) fn holder(web: &Web, code: &str, asker: Asker, headers: &HeaderMap) -> Result<Holder, Problem> {
    let code: RecoveryCode = code.parse().map_err(|_| {
        mistyped(
            "code",
            "恢复码为 25 位字母和数字, 请检查是否输错。",
            "A recovery code is 25 letters and digits: one was mistyped or is missing.",
        )
    })?;
    let agent = headers.get(header::USER_AGENT).and_then(|h| h.to_str().ok()).unwrap_or("");
    let label = label(agent);
    let told = || web.app.secrets().pseudonym(Personal::Reader(&format!("{} {label}", asker.address)));
    Ok(Holder { code, address: asker.address, reader: asker.reader.or_else(|| Some(told())), label })
}

/// What a person knows his browser by: the machine and the app, never more of what the browser says of itself.
fn label(agent: &str) -> String {
    let first = |known: &[(&str, &'static str)], other| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map_or(other, |(_, name)| *name)
    };
    let machines = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("HarmonyOS", "HarmonyOS"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let apps = [
        ("MicroMessenger", "WeChat"),
        ("AlipayClient", "Alipay"),
        ("QQ/", "QQ"),
        ("Edg", "Edge"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ];
    let label = format!("{} · {}", first(&machines, "?"), first(&apps, "?"));
    label.chars().take(limits::SEAT_LABEL_CHARS_MAX).collect()
}

/// A fresh unlock token for a recovery code. 120 random bits cannot be guessed; a mistyped code is told apart from an
/// unknown one by its check character. A browser that is new takes a seat; where all are taken, the seats are listed and
/// the same request with `sign_out` makes room.
#[utoipa::path(post, path = "/api/v1/unlocks/restore", tag = "reader", request_body = RestoreRequest, responses(
    (status = 200, description = "A fresh token", body = RestoreBody),
    (status = 404, description = "unlock_not_found", body = ProblemBody),
    (status = 409, description = "too_many_seats, with `seats` and `limit`", body = ProblemBody),
    (status = 422, description = "invalid: mistyped", body = ProblemBody),
    (status = 429, description = "too_many_tries", body = ProblemBody),
))]
pub async fn restore(
    State(web): State<Web>,
    asker: Asker,
    headers: HeaderMap,
    Json(request): Json<RestoreRequest>,
) -> Result<axum::Json<RestoreBody>, Problem> {
    let holder = holder(&web, &request.code, asker, &headers)?;
    match rights::restore(&web.app, holder, seat_names(&request.sign_out)).await? {
        Restored::Yes { token, site, product, until } => Ok(axum::Json(RestoreBody {
            token,
            site: site.slug.into(),
            product: product.slug.into(),
            expires_at: until,
        })),
        Restored::TooMany(seats) => {
            let limit = seats.limit;
            let seats: Vec<SeatBody> = seats.seats.into_iter().map(SeatBody::from).collect();
            // A list of ids, texts and times always serialises.
            Err(too_many_seats(limit).with("seats", serde_json::to_value(seats).unwrap_or_default()))
        }
        Restored::TooManyTries { wait } => Err(too_many_tries(wait)),
    }
}

/// The browsers in which the right of a recovery code is used.
#[utoipa::path(post, path = "/api/v1/unlocks/seats", tag = "reader", request_body = SignOutRequest, responses(
    (status = 200, description = "The seats", body = SeatsBody),
    (status = 404, description = "unlock_not_found", body = ProblemBody),
    (status = 429, description = "too_many_tries", body = ProblemBody),
))]
pub async fn seats(
    State(web): State<Web>,
    asker: Asker,
    headers: HeaderMap,
    Json(request): Json<SignOutRequest>,
) -> Result<axum::Json<SeatsBody>, Problem> {
    signed_out(&web, holder(&web, &request.code, asker, &headers)?, &[]).await
}

/// Signs browsers out. What they have stored of sealed texts they keep; they get nothing new.
#[utoipa::path(post, path = "/api/v1/unlocks/sign-out", tag = "reader", request_body = SignOutRequest, responses(
    (status = 200, description = "The seats that are left", body = SeatsBody),
    (status = 404, description = "unlock_not_found", body = ProblemBody),
    (status = 429, description = "too_many_tries", body = ProblemBody),
))]
pub async fn sign_out(
    State(web): State<Web>,
    asker: Asker,
    headers: HeaderMap,
    Json(request): Json<SignOutRequest>,
) -> Result<axum::Json<SeatsBody>, Problem> {
    signed_out(&web, holder(&web, &request.code, asker, &headers)?, &request.seats).await
}

async fn signed_out(web: &Web, holder: Holder, names: &[String]) -> Result<axum::Json<SeatsBody>, Problem> {
    match rights::seats(&web.app, holder, seat_names(names)).await? {
        Ok(seats) => Ok(axum::Json(seats.into())),
        Err(wait) => Err(too_many_tries(wait)),
    }
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn a_seat_is_called_by_its_machine_and_app() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.49",
                "iPhone · WeChat",
            ),
            ("Mozilla/5.0 (Linux; Android 14) AlipayClient/10.5.88 Chrome/126.0", "Android · Alipay"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0",
                "Windows · Edge",
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15", "Mac · Safari"),
            ("<script>", "? · ?"),
            ("", "? · ?"),
        ] {
            assert_eq!(label(agent), name, "{agent}");
        }
    }
}
