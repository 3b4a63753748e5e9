//! Feature `compile`: texts of policies → a compiled bundle, and what is to be said of them.

use crate::answer::{Fault, Outcome, Status};
use crate::calls::{Bytes, json};
use crate::state::{State, Thing};
use plimsoll::Error;
use plimsoll::compile::{BuildError, Bundle, CompileOptions, check, compile};
use plimsoll::dsl::diagnostic::{Colour, Diagnostic, Level, render_all, to_json};
use plimsoll::dsl::source::SourceMap;
use plimsoll::engine::program::bundle;
use plimsoll::load::{Sources, builtin, of_texts};
use serde_json::{Value, json};

/// Policies that were compiled.
#[derive(Debug)]
pub(crate) struct Compilation {
    /// The `.plb`; none if the texts are wrong.
    bundle: Option<Vec<u8>>,
    /// What is to be said.
    report: Vec<u8>,
}

pub(crate) fn compile_texts(state: &mut State, at: Bytes) -> Outcome {
    let request = json(state, at, "the texts are")?;
    let compilation = compilation(sources(&request)?)?;
    state.keep(Thing::Compilation(compilation))
}

pub(crate) fn compile_builtin(state: &mut State) -> Outcome {
    let compilation = compilation(builtin().map_err(Error::from)?)?;
    state.keep(Thing::Compilation(compilation))
}

pub(crate) fn compilation_bundle(state: &mut State, handle: i32) -> Outcome {
    let bundle = state.compilation(handle)?.bundle.clone();
    state.answer = bundle.ok_or_else(|| Fault::new(Status::Refused, "the policies have errors"))?;
    Ok(0)
}

pub(crate) fn compilation_report(state: &mut State, handle: i32) -> Outcome {
    let compilation = state.compilation(handle)?;
    let (report, good) = (compilation.report.clone(), compilation.bundle.is_some());
    state.answer = report;
    Ok(i32::from(good))
}

/// Checks and compiles. Lints are about the bundle's own texts.
fn compilation(sources: Sources) -> Result<Compilation, Fault> {
    let options = CompileOptions::default();
    let mut checked = check(sources, &options).map_err(Error::from)?;
    checked.bundle.lint();
    let (own, texts) = (std::mem::take(&mut checked.own), &checked.bundle.sources);
    let is_own = |d: &&Diagnostic| texts.get(d.span().source).is_some_and(|text| own.contains(&*text.path));
    let said: Vec<Diagnostic> =
        checked.bundle.diagnostics.iter().filter(|d| d.level == Level::Error || is_own(d)).cloned().collect();
    let report = report(&said, texts);
    match compile(checked, &options) {
        Ok(Bundle { program, .. }) => {
            let bundle = bundle::encode(program.program()).map_err(Error::from)?;
            Ok(Compilation { bundle: Some(bundle), report })
        }
        Err(BuildError::Wrong(_)) => Ok(Compilation { bundle: None, report }),
        Err(error) => Err(Error::from(error).into()),
    }
}

/// All diagnostics as data and as a person reads them.
fn report(diagnostics: &[Diagnostic], sources: &SourceMap) -> Vec<u8> {
    let list: Vec<Value> = diagnostics.iter().map(|diagnostic| to_json(diagnostic, sources)).collect();
    let text = render_all(diagnostics, sources, Colour::Never);
    plimsoll::engine::decision::json::to_vec(&json!({ "diagnostics": list, "text": text }))
}

/// `{ "name": …, "files": { path: text } }`
fn sources(request: &Value) -> Result<Sources, Fault> {
    let wrong = || Fault::new(Status::Argument, "the texts must be { \"name\": text, \"files\": { path: text } }");
    let members = request.as_object().filter(|m| m.keys().all(|key| key == "name" || key == "files"));
    let members = members.ok_or_else(wrong)?;
    let name = members.get("name").map_or(Some("policies"), Value::as_str).ok_or_else(wrong)?;
    let files = members.get("files").and_then(Value::as_object).ok_or_else(wrong)?;
    let text = |(path, text): (&String, &Value)| Some((path.clone(), text.as_str()?.to_owned()));
    let files: Vec<(String, String)> = files.iter().map(text).collect::<Option<_>>().ok_or_else(wrong)?;
    of_texts(name, files).map_err(|error| Error::from(error).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (bool, String) {
        let sources = sources(&json!({ "files": { "a.plim": text } })).unwrap();
        let compilation = compilation(sources).unwrap();
        (compilation.bundle.is_some(), String::from_utf8(compilation.report).unwrap())
    }

    #[test]
    fn errors_and_lints_are_those_of_the_texts() {
        let policy =
            "module a\n/// A.\npolicy p {\n  id = \"T-1\"\n  severity = low\n  on Pod as x\n  deny \"no\"\n}\n";
        let (good, report) = told(policy);
        assert!(good && report.contains("W0105") && report.contains("a.plim:3"), "{report}");
        assert_eq!(report.matches("\"file\":\"a.plim\"").count() > 0, !report.contains("std/"), "{report}");
        let (good, report) = told("module a\nfn f(x: int) -> bool = x\n");
        assert!(!good && report.contains("E0301"), "{report}");
    }
}
