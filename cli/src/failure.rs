//! Why a command cannot do what it was told: wrong use, configuration, policies that do not compile.

use crate::exit::Exit;
use crate::io::Io;
use plimsoll::compile::{BuildError, Checked};
use plimsoll::dsl::diagnostic::{Colour, Level, render_all};
use std::io::Write as _;

/// The end of a command that could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Said in words.
    #[error("{0}")]
    Usage(String),
    /// Policies that are wrong.
    #[error("the policies do not compile")]
    Wrong(Box<Checked>),
    /// A stream or file that cannot be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// A failure in words.
pub(crate) fn usage(error: impl ToString) -> Failure {
    Failure::Usage(error.to_string())
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Wrong(checked) => Failure::Wrong(checked),
            other => usage(other),
        }
    }
}

impl Failure {
    /// Tells it on standard error.
    pub(crate) fn report(&self, io: &Io) -> Exit {
        if let Failure::Wrong(checked) = self {
            let colour = if io.error_color { Colour::Always } else { Colour::Never };
            let errors: Vec<_> =
                checked.bundle.diagnostics.iter().filter(|d| d.level == Level::Error).cloned().collect();
            let text = render_all(&errors, &checked.bundle.sources, colour);
            // There is nobody left to tell.
            let _ = writeln!(std::io::stderr().lock(), "{text}\n");
            let what = if errors.len() == 1 { "1 error".to_owned() } else { format!("{} errors", errors.len()) };
            io.complain("error", &format!("`{}` does not compile: {what}", checked.shown));
        } else {
            io.complain("error", &self.to_string());
        }
        Exit::Usage
    }
}
