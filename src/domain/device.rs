//! Paired phones: their clocks, their rhythm, and what they hear.

use serde::{Deserialize, Serialize};

use super::id::{AccountId, DeviceId};
use super::receipt::Trust;
use super::time::{Millis, Timestamp};

/// A paired phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Its name for the owner.
    pub name: String,
    /// What kind of phone it is.
    pub model: String,
    /// The version of the app that spoke last.
    pub app_version: String,
    /// The accounts whose announcements it hears.
    pub accounts: Vec<AccountId>,
    /// When it was paired.
    pub paired_at: Timestamp,
    /// When the owner revoked it.
    pub revoked_at: Option<Timestamp>,
    /// When it was last heard.
    pub last_seen_at: Timestamp,
    /// What it last said about itself, verbatim JSON.
    pub health: Option<String>,
    /// How its clock differs from the server's.
    pub clock: DeviceClock,
    /// How often it speaks.
    pub rhythm: Rhythm,
    /// Set while it is known to be silent and the owner was told.
    pub silent_since: Option<Timestamp>,
    /// Receipts below this trust go to the inbox.
    pub trust_min: Trust,
}

impl Device {
    /// True where nothing was heard for longer than its rhythm allows.
    #[must_use]
    pub fn is_silent_at(&self, now: Timestamp) -> bool {
        now.since(self.last_seen_at) > self.rhythm.patience()
    }
}

/// What is known of a phone's clock: the last differences between the server's time and the phone's `sent_at`.
///
/// Each difference is the true offset plus the time the request was under way, so the smallest is the best. A change
/// larger than a request can take is a clock that was set: the older samples are then worthless.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceClock {
    samples: Vec<Millis>,
}

impl DeviceClock {
    /// Samples kept; a phone that beats every minute forgets a slow request within minutes.
    pub const SAMPLES_MAX: usize = 8;
    /// Larger changes are a clock that was set.
    pub const STEP: Millis = Millis::seconds(30);
    /// The largest uncertainty that is believed; a worse network only delays, it does not blur more.
    pub const JITTER_MAX: Millis = Millis::seconds(2);

    /// Learns from a message that the phone says it sent at `sent_at` and that came in at `received_at`.
    #[must_use]
    pub fn learn(&self, sent_at: Timestamp, received_at: Timestamp) -> DeviceClock {
        let sample = received_at.since(sent_at);
        let stepped =
            self.offset().is_some_and(|offset| (sample.get() - offset.get()).abs() > DeviceClock::STEP.get());
        let mut samples = if stepped { Vec::new() } else { self.samples.clone() };
        if samples.len() >= DeviceClock::SAMPLES_MAX {
            samples.remove(0);
        }
        samples.push(sample);
        DeviceClock { samples }
    }

    /// What to add to the phone's time to get the server's; `None` before the first message.
    #[must_use]
    pub fn offset(&self) -> Option<Millis> {
        self.samples.iter().min().copied()
    }

    /// How uncertain the offset is.
    #[must_use]
    pub fn jitter(&self) -> Millis {
        match (self.samples.iter().min(), self.samples.iter().max()) {
            (Some(min), Some(max)) => Millis::new(max.get() - min.get()).min(DeviceClock::JITTER_MAX),
            (None, _) | (_, None) => Millis::ZERO,
        }
    }
}

/// How often a phone speaks, learned from the gaps between its messages.
///
/// The gap grows at once when a phone takes longer and shrinks slowly when it is lively, so that a phone that is woken
/// every half hour is not called silent every half hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rhythm {
    gap: Option<Millis>,
}

impl Rhythm {
    /// A phone without a rhythm yet is silent after this long.
    pub const PATIENCE_DEFAULT: Millis = Millis::seconds(15 * 60);
    /// However fast its rhythm, a phone may miss a few minutes.
    pub const PATIENCE_MIN: Millis = Millis::seconds(5 * 60);
    /// However slow its rhythm, this long is silence.
    pub const PATIENCE_MAX: Millis = Millis::seconds(60 * 60);

    /// The rhythm that a stored gap stands for.
    #[must_use]
    pub const fn from_gap(gap: Option<Millis>) -> Rhythm {
        Rhythm { gap }
    }

    /// The learned gap.
    #[must_use]
    pub const fn gap(self) -> Option<Millis> {
        self.gap
    }

    /// Learns from the time between two messages. A gap that was silence teaches nothing, and neither do messages
    /// that come in a burst.
    #[must_use]
    pub fn learn(self, gap: Millis) -> Rhythm {
        if gap < Millis::seconds(5) || gap > Rhythm::PATIENCE_MAX {
            return self;
        }
        let learned = match self.gap {
            Some(known) if gap < known => Millis::new((known.get() * 7 + gap.get()) / 8),
            Some(_) | None => gap,
        };
        Rhythm { gap: Some(learned) }
    }

    /// How long this phone may say nothing: three gaps, within the bounds.
    #[must_use]
    pub fn patience(self) -> Millis {
        match self.gap {
            None => Rhythm::PATIENCE_DEFAULT,
            Some(gap) => gap.times(3).clamp(Rhythm::PATIENCE_MIN, Rhythm::PATIENCE_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn the_fastest_request_measures_the_clock() {
        let clock = DeviceClock::default();
        assert_eq!(clock.offset(), None);
        let clock = clock.learn(at(1_000_000), at(1_600_250)).learn(at(1_060_000), at(1_660_040));
        assert_eq!(clock.offset(), Some(Millis::new(600_040)));
        assert_eq!(clock.jitter(), Millis::new(210));
    }

    #[test]
    fn a_clock_that_was_set_is_measured_anew() {
        let clock = DeviceClock::default().learn(at(1_000_000), at(1_600_000));
        let forward = clock.learn(at(1_700_000), at(1_700_020));
        assert_eq!((forward.offset(), forward.jitter()), (Some(Millis::new(20)), Millis::ZERO));
        let back = forward.learn(at(1_000_000), at(1_800_000));
        assert_eq!(back.offset(), Some(Millis::new(800_000)));
    }

    #[test]
    fn old_samples_are_forgotten() {
        let mut clock = DeviceClock::default().learn(at(1_000_000), at(1_000_001));
        for n in 0..DeviceClock::SAMPLES_MAX {
            let sent = i64::try_from(n).unwrap() * 1000 + 2_000_000;
            clock = clock.learn(at(sent), at(sent + 50));
        }
        assert_eq!((clock.offset(), clock.jitter()), (Some(Millis::new(50)), Millis::ZERO));
    }

    #[test]
    fn patience_follows_the_rhythm_within_bounds() {
        let minute = Millis::seconds(60);
        assert_eq!(Rhythm::default().patience(), Rhythm::PATIENCE_DEFAULT);
        assert_eq!(Rhythm::default().learn(minute).patience(), Rhythm::PATIENCE_MIN);
        let slow = Rhythm::default().learn(minute).learn(Millis::seconds(15 * 60));
        assert_eq!(slow.patience(), Millis::seconds(45 * 60), "a longer gap is learned at once");
        assert_eq!(
            slow.learn(minute).gap(),
            Some(Millis::seconds((15 * 7 + 1) * 60 / 8)),
            "a shorter one slowly"
        );
        assert_eq!(slow.learn(Millis::seconds(9 * 3600)), slow, "a night of silence teaches nothing");
        assert_eq!(slow.learn(Millis::new(10)), slow, "nor does a burst");
    }
}
