//! Names in certificates as text: an issuer's, for the serial numbers that Alipay makes of them, and a holder's.
//!
//! RFC 2253 as Java writes it (`X500Principal.getName()`), because Alipay's own program is in Java: the last part first,
//! `,` between parts, short names for nine kinds and numbers for all others, escapes that no other language's libraries
//! share. Real issuers of Alipay's need no escape.

use rsa::pkcs8::ObjectIdentifier;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::{Encode as _, Tag, Tagged as _};
use x509_cert::name::{Name, RelativeDistinguishedName};

/// The kinds that have a name in RFC 2253, section 2.3.
const KEYWORDS: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];

/// Signs that Java escapes wherever they stand.
const ESCAPED: &[char] = &[',', '=', '+', '<', '>', '#', ';', '"', '\\'];

fn keyword(kind: &ObjectIdentifier) -> Option<&'static str> {
    let number = kind.to_string();
    KEYWORDS.iter().find(|(known, _)| *known == number).map(|(_, keyword)| *keyword)
}

/// The name as Java writes it.
pub(super) fn text(name: &Name) -> String {
    let parts = name.iter_rdn().map(|rdn| {
        let attributes: Vec<String> = rdn.iter().map(attribute).collect();
        attributes.join("+")
    });
    let mut parts: Vec<String> = parts.collect();
    parts.reverse();
    parts.join(",")
}

/// Whom a name names: its common names, or all of it where it has none.
pub(super) fn holder(name: &Name) -> String {
    let common = name
        .iter_rdn()
        .flat_map(RelativeDistinguishedName::iter)
        .filter(|part| keyword(&part.oid) == Some("CN"));
    let common: Vec<String> = common.map(attribute).collect();
    if common.is_empty() { text(name) } else { common.join(",") }
}

fn attribute(attribute: &AttributeTypeAndValue) -> String {
    let value = &attribute.value;
    let is_text = matches!(
        value.tag(),
        Tag::Utf8String | Tag::PrintableString | Tag::TeletexString | Tag::Ia5String | Tag::BmpString
    );
    match keyword(&attribute.oid) {
        Some(keyword) if is_text => format!("{keyword}={}", escaped(&String::from_utf8_lossy(value.value()))),
        keyword => {
            let mut text = keyword.map_or_else(|| attribute.oid.to_string(), str::to_owned);
            text.push_str("=#");
            let der = value.to_der().unwrap_or_default();
            text.extend(der.iter().map(|byte| format!("{byte:02x}")));
            text
        }
    }
}

fn escaped(value: &str) -> String {
    let blank = |c: char| c == ' ' || c == '\r';
    let lead = value.len() - value.trim_start_matches(blank).len();
    let trail = value.trim_end_matches(blank).len();
    let mut text = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        if c == '\0' {
            text.push_str("\\00");
            continue;
        }
        if ESCAPED.contains(&c) || (blank(c) && (at < lead || at >= trail)) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_cert::der::Decode as _;

    fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(value.len()).unwrap()], value].concat()
    }

    /// A name of one part.
    fn one(kind: &str, tag: u8, value: &[u8]) -> String {
        let kind = ObjectIdentifier::new(kind).unwrap();
        let pair = [tlv(0x06, kind.as_bytes()), tlv(tag, value)].concat();
        text(&Name::from_der(&tlv(0x30, &tlv(0x31, &tlv(0x30, &pair)))).unwrap())
    }

    #[test]
    fn names_are_written_as_java_17_writes_them() {
        let (utf8, printable, ia5) = (0x0c, 0x13, 0x16);
        // What X500Principal.getName() printed for these bytes.
        for (kind, tag, value, expected) in [
            ("2.5.4.3", utf8, "a=b#c+d\\e", "CN=a\\=b\\#c\\+d\\\\e"),
            ("2.5.4.3", utf8, " #x  ", "CN=\\ \\#x\\ \\ "),
            ("2.5.4.3", utf8, "\0\x07tab\tz", "CN=\\00\x07tab\tz"),
            ("2.5.4.3", utf8, "\r a\n", "CN=\\\r\\ a\n"),
            ("2.5.4.3", utf8, "中文é", "CN=中文é"),
            ("2.5.4.3", utf8, "", "CN="),
            ("2.5.4.3", printable, "print", "CN=print"),
            ("2.5.4.3", ia5, "ia5", "CN=ia5"),
            ("2.5.4.9", utf8, "v", "STREET=v"),
            ("0.9.2342.19200300.100.1.25", utf8, "v", "DC=v"),
            ("2.5.4.5", utf8, "v é", "2.5.4.5=#0c047620c3a9"),
            ("1.2.840.113549.1.9.1", utf8, "v é", "1.2.840.113549.1.9.1=#0c047620c3a9"),
        ] {
            assert_eq!(one(kind, tag, value.as_bytes()), expected);
        }
    }
}
