//! Notices come in: stored, read, matched and settled in one unit of work (M3, M6, M7, M9, M10).

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::app::{App, Makers};
use crate::domain::account::Remark;
use crate::domain::channel::Channel;
use crate::domain::device::{Device, Offset};
use crate::domain::id::{AccountId, DeviceId, InboxId, NoticeId, ReceiptId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::matching::{self, Decision, Voice};
use crate::domain::money::Fen;
use crate::domain::notice::{HintKind, ReadReceipt, Reading, Rules, Seen};
use crate::domain::receipt::{
    Arrival, InboxItem, InboxState, Notice, ReadAs, Reason, Receipt, ReceiptState, Trust,
};
use crate::domain::time::{Millis, Timestamp};
use crate::flow::settle::{self, Payment};
use crate::flow::{Error, Thing, device};
use crate::limits;
use crate::secrets::sha256;
use crate::storage;
use crate::storage::verbs::{Inserted, Pin, PinKey, SeenBefore, WriteTx};

/// A notification as the phone describes it. Only `id` is demanded: what else is missing or odd is stored all the same
/// and read as far as it can be, because a notice that is refused is a notice that is lost.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PhoneNotice {
    /// The phone's own id of the notice; echoed in the answer.
    pub id: String,
    /// The Android package.
    #[serde(deserialize_with = "or_default")]
    pub package: String,
    /// The title.
    #[serde(deserialize_with = "or_default")]
    pub title: String,
    /// The text.
    #[serde(deserialize_with = "or_default")]
    pub text: String,
    /// The long text.
    #[serde(deserialize_with = "or_default")]
    pub big_text: Option<String>,
    /// The ticker.
    #[serde(deserialize_with = "or_default")]
    pub ticker: Option<String>,
    /// When the phone's system posted it: RFC 3339, or milliseconds since the epoch as Android counts them.
    #[serde(deserialize_with = "time_or_none")]
    pub posted_at: Option<Timestamp>,
    /// The notification id within the app.
    #[serde(deserialize_with = "or_default")]
    pub notification_id: Option<i64>,
    /// The system's key of the notification.
    #[serde(deserialize_with = "or_default")]
    pub key: Option<String>,
    /// Its tag.
    #[serde(deserialize_with = "or_default")]
    pub tag: Option<String>,
    /// Its channel.
    #[serde(deserialize_with = "or_default")]
    pub channel_id: Option<String>,
    /// The Android user: a cloned app has another.
    #[serde(deserialize_with = "or_default")]
    pub user: Option<i64>,
    /// A standing notification.
    #[serde(deserialize_with = "or_default")]
    pub ongoing: Option<bool>,
    /// A summary of others.
    #[serde(deserialize_with = "or_default")]
    pub group_summary: Option<bool>,
}

fn time_or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let text = value.as_str().and_then(|text| text.parse().ok());
    Ok(text.or(value.as_i64().filter(|ms| *ms > 0).map(Timestamp::from_millis)))
}

/// A field of another type than expected counts as missing: it must not cost the notice.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::de::DeserializeOwned,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).unwrap_or_default())
}

impl PhoneNotice {
    /// Reads a notice object; `None` where it is no object with an id.
    #[must_use]
    pub fn parse(raw: &str) -> Option<PhoneNotice> {
        serde_json::from_str::<PhoneNotice>(raw).ok().filter(|notice| !notice.id.is_empty())
    }

    fn seen(&self) -> Seen<'_> {
        Seen {
            package: &self.package,
            title: &self.title,
            text: &self.text,
            big_text: self.big_text.as_deref(),
            ticker: self.ticker.as_deref(),
            channel_id: self.channel_id.as_deref(),
            ongoing: self.ongoing.unwrap_or(false),
            group_summary: self.group_summary.unwrap_or(false),
        }
    }

    /// What the rules make of it.
    #[must_use]
    pub fn read(&self, rules: &Rules) -> Reading {
        rules.read(&self.seen())
    }

    /// SHA-256 over what makes two notices the same (M9): the phone, the notification's key, its post time and its words.
    /// Where the phone tells no post time, its own id of the notice stands for it: two payments of one amount must not
    /// pass for one.
    fn fingerprint(&self, device: DeviceId) -> [u8; 32] {
        let key = self.key.clone().unwrap_or_else(|| {
            let number = |n: Option<i64>| n.map_or_else(String::new, |n| n.to_string());
            let tag = self.tag.as_deref().unwrap_or("");
            format!("{}|{}|{tag}|{}", self.package, number(self.notification_id), number(self.user))
        });
        let posted = self.posted_at.map_or_else(|| format!("id {}", self.id), |at| at.millis().to_string());
        let mut whole = Vec::new();
        for part in [&device.to_string(), &key, &posted, &self.title, &self.text] {
            whole.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            whole.extend_from_slice(part.as_bytes());
        }
        sha256(&whole)
    }
}

/// A signed message of notices.
#[derive(Debug)]
pub struct Batch {
    /// Who sent it.
    pub device: DeviceId,
    /// The message's id; the same message twice is one.
    pub message_id: String,
    /// SHA-256 of its body.
    pub body_hash: [u8; 32],
    /// When the phone says it sent it.
    pub sent_at: Timestamp,
    /// The notices, verbatim.
    pub notices: Vec<Box<RawValue>>,
}

/// What became of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The phone's ids of the notices that are durable now; the phone forgets exactly these.
    Stored(Vec<String>),
    /// The message id was used for another body.
    MessageIdReused,
}

/// What became of one notice, for the tests, the demo and the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It was known (M9).
    Duplicate,
    /// It is no receipt.
    NoReceipt,
    /// It paid an order.
    Settled,
    /// It repeats another receipt.
    Echo,
    /// It pinned its announcer.
    Pinned,
    /// The owner must look.
    Inbox(Reason),
}

/// One notice of a batch, read before the writer is asked.
struct Incoming {
    raw: String,
    phone: PhoneNotice,
    reading: Reading,
}

/// What a signed message says of its phone besides its notices.
#[derive(Clone, Debug)]
struct Message {
    id: String,
    body_hash: [u8; 32],
    sent_at: Timestamp,
}

/// Stores a batch and settles what can be settled. Notices without an id are refused with the whole batch, because the
/// phone could never be told that they are stored.
///
/// # Errors
/// [`Error::Invalid`] for a notice without an id, [`Error::NotFound`] for a phone that is not paired (any more).
pub async fn receive(app: &App, batch: Batch) -> Result<Outcome, Error> {
    let now = app.now();
    let rules = app.rules();
    let mut incoming = Vec::with_capacity(batch.notices.len());
    for (index, raw) in batch.notices.iter().enumerate() {
        let phone = PhoneNotice::parse(raw.get()).ok_or_else(|| Error::Invalid {
            field: "notices",
            why: format!("notice {index} is not an object with an id: nothing of this batch was stored"),
        })?;
        let reading = phone.read(&rules);
        incoming.push(Incoming { raw: raw.get().to_owned(), phone, reading });
    }
    let device = batch.device;
    let message = Message { id: batch.message_id, body_hash: batch.body_hash, sent_at: batch.sent_at };
    let mut stored = Vec::with_capacity(incoming.len());
    let mut rest = incoming.into_iter();
    // The phone is heard in the same unit of work as its first notices; an empty batch is heard too.
    let mut first = Some(message);
    loop {
        let some: Vec<Incoming> = rest.by_ref().take(limits::NOTICES_PER_UNIT).collect();
        if some.is_empty() && first.is_none() {
            return Ok(Outcome::Stored(stored));
        }
        let ids: Vec<String> = some.iter().map(|i| i.phone.id.clone()).collect();
        match store_some(app, device, first.take(), some, now).await {
            Ok(Stored::Yes) => stored.extend(ids),
            Ok(Stored::MessageIdReused) => return Ok(Outcome::MessageIdReused),
            // What is committed is told; the phone keeps the rest and sends it again.
            Err(_) if !stored.is_empty() => return Ok(Outcome::Stored(stored)),
            Err(error) => return Err(error),
        }
    }
}

/// What became of one unit of work.
enum Stored {
    Yes,
    MessageIdReused,
}

/// The phone as it stands after its message, or `None` where the message's id was used for another body.
fn heard(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    id: DeviceId,
    message: Option<&Message>,
    now: Timestamp,
) -> Result<Option<Device>, Error> {
    let Some(message) = message else {
        let device = tx.device(id)?.filter(|d| d.revoked_at.is_none());
        return device.ok_or(Error::NotFound(Thing::Device)).map(Some);
    };
    let Message { id: message_id, body_hash, sent_at } = message;
    let (seen, device) = device::hear(tx, makers, id, message_id, body_hash, *sent_at, None, now)?;
    Ok((seen != SeenBefore::OtherBody).then_some(device))
}

async fn store_some(
    app: &App,
    device: DeviceId,
    message: Option<Message>,
    some: Vec<Incoming>,
    now: Timestamp,
) -> Result<Stored, Error> {
    let some = std::sync::Arc::new(some);
    let (makers, notices, says) = (app.makers.clone(), std::sync::Arc::clone(&some), message.clone());
    let together = app
        .store
        .write(move |tx| {
            let Some(device) = heard(tx, &makers, device, says.as_ref(), now)? else { return Ok(None) };
            let take = |incoming| take_in(tx, &makers, &device, incoming, now);
            notices.iter().map(take).collect::<Result<Vec<Fate>, Error>>().map(Some)
        })
        .await;
    match together {
        Ok(Some(fates)) => {
            for fate in fates {
                tracing::info!(%device, ?fate, "a notice came in");
            }
            Ok(Stored::Yes)
        }
        Ok(None) => Ok(Stored::MessageIdReused),
        Err(error) if !is_of_the_disk(&error) => {
            tell_unmatched(&error);
            store_unread(app, device, message, some, now).await
        }
        Err(error) => Err(error),
    }
}

fn tell_unmatched(error: &Error) {
    let source = std::error::Error::source(error);
    tracing::error!(%error, ?source, "notices could not be matched: they are stored and tried again");
}

fn is_of_the_disk(error: &Error) -> bool {
    match error {
        Error::Storage(storage::Error::Panicked | storage::Error::Unreadable { .. }) => false,
        Error::Storage(_) | Error::NotFound(_) => true,
        Error::Taken(_) | Error::Invalid { .. } | Error::Conflict(_) => false,
    }
}

/// When matching fails for a reason of ours, the notices must not be lost with it: they wait to be read again.
async fn store_unread(
    app: &App,
    device: DeviceId,
    message: Option<Message>,
    some: std::sync::Arc<Vec<Incoming>>,
    now: Timestamp,
) -> Result<Stored, Error> {
    let makers = app.makers.clone();
    app.store
        .write(move |tx| {
            let Some(device) = heard(tx, &makers, device, message.as_ref(), now)? else {
                return Ok(Stored::MessageIdReused);
            };
            for incoming in some.iter() {
                let notice = as_notice(&makers, &device, incoming, now, ReadAs::Pending, None);
                match tx.insert_notice(&notice)? {
                    // A duplicate is as good as stored.
                    Inserted::Yes | Inserted::Conflict => {}
                }
            }
            Ok(Stored::Yes)
        })
        .await
}

fn as_notice(
    makers: &Makers,
    device: &Device,
    incoming: &Incoming,
    now: Timestamp,
    read_as: ReadAs,
    rule: Option<&str>,
) -> Notice {
    // Without a post time the money came in with the news, by our clock and not by the phone's.
    let (posted_at, offset) = match incoming.phone.posted_at {
        Some(posted_at) => (posted_at, device.clock.offset_at(posted_at, now)),
        None => (now, Offset::default()),
    };
    Notice {
        id: NoticeId::from_raw(makers.ids.next(now)),
        device: device.id,
        fingerprint: incoming.phone.fingerprint(device.id),
        raw: incoming.raw.clone(),
        posted_at,
        received_at: now,
        clock_offset: offset.low,
        clock_jitter: Millis::new(offset.high.get() - offset.low.get()),
        read_as,
        rule: rule.map(str::to_owned),
    }
}

fn take_in(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    device: &Device,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Fate, Error> {
    let read_as = read_as(&incoming.reading);
    let notice = as_notice(makers, device, incoming, now, read_as, incoming.reading.rule());
    match tx.insert_notice(&notice)? {
        Inserted::Conflict => Ok(Fate::Duplicate),
        Inserted::Yes => act_on(tx, makers, device, &notice, &incoming.phone, &incoming.reading, now),
    }
}

/// The stored form of a reading.
pub(crate) fn read_as(reading: &Reading) -> ReadAs {
    match reading {
        Reading::Receipt(_) => ReadAs::Receipt,
        Reading::Refused { .. } => ReadAs::Refused,
        Reading::Hint { .. } => ReadAs::Hint,
        Reading::Unread => ReadAs::Unread,
    }
}

/// Does what a reading asks for. Also the way of a notice that is read again after the rules changed.
pub(crate) fn act_on(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    device: &Device,
    notice: &Notice,
    phone: &PhoneNotice,
    reading: &Reading,
    now: Timestamp,
) -> Result<Fate, Error> {
    match reading {
        Reading::Refused { .. } | Reading::Unread => Ok(Fate::NoReceipt),
        Reading::Hint { kind: HintKind::AmountMissing, .. } => {
            ask(tx, makers, notice, None, Reason::AmountMissing, now)
        }
        // One open item says it all: a phone that hides its texts hides every one of them.
        Reading::Hint { kind: HintKind::TextHidden, .. } if tx.has_open(device.id, Reason::TextHidden)? => {
            Ok(Fate::NoReceipt)
        }
        Reading::Hint { kind: HintKind::TextHidden, .. } => {
            ask(tx, makers, notice, None, Reason::TextHidden, now)
        }
        Reading::Receipt(read) => Matching { tx, makers, device, notice, phone, read, now }.run(),
    }
}

fn ask(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    notice: &Notice,
    receipt: Option<ReceiptId>,
    reason: Reason,
    now: Timestamp,
) -> Result<Fate, Error> {
    let item = InboxItem {
        id: InboxId::from_raw(makers.ids.next(now)),
        reason,
        notice: notice.id,
        receipt,
        state: InboxState::Open,
        order: None,
        note: None,
        created_at: now,
        resolved_at: None,
    };
    if tx.insert_inbox(&item)? == Inserted::Yes {
        let (subject, actor) = (Subject::Inbox(item.id), Actor::Device(notice.device));
        let cause = format!("reason={} notice={}", reason.as_str(), notice.id);
        makers.log(tx, now, &Entry { subject, act: Act::InboxOpened, actor, cause })?;
    }
    Ok(Fate::Inbox(reason))
}

/// Finds the order of one receipt.
struct Matching<'a> {
    tx: &'a mut dyn WriteTx,
    makers: &'a Makers,
    device: &'a Device,
    notice: &'a Notice,
    phone: &'a PhoneNotice,
    read: &'a ReadReceipt,
    now: Timestamp,
}

/// How far the announcer can be believed.
enum Standing {
    Trusted(Trust),
    JustPinned,
    Wrong,
}

impl Matching<'_> {
    fn run(mut self) -> Result<Fate, Error> {
        let standing = self.standing()?;
        let accounts = self.accounts()?;
        let arrival = Arrival::measure(
            self.notice.posted_at,
            self.notice.clock_offset,
            self.notice.clock_jitter,
            self.notice.received_at,
        );
        let remark = self.read.remark.as_deref().and_then(|text| text.parse::<Remark>().ok());
        let mut receipt = Receipt {
            id: ReceiptId::from_raw(self.makers.ids.next(self.now)),
            notice: self.notice.id,
            device: self.device.id,
            account: if let [only] = accounts.as_slice() { Some(*only) } else { None },
            channel: self.read.channel,
            amount: self.read.amount,
            payer: self.read.payer.clone(),
            remark,
            announcer: self.read.announcer.clone(),
            rule: self.read.rule.to_string(),
            trust: match standing {
                Standing::Trusted(trust) => trust,
                Standing::JustPinned => Trust::Pinned,
                Standing::Wrong => Trust::Unpinned,
            },
            arrival,
            state: ReceiptState::Inbox,
            echo_of: None,
        };
        let refused = match standing {
            Standing::Wrong => Some(Reason::WrongAnnouncer),
            Standing::Trusted(trust) if trust < self.device.trust_min => Some(Reason::Untrusted),
            Standing::Trusted(_) | Standing::JustPinned if accounts.is_empty() => Some(Reason::NoAccount),
            Standing::Trusted(_) | Standing::JustPinned if self.phone.posted_at.is_none() => {
                Some(Reason::NoTime)
            }
            Standing::Trusted(_) | Standing::JustPinned => None,
        };
        if let Some(reason) = refused {
            return self.leave_to_owner(&receipt, reason);
        }
        let decision = self.decide(&receipt, &accounts)?;
        let echo = self.echo(&receipt, &accounts)?;
        match (decision, echo) {
            (Decision::Settle { order, account, late }, None) => {
                receipt.state = ReceiptState::Settled;
                receipt.account = Some(account);
                self.insert(&receipt)?;
                let actor = Actor::Device(self.device.id);
                settle::settle(
                    self.tx,
                    self.makers,
                    Payment { order, receipt: Some(receipt.id), late, actor },
                    self.now,
                )?;
                Ok(Fate::Settled)
            }
            // It could be the second voice of a payment that has no order, or the payment of this order (M7).
            (Decision::Settle { .. }, Some(_)) => self.leave_to_owner(&receipt, Reason::PossibleEcho),
            (Decision::Ask(_), Some(first)) => self.keep_as_echo(receipt, first),
            (Decision::Ask(Reason::NoCandidate), None) if matches!(standing, Standing::JustPinned) => {
                receipt.state = ReceiptState::Pin;
                self.insert(&receipt)?;
                Ok(Fate::Pinned)
            }
            (Decision::Ask(reason), None) => self.leave_to_owner(&receipt, reason),
        }
    }

    /// Compares the notification id with the pinned one, and pins it where a ¥0.01 came in at set-up.
    fn standing(&mut self) -> Result<Standing, Error> {
        if !self.read.pins_id {
            // Alipay's ids change; its notification channel tells receipts from chats, and the rules demand it where
            // the phone sends it.
            let trust = if self.phone.channel_id.is_some() { Trust::Pinned } else { Trust::NoId };
            return Ok(Standing::Trusted(trust));
        }
        let key = PinKey {
            device: self.device.id,
            package: self.phone.package.clone(),
            announcer: self.read.announcer.clone(),
            profile: self.phone.user.unwrap_or(0),
        };
        let pinned = self.tx.pin(&key)?;
        Ok(match (pinned, self.phone.notification_id) {
            (Some(pin), Some(id)) if pin.notification_id == id => Standing::Trusted(Trust::Pinned),
            (Some(_), _) => Standing::Wrong,
            (None, None) => Standing::Trusted(Trust::NoId),
            (None, Some(notification_id)) if self.read.amount == Fen::ONE => {
                let announcer = key.announcer.clone();
                let pin = Pin { key, notification_id, pinned_at: self.now };
                if self.tx.insert_pin(&pin)? == Inserted::Yes {
                    let (subject, actor) = (Subject::Device(self.device.id), Actor::Device(self.device.id));
                    let cause =
                        format!("announcer={announcer} id={notification_id} notice={}", self.notice.id);
                    self.makers.log(
                        self.tx,
                        self.now,
                        &Entry { subject, act: Act::ReceiptPinned, actor, cause },
                    )?;
                }
                Standing::JustPinned
            }
            (None, Some(_)) => Standing::Trusted(Trust::Unpinned),
        })
    }

    /// The accounts of the receipt's wallet that this phone hears.
    fn accounts(&self) -> Result<Vec<AccountId>, Error> {
        let mut accounts = Vec::new();
        for id in &self.device.accounts {
            if self
                .tx
                .account(*id)?
                .is_some_and(|a| a.channel == self.read.channel && a.channel != Channel::AlipayOfficial)
            {
                accounts.push(*id);
            }
        }
        Ok(accounts)
    }

    fn decide(&self, receipt: &Receipt, accounts: &[AccountId]) -> Result<Decision, Error> {
        let mut candidates = Vec::new();
        for account in accounts {
            candidates.extend(self.tx.candidates(
                *account,
                receipt.amount,
                receipt.arrival.from,
                receipt.arrival.to,
            )?);
        }
        Ok(matching::decide(receipt.arrival, receipt.remark.as_ref(), &candidates))
    }

    fn echo(&self, receipt: &Receipt, accounts: &[AccountId]) -> Result<Option<ReceiptId>, Error> {
        let window = limits::ECHO_WINDOW;
        let from = receipt.arrival.from;
        let earlier =
            self.tx.earlier(receipt.channel, receipt.amount, from.minus(window), from.plus(window))?;
        let voice = Voice { device: receipt.device, announcer: receipt.announcer.clone() };
        Ok(matching::echo_of(&voice, accounts, receipt.arrival, receipt.remark.as_ref(), window, &earlier))
    }

    fn insert(&mut self, receipt: &Receipt) -> Result<(), Error> {
        let inserted = self.tx.insert_receipt(receipt)?;
        assert_eq!(inserted, Inserted::Yes, "a notice that was just stored has no receipt yet");
        Ok(())
    }

    fn leave_to_owner(&mut self, receipt: &Receipt, reason: Reason) -> Result<Fate, Error> {
        self.insert(receipt)?;
        ask(self.tx, self.makers, self.notice, Some(receipt.id), reason, self.now)
    }

    fn keep_as_echo(&mut self, receipt: Receipt, first: ReceiptId) -> Result<Fate, Error> {
        let receipt = Receipt { state: ReceiptState::Echo, echo_of: Some(first), ..receipt };
        self.insert(&receipt)?;
        let (subject, actor) = (Subject::Receipt(first), Actor::Device(self.device.id));
        let cause = format!("echo={} announcer={}", receipt.id, receipt.announcer);
        self.makers.log(self.tx, self.now, &Entry { subject, act: Act::ReceiptEchoed, actor, cause })?;
        Ok(Fate::Echo)
    }
}
