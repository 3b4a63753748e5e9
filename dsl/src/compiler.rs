//! Sources in, a checked bundle or all diagnostics out.
//!
//! [`Compiler`] collects what a bundle is made of; [`Compiler::check`] parses every text and checks them together,
//! [`Bundle::compile`] makes bytecode of the result.

use crate::check::{self, InputModule};
use crate::compile::{self, CompileError, Compiled};
use crate::diagnostic::{Diagnostic, Level};
use crate::hir::Hir;
use crate::lint;
use crate::optimize;
use crate::schema::Schema;
use crate::source::{SourceId, SourceMap};
use crate::syntax::{self, Parsed};
use std::sync::Arc;

/// Reads a file beside a module (the module's path, the file's path).
pub type ReadFile = dyn Fn(&str, &str) -> Option<Arc<str>> + Send + Sync;

/// What a bundle is made of.
pub struct Compiler {
    schema: Schema,
    sources: SourceMap,
    /// Each text of the source map: its path from the bundle's folder, which says what its module is called.
    paths: Vec<Option<Arc<str>>>,
    workloads: Vec<(String, String)>,
    files: Box<ReadFile>,
}

impl std::fmt::Debug for Compiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiler").field("sources", &self.paths.len()).finish_non_exhaustive()
    }
}

/// A bundle that was parsed and checked.
#[derive(Clone)]
pub struct Bundle {
    /// The typed tree; none if something is wrong.
    pub hir: Option<Hir>,
    /// Errors, and lints once they were asked for; in the order of the sources and of their texts.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts, for messages.
    pub sources: SourceMap,
    /// The syntax trees, in the order of the sources.
    pub modules: Vec<syntax::ast::Module>,
    /// The kinds.
    pub schema: Schema,
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bundle").field("diagnostics", &self.diagnostics).finish_non_exhaustive()
    }
}

impl Default for Compiler {
    fn default() -> Self {
        Self::new(Schema::builtin().clone())
    }
}

impl Compiler {
    /// A compiler that knows these kinds.
    #[must_use]
    pub fn new(schema: Schema) -> Self {
        Compiler {
            schema,
            sources: SourceMap::default(),
            paths: vec![],
            workloads: vec![],
            files: Box::new(|_, _| None),
        }
    }

    /// Adds a file by its path from the bundle's folder, which agrees with the name of its module.
    #[must_use]
    pub fn file(mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let path = path.into();
        self.add(path.clone(), Some(path), text);
        self
    }

    /// Adds a text that is no file of a bundle (from a test, the command line); `name` is only shown.
    #[must_use]
    pub fn text(mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        self.add(name, None, text);
        self
    }

    /// Adds a file or a text, and names it: as messages show it, by its path from the bundle's folder if it has one.
    pub fn add(&mut self, shown: impl Into<Arc<str>>, path: Option<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        self.paths.push(path);
        self.sources.add(shown, text)
    }

    /// Adds a kind that carries a pod template: `argoproj.io/v1alpha1`, `Rollout`.
    #[must_use]
    pub fn workload(mut self, api_version: impl Into<String>, kind: impl Into<String>) -> Self {
        self.workloads.push((api_version.into(), kind.into()));
        self
    }

    /// Reads the files that tests name with `file("…")`.
    #[must_use]
    pub fn files(mut self, read: impl Fn(&str, &str) -> Option<Arc<str>> + Send + Sync + 'static) -> Self {
        self.files = Box::new(read);
        self
    }

    /// Parses and checks everything.
    #[must_use]
    pub fn check(self) -> Bundle {
        let mut diagnostics = vec![];
        let (mut modules, mut broken) = (Vec::with_capacity(self.paths.len()), vec![]);
        for (id, source) in self.sources.iter() {
            let Parsed { module, diagnostics: found } = syntax::parse(id, &source.text);
            broken.push(found.iter().map(Diagnostic::span).collect::<Vec<_>>());
            diagnostics.extend(found);
            modules.push(module);
        }
        let inputs: Vec<InputModule<'_>> = modules
            .iter()
            .zip(self.paths.iter().zip(&broken))
            .map(|(ast, (path, broken))| InputModule { ast, path: path.as_deref(), broken })
            .collect();
        let checked = check::check(&check::Input {
            modules: &inputs,
            sources: &self.sources,
            schema: &self.schema,
            workloads: &self.workloads,
            files: &*self.files,
        });
        diagnostics.extend(checked.diagnostics);
        diagnostics.sort_by_key(|d| (d.span().source, d.span().start));
        let clean = !diagnostics.iter().any(|d| d.level == Level::Error);
        Bundle { hir: checked.hir.filter(|_| clean), diagnostics, sources: self.sources, modules, schema: self.schema }
    }
}

impl Bundle {
    /// Adds what the lints say; nothing where there are errors.
    pub fn lint(&mut self) {
        let Some(hir) = &self.hir else { return };
        self.diagnostics.extend(lint::lint(hir, &self.modules, &self.schema, &self.sources));
        self.diagnostics.sort_by_key(|d| (d.span().source, d.span().start));
    }

    /// Makes bytecode of the bundle; none if something is wrong with it (see `diagnostics`).
    ///
    /// # Errors
    /// If the bundle exceeds a limit of the bytecode.
    pub fn compile(&self, options: &compile::Options) -> Result<Option<Compiled>, CompileError> {
        let Some(mut hir) = self.hir.clone() else { return Ok(None) };
        optimize::optimize(&mut hir);
        compile::compile(&hir, &self.schema, &self.sources, options).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
        policy p {
            id = "T-1" severity = low
            on Pod as pod
            deny "no" if pod.spec?.hostNetwork == true at pod.spec?.hostNetwork
        }
    "#;

    #[test]
    fn a_bundle_is_checked() {
        let bundle = Compiler::default().text("p.plim", POLICY).check();
        assert_eq!(bundle.diagnostics, vec![]);
        assert_eq!(bundle.hir.as_ref().unwrap().policies.len(), 1);
        let mut linted = bundle;
        linted.lint();
        let codes: Vec<&str> = linted.diagnostics.iter().map(|d| d.code.id()).collect();
        assert_eq!(codes, ["W0105"]);
    }

    #[test]
    fn errors_of_the_parser_and_the_checker_come_together_in_order() {
        let text = format!("let a: int = \"x\"\nlet b = (\n{POLICY}\nlet c: int = true");
        let bundle = Compiler::default().text("p.plim", text).check();
        assert!(bundle.hir.is_none());
        let codes: Vec<&str> = bundle.diagnostics.iter().map(|d| d.code.id()).collect();
        assert_eq!(codes.first(), Some(&"E0301"));
        assert_eq!(codes.last(), Some(&"E0301"));
        assert!(codes.iter().any(|c| c.starts_with("E01")), "{codes:?}");
    }

    #[test]
    fn what_could_not_be_read_is_not_reported_as_unknown_too() {
        let text = "fn lost(a: int) -> int = a +\ntype Gone = { a: int, }}\n\
                    fn f() -> int = lost(1)\nfn g(x: Gone) -> int = x.a\nfn h() -> int = nothing(1)";
        let bundle = Compiler::default().text("p.plim", text).check();
        let unknown: Vec<&str> =
            bundle.diagnostics.iter().filter(|d| !d.code.id().starts_with("E01")).map(|d| d.title.as_str()).collect();
        assert_eq!(unknown, ["there is no function `nothing`"]);
    }
}
