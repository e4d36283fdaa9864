//! A furnished shop: two wallets with open codes, two sites, three articles, one phone.
//!
//! Half of it is set up at the command line beside the running server, half through the owner API.

use std::path::Path;

use matcha::qr;
use reqwest::Method;
use serde_json::{Value, json};

use super::http::{Http, Phone, answer, good, word};
use super::run;

/// What clients of the shop need to know.
pub(crate) struct Shop {
    pub(crate) key: String,
    pub(crate) phone: Phone,
}

/// (site, article): `quick` has windows of one second, so that amounts are reused all the time; `slow` has the default
/// ones. Their bands overlap on the same accounts.
pub(crate) const ARTICLES: [(&str, &str); 3] = [("quick", "oolong"), ("quick", "sencha"), ("slow", "puer")];
/// What an article says once it is paid.
pub(crate) const TEXT: &str = "<p>八十度的水</p>";

/// Furnishes the shop of the server that runs on `data`.
pub(crate) async fn furnish(data: &Path, http: &Http) -> Shop {
    let key = run(data, &["key", "create", "--owner"]).trim().to_owned();
    let wechat = run(data, &["account", "add", "wechat", "--name", "微信"]).trim().to_owned();
    let own = |path: &str, body: Value| {
        let (http, key, path) = (http.clone(), key.clone(), path.to_owned());
        async move { good(http.send(Method::POST, &path, &key, &body).await) }
    };
    let alipay = own("/api/v1/owner/accounts", json!({ "name": "支付宝", "channel": "alipay" })).await;
    let payloads =
        [(wechat, "wxp://f2f0MATCHATESTOPEN"), (word(&alipay, "id"), "https://qr.alipay.com/fkxMATCHATEST")];
    for (account, payload) in payloads {
        add_open_code(http, &key, &account, payload).await;
    }
    for (slug, patch) in [
        ("quick", json!({ "pay_window_ms": 1000, "cool_down_ms": 1000, "max_discount": "100.00" })),
        ("slow", json!({ "max_discount": "20.00", "max_surcharge": "5.00" })),
    ] {
        own("/api/v1/owner/sites", json!({ "slug": slug, "name": slug })).await;
        good(http.send(Method::PATCH, &format!("/api/v1/owner/sites/{slug}"), &key, &patch).await);
    }
    for ((site, slug), price) in ARTICLES.into_iter().zip(["101.00", "100.50", "102.00"]) {
        let lock = json!({ "site": site, "slug": slug, "title": slug, "price": price, "lock": "hosted", "html": TEXT });
        own("/api/v1/owner/products", lock).await;
    }
    let pairing = own("/api/v1/owner/devices/pairing", json!({})).await;
    let introduction =
        json!({ "pairing_code": word(&pairing, "pairing_code"), "name": "phone", "model": "test" });
    let paired = good(http.send(Method::POST, "/api/v1/bridge/pair", "", &introduction).await);
    Shop { key, phone: Phone { device: word(&paired, "device_id"), secret: word(&paired, "secret") } }
}

/// Uploads an open code, as a form of one file.
async fn add_open_code(http: &Http, key: &str, account: &str, payload: &str) {
    let png = qr::draw(payload).expect("a code can be drawn");
    let mut form =
        b"--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"open.png\"\r\n\r\n".to_vec();
    form.extend_from_slice(&png);
    form.extend_from_slice(b"\r\n--edge--\r\n");
    let request = http
        .request(Method::POST, &format!("/api/v1/owner/accounts/{account}/codes"))
        .bearer_auth(key)
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(form);
    let code = good(answer(request).await);
    assert_eq!(word(&code, "kind"), "open");
}
