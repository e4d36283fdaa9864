//! Rows for the promises: one of each kind, made different by a number.

use crate::domain::account::{Account, Code, Distinguish, Remark};
use crate::domain::channel::Channel;
use crate::domain::device::{Device, DeviceClock, DeviceKind, Rhythm};
use crate::domain::hold::Hold;
use crate::domain::id::{
    AccountId, CodeId, DeviceId, InboxId, NoticeId, OrderId, ProductId, ReceiptId, SettlementId, SiteId,
    UnlockId,
};
use crate::domain::money::Fen;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::product::{KeyVersions, Lock, Product, Terms};
use crate::domain::receipt::{
    Arrival, InboxItem, InboxState, Matter, Notice, ReadAs, Reason, Receipt, ReceiptState, Trust,
};
use crate::domain::site::Site;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::unlock::Unlock;
use crate::limits;
use crate::storage::verbs::{Census, Inserted, Settlement, WriteTx};
use crate::storage::{Error, Store};

pub(crate) const ACCOUNT: AccountId = AccountId::from_raw(1);
pub(crate) const OTHER_ACCOUNT: AccountId = AccountId::from_raw(2);
pub(crate) const SITE: SiteId = SiteId::from_raw(3);
pub(crate) const OTHER_SITE: SiteId = SiteId::from_raw(4);
pub(crate) const PRODUCT: ProductId = ProductId::from_raw(5);
pub(crate) const CODE: CodeId = CodeId::from_raw(6);
pub(crate) const DEVICE: DeviceId = DeviceId::from_raw(7);

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_780_000_000_000 + ms)
}

pub(crate) fn fen(n: i64) -> Fen {
    Fen::new(n).unwrap()
}

/// Runs a unit that must succeed.
pub(crate) async fn write<T, F>(store: &Store, unit: F) -> T
where
    F: FnMut(&mut dyn WriteTx) -> Result<T, Error> + Send + 'static,
    T: Send + 'static,
{
    store.write::<T, Error, F>(unit).await.expect("the unit commits")
}

/// Reads what must be readable.
pub(crate) async fn read<T, F>(store: &Store, look: F) -> T
where
    F: FnOnce(&dyn crate::storage::verbs::ReadTx) -> Result<T, Error> + Send + 'static,
    T: Send + 'static,
{
    store.read::<T, Error, F>(look).await.expect("the read works")
}

/// A database with two accounts, two sites, a product, a code and a phone.
pub(crate) async fn furnished(open: &impl Fn() -> Store) -> Store {
    let store = open();
    write(&store, |tx| {
        for id in [ACCOUNT, OTHER_ACCOUNT] {
            tx.insert_account(&account(id))?;
        }
        for (id, slug) in [(SITE, "blog"), (OTHER_SITE, "other")] {
            assert_eq!(tx.insert_site(&site(id, slug))?, Inserted::Yes);
        }
        assert_eq!(tx.insert_product(&product(PRODUCT, "tea"), Some("<p>paid</p>"))?, Inserted::Yes);
        assert_eq!(tx.insert_code(&code(CODE, None), b"png")?, Inserted::Yes);
        tx.insert_device(&device(DEVICE))
    })
    .await;
    store
}

pub(crate) fn account(id: AccountId) -> Account {
    let (name, created_at) = ("mine".to_owned(), at(0));
    Account { id, name, channel: Channel::Wechat, distinguish: Distinguish::Amount, created_at }
}

pub(crate) fn site(id: SiteId, slug: &str) -> Site {
    Site {
        id,
        slug: slug.parse().unwrap(),
        name: "Blog".to_owned(),
        origins: vec!["https://blog.example".parse().unwrap()],
        policy: limits::hold_policy_default(),
        ip_ownership: false,
        seats_max: 5,
        page_pay: false,
        sealing_epoch: 1,
        created_at: at(0),
    }
}

pub(crate) fn product(id: ProductId, slug: &str) -> Product {
    Product {
        id,
        site: SITE,
        slug: slug.parse().unwrap(),
        title: "Tea".to_owned(),
        price: fen(100),
        lock: Lock::Hosted,
        terms: Terms::default(),
        keys: KeyVersions::default(),
        created_at: at(0),
    }
}

pub(crate) fn code(id: CodeId, amount: Option<i64>) -> Code {
    Code {
        id,
        account: ACCOUNT,
        amount: amount.map(fen),
        remark: Remark::none(),
        payload: Some("wxp://f2f0".to_owned()),
        verified: true,
        created_at: at(0),
    }
}

pub(crate) fn device(id: DeviceId) -> Device {
    Device {
        id,
        kind: DeviceKind::Bridge,
        name: "phone".to_owned(),
        model: "model".to_owned(),
        app_version: "1.0".to_owned(),
        accounts: vec![ACCOUNT, OTHER_ACCOUNT],
        paired_at: at(0),
        revoked_at: None,
        last_seen_at: at(0),
        health: None,
        clock: DeviceClock::default().learn(at(-600_000), at(0)),
        rhythm: Rhythm::default().learn(Millis::seconds(60)),
        silent_since: None,
        trust_min: Trust::NoId,
    }
}

/// Order `n`, whose window is open from 0 to 120 s.
pub(crate) fn order(n: i64) -> Order {
    Order {
        id: OrderId::from_raw(1000 + n),
        site: SITE,
        product: PRODUCT,
        status: OrderStatus::Pending,
        price: fen(100),
        list_price: fen(100),
        coupon: None,
        renews: None,
        amount: fen(100),
        channel: Channel::Wechat,
        account: ACCOUNT,
        code: Some(CODE),
        client_order_id: None,
        created_at: at(0),
        expires_at: at(120_000),
        extensions_left: 10,
        late: false,
        paid_at: None,
        version: 1,
        reader: None,
        address: 1,
        owner_address: None,
    }
}

/// The hold of order `n`: `amount` from 0 to 120 s, released at 300 s.
pub(crate) fn hold(n: i64, amount: i64) -> Hold {
    Hold {
        order: OrderId::from_raw(1000 + n),
        account: ACCOUNT,
        amount: fen(amount),
        remark: Remark::none(),
        starts_at: at(0),
        window_ends_at: at(120_000),
        release_at: at(300_000),
    }
}

/// Notice `n`, which came in at `n` seconds.
pub(crate) fn notice(n: i64) -> Notice {
    Notice {
        id: NoticeId::from_raw(2000 + n),
        device: DEVICE,
        fingerprint: fingerprint(n),
        raw: format!(r#"{{ "id":"n{n}", "text":"微信支付收款1.00元" }}"#),
        posted_at: at(n * 1000),
        received_at: at(n * 1000 + 500),
        clock_offset: Millis::new(-7),
        clock_jitter: Millis::new(9),
        read_as: ReadAs::Receipt,
        rule: Some("wechat-code".to_owned()),
    }
}

pub(crate) fn fingerprint(n: i64) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    fingerprint[..8].copy_from_slice(&n.to_be_bytes());
    fingerprint
}

/// The receipt of notice `n`: ¥1.00 that came in at `n` seconds.
pub(crate) fn receipt(n: i64) -> Receipt {
    Receipt {
        id: ReceiptId::from_raw(3000 + n),
        notice: NoticeId::from_raw(2000 + n),
        device: DEVICE,
        account: Some(ACCOUNT),
        channel: Channel::Wechat,
        amount: fen(100),
        payer: Some("阿旺".to_owned()),
        remark: Some("A1".parse().unwrap()),
        announcer: "微信支付".to_owned(),
        rule: "wechat-code".to_owned(),
        trust: Trust::Pinned,
        arrival: Arrival { from: at(n * 1000), to: at(n * 1000 + 9) },
        state: ReceiptState::Inbox,
        echo_of: None,
    }
}

pub(crate) fn settlement(id: i64, order: i64, receipt: Option<i64>) -> Settlement {
    Settlement {
        id: SettlementId::from_raw(4000 + id),
        order: OrderId::from_raw(1000 + order),
        gateway_ref: None,
        receipt: receipt.map(|n| ReceiptId::from_raw(3000 + n)),
        by_owner: receipt.is_none(),
        settled_at: at(60_000),
        before: OrderStatus::Pending,
    }
}

pub(crate) fn unlock(id: i64, order: i64) -> Unlock {
    Unlock {
        id: UnlockId::from_raw(5000 + id),
        order: OrderId::from_raw(1000 + order),
        site: SITE,
        product: PRODUCT,
        issued_at: at(60_000),
        revoked_at: None,
        expires_at: None,
        buyer_out_at: None,
    }
}

/// An open item about notice and receipt `n`.
pub(crate) fn item(n: i64, reason: Reason) -> InboxItem {
    InboxItem {
        id: InboxId::from_raw(6000 + n),
        reason,
        matter: Matter::Notice(NoticeId::from_raw(2000 + n)),
        receipt: Some(ReceiptId::from_raw(3000 + n)),
        state: InboxState::Open,
        order: None,
        note: None,
        created_at: at(n * 1000),
        resolved_at: None,
    }
}

/// Puts in order `n` with a hold of its own amount, `n` fen above ¥1.00.
pub(crate) fn put_order(tx: &mut dyn WriteTx, n: i64) -> Result<(), Error> {
    let inserted = tx.insert_order(&order(n), &hold(n, 100 + n))?;
    assert_eq!(inserted, Inserted::Yes);
    Ok(())
}

/// Puts in notice `n` with its receipt.
pub(crate) fn put_receipt(tx: &mut dyn WriteTx, n: i64) -> Result<(), Error> {
    assert_eq!(tx.insert_notice(&notice(n))?, Inserted::Yes);
    assert_eq!(tx.insert_receipt(&receipt(n))?, Inserted::Yes);
    Ok(())
}

/// How many rows a census found of a kind and state.
pub(crate) fn rows(census: &Census, name: &str) -> i64 {
    let found = census.counts.iter().find(|(key, _)| key == name);
    found.map_or_else(|| panic!("no {name} in {:?}", census.counts), |(_, rows)| *rows)
}
