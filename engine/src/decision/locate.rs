//! Places of findings as files, pointers, lines.

use super::{Location, ObjectRef};
use crate::document::{Document, NodeId, Position};
use crate::inventory::Object;
use crate::vm::At;

impl ObjectRef {
    /// The reference of an object.
    #[must_use]
    pub fn of(object: &Object) -> ObjectRef {
        ObjectRef {
            api_version: object.api_version.clone(),
            kind: object.identity.kind.clone(),
            namespace: object.identity.namespace.clone(),
            name: object.identity.name.clone(),
        }
    }
}

impl Location {
    /// A place in a document.
    pub(crate) fn of(document: &Document, at: &At) -> Location {
        let (start, end) = span(document, at.place.node);
        Location {
            file: document.source().name.clone(),
            document: document.index(),
            pointer: at.pointer(document),
            start,
            end,
        }
    }
}

/// Start and end of a node.
pub(super) fn span(document: &Document, node: NodeId) -> (Position, Position) {
    (document.start(node), document.end(node))
}
