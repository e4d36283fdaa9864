//! What a call can end in when it does not end well.
//!
//! The line that matters runs between "it did not happen" and "nobody knows". [`Error::Unreachable`], [`Error::Busy`] and
//! [`Error::Unfit`] sent nothing. [`Error::Refused`] with a signature did not happen, unless an earlier try of the same
//! call is in doubt. All others may have happened: [`Error::may_have_happened`].

use crate::alipay::methods::Unfit;
use crate::alipay::response::{Answer, ResponseError};

use super::advice::{self, Advice};

/// Why a call gave no answer that can be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// What was to be sent breaks a rule of Alipay's. Nothing was sent.
    #[error("nothing was sent: {0}")]
    Unfit(#[from] Unfit),
    /// The text could not be signed. Nothing was sent.
    #[error("nothing was sent: the text could not be signed")]
    Sign,
    /// Too many calls were waiting. Nothing was sent.
    #[error("nothing was sent: too many calls to Alipay are under way")]
    Busy,
    /// No connection to the gateway. Nothing was sent.
    #[error("Alipay's gateway cannot be reached: {0}")]
    Unreachable(String),
    /// The call was sent, and what became of it is not known: query, and repeat only under the same number.
    #[error("what became of the call is not known: {0}")]
    Unknown(Doubt),
    /// The gateway said no.
    #[error("Alipay refused the call: {0}")]
    Refused(Box<Refusal>),
    /// The answer's signature counts for nothing. The call may have worked.
    #[error("the answer's signature is not Alipay's, or its certificate is not trusted: {0}")]
    BadSignature(ResponseError),
    /// The answer cannot be used for another reason. The call may have worked.
    #[error("the answer cannot be read: {0}")]
    Unreadable(ResponseError),
}

/// Why it is not known what became of a call.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Doubt {
    /// No answer in time.
    #[error("no answer came in time")]
    Timeout,
    /// The connection broke behind the question.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// Something answered that is not the gateway, with this HTTP status.
    #[error("HTTP status {0}")]
    Status(u16),
    /// The answer is larger than [`crate::limits::ALIPAY_ANSWER_BYTES_MAX`].
    #[error("the answer is too long")]
    TooLong,
    /// The gateway itself does not know: it is busy or failed inside, or its code is none that says no.
    #[error("Alipay answered {code} {sub_code}")]
    Gateway {
        /// The gateway's code.
        code: String,
        /// The business code.
        sub_code: String,
    },
}

/// A no of the gateway's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The gateway's code, such as `40004`.
    pub code: String,
    /// The business code, such as `ACQ.TRADE_HAS_SUCCESS`.
    pub sub_code: String,
    /// For people, in Chinese. For a wrong signature it holds the text that the gateway built.
    pub sub_msg: String,
    /// Alipay's signature was verified. Without it the words may be shown, and no money's state may follow from them.
    pub signed: bool,
    /// An earlier try of this call, under the same number, ended in doubt: that one may have worked, or be under way.
    pub after_doubt: bool,
}

impl Refusal {
    /// What the owner should do, where it is known.
    #[must_use]
    pub fn advice(&self) -> Advice {
        advice::of(&self.code, &self.sub_code)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.code, self.sub_code, self.sub_msg)
    }
}

/// Business codes that tell no result. Prefixes differ by method, and `AQC` is Alipay's own spelling on cancel.
const NO_RESULT: &[&str] = &[
    "SYSTEM_ERROR",
    "SYSTEM_BUSY",
    "UNKNOWN_ERROR",
    "REQUEST_PROCESSING",
    "TRANS_ORDER_DEALING",
    "PROMO_TRANS_ORDER_DEALING",
    "unknow-error",
];

impl Answer {
    /// True where the gateway itself does not know what became of the call.
    pub(super) fn doubtful(&self) -> bool {
        let word = self.sub_code.rsplit('.').next().unwrap_or_default();
        self.code == "20000" || NO_RESULT.contains(&word)
    }
}

impl Error {
    /// The error in an answer that says no, as it stands in a verified or an unsigned answer.
    pub(super) fn of_answer(answer: Answer) -> Error {
        let doubtful = answer.doubtful();
        let Answer { code, sub_code, sub_msg, signed, .. } = answer;
        // 4xxxx and 20001 (no authorisation) say no. Others, such as 10003, do not.
        let no = code.starts_with('4') || code == "20001";
        if doubtful || !no {
            return Error::Unknown(Doubt::Gateway { code, sub_code });
        }
        Error::Refused(Box::new(Refusal { code, sub_code, sub_msg, signed, after_doubt: false }))
    }

    /// The error of a call of which an earlier try ended in doubt.
    pub(super) fn after_doubt(mut self) -> Error {
        if let Error::Refused(refusal) = &mut self {
            refusal.after_doubt = true;
        }
        self
    }

    /// True if the call may have done what it asked for: its result has to be asked for before anything follows.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        match self {
            Error::Unfit(_) | Error::Sign | Error::Busy | Error::Unreachable(_) => false,
            Error::Refused(refusal) => !refusal.signed || refusal.after_doubt,
            Error::Unknown(_) | Error::BadSignature(_) | Error::Unreadable(_) => true,
        }
    }

    /// The business code of a refusal.
    #[must_use]
    pub fn sub_code(&self) -> Option<&str> {
        match self {
            Error::Refused(refusal) => Some(&refusal.sub_code),
            Error::Unknown(Doubt::Gateway { sub_code, .. }) => Some(sub_code),
            Error::Unknown(_)
            | Error::Unfit(_)
            | Error::Sign
            | Error::Busy
            | Error::Unreachable(_)
            | Error::BadSignature(_)
            | Error::Unreadable(_) => None,
        }
    }
}

impl From<ResponseError> for Error {
    fn from(error: ResponseError) -> Error {
        match error {
            ResponseError::Unverified(_) | ResponseError::Unsigned => Error::BadSignature(error),
            ResponseError::NotJson
            | ResponseError::Duplicate(_)
            | ResponseError::WrongNode(_)
            | ResponseError::NoNode
            | ResponseError::Another(_)
            | ResponseError::Malformed
            | ResponseError::Encrypted
            | ResponseError::Decrypt(_) => Error::Unreadable(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: &str, sub_code: &str, signed: bool) -> Answer {
        Answer::refusing(code, sub_code, signed)
    }

    #[test]
    fn what_the_gateway_does_not_know_is_not_taken_for_a_no() {
        for (code, sub_code) in [
            ("20000", "isp.unknow-error"),
            ("20000", ""),
            ("40004", "ACQ.SYSTEM_ERROR"),
            ("40004", "AQC.SYSTEM_ERROR"),
            ("40004", "SYSTEM_ERROR"),
            ("40004", "TRANS_ORDER_DEALING"),
            ("40004", "aop.unknow-error"),
            ("10003", ""),
            ("10001", "ACQ.SOMETHING"),
            ("50000", ""),
        ] {
            let error = Error::of_answer(answer(code, sub_code, true));
            assert!(matches!(error, Error::Unknown(Doubt::Gateway { .. })), "{code} {sub_code}");
            assert!(error.may_have_happened());
        }
    }

    #[test]
    fn only_a_signed_no_is_a_no() {
        let signed = Error::of_answer(answer("40004", "ACQ.TRADE_HAS_SUCCESS", true));
        assert!(!signed.may_have_happened());
        assert_eq!(signed.sub_code(), Some("ACQ.TRADE_HAS_SUCCESS"));
        assert!(Error::of_answer(answer("40004", "ACQ.TRADE_HAS_SUCCESS", false)).may_have_happened());
        assert!(Error::from(ResponseError::Unsigned).may_have_happened());
        assert!(!Error::Unreachable(String::new()).may_have_happened());
        assert!(!Error::of_answer(answer("20001", "aop.invalid-auth-token", true)).may_have_happened());
    }
}
