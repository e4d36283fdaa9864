//! Chance and ids: the only place that owns a generator.
//!
//! Secrets come from the operating system's entropy in production and from a seed in tests; ids are snowflakes made
//! from a `now` that is handed in, so that a simulation can be repeated from its seed.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use snowflaked::Snowflake as _;

use crate::domain::time::Timestamp;

/// 2026-01-01T00:00:00Z: 41 bits of milliseconds from here last until 2095.
const EPOCH_MS: i64 = 1_767_225_600_000;
const SEQUENCE_MAX: u64 = 4095;

fn since_epoch(at: Timestamp) -> u64 {
    u64::try_from(at.millis().saturating_sub(EPOCH_MS)).unwrap_or(0)
}

/// A shared source of random bytes.
#[derive(Clone, Debug)]
pub struct Rng(Arc<Mutex<StdRng>>);

impl Rng {
    /// Seeded by the operating system.
    #[must_use]
    pub fn system() -> Rng {
        Rng(Arc::new(Mutex::new(StdRng::from_os_rng())))
    }

    /// The same sequence for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Rng {
        Rng(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// A number below `bound` (which is above zero).
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..bound)
    }
}

/// Makes snowflake ids that never repeat and never go back, even when the clock does.
#[derive(Clone, Debug)]
pub struct Ids(Arc<Mutex<Last>>);

#[derive(Debug)]
struct Last {
    instance: u64,
    ms: u64,
    sequence: u64,
}

impl Ids {
    /// Ids of one process. Processes that write to one database at the same time need different instances
    /// (0 to 1023): the server is 0, a command line tool takes another by chance.
    #[must_use]
    pub fn new(instance: u16) -> Ids {
        Ids(Arc::new(Mutex::new(Last { instance: u64::from(instance % 1024), ms: 0, sequence: 0 })))
    }

    /// Goes on behind `raw`, the largest id stored: a clock that was set back must not make an id twice.
    pub fn continue_after(&self, raw: i64) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if raw.timestamp() >= last.ms {
            last.ms = raw.timestamp() + 1;
            last.sequence = 0;
        }
    }

    /// The smallest id that can have been made at `at`: where a walk through the newest rows may stop.
    #[must_use]
    pub fn first_at(at: Timestamp) -> i64 {
        i64::from_parts(since_epoch(at), 0, 0)
    }

    /// The next id at `now`.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> i64 {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ms = since_epoch(now);
        if ms > last.ms {
            last.ms = ms;
            last.sequence = 0;
        } else if last.sequence == SEQUENCE_MAX {
            last.ms += 1;
            last.sequence = 0;
        } else {
            last.sequence += 1;
        }
        i64::from_parts(last.ms, last.instance, last.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Millis;

    #[test]
    fn ids_grow_when_the_clock_stands_still_or_goes_back() {
        let ids = Ids::new(0);
        let now = Timestamp::from_millis(EPOCH_MS + 1_000_000);
        let mut last = 0;
        for step in 0..10_000 {
            let id = ids.next(now.minus(Millis::new(step % 3)));
            assert!(id > last);
            last = id;
        }
    }

    #[test]
    fn ids_go_on_behind_what_is_stored() {
        let first = Ids::new(0);
        let now = Timestamp::from_millis(EPOCH_MS + 1_000_000);
        let stored = first.next(now);
        let second = Ids::new(0);
        second.continue_after(stored);
        assert!(second.next(now.minus(Millis::seconds(60))) > stored);
    }

    #[test]
    fn a_seed_repeats_its_bytes() {
        assert_eq!(Rng::seeded(7).bytes::<16>(), Rng::seeded(7).bytes::<16>());
        assert_ne!(Rng::seeded(7).bytes::<16>(), Rng::seeded(8).bytes::<16>());
    }
}
