//! `matcha demo` as a process of its own: started, asked, killed, started again.

use std::cell::OnceCell;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use matcha::seal::format::SiteSecret;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PATIENCE, http, lines_of};
use crate::binary::run;

/// Where the demo's article is sold.
pub(super) const SALE: &str = "/a/tea/eighty-degrees";

/// A running demo and its data, which outlives the process.
pub(super) struct Demo {
    pub(super) url: String,
    /// The page of the simulated wallet, where the demo was started with one.
    pub(super) wallet: Option<String>,
    process: Child,
    options: Vec<String>,
    data: TempDir,
    http: reqwest::Client,
    key: OnceCell<String>,
}

impl Demo {
    /// A demo with the windows a reader would see.
    pub(super) async fn start() -> Demo {
        Demo::with(&[]).await
    }

    /// A demo with windows of `pay_ms` and rests of `rest_ms`.
    pub(super) async fn with_windows(pay_ms: u32, rest_ms: u32) -> Demo {
        Demo::with(&["--pay-window-ms", &pay_ms.to_string(), "--cool-down-ms", &rest_ms.to_string()]).await
    }

    pub(super) async fn with(options: &[&str]) -> Demo {
        let options: Vec<String> = options.iter().map(|&o| o.to_owned()).collect();
        let data = tempfile::tempdir().expect("a folder for the demo");
        let http = http();
        let (process, said) = launch("127.0.0.1:0", &options, &data).await;
        Demo { url: said.url, wallet: said.wallet, process, options, data, http, key: OnceCell::new() }
    }

    /// Ends the process without a chance to tidy up, as a power cut would.
    pub(super) fn kill(&mut self) {
        self.process.kill().expect("the demo was alive");
        self.process.wait().expect("the demo is gone");
    }

    /// Starts on the same data and at the same address.
    pub(super) async fn start_again(&mut self) {
        let address = self.url.strip_prefix("http://").unwrap();
        let (process, said) = launch(address, &self.options, &self.data).await;
        assert_eq!(said.url, self.url);
        self.wallet = said.wallet;
        self.process = process;
    }

    /// Orders the article in WeChat, as a reader at that address would.
    pub(super) async fn order_from(&self, address: &str) -> Value {
        let request =
            self.http.post(format!("{}/api/v1/orders", self.url)).header("x-forwarded-for", address);
        let wish = json!({ "site": "tea", "product": "eighty-degrees", "channel": "wechat" });
        answer(request.json(&wish)).await
    }

    /// An order as it is now, for who has its token.
    pub(super) async fn order(&self, order: &Value) -> Value {
        let url = format!("{}/api/v1/orders/{}", self.url, order["id"].as_str().unwrap());
        answer(self.http.get(url).bearer_auth(order["token"].as_str().unwrap())).await
    }

    /// The owner lets a blog at that origin sell.
    pub(super) async fn allow(&self, origin: &str) {
        self.owner("PATCH", "sites/tea", json!({ "origins": [origin] })).await;
    }

    /// The owner asks something of his API.
    pub(super) async fn owner(&self, method: &str, path: &str, body: Value) -> Value {
        let key = self.key.get_or_init(|| self.owner_key());
        let url = format!("{}/api/v1/owner/{path}", self.url);
        let request = self.http.request(method.parse().expect("a method"), url).bearer_auth(key);
        answer(if body.is_null() { request } else { request.json(&body) }).await
    }

    /// The owner adds an article of ¥1.00 with that lock.
    pub(super) async fn sells(&self, slug: &str, title: &str, lock: &str) {
        let mut product =
            json!({ "site": "tea", "slug": slug, "title": title, "price": "1.00", "lock": lock });
        if lock == "hosted" {
            product["html"] = json!(format!("<p>{title}的正文</p>"));
        }
        self.owner("POST", "products", product).await;
    }

    /// The key of a product in its first version, as `matcha seal` derives it.
    pub(super) async fn sealing_key(&self, product: &str) -> [u8; 32] {
        let secret = self.owner("GET", "sites/tea/sealing-secret", Value::Null).await;
        let secret: SiteSecret = secret["secret"].as_str().unwrap().parse().expect("a sealing secret");
        secret.product_key("tea", product, 1)
    }

    /// A new key of the owner.
    pub(super) fn owner_key(&self) -> String {
        let said = self.matcha(&["key", "create", "--owner"]);
        said.split_whitespace().find(|word| word.starts_with("ok_")).expect("a key").to_owned()
    }

    /// The folder with its data.
    pub(super) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Runs a command of the owner beside the server.
    pub(super) fn matcha(&self, args: &[&str]) -> String {
        run(self.data(), args)
    }

    /// What the demo's phone knows: open orders and recent notices.
    pub(super) async fn state(&self) -> Value {
        answer(self.http.get(format!("{}/demo/phone/state", self.url))).await
    }

    /// The phone receives that many yuan by WeChat, and says what became of the notice.
    pub(super) async fn receive(&self, yuan: &str) -> String {
        let notice = json!({
            "package": "com.tencent.mm", "title": "微信支付", "notification_id": -656_511_598,
            "text": format!("微信支付收款{yuan}元(朋友到店)"),
        });
        self.sees(notice).await
    }

    /// The phone sees a notification, and says what became of it.
    pub(super) async fn sees(&self, notice: Value) -> String {
        let request = self.http.post(format!("{}/demo/phone/notices", self.url));
        answer(request.json(&notice)).await["outcome"].as_str().unwrap().to_owned()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.data.path().join("log")).unwrap_or_default();
            println!("---- the demo's log\n{log}");
        }
    }
}

/// What the demo prints of where it is.
struct Said {
    url: String,
    wallet: Option<String>,
}

/// Starts the binary and reads from what it prints where it is.
async fn launch(listen: &str, options: &[String], data: &TempDir) -> (Child, Said) {
    let log = std::fs::File::options().create(true).append(true).open(data.path().join("log")).unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_matcha"))
        .args(["demo", "--listen", listen, "--data"])
        .arg(data.path())
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("the binary starts");
    let mut lines = lines_of(&mut process);
    let said = async {
        let (mut url, mut wallet) = (None, None);
        while let Some(line) = lines.recv().await {
            let word = |suffix: &str| line.split_whitespace().find(|word| word.ends_with(suffix));
            url = word("/demo/blog")
                .and_then(|word| word.strip_suffix("/demo/blog"))
                .map(str::to_owned)
                .or(url);
            wallet = word("/wallet").map(str::to_owned).or(wallet);
            // The last line.
            if let Some(url) = url.clone().filter(|_| line.contains("Ctrl-C")) {
                return Said { url, wallet };
            }
        }
        panic!("the demo ended: {}", std::fs::read_to_string(data.path().join("log")).unwrap_or_default());
    };
    let said = tokio::time::timeout(PATIENCE, said).await.expect("the demo says where it is");
    (process, said)
}

async fn answer(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.expect("the demo answers");
    let status = response.status();
    let body = response.text().await.expect("a whole answer");
    assert!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).expect("JSON")
}
