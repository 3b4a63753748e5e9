//! What can be wrong with an input: E07.
//!
//! Readers stop with a [`Fault`], which knows a byte offset; [`InputError`] is what people see: file, line, column.
//! INVARIANT: an input error never turns into "nothing to complain about": who reads a file gets its documents and its
//! errors, and both count.

use super::node::{Document, NodeId, SourceText};
use super::position::Position;
use std::sync::Arc;

/// What is wrong with an input.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum InputErrorKind {
    /// Text that is not JSON.
    Json,
    /// Text that is not YAML.
    Yaml,
    /// A value of another type than the schema's.
    WrongType,
    /// Too large, too deep, too many nodes, an alias bomb.
    Limit,
    /// A key that stands twice in one map.
    DuplicateKey,
    /// Not UTF-8, or a binary file.
    Encoding,
    /// A template that an engine has still to fill in.
    Template,
    /// YAML that has no JSON form: `.nan`, a list as a key.
    Value,
    /// A file that could not be read.
    Unreadable,
    /// A document that is no Kubernetes object and no known document.
    NotAnObject,
    /// A comment `plimsoll:ignore` that says no reason, or is not understood.
    Suppression,
}

/// Each kind with its stable code and title; codes are never reused.
pub const KINDS: &[(InputErrorKind, &str, &str)] = &[
    (InputErrorKind::Json, "E0701", "the text is not JSON"),
    (InputErrorKind::Yaml, "E0702", "the text is not YAML"),
    (InputErrorKind::WrongType, "E0703", "a value has another type than its field"),
    (InputErrorKind::Limit, "E0704", "the input is larger or deeper than the limits allow"),
    (InputErrorKind::DuplicateKey, "E0705", "a key stands twice in one map"),
    (InputErrorKind::Encoding, "E0706", "the input is not UTF-8 text"),
    (InputErrorKind::Template, "E0707", "the input is a template that has still to be filled in"),
    (InputErrorKind::Value, "E0708", "a YAML value has no JSON form"),
    (InputErrorKind::Unreadable, "E0709", "the input can't be read"),
    (InputErrorKind::NotAnObject, "E0710", "the document is no Kubernetes object"),
    (InputErrorKind::Suppression, "E0711", "a suppression comment is not complete"),
];

impl InputErrorKind {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("E0700", |(_, code, _)| code)
    }
}

/// What is wrong with an input, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{}:{}: {message}", .start.line, .start.column)]
pub struct InputError {
    /// What is wrong.
    pub kind: InputErrorKind,
    /// The stable code.
    pub code: &'static str,
    /// In words, without the place.
    pub message: String,
    /// The file, as messages show it.
    pub file: Arc<str>,
    /// Which document of the file, from 0.
    pub document: u32,
    /// JSON pointer of the node, empty where the text could not be read that far.
    pub pointer: String,
    /// Byte offset in the text.
    pub offset: u32,
    /// Where it begins.
    pub start: Position,
    /// Where it ends; equal to `start` where only a point is known.
    pub end: Position,
}

impl InputError {
    /// An error of a node: its place and pointer are the node's.
    #[must_use]
    pub fn at(document: &Document, node: NodeId, kind: InputErrorKind, message: impl Into<String>) -> InputError {
        let (start, end) = document.span(node);
        let fault = Fault { kind, message: message.into(), start, end };
        InputError { pointer: document.pointer(node), ..fault.locate(document.source(), document.index()) }
    }

    /// An error of a file that could not even be opened.
    #[must_use]
    pub fn unreadable(file: &str, message: impl Into<String>) -> InputError {
        Fault::at(InputErrorKind::Unreadable, 0, message).locate(&SourceText::new(file, ""), 0)
    }
}

/// Where and why a reader stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What is wrong.
    pub kind: InputErrorKind,
    /// In words.
    pub message: String,
    /// Byte offset in the text.
    pub start: u32,
    /// Byte offset behind it.
    pub end: u32,
}

impl Fault {
    /// A fault at a point.
    pub(super) fn at(kind: InputErrorKind, offset: usize, message: impl Into<String>) -> Fault {
        Fault::over(kind, offset, offset, message)
    }

    /// A fault of a range.
    pub(super) fn over(kind: InputErrorKind, start: usize, end: usize, message: impl Into<String>) -> Fault {
        Fault { kind, message: message.into(), start: offset(start), end: offset(end) }
    }

    /// The same, with file, line and column.
    #[must_use]
    pub fn locate(self, source: &SourceText, document: u32) -> InputError {
        InputError {
            kind: self.kind,
            code: self.kind.code(),
            message: self.message,
            file: source.name.clone(),
            document,
            pointer: String::new(),
            offset: self.start,
            start: source.position(self.start),
            end: source.position(self.end.max(self.start)),
        }
    }
}

/// An offset as documents keep it; texts are shorter than 2 GiB (see `Limits::max_bytes`).
pub(super) fn offset(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
