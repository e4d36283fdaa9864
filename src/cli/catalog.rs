//! `matcha site|device|key`: the owner's acts at the command line, also beside a running server.

use clap::Subcommand;

use super::open::{As, open};
use super::{Failure, say};
use crate::app::App;
use crate::config::RawConfig;
use crate::domain::adapter::Adapter;
use crate::domain::device::{Device as DeviceRow, DeviceKind};
use crate::domain::id::{AccountId, DeviceId};
use crate::domain::log::Actor;
use crate::domain::money::Fen;
use crate::domain::site::Origin;
use crate::domain::time::Millis;
use crate::flow::catalog::{self, NewSite, SitePatch};
use crate::flow::{Error, Thing, device, products, unlock};
use crate::qr;
use crate::web::adapters::connection::Connection;
use crate::web::owner::devices::{TlsPin, pairing_url};

const ME: Actor = Actor::Console;

/// `matcha site …`
#[derive(Subcommand, Debug)]
pub(super) enum Site {
    /// Add a site
    Add {
        /// Its name in URLs
        slug: String,
        /// Its name for people
        #[arg(long)]
        name: String,
        /// Where the blog is: https://blog.example (may be repeated)
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<Origin>,
    },
    /// Change a site
    Set {
        /// Its name in URLs
        slug: String,
        /// How long a reader has to pay, in seconds
        #[arg(long, value_name = "S")]
        pay_window: Option<i64>,
        /// How long an amount rests before it is given out again, in seconds
        #[arg(long, value_name = "S")]
        cool_down: Option<i64>,
        /// How far below the price an amount may lie, in yuan
        #[arg(long, value_name = "YUAN")]
        max_discount: Option<Fen>,
        /// How far above the price an amount may lie, in yuan
        #[arg(long, value_name = "YUAN")]
        max_surcharge: Option<Fen>,
        /// The receiving accounts it uses (may be repeated)
        #[arg(long = "account", value_name = "ID")]
        accounts: Vec<AccountId>,
        /// Where the blog is (may be repeated); replaces what was set before
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<Origin>,
        /// In how many browsers one right may be used at the same time
        #[arg(long, value_name = "N")]
        seats: Option<u32>,
        /// Lead readers at a computer to Alipay's page too (`page.pay`), beside the code: on or off
        #[arg(long, value_name = "on|off", value_parser = on_or_off)]
        page_pay: Option<bool>,
    },
    /// Print the secret with which the site's paid parts are sealed; keep it as you keep a password
    Secret {
        /// Its name in URLs
        slug: String,
    },
    /// Replace a sealing secret that leaked: every product gets a new key, and the site must be sealed anew
    ReplaceSecret {
        /// Its name in URLs
        slug: String,
    },
    /// List sites
    List,
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off".to_owned()),
    }
}

impl Site {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        match self {
            Site::Add { slug, name, origins } => {
                let new = NewSite { slug: slug.parse()?, name: catalog::name("name", &name)?, origins };
                let view = catalog::add_site(&app, new, ME).await?;
                say(view.site.slug.as_str())
            }
            Site::Set {
                slug,
                pay_window,
                cool_down,
                max_discount,
                max_surcharge,
                accounts,
                origins,
                seats,
                page_pay,
            } => {
                let patch = SitePatch {
                    pay_window: pay_window.map(Millis::seconds),
                    cool_down: cool_down.map(Millis::seconds),
                    max_discount,
                    max_surcharge,
                    accounts: (!accounts.is_empty()).then_some(accounts),
                    origins: (!origins.is_empty()).then_some(origins),
                    seats_max: seats,
                    page_pay,
                    ..SitePatch::default()
                };
                let view = catalog::change_site(&app, slug, patch, ME).await?;
                say(&format!("{}: {:?}", view.site.slug, view.site.policy))
            }
            Site::ReplaceSecret { slug } => {
                let site = products::replace_sealing_secret(&app, slug, ME).await?;
                say(&unlock::sealing_secret(&app.makers, &site).to_string())
            }
            Site::Secret { slug } => say(&super::secret::of_site(&app, &slug).await?.to_string()),
            Site::List => {
                for site in app.store.read(|tx| tx.sites()).await? {
                    let origins: Vec<&str> = site.origins.iter().map(Origin::as_str).collect();
                    say(&format!("{}  {}  {}", site.slug, site.name, origins.join(" ")))?;
                }
                Ok(())
            }
        }
    }
}

/// `matcha device …`
#[derive(Subcommand, Debug)]
pub(super) enum Device {
    /// Make a code with which a phone pairs
    Pair {
        /// The accounts it hears; all where none is named (may be repeated)
        #[arg(long = "account", value_name = "ID")]
        accounts: Vec<AccountId>,
        /// The only TLS key the phone shall speak to: sha256/ and the SHA-256 of the server's public key in base64
        #[arg(long, value_name = "sha256/…")]
        pin: Option<TlsPin>,
        #[command(flatten)]
        at: Reached,
    },
    /// Add a phone that speaks through an adapter (see docs/adapters.md), and say how its app is set up
    Add {
        /// vmq, smsforwarder, receiptnotice or text
        kind: DeviceKind,
        /// A name for you
        #[arg(long)]
        name: String,
        /// The accounts it hears; all where none is named (may be repeated)
        #[arg(long = "account", value_name = "ID")]
        accounts: Vec<AccountId>,
        #[command(flatten)]
        at: Reached,
    },
    /// Say again how the app of a phone is set up that speaks through an adapter
    Show {
        /// The phone
        id: DeviceId,
        #[command(flatten)]
        at: Reached,
    },
    /// List phones: state, kind, the most its receipts are trusted
    List,
    /// Refuse a phone from now on
    Revoke {
        /// The phone
        id: DeviceId,
    },
}

impl Device {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        match self {
            Device::Pair { accounts, pin, at } => {
                let invitation = device::invite(&app, accounts).await?;
                say(&format!("{}   works once, until {}", invitation.code, invitation.expires_at))?;
                let Some(base) = at.base_url(raw)? else {
                    return say("For a link and a QR code say --base-url, or base_url in matcha.toml.");
                };
                let url = pairing_url(&base, &invitation.code, pin.as_ref());
                say(&url)?;
                // A link that cannot be drawn can still be typed.
                qr::draw_for_terminal(&url).map_or(Ok(()), |code| say(&code))
            }
            Device::Add { kind, name, accounts, at } => {
                let new = device::NewDevice { kind, name: catalog::name("name", &name)?, accounts };
                let added = device::add(&app, new, ME).await?;
                say(&format!("{}", added.id))?;
                say_connection(&app, at.base_url(raw)?, &added)
            }
            Device::Show { id, at } => {
                let found = app.store.read(move |tx| tx.device(id)).await?;
                say_connection(&app, at.base_url(raw)?, &found.ok_or(Error::NotFound(Thing::Device))?)
            }
            Device::List => {
                let now = app.now();
                for device in app.store.read(|tx| tx.devices()).await? {
                    let state = match (device.revoked_at, device.is_silent_at(now), device.kind.beats()) {
                        (Some(_), ..) => "revoked",
                        (None, true, _) => "silent",
                        (None, false, true) => "awake",
                        // It speaks only when money comes in: nobody can tell silence from a quiet day.
                        (None, false, false) => "unknown",
                    };
                    say(&format!(
                        "{}  {state:7}  {:13}  trust up to {:11}  last heard {}  {}",
                        device.id,
                        device.kind.as_str(),
                        device.kind.trust_max().as_str(),
                        device.last_seen_at,
                        device.name
                    ))?;
                }
                Ok(())
            }
            Device::Revoke { id } => {
                device::revoke(&app, id, ME).await?;
                say(&format!("{id} is revoked"))
            }
        }
    }
}

/// Where phones reach the server.
#[derive(clap::Args, Debug)]
pub(super) struct Reached {
    /// Where phones reach the server [default: base_url of matcha.toml]
    #[arg(long, env = "MATCHA_BASE_URL", value_name = "URL")]
    base_url: Option<String>,
}

impl Reached {
    fn base_url(self, raw: &RawConfig) -> Result<Option<String>, Failure> {
        let said = self.base_url.map_or_else(|| raw.file().map(|file| file.base_url), |url| Ok(Some(url)))?;
        Ok(said.map(|url| url.trim_end_matches('/').to_owned()))
    }
}

fn say_connection(app: &App, base_url: Option<String>, device: &DeviceRow) -> Result<(), Failure> {
    let base_url = base_url.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let Some(how) = Connection::of(device, app.secrets(), &base_url) else {
        return say("the companion app pairs: matcha device pair");
    };
    say(&format!("address       {}", how.url))?;
    for (name, value) in [
        ("key", how.key),
        ("QR text", how.qr_text),
        ("content type", how.content_type),
        ("body", how.template),
    ] {
        if let Some(value) = value {
            say(&format!("{name:12}  {value}"))?;
        }
    }
    let setting = Adapter::of(device.kind).map_or("", Adapter::setting);
    say(&format!(
        "It is heard while {setting} = true stands in matcha.toml. What is printed here is as good as a password."
    ))
}

/// `matcha key …`
#[derive(Subcommand, Debug)]
pub(super) enum Key {
    /// Make an API key and print it; it is not shown again
    Create {
        /// A key with the owner's rights
        #[arg(long, required = true)]
        owner: bool,
        /// A name for you
        #[arg(long, default_value = "owner")]
        name: String,
    },
}

impl Key {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        match self {
            Key::Create { owner: _, name } => {
                let name = catalog::name("name", &name)?;
                say(&catalog::add_owner_key(&app, name, ME).await?)
            }
        }
    }
}
