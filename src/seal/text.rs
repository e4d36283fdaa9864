//! Text under its escapes: what a reader of a page, a feed or a script would see, with the places it came from.
//!
//! Knows the escapes of HTML, XML, JSON, JavaScript and URLs. Refuses to know which of them a file should contain: a leak
//! is a leak however it was written.

use std::ops::Range;

use super::entities;

/// A text decoded by one layer, which still knows where each of its pieces stood.
#[derive(Clone, Debug)]
pub struct View {
    /// The decoded text.
    pub text: String,
    /// Where pieces begin: in the decoded text, and in the text below. Between two of them both run in step.
    pieces: Vec<(usize, usize)>,
}

impl View {
    /// The place in the text below from which the decoded byte at `at` came.
    #[must_use]
    pub fn below(&self, at: usize) -> usize {
        let index = self.pieces.partition_point(|(text, _)| *text <= at);
        match index.checked_sub(1).and_then(|i| self.pieces.get(i)) {
            Some((text, below)) => below + (at - text),
            None => at,
        }
    }

    /// The range in the text below.
    #[must_use]
    pub fn range_below(&self, range: &Range<usize>) -> Range<usize> {
        self.below(range.start)..self.below(range.end)
    }
}

/// Which escapes a layer takes off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Escapes {
    /// `\u4e2d`, `\n`, `\"` as in JSON and JavaScript.
    Backslash,
    /// `&lt;`, `&#20013;` as in HTML and XML.
    Entities,
    /// All of them, and `%E4%B8%AD`: for looking, where it does not matter what the file is.
    All,
}

/// The text with one layer of escapes taken off, or `None` where there was none.
#[must_use]
pub fn decode(text: &str, escapes: Escapes) -> Option<View> {
    let bytes = text.as_bytes();
    let wanted = |byte: u8| match byte {
        b'\\' => escapes != Escapes::Entities,
        b'&' => escapes != Escapes::Backslash,
        b'%' => escapes == Escapes::All,
        _ => false,
    };
    let (mut view, mut from, mut at) = (View { text: String::new(), pieces: vec![(0, 0)] }, 0, 0);
    while let Some(skip) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| wanted(*b))) {
        at += skip;
        let rest = text.get(at..).unwrap_or_default();
        let Some((decoded, length)) = escape_at(rest) else {
            at += 1;
            continue;
        };
        view.text.push_str(text.get(from..at).unwrap_or_default());
        view.pieces.push((view.text.len(), at));
        view.text.push_str(&decoded);
        at += length;
        from = at;
        view.pieces.push((view.text.len(), at));
    }
    if view.pieces.len() == 1 {
        return None;
    }
    view.text.push_str(text.get(from..).unwrap_or_default());
    Some(view)
}

/// What the escape that `text` begins with means, and how long it is.
fn escape_at(text: &str) -> Option<(String, usize)> {
    match text.as_bytes().first()? {
        b'\\' => backslash(text),
        b'&' => entities::decode(text).map(|(c, length)| (c.to_string(), length)),
        _ => percent(text),
    }
}

fn hex(text: &str, range: Range<usize>) -> Option<u32> {
    let digits = text.get(range)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

fn backslash(text: &str) -> Option<(String, usize)> {
    let plain = |c: char| Some((c.to_string(), 1 + c.len_utf8()));
    match text.chars().nth(1)? {
        'n' => Some(("\n".to_owned(), 2)),
        'r' => Some(("\r".to_owned(), 2)),
        't' => Some(("\t".to_owned(), 2)),
        'b' | 'f' | 'v' | '0' => Some((" ".to_owned(), 2)),
        '\n' => Some((String::new(), 2)),
        'x' => char::from_u32(hex(text, 2..4)?).map(|c| (c.to_string(), 4)),
        'u' if text.as_bytes().get(2) == Some(&b'{') => {
            let end = text.bytes().take(12).position(|b| b == b'}')?;
            char::from_u32(hex(text, 3..end)?).map(|c| (c.to_string(), end + 1))
        }
        'u' => {
            let first = hex(text, 2..6)?;
            if !(0xd800..0xdc00).contains(&first) || text.get(6..8) != Some("\\u") {
                return char::from_u32(first).map(|c| (c.to_string(), 6));
            }
            let second = hex(text, 8..12).filter(|low| (0xdc00..0xe000).contains(low))?;
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            char::from_u32(code).map(|c| (c.to_string(), 12))
        }
        c @ ('"' | '\'' | '`' | '\\' | '/' | '$' | '<' | '>' | '&' | '-' | '!') => plain(c),
        _ => None,
    }
}

/// A run of `%XX` that is UTF-8.
fn percent(text: &str) -> Option<(String, usize)> {
    let mut bytes = Vec::new();
    while bytes.len() < 4 && text.as_bytes().get(bytes.len() * 3) == Some(&b'%') {
        let at = bytes.len() * 3 + 1;
        bytes.push(u8::try_from(hex(text, at..at + 2)?).ok()?);
        if let Ok(decoded) = std::str::from_utf8(&bytes) {
            return Some((decoded.to_owned(), bytes.len() * 3));
        }
    }
    None
}

/// A letter or digit that counts, and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Letter {
    /// In lower case and half width.
    pub char: char,
    /// Its first byte.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
    /// A word ended in front of it.
    pub begins: bool,
}

/// How markup is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Markup {
    /// Tags are skipped; what stands in comments and CDATA is read.
    Skipped,
    /// Tags are text like any other, so that their attributes are read too.
    Read,
}

/// Calls `take` with each letter and digit of a text, in order. Blanks, punctuation and invisible characters do not
/// count; entities count as what they mean.
pub fn letters(text: &str, markup: Markup, take: &mut impl FnMut(Letter)) {
    let bytes = text.as_bytes();
    let (mut at, mut begins) = (0, true);
    while let Some(byte) = bytes.get(at) {
        let (c, length) = match byte {
            b'<' if markup == Markup::Skipped => {
                let (length, breaks) = tag_at(text.get(at..).unwrap_or_default());
                begins |= breaks;
                at += length;
                continue;
            }
            b'&' => entities::decode(text.get(at..).unwrap_or_default()).unwrap_or(('&', 1)),
            byte if byte.is_ascii() => (char::from(*byte), 1),
            _ => match text.get(at..).and_then(|rest| rest.chars().next()) {
                Some(c) => (c, c.len_utf8()),
                None => ('\0', 1),
            },
        };
        match letter(c) {
            Some(char) => {
                take(Letter {
                    char,
                    start: at,
                    end: at + length,
                    begins: begins || is_word_of_its_own(char),
                });
                begins = is_word_of_its_own(char);
            }
            // Inside a word stand apostrophes, soft hyphens and the like.
            None => begins |= !matches!(c, '\'' | '’' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}'),
        }
        at += length;
    }
}

/// In lower case and half width, if it is a letter or digit.
fn letter(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase());
    }
    if matches!(c, '\u{4e00}'..='\u{9fff}') {
        return Some(c);
    }
    let folded = match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => c,
    };
    folded.is_alphanumeric().then(|| folded.to_lowercase().next().unwrap_or(folded))
}

/// Chinese, Japanese and Korean are written without blanks: each character counts as a word.
#[must_use]
pub fn is_word_of_its_own(c: char) -> bool {
    matches!(u32::from(c), 0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff)
}

/// How long the tag at the beginning of `text` is, and whether a word ends there. Of comments and CDATA only the
/// beginning is skipped. A `<` that begins no tag is one character.
fn tag_at(text: &str) -> (usize, bool) {
    if text.starts_with("<![CDATA[") {
        return (9, true);
    }
    if text.starts_with("<!--") {
        return comment_at(text);
    }
    let bytes = text.as_bytes();
    let closing = usize::from(bytes.get(1) == Some(&b'/'));
    let name_from = 1 + closing;
    if !bytes.get(name_from).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'!' | b'?')) {
        return (1, true);
    }
    let mut quote = None;
    for (at, byte) in bytes.iter().enumerate().skip(name_from).take(TAG_BYTES_MAX) {
        match (byte, quote) {
            (b'>', None) => {
                let name: String = text
                    .get(name_from..at)
                    .unwrap_or_default()
                    .chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .collect();
                return (at + 1, !is_within_words(&name.to_ascii_lowercase()));
            }
            // Quotes count behind `=` only: text in front of a tag that was cut off has apostrophes too.
            (b'"' | b'\'', None) if bytes.get(at - 1) == Some(&b'=') => quote = Some(*byte),
            (byte, Some(open)) if *byte == open => quote = None,
            _ => {}
        }
    }
    (1, true)
}

/// A tag that is longer is none.
const TAG_BYTES_MAX: usize = 1 << 16;
/// A comment that is longer is read like text.
const COMMENT_BYTES_SKIPPED: usize = 64;

/// Short comments (`<!-- more -->`) stand within a text; what stands in longer ones is read.
fn comment_at(text: &str) -> (usize, bool) {
    match text
        .as_bytes()
        .iter()
        .take(COMMENT_BYTES_SKIPPED)
        .collect::<Vec<_>>()
        .windows(3)
        .position(|w| matches!(w, [b'-', b'-', b'>']))
    {
        Some(end) => (end + 3, false),
        None => (4, true),
    }
}

/// Tags that stand inside of words.
fn is_within_words(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "cite"
            | "code"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "ins"
            | "kbd"
            | "mark"
            | "q"
            | "ruby"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, markup: Markup) -> String {
        let mut read = String::new();
        letters(text, markup, &mut |letter| {
            if letter.begins && !read.is_empty() {
                read.push(' ');
            }
            read.push(letter.char);
        });
        read
    }

    #[test]
    fn blanks_case_punctuation_and_markup_do_not_count() {
        for (text, letters) in [
            ("Two  Words!", "two words"),
            ("<b>wo</b>rds <p>next", "words next"),
            ("<p>one</p><p>two</p>", "one two"),
            ("don’t d&#39;accord", "dont daccord"),
            ("八十度的 water２", "八 十 度 的 water2"),
            ("caf&eacute; &lt;p&gt; &nbsp;x &unknown; y", "café p x unknown y"),
            ("a<!-- more -->b", "ab"),
            ("<![CDATA[in <i>side</i>]]>", "in side"),
            ("1 < 2 and 3 > 2", "1 2 and 3 2"),
            ("<a title=\"x > y\">z</a>", "z"),
            ("soft\u{ad}hyphen zero\u{200b}width", "softhyphen zerowidth"),
        ] {
            assert_eq!(read(text, Markup::Skipped), letters, "{text}");
        }
        assert_eq!(read("<a title=\"Big News\">z", Markup::Read), "a title big news z");
        let long = format!("<!-- {} -->", "paid words <b>in</b> a comment ".repeat(4));
        assert!(read(&long, Markup::Skipped).contains("paid words in a comment"));
    }

    #[test]
    fn each_escape_is_taken_off_and_leads_back() {
        for (text, escapes, decoded) in [
            (r#"\u4e2d\u6587\n\"a\""#, Escapes::Backslash, "中文\n\"a\""),
            (r"\ud83c\udf75 \u{1f375} \x41", Escapes::Backslash, "🍵 🍵 A"),
            ("&lt;p&gt; &#20013;&#x6587; &amp;lt;", Escapes::Entities, "<p> 中文 &lt;"),
            ("%E4%B8%AD%20%zz 100%", Escapes::All, "中 %zz 100%"),
            (r"a\u0026lt;b", Escapes::All, "a&lt;b"),
        ] {
            let view = decode(text, escapes).unwrap();
            assert_eq!(view.text, decoded, "{text}");
            assert_eq!(view.below(view.text.len()), text.len());
        }
        for (text, escapes) in [
            ("&lt;", Escapes::Backslash),
            (r"\n", Escapes::Entities),
            ("%41", Escapes::Entities),
            (r"C:\Users \ud800 \u12 & &x; %4", Escapes::All),
        ] {
            assert!(decode(text, escapes).is_none(), "{text}");
        }
        let view = decode(r"ab\u4e2dcd", Escapes::Backslash).unwrap();
        let at = view.text.find('中').unwrap();
        assert_eq!(view.range_below(&(at..at + 3)), 2..8);
        assert_eq!(view.range_below(&(0..at)), 0..2);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail_and_every_place_is_inside(text in r#"([a-z茶 <>&;%'"=!-]|\\u00e9|&lt;|&#39;|%E8%8C%B6|<b|-->|<!--){0,60}"#) {
            for markup in [Markup::Skipped, Markup::Read] {
                let mut last = 0;
                letters(&text, markup, &mut |letter| {
                    assert!(letter.start >= last && text.get(letter.start..letter.end).is_some());
                    last = letter.end;
                });
            }
            if let Some(view) = decode(&text, Escapes::All) {
                for (at, _) in view.text.char_indices() {
                    prop_assert!(text.is_char_boundary(view.below(at)));
                }
                prop_assert_eq!(view.below(view.text.len()), text.len());
            }
        }
    }
}
