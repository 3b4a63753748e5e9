//! Evidence: what the clauses on the way to a finding read, with places.

use super::{Evidence, EvidenceRead};
use crate::memory::Memory;
use crate::program::Program;
use crate::vm::{At, Read};
use serde_json::{Value, json};

/// Groups what was read by clause. Of a policy that is `sensitive` only kind and length of values are shown.
pub(super) fn evidence(program: &Program, memory: &Memory, reads: &[Read], sensitive: bool) -> Vec<Evidence> {
    let mut out: Vec<(u32, Evidence)> = Vec::new();
    for read in reads {
        if out.last().is_none_or(|(mark, _)| *mark != read.mark) {
            let clause = program.marks.get(read.mark as usize).map_or(String::new(), |m| m.text.clone());
            out.push((read.mark, Evidence { clause, reads: Vec::new() }));
        }
        let document = memory.doc(read.place.doc).filter(|_| read.place.is_some());
        let shown = EvidenceRead {
            expr: read.name.clone(),
            value: if sensitive { veiled(&read.value) } else { read.value.clone() },
            file: document.map(|d| d.source().name.clone()),
            pointer: document.map(|d| At::node(read.place).pointer(d)),
            start: document.map(|d| d.start(read.place.node)),
        };
        if let Some((_, evidence)) = out.last_mut() {
            evidence.reads.push(shown);
        }
    }
    out.into_iter().map(|(_, evidence)| evidence).collect()
}

/// Kind and length in the place of a value.
fn veiled(value: &Value) -> Value {
    match value {
        Value::String(s) => json!({ "kind": "string", "length": s.chars().count() }),
        Value::Array(items) => json!({ "kind": "list", "length": items.len() }),
        Value::Object(members) => json!({ "kind": "map", "length": members.len() }),
        Value::Number(_) => json!({ "kind": "number" }),
        Value::Bool(_) => json!({ "kind": "bool" }),
        Value::Null => Value::Null,
    }
}
