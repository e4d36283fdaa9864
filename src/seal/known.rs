//! What is known of all paid parts of a site: their words, the pages they stand in, and the headings inside of them.

use std::collections::HashMap;
use std::ops::Range;

use super::html::{self, Kind, Token};
use super::place::{self, Base};
use super::words::{Hit, Index, Paid, Run};
use super::{edit, parts};
use crate::limits;

/// A paid part and where it stands.
#[derive(Clone, Debug)]
pub struct Passage {
    /// Its product's slug.
    pub product: String,
    /// The file it stands in; `None` where only its text is known.
    pub path: Option<String>,
    /// What is paid for.
    pub html: String,
    /// What everybody reads in the same element of the page.
    pub near: String,
    /// Ids that stand in the part and nowhere else in its page.
    pub ids: Vec<String>,
}

/// All paid parts of a site.
#[derive(Debug)]
pub struct Known {
    /// Their words.
    pub index: Index,
    /// Products, and the pages they stand in (`place::page_of`), in the order of the index.
    of: Vec<(String, Vec<String>)>,
    /// By page: ids that only a reader who paid has, and their products.
    ids: HashMap<String, Vec<(String, String)>>,
}

impl Known {
    /// What follows from these passages; `titles` are read by everybody.
    #[must_use]
    pub fn new(run: Run, passages: Vec<Passage>, titles: &[String]) -> Known {
        let mut places: HashMap<(String, String), usize> = HashMap::new();
        let (mut paid, mut of) = (Vec::new(), Vec::<(String, Vec<String>)>::new());
        let mut ids: HashMap<String, Vec<(String, String)>> = HashMap::new();
        let mut near = Vec::new();
        for passage in passages {
            let page = passage.path.as_deref().map(place::page_of);
            let key = (passage.product.clone(), passage.html.clone());
            let index = *places.entry(key).or_insert_with(|| {
                paid.push(Paid::new(passage.html));
                of.push((passage.product.clone(), Vec::new()));
                of.len() - 1
            });
            near.push((passage.near, index));
            let Some(page) = page else { continue };
            let inside = ids.entry(page.clone()).or_default();
            inside.extend(passage.ids.into_iter().map(|id| (id, passage.product.clone())));
            if let Some((_, pages)) = of.get_mut(index) {
                pages.push(page);
            }
        }
        let mut index = Index::new(run, paid);
        for (near, of) in near {
            index.allow(&near, Some(of));
        }
        for title in titles.iter().filter(|title| title.chars().count() <= limits::TITLE_CHARS_PUBLIC_MAX) {
            index.allow(title, None);
        }
        Known { index, of, ids }
    }

    /// The product that a hit belongs to.
    #[must_use]
    pub fn product(&self, hit: &Hit) -> &str {
        self.of.get(hit.paid).map_or("", |(product, _)| product)
    }

    /// The pages that a hit's part stands in.
    #[must_use]
    pub fn pages(&self, hit: &Hit) -> &[String] {
        self.of.get(hit.paid).map_or(&[], |(_, pages)| pages)
    }

    /// What was found in `text` and may not stand there.
    #[must_use]
    pub fn leaks(&self, text: &str) -> Vec<Hit> {
        self.index.find(text)
    }

    /// Links of the page in `path` to headings that only a reader who paid sees: token, product and id.
    #[must_use]
    pub fn heading_links(&self, base: &Base, path: &str, tokens: &[Token]) -> Vec<(usize, &str, &str)> {
        let mut found = Vec::new();
        if self.ids.is_empty() {
            return found;
        }
        for (index, token) in tokens.iter().enumerate() {
            let Some(link) = token.start().filter(|t| t.name == "a").and_then(|t| t.get("href")) else {
                continue;
            };
            let Some((to, Some(fragment))) = base.resolve(path, link) else { continue };
            let inside = self.ids.get(&place::page_of(&to)).map(Vec::as_slice).unwrap_or_default();
            if let Some((id, product)) = inside.iter().find(|(id, _)| *id == fragment) {
                found.push((index, product.as_str(), id.as_str()));
            }
        }
        found
    }

    /// Parts that are too short to be looked for: their products.
    #[must_use]
    pub fn too_short(&self) -> Vec<&str> {
        let short = |index: &usize| self.index.paid(*index).is_some_and(Paid::is_too_short);
        (0..self.of.len())
            .filter(short)
            .filter_map(|i| self.of.get(i))
            .map(|(product, _)| product.as_str())
            .collect()
    }

    /// How many parts there are, each counted once wherever it stands.
    #[must_use]
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// True where there is no part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }
}

/// What everybody reads around the tokens at `span`: the text of the nearest block that holds them, without scripts and
/// without the ranges in `paid`.
#[must_use]
pub fn near(page: &str, tokens: &[Token], span: &Range<usize>, paid: &[Range<usize>]) -> String {
    let mut open: Vec<(&str, usize)> = Vec::new();
    for (index, token) in tokens.iter().enumerate().take_while(|(_, token)| token.span.start < span.start) {
        match &token.kind {
            Kind::Start(tag) if !tag.is_void() => open.push((&tag.name, index)),
            Kind::End(name) => {
                if let Some(at) = open.iter().rposition(|(open, _)| open == name) {
                    open.truncate(at);
                }
            }
            Kind::Start(_) | Kind::Comment(_) => {}
        }
    }
    let holds = |name: &str| matches!(name, "div" | "section" | "article" | "main" | "td" | "body");
    let block = open.iter().rev().find(|(name, _)| holds(name)).map(|(_, index)| *index);
    let ends =
        |index: usize| html::end_of(tokens, index).and_then(|end| tokens.get(end)).map(|t| t.span.start);
    let range = match block {
        Some(index) => tokens.get(index).map_or(0, |t| t.span.end)..ends(index).unwrap_or(page.len()),
        None => 0..page.len(),
    };
    let silent = tokens.iter().enumerate().filter_map(|(index, token)| {
        let tag =
            token.start().filter(|t| matches!(t.name.as_str(), "script" | "style" | "template" | "head"))?;
        let end =
            html::end_of(tokens, index).and_then(|end| tokens.get(end)).map_or(page.len(), |t| t.span.end);
        (!tag.self_closing).then_some(token.span.start..end)
    });
    // Attributes and comments are not what a reader reads.
    let tags = tokens.iter().filter(|t| t.span.len() > limits::LEAK_LETTERS_MIN).map(|t| t.span.clone());
    let tags = tags.filter(|tag| {
        let raw = page.get(tag.clone()).unwrap_or_default();
        raw.starts_with("<!--") || raw.contains('=')
    });
    let mut hidden: Vec<Range<usize>> = paid.iter().cloned().chain(silent).chain(tags).collect();
    hidden.sort_by_key(|range| range.start);
    let text = edit::blanked(page, merged(hidden).into_iter());
    text.get(range).unwrap_or_default().to_owned()
}

/// Ranges (sorted by their beginning) without overlaps.
#[must_use]
pub fn merged(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Ids of a part that stand nowhere in the rest of its page.
#[must_use]
pub fn own_ids(part: &str, rest: &str) -> Vec<String> {
    let elsewhere = parts::ids(rest);
    parts::ids(part).into_iter().filter(|id| !elsewhere.contains(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near_mark(page: &str) -> String {
        let tokens = html::tokens(page);
        let at = page.find("<!--x-->").unwrap();
        let near = near(page, &tokens, &(at..at + 8), std::slice::from_ref(&(at..at + 8)));
        super::super::words::plain(&near)
    }

    #[test]
    fn near_is_what_is_read_in_the_same_block() {
        for (page, text) in [
            ("<body>a<div>b<p>c <b>d</b><p>e<!--x--></div>f", "b c d e"),
            ("<body>a<div class=\"q\">b</div><!--x--><style>s</style>c</body>", "a b c"),
            ("a<div>b<section><p>c</p></section><!--x--><script>'d'</script> e</div>f", "b c e"),
            ("a<!--x-->b", "a b"),
        ] {
            assert_eq!(near_mark(page), text, "{page}");
        }
    }
}
