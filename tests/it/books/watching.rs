//! The log of a personal account as an announcer: alone, beside a phone, in any order, on broken lines.

use matcha::domain::account::Distinguish;
use matcha::domain::books::{Book, DayState, DifferenceKind};
use matcha::domain::channel::Channel;
use matcha::domain::id::{AccountId, OrderId};
use matcha::domain::log::Actor;
use matcha::domain::order::{Order, OrderStatus};
use matcha::domain::receipt::{Reason, Receipt, ReceiptState, Trust};
use matcha::domain::watch::Alone;
use matcha::flow::checkout;
use matcha::flow::gateway::watch;
use matcha::flow::{Conflict, Error, expire};
use serde_json::json;

use super::Shop;
use crate::gateway::Fault;
use crate::world::{Announcer, Phone, created, fen, wish};

const LOG: &str = "alipay.data.bill.accountlog.query";

/// A shop whose personal account is watched by the official one's log.
pub(super) struct Watched {
    pub(super) shop: Shop,
    pub(super) account: AccountId,
}

impl Watched {
    pub(super) async fn open() -> Watched {
        Watched::of(Shop::open().await).await
    }

    async fn of(shop: Shop) -> Watched {
        let account = shop.world.account(Channel::Alipay, Distinguish::Amount).await;
        shop.world.open_code(account).await;
        watch::set(shop.app(), account, Some(shop.merchant), Actor::Console).await.expect("a watch");
        Watched { shop, account }
    }

    pub(super) async fn phone(&self) -> Phone {
        self.shop.world.phone(&[self.account]).await
    }

    /// An order on the personal account.
    async fn order(&self) -> Order {
        let wish = checkout::Wish { channel: Some(Channel::Alipay), ..wish("tea") };
        created(checkout::create(self.shop.app(), wish).await.expect("an order"))
    }

    /// Looks as the worker would; how many rows were new.
    async fn look(&self) -> usize {
        watch::run_once(self.shop.app(), self.shop.world.now()).await.expect("a look")
    }

    async fn status(&self, order: OrderId) -> OrderStatus {
        self.shop.world.find(order).await.status
    }

    /// Bins and announcers of all receipts, oldest first.
    async fn bins(&self) -> Vec<(ReceiptState, String)> {
        self.shop.world.receipts().await.into_iter().map(|r| (r.state, r.announcer)).collect()
    }

    pub(super) async fn report(&self) -> usize {
        watch::report_once(self.shop.app(), self.shop.world.now()).await.expect("a report")
    }

    /// What only one side announced on a day, as (only a phone, only the log).
    async fn alone(&self, day: &str) -> (usize, usize) {
        let day = self.shop.day(Book::Log, day).await;
        let alone: Alone = serde_json::from_str(&day.detail.expect("a report")).expect("JSON");
        (alone.only_phone.len(), alone.only_log.len())
    }
}

fn settled_by(announcer: &str) -> (ReceiptState, String) {
    (ReceiptState::Settled, announcer.to_owned())
}

fn echo_by(announcer: &str) -> (ReceiptState, String) {
    (ReceiptState::Echo, announcer.to_owned())
}

const ROW: &str = "支付宝账单";
const PHONE: &str = "支付宝";

#[tokio::test]
async fn the_log_alone_settles_and_is_asked_only_while_somebody_holds_an_amount() {
    let watched = Watched::open().await;
    let shop = &watched.shop;
    shop.gateway.receipt("88.00", "a friend's").await.unwrap();
    shop.pass(3600).await;
    assert_eq!((watched.look().await, shop.calls(LOG).await), (0, 0), "nobody waits");
    let order = watched.order().await;
    shop.pass(20).await;
    let row = shop.gateway.receipt(&order.amount.to_string(), "收款").await.unwrap();
    shop.pass(4).await;
    assert_eq!(watched.look().await, 1, "what came in before is the owner's own business");
    let paid = shop.world.find(order.id).await;
    assert_eq!((paid.status, paid.late), (OrderStatus::Paid, false));
    let receipts: Vec<Receipt> = shop.world.receipts().await;
    let [receipt] = receipts.as_slice() else { panic!("{receipts:?}") };
    assert_eq!((receipt.trust, receipt.account), (Trust::Pinned, Some(watched.account)));
    let notice = receipt.notice;
    let raw = shop.world.read(move |tx| tx.notice(notice)).await.unwrap().raw;
    assert!(raw.contains(row["account_log_id"].as_str().unwrap()), "its number is the evidence: {raw}");
    let settlement = shop.world.read(move |tx| tx.settlement_of(paid.id)).await.unwrap();
    assert_eq!(settlement.receipt, Some(receipt.id));
    let calls = shop.calls(LOG).await;
    assert_eq!((watched.look().await, shop.calls(LOG).await), (0, calls), "there is a pause");
    shop.pass(30).await;
    assert_eq!((watched.look().await, shop.calls(LOG).await), (0, calls + 1), "the same row is one notice");
    shop.pass(600).await;
    expire::run_once(shop.app(), shop.world.now()).await.unwrap();
    watched.look().await;
    assert_eq!(shop.calls(LOG).await, calls + 1, "the cool-down is over");
    assert_eq!(shop.world.inbox().await, []);
}

#[tokio::test]
async fn phone_and_log_are_one_receipt_with_an_echo_in_either_order() {
    for log_first in [true, false] {
        let watched = Watched::open().await;
        let (shop, phone) = (&watched.shop, watched.phone().await);
        let order = watched.order().await;
        shop.pass(20).await;
        let notice = shop.world.notice(&phone, Announcer::Alipay, order.amount.get());
        shop.gateway.receipt(&order.amount.to_string(), "收款").await.unwrap();
        if log_first {
            shop.pass(4).await;
            assert_eq!(watched.look().await, 1);
            // The phone was offline: however late, it speaks of the money of then.
            shop.pass(3600).await;
            shop.world.beat(&phone).await;
            shop.world.send(&phone, &[notice]).await;
            assert_eq!(watched.bins().await, [settled_by(ROW), echo_by(PHONE)]);
        } else {
            shop.world.send(&phone, &[notice]).await;
            shop.pass(4).await;
            assert_eq!(watched.look().await, 1);
            assert_eq!(watched.bins().await, [settled_by(PHONE), echo_by(ROW)]);
        }
        assert_eq!(watched.status(order.id).await, OrderStatus::Paid);
        assert_eq!(shop.world.inbox().await, [], "log first: {log_first}");
    }
}

#[tokio::test]
async fn two_payments_of_one_amount_are_two_receipts_for_both_voices() {
    let watched = Watched::open().await;
    let (shop, phone) = (&watched.shop, watched.phone().await);
    let order = watched.order().await;
    let amount = order.amount.to_string();
    for _ in 0..2 {
        shop.pass(10).await;
        shop.gateway.receipt(&amount, "收款").await.unwrap();
        shop.world.pay(&phone, Announcer::Alipay, order.amount.get()).await;
    }
    shop.pass(4).await;
    assert_eq!(watched.look().await, 2);
    let states: Vec<ReceiptState> = watched.bins().await.into_iter().map(|(state, _)| state).collect();
    let (settled, inbox, echo) = (ReceiptState::Settled, ReceiptState::Inbox, ReceiptState::Echo);
    assert_eq!(states, [settled, inbox, echo, echo]);
    assert_eq!(shop.world.reasons().await, [Reason::SecondReceipt]);
}

#[tokio::test]
async fn a_wrong_amount_goes_to_the_inbox_and_an_official_trade_is_no_receipt() {
    let watched = Watched::open().await;
    let shop = &watched.shop;
    let order = watched.order().await;
    shop.pass(5).await;
    // The same wallet sells by its official account too: that money has a trade of its own and pays nobody else's order.
    let (sold, _) = shop.sold().await;
    assert_eq!(sold.amount, order.amount);
    shop.pass(4).await;
    assert_eq!(watched.look().await, 0);
    assert_eq!(watched.status(order.id).await, OrderStatus::Pending);
    shop.gateway.receipt("0.37", "收款").await.unwrap();
    shop.pass(8).await;
    assert_eq!(watched.look().await, 1);
    assert_eq!(shop.world.reasons().await, [Reason::NoCandidate]);
    assert_eq!(watched.status(order.id).await, OrderStatus::Pending);
}

#[tokio::test]
async fn all_pages_are_read_and_an_answer_that_breaks_off_is_read_again() {
    let watched = Watched::open().await;
    let shop = &watched.shop;
    let order = watched.order().await;
    shop.pass(5).await;
    for amount in ["3.01", "3.02", "3.03", "3.04"] {
        shop.gateway.receipt(amount, "x").await.unwrap();
    }
    shop.gateway.receipt(&order.amount.to_string(), "收款").await.unwrap();
    shop.pass(4).await;
    let broken = Fault::new(LOG, "bad_signature").times(9).with("where", json!({ "page_no": "2" }));
    shop.gateway.fault(broken).await.unwrap();
    let now = shop.world.now();
    watch::look_with(shop.app(), 2, now).await.unwrap();
    assert_eq!(shop.world.receipts().await.len(), 2, "the first page is kept");
    assert_eq!(watched.status(order.id).await, OrderStatus::Pending);
    shop.gateway.mend().await.unwrap();
    shop.pass(30).await;
    watch::look_with(shop.app(), 2, shop.world.now()).await.unwrap();
    assert_eq!(shop.world.receipts().await.len(), 5, "each row once");
    assert_eq!(watched.status(order.id).await, OrderStatus::Paid);
}

#[tokio::test]
async fn a_log_that_does_not_answer_is_told_and_readers_are_not_sent_to_it() {
    let mut watched = Watched::open().await;
    let order = watched.order().await;
    watched.shop.gateway.fault(Fault::new(LOG, "bad_signature").times(999)).await.unwrap();
    for _ in 0..8 {
        watched.shop.pass(20).await;
        watched.look().await;
    }
    let shop = &watched.shop;
    assert_eq!(shop.world.reasons().await, [Reason::DeviceSilent]);
    let again = checkout::Wish { channel: Some(Channel::Alipay), ..wish("tea") };
    let instead = created(checkout::create(shop.app(), again.clone()).await.unwrap());
    assert_eq!(instead.channel, Channel::AlipayOfficial, "there is another way to pay with that wallet");
    shop.gateway.receipt(&order.amount.to_string(), "收款").await.unwrap();
    shop.gateway.mend().await.unwrap();
    watched.shop.restart().await;
    watched.shop.pass(60).await;
    assert_eq!(watched.look().await, 1, "what came in meanwhile is found");
    let shop = &watched.shop;
    assert_eq!(shop.world.inbox().await, [], "the item closed by itself");
    let paid = shop.world.find(order.id).await;
    assert_eq!((paid.status, paid.late), (OrderStatus::Paid, true), "it came in after the window");
    assert_eq!(created(checkout::create(shop.app(), again).await.unwrap()).channel, Channel::Alipay);
}

#[tokio::test]
async fn a_row_that_appears_after_the_last_look_settles_with_the_daily_report() {
    let watched = Watched::of(Shop::open_with(json!({ "bill_delay_s": 7200 })).await).await;
    let shop = &watched.shop;
    let order = watched.order().await;
    shop.pass(20).await;
    shop.gateway.receipt(&order.amount.to_string(), "收款").await.unwrap();
    for _ in 0..30 {
        shop.pass(20).await;
        watched.look().await;
        expire::run_once(shop.app(), shop.world.now()).await.unwrap();
    }
    assert_eq!(watched.status(order.id).await, OrderStatus::Expired);
    shop.at("2026-06-02 09:30:00").await;
    assert_eq!(watched.report().await, 1);
    let paid = shop.world.find(order.id).await;
    assert_eq!((paid.status, paid.late), (OrderStatus::Paid, false), "by when it came in (M6)");
    assert_eq!(watched.report().await, 0, "once");
    assert_eq!(shop.world.inbox().await, [], "there is no phone to compare with");
}

#[tokio::test]
async fn the_daily_report_says_what_only_one_of_them_announced() {
    let mut watched = Watched::open().await;
    let phone = watched.phone().await;
    let order = watched.order().await;
    watched.shop.pass(20).await;
    watched.shop.gateway.receipt(&order.amount.to_string(), "收款").await.unwrap();
    watched.shop.world.pay(&phone, Announcer::Alipay, order.amount.get()).await;
    watched.shop.pass(4).await;
    watched.look().await;
    // Hours later: the phone missed one, and announces one that never came in.
    watched.shop.pass(7200).await;
    watched.shop.gateway.receipt("6.66", "收款").await.unwrap();
    watched.shop.pass(7200).await;
    watched.shop.world.pay(&phone, Announcer::Alipay, 777).await;
    watched.shop.at("2026-06-02 09:29:00").await;
    assert_eq!(watched.report().await, 0, "not before the morning");
    watched.shop.gateway.fault(Fault::new(LOG, "bad_signature").times(3)).await.unwrap();
    watched.shop.at("2026-06-02 09:30:00").await;
    assert_eq!(watched.report().await, 0, "no answer");
    assert_eq!(watched.shop.day(Book::Log, "2026-06-01").await.state, DayState::Waiting);
    watched.shop.gateway.mend().await.unwrap();
    watched.shop.restart().await;
    watched.shop.pass(1800).await;
    assert_eq!(watched.report().await, 1);
    let day = watched.shop.day(Book::Log, "2026-06-01").await;
    assert_eq!((day.tally.payments, day.tally.paid), (1, order.amount));
    assert_eq!(day.differences, 2);
    assert_eq!(watched.alone("2026-06-01").await, (1, 1));
    let kinds: Vec<_> = watched.shop.differences().await.into_iter().map(|d| d.kind).collect();
    assert_eq!(kinds, [DifferenceKind::Announcers]);
    assert!(watched.shop.world.reasons().await.contains(&Reason::AnnouncersDiffer));
    assert_eq!(watched.report().await, 0, "once");
}

#[tokio::test]
async fn a_watch_is_for_one_personal_account_and_ends_when_the_owner_says_so() {
    let watched = Watched::open().await;
    let shop = &watched.shop;
    let (app, merchant) = (shop.app(), shop.merchant);
    let other = shop.world.account(Channel::Alipay, Distinguish::Amount).await;
    let taken = watch::set(app, other, Some(merchant), Actor::Console).await;
    assert!(matches!(taken, Err(Error::Conflict(Conflict::LogWatched))), "{taken:?}");
    let devices = shop.world.read(|tx| tx.devices()).await;
    assert_eq!(devices.len(), 1, "what was refused left nothing");
    let wechat = shop.world.account(Channel::Wechat, Distinguish::Amount).await;
    let wrong = watch::set(app, wechat, Some(merchant), Actor::Console).await;
    assert!(matches!(wrong, Err(Error::Invalid { field: "account", .. })), "{wrong:?}");
    watch::set(app, watched.account, None, Actor::Console).await.unwrap();
    let order = watched.order().await;
    shop.pass(20).await;
    shop.gateway.receipt(&order.amount.to_string(), "收款").await.unwrap();
    shop.pass(4).await;
    assert_eq!((watched.look().await, shop.calls(LOG).await), (0, 0));
    let again = watch::set(app, watched.account, Some(merchant), Actor::Console).await.unwrap().unwrap();
    assert_eq!(again.device, devices[0].id, "it is the same voice");
    assert_eq!(watched.look().await, 0, "not what came in while nobody watched");
    assert_eq!(watched.status(order.id).await, OrderStatus::Pending);
    assert_eq!(order.amount, fen(100));
}
