//! Policies → plans: `except` and clauses in order, the rules at their innermost point.
//!
//! Each rule is a region of its own, so that an error in one leaves the others alone. A `let` before the first rule is
//! computed where it stands, but an error in it is kept in its register (poison) and belongs to whoever reads it: the
//! same as if it were computed at its first use.

use super::{Body, CompileError, Compiler};
use crate::hir::expr::{Clause, ExprKind};
use crate::hir::walk::{each_of_function, each_of_policy, walk_expr};
use crate::hir::{self, FixOp, GlobalKind, Member, On, Policy, Rule, RuleHead, Ty};
use crate::syntax::ast::RuleAction;
use plimsoll_engine::decision::Action;
use plimsoll_engine::program::assemble::Label;
use plimsoll_engine::program::{
    BuildKind, Catch, Constant, Def, DefBuilder, FixKind, Instr, Operations, ParamDef, PolicyDef, RuleDef, RuleId,
    SubresourceDef, Use, UseBuilder, UseRun,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a finding needs beside its rule (see `Instr::Report`); one more where references are computed.
const REPORT_PARTS: usize = 6;

impl Compiler<'_> {
    pub(super) fn policy(&mut self, index: usize, policy: &Policy) -> Result<(), CompileError> {
        let number = u16::try_from(index).map_err(|_| CompileError::TooMany("policies"))?;
        let def = self.policy_def(number, policy)?;
        self.program.policies.push(def);
        let first_rule = u32::try_from(self.program.rules.len()).map_err(|_| CompileError::TooMany("rules"))?;
        for rule in &policy.rules {
            let def = self.rule_def(number, rule);
            self.program.rules.push(def);
        }
        let name = format!("policy {}", policy.name);
        let mut body = Body::new(self, &policy.locals, Some(number), &name);
        if let On::Objects { local, .. } = policy.on {
            let register = body.register()?;
            body.asm.emit(Instr::Object { dst: Def(register) });
            body.bind(local, register);
            body.scopes.push(register);
        }
        let end = body.asm.label();
        let ended = body.ended(policy)?;
        let around = Around { policy, number: u32::from(number), first_rule, end, ended };
        body.members(&policy.members, end, &around)?;
        body.asm.bind(end);
        body.asm.emit(Instr::End {});
        let function = body.finish(&name, 0)?;
        self.add_plan(index, function)
    }

    fn policy_def(&mut self, number: u16, policy: &Policy) -> Result<PolicyDef, CompileError> {
        let mut params = Vec::new();
        for param in &policy.params {
            let name = format!("param {}.{}", policy.name, param.name);
            let default =
                param.default.as_ref().map(|v| self.thunk(&name, &policy.locals, Some(number), v)).transpose()?;
            params.push(ParamDef {
                name: param.name.to_string(),
                ty: self.type_index(&param.ty)?.0,
                type_text: self.show(&param.ty),
                default,
                default_text: param.default.as_ref().map(|v| self.sources.text(v.span).to_owned()).unwrap_or_default(),
                doc: param.doc.clone(),
            });
        }
        let enabled = match &policy.enabled {
            Some((cond, text)) => {
                let name = format!("enabled of {}", policy.name);
                Some((self.thunk(&name, &policy.locals, Some(number), cond)?, text.to_string()))
            }
            None => None,
        };
        let (on, subresources, operations) = self.on(&policy.on)?;
        let needs = Needs::of(self.hir, policy);
        let reads = needs.kinds.iter().map(|ty| Ok(self.kind_set(ty)?.0)).collect::<Result<Vec<_>, CompileError>>()?;
        Ok(PolicyDef {
            id: policy.id.to_string(),
            name: policy.name.to_string(),
            module: policy.module.to_string(),
            title: policy.title.clone(),
            doc: policy.doc.clone(),
            severity: policy.severity,
            refs: refs(&policy.refs),
            enabled,
            window: policy.window,
            sensitive: policy.sensitive,
            params,
            on,
            subresources,
            operations,
            reads,
            data: needs.data.into_iter().collect(),
        })
    }

    fn on(&mut self, on: &On) -> Result<(Option<u32>, Vec<SubresourceDef>, Operations), CompileError> {
        let all = |o: hir::Operations| Operations {
            create: o.create,
            update: o.update,
            delete: o.delete,
            connect: o.connect,
        };
        match on {
            On::Cluster => Ok((None, Vec::new(), all(hir::Operations::default()))),
            On::Objects { whole, subresources, operations, .. } => {
                let below = subresources.iter().filter_map(|sub| self.subresource(sub)).collect::<Vec<_>>();
                let shown = subresources.iter().map(|sub| format!("{}/{}", self.show(&sub.of), sub.name));
                let written = Some(self.show(whole)).filter(|_| *whole != Ty::Never).into_iter().chain(shown);
                let text = written.collect::<Vec<_>>().join(" | ");
                Ok((Some(self.kind_set_as(whole, text)?.0), below, all(*operations)))
            }
        }
    }

    /// How requests on a subresource are known.
    fn subresource(&self, sub: &hir::Subresource) -> Option<SubresourceDef> {
        let (Ty::Object(of), Ty::Object(object)) = (&sub.of, &sub.object) else { return None };
        Some(SubresourceDef {
            of: self.kind_match(*of)?,
            resource: self.schema.ty(*of).kind.as_ref()?.resource(),
            name: sub.name.to_string(),
            object: self.kind_match(*object)?,
        })
    }

    fn rule_def(&mut self, policy: u16, rule: &Rule) -> RuleDef {
        let (action, severity) = match &rule.head {
            RuleHead::Fixed { action, severity } => (Some(action_of(*action)), *severity),
            RuleHead::Computed { .. } => (None, None),
        };
        RuleDef {
            policy: u32::from(policy),
            action,
            severity,
            refs: refs(&rule.refs),
            source: self.source_ref(rule.span),
        }
    }
}

fn action_of(action: RuleAction) -> Action {
    match action {
        RuleAction::Deny => Action::Deny,
        RuleAction::Warn => Action::Warn,
        RuleAction::Audit => Action::Audit,
    }
}

fn refs(refs: &hir::Refs) -> BTreeMap<String, Vec<String>> {
    refs.iter().map(|(key, texts)| (key.to_string(), texts.iter().map(ToString::to_string).collect())).collect()
}

/// What the code of a policy's members and rules needs to know of the policy.
struct Around<'e> {
    policy: &'e Policy,
    number: u32,
    first_rule: u32,
    end: Label,
    /// For each rule a register that says whether it has ended with an error; none where the rules run but once.
    ended: Vec<u16>,
}

impl Body<'_, '_> {
    /// Members from here on, then the rules; `skip` is where the next round of the loop around begins.
    fn members(&mut self, members: &[Member], skip: Label, around: &Around<'_>) -> Result<(), CompileError> {
        for (at, member) in members.iter().enumerate() {
            let start = self.asm.here();
            match member {
                Member::Except { cond, reason, span } => {
                    let applies = self.asm.label();
                    let height = self.asm.height();
                    self.line(*span);
                    self.jump_unless(cond, applies)?;
                    self.mark("except", *span)?;
                    let reason = Use(self.expr(reason)?);
                    self.asm.emit(Instr::Skip { rule: RuleId(around.first_rule), reason });
                    self.asm.emit(Instr::Jump { to: around.end.jump() });
                    self.asm.catch(start, Catch::Policy(around.number), around.end);
                    self.asm.bind(applies);
                    self.asm.release(height);
                }
                Member::Clause(Clause::Let { local, value, span }) => {
                    self.line(*span);
                    let register = self.register()?;
                    let after = self.asm.label();
                    self.expr_into(value, register)?;
                    self.asm.catch(start, Catch::Let(register), after);
                    self.asm.bind(after);
                    self.bind(*local, register);
                }
                Member::Clause(Clause::If { cond, span }) => {
                    self.line(*span);
                    self.jump_unless(cond, skip)?;
                    self.mark("if", *span)?;
                    self.asm.catch(start, Catch::Policy(around.number), around.end);
                }
                Member::Clause(clause) => {
                    let rest = members.get(at.saturating_add(1)..).unwrap_or_default();
                    self.rounds(clause, &mut |body, next| body.members(rest, next, around))?;
                    self.asm.catch(start, Catch::Policy(around.number), around.end);
                    return Ok(());
                }
            }
        }
        self.rules(around)
    }

    /// A `for` before the first rule belongs to each of them, so a rule that ends with an error ends for all its rounds.
    fn ended(&mut self, policy: &Policy) -> Result<Vec<u16>, CompileError> {
        let repeats = |m: &Member| matches!(m, Member::Clause(Clause::For { .. } | Clause::Join { .. }));
        if !policy.members.iter().any(repeats) {
            return Ok(Vec::new());
        }
        let mut registers = Vec::new();
        for _ in &policy.rules {
            let register = self.register()?;
            self.constant_into(Constant::Bool(false), register)?;
            registers.push(register);
        }
        Ok(registers)
    }

    fn rules(&mut self, around: &Around<'_>) -> Result<(), CompileError> {
        for (slot, (number, rule)) in (around.first_rule..).zip(&around.policy.rules).enumerate() {
            let (end, height) = (self.asm.label(), self.asm.height());
            let ended = around.ended.get(slot).copied();
            if let Some(ended) = ended {
                self.asm.emit(Instr::JumpIf { cond: Use(ended), to: end.jump() });
            }
            let start = self.asm.here();
            self.line(rule.span);
            self.mark("rule", rule.span)?;
            self.clauses(&rule.clauses, end, &mut |body, _| body.report(RuleId(number), rule))?;
            match ended {
                None => self.asm.catch(start, Catch::Rule(number), end),
                Some(ended) => {
                    let failed = self.asm.label();
                    self.asm.catch(start, Catch::Rule(number), failed);
                    self.asm.emit(Instr::Jump { to: end.jump() });
                    self.asm.bind(failed);
                    self.constant_into(Constant::Bool(true), ended)?;
                }
            }
            self.asm.bind(end);
            self.asm.release(height);
        }
        Ok(())
    }

    /// A finding: fixes first, then its parts side by side.
    fn report(&mut self, number: RuleId, rule: &Rule) -> Result<(), CompileError> {
        self.mark("finding", rule.message.span)?;
        let parts = REPORT_PARTS.saturating_add(usize::from(!rule.computed_refs.is_empty()));
        let first = self.run(parts)?;
        let [message, place, scope, related, action, severity] =
            std::array::from_fn(|i| first.saturating_add(u16::try_from(i).unwrap_or(u16::MAX)));
        // In the order of the text, so that of several errors the first one counts.
        self.null_into(action)?;
        self.null_into(severity)?;
        if let RuleHead::Computed { action: what, severity: how } = &rule.head {
            self.expr_into(what, action)?;
            if let Some(how) = how {
                self.expr_into(how, severity)?;
            }
        }
        self.expr_into(&rule.message, message)?;
        if parts > REPORT_PARTS {
            self.refs_into(rule, severity.saturating_add(1))?;
        }
        self.place_into(&rule.at, place)?;
        self.scope_into(scope)?;
        match &rule.related {
            Some(value) => self.expr_into(value, related)?,
            None => self.null_into(related)?,
        }
        for fix in &rule.fixes {
            self.fix(fix, place)?;
        }
        let parts = UseRun { first, len: u16::try_from(parts).unwrap_or_default() };
        self.asm.emit(Instr::Report { rule: number, parts });
        Ok(())
    }

    /// A map of the references that the rule computes.
    fn refs_into(&mut self, rule: &Rule, dst: u16) -> Result<(), CompileError> {
        let builder = self.register()?;
        self.asm.emit(Instr::Build { kind: BuildKind::Map, dst: DefBuilder(builder) });
        for (name, value) in &rule.computed_refs {
            let height = self.asm.height();
            let key = self.register()?;
            let text = self.compiler.tables.text(name)?;
            self.asm.emit(Instr::Const { value: text, dst: Def(key) });
            let value = Use(self.expr(value)?);
            self.asm.emit(Instr::PushPair { builder: UseBuilder(builder), key: Use(key), value });
            self.asm.release(height);
        }
        self.asm.emit(Instr::Finish { builder: UseBuilder(builder), dst: Def(dst) });
        Ok(())
    }

    fn fix(&mut self, fix: &hir::Fix, rule_place: u16) -> Result<(), CompileError> {
        let (after, height) = (self.asm.label(), self.asm.height());
        if let Some(when) = &fix.when {
            self.jump_unless(when, after)?;
        }
        let value = self.register()?;
        let kind = match (&fix.op, fix.is_unsafe) {
            (FixOp::Set(_), false) => FixKind::Set,
            (FixOp::Set(_), true) => FixKind::UnsafeSet,
            (FixOp::Add(_), false) => FixKind::Add,
            (FixOp::Add(_), true) => FixKind::UnsafeAdd,
            (FixOp::Remove, false) => FixKind::Remove,
            (FixOp::Remove, true) => FixKind::UnsafeRemove,
        };
        match &fix.op {
            FixOp::Set(expr) | FixOp::Add(expr) => self.expr_into(expr, value)?,
            FixOp::Remove => self.null_into(value)?,
        }
        let place = match &fix.at {
            Some(at) => {
                let place = self.register()?;
                self.place_into(at, place)?;
                place
            }
            None => rule_place,
        };
        self.asm.emit(Instr::Fix { kind, value: Use(value), place: Use(place) });
        self.asm.bind(after);
        self.asm.release(height);
        Ok(())
    }
}

/// What a policy reads beside the object: kinds by `cluster()`, data; through functions and `let`s too.
#[derive(Default)]
struct Needs {
    kinds: BTreeSet<Ty>,
    data: BTreeSet<u32>,
    functions: BTreeSet<u32>,
    globals: BTreeSet<u32>,
}

impl Needs {
    fn of(hir: &hir::Hir, policy: &Policy) -> Needs {
        let mut needs = Needs::default();
        each_of_policy(policy, &mut |expr| needs.expr(hir, expr));
        let joins =
            policy.members.iter().filter_map(|m| if let Member::Clause(clause) = m { Some(clause) } else { None });
        let of_rules = policy.rules.iter().flat_map(|rule| &rule.clauses);
        joins.chain(of_rules).for_each(|clause| needs.clause(clause));
        needs
    }

    fn clause(&mut self, clause: &Clause) {
        if let Clause::Join { kinds, .. } = clause {
            self.kinds.insert(kinds.clone());
        }
    }

    fn expr(&mut self, hir: &hir::Hir, expr: &hir::Expr) {
        walk_expr(expr, &mut |expr| match &expr.kind {
            ExprKind::Cluster { kinds, .. } => {
                self.kinds.insert(kinds.clone());
            }
            ExprKind::Comprehension(c) => c.clauses.iter().for_each(|clause| self.clause(clause)),
            ExprKind::Call { function, .. } => self.function(hir, function.0),
            ExprKind::Global(global) => self.global(hir, global.0),
            _ => {}
        });
    }

    fn function(&mut self, hir: &hir::Hir, index: u32) {
        if self.functions.insert(index)
            && let Some(function) = hir.functions.get(index as usize)
        {
            each_of_function(&function.body, &function.result, &mut |expr| self.expr(hir, expr));
        }
    }

    fn global(&mut self, hir: &hir::Hir, index: u32) {
        if !self.globals.insert(index) {
            return;
        }
        match hir.globals.get(index as usize).map(|global| &global.kind) {
            Some(GlobalKind::Let(value)) => self.expr(hir, value),
            Some(GlobalKind::Data) => {
                self.data.insert(index);
            }
            _ => {}
        }
    }
}
