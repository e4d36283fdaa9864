//! Signing and checking: RSASSA-PKCS1-v1_5 with SHA-256, and with SHA-1 for apps that have nothing else.
//!
//! Knows bytes and keys. Refuses to take the algorithm from a message: it is the account's, always.

use std::convert::Infallible;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::Pkcs1v15Sign;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::sha2::{Digest as _, Sha256};
use serde::{Deserialize, Serialize};
use sha1::Sha1;

use super::keys::{KeyError, PrivateKey, PublicKey};
use crate::limits;
use crate::rng::Rng;

/// How an account signs, and how what comes for it is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum SignType {
    /// SHA-256 with at least 2048 bits: what Alipay offers since 2017.
    #[default]
    #[serde(rename = "RSA2")]
    Rsa2,
    /// SHA-1: apps from before that. Never offered, never taken from a message.
    #[serde(rename = "RSA")]
    Rsa1,
}

impl SignType {
    /// What `sign_type` says.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            SignType::Rsa2 => "RSA2",
            SignType::Rsa1 => "RSA",
        }
    }

    /// The padding that names the digest, and the digest of `text`.
    fn prepared(self, text: &[u8]) -> (Pkcs1v15Sign, Vec<u8>) {
        match self {
            SignType::Rsa2 => (Pkcs1v15Sign::new::<Sha256>(), Sha256::digest(text).to_vec()),
            SignType::Rsa1 => (Pkcs1v15Sign::new::<Sha1>(), Sha1::digest(text).to_vec()),
        }
    }

    /// Refuses a key with too few bits for this algorithm.
    ///
    /// # Errors
    /// [`KeyError::TooShort`].
    pub fn fits(self, key: &PublicKey) -> Result<(), KeyError> {
        let at_least = match self {
            SignType::Rsa2 => limits::ALIPAY_RSA2_BITS_MIN,
            SignType::Rsa1 => limits::ALIPAY_RSA1_BITS_MIN,
        };
        let bits = key.bits();
        if bits < at_least { Err(KeyError::TooShort { bits, at_least }) } else { Ok(()) }
    }
}

impl fmt::Display for SignType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text could not be signed: the key's own check of its result failed. No such key passes [`PrivateKey::paste`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the text could not be signed with this key")]
pub struct SignError;

/// The program's generator, as the library wants it: what blinds the key's numbers while they are used.
struct Blinding<'a>(&'a Rng);

impl TryRng for Blinding<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.0.bytes()))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        for chunk in into.chunks_mut(32) {
            let bytes: [u8; 32] = self.0.bytes();
            chunk.copy_from_slice(bytes.get(..chunk.len()).unwrap_or_default());
        }
        Ok(())
    }
}

impl TryCryptoRng for Blinding<'_> {}

impl PrivateKey {
    /// The signature of `text`, in base64. The same text has the same signature; chance only hides the key from clocks.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, by: SignType, text: &[u8], rng: &Rng) -> Result<String, SignError> {
        let (padding, digest) = by.prepared(text);
        let signature = self.rsa().sign_with_rng(&mut Blinding(rng), padding, &digest);
        signature.map(|signature| STANDARD.encode(signature)).map_err(|_| SignError)
    }
}

impl PublicKey {
    /// True if `signature`, strictly base64 with its padding, is this key's for `text`.
    #[must_use]
    pub fn verifies(&self, by: SignType, text: &[u8], signature: &str) -> bool {
        STANDARD.decode(signature).is_ok_and(|signature| self.verifies_bytes(by, text, &signature))
    }

    pub(super) fn verifies_bytes(&self, by: SignType, text: &[u8], signature: &[u8]) -> bool {
        let (padding, digest) = by.prepared(text);
        self.rsa().verify(padding, &digest, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alipay::vectors;

    #[test]
    fn every_request_of_other_peoples_sdks_is_signed_the_same() {
        let (key, rng) = (vectors::private("app"), Rng::seeded(1));
        let mut seen = 0;
        for vector in vectors::list("requests.json", "vectors") {
            for signed in vector["signed_by"].as_array().unwrap() {
                let canonical = vectors::text(signed, "canonical").as_bytes();
                let ours = key.sign(SignType::Rsa2, canonical, &rng).unwrap();
                let same = ours == vectors::text(signed, "sign");
                // A form that an SDK escaped badly carries other text than was signed; the text signed is still given.
                let good = signed["signature_matches_transmitted_params"].as_bool().unwrap();
                assert!(same || !good, "{} by {}", vector["name"], signed["made_with"]);
                assert!(key.public().verifies(SignType::Rsa2, canonical, &ours));
                seen += 1;
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn chance_does_not_show_in_a_signature() {
        let key = vectors::private("app");
        let signatures = [1, 2].map(|seed| key.sign(SignType::Rsa2, b"x", &Rng::seeded(seed)).unwrap());
        assert_eq!(signatures[0], signatures[1]);
    }

    #[test]
    fn the_old_algorithm_works_with_old_keys_and_is_never_mistaken_for_the_new() {
        let (key, rng) = (vectors::private("app_rsa1024"), Rng::seeded(1));
        let old = key.sign(SignType::Rsa1, b"x", &rng).unwrap();
        assert!(key.public().verifies(SignType::Rsa1, b"x", &old));
        assert!(!key.public().verifies(SignType::Rsa2, b"x", &old));
        assert_eq!(SignType::Rsa1.fits(&key.public()), Ok(()));
        let short = KeyError::TooShort { bits: 1024, at_least: 2048 };
        assert_eq!(SignType::Rsa2.fits(&key.public()), Err(short));
    }

    #[test]
    fn base64_is_read_strictly() {
        let (key, rng) = (vectors::private("app"), Rng::seeded(1));
        let good = key.sign(SignType::Rsa2, b"x", &rng).unwrap();
        for bad in [
            String::new(),
            good.trim_end_matches('=').to_owned(),
            format!(" {good}"),
            format!("{good}\n"),
            good.replace('+', " ").replace('/', "_"),
            good.chars().rev().collect(),
        ] {
            assert!(bad == good || !key.public().verifies(SignType::Rsa2, b"x", &bad), "{bad}");
        }
    }
}
