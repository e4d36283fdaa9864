//! What announces receipts: the companion app and other bridges, their clocks, their rhythm, and what they hear.

use serde::{Deserialize, Serialize};

use super::id::{AccountId, DeviceId};
use super::receipt::Trust;
use super::time::{Millis, Timestamp};

/// What speaks as a device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// The companion app: whole notifications with their ids, each message signed.
    #[default]
    Bridge,
    /// The app of V免签 and its descendants: a wallet and an amount.
    Vmq,
    /// SmsForwarder's webhook: title and text.
    Smsforwarder,
    /// receiptnotice's push: title and text.
    Receiptnotice,
    /// A recipe of Tasker, MacroDroid or Shortcuts: whatever text it posts.
    Text,
    /// No phone at all: the log of the account, read with an official account's keys ([`super::watch`]).
    Bill,
}

impl DeviceKind {
    /// Every kind.
    pub const ALL: [DeviceKind; 6] = [
        DeviceKind::Bridge,
        DeviceKind::Vmq,
        DeviceKind::Smsforwarder,
        DeviceKind::Receiptnotice,
        DeviceKind::Text,
        DeviceKind::Bill,
    ];

    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DeviceKind::Bridge => "bridge",
            DeviceKind::Vmq => "vmq",
            DeviceKind::Smsforwarder => "smsforwarder",
            DeviceKind::Receiptnotice => "receiptnotice",
            DeviceKind::Text => "text",
            DeviceKind::Bill => "bill",
        }
    }

    /// The most that its receipts can be trusted, whatever they carry: what can be copied out of a settings page, or was
    /// read by somebody else's rules, proves less than a message that the companion app signed.
    #[must_use]
    pub const fn trust_max(self) -> Trust {
        match self {
            // What the gateway signed is beyond doubt.
            DeviceKind::Bridge | DeviceKind::Bill => Trust::Pinned,
            DeviceKind::Vmq => Trust::AmountOnly,
            DeviceKind::Smsforwarder | DeviceKind::Receiptnotice | DeviceKind::Text => Trust::NoId,
        }
    }

    /// True where it speaks even when no money comes in. Of the others nobody can tell silence from a quiet day; a log is
    /// silent while its gateway does not answer, and who asks it says so.
    #[must_use]
    pub const fn beats(self) -> bool {
        match self {
            DeviceKind::Bridge | DeviceKind::Vmq => true,
            DeviceKind::Smsforwarder | DeviceKind::Receiptnotice | DeviceKind::Text | DeviceKind::Bill => {
                false
            }
        }
    }

    /// The trust that a new one needs to settle: its owner has just decided to believe it.
    #[must_use]
    pub fn trust_min_default(self) -> Trust {
        Trust::default().min(self.trust_max())
    }
}

impl std::str::FromStr for DeviceKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<DeviceKind, UnknownKind> {
        DeviceKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

/// No kind of device has this name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not one of bridge, vmq, smsforwarder, receiptnotice, text")]
pub struct UnknownKind;

/// A paired phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// What speaks as it.
    pub kind: DeviceKind,
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
        let Device { kind, last_seen_at, rhythm, silent_since, .. } = *self;
        Ear { kind, last_seen_at, rhythm, silent_since }.is_silent_at(now)
    }
}

/// What is known of how well a device listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ear {
    /// What speaks as it.
    pub kind: DeviceKind,
    /// When it was last heard.
    pub last_seen_at: Timestamp,
    /// How often it speaks.
    pub rhythm: Rhythm,
    /// Set while it is known to be silent.
    pub silent_since: Option<Timestamp>,
}

impl Ear {
    /// True where nothing was heard for longer than its rhythm allows; of a log where it does not answer.
    #[must_use]
    pub fn is_silent_at(&self, now: Timestamp) -> bool {
        if self.kind == DeviceKind::Bill {
            return self.silent_since.is_some();
        }
        self.kind.beats() && now.since(self.last_seen_at) > self.rhythm.patience()
    }
}

/// What is known of a phone's clock: the last differences between the server's time and the phone's `sent_at`.
///
/// Each difference is the true offset plus the time the request was under way, so the smallest is the best. A change
/// larger than most requests take is a clock that was set, or a message that was held up on its way; which of the two
/// is not known. Notices that waited on the phone may be older than the change, so what was known before it still
/// counts for them until they must have come in.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceClock {
    samples: Vec<Millis>,
    /// When the last of them came in.
    heard_at: Option<Timestamp>,
    /// What was known before the clock was set, a moment ago.
    before: Vec<Before>,
}

/// A phone's clock before a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Before {
    samples: Vec<Millis>,
    /// When the last message by it came in.
    heard_at: Timestamp,
    /// When the first message by the next one came in.
    changed_at: Timestamp,
    /// Since when it surely is not in force any more: since a message that is too early for it. A message that is late
    /// may only have been held up.
    over_at: Option<Timestamp>,
}

impl Before {
    fn offset(&self) -> Offset {
        Offset::of(&self.samples).unwrap_or_default()
    }

    /// Several messages agreed on it: they were not held up.
    fn is_sure(&self) -> bool {
        self.samples.len() >= DeviceClock::SAMPLES_SURE
    }

    fn fits(&self, posted_at: Timestamp) -> bool {
        let Offset { low, high } = self.offset();
        self.over_at.is_none_or(|over| posted_at.plus(low) < over)
            && posted_at.plus(high) > self.heard_at.minus(DeviceClock::OUTBOX_WAIT_MAX)
    }
}

/// What to add to a phone's time to get the server's: at least and at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Offset {
    /// At least this, but for the time that the fastest request took.
    pub low: Millis,
    /// At most this.
    pub high: Millis,
}

impl Offset {
    fn of(samples: &[Millis]) -> Option<Offset> {
        Some(Offset { low: *samples.iter().min()?, high: *samples.iter().max()? })
    }

    /// True where a sample is too far away for a request that was only slow.
    fn is_left_by(self, sample: Millis) -> bool {
        sample.get() < self.low.get() - DeviceClock::STEP.get()
            || sample.get() > self.high.get() + DeviceClock::STEP.get()
    }

    fn hull(self, other: Offset) -> Offset {
        Offset { low: self.low.min(other.low), high: self.high.max(other.high) }
    }
}

impl DeviceClock {
    /// Samples kept; a phone that beats every minute forgets a slow request within minutes.
    pub const SAMPLES_MAX: usize = 8;
    /// Larger changes are a clock that was set.
    pub const STEP: Millis = Millis::seconds(30);
    /// A phone that reaches the server empties its outbox within this time.
    pub const OUTBOX_WAIT_MAX: Millis = Millis::seconds(60);
    /// So many messages are not all held up for about the same time.
    pub const SAMPLES_SURE: usize = 3;
    /// Earlier clocks kept.
    pub const BEFORE_MAX: usize = 3;

    /// Learns from a message that the phone says it sent at `sent_at` and that came in at `received_at`.
    #[must_use]
    pub fn learn(&self, sent_at: Timestamp, received_at: Timestamp) -> DeviceClock {
        let sample = received_at.since(sent_at);
        let mut learned = self.clone();
        // Counted by the messages that came in since: while nothing comes in, nothing that waits can have come in. And
        // a clock that only a message or two speak of may be none.
        let came_in = |since| self.heard_at.is_some_and(|at| at.since(since) > DeviceClock::OUTBOX_WAIT_MAX);
        let is_sure = self.samples.len() >= DeviceClock::SAMPLES_SURE;
        learned.before.retain(|b| !(is_sure && came_in(b.changed_at)));
        if self.known().is_some_and(|known| known.is_left_by(sample)) {
            learned.change(sample, received_at);
        }
        if learned.samples.len() >= DeviceClock::SAMPLES_MAX {
            learned.samples.remove(0);
        }
        learned.samples.push(sample);
        learned.heard_at = Some(received_at);
        learned
    }

    /// The clock was set, or a message was held up. A message that is as early as before one that was late says that
    /// the late one was held up: then what was known before it still holds.
    fn change(&mut self, sample: Millis, received_at: Timestamp) {
        let Some(heard_at) = self.heard_at else { return };
        let again = self.before.iter().rposition(|b| b.over_at.is_none() && !b.offset().is_left_by(sample));
        let known = again.map(|index| self.before.remove(index).samples).unwrap_or_default();
        let samples = std::mem::replace(&mut self.samples, known);
        self.before.push(Before { samples, heard_at, changed_at: received_at, over_at: None });
        for earlier in self.before.iter_mut().filter(|b| b.over_at.is_none() && b.offset().low > sample) {
            earlier.over_at = Some(received_at);
        }
        let surplus = self.before.len().saturating_sub(DeviceClock::BEFORE_MAX);
        self.before.drain(..surplus);
    }

    fn known(&self) -> Option<Offset> {
        Offset::of(&self.samples)
    }

    /// What to add to the phone's time to get the server's; `None` before the first message.
    #[must_use]
    pub fn offset(&self) -> Option<Millis> {
        self.known().map(|known| known.low)
    }

    /// How far the last messages disagree about the offset.
    #[must_use]
    pub fn jitter(&self) -> Millis {
        self.known().map_or(Millis::ZERO, |known| Millis::new(known.high.get() - known.low.get()))
    }

    /// What to add to a post time that came in at `received_at`. One that could be of before and of after the clock was
    /// set leaves both open.
    #[must_use]
    pub fn offset_at(&self, posted_at: Timestamp, received_at: Timestamp) -> Offset {
        let now = self.known().unwrap_or_default();
        // What is in force now came after what was before it, unless that was only a message held up.
        let came_after = |b: &Before| b.over_at.is_none() || b.is_sure();
        let now_fits = self.before.last().is_none_or(|b| {
            posted_at.plus(now.low) <= received_at
                && (!came_after(b) || posted_at.plus(now.high) >= b.heard_at)
        });
        let before = self.before.iter().filter(|b| b.fits(posted_at)).map(Before::offset);
        let fitting = before.chain(now_fits.then_some(now));
        let all = || self.before.iter().map(Before::offset).chain([now]).reduce(Offset::hull);
        fitting.reduce(Offset::hull).or_else(all).unwrap_or(now)
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

    fn offset(clock: &DeviceClock, posted_at: i64) -> (i64, i64) {
        let offset = clock.offset_at(at(posted_at), clock.heard_at.unwrap());
        (offset.low.get(), offset.high.get())
    }

    #[test]
    fn a_notice_from_before_the_clock_was_set_forward_is_told_by_its_time() {
        let once = DeviceClock::default().learn(at(1_000_000), at(1_000_000));
        let right = once.learn(at(1_000_000), at(1_000_000)).learn(at(1_000_000), at(1_000_000));
        let forward = right.learn(at(1_900_000), at(1_300_000));
        assert_eq!(offset(&forward, 1_100_000), (0, 0), "else it would be older than the message before");
        assert_eq!(offset(&forward, 1_850_000), (-600_000, -600_000), "else it would be of the future");
        let unsure = once.learn(at(1_900_000), at(1_300_000));
        assert_eq!(offset(&unsure, 1_100_000), (-600_000, 0), "the one message may have been held up");
    }

    #[test]
    fn a_notice_from_before_the_clock_was_set_back_is_told_by_its_time_or_left_open() {
        let right = DeviceClock::default().learn(at(1_000_000), at(1_000_000));
        // Silent for ten minutes, and set five minutes back in that time.
        let back = right.learn(at(1_300_000), at(1_600_000));
        assert_eq!(offset(&back, 1_290_000), (0, 300_000), "ten seconds old, or five minutes more");
        assert_eq!(offset(&back, 1_590_000), (0, 0), "else it would be of the future");
        assert_eq!(
            offset(&back, 920_000),
            (300_000, 300_000),
            "else it would have come in with the message before"
        );
        // Set ten minutes back: a fresh notice would otherwise have come in long ago.
        let far_back = right.learn(at(1_000_000), at(1_600_000));
        assert_eq!(offset(&far_back, 930_000), (600_000, 600_000));
        let later = [30, 61, 90, 120]
            .iter()
            .fold(back, |clock, s| clock.learn(at(1_300_000 + s * 1000), at(1_600_000 + s * 1000)));
        assert_eq!(
            offset(&later, 1_290_000),
            (300_000, 300_000),
            "what waited on the phone has come in by now"
        );
    }

    #[test]
    fn a_message_that_was_held_up_leaves_open_when_its_notices_were_posted() {
        let steady = DeviceClock::default().learn(at(1_000_000), at(1_000_010));
        let held_up = steady.learn(at(1_060_000), at(1_120_000));
        assert_eq!(offset(&held_up, 1_050_000), (10, 60_000));
        let next = held_up.learn(at(1_130_000), at(1_130_020));
        assert_eq!(next.offset(), Some(Millis::new(10)), "what was known before it still holds");
        assert_eq!(offset(&next, 1_119_000), (10, 20));
        assert_eq!(offset(&next, 1_129_500), (10, 20));
        // Silence behind it: what was posted while it was under way still waits.
        let much_later = held_up.learn(at(2_000_000), at(2_000_020));
        let truth = 1_100_010;
        let offset = much_later.offset_at(at(1_100_000), at(2_000_020));
        assert!((offset.low.get()..=offset.high.get()).contains(&(truth - 1_100_000)), "{offset:?}");
    }

    #[test]
    fn the_memory_of_a_clock_that_is_set_again_and_again_is_bounded() {
        let mut clock = DeviceClock::default();
        for n in 0..20 {
            clock = clock.learn(at(10_000_000 + n % 2 * 100_000), at(10_000_000 + n));
        }
        assert_eq!(clock.before.len(), DeviceClock::BEFORE_MAX);
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
