//! `plimsoll test`: runs the `test` items of bundles.

use super::check::plural;
use super::policies_of::{natives, paths};
use crate::args::{Test, TestFormat};
use crate::exit::Exit;
use crate::failure::{Failure, usage};
use crate::io::Io;
use plimsoll::compile::{CompileOptions, build};
use plimsoll::report::clean;
use plimsoll::testing::{Coverage, Outcome, TestOptions, TestReport, run as run_tests};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Runs tests.
pub(crate) fn run(args: &Test, io: &mut Io) -> Result<Exit, Failure> {
    let paths = paths(&args.bundles)?;
    let options = CompileOptions { crds: args.crd.clone(), tests: true, trace: args.coverage, query: None };
    let bundles = paths.iter().map(|path| build(path, &options)).collect::<Result<Vec<_>, _>>()?;
    let natives = natives(&args.extension, &bundles.iter().collect::<Vec<_>>())?;
    let options = TestOptions { filter: args.filter.clone(), jobs: args.jobs, coverage: args.coverage, natives };
    let mut reports = Vec::new();
    for bundle in &bundles {
        reports.push((bundle.shown.clone(), run_tests(bundle, &options).map_err(usage)?));
    }
    if reports.iter().all(|(_, r)| r.outcomes.is_empty()) {
        let filtered: usize = reports.iter().map(|(_, r)| r.filtered).sum();
        let why = if filtered == 0 { "there are no tests" } else { "no test fits the filter" };
        return Err(usage(why));
    }
    let text = match args.format {
        TestFormat::Text => reports.iter().map(|(shown, report)| text(shown, report, io.color)).collect(),
        TestFormat::Json => as_json(&reports),
        TestFormat::Junit => junit(&reports),
    };
    io.print(&text)?;
    let failed = reports.iter().any(|(_, r)| r.failed() > 0);
    let least = usize::from(args.min_coverage.unwrap_or(0));
    let low = reports.iter().any(|(_, r)| r.coverage.as_ref().is_some_and(|c| c.total().percent() < least));
    if low {
        io.complain("error", &format!("the coverage is below {least} %"));
    }
    Ok(if failed || low { Exit::Bad } else { Exit::Good })
}

fn text(shown: &str, report: &TestReport, color: bool) -> String {
    let paint = |code: &str, text: &str| if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
    let mut out = String::new();
    for outcome in report.outcomes.iter().filter(|o| !o.failures.is_empty()) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{} {}: {}", paint("1;31", "FAIL"), outcome.module, clean::line(&outcome.name));
        for failure in &outcome.failures {
            let _ = writeln!(out, "  --> {}:{}", outcome.file, failure.line);
            for line in failure.message.lines() {
                let code = match line.trim_start().chars().next() {
                    Some('+') => "32",
                    Some('-') => "31",
                    _ => "0",
                };
                let line = clean::line(line);
                let _ = writeln!(out, "      {}", if code == "0" { line.into_owned() } else { paint(code, &line) });
            }
        }
        out.push('\n');
    }
    if let Some(coverage) = &report.coverage {
        coverage_text(coverage, &mut out);
    }
    let (passed, failed) = (report.passed(), report.failed());
    let left = if report.filtered > 0 { format!(", {} not run", report.filtered) } else { String::new() };
    let failed = if failed > 0 { paint("1;31", &format!("{failed} failed")) } else { "0 failed".to_owned() };
    let _ = writeln!(out, "{shown}: {}: {passed} passed, {failed}{left}", plural(report.outcomes.len(), "test"));
    out
}

fn coverage_text(coverage: &Coverage, out: &mut String) {
    for missed in &coverage.missed {
        let place = format!("{}:{}:{}", missed.file, missed.line, missed.column);
        let _ = writeln!(out, "not reached  {place}  {} {}: {}", missed.owner, missed.kind, clean::line(&missed.text));
    }
    let groups = [("rules", coverage.rules), ("clauses", coverage.clauses), ("branches", coverage.branches)];
    let parts = groups.map(|(name, g)| format!("{name} {} of {} ({} %)", g.reached, g.total, g.percent()));
    let _ = writeln!(out, "coverage: {}, together {} %", parts.join(", "), coverage.total().percent());
}

fn as_json(reports: &[(String, TestReport)]) -> String {
    let one = |o: &Outcome| {
        let failures: Vec<Value> = o.failures.iter().map(|f| json!({ "line": f.line, "message": f.message })).collect();
        json!({
            "module": o.module, "name": o.name, "file": o.file, "line": o.line,
            "passed": o.failures.is_empty(), "failures": failures,
        })
    };
    let bundles: Vec<Value> = reports
        .iter()
        .map(|(shown, report)| {
            let tests: Vec<Value> = report.outcomes.iter().map(one).collect();
            let (passed, failed) = (report.passed(), report.failed());
            json!({
                "bundle": shown, "passed": passed, "failed": failed, "notRun": report.filtered,
                "tests": tests, "coverage": report.coverage,
            })
        })
        .collect();
    let whole = json!({ "version": 1, "bundles": bundles });
    format!("{}\n", serde_json::to_string_pretty(&whole).unwrap_or_default())
}

fn junit(reports: &[(String, TestReport)]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (shown, report) in reports {
        let (tests, failed) = (report.outcomes.len(), report.failed());
        let _ = writeln!(out, "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failed}\">", xml(shown));
        for o in &report.outcomes {
            let seconds = o.time.as_secs_f64();
            let (class, name, file) = (xml(&o.module), xml(&o.name), xml(&o.file));
            let head = format!(
                "    <testcase classname=\"{class}\" name=\"{name}\" file=\"{file}\" line=\"{}\" time=\"{seconds:.6}\"",
                o.line
            );
            if o.failures.is_empty() {
                let _ = writeln!(out, "{head}/>");
                continue;
            }
            let _ = writeln!(out, "{head}>");
            for failure in &o.failures {
                let first = failure.message.lines().next().unwrap_or_default();
                let _ = writeln!(out, "      <failure message=\"{}\">{}</failure>", xml(first), xml(&failure.message));
            }
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text that XML can hold: markup escaped, characters that it forbids replaced.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_legal() {
        assert_eq!(xml("a<b>&\"\u{1b}\n"), "a&lt;b&gt;&amp;&quot;\u{fffd}&#10;");
    }
}
