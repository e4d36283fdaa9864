//! RSA keys in every form in which owners paste them, and each mistake told by name.
//!
//! Knows PKCS#1, PKCS#8 and SPKI, with armour and without, whatever the armour claims. Refuses to guess: a public key
//! where a private one is asked is told, not used.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::{self, DecodeRsaPrivateKey as _, DecodeRsaPublicKey as _, EncodeRsaPrivateKey as _};
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use rsa::pkcs8::{EncodePublicKey as _, ObjectIdentifier, PrivateKeyInfoRef};
use rsa::sha2::{Digest as _, Sha256};
use x509_cert::der::Decode as _;
use zeroize::Zeroizing;

use super::pasted::{self, Block, Broken};
use crate::limits;

/// rsaEncryption, RFC 8017 appendix A.1.
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// In which form a private key was pasted. All are read; other programs ask for one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyForm {
    /// What Alipay's key tool calls "non-Java".
    Pkcs1,
    /// What Alipay's key tool calls "Java".
    Pkcs8,
}

/// The application's private key. Its numbers are wiped from memory with the last copy; Debug shows none of them.
#[derive(Clone)]
pub struct PrivateKey {
    key: Arc<rsa::PrivateKey>,
    form: KeyForm,
}

/// A public key: Alipay's, or the application's for comparison.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Arc<rsa::PublicKey>);

/// Why a pasted text is not the key that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// Nothing was pasted.
    #[error("nothing was pasted")]
    Empty,
    /// Above [`limits::ALIPAY_PASTED_BYTES_MAX`].
    #[error("this is far too long for a key")]
    TooLong,
    /// Neither base64 nor a key in it.
    #[error("this is no key")]
    NotAKey,
    /// The end is missing.
    #[error("the end of the key is missing: it was cut off while copying")]
    CutOff,
    /// It is a key whose numbers do not fit together, or something follows it.
    #[error("the key is damaged: letters were changed or added while copying")]
    Damaged,
    /// A public key where the private one is asked.
    #[error("this is a public key; the private key of the application is asked")]
    PublicKey,
    /// A private key where a public one is asked.
    #[error("this is a private key; Alipay's public key is asked")]
    PrivateKey,
    /// A certificate where a key is asked.
    #[error("this is a certificate; a key is asked")]
    Certificate,
    /// A request for a certificate where a key is asked.
    #[error("this is a certificate request (CSR); a key is asked")]
    CertificateRequest,
    /// A private key that is locked by a passphrase.
    #[error("this private key is locked by a passphrase; paste it unlocked")]
    Locked,
    /// A key of another kind: elliptic curve, SM2, OpenSSH.
    #[error("this is no RSA key")]
    NotRsa,
    /// Fewer bits than the signature needs.
    #[error("the key has {bits} bits, at least {at_least} are needed")]
    TooShort {
        /// What it has.
        bits: u32,
        /// What is needed.
        at_least: u32,
    },
    /// More bits than [`limits::ALIPAY_RSA_BITS_MAX`].
    #[error("the key has {bits} bits, at most {} are taken", limits::ALIPAY_RSA_BITS_MAX)]
    TooBig {
        /// What it has.
        bits: u32,
    },
}

impl KeyError {
    /// A stable name for the caller.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            KeyError::Empty => "key_empty",
            KeyError::TooLong => "key_too_long",
            KeyError::NotAKey => "not_a_key",
            KeyError::CutOff => "key_cut_off",
            KeyError::Damaged => "key_damaged",
            KeyError::PublicKey => "public_key_pasted",
            KeyError::PrivateKey => "private_key_pasted",
            KeyError::Certificate => "certificate_pasted",
            KeyError::CertificateRequest => "certificate_request_pasted",
            KeyError::Locked => "key_locked",
            KeyError::NotRsa => "key_not_rsa",
            KeyError::TooShort { .. } => "key_too_short",
            KeyError::TooBig { .. } => "key_too_big",
        }
    }
}

impl From<Broken> for KeyError {
    fn from(broken: Broken) -> KeyError {
        match broken {
            Broken::Empty => KeyError::Empty,
            Broken::TooLong => KeyError::TooLong,
            Broken::Other => KeyError::NotAKey,
            Broken::CutOff => KeyError::CutOff,
            Broken::Surplus => KeyError::Damaged,
        }
    }
}

/// What a DER value is, by its structure.
enum Found<'a> {
    /// A private key as PKCS#1, and the form it was wrapped in.
    Private(&'a [u8], KeyForm),
    /// A public key as PKCS#1.
    Public(&'a [u8]),
    Certificate,
    CertificateRequest,
    NotRsa,
    Nothing,
}

fn find(der: &[u8]) -> Found<'_> {
    if let Ok(key) = PrivateKeyInfoRef::from_der(der) {
        return if key.algorithm.oid == RSA_ENCRYPTION {
            Found::Private(key.private_key.as_bytes(), KeyForm::Pkcs8)
        } else {
            Found::NotRsa
        };
    }
    if pkcs1::RsaPrivateKeyRef::from_der(der).is_ok() {
        return Found::Private(der, KeyForm::Pkcs1);
    }
    if let Ok(key) = SubjectPublicKeyInfoRef::from_der(der) {
        return match (key.algorithm.oid == RSA_ENCRYPTION, key.subject_public_key.as_bytes()) {
            (true, Some(bits)) => Found::Public(bits),
            (true, None) => Found::Nothing,
            (false, _) => Found::NotRsa,
        };
    }
    if pkcs1::RsaPublicKeyRef::from_der(der).is_ok() {
        return Found::Public(der);
    }
    if x509_cert::Certificate::from_der(der).is_ok() {
        return Found::Certificate;
    }
    if x509_cert::request::CertReq::from_der(der).is_ok() {
        return Found::CertificateRequest;
    }
    Found::Nothing
}

/// What the armour alone tells. Only where it names something that is no RSA key; else its word counts for nothing,
/// because people put armour around keys by hand.
fn told_by_label(label: &str) -> Option<KeyError> {
    match label {
        "CERTIFICATE" | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => Some(KeyError::Certificate),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Some(KeyError::CertificateRequest),
        "ENCRYPTED PRIVATE KEY" => Some(KeyError::Locked),
        "EC PRIVATE KEY" | "OPENSSH PRIVATE KEY" | "DSA PRIVATE KEY" | "SM2 PRIVATE KEY" => {
            Some(KeyError::NotRsa)
        }
        _ => None,
    }
}

/// The first value of a paste.
fn first(text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // The old way to lock a key: a head inside the armour.
    if text.contains("Proc-Type:") && text.contains("ENCRYPTED") {
        return Err(KeyError::Locked);
    }
    let Block { label, der } = pasted::blocks(text).into_iter().next().ok_or(KeyError::Empty)?;
    match label.as_deref().and_then(told_by_label) {
        Some(error) => Err(error),
        None => der.map_err(KeyError::from),
    }
}

/// The bits of a modulus.
fn bits(modulus: &[u8]) -> u32 {
    let significant = modulus.iter().position(|byte| *byte != 0).unwrap_or(modulus.len());
    let significant = modulus.get(significant..).unwrap_or_default();
    let lead = significant.first().map_or(0, |byte| byte.leading_zeros());
    u32::try_from(significant.len()).unwrap_or(u32::MAX / 8).saturating_mul(8).saturating_sub(lead)
}

/// Refuses a modulus that the library would refuse without saying why.
fn sized(modulus: &[u8]) -> Result<(), KeyError> {
    match bits(modulus) {
        bits if bits < limits::ALIPAY_RSA1_BITS_MIN => {
            Err(KeyError::TooShort { bits, at_least: limits::ALIPAY_RSA1_BITS_MIN })
        }
        bits if bits > limits::ALIPAY_RSA_BITS_MAX => Err(KeyError::TooBig { bits }),
        _ => Ok(()),
    }
}

impl PrivateKey {
    /// The application's private key, from whatever was pasted.
    ///
    /// # Errors
    /// [`KeyError`] says what was pasted instead.
    pub fn paste(text: &str) -> Result<PrivateKey, KeyError> {
        let der = first(text)?;
        match find(&der) {
            Found::Private(key, form) => {
                let parts = pkcs1::RsaPrivateKeyRef::from_der(key).map_err(|_| KeyError::Damaged)?;
                sized(parts.modulus.as_bytes())?;
                let key = rsa::PrivateKey::from_pkcs1_der(key).map_err(|_| KeyError::Damaged)?;
                Ok(PrivateKey { key: Arc::new(key), form })
            }
            Found::Public(_) => Err(KeyError::PublicKey),
            Found::Certificate => Err(KeyError::Certificate),
            Found::CertificateRequest => Err(KeyError::CertificateRequest),
            Found::NotRsa => Err(KeyError::NotRsa),
            Found::Nothing => Err(KeyError::NotAKey),
        }
    }

    pub(super) fn rsa(&self) -> &rsa::PrivateKey {
        &self.key
    }

    /// The form in which it was pasted.
    #[must_use]
    pub const fn form(&self) -> KeyForm {
        self.form
    }

    /// Its public half: what the owner uploads to Alipay as the application's public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(Arc::new(self.key.to_public_key()))
    }

    /// Base64 of the key in the form in which it was pasted, for the encrypted store.
    #[must_use]
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        use rsa::pkcs8::EncodePrivateKey as _;
        let der = match self.form {
            KeyForm::Pkcs1 => self.key.to_pkcs1_der().ok(),
            KeyForm::Pkcs8 => self.key.to_pkcs8_der().ok(),
        };
        Zeroizing::new(der.map(|der| STANDARD.encode(der.as_bytes())).unwrap_or_default())
    }
}

impl PublicKey {
    /// Alipay's public key, from whatever was pasted.
    ///
    /// # Errors
    /// [`KeyError`] says what was pasted instead.
    pub fn paste(text: &str) -> Result<PublicKey, KeyError> {
        let der = first(text)?;
        match find(&der) {
            Found::Public(key) => PublicKey::from_pkcs1(key),
            Found::Private(..) => Err(KeyError::PrivateKey),
            Found::Certificate => Err(KeyError::Certificate),
            Found::CertificateRequest => Err(KeyError::CertificateRequest),
            Found::NotRsa => Err(KeyError::NotRsa),
            Found::Nothing => Err(KeyError::NotAKey),
        }
    }

    /// The key of a certificate.
    pub(super) fn from_spki(der: &[u8]) -> Result<PublicKey, KeyError> {
        match find(der) {
            Found::Public(key) => PublicKey::from_pkcs1(key),
            Found::NotRsa => Err(KeyError::NotRsa),
            Found::Private(..) | Found::Certificate | Found::CertificateRequest | Found::Nothing => {
                Err(KeyError::NotAKey)
            }
        }
    }

    fn from_pkcs1(der: &[u8]) -> Result<PublicKey, KeyError> {
        let parts = pkcs1::RsaPublicKeyRef::from_der(der).map_err(|_| KeyError::Damaged)?;
        sized(parts.modulus.as_bytes())?;
        let key = rsa::PublicKey::from_pkcs1_der(der).map_err(|_| KeyError::Damaged)?;
        Ok(PublicKey(Arc::new(key)))
    }

    pub(super) fn rsa(&self) -> &rsa::PublicKey {
        &self.0
    }

    /// Bits of its modulus.
    #[must_use]
    pub fn bits(&self) -> u32 {
        use rsa::traits::PublicKeyParts as _;
        self.0.n().bit_width_vartime()
    }

    /// Base64 on one line, without armour: how Alipay's console shows and takes public keys.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.to_public_key_der().map(|der| STANDARD.encode(der.as_bytes())).unwrap_or_default()
    }

    /// The first twelve hex digits of the SHA-256 of the key (SPKI): enough to tell keys apart by eye.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = self.0.to_public_key_der().map(|der| Sha256::digest(der.as_bytes())).unwrap_or_default();
        digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {})", self.public().fingerprint())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alipay::sign::SignType;
    use crate::alipay::vectors;
    use crate::rng::Rng;

    #[test]
    fn every_form_that_people_paste_is_read_as_the_same_key_and_every_mistake_is_told() {
        let vectors_file = vectors::file("key_forms.json");
        let (text, signature) = (
            vectors::text(&vectors_file["check"], "text"),
            vectors::text(&vectors_file["check"], "sign_by_app_key"),
        );
        let rng = Rng::seeded(1);
        let (mut read, mut refused) = (0, 0);
        for form in vectors::list("key_forms.json", "forms") {
            let (name, pasted) = (vectors::text(&form, "name"), vectors::text(&form, "text"));
            let same = vectors::text(&form, "expected").starts_with("same key");
            let outcome = if vectors::text(&form, "kind") == "private" {
                PrivateKey::paste(pasted).map(|key| {
                    assert_eq!(
                        key.sign(SignType::Rsa2, text.as_bytes(), &rng).as_deref(),
                        Ok(signature),
                        "{name}"
                    );
                })
            } else {
                PublicKey::paste(pasted).map(|key| {
                    assert!(key.verifies(SignType::Rsa2, text.as_bytes(), signature), "{name}");
                })
            };
            assert_eq!(outcome.is_ok(), same, "{name}: {outcome:?}");
            match outcome {
                Ok(()) => read += 1,
                Err(error) => {
                    refused += 1;
                    let told = match name {
                        "empty" => KeyError::Empty,
                        "public_key_in_place_of_private" => KeyError::PublicKey,
                        "truncated" => KeyError::CutOff,
                        "certificate_in_place_of_key" => KeyError::Certificate,
                        "not_a_key" => KeyError::NotAKey,
                        _ => continue,
                    };
                    assert_eq!(error, told, "{name}");
                }
            }
        }
        assert!(read > 0 && refused > 0);
    }

    #[test]
    fn all_keys_of_the_set_are_read_in_all_their_forms() {
        let keys = vectors::file("keys.json");
        for (name, entry) in
            keys.as_object().unwrap().iter().filter(|(_, entry)| entry["private"].is_object())
        {
            let fingerprints: Vec<_> = vectors::params(&entry["private"])
                .values()
                .map(|text| PrivateKey::paste(text).unwrap().public().fingerprint())
                .chain(
                    vectors::params(&entry["public"])
                        .values()
                        .map(|t| PublicKey::paste(t).unwrap().fingerprint()),
                )
                .collect();
            let expected = &vectors::text(entry, "spki_sha256")[..12];
            assert!(fingerprints.len() > 4 && fingerprints.iter().all(|print| print == expected), "{name}");
            let bits = PublicKey::paste(vectors::text(&entry["public"], "spki_pem")).unwrap().bits();
            assert_eq!(Some(u64::from(bits)), entry["bits"].as_u64(), "{name}");
        }
    }

    #[test]
    fn a_mistake_is_told_by_what_was_pasted() {
        let keys = vectors::file("keys.json");
        let private = vectors::text(&keys["app"]["private"], "pkcs8_pem");
        let certs = vectors::file("certs.json");
        let cert = vectors::text(&certs["certificates"], "app_cert_pem");
        let bare: String = cert.lines().filter(|line| !line.starts_with('-')).collect();
        // The public key of P-256's generator, and locked keys in both old ways.
        let curve = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==";
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMAMCAQE=\n-----END RSA PRIVATE KEY-----";
        let new = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAMCAQE=\n-----END ENCRYPTED PRIVATE KEY-----";
        for (text, expected) in [
            (private, KeyError::PrivateKey),
            (cert, KeyError::Certificate),
            (bare.as_str(), KeyError::Certificate),
            (curve, KeyError::NotRsa),
            (old, KeyError::Locked),
            (new, KeyError::Locked),
            ("MAMCAQE=", KeyError::NotAKey),
        ] {
            assert_eq!(PublicKey::paste(text), Err(expected), "{text}");
        }
        // 512 bits, once offered by everybody's key tools.
        let short = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALqbHeRLCyOdykC5SDLqI49ArYGYG1mqaH9/GnWjGavZM02fos4lc2w6tCchcUBNtJvGqKwhC5JEnx3RYoSX2ucCAwEAAQ==";
        assert_eq!(PublicKey::paste(short), Err(KeyError::TooShort { bits: 512, at_least: 1024 }));
    }

    #[test]
    fn one_changed_letter_of_a_private_key_is_damage() {
        let keys = vectors::file("keys.json");
        let text = vectors::text(&keys["app"]["private"], "pkcs1_bare");
        let at = text.len() / 2;
        let changed = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
        let text = format!("{}{changed}{}", &text[..at], &text[at + 1..]);
        assert_eq!(PrivateKey::paste(&text).err(), Some(KeyError::Damaged));
    }

    #[test]
    fn a_key_goes_through_the_store_in_its_form_and_shows_nothing_of_itself() {
        let keys = vectors::file("keys.json");
        for (member, form) in [("pkcs1_pem", KeyForm::Pkcs1), ("pkcs8_pem", KeyForm::Pkcs8)] {
            let key = PrivateKey::paste(vectors::text(&keys["app"]["private"], member)).unwrap();
            assert_eq!(key.form(), form);
            let again = PrivateKey::paste(&key.to_secret_text()).unwrap();
            assert_eq!((again.form(), again.public()), (form, key.public()));
            let shown = format!("{key:?}");
            assert_eq!(shown, format!("PrivateKey(of {})", key.public().fingerprint()));
        }
    }
}
