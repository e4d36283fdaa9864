//! Accounts and their codes.

use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::page_of;
use crate::domain::account::{Account, Remark};
use crate::domain::channel::Channel;
use crate::domain::id::{AccountId, CodeId};
use crate::domain::money::Fen;
use crate::flow::catalog::{self, CodeAdded, NewCode};
use crate::flow::gateway::merchant;
use crate::flow::{Error, Thing};
use crate::limits;
use crate::qr;
use crate::storage::verbs::Page;
use crate::web::Web;
use crate::web::dto::{
    AccountBody, AccountRequest, CheckBody, CodeBody, KeysBody, KeysRequest, PageBody, ProblemBody,
    WarningBody,
};
use crate::web::envelope::prefers_english;
use crate::web::error::{Problem, bad_multipart, broken_upload, conflict, invalid, refused_image};
use crate::web::extract::{Json, Owner, PathOf, created, no_content};
use crate::web::reader::orders::png_response;

/// Makes a receiving account.
#[utoipa::path(post, path = "/api/v1/owner/accounts", tag = "owner", request_body = AccountRequest,
    security(("owner_key" = [])), responses(
    (status = 201, description = "The account", body = AccountBody),
    (status = 422, description = "invalid, keys_do_not_fit", body = ProblemBody),
))]
pub async fn create(
    State(web): State<Web>,
    owner: Owner,
    Json(request): Json<AccountRequest>,
) -> Result<Response, Problem> {
    let name = catalog::name("name", &request.name)?;
    let AccountRequest { channel, distinguish, .. } = request;
    let body = match (channel, request.keys) {
        (Channel::AlipayOfficial, Some(keys)) => {
            let (account, shown) = merchant::add(&web.app, name, &keys.into(), owner.actor()).await?;
            AccountBody::new(account, Some(shown.into()))
        }
        (Channel::Wechat | Channel::Alipay, None) => {
            let account = catalog::add_account(&web.app, name, channel, distinguish, owner.actor()).await?;
            AccountBody::new(account, None)
        }
        (Channel::AlipayOfficial, None) => return Err(invalid("keys", "an official account has keys")),
        (Channel::Wechat | Channel::Alipay, Some(_)) => {
            return Err(invalid("keys", "a personal account has codes and no keys"));
        }
    };
    Ok(created(true, axum::Json(body)))
}

/// All receiving accounts.
#[utoipa::path(get, path = "/api/v1/owner/accounts", tag = "owner", security(("owner_key" = [])), responses(
    (status = 200, description = "The accounts", body = PageBody<AccountBody>),
))]
pub async fn list(State(web): State<Web>, _: Owner) -> Result<axum::Json<PageBody<AccountBody>>, Problem> {
    let accounts = web
        .app
        .store
        .read(|tx| {
            let with_merchant = |account: Account| Ok((tx.merchant(account.id)?, account));
            tx.accounts()?.into_iter().map(with_merchant).collect::<Result<Vec<_>, Error>>()
        })
        .await?;
    Ok(axum::Json(whole(accounts, |(keys, account)| {
        let shown = keys.and_then(|keys| merchant::shown(&web.app, &keys).ok());
        AccountBody::new(account, shown.map(KeysBody::from))
    })))
}

/// Gives an account new keys of its application. They are never shown again.
#[utoipa::path(put, path = "/api/v1/owner/accounts/{id}/keys", tag = "owner", params(("id" = String, Path)),
    request_body = KeysRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "What may be shown of them", body = KeysBody),
    (status = 404, description = "account_not_found", body = ProblemBody),
    (status = 409, description = "not_official, other_application", body = ProblemBody),
    (status = 422, description = "keys_do_not_fit", body = ProblemBody),
))]
pub async fn set_keys(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<AccountId>,
    Json(request): Json<KeysRequest>,
) -> Result<axum::Json<KeysBody>, Problem> {
    let shown = merchant::replace(&web.app, id, &request.into(), owner.actor()).await?;
    Ok(axum::Json(shown.into()))
}

/// Asks the gateway one harmless question and says whether keys, app id, seller, gateway and clocks fit together.
#[utoipa::path(post, path = "/api/v1/owner/accounts/{id}/check", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "What was found", body = CheckBody),
    (status = 404, description = "account_not_found", body = ProblemBody),
    (status = 409, description = "not_official, keys_lost", body = ProblemBody),
))]
pub async fn check(
    State(web): State<Web>,
    _: Owner,
    PathOf(id): PathOf<AccountId>,
    headers: HeaderMap,
) -> Result<axum::Json<CheckBody>, Problem> {
    let findings = merchant::check(&web.app, id).await?;
    Ok(axum::Json(CheckBody::new(findings, prefers_english(&headers))))
}

/// A list that is not paged, in the shape of one that is.
pub(super) fn whole<R, T>(rows: Vec<R>, into: impl Fn(R) -> T) -> PageBody<T> {
    page_of(rows, Page { before: None, limit: u32::MAX }, |_| 0, into)
}

/// Takes in the picture of a payment code. What is served later is drawn by us: nothing of the upload's bytes is kept.
#[utoipa::path(post, path = "/api/v1/owner/accounts/{id}/codes", tag = "owner", params(("id" = String, Path)),
    request_body(content_type = "multipart/form-data", description = "`file`, and perhaps `amount` and `remark`"),
    security(("owner_key" = [])), responses(
    (status = 201, description = "The code, with what is odd about it", body = CodeBody),
    (status = 409, description = "code_exists", body = ProblemBody),
    (status = 413, description = "body_too_large, image_too_large, image_dimensions", body = ProblemBody),
    (status = 415, description = "image_format", body = ProblemBody),
    (status = 422, description = "invalid, image_broken", body = ProblemBody),
))]
pub async fn add_code(
    State(web): State<Web>,
    owner: Owner,
    PathOf(account): PathOf<AccountId>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let upload = Upload::read(&web, request).await?;
    let channel = web
        .app
        .store
        .read(move |tx| Ok::<_, Error>(tx.account(account)?.ok_or(Error::NotFound(Thing::Account))?.channel))
        .await?;
    let file = upload.file;
    let _turn = web.uploads.acquire().await.map_err(|_| crate::web::error::internal())?;
    // Decoding a picture takes long enough to keep a worker of the runtime from its other requests.
    let intake = tokio::task::spawn_blocking(move || qr::intake(&file, channel));
    let intake = intake.await.map_err(|_| crate::web::error::internal())?.map_err(refused_image)?;
    let english = prefers_english(&headers);
    let new = NewCode {
        account,
        amount: upload.amount,
        remark: upload.remark,
        payload: intake.payload,
        verified: intake.verified,
        png: intake.png,
    };
    let mut warnings: Vec<WarningBody> = intake.warnings.iter().map(|w| warning(*w, english)).collect();
    match catalog::add_code(&web.app, new, owner.actor()).await? {
        CodeAdded::Yes { code, same_payload } => {
            warnings.extend(same_payload.iter().map(|other| {
                let (zh, en) = (
                    format!("与 {} 的内容相同: 其中一个金额可能填错了。", other.id),
                    format!("It says the same as {}: one of the two amounts is probably wrong.", other.id),
                );
                WarningBody { code: "same_payload".to_owned(), detail: if english { en } else { zh } }
            }));
            Ok(created(true, axum::Json(CodeBody::new(code, warnings))))
        }
        CodeAdded::Taken(other) => Err(conflict(
            "code_exists",
            &format!("该账户已有相同金额和备注的收款码 {}; 请先删除它。", other.id),
            &format!("The account has the code {} of that amount and remark; remove it first.", other.id),
        )
        .with("existing", other.id.to_string())),
    }
}

pub(crate) fn warning(warning: qr::Warning, english: bool) -> WarningBody {
    let detail = if english { warning.en() } else { warning.zh() };
    WarningBody { code: warning.code().to_owned(), detail: detail.to_owned() }
}

struct Upload {
    file: Vec<u8>,
    amount: Option<Fen>,
    remark: Remark,
}

impl Upload {
    async fn read(web: &Web, request: Request) -> Result<Upload, Problem> {
        // The whole body is bounded here, so the fields need no bound of their own.
        let (parts, body) = request.into_parts();
        let body = http_body_util::Limited::new(body, limits::UPLOAD_BODY_BYTES_MAX);
        let request = Request::from_parts(parts, axum::body::Body::new(body));
        let mut form = Multipart::from_request(request, web).await.map_err(|_| bad_multipart())?;
        let (mut file, mut amount, mut remark) = (None, None, Remark::none());
        let cut = |error| broken_upload(&error);
        while let Some(field) = form.next_field().await.map_err(cut)? {
            match field.name().unwrap_or("") {
                "file" => file = Some(field.bytes().await.map_err(cut)?.to_vec()),
                "amount" => {
                    let text = field.text().await.map_err(cut)?;
                    if !text.trim().is_empty() {
                        let fen = Fen::parse(text.trim()).map_err(|e| invalid("amount", &e.to_string()))?;
                        amount = Some(fen);
                    }
                }
                "remark" => {
                    let text = field.text().await.map_err(cut)?;
                    remark = text.parse().map_err(|e: crate::domain::account::RemarkError| {
                        invalid("remark", &e.to_string())
                    })?;
                }
                _ => {}
            }
        }
        Ok(Upload { file: file.ok_or_else(bad_multipart)?, amount, remark })
    }
}

/// The codes of an account that are in use.
#[utoipa::path(get, path = "/api/v1/owner/accounts/{id}/codes", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The codes", body = PageBody<CodeBody>),
    (status = 404, description = "account_not_found", body = ProblemBody),
))]
pub async fn codes(
    State(web): State<Web>,
    _: Owner,
    PathOf(account): PathOf<AccountId>,
) -> Result<axum::Json<PageBody<CodeBody>>, Problem> {
    let codes = web
        .app
        .store
        .read(move |tx| {
            tx.account(account)?.ok_or(Error::NotFound(Thing::Account))?;
            Ok::<_, Error>(tx.codes(account)?)
        })
        .await?;
    Ok(axum::Json(whole(codes, |code| CodeBody::new(code, Vec::new()))))
}

/// Takes a code out of use; orders that show it keep it.
#[utoipa::path(delete, path = "/api/v1/owner/codes/{id}", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 204, description = "It is out of use"),
    (status = 404, description = "code_not_found", body = ProblemBody),
))]
pub async fn remove_code(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<CodeId>,
) -> Result<Response, Problem> {
    catalog::remove_code(&web.app, id, owner.actor()).await?;
    Ok(no_content())
}

/// The picture of a code, as readers see it.
#[utoipa::path(get, path = "/api/v1/owner/codes/{id}/image.png", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "A PNG", content_type = "image/png"),
    (status = 404, description = "code_not_found", body = ProblemBody),
))]
pub async fn code_image(
    State(web): State<Web>,
    _: Owner,
    PathOf(id): PathOf<CodeId>,
) -> Result<Response, Problem> {
    let png = web.app.store.read(move |tx| tx.code_png(id)).await?;
    png.map(png_response).ok_or_else(|| Error::NotFound(Thing::Code).into())
}
