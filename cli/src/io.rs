//! Where a command writes: standard output, standard error, and whether colour is wanted.

use std::io::{BufWriter, ErrorKind, IsTerminal, Write};

/// The process's streams.
pub(crate) struct Io {
    /// Standard output.
    pub(crate) out: Box<dyn Write>,
    /// Colour on standard output.
    pub(crate) color: bool,
    /// Colour on standard error.
    pub(crate) error_color: bool,
    /// Standard error is a terminal.
    pub(crate) interactive: bool,
}

impl Io {
    /// The streams of this process. Colour only on a terminal, and not with `NO_COLOR`.
    pub(crate) fn of_process() -> Io {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let interactive = std::io::stderr().is_terminal();
        Io {
            out: Box::new(BufWriter::new(anstream::stdout())),
            color: wanted && !dumb && std::io::stdout().is_terminal(),
            error_color: wanted && !dumb && interactive,
            interactive,
        }
    }

    /// Writes text to standard output. A reader that went away is no error.
    pub(crate) fn print(&mut self, text: &str) -> std::io::Result<()> {
        quiet(self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()))
    }

    /// Writes text to standard error.
    pub(crate) fn error(&mut self, text: &str) -> std::io::Result<()> {
        quiet(std::io::stderr().lock().write_all(text.as_bytes()))
    }

    /// A line for standard error, a title in colour.
    pub(crate) fn complain(&self, kind: &str, message: &str) {
        let kind = if self.error_color { format!("\u{1b}[1;31m{kind}\u{1b}[0m") } else { kind.to_owned() };
        // There is nobody left to tell.
        let _ = writeln!(std::io::stderr().lock(), "{kind}: {message}");
    }
}

/// A reader that went away is no error.
pub(crate) fn quiet(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
