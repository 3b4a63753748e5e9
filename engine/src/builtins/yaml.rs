//! `yaml`

use super::json::{parse, read, take};
use super::{Builtin, Module, args, try_or_null};
use crate::document::Format;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "yaml",
    doc: "YAML texts, read as Kubernetes reads them.",
    functions: &[
        Builtin {
            name: "parse",
            signature: "(s: string) -> any",
            cost: "s",
            doc: "The value that a YAML text is, null for an empty one; an error where it is none, or more than one \
                  document. It has the place of the text.",
            example: "yaml.parse(\"a: [1, 2]\").a == [1, 2]",
            call: |cx, a| parse(cx, a, Format::Yaml),
        },
        Builtin {
            name: "try_parse",
            signature: "(s: string) -> any",
            cost: "s",
            doc: "The value that a YAML text is; null where it is none.",
            example: "yaml.try_parse(\"a: [\") == null",
            call: |cx, a| try_or_null(parse(cx, a, Format::Yaml)),
        },
        Builtin {
            name: "parse_all",
            signature: "(s: string) -> list<any>",
            cost: "s",
            doc: "The documents of a YAML stream, without empty ones.",
            example: "count(yaml.parse_all(\"a: 1\\n---\\nb: 2\\n\")) == 2",
            call: |cx, a| {
                let [s] = args(a)?;
                let documents = read(cx, s, Format::Yaml)?;
                let mut out = cx.memory.take_values();
                for document in &documents {
                    out.push(take(cx, document, s)?);
                }
                let list = cx.memory.alloc_list(&out);
                cx.memory.give_values(out);
                list
            },
        },
    ],
};
