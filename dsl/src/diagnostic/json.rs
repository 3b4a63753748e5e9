//! Diagnostics as JSON, for editors and other programs.

use super::{Diagnostic, Level};
use crate::source::{SourceMap, Span};
use serde_json::{Value, json};

/// One diagnostic as a JSON object: `code`, `level`, `title`, the place of its first label (`file`, `start`, `end`), all
/// `labels`, `help` and `notes`. Lines and columns count from 1, offsets from 0, in bytes.
#[must_use]
pub fn to_json(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let level = match diagnostic.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let mut object = json!({ "code": diagnostic.code.id(), "level": level, "title": diagnostic.title });
    let labels = diagnostic.labels.iter().map(|label| {
        let mut label_object = place(label.span, sources);
        merge(&mut label_object, json!({ "text": label.text }));
        label_object
    });
    let labels: Vec<Value> = labels.collect();
    if let Some(first) = diagnostic.labels.first() {
        merge(&mut object, place(first.span, sources));
    }
    merge(&mut object, json!({ "labels": labels, "help": diagnostic.help, "notes": diagnostic.notes }));
    object
}

fn place(span: Span, sources: &SourceMap) -> Value {
    let position = |offset: u32| {
        let at = sources.position(Span { start: offset, end: offset, ..span });
        json!({ "line": at.line, "column": at.column, "offset": offset })
    };
    let file = sources.get(span.source).map(|source| &*source.path);
    json!({ "file": file, "start": position(span.start), "end": position(span.end) })
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::SourceId;

    #[test]
    fn everything_is_there() {
        let mut sources = SourceMap::default();
        sources.add("a.plim", "let é = 1\nlet b = x\n");
        let span = Span { source: SourceId(0), start: 19, end: 20 };
        let diagnostic = Diagnostic::error(Code::Syntax, "wrong").at(span, "here").help("do").note("fact");
        let place = json!({ "line": 2, "column": 9, "offset": 19 });
        let end = json!({ "line": 2, "column": 10, "offset": 20 });
        let wanted = json!({
            "code": "E0101", "level": "error", "title": "wrong", "file": "a.plim", "start": place, "end": end,
            "labels": [ { "file": "a.plim", "start": place, "end": end, "text": "here" } ],
            "help": ["do"], "notes": ["fact"],
        });
        assert_eq!(to_json(&diagnostic, &sources), wanted);
    }

    #[test]
    fn a_diagnostic_without_a_place_has_no_file() {
        let object = to_json(&Diagnostic::warning(Code::Syntax, "w"), &SourceMap::default());
        assert_eq!(
            object,
            json!({ "code": "E0101", "level": "warning", "title": "w", "labels": [], "help": [], "notes": [] })
        );
    }
}
