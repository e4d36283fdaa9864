//! Agreements and the charges made by them (周期扣款).

use super::trades::{NAMELESS, another, number, unfit};
use super::{AlipayCashier, ours, unclear};
use crate::alipay::forms;
use crate::alipay::methods::{
    AgreementNo, AgreementPage, AgreementPay, AgreementQuery, AgreementRef, AgreementState, AgreementTerms,
    CallbackUrl, Channel, Close, Closed, ExternalAgreementNo, Memo, PagePay, Paid, PeriodRule, PlanModify,
    SignScene, SignWhilePaying, Subject, Trade, TradeFacts, TradeQuery, TradeStatus, Unsign,
    Unsigned as Unsigning,
};
use crate::alipay::methods::{Checked, Kind, Period as Rule};
use crate::alipay::notice::AgreementStatus;
use crate::domain::subscription::Period;
use crate::domain::time::{Day, Timestamp};
use crate::flow::gateway::cashier::renewals::{
    AgreementName, AgreementSaid, ChargeAsk, ChargeSaid, Renewals, SignAsk, SignLinks, Standing, Unsigned,
};
use crate::flow::gateway::cashier::{Answer, Bill, Trouble, Ways};

fn text<K: Kind>(text: &str) -> Result<Checked<K>, Trouble> {
    Checked::new(text).map_err(unfit)
}

fn terms(ask: &SignAsk, channel: Channel) -> Result<AgreementTerms, Trouble> {
    let period = match ask.every {
        Period::Days(days) => Rule::Days(days),
        Period::Months(months) => Rule::Months(months),
    };
    Ok(AgreementTerms {
        external_agreement_no: ExternalAgreementNo::new(&ask.number).map_err(unfit)?,
        external_logon_id: None,
        sign_scene: SignScene::new(&ask.scene).map_err(unfit)?,
        channel,
        rule: PeriodRule {
            period,
            first_charge: ask.first,
            single_amount: ask.most,
            total_amount: None,
            total_payments: None,
        },
    })
}

fn named(name: &AgreementName) -> Result<AgreementRef, Trouble> {
    match &name.gateway_no {
        Some(number) => Ok(AgreementRef::Alipays(text(number)?)),
        None => Ok(AgreementRef::Ours {
            external_agreement_no: text(&name.number)?,
            sign_scene: text(&name.scene)?,
        }),
    }
}

/// What one of Alipay's words means.
pub(super) fn standing(status: &AgreementStatus) -> Standing {
    match status {
        AgreementStatus::Normal => Standing::InForce,
        AgreementStatus::Temp => Standing::NotYet,
        AgreementStatus::Stop | AgreementStatus::Unknown(_) => Standing::Paused,
        AgreementStatus::Unsigned => Standing::Ended,
    }
}

/// What the facts of a trade say.
fn said(facts: TradeFacts) -> Result<ChargeSaid, Trouble> {
    if let (Some(amount), Some(trade_no)) = (facts.paid(), facts.trade_no) {
        return Ok(ChargeSaid::Paid { trade_no, amount, at: facts.paid_at });
    }
    match facts.status {
        TradeStatus::WaitBuyerPay => Ok(ChargeSaid::UnderWay),
        TradeStatus::Closed => Ok(ChargeSaid::Closed),
        // The buyer may pay later, by contract with Alipay: until then nothing came.
        TradeStatus::Success | TradeStatus::Finished if facts.on_credit => Ok(ChargeSaid::UnderWay),
        TradeStatus::Success | TradeStatus::Finished => {
            Err(unclear("it is paid, and by no number or amount"))
        }
        TradeStatus::Unknown(word) => Err(unclear(&format!("its status is {word}"))),
    }
}

impl Renewals for AlipayCashier {
    fn sign_links(&self, ask: &SignAsk, back: &str, now: Timestamp) -> Result<SignLinks, Trouble> {
        let page = AgreementPage {
            terms: terms(ask, Channel::CodeOrMessage)?,
            notify_url: self.callbacks.notify.clone(),
            // An address that is too long is left out: the browser then stays on Alipay's page.
            return_url: CallbackUrl::new(back).ok(),
        };
        let on_phone = AgreementPage { terms: terms(ask, Channel::Wallet)?, ..page.clone() };
        let (page, on_phone) = (self.link_to(&page, now)?, self.link_to(&on_phone, now)?);
        Ok(SignLinks { page, wallet: forms::wallet_from_browser(&on_phone) })
    }

    fn pay_and_sign_link(
        &self,
        bill: &Bill,
        ask: &SignAsk,
        ways: &Ways,
        now: Timestamp,
    ) -> Result<String, Trouble> {
        let agreement = SignWhilePaying {
            terms: terms(ask, Channel::CodeOrMessage)?,
            sign_notify_url: self.callbacks.notify.clone(),
        };
        let done = format!("{}{}", self.callbacks.base_url, ways.done);
        let page = PagePay {
            out_trade_no: number(&bill.number)?,
            total_amount: bill.amount,
            subject: Subject::tidy(&bill.subject, NAMELESS),
            body: None,
            expires_at: Some(bill.ends_at),
            agreement: Some(agreement),
            notify_url: self.callbacks.notify.clone(),
            return_url: Some(CallbackUrl::new(&done).map_err(unfit)?),
        };
        self.link_to(&page, now)
    }

    fn charge<'a>(&'a self, ask: &'a ChargeAsk, now: Timestamp) -> Answer<'a, ChargeSaid> {
        Box::pin(async move {
            let pay = AgreementPay {
                out_trade_no: number(&ask.number)?,
                total_amount: ask.amount,
                subject: Subject::tidy(&ask.subject, NAMELESS),
                agreement_no: AgreementNo::new(&ask.agreement).map_err(unfit)?,
                notify_url: self.callbacks.notify.clone(),
            };
            match self.client.call(&pay, now).await.map_err(Trouble::from)? {
                Paid::UnderWay => Ok(ChargeSaid::UnderWay),
                Paid::Before => self.ask_charge(&ask.number, now).await,
                Paid::Now(facts) if facts.out_trade_no != ask.number => Err(another()),
                Paid::Now(facts) => said(facts),
            }
        })
    }

    fn ask_charge<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, ChargeSaid> {
        Box::pin(async move {
            let query = TradeQuery { trade: ours(number)? };
            match self.client.call(&query, now).await.map_err(Trouble::from)? {
                Trade::NotYet => Ok(ChargeSaid::Absent),
                Trade::Known(facts) if facts.out_trade_no != number => Err(another()),
                Trade::Known(facts) => said(facts),
            }
        })
    }

    fn close_charge<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, ChargeSaid> {
        Box::pin(async move {
            let close = Close { trade: ours(number)?, notify_url: self.callbacks.notify.clone() };
            match self.client.call(&close, now).await.map_err(Trouble::from)? {
                Closed::Closed => Ok(ChargeSaid::Closed),
                Closed::NotYet => Ok(ChargeSaid::Absent),
                Closed::TooLate => self.ask_charge(number, now).await,
            }
        })
    }

    fn ask_agreement<'a>(
        &'a self,
        name: &'a AgreementName,
        now: Timestamp,
    ) -> Answer<'a, Option<AgreementSaid>> {
        Box::pin(async move {
            let query = AgreementQuery { agreement: named(name)? };
            match self.client.call(&query, now).await.map_err(Trouble::from)? {
                AgreementState::NotFound => Ok(None),
                AgreementState::Unsigned => Ok(Some(AgreementSaid {
                    standing: Standing::Ended,
                    gateway_no: name.gateway_no.clone(),
                    next_due: None,
                })),
                AgreementState::Known(facts) => {
                    let ours = facts.external_agreement_no.as_deref();
                    if ours.is_some_and(|ours| ours != name.number) {
                        return Err(unclear("the answer is about another agreement"));
                    }
                    Ok(Some(AgreementSaid {
                        standing: standing(&facts.status),
                        gateway_no: Some(facts.agreement_no),
                        next_due: facts.next_charge,
                    }))
                }
            }
        })
    }

    fn unsign<'a>(&'a self, name: &'a AgreementName, now: Timestamp) -> Answer<'a, Unsigned> {
        Box::pin(async move {
            let unsign = Unsign { agreement: named(name)?, notify_url: self.callbacks.notify.clone() };
            match self.client.call(&unsign, now).await.map_err(Trouble::from)? {
                Unsigning::Now => Ok(Unsigned::Now),
                Unsigning::Before => Ok(Unsigned::NotInForce),
            }
        })
    }

    fn postpone<'a>(&'a self, gateway_no: &'a str, to: Day, now: Timestamp) -> Answer<'a, Day> {
        Box::pin(async move {
            let memo = Memo::new("错过扣款日, 顺延").map_err(unfit)?;
            let modify = PlanModify { agreement_no: text(gateway_no)?, to, memo };
            let moved = self.client.call(&modify, now).await.map_err(Trouble::from)?;
            Ok(moved.to.unwrap_or(to))
        })
    }
}
