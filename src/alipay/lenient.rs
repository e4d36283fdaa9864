//! Members of answers as the gateway writes them: numbers as texts or as numbers, null for nothing, new ones at any time.
//!
//! Lenient about how a value is written, strict about what it is: an amount is read digit by digit, never as a float.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::response::ResponseError;
use crate::domain::money::Fen;
use crate::domain::time::Timestamp;

/// A member's text: what stands between the quotes, or the token itself. Nothing, and null, are the empty text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match raw.get() {
            "null" => Ok(Text::default()),
            text if text.starts_with('"') => serde_json::from_str(text).map(Text).map_err(D::Error::custom),
            token => Ok(Text(token.to_owned())),
        }
    }
}

impl Text {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// The text, or nothing where it is empty.
    pub(super) fn some(self) -> Option<String> {
        Some(self.0).filter(|text| !text.is_empty())
    }

    /// The text, which the method always sends.
    pub(super) fn must(self) -> Result<String, ResponseError> {
        self.some().ok_or(ResponseError::Malformed)
    }

    /// The amount, or nothing where it is empty.
    pub(super) fn fen(&self) -> Result<Option<Fen>, ResponseError> {
        let text = Some(self.as_str()).filter(|text| !text.is_empty());
        text.map(|text| Fen::parse(text).map_err(|_| ResponseError::Malformed)).transpose()
    }

    /// The instant that a clock in China shows, or nothing where the text is empty or is written otherwise: times are
    /// for people, nothing is decided by them.
    pub(super) fn time(&self) -> Option<Timestamp> {
        Timestamp::from_china_clock(self.as_str()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Text {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn values_are_read_however_they_are_written() {
        for (json, expected) in [
            ("null", ""),
            ("\"\"", ""),
            ("\"a\\/b\"", "a/b"),
            ("10.00", "10.00"),
            ("true", "true"),
            ("\"中\"", "中"),
        ] {
            assert_eq!(text(json).as_str(), expected);
        }
    }

    #[test]
    fn amounts_are_read_to_the_fen_or_not_at_all() {
        assert_eq!(text("10.00").fen(), Ok(Fen::new(1000)));
        assert_eq!(text("\"0.1\"").fen(), Ok(Fen::new(10)));
        assert_eq!(text("null").fen(), Ok(None));
        for json in ["\"-1.00\"", "1e2", "\"1.001\"", "\" 1\"", "{}", "\"１\""] {
            assert_eq!(text(json).fen(), Err(ResponseError::Malformed), "{json}");
        }
    }
}
