//! The messages, keys and certificates that other people's programs made, for the tests of this part.
//!
//! They lie in `tests/data/alipay/`, or in the folder that `MATCHA_ALIPAY_VECTORS` names: another set of the same shape.
//! How many there are of each kind is taken from the files.

use std::path::PathBuf;

use serde_json::Value;

use super::canonical::Params;
use super::credentials::{Credentials, Pasted, PastedTrust};
use super::keys::{PrivateKey, PublicKey};
use super::sign::SignType;

fn folder() -> PathBuf {
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/alipay"));
    std::env::var_os("MATCHA_ALIPAY_VECTORS").map_or_else(own, PathBuf::from)
}

/// One file of the set.
pub(crate) fn file(name: &str) -> Value {
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The entries of a list in a file of the set; never none.
pub(crate) fn list(name: &str, key: &str) -> Vec<Value> {
    let Value::Array(list) = file(name)[key].take() else { panic!("{name} has a list {key}") };
    assert!(!list.is_empty(), "{name} has entries in {key}");
    list
}

/// A text of an entry.
pub(crate) fn text<'a>(entry: &'a Value, key: &str) -> &'a str {
    entry[key].as_str().unwrap_or_else(|| panic!("{} has a text {key}", entry["name"]))
}

/// An object of texts.
pub(crate) fn params(object: &Value) -> Params {
    let pairs = object.as_object().expect("an object").iter();
    pairs.map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned())).collect()
}

/// The private key of this name in keys.json.
pub(crate) fn private(name: &str) -> PrivateKey {
    PrivateKey::paste(text(&file("keys.json")[name]["private"], "pkcs8_pem")).unwrap()
}

/// The public key of this name in keys.json.
pub(crate) fn public(name: &str) -> PublicKey {
    PublicKey::paste(text(&file("keys.json")[name]["public"], "spki_pem")).unwrap()
}

/// An account of the set that trusts these public keys of keys.json.
pub(crate) fn credentials(trusted: &[&str]) -> Credentials {
    made(trusted, |_| ())
}

/// The same, changed before it is made.
pub(crate) fn made(trusted: &[&str], change: impl FnOnce(&mut Pasted)) -> Credentials {
    let keys = file("keys.json");
    let public = |name: &&str| text(&keys[*name]["public"], "spki_pem").to_owned();
    let mut pasted = Pasted {
        app_id: text(&keys, "app_id").to_owned(),
        private_key: text(&keys["app"]["private"], "pkcs8_pem").to_owned().into(),
        sign_type: SignType::Rsa2,
        trust: PastedTrust::Keys(trusted.iter().map(public).collect()),
        aes_key: Some(text(&keys, "aes_key").to_owned().into()),
        gateway: "sandbox".to_owned(),
        seller_id: Some(text(&keys, "seller_id").to_owned()),
    };
    change(&mut pasted);
    Credentials::from_pasted(&pasted).unwrap()
}

/// The account of the set with certificates.
pub(crate) fn certified() -> Credentials {
    let certs = file("certs.json");
    let pem = |key| text(&certs["certificates"], key).to_owned();
    made(&[], |pasted| {
        pasted.trust = PastedTrust::Certificates {
            app: pem("app_cert_pem"),
            alipay: pem("alipay_cert_pem"),
            roots: pem("root_bundle_pem"),
        };
    })
}

/// An instant at which the certificates of the set are in force: a day after the newest of them began.
pub(crate) fn certificates_in_force() -> crate::domain::time::Timestamp {
    use crate::domain::time::{Millis, Timestamp};
    let certs = file("certs.json");
    let roots = super::certs::Roots::paste(text(&certs["chain"], "root_bundle_pem")).unwrap();
    let begins = |key| {
        let cert = roots.trust(text(&certs["chain"], key), &[]).unwrap();
        match cert.key_at(Timestamp::from_millis(0)) {
            Err(super::certs::CertError::NotYet(from)) => from,
            other => panic!("{key} begins after 1970: {other:?}"),
        }
    };
    let newest = begins("good_alipay_cert_chain_pem").max(begins("good_next_alipay_cert_chain_pem"));
    newest.plus(Millis::seconds(24 * 3600))
}
