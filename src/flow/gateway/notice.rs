//! A notification of the gateway: verified, stored, and acted on in one unit of work; answered only after its commit.

use super::cashier::{News, Notice, Return, Unbelieved};
use super::hear::{self, Heard, Source};
use super::subscription::{heard, look};
use super::trade;
use crate::app::App;
use crate::domain::gateway::TradeState;
use crate::domain::id::{AccountId, MessageId, OrderId};
use crate::flow::{Conflict, Error};
use crate::limits;
use crate::secrets::sha256;
use crate::storage::verbs::{GatewayMessage, Inserted};

/// What became of a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It is stored and done with: the gateway need not repeat it.
    Yes,
    /// Nothing was stored: it is not for us, or not true.
    No(NotTaken),
}

/// Why nothing was stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotTaken {
    /// No account of ours has that application.
    UnknownApp,
    /// [`Unbelieved`].
    Unbelieved(Unbelieved),
    /// It is about a trade that is none of ours, or of another account.
    UnknownTrade,
}

/// Takes in a notification's body. `app_id` is what it says of itself: only which keys are tried depends on it.
///
/// # Errors
/// Of the storage: then nothing was stored, and the gateway will come again.
pub async fn take_in(app: &App, app_id: String, body: Vec<u8>) -> Result<Taken, Error> {
    let merchants = app.store.read(move |tx| tx.merchants_of_app(&app_id)).await.map_err(Error::Storage)?;
    let mut why = NotTaken::UnknownApp;
    for merchant in merchants {
        let cashier = app.cashiers.of(&merchant, app.secrets()).ok_or(Error::Conflict(Conflict::KeysLost))?;
        match cashier.read_notice(&body, app.now()) {
            Ok(notice) => return store(app, merchant.account, notice, body).await,
            Err(unbelieved) => why = NotTaken::Unbelieved(unbelieved),
        }
    }
    Ok(Taken::No(why))
}

async fn store(app: &App, account: AccountId, notice: Notice, body: Vec<u8>) -> Result<Taken, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    let number = notice.number.clone();
    let heard = app
        .store
        .write(move |tx| {
            let trade = notice.number.as_deref().map(|number| tx.trade(number)).transpose()?.flatten();
            let trade = trade.filter(|trade| trade.account == account);
            if matches!(notice.news, News::Trade(_)) && trade.is_none() {
                return Ok(None);
            }
            let message = GatewayMessage {
                id: MessageId::from_raw(makers.ids.next(now)),
                account,
                kind: notice.kind.clone(),
                number: notice.number.clone(),
                hash: sha256(notice.text.as_bytes()),
                raw: String::from_utf8_lossy(&body).into_owned(),
                received_at: now,
            };
            // The same one again may have been stored and not answered: it is acted on again, which changes nothing.
            match tx.insert_gateway_message(&message)? {
                Inserted::Yes | Inserted::Conflict => {}
            }
            match (&notice.news, &trade) {
                (News::Trade(said), Some(trade)) => {
                    let heard = hear::hear(tx, &makers, trade, said, Source::Notice, now)?;
                    Ok(Some((heard, None)))
                }
                (News::Agreement(said), _) => {
                    let number = notice.number.as_deref();
                    let ask = heard::notice(tx, &makers, account, number, said, now)?;
                    Ok(Some((Heard::Known, ask)))
                }
                (News::Trade(_) | News::Other, _) => Ok::<_, Error>(Some((Heard::Known, None))),
            }
        })
        .await?;
    if let Some((_, Some(agreement))) = heard {
        // It is stored and will be asked about daily: no reason to have the notification repeated.
        if let Err(error) = look::look(app, agreement).await {
            tracing::warn!(%error, subscription = %agreement, "the gateway could not be asked about a subscription");
        }
    }
    match (heard, number) {
        (None, _) => Ok(Taken::No(NotTaken::UnknownTrade)),
        (Some((Heard::Doubtful, _)), Some(number)) => {
            trade::ask(app, number).await?;
            Ok(Taken::Yes)
        }
        (Some(_), _) => Ok(Taken::Yes),
    }
}

/// A buyer came back from the gateway's page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CameBack {
    /// What he wanted to pay.
    pub order: OrderId,
    /// He was sent just now: an address that is older may be anybody's, out of a history or a log.
    pub just_now: bool,
}

/// A buyer came back. What he brings is verified and never settles anything: the gateway is asked, while that can change
/// something and not at every repeat of his address. `None` where no account of ours signed it.
///
/// # Errors
/// Of the storage.
pub async fn came_back(app: &App, app_id: String, query: String) -> Result<Option<CameBack>, Error> {
    let merchants = app.store.read(move |tx| tx.merchants_of_app(&app_id)).await.map_err(Error::Storage)?;
    let now = app.now();
    let returned = merchants
        .into_iter()
        .find_map(|merchant| app.cashiers.of(&merchant, app.secrets())?.read_return(&query, now));
    let Some(Return { number, at }) = returned else { return Ok(None) };
    let wanted = number.clone();
    let trade = app.store.read(move |tx| tx.trade(&wanted)).await.map_err(Error::Storage)?;
    let Some(known) = trade else { return Ok(None) };
    let order = known.order;
    if known.state == TradeState::Open
        && app.pressure.returns.is_first(order.raw(), limits::GATEWAY_RETURN_PAUSE, now)
        && let Err(error) = trade::ask(app, number).await
    {
        tracing::warn!(%error, %order, "a buyer came back, and the gateway could not be asked");
    }
    let just_now = at.is_some_and(|at| now.since(at) < limits::GATEWAY_RETURN_FRESH);
    Ok(Some(CameBack { order, just_now }))
}
