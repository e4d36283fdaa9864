//! What goes through a buyer's browser or wallet: links, a form that sends itself, order strings, and the wallet's links.
//!
//! Knows signed parameters and how each way writes them. A browser reads entities in attributes, so a form escapes
//! `& < > " '`; whoever escapes less sends another text than was signed.

use super::canonical::Params;

/// The parameter that holds what is asked; in a form it travels in the body.
const CONTENT: &str = "biz_content";

/// Parameters with their signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    params: Params,
}

/// A link that would be longer than [`crate::limits::ALIPAY_LINK_BYTES_MAX`]: use the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the link would be too long for some browsers; use the form")]
pub struct LinkTooLong;

impl Signed {
    /// Parameters that were signed; `sign` is among them.
    pub(super) const fn new(params: Params) -> Signed {
        Signed { params }
    }

    /// The parameters, `sign` among them.
    #[must_use]
    pub const fn params(&self) -> &Params {
        &self.params
    }

    /// The parameters of the address: all but the content.
    pub(super) fn query(&self) -> String {
        encoded(self.params.iter().filter(|(name, _)| *name != CONTENT))
    }

    /// The content, as it was signed.
    pub(super) fn content(&self) -> &str {
        self.params.get(CONTENT).map_or("", String::as_str)
    }

    /// A link to the gateway, for a `GET`.
    ///
    /// # Errors
    /// [`LinkTooLong`].
    pub fn link(&self, gateway: &str) -> Result<String, LinkTooLong> {
        let link = format!("{gateway}?{}", encoded(&self.params));
        if link.len() > crate::limits::ALIPAY_LINK_BYTES_MAX { Err(LinkTooLong) } else { Ok(link) }
    }

    /// A form that sends itself to the gateway, and a button for browsers without script.
    ///
    /// `nonce` is the one of the page's Content-Security-Policy, `button` what the button says.
    #[must_use]
    pub fn form(&self, gateway: &str, nonce: &str, button: &str) -> String {
        let action = escaped(&format!("{gateway}?{}", self.query()));
        let (content, nonce, button) = (escaped(self.content()), escaped(nonce), escaped(button));
        format!(
            "<form id=\"alipay\" method=\"post\" action=\"{action}\" accept-charset=\"utf-8\">\
             <input type=\"hidden\" name=\"{CONTENT}\" value=\"{content}\">\
             <button type=\"submit\">{button}</button></form>\
             <script nonce=\"{nonce}\">document.getElementById(\"alipay\").submit()</script>"
        )
    }

    /// What an app hands to Alipay's SDK, and a mini program to its pay centre after encoding it once more.
    #[must_use]
    pub fn order_string(&self) -> String {
        encoded(&self.params)
    }
}

/// `name=value` pairs, each value percent-encoded, in the order of their names.
fn encoded<'a>(params: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let pairs: Vec<String> =
        params.into_iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    pairs.join("&")
}

/// A digit of hexadecimal, from 0 to 15.
fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or_default().to_ascii_uppercase()
}

/// Percent-encoding as JavaScript's `encodeURIComponent` does it, which both kinds of decoders read the same.
fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'!'
            | b'~'
            | b'*'
            | b'\''
            | b'('
            | b')' => {
                encoded.push(char::from(byte));
            }
            byte => {
                encoded.extend(['%', hex(byte >> 4), hex(byte & 0xf)]);
            }
        }
    }
    encoded
}

/// A text inside an attribute in double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            sign => escaped.push(sign),
        }
    }
    escaped
}

/// Opens the wallet to sign an agreement, from the merchant's own app: the order string of a page.sign.
#[must_use]
pub fn wallet_from_app(order_string: &str) -> String {
    format!(
        "alipays://platformapi/startapp?appId=60000157&appClearTop=false&startMultApp=YES&sign_params={}",
        percent(order_string)
    )
}

/// Opens the wallet to sign an agreement, from a browser: the link of a page.sign. Inside Alipay's own browser the link
/// itself is opened, and on a desktop it is drawn as a code.
#[must_use]
pub fn wallet_from_browser(link: &str) -> String {
    format!("alipays://platformapi/startapp?appId=20000067&url={}", percent(link))
}

/// What a mini program hands to `my.paySignCenter` as `signStr`: the order string of a page.sign without `return_url`.
#[must_use]
pub fn mini_program_sign_str(order_string: &str) -> String {
    percent(order_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use html5gum::{Token, Tokenizer};
    use proptest::prelude::*;

    use crate::alipay::canonical;
    use crate::alipay::sign::SignType;
    use crate::alipay::vectors::{self, text};
    use crate::rng::Rng;

    /// The query of an address, decoded as a form.
    fn query(address: &str) -> Params {
        let (_, query) = address.split_once('?').expect("a query");
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// What a browser sends for a form: the fields of its address and of its hidden inputs, after it read the entities.
    fn sent(html: &str) -> Params {
        let mut fields = Params::new();
        for token in Tokenizer::new(html) {
            let Ok(Token::StartTag(tag)) = token else { continue };
            let get = |name: &str| {
                let value = tag.attributes.get(name.as_bytes());
                value.map(|value| String::from_utf8(value.to_vec()).unwrap())
            };
            match tag.name.as_slice() {
                b"form" => fields.extend(query(&get("action").unwrap())),
                // Line ends become CR LF when a form is sent.
                b"input" => {
                    let Some(name) = get("name") else { continue };
                    fields.insert(name, get("value").unwrap().replace("\r\n", "\n").replace('\n', "\r\n"));
                }
                _ => {}
            }
        }
        fields
    }

    fn signed(mut params: Params) -> Signed {
        let key = vectors::private("app");
        let text = canonical::of_request(&params);
        let signature = key.sign(SignType::Rsa2, text.as_bytes(), &Rng::seeded(1)).unwrap();
        params.insert("sign".to_owned(), signature);
        Signed::new(params)
    }

    fn verifies(fields: &Params) -> bool {
        let text = canonical::of_request(fields);
        vectors::public("app").verifies(SignType::Rsa2, text.as_bytes(), &fields["sign"])
    }

    #[test]
    fn what_goes_through_a_browser_verifies_as_it_arrives_whichever_way_it_goes() {
        let mut seen = 0;
        for vector in vectors::list("requests.json", "vectors") {
            for by in vector["signed_by"].as_array().unwrap() {
                let mut params = vectors::params(&by["params"]);
                params.remove("sign");
                params.retain(|_, value| !value.is_empty());
                let signed = signed(params);
                let gateway = "https://openapi.alipay.com/gateway.do";
                let link = query(&signed.link(gateway).unwrap());
                let form = sent(&signed.form(gateway, "n", "去支付"));
                let order = query(&format!("?{}", signed.order_string()));
                for (way, fields) in [("link", link), ("form", form), ("order", order)] {
                    assert_eq!(&fields, signed.params(), "{way} of {}", vector["name"]);
                    assert!(verifies(&fields), "{way} of {}", vector["name"]);
                }
                seen += 1;
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn the_addresses_of_other_peoples_sdks_are_read_and_verified() {
        let mut seen = 0;
        for vector in vectors::list("requests.json", "vectors") {
            for by in vector["signed_by"].as_array().unwrap() {
                let address = by["url"].as_str().map(str::to_owned);
                let order = by["order_string"].as_str().map(|order| format!("?{order}"));
                let Some(address) = address.or(order) else { continue };
                let fields = query(&address);
                assert_eq!(Some(verifies(&fields)), by["signature_matches_transmitted_params"].as_bool());
                let mut unsigned = fields;
                assert_eq!(unsigned.remove("sign").as_deref(), by["sign"].as_str());
                unsigned.retain(|_, value| !value.is_empty());
                assert_eq!(unsigned, vectors::params(&by["params"]), "{}", vector["name"]);
                seen += 1;
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn a_form_that_escapes_too_little_sends_another_text() {
        let mut seen = 0;
        for vector in vectors::list("requests.json", "vectors") {
            for by in vector["signed_by"].as_array().unwrap() {
                let Some(html) = by["form_html"].as_str() else { continue };
                let arrives = sent(html);
                let read = &by["form_as_browser_reads_it"];
                for field in read["fields"].as_array().unwrap() {
                    assert_eq!(
                        arrives.get(field[0].as_str().unwrap()).map(String::as_str),
                        field[1].as_str()
                    );
                }
                assert_eq!(Some(verifies(&arrives)), by["signature_matches_transmitted_params"].as_bool());
                seen += 1;
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn the_wallets_links_give_back_what_was_put_in() {
        for vector in vectors::list("deeplinks.json", "vectors") {
            let (name, input, output) =
                (text(&vector, "name"), text(&vector, "input"), text(&vector, "output"));
            let ours = if output.contains("sign_params=") {
                wallet_from_app(input)
            } else if output.starts_with("alipays:") {
                wallet_from_browser(input)
            } else {
                mini_program_sign_str(input)
            };
            // Whether !~*'() are encoded is free; after decoding once both are the same.
            let decoded = |text: &str| {
                let pairs = form_urlencoded::parse(text.as_bytes()).into_owned();
                pairs.collect::<Vec<(String, String)>>()
            };
            assert_eq!(decoded(&ours), decoded(output), "{name}");
            let value = ours.rsplit_once('=').map_or(ours.as_str(), |(_, value)| value);
            let (back, _) = decoded(&format!("{value}=")).remove(0);
            assert_eq!(back, input, "{name}");
        }
    }

    #[test]
    fn a_link_that_browsers_would_cut_is_refused() {
        let long = "文".repeat(crate::limits::ALIPAY_LINK_BYTES_MAX / 9);
        let signed = Signed::new([("biz_content".to_owned(), long)].into());
        assert_eq!(signed.link("https://openapi.alipay.com/gateway.do"), Err(LinkTooLong));
    }

    #[test]
    fn nothing_of_a_form_gets_out_of_its_attribute() {
        let evil = "'\"><script>alert(1)</script>&quot;&#39;&amp;";
        let signed = Signed::new([("biz_content".to_owned(), evil.to_owned())].into());
        let html = signed.form("https://openapi.alipay.com/gateway.do", evil, evil);
        assert_eq!(html.matches("<script").count(), 1);
        assert_eq!(sent(&html)["biz_content"], evil);
    }

    proptest! {
        #[test]
        fn whatever_a_subject_holds_a_browser_sends_what_was_signed(subject in "(\\PC|&[a-z#0-9]{1,6};?|[<>\"'&=%+]){0,30}") {
            let content = serde_json::json!({ "subject": subject }).to_string();
            let params = [("biz_content", content), ("return_url", subject), ("charset", "utf-8".to_owned())];
            let signed = Signed::new(params.map(|(name, value)| (name.to_owned(), value)).into());
            prop_assert_eq!(&sent(&signed.form("https://g/x", "n", "go")), signed.params());
            prop_assert_eq!(&query(&signed.link("https://g/x").unwrap()), signed.params());
        }
    }
}
