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
use std::collections::BTreeSet;
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

/// The text of a file with edits made in its documents at once, each in the text as it is; they must not depend on each
/// other. Far cheaper than one after the other: the text is read but twice.
///
/// # Errors
/// As [`edit`], for all of them together.
pub fn edit_together(source: &Arc<SourceText>, format: Format, edits: &[(u32, Edit)]) -> Result<String, Refusal> {
    let options = ReadOptions { format, ..ReadOptions::default() };
    let path = edits.first().map_or_else(String::new, |(_, edit)| edit.path().to_owned());
    let text = together(source, &options, edits).map_err(|reason| Refusal { path, reason })?;
    Ok(text.map_or_else(|| source.text.to_string(), |after| after.text.to_string()))
}

/// Makes one edit and looks whether it did what it should.
fn one(source: Arc<SourceText>, at: u32, options: &ReadOptions, edit: &Edit) -> Result<Arc<SourceText>, String> {
    let after = together(&source, options, &[(at, edit.clone())])?;
    Ok(after.unwrap_or(source))
}

/// Makes edits and looks whether they did what they should; none if nothing changes.
fn together(
    source: &Arc<SourceText>,
    options: &ReadOptions,
    edits: &[(u32, Edit)],
) -> Result<Option<Arc<SourceText>>, String> {
    let before = read_text(source.clone(), options);
    let mut values: Vec<Value> = before.documents.iter().map(|d| d.to_json(NodeId::ROOT)).collect();
    let (mut edited, mut splices) = (BTreeSet::new(), Vec::new());
    for (index, edit) in edits {
        let place = before.documents.iter().position(|d| d.index() == *index);
        let (place, document) = place
            .and_then(|place| Some((place, before.documents.get(place)?)))
            .ok_or("the document is not there any more")?;
        let value = values.get_mut(place).ok_or("the document is not there any more")?;
        let inserts = edit.path().ends_with("/-") || in_list(value, edit);
        let old = value.pointer(edit.path()).cloned();
        apply(value, edit)?;
        let changed = match edit {
            Edit::Remove { .. } => old.is_some(),
            Edit::Set { .. } | Edit::Add { .. } => inserts || value.pointer(edit.path()) != old.as_ref(),
        };
        if changed {
            splices.extend(place::splices(document, options.format, edit)?);
            edited.insert(place);
        }
    }
    if splices.is_empty() && edited.is_empty() {
        return Ok(None);
    }
    let after = Arc::new(SourceText::new(&source.name, &place::spliced(&source.text, splices)?));
    let read = read_text(after.clone(), options);
    let same_files = read.documents.len() == values.len() && before.errors.len() == read.errors.len();
    for (place, expected) in values.into_iter().enumerate() {
        let found = read.documents.get(place).map(|d| d.to_json(NodeId::ROOT));
        if edited.contains(&place) {
            if found.map(normal) != Some(normal(expected)) {
                let why = "its lines can't be edited with certainty (an anchor, a tag, or an unusual layout)";
                return Err(why.to_owned());
            }
        } else if found != Some(expected) {
            return Err("the edit would change another document of the file".to_owned());
        }
    }
    if same_files { Ok(Some(after)) } else { Err("the edit would change another document of the file".to_owned()) }
}

/// True for what is put between items of a list.
fn in_list(value: &Value, edit: &Edit) -> bool {
    let parent = edit.path().rsplit_once('/').and_then(|(parent, _)| value.pointer(parent));
    matches!(edit, Edit::Add { .. }) && parent.is_some_and(Value::is_array)
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
