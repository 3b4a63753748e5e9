//! JSON pointers (RFC 6901) of nodes, and back.
//!
//! A pointer is worked out when there is a finding: nodes don't know their parent, the walk goes down from the root.

use super::node::{Document, NodeId, Tag};

/// Where a pointer leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Nearest {
    /// The node, or its nearest parent that is there.
    pub node: NodeId,
    /// The steps from there that lead nowhere, decoded; empty where the node itself is there.
    pub rest: Vec<String>,
}

/// One step as it is written in a pointer.
#[must_use]
pub fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// The steps of a pointer, decoded; nothing where the text is no pointer.
#[must_use]
pub fn steps(pointer: &str) -> Option<Vec<String>> {
    let Some(rest) = pointer.strip_prefix('/') else {
        return pointer.is_empty().then(Vec::new);
    };
    rest.split('/').map(unescape).collect()
}

fn unescape(step: &str) -> Option<String> {
    let mut out = String::with_capacity(step.len());
    let mut rest = step.chars();
    while let Some(c) = rest.next() {
        match c {
            '~' => match rest.next()? {
                '0' => out.push('~'),
                '1' => out.push('/'),
                _ => return None,
            },
            c => out.push(c),
        }
    }
    Some(out)
}

/// An array index as RFC 6901 writes it: no sign, no leading zero.
#[must_use]
pub fn index(step: &str) -> Option<usize> {
    let plain = step.bytes().all(|b| b.is_ascii_digit()) && (step.len() == 1 || !step.starts_with('0'));
    if plain { step.parse().ok() } else { None }
}

impl Document {
    /// The pointer of a node; of the root, the empty text.
    #[must_use]
    pub fn pointer(&self, id: NodeId) -> String {
        let mut out = String::new();
        let mut at = NodeId::ROOT;
        while at < id {
            let within = |c: &NodeId| *c <= id && self.node(*c).is_some_and(|n| id.0 < n.skip);
            let Some((place, child)) = self.children(at).enumerate().find(|(_, c)| within(c)) else {
                break;
            };
            out.push('/');
            match self.tag(at) {
                Tag::Map => out.push_str(&escape(self.key(child))),
                _ => out.push_str(&place.to_string()),
            }
            at = child;
        }
        out
    }

    /// The list or map that a node stands in; none for the root.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let mut at = NodeId::ROOT;
        while at < id {
            let within = |c: &NodeId| *c <= id && self.node(*c).is_some_and(|n| id.0 < n.skip);
            let child = self.children(at).find(within)?;
            if child == id {
                return Some(at);
            }
            at = child;
        }
        None
    }

    /// The child that a step leads to.
    #[must_use]
    pub fn step(&self, id: NodeId, step: &str) -> Option<NodeId> {
        match self.tag(id) {
            Tag::Map => self.get_str(id, step),
            Tag::List => self.item(id, index(step)?),
            _ => None,
        }
    }

    /// The node that a pointer names.
    #[must_use]
    pub fn find(&self, pointer: &str) -> Option<NodeId> {
        self.nearest(pointer).filter(|n| n.rest.is_empty()).map(|n| n.node)
    }

    /// The node that a pointer names, or its nearest parent that is there: a missing field stands where its parent
    /// does. Nothing where the text is no pointer.
    #[must_use]
    pub fn nearest(&self, pointer: &str) -> Option<Nearest> {
        let steps = steps(pointer)?;
        let mut node = NodeId::ROOT;
        for (done, step) in steps.iter().enumerate() {
            match self.step(node, step) {
                Some(child) => node = child,
                None => {
                    return Some(Nearest { node, rest: steps.get(done..).unwrap_or_default().to_vec() });
                }
            }
        }
        Some(Nearest { node, rest: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::read::tests::yaml;

    #[test]
    fn pointers_lead_back_to_their_nodes() {
        let document = yaml("a: [1, {b/c: [x], '~': ~, '': 0}]\nd: []\ne: {f: 1}\n");
        for id in (0..document.len() as u32).map(NodeId) {
            assert_eq!(document.find(&document.pointer(id)), Some(id));
        }
        let b = document.find("/a/1/b~1c/0").unwrap();
        assert_eq!(document.str(b), "x");
        assert_eq!(document.parent(b), document.find("/a/1/b~1c"));
        assert_eq!(document.parent(NodeId::ROOT), None);
        assert_eq!(document.pointer(document.find("/a/1/~0").unwrap()), "/a/1/~0");
        assert_eq!(document.pointer(document.find("/a/1/").unwrap()), "/a/1/");
    }

    #[test]
    fn a_missing_field_has_a_nearest_parent() {
        let document = yaml("a:\n  b: 1\n");
        let nearest = document.nearest("/a/x/y").unwrap();
        assert_eq!((document.pointer(nearest.node).as_str(), nearest.rest), ("/a", vec!["x".into(), "y".into()]));
        assert_eq!(document.nearest("a"), None);
        assert_eq!(document.nearest("/a/~2"), None);
        assert_eq!((index("01"), index("+1"), index("10"), index("")), (None, None, Some(10), None));
    }
}
