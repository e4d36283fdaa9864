//! A coupon: what it takes off a price before an amount is chosen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::{CouponId, ProductId, SiteId};
use super::money::Fen;
use super::time::Timestamp;

/// What a reader types: 3 to 32 ASCII letters, digits and `-`, in capitals.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CouponCode(String);

/// A text that cannot be a [`CouponCode`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a coupon is 3 to 32 letters, digits or '-'")]
pub struct CouponCodeError;

impl CouponCode {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CouponCode {
    type Err = CouponCodeError;

    fn from_str(text: &str) -> Result<CouponCode, CouponCodeError> {
        let text = text.trim();
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !(3..=32).contains(&text.len()) || !plain {
            return Err(CouponCodeError);
        }
        Ok(CouponCode(text.to_ascii_uppercase()))
    }
}

impl TryFrom<String> for CouponCode {
    type Error = CouponCodeError;

    fn try_from(text: String) -> Result<CouponCode, CouponCodeError> {
        text.parse()
    }
}

impl From<CouponCode> for String {
    fn from(code: CouponCode) -> String {
        code.0
    }
}

impl fmt::Display for CouponCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much a coupon takes off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Discount {
    /// So much; what is left is at least one fen.
    Amount(Fen),
    /// So many hundredths: 1 to 99.
    Percent(u8),
}

impl Discount {
    /// What is left of a price: at least one fen, because nothing can be paid by a receipt of nothing. A part of a fen
    /// is the seller's.
    #[must_use]
    pub fn off(self, price: Fen) -> Fen {
        let left = match self {
            Discount::Amount(off) => price.get().saturating_sub(off.get()),
            Discount::Percent(percent) => {
                let kept = i128::from(price.get()) * i128::from(100_u8.saturating_sub(percent));
                i64::try_from(kept.div_euclid(100) + i128::from(kept.rem_euclid(100) != 0))
                    .unwrap_or(price.get())
            }
        };
        Fen::new(left.max(1)).unwrap_or(price)
    }
}

/// A coupon of a site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coupon {
    /// Its id.
    pub id: CouponId,
    /// The site.
    pub site: SiteId,
    /// The only product it is good for; every one of the site where it is not said.
    pub product: Option<ProductId>,
    /// What the reader types; unique among the coupons of the site that were not removed.
    pub code: CouponCode,
    /// How much it takes off.
    pub discount: Discount,
    /// For how many orders; no bound where it is not said.
    pub uses_max: Option<u32>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the owner took it back.
    pub removed_at: Option<Timestamp>,
}

/// Whether a coupon can be used for a product now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fitness {
    /// It can.
    Good,
    /// It is not for this product, or was taken back: which of the two is not told.
    Unknown,
    /// Its time is over.
    Expired,
    /// As many orders as it was made for have it.
    UsedUp,
}

impl Coupon {
    /// Whether it can be used for `product` at `now`, when so many orders have it that were not given up.
    #[must_use]
    pub fn fits(&self, product: ProductId, used: i64, now: Timestamp) -> Fitness {
        if self.removed_at.is_some() || self.product.is_some_and(|only| only != product) {
            Fitness::Unknown
        } else if self.expires_at.is_some_and(|end| now >= end) {
            Fitness::Expired
        } else if self.uses_max.is_some_and(|max| used >= i64::from(max)) {
            Fitness::UsedUp
        } else {
            Fitness::Good
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fen(n: i64) -> Fen {
        Fen::new(n).unwrap()
    }

    #[test]
    fn a_coupon_takes_off_what_it_says_and_leaves_a_fen() {
        for (discount, price, left) in [
            (Discount::Amount(fen(30)), 100, 70),
            (Discount::Amount(fen(100)), 100, 1),
            (Discount::Amount(fen(500)), 100, 1),
            (Discount::Percent(20), 100, 80),
            (Discount::Percent(33), 100, 67),
            (Discount::Percent(33), 101, 68),
            (Discount::Percent(99), 1, 1),
        ] {
            assert_eq!(discount.off(fen(price)), fen(left), "{discount:?} of {price}");
        }
    }

    proptest! {
        #[test]
        fn a_price_never_grows_and_never_vanishes(price in 1_i64..=Fen::MAX.get(), percent in 1_u8..=99, off in 1_i64..=Fen::MAX.get()) {
            for discount in [Discount::Percent(percent), Discount::Amount(fen(off))] {
                let left = discount.off(fen(price));
                prop_assert!(left <= fen(price) && left >= fen(1), "{discount:?} {price} {left}");
            }
        }
    }

    #[test]
    fn a_code_is_typed_in_any_case() {
        assert_eq!(" spring-8 ".parse::<CouponCode>().unwrap().as_str(), "SPRING-8");
        for text in ["", "ab", "a b c", "春茶春茶", &"A".repeat(33)] {
            assert!(text.parse::<CouponCode>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_coupon_fits_its_product_until_its_end() {
        let at = Timestamp::from_millis;
        let (tea, other) = (ProductId::from_raw(1), ProductId::from_raw(2));
        let coupon = Coupon {
            id: CouponId::from_raw(3),
            site: SiteId::from_raw(4),
            product: Some(tea),
            code: "TEA".parse().unwrap(),
            discount: Discount::Percent(10),
            uses_max: Some(2),
            expires_at: Some(at(1000)),
            created_at: at(0),
            removed_at: None,
        };
        assert_eq!(coupon.fits(tea, 1, at(999)), Fitness::Good);
        assert_eq!(coupon.fits(other, 1, at(999)), Fitness::Unknown);
        assert_eq!(coupon.fits(tea, 2, at(999)), Fitness::UsedUp);
        assert_eq!(coupon.fits(tea, 0, at(1000)), Fitness::Expired);
        let removed = Coupon { removed_at: Some(at(1)), ..coupon };
        assert_eq!(removed.fits(tea, 0, at(2)), Fitness::Unknown);
    }
}
