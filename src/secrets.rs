//! Everything that is derived from the one master key: tokens, codes, the phones' secrets, and keyed hashes.
//!
//! The key lies in `master.key` beside the database. Who copies the database alone can forge nothing and opens nothing;
//! who loses the key invalidates every token, code and phone at once, so a backup holds both.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::path::Path;

use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey, Verifier as _};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::domain::device::DeviceKind;
use crate::domain::id::{AccountId, ClaimId, DeviceId, OrderId, SiteId, UnlockId};
use crate::domain::unlock::{RecoveryCode, TokenFacts};

/// What an unlock token begins with; the digit is its version.
const TOKEN_VERSION: &str = "mu1";

/// Something personal that is stored only as a keyed hash: it can be compared, not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Personal<'a> {
    /// The capability a reader's browser made for itself.
    Reader(&'a str),
    /// An exact address.
    Address(std::net::IpAddr),
    /// The block an address lies in.
    AddressBlock(&'a str),
}

/// Bits of a recovery code that prove it; the others name the unlock, whose id has 63.
const TAG_BITS: u32 = 57;

/// The keys of this installation, each derived for one purpose. Keys of different purposes tell nothing of each other
/// (RFC 5869); they are derived once, because that takes longer than using them.
pub struct Secrets {
    order_token: Hmac<Sha256>,
    recovery_code: Hmac<Sha256>,
    recovery_mask: Hmac<Sha256>,
    device_secret: Hmac<Sha256>,
    adapter_key: Hmac<Sha256>,
    merchant: Hmac<Sha256>,
    sealing_secret: Hmac<Sha256>,
    claim_token: Hmac<Sha256>,
    reader: Hmac<Sha256>,
    address: Hmac<Sha256>,
    address_block: Hmac<Sha256>,
    proof_of_work: Hmac<Sha256>,
    unlock: SigningKey,
    unlock_key_id: String,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.unlock_key_id)
    }
}

/// Why a token or key is not good.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    /// Not of this form or version.
    #[error("this is no unlock token of this version")]
    Malformed,
    /// The signature is not ours, or something was changed.
    #[error("the unlock token was not signed by this server")]
    Forged,
}

impl Secrets {
    /// The secrets that follow from a master key.
    #[must_use]
    pub fn from_master(master: [u8; 32]) -> Secrets {
        let master = Zeroizing::new(master);
        // Never change one of these texts: what was given out would become void.
        let key = |purpose| {
            <Hmac<Sha256> as hmac::Mac>::new_from_slice(derive(&master, purpose).as_ref())
                .expect("HMAC takes a key of any length")
        };
        let unlock = SigningKey::from_bytes(&derive(&master, "unlock token"));
        let digest = Sha256::digest(unlock.verifying_key().as_bytes());
        let unlock_key_id = URL_SAFE_NO_PAD.encode(digest.get(..6).unwrap_or_default());
        Secrets {
            order_token: key("order token"),
            recovery_code: key("recovery code"),
            recovery_mask: key("recovery mask"),
            device_secret: key("device secret"),
            adapter_key: key("adapter key"),
            merchant: key("merchant credentials"),
            sealing_secret: key("sealing secret"),
            claim_token: key("claim token"),
            reader: key("reader"),
            address: key("address"),
            address_block: key("address block"),
            proof_of_work: key("proof of work"),
            unlock,
            unlock_key_id,
        }
    }

    /// Reads the master key at `path`, or makes one there from `fresh` that only this user can read.
    ///
    /// # Errors
    /// Where the file cannot be read or written, or is not 32 bytes in base64: a damaged key is never replaced.
    pub fn open(path: &Path, fresh: [u8; 32]) -> std::io::Result<Secrets> {
        match std::fs::File::open(path) {
            Ok(mut file) => {
                let mut text = Zeroizing::new(String::new());
                file.read_to_string(&mut text)?;
                let key =
                    STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
                key.map(Secrets::from_master).ok_or_else(|| {
                    let what = format!("{} is damaged: bring it back from a backup", path.display());
                    std::io::Error::new(std::io::ErrorKind::InvalidData, what)
                })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                create_private(path, STANDARD.encode(fresh).as_bytes())?;
                Ok(Secrets::from_master(fresh))
            }
            Err(error) => Err(error),
        }
    }

    /// The bearer token of an order: who has it may see, extend and cancel the order. Derived, not stored.
    #[must_use]
    pub fn order_token(&self, order: OrderId) -> String {
        let mac = mac(&self.order_token, &order.raw().to_be_bytes());
        format!("ot_{}", URL_SAFE_NO_PAD.encode(mac.get(..24).unwrap_or_default()))
    }

    /// True where `token` is the order's, in constant time.
    #[must_use]
    pub fn is_order_token(&self, order: OrderId, token: &str) -> bool {
        self.order_token(order).as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// The recovery code of an unlock: its id and 57 bits that only this server can make from it. Nothing of it is
    /// stored, so it can be shown again, and needs no index to be found.
    #[must_use]
    pub fn recovery_code(&self, unlock: UnlockId) -> RecoveryCode {
        let tag = self.code_tag(unlock);
        let id = u64::try_from(unlock.raw()).unwrap_or(0) ^ self.code_mask(tag);
        RecoveryCode::from_bits(u128::from(id) << TAG_BITS | u128::from(tag))
    }

    /// The unlock of a recovery code that this server made. Whether it is in force is the database's to say.
    ///
    /// Who does not hold the key can only try all 120 bits: even where he knows an unlock's id, he does not know what
    /// hides it.
    #[must_use]
    pub fn unlock_of_code(&self, code: RecoveryCode) -> Option<UnlockId> {
        let tag = u64::try_from(code.bits() & ((1 << TAG_BITS) - 1)).ok()?;
        let id = u64::try_from(code.bits() >> TAG_BITS).ok()? ^ self.code_mask(tag);
        let unlock = UnlockId::from_raw(i64::try_from(id).ok()?);
        bool::from(self.code_tag(unlock).ct_eq(&tag)).then_some(unlock)
    }

    fn code_tag(&self, unlock: UnlockId) -> u64 {
        first_bits(&mac(&self.recovery_code, &unlock.raw().to_be_bytes()), TAG_BITS)
    }

    /// Hides the id, so that codes do not tell when and how much was sold.
    fn code_mask(&self, tag: u64) -> u64 {
        first_bits(&mac(&self.recovery_mask, &tag.to_be_bytes()), RecoveryCode::BITS - TAG_BITS)
    }

    /// The secret that a phone signs with, as Standard Webhooks write it.
    #[must_use]
    pub fn device_secret(&self, device: DeviceId) -> String {
        format!("whsec_{}", STANDARD.encode(mac(&self.device_secret, &device.raw().to_be_bytes())))
    }

    fn adapter_mac(&self, device: DeviceId, kind: DeviceKind) -> [u8; 32] {
        let mut data = device.raw().to_be_bytes().to_vec();
        data.extend_from_slice(kind.as_str().as_bytes());
        mac(&self.adapter_key, &data)
    }

    /// The key that somebody else's app signs with: 32 hexadecimal digits, as those apps expect it.
    #[must_use]
    pub fn adapter_key(&self, device: DeviceId, kind: DeviceKind) -> String {
        self.adapter_mac(device, kind).iter().take(16).map(|b| format!("{b:02x}")).collect()
    }

    /// The token in the address to which a device of that kind posts: its id and 128 bits that only this server can make.
    #[must_use]
    pub fn adapter_token(&self, device: DeviceId, kind: DeviceKind) -> String {
        let mut token = device.raw().to_be_bytes().to_vec();
        token.extend_from_slice(self.adapter_mac(device, kind).get(..16).unwrap_or_default());
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The device of such a token; `None` where this server did not make it for that kind.
    #[must_use]
    pub fn device_of_token(&self, token: &str, kind: DeviceKind) -> Option<DeviceId> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, tag) = bytes.split_first_chunk::<8>()?;
        let device = DeviceId::from_raw(i64::from_be_bytes(*id));
        let expected = self.adapter_mac(device, kind);
        bool::from(expected.get(..16)?.ct_eq(tag)).then_some(device)
    }

    fn merchant_cipher(&self, account: AccountId) -> Aes256Gcm {
        Aes256Gcm::new(&mac(&self.merchant, &account.raw().to_be_bytes()).into())
    }

    /// Encrypts what only this installation may read of an account: keys of an official gateway. `nonce` is fresh chance.
    #[must_use]
    pub fn seal_merchant(&self, account: AccountId, plain: &[u8], nonce: [u8; 12]) -> Vec<u8> {
        let sealed = self.merchant_cipher(account).encrypt(&nonce.into(), plain);
        // Encrypting fails only for more than 64 GiB.
        let mut whole = nonce.to_vec();
        whole.extend(sealed.unwrap_or_default());
        whole
    }

    /// Decrypts what [`Secrets::seal_merchant`] made for that account; `None` where it was changed, or another key made it.
    #[must_use]
    pub fn open_merchant(&self, account: AccountId, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<12>()?;
        self.merchant_cipher(account).decrypt(nonce.into(), sealed).ok().map(Zeroizing::new)
    }

    /// A site's sealing secret of an epoch (from 1): the keys of its sealed products follow from it (`seal::format`), so
    /// that the machine which builds the site needs it and nothing else.
    #[must_use]
    pub fn sealing_secret(&self, site: SiteId, epoch: u32) -> [u8; 32] {
        let mut data = site.raw().to_be_bytes().to_vec();
        data.extend_from_slice(&epoch.to_be_bytes());
        mac(&self.sealing_secret, &data)
    }

    /// The bearer token of a claim: who has it may see what became of it. Derived, not stored.
    #[must_use]
    pub fn claim_token(&self, claim: ClaimId) -> String {
        let mac = mac(&self.claim_token, &claim.raw().to_be_bytes());
        format!("ct_{}", URL_SAFE_NO_PAD.encode(mac.get(..24).unwrap_or_default()))
    }

    /// True where `token` is the claim's, in constant time.
    #[must_use]
    pub fn is_claim_token(&self, claim: ClaimId, token: &str) -> bool {
        self.claim_token(claim).as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// A keyed hash of something personal, such as an address: it can be compared, not read.
    #[must_use]
    pub fn pseudonym(&self, of: Personal<'_>) -> i64 {
        let mac = match of {
            Personal::Reader(capability) => mac(&self.reader, capability.as_bytes()),
            Personal::Address(address) => mac(&self.address, address.to_string().as_bytes()),
            Personal::AddressBlock(block) => mac(&self.address_block, block.as_bytes()),
        };
        let mut first = [0; 8];
        first.copy_from_slice(mac.get(..8).unwrap_or(&[0; 8]));
        i64::from_be_bytes(first)
    }

    /// A short proof that this server asked for the work that `challenge` names.
    #[must_use]
    pub fn seal_challenge(&self, challenge: &str) -> String {
        let mac = mac(&self.proof_of_work, challenge.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.get(..16).unwrap_or_default())
    }

    /// Which key signs unlock tokens.
    #[must_use]
    pub fn unlock_key_id(&self) -> &str {
        &self.unlock_key_id
    }

    /// Signs an unlock token: `mu1.<facts>.<signature>`, both base64url.
    #[must_use]
    pub fn sign_unlock(&self, facts: &TokenFacts) -> String {
        // Ids and times always serialise.
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(facts).unwrap_or_default());
        let signed = format!("{TOKEN_VERSION}.{body}");
        let signature = self.unlock.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Reads an unlock token that this server signed. Whether the unlock was revoked is the database's to say.
    ///
    /// # Errors
    /// [`TokenError`]
    pub fn verify_unlock(&self, token: &str) -> Result<TokenFacts, TokenError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let body = signed.strip_prefix(TOKEN_VERSION).and_then(|rest| rest.strip_prefix('.'));
        let body = body.ok_or(TokenError::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Malformed)?;
        let signature =
            ed25519_dalek::Signature::from_slice(&signature).map_err(|_| TokenError::Malformed)?;
        self.unlock.verifying_key().verify(signed.as_bytes(), &signature).map_err(|_| TokenError::Forged)?;
        let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| TokenError::Malformed)?;
        serde_json::from_slice(&body).map_err(|_| TokenError::Malformed)
    }
}

fn mac(key: &Hmac<Sha256>, data: &[u8]) -> [u8; 32] {
    let mut mac = key.clone();
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// The first `count` bits (64 at most) of a hash as a number.
fn first_bits(hash: &[u8; 32], count: u32) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(hash.get(..8).unwrap_or(&[0; 8]));
    u64::from_be_bytes(first) >> (u64::BITS - count)
}

fn derive(master: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, master)
        .expand(format!("matcha/1 {purpose}").as_bytes(), &mut key)
        .expect("32 bytes are within what HKDF-SHA256 gives");
    key
}

/// SHA-256, for what is looked up by its hash.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// Writes a new file that only this user can read, durably.
fn create_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ProductId;
    use crate::domain::time::Timestamp;

    fn facts() -> TokenFacts {
        TokenFacts {
            site: SiteId::from_raw(1),
            product: ProductId::from_raw(2),
            order: OrderId::from_raw(3),
            unlock: UnlockId::from_raw(4),
            issued_at: Timestamp::from_millis(5),
            key: "k".to_owned(),
            seat: None,
        }
    }

    #[test]
    fn an_unlock_token_reads_back_and_no_other_key_made_it() {
        let ours = Secrets::from_master([1; 32]);
        let token = ours.sign_unlock(&facts());
        assert_eq!(ours.verify_unlock(&token), Ok(facts()));
        assert_eq!(Secrets::from_master([2; 32]).verify_unlock(&token), Err(TokenError::Forged));
    }

    #[test]
    fn a_token_with_any_changed_character_is_refused() {
        let ours = Secrets::from_master([1; 32]);
        let token = ours.sign_unlock(&facts());
        for index in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(changed == token || ours.verify_unlock(&changed).is_err(), "{index}");
        }
        for text in ["", "mu1", "mu1..", "mu2.e30.AA", "..."] {
            assert_eq!(ours.verify_unlock(text), Err(TokenError::Malformed), "{text}");
        }
    }

    #[test]
    fn each_order_and_phone_has_its_own_secret() {
        let ours = Secrets::from_master([1; 32]);
        assert!(ours.is_order_token(OrderId::from_raw(1), &ours.order_token(OrderId::from_raw(1))));
        assert!(!ours.is_order_token(OrderId::from_raw(2), &ours.order_token(OrderId::from_raw(1))));
        assert_ne!(ours.device_secret(DeviceId::from_raw(1)), ours.device_secret(DeviceId::from_raw(2)));
    }

    #[test]
    fn an_adapters_token_names_its_device_for_one_kind_only() {
        let (ours, theirs) = (Secrets::from_master([1; 32]), Secrets::from_master([2; 32]));
        let device = DeviceId::from_raw(7_263_544_117_862_400);
        for kind in DeviceKind::ALL {
            let token = ours.adapter_token(device, kind);
            assert_eq!(token.len(), 32);
            assert_eq!(ours.device_of_token(&token, kind), Some(device));
            assert_eq!(theirs.device_of_token(&token, kind), None);
            for other in DeviceKind::ALL.into_iter().filter(|other| *other != kind) {
                assert_eq!(ours.device_of_token(&token, other), None);
                assert_ne!(ours.adapter_key(device, kind), ours.adapter_key(device, other));
            }
            for short in ["", "AAAA", &token[..31], &token[..8]] {
                assert_eq!(ours.device_of_token(short, kind), None);
            }
        }
        let vmq = DeviceKind::Vmq;
        assert_ne!(ours.adapter_key(device, vmq), ours.adapter_key(DeviceId::from_raw(1), vmq));
    }

    #[test]
    fn what_is_sealed_for_an_account_opens_for_that_account_only() {
        let (ours, theirs) = (Secrets::from_master([1; 32]), Secrets::from_master([2; 32]));
        let (account, other) = (AccountId::from_raw(1), AccountId::from_raw(2));
        let sealed = ours.seal_merchant(account, b"a key", [7; 12]);
        assert_eq!(ours.open_merchant(account, &sealed).as_deref().map(Vec::as_slice), Some(&b"a key"[..]));
        assert_eq!(ours.open_merchant(other, &sealed), None);
        assert_eq!(theirs.open_merchant(account, &sealed), None);
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(ours.open_merchant(account, &changed), None, "{index}");
        }
        assert_eq!(ours.open_merchant(account, &sealed[..11]), None);
    }

    #[test]
    fn a_recovery_code_names_its_unlock_to_the_server_that_made_it() {
        let (ours, theirs) = (Secrets::from_master([1; 32]), Secrets::from_master([2; 32]));
        for id in [1, 7_263_544_117_862_400, i64::MAX].map(UnlockId::from_raw) {
            let code = ours.recovery_code(id);
            assert_eq!(ours.unlock_of_code(code), Some(id));
            assert_eq!(theirs.unlock_of_code(code), None);
            for bit in 0..RecoveryCode::BITS {
                let other = RecoveryCode::from_bits(code.bits() ^ 1 << bit);
                assert_eq!(ours.unlock_of_code(other), None, "bit {bit}");
            }
        }
    }

    #[test]
    fn neighbours_have_codes_that_do_not_look_alike() {
        let ours = Secrets::from_master([1; 32]);
        let [a, b] = [1, 2].map(|id| ours.recovery_code(UnlockId::from_raw(id)).bits() >> TAG_BITS);
        assert!((a ^ b).count_ones() > 10, "{a:x} {b:x}");
    }

    #[test]
    fn the_master_key_is_made_once_and_a_damaged_one_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        let first = Secrets::open(&path, [7; 32]).unwrap();
        let again = Secrets::open(&path, [8; 32]).unwrap();
        assert_eq!(first.unlock_key_id(), again.unlock_key_id());
        std::fs::write(&path, "AAAA").unwrap();
        assert!(Secrets::open(&path, [9; 32]).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "AAAA");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_master_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        drop(Secrets::open(&path, [7; 32]).unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
