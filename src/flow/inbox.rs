//! What the owner resolves by hand: inbox items, orders without a receipt, refunds. Every act is logged with its actor
//! (M5, M11), and an act on an inbox item can be undone.

use crate::app::{App, Makers};
use crate::domain::books::Difference;
use crate::domain::claim::Claim;
use crate::domain::id::{InboxId, OrderId, ReceiptId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::matching::{self, Suggestion};
use crate::domain::order::Order;
use crate::domain::receipt::{InboxItem, InboxState, Matter, Notice, Reason, Receipt, ReceiptState};
use crate::domain::time::Timestamp;
use crate::flow::order::{View, view};
use crate::flow::settle::{self, Evidence, Payment};
use crate::flow::{Conflict, Error, Thing, claim};
use crate::limits;
use crate::rng::Ids;
use crate::storage::verbs::{Inserted, Page, ReadTx, WriteTx};

/// An inbox item with what the owner needs to decide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemView {
    /// The item.
    pub item: InboxItem,
    /// The notice behind it, where there is one.
    pub notice: Option<Notice>,
    /// What a reader claims, where that is what it is about.
    pub claim: Option<Claim>,
    /// How two books differ, where that is what it is about.
    pub difference: Option<Difference>,
    /// The receipt, where an amount could be read.
    pub receipt: Option<Receipt>,
    /// The orders it may have been meant for, best first; only while the item is open.
    pub suggestions: Vec<Suggestion>,
}

/// Reads an item with its suggestions.
///
/// # Errors
/// [`Error::NotFound`].
pub fn item_view<T: ReadTx + ?Sized>(tx: &T, item: InboxItem) -> Result<ItemView, Error> {
    let (mut notice, mut claim, mut difference) = (None, None, None);
    match item.matter {
        Matter::Notice(id) => notice = Some(tx.notice(id)?.ok_or(Error::NotFound(Thing::InboxItem))?),
        Matter::Claim(id) => claim = Some(tx.claim(id)?.ok_or(Error::NotFound(Thing::InboxItem))?),
        Matter::Difference(id) => {
            difference = Some(tx.difference(id)?.ok_or(Error::NotFound(Thing::InboxItem))?);
        }
        Matter::Device(_) | Matter::Order(_) => {}
    }
    let receipt = item.receipt.map(|id| tx.receipt(id)).transpose()?.flatten();
    let suggestions = match (&receipt, &claim, item.state) {
        (Some(receipt), _, InboxState::Open) => suggest(tx, receipt)?,
        (None, Some(claim), InboxState::Open) => claim::suggest(tx, claim)?,
        (_, _, InboxState::Open | InboxState::Settled | InboxState::Dismissed) => Vec::new(),
    };
    Ok(ItemView { item, notice, claim, difference, receipt, suggestions })
}

fn suggest<T: ReadTx + ?Sized>(tx: &T, receipt: &Receipt) -> Result<Vec<Suggestion>, Error> {
    let accounts = match receipt.account {
        Some(account) => vec![account],
        None => tx.device(receipt.device)?.map(|d| d.accounts).unwrap_or_default(),
    };
    let since = receipt.arrival.from.minus(limits::SUGGESTION_LOOKBACK);
    let holds = tx.payable_since(&accounts, since, Ids::first_at(since), limits::SUGGESTION_ORDERS_MAX)?;
    let orders = holds.iter().map(|h| (h.order, h.amount, h.starts_at, h.release_at));
    Ok(matching::suggest(receipt.amount, receipt.arrival, orders, limits::SUGGESTIONS_MAX))
}

/// A page of the inbox, newest first.
///
/// # Errors
/// Of the storage.
pub async fn list(app: &App, state: Option<InboxState>, page: Page) -> Result<Vec<ItemView>, Error> {
    app.store
        .read(move |tx| tx.inbox(state, page)?.into_iter().map(|item| item_view(tx, item)).collect())
        .await
}

/// Puts something before the owner. A receipt that lies there already stays as it is.
pub(crate) fn ask(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    (reason, matter, receipt): (Reason, Matter, Option<ReceiptId>),
    actor: Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let item = InboxItem::open(InboxId::from_raw(makers.ids.next(now)), reason, matter, receipt, now);
    if tx.insert_inbox(&item)? == Inserted::Yes {
        let about = match matter {
            Matter::Notice(id) => format!("notice={id}"),
            Matter::Claim(id) => format!("claim={id}"),
            Matter::Device(id) => format!("device={id}"),
            Matter::Order(id) => format!("order={id}"),
            Matter::Difference(id) => format!("difference={id}"),
        };
        let cause = format!("reason={} {about}", reason.as_str());
        log(tx, makers, Subject::Inbox(item.id), Act::InboxOpened, actor, cause, now)?;
    }
    Ok(())
}

fn item(tx: &mut dyn WriteTx, id: InboxId) -> Result<InboxItem, Error> {
    tx.inbox_item(id)?.ok_or(Error::NotFound(Thing::InboxItem))
}

fn open_item(tx: &mut dyn WriteTx, id: InboxId) -> Result<InboxItem, Error> {
    let item = item(tx, id)?;
    if item.state == InboxState::Open { Ok(item) } else { Err(Error::Conflict(Conflict::ItemResolved)) }
}

fn log(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    subject: Subject,
    act: Act,
    actor: Actor,
    cause: String,
    now: Timestamp,
) -> Result<(), Error> {
    Ok(makers.log(tx, now, &Entry { subject, act, actor, cause })?)
}

/// Names the order that an item's receipt paid, or that a claim is about.
///
/// # Errors
/// [`Conflict::ItemResolved`], [`Conflict::NoReceipt`], [`Conflict::OtherProduct`], [`Conflict::OrderPaid`], [`Conflict::ReceiptSettled`],
/// [`Error::NotFound`].
pub async fn settle_item(app: &App, id: InboxId, order: OrderId, actor: Actor) -> Result<ItemView, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let mut item = open_item(tx, id)?;
            if let Matter::Claim(claim) = item.matter {
                claim::grant(tx, &makers, claim, order, actor, now)?;
            } else {
                let receipt = item.receipt.ok_or(Error::Conflict(Conflict::NoReceipt))?;
                let receipt = tx.receipt(receipt)?.ok_or(Error::NotFound(Thing::InboxItem))?;
                let late = is_late(tx, order, &receipt)?;
                tx.set_receipt_state(receipt.id, ReceiptState::Settled)?;
                let evidence = Evidence::Receipt(receipt.id);
                settle::settle(tx, &makers, Payment { order, evidence, late, actor }, now)?;
            }
            item.state = InboxState::Settled;
            item.order = Some(order);
            item.resolved_at = Some(now);
            tx.update_inbox(&item)?;
            log(tx, &makers, Subject::Inbox(id), Act::InboxSettled, actor, format!("order={order}"), now)?;
            item_view(tx, item)
        })
        .await
}

fn is_late(tx: &mut dyn WriteTx, order: OrderId, receipt: &Receipt) -> Result<bool, Error> {
    let order: Order = tx.order(order)?.ok_or(Error::NotFound(Thing::Order))?;
    Ok(receipt.arrival.from >= order.expires_at)
}

/// Lets an item be, with the reason.
///
/// # Errors
/// [`Conflict::ItemResolved`], [`Error::NotFound`].
pub async fn dismiss(app: &App, id: InboxId, reason: String, actor: Actor) -> Result<ItemView, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let mut item = open_item(tx, id)?;
            if let Some(receipt) = item.receipt {
                tx.set_receipt_state(receipt, ReceiptState::Dismissed)?;
            }
            item.state = InboxState::Dismissed;
            item.note = Some(reason.clone());
            item.resolved_at = Some(now);
            tx.update_inbox(&item)?;
            log(tx, &makers, Subject::Inbox(id), Act::InboxDismissed, actor, String::new(), now)?;
            item_view(tx, item)
        })
        .await
}

/// Takes back what the owner did with an item: it is open again, and an order it had settled is unpaid again.
///
/// # Errors
/// [`Conflict::ItemOpen`], [`Conflict::OrderNotPaid`] where the order was refunded since, [`Error::NotFound`].
pub async fn undo(app: &App, id: InboxId, actor: Actor) -> Result<ItemView, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let mut item = item(tx, id)?;
            match (item.state, item.order) {
                (InboxState::Open, _) => return Err(Error::Conflict(Conflict::ItemOpen)),
                (InboxState::Settled, Some(order)) => match item.matter {
                    Matter::Claim(claim) => claim::take_back(tx, &makers, claim, order, actor, now)?,
                    Matter::Notice(_) | Matter::Device(_) | Matter::Order(_) | Matter::Difference(_) => {
                        settle::unsettle(tx, &makers, order, actor, now)?;
                    }
                },
                (InboxState::Settled, None) | (InboxState::Dismissed, _) => {}
            }
            if let Some(receipt) = item.receipt {
                tx.set_receipt_state(receipt, ReceiptState::Inbox)?;
            }
            item.state = InboxState::Open;
            item.order = None;
            item.note = None;
            item.resolved_at = None;
            tx.update_inbox(&item)?;
            log(tx, &makers, Subject::Inbox(id), Act::InboxReopened, actor, String::new(), now)?;
            item_view(tx, item)
        })
        .await
}

/// Settles an order without a receipt, because the owner saw the money elsewhere.
///
/// # Errors
/// [`Conflict::OrderPaid`], [`Error::NotFound`].
pub async fn settle_order(app: &App, order: OrderId, note: String, actor: Actor) -> Result<View, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let known = tx.order(order)?.ok_or(Error::NotFound(Thing::Order))?;
            let late = now >= known.expires_at;
            let evidence = Evidence::Word;
            settle::settle(tx, &makers, Payment { order, evidence, late, actor }, now)?;
            log(tx, &makers, Subject::Order(order), Act::OrderNoted, actor, format!("note={note}"), now)?;
            view(tx, order)
        })
        .await
}
