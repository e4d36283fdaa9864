//! Alipay's Open Platform: what is signed, what is verified, what the gateway is asked and what its answers mean.
//!
//! Knows HTTP and keys. Refuses to know orders, accounts of the database and what is done about an outcome: flows decide.
//!
//! From the inside out:
//!
//! - [`canonical`]: the text that is signed. [`keys`], [`sign`], [`certs`], [`aes`]: with what. [`keyring`]: whom an account
//!   believes.
//! - [`response`] and [`notice`]: what comes from Alipay, verified over its bytes or refused with a reason.
//! - [`forms`]: what goes through the buyer's browser or wallet. [`methods`]: what is asked. [`bill`]: a day's bill.
//! - [`credentials`]: an account, from what its owner pasted. [`gateway`]: its client. [`check`]: what may be wrong with it.
//!
//! What is trusted is Alipay's signature alone, checked before anything is read, by the algorithm of the account's
//! settings and never by the message's word. The rules and the traps come from messages that other people's programs and
//! Alipay itself signed; they are the tests.

pub mod aes;
pub mod bill;
pub mod canonical;
pub mod certs;
pub mod check;
pub mod credentials;
pub mod forms;
pub mod gateway;
pub mod keyring;
pub mod keys;
mod lenient;
pub mod methods;
pub mod notice;
mod pasted;
pub mod response;
pub mod sign;
#[cfg(test)]
pub(crate) mod vectors;

/// A stranger's text, short and on one line, for errors that end in a log.
fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 64;
    text.chars().take(CHARS_MAX).flat_map(char::escape_debug).collect()
}
