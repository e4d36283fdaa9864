//! Reading one notice with a set of rules.
//!
//! Knows the order: guards, refusals, receipts, hints. Refuses to choose: two rules that read two amounts, or a
//! second amount anywhere in the notice, are no receipt.

use std::sync::Arc;

use regex::{Captures, Match};

use super::amount::{self, Search};
use super::file::{Effect, ReceiptFacts, Rule, Titles};
use super::guard::{self, Guard};
use super::prefix::{self, Stripped};
use super::{ReadReceipt, Reading, Rules, Seen};
use crate::domain::money::Fen;

/// Reads one notice.
pub(super) fn read(rules: &Rules, seen: &Seen<'_>) -> Reading {
    let Some(package) = rules.package(seen.package) else {
        return Reading::Unread;
    };
    if let Some(guard) = guard::before_reading(seen) {
        return rules.refused(guard);
    }
    let candidates = package.candidates(seen.title);
    let mut message = seen.text;
    if candidates.iter().any(|rule| rule.counter) {
        match prefix::strip(seen.title, seen.text) {
            Stripped::Message(stripped) => message = stripped,
            Stripped::ForeignSender => return rules.refused(Guard::ForeignSender),
        }
    }
    ask(candidates, seen, message).unwrap_or_else(|guard| rules.refused(guard))
}

/// Asks the rules in their order. `message` is the text without what WeChat put in front of it.
fn ask(candidates: &[Arc<Rule>], seen: &Seen<'_>, message: &str) -> Result<Reading, Guard> {
    let mut found: Option<ReadReceipt> = None;
    for rule in candidates {
        let text = if rule.counter { message } else { seen.text };
        match &rule.effect {
            Effect::Refuse if rule.fits(seen.title, text) => {
                return Ok(Reading::Refused { rule: Arc::clone(&rule.name) });
            }
            Effect::Hint(kind) if found.is_none() && rule.fits(seen.title, text) => {
                return Ok(Reading::Hint { rule: Arc::clone(&rule.name), kind: *kind });
            }
            Effect::Receipt(facts) => {
                let read = receipt(rule, facts, seen, text)?;
                match (&found, &read) {
                    (Some(first), Some(second)) if !first.agrees(second) => return Err(Guard::RulesDisagree),
                    (Some(_), _) => {}
                    (None, _) => found = read,
                }
            }
            Effect::Refuse | Effect::Hint(_) => {}
        }
    }
    Ok(found.map_or(Reading::Unread, Reading::Receipt))
}

impl ReadReceipt {
    fn agrees(&self, other: &ReadReceipt) -> bool {
        self.amount == other.amount && self.channel == other.channel
    }
}

impl Titles {
    /// Whether the rule speaks about notices of this title.
    pub(super) fn fit(&self, title: &str) -> bool {
        match self {
            Titles::Exact(titles) => titles.iter().any(|known| known == title),
            Titles::Shape { pattern, .. } => pattern.regex.is_match(title),
        }
    }
}

impl Rule {
    fn fits(&self, title: &str, text: &str) -> bool {
        // Exact titles were looked up already; only a shape is left to be asked.
        let title_fits = match &self.titles {
            Titles::Exact(_) => true,
            Titles::Shape { pattern, .. } => pattern.regex.is_match(title),
        };
        title_fits && self.text.regex.is_match(text)
    }
}

/// The receipt that a rule reads, `None` where its patterns do not fit, and a guard where they fit and must
/// not be believed.
fn receipt(
    rule: &Rule,
    facts: &ReceiptFacts,
    seen: &Seen<'_>,
    text: &str,
) -> Result<Option<ReadReceipt>, Guard> {
    let title_groups = match &rule.titles {
        Titles::Exact(_) => None,
        Titles::Shape { pattern, .. } => match pattern.regex.captures(seen.title) {
            Some(groups) => Some(groups),
            None => return Ok(None),
        },
    };
    let Some(text_groups) = rule.text.regex.captures(text) else {
        return Ok(None);
    };
    let in_title = title_groups.as_ref().and_then(|groups| groups.name("amount"));
    let place = match (in_title, text_groups.name("amount")) {
        (Some(number), _) => Place { number, field: seen.title, others: Search::Announced },
        (None, Some(number)) => Place { number, field: text, others: Search::Money },
        (None, None) => return Ok(None),
    };
    let (payer, remark) = (name(&text_groups, "payer")?, name(&text_groups, "remark")?);
    let amount = place.amount()?;
    facts.allow(seen)?;
    place.nothing_contradicts(amount, seen, text)?;
    Ok(Some(ReadReceipt {
        channel: facts.channel,
        amount,
        payer,
        remark,
        rule: Arc::clone(&rule.name),
        announcer: facts.announcer.as_deref().unwrap_or(seen.title).to_owned(),
        pins_id: facts.pins_id,
    }))
}

/// A name or remark, unless it was chosen to be mistaken for money.
fn name(groups: &Captures<'_>, group: &str) -> Result<Option<String>, Guard> {
    match groups.name(group).map(|found| found.as_str()) {
        Some(found) if guard::hostile(found) => Err(Guard::HostileName),
        found => Ok(found.map(ToOwned::to_owned)),
    }
}

impl ReceiptFacts {
    fn allow(&self, seen: &Seen<'_>) -> Result<(), Guard> {
        match seen.channel_id {
            Some(id) if !self.channel_ids.is_empty() && !self.channel_ids.iter().any(|known| known == id) => {
                Err(Guard::WrongChannel)
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Where the amount stands.
struct Place<'a> {
    number: Match<'a>,
    field: &'a str,
    /// How closely the fields are searched that the amount does not stand in.
    others: Search,
}

impl Place<'_> {
    fn amount(&self) -> Result<Fen, Guard> {
        if !amount::stands_apart(self.field, &self.number.range()) {
            return Err(Guard::AmountTorn);
        }
        amount::read(self.number.as_str()).ok_or(Guard::AmountOutOfRange)
    }

    fn nothing_contradicts(&self, amount: Fen, seen: &Seen<'_>, text: &str) -> Result<(), Guard> {
        let others = [
            Some(seen.title),
            Some(text),
            seen.big_text.filter(|big| *big != seen.text),
            seen.ticker.filter(|ticker| *ticker != seen.text),
        ];
        let agree = amount::agrees(self.field, amount, Search::Money)
            && others
                .into_iter()
                .flatten()
                .all(|field| field == self.field || amount::agrees(field, amount, self.others));
        if agree { Ok(()) } else { Err(Guard::AmountsDisagree) }
    }
}
