//! A document with more members than its text has: defaults of the API server, a namespace that the host gives.
//!
//! What is added has the place of the map that it is added to, so positions still point into the file.

use super::build::{Builder, Scalar};
use super::error::Fault;
use super::node::{Document, NodeId, Tag};
use super::read::Limits;
use serde_json::Value;
use std::collections::BTreeMap;

/// Members by the map that they are added to.
pub type Additions = BTreeMap<NodeId, Vec<(String, Value)>>;

impl Document {
    /// The document with more members in its maps. A member that is there stays, unless it is null.
    ///
    /// # Errors
    /// If the document grows beyond the limits.
    pub fn with_members(&self, additions: &Additions, limits: Limits) -> Result<Document, Fault> {
        let mut copy = Copy { of: self, additions, open: Vec::new() };
        let mut builder = Builder::new(&self.source.text, &self.symbols, limits);
        builder.keep_owned(&self.owned);
        copy.run(&mut builder)?;
        Ok(builder.finish(self.source.clone(), self.symbols.clone(), self.index))
    }
}

/// A copy in the making.
struct Copy<'d> {
    of: &'d Document,
    additions: &'d Additions,
    /// Lists and maps whose end is still to come: what stands behind them, and themselves.
    open: Vec<(u32, NodeId)>,
}

impl Copy<'_> {
    fn run(&mut self, builder: &mut Builder<'_>) -> Result<(), Fault> {
        let mut at = 0_u32;
        while let Some(node) = self.of.node(NodeId(at)).copied() {
            self.close(at, builder)?;
            let key = self.of.keys.get(at as usize).copied().unwrap_or_default();
            if node.tag == Tag::Null && self.replaces(NodeId(at)) {
                at = node.skip.max(at.saturating_add(1));
                continue;
            }
            builder.key_as_it_is(key, node.key);
            if matches!(node.tag, Tag::Map | Tag::List) {
                builder.open(node.tag, node.flags, node.start as usize)?;
                self.open.push((node.skip, NodeId(at)));
            } else {
                builder.leaf(node)?;
            }
            at = at.saturating_add(1);
        }
        self.close(u32::MAX, builder)
    }

    /// Ends the lists and maps that end before a node.
    fn close(&mut self, at: u32, builder: &mut Builder<'_>) -> Result<(), Fault> {
        while let Some((_, id)) = self.open.pop_if(|(skip, _)| *skip <= at) {
            let (start, end) = self.of.node(id).map_or((0, 0), |n| (n.start as usize, n.end as usize));
            for (name, value) in self.additions.get(&id).into_iter().flatten() {
                let there = self.of.get_str(id, name).is_some_and(|c| self.of.tag(c) != Tag::Null);
                if !there {
                    builder.key(name, usize::MAX, start, start)?;
                    add(builder, value, start, end)?;
                }
            }
            builder.close_unchecked(end);
        }
        Ok(())
    }

    /// True for a member that is null and is to become something else.
    fn replaces(&self, node: NodeId) -> bool {
        let Some((_, map)) = self.open.last() else { return false };
        let key = self.of.key(node);
        self.of.tag(*map) == Tag::Map
            && self.additions.get(map).is_some_and(|members| members.iter().any(|(name, _)| name == key))
    }
}

/// Adds a value at a place. Values are defaults: a few levels deep.
fn add(builder: &mut Builder<'_>, value: &Value, start: usize, end: usize) -> Result<(), Fault> {
    let scalar = match value {
        Value::Null => Scalar::Null,
        Value::Bool(truth) => Scalar::Bool(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Scalar::Int(whole),
            None => Scalar::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Scalar::Str(text, usize::MAX),
        Value::Array(items) => {
            builder.open(Tag::List, 0, start)?;
            for item in items {
                add(builder, item, start, end)?;
            }
            builder.close_unchecked(end);
            return Ok(());
        }
        Value::Object(members) => {
            builder.open(Tag::Map, 0, start)?;
            for (name, value) in members {
                builder.key(name, usize::MAX, start, start)?;
                add(builder, value, start, end)?;
            }
            builder.close_unchecked(end);
            return Ok(());
        }
    };
    builder.scalar(scalar, 0, start, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{ReadOptions, read};
    use serde_json::json;

    #[test]
    fn members_are_added_where_nothing_is() {
        let text = "a:\n  b: 1\n  c: null\nd: [{ x: \"\\u0041\" }]\ne: 2\n";
        let document = read("t.yaml", text.as_bytes(), &ReadOptions::default()).documents.remove(0);
        let a = document.find("/a").unwrap();
        let item = document.find("/d/0").unwrap();
        let additions = Additions::from([
            (a, vec![("b".into(), json!(9)), ("c".into(), json!({ "y": [true] })), ("f".into(), json!("t"))]),
            (item, vec![("z".into(), json!(1.5))]),
            (NodeId::ROOT, vec![("last".into(), json!("é"))]),
        ]);
        let more = document.with_members(&additions, Limits::default()).unwrap();
        let expected = json!({ "a": { "b": 1, "c": { "y": [true] }, "f": "t" }, "d": [{ "x": "A", "z": 1.5 }], "e": 2, "last": "é" });
        assert_eq!(more.to_json(NodeId::ROOT), expected);
        let (added, of) = (more.find("/a/c/y/0").unwrap(), more.find("/a").unwrap());
        assert_eq!((more.start(added), more.pointer(added)), (more.start(of), "/a/c/y/0".to_owned()));
        assert_eq!(more.start(more.find("/e").unwrap()), document.start(document.find("/e").unwrap()));
    }

    #[test]
    fn without_additions_it_is_the_same() {
        let text = "a: [1, [], {}, { b: x }]\nc: \"y\\n\"\n";
        let document = read("t.yaml", text.as_bytes(), &ReadOptions::default()).documents.remove(0);
        let same = document.with_members(&Additions::new(), Limits::default()).unwrap();
        assert_eq!(same.to_json(NodeId::ROOT), document.to_json(NodeId::ROOT));
        assert_eq!(same.len(), document.len());
    }
}
