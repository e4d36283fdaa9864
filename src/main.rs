//! Starts Matcha: parses the command line and runs one command.

use std::process::ExitCode;

use clap::Parser as _;

/// Units of work are made on one thread and dropped on another, for which the system's allocator takes locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    matcha::cli::run(matcha::cli::Cli::parse())
}
