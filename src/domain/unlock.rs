//! The right to read: what an unlock is, and the shape of the recovery code that brings it back.
//!
//! Refuses to know keys: `src/secrets.rs` signs tokens and derives codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::{OrderId, ProductId, SeatId, SiteId, UnlockId};
use super::time::{Millis, Timestamp};

/// A reader's right to a product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unlock {
    /// Its id.
    pub id: UnlockId,
    /// The order that bought it.
    pub order: OrderId,
    /// The site.
    pub site: SiteId,
    /// The product.
    pub product: ProductId,
    /// When it was given.
    pub issued_at: Timestamp,
    /// When it was taken back: a refund, the owner's undo, or a new one in its place.
    pub revoked_at: Option<Timestamp>,
    /// When its time is over; never, where it is not said.
    pub expires_at: Option<Timestamp>,
    /// When the browser that bought it was signed out. That browser is the only one without a [`Seat`] of its own.
    pub buyer_out_at: Option<Timestamp>,
}

/// When an unlock ends that is given at `now`: what is left of the one it prolongs is not lost.
#[must_use]
pub fn end_of(
    validity: Option<Millis>,
    now: Timestamp,
    running_until: Option<Timestamp>,
) -> Option<Timestamp> {
    validity.map(|span| running_until.map_or(now, |end| end.max(now)).plus(span))
}

/// Why a token opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is none of ours, or of another form.
    Bad,
    /// Its unlock was taken back.
    Revoked,
    /// The time of its unlock is over.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// Its seat was signed out.
    SignedOut,
}

/// One browser in which an unlock is used, beside the one that bought it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seat {
    /// Its id.
    pub id: SeatId,
    /// The unlock.
    pub unlock: UnlockId,
    /// Keyed hash of the reader capability, where one was sent: coming back is no second seat.
    pub reader: Option<i64>,
    /// What its owner knows it by, such as `iPhone · WeChat`.
    pub label: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used, to the day.
    pub seen_at: Timestamp,
    /// When it was signed out.
    pub signed_out_at: Option<Timestamp>,
}

/// What an unlock token says, before it is signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TokenFacts {
    /// The site.
    pub site: SiteId,
    /// The product.
    pub product: ProductId,
    /// The order.
    pub order: OrderId,
    /// The unlock, which can be revoked.
    pub unlock: UnlockId,
    /// When the token was made.
    pub issued_at: Timestamp,
    /// Which key signed it.
    pub key: String,
    /// The seat it was made for; none where it was made for the browser that bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<SeatId>,
}

/// A recovery code: 25 characters of Crockford base32 in five groups, the last of them a check character.
///
/// 24 characters carry 120 bits, which say nothing to anybody but the server that made them. The check (Luhn, modulus
/// 32) finds every single wrong character and nearly every swap of two neighbours, so that a typing error is told apart
/// from an unknown code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecoveryCode(u128);

/// A text that is not a recovery code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a recovery code is 25 letters and digits; one of them was mistyped or is missing")]
pub struct RecoveryCodeError;

/// Crockford's alphabet: no I, L, O or U, which people confuse with 1, 0 and V.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn luhn_mod_32(values: &[u8; 24]) -> u8 {
    let sum: u32 = values
        .iter()
        .rev()
        .enumerate()
        .map(|(position, value)| {
            let weighted = u32::from(*value) * if position % 2 == 0 { 2 } else { 1 };
            weighted / 32 + weighted % 32
        })
        .sum();
    u8::try_from((32 - sum % 32) % 32).unwrap_or(0)
}

impl RecoveryCode {
    /// How many bits a code carries.
    pub const BITS: u32 = 120;

    /// The code of the lower [`RecoveryCode::BITS`] bits.
    #[must_use]
    pub fn from_bits(bits: u128) -> RecoveryCode {
        RecoveryCode(bits & ((1 << RecoveryCode::BITS) - 1))
    }

    /// What the code carries.
    #[must_use]
    pub fn bits(self) -> u128 {
        self.0
    }

    /// The values of its characters without the check.
    fn values(self) -> [u8; 24] {
        let mut rest = self.0;
        let mut values = [0; 24];
        for value in values.iter_mut().rev() {
            *value = u8::try_from(rest & 31).unwrap_or(0);
            rest >>= 5;
        }
        values
    }
}

impl FromStr for RecoveryCode {
    type Err = RecoveryCodeError;

    /// Reads what a person types: any case, with or without hyphens and blanks, `O` for `0`, `I` and `L` for `1`.
    fn from_str(text: &str) -> Result<RecoveryCode, RecoveryCodeError> {
        let mut typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let mut next = || {
            let character = match typed.next().ok_or(RecoveryCodeError)?.to_ascii_uppercase() {
                'O' => b'0',
                'I' | 'L' => b'1',
                c => u8::try_from(c).map_err(|_| RecoveryCodeError)?,
            };
            let value = ALPHABET.iter().position(|a| *a == character).ok_or(RecoveryCodeError)?;
            u8::try_from(value).map_err(|_| RecoveryCodeError)
        };
        let mut bits = 0_u128;
        for _ in 0..24 {
            bits = bits << 5 | u128::from(next()?);
        }
        let (code, check) = (RecoveryCode(bits), next()?);
        if typed.next().is_some() || check != luhn_mod_32(&code.values()) {
            return Err(RecoveryCodeError);
        }
        Ok(code)
    }
}

impl fmt::Display for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values();
        for (index, value) in values.iter().chain([&luhn_mod_32(&values)]).enumerate() {
            if index > 0 && index % 5 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(ALPHABET.get(usize::from(*value)).copied().unwrap_or(b'0')))?;
        }
        Ok(())
    }
}

/// A code is as good as the money that bought it: it must not stand in a log.
impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_code_reads_back_however_it_is_typed(bits in any::<u128>()) {
            let code = RecoveryCode::from_bits(bits);
            let text = code.to_string();
            prop_assert_eq!(text.len(), 29);
            let typed = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            prop_assert_eq!(text.parse::<RecoveryCode>().unwrap(), code);
            prop_assert_eq!(typed.parse::<RecoveryCode>().unwrap(), code);
        }

        #[test]
        fn one_wrong_character_is_always_found(bits in any::<u128>(), at in 0_usize..25, by in 1_usize..32) {
            let mut bytes = RecoveryCode::from_bits(bits).to_string().replace('-', "").into_bytes();
            let value = ALPHABET.iter().position(|a| *a == bytes[at]).unwrap();
            bytes[at] = ALPHABET[(value + by) % 32];
            let text = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(text.parse::<RecoveryCode>(), Err(RecoveryCodeError));
        }

        #[test]
        fn every_bit_counts(bits in any::<u128>(), bit in 0_u32..128) {
            let [one, other] = [bits, bits ^ 1 << bit].map(|bits| RecoveryCode::from_bits(bits).to_string());
            prop_assert_eq!(one == other, bit >= RecoveryCode::BITS);
        }
    }

    #[test]
    fn other_texts_are_refused_and_a_code_never_shows_in_a_log() {
        for text in [
            "",
            "0",
            "UUUUU-UUUUU-UUUUU-UUUUU-UUUUU",
            &"0".repeat(26),
            "茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶茶",
        ] {
            assert!(text.parse::<RecoveryCode>().is_err(), "{text}");
        }
        assert_eq!(format!("{:?}", RecoveryCode::from_bits(7)), "RecoveryCode(…)");
    }
}
