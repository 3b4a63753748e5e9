//! `regex`

use super::{Builtin, Module, add, args, strings};
use crate::error::EvalError;
use crate::value::Value;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "regex",
    doc: "Regular expressions: linear in time, ASCII for `\\d \\w \\s \\b` and `(?i)`.",
    functions: &[
        Builtin {
            name: "matches",
            signature: "(s: string, re: regex) -> bool",
            cost: "s",
            doc: "True if the expression finds a part of `s`; the same as `s matches re`.",
            example: "regex.matches(\"nginx:1.27\", re\":[0-9.]+$\")",
            call: |cx, a| {
                let [s, re] = args(a)?;
                let len = cx.text(s)?.len();
                cx.charge(len)?;
                Ok(cx.memory.regex_of(re)?.is_match(cx.text(s)?).into())
            },
        },
        Builtin {
            name: "capture",
            signature: "(s: string, re: regex) -> list<string?>?",
            cost: "s",
            doc: "The first part of `s` that the expression finds, and its groups by number, null for one that took no \
                  part; null where nothing is found.",
            example: "regex.capture(\"port=80\", re\"(\\w+)=(\\d+)\") == [\"port=80\", \"port\", \"80\"]",
            call: |cx, a| {
                let [s, re] = args(a)?;
                let len = cx.text(s)?.len();
                cx.charge(len.saturating_mul(2))?;
                cx.memory.captures(re, s, |memory, groups| {
                    let Some(groups) = groups else { return Ok(Value::NULL) };
                    let mut out = memory.take_values();
                    let parts = (0..groups.len()).map(|i| groups.get(i));
                    out.extend(parts.map(|g| g.map_or(Value::NULL, |(from, to)| memory.part(s, from, to))));
                    let list = memory.alloc_list(&out);
                    memory.give_values(out);
                    list
                })
            },
        },
        Builtin {
            name: "find_all",
            signature: "(s: string, re: regex) -> list<string>",
            cost: "s * matches",
            doc: "All parts of `s` that the expression finds, from left to right, none within another.",
            example: "regex.find_all(\"a1b22\", re\"[0-9]+\") == [\"1\", \"22\"]",
            call: |cx, a| {
                let [s, re] = args(a)?;
                let mut fuel = *cx.fuel;
                let list = cx.list(|memory, out| {
                    let text = memory.str_of(s).ok_or_else(|| memory.expected("a string", s))?;
                    let regex = memory.regex_of(re)?.regex();
                    spend(&mut fuel, text.len())?;
                    for found in regex.find_iter(text) {
                        // Each search may look to the end of the text before it knows what it found.
                        spend(&mut fuel, text.len().saturating_sub(found.start()) / 64)?;
                        add(memory, out, memory.part(s, found.start(), found.end()))?;
                    }
                    Ok(())
                });
                *cx.fuel = fuel;
                list
            },
        },
        Builtin {
            name: "replace",
            signature: "(s: string, re: regex, with: string) -> string",
            cost: "s * matches",
            doc: "`s` with `with` in place of every part that the expression finds. `with` stands for itself: a `$` in it \
                  is a dollar sign.",
            example: "regex.replace(\"a1b22\", re\"[0-9]+\", \"#\") == \"a#b#\"",
            call: |cx, a| {
                let [s, re, with] = args(a)?;
                cx.text(with)?;
                let mut fuel = *cx.fuel;
                let text = cx.string(|memory, out| {
                    let text = memory.str_of(s).ok_or_else(|| memory.expected("a string", s))?;
                    let with = memory.str_of(with).unwrap_or_default();
                    let regex = memory.regex_of(re)?.regex();
                    spend(&mut fuel, text.len())?;
                    let mut end = 0;
                    for found in regex.find_iter(text) {
                        spend(&mut fuel, text.len().saturating_sub(found.start()) / 64)?;
                        strings::grow(memory, out, text.get(end..found.start()).unwrap_or_default())?;
                        strings::grow(memory, out, with)?;
                        end = found.end();
                    }
                    strings::grow(memory, out, text.get(end..).unwrap_or_default())
                });
                *cx.fuel = fuel;
                text
            },
        },
        Builtin {
            name: "escape",
            signature: "(s: string) -> string",
            cost: "s",
            doc: "An expression that finds exactly the text `s`.",
            example: "\"a.b\" matches regex(regex.escape(\"a.b\")) and not (\"axb\" matches regex(regex.escape(\"a.b\")))",
            call: |cx, a| {
                let [s] = args(a)?;
                cx.text(s)?;
                cx.string(|memory, out| {
                    let text = memory.str_of(s).unwrap_or_default();
                    memory.reserve(text.len().saturating_mul(2))?;
                    regex_syntax::escape_into(text, out);
                    Ok(())
                })
            },
        },
    ],
};

fn spend(fuel: &mut u64, n: usize) -> Result<(), EvalError> {
    let left = fuel.checked_sub(n as u64);
    *fuel = left.unwrap_or(0);
    left.map(|_| ()).ok_or(EvalError::Fuel)
}
