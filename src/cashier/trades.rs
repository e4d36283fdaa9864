//! Trades, refunds, and the gateway's own pages.

use super::{AlipayCashier, Callbacks, ours, unclear};
use crate::alipay::gateway::Error;
use crate::alipay::methods::{
    CallbackUrl, OutRequestNo, OutTradeNo, PagePay, Precreate, Precreated, Refund, RefundQuery, RefundReason,
    RefundState, Subject, Unfit, WapPay,
};
use crate::domain::gateway::Way;
use crate::domain::time::Timestamp;
use crate::flow::gateway::cashier::renewals::Renewals as _;
use crate::flow::gateway::cashier::{Answer, Bill, RefundAsk, RefundSaid, Trades, Trouble, Ways};
use crate::flow::gateway::hear::Said;

/// What a buyer reads where a product has no title that Alipay takes.
pub(super) const NAMELESS: &str = "Matcha";

impl Trades for AlipayCashier {
    fn make_code<'a>(&'a self, bill: &'a Bill, now: Timestamp) -> Answer<'a, String> {
        Box::pin(async move {
            let request = Precreate {
                out_trade_no: number(&bill.number)?,
                total_amount: bill.amount,
                subject: Subject::tidy(&bill.subject, NAMELESS),
                body: None,
                expires_at: Some(bill.ends_at),
                notify_url: self.callbacks.notify.clone(),
            };
            match self.client.call(&request, now).await.map_err(Trouble::from)? {
                Precreated::Code { out_trade_no, qr_code } if out_trade_no == bill.number => Ok(qr_code),
                Precreated::Code { .. } => Err(another()),
                // Nobody needs the code of what is paid: the question about the trade finds it.
                Precreated::PaidBefore => Err(unclear("it was paid before")),
            }
        })
    }

    fn ask<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Said> {
        Box::pin(async move { self.ask_charge(number, now).await.map(Said::from) })
    }

    fn close<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Said> {
        // A cancel would pay back what a reader paid in this very moment; closing leaves it to him.
        Box::pin(async move { self.close_charge(number, now).await.map(Said::from) })
    }

    fn refund<'a>(&'a self, ask: &'a RefundAsk, now: Timestamp) -> Answer<'a, RefundSaid> {
        Box::pin(async move {
            let request = Refund {
                trade: ours(&ask.number)?,
                amount: ask.amount,
                out_request_no: request_number(&ask.refund_number)?,
                reason: RefundReason::new(&ask.reason).ok(),
            };
            let refunded = self.client.call(&request, now).await.map_err(Trouble::from)?;
            Ok(if refunded.done { RefundSaid::Done } else { RefundSaid::NotYet })
        })
    }

    fn ask_refund<'a>(&'a self, ask: &'a RefundAsk, now: Timestamp) -> Answer<'a, RefundSaid> {
        Box::pin(async move {
            let query = RefundQuery {
                trade: ours(&ask.number)?,
                out_request_no: request_number(&ask.refund_number)?,
            };
            match self.client.call(&query, now).await.map_err(Trouble::from)? {
                RefundState::Done { amount, .. } if amount.is_none_or(|amount| amount == ask.amount) => {
                    Ok(RefundSaid::Done)
                }
                RefundState::Done { .. } => Err(unclear("a refund of our number has another amount")),
                RefundState::NotDone => Ok(RefundSaid::NotYet),
            }
        })
    }

    fn link(&self, way: Way, bill: &Bill, ways: &Ways, now: Timestamp) -> Result<String, Trouble> {
        let Callbacks { notify, base_url } = &self.callbacks;
        let (out_trade_no, subject) = (number(&bill.number)?, Subject::tidy(&bill.subject, NAMELESS));
        let (total_amount, expires_at) = (bill.amount, Some(bill.ends_at));
        let address = |path: &str| CallbackUrl::new(&format!("{base_url}{path}")).map_err(unfit);
        let (notify_url, return_url) = (notify.clone(), Some(address(&ways.done)?));
        match way {
            Way::Code | Way::Charge => Err(unclear("only a page is opened")),
            Way::Page => self.link_to(
                &PagePay {
                    out_trade_no,
                    total_amount,
                    subject,
                    body: None,
                    expires_at,
                    agreement: None,
                    notify_url,
                    return_url,
                },
                now,
            ),
            Way::Wap => self.link_to(
                &WapPay {
                    out_trade_no,
                    total_amount,
                    subject,
                    body: None,
                    expires_at,
                    quit_url: address(&ways.quit)?,
                    notify_url,
                    return_url,
                },
                now,
            ),
        }
    }
}

pub(super) fn unfit(unfit: Unfit) -> Trouble {
    Trouble::from(Error::Unfit(unfit))
}

pub(super) fn number(number: &str) -> Result<OutTradeNo, Trouble> {
    OutTradeNo::new(number).map_err(unfit)
}

fn request_number(number: &str) -> Result<OutRequestNo, Trouble> {
    OutRequestNo::new(number).map_err(unfit)
}

pub(super) fn another() -> Trouble {
    unclear("the answer is about another trade")
}
