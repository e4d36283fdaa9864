//! The exam: every notice of the corpus, by tier.
//!
//! `core` must be read to exactly that amount, `soft` and `secondary` to that amount or not at all, and `neg`
//! never. Rows marked `gate = "id"` carry the very words of a receipt: only the notification id, which no
//! rule sees, tells them apart.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Reading, Rules, Seen};
use crate::domain::channel::Channel;
use crate::domain::money::Fen;

#[derive(Deserialize)]
struct Row {
    id: String,
    package: String,
    title: String,
    text: String,
    tier: String,
    amount: Option<String>,
    payer: Option<String>,
    gate: Option<String>,
}

impl Row {
    fn reading(&self, rules: &Rules) -> Reading {
        rules.read(&Seen { package: &self.package, title: &self.title, text: &self.text, ..Seen::default() })
    }

    /// What is wrong with the reading, if anything.
    fn fault(&self, reading: &Reading) -> Option<String> {
        let told_by_id_alone = self.gate.as_deref() == Some("id");
        match (self.tier.as_str(), reading.receipt()) {
            ("core", None) => Some(format!("must be read, is {reading:?}")),
            ("core" | "soft" | "secondary", Some(receipt)) => {
                let amount = self.amount.as_deref().map(|yuan| Fen::parse(yuan).expect("a yuan string"));
                if amount != Some(receipt.amount) {
                    Some(format!(
                        "is {}, was read as {}",
                        self.amount.as_deref().unwrap_or("nothing"),
                        receipt.amount
                    ))
                } else if receipt.payer.is_some() && receipt.payer != self.payer {
                    Some(format!("came from {:?}, was read as {:?}", self.payer, receipt.payer))
                } else if self.tier == "core" && self.payer != receipt.payer {
                    Some(format!("misses the payer {:?}", self.payer))
                } else {
                    None
                }
            }
            ("soft" | "secondary", None) => None,
            ("neg", Some(_)) if !told_by_id_alone => Some(format!("must be refused, is {reading:?}")),
            ("neg", _) => None,
            (tier, _) => Some(format!("has an unknown tier {tier}")),
        }
    }
}

fn corpus() -> Vec<Row> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/corpus/notifications.jsonl");
    let lines = std::fs::read_to_string(path).expect("the corpus is beside the code");
    lines.lines().map(|line| serde_json::from_str(line).expect("a row of the corpus")).collect()
}

#[test]
fn the_embedded_rules_keep_what_their_examples_promise() {
    super::examples::verify(&Rules::embedded()).expect("each promise is kept");
}

#[test]
fn every_notice_of_the_corpus_is_read_as_its_tier_demands() {
    let rules = Rules::embedded();
    let faults: Vec<String> = corpus()
        .iter()
        .filter_map(|row| {
            let fault = row.fault(&row.reading(&rules))?;
            Some(format!("{} [{}] {:?} {:?}: {fault}", row.id, row.tier, row.title, row.text))
        })
        .collect();
    assert!(faults.is_empty(), "{} rows fail:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_soft_rows_that_are_safe_to_read_are_read() {
    let rules = Rules::embedded();
    let mut outcomes: BTreeMap<(String, &str), Vec<String>> = BTreeMap::new();
    for row in corpus() {
        let outcome = match row.reading(&rules) {
            Reading::Receipt(_) => "read",
            Reading::Refused { .. } => "refused",
            Reading::Hint { .. } => "hint",
            Reading::Unread => "unread",
        };
        outcomes.entry((row.tier, outcome)).or_default().push(row.id);
    }
    for ((tier, outcome), rows) in &outcomes {
        let names = if tier == "soft" && *outcome == "read" { rows.join(" ") } else { String::new() };
        println!("{tier} {outcome}: {} {names}", rows.len());
    }
    let soft_read = outcomes.get(&("soft".to_owned(), "read")).map_or(0, Vec::len);
    assert!(soft_read >= 15, "only {soft_read} soft rows are read");
}

#[test]
fn every_wechat_announcer_is_pinned_by_its_id_and_no_alipay_announcer_is() {
    let rules = Rules::embedded();
    for row in corpus() {
        if let Some(receipt) = row.reading(&rules).receipt() {
            assert_eq!(receipt.pins_id, receipt.channel == Channel::Wechat, "{}", row.id);
            let announcer = if receipt.rule.as_ref() == "alipay-code" { "支付宝" } else { &row.title };
            assert_eq!(receipt.announcer, announcer, "{}", row.id);
        }
    }
}

#[test]
fn rows_that_only_the_id_tells_apart_are_few() {
    let gated: Vec<String> =
        corpus().into_iter().filter(|row| row.gate.as_deref() == Some("id")).map(|row| row.id).collect();
    assert!(gated.len() <= 3, "{gated:?}");
}
