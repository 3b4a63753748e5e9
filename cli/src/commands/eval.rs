//! `plimsoll eval`: one expression, its value as JSON.

use super::policies_of::{natives, session};
use crate::args::Eval;
use crate::exit::Exit;
use crate::failure::{Failure, usage};
use crate::io::Io;
use plimsoll::dsl::diagnostic::{Colour, render_all};
use plimsoll::engine::document::Limits;
use plimsoll::scan::read::stdin;
use plimsoll::session::Wrong;

/// Evaluates.
pub(crate) fn run(args: &Eval, io: &mut Io) -> Result<Exit, Failure> {
    let mut session = session(&args.policies, &args.crd, "expression")?;
    session = session.with_natives(natives(&args.extension, &[])?);
    if let Some(path) = &args.input {
        let loaded = if path.as_os_str() == "-" {
            let text =
                stdin(Limits::default()).map_err(|error| usage(format!("standard input can't be read: {error}")))?;
            session.load("-", text)
        } else {
            session.load_file(path)
        };
        if let Err(wrong) = loaded {
            io.complain("error", &wrong.to_string());
            return Ok(Exit::Unread);
        }
    }
    match session.eval(&args.expr) {
        Ok(answer) => {
            io.print(&format!("{}\n", answer.value))?;
            Ok(Exit::Good)
        }
        Err(Wrong::Eval(error)) => {
            io.complain(&format!("error[{}]", error.code()), &error.to_string());
            Ok(Exit::Unread)
        }
        Err(Wrong::Text(diagnostics, sources)) => {
            let colour = if io.error_color { Colour::Always } else { Colour::Never };
            io.error(&format!("{}\n", render_all(&diagnostics, &sources, colour)))?;
            Ok(Exit::Usage)
        }
        Err(other) => Err(usage(other)),
    }
}
