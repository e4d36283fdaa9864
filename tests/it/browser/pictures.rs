//! Pictures of what a reader sees, for `docs/images` and to look at. Not a test: run it by its name with `--ignored`.
//!
//! Each state becomes one sheet for each language: phone and desk, by day and by night. The sheets are small WebP files
//! in `docs/images/states/`; the same as PNG, for tools that read nothing else, lies in `target/tmp/pictures`.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::GLANCE;
use super::blog::Blog;
use super::chrome::{Chrome, Profile};
use super::demo::{Demo, SALE};
use super::people::Reader;

/// Width, and whether it is a phone.
const SCREENS: [(u32, bool); 2] = [(390, true), (760, false)];
/// How much of the screen is taken: with a dialog, and of a page.
const TALL: u32 = 720;
const LOW: u32 = 440;
const SCHEMES: [&str; 2] = ["light", "dark"];
const LANGUAGES: [(&str, &str); 2] = [("zh", "zh-CN"), ("en", "en")];
/// Good enough to read every word, small enough to keep a hundred of them.
const QUALITY: u32 = 30;
/// For the few that stand in the README.
const QUALITY_FINE: u32 = 80;

fn images() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images")
}

/// Puts four pictures of one state on a sheet.
struct Sheets {
    chrome: Chrome,
    language: &'static str,
}

impl Sheets {
    async fn of(language: &'static str) -> Sheets {
        Sheets { chrome: Chrome::start().await, language }
    }

    async fn keep(&self, what: &str, height: u32, shots: &[String]) {
        let pictures: String =
            shots.iter().map(|shot| format!("<img src=\"data:image/png;base64,{shot}\">")).collect();
        let page = format!(
            "<!doctype html><style>body {{ margin: 0; display: grid; grid-template-columns: {}px {}px; gap: 8px; background: #888 }}</style>{pictures}",
            SCREENS[0].0, SCREENS[1].0
        );
        self.chrome.goto("about:blank").await;
        self.chrome
            .client
            .execute("document.write(arguments[0]); document.close()", vec![json!(page)])
            .await
            .unwrap();
        self.chrome.wait("the pictures", "[...document.images].every(image => image.complete)").await;
        self.chrome.screen(SCREENS[0].0 + SCREENS[1].0 + 8, height * 2 + 8, false, 1).await;
        let name = format!("{}-{what}", self.language);
        let (small, plain) =
            (images().join("states"), Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures"));
        for folder in [&small, &plain] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(small.join(format!("{name}.webp")), self.chrome.shot("webp", QUALITY).await).unwrap();
        std::fs::write(plain.join(format!("{name}.png")), self.chrome.shot("png", 100).await).unwrap();
    }
}

impl Chrome {
    async fn screen(&self, width: u32, height: u32, phone: bool, scale: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    async fn shot(&self, format: &str, quality: u32) -> Vec<u8> {
        STANDARD.decode(self.shot_text(format, quality).await).unwrap()
    }

    async fn shot_text(&self, format: &str, quality: u32) -> String {
        let wish = if format == "png" {
            json!({ "format": format })
        } else {
            json!({ "format": format, "quality": quality })
        };
        self.devtools("Page.captureScreenshot", wish).await["data"].as_str().unwrap().to_owned()
    }

    async fn dress(&self, scheme: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        // What a reader's system would use; the bare machine of a test has none that is made for screens.
        self.run(
            "for (const name of ['--sans', '--matcha-font']) document.documentElement.style.setProperty(name, '\"Noto Sans CJK SC\", sans-serif')",
        )
        .await;
    }

    /// Takes the same thing on a phone and on a desk, by day and by night.
    async fn takes(&self, sheets: &Sheets, what: &str) {
        self.takes_high(sheets, "h1", TALL, what).await;
    }

    /// The same, with that element in the middle.
    async fn takes_at(&self, sheets: &Sheets, css: &str, what: &str) {
        self.takes_high(sheets, css, LOW, what).await;
    }

    async fn takes_high(&self, sheets: &Sheets, css: &str, height: u32, what: &str) {
        let mut shots = Vec::new();
        for scheme in SCHEMES {
            for (width, phone) in SCREENS {
                self.screen(width, height, phone, 1).await;
                self.dress(scheme).await;
                self.run(&format!("document.querySelector('{css}').scrollIntoView({{ block: 'center' }})"))
                    .await;
                tokio::time::sleep(GLANCE).await; // a page without scripts cannot say when it is drawn
                shots.push(self.shot_text("png", 100).await);
            }
        }
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
        sheets.keep(what, height, &shots).await;
    }

    /// Takes one for the README, fine.
    async fn takes_one(&self, name: &str, width: u32, height: u32, phone: bool, scheme: &str) {
        self.screen(width, height, phone, 2).await;
        self.dress(scheme).await;
        tokio::time::sleep(GLANCE).await;
        std::fs::write(images().join(name), self.shot("webp", QUALITY_FINE).await).unwrap();
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }
}

impl Reader {
    async fn speaks(&self, language: &str) {
        self.run(&format!("document.querySelector('matcha-lock').lang = '{language}'")).await;
        self.wait_for_lock().await;
    }

    /// Clicks the first thing that stands there within the lock.
    async fn taps(&self, css: &str) {
        let node = format!("document.querySelector('matcha-lock').shadowRoot.querySelector('{css}')");
        self.wait(css, &node).await;
        self.run(&format!("{node}.click()")).await;
    }

    async fn puts_away(&self) {
        self.run("document.querySelector('matcha-lock').close()").await;
    }

    async fn writes(&self, css: &str, text: &str) {
        let field = self.until(css, async || self.within(css).await.ok()).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }
}

async fn offers(demo: &Demo, language: &str) {
    let zh = language == "zh";
    for (slug, title, price, kind, validity) in [
        ("essays", if zh { "合集《水与火》" } else { "All essays" }, "5.00", "bundle", Value::Null),
        ("member", if zh { "会员" } else { "Membership" }, "10.00", "membership", json!(30_i64 * 86_400_000)),
    ] {
        let opens = if kind == "bundle" { json!(["eighty-degrees"]) } else { json!([]) };
        let product = json!({
            "site": "tea", "slug": slug, "title": title, "price": price, "lock": "reveal", "kind": kind, "opens": opens,
            "validity_ms": validity,
        });
        demo.owner("POST", "products", product).await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_the_sale() {
    for (name, language) in LANGUAGES {
        let demo = Demo::with_windows(120_000, 180_000).await;
        let sheets = Sheets::of(name).await;
        for other in 1..=2 {
            demo.order_from(&format!("198.51.100.{other}")).await;
        }
        demo.owner("POST", "coupons", json!({ "site": "tea", "code": "SPRING", "amount": "0.05" })).await;
        let reader = Reader::of_the_blog(&demo).await;
        reader.speaks(language).await;
        reader.takes_at(&sheets, "matcha-lock", "lock").await;
        reader.taps("[part=button]").await;
        reader.sees("choice").await;
        reader.takes(&sheets, "choice").await;
        reader.taps(".view .bare").await;
        reader.sees("coupon").await;
        reader.takes(&sheets, "coupon").await;
        reader.puts_away().await;
        offers(&demo, name).await;
        reader.client.refresh().await.unwrap();
        reader.speaks(language).await;
        reader.taps("[part=button]").await;
        reader.sees("choice").await;
        reader.takes(&sheets, "choice-offers").await;
        reader.taps(".view .go").await;
        reader.sees("order").await;
        reader
            .wait(
                "the code",
                "document.querySelector('matcha-lock').shadowRoot.querySelector('img').naturalWidth",
            )
            .await;
        reader.takes(&sheets, "order").await;
        let (dialog, phone) = (format!("pay-dialog{}", if name == "zh" { "" } else { "-en" }), name == "zh");
        reader.takes_one(&format!("{dialog}.webp"), 1280, 800, false, "light").await;
        if phone {
            reader.takes_one("pay-dialog-dark.webp", 1280, 800, false, "dark").await;
            reader.takes_one("pay-dialog-phone.webp", 390, 844, true, "light").await;
            reader.takes_one("pay-dialog-phone-dark.webp", 390, 844, true, "dark").await;
        }
        assert_eq!(demo.receive("0.98").await, "settled");
        reader.article_opens().await;
        reader
            .wait(
                "the keepsake",
                "document.querySelector('matcha-lock').shadowRoot.querySelector('[part=card] .row')",
            )
            .await;
        reader.takes_at(&sheets, "matcha-lock", "unlocked").await;
        if phone {
            reader.takes_one("unlocked.webp", 1280, 800, false, "light").await;
        }
        reader.taps("[part=card] .row button:last-child").await;
        reader.takes_at(&sheets, "matcha-lock", "unlocked-picture").await;
        reader.run("[...document.querySelector('matcha-lock').shadowRoot.querySelectorAll('[part=card] button')].at(-1).click()").await;
        reader.takes_at(&sheets, "matcha-lock", "kept").await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_the_wallets() {
    const WECHAT: &str = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.49";
    const PHONE: &str =
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36";
    for (name, language) in LANGUAGES {
        let demo = Demo::start().await;
        let sheets = Sheets::of(name).await;
        let blog = format!("{}/demo/blog", demo.url);
        let reader = Reader::with_agent(&blog, WECHAT, true).await;
        reader.speaks(language).await;
        reader.taps("[part=button]").await;
        reader.sees("order").await;
        reader.takes(&sheets, "order-in-wechat").await;
        reader.taps(".view .row:last-of-type button").await;
        let outside = "document.querySelector('matcha-lock').shadowRoot.querySelector('.view > .go')";
        reader.wait("the way out", outside).await;
        reader.takes(&sheets, "order-in-wechat-alipay").await;
        let reader = Reader::with_agent(&blog, PHONE, true).await;
        reader.speaks(language).await;
        reader.taps("[part=button]").await;
        reader.sees("choice").await;
        reader.taps(".view .go + .go").await;
        reader
            .wait(
                "the app's button",
                "document.querySelector('matcha-lock').shadowRoot.querySelector('[part=app]')",
            )
            .await;
        reader.takes(&sheets, "order-on-phone-alipay").await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_what_can_go_wrong() {
    for (name, language) in LANGUAGES {
        let mut demo = Demo::with_windows(2_000, 60_000).await;
        let sheets = Sheets::of(name).await;
        demo.owner("PATCH", "sites/tea", json!({ "seats_max": 1 })).await;
        let order = demo.order_from("203.0.113.9").await;
        assert_eq!(demo.receive(order["amount"].as_str().unwrap()).await, "settled");
        let code = demo.order(&order).await["unlock"]["code"].as_str().unwrap().to_owned();
        let reader = Reader::of_the_blog(&demo).await;
        reader.speaks(language).await;
        reader.taps("[part=card] .bare").await;
        reader.sees("restore").await;
        reader.takes(&sheets, "restore").await;
        reader.writes("input", "ABCDE").await;
        reader.taps("form .go").await;
        reader
            .wait(
                "the refusal",
                "document.querySelector('matcha-lock').shadowRoot.querySelector('[role=alert]')?.textContent",
            )
            .await;
        reader.takes(&sheets, "restore-refused").await;
        reader.taps(".view > .bare").await;
        reader.sees("claim").await;
        reader.takes(&sheets, "claim").await;
        reader.puts_away().await;
        reader.taps("[part=button]").await;
        reader.sees("choice").await;
        reader.taps(".view .go").await;
        reader.sees("expired").await;
        reader.takes(&sheets, "expired").await;
        for other in 1..=9 {
            demo.order_from(&format!("198.51.100.{other}")).await;
        }
        reader.taps(".view .go").await;
        reader.sees("no_free_amount").await;
        reader.takes(&sheets, "full").await;
        reader.run(&format!("document.querySelector('matcha-lock').restore('{code}')")).await;
        reader.sees("too_many_seats").await;
        reader.takes(&sheets, "seats").await;
        reader.puts_away().await;
        reader.taps("[part=card] .bare").await;
        reader.sees("restore").await;
        reader.taps(".view > .bare").await;
        reader.sees("claim").await;
        reader.writes("[name=digits]", "123456").await;
        reader.taps("form .go").await;
        reader.sees("claimed").await;
        reader.takes(&sheets, "claimed").await;
        let item =
            demo.owner("GET", "inbox", Value::Null).await["items"][0]["id"].as_str().unwrap().to_owned();
        let answer = if name == "zh" { "账单里没有这一笔" } else { "There is no such payment" };
        demo.owner("POST", &format!("inbox/{item}/dismiss"), json!({ "reason": answer })).await;
        reader.client.refresh().await.unwrap();
        reader.speaks(language).await;
        reader
            .wait(
                "the answer",
                "document.querySelector('matcha-lock').shadowRoot.querySelector('[part=card] .must')",
            )
            .await;
        reader.takes_at(&sheets, "matcha-lock", "claim-refused").await;
        demo.kill();
        reader.run("const lock = document.querySelector('matcha-lock'); lock.refresh(); lock.open()").await;
        reader.sees("failed").await;
        reader.takes(&sheets, "offline").await;
        reader.puts_away().await;
        reader.takes_at(&sheets, "matcha-lock", "offline-lock").await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_sealed_text_that_cannot_be_opened() {
    for (name, language) in LANGUAGES {
        let demo = Demo::start().await;
        let sheets = Sheets::of(name).await;
        demo.sells("steep", "泡法", "sealed").await;
        let body =
            format!("{}{}", demo.script(), demo.lock("steep", &format!("lang={language} sealed=ms2.1.AAAA")));
        let reader = Reader::visits(&Blog::page(&body).open(&demo).await).await;
        reader
            .wait(
                "the refusal",
                "document.querySelector('matcha-lock')?.shadowRoot?.querySelector('slot:not([hidden])')",
            )
            .await;
        reader.takes_at(&sheets, "matcha-lock", "sealed-refused").await;
        reader.taps("[part=button]").await;
        reader.sees("cannot_open").await;
        reader.takes(&sheets, "sealed-refused-dialog").await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_the_pages() {
    for (name, language) in LANGUAGES {
        let demo = Demo::with_windows(20_000, 60_000).await;
        let sheets = Sheets::of(name).await;
        let chrome = Chrome::with(Profile { language, scripts: false }).await;
        let url = |path: &str| format!("{}{path}", demo.url);
        chrome.goto(&url("/a/tea/nothing-here")).await;
        chrome.takes(&sheets, "message").await;
        chrome.goto(&url(SALE)).await;
        chrome.takes(&sheets, "sale").await;
        chrome.click("button[value=wechat]").await;
        chrome.text(".amount").await;
        chrome.takes(&sheets, "sale-order").await;
        chrome
            .until("the end of the window", async || {
                let heading = chrome.client.find(fantoccini::Locator::Css(".panel h2")).await.ok()?;
                let heading = heading.text().await.ok()?;
                (heading.contains("过期") || heading.contains("expired")).then_some(())
            })
            .await;
        chrome.takes(&sheets, "sale-expired").await;
        assert_eq!(demo.receive("1.00").await, "late");
        let frame = "document.querySelector('iframe').contentDocument";
        chrome.wait("the frame to offer the article", &format!("{frame}.querySelector('a.go')")).await;
        chrome.takes(&sheets, "sale-settled").await;
        chrome.follows_the_frame().await;
        chrome.text(".receipt code").await;
        chrome.takes_at(&sheets, "h1", "sale-paid").await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_the_phone() {
    let demo = Demo::with_windows(120_000, 180_000).await;
    let chrome = Chrome::start().await;
    chrome.goto(&format!("{}/demo/phone", demo.url)).await;
    for other in 1..=3 {
        demo.order_from(&format!("198.51.100.{other}")).await;
    }
    assert_eq!(demo.receive("0.99").await, "settled");
    assert_eq!(demo.receive("5.00").await, "inbox");
    chrome.wait("the notices", "document.querySelectorAll('.note').length === 2").await;
    chrome.takes_one("demo-phone.webp", 1280, 800, false, "light").await;
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_the_gateway() {
    for (name, language) in LANGUAGES {
        let demo = Demo::with(&["--alipay"]).await;
        let sheets = Sheets::of(name).await;
        demo.owner("PATCH", "sites/tea", json!({ "page_pay": true })).await;
        let blog = format!("{}/demo/blog", demo.url);
        let desk = Reader::of(&blog).await;
        let phone = Reader::with_agent(&blog, super::wallets::PHONE, true).await;
        for (reader, at) in [(&desk, "desk"), (&phone, "phone")] {
            reader.speaks(language).await;
            reader.taps("[part=button]").await;
            reader.sees("choice").await;
            reader.takes(&sheets, &format!("gateway-choice-{at}")).await;
            reader.taps("input[value=friends]").await;
            reader.taps(".view .go + .go").await;
            let link = "document.querySelector('matcha-lock').shadowRoot.querySelector('[part=app]')";
            reader.wait("the way to the gateway's page", link).await;
            reader.takes(&sheets, &format!("gateway-order-{at}")).await;
        }
        desk.taps(".view > .other").await;
        desk.wait("the gateway's page", "location.pathname.startsWith('/cashier/')").await;
        desk.click("button").await;
        desk.article_opens().await;
        desk.run(&format!("document.querySelector('matcha-lock').lang = '{language}'")).await;
        let standing =
            "document.querySelector('matcha-lock').shadowRoot.querySelector('[part=card] div .bare')";
        desk.wait("the renewal", standing).await;
        desk.takes_at(&sheets, "matcha-lock", "gateway-renews").await;

        let plain = Chrome::with(Profile { language, scripts: false }).await;
        plain.goto(&format!("{}/a/tea/friends", demo.url)).await;
        plain.click("button[value=alipay_official]").await;
        plain.text(".amount").await;
        plain.takes(&sheets, "gateway-sale-order").await;
        plain.click("button[value=renew]").await;
        plain.text(".message a").await;
        plain.takes(&sheets, "gateway-sale-sign").await;
        plain.click(".message a.button").await;
        plain.wait("the gateway's page", "location.pathname.startsWith('/cashier/')").await;
        plain.click("button").await;
        plain.text(".receipt code").await;
        plain.takes(&sheets, "gateway-sale-paid").await;
    }
}
