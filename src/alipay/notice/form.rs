//! A raw form, decoded once: `+` and `%XX` to bytes, bytes to text by the `charset` that the form itself names.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, GB18030, GBK, UTF_8};

use super::Refusal;
use crate::alipay::canonical::{CERT_SN, SIGN, SIGN_TYPE};
use crate::alipay::shown;
use crate::limits;

/// Fields that shops fill, and buyers through them: whatever stands in them, Alipay sends back.
const FREE: &[&str] = &["body", "external_logon_id", "passback_params", "subject"];

/// Fields that may hold any sign because Alipay fills them with names and lists.
const LISTS: &[&str] =
    &["business_params", "buyer_logon_id", "fund_bill_list", "seller_email", "voucher_detail_list"];

/// All other fields that are documented. None of them can hold a `&`.
const PLAIN: &[&str] = &[
    "agreement_no",
    "alipay_logon_id",
    "alipay_open_id",
    "alipay_user_id",
    "app_id",
    "auth_app_id",
    "bank_ack_time",
    "buyer_id",
    "buyer_open_id",
    "buyer_pay_amount",
    "charset",
    "dback_amount",
    "dback_status",
    "discount_amount",
    "external_agreement_no",
    "gmt_close",
    "gmt_create",
    "gmt_payment",
    "gmt_refund",
    "invalid_time",
    "invoice_amount",
    "mdiscount_amount",
    "merchant_app_id",
    "method",
    "notify_id",
    "notify_time",
    "notify_type",
    "out_biz_no",
    "out_trade_no",
    "pay_amount",
    "pay_currency",
    "personal_product_code",
    "point_amount",
    "receipt_amount",
    "refund_fee",
    "seller_id",
    "send_back_fee",
    "sign_scene",
    "sign_time",
    "status",
    "timestamp",
    "total_amount",
    "trade_no",
    "trade_status",
    "unsign_time",
    "valid_time",
    "version",
];

/// A form as it came: nothing is verified yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Form {
    raw: BTreeMap<Vec<u8>, Vec<u8>>,
    texts: BTreeMap<String, String>,
}

impl Form {
    /// Decodes a body, or the query of a return, from its bytes. The address's own query takes no part in a notice.
    ///
    /// # Errors
    /// [`Refusal::TooLong`], [`Refusal::Malformed`], [`Refusal::Charset`], [`Refusal::Duplicate`].
    pub fn parse(body: &[u8]) -> Result<Form, Refusal> {
        if body.len() > limits::ALIPAY_NOTICE_BYTES_MAX {
            return Err(Refusal::TooLong);
        }
        let mut raw = BTreeMap::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decoded(halves.next().unwrap_or_default())?;
            let value = decoded(halves.next().unwrap_or_default())?;
            if raw.contains_key(&name) {
                return Err(Refusal::Duplicate(shown(&String::from_utf8_lossy(&name))));
            }
            if raw.len() == limits::ALIPAY_NOTICE_FIELDS_MAX {
                return Err(Refusal::TooLong);
            }
            raw.insert(name, value);
        }
        let encoding = charset(&raw)?;
        let text = |bytes: &[u8]| {
            let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
            text.map(std::borrow::Cow::into_owned).ok_or(Refusal::Malformed)
        };
        let mut texts = BTreeMap::new();
        for (name, value) in &raw {
            texts.insert(text(name)?, text(value)?);
        }
        Ok(Form { raw, texts })
    }

    /// The application that the form says it is for: by it the account is found whose keys then verify it.
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.text("app_id")
    }

    /// The form without these fields: those of our own address, which stand beside Alipay's when a browser comes back.
    /// They take no part in the signature.
    #[must_use]
    pub fn without(mut self, ours: &[&str]) -> Form {
        for name in ours {
            self.raw.remove(name.as_bytes());
            self.texts.remove(*name);
        }
        self
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    pub(super) const fn raw_fields(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.raw
    }

    pub(super) fn into_texts(self) -> BTreeMap<String, String> {
        self.texts
    }

    /// A name by which the signed text can be read as other fields than these, if there is one.
    ///
    /// The text `body=a&b=c` is signed alike for two fields, one whose value holds `&b=c`, and one that is named
    /// `body=a&b`. So a name that nobody documented, right behind a field that shops fill, may be its tail, and
    /// a value or a name that holds `&` may have swallowed a documented field. An order of ours sends no `&`.
    pub(super) fn ambiguous(&self) -> Option<&str> {
        // These stand beside the signed text, or at its edge.
        let aside = [SIGN, SIGN_TYPE, CERT_SN];
        let mut signed = self.texts.iter().filter(|(name, _)| !aside.contains(&name.as_str())).peekable();
        let mut before = "";
        while let Some((name, value)) = signed.next() {
            let tail = FREE.contains(&before) && !documented(name);
            let next = signed.peek().map(|(next, _)| next.as_str());
            if !plain_name(name) || tail || PLAIN.contains(&name.as_str()) && value.contains('&') {
                return Some(name);
            }
            // Names are sorted, so only what comes between these two can have stood there as a field of its own.
            let between = |inner: &str| inner > name.as_str() && next.is_none_or(|next| inner < next);
            let mut inner = value.split('&').skip(1).filter_map(|piece| piece.split_once('='));
            if inner.any(|(inner, _)| documented(inner) && between(inner)) {
                return Some(name);
            }
            before = name;
        }
        None
    }
}

fn documented(name: &str) -> bool {
    [FREE, LISTS, PLAIN].iter().any(|names| names.contains(&name))
}

/// True for what can be a name. All of Alipay's are letters, digits and `_`.
fn plain_name(name: &str) -> bool {
    name.bytes().all(|sign| sign.is_ascii_graphic() && !matches!(sign, b'&' | b'='))
}

/// The charset that the form names, as Alipay uses them.
fn charset(raw: &BTreeMap<Vec<u8>, Vec<u8>>) -> Result<&'static Encoding, Refusal> {
    let Some(label) = raw.get(b"charset".as_slice()).filter(|label| !label.is_empty()) else {
        return Ok(UTF_8);
    };
    Encoding::for_label(label)
        .filter(|encoding| [UTF_8, GBK, GB18030].contains(encoding))
        .ok_or_else(|| Refusal::Charset(shown(&String::from_utf8_lossy(label))))
}

/// Form decoding of one name or value.
fn decoded(text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let hex = |byte: Option<&u8>| {
        byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|d| u8::try_from(d).ok())
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (Some(high), Some(low)) = (hex(rest.next()), hex(rest.next())) else {
                    return Err(Refusal::Malformed);
                };
                high << 4 | low
            }
            byte => *byte,
        });
    }
    Ok(bytes)
}
