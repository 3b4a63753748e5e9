//! Items as text: what `--emit hir` prints.

use super::super::{
    Clause, Expect, Fix, FixOp, Function, Global, GlobalKind, Hir, Member, On, Policy, Profile, Rule, RuleHead,
    SettingTarget, Statement, Test, TestDocument,
};
use super::TypeNames;
use super::expr::{Printer, Scope};
use crate::schema::Schema;
use crate::syntax::ast::RuleAction;
use std::fmt::Write as _;

/// The whole tree as text.
#[must_use]
pub fn show(hir: &Hir, schema: &Schema) -> String {
    let mut printer = Printer { hir, schema, names: TypeNames::default(), out: String::new() };
    for decl in &hir.decls {
        let _ = write!(printer.out, "type {} = ", decl.name);
        printer.ty(&decl.ty);
        printer.push("\n");
    }
    hir.externs.iter().for_each(|f| {
        let _ = writeln!(printer.out, "extern fn {}.{}", f.module, f.name);
    });
    hir.globals.iter().for_each(|g| printer.global(g));
    hir.functions.iter().for_each(|f| printer.function(f));
    hir.policies.iter().for_each(|p| printer.policy(p));
    hir.profiles.iter().for_each(|p| printer.profile(p));
    hir.tests.iter().for_each(|t| printer.test(t));
    printer.out
}

/// How an action is written.
fn action_name(action: RuleAction) -> &'static str {
    match action {
        RuleAction::Deny => "deny",
        RuleAction::Warn => "warn",
        RuleAction::Audit => "audit",
    }
}

impl Printer<'_> {
    fn global(&mut self, global: &Global) {
        let scope = Scope { locals: &global.locals, params: &[] };
        let (word, value) = match &global.kind {
            GlobalKind::Let(value) => ("let", Some(value)),
            GlobalKind::Param(value) => ("param", value.as_ref()),
            GlobalKind::Data => ("data", None),
        };
        let _ = write!(self.out, "{word} {}.{}: ", global.module, global.name);
        self.ty(&global.ty);
        if let Some(value) = value {
            self.push(" = ");
            self.expr(value, scope);
        }
        self.push("\n");
    }

    fn function(&mut self, function: &Function) {
        let scope = Scope { locals: &function.locals, params: &[] };
        let _ = write!(self.out, "fn {}.{}(", function.module, function.name);
        for (i, local) in function.locals.iter().take(function.params as usize).enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let _ = write!(self.out, "{comma}{}%{i}: ", local.name);
            self.ty(&local.ty);
        }
        self.push(") -> ");
        self.ty(&function.result.ty);
        self.push("\n");
        for statement in &function.body {
            match statement {
                Statement::Let { local, value } => {
                    let (local, value, span) = (*local, value.clone(), function.span);
                    self.line("    ", &Clause::Let { local, value, span }, scope);
                }
                Statement::Return { cond, value } => {
                    self.push("    if ");
                    self.expr(cond, scope);
                    self.push(" return ");
                    self.expr(value, scope);
                    self.push("\n");
                }
            }
        }
        self.push("    return ");
        self.expr(&function.result, scope);
        self.push("\n");
    }

    fn line(&mut self, indent: &str, clause: &Clause, scope: Scope<'_>) {
        self.push(indent);
        self.clause(clause, scope);
        self.push("\n");
    }

    fn policy(&mut self, policy: &Policy) {
        let scope = Scope { locals: &policy.locals, params: &policy.params };
        let _ = writeln!(self.out, "policy {} {} {}", policy.name, policy.id, policy.severity.name());
        if let Some((cond, _)) = &policy.enabled {
            self.push("    enabled = ");
            self.expr(cond, scope);
            self.push("\n");
        }
        for param in &policy.params {
            let _ = write!(self.out, "    param {}: ", param.name);
            self.ty(&param.ty);
            if let Some(default) = &param.default {
                self.push(" = ");
                self.expr(default, scope);
            }
            self.push("\n");
        }
        match &policy.on {
            On::Cluster => self.push("    on cluster\n"),
            On::Objects { local, kinds, subresources, operations, .. } => {
                self.push("    on ");
                self.ty(kinds);
                self.push(" as ");
                self.local(*local, scope);
                for subresource in subresources {
                    self.push(" ");
                    self.ty(&subresource.of);
                    let _ = write!(self.out, "/{}", subresource.name);
                }
                let words = [
                    (operations.create, " create"),
                    (operations.update, " update"),
                    (operations.delete, " delete"),
                    (operations.connect, " connect"),
                ];
                self.push(" when");
                words.iter().filter(|(on, _)| *on).for_each(|(_, word)| self.push(word));
                self.push("\n");
            }
        }
        for member in &policy.members {
            match member {
                Member::Except { cond, reason, .. } => {
                    self.push("    except if ");
                    self.expr(cond, scope);
                    self.push(" ");
                    self.expr(reason, scope);
                    self.push("\n");
                }
                Member::Clause(clause) => self.line("    ", clause, scope),
            }
        }
        policy.rules.iter().for_each(|rule| self.rule(rule, scope));
    }

    fn rule(&mut self, rule: &Rule, scope: Scope<'_>) {
        self.push("    ");
        match &rule.head {
            RuleHead::Fixed { action, severity } => {
                self.push(action_name(*action));
                severity.iter().for_each(|s| {
                    let _ = write!(self.out, " {}", s.name());
                });
            }
            RuleHead::Computed { action, severity } => {
                self.push("report (");
                self.expr(action, scope);
                if let Some(severity) = severity {
                    self.push(", ");
                    self.expr(severity, scope);
                }
                self.push(")");
            }
        }
        self.push(" ");
        self.expr(&rule.message, scope);
        self.push("\n");
        rule.clauses.iter().for_each(|c| self.line("        ", c, scope));
        for (name, value) in &rule.computed_refs {
            let _ = write!(self.out, "        ref {name} = ");
            self.expr(value, scope);
            self.push("\n");
        }
        if rule.has_at {
            self.push("        at ");
            self.place(&rule.at, scope);
            self.push("\n");
        }
        if let Some(related) = &rule.related {
            self.push("        related ");
            self.expr(related, scope);
            self.push("\n");
        }
        rule.fixes.iter().for_each(|f| self.fix(f, scope));
    }

    fn fix(&mut self, fix: &Fix, scope: Scope<'_>) {
        self.push(if fix.is_unsafe { "        fix unsafe " } else { "        fix " });
        match &fix.op {
            FixOp::Set(value) => {
                self.push("set ");
                self.expr(value, scope);
            }
            FixOp::Add(value) => {
                self.push("add ");
                self.expr(value, scope);
            }
            FixOp::Remove => self.push("remove"),
        }
        if let Some(at) = &fix.at {
            self.push(" at ");
            self.place(at, scope);
        }
        if let Some(when) = &fix.when {
            self.push(" when ");
            self.expr(when, scope);
        }
        self.push("\n");
    }

    fn profile(&mut self, profile: &Profile) {
        let scope = Scope { locals: &profile.locals, params: &[] };
        let _ = writeln!(self.out, "profile {}", profile.name);
        for id in &profile.policies {
            let name = self.hir.policies.get(id.0 as usize).map(|p| p.name.clone()).unwrap_or_default();
            let _ = writeln!(self.out, "    include {name}");
        }
        for setting in &profile.settings {
            self.push("    set ");
            self.target(setting.target);
            self.push(" = ");
            self.expr(&setting.value, scope);
            self.push("\n");
        }
    }

    fn target(&mut self, target: SettingTarget) {
        let name = match target {
            SettingTarget::Global(id) => self.hir.globals.get(id.0 as usize).map(|g| g.name.to_string()),
            SettingTarget::Policy(policy, param) => self
                .hir
                .policies
                .get(policy.0 as usize)
                .and_then(|p| Some(format!("{}.{}", p.name, p.params.get(param.0 as usize)?.name))),
        };
        self.push(&name.unwrap_or_default());
    }

    fn test(&mut self, test: &Test) {
        let scope = Scope { locals: &test.locals, params: &[] };
        let _ = writeln!(self.out, "test {:?}", test.name);
        for (word, documents) in [("input", &test.input), ("old", &test.old), ("cluster", &test.cluster)] {
            for document in documents {
                let _ = write!(self.out, "    {word} ");
                self.document(document, scope);
                self.push("\n");
            }
        }
        for (condition, _) in &test.asserts {
            self.push("    assert ");
            self.expr(condition, scope);
            self.push("\n");
        }
        for (expect, _) in &test.expects {
            let name = |id: &Option<super::super::PolicyId>| {
                let policy = id.and_then(|id| self.hir.policies.get(id.0 as usize));
                policy.map(|p| format!(" {}", p.name)).unwrap_or_default()
            };
            let text = match expect {
                Expect::Fixed(_) => "fixed".to_string(),
                Expect::Error => "error".to_string(),
                Expect::Pass(policy) => format!("pass{}", name(policy)),
                Expect::Skip(policy) => format!("skip{}", name(policy)),
                Expect::Finding { action, policy, at, message, count } => {
                    let mut text = format!("{}{}", action_name(*action), name(policy));
                    at.iter().for_each(|at| {
                        let _ = write!(text, " at {at:?}");
                    });
                    message.iter().for_each(|message| {
                        let _ = write!(text, " message {message:?}");
                    });
                    count.iter().for_each(|count| {
                        let _ = write!(text, " count {count}");
                    });
                    text
                }
            };
            let _ = writeln!(self.out, "    expect {text}");
        }
    }

    fn document(&mut self, document: &TestDocument, scope: Scope<'_>) {
        match document {
            TestDocument::Text { text, .. } => {
                let lines = text.lines().count();
                let _ = write!(self.out, "a text of {lines} lines");
            }
            TestDocument::File { path, .. } => {
                let _ = write!(self.out, "file {path:?}");
            }
            TestDocument::Value(value) => self.expr(value, scope),
        }
    }
}
