//! `matcha account|alipay`: receiving accounts, and the keys of those at Alipay's gateway.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::open::{As, gateways, open};
use super::{Failure, say};
use crate::config::RawConfig;
use crate::domain::account::Distinguish;
use crate::domain::channel::Channel;
use crate::domain::id::AccountId;
use crate::domain::log::Actor;
use crate::flow::gateway::merchant::{self, Pasted, PastedTrust, Secret, Shown, SignType, Weight};
use crate::flow::gateway::watch;
use crate::flow::{Error, catalog};
use crate::limits;

const ME: Actor = Actor::Console;

/// `matcha account …`
#[derive(Subcommand, Debug)]
pub(super) enum Account {
    /// Add a receiving account
    Add {
        /// wechat, alipay or alipay_official
        channel: Channel,
        /// A name for you
        #[arg(long)]
        name: String,
        /// Tell payments of one amount apart by the code's remark, where the wallet's announcements show it
        #[arg(long)]
        by_remark: bool,
        #[command(flatten)]
        keys: Box<Application>,
    },
    /// List receiving accounts
    List,
    /// Let Alipay's log of a personal account announce what comes in, by an official account's keys; without --by that ends
    Watch {
        /// The personal account
        account: AccountId,
        /// The official account of the same wallet
        #[arg(long, value_name = "ID")]
        by: Option<AccountId>,
    },
}

/// `matcha alipay …`
#[derive(Subcommand, Debug)]
pub(super) enum Alipay {
    /// Ask Alipay whether keys, app id, seller and gateway of an account fit together, and say what to do if not
    Check {
        /// The account; without it every account at Alipay's gateway
        account: Option<AccountId>,
    },
    /// Give an account new keys of its application
    Keys {
        /// The account
        account: AccountId,
        #[command(flatten)]
        keys: Box<Application>,
    },
}

/// An application at Alipay. Keys come from files, or from standard input as `-`; no key is ever an argument.
#[derive(Args, Debug)]
pub(super) struct Application {
    /// The application's id (APPID, 16 digits)
    #[arg(long, value_name = "APPID")]
    app_id: Option<String>,
    /// A file with the application's private key, or -
    #[arg(long, value_name = "FILE")]
    private_key: Option<PathBuf>,
    /// A file with Alipay's public key (支付宝公钥), or -; once more for the next one while it is being replaced
    #[arg(long, value_name = "FILE")]
    alipay_public_key: Vec<PathBuf>,
    /// Certificate mode: appCertPublicKey_….crt
    #[arg(long, value_name = "FILE", conflicts_with = "alipay_public_key")]
    app_cert: Option<PathBuf>,
    /// Certificate mode: alipayCertPublicKey_RSA2.crt
    #[arg(long, value_name = "FILE", requires = "app_cert")]
    alipay_cert: Option<PathBuf>,
    /// Certificate mode: alipayRootCert.crt
    #[arg(long, value_name = "FILE", requires = "app_cert")]
    root_certs: Option<PathBuf>,
    /// A file with the key for encryption of contents (AES), where it is switched on, or -
    #[arg(long, value_name = "FILE")]
    aes_key: Option<PathBuf>,
    /// production (default), sandbox, or an address
    #[arg(long, value_name = "GATEWAY")]
    gateway: Option<String>,
    /// The merchant's id (PID, 2088…), so that payments for others are refused
    #[arg(long, value_name = "PID")]
    seller_id: Option<String>,
    /// The application still signs by RSA (SHA-1)
    #[arg(long)]
    rsa1: bool,
}

/// Reads a key, a certificate or several; `-` is standard input.
fn read(path: &Path) -> Result<Secret, Failure> {
    let bound = u64::try_from(limits::ALIPAY_PASTED_BYTES_MAX)? + 1;
    let mut text = String::new();
    let done = if path == Path::new("-") {
        std::io::stdin().take(bound).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(bound).read_to_string(&mut text))
    };
    done.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    Ok(Secret::from(text))
}

fn read_text(path: Option<&PathBuf>) -> Result<String, Failure> {
    Ok(path.map(|path| read(path)).transpose()?.map(|text| text.expose().to_owned()).unwrap_or_default())
}

impl Application {
    fn is_none(&self) -> bool {
        self.app_id.is_none() && self.private_key.is_none()
    }

    /// How many of the keys are to come from standard input.
    fn piped(&self) -> usize {
        let files = [&self.private_key, &self.app_cert, &self.alipay_cert, &self.root_certs, &self.aes_key];
        let all = files.into_iter().flatten().chain(&self.alipay_public_key);
        all.filter(|path| path.as_path() == Path::new("-")).count()
    }

    fn pasted(&self) -> Result<Pasted, Failure> {
        let missing = "an account at Alipay's gateway needs --app-id, --private-key FILE and --alipay-public-key FILE \
                       (or --app-cert, --alipay-cert and --root-certs); see docs/alipay.md";
        let (Some(app_id), Some(private_key)) = (&self.app_id, &self.private_key) else {
            return Err(missing.into());
        };
        // The second would find nothing, and would be told to be empty.
        if self.piped() > 1 {
            return Err("only one key can come from standard input: put the others into files".into());
        }
        let trust = if self.app_cert.is_some() {
            PastedTrust::Certificates {
                app: read_text(self.app_cert.as_ref())?,
                alipay: read_text(self.alipay_cert.as_ref())?,
                roots: read_text(self.root_certs.as_ref())?,
            }
        } else {
            let keys = self.alipay_public_key.iter().map(|path| read_text(Some(path)));
            PastedTrust::Keys(keys.collect::<Result<_, _>>()?)
        };
        Ok(Pasted {
            app_id: app_id.clone(),
            private_key: read(private_key)?,
            sign_type: if self.rsa1 { SignType::Rsa1 } else { SignType::Rsa2 },
            trust,
            aes_key: self.aes_key.as_ref().map(|path| read(path)).transpose()?,
            gateway: self.gateway.clone().unwrap_or_else(|| "production".to_owned()),
            seller_id: self.seller_id.clone(),
        })
    }
}

/// What does not fit of the keys, with the code and in both languages as the owner's API has them.
fn refused(error: Error) -> Failure {
    let Error::Keys(keys) = &error else { return error.into() };
    let (code, zh) = (keys.code(), keys.zh());
    format!("keys_do_not_fit: {code}\n  {zh} 没有保存任何内容。\n  {keys}. Nothing was stored.").into()
}

/// Says what belongs into Alipay's console.
fn say_keys(shown: &Shown) -> Result<(), Failure> {
    say(&format!("app id {} at {}", shown.app_id, shown.gateway))?;
    if !shown.by_certificate {
        say("the application's public key (应用公钥), which belongs into Alipay's console:")?;
        say(&shown.application_key)?;
    }
    say("next: matcha alipay check")
}

impl Account {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        match self {
            Account::Add { channel: Channel::AlipayOfficial, name, keys, .. } => {
                let (name, pasted) = (catalog::name("name", &name)?, keys.pasted()?);
                let (account, shown) = merchant::add(&app, name, &pasted, ME).await.map_err(refused)?;
                say(&format!("{}", account.id))?;
                say_keys(&shown)
            }
            Account::Add { keys, .. } if !keys.is_none() => {
                Err("a personal account has codes and no keys: leave --app-id and --private-key away".into())
            }
            Account::Add { channel, name, by_remark, .. } => {
                let distinguish = if by_remark { Distinguish::Remark } else { Distinguish::Amount };
                let name = catalog::name("name", &name)?;
                let account = catalog::add_account(&app, name, channel, distinguish, ME).await?;
                say(&format!("{}", account.id))
            }
            Account::Watch { account, by } => match watch::set(&app, account, by, ME).await? {
                Some(watch) if watch.ended_at.is_none() => {
                    say(&format!("{account} is watched by {} as {}", watch.merchant, watch.device))
                }
                Some(_) | None => say(&format!("{account} is not watched")),
            },
            Account::List => {
                for account in app.store.read(|tx| tx.accounts()).await? {
                    let id = account.id;
                    let read = move |tx: &dyn crate::storage::verbs::ReadTx| (tx.codes(id), tx.merchant(id));
                    let (codes, keys) =
                        app.store.read(move |tx| Ok::<_, crate::storage::Error>(read(tx))).await?;
                    let has = match keys? {
                        Some(keys) => format!("app {}", keys.app_id),
                        None => format!("{:3} codes", codes?.len()),
                    };
                    say(&format!("{id}  {:15}  {has}  {}", account.channel.as_str(), account.name))?;
                }
                Ok(())
            }
        }
    }
}

impl Alipay {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        let app = gateways(app, "http://localhost")?;
        match self {
            Alipay::Keys { account, keys } => {
                let replaced = merchant::replace(&app, account, &keys.pasted()?, ME).await;
                say_keys(&replaced.map_err(refused)?)
            }
            Alipay::Check { account } => {
                let all = app.store.read(|tx| tx.accounts()).await?;
                let official = all.into_iter().filter(|known| match account {
                    Some(wanted) => known.id == wanted,
                    None => known.channel == Channel::AlipayOfficial,
                });
                let (mut looked_at, mut faults) = (0, 0);
                for known in official {
                    looked_at += 1;
                    say(&format!("{}  {}", known.id, known.name))?;
                    for finding in merchant::check(&app, known.id).await? {
                        faults += usize::from(finding.weight == Weight::Fault);
                        let (code, weight) = (finding.code, finding.weight.as_str());
                        say(&format!("  {weight:7}  {code}\n    {}\n    {}", finding.zh, finding.en))?;
                    }
                }
                match (looked_at, faults) {
                    (0, _) => Err(
                        "no such account at Alipay's gateway; matcha account add alipay_official makes one"
                            .into(),
                    ),
                    (_, 0) => Ok(()),
                    (_, faults) => Err(format!("{faults} faults were found: see above").into()),
                }
            }
        }
    }
}
