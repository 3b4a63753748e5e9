//! What else a report says: comments that suppress nothing, versions that are not known, what was there before.

use super::Target;
use super::read::ReadFile;
use crate::report::{Ignore, Report};
use plimsoll_dsl::schema::suggest;
use plimsoll_engine::decision::{DecisionError, ObjectRef, Suppressed, SuppressedBy, UsedComment};
use plimsoll_engine::document::Limits;
use plimsoll_engine::engine::same_name;
use plimsoll_engine::inventory::Object;
use std::collections::BTreeSet;

/// Keeps the comments of a file, to see later which of them suppressed something.
pub(super) fn comments(file: &ReadFile, report: &mut Report) {
    let found = plimsoll_engine::document::comments(&file.source, Limits::default());
    report.errors.extend(found.errors.iter().map(DecisionError::from));
    report.ignores.extend(found.ignores.into_iter().map(|comment| Ignore {
        what: "comment",
        at: UsedComment { file: file.source.name.clone(), line: comment.line },
        start: file.source.position(comment.start),
        policies: comment.policies,
        until: comment.until,
        object: None,
    }));
}

/// Keeps the annotations of an object, for the same.
pub(super) fn annotations(object: &Object, target: &Target<'_>, report: &mut Report) {
    let document = object.document();
    for annotation in plimsoll_engine::decision::annotations(document, object, &target.engine.program().workloads) {
        report.errors.extend(annotation.error(document, object));
        let Ok((_, until)) = annotation.said else { continue };
        let start = document.start(annotation.node);
        report.ignores.push(Ignore {
            what: "annotation",
            policies: vec![annotation.policy],
            until,
            at: UsedComment { file: document.source().name.clone(), line: start.line },
            start,
            object: Some(ObjectRef::of(object)),
        });
    }
}

/// Says which comments and annotations suppressed nothing.
pub(super) fn unused(report: &mut Report, targets: &[Target<'_>]) {
    let used: BTreeSet<UsedComment> = report.suppressed.iter().filter_map(|s| s.comment.clone()).collect();
    for ignore in std::mem::take(&mut report.ignores) {
        if !used.contains(&ignore.at) {
            report.notes.extend(why_unused(&ignore, targets).map(|message| note("W0701", message, &ignore)));
        }
    }
}

/// Why nothing is suppressed; none if only policies are named that are off in this scan, so that nobody can tell.
fn why_unused(ignore: &Ignore, targets: &[Target<'_>]) -> Option<String> {
    let what = ignore.what;
    if let Some(until) = &ignore.until
        && targets.iter().any(|t| t.engine.is_past(Some(until)))
    {
        return Some(format!("this {what} suppresses nothing any more: it ended on {until}"));
    }
    if let Some(unknown) = ignore.policies.iter().find(|name| !is_known(name, targets)) {
        return Some(format!(
            "this {what} suppresses nothing: no policy of the scan is called `{unknown}`{}",
            hint(unknown, targets)
        ));
    }
    let on: Vec<&str> = ignore.policies.iter().map(String::as_str).filter(|name| is_on(name, targets)).collect();
    (!on.is_empty()).then(|| format!("this {what} suppresses nothing: {} has no finding here", on.join(", ")))
}

fn note(code: &str, message: String, ignore: &Ignore) -> DecisionError {
    DecisionError {
        code: code.to_owned(),
        message,
        object: ignore.object.clone(),
        file: Some(ignore.at.file.clone()),
        document: None,
        pointer: None,
        start: Some(ignore.start),
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
            let hint = hint(name, targets);
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

/// True if a policy of the name was on.
fn is_on(name: &str, targets: &[Target<'_>]) -> bool {
    targets.iter().any(|t| {
        t.engine.instances().iter().filter(|i| i.is_on()).any(|i| {
            let of_policy = t.engine.policy(i).is_some_and(|p| same_name(&p.id, name) || same_name(&p.name, name));
            of_policy || i.use_name.as_ref().is_some_and(|u| same_name(u, name))
        })
    })
}

fn hint(name: &str, targets: &[Target<'_>]) -> String {
    let ids = targets.iter().flat_map(|t| t.engine.program().policies.iter().map(|p| p.id.as_str()));
    suggest(name, ids).map_or(String::new(), |best| format!("; did you mean `{best}`?"))
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
