//! What readers do with orders.

use futures_util::future::join_all;
use matcha::domain::channel::Channel;
use matcha::domain::id::OrderId;
use matcha::flow::checkout::{self, Outcome, Wish};
use matcha::flow::{gateway, order};

use super::super::rows::OrderRow;
use super::super::town::{Asked, Sim};
use super::is_conflict;
use crate::world::wish;

impl Sim {
    pub(in super::super) fn some_wish(&mut self) -> Wish {
        let (product, _) = self.chance.pick(&self.products).unwrap().clone();
        let channel = match self.chance.between(1, 10) {
            1..=5 => None,
            _ => self.chance.pick(&self.accounts).map(|(_, channel)| *channel),
        };
        let fresh = Wish { channel, ..wish(&product) };
        match self.chance.between(1, 10) {
            1..=4 => fresh,
            5 if !self.unsure.is_empty() => {
                let (client, product) = self.unsure.swap_remove(self.chance.index(self.unsure.len()));
                Wish { client_order_id: Some(client), channel, ..wish(&product) }
            }
            _ => {
                let client = format!("client-{:08}-{}", self.chance.between(0, 99_999_999), self.trace.len());
                Wish { client_order_id: Some(client), ..fresh }
            }
        }
    }

    pub(in super::super) async fn order(&mut self) {
        self.order_from(None).await;
    }

    /// Somebody orders, and asks for a wallet where one is given.
    pub(super) async fn order_from(&mut self, of: Option<Channel>) {
        let wish = self.some_wish();
        let wish = Wish { channel: of.or(wish.channel), ..wish };
        self.asked.push(Asked::Order);
        let (client, product) = (wish.client_order_id.clone(), wish.product.clone());
        let channel = wish.channel;
        let answer = self.powered_for(6, |app| async move { gateway::order(&app, wish).await }).await;
        self.tally_the_gateway();
        match answer {
            Some(answer) => self.ordered(&product, channel, client.as_deref(), &answer.unwrap()),
            None => {
                self.note(format!("order {product} {client:?} → no answer"));
                self.unsure.extend(client.map(|client| (client, product)));
            }
        }
    }

    /// Several readers in the same instant.
    pub(in super::super) async fn crowd(&mut self) {
        let wishes: Vec<Wish> = (0..self.chance.between(2, 5)).map(|_| self.some_wish()).collect();
        let told: Vec<_> =
            wishes.iter().map(|w| (w.product.clone(), w.channel, w.client_order_id.clone())).collect();
        self.asked.push(Asked::Order);
        let app = self.app.clone();
        let answers = join_all(wishes.into_iter().map(|wish| checkout::create(&app, wish))).await;
        for ((product, channel, client), answer) in told.into_iter().zip(answers) {
            self.ordered(&product, channel, client.as_deref(), &answer.unwrap());
        }
    }

    pub(in super::super) fn ordered(
        &mut self,
        product: &str,
        channel: Option<Channel>,
        client: Option<&str>,
        outcome: &Outcome,
    ) {
        let known =
            client.and_then(|name| self.seen.orders.values().find(|o| o.client.as_deref() == Some(name)));
        match outcome {
            Outcome::Created(view) => {
                assert!(known.is_none(), "a client's id makes one order");
                self.note(format!("order {product} → {} for {}", view.order.id, view.order.amount));
                let official = view.order.channel == Channel::AlipayOfficial;
                assert!(!official || !self.is_phones_only(channel), "nobody asked for the gateway");
                self.tally.count(if official { "official orders" } else { "orders" });
            }
            Outcome::Existing(view) => {
                let known = known.expect("an order of this name");
                assert_eq!(view.order.id.raw(), known.id);
                self.note(format!("order {product} again → {}", view.order.id));
                self.tally.count("orders asked for again");
            }
            Outcome::NoFreeAmount { next_free_at } => {
                self.note(format!("order {product} → nothing free until {next_free_at}"));
                self.nothing_is_free(product, channel, next_free_at.millis());
                self.tally.count("orders without a free amount");
            }
            Outcome::NoLiveAccount => {
                self.note(format!("order {product} → nobody listens"));
                self.nobody_listens(channel);
                self.tally.count("orders without a live account");
            }
            Outcome::Gateway(trouble) => {
                // Who asks again by a name has the order of that name, whatever wallet he asks for now.
                assert!(known.is_some() || !self.is_phones_only(channel), "nobody asked for the gateway");
                self.note(format!("order {product} → {trouble}"));
                self.tally.count("official orders without a code");
            }
            Outcome::NotForSale
            | Outcome::TooManyOrders { .. }
            | Outcome::TooManyFromAddress { .. }
            | Outcome::ProofOfWork
            | Outcome::OriginRefused
            | Outcome::Coupon(_)
            | Outcome::TooManyTries { .. } => panic!("{outcome:?} cannot be in this town"),
        }
    }

    pub(in super::super) fn some_order(&mut self, fits: impl Fn(&OrderRow) -> bool) -> Option<OrderRow> {
        let fitting: Vec<&OrderRow> = self.seen.orders.values().rev().filter(|o| fits(o)).take(8).collect();
        self.chance.pick(&fitting).map(|o| (*o).clone())
    }

    pub(in super::super) async fn extend(&mut self) {
        let Some(row) = self.some_order(|_| true) else { return };
        self.asked.push(Asked::Extend(row.id));
        let id = OrderId::from_raw(row.id);
        let now = self.now().millis();
        let answer = self.powered(|app| async move { order::extend(&app, id).await }).await;
        self.note(format!(
            "extend {id} → {:?}",
            answer.as_ref().map(|a| a.as_ref().map(|v| v.order.expires_at))
        ));
        let may = row.status == "pending" && now < row.expires_at && row.extensions_left > 0;
        if let Some(answer) = answer {
            assert!(if may { answer.is_ok() } else { is_conflict(&answer) }, "{row:?}");
        }
    }

    pub(in super::super) async fn cancel(&mut self) {
        let Some(row) = self.some_order(|_| true) else { return };
        self.asked.push(Asked::Cancel(row.id));
        let id = OrderId::from_raw(row.id);
        let now = self.now().millis();
        let answer = self.powered(|app| async move { order::cancel(&app, id).await }).await;
        self.note(format!("cancel {id} → {:?}", answer.as_ref().map(|a| a.as_ref().map(|v| v.order.status))));
        let may = row.status == "pending" && now < row.expires_at;
        if let Some(answer) = answer {
            assert!(if may { answer.is_ok() } else { is_conflict(&answer) }, "{row:?}");
        }
    }
}
