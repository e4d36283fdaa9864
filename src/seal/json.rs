//! JSON and scripts with the places of their pieces, so that they can be changed without writing them anew.
//!
//! Knows where strings and objects begin and end. Refuses to know what a script does.

use std::ops::Range;

/// The insides of the string literals of JavaScript or JSON, without their quotes. Broken code gives what can be told.
#[must_use]
pub fn strings(code: &str) -> Vec<Range<usize>> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    // Braces that are open inside of each `${` of a template.
    let mut templates: Vec<usize> = Vec::new();
    let (mut at, mut before) = (0, b'(');
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => {
                let end = string_end(bytes, at + 1, *byte);
                found.push(at + 1..end);
                at = end;
            }
            b'`' => at = template(bytes, at + 1, &mut found, &mut templates),
            b'{' => templates.last_mut().into_iter().for_each(|depth| *depth += 1),
            b'}' => match templates.last_mut() {
                Some(0) => {
                    templates.pop();
                    at = template(bytes, at + 1, &mut found, &mut templates);
                }
                Some(depth) => *depth -= 1,
                None => {}
            },
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes
                    .get(at..)
                    .and_then(|r| r.iter().position(|b| *b == b'\n'))
                    .unwrap_or(bytes.len() - at);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let rest = code.get(at + 2..).unwrap_or_default();
                at += rest.find("*/").map_or(bytes.len() - at, |end| end + 3);
            }
            b'/' if begins_pattern(before) => at = pattern_end(bytes, at + 1),
            _ => {}
        }
        if let Some(byte) = bytes.get(at).filter(|b| !b.is_ascii_whitespace()) {
            before = *byte;
        }
        at += 1;
    }
    found
}

/// Where a string ends: at its quote, at the end of the line (it is broken then), or at the end.
fn string_end(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            byte if *byte == quote => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Reads a template from `from` to its end or to `${`; the place of the byte that ended it.
fn template(bytes: &[u8], from: usize, found: &mut Vec<Range<usize>>, templates: &mut Vec<usize>) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'`' => break,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                found.push(from..at);
                templates.push(0);
                return at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    found.push(from..at.min(bytes.len()));
    at
}

/// A slash behind these signs begins a regular expression, and divides behind any other.
const fn begins_pattern(before: u8) -> bool {
    matches!(before, b'(' | b',' | b'=' | b':' | b'[' | b'!' | b'&' | b'|' | b'?' | b'{' | b'}' | b';' | b'>')
}

fn pattern_end(bytes: &[u8], from: usize) -> usize {
    let (mut at, mut class) = (from, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' => class = true,
            b']' => class = false,
            b'\n' => return at,
            b'/' if !class => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// An object of a JSON text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Behind its `{`.
    pub inside: usize,
    /// Its keys as written, and where their values stand.
    pub members: Vec<(String, Range<usize>)>,
}

impl Object {
    /// Where the value of a key stands.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<Range<usize>> {
        self.members.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    }
}

/// The objects of a JSON text, outer ones first; none where it is no JSON.
#[must_use]
pub fn objects(json: &str) -> Vec<Object> {
    if serde_json::from_str::<serde::de::IgnoredAny>(json).is_err() {
        return Vec::new();
    }
    // It is JSON, so what follows needs no second look at its form.
    let bytes = json.as_bytes();
    let mut found: Vec<Object> = Vec::new();
    // Objects (by index) and arrays that are open; the key whose value is being read, and where the value began.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut keys: Vec<Option<(String, usize)>> = Vec::new();
    let (mut at, mut last) = (0, None);
    let end_value =
        |found: &mut Vec<Object>, open: &[Option<usize>], keys: &mut [Option<(String, usize)>], at: usize| {
            if let (Some(Some(index)), Some(Some((key, from)))) =
                (open.last(), keys.last_mut().map(Option::take))
            {
                let value = json.get(from..at).unwrap_or_default();
                let blank = value.len() - value.trim_start().len();
                let range = from + blank..from + value.trim_end().len();
                if let Some(object) = found.get_mut(*index) {
                    object.members.push((key, range));
                }
            }
        };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at + 1, b'"');
                last = json.get(at + 1..end);
                at = end;
            }
            b':' => {
                if let (Some(slot), Some(key)) = (keys.last_mut(), last.take()) {
                    *slot = Some((key.to_owned(), at + 1));
                }
            }
            b'{' => {
                open.push(Some(found.len()));
                keys.push(None);
                found.push(Object { inside: at + 1, members: Vec::new() });
            }
            b'[' => {
                open.push(None);
                keys.push(None);
            }
            b',' => end_value(&mut found, &open, &mut keys, at),
            b'}' | b']' => {
                end_value(&mut found, &open, &mut keys, at);
                open.pop();
                keys.pop();
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &str) -> Vec<&str> {
        strings(code).into_iter().map(|range| &code[range]).collect()
    }

    #[test]
    fn strings_are_told_from_code_comments_and_patterns() {
        for (code, expected) in [
            (r#"{"a":"b\"c","d":[1,"e"]}"#, ["a", r#"b\"c"#, "d", "e"].as_slice()),
            ("x='a' // 'no'\n/* 'no' */ y=\"b\"", &["a", "b"]),
            ("f(/'[/']/.test(s), 'a'); b = c / d / 'e'", &["a", "e"]),
            ("`a${b + `c${'d'}e`}f` + {g:'h'}", &["a", "c", "d", "e", "f", "h"]),
            ("'broken\n'fine'", &["broken", "fine"]),
            ("'open", &["open"]),
            ("`open ${x", &["open "]),
        ] {
            assert_eq!(found(code), expected, "{code}");
        }
    }

    #[test]
    fn objects_know_where_their_values_stand() {
        let json = r#" {"@graph":[{"@type": "Article" , "b":{"c":[1,{"d":"}"}]}},{}], "e":true}"#;
        let objects = objects(json);
        assert_eq!(objects.len(), 5);
        let value = |index: usize, key: &str| objects[index].value(key).map(|range| &json[range]);
        assert_eq!(value(0, "e"), Some("true"));
        assert_eq!(value(1, "@type"), Some("\"Article\""));
        assert_eq!(value(1, "b"), Some(r#"{"c":[1,{"d":"}"}]}"#));
        assert_eq!(value(3, "d"), Some("\"}\""));
        assert_eq!(value(0, "none"), None);
        assert!(super::objects("{broken").is_empty());
    }
}
