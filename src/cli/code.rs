//! `matcha code import DIR`: takes in a folder of payment codes.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::open::{As, open};
use super::{Failure, say};
use crate::app::App;
use crate::config::RawConfig;
use crate::domain::account::{Account, Code as StoredCode, Remark};
use crate::domain::id::{AccountId, CodeId};
use crate::domain::log::Actor;
use crate::flow::catalog::{self, CodeAdded, NewCode};
use crate::qr;
use crate::qr::names::{self, ImportItem};

/// `matcha code …`
#[derive(Subcommand, Debug)]
pub(super) enum Code {
    /// Import a folder: wechat/0.98.png, alipay/1.00_A7.jpg, wechat/open.png, or what codes.toml in it says
    Import {
        /// The folder
        dir: PathBuf,
        /// Say what would be done and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the codes of an account
    List {
        /// The account
        account: AccountId,
    },
    /// Take a code out of use
    Remove {
        /// The code
        id: CodeId,
    },
}

impl Code {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let app = open(&raw.data(), As::Tool).await?;
        match self {
            Code::Import { dir, dry_run } => import(&app, &dir, dry_run).await,
            Code::List { account } => {
                for code in app.store.read(move |tx| tx.codes(account)).await? {
                    say(&line(&code))?;
                }
                Ok(())
            }
            Code::Remove { id } => {
                catalog::remove_code(&app, id, Actor::Console).await?;
                say(&format!("{id} is out of use"))
            }
        }
    }
}

fn line(code: &StoredCode) -> String {
    let amount = code.amount.map_or_else(|| "open".to_owned(), |a| format!("¥{a}"));
    let verified = if code.verified { "verified" } else { "unverified" };
    format!("{}  {amount:>10}  {verified:10}  {}", code.id, code.remark)
}

#[derive(Default)]
struct Tally {
    added: usize,
    there: usize,
    refused: usize,
    warned: usize,
}

async fn import(app: &App, dir: &Path, dry_run: bool) -> Result<(), Failure> {
    let scan =
        names::scan_folder(dir).map_err(|e| format!("the folder {} cannot be read: {e}", dir.display()))?;
    for problem in &scan.problems {
        say(&format!("skipped  {}: {}", problem.path, problem.reason))?;
    }
    let accounts = app.store.read(|tx| tx.accounts()).await?;
    let mut tally = Tally { refused: scan.problems.len(), ..Tally::default() };
    let mut read = Vec::new();
    for (number, item) in scan.items.iter().enumerate() {
        progress(number, scan.items.len());
        let picture = names::read_picture(dir, item)?;
        match qr::intake(&picture, item.channel) {
            Ok(intake) => read.push((item.clone(), intake)),
            Err(error) => {
                tally.refused += 1;
                say(&format!("refused  {}: {error}", item.path))?;
            }
        }
    }
    let identities: Vec<(ImportItem, Option<String>)> = read
        .iter()
        .map(|(item, intake)| (item.clone(), Some(qr::identity(intake.payload.as_deref(), &intake.png))))
        .collect();
    let clashes = names::find_clashes(&identities);
    for clash in &clashes {
        say(&format!("clash    {clash}"))?;
    }
    if !clashes.is_empty() {
        return Err(
            "nothing was imported: one of each clashing pair is wrong. Remove it and import again".into()
        );
    }
    for (item, intake) in read {
        for warning in &intake.warnings {
            tally.warned += 1;
            say(&format!("warning  {}: {}", item.path, warning.en()))?;
        }
        if dry_run {
            continue;
        }
        let account = account_of(&accounts, &item)?;
        add(app, account.id, &item, intake, &mut tally).await?;
    }
    let Tally { added, there, refused, warned } = tally;
    say(&format!("{added} imported, {there} there already, {refused} refused, {warned} warnings"))?;
    if refused > 0 { Err("not every file could be imported; see above".into()) } else { Ok(()) }
}

fn account_of<'a>(accounts: &'a [Account], item: &ImportItem) -> Result<&'a Account, Failure> {
    let mut fitting = accounts.iter().filter(|a| a.channel == item.channel);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => {
            let channel = item.channel;
            Err(format!("there is no {channel} account yet: matcha account add {channel} --name …").into())
        }
        (Some(_), Some(_)) => Err(format!(
            "there are several {} accounts: upload {} through the owner API",
            item.channel, item.path
        )
        .into()),
    }
}

async fn add(
    app: &App,
    account: AccountId,
    item: &ImportItem,
    intake: qr::Intake,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let remark: Remark = item.remark.as_deref().unwrap_or("").parse()?;
    let new = NewCode {
        account,
        amount: item.amount,
        remark,
        payload: intake.payload,
        verified: intake.verified,
        png: intake.png,
    };
    match catalog::add_code(app, new, Actor::Console).await? {
        CodeAdded::Yes { same_payload, .. } => {
            tally.added += 1;
            for other in same_payload {
                tally.warned += 1;
                say(&format!("warning  {}: says the same as {}", item.path, line(&other)))?;
            }
        }
        CodeAdded::Taken(_) => tally.there += 1,
    }
    Ok(())
}

/// A line that is overwritten, where there is a person to see it.
fn progress(done: usize, of: usize) {
    let mut out = std::io::stderr();
    if out.is_terminal() {
        drop(write!(out, "\rreading {} of {of}", done + 1));
        if done + 1 == of {
            drop(writeln!(out));
        }
    }
}
