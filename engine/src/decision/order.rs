//! The order of findings: file, document, place in the document, id.

use super::{Decision, DecisionError, Finding, Skipped};
use crate::sort::stable;
use std::cmp::Ordering;

/// What orders findings of one document: the node, how deep below it something is missing, then the rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Order {
    /// The node, by its place in the document.
    pub(crate) node: u32,
    /// What is missing below it.
    pub(crate) missing: Vec<crate::vm::AtKey>,
    /// The rule.
    pub(crate) rule: u32,
}

/// Compares findings by the order of all outputs.
pub fn compare(a: &Finding, b: &Finding) -> Ordering {
    let place = |f: &Finding| (f.document, f.order.node);
    let file = a.file.as_bytes().cmp(b.file.as_bytes());
    file.then_with(|| place(a).cmp(&place(b)))
        .then_with(|| a.order.missing.cmp(&b.order.missing))
        .then_with(|| a.id.cmp(&b.id))
        .then_with(|| a.use_name.cmp(&b.use_name))
        .then_with(|| a.order.rule.cmp(&b.order.rule))
        .then_with(|| a.message.cmp(&b.message))
}

/// Compares errors by the order of all outputs.
pub fn compare_errors(a: &DecisionError, b: &DecisionError) -> Ordering {
    fn place(error: &DecisionError) -> impl Ord + '_ {
        let DecisionError { file, document, start, code, message, policy, .. } = error;
        (file.as_deref(), *document, *start, code.as_str(), message.as_str(), policy.as_deref())
    }
    place(a).cmp(&place(b))
}

/// Compares skips by the order of all outputs.
pub fn compare_skipped(a: &Skipped, b: &Skipped) -> Ordering {
    (&a.file, &a.object, &a.id).cmp(&(&b.file, &b.object, &b.id))
}

/// Puts findings in order; those of one rule that are equal in place and message are one.
pub(super) fn tidy(decision: &mut Decision) {
    stable(&mut decision.findings, compare);
    decision.findings.dedup_by(|later, kept| same(later, kept));
    stable(&mut decision.suppressed, |a, b| compare(&a.finding, &b.finding));
    decision.suppressed.dedup_by(|later, kept| same(&later.finding, &kept.finding));
}

fn same(a: &Finding, b: &Finding) -> bool {
    a.order == b.order
        && a.message == b.message
        && a.id == b.id
        && a.use_name == b.use_name
        && a.file == b.file
        && a.document == b.document
}
