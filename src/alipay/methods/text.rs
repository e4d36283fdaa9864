//! Texts that the gateway takes: how long, and of which signs. What does not fit is refused here, by name, because the
//! gateway only says that a parameter is invalid.

use std::fmt;
use std::marker::PhantomData;

use serde::{Serialize, Serializer};

/// What is sent breaks a rule of Alipay's. Nothing was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    /// It must not be empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// It has too many characters.
    #[error("{field} has more than {max} characters")]
    TooLong {
        /// The parameter.
        field: &'static str,
        /// How many it may have.
        max: usize,
    },
    /// It holds a sign that Alipay refuses there, or that could break a signed text apart.
    #[error("{0} holds a sign that is not allowed there")]
    Sign(&'static str),
    /// An amount outside of what the method takes.
    #[error("{0} is an amount that the method does not take")]
    Amount(&'static str),
    /// A time or a period outside of what the method takes.
    #[error("{0} is a time or period that the method does not take")]
    Time(&'static str),
}

/// A kind of text: the parameter it is for, how long, of which signs.
pub trait Kind {
    /// The parameter's name.
    const FIELD: &'static str;
    /// Characters at most.
    const MAX: usize;
    /// True for a sign that may stand in it.
    fn allows(sign: char) -> bool;
}

/// A text that was checked.
pub struct Checked<K>(String, PhantomData<fn() -> K>);

impl<K: Kind> Checked<K> {
    /// Checks a text.
    ///
    /// # Errors
    /// [`Unfit::Empty`], [`Unfit::TooLong`], [`Unfit::Sign`].
    pub fn new(text: &str) -> Result<Checked<K>, Unfit> {
        if text.is_empty() {
            return Err(Unfit::Empty(K::FIELD));
        }
        if text.chars().count() > K::MAX {
            return Err(Unfit::TooLong { field: K::FIELD, max: K::MAX });
        }
        if text.chars().all(K::allows) {
            Ok(Checked(text.to_owned(), PhantomData))
        } else {
            Err(Unfit::Sign(K::FIELD))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<K> Clone for Checked<K> {
    fn clone(&self) -> Checked<K> {
        Checked(self.0.clone(), PhantomData)
    }
}

impl<K> PartialEq for Checked<K> {
    fn eq(&self, other: &Checked<K>) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Checked<K> {}

impl<K> fmt::Debug for Checked<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<K> fmt::Display for Checked<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<K> Serialize for Checked<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Letters, digits and `_`, as all numbers of our own.
fn of_a_number(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

/// Anything that can be seen.
fn visible(sign: char) -> bool {
    !sign.is_control() && !matches!(sign, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// What may stand in a text that comes back in notices. Alipay refuses `/ = &` in a subject, and `&` or `=` in any such
/// text would let the signed text be read as other fields.
fn inseparable(sign: char) -> bool {
    visible(sign) && !matches!(sign, '&' | '=' | '/')
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:ident($field:literal, $max:literal, $allows:expr);)*) => {
        /// The kinds of texts.
        pub mod kind {
            $(
                $(#[$doc])*
                #[derive(Debug)]
                pub enum $kind {}

                impl super::Kind for $kind {
                    const FIELD: &'static str = $field;
                    const MAX: usize = $max;

                    fn allows(sign: char) -> bool {
                        let allows: fn(char) -> bool = $allows;
                        allows(sign)
                    }
                }
            )*
        }
        $($(#[$doc])* pub type $name = Checked<kind::$kind>;)*
    };
}

kinds! {
    /// Our number of a trade, unique for the merchant over all of its applications.
    OutTradeNo = OutTradeNoKind("out_trade_no", 64, super::of_a_number);
    /// Alipay's number of a trade.
    TradeNo = TradeNoKind("trade_no", 64, super::of_a_number);
    /// Our number of a refund: the same number is the same refund.
    OutRequestNo = OutRequestNoKind("out_request_no", 64, super::of_a_number);
    /// Our number of a transfer: the same number is the same transfer.
    OutBizNo = OutBizNoKind("out_biz_no", 64, super::of_a_number);
    /// What is sold, as the payer sees it.
    Subject = SubjectKind("subject", 256, super::inseparable);
    /// More about what is sold.
    Body = BodyKind("body", 128, super::inseparable);
    /// Why money goes back.
    RefundReason = RefundReasonKind("refund_reason", 256, super::visible);
    /// What a transfer is called in the payee's bill.
    OrderTitle = OrderTitleKind("order_title", 128, super::visible);
    /// A remark on a transfer: 200 bytes of GBK, a hundred Chinese characters.
    Remark = RemarkKind("remark", 100, super::visible);
    /// Why a deduction was moved.
    Memo = MemoKind("memo", 128, super::visible);
    /// Who gets a transfer: an account's id or its e-mail address or telephone number.
    Identity = IdentityKind("identity", 100, |sign| sign.is_ascii_graphic());
    /// A person's or a company's name.
    PayeeName = PayeeNameKind("name", 128, super::visible);
    /// Our number of an agreement: the only link from a notice back to us.
    ExternalAgreementNo = ExternalAgreementNoKind("external_agreement_no", 32, |sign| sign.is_ascii_alphanumeric());
    /// Alipay's number of an agreement.
    AgreementNo = AgreementNoKind("agreement_no", 64, |sign| sign.is_ascii_alphanumeric());
    /// Who signs, as our reader is shown in the wallet.
    ExternalLogonId = ExternalLogonIdKind("external_logon_id", 100, super::inseparable);
    /// The scene that the contract names, such as `INDUSTRY|DIGITAL_MEDIA`.
    SignScene = SignSceneKind("sign_scene", 64, |sign| sign.is_ascii_uppercase() || sign.is_ascii_digit() || matches!(sign, '|' | '_'));
    /// An address that Alipay or a browser opens.
    CallbackUrl = CallbackUrlKind("notify_url or return_url", 256, |sign| sign.is_ascii_graphic() && !matches!(sign, '#' | '"' | '<' | '>'));
    /// A transfer's scene, as the contract names it, such as `佣金报酬`.
    SceneName = SceneNameKind("transfer_scene_name", 32, super::visible);
}

impl Subject {
    /// The text with what Alipay refuses replaced by signs that look like it, cut to its length; `fallback` where nothing
    /// is left.
    #[must_use]
    pub fn tidy(text: &str, fallback: &str) -> Subject {
        let sign = |sign: char| match sign {
            '&' => '＆',
            '=' => '＝',
            '/' => '／',
            sign if !visible(sign) => ' ',
            sign => sign,
        };
        let tidy: String = text.trim().chars().map(sign).take(kind::SubjectKind::MAX).collect();
        let tidy = tidy.trim();
        Subject::new(tidy)
            .or_else(|_| Subject::new(fallback))
            .unwrap_or_else(|_| Checked("-".to_owned(), PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_alipay_refuses_is_refused_here_by_name() {
        assert_eq!(OutTradeNo::new(""), Err(Unfit::Empty("out_trade_no")));
        assert_eq!(OutTradeNo::new(&"1".repeat(65)), Err(Unfit::TooLong { field: "out_trade_no", max: 64 }));
        for text in ["a-b", "a b", "订单", "a&b", "a.b"] {
            assert_eq!(OutTradeNo::new(text), Err(Unfit::Sign("out_trade_no")), "{text}");
        }
        for text in ["a/b", "a=b", "a&b", "a\nb", "a\u{2028}b"] {
            assert_eq!(Subject::new(text), Err(Unfit::Sign("subject")), "{text}");
        }
        assert!(OutTradeNo::new(&"a_1".repeat(21)).is_ok());
        assert!(Subject::new(&"文".repeat(256)).is_ok());
    }

    #[test]
    fn a_title_becomes_a_subject_that_looks_like_it() {
        assert_eq!(Subject::tidy(" a/b = c & d\n", "x").as_str(), "a／b ＝ c ＆ d");
        assert_eq!(Subject::tidy("\n \t", "文章").as_str(), "文章");
        assert_eq!(Subject::tidy("", "&").as_str(), "-");
        assert_eq!(Subject::tidy(&"文".repeat(300), "x").as_str().chars().count(), 256);
    }

    proptest! {
        #[test]
        fn whatever_a_title_is_its_subject_passes(title in "\\PC{0,300}|(.|\n){0,20}") {
            let tidy = Subject::tidy(&title, "-");
            prop_assert_eq!(Subject::new(tidy.as_str()), Ok(tidy));
        }
    }
}
