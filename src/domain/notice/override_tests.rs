//! An owner's rule file: what it can change, and what it cannot.

use std::error::Error;

use super::{ExampleList, Reading, RuleKind, RuleOrigin, RuleProblem, Rules, RulesError, Seen};

const BANK: &str = r#"
[[rule]]
name = "my-bank"
kind = "receipt"
channel = "wechat"
package = "cmb.pb"
titles = ["招商银行"]
text = '{payer}于今日转入{amount}元，附言：{remark}'
accept = [{ text = "张三于今日转入5.00元，附言：A17", amount = "5.00", payer = "张三", remark = "A17" }]
reject = [{ text = "张三于今日转出5.00元，附言：A17" }]
"#;

fn seen<'a>(package: &'a str, title: &'a str, text: &'a str) -> Seen<'a> {
    Seen { package, title, text, ..Seen::default() }
}

fn rule_problem(overrides: &str) -> RuleProblem {
    match Rules::with_overrides(overrides) {
        Err(RulesError::Rule { problem, .. }) => problem,
        other => panic!("expected a rule problem, got {other:?}"),
    }
}

#[test]
fn rules_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    shared(&Rules::embedded());
}

#[test]
fn the_embedded_rules_pass_their_own_examples() {
    let rules = Rules::embedded();
    assert!(rules.iter().count() > 15);
    assert!(rules.iter().all(|rule| rule.origin == RuleOrigin::Embedded));
    assert!(rules.iter().map(|rule| rule.kind).is_sorted());
    assert!(!rules.version().contains('+') && rules.version().starts_with("20"));
}

#[test]
fn an_owner_adds_a_rule() {
    let rules = Rules::with_overrides(BANK).expect("a good file");
    let reading = rules.read(&seen("cmb.pb", "招商银行", "李四于今日转入0.98元，附言：B2"));
    let receipt = reading.receipt().expect("the rule reads it");
    assert_eq!(
        (receipt.amount.get(), receipt.payer.as_deref(), receipt.remark.as_deref()),
        (98, Some("李四"), Some("B2"))
    );
    assert!(!receipt.pins_id);
    assert!(rules.iter().any(|rule| rule.name == "my-bank" && rule.origin == RuleOrigin::Owner));
    assert_eq!(
        Rules::embedded().read(&seen("cmb.pb", "招商银行", "李四于今日转入0.98元，附言：B2")),
        Reading::Unread
    );
}

#[test]
fn an_owner_switches_a_rule_off_or_replaces_it() {
    let clerk = seen("com.tencent.mm", "微信收款助手", "[店员消息]收款到账0.05元");
    let off = Rules::with_overrides("[[rule]]\nname = \"wechat-clerk-copy\"\nenabled = false\n")
        .expect("a good file");
    assert_eq!(off.read(&clerk), Reading::Unread);
    let refused = Rules::with_overrides(
        r#"
[[rule]]
name = "wechat-clerk-copy"
kind = "refuse"
package = "com.tencent.mm"
titles = ["微信收款助手"]
counter = true
text = '\[店员消息\].*'
accept = [{ text = "[店员消息]收款到账0.05元" }]
"#,
    )
    .expect("a good file");
    assert_eq!(refused.read(&clerk).rule(), Some("wechat-clerk-copy"));
    assert!(refused.read(&clerk).receipt().is_none());
    assert_eq!(refused.iter().filter(|rule| rule.name == "wechat-clerk-copy").count(), 1);
    assert!(refused.iter().any(|rule| rule.name == "wechat-clerk-copy" && rule.kind == RuleKind::Refuse));
}

#[test]
fn the_version_tells_files_apart() {
    let (bank, none) = (Rules::with_overrides(BANK), Rules::with_overrides(""));
    let versions = [Rules::embedded(), bank.expect("a good file"), none.expect("a good file")];
    let versions: Vec<_> = versions.iter().map(Rules::version).collect();
    assert!(
        versions[0] != versions[1] && versions[1] != versions[2] && versions[0] != versions[2],
        "{versions:?}"
    );
    assert!(versions[1].starts_with(versions[0]));
}

#[test]
fn no_file_switches_a_guard_off() {
    let careless = BANK.replace("'{payer}于今日转入{amount}元，附言：{remark}'", "'.*转入{amount}元.*'");
    let careless = careless.replace(r#", payer = "张三", remark = "A17""#, "");
    let rules = Rules::with_overrides(&careless).expect("a careless file, but a good one");
    for (text, guard) in [
        ("转入5.00元，转入6.00元", "guard:amounts-disagree"),
        ("转入5.00元，余额1,000.00元", "guard:amounts-disagree"),
        ("转入5.00元\u{200b}", "guard:hidden-character"),
        ("转入0.00元", "guard:amount-out-of-range"),
        ("转入99999999999999.00元", "guard:amount-out-of-range"),
    ] {
        assert_eq!(rules.read(&seen("cmb.pb", "招商银行", text)).rule(), Some(guard), "{text}");
    }
    let torn = careless.replace(".*转入{amount}", ".*转入.*?{amount}");
    let rules = Rules::with_overrides(&torn).expect("a careless file, but a good one");
    for text in ["转入1 2.00元", "转入-2.00元", "转入1.2.00元", "转入１2.00元"] {
        assert_eq!(rules.read(&seen("cmb.pb", "招商银行", text)).rule(), Some("guard:amount-torn"), "{text}");
    }
    let unknown = rule_problem("[[rule]]\nname = \"guard-ongoing\"\nenabled = false\n");
    assert!(matches!(unknown, RuleProblem::UnknownRule));
    assert!(matches!(
        rule_problem("[[rule]]\nname = \"guard:ongoing\"\nenabled = false\n"),
        RuleProblem::Name
    ));
}

#[test]
fn two_rules_that_read_two_amounts_read_nothing() {
    let twice = format!("{BANK}{}", BANK.replace("my-bank", "my-other-bank").replace("wechat", "alipay"));
    let rules = Rules::with_overrides(&twice);
    let Err(RulesError::Example { rule, list: ExampleList::Accept, found, .. }) = rules else {
        panic!("expected a failing example, got {rules:?}");
    };
    assert_eq!(rule, "my-bank");
    assert!(found.contains("guard:rules-disagree"), "{found}");
}

#[test]
fn a_rule_speaks_for_its_own_package_only() {
    let rules = Rules::with_overrides(&BANK.replace("招商银行", "微信支付").replace("今日转入", "七点入账"))
        .expect("a good file");
    let text = "张三于七点入账5.00元，附言：A17";
    assert!(rules.read(&seen("cmb.pb", "微信支付", text)).receipt().is_some());
    assert_eq!(rules.read(&seen("com.tencent.mm", "微信支付", text)), Reading::Unread);
}

#[test]
fn a_hint_never_hides_a_receipt() {
    let hint = r#"
[[rule]]
name = "anything-at-all"
kind = "hint"
hint = "text_hidden"
package = "com.tencent.mm"
title = '.*'
text = '.*'
accept = [{ title = "微信支付", text = "一种新说法" }]
"#;
    let rules = Rules::with_overrides(hint).expect("a good file");
    let reading = rules.read(&seen("com.tencent.mm", "微信支付", "微信支付收款0.98元"));
    assert_eq!(reading.rule(), Some("wechat-code"));
}

#[test]
fn a_rule_that_fails_its_example_is_named_with_its_line() {
    for (from, to) in [("payer = \"张三\"", "payer = \"李四\""), ("remark = \"A17\"", "remark = \"A18\"")]
    {
        let wrong = Rules::with_overrides(&BANK.replace(from, to));
        assert!(matches!(wrong, Err(RulesError::Example { line: 9, .. })), "{to}: {wrong:?}");
    }
    let wrong = BANK.replace("amount = \"5.00\"", "amount = \"5.01\"");
    let error = Rules::with_overrides(&wrong).expect_err("the example is wrong").to_string();
    assert_eq!(
        error,
        "rule my-bank (owner's rules): its accept example at line 9 gives a receipt of 5.00 by rule my-bank"
    );
}

#[test]
fn an_override_cannot_make_an_embedded_counter_example_a_receipt() {
    let reckless = r#"
[[rule]]
name = "any-chat"
kind = "receipt"
channel = "wechat"
package = "com.tencent.mm"
titles = ["张三"]
text = '微信支付收款{amount}元'
accept = [{ text = "微信支付收款1.00元", amount = "1.00" }]
reject = [{ text = "微信支付付款1.00元" }]
"#;
    let error = Rules::with_overrides(reckless).expect_err("a friend may not announce money").to_string();
    assert!(error.starts_with("rule wechat-code (embedded rules): its reject example at line "), "{error}");
    assert!(error.ends_with("gives a receipt of 1.17 by rule any-chat"), "{error}");
}

#[test]
fn a_broken_file_says_what_is_wrong_and_where() {
    for (from, to, message) in [
        ("my-bank", "My Bank", "a name is 1 to 64 of a-z, 0-9 and -"),
        ("kind = \"receipt\"\n", "", "it needs `kind`"),
        ("package = \"cmb.pb\"\n", "", "it needs `package`"),
        (
            "channel = \"wechat\"",
            "channel = \"alipay_official\"",
            "a notice comes from wechat or alipay, not from the official API",
        ),
        ("titles = [\"招商银行\"]\n", "", "it needs `titles`"),
        ("titles", "announcer = \"x\"\ntitles", "`announcer` means nothing here"),
        (
            "{amount}元",
            "(?P<amount>.*)元",
            "write {amount}, {amount:2}, {payer} or {remark} in place of a named group",
        ),
        (
            "{amount}元",
            "{amount}",
            "元 must follow {amount} directly; where the amount ends the text, write {amount:2}",
        ),
        ("{amount}元", "5.00元", "a receipt has exactly one amount, in its title or in its text"),
        ("{payer}", "(", "the pattern is not a regular expression"),
        ("reject", "#", "it needs `reject`"),
        ("accept", "#", "it needs `accept`"),
        (", amount = \"5.00\"", "", "it needs `amount in each accept example`"),
    ] {
        let error = Rules::with_overrides(&BANK.replace(from, to)).expect_err(message);
        let name = if from == "my-bank" { to } else { "my-bank" };
        assert_eq!(error.to_string(), format!("rule {name} (owner's rules, line 3) cannot be used"));
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some(message));
    }
    assert!(matches!(rule_problem(&format!("{BANK}{BANK}")), RuleProblem::Duplicate));
    assert!(matches!(Rules::with_overrides("[[rule]]\nname = 'x'\nkid = 1"), Err(RulesError::Toml(_))));
    assert!(matches!(Rules::with_overrides(&"#".repeat(300_000)), Err(RulesError::TooLarge { .. })));
}
