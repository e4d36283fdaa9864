//! Instants and spans, as integers of milliseconds.
//!
//! Knows RFC 3339. Refuses to know the real clock: every `now` is an argument (see `src/clock.rs`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z. Printed and read as RFC 3339, also in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// A span of time in milliseconds; may be negative. In JSON a plain number under a key that ends in `_ms`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(i64);

/// A text that is not an RFC 3339 instant between the years 1970 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a time is RFC 3339 with a zone, such as 2026-01-31T12:00:00Z")]
pub struct TimeError;

impl Timestamp {
    /// 9999-12-31T23:59:59.999Z, the last instant RFC 3339 can print.
    pub const MAX: Timestamp = Timestamp(253_402_300_799_999);

    /// The instant `ms` milliseconds after the epoch, clamped to `0..=Timestamp::MAX`.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Timestamp {
        if ms < 0 {
            Timestamp(0)
        } else if ms > Timestamp::MAX.0 {
            Timestamp::MAX
        } else {
            Timestamp(ms)
        }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The instant `span` later (earlier if negative), clamped to the range.
    #[must_use]
    pub const fn plus(self, span: Millis) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_add(span.0))
    }

    /// The instant `span` earlier, clamped to the range.
    #[must_use]
    pub const fn minus(self, span: Millis) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_sub(span.0))
    }

    /// How long after `earlier` this is; negative if it is before.
    #[must_use]
    pub const fn since(self, earlier: Timestamp) -> Millis {
        Millis(self.0 - earlier.0)
    }
}

impl Millis {
    /// No time.
    pub const ZERO: Millis = Millis(0);

    /// A span of `ms` milliseconds.
    #[must_use]
    pub const fn new(ms: i64) -> Millis {
        Millis(ms)
    }

    /// A span of `s` seconds.
    #[must_use]
    pub const fn seconds(s: i64) -> Millis {
        Millis(s.saturating_mul(1000))
    }

    /// The number of milliseconds.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// `n` times this span, saturating.
    #[must_use]
    pub const fn times(self, n: i64) -> Millis {
        Millis(self.0.saturating_mul(n))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Timestamp, TimeError> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| TimeError)?;
        let ms = instant.as_millisecond();
        if (0..=Timestamp::MAX.0).contains(&ms) { Ok(Timestamp(ms)) } else { Err(TimeError) }
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimeError;

    fn try_from(text: String) -> Result<Timestamp, TimeError> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> String {
        at.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_print_and_read_as_rfc_3339() {
        let at: Timestamp = "2026-01-31T20:00:00.5+08:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-01-31T12:00:00.500Z");
        assert_eq!(at.to_string().parse(), Ok(at));
    }

    #[test]
    fn a_local_time_without_a_zone_is_refused() {
        for text in ["2026-01-31T20:00:00", "2026-01-31", "1700000000", "", "now", "1969-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn sums_stay_in_range() {
        assert_eq!(Timestamp::MAX.plus(Millis::new(i64::MAX)), Timestamp::MAX);
        assert_eq!(Timestamp::from_millis(5).minus(Millis::seconds(1)), Timestamp::from_millis(0));
        assert_eq!(Timestamp::from_millis(5).since(Timestamp::from_millis(7)), Millis::new(-2));
    }
}
