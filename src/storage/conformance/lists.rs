//! What was written is found again: the right rows, in the right order, as they were.

use super::rows::{
    ACCOUNT, CODE, DEVICE, OTHER_ACCOUNT, OTHER_SITE, PRODUCT, SITE, account, at, code, device, fen,
    fingerprint, furnished, hold, item, notice, order, product, put_order, put_receipt, read, receipt, rows,
    site, write,
};
use crate::domain::account::Remark;
use crate::domain::channel::Channel;
use crate::domain::device::Ear;
use crate::domain::hold::Hold;
use crate::domain::id::{CodeId, DeviceId, InboxId, KeyId, OrderId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::money::Fen;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::receipt::{
    Arrival, InboxItem, InboxState, Matter, Notice, ReadAs, Reason, Receipt, ReceiptState, Trust,
};
use crate::domain::time::Millis;
use crate::storage::verbs::{Inserted, OrderFilter, Page, ReadTx, WriteTx};
use crate::storage::{Error, Store};

const ALL: Page = Page { before: None, limit: 1000 };

/// Follows the cursor through pages of two.
async fn paged<T, F>(store: &Store, list: F, id: impl Fn(&T) -> i64) -> Vec<i64>
where
    F: Fn(&dyn ReadTx, Page) -> crate::storage::verbs::Result<Vec<T>> + Send + Copy + 'static,
    T: Send + 'static,
{
    let mut ids = Vec::new();
    let mut before = None;
    loop {
        let page = Page { before, limit: 2 };
        let rows = read(store, move |tx| list(tx, page)).await;
        let Some(last) = rows.last() else { return ids };
        before = Some(id(last));
        ids.extend(rows.iter().map(&id));
    }
}

pub(crate) async fn lists_are_paged_newest_first(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        for n in [2, 0, 4, 1, 3] {
            put_order(tx, n)?;
            put_receipt(tx, n)?;
            assert_eq!(tx.insert_inbox(&item(n, Reason::NoCandidate))?, Inserted::Yes);
        }
        Ok(())
    })
    .await;
    let newest_first = |base: i64| (0..5).rev().map(|n| base + n).collect::<Vec<i64>>();
    let orders = paged(&store, |tx, page| tx.orders(&OrderFilter::default(), page), |o| o.id.raw()).await;
    assert_eq!(orders, newest_first(1000));
    assert_eq!(
        paged(&store, |tx, page| tx.notices(None, None, page), |n| n.id.raw()).await,
        newest_first(2000)
    );
    assert_eq!(paged(&store, |tx, page| tx.receipts(None, page), |r| r.id.raw()).await, newest_first(3000));
    assert_eq!(paged(&store, |tx, page| tx.inbox(None, page), |i| i.id.raw()).await, newest_first(6000));
    let after = read(&store, |tx| tx.notices_after(ReadAs::Receipt, 2001, 2)).await;
    assert_eq!(after.iter().map(|n| n.id.raw()).collect::<Vec<_>>(), [2002, 2003], "oldest first");
}

pub(crate) async fn filters_leave_out_what_they_should(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        for n in 0..3 {
            put_receipt(tx, n)?;
        }
        put_order(tx, 0)?;
        assert_eq!(tx.insert_order(&Order { site: OTHER_SITE, ..order(1) }, &hold(1, 101))?, Inserted::Yes);
        assert!(tx.update_order(&Order { status: OrderStatus::Paid, ..order(1) })?);
        tx.set_read_as(notice(1).id, ReadAs::Unread, None)?;
        tx.set_receipt_state(receipt(2).id, ReceiptState::Dismissed)?;
        assert_eq!(tx.insert_inbox(&item(0, Reason::TextHidden))?, Inserted::Yes);
        let resolved = InboxItem { state: InboxState::Dismissed, ..item(1, Reason::NoCandidate) };
        assert_eq!(tx.insert_inbox(&resolved)?, Inserted::Yes);
        Ok(())
    })
    .await;
    let orders = |site, status| {
        let (store, filter) = (store.clone(), OrderFilter { site, status });
        async move {
            let found = read(&store, move |tx| tx.orders(&filter, ALL)).await;
            found.iter().map(|o| o.id.raw() - 1000).collect::<Vec<i64>>()
        }
    };
    assert_eq!(orders(Some(SITE), None).await, [0]);
    assert_eq!(orders(None, Some(OrderStatus::Paid)).await, [1]);
    assert_eq!(orders(Some(SITE), Some(OrderStatus::Paid)).await, [] as [i64; 0]);
    let unread = read(&store, |tx| tx.notices(Some(ReadAs::Unread), Some(DEVICE), ALL)).await;
    assert_eq!(unread.iter().map(|n| n.id).collect::<Vec<_>>(), [notice(1).id]);
    let elsewhere = read(&store, |tx| tx.notices(None, Some(DeviceId::from_raw(99)), ALL)).await;
    assert_eq!(elsewhere, []);
    let dismissed = read(&store, |tx| tx.receipts(Some(ReceiptState::Dismissed), ALL)).await;
    assert_eq!(dismissed.iter().map(|r| r.id).collect::<Vec<_>>(), [receipt(2).id]);
    let waiting = read(&store, |tx| tx.inbox(Some(InboxState::Open), ALL)).await;
    assert_eq!(waiting.iter().map(|i| i.id).collect::<Vec<_>>(), [InboxId::from_raw(6000)]);
    let open_items = read(&store, |tx| {
        let open = |reason| tx.open_item(DEVICE, reason).map(|item| item.map(|i| i.id));
        Ok((open(Reason::TextHidden)?, open(Reason::NoCandidate)?, open(Reason::DeviceSilent)?))
    })
    .await;
    assert_eq!(open_items, (Some(InboxId::from_raw(6000)), None, None));
    let silent = InboxItem {
        id: InboxId::from_raw(6500),
        matter: Matter::Device(DEVICE),
        receipt: None,
        ..item(0, Reason::DeviceSilent)
    };
    let told = silent.clone();
    write(&store, move |tx| {
        assert_eq!(tx.insert_inbox(&told)?, Inserted::Yes);
        Ok(())
    })
    .await;
    assert_eq!(read(&store, |tx| tx.open_item(DEVICE, Reason::DeviceSilent)).await, Some(silent));
    let other = DeviceId::from_raw(99);
    assert_eq!(read(&store, move |tx| tx.open_item(other, Reason::DeviceSilent)).await, None);
}

pub(crate) async fn candidates_are_the_holds_that_touch_the_time(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        for n in 0..100 {
            let start = n * 300_000;
            let hold = Hold {
                starts_at: at(start),
                window_ends_at: at(start + 120_000),
                release_at: at(start + 300_000),
                ..hold(n, 100)
            };
            assert_eq!(tx.insert_order(&order(n), &hold)?, Inserted::Yes);
            assert_eq!(tx.release_due(None, at(start + 300_000), 10)?, 1);
        }
        let remark: Remark = "A1".parse().unwrap();
        assert_eq!(tx.insert_order(&order(200), &Hold { remark, ..hold(200, 100) })?, Inserted::Yes);
        Ok(())
    })
    .await;
    let touching = |account, amount: i64, from: i64, to: i64| {
        let store = store.clone();
        async move {
            let found = read(&store, move |tx| tx.candidates(account, fen(amount), at(from), at(to))).await;
            let mut ids: Vec<i64> = found.iter().map(|c| c.order.raw() - 1000).collect();
            ids.sort_unstable();
            ids
        }
    };
    assert_eq!(touching(ACCOUNT, 100, 299_999, 299_999).await, [0, 200]);
    assert_eq!(
        touching(ACCOUNT, 100, 300_000, 300_000).await,
        [1],
        "the end of a hold is the start of the next"
    );
    assert_eq!(touching(ACCOUNT, 100, 599_000, 600_000).await, [1, 2]);
    assert_eq!(touching(ACCOUNT, 100, 900_000, 900_100).await, [3], "however many came since");
    assert_eq!(touching(ACCOUNT, 100, 30_000_000, 30_000_000).await, [] as [i64; 0]);
    assert_eq!(touching(ACCOUNT, 101, 10, 10).await, [] as [i64; 0]);
    assert_eq!(touching(OTHER_ACCOUNT, 100, 10, 10).await, [] as [i64; 0]);
}

pub(crate) async fn the_past_is_found_over_the_edge_of_a_stretch_of_time(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let (bits, zero) = (crate::limits::BUCKET_BITS, at(0).millis());
    let edge = (((zero >> bits) + 1) << bits) - zero;
    // The longest there can be: eleven windows of an hour, paid at the end of a day's rest, and another day's rest.
    let longest = (11 + 24 + 24) * 3_600_000;
    write(&store, move |tx| {
        let held = Hold {
            starts_at: at(edge - 1),
            window_ends_at: at(edge),
            release_at: at(edge - 1 + longest),
            ..hold(0, 100)
        };
        assert_eq!(tx.insert_order(&order(0), &held)?, Inserted::Yes);
        for (n, from) in [(1, edge - 1), (2, edge)] {
            let arrival = Arrival { from: at(from), to: at(from) };
            assert_eq!(tx.insert_notice(&notice(n))?, Inserted::Yes);
            assert_eq!(tx.insert_receipt(&Receipt { arrival, ..receipt(n) })?, Inserted::Yes);
        }
        Ok(())
    })
    .await;
    let last = at(edge - 2 + longest);
    let touching = read(&store, move |tx| tx.candidates(ACCOUNT, fen(100), last, last)).await;
    assert_eq!(touching.iter().map(|c| c.order).collect::<Vec<_>>(), [order(0).id]);
    let near =
        read(&store, move |tx| tx.earlier(Channel::Wechat, fen(100), at(edge - 60_000), at(edge))).await;
    assert_eq!(near.iter().map(|e| e.receipt).collect::<Vec<_>>(), [receipt(1).id, receipt(2).id]);
}

pub(crate) async fn earlier_receipts_are_those_that_could_have_an_echo(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        put_receipt(tx, 10)?;
        for (n, change) in [
            (
                11,
                Receipt {
                    state: ReceiptState::Echo,
                    echo_of: Some(receipt(10).id),
                    announcer: "微信收款助手".to_owned(),
                    ..receipt(11)
                },
            ),
            (12, Receipt { amount: fen(99), ..receipt(12) }),
            (13, Receipt { channel: Channel::Alipay, ..receipt(13) }),
            (14, Receipt { account: None, ..receipt(14) }),
            (70, receipt(70)),
        ] {
            assert_eq!(tx.insert_notice(&notice(n))?, Inserted::Yes);
            assert_eq!(tx.insert_receipt(&change)?, Inserted::Yes);
        }
        assert_eq!(tx.insert_inbox(&item(10, Reason::WrongAnnouncer))?, Inserted::Yes);
        Ok(())
    })
    .await;
    let earlier = read(&store, |tx| tx.earlier(Channel::Wechat, fen(100), at(10_000), at(60_000))).await;
    assert_eq!(earlier.iter().map(|e| e.receipt).collect::<Vec<_>>(), [receipt(10).id, receipt(14).id]);
    assert_eq!(
        earlier[0].echoed_by.iter().map(|v| v.announcer.as_str()).collect::<Vec<_>>(),
        ["微信收款助手"]
    );
    assert_eq!((earlier[0].asked, earlier[1].asked), (Some(Reason::WrongAnnouncer), None));
    assert_eq!(
        (earlier[0].accounts.as_slice(), earlier[0].remark.clone()),
        ([ACCOUNT].as_slice(), receipt(10).remark)
    );
    assert_eq!(earlier[1].accounts, [ACCOUNT, OTHER_ACCOUNT], "all that its phone hears");
    write(&store, |tx| {
        tx.update_inbox(&InboxItem { state: InboxState::Settled, ..item(10, Reason::WrongAnnouncer) })
    })
    .await;
    let earlier = read(&store, |tx| tx.earlier(Channel::Wechat, fen(100), at(10_000), at(10_000))).await;
    assert_eq!(earlier.first().map(|e| e.asked), Some(None), "the owner believed it");
}

pub(crate) async fn what_is_due_is_found(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let due = |ms: i64| {
        let store = store.clone();
        async move { read(&store, move |tx| tx.anything_due(at(ms), at(ms - 1000))).await }
    };
    assert!(!due(1_000_000).await);
    write(&store, |tx| {
        for n in 0..3 {
            let expires_at = at(120_000 - n);
            assert_eq!(tx.insert_order(&Order { expires_at, ..order(n) }, &hold(n, 100 + n))?, Inserted::Yes);
        }
        Ok(())
    })
    .await;
    assert!(!due(119_997).await && due(119_998).await);
    let found = read(&store, |tx| tx.orders_due(at(119_999), 10)).await;
    assert_eq!(found.iter().map(|o| o.id.raw() - 1000).collect::<Vec<_>>(), [2, 1], "oldest first");
    write(&store, |tx| {
        for n in 0..3 {
            assert!(tx.update_order(&Order { status: OrderStatus::Expired, ..order(n) })?);
        }
        Ok(())
    })
    .await;
    assert!(!due(299_999).await && due(300_000).await, "amounts to release");
    assert_eq!(write(&store, |tx| tx.release_due(None, at(300_000), 10)).await, 3);
    assert!(!due(300_000).await);
    write(&store, |tx| tx.remember_message(DEVICE, "m1", &fingerprint(1), at(300_000))).await;
    assert!(!due(301_000).await && due(301_001).await, "message ids to forget");
}

pub(crate) async fn live_orders_are_counted_until_their_window_ends(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        for n in 0..3 {
            let mine = Order { reader: Some(7), address: 8, ..order(n) };
            assert_eq!(tx.insert_order(&mine, &hold(n, 100 + n))?, Inserted::Yes);
        }
        put_order(tx, 3)?;
        assert!(tx.update_order(&Order { status: OrderStatus::Cancelled, ..order(0) })?);
        Ok(())
    })
    .await;
    let live = |ms: i64| {
        let store = store.clone();
        async move {
            let seen =
                read(&store, move |tx| Ok((tx.live_of_reader(7, at(ms))?, tx.live_of_address(8, at(ms))?)));
            let seen = seen.await;
            let unit = move |tx: &mut dyn WriteTx| {
                Ok((tx.live_of_reader(7, at(ms))?, tx.live_of_address(8, at(ms))?))
            };
            assert_eq!(write(&store, unit).await, seen, "a unit counts as a reader does");
            seen
        }
    };
    assert_eq!(live(119_999).await, (2, 2));
    assert_eq!(live(120_000).await, (0, 0), "whether or not a worker wrote it");
    let longer = Order { expires_at: at(200_000), ..order(1) };
    assert!(write(&store, move |tx| tx.update_order(&longer)).await);
    assert_eq!(live(120_000).await, (1, 1));
    write(&store, |tx| {
        let fourth = Order { reader: Some(7), address: 9, expires_at: at(200_000), ..order(4) };
        assert_eq!(tx.insert_order(&fourth, &hold(4, 110))?, Inserted::Yes);
        Ok(())
    })
    .await;
    assert_eq!(live(120_000).await, (2, 1));
    let failed = store.write(|tx| {
        let fifth = Order { reader: Some(7), address: 8, expires_at: at(200_000), ..order(5) };
        assert_eq!(tx.insert_order(&fifth, &hold(5, 111))?, Inserted::Yes);
        assert!(tx.update_order(&Order { status: OrderStatus::Paid, version: 2, ..order(1) })?);
        assert_eq!((tx.live_of_reader(7, at(120_000))?, tx.live_of_address(8, at(120_000))?), (2, 1));
        Err::<(), _>(Error::Busy)
    });
    assert!(failed.await.is_err());
    assert_eq!(live(120_000).await, (2, 1), "what was rolled back is not counted");
    let paid = Order { status: OrderStatus::Paid, version: 2, ..order(1) };
    assert!(write(&store, move |tx| tx.update_order(&paid)).await);
    assert_eq!(live(120_000).await, (1, 0));
}

pub(crate) async fn the_log_is_kept_in_order(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        for (n, act) in (0..).zip([Act::OrderCreated, Act::OrderExtended, Act::OrderPaid]) {
            let subject = Subject::Order(order(n % 2).id);
            let entry = Entry { subject, act, actor: Actor::Device(DEVICE), cause: format!("n={n}") };
            tx.log(9000 + n, at(n), &entry)?;
        }
        Ok(())
    })
    .await;
    let lines = read(&store, |tx| tx.log_of(order(0).id.raw(), 10)).await;
    let told: Vec<(i64, &str, &str)> =
        lines.iter().map(|l| (l.at.since(at(0)).get(), l.act.as_str(), l.cause.as_str())).collect();
    assert_eq!(told, [(0, "order.created", "n=0"), (2, "order.paid", "n=2")]);
    assert!(lines.iter().all(|l| l.actor == "device:dev_7"));
    assert_eq!(read(&store, |tx| tx.log_of(order(0).id.raw(), 1)).await.len(), 1);
}

pub(crate) async fn the_largest_id_is_found_wherever_it_is(open: impl Fn() -> Store) {
    let store = open();
    assert_eq!(read(&store, |tx| tx.largest_id()).await, 0);
    drop(store);
    let store = furnished(&open).await;
    for n in 1..=3_i64 {
        let table = n;
        write(&store, move |tx| match table {
            1 => put_order(tx, 8000),
            2 => put_receipt(tx, 8000),
            _ => {
                let (subject, cause) = (Subject::Order(order(8000).id), String::new());
                tx.log(20_000, at(0), &Entry { subject, act: Act::OrderCreated, actor: Actor::System, cause })
            }
        })
        .await;
        let largest = read(&store, |tx| tx.largest_id()).await;
        assert_eq!(largest, [9000, 11_000, 20_000][usize::try_from(n - 1).unwrap()]);
    }
}

pub(crate) async fn the_census_counts_what_is_there(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    write(&store, |tx| {
        for n in 0..4 {
            put_order(tx, n)?;
            put_receipt(tx, n)?;
        }
        assert!(tx.update_order(&Order { status: OrderStatus::Paid, ..order(0) })?);
        tx.set_receipt_state(receipt(0).id, ReceiptState::Settled)?;
        tx.set_read_as(notice(3).id, ReadAs::Refused, Some("r"))?;
        assert_eq!(tx.release_due(None, at(300_000), 1)?, 1);
        assert_eq!(tx.insert_inbox(&item(2, Reason::NoCandidate))?, Inserted::Yes);
        assert_eq!(tx.insert_inbox(&item(1, Reason::NoCandidate))?, Inserted::Yes);
        assert_eq!(tx.insert_code(&code(CodeId::from_raw(95), Some(101)), b"x")?, Inserted::Yes);
        assert_eq!(tx.insert_code(&code(CodeId::from_raw(96), Some(500)), b"x")?, Inserted::Yes);
        tx.insert_device(&device(DeviceId::from_raw(70)))?;
        tx.update_device(&crate::domain::device::Device {
            revoked_at: Some(at(1)),
            ..device(DeviceId::from_raw(70))
        })
    })
    .await;
    let census = read(&store, |tx| tx.census()).await;
    assert_eq!((census.inbox_open, census.inbox_oldest, census.holds_live), (2, Some(at(1000)), 3));
    assert_eq!((rows(&census, "orders_pending"), rows(&census, "orders_paid")), (3, 1));
    assert_eq!((rows(&census, "receipts_inbox"), rows(&census, "receipts_settled")), (3, 1));
    assert_eq!((rows(&census, "notices_receipt"), rows(&census, "notices_refused")), (3, 1));
    assert_eq!(census.devices, [(DEVICE, at(0), None)], "not the revoked one");
    let of_account = census.amounts.iter().find(|(id, ..)| *id == ACCOUNT);
    assert_eq!(of_account, Some(&(ACCOUNT, Channel::Wechat, 2, 1)), "0.01 above the price is held");
}

pub(crate) async fn everything_reads_back_as_it_was_written(open: impl Fn() -> Store) {
    let store = furnished(&open).await;
    let full = Order {
        client_order_id: Some("client-1".to_owned()),
        reader: Some(-7),
        owner_address: Some(-9),
        extensions_left: 3,
        ..order(1)
    };
    let written = full.clone();
    write(&store, move |tx| {
        assert_eq!(tx.insert_order(&written, &hold(1, 100))?, Inserted::Yes);
        put_receipt(tx, 1)?;
        let resolved = InboxItem {
            state: InboxState::Settled,
            order: Some(written.id),
            note: Some("备注".to_owned()),
            resolved_at: Some(at(77)),
            ..item(1, Reason::PossibleEcho)
        };
        assert_eq!(tx.insert_inbox(&item(1, Reason::PossibleEcho))?, Inserted::Yes);
        tx.update_inbox(&resolved)?;
        tx.set_site_accounts(SITE, &[OTHER_ACCOUNT, ACCOUNT, ACCOUNT])?;
        tx.insert_owner_key(KeyId::from_raw(80), "key", &fingerprint(80), at(0))
    })
    .await;
    assert_eq!(read(&store, |tx| tx.order(OrderId::from_raw(1001))).await, Some(full.clone()));
    let paid = Order {
        status: OrderStatus::Paid,
        paid_at: Some(at(5)),
        late: true,
        expires_at: at(240_000),
        extensions_left: 2,
        ..full
    };
    let update = paid.clone();
    assert!(write(&store, move |tx| tx.update_order(&update)).await);
    assert_eq!(
        read(&store, |tx| tx.order(OrderId::from_raw(1001))).await,
        Some(Order { version: 2, ..paid })
    );
    assert_eq!(
        read(&store, |tx| tx.paid_by_address(PRODUCT, -9)).await.map(|o| o.id),
        Some(OrderId::from_raw(1001))
    );
    assert_eq!(read(&store, |tx| tx.notice(notice(1).id)).await, Some(notice(1)));
    assert_eq!(read(&store, |tx| tx.receipt(receipt(1).id)).await, Some(receipt(1)));
    let item = read(&store, |tx| tx.inbox_item(InboxId::from_raw(6001))).await.unwrap();
    assert_eq!(
        (item.state, item.note.as_deref(), item.resolved_at),
        (InboxState::Settled, Some("备注"), Some(at(77)))
    );
    let changed = crate::domain::device::Device {
        name: "新手机".to_owned(),
        last_seen_at: at(9),
        health: Some(r#"{"battery":7}"#.to_owned()),
        clock: device(DEVICE).clock.learn(at(-1_000_000), at(50_000)),
        rhythm: crate::domain::device::Rhythm::from_gap(Some(Millis::seconds(900))),
        silent_since: Some(at(8)),
        trust_min: Trust::Pinned,
        ..device(DEVICE)
    };
    let update = changed.clone();
    write(&store, move |tx| tx.update_device(&update)).await;
    assert_eq!(read(&store, |tx| tx.device(DEVICE)).await, Some(changed.clone()));
    let hearing = read(&store, |tx| tx.hearing(ACCOUNT)).await;
    assert_eq!(
        hearing,
        [Ear {
            kind: changed.kind,
            last_seen_at: at(9),
            rhythm: changed.rhythm,
            silent_since: changed.silent_since
        }]
    );
    let catalog = read(&store, |tx| {
        Ok((tx.site_by_slug("blog")?, tx.product_by_slug(SITE, "tea")?, tx.account(ACCOUNT)?, tx.code(CODE)?))
    })
    .await;
    let expected = (site(SITE, "blog"), product(PRODUCT, "tea"), account(ACCOUNT), code(CODE, None));
    assert_eq!(catalog, (Some(expected.0), Some(expected.1), Some(expected.2), Some(expected.3)));
    let accounts = read(&store, |tx| tx.site_accounts(SITE)).await;
    assert_eq!(accounts, [account(ACCOUNT), account(OTHER_ACCOUNT)]);
    assert_eq!(read(&store, |tx| tx.owner_key(&fingerprint(80))).await, Some(KeyId::from_raw(80)));
    let origins = read(&store, |tx| {
        Ok((tx.origin_is_known("https://blog.example")?, tx.origin_is_known("https://evil.example")?))
    })
    .await;
    assert_eq!(origins, (true, false));
    let notice: Option<Notice> = read(&store, |tx| tx.notice(crate::domain::id::NoticeId::from_raw(1))).await;
    assert_eq!((notice, Fen::MAX > fen(1)), (None, true));
}
