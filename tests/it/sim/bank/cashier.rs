//! What the gateway answers, when it answers.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use matcha::alipay::check::Finding;
use matcha::domain::gateway::Way;
use matcha::domain::money::Fen;
use matcha::domain::time::{Day, Timestamp};
use matcha::domain::watch::Window;
use matcha::flow::gateway::cashier::books::{BillSaid, Books, LogPage};
use matcha::flow::gateway::cashier::renewals::ChargeSaid;
use matcha::flow::gateway::cashier::{
    Answer, Bill, Cashier, Checks, RefundAsk, RefundSaid, Trades, Trouble, Ways,
};
use matcha::flow::gateway::hear::Said;

use super::slow::Slow;
use super::{Bank, Fate, Standing, Trade};

impl Cashier for Bank {}

pub(super) fn unknown<T>(why: &str) -> Result<T, Trouble> {
    Err(Trouble::Unknown { why: why.to_owned() })
}

pub(super) fn refused<T>(code: &str) -> Result<T, Trouble> {
    Err(Trouble::Refused { code: code.to_owned(), zh: String::new(), en: String::new() })
}

/// An answer takes its time: here the power may fail between what the gateway did and what is written down of it.
pub(super) async fn under_way() {
    let mut is_there = false;
    std::future::poll_fn(|cx| {
        if is_there {
            return Poll::Ready(());
        }
        is_there = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Bank {
    /// A request: `work` is what the gateway does with it, if it gets it.
    pub(super) async fn request<T>(
        &self,
        what: &'static str,
        number: &str,
        work: impl FnOnce() -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let fate = self.fate(what, number);
        let done = match fate {
            Fate::Fine | Fate::Unanswered => work(),
            Fate::Nothing => unknown("timeout"),
            Fate::Refused => refused("isv.app-call-limited"),
        };
        under_way().await;
        if fate == Fate::Unanswered { unknown("the answer is lost") } else { done }
    }

    pub(super) fn said(&self, number: &str, now: i64) -> ChargeSaid {
        let mut state = self.state();
        let Some(trade) = self.at(&mut state, number, now) else { return ChargeSaid::Absent };
        match trade.standing {
            Standing::Named => ChargeSaid::Absent,
            Standing::Waiting => ChargeSaid::UnderWay,
            Standing::Closed => ChargeSaid::Closed,
            Standing::Paid => ChargeSaid::Paid {
                trade_no: trade.trade_no(),
                amount: Fen::new(trade.amount).unwrap(),
                at: trade.paid_at.map(Timestamp::from_millis),
            },
        }
    }

    pub(super) fn close_now(&self, number: &str, now: i64) -> ChargeSaid {
        if self.said(number, now) != ChargeSaid::UnderWay {
            return self.said(number, now);
        }
        // Whoever has the code before him may press the button in this very moment.
        if self.dice("race", number).happens(30) {
            assert!(self.pay(number, now));
            self.count("payments against the close");
            return self.said(number, now);
        }
        self.state().trades.get_mut(number).unwrap().standing = Standing::Closed;
        self.count("trades closed");
        ChargeSaid::Closed
    }

    pub(super) fn pay_back(&self, ask: &RefundAsk) -> Result<RefundSaid, Trouble> {
        // The owner's wallet is filled by others, too.
        let is_empty = self.dice("wallet", &ask.refund_number).happens(15);
        let mut state = self.state();
        let Some(trade) = state.trades.get_mut(&ask.number) else { return refused("ACQ.TRADE_NOT_EXIST") };
        let amount = ask.amount.get();
        if let Some(known) = trade.refunds.get(&ask.refund_number) {
            // Nothing moves by a repeat, and it says so.
            return if *known == amount { Ok(RefundSaid::NotYet) } else { refused("ACQ.REFUND_FEE_ERROR") };
        }
        if trade.standing != Standing::Paid {
            return refused("ACQ.TRADE_STATUS_ERROR");
        }
        if trade.returned() + amount > trade.amount {
            return refused("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
        }
        if is_empty {
            return refused("ACQ.SELLER_BALANCE_NOT_ENOUGH");
        }
        trade.refunds.insert(ask.refund_number.clone(), amount);
        self.went_back(&mut state, &ask.number);
        Ok(RefundSaid::Done)
    }

    fn is_paid_back(&self, ask: &RefundAsk) -> RefundSaid {
        let known = |trade: Trade| trade.refunds.contains_key(&ask.refund_number);
        if self.trade(&ask.number).is_some_and(known) { RefundSaid::Done } else { RefundSaid::NotYet }
    }
}

impl Trades for Bank {
    fn make_code<'a>(&'a self, bill: &'a Bill, now: Timestamp) -> Answer<'a, String> {
        Box::pin(self.request("make_code", &bill.number, move || {
            self.name(&bill.number, bill.amount.get(), bill.ends_at.millis());
            match self.said(&bill.number, now.millis()) {
                ChargeSaid::Absent | ChargeSaid::UnderWay => Ok(format!("code/{}", bill.number)),
                ChargeSaid::Paid { .. } => unknown("it was paid before"),
                ChargeSaid::Closed => refused("ACQ.TRADE_HAS_CLOSE"),
            }
        }))
    }

    fn ask<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Said> {
        Box::pin(self.request("ask", number, move || Ok(self.said(number, now.millis()).into())))
    }

    fn close<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Said> {
        Box::pin(self.request("close", number, move || Ok(self.close_now(number, now.millis()).into())))
    }

    fn refund<'a>(&'a self, ask: &'a RefundAsk, now: Timestamp) -> Answer<'a, RefundSaid> {
        Box::pin(async move {
            let what = Slow::Refund(ask.clone());
            if let Some(nothing) = self.slowed(&ask.refund_number, what, now.millis()).await {
                return nothing;
            }
            self.request("refund", &ask.refund_number, || self.pay_back(ask)).await
        })
    }

    fn ask_refund<'a>(&'a self, ask: &'a RefundAsk, _: Timestamp) -> Answer<'a, RefundSaid> {
        Box::pin(self.request("ask_refund", &ask.refund_number, move || Ok(self.is_paid_back(ask))))
    }

    fn link(&self, way: Way, bill: &Bill, _: &Ways, _: Timestamp) -> Result<String, Trouble> {
        assert!(matches!(way, Way::Wap | Way::Page), "{way:?} has no page");
        Ok(format!("page/{}/{}/{}", bill.number, bill.amount.get(), bill.ends_at.millis()))
    }
}

// What nobody in this town asks for.

impl Checks for Bank {
    fn check<'a>(&'a self, _: Timestamp) -> Pin<Box<dyn Future<Output = Vec<Finding>> + Send + 'a>> {
        Box::pin(async { Vec::new() })
    }
}

impl Books for Bank {
    fn bill_of(&self, _: Day, _: Timestamp) -> Answer<'_, BillSaid> {
        Box::pin(async { Ok(BillSaid::NotThere) })
    }

    fn log(&self, _: Window, _: u32, _: u32, _: Timestamp) -> Answer<'_, LogPage> {
        Box::pin(async { Ok(LogPage::default()) })
    }
}
