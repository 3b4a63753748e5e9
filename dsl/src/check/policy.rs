//! Policies: header, what they look at, what comes before the rules, and the rules.

mod header;
mod on;
mod rule;

pub(super) use header::plain_text;
pub(super) use on::request_ty;

use super::Checker;
use super::body::{Binding, Body, Place};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{self, Member, On, Param, PolicyParam, Ty};
use crate::syntax::ast;
use std::sync::Arc;

/// Words that begin a member of a test; a policy of such a name could not be expected there.
const TEST_WORDS: [&str; 10] =
    ["expect", "assert", "data", "param", "complete", "input", "old", "cluster", "request", "now"];

impl<'a> Checker<'a> {
    /// Fills the tables by which policies are named: names, ids, parameters.
    pub(super) fn declare_policies(&mut self) {
        for ix in 0..self.policies.len() {
            let Some(&(module, policy, _)) = self.policies.get(ix) else { continue };
            let name = &policy.name;
            if TEST_WORDS.contains(&&*name.name) {
                self.report(
                    Diagnostic::error(Code::PolicyName, format!("a policy cannot be named `{}`", name.name))
                        .at(name.span, "a member of a test begins with this word")
                        .help("choose another name"),
                );
            }
            if let Some(first) = self.policy_names.insert(name.name.clone(), ix).and_then(|f| self.policies.get(f)) {
                let first = first.1.name.span;
                self.twice("policies", name, first);
            }
            self.declare_id(ix, policy);
            let params = self.in_module(module, |cx| {
                let params = policy.members.iter().filter_map(|m| match m {
                    ast::Member::Param(p) => Some(p),
                    _ => None,
                });
                let params: Vec<&ast::Param> = params.collect();
                params.iter().map(|p| (p.name.name.clone(), cx.ty(&p.ty))).collect::<Vec<(Arc<str>, Ty)>>()
            });
            self.policy_params.push(params);
        }
    }

    pub(super) fn check_policies(&mut self) -> Vec<hir::Policy> {
        (0..self.policies.len()).filter_map(|ix| self.check_policy(ix)).collect()
    }

    fn check_policy(&mut self, ix: usize) -> Option<hir::Policy> {
        let &(module, ast, item) = self.policies.get(ix)?;
        let types = self.policy_params.get(ix)?.clone();
        let broken = self.is_broken(module, item.span);
        let (parts, state) = self.with_body(module, Body::new(Place::Policy), |cx| {
            let params = cx.policy_params(ast, &types);
            let header = cx.header(ast, broken);
            let on = cx.on(ast, broken);
            let members = cx.members(ast);
            let rules = cx.rules(ast, &header.refs);
            (params, header, on, members, rules)
        });
        let (params, header, on, members, rules) = parts;
        if ast.rules.is_empty() && !broken {
            self.report(
                Diagnostic::error(Code::PolicyPart, format!("policy `{}` has no rule", ast.name.name))
                    .at(ast.name.span, "it can find nothing")
                    .help("add one: `deny \"message\" if … at …`"),
            );
        }
        Some(hir::Policy {
            module: self.modules.get(module).map(|m| m.name.clone()).unwrap_or_default(),
            name: ast.name.name.clone(),
            id: header.id,
            severity: header.severity,
            refs: header.refs,
            enabled: header.enabled,
            window: header.window,
            sensitive: header.sensitive,
            title: first_sentence(&item.doc.text),
            doc: item.doc.text.clone(),
            params,
            on,
            members,
            rules,
            locals: state.locals,
            span: ast.name.span,
        })
    }

    /// Parameters are in scope of everything but each other's defaults.
    fn policy_params(&mut self, ast: &'a ast::Policy, types: &[(Arc<str>, Ty)]) -> Vec<Param> {
        let params = ast.members.iter().filter_map(|m| match m {
            ast::Member::Param(p) => Some(p),
            _ => None,
        });
        let params: Vec<&ast::Param> = params.collect();
        let mut out = Vec::with_capacity(params.len());
        for (param, (_, ty)) in params.iter().zip(types) {
            out.push(Param {
                name: param.name.name.clone(),
                ty: ty.clone(),
                default: param.default.as_ref().map(|d| self.expr_as(d, ty)),
                doc: param.doc.text.clone(),
            });
        }
        for (ix, param) in (0..).zip(&params) {
            let before = params.iter().take_while(|p| p.name.span != param.name.span);
            if let Some(first) = before.into_iter().find(|p| p.name.name == param.name.name) {
                self.twice("parameters", &param.name, first.name.span);
            }
            self.body.scope.push((param.name.name.clone(), Binding::Param(PolicyParam(ix))));
        }
        self.body.params = types.iter().map(|(_, ty)| ty.clone()).collect();
        out
    }

    /// The one `on` of a policy, and the names that it brings.
    fn on(&mut self, ast: &'a ast::Policy, broken: bool) -> On {
        let mut ons = ast.members.iter().filter_map(|m| match m {
            ast::Member::On(on) => Some(on),
            _ => None,
        });
        let Some(on) = ons.next() else {
            if broken {
                return On::Cluster;
            }
            self.report(
                Diagnostic::error(
                    Code::PolicyPart,
                    format!("policy `{}` does not say what it looks at", ast.name.name),
                )
                .at(ast.name.span, "it has no `on`")
                .help("add what it looks at: `on Workload as w`"),
            );
            return On::Cluster;
        };
        if let Some(second) = ons.next() {
            self.report(
                Diagnostic::error(Code::PartTwice, "a policy has one `on`")
                    .at(second.span, "the second one")
                    .at(on.span, "the first one")
                    .help("name several kinds in one: `on Pod | Job as x`"),
            );
        }
        self.check_on(on)
    }

    /// `except` and the clauses before the first rule.
    fn members(&mut self, ast: &'a ast::Policy) -> Vec<Member> {
        let mut out = vec![];
        self.loops(ast.members.iter().filter_map(|m| match m {
            ast::Member::Clause(clause) => Some(clause),
            _ => None,
        }));
        for member in &ast.members {
            match member {
                ast::Member::Param(_) | ast::Member::On(_) => {}
                ast::Member::Except { cond, reason, span } => {
                    let cond = self.condition(cond);
                    let mark = self.body.mark();
                    self.assume(&cond, true);
                    let reason = self.expr_as(reason, &Ty::String);
                    self.body.reset(mark);
                    self.assume(&cond, false);
                    out.push(Member::Except { cond, reason, span: *span });
                }
                ast::Member::Clause(clause) => out.push(Member::Clause(self.clause(clause))),
            }
        }
        out
    }
}

/// The first sentence of a doc comment, on one line.
pub(super) fn first_sentence(doc: &str) -> String {
    let paragraph = doc.split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.find(". ") {
        Some(end) => line.get(..=end).unwrap_or(&line).to_string(),
        None => line,
    }
}
