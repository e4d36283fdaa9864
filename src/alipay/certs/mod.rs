//! Certificate mode: the serial numbers that Alipay makes of certificates, and whether a certificate is Alipay's.
//!
//! Knows X.509 as far as Alipay uses it. Refuses to know the network: [`super::gateway`] fetches what is missing. Only the
//! RSA family counts; the bundle's SM2 and ECDSA roots are passed over, as Alipay's own programs do.

mod chain;
mod name;

use std::fmt;

use md5::{Digest as _, Md5};
use rsa::BoxedUint;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _, Reader as _, SliceReader};
use zeroize::Zeroizing;

use super::keys::{KeyError, PublicKey};
use super::pasted::{self, Block, Broken};
use super::sign::SignType;
use crate::domain::time::Timestamp;
use crate::limits;

/// What the numbers of all signature algorithms of the RSA family begin with (PKCS#1).
const RSA_FAMILY: &str = "1.2.840.113549.1.1.";

/// Why a pasted or fetched text is not the certificate that was asked for, or why it is not trusted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CertError {
    /// Nothing was pasted.
    #[error("nothing was pasted")]
    Empty,
    /// Above [`limits::ALIPAY_PASTED_BYTES_MAX`] or [`limits::ALIPAY_CERTIFICATES_MAX`].
    #[error("this is too much for a file of certificates")]
    TooLong,
    /// No certificate in it.
    #[error("this is no certificate")]
    NotACertificate,
    /// The end is missing.
    #[error("the end of the certificate is missing: it was cut off while copying")]
    CutOff,
    /// A key where a certificate is asked.
    #[error("this is a key; a certificate (.crt) is asked")]
    Key,
    /// Its key is none that Alipay uses.
    #[error("the certificate's key cannot be used: {0}")]
    BadKey(KeyError),
    /// None of the roots is of the RSA family, or one is no root.
    #[error("this is not Alipay's bundle of root certificates")]
    NotRoots,
    /// No chain of good signatures leads to a root of the bundle.
    #[error("the certificate was not issued under Alipay's root certificates")]
    Untrusted,
    /// It was issued to somebody else: merchants' certificates lead to the same roots as Alipay's.
    #[error("the certificate belongs to {found}, Alipay's is the one of {expected}")]
    OtherHolder {
        /// Whom the owner's certificate of Alipay names.
        expected: String,
        /// Whom this one names.
        found: String,
    },
    /// It, or one above it, is not in force yet.
    #[error("the certificate is in force only from {0}")]
    NotYet(Timestamp),
    /// It, or one above it, is over.
    #[error("the certificate ended at {0}")]
    Expired(Timestamp),
    /// It is another certificate than the one that was asked for.
    #[error("the certificate has the number {found}, {asked} was asked for")]
    Another {
        /// The serial number of the question.
        asked: String,
        /// The serial number of the answer.
        found: String,
    },
}

impl CertError {
    /// A stable name for the caller.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            CertError::Empty => "certificate_empty",
            CertError::TooLong => "certificate_too_long",
            CertError::NotACertificate => "not_a_certificate",
            CertError::CutOff => "certificate_cut_off",
            CertError::Key => "key_in_place_of_certificate",
            CertError::BadKey(_) => "certificate_bad_key",
            CertError::NotRoots => "not_the_root_bundle",
            CertError::Untrusted => "certificate_untrusted",
            CertError::OtherHolder { .. } => "certificate_of_another",
            CertError::NotYet(_) => "certificate_not_yet",
            CertError::Expired(_) => "certificate_expired",
            CertError::Another { .. } => "another_certificate",
        }
    }
}

/// One certificate, read.
struct Cert {
    parsed: Certificate,
    /// The bytes that its issuer signed.
    signed: Vec<u8>,
    sn: String,
}

/// When a certificate and all above it are in force; both ends are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Validity {
    from: Timestamp,
    until: Timestamp,
}

impl Cert {
    fn from_der(der: &[u8]) -> Result<Cert, CertError> {
        let parsed = Certificate::from_der(der).map_err(|_| CertError::NotACertificate)?;
        let signed = signed_bytes(der).ok_or(CertError::NotACertificate)?;
        let sn = serial(&parsed).ok_or(CertError::NotACertificate)?;
        Ok(Cert { parsed, signed, sn })
    }

    fn key(&self) -> Result<PublicKey, CertError> {
        let spki = self.parsed.tbs_certificate().subject_public_key_info().to_der();
        PublicKey::from_spki(&spki.map_err(|_| CertError::NotACertificate)?).map_err(CertError::BadKey)
    }

    fn is_rsa_family(&self) -> bool {
        self.parsed.signature_algorithm().oid.to_string().starts_with(RSA_FAMILY)
    }

    fn validity(&self) -> Validity {
        let at = |time: x509_cert::time::Time| {
            let ms = i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX);
            Timestamp::from_millis(ms)
        };
        let validity = self.parsed.tbs_certificate().validity();
        Validity { from: at(validity.not_before), until: at(validity.not_after) }
    }
}

/// The first member of a certificate, with its head: what is signed.
fn signed_bytes(der: &[u8]) -> Option<Vec<u8>> {
    let mut outer = SliceReader::new(der).ok()?;
    x509_cert::der::Header::decode(&mut outer).ok()?;
    outer.tlv_bytes().ok().map(<[u8]>::to_vec)
}

/// MD5 over the issuer's name and the number in decimal digits, in 32 hex digits. Alipay's rule; it guards nothing.
fn serial(certificate: &Certificate) -> Option<String> {
    let tbs = certificate.tbs_certificate();
    let number = tbs.serial_number().as_bytes();
    let negative = number.first().is_some_and(|byte| byte & 0x80 != 0);
    if negative {
        return None;
    }
    let decimal = BoxedUint::from_be_slice_vartime(number).to_string_radix_vartime(10);
    let digest = Md5::new().chain_update(name::text(tbs.issuer())).chain_update(decimal).finalize();
    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The certificates of a paste, in their order, at least one.
fn read(text: &str) -> Result<Vec<Cert>, CertError> {
    let blocks = pasted::blocks(text);
    if blocks.len() > limits::ALIPAY_CERTIFICATES_MAX {
        return Err(CertError::TooLong);
    }
    let cert = |block: Block| {
        let key = block.label.as_deref().is_some_and(|label| label.ends_with(" KEY"));
        let der: Zeroizing<Vec<u8>> = block.der.map_err(|broken| match broken {
            Broken::Empty => CertError::Empty,
            Broken::TooLong => CertError::TooLong,
            Broken::CutOff => CertError::CutOff,
            Broken::Other | Broken::Surplus => CertError::NotACertificate,
        })?;
        Cert::from_der(&der).map_err(|error| if key || is_key(&der) { CertError::Key } else { error })
    };
    blocks.into_iter().map(cert).collect()
}

fn is_key(der: &[u8]) -> bool {
    use base64::Engine as _;
    let text = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(der));
    matches!(PublicKey::paste(&text), Ok(_) | Err(KeyError::PrivateKey))
}

/// The application's own certificate (`appCertPublicKey_….crt`).
#[derive(Clone)]
pub struct AppCert {
    text: String,
    sn: String,
    key: PublicKey,
}

impl AppCert {
    /// Reads what was pasted; the first certificate counts.
    ///
    /// # Errors
    /// [`CertError`] says what was pasted instead.
    pub fn paste(text: &str) -> Result<AppCert, CertError> {
        let first = read(text)?.into_iter().next().ok_or(CertError::Empty)?;
        Ok(AppCert { text: text.to_owned(), key: first.key()?, sn: first.sn })
    }

    /// What a request names in `app_cert_sn`.
    #[must_use]
    pub fn sn(&self) -> &str {
        &self.sn
    }

    /// The public half of the application's key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// As it was pasted.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A certificate of Alipay's that a root of the bundle stands behind. Whether it is in force is asked at each use.
#[derive(Clone)]
pub struct AlipayCert {
    text: String,
    sn: String,
    holder: String,
    key: PublicKey,
    validity: Validity,
}

impl AlipayCert {
    /// What an answer names in `alipay_cert_sn`.
    #[must_use]
    pub fn sn(&self) -> &str {
        &self.sn
    }

    /// True if it was issued for this key.
    #[must_use]
    pub fn is_of(&self, key: &PublicKey) -> bool {
        self.key == *key
    }

    /// The key, if the certificate and all above it are in force at `now`.
    ///
    /// # Errors
    /// [`CertError::NotYet`] and [`CertError::Expired`].
    pub fn key_at(&self, now: Timestamp) -> Result<&PublicKey, CertError> {
        if now < self.validity.from {
            Err(CertError::NotYet(self.validity.from))
        } else if now > self.validity.until {
            Err(CertError::Expired(self.validity.until))
        } else {
            Ok(&self.key)
        }
    }

    /// When it, or the first above it, ends.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.validity.until
    }

    /// As it was pasted or fetched.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Alipay's bundle of root certificates (`alipayRootCert.crt`).
pub struct Roots {
    text: String,
    sn: String,
    anchors: Vec<Cert>,
}

impl Roots {
    /// Reads what was pasted.
    ///
    /// # Errors
    /// [`CertError`] says what was pasted instead: [`CertError::NotRoots`] where none is of the RSA family, or where one
    /// was issued by somebody else.
    pub fn paste(text: &str) -> Result<Roots, CertError> {
        let all = read(text)?;
        let rooted = |cert: &Cert| {
            let tbs = cert.parsed.tbs_certificate();
            tbs.issuer() == tbs.subject()
        };
        let whole = all.iter().all(rooted);
        let anchors: Vec<Cert> = all.into_iter().filter(Cert::is_rsa_family).collect();
        if !whole || anchors.is_empty() {
            return Err(CertError::NotRoots);
        }
        let sns: Vec<&str> = anchors.iter().map(|cert| cert.sn.as_str()).collect();
        Ok(Roots { text: text.to_owned(), sn: sns.join("_"), anchors })
    }

    /// What a request names in `alipay_root_cert_sn`: the numbers of the RSA family's roots, in the file's order.
    #[must_use]
    pub fn sn(&self) -> &str {
        &self.sn
    }

    /// As it was pasted.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Alipay's certificate: the first of `text`, if a chain of good signatures leads from it to a root of the bundle,
    /// through the others of `text` and those of `between`.
    ///
    /// Says nothing of dates: [`AlipayCert::key_at`] does, at each use.
    ///
    /// # Errors
    /// [`CertError::Untrusted`], and what is wrong with the text.
    pub fn trust(&self, text: &str, between: &[&str]) -> Result<AlipayCert, CertError> {
        let mut certs = read(text)?.into_iter();
        let first = certs.next().ok_or(CertError::Empty)?;
        let mut pool: Vec<Cert> = certs.collect();
        for more in between {
            // What does not read cannot help; what the chain then misses is said.
            pool.extend(read(more).unwrap_or_default());
        }
        pool.truncate(limits::ALIPAY_CERTIFICATES_MAX);
        let validity = chain::to_a_root(&first, &pool, &self.anchors).ok_or(CertError::Untrusted)?;
        let key = first.key()?;
        SignType::Rsa2.fits(&key).map_err(CertError::BadKey)?;
        let holder = name::holder(first.parsed.tbs_certificate().subject());
        Ok(AlipayCert { text: text.to_owned(), sn: first.sn, holder, key, validity })
    }

    /// [`Roots::trust`], and in force at `now`.
    ///
    /// # Errors
    /// As [`Roots::trust`] and [`AlipayCert::key_at`].
    pub fn trust_at(&self, text: &str, between: &[&str], now: Timestamp) -> Result<AlipayCert, CertError> {
        let cert = self.trust(text, between)?;
        cert.key_at(now)?;
        Ok(cert)
    }

    /// The certificate that comes after `known`: [`Roots::trust_at`], and issued to the same holder.
    ///
    /// # Errors
    /// As [`Roots::trust_at`], and [`CertError::OtherHolder`].
    pub fn trust_next(
        &self,
        text: &str,
        between: &[&str],
        known: &AlipayCert,
        now: Timestamp,
    ) -> Result<AlipayCert, CertError> {
        let next = self.trust_at(text, between, now)?;
        if next.holder == known.holder {
            Ok(next)
        } else {
            Err(CertError::OtherHolder { expected: known.holder.clone(), found: next.holder })
        }
    }
}

impl fmt::Debug for AppCert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppCert({})", self.sn)
    }
}

impl fmt::Debug for AlipayCert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AlipayCert({})", self.sn)
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.sn)
    }
}

#[cfg(test)]
mod tests;
