//! A set of rules: the embedded file, an owner's file laid over it, and the index by package and title.
//!
//! Knows which rules may speak about a notice. Refuses to exist with a rule that fails its own examples.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::{RuleProblem, RulesError};
use super::file::{self, Rule, RuleFile, Titles};
use super::guard::Guard;
use super::{Reading, Seen, engine, examples};

/// The largest override file that is read, in bytes.
pub const OVERRIDES_BYTES_MAX: usize = 256 * 1024;

const EMBEDDED: &str = include_str!("rules.toml");

/// A compiled set of rules. It never changes: share it in an `Arc`, and replace the `Arc` to change rules.
#[derive(Debug)]
pub struct Rules {
    rules: Vec<Arc<Rule>>,
    packages: HashMap<String, Package>,
    guards: HashMap<Guard, Arc<str>>,
    version: String,
}

/// The rules of one package, by title. Lists are in reading order: refusals, receipts, hints.
#[derive(Debug, Default)]
pub(super) struct Package {
    by_title: HashMap<String, Vec<Arc<Rule>>>,
    /// For every other title: the rules whose titles are a shape.
    shaped: Vec<Arc<Rule>>,
}

/// What a rule does. The order is the order in which rules are asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Refuses a known shape that is no receipt.
    Refuse,
    /// Reads a receipt.
    Receipt,
    /// Reports money without an amount, or a hidden text.
    Hint,
}

/// Where a rule comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleOrigin {
    /// The file inside the program.
    Embedded,
    /// The owner's file.
    Owner,
}

impl fmt::Display for RuleOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RuleOrigin::Embedded => "embedded rules",
            RuleOrigin::Owner => "owner's rules",
        })
    }
}

/// A rule as it is listed to the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RuleSummary<'a> {
    /// Its name, which readings carry.
    pub name: &'a str,
    /// What it does.
    pub kind: RuleKind,
    /// Which file it comes from.
    pub origin: RuleOrigin,
    /// The package whose notices it reads.
    pub package: &'a str,
    /// The titles that it reads.
    pub titles: RuleTitles<'a>,
    /// The pattern of the text, with its slots.
    pub text: &'a str,
}

/// The titles of a listed rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleTitles<'a> {
    /// These, byte for byte.
    Exact(&'a [String]),
    /// Those that fit the pattern.
    Shape(&'a str),
}

impl Rules {
    /// The rules that the program brings along. They do not change, so a test reads their examples, and no start of a server.
    #[must_use]
    pub fn embedded() -> Rules {
        file::parse(EMBEDDED, RuleOrigin::Embedded)
            .map(|file| Rules::ordered(file.rules, file.version))
            .expect("the embedded rules compile")
    }

    /// The embedded rules with an owner's file laid over them.
    ///
    /// A rule of a new name is added, one of a known name replaces the embedded rule, and `enabled = false`
    /// switches a rule off. The guards stay whatever the file says. Every example of every rule that is left
    /// must hold for the rules together, so an override cannot make an embedded counter-example a receipt
    /// without replacing the rule that brings it.
    ///
    /// # Errors
    /// [`RulesError`], which names the rule and its line.
    pub fn with_overrides(overrides_toml: &str) -> Result<Rules, RulesError> {
        if overrides_toml.len() > OVERRIDES_BYTES_MAX {
            return Err(RulesError::TooLarge { bytes: overrides_toml.len() });
        }
        let embedded = file::parse(EMBEDDED, RuleOrigin::Embedded)?;
        let owner = file::parse(overrides_toml, RuleOrigin::Owner)?;
        let version = format!("{}+{:016x}", embedded.version, digest(overrides_toml));
        Rules::proven(lay_over(embedded.rules, owner)?, version)
    }

    fn proven(rules: Vec<Rule>, version: String) -> Result<Rules, RulesError> {
        // What a pattern remembers of its searches grows with the texts it sees, and a clone has a memory of its own.
        examples::verify(&Rules::ordered(rules.clone(), version.clone()))?;
        Ok(Rules::ordered(rules, version))
    }

    fn ordered(mut rules: Vec<Rule>, version: String) -> Rules {
        rules.sort_by_key(Rule::kind);
        let rules: Vec<Arc<Rule>> = rules.into_iter().map(Arc::new).collect();
        let guards = Guard::ALL.into_iter().map(|guard| (guard, guard.as_str().into())).collect();
        Rules { packages: index(&rules), rules, guards, version }
    }

    /// The version of the embedded rules and, with overrides, a digest of those.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Reads one notice. Never fails: what is not understood is [`Reading::Unread`].
    #[must_use]
    pub fn read(&self, seen: &Seen<'_>) -> Reading {
        engine::read(self, seen)
    }

    /// Every rule, in the order in which rules are asked.
    pub fn iter(&self) -> impl Iterator<Item = RuleSummary<'_>> {
        self.rules.iter().map(|rule| RuleSummary {
            name: &rule.name,
            kind: rule.kind(),
            origin: rule.origin,
            package: &rule.package,
            titles: match &rule.titles {
                Titles::Exact(titles) => RuleTitles::Exact(titles),
                Titles::Shape { source, .. } => RuleTitles::Shape(source),
            },
            text: &rule.text_source,
        })
    }

    pub(super) fn package(&self, package: &str) -> Option<&Package> {
        self.packages.get(package)
    }

    pub(super) fn compiled(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(AsRef::as_ref)
    }

    pub(super) fn refused(&self, guard: Guard) -> Reading {
        let rule = self.guards.get(&guard).map_or_else(|| guard.as_str().into(), Arc::clone);
        Reading::Refused { rule }
    }
}

impl Package {
    /// The rules that may speak about a notice of this title.
    pub(super) fn candidates(&self, title: &str) -> &[Arc<Rule>] {
        self.by_title.get(title).unwrap_or(&self.shaped)
    }
}

fn index(rules: &[Arc<Rule>]) -> HashMap<String, Package> {
    let mut packages: HashMap<String, Package> = HashMap::new();
    for rule in rules {
        let package = packages.entry(rule.package.clone()).or_default();
        match &rule.titles {
            Titles::Exact(titles) => {
                for title in titles {
                    package.by_title.entry(title.clone()).or_default();
                }
            }
            Titles::Shape { .. } => package.shaped.push(Arc::clone(rule)),
        }
    }
    for (name, package) in &mut packages {
        for (title, candidates) in &mut package.by_title {
            let speaks = |rule: &&Arc<Rule>| rule.package == *name && rule.titles.fit(title);
            candidates.extend(rules.iter().filter(speaks).map(Arc::clone));
        }
    }
    packages
}

fn lay_over(mut rules: Vec<Rule>, owner: RuleFile) -> Result<Vec<Rule>, RulesError> {
    let known: HashSet<Arc<str>> = rules.iter().map(|rule| Arc::clone(&rule.name)).collect();
    for (name, line) in owner.disabled {
        if !known.contains(name.as_str()) {
            let problem = RuleProblem::UnknownRule;
            return Err(RulesError::Rule { rule: name, origin: RuleOrigin::Owner, line, problem });
        }
        rules.retain(|rule| *rule.name != *name);
    }
    for new in owner.rules {
        match rules.iter_mut().find(|rule| rule.name == new.name) {
            Some(rule) => *rule = new,
            None => rules.push(new),
        }
    }
    Ok(rules)
}

/// FNV-1a, 64 bits. It tells versions of a file apart; it proves nothing.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
