//! How wallets write amounts: the one grammar that rules may use, and the search for other amounts nearby.
//!
//! Knows ASCII digits with at most two decimals, with `,` in front of every three digits or none at all.
//! Refuses full-width and foreign digits, signs, exponents, wrong grouping and zero: a person could read
//! those in two ways, and no wallet was seen to write them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::money::Fen;

/// `{amount}`: yuan with up to two decimals. The loader demands that 元 follows, so that a text which was cut
/// short never passes for a smaller amount.
pub(super) const ANY: &str = r"(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)(?:\.[0-9]{1,2})?";

/// `{amount:2}`: yuan with exactly two decimals. It ends where it must end, so nothing need follow.
pub(super) const CENTS: &str = r"(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)\.[0-9]{2}";

/// Anything a person would take for a sum of money, well formed or not.
static MONEY: LazyLock<Regex> =
    LazyLock::new(|| mentions(r"(?:[¥￥$＄]|RMB|CNY|人民币)\s?({N})|({N})\s?(?:元|圆|块|RMB|CNY)"));

/// A sum of money that a text announces as received. Adverts write sums too (`收钱1笔得3元红包`), but not right
/// behind these words.
static ANNOUNCED: LazyLock<Regex> = LazyLock::new(|| {
    mentions(
        r"(?:成功收款|收款到账|支付宝到账|收款金额|向你付款|收到一笔转账)[:：]?\s?(?:[¥￥]\s?({N})|({N})\s?元)",
    )
});

fn mentions(pattern: &str) -> Regex {
    let number = r"\d[\d,，]*(?:[.．]\d+)?";
    Regex::new(&pattern.replace("{N}", number)).expect("a pattern of this file compiles")
}

/// How closely a field is searched for amounts that contradict the one read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Search {
    /// Every sum of money counts.
    Money,
    /// Only announced sums count: the field may carry an advert (`免费领600万元健康保障`).
    Announced,
}

/// Reads what a slot of [`ANY`] or [`CENTS`] matched. `None` for zero, and above [`Fen::MAX`].
pub(super) fn read(matched: &str) -> Option<Fen> {
    let amount =
        if matched.contains(',') { Fen::parse(&matched.replace(',', "")) } else { Fen::parse(matched) };
    amount.ok().filter(|amount| !amount.is_zero())
}

/// Whether the amount at `range` is a whole number of the field and not a part of a longer one.
///
/// A rule written carelessly (`.*{amount}元`) would otherwise read `2.00` out of `12.00` or `1 2.00`.
pub(super) fn stands_apart(field: &str, range: &Range<usize>) -> bool {
    let before = field.get(..range.start).unwrap_or_default();
    let before = before.strip_suffix(' ').unwrap_or(before);
    let after = field.get(range.end..).unwrap_or_default();
    let joins_before = |c: char| c.is_numeric() || matches!(c, '.' | ',' | '-' | '+' | '−' | '．' | '，');
    let joins_after =
        |c: char| c.is_numeric() || matches!(c, '.' | ',' | '%' | '万' | '千' | '百' | '亿' | '…');
    !before.ends_with(joins_before) && !after.starts_with(joins_after)
}

/// Whether every amount that `search` finds in the field is this one.
pub(super) fn agrees(field: &str, amount: Fen, search: Search) -> bool {
    let pattern = match search {
        Search::Money => &MONEY,
        Search::Announced => &ANNOUNCED,
    };
    pattern.captures_iter(field).all(|found| {
        let number = found.get(1).or_else(|| found.get(2));
        number.is_some_and(|number| Fen::parse(&number.as_str().replace(',', "")) == Ok(amount))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(grammar: &str) -> Regex {
        Regex::new(&format!(r"\A(?:{grammar})\z")).expect("the grammar compiles")
    }

    fn fen(fen: i64) -> Fen {
        Fen::new(fen).expect("within range")
    }

    #[test]
    fn an_amount_is_read_with_and_without_separators() {
        for (text, amount) in [
            ("0.01", 1),
            ("1", 100),
            ("0.5", 50),
            ("12.70", 1270),
            ("1,430.00", 143_000),
            ("1430.00", 143_000),
            ("1,234,567.8", 123_456_780),
        ] {
            assert!(whole(ANY).is_match(text), "{text}");
            assert_eq!(read(text), Some(fen(amount)), "{text}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_amount() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "01",
            "00.10",
            "-1.00",
            "+1",
            "1e3",
            "1.234",
            "1,00.00",
            "12,34",
            "1,2345",
            ",100",
            "1234,567",
            "0,100",
            "1.2.3",
            "１２.３４",
            "٣.٠٠",
            "1 2.00",
            "1_0",
        ] {
            assert!(!whole(ANY).is_match(text), "{text:?}");
            assert!(!whole(CENTS).is_match(text), "{text:?}");
        }
        for text in ["1", "1.0", "100", "1,000"] {
            assert!(!whole(CENTS).is_match(text), "{text:?}");
        }
    }

    #[test]
    fn nothing_and_too_much_are_no_receipts() {
        for text in ["0", "0.0", "0.00", "10000000.01", "99999999999999999999.00"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_part_of_a_longer_number_does_not_stand_apart() {
        for (field, number, apart) in [
            ("收款2.00元", "2.00", true),
            ("收款12.00元", "2.00", false),
            ("收款1 2.00元", "2.00", false),
            ("收款-2.00元", "2.00", false),
            ("收款2.00", "2.00", true),
            ("收款2.00…", "2.00", false),
            ("收款2.00万", "2.00", false),
            ("收款2.001", "2.00", false),
        ] {
            let start = field.find(number).expect("the number is there");
            assert_eq!(stands_apart(field, &(start..start + number.len())), apart, "{field}");
        }
    }

    #[test]
    fn another_sum_of_money_nearby_disagrees() {
        for (field, search, agree) in [
            ("微信支付收款1.17元(朋友到店)", Search::Money, true),
            ("微信支付收款1.17元(老顾客第20次消费)", Search::Money, true),
            ("到账¥1.17 到账¥500.00", Search::Money, false),
            ("到账¥1.17 到账￥１.１７", Search::Money, false),
            ("到账¥1.17，免费提现额度1000元", Search::Money, false),
            ("已转入余额 免费领600万元健康保障>>", Search::Announced, true),
            ("已转入余额 收钱1笔得3元红包，去看看>>", Search::Announced, true),
            ("已转入余额 本月收款100元可抽奖>>", Search::Announced, true),
            ("已转入余额 你已成功收款100.00元", Search::Announced, false),
            ("你已成功收款1.17元", Search::Announced, true),
            ("支付宝到账 88.00 元", Search::Announced, false),
        ] {
            assert_eq!(agrees(field, fen(117), search), agree, "{field}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_is_read_as_it_is_printed(amount in 1..=Fen::MAX.get()) {
            let amount = fen(amount);
            let text = amount.to_string();
            prop_assert!(whole(ANY).is_match(&text) && whole(CENTS).is_match(&text));
            prop_assert_eq!(read(&text), Some(amount));
            let notice = format!("收款{text}元");
            prop_assert!(agrees(&notice, amount, Search::Money));
        }

        #[test]
        fn no_text_that_the_grammar_takes_means_two_amounts(text in "[0-9,.]{1,14}") {
            if whole(ANY).is_match(&text) {
                let plain = text.replace(',', "");
                prop_assert_eq!(read(&text), Fen::parse(&plain).ok().filter(|amount| !amount.is_zero()));
            }
        }
    }
}
