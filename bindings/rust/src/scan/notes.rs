//! What else a report says: comments that suppress nothing, versions that are not known, what was there before.

use super::read::{ReadFile, decision_error};
use crate::report::Report;
use plimsoll_engine::decision::{DecisionError, ObjectRef, Suppressed, SuppressedBy};
use plimsoll_engine::document::Limits;
use plimsoll_engine::document::comments::IgnoreComment;
use plimsoll_engine::inventory::Object;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keeps the comments of a file, to see later which of them suppressed something.
pub(super) fn comments(file: &ReadFile, report: &mut Report) {
    let found = plimsoll_engine::document::comments(&file.source, Limits::default());
    report.errors.extend(found.errors.iter().map(decision_error));
    report.ignores.extend(found.ignores.into_iter().map(|comment| (file.source.name.clone(), comment)));
}

/// Says which comments suppressed nothing.
pub(super) fn unused(report: &mut Report) {
    let used: BTreeSet<(Arc<str>, u32)> = report
        .suppressed
        .iter()
        .filter_map(|s| s.comment.as_ref())
        .map(|comment| (comment.file.clone(), comment.line))
        .collect();
    for (file, comment) in std::mem::take(&mut report.ignores) {
        if !used.contains(&(file.clone(), comment.line)) {
            report.notes.push(unused_comment(&file, &comment, report));
        }
    }
}

fn unused_comment(file: &Arc<str>, comment: &IgnoreComment, report: &Report) -> DecisionError {
    let start = report.sources.get(file).map(|source| source.position(comment.start));
    DecisionError {
        code: "W0701".to_owned(),
        message: format!("this comment suppresses nothing: {} has no finding here", comment.policies.join(", ")),
        object: None,
        file: Some(file.clone()),
        document: None,
        pointer: None,
        start,
        policy: None,
    }
}

/// An object of a version that is not known.
pub(super) fn version(object: &Object) -> DecisionError {
    let document = object.document();
    DecisionError {
        code: "W0702".to_owned(),
        message: format!(
            "`{}` is not a known version of {}: it is read as the newest",
            object.api_version, object.identity.kind
        ),
        object: Some(ObjectRef::of(object)),
        file: Some(document.source().name.clone()),
        document: Some(document.index()),
        pointer: Some(document.pointer(object.node())),
        start: Some(document.start(object.node())),
        policy: None,
    }
}

/// Takes out the findings that were there before.
pub(super) fn baseline(report: &mut Report, fingerprints: &BTreeSet<String>) {
    if fingerprints.is_empty() {
        return;
    }
    let (known, new) =
        std::mem::take(&mut report.findings).into_iter().partition(|f| fingerprints.contains(&f.fingerprint));
    report.findings = new;
    let known: Vec<_> = known;
    report.suppressed.extend(known.into_iter().map(|finding| Suppressed {
        finding,
        reason: "it was there before".to_owned(),
        by: SuppressedBy::Baseline,
        until: None,
        comment: None,
    }));
}
