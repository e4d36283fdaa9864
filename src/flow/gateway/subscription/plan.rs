//! The charge of a period is written down, with the order that it pays. Nothing is sent.

use super::heard::finish;
use super::paid_until;
use crate::app::{App, Makers};
use crate::domain::channel::Channel;
use crate::domain::gateway::{Trade, TradeState, Way};
use crate::domain::id::{AgreementId, OrderId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::money::Fen;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::subscription::{
    self, Agreement, AgreementState, Charge, ChargeState, Ending, OPENS_DAYS_BEFORE,
};
use crate::domain::time::{Day, Timestamp};
use crate::flow::{Conflict, Error, Thing};
use crate::limits;
use crate::storage::verbs::{Inserted, WriteTx};

/// Plans the charges of the periods that are due, at most [`limits::GATEWAY_QUESTIONS_PER_RUN`]. Nothing is sent.
///
/// # Errors
/// Of the storage, for the list; what goes wrong with one does not keep the others waiting.
pub async fn plan_due(app: &App, now: Timestamp) -> Result<usize, Error> {
    let (most, today) = (limits::GATEWAY_QUESTIONS_PER_RUN, Day::in_china(now));
    let due =
        app.store.read(move |tx| tx.agreements_to_plan(today, today.plus(OPENS_DAYS_BEFORE), most)).await;
    let open = |agreement: &Agreement| subscription::opening(agreement.due, now).is_some_and(|at| at <= now);
    let mut done = 0;
    for agreement in due.map_err(Error::Storage)?.into_iter().filter(open) {
        let makers = app.makers.clone();
        match app.store.write(move |tx| plan(tx, &makers, agreement.id, now)).await {
            Ok(()) => done += 1,
            Err(error) => {
                tracing::error!(%error, subscription = %agreement.id, "a charge could not be planned");
            }
        }
    }
    Ok(done)
}

/// Writes the first charge of a period, with the order that it pays.
fn plan(tx: &mut dyn WriteTx, makers: &Makers, id: AgreementId, now: Timestamp) -> Result<(), Error> {
    let agreement = tx.agreement(id)?.ok_or(Error::NotFound(Thing::Subscription))?;
    let known = tx.charges_of(id, 1)?.first().is_some_and(|charge| charge.due == agreement.due);
    if agreement.state != AgreementState::Normal || known {
        return Ok(());
    }
    if paid_until(tx, agreement.order)?.is_none() {
        // What it would prolong was taken back: nobody pays for nothing.
        return finish(tx, makers, agreement, Ending::Revoked, Actor::System, now).map(drop);
    }
    let product = tx.product(agreement.product)?.ok_or(Error::NotFound(Thing::Product))?;
    // Never more than was agreed to; less where the price came down.
    let amount = product.price.min(agreement.most);
    let order = Order {
        id: OrderId::from_raw(makers.ids.next(now)),
        site: agreement.site,
        product: agreement.product,
        status: OrderStatus::Pending,
        price: amount,
        list_price: amount,
        coupon: None,
        renews: Some(agreement.order),
        amount,
        channel: Channel::AlipayOfficial,
        account: agreement.account,
        code: None,
        client_order_id: None,
        created_at: now,
        expires_at: agreement.due.plus(1).starts_in_china(),
        extensions_left: 0,
        late: false,
        paid_at: None,
        version: 1,
        reader: None,
        address: 0,
        owner_address: None,
    };
    match tx.insert_gateway_order(&order)? {
        Inserted::Yes => {}
        Inserted::Conflict => return Err(Error::Conflict(Conflict::Raced)),
    }
    let cause = format!("amount={amount} account={} subscription={id}", order.account);
    let entry =
        Entry { subject: Subject::Order(order.id), act: Act::OrderCreated, actor: Actor::System, cause };
    makers.log(tx, now, &entry)?;
    add(
        tx,
        makers,
        &agreement,
        &Try { order: order.id, amount, subject: product.title, attempt: 1, at: now },
        now,
    )
}

/// A try to be written down.
pub(super) struct Try {
    pub(super) order: OrderId,
    pub(super) amount: Fen,
    pub(super) subject: String,
    pub(super) attempt: u32,
    pub(super) at: Timestamp,
}

/// Writes a charge with its trade. The trade is not asked about by those that ask about readers' trades: what becomes of a
/// charge is followed here.
pub(super) fn add(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    agreement: &Agreement,
    wish: &Try,
    now: Timestamp,
) -> Result<(), Error> {
    let charge = Charge {
        number: agreement.charge_number(agreement.due, wish.attempt),
        agreement: agreement.id,
        due: agreement.due,
        attempt: wish.attempt,
        order: wish.order,
        amount: wish.amount,
        subject: wish.subject.clone(),
        state: ChargeState::Planned,
        problem: None,
        planned_at: now,
        asked_at: None,
        sent_at: None,
        finished_at: None,
        next_at: Some(wish.at),
        asked: 0,
    };
    let trade = Trade {
        number: charge.number.clone(),
        order: charge.order,
        account: agreement.account,
        way: Way::Charge,
        amount: charge.amount,
        state: TradeState::Open,
        qr_code: None,
        gateway_ref: None,
        created_at: now,
        ends_at: subscription::closes(charge.due),
        ask_at: None,
        asked: 0,
    };
    for inserted in [tx.insert_trade(&trade)?, tx.insert_charge(&charge)?] {
        if inserted == Inserted::Conflict {
            return Err(Error::Conflict(Conflict::Raced));
        }
    }
    let cause = format!("number={} at={}", charge.number, wish.at);
    log(tx, makers, &charge, Act::ChargePlanned, Actor::System, cause, now)
}

/// Says in the log what became of a charge.
pub(super) fn log(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    charge: &Charge,
    act: Act,
    actor: Actor,
    cause: String,
    now: Timestamp,
) -> Result<(), Error> {
    Ok(makers.log(tx, now, &Entry { subject: Subject::Agreement(charge.agreement), act, actor, cause })?)
}
