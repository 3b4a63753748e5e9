//! Many decisions → one report, and the formats that it is written in.
//!
//! A [`Report`] is data: what was found, what could not be evaluated, what was seen at all. A format is one file and one
//! line in [`FORMATS`].

mod json;
mod jsonl;
mod text;

pub use crate::clean;

use plimsoll_engine::decision::{
    Action, DecisionError, Finding, ObjectRef, Severity, Skipped, Suppressed, UsedComment,
};
use plimsoll_engine::document::{Position, SourceText};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

/// What a scan says.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Counts.
    pub summary: Summary,
    /// By file, document, place, id.
    pub findings: Vec<Finding>,
    /// What could not be read or evaluated.
    pub errors: Vec<DecisionError>,
    /// What was seen.
    pub account: Account,
    /// Findings that somebody answers for.
    pub suppressed: Vec<Suppressed>,
    /// Policies that did not apply, and why.
    pub skipped: Vec<Skipped>,
    /// Worth a look, but no error.
    pub notes: Vec<DecisionError>,
    /// The texts that findings stand in, by file.
    pub sources: BTreeMap<Arc<str>, Arc<SourceText>>,
    /// By bundle: what `plimsoll explain` is told to find its policies, as ` -p policies`; none where it cannot find them. A
    /// bundle that is not here is found by itself.
    pub explain: BTreeMap<String, Option<String>>,
    /// Policies that looked at something.
    pub(crate) matched: BTreeSet<String>,
    /// Comments and annotations that may suppress something.
    pub(crate) ignores: Vec<Ignore>,
}

/// A comment or an annotation that may suppress something.
#[derive(Clone, Debug)]
pub(crate) struct Ignore {
    /// `comment` or `annotation`
    pub(crate) what: &'static str,
    /// The policies that it names.
    pub(crate) policies: Vec<String>,
    /// The last day on which it does.
    pub(crate) until: Option<String>,
    /// Its line and file, as what it suppressed names them.
    pub(crate) at: UsedComment,
    /// Where it begins.
    pub(crate) start: Position,
    /// The object that is annotated.
    pub(crate) object: Option<ObjectRef>,
}

/// Counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Summary {
    /// Files that were read.
    pub files: usize,
    /// Objects that policies looked at.
    pub objects: usize,
    /// Policies that were on.
    pub policies: usize,
    /// Findings, of all actions.
    pub findings: usize,
    /// Errors.
    pub errors: usize,
    /// Skips.
    pub skipped: usize,
    /// Findings that somebody answers for.
    pub suppressed: usize,
    /// Findings by severity.
    pub by_severity: BySeverity,
}

/// Findings by severity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct BySeverity {
    /// Critical ones.
    pub critical: usize,
    /// High ones.
    pub high: usize,
    /// Medium ones.
    pub medium: usize,
    /// Low ones.
    pub low: usize,
    /// For the record.
    pub info: usize,
}

impl BySeverity {
    /// Counts findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> BySeverity {
        let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
        BySeverity {
            critical: count(Severity::Critical),
            high: count(Severity::High),
            medium: count(Severity::Medium),
            low: count(Severity::Low),
            info: count(Severity::Info),
        }
    }

    /// Names and counts, worst first.
    #[must_use]
    pub fn rows(&self) -> [(&'static str, usize); 5] {
        [
            ("critical", self.critical),
            ("high", self.high),
            ("medium", self.medium),
            ("low", self.low),
            ("info", self.info),
        ]
    }
}

/// What was seen: so that "nothing found" can be told from "nothing looked at".
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Account {
    /// Documents of all files, those that could not be read too.
    pub documents: usize,
    /// Documents that could be read.
    pub parsed: usize,
    /// Files, or documents of files, that could not be read.
    pub unparsed: Vec<Unparsed>,
    /// Files that are templates of another program.
    pub templates: Vec<String>,
    /// Objects whose kind no schema describes.
    pub unknown: Vec<UnknownKind>,
    /// Objects that were there before under the same identity.
    pub duplicates: usize,
    /// Policies that were on and looked at nothing.
    pub not_matched: Vec<String>,
    /// Policies that ended with an error for some object.
    pub failed_policies: Vec<String>,
}

/// A file that could not be read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[non_exhaustive]
pub struct Unparsed {
    /// The file.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// An object of a kind that is not known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UnknownKind {
    /// The file.
    pub file: String,
    /// Its kind.
    pub kind: String,
    /// Its `apiVersion`.
    pub api_version: String,
}

impl Report {
    /// True if a finding counts for the exit code: it denies (or warns, with `warn`) and is bad enough.
    #[must_use]
    pub fn fails(&self, at: Severity, warn: bool) -> bool {
        let counts = |action| action == Action::Deny || warn && action == Action::Warn;
        self.findings.iter().any(|finding| counts(finding.action) && finding.severity >= at)
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Escape codes for colour.
    pub color: bool,
    /// Only the summary.
    pub quiet: bool,
}

/// A format.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// As `--format` names it.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// The ending of its files.
    pub extension: &'static str,
    /// Writes a report.
    pub write: fn(&Report, Style, &mut dyn Write) -> io::Result<()>,
}

/// All formats.
pub const FORMATS: &[Format] = &[text::FORMAT, json::FORMAT, jsonl::FORMAT];

/// The format of that name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}
