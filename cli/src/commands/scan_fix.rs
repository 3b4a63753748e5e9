//! `scan --diff` and `scan --fix`: what fixes make of the files, shown or written.

use super::check::plural;
use super::scan::targets;
use crate::args::Scan;
use crate::failure::{Failure, usage};
use crate::io::Io;
use plimsoll::compile::Bundle;
use plimsoll::engine::engine::Engine;
use plimsoll::fix::{Fixed, FixedFile, fix};
use plimsoll::report::{Report, clean};
use plimsoll::scan::Request;
use similar::{ChangeTag, TextDiff};
use std::fmt::Write as _;

/// Fixes, and gives what a scan says afterwards; none if there is nothing more to say.
pub(crate) fn run(
    args: &Scan,
    bundles: &[Bundle],
    engines: &[Engine],
    request: &Request,
    report: &Report,
    io: &mut Io,
) -> Result<Option<Report>, Failure> {
    let fixed = fix(&targets(bundles, engines), request, report, args.unsafe_fixes).map_err(usage)?;
    for (file, why) in &fixed.refused {
        io.error(&format!("{}: not fixed: {}\n", clean::line(file), clean::line(why)))?;
    }
    if args.diff {
        let color = io.color && !args.no_color;
        let text: String = fixed.files.iter().map(|file| diff(file, color)).collect();
        io.print(&text)?;
        if !args.fix {
            io.error(&said(&fixed, "would be fixed"))?;
            return Ok(None);
        }
    }
    let mut to_stdout = false;
    let mut failed = 0_usize;
    for file in &fixed.files {
        match &file.path {
            Some(_) => {
                if let Err(error) = file.write() {
                    failed = failed.saturating_add(1);
                    io.error(&format!("{}: not fixed: it can't be written: {error}\n", clean::line(&file.name)))?;
                }
            }
            None => to_stdout = true,
        }
    }
    if failed > 0 {
        // The others are fixed; what is said of them all would not be true.
        return Err(usage(format!("{} of {} can't be written", failed, plural(fixed.files.len(), "file"))));
    }
    io.error(&said(&fixed, "fixed"))?;
    // A text that came in goes out, changed or not.
    if request.overlay.contains_key("-") {
        let same = report.sources.get("-").map(|source| source.text.clone()).unwrap_or_default();
        let new = fixed.files.iter().find(|f| f.path.is_none()).map_or(same, |f| f.new.clone());
        io.print(&new)?;
        to_stdout = true;
    }
    Ok((!to_stdout).then_some(fixed.report))
}

fn said(fixed: &Fixed, what: &str) -> String {
    let fixes = fixed.files.iter().map(|f| f.fixes).sum();
    format!("{} in {} {what}\n", plural(fixes, "place"), plural(fixed.files.len(), "file"))
}

/// A file's unified diff.
fn diff(file: &FixedFile, color: bool) -> String {
    let paint = |code: &str, text: &str| if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
    let name = clean::line(&file.name);
    let diff = TextDiff::from_lines(&*file.old, &*file.new);
    let mut out = format!("{}\n{}\n", paint("1", &format!("--- {name}")), paint("1", &format!("+++ {name}")));
    let mut unified = diff.unified_diff();
    for hunk in unified.context_radius(3).iter_hunks() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", paint("36", hunk.header().to_string().trim_end()));
        for change in hunk.iter_changes() {
            let (sign, code) = match change.tag() {
                ChangeTag::Equal => (' ', "0"),
                ChangeTag::Delete => ('-', "31"),
                ChangeTag::Insert => ('+', "32"),
            };
            let text = change.value();
            // For a terminal the text of others is cleaned; a diff that goes to a file is to be applied.
            let line = format!("{sign}{}", text.trim_end_matches('\n'));
            let line = if color { paint(code, &clean::source(&line)) } else { line };
            let _ = writeln!(out, "{line}");
            if change.missing_newline() {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
    out
}
