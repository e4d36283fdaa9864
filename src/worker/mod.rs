//! Loops: each is an interval around a flow's `run_once(now)` and ends when the server stops.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::app::{App, told_to_stop};
use crate::domain::receipt::ReadAs;
use crate::flow::gateway::{reconcile, refund, subscription, trade, transfer, watch as logs};
use crate::flow::{device, expire, reread};

/// How often windows and cool-downs are looked at. A reader's page counts by itself; this only writes it down.
const EXPIRE_EVERY: Duration = Duration::from_millis(500);
/// How often phones are checked for silence.
const SILENCE_EVERY: Duration = Duration::from_secs(10);
/// How often notices whose matching failed are tried again.
const PENDING_EVERY: Duration = Duration::from_secs(30);
/// How often trades and refunds at official gateways, and subscriptions are looked at; each has its own growing pause.
const GATEWAY_EVERY: Duration = Duration::from_secs(1);
/// How often bills and daily reports are looked at; each has its own time of day.
const BOOKS_EVERY: Duration = Duration::from_secs(60);
/// How often a database that refused writes is asked whether it works again.
const PROBE_EVERY: Duration = Duration::from_secs(2);

/// Starts all loops; they end when `stopping` turns true.
#[must_use]
pub fn start(app: &App, stopping: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    let spawn = |every, app: &App, run: Run| tokio::spawn(repeat(every, app.clone(), stopping.clone(), run));
    vec![
        spawn(EXPIRE_EVERY, app, Run::Expire),
        spawn(SILENCE_EVERY, app, Run::Silence),
        spawn(PENDING_EVERY, app, Run::Pending),
        spawn(PROBE_EVERY, app, Run::Probe),
        spawn(GATEWAY_EVERY, app, Run::Trades),
        spawn(GATEWAY_EVERY, app, Run::Refunds),
        spawn(GATEWAY_EVERY, app, Run::Logs),
        spawn(GATEWAY_EVERY, app, Run::Transfers),
        spawn(BOOKS_EVERY, app, Run::Bills),
        spawn(BOOKS_EVERY, app, Run::Reports),
        spawn(GATEWAY_EVERY, app, Run::Subscriptions),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Expire,
    Silence,
    Pending,
    Probe,
    Trades,
    Refunds,
    Logs,
    Transfers,
    Bills,
    Reports,
    Subscriptions,
}

impl Run {
    async fn once(self, app: &App) {
        let now = app.now();
        match self {
            Run::Expire => report(expire::run(app, now), "expire orders").await,
            Run::Silence => {
                if let Ok(silent) = device::find_silent(app, now).await {
                    for device in silent {
                        tracing::warn!(%device, "a phone has gone silent: its accounts are not offered");
                    }
                }
            }
            Run::Pending => report(reread::all(app, ReadAs::Pending, now), "read notices again").await,
            Run::Trades => report(trade::run_once(app, now), "ask about trades").await,
            Run::Refunds => report(refund::run_once(app, now), "carry on with refunds").await,
            Run::Subscriptions => {
                report(subscription::run_once(app, now), "carry on with subscriptions").await;
            }
            Run::Logs => report(logs::run_once(app, now), "look at the logs of accounts").await,
            Run::Transfers => report(transfer::run_once(app, now), "carry on with transfers").await,
            Run::Bills => report(reconcile::run_once(app, now), "compare bills").await,
            Run::Reports => {
                report(logs::report_once(app, now), "report what phones and logs announced").await;
            }
            Run::Probe => {
                if app.store.trouble().is_some() && app.store.probe().await.is_ok() {
                    tracing::info!("the database takes writes again");
                }
            }
        }
    }
}

async fn report<T, E: std::error::Error>(work: impl Future<Output = Result<T, E>>, what: &str) {
    if let Err(error) = work.await {
        tracing::warn!(%error, source = ?error.source(), "could not {what}; it is tried again");
    }
}

async fn repeat(every: Duration, app: App, mut stopping: watch::Receiver<bool>, run: Run) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => run.once(&app).await,
            () = told_to_stop(&mut stopping) => return,
        }
    }
}
