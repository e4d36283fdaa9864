//! Payments on Alipay's own pages: on a desktop, on a phone, and in an app.

use serde_json::{Value, json};

use super::agreement::SignWhilePaying;
use super::text::{Body, CallbackUrl, OutTradeNo, Subject, Unfit};
use super::{Page, some_money};
use crate::domain::money::Fen;
use crate::domain::time::Timestamp;

/// `alipay.trade.page.pay`: Alipay's page on a desktop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PagePay {
    /// Our number.
    pub out_trade_no: OutTradeNo,
    /// The price, from ¥0.01.
    pub total_amount: Fen,
    /// What is sold.
    pub subject: Subject,
    /// More about it.
    pub body: Option<Body>,
    /// Until when it can be paid. A link can be opened again and again until then.
    pub expires_at: Option<Timestamp>,
    /// An agreement that is signed with this payment.
    pub agreement: Option<SignWhilePaying>,
    /// Where the payment is told.
    pub notify_url: Option<CallbackUrl>,
    /// Where the browser comes back to.
    pub return_url: Option<CallbackUrl>,
}

impl Page for PagePay {
    const NAME: &'static str = "alipay.trade.page.pay";

    fn check(&self) -> Result<(), Unfit> {
        some_money("total_amount", self.total_amount)?;
        self.agreement.as_ref().map_or(Ok(()), |agreement| agreement.terms.check())
    }

    fn content(&self) -> Value {
        json!({
            "out_trade_no": self.out_trade_no,
            "total_amount": self.total_amount,
            "subject": self.subject,
            "body": self.body,
            "product_code": "FAST_INSTANT_TRADE_PAY",
            "agreement_sign_params": self.agreement.as_ref().map(SignWhilePaying::content),
            "time_expire": self.expires_at.map(Timestamp::china_clock),
        })
    }

    fn notify_url(&self) -> Option<&CallbackUrl> {
        self.notify_url.as_ref()
    }

    fn return_url(&self) -> Option<&CallbackUrl> {
        self.return_url.as_ref()
    }
}

/// `alipay.trade.wap.pay`: Alipay's page in a phone's browser, which opens the wallet. Not in WeChat's browser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WapPay {
    /// Our number.
    pub out_trade_no: OutTradeNo,
    /// The price, from ¥0.01.
    pub total_amount: Fen,
    /// What is sold.
    pub subject: Subject,
    /// More about it.
    pub body: Option<Body>,
    /// Until when it can be paid.
    pub expires_at: Option<Timestamp>,
    /// Where "back" on Alipay's page leads.
    pub quit_url: CallbackUrl,
    /// Where the payment is told.
    pub notify_url: Option<CallbackUrl>,
    /// Where the browser comes back to.
    pub return_url: Option<CallbackUrl>,
}

impl Page for WapPay {
    const NAME: &'static str = "alipay.trade.wap.pay";

    fn check(&self) -> Result<(), Unfit> {
        some_money("total_amount", self.total_amount)
    }

    fn content(&self) -> Value {
        json!({
            "out_trade_no": self.out_trade_no,
            "total_amount": self.total_amount,
            "subject": self.subject,
            "body": self.body,
            "product_code": "QUICK_WAP_WAY",
            "quit_url": self.quit_url,
            "time_expire": self.expires_at.map(Timestamp::china_clock),
        })
    }

    fn notify_url(&self) -> Option<&CallbackUrl> {
        self.notify_url.as_ref()
    }

    fn return_url(&self) -> Option<&CallbackUrl> {
        self.return_url.as_ref()
    }
}

/// `alipay.trade.app.pay`: an order string for Alipay's SDK in an app. The SDK's result is verified as an answer of this
/// method, shown, and never credited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppPay {
    /// Our number.
    pub out_trade_no: OutTradeNo,
    /// The price, from ¥0.01.
    pub total_amount: Fen,
    /// What is sold.
    pub subject: Subject,
    /// More about it.
    pub body: Option<Body>,
    /// Until when it can be paid.
    pub expires_at: Option<Timestamp>,
    /// An agreement that is signed with this payment.
    pub agreement: Option<SignWhilePaying>,
    /// Where the payment is told.
    pub notify_url: Option<CallbackUrl>,
}

impl Page for AppPay {
    const NAME: &'static str = "alipay.trade.app.pay";

    fn check(&self) -> Result<(), Unfit> {
        some_money("total_amount", self.total_amount)?;
        self.agreement.as_ref().map_or(Ok(()), |agreement| agreement.terms.check())
    }

    fn content(&self) -> Value {
        json!({
            "out_trade_no": self.out_trade_no,
            "total_amount": self.total_amount,
            "subject": self.subject,
            "body": self.body,
            // With an agreement it is the agreement's product that is paid by.
            "product_code": if self.agreement.is_some() { "CYCLE_PAY_AUTH" } else { "QUICK_MSECURITY_PAY" },
            "agreement_sign_params": self.agreement.as_ref().map(SignWhilePaying::content),
            "time_expire": self.expires_at.map(Timestamp::china_clock),
        })
    }

    fn notify_url(&self) -> Option<&CallbackUrl> {
        self.notify_url.as_ref()
    }

    fn return_url(&self) -> Option<&CallbackUrl> {
        None
    }
}
