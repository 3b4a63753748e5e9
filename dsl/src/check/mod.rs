//! Syntax trees → [`Hir`]: names become ids, every expression gets its type, and what is wrong is said.
//!
//! One walk over all items after their names and signatures are known. An expression that had an error has the type
//! [`Ty::Error`], which fits everything, so one mistake gives one error. Every error of the bundle is reported in one
//! run; only a bundle without errors becomes a [`Hir`].
//!
//! INVARIANT: recursion is bounded by the depth of the syntax tree (`parse::MAX_DEPTH`) and `MAX_DEPTH`, and runs on a
//! stack of its own.

mod body;
mod builtin;
mod constant;
mod cycle;
mod function;
mod infer;
mod keys;
mod narrow;
mod pattern;
mod place;
mod policy;
mod profile;
mod refs;
mod relate;
mod resolve;
mod test;
mod types;

use crate::diagnostic::{Diagnostic, Level};
use crate::hir::{Hir, Ty};
use crate::schema::Schema;
use crate::source::{SourceMap, Span};
use crate::syntax::ast;
use body::Body;
use relate::Types;
use resolve::{FnEntry, GlobalEntry, ModuleEntry, ModuleIx, TypeEntry};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// How deep expressions may lie within each other when a value's type is found by looking at the value it reads.
const MAX_DEPTH: usize = 2_000;

/// A module to check.
#[derive(Clone, Copy, Debug)]
pub struct InputModule<'a> {
    /// Its tree.
    pub ast: &'a ast::Module,
    /// Its path, from the bundle's folder; none for a text that is no file.
    pub path: Option<&'a str>,
    /// Where it could not be read: names and parts that may have stood there are not reported as missing.
    pub broken: &'a [Span],
}

/// Reads a file beside a module: the module's path and the file's.
pub type ReadFile<'a> = &'a (dyn Fn(&str, &str) -> Option<Arc<str>> + Sync);

/// What is checked.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// All modules, of `std` and other libraries too.
    pub modules: &'a [InputModule<'a>],
    /// Their texts.
    pub sources: &'a SourceMap,
    /// The kinds.
    pub schema: &'a Schema,
    /// Kinds that carry a pod template, besides Kubernetes' own: `(apiVersion, kind)`.
    pub workloads: &'a [(String, String)],
    /// `file("…")` of tests.
    pub files: ReadFile<'a>,
}

impl std::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("modules", &self.modules.len()).finish_non_exhaustive()
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The typed tree, if nothing was wrong.
    pub hir: Option<Hir>,
    /// What is wrong, in the order of modules and text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a bundle.
#[must_use]
pub fn check(input: &Input<'_>) -> Checked {
    crate::stack::on_big_stack(|| Checker::new(*input).run())
}

/// The names of Kubernetes' own kinds that carry a pod template.
pub const WORKLOADS: [&str; 9] = [
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "PodTemplate",
];

/// The tables of a bundle and the state of the body at hand.
struct Checker<'a> {
    input: Input<'a>,
    types: Types<'a>,
    diagnostics: Vec<Diagnostic>,
    modules: Vec<ModuleEntry<'a>>,
    functions: Vec<FnEntry<'a>>,
    externs: Vec<FnEntry<'a>>,
    globals: Vec<GlobalEntry<'a>>,
    type_items: Vec<TypeEntry<'a>>,
    policies: Vec<(ModuleIx, &'a ast::Policy, &'a ast::Item)>,
    profiles: Vec<(ModuleIx, &'a ast::Profile, &'a ast::Item)>,
    tests: Vec<(ModuleIx, &'a ast::Test, &'a ast::Item)>,
    /// Who imports whom, and where it says so.
    imports: Vec<(ModuleIx, ModuleIx, Span)>,
    policy_names: FxHashMap<Arc<str>, usize>,
    policy_ids: FxHashMap<Arc<str>, usize>,
    /// The parameters of each policy: name, type, where.
    policy_params: Vec<Vec<(Arc<str>, Ty)>>,
    /// Whose names are in scope.
    module: ModuleIx,
    body: Body,
    /// Types that were said to be unknown.
    unknown_types: FxHashSet<(ModuleIx, Arc<str>)>,
    depth: usize,
    /// How large the type at hand is, aliases written out.
    type_size: usize,
    /// The last path that is null only because of a `?.` in it: its span and its type without that.
    chain: Option<(Span, Ty)>,
    /// How many defaults of functions' parameters may still be filled in.
    defaults_left: usize,
}

impl<'a> Checker<'a> {
    fn new(input: Input<'a>) -> Self {
        Checker {
            types: Types {
                schema: input.schema,
                decls: vec![],
                workloads: workloads(&input),
                names: Default::default(),
            },
            input,
            diagnostics: vec![],
            modules: vec![],
            functions: vec![],
            externs: vec![],
            globals: vec![],
            type_items: vec![],
            policies: vec![],
            profiles: vec![],
            tests: vec![],
            imports: vec![],
            policy_names: FxHashMap::default(),
            policy_ids: FxHashMap::default(),
            policy_params: vec![],
            module: 0,
            body: Body::default(),
            unknown_types: FxHashSet::default(),
            depth: 0,
            type_size: 0,
            chain: None,
            defaults_left: 10_000,
        }
    }

    fn run(mut self) -> Checked {
        self.resolve();
        for item in 0..self.type_items.len() {
            self.item_ty(item);
        }
        self.check_signatures();
        self.check_globals();
        let mut hir = Hir { functions: self.check_functions(), externs: self.extern_fns(), ..Hir::default() };
        self.declare_policies();
        hir.policies = self.check_policies();
        hir.profiles = self.check_profiles();
        hir.tests = self.check_tests();
        hir.globals = self.globals.iter_mut().filter_map(|g| g.hir.take()).collect();
        hir.decls = std::mem::take(&mut self.types.decls);
        self.check_cycles(&hir);
        self.check_constants(&hir);
        let mut diagnostics = self.diagnostics;
        diagnostics.sort_by_key(|d| (d.span().source, d.span().start, d.span().end, d.code));
        diagnostics.dedup();
        let clean = !diagnostics.iter().any(|d| d.level == Level::Error);
        Checked { hir: clean.then_some(hir), diagnostics }
    }

    /// Says what is wrong.
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Runs with a body of its own, and gives what it left.
    fn with_body<T>(&mut self, module: ModuleIx, body: Body, run: impl FnOnce(&mut Self) -> T) -> (T, Body) {
        let before = std::mem::replace(&mut self.body, body);
        let out = self.in_module(module, run);
        (out, std::mem::replace(&mut self.body, before))
    }
}

/// The members of `Workload`: Kubernetes' own and what the bundle adds.
fn workloads(input: &Input<'_>) -> Vec<Ty> {
    let mut out: Vec<Ty> = vec![];
    for name in WORKLOADS {
        if let crate::schema::Lookup::Found(id) = input.schema.kind(name) {
            out.push(Ty::Object(id));
        }
    }
    for (api_version, kind) in input.workloads {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        out.push(match input.schema.by_gvk(group, version, kind) {
            Some(reader) => Ty::Object(reader.ty),
            None => Ty::Opaque(kind.as_str().into(), api_version.as_str().into()),
        });
    }
    out
}

#[cfg(test)]
mod tests;
