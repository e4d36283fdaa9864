//! What strangers do too often: who leaves unpaid orders behind must work before he may hold another amount; who names
//! codes that do not exist, or claims much, must wait.
//!
//! Counted in memory, per address block and hour, bounded. A restart forgets it, which costs nothing but a little work
//! an attacker is spared.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::time::{Millis, Timestamp};
use crate::limits;

const HOUR: Millis = Millis::seconds(3600);

/// What a request did to show that it is worth an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// Nothing.
    None,
    /// It proved work.
    Proved,
    /// It comes from a neighbour, who is not asked.
    NotAsked,
}

/// What address blocks did within an hour; cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Hourly(Arc<Mutex<HashMap<i64, Count>>>);

#[derive(Clone, Copy, Debug)]
struct Count {
    since: Timestamp,
    times: u32,
}

impl Hourly {
    /// This block did it once more.
    pub fn count(&self, block: i64, now: Timestamp) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= limits::ABUSE_BLOCKS_MAX && !counts.contains_key(&block) {
            counts.retain(|_, count| now.since(count.since) < HOUR);
            if counts.len() >= limits::ABUSE_BLOCKS_MAX {
                // Everybody is at it: forgetting one of them is better than growing.
                let oldest = counts.iter().min_by_key(|(_, count)| count.since).map(|(block, _)| *block);
                oldest.map(|block| counts.remove(&block));
            }
        }
        let count = counts.entry(block).or_insert(Count { since: now, times: 0 });
        if now.since(count.since) >= HOUR {
            *count = Count { since: now, times: 0 };
        }
        count.times = count.times.saturating_add(1);
    }

    /// How long this block must wait where it did it `most` times within the hour; nothing where it may.
    #[must_use]
    pub fn wait(&self, block: i64, most: u32, now: Timestamp) -> Option<Millis> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(&block)?;
        let age = now.since(count.since);
        (age < HOUR && count.times >= most).then(|| Millis::new(HOUR.get() - age.get()))
    }
}

/// What was done lately; cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Lately(Arc<Mutex<HashMap<i64, Timestamp>>>);

impl Lately {
    /// True where this was not done within `pause`; it counts as done from now on. Bounded: where everything is done all the
    /// time, the rest waits.
    #[must_use]
    pub fn is_first(&self, what: i64, pause: Millis, now: Timestamp) -> bool {
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if done.get(&what).is_some_and(|at| now.since(*at) < pause) {
            return false;
        }
        if done.len() >= limits::ABUSE_BLOCKS_MAX {
            done.retain(|_, at| now.since(*at) < pause);
        }
        let has_room = done.len() < limits::ABUSE_BLOCKS_MAX;
        if has_room {
            done.insert(what, now);
        }
        has_room
    }
}

/// What strangers are measured by.
#[derive(Clone, Default, Debug)]
pub struct Pressure {
    /// Orders that ended unpaid.
    pub unpaid: Hourly,
    /// Recovery codes and coupons that were named and do not exist.
    pub tries: Hourly,
    /// Claims.
    pub claims: Hourly,
    /// Orders whose buyer came back from the gateway's page.
    pub returns: Lately,
}

impl Pressure {
    /// An order of this block ended unpaid.
    pub fn abandoned(&self, block: i64, now: Timestamp) {
        self.unpaid.count(block, now);
    }

    /// True where this block has to prove work before it may hold another amount.
    #[must_use]
    pub fn demands_work(&self, block: i64, now: Timestamp) -> bool {
        self.unpaid.wait(block, limits::ABANDONED_PER_HOUR_FREE + 1, now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_abandons_many_orders_must_work_for_an_hour() {
        let pressure = Pressure::default();
        let now = Timestamp::from_millis(1_000_000);
        for _ in 0..limits::ABANDONED_PER_HOUR_FREE {
            pressure.abandoned(1, now);
        }
        assert!(!pressure.demands_work(1, now));
        pressure.abandoned(1, now);
        assert!(pressure.demands_work(1, now));
        assert!(!pressure.demands_work(2, now), "others are not concerned");
        assert!(!pressure.demands_work(1, now.plus(HOUR)));
    }

    #[test]
    fn who_tried_too_often_waits_for_the_end_of_the_hour() {
        let (tries, start) = (Hourly::default(), Timestamp::from_millis(1_000_000));
        tries.count(1, start);
        assert_eq!(tries.wait(1, 2, start), None);
        tries.count(1, start.plus(Millis::seconds(60)));
        assert_eq!(tries.wait(1, 2, start.plus(Millis::seconds(600))), Some(Millis::seconds(3000)));
        assert_eq!(tries.wait(1, 2, start.plus(HOUR)), None);
    }

    #[test]
    fn what_was_done_lately_is_done_again_after_its_pause_and_the_memory_is_bounded() {
        let (lately, start, pause) = (Lately::default(), Timestamp::from_millis(0), Millis::seconds(5));
        assert!(lately.is_first(1, pause, start) && lately.is_first(2, pause, start));
        assert!(!lately.is_first(1, pause, start.plus(Millis::new(4_999))));
        assert!(lately.is_first(1, pause, start.plus(pause)));
        let later = start.plus(Millis::seconds(60));
        let many = i64::try_from(limits::ABUSE_BLOCKS_MAX).unwrap();
        assert_eq!(
            (0..many + 50).filter(|what| lately.is_first(*what, pause, later)).count(),
            limits::ABUSE_BLOCKS_MAX
        );
        assert_eq!(lately.0.lock().unwrap().len(), limits::ABUSE_BLOCKS_MAX);
    }

    #[test]
    fn the_count_is_bounded() {
        let pressure = Pressure::default();
        let blocks = i64::try_from(limits::ABUSE_BLOCKS_MAX).unwrap() + 50;
        for block in 0..blocks {
            pressure.abandoned(block, Timestamp::from_millis(block));
        }
        assert_eq!(pressure.unpaid.0.lock().unwrap().len(), limits::ABUSE_BLOCKS_MAX);
    }
}
