//! Notices that other people's programs signed, notices that were tampered with, and ones that Alipay itself signed.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::alipay::credentials::Credentials;
use crate::alipay::keys::PublicKey;
use crate::alipay::sign::SignType;
use crate::alipay::vectors::{self, text};
use crate::domain::money::Fen;
use crate::rng::Rng;

fn verify(raw: &str, account: &Credentials) -> Result<Notice, Refusal> {
    let keyring = account.keyring();
    let receiver = Receiver { app_id: account.app_id(), seller_id: account.seller_id(), keyring: &keyring };
    Form::parse(raw.as_bytes())?.verify(&receiver, Timestamp::MAX)
}

/// What a server with the orders of `context` decides: the event's name in the set, or the code of the refusal.
fn decide(
    raw: &str,
    context: &Value,
    account: &Credentials,
) -> Result<(&'static str, Option<Fen>), &'static str> {
    let notice = verify(raw, account).map_err(|refusal| refusal.code())?;
    let event = notice.event().map_err(|error| match error {
        EventError::Missing("total_amount") => "total_amount_missing",
        EventError::Amount("total_amount") => "total_amount_mismatch",
        EventError::Missing(_) | EventError::Amount(_) => "malformed",
    })?;
    match event {
        Event::Trade(trade) => {
            let orders = context["orders"].as_array().expect("orders").iter();
            let mut orders = orders
                .map(|order| (text(order, "out_trade_no"), Fen::parse(text(order, "total_amount")).unwrap()));
            let order = orders.find(|(number, _)| *number == trade.out_trade_no).ok_or("unknown_order")?;
            trade.matches(order.0, order.1).map_err(|_| "total_amount_mismatch")?;
            Ok(match trade.happened {
                Happened::Waiting => ("wait_buyer_pay", None),
                Happened::Paid => ("trade_success", None),
                Happened::Finished => ("trade_finished", None),
                Happened::ClosedUnpaid => ("trade_closed_unpaid", None),
                Happened::RefundedPart(sum) => ("refund_partial", Some(sum)),
                Happened::RefundedWhole(sum) => ("refund_full", Some(sum)),
                Happened::Unknown(_) => ("unknown", None),
            })
        }
        Event::Agreement(agreement) => Ok((
            match agreement.status {
                AgreementStatus::Normal => "agreement_signed",
                AgreementStatus::Temp => "agreement_temp",
                AgreementStatus::Stop => "agreement_stop",
                AgreementStatus::Unsigned => "agreement_unsigned",
                AgreementStatus::Unknown(_) => "unknown",
            },
            None,
        )),
        Event::Returned(_) => Ok(("return", None)),
        Event::Other => Ok(("other", None)),
    }
}

/// The set's word for a reason, in ours.
fn reason(word: &str) -> &str {
    match word {
        "sign_type" => "sign_type_not_allowed",
        word if word.starts_with("duplicate_param") => "duplicate_param",
        word if word.starts_with("SIGNATURE ALONE") => "ambiguous",
        word => word,
    }
}

#[test]
fn every_notice_of_the_set_is_judged_as_expected() {
    let account = vectors::credentials(&["alipay"]);
    let mut seen = BTreeMap::<&str, usize>::new();
    for vector in vectors::list("notify.json", "vectors") {
        let (name, expected) = (text(&vector, "name"), &vector["expected"]);
        let decided = decide(text(&vector, "raw"), &vector["context"], &account);
        match (&expected["accept"], decided) {
            (Value::Bool(true), Ok((event, sum))) => {
                assert_eq!(event, text(expected, "event"), "{name}");
                let total = expected["refund_fee_total"].as_str().map(|sum| Fen::parse(sum).unwrap());
                assert_eq!(sum, total, "{name}");
                *seen.entry("accepted").or_default() += 1;
            }
            (Value::Bool(false), Err(code)) => {
                assert_eq!(code, reason(text(expected, "reason")), "{name}");
                *seen.entry("refused").or_default() += 1;
            }
            (Value::Null, _) => {}
            (Value::String(how), _) if how == "either" => {}
            (accept, decided) => panic!("{name}: expected {accept}, decided {decided:?}"),
        }
    }
    assert!(seen["accepted"] > 0 && seen["refused"] > 0);
}

#[test]
fn the_fields_and_the_text_are_those_that_were_signed() {
    let mut seen = 0;
    for vector in vectors::list("notify.json", "vectors") {
        let Ok(form) = Form::parse(text(&vector, "raw").as_bytes()) else { continue };
        let name = text(&vector, "name");
        for pair in vector["decoded_params"].as_array().unwrap() {
            assert_eq!(form.text(pair[0].as_str().unwrap()), pair[1].as_str(), "{name}");
        }
        if vector["expected"]["signature"] != "valid" || vector["signed_text_charset"] != "UTF-8" {
            continue;
        }
        let kept = vector["sign_type_in_signed_text"].as_bool().unwrap();
        let without = if kept { &[CERT_SN][..] } else { &[CERT_SN, SIGN_TYPE] };
        let canonical = canonical::of_notice(form.raw_fields(), without);
        assert_eq!(std::str::from_utf8(&canonical), Ok(text(&vector, "signed_text")), "{name}");
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn sequences_of_notices_lead_to_the_expected_states() {
    let account = vectors::credentials(&["alipay"]);
    let notices = vectors::list("sequences.json", "notices");
    for sequence in vectors::list("sequences.json", "sequences") {
        let (mut credits, mut refunds, mut state) = (0, std::collections::BTreeSet::new(), "pending");
        for (step, expected) in
            sequence["steps"].as_array().unwrap().iter().zip(sequence["states"].as_array().unwrap())
        {
            let vector = notices.iter().find(|notice| notice["name"] == *step).unwrap();
            let (event, sum) = decide(text(vector, "raw"), &vector["context"], &account).unwrap();
            // A refund's notice also says that the trade was paid, and may come first.
            let paid = ["trade_success", "trade_finished", "refund_partial", "refund_full"].contains(&event);
            if paid && credits == 0 {
                credits = 1;
            }
            refunds.extend(sum);
            state = match event {
                "refund_full" => "refunded",
                "refund_partial" if state != "refunded" => "partially_refunded",
                "trade_finished" => "paid (final, not refundable)",
                "trade_success" if ["pending", "paid"].contains(&state) => "paid",
                "trade_closed_unpaid" if state == "pending" => "closed",
                "agreement_signed" => "active",
                "agreement_unsigned" => "unsigned",
                _ => state,
            };
            assert_eq!(state, expected.as_str().unwrap(), "{} after {step}", sequence["name"]);
        }
        assert_eq!(Some(credits), sequence["credits"].as_u64(), "{}", sequence["name"]);
        assert_eq!(Some(refunds.len() as u64), sequence["refund_events"].as_u64(), "{}", sequence["name"]);
    }
}

/// A form of these fields, as a browser writes it.
fn form(fields: &BTreeMap<String, String>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[test]
fn messages_that_alipay_itself_signed_are_verified() {
    let mut seen = 0;
    for vector in
        vectors::list("real_world.json", "vectors").iter().filter(|vector| vector["params"].is_object())
    {
        let fields = vectors::params(&vector["params"]);
        let key = PublicKey::paste(text(vector, "alipay_public_key_spki_bare")).unwrap();
        let keyring = Keyring::of_keys(SignType::Rsa2, vec![key]);
        let receiver = Receiver { app_id: &fields["app_id"], seller_id: None, keyring: &keyring };
        let verified = Form::parse(form(&fields).as_bytes()).unwrap().verify(&receiver, Timestamp::MAX);
        let notice = verified.unwrap_or_else(|refusal| panic!("{}: {refusal}", vector["name"]));
        assert!(notice.event().is_ok());
        seen += 1;
    }
    assert!(seen > 0);
}

/// These fields, signed by Alipay as trade notices are.
fn signed(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
    let app_id = text(&vectors::file("keys.json"), "app_id").to_owned();
    let mut fields: BTreeMap<String, String> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    fields.entry("app_id".to_owned()).or_insert(app_id);
    let raw =
        fields.iter().map(|(name, value)| (name.clone().into_bytes(), value.clone().into_bytes())).collect();
    let text = canonical::of_notice(&raw, &[SIGN_TYPE]);
    let signature = vectors::private("alipay").sign(SignType::Rsa2, &text, &Rng::seeded(1)).unwrap();
    fields.insert("sign".to_owned(), signature);
    fields
}

#[test]
fn a_form_in_certificate_mode_is_verified_by_any_certificate_in_force() {
    let account = vectors::certified();
    let raw = form(&signed(&[("total_amount", "1.00")]));
    let keyring = account.keyring();
    let receiver = Receiver { app_id: account.app_id(), seller_id: None, keyring: &keyring };
    let at =
        |now| Form::parse(raw.as_bytes()).unwrap().verify(&receiver, now).map_err(|refusal| refusal.code());
    assert!(at(vectors::certificates_in_force()).is_ok());
    assert_eq!(at(Timestamp::MAX).err(), Some("signature"));
}

#[test]
fn what_could_be_another_set_of_fields_is_refused_although_it_is_signed() {
    let account = vectors::credentials(&["alipay"]);
    for (fields, expected) in [
        // As it was signed, and the same text split behind what a shop fills.
        (&[("subject", "x&t=1"), ("total_amount", "1.00")][..], None),
        (&[("subject", "x"), ("t", "1"), ("total_amount", "1.00")], Some("ambiguous")),
        // A refund hidden in the field before it.
        (&[("receipt_amount", "1.00&refund_fee=1.00")], Some("ambiguous")),
        // The same in a field that may hold any sign, and in the name of one.
        (
            &[("buyer_logon_id", "a&gmt_refund=2026-01-02 15:04:05"), ("total_amount", "1.00")],
            Some("ambiguous"),
        ),
        (&[("gmt_refund=2026-01-02 15:04:05&invoice_amount", "1.00")], Some("ambiguous")),
        (&[("subject", "x&timestamp=1"), ("total_amount", "1.00")], Some("ambiguous")),
        // What could not stand there as a field of its own, because names are sorted.
        (&[("body", "x&total_amount=0.01"), ("buyer_id", "1"), ("total_amount", "1.00")], None),
        // New names elsewhere are welcome.
        (&[("seller_id_2", "x"), ("a_new_name", "a&b")], None),
    ] {
        let decided = verify(&form(&signed(fields)), &account);
        assert_eq!(decided.err().map(|refusal| refusal.code()), expected, "{fields:?}");
    }
}

#[test]
fn a_notice_whose_fields_were_run_together_says_the_same_or_is_refused() {
    let account = vectors::credentials(&["alipay"]);
    let event = |fields: &[(Vec<u8>, Vec<u8>)]| {
        let coded = |bytes: &[u8]| form_urlencoded::byte_serialize(bytes).collect::<String>();
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value)));
        verify(&pairs.collect::<Vec<_>>().join("&"), &account).map(|notice| notice.event())
    };
    let (mut tried, mut refused) = (0, 0);
    for vector in vectors::list("notify.json", "vectors") {
        if !["refund_partial", "refund_full"].iter().any(|event| vector["expected"]["event"] == *event) {
            continue;
        }
        let form = Form::parse(text(&vector, "raw").as_bytes()).unwrap();
        let aside = |name: &[u8]| [b"sign".as_slice(), b"sign_type"].contains(&name);
        let (beside, signed): (Vec<_>, Vec<_>) =
            form.raw_fields().clone().into_iter().partition(|(name, _)| aside(name));
        let told = event(&[signed.as_slice(), &beside].concat()).unwrap();
        for from in 0..signed.len() {
            for to in from + 2..=signed.len() {
                // The signed text stays, byte for byte: one field swallows those beside it by its value or its name.
                let run =
                    signed[from..to].iter().map(|(name, value)| [name.as_slice(), b"=", value].concat());
                let run = run.collect::<Vec<_>>().join(b"&".as_slice());
                let first = run.iter().position(|byte| *byte == b'=').unwrap();
                let last = run.len() - signed[to - 1].1.len() - 1;
                for cut in [first, last] {
                    let swallowed = (run[..cut].to_vec(), run[cut + 1..].to_vec());
                    let merged = [&signed[..from], &[swallowed], &signed[to..], &beside].concat();
                    match event(&merged) {
                        Ok(says) => assert_eq!(says, told, "{} {from}..{to}", vector["name"]),
                        Err(_) => refused += 1,
                    }
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 0 && refused > 0);
}

#[test]
fn a_form_that_readers_could_read_differently_is_refused() {
    let many: String = (0..=crate::limits::ALIPAY_NOTICE_FIELDS_MAX).map(|n| format!("a{n}=&")).collect();
    for (raw, code) in [
        ("a=%", "malformed"),
        ("a=%4", "malformed"),
        ("a=%+1", "malformed"),
        ("a=%ff", "malformed"),
        ("a=%C4%E3&charset=utf-8", "malformed"),
        ("a=%81&charset=GBK", "malformed"),
        ("a=1&charset=utf-16", "charset"),
        ("a=1&charset=x-user-defined", "charset"),
        ("a=1&%61=1", "duplicate_param"),
        ("a=1&b&b=", "duplicate_param"),
        (many.as_str(), "too_long"),
        ("a=1", "sign_missing"),
    ] {
        let refused = verify(raw, &vectors::credentials(&["alipay"])).unwrap_err();
        assert_eq!(refused.code(), code, "{raw}");
    }
    let long = "a".repeat(crate::limits::ALIPAY_NOTICE_BYTES_MAX + 1);
    assert_eq!(Form::parse(long.as_bytes()), Err(Refusal::TooLong));
    // What a stranger writes is told in a log as a part of one line.
    let name = format!("a%0A%1B{}", "b".repeat(10_000));
    for raw in [format!("{name}=1&{name}=2"), format!("charset={name}"), format!("sign=x&sign_type={name}")] {
        let told = verify(&raw, &vectors::credentials(&["alipay"])).unwrap_err().to_string();
        assert!(told.len() < 200 && !told.contains(char::is_control), "{told}");
    }
}

#[test]
fn what_our_own_address_holds_is_taken_out_before_a_return_is_verified() {
    let account = vectors::credentials(&["alipay"]);
    let raw = form(&signed(&[("out_trade_no", "a"), ("method", "alipay.trade.page.pay.return")]));
    let raw = format!("order=1&{raw}&lang=zh-CN");
    assert_eq!(verify(&raw, &account).map_err(|refusal| refusal.code()), Err("signature"));
    let keyring = account.keyring();
    let receiver = Receiver { app_id: account.app_id(), seller_id: None, keyring: &keyring };
    let ours = Form::parse(raw.as_bytes()).unwrap().without(&["order", "lang"]);
    let event = ours.verify(&receiver, Timestamp::MAX).unwrap().event();
    let returned = Returned { out_trade_no: "a".to_owned(), trade_no: None, total_amount: None, at: None };
    assert_eq!(event, Ok(Event::Returned(returned)));
}

#[test]
fn what_contradicts_itself_or_is_of_another_kind_credits_and_activates_nothing() {
    let account = vectors::credentials(&["alipay"]);
    let event = |fields: &[(&str, &str)]| verify(&form(&signed(fields)), &account).unwrap().event();
    let trade = |more: &[(&str, &str)]| {
        let fields = [("out_trade_no", "a"), ("trade_no", "2026"), ("total_amount", "1.00")];
        match event(&[&fields, more].concat()) {
            Ok(Event::Trade(trade)) => Some(trade.happened),
            Ok(Event::Agreement(_) | Event::Returned(_) | Event::Other) => None,
            Err(error) => panic!("{error}"),
        }
    };
    let sync = ("notify_type", "trade_status_sync");
    assert_eq!(trade(&[sync, ("trade_status", "TRADE_SUCCESS")]), Some(Happened::Paid));
    for kind in ["", "servicemarket_order_notify", "trade_status_sync2"] {
        assert_eq!(trade(&[("notify_type", kind), ("trade_status", "TRADE_SUCCESS")]), None, "{kind}");
    }
    let closed = ("trade_status", "TRADE_CLOSED");
    assert_eq!(trade(&[sync, closed, ("refund_fee", "0.00")]), Some(Happened::ClosedUnpaid));
    for half in [("refund_fee", "1.00"), ("gmt_refund", "2026-01-02 15:04:05")] {
        let unknown = Happened::Unknown("TRADE_CLOSED".to_owned());
        assert_eq!(trade(&[sync, closed, half]), Some(unknown), "{half:?}");
    }
    assert_eq!(event(&[sync]), Err(EventError::Missing("total_amount")));

    let status = |kind: &str, word: &str| match event(&[
        ("notify_type", kind),
        ("agreement_no", "2026"),
        ("status", word),
    ]) {
        Ok(Event::Agreement(agreement)) => agreement.status,
        other => panic!("{other:?}"),
    };
    assert_eq!(status("dut_user_sign", "NORMAL"), AgreementStatus::Normal);
    assert_eq!(status("dut_user_unsign", "UNSIGN"), AgreementStatus::Unsigned);
    for word in ["NORMAL", "TEMP"] {
        let unknown = AgreementStatus::Unknown("dut_user_unsign".to_owned());
        assert_eq!(status("dut_user_unsign", word), unknown, "{word}");
    }
}

#[test]
fn the_account_is_found_by_what_the_form_says_before_it_is_verified() {
    let form = Form::parse(b"app_id=2021&a=%E4%BD%A0+%2B&empty=&&charset=").unwrap();
    assert_eq!((form.app_id(), form.text("a"), form.text("empty")), (Some("2021"), Some("你 +"), Some("")));
}

proptest! {
    #[test]
    fn a_signed_form_reads_back_whatever_stands_in_it(subject in "\\PC{0,40}", body in "[ -~]{0,40}", new in "\\PC{0,20}") {
        let fields = signed(&[("subject", &subject), ("body", &body), ("a_new_name", &new)]);
        let notice = verify(&form(&fields), &vectors::credentials(&["alipay"])).unwrap();
        prop_assert_eq!(notice.fields(), &fields);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(raw in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(form) = Form::parse(&raw) {
            prop_assert_eq!(form.app_id(), form.text("app_id"));
        }
    }
}
