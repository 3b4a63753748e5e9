//! `plimsoll repl`

use super::policies_of::{natives, session};
use crate::args::Repl;
use crate::exit::Exit;
use crate::failure::{Failure, usage};
use crate::io::Io;

/// Runs the prompt.
pub(crate) fn run(args: &Repl, io: &mut Io) -> Result<Exit, Failure> {
    let mut session = session(&args.policies, &args.crd, "repl")?;
    session = session.with_natives(natives(&args.extension, &[])?);
    for file in &args.files {
        session.load_file(file).map_err(usage)?;
    }
    crate::repl::run(session, io)?;
    Ok(Exit::Good)
}
