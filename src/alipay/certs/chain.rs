//! From a certificate to a root of the bundle: names, signatures, and what an issuer may do (RFC 5280, section 6, as far
//! as Alipay's certificates need it).
//!
//! A bundle's root is trusted because it is in the bundle; its own signature proves nothing and is not looked at.

use rsa::Pkcs1v15Sign;
use rsa::pkcs8::ObjectIdentifier;
use rsa::sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use super::{Cert, Validity};
use crate::limits;

const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SHA384_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const SHA512_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");

/// Extensions that may be critical, because they are looked at here, or restrict nothing that is done here: key usage,
/// basic constraints, policies, extended key usage; identifiers of keys and other names.
const UNDERSTOOD: &[&str] = &[
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.18",
    "2.5.29.19",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.35",
    "2.5.29.37",
];

/// When the chain from `leaf` through `pool` to one of `roots` is in force; none where there is no such chain.
pub(super) fn to_a_root(leaf: &Cert, pool: &[Cert], roots: &[Cert]) -> Option<Validity> {
    if !understood(leaf) || !may(leaf, KeyUsage::digital_signature) {
        return None;
    }
    let mut tried = vec![false; pool.len()];
    climb(leaf, pool, roots, &mut tried, 1)
}

/// One step up. `depth` certificates are below the issuer that is looked for; none is tried twice.
fn climb(cert: &Cert, pool: &[Cert], roots: &[Cert], tried: &mut [bool], depth: usize) -> Option<Validity> {
    if let Some(root) = roots.iter().find(|root| issued(root, cert)) {
        return Some(both(cert.validity(), root.validity()));
    }
    if depth >= limits::ALIPAY_CHAIN_MAX {
        return None;
    }
    for (at, issuer) in pool.iter().enumerate() {
        if tried.get(at).copied().unwrap_or(true) || !issued(issuer, cert) || !may_issue(issuer, depth) {
            continue;
        }
        if let Some(seen) = tried.get_mut(at) {
            *seen = true;
        }
        if let Some(above) = climb(issuer, pool, roots, tried, depth + 1) {
            return Some(both(cert.validity(), above));
        }
    }
    None
}

fn both(one: Validity, other: Validity) -> Validity {
    Validity { from: one.from.max(other.from), until: one.until.min(other.until) }
}

/// True if `issuer` names and signed `cert`.
fn issued(issuer: &Cert, cert: &Cert) -> bool {
    cert.parsed.tbs_certificate().issuer() == issuer.parsed.tbs_certificate().subject()
        && signed(issuer, cert)
}

fn signed(issuer: &Cert, cert: &Cert) -> bool {
    let algorithm = cert.parsed.signature_algorithm();
    // The algorithm stands twice, and once outside of what is signed.
    if algorithm != cert.parsed.tbs_certificate().signature() {
        return false;
    }
    let (Some(signature), Ok(key)) = (cert.parsed.signature().as_bytes(), issuer.key()) else { return false };
    let text = cert.signed.as_slice();
    let (padding, digest) = match algorithm.oid {
        SHA256_WITH_RSA => (Pkcs1v15Sign::new::<Sha256>(), Sha256::digest(text).to_vec()),
        SHA384_WITH_RSA => (Pkcs1v15Sign::new::<Sha384>(), Sha384::digest(text).to_vec()),
        SHA512_WITH_RSA => (Pkcs1v15Sign::new::<Sha512>(), Sha512::digest(text).to_vec()),
        // SHA-1 has collisions, and SM2 and ECDSA are no algorithms of the gateway's answers.
        _ => return false,
    };
    key.rsa().verify(padding, &digest, signature).is_ok()
}

/// True if `issuer` may stand above `below` certificates, of which the last is the leaf.
fn may_issue(issuer: &Cert, below: usize) -> bool {
    let constraints = issuer.parsed.tbs_certificate().get_extension::<BasicConstraints>();
    let Ok(Some((_, BasicConstraints { ca: true, path_len_constraint }))) = constraints else { return false };
    let enough = path_len_constraint.is_none_or(|between| below <= usize::from(between) + 1);
    enough && understood(issuer) && may(issuer, KeyUsage::key_cert_sign)
}

/// True if the certificate says nothing of what its key is for, or allows this.
fn may(cert: &Cert, what: fn(&KeyUsage) -> bool) -> bool {
    match cert.parsed.tbs_certificate().get_extension::<KeyUsage>() {
        Ok(None) => true,
        Ok(Some((_, usage))) => what(&usage),
        Err(_) => false,
    }
}

fn understood(cert: &Cert) -> bool {
    let extensions = cert.parsed.tbs_certificate().extensions();
    extensions.is_none_or(|all| {
        all.iter().all(|one| !one.critical || UNDERSTOOD.contains(&one.extn_id.to_string().as_str()))
    })
}
