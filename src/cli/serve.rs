//! `matcha serve`.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::open::{As, gateways, lock, open};
use super::{Failure, say};
use crate::app::App;
use crate::config::{RawConfig, RawServe, ServeConfig};
use crate::domain::receipt::ReadAs;
use crate::flow::reread;
use crate::web::state::{Demo, WebConfig};
use crate::web::{self, Web};
use crate::worker;

pub(super) async fn run(raw: &RawConfig, serve: RawServe) -> Result<(), Failure> {
    let data = raw.data();
    let config = serve.or(raw.file()?).resolve(&data)?;
    log_to_stderr(config.log_json);
    let signals = Signals::listen()?;
    std::fs::create_dir_all(&data)?;
    let _lock = lock(&data)?;
    let app = open(&data, As::Server).await?;
    let listener = bind(config.listen).await?;
    let address = listener.local_addr()?;
    let base_url = config.base_url.clone().unwrap_or_else(|| format!("http://{address}"));
    say(&format!(
        "matcha {} listens on http://{address}, data in {}",
        env!("CARGO_PKG_VERSION"),
        data.display()
    ))?;
    next_steps(&app, &base_url).await?;
    until_stopped(signals, app, &config, base_url, listener, None, |_| {}).await
}

pub(super) async fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|error| {
        format!(
            "cannot listen on {listen}: {error}. Choose another address with --listen, or stop what uses it"
        )
        .into()
    })
}

/// Says how to go on where something is missing.
async fn next_steps(app: &App, base_url: &str) -> Result<(), Failure> {
    let (accounts, sites, devices) = app
        .store
        .read(|tx| {
            Ok::<_, crate::storage::Error>((tx.accounts()?.len(), tx.sites()?.len(), tx.devices()?.len()))
        })
        .await?;
    let steps = [
        (accounts == 0, "matcha account add wechat --name 微信      then: matcha code import DIR".to_owned()),
        (sites == 0, "matcha site add blog --name \"My blog\" --origin https://blog.example".to_owned()),
        (
            sites == 0,
            "matcha product add blog first-article --title \"…\" --price 1.00 --html article.html".to_owned(),
        ),
        (devices == 0, "matcha device pair      (then enter the code in the app on your phone)".to_owned()),
    ];
    if steps.iter().all(|(missing, _)| !missing) {
        return say(&format!("readers and phones reach it at {base_url}"));
    }
    say("next:")?;
    for (_, step) in steps.iter().filter(|(missing, _)| *missing) {
        say(&format!("  {step}"))?;
    }
    say("  matcha key create --owner      (for the owner API)")
}

/// Runs web and workers until a signal, then lets open requests end.
pub(super) async fn until_stopped(
    signals: Signals,
    app: App,
    config: &ServeConfig,
    base_url: String,
    listener: TcpListener,
    demo: Option<Demo>,
    ready: impl FnOnce(&Web),
) -> Result<(), Failure> {
    let mut app = app;
    app.live_orders_per_address = config.live_orders_per_address;
    app.transfer_daily_max = config.transfer_daily_max;
    let app = gateways(app, &base_url)?;
    let (stop, stopping) = watch::channel(false);
    let web_config = WebConfig {
        base_url,
        trusted_proxies: config.trusted_proxies.clone(),
        adapters: config.adapters.clone(),
        demo,
    };
    let web = Web::new(app.clone(), web_config, stopping.clone());
    ready(&web);
    let workers = worker::start(&app, &stopping);
    let server = tokio::spawn(web::serve::serve(listener, web::router(web), stopping));
    // Rules may be newer than what is stored: what they can read now is read now.
    match reread::all(&app, ReadAs::Unread, app.now()).await {
        Ok(done) if done.read > 0 => tracing::info!(?done, "notices were read with newer rules"),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "unread notices could not be read again"),
    }
    signals.stopped(&app).await?;
    tracing::info!("stopping");
    stop.send_replace(true);
    server.await?;
    for worker in workers {
        worker.await?;
    }
    Ok(())
}

/// The signals that concern a server. Made before anything is printed: whoever reads that the server is there may
/// already stop it.
#[cfg(unix)]
pub(super) struct Signals {
    term: tokio::signal::unix::Signal,
    int: tokio::signal::unix::Signal,
    hup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn listen() -> Result<Signals, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let (term, int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Signals { term, int, hup: signal(SignalKind::hangup())? })
    }

    /// Waits for SIGTERM or Ctrl-C; SIGHUP reads the rules again.
    async fn stopped(mut self, app: &App) -> Result<(), Failure> {
        loop {
            tokio::select! {
                _ = self.term.recv() => return Ok(()),
                _ = self.int.recv() => return Ok(()),
                _ = self.hup.recv() => match app.reload_rules() {
                    Ok(()) => {
                        let done = reread::all(app, ReadAs::Unread, app.now()).await;
                        tracing::info!(version = app.rules().version(), ?done, "the rules were read again");
                    }
                    Err(error) => tracing::error!(%error, "the old rules stay in force"),
                },
            }
        }
    }
}

/// Where there are no Unix signals, Ctrl-C is all there is.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen() -> Result<Signals, Failure> {
        Ok(Signals)
    }

    async fn stopped(self, _: &App) -> Result<(), Failure> {
        Ok(tokio::signal::ctrl_c().await?)
    }
}

/// Sends the log to stderr; `RUST_LOG` says how much.
pub(super) fn log_to_stderr(json: bool) {
    use tracing_subscriber::EnvFilter;
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,matcha::web=info"));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    // A second subscriber in one process (tests) is refused, which is fine.
    let set = if json { builder.json().try_init() } else { builder.compact().try_init() };
    drop(set);
}
