//! What must be true when all is over.

use std::collections::{BTreeMap, HashMap};

use super::super::rows::ReceiptRow;
use super::super::town::Sim;
use super::{BLUR, ECHO};

impl Sim {
    /// When all is over nothing is left hanging, and every payment is somewhere.
    pub(in super::super) fn check_the_end(&mut self) {
        for order in self.seen.orders.values() {
            assert!(
                order.status != "pending" && order.hold.as_ref().is_none_or(|hold| !hold.live),
                "{order:?} is left over"
            );
        }
        for (told, notice) in self.truth.told.iter().enumerate() {
            assert!(notice.acknowledged, "notice {told} never came home");
        }
        assert_eq!(
            self.seen.receipts.len(),
            self.truth.told.len(),
            "each notice of this town has its receipt"
        );
        // Conservation: of each account's money at each amount, no payment is hidden behind another, and each that
        // stands alone is there once.
        let mut firsts: BTreeMap<(i64, i64), usize> = BTreeMap::new();
        let mut of_payment: HashMap<usize, Vec<&ReceiptRow>> = HashMap::new();
        for receipt in self.seen.receipts.values() {
            if let Some(number) = self.truth.payment_of(self.told_of[&receipt.notice]) {
                of_payment.entry(number).or_default().push(receipt);
                if receipt.echo_of.is_none() {
                    *firsts
                        .entry((self.truth.payments[number].account.raw(), receipt.amount))
                        .or_default() += 1;
                }
            }
        }
        let mut made: BTreeMap<(i64, i64), usize> = BTreeMap::new();
        for (number, payment) in self.truth.payments.iter().enumerate() {
            *made.entry((payment.account.raw(), payment.amount)).or_default() += 1;
            assert_eq!(of_payment.get(&number).map_or(0, Vec::len), payment.voices, "payment {number}");
        }
        if self.no_account_hides_another() {
            for (key, made) in &made {
                let kept = firsts.get(key).copied().unwrap_or(0);
                assert!(
                    kept >= *made,
                    "{made} payments of {key:?} and only {kept} receipts that are no echo"
                );
            }
        }
        let alone = self.alone(&of_payment);
        (0..alone).for_each(|_| self.tally.count("payments that stand alone"));
        self.tally.count("runs");
    }

    /// On a phone that hears two accounts no notice tells which one it is of, and neither do its echoes.
    pub(in super::super) fn no_account_hides_another(&self) -> bool {
        self.phones.iter().all(|p| p.voices.iter().all(|v| v.profile == 0))
    }

    /// A payment that no other of its amount is near to is one receipt with its echoes; how many are such.
    pub(in super::super) fn alone(&self, of_payment: &HashMap<usize, Vec<&ReceiptRow>>) -> usize {
        let mut counted = 0;
        for (number, receipts) in of_payment {
            let (first, last) = (receipts.iter().map(|r| r.from).min(), receipts.iter().map(|r| r.to).max());
            let (Some(from), Some(to)) = (first, last) else { continue };
            let known_well = receipts.iter().all(|r| r.to - r.from <= BLUR);
            let crowd = self.seen.receipts.values().filter(|r| {
                r.amount == receipts[0].amount && r.to >= from - 2 * ECHO && r.from <= to + 2 * ECHO
            });
            // A hold that begins or ends between two voices makes the second one a riddle, rightly.
            let near = from - ECHO..=to + ECHO;
            let edge = self.seen.orders.values().filter_map(|o| o.hold.as_ref()).any(|hold| {
                let edges = [hold.starts_at, hold.release_at];
                hold.amount == receipts[0].amount && edges.iter().any(|edge| near.contains(edge))
            });
            // And so does an order that the owner settled and unsettled by hand in the meantime.
            let by_hand = self.seen.settlements.values().filter(|s| s.by_owner).any(|s| {
                let order = &self.seen.orders[&s.order];
                order.amount == receipts[0].amount
                    && order.hold.as_ref().is_some_and(|hold| hold.held_at(from))
            });
            if !known_well || crowd.count() != receipts.len() || edge || by_hand {
                continue;
            }
            let firsts = receipts.iter().filter(|r| r.echo_of.is_none()).count();
            assert_eq!(firsts, 1, "payment {number} stands alone and is {receipts:?}");
            counted += 1;
        }
        counted
    }
}
