//! The books: what is compared, told, watched and sent is found again, once.

use super::rows::{
    ACCOUNT, CODE, DEVICE, OTHER_ACCOUNT, at, device, fen, furnished, hold, item, notice, order, put_order,
    put_receipt, read, receipt, settlement, write,
};
use crate::domain::books::{Book, BookDay, DayState, Difference, DifferenceKind, Tally};
use crate::domain::channel::Channel;
use crate::domain::device::{Device, DeviceKind};
use crate::domain::gateway::{Refund, RefundState, RefundWay, Trade, TradeState, Way};
use crate::domain::hold::Hold;
use crate::domain::id::{
    AccountId, BookDayId, DeviceId, DifferenceId, InboxId, OrderId, RefundId, TransferId,
};
use crate::domain::order::Order;
use crate::domain::receipt::{InboxItem, Matter, Reason, Receipt, ReceiptState};
use crate::domain::time::Day;
use crate::domain::transfer::{Content, PayeeKind, Transfer, TransferState};
use crate::domain::watch::{Span, Watch};
use crate::storage::verbs::{Inserted, Merchant, Page, Settlement};
use crate::storage::{Error, Store};

const ALL: Page = Page { before: None, limit: 100 };

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn difference(n: i64) -> Difference {
    Difference {
        id: DifferenceId::from_raw(7000 + n),
        account: ACCOUNT,
        day: day("2026-06-01"),
        kind: DifferenceKind::OtherAmount,
        number: format!("m{n}"),
        refund: Some("r1".to_owned()),
        gateway_ref: Some("2026".to_owned()),
        order: Some(OrderId::from_raw(1000)),
        ours: Some(fen(100)),
        theirs: Some(fen(99)),
        detail: "x".to_owned(),
        found_at: at(9),
    }
}

fn transfer(n: i64) -> Transfer {
    Transfer {
        id: TransferId::from_raw(8000 + n),
        account: ACCOUNT,
        request_id: format!("request-{n}"),
        number: format!("t{n}"),
        content: Content {
            payee_kind: PayeeKind::LogonId,
            payee: "a@example.com".to_owned(),
            name: Some("张三".to_owned()),
            amount: fen(100 + n),
            remark: "稿费".to_owned(),
        },
        state: TransferState::Open,
        gateway_ref: None,
        problem: None,
        actor: "console".to_owned(),
        day: day("2026-06-01"),
        requested_at: at(0),
        sent_at: None,
        finished_at: None,
        ask_at: Some(at(n * 1000)),
        asked: 0,
    }
}

/// Order `n` of an official gateway with its trade, which was paid.
fn trade(n: i64) -> (Order, Trade) {
    let order = Order { channel: Channel::AlipayOfficial, code: None, ..order(n) };
    let trade = Trade {
        number: format!("m{n}"),
        order: order.id,
        account: ACCOUNT,
        way: Way::Code,
        amount: order.amount,
        state: TradeState::Paid,
        qr_code: None,
        gateway_ref: Some(format!("2026{n}")),
        created_at: at(0),
        ends_at: at(0),
        ask_at: None,
        asked: 1,
    };
    (order, trade)
}

fn refund(n: i64) -> Refund {
    Refund {
        id: RefundId::from_raw(9000 + n),
        order: OrderId::from_raw(1000 + n),
        request_id: None,
        amount: fen(40),
        way: RefundWay::Gateway,
        state: RefundState::Done,
        number: Some(format!("r{n}")),
        trade: Some(format!("m{n}")),
        reason: String::new(),
        proof: None,
        actor: "console".to_owned(),
        revokes: false,
        problem: None,
        requested_at: at(0),
        finished_at: Some(at(n * 1000)),
        ask_at: None,
        asked: 1,
        sent_at: Some(at(n * 1000)),
    }
}

pub(crate) async fn a_day_is_written_over_and_days_are_listed_newest_first(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let first = BookDay::new(BookDayId::from_raw(1), Book::Bill, ACCOUNT, day("2026-06-01"));
    let done = BookDay {
        state: DayState::Compared,
        asked: 2,
        tally: Tally { payments: 2, paid: fen(200), refunds: 1, returned: fen(40) },
        differences: 3,
        problem: Some("x".to_owned()),
        detail: Some("{}".to_owned()),
        finished_at: Some(at(9)),
        ..first.clone()
    };
    let second = BookDay::new(BookDayId::from_raw(2), Book::Bill, ACCOUNT, day("2026-06-02"));
    let log = BookDay::new(BookDayId::from_raw(3), Book::Log, ACCOUNT, day("2026-06-09"));
    let other = BookDay::new(BookDayId::from_raw(4), Book::Bill, OTHER_ACCOUNT, day("2026-06-09"));
    let rows = [first.clone(), second.clone(), log, other.clone(), done.clone()];
    write(&store, move |tx| rows.iter().try_for_each(|row| tx.set_book_day(row))).await;
    let store = open();
    let last = read(&store, |tx| tx.last_book_day(Book::Bill, ACCOUNT)).await;
    assert_eq!(last, Some(second.clone()));
    let of_one = read(&store, |tx| tx.book_days(Book::Bill, Some(ACCOUNT), ALL)).await;
    assert_eq!(of_one, [second, done]);
    let newest = Page { before: None, limit: 1 };
    assert_eq!(read(&store, move |tx| tx.book_days(Book::Bill, None, newest)).await, [other]);
}

pub(crate) async fn a_difference_is_kept_once_and_has_one_item(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        put_order(tx, 0)?;
        assert_eq!(tx.insert_difference(&difference(1))?, Inserted::Yes);
        let again = Difference { id: DifferenceId::from_raw(7100), ..difference(1) };
        assert_eq!(tx.insert_difference(&again)?, Inserted::Conflict);
        assert_eq!(tx.insert_difference(&difference(2))?, Inserted::Yes);
        let about = |id: i64| InboxItem {
            id: InboxId::from_raw(id),
            matter: Matter::Difference(difference(1).id),
            receipt: None,
            ..item(0, Reason::BillAmount)
        };
        assert_eq!(tx.insert_inbox(&about(6000))?, Inserted::Yes);
        assert_eq!(tx.insert_inbox(&about(6001))?, Inserted::Conflict);
        Ok(())
    })
    .await;
    assert_eq!(read(&store, |tx| tx.differences(None, ALL)).await, [difference(2), difference(1)]);
    assert_eq!(read(&store, |tx| tx.differences(Some(OTHER_ACCOUNT), ALL)).await, []);
    assert_eq!(read(&store, |tx| tx.difference(difference(2).id)).await, Some(difference(2)));
    let found = read(&store, |tx| tx.inbox_item(InboxId::from_raw(6000))).await.unwrap();
    assert_eq!(found.matter, Matter::Difference(difference(1).id));
    let open_about = |account: AccountId, kind| {
        let store = store.clone();
        async move { read(&store, move |tx| tx.open_difference(account, kind)).await }
    };
    assert_eq!(open_about(ACCOUNT, DifferenceKind::OtherAmount).await, Some(InboxId::from_raw(6000)));
    assert_eq!(open_about(ACCOUNT, DifferenceKind::Missing).await, None);
    assert_eq!(open_about(OTHER_ACCOUNT, DifferenceKind::OtherAmount).await, None);
}

pub(crate) async fn what_was_settled_and_in_no_bill_is_found(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        for n in 1..=3 {
            let (order, trade) = trade(n);
            assert_eq!(tx.insert_gateway_order(&order)?, Inserted::Yes);
            assert_eq!(tx.insert_trade(&trade)?, Inserted::Yes);
            let settled = Settlement {
                gateway_ref: trade.gateway_ref,
                by_owner: false,
                settled_at: at(n * 1000),
                ..settlement(n, n, None)
            };
            assert_eq!(tx.insert_settlement(&settled)?, Inserted::Yes);
        }
        assert_eq!(tx.insert_refund(&refund(2))?, Inserted::Yes);
        let by_hand = Refund { way: RefundWay::ByHand, number: None, trade: None, ..refund(3) };
        assert_eq!(tx.insert_refund(&by_hand)?, Inserted::Yes);
        Ok(())
    })
    .await;
    let found = |from: i64, to: i64| {
        let store = store.clone();
        async move {
            let found = read(&store, move |tx| tx.unbilled(ACCOUNT, at(from), at(to), 10)).await;
            found.into_iter().map(|u| (u.number, u.refund, u.amount.get())).collect::<Vec<_>>()
        }
    };
    let paid = |n: i64| (format!("m{n}"), None, 100);
    let back = ("m2".to_owned(), Some("r2".to_owned()), 40);
    assert_eq!(found(0, 10_000).await, [paid(1), paid(2), paid(3), back.clone()]);
    assert_eq!(found(2000, 3000).await, [paid(2), back.clone()], "the end is the next day's");
    assert_eq!(read(&store, |tx| tx.unbilled(OTHER_ACCOUNT, at(0), at(10_000), 10)).await, []);
    write(&store, |tx| {
        assert_eq!(tx.mark_billed(ACCOUNT, "m2", None, day("2026-06-01"))?, Inserted::Yes);
        assert_eq!(tx.mark_billed(ACCOUNT, "m2", None, day("2026-06-02"))?, Inserted::Conflict);
        Ok(())
    })
    .await;
    assert_eq!(found(2000, 3000).await, [back], "its refund is a row of its own");
    write(&store, |tx| tx.mark_billed(ACCOUNT, "m2", Some("r2"), day("2026-06-01")).map(drop)).await;
    assert_eq!(found(2000, 3000).await, []);
    let known = read(&store, |tx| {
        let numbers = ["m1", "r2", "2026"];
        numbers.into_iter().map(|number| tx.is_gateway_number(number)).collect::<Result<Vec<_>, Error>>()
    })
    .await;
    assert_eq!(known, [true, true, false]);
    assert_eq!(read(&store, |tx| tx.refund_of_number("r2")).await, Some(refund(2)));
}

pub(crate) async fn a_log_is_watched_for_one_account(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let watch = |account, device: i64| Watch {
        account,
        merchant: AccountId::from_raw(30),
        device: DeviceId::from_raw(device),
        since: at(0),
        ended_at: None,
        seen_until: at(1),
        ask_at: at(2),
        quiet: 3,
        failing_since: Some(at(4)),
    };
    let (one, two) = (watch(ACCOUNT, 21), watch(OTHER_ACCOUNT, 22));
    let ended = Watch { ended_at: Some(at(9)), ..one.clone() };
    let (first, second, over) = (one.clone(), two.clone(), ended.clone());
    write(&store, move |tx| {
        let official = AccountId::from_raw(30);
        tx.insert_account(&super::rows::account(official))?;
        let (app_id, updated_at) = ("2021".to_owned(), at(0));
        tx.set_merchant(&Merchant {
            account: official,
            app_id,
            seller_id: None,
            sealed: vec![1],
            updated_at,
        })?;
        for id in [21, 22] {
            let kind = DeviceKind::Bill;
            tx.insert_device(&Device { kind, accounts: vec![ACCOUNT], ..device(DeviceId::from_raw(id)) })?;
        }
        assert_eq!(tx.set_watch(&first)?, Inserted::Yes);
        assert_eq!(tx.set_watch(&second)?, Inserted::Conflict);
        Ok(())
    })
    .await;
    assert_eq!(read(&store, |tx| tx.watches()).await, [one]);
    write(&store, move |tx| {
        assert_eq!(tx.set_watch(&over)?, Inserted::Yes);
        assert_eq!(tx.set_watch(&two)?, Inserted::Yes);
        Ok(())
    })
    .await;
    let running = read(&store, |tx| tx.watches()).await;
    assert_eq!(running.iter().map(|w| w.account).collect::<Vec<_>>(), [OTHER_ACCOUNT]);
    assert_eq!(read(&store, |tx| tx.watch(ACCOUNT)).await, Some(ended));
    let merchants = read(&store, |tx| tx.all_merchants()).await;
    assert_eq!(merchants.iter().map(|m| m.account.raw()).collect::<Vec<_>>(), [30]);
}

pub(crate) async fn the_live_holds_of_an_account_are_one_span(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    assert_eq!(read(&store, |tx| tx.holds_span(ACCOUNT)).await, None);
    write(&store, |tx| {
        assert_eq!(tx.insert_order(&order(0), &hold(0, 100))?, Inserted::Yes);
        let later = Hold { starts_at: at(5), release_at: at(900_000), ..hold(1, 101) };
        assert_eq!(tx.insert_order(&order(1), &later)?, Inserted::Yes);
        Ok(())
    })
    .await;
    let span = read(&store, |tx| tx.holds_span(ACCOUNT)).await;
    assert_eq!(span, Some(Span { from: at(0), to: at(900_000) }));
    assert_eq!(read(&store, |tx| tx.holds_span(OTHER_ACCOUNT)).await, None);
    write(&store, |tx| tx.release_due(None, at(300_000), 10).map(drop)).await;
    let span = read(&store, |tx| tx.holds_span(ACCOUNT)).await;
    assert_eq!(span, Some(Span { from: at(5), to: at(900_000) }), "a released one is past");
    assert_eq!(order(0).code, Some(CODE));
}

pub(crate) async fn what_phones_announced_is_each_payment_once(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        let log = DeviceId::from_raw(21);
        tx.insert_device(&Device { kind: DeviceKind::Bill, accounts: vec![ACCOUNT], ..device(log) })?;
        put_receipt(tx, 10)?;
        let echo = |of: i64, n: i64| Receipt {
            state: ReceiptState::Echo,
            echo_of: Some(receipt(of).id),
            announcer: "微信收款助手".to_owned(),
            ..receipt(n)
        };
        for row in [
            echo(10, 11),
            // The log was first, and two phones told of it.
            Receipt { device: log, ..receipt(20) },
            echo(20, 21),
            echo(20, 22),
            // Only the log.
            Receipt { device: log, ..receipt(30) },
            Receipt { account: None, ..receipt(40) },
            Receipt { account: Some(OTHER_ACCOUNT), ..receipt(41) },
            receipt(50),
        ] {
            let n = row.id.raw() - 3000;
            assert_eq!(tx.insert_notice(&notice(n))?, Inserted::Yes);
            assert_eq!(tx.insert_receipt(&row)?, Inserted::Yes);
        }
        Ok(())
    })
    .await;
    let announced =
        read(&store, |tx| tx.announced_by_phones(ACCOUNT, Channel::Wechat, at(10_000), at(50_000))).await;
    let seconds: Vec<i64> = announced.iter().map(|a| a.at.since(at(0)).get() / 1000).collect();
    assert_eq!(seconds, [10, 21, 40], "each by the first phone that told of it");
    assert_eq!(announced[1].receipt, Some(receipt(21).id));
    let known =
        read(&store, |tx| Ok((tx.knows_notice(&notice(10).fingerprint)?, tx.knows_notice(&[9; 32])?)));
    assert_eq!(known.await, (true, false));
    assert_eq!(receipt(10).device, DEVICE);
}

pub(crate) async fn a_request_is_one_transfer_and_counts_until_it_fails(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        for n in 1..=3 {
            assert_eq!(tx.insert_transfer(&transfer(n))?, Inserted::Yes);
        }
        let again = Transfer { id: TransferId::from_raw(8100), number: "t9".to_owned(), ..transfer(1) };
        assert_eq!(tx.insert_transfer(&again)?, Inserted::Conflict);
        let same_number =
            Transfer { id: TransferId::from_raw(8100), request_id: "x".to_owned(), ..transfer(1) };
        assert_eq!(tx.insert_transfer(&same_number)?, Inserted::Conflict);
        Ok(())
    })
    .await;
    assert_eq!(read(&store, |tx| tx.transfer_of_request("request-2")).await, Some(transfer(2)));
    assert_eq!(read(&store, |tx| tx.transferred_on(day("2026-06-01"))).await, fen(306));
    assert_eq!(read(&store, |tx| tx.transferred_on(day("2026-06-02"))).await, fen(0));
    let due = read(&store, |tx| tx.transfers_due(at(2000), 10)).await;
    assert_eq!(due.iter().map(|t| t.id.raw()).collect::<Vec<_>>(), [8001, 8002]);
    let failed = Transfer {
        state: TransferState::Failed,
        problem: Some("PAYEE_NOT_EXIST".to_owned()),
        gateway_ref: Some("2026".to_owned()),
        finished_at: Some(at(9)),
        ask_at: None,
        asked: 4,
        ..transfer(2)
    };
    let row = failed.clone();
    write(&store, move |tx| tx.update_transfer(&row)).await;
    assert_eq!(read(&store, |tx| tx.transfer(transfer(2).id)).await, Some(failed.clone()));
    assert_eq!(read(&store, |tx| tx.transferred_on(day("2026-06-01"))).await, fen(204));
    assert_eq!(read(&store, |tx| tx.transfers(ALL)).await, [transfer(3), failed, transfer(1)]);
    assert!(read(&store, |tx| tx.is_gateway_number("t1")).await);
}
