//! Why a rule file is not taken. Every error names the rule and its line, for an owner who edits the file by
//! hand.

use std::fmt;

use super::rules::RuleOrigin;

/// A rule file that cannot be used. Nothing of it is: half a rule set would read half the receipts.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The file is larger than [`super::OVERRIDES_BYTES_MAX`].
    #[error("the rule file has {bytes} bytes; the most is {}", super::OVERRIDES_BYTES_MAX)]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not TOML, or keys that no rule has. The source says where.
    #[error("the rule file is not valid TOML")]
    Toml(#[source] Box<toml::de::Error>),
    /// A rule that cannot be compiled.
    #[error("rule {rule} ({origin}, line {line}) cannot be used")]
    Rule {
        /// The rule's name.
        rule: String,
        /// The file it stands in.
        origin: RuleOrigin,
        /// The line of its name.
        line: usize,
        /// What is wrong with it.
        #[source]
        problem: RuleProblem,
    },
    /// A rule whose own example is read differently by the rules together.
    #[error("rule {rule} ({origin}): its {list} example at line {line} gives {found}")]
    Example {
        /// The rule's name.
        rule: String,
        /// The file it stands in.
        origin: RuleOrigin,
        /// Which of its lists holds the example.
        list: ExampleList,
        /// The line of the example.
        line: usize,
        /// What the rules made of the example.
        found: String,
    },
}

/// The two lists of examples that a rule has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExampleList {
    /// Notices that the rule must take.
    Accept,
    /// Notices that the rule must not take.
    Reject,
}

impl fmt::Display for ExampleList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExampleList::Accept => "accept",
            ExampleList::Reject => "reject",
        })
    }
}

/// What is wrong with one rule.
#[derive(Debug, thiserror::Error)]
pub enum RuleProblem {
    /// The name is not made of 1 to 64 of `a-z`, `0-9` and `-`.
    #[error("a name is 1 to 64 of a-z, 0-9 and -")]
    Name,
    /// The file has this name twice.
    #[error("the file has two rules of this name")]
    Duplicate,
    /// `enabled = false` for a rule that does not exist.
    #[error("there is no rule of this name to switch off")]
    UnknownRule,
    /// A key without which the rule means nothing.
    #[error("it needs `{0}`")]
    Missing(&'static str),
    /// A key that means nothing for a rule of this kind.
    #[error("`{0}` means nothing here")]
    Unwanted(&'static str),
    /// The official API signs what it says; no notice speaks for it.
    #[error("a notice comes from wechat or alipay, not from the official API")]
    OfficialChannel,
    /// A group named by hand.
    #[error("write {{amount}}, {{amount:2}}, {{payer}} or {{remark}} in place of a named group")]
    NamedGroup,
    /// `{amount}` at an open end: a text that was cut short would be read as a smaller amount.
    #[error("元 must follow {{amount}} directly; where the amount ends the text, write {{amount:2}}")]
    NoTerminator,
    /// A receipt without an amount, or with two places for it.
    #[error("a receipt has exactly one amount, in its title or in its text")]
    Amounts,
    /// The pattern does not compile.
    #[error("the pattern is not a regular expression")]
    Pattern(#[source] Box<regex::Error>),
}
