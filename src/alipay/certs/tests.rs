//! Serial numbers and chains, against other people's certificates and ones that were made wrong on purpose.

use super::*;
use crate::alipay::vectors;
use crate::domain::time::Millis;

fn named(key: &str) -> String {
    vectors::text(&vectors::file("certs.json")["certificates"], key).to_owned()
}

fn chain(key: &str) -> String {
    vectors::text(&vectors::file("certs.json")["chain"], key).to_owned()
}

fn roots() -> Roots {
    Roots::paste(&chain("root_bundle_pem")).unwrap()
}

/// An instant at which Alipay's certificate of the set is in force.
fn in_force() -> Timestamp {
    let cert = roots().trust(&chain("good_alipay_cert_chain_pem"), &[]).unwrap();
    cert.validity.from.plus(Millis::seconds(24 * 3600))
}

#[test]
fn serial_numbers_are_those_that_other_peoples_sdks_compute() {
    let real = vectors::list("real_world.json", "certificates");
    for vector in vectors::list("certs.json", "sn_vectors").into_iter().chain(real) {
        let (pem, expected) = (vectors::text(&vector, "pem"), vectors::text(&vector, "expected_sn"));
        let sn = match vectors::text(&vector, "what") {
            "alipay_root_cert_sn" => Roots::paste(pem).unwrap().sn().to_owned(),
            _ => AppCert::paste(pem).unwrap().sn().to_owned(),
        };
        assert_eq!(sn, expected, "{}", vector["name"]);
    }
}

#[test]
fn only_what_the_bundles_roots_stand_behind_is_trusted() {
    let (roots, now) = (roots(), in_force());
    for (key, good) in [
        ("good_alipay_cert_chain_pem", true),
        ("good_next_alipay_cert_chain_pem", true),
        ("forged_alipay_cert_chain_pem", false),
    ] {
        let outcome = roots.trust_at(&chain(key), &[], now);
        let expected = if good { None } else { Some(CertError::Untrusted) };
        assert_eq!(outcome.err(), expected, "{key}");
    }
}

#[test]
fn a_certificate_is_trusted_from_its_first_to_its_last_second() {
    let cert = roots().trust(&chain("good_alipay_cert_chain_pem"), &[]).unwrap();
    let Validity { from, until } = cert.validity;
    let millisecond = Millis::new(1);
    assert_eq!(cert.key_at(from.minus(millisecond)), Err(CertError::NotYet(from)));
    assert_eq!(cert.key_at(until.plus(millisecond)), Err(CertError::Expired(until)));
    assert!(cert.key_at(from).is_ok() && cert.key_at(until).is_ok());
}

#[test]
fn a_missing_link_may_come_from_elsewhere_and_without_it_nothing_is_trusted() {
    let (roots, whole) = (roots(), chain("good_alipay_cert_chain_pem"));
    let end = "-----END CERTIFICATE-----";
    let alone = &whole[..whole.find(end).unwrap() + end.len()];
    assert_eq!(roots.trust(alone, &[]).err(), Some(CertError::Untrusted));
    assert_eq!(
        roots.trust(alone, &["rubbish", &whole]).unwrap().sn(),
        roots.trust(&whole, &[]).unwrap().sn()
    );
}

#[test]
fn a_leaf_may_not_issue_others() {
    // The forged certificate's chain with the real leaf between: names fit, but a leaf is no authority.
    let both = format!("{}\n{}", chain("forged_alipay_cert_chain_pem"), named("app_cert_pem"));
    assert_eq!(roots().trust(&both, &[]).err(), Some(CertError::Untrusted));
}

#[test]
fn one_changed_bit_of_what_was_signed_breaks_the_chain() {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let roots = roots();
    let mut blocks = pasted::blocks(&chain("good_alipay_cert_chain_pem"));
    let rest = engine.encode(blocks.pop().unwrap().der.unwrap_or_default().as_slice());
    let leaf = blocks.remove(0).der.unwrap_or_default();
    let mut seen = 0;
    for at in (60..leaf.len()).step_by(37) {
        let mut changed = leaf.to_vec();
        changed[at] ^= 1;
        let armour = |body: &str| format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        let text = format!("{}{}", armour(&engine.encode(&changed)), armour(&rest));
        assert!(roots.trust(&text, &[]).is_err(), "byte {at}");
        seen += 1;
    }
    assert!(seen > 10);
}

#[test]
fn a_mistake_is_told_by_what_was_pasted() {
    let keys = vectors::file("keys.json");
    let private = vectors::text(&keys["app"]["private"], "pkcs8_pem");
    let bare = vectors::text(&keys["app"]["public"], "spki_bare");
    let cert = named("app_cert_pem");
    for (text, expected) in [
        ("", CertError::Empty),
        (private, CertError::Key),
        (bare, CertError::Key),
        ("hello world", CertError::NotACertificate),
        (&cert[..cert.len() / 2], CertError::CutOff),
        (cert.repeat(limits::ALIPAY_CERTIFICATES_MAX + 1).as_str(), CertError::TooLong),
    ] {
        assert_eq!(AppCert::paste(text).err(), Some(expected), "{text}");
    }
    assert_eq!(Roots::paste(&named("alipay_cert_pem")).err(), Some(CertError::NotRoots));
    assert_eq!(Roots::paste(&cert).err(), Some(CertError::NotRoots));
}
