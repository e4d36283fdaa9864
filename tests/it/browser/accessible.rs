//! axe-core finds nothing in any state of the lock, by day and by night, in both languages.

use serde_json::{Value, json};

use super::blog::Blog;
use super::chrome::{Chrome, Profile};
use super::demo::Demo;
use super::people::Reader;
use super::wallets::WECHAT;

const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/static/embed/node_modules/axe-core/axe.min.js");

impl Reader {
    /// Looks at the page as it is, by day and by night.
    async fn finds_nothing(&self, state: &str) {
        self.finds_nothing_but(state, &[]).await;
    }

    /// Looks at the page as it is, but for rules that it breaks with a reason.
    async fn finds_nothing_but(&self, state: &str, rules: &[&str]) {
        let off: serde_json::Map<String, Value> =
            rules.iter().map(|rule| ((*rule).to_owned(), json!({ "enabled": false }))).collect();
        for scheme in ["light", "dark"] {
            let features = json!([
                { "name": "prefers-color-scheme", "value": scheme },
                { "name": "prefers-reduced-motion", "value": "reduce" },
            ]);
            self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
            let found = self.client.execute_async(
                "const done = arguments[arguments.length - 1]; axe.run({ rules: arguments[0] }).then(found => done(found.violations.map(rule => \
                 rule.id + ': ' + rule.nodes.map(node => node.html + ' ' + node.any.map(check => check.message)).join(' | '))))",
                vec![json!(off)],
            );
            let found = found.await.unwrap_or_else(|error| panic!("axe in {state}: {error}"));
            assert_eq!(found, json!([]), "in the state {state}, {scheme}");
        }
    }

    /// A reader with axe-core at hand.
    async fn with_axe(url: &str, language: &'static str) -> Reader {
        let axe = axe();
        let reader = Reader { chrome: Chrome::with(Profile { language, scripts: true }).await };
        reader.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": axe })).await;
        reader.goto(url).await;
        reader.wait_for_lock().await;
        reader
    }

    async fn closes(&self) {
        self.run("document.querySelector('matcha-lock').close()").await;
    }

    /// Clicks the button of the dialog, or of the card, that stands there.
    async fn nth(&self, css: &str, at: usize) {
        let nodes = format!("document.querySelector('matcha-lock').shadowRoot.querySelectorAll('{css}')");
        self.wait(css, &format!("{nodes}.length > {at}")).await;
        self.run(&format!("{nodes}[{at}].click()")).await;
    }
}

fn axe() -> String {
    std::fs::read_to_string(AXE)
        .unwrap_or_else(|error| panic!("{AXE}: {error}; run: cd static/embed && npm ci"))
}

/// A blog in that language, whose article is also in a bundle.
async fn blog(demo: &Demo, language: &str) -> String {
    let bundle = json!({
        "site": "tea", "slug": "all-tea", "title": "合集《茶事》", "price": "5.00", "lock": "reveal", "kind": "bundle",
        "opens": ["eighty-degrees"],
    });
    demo.owner("POST", "products", bundle).await;
    let lock = demo.lock("eighty-degrees", &format!("lang={language}"));
    Blog::page(&format!("{}{lock}", demo.script())).open(demo).await
}

#[tokio::test]
async fn axe_finds_nothing_from_the_card_to_the_open_article() {
    for language in ["zh-CN", "en"] {
        let demo = Demo::start().await;
        let blog = blog(&demo, language).await;
        let reader = Reader::with_axe(&blog, language).await;
        reader.finds_nothing("card").await;
        reader.choose("[part=button]").await;
        reader.sees("choice").await;
        reader.finds_nothing("choice").await;
        reader.nth(".view .bare", 0).await;
        reader.sees("coupon").await;
        reader.finds_nothing("coupon").await;
        reader.closes().await;
        reader.choose("[part=button]").await;
        reader.sees("choice").await;
        reader.nth(".view .go", 0).await;
        reader.sees("order").await;
        reader.finds_nothing("order").await;
        assert_eq!(demo.receive("1.00").await, "settled");
        reader.article_opens().await;
        reader
            .wait(
                "the keepsake",
                "document.querySelector('matcha-lock').shadowRoot.querySelector('[part=card] .row')",
            )
            .await;
        reader.nth("[part=card] .row button", 2).await;
        reader.finds_nothing("owned").await;
        let buttons =
            "document.querySelector('matcha-lock').shadowRoot.querySelectorAll('[part=card] button')";
        reader.run(&format!("[...{buttons}].at(-1).click()")).await;
        reader.finds_nothing("kept").await;
        reader.leaves(&[]).await;
    }
}

#[tokio::test]
async fn axe_finds_nothing_where_something_went_wrong() {
    for language in ["zh-CN", "en"] {
        let mut demo = Demo::with_windows(4_000, 60_000).await;
        demo.owner("PATCH", "sites/tea", json!({ "seats_max": 1 })).await;
        let blog = blog(&demo, language).await;
        let code = paid_code(&demo).await;
        let reader = Reader::with_axe(&blog, language).await;
        reader.choose("[part=card] .bare").await;
        reader.sees("restore").await;
        reader.finds_nothing("restore").await;
        let input = reader.within("input").await.unwrap();
        input.send_keys("00000").await.unwrap();
        reader.choose("form .go").await;
        reader
            .wait(
                "the refusal",
                "document.querySelector('matcha-lock').shadowRoot.querySelector('[role=alert]')?.textContent",
            )
            .await;
        reader.finds_nothing("restore refused").await;
        reader.nth(".view > .bare", 0).await;
        reader.sees("claim").await;
        reader.finds_nothing("claim").await;
        let digits = reader.within("[name=digits]").await.unwrap();
        digits.send_keys("123456").await.unwrap();
        reader.choose("form .go").await;
        reader.sees("claimed").await;
        reader.finds_nothing("claimed").await;
        reader.closes().await;
        reader.choose("[part=button]").await;
        reader.sees("choice").await;
        reader.nth(".view .go", 0).await;
        reader.sees("expired").await;
        reader.finds_nothing("expired").await;
        for other in 1..=9 {
            demo.order_from(&format!("198.51.100.{other}")).await;
        }
        reader.nth(".view .go", 0).await;
        reader.sees("no_free_amount").await;
        reader.finds_nothing("full").await;
        reader.closes().await;
        reader.run(&format!("document.querySelector('matcha-lock').restore('{code}')")).await;
        reader.sees("too_many_seats").await;
        reader.finds_nothing("seats").await;
        reader.closes().await;
        demo.kill();
        reader.run(&format!("document.querySelector('matcha-lock').restore('{code}')")).await;
        reader.sees("restore").await;
        reader.client.refresh().await.unwrap();
        reader.leaves(&["422", "409", "503", "net::ERR_"]).await;
    }
}

#[tokio::test]
async fn axe_finds_nothing_where_a_wallet_or_a_sealed_text_needs_a_word() {
    let demo = Demo::start().await;
    demo.sells("steep", "泡法", "sealed").await;
    let sealed = format!("{}{}", demo.script(), demo.lock("steep", "sealed=\"ms2.1.AAAA\""));
    let reader = Reader::with_axe(&Blog::page(&sealed).open(&demo).await, "zh-CN").await;
    reader.card_says("密文有误或版本不符").await;
    reader.finds_nothing("sealed text of another version").await;
    reader.choose("[part=button]").await;
    reader.sees("cannot_open").await;
    reader.finds_nothing("sealed text refused").await;
    reader.leaves(&[]).await;

    let inside = Reader::with_agent(&format!("{}/demo/blog", demo.url), WECHAT, true).await;
    inside.run(&axe()).await;
    inside.choose("[part=button]").await;
    inside.sees_code().await;
    inside.finds_nothing("inside WeChat").await;
    inside.choose_button("改用支付宝").await;
    inside.wait("the other wallet", "location.hash.startsWith('#matcha-order=')").await;
    inside.sees_code().await;
    inside.finds_nothing("Alipay inside WeChat").await;
    inside.leaves(&[]).await;
}

#[tokio::test]
async fn axe_finds_nothing_on_the_pay_page_and_its_forms() {
    let demo = Demo::start().await;
    let vip = json!({
        "site": "tea", "slug": "vip", "title": "会员", "price": "1.00", "lock": "hosted", "kind": "membership",
        "validity_ms": 86_400_000,
    });
    demo.owner("POST", "products", vip).await;
    let reader = Reader::visits(&format!("{}/a/tea/vip?renew=1", demo.url)).await;
    reader.run(&axe()).await;
    reader.finds_nothing("renewal").await;
    reader.click("button[name=channel]").await;
    reader.wait("the order", "document.querySelector('.panel img')?.naturalWidth > 0").await;
    reader.run(&axe()).await;
    // Without script only a refresh takes away a code that has run out. The reader can put it off ten times (WCAG 2.2.1).
    reader.finds_nothing_but("order by form", &["meta-refresh"]).await;
    reader.leaves(&[]).await;
}

/// Somebody else pays; his recovery code.
async fn paid_code(demo: &Demo) -> String {
    let other = demo.order_from("203.0.113.9").await;
    assert_eq!(demo.receive(other["amount"].as_str().unwrap()).await, "settled");
    let order: Value = demo.order(&other).await;
    order["unlock"]["code"].as_str().unwrap().to_owned()
}
