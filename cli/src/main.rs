//! The `plimsoll` command.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test may panic"
    )
)]

mod args;
mod commands;
mod exit;
mod failure;
mod io;
mod progress;
mod repl;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let mut io = io::Io::of_process();
    commands::run(&cli.command, &mut io).unwrap_or_else(|failure| failure.report(&io)).into()
}
