//! Conflicts are values: who comes second is told so and leaves nothing.

use super::rows::{
    ACCOUNT, CODE, DEVICE, OTHER_ACCOUNT, OTHER_SITE, SITE, at, code, device, fen, fingerprint, furnished,
    hold, item, notice, order, product, put_order, put_receipt, read, receipt, rows, settlement, site,
    unlock, write,
};
use crate::domain::hold::Hold;
use crate::domain::id::{AccountId, CodeId, InboxId, NoticeId, OrderId, ProductId, ReceiptId, SiteId};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::receipt::{InboxItem, Notice, Reason, Receipt};
use crate::storage::Store;
use crate::storage::verbs::{Inserted, Pairing, Pin, PinKey, SeenBefore};

use Inserted::{Conflict, Yes};

pub(crate) async fn one_amount_has_one_live_hold_and_the_loser_leaves_nothing(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    assert_eq!(write(&store, |tx| tx.insert_order(&order(1), &hold(1, 100))).await, Yes);
    assert_eq!(write(&store, |tx| tx.insert_order(&order(2), &hold(2, 100))).await, Conflict);
    let (lost, kept) = read(&store, |tx| Ok((tx.order(order(2).id)?, tx.hold(order(1).id)?))).await;
    assert_eq!((lost, kept), (None, Some(hold(1, 100))));
    assert_eq!(read(&store, |tx| tx.hold(order(2).id)).await, None);
    let counted = read(&store, |tx| tx.census()).await;
    assert_eq!((counted.holds_live, rows(&counted, "orders_pending")), (1, 1), "nor is the loser counted");
}

pub(crate) async fn a_hold_of_another_remark_amount_or_account_is_another(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let inserted = write(&store, |tx| {
        let holds = [
            hold(1, 100),
            Hold { remark: "A1".parse().unwrap(), ..hold(2, 100) },
            Hold { remark: "A2".parse().unwrap(), ..hold(3, 100) },
            Hold { account: OTHER_ACCOUNT, ..hold(4, 100) },
            hold(5, 99),
            Hold { remark: "A1".parse().unwrap(), ..hold(6, 100) },
        ];
        (1..).zip(&holds).map(|(n, hold)| tx.insert_order(&order(n), hold)).collect::<Result<Vec<_>, _>>()
    })
    .await;
    assert_eq!(inserted, [Yes, Yes, Yes, Yes, Yes, Conflict]);
    let taken = read(&store, |tx| tx.taken(ACCOUNT, fen(100), fen(100))).await;
    assert!(taken.iter().all(|t| t.amount == fen(100) && t.release_at == at(300_000)));
    let mut keys: Vec<&str> = taken.iter().map(|t| t.remark.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["", "A1", "A2"]);
}

pub(crate) async fn a_released_amount_can_be_held_again_and_its_past_stays(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| put_order(tx, 0)).await;
    assert_eq!(write(&store, |tx| tx.release_due(None, at(300_000), 10)).await, 1);
    assert_eq!(read(&store, |tx| tx.taken(ACCOUNT, fen(1), fen(200))).await, []);
    assert_eq!(read(&store, |tx| tx.next_release(ACCOUNT, fen(1), fen(200))).await, None);
    let again =
        Hold { starts_at: at(300_000), window_ends_at: at(420_000), release_at: at(600_000), ..hold(1, 100) };
    assert_eq!(write(&store, move |tx| tx.insert_order(&order(1), &again)).await, Yes);
    assert_eq!(
        read(&store, |tx| tx.hold(order(0).id)).await,
        Some(hold(0, 100)),
        "who held it then is known"
    );
    let then = read(&store, |tx| tx.candidates(ACCOUNT, fen(100), at(50_000), at(50_000))).await;
    assert_eq!(then.iter().map(|c| c.order).collect::<Vec<_>>(), [order(0).id]);
}

pub(crate) async fn only_holds_that_are_due_are_released(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        for n in 0..4 {
            let release_at = at(300_000 + n * 1000);
            let account = if n == 3 { OTHER_ACCOUNT } else { ACCOUNT };
            assert_eq!(tx.insert_order(&order(n), &Hold { release_at, account, ..hold(n, 100 + n) })?, Yes);
        }
        Ok(())
    })
    .await;
    let released = |account: Option<AccountId>, ms: i64, limit: u32| {
        let store = store.clone();
        async move { write(&store, move |tx| tx.release_due(account, at(ms), limit)).await }
    };
    assert_eq!(released(None, 299_999, 10).await, 0);
    assert_eq!(released(Some(OTHER_ACCOUNT), 302_000, 10).await, 0, "not due yet");
    assert_eq!(released(Some(ACCOUNT), 310_000, 2).await, 2, "as many as were asked for, the oldest first");
    assert_eq!(read(&store, |tx| tx.taken(ACCOUNT, fen(1), fen(200))).await.len(), 1);
    assert_eq!(released(None, 310_000, 10).await, 2);
}

pub(crate) async fn a_released_hold_is_a_fact_of_the_past(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| put_order(tx, 0)).await;
    let closed = Hold { window_ends_at: at(60_000), release_at: at(240_000), ..hold(0, 100) };
    let (first, second) = (closed.clone(), Hold { release_at: at(999_000), ..closed.clone() });
    write(&store, move |tx| tx.update_hold(&first)).await;
    assert_eq!(write(&store, |tx| tx.release_due(None, at(240_000), 10)).await, 1);
    write(&store, move |tx| tx.update_hold(&second)).await;
    assert_eq!(read(&store, |tx| tx.hold(order(0).id)).await, Some(closed));
}

pub(crate) async fn a_client_names_an_order_once_per_site(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let named =
        |n: i64, site: SiteId| Order { client_order_id: Some("client-1".to_owned()), site, ..order(n) };
    let inserted = write(&store, move |tx| {
        Ok([
            tx.insert_order(&named(1, SITE), &hold(1, 101))?,
            tx.insert_order(&named(2, SITE), &hold(2, 102))?,
            tx.insert_order(&named(3, OTHER_SITE), &hold(3, 103))?,
        ])
    })
    .await;
    assert_eq!(inserted, [Yes, Conflict, Yes]);
    let found = read(&store, |tx| tx.order_by_client_id(SITE, "client-1")).await;
    assert_eq!(found.map(|o| o.id), Some(order(1).id));
    assert_eq!(read(&store, |tx| tx.taken(ACCOUNT, fen(102), fen(102))).await, [], "the loser holds nothing");
}

pub(crate) async fn an_order_is_settled_once_until_it_is_undone(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        put_order(tx, 1)?;
        put_receipt(tx, 1)?;
        put_receipt(tx, 2)
    })
    .await;
    let settle = |id: i64, receipt: Option<i64>| {
        let store = store.clone();
        async move { write(&store, move |tx| tx.insert_settlement(&settlement(id, 1, receipt))).await }
    };
    assert_eq!(settle(1, Some(1)).await, Yes);
    assert_eq!(settle(2, Some(2)).await, Conflict);
    assert_eq!(settle(3, None).await, Conflict, "not even by the owner");
    assert_eq!(read(&store, |tx| tx.settlement_of(order(1).id)).await, Some(settlement(1, 1, Some(1))));
    let undo = |id: i64| {
        let store = store.clone();
        async move { write(&store, move |tx| tx.undo_settlement(settlement(id, 1, None).id, at(9))).await }
    };
    assert_eq!((undo(1).await, undo(1).await, undo(77).await), (true, false, false), "once");
    assert_eq!(read(&store, |tx| tx.settlement_of(order(1).id)).await, None);
    assert_eq!(settle(4, Some(2)).await, Yes);
}

pub(crate) async fn the_owners_word_names_one_trade_and_a_receipt_none(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        put_order(tx, 1)?;
        put_order(tx, 2)?;
        put_receipt(tx, 1)?;
        assert_eq!(tx.insert_settlement(&settlement(1, 1, Some(1)))?, Yes);
        assert_eq!(tx.insert_settlement(&settlement(2, 2, None))?, Yes);
        Ok(())
    })
    .await;
    let name = |id: i64, trade: &'static str| {
        let store = store.clone();
        let of = settlement(id, 1, None).id;
        async move { write(&store, move |tx| tx.set_trade_of_word(of, trade)).await }
    };
    assert!(!name(1, "2026").await, "a receipt paid it");
    assert!(name(2, "2026").await);
    assert!(!name(2, "2027").await, "once");
    let kept = read(&store, |tx| tx.settlement_of(order(2).id)).await.and_then(|s| s.gateway_ref);
    assert_eq!(kept.as_deref(), Some("2026"));
}

pub(crate) async fn a_receipt_settles_once_until_it_is_undone(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        put_order(tx, 1)?;
        put_order(tx, 2)?;
        put_receipt(tx, 1)
    })
    .await;
    let settle = |id: i64, order: i64, receipt: Option<i64>| {
        let store = store.clone();
        async move { write(&store, move |tx| tx.insert_settlement(&settlement(id, order, receipt))).await }
    };
    assert_eq!(settle(1, 1, Some(1)).await, Yes);
    assert_eq!(settle(2, 2, Some(1)).await, Conflict);
    assert_eq!(read(&store, |tx| tx.order_of_receipt(receipt(1).id)).await, Some(order(1).id));
    assert!(write(&store, |tx| tx.undo_settlement(settlement(1, 1, None).id, at(9))).await);
    assert_eq!(read(&store, |tx| tx.order_of_receipt(receipt(1).id)).await, None);
    assert_eq!(settle(3, 2, Some(1)).await, Yes);
    assert_eq!(settle(4, 1, None).await, Yes, "settlements without a receipt do not collide with each other");
    write(&store, |tx| put_order(tx, 3)).await;
    assert_eq!(settle(5, 3, None).await, Yes);
}

pub(crate) async fn an_order_has_one_unlock_in_force(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| put_order(tx, 1)).await;
    let give = |id: i64| {
        let store = store.clone();
        async move { write(&store, move |tx| tx.insert_unlock(&unlock(id, 1))).await }
    };
    assert_eq!((give(1).await, give(2).await), (Yes, Conflict));
    assert!(write(&store, |tx| tx.revoke_unlock(unlock(1, 1).id, at(70_000))).await);
    assert!(!write(&store, |tx| tx.revoke_unlock(unlock(1, 1).id, at(80_000))).await, "once");
    assert_eq!(read(&store, |tx| tx.unlock_of(order(1).id)).await, None);
    assert_eq!((give(1).await, give(4).await), (Conflict, Yes), "an id is never given out again");
    let revoked = read(&store, |tx| tx.unlock(unlock(1, 1).id)).await;
    assert_eq!(revoked.and_then(|u| u.revoked_at), Some(at(70_000)));
}

pub(crate) async fn a_notice_is_kept_once(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    assert_eq!(write(&store, |tx| tx.insert_notice(&notice(1))).await, Yes);
    let again = Notice { id: NoticeId::from_raw(2999), raw: "{}".to_owned(), ..notice(1) };
    assert_eq!(write(&store, move |tx| tx.insert_notice(&again)).await, Conflict);
    assert_eq!(read(&store, |tx| tx.notice(NoticeId::from_raw(2999))).await, None);
    assert_eq!(read(&store, |tx| tx.notice(notice(1).id)).await, Some(notice(1)), "as it came first");
}

pub(crate) async fn a_notice_has_one_receipt_and_a_receipt_one_item(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| put_receipt(tx, 1)).await;
    let second = Receipt { id: ReceiptId::from_raw(3999), ..receipt(1) };
    assert_eq!(write(&store, move |tx| tx.insert_receipt(&second)).await, Conflict);
    assert_eq!(write(&store, |tx| tx.insert_inbox(&item(1, Reason::NoCandidate))).await, Yes);
    let second = InboxItem { id: InboxId::from_raw(6999), ..item(1, Reason::SecondReceipt) };
    assert_eq!(write(&store, move |tx| tx.insert_inbox(&second)).await, Conflict);
}

pub(crate) async fn an_order_that_changed_meanwhile_is_not_overwritten(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| put_order(tx, 1)).await;
    let with = |status: OrderStatus, version: i64| Order { status, version, ..order(1) };
    assert!(write(&store, move |tx| tx.update_order(&with(OrderStatus::Expired, 1))).await);
    assert!(!write(&store, move |tx| tx.update_order(&with(OrderStatus::Cancelled, 1))).await);
    assert!(!write(&store, move |tx| tx.update_order(&with(OrderStatus::Cancelled, 3))).await);
    let now = read(&store, |tx| tx.order(order(1).id)).await.unwrap();
    assert_eq!((now.status, now.version), (OrderStatus::Expired, 2));
    assert!(write(&store, move |tx| tx.update_order(&with(OrderStatus::Paid, 2))).await);
    let missing = Order { id: OrderId::from_raw(1), ..order(1) };
    assert!(!write(&store, move |tx| tx.update_order(&missing)).await);
}

pub(crate) async fn a_message_id_stands_for_one_body(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let remember = |id: &'static str, body: i64, ms: i64| {
        let store = store.clone();
        async move { write(&store, move |tx| tx.remember_message(DEVICE, id, &fingerprint(body), at(ms))).await }
    };
    assert_eq!(remember("m1", 1, 0).await, SeenBefore::No);
    assert_eq!(remember("m1", 1, 10).await, SeenBefore::SameBody);
    assert_eq!(remember("m1", 2, 20).await, SeenBefore::OtherBody);
    assert_eq!(remember("m2", 2, 1000).await, SeenBefore::No);
    assert_eq!(
        write(&store, |tx| tx.forget_messages(at(1000), 10)).await,
        1,
        "older than, by when it came first"
    );
    assert_eq!(remember("m1", 3, 2000).await, SeenBefore::No);
    assert_eq!(write(&store, |tx| tx.forget_messages(at(9000), 1)).await, 1, "as many as were asked for");
}

pub(crate) async fn a_pairing_is_used_once(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let pairing = Pairing { accounts: vec![ACCOUNT], expires_at: at(600_000), used_at: None };
    let put = pairing.clone();
    write(&store, move |tx| tx.insert_pairing(&fingerprint(1), &put)).await;
    assert_eq!(read(&store, |tx| tx.pairing(&fingerprint(1))).await, Some(pairing));
    assert!(write(&store, |tx| tx.use_pairing(&fingerprint(1), at(5))).await);
    assert!(!write(&store, |tx| tx.use_pairing(&fingerprint(1), at(6))).await);
    assert_eq!(read(&store, |tx| tx.pairing(&fingerprint(1))).await.and_then(|p| p.used_at), Some(at(5)));
    assert_eq!(read(&store, |tx| tx.pairing(&fingerprint(2))).await, None);
}

pub(crate) async fn an_announcer_has_one_pin(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let key = |profile: i64| PinKey {
        device: DEVICE,
        package: "com.tencent.mm".to_owned(),
        announcer: "微信支付".to_owned(),
        profile,
    };
    let pin = move |profile: i64, id: i64| Pin { key: key(profile), notification_id: id, pinned_at: at(id) };
    let put = |profile: i64, id: i64| {
        let store = store.clone();
        async move { write(&store, move |tx| tx.insert_pin(&pin(profile, id))).await }
    };
    assert_eq!((put(0, 1).await, put(0, 2).await, put(999, 3).await), (Yes, Conflict, Yes));
    assert_eq!(read(&store, move |tx| tx.pin(&key(0))).await, Some(pin(0, 1)));
    assert_eq!(read(&store, |tx| tx.pins(DEVICE)).await, [pin(0, 1), pin(999, 3)]);
    assert_eq!(write(&store, |tx| tx.remove_pins(DEVICE)).await, 2);
    assert_eq!((read(&store, |tx| tx.pins(DEVICE)).await, put(0, 2).await), (vec![], Yes));
}

pub(crate) async fn names_are_taken_once(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let taken = write(&store, |tx| {
        Ok([
            tx.insert_site(&site(SiteId::from_raw(90), "blog"))?,
            tx.insert_product(&product(ProductId::from_raw(91), "tea"), None)?,
            tx.insert_code(&code(CodeId::from_raw(92), None), b"x")?,
            tx.insert_code(&code(CodeId::from_raw(93), Some(100)), b"x")?,
            tx.insert_code(&code(CodeId::from_raw(94), Some(100)), b"x")?,
        ])
    })
    .await;
    assert_eq!(taken, [Conflict, Conflict, Conflict, Yes, Conflict]);
    assert!(write(&store, |tx| tx.remove_code(CODE, at(1))).await);
    assert!(!write(&store, |tx| tx.remove_code(CODE, at(2))).await, "once");
    let after = write(&store, |tx| tx.insert_code(&code(CodeId::from_raw(95), None), b"x")).await;
    assert_eq!(after, Yes, "a code that was removed takes no place");
    let known = read(&store, |tx| Ok((tx.code(CODE)?, tx.code_png(CODE)?, tx.open_code(ACCOUNT)?))).await;
    assert_eq!(known, (Some(code(CODE, None)), Some(b"png".to_vec()), Some(CodeId::from_raw(95))));
    assert_eq!(read(&store, |tx| tx.device(DEVICE)).await, Some(device(DEVICE)));
}
