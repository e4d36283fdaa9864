//! The official gateway of the town: what truly happened there. Matcha sees of it what `cashier` answers and what `letters`
//! tell, and both fail as the network and the gateway do.
//!
//! What is assumed of it, and nothing more:
//! - A number of ours is one trade, a number of a refund one refund, however often either is asked for.
//! - A trade is there once somebody scanned its code or opened its page; before that it cannot be asked about or closed.
//! - It takes money for a trade up to half a minute after the end that was asked for, because clocks differ.
//! - A letter is repeated until it is answered. It is given up only where a question still finds what it tells: what was paid
//!   after the end of its trade is told for as long as it takes.
//!
//! Its dice are thrown for each number apart, so that flows which ask about several at once meet the same in every run.

mod agreements;
mod cashier;
mod letters;
mod slow;
mod transfers;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};

use matcha::domain::time::Day;

use super::chance::Chance;
pub(super) use letters::{Forgery, Letter};

/// What the shop's application is called there.
pub(super) const APP_ID: &str = "2021000000000001";
const SELLER_ID: &str = "2088000000000001";

/// Where a trade stands in truth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// Its code was made and nobody scanned it: the gateway says that there is no such trade.
    Named,
    /// Somebody has it before him.
    Waiting,
    /// Paid, and at most a part went back.
    Paid,
    /// Never paid and never will be, or all of it went back.
    Closed,
}

/// One number of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Trade {
    pub(super) number: String,
    pub(super) amount: i64,
    pub(super) standing: Standing,
    /// The end that was asked for.
    pub(super) ends_at: i64,
    /// How much longer it takes money.
    lag: i64,
    scanned_at: Option<i64>,
    pub(super) paid_at: Option<i64>,
    /// What went back for us, by our numbers.
    pub(super) refunds: BTreeMap<String, i64>,
    /// What the owner paid back in the gateway's own console.
    pub(super) by_hand: i64,
    /// The agreement and the period of a charge.
    period: Option<(String, Day)>,
}

impl Trade {
    /// The gateway's own number of it.
    pub(super) fn trade_no(&self) -> String {
        format!("2026{}", self.number)
    }

    pub(super) fn returned(&self) -> i64 {
        self.by_hand + self.refunds.values().sum::<i64>()
    }

    /// It came to be after the end that was asked for: whoever asked before that was told that there is none.
    pub(super) fn was_scanned_late(&self) -> bool {
        self.scanned_at.is_some_and(|at| at >= self.ends_at)
    }

    fn is_over(&self, now: i64) -> bool {
        now >= self.ends_at + self.lag
    }
}

/// What becomes of one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Fine,
    /// It never arrived, or the gateway did nothing with it and does not say so.
    Nothing,
    /// It was done, and the answer is lost.
    Unanswered,
    /// It is refused for no reason of ours: too many calls.
    Refused,
}

#[derive(Default)]
struct State {
    trades: BTreeMap<String, Trade>,
    agreements: BTreeMap<String, agreements::Agreement>,
    on_its_way: Vec<slow::OnItsWay>,
    transfers: BTreeMap<String, transfers::Sent>,
    letters: Vec<Letter>,
    /// Letters that were answered: a network may still bring them once more.
    answered: Vec<Letter>,
    /// How many letters were written about each number.
    written: HashMap<String, u32>,
    /// So many requests of a hundred fail.
    trouble: i64,
    calls: HashMap<(&'static str, String), u64>,
    counts: Vec<&'static str>,
}

pub(super) struct Bank {
    seed: u64,
    state: Mutex<State>,
}

impl Bank {
    pub(super) fn new(seed: u64) -> Bank {
        Bank { seed, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Dice for one number: what happens to others does not change how they fall.
    fn dice(&self, what: &'static str, number: &str) -> Chance {
        let mut state = self.state();
        let nth = state.calls.entry((what, number.to_owned())).or_default();
        *nth += 1;
        let mut mixed = self.seed ^ nth.wrapping_mul(0x0100_0000_01b3);
        for byte in what.bytes().chain(number.bytes()) {
            mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5);
        }
        Chance::new(mixed)
    }

    fn fate(&self, what: &'static str, number: &str) -> Fate {
        let mut dice = self.dice(what, number);
        let trouble = self.state().trouble;
        if !dice.happens(trouble) {
            return Fate::Fine;
        }
        let (fate, count) = match dice.between(1, 10) {
            1..=4 => (Fate::Unanswered, "lost answers"),
            5..=8 => (Fate::Nothing, "requests in vain"),
            _ => (Fate::Refused, "requests refused"),
        };
        self.count(count);
        fate
    }

    fn count(&self, what: &'static str) {
        self.state().counts.push(what);
    }

    // ---- the town's hands ------------------------------------------------------------------------------------------

    /// So many requests of a hundred fail from now on.
    pub(super) fn set_trouble(&self, percent: i64) {
        self.state().trouble = percent;
    }

    /// What happened since this was asked last, for the tally.
    pub(super) fn take_counts(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state().counts)
    }

    pub(super) fn trades(&self) -> BTreeMap<String, Trade> {
        self.state().trades.clone()
    }

    pub(super) fn trade(&self, number: &str) -> Option<Trade> {
        self.state().trades.get(number).cloned()
    }

    /// A trade that may still take money at `now`, after what its end does to it.
    fn at<'a>(&self, state: &'a mut State, number: &str, now: i64) -> Option<&'a mut Trade> {
        let over =
            state.trades.get(number).is_some_and(|t| t.standing == Standing::Waiting && t.is_over(now));
        if over {
            state.trades.get_mut(number).unwrap().standing = Standing::Closed;
            self.write(state, number, None);
        }
        state.trades.get_mut(number)
    }

    /// Somebody scans a code.
    pub(super) fn scan(&self, number: &str, now: i64) {
        let mut state = self.state();
        let Some(trade) = self.at(&mut state, number, now) else { return };
        if trade.standing == Standing::Named && !trade.is_over(now) {
            trade.standing = Standing::Waiting;
            trade.scanned_at = Some(now);
        }
    }

    /// Somebody opens a page by its address.
    pub(super) fn open(&self, address: &str, now: i64) {
        let parts: Vec<&str> = address.split('/').collect();
        let [_, number, amount, ends_at] = parts[..] else { panic!("no page of ours: {address}") };
        self.name(number, amount.parse().unwrap(), ends_at.parse().unwrap());
        self.scan(number, now);
    }

    /// Who has the trade before him pays; false where it takes no money any more.
    pub(super) fn pay(&self, number: &str, now: i64) -> bool {
        let mut state = self.state();
        let Some(trade) = self.at(&mut state, number, now) else { return false };
        if trade.standing != Standing::Waiting {
            return false;
        }
        trade.standing = Standing::Paid;
        // The gateway tells whole seconds.
        trade.paid_at = Some(now / 1000 * 1000);
        if let Some((agreement, day)) = trade.period.clone() {
            agreements::period_paid(&mut state, &agreement, day);
        }
        self.write(&mut state, number, None);
        true
    }

    /// The owner pays back in the gateway's own console.
    pub(super) fn pay_back_by_hand(&self, number: &str, amount: i64) {
        let mut state = self.state();
        let trade = state.trades.get_mut(number).unwrap();
        assert!(trade.standing == Standing::Paid && trade.returned() + amount <= trade.amount);
        trade.by_hand += amount;
        self.went_back(&mut state, number);
    }

    // ---- what both do ----------------------------------------------------------------------------------------------

    /// A number becomes known; the same one again is the same trade.
    fn name(&self, number: &str, amount: i64, ends_at: i64) {
        let lag = self.dice("lag", number).between(0, 30_000);
        let mut state = self.state();
        let trade = state.trades.entry(number.to_owned()).or_insert_with(|| Trade {
            number: number.to_owned(),
            amount,
            standing: Standing::Named,
            ends_at,
            lag,
            scanned_at: None,
            paid_at: None,
            refunds: BTreeMap::new(),
            by_hand: 0,
            period: None,
        });
        assert_eq!((trade.amount, trade.ends_at), (amount, ends_at), "one number, one trade");
    }

    fn went_back(&self, state: &mut State, number: &str) {
        let trade = state.trades.get_mut(number).unwrap();
        let returned = trade.returned();
        assert!(returned <= trade.amount, "more went back than came: {trade:?}");
        if returned == trade.amount {
            trade.standing = Standing::Closed;
        }
        self.write(state, number, Some(returned));
    }
}
