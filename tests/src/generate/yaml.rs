//! Objects as YAML text, in many styles, and where in it each node stands: the generator knows what the reader has to find.

use super::document::Out;
use super::rng::Rng;
use serde_json::Value;
use std::collections::BTreeMap;

/// A line and a column, from 1; columns count characters.
pub type At = (u32, u32);

/// Where a node of a document begins.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Its key, if it is a member.
    pub key: Option<At>,
    /// Itself.
    pub start: At,
    /// It has members or items.
    pub inner: bool,
}

/// A comment that suppresses findings.
#[derive(Clone, Debug)]
pub struct Comment {
    /// The line that it speaks of.
    pub line: u32,
    /// The policies that it names.
    pub policies: Vec<String>,
    /// Why.
    pub reason: String,
    /// Its last day.
    pub until: Option<String>,
}

/// What the generator knows of a file.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// By document and pointer.
    pub nodes: BTreeMap<(u32, String), Mark>,
    /// In the order of the text.
    pub comments: Vec<Comment>,
}

impl Marks {
    /// The mark of a place, or of the nearest node above it that is there.
    #[must_use]
    pub fn nearest(&self, document: u32, pointer: &str) -> Option<(&str, Mark)> {
        let mut at = pointer;
        loop {
            if let Some(((_, known), mark)) = self.nodes.get_key_value(&(document, at.to_owned())) {
                return Some((known, *mark));
            }
            at = &at[..at.rfind('/')?];
        }
    }
}

/// Writes documents.
pub(super) struct Writer<'r> {
    rng: &'r mut Rng,
    out: String,
    document: u32,
    marks: Marks,
    /// In so many of a hundred lines a comment suppresses something.
    comments: usize,
    /// A block scalar was written: what stands behind it would be part of it.
    block_scalar: bool,
}

/// Texts that need no quotes in any place.
fn is_plain(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c == '-' || c == '/' || c == '.';
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(word)
        && !matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n")
}

impl<'r> Writer<'r> {
    pub(super) fn new(rng: &'r mut Rng) -> Writer<'r> {
        let comments = *rng.pick(&[0, 0, 4, 12]);
        Writer { rng, out: String::new(), document: 0, marks: Marks::default(), comments, block_scalar: false }
    }

    /// A file with these documents.
    pub(super) fn file(mut self, documents: &[Out]) -> (String, Marks) {
        for (i, document) in documents.iter().enumerate() {
            if i > 0 || self.rng.chance(20) {
                self.out.push_str("---\n");
            }
            self.document = u32::try_from(i).unwrap();
            self.own_comment(0);
            self.block(document, 0, "", None);
        }
        (self.out, self.marks)
    }

    /// Where the next character will stand.
    fn here(&self) -> At {
        let line = self.out.matches('\n').count();
        let column = self.out.rsplit('\n').next().map_or(0, |l| l.chars().count());
        (u32::try_from(line).unwrap() + 1, u32::try_from(column).unwrap() + 1)
    }

    fn mark(&mut self, pointer: &str, key: Option<At>, start: At, inner: bool) {
        self.marks.nodes.insert((self.document, pointer.to_owned()), Mark { key, start, inner });
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n(' ', depth));
    }

    /// A comment in a line of its own, or one that says nothing.
    fn own_comment(&mut self, depth: usize) {
        if self.rng.chance(self.comments) {
            self.indent(depth);
            let line = self.here().0 + 1;
            self.suppress(line);
            self.out.push('\n');
        }
    }

    fn suppress(&mut self, line: u32) {
        let ids = ["T-0", "T-1", "t_0", "policy-0", "policy_1", "T-2", "again", "T-9"];
        let count = 1 + self.rng.below(2);
        let policies: Vec<String> = (0..count).map(|_| (*self.rng.pick(&ids)).to_owned()).collect();
        let reason = (*self.rng.pick(&["known", "é: a {reason}", "wait until it is done"])).to_owned();
        let until =
            self.rng.chance(25).then(|| (*self.rng.pick(&["2026-11-24", "2026-11-23", "2027-01-31"])).to_owned());
        let day = until.as_ref().map(|day| format!(" [until {day}]")).unwrap_or_default();
        self.out.push_str(&format!("# plimsoll:ignore {} -- {reason}{day}", policies.join(", ")));
        self.marks.comments.push(Comment { line, policies, reason, until });
    }

    /// The end of a line, perhaps with a comment.
    fn line_end(&mut self) {
        if std::mem::take(&mut self.block_scalar) {
            // Nothing.
        } else if self.rng.chance(self.comments) {
            self.out.push_str("  ");
            let line = self.here().0;
            self.suppress(line);
        } else if self.rng.chance(5) {
            self.out.push_str(" # it is so");
        }
        self.out.push('\n');
    }

    /// A node at the beginning of a line (or behind `- `), whose own members stand `depth` deep.
    fn block(&mut self, node: &Out, depth: usize, pointer: &str, key: Option<At>) {
        match node {
            Out::Map(members) if !members.is_empty() => {
                let inline = !self.out.is_empty() && !self.out.ends_with('\n');
                for (i, (name, value)) in members.iter().enumerate() {
                    if i > 0 || !inline {
                        if i > 0 {
                            self.own_comment(depth);
                        }
                        self.indent(depth);
                    }
                    let start = self.here();
                    if i == 0 {
                        self.mark(pointer, key, start, true);
                    }
                    self.scalar(&Value::from(&**name), true, 0);
                    self.out.push(':');
                    let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                    self.value(value, depth, &below, Some(start));
                }
            }
            Out::List(items) if !items.is_empty() => {
                let inline = !self.out.is_empty() && !self.out.ends_with('\n');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 || !inline {
                        self.indent(depth);
                    }
                    let start = self.here();
                    if i == 0 {
                        self.mark(pointer, key, start, true);
                    }
                    self.out.push_str("- ");
                    self.block(item, depth + 2, &format!("{pointer}/{i}"), None);
                }
            }
            _ => {
                if self.out.is_empty() || self.out.ends_with('\n') {
                    self.indent(depth);
                }
                self.flow(node, pointer, key, depth + 2);
                self.line_end();
            }
        }
    }

    /// What stands behind `key:`.
    fn value(&mut self, value: &Out, depth: usize, pointer: &str, key: Option<At>) {
        let inner = match value {
            Out::Map(members) => !members.is_empty(),
            Out::List(items) => !items.is_empty(),
            Out::Leaf(_) => false,
        };
        if inner && !self.rng.chance(20) {
            self.line_end();
            // Lists may stand as deep as their key.
            let deeper = if matches!(value, Out::List(_)) && self.rng.chance(50) { 0 } else { 2 };
            self.block(value, depth + deeper, pointer, key);
            return;
        }
        if !inner && self.rng.chance(4) {
            self.line_end();
            self.indent(depth + 2);
        } else {
            self.out.push(' ');
        }
        self.flow(value, pointer, key, depth + 2);
        self.line_end();
    }

    /// A node within a line.
    fn flow(&mut self, node: &Out, pointer: &str, key: Option<At>, depth: usize) {
        let start = self.here();
        match node {
            Out::Leaf(Value::Array(items)) => {
                let items = items.iter().cloned().map(Out::Leaf).collect();
                self.flow(&Out::List(items), pointer, key, depth);
            }
            Out::Leaf(Value::Object(members)) => {
                let members = members.iter().map(|(k, v)| (k.clone(), Out::Leaf(v.clone()))).collect();
                self.flow(&Out::Map(members), pointer, key, depth);
            }
            Out::Leaf(value) => {
                self.mark(pointer, key, start, false);
                // Within brackets a block scalar can't stand.
                let depth = if key.is_some() && !self.in_brackets() { depth } else { 0 };
                self.scalar(value, false, depth);
            }
            Out::List(items) => {
                self.mark(pointer, key, start, true);
                self.out.push('[');
                for (i, item) in items.iter().enumerate() {
                    self.out.push_str(if i > 0 { ", " } else { "" });
                    self.flow(item, &format!("{pointer}/{i}"), None, 0);
                }
                self.out.push(']');
            }
            Out::Map(members) => {
                self.mark(pointer, key, start, true);
                self.out.push('{');
                for (i, (name, value)) in members.iter().enumerate() {
                    self.out.push_str(if i > 0 { ", " } else { " " });
                    let at = self.here();
                    self.scalar(&Value::from(&**name), true, 0);
                    self.out.push_str(": ");
                    let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                    self.flow(value, &below, Some(at), 0);
                }
                self.out.push_str(if members.is_empty() { "}" } else { " }" });
            }
        }
    }

    /// True if the line that is being written has an open bracket.
    fn in_brackets(&self) -> bool {
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        line.contains(['[', '{'])
    }

    /// A scalar; `depth` is how deep the lines of a block scalar would stand, 0 where there can be none.
    fn scalar(&mut self, value: &Value, is_key: bool, depth: usize) {
        let Value::String(text) = value else {
            let null = value.is_null() && self.rng.chance(30);
            self.out.push_str(if null { "~" } else { "" });
            if !null {
                self.out.push_str(&value.to_string());
            }
            return;
        };
        let simple = text.chars().all(|c| !c.is_control());
        if depth > 0 && text.contains('\n') && self.rng.chance(50) {
            self.block_scalar = true;
            self.out.push_str("|-");
            for line in text.split('\n') {
                self.out.push('\n');
                self.indent(depth);
                self.out.push_str(line);
            }
        } else if is_plain(text) && self.rng.chance(80) {
            self.out.push_str(text);
        } else if simple && !is_key && self.rng.chance(40) {
            self.out.push_str(&format!("'{}'", text.replace('\'', "''")));
        } else {
            self.out.push_str(&value.to_string());
        }
    }
}
