//! Holds and the choice of the amount (DESIGN section 3).
//!
//! A hold reserves one (account, amount, remark) for one order over an interval of time: the window, then the cool-down.
//! The choice is pure; that two orders never get the same key is the database's word (M2), not this module's.

use super::account::Remark;
use super::id::{AccountId, CodeId, OrderId};
use super::money::Fen;
use super::site::HoldPolicy;
use super::time::{Millis, Timestamp};

/// The reservation of one (account, amount, remark) for one order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    /// The order it is for.
    pub order: OrderId,
    /// On which account.
    pub account: AccountId,
    /// Which amount.
    pub amount: Fen,
    /// Which remark; none where the account distinguishes by amount.
    pub remark: Remark,
    /// When it began.
    pub starts_at: Timestamp,
    /// When the reader should have paid.
    pub window_ends_at: Timestamp,
    /// When the amount may be given out again: the end of the cool-down (M8).
    pub release_at: Timestamp,
}

impl Hold {
    /// The hold of a new order.
    #[must_use]
    pub fn begin(order: OrderId, place: &Place, policy: &HoldPolicy, now: Timestamp) -> Hold {
        let window_ends_at = now.plus(policy.pay_window);
        Hold {
            order,
            account: place.account,
            amount: place.amount,
            remark: place.remark.clone(),
            starts_at: now,
            window_ends_at,
            release_at: window_ends_at.plus(policy.cool_down),
        }
    }

    /// The window and the rest behind it, one window longer.
    #[must_use]
    pub fn extended(&self, policy: &HoldPolicy) -> Hold {
        let window_ends_at = self.window_ends_at.plus(policy.pay_window);
        Hold { window_ends_at, release_at: window_ends_at.plus(policy.cool_down), ..self.clone() }
    }

    /// The window closed at `now`, because the order was paid or cancelled: the amount rests from now on. A second
    /// announcement of the same money may still be on its way.
    #[must_use]
    pub fn closed(&self, cool_down: Millis, now: Timestamp) -> Hold {
        let window_ends_at = self.window_ends_at.min(now);
        let release_at = now.plus(cool_down);
        Hold { window_ends_at, release_at, ..self.clone() }
    }
}

/// Where an order can be put: an account, an amount, a remark, and the code that shows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The amount.
    pub amount: Fen,
    /// The remark key.
    pub remark: Remark,
    /// The code to show.
    pub code: CodeId,
}

/// The amounts an order of `price` may get, best first: the price, then down to `max_discount` below it, then up to
/// `max_surcharge` above it, in steps of one fen. None is below one fen.
pub fn amounts(price: Fen, policy: &HoldPolicy) -> impl Iterator<Item = Fen> + use<> {
    let price = price.get();
    let lowest = (price - policy.max_discount.get()).max(1);
    let highest = price + policy.max_surcharge.get();
    (lowest..=price).rev().chain(price + 1..=highest).filter_map(Fen::new)
}

/// The lowest and the highest of some amounts; `None` of none.
#[must_use]
pub fn bounds(amounts: &[Fen]) -> Option<(Fen, Fen)> {
    Some((*amounts.iter().min()?, *amounts.iter().max()?))
}

/// What one account can offer among a few amounts, and what of it is taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// The account.
    pub account: AccountId,
    /// Its fixed codes among the amounts looked at: amount, remark key, code.
    pub fixed: Vec<(Fen, Remark, CodeId)>,
    /// Its open code, which shows any amount.
    pub open: Option<CodeId>,
    /// The (amount, remark) keys that are held or resting.
    pub taken: Vec<(Fen, Remark)>,
}

impl Offer {
    fn place_at(&self, amount: Fen) -> Option<Place> {
        let free = |remark: &Remark| !self.taken.iter().any(|(a, r)| *a == amount && r == remark);
        let fixed = self.fixed.iter().find(|(a, remark, _)| *a == amount && free(remark));
        let place = |remark: Remark, code| Place { account: self.account, amount, remark, code };
        match (fixed, self.open) {
            (Some((_, remark, code)), _) => Some(place(remark.clone(), *code)),
            (None, Some(code)) if free(&Remark::none()) => Some(place(Remark::none(), code)),
            (None, _) => None,
        }
    }
}

/// The best free place among `amounts` (best first). Of several accounts that have the amount free the one with the
/// fewest taken amounts gets the order; `offers` holds accounts of equal standing only.
#[must_use]
pub fn choose(amounts: &[Fen], offers: &[Offer]) -> Option<Place> {
    let mut by_load: Vec<&Offer> = offers.iter().collect();
    by_load.sort_by_key(|offer| offer.taken.len());
    amounts.iter().find_map(|amount| by_load.iter().find_map(|offer| offer.place_at(*amount)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use proptest::prelude::*;

    fn fen(n: i64) -> Fen {
        Fen::new(n).unwrap()
    }

    fn offer(account: i64, taken: &[i64]) -> Offer {
        Offer {
            account: AccountId::from_raw(account),
            fixed: Vec::new(),
            open: Some(CodeId::from_raw(account)),
            taken: taken.iter().map(|n| (fen(*n), Remark::none())).collect(),
        }
    }

    fn policy(discount: i64, surcharge: i64) -> HoldPolicy {
        HoldPolicy {
            max_discount: fen(discount),
            max_surcharge: fen(surcharge),
            ..limits::hold_policy_default()
        }
    }

    #[test]
    fn the_price_comes_first_then_lower_then_higher() {
        let all: Vec<i64> = amounts(fen(100), &policy(2, 2)).map(Fen::get).collect();
        assert_eq!(all, [100, 99, 98, 101, 102]);
        let all: Vec<i64> = amounts(fen(2), &policy(10, 0)).map(Fen::get).collect();
        assert_eq!(all, [2, 1], "an amount is at least one fen");
    }

    #[test]
    fn the_nearest_free_amount_is_chosen() {
        let amounts: Vec<Fen> = amounts(fen(100), &policy(10, 0)).collect();
        assert_eq!(choose(&amounts, &[offer(1, &[])]).unwrap().amount, fen(100));
        assert_eq!(choose(&amounts, &[offer(1, &[100, 99])]).unwrap().amount, fen(98));
        let all: Vec<i64> = (90..=100).collect();
        assert_eq!(choose(&amounts, &[offer(1, &all)]), None);
    }

    #[test]
    fn accounts_share_the_load_before_the_price_gives_way() {
        let amounts: Vec<Fen> = amounts(fen(100), &policy(10, 0)).collect();
        let place = choose(&amounts, &[offer(1, &[100]), offer(2, &[])]).unwrap();
        assert_eq!((place.account.raw(), place.amount), (2, fen(100)));
        let place = choose(&amounts, &[offer(1, &[99]), offer(2, &[])]).unwrap();
        assert_eq!(place.account.raw(), 2, "the less loaded one");
    }

    #[test]
    fn fixed_codes_give_only_their_amounts_and_each_remark_once() {
        let remark = |text: &str| text.parse::<Remark>().unwrap();
        let mut fixed = Offer { open: None, ..offer(1, &[]) };
        fixed.fixed = vec![
            (fen(100), remark("A1"), CodeId::from_raw(11)),
            (fen(100), remark("A2"), CodeId::from_raw(12)),
            (fen(98), Remark::none(), CodeId::from_raw(13)),
        ];
        let amounts: Vec<Fen> = amounts(fen(100), &policy(10, 0)).collect();
        let codes: Vec<i64> = std::iter::from_fn(|| {
            let place = choose(&amounts, std::slice::from_ref(&fixed))?;
            fixed.taken.push((place.amount, place.remark));
            Some(place.code.raw())
        })
        .collect();
        assert_eq!(codes, [11, 12, 13]);
    }

    proptest! {
        #[test]
        fn a_chosen_place_is_free_and_inside_the_band(
            price in 1_i64..500, discount in 0_i64..50, surcharge in 0_i64..50,
            taken in proptest::collection::btree_set(1_i64..600, 0..200),
        ) {
            let amounts: Vec<Fen> = amounts(fen(price), &policy(discount, surcharge)).collect();
            let taken: Vec<i64> = taken.into_iter().collect();
            let place = choose(&amounts, &[offer(1, &taken)]);
            let free = |n: &i64| !taken.contains(n);
            match place {
                Some(place) => {
                    let amount = place.amount.get();
                    prop_assert!(free(&amount) && amount >= price - discount && amount <= price + surcharge);
                    if amount < price {
                        prop_assert!((amount + 1..=price).all(|n| !free(&n)), "a nearer amount was free");
                    }
                }
                None => prop_assert!(amounts.iter().all(|a| !free(&a.get()))),
            }
        }

        #[test]
        fn closing_or_extending_never_lets_the_window_pass_the_release(
            window in 1_i64..5000, cool in 1_i64..5000, at in 0_i64..20_000,
        ) {
            let policy = HoldPolicy {
                pay_window: Millis::new(window), cool_down: Millis::new(cool), ..limits::hold_policy_default()
            };
            let place = Place {
                account: AccountId::from_raw(1), amount: fen(1), remark: Remark::none(), code: CodeId::from_raw(1),
            };
            let start = Timestamp::from_millis(1_000_000);
            let hold = Hold::begin(OrderId::from_raw(1), &place, &policy, start);
            let longer = hold.extended(&policy);
            prop_assert_eq!(longer.release_at.since(longer.window_ends_at), policy.cool_down);
            let now = start.plus(Millis::new(at));
            let closed = hold.closed(policy.cool_down, now);
            prop_assert!(closed.window_ends_at <= closed.release_at && closed.window_ends_at <= hold.window_ends_at);
            prop_assert!(closed.release_at >= now.min(hold.release_at));
        }
    }
}
