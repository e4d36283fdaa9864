//! Verbs about memberships that renew themselves.

use super::{Inserted, Page, Result};
use crate::domain::id::{AgreementId, OrderId};
use crate::domain::subscription::{Agreement, Charge};
use crate::domain::time::{Day, Timestamp};

/// Agreements and the charges made by them.
pub trait AgreementRead {
    /// An agreement.
    fn agreement(&self, id: AgreementId) -> Result<Option<Agreement>>;
    /// An agreement by our number at the gateway.
    fn agreement_by_number(&self, number: &str) -> Result<Option<Agreement>>;
    /// The agreements that prolong the time of an order and its renewals, newest first: at most one has not ended.
    fn agreements_of(&self, first: OrderId) -> Result<Vec<Agreement>>;
    /// Agreements, newest first.
    fn agreements(&self, page: Page) -> Result<Vec<Agreement>>;
    /// Agreements in force whose next period is due from `from` to `until` and has no charge, longest due first.
    fn agreements_to_plan(&self, from: Day, until: Day, limit: u32) -> Result<Vec<Agreement>>;
    /// Agreements to be looked at by `now`, longest due first.
    fn agreements_to_look_at(&self, now: Timestamp, limit: u32) -> Result<Vec<Agreement>>;
    /// A charge by our number.
    fn charge(&self, number: &str) -> Result<Option<Charge>>;
    /// The charges of an agreement, newest first.
    fn charges_of(&self, agreement: AgreementId, limit: u32) -> Result<Vec<Charge>>;
    /// Charges about which something is to be done by `now`, longest due first.
    fn charges_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Charge>>;
}

/// Changes to agreements and charges.
pub trait AgreementWrite {
    /// A new agreement; conflicts where the number is used or the order has one that has not ended.
    fn insert_agreement(&mut self, agreement: &Agreement) -> Result<Inserted>;
    /// Writes the gateway's number, state, ending, due day, times and the next look of an agreement.
    fn update_agreement(&mut self, agreement: &Agreement) -> Result<()>;
    /// A new charge, whose trade is there already; conflicts where the number is used or the period has a charge that has
    /// not failed.
    fn insert_charge(&mut self, charge: &Charge) -> Result<Inserted>;
    /// Writes state, problem, times and the next step of a charge. One that was paid cannot be changed.
    fn update_charge(&mut self, charge: &Charge) -> Result<()>;
}
