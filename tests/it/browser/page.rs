//! The lock on pages as blogs have them: replaced by a router, several at once, in the dark, under policies, and with
//! a reader whose clock is wrong.

use serde_json::{Value, json};

use super::blog::Blog;
use super::chrome::{Chrome, Profile};
use super::demo::Demo;
use super::people::Reader;

/// Writes down what the element tells, and what stood on the page when it told it.
const LISTEN: &str = "<script>window.told = []; for (const name of ['open', 'order', 'extend', 'expire', 'paid', 'unlock', 'error', 'close'])
    addEventListener('matcha:' + name, event => {
        told.push(name + (name === 'unlock' && document.querySelector('.matcha-content') ? ':text' : ''));
        window.detail = event.detail;
    })</script>";

/// A blog whose links are followed by replacing the main part, as pjax does.
const ROUTER: &str = "<a id=to-other href=/other>另一篇</a><a id=to-first href=/>第一篇</a><script>
    addEventListener('click', async event => {
        if (event.target.id !== 'to-other' && event.target.id !== 'to-first') return;
        event.preventDefault();
        const page = new DOMParser().parseFromString(await (await fetch(event.target.href)).text(), 'text/html');
        history.pushState(null, '', event.target.href);
        document.querySelector('main').replaceWith(page.querySelector('main'));
    })</script>";

impl Reader {
    async fn told(&self) -> Value {
        self.run("return window.told").await
    }
}

#[tokio::test]
async fn a_router_that_replaces_the_page_needs_no_call() {
    let demo = Demo::start().await;
    demo.sells("steep", "泡法", "sealed").await;
    let sealed = format!("{ROUTER}{}", demo.sealed_lock("steep", "<p>另一篇的正文</p>").await);
    let hosted = format!("{ROUTER}{}{}", demo.script(), demo.lock("eighty-degrees", ""));
    let reader = Reader::of(&Blog::page(&hosted).and("/other", &sealed).open(&demo).await).await;
    let amount = reader.orders("微信").await;
    // Away while an order is open, and back: it is the same order.
    reader.run("document.querySelector('matcha-lock').close()").await;
    reader.click("#to-other").await;
    reader.card_says("泡法").await;
    reader.click("#to-first").await;
    reader.card_says(&format!("继续付款 · ¥{amount}")).await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    reader.click("#to-other").await;
    reader.card_says("泡法").await;
    let other = reader.orders("支付宝").await;
    assert_eq!(other, "1.00");
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_lock_that_is_moved_or_copied_with_its_page_shows_its_text_once() {
    let demo = Demo::start().await;
    let body = format!("{}{}<aside></aside>", demo.script(), demo.lock("eighty-degrees", ""));
    let reader = Reader::of(&Blog::page(&body).open(&demo).await).await;
    let amount = reader.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    let once = "document.querySelectorAll('.matcha-content').length === 1 && document.querySelector('aside .matcha-content')";
    reader.run("document.querySelector('aside').append(document.querySelector('matcha-lock'))").await;
    reader.wait("the text where the lock went", once).await;
    // As Turbo keeps a page and shows the copy again.
    reader.run("const main = document.querySelector('main'); main.replaceWith(main.cloneNode(true))").await;
    reader.wait("the lock of the copy", "document.querySelector('matcha-lock')?.shadowRoot").await;
    reader.wait("its text, once", once).await;
    reader.run("document.querySelector('matcha-lock').remove()").await;
    reader.wait("no text without its lock", "!document.querySelector('.matcha-content')").await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn two_locks_of_one_product_open_together_and_others_stay_shut() {
    let demo = Demo::start().await;
    demo.sells("steep", "泡法", "hosted").await;
    let one = demo.lock("eighty-degrees", "");
    let body = format!("{}{one}<hr>{one}<hr>{}", demo.script(), demo.lock("steep", ""));
    let reader = Reader::of(&Blog::page(&body).open(&demo).await).await;
    let amount = reader.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.wait("both texts", "document.querySelectorAll('.matcha-content').length === 2").await;
    let third = "[...document.querySelectorAll('matcha-lock')][2].shadowRoot.querySelector('[part=button]').textContent";
    assert_eq!(reader.run(&format!("return {third}")).await, "展开阅读全文 · ¥1.00");
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn events_come_in_order_and_tell_no_secret() {
    let demo = Demo::start().await;
    let body = format!("{LISTEN}{}{}", demo.script(), demo.lock("eighty-degrees", ""));
    let reader = Reader::of(&Blog::page(&body).open(&demo).await).await;
    let amount = reader.orders("微信").await;
    reader.choose_button("延长时间").await;
    reader.wait("the extension", "told.includes('extend')").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    reader.wait("the end", "told.at(-1) === 'close'").await;
    assert_eq!(reader.told().await, json!(["open", "order", "extend", "paid", "unlock:text", "close"]));
    let detail = reader.run("return detail").await;
    let (site, order) = (&detail["site"], detail["order"].as_object().unwrap());
    assert_eq!(site, "tea");
    let mut fields: Vec<_> = order.keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["amount", "channel", "id", "late", "price", "status"]);
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn nothing_moves_when_the_script_arrives() {
    let demo = Demo::start().await;
    // The rule of docs/embed.md, and text below that would jump.
    let body = format!(
        "<style>matcha-lock:not(:defined) {{ display: block; min-height: 13rem; }}</style>
        <script>window.shifts = []; new PerformanceObserver(list => shifts.push(...list.getEntries().map(entry => entry.value)))
            .observe({{ type: 'layout-shift', buffered: true }});</script>{}<p>下面的段落</p>",
        demo.lock("eighty-degrees", "")
    );
    let reader = Reader::visits(&Blog::page(&body).open(&demo).await).await;
    reader.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))").await;
    let place = "document.querySelector('main > p:last-child').getBoundingClientRect().top";
    let before = reader.run(&format!("return {place}")).await;
    reader
        .run(&format!(
            "const script = document.createElement('script'); script.src = '{}/v1/embed.js'; document.head.append(script)",
            demo.url
        ))
        .await;
    reader.card_says("¥1.00").await;
    reader.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))").await;
    assert_eq!(reader.run(&format!("return {place}")).await, before);
    assert_eq!(reader.run("return shifts").await, json!([]));
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn the_lock_follows_the_blogs_own_switch_for_the_night() {
    let demo = Demo::start().await;
    let locks: String =
        ["", "dark='html[data-theme=dark]'", "dark=.night", "dark=always", "dark=never", "dark=:::"]
            .iter()
            .map(|attributes| demo.lock("eighty-degrees", attributes))
            .collect();
    let reader = Reader::of(&Blog::page(&format!("{}{locks}", demo.script())).open(&demo).await).await;
    let nights = "[...document.querySelectorAll('matcha-lock')].map(lock => {
        const colour = getComputedStyle(lock.shadowRoot.querySelector('[part=card]')).backgroundColor;
        return colour === 'rgb(255, 255, 255)' ? 0 : 1;
    }).join('')";
    let are = async |expected: &str| reader.wait(expected, &format!("{nights} === '{expected}'")).await;
    are("000100").await;
    reader.run("document.documentElement.dataset.theme = 'dark'").await;
    are("010100").await;
    reader.run("document.body.className = 'night'").await;
    are("011100").await;
    let night = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    reader.devtools("Emulation.setEmulatedMedia", night).await;
    are("111100").await;
    reader.run("delete document.documentElement.dataset.theme; document.body.className = ''").await;
    are("100100").await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_policy_that_keeps_the_server_out_leaves_the_plain_link() {
    let demo = Demo::start().await;
    let policy = format!("default-src 'none'; script-src {}", demo.url);
    let body = format!("{}{}", demo.script(), demo.lock("eighty-degrees", ""));
    let reader = Reader::visits(&Blog::page(&body).under(&policy).open(&demo).await).await;
    reader.wait("the plain link", "document.querySelector('matcha-lock a')?.checkVisibility()").await;
    reader.choose("[part=button]").await;
    reader.sees("failed").await;
    reader.leaves(&["Content Security Policy", "violates", "Fetch API"]).await;
}

#[tokio::test]
async fn a_script_that_a_policy_keeps_out_leaves_the_plain_link() {
    let demo = Demo::start().await;
    let body = format!("{}{}", demo.script(), demo.lock("eighty-degrees", ""));
    let reader = Reader::visits(&Blog::page(&body).under("default-src 'none'").open(&demo).await).await;
    assert_eq!(reader.text("matcha-lock a").await, "展开阅读全文 · ¥1.00");
    reader.leaves(&["Content Security Policy", "violates"]).await;
}

#[tokio::test]
async fn the_sale_works_without_the_second_part() {
    let demo = Demo::start().await;
    let body = format!("{LISTEN}{}{}", demo.script(), demo.lock("eighty-degrees", ""));
    let chrome = Chrome::with(Profile::default()).await;
    chrome.devtools("Network.enable", json!({})).await;
    chrome.devtools("Network.setBlockedURLs", json!({ "urls": ["*/keep.*.js"] })).await;
    let reader = Reader { chrome };
    let blog = Blog::page(&body).open(&demo).await;
    reader.goto(&blog).await;
    reader.run("window.stillHere = true").await;
    let amount = reader.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    let code = reader.recovery_code().await;
    reader.leaves(&["net::ERR_BLOCKED_BY_CLIENT"]).await;

    let elsewhere = Reader::of(&blog).await;
    elsewhere.choose_button("已购买？输入恢复码").await;
    elsewhere.sees("restore").await;
    elsewhere.within("input").await.unwrap().send_keys(&code).await.unwrap();
    elsewhere.choose("form .go").await;
    elsewhere.reads_the_article().await;
    elsewhere.leaves(&[]).await;
}

#[tokio::test]
async fn a_pinned_copy_on_the_blog_itself_sells_with_both_parts() {
    let demo = Demo::start().await;
    let folder = demo.data().join("js");
    let said = demo.matcha(&["embed", "--server", &demo.url, "--copy", folder.to_str().unwrap()]);
    let tag = said.lines().find(|line| line.contains("<script")).unwrap();
    let lock = demo.lock("eighty-degrees", &format!("server={}", demo.url));
    let mut blog = Blog::page(&format!("{tag}{lock}"));
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        blog = blog.file(&format!("/js/{name}"), &std::fs::read(file).unwrap());
    }
    let url = &demo.url;
    let policy = format!("default-src 'none'; script-src 'self'; connect-src {url}; img-src {url} data:");
    let reader = Reader::of(&blog.under(&policy).open(&demo).await).await;
    let amount = reader.orders("微信").await;
    reader.choose_button("延长时间").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.reads_the_article().await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_reader_whose_clock_is_a_day_wrong_sees_the_same_time_left() {
    let demo = Demo::with_windows(60_000, 60_000).await;
    for days in [-1, 1] {
        let chrome = Chrome::with(Profile::default()).await;
        let wrong = format!(
            "const Right = Date, wrong = {days} * 864e5; window.Date = class extends Right {{ \
             constructor(...at) {{ if (at.length) super(...at); else super(Right.now() + wrong); }} \
             static now() {{ return Right.now() + wrong; }} }};"
        );
        chrome.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": wrong })).await;
        let reader = Reader { chrome };
        reader.goto(&format!("{}/demo/blog", demo.url)).await;
        reader.run("window.stillHere = true").await;
        let amount = reader.orders("微信").await;
        let left = reader.reads("[part=timer]").await;
        assert!(left.starts_with("剩余 0:5") || left == "剩余 1:00", "{left}");
        assert_eq!(demo.receive(&amount).await, "settled");
        reader.reads_the_article().await;
        reader.client.refresh().await.unwrap();
        reader.article_opens().await;
        reader.leaves(&[]).await;
    }
}
