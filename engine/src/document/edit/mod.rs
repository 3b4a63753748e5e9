//! Edits of the *text* of a document: a fix changes its lines and leaves all other bytes as they are.
//!
//! Each edit is a few splices of the text (`place`) with new text in the file's own style (`render`: its indentation,
//! its dashes, its line ends, its quotes). INVARIANT: an edit is never trusted. The new text is read again, and unless
//! the document then is the old value with the edit applied as JSON Patch does, and the other documents of the file are
//! what they were, the edit is refused: better no fix than a wrong one.

mod place;
mod render;

use super::node::{Document, NodeId, SourceText};
use super::pointer::{self, index};
use super::read::{Format, ReadOptions, read_text};
use serde_json::Value;
use std::sync::Arc;

/// A change of a value. Paths are JSON pointers.
#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    /// The value at a path becomes this one. Parents that are missing (or null) are made: lists where the next step is
    /// `-` or `0`, else maps.
    Set {
        /// Where.
        path: String,
        /// What.
        value: Value,
    },
    /// As [`Edit::Set`] for members of maps; in lists, the value is put before the item, or at the end for `-`.
    Add {
        /// Where.
        path: String,
        /// What.
        value: Value,
    },
    /// The value at a path goes away; nothing happens where there is none.
    Remove {
        /// Where.
        path: String,
    },
}

impl Edit {
    /// The pointer of the edit.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Edit::Set { path, .. } | Edit::Add { path, .. } | Edit::Remove { path } => path,
        }
    }
}

/// Why a text was not edited.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Refusal {
    /// The pointer of the edit.
    pub path: String,
    /// Why not.
    pub reason: String,
}

/// The text of the document's file with these edits made in the document, one after the other.
///
/// # Errors
/// If an edit does not fit the document, if its place is shared by an alias or anchor, or if the text could not be edited
/// with certainty.
pub fn edit(document: &Document, format: Format, edits: &[Edit]) -> Result<String, Refusal> {
    let options = ReadOptions { format, ..ReadOptions::default() };
    let mut source = document.source().clone();
    for edit in edits {
        let refuse = |reason: String| Refusal { path: edit.path().to_owned(), reason };
        source = one(source, document.index(), &options, edit).map_err(refuse)?;
    }
    Ok(source.text.to_string())
}

/// Makes one edit and looks whether it did what it should.
fn one(source: Arc<SourceText>, at: u32, options: &ReadOptions, edit: &Edit) -> Result<Arc<SourceText>, String> {
    let before = read_text(source.clone(), options);
    let find = |documents: &[Arc<Document>]| documents.iter().find(|d| d.index() == at).cloned();
    let document = find(&before.documents).ok_or("the document is not there any more")?;
    let old = document.to_json(NodeId::ROOT);
    let mut expected = old.clone();
    apply(&mut expected, edit)?;
    if expected == old {
        return Ok(source);
    }
    let text = place::splice(&document, options.format, edit)?;
    let after = Arc::new(SourceText::new(&source.name, &text));
    let read = read_text(after.clone(), options);
    let value = find(&read.documents).map(|d| d.to_json(NodeId::ROOT));
    if value.map(normal) != Some(normal(expected)) {
        return Err("its lines can't be edited with certainty (an anchor, a tag, or an unusual layout)".to_owned());
    }
    let others = |documents: &[Arc<Document>]| -> Vec<Value> {
        documents.iter().filter(|d| d.index() != at).map(|d| d.to_json(NodeId::ROOT)).collect()
    };
    if others(&before.documents) != others(&read.documents) || before.errors.len() != read.errors.len() {
        return Err("the edit would change another document of the file".to_owned());
    }
    Ok(after)
}

/// Whole floats are integers in YAML text.
fn normal(value: Value) -> Value {
    match value {
        Value::Number(n) if n.as_i64().is_none() => match n.as_f64().map(|f| f.to_string().parse::<i64>()) {
            Some(Ok(whole)) => whole.into(),
            _ => Value::Number(n),
        },
        Value::Array(items) => items.into_iter().map(normal).collect(),
        Value::Object(members) => members.into_iter().map(|(k, v)| (k, normal(v))).collect(),
        other => other,
    }
}

/// The edit, made in a value.
///
/// # Errors
/// If a step of the path leads through a value that is no list or map, or to a list item that is not there.
pub fn apply(value: &mut Value, edit: &Edit) -> Result<(), String> {
    let path = edit.path();
    let steps = pointer::steps(path).ok_or_else(|| format!("`{path}` is no JSON pointer"))?;
    let Some((last, parents)) = steps.split_last() else {
        if let Edit::Set { value: new, .. } | Edit::Add { value: new, .. } = edit {
            *value = new.clone();
            return Ok(());
        }
        return Err("a document can't be removed from its file".to_owned());
    };
    let mut at = value;
    for (n, step) in parents.iter().enumerate() {
        let next = parents.get(n.saturating_add(1)).unwrap_or(last);
        if matches!(edit, Edit::Remove { .. }) && child(at, step).is_none() {
            return Ok(());
        }
        at = match at {
            Value::Array(items) => {
                let i = place_in(items.len(), step)?;
                if i == items.len() {
                    items.push(Value::Null);
                }
                items.get_mut(i).ok_or("no such item")?
            }
            Value::Object(members) => members.entry(step.clone()).or_insert(Value::Null),
            _ => return Err(format!("`{step}` leads through a value that is no list or map")),
        };
        if at.is_null() && !matches!(edit, Edit::Remove { .. }) {
            *at = if is_list_step(next) { Value::Array(Vec::new()) } else { Value::Object(serde_json::Map::new()) };
        }
    }
    change(at, last, edit)
}

fn change(at: &mut Value, step: &str, edit: &Edit) -> Result<(), String> {
    match (at, edit) {
        (Value::Object(members), Edit::Set { value, .. } | Edit::Add { value, .. }) => {
            members.insert(step.to_owned(), value.clone());
        }
        (Value::Object(members), Edit::Remove { .. }) => {
            members.remove(step);
        }
        (Value::Array(items), Edit::Set { value, .. }) => {
            let i = place_in(items.len(), step)?;
            match items.get_mut(i) {
                Some(item) => *item = value.clone(),
                None => items.push(value.clone()),
            }
        }
        (Value::Array(items), Edit::Add { value, .. }) => items.insert(place_in(items.len(), step)?, value.clone()),
        (Value::Array(items), Edit::Remove { .. }) => {
            if let Some(i) = index(step).filter(|i| *i < items.len()) {
                items.remove(i);
            }
        }
        (_, Edit::Remove { .. }) => {}
        _ => return Err(format!("`{step}` leads through a value that is no list or map")),
    }
    Ok(())
}

fn child<'v>(at: &'v Value, step: &str) -> Option<&'v Value> {
    match at {
        Value::Array(items) => items.get(index(step)?),
        Value::Object(members) => members.get(step),
        _ => None,
    }
}

/// True for steps that make a missing parent a list.
fn is_list_step(step: &str) -> bool {
    matches!(step, "-" | "0")
}

/// The place that a step names in a list of this length; the length itself for the end.
fn place_in(len: usize, step: &str) -> Result<usize, String> {
    match (step, index(step)) {
        ("-", _) => Ok(len),
        (_, Some(i)) if i <= len => Ok(i),
        _ => Err(format!("the list has no item {step}")),
    }
}

/// A value within the maps and lists that these steps ask for.
fn within(steps: &[String], value: &Value) -> Value {
    steps.iter().rev().fold(value.clone(), |inner, step| {
        if is_list_step(step) {
            Value::Array(vec![inner])
        } else {
            Value::Object(std::iter::once((step.clone(), inner)).collect())
        }
    })
}

#[cfg(test)]
mod tests;
