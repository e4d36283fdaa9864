//! The books: compared days, differences, and the accounts whose log is watched.

use axum::extract::State;
use serde::Deserialize;

use super::accounts::whole;
use super::{PageQuery, page_of};
use crate::domain::books::Book;
use crate::domain::id::AccountId;
use crate::flow::gateway::watch;
use crate::flow::{Error, Thing};
use crate::web::Web;
use crate::web::dto::{BookDayBody, DifferenceBody, PageBody, ProblemBody, WatchBody, WatchRequest};
use crate::web::error::Problem;
use crate::web::extract::{Json, Owner, PathOf, QueryOf};

/// Which days.
#[derive(Debug, Deserialize)]
pub struct DaysQuery {
    book: Option<Book>,
    account: Option<AccountId>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Compared days, newest first: of the bills of official accounts (`bill`), or of the logs of watched ones (`log`).
#[utoipa::path(get, path = "/api/v1/owner/books/days", tag = "owner",
    params(("book" = Option<String>, Query), ("account" = Option<String>, Query), ("cursor" = Option<String>, Query),
        ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The days", body = PageBody<BookDayBody>),
))]
pub async fn days(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<DaysQuery>,
) -> Result<axum::Json<PageBody<BookDayBody>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.page()?;
    let (book, account) = (query.book.unwrap_or(Book::Bill), query.account);
    let days = web.app.store.read(move |tx| tx.book_days(book, account, page)).await?;
    Ok(axum::Json(page_of(days, page, |day| day.id.raw(), BookDayBody::from)))
}

/// Which differences.
#[derive(Debug, Deserialize)]
pub struct DifferencesQuery {
    account: Option<AccountId>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Differences between our books and Alipay's, newest first.
#[utoipa::path(get, path = "/api/v1/owner/books/differences", tag = "owner",
    params(("account" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The differences", body = PageBody<DifferenceBody>),
))]
pub async fn differences(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<DifferencesQuery>,
) -> Result<axum::Json<PageBody<DifferenceBody>>, Problem> {
    let page = PageQuery { cursor: query.cursor, limit: query.limit }.page()?;
    let found = web.app.store.read(move |tx| tx.differences(query.account, page)).await?;
    Ok(axum::Json(page_of(found, page, |difference| difference.id.raw(), DifferenceBody::from)))
}

/// The personal accounts whose log is watched.
#[utoipa::path(get, path = "/api/v1/owner/watches", tag = "owner", security(("owner_key" = [])), responses(
    (status = 200, description = "The watches", body = PageBody<WatchBody>),
))]
pub async fn watches(State(web): State<Web>, _: Owner) -> Result<axum::Json<PageBody<WatchBody>>, Problem> {
    let watches = web.app.store.read(|tx| tx.watches()).await?;
    Ok(axum::Json(whole(watches, WatchBody::from)))
}

/// Lets the log of an official account of the same wallet announce what comes in on a personal account, or ends that.
#[utoipa::path(put, path = "/api/v1/owner/accounts/{id}/watch", tag = "owner", params(("id" = String, Path)),
    request_body = WatchRequest, security(("owner_key" = [])), responses(
    (status = 200, description = "The watch", body = WatchBody),
    (status = 404, description = "account_not_found", body = ProblemBody),
    (status = 409, description = "log_watched", body = ProblemBody),
    (status = 422, description = "invalid: no personal Alipay account", body = ProblemBody),
))]
pub async fn set_watch(
    State(web): State<Web>,
    owner: Owner,
    PathOf(account): PathOf<AccountId>,
    Json(request): Json<WatchRequest>,
) -> Result<axum::Json<WatchBody>, Problem> {
    let watch = watch::set(&web.app, account, request.merchant, owner.actor()).await?;
    let watch = watch.ok_or(Error::NotFound(Thing::Account))?;
    Ok(axum::Json(watch.into()))
}
