//! Fixes as JSON Patch.
//!
//! A step says what is to be at a place; the operation depends on what is there when its turn comes: a member that is
//! there is replaced, one that is not is added together with the parents that it lacks. So several steps are worked out
//! against one value, each on what those before it left.

use crate::document::pointer::{Nearest, escape, index, steps};
use crate::document::{Document, Edit, NodeId, Tag};
use serde::Serialize;
use serde_json::{Map, Value};

/// What a step does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FixAction {
    /// Sets the value at the place.
    Set,
    /// Appends to the list at the place.
    Add,
    /// Removes the place.
    Remove,
}

/// A step of a fix, by document.
#[derive(Clone, PartialEq, Debug)]
pub struct FixStep {
    /// What is done.
    pub action: FixAction,
    /// Where: a JSON pointer in the whole document.
    pub pointer: String,
    /// What is set or added.
    pub value: Value,
    /// For the last steps of the pointer, as far as nothing was there when the rule looked: whether the step names an item
    /// of a list (else a member of a map). A list and a map that are missing look alike in a pointer: `/data/0`.
    pub items: Vec<bool>,
}

impl FixStep {
    /// The value within the lists and maps that are missing, from step `from` of the pointer's `steps` on. None where a list
    /// that is missing would need an item other than its first.
    fn made(&self, steps: &[String], from: usize) -> Option<Value> {
        let leaf = match self.action {
            FixAction::Add => Value::Array(vec![self.value.clone()]),
            _ => self.value.clone(),
        };
        let is_item = |at: usize| {
            let from_end = steps.len().saturating_sub(at);
            self.items.len().checked_sub(from_end).and_then(|i| self.items.get(i)).copied().unwrap_or(false)
        };
        let missing = steps.iter().enumerate().skip(from).rev();
        missing.into_iter().try_fold(leaf, |inner, (at, step)| match (is_item(at), index(step)) {
            (true, Some(0)) => Some(Value::Array(vec![inner])),
            (true, _) => None,
            (false, _) => Some(Value::Object(Map::from_iter([(step.clone(), inner)]))),
        })
    }

    /// The step as an edit of the text of a document as it is now; none if there is nothing to do any more.
    #[must_use]
    pub fn edit(&self, document: &Document) -> Option<Edit> {
        let path = self.pointer.clone();
        let Nearest { node, rest } = document.nearest(&path)?;
        if self.action == FixAction::Remove {
            return rest.is_empty().then_some(Edit::Remove { path });
        }
        let all = steps(&path)?;
        let there = all.len().saturating_sub(rest.len());
        if rest.is_empty() && document.tag(node) != Tag::Null {
            return match self.action {
                FixAction::Add => {
                    let known = document.children(node).any(|c| document.to_json(c) == self.value);
                    (!known).then(|| Edit::Add { path: format!("{path}/-"), value: self.value.clone() })
                }
                _ => Some(Edit::Set { path, value: self.value.clone() }),
            };
        }
        // What is missing below a node is one value; a null is replaced by what it lacks.
        let kept = if document.tag(node) == Tag::Null { there } else { there.saturating_add(1) };
        let value = self.made(&all, kept)?;
        let path = all.iter().take(kept).fold(String::new(), |p, s| p + "/" + &escape(s));
        Some(Edit::Set { path, value })
    }
}

/// The operations of JSON Patch that fixes need.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PatchKind {
    /// `add`
    Add,
    /// `replace`
    Replace,
    /// `remove`
    Remove,
}

/// An operation of a JSON Patch (RFC 6902).
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PatchOp {
    /// What is done.
    pub op: PatchKind,
    /// Where.
    pub path: String,
    /// With what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// The steps as one patch of `root`, which becomes what the patch makes of it.
///
/// Steps that change nothing give no operation. What is removed goes last, later items first, so that the pointers of
/// all steps may be those of the value as it was.
pub fn combine(root: &mut Value, fixes: &[FixStep]) -> Vec<PatchOp> {
    let mut out = Vec::new();
    let mut removals = Vec::new();
    for fix in fixes {
        let Some(path) = steps(&fix.pointer) else { continue };
        match fix.action {
            FixAction::Set | FixAction::Add => out.extend(set(root, &path, fix).ok().flatten()),
            FixAction::Remove => removals.push(path),
        }
    }
    crate::sort::stable(&mut removals, |a, b| by_place(a, b).reverse());
    removals.dedup();
    out.extend(removals.iter().filter_map(|path| remove(root, path)));
    out
}

/// True if each of the steps can be made, one after the other: several steps are one fix, which is made whole or not at all.
pub(super) fn possible(root: &Value, fixes: &[FixStep]) -> bool {
    let mut root = root.clone();
    fixes.iter().filter(|fix| fix.action != FixAction::Remove).all(|fix| {
        let path = steps(&fix.pointer);
        path.is_some_and(|path| set(&mut root, &path, fix).is_ok())
    })
}

/// As much of a document as the steps need: the members on their paths, lists with all their places, and what stands at
/// the places themselves. A large document with many findings is not copied for each.
pub(super) fn outline(document: &Document, fixes: &[FixStep]) -> Value {
    let mut root = hollow(document, NodeId::ROOT);
    'fixes: for fix in fixes {
        let Some(path) = steps(&fix.pointer) else { continue };
        let (mut at, mut node) = (&mut root, NodeId::ROOT);
        for step in &path {
            let Some(child) = document.step(node, step) else { continue 'fixes };
            let Some(slot) = slot(at, step) else { continue 'fixes };
            if slot.is_null() {
                *slot = hollow(document, child);
            }
            (at, node) = (slot, child);
        }
        *at = document.to_json(node);
    }
    root
}

/// The place of a child, made where there is none.
fn slot<'v>(value: &'v mut Value, step: &str) -> Option<&'v mut Value> {
    match value {
        Value::Object(map) => Some(map.entry(step).or_insert(Value::Null)),
        Value::Array(list) => list.get_mut(index(step)?),
        _ => None,
    }
}

/// A node without what is below it.
fn hollow(document: &Document, node: NodeId) -> Value {
    match document.tag(node) {
        Tag::Map => Value::Object(Map::new()),
        Tag::List => Value::Array(document.children(node).map(|_| Value::Null).collect()),
        _ => document.to_json(node),
    }
}

/// Paths in the order of their places: items of lists by number.
fn by_place(a: &[String], b: &[String]) -> std::cmp::Ordering {
    let key = |s: &String| (index(s), s.clone());
    a.iter().map(key).cmp(b.iter().map(key))
}

/// A step that can't be made: it leads through a scalar, or to an item that its list has not come to yet.
struct Impossible;

/// Sets (or appends) a value, with the parents that it lacks. None if nothing changes.
fn set(root: &mut Value, path: &[String], fix: &FixStep) -> Result<Option<PatchOp>, Impossible> {
    let mut at = root;
    let mut done = 0_usize;
    // As far as there is something that may hold what is asked for.
    while let Some(step) = path.get(done) {
        let there = matches!(child(at, step), Some(c) if !c.is_null());
        if !there {
            break;
        }
        at = child_mut(at, step).ok_or(Impossible)?;
        done = done.saturating_add(1);
    }
    let pointer = |n: usize| path.iter().take(n).fold(String::new(), |p, s| p + "/" + &escape(s));
    let value = fix.value.clone();
    let Some(first) = path.get(done) else {
        if fix.action == FixAction::Add {
            let list = at.as_array_mut().ok_or(Impossible)?;
            if list.contains(&value) {
                return Ok(None);
            }
            list.push(value.clone());
            return Ok(Some(PatchOp { op: PatchKind::Add, path: pointer(done) + "/-", value: Some(value) }));
        }
        if *at == value {
            return Ok(None);
        }
        *at = value.clone();
        return Ok(Some(PatchOp { op: PatchKind::Replace, path: pointer(done), value: Some(value) }));
    };
    let made = fix.made(path, done.saturating_add(1)).ok_or(Impossible)?;
    let path = pointer(done.saturating_add(1));
    match at {
        Value::Object(map) => {
            // A member that is null is there for JSON Patch, though not for policies.
            let op = if map.contains_key(first) { PatchKind::Replace } else { PatchKind::Add };
            map.insert(first.clone(), made.clone());
            Ok(Some(PatchOp { op, path, value: Some(made) }))
        }
        Value::Array(list) => {
            let place = index(first).ok_or(Impossible)?;
            if let Some(item) = list.get_mut(place) {
                *item = made.clone();
                return Ok(Some(PatchOp { op: PatchKind::Replace, path, value: Some(made) }));
            }
            if place > list.len() {
                return Err(Impossible);
            }
            list.push(made.clone());
            Ok(Some(PatchOp { op: PatchKind::Add, path: pointer(done) + "/-", value: Some(made) }))
        }
        _ => Err(Impossible),
    }
}

fn remove(root: &mut Value, path: &[String]) -> Option<PatchOp> {
    let (last, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(root, |at, step| child_mut(at, step))?;
    match parent {
        Value::Object(map) => drop(map.remove(last)?),
        Value::Array(list) => {
            let place = index(last).filter(|i| *i < list.len())?;
            list.remove(place);
        }
        _ => return None,
    }
    let pointer = path.iter().fold(String::new(), |p, s| p + "/" + &escape(s));
    Some(PatchOp { op: PatchKind::Remove, path: pointer, value: None })
}

fn child<'v>(value: &'v Value, step: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(step),
        Value::Array(list) => list.get(index(step)?),
        _ => None,
    }
}

fn child_mut<'v>(value: &'v mut Value, step: &str) -> Option<&'v mut Value> {
    match value {
        Value::Object(map) => map.get_mut(step),
        Value::Array(list) => list.get_mut(index(step)?),
        _ => None,
    }
}
