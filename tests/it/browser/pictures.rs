//! Pictures of what a reader sees, to look at and for the README. Not a test: run it by its name with `--ignored`, then
//! look into `target/tmp/pictures`.

use std::path::PathBuf;

use serde_json::json;

use super::chrome::{Chrome, Profile};
use super::demo::{Demo, SALE};
use super::people::Reader;

/// Name, width, height, and whether it is a phone.
const SCREENS: [(&str, u32, u32, bool); 2] = [("phone", 390, 844, true), ("desk", 1280, 800, false)];
const LANGUAGES: [(&str, &str); 2] = [("zh", "zh-CN"), ("en", "en")];

fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Chrome {
    /// Takes the same thing on a phone and on a desk, by day and by night.
    async fn takes(&self, what: &str) {
        self.takes_at("h1", what).await;
    }

    /// The same, with that element in the middle.
    async fn takes_at(&self, css: &str, what: &str) {
        for (screen, width, height, phone) in SCREENS {
            for scheme in ["light", "dark"] {
                self.dress(width, height, phone, scheme).await;
                self.run(&format!("document.querySelector('{css}').scrollIntoView({{ block: 'center' }})"))
                    .await;
                let png = self.client.screenshot().await.unwrap();
                std::fs::write(folder().join(format!("{what}-{screen}-{scheme}.png")), png).unwrap();
            }
        }
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    async fn dress(&self, width: u32, height: u32, phone: bool, scheme: &str) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": phone });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        // What a reader's system would use; the bare machine of a test has none that is made for screens.
        self.run("document.documentElement.style.setProperty('--sans', '\"Noto Sans CJK SC\", sans-serif')")
            .await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_the_dialog() {
    for (name, language) in LANGUAGES {
        let demo = Demo::with_windows(120_000, 180_000).await;
        for other in 1..=2 {
            demo.order_from(&format!("198.51.100.{other}")).await;
        }
        let reader = Reader::of_the_blog(&demo).await;
        reader.takes(&format!("{name}-blog")).await;
        reader.run(&format!("document.querySelector('matcha-lock').lang = '{language}'")).await;
        reader.wait_for_lock().await;
        reader.takes_at("matcha-lock", &format!("{name}-lock")).await;
        reader.choose("[part=button]").await;
        reader.sees("choice").await;
        reader.takes(&format!("{name}-choice")).await;
        reader.choose(".view .go").await;
        reader.sees("order").await;
        reader.takes(&format!("{name}-code")).await;
        assert_eq!(demo.receive("0.98").await, "settled");
        reader.article_opens().await;
        reader.takes_at("matcha-lock", &format!("{name}-unlocked")).await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_what_can_go_wrong() {
    for (name, language) in LANGUAGES {
        let demo = Demo::with_windows(2_000, 60_000).await;
        let reader = Reader::of_the_blog(&demo).await;
        reader.run(&format!("document.querySelector('matcha-lock').lang = '{language}'")).await;
        reader.wait_for_lock().await;
        reader.choose(".bare").await;
        reader.sees("restore").await;
        reader.takes(&format!("{name}-restore")).await;
        reader.run("document.querySelector('matcha-lock').close()").await;
        reader.choose("[part=button]").await;
        reader.sees("choice").await;
        reader.choose(".view .go").await;
        reader.sees("expired").await;
        reader.takes(&format!("{name}-expired")).await;
        for other in 1..=10 {
            demo.order_from(&format!("198.51.100.{other}")).await;
        }
        reader.choose(".view .go").await;
        reader.sees("full").await;
        reader.takes(&format!("{name}-full")).await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_the_pages() {
    for (name, language) in LANGUAGES {
        let demo = Demo::with_windows(20_000, 60_000).await;
        let chrome = Chrome::with(Profile { language, scripts: false }).await;
        let url = |path: &str| format!("{}{path}", demo.url);
        chrome.goto(&url("/a/tea/nothing-here")).await;
        chrome.takes(&format!("{name}-message")).await;
        chrome.goto(&url(SALE)).await;
        chrome.takes(&format!("{name}-sale")).await;
        chrome.click("button[value=wechat]").await;
        chrome.text(".amount").await;
        chrome.takes(&format!("{name}-sale-order")).await;
        chrome
            .until("the end of the window", async || {
                let heading = chrome.client.find(fantoccini::Locator::Css(".panel h2")).await.ok()?;
                let heading = heading.text().await.ok()?;
                (heading.contains("过期") || heading.contains("expired")).then_some(())
            })
            .await;
        chrome.takes(&format!("{name}-sale-expired")).await;
        assert_eq!(demo.receive("1.00").await, "late");
        let frame = "document.querySelector('iframe').contentDocument";
        chrome.wait("the frame to offer the article", &format!("{frame}.querySelector('a.go')")).await;
        chrome.takes(&format!("{name}-sale-settled")).await;
        chrome.follows_the_frame().await;
        chrome.text(".receipt code").await;
        chrome.takes(&format!("{name}-sale-paid")).await;
    }
}

#[tokio::test]
#[ignore = "makes pictures to look at"]
async fn pictures_of_the_phone() {
    let demo = Demo::with_windows(120_000, 180_000).await;
    let chrome = Chrome::start().await;
    chrome.goto(&format!("{}/demo/phone", demo.url)).await;
    chrome.takes("zh-phone-empty").await;
    for other in 1..=3 {
        demo.order_from(&format!("198.51.100.{other}")).await;
    }
    assert_eq!(demo.receive("0.99").await, "settled");
    assert_eq!(demo.receive("5.00").await, "inbox");
    chrome.wait("the notices", "document.querySelectorAll('.note').length === 2").await;
    chrome.takes("zh-phone").await;
}
