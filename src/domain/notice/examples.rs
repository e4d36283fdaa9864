//! Rules prove themselves: every example of every rule is read by the rules together when they are loaded.
//!
//! Knows what an example promises. Refuses a set of rules in which one promise is broken, wherever the rule
//! that breaks it stands.

use super::error::{ExampleList, RulesError};
use super::file::{Effect, Example, Rule};
use super::{Reading, Rules};
use crate::domain::money::Fen;

/// Reads every example.
pub(super) fn verify(rules: &Rules) -> Result<(), RulesError> {
    for rule in rules.compiled() {
        let accepts = rule.accept.iter().map(|example| (ExampleList::Accept, example));
        let rejects = rule.reject.iter().map(|example| (ExampleList::Reject, example));
        for (list, (line, example)) in accepts.chain(rejects) {
            let reading = rules.read(&example.seen(rule));
            let kept = match list {
                ExampleList::Accept => accepted(rule, example, &reading),
                ExampleList::Reject => rejected(rule, &reading),
            };
            if !kept {
                let (rule, origin, line) = (rule.name.to_string(), rule.origin, *line);
                return Err(RulesError::Example { rule, origin, list, line, found: describe(&reading) });
            }
        }
    }
    Ok(())
}

/// An accepted example is read by this very rule, and a receipt to exactly what the example says.
fn accepted(rule: &Rule, example: &Example, reading: &Reading) -> bool {
    let by_this_rule = reading.rule() == Some(&rule.name);
    match (&rule.effect, reading) {
        (Effect::Refuse, Reading::Refused { .. }) | (Effect::Hint(_), Reading::Hint { .. }) => by_this_rule,
        (Effect::Receipt(_), Reading::Receipt(receipt)) => {
            let amount = example.amount.as_deref().and_then(|yuan| Fen::parse(yuan).ok());
            by_this_rule
                && amount == Some(receipt.amount)
                && example.payer == receipt.payer
                && example.remark == receipt.remark
        }
        (Effect::Refuse | Effect::Hint(_) | Effect::Receipt(_), _) => false,
    }
}

/// A rejected example of a receipt rule is no receipt at all, by whatever rule. A rejected example of another
/// rule only escapes that rule.
fn rejected(rule: &Rule, reading: &Reading) -> bool {
    match &rule.effect {
        Effect::Receipt(_) => reading.receipt().is_none(),
        Effect::Refuse | Effect::Hint(_) => reading.rule() != Some(&rule.name),
    }
}

fn describe(reading: &Reading) -> String {
    match reading {
        Reading::Receipt(receipt) => format!("a receipt of {} by rule {}", receipt.amount, receipt.rule),
        Reading::Refused { rule } => format!("a refusal by {rule}"),
        Reading::Hint { rule, .. } => format!("a hint by rule {rule}"),
        Reading::Unread => "nothing: no rule reads it".to_owned(),
    }
}
