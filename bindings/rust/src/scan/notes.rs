//! What else a report says: comments that suppress nothing, versions that are not known, what was there before.

use super::Target;
use super::read::ReadFile;
use crate::report::Report;
use plimsoll_dsl::schema::suggest;
use plimsoll_engine::decision::{DecisionError, ObjectRef, Suppressed, SuppressedBy};
use plimsoll_engine::document::Limits;
use plimsoll_engine::document::comments::IgnoreComment;
use plimsoll_engine::engine::same_name;
use plimsoll_engine::inventory::Object;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keeps the comments of a file, to see later which of them suppressed something.
pub(super) fn comments(file: &ReadFile, report: &mut Report) {
    let found = plimsoll_engine::document::comments(&file.source, Limits::default());
    report.errors.extend(found.errors.iter().map(DecisionError::from));
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

/// Says of exceptions why they suppress nothing: they are over, or name a policy that nobody has.
pub(super) fn exceptions(report: &mut Report, targets: &[Target<'_>]) {
    // Every engine has all exceptions of the host.
    let mut said = BTreeSet::new();
    for exception in targets.iter().flat_map(|t| t.engine.exceptions()) {
        let over = |t: &Target<'_>| t.engine.is_over(exception);
        if let Some(until) = exception.until.as_ref().filter(|_| targets.iter().any(over)) {
            let count = report.findings.iter().filter(|f| exception.is_for(f)).count();
            if count > 0 {
                let findings = if count == 1 { "a finding".to_owned() } else { format!("{count} findings") };
                let policies = exception.policies.join(", ");
                said.insert((
                    "W0703",
                    format!("the exception of {policies} ended on {until}: {findings} would be suppressed"),
                ));
            }
        }
        for name in exception.policies.iter().filter(|name| *name != "*" && !is_known(name, targets)) {
            let best =
                suggest(name, targets.iter().flat_map(|t| t.engine.program().policies.iter().map(|p| p.id.as_str())));
            let hint = best.map_or(String::new(), |best| format!("; did you mean `{best}`?"));
            said.insert((
                "W0704",
                format!("an exception is for `{name}`, and no policy of the scan has that name{hint}"),
            ));
        }
    }
    report.notes.extend(said.into_iter().map(|(code, message)| DecisionError {
        code: code.to_owned(),
        message,
        object: None,
        file: None,
        document: None,
        pointer: None,
        start: None,
        policy: None,
    }));
}

/// True if a policy, or a `[[use]]` entry, has the name.
fn is_known(name: &str, targets: &[Target<'_>]) -> bool {
    targets.iter().any(|t| {
        let of_policy = t.engine.program().policies.iter().any(|p| same_name(&p.id, name) || same_name(&p.name, name));
        of_policy || t.engine.instances().iter().any(|i| i.use_name.as_ref().is_some_and(|u| same_name(u, name)))
    })
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
