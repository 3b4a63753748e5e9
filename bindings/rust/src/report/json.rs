//! `--format json`: one object, its keys in the order of the contract.

use super::{Account, Format, Report, Style, Summary};
use plimsoll_engine::decision::{DecisionError, Finding, Skipped, Suppressed, json};
use serde::Serialize;
use std::io::{self, Write};

/// The format.
pub(super) const FORMAT: Format =
    Format { name: "json", about: "one JSON object (schema version 1)", extension: "json", write };

/// Who made the report.
#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

/// The whole report, in the order of its keys.
#[derive(Serialize)]
struct Whole<'r> {
    version: u32,
    tool: Tool,
    summary: &'r Summary,
    findings: &'r [Finding],
    errors: &'r [DecisionError],
    account: &'r Account,
    suppressed: &'r [Suppressed],
    skipped: &'r [Skipped],
    notes: &'r [DecisionError],
}

fn write(report: &Report, _: Style, out: &mut dyn Write) -> io::Result<()> {
    let whole = Whole {
        version: 1,
        tool: Tool { name: "plimsoll", version: env!("CARGO_PKG_VERSION") },
        summary: &report.summary,
        findings: &report.findings,
        errors: &report.errors,
        account: &report.account,
        suppressed: &report.suppressed,
        skipped: &report.skipped,
        notes: &report.notes,
    };
    json::write_pretty(&whole, out)?;
    writeln!(out)
}
