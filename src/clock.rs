//! The clock: the only place that reads the real one.

#![expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::domain::time::{Millis, Timestamp};

/// Tells the time: the system's, or one that a test or the simulator moves.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's real-time clock.
    System,
    /// Milliseconds since the epoch, moved by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at` until it is moved.
    #[must_use]
    pub fn manual(at: Timestamp) -> Clock {
        Clock::Manual(Arc::new(AtomicI64::new(at.millis())))
    }

    /// The instant it is now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
                Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
            }
            Clock::Manual(ms) => Timestamp::from_millis(ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward. The system's clock is not ours to move: nothing happens to it.
    pub fn advance(&self, span: Millis) {
        match self {
            Clock::System => {}
            Clock::Manual(ms) => {
                ms.fetch_add(span.get(), Ordering::SeqCst);
            }
        }
    }
}

/// Measures how long something took, for metrics only: nothing is ever decided by it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[must_use]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
