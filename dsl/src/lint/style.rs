//! Lints about forms that say something else than they seem to.

use super::bodies::each_expr;
use super::{Subject, is_library};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::expr::{Clause, Const, Expr, ExprKind, TextPart};
use crate::hir::{Expect, Member, PolicyId, Ty};
use crate::schema::TypeId;
use crate::syntax::ast::BinaryOp;
use plimsoll_engine::builtins;

/// `for c in pod.containers`: init and ephemeral containers are forgotten.
pub(super) fn containers_of_spec(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut look = |clause: &Clause| {
        if let Clause::For { source, .. } = clause
            && is_field(subject, source, "PodSpec", "containers")
        {
            found.push(
                Diagnostic::warning(Code::ContainersOfSpec, "init and ephemeral containers are not looked at")
                    .at(source.span, "only the containers of the pod")
                    .help("take all of them: `use std.workload.{containers}` and `for c in containers(pod)`"),
            );
        }
    };
    for policy in subject.hir.policies.iter().filter(|p| !is_library(&p.module)) {
        for member in &policy.members {
            if let Member::Clause(clause) = member {
                look(clause);
            }
        }
        policy.rules.iter().flat_map(|rule| &rule.clauses).for_each(&mut look);
    }
    each_expr(subject.hir, &mut |expr, _| {
        if let ExprKind::Comprehension(c) = &expr.kind {
            c.clauses.iter().for_each(&mut look);
        }
    });
}

/// `strings.starts_with(c.image, …)`: a prefix of an image's name is no registry.
pub(super) fn image_prefix(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    each_expr(subject.hir, &mut |expr, _| {
        let ExprKind::Builtin { builtin, args } = &expr.kind else { return };
        if builtins::name_of(*builtin) != Some(("strings", "starts_with")) {
            return;
        }
        if args.first().is_some_and(|image| is_image(subject, image)) {
            found.push(
                Diagnostic::warning(Code::ImagePrefix, "a prefix of an image's name does not tell its registry")
                    .at(expr.span, "`registry.io` is also a prefix of `registry.io.evil.com`")
                    .help("parse the reference: `image(c.image).host == \"registry.io\"`"),
            );
        }
    });
}

fn is_image(subject: &Subject<'_>, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary { op: BinaryOp::OrElse, left, .. } => is_image(subject, left),
        _ => is_field(subject, expr, "Container", "image") || is_field(subject, expr, "EphemeralContainer", "image"),
    }
}

/// True if the expression is field `field` of a schema type called `owner`.
fn is_field(subject: &Subject<'_>, expr: &Expr, owner: &str, field: &str) -> bool {
    let ExprKind::Field { base, field: name, .. } = &expr.kind else { return false };
    let called = |id: TypeId| subject.schema.ty(id).name == owner;
    &**name == field && base.ty.members().iter().any(|ty| matches!(ty, Ty::Object(id) if called(*id)))
}

/// `x != "a"` where x may be absent: true then.
pub(super) fn differs_from_absent(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    each_expr(subject.hir, &mut |expr, _| {
        let ExprKind::Binary { op: BinaryOp::Ne, left, right } = &expr.kind else { return };
        for (side, other) in [(left, right), (right, left)] {
            let constant = matches!(&other.kind, ExprKind::Const(Const::Str(_) | Const::Int(_) | Const::Bool(_)));
            if constant && matches!(side.ty, Ty::Optional(_)) {
                found.push(
                    Diagnostic::warning(Code::DiffersFromAbsent, "this is true where the value is absent")
                        .at(side.span, "may be absent")
                        .help("say what absence means: `(… ?? default) != …`, or ask `… != null` first"),
                );
            }
        }
    });
}

/// A `deny` without `at`.
pub(super) fn no_place(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for policy in subject.hir.policies.iter().filter(|p| !is_library(&p.module)) {
        // A policy on the cluster has no object to point at.
        if matches!(policy.on, crate::hir::On::Cluster) {
            continue;
        }
        for rule in policy.rules.iter().filter(|rule| !rule.has_at) {
            found.push(
                Diagnostic::warning(Code::NoPlace, "the rule does not say where its findings stand")
                    .at(rule.message.span, "the finding will stand at the whole object, or at the innermost `for`")
                    .help("add `at` with the field that is wrong, also where it may be missing"),
            );
        }
    }
}

/// A policy that no test names.
pub(super) fn no_test(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for (index, policy) in (0..).map(PolicyId).zip(&subject.hir.policies) {
        let names = |expect: &Expect| match expect {
            Expect::Pass(policy) | Expect::Skip(policy) | Expect::Finding { policy, .. } => *policy == Some(index),
            Expect::Fixed(_) | Expect::Error => false,
        };
        let tested = subject.hir.tests.iter().any(|test| {
            test.expects.iter().any(|(expect, _)| names(expect))
                || test.module == policy.module
                    && test.expects.iter().any(|(expect, _)| matches!(expect, Expect::Error))
        });
        if !tested && !is_library(&policy.module) {
            found.push(
                Diagnostic::warning(Code::NoTest, format!("no test names the policy `{}`", policy.name))
                    .at(policy.span, "without a test")
                    .help(format!("add `test \"…\" {{ input = yaml\"\"\"…\"\"\" expect deny {} }}`", policy.name)),
            );
        }
    }
}

/// `{ name: x }` as a map, where `name` is a variable: the key is the text "name".
pub(super) fn word_key(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    each_expr(subject.hir, &mut |expr, locals| {
        let ExprKind::Map(pairs) = &expr.kind else { return };
        for (key, _) in pairs {
            let text = match &key.kind {
                ExprKind::Const(Const::Str(text)) => text.clone(),
                ExprKind::Text(parts) => match parts.as_slice() {
                    [TextPart::Text(text)] => text.clone(),
                    _ => continue,
                },
                _ => continue,
            };
            let word = subject.sources.text(key.span) == &*text;
            if word && locals.iter().any(|local| local.name == text) {
                found.push(
                    Diagnostic::warning(Code::WordKey, format!("the key is the text \"{text}\", not the variable"))
                        .at(key.span, "taken as text")
                        .help(format!("write `\"{{{text}}}\"` for the variable's value, `\"{text}\"` for the text")),
                );
            }
        }
    });
}
