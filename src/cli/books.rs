//! `matcha report|transfer`: what the books say, and money to a person.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::{Args, Subcommand};

use super::open::{As, open};
use super::{Failure, say};
use crate::app::App;
use crate::config::RawConfig;
use crate::domain::books::{Book, BookDay};
use crate::domain::id::AccountId;
use crate::domain::log::Actor;
use crate::domain::money::Fen;
use crate::domain::transfer::{Content, PayeeKind, Transfer as Made};
use crate::domain::watch::{Alone, Announced};
use crate::flow::gateway::transfer::{self, Wish};
use crate::flow::{Conflict, Error};
use crate::storage::verbs::Page;

/// `matcha report …`
#[derive(Subcommand, Debug)]
pub(super) enum Report {
    /// Days of official accounts: their bills beside what was settled here
    Bills(Which),
    /// Days of watched personal accounts: what only a phone and what only the log announced
    Watch(Which),
    /// Differences between the books, newest first
    Differences(Which),
}

/// Which days.
#[derive(Args, Debug)]
pub(super) struct Which {
    /// Only of this account
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// How many, newest first
    #[arg(long, value_name = "N", default_value_t = 30)]
    last: u32,
}

impl Which {
    fn page(&self) -> Page {
        Page { before: None, limit: self.last.clamp(1, crate::limits::PAGE_MAX) }
    }
}

impl Report {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        match self {
            Report::Bills(which) => days(&app, Book::Bill, &which).await,
            Report::Watch(which) => days(&app, Book::Log, &which).await,
            Report::Differences(which) => {
                let page = which.page();
                for d in app.store.read(move |tx| tx.differences(which.account, page)).await? {
                    let fen = |fen: Option<Fen>| fen.map_or_else(|| "-".to_owned(), |fen| fen.to_string());
                    let order = d.order.map_or_else(String::new, |order| order.to_string());
                    let (ours, theirs) = (fen(d.ours), fen(d.theirs));
                    say(&format!(
                        "{}  {}  {:16}  ours {ours:>10}  theirs {theirs:>10}  {} {} {order} {}",
                        d.day,
                        d.account,
                        d.kind.as_str(),
                        d.number,
                        d.refund.unwrap_or_default(),
                        d.detail
                    ))?;
                }
                Ok(())
            }
        }
    }
}

async fn days(app: &App, book: Book, which: &Which) -> Result<(), Failure> {
    let (account, page) = (which.account, which.page());
    for day in app.store.read(move |tx| tx.book_days(book, account, page)).await? {
        say(&line(&day))?;
        let alone: Alone =
            day.detail.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        for (side, list) in [("phone", alone.only_phone), ("log", alone.only_log)] {
            for Announced { at, amount, receipt, row } in list {
                let which = receipt.map(|id| id.to_string()).or(row).unwrap_or_default();
                say(&format!("    only the {side}: {}  ¥{amount}  {which}", at.china_clock()))?;
            }
        }
    }
    Ok(())
}

fn line(day: &BookDay) -> String {
    let t = &day.tally;
    let counts = match day.book {
        Book::Bill => {
            format!("{} paid ¥{}, {} refunded ¥{}", t.payments, t.paid, t.refunds, t.returned)
        }
        Book::Log => format!("both announced {} of ¥{}", t.payments, t.paid),
    };
    let problem = day.problem.as_deref().unwrap_or_default();
    let (account, differences) = (day.account, day.differences);
    format!("{}  {account}  {:8}  {counts}, {differences} differences {problem}", day.day, day.state.as_str())
}

/// `matcha transfer …`
#[derive(Subcommand, Debug)]
pub(super) enum Transfer {
    /// Send money to a person; the running server carries it out
    Make(Make),
    /// List transfers, newest first
    List {
        /// How many
        #[arg(long, value_name = "N", default_value_t = 30)]
        last: u32,
    },
}

/// What is sent.
#[derive(Args, Debug)]
pub(super) struct Make {
    /// How much, in yuan, from 0.10
    amount: Fen,
    /// An account's number (2088…), an e-mail address or a telephone number
    payee: String,
    /// The payee's name, which Alipay compares; demanded with an address or telephone number
    #[arg(long)]
    name: Option<String>,
    /// What the payee reads
    #[arg(long, default_value = "")]
    remark: String,
    /// The official account that pays, where there are several
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// Your own id of this transfer: typed again, it is the same transfer
    #[arg(long, value_name = "TEXT")]
    request_id: Option<String>,
    /// The day's bound, where it is not in the settings file
    #[arg(long, env = "MATCHA_TRANSFER_DAILY_MAX", value_name = "YUAN", hide = true)]
    transfer_daily_max: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Transfer {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let mut app = open(&raw.data(), As::Tool).await?;
        match self {
            Transfer::Make(make) => {
                let file = raw.file()?;
                let bound = make.transfer_daily_max.clone().or(file.transfer_daily_max);
                app.transfer_daily_max = bound.as_deref().map_or(Ok(Fen::ZERO), Fen::parse)?;
                make.run(&app).await
            }
            Transfer::List { last } => {
                let page = Page { before: None, limit: last.clamp(1, crate::limits::PAGE_MAX) };
                for made in app.store.read(move |tx| tx.transfers(page)).await? {
                    say(&told(&made))?;
                }
                Ok(())
            }
        }
    }
}

impl Make {
    async fn run(self, app: &App) -> Result<(), Failure> {
        if !self.yes {
            confirm(self.amount, &self.payee)?;
        }
        let is_number = self.payee.len() == 16 && self.payee.starts_with("2088");
        let payee_kind = if is_number { PayeeKind::UserId } else { PayeeKind::LogonId };
        let chance = u64::from_be_bytes(app.rng.bytes());
        let wish = Wish {
            account: self.account,
            request_id: self.request_id.unwrap_or_else(|| format!("cli{chance:016x}")),
            content: Content {
                payee_kind,
                payee: self.payee,
                name: self.name,
                amount: self.amount,
                remark: self.remark,
            },
        };
        let made = transfer::leave(app, wish, Actor::Console).await.map_err(refused)?;
        say(&told(&made))?;
        say(
            "the running server sends it within an hour or not at all; matcha transfer list says what became of it",
        )
    }
}

/// Why nothing is sent; for the day's bound, what sets it.
fn refused(error: Error) -> Failure {
    match error {
        Error::Conflict(Conflict::TransferTooMuch) => format!(
            "{error}: transfer_daily_max in matcha.toml says how much that is, and without it nothing is sent"
        )
        .into(),
        Error::NotFound(_)
        | Error::Taken(_)
        | Error::Invalid { .. }
        | Error::Keys(_)
        | Error::Conflict(_)
        | Error::Storage(_) => error.into(),
    }
}

/// Lets the owner type the amount once more: a transfer cannot be taken back.
fn confirm(amount: Fen, payee: &str) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err("nothing was sent: without a terminal to ask on, say --yes".into());
    }
    let mut out = std::io::stdout().lock();
    write!(out, "¥{amount} to {payee}. Type the amount to send it: ")?;
    out.flush()?;
    let mut typed = String::new();
    stdin.lock().read_line(&mut typed)?;
    if Fen::parse(typed.trim()) == Ok(amount) {
        Ok(())
    } else {
        Err("nothing was sent: the amounts differ".into())
    }
}

fn told(t: &Made) -> String {
    let problem = t.problem.as_deref().unwrap_or_default();
    format!(
        "{}  {}  {:8}  ¥{:>10}  {}  {problem}",
        t.id,
        t.requested_at.china_clock(),
        t.state.as_str(),
        t.content.amount.to_string(),
        t.content.payee
    )
}
