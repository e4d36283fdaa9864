//! The database without Matcha: the rows of an order and of a settlement, written by one thread in groups, each group
//! committed as durably. What the server reaches of it is what everything else costs.

use std::path::Path;

use matcha::clock::Stopwatch;
use rusqlite::{Connection, OpenFlags, Params, params};

use crate::drive::count;
use crate::shop::{BAND, Shop};

/// Units in a group: about what the writer finds waiting at 64 connections.
const GROUP: usize = 32;

/// Units a second.
pub struct Raw {
    pub created: f64,
    pub settled: f64,
}

/// Writes `orders` orders into the furnished database of `data`, then what settles them.
pub fn measure(data: &Path, shop: &Shop, orders: usize) -> Raw {
    let conn = Connection::open_with_flags(data.join("matcha.db"), OpenFlags::SQLITE_OPEN_READ_WRITE);
    let conn = conn.expect("the database");
    let pragmas = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384";
    conn.execute_batch(pragmas).expect("settings");
    Raw {
        created: groups(&conn, orders, |n| create(&conn, shop, n)),
        settled: groups(&conn, orders, |n| settle(&conn, shop, n)),
    }
}

fn groups(conn: &Connection, units: usize, unit: impl Fn(i64)) -> f64 {
    let watch = Stopwatch::start();
    let all: Vec<i64> = (0..).take(units).collect();
    for group in all.chunks(GROUP) {
        run(conn, "BEGIN IMMEDIATE", []);
        group.iter().copied().for_each(&unit);
        run(conn, "COMMIT", []);
    }
    count(units) / watch.elapsed().as_secs_f64()
}

fn run(conn: &Connection, sql: &str, params: impl Params) {
    conn.prepare_cached(sql).and_then(|mut statement| statement.execute(params)).expect("a write");
}

/// Ids of the rows that belong to one order, as far apart as the server's.
fn ids(n: i64) -> [i64; 8] {
    [0, 1, 2, 3, 4, 5, 6, 7].map(|row| (n + 1) << 22 | row)
}

fn create(conn: &Connection, shop: &Shop, n: i64) {
    let [order, line, ..] = ids(n);
    let at = usize::try_from(n).unwrap_or(0);
    let (product, price) = shop.products.get(at % shop.products.len()).expect("an article");
    let amount = price.get() - i64::try_from(at / shop.products.len() % BAND).unwrap_or(0);
    let (site, account, code) = (shop.site.raw(), shop.account.raw(), shop.code.raw());
    run(
        conn,
        "INSERT INTO orders (id, site_id, product_id, status, price_fen, amount_fen, channel, account_id, code_id,
                             client_order_id, created_at, expires_at, extensions_left, late, version, reader, address)
         VALUES (?, ?, ?, 'pending', ?, ?, 'wechat', ?, ?, ?, ?, ?, 10, 0, 1, ?, ?)",
        params![
            order,
            site,
            product.raw(),
            price.get(),
            amount,
            account,
            code,
            format!("0190a5c2-7bbb-7000-0000-{n:012}"),
            n,
            n + 120_000,
            n,
            n
        ],
    );
    run(
        conn,
        "INSERT INTO holds (order_id, account_id, amount_fen, remark, starts_at, window_ends_at, release_at, live)
         VALUES (?, ?, ?, '', ?, ?, ?, 1)",
        params![order, account, amount, n, n + 120_000, n + 300_000],
    );
    log(conn, line, order, "order.created");
}

fn log(conn: &Connection, line: i64, order: i64, act: &str) {
    let sql = "INSERT INTO log (id, at, subject, act, actor, cause) VALUES (?, 0, ?, ?, 'reader', 'amount=1.00 account=acc_1')";
    run(conn, sql, params![line, order, act]);
}

fn settle(conn: &Connection, shop: &Shop, n: i64) {
    let [order, _, notice, receipt, settlement, unlock, line, _] = ids(n);
    let (device, account, site) = (shop.device.raw(), shop.account.raw(), shop.site.raw());
    let hash = matcha::secrets::sha256(&n.to_be_bytes());
    let mut fingerprint = n.to_be_bytes().to_vec();
    fingerprint.extend_from_slice(&hash);
    run(
        conn,
        "INSERT INTO message_ids (device_id, id, seen_at, body_hash) VALUES (?, ?, ?, ?)",
        params![device, format!("msg_{n:016}"), n, hash],
    );
    run(conn, "UPDATE devices SET last_seen_at = ? WHERE id = ?", params![n, device]);
    run(
        conn,
        "INSERT INTO notices (id, device_id, fingerprint, raw, posted_at, received_at, clock_offset_ms, clock_jitter_ms,
                              read_as, rule) VALUES (?, ?, ?, ?, ?, ?, 40, 120, 'receipt', 'wechat-code')",
        params![notice, device, fingerprint, "x".repeat(500), n, n + 300],
    );
    run(
        conn,
        "INSERT INTO receipts (id, notice_id, device_id, account_id, channel, amount_fen, announcer, rule, trust,
                               arrived_from, arrived_to, state)
         SELECT ?, ?, ?, account_id, 'wechat', amount_fen, '微信支付', 'wechat-code', 'unpinned', ?, ?, 'settled'
         FROM holds WHERE order_id = ?",
        params![receipt, notice, device, n, n + 160, order],
    );
    run(
        conn,
        "INSERT INTO settlements (id, order_id, receipt_id, by_owner, settled_at, before) VALUES (?, ?, ?, 0, ?, 'pending')",
        params![settlement, order, receipt, n],
    );
    run(
        conn,
        "UPDATE holds SET window_ends_at = ?, release_at = ? WHERE order_id = ? AND account_id = ?",
        params![n + 1, n + 180_000, order, account],
    );
    run(
        conn,
        "UPDATE orders SET status = 'paid', expires_at = ?, paid_at = ?, version = 2 WHERE id = ?",
        params![n + 1, n + 1, order],
    );
    run(
        conn,
        "INSERT INTO unlocks (id, order_id, site_id, product_id, issued_at)
         SELECT ?, id, ?, product_id, ? FROM orders WHERE id = ?",
        params![unlock, site, n, order],
    );
    log(conn, line, order, "order.paid");
}
