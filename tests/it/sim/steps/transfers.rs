//! The owner sends money to people, asks again where he got no answer, and sometimes makes a mistake.

use matcha::domain::time::Day;
use matcha::domain::transfer::{Content, PayeeKind, TransferState};
use matcha::flow::gateway::transfer::{self, Wish};
use matcha::flow::{Conflict, Error};

use super::super::town::{Sim, TRANSFER_DAILY_MAX};
use super::gateway::WAITS;
use super::owner::OWNER;
use crate::world::fen;

impl Sim {
    /// An owner who pays many people, on bad days too.
    pub(super) async fn at_the_desk(&mut self) {
        match self.chance.between(1, 100) {
            1..=35 => self.transfer().await,
            36..=88 => self.carry_on_with_transfers().await,
            89..=96 => self.change_trouble(),
            _ => self.crash().await,
        }
        self.tally_the_gateway();
    }

    /// A wish, and whether it is one that was asked for before with another amount.
    fn wish_to_send(&mut self) -> (Wish, bool) {
        let known = self.chance.pick(&self.transfers_asked).cloned();
        if let Some(mut wish) = known.filter(|_| self.chance.happens(45)) {
            let changed = self.chance.happens(15);
            if changed {
                wish.content.amount = fen(wish.content.amount.get() + 1);
            }
            return (wish, changed);
        }
        let content = Content {
            payee_kind: PayeeKind::UserId,
            payee: format!("20881000000000{:02}", self.chance.between(0, 9)),
            name: None,
            amount: fen(self.chance.between(10, 400)),
            remark: String::new(),
        };
        let request_id = format!("transfer-{}", self.transfers_asked.len());
        let wish = Wish { account: None, request_id, content };
        self.transfers_asked.push(wish.clone());
        (wish, false)
    }

    pub(super) async fn transfer(&mut self) {
        let (wish, changed) = self.wish_to_send();
        let today = Day::in_china(self.now()).to_string();
        let known = self.seen.transfers.values().find(|t| t.request == wish.request_id).cloned();
        let counts = self.seen.transfers.values().filter(|t| t.day == today && t.state != "failed");
        let fits = counts.map(|t| t.amount).sum::<i64>() + wish.content.amount.get() <= TRANSFER_DAILY_MAX;
        // By the API, which has the keys, or by the command, which leaves it to the server.
        let (asked, by_command) = (wish.clone(), self.chance.happens(20));
        let answer = self
            .powered_for(WAITS, |app| async move {
                if by_command {
                    transfer::leave(&app, asked, OWNER).await
                } else {
                    transfer::make(&app, asked, OWNER).await
                }
            })
            .await;
        let told = answer.as_ref().map(|a| a.as_ref().map(|t| (t.number.clone(), t.state)));
        self.note(format!("the owner sends {} as {} → {told:?}", wish.content.amount, wish.request_id));
        let Some(answer) = answer else { return };
        match (known, answer) {
            (Some(known), Ok(made)) => {
                assert!(
                    !changed && made.number == known.number,
                    "one name, one transfer: {known:?} {made:?}"
                );
                self.tally.count("transfers asked for again");
            }
            (Some(known), Err(error)) => {
                let reused = matches!(error, Error::Conflict(Conflict::TransferRequestReused));
                assert!(changed && reused, "{known:?} {error:?}");
                self.tally.count("transfers of a name that was used");
            }
            (None, Ok(made)) => {
                assert!(fits, "more than a day may send: {made:?}");
                self.tally.count(match made.state {
                    TransferState::Open => "transfers left open",
                    TransferState::Done | TransferState::Failed | TransferState::Returned => "transfers",
                });
            }
            (None, Err(error)) => {
                let too_much = matches!(error, Error::Conflict(Conflict::TransferTooMuch));
                assert!(!fits && too_much, "{error:?}");
                self.tally.count("transfers above the day's bound");
            }
        }
    }

    /// The worker carries on. Several side by side end in no certain order, and a failing power would cut them in no certain
    /// place: then it does not fail.
    pub(super) async fn carry_on_with_transfers(&mut self) {
        let now = self.now();
        let due = self.outside.transfers_due(now.millis());
        let done = if due <= 1 {
            self.powered_for(WAITS, |app| async move { transfer::run_once(&app, now).await }).await
        } else {
            Some(transfer::run_once(&self.app, now).await)
        };
        self.note(format!("the worker carries on with {due} transfers → {done:?}"));
        done.map(Result::unwrap);
    }
}
