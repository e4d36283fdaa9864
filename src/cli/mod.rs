//! Commands, one a file. They print for people on stdout and log on stderr.

mod account;
mod books;
mod catalog;
mod code;
mod demo;
mod embed;
mod facts;
mod leakcheck;
mod notice;
mod open;
mod product;
mod seal;
mod secret;
mod serve;
mod subscription;
mod upkeep;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{RawConfig, RawServe};
use crate::limits;

/// Sell paid articles with personal WeChat and Alipay receive codes.
#[derive(Parser, Debug)]
#[command(name = "matcha", version, about, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    config: RawConfig,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the server
    Serve(RawServe),
    /// Show how it works: a throw-away server with a sample blog and a phone
    Demo(demo::Demo),
    /// Receiving accounts
    #[command(subcommand)]
    Account(account::Account),
    /// Accounts at Alipay's gateway
    #[command(subcommand)]
    Alipay(account::Alipay),
    /// Payment codes
    #[command(subcommand)]
    Code(code::Code),
    /// Sites
    #[command(subcommand)]
    Site(catalog::Site),
    /// What sites sell
    #[command(subcommand)]
    Product(product::Product),
    /// What takes something off a price
    #[command(subcommand)]
    Coupon(product::Coupon),
    /// Rights to read
    #[command(subcommand)]
    Unlock(product::Unlock),
    /// Memberships that renew themselves
    #[command(subcommand)]
    Subscription(subscription::Subscription),
    /// Print the script tag for a blog, or copy the script into it
    Embed(embed::Embed),
    /// Phones
    #[command(subcommand)]
    Device(catalog::Device),
    /// What Alipay's books say beside ours
    #[command(subcommand)]
    Report(books::Report),
    /// Money to a person, through the official API
    #[command(subcommand)]
    Transfer(books::Transfer),
    /// API keys
    #[command(subcommand)]
    Key(catalog::Key),
    /// Notices: run texts through the rules, or act as a phone
    #[command(subcommand)]
    Notice(notice::Notice),
    /// Encrypt the paid parts of a built site
    Seal(seal::Seal),
    /// Fail when words of a paid part stand anywhere in a built site
    Leakcheck(leakcheck::Leakcheck),
    /// Check the data folder and say what is missing
    Doctor,
    /// Copy database and keys into a folder, while the server runs
    Backup(upkeep::Backup),
    /// Print the API's description
    Openapi,
    /// Print completions for a shell
    Completions(upkeep::Completions),
}

/// Why a command failed, for the person who typed it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs a command; the exit code is 0, or 1 where it failed.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(limits::BLOCKING_THREADS_MAX)
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn dispatch(cli: Cli) -> Result<(), Failure> {
    let config = cli.config;
    match cli.command {
        Command::Serve(raw) => serve::run(&config, raw).await,
        Command::Demo(demo) => demo.run(&config).await,
        Command::Account(command) => command.run(&config).await,
        Command::Alipay(command) => command.run(&config).await,
        Command::Code(command) => command.run(&config).await,
        Command::Site(command) => command.run(&config).await,
        Command::Product(command) => command.run(&config).await,
        Command::Coupon(command) => command.run(&config).await,
        Command::Unlock(command) => command.run(&config).await,
        Command::Subscription(command) => command.run(&config).await,
        Command::Embed(command) => command.run(&config),
        Command::Device(command) => command.run(&config).await,
        Command::Report(command) => command.run(&config).await,
        Command::Transfer(command) => command.run(&config).await,
        Command::Key(command) => command.run(&config).await,
        Command::Notice(command) => command.run(&config).await,
        Command::Seal(seal) => seal.run(&config).await,
        Command::Leakcheck(check) => check.run(&config).await,
        Command::Doctor => upkeep::doctor(&config).await,
        Command::Backup(backup) => backup.run(&config).await,
        Command::Openapi => say(&upkeep::openapi_json()?),
        Command::Completions(completions) => completions.run(),
    }
}

fn fail(error: &Failure) -> ExitCode {
    let mut text = format!("matcha: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    // Nothing is left to do where even this cannot be written.
    drop(writeln!(std::io::stderr(), "{text}"));
    ExitCode::FAILURE
}

/// Prints a line; a reader that went away (`| head`) is no failure.
fn say(line: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
