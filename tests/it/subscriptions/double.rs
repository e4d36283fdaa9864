//! A cashier that says what a test wants of agreements and charges, and can do nothing else.

use std::pin::Pin;
use std::sync::Arc;

use matcha::alipay::check::Finding;
use matcha::app::App;
use matcha::domain::gateway::Way;
use matcha::domain::money::Fen;
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
use serde_json::json;

/// What it says.
#[derive(Clone, Debug)]
pub(super) enum Double {
    /// Of an agreement: none. Before that answer arrives its reader signs at the gateway of this address.
    SignsMeanwhile { http: reqwest::Client, control: String },
    /// Of a charge: paid, with this amount.
    Paid(Fen),
    /// Of a charge: the gateway has no such trade, and a charge that is sent is lost on its way.
    Loses,
}

impl Double {
    /// The same installation with this cashier.
    pub(super) fn of(self, app: &App) -> App {
        let double: Arc<dyn Cashier> = Arc::new(self);
        app.clone().with_cashiers(Cashiers::new(Arc::new(move |_, _| Some(Arc::clone(&double)))))
    }

    fn charged(&self) -> Result<ChargeSaid, Trouble> {
        match self {
            Double::Paid(amount) => {
                Ok(ChargeSaid::Paid { trade_no: "2027010522001".to_owned(), amount: *amount, at: None })
            }
            Double::Loses | Double::SignsMeanwhile { .. } => Ok(ChargeSaid::Absent),
        }
    }
}

fn lost<T>() -> Result<T, Trouble> {
    Err(Trouble::Unknown { why: "lost".to_owned() })
}

impl Cashier for Double {}

impl Renewals for Double {
    fn sign_links(&self, _: &SignAsk, _: &str, _: Timestamp) -> Result<SignLinks, Trouble> {
        lost()
    }

    fn pay_and_sign_link(&self, _: &Bill, _: &SignAsk, _: &Ways, _: Timestamp) -> Result<String, Trouble> {
        lost()
    }

    fn charge<'a>(&'a self, _: &'a ChargeAsk, _: Timestamp) -> Answer<'a, ChargeSaid> {
        let is_lost = matches!(self, Double::Loses);
        Box::pin(async move { if is_lost { lost() } else { self.charged() } })
    }

    fn ask_charge<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, ChargeSaid> {
        Box::pin(async { self.charged() })
    }

    fn close_charge<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, ChargeSaid> {
        Box::pin(async { self.charged() })
    }

    fn ask_agreement<'a>(
        &'a self,
        name: &'a AgreementName,
        _: Timestamp,
    ) -> Answer<'a, Option<AgreementSaid>> {
        Box::pin(async move {
            let Double::SignsMeanwhile { http, control } = self else { return lost() };
            let signed = http.post(format!("{control}/agreement/sign"));
            let signed = signed.json(&json!({ "external_agreement_no": name.number })).send().await;
            assert!(signed.expect("the gateway's answer").status().is_success(), "it is signed");
            Ok(None)
        })
    }

    fn unsign<'a>(&'a self, _: &'a AgreementName, _: Timestamp) -> Answer<'a, Unsigned> {
        Box::pin(async { lost() })
    }

    fn postpone<'a>(&'a self, _: &'a str, _: Day, _: Timestamp) -> Answer<'a, Day> {
        Box::pin(async { lost() })
    }
}

impl Trades for Double {
    fn make_code<'a>(&'a self, _: &'a Bill, _: Timestamp) -> Answer<'a, String> {
        Box::pin(async { lost() })
    }

    fn ask<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, Said> {
        Box::pin(async { lost() })
    }

    fn close<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, Said> {
        Box::pin(async { lost() })
    }

    fn refund<'a>(&'a self, _: &'a RefundAsk, _: Timestamp) -> Answer<'a, RefundSaid> {
        Box::pin(async { lost() })
    }

    fn ask_refund<'a>(&'a self, _: &'a RefundAsk, _: Timestamp) -> Answer<'a, RefundSaid> {
        Box::pin(async { lost() })
    }

    fn link(&self, _: Way, _: &Bill, _: &Ways, _: Timestamp) -> Result<String, Trouble> {
        lost()
    }
}

impl Notices for Double {
    fn read_notice(&self, _: &[u8], _: Timestamp) -> Result<Notice, Unbelieved> {
        Err(Unbelieved::Signature)
    }

    fn read_return(&self, _: &str, _: Timestamp) -> Option<Return> {
        None
    }
}

impl Checks for Double {
    fn check<'a>(&'a self, _: Timestamp) -> Pin<Box<dyn Future<Output = Vec<Finding>> + Send + 'a>> {
        Box::pin(async { Vec::new() })
    }
}

impl Books for Double {
    fn bill_of(&self, _: Day, _: Timestamp) -> Answer<'_, BillSaid> {
        Box::pin(async { lost() })
    }

    fn log(&self, _: Window, _: u32, _: u32, _: Timestamp) -> Answer<'_, LogPage> {
        Box::pin(async { lost() })
    }
}

impl Transfers for Double {
    fn send<'a>(&'a self, _: &'a str, _: &'a Content, _: Timestamp) -> Answer<'a, Told> {
        Box::pin(async { lost() })
    }

    fn ask_transfer<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, Told> {
        Box::pin(async { lost() })
    }
}
