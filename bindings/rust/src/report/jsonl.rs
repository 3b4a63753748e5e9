//! `--format jsonl`: one JSON object a line, each with its `type`; the last is the summary.

use super::{Account, Format, Report, Style, Summary};
use plimsoll_engine::decision::json;
use serde::Serialize;
use std::io::{self, Write};

/// The format.
pub(super) const FORMAT: Format = Format { name: "jsonl", about: "one JSON object a line", extension: "jsonl", write };

/// A line: what it is, then its members.
#[derive(Serialize)]
struct Line<'r, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    body: &'r T,
}

/// The last line.
#[derive(Serialize)]
struct Last<'r> {
    summary: &'r Summary,
    account: &'r Account,
}

fn write(report: &Report, _: Style, out: &mut dyn Write) -> io::Result<()> {
    lines("finding", &report.findings, out)?;
    lines("error", &report.errors, out)?;
    lines("skipped", &report.skipped, out)?;
    lines("suppressed", &report.suppressed, out)?;
    lines("note", &report.notes, out)?;
    line("summary", &Last { summary: &report.summary, account: &report.account }, out)
}

fn lines<T: Serialize>(kind: &'static str, items: &[T], out: &mut dyn Write) -> io::Result<()> {
    items.iter().try_for_each(|item| line(kind, item, out))
}

fn line<T: Serialize>(kind: &'static str, body: &T, out: &mut dyn Write) -> io::Result<()> {
    json::write(&Line { kind, body }, out)?;
    writeln!(out)
}
