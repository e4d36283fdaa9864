//! Agreements and charges: what can be there once only, and what is found when it is due.

use super::rows::{ACCOUNT, PRODUCT, SITE, at, fen, furnished, order, put_order, read, write};
use crate::domain::gateway::{Trade, TradeState, Way};
use crate::domain::id::AgreementId;
use crate::domain::subscription::{Agreement, AgreementState, Charge, ChargeState, Ending, Period};
use crate::domain::time::Day;
use crate::storage::verbs::{Inserted, Page, WriteTx};
use crate::storage::{Error, Store};

use Inserted::{Conflict, Yes};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn agreement(id: i64, first: i64) -> Agreement {
    Agreement {
        id: AgreementId::from_raw(id),
        number: format!("m{id:030}"),
        account: ACCOUNT,
        site: SITE,
        product: PRODUCT,
        order: order(first).id,
        scene: "INDUSTRY|DIGITAL_MEDIA".to_owned(),
        gateway_no: Some(format!("2026{id:016}")),
        state: AgreementState::Normal,
        ending: None,
        every: Period::Months(1),
        most: fen(1000),
        due: day("2026-12-03"),
        created_at: at(1),
        signed_at: Some(at(2)),
        ended_at: None,
        look_at: Some(at(3)),
        looked: 0,
    }
}

fn ended(agreement: &Agreement) -> Agreement {
    let (state, ending) = (AgreementState::Ended, Some(Ending::Wallet));
    Agreement { state, ending, ended_at: Some(at(9)), look_at: None, ..agreement.clone() }
}

fn charge(agreement: &Agreement, attempt: u32) -> Charge {
    Charge {
        number: agreement.charge_number(agreement.due, attempt),
        agreement: agreement.id,
        due: agreement.due,
        attempt,
        order: agreement.order,
        amount: fen(1000),
        subject: "会员".to_owned(),
        state: ChargeState::Planned,
        problem: None,
        planned_at: at(4),
        asked_at: None,
        sent_at: None,
        finished_at: None,
        next_at: Some(at(5)),
        asked: 0,
    }
}

fn put_charge(tx: &mut dyn WriteTx, charge: &Charge) -> Result<Inserted, Error> {
    let trade = Trade {
        number: charge.number.clone(),
        order: charge.order,
        account: ACCOUNT,
        way: Way::Charge,
        amount: charge.amount,
        state: TradeState::Open,
        qr_code: None,
        gateway_ref: None,
        created_at: at(4),
        ends_at: at(6),
        ask_at: None,
        asked: 0,
    };
    if tx.trade(&charge.number)?.is_none() {
        assert_eq!(tx.insert_trade(&trade)?, Yes, "an order has as many charges as there are tries");
    }
    tx.insert_charge(charge)
}

pub(crate) async fn a_membership_has_one_agreement_until_it_ends(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        put_order(tx, 1)?;
        put_order(tx, 2)?;
        let first = agreement(50, 1);
        assert_eq!(tx.insert_agreement(&first)?, Yes);
        assert_eq!(tx.insert_agreement(&agreement(51, 1))?, Conflict, "the membership has one");
        let same_number = Agreement { number: first.number.clone(), ..agreement(52, 2) };
        assert_eq!(tx.insert_agreement(&same_number)?, Conflict);
        tx.update_agreement(&ended(&first))?;
        assert_eq!(tx.insert_agreement(&agreement(53, 1))?, Yes);
        assert_eq!(tx.agreement(first.id)?, Some(ended(&first)));
        assert_eq!(tx.agreement_by_number(&first.number)?, Some(ended(&first)));
        let ids = |list: Vec<Agreement>| list.iter().map(|a| a.id.raw()).collect::<Vec<_>>();
        assert_eq!(ids(tx.agreements_of(order(1).id)?), [53, 50]);
        assert_eq!(ids(tx.agreements(Page { before: Some(53), limit: 9 })?), [50]);
        assert_eq!(ids(tx.agreements(Page { before: None, limit: 1 })?), [53]);
        Ok(())
    })
    .await;
    let half = Agreement { state: AgreementState::Ended, ..agreement(60, 2) };
    assert!(
        store.write(move |tx| tx.insert_agreement(&half)).await.is_err(),
        "an end has a reason and a time"
    );
    let late = Agreement { due: day("2026-12-29"), ..agreement(61, 2) };
    assert!(store.write(move |tx| tx.insert_agreement(&late)).await.is_err(), "some months have no 29th");
    let unsigned = Agreement { gateway_no: None, ..agreement(62, 2) };
    assert!(
        store.write(move |tx| tx.insert_agreement(&unsigned)).await.is_err(),
        "what is in force has a number"
    );
}

pub(crate) async fn a_period_has_one_charge_until_that_failed(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let known = agreement(50, 1);
    let (first, second) = (charge(&known, 1), charge(&known, 2));
    let (one, two) = (first.clone(), second.clone());
    write(&store, move |tx| {
        put_order(tx, 1)?;
        assert_eq!(tx.insert_agreement(&agreement(50, 1))?, Yes);
        assert_eq!(put_charge(tx, &one)?, Yes);
        for state in [ChargeState::Planned, ChargeState::Asked, ChargeState::Unknown] {
            let asked_at = (state != ChargeState::Planned).then_some(at(5));
            tx.update_charge(&Charge { state, asked_at, ..one.clone() })?;
            assert_eq!(put_charge(tx, &two)?, Conflict, "the first is {state:?}");
        }
        let (state, finished_at) = (ChargeState::Failed, Some(at(6)));
        tx.update_charge(&Charge { state, finished_at, next_at: None, ..one.clone() })?;
        assert_eq!(put_charge(tx, &one)?, Conflict, "its number is used for good");
        assert_eq!(put_charge(tx, &two)?, Yes);
        let (state, finished_at) = (ChargeState::Paid, Some(at(7)));
        tx.update_charge(&Charge {
            state,
            asked_at: Some(at(6)),
            finished_at,
            next_at: None,
            ..two.clone()
        })?;
        assert_eq!(put_charge(tx, &charge(&agreement(50, 1), 3))?, Conflict, "it is paid");
        Ok(())
    })
    .await;
    let charges = read(&store, move |tx| tx.charges_of(known.id, 9)).await;
    assert_eq!(charges.iter().map(|charge| charge.attempt).collect::<Vec<_>>(), [2, 1]);
    let undo = charges[0].clone();
    let undone = Charge { state: ChargeState::Failed, ..undo };
    assert!(store.write(move |tx| tx.update_charge(&undone)).await.is_err(), "what was paid stays paid");
    let unfinished = Charge { finished_at: None, ..charges[1].clone() };
    assert!(store.write(move |tx| tx.update_charge(&unfinished)).await.is_err(), "what failed has a time");
    assert_eq!(
        read(&store, move |tx| tx.charge(&second.number)).await.map(|c| c.state),
        Some(ChargeState::Paid)
    );
}

pub(crate) async fn agreements_and_charges_are_found_when_they_are_due(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        let later = Agreement { due: day("2026-12-09"), look_at: Some(at(8)), ..agreement(51, 2) };
        let paused = Agreement { state: AgreementState::Paused, look_at: None, ..agreement(52, 3) };
        for (n, known) in (1..).zip([agreement(50, 1), later, paused]) {
            put_order(tx, n)?;
            assert_eq!(tx.insert_agreement(&known)?, Yes);
        }
        let ids = |list: Vec<Agreement>| list.iter().map(|a| a.id.raw()).collect::<Vec<_>>();
        let plan = |tx: &dyn WriteTx, from, until| tx.agreements_to_plan(day(from), day(until), 9).map(ids);
        assert_eq!(plan(tx, "2026-12-01", "2026-12-02")?, [0_i64; 0]);
        assert_eq!(plan(tx, "2026-12-01", "2026-12-03")?, [50], "not the one that is paused");
        assert_eq!(plan(tx, "2026-12-03", "2026-12-09")?, [50, 51]);
        assert_eq!(plan(tx, "2026-12-04", "2026-12-09")?, [51], "what was missed is another matter");
        assert_eq!(put_charge(tx, &charge(&agreement(50, 1), 1))?, Yes);
        assert_eq!(plan(tx, "2026-12-01", "2026-12-09")?, [51]);
        assert_eq!(ids(tx.agreements_to_look_at(at(2), 9)?), [0_i64; 0]);
        assert_eq!(ids(tx.agreements_to_look_at(at(8), 9)?), [50, 51]);
        assert_eq!(ids(tx.agreements_to_look_at(at(8), 1)?), [50]);
        assert_eq!((tx.charges_due(at(4), 9)?.len(), tx.charges_due(at(5), 9)?.len()), (0, 1));
        Ok(())
    })
    .await;
    drop(store);
    let store = open();
    let known = agreement(50, 1);
    let expected = charge(&known, 1);
    let found = read(&store, move |tx| Ok((tx.agreement(known.id)?, tx.charges_due(at(5), 9)?))).await;
    assert_eq!(found, (Some(agreement(50, 1)), vec![expected]), "a restart changes nothing");
}
