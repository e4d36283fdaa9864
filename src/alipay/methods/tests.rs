//! What other people's programs ask, what answers mean, and what is refused before it is sent.

use serde_json::{Map, json};

use super::*;
use crate::alipay::gateway::{Doubt, Error, outcome};
use crate::alipay::notice::AgreementStatus;
use crate::alipay::response;
use crate::alipay::vectors::{self, text};
use crate::domain::time::{Day, Timestamp};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn fen(yuan: &str) -> Fen {
    Fen::parse(yuan).unwrap()
}

/// What our request of this method has for content, if it can say the same at all: it sends fewer members than SDKs can.
fn ours(method: &str, theirs: &Value) -> Option<Value> {
    let get = |name: &str| theirs[name].as_str();
    let amount = |name: &str| get(name).and_then(|text| Fen::parse(text).ok());
    let clock = |name: &str| get(name).and_then(|text| Timestamp::from_china_clock(text).ok());
    let body = get("body").map(Body::new).transpose().ok()?;
    let number = |name: &str| get(name).and_then(|text| OutTradeNo::new(text).ok());
    let subject = || get("subject").and_then(|text| Subject::new(text).ok());
    let trade = || match (number("out_trade_no"), get("trade_no")) {
        (Some(ours), _) => Some(TradeRef::Ours(ours)),
        (None, Some(alipays)) => TradeNo::new(alipays).ok().map(TradeRef::Alipays),
        (None, None) => None,
    };
    let agreement = || match get("agreement_no") {
        Some(number) => AgreementNo::new(number).ok().map(AgreementRef::Alipays),
        None => Some(AgreementRef::Ours {
            external_agreement_no: ExternalAgreementNo::new(get("external_agreement_no")?).ok()?,
            sign_scene: SignScene::new(get("sign_scene")?).ok()?,
        }),
    };
    let (expires_at, notify_url, return_url) = (clock("time_expire"), None, None);
    Some(match method {
        "alipay.trade.precreate" => Precreate {
            out_trade_no: number("out_trade_no")?,
            total_amount: amount("total_amount")?,
            subject: subject()?,
            body,
            expires_at,
            notify_url,
        }
        .content(),
        "alipay.trade.query" => TradeQuery { trade: trade()? }.content(),
        "alipay.trade.cancel" => Cancel { trade: trade()? }.content(),
        "alipay.trade.close" => Close { trade: trade()?, notify_url }.content(),
        "alipay.trade.refund" => Refund {
            trade: trade()?,
            amount: amount("refund_amount")?,
            out_request_no: OutRequestNo::new(get("out_request_no")?).ok()?,
            reason: get("refund_reason").and_then(|text| RefundReason::new(text).ok()),
        }
        .content(),
        "alipay.trade.fastpay.refund.query" => {
            RefundQuery { trade: trade()?, out_request_no: OutRequestNo::new(get("out_request_no")?).ok()? }
                .content()
        }
        "alipay.trade.page.pay" => PagePay {
            out_trade_no: number("out_trade_no")?,
            total_amount: amount("total_amount")?,
            subject: subject()?,
            body,
            expires_at,
            agreement: None,
            notify_url,
            return_url,
        }
        .content(),
        "alipay.trade.wap.pay" => WapPay {
            out_trade_no: number("out_trade_no")?,
            total_amount: amount("total_amount")?,
            subject: subject()?,
            body,
            expires_at,
            quit_url: CallbackUrl::new(get("quit_url")?).ok()?,
            notify_url,
            return_url,
        }
        .content(),
        "alipay.trade.app.pay" => AppPay {
            out_trade_no: number("out_trade_no")?,
            total_amount: amount("total_amount")?,
            subject: subject()?,
            body,
            expires_at,
            agreement: with_agreement(&theirs["agreement_sign_params"])?,
            notify_url,
        }
        .content(),
        "alipay.trade.pay" => AgreementPay {
            out_trade_no: number("out_trade_no")?,
            total_amount: amount("total_amount")?,
            subject: subject()?,
            agreement_no: AgreementNo::new(theirs["agreement_params"]["agreement_no"].as_str()?).ok()?,
            notify_url,
        }
        .content(),
        "alipay.fund.trans.uni.transfer" => {
            let payee = &theirs["payee_info"];
            assert_eq!(payee["identity_type"], "ALIPAY_LOGON_ID");
            Transfer {
                out_biz_no: OutBizNo::new(get("out_biz_no")?).ok()?,
                amount: amount("trans_amount")?,
                payee: Payee::LogonId(
                    Identity::new(payee["identity"].as_str()?).ok()?,
                    PayeeName::new(payee["name"].as_str()?).ok()?,
                ),
                title: OrderTitle::new(get("order_title")?).ok()?,
                remark: None,
                scene: None,
            }
            .content()
        }
        "alipay.fund.trans.common.query" => {
            TransferQuery { out_biz_no: OutBizNo::new(get("out_biz_no")?).ok()? }.content()
        }
        "alipay.user.agreement.page.sign" => {
            AgreementPage { terms: terms(theirs)?, notify_url, return_url }.content()
        }
        "alipay.user.agreement.query" => AgreementQuery { agreement: agreement()? }.content(),
        "alipay.user.agreement.unsign" => Unsign { agreement: agreement()?, notify_url }.content(),
        "alipay.user.agreement.executionplan.modify" => PlanModify {
            agreement_no: AgreementNo::new(get("agreement_no")?).ok()?,
            to: get("deduct_time")?.parse().ok()?,
            memo: Memo::new(get("memo")?).ok()?,
        }
        .content(),
        "alipay.data.dataservice.bill.downloadurl.query" => {
            let kind = match get("bill_type")? {
                "trade" => BillType::Trade,
                "signcustomer" => BillType::Account,
                _ => return None,
            };
            let date = get("bill_date")?;
            let period = date
                .parse()
                .map(BillPeriod::Day)
                .or_else(|_| format!("{date}-01").parse().map(BillPeriod::MonthOf));
            BillUrl { kind, period: period.ok()? }.content()
        }
        "alipay.data.bill.accountlog.query" => AccountLog {
            from: clock("start_time")?,
            to: clock("end_time")?,
            page: get("page_no")?.parse().ok()?,
            page_size: get("page_size")?.parse().ok()?,
        }
        .content(),
        _ => return None,
    })
}

/// What is signed with a payment: nothing, or what ours can say.
fn with_agreement(theirs: &Value) -> Option<Option<SignWhilePaying>> {
    if theirs.is_null() {
        return Some(None);
    }
    let sign_notify_url = theirs["sign_notify_url"].as_str().map(CallbackUrl::new).transpose().ok()?;
    Some(Some(SignWhilePaying { terms: terms(theirs)?, sign_notify_url }))
}

/// The terms, if ours can say the same.
fn terms(theirs: &Value) -> Option<AgreementTerms> {
    let get = |name: &str| theirs[name].as_str();
    let rule = |name: &str| theirs["period_rule_params"][name].as_str();
    let amount = |name: &str| rule(name).and_then(|yuan| Fen::parse(yuan).ok());
    let period = match (rule("period_type")?, rule("period")?) {
        ("DAY", days) => Period::Days(days.parse().ok()?),
        ("MONTH", months) => Period::Months(months.parse().ok()?),
        _ => return None,
    };
    Some(AgreementTerms {
        external_agreement_no: ExternalAgreementNo::new(get("external_agreement_no")?).ok()?,
        external_logon_id: get("external_logon_id").map(ExternalLogonId::new).transpose().ok()?,
        sign_scene: SignScene::new(get("sign_scene")?).ok()?,
        channel: match theirs["access_params"]["channel"].as_str()? {
            "ALIPAYAPP" => Channel::Wallet,
            "QRCODE" => Channel::Code,
            "QRCODEORSMS" => Channel::CodeOrMessage,
            _ => return None,
        },
        rule: PeriodRule {
            period,
            first_charge: rule("execute_time")?.parse().ok()?,
            single_amount: amount("single_amount")?,
            total_amount: amount("total_amount"),
            total_payments: rule("total_payments").and_then(|count| count.parse().ok()),
        },
    })
}

/// Members of ours that they do not have, or that say something else. Amounts are compared as amounts.
fn differences(ours: &Map<String, Value>, theirs: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in ours {
        let same = match value {
            // Says which extra members an answer should have; the product is the default where theirs is silent.
            _ if name == "query_options" || (name == "product_code" && theirs[name].is_null()) => true,
            Value::Object(members) => differences(members, &theirs[name]).is_empty(),
            Value::String(text) if name.ends_with("amount") => {
                theirs[name].as_str().and_then(|theirs| Fen::parse(theirs).ok()) == Fen::parse(text).ok()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                *value == theirs[name]
            }
        };
        if !same {
            found.push(name.clone());
        }
    }
    found
}

#[test]
fn what_is_asked_is_what_other_peoples_sdks_ask() {
    let mut made = std::collections::BTreeSet::new();
    for vector in vectors::list("requests.json", "vectors") {
        let (method, theirs) = (text(&vector, "method"), &vector["biz_content_object"]);
        let Some(ours) = ours(method, theirs).map(without_nulls) else { continue };
        assert_eq!(
            differences(ours.as_object().unwrap(), theirs),
            Vec::<String>::new(),
            "{}",
            vector["name"]
        );
        made.insert(method.to_owned());
    }
    assert!(!made.is_empty());
}

/// A verified answer with this node.
fn answer(node: &Value) -> Answer {
    let account = vectors::credentials(&["alipay"]);
    let node = node.to_string();
    let rng = crate::rng::Rng::seeded(1);
    let signature = vectors::private("alipay").sign(account.sign_type(), node.as_bytes(), &rng).unwrap();
    let raw = format!(r#"{{"a_response":{node},"sign":"{signature}"}}"#);
    response::read(raw.as_bytes(), None, "a", &account.keyring(), account.aes_key(), Timestamp::MAX).unwrap()
}

fn ok<M: Method>(mut node: Value) -> Result<M::Answer, Error> {
    node["code"] = Value::from("10000");
    outcome::<M>(&answer(&node))
}

fn no<M: Method>(sub_code: &str) -> Result<M::Answer, Error> {
    outcome::<M>(&answer(&json!({ "code": "40004", "sub_code": sub_code })))
}

#[test]
fn answers_of_the_set_mean_what_the_set_says() {
    let account = vectors::credentials(&["alipay"]);
    let mut seen = 0;
    for vector in vectors::list("responses.json", "vectors") {
        let (method, expected) = (text(&vector, "method"), &vector["expected"]);
        let raw = text(&vector, "raw").as_bytes();
        let read = response::read(raw, None, method, &account.keyring(), account.aes_key(), Timestamp::MAX);
        let (Ok(answer), Some(true)) = (read, expected["accept"].as_bool()) else { continue };
        let name = text(&vector, "name");
        let meaning = expected["meaning"].as_str().unwrap_or_default();
        match method {
            "alipay.trade.query" => match outcome::<TradeQuery>(&answer) {
                Ok(Trade::NotYet) => assert!(meaning.starts_with("not scanned yet"), "{name}"),
                Ok(Trade::Known(facts)) => {
                    let paid = ["TRADE_SUCCESS", "TRADE_FINISHED"];
                    let paid = expected["trade_status"].as_str().is_some_and(|status| paid.contains(&status));
                    if let Some(total) = expected["total_amount"].as_str() {
                        assert_eq!(facts.paid(), paid.then(|| fen(total)), "{name}");
                    }
                }
                Err(error) => assert_ne!(answer.code, "10000", "{name}: {error}"),
            },
            "alipay.trade.pay" => {
                let paid = outcome::<AgreementPay>(&answer);
                let waits = meaning.starts_with("waiting for the buyer");
                assert_eq!(paid == Ok(Paid::UnderWay), waits, "{name}: {paid:?}");
                let unknown = matches!(paid, Err(Error::Unknown(Doubt::Gateway { .. })));
                assert_eq!(unknown, meaning.starts_with("unknown result"), "{name}: {paid:?}");
            }
            "alipay.trade.precreate" if answer.worked() => {
                let made = outcome::<Precreate>(&answer).unwrap();
                let Precreated::Code { qr_code, .. } = made else { panic!("{name}: {made:?}") };
                assert!(qr_code.starts_with("https://qr.alipay.com/"), "{name}");
            }
            "alipay.user.agreement.unsign" if answer.worked() => {
                assert_eq!(outcome::<Unsign>(&answer), Ok(Unsigned::Now), "{name}");
            }
            _ => continue,
        }
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn a_trade_is_paid_only_in_the_states_that_say_so_and_never_before_the_money_is_there() {
    for (node, paid) in [
        (json!({ "trade_status": "TRADE_SUCCESS", "total_amount": "10.00" }), Some("10.00")),
        (json!({ "trade_status": "TRADE_FINISHED", "total_amount": 10 }), Some("10.00")),
        (json!({ "trade_status": "TRADE_SUCCESS" }), None),
        (json!({ "trade_status": "WAIT_BUYER_PAY", "total_amount": "10.00" }), None),
        (json!({ "trade_status": "TRADE_CLOSED", "total_amount": "10.00" }), None),
        (json!({ "trade_status": "TRADE_NEW", "total_amount": "10.00" }), None),
        (
            json!({ "trade_status": "TRADE_SUCCESS", "total_amount": "10.00", "credit_pay_mode": "creditAdvanceV2" }),
            None,
        ),
        (
            json!({ "trade_status": "TRADE_SUCCESS", "total_amount": "10.00",
                "additional_status": "SELLER_NOT_RECEIVED" }),
            None,
        ),
    ] {
        let Ok(Trade::Known(facts)) = ok::<TradeQuery>(node.clone()) else { panic!("{node}") };
        assert_eq!(facts.paid(), paid.map(fen), "{node}");
    }
    assert!(matches!(ok::<TradeQuery>(json!({ "total_amount": "-1.00" })), Err(Error::Unreadable(_))));
}

#[test]
fn a_refund_is_done_only_when_money_moved() {
    let refund = |fund_change: &str| {
        ok::<Refund>(json!({ "fund_change": fund_change, "refund_fee": "3.50" })).unwrap()
    };
    assert!(refund("Y").done && !refund("N").done && !refund("").done);
    assert_eq!(refund("Y").total, Some(fen("3.50")));
    let done = ok::<RefundQuery>(json!({ "refund_status": "REFUND_SUCCESS", "refund_amount": "3.50" }));
    assert_eq!(done, Ok(RefundState::Done { amount: Some(fen("3.50")), at: None }));
    for node in [json!({}), json!({ "refund_status": "" }), json!({ "refund_status": "REFUND_NEW" })] {
        assert_eq!(ok::<RefundQuery>(node), Ok(RefundState::NotDone));
    }
    for sub_code in ["TRADE_NOT_EXIST", "ACQ.TRADE_NOT_EXIST"] {
        assert_eq!(no::<RefundQuery>(sub_code), Ok(RefundState::NotDone));
    }
    assert!(matches!(no::<Refund>("ACQ.TRADE_NOT_EXIST"), Err(Error::Refused(_))));
}

#[test]
fn what_a_cancel_and_a_close_did_is_told() {
    let cancel = |action: &str, again: &str| ok::<Cancel>(json!({ "action": action, "retry_flag": again }));
    assert_eq!(cancel("close", "N"), Ok(Cancelled { action: CancelAction::Closed, again: false }));
    assert_eq!(cancel("refund", "Y"), Ok(Cancelled { action: CancelAction::Refunded, again: true }));
    assert_eq!(ok::<Cancel>(json!({})), Ok(Cancelled { action: CancelAction::Nothing, again: false }));
    assert!(cancel("something", "N").is_err());
    assert_eq!(ok::<Close>(json!({})), Ok(Closed::Closed));
    assert_eq!(no::<Close>("ACQ.TRADE_NOT_EXIST"), Ok(Closed::NotYet));
    assert_eq!(no::<Close>("ACQ.REASON_TRADE_STATUS_INVALID"), Ok(Closed::TooLate));
    assert!(matches!(no::<Cancel>("AQC.SYSTEM_ERROR"), Err(Error::Unknown(_))));
}

#[test]
fn a_charge_is_made_only_when_the_answer_says_that_money_moved() {
    let pay = |mode: &str| {
        ok::<AgreementPay>(json!({ "out_trade_no": "a", "total_amount": "9.90", "async_payment_mode": mode }))
    };
    let Ok(Paid::Now(facts)) = pay("") else { panic!("paid") };
    assert_eq!(facts.paid(), Some(fen("9.90")));
    assert!(matches!(pay("SYNC_DIRECT_PAY"), Ok(Paid::Now(_))));
    for mode in
        ["ASYNC_DELAY_PAY", "ASYNC_REALTIME_PAY", "NORMAL_ASYNC_PAY", "QUOTA_OCCUPYIED_ASYNC_PAY", "NEW"]
    {
        assert_eq!(pay(mode), Ok(Paid::UnderWay), "{mode}");
    }
    assert!(matches!(no::<AgreementPay>("ACQ.CYCLE_PAY_DATE_NOT_MATCH"), Err(Error::Refused(_))));
    assert!(ok::<AgreementPay>(json!({ "out_trade_no": "a" })).is_err());
}

#[test]
fn a_number_that_was_paid_before_is_told_from_a_refusal() {
    assert_eq!(no::<AgreementPay>("ACQ.TRADE_HAS_SUCCESS"), Ok(Paid::Before));
    assert_eq!(no::<Precreate>("ACQ.TRADE_HAS_SUCCESS"), Ok(Precreated::PaidBefore));
    // Closed, or with another amount: nobody paid under this number.
    for sub_code in ["ACQ.TRADE_HAS_CLOSE", "ACQ.CONTEXT_INCONSISTENT"] {
        assert!(matches!(no::<AgreementPay>(sub_code), Err(Error::Refused(_))));
        assert!(matches!(no::<Precreate>(sub_code), Err(Error::Refused(_))));
    }
    let unsigned = Answer::refusing("40004", "ACQ.TRADE_HAS_SUCCESS", false);
    assert!(outcome::<AgreementPay>(&unsigned).is_err() && outcome::<Precreate>(&unsigned).is_err());
}

#[test]
fn agreements_stand_where_alipay_says() {
    let node = json!({
        "agreement_no": "2026", "status": "NORMAL", "sign_time": "2026-01-02 15:04:05",
        "next_deduct_time": "2026-02-01", "last_deduct_time": "2026-01-02 00:00:00", "pricipal_type": "CARD",
    });
    let Ok(AgreementState::Known(facts)) = ok::<AgreementQuery>(node) else { panic!("known") };
    assert_eq!((facts.status, facts.next_charge), (AgreementStatus::Normal, Some(day("2026-02-01"))));
    assert_eq!(facts.last_charge, Some(day("2026-01-02")));
    assert_eq!(no::<AgreementQuery>("AGREEMENT_HAS_UNSIGNED"), Ok(AgreementState::Unsigned));
    assert_eq!(no::<AgreementQuery>("USER_AGREEMENT_NOT_EXIST"), Ok(AgreementState::NotFound));
    for sub_code in [
        "AGREEMENT_NOT_EXIST",
        "AGREEMENT_NOT_EXSIT",
        "USER_AGREEMENT_STATUS_NOT_NORMAL",
        "USER_AGREEMENT_STATUS_IS_NOT_NORMAL",
    ] {
        assert_eq!(no::<Unsign>(sub_code), Ok(Unsigned::Before), "{sub_code}");
    }
    assert!(matches!(no::<Unsign>("USER_AGREEMENT_UNSIGN_FAIL"), Err(Error::Refused(_))));
    assert_eq!(
        ok::<PlanModify>(json!({ "deduct_time": "2026-03-02" })),
        Ok(Moved { to: Some(day("2026-03-02")) })
    );
}

#[test]
fn a_transfer_is_followed_to_its_end() {
    for (word, expected) in [
        ("SUCCESS", TransferStatus::Success),
        ("FAIL", TransferStatus::Fail),
        ("CLOSED", TransferStatus::Fail),
        ("DEALING", TransferStatus::Dealing),
        ("WAIT_PAY", TransferStatus::Dealing),
        ("REFUND", TransferStatus::Refunded),
        ("NEW", TransferStatus::Unknown("NEW".to_owned())),
    ] {
        assert_eq!(ok::<Transfer>(json!({ "status": word })).unwrap().status, expected);
    }
    assert!(ok::<Transfer>(json!({})).is_err());
    assert_eq!(no::<TransferQuery>("ORDER_NOT_EXIST"), Ok(TransferState::NotFound));
    assert!(matches!(no::<Transfer>("SYSTEM_ERROR"), Err(Error::Unknown(_))));
    assert!(matches!(no::<Transfer>("PAYER_BALANCE_NOT_ENOUGH"), Err(Error::Refused(_))));
}

#[test]
fn rows_of_the_log_are_read_to_the_fen_and_what_cannot_be_read_is_counted() {
    let row = |direction: &str, amount: &str| {
        json!({ "account_log_id": "1", "direction": direction, "trans_amount": amount,
            "trans_dt": "2026-01-02 15:04:21", "trans_memo": "x", "type": "转账" })
    };
    let page = ok::<AccountLog>(json!({ "total_size": "5", "detail_list": [
        row("收入", "10.00"), row("支出", "-3.50"), row("收入", "-1.00"), row("其他", "1.00"), { "direction": "收入" },
    ] }))
    .unwrap();
    let moved: Vec<_> = page.rows.iter().map(|row| (row.direction, row.amount)).collect();
    assert_eq!(moved, [(Direction::In, fen("10.00")), (Direction::Out, fen("3.50"))]);
    assert_eq!((page.unread, page.total), (3, 5));
    assert_eq!(ok::<AccountLog>(json!({})).unwrap().rows, []);
}

#[test]
fn a_bill_is_somewhere_or_not_there() {
    let at = ok::<BillUrl>(json!({ "bill_download_url": "https://x.alipay.com/a" }));
    assert_eq!(at, Ok(BillWhere::At("https://x.alipay.com/a".to_owned())));
    assert_eq!(ok::<BillUrl>(json!({ "bill_file_code": "EMPTY_DATA_WITH_BILL_FILE" })), Ok(BillWhere::Empty));
    for sub_code in ["BILL_NOT_EXIST", "NO_BILL_DATA", "isp.bill_not_exist"] {
        assert_eq!(no::<BillUrl>(sub_code), Ok(BillWhere::NotThere));
    }
}

#[test]
fn what_alipay_would_refuse_is_not_sent() {
    let rule = |period, first: &str| PeriodRule {
        period,
        first_charge: day(first),
        single_amount: fen("9.90"),
        total_amount: None,
        total_payments: None,
    };
    let terms = |scene: &str, rule| AgreementTerms {
        external_agreement_no: ExternalAgreementNo::new("a1").unwrap(),
        external_logon_id: None,
        sign_scene: SignScene::new(scene).unwrap(),
        channel: Channel::Wallet,
        rule,
    };
    let page = |terms| AgreementPage { terms, notify_url: None, return_url: None }.check();
    let scene = "INDUSTRY|DIGITAL_MEDIA";
    assert_eq!(page(terms(scene, rule(Period::Months(1), "2026-02-28"))), Ok(()));
    assert_eq!(page(terms(scene, rule(Period::Days(7), "2026-01-31"))), Ok(()));
    let period = Err(Unfit::Time("period_rule_params"));
    assert_eq!(page(terms(scene, rule(Period::Months(1), "2026-01-29"))), period);
    assert_eq!(page(terms(scene, rule(Period::Days(6), "2026-01-01"))), period);
    assert_eq!(
        page(terms("DEFAULT|DEFAULT", rule(Period::Months(1), "2026-01-01"))),
        Err(Unfit::Sign("sign_scene"))
    );

    let move_to = |to: &str| {
        let memo = Memo::new("x").unwrap();
        PlanModify { agreement_no: AgreementNo::new("1").unwrap(), to: day(to), memo }.check()
    };
    assert_eq!((move_to("2026-01-28"), move_to("2026-01-29")), (Ok(()), Err(Unfit::Time("deduct_time"))));

    let log = |from: i64, to: i64, page, page_size| {
        let at = |days: i64| Timestamp::from_millis(days * 24 * 3600 * 1000);
        AccountLog { from: at(from), to: at(to), page, page_size }.check().is_ok()
    };
    assert!(log(0, 31, 1, 2000));
    assert!(!log(0, 32, 1, 2000) && !log(1, 1, 1, 2000) && !log(0, 1, 0, 2000) && !log(0, 1, 1, 2001));

    let least = |amount: &str| {
        let payee = Payee::UserId(Identity::new("2088").unwrap(), None);
        let (out_biz_no, title) = (OutBizNo::new("t1").unwrap(), OrderTitle::new("x").unwrap());
        Transfer { out_biz_no, amount: fen(amount), payee, title, remark: None, scene: None }.check().is_ok()
    };
    assert!(least("0.10") && !least("0.09"));
    let nothing = Refund {
        trade: TradeRef::Ours(OutTradeNo::new("a").unwrap()),
        amount: Fen::ZERO,
        out_request_no: OutRequestNo::new("r").unwrap(),
        reason: None,
    };
    assert_eq!(nothing.check(), Err(Unfit::Amount("refund_amount")));
}

#[test]
fn nothing_that_is_null_is_sent() {
    let given = json!({ "a": null, "b": { "c": null, "d": [1, null] }, "e": "" });
    assert_eq!(without_nulls(given), json!({ "b": { "d": [1, null] }, "e": "" }));
}
