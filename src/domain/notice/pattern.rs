//! From a pattern as a rule file writes it to a regular expression that fits the whole text.
//!
//! Knows the slots `{amount}`, `{amount:2}`, `{payer}` and `{remark}`, and anchors every pattern at both ends.
//! Refuses groups named by hand: how an amount is written is decided in one place, [`super::amount`].

use regex::{Regex, RegexBuilder};

use super::amount;
use super::error::RuleProblem;

/// Names and remarks are at most this long, in characters. Wallets allow fewer.
const CHOSEN_TEXT: &str = ".{1,40}";

/// A pattern may compile to at most this many bytes.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// A compiled pattern and the slots it has.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) regex: Regex,
    pub(super) amounts: usize,
    pub(super) has_names: bool,
}

/// Expands the slots, anchors, and compiles.
pub(super) fn compile(source: &str) -> Result<Pattern, RuleProblem> {
    if source.contains("(?P<") || source.contains("(?<") {
        return Err(RuleProblem::NamedGroup);
    }
    let loose_end =
        source.split("{amount}").skip(1).any(|rest| !rest.starts_with("元") && !rest.starts_with(" ?元"));
    if loose_end {
        return Err(RuleProblem::NoTerminator);
    }
    // Alone first: a pattern such as `a)|(b` would otherwise climb out of the anchors.
    build(&expand(source))?;
    let regex = build(&format!(r"\A(?:{})\z", expand(source)))?;
    let amounts = source.matches("{amount}").count() + source.matches("{amount:2}").count();
    let has_names = source.contains("{payer}") || source.contains("{remark}");
    Ok(Pattern { regex, amounts, has_names })
}

fn expand(source: &str) -> String {
    source
        .replace("{amount}", &format!("(?P<amount>{})", amount::ANY))
        .replace("{amount:2}", &format!("(?P<amount>{})", amount::CENTS))
        .replace("{payer}", &format!("(?P<payer>{CHOSEN_TEXT})"))
        .replace("{remark}", &format!("(?P<remark>{CHOSEN_TEXT})"))
}

fn build(pattern: &str) -> Result<Regex, RuleProblem> {
    RegexBuilder::new(pattern)
        .size_limit(COMPILED_BYTES_MAX)
        .build()
        .map_err(|error| RuleProblem::Pattern(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_the_whole_text_or_nothing() {
        let pattern = compile("收款{amount}元|完").expect("a good pattern");
        for (text, fits) in [
            ("收款1.00元", true),
            ("完", true),
            ("x收款1.00元", false),
            ("收款1.00元 ", false),
            ("完\n", false),
        ] {
            assert_eq!(pattern.regex.is_match(text), fits, "{text:?}");
        }
    }

    #[test]
    fn an_amount_needs_an_end() {
        for source in
            ["收款{amount}", "收款{amount}.*", "收款{amount}?元", "收款{amount}(?:元)?", "({amount})元"]
        {
            assert!(matches!(compile(source), Err(RuleProblem::NoTerminator)), "{source}");
        }
        for source in ["收款{amount}元", "收款{amount} ?元", "到账¥{amount:2}"] {
            assert!(compile(source).is_ok(), "{source}");
        }
    }

    #[test]
    fn a_pattern_cannot_bring_its_own_grammar_or_leave_the_anchors() {
        assert!(matches!(compile(r"(?P<amount>\d+)元"), Err(RuleProblem::NamedGroup)));
        assert!(matches!(compile(r"(?<amount>\d+)元"), Err(RuleProblem::NamedGroup)));
        for source in ["a)|(?:b", "(", "(?x)a #", "{amount}元{amount}元", ".{1,1000}{1,1000}", "{money}"] {
            assert!(matches!(compile(source), Err(RuleProblem::Pattern(_))), "{source}");
        }
    }
}
