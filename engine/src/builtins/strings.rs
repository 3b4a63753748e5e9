//! `strings`: texts are counted in characters; a part of a text that came from a document keeps its place.

mod clean;
mod measure;

use super::{Builtin, Cx, Module, Result, add, args, count_of, int_of};
use crate::error::EvalError;
use crate::memory::Memory;
use crate::value::Value;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "strings",
    doc: "Texts. Lengths and places are counted in characters.",
    functions: &[
        Builtin {
            name: "starts_with",
            signature: "(s: string, prefix: string) -> bool",
            cost: "prefix",
            doc: "True if `s` begins with `prefix`; every string begins with the empty one.",
            example: "strings.starts_with(\"nginx:1.27\", \"nginx:\")",
            call: |cx, a| test(cx, a, |s, prefix| s.starts_with(prefix)),
        },
        Builtin {
            name: "ends_with",
            signature: "(s: string, suffix: string) -> bool",
            cost: "suffix",
            doc: "True if `s` ends with `suffix`; every string ends with the empty one.",
            example: "strings.ends_with(\"nginx:latest\", \":latest\")",
            call: |cx, a| test(cx, a, |s, suffix| s.ends_with(suffix)),
        },
        Builtin {
            name: "contains",
            signature: "(s: string, part: string) -> bool",
            cost: "s",
            doc: "True if `part` stands somewhere in `s`.",
            example: "strings.contains(\"a-token\", \"token\")",
            call: |cx, a| test(cx, a, |s, part| memchr::memmem::find(s.as_bytes(), part.as_bytes()).is_some()),
        },
        Builtin {
            name: "before",
            signature: "(s: string, sep: string) -> string",
            cost: "s",
            doc: "What stands before the first `sep`; all of `s` where there is none.",
            example: "strings.before(\"a=b=c\", \"=\") == \"a\" and strings.before(\"a\", \"=\") == \"a\"",
            call: |cx, a| cut(cx, a, |s, sep| (0, s.find(sep).unwrap_or(s.len()))),
        },
        Builtin {
            name: "after",
            signature: "(s: string, sep: string) -> string",
            cost: "s",
            doc: "What stands behind the first `sep`; empty where there is none.",
            example: "strings.after(\"a=b=c\", \"=\") == \"b=c\" and strings.after(\"a\", \"=\") == \"\"",
            call: |cx, a| cut(cx, a, |s, sep| (s.find(sep).map_or(s.len(), |i| i.saturating_add(sep.len())), s.len())),
        },
        Builtin {
            name: "first_part",
            signature: "(s: string, sep: string) -> string",
            cost: "s",
            doc: "The first of the parts that `sep` separates; all of `s` where there is no `sep`.",
            example: "strings.first_part(\"a/b/c\", \"/\") == \"a\"",
            call: |cx, a| cut(cx, a, |s, sep| (0, s.find(sep).unwrap_or(s.len()))),
        },
        Builtin {
            name: "last_part",
            signature: "(s: string, sep: string) -> string",
            cost: "s",
            doc: "The last of the parts that `sep` separates; all of `s` where there is no `sep`.",
            example: "strings.last_part(\"a/b/c\", \"/\") == \"c\" and strings.last_part(\"c\", \"/\") == \"c\"",
            call: |cx, a| cut(cx, a, |s, sep| (s.rfind(sep).map_or(0, |i| i.saturating_add(sep.len())), s.len())),
        },
        Builtin {
            name: "without_start",
            signature: "(s: string, prefix: string) -> string",
            cost: "prefix",
            doc: "`s` without `prefix` in front, where it has it.",
            example: "strings.without_start(\"v1.2\", \"v\") == \"1.2\"",
            call: |cx, a| cut(cx, a, |s, prefix| (if s.starts_with(prefix) { prefix.len() } else { 0 }, s.len())),
        },
        Builtin {
            name: "without_end",
            signature: "(s: string, suffix: string) -> string",
            cost: "suffix",
            doc: "`s` without `suffix` at its end, where it has it.",
            example: "strings.without_end(\"5m\", \"m\") == \"5\"",
            call: |cx, a| cut(cx, a, |s, suffix| (0, s.strip_suffix(suffix).unwrap_or(s).len())),
        },
        Builtin {
            name: "trim",
            signature: "(s: string) -> string",
            cost: "s",
            doc: "`s` without white space at both ends.",
            example: "strings.trim(\" a b \") == \"a b\"",
            call: |cx, a| {
                let [s] = args(a)?;
                let text = cx.text(s)?;
                let (from, to) = span(text, text.trim());
                Ok(cx.memory.part(s, from, to))
            },
        },
        Builtin {
            name: "take",
            signature: "(s: string, n: int) -> string",
            cost: "s",
            doc: "The first `n` characters (all, where there are fewer).",
            example: "strings.take(\"abc\", 2) == \"ab\"",
            call: |cx, a| {
                let [s, n] = args(a)?;
                let end = offset(cx.text(s)?, count_of(cx.int(n)?));
                Ok(cx.memory.part(s, 0, end))
            },
        },
        Builtin {
            name: "drop",
            signature: "(s: string, n: int) -> string",
            cost: "s",
            doc: "`s` without its first `n` characters.",
            example: "strings.drop(\"abc\", 2) == \"c\"",
            call: |cx, a| {
                let [s, n] = args(a)?;
                let text = cx.text(s)?;
                let (start, end) = (offset(text, count_of(cx.int(n)?)), text.len());
                Ok(cx.memory.part(s, start, end))
            },
        },
        Builtin {
            name: "length",
            signature: "(s: string) -> int",
            cost: "s",
            doc: "How many characters `s` has.",
            example: "strings.length(\"héllo\") == 5",
            call: |cx, a| {
                let [s] = args(a)?;
                Ok(int_of(cx.text(s)?.chars().count()))
            },
        },
        Builtin {
            name: "find",
            signature: "(s: string, part: string) -> int?",
            cost: "s",
            doc: "How many characters stand before the first `part`; null where there is none.",
            example: "strings.find(\"abc\", \"c\") == 2 and strings.find(\"abc\", \"x\") == null",
            call: |cx, a| {
                let [s, part] = args(a)?;
                let (s, part) = (cx.text(s)?, cx.text(part)?);
                let before = s.find(part).and_then(|i| s.get(..i));
                Ok(before.map_or(Value::NULL, |before| int_of(before.chars().count())))
            },
        },
        Builtin {
            name: "split",
            signature: "(s: string, sep: string) -> list<string>",
            cost: "s",
            doc: "The parts of `s` that `sep` separates, empty ones too; its characters where `sep` is empty.",
            example: "strings.split(\"a,,b\", \",\") == [\"a\", \"\", \"b\"]",
            call: |cx, a| {
                let [s, sep] = args(a)?;
                cx.text(s)?;
                let empty = cx.text(sep)?.is_empty();
                parts(cx, s, |memory, text, each| {
                    if empty {
                        return text.split_inclusive(|_| true).try_for_each(each);
                    }
                    text.split(memory.str_of(sep).unwrap_or_default()).try_for_each(each)
                })
            },
        },
        Builtin {
            name: "chars",
            signature: "(s: string) -> list<string>",
            cost: "s",
            doc: "The characters of `s`.",
            example: "strings.chars(\"ab\") == [\"a\", \"b\"]",
            call: |cx, a| {
                let [s] = args(a)?;
                parts(cx, s, |_, text, each| text.split_inclusive(|_| true).try_for_each(each))
            },
        },
        Builtin {
            name: "words",
            signature: "(s: string) -> list<string>",
            cost: "s",
            doc: "The parts of `s` between white space, none of them empty.",
            example: "strings.words(\" a  b \") == [\"a\", \"b\"]",
            call: |cx, a| {
                let [s] = args(a)?;
                parts(cx, s, |_, text, each| text.split_whitespace().try_for_each(each))
            },
        },
        Builtin {
            name: "lines",
            signature: "(s: string) -> list<string>",
            cost: "s",
            doc: "The lines of `s`, without their ends.",
            example: "strings.lines(\"a\\nb\\n\") == [\"a\", \"b\"]",
            call: |cx, a| {
                let [s] = args(a)?;
                parts(cx, s, |_, text, each| text.lines().try_for_each(each))
            },
        },
        Builtin {
            name: "join",
            signature: "(xs: list<string>, sep: string) -> string",
            cost: "xs",
            doc: "The texts one behind the other, with `sep` between them.",
            example: "strings.join([\"a\", \"b\"], \", \") == \"a, b\"",
            call: |cx, a| {
                let [xs, sep] = args(a)?;
                cx.text(sep)?;
                cx.string(|memory, out| {
                    for (i, item) in memory.items(xs)?.enumerate() {
                        let item = item?;
                        let text = memory.str_of(item).ok_or_else(|| memory.expected("a string", item))?;
                        let sep = if i == 0 { "" } else { memory.str_of(sep).unwrap_or_default() };
                        grow(memory, out, sep)?;
                        grow(memory, out, text)?;
                    }
                    Ok(())
                })
            },
        },
        Builtin {
            name: "replace",
            signature: "(s: string, from: string, to: string) -> string",
            cost: "s",
            doc: "`s` with `to` in place of every `from`; an empty `from` changes nothing.",
            example: "strings.replace(\"a-b-c\", \"-\", \".\") == \"a.b.c\"",
            call: |cx, a| {
                let [s, from, to] = args(a)?;
                let text = cx.text(s)?;
                let (from, _) = (cx.text(from)?, cx.text(to)?);
                if from.is_empty() || !text.contains(from) {
                    return Ok(s);
                }
                let from = a.get(1).copied().unwrap_or(Value::NULL);
                cx.string(|memory, out| {
                    let [text, from, to] = [s, from, to].map(|v| memory.str_of(v).unwrap_or_default());
                    for (i, piece) in text.split(from).enumerate() {
                        grow(memory, out, if i == 0 { "" } else { to })?;
                        grow(memory, out, piece)?;
                    }
                    Ok(())
                })
            },
        },
        Builtin {
            name: "lower",
            signature: "(s: string) -> string",
            cost: "s",
            doc: "`s` in lower case.",
            example: "strings.lower(\"ÀB\") == \"àb\"",
            call: |cx, a| {
                let [s] = args(a)?;
                let changed = cx.text(s)?.chars().any(|c| !c.to_lowercase().eq([c]));
                map_chars(cx, s, changed, |c, out| out.extend(c.to_lowercase()))
            },
        },
        Builtin {
            name: "upper",
            signature: "(s: string) -> string",
            cost: "s",
            doc: "`s` in upper case.",
            example: "strings.upper(\"ab\") == \"AB\"",
            call: |cx, a| {
                let [s] = args(a)?;
                let changed = cx.text(s)?.chars().any(|c| !c.to_uppercase().eq([c]));
                map_chars(cx, s, changed, |c, out| out.extend(c.to_uppercase()))
            },
        },
        Builtin {
            name: "repeat",
            signature: "(s: string, n: int) -> string",
            cost: "s * n",
            doc: "`s`, `n` times.",
            example: "strings.repeat(\"ab\", 2) == \"abab\"",
            call: |cx, a| {
                let [s, n] = args(a)?;
                let (len, n) = (cx.text(s)?.len(), count_of(cx.int(n)?));
                let size = len.saturating_mul(n);
                cx.charge(size / 16)?;
                cx.memory.reserve(size)?;
                cx.string(|memory, out| {
                    let text = memory.str_of(s).unwrap_or_default();
                    if !text.is_empty() {
                        (0..n).for_each(|_| out.push_str(text));
                    }
                    Ok(())
                })
            },
        },
        Builtin {
            name: "is_ascii",
            signature: "(s: string) -> bool",
            cost: "s",
            doc: "True if every character of `s` is an ASCII one.",
            example: "strings.is_ascii(\"a\") and not strings.is_ascii(\"é\")",
            call: |cx, a| {
                let [s] = args(a)?;
                Ok(cx.text(s)?.is_ascii().into())
            },
        },
        clean::CLEAN_PATH,
        measure::ENTROPY,
        measure::EDIT_DISTANCE,
    ],
};

fn test(cx: &mut Cx<'_>, a: &[Value], holds: fn(&str, &str) -> bool) -> Result<Value> {
    let [s, other] = args(a)?;
    Ok(holds(cx.text(s)?, cx.text(other)?).into())
}

/// The part of a text between the offsets that `find` gives.
fn cut(cx: &mut Cx<'_>, a: &[Value], find: fn(&str, &str) -> (usize, usize)) -> Result<Value> {
    let [s, other] = args(a)?;
    let (from, to) = find(cx.text(s)?, cx.text(other)?);
    Ok(cx.memory.part(s, from, to))
}

/// Parts of a text as a list: `split` hands each to the function that it gets.
fn parts(
    cx: &mut Cx<'_>,
    s: Value,
    split: impl FnOnce(&Memory, &str, &mut dyn FnMut(&str) -> Result<()>) -> Result<()>,
) -> Result<Value> {
    cx.text(s)?;
    cx.list(|memory, out| {
        let text = memory.str_of(s).unwrap_or_default();
        split(memory, text, &mut |piece| {
            let (from, to) = span(text, piece);
            add(memory, out, memory.part(s, from, to))
        })
    })
}

/// Where a part of a text stands in it.
fn span(text: &str, part: &str) -> (usize, usize) {
    let from = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    (from, from.saturating_add(part.len()))
}

/// The offset of a character.
fn offset(text: &str, chars: usize) -> usize {
    text.char_indices().nth(chars).map_or(text.len(), |(i, _)| i)
}

/// Adds to a text that is being made, if there is room.
pub(super) fn grow(memory: &Memory, out: &mut String, text: &str) -> Result<()> {
    memory.reserve(out.len().saturating_add(text.len()))?;
    memory.count_work(1_usize.saturating_add(text.len() / 16));
    out.push_str(text);
    Ok(())
}

/// A text made character by character; the same value where nothing changes.
fn map_chars(cx: &mut Cx<'_>, s: Value, changed: bool, push: fn(char, &mut String)) -> Result<Value> {
    if !changed {
        return Ok(s);
    }
    let text = cx.string(|memory, out| {
        let text = memory.str_of(s).unwrap_or_default();
        memory.reserve(text.len().saturating_mul(3))?;
        memory.count_work(text.len());
        text.chars().for_each(|c| push(c, out));
        Ok::<(), EvalError>(())
    })?;
    Ok(text.at(s.place))
}
