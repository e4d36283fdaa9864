//! The trades of an order at the gateway: made when the order is durable, asked about while it may still be paid, closed
//! when its window is over.

use std::sync::Arc;

use super::cashier::{Bill, Cashier, Trouble, Ways};
use super::hear::{self, Heard, Said, Source};
use crate::app::App;
use crate::domain::gateway::{Trade, TradeState, Way};
use crate::domain::id::{AccountId, OrderId};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::site::Site;
use crate::domain::time::Timestamp;
use crate::flow::order::{View, view};
use crate::flow::{Conflict, Error, Thing};
use crate::limits;
use crate::storage::verbs::Inserted;

/// What became of the wish to have a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Begun {
    /// The order with its code.
    Yes(Box<View>),
    /// The gateway gave none.
    No(Trouble),
}

/// The cashier of an account.
pub(crate) async fn cashier(app: &App, account: AccountId) -> Result<Arc<dyn Cashier>, Error> {
    let merchant = app.store.read(move |tx| tx.merchant(account)).await.map_err(Error::Storage)?;
    let merchant = merchant.ok_or(Error::NotFound(Thing::Account))?;
    app.cashiers.of(&merchant, app.secrets()).ok_or(Error::Conflict(Conflict::KeysLost))
}

/// What is asked for a trade.
fn bill(trade: &Trade, title: &str) -> Bill {
    let Trade { number, amount, ends_at, .. } = trade;
    Bill { number: number.clone(), amount: *amount, subject: title.to_owned(), ends_at: *ends_at }
}

/// From when on an order's trades cannot be paid any more. The longest a reader can extend the window is known from the
/// start, and the gateway counts in minutes.
pub(crate) fn ends_at(order: &Order, site: &Site) -> Timestamp {
    let windows = i64::from(limits::EXTENSIONS_MAX) + 1;
    order.created_at.plus(site.policy.pay_window.times(windows)).plus(limits::GATEWAY_MINUTE)
}

/// Asks the gateway for the code of an order that has none yet. The order is durable before: what the gateway does can
/// always be found again by its number.
///
/// # Errors
/// [`Error::NotFound`], [`Conflict::KeysLost`], or of the storage.
pub async fn begin(app: &App, order: OrderId) -> Result<Begun, Error> {
    let (found, trade) = app
        .store
        .read(move |tx| {
            let view = view(tx, order)?;
            let trade = tx.trades_of(order)?.into_iter().find(|t| t.way == Way::Code);
            Ok::<_, Error>((view, trade.ok_or(Error::NotFound(Thing::Order))?))
        })
        .await?;
    if trade.qr_code.is_some() || found.order.status_at(app.now()) != OrderStatus::Pending {
        return Ok(Begun::Yes(Box::new(found)));
    }
    let bill = bill(&trade, &found.product.title);
    let cashier = cashier(app, trade.account).await?;
    match cashier.make_code(&bill, app.now()).await {
        Ok(says) => {
            let with_code = move |tx: &mut dyn crate::storage::verbs::WriteTx| {
                let trade = tx.trade(&trade.number)?.ok_or(Error::NotFound(Thing::Order))?;
                tx.update_trade(&Trade { qr_code: Some(says.clone()), ..trade })?;
                view(tx, order)
            };
            Ok(Begun::Yes(Box::new(app.store.write(with_code).await?)))
        }
        Err(trouble) => Ok(Begun::No(trouble)),
    }
}

/// The address of the gateway's own page for an order that is still open; a trade of its own goes with it.
///
/// # Errors
/// [`Conflict::OrderNotPending`], [`Error::NotFound`], [`Conflict::KeysLost`]; [`Error::Invalid`] for [`Way::Code`].
pub async fn link(
    app: &App,
    order: OrderId,
    way: Way,
    ways: &Ways,
) -> Result<Result<String, Trouble>, Error> {
    if way == Way::Code {
        return Err(Error::Invalid { field: "way", why: "a code is scanned, not opened".to_owned() });
    }
    let (now, chance) = (app.now(), u32::from_be_bytes(app.rng.bytes()));
    let (found, trade) = app
        .store
        .write(move |tx| {
            let found = view(tx, order)?;
            if found.order.status_at(now) != OrderStatus::Pending {
                return Err(Error::Conflict(Conflict::OrderNotPending));
            }
            let trades = tx.trades_of(order)?;
            if trades.is_empty() {
                return Err(Error::NotFound(Thing::Trade));
            }
            if let Some(known) = trades.iter().find(|t| t.way == way) {
                return Ok((found, known.clone()));
            }
            let trade = Trade::new(&found.order, way, ends_at(&found.order, &found.site), chance, now);
            match tx.insert_trade(&trade)? {
                Inserted::Yes => Ok((found, trade)),
                Inserted::Conflict => Err(Error::Conflict(Conflict::Raced)),
            }
        })
        .await?;
    let bill = bill(&trade, &found.product.title);
    Ok(cashier(app, trade.account).await?.link(way, &bill, ways, now))
}

/// Asks about one trade and does what follows. A window that is over is closed at the gateway, so that a code left on a
/// screen cannot be paid; who was faster than that has paid late.
///
/// # Errors
/// Of the storage; trouble with the gateway is none: it is asked again.
pub async fn ask(app: &App, number: String) -> Result<Heard, Error> {
    let (trade, order) = app
        .store
        .read(move |tx| {
            let trade = tx.trade(&number)?.ok_or(Error::NotFound(Thing::Order))?;
            let order = tx.order(trade.order)?.ok_or(Error::NotFound(Thing::Order))?;
            Ok::<_, Error>((trade, order))
        })
        .await?;
    let cashier = cashier(app, trade.account).await?;
    let mut answer = cashier.ask(&trade.number, app.now()).await;
    let is_over = order.status_at(app.now()) != OrderStatus::Pending;
    if answer == Ok(Said::Waiting) && is_over && trade.state == TradeState::Open {
        answer = cashier.close(&trade.number, app.now()).await;
        // The gateway knows no such trade, and takes no payment for one any more.
        if answer == Ok(Said::Waiting) && app.now() >= trade.ends_at {
            answer = Ok(Said::Closed { returned: None });
        }
    }
    match answer {
        Ok(said) => record(app, trade, said, &order).await,
        Err(trouble) => {
            tracing::warn!(order = %order.id, %trouble, "the gateway gave no answer about a trade; it is asked again");
            record(app, trade, Said::Waiting, &order).await
        }
    }
}

async fn record(app: &App, trade: Trade, said: Said, order: &Order) -> Result<Heard, Error> {
    let (now, makers, ends_at) = (app.now(), app.makers.clone(), order.expires_at);
    app.store
        .write(move |tx| {
            // What it is now, not what it was when it was asked: a notification may have come meanwhile.
            let trade = tx.trade(&trade.number)?.ok_or(Error::NotFound(Thing::Order))?;
            if said == Said::Waiting {
                if trade.state == TradeState::Open {
                    let gives_up = trade.asked >= limits::GATEWAY_QUESTIONS_MAX;
                    let later = trade.asked_again(ends_at, now);
                    tx.update_trade(&Trade { ask_at: later.ask_at.filter(|_| !gives_up), ..later })?;
                }
                return Ok(Heard::Known);
            }
            hear::hear(tx, &makers, &trade, &said, Source::Answer, now)
        })
        .await
}

/// Asks about the trades that are due, at most [`limits::GATEWAY_QUESTIONS_PER_RUN`].
///
/// # Errors
/// Of the storage, for the list; what goes wrong with one trade does not keep the others waiting.
pub async fn run_once(app: &App, now: Timestamp) -> Result<usize, Error> {
    let due = app.store.read(move |tx| tx.trades_due(now, limits::GATEWAY_QUESTIONS_PER_RUN)).await;
    let due = due.map_err(Error::Storage)?;
    let questions = due.iter().map(|trade| ask(app, trade.number.clone()));
    let mut done = 0;
    for answer in futures_util::future::join_all(questions).await {
        match answer {
            Ok(_) => done += 1,
            Err(error) => tracing::error!(%error, "a trade could not be asked about"),
        }
    }
    Ok(done)
}
