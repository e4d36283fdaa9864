//! Orders that are paid through the official gateway (M5): a trade for each order, settled by a verified notification or
//! by an answer to a question of ours, in any order and as often as either comes.

pub mod cashier;
pub mod hear;
pub mod merchant;
pub mod notice;
pub mod reconcile;
pub mod refund;
pub mod subscription;
pub mod trade;
pub mod transfer;
pub mod watch;

use crate::app::App;
use crate::domain::channel::Channel;
use crate::flow::checkout::{self, Outcome, Wish};
use crate::flow::{Error, order};

/// Orders, and asks the gateway for a code where the order is paid there. An order for which the gateway gave none is given
/// up at once, so that its reader can choose another way; what the gateway may have made of it is closed by the worker.
///
/// # Errors
/// As [`checkout::create`], and of the gateway's keys.
pub async fn order(app: &App, wish: Wish) -> Result<Outcome, Error> {
    let outcome = checkout::create(app, wish).await?;
    let (Outcome::Created(view) | Outcome::Existing(view)) = &outcome else { return Ok(outcome) };
    if view.order.channel != Channel::AlipayOfficial || view.payload.is_some() {
        return Ok(outcome);
    }
    let is_new = matches!(outcome, Outcome::Created(_));
    match trade::begin(app, view.order.id).await? {
        trade::Begun::Yes(with_code) if is_new => Ok(Outcome::Created(with_code)),
        trade::Begun::Yes(with_code) => Ok(Outcome::Existing(with_code)),
        trade::Begun::No(trouble) => {
            tracing::warn!(order = %view.order.id, %trouble, "the gateway gave no code");
            order::cancel(app, view.order.id).await?;
            Ok(Outcome::Gateway(trouble))
        }
    }
}
