//! Policies: `except`, clauses, rules, findings.

use super::comprehension::Flow;
use super::value::{Res, Spot, Val, fault, show, to_json};
use super::{Env, Object, Oracle};
use plimsoll_dsl::hir::expr::{Clause, Expr};
use plimsoll_dsl::hir::{Fix, FixOp, Member, On, Policy, Rule, RuleHead, Severity};
use plimsoll_dsl::syntax::ast::RuleAction;
use plimsoll_engine::decision::Action;
use plimsoll_engine::engine::Operation;
use std::collections::{BTreeMap, BTreeSet};

/// A finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The policy, by its place in the bundle.
    pub policy: usize,
    /// By which use of it.
    pub used: usize,
    /// Why it is suppressed, if it is.
    pub suppressed: Option<String>,
    /// The rule, by its place in the policy.
    pub rule: usize,
    /// What it does.
    pub action: Action,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where; nowhere for one of the cluster that names no place.
    pub place: Option<Spot>,
    /// Other places.
    pub related: Vec<Spot>,
    /// What would mend it, in order.
    pub fixes: Vec<Patch>,
    /// References: the rule's over the policy's, those that are computed over both.
    pub refs: BTreeMap<String, Vec<String>>,
}

/// A step of a fix.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// Applied only on demand.
    pub is_unsafe: bool,
    /// `set`, `add`, `remove`
    pub op: &'static str,
    /// Where.
    pub spot: Option<Spot>,
    /// What.
    pub value: serde_json::Value,
}

/// A policy that does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Which.
    pub policy: usize,
    /// Why.
    pub reason: String,
}

/// An error that ended a rule, or a whole policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleError {
    /// The policy.
    pub policy: usize,
    /// The rule; none: all of them.
    pub rule: Option<usize>,
    /// `E0801`
    pub code: &'static str,
    /// What was wrong.
    pub why: String,
}

/// What evaluations say.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Findings, in the order in which they were found.
    pub findings: Vec<Found>,
    /// Policies that do not apply.
    pub skipped: Vec<Skipped>,
    /// Errors.
    pub errors: Vec<RuleError>,
    /// Annotations that would suppress a finding, but give no reason.
    pub unexplained: Vec<Spot>,
}

/// A policy at work on an object.
struct Run<'r, 'h> {
    index: usize,
    used: usize,
    policy: &'h Policy,
    /// The object's place.
    object: Option<Spot>,
    /// What each `for` bound, outermost first.
    scopes: Vec<Spot>,
    /// Rules that ended with an error.
    ended: BTreeSet<usize>,
    out: &'r mut Outcome,
}

/// Why a policy stops.
enum Ends {
    Skipped,
    Error(super::value::Fault),
}

impl<'h> Oracle<'h> {
    /// All policies over the object of the request.
    ///
    /// # Panics
    /// Where there is no request.
    #[must_use]
    pub fn evaluate_request(&self) -> Outcome {
        let operation = self.world.request.unwrap().operation;
        self.evaluate_as(self.subject().unwrap(), operation)
    }

    /// All policies over an object, as a scan runs them.
    #[must_use]
    pub fn evaluate(&self, object: &Object) -> Outcome {
        self.evaluate_as(object, Operation::Create)
    }

    fn evaluate_as(&self, object: &Object, operation: Operation) -> Outcome {
        let mut out = Outcome::default();
        for index in (0..self.used.len()).filter(|i| self.looks_at(*i, object, operation)) {
            self.run_on(index, object, &mut out);
        }
        let mut kept = Vec::new();
        for index in (0..self.used.len()).filter(|i| operation == Operation::Update && self.keeps(*i)) {
            let mut before = Outcome::default();
            if let Some(old) = self.old().filter(|old| self.is_for(index, old, operation)) {
                self.run_on(index, old, &mut before);
            }
            if !before.findings.is_empty() {
                kept.push(index);
            }
        }
        self.settle(&mut out, Some(object), &kept);
        out
    }

    fn run_on(&self, index: usize, object: &Object, out: &mut Outcome) {
        let policy = self.used[index].policy;
        let On::Objects { local, .. } = &self.hir.policies[policy].on else { return };
        match Val::load(&object.tree, object.spot.clone()) {
            Ok(value) => self.run(index, Some((*local, value)), out),
            Err(fault) => out.errors.push(RuleError { policy, rule: None, code: fault.code, why: fault.why }),
        }
    }

    /// All policies on the cluster.
    #[must_use]
    pub fn evaluate_cluster(&self) -> Outcome {
        let mut out = Outcome::default();
        for index in (0..self.used.len()).filter(|i| self.looks_at_cluster(*i)) {
            self.run(index, None, &mut out);
        }
        self.settle(&mut out, None, &[]);
        out
    }

    /// True if the `enabled` of a policy, as it is used, holds.
    pub(crate) fn is_on(&self, index: usize) -> bool {
        let policy = &self.hir.policies[self.used[index].policy];
        let Some((cond, _)) = &policy.enabled else { return true };
        let mut env = Env::new(policy.locals.len(), u32::try_from(index).ok());
        self.truth(cond, &mut env).unwrap_or(false)
    }

    fn run(&self, used: usize, object: Option<(plimsoll_dsl::hir::LocalId, Val)>, out: &mut Outcome) {
        let index = self.used[used].policy;
        let policy = &self.hir.policies[index];
        let mut env = Env::new(policy.locals.len(), u32::try_from(used).ok());
        let spot = object.as_ref().and_then(|(_, value)| value.spot.clone());
        if let Some((local, value)) = object {
            env.set(local, value);
        }
        let scopes = spot.iter().cloned().collect();
        let mut run = Run { index, used, policy, object: spot, scopes, ended: BTreeSet::new(), out };
        match self.members(&policy.members, &mut env, &mut run) {
            Ok(()) | Err(Ends::Skipped) => {}
            Err(Ends::Error(fault)) => {
                let error = RuleError { policy: index, rule: None, code: fault.code, why: fault.why };
                run.out.errors.push(error);
            }
        }
    }

    fn members(&self, members: &'h [Member], env: &mut Env<'h>, run: &mut Run<'_, 'h>) -> Result<(), Ends> {
        let Some((member, rest)) = members.split_first() else {
            self.rules(env, run);
            return Ok(());
        };
        match member {
            Member::Except { cond, reason, .. } => {
                self.count("except");
                if self.truth(cond, env).map_err(Ends::Error)? {
                    let mut text = String::new();
                    let reason = self.eval(reason, env).map_err(Ends::Error)?;
                    show(&reason, &mut text).map_err(Ends::Error)?;
                    run.out.skipped.push(Skipped { policy: run.index, reason: text });
                    return Err(Ends::Skipped);
                }
                self.members(rest, env, run)
            }
            Member::Clause(Clause::Let { local, value, .. }) => {
                self.count("member let");
                env.set_lazy(*local, value);
                self.members(rest, env, run)
            }
            Member::Clause(clause) => {
                self.count(if matches!(clause, Clause::If { .. }) { "member if" } else { "member for" });
                let mut ends = None;
                let walked = self.clause(clause, env, &mut |oracle, env, bound| {
                    let depth = run.scopes.len();
                    run.scopes.extend(bound.and_then(|value| oracle.scope_of(value)));
                    let done = oracle.members(rest, env, run);
                    run.scopes.truncate(depth);
                    match done {
                        Ok(()) => Ok(Flow::Go),
                        Err(why) => {
                            ends = Some(why);
                            Ok(Flow::Stop)
                        }
                    }
                });
                match (ends, walked) {
                    (Some(why), _) => Err(why),
                    (None, Err(fault)) => Err(Ends::Error(fault)),
                    (None, Ok(_)) => Ok(()),
                }
            }
        }
    }

    fn rules(&self, env: &mut Env<'h>, run: &mut Run<'_, 'h>) {
        for (number, rule) in run.policy.rules.iter().enumerate() {
            if run.ended.contains(&number) {
                continue;
            }
            self.count("rule");
            let depth = run.scopes.len();
            let done = self.rule(&rule.clauses, number, rule, env, run);
            run.scopes.truncate(depth);
            if let Err(fault) = done {
                // The clauses before the first rule belong to each of them: an error ends the rule in all their ways.
                run.ended.insert(number);
                run.out.errors.push(RuleError {
                    policy: run.index,
                    rule: Some(number),
                    code: fault.code,
                    why: fault.why,
                });
            }
        }
    }

    fn rule(
        &self,
        clauses: &'h [Clause],
        number: usize,
        rule: &'h Rule,
        env: &mut Env<'h>,
        run: &mut Run<'_, 'h>,
    ) -> Res<Flow> {
        let Some((clause, rest)) = clauses.split_first() else {
            self.report(number, rule, env, run)?;
            return Ok(Flow::Go);
        };
        self.clause(clause, env, &mut |oracle, env, bound| {
            let depth = run.scopes.len();
            run.scopes.extend(bound.and_then(|value| oracle.scope_of(value)));
            let done = oracle.rule(rest, number, rule, env, run);
            run.scopes.truncate(depth);
            done
        })
    }

    fn report(&self, number: usize, rule: &'h Rule, env: &mut Env<'h>, run: &mut Run<'_, 'h>) -> Res<()> {
        self.count("finding");
        let (action, severity) = self.head(rule, run.policy, env)?;
        let mut message = String::new();
        show(&self.eval(&rule.message, env)?, &mut message)?;
        let refs = self.refs(rule, env)?;
        let place = self.place(&rule.at, env)?;
        let place = self.origin(place).or_else(|| run.scopes.last().cloned()).or_else(|| run.object.clone());
        let related = match &rule.related {
            Some(value) => self.related(value, env)?,
            None => Vec::new(),
        };
        let mut fixes = Vec::new();
        for fix in &rule.fixes {
            fixes.extend(self.fix(fix, place.as_ref(), env)?);
        }
        let known = |f: &Found| f.used == run.used && f.rule == number && f.place == place && f.message == message;
        if !run.out.findings.iter().any(known) {
            let policy = run.index;
            run.out.findings.push(Found {
                policy,
                used: run.used,
                suppressed: None,
                rule: number,
                action,
                severity,
                message,
                place,
                related,
                fixes,
                refs,
            });
        }
        Ok(())
    }

    fn refs(&self, rule: &'h Rule, env: &mut Env<'h>) -> Res<BTreeMap<String, Vec<String>>> {
        let known = rule.refs.iter().map(|(k, v)| (k.to_string(), v.iter().map(ToString::to_string).collect()));
        let mut out: BTreeMap<String, Vec<String>> = known.collect();
        for (name, value) in &rule.computed_refs {
            self.count("computed refs");
            let value = self.eval(value, env)?;
            if value.is_null() {
                continue;
            }
            let texts = match value.parts() {
                Some(parts) => parts.iter().map(|p| Ok(p.load()?.text()?.to_owned())).collect::<Res<Vec<_>>>()?,
                None => vec![value.text()?.to_owned()],
            };
            out.insert(name.to_string(), texts);
        }
        Ok(out)
    }

    fn related(&self, value: &'h Expr, env: &mut Env<'h>) -> Res<Vec<Spot>> {
        self.count("related");
        let value = self.eval(value, env)?;
        // A list of a document is a place itself; one that was made is a list of places.
        let made = matches!(value.data, super::value::Data::List(_) | super::value::Data::Set(_));
        let values = if made { value.items()?.unwrap_or_default() } else { vec![value] };
        Ok(values.into_iter().filter(|v| !v.is_null()).filter_map(|v| self.origin(v.spot)).collect())
    }

    fn head(&self, rule: &'h Rule, policy: &Policy, env: &mut Env<'h>) -> Res<(Action, Severity)> {
        match &rule.head {
            RuleHead::Fixed { action, severity } => {
                let action = match action {
                    RuleAction::Deny => Action::Deny,
                    RuleAction::Warn => Action::Warn,
                    RuleAction::Audit => Action::Audit,
                };
                Ok((action, severity.unwrap_or(policy.severity)))
            }
            RuleHead::Computed { action, severity } => {
                self.count("report");
                let action = self.eval(action, env)?;
                let severity = severity.as_ref().map(|s| self.eval(s, env)).transpose()?;
                let Some(action) = Action::parse(action.text()?) else { return fault("E0801", "no such action") };
                let severity = match severity {
                    None => policy.severity,
                    Some(severity) => match Severity::parse(severity.text()?) {
                        Some(severity) => severity,
                        None => return fault("E0801", "no such severity"),
                    },
                };
                Ok((action, severity))
            }
        }
    }

    fn fix(&self, fix: &'h Fix, place: Option<&Spot>, env: &mut Env<'h>) -> Res<Option<Patch>> {
        self.count("fix");
        if let Some(when) = &fix.when
            && !self.truth(when, env)?
        {
            return Ok(None);
        }
        let (op, value) = match &fix.op {
            FixOp::Set(value) => ("set", to_json(&self.eval(value, env)?)?),
            FixOp::Add(value) => ("add", to_json(&self.eval(value, env)?)?),
            FixOp::Remove => ("remove", serde_json::Value::Null),
        };
        self.count(op);
        let spot = match &fix.at {
            Some(at) => {
                let at = self.place(at, env)?;
                self.origin(at).or_else(|| place.cloned())
            }
            None => place.cloned(),
        };
        Ok(Some(Patch { is_unsafe: fix.is_unsafe, op, spot, value }))
    }
}
