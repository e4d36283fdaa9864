//! Forward-only migrations, numbered by `PRAGMA user_version`, with a snapshot of the database before each run.

use std::path::{Path, PathBuf};

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use crate::domain::time::Timestamp;
use crate::limits;
use crate::storage::Error;

/// Every migration, oldest first. A released one is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_init.sql"),
    include_str!("../../../migrations/sqlite/0002_writer.sql"),
    include_str!("../../../migrations/sqlite/0003_reading.sql"),
    include_str!("../../../migrations/sqlite/0004_devices.sql"),
    include_str!("../../../migrations/sqlite/0005_gateway.sql"),
    include_str!("../../../migrations/sqlite/0006_subscriptions.sql"),
    include_str!("../../../migrations/sqlite/0007_books.sql"),
    include_str!("../../../migrations/sqlite/0008_page_pay.sql"),
    include_str!("../../../migrations/sqlite/0009_refund_doubts.sql"),
    include_str!("../../../migrations/sqlite/0010_doubts.sql"),
];

/// "MTCH": tells our file from another program's.
const APPLICATION_ID: i64 = 0x4d54_4348;

/// Brings the schema up to date.
///
/// # Errors
/// [`Error::NewerSchema`] where a newer version wrote the file; nothing is touched then.
pub(super) fn run(conn: &mut Connection, path: &Path, now: Timestamp) -> Result<(), Error> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let app: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    if found > 0 && app != APPLICATION_ID {
        return Err(Error::Unreadable { what: "file that another program made" });
    }
    if found == known {
        return Ok(());
    }
    if found > 0 {
        snapshot(path, found, now)?;
    }
    // A table whose checks change is made anew under its old name, which foreign keys would forbid; they cannot be switched
    // inside a transaction (https://www.sqlite.org/lang_altertable.html#otheralter). What dangles is found before the commit.
    let enforced: bool = conn.pragma_query_value(None, "foreign_keys", |row| row.get(0))?;
    conn.pragma_update(None, "foreign_keys", false)?;
    let done = each(conn, found, enforced);
    conn.pragma_update(None, "foreign_keys", enforced)?;
    done
}

/// Runs the migrations behind `found`, each in a transaction of its own.
fn each(conn: &mut Connection, found: i64, enforced: bool) -> Result<(), Error> {
    let todo = MIGRATIONS.iter().zip(1_i64..).filter(|(_, number)| *number > found);
    for (sql, number) in todo {
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Another process may have been faster between our look and this lock.
        let current: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if current < number {
            tx.execute_batch(sql).map_err(|source| Error::Failed { during: "migrate the schema", source })?;
            tx.pragma_update(None, "user_version", number)?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            if enforced && dangles(&tx)? {
                return Err(Error::Unreadable { what: "row whose parent is missing" });
            }
        }
        tx.commit()?;
    }
    Ok(())
}

/// True where a row refers to one that is not there.
fn dangles(conn: &Connection) -> Result<bool, Error> {
    let mut rows = conn.prepare("PRAGMA foreign_key_check")?;
    Ok(rows.exists([])?)
}

/// Copies the database beside itself before it is migrated, and keeps only the newest few of such copies.
fn snapshot(path: &Path, version: i64, now: Timestamp) -> Result<(), Error> {
    let folder = path.with_file_name("snapshots");
    let file = |source| Error::File { during: "keep a snapshot before migrating", source };
    std::fs::create_dir_all(&folder).map_err(file)?;
    copy(path, &folder.join(format!("before-v{version}-{}.db", now.millis())))?;
    let mut kept: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map_err(file)?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "db"))
        .collect();
    kept.sort_by_key(|p| std::fs::metadata(p).and_then(|m| m.modified()).ok());
    let surplus = kept.len().saturating_sub(limits::SNAPSHOTS_KEPT);
    for old in kept.iter().take(surplus) {
        std::fs::remove_file(old).map_err(file)?;
    }
    Ok(())
}

/// Copies a database that may be in use, page by page, then checks the copy.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let failed = |source| Error::Failed { during: "copy the database", source };
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    #[expect(clippy::disallowed_methods, reason = "the copy is a database of its own")]
    let mut target = Connection::open(to).map_err(failed)?;
    Backup::new(&source, &mut target)
        .and_then(|backup| backup.run_to_completion(1024, std::time::Duration::ZERO, None))
        .map_err(failed)?;
    let verdict: String = target.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(failed)?;
    if verdict == "ok" { Ok(()) } else { Err(Error::Unreadable { what: "damaged page" }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Connection {
        Connection::open_with_flags(path, OpenFlags::default()).unwrap()
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("matcha.db");
        let mut conn = open(&path);
        run(&mut conn, &path, Timestamp::from_millis(1)).unwrap();
        conn.pragma_update(None, "user_version", 99).unwrap();
        let refused = run(&mut conn, &path, Timestamp::from_millis(1));
        assert!(matches!(refused, Err(Error::NewerSchema { found: 99, .. })));
        let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 99);
    }

    #[test]
    fn a_file_of_another_program_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("other.db");
        let mut conn = open(&path);
        conn.pragma_update(None, "user_version", 1).unwrap();
        assert!(run(&mut conn, &path, Timestamp::from_millis(1)).is_err());
    }

    #[test]
    fn a_database_of_the_first_version_is_kept_and_brought_up_to_date() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("matcha.db");
        let mut conn = open(&path);
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn.execute_batch(
            "PRAGMA user_version = 1; PRAGMA application_id = 0x4d544348; PRAGMA foreign_keys = OFF;
             INSERT INTO unlocks VALUES (1, 2, 3, 4, x'00', 5, NULL)",
        )
        .unwrap();
        run(&mut conn, &path, Timestamp::from_millis(1)).unwrap();
        let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let kept = "SELECT count(*) FROM unlocks WHERE (id, order_id, site_id, product_id, issued_at) = (1, 2, 3, 4, 5)";
        assert_eq!(count(kept), 1);
        assert_eq!(
            count("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%counts%'"),
            0
        );
        assert_eq!(std::fs::read_dir(dir.path().join("snapshots")).unwrap().count(), 1, "a copy from before");
    }

    #[test]
    fn an_inbox_of_the_second_version_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("matcha.db");
        let mut conn = open(&path);
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn.execute_batch(MIGRATIONS[1]).unwrap();
        conn.execute_batch(
            "PRAGMA user_version = 2; PRAGMA application_id = 0x4d544348; PRAGMA foreign_keys = OFF;
             INSERT INTO inbox VALUES (1, 'no_candidate', 2, 3, 'dismissed', NULL, 'note', 4, 5);
             INSERT INTO products VALUES (6, 7, 'tea', 'Tea', 100, 'sealed', NULL, 8);
             INSERT INTO unlocks VALUES (9, 10, 7, 6, 11, NULL)",
        )
        .unwrap();
        run(&mut conn, &path, Timestamp::from_millis(1)).unwrap();
        let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let item = "SELECT count(*) FROM inbox WHERE (id, notice_id, receipt_id, state, note, created_at, resolved_at)
                      = (1, 2, 3, 'dismissed', 'note', 4, 5) AND claim_id IS NULL";
        assert_eq!(count(item), 1);
        let product =
            "SELECT count(*) FROM products WHERE (kind, key_current, key_oldest) = ('article', 1, 1)
                         AND validity_ms IS NULL AND url IS NULL";
        assert_eq!(count(product), 1);
        assert_eq!(
            count("SELECT count(*) FROM unlocks WHERE expires_at IS NULL AND buyer_out_at IS NULL"),
            1
        );
    }

    #[test]
    fn phones_and_receipts_of_the_third_version_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("matcha.db");
        let mut conn = open(&path);
        conn.pragma_update(None, "foreign_keys", true).unwrap();
        for sql in &MIGRATIONS[..3] {
            conn.execute_batch(sql).unwrap();
        }
        conn.execute_batch(
            "PRAGMA user_version = 3; PRAGMA application_id = 0x4d544348;
             INSERT INTO accounts VALUES (1, 'mine', 'wechat', 'amount', 0);
             INSERT INTO devices VALUES (2, 'phone', 'm', '1.0', 3, NULL, 4, '{}', '{\"samples\":[]}', 60000, NULL, 'unpinned');
             INSERT INTO device_accounts VALUES (2, 1);
             INSERT INTO notices VALUES (5, 2, x'00', '{}', 6, 7, 0, 0, 'receipt', 'wechat-code');
             INSERT INTO receipts VALUES (8, 5, 2, 1, 'wechat', 100, NULL, NULL, '微信支付', 'wechat-code', 'pinned', 6, 6, 'inbox', NULL);
             INSERT INTO inbox (id, reason, notice_id, receipt_id, state, created_at) VALUES (9, 'no_candidate', 5, 8, 'open', 7);",
        )
        .unwrap();
        run(&mut conn, &path, Timestamp::from_millis(1)).unwrap();
        let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        for kept in [
            "SELECT count(*) FROM devices WHERE (id, kind, paired_at, last_seen_at, gap_ms, trust_min) = (2, 'bridge', 3, 4, 60000, 'unpinned')",
            "SELECT count(*) FROM receipts WHERE (id, notice_id, device_id, amount_fen, trust, state) = (8, 5, 2, 100, 'pinned', 'inbox')",
            "SELECT count(*) FROM inbox WHERE (id, notice_id, receipt_id, state) = (9, 5, 8, 'open') AND device_id IS NULL",
            "SELECT count(*) FROM sqlite_schema WHERE name = 'receipts_near'",
            "SELECT foreign_keys FROM pragma_foreign_keys",
        ] {
            assert_eq!(count(kept), 1, "{kept}");
        }
        assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
        let dangling = conn.execute("INSERT INTO device_accounts VALUES (3, 1)", []);
        assert!(dangling.is_err(), "what refers to the tables made anew is still checked");
    }

    #[test]
    fn orders_and_what_hangs_on_them_of_the_fourth_version_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("matcha.db");
        let mut conn = open(&path);
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        for sql in &MIGRATIONS[..4] {
            conn.execute_batch(sql).unwrap();
        }
        conn.execute_batch(
            "PRAGMA user_version = 4; PRAGMA application_id = 0x4d544348; PRAGMA foreign_keys = ON;
             INSERT INTO accounts VALUES (1, 'mine', 'wechat', 'amount', 0);
             INSERT INTO codes VALUES (2, 1, 100, '', NULL, 0, x'00', 0, NULL);
             INSERT INTO sites (id, slug, name, origins, pay_window_ms, cool_down_ms, max_discount_fen, max_surcharge_fen,
                                ip_ownership, created_at) VALUES (3, 'blog', 'Blog', '[]', 1, 1, 10, 0, 0, 0);
             INSERT INTO products (id, site_id, slug, title, price_fen, lock, created_at) VALUES (4, 3, 'tea', 'Tea', 100, 'sealed', 0);
             INSERT INTO orders (id, site_id, product_id, status, price_fen, amount_fen, channel, account_id, code_id,
                                 client_order_id, created_at, expires_at, extensions_left, late, paid_at, version, reader,
                                 address, owner_address, list_price_fen)
               VALUES (5, 3, 4, 'paid', 90, 89, 'wechat', 1, 2, 'client', 6, 7, 1, 1, 8, 9, 10, 11, 12, 100);
             INSERT INTO holds VALUES (5, 1, 89, '', 6, 7, 8, 0);
             INSERT INTO settlements VALUES (13, 5, NULL, NULL, 1, 8, NULL, 'pending');
             INSERT INTO devices (id, kind, name, model, app_version, paired_at, last_seen_at, clock, trust_min)
               VALUES (14, 'bridge', 'phone', 'm', '1.0', 3, 4, '{\"samples\":[]}', 'unpinned');
             INSERT INTO inbox (id, reason, device_id, state, created_at) VALUES (15, 'device_silent', 14, 'open', 7);",
        )
        .unwrap();
        run(&mut conn, &path, Timestamp::from_millis(1)).unwrap();
        let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        for kept in [
            "SELECT count(*) FROM orders WHERE (id, status, price_fen, amount_fen, code_id, client_order_id, created_at,
               expires_at, extensions_left, late, paid_at, version, reader, address, owner_address, list_price_fen)
               = (5, 'paid', 90, 89, 2, 'client', 6, 7, 1, 1, 8, 9, 10, 11, 12, 100)",
            "SELECT count(*) FROM holds JOIN orders ON orders.id = order_id",
            "SELECT count(*) FROM settlements JOIN orders ON orders.id = order_id",
            "SELECT count(*) FROM inbox JOIN devices ON devices.id = device_id WHERE (inbox.id, reason, state) = (15, 'device_silent', 'open')",
            "SELECT foreign_keys FROM pragma_foreign_keys",
        ] {
            assert_eq!(count(kept), 1, "{kept}");
        }
        assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
        let codeless = conn.execute("UPDATE orders SET code_id = NULL", []);
        assert!(codeless.is_err(), "a personal order has its code");
        let twice = conn.execute("INSERT INTO orders SELECT 16, site_id, product_id, status, price_fen, amount_fen, channel,
            account_id, code_id, client_order_id, created_at, expires_at, extensions_left, late, paid_at, version, reader,
            address, owner_address, list_price_fen, coupon_id, renews_id FROM orders", []);
        assert!(twice.is_err(), "a client's id makes one order");
    }

    #[test]
    fn refunds_of_the_seventh_version_know_what_they_pay_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("matcha.db");
        let mut conn = open(&path);
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        for sql in &MIGRATIONS[..7] {
            conn.execute_batch(sql).unwrap();
        }
        conn.execute_batch(
            "PRAGMA user_version = 7; PRAGMA application_id = 0x4d544348;
             INSERT INTO accounts VALUES (1, 'mine', 'alipay_official', 'amount', 0);
             INSERT INTO sites (id, slug, name, origins, pay_window_ms, cool_down_ms, max_discount_fen, max_surcharge_fen,
                                ip_ownership, created_at) VALUES (3, 'blog', 'Blog', '[]', 1, 1, 10, 0, 0, 0);
             INSERT INTO products (id, site_id, slug, title, price_fen, lock, created_at) VALUES (4, 3, 'tea', 'Tea', 100, 'sealed', 0);
             INSERT INTO orders (id, site_id, product_id, status, price_fen, amount_fen, channel, account_id, created_at,
                                 expires_at, extensions_left, late, version, address)
               VALUES (5, 3, 4, 'paid', 100, 100, 'alipay_official', 1, 6, 7, 1, 0, 9, 10);
             INSERT INTO trades VALUES ('m5c1', 5, 1, 'code', 100, 'paid', NULL, '2026', 6, 7, NULL, 1);
             INSERT INTO trades VALUES ('m5p1', 5, 1, 'page', 100, 'paid', NULL, '2027', 6, 7, NULL, 1);
             INSERT INTO settlements VALUES (13, 5, NULL, '2026', 0, 8, NULL, 'pending');
             INSERT INTO refunds VALUES (20, 5, NULL, 30, 'gateway', 'done', 'r20', '', NULL, 'console', 0, NULL, 8, 9, NULL, 1);
             INSERT INTO refunds VALUES (21, 5, NULL, 30, 'by_hand', 'done', NULL, '', NULL, 'console', 0, NULL, 8, 9, NULL, 0);",
        )
        .unwrap();
        run(&mut conn, &path, Timestamp::from_millis(1)).unwrap();
        let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(
            count("SELECT count(*) FROM refunds WHERE (id, trade) = (20, 'm5c1') AND sent_at IS NULL"),
            1
        );
        assert_eq!(count("SELECT count(*) FROM refunds WHERE id = 21 AND trade IS NULL"), 1);
        assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    }

    #[test]
    fn a_database_in_which_something_dangles_is_not_migrated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("matcha.db");
        let mut conn = open(&path);
        for sql in &MIGRATIONS[..3] {
            conn.execute_batch(sql).unwrap();
        }
        conn.execute_batch(
            "PRAGMA user_version = 3; PRAGMA application_id = 0x4d544348; PRAGMA foreign_keys = OFF;
             INSERT INTO device_accounts VALUES (2, 1); PRAGMA foreign_keys = ON;",
        )
        .unwrap();
        assert!(matches!(run(&mut conn, &path, Timestamp::from_millis(1)), Err(Error::Unreadable { .. })));
        let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 3);
    }

    #[test]
    fn snapshots_are_whole_and_few() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("matcha.db");
        let mut conn = open(&path);
        run(&mut conn, &path, Timestamp::from_millis(1)).unwrap();
        for at in 0..8 {
            snapshot(&path, 1, Timestamp::from_millis(at)).unwrap();
        }
        let kept: Vec<_> =
            std::fs::read_dir(dir.path().join("snapshots")).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(kept.len(), limits::SNAPSHOTS_KEPT);
        let tables: i64 = open(&kept[0])
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'holds'", [], |r| r.get(0))
            .unwrap();
        assert_eq!(tables, 1);
    }

    #[test]
    fn the_bundled_sqlite_is_free_of_the_wal_reset_bug() {
        assert!(rusqlite::version_number() >= 3_051_003, "older ones can corrupt a WAL database");
    }
}
