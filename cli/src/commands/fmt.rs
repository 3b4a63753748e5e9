//! `plimsoll fmt`: the one style.

use super::check::plural;
use crate::args::Fmt;
use crate::exit::Exit;
use crate::failure::{Failure, usage};
use crate::io::Io;
use plimsoll::dsl::diagnostic::{Colour, Diagnostic, render_all};
use plimsoll::dsl::source::SourceMap;
use plimsoll::dsl::syntax::format::format;
use plimsoll::file::read_text;
use plimsoll::load::policy_files;
use similar::TextDiff;
use std::io::Read as _;
use std::path::Path;

/// The longest text that is read.
const MOST: u64 = 64 << 20;

/// Formats.
pub(crate) fn run(args: &Fmt, io: &mut Io) -> Result<Exit, Failure> {
    if args.paths.iter().any(|p| p.as_os_str() == "-") {
        return stdin(args.check, io);
    }
    let mut files = Vec::new();
    for path in &args.paths {
        files.extend(policy_files(path).map_err(usage)?);
    }
    let (mut changed, mut broken) = (0_usize, 0_usize);
    for file in &files {
        let text = read_text(file, MOST).map_err(|error| usage(format!("`{}`: {error}", file.display())))?;
        match format(&text) {
            Err(diagnostics) => {
                broken = broken.saturating_add(1);
                complain(&file.display().to_string(), &text, &diagnostics, io)?;
            }
            Ok(new) if new == text => {}
            Ok(new) => {
                changed = changed.saturating_add(1);
                change(args.check, file, &text, &new, io)?;
            }
        }
    }
    let what = if args.check { "not formatted" } else { "formatted" };
    io.print(&format!("{}, {changed} {what}\n", plural(files.len(), "file")))?;
    Ok(if broken > 0 || args.check && changed > 0 { Exit::Bad } else { Exit::Good })
}

fn change(check: bool, file: &Path, old: &str, new: &str, io: &mut Io) -> Result<(), Failure> {
    let name = file.display().to_string();
    if check {
        let diff = TextDiff::from_lines(old, new).unified_diff().context_radius(1).header(&name, &name).to_string();
        io.print(&diff)?;
        return Ok(());
    }
    super::build::write(file, new.as_bytes())
}

fn stdin(check: bool, io: &mut Io) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MOST).read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| usage("standard input is not UTF-8 text"))?;
    match format(&text) {
        Err(diagnostics) => {
            complain("standard input", &text, &diagnostics, io)?;
            Ok(Exit::Bad)
        }
        Ok(new) if check => Ok(if new == text { Exit::Good } else { Exit::Bad }),
        Ok(new) => {
            io.print(&new)?;
            Ok(Exit::Good)
        }
    }
}

/// What keeps a text from being formatted goes to standard error: standard output is the text's.
fn complain(name: &str, text: &str, diagnostics: &[Diagnostic], io: &mut Io) -> Result<(), Failure> {
    let mut sources = SourceMap::default();
    sources.add(name, text);
    let colour = if io.error_color { Colour::Always } else { Colour::Never };
    io.error(&format!("{}\n", render_all(diagnostics, &sources, colour)))?;
    Ok(())
}
