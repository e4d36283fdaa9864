//! Starts Matcha: parses the command line and runs one command.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    matcha::cli::run(matcha::cli::Cli::parse())
}
