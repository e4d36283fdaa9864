//! Money: an integer number of fen, and the only border where yuan text becomes fen.
//!
//! Knows how yuan strings look on the wire. Refuses to know floats, currencies other than CNY, and
//! negative amounts: nothing that Matcha does needs them (rule M1).

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// An amount of money in fen (1 fen = 0.01 yuan), from 0 to [`Fen::MAX`].
///
/// It is parsed from and printed to yuan strings (`"0.98"`), also in JSON. Arithmetic is checked and never
/// leaves the range.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fen(i64);

/// Why a text is not an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MoneyError {
    /// Not ASCII digits with at most one point and at most two decimals.
    #[error("an amount is digits with at most two decimals, such as 0.98")]
    Malformed,
    /// Above [`Fen::MAX`].
    #[error("an amount is at most {}", Fen::MAX)]
    TooLarge,
}

impl Fen {
    /// The largest amount: ¥10,000,000.00, far above any wallet's limit for one payment.
    pub const MAX: Fen = Fen(1_000_000_000);
    /// No money. A price or a receipt is never zero; a discount may be.
    pub const ZERO: Fen = Fen(0);
    /// The smallest amount a wallet can move.
    pub const ONE: Fen = Fen(1);

    /// The amount of `fen` fen, or `None` outside `0..=Fen::MAX`.
    #[must_use]
    pub const fn new(fen: i64) -> Option<Fen> {
        if fen < 0 || fen > Fen::MAX.0 { None } else { Some(Fen(fen)) }
    }

    /// The number of fen.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// True for no money at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Reads a yuan string: ASCII digits, then perhaps a point and one or two digits.
    ///
    /// No sign, blank, exponent, separator or leading zero (but `0.`) is accepted: what a person might read
    /// in two ways is refused.
    ///
    /// # Errors
    /// [`MoneyError::Malformed`] for any other text, [`MoneyError::TooLarge`] above [`Fen::MAX`].
    pub fn parse(yuan: &str) -> Result<Fen, MoneyError> {
        let (whole, decimals) = match yuan.split_once('.') {
            Some((whole, decimals)) if (1..=2).contains(&decimals.len()) => (whole, decimals),
            Some(_) => return Err(MoneyError::Malformed),
            None => (yuan, ""),
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty()
            || !digits(whole)
            || !digits(decimals)
            || (whole.len() > 1 && whole.starts_with('0'))
        {
            return Err(MoneyError::Malformed);
        }
        if whole.len() > 12 {
            return Err(MoneyError::TooLarge);
        }
        let fen = Decimal::from_str(yuan)
            .ok()
            .and_then(|yuan| yuan.checked_mul(Decimal::ONE_HUNDRED))
            .and_then(|fen| fen.to_i64())
            .ok_or(MoneyError::Malformed)?;
        Fen::new(fen).ok_or(MoneyError::TooLarge)
    }

    /// The sum, or `None` above [`Fen::MAX`].
    #[must_use]
    pub const fn checked_add(self, other: Fen) -> Option<Fen> {
        Fen::new(self.0 + other.0)
    }

    /// The difference, or `None` below zero.
    #[must_use]
    pub const fn checked_sub(self, other: Fen) -> Option<Fen> {
        Fen::new(self.0 - other.0)
    }

    /// How far two amounts lie apart.
    #[must_use]
    pub const fn abs_diff(self, other: Fen) -> Fen {
        Fen((self.0 - other.0).abs())
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Decimal::new(self.0, 2))
    }
}

impl FromStr for Fen {
    type Err = MoneyError;

    fn from_str(yuan: &str) -> Result<Fen, MoneyError> {
        Fen::parse(yuan)
    }
}

impl TryFrom<String> for Fen {
    type Error = MoneyError;

    fn try_from(yuan: String) -> Result<Fen, MoneyError> {
        Fen::parse(&yuan)
    }
}

impl From<Fen> for String {
    fn from(fen: Fen) -> String {
        fen.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn yuan_strings_are_read_to_the_fen() {
        for (yuan, fen) in [
            ("0.98", 98),
            ("1", 100),
            ("1.0", 100),
            ("1.00", 100),
            ("0.01", 1),
            ("0", 0),
            ("0.5", 50),
            ("10000000.00", 1_000_000_000),
        ] {
            assert_eq!(Fen::parse(yuan), Ok(Fen(fen)), "{yuan}");
        }
    }

    #[test]
    fn anything_a_person_could_misread_is_refused() {
        for yuan in [
            "", ".", "1.", ".5", "-1", "+1", " 1", "1 ", "1.234", "1,000", "01", "00.10", "1e3", "１", "٣",
            "1.1.1", "0x10", "NaN", "1_0",
        ] {
            assert_eq!(Fen::parse(yuan), Err(MoneyError::Malformed), "{yuan:?}");
        }
        for yuan in ["10000000.01", "999999999999", "99999999999999999999999.00"] {
            assert_eq!(Fen::parse(yuan), Err(MoneyError::TooLarge), "{yuan:?}");
        }
    }

    #[test]
    fn arithmetic_never_leaves_the_range() {
        assert_eq!(Fen::MAX.checked_add(Fen::ONE), None);
        assert_eq!(Fen::ZERO.checked_sub(Fen::ONE), None);
        assert_eq!(Fen(98).checked_add(Fen(2)), Some(Fen(100)));
        assert_eq!(Fen(98).abs_diff(Fen(100)), Fen(2));
    }

    proptest! {
        #[test]
        fn every_amount_prints_and_reads_back(fen in 0..=Fen::MAX.0) {
            let fen = Fen(fen);
            prop_assert_eq!(Fen::parse(&fen.to_string()), Ok(fen));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            if let Ok(fen) = Fen::parse(&text) {
                prop_assert!(fen <= Fen::MAX);
            }
        }
    }
}
