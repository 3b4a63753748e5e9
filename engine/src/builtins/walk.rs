//! `walk`: the leaves of a value of any depth, for what the language, which has no recursion, can't say.

use super::{Builtin, Cx, Module, Result, args};
use crate::value::{Data, Value};

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "walk",
    doc: "Values of any depth.",
    functions: &[Builtin {
        name: "strings",
        signature: "(x: any) -> map<string, string>",
        cost: "x * depth",
        doc: "Every string below `x` (or `x` itself) by its JSON Pointer from there. Each string has its place in the \
              document, so a finding can point at it.",
        example: "walk.strings({ a: [\"x\", 1], b: { \"c/d\": \"y\" } }) == { \"/a/0\": \"x\", \"/b/c~1d\": \"y\" }",
        call: |cx, a| {
            let [x] = args(a)?;
            let mut pairs = cx.memory.take_pairs();
            let filled = strings(cx, x, &mut pairs).and_then(|()| cx.memory.alloc_map(&mut pairs));
            cx.memory.give_pairs(pairs);
            filled
        },
    }],
};

/// A list, map or record that is being walked: the state of its iteration, and how long the path to it is.
struct Level {
    register: Value,
    path: usize,
}

fn strings(cx: &mut Cx<'_>, x: Value, out: &mut Vec<(Value, Value)>) -> Result<()> {
    let mut path = String::new();
    let mut levels = Vec::new();
    visit(cx, x, &path, &mut levels, out)?;
    while let Some(level) = levels.last_mut() {
        path.truncate(level.path);
        let Some((key, value)) = cx.memory.next(&mut level.register)? else {
            levels.pop();
            continue;
        };
        cx.charge(1)?;
        path.push('/');
        let start = path.len();
        cx.memory.to_text(key, &mut path)?;
        escape(&mut path, start);
        visit(cx, value, &path, &mut levels, out)?;
    }
    Ok(())
}

/// Takes a string, goes into what has members, leaves the rest.
fn visit(
    cx: &mut Cx<'_>,
    value: Value,
    path: &str,
    levels: &mut Vec<Level>,
    out: &mut Vec<(Value, Value)>,
) -> Result<()> {
    match value.data {
        Data::Str(_) => {
            cx.charge(path.len() / 16)?;
            let key = cx.memory.alloc_text(path)?;
            cx.memory.reserve(size_of_val(out.as_slice()))?;
            out.push((key, value));
        }
        Data::List(_) | Data::Set(_) | Data::Map(_) | Data::Record(_) | Data::DocList | Data::DocMap => {
            cx.memory.reserve(size_of_val(levels.as_slice()))?;
            levels.push(Level { register: cx.memory.iter(value)?, path: path.len() });
        }
        _ => {}
    }
    Ok(())
}

/// Escapes what stands from `start` on for a JSON Pointer.
fn escape(path: &mut String, start: usize) {
    let key = path.get(start..).unwrap_or_default();
    if key.contains(['~', '/']) {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        path.truncate(start);
        path.push_str(&escaped);
    }
}
