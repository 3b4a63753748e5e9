//! The `plimsoll` command.

mod args;
mod exit;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let _cli = args::Cli::parse();
    exit::Exit::Good.into()
}
