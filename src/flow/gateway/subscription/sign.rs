//! The pages on which a reader signs: with the payment of an order, or apart, when the membership is paid.

use super::charge;
use super::heard::finish;
use super::{View, paid_until, view};
use crate::app::{App, Makers};
use crate::domain::channel::Channel;
use crate::domain::gateway::Way;
use crate::domain::id::{AccountId, AgreementId, OrderId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::product::Product;
use crate::domain::site::Site;
use crate::domain::subscription::{Agreement, AgreementState, ChargeState, Ending, Renewal};
use crate::domain::time::Timestamp;
use crate::domain::unlock::end_of;
use crate::flow::checkout::accounts_of;
use crate::flow::gateway::cashier::renewals::SignAsk;
use crate::flow::gateway::cashier::{Bill, Trouble, Ways};
use crate::flow::gateway::trade::{bill, cashier, of_way};
use crate::flow::{Conflict, Error, Thing};
use crate::limits;
use crate::storage::verbs::{Inserted, WriteTx};

/// Where a reader signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Started {
    /// The agreement, before that.
    pub view: View,
    /// True where paying the order signs it.
    pub while_paying: bool,
    /// The gateway's page.
    pub page: String,
    /// Opens the wallet from a phone's browser; none for a payment.
    pub wallet: Option<String>,
}

/// Chance for numbers that nobody guesses.
#[derive(Clone, Copy)]
struct Chance {
    agreement: [u8; 15],
    trade: u32,
}

/// What was written down before a page is opened.
struct Prepared {
    view: View,
    bill: Option<Bill>,
}

/// The page on which the reader of an order signs: that of its payment while it is open, one of its own when it is paid. The
/// agreement is durable before, so that whatever the gateway says of it is understood. Asked again, it is the same one.
///
/// `back` is where the browser goes after signing apart, `ways` where it goes after a payment.
///
/// # Errors
/// [`Conflict::NotRenewing`], [`Conflict::RenewsAlready`], [`Conflict::ChargeUnderWay`], [`Conflict::OrderNotPaid`] where the order is neither open at the
/// gateway nor paid, [`Conflict::UnlockRevoked`], [`Conflict::KeysLost`], [`Error::NotFound`], or of the storage.
pub async fn start(
    app: &App,
    order: OrderId,
    back: &str,
    ways: &Ways,
) -> Result<Result<Started, Trouble>, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    let chance = Chance { agreement: app.rng.bytes(), trade: u32::from_be_bytes(app.rng.bytes()) };
    let Prepared { view, bill } = app.store.write(move |tx| prepare(tx, &makers, order, chance, now)).await?;
    let agreement = &view.agreement;
    let ask = SignAsk {
        number: agreement.number.clone(),
        scene: agreement.scene.clone(),
        every: agreement.every,
        first: agreement.due,
        most: agreement.most,
    };
    let cashier = cashier(app, agreement.account).await?;
    let started = match bill {
        Some(bill) => cashier.pay_and_sign_link(&bill, &ask, ways, now).map(|page| (true, page, None)),
        None => cashier.sign_links(&ask, back, now).map(|links| (false, links.page, Some(links.wallet))),
    };
    Ok(started.map(|(while_paying, page, wallet)| Started { view, while_paying, page, wallet }))
}

fn prepare(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    id: OrderId,
    chance: Chance,
    now: Timestamp,
) -> Result<Prepared, Error> {
    let order = tx.order(id)?.ok_or(Error::NotFound(Thing::Order))?;
    let product = tx.product(order.product)?.ok_or(Error::NotFound(Thing::Product))?;
    let site = tx.site(order.site)?.ok_or(Error::NotFound(Thing::Site))?;
    let renewal = product.terms.renews.clone().ok_or(Error::Conflict(Conflict::NotRenewing))?;
    let first = order.renews.unwrap_or(order.id);
    if charge_under_way(tx, first)? {
        return Err(Error::Conflict(Conflict::ChargeUnderWay));
    }
    let at_gateway = order.channel == Channel::AlipayOfficial;
    let while_paying = order.status_at(now) == OrderStatus::Pending && at_gateway;
    let (account, until) = if while_paying {
        let running = order.renews.map(|first| tx.running_until(first)).transpose()?.flatten();
        (order.account, end_of(product.terms.validity, now, running).unwrap_or(now))
    } else if order.status == OrderStatus::Paid {
        let until = paid_until(tx, first)?.ok_or(Error::Conflict(Conflict::UnlockRevoked))?;
        (charging_account(tx, &site)?, until)
    } else {
        return Err(Error::Conflict(Conflict::OrderNotPaid));
    };
    let wish = wish(&order, &product, &renewal, account, until, chance, makers, now);
    let agreement = agree(tx, makers, wish, now)?;
    let bill = if while_paying {
        let trade = of_way(tx, &order, &site, Way::Page, chance.trade, now)?;
        Some(bill(&trade, &product.title))
    } else {
        None
    };
    Ok(Prepared { view: view(tx, agreement)?, bill })
}

/// True where a charge by an agreement of this membership may still take money: one that is signed now would be due for the
/// same period and charge it too. One whose order was settled otherwise stands in nobody's way.
fn charge_under_way(tx: &dyn WriteTx, first: OrderId) -> Result<bool, Error> {
    for agreement in tx.agreements_of(first)?.iter().filter(|agreement| !agreement.is_live()) {
        for charge in tx.charges_of(agreement.id, limits::CHARGES_SHOWN)? {
            let may_pay = matches!(charge.state, ChargeState::Asked | ChargeState::Unknown);
            if may_pay && !charge::is_settled(tx, &charge)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The account of a site by which agreements are charged: its first with keys.
fn charging_account(tx: &dyn WriteTx, site: &Site) -> Result<AccountId, Error> {
    for account in accounts_of(tx, site)? {
        if account.channel == Channel::AlipayOfficial && tx.merchant(account.id)?.is_some() {
            return Ok(account.id);
        }
    }
    Err(Error::NotFound(Thing::Account))
}

#[expect(clippy::too_many_arguments, reason = "each is a part of what is signed")]
fn wish(
    order: &Order,
    product: &Product,
    renewal: &Renewal,
    account: AccountId,
    until: Timestamp,
    chance: Chance,
    makers: &Makers,
    now: Timestamp,
) -> Agreement {
    let hex: String = chance.agreement.iter().map(|byte| format!("{byte:02x}")).collect();
    Agreement {
        id: AgreementId::from_raw(makers.ids.next(now)),
        number: format!("m{hex}"),
        account,
        site: order.site,
        product: product.id,
        order: order.renews.unwrap_or(order.id),
        scene: renewal.scene().to_owned(),
        gateway_no: None,
        state: AgreementState::Pending,
        ending: None,
        every: renewal.every,
        most: product.price,
        due: renewal.every.first_due(until, now),
        created_at: now,
        signed_at: None,
        ended_at: None,
        look_at: Some(now.plus(limits::AGREEMENT_FIRST_LOOK)),
        looked: 0,
    }
}

/// The agreement that is asked for: one that waits to be signed where its terms are the same, else a new one.
fn agree(tx: &mut dyn WriteTx, makers: &Makers, wish: Agreement, now: Timestamp) -> Result<Agreement, Error> {
    let terms = |a: &Agreement| (a.account, a.scene.clone(), a.every, a.most, a.due);
    if let Some(known) = tx.agreements_of(wish.order)?.into_iter().find(Agreement::is_live) {
        match known.state {
            AgreementState::Normal | AgreementState::Paused => {
                return Err(Error::Conflict(Conflict::RenewsAlready));
            }
            AgreementState::Pending | AgreementState::Ended if terms(&known) == terms(&wish) => {
                let again = Agreement { look_at: wish.look_at, looked: 0, ..known };
                tx.update_agreement(&again)?;
                return Ok(again);
            }
            AgreementState::Pending | AgreementState::Ended => {
                finish(tx, makers, known, Ending::Replaced, Actor::Reader, now)?;
            }
        }
    }
    match tx.insert_agreement(&wish)? {
        Inserted::Yes => {}
        Inserted::Conflict => return Err(Error::Conflict(Conflict::Raced)),
    }
    let cause = format!("order={} every={} most={} due={}", wish.order, wish.every, wish.most, wish.due);
    let (subject, act) = (Subject::Agreement(wish.id), Act::SubscriptionStarted);
    makers.log(tx, now, &Entry { subject, act, actor: Actor::Reader, cause })?;
    Ok(wish)
}
