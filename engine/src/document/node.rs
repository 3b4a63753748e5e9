//! A document as an arena of nodes, in document order, children behind their parent.
//!
//! INVARIANT: the descendants of node `n` are exactly the nodes `n+1 .. n.skip`, so a subtree is a range, siblings are
//! found by skip links, and no walk needs a stack deeper than the document's own nesting.
//!
//! Keys that the engine's [`Symbols`] know carry their symbol, so that a field access compares integers; all keys keep
//! their text as well.

use super::position::LineIndex;
use crate::program::symbol::{Symbol, Symbols};
use std::sync::{Arc, OnceLock};

/// One node of a document, by its place in document order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The root of every document.
    pub const ROOT: NodeId = NodeId(0);
}

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Tag {
    /// `null`
    Null,
    /// `true`, `false`
    Bool,
    /// A whole number that fits 64 bits.
    Int,
    /// Any other number.
    Float,
    /// Text.
    Str,
    /// A list.
    List,
    /// A map with text keys.
    Map,
}

/// Marks of a node.
pub mod flags {
    /// The typed check found a value of the wrong type here; reading it ends the rule.
    pub const WRONG_TYPE: u8 = 1;
    /// The node came from an alias or a merge key: its text stands elsewhere in the file.
    pub const ALIASED: u8 = 2;
    /// Written in flow or JSON style.
    pub const FLOW: u8 = 4;
    /// A scalar in quotes (or a block scalar).
    pub const QUOTED: u8 = 8;
}

/// A fixed-size node.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// What it is.
    pub tag: Tag,
    /// See [`flags`].
    pub flags: u8,
    /// The symbol of its key; `Symbol::NONE` for roots, list items and keys that the engine does not know.
    pub key: Symbol,
    /// Offset of its first byte in the source text.
    pub start: u32,
    /// Offset behind its last byte.
    pub end: u32,
    /// The node behind its last descendant.
    pub skip: u32,
    /// Bool: 0 or 1. Int, Float: low half of the bits. Str: start of the text. List, Map: number of children.
    pub a: u32,
    /// Int, Float: high half of the bits. Str: length of the text, with [`OWNED`] set where it stands in `owned`.
    pub b: u32,
}

/// In `Node::b` of a string: the text is in `Document::owned`, not in the source.
pub const OWNED: u32 = 1 << 31;

/// A piece of text of a document: in its source, or (with [`OWNED`] in `len`) among its decoded texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextRef {
    /// Offset of the first byte.
    pub start: u32,
    /// Length in bytes, perhaps with [`OWNED`].
    pub len: u32,
}

/// A key as written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Key {
    /// The decoded text.
    pub text: TextRef,
    /// Offset of its first byte in the source.
    pub start: u32,
    /// Offset behind its last byte.
    pub end: u32,
}

/// The text that a document was read from; several documents may share it.
#[derive(Debug)]
pub struct SourceText {
    /// The path as messages show it, with `/`.
    pub name: Arc<str>,
    /// The whole text, as UTF-8 without byte order mark.
    pub text: Arc<str>,
    /// Made when the first position is asked for.
    pub(super) index: OnceLock<LineIndex>,
}

impl SourceText {
    /// A text by name.
    #[must_use]
    pub fn new(name: &str, text: &str) -> SourceText {
        SourceText { name: name.into(), text: text.into(), index: OnceLock::new() }
    }
}

/// One document.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) source: Arc<SourceText>,
    /// Which document of its file, from 0, empty ones not counted.
    pub(super) index: u32,
    pub(super) nodes: Vec<Node>,
    /// Parallel to `nodes`; the default for nodes without a key.
    pub(super) keys: Vec<Key>,
    pub(super) owned: String,
    pub(super) symbols: Arc<Symbols>,
}

impl Document {
    /// The text that it was read from.
    #[must_use]
    pub fn source(&self) -> &Arc<SourceText> {
        &self.source
    }

    /// Which document of its file it is, from 0, empty ones not counted.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The symbols that its keys were read with.
    #[must_use]
    pub fn symbols(&self) -> &Arc<Symbols> {
        &self.symbols
    }

    /// Number of nodes, at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: a document has a root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The node, if it is one of this document.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// What a node is; `Null` for one that is not of this document.
    #[must_use]
    pub fn tag(&self, id: NodeId) -> Tag {
        self.node(id).map_or(Tag::Null, |n| n.tag)
    }

    /// Its children, in document order.
    #[must_use]
    pub fn children(&self, id: NodeId) -> Children<'_> {
        match self.node(id) {
            Some(n) if matches!(n.tag, Tag::List | Tag::Map) => {
                Children { document: self, next: id.0.saturating_add(1), end: n.skip }
            }
            _ => Children { document: self, next: 0, end: 0 },
        }
    }

    /// The member of a map by symbol.
    #[must_use]
    pub fn get(&self, id: NodeId, key: Symbol) -> Option<NodeId> {
        if self.tag(id) != Tag::Map {
            return None;
        }
        self.children(id).find(|c| self.node(*c).is_some_and(|n| n.key == key))
    }

    /// The member of a map by the text of its key.
    #[must_use]
    pub fn get_str(&self, id: NodeId, key: &str) -> Option<NodeId> {
        if self.tag(id) != Tag::Map {
            return None;
        }
        self.children(id).find(|c| self.key(*c) == key)
    }

    /// The item of a list by place.
    #[must_use]
    pub fn item(&self, id: NodeId, index: usize) -> Option<NodeId> {
        if self.tag(id) != Tag::List {
            return None;
        }
        self.children(id).nth(index)
    }

    /// The decoded key of a node; empty where it has none.
    #[must_use]
    pub fn key(&self, id: NodeId) -> &str {
        self.keys.get(id.0 as usize).map_or("", |k| self.text(k.text))
    }

    /// Where the decoded text of a node's key is kept; empty where it has none.
    #[must_use]
    pub fn key_text(&self, id: NodeId) -> TextRef {
        self.keys.get(id.0 as usize).map_or(TextRef::default(), |k| k.text)
    }

    /// Where the key of a node stands.
    #[must_use]
    pub fn key_span(&self, id: NodeId) -> Option<(u32, u32)> {
        self.keys.get(id.0 as usize).filter(|k| k.end > k.start).map(|k| (k.start, k.end))
    }

    /// The text of a string node; empty for any other.
    #[must_use]
    pub fn str(&self, id: NodeId) -> &str {
        match self.node(id) {
            Some(n) if n.tag == Tag::Str => self.text(TextRef { start: n.a, len: n.b }),
            _ => "",
        }
    }

    /// The text that a reference names.
    #[must_use]
    pub fn text(&self, text: TextRef) -> &str {
        let from: &str = if text.len & OWNED == 0 { &self.source.text } else { &self.owned };
        let start = text.start as usize;
        from.get(start..start.saturating_add((text.len & !OWNED) as usize)).unwrap_or_default()
    }

    /// The number of an `Int` node.
    #[must_use]
    pub fn int(&self, id: NodeId) -> Option<i64> {
        self.node(id).filter(|n| n.tag == Tag::Int).map(|n| n.bits().cast_signed())
    }

    /// The number of a `Float` node.
    #[must_use]
    pub fn float(&self, id: NodeId) -> Option<f64> {
        self.node(id).filter(|n| n.tag == Tag::Float).map(|n| f64::from_bits(n.bits()))
    }

    /// The truth of a `Bool` node.
    #[must_use]
    pub fn bool(&self, id: NodeId) -> Option<bool> {
        self.node(id).filter(|n| n.tag == Tag::Bool).map(|n| n.a != 0)
    }
}

impl Node {
    /// The 64 bits of a number.
    #[must_use]
    pub fn bits(&self) -> u64 {
        u64::from(self.a) | u64::from(self.b) << 32
    }
}

/// The children of a node.
#[derive(Clone, Debug)]
pub struct Children<'d> {
    document: &'d Document,
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        if self.next >= self.end {
            return None;
        }
        let id = NodeId(self.next);
        self.next = self.document.node(id)?.skip;
        Some(id)
    }
}

impl Document {
    /// Marks a node; see [`flags`].
    pub fn flag(&mut self, id: NodeId, mark: u8) {
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.flags |= mark;
        }
    }
}
