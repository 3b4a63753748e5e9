//! The commands, one a file. Each takes its arguments and the streams, and says how it ends.

mod build;
mod build_kubewarden;
mod build_target;
mod check;
mod eval;
mod explain;
mod fmt;
mod policies;
mod policies_of;
mod repl;
mod scan;
mod scan_fix;
mod test;

use crate::args::Command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::io::Io;

/// Does what is asked for.
pub(crate) fn run(command: &Command, io: &mut Io) -> Result<Exit, Failure> {
    match command {
        Command::Scan(args) => scan::run(args, io),
        Command::Check(args) => check::run(args, io),
        Command::Test(args) => test::run(args, io),
        Command::Fmt(args) => fmt::run(args, io),
        Command::Build(args) => build::run(args, io),
        Command::Explain(args) => explain::run(args, io),
        Command::Policies(args) => policies::run(args, io),
        Command::Eval(args) => eval::run(args, io),
        Command::Repl(args) => repl::run(args, io),
    }
}
