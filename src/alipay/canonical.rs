//! The text that is signed: `name=value` in the order of the names' bytes, joined by `&`, values as they are.
//!
//! Knows what takes part. Refuses to know keys. Values are neither encoded nor trimmed: the signature is over what the
//! receiver has after it decoded the form once.

use std::collections::BTreeMap;

/// The name under which the signature travels; it takes no part in what is signed.
pub const SIGN: &str = "sign";
/// The algorithm's name: part of a request's text, and of few notices' texts.
pub const SIGN_TYPE: &str = "sign_type";
/// Names Alipay's certificate beside a signature; no part of the text.
pub const CERT_SN: &str = "alipay_cert_sn";

/// Parameters by name, in the order in which they are signed.
pub type Params = BTreeMap<String, String>;

/// The text of a request: all parameters but `sign`, without those that are empty.
///
/// The gateway drops empty values before it checks, so an empty one that was signed would break the signature.
#[must_use]
pub fn of_request(params: &Params) -> String {
    let signed = params.iter().filter(|(name, value)| *name != SIGN && !value.is_empty());
    let pairs: Vec<String> = signed.map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// The text of a notice, in the bytes of its charset: all fields but `sign` and those in `without`. Empty values stay.
#[must_use]
pub fn of_notice(fields: &BTreeMap<Vec<u8>, Vec<u8>>, without: &[&str]) -> Vec<u8> {
    let left_out = |name: &[u8]| name == SIGN.as_bytes() || without.iter().any(|n| n.as_bytes() == name);
    let mut text = Vec::new();
    for (name, value) in fields.iter().filter(|(name, _)| !left_out(name)) {
        if !text.is_empty() {
            text.push(b'&');
        }
        text.extend_from_slice(name);
        text.push(b'=');
        text.extend_from_slice(value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alipay::vectors;

    fn params(pairs: &[(&str, &str)]) -> Params {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn names_are_sorted_by_their_bytes_and_values_stay_as_they_are() {
        let text = of_request(&params(&[
            ("a", "1 +%26&=中文"),
            ("_b", "\"x\""),
            ("B", " y "),
            ("app_id", "0"),
            ("biz_content", "@z"),
            ("empty", ""),
            ("sign", "q"),
            ("sign_type", "RSA2"),
        ]));
        assert_eq!(text, "B= y &_b=\"x\"&a=1 +%26&=中文&app_id=0&biz_content=@z&sign_type=RSA2");
    }

    #[test]
    fn a_notice_keeps_its_empty_values() {
        let fields = [("b", ""), ("a", "1"), ("sign", "s"), ("sign_type", "RSA2")];
        let fields = fields.map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec())).into();
        assert_eq!(of_notice(&fields, &[SIGN_TYPE]), b"a=1&b=");
        assert_eq!(of_notice(&fields, &[]), b"a=1&b=&sign_type=RSA2");
    }

    #[test]
    fn every_request_of_other_peoples_sdks_has_the_text_that_they_signed() {
        let mut seen = 0;
        for vector in vectors::list("requests.json", "vectors") {
            for signed in vector["signed_by"].as_array().unwrap() {
                let params = vectors::params(&signed["params"]);
                assert_eq!(of_request(&params), vectors::text(signed, "canonical"), "{}", vector["name"]);
                seen += 1;
            }
        }
        assert!(seen > 0);
    }
}
