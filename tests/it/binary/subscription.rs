//! `matcha subscription`, and the terms of `matcha product set`, beside a running server on the same database.

use std::path::Path;

use matcha::clock::Clock;
use serde_json::json;

use super::{run, run_badly, run_with, text};
use crate::subscriptions::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_are_listed_and_ended_at_the_command_line_and_the_server_tells_alipay() {
    // Commands live by the real clock.
    let shop = Shop::open_at(&Clock::System.now().china_clock()).await;
    let data = shop.app.dir.path();
    assert_eq!(run(data, &["subscription", "list"]), "");
    let (member, id) = shop.signed().await;
    let stands = shop.subscription(&id).await;
    let due = stands["next_due"].as_str().expect("a day");
    let listed = run(data, &["subscription", "list"]);
    let lines: Vec<&str> = listed.lines().collect();
    let [first, schedule] = lines.as_slice() else { panic!("{listed}") };
    assert!(first.starts_with(&format!("{id}  normal  blog/vip  ¥10.00 every 1m  paid until ")), "{first}");
    assert!(schedule.contains(&format!("due {due}, tried at ")), "{schedule}");
    assert_eq!(schedule.matches(" 08:00:00").count(), 3, "three tries, in China's mornings: {schedule}");

    let unknown = run_badly(data, &["subscription", "end", "sub_1"]);
    assert!(unknown.contains("no such Subscription"), "{unknown}");
    let number = shop.agreement_no(&id).await;
    let said = run(data, &["subscription", "end", &id]);
    assert_eq!(said, format!("{id} is ended; the server tells Alipay\n"));
    let ended = shop.subscription(&id).await;
    assert_eq!(
        (ended["state"].as_str(), ended["ending"].as_str(), ended["ended_at_gateway"].as_bool()),
        (Some("ended"), Some("owner"), Some(false)),
        "a command does not speak to Alipay"
    );
    let at_gateway = async || {
        let agreements = shop.gateway.state().await.agreements;
        let found = agreements.into_iter().find(|known| known.agreement_no.as_deref() == Some(&number));
        found.expect("the agreement").status
    };
    assert_eq!(at_gateway().await.as_deref(), Some("NORMAL"));
    shop.pass(60).await;
    shop.work().await;
    assert_eq!(shop.subscription(&id).await["ended_at_gateway"], true);
    assert_eq!(at_gateway().await.as_deref(), Some("UNSIGN"));
    let listed = run(data, &["subscription", "list"]);
    assert_eq!(listed.lines().count(), 1, "nothing is due any more: {listed}");
    assert!(listed.contains("ended (owner)"), "{listed}");
    run(data, &["subscription", "end", &id]);
    assert_eq!(shop.reads(&member).await, 200, "what was paid for goes on");
}

/// Runs a command that is mistyped.
fn mistyped(data: &Path, args: &[&str]) -> String {
    let output = run_with(data, args, b"");
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    text(&output.stderr)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_terms_of_a_renewal_are_changed_later_and_who_signed_keeps_his() {
    let shop = Shop::open_at(&Clock::System.now().china_clock()).await;
    let data = shop.app.dir.path();
    let (_, id) = shop.signed().await;
    let listed = run(data, &["product", "list", "blog"]);
    assert!(listed.contains("renews every 1m, at most ¥100.00, as INDUSTRY|DIGITAL_MEDIA"), "{listed}");
    let set = |more: &[&'static str]| -> Vec<&'static str> {
        ["product", "set", "blog", "vip"].into_iter().chain(more.iter().copied()).collect()
    };
    let product = async || shop.app.owner_get("/products?site=blog").await["items"][0].clone();
    let before = product().await;
    for (more, named) in [
        (["--renews", "2m"].as_slice(), "(62 days) or more"),
        (&["--price", "100.01"], "one charge takes at most 100.00"),
        (&["--renews", "1m", "--renews-scene", "lower case"], "renews.scene"),
        (&[], "nothing to change was named"),
    ] {
        let said = run_badly(data, &set(more));
        assert!(said.contains(named), "{named}: {said}");
    }
    assert!(
        run_badly(data, &["product", "set", "blog", "none", "--price", "1.00"]).contains("no such Product")
    );
    let alone = mistyped(data, &set(&["--renews-most", "300.00"]));
    assert!(alone.contains("--renews <PERIOD>"), "period, ceiling and scene are said together: {alone}");
    mistyped(data, &set(&["--renews", "1m", "--no-renewal"]));
    mistyped(data, &set(&["--renews", "13m"]));
    assert_eq!(product().await, before, "what was refused changed nothing");

    let terms = ["--price", "120.00", "--days", "62", "--renews", "2m", "--renews-most", "300.00"];
    let changed = run(data, &set(&[terms.as_slice(), &["--renews-scene", "INDUSTRY|EDU"]].concat()));
    assert!(changed.contains("¥120.00") && changed.contains("renews every 2m, at most ¥300.00"), "{changed}");
    let after = product().await;
    assert_eq!(after["renews"], json!({ "every": "2m", "most": "300.00", "scene": "INDUSTRY|EDU" }));
    assert_eq!(
        (&after["price"], &after["validity_ms"]),
        (&json!("120.00"), &json!(62_i64 * 24 * 3600 * 1000))
    );
    for name in ["id", "title", "kind", "lock"] {
        assert_eq!(after[name], before[name], "{name} was not named");
    }
    let signed = shop.subscription(&id).await;
    assert_eq!((&signed["every"], &signed["amount"]), (&json!("1m"), &json!("10.00")), "as it was agreed to");
    let member = shop.buy().await;
    let begun = shop.start(&member).await.is(201).json();
    let new = &begun["subscription"];
    assert_eq!((&new["every"], &new["amount"]), (&json!("2m"), &json!("120.00")), "{begun}");

    let none = run(data, &set(&["--no-renewal", "--title", "年会员"]));
    assert!(none.contains("年会员") && !none.contains("renews"), "{none}");
    let member = shop.buy().await;
    shop.start(&member).await.problem(409, "not_renewing");
    assert_eq!(shop.subscription(&id).await["state"], "normal", "who signed is charged on");
    run(data, &set(&["--for-ever"]));
    let after = product().await;
    assert_eq!((&after["validity_ms"], &after["renews"]), (&json!(null), &json!(null)), "{after}");
    let article = ["product", "add", "blog", "tea", "--title", "茶", "--price", "1.00"];
    run(data, &article);
    let said = run_badly(data, &["product", "set", "blog", "tea", "--days", "31", "--renews", "1m"]);
    assert!(said.contains("only a membership renews itself"), "{said}");
}
