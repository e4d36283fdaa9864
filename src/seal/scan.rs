//! What a built site holds that is to be sealed: its paid parts, with what their pages say of them.
//!
//! Reads, and changes nothing. All that is wrong with markers is told at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;
use sha2::{Digest as _, Sha256};

use super::clean::{self, Format};
use super::html::{self, Tag, Token};
use super::known::{self, Passage};
use super::page;
use super::parts::{self, Part};
use super::place::Base;
use super::walk::{self, Tree, WalkError};
use super::work::{self, Progress};
use crate::domain::money::Fen;
use crate::domain::product::Lock;
use crate::domain::site::Slug;
use crate::limits;

/// A page with paid parts.
#[derive(Debug)]
pub struct Page {
    /// Its file.
    pub path: String,
    /// Its paid parts, with their HTML, what is read near them, and ids that only they have.
    pub parts: Vec<(Part, Passage)>,
    /// Its title.
    pub title: Option<String>,
    /// Its address, if it says one.
    pub canonical: Option<String>,
    /// It is an article, as it says or because it sells one product only, and not a list.
    pub alone: bool,
}

/// A paid part that an adapter laid aside, for `matcha-part:{slug}:{hash}`.
#[derive(Debug)]
pub struct LaidAside {
    /// Its product.
    pub product: Slug,
    /// The first 16 hexadecimal digits of its SHA-256.
    pub hash: String,
    /// What is paid for.
    pub html: String,
}

/// What the lock around a token says of its product.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    /// Its price.
    pub price: Option<Fen>,
    /// Its title, or the page's.
    pub title: Option<String>,
    /// The page's address.
    pub canonical: Option<String>,
}

/// What was found in a built site.
#[derive(Debug)]
pub struct Scan {
    /// The folder.
    pub root: PathBuf,
    /// Its files.
    pub tree: Tree,
    /// Pages with markers.
    pub pages: Vec<Page>,
    /// Parts that were laid aside.
    pub aside: Vec<LaidAside>,
    /// By product: pages with a token of it, and what is read near it.
    pub tokens: BTreeMap<String, Vec<Passage>>,
    /// By product: what the first lock around a token of it says.
    pub said: BTreeMap<String, Said>,
    /// Pages that are about the product of their tokens alone.
    pub alone: BTreeSet<String>,
    /// Titles of all pages: everybody reads them.
    pub titles: Vec<String>,
    /// Where the site lies.
    pub base: Base,
    /// There are locks already.
    pub sealed_before: bool,
}

/// What a page wants to sell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The product.
    pub product: Slug,
    /// The price that markers say.
    pub price: Option<Fen>,
    /// The lock that markers say.
    pub lock: Option<Lock>,
    /// The title that a marker or the page says.
    pub title: Option<String>,
    /// The page's address.
    pub url: Option<String>,
    /// Where the first marker stands, `file:line`.
    pub at: String,
}

/// Why a site cannot be scanned.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The folder cannot be read.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// Markers that are wrong, each as `file:line: what`.
    #[error("{} markers are wrong; nothing was changed:\n{}", .0.len(), .0.join("\n"))]
    Markers(Vec<String>),
}

/// The token in the place of a part that was laid aside.
#[must_use]
pub fn token_pattern() -> Regex {
    Regex::new(r"matcha-part:([A-Za-z0-9][A-Za-z0-9._-]{0,99}):([0-9a-f]{16})").expect("a pattern")
}

/// One page, as far as it could be read.
#[derive(Default)]
struct Found {
    page: Option<Page>,
    tokens: Vec<(Passage, Said)>,
    alone: bool,
    titles: Vec<String>,
    canonical: Option<String>,
    sealed_before: bool,
    problems: Vec<String>,
}

/// Reads the pages of the built site in `root`, and the parts laid aside in `aside`.
///
/// # Errors
/// [`ScanError`]
pub fn scan(
    root: &Path,
    aside: Option<&Path>,
    base: Option<Base>,
    progress: Progress<'_>,
) -> Result<Scan, ScanError> {
    let tree = walk::walk(root)?;
    let pages: Vec<&walk::File> = tree
        .files
        .iter()
        .filter(|f| clean::format_of(&f.path) == Some(Format::Html) && f.bytes <= limits::SITE_TEXT_BYTES_MAX)
        .collect();
    let pattern = token_pattern();
    let found = work::each(&pages, progress, |file| {
        let bytes = walk::read(root, &file.path)?;
        // A page in another encoding is named when it is sealed.
        Ok::<_, WalkError>(
            String::from_utf8(bytes).map_or_else(|_| Found::default(), |t| read(&file.path, &t, &pattern)),
        )
    })?;
    let aside = aside.map(lay_aside).transpose()?.unwrap_or_default();
    let guess =
        found.iter().zip(&pages).find_map(|(f, file)| Base::guess(f.canonical.as_deref()?, &file.path));
    let base = base.or(guess).unwrap_or_default();
    let mut scan = Scan {
        root: root.to_owned(),
        pages: Vec::new(),
        aside,
        tokens: BTreeMap::new(),
        said: BTreeMap::new(),
        alone: BTreeSet::new(),
        titles: Vec::new(),
        base,
        sealed_before: false,
        tree: Tree::default(),
    };
    let mut problems = Vec::new();
    for found in found {
        problems.extend(found.problems);
        scan.pages.extend(found.page);
        scan.titles.extend(found.titles);
        scan.sealed_before |= found.sealed_before;
        for (passage, said) in found.tokens {
            scan.alone.extend(passage.path.clone().filter(|_| found.alone));
            scan.said.entry(passage.product.clone()).or_insert(said);
            scan.tokens.entry(passage.product.clone()).or_default().push(passage);
        }
    }
    scan.titles.sort();
    scan.titles.dedup();
    scan.tree = tree;
    problems.extend(contradictions(&scan.pages));
    if problems.is_empty() { Ok(scan) } else { Err(ScanError::Markers(problems)) }
}

fn lay_aside(folder: &Path) -> Result<Vec<LaidAside>, WalkError> {
    let mut aside = Vec::new();
    for file in walk::walk(folder)?.files {
        let Some(product) = file.path.strip_suffix(".html").and_then(|slug| slug.parse().ok()) else {
            continue;
        };
        let bytes = walk::read(folder, &file.path)?;
        let hash = Sha256::digest(&bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let html = String::from_utf8(bytes).map_err(|e| WalkError::Read {
            path: file.path.clone(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, e),
        })?;
        aside.push(LaidAside { product, hash, html });
    }
    Ok(aside)
}

/// Markers of one product that do not say the same.
fn contradictions(pages: &[Page]) -> Vec<String> {
    let mut first: BTreeMap<&Slug, (&Page, &Part)> = BTreeMap::new();
    let mut problems = Vec::new();
    for (page, part) in pages.iter().flat_map(|page| page.parts.iter().map(move |(part, _)| (page, part))) {
        let (there, before) = *first.entry(&part.product).or_insert((page, part));
        let differ = |a: &Option<String>, b: &Option<String>| matches!((a, b), (Some(a), Some(b)) if a != b);
        let price = |part: &Part| part.price.map(|p| p.to_string());
        let lock = |part: &Part| part.lock.map(|lock| lock.as_str().to_owned());
        for (name, a, b) in [("price", price(before), price(part)), ("lock", lock(before), lock(part))] {
            if differ(&a, &b) {
                problems.push(format!(
                    "{}:{}: the {name} of {} is {} here and {} in {}:{}",
                    page.path,
                    part.line,
                    part.product,
                    b.unwrap_or_default(),
                    a.unwrap_or_default(),
                    there.path,
                    before.line
                ));
            }
        }
    }
    problems
}

fn read(path: &str, text: &str, pattern: &Regex) -> Found {
    let tokens = html::tokens(text);
    let mut found = Found { canonical: canonical(&tokens), ..Found::default() };
    let parts = match parts::find_in(text, &tokens) {
        Ok(parts) => parts,
        Err(problems) => {
            found.problems = problems.into_iter().map(|p| format!("{path}:{}: {}", p.line, p.what)).collect();
            return found;
        }
    };
    let locks: Vec<(usize, &Token)> = tokens
        .iter()
        .enumerate()
        .filter(|(_, t)| t.start().is_some_and(|tag| tag.name == "matcha-lock"))
        .collect();
    found.sealed_before = !locks.is_empty();
    let paid: Vec<_> = parts.iter().map(|part| part.outer.clone()).collect();
    let rest = super::edit::blanked(text, paid.iter().cloned());
    let rest_tokens = html::tokens(&rest);
    found.titles =
        ["title", "h1"].iter().filter_map(|name| page::element_text(&rest, &rest_tokens, name)).collect();
    for (index, token) in locks {
        let Some(tag) = token.start() else { continue };
        let sealed = tag.get("sealed").unwrap_or_default();
        let Some(product) = pattern.captures(sealed).map(|c| c[1].to_owned()) else { continue };
        let said = match said(tag) {
            Ok(said) => said,
            Err(what) => {
                let line = html::line_of(text, token.span.start);
                found.problems.push(format!("{path}:{line}: {what}"));
                continue;
            }
        };
        let end = html::end_of(&tokens, index)
            .and_then(|end| tokens.get(end))
            .map_or(token.span.end, |t| t.span.end);
        let lock = token.span.start..end;
        let near = known::near(text, &tokens, &lock, std::slice::from_ref(&lock));
        let (path, html) = (Some(path.to_owned()), String::new());
        found.tokens.push((Passage { product, path, html, near, ids: Vec::new() }, said));
    }
    let is_article = open_graph_type(&tokens).map(|kind| kind == "article");
    let first = found.tokens.first().map(|(passage, _)| passage.product.clone());
    let alone = found.tokens.iter().all(|(passage, _)| Some(&passage.product) == first.as_ref());
    found.alone = parts.is_empty() && is_article.unwrap_or(alone);
    if found.alone {
        for (_, said) in &mut found.tokens {
            said.title = said.title.take().or_else(|| page::title(&rest, &rest_tokens));
            said.canonical.clone_from(&found.canonical);
        }
    }
    if parts.is_empty() {
        return found;
    }
    let first = parts.first().map(|part| part.product.clone());
    let one = parts.iter().all(|part| Some(&part.product) == first.as_ref());
    let passage = |part: Part| {
        let html = text.get(part.inner.clone()).unwrap_or_default().to_owned();
        let near = known::near(text, &tokens, &part.outer, &paid);
        let ids = known::own_ids(&html, &rest);
        let product = part.product.to_string();
        (part, Passage { product, path: Some(path.to_owned()), html, near, ids })
    };
    found.page = Some(Page {
        path: path.to_owned(),
        title: page::title(&rest, &rest_tokens),
        canonical: found.canonical.clone(),
        alone: is_article.unwrap_or(one),
        parts: parts.into_iter().map(passage).collect(),
    });
    found
}

fn said(tag: &Tag) -> Result<Said, String> {
    let price = tag.get("data-matcha-price").map(|text| parts::price_of(text.trim())).transpose()?;
    let title = tag.get("data-matcha-title").map(|text| text.trim().to_owned()).filter(|t| !t.is_empty());
    Ok(Said { price, title, canonical: None })
}

fn canonical(tokens: &[Token]) -> Option<String> {
    let link = tokens
        .iter()
        .filter_map(Token::start)
        .find(|t| t.name == "link" && t.get("rel") == Some("canonical"));
    link.and_then(|tag| tag.get("href")).map(str::to_owned)
}

fn open_graph_type(tokens: &[Token]) -> Option<&str> {
    let meta = tokens
        .iter()
        .filter_map(Token::start)
        .find(|t| t.name == "meta" && t.get("property") == Some("og:type"));
    meta.and_then(|tag| tag.get("content"))
}

impl Scan {
    /// The products that the pages want to sell, each once.
    #[must_use]
    pub fn wanted(&self) -> Vec<Wanted> {
        let mut wanted: BTreeMap<Slug, Wanted> = BTreeMap::new();
        for page in &self.pages {
            for (part, _) in &page.parts {
                let entry = wanted.entry(part.product.clone()).or_insert_with(|| Wanted {
                    product: part.product.clone(),
                    price: None,
                    lock: None,
                    title: None,
                    url: None,
                    at: format!("{}:{}", page.path, part.line),
                });
                entry.price = entry.price.or(part.price);
                entry.lock = entry.lock.or(part.lock);
                let own = part.title.clone().or_else(|| page.title.clone().filter(|_| page.alone));
                entry.title = entry.title.take().or(own);
                let url = page.canonical.clone().or_else(|| self.address(&page.path));
                entry.url = entry.url.take().or(url.filter(|_| page.alone));
            }
        }
        for aside in &self.aside {
            let pages = self.tokens.get(aside.product.as_str());
            let path = pages.and_then(|pages| pages.first()).and_then(|passage| passage.path.clone());
            let said = self.said.get(aside.product.as_str()).cloned().unwrap_or_default();
            wanted.entry(aside.product.clone()).or_insert_with(|| Wanted {
                product: aside.product.clone(),
                price: said.price,
                lock: None,
                title: said.title,
                url: said.canonical.or_else(|| path.as_deref().and_then(|path| self.address(path))),
                at: path.unwrap_or_else(|| format!("{}.html", aside.product)),
            });
        }
        wanted.into_values().collect()
    }

    /// The address of a file, where the site's is known.
    fn address(&self, path: &str) -> Option<String> {
        let origin = self.base.origin.as_deref()?;
        let path = path.strip_suffix("index.html").unwrap_or(path);
        Some(format!("{origin}{}", super::place::encoded(&self.base.address(path))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<p>secret words of the part</p>";

    fn scanned(page: &str) -> Result<Scan, ScanError> {
        let dir = tempfile::tempdir().unwrap();
        let (root, aside) = (dir.path().join("site"), dir.path().join("parts"));
        std::fs::create_dir(&root).unwrap();
        std::fs::create_dir(&aside).unwrap();
        std::fs::write(root.join("tea.html"), page).unwrap();
        std::fs::write(aside.join("tea.html"), HTML).unwrap();
        scan(&root, Some(&aside), None, &|_, _| {})
    }

    fn page(attributes: &str) -> String {
        let token = "matcha-part:tea:0123456789abcdef";
        format!("<h1>Tea</h1>\n<matcha-lock product=\"tea\" sealed=\"{token}\" {attributes}></matcha-lock>")
    }

    #[test]
    fn the_lock_around_a_token_says_price_and_title_as_a_marker_does() {
        let scan = scanned(&page("data-matcha-price=\"1.00\" data-matcha-title=\"The third\"")).unwrap();
        let wanted = &scan.wanted()[0];
        assert_eq!((wanted.price, wanted.title.as_deref()), (Fen::new(100), Some("The third")));
        assert!(scan.alone.contains("tea.html"));
        let wanted = &scanned(&page("")).unwrap().wanted()[0];
        assert_eq!((wanted.price, wanted.title.as_deref()), (None, Some("Tea")), "the page's title");
    }

    #[test]
    fn a_list_of_several_parts_is_no_article_of_one_of_them() {
        let two = format!("{}{}", page(""), page("").replace("tea", "cake"));
        assert_eq!(scanned(&two).unwrap().alone.len(), 0);
    }

    #[test]
    fn a_price_that_cannot_be_is_named_with_its_line() {
        let Err(ScanError::Markers(problems)) = scanned(&page("data-matcha-price=\"1.005\"")) else {
            panic!("the price was taken");
        };
        assert!(problems[0].starts_with("tea.html:2: the price"), "{problems:?}");
    }
}
