//! From a report of a rule to a finding: place, action, fix, and who answers for it.

use super::decide::{Case, Scratch};
use super::evidence::evidence;
use super::fingerprint::{fingerprint, named_place};
use super::order::Order;
use super::patch::{self, FixAction, FixStep};
use super::suppress::{self, Reason};
use super::{
    Action, Decision, DecisionError, Edit, Exception, Finding, Fix, Location, ObjectRef, Related, Severity, Suppressed,
    SuppressedBy, exceptions,
};
use crate::document::{Document, NodeId};
use crate::engine::{Inner, Instance};
use crate::inventory::{Object, View};
use crate::memory::Memory;
use crate::program::operand::FixKind;
use crate::program::{PolicyDef, RuleDef};
use crate::vm::{At, Fault};

/// A report with what is known about its policy.
pub(super) struct Report {
    pub(super) report: crate::vm::Report,
    pub(super) instance: u32,
    /// The old object violated already, and the host wants that kept.
    pub(super) keep: bool,
}

/// Adds what a report says to the decision.
pub(super) fn apply(
    inner: &Inner,
    scratch: &mut Scratch,
    view: View<'_>,
    case: &Case<'_>,
    report: Report,
    decision: &mut Decision,
) {
    let program = &inner.code.program;
    let rule = program.rules.get(report.report.rule as usize);
    let (Some(rule), Some((instance, policy))) = (rule, inner.instance(report.instance)) else { return };
    let at = report.report.at.clone().or_else(|| case.object.map(|o| At::node(o.place)));
    let object = case.object.or_else(|| at.as_ref().and_then(|at| object_at(view, at)));
    let action = action(instance, rule, &report);
    let severity = instance.severity.or(report.report.severity).or(rule.severity).unwrap_or(policy.severity);
    if severity < inner.min_severity {
        return;
    }
    let memory = &scratch.state.memory;
    let document = at.as_ref().and_then(|at| memory.doc(at.place.doc));
    let mut finding = base(inner, policy, instance, rule, &report, severity, action);
    finding.object = object.map(ObjectRef::of);
    finding.evidence = evidence(program, memory, &report.report.evidence, policy.sensitive);
    finding.related = report.report.related.iter().filter_map(|at| related(memory, view, at)).collect();
    let mut place = String::new();
    if let (Some(at), Some(document)) = (&at, document) {
        let Location { file, document: index, pointer, start, end } = Location::of(document, at);
        (finding.file, finding.document, finding.pointer) = (file, index, pointer);
        (finding.start, finding.end) = (start, end);
        finding.order = Order { node: at.place.node.0, missing: at.keys.clone(), rule: report.report.rule };
        let root = object.filter(|o| o.place.doc == at.place.doc).map_or(NodeId::ROOT, |o| o.place.node);
        place = named_place(document, root, at);
    }
    finding.fix = fix(memory, &report.report, at.as_ref());
    let use_name = finding.use_name.clone().unwrap_or_default();
    let identity = object.map(|o| &o.identity);
    finding.fingerprint = fingerprint(&program.bundle.name, &policy.id, &use_name, identity, &place);
    let by_author = || {
        let (at, document) = (at.as_ref().filter(|_| !instance.no_suppression)?, document?);
        let workloads = &inner.code.workloads;
        let around = object_at(view, at).or_else(|| object.filter(|o| o.place.doc == at.place.doc));
        suppress::suppressed(&mut scratch.comments, (document, at), (around, object), &finding, &inner.today, workloads)
    };
    match by_exception(inner, &finding).map(Ok).or_else(by_author) {
        Some(Ok(Reason { by, reason, until, comment })) => {
            decision.suppressed.push(Suppressed { finding, reason, by, until, comment });
        }
        Some(Err(error)) => {
            decision.errors.push(error);
            decision.findings.push(finding);
        }
        None => decision.findings.push(finding),
    }
}

/// Enforce: the effective action.
fn action(instance: &Instance, rule: &RuleDef, report: &Report) -> Action {
    let asked = report.report.action.or(rule.action).unwrap_or(Action::Deny);
    let enforced = instance.enforce.limit(asked);
    if report.keep { enforced.min(Action::Warn) } else { enforced }
}

fn base(
    inner: &Inner,
    policy: &PolicyDef,
    instance: &Instance,
    rule: &RuleDef,
    report: &Report,
    severity: Severity,
    action: Action,
) -> Finding {
    Finding {
        id: policy.id.clone(),
        policy: policy.name.clone(),
        bundle: inner.code.program.bundle.name.clone(),
        use_name: instance.use_name.clone(),
        title: policy.title.clone(),
        severity,
        action,
        message: report.report.message.clone(),
        object: None,
        file: "".into(),
        document: 0,
        pointer: String::new(),
        start: crate::document::Position::default(),
        end: crate::document::Position::default(),
        related: Vec::new(),
        evidence: Vec::new(),
        fix: None,
        refs: {
            let mut refs = if rule.refs.is_empty() { policy.refs.clone() } else { rule.refs.clone() };
            refs.extend(report.report.refs.iter().cloned());
            refs
        },
        fingerprint: String::new(),
        sensitive: policy.sensitive,
        order: Order { rule: report.report.rule, ..Order::default() },
    }
}

fn by_exception(inner: &Inner, finding: &Finding) -> Option<Reason> {
    let counts = |e: &&Exception| exceptions::counts(e.until.as_deref(), &inner.today) && e.is_for(finding);
    let exception = inner.exceptions.iter().find(counts)?;
    Some(Reason {
        by: SuppressedBy::Exception,
        reason: exception.reason.clone(),
        until: exception.until.clone(),
        comment: None,
    })
}

fn related(memory: &Memory, view: View<'_>, at: &At) -> Option<Related> {
    let document = memory.doc(at.place.doc)?;
    let Location { file, document: index, pointer, start, end } = Location::of(document, at);
    let object = object_at(view, at).map(ObjectRef::of).unwrap_or_default();
    Some(Related { file, document: index, object, pointer, start, end, note: String::new() })
}

/// The object that a place stands in.
fn object_at<'a>(view: View<'a>, at: &At) -> Option<&'a Object> {
    view.object_around(at.place)
}

/// The fix of a report as patches, one a document.
fn fix(memory: &Memory, report: &crate::vm::Report, own: Option<&At>) -> Option<Fix> {
    let mut safe = true;
    let mut titles = Vec::new();
    let mut all = Vec::new();
    let mut by_document: Vec<(&Document, Vec<FixStep>)> = Vec::new();
    for step in &report.fixes {
        let at = step.at.as_ref().or(own)?;
        let document = memory.doc(at.place.doc)?;
        let (action, is_safe) = of_kind(step.kind);
        safe &= is_safe;
        let (pointer, items) = (at.pointer(document), at.items());
        let made = FixStep { action, pointer, value: step.value.clone(), items };
        titles.push(title(&made));
        all.push(made.clone());
        match by_document.iter_mut().find(|(d, _)| std::ptr::eq(*d, document)) {
            Some((_, steps)) => steps.push(made),
            None => by_document.push((document, vec![made])),
        }
    }
    let edit = |(document, steps): (&Document, Vec<FixStep>)| {
        let mut value = patch::outline(document, &steps);
        if !patch::possible(&value, &steps) {
            return None;
        }
        let patch = patch::combine(&mut value, &steps);
        Some(Edit { file: document.source().name.clone(), document: document.index(), patch })
    };
    let edits = by_document.into_iter().map(edit).collect::<Option<Vec<Edit>>>()?;
    let edits: Vec<Edit> = edits.into_iter().filter(|edit| !edit.patch.is_empty()).collect();
    (!edits.is_empty()).then(|| Fix { safe, title: titles.join(", "), edits, steps: all })
}

fn of_kind(kind: FixKind) -> (FixAction, bool) {
    match kind {
        FixKind::Set => (FixAction::Set, true),
        FixKind::Add => (FixAction::Add, true),
        FixKind::Remove => (FixAction::Remove, true),
        FixKind::UnsafeSet => (FixAction::Set, false),
        FixKind::UnsafeAdd => (FixAction::Add, false),
        FixKind::UnsafeRemove => (FixAction::Remove, false),
    }
}

/// What a step does, in words.
fn title(step: &FixStep) -> String {
    let steps = crate::document::pointer::steps(&step.pointer).unwrap_or_default();
    let name = steps.iter().rev().find(|s| crate::document::pointer::index(s).is_none());
    let name = name.map_or("the object", String::as_str);
    let value = step.value.to_string();
    // A value that is long tells more in the patch than in a title.
    let value = if value.chars().count() > 60 { "the value below".to_owned() } else { value };
    match step.action {
        FixAction::Set => format!("set {name} to {value}"),
        FixAction::Add => format!("add {value} to {name}"),
        FixAction::Remove => format!("remove {name}"),
    }
}

/// An error of an evaluation as decisions list it.
pub(super) fn error(
    memory: &Memory,
    view: View<'_>,
    object: Option<&Object>,
    fault: &Fault,
    policy: Option<String>,
) -> DecisionError {
    let at = if fault.place.is_some() { Some(At::node(fault.place)) } else { object.map(|o| At::node(o.place)) };
    let location = at.as_ref().and_then(|at| Some(Location::of(memory.doc(at.place.doc)?, at)));
    // An error may be about another object than the one under review.
    let object = at.as_ref().and_then(|at| object_at(view, at)).or(object);
    DecisionError {
        code: fault.error.code().to_owned(),
        message: fault.error.to_string(),
        object: object.map(ObjectRef::of),
        file: location.as_ref().map(|l| l.file.clone()),
        document: location.as_ref().map(|l| l.document),
        pointer: location.as_ref().map(|l| l.pointer.clone()),
        start: location.map(|l| l.start),
        policy,
    }
}
