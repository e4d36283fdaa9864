//! Accounts with keys: stored encrypted, never shown, changed, checked.

use super::*;

#[tokio::test]
async fn keys_come_in_once_and_never_out() {
    let shop = Shop::open().await;
    let listed = shop.test.owner_get("/accounts").await;
    let shown = &listed["items"][0]["keys"];
    assert_eq!(shown["app_id"], shop.gateway.ready.app_id);
    assert_eq!(shown["mode"], "public_key");
    let private = shop.gateway.ready.app_private_key.clone().expect("a key that it made");
    let some = &private[40..80];
    assert!(!listed.to_string().contains(some));
    let file = std::fs::read(shop.test.dir.path().join("matcha.db")).expect("a database");
    let wal = std::fs::read(shop.test.dir.path().join("matcha.db-wal")).unwrap_or_default();
    for bytes in [file, wal] {
        assert!(!bytes.windows(some.len()).any(|window| window == some.as_bytes()), "it is stored encrypted");
    }
}

#[tokio::test]
async fn keys_that_do_not_fit_are_refused_by_name_and_change_nothing() {
    let shop = Shop::open().await;
    let good = keys(&shop.gateway);
    let own = shop.test.owner_get("/accounts").await["items"][0]["keys"]["application_public_key"].clone();
    let with = |name: &str, value: Value| {
        let mut keys = good.clone();
        keys[name] = value;
        keys
    };
    for (keys, field) in [
        (with("app_id", json!("12")), "app_id"),
        (with("alipay_public_key", own), "alipay_public_key.application_key"),
        (with("private_key", json!("nonsense")), "private_key.not_a_key"),
        (with("private_key", good["alipay_public_key"].clone()), "private_key.public_key_pasted"),
        (with("alipay_public_key", json!("")), "alipay_public_key.key_empty"),
        (with("seller_id", json!("1234")), "seller_id"),
        (with("gateway", json!("ftp://x")), "gateway"),
    ] {
        let problem = shop.put_keys(keys).await.problem(422, "keys_do_not_fit");
        assert_eq!(problem["field"], field);
    }
    shop.put_keys(with("app_id", json!("2021000000000000"))).await.problem(409, "other_application");
    assert_eq!(shop.put_keys(good).await.is(200).json()["app_id"], shop.gateway.ready.app_id);
    shop.bought().await;
    let personal = shop.test.account("wechat").await;
    let path = format!("/accounts/{personal}/keys");
    let put = shop.test.owner(Method::PUT, &path).json(&keys(&shop.gateway));
    put.ask().await.problem(409, "not_official");
    let body = json!({ "name": "x", "channel": "alipay_official" });
    assert_eq!(shop.test.owner_post("/accounts", body).await.problem(422, "invalid")["field"], "keys");
    let body = json!({ "name": "x", "channel": "wechat", "keys": keys(&shop.gateway) });
    assert_eq!(shop.test.owner_post("/accounts", body).await.problem(422, "invalid")["field"], "keys");
}

#[tokio::test]
async fn a_check_says_what_is_wrong() {
    let shop = Shop::open().await;
    let path = format!("/accounts/{}/check", shop.account);
    let check = async || shop.test.owner_post(&path, json!({})).await.is(200).json();
    let good = check().await;
    assert_eq!((&good["works"], &good["findings"][0]["code"]), (&json!(true), &json!("works")));
    shop.gateway.rotate().await.expect("other keys");
    let bad = check().await;
    assert_eq!((&bad["works"], &bad["findings"][0]["code"]), (&json!(false), &json!("alipay_key_wrong")));
    shop.test.pass(3600);
    let codes: Vec<String> =
        check().await["findings"].as_array().unwrap().iter().map(|finding| text(&finding["code"])).collect();
    assert!(codes.contains(&"clock_off".to_owned()), "{codes:?}");
}

#[tokio::test]
async fn an_application_has_one_account() {
    let shop = Shop::open().await;
    let before = shop.test.owner_get("/accounts").await;
    let again = json!({ "name": "again", "channel": "alipay_official", "keys": keys(&shop.gateway) });
    shop.test.owner_post("/accounts", again).await.problem(409, "application_taken");
    assert_eq!(shop.test.owner_get("/accounts").await, before, "nothing was stored");
}
