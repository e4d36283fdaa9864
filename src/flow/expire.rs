//! Windows that ended: orders expire, amounts that have rested come free, old message ids are forgotten.

use crate::app::App;
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::order::OrderStatus;
use crate::domain::time::Timestamp;
use crate::flow::Error;
use crate::flow::order::save;
use crate::limits;

/// What one run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Expired {
    /// Orders that expired.
    pub orders: usize,
    /// Amounts that came free.
    pub amounts: usize,
    /// Message ids that were forgotten.
    pub messages: usize,
}

/// Does all that is due at `now`, in units of work that leave room for readers.
///
/// # Errors
/// Of the storage; what was done before stays done.
pub async fn run(app: &App, now: Timestamp) -> Result<(), Error> {
    let full = usize::try_from(limits::WORKER_ROWS_MAX).unwrap_or(usize::MAX);
    loop {
        let done = run_once(app, now).await?;
        if done.orders.max(done.amounts).max(done.messages) < full {
            return Ok(());
        }
    }
}

/// Does what is due at `now`, at most [`limits::WORKER_ROWS_MAX`] rows of each kind.
///
/// # Errors
/// Of the storage.
pub async fn run_once(app: &App, now: Timestamp) -> Result<Expired, Error> {
    if !is_due(app, now).await? {
        return Ok(Expired::default());
    }
    let makers = app.makers.clone();
    let (expired, blocks) = app
        .store
        .write(move |tx| {
            let due = tx.orders_due(now, limits::WORKER_ROWS_MAX)?;
            let mut blocks = Vec::with_capacity(due.len());
            for mut order in due {
                order.status = OrderStatus::Expired;
                save(tx, &order)?;
                let subject = Subject::Order(order.id);
                let entry =
                    Entry { subject, act: Act::OrderExpired, actor: Actor::System, cause: String::new() };
                makers.log(tx, now, &entry)?;
                blocks.push(order.address);
            }
            let amounts = tx.release_due(None, now, limits::WORKER_ROWS_MAX)?;
            let messages = tx.forget_messages(now.minus(limits::MESSAGE_ID_TTL), limits::WORKER_ROWS_MAX)?;
            Ok::<_, Error>((Expired { orders: blocks.len(), amounts, messages }, blocks))
        })
        .await?;
    for block in blocks {
        app.pressure.abandoned(block, now);
    }
    Ok(expired)
}

/// Looks before it writes: an idle server must not wake the disk every second.
async fn is_due(app: &App, now: Timestamp) -> Result<bool, Error> {
    app.store.read(move |tx| Ok(tx.anything_due(now, now.minus(limits::MESSAGE_ID_TTL))?)).await
}
