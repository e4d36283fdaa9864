//! A small proof of work for address blocks that leave many orders unpaid: a stranger must not drain the amounts for
//! nothing.
//!
//! The challenge names the block and the time and is signed by us, so that nothing has to be stored; a challenge that
//! was used is remembered until it is too old.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::http::HeaderMap;

use crate::domain::time::Timestamp;
use crate::flow::checkout::Wish;
use crate::limits;
use crate::secrets::{Personal, sha256};
use crate::web::Web;
use crate::web::error::{Problem, too_many};

/// Challenges that were answered, until they are too old. Two servers in one process (as in tests) may share it: a
/// challenge is signed, so that each is only ever good for one of them.
static USED: LazyLock<Mutex<HashMap<String, Timestamp>>> = LazyLock::new(Mutex::default);

fn challenge(web: &Web, block: i64, at: Timestamp) -> String {
    let body = format!("{:x}-{:x}-{:x}", block, at.millis(), u32::from_be_bytes(web.app.rng.bytes()));
    let seal = web.app.secrets().seal_challenge(&body);
    format!("{body}-{seal}")
}

/// Asks for work.
#[must_use]
pub fn demand(web: &Web, wish: &Wish) -> Problem {
    let (zh, en) = (
        "请求较多, 浏览器需先做一点计算; 页面会自动完成。",
        "There is much demand: your browser has to do a little work first, which the page does by itself.",
    );
    too_many("proof_of_work", zh, en)
        .with("challenge", challenge(web, wish.address, web.app.now()))
        .with("difficulty_bits", limits::PROOF_OF_WORK_BITS)
}

/// True where the header `matcha-pow: <challenge>.<nonce>` proves work for a challenge of ours that is fresh, of this
/// block, and was not used before.
#[must_use]
pub fn is_proved(web: &Web, headers: &HeaderMap, block: &str) -> bool {
    let Some(proof) = headers.get("matcha-pow").and_then(|h| h.to_str().ok()) else { return false };
    let Some((challenge, _)) = proof.rsplit_once('.') else { return false };
    let Some((body, seal)) = split_seal(challenge) else { return false };
    let now = web.app.now();
    let mut parts = body.rsplitn(3, '-');
    let (_, at, named) = (parts.next(), parts.next(), parts.next());
    let at = at.and_then(|at| i64::from_str_radix(at, 16).ok()).map(Timestamp::from_millis);
    let block = web.app.secrets().pseudonym(Personal::AddressBlock(block));
    let fresh = at.is_some_and(|at| now.since(at) < limits::PROOF_OF_WORK_TTL);
    if !fresh || named != Some(&format!("{block:x}")) || web.app.secrets().seal_challenge(body) != seal {
        return false;
    }
    leading_zero_bits(&sha256(proof.as_bytes())) >= limits::PROOF_OF_WORK_BITS && first_use(challenge, now)
}

/// The seal is the last 22 characters; it may itself hold a hyphen.
fn split_seal(challenge: &str) -> Option<(&str, &str)> {
    let at = challenge.len().checked_sub(22)?;
    let (body, seal) = challenge.split_at_checked(at)?;
    Some((body.strip_suffix('-')?, seal))
}

fn first_use(challenge: &str, now: Timestamp) -> bool {
    let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    used.retain(|_, at| now.since(*at) < limits::PROOF_OF_WORK_TTL);
    used.len() < limits::ABUSE_BLOCKS_MAX && used.insert(challenge.to_owned(), now).is_none()
}

fn leading_zero_bits(hash: &[u8]) -> u32 {
    let mut bits = 0;
    for byte in hash {
        bits += byte.leading_zeros();
        if *byte != 0 {
            break;
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_are_counted_across_bytes() {
        assert_eq!(leading_zero_bits(&[0x80]), 0);
        assert_eq!(leading_zero_bits(&[0x01]), 7);
        assert_eq!(leading_zero_bits(&[0, 0x10]), 11);
        assert_eq!(leading_zero_bits(&[0, 0]), 16);
    }

    #[test]
    fn a_seal_with_a_hyphen_is_split_right() {
        let seal = "ab-defghijklmnopqrstuv";
        assert_eq!(split_seal(&format!("a-b-c-{seal}")), Some(("a-b-c", seal)));
        assert_eq!(split_seal("short"), None);
    }
}
