//! Holds and settlements against a model that fits on a page: whatever is done, in whatever order, both tell the same.
//!
//! One account, one phone whose clock is right, one announcer (who never echoes himself): what is left is the arithmetic
//! of windows, rests and matches. A failing sequence shrinks to a short one.

use std::collections::HashSet;

use matcha::domain::id::{InboxId, OrderId};
use matcha::domain::log::Actor;
use matcha::domain::order::OrderStatus;
use matcha::domain::receipt::{InboxState, ReceiptState};
use matcha::domain::time::{Millis, Timestamp};
use matcha::flow::catalog::SitePatch;
use matcha::flow::checkout::Outcome;
use matcha::flow::gateway::refund::{Wish, refund};
use matcha::flow::{expire, inbox, order};
use matcha::storage::verbs::{OrderFilter, Page};
use proptest::prelude::*;

use crate::world::{Announcer, Phone, START, World, fen, secs, wish};

const WINDOW: i64 = 120_000;
const REST: i64 = 60_000;
const PRICE: i64 = 100;
const LOWEST: i64 = 98;
const OWNER: Actor = Actor::Console;

/// What somebody does. An index counts from the newest, around the end.
#[derive(Clone, Debug)]
enum Command {
    Wait(i64),
    Order,
    Extend(usize),
    Cancel(usize),
    Work,
    /// News of money: of which amount, and how long ago it came in.
    Receipt(i64, i64),
    OwnerSettles(usize, usize),
    OwnerDismisses(usize),
    OwnerUndoes(usize),
    OwnerRefunds(usize),
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => (1_i64..200_000).prop_map(Command::Wait),
        // The moments at which something ends.
        2 => prop_oneof![Just(WINDOW), Just(REST), Just(WINDOW + REST), Just(1)].prop_map(Command::Wait),
        5 => Just(Command::Order),
        2 => (0_usize..4).prop_map(Command::Extend),
        2 => (0_usize..4).prop_map(Command::Cancel),
        2 => Just(Command::Work),
        6 => (LOWEST - 1..=PRICE + 1, prop_oneof![Just(0), 0_i64..400_000]).prop_map(|(a, t)| Command::Receipt(a, t)),
        1 => (0_usize..3, 0_usize..4).prop_map(|(i, o)| Command::OwnerSettles(i, o)),
        1 => (0_usize..3).prop_map(Command::OwnerDismisses),
        1 => (0_usize..3).prop_map(Command::OwnerUndoes),
        1 => (0_usize..4).prop_map(Command::OwnerRefunds),
    ]
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Deal {
    amount: i64,
    starts: i64,
    window: i64,
    release: i64,
    expires: i64,
    extensions: u8,
    status: OrderStatus,
    late: bool,
}

impl Deal {
    fn is_open(&self, now: i64) -> bool {
        self.status == OrderStatus::Pending && now < self.expires
    }

    fn close(&mut self, now: i64) {
        if now < self.release {
            self.window = self.window.min(now);
            self.release = now + REST;
        }
    }
}

/// An item of the inbox: when its money came in, and what the owner did.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Item {
    arrived: i64,
    state: InboxState,
    order: Option<usize>,
    before: OrderStatus,
}

/// The page.
#[derive(Default)]
struct Model {
    deals: Vec<Deal>,
    items: Vec<Item>,
    known: HashSet<(i64, i64)>,
    settled: usize,
}

impl Model {
    fn order(&mut self, now: i64) -> Result<i64, i64> {
        let held = |amount: &i64| self.deals.iter().find(|d| d.amount == *amount && now < d.release);
        match (LOWEST..=PRICE).rev().find(|amount| held(amount).is_none()) {
            Some(amount) => {
                let (window, release) = (now + WINDOW, now + WINDOW + REST);
                let status = OrderStatus::Pending;
                let deal = Deal {
                    amount,
                    starts: now,
                    window,
                    release,
                    expires: window,
                    extensions: 10,
                    status,
                    late: false,
                };
                self.deals.push(deal);
                Ok(amount)
            }
            None => Err((LOWEST..=PRICE).filter_map(|a| held(&a).map(|d| d.release)).min().unwrap()),
        }
    }

    fn pay(&mut self, deal: usize, now: i64, late: bool) {
        let deal = &mut self.deals[deal];
        deal.close(now);
        (deal.status, deal.late) = (OrderStatus::Paid, late);
    }

    fn receipt(&mut self, amount: i64, arrived: i64, now: i64) {
        if !self.known.insert((amount, arrived)) {
            return;
        }
        let holds = |d: &Deal| d.amount == amount && d.starts <= arrived && arrived < d.release;
        match self.deals.iter().position(holds) {
            Some(deal) if self.deals[deal].status.is_payable() => {
                let late = arrived >= self.deals[deal].window;
                self.pay(deal, now, late);
                self.settled += 1;
            }
            Some(_) | None => {
                let before = OrderStatus::Pending;
                self.items.push(Item { arrived, state: InboxState::Open, order: None, before });
            }
        }
    }

    fn work(&mut self, now: i64) {
        for deal in &mut self.deals {
            if deal.status == OrderStatus::Pending && now >= deal.expires {
                deal.status = OrderStatus::Expired;
            }
        }
    }

    fn owner_settles(&mut self, item: usize, deal: usize, now: i64) -> bool {
        let may = self.items[item].state == InboxState::Open && self.deals[deal].status.is_payable();
        if may {
            let status = self.deals[deal].status;
            let ended = status == OrderStatus::Pending && now >= self.deals[deal].expires;
            let late = self.items[item].arrived >= self.deals[deal].expires;
            self.items[item].before = if ended { OrderStatus::Expired } else { status };
            (self.items[item].state, self.items[item].order) = (InboxState::Settled, Some(deal));
            self.pay(deal, now, late);
        }
        may
    }

    fn owner_undoes(&mut self, item: usize, now: i64) -> bool {
        let Item { state, order, before, .. } = self.items[item].clone();
        let may = match order {
            Some(deal) => self.deals[deal].status == OrderStatus::Paid,
            None => state != InboxState::Open,
        };
        if may {
            if let Some(deal) = order {
                let cancelled = before == OrderStatus::Cancelled;
                let deal = &mut self.deals[deal];
                deal.status = if cancelled { OrderStatus::Cancelled } else { OrderStatus::Expired };
                (deal.late, deal.expires) = (false, deal.expires.min(now));
            }
            (self.items[item].state, self.items[item].order) = (InboxState::Open, None);
        }
        may
    }
}

/// The real one beside the model.
struct Both {
    world: World,
    phone: Phone,
    model: Model,
    orders: Vec<OrderId>,
}

fn from_newest(index: usize, len: usize) -> Option<usize> {
    (len > 0).then(|| len - 1 - index % len)
}

impl Both {
    async fn new() -> Both {
        let (world, phone) = World::shop_with_phone().await;
        let patch = SitePatch {
            pay_window: Some(Millis::new(WINDOW)),
            cool_down: Some(Millis::new(REST)),
            max_discount: Some(fen(PRICE - LOWEST)),
            ..SitePatch::default()
        };
        world.change_site(patch).await;
        Both { world, phone, model: Model::default(), orders: Vec::new() }
    }

    fn now(&self) -> i64 {
        self.world.now().millis()
    }

    async fn run(&mut self, command: &Command) {
        let now = self.now();
        match *command {
            Command::Wait(span) => {
                self.world.wait(Millis::new(span));
                self.world.beat(&self.phone).await;
            }
            Command::Order => self.order(now).await,
            Command::Extend(index) => self.extend(index, now).await,
            Command::Cancel(index) => self.cancel(index, now).await,
            Command::Work => {
                expire::run_once(&self.world.app, self.world.now()).await.unwrap();
                self.model.work(now);
            }
            Command::Receipt(amount, ago) => self.receipt(amount, ago, now).await,
            Command::OwnerSettles(item, deal) => self.owner_settles(item, deal, now).await,
            Command::OwnerDismisses(item) => self.owner_dismisses(item).await,
            Command::OwnerUndoes(item) => self.owner_undoes(item, now).await,
            Command::OwnerRefunds(deal) => self.owner_refunds(deal).await,
        }
    }

    async fn order(&mut self, now: i64) {
        match (self.world.try_order(wish("tea")).await, self.model.order(now)) {
            (Outcome::Created(view), Ok(amount)) => {
                assert_eq!(view.order.amount, fen(amount));
                self.orders.push(view.order.id);
            }
            (Outcome::NoFreeAmount { next_free_at }, Err(next)) => assert_eq!(next_free_at.millis(), next),
            (real, model) => panic!("{real:?} where the model says {model:?}"),
        }
    }

    async fn extend(&mut self, index: usize, now: i64) {
        let Some(index) = from_newest(index, self.orders.len()) else { return };
        let deal = &mut self.model.deals[index];
        let may = deal.is_open(now) && deal.extensions > 0;
        assert_eq!(order::extend(&self.world.app, self.orders[index]).await.is_ok(), may);
        if may {
            deal.extensions -= 1;
            deal.expires += WINDOW;
            (deal.window, deal.release) = (deal.expires, deal.expires + REST);
        }
    }

    async fn cancel(&mut self, index: usize, now: i64) {
        let Some(index) = from_newest(index, self.orders.len()) else { return };
        let deal = &mut self.model.deals[index];
        let may = deal.is_open(now);
        assert_eq!(order::cancel(&self.world.app, self.orders[index]).await.is_ok(), may);
        if may {
            deal.close(now);
            (deal.status, deal.expires) = (OrderStatus::Cancelled, now);
        }
    }

    async fn receipt(&mut self, amount: i64, ago: i64, now: i64) {
        // A post time in whole seconds would leave a second open.
        let arrived = (now - ago).max(START.millis());
        let arrived = if arrived % 1000 == 0 { arrived - 1 } else { arrived };
        let notice =
            Announcer::Wechat.notice("n", Some(Timestamp::from_millis(arrived)), fen(amount)).to_string();
        self.world.send(&self.phone, &[notice]).await;
        self.model.receipt(amount, arrived, now);
    }

    async fn items(&self) -> Vec<(InboxId, InboxState)> {
        let all = Page { before: None, limit: 1000 };
        let items = self.world.read(move |tx| tx.inbox(None, all)).await;
        items.into_iter().rev().map(|item| (item.id, item.state)).collect()
    }

    async fn owner_settles(&mut self, item: usize, deal: usize, now: i64) {
        let (item, deal) = (from_newest(item, self.model.items.len()), from_newest(deal, self.orders.len()));
        let (Some(item), Some(deal)) = (item, deal) else { return };
        let id = self.items().await[item].0;
        let done = inbox::settle_item(&self.world.app, id, self.orders[deal], OWNER).await.is_ok();
        assert_eq!(done, self.model.owner_settles(item, deal, now));
    }

    async fn owner_dismisses(&mut self, item: usize) {
        let Some(item) = from_newest(item, self.model.items.len()) else { return };
        let id = self.items().await[item].0;
        let may = self.model.items[item].state == InboxState::Open;
        assert_eq!(inbox::dismiss(&self.world.app, id, String::new(), OWNER).await.is_ok(), may);
        if may {
            self.model.items[item].state = InboxState::Dismissed;
        }
    }

    async fn owner_undoes(&mut self, item: usize, now: i64) {
        let Some(item) = from_newest(item, self.model.items.len()) else { return };
        let id = self.items().await[item].0;
        let done = inbox::undo(&self.world.app, id, OWNER).await.is_ok();
        assert_eq!(done, self.model.owner_undoes(item, now));
    }

    async fn owner_refunds(&mut self, deal: usize) {
        let Some(deal) = from_newest(deal, self.orders.len()) else { return };
        let may = self.model.deals[deal].status == OrderStatus::Paid;
        let done = refund(&self.world.app, self.orders[deal], Wish::default(), OWNER).await.is_ok();
        assert_eq!(done, may);
        if may {
            self.model.deals[deal].status = OrderStatus::Refunded;
        }
    }

    /// What the database says must be what the model says.
    async fn compare(&self) {
        let all = Page { before: None, limit: 1000 };
        let orders = self.world.read(move |tx| {
            let mut found = Vec::new();
            for order in tx.orders(&OrderFilter::default(), all)? {
                let hold = tx.hold(order.id)?;
                let settled = (tx.settlement_of(order.id)?.is_some(), tx.unlock_of(order.id)?.is_some());
                found.push((order, hold.expect("every order has its hold"), settled));
            }
            Ok(found)
        });
        let real = orders.await;
        assert_eq!(real.len(), self.model.deals.len());
        for ((order, hold, settled), deal) in real.iter().rev().zip(&self.model.deals) {
            let told = Deal {
                amount: order.amount.get(),
                starts: hold.starts_at.millis(),
                window: hold.window_ends_at.millis(),
                release: hold.release_at.millis(),
                expires: order.expires_at.millis(),
                extensions: order.extensions_left,
                status: order.status,
                late: order.late,
            };
            assert_eq!(told, *deal);
            let expected = match order.status {
                OrderStatus::Paid => (true, true),
                OrderStatus::Refunded => (true, false),
                OrderStatus::Pending | OrderStatus::Expired | OrderStatus::Cancelled => (false, false),
            };
            assert_eq!(*settled, expected, "{order:?}");
        }
        let items: Vec<InboxState> = self.items().await.into_iter().map(|(_, state)| state).collect();
        assert_eq!(items, self.model.items.iter().map(|item| item.state).collect::<Vec<_>>());
        let receipts = self.world.receipts().await;
        assert_eq!(receipts.len(), self.model.items.len() + self.model.settled);
        let by_owner = self.model.items.iter().filter(|i| i.state == InboxState::Settled).count();
        let settled = receipts.iter().filter(|r| r.state == ReceiptState::Settled).count();
        assert_eq!(settled, self.model.settled + by_owner);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn holds_and_settlements_do_what_the_model_says(commands in proptest::collection::vec(command(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut both = Both::new().await;
            both.world.wait(secs(400));
            both.world.beat(&both.phone).await;
            for command in &commands {
                both.run(command).await;
                both.compare().await;
            }
        });
    }
}
