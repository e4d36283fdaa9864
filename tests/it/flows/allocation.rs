//! Which amount an order gets, on which account, and what happens when none is left (DESIGN section 3).

use futures_util::future::join_all;
use matcha::domain::account::{Distinguish, Remark};
use matcha::domain::channel::Channel;
use matcha::domain::device::Rhythm;
use matcha::domain::order::OrderStatus;
use matcha::domain::time::Millis;
use matcha::flow::catalog::SitePatch;
use matcha::flow::checkout::{self, Outcome, Wish};
use matcha::flow::order;
use matcha::flow::pressure::Effort;
use matcha::flow::{Conflict, Error};
use matcha::limits;

use crate::world::{Announcer, World, created, fen, ms, remark, secs, wish};

const REMARK_RULE: &str = r#"
[[rule]]
name = "my-bank"
kind = "receipt"
channel = "wechat"
package = "cmb.pb"
titles = ["招商银行"]
text = '转入{amount}元，附言：{remark}'
accept = [{ text = "转入5.00元，附言：A17", amount = "5.00", remark = "A17" }]
reject = [{ text = "转出5.00元，附言：A17" }]
"#;

fn silence() -> Millis {
    Rhythm::PATIENCE_DEFAULT.times(5)
}

#[tokio::test]
async fn an_open_code_gives_the_price_and_then_the_nearest_lower_amounts() {
    let (world, account) = World::shop().await;
    world.change_site(SitePatch { max_discount: Some(fen(2)), ..SitePatch::default() }).await;
    for amount in [100, 99, 98] {
        let order = world.order().await;
        assert_eq!((order.amount, order.account, order.price), (fen(amount), account, fen(100)));
    }
    assert!(matches!(world.try_order(wish("tea")).await, Outcome::NoFreeAmount { .. }));
}

#[tokio::test]
async fn a_surcharge_is_taken_only_where_the_owner_allows_it() {
    let (world, _) = World::shop().await;
    let patch = SitePatch { max_discount: Some(fen(1)), max_surcharge: Some(fen(2)), ..SitePatch::default() };
    world.change_site(patch).await;
    let mut amounts = Vec::new();
    while let Outcome::Created(view) = world.try_order(wish("tea")).await {
        amounts.push(view.order.amount.get());
    }
    assert_eq!(amounts, [100, 99, 101, 102]);
}

#[tokio::test]
async fn fixed_codes_give_only_the_amounts_that_have_a_code() {
    let world = World::empty().await;
    let account = world.account(Channel::Wechat, Distinguish::Amount).await;
    for amount in [100, 97, 89] {
        world.code(account, Some(amount), Remark::none()).await;
    }
    world.product("tea", 100).await;
    assert_eq!(world.order().await.amount, fen(100));
    assert_eq!(world.order().await.amount, fen(97));
    let outcome = world.try_order(wish("tea")).await;
    assert!(matches!(outcome, Outcome::NoFreeAmount { .. }), "0.89 is below the band, got {outcome:?}");
}

#[tokio::test]
async fn a_product_without_a_code_in_its_band_is_not_for_sale() {
    let world = World::empty().await;
    world.product("tea", 100).await;
    assert_eq!(world.try_order(wish("tea")).await, Outcome::NotForSale);
    let account = world.account(Channel::Wechat, Distinguish::Amount).await;
    world.code(account, Some(500), Remark::none()).await;
    assert_eq!(world.try_order(wish("tea")).await, Outcome::NotForSale);
}

#[tokio::test]
async fn codes_of_one_amount_are_told_apart_by_their_remarks() {
    let mut world = World::empty().await;
    world.lay_over(REMARK_RULE);
    let account = world.account(Channel::Wechat, Distinguish::Remark).await;
    world.code(account, Some(100), remark("A1")).await;
    world.code(account, Some(100), remark("A2")).await;
    world.product("tea", 100).await;
    let (first, second) = (world.order().await, world.order().await);
    assert_eq!((first.amount, second.amount), (fen(100), fen(100)));
    assert_ne!(first.code, second.code);
    assert!(matches!(world.try_order(wish("tea")).await, Outcome::NoFreeAmount { .. }));
    let phone = world.phone(&[account]).await;
    let notice = serde_json::json!({
        "id": "n1", "package": "cmb.pb", "title": "招商银行", "text": "转入1.00元，附言：A2",
        "posted_at": world.now().to_string(),
    });
    world.send(&phone, &[notice.to_string()]).await;
    assert_eq!(world.find(first.id).await.status, OrderStatus::Pending);
    assert_eq!(world.find(second.id).await.status, OrderStatus::Paid);
}

#[tokio::test]
async fn where_the_announcers_show_no_remark_an_amount_is_held_once_whatever_its_codes_say() {
    let world = World::empty().await;
    let account = world.account(Channel::Wechat, Distinguish::Amount).await;
    world.code(account, Some(100), remark("A1")).await;
    world.code(account, Some(100), remark("A2")).await;
    world.product("tea", 100).await;
    world.order().await;
    assert!(matches!(world.try_order(wish("tea")).await, Outcome::NoFreeAmount { .. }));
}

#[tokio::test]
async fn several_accounts_share_the_exact_price_before_it_gives_way() {
    let (world, first) = World::shop().await;
    let second = world.account(Channel::Wechat, Distinguish::Amount).await;
    world.open_code(second).await;
    let orders = [world.order().await, world.order().await, world.order().await];
    assert_eq!(orders.each_ref().map(|o| o.amount), [fen(100), fen(100), fen(99)]);
    assert!(orders.iter().any(|o| o.account == first) && orders.iter().any(|o| o.account == second));
}

#[tokio::test]
async fn the_reader_chooses_the_wallet() {
    let (world, _) = World::shop().await;
    let alipay = world.account(Channel::Alipay, Distinguish::Amount).await;
    world.open_code(alipay).await;
    let order = created(world.try_order(Wish { channel: Some(Channel::Alipay), ..wish("tea") }).await);
    assert_eq!((order.channel, order.account, order.amount), (Channel::Alipay, alipay, fen(100)));
}

#[tokio::test]
async fn an_account_whose_phones_are_all_silent_is_not_offered() {
    let (world, first) = World::shop().await;
    let second = world.account(Channel::Wechat, Distinguish::Amount).await;
    world.open_code(second).await;
    world.phone(&[first]).await;
    let awake = world.phone(&[second]).await;
    world.wait(silence());
    assert_eq!(world.try_order(wish("tea")).await, Outcome::NoLiveAccount);
    world.beat(&awake).await;
    assert_eq!(world.order().await.account, second);
    assert_eq!((world.order().await.account, world.order().await.account), (second, second));
}

#[tokio::test]
async fn one_phone_awake_is_enough_for_an_account() {
    let (world, account) = World::shop().await;
    world.phone(&[account]).await;
    let awake = world.phone(&[account]).await;
    world.wait(silence());
    world.beat(&awake).await;
    assert_eq!(world.order().await.account, account);
}

#[tokio::test]
async fn an_account_that_is_heard_comes_before_one_without_a_phone() {
    let (world, _) = World::shop().await;
    let heard = world.account(Channel::Wechat, Distinguish::Amount).await;
    world.open_code(heard).await;
    world.phone(&[heard]).await;
    for _ in 0..3 {
        assert_eq!(world.order().await.account, heard);
    }
}

#[tokio::test]
async fn when_all_is_held_the_reader_is_told_when_the_next_amount_comes_free_and_it_does() {
    let (world, _) = World::shop().await;
    world.change_site(SitePatch { max_discount: Some(fen(1)), ..SitePatch::default() }).await;
    let first = world.order().await;
    world.wait(secs(10));
    world.order().await;
    let Outcome::NoFreeAmount { next_free_at } = world.try_order(wish("tea")).await else {
        panic!("both amounts are held")
    };
    assert_eq!(next_free_at, first.expires_at.plus(limits::COOL_DOWN_DEFAULT));
    world.wait(next_free_at.since(world.now().plus(ms(1))));
    assert!(matches!(world.try_order(wish("tea")).await, Outcome::NoFreeAmount { .. }), "a moment too early");
    world.wait(ms(1));
    assert_eq!(world.order().await.amount, first.amount);
}

#[tokio::test]
async fn readers_who_want_the_same_amount_at_once_get_different_ones() {
    let (world, _) = World::shop().await;
    let wishes = (0..11).map(|_| world.try_order(wish("tea")));
    let mut amounts: Vec<i64> = join_all(wishes).await.into_iter().map(|o| created(o).amount.get()).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, (90..=100).collect::<Vec<i64>>());
    assert!(matches!(world.try_order(wish("tea")).await, Outcome::NoFreeAmount { .. }));
}

#[tokio::test]
async fn the_same_client_order_id_is_the_same_order_also_when_it_comes_twice_at_once() {
    let (world, _) = World::shop().await;
    world.product("coffee", 200).await;
    let named = || Wish { client_order_id: Some("client-0001".to_owned()), ..wish("tea") };
    let both = join_all([world.try_order(named()), world.try_order(named())]).await;
    let [Outcome::Created(first), Outcome::Existing(second)] = both.as_slice() else {
        panic!("one order for two requests, got {both:?}")
    };
    assert_eq!(first.order.id, second.order.id);
    let other = checkout::create(&world.app, Wish { product: "coffee".to_owned(), ..named() }).await;
    assert!(matches!(other, Err(Error::Conflict(Conflict::ClientOrderIdReused))));
}

#[tokio::test]
async fn a_reader_or_address_with_many_open_orders_gets_no_more_and_others_do() {
    let (world, _) = World::shop().await;
    let known = || Wish { reader: Some(7), ..wish("tea") };
    created(world.try_order(known()).await);
    created(world.try_order(known()).await);
    let limit = limits::LIVE_ORDERS_PER_READER_MAX;
    assert_eq!(world.try_order(known()).await, Outcome::TooManyOrders { limit });
    created(world.try_order(Wish { reader: Some(8), address: 2, ..wish("tea") }).await);
    let mut crowded = world.app.clone();
    crowded.live_orders_per_address = 2;
    let outcome = checkout::create(&crowded, wish("tea")).await.unwrap();
    assert_eq!(outcome, Outcome::TooManyFromAddress { limit: 2 });
}

#[tokio::test]
async fn an_address_that_abandons_many_orders_must_prove_work() {
    let (world, _) = World::shop().await;
    for _ in 0..=limits::ABANDONED_PER_HOUR_FREE {
        world.app.pressure.abandoned(1, world.now());
    }
    let lazy = || Wish { effort: Effort::None, ..wish("tea") };
    assert_eq!(world.try_order(lazy()).await, Outcome::ProofOfWork);
    created(world.try_order(Wish { address: 2, ..lazy() }).await);
    created(world.try_order(wish("tea")).await);
}

#[tokio::test]
async fn a_stranger_gets_half_of_a_band_for_nothing_more_for_work_and_never_the_last_quarter() {
    let (world, _) = World::shop().await;
    let stranger = |effort| Wish { effort, ..wish("tea") };
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(created(world.try_order(stranger(Effort::None)).await));
    }
    assert_eq!(world.try_order(stranger(Effort::None)).await, Outcome::ProofOfWork);
    for _ in 0..3 {
        orders.push(created(world.try_order(stranger(Effort::Proved)).await));
    }
    let enough = Outcome::TooManyFromAddress { limit: 8 };
    assert_eq!(world.try_order(stranger(Effort::Proved)).await, enough);
    // What he gave up rests, and is his until it is free again.
    for order in &orders {
        order::cancel(&world.app, order.id).await.unwrap();
    }
    assert_eq!(world.try_order(stranger(Effort::Proved)).await, enough);
    created(world.try_order(Wish { address: 2, ..stranger(Effort::None) }).await);
    // A neighbour is asked nothing, until all is taken.
    created(world.try_order(stranger(Effort::NotAsked)).await);
    created(world.try_order(stranger(Effort::NotAsked)).await);
    assert!(matches!(world.try_order(stranger(Effort::NotAsked)).await, Outcome::NoFreeAmount { .. }));
}

#[tokio::test]
async fn what_an_address_paid_for_does_not_count_against_it() {
    let (world, account) = World::shop().await;
    let phone = world.phone(&[account]).await;
    let stranger = || Wish { effort: Effort::None, ..wish("tea") };
    for _ in 0..5 {
        let order = created(world.try_order(stranger()).await);
        world.pay(&phone, Announcer::Wechat, order.amount.get()).await;
        assert_eq!(world.find(order.id).await.status, OrderStatus::Paid);
    }
    created(world.try_order(stranger()).await);
}

#[tokio::test]
async fn a_phone_that_pays_by_the_wallets_words_settles_the_account_of_that_wallet_only() {
    let (world, wechat) = World::shop().await;
    let alipay = world.account(Channel::Alipay, Distinguish::Amount).await;
    world.open_code(alipay).await;
    let phone = world.phone(&[wechat, alipay]).await;
    let by = |channel| Wish { channel: Some(channel), ..wish("tea") };
    let first = created(world.try_order(by(Channel::Wechat)).await);
    let second = created(world.try_order(by(Channel::Alipay)).await);
    assert_eq!(first.amount, second.amount);
    world.pay(&phone, Announcer::Alipay, 100).await;
    assert_eq!(world.find(first.id).await.status, OrderStatus::Pending);
    assert_eq!(world.find(second.id).await.status, OrderStatus::Paid);
}
