//! A cashier that does what the real one does, and may keep an answer to itself for a while.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use matcha::alipay::check::Finding;
use matcha::domain::gateway::Way;
use matcha::domain::id::AccountId;
use matcha::domain::time::{Day, Timestamp};
use matcha::domain::transfer::{Content, Told};
use matcha::domain::watch::Window;
use matcha::flow::gateway::cashier::books::{BillSaid, Books, LogPage};
use matcha::flow::gateway::cashier::renewals::{
    AgreementName, AgreementSaid, ChargeAsk, ChargeSaid, Renewals, SignAsk, SignLinks, Unsigned,
};
use matcha::flow::gateway::cashier::transfers::Transfers;
use matcha::flow::gateway::cashier::{
    Answer, Bill, Cashier, Cashiers, Checks, Notice, Notices, RefundAsk, RefundSaid, Return, Trades, Trouble,
    Unbelieved, Ways,
};
use matcha::flow::gateway::hear::Said;

use super::Shop;

/// What is waited for before an answer is handed on: of which account, and to what.
pub(crate) type Wait =
    Arc<dyn Fn(AccountId, &'static str) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

struct Double {
    real: Arc<dyn Cashier>,
    account: AccountId,
    wait: Wait,
}

impl Double {
    /// The work is done; its answer comes when the test lets it.
    fn held<'a, T: Send + 'a>(&'a self, what: &'static str, answer: Answer<'a, T>) -> Answer<'a, T> {
        Box::pin(async move {
            let said = answer.await;
            (self.wait)(self.account, what).await;
            said
        })
    }
}

impl Shop {
    /// From now on answers wait for the test.
    pub(crate) fn hold(&mut self, wait: Wait) {
        let (real, secrets) = (self.app().cashiers.clone(), Arc::clone(&self.app().makers.secrets));
        self.world.app.cashiers = Cashiers::new(Arc::new(move |merchant, _| {
            let real = real.of(merchant, &secrets)?;
            Some(Arc::new(Double { real, account: merchant.account, wait: Arc::clone(&wait) }))
        }));
    }
}

impl Cashier for Double {}

impl Trades for Double {
    fn make_code<'a>(&'a self, bill: &'a Bill, now: Timestamp) -> Answer<'a, String> {
        self.real.make_code(bill, now)
    }

    fn ask<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Said> {
        self.real.ask(number, now)
    }

    fn close<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Said> {
        self.real.close(number, now)
    }

    fn refund<'a>(&'a self, ask: &'a RefundAsk, now: Timestamp) -> Answer<'a, RefundSaid> {
        self.held("refund", self.real.refund(ask, now))
    }

    fn ask_refund<'a>(&'a self, ask: &'a RefundAsk, now: Timestamp) -> Answer<'a, RefundSaid> {
        self.real.ask_refund(ask, now)
    }

    fn link(&self, way: Way, bill: &Bill, ways: &Ways, now: Timestamp) -> Result<String, Trouble> {
        self.real.link(way, bill, ways, now)
    }
}

impl Notices for Double {
    fn read_notice(&self, body: &[u8], now: Timestamp) -> Result<Notice, Unbelieved> {
        self.real.read_notice(body, now)
    }

    fn read_return(&self, query: &str, now: Timestamp) -> Option<Return> {
        self.real.read_return(query, now)
    }
}

impl Checks for Double {
    fn check<'a>(&'a self, now: Timestamp) -> Pin<Box<dyn Future<Output = Vec<Finding>> + Send + 'a>> {
        self.real.check(now)
    }
}

impl Books for Double {
    fn bill_of(&self, day: Day, now: Timestamp) -> Answer<'_, BillSaid> {
        self.held("bill", self.real.bill_of(day, now))
    }

    fn log(&self, window: Window, page: u32, rows: u32, now: Timestamp) -> Answer<'_, LogPage> {
        self.held("log", self.real.log(window, page, rows, now))
    }
}

impl Transfers for Double {
    fn send<'a>(&'a self, number: &'a str, content: &'a Content, now: Timestamp) -> Answer<'a, Told> {
        self.real.send(number, content, now)
    }

    fn ask_transfer<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, Told> {
        self.held("transfer", self.real.ask_transfer(number, now))
    }
}

impl Renewals for Double {
    fn sign_links(&self, ask: &SignAsk, back: &str, now: Timestamp) -> Result<SignLinks, Trouble> {
        self.real.sign_links(ask, back, now)
    }

    fn pay_and_sign_link(
        &self,
        bill: &Bill,
        ask: &SignAsk,
        ways: &Ways,
        now: Timestamp,
    ) -> Result<String, Trouble> {
        self.real.pay_and_sign_link(bill, ask, ways, now)
    }

    fn charge<'a>(&'a self, ask: &'a ChargeAsk, now: Timestamp) -> Answer<'a, ChargeSaid> {
        self.real.charge(ask, now)
    }

    fn ask_charge<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, ChargeSaid> {
        self.real.ask_charge(number, now)
    }

    fn close_charge<'a>(&'a self, number: &'a str, now: Timestamp) -> Answer<'a, ChargeSaid> {
        self.real.close_charge(number, now)
    }

    fn ask_agreement<'a>(
        &'a self,
        name: &'a AgreementName,
        now: Timestamp,
    ) -> Answer<'a, Option<AgreementSaid>> {
        self.real.ask_agreement(name, now)
    }

    fn unsign<'a>(&'a self, name: &'a AgreementName, now: Timestamp) -> Answer<'a, Unsigned> {
        self.real.unsign(name, now)
    }

    fn postpone<'a>(&'a self, gateway_no: &'a str, to: Day, now: Timestamp) -> Answer<'a, Day> {
        self.real.postpone(gateway_no, to, now)
    }
}
