//! Memberships at the gateway: who signed what, and what was charged by it.
//!
//! What is assumed of it, and nothing more:
//! - A charge is taken on the day a period is due and up to five days before, by an agreement that is in force.
//! - It mostly takes one charge for a period, and mostly means nothing: nobody here relies on it, so sometimes it takes two.
//! - A charge that finds the wallet empty is refused, and may leave a trade that its payer can still pay.
//! - A request may be on its way for some minutes.

use std::collections::BTreeMap;

use matcha::domain::money::Fen;
use matcha::domain::subscription::{OPENS_DAYS_BEFORE, Period};
use matcha::domain::time::{Day, Timestamp};
use matcha::flow::gateway::cashier::renewals::{
    AgreementName, AgreementSaid, ChargeAsk, ChargeSaid, Renewals, SignAsk, SignLinks, Standing as Said,
    Unsigned,
};
use matcha::flow::gateway::cashier::{Answer, Bill, Trouble, Ways};
use serde_json::json;

use super::cashier::{refused, under_way, unknown};
use super::slow::Slow;
use super::{APP_ID, Bank, Fate, SELLER_ID, State};

/// What a reader signed, or may sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Agreement {
    pub(in super::super) number: String,
    every: Period,
    most: Fen,
    due: Day,
    /// The trade with whose payment it is signed.
    with: Option<String>,
    /// None where nobody signed it yet.
    pub(in super::super) standing: Option<Said>,
    /// The day of the period that was charged last.
    charged: Option<Day>,
}

impl Agreement {
    fn gateway_no(&self) -> String {
        format!("2026{}", self.number)
    }
}

/// A charge was paid, by the agreement or by its payer's own hand: that period is over.
pub(super) fn period_paid(state: &mut State, number: &str, day: Day) {
    let agreement = state.agreements.get_mut(number).unwrap();
    if agreement.due == day {
        agreement.charged = Some(day);
        agreement.due = agreement.every.after(day);
    }
}

impl Bank {
    // ---- the town's hands ------------------------------------------------------------------------------------------

    pub(in super::super) fn agreements(&self) -> BTreeMap<String, Agreement> {
        self.state().agreements.clone()
    }

    /// A reader signs what he was shown.
    pub(in super::super) fn sign_agreement(&self, number: &str) {
        self.turn(number, Said::InForce);
    }

    /// The gateway or the reader in his wallet changes how an agreement stands; a letter tells of it.
    pub(in super::super) fn turn(&self, number: &str, to: Said) {
        let mut state = self.state();
        let agreement = state.agreements.get_mut(number).unwrap();
        if agreement.standing == Some(Said::Ended) || agreement.standing == Some(to) {
            return;
        }
        agreement.standing = Some(to);
        let (gateway_no, status) = (agreement.gateway_no(), format!("{to:?}"));
        let nth = Bank::count_letter(&mut state, number);
        let fields = json!({
            "app_id": APP_ID, "seller_id": SELLER_ID, "notify_id": nth, "agreement": number,
            "agreement_no": gateway_no, "status": status,
        });
        self.post(&mut state, number, fields, nth, false);
    }

    /// What was signed by paying, and what arrived meanwhile.
    pub(in super::super) fn catch_up(&self, now: i64) {
        let with: Vec<String> = {
            let state = self.state();
            let paid = |number: &String| state.trades.get(number).is_some_and(|t| t.paid_at.is_some());
            let signed = |a: &&Agreement| a.standing.is_none() && a.with.as_ref().is_some_and(paid);
            state.agreements.values().filter(signed).map(|a| a.number.clone()).collect()
        };
        with.iter().for_each(|number| self.sign_agreement(number));
        self.slow_ones_arrive(now);
    }

    // ---- what the gateway does -------------------------------------------------------------------------------------

    fn offer(&self, ask: &SignAsk, with: Option<&str>) {
        let mut state = self.state();
        state.agreements.entry(ask.number.clone()).or_insert_with(|| Agreement {
            number: ask.number.clone(),
            every: ask.every,
            most: ask.most,
            due: ask.first,
            with: None,
            standing: None,
            charged: None,
        });
        if with.is_some() {
            state.agreements.get_mut(&ask.number).unwrap().with = with.map(str::to_owned);
        }
    }

    pub(super) fn charge_now(&self, ask: &ChargeAsk, now: i64) -> Result<ChargeSaid, Trouble> {
        if self.trade(&ask.number).is_some() {
            return match self.said(&ask.number, now) {
                ChargeSaid::Closed => refused("ACQ.TRADE_HAS_CLOSE"),
                said @ (ChargeSaid::Absent | ChargeSaid::UnderWay | ChargeSaid::Paid { .. }) => Ok(said),
            };
        }
        let mut dice = self.dice("wallet", &ask.number);
        let found = self.agreements().into_values().find(|a| a.gateway_no() == ask.agreement);
        let agreement = found.expect("nobody is charged who never signed");
        match agreement.standing {
            Some(Said::InForce) => {}
            Some(Said::Paused | Said::NotYet) => return refused("ACQ.AGREEMENT_STATUS_NOT_NORMAL"),
            Some(Said::Ended) | None => return refused("ACQ.AGREEMENT_NOT_EXIST"),
        }
        let today = Day::in_china(Timestamp::from_millis(now));
        let opens = |due: Day| due.plus(-OPENS_DAYS_BEFORE) <= today && today <= due;
        let asleep = dice.happens(50) && agreement.charged.is_some_and(opens);
        if !opens(agreement.due) && !asleep {
            return refused("ACQ.CYCLE_PAY_DATE_NOT_MATCH");
        }
        assert!(ask.amount <= agreement.most, "more than {agreement:?} was asked for: {ask:?}");
        let period = if opens(agreement.due) { Some(agreement.due) } else { agreement.charged };
        let begin = || {
            self.name(&ask.number, ask.amount.get(), now + 86_400_000);
            self.scan(&ask.number, now);
            let mut state = self.state();
            let trade = state.trades.get_mut(&ask.number).unwrap();
            trade.period = period.map(|day| (agreement.number.clone(), day));
        };
        match dice.between(1, 10) {
            1 => {
                self.count("charges refused");
                return refused("ACQ.BUYER_BALANCE_NOT_ENOUGH");
            }
            2 => {
                begin();
                self.count("charges refused");
                return refused("ACQ.BUYER_BALANCE_NOT_ENOUGH");
            }
            3 => {
                begin();
                self.count("charges under way");
                return Ok(ChargeSaid::UnderWay);
            }
            _ => {}
        }
        begin();
        assert!(self.pay(&ask.number, now));
        self.count("charges");
        Ok(self.said(&ask.number, now))
    }

    fn agreement_said(&self, name: &AgreementName) -> Option<AgreementSaid> {
        let agreement = self.state().agreements.get(&name.number).cloned()?;
        let standing = agreement.standing?;
        let forgotten = standing == Said::Ended && self.dice("forgets", &name.number).happens(50);
        (!forgotten).then(|| AgreementSaid {
            standing,
            gateway_no: Some(agreement.gateway_no()),
            next_due: Some(agreement.due),
        })
    }

    fn unsign_now(&self, name: &AgreementName) -> Unsigned {
        let known = self.state().agreements.get(&name.number).and_then(|a| a.standing);
        match known {
            None | Some(Said::Ended) => Unsigned::NotInForce,
            Some(Said::InForce | Said::NotYet | Said::Paused) => {
                self.turn(&name.number, Said::Ended);
                Unsigned::Now
            }
        }
    }

    fn postpone_now(state: &mut State, gateway_no: &str, to: Day) -> Result<Day, Trouble> {
        let found = state.agreements.values_mut().find(|a| a.gateway_no() == gateway_no);
        let agreement = found.expect("an agreement of ours");
        if agreement.standing != Some(Said::InForce) || to <= agreement.due {
            return refused("ACQ.INVALID_PARAMETER");
        }
        agreement.due = to;
        Ok(to)
    }
}

impl Renewals for Bank {
    fn sign_links(&self, ask: &SignAsk, _: &str, _: Timestamp) -> Result<SignLinks, Trouble> {
        self.offer(ask, None);
        Ok(SignLinks { page: format!("sign/{}", ask.number), wallet: String::new() })
    }

    fn pay_and_sign_link(
        &self,
        bill: &Bill,
        ask: &SignAsk,
        _: &Ways,
        _: Timestamp,
    ) -> Result<String, Trouble> {
        self.offer(ask, Some(&bill.number));
        Ok(format!("page/{}/{}/{}", bill.number, bill.amount.get(), bill.ends_at.millis()))
    }

    fn charge<'a>(&'a self, ask: &'a ChargeAsk, now: Timestamp) -> Answer<'a, ChargeSaid> {
        Box::pin(async move {
            let what = Slow::Charge(ask.clone());
            if let Some(nothing) = self.slowed(&ask.number, what, now.millis()).await {
                return nothing;
            }
            let fate = self.fate("charge", &ask.number);
            let done = match fate {
                Fate::Fine | Fate::Unanswered => self.charge_now(ask, now.millis()),
                Fate::Nothing => unknown("timeout"),
                Fate::Refused => refused("isv.app-call-limited"),
            };
            under_way().await;
            if fate == Fate::Unanswered {
                self.count("lost answers of charges");
                return unknown("the answer is lost");
            }
            done
        })
    }

    fn ask_charge<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, ChargeSaid> {
        Box::pin(self.request("ask_charge", number, move || Ok(self.said(number, now.millis()))))
    }

    fn close_charge<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, ChargeSaid> {
        Box::pin(self.request("close_charge", number, move || Ok(self.close_now(number, now.millis()))))
    }

    fn ask_agreement<'a>(
        &'a self,
        name: &'a AgreementName,
        _: Timestamp,
    ) -> Answer<'a, Option<AgreementSaid>> {
        Box::pin(self.request("ask_agreement", &name.number, move || Ok(self.agreement_said(name))))
    }

    fn unsign<'a>(&'a self, name: &'a AgreementName, _: Timestamp) -> Answer<'a, Unsigned> {
        Box::pin(self.request("unsign", &name.number, move || Ok(self.unsign_now(name))))
    }

    fn postpone<'a>(&'a self, gateway_no: &'a str, to: Day, _: Timestamp) -> Answer<'a, Day> {
        Box::pin(
            self.request("postpone", gateway_no, move || {
                Bank::postpone_now(&mut self.state(), gateway_no, to)
            }),
        )
    }
}
