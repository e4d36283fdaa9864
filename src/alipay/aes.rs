//! The encryption of contents (接口内容加密): AES-128-CBC, an IV of zeros, PKCS#7, base64.
//!
//! Knows texts. The IV is Alipay's choice; what is decrypted was verified before, so the padding tells a stranger nothing.

use std::fmt;

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockDecryptMut as _, BlockEncryptMut as _, KeyIvInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const IV: [u8; 16] = [0; 16];

/// The key of the encryption of contents. Wiped from memory with its owner; Debug does not show it.
#[derive(Clone)]
pub struct AesKey(Zeroizing<[u8; 16]>);

/// A pasted text that is not base64 of 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the AES key is base64 of 16 bytes, as Alipay's console shows it")]
pub struct AesKeyError;

/// A text that does not decrypt with this key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the content does not decrypt with this AES key")]
pub struct DecryptError;

impl AesKey {
    /// The key that Alipay's console shows; blanks around it do not count.
    ///
    /// # Errors
    /// [`AesKeyError`].
    pub fn paste(text: &str) -> Result<AesKey, AesKeyError> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| AesKeyError)?);
        bytes.as_slice().try_into().map(|key| AesKey(Zeroizing::new(key))).map_err(|_| AesKeyError)
    }

    /// The key as the console shows it, for the encrypted store.
    #[must_use]
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_slice()))
    }

    /// Encrypts a content.
    #[must_use]
    pub fn encrypt(&self, content: &str) -> String {
        let cipher = cbc::Encryptor::<Aes128>::new((&*self.0).into(), (&IV).into());
        STANDARD.encode(cipher.encrypt_padded_vec_mut::<Pkcs7>(content.as_bytes()))
    }

    /// Decrypts a content whose signature was verified.
    ///
    /// # Errors
    /// [`DecryptError`]: no base64, no whole blocks, no padding, no UTF-8.
    pub fn decrypt(&self, content: &str) -> Result<String, DecryptError> {
        let bytes = STANDARD.decode(content).map_err(|_| DecryptError)?;
        let cipher = cbc::Decryptor::<Aes128>::new((&*self.0).into(), (&IV).into());
        let plain = cipher.decrypt_padded_vec_mut::<Pkcs7>(&bytes).map_err(|_| DecryptError)?;
        String::from_utf8(plain).map_err(|_| DecryptError)
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alipay::vectors;

    #[test]
    fn contents_are_encrypted_as_other_peoples_sdks_encrypt_them() {
        for vector in vectors::list("aes.json", "vectors") {
            let key = AesKey::paste(vectors::text(&vector, "key")).unwrap();
            let (plain, secret) = (vectors::text(&vector, "plaintext"), vectors::text(&vector, "ciphertext"));
            assert_eq!(key.encrypt(plain), secret);
            assert_eq!(key.decrypt(secret).as_deref(), Ok(plain));
        }
    }

    #[test]
    fn what_must_not_decrypt_does_not() {
        for vector in vectors::list("aes.json", "must_fail_to_decrypt") {
            let key = AesKey::paste(vectors::text(&vector, "key"));
            let plain = key.ok().and_then(|key| key.decrypt(vectors::text(&vector, "ciphertext")).ok());
            assert_eq!(plain, None, "{}", vector["name"]);
        }
    }

    #[test]
    fn a_key_shows_nothing_of_itself() {
        let text = vectors::text(&vectors::file("keys.json"), "aes_key").to_owned();
        let key = AesKey::paste(&format!(" {text}\n")).unwrap();
        assert_eq!(*key.to_secret_text(), text);
        assert_eq!(format!("{key:?}"), "AesKey");
    }
}
