//! The form of a rule file, and the way from its text to compiled rules.
//!
//! Knows which keys a rule of each kind needs and refuses keys that would mean nothing. Refuses to judge what
//! the rules read: their examples do that ([`super::examples`]).

use std::collections::HashSet;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::error::{RuleProblem, RulesError};
use super::pattern::{self, Pattern};
use super::rules::{RuleKind, RuleOrigin};
use super::{HintKind, Seen};
use crate::domain::channel::Channel;

/// A rule file as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    version: String,
    #[serde(default)]
    rule: Vec<RawRule>,
}

/// One `[[rule]]`. `rules.toml` explains the keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: Spanned<String>,
    #[serde(default = "enabled")]
    enabled: bool,
    kind: Option<RuleKind>,
    package: Option<String>,
    #[serde(default)]
    titles: Vec<String>,
    title: Option<String>,
    text: Option<String>,
    #[serde(default)]
    counter: bool,
    channel: Option<Channel>,
    #[serde(default)]
    channel_ids: Vec<String>,
    announcer: Option<String>,
    #[serde(default)]
    pins_id: bool,
    hint: Option<HintKind>,
    #[serde(default)]
    accept: Vec<Spanned<Example>>,
    #[serde(default)]
    reject: Vec<Spanned<Example>>,
}

const fn enabled() -> bool {
    true
}

/// A notice that a rule brings along to prove itself, and what it must be read as.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Example {
    title: Option<String>,
    text: String,
    big_text: Option<String>,
    channel_id: Option<String>,
    pub(super) amount: Option<String>,
    pub(super) payer: Option<String>,
    pub(super) remark: Option<String>,
}

impl Example {
    /// The notice that the example stands for, as the rule's package would post it.
    pub(super) fn seen<'a>(&'a self, rule: &'a Rule) -> Seen<'a> {
        let first_title = match &rule.titles {
            Titles::Exact(titles) => titles.first().map(String::as_str),
            Titles::Shape { .. } => None,
        };
        Seen {
            package: &rule.package,
            title: self.title.as_deref().or(first_title).unwrap_or_default(),
            text: &self.text,
            big_text: self.big_text.as_deref(),
            channel_id: self.channel_id.as_deref(),
            ..Seen::default()
        }
    }
}

/// A compiled rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) name: Arc<str>,
    pub(super) origin: RuleOrigin,
    pub(super) package: String,
    pub(super) titles: Titles,
    pub(super) text_source: String,
    pub(super) text: Pattern,
    /// Whether `[3条]title: ` may stand in front of the text.
    pub(super) counter: bool,
    pub(super) effect: Effect,
    /// Examples with their lines.
    pub(super) accept: Vec<(usize, Example)>,
    pub(super) reject: Vec<(usize, Example)>,
}

/// Which titles a rule reads.
#[derive(Clone, Debug)]
pub(super) enum Titles {
    /// These, byte for byte.
    Exact(Vec<String>),
    /// Those of a shape.
    Shape { source: String, pattern: Pattern },
}

/// What a rule does with a notice that fits.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    Refuse,
    Receipt(ReceiptFacts),
    Hint(HintKind),
}

/// What a receipt rule adds to what it reads.
#[derive(Clone, Debug)]
pub(super) struct ReceiptFacts {
    pub(super) channel: Channel,
    /// Where the phone sends the notification channel, it must be one of these (when there are any).
    pub(super) channel_ids: Vec<String>,
    /// In place of the title, where that is the amount.
    pub(super) announcer: Option<String>,
    pub(super) pins_id: bool,
}

impl Rule {
    pub(super) const fn kind(&self) -> RuleKind {
        match self.effect {
            Effect::Refuse => RuleKind::Refuse,
            Effect::Receipt(_) => RuleKind::Receipt,
            Effect::Hint(_) => RuleKind::Hint,
        }
    }
}

/// A file of compiled rules, with the names that it switches off.
pub(super) struct RuleFile {
    pub(super) version: String,
    pub(super) rules: Vec<Rule>,
    /// Names and their lines.
    pub(super) disabled: Vec<(String, usize)>,
}

/// Parses and compiles a rule file.
pub(super) fn parse(source: &str, origin: RuleOrigin) -> Result<RuleFile, RulesError> {
    let raw: RawFile = toml::from_str(source).map_err(|error| RulesError::Toml(Box::new(error)))?;
    let mut file = RuleFile { version: raw.version, rules: Vec::new(), disabled: Vec::new() };
    let mut names = HashSet::new();
    for raw in raw.rule {
        let (name, line) = (raw.name.get_ref().clone(), line_at(source, raw.name.span().start));
        let refuse = |problem| RulesError::Rule { rule: name.clone(), origin, line, problem };
        if !is_name(&name) {
            return Err(refuse(RuleProblem::Name));
        }
        if !names.insert(name.clone()) {
            return Err(refuse(RuleProblem::Duplicate));
        }
        if raw.enabled {
            file.rules.push(compile(raw, source, origin).map_err(refuse)?);
        } else {
            file.disabled.push((name, line));
        }
    }
    Ok(file)
}

fn is_name(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(letter)
}

fn line_at(source: &str, offset: usize) -> usize {
    let before = source.as_bytes().get(..offset).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

fn compile(raw: RawRule, source: &str, origin: RuleOrigin) -> Result<Rule, RuleProblem> {
    let titles = titles(&raw)?;
    let text_source = raw.text.clone().ok_or(RuleProblem::Missing("text"))?;
    let text = pattern::compile(&text_source)?;
    let effect = effect(&raw, &titles, &text)?;
    if raw.counter && matches!(titles, Titles::Shape { .. }) {
        return Err(RuleProblem::Unwanted("counter"));
    }
    if raw.accept.is_empty() {
        return Err(RuleProblem::Missing("accept"));
    }
    let examples = |list: Vec<Spanned<Example>>| -> Vec<(usize, Example)> {
        list.into_iter()
            .map(|example| (line_at(source, example.span().start), example.into_inner()))
            .collect()
    };
    Ok(Rule {
        name: raw.name.into_inner().into(),
        origin,
        package: raw.package.filter(|name| !name.is_empty()).ok_or(RuleProblem::Missing("package"))?,
        titles,
        text_source,
        text,
        counter: raw.counter,
        effect,
        accept: examples(raw.accept),
        reject: examples(raw.reject),
    })
}

fn titles(raw: &RawRule) -> Result<Titles, RuleProblem> {
    match (&raw.title, raw.titles.is_empty()) {
        (None, true) => Err(RuleProblem::Missing("titles")),
        (Some(_), false) => Err(RuleProblem::Unwanted("title")),
        (None, false) if raw.titles.iter().any(String::is_empty) => Err(RuleProblem::Missing("titles")),
        (None, false) => Ok(Titles::Exact(raw.titles.clone())),
        (Some(source), true) => {
            let pattern = pattern::compile(source)?;
            if pattern.has_names {
                return Err(RuleProblem::Unwanted("title with {payer} or {remark}"));
            }
            Ok(Titles::Shape { source: source.clone(), pattern })
        }
    }
}

fn effect(raw: &RawRule, titles: &Titles, text: &Pattern) -> Result<Effect, RuleProblem> {
    let kind = raw.kind.ok_or(RuleProblem::Missing("kind"))?;
    let stray = [
        ("hint", raw.hint.is_some() && kind != RuleKind::Hint),
        ("channel", raw.channel.is_some() && kind != RuleKind::Receipt),
        ("channel_ids", !raw.channel_ids.is_empty() && kind != RuleKind::Receipt),
        ("announcer", raw.announcer.is_some() && kind != RuleKind::Receipt),
        ("pins_id", raw.pins_id && kind != RuleKind::Receipt),
    ];
    if let Some((key, _)) = stray.into_iter().find(|(_, is_stray)| *is_stray) {
        return Err(RuleProblem::Unwanted(key));
    }
    match kind {
        RuleKind::Refuse => Ok(Effect::Refuse),
        RuleKind::Hint => raw.hint.map(Effect::Hint).ok_or(RuleProblem::Missing("hint")),
        RuleKind::Receipt => receipt_facts(raw, titles, text).map(Effect::Receipt),
    }
}

fn receipt_facts(raw: &RawRule, titles: &Titles, text: &Pattern) -> Result<ReceiptFacts, RuleProblem> {
    let channel = raw.channel.ok_or(RuleProblem::Missing("channel"))?;
    if channel == Channel::AlipayOfficial {
        return Err(RuleProblem::OfficialChannel);
    }
    let amounts_in_title = match (titles, &raw.announcer) {
        (Titles::Exact(_), None) => 0,
        (Titles::Exact(_), Some(_)) => return Err(RuleProblem::Unwanted("announcer")),
        (Titles::Shape { .. }, None) => return Err(RuleProblem::Missing("announcer")),
        (Titles::Shape { pattern, .. }, Some(_)) => pattern.amounts,
    };
    if amounts_in_title + text.amounts != 1 {
        return Err(RuleProblem::Amounts);
    }
    if raw.reject.is_empty() {
        return Err(RuleProblem::Missing("reject"));
    }
    if raw.accept.iter().any(|example| example.get_ref().amount.is_none()) {
        return Err(RuleProblem::Missing("amount in each accept example"));
    }
    Ok(ReceiptFacts {
        channel,
        channel_ids: raw.channel_ids.clone(),
        announcer: raw.announcer.clone(),
        pins_id: raw.pins_id,
    })
}
