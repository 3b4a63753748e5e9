//! Suppression by the author of a manifest: comments and annotations.

use super::exceptions::counts;
use super::{DecisionError, Finding, ObjectRef, SuppressedBy};
use crate::document::comments::{Comments, comments, reason_and_end};
use crate::document::{Document, NodeId, SourceText, Tag};
use crate::inventory::Object;
use crate::program::WorkloadDef;
use crate::vm::At;
use std::sync::Arc;

/// The annotation's name before the policy's id.
const ANNOTATION: &str = "plimsoll.dev/ignore.";

/// A comment, or an annotation, that suppressed a finding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UsedComment {
    /// The file, as given, with `/`.
    pub file: Arc<str>,
    /// Its line.
    pub line: u32,
}

/// Why a finding is suppressed.
pub(super) struct Reason {
    pub(super) by: SuppressedBy,
    pub(super) reason: String,
    pub(super) until: Option<String>,
    pub(super) comment: Option<UsedComment>,
}

/// The comments of the file that was last looked at.
#[derive(Debug, Default)]
pub(crate) struct CommentCache {
    of: Option<(Arc<SourceText>, Comments)>,
}

impl CommentCache {
    fn get(&mut self, source: &Arc<SourceText>) -> &Comments {
        let known = self.of.as_ref().is_some_and(|(s, _)| Arc::ptr_eq(s, source));
        if !known {
            self.of = None;
        }
        &self.of.get_or_insert_with(|| (source.clone(), comments(source, crate::document::Limits::default()))).1
    }
}

/// What suppresses a finding at a place of a document; what is wrong with an annotation that would. `around` is the object
/// that the place stands in, `object` the one that the finding is about.
pub(super) fn suppressed(
    cache: &mut CommentCache,
    (document, at): (&Document, &At),
    (around, object): (Option<&Object>, Option<&Object>),
    finding: &Finding,
    today: &str,
    workloads: &[WorkloadDef],
) -> Option<Result<Reason, DecisionError>> {
    let mut by_comment = || {
        let ignores = &cache.get(document.source()).ignores;
        if ignores.is_empty() {
            return None;
        }
        let lines = lines(document, around.map_or(NodeId::ROOT, |o| o.place.node), at.place.node);
        let fits = |c: &&crate::document::comments::IgnoreComment| {
            (lines.contains(&c.target) || lines.contains(&c.line))
                && c.policies.iter().any(|p| names(p, finding))
                && counts(c.until.as_deref(), today)
        };
        let comment = ignores.iter().find(fits)?;
        Some(Reason {
            by: SuppressedBy::Comment,
            reason: comment.reason.clone(),
            until: comment.until.clone(),
            comment: Some(UsedComment { file: document.source().name.clone(), line: comment.line }),
        })
    };
    by_comment().map(Ok).or_else(|| by_annotation(object?, finding, today, workloads))
}

/// Lines of a node, its parent and its object. A member begins at its key: what it holds begins in the line of its first
/// member, and a comment there speaks of that one. Only a scalar below its key has two lines.
fn lines(document: &Document, object: NodeId, node: NodeId) -> Vec<u32> {
    let mut lines = document.comment_lines(node, object);
    if !matches!(document.tag(node), Tag::Map | Tag::List) {
        lines.push(document.start(node).line);
    }
    lines
}

/// An annotation that suppresses findings of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IgnoreAnnotation {
    /// The policy, by id or name.
    pub policy: String,
    /// Where it stands.
    pub node: NodeId,
    /// Why it suppresses, and the last day on which it does; what is wrong with it.
    pub said: Result<(String, Option<String>), String>,
}

impl IgnoreAnnotation {
    /// As a report lists what is wrong with it.
    #[must_use]
    pub fn error(&self, document: &Document, object: &Object) -> Option<DecisionError> {
        let why = self.said.as_ref().err()?;
        let kind = crate::document::InputErrorKind::Suppression;
        Some(DecisionError {
            code: kind.code().to_owned(),
            message: format!("the annotation `{ANNOTATION}{}` {why}", self.policy),
            object: Some(ObjectRef::of(object)),
            file: Some(document.source().name.clone()),
            document: Some(document.index()),
            pointer: Some(document.pointer(self.node)),
            start: Some(document.start(self.node)),
            policy: None,
        })
    }
}

/// The annotations of an object and of its pod template that suppress findings.
pub fn annotations<'d>(
    document: &'d Document,
    object: &Object,
    workloads: &[WorkloadDef],
) -> impl Iterator<Item = IgnoreAnnotation> + use<'d> {
    let of = &object.identity;
    let template = workloads.iter().find(|w| crate::inventory::matches_kind(&w.kind, &of.group, &of.kind));
    let template =
        template.and_then(|w| w.template.iter().try_fold(object.place.node, |at, step| document.get_str(at, step)));
    let roots = [Some(object.place.node), template].into_iter().flatten();
    let maps = roots.filter_map(|root| document.get_str(document.get_str(root, "metadata")?, "annotations"));
    maps.flat_map(|map| document.children(map)).filter_map(|node| {
        let policy = document.key(node).strip_prefix(ANNOTATION)?.to_owned();
        let said = match reason_and_end(document.str(node)) {
            Ok((reason, _)) if reason.is_empty() => Err("gives no reason".to_owned()),
            Ok(said) => Ok(said),
            Err(why) => Err(format!("is not clear: {why}")),
        };
        Some(IgnoreAnnotation { policy, node, said })
    })
}

/// The reason that an annotation gives; what is wrong with it if it gives none.
fn by_annotation(
    object: &Object,
    finding: &Finding,
    today: &str,
    workloads: &[WorkloadDef],
) -> Option<Result<Reason, DecisionError>> {
    let document = object.document();
    let mut wrong = None;
    for annotation in annotations(document, object, workloads).filter(|a| names(&a.policy, finding)) {
        let error = annotation.error(document, object);
        let Ok((reason, until)) = annotation.said else {
            wrong = wrong.or(error);
            continue;
        };
        if counts(until.as_deref(), today) {
            let line = document.start(annotation.node).line;
            let comment = Some(UsedComment { file: document.source().name.clone(), line });
            return Some(Ok(Reason { by: SuppressedBy::Annotation, reason, until, comment }));
        }
    }
    wrong.map(Err)
}

fn names(written: &str, finding: &Finding) -> bool {
    crate::engine::same_name(written, &finding.id)
        || crate::engine::same_name(written, &finding.policy)
        || finding.use_name.as_ref().is_some_and(|u| crate::engine::same_name(written, u))
}
