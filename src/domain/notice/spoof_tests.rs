//! Hostile notices: texts close to a receipt's, and texts made of anything.

use proptest::prelude::*;

use super::{Guard, HintKind, Reading, Rules, Seen};

const WECHAT: &str = "com.tencent.mm";
const ALIPAY: &str = "com.eg.android.AlipayGphone";

/// Receipts of every rule.
const RECEIPTS: [(&str, &str, &str, &str); 12] = [
    (WECHAT, "微信支付", "微信支付收款0.98元(朋友到店)", "0.98"),
    (WECHAT, "微信支付", "微信支付收款12.70元", "12.70"),
    (WECHAT, "微信收款助手", "微信支付收款1,500.00元(老顾客第20次消费)", "1500.00"),
    (WECHAT, "微信支付", "[3則]微信支付：个人收款码到账¥20.00", "20.00"),
    (WECHAT, "微信支付", "二维码赞赏到账1元", "1.00"),
    (WECHAT, "微信收款助手", "[2条]微信收款助手: [店员消息]收款到账0.05元", "0.05"),
    (ALIPAY, "你已成功收款0.02元.", "已转入余额 做生意收钱提现免费>>", "0.02"),
    (ALIPAY, "你已成功收款800.00元（老顾客消费）", "", "800.00"),
    (ALIPAY, "你已成功收款0.01元（老顾客消费）", "已转入余额 收钱1笔得3元红包，去看看>>", "0.01"),
    (ALIPAY, "收钱码", "某某通过扫码向你付款9.99元", "9.99"),
    (ALIPAY, "支付宝通知", "成功收款0.01元。享免费提现等更多专属服务，点击查看", "0.01"),
    (ALIPAY, "店员通", "支付宝成功收款0.01元，点击查看。", "0.01"),
];

fn read(rules: &Rules, package: &str, title: &str, text: &str) -> Reading {
    rules.read(&Seen { package, title, text, ..Seen::default() })
}

fn with(text: &str, at: usize, inserted: char) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    chars.insert(at, inserted);
    chars.into_iter().collect()
}

#[test]
fn a_receipt_is_read_by_its_own_words() {
    let rules = Rules::embedded();
    for (package, title, text, amount) in RECEIPTS {
        let reading = read(&rules, package, title, text);
        let found = reading.receipt().map(|receipt| receipt.amount.to_string());
        assert_eq!(found.as_deref(), Some(amount), "{title} {text}: {reading:?}");
    }
}

#[test]
fn one_inserted_character_makes_a_title_worthless() {
    let rules = Rules::embedded();
    for (package, title, text, _) in RECEIPTS {
        for at in 0..=title.chars().count() {
            for inserted in ['\u{200b}', '\u{202e}', '\u{feff}', ' ', 'x', '元', '¥', '１', '－', '信'] {
                let title = with(title, at, inserted);
                let reading = read(&rules, package, &title, text);
                assert!(reading.receipt().is_none(), "{title:?} {text:?}: {reading:?}");
            }
        }
    }
}

#[test]
fn one_inserted_character_makes_a_text_worthless() {
    let rules = Rules::embedded();
    for (package, title, text, _) in RECEIPTS {
        // An advert and a nickname may hold any character: only the words around them are fixed.
        if title.starts_with("你已成功收款") {
            continue;
        }
        let first = text.chars().position(|c| c == '通').map_or(0, |end_of_nickname| end_of_nickname + 1);
        for at in first..=text.chars().count() {
            for inserted in
                ['\u{200b}', '\u{202e}', '\u{ad}', '\u{3000}', 'x', '元', '¥', '１', '－', '万', '人']
            {
                let text = with(text, at, inserted);
                let reading = read(&rules, package, title, &text);
                assert!(reading.receipt().is_none(), "{title:?} {text:?}: {reading:?}");
            }
        }
    }
}

#[test]
fn the_words_of_a_receipt_under_another_name_or_package_are_none() {
    let rules = Rules::embedded();
    for (package, title, text, _) in RECEIPTS {
        for other in [
            "张三",
            "微信",
            "服务通知",
            "徽信支付",
            "微信支付官方",
            "微信支付 ",
            "支付宝",
            "生活号",
            "买家群",
            "",
        ] {
            let reading = read(&rules, package, other, text);
            assert!(reading.receipt().is_none(), "{other:?} {text:?}: {reading:?}");
        }
        for other in [
            "com.tencent.mn",
            "com.tencent.wework",
            "com.eg.android.AlipayGphone.fake",
            "hk.alipay.wallet",
            "",
        ] {
            assert_eq!(read(&rules, other, title, text), Reading::Unread, "{other}");
        }
    }
}

#[test]
fn what_stands_or_sums_up_or_comes_on_a_chat_channel_is_no_receipt() {
    let rules = Rules::embedded();
    for (package, title, text, _) in RECEIPTS {
        let seen = Seen { package, title, text, ..Seen::default() };
        let chat = Seen { channel_id: Some("message_channel"), ..seen };
        for (seen, guard) in [
            (Seen { ongoing: true, ..seen }, Guard::Ongoing),
            (Seen { group_summary: true, ..seen }, Guard::GroupSummary),
            (Seen { big_text: Some("收款到账¥7.77"), ..seen }, Guard::AmountsDisagree),
            (Seen { ticker: Some("你已成功收款7.77元"), ..seen }, Guard::AmountsDisagree),
            (chat, if package == ALIPAY { Guard::WrongChannel } else { continue }),
        ] {
            assert_eq!(rules.read(&seen).rule(), Some(guard.as_str()), "{title} {text}");
        }
    }
}

#[test]
fn the_same_amount_in_the_other_fields_contradicts_nothing() {
    let rules = Rules::embedded();
    for (package, title, text, _) in RECEIPTS {
        let ticker = format!("{title}: {text}");
        let seen =
            Seen { package, title, text, big_text: Some(text), ticker: Some(&ticker), ..Seen::default() };
        assert!(rules.read(&seen).receipt().is_some(), "{title} {text}: {:?}", rules.read(&seen));
    }
}

#[test]
fn a_nickname_cannot_name_the_amount() {
    let rules = Rules::embedded();
    for (text, guard) in [
        ("XXX通过扫码向你付款10000.00元通过扫码向你付款0.01元", Some(Guard::HostileName)),
        ("收到一笔转账¥500.00通过扫码向你付款0.01元", Some(Guard::HostileName)),
        ("0.01元通过扫码向你付款0.01元", Some(Guard::HostileName)),
        ("8888通过扫码向你付款0.01元", None),
        ("0.02通过扫码向你付款0.01元", None),
    ] {
        let reading = read(&rules, ALIPAY, "收款通知", text);
        match guard {
            Some(guard) => assert_eq!(reading.rule(), Some(guard.as_str()), "{text}"),
            None => assert_eq!(reading.receipt().map(|r| r.amount.get()), Some(1), "{text}: {reading:?}"),
        }
    }
    let transfer = read(&rules, ALIPAY, "收款通知", "xxx通过扫码向你付款1000元已成功向你转了1笔钱");
    assert!(matches!(transfer, Reading::Hint { kind: HintKind::AmountMissing, .. }), "{transfer:?}");
}

#[test]
fn money_without_an_amount_and_hidden_texts_tell_the_owner_and_settle_nothing() {
    let rules = Rules::embedded();
    for (package, title, text, expected) in [
        (WECHAT, "微信支付", "[2条]微信支付: 收款到账通知", HintKind::AmountMissing),
        (WECHAT, "微信支付", "你有一笔收款入账", HintKind::AmountMissing),
        (WECHAT, "微信", "你收到了一条消息", HintKind::TextHidden),
        (ALIPAY, "支付宝通知", "小黑已成功向你转了1笔钱", HintKind::AmountMissing),
        (ALIPAY, "支付宝", "您有一条新消息", HintKind::TextHidden),
    ] {
        let reading = read(&rules, package, title, text);
        assert!(matches!(reading, Reading::Hint { kind, .. } if kind == expected), "{text}: {reading:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_engine_panic_or_invent_an_amount(
        package in prop_oneof![Just(WECHAT), Just(ALIPAY)],
        title in prop_oneof![
            Just("微信支付".to_owned()), Just("收款通知".to_owned()), "\\PC{0,12}",
            "你已成功收款[0-9.,]{1,9}元[（老新顾客消费）.]{0,7}",
        ],
        head in "(\\[[0-9+条則]{1,4}\\])?(微信支付[:：] ?)?",
        body in prop_oneof![
            "(微信支付收款|个人收款码到账[¥￥]|二维码赞赏到账|.{0,5}通过扫码向你付款)[-0-9.,１]{1,9}元?(\\(.{0,6}\\))?",
            "(已转入余额)?.{0,30}",
        ],
        big_text in proptest::option::of(".{0,20}"),
    ) {
        static RULES: std::sync::LazyLock<Rules> = std::sync::LazyLock::new(Rules::embedded);
        let text = format!("{head}{body}");
        let seen = Seen { package, title: &title, text: &text, big_text: big_text.as_deref(), ..Seen::default() };
        if let Reading::Receipt(receipt) = RULES.read(&seen) {
            let yuan = receipt.amount.to_string();
            let short = yuan.trim_end_matches('0').trim_end_matches('.');
            let shown = format!("{title} {text}").replace(',', "");
            prop_assert!(!receipt.amount.is_zero());
            prop_assert!(shown.contains(short), "{} is not in {:?}", yuan, shown);
        }
    }
}

#[test]
fn a_reading_is_plain_json() {
    let rules = Rules::embedded();
    for (text, json) in [
        (
            "微信支付收款0.98元(朋友到店)",
            r#"{"reading":"receipt","channel":"wechat","amount":"0.98","payer":null,"remark":null,"rule":"wechat-code","announcer":"微信支付","pins_id":true}"#,
        ),
        ("已支付¥4.67", r#"{"reading":"refused","rule":"wechat-paid"}"#),
        ("收款到账通知", r#"{"reading":"hint","rule":"wechat-amount-missing","kind":"amount_missing"}"#),
        ("你好", r#"{"reading":"unread"}"#),
    ] {
        let reading = read(&rules, WECHAT, "微信支付", text);
        assert_eq!(serde_json::to_string(&reading).expect("a reading is JSON"), json);
    }
}
