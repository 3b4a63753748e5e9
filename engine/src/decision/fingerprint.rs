//! Fingerprints: the same for a finding as long as bundle, id, object and place by names are, whatever the lines.

use crate::document::{Document, NodeId, Tag};
use crate::inventory::Identity;
use crate::vm::{At, AtKey};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Fields that name the items of a list, most telling first.
const NAMES: [&str; 5] = ["name", "key", "containerPort", "mountPath", "ip"];

/// Digits of a fingerprint.
const LENGTH: usize = 32;

/// The fingerprint of a finding.
pub(super) fn fingerprint(bundle: &str, id: &str, use_name: &str, object: Option<&Identity>, place: &str) -> String {
    let empty = Identity::default();
    let object = object.unwrap_or(&empty);
    let mut hash = Sha256::new();
    let namespace = object.namespace.as_deref().unwrap_or_default();
    for part in [bundle, id, use_name, &object.group, &object.kind, namespace, &object.name, place] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut text = String::with_capacity(LENGTH);
    for byte in hash.finalize().iter().take(LENGTH / 2) {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A place below an object, items of lists by their names where they have any.
pub(super) fn named_place(document: &Document, root: NodeId, at: &At) -> String {
    let mut out = String::new();
    let mut node = root;
    while node < at.place.node {
        let within = |c: &NodeId| *c <= at.place.node && document.node(*c).is_some_and(|n| at.place.node.0 < n.skip);
        let Some((index, child)) = document.children(node).enumerate().find(|(_, c)| within(c)) else { break };
        out.push('/');
        match document.tag(node) {
            Tag::Map => out.push_str(document.key(child)),
            _ => item(document, child, index, &mut out),
        }
        node = child;
    }
    for key in &at.keys {
        match key {
            AtKey::Name(name) => out.extend(["/", name]),
            AtKey::Item(i) => out.extend(["/", &i.to_string()]),
        }
    }
    out
}

fn item(document: &Document, node: NodeId, index: usize, out: &mut String) {
    for name in NAMES {
        let Some(id) = document.get_str(node, name) else { continue };
        match document.tag(id) {
            Tag::Str => return out.extend(["[", name, "=", document.str(id), "]"]),
            Tag::Int => return out.extend(["[", name, "=", &document.int(id).unwrap_or(0).to_string(), "]"]),
            _ => {}
        }
    }
    out.push_str(&index.to_string());
}
