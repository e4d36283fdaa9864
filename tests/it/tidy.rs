//! The house rules, held by test: who may know whom, who may write, what a file may be, and that the documents name
//! what is there.
//!
//! Each rule is a function from files to findings, and has two tests: the repository has no findings, and a bad example
//! has one, so that a rule cannot fall asleep.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

use crate::app::{Ask as _, TestApp};

/// A file of the repository, with its path from the root.
#[derive(Clone)]
struct File {
    path: String,
    text: String,
    /// It is compiled for tests only.
    for_tests: bool,
}

impl File {
    fn new(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned(), for_tests: path.starts_with("tests/") }
    }

    /// The code that runs in production: without comments, the insides of texts, and what is for tests only.
    fn production(&self) -> String {
        if self.for_tests { String::new() } else { without_test_items(&code(&self.text)) }
    }

    /// The first part of the module path: `flow` for `src/flow/settle.rs`.
    fn part(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = inside.split('/').next().unwrap_or(inside);
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The text files below `folder` (from the root) whose names end so.
fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let built =
                ["target", ".git", "node_modules", "data", "corpus", "artifacts"].contains(&name.as_str());
            if path.is_dir() && !built {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let Ok(text) = fs::read_to_string(&path) else { continue };
                let path =
                    path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
                found.push(File::new(&path, &text));
            }
        }
    }
    found
}

/// The program's own code, with the files that are for tests only marked.
fn sources() -> Vec<File> {
    let mut sources = files("src", &[".rs"]);
    let only_for_tests: Vec<String> = sources.iter().flat_map(test_modules).collect();
    for file in &mut sources {
        file.for_tests = only_for_tests.iter().any(|module| file.path.starts_with(module));
    }
    assert!(sources.len() > 50, "the code was found");
    sources
}

/// The beginnings of the paths of the modules that a file declares for tests only.
fn test_modules(file: &File) -> Vec<String> {
    let folder = match file.path.strip_suffix("/mod.rs") {
        Some(folder) => folder.to_owned(),
        None => file.path.strip_suffix(".rs").expect("a Rust file").to_owned(),
    };
    let declared = Regex::new(r"#\[cfg\(test\)\]\s*(?:pub(?:\([a-z]+\))? )?mod (\w+);").expect("a pattern");
    let names = declared.captures_iter(&file.text).map(|found| found[1].to_owned());
    names.flat_map(|name| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/")]).collect()
}

// ---- reading Rust, roughly ------------------------------------------------------------------------------------------

/// The code with comments and the insides of texts blanked out; lines stay where they are.
fn code(text: &str) -> String {
    let token = Regex::new(concat!(
        r##"(?s)//[^\n]*|/\*.*?\*/|r#".*?"#|r"[^"]*"|"(?:[^"\\]|\\.)*"|"##,
        r"'(?:[^'\\\n]|\\[^\n]{1,8}?)'"
    ))
    .expect("a pattern");
    token
        .replace_all(text, |found: &regex::Captures<'_>| "\n".repeat(found[0].matches('\n').count()))
        .into_owned()
}

/// Where the item that begins at `start` ends: behind its closing brace, or its semicolon.
fn end_of_item(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && byte == b'}' {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn without_test_items(code: &str) -> String {
    let mut rest = code.to_owned();
    while let Some(start) = rest.find("#[cfg(test)]") {
        let end = end_of_item(&rest, start + "#[cfg(test)]".len());
        let lines = rest[start..end].matches('\n').count();
        rest.replace_range(start..end, &"\n".repeat(lines));
    }
    rest
}

/// Only what is for tests: the whole of a test file, or the test items of another.
fn only_tests(file: &File) -> String {
    let code = code(&file.text);
    if file.for_tests {
        return code;
    }
    let (mut tests, mut from) = (String::new(), 0);
    while let Some(start) = code[from..].find("#[cfg(test)]").map(|at| from + at) {
        from = end_of_item(&code, start + "#[cfg(test)]".len());
        tests.push_str(&code[start..from]);
    }
    tests
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The places of a pattern in code, as findings.
fn found(file: &File, code: &str, pattern: &str, what: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("a pattern");
    let finding = |at| format!("{}:{}: {what}", file.path, line_of(code, at));
    pattern.find_iter(code).map(|found| finding(found.start())).collect()
}

#[track_caller]
fn none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// The rule finds something in each of these, and nothing in those.
#[track_caller]
fn wakes(rule: impl Fn(&[File]) -> Vec<String>, bad: &[(&str, &str)], good: &[(&str, &str)]) {
    for (path, text) in bad {
        assert!(!rule(&[File::new(path, text)]).is_empty(), "nothing found in {path}: {text}");
    }
    for (path, text) in good {
        none(&rule(&[File::new(path, text)]));
    }
}

// ---- who may know whom ----------------------------------------------------------------------------------------------

/// The parts of the program and the parts that each may name. What is not listed is forbidden.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("limits", &["domain"]),
    ("clock", &["domain"]),
    ("rng", &["domain"]),
    ("secrets", &["domain"]),
    ("config", &["domain", "limits"]),
    ("qr", &["domain"]),
    ("seal", &["domain", "limits", "rng"]),
    ("webhook", &["domain"]),
    ("alipay", &["domain", "limits", "rng"]),
    ("cashier", &["alipay", "domain", "flow", "limits", "rng"]),
    ("storage", &["clock", "domain", "limits"]),
    // App hands the counters of abandoned orders around; they live beside the flow that decides by them.
    ("app", &["clock", "domain", "flow", "limits", "rng", "secrets", "storage"]),
    ("flow", &["alipay", "app", "domain", "limits", "qr", "rng", "seal", "secrets", "storage", "webhook"]),
    ("worker", &["app", "domain", "flow", "limits"]),
    ("web", &["app", "clock", "domain", "flow", "limits", "qr", "secrets", "storage", "webhook"]),
    (
        "cli",
        &[
            "alipay", "app", "cashier", "clock", "config", "domain", "flow", "limits", "qr", "rng", "seal",
            "secrets", "storage", "web", "webhook", "worker",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// The parts that a piece of code names, by `crate::…`, `matcha::…` or enough `super::`.
fn named_parts(file: &File, code: &str) -> Vec<(usize, String)> {
    let path = Regex::new(r"\b(?:crate|matcha)::(\w+|\{[^;]*)").expect("a pattern");
    let group = Regex::new(r"(?:^\{|,)\s*(\w+)").expect("a pattern");
    let inner = Regex::new(r"::\{[^{}]*\}").expect("a pattern");
    let up = Regex::new(r"\b((?:super::)+)(\w+)").expect("a pattern");
    let mut named = Vec::new();
    for found in path.captures_iter(code) {
        let at = found.get(0).expect("a match").start();
        match found[1].strip_prefix('{') {
            None => named.push((at, found[1].to_owned())),
            // The top level of the group: what stands in inner braces belongs to a part that is named before them.
            Some(_) => {
                let mut flat = found[1].to_owned();
                while inner.is_match(&flat) {
                    flat = inner.replace_all(&flat, "").into_owned();
                }
                let flat = flat.split('}').next().unwrap_or_default().to_owned();
                named.extend(group.captures_iter(&flat).map(|part| (at, part[1].to_owned())));
            }
        }
    }
    let inside = file.path.strip_prefix("src/").unwrap_or(&file.path);
    let depth =
        inside.strip_suffix("/mod.rs").or(inside.strip_suffix(".rs")).map_or(1, |m| m.split('/').count());
    for found in up.captures_iter(code) {
        if found[1].matches("super::").count() >= depth {
            named.push((found.get(0).expect("a match").start(), found[2].to_owned()));
        }
    }
    named
}

fn forbidden_edges(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        let (part, code) = (file.part(), file.production());
        let Some((_, known)) = MAY_KNOW.iter().find(|(name, _)| *name == part) else {
            findings.push(format!("{}: say in MAY_KNOW what `{part}` may know", file.path));
            continue;
        };
        let parts = MAY_KNOW.iter().map(|(name, _)| *name);
        let parts: Vec<&str> = parts.collect();
        for (at, named) in named_parts(file, &code) {
            let named = named.as_str();
            if named != part && parts.contains(&named) && !known.contains(&named) {
                findings.push(format!("{}:{}: {part} may not know {named}", file.path, line_of(&code, at)));
            }
        }
    }
    findings
}

#[test]
fn each_part_knows_only_the_parts_it_may() {
    none(&forbidden_edges(&sources()));
}

#[test]
fn a_forbidden_edge_is_found_however_it_is_written() {
    wakes(
        forbidden_edges,
        &[
            ("src/domain/x.rs", "use crate::flow::Error;"),
            ("src/domain/x.rs", "use crate::limits;"),
            ("src/storage/x.rs", "fn f() { crate::web::state::f() }"),
            ("src/flow/x.rs", "use crate::{app::App, web::{Web, dto}};"),
            ("src/flow/x.rs", "use crate::{\n    domain::{id::OrderId, money::Fen},\n    worker,\n};"),
            ("src/flow/mod.rs", "use super::web;"),
            ("src/web/reader/x.rs", "use super::super::super::worker;"),
            ("src/worker/x.rs", "use crate::web;"),
            ("src/web/x.rs", "use crate::cli::open;"),
            ("src/qr/x.rs", "use crate::storage::Store;"),
            ("src/new/x.rs", ""),
        ],
        &[
            ("src/domain/x.rs", "use crate::domain::id; // crate::flow\nfn f() { \"crate::flow\"; }"),
            ("src/domain/x.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use crate::limits; }\nfn g() {}"),
            ("src/flow/x.rs", "use crate::{app::App, domain::{self, worker}};"),
            ("src/web/reader/x.rs", "use super::super::worker;"),
        ],
    );
}

/// What a part may not name of the world outside, and why.
const KEPT_OUT: &[(&str, &str)] = &[
    (
        "domain",
        r"\b(?:tokio|axum|rusqlite|r2d2\w*|reqwest|tracing|hyper|std::env|std::fs|std::net|std::process|SystemTime|Instant|Clock)\b",
    ),
    ("storage", r"\b(?:axum|hyper|reqwest|tower\w*)\b"),
    ("flow", r"\b(?:axum|http|hyper|rusqlite|r2d2\w*|reqwest|tower\w*|StatusCode)\b"),
    ("worker", r"\b(?:axum|hyper|rusqlite|r2d2\w*|reqwest)\b"),
    ("web", r"\b(?:rusqlite|r2d2\w*)\b"),
    (
        "seal",
        r"\b(?:tokio|axum|rusqlite|r2d2\w*|reqwest|hyper|std::env|std::net|std::process|SystemTime|Instant)\b",
    ),
];

fn kept_out(files: &[File]) -> Vec<String> {
    let rules = |file: &File| KEPT_OUT.iter().filter(|(part, _)| *part == file.part()).collect::<Vec<_>>();
    let findings = |file: &File| {
        let of = |(part, pattern): &&(&str, &str)| {
            found(file, &file.production(), pattern, &format!("{part} may not know this"))
        };
        rules(file).iter().flat_map(of).collect::<Vec<_>>()
    };
    files.iter().flat_map(findings).collect()
}

#[test]
fn the_inner_parts_know_neither_runtime_nor_http_nor_sql() {
    none(&kept_out(&sources()));
}

#[test]
fn what_is_kept_out_is_found() {
    wakes(
        kept_out,
        &[
            ("src/domain/x.rs", "use tokio::sync::Mutex;"),
            ("src/domain/x.rs", "fn f() { tracing::info!(\"x\") }"),
            ("src/domain/x.rs", "fn f() { std::env::var(\"X\") }"),
            ("src/domain/x.rs", "use std::time::Instant;"),
            ("src/flow/x.rs", "use axum::http::StatusCode;"),
            ("src/flow/x.rs", "fn f() -> rusqlite::Result<()> {}"),
            ("src/web/x.rs", "use rusqlite::Connection;"),
        ],
        &[("src/domain/x.rs", "/// tokio\nfn f() { \"axum\" }"), ("src/web/x.rs", "use axum::Router;")],
    );
}

// ---- who may write, and who chooses a status ------------------------------------------------------------------------

fn writes_outside_of_flow(files: &[File]) -> Vec<String> {
    let elsewhere = files.iter().filter(|file| !["flow", "storage"].contains(&file.part()));
    let pattern = r"(?:\bstore\s*\.\s*write\s*\(|\.\s*write\s*\(\s*(?:move\s*)?\|)";
    elsewhere.flat_map(|file| found(file, &file.production(), pattern, "only a flow opens a write")).collect()
}

#[test]
fn only_flows_open_a_write() {
    none(&writes_outside_of_flow(&sources()));
}

#[test]
fn a_write_outside_of_the_flows_is_found() {
    wakes(
        writes_outside_of_flow,
        &[
            ("src/web/x.rs", "web.app.store.write(unit).await"),
            ("src/cli/x.rs", "app\n    .store\n    .write(move |tx| Ok(()))"),
            ("src/worker/x.rs", "let db = app.store.clone(); db.write(|tx| tx.touch())"),
        ],
        &[
            ("src/flow/x.rs", "app.store.write(move |tx| Ok(()))"),
            ("src/app.rs", "*self.rules.write().unwrap_or_else(f) = rules;"),
            ("src/secrets.rs", "options.write(true).create_new(true);"),
        ],
    );
}

/// Who may name status codes: the two places that choose them, and who has a reason of its own.
const MAY_NAME_STATUS_CODES: &[(&str, &str)] = &[
    ("src/web/error/mod.rs", "problems"),
    ("src/web/extract.rs", "what a request must bring, and what was made"),
    ("src/web/envelope.rs", "only compares: an answer 401 must name its scheme"),
    ("src/web/cors.rs", "the answer to a preflight has no handler behind it"),
    ("src/web/assets.rs", "a file that the browser has already is 304"),
    ("src/web/health.rs", "not being ready is an answer, not a problem"),
    ("src/web/reader/page/mod.rs", "a page shows a problem's text under the problem's status"),
    ("src/web/reader/page/view.rs", "and is rendered under it"),
];

fn status_codes_elsewhere(files: &[File]) -> Vec<String> {
    let may = |file: &&File| MAY_NAME_STATUS_CODES.iter().any(|(path, _)| *path == file.path);
    let what = "status codes are chosen in src/web/error/mod.rs and src/web/extract.rs";
    let elsewhere = files.iter().filter(|file| !may(file));
    elsewhere.flat_map(|file| found(file, &file.production(), r"\bStatusCode\b", what)).collect()
}

#[test]
fn status_codes_are_chosen_in_two_places() {
    none(&status_codes_elsewhere(&sources()));
    for (path, _) in MAY_NAME_STATUS_CODES {
        let named = fs::read_to_string(root().join(path)).unwrap_or_default().contains("StatusCode");
        assert!(named, "{path} names no status code any more: take it off the list");
    }
}

#[test]
fn a_status_code_elsewhere_is_found() {
    wakes(
        status_codes_elsewhere,
        &[("src/web/owner/x.rs", "(axum::http::StatusCode::OK, body)")],
        &[("src/web/error/mod.rs", "use axum::http::StatusCode;"), ("src/web/owner/x.rs", "// StatusCode")],
    );
}

// ---- what a file may be ---------------------------------------------------------------------------------------------

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 100;

fn long_files(files: &[File]) -> Vec<String> {
    let lines = |file: &File| file.production().trim_end().lines().count();
    let too_long = files.iter().filter(|file| lines(file) > FILE_LINES_MAX);
    too_long.map(|file| format!("{}: {} lines, at most {FILE_LINES_MAX}", file.path, lines(file))).collect()
}

fn long_functions(files: &[File]) -> Vec<String> {
    let begins = Regex::new(r"\bfn (\w+)").expect("a pattern");
    let mut findings = Vec::new();
    for file in files {
        let code = file.production();
        for function in begins.captures_iter(&code) {
            let start = function.get(0).expect("a match").start();
            let lines = code[start..end_of_item(&code, start)].lines().count();
            if lines > FUNCTION_LINES_MAX {
                let (at, name) = (line_of(&code, start), &function[1]);
                findings.push(format!(
                    "{}:{at}: {name} has {lines} lines, at most {FUNCTION_LINES_MAX}",
                    file.path
                ));
            }
        }
    }
    findings
}

fn bare_allows(files: &[File]) -> Vec<String> {
    let pattern = r"#!?\[\s*(?:allow\s*\(|cfg_attr\([^\]]*\ballow\s*\()";
    let all = |file: &File| found(file, &code(&file.text), pattern, "use #[expect(…, reason = \"…\")]");
    files.iter().flat_map(all).collect()
}

#[test]
fn no_file_and_no_function_is_too_long_to_be_read() {
    let mut findings = long_files(&sources());
    findings.extend(long_functions(&sources()));
    none(&findings);
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let mut all = sources();
    all.extend(files("tests", &[".rs"]));
    all.extend(files("benches", &[".rs"]));
    none(&bare_allows(&all));
}

#[test]
fn a_long_file_a_long_function_and_a_bare_allow_are_found() {
    let long = "fn f() {}\n".repeat(501);
    let within = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(500), long);
    wakes(long_files, &[("src/x.rs", &long)], &[("src/x.rs", &within)]);
    let body = |lines: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines));
    wakes(long_functions, &[("src/x.rs", &body(99))], &[("src/x.rs", &body(98)), ("src/x.rs", "fn f();")]);
    wakes(
        bare_allows,
        &[
            ("src/x.rs", "#[allow(dead_code)]"),
            ("src/x.rs", "#![allow(x)]"),
            ("src/x.rs", "#[cfg_attr(a, allow(b))]"),
        ],
        &[
            ("src/x.rs", "#[expect(dead_code, reason = \"y\")] // #[allow(x)]"),
            ("src/x.rs", "\"#[allow(x)]\""),
        ],
    );
}

// ---- what the documents say -----------------------------------------------------------------------------------------

/// Folders and files that a path of the repository may begin with.
const TOP: &str = "src|tests|docs|static|templates|migrations|qrcodes|benches|fuzz|examples|integrations|android-bridge|packaging|deploy";

/// The paths of the repository that a document names in backticks or links to, and that are not there.
fn dead_paths(documents: &[File]) -> Vec<String> {
    let quoted = Regex::new(&format!(
        r"`((?:(?:{TOP})/|(?:Cargo|clippy|rustfmt|deny)\.|openapi\.json|LICENSE|README|CONTRIBUTING|SECURITY|CHANGELOG)[\w./-]*?)/?(?::[\d-]+)?`"
    ))
    .expect("a pattern");
    let linked = Regex::new(r"\]\(([^)\s#]+)").expect("a pattern");
    let mut findings = Vec::new();
    for file in documents {
        let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
        let quoted =
            quoted.captures_iter(&file.text).map(|path| (path[1].to_owned(), PathBuf::from(&path[1])));
        let linked = linked.captures_iter(&file.text).map(|path| (path[1].to_owned(), folder.join(&path[1])));
        // In code the same signs mean other things.
        let linked = linked.filter(|_| file.path.ends_with(".md"));
        let here = linked.filter(|(path, _)| !path.contains("://") && !path.starts_with("mailto:"));
        for (path, place) in quoted.chain(here) {
            if !root().join(&place).exists() {
                findings.push(format!("{}: {path} is not there", file.path));
            }
        }
    }
    findings
}

fn documents() -> Vec<File> {
    let mut documents = files("docs", &[".md"]);
    documents.extend(files("integrations", &[".md"]));
    for entry in fs::read_dir(root()).expect("the root") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            documents.push(File::new(&name, &fs::read_to_string(root().join(&name)).expect("a document")));
        }
    }
    documents
}

#[test]
fn documents_and_comments_name_what_is_there() {
    let mut all = documents();
    all.extend(sources());
    none(&dead_paths(&all));
}

#[test]
fn a_path_that_is_not_there_is_found() {
    wakes(
        dead_paths,
        &[
            ("README.md", "see `src/gone.rs`"),
            ("README.md", "see `tests/gone/`"),
            ("docs/x.md", "[here](gone.md)"),
            ("docs/x.md", "`src/lib.rs` and `docs/gone.md:12`"),
            ("src/x.rs", "/// See `src/gone.rs`."),
        ],
        &[
            ("README.md", "`src/lib.rs`, `src/flow/`, `Cargo.toml`, `src/lib.rs:3`, `a/b`, `matcha serve`"),
            ("README.md", "[x](https://example.com/gone) [y](#part) [z](src/lib.rs)"),
        ],
    );
}

/// A path of one machine says nothing to anybody else.
fn machine_paths(files: &[File]) -> Vec<String> {
    // In two pieces, so that this file does not find itself.
    let pattern =
        concat!(r#"(?:^|[\s"'`(=])(?:/wo"#, r#"rk/|/ro"#, r#"ot/|/home/[a-z]|/Us"#, r#"ers/[A-Za-z])"#);
    files.iter().flat_map(|file| found(file, &file.text, pattern, "a path of one machine")).collect()
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    let endings = [
        ".rs", ".md", ".toml", ".json", ".html", ".css", ".js", ".sql", ".snap", ".yml", ".sh", ".java",
        ".xml",
    ];
    none(&machine_paths(&files("", &endings)));
}

#[test]
fn a_path_of_one_machine_is_found() {
    let (work, home) = (concat!("see /wo", "rk/main"), concat!("\"/ro", "ot/.cargo\""));
    wakes(
        machine_paths,
        &[("README.md", work), ("src/x.rs", home)],
        &[("README.md", "network/work/ok a/root/b")],
    );
}

// ---- the API and its description ------------------------------------------------------------------------------------

/// What is routed and not described: pages and files for people, and what others have specified.
const UNDESCRIBED: &[&str] = &[
    "/",
    "/a/",
    "/v1/embed.js",
    "/v1/{name}",
    "/assets/",
    "/demo/",
    "/v1/Pay/",
    "/PayQRCode/",
    "/appHeart",
    "/appPush",
    "/in/",
    "/alipay/",
    "/admin",
];

/// Routes and descriptions in `files` that do not belong together.
fn undescribed_routes(files: &[File], described: &Value) -> Vec<String> {
    let route = Regex::new(r#"\.route\(\s*"([^"]+)""#).expect("a pattern");
    let description = Regex::new(r#"(?s)utoipa::path\(\s*(\w+),\s*path = "([^"]+)""#).expect("a pattern");
    let mut findings = Vec::new();
    for file in files {
        for found in route.captures_iter(&file.text) {
            let path = &found[1];
            let page = |known: &str| path == known || (known.len() > 1 && path.starts_with(known));
            if !UNDESCRIBED.iter().any(|known| page(known)) {
                findings.push(format!("{}: {path} is routed and not described: use routes!", file.path));
            }
        }
        for found in description.captures_iter(&file.text) {
            let (method, path) = (&found[1], &found[2]);
            if described["paths"][path][method].is_null() {
                findings.push(format!("{}: {method} {path} is described and not routed", file.path));
            }
        }
    }
    findings
}

fn generated() -> Value {
    serde_json::to_value(matcha::web::openapi()).expect("JSON")
}

#[test]
fn every_route_of_the_api_is_described_and_every_description_is_routed() {
    none(&undescribed_routes(&sources(), &generated()));
}

#[test]
fn a_route_without_description_and_a_description_without_route_are_found() {
    let described = serde_json::json!({ "paths": { "/api/v1/x": { "get": {} } } });
    let rule = |files: &[File]| undescribed_routes(files, &described);
    wakes(
        rule,
        &[
            ("src/web/x.rs", "Router::new().route(\"/api/v1/y\", get(y))"),
            ("src/web/x.rs", "Router::new()\n.route(\n    \"/b\", get(y))"),
            ("src/web/x.rs", "#[utoipa::path(post, path = \"/api/v1/x\")]"),
            ("src/web/x.rs", "#[utoipa::path(get,\n    path = \"/api/v1/y\", tag = \"reader\")]"),
        ],
        &[(
            "src/web/x.rs",
            "#[utoipa::path(get, path = \"/api/v1/x\")] .route(\"/a/{x}\", get(y)).route(\"/\", z)",
        )],
    );
}

#[test]
fn the_committed_description_is_the_generated_one() {
    let committed = fs::read_to_string(root().join("openapi.json")).expect("openapi.json");
    let committed: Value = serde_json::from_str(&committed).expect("JSON");
    assert!(
        committed == generated(),
        "openapi.json is old; make it anew: cargo run -- openapi > openapi.json"
    );
}

#[tokio::test]
async fn the_running_server_knows_every_address_of_the_description() {
    let app = TestApp::start().await;
    let mut asked = 0;
    for (path, methods) in generated()["paths"].as_object().expect("paths") {
        let id = match path.split('/').rev().find(|part| {
            let named = [
                "orders",
                "accounts",
                "codes",
                "products",
                "devices",
                "inbox",
                "claims",
                "coupons",
                "unlocks",
                "subscriptions",
            ];
            named.contains(part)
        }) {
            Some("orders") => "ord_1",
            Some("accounts") => "acc_1",
            Some("codes") => "cod_1",
            Some("products") => "prd_1",
            Some("devices") => "dev_1",
            Some("claims") => "clm_1",
            Some("coupons") => "cpn_1",
            Some("unlocks") => "unl_1",
            Some("subscriptions") => "sub_1",
            _ => "inb_1",
        };
        let real = path.replace("{id}", id).replace("{site}", "blog").replace("{slug}", "tea");
        for method in methods.as_object().expect("methods").keys() {
            let method = method.to_uppercase().parse().expect("a method");
            let answer = app.http.request(method, format!("{}{real}", app.base_url)).ask().await;
            let code = if answer.status < 400 { Value::Null } else { answer.json()["code"].clone() };
            assert!(code != "not_found" && code != "method_not_allowed", "{path}: {}", answer.text());
            asked += 1;
        }
    }
    assert!(asked > 35, "{asked}");
}

// ---- tests ----------------------------------------------------------------------------------------------------------

/// Tests that may wait by the clock, and why.
const MAY_SLEEP: &[(&str, &str)] =
    &[("tests/it/browser/", "asks a real browser again and again, which tells nobody when it is done")];

fn sleeping_tests(files: &[File]) -> Vec<String> {
    let awake = files.iter().filter(|file| !MAY_SLEEP.iter().any(|(path, _)| file.path.starts_with(path)));
    let what = "a test waits for the thing itself, not for a while";
    awake.flat_map(|file| found(file, &only_tests(file), r"\bsleep(?:_until|_ms)?\s*\(", what)).collect()
}

#[test]
fn no_test_sleeps() {
    let mut all = sources();
    all.extend(files("tests", &[".rs"]));
    none(&sleeping_tests(&all));
}

#[test]
fn a_test_that_sleeps_is_found() {
    wakes(
        sleeping_tests,
        &[
            ("tests/it/x.rs", "tokio::time::sleep(SECOND).await"),
            ("tests/it/x.rs", "std::thread::sleep (SECOND)"),
            ("src/x.rs", "fn f() {}\n#[cfg(test)]\nmod tests { fn g() { sleep(1) } }"),
        ],
        &[
            ("src/x.rs", "fn f() { sleep(1) }\n#[cfg(test)]\nmod tests { fn g() {} }"),
            ("tests/it/browser/x.rs", "sleep(1)"),
            ("tests/it/x.rs", "// sleep(1)\n\"sleep(1)\""),
        ],
    );
}

#[test]
fn comments_and_texts_are_told_from_code() {
    let text = "a(\"x // \\\" y\"); // z\nlet c = '\"'; /* q\n\"w */ b('\\'', r#\"k \" l\"#, 'static);";
    let expected = "a(); \nlet c = ; \n b(, , 'static);";
    assert_eq!(code(text), expected);
    let tests = without_test_items("fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}\n");
    assert_eq!(tests, "fn a() {}\n\n\n\n\nfn c() {}\n");
}
