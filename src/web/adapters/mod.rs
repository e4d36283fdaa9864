//! Translators from what other phones and pages already speak. Each is off until it is switched on, and holds no rules.

pub mod article;
