//! Loops: each is an interval around a flow's `run_once(now)` and ends when the server stops.
//!
//! The loops of official gateways wait for the first account there. While there is none, nothing can be due in them: a trade,
//! a refund, a transfer, a subscription and a watched log each name an account with keys, written by a unit that saw those
//! keys. So a server without such an account asks for one thing, whether there is one by now ([`merchant::any`]), every
//! `OFFICIAL_EVERY`. It asks the database and remembers nothing else: an account that the API added in this process and one
//! that `matcha account add` added in another are found alike, at most that much later. Keys are replaced and never taken
//! away, so what was found once need not be asked for again, and the loops run until the server stops.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior};

use crate::app::{App, told_to_stop};
use crate::domain::receipt::ReadAs;
use crate::flow::gateway::{merchant, reconcile, refund, subscription, trade, transfer, watch as logs};
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
/// How often a server without an account at an official gateway looks whether one was added.
const OFFICIAL_EVERY: Duration = Duration::from_secs(5);
/// How often a database that refused writes is asked whether it works again.
const PROBE_EVERY: Duration = Duration::from_secs(2);

/// The loops that every server needs.
const ALWAYS: [(Duration, Run); 4] = [
    (EXPIRE_EVERY, Run::Expire),
    (SILENCE_EVERY, Run::Silence),
    (PENDING_EVERY, Run::Pending),
    (PROBE_EVERY, Run::Probe),
];
/// The loops that only accounts at official gateways need.
const OFFICIAL: [(Duration, Run); 7] = [
    (GATEWAY_EVERY, Run::Trades),
    (GATEWAY_EVERY, Run::Refunds),
    (GATEWAY_EVERY, Run::Logs),
    (GATEWAY_EVERY, Run::Transfers),
    (BOOKS_EVERY, Run::Bills),
    (BOOKS_EVERY, Run::Reports),
    (GATEWAY_EVERY, Run::Subscriptions),
];

/// Starts all loops; they end when `stopping` turns true.
#[must_use]
pub fn start(app: &App, stopping: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    let always = ALWAYS.map(|(every, run)| tokio::spawn(repeat(every, app.clone(), stopping.clone(), run)));
    always.into_iter().chain(start_official(app, stopping)).collect()
}

/// Starts what waits for the first account at an official gateway, and the loops that begin with it.
fn start_official(app: &App, stopping: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    let (tell, found) = watch::channel(false);
    let loops = OFFICIAL.map(|(every, run)| {
        let (app, mut found, mut stopping) = (app.clone(), found.clone(), stopping.clone());
        tokio::spawn(async move {
            let begins = tokio::select! {
                // A teller that is gone and told nothing was stopped.
                told = found.wait_for(|found| *found) => told.is_ok(),
                () = told_to_stop(&mut stopping) => false,
            };
            if begins {
                repeat(every, app, stopping, run).await;
            }
        })
    });
    let looks = tokio::spawn(look_for_official(app.clone(), stopping.clone(), tell));
    loops.into_iter().chain([looks]).collect()
}

/// Looks until there is an account at an official gateway, and tells that.
async fn look_for_official(app: App, mut stopping: watch::Receiver<bool>, tell: watch::Sender<bool>) {
    let mut ticks = ticks(OFFICIAL_EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => match merchant::any(&app).await {
                Ok(false) => {}
                Ok(true) => {
                    tell.send_replace(true);
                    return;
                }
                Err(error) => tracing::warn!(%error, "could not look for official accounts; it is tried again"),
            },
            () = told_to_stop(&mut stopping) => return,
        }
    }
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

fn ticks(every: Duration) -> Interval {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn repeat(every: Duration, app: App, mut stopping: watch::Receiver<bool>, run: Run) {
    let mut ticks = ticks(every);
    loop {
        tokio::select! {
            _ = ticks.tick() => run.once(&app).await,
            () = told_to_stop(&mut stopping) => return,
        }
    }
}

#[cfg(test)]
mod tests;
