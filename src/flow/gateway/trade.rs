//! The trades of an order at the gateway: made when the order is durable, asked about while it may still be paid, closed
//! when its window is over.

use std::sync::Arc;

use super::cashier::{Bill, Cashier, Trouble, Ways};
use super::hear::{self, Heard, Said, Source};
use crate::app::App;
use crate::domain::gateway::{Trade, TradeState, Way, pause};
use crate::domain::id::{AccountId, OrderId};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::site::Site;
use crate::domain::time::Timestamp;
use crate::flow::order::{View, view};
use crate::flow::{Conflict, Error, Thing};
use crate::limits;
use crate::storage::verbs::{Inserted, WriteTx};

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

/// The cashier of an account for what is asked again and again; keys that are lost are trouble as any other, so that the next
/// question comes later.
pub(crate) async fn open(app: &App, account: AccountId) -> Result<Result<Arc<dyn Cashier>, Trouble>, Error> {
    match cashier(app, account).await {
        Ok(cashier) => Ok(Ok(cashier)),
        Err(Error::Conflict(lost)) => Ok(Err(Trouble::Unknown { why: lost.to_string() })),
        Err(error) => Err(error),
    }
}

/// What is asked for a trade.
pub(crate) fn bill(trade: &Trade, title: &str) -> Bill {
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
            let with_code = move |tx: &mut dyn WriteTx| {
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
/// [`Conflict::OrderNotPending`], [`Error::NotFound`], [`Conflict::KeysLost`]; [`Error::Invalid`] for a way without a page.
pub async fn link(
    app: &App,
    order: OrderId,
    way: Way,
    ways: &Ways,
) -> Result<Result<String, Trouble>, Error> {
    // A code is scanned and a charge is made by the worker: no page belongs to either, and no trade is made for one.
    if !matches!(way, Way::Wap | Way::Page) {
        return Err(Error::Invalid { field: "way", why: "wap or page".to_owned() });
    }
    let (now, chance) = (app.now(), u32::from_be_bytes(app.rng.bytes()));
    let (found, trade) = app
        .store
        .write(move |tx| {
            let found = view(tx, order)?;
            if found.order.status_at(now) != OrderStatus::Pending {
                return Err(Error::Conflict(Conflict::OrderNotPending));
            }
            if tx.trades_of(order)?.is_empty() {
                return Err(Error::NotFound(Thing::Trade));
            }
            let trade = of_way(tx, &found.order, &found.site, way, chance, now)?;
            Ok((found, trade))
        })
        .await?;
    let bill = bill(&trade, &found.product.title);
    Ok(cashier(app, trade.account).await?.link(way, &bill, ways, now))
}

/// The trade by which an order is paid that way; a new one where nobody went that way before.
pub(crate) fn of_way(
    tx: &mut dyn WriteTx,
    order: &Order,
    site: &Site,
    way: Way,
    chance: u32,
    now: Timestamp,
) -> Result<Trade, Error> {
    if let Some(known) = tx.trades_of(order.id)?.into_iter().find(|trade| trade.way == way) {
        return Ok(known);
    }
    let trade = Trade::new(order, way, ends_at(order, site), chance, now);
    match tx.insert_trade(&trade)? {
        Inserted::Yes => Ok(trade),
        Inserted::Conflict => Err(Error::Conflict(Conflict::Raced)),
    }
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
    let cashier = match open(app, trade.account).await? {
        Ok(cashier) => cashier,
        Err(trouble) => {
            tracing::error!(order = %order.id, %trouble, "a trade cannot be asked about");
            return put_off(app, trade.number).await;
        }
    };
    match answer(app, &*cashier, &trade, &order).await {
        Ok(said) => record(app, trade, said, &order).await,
        Err(trouble) => {
            tracing::warn!(order = %order.id, %trouble, "the gateway gave no answer about a trade; it is asked again");
            record(app, trade, Said::Waiting, &order).await
        }
    }
}

/// What the gateway says of a trade; one whose window is over is closed there.
async fn answer(app: &App, cashier: &dyn Cashier, trade: &Trade, order: &Order) -> Result<Said, Trouble> {
    let said = cashier.ask(&trade.number, app.now()).await?;
    let is_over = order.status_at(app.now()) != OrderStatus::Pending;
    if !matches!(said, Said::Waiting | Said::Absent) || !is_over || trade.state != TradeState::Open {
        return Ok(said);
    }
    cashier.close(&trade.number, app.now()).await
}

/// Nobody was asked: the question comes later, and does not count.
async fn put_off(app: &App, number: String) -> Result<Heard, Error> {
    let now = app.now();
    app.store
        .write(move |tx| {
            let trade = tx.trade(&number)?.ok_or(Error::NotFound(Thing::Trade))?;
            if trade.ask_at.is_some_and(|at| at <= now) {
                tx.update_trade(&Trade { ask_at: Some(now.plus(pause(16))), ..trade })?;
            }
            Ok::<_, Error>(Heard::Known)
        })
        .await
}

async fn record(app: &App, trade: Trade, said: Said, order: &Order) -> Result<Heard, Error> {
    let (now, makers, ends_at) = (app.now(), app.makers.clone(), order.expires_at);
    app.store
        .write(move |tx| {
            // What it is now, not what it was when it was asked: a notification may have come meanwhile.
            let trade = tx.trade(&trade.number)?.ok_or(Error::NotFound(Thing::Order))?;
            // The gateway knows no such trade, and by its own clock too takes no payment for one any more. One that it knows
            // and would not close may still be paid.
            let never = said == Said::Absent
                && trade.state != TradeState::Paid
                && now >= trade.ends_at.plus(limits::ALIPAY_CLOCK_SLACK);
            let said = if never { Said::Closed { returned: None } } else { said.clone() };
            if matches!(said, Said::Waiting | Said::Absent) {
                // One that is closed here is asked about only where somebody says that it was paid.
                let is_open = trade.state == TradeState::Open;
                if is_open || (trade.state == TradeState::Closed && trade.ask_at.is_some()) {
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
