//! `plimsoll check`: compiles and lints, runs nothing.

use super::policies_of::paths;
use crate::args::{Check, CheckFormat};
use crate::exit::Exit;
use crate::failure::{Failure, usage};
use crate::io::Io;
use plimsoll::compile::{Bundle, Checked, CompileOptions, check, compile, compiled, schema};
use plimsoll::config::Config;
use plimsoll::dsl::cost::costs;
use plimsoll::dsl::diagnostic::{Colour, Diagnostic, Level, render_all, to_github, to_json};
use plimsoll::dsl::source::SourceMap;
use plimsoll::load::{Loaded, load};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What is said of a bundle.
struct Said {
    shown: String,
    diagnostics: Vec<Diagnostic>,
    sources: SourceMap,
    policies: usize,
    modules: usize,
    costs: Vec<Cost>,
}

/// The cost of a policy.
struct Cost {
    id: String,
    name: String,
    class: String,
    bound: String,
}

/// Checks.
pub(crate) fn run(args: &Check, io: &mut Io) -> Result<Exit, Failure> {
    let paths = paths(&args.bundles)?;
    let options = CompileOptions { crds: args.crd.clone(), tests: true, ..CompileOptions::default() };
    let mut all = Vec::new();
    for path in &paths {
        all.push(match load(path).map_err(usage)? {
            Loaded::Sources(sources) => one(check(*sources, &options)?, &options)?,
            Loaded::Compiled { shown, bytes } => {
                let schema = schema(&Config::default(), None, &options)?;
                of_compiled(&compiled(shown, &bytes, schema)?)
            }
        });
    }
    let count = |level| all.iter().flat_map(|s| &s.diagnostics).filter(|d| d.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    let text = match args.format {
        CheckFormat::Text => text(&all, args.costs, io.color),
        CheckFormat::Json => as_json(&all, args.costs),
        CheckFormat::Github => github(&all),
    };
    io.print(&text)?;
    let bad = errors > 0 || args.deny_warnings && warnings > 0;
    Ok(if bad { Exit::Bad } else { Exit::Good })
}

fn one(mut checked: Checked, options: &CompileOptions) -> Result<Said, Failure> {
    checked.bundle.lint();
    let mut said = Said {
        shown: checked.shown.clone(),
        diagnostics: checked.bundle.diagnostics.clone(),
        sources: checked.bundle.sources.clone(),
        policies: 0,
        modules: checked.own.len(),
        costs: Vec::new(),
    };
    let Some(hir) = &checked.bundle.hir else { return Ok(said) };
    said.policies = hir.policies.len();
    said.costs = costs(hir)
        .into_iter()
        .filter_map(|cost| {
            let policy = hir.policies.get(cost.policy)?;
            let (id, name) = (policy.id.to_string(), policy.name.to_string());
            Some(Cost { id, name, class: cost.bound.class(), bound: cost.bound.to_string() })
        })
        .collect();
    // What has no errors still may exceed a limit of the bytecode.
    compile(checked, options)?;
    Ok(said)
}

fn of_compiled(bundle: &Bundle) -> Said {
    Said {
        shown: bundle.shown.clone(),
        diagnostics: Vec::new(),
        sources: SourceMap::default(),
        policies: bundle.program.policies.len(),
        modules: 0,
        costs: Vec::new(),
    }
}

fn text(all: &[Said], show_costs: bool, color: bool) -> String {
    let colour = if color { Colour::Always } else { Colour::Never };
    let mut out = String::new();
    for said in all {
        if !said.diagnostics.is_empty() {
            out.push_str(&render_all(&said.diagnostics, &said.sources, colour));
            out.push_str("\n\n");
        }
        if show_costs {
            out.push_str(&cost_table(&said.costs));
        }
        let count = |level| said.diagnostics.iter().filter(|d| d.level == level).count();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{}: {}, {}, {}, {}",
            said.shown,
            plural(said.modules, "module"),
            policies(said.policies),
            plural(count(Level::Error), "error"),
            plural(count(Level::Warning), "warning"),
        );
    }
    out
}

/// `1 error`, `2 errors`
pub(super) fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `1 policy`, `2 policies`
pub(super) fn policies(count: usize) -> String {
    if count == 1 { "1 policy".to_owned() } else { format!("{count} policies") }
}

fn cost_table(costs: &[Cost]) -> String {
    let width = |of: fn(&Cost) -> &str| costs.iter().map(|c| of(c).chars().count()).max().unwrap_or(0);
    let (id, name, class) = (width(|c| &c.id), width(|c| &c.name), width(|c| &c.class));
    let mut out = String::new();
    for cost in costs {
        let Cost { id: i, name: n, class: c, bound } = cost;
        let _ = writeln!(out, "{i:id$}  {n:name$}  {c:class$}  {bound}");
    }
    out.push_str("n: the size of the object, m: that of all others\n\n");
    out
}

fn as_json(all: &[Said], show_costs: bool) -> String {
    let bundles: Vec<Value> = all
        .iter()
        .map(|said| {
            let diagnostics: Vec<Value> = said.diagnostics.iter().map(|d| to_json(d, &said.sources)).collect();
            let mut bundle = json!({ "bundle": said.shown, "policies": said.policies, "diagnostics": diagnostics });
            if show_costs && let Some(members) = bundle.as_object_mut() {
                let one = |c: &Cost| json!({ "id": c.id, "policy": c.name, "class": c.class, "bound": c.bound });
                members.insert("costs".to_owned(), said.costs.iter().map(one).collect());
            }
            bundle
        })
        .collect();
    let whole = json!({ "version": 1, "bundles": bundles });
    format!("{}\n", serde_json::to_string_pretty(&whole).unwrap_or_default())
}

fn github(all: &[Said]) -> String {
    let lines = all.iter().flat_map(|said| said.diagnostics.iter().map(|d| to_github(d, &said.sources) + "\n"));
    lines.collect()
}
