//! The order of findings: file, document, place in the document, id.

use super::{Decision, Finding};

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
pub fn compare(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    let place = |f: &Finding| (f.document, f.order.node);
    let file = a.file.as_bytes().cmp(b.file.as_bytes());
    file.then_with(|| place(a).cmp(&place(b)))
        .then_with(|| a.order.missing.cmp(&b.order.missing))
        .then_with(|| a.id.cmp(&b.id))
        .then_with(|| a.use_name.cmp(&b.use_name))
        .then_with(|| a.order.rule.cmp(&b.order.rule))
        .then_with(|| a.message.cmp(&b.message))
}

/// Puts findings in order; those of one rule that are equal in place and message are one.
pub(super) fn tidy(decision: &mut Decision) {
    decision.findings.sort_by(compare);
    decision.findings.dedup_by(|later, kept| same(later, kept));
    decision.suppressed.sort_by(|a, b| compare(&a.finding, &b.finding));
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
