//! `matcha demo`: a throw-away server with a sample blog, sample codes and a phone.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::open::{As, lock, open};
use super::serve::{Signals, bind, log_to_stderr, until_stopped};
use super::{Failure, say};
use crate::app::{App, told_to_stop};
use crate::config::{RawConfig, RawServe};
use crate::domain::account::{Distinguish, Remark};
use crate::domain::channel::Channel;
use crate::domain::id::DeviceId;
use crate::domain::log::Actor;
use crate::domain::money::Fen;
use crate::domain::product::{Lock, Terms};
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
        let device = self.furnish(&app).await?;
        let config = RawServe { listen: Some(self.listen.clone()), ..RawServe::default() }.resolve(&data)?;
        say("Matcha demo: nothing here is real money.")?;
        say(&format!("  the blog    {base_url}/demo/blog"))?;
        say(&format!("  the phone   {base_url}/demo/phone"))?;
        say(&format!(
            "  the article {base_url}/a/{SITE}/{ARTICLE}   (the same sale without a script on the blog)"
        ))?;
        say("Open the blog, choose a wallet, then let the phone receive that amount. Ctrl-C ends the demo.")?;
        let shown = Shown { device, site: SITE.to_owned(), product: ARTICLE.to_owned() };
        let result = until_stopped(signals, app, &config, base_url, listener, Some(shown), move |web| {
            tokio::spawn(stay_awake(web.clone(), device));
        })
        .await;
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
        for (channel, name) in [(Channel::Wechat, "微信"), (Channel::Alipay, "支付宝")] {
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
            html: Some(include_str!("../../templates/demo_locked.html").to_owned()),
        };
        products::add_product(app, product, actor).await?;
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
