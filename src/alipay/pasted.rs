//! Keys and certificates as people paste them: with armour or without, whatever a form, an editor or a chat did to it.
//!
//! Knows armour, base64 and where a DER value ends. Refuses to know what the value is.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::limits;

/// Base64 whose padding may have been lost.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One value that was pasted.
pub(super) struct Block {
    /// What its armour says, such as `RSA PRIVATE KEY`; it may lie. None without armour.
    pub(super) label: Option<String>,
    /// The value, or why there is none.
    pub(super) der: Result<Zeroizing<Vec<u8>>, Broken>,
}

/// Why a text holds no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Broken {
    /// Nothing but blanks.
    Empty,
    /// Above [`limits::ALIPAY_PASTED_BYTES_MAX`].
    TooLong,
    /// Letters that base64 does not have, or a value that is no DER.
    Other,
    /// It ends too early.
    CutOff,
    /// More follows behind it.
    Surplus,
}

/// The values in a text, in their order; at least one block, which says why there is none.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let alone = |der| vec![Block { label: None, der }];
    if text.len() > limits::ALIPAY_PASTED_BYTES_MAX {
        return alone(Err(Broken::TooLong));
    }
    // What a shell, a JSON file or a property file makes of line ends.
    let text = Zeroizing::new(text.replace("\\r", "\n"));
    let text = Zeroizing::new(text.replace("\\n", "\n"));
    let mut blocks = Vec::new();
    let mut rest = text.as_str();
    while let Some((label, body, behind)) = armoured(rest) {
        blocks.push(Block { label: Some(label.to_owned()), der: value(body) });
        rest = behind;
    }
    if blocks.is_empty() { alone(value(&text)) } else { blocks }
}

/// The first armoured value: its label, its body, and what follows. A missing end is no reason to give up.
fn armoured(text: &str) -> Option<(&str, &str, &str)> {
    let (_, begun) = text.split_once("-----BEGIN ")?;
    let (label, body) = begun.split_once("-----")?;
    let end = body.find("-----END").unwrap_or(body.len());
    let (body, behind) = body.split_at(end);
    let behind = behind.split_once("-----").map_or("", |(_, behind)| behind);
    Some((label.trim(), body, behind))
}

/// The DER value that base64 spells.
fn value(body: &str) -> Result<Zeroizing<Vec<u8>>, Broken> {
    let blank = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\0' | '"' | '\'');
    let letters = Zeroizing::new(body.chars().filter(|c| !blank(*c)).collect::<String>());
    if letters.is_empty() {
        return Err(Broken::Empty);
    }
    let unpadded = letters.trim_end_matches('=');
    // One letter more than whole groups spells no byte: the rest of its group is missing.
    if unpadded.len() % 4 == 1
        && unpadded.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
    {
        return if unpadded.starts_with('M') { Err(Broken::CutOff) } else { Err(Broken::Other) };
    }
    let der = Zeroizing::new(LENIENT.decode(unpadded).map_err(|_| Broken::Other)?);
    match length(&der) {
        None => Err(Broken::Other),
        Some(length) if length > der.len() => Err(Broken::CutOff),
        Some(length) if length < der.len() => Err(Broken::Surplus),
        Some(_) => Ok(der),
    }
}

/// How long the DER sequence is that begins here, with its head; `usize::MAX` where its head is not whole, and none for
/// what is no sequence. All keys and certificates are sequences.
fn length(der: &[u8]) -> Option<usize> {
    let [0x30, rest @ ..] = der else { return None };
    match rest {
        [] => Some(usize::MAX),
        [short @ 0..=0x7f, ..] => Some(2 + usize::from(*short)),
        [long @ 0x81..=0x83, bytes @ ..] => {
            let count = usize::from(long & 0x7f);
            let Some(bytes) = bytes.get(..count) else { return Some(usize::MAX) };
            Some(2 + count + bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn broken(text: &str) -> Option<Broken> {
        blocks(text).remove(0).der.err()
    }

    #[test]
    fn what_is_wrong_with_a_paste_is_told() {
        for (text, expected) in [
            ("", Broken::Empty),
            (" \r\n\u{feff} ", Broken::Empty),
            ("-----BEGIN X----------END X-----", Broken::Empty),
            ("hello world", Broken::Other),
            ("支付宝", Broken::Other),
            ("MAMC", Broken::CutOff),
            ("MAMCA", Broken::CutOff),
            ("MII", Broken::CutOff),
            ("MAMCAQEA", Broken::Surplus),
            ("gAMCAQE", Broken::Other),
        ] {
            assert_eq!(broken(text), Some(expected), "{text:?}");
        }
        assert_eq!(broken(&"A".repeat(limits::ALIPAY_PASTED_BYTES_MAX + 1)), Some(Broken::TooLong));
    }

    #[test]
    fn several_values_are_told_apart_however_tight_they_stand() {
        let one = "-----BEGIN A-----MAMCAQE=-----END A-----";
        let found = blocks(&format!("x{one}{one}\n-----BEGIN B-----\\nMAMCAQE"));
        let labels: Vec<_> = found.iter().map(|block| block.label.as_deref()).collect();
        assert_eq!(labels, [Some("A"), Some("A"), Some("B")]);
        assert!(found.iter().all(|block| block.der.as_ref().is_ok_and(|der| ***der == [0x30, 3, 2, 1, 1])));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(-----BEGIN |-----|END|M[A-Za-z0-9+/=]{0,9}|\\\\n|.){0,12}") {
            prop_assert!(!blocks(&text).is_empty());
        }
    }
}
