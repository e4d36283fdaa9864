//! A built site, sealed by the real program: what leaks is cleaned, what is free stays as it is, and each way in which
//! paid words could come back is found.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use flate2::Compression;
use flate2::write::GzEncoder;
use matcha::seal::format::{Binding, SiteSecret, open_file, open_text};
use matcha::seal::html;
use matcha::seal::parts;

use super::{Server, matcha, run, run_badly, text};

const SECRET: &str = "mss1_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
const TEA: &str = "posts/tea/index.html";

fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/seal/site")
}

fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).expect("inside").to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    fs::write(path, bytes).expect("a file");
}

fn get(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).expect("memory");
    gzip.finish().expect("memory")
}

/// A copy of the sample site.
fn site() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (path, bytes) in files(&fixture()) {
        put(dir.path(), &path, &bytes);
    }
    dir
}

fn command(root: &Path, name: &str, more: &[&str]) -> Output {
    let mut command = matcha();
    command.env("MATCHA_SEAL_SECRET", SECRET).arg(name).arg(root).args(["--site", "blog"]).args(more);
    command.output().expect("the program starts")
}

fn said(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

const OFFLINE: &[&str] = &["--server", "https://pay.example", "--offline", "--attachments"];

fn seal(root: &Path) -> String {
    let output = command(root, "seal", OFFLINE);
    assert!(output.status.success(), "{}", said(&output));
    text(&output.stdout)
}

#[track_caller]
fn is_clean(root: &Path, more: &[&str]) -> String {
    let output = command(root, "leakcheck", more);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    text(&output.stdout)
}

#[track_caller]
fn leaks(root: &Path, more: &[&str]) -> String {
    let output = command(root, "leakcheck", more);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    said(&output)
}

/// The locks of a page: product and sealed text.
fn locks(page: &str) -> Vec<(String, String)> {
    let lock = |token: html::Token| {
        let tag = token.start().filter(|tag| tag.name == "matcha-lock")?.clone();
        Some((tag.get("product")?.to_owned(), tag.get("sealed")?.to_owned()))
    };
    html::tokens(page).into_iter().filter_map(lock).collect()
}

fn open(product: &str, sealed: &str) -> String {
    let secret: SiteSecret = SECRET.parse().expect("a secret");
    let key = secret.product_key("blog", product, 1);
    open_text(&key, Binding { site: "blog", product, version: 1 }, sealed).expect("it opens")
}

fn paid(page: &str) -> Vec<(parts::Part, String)> {
    let parts = parts::find(page).expect("good markers");
    parts.into_iter().map(|part| (part.clone(), page[part.inner].to_owned())).collect()
}

#[test]
fn a_sealed_site_is_clean_and_its_texts_open() {
    let dir = site();
    let root = dir.path();
    let before = get(root, TEA);
    let found = leaks(root, &[]);
    assert!(found.contains("not sealed"), "an unsealed part is a leak by itself: {found}");
    let report = seal(root);
    assert!(report.contains("2 parts of 2 products sealed, 1 only hidden, 2 attachments sealed"), "{report}");
    assert!(report.contains("NOT SECRET"), "{report}");
    let said = is_clean(root, &[]);
    assert!(said.contains("2 paid parts and 2 attachments looked for"), "{said}");

    let locks = locks(&get(root, TEA));
    assert_eq!(locks.iter().map(|(product, _)| product.as_str()).collect::<Vec<_>>(), ["tea", "cake"]);
    for ((product, sealed), (_, text)) in locks.iter().zip(paid(&before)) {
        let opened = open(product, sealed);
        // Pictures are named otherwise; all words are there.
        assert_eq!(matcha::seal::words::plain(&opened), matcha::seal::words::plain(&text));
    }
}

#[test]
fn what_is_free_stays_byte_by_byte() {
    let dir = site();
    let before = files(dir.path());
    seal(dir.path());
    for (path, bytes) in &before {
        let Some(page) = path.ends_with(".html").then(|| text(bytes)) else { continue };
        let after = get(dir.path(), path);
        let parts = paid(&page);
        // The article itself, piece by piece between its paid parts.
        let article =
            page.find("<article>").unwrap_or(page.len())..page.find("</article>").unwrap_or(page.len());
        let (mut from, mut pieces) = (article.start, Vec::new());
        for (part, _) in &parts {
            pieces.push(&page[from..part.outer.start]);
            from = part.outer.end;
        }
        pieces.push(&page[from..article.end]);
        let mut at = 0;
        for piece in pieces {
            at += after[at..].find(piece).unwrap_or_else(|| panic!("{path} lost: {piece}")) + piece.len();
        }
    }
    for path in ["posts/water/index.html", "sitemap.xml", "css/style.css", "images/logo.png"] {
        assert_eq!(
            fs::read(dir.path().join(path)).expect("a file"),
            before[path],
            "{path} says nothing paid"
        );
    }
}

#[test]
fn what_was_cleaned_keeps_its_form_and_its_free_words() {
    let dir = site();
    let root = dir.path();
    seal(root);
    for path in ["feed.xml", "atom.xml", "search.xml"] {
        let xml = get(root, path);
        assert!(xml.contains("泡茶的人都说水温要紧") && xml.contains("好茶不怕慢"), "{path}: {xml}");
        assert!(!xml.contains("matcha:paid") && !xml.contains("公道杯"), "{path}: {xml}");
    }
    for path in ["feed.json", "search.json"] {
        let json: serde_json::Value = serde_json::from_str(&get(root, path)).expect("still JSON");
        assert!(json.to_string().contains("好茶不怕慢"), "{path}");
    }
    assert!(
        get(root, "atom.xml").contains("https://pay.example/a/blog/tea"),
        "a reader of the feed finds the shop"
    );
    let page = get(root, TEA);
    let data = page.split_once("ld+json\">").expect("data").1.split_once("</script>").expect("its end").0;
    let data: serde_json::Value = serde_json::from_str(data).expect("still JSON");
    assert_eq!(
        (&data["isAccessibleForFree"], &data["hasPart"]["cssSelector"]),
        (&false.into(), &".matcha-lock".into())
    );
    assert!(!data["articleBody"].as_str().expect("a text").contains("公道杯"), "{data}");
    assert!(page.contains("<li><a href=\"#intro\">引子</a></li>") && !page.contains("#second"), "{page}");
    let list = get(root, "index.html");
    assert!(list.contains("<a href=\"/posts/water/\">为什么山泉水比自来水更适合泡绿茶</a>"), "{list}");
    assert!(!list.contains("公道杯") && !list.contains("怎样注水"), "{list}");
}

#[test]
fn attachments_that_only_a_paid_part_names_are_sealed_and_others_stay() {
    let dir = site();
    let root = dir.path();
    let before = files(root);
    let report = seal(root);
    let after = files(root);
    for gone in ["images/kettle.png", "images/kettle-2x.png", "files/steeping-times.pdf"] {
        assert!(!after.contains_key(gone), "{gone}");
    }
    assert!(report.contains("kept     images/logo.png") && after.contains_key("images/logo.png"), "{report}");
    let tea = open("tea", &locks(&get(root, TEA))[0].1);
    let secret: SiteSecret = SECRET.parse().expect("a secret");
    let (key, of) =
        (secret.product_key("blog", "tea", 1), Binding { site: "blog", product: "tea", version: 1 });
    let mut opened = 0;
    for token in html::tokens(&tea) {
        let Some(tag) = token.start() else { continue };
        let Some(name) = tag.get("data-matcha-name") else { continue };
        let to = tag.get("data-matcha-src").or_else(|| tag.get("data-matcha-href")).expect("where it lies");
        let file = open_file(&key, of, name, &after[&to[1..]]).expect("it opens");
        assert_eq!(file.as_slice(), before[&name[1..]], "{name}");
        opened += 1;
    }
    assert_eq!(opened, 2);
    assert!(tea.contains("src=\"/images/logo.png\"") && !tea.contains("srcset"), "{tea}");
}

#[test]
fn each_way_in_which_words_come_back_is_found() {
    let dir = site();
    let original = files(dir.path());
    seal(dir.path());
    let root = dir.path();
    let tea = text(&original[TEA]);
    let excerpt = "把刚离火的水倒进公道杯里静置四十秒";
    let english = "Take the <b>wa</b>ter off the fire as soon as small bubbles rise";
    let unicode: String = excerpt.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let numbers: String = excerpt.chars().map(|c| format!("&#{};", u32::from(c))).collect();
    let percent: String = excerpt.bytes().map(|b| format!("%{b:02X}")).collect();
    let into = |path: &str, before: &str, more: &str| {
        let page = get(root, path);
        assert!(page.contains(before), "{path} has {before}");
        page.replacen(before, &format!("{more}{before}"), 1).into_bytes()
    };
    let utf16: Vec<u8> =
        [0xfeff].into_iter().chain(excerpt.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("feed.xml", original["feed.xml"].clone()),
        ("atom.xml", original["atom.xml"].clone()),
        ("feed.json", original["feed.json"].clone()),
        ("search.json", original["search.json"].clone()),
        ("search.xml", original["search.xml"].clone()),
        ("js/search-index.js", original["js/search-index.js"].clone()),
        ("posts/tea/index.md", original["posts/tea/index.md"].clone()),
        ("llms.txt", original["llms.txt"].clone()),
        ("llms-full.txt", original["llms-full.txt"].clone()),
        ("index.html", original["index.html"].clone()),
        (
            "posts/tea/index.html",
            into(TEA, "</head>", &format!("<meta name=\"description\" content=\"{excerpt}\">")),
        ),
        (
            "posts/tea/index.html",
            into(TEA, "</head>", &format!("<meta property=\"og:description\" content=\"{numbers}\">")),
        ),
        (
            "posts/tea/index.html",
            into(
                TEA,
                "</head>",
                &format!("<script type=\"application/ld+json\">{{\"articleBody\":\"{unicode}\"}}</script>"),
            ),
        ),
        ("posts/tea/index.html", into(TEA, "</ol></nav>", "<li><a href=\"#second\">第二泡</a></li>")),
        ("posts/tea/index.html", into(TEA, "<footer>", &format!("<div hidden>{english}</div>"))),
        (
            "posts/tea/index.html",
            into(TEA, "<footer>", &format!("<div data-content=\"&lt;p&gt;{excerpt}&lt;/p&gt;\"></div>")),
        ),
        (
            "posts/tea/index.html",
            into(TEA, "<footer>", &format!("<!-- {english} from the bottom, and count slowly -->")),
        ),
        (
            "posts/tea/index.html",
            into(TEA, "<footer>", "<img alt=\"铜壶嘴上冒着细细的白汽，桌上放着一只青瓷盖碗\">"),
        ),
        ("posts/tea/old.html", tea.clone().into_bytes()),
        (
            "posts/water/index.html",
            into("posts/water/index.html", "</article>", "<a href=\"/posts/tea/#how-to-pour\">x</a>"),
        ),
        ("posts/tea/index.html.gz", gzip(tea.as_bytes())),
        (
            "pagefind/fragment/zh_1.pf_fragment",
            gzip(format!("pagefind_dcd{{\"content\":\"{excerpt}\"}}").as_bytes()),
        ),
        ("assets/app.js.map", format!("{{\"sourcesContent\":[\"<p>{unicode}</p>\"]}}").into_bytes()),
        ("assets/chunk.js", format!("e(\"{}\")", english.replace("fire", "f\\x69re")).into_bytes()),
        ("share.html", format!("<a href=\"https://t.example/?text={percent}\">x</a>").into_bytes()),
        ("double.xml", format!("<d>&amp;lt;p&amp;gt;{}</d>", numbers.replace('&', "&amp;")).into_bytes()),
        ("wide.txt", utf16),
        ("deep/a/b/c/notes.unknown", excerpt.as_bytes().to_vec()),
        ("images/renamed.bin", original["images/kettle.png"].clone()),
        ("images/kettle.png", original["images/kettle.png"].clone()),
        ("token.js", b"x=\"matcha-part:tea:0123456789abcdef\"".to_vec()),
    ];
    for (path, bytes) in cases {
        let kept = fs::read(root.join(path)).ok();
        put(root, path, &bytes);
        let said = leaks(root, &[]);
        let (file, product) = (format!("leak  {path}:"), ": tea: ");
        let listed = said.lines().any(|line| line.starts_with(&file) && line.contains(product));
        assert!(listed, "{path} ({}): {said}", text(&bytes));
        match kept {
            Some(bytes) => put(root, path, &bytes),
            None => fs::remove_file(root.join(path)).expect("it was made here"),
        }
    }
    is_clean(root, &[]);
}

#[test]
fn a_leak_is_named_with_file_line_product_words_and_what_to_do() {
    let dir = site();
    seal(dir.path());
    put(dir.path(), "notes.txt", "one\ntwo\n低筋面粉一百二十克，抹茶粉八克\n".as_bytes());
    let said = leaks(dir.path(), &[]);
    assert!(said.contains("leak  notes.txt:3: cake: “低筋面粉一百二十克，抹茶粉八克”"), "{said}");
    assert!(said.contains("→ words: leave this file out of the build"), "{said}");
    assert!(said.contains("1 leaks") && said.contains("请勿发布"), "{said}");
    // Fewer words than a run are none, and the run can be chosen.
    put(dir.path(), "notes.txt", "低筋面粉一百二十".as_bytes());
    is_clean(dir.path(), &[]);
    assert!(leaks(dir.path(), &["--run", "5"]).contains("notes.txt:1"));
}

#[test]
fn compressed_copies_of_changed_files_go_and_others_stay() {
    let dir = site();
    let root = dir.path();
    for path in ["posts/tea/index.html", "posts/water/index.html", "feed.xml"] {
        let bytes = fs::read(root.join(path)).expect("a file");
        put(root, &format!("{path}.gz"), &gzip(&bytes));
        put(root, &format!("{path}.br"), b"\x0b\x02\x80hello\x03");
    }
    let report = seal(root);
    let after = files(root);
    for gone in ["posts/tea/index.html.gz", "posts/tea/index.html.br", "feed.xml.gz", "feed.xml.br"] {
        assert!(
            !after.contains_key(gone) && report.contains(&format!("removed  {gone}")),
            "{gone}: {report}"
        );
    }
    assert!(after.contains_key("posts/water/index.html.gz"));
    assert!(!report.contains("removed  posts/water"), "{report}");
}

#[test]
fn sealing_twice_changes_nothing_and_sealing_anew_keeps_old_keys() {
    let (first, second) = (site(), site());
    seal(first.path());
    let once = files(first.path());
    let again = seal(first.path());
    assert!(again.contains("nothing to seal"), "{again}");
    assert_eq!(files(first.path()), once);
    seal(second.path());
    let [old, new] = [&first, &second].map(|dir| locks(&get(dir.path(), TEA)).remove(0).1);
    assert_ne!(old, new, "each build has its own nonce");
    assert_eq!(open("tea", &old), open("tea", &new), "the key that a reader has opens both");
    // A page that was built anew between sealed ones is sealed like the others.
    put(first.path(), TEA, &fs::read(fixture().join(TEA)).expect("a page"));
    put(
        first.path(),
        "images/kettle.png",
        &fs::read(fixture().join("images/kettle.png")).expect("a picture"),
    );
    seal(first.path());
    is_clean(first.path(), &[]);
}

#[test]
fn parts_that_an_adapter_laid_aside_take_the_place_of_their_tokens() {
    let dir = site();
    let root = dir.path();
    let aside = tempfile::tempdir().expect("a folder");
    let part =
        "<h2 id=\"vue\">组件里的正文</h2><p>这一段只写在脚本里，页面和脚本都要换成同一段密文才行。</p>";
    fs::write(aside.path().join("vue.html"), part).expect("a part");
    let hash: String =
        matcha::secrets::sha256(part.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let lock = format!("<matcha-lock site=blog product=vue sealed=\"matcha-part:vue:{hash}\"></matcha-lock>");
    put(root, "vue.html", format!("<body><div>{lock}</div></body>").as_bytes());
    put(root, "assets/vue.js", format!("export default \"{}\"", lock.replace('"', "\\\"")).as_bytes());
    put(root, "assets/toc.js", b"x = '<a href=\"/vue.html#vue\">'");
    let parts = aside.path().to_str().expect("a path");
    let offline = |more: &[&str]| command(root, "seal", &[OFFLINE, &["--parts", parts], more].concat());
    let refused = said(&offline(&[]));
    assert!(refused.contains("the marker of vue says no price"), "only a server knows its price: {refused}");

    let data = tempfile::tempdir().expect("a folder");
    shop(data.path());
    run(
        data.path(),
        &["product", "add", "blog", "vue", "--title", "V", "--price", "1.00", "--lock", "sealed"],
    );
    let secret = run(data.path(), &["site", "secret", "blog"]);
    let folder = root.to_str().expect("a path");
    let server = ["--site", "blog", "--server", "https://pay.example", "--parts", parts];
    let said = run(data.path(), &[&["seal", folder], server.as_slice()].concat());
    assert!(said.contains("3 parts of 3 products sealed"), "{said}");
    let sealed = locks(&get(root, "vue.html")).remove(0).1;
    assert!(get(root, "assets/vue.js").contains(&sealed), "the same text in page and script");
    let key = secret.trim().parse::<SiteSecret>().expect("a secret").product_key("blog", "vue", 1);
    let of = Binding { site: "blog", product: "vue", version: 1 };
    assert_eq!(open_text(&key, of, &sealed).expect("it opens"), part);
    run(data.path(), &["leakcheck", folder, "--site", "blog", "--parts", parts]);

    // A page of another build names a part that is not there any more.
    let stale = lock.replace(&hash, "0123456789abcdef");
    put(root, "vue.html", stale.as_bytes());
    let before = files(root);
    let said = run_badly(data.path(), &[&["seal", folder], server.as_slice()].concat());
    assert!(said.contains("vue.html: the token matcha-part:vue:0123456789abcdef"), "{said}");
    assert_eq!(files(root), before, "nothing was changed");
}

/// A data folder with the site and the products of the sample.
fn shop(data: &Path) {
    run(data, &["site", "add", "blog", "--name", "茶"]);
    for (slug, price, lock) in
        [("tea", "1.00", "sealed"), ("cake", "2.50", "sealed"), ("hint", "0.50", "reveal")]
    {
        run(data, &["product", "add", "blog", slug, "--title", slug, "--price", price, "--lock", lock]);
    }
}

#[test]
fn the_database_gives_secret_prices_and_key_versions() {
    let (dir, data) = (site(), tempfile::tempdir().expect("a folder"));
    let folder = dir.path().to_str().expect("a path");
    let args = ["seal", folder, "--site", "blog", "--server", "https://pay.example"];
    let said = run_badly(data.path(), &args);
    assert!(said.contains("holds no database") && said.contains("MATCHA_SEAL_SECRET"), "{said}");
    shop(data.path());
    run(data.path(), &["product", "rotate-key", "blog", "tea"]);
    run(data.path(), &args);
    let locks = locks(&get(dir.path(), TEA));
    assert!(locks[0].1.starts_with("ms1.2.") && locks[1].1.starts_with("ms1.1."), "{locks:?}");
    run(data.path(), &["leakcheck", folder, "--site", "blog"]);
    // Another secret opens nothing, and what cannot be opened cannot be checked.
    let found = leaks(dir.path(), &[]);
    assert!(found.contains("cannot be opened with this secret"), "{found}");
}

#[test]
fn the_server_is_asked_and_told_what_the_pages_sell() {
    let (dir, data) = (site(), tempfile::tempdir().expect("a folder"));
    let root = dir.path();
    run(data.path(), &["site", "add", "blog", "--name", "茶"]);
    let key = run(data.path(), &["key", "create", "--owner"]);
    let server = Server::start(data.path(), &data.path().join("log"));
    let before = files(root);
    let seal = |more: &[&str]| {
        let mut command = matcha();
        command.env("MATCHA_SEAL_SECRET", SECRET).env("MATCHA_OWNER_KEY", key.trim());
        command.arg("seal").arg(root).args(["--site", "blog", "--server", &server.base]).args(more);
        command.output().expect("the program starts")
    };
    let refused = seal(&[]);
    let words = said(&refused);
    assert_eq!(refused.status.code(), Some(1));
    assert!(words.contains("matcha product add blog tea --title \"八十度的水\" --price 1.00"), "{words}");
    assert!(words.contains(&format!("{TEA}:")), "{words}");
    assert_eq!(files(root), before, "nothing was changed");

    let synced = seal(&["--sync"]);
    assert!(synced.status.success(), "{}", said(&synced));
    let products = run(data.path(), &["product", "list", "blog"]);
    for (slug, price, title) in
        [("tea", "1.00", "八十度的水"), ("cake", "2.50", "抹茶曲奇"), ("hint", "0.50", "小提示")]
    {
        let row =
            products.lines().find(|line| line.contains(slug)).unwrap_or_else(|| panic!("{slug}: {products}"));
        assert!(row.contains(price) && row.contains(title), "{products}");
    }
    is_clean(root, &[]);

    // The same build with another price: an error, until it is meant.
    let dearer = text(&before[TEA]).replace("paid tea 1.00", "paid tea 3.00");
    put(root, TEA, dearer.as_bytes());
    let words = said(&seal(&[]));
    assert!(words.contains("tea costs ¥3.00 here and ¥1.00 on the server"), "{words}");
    let synced = seal(&["--sync"]);
    assert!(text(&synced.stdout).contains("changed  tea  price"), "{}", said(&synced));
    assert!(get(root, TEA).contains("展开阅读全文 · ¥3.00"));
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_changed() {
    for (path, content, words) in [
        (
            "bad.html",
            "<p>\n<!--matcha:paid tea 1.00-->x",
            "bad.html:2: the paid part tea has no <!--/matcha:paid-->",
        ),
        (
            "bad.html",
            "<!--matcha:paid t/a 1.00-->x<!--/matcha:paid-->",
            "bad.html:1: the product \"t/a\" cannot be",
        ),
        ("bad.html", "<!--matcha:paid tea 9.00-->x<!--/matcha:paid-->", "the price of tea is"),
        ("bad.html", "<!--matcha:paid new-->x<!--/matcha:paid-->", "the marker of new says no price"),
    ] {
        let dir = site();
        put(dir.path(), path, content.as_bytes());
        let before = files(dir.path());
        let output = command(dir.path(), "seal", OFFLINE);
        assert_eq!(output.status.code(), Some(1), "{content}");
        assert!(said(&output).contains(words), "{content}: {}", said(&output));
        assert_eq!(files(dir.path()), before, "{content}");
    }
    let empty = tempfile::tempdir().expect("a folder");
    put(empty.path(), "index.html", b"<p>x");
    let words = said(&command(empty.path(), "seal", OFFLINE));
    assert!(words.contains("has no paid part"), "{words}");
    assert!(leaks(empty.path(), &[]).contains("nothing sealed was found"), "a check of nothing is no check");
    let words = said(&command(&empty.path().join("none"), "seal", OFFLINE));
    assert!(words.contains("is no folder"), "{words}");
    let words = said(&command(empty.path(), "seal", &["--server", "pay.example", "--offline"]));
    assert!(words.contains("https://"), "{words}");
}

#[test]
fn the_secret_is_printed_for_the_build_machine_and_read_from_a_file() {
    let (dir, data) = (site(), tempfile::tempdir().expect("a folder"));
    shop(data.path());
    let secret = run(data.path(), &["site", "secret", "blog"]);
    assert!(secret.starts_with("mss1_") && secret.lines().count() == 1, "{secret}");
    assert!(run_badly(data.path(), &["site", "secret", "none"]).contains("matcha site add none"));
    let file = data.path().join("secret");
    fs::write(&file, &secret).expect("a file");
    let mut command = matcha();
    command
        .arg("seal")
        .arg(dir.path())
        .args(["--site", "blog"])
        .args(OFFLINE)
        .arg("--secret-file")
        .arg(&file);
    assert!(command.output().expect("the program starts").status.success());
    run(data.path(), &["leakcheck", dir.path().to_str().expect("a path"), "--site", "blog"]);
    fs::write(&file, "mss1_short").expect("a file");
    let words = said(&command.output().expect("the program starts"));
    assert!(words.contains("a sealing secret is mss1_"), "{words}");
}
