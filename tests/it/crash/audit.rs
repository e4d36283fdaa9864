//! What must be true of the database and the server after every start, whatever happened before.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use matcha::domain::id::OrderId;
use matcha::domain::money::Fen;
use rand::Rng as _;
use rand::rngs::StdRng;
use rusqlite::{Connection, OpenFlags};

use super::clients::{Shared, locked};
use super::ledger::{Known, Ledger, Wish};
use crate::binary::http::{Http, good, word};
use crate::binary::shop::TEXT;

/// Questions to which a good database has no answer: each row found is a violation of the rule.
const NEVER: &[(&str, &str)] = &[
    (
        "M2: no amount is held twice",
        "SELECT account_id || ' ' || amount_fen || ' ' || remark FROM holds WHERE live = 1
         GROUP BY account_id, amount_fen, remark HAVING count(*) > 1",
    ),
    (
        "M2: no amount was ever held by two orders at one time",
        "SELECT earlier || ' until ' || until || ', ' || order_id || ' from ' || starts_at
         FROM (SELECT order_id, starts_at, lag(order_id) OVER per_key AS earlier, max(release_at) OVER before AS until
               FROM holds
               WINDOW per_key AS (PARTITION BY account_id, amount_fen, remark ORDER BY starts_at, order_id),
                      before AS (per_key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
         WHERE starts_at < until",
    ),
    (
        "every order has its hold, with its amount and account",
        "SELECT o.id FROM orders o LEFT JOIN holds h ON h.order_id = o.id AND h.amount_fen = o.amount_fen
           AND h.account_id = o.account_id AND h.starts_at = o.created_at WHERE h.order_id IS NULL",
    ),
    (
        "M4, M5: a paid order has a settlement by a settled receipt of its amount and account",
        "SELECT o.id FROM orders o
         LEFT JOIN settlements s ON s.order_id = o.id AND s.undone_at IS NULL
         LEFT JOIN receipts r ON r.id = s.receipt_id AND r.state = 'settled' AND r.amount_fen = o.amount_fen
           AND r.channel = o.channel AND r.account_id = o.account_id
         WHERE o.status = 'paid' AND r.id IS NULL",
    ),
    (
        "M10: a paid order has its unlock and its time",
        "SELECT o.id FROM orders o
         LEFT JOIN unlocks u ON u.order_id = o.id AND u.revoked_at IS NULL AND u.product_id = o.product_id
         WHERE o.status = 'paid' AND (u.id IS NULL OR o.paid_at IS NULL)",
    ),
    (
        "M10: nothing is settled or unlocked for an order that is not paid",
        "SELECT o.id FROM orders o WHERE o.status <> 'paid'
           AND (EXISTS (SELECT 1 FROM settlements s WHERE s.order_id = o.id AND s.undone_at IS NULL)
             OR EXISTS (SELECT 1 FROM unlocks u WHERE u.order_id = o.id AND u.revoked_at IS NULL))",
    ),
    (
        "M4: a receipt settles at most one order, and exactly one where it says so",
        "SELECT r.id FROM receipts r LEFT JOIN settlements s ON s.receipt_id = r.id AND s.undone_at IS NULL
         GROUP BY r.id HAVING count(s.id) <> (r.state = 'settled')",
    ),
    (
        "a notice that was read as a receipt has one, and no other has",
        "SELECT n.id FROM notices n LEFT JOIN receipts r ON r.notice_id = n.id
         WHERE (n.read_as = 'receipt') <> (r.id IS NOT NULL)",
    ),
    (
        "M7: a receipt that settled nothing waits in the inbox",
        "SELECT r.id FROM receipts r LEFT JOIN inbox i ON i.receipt_id = r.id
         WHERE (r.state = 'inbox') <> (i.id IS NOT NULL)",
    ),
    (
        "M11: an order's creation and its present state are in the log",
        "SELECT o.id FROM orders o WHERE NOT EXISTS
           (SELECT 1 FROM log l WHERE l.subject = o.id AND l.act = 'order.created')
         OR (o.status <> 'pending' AND NOT EXISTS
           (SELECT 1 FROM log l WHERE l.subject = o.id AND l.act = 'order.' || o.status))",
    ),
    (
        "the kept counts are the real ones",
        "SELECT kind || '_' || state || ' ' || rows FROM counts WHERE rows <> CASE kind
           WHEN 'orders' THEN (SELECT count(*) FROM orders WHERE status = state)
           WHEN 'notices' THEN (SELECT count(*) FROM notices WHERE read_as = counts.state)
           WHEN 'receipts' THEN (SELECT count(*) FROM receipts r WHERE r.state = counts.state) END",
    ),
];

/// An order as stored.
struct Row {
    status: String,
    amount: i64,
    client_order_id: String,
    extensions_left: u32,
    extended: u32,
}

/// Reads the database beside the running server.
fn open(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the database opens")
}

/// The rows of a question, each as one text.
fn ask(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).expect("a good question");
    let rows = statement.query_map([], |row| {
        let value: rusqlite::types::Value = row.get(0)?;
        Ok(format!("{value:?}"))
    });
    rows.expect("an answer").map(|row| row.expect("a row")).collect()
}

fn rows(conn: &Connection) -> HashMap<i64, Row> {
    let sql = "SELECT o.id, o.status, o.amount_fen, o.client_order_id, o.extensions_left,
                 (SELECT count(*) FROM log l WHERE l.subject = o.id AND l.act = 'order.extended') FROM orders o";
    let mut statement = conn.prepare(sql).expect("a good question");
    let rows = statement.query_map([], |row| {
        let (status, amount, client_order_id) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((
            row.get(0)?,
            Row { status, amount, client_order_id, extensions_left: row.get(4)?, extended: row.get(5)? },
        ))
    });
    rows.expect("an answer").map(|row| row.expect("a row")).collect()
}

fn raw(id: &str) -> i64 {
    id.parse::<OrderId>().expect("an order's id").raw()
}

/// Checks the database against the rules and against what the clients were told.
pub(crate) fn database(path: &Path, ledger: &Ledger) {
    let conn = open(path);
    assert_eq!(ask(&conn, "PRAGMA integrity_check"), [r#"Text("ok")"#]);
    assert!(ask(&conn, "PRAGMA foreign_key_check").is_empty(), "a foreign key leads nowhere");
    for (rule, sql) in NEVER {
        let found = ask(&conn, sql);
        assert!(found.is_empty(), "{rule}: broken by {found:?}");
    }
    let rows = rows(&conn);
    for (id, known) in &ledger.orders {
        let row =
            rows.get(&raw(id)).unwrap_or_else(|| panic!("{id} was acknowledged and is gone: {known:?}"));
        order_is_as_told(id, known, row);
    }
    let stored: HashSet<String> = {
        let mut statement = conn.prepare("SELECT raw FROM notices").expect("a good question");
        let rows = statement.query_map([], |row| row.get(0)).expect("an answer");
        rows.map(|row| row.expect("a row")).collect()
    };
    for (id, raw) in &ledger.stored {
        assert!(stored.contains(raw), "notice {id} was acknowledged and is gone or changed: {raw}");
    }
    let repeated = ask(&conn, "SELECT raw FROM notices GROUP BY raw HAVING count(*) > 1");
    assert!(repeated.is_empty(), "M9: the same notice twice is one notice: {repeated:?}");
}

fn order_is_as_told(id: &str, known: &Known, row: &Row) {
    let amount = Fen::parse(&known.amount).expect("an amount").get();
    assert_eq!((row.amount, &row.client_order_id), (amount, &known.wish.client_order_id), "{id}");
    let may_be: &[&str] = match known {
        Known { paid: true, .. } => &["paid"],
        Known { cancelled: true, .. } => &["cancelled", "paid"],
        Known { .. } => &["pending", "expired", "cancelled", "paid"],
    };
    assert!(may_be.contains(&row.status.as_str()), "{id} is {} but was {known:?}", row.status);
    assert!(row.extended >= known.extends, "{id} lost an extension: {} of {}", row.extended, known.extends);
    assert_eq!(row.extensions_left + row.extended, 10, "{id}: extensions and their log lines agree");
}

/// Asks the server for some of what it acknowledged, and again for all that it left unanswered.
pub(crate) async fn server(http: &Http, path: &Path, ledger: &Shared, rng: &mut StdRng) {
    let ready = http.get("/readyz", "").await.expect("an answer");
    assert_eq!(ready.0, 200, "{ready:?}");
    let sample: Vec<(String, Known)> = {
        let ledger = locked(ledger);
        let recent = ledger.orders.iter().rev().take(10);
        let any = (0..10).filter_map(|_| {
            let at = rng.random_range(0..ledger.orders.len().max(1));
            ledger.orders.iter().nth(at)
        });
        recent.chain(any).map(|(id, known)| (id.clone(), known.clone())).collect()
    };
    for (id, known) in sample {
        still_there(http, &id, &known).await;
        let again =
            http.post_from("10.9.9.9", "/api/v1/orders", &known.wish.body()).await.expect("an answer");
        assert_eq!((again.0, word(&again.1, "id")), (200, id), "the same client_order_id is the same order");
    }
    let unanswered = std::mem::take(&mut locked(ledger).unanswered);
    for wish in unanswered {
        let from = format!("10.8.{}.{}", rng.random::<u8>(), rng.random::<u8>());
        ask_again(http, path, ledger, &wish, &from).await;
    }
}

async fn still_there(http: &Http, id: &str, known: &Known) {
    let body = good(http.get(&format!("/api/v1/orders/{id}"), &known.token).await);
    assert_eq!((word(&body, "id").as_str(), word(&body, "amount")), (id, known.amount.clone()));
    let status = word(&body, "status");
    assert!(!known.paid || status == "paid", "{id} was paid and is {status}");
    assert!(
        !known.cancelled || ["cancelled", "paid"].contains(&status.as_str()),
        "{id} is {status}: {known:?}"
    );
    assert_eq!(status == "paid", body["unlock"].is_object(), "paid and unlocked are one: {body}");
    if status == "paid" {
        let path = format!("/api/v1/sites/{}/products/{}/content", known.wish.site, known.wish.product);
        let content = good(http.get(&path, &word(&body["unlock"], "token")).await);
        assert_eq!(word(&content, "html"), TEXT);
    }
}

/// A browser that lost the answer asks again with the same id, twice.
async fn ask_again(http: &Http, path: &Path, ledger: &Shared, wish: &Wish, from: &str) {
    let known: Option<i64> = open(path)
        .query_row("SELECT id FROM orders WHERE client_order_id = ?", [&wish.client_order_id], |row| {
            row.get(0)
        })
        .ok();
    let mut first: Option<String> = known.map(|id| OrderId::from_raw(id).to_string());
    for _ in 0..2 {
        let (status, body) = http.post_from(from, "/api/v1/orders", &wish.body()).await.expect("an answer");
        if first.is_none() && body["code"] == "no_free_amount" {
            return;
        }
        let expected = if first.is_some() { 200 } else { 201 };
        assert_eq!(status, expected, "{wish:?} with {first:?}: {body}");
        let id = locked(ledger).ordered(wish, &body);
        assert_eq!(
            first.get_or_insert_with(|| id.clone()),
            &id,
            "the same client_order_id is the same order"
        );
    }
}
