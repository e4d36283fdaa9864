//! Memberships that renew themselves: what is signed, when it is charged, what was refused.

use axum::extract::State;

use super::{PageQuery, page_of};
use crate::domain::id::AgreementId;
use crate::domain::subscription::Ending;
use crate::flow::gateway::subscription;
use crate::web::Web;
use crate::web::dto::{OwnerSubscriptionBody, PageBody, ProblemBody};
use crate::web::error::Problem;
use crate::web::extract::{Owner, PathOf, QueryOf};

/// Subscriptions with their schedules, newest first.
#[utoipa::path(get, path = "/api/v1/owner/subscriptions", tag = "owner",
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The subscriptions", body = PageBody<OwnerSubscriptionBody>),
))]
pub async fn list(
    State(web): State<Web>,
    _: Owner,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<axum::Json<PageBody<OwnerSubscriptionBody>>, Problem> {
    let page = query.page()?;
    let views = subscription::list(&web.app, page).await?;
    Ok(axum::Json(page_of(views, page, |view| view.agreement.id.raw(), OwnerSubscriptionBody::from)))
}

/// One subscription with its schedule and charges.
#[utoipa::path(get, path = "/api/v1/owner/subscriptions/{id}", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The subscription", body = OwnerSubscriptionBody),
    (status = 404, description = "subscription_not_found", body = ProblemBody),
))]
pub async fn get(
    State(web): State<Web>,
    _: Owner,
    PathOf(id): PathOf<AgreementId>,
) -> Result<axum::Json<OwnerSubscriptionBody>, Problem> {
    Ok(axum::Json(subscription::get(&web.app, id).await?.into()))
}

/// Asks Alipay at once what became of charges whose end is not known, and how the agreement stands: the way out of an item
/// `charge_doubtful`. Where Alipay does not tell, settling the charge's order by hand ends its period.
#[utoipa::path(post, path = "/api/v1/owner/subscriptions/{id}/ask", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The subscription", body = OwnerSubscriptionBody),
    (status = 404, description = "subscription_not_found", body = ProblemBody),
    (status = 409, description = "keys_lost", body = ProblemBody),
))]
pub async fn ask(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<AgreementId>,
) -> Result<axum::Json<OwnerSubscriptionBody>, Problem> {
    Ok(axum::Json(subscription::ask(&web.app, id, owner.actor()).await?.into()))
}

/// Ends a subscription: nothing is charged any more, and the time that was paid for goes on. Asked again, nothing changes.
#[utoipa::path(post, path = "/api/v1/owner/subscriptions/{id}/unsign", tag = "owner", params(("id" = String, Path)),
    security(("owner_key" = [])), responses(
    (status = 200, description = "The subscription", body = OwnerSubscriptionBody),
    (status = 404, description = "subscription_not_found", body = ProblemBody),
))]
pub async fn unsign(
    State(web): State<Web>,
    owner: Owner,
    PathOf(id): PathOf<AgreementId>,
) -> Result<axum::Json<OwnerSubscriptionBody>, Problem> {
    Ok(axum::Json(subscription::unsign(&web.app, id, Ending::Owner, owner.actor()).await?.into()))
}
