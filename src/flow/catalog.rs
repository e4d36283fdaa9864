//! The owner's acts on accounts, codes, sites and products.

use crate::app::App;
use crate::domain::account::{Account, Code, Distinguish, Remark};
use crate::domain::channel::Channel;
use crate::domain::id::{AccountId, CodeId, KeyId, SiteId};
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::money::Fen;
use crate::domain::site::{HoldPolicy, Origin, Site, Slug};
use crate::domain::time::Millis;
use crate::flow::{Error, Thing, find};
use crate::limits;
use crate::storage::verbs::Inserted;

pub(super) fn invalid(field: &'static str, why: impl Into<String>) -> Error {
    Error::Invalid { field, why: why.into() }
}

/// A name or title: not blank, not too long, no control characters.
///
/// # Errors
/// [`Error::Invalid`].
pub fn name(field: &'static str, text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > limits::NAME_CHARS_MAX || text.chars().any(char::is_control)
    {
        return Err(invalid(
            field,
            format!("1 to {} characters, no control characters", limits::NAME_CHARS_MAX),
        ));
    }
    Ok(text.to_owned())
}

/// Makes a receiving account.
///
/// # Errors
/// Of the storage.
pub async fn add_account(
    app: &App,
    name: String,
    channel: Channel,
    distinguish: Distinguish,
    actor: Actor,
) -> Result<Account, Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    let id = AccountId::from_raw(makers.ids.next(now));
    let account = Account { id, name, channel, distinguish, created_at: now };
    app.store
        .write(move |tx| {
            tx.insert_account(&account)?;
            let cause = format!("channel={channel}");
            makers.log(
                tx,
                now,
                &Entry { subject: Subject::Account(id), act: Act::AccountCreated, actor, cause },
            )?;
            Ok(account.clone())
        })
        .await
}

/// A code that was taken in: its picture is ours, drawn or re-encoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCode {
    /// Whose it is.
    pub account: AccountId,
    /// The amount set inside it; `None` for an open code.
    pub amount: Option<Fen>,
    /// The remark set inside it.
    pub remark: Remark,
    /// What it says, where it could be read.
    pub payload: Option<String>,
    /// True where the payload is of the account's wallet.
    pub verified: bool,
    /// The clean picture.
    pub png: Vec<u8>,
}

/// What became of a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CodeAdded {
    /// It is in use. `same_payload` names codes of this account that say the same: one of them is wrong.
    Yes {
        /// The code.
        code: Code,
        /// Others that hold the same payload.
        same_payload: Vec<Code>,
    },
    /// The account has a code of that amount and remark.
    Taken(Code),
}

/// Puts a code into use.
///
/// # Errors
/// [`Error::NotFound`] for the account, [`Error::Invalid`] for an amount of zero.
pub async fn add_code(app: &App, new: NewCode, actor: Actor) -> Result<CodeAdded, Error> {
    if new.amount.is_some_and(Fen::is_zero) {
        return Err(invalid("amount", "a code asks for at least 0.01"));
    }
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            tx.account(new.account)?.ok_or(Error::NotFound(Thing::Account))?;
            let others = tx.codes(new.account)?;
            let code = Code {
                id: CodeId::from_raw(makers.ids.next(now)),
                account: new.account,
                amount: new.amount,
                remark: new.remark.clone(),
                payload: new.payload.clone(),
                verified: new.verified,
                created_at: now,
            };
            if tx.insert_code(&code, &new.png)? == Inserted::Conflict {
                let same = |other: &Code| other.amount == code.amount && other.remark == code.remark;
                return others.into_iter().find(same).map(CodeAdded::Taken).ok_or(Error::Taken(Thing::Code));
            }
            let cause = format!("code={} kind={}", code.id, code.kind().as_str());
            makers.log(
                tx,
                now,
                &Entry { subject: Subject::Account(code.account), act: Act::CodeAdded, actor, cause },
            )?;
            let same = |other: &Code| other.payload.is_some() && other.payload == code.payload;
            let same_payload = others.into_iter().filter(same).collect();
            Ok(CodeAdded::Yes { code, same_payload })
        })
        .await
}

/// Takes a code out of use; orders that show it keep it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove_code(app: &App, id: CodeId, actor: Actor) -> Result<(), Error> {
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let code = tx.code(id)?.ok_or(Error::NotFound(Thing::Code))?;
            if !tx.remove_code(id, now)? {
                return Err(Error::NotFound(Thing::Code));
            }
            let (subject, cause) = (Subject::Account(code.account), format!("code={id}"));
            Ok(makers.log(tx, now, &Entry { subject, act: Act::CodeRemoved, actor, cause })?)
        })
        .await
}

/// A site to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSite {
    /// Its name in URLs.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// Who may call the reader API from a browser.
    pub origins: Vec<Origin>,
}

/// A site with the accounts it named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteView {
    /// The site.
    pub site: Site,
    /// The accounts it named; none means all there are.
    pub accounts: Vec<AccountId>,
}

fn origins_fit(origins: &[Origin]) -> Result<(), Error> {
    if origins.len() > limits::ORIGINS_MAX {
        return Err(invalid("origins", format!("at most {}", limits::ORIGINS_MAX)));
    }
    Ok(())
}

/// Makes a site.
///
/// # Errors
/// [`Error::Taken`], [`Error::Invalid`].
pub async fn add_site(app: &App, new: NewSite, actor: Actor) -> Result<SiteView, Error> {
    origins_fit(&new.origins)?;
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let site = Site {
                id: SiteId::from_raw(makers.ids.next(now)),
                slug: new.slug.clone(),
                name: new.name.clone(),
                origins: new.origins.clone(),
                policy: limits::hold_policy_default(),
                ip_ownership: false,
                seats_max: limits::SEATS_DEFAULT,
                sealing_epoch: 1,
                page_pay: false,
                created_at: now,
            };
            if tx.insert_site(&site)? == Inserted::Conflict {
                return Err(Error::Taken(Thing::Site));
            }
            let (subject, cause) = (Subject::Site(site.id), format!("slug={}", site.slug));
            makers.log(tx, now, &Entry { subject, act: Act::SiteCreated, actor, cause })?;
            Ok(SiteView { site, accounts: Vec::new() })
        })
        .await
}

/// What an owner may change of a site.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SitePatch {
    /// Its name.
    pub name: Option<String>,
    /// Its accounts; an empty list means all there are.
    pub accounts: Option<Vec<AccountId>>,
    /// How long a reader has to pay.
    pub pay_window: Option<Millis>,
    /// How long an amount rests.
    pub cool_down: Option<Millis>,
    /// How far below the price an amount may lie.
    pub max_discount: Option<Fen>,
    /// How far above the price an amount may lie.
    pub max_surcharge: Option<Fen>,
    /// Who may call the reader API from a browser.
    pub origins: Option<Vec<Origin>>,
    /// Ownership by address: dangerous, off by default.
    pub ip_ownership: Option<bool>,
    /// In how many seats one unlock may be used at the same time.
    pub seats_max: Option<u32>,
    /// Readers at a computer are led to the official gateway's page too.
    pub page_pay: Option<bool>,
}

fn policy_fits(policy: &HoldPolicy) -> Result<(), Error> {
    let window = limits::PAY_WINDOW_MIN..=limits::PAY_WINDOW_MAX;
    let rest = limits::COOL_DOWN_MIN..=limits::COOL_DOWN_MAX;
    let span = |r: &std::ops::RangeInclusive<Millis>| format!("{} to {}", r.start().get(), r.end().get());
    if !window.contains(&policy.pay_window) {
        return Err(invalid("pay_window_ms", span(&window)));
    }
    if !rest.contains(&policy.cool_down) {
        return Err(invalid("cool_down_ms", span(&rest)));
    }
    for (field, width) in [("max_discount", policy.max_discount), ("max_surcharge", policy.max_surcharge)] {
        if width.get() > limits::BAND_FEN_MAX {
            return Err(invalid(field, format!("at most {} fen", limits::BAND_FEN_MAX)));
        }
    }
    Ok(())
}

/// Changes a site. Orders that are open keep the windows they have.
///
/// # Errors
/// [`Error::NotFound`] for site and accounts, [`Error::Invalid`].
pub async fn change_site(app: &App, slug: String, patch: SitePatch, actor: Actor) -> Result<SiteView, Error> {
    origins_fit(patch.origins.as_deref().unwrap_or_default())?;
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let mut site = find::site(tx, &slug)?;
            site.name = patch.name.clone().unwrap_or(site.name);
            site.origins = patch.origins.clone().unwrap_or(site.origins);
            site.ip_ownership = patch.ip_ownership.unwrap_or(site.ip_ownership);
            site.seats_max = patch.seats_max.unwrap_or(site.seats_max);
            site.page_pay = patch.page_pay.unwrap_or(site.page_pay);
            if !(1..=limits::SEATS_MAX).contains(&site.seats_max) {
                return Err(invalid("seats_max", format!("1 to {}", limits::SEATS_MAX)));
            }
            site.policy = HoldPolicy {
                pay_window: patch.pay_window.unwrap_or(site.policy.pay_window),
                cool_down: patch.cool_down.unwrap_or(site.policy.cool_down),
                max_discount: patch.max_discount.unwrap_or(site.policy.max_discount),
                max_surcharge: patch.max_surcharge.unwrap_or(site.policy.max_surcharge),
            };
            policy_fits(&site.policy)?;
            tx.update_site(&site)?;
            if let Some(accounts) = &patch.accounts {
                for account in accounts {
                    tx.account(*account)?.ok_or(Error::NotFound(Thing::Account))?;
                }
                tx.set_site_accounts(site.id, accounts)?;
            }
            let cause = format!("{:?}", site.policy);
            makers.log(
                tx,
                now,
                &Entry { subject: Subject::Site(site.id), act: Act::SiteChanged, actor, cause },
            )?;
            let accounts = tx.site_accounts(site.id)?.iter().map(|a| a.id).collect();
            Ok(SiteView { site, accounts })
        })
        .await
}

/// Makes an owner's key and returns it; only its hash is kept.
///
/// # Errors
/// Of the storage.
pub async fn add_owner_key(app: &App, name: String, actor: Actor) -> Result<String, Error> {
    use base64::Engine as _;
    let key =
        format!("ok_{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(app.rng.bytes::<24>()));
    let hash = crate::secrets::sha256(key.as_bytes());
    let (now, makers) = (app.now(), app.makers.clone());
    app.store
        .write(move |tx| {
            let id = KeyId::from_raw(makers.ids.next(now));
            tx.insert_owner_key(id, &name, &hash, now)?;
            let cause = format!("name={name}");
            makers.log(tx, now, &Entry { subject: Subject::Key(id), act: Act::KeyCreated, actor, cause })?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(key)
}
