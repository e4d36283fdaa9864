//! `matcha doctor`, `backup`, `openapi`, `completions`.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use super::open::{As, open};
use super::{Cli, Failure, say};
use crate::config::RawConfig;

/// Looks at everything a working installation needs, and says what is missing and what to do.
pub(super) async fn doctor(raw: &RawConfig) -> Result<(), Failure> {
    let data = raw.data();
    if !data.join("matcha.db").exists() {
        return Err(format!("{} holds no database: matcha serve makes one", data.display()).into());
    }
    let app = open(&data, As::Tool).await?;
    let now = app.now();
    let (accounts, codes, sites, devices, census) = app
        .store
        .read(|tx| {
            let accounts = tx.accounts()?;
            let mut codes = 0;
            for account in &accounts {
                codes += tx.codes(account.id)?.len();
            }
            Ok::<_, crate::storage::Error>((accounts, codes, tx.sites()?, tx.devices()?, tx.census()?))
        })
        .await?;
    app.store.probe().await?;
    let awake = devices.iter().filter(|d| d.revoked_at.is_none() && !d.is_silent_at(now)).count();
    let checks = [
        (true, format!("SQLite {}, the database takes writes", rusqlite::version())),
        (true, format!("rules {}", app.rules().version())),
        (!accounts.is_empty(), format!("{} receiving accounts (matcha account add)", accounts.len())),
        (codes > 0, format!("{codes} payment codes (matcha code import DIR)")),
        (!sites.is_empty(), format!("{} sites (matcha site add)", sites.len())),
        (awake > 0, format!("{awake} of {} phones awake (matcha device pair)", devices.len())),
        (census.inbox_open == 0, format!("{} open inbox items", census.inbox_open)),
    ];
    let mut missing = 0;
    for (good, text) in &checks {
        missing += usize::from(!good);
        say(&format!("{}  {text}", if *good { "ok  " } else { "look" }))?;
    }
    if missing == 0 { Ok(()) } else { Err(format!("{missing} things need a look").into()) }
}

/// `matcha backup DIR`
#[derive(Args, Debug)]
pub(super) struct Backup {
    /// The folder for the copies; made where it is missing
    dir: PathBuf,
}

impl Backup {
    pub(super) async fn run(self, raw: &RawConfig) -> Result<(), Failure> {
        let data = raw.data();
        let app = open(&data, As::Tool).await?;
        std::fs::create_dir_all(&self.dir)?;
        let to = self.dir.join("matcha.db");
        if to.exists() {
            return Err(format!("{} is there already: choose an empty folder", to.display()).into());
        }
        app.store.backup_to(to).await?;
        for name in ["master.key", "rules.toml", "matcha.toml"] {
            if data.join(name).exists() {
                std::fs::copy(data.join(name), self.dir.join(name))?;
            }
        }
        say(&format!("copied to {} and checked; keep master.key secret", self.dir.display()))
    }
}

/// The API's description as committed.
pub(super) fn openapi_json() -> Result<String, Failure> {
    Ok(crate::web::openapi().to_pretty_json()?)
}

/// `matcha completions SHELL`
#[derive(Args, Debug)]
pub(super) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "matcha", &mut script);
        say(&String::from_utf8(script)?)
    }
}
