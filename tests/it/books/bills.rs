//! A day's bill beside what was settled here.

use matcha::domain::books::{Book, DayState, DifferenceKind};
use matcha::domain::gateway::{Refund, RefundState, RefundWay, TradeState};
use matcha::domain::id::{RefundId, SettlementId};
use matcha::domain::log::Actor;
use matcha::domain::order::OrderStatus;
use matcha::domain::receipt::{Matter, Reason};
use matcha::flow::checkout;
use matcha::flow::gateway::cashier::RefundAsk;
use matcha::flow::gateway::{refund, trade};
use matcha::storage::verbs::{Inserted, Settlement};
use serde_json::json;

use super::{Shop, write};
use crate::gateway::Fault;
use crate::world::{created, fen, wish};

const BILL: &str = "alipay.data.dataservice.bill.downloadurl.query";
const DAY: &str = "2026-06-01";
const NEXT_MORNING: &str = "2026-06-02 09:30:00";

impl Shop {
    /// Writes a settlement by a trade that the gateway knows nothing of.
    async fn settle_by_a_lie(&self) -> (matcha::domain::order::Order, matcha::domain::gateway::Trade) {
        let wish =
            checkout::Wish { channel: Some(matcha::domain::channel::Channel::AlipayOfficial), ..wish("tea") };
        let order = created(checkout::create(self.app(), wish).await.expect("an order"));
        let trade = self.trade(order.id).await;
        let (now, id) = (self.world.now(), order.id);
        let paid = matcha::domain::gateway::Trade {
            state: TradeState::Paid,
            gateway_ref: Some("2026000000000000".to_owned()),
            ask_at: None,
            ..trade
        };
        let (row, settlement_id) = (paid.clone(), self.app().makers.ids.next(now));
        write(self.app(), move |tx| {
            tx.update_trade(&row)?;
            let settlement = Settlement {
                id: SettlementId::from_raw(settlement_id),
                order: id,
                receipt: None,
                gateway_ref: row.gateway_ref.clone(),
                by_owner: false,
                settled_at: now,
                before: OrderStatus::Pending,
            };
            assert_eq!(tx.insert_settlement(&settlement)?, Inserted::Yes);
            Ok(())
        })
        .await;
        (order, paid)
    }
}

#[tokio::test]
async fn a_day_that_matches_leaves_nothing_to_the_owner_and_is_asked_for_once() {
    let mut shop = Shop::open().await;
    let (order, _) = shop.sold().await;
    let (refunded, _) = shop.sold().await;
    let (amount, request_id) = (Some(fen(40)), Some("request-1".to_owned()));
    let part = refund::Wish { amount, request_id, ..refund::Wish::default() };
    let done = refund::refund(shop.app(), refunded.id, part, Actor::Console).await.unwrap();
    assert_eq!(done.state, RefundState::Done);
    shop.at("2026-06-02 09:29:59").await;
    assert_eq!((shop.reconcile().await, shop.calls(BILL).await), (0, 0), "too early");
    shop.at(NEXT_MORNING).await;
    assert_eq!(shop.reconcile().await, 1);
    let day = shop.day(Book::Bill, DAY).await;
    assert_eq!((day.state, day.differences), (DayState::Compared, 0));
    assert_eq!((day.tally.payments, day.tally.paid), (2, fen(200)));
    assert_eq!((day.tally.refunds, day.tally.returned), (1, fen(40)));
    assert_eq!(shop.world.inbox().await, []);
    assert_eq!(shop.world.find(order.id).await.status, OrderStatus::Paid);
    shop.restart().await;
    assert_eq!((shop.reconcile().await, shop.calls(BILL).await), (0, 1), "once, also after a restart");
}

#[tokio::test]
async fn each_difference_is_told_once_and_changes_nothing() {
    let mut shop = Shop::open().await;
    shop.sold().await;
    shop.sold_elsewhere("shop17", 990).await;
    let (unsettled, unsettled_trade) = shop.official_order().await;
    shop.gateway.pay(&unsettled_trade.number).await.unwrap();
    let (missing, missing_trade) = shop.settle_by_a_lie().await;
    let other =
        checkout::Wish { channel: Some(matcha::domain::channel::Channel::AlipayOfficial), ..wish("tea") };
    let other = created(checkout::create(shop.app(), other).await.unwrap());
    let other_number = shop.trade(other.id).await.number;
    shop.sold_elsewhere(&other_number, 99).await;
    shop.at(NEXT_MORNING).await;
    assert_eq!(shop.reconcile().await, 1);
    let mut expected = vec![
        (DifferenceKind::UnknownPayment, "shop17".to_owned()),
        (DifferenceKind::Unsettled, unsettled_trade.number.clone()),
        (DifferenceKind::OtherAmount, other_number.clone()),
        (DifferenceKind::Missing, missing_trade.number.clone()),
    ];
    expected.sort();
    assert_eq!(shop.kinds().await, expected);
    let of = |kind| {
        let shop = &shop;
        async move { shop.differences().await.into_iter().find(|d| d.kind == kind).unwrap() }
    };
    let amount = of(DifferenceKind::OtherAmount).await;
    assert_eq!((amount.ours, amount.theirs, amount.order), (Some(fen(100)), Some(fen(99)), Some(other.id)));
    assert_eq!(of(DifferenceKind::Unsettled).await.order, Some(unsettled.id));
    assert_eq!(of(DifferenceKind::Missing).await.order, Some(missing.id));
    let unknown = of(DifferenceKind::UnknownPayment).await;
    assert_eq!((unknown.order, unknown.theirs), (None, Some(fen(990))));
    let mut reasons = shop.world.reasons().await;
    reasons.sort_by_key(|reason| reason.as_str());
    let asked = [Reason::BillAmount, Reason::BillMissing, Reason::BillUnknown, Reason::BillUnsettled];
    assert_eq!(reasons, asked);
    assert!(shop.world.inbox().await.iter().all(|item| matches!(item.matter, Matter::Difference(_))));
    assert_eq!(shop.day(Book::Bill, DAY).await.differences, 4);
    assert_eq!(shop.world.find(unsettled.id).await.status, OrderStatus::Pending, "a bill settles nothing");
    let settlement = shop.world.read(move |tx| tx.settlement_of(unsettled.id)).await;
    assert_eq!(settlement, None);
    shop.restart().await;
    assert_eq!(shop.reconcile().await, 0);
    assert_eq!(shop.world.inbox().await.len(), 4);
}

#[tokio::test]
async fn refunds_that_are_not_ours_or_never_happened_are_told() {
    let shop = Shop::open().await;
    let (order, sold) = shop.sold().await;
    let foreign = RefundAsk {
        number: sold.number.clone(),
        refund_number: "console7".to_owned(),
        amount: fen(30),
        reason: "by hand".to_owned(),
    };
    shop.cashier().refund(&foreign, shop.world.now()).await.unwrap();
    let (now, lie, number) = (shop.world.now(), order.id, sold.number.clone());
    write(shop.app(), move |tx| {
        let refund = Refund {
            id: RefundId::from_raw(9),
            order: lie,
            request_id: None,
            amount: fen(20),
            way: RefundWay::Gateway,
            state: RefundState::Done,
            number: Some("r9".to_owned()),
            trade: Some(number.clone()),
            reason: String::new(),
            proof: None,
            actor: "console".to_owned(),
            revokes: false,
            problem: None,
            requested_at: now,
            finished_at: Some(now),
            ask_at: None,
            asked: 1,
            sent_at: None,
        };
        assert_eq!(tx.insert_refund(&refund)?, Inserted::Yes);
        Ok(())
    })
    .await;
    shop.at(NEXT_MORNING).await;
    shop.reconcile().await;
    let found: Vec<_> =
        shop.differences().await.into_iter().map(|d| (d.kind, d.refund, d.ours, d.theirs)).collect();
    let foreign = (DifferenceKind::UnknownRefund, Some("console7".to_owned()), None, Some(fen(30)));
    let missing = (DifferenceKind::RefundMissing, Some("r9".to_owned()), Some(fen(20)), None);
    assert_eq!(found, [missing, foreign], "what is ours comes first");
    assert_eq!(shop.world.reasons().await, [Reason::BillMissing, Reason::BillRefund]);
}

#[tokio::test]
async fn a_bill_that_is_not_there_is_asked_for_again_and_a_quiet_day_is_done_with() {
    let shop = Shop::open().await;
    shop.at(NEXT_MORNING).await;
    assert_eq!(shop.reconcile().await, 0);
    let waiting = shop.day(Book::Bill, DAY).await;
    assert_eq!((waiting.state, waiting.asked), (DayState::Waiting, 1));
    assert_eq!((shop.reconcile().await, shop.calls(BILL).await), (0, 1), "not before its pause is over");
    for hours in [1, 2, 4] {
        shop.pass(hours * 3600).await;
        shop.reconcile().await;
    }
    let done = shop.day(Book::Bill, DAY).await;
    assert_eq!((done.state, done.differences, done.asked), (DayState::Compared, 0, 4));
    assert_eq!(shop.world.inbox().await, []);
}

#[tokio::test]
async fn a_bill_that_comes_late_is_compared_when_it_comes() {
    let shop = Shop::open().await;
    shop.sold().await;
    let early = Fault::new(BILL, "answer")
        .times(3)
        .with("code", json!("40004"))
        .with("sub_code", json!("BILL_NOT_EXIST"));
    shop.gateway.fault(early).await.unwrap();
    shop.at(NEXT_MORNING).await;
    for _ in 0..3 {
        assert_eq!(shop.reconcile().await, 0);
        shop.pass(6 * 3600).await;
    }
    assert_eq!(shop.reconcile().await, 1);
    let day = shop.day(Book::Bill, DAY).await;
    assert_eq!((day.state, day.tally.payments, day.asked), (DayState::Compared, 1, 4));
    assert_eq!(shop.world.inbox().await, []);
    assert_eq!(shop.reconcile().await, 0, "the next day is quiet, and not over its pause");
}

#[tokio::test]
async fn a_bill_that_never_comes_or_is_refused_is_one_item() {
    let shop = Shop::open().await;
    shop.sold().await;
    let refused = |code: &str| {
        Fault::new(BILL, "answer").times(200).with("code", json!("40006")).with("sub_code", json!(code))
    };
    shop.gateway.fault(refused("isv.insufficient-isv-permissions")).await.unwrap();
    shop.at(NEXT_MORNING).await;
    for _ in 0..12 {
        shop.reconcile().await;
        shop.pass(6 * 3600).await;
    }
    let days = shop.days(Book::Bill).await;
    assert!(days.len() >= 2 && days[..2].iter().all(|d| d.state == DayState::Missing), "{days:?}");
    assert_eq!(days[0].problem.as_deref(), Some("isv.insufficient-isv-permissions"));
    assert_eq!(shop.world.reasons().await, [Reason::BillUnread], "one item while it is open");
    let told = shop.differences().await;
    assert_eq!(told[0].kind, DifferenceKind::NoBill);
    assert_eq!(told[0].detail, "isv.insufficient-isv-permissions");
}

#[tokio::test]
async fn broken_answers_and_broken_downloads_are_asked_for_again() {
    let mut shop = Shop::open().await;
    shop.sold().await;
    shop.at(NEXT_MORNING).await;
    let faults = [(BILL, "bad_signature"), (BILL, "never"), (BILL, "lost_answer"), ("download", "http")];
    for (asked, (target, kind)) in faults.into_iter().enumerate() {
        shop.gateway.fault(Fault::new(target, kind).times(9)).await.unwrap();
        shop.lose_patience();
        assert_eq!(shop.reconcile().await, 0, "{kind}");
        let day = shop.day(Book::Bill, DAY).await;
        assert_eq!((day.state, day.asked as usize), (DayState::Waiting, asked + 1), "{kind}");
        shop.gateway.mend().await.unwrap();
        shop.pass(6 * 3600).await;
        shop.restart().await;
    }
    assert_eq!(shop.reconcile().await, 1);
    assert_eq!(shop.world.inbox().await, []);
}

#[tokio::test]
async fn what_was_paid_before_midnight_and_settled_after_it_is_in_its_own_bill() {
    let shop = Shop::open().await;
    let (_, before) = {
        shop.at("2026-06-01 23:59:58").await;
        shop.official_order().await
    };
    shop.gateway.pay(&before.number).await.unwrap();
    shop.pass(10).await;
    trade::ask(shop.app(), before.number.clone()).await.unwrap();
    let settled_by = before.number.clone();
    let paid = shop.world.read(move |tx| tx.trade(&settled_by)).await.unwrap();
    assert_eq!(paid.state, TradeState::Paid);
    shop.at(NEXT_MORNING).await;
    assert_eq!(shop.reconcile().await, 1);
    assert_eq!(shop.day(Book::Bill, DAY).await.tally.payments, 1);
    // Sold on the second day, so that it has a bill of its own.
    shop.sold().await;
    shop.at("2026-06-03 09:30:00").await;
    assert_eq!(shop.reconcile().await, 1);
    let second = shop.day(Book::Bill, "2026-06-02").await;
    assert_eq!((second.tally.payments, second.differences), (1, 0), "it is not missed in the second bill");
}

#[tokio::test]
async fn rows_of_another_shop_crowd_out_nothing_of_ours() {
    let shop = Shop::open().await;
    for n in 0..60 {
        shop.sold_elsewhere(&format!("a{n}"), 100).await;
    }
    let (_, unsettled) = shop.official_order().await;
    shop.gateway.pay(&unsettled.number).await.unwrap();
    let (_, missing) = shop.settle_by_a_lie().await;
    shop.at(NEXT_MORNING).await;
    assert_eq!(shop.reconcile().await, 1);
    assert_eq!(shop.day(Book::Bill, DAY).await.differences, 62, "all are counted");
    let kinds = shop.kinds().await;
    assert!(kinds.contains(&(DifferenceKind::Unsettled, unsettled.number.clone())));
    assert!(kinds.contains(&(DifferenceKind::Missing, missing.number.clone())));
    let reasons = shop.world.reasons().await;
    assert_eq!(reasons.len(), 50);
    for ours in [Reason::BillUnsettled, Reason::BillMissing] {
        assert_eq!(reasons.iter().filter(|reason| **reason == ours).count(), 1, "{ours:?}");
    }
}
