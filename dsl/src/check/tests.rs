//! Whole bundles through the checker.

use super::*;
use crate::diagnostic::render::{Colour, render};
use crate::syntax::parse;

mod explain;
mod library;
mod limits;
mod listing;
mod samples;
mod tables;

/// Parses and checks files; what is wrong as text.
pub(super) fn check_files(files: &[(String, String)], schema: &Schema) -> (Option<Hir>, String) {
    let mut sources = SourceMap::default();
    let mut diagnostics = vec![];
    let mut modules = vec![];
    for (path, text) in files {
        let id = sources.add(path.as_str(), text.as_str());
        let parsed = parse(id, text);
        diagnostics.extend(parsed.diagnostics);
        modules.push(parsed.module);
    }
    let inputs: Vec<InputModule<'_>> = modules
        .iter()
        .zip(files)
        .map(|(ast, (path, _))| InputModule { ast, path: Some(path.as_str()), broken: &[] })
        .collect();
    let files = |_: &str, _: &str| -> Option<Arc<str>> { Some("{}".into()) };
    let checked = check(&Input { modules: &inputs, sources: &sources, schema, workloads: &[], files: &files });
    diagnostics.extend(checked.diagnostics);
    let text: Vec<String> = diagnostics.iter().map(|d| render(d, &sources, Colour::Never)).collect();
    (checked.hir, text.join("\n"))
}
