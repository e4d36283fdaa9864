//! A claim: a reader says that he has paid and reads nothing. The owner decides (M5, M7).

use std::fmt;
use std::str::FromStr;

use super::id::{ClaimId, OrderId, ProductId, SiteId};
use super::money::Fen;
use super::time::Timestamp;

/// The last digits of the receipt number (交易单号) that the wallet shows: 4 to 8 digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiptDigits(String);

/// A text that cannot be [`ReceiptDigits`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the last 4 to 8 digits of the receipt number in the wallet")]
pub struct ReceiptDigitsError;

impl ReceiptDigits {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ReceiptDigits {
    type Err = ReceiptDigitsError;

    fn from_str(text: &str) -> Result<ReceiptDigits, ReceiptDigitsError> {
        let text = text.trim();
        if !(4..=8).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ReceiptDigitsError);
        }
        Ok(ReceiptDigits(text.to_owned()))
    }
}

impl fmt::Display for ReceiptDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a reader says. Nothing of it is proved but the order, whose token he had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The site.
    pub site: SiteId,
    /// What he says to have bought.
    pub product: ProductId,
    /// The order that his browser made, proved by its token.
    pub order: Option<OrderId>,
    /// How much he says to have paid.
    pub amount: Fen,
    /// When he says to have paid.
    pub paid_at: Timestamp,
    /// What his wallet shows.
    pub digits: ReceiptDigits,
    /// What else he says.
    pub note: Option<String>,
    /// When he said it.
    pub created_at: Timestamp,
    /// True where granting it paid the order; false where the order was paid before.
    pub paid_by_grant: bool,
}

/// What became of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimState {
    /// The owner has not looked at it.
    Open,
    /// The owner gave the right to read.
    Granted,
    /// The owner did not.
    Refused,
}

impl ClaimState {
    /// The wire form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ClaimState::Open => "open",
            ClaimState::Granted => "granted",
            ClaimState::Refused => "refused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipt_digits_are_a_few_digits() {
        assert_eq!(" 482913 ".parse::<ReceiptDigits>().unwrap().as_str(), "482913");
        for text in ["", "123", "123456789", "12a4", "１２３４"] {
            assert!(text.parse::<ReceiptDigits>().is_err(), "{text}");
        }
    }
}
