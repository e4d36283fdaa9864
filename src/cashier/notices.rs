//! What Alipay sends, and what a browser brings back from it.

use super::AlipayCashier;
use super::renewals::standing;
use crate::alipay::notice::{self, Event, Form, Happened, Receiver, Refusal};
use crate::domain::time::Timestamp;
use crate::flow::gateway::cashier::renewals::AgreementSaid;
use crate::flow::gateway::cashier::{BACK, News, Notice, Notices, Return, Unbelieved};
use crate::flow::gateway::hear::Said;

impl AlipayCashier {
    fn verified(&self, form: Form, now: Timestamp) -> Result<notice::Notice, Refusal> {
        let (credentials, keyring) = (self.client.credentials(), self.client.keyring());
        let receiver =
            Receiver { app_id: credentials.app_id(), seller_id: credentials.seller_id(), keyring: &keyring };
        form.verify(&receiver, now)
    }
}

impl Notices for AlipayCashier {
    fn read_notice(&self, body: &[u8], now: Timestamp) -> Result<Notice, Unbelieved> {
        let verified = Form::parse(body).and_then(|form| self.verified(form, now)).map_err(|refusal| {
            tracing::warn!(%refusal, "a notification is not believed");
            unbelieved(&refusal)
        })?;
        let event = verified.event().map_err(|error| {
            tracing::warn!(%error, "a notification is signed and cannot be read");
            Unbelieved::Malformed
        })?;
        let (number, news) = match event {
            Event::Trade(trade) => {
                let news = said(&trade).map_or(News::Other, News::Trade);
                (Some(trade.out_trade_no), news)
            }
            Event::Agreement(agreement) => {
                let news = News::Agreement(AgreementSaid {
                    standing: standing(&agreement.status),
                    gateway_no: Some(agreement.agreement_no),
                    next_due: None,
                });
                (agreement.external_agreement_no, news)
            }
            Event::Returned(_) | Event::Other => (None, News::Other),
        };
        let fields: Vec<String> =
            verified.fields().iter().map(|(name, value)| format!("{name}={value}")).collect();
        Ok(Notice {
            kind: verified.get("notify_type").unwrap_or_default().to_owned(),
            number,
            news,
            text: fields.join("\n"),
        })
    }

    fn read_return(&self, query: &str, now: Timestamp) -> Option<Return> {
        let form = Form::parse(query.as_bytes()).ok()?.without(&[BACK]);
        match self.verified(form, now).ok()?.event().ok()? {
            Event::Returned(returned) => Some(Return { number: returned.out_trade_no, at: returned.at }),
            Event::Trade(_) | Event::Agreement(_) | Event::Other => None,
        }
    }
}

fn unbelieved(refusal: &Refusal) -> Unbelieved {
    match refusal {
        Refusal::TooLong
        | Refusal::Malformed
        | Refusal::Charset(_)
        | Refusal::Duplicate(_)
        | Refusal::Ambiguous(_) => Unbelieved::Malformed,
        Refusal::SignMissing | Refusal::SignType(_) | Refusal::Unverified(_) => Unbelieved::Signature,
        Refusal::AppId(_) | Refusal::SellerId(_) => Unbelieved::ForAnother,
    }
}

/// What a trade's notice says of it; `None` for a status that nobody documented.
fn said(trade: &notice::Trade) -> Option<Said> {
    let paid = |returned| Said::Paid {
        trade_no: trade.trade_no.clone(),
        amount: trade.total_amount,
        at: trade.paid_at,
        returned,
    };
    match &trade.happened {
        Happened::Waiting => Some(Said::Waiting),
        Happened::Paid | Happened::Finished => Some(paid(None)),
        Happened::RefundedPart(sum) => Some(paid(Some(*sum))),
        Happened::ClosedUnpaid => Some(Said::Closed { returned: None }),
        Happened::RefundedWhole(sum) => Some(Said::Closed { returned: Some(*sum) }),
        Happened::Unknown(_) => None,
    }
}
