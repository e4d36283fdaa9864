//! The three kinds of lock on a blog of its own: text from the server, sealed text in the page, hidden text in the page.

use serde_json::json;

use super::blog::Blog;
use super::demo::Demo;
use super::people::Reader;

const SECRET: &str = "<p>第一泡八十度，第二泡八十五度。</p><pre><code>let x = 1 < 2;</code></pre>";

impl Reader {
    /// Orders in WeChat, pays, and waits for these words of the text.
    async fn buys(&self, demo: &Demo, words: &str) {
        let amount = self.orders("微信").await;
        assert_eq!(demo.receive(&amount).await, "settled");
        self.reads_on(words).await;
    }
}

/// A blog with one sealed article.
async fn sealed_blog(demo: &Demo) -> String {
    demo.sells("steep", "泡法", "sealed").await;
    Blog::page(&demo.sealed_lock("steep", SECRET).await).open(demo).await
}

#[tokio::test]
async fn a_sealed_text_opens_after_payment_and_from_then_on_without_the_server() {
    let mut demo = Demo::start().await;
    let reader = Reader::of(&sealed_blog(&demo).await).await;
    let source = reader.run("return document.documentElement.outerHTML").await;
    assert!(!source.as_str().unwrap().contains("八十五度"), "the page holds no word of it");
    reader.buys(&demo, "第二泡八十五度").await;
    let code = reader.run("return document.querySelector('.matcha-content code').textContent").await;
    assert_eq!(code, "let x = 1 < 2;", "it is HTML again");
    demo.kill();
    reader.client.refresh().await.unwrap();
    reader.reads_on("第二泡八十五度").await;
    reader.leaves(&["net::ERR_"]).await;
}

#[tokio::test]
async fn a_stored_key_opens_without_asking_and_one_that_does_not_fit_is_asked_for_once() {
    let demo = Demo::start().await;
    let reader = Reader::of(&sealed_blog(&demo).await).await;
    reader.buys(&demo, "第二泡八十五度").await;
    let asked =
        "performance.getEntriesByType('resource').filter(entry => entry.name.includes('/content')).length";
    reader.client.refresh().await.unwrap();
    reader.reads_on("第二泡八十五度").await;
    assert_eq!(reader.run(&format!("return {asked}")).await, 0, "the stored key was enough");
    let spoil = "const name = Object.keys(localStorage).find(key => key.endsWith('/tea/steep')); \
        const own = JSON.parse(localStorage[name]); own.keys[1].key = 'A'.repeat(43); localStorage[name] = JSON.stringify(own)";
    reader.run(spoil).await;
    reader.client.refresh().await.unwrap();
    reader.reads_on("第二泡八十五度").await;
    assert_eq!(reader.run(&format!("return {asked}")).await, 1);
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn what_is_sealed_opens_in_another_browser_by_its_code() {
    let demo = Demo::start().await;
    let blog = sealed_blog(&demo).await;
    let reader = Reader::of(&blog).await;
    reader.buys(&demo, "第二泡八十五度").await;
    let code = reader.recovery_code().await;
    reader.leaves(&[]).await;

    let elsewhere = Reader::of(&blog).await;
    elsewhere.choose_button("已购买？输入恢复码").await;
    elsewhere.sees("restore").await;
    elsewhere.within("input").await.unwrap().send_keys(&code).await.unwrap();
    elsewhere.choose("form .go").await;
    elsewhere.reads_on("第二泡八十五度").await;
    elsewhere.leaves(&[]).await;
}

#[tokio::test]
async fn attachments_are_opened_and_one_that_is_broken_breaks_nothing_else() {
    let demo = Demo::start().await;
    demo.sells("steep", "泡法", "sealed").await;
    let text = "<p>看图</p><img data-matcha-src=/m/a.sealed data-matcha-name=/images/a.png data-matcha-type=image/png alt=杯>\
        <a download data-matcha-href=/m/b.sealed data-matcha-name=/b.txt data-matcha-type=text/plain>笔记</a>\
        <i><img data-matcha-src=/m/c.sealed data-matcha-name=/images/c.png data-matcha-type=image/png></i>";
    let png = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/qrcodes/wechat/0.90.png")).unwrap();
    let blog = Blog::page(&demo.sealed_lock("steep", text).await)
        .file("/m/a.sealed", &demo.sealed_file("steep", "/images/a.png", &png).await)
        .file("/m/b.sealed", &demo.sealed_file("steep", "/b.txt", "八十度".as_bytes()).await)
        // Another file under this name: the path is bound to the bytes.
        .file("/m/c.sealed", &demo.sealed_file("steep", "/images/a.png", &png).await);
    let reader = Reader::of(&blog.open(&demo).await).await;
    reader.buys(&demo, "看图").await;
    reader.wait("the picture", "document.querySelector('.matcha-content img')?.naturalWidth > 0").await;
    reader
        .wait("the refusal", "document.querySelector('.matcha-content i').textContent.includes('附件打不开')")
        .await;
    reader.wait("the note", "document.querySelector('.matcha-content a').href.startsWith('blob:')").await;
    let note = "const got = arguments[arguments.length - 1]; fetch(document.querySelector('.matcha-content a').href).then(a => a.text()).then(got)";
    assert_eq!(reader.client.execute_async(note, vec![]).await.unwrap(), json!("八十度"));
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn sealed_text_that_was_tampered_with_or_swapped_is_refused_and_the_right_kept() {
    let demo = Demo::start().await;
    demo.sells("steep", "泡法", "sealed").await;
    let good = demo.sealed("steep", SECRET).await;
    let (head, last) = good.split_at(good.len() - 1);
    let tampered = format!("{head}{}", if last == "A" { "B" } else { "A" });
    // Sealed for another product, by somebody who may do so.
    let swapped = demo.sealed("eighty-degrees", SECRET).await;
    let page =
        |sealed: &str| format!("{}{}", demo.script(), demo.lock("steep", &format!("sealed=\"{sealed}\"")));
    let blog = Blog::page(&page(&good)).and("/tampered", &page(&tampered)).and("/swapped", &page(&swapped));
    let blog = blog.open(&demo).await;
    let reader = Reader::of(&blog).await;
    reader.buys(&demo, "第二泡八十五度").await;
    for path in ["/tampered", "/swapped"] {
        reader.goto(&format!("{blog}{path}")).await;
        reader.card_says("密文有误").await;
        assert!(reader.reads("[part=card]").await.contains("购买不会丢失"));
        reader.wait("no text", "!document.querySelector('.matcha-content')").await;
        reader.choose("[part=button]").await;
        reader.sees("cannot_open").await;
    }
    reader.goto(&blog).await;
    reader.reads_on("第二泡八十五度").await;
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_format_of_another_version_is_refused_before_anything_is_sold() {
    let demo = Demo::start().await;
    demo.sells("steep", "泡法", "sealed").await;
    let body = format!("{}{}", demo.script(), demo.lock("steep", "sealed=\"ms2.1.AAAA\""));
    let reader = Reader::visits(&Blog::page(&body).open(&demo).await).await;
    reader.card_says("密文有误或版本不符").await;
    reader.choose("[part=button]").await;
    reader.sees("cannot_open").await;
    assert_eq!(demo.state().await["orders"].as_array().unwrap().len(), 0, "nothing was sold");
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn a_page_without_https_says_so_before_anything_is_sold() {
    let demo = Demo::start().await;
    demo.sells("steep", "泡法", "sealed").await;
    // This machine's own addresses count as safe; take away what they would lack elsewhere.
    let unsafe_page =
        "<script>Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })</script>";
    let body = format!("{unsafe_page}{}", demo.sealed_lock("steep", SECRET).await);
    let reader = Reader::visits(&Blog::page(&body).open(&demo).await).await;
    reader.card_says("请用 https 地址打开本页").await;
    let link = reader.run("return document.querySelector('matcha-lock a').checkVisibility()").await;
    assert_eq!(link, json!(true), "the plain link is there");
    reader.leaves(&[]).await;
}

#[tokio::test]
async fn hidden_text_of_the_page_is_shown_after_payment() {
    let demo = Demo::start().await;
    demo.sells("steep", "泡法", "reveal").await;
    let hidden = "<div class=matcha-reveal data-matcha-reveal=steep hidden><p>藏着的话</p></div>";
    let body = format!("{}{}{hidden}", demo.script(), demo.lock("steep", ""));
    let reader = Reader::of(&Blog::page(&body).open(&demo).await).await;
    let shown = "document.querySelector('.matcha-reveal').checkVisibility()";
    assert_eq!(reader.run(&format!("return {shown}")).await, json!(false));
    let amount = reader.orders("微信").await;
    assert_eq!(demo.receive(&amount).await, "settled");
    reader.wait("the text", shown).await;
    reader.client.refresh().await.unwrap();
    reader.wait("the text again", shown).await;
    reader.leaves(&[]).await;
}
