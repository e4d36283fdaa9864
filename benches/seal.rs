//! How long `matcha seal` and `matcha leakcheck` take for a large blog, and how much memory: a thousand generated pages
//! with a feed and a search index, beside reading and writing the same files and doing nothing else.
//!
//! `cargo bench --bench seal`, with `-- --write` to put the table into the documentation.

#![expect(clippy::float_arithmetic, clippy::print_stdout, reason = "a bench measures and prints")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use matcha::clock::Stopwatch;
use matcha::domain::money::Fen;
use matcha::domain::product::Lock;
use matcha::rng::Rng;
use matcha::seal::format::SiteSecret;
use matcha::seal::leak::{self, Search};
use matcha::seal::scan;
use matcha::seal::site::{self, Facts, Order};
use matcha::seal::walk;
use matcha::seal::words::Run;

const PAGES: usize = 1000;
const FREE_BYTES: usize = 5000;
const PAID_BYTES: usize = 6000;
const BEGIN: &str = "<!-- seal:begin -->\n";
const END: &str = "<!-- seal:end -->";

/// Prose of about so many bytes, half Chinese and half English.
fn prose(rng: &Rng, bytes: usize) -> String {
    let mut prose = String::new();
    while prose.len() < bytes {
        prose.push_str("<p>");
        for _ in 0..40 {
            if rng.below(2) == 0 {
                let code = 0x4e00 + u32::try_from(rng.below(0x1000)).expect("small");
                prose.extend(char::from_u32(code));
            } else {
                let letters = 2 + rng.below(7);
                prose.extend(
                    (0..letters).map(|_| char::from(b'a' + u8::try_from(rng.below(26)).expect("small"))),
                );
                prose.push(' ');
            }
        }
        prose.push_str(", <b>and</b> so on.</p>\n");
    }
    prose
}

/// Writes the site; its bytes.
fn generate(root: &Path) -> usize {
    let rng = Rng::seeded(1);
    let (mut feed, mut index, mut bytes) = (String::from("<rss><channel>"), Vec::new(), 0);
    for page in 0..PAGES {
        let (free, paid) = (prose(&rng, FREE_BYTES), prose(&rng, PAID_BYTES));
        let marked = format!("{free}<!--matcha:paid post-{page} 1.00-->{paid}<!--/matcha:paid-->");
        let html = format!(
            "<!DOCTYPE html><html><head><title>Post {page}</title><link rel=\"canonical\" \
             href=\"https://blog.example/posts/{page}/\"><meta name=\"description\" content=\"Post {page}\"></head>\
             <body><nav><a href=\"/\">home</a></nav><article><div class=\"post\">{marked}</div></article></body></html>"
        );
        let folder = root.join(format!("posts/{page}"));
        fs::create_dir_all(&folder).expect("a folder");
        bytes += html.len();
        fs::write(folder.join("index.html"), html).expect("a page");
        // A feed has the last posts, an index all of them.
        if page >= PAGES - 20 {
            feed.push_str(&format!("<item><content><![CDATA[{marked}]]></content></item>"));
        }
        let plain = matcha::seal::words::plain(&format!("{free}{paid}"));
        index.push(serde_json::json!({ "url": format!("/posts/{page}/"), "content": plain }));
    }
    feed.push_str("</channel></rss>");
    let index = serde_json::to_string(&index).expect("JSON");
    bytes += feed.len() + index.len();
    fs::write(root.join("feed.xml"), feed).expect("a feed");
    fs::write(root.join("search.json"), index).expect("an index");
    bytes
}

/// What was measured: seconds and the most memory, in MB.
struct Measured {
    what: &'static str,
    seconds: f64,
    peak: f64,
}

fn measure(what: &'static str, work: impl FnOnce()) -> Measured {
    // On Linux this begins a new peak; elsewhere none is told.
    drop(fs::write("/proc/self/clear_refs", "5"));
    let watch = Stopwatch::start();
    work();
    let seconds = watch.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
    Measured { what, seconds, peak: peak.unwrap_or(0.0) / 1024.0 }
}

fn copy_only(root: &Path) {
    for file in walk::walk(root).expect("a site").files {
        let bytes = walk::read(root, &file.path).expect("a file");
        let staged = walk::stage(root, &file.path, &bytes).expect("a file");
        walk::commit(root, vec![staged], &[]).expect("a file");
    }
}

fn seal(root: &Path, secret: &SiteSecret) {
    let quiet = |_: usize, _: usize| {};
    let scan = scan::scan(root, None, None, &quiet).expect("good markers");
    let facts = Facts { price: Fen::new(100).expect("a price"), lock: Lock::Sealed, key_version: 1 };
    let facts: BTreeMap<_, _> = scan.wanted().into_iter().map(|one| (one.product, facts.clone())).collect();
    let order = Order {
        site: "blog",
        server: "https://pay.example",
        label: "展开阅读全文",
        secret,
        facts: &facts,
        attachments: false,
        run: Run::default(),
    };
    let report = site::seal(&scan, &order, &Rng::seeded(2), &quiet).expect("it is sealed");
    assert_eq!(report.sealed.len(), PAGES);
}

fn check(root: &Path, secret: &SiteSecret) {
    let search = Search { root, site: "blog", secret, aside: None, base: None, run: Run::default() };
    let findings = leak::check(&search, &|_, _| {}).expect("it is read");
    assert_eq!((findings.parts, findings.leaks.len()), (PAGES, 0), "{:?}", findings.leaks.first());
}

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path();
    let bytes = generate(root);
    let secret = SiteSecret::from_bytes([7; 32]);
    let rows = [
        measure("read and write the files", || copy_only(root)),
        measure("`matcha seal`", || seal(root, &secret)),
        measure("`matcha leakcheck`", || check(root, &secret)),
    ];
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut table = format!(
        "\n{PAGES} pages of 12 KB, half of each paid, a feed of 20 posts and a search index of all: {:.1} MB in all; {cores} cores.\n\n\
         | | seconds | pages per second | peak MB |\n|---|--:|--:|--:|\n",
        bytes as f64 / 1e6
    );
    for Measured { what, seconds, peak } in rows {
        table.push_str(&format!("| {what} | {seconds:.2} | {:.0} | {peak:.0} |\n", PAGES as f64 / seconds));
    }
    println!("{table}");
    if std::env::args().any(|arg| arg == "--write") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");
        let text = fs::read_to_string(path).expect("the documentation");
        let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
        let (_, after) = rest.split_once(END).expect("where it ends");
        fs::write(path, format!("{before}{BEGIN}{table}\n{END}{after}")).expect("the documentation");
    }
}
