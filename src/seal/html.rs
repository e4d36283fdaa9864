//! HTML as a list of tags and comments with their places, so that a page can be changed without writing it anew.
//!
//! Knows the tokens of the HTML standard (html5gum reads them). Refuses to know a tree: what browsers repair is left to
//! them.

use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// One token of a page that is no text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, in bytes: from `<` to behind `>`.
    pub span: Range<usize>,
}

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `<name …>`
    Start(Tag),
    /// `</name>`
    End(String),
    /// `<!--…-->`, with the text inside.
    Comment(String),
}

/// A start tag.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tag {
    /// Its name in lower case.
    pub name: String,
    /// Its attributes as written, without repetitions.
    pub attributes: Vec<Attribute>,
    /// It ends in `/>`.
    pub self_closing: bool,
}

/// An attribute of a start tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// Its name in lower case.
    pub name: String,
    /// Its value with entities decoded.
    pub value: String,
    /// From its name to behind its value.
    pub span: Range<usize>,
}

impl Tag {
    /// The value of an attribute, if it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name == name).map(|a| a.value.as_str())
    }

    /// True where the tag never has an end tag.
    #[must_use]
    pub fn is_void(&self) -> bool {
        is_void(&self.name)
    }
}

impl Token {
    /// The start tag, if it is one.
    #[must_use]
    pub const fn start(&self) -> Option<&Tag> {
        match &self.kind {
            Kind::Start(tag) => Some(tag),
            Kind::End(_) | Kind::Comment(_) => None,
        }
    }

    /// True for the end tag of that name.
    #[must_use]
    pub fn ends(&self, name: &str) -> bool {
        matches!(&self.kind, Kind::End(n) if n == name)
    }
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Tags whose end browsers find by themselves.
#[must_use]
pub fn may_stay_open(name: &str) -> bool {
    is_void(name)
        || matches!(
            name,
            "p" | "li"
                | "dt"
                | "dd"
                | "tr"
                | "td"
                | "th"
                | "thead"
                | "tbody"
                | "tfoot"
                | "option"
                | "optgroup"
                | "rt"
                | "rp"
                | "colgroup"
                | "html"
                | "head"
                | "body"
        )
}

/// The tags and comments of a page, in their order.
#[must_use]
pub fn tokens(html: &str) -> Vec<Token> {
    let mut tag: Option<(Tag, usize)> = None;
    let emit = |event: CallbackEvent<'_>, span: Span<usize>| -> Option<Token> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match event {
            CallbackEvent::OpenStartTag { name } => {
                tag = Some((Tag { name: text(name), ..Tag::default() }, span.start));
                None
            }
            CallbackEvent::AttributeName { name } => {
                let (name, span) = (text(name), span.start..span.end);
                let (tag, _) = tag.as_mut()?;
                if tag.get(&name).is_none() {
                    tag.attributes.push(Attribute { name, value: String::new(), span });
                }
                None
            }
            CallbackEvent::AttributeValue { value } => {
                let (tag, _) = tag.as_mut()?;
                let last = tag.attributes.last_mut()?;
                // The value of a repeated name has no attribute of its own.
                if last.value.is_empty() && last.span.end <= span.start {
                    last.value = text(value);
                    last.span.end = span.end;
                }
                None
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                let (mut tag, start) = tag.take()?;
                tag.self_closing = self_closing;
                Some(Token { kind: Kind::Start(tag), span: start..span.end })
            }
            CallbackEvent::EndTag { name } => {
                Some(Token { kind: Kind::End(text(name)), span: span.start..span.end })
            }
            CallbackEvent::Comment { value } => {
                Some(Token { kind: Kind::Comment(text(value)), span: span.start..span.end })
            }
            CallbackEvent::String { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => None,
        }
    };
    let mut emitter = CallbackEmitter::new(emit);
    emitter.naively_switch_states(true);
    let Ok(tokens) = Tokenizer::new_with_emitter(html, emitter).collect::<Result<Vec<_>, _>>();
    tokens
}

/// Where the value of an attribute stands, without quotes; empty where it has none.
#[must_use]
pub fn value_span(html: &str, attribute: &Attribute) -> Range<usize> {
    let end = attribute.span.end;
    let raw = html.get(attribute.span.clone()).unwrap_or_default();
    let Some(equals) = raw.find('=') else { return end..end };
    let value = raw[equals + 1..].trim_start();
    let value = value.strip_prefix(['"', '\'']).unwrap_or(value);
    end - value.len()..end
}

/// The text as a value between double quotes, or between tags.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// The line of a place, from 1.
#[must_use]
pub fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
}

/// Where the lines of a text begin, for many places in one text.
#[derive(Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// The lines of a text.
    #[must_use]
    pub fn new(text: &str) -> Lines {
        Lines(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The line of a place, from 1.
    #[must_use]
    pub fn of(&self, at: usize) -> usize {
        self.0.partition_point(|end| *end < at) + 1
    }
}

/// The place behind the end tag that belongs to the start tag `tokens[index]`, and the index of that end tag.
#[must_use]
pub fn end_of(tokens: &[Token], index: usize) -> Option<usize> {
    let name = &tokens.get(index)?.start()?.name;
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(index) {
        match &token.kind {
            Kind::Start(tag) if tag.name == *name && !tag.is_void() => depth += 1,
            Kind::End(end) if end == name => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            Kind::Start(_) | Kind::End(_) | Kind::Comment(_) => {}
        }
    }
    None
}

/// A piece of HTML without the tags that belong to each other: what must stay when `html` is taken out of a page, so
/// that the rest keeps its shape.
#[must_use]
pub fn unmatched_tags(html: &str) -> Vec<Range<usize>> {
    let mut open: Vec<(String, Range<usize>)> = Vec::new();
    let mut unmatched = Vec::new();
    for token in tokens(html) {
        match token.kind {
            Kind::Start(tag) if !tag.is_void() && !tag.self_closing => open.push((tag.name, token.span)),
            Kind::End(name) => match open.iter().rposition(|(n, _)| *n == name) {
                Some(at) => {
                    let inner = open.split_off(at).into_iter().skip(1);
                    unmatched.extend(inner.filter(|(n, _)| !may_stay_open(n)).map(|(_, span)| span));
                }
                None => unmatched.push(token.span),
            },
            Kind::Start(_) | Kind::Comment(_) => {}
        }
    }
    unmatched.extend(open.into_iter().map(|(_, span)| span));
    unmatched.sort_by_key(|span| span.start);
    unmatched
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_and_comments_are_found_where_they_stand() {
        let html = "<!doctype html><P class='a' b=\"x&amp;y\" c d=e>茶 &lt;i><!-- c --></P>\r\n<img src=a.png /><script>if (a<b) '<!-- x --><p>'</script>";
        let found: Vec<&str> = tokens(html).into_iter().map(|t| &html[t.span]).collect();
        let expected = [
            "<P class='a' b=\"x&amp;y\" c d=e>",
            "<!-- c -->",
            "</P>",
            "<img src=a.png />",
            "<script>",
            "</script>",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_value_is_found_without_its_quotes() {
        let html = "<a href='x y' title = \"t &amp; u\" id=z hidden name=\"\">";
        let tokens = tokens(html);
        let tag = tokens[0].start().unwrap();
        let raw: Vec<&str> = tag.attributes.iter().map(|a| &html[value_span(html, a)]).collect();
        assert_eq!(raw, ["x y", "t &amp; u", "z", "", ""]);
        assert_eq!(tag.get("title"), Some("t & u"));
    }

    #[test]
    fn what_is_cut_out_leaves_the_tags_that_others_need() {
        for (html, left) in [
            ("a <b>c</b> d", ""),
            ("a</p><p>b", "</p><p>"),
            ("<ul><li>a<li>b</ul>", ""),
            ("a <em>b</p><img src=x>", "<em></p>"),
            ("x</div></section>", "</div></section>"),
        ] {
            let kept: String = unmatched_tags(html).into_iter().map(|span| &html[span]).collect();
            assert_eq!(kept, left, "{html}");
        }
    }

    proptest! {
        #[test]
        fn spans_follow_each_other_and_hold_what_they_say(
            html in "([<>/=\"' a-c!茶\r\n-]|<p|<b x=|</p>|<!--|-->|<script>|</script>|&amp;){0,40}"
        ) {
            let mut end = 0;
            for token in tokens(&html) {
                prop_assert!(token.span.start >= end && token.span.end <= html.len());
                end = token.span.end;
                let raw = html.get(token.span.clone()).expect("between characters");
                prop_assert!(raw.starts_with('<'), "{raw}");
                if let Some(tag) = token.start() {
                    prop_assert!(raw.ends_with('>'), "{raw}");
                    for attribute in &tag.attributes {
                        prop_assert!(attribute.span.start >= token.span.start && attribute.span.end <= end);
                        prop_assert!(html.get(value_span(&html, attribute)).is_some());
                    }
                }
            }
            prop_assert!(unmatched_tags(&html).into_iter().all(|span| html.get(span).is_some()));
        }
    }
}
