//! The arena builder: readers call it in document order.
//!
//! INVARIANT: what it finishes keeps the arena's: children behind their parent, `skip` behind the last descendant, no key
//! twice in a map. Limits on nodes, depth and text are kept here, so no reader can forget them.

use super::error::{Fault, InputErrorKind, offset};
use super::node::{Document, Key, Node, OWNED, SourceText, Tag, TextRef};
use super::read::Limits;
use crate::program::symbol::{Symbol, Symbols};
use std::sync::Arc;

/// A scalar, read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Scalar<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text, decoded, and where it would begin if it stands in the source as it is.
    Str(&'a str, usize),
}

/// A document in the making.
pub(super) struct Builder<'s> {
    text: &'s str,
    symbols: &'s Symbols,
    limits: Limits,
    pub(super) nodes: Vec<Node>,
    pub(super) keys: Vec<Key>,
    owned: String,
    open: Vec<u32>,
    pending: (Key, Symbol),
}

impl<'s> Builder<'s> {
    /// An empty arena for a piece of `text`.
    pub(super) fn new(text: &'s str, symbols: &'s Symbols, limits: Limits) -> Builder<'s> {
        Builder {
            text,
            symbols,
            limits,
            nodes: Vec::new(),
            keys: Vec::new(),
            owned: String::new(),
            open: Vec::new(),
            pending: (Key::default(), Symbol::NONE),
        }
    }

    /// How many lists and maps are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The innermost open list or map.
    pub(super) fn innermost(&self) -> Option<Tag> {
        self.open.last().and_then(|i| self.nodes.get(*i as usize)).map(|n| n.tag)
    }

    /// The key of the node that comes next.
    pub(super) fn key(&mut self, text: &str, text_at: usize, start: usize, end: usize) -> Result<(), Fault> {
        let reference = self.keep(text, text_at, start)?;
        self.pending = (Key { text: reference, start: offset(start), end: offset(end) }, self.symbols.find(text));
        Ok(())
    }

    /// Begins with the decoded texts of another document, whose references then stay right.
    pub(super) fn keep_owned(&mut self, owned: &str) {
        owned.clone_into(&mut self.owned);
    }

    /// The key of the node that comes next, as another document of the same source has it.
    pub(super) fn key_as_it_is(&mut self, key: Key, symbol: Symbol) {
        self.pending = (key, symbol);
    }

    /// A scalar, as another document of the same source has it.
    pub(super) fn leaf(&mut self, node: Node) -> Result<(), Fault> {
        let skip = offset(self.nodes.len()).saturating_add(1);
        self.push(Node { skip, ..node })
    }

    /// A scalar.
    pub(super) fn scalar(&mut self, value: Scalar<'_>, flags: u8, start: usize, end: usize) -> Result<(), Fault> {
        let skip = offset(self.nodes.len()).saturating_add(1);
        let node = self.detached(value, flags, start, end)?;
        self.push(Node { skip, ..node })
    }

    /// A scalar that stands nowhere yet.
    pub(super) fn detached(&mut self, value: Scalar<'_>, flags: u8, start: usize, end: usize) -> Result<Node, Fault> {
        let (tag, a, b) = match value {
            Scalar::Null => (Tag::Null, 0, 0),
            Scalar::Bool(truth) => (Tag::Bool, u32::from(truth), 0),
            Scalar::Int(n) => split(Tag::Int, n.cast_unsigned()),
            Scalar::Float(n) => split(Tag::Float, n.to_bits()),
            Scalar::Str(text, at) => {
                let text = self.keep(text, at, start)?;
                (Tag::Str, text.start, text.len)
            }
        };
        Ok(Node { tag, flags, key: Symbol::NONE, start: offset(start), end: offset(end), skip: 1, a, b })
    }

    /// The beginning of a list or map.
    pub(super) fn open(&mut self, tag: Tag, flags: u8, start: usize) -> Result<(), Fault> {
        if self.open.len() >= self.limits.max_depth {
            return Err(self.too_deep(start));
        }
        let at = offset(self.nodes.len());
        let start = offset(start);
        self.push(Node { tag, flags, key: Symbol::NONE, start, end: start, skip: at, a: 0, b: 0 })?;
        self.open.push(at);
        Ok(())
    }

    /// The end of the innermost list or map.
    pub(super) fn close(&mut self, end: usize) -> Result<(), Fault> {
        match self.close_unchecked(end) {
            Some((at, node)) if node.tag == Tag::Map && node.a > 1 => self.unique(at),
            _ => Ok(()),
        }
    }

    /// The same, where the caller looks for keys that stand twice.
    pub(super) fn close_unchecked(&mut self, end: usize) -> Option<(u32, Node)> {
        let skip = offset(self.nodes.len());
        let at = self.open.pop()?;
        let node = self.nodes.get_mut(at as usize)?;
        node.end = offset(end);
        node.skip = skip;
        Some((at, *node))
    }

    /// The fault of a document that is nested too deeply.
    pub(super) fn too_deep(&self, at: usize) -> Fault {
        let message = format!("nested more than {} levels deep", self.limits.max_depth);
        Fault::at(InputErrorKind::Limit, at, message)
    }

    /// Appends nodes that stand elsewhere already, as a value of the next place. `flags` are added to each.
    pub(super) fn graft(&mut self, nodes: &[Node], keys: &[Key], flags: u8) -> Result<(), Fault> {
        let base = offset(self.nodes.len());
        for (i, (node, key)) in nodes.iter().zip(keys).enumerate() {
            let copy = Node { flags: node.flags | flags, skip: node.skip.saturating_add(base), ..*node };
            if i == 0 {
                self.push(Node { key: Symbol::NONE, ..copy })?;
            } else {
                self.check_nodes(node.start as usize)?;
                self.nodes.push(copy);
                self.keys.push(*key);
            }
        }
        Ok(())
    }

    /// The text that a reference names.
    pub(super) fn text_of(&self, text: TextRef) -> &str {
        let from = if text.len & OWNED == 0 { self.text } else { &self.owned };
        let start = text.start as usize;
        from.get(start..start.saturating_add((text.len & !OWNED) as usize)).unwrap_or_default()
    }

    /// Keeps a text: as a piece of the source where it stands there as it is, else as a copy.
    fn keep(&mut self, text: &str, at: usize, place: usize) -> Result<TextRef, Fault> {
        if text.is_empty() {
            return Ok(TextRef::default());
        }
        if self.text.get(at..at.saturating_add(text.len())) == Some(text) {
            return Ok(TextRef { start: offset(at), len: offset(text.len()) });
        }
        let start = self.owned.len();
        if start.saturating_add(text.len()) >= OWNED as usize {
            return Err(Fault::at(InputErrorKind::Limit, place, "more text than a document may hold"));
        }
        self.owned.push_str(text);
        Ok(TextRef { start: offset(start), len: offset(text.len()) | OWNED })
    }

    fn check_nodes(&self, at: usize) -> Result<(), Fault> {
        if self.nodes.len() < self.limits.max_nodes {
            return Ok(());
        }
        Err(Fault::at(InputErrorKind::Limit, at, "the input has more values than the limit"))
    }

    fn push(&mut self, node: Node) -> Result<(), Fault> {
        self.check_nodes(node.start as usize)?;
        let (key, symbol) = std::mem::replace(&mut self.pending, (Key::default(), Symbol::NONE));
        if let Some(parent) = self.open.last().and_then(|i| self.nodes.get_mut(*i as usize)) {
            parent.a = parent.a.saturating_add(1);
        }
        self.nodes.push(Node { key: symbol, ..node });
        self.keys.push(key);
        Ok(())
    }

    /// The children of a finished list or map.
    pub(super) fn children(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.nodes.get(at as usize).map_or(0, |n| n.skip);
        let mut next = at.saturating_add(1);
        std::iter::from_fn(move || {
            let child = next;
            next = self.nodes.get(child as usize).filter(|_| child < end)?.skip.max(child.saturating_add(1));
            Some(child)
        })
    }

    /// The decoded key of a node.
    pub(super) fn key_of(&self, at: u32) -> &str {
        self.keys.get(at as usize).map_or("", |k| self.text_of(k.text))
    }

    /// Sorting, not hashing: no keys that an attacker chooses make it slow.
    fn unique(&self, map: u32) -> Result<(), Fault> {
        let mut keys: Vec<(&str, u32)> = self.children(map).map(|c| (self.key_of(c), c)).collect();
        keys.sort_unstable();
        let twice = keys.windows(2).filter_map(|w| match w {
            [(a, first), (b, second)] if a == b => Some((*second, *first)),
            _ => None,
        });
        match twice.min() {
            None => Ok(()),
            Some((second, first)) => Err(self.key_twice(first, second)),
        }
    }

    /// The fault of a key that stands twice.
    pub(super) fn key_twice(&self, first: u32, second: u32) -> Fault {
        let span = |at: u32| self.keys.get(at as usize).map_or((0, 0), |k| (k.start as usize, k.end as usize));
        let line = self.text.get(..span(first).0).map_or(0, |before| before.matches('\n').count());
        let key: String = self.key_of(second).chars().take(80).collect();
        let (start, end) = span(second);
        let message = if start < end {
            format!("the key `{key}` stands twice in one map (first in line {})", line.saturating_add(1))
        } else {
            format!("the key `{key}` stands twice in one map")
        };
        Fault::over(InputErrorKind::DuplicateKey, start, end, message)
    }

    /// The document.
    pub(super) fn finish(self, source: Arc<SourceText>, symbols: Arc<Symbols>, index: u32) -> Document {
        Document { source, index, nodes: self.nodes, keys: self.keys, owned: self.owned, symbols }
    }
}

fn split(tag: Tag, bits: u64) -> (Tag, u32, u32) {
    let low = u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(0);
    (tag, low, u32::try_from(bits >> 32).unwrap_or(0))
}
