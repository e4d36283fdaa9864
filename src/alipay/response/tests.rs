//! Answers that other people's programs signed, answers that were tampered with, and ones that Alipay itself signed.

use proptest::prelude::*;

use super::*;
use crate::alipay::sign::SignType;
use crate::alipay::vectors::{self, text};
use crate::alipay::{credentials::Credentials, keys::PublicKey};
use crate::rng::Rng;

fn ask(vector: &Value, account: &Credentials, now: Timestamp) -> Result<Answer, ResponseError> {
    let raw = text(vector, "raw").as_bytes();
    read(raw, None, text(vector, "method"), &account.keyring(), account.aes_key(), now)
}

/// What was decided is what the set expects.
fn judge(vector: &Value, decided: Result<Answer, ResponseError>) {
    let (name, expected) = (text(vector, "name"), &vector["expected"]);
    match (&expected["accept"], decided) {
        (Value::Bool(true), Ok(answer)) => {
            assert!(answer.signed, "{name}");
            assert_eq!(answer.code, text(expected, "code"), "{name}");
            if let Some(sub_code) = expected["sub_code"].as_str() {
                assert_eq!(answer.sub_code, sub_code, "{name}");
            }
            let node: Value = serde_json::from_str(answer.node()).unwrap();
            for member in ["trade_status", "total_amount", "qr_code"] {
                if let Some(value) = expected[member].as_str() {
                    assert_eq!(node[member], value, "{name}");
                }
            }
            if let Some(plain) = expected["decrypts_to"].as_str() {
                assert_eq!(answer.node(), plain, "{name}");
            }
        }
        (Value::Bool(false), Err(error)) => {
            let reason = text(expected, "reason");
            // A reader of JSON does not fall for a name inside a text, and finds the next thing that is wrong.
            let told = if reason == "structure" { "signature" } else { reason };
            assert_eq!(error.code(), told, "{name}");
        }
        (Value::String(how), Ok(answer)) if how.starts_with("as an unauthenticated error") => {
            assert!(!answer.signed, "{name}");
            assert_eq!(answer.code, text(expected, "code"), "{name}");
        }
        (Value::Null, _) => {}
        (Value::String(how), _) if how == "either" => {}
        (accept, decided) => panic!("{name}: expected {accept}, decided {decided:?}"),
    }
}

fn needs_download(vector: &Value) -> bool {
    vector["expected"]["accept"].as_str().is_some_and(|how| how.contains("alipaycert.download"))
}

#[test]
fn every_answer_of_the_set_is_judged_as_expected_in_key_mode() {
    let account = vectors::credentials(&["alipay"]);
    let mut seen = 0;
    for vector in vectors::list("responses.json", "vectors").iter().filter(|vector| !needs_download(vector)) {
        judge(vector, ask(vector, &account, Timestamp::from_millis(0)));
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn an_answer_that_names_a_certificate_is_checked_with_that_one_alone() {
    let account = vectors::certified();
    let now = vectors::certificates_in_force();
    let mut seen = 0;
    for vector in vectors::list("responses.json", "vectors") {
        if !text(&vector, "raw").contains(CERT_SN) {
            continue;
        }
        seen += 1;
        if !needs_download(&vector) {
            judge(&vector, ask(&vector, &account, now));
            continue;
        }
        // Unknown: refused, until the certificate is there and its chain was checked.
        let Err(ResponseError::Unverified(Unverified::UnknownCertificate(sn))) = ask(&vector, &account, now)
        else {
            panic!("{} is refused", vector["name"])
        };
        let pem = vectors::file("certs.json")["chain"]["good_next_alipay_cert_chain_pem"].take();
        let next = account.roots().unwrap().trust_at(pem.as_str().unwrap(), &[], now).unwrap();
        assert_eq!(next.sn(), sn);
        let keyring = account.keyring().with(next);
        let raw = text(&vector, "raw").as_bytes();
        let answer = read(raw, None, text(&vector, "method"), &keyring, None, now).unwrap();
        assert!(answer.signed && answer.code == text(&vector["expected"], "code"));
    }
    assert!(seen > 0);
}

#[test]
fn answers_that_alipay_itself_signed_are_verified() {
    let mut seen = 0;
    for vector in vectors::list("real_world.json", "vectors") {
        let Some(node) = vector["node"].as_str() else { continue };
        let key = PublicKey::paste(text(&vector, "alipay_public_key_spki_bare")).unwrap();
        let keyring = Keyring::of_keys(SignType::Rsa2, vec![key]);
        let method = node.strip_suffix("_response").unwrap().replace('_', ".");
        let answer =
            read(text(&vector, "raw").as_bytes(), None, &method, &keyring, None, Timestamp::MAX).unwrap();
        assert!(answer.signed && answer.worked());
        assert_eq!(answer.node(), text(&vector, "signed_text"));
        seen += 1;
    }
    assert!(seen > 0);
}

/// A body with this node and Alipay's signature over it.
fn signed(node: &str, over: &[u8]) -> String {
    let signature = vectors::private("alipay").sign(SignType::Rsa2, over, &Rng::seeded(1)).unwrap();
    format!(r#"{{"alipay_trade_query_response":{node},"sign":"{signature}"}}"#)
}

fn query(raw: &[u8]) -> Result<Answer, ResponseError> {
    let account = vectors::credentials(&["alipay"]);
    read(raw, None, "alipay.trade.query", &account.keyring(), account.aes_key(), Timestamp::MAX)
}

#[test]
fn an_answer_in_gbk_is_verified_over_its_bytes() {
    let node = r#"{"code":"40004","sub_msg":"交易不存在"}"#;
    let (over, _, _) = GBK.encode(node);
    let body = signed(node, &over);
    let (raw, _, _) = GBK.encode(&body);
    let account = vectors::credentials(&["alipay"]);
    // Whatever the header says: it is not signed.
    for charset in
        [None, Some("GBK"), Some("utf-8"), Some("iso-8859-1"), Some("utf-16"), Some("big5"), Some("x")]
    {
        let keyring = account.keyring();
        let answer = read(&raw, charset, "alipay.trade.query", &keyring, None, Timestamp::MAX).unwrap();
        assert_eq!((answer.signed, answer.sub_msg.as_str()), (true, "交易不存在"), "{charset:?}");
    }
}

#[test]
fn a_byte_that_is_no_text_is_not_read_as_something_that_was_signed() {
    // 0xff is nothing, and the four bytes are the sign U+0080, which GB18030 has and GBK has not.
    for (written, byte, code) in
        [("&#65533;", b"\xff".as_slice(), "not_json"), ("&#128;", b"\x81\x30\x81\x30", "signature")]
    {
        let over = format!(r#"{{"code":"40004","sub_msg":"{written}"}}"#);
        let good = signed(&over, over.as_bytes());
        let (before, after) = good.split_once(written).unwrap();
        let raw = [before.as_bytes(), byte, after.as_bytes()].concat();
        assert_eq!(query(&raw).map_err(|error| error.code()), Err(code));
        assert!(query(good.as_bytes()).unwrap().signed);
    }
}

#[test]
fn two_nodes_are_no_answer_whichever_was_signed() {
    let node = r#"{"code":"10000"}"#;
    let body = signed(node, node.as_bytes());
    for second in ["error_response", "alipay_trade_refund_response", "\\u0061lipay_trade_query_response"] {
        let two = body.replacen('{', &format!("{{\"{second}\":{{\"code\":\"40004\"}},"), 1);
        let code = query(two.as_bytes()).unwrap_err().code();
        assert!(["wrong_node", "duplicate_node"].contains(&code), "{second}: {code}");
    }
    assert!(query(body.as_bytes()).is_ok());
}

#[test]
fn a_node_of_another_form_is_refused_even_if_it_is_signed() {
    for node in ["[]", "null", "7", "{}", r#"{"code":""}"#, r#"{"code":"10000","code":"40004"}"#, r#""x""#] {
        let refused = query(signed(node, node.as_bytes()).as_bytes()).unwrap_err();
        assert!(["malformed", "decryption"].contains(&refused.code()), "{node}: {refused:?}");
    }
}

#[test]
fn without_a_signature_no_code_of_success_is_taken() {
    for (code, taken) in [("10000", false), ("10003", false), ("20000", true), ("40004", true), ("", false)] {
        let body = format!(r#"{{"alipay_trade_query_response":{{"code":"{code}"}}}}"#);
        assert_eq!(query(body.as_bytes()).is_ok(), taken, "{code}");
    }
}

#[test]
fn only_escaped_slashes_are_unescaped() {
    assert_eq!(without_escaped_slashes(r#"{"a":"\/b\\/c\"\u0041/"}\"#), r#"{"a":"/b\\/c\"\u0041/"}\"#);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(query(&raw).is_err());
    }

    #[test]
    fn no_damage_to_a_signed_answer_is_taken_for_the_answer(at in 0_usize..400, with in any::<u8>()) {
        let node = r#"{"code":"10000","total_amount":"10.00","qr":"a\/b"}"#;
        let good = signed(node, node.as_bytes());
        let mut raw = good.clone().into_bytes();
        let at = at % raw.len();
        raw[at] = with;
        // Whatever is still accepted has the node that was signed, byte for byte.
        if let Ok(answer) = query(&raw) {
            prop_assert!(!answer.signed || answer.node() == node || answer.node() == without_escaped_slashes(node));
        }
    }
}
