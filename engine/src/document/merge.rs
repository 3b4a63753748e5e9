//! Merge keys (`<<`) of a YAML map, as go-yaml v2 does them (`decoder.merge`).
//!
//! Keys that stand behind `<<` win over merged ones. A key that stands before it and is merged as well is refused: go-yaml
//! v2 takes the merged value there, the YAML specification the other, and two readers must not see two things.

use super::build::Builder;
use super::error::{Fault, InputErrorKind};
use super::node::{Key, Node, Tag, flags};
use std::collections::BTreeMap;

/// A member of the map as it will be: the node it is copied from, and whether `<<` brought it.
#[derive(Clone, Copy)]
struct Member {
    node: u32,
    merged: bool,
}

/// Closes the innermost map, whose children `merges` (in document order) are values of `<<`, and puts their members in its place.
pub(super) fn merge(builder: &mut Builder<'_>, map: u32, merges: &[u32], end: usize) -> Result<(), Fault> {
    builder.close_unchecked(end);
    let members = members(builder, map, merges)?;
    let from = (map as usize).saturating_add(1);
    let mut nodes: Vec<Node> = Vec::new();
    let mut keys: Vec<Key> = Vec::new();
    for member in &members {
        let at = member.node as usize;
        let size = builder.nodes.get(at).map_or(0, |n| n.skip.saturating_sub(member.node)) as usize;
        let base = super::error::offset(from.saturating_add(nodes.len()));
        let range = at..at.saturating_add(size);
        for node in builder.nodes.get(range.clone()).unwrap_or_default() {
            let skip = node.skip.saturating_sub(member.node).saturating_add(base);
            let mark = if member.merged { flags::ALIASED } else { 0 };
            nodes.push(Node { skip, flags: node.flags | mark, ..*node });
        }
        keys.extend_from_slice(builder.keys.get(range).unwrap_or_default());
    }
    builder.nodes.truncate(from);
    builder.keys.truncate(from);
    builder.nodes.append(&mut nodes);
    builder.keys.append(&mut keys);
    let skip = super::error::offset(builder.nodes.len());
    if let Some(node) = builder.nodes.get_mut(map as usize) {
        node.skip = skip;
        node.a = super::error::offset(members.len());
    }
    Ok(())
}

fn members(builder: &Builder<'_>, map: u32, merges: &[u32]) -> Result<Vec<Member>, Fault> {
    let mut out: Vec<Member> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for child in builder.children(map) {
        if merges.binary_search(&child).is_ok() {
            for source in sources(builder, child)? {
                for node in builder.children(source) {
                    let key = builder.key_of(node);
                    match places.get(key).and_then(|place| out.get_mut(*place)) {
                        None => {
                            places.insert(key, out.len());
                            out.push(Member { node, merged: true });
                        }
                        Some(old) if old.merged => old.node = node,
                        Some(old) => return Err(ambiguous(builder, old.node)),
                    }
                }
            }
            continue;
        }
        let key = builder.key_of(child);
        match places.get(key).and_then(|place| out.get_mut(*place)) {
            None => {
                places.insert(key, out.len());
                out.push(Member { node: child, merged: false });
            }
            Some(old) if old.merged => *old = Member { node: child, merged: false },
            Some(old) => return Err(builder.key_twice(old.node, child)),
        }
    }
    Ok(out)
}

/// The maps that a value of `<<` names, those that win last.
fn sources(builder: &Builder<'_>, value: u32) -> Result<Vec<u32>, Fault> {
    let tag = |at: u32| builder.nodes.get(at as usize).map_or(Tag::Null, |n| n.tag);
    let maps: Vec<u32> = match tag(value) {
        Tag::Map => vec![value],
        // Earlier ones win: upstream steps backwards.
        Tag::List => {
            let mut items: Vec<u32> = builder.children(value).collect();
            items.reverse();
            items
        }
        _ => Vec::new(),
    };
    if (maps.is_empty() && tag(value) != Tag::List) || maps.iter().any(|m| tag(*m) != Tag::Map) {
        let (start, end) = span(builder.nodes.get(value as usize));
        return Err(Fault::over(InputErrorKind::Yaml, start, end, "`<<` takes a map or a list of maps"));
    }
    Ok(maps)
}

fn span(node: Option<&Node>) -> (usize, usize) {
    node.map_or((0, 0), |n| (n.start as usize, n.end as usize))
}

fn ambiguous(builder: &Builder<'_>, at: u32) -> Fault {
    let key: String = builder.key_of(at).chars().take(80).collect();
    let (start, end) = span(builder.nodes.get(at as usize));
    let message =
        format!("`{key}` stands before `<<`, which brings it too; readers differ on which counts, so put `<<` first");
    Fault::over(InputErrorKind::DuplicateKey, start, end, message)
}
