//! The one path from an object to a decision: match → except → exceptions → evaluate → enforce.
//!
//! Scans, admissions and every binding come through here; no face has a loop of its own.

use super::apply::{self, Report};
use super::suppress::CommentCache;
use super::{Action, Decision, DecisionError, ObjectRef, Skipped, order};
use crate::builtins::Host;
use crate::document::InputError;
use crate::engine::{Inner, Instance, Unit};
use crate::error::EvalError;
use crate::inventory::{Identity, Object, View, matches_kind};
use crate::program::{Operations, PolicyDef, SubresourceDef};
use crate::value::{Data, Value};
use crate::vm::{Fault, Machine, State, Subject};

/// What is done to an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation {
    /// It is made; also what a scan takes every object for.
    Create,
    /// It is changed.
    Update,
    /// It goes.
    Delete,
    /// A connection to a subresource, `pods/exec`.
    Connect,
}

impl Operation {
    /// The operation of that name, as requests write it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Operation> {
        match name {
            "CREATE" => Some(Operation::Create),
            "UPDATE" => Some(Operation::Update),
            "DELETE" => Some(Operation::Delete),
            "CONNECT" => Some(Operation::Connect),
            _ => None,
        }
    }

    fn among(self, operations: Operations) -> bool {
        match self {
            Operation::Create => operations.create,
            Operation::Update => operations.update,
            Operation::Delete => operations.delete,
            Operation::Connect => operations.connect,
        }
    }
}

/// What is to be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    /// The object; none for policies on the cluster.
    pub(crate) object: Option<&'a Object>,
    /// The object before the request.
    pub(crate) old: Option<&'a Object>,
    /// The admission request, or null.
    pub(crate) request: Value,
    /// What is done.
    pub(crate) operation: Operation,
    /// `exec` of `pods/exec`; empty for the object itself.
    pub(crate) subresource: &'a str,
    /// Group and resource (`pods`) of the request.
    pub(crate) resource: (&'a str, &'a str),
}

impl<'a> Case<'a> {
    /// An object as a scan sees it.
    pub(crate) fn of(object: &'a Object) -> Case<'a> {
        Case {
            object: Some(object),
            old: None,
            request: Value::NULL,
            operation: Operation::Create,
            subresource: "",
            resource: ("", ""),
        }
    }

    /// Policies on the cluster.
    pub(crate) const CLUSTER: Case<'static> = Case {
        object: None,
        old: None,
        request: Value::NULL,
        operation: Operation::Create,
        subresource: "",
        resource: ("", ""),
    };

    /// What the machine sees of it.
    pub(crate) fn subject(&self) -> Subject<'a> {
        let value = |o: Option<&Object>| o.map_or(Value::NULL, |o| Value::of(Data::DocMap).at(o.place));
        let kind = self.object.map_or(("", ""), |o| (o.identity.group.as_str(), o.identity.kind.as_str()));
        Subject { object: value(self.object), request: self.request, old: value(self.old), kind }
    }
}

/// A thread's scratch.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) state: State,
    /// What the host says, with the origins of the inventory at hand.
    pub(crate) host: Host,
    pub(crate) comments: CommentCache,
    /// For each instance, whether it was evaluated for anything.
    pub(crate) matched: Vec<bool>,
}

/// Judges an object, or what is `on cluster`, by the units that may concern it.
pub(crate) fn decide(inner: &Inner, scratch: &mut Scratch, view: View<'_>, case: Case<'_>, units: &[u32]) -> Decision {
    let mut decision = Decision { allowed: true, ..Decision::default() };
    scratch.state.begin(&inner.limits);
    if let Some(object) = case.object {
        decision.errors.extend(object.errors.iter().map(|e| input_error(e, object)));
        decision.notes.extend(object.notes.iter().map(|e| input_error(e, object)));
        // A rule may read the old object too: what is wrong there must not make it pass.
        let old = case.old.filter(|old| old.place != object.place);
        decision.errors.extend(old.into_iter().flat_map(|old| old.errors.iter().map(|e| input_error(e, old))));
    }
    for unit in units {
        let Some(unit) = inner.units.get(*unit as usize) else { continue };
        if !concerns(inner, scratch, unit, &case) {
            continue;
        }
        if case.object.is_none() {
            // Limits count per policy on the cluster.
            scratch.state.begin(&inner.limits);
        }
        let ended = evaluate(inner, scratch, view, case.subject(), unit);
        hand_out(inner, scratch, view, &case, unit, &mut decision);
        if let Err(fault) = ended {
            let limit = fault.error.is_limit();
            let policy = inner.unit_policy(unit).map(|p| p.id.clone());
            decision.errors.push(apply::error(&scratch.state.memory, view, case.object, &fault, policy));
            if limit && case.object.is_some() {
                break;
            }
        }
    }
    order::tidy(&mut decision);
    decision.errors.dedup();
    let denied = decision.findings.iter().any(|f| f.action == Action::Deny);
    decision.allowed = !denied && decision.errors.is_empty();
    decision
}

/// Match: true if some policy of the unit is for the case.
fn concerns(inner: &Inner, scratch: &mut Scratch, unit: &Unit, case: &Case<'_>) -> bool {
    let mut any = false;
    for instance in inner.instances_of(unit) {
        if applies(inner, instance, case) {
            any = true;
            if let Some(matched) = scratch.matched.get_mut(instance as usize) {
                *matched = true;
            }
        }
    }
    any
}

/// True if an instance is on and for the case.
pub(super) fn applies(inner: &Inner, instance: u32, case: &Case<'_>) -> bool {
    let Some((instance, policy)) = inner.instance(instance) else { return false };
    instance.is_on() && for_case(inner, instance, policy, case)
}

fn for_case(inner: &Inner, instance: &Instance, policy: &PolicyDef, case: &Case<'_>) -> bool {
    let (Some(object), Some(on)) = (case.object, policy.on) else {
        return case.object.is_none() && policy.on.is_none();
    };
    let kind = &object.identity;
    let namespace = kind.namespace.as_deref().unwrap_or_default();
    let file = &object.document().source().name;
    let chosen = instance.matches.as_ref().is_none_or(|m| m.fits(&kind.kind, namespace, &kind.name, file));
    chosen && looks_at(inner, policy, on, case, object)
}

/// True if a policy is written for an object in what is done to it.
fn looks_at(inner: &Inner, policy: &PolicyDef, on: u32, case: &Case<'_>, object: &Object) -> bool {
    let Some(set) = inner.code.program.kinds.get(on as usize) else { return false };
    if !case.operation.among(policy.operations) {
        return false;
    }
    let kind = &object.identity;
    let named = |sub: &str| policy.subresources.iter().any(|s| s.name == sub && is_on(s, case, kind));
    match case.subresource {
        "" => set.matches(object),
        // Whoever looks at pods looks at what is changed in them this way too.
        "ephemeralcontainers" | "resize" if kind.kind == "Pod" => set.matches(object) || named(case.subresource),
        sub => named(sub) || (set.any && case.operation == Operation::Connect),
    }
}

/// True if a request is on this kind's subresource: its resource tells, since objects of one kind (`Scale`) belong to many. A
/// request that names no resource is taken by the kind of its object, so that none is missed.
fn is_on(sub: &SubresourceDef, case: &Case<'_>, object: &Identity) -> bool {
    let (group, resource) = case.resource;
    if resource.is_empty() {
        return [&sub.object, &sub.of].iter().any(|k| matches_kind(k, &object.group, &object.kind));
    }
    sub.resource == resource && (sub.of.group == group || sub.of.old_groups.iter().any(|g| g == group))
}

/// Runs the unit's plan; what it found is in the state's output.
fn evaluate(
    inner: &Inner,
    scratch: &mut Scratch,
    view: View<'_>,
    subject: Subject<'_>,
    unit: &Unit,
) -> Result<(), Fault> {
    let function = inner.code.program.plans.get(unit.plan as usize).map(|p| p.function);
    let function = function.ok_or(Fault::of(EvalError::Internal("no such plan")))?;
    let mut machine = Machine::new(&inner.code, &scratch.host, &inner.limits, view, subject, &mut scratch.state);
    machine.instance = unit.instance;
    machine.run(function, &[]).map(drop)
}

/// Turns what a unit found into findings, skips and errors of the decision.
fn hand_out(
    inner: &Inner,
    scratch: &mut Scratch,
    view: View<'_>,
    case: &Case<'_>,
    unit: &Unit,
    decision: &mut Decision,
) {
    let output = std::mem::take(&mut scratch.state.output);
    let here = |policy: u32| inner.instance_for(unit, policy).filter(|i| applies(inner, *i, case));
    for skip in &output.skips {
        if let Some((_, policy)) = here(skip.policy).and_then(|i| inner.instance(i)) {
            let skipped = Skipped {
                id: policy.id.clone(),
                policy: policy.name.clone(),
                object: case.object.map(ObjectRef::of),
                file: case.object.map(|o| o.document().source().name.clone()),
                reason: skip.reason.clone(),
            };
            if !decision.skipped.contains(&skipped) {
                decision.skipped.push(skipped);
            }
        }
    }
    for raised in &output.errors {
        if let Some((_, policy)) = here(raised.policy).and_then(|i| inner.instance(i)) {
            let of_input = matches!(raised.fault.error, EvalError::MissingInput(_));
            let policy = (!of_input).then(|| policy.id.clone());
            let error = apply::error(&scratch.state.memory, view, case.object, &raised.fault, policy);
            if !decision.errors.contains(&error) {
                decision.errors.push(error);
            }
        }
    }
    let mut kept: Vec<(u32, bool)> = Vec::new();
    for report in output.reports {
        let policy = inner.code.program.rules.get(report.rule as usize).map(|r| r.policy);
        let Some(instance) = policy.and_then(here) else { continue };
        let keep = keeps(inner, scratch, view, case, unit, instance, &mut kept);
        let report = Report { report, instance, keep };
        apply::apply(inner, scratch, view, case, report, decision);
    }
}

/// `existing = "keep"`: true if the old object violated the policy already, so that an update is not denied for it.
fn keeps(
    inner: &Inner,
    scratch: &mut Scratch,
    view: View<'_>,
    case: &Case<'_>,
    unit: &Unit,
    instance: u32,
    known: &mut Vec<(u32, bool)>,
) -> bool {
    let asked = inner.instance(instance).is_some_and(|(i, _)| i.keep_existing);
    let Some(old) = case.old.filter(|_| asked && case.operation == Operation::Update) else { return false };
    if let Some((_, keep)) = known.iter().find(|(i, _)| *i == instance) {
        return *keep;
    }
    let before = Case { object: Some(old), ..*case };
    // What the policy does not look at could not violate it: a workload that had no template yet.
    let policy = inner.instance(instance).and_then(|(_, policy)| Some((policy, policy.on?)));
    if !policy.is_some_and(|(policy, on)| looks_at(inner, policy, on, &before, old)) {
        return false;
    }
    let ended = evaluate(inner, scratch, view, before.subject(), unit);
    let output = std::mem::take(&mut scratch.state.output);
    let violated = output.reports.iter().any(|r| {
        let policy = inner.code.program.rules.get(r.rule as usize).map(|r| r.policy);
        policy.and_then(|p| inner.instance_for(unit, p)) == Some(instance)
    });
    let keep = ended.is_ok() && violated;
    known.push((instance, keep));
    keep
}

/// An input error of an object as decisions list it.
fn input_error(error: &InputError, object: &Object) -> DecisionError {
    DecisionError {
        code: error.code.to_owned(),
        message: error.message.clone(),
        object: Some(ObjectRef::of(object)),
        file: Some(error.file.clone()),
        document: Some(error.document),
        pointer: Some(error.pointer.clone()),
        start: Some(error.start),
        policy: None,
    }
}
