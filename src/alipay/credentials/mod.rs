//! What an owner gives to sell through Alipay, from pasted texts, each mistake told by name.
//!
//! Knows which parts fit together. Refuses to print any secret: Debug shows numbers and fingerprints. The store keeps
//! [`Credentials::to_secret_json`] encrypted.

mod address;
mod secret;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use address::{Gateway, GatewayError};
pub use secret::Secret;

use super::aes::{AesKey, AesKeyError};
use super::certs::{AlipayCert, AppCert, CertError, Roots};
use super::keyring::Keyring;
use super::keys::{KeyError, PrivateKey, PublicKey};
use super::sign::SignType;
use crate::limits;

/// The sandbox of today; ids of its applications.
const SANDBOX_APP_ID: &str = "9021";
/// The sandbox before it. Ids that began with 2016 were in both, so they tell nothing.
const OLD_SANDBOX_APP_ID: &str = "2021000";

/// What the owner pasted or typed, as it is; also the form in which the store keeps it, encrypted.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pasted {
    /// The application's id.
    pub app_id: String,
    /// The application's private key, in any form.
    pub private_key: Secret,
    /// How the application signs.
    #[serde(default)]
    pub sign_type: SignType,
    /// Whom to believe.
    pub trust: PastedTrust,
    /// The key of the encryption of contents, where it is switched on.
    #[serde(default)]
    pub aes_key: Option<Secret>,
    /// `production`, `sandbox` or an address.
    pub gateway: String,
    /// The merchant's id (PID); with it, notices for others are refused.
    #[serde(default)]
    pub seller_id: Option<String>,
}

/// Whom to believe, as pasted.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PastedTrust {
    /// Public-key mode: Alipay's public keys, the current one and perhaps the next.
    Keys(Vec<String>),
    /// Certificate mode: the contents of the three files.
    Certificates {
        /// `appCertPublicKey_….crt`
        app: String,
        /// `alipayCertPublicKey_RSA2.crt`
        alipay: String,
        /// `alipayRootCert.crt`
        roots: String,
    },
}

/// Why what was pasted makes no account.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CredentialError {
    /// Not 16 digits, as all ids of applications are.
    #[error("an app id is 16 digits")]
    AppId,
    /// Not a number of a merchant.
    #[error("a seller id (PID) is 16 digits and begins with 2088")]
    SellerId,
    /// [`GatewayError`].
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// What is wrong with the private key.
    #[error("the application's private key: {0}")]
    PrivateKey(KeyError),
    /// No public key of Alipay's was pasted, or more than [`limits::ALIPAY_KEYS_MAX`].
    #[error("Alipay's public key is missing, or there are too many")]
    AlipayKeys,
    /// What is wrong with Alipay's public key.
    #[error("Alipay's public key: {0}")]
    AlipayKey(KeyError),
    /// The commonest mistake: the application's public key where Alipay's is asked.
    #[error(
        "this is the application's own public key; Alipay shows its own (支付宝公钥) beside it after the upload"
    )]
    ApplicationKey,
    /// What is wrong with the application's certificate.
    #[error("the application's certificate: {0}")]
    AppCertificate(CertError),
    /// The certificate was issued for another key.
    #[error("the application's certificate and the private key are not a pair")]
    AppCertificateKey,
    /// The application's certificate where Alipay's is asked.
    #[error("this is the application's own certificate; Alipay's is the file alipayCertPublicKey_RSA2.crt")]
    ApplicationCertificate,
    /// What is wrong with Alipay's certificate.
    #[error("Alipay's certificate: {0}")]
    AlipayCertificate(CertError),
    /// What is wrong with the root certificates.
    #[error("Alipay's root certificates: {0}")]
    Roots(CertError),
    /// RSA(1) has no certificate mode.
    #[error("certificates are used with RSA2 only")]
    CertificatesNeedRsa2,
    /// [`AesKeyError`].
    #[error(transparent)]
    AesKey(#[from] AesKeyError),
    /// What the store kept is no longer readable.
    #[error("the stored account is damaged")]
    Stored,
}

impl CredentialError {
    /// A stable name for the caller: which part, and what is wrong with it.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            CredentialError::AppId => "app_id".to_owned(),
            CredentialError::SellerId => "seller_id".to_owned(),
            CredentialError::Gateway(_) => "gateway".to_owned(),
            CredentialError::PrivateKey(error) => format!("private_key.{}", error.code()),
            CredentialError::AlipayKeys => "alipay_public_keys".to_owned(),
            CredentialError::AlipayKey(error) => format!("alipay_public_key.{}", error.code()),
            CredentialError::ApplicationKey => "alipay_public_key.application_key".to_owned(),
            CredentialError::AppCertificate(error) => format!("app_certificate.{}", error.code()),
            CredentialError::AppCertificateKey => "app_certificate.not_of_this_key".to_owned(),
            CredentialError::ApplicationCertificate => {
                "alipay_certificate.application_certificate".to_owned()
            }
            CredentialError::AlipayCertificate(error) => format!("alipay_certificate.{}", error.code()),
            CredentialError::Roots(error) => format!("root_certificates.{}", error.code()),
            CredentialError::CertificatesNeedRsa2 => "sign_type".to_owned(),
            CredentialError::AesKey(_) => "aes_key".to_owned(),
            CredentialError::Stored => "stored".to_owned(),
        }
    }
}

/// Something that is allowed and probably a mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Warning {
    /// An application of the sandbox at the production gateway.
    SandboxAppInProduction,
    /// An application that is none of the sandbox's at the sandbox's gateway.
    ProductionAppInSandbox,
}

enum Trust {
    Keys(Vec<PublicKey>),
    Certificates(Box<Certificates>),
}

struct Certificates {
    app: AppCert,
    roots: Roots,
    alipay: AlipayCert,
}

/// An account with Alipay's gateway: every part was read, and they fit together.
pub struct Credentials {
    app_id: String,
    seller_id: Option<String>,
    gateway: Gateway,
    sign_type: SignType,
    private_key: PrivateKey,
    trust: Trust,
    aes_key: Option<AesKey>,
}

impl Credentials {
    /// Reads everything that was pasted.
    ///
    /// # Errors
    /// [`CredentialError`]: the first part that does not fit, and why.
    pub fn from_pasted(pasted: &Pasted) -> Result<Credentials, CredentialError> {
        let digits = |text: &str| text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit());
        let app_id = pasted.app_id.trim();
        if !digits(app_id) {
            return Err(CredentialError::AppId);
        }
        let seller_id = pasted.seller_id.as_deref().map(str::trim).filter(|id| !id.is_empty());
        if seller_id.is_some_and(|id| !digits(id) || !id.starts_with("2088")) {
            return Err(CredentialError::SellerId);
        }
        let gateway = Gateway::parse(&pasted.gateway)?;
        let private_key =
            PrivateKey::paste(pasted.private_key.expose()).map_err(CredentialError::PrivateKey)?;
        let own = private_key.public();
        pasted.sign_type.fits(&own).map_err(CredentialError::PrivateKey)?;
        let trust = match &pasted.trust {
            PastedTrust::Keys(texts) => Trust::Keys(alipay_keys(texts, pasted.sign_type, &own)?),
            PastedTrust::Certificates { app, alipay, roots } => {
                if pasted.sign_type != SignType::Rsa2 {
                    return Err(CredentialError::CertificatesNeedRsa2);
                }
                Trust::Certificates(Box::new(Certificates::read(app, alipay, roots, &own)?))
            }
        };
        let aes_key = pasted.aes_key.as_ref().map(|key| key.expose().trim()).filter(|text| !text.is_empty());
        Ok(Credentials {
            app_id: app_id.to_owned(),
            seller_id: seller_id.map(str::to_owned),
            gateway,
            sign_type: pasted.sign_type,
            private_key,
            trust,
            aes_key: aes_key.map(AesKey::paste).transpose()?,
        })
    }

    /// The account as the store keeps it, encrypted. It holds the private key.
    #[must_use]
    pub fn to_secret_json(&self) -> Zeroizing<String> {
        let trust = match &self.trust {
            Trust::Keys(keys) => PastedTrust::Keys(keys.iter().map(PublicKey::to_text).collect()),
            Trust::Certificates(certificates) => PastedTrust::Certificates {
                app: certificates.app.text().to_owned(),
                alipay: certificates.alipay.text().to_owned(),
                roots: certificates.roots.text().to_owned(),
            },
        };
        let pasted = Pasted {
            app_id: self.app_id.clone(),
            private_key: self.private_key.to_secret_text().into(),
            sign_type: self.sign_type,
            trust,
            aes_key: self.aes_key.as_ref().map(|key| key.to_secret_text().into()),
            gateway: self.gateway.name().to_owned(),
            seller_id: self.seller_id.clone(),
        };
        Zeroizing::new(serde_json::to_string(&pasted).unwrap_or_default())
    }

    /// Reads what [`Credentials::to_secret_json`] wrote.
    ///
    /// # Errors
    /// [`CredentialError::Stored`], or what no longer fits.
    pub fn from_secret_json(json: &str) -> Result<Credentials, CredentialError> {
        let pasted: Pasted = serde_json::from_str(json).map_err(|_| CredentialError::Stored)?;
        Credentials::from_pasted(&pasted)
    }

    /// The application's id.
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// The merchant's id, where the owner told it.
    #[must_use]
    pub fn seller_id(&self) -> Option<&str> {
        self.seller_id.as_deref()
    }

    /// Where calls go.
    #[must_use]
    pub const fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// How the account signs.
    #[must_use]
    pub const fn sign_type(&self) -> SignType {
        self.sign_type
    }

    /// The application's public key: what must be uploaded to Alipay, for the owner to compare.
    #[must_use]
    pub fn application_key(&self) -> PublicKey {
        self.private_key.public()
    }

    /// What is trusted. A [`super::gateway::Client`] adds the certificates that it fetches.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        match &self.trust {
            Trust::Keys(keys) => Keyring::of_keys(self.sign_type, keys.clone()),
            Trust::Certificates(certificates) => {
                Keyring::of_certificates(self.sign_type, vec![certificates.alipay.clone()])
            }
        }
    }

    /// Alipay's public keys; none in certificate mode.
    #[must_use]
    pub fn alipay_keys(&self) -> &[PublicKey] {
        match &self.trust {
            Trust::Keys(keys) => keys,
            Trust::Certificates(_) => &[],
        }
    }

    /// The application's certificate, in certificate mode.
    #[must_use]
    pub fn app_certificate(&self) -> Option<&AppCert> {
        match &self.trust {
            Trust::Keys(_) => None,
            Trust::Certificates(certificates) => Some(&certificates.app),
        }
    }

    /// Alipay's root certificates, in certificate mode.
    #[must_use]
    pub fn roots(&self) -> Option<&Roots> {
        match &self.trust {
            Trust::Keys(_) => None,
            Trust::Certificates(certificates) => Some(&certificates.roots),
        }
    }

    /// Alipay's certificate as the owner gave it, in certificate mode.
    #[must_use]
    pub fn alipay_certificate(&self) -> Option<&AlipayCert> {
        match &self.trust {
            Trust::Keys(_) => None,
            Trust::Certificates(certificates) => Some(&certificates.alipay),
        }
    }

    /// The key of the encryption of contents, where it is on.
    #[must_use]
    pub const fn aes_key(&self) -> Option<&AesKey> {
        self.aes_key.as_ref()
    }

    /// The application's private key.
    #[must_use]
    pub const fn private_key(&self) -> &PrivateKey {
        &self.private_key
    }

    /// What is allowed and probably a mistake.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let sandboxed =
            self.app_id.starts_with(SANDBOX_APP_ID) || self.app_id.starts_with(OLD_SANDBOX_APP_ID);
        match &self.gateway {
            Gateway::Production if sandboxed => vec![Warning::SandboxAppInProduction],
            Gateway::Sandbox if !sandboxed && !self.app_id.starts_with("2016") => {
                vec![Warning::ProductionAppInSandbox]
            }
            Gateway::Production | Gateway::Sandbox | Gateway::Own(_) => Vec::new(),
        }
    }
}

fn alipay_keys(
    texts: &[String],
    sign_type: SignType,
    own: &PublicKey,
) -> Result<Vec<PublicKey>, CredentialError> {
    if texts.is_empty() || texts.len() > limits::ALIPAY_KEYS_MAX {
        return Err(CredentialError::AlipayKeys);
    }
    let key = |text: &String| {
        let key = PublicKey::paste(text).map_err(CredentialError::AlipayKey)?;
        if key == *own {
            return Err(CredentialError::ApplicationKey);
        }
        sign_type.fits(&key).map_err(CredentialError::AlipayKey)?;
        Ok(key)
    };
    texts.iter().map(key).collect()
}

impl Certificates {
    fn read(app: &str, alipay: &str, roots: &str, own: &PublicKey) -> Result<Certificates, CredentialError> {
        let app = AppCert::paste(app).map_err(CredentialError::AppCertificate)?;
        if app.key() != own {
            return Err(CredentialError::AppCertificateKey);
        }
        let roots = Roots::paste(roots).map_err(CredentialError::Roots)?;
        let alipay = roots.trust(alipay, &[app.text()]).map_err(CredentialError::AlipayCertificate)?;
        if alipay.is_of(own) {
            return Err(CredentialError::ApplicationCertificate);
        }
        Ok(Certificates { app, roots, alipay })
    }
}

impl fmt::Debug for Pasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pasted(app {})", self.app_id)
    }
}

impl fmt::Debug for PastedTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PastedTrust::Keys(keys) => write!(f, "Keys({})", keys.len()),
            PastedTrust::Certificates { .. } => f.write_str("Certificates"),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials(app {} at {})", self.app_id, self.gateway.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alipay::vectors::{self, made};

    fn pasted() -> Pasted {
        serde_json::from_str(&made(&["alipay"], |_| ()).to_secret_json()).unwrap()
    }

    fn refused(change: impl FnOnce(&mut Pasted)) -> String {
        let mut pasted = pasted();
        change(&mut pasted);
        Credentials::from_pasted(&pasted).unwrap_err().code()
    }

    fn key(name: &str, member: &str, form: &str) -> String {
        vectors::text(&vectors::file("keys.json")[name][member], form).to_owned()
    }

    #[test]
    fn each_mistake_is_told_by_the_part_and_what_is_wrong_with_it() {
        let certs = vectors::file("certs.json");
        let named = |name: &str| vectors::text(&certs["certificates"], name).to_owned();
        let cert = |name: &str| match name {
            // The application's certificate where Alipay's is asked; the issuer comes from the other's file.
            "app_cert_and_issuer" => {
                let chain = vectors::text(&certs["chain"], "good_alipay_cert_chain_pem");
                let issuer = chain.rfind("-----BEGIN").unwrap();
                format!("{}\n{}", named("app_cert_pem"), &chain[issuer..])
            }
            name => named(name),
        };
        let own = key("app", "public", "spki_bare");
        assert_eq!(refused(|it| it.app_id = "123".to_owned()), "app_id");
        assert_eq!(refused(|it| it.app_id = "２０２１０００００００００００".to_owned()), "app_id");
        assert_eq!(refused(|it| it.seller_id = Some("1".repeat(16))), "seller_id");
        assert_eq!(refused(|it| it.gateway = "http://example.com/gateway.do".to_owned()), "gateway");
        assert_eq!(refused(|it| it.private_key = own.clone().into()), "private_key.public_key_pasted");
        assert_eq!(refused(|it| it.trust = PastedTrust::Keys(vec![])), "alipay_public_keys");
        assert_eq!(
            refused(|it| it.trust = PastedTrust::Keys(vec![own.clone()])),
            "alipay_public_key.application_key"
        );
        assert_eq!(
            refused(|it| it.trust = PastedTrust::Keys(vec![cert("alipay_cert_pem")])),
            "alipay_public_key.certificate_pasted"
        );
        assert_eq!(
            refused(|it| it.private_key = key("app_rsa1024", "private", "pkcs8_bare").into()),
            "private_key.key_too_short"
        );
        assert_eq!(refused(|it| it.aes_key = Some("c2hvcnQ=".to_owned().into())), "aes_key");
        let with = |app: &str, alipay: &str, roots: &str| {
            let (app, alipay, roots) = (cert(app), cert(alipay), cert(roots));
            refused(|it| it.trust = PastedTrust::Certificates { app, alipay, roots })
        };
        assert_eq!(
            with("alipay_cert_pem", "alipay_cert_pem", "root_bundle_pem"),
            "app_certificate.not_of_this_key"
        );
        assert_eq!(
            with("app_cert_pem", "alipay_cert_pem", "app_cert_pem"),
            "root_certificates.not_the_root_bundle"
        );
        assert_eq!(
            with("app_cert_pem", "app_cert_and_issuer", "root_bundle_pem"),
            "alipay_certificate.application_certificate"
        );
        assert_eq!(
            with("app_cert_pem", "forged_alipay_cert_pem", "root_bundle_pem"),
            "alipay_certificate.certificate_untrusted"
        );
    }

    #[test]
    fn an_account_goes_through_the_store_and_shows_nothing_of_its_secrets() {
        let certified = vectors::certified();
        for account in [made(&["alipay", "alipay_next"], |_| ()), certified] {
            let json = account.to_secret_json();
            let again = Credentials::from_secret_json(&json).unwrap();
            assert_eq!(*again.to_secret_json(), *json);
            assert_eq!(again.app_certificate().map(AppCert::sn), account.app_certificate().map(AppCert::sn));
            let shown = format!("{account:?} {:?} {:?}", pasted(), account.keyring());
            let secret = key("app", "private", "pkcs8_bare");
            assert!(
                !shown.contains(&secret[40..80])
                    && !shown.contains(&account.aes_key().unwrap().to_secret_text()[..8])
            );
        }
        assert_eq!(Credentials::from_secret_json("{}").unwrap_err(), CredentialError::Stored);
    }

    #[test]
    fn an_old_account_may_still_sign_the_old_way() {
        let account = made(&["alipay"], |it| {
            it.sign_type = SignType::Rsa1;
            it.private_key = key("app_rsa1024", "private", "pkcs8_bare").into();
        });
        assert_eq!(account.sign_type(), SignType::Rsa1);
        assert_eq!(account.keyring().sign_type(), SignType::Rsa1);
    }

    #[test]
    fn an_app_of_the_sandbox_is_told_in_production_and_the_other_way_round() {
        for (app_id, gateway, expected) in [
            ("9021000000000000", "production", Some(Warning::SandboxAppInProduction)),
            ("2021000100000000", "production", Some(Warning::SandboxAppInProduction)),
            ("2021004100000000", "production", None),
            ("9021000000000000", "sandbox", None),
            ("2016000000000000", "sandbox", None),
            ("2021004100000000", "sandbox", Some(Warning::ProductionAppInSandbox)),
            ("9021000000000000", "http://127.0.0.1:8090/gateway.do", None),
        ] {
            let account = made(&["alipay"], |it| {
                it.app_id = app_id.to_owned();
                it.gateway = gateway.to_owned();
            });
            assert_eq!(account.warnings(), expected.into_iter().collect::<Vec<_>>(), "{app_id} at {gateway}");
        }
    }
}
