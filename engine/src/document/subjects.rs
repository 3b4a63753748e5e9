//! What of a document is to be judged: its objects, and what claims to be one and is none.
//!
//! INVARIANT: nothing is passed over. A document that is no object is an error; so is an item of a list that is none.

use super::error::{InputError, InputErrorKind};
use super::node::{Document, NodeId, Tag};
use super::read::{Root, is_review, objects};

/// The objects of a document (see [`objects`]), and an error for each item of a list that is none.
///
/// # Errors
/// If the document is no Kubernetes object at all. An admission request is none either: see [`admission`](super::admission).
pub fn subjects(document: &Document) -> Result<(Vec<Root<'_>>, Vec<InputError>), Box<InputError>> {
    let refuse = |reason: &str| {
        let message = format!("the document is no Kubernetes object: {reason}");
        Err(Box::new(InputError::at(document, NodeId::ROOT, InputErrorKind::NotAnObject, message)))
    };
    if document.tag(NodeId::ROOT) != Tag::Map {
        return refuse("it is not a map");
    }
    if is_review(document) {
        return refuse("it is an AdmissionReview without a request");
    }
    let mut roots = objects(document);
    roots.retain(|root| !is_empty_list(document, root));
    if let Some(reason) = roots.iter().find(|root| root.node == NodeId::ROOT).and_then(no_object) {
        return refuse(reason);
    }
    let mut errors = Vec::new();
    roots.retain(|root| match no_object(root) {
        None => true,
        Some(reason) => {
            let message = format!("an item of the list is no Kubernetes object: {reason}");
            errors.push(InputError::at(document, root.node, InputErrorKind::NotAnObject, message));
            false
        }
    });
    Ok((roots, errors))
}

/// Why a node is no object, if it is none.
fn no_object(root: &Root<'_>) -> Option<&'static str> {
    match (root.kind.as_ref(), root.api_version.as_ref()) {
        ("", _) => Some("it has no `kind`"),
        (_, "") => Some("it has no `apiVersion`"),
        // A list of items would stand for them.
        ("List", _) => Some("the `items` of a List must be a list"),
        _ => None,
    }
}

/// True for a `List` that has no `items` at all.
fn is_empty_list(document: &Document, root: &Root<'_>) -> bool {
    let items = document.get_str(root.node, "items");
    root.kind == "List" && items.is_none_or(|items| document.tag(items) == Tag::Null)
}

#[cfg(test)]
mod tests {
    use super::super::{ReadOptions, read};
    use super::*;

    fn of(text: &str) -> Result<(usize, Vec<String>), String> {
        let read = read("t.yaml", text.as_bytes(), &ReadOptions::default());
        let (roots, errors) = subjects(&read.documents[0]).map_err(|e| e.message)?;
        Ok((roots.len(), errors.into_iter().map(|e| format!("{} {}", e.pointer, e.message)).collect()))
    }

    #[test]
    fn what_is_no_object_is_told() {
        assert_eq!(of("apiVersion: v1\nkind: Pod\n"), Ok((1, vec![])));
        assert_eq!(of("apiVersion: v1\nkind: List\nitems: []\n"), Ok((0, vec![])));
        assert_eq!(of("apiVersion: v1\nkind: List\n"), Ok((0, vec![])));
        for text in ["{}", "[1]", "kind: Pod", "apiVersion: v1", "apiVersion: v1\nkind: List\nitems: {}\n"] {
            assert!(of(text).is_err_and(|e| e.starts_with("the document is no Kubernetes object: ")), "{text}");
        }
        let (objects, errors) = of("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod}, {}]\n").unwrap();
        assert_eq!(objects, 1);
        assert_eq!(errors, ["/items/1 an item of the list is no Kubernetes object: it has no `kind`"]);
    }
}
