//! Where the paid parts of a page stand, and what their markers say.
//!
//! Knows the two forms of markers in built HTML. Refuses to know prices, keys and files: what a marker leaves out is for
//! others to fill in, and a marker that can be read in two ways is an error, never a guess.

use std::ops::Range;

use super::html::{self, Kind, Tag, Token};
use crate::domain::money::Fen;
use crate::domain::product::Lock;
use crate::domain::site::Slug;

/// A paid part of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// The product that opens it.
    pub product: Slug,
    /// What the marker says of the price.
    pub price: Option<Fen>,
    /// What the marker says of the title.
    pub title: Option<String>,
    /// What the marker says of the lock; never `Hosted`.
    pub lock: Option<Lock>,
    /// The words of the link.
    pub label: Option<String>,
    /// From the beginning of the first marker to the end of the last.
    pub outer: Range<usize>,
    /// What is paid for.
    pub inner: Range<usize>,
    /// The line of the first marker, from 1.
    pub line: usize,
}

/// What is wrong with a marker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub what: String,
}

/// Anything with a marker has one of these in it.
pub const COMMENT: &str = "matcha:paid";
/// The attribute that marks an element as paid.
pub const ATTRIBUTE: &str = "data-matcha-paid";

/// True where a text may have markers, under whatever escapes.
#[must_use]
pub fn may_have(text: &str) -> bool {
    text.contains(COMMENT) || text.contains(ATTRIBUTE)
}

/// The paid parts of a page in their order.
///
/// # Errors
/// All problems of the page's markers.
pub fn find(html: &str) -> Result<Vec<Part>, Vec<Problem>> {
    if !may_have(html) {
        return Ok(Vec::new());
    }
    find_in(html, &html::tokens(html))
}

/// [`find`] where the tokens are known.
///
/// # Errors
/// All problems of the page's markers.
pub fn find_in(html: &str, tokens: &[Token]) -> Result<Vec<Part>, Vec<Problem>> {
    let mut finder = Finder { html, open: None, parts: Vec::new(), problems: Vec::new() };
    let mut behind = 0;
    for (index, token) in tokens.iter().enumerate() {
        match &token.kind {
            Kind::Comment(text) => finder.comment(token, text.trim()),
            Kind::Start(tag) if tag.get(ATTRIBUTE).is_some() => {
                if finder.is_inside(token, behind) {
                    continue;
                }
                match html::end_of(tokens, index).and_then(|end| tokens.get(end)) {
                    Some(end) => {
                        behind = end.span.end;
                        finder.element(tag, token, end);
                    }
                    None => {
                        finder.problem(token, format!("<{} {ATTRIBUTE}> has no </{}>", tag.name, tag.name));
                    }
                }
            }
            Kind::Start(tag) if tag.name == "matcha-lock" && finder.open.is_some() => {
                finder.problem(token, "a <matcha-lock> stands inside of a paid part".to_owned());
            }
            Kind::Start(_) | Kind::End(_) => {}
        }
    }
    if let Some((part, _)) = finder.open.take() {
        let what = format!("the paid part {} has no <!--/{COMMENT}-->", part.product);
        finder.problems.push(Problem { line: part.line, what });
    }
    finder.parts.sort_by_key(|part| part.outer.start);
    if finder.problems.is_empty() { Ok(finder.parts) } else { Err(finder.problems) }
}

struct Finder<'a> {
    html: &'a str,
    /// A part whose end was not seen yet, and where its text begins.
    open: Option<(Part, usize)>,
    parts: Vec<Part>,
    problems: Vec<Problem>,
}

impl Finder<'_> {
    fn problem(&mut self, token: &Token, what: String) {
        self.problems.push(Problem { line: html::line_of(self.html, token.span.start), what });
    }

    /// A part within a part is an error: which product would open it?
    fn is_inside(&mut self, token: &Token, behind: usize) -> bool {
        let outer = self.open.as_ref().map(|(part, _)| part.product.clone());
        let outer = outer.or_else(|| {
            let last = self.parts.last().filter(|_| token.span.start < behind);
            last.map(|part| part.product.clone())
        });
        if let Some(outer) = &outer {
            self.problem(
                token,
                format!("a paid part stands inside of the paid part {outer}; close that one first"),
            );
        }
        outer.is_some()
    }

    fn comment(&mut self, token: &Token, text: &str) {
        if let Some(rest) = text.strip_prefix(COMMENT) {
            let end = self.parts.last().map_or(0, |part| part.outer.end);
            if self.is_inside(token, end) {
                return;
            }
            match self.marker(rest, token) {
                Ok(part) => self.open = Some((part, token.span.end)),
                Err(what) => self.problem(token, what),
            }
        } else if text == "/matcha:paid" {
            match self.open.take() {
                Some((part, from)) => self.close(part, from, token),
                None => self.problem(token, "this closes a paid part that was not opened".to_owned()),
            }
        } else if text.starts_with("matcha:") || text.starts_with("/matcha:") {
            let what = format!(
                "<!--{text}--> is no marker: they are <!--{COMMENT} SLUG PRICE--> and <!--/{COMMENT}-->"
            );
            self.problem(token, what);
        }
    }

    fn marker(&self, rest: &str, token: &Token) -> Result<Part, String> {
        let mut words = rest.split_whitespace();
        let right = format!("it is written <!--{COMMENT} SLUG PRICE-->, such as <!--{COMMENT} tea 1.00-->");
        if !rest.starts_with(char::is_whitespace) {
            return Err(format!("the marker names no product: {right}"));
        }
        let slug = words.next().ok_or_else(|| format!("the marker names no product: {right}"))?;
        let product = slug.parse().map_err(|e| format!("the product {slug:?} cannot be: {e}"))?;
        let price = words.next().map(price_of).transpose()?;
        if let Some(more) = words.next() {
            return Err(format!("{more:?} is one word too many: {right}"));
        }
        let line = html::line_of(self.html, token.span.start);
        let (outer, inner) = (token.span.clone(), token.span.end..token.span.end);
        Ok(Part { product, price, title: None, lock: None, label: None, outer, inner, line })
    }

    fn close(&mut self, mut part: Part, from: usize, token: &Token) {
        part.inner = from..token.span.start;
        part.outer.end = token.span.end;
        let inner = self.html.get(part.inner.clone()).unwrap_or_default();
        let crossing = html::unmatched_tags(inner).into_iter().find(|tag| {
            let raw = inner.get(tag.clone()).unwrap_or_default();
            let name: String = raw
                .trim_start_matches(['<', '/'])
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect();
            !html::may_stay_open(&name.to_ascii_lowercase())
        });
        if let Some(tag) = crossing {
            let line = html::line_of(self.html, from + tag.start);
            let raw = inner.get(tag).unwrap_or_default();
            let what = format!(
                "{raw} belongs to a tag outside of the paid part {}: both markers must stand in the same element",
                part.product
            );
            self.problems.push(Problem { line, what });
        }
        self.parts.push(part);
    }

    fn element(&mut self, tag: &Tag, token: &Token, end: &Token) {
        let line = html::line_of(self.html, token.span.start);
        match read(tag) {
            Ok((product, price, lock)) => {
                let own =
                    |name: &str| tag.get(name).map(|text| text.trim().to_owned()).filter(|t| !t.is_empty());
                self.parts.push(Part {
                    product,
                    price,
                    title: own("data-matcha-title"),
                    lock,
                    label: own("data-matcha-label"),
                    outer: token.span.start..end.span.end,
                    inner: token.span.end..end.span.start,
                    line,
                });
            }
            Err(what) => self.problems.push(Problem { line, what }),
        }
    }
}

fn read(tag: &Tag) -> Result<(Slug, Option<Fen>, Option<Lock>), String> {
    let slug = tag.get(ATTRIBUTE).unwrap_or_default().trim();
    let product = slug.parse().map_err(|e| format!("the product {slug:?} cannot be: {e}"))?;
    let price = tag.get("data-matcha-price").map(|text| price_of(text.trim())).transpose()?;
    let lock = match tag.get("data-matcha-lock").map(str::trim) {
        None => None,
        Some("sealed") => Some(Lock::Sealed),
        Some("reveal") => Some(Lock::Reveal),
        Some(other) => return Err(format!("data-matcha-lock is sealed or reveal, not {other:?}")),
    };
    Ok((product, price, lock))
}

pub(super) fn price_of(text: &str) -> Result<Fen, String> {
    let price = Fen::parse(text).map_err(|e| format!("the price {text:?} cannot be: {e}"))?;
    if price.is_zero() { Err("a price is above zero".to_owned()) } else { Ok(price) }
}

/// The ids within some HTML: what links to a part of a page point to.
#[must_use]
pub fn ids(html: &str) -> Vec<String> {
    let named = |token: Token| match token.kind {
        Kind::Start(tag) => {
            let id = tag.get("id").or_else(|| tag.get("name").filter(|_| tag.name == "a"));
            id.filter(|id| !id.is_empty()).map(str::to_owned)
        }
        Kind::End(_) | Kind::Comment(_) => None,
    };
    html::tokens(html).into_iter().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(html: &str) -> Vec<(String, String, Option<String>)> {
        let parts = find(html).unwrap_or_else(|p| panic!("{html}: {p:?}"));
        let row = |p: Part| (p.product.to_string(), html[p.inner].to_owned(), p.price.map(|p| p.to_string()));
        parts.into_iter().map(row).collect()
    }

    fn row(product: &str, inner: &str, price: Option<&str>) -> (String, String, Option<String>) {
        (product.to_owned(), inner.to_owned(), price.map(str::to_owned))
    }

    #[test]
    fn both_forms_are_found_with_what_they_say() {
        assert_eq!(parts("<p>free</p>"), []);
        let html = "<p>a</p><!--matcha:paid tea 1.00--><p>b</p><!--/matcha:paid-->\n<!-- matcha:paid cake --><b>c</b><!-- /matcha:paid -->";
        assert_eq!(parts(html), [row("tea", "<p>b</p>", Some("1.00")), row("cake", "<b>c</b>", None)]);
        let html = "<section data-matcha-paid=tea data-matcha-price='0.98' data-matcha-lock=reveal data-matcha-title=\"T &amp; U\" \
            data-matcha-label=Mehr><section>x</section></section>";
        assert_eq!(parts(html), [row("tea", "<section>x</section>", Some("0.98"))]);
        let part = &find(html).unwrap()[0];
        assert_eq!(
            (part.title.as_deref(), part.lock, part.label.as_deref()),
            (Some("T & U"), Some(Lock::Reveal), Some("Mehr"))
        );
        assert_eq!(&html[part.outer.clone()], html);
    }

    #[test]
    fn a_part_between_paragraphs_that_stay_open_is_fine() {
        assert_eq!(parts("<p>a<!--matcha:paid tea--><p>b<ul><li>c</ul><!--/matcha:paid-->").len(), 1);
        assert_eq!(parts("<p><!--matcha:paid tea--></p><p>b</p><p><!--/matcha:paid--></p>").len(), 1);
    }

    #[test]
    fn markers_in_scripts_and_samples_of_code_are_text() {
        for html in [
            "<script>'<!--matcha:paid tea-->'</script>",
            "<pre>&lt;!--matcha:paid tea--&gt;</pre>",
            "<textarea><!--matcha:paid tea--></textarea>",
            "<p title='data-matcha-paid'>x</p>",
        ] {
            assert_eq!(parts(html), [], "{html}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_named_with_its_line() {
        for (html, line, word) in [
            ("\n<!--matcha:paid tea-->x", 2, "has no <!--/matcha:paid-->"),
            ("x\n\n<!--/matcha:paid-->", 3, "not opened"),
            (
                "<!--matcha:paid tea-->\n<!--matcha:paid cake-->x<!--/matcha:paid-->",
                2,
                "inside of the paid part tea",
            ),
            (
                "<div data-matcha-paid=tea>\n<div data-matcha-paid=cake></div></div>",
                2,
                "inside of the paid part tea",
            ),
            ("<div data-matcha-paid=tea>\n<!--matcha:paid cake--></div>", 2, "inside of the paid part tea"),
            (
                "<!--matcha:paid tea-->\n<p data-matcha-paid=b></p><!--/matcha:paid-->",
                2,
                "inside of the paid part tea",
            ),
            ("<div data-matcha-paid=tea>x", 1, "no </div>"),
            ("<!--matcha:paid-->x<!--/matcha:paid-->", 1, "names no product"),
            ("<!--matcha:paidtea-->x<!--/matcha:paid-->", 1, "names no product"),
            ("<!--matcha:paid 茶-->x<!--/matcha:paid-->", 1, "a slug is"),
            ("<!--matcha:paid tea 1.001-->x<!--/matcha:paid-->", 1, "at most two decimals"),
            ("<!--matcha:paid tea 0-->x<!--/matcha:paid-->", 1, "above zero"),
            ("<!--matcha:paid tea 1.00 now-->x<!--/matcha:paid-->", 1, "one word too many"),
            ("<!--matcha:payed tea-->", 1, "no marker"),
            ("<p data-matcha-paid=''>x</p>", 1, "a slug is"),
            ("<p data-matcha-paid=tea data-matcha-lock=hosted>x</p>", 1, "sealed or reveal"),
            ("<div><!--matcha:paid tea-->\nx</div><!--/matcha:paid-->", 2, "same element"),
            ("<!--matcha:paid tea--><div>\nx<!--/matcha:paid--></div>", 1, "same element"),
            ("<!--matcha:paid tea--><matcha-lock></matcha-lock><!--/matcha:paid-->", 1, "<matcha-lock>"),
        ] {
            // A page that only talks about markers is not looked at.
            let problems = find(&format!("{html}<!--x matcha:paid-->")).unwrap_err();
            let first = &problems[0];
            assert!(first.line == line && first.what.contains(word), "{html}: {problems:?}");
        }
    }

    #[test]
    fn ids_are_those_that_links_point_to() {
        assert_eq!(ids("<h2 id=a>x</h2><a name='b'></a><p id=''><input name=c>"), ["a", "b"]);
    }
}
