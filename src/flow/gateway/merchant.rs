//! Accounts at an official gateway: made with their keys, given new ones, looked over, checked.
//!
//! Keys come in once and never go out again: they are stored encrypted under the master key ([`Secrets::seal_merchant`]),
//! and what is shown of them is what the gateway's own console shows as well.
//!
//! [`Secrets::seal_merchant`]: crate::secrets::Secrets::seal_merchant

use super::trade::cashier;
pub use crate::alipay::check::{Finding, Weight};
use crate::alipay::credentials::Credentials;
pub use crate::alipay::credentials::{CredentialError, Pasted, PastedTrust, Secret};
pub use crate::alipay::sign::SignType;
use crate::app::App;
use crate::domain::account::{Account, Distinguish};
use crate::domain::channel::Channel;
use crate::domain::id::AccountId;
use crate::domain::log::{Act, Actor, Entry, Subject};
use crate::domain::time::{Millis, Timestamp};
use crate::flow::{Conflict, Error, Thing};
use crate::storage::verbs::{Merchant, WriteTx};

/// What may be shown of an account's keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The application's id.
    pub app_id: String,
    /// The merchant's id (PID), where it is known.
    pub seller_id: Option<String>,
    /// `production`, `sandbox` or an address.
    pub gateway: String,
    /// True in certificate mode.
    pub by_certificate: bool,
    /// The public key that belongs to the application's private one: it is uploaded to the gateway's console.
    pub application_key: String,
    /// When the keys were set.
    pub updated_at: Timestamp,
}

impl Shown {
    fn of(credentials: &Credentials, updated_at: Timestamp) -> Shown {
        Shown {
            app_id: credentials.app_id().to_owned(),
            seller_id: credentials.seller_id().map(str::to_owned),
            gateway: credentials.gateway().name().to_owned(),
            by_certificate: credentials.app_certificate().is_some(),
            application_key: credentials.application_key().to_text(),
            updated_at,
        }
    }
}

fn sealed(app: &App, account: AccountId, credentials: &Credentials, now: Timestamp) -> Merchant {
    let secret = credentials.to_secret_json();
    Merchant {
        account,
        app_id: credentials.app_id().to_owned(),
        seller_id: credentials.seller_id().map(str::to_owned),
        sealed: app.secrets().seal_merchant(account, secret.as_bytes(), app.rng.bytes()),
        updated_at: now,
    }
}

/// Makes an account with its keys. An application has one account: its notifications say only which application they are for,
/// and a bill is that of all its trades.
///
/// # Errors
/// [`Error::Keys`]: which part does not fit, and why; [`Conflict::ApplicationTaken`]. Nothing was stored.
pub async fn add(app: &App, name: String, pasted: &Pasted, actor: Actor) -> Result<(Account, Shown), Error> {
    let credentials = Credentials::from_pasted(pasted)?;
    let (now, makers) = (app.now(), app.makers.clone());
    let id = AccountId::from_raw(makers.ids.next(now));
    let (channel, distinguish) = (Channel::AlipayOfficial, Distinguish::Amount);
    let account = Account { id, name, channel, distinguish, created_at: now };
    let merchant = sealed(app, id, &credentials, now);
    let cause = format!("channel={channel} app_id={}", credentials.app_id());
    let made = account.clone();
    app.store
        .write(move |tx| {
            alone(tx, &merchant)?;
            tx.insert_account(&account)?;
            tx.set_merchant(&merchant)?;
            let entry = Entry {
                subject: Subject::Account(id),
                act: Act::AccountCreated,
                actor,
                cause: cause.clone(),
            };
            Ok::<_, Error>(makers.log(tx, now, &entry)?)
        })
        .await?;
    Ok((made, Shown::of(&credentials, now)))
}

/// Refuses keys of an application that another account has.
fn alone(tx: &dyn WriteTx, merchant: &Merchant) -> Result<(), Error> {
    let known = tx.merchants_of_app(&merchant.app_id)?;
    let is_taken = known.iter().any(|known| known.account != merchant.account);
    if is_taken { Err(Error::Conflict(Conflict::ApplicationTaken)) } else { Ok(()) }
}

/// Gives an account new keys of the same application: trades that are under way are known to that one only.
///
/// # Errors
/// [`Error::Keys`], [`Error::NotFound`], [`Conflict::NotOfficial`], [`Conflict::OtherApplication`],
/// [`Conflict::ApplicationTaken`]. The old keys stay in force.
pub async fn replace(app: &App, account: AccountId, pasted: &Pasted, actor: Actor) -> Result<Shown, Error> {
    let credentials = Credentials::from_pasted(pasted)?;
    let (now, makers) = (app.now(), app.makers.clone());
    let merchant = sealed(app, account, &credentials, now);
    let cause = format!("app_id={}", credentials.app_id());
    app.store
        .write(move |tx| {
            official(tx.account(account)?)?;
            // Cashiers are remembered by this time: it grows, also where the clock does not.
            let known = tx.merchant(account)?;
            if known.as_ref().is_some_and(|known| known.app_id != merchant.app_id) {
                return Err(Error::Conflict(Conflict::OtherApplication));
            }
            if known.is_none() {
                alone(tx, &merchant)?;
            }
            let after_the_last = known.map(|known| known.updated_at.plus(Millis::new(1)));
            let updated_at = after_the_last.map_or(now, |last| last.max(now));
            tx.set_merchant(&Merchant { updated_at, ..merchant.clone() })?;
            let entry = Entry {
                subject: Subject::Account(account),
                act: Act::AccountRekeyed,
                actor,
                cause: cause.clone(),
            };
            Ok::<_, Error>(makers.log(tx, now, &entry)?)
        })
        .await?;
    Ok(Shown::of(&credentials, now))
}

fn official(account: Option<Account>) -> Result<Account, Error> {
    let account = account.ok_or(Error::NotFound(Thing::Account))?;
    match account.channel {
        Channel::AlipayOfficial => Ok(account),
        Channel::Wechat | Channel::Alipay => Err(Error::Conflict(Conflict::NotOfficial)),
    }
}

/// True once there is an account at an official gateway; there is one for ever then, because keys are replaced and never
/// taken away.
///
/// # Errors
/// Of the storage.
pub async fn any(app: &App) -> Result<bool, Error> {
    app.store.read(|tx| Ok(!tx.all_merchants()?.is_empty())).await
}

/// What may be shown of an account's keys; `None` where it has none.
///
/// # Errors
/// [`Conflict::KeysLost`] where another master key sealed them.
pub fn shown(app: &App, merchant: &Merchant) -> Result<Shown, Error> {
    let lost = || Error::Conflict(Conflict::KeysLost);
    let secret = app.secrets().open_merchant(merchant.account, &merchant.sealed).ok_or_else(lost)?;
    let json = std::str::from_utf8(&secret).map_err(|_| lost())?;
    Ok(Shown::of(&Credentials::from_secret_json(json).map_err(|_| lost())?, merchant.updated_at))
}

/// Asks the gateway one harmless question and says whether keys, application, seller, gateway and clocks fit together.
///
/// # Errors
/// [`Error::NotFound`], [`Conflict::NotOfficial`], [`Conflict::KeysLost`]; what the gateway says is no error.
pub async fn check(app: &App, account: AccountId) -> Result<Vec<Finding>, Error> {
    official(app.store.read(move |tx| tx.account(account)).await.map_err(Error::Storage)?)?;
    let cashier = cashier(app, account).await?;
    Ok(cashier.check(app.now()).await)
}
