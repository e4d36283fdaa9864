//! What one account trusts: Alipay's public keys, or its certificates.
//!
//! Several at once, because Alipay changes its key: the next one is added before the old one goes.

use std::sync::Arc;

use super::certs::{AlipayCert, CertError};
use super::keys::PublicKey;
use super::{shown, sign::SignType};
use crate::domain::time::Timestamp;
use crate::limits;

/// The keys with which messages for one account are checked, and by which algorithm.
#[derive(Clone, Debug)]
pub struct Keyring {
    sign_type: SignType,
    keys: Keys,
}

#[derive(Clone, Debug)]
enum Keys {
    Plain(Vec<PublicKey>),
    Certified(Vec<Arc<AlipayCert>>),
}

/// Why a signature counts for nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unverified {
    /// No key of the account made it: it is forged, the text was changed, or the wrong key was pasted.
    #[error("the signature is not Alipay's for this text")]
    BadSignature,
    /// It names a certificate that is not here.
    #[error("it was signed with the certificate {0}, which is not known")]
    UnknownCertificate(String),
    /// The certificate that it names is not in force.
    #[error("the certificate is not in force: {0}")]
    NotInForce(CertError),
}

impl Keyring {
    /// The keyring of public-key mode.
    #[must_use]
    pub const fn of_keys(sign_type: SignType, keys: Vec<PublicKey>) -> Keyring {
        Keyring { sign_type, keys: Keys::Plain(keys) }
    }

    /// The keyring of certificate mode.
    #[must_use]
    pub fn of_certificates(sign_type: SignType, certificates: Vec<AlipayCert>) -> Keyring {
        Keyring { sign_type, keys: Keys::Certified(certificates.into_iter().map(Arc::new).collect()) }
    }

    /// The algorithm, from the account's settings.
    #[must_use]
    pub const fn sign_type(&self) -> SignType {
        self.sign_type
    }

    /// This keyring and one more certificate. Of those that were added, the oldest is forgotten when there are too many.
    #[must_use]
    pub fn with(&self, certificate: AlipayCert) -> Keyring {
        let mut keyring = self.clone();
        if let Keys::Certified(known) = &mut keyring.keys {
            known.retain(|cert| cert.sn() != certificate.sn());
            if known.len() > limits::ALIPAY_CERTIFICATES_FETCHED_MAX {
                known.remove(1);
            }
            known.push(Arc::new(certificate));
        }
        keyring
    }

    /// The certificates, for an owner to look at.
    #[must_use]
    pub fn certificates(&self) -> &[Arc<AlipayCert>] {
        match &self.keys {
            Keys::Plain(_) => &[],
            Keys::Certified(known) => known,
        }
    }

    /// Checks a signature over `text`.
    ///
    /// `sn` is the certificate that the message names: then only that one counts. Without it (notices have none, and
    /// public-key mode) any key that is in force counts.
    ///
    /// # Errors
    /// [`Unverified`].
    pub fn check(
        &self,
        text: &[u8],
        signature: &str,
        sn: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Unverified> {
        let good = |key: &PublicKey| key.verifies(self.sign_type, text, signature);
        match (&self.keys, sn) {
            (Keys::Plain(keys), _) if keys.iter().any(good) => Ok(()),
            (Keys::Plain(_), _) => Err(Unverified::BadSignature),
            (Keys::Certified(known), None) => {
                let verified = known.iter().any(|cert| cert.key_at(now).is_ok_and(good));
                if verified { Ok(()) } else { Err(Unverified::BadSignature) }
            }
            (Keys::Certified(known), Some(sn)) => {
                let cert = known.iter().find(|cert| cert.sn() == sn);
                let cert = cert.ok_or_else(|| Unverified::UnknownCertificate(shown(sn)))?;
                let key = cert.key_at(now).map_err(Unverified::NotInForce)?;
                if good(key) { Ok(()) } else { Err(Unverified::BadSignature) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alipay::vectors;
    use crate::rng::Rng;

    #[test]
    fn while_alipay_changes_its_key_both_count_and_no_third() {
        let rng = Rng::seeded(1);
        let keyring =
            Keyring::of_keys(SignType::Rsa2, vec![vectors::public("alipay"), vectors::public("alipay_next")]);
        for (name, good) in [("alipay", true), ("alipay_next", true), ("other", false), ("app", false)] {
            let signature = vectors::private(name).sign(SignType::Rsa2, b"x", &rng).unwrap();
            let checked = keyring.check(b"x", &signature, None, Timestamp::from_millis(0));
            assert_eq!(checked.is_ok(), good, "{name}");
        }
    }
}
