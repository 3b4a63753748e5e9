//! `json`, and how texts are read while evaluating. What is read has the place of its text.

use super::{Builtin, Cx, Module, Result, args, try_or_null};
use crate::document::{Document, Format, Limits, ReadOptions, SourceText, read_text};
use crate::error::EvalError;
use crate::value::Value;
use std::sync::Arc;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "json",
    doc: "JSON texts.",
    functions: &[
        Builtin {
            name: "parse",
            signature: "(s: string) -> any",
            cost: "s",
            doc: "The value that a JSON text is; an error where it is none. It has the place of the text.",
            example: "json.parse(\"[1, true]\") == [1, true]",
            call: |cx, a| parse(cx, a, Format::Json),
        },
        Builtin {
            name: "try_parse",
            signature: "(s: string) -> any",
            cost: "s",
            doc: "The value that a JSON text is; null where it is none.",
            example: "json.try_parse(\"[\") == null",
            call: |cx, a| try_or_null(parse(cx, a, Format::Json)),
        },
        Builtin {
            name: "format",
            signature: "(x: any) -> string",
            cost: "x",
            doc: "A value as compact JSON: scalars that JSON does not have as their texts, a set as a list, without members \
                  that are null.",
            example: "json.format([1, \"a\"]) == \"[1,\\\"a\\\"]\"",
            call: |cx, a| {
                let [x] = args(a)?;
                cx.string(|memory, out| memory.json_text(x, out))
            },
        },
    ],
};

/// The one value that a text is.
pub(super) fn parse(cx: &mut Cx<'_>, a: &[Value], format: Format) -> Result<Value> {
    let [s] = args(a)?;
    let documents = read(cx, s, format)?;
    match documents.as_slice() {
        [] => Ok(Value::NULL),
        [one] => take(cx, one, s),
        _ => Err(EvalError::Value("the text holds more than one document".into())),
    }
}

/// The documents of a text.
pub(super) fn read(cx: &mut Cx<'_>, s: Value, format: Format) -> Result<Vec<Arc<Document>>> {
    /// Nodes and texts of a document take about so much more room than its text.
    const GROWTH: usize = 24;
    const MAX_NODES: usize = 1_000_000;
    let len = cx.text(s)?.len();
    cx.charge(len)?;
    cx.memory.reserve(len.saturating_mul(GROWTH))?;
    let text = cx.text(s)?;
    let source = Arc::new(SourceText::new("text", text));
    let limits = Limits { max_nodes: MAX_NODES, max_depth: 100, max_alias_nodes: MAX_NODES / 10, ..Limits::default() };
    let read = read_text(source, &ReadOptions { format, limits, symbols: cx.memory.symbols.clone() });
    match read.errors.first() {
        Some(error) => Err(EvalError::Value(format!("the text can't be read: {}", error.message))),
        None => Ok(read.documents),
    }
}

/// Takes a document into the memory of the evaluation.
pub(super) fn take(cx: &mut Cx<'_>, document: &Arc<Document>, s: Value) -> Result<Value> {
    cx.charge(document.len())?;
    cx.memory.adopt(Document::clone(document), s.place)
}
