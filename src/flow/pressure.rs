//! Who leaves unpaid orders behind: the measure by which strangers must work before they may hold another amount.
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

/// Abandoned orders per address block; cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Pressure(Arc<Mutex<HashMap<i64, Count>>>);

#[derive(Clone, Copy, Debug)]
struct Count {
    since: Timestamp,
    abandoned: u32,
}

impl Pressure {
    /// An order of this block ended unpaid.
    pub fn abandoned(&self, block: i64, now: Timestamp) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= limits::ABUSE_BLOCKS_MAX && !counts.contains_key(&block) {
            counts.retain(|_, count| now.since(count.since) < HOUR);
            if counts.len() >= limits::ABUSE_BLOCKS_MAX {
                // Everybody is at it: forgetting one of them is better than growing.
                let oldest = counts.iter().min_by_key(|(_, count)| count.since).map(|(block, _)| *block);
                oldest.map(|block| counts.remove(&block));
            }
        }
        let count = counts.entry(block).or_insert(Count { since: now, abandoned: 0 });
        if now.since(count.since) >= HOUR {
            *count = Count { since: now, abandoned: 0 };
        }
        count.abandoned = count.abandoned.saturating_add(1);
    }

    /// True where this block has to prove work before it may hold another amount.
    #[must_use]
    pub fn demands_work(&self, block: i64, now: Timestamp) -> bool {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&block).is_some_and(|count| {
            now.since(count.since) < HOUR && count.abandoned > limits::ABANDONED_PER_HOUR_FREE
        })
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
    fn the_count_is_bounded() {
        let pressure = Pressure::default();
        let blocks = i64::try_from(limits::ABUSE_BLOCKS_MAX).unwrap() + 50;
        for block in 0..blocks {
            pressure.abandoned(block, Timestamp::from_millis(block));
        }
        assert_eq!(pressure.0.lock().unwrap().len(), limits::ABUSE_BLOCKS_MAX);
    }
}
