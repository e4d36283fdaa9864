//! `matcha demo`: a throw-away server with a sample blog, sample codes and a phone; with `--alipay` also a simulated gateway.

mod gateway;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use self::gateway::Simulator;
use crate::app::{App, told_to_stop};
use crate::cli::open::{As, lock, open};
use crate::cli::serve::{Signals, bind, log_to_stderr, until_stopped};
use crate::cli::{Failure, say};
use crate::config::{RawConfig, RawServe};
use crate::domain::account::{Distinguish, Remark};
use crate::domain::channel::Channel;
use crate::domain::id::DeviceId;
use crate::domain::log::Actor;
use crate::domain::money::Fen;
use crate::domain::product::{Lock, ProductKind, Terms};
use crate::domain::subscription::{Period, Renewal};
use crate::domain::time::Millis;
use crate::flow::catalog::{self, CodeAdded, NewCode, NewSite, SitePatch};
use crate::flow::device::{self, Introduction, Paired};
use crate::flow::products::{self, NewProduct};
use crate::qr;
use crate::web::Web;
use crate::web::state::Demo as Shown;
use crate::webhook::phone::Phone;

const SITE: &str = "tea";
const ARTICLE: &str = "eighty-degrees";
const MEMBERSHIP: &str = "friends";
/// How often the demo's phone says that it is awake.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(30);

/// Options of the demo.
#[derive(Args, Debug)]
pub(super) struct Demo {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: String,
    /// How long a reader has to pay, in milliseconds
    #[arg(long, value_name = "MS")]
    pay_window_ms: Option<i64>,
    /// How long an amount rests, in milliseconds
    #[arg(long, value_name = "MS")]
    cool_down_ms: Option<i64>,
    /// Sell in Alipay by a simulated gateway, with codes for each order and a membership that renews; needs Node
    #[arg(long)]
    alipay: bool,
    /// Where the simulated gateway is
    #[arg(long, default_value = "tests/gateway", value_name = "DIR")]
    gateway_dir: PathBuf,
}

impl Demo {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        log_to_stderr(false);
        let signals = Signals::listen()?;
        // A folder that was named is kept, so that the demo can be stopped and started again.
        let throw_away = if raw.data.is_some() { None } else { Some(tempfile::tempdir()?) };
        let data: PathBuf = throw_away.as_ref().map_or_else(|| raw.data(), |dir| dir.path().to_owned());
        std::fs::create_dir_all(&data)?;
        let _lock = lock(&data)?;
        let app = open(&data, As::Server).await?;
        let listener = bind(self.listen.parse().map_err(|_| "--listen wants an address and port")?).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let simulator = if self.alipay {
            let (folder, url) = (self.gateway_dir.clone(), base_url.clone());
            Some(tokio::task::spawn_blocking(move || Simulator::start(&folder, &url)).await??)
        } else {
            None
        };
        let device = self.furnish(&app).await?;
        if let Some(simulator) = &simulator {
            simulator.furnish(&app).await?;
        }
        let config = RawServe { listen: Some(self.listen.clone()), ..RawServe::default() }.resolve(&data)?;
        say("Matcha demo: nothing here is real money.")?;
        say(&format!("  the blog    {base_url}/demo/blog"))?;
        say(&format!("  the phone   {base_url}/demo/phone"))?;
        say(&format!(
            "  the article {base_url}/a/{SITE}/{ARTICLE}   (the same sale without a script on the blog)"
        ))?;
        if let Some(simulator) = &simulator {
            say(&format!("  the wallet  {}   (Alipay: scans and pays what is open)", simulator.wallet()))?;
        }
        say("Open the blog, choose a wallet, then let the phone receive that amount. Ctrl-C ends the demo.")?;
        let wallet = simulator.as_ref().map(|simulator| simulator.wallet().to_owned());
        let shown = Shown { device, site: SITE.to_owned(), product: ARTICLE.to_owned(), wallet };
        let result = until_stopped(signals, app, &config, base_url, listener, Some(shown), move |web| {
            tokio::spawn(stay_awake(web.clone(), device));
        })
        .await;
        drop(simulator);
        drop(throw_away);
        result
    }

    /// Sample accounts, codes, site, article and phone, unless they are there from last time.
    async fn furnish(&self, app: &App) -> Result<DeviceId, Failure> {
        let device =
            app.store.read(|tx| Ok::<_, crate::storage::Error>(tx.devices()?.first().map(|d| d.id))).await?;
        if let Some(device) = device {
            self.set_windows(app).await?;
            return Ok(device);
        }
        let actor = Actor::Console;
        let personal = [(Channel::Wechat, "微信"), (Channel::Alipay, "支付宝")];
        for (channel, name) in personal.into_iter().take(if self.alipay { 1 } else { 2 }) {
            let account =
                catalog::add_account(app, name.to_owned(), channel, Distinguish::Amount, actor).await?;
            for fen in 90..=100 {
                let payload = sample_payload(channel, fen);
                let new = NewCode {
                    account: account.id,
                    amount: Fen::new(fen),
                    remark: Remark::none(),
                    png: qr::draw(&payload)?,
                    payload: Some(payload),
                    verified: true,
                };
                match catalog::add_code(app, new, actor).await? {
                    CodeAdded::Yes { .. } => {}
                    CodeAdded::Taken(_) => return Err("a sample code was there already".into()),
                }
            }
        }
        let slug = SITE.parse()?;
        catalog::add_site(app, NewSite { slug, name: "山中茶事".to_owned(), origins: Vec::new() }, actor)
            .await?;
        self.set_windows(app).await?;
        let product = NewProduct {
            site: SITE.to_owned(),
            slug: ARTICLE.parse()?,
            title: "八十度的水".to_owned(),
            price: Fen::parse("1.00")?,
            lock: Lock::Hosted,
            terms: Terms::default(),
            opens: Vec::new(),
            html: Some(include_str!("../../../templates/demo_locked.html").to_owned()),
        };
        products::add_product(app, product, actor).await?;
        if self.alipay {
            products::add_product(app, membership()?, actor).await?;
        }
        let invitation = device::invite(app, Vec::new()).await?;
        let phone = Introduction {
            code: invitation.code,
            name: "示例手机".to_owned(),
            model: "demo".to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        match device::pair(app, phone).await? {
            Paired::Yes { device, .. } => Ok(device),
            Paired::NoSuchCode => Err("the demo's phone could not be paired".into()),
        }
    }

    async fn set_windows(&self, app: &App) -> Result<(), Failure> {
        let patch = SitePatch {
            pay_window: self.pay_window_ms.map(Millis::new),
            cool_down: self.cool_down_ms.map(Millis::new),
            ..SitePatch::default()
        };
        if patch != SitePatch::default() {
            catalog::change_site(app, SITE.to_owned(), patch, Actor::Console).await?;
        }
        Ok(())
    }
}

/// What opens every article for a month, and renews itself.
fn membership() -> Result<NewProduct, Failure> {
    let terms = Terms {
        kind: ProductKind::Membership,
        validity: Some(Millis::new(31 * 24 * 3600 * 1000)),
        renews: Some(Renewal { every: Period::Months(1), most: None, scene: None }),
        ..Terms::default()
    };
    Ok(NewProduct {
        site: SITE.to_owned(),
        slug: MEMBERSHIP.parse()?,
        title: "茶友会员".to_owned(),
        price: Fen::parse("10.00")?,
        lock: Lock::Hosted,
        terms,
        opens: Vec::new(),
        html: None,
    })
}

/// What a sample code says: of the right shape, and nobody's.
fn sample_payload(channel: Channel, fen: i64) -> String {
    match channel {
        Channel::Wechat => format!("wxp://f2f0MATCHA-SAMPLE-{fen:04}-DO-NOT-PAY"),
        Channel::Alipay | Channel::AlipayOfficial => format!("https://qr.alipay.com/fkxMATCHASAMPLE{fen:04}"),
    }
}

/// The demo's phone says that it is awake, as a real one would: signed, over HTTP.
async fn stay_awake(web: Web, device: DeviceId) {
    let phone = Phone::new(&web.config.base_url, device, web.app.secrets().device_secret(device));
    let mut stopping = web.stopping.clone();
    loop {
        let now = web.app.now();
        let id = format!("beat_{:016x}", u64::from_be_bytes(web.app.rng.bytes()));
        let body = json!({
            "sent_at": now, "app_version": env!("CARGO_PKG_VERSION"), "listener_connected": true, "outbox_depth": 0,
        });
        if let Err(error) = phone.post("/api/v1/bridge/heartbeat", &id, now, &body).await {
            tracing::debug!(%error, "a heartbeat of the demo's phone was lost");
        }
        tokio::select! {
            () = tokio::time::sleep(HEARTBEAT_EVERY) => {}
            () = told_to_stop(&mut stopping) => return,
        }
    }
}
