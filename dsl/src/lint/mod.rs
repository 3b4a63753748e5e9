//! Lints: what compiles and is most likely not what was meant. A lint a file, or a family that shares a walk; the table is
//! `LINTS`.
//!
//! Only the author's own modules are looked at; `std` is left out.

mod always;
mod bodies;
mod cost;
mod names;
mod sensitive;
mod style;
mod unused;

use crate::diagnostic::Diagnostic;
use crate::hir::Hir;
use crate::schema::Schema;
use crate::source::SourceMap;
use crate::stack::on_big_stack;
use crate::syntax::ast;

/// What lints look at.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The checked bundle.
    pub(crate) hir: &'a Hir,
    /// The syntax trees, for what the checked tree does not keep.
    pub(crate) modules: &'a [ast::Module],
    /// The kinds.
    pub(crate) schema: &'a Schema,
    /// The texts.
    pub(crate) sources: &'a SourceMap,
}

/// A lint: it says what it finds.
type Lint = fn(&Subject<'_>, &mut Vec<Diagnostic>);

/// All lints.
const LINTS: &[Lint] = &[
    style::containers_of_spec,
    style::image_prefix,
    style::differs_from_absent,
    style::no_place,
    style::no_test,
    style::word_key,
    always::always_true,
    always::never_holds,
    names::shadowed,
    unused::unused_lets,
    unused::unused_params,
    unused::unused_functions,
    unused::unused_uses,
    cost::too_dear,
    sensitive::quoted_value,
];

/// What the lints say of a checked bundle, in the order of its texts.
#[must_use]
pub fn lint(hir: &Hir, modules: &[ast::Module], schema: &Schema, sources: &SourceMap) -> Vec<Diagnostic> {
    let subject = Subject { hir, modules, schema, sources };
    let mut found = Vec::new();
    on_big_stack(|| LINTS.iter().for_each(|lint| lint(&subject, &mut found)));
    found.sort_by_key(|d| (d.span().source, d.span().start, d.code));
    found.dedup();
    found
}

/// True for modules that lints leave out.
pub(crate) fn is_library(module: &str) -> bool {
    module == "std" || module.starts_with("std.")
}
