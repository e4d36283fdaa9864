//! Lists with their pages and filters, and the rules that are read again.

use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Ask as _, TestApp, shape, text};

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| text(&item["id"])).collect()
}

/// Walks a list page by page and returns all its ids; each page but the last must be full.
async fn walk(app: &TestApp, list: &str, limit: usize) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.owner_get(&format!("{list}?limit={limit}{cursor}")).await;
        let some = ids(&page);
        assert!(some.len() <= limit);
        all.extend(some);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn lists_are_walked_by_cursor_newest_first_and_nothing_is_missed_or_told_twice() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    for n in 1..=7 {
        app.product("blog", &format!("p{n}"), "1.00").await;
        phone.receive("0.50").await;
        app.pass(200);
        phone.heartbeat().await.is(200);
        app.order().await;
    }
    for list in ["/products", "/notices", "/receipts", "/inbox", "/orders"] {
        let whole = walk(&app, list, 200).await;
        assert!(whole.len() >= 7, "{list}");
        let mut newest_first = whole.clone();
        newest_first.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(whole, newest_first, "{list}");
        for limit in [1, 2, 3, 7] {
            assert_eq!(walk(&app, list, limit).await, whole, "{list} by {limit}");
        }
    }
}

#[tokio::test]
async fn a_page_is_never_larger_than_its_bound_and_never_empty_by_wish() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let many: Vec<Value> =
        (0..210).map(|n| json!({ "id": n.to_string(), "package": "a", "key": n.to_string() })).collect();
    phone.send(&many).await.is(200);
    for (query, expected) in [("", 50), ("?limit=1000000", 200), ("?limit=0", 1), ("?limit=7", 7)] {
        assert_eq!(ids(&app.owner_get(&format!("/notices{query}")).await).len(), expected, "{query}");
    }
}

#[tokio::test]
async fn a_cursor_limit_or_filter_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    for path in [
        "/orders?cursor=x",
        "/inbox?cursor=ord_1",
        "/notices?limit=-1",
        "/receipts?limit=many",
        "/orders?status=lost",
        "/inbox?state=half",
        "/receipts?state=x",
        "/notices?read_as=x",
        "/notices?device=ord_1",
    ] {
        app.owner(Method::GET, path).ask().await.problem(422, "invalid");
    }
    app.owner(Method::GET, "/orders?site=nowhere").ask().await.problem(404, "site_not_found");
}

#[tokio::test]
async fn lists_are_filtered() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    app.site("other", &[]).await;
    app.product("other", "tea", "1.00").await;
    let paid = app.bought(&phone).await;
    let open = app.order().await;
    phone.receive("0.50").await;
    phone.send(&[json!({ "id": "x", "package": "com.example" })]).await.is(200);
    let count = async |path: &str| ids(&app.owner_get(path).await).len();
    for (path, expected) in [
        ("/orders", 2),
        ("/orders?status=paid", 1),
        ("/orders?status=cancelled", 0),
        ("/orders?site=blog", 2),
        ("/orders?site=other", 0),
        ("/products?site=other", 1),
        ("/receipts?state=settled", 1),
        ("/receipts?state=inbox", 1),
        ("/notices?read_as=unread", 1),
        ("/notices?read_as=receipt", 2),
        ("/inbox?state=open", 1),
        ("/notices?device=dev_1", 0),
        (&format!("/notices?device={}", phone.id), 3),
    ] {
        assert_eq!(count(path).await, expected, "{path}");
    }
    assert_eq!(ids(&app.owner_get("/orders?status=pending").await), [open.id]);
    assert_eq!(ids(&app.owner_get("/orders?status=paid").await), [paid.id]);
}

#[tokio::test]
async fn a_receipt_and_a_notice_are_shown_whole() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    app.bought(&phone).await;
    assert_json_snapshot!("receipt", shape(&app, &app.owner_get("/receipts").await["items"][0]));
    assert_json_snapshot!("notice", shape(&app, &app.owner_get("/notices").await["items"][0]));
}

const RULE: &str = r#"
version = "mine-1"

[[rule]]
name = "my-bank"
kind = "receipt"
channel = "wechat"
package = "com.example.bank"
titles = ["Incoming"]
text = 'You got {amount}元'
accept = [{ text = "You got 1.00元", amount = "1.00" }]
reject = [{ text = "You paid 1.00元" }]
"#;

#[tokio::test]
async fn a_rule_that_the_owner_adds_reads_what_was_stored_and_settles_the_order_of_that_time() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let order = app.order().await;
    let mut notice = phone.notice("1.00");
    for (key, value) in [("package", "com.example.bank"), ("title", "Incoming"), ("text", "You got 1.00元")]
    {
        notice[key] = json!(value);
    }
    phone.send(&[notice]).await.is(200);
    app.pass(3600);
    app.work().await;
    let reload = async || app.owner_post("/rules/reload", json!({})).await;
    let before = reload().await.is(200).json();
    assert_eq!((&before["looked_at"], &before["read"]), (&json!(1), &json!(0)));
    std::fs::write(app.dir.path().join("rules.toml"), RULE).unwrap();
    let after = reload().await.is(200).json();
    assert_json_snapshot!("rules_reloaded", shape(&app, &after));
    let seen = app.see(&order).await;
    assert_eq!((&seen["status"], &seen["late"]), (&json!("paid"), &json!(false)), "{seen}");
    assert_eq!(reload().await.is(200).json()["looked_at"], 0, "nothing is read twice");
}

#[tokio::test]
async fn rules_that_are_not_good_are_refused_and_the_old_ones_stay() {
    let app = TestApp::start().await;
    let phone = app.shop().await;
    let path = app.dir.path().join("rules.toml");
    let other_amount = RULE.replace("amount = \"1.00\"", "amount = \"2.00\"");
    for (bad, why) in [
        ("version = ", "line 1, column 11"),
        ("version = \"x\"\n[[rule]]\nname = \"a\"", "it needs `titles`"),
        (&RULE.replace("You got {amount}元", "("), "the pattern is not a regular expression"),
        (&other_amount, "1.00"),
    ] {
        std::fs::write(&path, bad).unwrap();
        let problem = app.owner_post("/rules/reload", json!({})).await.problem(422, "bad_rules");
        let detail = text(&problem["detail"]);
        assert!(detail.contains(why), "{detail}");
    }
    let order = app.order().await;
    phone.receive(&order.amount).await;
    assert_eq!(app.see(&order).await["status"], "paid");
    std::fs::remove_file(&path).unwrap();
    app.owner_post("/rules/reload", json!({})).await.is(200);
}
