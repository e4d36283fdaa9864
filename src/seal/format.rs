//! Format `ms1`: how a paid text or file is compressed and encrypted, and where its key comes from (ADR 0012).
//!
//! Knows a site's sealing secret, slugs and bytes. Refuses to know files, pages, products' prices and who has paid.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::str::FromStr;

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::limits;

/// What a sealed text or file begins with; the digit is the format's version.
const FORMAT: &str = "ms1";
/// What the text form of a sealing secret begins with.
const SECRET_PREFIX: &str = "mss1_";
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// Digits of the largest key version.
const VERSION_DIGITS_MAX: usize = 10;

/// The one secret of a site from which the keys of all its products follow. Who has it opens everything sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct SiteSecret([u8; 32]);

/// A text that is no sealing secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a sealing secret is mss1_ and 43 letters, digits, '-' or '_' (matcha site secret SLUG prints it)")]
pub struct SecretError;

impl SiteSecret {
    /// The secret of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> SiteSecret {
        SiteSecret(bytes)
    }

    /// The key of version `version` (from 1) of a product. Products and versions tell nothing of each other (RFC 5869).
    #[must_use]
    pub fn product_key(&self, site: &str, product: &str, version: u32) -> [u8; 32] {
        let mut key = [0; 32];
        // Never change this text: every sealed page and every key in a reader's browser would become void.
        let info = format!("ms1 key\n{site}\n{product}\n{version}");
        Hkdf::<Sha256>::new(None, &self.0)
            .expand(info.as_bytes(), &mut key)
            .expect("32 bytes are within what HKDF-SHA256 gives");
        key
    }

    /// [`SiteSecret::product_key`] as readers get it: base64url without padding.
    #[must_use]
    pub fn product_key_text(&self, site: &str, product: &str, version: u32) -> String {
        URL_SAFE_NO_PAD.encode(Zeroizing::new(self.product_key(site, product, version)).as_slice())
    }
}

impl Drop for SiteSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SiteSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SiteSecret(…)")
    }
}

/// The secret itself: print it only where its owner asked for it.
impl fmt::Display for SiteSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for SiteSecret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<SiteSecret, SecretError> {
        let body = text.strip_prefix(SECRET_PREFIX).ok_or(SecretError)?;
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(body).map_err(|_| SecretError)?);
        Ok(SiteSecret(bytes.as_slice().try_into().map_err(|_| SecretError)?))
    }
}

/// Whose text or file it is. All of it is bound to the ciphertext: what was sealed for one product, version or path
/// opens as no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Binding<'a> {
    /// The site's slug.
    pub site: &'a str,
    /// The product's slug.
    pub product: &'a str,
    /// The key's version, from 1.
    pub version: u32,
}

impl Binding<'_> {
    fn associated_data(&self, name: &str) -> String {
        let Binding { site, product, version } = self;
        format!("{FORMAT}\n{site}\n{product}\n{version}\n{name}")
    }
}

/// The name under which a page's text is sealed.
const TEXT_NAME: &str = "text";

/// The name under which the file at `path` (absolute on the site, decoded: `/images/a.png`) is sealed.
fn file_name(path: &str) -> String {
    format!("file:{path}")
}

/// Why something sealed cannot be opened, or something cannot be sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// Not `ms1.{version}.…`, cut off, or not base64url.
    #[error("this is no sealed text or file: it is damaged or cut off")]
    Malformed,
    /// Sealed by a later Matcha.
    #[error("this was sealed in a format that this version of matcha does not know")]
    UnknownFormat,
    /// Another key, product, key version or path, or changed bytes. AES-GCM does not tell which.
    #[error("this cannot be opened: it was sealed with another secret, for another product, or was changed")]
    CannotOpen,
    /// Larger than `limits::SEALED_BYTES_MAX`.
    #[error("this is larger than {} MB", limits::SEALED_BYTES_MAX >> 20)]
    TooLarge,
}

/// Seals the HTML of a paid part: `ms1.{version}.{base64url}`. Each `nonce` must be random and used once.
///
/// # Errors
/// [`SealError::TooLarge`]
pub fn seal_text(
    key: &[u8; 32],
    of: Binding<'_>,
    nonce: [u8; NONCE_BYTES],
    html: &str,
) -> Result<String, SealError> {
    if html.len() > limits::SEALED_BYTES_MAX {
        return Err(SealError::TooLarge);
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let packed = gzip.write_all(html.as_bytes()).and_then(|()| gzip.finish());
    let body = encrypt(key, of, TEXT_NAME, nonce, &packed.map_err(|_| SealError::TooLarge)?)?;
    Ok(format!("{FORMAT}.{}.{}", of.version, URL_SAFE_NO_PAD.encode(body)))
}

/// Seals a file's bytes: ASCII `ms1.{version}.`, then the nonce, the ciphertext and the tag.
///
/// # Errors
/// [`SealError::TooLarge`]
pub fn seal_file(
    key: &[u8; 32],
    of: Binding<'_>,
    path: &str,
    nonce: [u8; NONCE_BYTES],
    bytes: &[u8],
) -> Result<Vec<u8>, SealError> {
    if bytes.len() > limits::SEALED_BYTES_MAX {
        return Err(SealError::TooLarge);
    }
    let mut sealed = format!("{FORMAT}.{}.", of.version).into_bytes();
    sealed.extend_from_slice(&encrypt(key, of, &file_name(path), nonce, bytes)?);
    Ok(sealed)
}

/// The key version that a sealed text or file names; it is not trusted before the text was opened.
///
/// # Errors
/// [`SealError::Malformed`], [`SealError::UnknownFormat`]
pub fn version_of(sealed: &[u8]) -> Result<u32, SealError> {
    split(sealed).map(|(version, _)| version)
}

/// Opens a sealed text. `of.version` must be the version that the text names.
///
/// # Errors
/// [`SealError`]
pub fn open_text(key: &[u8; 32], of: Binding<'_>, sealed: &str) -> Result<String, SealError> {
    let (version, body) = split(sealed.as_bytes())?;
    let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| SealError::Malformed)?;
    let packed = decrypt(key, of, version, TEXT_NAME, &body)?;
    let mut html = String::new();
    // One byte more than allowed tells a text that is too large from one that just fits.
    let limit = u64::try_from(limits::SEALED_BYTES_MAX).unwrap_or(u64::MAX);
    let read = GzDecoder::new(packed.as_slice()).take(limit.saturating_add(1)).read_to_string(&mut html);
    read.map_err(|_| SealError::Malformed)?;
    if html.len() > limits::SEALED_BYTES_MAX { Err(SealError::TooLarge) } else { Ok(html) }
}

/// Opens a sealed file. `of.version` must be the version that the file names.
///
/// # Errors
/// [`SealError`]
pub fn open_file(
    key: &[u8; 32],
    of: Binding<'_>,
    path: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (version, body) = split(sealed)?;
    decrypt(key, of, version, &file_name(path), body)
}

/// Version and body behind `ms1.{version}.`.
fn split(sealed: &[u8]) -> Result<(u32, &[u8]), SealError> {
    let rest = match sealed.strip_prefix(FORMAT.as_bytes()) {
        Some([b'.', rest @ ..]) => rest,
        _ if is_other_version(sealed) => return Err(SealError::UnknownFormat),
        _ => return Err(SealError::Malformed),
    };
    let digits = rest.iter().take(VERSION_DIGITS_MAX + 1).take_while(|b| b.is_ascii_digit()).count();
    let (version, body) = rest.split_at(digits);
    let version: u32 =
        std::str::from_utf8(version).ok().and_then(|v| v.parse().ok()).ok_or(SealError::Malformed)?;
    // One way to write each version: no leading zero, and they begin at 1.
    match body {
        [b'.', body @ ..] if version > 0 && !rest.starts_with(b"0") => Ok((version, body)),
        _ => Err(SealError::Malformed),
    }
}

/// `ms`, a number that is not ours, and a point.
fn is_other_version(sealed: &[u8]) -> bool {
    let rest = sealed.strip_prefix(b"ms").unwrap_or_default();
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    digits > 0 && rest.get(digits) == Some(&b'.') && rest.get(..digits) != Some(b"1")
}

fn encrypt(
    key: &[u8; 32],
    of: Binding<'_>,
    name: &str,
    nonce: [u8; NONCE_BYTES],
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    let aad = of.associated_data(name);
    let sealed = Aes256Gcm::new(key.into())
        .encrypt(Nonce::from_slice(&nonce), Payload { msg: plain, aad: aad.as_bytes() })
        .map_err(|_| SealError::TooLarge)?;
    let mut body = nonce.to_vec();
    body.extend_from_slice(&sealed);
    Ok(body)
}

fn decrypt(
    key: &[u8; 32],
    of: Binding<'_>,
    version: u32,
    name: &str,
    body: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    if body.len() < NONCE_BYTES + TAG_BYTES {
        return Err(SealError::Malformed);
    }
    if version != of.version {
        return Err(SealError::CannotOpen);
    }
    let (nonce, sealed) = body.split_at(NONCE_BYTES);
    let aad = of.associated_data(name);
    Aes256Gcm::new(key.into())
        .decrypt(Nonce::from_slice(nonce), Payload { msg: sealed, aad: aad.as_bytes() })
        .map(Zeroizing::new)
        .map_err(|_| SealError::CannotOpen)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::rng::Rng;

    const TEA: Binding<'static> = Binding { site: "blog", product: "tea", version: 1 };

    fn secret() -> SiteSecret {
        SiteSecret([7; 32])
    }

    fn key_of(of: Binding<'_>) -> [u8; 32] {
        secret().product_key(of.site, of.product, of.version)
    }

    #[test]
    fn a_secret_reads_back_and_is_not_shown_by_accident() {
        let text = secret().to_string();
        assert!(text.starts_with("mss1_") && text.len() == 48, "{text}");
        assert!(text.parse() == Ok(secret()));
        assert_eq!(format!("{:?}", secret()), "SiteSecret(…)");
        for wrong in ["", "mss1_", "mss2_", &text[5..], &text[..47], &format!("{text}A"), &format!("{text}=")]
        {
            assert_eq!(wrong.parse::<SiteSecret>(), Err(SecretError), "{wrong}");
        }
    }

    #[test]
    fn each_site_product_and_version_has_its_own_key() {
        let keys = [("blog", "tea", 1), ("blog", "tea", 2), ("blog", "tea2", 1), ("blog2", "tea", 1)]
            .map(|(site, product, version)| secret().product_key(site, product, version));
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{index}");
        }
        assert_ne!(keys[0], SiteSecret([8; 32]).product_key("blog", "tea", 1));
    }

    #[test]
    fn what_was_sealed_for_one_opens_as_nothing_else() {
        let sealed = seal_text(&key_of(TEA), TEA, [1; 12], "<p>八十度</p>").unwrap();
        let file = seal_file(&key_of(TEA), TEA, "/a.png", [2; 12], b"bytes").unwrap();
        assert_eq!(open_text(&key_of(TEA), TEA, &sealed).unwrap(), "<p>八十度</p>");
        assert_eq!(open_file(&key_of(TEA), TEA, "/a.png", &file).unwrap().as_slice(), b"bytes");
        for other in [
            Binding { site: "log", ..TEA },
            Binding { product: "coffee", ..TEA },
            Binding { version: 2, ..TEA },
        ] {
            // With the other's key, and with the right key: the name alone must be enough to refuse.
            for key in [key_of(other), key_of(TEA)] {
                assert_eq!(open_text(&key, other, &sealed), Err(SealError::CannotOpen), "{other:?}");
                assert_eq!(open_file(&key, other, "/a.png", &file), Err(SealError::CannotOpen), "{other:?}");
            }
        }
        assert_eq!(open_file(&key_of(TEA), TEA, "/b.png", &file), Err(SealError::CannotOpen));
        let relabelled = sealed.replacen("ms1.1.", "ms1.2.", 1);
        let two = Binding { version: 2, ..TEA };
        assert_eq!(open_text(&key_of(TEA), two, &relabelled), Err(SealError::CannotOpen));
    }

    #[test]
    fn a_text_is_no_file_and_a_file_is_no_text() {
        let key = key_of(TEA);
        let file = seal_file(&key, TEA, "/a", [2; 12], b"bytes").unwrap();
        let as_text = format!("ms1.1.{}", URL_SAFE_NO_PAD.encode(&file[6..]));
        assert_eq!(open_text(&key, TEA, &as_text), Err(SealError::CannotOpen));
    }

    #[test]
    fn what_is_not_of_this_format_is_named() {
        let key = key_of(TEA);
        for (sealed, error) in [
            ("", SealError::Malformed),
            ("ms1", SealError::Malformed),
            ("ms1.1", SealError::Malformed),
            ("ms1.1.", SealError::Malformed),
            ("ms1.1.AAAA", SealError::Malformed),
            ("ms1.0.AAAA", SealError::Malformed),
            ("ms1.01.AAAA", SealError::Malformed),
            ("ms1.99999999999.AAAA", SealError::Malformed),
            ("ms1.1.!!!!", SealError::Malformed),
            ("ms2.1.AAAA", SealError::UnknownFormat),
            ("ms10.1.AAAA", SealError::UnknownFormat),
            ("matcha-part:tea:0", SealError::Malformed),
        ] {
            assert_eq!(open_text(&key, TEA, sealed), Err(error), "{sealed}");
        }
    }

    #[test]
    fn what_is_too_large_is_not_sealed() {
        let large = "a".repeat(limits::SEALED_BYTES_MAX + 1);
        assert_eq!(seal_text(&key_of(TEA), TEA, [0; 12], &large), Err(SealError::TooLarge));
        assert_eq!(seal_file(&key_of(TEA), TEA, "/a", [0; 12], large.as_bytes()), Err(SealError::TooLarge));
    }

    proptest! {
        #[test]
        fn any_text_and_any_bytes_come_back(html in any::<String>(), bytes in any::<Vec<u8>>(), nonce: [u8; 12]) {
            let key = key_of(TEA);
            let sealed = seal_text(&key, TEA, nonce, &html).unwrap();
            prop_assert!(sealed.is_ascii() && sealed.starts_with("ms1.1."));
            prop_assert_eq!(open_text(&key, TEA, &sealed).unwrap(), html);
            let sealed = seal_file(&key, TEA, "/茶.png", nonce, &bytes).unwrap();
            prop_assert_eq!(open_file(&key, TEA, "/茶.png", &sealed).unwrap().to_vec(), bytes);
        }

        #[test]
        fn any_changed_byte_is_refused(html in ".{1,80}", at in any::<prop::sample::Index>(), flip in 1_u8..) {
            let key = key_of(TEA);
            let sealed = seal_text(&key, TEA, [3; 12], &html).unwrap();
            let mut bytes = sealed.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(changed) = std::str::from_utf8(&bytes) {
                prop_assert!(open_text(&key, TEA, changed).is_err(), "{}", changed);
            }
            let mut file = seal_file(&key, TEA, "/a", [3; 12], html.as_bytes()).unwrap();
            let at = at % file.len();
            file[at] ^= flip;
            prop_assert!(open_file(&key, TEA, "/a", &file).is_err());
        }

        #[test]
        fn nothing_that_is_read_can_make_it_fail(sealed in any::<Vec<u8>>(), tail in any::<Vec<u8>>()) {
            let key = key_of(TEA);
            prop_assert!(open_file(&key, TEA, "/a", &sealed).is_err());
            let near = [b"ms1.1.".as_slice(), &tail].concat();
            prop_assert!(open_file(&key, TEA, "/a", &near).is_err());
        }
    }

    // ---- the vectors that other readers of the format are tested with -----------------------------------------------

    /// A row of `tests/data/seal/texts.json` and `tests/data/seal/files.json`. Bytes are base64url.
    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Vector {
        secret: String,
        site: String,
        product: String,
        version: u32,
        key: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        plain: String,
        sealed: String,
    }

    fn vectors_at(name: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/seal").join(name)
    }

    fn vectors(name: &str) -> Vec<Vector> {
        serde_json::from_str(&std::fs::read_to_string(vectors_at(name)).unwrap()).unwrap()
    }

    #[test]
    fn the_committed_vectors_open() {
        let (texts, files) = (vectors("texts.json"), vectors("files.json"));
        assert!(texts.len() >= 6 && files.len() >= 2);
        for row in texts.iter().chain(&files) {
            let Vector { site, product, version, .. } = row;
            let of = Binding { site, product, version: *version };
            let secret: SiteSecret = row.secret.parse().unwrap();
            assert_eq!(secret.product_key_text(site, product, *version), row.key);
            let key = secret.product_key(site, product, *version);
            match &row.path {
                None => assert_eq!(open_text(&key, of, &row.sealed).unwrap(), row.plain),
                Some(path) => {
                    let [plain, sealed] =
                        [&row.plain, &row.sealed].map(|b| URL_SAFE_NO_PAD.decode(b).unwrap());
                    assert_eq!(open_file(&key, of, path, &sealed).unwrap().as_slice(), plain);
                }
            }
        }
    }

    /// Run it by hand when the format gets a new version; the old rows stay.
    #[test]
    #[ignore = "writes the vectors: cargo test --lib seal::format -- --ignored"]
    fn write_the_vectors() {
        let rng = Rng::seeded(20_261_121);
        let large: String = (0..34_000)
            .map(|_| char::from_u32(0x4e00 + u32::try_from(rng.below(0x5000)).unwrap()).unwrap())
            .collect();
        let mut texts = Vec::new();
        for (site, product, version, plain) in [
            ("blog", "tea", 1, "<p>Pour at eighty degrees.</p>\n"),
            ("blog", "tea", 2, "<p>八十度的水，四十秒，第二泡再加十秒。</p>"),
            ("blog", "empty", 1, ""),
            ("blog", "large", 1, large.as_str()),
            ("Blog.2", "a-b_c.d", 4_294_967_295, "<pre><code>let x = \"<&>\";\r\n\t\u{0}</code></pre>"),
            ("b", "emoji", 10, "🍵 e\u{301} 𠮷 \u{feff}"),
            ("blog", "repeats", 1, &"茶".repeat(5000)),
        ] {
            let secret = SiteSecret(rng.bytes());
            let of = Binding { site, product, version };
            let key = secret.product_key(site, product, version);
            texts.push(Vector {
                secret: secret.to_string(),
                site: site.to_owned(),
                product: product.to_owned(),
                version,
                key: secret.product_key_text(site, product, version),
                path: None,
                plain: plain.to_owned(),
                sealed: seal_text(&key, of, rng.bytes(), plain).unwrap(),
            });
        }
        let mut files = Vec::new();
        for (path, plain) in
            [("/images/a.png", [137, 80, 78, 71, 13, 10, 26, 10].as_slice()), ("/文件/茶 单.pdf", b"")]
        {
            let (site, product, version) = ("blog", "tea", 1);
            let secret = SiteSecret(rng.bytes());
            let of = Binding { site, product, version };
            let key = secret.product_key(site, product, version);
            files.push(Vector {
                secret: secret.to_string(),
                site: site.to_owned(),
                product: product.to_owned(),
                version,
                key: secret.product_key_text(site, product, version),
                path: Some(path.to_owned()),
                plain: URL_SAFE_NO_PAD.encode(plain),
                sealed: URL_SAFE_NO_PAD.encode(seal_file(&key, of, path, rng.bytes(), plain).unwrap()),
            });
        }
        for (name, rows) in [("texts.json", texts), ("files.json", files)] {
            std::fs::create_dir_all(vectors_at("")).unwrap();
            std::fs::write(vectors_at(name), serde_json::to_string_pretty(&rows).unwrap() + "\n").unwrap();
        }
    }
}
