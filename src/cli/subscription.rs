//! `matcha subscription`: memberships that renew themselves.

use clap::Subcommand;

use super::open::{As, open};
use super::{Failure, say};
use crate::config::RawConfig;
use crate::domain::id::AgreementId;
use crate::domain::log::Actor;
use crate::domain::subscription::Ending;
use crate::flow::gateway::subscription::{self, View};
use crate::limits;
use crate::storage::verbs::Page;

/// `matcha subscription …`
#[derive(Subcommand, Debug)]
pub(super) enum Subscription {
    /// List subscriptions, newest first, with their schedules and charges
    List,
    /// Have Alipay asked again what became of its charges and how it stands. The server asks within a minute
    Ask {
        /// The subscription
        id: AgreementId,
    },
    /// End one: nothing is charged any more, what was paid for goes on. The server tells Alipay
    End {
        /// The subscription
        id: AgreementId,
    },
}

impl Subscription {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        match self {
            Subscription::List => {
                for view in subscription::list(&app, Page { before: None, limit: limits::PAGE_MAX }).await? {
                    for line in lines(&view) {
                        say(&line)?;
                    }
                }
                Ok(())
            }
            Subscription::Ask { id } => {
                subscription::ask_soon(&app, id, Actor::Console).await?;
                say(&format!("the server asks Alipay about {id}"))
            }
            Subscription::End { id } => {
                subscription::end(&app, id, Ending::Owner, Actor::Console).await?;
                say(&format!("{id} is ended; the server tells Alipay"))
            }
        }
    }
}

fn lines(view: &View) -> Vec<String> {
    let agreement = &view.agreement;
    let state = match agreement.ending {
        Some(ending) => format!("{} ({})", agreement.state.as_str(), ending.as_str()),
        None => agreement.state.as_str().to_owned(),
    };
    let until = view.paid_until.map_or_else(String::new, |until| format!("  paid until {until}"));
    let (id, every, most, due) = (agreement.id, agreement.every, agreement.most, agreement.due);
    let mut lines =
        vec![format!("{id}  {state}  {}/{}  ¥{most} every {every}{until}", view.site, view.product)];
    if agreement.is_live() {
        let tries: Vec<String> = view.tries.iter().map(|at| at.china_clock()).collect();
        lines.push(format!("  due {due}, tried at {} (China)", tries.join(", ")));
    }
    lines.extend(view.charges.iter().map(|charge| {
        let problem = charge.problem.as_deref().unwrap_or("");
        format!(
            "  {}  due {}  try {}  ¥{}  {}  {problem}",
            charge.number,
            charge.due,
            charge.attempt,
            charge.amount,
            charge.state.as_str()
        )
    }));
    lines
}
