//! What truly happened: which money came in when, for whom, and what the phones saw of it. Matcha never sees this.

use std::collections::{HashMap, HashSet};

use matcha::domain::id::AccountId;

use crate::world::Announcer;

/// Money that truly came in.
#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub(super) account: AccountId,
    pub(super) amount: i64,
    /// The order it was made for, if any.
    pub(super) meant: Option<i64>,
    /// How many notices tell of it.
    pub(super) voices: usize,
}

/// What a notice tells, and whether it is true.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tells {
    /// Of the payment of that number.
    Payment(usize),
    /// Of money that never came in.
    Nothing,
}

/// A notice on a phone.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) tells: Tells,
    pub(super) phone: usize,
    pub(super) announcer: Announcer,
    /// When it was posted, by the true clock.
    pub(super) posted: i64,
    /// Its object, as sent, once the phone has it.
    pub(super) raw: String,
    /// True once the phone was told that it is stored.
    pub(super) acknowledged: bool,
}

/// All that truly happened.
#[derive(Default)]
pub(super) struct Truth {
    pub(super) payments: Vec<Payment>,
    pub(super) told: Vec<Told>,
    /// Every text that a phone sent, and the notice it stands for: a notice may be sent in two texts.
    pub(super) texts: HashMap<(usize, String), usize>,
    /// What makes a notice the same notice: nothing tells two apart that one phone shows alike at one time (M9).
    pub(super) shown: HashSet<(usize, i64, String)>,
}

impl Truth {
    pub(super) fn payment_of(&self, told: usize) -> Option<usize> {
        match self.told[told].tells {
            Tells::Payment(number) => Some(number),
            Tells::Nothing => None,
        }
    }
}
