//! Notices come in: stored, read, matched and settled in one unit of work (M3, M6, M7, M9, M10).

pub(crate) mod bill;
mod phone;
mod receipt;

use serde_json::value::RawValue;

pub use self::phone::PhoneNotice;
use self::receipt::Matching;
use crate::app::{App, Makers};
use crate::domain::device::{Device, DeviceKind, Offset};
use crate::domain::id::{DeviceId, NoticeId, ReceiptId};
use crate::domain::log::Actor;
use crate::domain::notice::{HintKind, Reading};
use crate::domain::receipt::{Matter, Notice, ReadAs, Reason};
use crate::domain::time::{Millis, Timestamp};
use crate::flow::device::{self, Message};
use crate::flow::{Error, Thing, inbox};
use crate::limits;
use crate::storage;
use crate::storage::verbs::{Inserted, SeenBefore, WriteTx};

/// An authentic message of notices.
#[derive(Debug)]
pub struct Batch {
    /// Who sent it.
    pub device: DeviceId,
    /// What it says of itself.
    pub message: Message,
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
    let Batch { device, message, .. } = batch;
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
            Ok(Stored::Yes(_)) => stored.extend(ids),
            Ok(Stored::MessageIdReused) => return Ok(Outcome::MessageIdReused),
            // What is committed is told; the phone keeps the rest and sends it again.
            Err(_) if !stored.is_empty() => return Ok(Outcome::Stored(stored)),
            Err(error) => return Err(error),
        }
    }
}

/// What became of one unit of work.
enum Stored {
    /// With what became of each notice; nothing where they wait to be read again.
    Yes(Vec<Fate>),
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
    let (seen, device) = device::hear(tx, makers, id, message, None, now)?;
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
            for fate in fates.iter().filter(|fate| **fate != Fate::Duplicate) {
                tracing::info!(%device, ?fate, "a notice came in");
            }
            Ok(Stored::Yes(fates))
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
        Error::Taken(_) | Error::Invalid { .. } | Error::Keys(_) | Error::Conflict(_) => false,
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
            Ok(Stored::Yes(Vec::new()))
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
    let is_row = device.kind == DeviceKind::Bill;
    let (posted_at, offset) = match incoming.phone.posted_at {
        Some(posted_at) if is_row => (posted_at, Offset { low: Millis::ZERO, high: bill::CLOCK_JITTER }),
        Some(posted_at) => (posted_at, device.clock.offset_at(posted_at, now)),
        None => (now, Offset::default()),
    };
    Notice {
        id: NoticeId::from_raw(makers.ids.next(now)),
        device: device.id,
        fingerprint: if is_row {
            bill::fingerprint(device.id, &incoming.phone.id)
        } else {
            incoming.phone.fingerprint(device.id)
        },
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
        Reading::Hint { kind: HintKind::TextHidden, .. }
            if tx.open_item(device.id, Reason::TextHidden)?.is_some() =>
        {
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
    let told = (reason, Matter::Notice(notice.id), receipt);
    inbox::ask(tx, makers, told, Actor::Device(notice.device), now)?;
    Ok(Fate::Inbox(reason))
}
