//! Phones: paired, heard, silent, revoked.

use crate::app::{App, Makers};
use crate::domain::device::{Device, DeviceClock, DeviceKind, Rhythm};
use crate::domain::id::{AccountId, DeviceId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::receipt::{InboxState, Matter, Reason, Trust};
use crate::domain::time::Timestamp;
use crate::flow::{Error, Thing, inbox};
use crate::limits;
use crate::secrets::sha256;
use crate::storage::verbs::{Pairing, SeenBefore, WriteTx};

/// A pairing code, shown to the owner once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invitation {
    /// What the phone sends back: ten characters in two groups, easy to type.
    pub code: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// Makes a pairing code for a phone that will hear `accounts`; all there are where none is named.
///
/// # Errors
/// [`Error::NotFound`] for an account that is not there.
pub async fn invite(app: &App, accounts: Vec<AccountId>) -> Result<Invitation, Error> {
    // No vowels and no look-alikes: it is read from a screen and typed on a phone. 29^10 is about 2^48.
    const ALPHABET: &[u8] = b"23456789BCDFGHJKLMNPQRSTVWXYZ";
    let letter = || {
        let index = app.rng.below(u64::try_from(ALPHABET.len()).unwrap_or(1));
        usize::try_from(index).ok().and_then(|i| ALPHABET.get(i)).map_or('2', |b| char::from(*b))
    };
    let code: String = (0..10).map(|_| letter()).collect();
    let code = format!("{}-{}", &code[..5], &code[5..]);
    let expires_at = app.now().plus(limits::PAIRING_TTL);
    let hash = sha256(normal(&code).as_bytes());
    app.store
        .write(move |tx| {
            let accounts = heard_accounts(tx, &accounts)?;
            Ok::<_, Error>(tx.insert_pairing(&hash, &Pairing { accounts, expires_at, used_at: None })?)
        })
        .await?;
    Ok(Invitation { code, expires_at })
}

/// The accounts that were named; all there are where none was.
fn heard_accounts(tx: &dyn WriteTx, named: &[AccountId]) -> Result<Vec<AccountId>, Error> {
    if named.is_empty() {
        return Ok(tx.accounts()?.iter().map(|a| a.id).collect());
    }
    for account in named {
        tx.account(*account)?.ok_or(Error::NotFound(Thing::Account))?;
    }
    Ok(named.to_vec())
}

/// A device that speaks through an adapter, to be added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDevice {
    /// What speaks as it; [`DeviceKind::Bridge`] pairs instead, [`DeviceKind::Bill`] is watched.
    pub kind: DeviceKind,
    /// The owner's name for it.
    pub name: String,
    /// The accounts it hears; all there are where none is named.
    pub accounts: Vec<AccountId>,
}

/// Adds a device that speaks through an adapter.
///
/// # Errors
/// [`Error::Invalid`] for the companion app, which pairs, and for a log, which is watched; [`Error::NotFound`] for an account that is not there.
pub async fn add(app: &App, new: NewDevice, actor: Actor) -> Result<Device, Error> {
    let instead = match new.kind {
        DeviceKind::Bridge => Some("the companion app pairs by a code: make one instead"),
        DeviceKind::Bill => Some("a log is no device to be added: watch the account instead"),
        DeviceKind::Vmq | DeviceKind::Smsforwarder | DeviceKind::Receiptnotice | DeviceKind::Text => None,
    };
    if let Some(why) = instead {
        return Err(Error::Invalid { field: "kind", why: why.to_owned() });
    }
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let accounts = heard_accounts(tx, &new.accounts)?;
            let told = (new.name.clone(), String::new(), String::new());
            insert(tx, &makers, new.kind, told, accounts, Some(actor), now)
        })
        .await
}

/// Writes a new device; `actor` is the device itself where none is given.
pub(crate) fn insert(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    kind: DeviceKind,
    (name, model, app_version): (String, String, String),
    accounts: Vec<AccountId>,
    actor: Option<Actor>,
    now: Timestamp,
) -> Result<Device, Error> {
    let device = Device {
        id: DeviceId::from_raw(makers.ids.next(now)),
        kind,
        name,
        model,
        app_version,
        accounts,
        paired_at: now,
        revoked_at: None,
        last_seen_at: now,
        health: None,
        clock: DeviceClock::default(),
        rhythm: Rhythm::default(),
        silent_since: None,
        trust_min: kind.trust_min_default(),
    };
    tx.insert_device(&device)?;
    let actor = actor.unwrap_or(Actor::Device(device.id));
    log(tx, makers, device.id, Act::DevicePaired, actor, format!("kind={}", kind.as_str()), now)?;
    Ok(device)
}

fn normal(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect()
}

/// What a phone says of itself when it pairs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Introduction {
    /// The code.
    pub code: String,
    /// The owner's name for it.
    pub name: String,
    /// What kind of phone it is.
    pub model: String,
    /// The version of its app.
    pub app_version: String,
}

/// What became of a pairing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Paired {
    /// The phone is paired and signs with this secret.
    Yes {
        /// Its id.
        device: DeviceId,
        /// Its secret, shown once.
        secret: String,
    },
    /// The code is unknown, used or too old. Which of these is not told.
    NoSuchCode,
}

/// Pairs a phone. A code works once and for ten minutes.
///
/// # Errors
/// Of the storage.
pub async fn pair(app: &App, phone: Introduction) -> Result<Paired, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    let device = app
        .store
        .write(move |tx| {
            let hash = sha256(normal(&phone.code).as_bytes());
            let Some(pairing) = tx.pairing(&hash)?.filter(|p| p.used_at.is_none() && now < p.expires_at)
            else {
                return Ok(None);
            };
            if !tx.use_pairing(&hash, now)? {
                return Ok(None);
            }
            let told = (phone.name.clone(), phone.model.clone(), phone.app_version.clone());
            insert(tx, &makers, DeviceKind::Bridge, told, pairing.accounts, None, now).map(|d| Some(d.id))
        })
        .await?;
    Ok(match device {
        Some(device) => Paired::Yes { device, secret: app.secrets().device_secret(device) },
        None => Paired::NoSuchCode,
    })
}

fn log(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    id: DeviceId,
    act: Act,
    actor: Actor,
    cause: String,
    now: Timestamp,
) -> Result<(), Error> {
    Ok(makers.log(tx, now, &Entry { subject: Subject::Device(id), act, actor, cause })?)
}

/// What a message says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its id; the same message twice is one.
    pub id: String,
    /// SHA-256 of its body.
    pub body_hash: [u8; 32],
    /// When the device says it sent it, by the device's clock; `None` where it does not say.
    pub sent_at: Option<Timestamp>,
}

/// Learns from an authentic message that a device is awake, how its clock goes and how often it speaks. A message that
/// was seen before teaches nothing: a replay must not make a dead phone look alive.
pub(crate) fn hear(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    id: DeviceId,
    message: &Message,
    health: Option<&Health>,
    now: Timestamp,
) -> Result<(SeenBefore, Device), Error> {
    let mut device =
        tx.device(id)?.filter(|d| d.revoked_at.is_none()).ok_or(Error::NotFound(Thing::Device))?;
    let seen = tx.remember_message(id, &message.id, &message.body_hash, now)?;
    if seen != SeenBefore::No {
        return Ok((seen, device));
    }
    device.rhythm = device.rhythm.learn(now.since(device.last_seen_at));
    if let Some(sent_at) = message.sent_at {
        device.clock = device.clock.learn(sent_at, now);
    }
    device.last_seen_at = now.max(device.last_seen_at);
    if let Some(health) = health {
        device.app_version.clone_from(&health.app_version);
        device.health = Some(health.raw.clone());
    }
    if device.silent_since.take().is_some() {
        log(tx, makers, id, Act::DeviceAwake, Actor::Device(id), String::new(), now)?;
        close_silence(tx, makers, id, "heard again", Actor::Device(id), now)?;
    }
    tx.update_device(&device)?;
    Ok((seen, device))
}

/// What a heartbeat says of the phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// The version of its app.
    pub app_version: String,
    /// All of it, verbatim JSON.
    pub raw: String,
}

/// A phone's heartbeat.
///
/// # Errors
/// [`Error::NotFound`] for a phone that is not paired (any more).
pub async fn heartbeat(
    app: &App,
    id: DeviceId,
    message: Message,
    health: Option<Health>,
) -> Result<SeenBefore, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| hear(tx, &makers, id, &message, health.as_ref(), now).map(|(seen, _)| seen))
        .await
}

/// Tells a phone that it is not welcome any more; its notices are refused from now on.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn revoke(app: &App, id: DeviceId, actor: Actor) -> Result<Device, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let mut device = tx.device(id)?.ok_or(Error::NotFound(Thing::Device))?;
            if device.revoked_at.is_none() {
                device.revoked_at = Some(now);
                tx.update_device(&device)?;
                log(tx, &makers, id, Act::DeviceRevoked, actor, String::new(), now)?;
                close_silence(tx, &makers, id, "revoked", actor, now)?;
            }
            Ok(device)
        })
        .await
}

/// What an owner may change of a phone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Patch {
    /// Its name.
    pub name: Option<String>,
    /// The least trust at which its receipts settle.
    pub trust_min: Option<Trust>,
    /// Forget its pinned announcers, so that the next ¥0.01 pins them anew.
    pub forget_pins: bool,
}

/// Changes a phone.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn change(app: &App, id: DeviceId, patch: Patch, actor: Actor) -> Result<Device, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let mut device = tx.device(id)?.ok_or(Error::NotFound(Thing::Device))?;
            let cause = format!("trust_min={:?} forget_pins={}", patch.trust_min, patch.forget_pins);
            device.name = patch.name.clone().unwrap_or(device.name);
            device.trust_min = patch.trust_min.unwrap_or(device.trust_min);
            if patch.forget_pins {
                tx.remove_pins(id)?;
            }
            tx.update_device(&device)?;
            log(tx, &makers, id, Act::DeviceChanged, actor, cause, now)?;
            Ok(device)
        })
        .await
}

/// Marks the phones that have been silent for longer than their rhythm allows, and tells the owner in the inbox; returns
/// them, once each.
///
/// # Errors
/// Of the storage.
pub async fn find_silent(app: &App, now: Timestamp) -> Result<Vec<DeviceId>, Error> {
    let newly_silent =
        move |d: &Device| d.revoked_at.is_none() && d.silent_since.is_none() && d.is_silent_at(now);
    let any = app.store.read(move |tx| Ok::<_, Error>(tx.devices()?.iter().any(newly_silent))).await?;
    if !any {
        return Ok(Vec::new());
    }
    let makers = app.makers.clone();
    app.store
        .write(move |tx| {
            let mut silent = Vec::new();
            for mut device in tx.devices()?.into_iter().filter(newly_silent) {
                device.silent_since = Some(now);
                tx.update_device(&device)?;
                let cause = format!("last_seen={}", device.last_seen_at);
                log(tx, &makers, device.id, Act::DeviceSilent, Actor::System, cause, now)?;
                let told = (Reason::DeviceSilent, Matter::Device(device.id), None);
                inbox::ask(tx, &makers, told, Actor::System, now)?;
                silent.push(device.id);
            }
            Ok(silent)
        })
        .await
}

/// Nothing is left for the owner to do: the phone is heard again, or revoked.
pub(crate) fn close_silence(
    tx: &mut dyn WriteTx,
    makers: &Makers,
    id: DeviceId,
    note: &str,
    actor: Actor,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(mut item) = tx.open_item(id, Reason::DeviceSilent)? else { return Ok(()) };
    item.state = InboxState::Dismissed;
    item.note = Some(note.to_owned());
    item.resolved_at = Some(now);
    tx.update_inbox(&item)?;
    let (subject, cause) = (Subject::Inbox(item.id), note.to_owned());
    Ok(makers.log(tx, now, &Entry { subject, act: Act::InboxDismissed, actor, cause })?)
}
