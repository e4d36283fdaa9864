//! A site and the policy of its holds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::SiteId;
use super::money::Fen;
use super::time::{Millis, Timestamp};

/// The name of a site or product in URLs: 1 to 100 ASCII letters, digits, `-`, `_` or `.`, first a letter or digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// A text that cannot be a [`Slug`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a slug is 1 to 100 letters, digits, '-', '_' or '.', and begins with a letter or digit")]
pub struct SlugError;

impl Slug {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Slug, SlugError> {
        let tail = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        match text.as_bytes() {
            [first, rest @ ..]
                if rest.len() < 100 && first.is_ascii_alphanumeric() && rest.iter().all(|b| tail(*b)) =>
            {
                Ok(Slug(text.to_owned()))
            }
            _ => Err(SlugError),
        }
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;

    fn try_from(text: String) -> Result<Slug, SlugError> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> String {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A web origin, exactly as a browser sends it in `Origin`: scheme, host in lower case, port unless default.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

/// A text that cannot be an [`Origin`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an origin is http:// or https://, a host and perhaps a port, with no path: https://blog.example")]
pub struct OriginError;

impl Origin {
    /// The text, as compared with the `Origin` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Origin, OriginError> {
        let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        let (host, default_port) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(host), _) => (host, ":443"),
            (None, Some(host)) => (host, ":80"),
            (None, None) => return Err(OriginError),
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
        if host.is_empty() || host.len() > 253 || host.starts_with(':') || !host.bytes().all(plain) {
            return Err(OriginError);
        }
        Ok(Origin(text.strip_suffix(default_port).unwrap_or(&text).to_owned()))
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Origin, OriginError> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> String {
        origin.0
    }
}

/// How a site reserves amounts (DESIGN section 3). The bounds are in `src/limits.rs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoldPolicy {
    /// How long a reader has to pay; also what one extension adds.
    pub pay_window: Millis,
    /// How long a released amount rests before it is given out again (M8).
    pub cool_down: Millis,
    /// How far below the price an amount may lie.
    pub max_discount: Fen,
    /// How far above the price an amount may lie; zero unless the owner allows it.
    pub max_surcharge: Fen,
}

/// A blog.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Its name in URLs; unique.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// Who may call the reader API from a browser.
    pub origins: Vec<Origin>,
    /// How its orders hold amounts.
    pub policy: HoldPolicy,
    /// The original article's ownership by IP address: dangerous, off by default (docs/adr).
    pub ip_ownership: bool,
    /// In how many seats one unlock may be used at the same time; at least one.
    pub seats_max: u32,
    /// Which of its sealing secrets is in force; from 1, grows when the owner replaces the secret.
    pub sealing_epoch: u32,
    /// Readers at a computer are led to the official gateway's page too, beside the code that is drawn for them.
    pub page_pay: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Site {
    /// True where a request from this browser origin may be answered; one without an origin comes from no foreign page.
    #[must_use]
    pub fn allows(&self, origin: Option<&str>) -> bool {
        origin.is_none_or(|origin| self.origins.iter().any(|known| known.as_str() == origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_kept_as_browsers_send_it() {
        for (text, origin) in [
            ("https://Blog.Example/", "https://blog.example"),
            ("https://blog.example:443", "https://blog.example"),
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().as_str(), origin);
        }
        for text in
            ["blog.example", "https://", "https://a/b", "*", "null", "ftp://a", "https://a b", "https://:80"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_slug_is_plain() {
        assert!("green-tea_2.0".parse::<Slug>().is_ok());
        for text in ["", "-a", "a/b", "茶", "a b", &"a".repeat(101)] {
            assert!(text.parse::<Slug>().is_err(), "{text}");
        }
    }
}
