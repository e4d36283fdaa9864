//! The real program is killed while it works, again and again, and nothing that it said may turn out to be untrue.
//!
//! `MATCHA_CRASH_KILLS=1000 MATCHA_CRASH_SEED=7` makes it longer and repeats the choices of a run. (The choices repeat;
//! which of them the kill hits is up to the machine.)

mod audit;
mod clients;
mod ledger;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use matcha::rng::Rng;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::watch;

use self::clients::{Client, Shared, locked};
use self::ledger::Ledger;
use crate::binary::Server;
use crate::binary::http::Http;
use crate::binary::shop::furnish;

const KILLS: u64 = 40;
const CLIENTS: usize = 6;
/// A kill comes after fewer acknowledged answers than this.
const ANSWERS_MAX: usize = 200;
/// A server that answers nothing for so long is stuck, which is a failure too.
const STUCK: Duration = Duration::from_secs(60);

#[expect(clippy::disallowed_methods, reason = "the length and the seed of a test are set from outside")]
fn knob(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_acknowledged_is_lost_when_the_server_is_killed() {
    let kills = knob("MATCHA_CRASH_KILLS").unwrap_or(KILLS);
    let seed = knob("MATCHA_CRASH_SEED").unwrap_or_else(|| u64::from_be_bytes(Rng::system().bytes()));
    let dir = tempfile::tempdir().expect("a folder");
    let (data, log) = (dir.path().join("data"), dir.path().join("server.log"));
    let http = Http::new();
    let ledger = {
        let server = Server::start(&data, &log);
        let shop = furnish(&data, &http.at(&server.base)).await;
        server.kill();
        Arc::new(Mutex::new(Ledger::new(&shop)))
    };
    let (run, its_ledger, its_data, its_log) = (http, Arc::clone(&ledger), data.clone(), log.clone());
    let story = tokio::spawn(async move {
        for kill in 0..kills {
            one_life(&run, &its_data, &its_log, &its_ledger, seed, kill).await;
        }
        last_life(&run, &its_data, &its_log, &its_ledger).await;
    });
    if let Err(why) = story.await {
        let trace = locked(&ledger).trace();
        let log = std::fs::read_to_string(&log).unwrap_or_default();
        panic!(
            "MATCHA_CRASH_SEED={seed}: {why}\nwhat happened last:\n{trace}what the servers logged:\n{log}"
        );
    }
}

/// Starts the server, checks it, keeps it busy, and kills it after a number of acknowledged answers.
async fn one_life(http: &Http, data: &Path, log: &Path, ledger: &Shared, seed: u64, kill: u64) {
    let mut rng = StdRng::seed_from_u64(seed.wrapping_add(kill));
    let server = Server::start(data, log);
    if rng.random_bool(0.1) {
        // Killed while it starts: before its first request.
        locked(ledger).note(format!("---- kill {kill}: at once"));
        server.kill();
        return;
    }
    let http = http.at(&server.base);
    audit::database(&data.join("matcha.db"), &locked(ledger));
    audit::server(&http, &data.join("matcha.db"), ledger, &mut rng).await;
    let (acknowledged, mut count) = watch::channel(0);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let (name, seed) = (format!("client {n}"), rng.random());
            let client = Client::new(name, http.clone(), Arc::clone(ledger), acknowledged.clone(), seed);
            tokio::spawn(client.work_until_it_is_gone())
        })
        .collect();
    let answers = rng.random_range(0..ANSWERS_MAX);
    let in_time = tokio::time::timeout(STUCK, count.wait_for(|count| *count >= answers)).await.is_ok();
    assert!(in_time, "the server is stuck at {} answers of {answers}", *acknowledged.borrow());
    locked(ledger).note(format!("---- kill {kill}: after {answers} answers"));
    server.kill();
    for client in clients {
        client.await.expect("a client found nothing wrong");
    }
}

/// Checks once more, ends the server well, and sees that the story was worth telling.
async fn last_life(http: &Http, data: &Path, log: &Path, ledger: &Shared) {
    let server = Server::start(data, log);
    let mut rng = StdRng::seed_from_u64(0);
    audit::server(&http.at(&server.base), &data.join("matcha.db"), ledger, &mut rng).await;
    audit::database(&data.join("matcha.db"), &locked(ledger));
    server.terminate();
    assert!(server.wait().0.success(), "a server that was killed before still ends well");
    let ledger = locked(ledger);
    let paid = ledger.orders.values().filter(|known| known.paid).count();
    let (orders, notices) = (ledger.orders.len(), ledger.stored.len());
    // Each life lasts for a few answers at least, and some of the orders were seen to be paid.
    assert!(orders > 0 && notices > paid && paid > 0, "{orders} orders, {notices} notices, {paid} seen paid");
}
