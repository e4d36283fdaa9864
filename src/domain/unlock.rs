//! The right to read: what an unlock is, and the shape of the recovery code that brings it back.
//!
//! Refuses to know keys: `src/secrets.rs` signs tokens and derives codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::id::{OrderId, ProductId, SiteId, UnlockId};
use super::time::Timestamp;

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
    /// When it was taken back: a refund, or the owner's undo.
    pub revoked_at: Option<Timestamp>,
}

/// What an unlock token says, before it is signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Claims {
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
}

/// A recovery code: 25 characters of Crockford base32 in five groups, the last of them a check character.
///
/// The first four characters say in which half hour or so the unlock was made, so that codes made together lie together
/// in the index that finds them; the next 20 are secret, 100 bits. The check (Luhn, modulus 32) finds every single wrong character and nearly
/// every swap of two neighbours, so that a typing error is told apart from an unknown code.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RecoveryCode([u8; 25]);

/// A text that is not a recovery code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a recovery code is 25 letters and digits; one of them was mistyped or is missing")]
pub struct RecoveryCodeError;

/// How many characters of a code tell its time.
const TIME_CHARS: usize = 4;

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
    /// The code of an unlock, with the first 100 bits of `secret`.
    #[must_use]
    pub fn new(unlock: UnlockId, secret: [u8; 13]) -> RecoveryCode {
        // Ids are made of their time: the upper 20 of their 63 bits count steps of 35 minutes.
        let time = u32::try_from((unlock.raw() >> 43) & 0xf_ffff).unwrap_or(0);
        let mut values = [0_u8; 24];
        let (front, back) = values.split_at_mut(TIME_CHARS);
        for (index, value) in front.iter_mut().enumerate() {
            *value = u8::try_from(time >> (15 - 5 * index) & 31).unwrap_or(0);
        }
        for (index, value) in back.iter_mut().enumerate() {
            let bit = index * 5;
            let window = [secret.get(bit / 8), secret.get(bit / 8 + 1)].map(|b| b.copied().unwrap_or(0));
            let shifted = u16::from_be_bytes(window) >> (11 - bit % 8);
            *value = u8::try_from(shifted & 31).unwrap_or(0);
        }
        let mut code = [0_u8; 25];
        for (slot, value) in code.iter_mut().zip(values.iter().chain([&luhn_mod_32(&values)])) {
            *slot = ALPHABET.get(usize::from(*value)).copied().unwrap_or(b'0');
        }
        RecoveryCode(code)
    }

    /// The 25 characters without hyphens.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 25] {
        &self.0
    }

    /// The characters that tell no secret.
    #[must_use]
    pub fn time_part(&self) -> [u8; TIME_CHARS] {
        let mut part = [0; TIME_CHARS];
        part.copy_from_slice(self.0.get(..TIME_CHARS).unwrap_or(&[0; TIME_CHARS]));
        part
    }
}

impl FromStr for RecoveryCode {
    type Err = RecoveryCodeError;

    /// Reads what a person types: any case, with or without hyphens and blanks, `O` for `0`, `I` and `L` for `1`.
    fn from_str(text: &str) -> Result<RecoveryCode, RecoveryCodeError> {
        let mut code = [0_u8; 25];
        let mut values = [0_u8; 25];
        let mut typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        for (slot, value) in code.iter_mut().zip(values.iter_mut()) {
            let character = match typed.next().map(|c| c.to_ascii_uppercase()) {
                Some('O') => b'0',
                Some('I' | 'L') => b'1',
                Some(c) => u8::try_from(c).map_err(|_| RecoveryCodeError)?,
                None => return Err(RecoveryCodeError),
            };
            let position = ALPHABET.iter().position(|a| *a == character).ok_or(RecoveryCodeError)?;
            *slot = character;
            *value = u8::try_from(position).map_err(|_| RecoveryCodeError)?;
        }
        let (data, check) = values.split_at(24);
        let data: &[u8; 24] = data.try_into().map_err(|_| RecoveryCodeError)?;
        if typed.next().is_some() || check != [luhn_mod_32(data)] {
            return Err(RecoveryCodeError);
        }
        Ok(RecoveryCode(code))
    }
}

impl fmt::Display for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if index > 0 && index % 5 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*byte))?;
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
        fn a_code_reads_back_however_it_is_typed(id in any::<i64>(), secret in any::<[u8; 13]>()) {
            let code = RecoveryCode::new(UnlockId::from_raw(id), secret);
            let text = code.to_string();
            prop_assert_eq!(text.len(), 29);
            let typed = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            prop_assert_eq!(&text.parse::<RecoveryCode>().unwrap(), &code);
            prop_assert_eq!(&typed.parse::<RecoveryCode>().unwrap(), &code);
        }

        #[test]
        fn one_wrong_character_is_always_found(
            id in 0..i64::MAX, secret in any::<[u8; 13]>(), at in 0_usize..25, by in 1_usize..32,
        ) {
            let code = RecoveryCode::new(UnlockId::from_raw(id), secret);
            let mut bytes = *code.as_bytes();
            let value = ALPHABET.iter().position(|a| *a == bytes[at]).unwrap();
            bytes[at] = ALPHABET[(value + by) % 32];
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            prop_assert_eq!(text.parse::<RecoveryCode>(), Err(RecoveryCodeError));
        }

        #[test]
        fn every_secret_bit_counts_up_to_a_hundred(id in 0..i64::MAX, secret in any::<[u8; 13]>(), bit in 0_usize..104) {
            let mut other = secret;
            other[bit / 8] ^= 0x80 >> (bit % 8);
            let unlock = UnlockId::from_raw(id);
            prop_assert_eq!(RecoveryCode::new(unlock, secret) == RecoveryCode::new(unlock, other), bit >= 100);
        }

        #[test]
        fn later_codes_sort_behind_earlier_ones(ids in any::<[u64; 2]>(), secret in any::<[u8; 13]>()) {
            let [a, b] = ids.map(|id| i64::try_from(id >> 1).unwrap());
            let [first, second] = [a, b].map(|id| RecoveryCode::new(UnlockId::from_raw(id), secret).time_part());
            prop_assert_eq!((a >> 43).cmp(&(b >> 43)), first.cmp(&second));
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
        assert_eq!(format!("{:?}", RecoveryCode::new(UnlockId::from_raw(7), [7; 13])), "RecoveryCode(…)");
    }
}
