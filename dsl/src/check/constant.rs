//! What must be known before any object is judged: `enabled`, defaults of parameters, settings of profiles.
//!
//! They may read parameters and whatever is computed from them; not the inventory, the request, data documents, the
//! clock or functions of the host.

use super::Checker;
use super::refs::{Target, of_function, targets};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::walk::{each_of_function, walk_expr};
use crate::hir::{Expr, ExprKind, FnId, GlobalId, GlobalKind, Hir};
use crate::source::Span;
use plimsoll_engine::builtins::name_of;
use rustc_hash::FxHashSet;

impl Checker<'_> {
    pub(super) fn check_constants(&mut self, hir: &Hir) {
        let mut all: Vec<(&'static str, &Expr)> = vec![];
        for policy in &hir.policies {
            all.extend(policy.enabled.iter().map(|(cond, _)| ("`enabled`", cond)));
            all.extend(
                policy.params.iter().filter_map(|p| p.default.as_ref()).map(|e| ("the default of a parameter", e)),
            );
        }
        for global in &hir.globals {
            if let GlobalKind::Param(Some(value)) = &global.kind {
                all.push(("the default of a parameter", value));
            }
        }
        let settings = hir.profiles.iter().flat_map(|p| &p.settings);
        all.extend(settings.map(|s| ("a setting", &s.value)));
        for (what, value) in all {
            if let Some((why, span)) = unsettled(hir, value) {
                let d = Diagnostic::error(Code::NotConstant, format!("{what} is known before any object is judged"));
                let d = d.at(value.span, format!("reads {why}"));
                self.report(if span == value.span { d } else { d.at(span, "here") });
            }
        }
    }
}

/// Why a value is not known beforehand, and where that is written.
fn unsettled(hir: &Hir, value: &Expr) -> Option<(&'static str, Span)> {
    let mut todo: Vec<Target> = vec![];
    let mut seen: FxHashSet<Target> = FxHashSet::default();
    let mut found = None;
    look(value, &mut todo, &mut found);
    while let (None, Some(target)) = (found, todo.pop()) {
        if !seen.insert(target) {
            continue;
        }
        match target {
            Target::Function(FnId(id)) => {
                let Some(function) = hir.functions.get(id as usize) else { continue };
                each_of_function(&function.body, &function.result, &mut |e| direct(e, &mut found));
                of_function(function, &mut |t, _| todo.push(t));
            }
            Target::Global(GlobalId(id)) => match hir.globals.get(id as usize).map(|g| &g.kind) {
                Some(GlobalKind::Let(value)) => look(value, &mut todo, &mut found),
                Some(GlobalKind::Data) => found = Some(("a data document", value.span)),
                Some(GlobalKind::Param(_)) | None => {}
            },
        }
    }
    found
}

fn look(value: &Expr, todo: &mut Vec<Target>, found: &mut Option<(&'static str, Span)>) {
    direct(value, found);
    targets(value, &mut |target, _| todo.push(target));
}

/// What an expression reads itself.
fn direct(value: &Expr, found: &mut Option<(&'static str, Span)>) {
    walk_expr(value, &mut |e| {
        let why = match &e.kind {
            ExprKind::Cluster { .. } | ExprKind::Complete(_) => "the inventory",
            ExprKind::Request | ExprKind::Old => "the request",
            ExprKind::Extern { .. } => "a function of the host",
            ExprKind::Builtin { builtin, .. } => match name_of(*builtin) {
                Some(("", "now" | "k8s_version")) => "what the host says at each evaluation",
                _ => return,
            },
            _ => return,
        };
        found.get_or_insert((why, e.span));
    });
}
