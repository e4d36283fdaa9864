//! Looks for words of paid parts in everything that a built site publishes.
//!
//! Opens every sealed text with the site's secret, and then reads every file as a stranger would: under compression,
//! escapes and markup. Refuses to change anything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read as _;
use std::path::Path;

use regex::Regex;
use sha2::{Digest as _, Sha256};

use super::clean::{self, Format};
use super::format::{self, Binding, SiteSecret};
use super::html::{self, Token};
use super::known::{self, Known, Passage};
use super::page;
use super::parts;
use super::place::Base;
use super::scan;
use super::walk::{self, File, WalkError};
use super::words::Run;
use super::work::{self, Progress};
use crate::limits;

/// What is to be looked for.
#[derive(Debug)]
pub struct Search<'a> {
    /// The built site.
    pub root: &'a Path,
    /// The site's slug.
    pub site: &'a str,
    /// The site's sealing secret.
    pub secret: &'a SiteSecret,
    /// Parts that an adapter laid aside.
    pub aside: Option<&'a Path>,
    /// Where the site lies, where it is not to be guessed.
    pub base: Option<Base>,
    /// How many words in a row are a leak.
    pub run: Run,
}

/// What kind of leak it is, and so what is to be done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Words of a paid part.
    Words,
    /// A link to a heading that only a reader who paid sees.
    Heading,
    /// A marker whose part was not sealed.
    Marker,
    /// A token whose part was not put in.
    Token,
    /// A sealed file that also lies there in the open.
    Attachment,
    /// A sealed text that this secret does not open: it cannot be looked for, and no reader can open it.
    Unopened,
}

/// One leak.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Leak {
    /// The file.
    pub path: String,
    /// The line, from 1; of the unpacked text where the file is compressed.
    pub line: usize,
    /// What kind.
    pub kind: Kind,
    /// The product's slug, if it is known.
    pub product: String,
    /// The first words, or what else was found.
    pub words: String,
}

/// What was looked at, and what was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Files that were looked at.
    pub files: usize,
    /// Different paid parts that were opened.
    pub parts: usize,
    /// Sealed attachments that were opened.
    pub attachments: usize,
    /// Parts that are only hidden.
    pub revealed: usize,
    /// The leaks, by file and line.
    pub leaks: Vec<Leak>,
    /// Files that could not be looked into, and why.
    pub unchecked: Vec<(String, &'static str)>,
    /// Products with a part that is too short to be looked for.
    pub too_short: Vec<String>,
}

/// What one file tells of the paid parts.
#[derive(Default)]
struct Opened {
    passages: Vec<Passage>,
    products: BTreeSet<String>,
    /// Sealed texts without a product beside them.
    loose: BTreeSet<String>,
    titles: Vec<String>,
    canonical: Option<String>,
    leaks: Vec<Leak>,
    revealed: usize,
    foreign: bool,
}

/// Looks for leaks.
///
/// # Errors
/// [`WalkError`] where the folder cannot be read.
pub fn check(search: &Search<'_>, progress: Progress<'_>) -> Result<Findings, WalkError> {
    let tree = walk::walk(search.root)?;
    let sealed = Regex::new(r"\bms[0-9]{1,3}\.[0-9]{1,10}\.[A-Za-z0-9_-]{38,}").expect("a pattern");
    let opened = work::each(&tree.files, progress, |file| search.open(file, &sealed))?;
    let guess =
        opened.iter().zip(&tree.files).find_map(|(o, f)| Base::guess(o.canonical.as_deref()?, &f.path));
    let base = search.base.clone().or(guess).unwrap_or_default();
    let mut findings = Findings { unchecked: tree.skipped.clone(), ..Findings::default() };
    let (mut passages, mut titles, mut products, mut loose) =
        (vec![], vec![], BTreeSet::new(), BTreeMap::new());
    for (opened, file) in opened.into_iter().zip(&tree.files) {
        passages.extend(opened.passages);
        titles.extend(opened.titles);
        products.extend(opened.products);
        findings.leaks.extend(opened.leaks);
        findings.revealed += opened.revealed;
        if opened.foreign {
            findings
                .unchecked
                .push((file.path.clone(), "it has a lock of another site, whose text is not looked for"));
        }
        opened.loose.into_iter().for_each(|text| {
            loose.entry(text).or_insert_with(|| file.path.clone());
        });
    }
    search.open_aside(&mut passages, &mut products)?;
    search.open_loose(loose, &products, &mut passages, &mut findings);
    titles.sort();
    titles.dedup();
    let plain = search.open_files(&base, &passages, &mut findings);
    let known = Known::new(search.run, passages, &titles);
    findings.parts = known.len();
    findings.too_short = known.too_short().into_iter().map(str::to_owned).collect();
    let looked = work::each(&tree.files, progress, |file| search.look(file, &known, &base, &plain))?;
    for (looked, file) in looked.into_iter().zip(&tree.files) {
        match looked {
            Ok(leaks) => {
                findings.files += 1;
                findings.leaks.extend(leaks);
            }
            Err(why) => findings.unchecked.push((file.path.clone(), why)),
        }
    }
    findings.leaks.sort();
    findings.leaks.dedup();
    findings.too_short.dedup();
    Ok(findings)
}

impl Search<'_> {
    /// Opens what is sealed in one file.
    fn open(&self, file: &File, sealed: &Regex) -> Result<Opened, WalkError> {
        let mut opened = Opened::default();
        let Ok(text) = self.text(file)? else { return Ok(opened) };
        let is_page = clean::format_of(&file.path) == Some(Format::Html);
        let tokens = if is_page { html::tokens(&text) } else { Vec::new() };
        let locks: Vec<usize> = tokens
            .iter()
            .enumerate()
            .filter(|(_, t)| t.start().is_some_and(|tag| tag.name == "matcha-lock"))
            .map(|(index, _)| index)
            .collect();
        let span = |index: usize| {
            let end = html::end_of(&tokens, index).and_then(|end| tokens.get(end)).map(|t| t.span.end);
            tokens.get(index).map(|t| t.span.start..end.unwrap_or(t.span.end)).unwrap_or_default()
        };
        let spans: Vec<_> = locks.iter().map(|index| span(*index)).collect();
        let rest = super::edit::blanked(&text, spans.iter().cloned());
        for (index, span) in locks.iter().zip(&spans) {
            let Some(tag) = tokens.get(*index).and_then(Token::start) else { continue };
            let product = tag.get("product").unwrap_or_default().to_owned();
            let Some(text_sealed) = tag.get("sealed") else { continue };
            if tag.get("site").is_some_and(|site| site != self.site) {
                opened.foreign = true;
                continue;
            }
            opened.products.insert(product.clone());
            if text_sealed.starts_with("matcha-part:") {
                continue;
            }
            match self.open_text(&product, text_sealed) {
                Some(html) => {
                    let near = known::near(&text, &tokens, span, &spans);
                    let ids = known::own_ids(&html, &rest);
                    opened.passages.push(Passage { product, path: Some(file.path.clone()), html, near, ids });
                }
                None => opened.leaks.push(Leak {
                    path: file.path.clone(),
                    line: html::line_of(&text, span.start),
                    kind: Kind::Unopened,
                    product,
                    words: text_sealed.chars().take(24).collect(),
                }),
            }
        }
        if is_page {
            let named = ["title", "h1"].iter().filter_map(|name| page::element_text(&rest, &tokens, name));
            opened.titles = named.collect();
            let reveals =
                tokens.iter().filter_map(Token::start).filter(|t| t.get("data-matcha-reveal").is_some());
            opened.revealed = reveals.count();
            let link = tokens.iter().filter_map(Token::start).find(|t| t.get("rel") == Some("canonical"));
            opened.canonical = link.and_then(|tag| tag.get("href")).map(str::to_owned);
        }
        opened.loose = sealed.find_iter(&rest).map(|found| found.as_str().to_owned()).collect();
        Ok(opened)
    }

    fn open_text(&self, product: &str, sealed: &str) -> Option<String> {
        let version = format::version_of(sealed.as_bytes()).ok()?;
        let key = self.secret.product_key(self.site, product, version);
        format::open_text(&key, Binding { site: self.site, product, version }, sealed).ok()
    }

    fn open_aside(
        &self,
        passages: &mut Vec<Passage>,
        products: &mut BTreeSet<String>,
    ) -> Result<(), WalkError> {
        let Some(folder) = self.aside else { return Ok(()) };
        for file in walk::walk(folder)?.files {
            let Some(product) = file.path.strip_suffix(".html") else { continue };
            let html = String::from_utf8_lossy(&walk::read(folder, &file.path)?).into_owned();
            products.insert(product.to_owned());
            passages.push(Passage {
                product: product.to_owned(),
                path: None,
                html,
                near: String::new(),
                ids: vec![],
            });
        }
        Ok(())
    }

    /// Sealed texts in scripts do not say whose they are: each product is tried.
    fn open_loose(
        &self,
        loose: BTreeMap<String, String>,
        products: &BTreeSet<String>,
        passages: &mut Vec<Passage>,
        findings: &mut Findings,
    ) {
        for (sealed, path) in loose {
            let open = |product: &String| Some((product.clone(), self.open_text(product, &sealed)?));
            match products.iter().find_map(open) {
                Some((product, html)) => {
                    passages.push(Passage { product, path: None, html, near: String::new(), ids: vec![] });
                }
                None => findings.leaks.push(Leak {
                    path,
                    line: 1,
                    kind: Kind::Unopened,
                    product: String::new(),
                    words: sealed.chars().take(24).collect(),
                }),
            }
        }
    }

    /// The plain forms of sealed attachments, by size: hash, name and product.
    fn open_files(&self, base: &Base, passages: &[Passage], findings: &mut Findings) -> Plain {
        let (mut plain, mut seen) = (Plain::new(), BTreeSet::new());
        for passage in passages {
            for token in html::tokens(&passage.html) {
                let Some(tag) = token.start() else { continue };
                let to = tag.get("data-matcha-src").or_else(|| tag.get("data-matcha-href"));
                let (Some(to), Some(name)) = (to, tag.get("data-matcha-name")) else { continue };
                let from = passage.path.as_deref().unwrap_or("index.html");
                let Some((path, _)) = base.resolve(from, to) else { continue };
                if !seen.insert((path.clone(), passage.product.clone())) {
                    continue;
                }
                match self.open_file(&path, &passage.product, name) {
                    Some(bytes) => {
                        findings.attachments += 1;
                        let row = (digest(&bytes), name.to_owned(), passage.product.clone());
                        plain.entry(bytes.len() as u64).or_default().push(row);
                    }
                    None => findings.leaks.push(Leak {
                        path: path.clone(),
                        line: 1,
                        kind: Kind::Unopened,
                        product: passage.product.clone(),
                        words: name.to_owned(),
                    }),
                }
            }
        }
        plain
    }

    fn open_file(&self, path: &str, product: &str, name: &str) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        let sealed = walk::read(self.root, path).ok()?;
        let version = format::version_of(&sealed).ok()?;
        let key = self.secret.product_key(self.site, product, version);
        format::open_file(&key, Binding { site: self.site, product, version }, name, &sealed).ok()
    }

    /// The text of a file as a stranger reads it, or why it has none.
    fn text(&self, file: &File) -> Result<Result<String, &'static str>, WalkError> {
        if is_picture(&file.path) || file.path.ends_with(".sealed") {
            return Ok(Ok(String::new()));
        }
        if file.bytes > limits::SITE_TEXT_BYTES_MAX {
            return Ok(Err("it is too large"));
        }
        Ok(unpacked(&file.path, walk::read(self.root, &file.path)?))
    }

    /// The leaks of one file, or why it cannot be looked into.
    fn look(
        &self,
        file: &File,
        known: &Known,
        base: &Base,
        plain: &Plain,
    ) -> Result<Result<Vec<Leak>, &'static str>, WalkError> {
        let mut leaks = Vec::new();
        let leak = |line, kind, product: &str, words: String| Leak {
            path: file.path.clone(),
            line,
            kind,
            product: product.to_owned(),
            words,
        };
        if let Some(same_size) = plain.get(&file.bytes) {
            let hash = digest(&walk::read(self.root, &file.path)?);
            for (_, name, product) in same_size.iter().filter(|(other, ..)| *other == hash) {
                leaks.push(leak(1, Kind::Attachment, product, name.clone()));
            }
        }
        let text = match self.text(file)? {
            Ok(text) => text,
            Err(why) => return Ok(Err(why)),
        };
        let mut lines: HashMap<(usize, String), usize> = HashMap::new();
        let starts = html::Lines::new(&text);
        for hit in known.leaks(&text) {
            let (line, product) = (starts.of(hit.at.start), known.product(&hit));
            if lines.insert((line, product.to_owned()), hit.at.start).is_none() {
                let words = known.index.paid(hit.paid).map(|paid| paid.words(&hit.of, WORDS_SHOWN));
                leaks.push(leak(line, Kind::Words, product, words.unwrap_or_default()));
            }
        }
        if clean::format_of(&file.path) == Some(Format::Html) {
            let tokens = html::tokens(&text);
            for (index, product, id) in known.heading_links(base, &file.path, &tokens) {
                let at = tokens.get(index).map_or(0, |t| t.span.start);
                leaks.push(leak(html::line_of(&text, at), Kind::Heading, product, format!("#{id}")));
            }
            match parts::find_in(&text, &tokens) {
                Ok(parts) => {
                    let own = |part: parts::Part| {
                        leak(part.line, Kind::Marker, part.product.as_str(), String::new())
                    };
                    leaks.extend(parts.into_iter().map(own));
                }
                Err(problems) => {
                    leaks.extend(problems.into_iter().map(|p| leak(p.line, Kind::Marker, "", p.what)));
                }
            }
        } else if let Some((line, product)) = marker(&text) {
            leaks.push(leak(line, Kind::Marker, &product, String::new()));
        }
        for found in scan::token_pattern().captures_iter(&text).take(1) {
            let at = found.get(0).map_or(0, |m| m.start());
            leaks.push(leak(html::line_of(&text, at), Kind::Token, &found[1], String::new()));
        }
        Ok(Ok(leaks))
    }
}

type Plain = HashMap<u64, Vec<([u8; 32], String, String)>>;

const WORDS_SHOWN: usize = 40;

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The first marker in a file that is no page, under whatever escapes: line and product.
fn marker(text: &str) -> Option<(usize, String)> {
    if !parts::may_have(text) {
        return None;
    }
    let pattern = r#"(?:!--\s*matcha:paid\s+|data-matcha-paid=\\?(?:["']|&quot;|&#34;|\\u0022)?)([A-Za-z0-9][A-Za-z0-9._-]*)"#;
    let found = Regex::new(pattern).expect("a pattern").captures(text)?;
    Some((html::line_of(text, found.get(0)?.start()), found[1].to_owned()))
}

fn ending(path: &str) -> String {
    path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// Files whose bytes are no text, however they are read. Their contents are compared, not searched.
fn is_picture(path: &str) -> bool {
    matches!(
        ending(path).as_str(),
        "png"
            | "jpg"
            | "jpeg"
            | "gif"
            | "webp"
            | "avif"
            | "ico"
            | "bmp"
            | "woff"
            | "woff2"
            | "ttf"
            | "otf"
            | "eot"
            | "mp3"
            | "m4a"
            | "ogg"
            | "wav"
            | "flac"
            | "mp4"
            | "webm"
            | "mov"
    )
}

/// The text of a file: unpacked where it is compressed, read as UTF-16 where it says so.
fn unpacked(path: &str, bytes: Vec<u8>) -> Result<String, &'static str> {
    let limit = limits::SITE_TEXT_BYTES_MAX;
    let mut plain = Vec::new();
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        let reader = flate2::read::MultiGzDecoder::new(bytes.as_slice());
        reader.take(limit + 1).read_to_end(&mut plain).map_err(|_| "it is no good gzip")?;
        plain
    } else if ending(path) == "br" {
        let reader = brotli_decompressor::Decompressor::new(bytes.as_slice(), 1 << 16);
        reader.take(limit + 1).read_to_end(&mut plain).map_err(|_| "it is no good Brotli")?;
        plain
    } else {
        bytes
    };
    if bytes.len() as u64 > limit {
        return Err("it is too large");
    }
    match ending(path).as_str() {
        "zst" => return Err("it is compressed with Zstandard"),
        "zip" | "7z" | "rar" | "tar" | "xz" | "bz2" | "epub" | "docx" | "pptx" | "xlsx" | "odt" => {
            return Err("it is an archive or a document");
        }
        "pdf" => return Err("it is a PDF"),
        _ => {}
    }
    let wide = |big: bool| {
        let unit = |pair: &[u8]| {
            let pair = [pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)];
            if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        };
        let units = bytes.get(2..).unwrap_or_default().chunks(2).map(unit);
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        return Ok(wide(false));
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return Ok(wide(true));
    }
    Ok(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
}
