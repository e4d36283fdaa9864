//! A phone: its clock, which may be wrong and may be set; its outbox; and a network that loses, delays and repeats.
//!
//! What is assumed of it, and nothing more:
//! - It sends a first heartbeat when it is paired, and the fastest of its last requests took less than half a second.
//! - A message carries all that waits, but for what was posted a moment ago; a heartbeat is sent when nothing waits.
//! - A message is sent again as it is only to a server that knows the phone's clock from others.
//! - Not so many messages in a row are held up that they look like a clock that was set.

use std::collections::VecDeque;

use matcha::domain::device::DeviceClock;
use matcha::domain::id::{AccountId, DeviceId};
use matcha::domain::time::{Millis, Timestamp};

use crate::world::Announcer;

/// A message that may be sent again as it is.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) sent_at: Timestamp,
    /// When, by the true clock: a signature is good for five minutes.
    pub(super) built: i64,
    pub(super) notices: Vec<String>,
    pub(super) told: Vec<usize>,
}

pub(super) struct Phone {
    pub(super) device: DeviceId,
    pub(super) ahead: Millis,
    /// Its clock is never set and its messages are never held up.
    pub(super) is_steady: bool,
    /// It tells post times in whole seconds.
    pub(super) whole_seconds: bool,
    /// Who speaks on it, of which account, and how long after the payment, in ms.
    pub(super) voices: Vec<Voice>,
    /// Notices that will be posted, then those that wait to be sent.
    pub(super) coming: Vec<usize>,
    pub(super) outbox: VecDeque<usize>,
    /// The last message that was not answered.
    pub(super) unanswered: Option<Message>,
    /// No network until then, by the true clock.
    pub(super) offline_until: i64,
    /// When the server truly got its last message.
    pub(super) heard: i64,
    /// Its clock was set since.
    pub(super) set_since_heard: bool,
    /// Requests since its clock was set: the first are fast.
    pub(super) requests: u32,
    /// How many of the last messages were held up.
    pub(super) held_up: usize,
    /// Its announcers are pinned: nobody else is believed.
    pub(super) pinned: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    pub(super) announcer: Announcer,
    pub(super) account: AccountId,
    pub(super) after: (i64, i64),
    /// The Android user, another one for a cloned app.
    pub(super) profile: i64,
}

impl Phone {
    pub(super) fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus(self.ahead)
    }

    pub(super) fn may_be_held_up(&self) -> bool {
        !self.is_steady && self.requests >= 2 && self.held_up + 1 < DeviceClock::SAMPLES_SURE
    }

    pub(super) fn is_online(&self, now: Timestamp) -> bool {
        now.millis() >= self.offline_until
    }
}
