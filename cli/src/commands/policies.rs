//! `plimsoll policies`: lists policies.

use super::policies_of::{bundles, configuration, settings};
use crate::args::{Policies, PoliciesFormat};
use crate::exit::Exit;
use crate::failure::{Failure, usage};
use crate::io::Io;
use plimsoll::compile::CompileOptions;
use plimsoll::engine::engine::PolicyState;
use plimsoll::listing::{FrameworkCoverage, PolicyInfo, coverage, policies};
use std::fmt::Write as _;

/// Lists.
pub(crate) fn run(args: &Policies, io: &mut Io) -> Result<Exit, Failure> {
    let configured = configuration(args.which.config.as_deref())?;
    let options = CompileOptions { crds: args.which.crd.clone(), ..CompileOptions::default() };
    let bundles = bundles(&args.which, &configured, &options)?;
    let settings = settings(&args.which, &configured)?;
    let mut all = Vec::new();
    for bundle in &bundles {
        let options = plimsoll::settings::options(bundle, &settings).map_err(usage)?;
        all.extend(policies(bundle, &options).map_err(usage)?);
    }
    let narrowed = !(args.which.profile.is_empty() && args.which.only.is_empty() && args.which.skip.is_empty());
    all.retain(|p| (!narrowed || p.enabled) && p.severity >= settings.options.min_severity);
    let text = match (args.coverage, args.format) {
        (true, PoliciesFormat::Json) => json(&coverage(&all)),
        (true, PoliciesFormat::Text) => coverage_text(&coverage(&all)),
        (true, PoliciesFormat::Markdown) => coverage_markdown(&coverage(&all)),
        (false, PoliciesFormat::Json) => json(&all),
        (false, PoliciesFormat::Text) => text(&all, io.color),
        (false, PoliciesFormat::Markdown) => markdown(&all),
    };
    io.print(&text)?;
    Ok(Exit::Good)
}

fn json<T: serde::Serialize>(value: &T) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap_or_default())
}

/// The risk that a policy is about.
fn risk(policy: &PolicyInfo) -> &str {
    policy.refs.get("owasp2022").and_then(|r| r.first()).map_or("-", String::as_str)
}

fn text(all: &[PolicyInfo], color: bool) -> String {
    let width = |of: fn(&PolicyInfo) -> &str| all.iter().map(|p| of(p).chars().count()).max().unwrap_or(0);
    let (id, name) = (width(|p| &p.id), width(|p| &p.policy));
    let mut out = String::new();
    for p in all {
        let off = p.state.as_ref().map_or(String::new(), |state| format!("  (off: {})", why_off(state)));
        let line = format!(
            "{:id$}  {:8}  {:4}  {:name$}  {}{off}",
            p.id,
            p.severity.name(),
            risk(p),
            p.policy,
            p.title.trim_end_matches('.')
        );
        let line = if color && !p.enabled { format!("\u{1b}[2m{line}\u{1b}[0m") } else { line };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{line}");
    }
    let on = all.iter().filter(|p| p.enabled).count();
    let _ = writeln!(out, "\n{} policies, {on} on", all.len());
    out
}

/// Why a policy is not evaluated.
pub(super) fn why_off(state: &PolicyState) -> String {
    match state {
        PolicyState::On => String::new(),
        PolicyState::Disabled(condition) => format!("unless {condition}"),
        PolicyState::NotInProfile => "in none of the profiles".to_owned(),
        PolicyState::Skipped => "left out".to_owned(),
        PolicyState::Off => "enforced as off".to_owned(),
    }
}

fn markdown(all: &[PolicyInfo]) -> String {
    let mut out = String::from("| id | severity | risk | policy | title |\n|---|---|---|---|---|\n");
    for p in all {
        let title = p.title.replace('|', "\\|");
        let _ = writeln!(out, "| {} | {} | {} | `{}` | {title} |", p.id, p.severity.name(), risk(p), p.policy);
    }
    out
}

fn of(row: &FrameworkCoverage) -> String {
    row.of.map_or_else(|| format!("{}", row.rules), |of| format!("{} of {of}", row.rules))
}

fn coverage_text(rows: &[FrameworkCoverage]) -> String {
    let width = rows.iter().map(|r| r.name.chars().count()).max().unwrap_or(0);
    let line = |r: &FrameworkCoverage| format!("{:width$}  {:>10} rules  {:>4} policies\n", r.name, of(r), r.policies);
    rows.iter().map(line).collect()
}

fn coverage_markdown(rows: &[FrameworkCoverage]) -> String {
    let mut out = String::from("| framework or peer | rules | policies |\n|---|--:|--:|\n");
    for row in rows {
        let _ = writeln!(out, "| {} | {} | {} |", row.name, of(row), row.policies);
    }
    out
}
