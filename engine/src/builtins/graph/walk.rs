//! The searches. Nodes are numbered as they are met: a node that is a key of the map by the place of the key, any
//! other behind those.

use super::super::{Cx, Result, add};
use crate::error::EvalError;
use crate::memory::Memory;
use crate::value::{Data, Range, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// No node yet.
const NONE: u32 = u32::MAX;

/// A graph whose nodes are found by key.
struct Graph<'m> {
    memory: &'m Memory,
    /// Keys and successors in turn, sorted by key.
    run: &'m [Value],
}

impl<'m> Graph<'m> {
    fn new(memory: &'m Memory, edges: Range) -> Graph<'m> {
        Graph { memory, run: memory.run(edges) }
    }

    /// How many nodes have a number from the start.
    fn len(&self) -> usize {
        self.run.len() / 2
    }

    fn key(&self, node: usize) -> Option<Value> {
        self.run.get(node.saturating_mul(2)).copied()
    }

    /// The successors of a node, in the order of their keys.
    fn successors(&self, node: usize) -> Result<Vec<Value>> {
        let Some(set) = self.run.get(node.saturating_mul(2).saturating_add(1)) else { return Ok(Vec::new()) };
        let mut items = self.memory.items(*set)?.collect::<Result<Vec<_>>>()?;
        self.memory.count_work(items.len().saturating_add(1));
        self.memory.reserve(size_of_val(items.as_slice()))?;
        if !matches!(set.data, Data::Set(_)) {
            let mut spare = Vec::new();
            crate::memory::sort(&mut items, &mut spare, &mut |a, b| self.memory.compare(*a, *b))?;
        }
        Ok(items)
    }

    /// The number of a node that is a key.
    fn find(&self, key: Value) -> Result<Option<usize>> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let Some(found) = self.key(middle) else { return Ok(None) };
            match self.memory.compare(found, key)? {
                Ordering::Less => low = middle.saturating_add(1),
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(Some(middle)),
            }
        }
        Ok(None)
    }
}

/// The map of the edges as a derived one.
fn map_of(cx: &mut Cx<'_>, edges: Value) -> Result<Range> {
    if let Data::Map(range) = edges.data {
        return Ok(range);
    }
    let mut pairs = cx.memory.take_pairs();
    let filled = cx.memory.members(edges).and_then(|mut members| {
        members.try_for_each(|member| {
            pairs.push(member?);
            Ok(())
        })
    });
    let map = filled.and_then(|()| cx.memory.alloc_map(&mut pairs));
    cx.memory.give_pairs(pairs);
    match map?.data {
        Data::Map(range) => Ok(range),
        _ => Err(EvalError::Internal("no map was made")),
    }
}

/// What a search holds for `len` nodes.
fn table(cx: &mut Cx<'_>, len: usize) -> Result<Vec<u32>> {
    // Clearing a table is cheap beside walking, but it is not free.
    cx.charge(len / 16)?;
    cx.memory.reserve(len.saturating_mul(8))?;
    Ok(vec![NONE; len])
}

pub(super) fn reachable(cx: &mut Cx<'_>, start: Value, edges: Value) -> Result<Value> {
    let edges = map_of(cx, edges)?;
    let mut seen = table(cx, edges.len as usize / 2)?;
    cx.set(|memory, out| {
        let graph = Graph::new(memory, edges);
        out.push(start);
        let mut queue = Vec::new();
        queue.extend(mark(&graph, start, &mut seen)?);
        while let Some(node) = queue.pop() {
            for next in graph.successors(node)? {
                match graph.find(next)? {
                    // A node without edges of its own may come several times; the set takes one.
                    None => add(memory, out, next)?,
                    Some(_) => {
                        if let Some(node) = mark(&graph, next, &mut seen)? {
                            add(memory, out, next)?;
                            queue.push(node);
                        }
                    }
                }
            }
        }
        Ok(())
    })
}

/// The number of a node that is seen for the first time.
fn mark(graph: &Graph<'_>, key: Value, seen: &mut [u32]) -> Result<Option<usize>> {
    let Some(node) = graph.find(key)? else { return Ok(None) };
    match seen.get_mut(node) {
        Some(slot) if *slot == NONE => {
            *slot = 0;
            Ok(Some(node))
        }
        _ => Ok(None),
    }
}

pub(super) fn path(cx: &mut Cx<'_>, start: Value, goal: Value, edges: Value) -> Result<Value> {
    let edges = map_of(cx, edges)?;
    if cx.memory.equal(start, goal)? {
        return cx.memory.alloc_list(&[start]);
    }
    let mut before = table(cx, edges.len as usize / 2)?;
    let mut out = cx.memory.take_values();
    let found = search(cx.memory, edges, start, goal, &mut before, &mut out);
    let path = found.and_then(|found| if found { cx.memory.alloc_list(&out) } else { Ok(Value::NULL) });
    cx.memory.give_values(out);
    path
}

/// Searches by breadth, and writes the path once it is known. True if there is one.
fn search(
    memory: &Memory,
    edges: Range,
    start: Value,
    goal: Value,
    before: &mut [u32],
    out: &mut Vec<Value>,
) -> Result<bool> {
    let graph = Graph::new(memory, edges);
    let Some(first) = graph.find(start)? else { return Ok(false) };
    let mut queue = vec![first];
    let mut at = 0_usize;
    set(before, first, first);
    while let Some(&node) = queue.get(at) {
        at = at.saturating_add(1);
        for next in graph.successors(node)? {
            if memory.equal(next, goal)? {
                out.push(goal);
                let mut back = Some(node);
                while let Some(node) = back {
                    out.extend(graph.key(node));
                    back = before.get(node).map(|b| *b as usize).filter(|b| *b != node);
                }
                out.reverse();
                return Ok(true);
            }
            if let Some(found) = graph.find(next)?
                && before.get(found) == Some(&NONE)
            {
                set(before, found, node);
                queue.push(found);
            }
        }
    }
    Ok(false)
}

fn set(table: &mut [u32], at: usize, to: usize) {
    if let Some(slot) = table.get_mut(at) {
        *slot = u32::try_from(to).unwrap_or(NONE);
    }
}

pub(super) fn paths_to(cx: &mut Cx<'_>, goal: Value, edges: Value) -> Result<Value> {
    let edges = map_of(cx, edges)?;
    let mut next = table(cx, edges.len as usize / 2)?;
    let order = backwards(cx.memory, edges, goal, &mut next)?;
    let mut pairs = cx.memory.take_pairs();
    let own = cx.memory.alloc_list(&[goal])?;
    pairs.push((goal, own));
    let mut out = cx.memory.take_values();
    for node in order {
        out.clear();
        {
            let graph = Graph::new(cx.memory, edges);
            let mut at = Some(node);
            while let Some(node) = at {
                if let Some(key) = graph.key(node) {
                    add(cx.memory, &mut out, key)?;
                }
                at = next.get(node).map(|n| *n as usize).filter(|n| *n < graph.len());
            }
        }
        out.push(goal);
        let work = usize::try_from(cx.memory.take_work()).unwrap_or(usize::MAX);
        cx.charge(work)?;
        let list = cx.memory.alloc_list(&out)?;
        if let Some(key) = out.first() {
            pairs.push((*key, list));
        }
    }
    cx.memory.give_values(out);
    let map = cx.memory.alloc_map(&mut pairs);
    cx.memory.give_pairs(pairs);
    map
}

/// Searches from the goal against the edges: gives the nodes that lead to it, nearest first, and in `next` for each
/// the node that its path goes on with (`edges.len()` for the goal itself). Of several the first in the order of keys.
fn backwards(memory: &Memory, edges: Range, goal: Value, next: &mut [u32]) -> Result<Vec<usize>> {
    let graph = Graph::new(memory, edges);
    let goal_node = graph.find(goal)?;
    let end = graph.len();
    // Predecessors by node; the goal has the number `end` here.
    let mut before: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for node in 0..end {
        if Some(node) == goal_node {
            continue;
        }
        for to in graph.successors(node)? {
            let to = if memory.equal(to, goal)? { Some(end) } else { graph.find(to)? };
            if let Some(to) = to {
                before.entry(to).or_default().push(node);
            }
        }
    }
    let mut found: Vec<usize> = Vec::new();
    let mut level = vec![end];
    while !level.is_empty() {
        // Nodes of a level in the order of their keys, so that the first that reaches a node is the smallest.
        level.sort_unstable();
        let mut behind = Vec::new();
        for node in &level {
            for from in before.get(node).map_or(&[][..], |b| b) {
                if next.get(*from) == Some(&NONE) {
                    set(next, *from, *node);
                    behind.push(*from);
                }
            }
        }
        found.extend(&behind);
        level = behind;
    }
    Ok(found)
}
