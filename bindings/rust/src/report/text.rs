//! `--format text`: for people. By file: what, where, the source line with a caret, why, how to mend; then the summary.

use super::clean;
use super::{Format, Report, Style};
use plimsoll_engine::decision::{Action, DecisionError, Finding, ObjectRef, Severity};
use plimsoll_engine::document::SourceText;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

/// The format.
pub(super) const FORMAT: Format = Format { name: "text", about: "for people", extension: "txt", write };

/// A source line is cut to so many characters round its caret.
const WIDEST: usize = 110;
/// A caret line is no longer than this.
const LONGEST_CARET: usize = 60;
/// Errors that are shown one by one.
const MOST_ERRORS: usize = 50;

/// Escape codes, or nothing.
struct Paint(bool);

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn severity(&self, severity: Severity) -> String {
        let code = match severity {
            Severity::Critical => "1;35",
            Severity::High => "1;31",
            Severity::Medium => "33",
            Severity::Low => "36",
            Severity::Info => "2",
        };
        self.with(code, severity.name())
    }
}

fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint(style.color);
    if !style.quiet {
        let mut file = None;
        for finding in &report.findings {
            if file != Some(&finding.file) {
                if file.is_some() {
                    writeln!(out)?;
                }
                writeln!(out, "{}", paint.with("1", &clean::line(&finding.file)))?;
                file = Some(&finding.file);
            }
            let explain = match report.explain.get(&finding.bundle) {
                None => Some(""),
                Some(told) => told.as_deref(),
            };
            one(finding, report.sources.get(&finding.file), explain, &paint, out)?;
        }
        errors(report, &paint, out)?;
        notes(report, &paint, out)?;
    }
    summary(report, &paint, out)
}

fn one(
    finding: &Finding,
    source: Option<&Arc<SourceText>>,
    explain: Option<&str>,
    paint: &Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let action = match finding.action {
        Action::Deny => String::new(),
        other => format!(" ({})", other.name()),
    };
    let id = paint.with("1", &finding.id);
    writeln!(out, "{id} {}{action}  {}", paint.severity(finding.severity), clean::line(&finding.message))?;
    let (line, column) = (finding.start.line, finding.start.column);
    let arrow = paint.with("34", "-->");
    let place = if finding.pointer.is_empty() { String::new() } else { format!("  {}", clean::line(&finding.pointer)) };
    writeln!(
        out,
        "  {arrow} {}:{line}:{column}{}{place}",
        clean::line(&finding.file),
        object(finding.object.as_ref())
    )?;
    let width = line.to_string().len().max(3);
    // A line of a Secret is a secret.
    let secret = finding.sensitive || finding.object.as_ref().is_some_and(|o| o.kind == "Secret");
    if let Some(source) = source.filter(|_| !secret) {
        excerpt(finding, source, width, paint, out)?;
    }
    let margin = " ".repeat(width);
    let mut note = |text: String| writeln!(out, "{margin} {} {text}", paint.with("34", "="));
    for related in finding.related.iter().take(5) {
        let place = format!("{}:{}:{}", clean::line(&related.file), related.start.line, related.start.column);
        note(format!("see: {place}{}", object(Some(&related.object))))?;
    }
    for evidence in &finding.evidence {
        let reads: Vec<String> = evidence
            .reads
            .iter()
            .map(|read| format!("{} is {}", read.expr, clean::line(&read.value.to_string())))
            .collect();
        let reads = if reads.is_empty() { String::new() } else { format!(": {}", reads.join(", ")) };
        note(format!("because {}{reads}", clean::line(&evidence.clause)))?;
    }
    let title = finding.title.trim_end_matches('.');
    if !title.is_empty() {
        let more = explain.map(|told| format!(" (plimsoll explain{told} {})", clean::line(&finding.id)));
        note(format!("why: {}{}", clean::line(title), more.unwrap_or_default()))?;
    }
    if let Some(fix) = &finding.fix {
        let flag = if fix.safe { "--fix" } else { "--fix --unsafe-fixes" };
        let kind = if fix.safe { "fix" } else { "fix (unsafe)" };
        note(format!("{kind}: {}; `{flag}` applies it, `--diff` shows it", clean::line(&fix.title)))?;
    }
    Ok(())
}

fn object(object: Option<&ObjectRef>) -> String {
    let Some(object) = object else { return String::new() };
    let namespace = object.namespace.as_ref().map_or(String::new(), |ns| format!("{ns}/"));
    clean::line(&format!("  {} {namespace}{}", object.kind, object.name)).into_owned()
}

/// The source line with a caret, or (for what is missing) the line of its nearest parent.
fn excerpt(finding: &Finding, source: &SourceText, width: usize, paint: &Paint, out: &mut dyn Write) -> io::Result<()> {
    let bar = paint.with("34", "|");
    let text = clean::source(source.line(finding.start.line));
    if text.trim().is_empty() {
        return Ok(());
    }
    let column = usize::try_from(finding.start.column).unwrap_or(1).saturating_sub(1);
    // A long line is cut, so that the caret can be seen.
    let cut = if column > WIDEST { column.saturating_sub(WIDEST / 2) } else { 0 };
    let shown: String = text.chars().skip(cut).take(WIDEST).collect();
    let shown = shown.trim_end();
    let length = if finding.end.line == finding.start.line {
        usize::try_from(finding.end.column).unwrap_or(0).saturating_sub(column.saturating_add(1))
    } else {
        text.trim_end().chars().count().saturating_sub(column)
    };
    let room = shown.chars().count().saturating_sub(column.saturating_sub(cut));
    let caret = "^".repeat(length.min(room).clamp(1, LONGEST_CARET));
    let indent = " ".repeat(column.saturating_sub(cut));
    let number = paint.with("34", &format!("{:>width$}", finding.start.line));
    let margin = " ".repeat(width);
    writeln!(out, "{number} {bar} {shown}")?;
    writeln!(out, "{margin} {bar} {indent}{}", paint.with("31", &caret))
}

fn errors(report: &Report, paint: &Paint, out: &mut dyn Write) -> io::Result<()> {
    if report.errors.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.with("1;31", "could not be evaluated"))?;
    for error in report.errors.iter().take(MOST_ERRORS) {
        problem("error", error, paint, out)?;
    }
    let more = report.errors.len().saturating_sub(MOST_ERRORS);
    if more > 0 { writeln!(out, "… and {more} more") } else { Ok(()) }
}

fn notes(report: &Report, paint: &Paint, out: &mut dyn Write) -> io::Result<()> {
    report.notes.iter().take(MOST_ERRORS).try_for_each(|note| problem("note", note, paint, out))
}

fn problem(kind: &str, error: &DecisionError, paint: &Paint, out: &mut dyn Write) -> io::Result<()> {
    let code = if error.code.is_empty() { String::new() } else { format!("[{}]", error.code) };
    let head = paint.with(if kind == "error" { "31" } else { "33" }, &format!("{kind}{code}"));
    writeln!(out, "{head}: {}", clean::line(&error.message))?;
    let file = error.file.as_deref().map(clean::line).unwrap_or_default();
    let at = error.start.map_or(String::new(), |p| format!(":{}:{}", p.line, p.column));
    let policy = error.policy.as_ref().map_or(String::new(), |p| format!("  policy {p}"));
    let place = format!("{file}{at}{}{policy}", object(error.object.as_ref()));
    if place.is_empty() { Ok(()) } else { writeln!(out, "  {} {}", paint.with("34", "-->"), place.trim_start()) }
}

fn summary(report: &Report, paint: &Paint, out: &mut dyn Write) -> io::Result<()> {
    let summary = &report.summary;
    if !report.findings.is_empty() {
        writeln!(out)?;
        by_risk(report, out)?;
    }
    let severities: Vec<String> = summary
        .by_severity
        .rows()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| {
            let painted = Severity::parse(name).map_or(name.to_owned(), |s| paint.severity(s));
            format!("{count} {painted}")
        })
        .collect();
    let found = match summary.findings {
        0 => "no findings".to_owned(),
        n => format!("{} ({})", plural(n, "finding"), severities.join(", ")),
    };
    let fixable = report.findings.iter().filter(|f| f.fix.is_some()).count();
    let fixable = if fixable > 0 { format!(", {fixable} can be fixed") } else { String::new() };
    let objects = plural(summary.objects, "object");
    let documents = plural(report.account.documents, "document");
    let policies = match summary.policies {
        1 => "1 policy".to_owned(),
        n => format!("{n} policies"),
    };
    writeln!(out, "{objects} of {documents}, {policies}: {found}{fixable}; {}", account(report))
}

/// What was not evaluated, in one breath.
fn account(report: &Report) -> String {
    let account = &report.account;
    let counted = [
        (report.errors.len(), "error"),
        (account.unparsed.len(), "file unread"),
        (account.templates.len(), "template"),
        (account.unknown.len(), "object of unknown kind"),
        (account.duplicates, "duplicate"),
        (report.skipped.len(), "skip"),
        (report.suppressed.len(), "suppressed"),
        (account.not_matched.len(), "policy without an object"),
    ];
    let parts: Vec<String> = counted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| match *what {
            "file unread" | "suppressed" => format!("{count} {what}"),
            "policy without an object" if *count > 1 => format!("{count} policies without an object"),
            "object of unknown kind" if *count > 1 => format!("{count} objects of unknown kind"),
            _ => plural(*count, what),
        })
        .collect();
    let complete = report.errors.is_empty() && account.unparsed.is_empty();
    if report.summary.objects == 0 || report.summary.policies == 0 {
        let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
        return format!("nothing was evaluated{parts}");
    }
    match (complete, parts.is_empty()) {
        (true, true) => "everything was evaluated".to_owned(),
        (true, false) => format!("everything was evaluated ({})", parts.join(", ")),
        (false, _) => format!("not everything was evaluated ({})", parts.join(", ")),
    }
}

/// Findings by risk of the OWASP list, where policies name one.
fn by_risk(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut risks: BTreeMap<&str, usize> = BTreeMap::new();
    for risk in report.findings.iter().filter_map(|f| f.refs.get("owasp2022")).flatten() {
        let count = risks.entry(risk).or_default();
        *count = count.saturating_add(1);
    }
    if risks.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> = risks.iter().map(|(risk, count)| format!("{risk} {count}")).collect();
    writeln!(out, "by risk (OWASP Kubernetes Top Ten 2022): {}", rows.join(", "))
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
