//! What SQLite promises beside the promises of every backend: triggers that keep the past, and a disk that is full.

use rusqlite::{Connection, OpenFlags};

use super::Sqlite;
use crate::storage::conformance::rows::{at, furnished, notice, order, put_order, put_receipt, read, write};
use crate::storage::conformance::storage_tests;
use crate::storage::{Error, Store, Trouble};

/// An empty database and the way to open it, now and again.
fn fresh() -> impl Fn() -> Store {
    let dir = tempfile::tempdir().unwrap();
    move || Store::new(Sqlite::open(&dir.path().join("matcha.db"), at(0)).unwrap())
}

storage_tests!(fresh);

/// A database with some rows, its handle, and a connection that knows nothing of our rules.
async fn opened() -> (tempfile::TempDir, Sqlite, Store, Connection) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("matcha.db");
    let sqlite = Sqlite::open(&path, at(0)).unwrap();
    let store = furnished(&|| Store::new(sqlite.clone())).await;
    write(&store, |tx| {
        put_order(tx, 1)?;
        put_receipt(tx, 1)?;
        let (subject, actor) =
            (crate::domain::log::Subject::Order(order(1).id), crate::domain::log::Actor::System);
        let entry = crate::domain::log::Entry {
            subject,
            act: crate::domain::log::Act::OrderCreated,
            actor,
            cause: String::new(),
        };
        tx.log(9000, at(0), &entry)
    })
    .await;
    let raw = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    (dir, sqlite, store, raw)
}

#[tokio::test]
async fn no_statement_changes_what_a_notice_said() {
    let (_dir, _, store, raw) = opened().await;
    for change in ["raw = '{}'", "fingerprint = x'00'", "posted_at = 0", "received_at = 0", "device_id = 8"] {
        let refused = raw.execute(&format!("UPDATE notices SET {change}"), []);
        assert!(refused.is_err_and(|e| e.to_string().contains("a notice is never changed")), "{change}");
    }
    assert_eq!(raw.execute("UPDATE notices SET read_as = 'unread', rule = NULL", []).unwrap(), 1);
    let kept = read(&store, |tx| tx.notice(notice(1).id)).await.unwrap();
    assert_eq!((kept.raw, kept.fingerprint), (notice(1).raw, notice(1).fingerprint));
}

#[tokio::test]
async fn no_statement_changes_or_deletes_a_line_of_the_log() {
    let (_dir, _, store, raw) = opened().await;
    for sql in ["UPDATE log SET cause = 'x'", "UPDATE log SET at = 0 WHERE id = 9000", "DELETE FROM log"] {
        let refused = raw.execute(sql, []);
        assert!(refused.is_err_and(|e| e.to_string().contains("the log is append-only")), "{sql}");
    }
    assert_eq!(read(&store, |tx| tx.log_of(order(1).id.raw(), 10)).await.len(), 1);
}

#[tokio::test]
async fn no_statement_makes_a_second_live_hold_or_a_settlement_of_nothing() {
    let (_dir, _, _store, raw) = opened().await;
    raw.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let second = "INSERT INTO holds SELECT 77, account_id, amount_fen, remark, starts_at, window_ends_at, release_at, 1 FROM holds";
    assert!(raw.execute(second, []).is_err());
    let nothing = "INSERT INTO settlements (id, order_id, by_owner, settled_at, before) VALUES (1, 1001, 0, 0, 'pending')";
    assert!(raw.execute(nothing, []).is_err());
    let paper = "UPDATE receipts SET state = 'echo'";
    assert!(raw.execute(paper, []).is_err(), "an echo is of something");
}

#[tokio::test]
async fn an_answer_means_that_the_disk_has_it() {
    let (_dir, sqlite, _store, raw) = opened().await;
    let mode: String = raw.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    assert_eq!(sqlite.writer.setting("PRAGMA synchronous").await, Some(2), "FULL");
    assert_eq!(sqlite.writer.setting("PRAGMA foreign_keys").await, Some(1));
}

/// More than fits into the pages that are there.
const MUCH: usize = 1024 * 1024;

async fn put_much(store: &Store, n: i64) -> Result<(), Error> {
    store
        .write(move |tx| {
            let notice = crate::domain::receipt::Notice { raw: "x".repeat(MUCH), ..notice(n) };
            tx.insert_notice(&notice).map(|_| ())
        })
        .await
}

#[tokio::test]
async fn a_full_disk_is_told_and_writes_are_refused_until_a_probe_gets_through() {
    let (_dir, sqlite, store, _raw) = opened().await;
    assert!(sqlite.writer.setting("PRAGMA max_page_count = 1").await.is_some_and(|pages| pages > 1));
    let full = put_much(&store, 2).await.unwrap_err();
    assert_eq!((full.trouble(), store.trouble()), (Some(Trouble::DiskFull), Some(Trouble::DiskFull)));
    let run = store.writer_stats().units;
    for n in 3..6 {
        let refused = store.write(move |tx| put_order(tx, n)).await;
        assert!(matches!(refused, Err(Error::Unavailable(Trouble::DiskFull))));
    }
    assert!(store.writer_stats().units <= run + 1, "refused at once: the writer was not asked");
    assert!(read(&store, |tx| tx.order(order(1).id)).await.is_some(), "reads go on");
    assert_eq!(read(&store, |tx| tx.notice(notice(2).id)).await, None);
    sqlite.writer.setting("PRAGMA max_page_count = 1073741823").await;
    store.probe().await.unwrap();
    assert_eq!(store.trouble(), None);
    put_much(&store, 2).await.unwrap();
    assert!(read(&store, |tx| tx.notice(notice(2).id)).await.is_some());
}

#[tokio::test]
async fn a_group_that_meets_a_full_disk_is_answered_with_that_and_leaves_nothing() {
    let (_dir, sqlite, store, _raw) = opened().await;
    sqlite.writer.setting("PRAGMA max_page_count = 1").await;
    let (small, much, late) = tokio::join!(
        store.write(|tx| put_order(tx, 2)),
        put_much(&store, 3),
        store.write(|tx| put_order(tx, 4))
    );
    assert_eq!(much.unwrap_err().trouble(), Some(Trouble::DiskFull));
    sqlite.writer.setting("PRAGMA max_page_count = 1073741823").await;
    store.probe().await.unwrap();
    // Whether the neighbours were in the same group is for the scheduler to say; the answers must be true either way.
    for (n, answer) in [(2, small), (4, late)] {
        let there = read(&store, move |tx| tx.order(order(n).id)).await.is_some();
        assert_eq!(there, answer.is_ok(), "order {n} was answered {answer:?}");
    }
}

#[tokio::test]
async fn a_file_that_became_read_only_is_trouble_of_the_disk_and_a_fresh_connection_ends_it() {
    let (_dir, sqlite, store, _raw) = opened().await;
    sqlite.writer.setting("PRAGMA query_only = ON").await;
    let refused = store.write(|tx| put_order(tx, 2)).await.unwrap_err();
    assert_eq!((refused.trouble(), store.trouble()), (Some(Trouble::Disk), Some(Trouble::Disk)));
    let refused = store.write(|tx| put_order(tx, 2)).await;
    assert!(matches!(refused, Err(Error::Unavailable(Trouble::Disk))));
    store.probe().await.unwrap();
    write(&store, |tx| put_order(tx, 2)).await;
    assert!(read(&store, |tx| tx.order(order(2).id)).await.is_some());
}

#[tokio::test]
async fn a_transaction_that_was_refused_is_not_counted_as_a_commit() {
    let (_dir, sqlite, store, _raw) = opened().await;
    sqlite.writer.setting("PRAGMA max_page_count = 1").await;
    write(&store, |_| Ok(())).await;
    let counting = store.clone();
    let before = write(&store, move |_| Ok(counting.writer_stats())).await;
    assert!(put_much(&store, 2).await.is_err());
    store.probe().await.unwrap();
    let counting = store.clone();
    let after = write(&store, move |_| Ok(counting.writer_stats())).await;
    assert_eq!(
        (after.units - before.units, after.commits - before.commits),
        (3, 2),
        "the count's own, and the probe's"
    );
}

#[tokio::test]
async fn a_unit_sees_what_another_process_changed_in_the_catalog() {
    let (dir, _, store, raw) = opened().await;
    let name = |store: &Store| {
        let store = store.clone();
        async move { write(&store, |tx| tx.accounts()).await.first().map(|a| a.name.clone()) }
    };
    let before = name(&store).await.unwrap();
    raw.execute("UPDATE accounts SET name = name || '!'", []).unwrap();
    assert_eq!(name(&store).await, Some(format!("{before}!")));
    drop(dir);
}

#[tokio::test]
async fn a_unit_that_fails_leaves_nothing_in_the_memory_of_the_catalog() {
    let (_dir, _, store, _raw) = opened().await;
    let count = |store: &Store| {
        let store = store.clone();
        async move { write(&store, |tx| tx.accounts()).await.len() }
    };
    let before = count(&store).await;
    let failed = store.write(move |tx| {
        let mut account = tx.accounts()?.remove(0);
        account.id = crate::domain::id::AccountId::from_raw(4711);
        tx.insert_account(&account)?;
        assert_eq!(tx.accounts()?.len(), before + 1, "a unit sees its own changes");
        Err::<(), _>(Error::Busy)
    });
    assert!(failed.await.is_err());
    assert_eq!(count(&store).await, before);
}

#[tokio::test]
async fn what_no_bill_has_is_looked_up_by_its_day() {
    let (_dir, _, _, raw) = opened().await;
    let (payments, refunds) = super::books::unbilled_sql();
    for (sql, index) in
        [(payments, "settlements_paid_at (settled_at>?"), (refunds, "refunds_done (finished_at>?")]
    {
        let mut plan = raw.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps: Vec<String> = plan
            .query_map(&[(":account", &1), (":from", &0), (":to", &9), (":limit", &1)], |row| row.get(3))
            .unwrap()
            .map(|step| step.unwrap())
            .collect();
        assert!(steps.iter().any(|step| step.contains(index)), "{steps:?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
    }
}
