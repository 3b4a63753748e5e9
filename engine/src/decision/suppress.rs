//! Suppression by the author of a manifest: comments and annotations.

use super::exceptions::counts;
use super::{Finding, SuppressedBy};
use crate::document::comments::{Comments, comments};
use crate::document::{Document, NodeId, SourceText};
use crate::inventory::Object;
use crate::program::WorkloadDef;
use crate::vm::At;
use std::sync::Arc;

/// The annotation's name before the policy's id.
const ANNOTATION: &str = "plimsoll.dev/ignore.";

/// A comment that suppressed a finding.
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

/// What suppresses a finding at a place of a document; the node of an annotation that would, but gives no reason.
pub(super) fn suppressed(
    cache: &mut CommentCache,
    document: &Document,
    object: Option<&Object>,
    at: &At,
    finding: &Finding,
    today: &str,
    workloads: &[WorkloadDef],
) -> Option<Result<Reason, NodeId>> {
    let mut by_comment = || {
        let ignores = &cache.get(document.source()).ignores;
        if ignores.is_empty() {
            return None;
        }
        let lines = lines(document, object, at.place.node);
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
    by_comment().map(Ok).or_else(|| by_annotation(document, object?, finding, workloads))
}

/// Lines of a node, its parent and its object; a member begins at its key.
fn lines(document: &Document, object: Option<&Object>, node: NodeId) -> Vec<u32> {
    let parent = document.parent(node);
    let root = object.map(|o| o.place.node).or(Some(NodeId::ROOT));
    let of = |node: NodeId| {
        let key = document.key_span(node).map(|(start, _)| document.source().position(start).line);
        [key, Some(document.start(node).line)]
    };
    [Some(node), parent, root].into_iter().flatten().flat_map(of).flatten().collect()
}

/// The reason that an annotation gives; its node if it gives none.
fn by_annotation(
    document: &Document,
    object: &Object,
    finding: &Finding,
    workloads: &[WorkloadDef],
) -> Option<Result<Reason, NodeId>> {
    let of = &object.identity;
    let template = workloads.iter().find(|w| crate::inventory::matches_kind(&w.kind, &of.group, &of.kind));
    let template =
        template.and_then(|w| w.template.iter().try_fold(object.place.node, |at, step| document.get_str(at, step)));
    for root in [Some(object.place.node), template].into_iter().flatten() {
        let annotations = document.get_str(root, "metadata").and_then(|m| document.get_str(m, "annotations"));
        for entry in annotations.into_iter().flat_map(|a| document.children(a)) {
            let policy = document.key(entry).strip_prefix(ANNOTATION);
            let reason = document.str(entry);
            if policy.is_some_and(|p| names(p, finding)) {
                if reason.trim().is_empty() {
                    return Some(Err(entry));
                }
                let reason = reason.to_owned();
                return Some(Ok(Reason { by: SuppressedBy::Annotation, reason, until: None, comment: None }));
            }
        }
    }
    None
}

fn names(written: &str, finding: &Finding) -> bool {
    crate::engine::same_name(written, &finding.id)
        || crate::engine::same_name(written, &finding.policy)
        || finding.use_name.as_ref().is_some_and(|u| crate::engine::same_name(written, u))
}
