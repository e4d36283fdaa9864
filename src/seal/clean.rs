//! Takes the words of paid parts out of everything else that is published: feeds, search indexes, descriptions, lists
//! of posts, tables of contents and plain copies.
//!
//! A file is changed only inside of its texts (between tags, in values, in string literals), so that it keeps its form.
//! Refuses to touch the free text of a part's own page, and pages that do not link to the part's page: there the same
//! words may be the author's will, and leakcheck names them.

use std::ops::Range;

use super::edit::{self, Edit};
use super::html::{self, Token};
use super::json;
use super::known::{self, Known};
use super::parts;
use super::place::{self, Base};
use super::text::{self, Escapes, View};
use super::words::{self, Hit};

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A page.
    Html,
    /// A feed or another XML file.
    Xml,
    /// A script or data: JavaScript, JSON, source maps.
    Script,
    /// Markdown.
    Markdown,
    /// Plain text.
    Plain,
}

/// The format of a file by its name; `None` where it is not cleaned.
#[must_use]
pub fn format_of(path: &str) -> Option<Format> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (_, ending) = name.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "html" | "htm" | "xhtml" => Some(Format::Html),
        "xml" | "rss" | "atom" | "rdf" | "svg" | "opml" => Some(Format::Xml),
        "json" | "js" | "mjs" | "cjs" | "map" | "webmanifest" | "jsonl" => Some(Format::Script),
        "md" | "markdown" | "mdx" => Some(Format::Markdown),
        "txt" | "text" | "csv" | "tsv" | "adoc" | "rst" | "org" => Some(Format::Plain),
        _ => None,
    }
}

/// Something that was taken out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// The line, from 1.
    pub line: usize,
    /// Whose words.
    pub product: String,
    /// Where they stood.
    pub what: &'static str,
}

/// A cut by its byte.
type Place = (usize, String, &'static str);

/// Where a product is sold, for what stands where its words stood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// Its address.
    pub address: String,
    /// The words of the link.
    pub words: String,
}

/// Cleans files of one site.
#[derive(Clone, Copy)]
pub struct Cleaner<'a> {
    /// The paid parts.
    pub known: &'a Known,
    /// Where the site lies.
    pub base: &'a Base,
    /// Where a product is sold.
    pub offer: &'a (dyn Fn(&str) -> Option<Offer> + Sync),
}

/// How a text is written inside of its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Coding {
    Plain,
    Entities,
    Backslash,
}

/// A text inside of a file.
struct Container {
    at: Range<usize>,
    coding: Coding,
    what: &'static str,
}

impl Cleaner<'_> {
    /// The changes that clean a file. `paid` are the parts that stand in it, with their markers: they are left alone.
    #[must_use]
    pub fn clean(
        &self,
        path: &str,
        text: &str,
        format: Format,
        paid: &[Range<usize>],
    ) -> (Vec<Edit>, Vec<Cut>) {
        let blanked;
        let text = if paid.is_empty() {
            text
        } else {
            blanked = edit::blanked(text, paid.iter().cloned());
            &blanked
        };
        let leaks = self.known.leaks(text);
        let tokens = if format == Format::Html { html::tokens(text) } else { Vec::new() };
        let (mut edits, mut cuts) = (Vec::new(), Vec::<Place>::new());
        if !leaks.is_empty() || parts::may_have(text) {
            for container in containers(text, format, &tokens) {
                let raw = text.get(container.at.clone()).unwrap_or_default();
                let touched = leaks
                    .iter()
                    .any(|hit| hit.at.start < container.at.end && container.at.start < hit.at.end);
                if touched || parts::may_have(raw) {
                    self.clean_container(text, &container, format, &mut edits, &mut cuts);
                }
            }
        }
        if format == Format::Html {
            if !leaks.is_empty() {
                self.clean_body(path, text, &tokens, &leaks, &mut edits, &mut cuts);
            }
            self.clean_contents(path, text, &tokens, &mut edits, &mut cuts);
        }
        let lines = html::Lines::new(text);
        let cut = |(at, product, what)| Cut { line: lines.of(at), product, what };
        let mut cuts: Vec<Cut> = cuts.into_iter().map(cut).collect();
        cuts.sort_by(|a, b| (a.line, &a.product).cmp(&(b.line, &b.product)));
        cuts.dedup();
        (edits, cuts)
    }

    fn clean_container(
        &self,
        text: &str,
        container: &Container,
        format: Format,
        edits: &mut Vec<Edit>,
        cuts: &mut Vec<Place>,
    ) {
        let raw = text.get(container.at.clone()).unwrap_or_default();
        let view = match container.coding {
            Coding::Plain => None,
            Coding::Entities => text::decode(raw, Escapes::Entities),
            Coding::Backslash => text::decode(raw, Escapes::Backslash),
        };
        let content = view.as_ref().map_or(raw, |view| view.text.as_str());
        for (product, change) in self.clean_text(content, format) {
            let at = view.as_ref().map_or(change.at.clone(), |view: &View| view.range_below(&change.at));
            let at = at.start + container.at.start..at.end + container.at.start;
            cuts.push((at.start, product, container.what));
            edits.push(Edit { at, with: encode(&change.with, container.coding) });
        }
    }

    /// The changes that clean a decoded text, each with its product.
    fn clean_text(&self, text: &str, format: Format) -> Vec<(String, Edit)> {
        let marked = marked(text);
        let mut changes = Vec::new();
        for (at, product) in &marked {
            let offer = (self.offer)(product);
            let with = offer.map_or_else(String::new, |Offer { address, words }| match format {
                Format::Markdown => format!("[{words}]({address})"),
                Format::Plain => format!("{words}: {address}"),
                Format::Html | Format::Xml | Format::Script => {
                    format!("<a href=\"{}\">{}</a>", html::escape(&address), html::escape(&words))
                }
            });
            changes.push((product.clone(), Edit { at: at.clone(), with }));
        }
        let rest = edit::blanked(text, marked.into_iter().map(|(at, _)| at));
        for hit in self.known.leaks(&rest) {
            let product = self.known.product(&hit).to_owned();
            changes.extend(cut(&rest, &hit.at).into_iter().map(|change| (product.clone(), change)));
        }
        changes
    }

    /// Lists of posts show the beginnings of their texts: pages that link to a part's page and have its words.
    fn clean_body(
        &self,
        path: &str,
        text: &str,
        tokens: &[Token],
        leaks: &[Hit],
        edits: &mut Vec<Edit>,
        cuts: &mut Vec<Place>,
    ) {
        let own = place::page_of(path);
        let links = |page: &String| {
            tokens
                .iter()
                .filter_map(|t| t.start().filter(|t| t.name == "a")?.get("href"))
                .any(|link| self.base.resolve(path, link).is_some_and(|(to, _)| place::page_of(&to) == *page))
        };
        let silent = scripts(tokens);
        for hit in leaks {
            let inside = |range: &Range<usize>| range.start <= hit.at.start && hit.at.end <= range.end;
            let in_tag = tokens.iter().any(|t| inside(&t.span)) || silent.iter().any(|(at, _)| inside(at));
            let pages = self.known.pages(hit);
            if !in_tag && !pages.contains(&own) && pages.iter().any(links) {
                let product = self.known.product(hit).to_owned();
                cuts.push((hit.at.start, product, "text of a list"));
                edits.extend(cut(text, &hit.at));
            }
        }
    }

    /// Links to headings that only a reader who paid sees, and the list items that hold nothing else.
    fn clean_contents(
        &self,
        path: &str,
        text: &str,
        tokens: &[Token],
        edits: &mut Vec<Edit>,
        cuts: &mut Vec<Place>,
    ) {
        let mut gone: Vec<Range<usize>> = Vec::new();
        for (index, product, _) in self.known.heading_links(self.base, path, tokens) {
            let Some(element) = element(tokens, index) else { continue };
            cuts.push((element.start, product.to_owned(), "table of contents"));
            gone.push(element);
        }
        if gone.is_empty() {
            return;
        }
        let is_list = |t: &Token| t.start().is_some_and(|t| matches!(t.name.as_str(), "li" | "ul" | "ol"));
        let lists =
            tokens.iter().enumerate().filter(|(_, t)| is_list(t)).filter_map(|(i, _)| element(tokens, i));
        let mut lists: Vec<Range<usize>> = lists.collect();
        lists.sort_by_key(Range::len);
        for list in lists {
            let mut inside: Vec<Range<usize>> =
                gone.iter().filter(|g| list.start <= g.start && g.end <= list.end).cloned().collect();
            inside.sort_by_key(|range| range.start);
            if !inside.is_empty() {
                let rest = edit::blanked(text, known::merged(inside).into_iter());
                if words::plain(rest.get(list.clone()).unwrap_or_default()).is_empty() {
                    gone.push(list);
                }
            }
        }
        edits.extend(gone.into_iter().map(|at| Edit { at, with: String::new() }));
    }
}

/// From the start tag at `index` to behind its end tag.
fn element(tokens: &[Token], index: usize) -> Option<Range<usize>> {
    let end = html::end_of(tokens, index)?;
    Some(tokens.get(index)?.span.start..tokens.get(end)?.span.end)
}

/// Takes a range out of a text, with the signs that ended it; tags that belong to tags outside of it stay.
fn cut(text: &str, at: &Range<usize>) -> Vec<Edit> {
    let rest = text.get(at.end..).unwrap_or_default();
    let signs = rest.len()
        - rest.trim_start_matches(['。', '.', ',', '，', ';', '；', '!', '！', '?', '？', '、', '…']).len();
    let at = with_tags(text, at.start..at.end + signs);
    let gone = text.get(at.clone()).unwrap_or_default();
    let (mut edits, mut from) = (Vec::new(), at.start);
    for kept in html::unmatched_tags(gone) {
        let kept = kept.start + at.start..kept.end + at.start;
        if kept.start < from {
            continue;
        }
        edits.push(Edit { at: from..kept.start, with: String::new() });
        from = kept.end;
    }
    edits.push(Edit { at: from..at.end, with: String::new() });
    if let Some(first) = edits.first_mut() {
        first.with.push('…');
    }
    edits
}

/// The range with the tags right beside it that belong to tags inside of it, so that no empty element stays.
fn with_tags(text: &str, mut at: Range<usize>) -> Range<usize> {
    loop {
        let gone = text.get(at.clone()).unwrap_or_default();
        let unmatched = html::unmatched_tags(gone);
        let name = |range: &Range<usize>| {
            let raw = gone.get(range.clone()).unwrap_or_default().trim_start_matches(['<', '/']);
            raw.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        let is_end = |range: &&Range<usize>| gone.get(range.start..).is_some_and(|raw| raw.starts_with("</"));
        let closes = unmatched.iter().rfind(|range| !is_end(range)).map(&name).and_then(|name| {
            let rest = text.get(at.end..)?.trim_start();
            let tag = format!("</{name}>");
            rest.get(..tag.len())?.eq_ignore_ascii_case(&tag).then(|| text.len() - rest.len() + tag.len())
        });
        let opens = unmatched.iter().find(is_end).map(&name).and_then(|name| {
            let before = text.get(..at.start)?.trim_end();
            let start = before.rfind('<').filter(|_| before.ends_with('>'))?;
            let tag = before.get(start + 1..)?.to_ascii_lowercase();
            let rest = tag.strip_prefix(&name)?;
            rest.starts_with(['>', ' ']).then_some(start)
        });
        match (opens, closes) {
            (None, None) => return at,
            (start, end) => at = start.unwrap_or(at.start)..end.unwrap_or(at.end),
        }
    }
}

/// Paid parts inside of a decoded text. Where their markers do not fit together (a feed that was cut off), all from the
/// first marker on.
fn marked(text: &str) -> Vec<(Range<usize>, String)> {
    if !parts::may_have(text) {
        return Vec::new();
    }
    let tokens = html::tokens(text);
    if let Ok(parts) = parts::find_in(text, &tokens) {
        return parts.into_iter().map(|part| (part.outer, part.product.to_string())).collect();
    }
    let first = tokens.iter().find_map(|token| {
        let product = match &token.kind {
            html::Kind::Comment(comment) => {
                comment.trim().strip_prefix(parts::COMMENT)?.split_whitespace().next()?
            }
            html::Kind::Start(tag) => tag.get(parts::ATTRIBUTE)?,
            html::Kind::End(_) => return None,
        };
        Some((token.span.start..text.len(), product.to_owned()))
    });
    first.into_iter().collect()
}

fn encode(text: &str, coding: Coding) -> String {
    match coding {
        Coding::Plain => text.to_owned(),
        Coding::Entities => html::escape(text),
        // Only signs that mean the same in every kind of literal, and within a page.
        Coding::Backslash => text.chars().fold(String::new(), |mut encoded, c| {
            let plain =
                c.is_ascii_alphanumeric() || matches!(c, ' ' | '/' | ':' | '.' | '-' | '_' | '=' | '?');
            if plain || (!c.is_ascii() && c.is_alphanumeric()) {
                encoded.push(c);
            } else {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    encoded.push_str(&format!("\\u{unit:04x}"));
                }
            }
            encoded
        }),
    }
}

/// The insides of scripts and styles, and whether they are a template of HTML.
fn scripts(tokens: &[Token]) -> Vec<(Range<usize>, &Token)> {
    let silent = |token: &Token| token.start().is_some_and(|t| matches!(t.name.as_str(), "script" | "style"));
    let pairs = tokens.windows(2).filter(|pair| pair.first().is_some_and(silent));
    pairs.filter_map(|pair| Some((pair.first()?.span.end..pair.get(1)?.span.start, pair.first()?))).collect()
}

fn containers(text: &str, format: Format, tokens: &[Token]) -> Vec<Container> {
    match format {
        Format::Html => page_containers(text, tokens),
        Format::Xml => xml_containers(text),
        Format::Script => {
            let strings = json::strings(text).into_iter();
            strings
                .map(|at| Container { at, coding: Coding::Backslash, what: "search index or data" })
                .collect()
        }
        Format::Markdown | Format::Plain => {
            vec![Container { at: 0..text.len(), coding: Coding::Plain, what: "plain copy" }]
        }
    }
}

fn page_containers(text: &str, tokens: &[Token]) -> Vec<Container> {
    let mut found = Vec::new();
    for token in tokens {
        match &token.kind {
            html::Kind::Start(tag) => {
                let what = if tag.name == "meta" { "description" } else { "attribute" };
                for attribute in tag.attributes.iter().filter(|a| has_words(a)) {
                    let at = html::value_span(text, attribute);
                    found.push(Container { at, coding: Coding::Entities, what });
                }
            }
            html::Kind::Comment(_) => {
                let at = token.span.start + 4..token.span.end.saturating_sub(3).max(token.span.start + 4);
                if text
                    .get(token.span.clone())
                    .is_some_and(|raw| raw.starts_with("<!--") && raw.ends_with("-->"))
                {
                    found.push(Container { at, coding: Coding::Plain, what: "comment" });
                }
            }
            html::Kind::End(_) => {}
        }
    }
    for (at, token) in scripts(tokens) {
        let Some(tag) = token.start().filter(|tag| tag.name == "script") else { continue };
        let kind = tag.get("type").unwrap_or_default().to_ascii_lowercase();
        if kind.contains("template") || kind.contains("html") {
            found.push(Container { at, coding: Coding::Plain, what: "template" });
            continue;
        }
        let code = text.get(at.clone()).unwrap_or_default();
        let strings = json::strings(code).into_iter().map(|s| s.start + at.start..s.end + at.start);
        let what = if kind.contains("ld+json") { "JSON-LD" } else { "script in the page" };
        found.extend(strings.map(|at| Container { at, coding: Coding::Backslash, what }));
    }
    found
}

/// Addresses and names of an element are no words, and cutting them would break the page; what a link hands over to
/// another page may be.
fn has_words(attribute: &html::Attribute) -> bool {
    let value = attribute.value.as_str();
    match attribute.name.as_str() {
        "sealed" | "id" | "class" | "src" | "srcset" | "style" => false,
        "href" | "action" => value.contains('?') || value.contains("script:"),
        _ => !value.is_empty(),
    }
}

fn xml_containers(text: &str) -> Vec<Container> {
    let (mut found, mut at) = (Vec::new(), 0);
    let mut push = |at: Range<usize>, coding| {
        if !at.is_empty() {
            found.push(Container { at, coding, what: "feed" });
        }
    };
    let end = |from: usize, end: &str| {
        text.get(from..).and_then(|rest| rest.find(end)).map_or(text.len(), |at| from + at)
    };
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with("<![CDATA[") {
            let close = end(at, "]]>");
            push((at + 9).min(close)..close, Coding::Plain);
            at = (close + 3).min(text.len());
        } else if rest.starts_with("<!--") {
            let close = end(at, "-->");
            push((at + 4).min(close)..close, Coding::Plain);
            at = (close + 3).min(text.len());
        } else if rest.starts_with('<') {
            let close = tag_end(rest) + at;
            let tag = text.get(at..close).unwrap_or_default();
            for quote in ['"', '\''] {
                let mut pieces = tag.split(quote);
                let mut from = at + pieces.next().map_or(0, str::len) + 1;
                for (index, piece) in pieces.enumerate() {
                    if index % 2 == 0 {
                        push(from..from + piece.len(), Coding::Entities);
                    }
                    from += piece.len() + 1;
                }
            }
            at = close.max(at + 1);
        } else {
            let close = end(at, "<");
            push(at..close, Coding::Entities);
            at = close;
        }
    }
    found
}

/// Behind the `>` of a tag.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (byte, quote) {
            (b'>', None) => return at + 1,
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::known::Passage;
    use super::super::words::Run;
    use super::*;

    const PAID: &str = "<h2 id=\"pour\">注水</h2><p>把刚离火的水倒进公道杯里静置四十秒，再沿着碗边慢慢注入。</p><p>第二泡比第一泡多等十秒钟就好。</p>";

    /// The file after cleaning, and where something was taken out.
    fn cleaned(path: &str, text: &str) -> (String, Vec<&'static str>) {
        let passage = Passage {
            product: "tea".to_owned(),
            path: Some("posts/tea/index.html".to_owned()),
            html: PAID.to_owned(),
            near: "<p>第二泡比第一泡多等十秒钟就好</p>".to_owned(),
            ids: vec!["pour".to_owned()],
        };
        let known = Known::new(Run::default(), vec![passage], &[]);
        let offer = |product: &str| {
            Some(Offer { address: format!("https://p.example/a/b/{product}"), words: "展开".to_owned() })
        };
        let cleaner = Cleaner { known: &known, base: &Base::default(), offer: &offer };
        let (edits, cuts) = cleaner.clean(path, text, format_of(path).unwrap(), &[]);
        let cleaned = edit::apply(text, edits);
        let (again, _) = cleaner.clean(path, &cleaned, format_of(path).unwrap(), &[]);
        assert_eq!(again, [], "twice is once: {cleaned}");
        (cleaned, cuts.into_iter().map(|cut| cut.what).collect())
    }

    const RUN: &str = "把刚离火的水倒进公道杯里静置四十秒";
    const MARKED: &str = "<p>free</p><!--matcha:paid tea 1.00--><p>短</p><!--/matcha:paid-->";

    #[test]
    fn each_place_where_words_leak_is_cleaned_and_keeps_its_form() {
        let escaped = RUN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect::<String>();
        for (path, before, after) in [
            (
                "a.html",
                format!("<meta name=description content=\"Free. {RUN}！\">"),
                "<meta name=description content=\"Free. …\">",
            ),
            ("a.html", format!("<img alt='{RUN}'>"), "<img alt='…'>"),
            ("a.html", format!("<!-- {RUN} -->"), "<!-- … -->"),
            (
                "a.html",
                format!("<script>let a = \"x {RUN}\";</script>"),
                "<script>let a = \"x \\u2026\";</script>",
            ),
            (
                "a.html",
                format!("<p data-json='{{&quot;a&quot;:&quot;{RUN}&quot;}}'>"),
                "<p data-json='{&quot;a&quot;:&quot;…&quot;}'>",
            ),
            (
                "a.html",
                format!("<a href=\"https://t.example/?text={RUN}&amp;u=1\">"),
                "<a href=\"https://t.example/?text=…&amp;u=1\">",
            ),
            ("a.xml", format!("<d>free {RUN}，再沿着</d>"), "<d>free …</d>"),
            (
                "a.xml",
                format!("<d><![CDATA[<p>free</p><p>{RUN}</p>]]></d>"),
                "<d><![CDATA[<p>free</p><p>…</p>]]></d>",
            ),
            ("a.xml", format!("<d>&lt;p&gt;{RUN}&lt;/p&gt;</d>"), "<d>&lt;p&gt;…&lt;/p&gt;</d>"),
            ("a.xml", format!("<e t=\"{RUN}\"/>"), "<e t=\"…\"/>"),
            ("a.json", format!("{{\"c\":\"free {RUN}\"}}"), "{\"c\":\"free \\u2026\"}"),
            ("a.json", format!("[\"{escaped}\"]"), "[\"\\u2026\"]"),
            ("a.js", format!("x = `a${{b}} {RUN}`; y = /'/"), "x = `a${b} \\u2026`; y = /'/"),
            (
                "a.md",
                "free\n\n把刚离火的**水**倒进公道杯里[静置](/x)四十秒，再沿着碗边慢慢注入。\n\nend"
                    .to_owned(),
                "free\n\n…\n\nend",
            ),
            ("a.txt", format!("free\n{RUN}\n"), "free\n…\n"),
        ] {
            let (cleaned, cuts) = cleaned(path, &before);
            assert_eq!(cleaned, after, "{path}: {before}");
            assert_eq!(cuts.len(), 1, "{path}: {before}");
        }
    }

    #[test]
    fn parts_that_are_still_marked_become_a_link() {
        let link = "<a href=\"https://p.example/a/b/tea\">展开</a>";
        let json = serde_json::json!({ "c": MARKED });
        for (path, before, after) in [
            (
                "a.xml",
                format!("<d><![CDATA[{MARKED}]]></d>"),
                format!("<d><![CDATA[<p>free</p>{link}]]></d>"),
            ),
            (
                "a.xml",
                format!("<d>{}</d>", html::escape(MARKED)),
                format!("<d>{}</d>", html::escape(&format!("<p>free</p>{link}"))),
            ),
            ("a.md", MARKED.to_owned(), "<p>free</p>[展开](https://p.example/a/b/tea)".to_owned()),
            ("a.txt", MARKED.to_owned(), "<p>free</p>展开: https://p.example/a/b/tea".to_owned()),
            (
                "a.xml",
                "<d><![CDATA[a<!--matcha:paid tea--><p>cut of]]></d>".to_owned(),
                format!("<d><![CDATA[a{link}]]></d>"),
            ),
        ] {
            assert_eq!(cleaned(path, &before).0, after, "{path}");
        }
        let (cleaned, _) = cleaned("a.json", &json.to_string());
        let read: serde_json::Value = serde_json::from_str(&cleaned).unwrap();
        assert_eq!(read["c"], format!("<p>free</p>{link}"));
    }

    #[test]
    fn a_list_of_posts_is_cleaned_and_a_page_that_only_says_the_same_is_not() {
        let list = "<p><a href=/posts/tea/>t</a></p><p>free <b>把刚离</b>火的水倒进公道杯里静置四十秒</p><p>more</p>";
        assert_eq!(cleaned("index.html", list).0, "<p><a href=/posts/tea/>t</a></p><p>free …</p><p>more</p>");
        let other = format!("<p>{RUN}</p>");
        assert_eq!(cleaned("other.html", &other), (other, vec![]));
    }

    #[test]
    fn what_everybody_may_read_stays_beside_what_they_may_not() {
        let text = format!("<d>第二泡比第一泡多等十秒钟就好 / {RUN} / 第二泡比第一泡多等十秒钟就好</d>");
        let after = "<d>第二泡比第一泡多等十秒钟就好 / … / 第二泡比第一泡多等十秒钟就好</d>";
        assert_eq!(cleaned("a.xml", &text).0, after);
    }

    #[test]
    fn paid_headings_leave_the_table_of_contents_with_the_lists_that_held_only_them() {
        for (before, after) in [
            (
                "<ul><li><a href=#a>a</a><ul><li><a href=#pour>注水</a></li></ul></li></ul>",
                "<ul><li><a href=#a>a</a></li></ul>",
            ),
            ("<ol><li><a href=/posts/tea/#pour>注水</a></li></ol>x", "x"),
            ("<p><a href=#pour>注水</a> b</p>", "<p> b</p>"),
            ("<a href=/posts/cake/#pour>注水</a>", "<a href=/posts/cake/#pour>注水</a>"),
        ] {
            assert_eq!(cleaned("posts/tea/index.html", before).0, after, "{before}");
        }
    }

    #[test]
    fn nothing_is_left_empty_around_what_was_taken_out() {
        for (text, at, after) in [
            ("<p>a <b>XY</b></p>", "XY</b>", "<p>a …</p>"),
            ("<p><a href=x>XY</a></p>", "<a href=x>XY", "<p>…</p>"),
            ("<p>X</p><p>Y</p> b", "X</p><p>Y", "… b"),
            ("a X</div><div>Y b", "X</div><div>Y", "a …</div><div> b"),
        ] {
            let start = text.find(at).unwrap();
            assert_eq!(edit::apply(text, cut(text, &(start..start + at.len()))), after, "{text}");
        }
    }
}
