//! Who sits in front of the browser: a reader on the blog, and the owner whose phone hears the money.

use std::ops::Deref;

use fantoccini::Locator;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::WindowHandle;
use serde_json::json;

use super::chrome::{Chrome, Profile};
use super::demo::Demo;

/// A reader of the blog, in a browser of his own.
pub(super) struct Reader {
    pub(super) chrome: Chrome,
}

impl Deref for Reader {
    type Target = Chrome;

    fn deref(&self) -> &Chrome {
        &self.chrome
    }
}

impl Reader {
    /// Opens the demo's blog in a fresh profile and waits for the lock.
    pub(super) async fn of_the_blog(demo: &Demo) -> Reader {
        Reader::of(&format!("{}/demo/blog", demo.url)).await
    }

    /// Opens a blog in a fresh profile and waits for the lock.
    pub(super) async fn of(url: &str) -> Reader {
        let reader = Reader::visits(url).await;
        reader.wait_for_lock().await;
        // Gone if the page is ever loaded again.
        reader.run("window.stillHere = true").await;
        reader
    }

    /// Opens a blog in a fresh profile that says it is that browser, and waits for the lock.
    pub(super) async fn with_agent(url: &str, agent: &str, phone: bool) -> Reader {
        let reader = Reader { chrome: Chrome::with(Profile::default()).await };
        reader.devtools("Emulation.setUserAgentOverride", json!({ "userAgent": agent })).await;
        if phone {
            let metrics = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
            reader.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        }
        reader.goto(url).await;
        reader.wait_for_lock().await;
        reader
    }

    /// Opens a page in a fresh profile.
    pub(super) async fn visits(url: &str) -> Reader {
        let reader = Reader { chrome: Chrome::with(Profile::default()).await };
        reader.goto(url).await;
        reader
    }

    pub(super) async fn wait_for_lock(&self) {
        self.wait(
            "the lock",
            "document.querySelector('matcha-lock').shadowRoot.querySelector('[part=title]').textContent",
        )
        .await;
    }

    /// An element within the lock.
    pub(super) async fn within(&self, css: &str) -> Result<Element, CmdError> {
        let lock = self.client.find(Locator::Css("matcha-lock")).await?;
        lock.shadow_root().await?.find(Locator::Css(css)).await
    }

    /// Clicks an element within the lock.
    pub(super) async fn choose(&self, css: &str) {
        self.press(css, async || self.within(css).await).await;
    }

    /// Clicks the button within the lock that says this.
    pub(super) async fn choose_button(&self, label: &str) {
        self.press(label, async || {
            let lock = self.client.find(Locator::Css("matcha-lock")).await?;
            for button in lock.shadow_root().await?.find_all(Locator::Css("button")).await? {
                if button.text().await?.contains(label) {
                    return Ok(button);
                }
            }
            self.within("button[none-says-this]").await
        })
        .await;
    }

    /// Waits until the card says this.
    pub(super) async fn card_says(&self, words: &str) {
        let card = "document.querySelector('matcha-lock').shadowRoot.querySelector('[part=card]')";
        self.wait(&format!("the card to say {words}"), &format!("{card}?.innerText.includes('{words}')"))
            .await;
    }

    /// Waits until that much of a bought text stands on the page.
    pub(super) async fn reads_on(&self, words: &str) {
        let text = "document.querySelector('.matcha-content')";
        self.wait(words, &format!("{text}?.innerText.includes('{words}')")).await;
    }

    /// Waits until the dialog shows a view.
    pub(super) async fn sees(&self, view: &str) {
        let open = "document.querySelector('matcha-lock').shadowRoot.querySelector('dialog[open]')";
        self.wait(&format!("the dialog's view {view}"), &format!("{open}?.dataset.view === '{view}'")).await;
    }

    /// Text within the lock, once there is any.
    pub(super) async fn reads(&self, css: &str) -> String {
        self.until(css, async || {
            let text = self.within(css).await.ok()?.text().await.ok()?;
            (!text.is_empty()).then_some(text)
        })
        .await
    }

    /// Opens the dialog, which asks for the wallet.
    pub(super) async fn wants_to_read(&self) {
        self.choose("[part=button]").await;
        self.sees("choice").await;
    }

    /// Orders in that wallet (微信, 支付宝) and looks at the code: the amount in yuan.
    pub(super) async fn orders(&self, wallet: &str) -> String {
        self.wants_to_read().await;
        self.choose_button(wallet).await;
        self.sees_code().await
    }

    /// Waits for the code as a picture that is really there, and reads the exact amount to pay.
    pub(super) async fn sees_code(&self) -> String {
        self.sees("order").await;
        let picture = "document.querySelector('matcha-lock').shadowRoot.querySelector('[part=qr]')";
        self.wait("the picture of the code", &format!("{picture}.complete && {picture}.naturalWidth > 0"))
            .await;
        let amount = self.reads("[part=amount]").await;
        let yuan = amount.strip_prefix('¥').expect("an amount in yuan").to_owned();
        assert_eq!(self.reads(".must").await, format!("请务必支付 {yuan} 元, 多付少付都不能自动解锁"));
        yuan
    }

    /// Waits for the article, which must open without the page being loaded again.
    pub(super) async fn reads_the_article(&self) {
        self.article_opens().await;
        assert_eq!(self.run("return window.stillHere").await, json!(true), "the page was loaded again");
    }

    /// Waits for the article.
    pub(super) async fn article_opens(&self) {
        self.wait(
            "the article",
            "document.querySelector('.matcha-content')?.innerText.includes('剥一碗豆的时间')",
        )
        .await;
    }

    /// The recovery code that came with the article.
    pub(super) async fn recovery_code(&self) -> String {
        self.reads("[part=code]").await
    }

    /// Ends the visit: the console must be silent, but for what the test expects.
    pub(super) async fn leaves(self, expected: &[&str]) {
        assert_eq!(self.complaints(expected).await, Vec::<String>::new(), "the console complained");
    }
}

/// The page of the demo's phone, in a window beside the reader's.
pub(super) struct PhonePage<'a> {
    chrome: &'a Chrome,
    reader: WindowHandle,
    phone: WindowHandle,
}

impl<'a> PhonePage<'a> {
    /// Opens the page and turns back to the reader's window.
    pub(super) async fn beside(chrome: &'a Chrome, demo: &Demo) -> PhonePage<'a> {
        let reader = chrome.client.window().await.unwrap();
        chrome.open_window().await;
        let phone = chrome.client.window().await.unwrap();
        chrome.goto(&format!("{}/demo/phone", demo.url)).await;
        chrome.client.switch_to_window(reader.clone()).await.unwrap();
        PhonePage { chrome, reader, phone }
    }

    /// The owner picks the order that waits for that amount and lets the phone receive it, in the page's own template
    /// of a notification; the page must say what became of it.
    pub(super) async fn receives(&self, yuan: &str, template: &str, outcome: &str) {
        let chrome = self.chrome;
        chrome.client.switch_to_window(self.phone.clone()).await.unwrap();
        chrome
            .press("the order on the phone page", async || {
                chrome.client.find(Locator::XPath(&format!("//button[@class='order'][b='¥{yuan}']"))).await
            })
            .await;
        assert_eq!(chrome.run("return document.querySelector('#amount').value").await, yuan);
        let chosen = chrome.run("return document.querySelector('#template').selectedOptions[0].label").await;
        assert_eq!(chosen, template);
        chrome.click("#form .go").await;
        chrome
            .until(outcome, async || {
                let answer = chrome.client.find(Locator::Css("#answer")).await.ok()?;
                (answer.text().await.ok()? == outcome).then_some(())
            })
            .await;
        chrome.client.switch_to_window(self.reader.clone()).await.unwrap();
    }
}
