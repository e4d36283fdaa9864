//! Money that the owner sends to a person.
//!
//! What is assumed of it, and nothing more:
//! - A number of ours is one transfer, however often it is sent.
//! - A sending may be on its way for some minutes, and find its number taken by one that was faster.
//! - What is not done at once is done, or fails, within some minutes. What was done may come back.

use std::collections::BTreeMap;

use matcha::domain::time::Timestamp;
use matcha::domain::transfer::{Content, Told};
use matcha::flow::gateway::cashier::transfers::Transfers;
use matcha::flow::gateway::cashier::{Answer, Trouble};

use super::Bank;
use super::cashier::refused;
use super::slow::Slow;

const MINUTE: i64 = 60_000;

/// What becomes of a transfer in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Done,
    Failed,
    ComesBack,
}

/// A transfer that the gateway has taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Sent {
    pub(in super::super) content: Content,
    /// Until then it is under way.
    decided_at: i64,
    /// What was done comes back after that.
    back_at: i64,
    end: End,
}

impl Sent {
    fn told(&self, number: &str, now: i64) -> Told {
        let theirs = Some(format!("2026{number}"));
        match self.end {
            _ if now < self.decided_at => Told::Dealing,
            End::Failed => Told::Failed("PAYEE_ACC_OCUPIED".to_owned()),
            End::ComesBack if now >= self.back_at => Told::Returned(theirs),
            End::Done | End::ComesBack => Told::Done(theirs),
        }
    }

    /// The payee gets the money, has it, or had it.
    pub(in super::super) fn moves_money(&self) -> bool {
        self.end != End::Failed
    }

    pub(in super::super) fn is_decided(&self, now: i64) -> bool {
        now >= self.decided_at
    }

    pub(in super::super) fn came_back(&self, now: i64) -> bool {
        self.end == End::ComesBack && now >= self.back_at
    }
}

impl Bank {
    /// The transfers that the gateway has, or will have when all that is on its way is there.
    pub(in super::super) fn transfers(&self) -> BTreeMap<String, Option<Sent>> {
        let state = self.state();
        let on_their_way = state.on_its_way.iter().filter_map(|slow| match &slow.what {
            Slow::Transfer(number, _) => Some((number.clone(), None)),
            Slow::Charge(_) | Slow::Refund(_) => None,
        });
        on_their_way.chain(state.transfers.iter().map(|(n, sent)| (n.clone(), Some(sent.clone())))).collect()
    }

    pub(super) fn send_now(&self, number: &str, content: &Content, now: i64) -> Result<Told, Trouble> {
        let known = self.state().transfers.get(number).cloned();
        if let Some(known) = known {
            assert_eq!(&known.content, content, "one number, one transfer");
            return Ok(known.told(number, now));
        }
        let mut dice = self.dice("transfer", number);
        if dice.happens(15) {
            return refused("PAYER_BALANCE_NOT_ENOUGH");
        }
        let end = *dice.pick(&[End::Done, End::Done, End::Done, End::Failed, End::ComesBack]).unwrap();
        let decided_at = now + if dice.happens(30) { dice.between(1_000, 8 * MINUTE) } else { 0 };
        let back_at = decided_at + dice.between(0, 20 * MINUTE);
        let sent = Sent { content: content.clone(), decided_at, back_at, end };
        let told = sent.told(number, now);
        self.state().transfers.insert(number.to_owned(), sent);
        Ok(told)
    }

    fn transfer_now(&self, number: &str, now: i64) -> Told {
        self.state().transfers.get(number).map_or(Told::NotFound, |sent| sent.told(number, now))
    }
}

impl Transfers for Bank {
    fn send<'a>(&'a self, number: &'a str, content: &'a Content, now: Timestamp) -> Answer<'a, Told> {
        Box::pin(async move {
            let (what, now) = (Slow::Transfer(number.to_owned(), content.clone()), now.millis());
            if let Some(nothing) = self.slowed(number, what, now).await {
                return nothing;
            }
            self.request("send", number, || self.send_now(number, content, now)).await
        })
    }

    fn ask_transfer<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Told> {
        Box::pin(self.request("ask_transfer", number, move || Ok(self.transfer_now(number, now.millis()))))
    }
}
