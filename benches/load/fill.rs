//! Fills a database with a past: orders as they lie there after a year, through the verbs the server itself uses.

use std::path::Path;
use std::time::Duration;

use matcha::clock::Clock;
use matcha::domain::account::Remark;
use matcha::domain::channel::Channel;
use matcha::domain::hold::Hold;
use matcha::domain::id::{NoticeId, OrderId, ReceiptId, SettlementId, UnlockId};
use matcha::domain::log::{Act, Actor, Entry, Subject};
use matcha::domain::money::Fen;
use matcha::domain::order::{Order, OrderStatus};
use matcha::domain::receipt::{Arrival, Notice, ReadAs, Receipt, ReceiptState, Trust};
use matcha::domain::time::{Millis, Timestamp};
use matcha::domain::unlock::Unlock;
use matcha::rng::Ids;
use matcha::secrets::sha256;
use matcha::storage::Error;
use matcha::storage::verbs::{Inserted, Settlement, WriteTx};
use rusqlite::{Connection, OpenFlags};

use crate::shop::{BAND, Shop, fen, open};

/// Orders in one unit of work.
const STEP: usize = 1000;
/// The past ends so long ago that nothing of it is under way any more.
const AGO: Millis = Millis::seconds(24 * 3600);
const WINDOW: Millis = Millis::seconds(120);
/// Makes of neighbouring numbers some that lie far apart, as hashes do.
const SPREAD: i64 = 0x09e3_779b_97f4_a7c1;
const REST: Millis = Millis::seconds(300);

/// Adds the orders `from..to` of a past of `whole` orders.
pub async fn fill(data: &Path, shop: &Shop, from: usize, to: usize, progress: impl Fn(usize)) {
    let app = open(data).await;
    let (ids, store) = (Ids::new(2), app.store.clone());
    drop(app);
    let mut at = from;
    while at < to {
        let end = (at + STEP).min(to);
        let (shop, ids) = (shop.clone(), ids.clone());
        let now = Clock::System.now();
        let done = store.write(move |tx| {
            for n in at..end {
                Past { shop: &shop, ids: &ids, n, at: time_of(n, now) }.write(tx)?;
            }
            tx.release_due(None, now, u32::try_from(STEP).unwrap_or(u32::MAX))
        });
        let released = done.await.expect("a past");
        assert_eq!(released, end - at, "nothing of the past is held");
        at = end;
        progress(at);
    }
    drop(store);
    fold(data).await;
}

/// Waits until the filling connection has folded its log into the database and is gone.
async fn fold(data: &Path) {
    let conn = Connection::open_with_flags(data.join("matcha.db"), OpenFlags::SQLITE_OPEN_READ_WRITE);
    let conn = conn.expect("the database");
    let busy = || conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    while busy().expect("a checkpoint") != 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Twelve seconds between two orders, so that a million of them lasts for 140 days.
fn time_of(n: usize, now: Timestamp) -> Timestamp {
    let back = 12_000 * (1_000_000 - i64::try_from(n.min(1_000_000)).unwrap_or(0));
    now.minus(AGO).minus(Millis::new(back))
}

/// One order of the past.
struct Past<'p> {
    shop: &'p Shop,
    ids: &'p Ids,
    n: usize,
    at: Timestamp,
}

impl Past<'_> {
    /// Six of ten were paid, three expired, one was given up.
    fn status(&self) -> OrderStatus {
        match self.n % 10 {
            0..6 => OrderStatus::Paid,
            6..9 => OrderStatus::Expired,
            _ => OrderStatus::Cancelled,
        }
    }

    fn next(&self, after_s: i64) -> i64 {
        self.ids.next(self.at.plus(Millis::seconds(after_s)))
    }

    fn write(&self, tx: &mut dyn WriteTx) -> Result<(), Error> {
        let paid_at = self.at.plus(Millis::seconds(20));
        let status = self.status();
        let paid = status == OrderStatus::Paid;
        let products = &self.shop.products;
        let (product, price) = products.get(self.n % products.len()).expect("an article");
        let amount = price.checked_sub(fen(self.n / products.len() % BAND)).expect("above zero");
        let id = OrderId::from_raw(self.next(0));
        let order = Order {
            id,
            site: self.shop.site,
            product: *product,
            status,
            price: *price,
            list_price: *price,
            coupon: None,
            renews: None,
            amount,
            channel: Channel::Wechat,
            account: self.shop.account,
            code: Some(self.shop.code),
            client_order_id: Some(format!(
                "0190a5c2-6aaa-7000-past-{:012x}",
                self.n.wrapping_mul(0x9e37_79b9_7f4a)
            )),
            created_at: self.at,
            expires_at: self.at.plus(WINDOW),
            extensions_left: 10,
            late: false,
            paid_at: paid.then_some(paid_at),
            version: 2,
            reader: Some(i64::try_from(self.n).unwrap_or(0).wrapping_mul(SPREAD)),
            address: i64::try_from(self.n / 2).unwrap_or(0).wrapping_mul(SPREAD),
            owner_address: None,
        };
        let hold = Hold {
            order: id,
            account: self.shop.account,
            amount,
            remark: Remark::none(),
            starts_at: self.at,
            window_ends_at: self.at.plus(WINDOW),
            release_at: self.at.plus(REST),
        };
        must(tx.insert_order(&order, &hold)?);
        let subject = Subject::Order(id);
        let cause = format!("amount={amount} account={}", self.shop.account);
        tx.log(
            self.next(0),
            self.at,
            &Entry { subject, act: Act::OrderCreated, actor: Actor::Reader, cause },
        )?;
        if paid {
            return self.pay(tx, &order, amount, paid_at);
        }
        let (act, actor) = match status {
            OrderStatus::Cancelled => (Act::OrderCancelled, Actor::Reader),
            OrderStatus::Expired | OrderStatus::Pending | OrderStatus::Paid | OrderStatus::Refunded => {
                (Act::OrderExpired, Actor::System)
            }
        };
        tx.log(self.next(120), order.expires_at, &Entry { subject, act, actor, cause: String::new() })
    }

    fn pay(&self, tx: &mut dyn WriteTx, order: &Order, amount: Fen, at: Timestamp) -> Result<(), Error> {
        let notice = Notice {
            id: NoticeId::from_raw(self.next(20)),
            device: self.shop.device,
            fingerprint: sha256(&order.id.raw().to_be_bytes()),
            raw: format!(
                r#"{{"id":"{}","package":"com.tencent.mm","title":"微信支付","text":"微信支付收款{amount}元(朋友到店)","big_text":null,"ticker":"微信支付: 微信支付收款{amount}元(朋友到店)","posted_at":"{at}","when":"{at}","notification_id":-656511598,"key":"0|com.tencent.mm|-656511598|null|10123","tag":null,"channel_id":"message_channel_new_id","user":0,"ongoing":false,"group_summary":false,"recovered":false}}"#,
                order.id.raw()
            ),
            posted_at: at,
            received_at: at.plus(Millis::new(300)),
            clock_offset: Millis::new(40),
            clock_jitter: Millis::new(120),
            read_as: ReadAs::Receipt,
            rule: Some("wechat-code".to_owned()),
        };
        must(tx.insert_notice(&notice)?);
        let receipt = Receipt {
            id: ReceiptId::from_raw(self.next(20)),
            notice: notice.id,
            device: self.shop.device,
            account: Some(self.shop.account),
            channel: Channel::Wechat,
            amount,
            payer: None,
            remark: None,
            announcer: "微信支付".to_owned(),
            rule: "wechat-code".to_owned(),
            trust: Trust::Unpinned,
            arrival: Arrival { from: at, to: at.plus(Millis::new(160)) },
            state: ReceiptState::Settled,
            echo_of: None,
        };
        must(tx.insert_receipt(&receipt)?);
        let settlement = Settlement {
            id: SettlementId::from_raw(self.next(20)),
            order: order.id,
            receipt: Some(receipt.id),
            gateway_ref: None,
            by_owner: false,
            settled_at: at,
            before: OrderStatus::Pending,
        };
        must(tx.insert_settlement(&settlement)?);
        let unlock = Unlock {
            id: UnlockId::from_raw(self.next(20)),
            order: order.id,
            site: order.site,
            product: order.product,
            issued_at: at,
            revoked_at: None,
            expires_at: None,
            buyer_out_at: None,
        };
        must(tx.insert_unlock(&unlock)?);
        let (subject, actor) = (Subject::Order(order.id), Actor::Device(self.shop.device));
        let cause = format!("receipt={} late=false", receipt.id);
        tx.log(self.next(20), at, &Entry { subject, act: Act::OrderPaid, actor, cause })
    }
}

fn must(inserted: Inserted) {
    assert_eq!(inserted, Inserted::Yes, "the past holds nothing twice");
}
