//! What an idle server costs, in time that only timers see.

use std::future::pending;
use std::path::Path;

use tokio::time::timeout;

use super::*;
use crate::clock::Clock;
use crate::domain::account::{Account, Distinguish};
use crate::domain::channel::Channel;
use crate::domain::id::AccountId;
use crate::domain::notice::Rules;
use crate::domain::time::Timestamp;
use crate::rng::{Ids, Rng};
use crate::secrets::Secrets;
use crate::storage::sqlite::Sqlite;
use crate::storage::verbs::Merchant;
use crate::storage::{Error, Store};

const NOW: Timestamp = Timestamp::from_millis(1_780_272_000_000);

fn store(folder: &Path) -> Store {
    Store::new(Sqlite::open(&folder.join("matcha.db"), NOW).unwrap())
}

fn server(folder: &Path) -> App {
    let secrets = Secrets::from_master([7; 32]);
    App::new(store(folder), Clock::manual(NOW), Rng::seeded(1), Ids::new(0), secrets, Rules::embedded())
}

/// Lets the loops run for so long. Nobody waits: the time of the test goes on whenever nothing else is to do.
async fn pass(seconds: u64) {
    timeout(Duration::from_secs(seconds), pending::<()>()).await.unwrap_err();
}

/// How often the database was read within so long.
async fn reads_in(app: &App, seconds: u64) -> u64 {
    let before = app.store.reads();
    pass(seconds).await;
    app.store.reads() - before
}

/// Another process adds an account at an official gateway.
async fn add_elsewhere(folder: &Path) {
    let id = AccountId::from_raw(1);
    let account = Account {
        id,
        name: "official".to_owned(),
        channel: Channel::AlipayOfficial,
        distinguish: Distinguish::Amount,
        created_at: NOW,
    };
    let (app_id, seller_id) = ("2021000000000001".to_owned(), None);
    let keys = Merchant { account: id, app_id, seller_id, sealed: vec![1], updated_at: NOW };
    let unit = move |tx: &mut dyn crate::storage::verbs::WriteTx| {
        tx.insert_account(&account)?;
        tx.set_merchant(&keys)
    };
    store(folder).write::<(), Error, _>(unit).await.unwrap();
}

async fn end(stop: &watch::Sender<bool>, loops: Vec<JoinHandle<()>>) {
    stop.send_replace(true);
    for one in loops {
        one.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_official_account_one_thing_is_asked_every_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let app = server(folder.path());
    let (stop, stopping) = watch::channel(false);
    let loops = start_official(&app, &stopping);
    assert_eq!(reads_in(&app, 58).await, 12);
    end(&stop, loops).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_official_account_of_another_process_is_served_within_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let app = server(folder.path());
    let (stop, stopping) = watch::channel(false);
    let loops = start_official(&app, &stopping);
    pass(58).await;
    add_elsewhere(folder.path()).await;
    pass(5).await;
    let each_second = OFFICIAL.iter().filter(|(every, _)| *every == GATEWAY_EVERY).count();
    let served = u64::try_from(each_second).unwrap() * 10;
    let reads = reads_in(&app, 10).await;
    assert!(reads >= served, "{reads} reads in ten seconds");
    end(&stop, loops).await;
}

#[tokio::test(start_paused = true)]
async fn an_official_account_that_is_there_is_served_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    add_elsewhere(folder.path()).await;
    let app = server(folder.path());
    let (stop, stopping) = watch::channel(false);
    let loops = start_official(&app, &stopping);
    let reads = reads_in(&app, 2).await;
    assert!(reads > u64::try_from(OFFICIAL.len()).unwrap(), "{reads} reads in two seconds");
    end(&stop, loops).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_with_nothing_to_do_reads_less_than_three_times_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let app = server(folder.path());
    let (stop, stopping) = watch::channel(false);
    let loops = start(&app, &stopping);
    let reads = reads_in(&app, 60).await;
    assert!((60..180).contains(&reads), "{reads} reads in a minute");
    end(&stop, loops).await;
}
