//! A membership that renews itself, on the page without script: how to begin, what stands, how to end it.

use axum::response::Response;

use super::view::{Link, MessagePage, RenewalPart, found};
use super::{Carried, Visit, tongue};
use crate::domain::id::OrderId;
use crate::domain::log::Actor;
use crate::domain::money::Fen;
use crate::domain::subscription::{AgreementState, Ending, Period};
use crate::flow::gateway::subscription::sign::Started;
use crate::flow::gateway::subscription::{self, View};
use crate::web::error::{Problem, no_credentials, token_refused};
use crate::web::reader::subscriptions::begin;

/// How often, and how much, for people.
pub(super) fn terms(every: Period, price: Fen, english: bool) -> String {
    match (every, english) {
        (Period::Months(1), true) => format!("¥{price} each month"),
        (Period::Months(1), false) => format!("每月 ¥{price}"),
        (Period::Months(months), true) => format!("¥{price} every {months} months"),
        (Period::Months(months), false) => format!("每 {months} 个月 ¥{price}"),
        (Period::Days(days), true) => format!("¥{price} every {days} days"),
        (Period::Days(days), false) => format!("每 {days} 天 ¥{price}"),
    }
}

fn in_force(views: Vec<View>) -> Option<View> {
    views.into_iter().find(|v| matches!(v.agreement.state, AgreementState::Normal | AgreementState::Paused))
}

impl Visit<'_> {
    /// The order whose membership an unlock token opens.
    async fn first_order(&self, token: String) -> Result<subscription::Held, Problem> {
        subscription::held(&self.web.app, token).await?.map_err(token_refused)
    }

    /// What a page shows of the renewal of what was bought; nothing where it neither renews nor could.
    pub(super) async fn renewal(&self, token: &str) -> Option<RenewalPart> {
        let held = self.first_order(token.to_owned()).await.ok()?;
        let views = subscription::of_order(&self.web.app, held.first).await.ok()?;
        let live = in_force(views);
        let terms = match (&live, self.facts.renews) {
            (Some(view), _) => terms(view.agreement.every, view.agreement.most, self.english),
            (None, Some(every)) => terms(every, self.facts.price, self.english),
            (None, None) => return None,
        };
        Some(RenewalPart { token: token.to_owned(), live: live.is_some(), terms })
    }

    /// Opens the page on which the reader signs: with the payment of an open order, or for what his unlock token opens.
    pub(super) async fn begin_renewal(self, carried: Carried) -> Response {
        let order = match (carried.order(self.web), carried.unlock) {
            (Some(order), _) => Ok(order),
            (None, Some(token)) => self.first_order(token).await.map(|held| held.order),
            (None, None) => Err(no_credentials("unlock token")),
        };
        match order {
            Ok(order) => match begin(self.web, order, None).await {
                Ok(started) => self.leads_to(order, started),
                Err(problem) => self.refuse(&problem),
            },
            Err(problem) => self.refuse(&problem),
        }
    }

    /// Ends the renewal of what an unlock token opens; the time that was paid for goes on.
    pub(super) async fn end_renewal(self, carried: Carried) -> Response {
        let Some(token) = carried.unlock else { return self.refuse(&no_credentials("unlock token")) };
        let ended = async {
            let held = self.first_order(token.clone()).await?;
            if let Some(view) = in_force(subscription::of_order(&self.web.app, held.first).await?) {
                subscription::unsign(&self.web.app, view.agreement.id, Ending::Reader, Actor::Reader).await?;
            }
            Ok::<_, Problem>(())
        };
        match ended.await {
            Ok(()) => self.show(token, None, None).await,
            Err(problem) => self.refuse(&problem),
        }
    }

    /// A form that leads to another site is stopped by the page's own policy, so the reader follows a link.
    fn leads_to(self, order: OrderId, started: Started) -> Response {
        let english = self.english;
        let (lang, zh) = tongue(english);
        let (heading, text) = match (started.while_paying, english) {
            (true, true) => ("Pay and sign with Alipay", "One page for both. You come back here by itself."),
            (true, false) => ("到支付宝付款并签约", "在同一个页面完成，之后会自动回到这里。"),
            (false, true) => ("Sign with Alipay", "On this phone in the app, or on a computer by a code."),
            (false, false) => ("到支付宝签约", "在这台手机的支付宝里打开，或在电脑上用支付宝扫码。"),
        };
        let say = |zh: &'static str, en: &'static str| if english { en } else { zh };
        let wallet = started
            .wallet
            .map(|url| Link {
                url: url.into(), label: say("在支付宝里打开", "Open the Alipay app").into()
            });
        let page_link =
            Link { url: started.page.into(), label: say("到支付宝网页", "Go to Alipay's page").into() };
        let back = if started.while_paying { self.order_url(order) } else { self.url() };
        let back = Link { url: back.into(), label: say("返回", "Back").into() };
        let template = MessagePage {
            lang,
            zh,
            site_name: &self.site_name,
            assets: &self.web.assets,
            status: String::new(),
            heading,
            text,
            links: wallet.into_iter().chain([page_link, back]).collect(),
        };
        found(&template, english)
    }
}

#[cfg(test)]
mod tests {
    use super::terms;
    use crate::domain::money::Fen;
    use crate::domain::subscription::Period;

    #[test]
    fn terms_are_read_by_people() {
        let ten = Fen::new(1000).unwrap();
        for (every, zh, en) in [
            (Period::Months(1), "每月 ¥10.00", "¥10.00 each month"),
            (Period::Months(3), "每 3 个月 ¥10.00", "¥10.00 every 3 months"),
            (Period::Days(7), "每 7 天 ¥10.00", "¥10.00 every 7 days"),
        ] {
            assert_eq!((terms(every, ten, false).as_str(), terms(every, ten, true).as_str()), (zh, en));
        }
    }
}
