//! What a site sells: an article, a bundle of products, or a membership, on which terms and under which lock.
//!
//! Refuses to know the paid text: most who ask about a product must not see it.

use serde::{Deserialize, Serialize};

use super::id::{ProductId, SiteId};
use super::money::Fen;
use super::site::Slug;
use super::subscription::Renewal;
use super::time::{Millis, Timestamp};

/// How the paid text is kept from those who have not paid.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// The text lives on the server and comes after payment.
    Hosted,
    /// The text is encrypted in the page; the server releases the key.
    Sealed,
    /// The text is in the page and only hidden. Not secret.
    Reveal,
}

impl Lock {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Lock::Hosted => "hosted",
            Lock::Sealed => "sealed",
            Lock::Reveal => "reveal",
        }
    }
}

/// What buying a product opens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductKind {
    /// Itself.
    #[default]
    Article,
    /// Itself and the products that it names.
    Bundle,
    /// Itself and every article and bundle of its site, those that come later too.
    Membership,
}

impl ProductKind {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ProductKind::Article => "article",
            ProductKind::Bundle => "bundle",
            ProductKind::Membership => "membership",
        }
    }

    /// True where buying a product of this kind opens another of the same site, which it names or not.
    #[must_use]
    pub const fn opens(self, other: ProductKind, names_it: bool) -> bool {
        match self {
            ProductKind::Article => false,
            ProductKind::Bundle => names_it,
            ProductKind::Membership => !matches!(other, ProductKind::Membership),
        }
    }
}

/// On which terms a product is sold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Terms {
    /// What it opens.
    pub kind: ProductKind,
    /// For how long after it was paid; for ever where it is not said. Above zero.
    pub validity: Option<Millis>,
    /// Where it stands on the blog: `http://` or `https://`.
    pub url: Option<String>,
    /// How a membership renews itself, where it may.
    pub renews: Option<Renewal>,
}

/// Which keys of a sealed product are given out. Each version is a key of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyVersions {
    /// With which new pages are sealed; from 1.
    pub current: u32,
    /// The oldest that is still given to those who have the right: pages sealed with an older one must be sealed anew.
    pub oldest: u32,
}

impl Default for KeyVersions {
    fn default() -> KeyVersions {
        KeyVersions { current: 1, oldest: 1 }
    }
}

/// Whether a key of a version is given out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyState {
    /// It is.
    Released,
    /// It was, and is not any more.
    Retired,
    /// There is no such version yet.
    Unknown,
}

impl KeyVersions {
    /// Whether the key of a version is given out.
    #[must_use]
    pub const fn state(self, version: u32) -> KeyState {
        if version > self.current || version == 0 {
            KeyState::Unknown
        } else if version < self.oldest {
            KeyState::Retired
        } else {
            KeyState::Released
        }
    }

    /// The versions after a rotation. The old keys go on opening old pages unless they are retired with it.
    #[must_use]
    pub const fn rotated(self, retire: bool) -> KeyVersions {
        let current = self.current.saturating_add(1);
        KeyVersions { current, oldest: if retire { current } else { self.oldest } }
    }

    /// The versions when every old page was sealed anew: only the current key is given out.
    #[must_use]
    pub const fn retired(self) -> KeyVersions {
        KeyVersions { oldest: self.current, ..self }
    }
}

/// What a site sells, without its paid text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Who sells it.
    pub site: SiteId,
    /// Its name in URLs; unique within the site.
    pub slug: Slug,
    /// Its name for people.
    pub title: String,
    /// What it costs; above zero.
    pub price: Fen,
    /// How it is locked.
    pub lock: Lock,
    /// On which terms.
    pub terms: Terms,
    /// Which of its keys are given out.
    pub keys: KeyVersions,
    /// When it was made.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_key_leaves_the_old_one_until_it_is_retired() {
        let keys = KeyVersions::default().rotated(false);
        assert_eq!([0, 1, 2, 3].map(|v| keys.state(v)), {
            use KeyState::{Released, Unknown};
            [Unknown, Released, Released, Unknown]
        });
        assert_eq!(keys.retired().state(1), KeyState::Retired);
        assert_eq!(KeyVersions::default().rotated(true), KeyVersions { current: 2, oldest: 2 });
    }
}
