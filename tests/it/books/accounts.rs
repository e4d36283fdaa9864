//! Several official accounts: one that cannot be asked, or does not answer, keeps no other waiting.

use std::sync::Arc;
use std::time::Duration;

use matcha::domain::account::Distinguish;
use matcha::domain::channel::Channel;
use matcha::domain::gateway::{RefundState, Trade, Way};
use matcha::domain::id::{AccountId, OrderId};
use matcha::domain::log::Actor;
use matcha::domain::order::{Order, OrderStatus};
use matcha::domain::time::Millis;
use matcha::flow::gateway::refund::{self, Wish};
use matcha::flow::gateway::{trade, transfer, watch};
use matcha::flow::{Conflict, Error, checkout};
use matcha::limits;
use matcha::storage::verbs::{Inserted, Merchant};
use tokio::sync::Notify;

use super::{Shop, write};
use crate::gateway::Fault;
use crate::world::{START, created, wish};

impl Shop {
    /// Another account at the gateway with the same keys.
    async fn second(&self) -> AccountId {
        let second = self.world.account(Channel::AlipayOfficial, Distinguish::Amount).await;
        let secrets = self.app().secrets();
        let keys = secrets.open_merchant(self.merchant, &self.stored.sealed).expect("keys that open");
        let sealed = secrets.seal_merchant(second, &keys, [2; 12]);
        let merchant = Merchant { account: second, sealed, ..self.stored.clone() };
        write(self.app(), move |tx| Ok(tx.set_merchant(&merchant)?)).await;
        second
    }

    /// From now on nothing opens the keys of this account.
    async fn lose_keys(&self, account: AccountId) {
        let updated_at = self.world.now().plus(Millis::seconds(1));
        let merchant = Merchant { account, sealed: vec![7; 40], updated_at, ..self.stored.clone() };
        write(self.app(), move |tx| Ok(tx.set_merchant(&merchant)?)).await;
    }
}

#[tokio::test]
async fn trades_whose_keys_are_lost_keep_no_other_account_waiting() {
    let shop = Shop::open().await;
    let (order, paid) = shop.official_order().await;
    shop.gateway.pay(&paid.number).await.unwrap();
    let lost = shop.second().await;
    shop.lose_keys(lost).await;
    let like = order.clone();
    let ids = shop.app().makers.ids.clone();
    write(shop.app(), move |tx| {
        for n in 0..limits::GATEWAY_QUESTIONS_PER_RUN {
            let id = OrderId::from_raw(ids.next(START));
            let order = Order { id, account: lost, client_order_id: None, ..like.clone() };
            assert_eq!(tx.insert_gateway_order(&order)?, Inserted::Yes);
            let trade = Trade::new(&order, Way::Code, order.expires_at, n, START);
            assert_eq!(tx.insert_trade(&Trade { ask_at: Some(START), ..trade })?, Inserted::Yes);
        }
        Ok(())
    })
    .await;
    shop.pass(10).await;
    for _ in 0..2 {
        trade::run_once(shop.app(), shop.world.now()).await.unwrap();
    }
    assert_eq!(shop.world.find(order.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn without_keys_no_transfer_is_stored() {
    let shop = Shop::that_sends(10_000).await;
    shop.lose_keys(shop.merchant).await;
    let wish = super::transfers::wish("request-1", 1_000);
    let refused = transfer::make(shop.app(), wish, Actor::Console).await;
    assert!(matches!(refused, Err(Error::Conflict(Conflict::KeysLost))), "{refused:?}");
    assert_eq!(shop.all_transfers().await, [], "nothing is sent on another day, nor counted on this one");
}

#[tokio::test]
async fn without_keys_no_refund_is_begun_and_one_that_is_open_waits_for_them() {
    let shop = Shop::open().await;
    let (order, _) = shop.sold().await;
    let (other, _) = shop.sold().await;
    let refund = async |order| refund::refund(shop.app(), order, Wish::default(), Actor::Console).await;
    shop.gateway.fault(Fault::new("alipay.trade.refund", "system_error").times(9)).await.unwrap();
    let open = refund(order.id).await.unwrap();
    assert_eq!(open.state, RefundState::Open);
    shop.gateway.mend().await.unwrap();
    shop.lose_keys(shop.merchant).await;
    let refused = refund(other.id).await;
    assert!(matches!(refused, Err(Error::Conflict(Conflict::KeysLost))), "{refused:?}");
    assert_eq!(
        shop.world.read(move |tx| tx.refunds_of(other.id)).await,
        [],
        "nothing is sent on another day"
    );
    shop.pass(60).await;
    refund::run_once(shop.app(), shop.world.now()).await.unwrap();
    let waits = shop.world.read(move |tx| tx.refunds_of(order.id)).await.pop().unwrap();
    assert_eq!((waits.state, waits.asked), (RefundState::Open, open.asked));
    assert!(waits.ask_at.unwrap() > shop.world.now());
    let found = Merchant { updated_at: shop.world.now(), ..shop.stored.clone() };
    write(shop.app(), move |tx| Ok(tx.set_merchant(&found)?)).await;
    shop.pass(60).await;
    refund::run_once(shop.app(), shop.world.now()).await.unwrap();
    assert_eq!(shop.world.find(order.id).await.status, OrderStatus::Refunded);
}

#[tokio::test]
async fn a_log_that_does_not_answer_keeps_no_other_waiting() {
    let mut shop = Shop::open().await;
    let second = shop.second().await;
    for by in [shop.merchant, second] {
        let personal = shop.world.account(Channel::Alipay, Distinguish::Amount).await;
        shop.world.open_code(personal).await;
        watch::set(shop.app(), personal, Some(by), Actor::Console).await.unwrap();
    }
    for _ in 0..2 {
        let wish = checkout::Wish { channel: Some(Channel::Alipay), ..wish("tea") };
        created(checkout::create(shop.app(), wish).await.unwrap());
    }
    shop.pass(10).await;
    // The first answers when the second has: who waits for the first never comes to the second.
    let (answered, first) = (Arc::new(Notify::new()), shop.merchant);
    let both = Arc::clone(&answered);
    shop.hold(Arc::new(move |account, what| {
        assert_eq!(what, "log");
        let both = Arc::clone(&both);
        Box::pin(async move { if account == first { both.notified().await } else { both.notify_one() } })
    }));
    let look = watch::run_once(shop.app(), shop.world.now());
    let looked = tokio::time::timeout(Duration::from_secs(20), look).await;
    assert_eq!(looked.expect("the second is not kept waiting").unwrap(), 0);
    assert_eq!(shop.calls("alipay.data.bill.accountlog.query").await, 2);
}
