//! The refusals that no rule file can switch off.
//!
//! Knows what makes a text unbelievable whatever its wording. Refuses to know wordings: those are rules.

use std::sync::LazyLock;

use regex::Regex;

use super::Seen;

/// The longest field that is read, in characters. Receipts have fewer than a hundred; the bound keeps a hostile
/// text from costing time.
pub const FIELD_CHARS_MAX: usize = 4_096;

/// A built-in refusal. Its name begins with `guard:`, which no rule's name can.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Guard {
    /// A field has more than [`FIELD_CHARS_MAX`] characters.
    TooLong,
    /// A control, format or line-breaking character: it can hide or reorder what a person sees.
    HiddenCharacter,
    /// A standing notification, such as Alipay's voice helper, which repeats the previous receipt.
    Ongoing,
    /// A summary of other notifications.
    GroupSummary,
    /// `[3条]` in front, but the sender behind it is not the title.
    ForeignSender,
    /// The words of a receipt on a notification channel that carries none.
    WrongChannel,
    /// Zero, or more than any wallet moves.
    AmountOutOfRange,
    /// The amount is a part of a longer number.
    AmountTorn,
    /// Another amount stands in the notice: two are none.
    AmountsDisagree,
    /// The payer's name or remark speaks of money: it may be written to be read as the amount.
    HostileName,
    /// Two rules read two receipts.
    RulesDisagree,
}

impl Guard {
    /// Every guard, in the order in which they stand.
    pub const ALL: [Guard; 11] = [
        Guard::TooLong,
        Guard::HiddenCharacter,
        Guard::Ongoing,
        Guard::GroupSummary,
        Guard::ForeignSender,
        Guard::WrongChannel,
        Guard::AmountOutOfRange,
        Guard::AmountTorn,
        Guard::AmountsDisagree,
        Guard::HostileName,
        Guard::RulesDisagree,
    ];

    /// The name that a refused reading carries in place of a rule's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Guard::TooLong => "guard:too-long",
            Guard::HiddenCharacter => "guard:hidden-character",
            Guard::Ongoing => "guard:ongoing",
            Guard::GroupSummary => "guard:group-summary",
            Guard::ForeignSender => "guard:foreign-sender",
            Guard::WrongChannel => "guard:wrong-channel",
            Guard::AmountOutOfRange => "guard:amount-out-of-range",
            Guard::AmountTorn => "guard:amount-torn",
            Guard::AmountsDisagree => "guard:amounts-disagree",
            Guard::HostileName => "guard:hostile-name",
            Guard::RulesDisagree => "guard:rules-disagree",
        }
    }
}

/// What can be said before any rule is asked.
pub(super) fn before_reading(seen: &Seen<'_>) -> Option<Guard> {
    let fields = [Some(seen.title), Some(seen.text), seen.big_text, seen.ticker];
    let any = |test: fn(&str) -> bool| fields.into_iter().flatten().any(test);
    if any(too_long) {
        Some(Guard::TooLong)
    } else if any(hides_characters) {
        Some(Guard::HiddenCharacter)
    } else if seen.ongoing {
        Some(Guard::Ongoing)
    } else if seen.group_summary {
        Some(Guard::GroupSummary)
    } else {
        None
    }
}

fn too_long(field: &str) -> bool {
    field.len() > FIELD_CHARS_MAX && field.chars().nth(FIELD_CHARS_MAX).is_some()
}

fn hides_characters(field: &str) -> bool {
    static HIDDEN: LazyLock<Regex> = LazyLock::new(|| {
        // Hangul fillers are letters to Unicode and blank to the eye; U+FFFD is what is left of a broken text.
        Regex::new(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\u{FFFD}\u{115F}\u{1160}\u{3164}\u{FFA0}]")
            .expect("a pattern of this file compiles")
    });
    HIDDEN.is_match(field)
}

/// Whether a name or remark that a payer chose speaks of money.
///
/// Real attacks: a payer named `X通过扫码向你付款10000.00元` who pays ¥0.01, or who sends an amountless transfer.
pub(super) fn hostile(chosen_by_payer: &str) -> bool {
    static MONEY_TALK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"付款|收款|到账|转账|转了|退款|[¥￥$＄]|\d\s?[元圆块]")
            .expect("a pattern of this file compiles")
    });
    MONEY_TALK.is_match(chosen_by_payer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_hides_or_reorders_is_found_in_any_field() {
        for hidden in [
            '\u{200b}', '\u{200e}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{ad}', '\n', '\0', '\u{2028}',
            '\u{3164}',
        ] {
            let text = format!("微信支付收款1.00{hidden}元");
            for seen in [
                Seen { title: &text, ..Seen::default() },
                Seen { text: &text, ..Seen::default() },
                Seen { big_text: Some(&text), ..Seen::default() },
                Seen { ticker: Some(&text), ..Seen::default() },
            ] {
                assert_eq!(before_reading(&seen), Some(Guard::HiddenCharacter), "{hidden:?}");
            }
        }
    }

    #[test]
    fn names_of_people_are_no_hidden_characters() {
        let seen =
            Seen {
                title: "收款通知", text: "❤️ Ünïcødé 小明 👍🏽通过扫码向你付款1元", ..Seen::default()
            };
        assert_eq!(before_reading(&seen), None);
    }

    #[test]
    fn a_field_may_be_as_long_as_the_bound_and_no_longer() {
        let longest = "元".repeat(FIELD_CHARS_MAX);
        let longer = format!("{longest}元");
        assert_eq!(before_reading(&Seen { text: &longest, ..Seen::default() }), None);
        assert_eq!(before_reading(&Seen { text: &longer, ..Seen::default() }), Some(Guard::TooLong));
    }

    #[test]
    fn a_name_that_speaks_of_money_is_hostile() {
        for name in ["X通过扫码向你付款10000.00元", "5元店", "￥", "退款", "你已成功收款1", "９ 块"]
        {
            assert!(hostile(name), "{name}");
        }
        for name in ["8888", "mc88小朋友", "元宝", "支付小能手", "Mr. 100%"] {
            assert!(!hostile(name), "{name}");
        }
    }

    #[test]
    fn every_guard_has_its_own_name() {
        let mut names: Vec<_> = Guard::ALL.iter().map(|guard| guard.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Guard::ALL.len());
    }
}
