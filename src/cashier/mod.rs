//! Alipay's client as the flows' cashier: what a flow asks in its own words is asked of the gateway, and the answer told
//! in the flow's words again.
//!
//! Knows [`crate::alipay`] and the traits of [`crate::flow::gateway::cashier`]. Refuses to decide anything: which answer
//! counts as "not known" is said by the client, and what follows from it by the flows.

mod books;
mod notices;
mod renewals;
mod trades;
mod transfers;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::alipay::check::{self, Finding};
use crate::alipay::credentials::Credentials;
use crate::alipay::gateway::{Client, Error, Line, Probe};
use crate::alipay::methods::{CallbackUrl, OutTradeNo, Page, TradeRef, Unfit};
use crate::domain::time::Timestamp;
use crate::flow::gateway::cashier::{Cashier, Cashiers, Checks, Trouble};
use crate::limits;
use crate::rng::Rng;

/// Where Alipay reaches this installation.
#[derive(Clone, Debug)]
struct Callbacks {
    notify: Option<CallbackUrl>,
    base_url: String,
}

impl Callbacks {
    /// Addresses below that of the installation. One that Alipay would refuse is not sent: everything that a notice tells
    /// is also asked for.
    fn below(base_url: &str) -> Callbacks {
        Callbacks {
            notify: CallbackUrl::new(&format!("{base_url}/alipay/notify")).ok(),
            base_url: base_url.to_owned(),
        }
    }
}

/// One account at Alipay's gateway.
#[derive(Debug)]
struct AlipayCashier {
    client: Client,
    callbacks: Callbacks,
    rng: Rng,
}

impl AlipayCashier {
    /// The address that leads a browser to one of the gateway's pages. Nothing is sent.
    fn link_to<P: Page>(&self, page: &P, now: Timestamp) -> Result<String, Trouble> {
        let too_long = |_| Unfit::TooLong { field: "link", max: limits::ALIPAY_LINK_BYTES_MAX };
        let signed = self.client.page(page, now).map_err(Trouble::from)?;
        let link = signed.link(self.client.credentials().gateway().url());
        link.map_err(|error| Trouble::from(Error::Unfit(too_long(error))))
    }
}

impl Cashier for AlipayCashier {}

impl Checks for AlipayCashier {
    fn check<'a>(&'a self, now: Timestamp) -> Pin<Box<dyn Future<Output = Vec<Finding>> + Send + 'a>> {
        Box::pin(async move {
            // A number that no trade has: the answer proves the keys both ways and touches nobody's money.
            let number = format!("check{}{}", now.millis(), self.rng.below(1_000_000));
            match OutTradeNo::new(&number) {
                Ok(number) => {
                    let Probe { outcome, ahead } = self.client.probe(&number, now).await;
                    check::diagnose(self.client.credentials(), &outcome, ahead, now)
                }
                Err(unfit) => check::diagnose(self.client.credentials(), &Err(unfit.into()), None, now),
            }
        })
    }
}

/// The cashiers of an installation that Alipay reaches at `base_url`, all on one line.
#[must_use]
pub fn cashiers(line: Line, base_url: &str, rng: Rng) -> Cashiers {
    let callbacks = Callbacks::below(base_url);
    Cashiers::new(Arc::new(move |_, secret| {
        let json = std::str::from_utf8(secret).ok()?;
        let credentials = Credentials::from_secret_json(json)
            .inspect_err(|error| tracing::error!(%error, "an account's keys can no longer be read"))
            .ok()?;
        let client = Client::new(line.clone(), Arc::new(credentials), rng.clone());
        let cashier: Arc<dyn Cashier> =
            Arc::new(AlipayCashier { client, callbacks: callbacks.clone(), rng: rng.clone() });
        Some(cashier)
    }))
}

/// A number of ours as the gateway takes it.
fn ours(number: &str) -> Result<TradeRef, Trouble> {
    Ok(TradeRef::Ours(OutTradeNo::new(number).map_err(|unfit| Trouble::from(Error::from(unfit)))?))
}

/// What an error of the client means to a flow. Only a signed no is one, and only where no earlier try of the same call is
/// in doubt: that one may have moved the money. What was never sent may simply be asked again.
impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        let unknown = |error: &Error| Trouble::Unknown { why: error.to_string() };
        match &error {
            Error::Refused(refusal) if !error.may_have_happened() => {
                let advice = refusal.advice();
                Trouble::Refused {
                    code: refusal.sub_code.clone(),
                    zh: format!("{} {}", refusal.sub_msg, advice.zh).trim().to_owned(),
                    en: advice.en.to_owned(),
                }
            }
            Error::Unfit(unfit) => Trouble::Refused {
                code: "unfit".to_owned(),
                zh: format!("没有发送: {unfit}"),
                en: format!("Nothing was sent: {unfit}"),
            },
            Error::Refused(_)
            | Error::Sign
            | Error::Busy
            | Error::Unreachable(_)
            | Error::Unknown(_)
            | Error::BadSignature(_)
            | Error::Unreadable(_) => unknown(&error),
        }
    }
}

/// An answer that is verified and yet does not tell what was asked.
fn unclear(why: &str) -> Trouble {
    Trouble::Unknown { why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alipay::gateway::Refusal;

    fn refused(signed: bool, after_doubt: bool) -> Error {
        let text = |text: &str| text.to_owned();
        Error::Refused(Box::new(Refusal {
            code: text("40004"),
            sub_code: text("ACQ.NO"),
            sub_msg: text("no"),
            signed,
            after_doubt,
        }))
    }

    #[test]
    fn only_a_signed_no_to_the_only_try_is_a_no() {
        assert!(
            matches!(Trouble::from(refused(true, false)), Trouble::Refused { code, .. } if code == "ACQ.NO")
        );
        for (signed, after_doubt) in [(true, true), (false, false), (false, true)] {
            assert!(matches!(Trouble::from(refused(signed, after_doubt)), Trouble::Unknown { .. }));
        }
    }
}
