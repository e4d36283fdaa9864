//! The example sites, each built by its real generator (`./test blogs`), sealed and checked by the real binary, and bought
//! in Chromium with the demo's phone paying.
//!
//! [`site`] publishes an example, [`host`] serves it. The tests fail where a site was not built; they skip nothing.

mod host;
mod site;

use serde_json::json;

use super::demo::Demo;
use super::people::{PhonePage, Reader};
use site::{Example, Site};

const HEXO: Example = Example {
    name: "hexo",
    page: "/three-sounds/",
    words: "立刻数到二十再离火",
    spread: &["atom.xml", "search.json", "three-sounds/index.html"],
    code: "def pour_at",
    besides: "先用一口温水润叶十秒再入瓶",
};
const HUGO: Example = Example {
    name: "hugo",
    page: "/posts/no-burn/",
    words: "食指只管按盖纽",
    spread: &["index.xml", "posts/no-burn/index.html", "search.json"],
    code: "func Burned",
    besides: "倒数第二口最像雨停之后的石阶",
};
const VITEPRESS: Example = Example {
    name: "vitepress",
    page: "/notes/third-steep.html",
    words: "出汤时杯底应当看得见自己的睫毛",
    spread: &[],
    code: "const waits",
    besides: "第二天鞋会闻起来像一间没人的茶室",
};
const PLAIN: Example = Example {
    name: "plain",
    page: "/posts/three-rusts.html",
    words: "布上是橘皮色的要刮",
    spread: &["feed.xml", "posts/three-rusts.html", "search.json"],
    code: "for hour in 1 2 3",
    besides: "听见雨点从散板变成一声长音就挪开别的盆",
};

/// What an author adds before he builds again.
const ADDED: &str = "，后来又补了一句";

const WECHAT: &str = "微信支付 · 朋友到店";
const SETTLED: &str = "已认出，订单已付";

impl Reader {
    /// Waits until the part is on the page, with its code and with its picture, which was a file encrypted on its own.
    async fn sees_all_of(&self, example: &Example, words: &str) {
        let content = "document.querySelector('.matcha-content')";
        self.wait(words, &format!("{content}?.textContent.includes({})", json!(words))).await;
        let code = format!("{content}.querySelector('pre')?.textContent.includes({})", json!(example.code));
        self.wait("the code", &code).await;
        let picture = format!("{content}.querySelector('img[src^=\"blob:\"]')?.naturalWidth > 0");
        self.wait("the picture", &picture).await;
    }
}

/// The whole life of a part: nobody reads it unpaid, a reader pays and reads, the author publishes anew, the reader
/// reads on and pays nothing.
async fn is_sold(example: &Example) {
    let demo = Demo::start().await;
    let site = Site::publish(example, &demo).await;
    assert_eq!(example.files_with(example.words), example.spread, "what there is to clean");
    for words in [example.words, example.code, example.besides] {
        assert_eq!(site.files_with(words), Vec::<String>::new(), "{words}");
    }

    let reader = Reader::of(&site.at(example.page)).await;
    assert_eq!(reader.run("return document.querySelectorAll('.matcha-content').length").await, json!(0));
    let told = "return [...document.querySelectorAll('script[type=\"application/ld+json\"]')].map(s => s.textContent).join()";
    let told = reader.run(told).await;
    assert!(told.as_str().unwrap().contains("\"isAccessibleForFree\":false"), "{told}");
    let amount = reader.orders("微信").await;
    PhonePage::beside(&reader, &demo).await.receives(&amount, WECHAT, SETTLED).await;
    reader.sees_all_of(example, example.words).await;
    assert_eq!(reader.run("return window.stillHere").await, json!(true), "the page was loaded again");

    let orders = demo.state().await["orders"].as_array().map(Vec::len);
    let words = format!("{}{ADDED}", example.words);
    site.publish_again(|text| text.replace(example.words, &words));
    assert_eq!(site.files_with(ADDED), Vec::<String>::new());
    reader.client.refresh().await.unwrap();
    reader.sees_all_of(example, &words).await;
    let asked = demo.state().await["orders"].as_array().map(Vec::len);
    assert_eq!(asked, orders, "nobody was asked to pay again");
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_part_of_a_hexo_post_is_sold() {
    is_sold(&HEXO).await;
}

#[tokio::test]
async fn a_part_of_a_minified_hugo_post_is_sold() {
    is_sold(&HUGO).await;
}

#[tokio::test]
async fn a_part_of_a_vitepress_page_is_sold() {
    is_sold(&VITEPRESS).await;
}

#[tokio::test]
async fn a_part_of_a_page_written_by_hand_is_sold() {
    is_sold(&PLAIN).await;
}

/// A reader goes from a page without a lock to one with it, buys, goes back and forth; no page is ever loaded anew.
async fn is_sold_on_the_way(example: &Example, from: &str, there: &str, back: &str, words: &str) {
    let demo = Demo::start().await;
    let site = Site::publish(example, &demo).await;
    let reader = Reader::visits(&site.at(from)).await;
    reader.run("window.stillHere = true").await;
    let open = format!("document.querySelector('.matcha-content')?.textContent.includes({})", json!(words));
    reader.click(there).await;
    reader.wait_for_lock().await;
    let amount = reader.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.wait(words, &open).await;
    reader.run("document.querySelector('matcha-lock').close()").await;
    reader.click(back).await;
    reader.wait("the page without a lock", "!document.querySelector('matcha-lock')").await;
    assert_eq!(reader.run("return document.querySelector('.matcha-content')").await, json!(null));
    reader.click(there).await;
    reader.wait(words, &open).await;
    assert_eq!(reader.run("return window.stillHere").await, json!(true), "a page was loaded anew");
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_lock_that_pjax_brings_sells_without_any_call() {
    let (there, back) = ("header a[href='/pjax/rain.html']", "header a[href='/pjax/']");
    is_sold_on_the_way(&PLAIN, "/pjax/", there, back, "听见雨点从散板变成一声长音就挪开别的盆").await;
}

#[tokio::test]
async fn a_lock_that_vitepress_navigates_to_sells_without_any_call() {
    let link = |page: &str| format!(".VPSidebar a[href='/notes/{page}.html']");
    let (there, back) = (link("third-steep"), link("first-steep"));
    is_sold_on_the_way(&VITEPRESS, "/notes/first-steep.html", &there, &back, VITEPRESS.words).await;
}

#[tokio::test]
async fn words_that_somebody_publishes_all_the_same_are_found() {
    let demo = Demo::start().await;
    for example in [&HEXO, &HUGO, &VITEPRESS, &PLAIN] {
        let site = Site::publish(example, &demo).await;
        site.write("llms.txt", &format!("{}，{}", example.words, example.besides));
        let (clean, said) = site.leakcheck();
        assert!(!clean && said.contains("llms.txt"), "{}: {said}", example.name);
    }
}
