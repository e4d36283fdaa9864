//! Requests that arrive when nobody waits for their answers any more.

use matcha::domain::transfer::Content;
use matcha::flow::gateway::cashier::renewals::ChargeAsk;
use matcha::flow::gateway::cashier::{RefundAsk, Trouble};

use super::Bank;
use super::cashier::{under_way, unknown};

/// Nothing is on its way for longer than this.
const MOST: i64 = 9 * 60_000;

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) enum Slow {
    Charge(ChargeAsk),
    Refund(RefundAsk),
    Transfer(String, Content),
}

/// A request that is on its way.
#[derive(Clone, Debug)]
pub(super) struct OnItsWay {
    pub(super) arrives_at: i64,
    pub(super) what: Slow,
}

impl Bank {
    /// While there is trouble some requests are slow: then it is kept for later, and the one who asked hears nothing.
    pub(super) async fn slowed<T>(&self, number: &str, what: Slow, now: i64) -> Option<Result<T, Trouble>> {
        let mut dice = self.dice("slow", number);
        let percent = match what {
            Slow::Charge(_) | Slow::Transfer(..) => 10,
            // There are few of them, and a slow one is a riddle only together with a repeat that is refused.
            Slow::Refund(_) => 25,
        };
        if self.state().trouble == 0 || !dice.happens(percent) {
            return None;
        }
        let arrives_at = now + dice.between(1_000, MOST);
        self.state().on_its_way.push(OnItsWay { arrives_at, what });
        under_way().await;
        Some(unknown("timeout, and it is on its way"))
    }

    /// What was on its way by `now` has arrived.
    pub(super) fn slow_ones_arrive(&self, now: i64) {
        let mut arrived = {
            let mut state = self.state();
            let (arrived, later): (Vec<_>, _) =
                std::mem::take(&mut state.on_its_way).into_iter().partition(|slow| slow.arrives_at <= now);
            state.on_its_way = later;
            arrived
        };
        arrived.sort_by_key(|slow| slow.arrives_at);
        for OnItsWay { arrives_at, what } in arrived {
            // Nobody waits for its answer.
            match what {
                Slow::Charge(ask) => {
                    self.count("charges that came late");
                    drop(self.charge_now(&ask, arrives_at));
                }
                Slow::Refund(ask) => {
                    self.count("refunds that came late");
                    drop(self.pay_back(&ask));
                }
                Slow::Transfer(number, content) => {
                    self.count("transfers that came late");
                    drop(self.send_now(&number, &content, arrives_at));
                }
            }
        }
    }
}
