//! Values as text in the style of a file.

use super::super::node::{Document, NodeId, Tag, flags};
use super::super::read::Format;
use super::super::resolve::{Yaml, resolve};
use serde_json::Value;

/// How a file writes things.
#[derive(Clone, Debug)]
pub(super) struct Style {
    /// Its line end.
    pub(super) eol: &'static str,
    /// Columns from a map to the map in it.
    pub(super) unit: usize,
    /// Columns from a key to the dashes of its list.
    pub(super) dash: usize,
    /// Keys and texts in double quotes, as in JSON.
    pub(super) json: bool,
    /// Between a colon and its value, in JSON.
    pub(super) colon: &'static str,
}

impl Style {
    /// What the document shows; where it shows nothing, what `kubectl` writes.
    pub(super) fn of(document: &Document, format: Format) -> Style {
        let text: &str = &document.source().text;
        let root = document.node(NodeId::ROOT);
        let flow = root.is_some_and(|n| n.flags & flags::FLOW != 0);
        let first_key = document.children(NodeId::ROOT).next().and_then(|c| document.key_span(c));
        let first_byte = |(start, _): (u32, u32)| text.as_bytes().get(start as usize).copied();
        let json = matches!(format, Format::Json | Format::JsonLines)
            || flow && first_key.is_none_or(|span| first_byte(span) == Some(b'"'));
        let (unit, dash) = steps(document, flow);
        let tight = json && text.contains("\":") && !text.contains("\": ");
        Style {
            eol: if text.contains("\r\n") { "\r\n" } else { "\n" },
            unit: unit.unwrap_or(2),
            dash: dash.unwrap_or(0),
            json,
            colon: if tight { "" } else { " " },
        }
    }

    /// A line end and spaces.
    pub(super) fn line(&self, indent: usize) -> String {
        format!("{}{}", self.eol, " ".repeat(indent))
    }

    /// A key.
    pub(super) fn key(&self, key: &str) -> String {
        if self.json || !plain(key, true) { quoted(key) } else { key.to_owned() }
    }

    /// A value on one line.
    pub(super) fn flow(&self, value: &Value) -> String {
        let (open, close) = match value {
            Value::Array(_) => ('[', ']'),
            Value::Object(_) => ('{', '}'),
            Value::String(text) if self.json || !plain(text, true) => return quoted(text),
            Value::String(text) => return text.clone(),
            other => return other.to_string(),
        };
        let space = if self.json { self.colon } else { " " };
        let parts: Vec<String> = match value {
            Value::Object(members) => {
                members.iter().map(|(k, v)| format!("{}:{space}{}", self.key(k), self.flow(v))).collect()
            }
            Value::Array(items) => items.iter().map(|v| self.flow(v)).collect(),
            _ => Vec::new(),
        };
        format!("{open}{}{close}", parts.join(&format!(",{space}")))
    }

    /// A value in brackets over several lines, as JSON files have it.
    pub(super) fn tall(&self, value: &Value, indent: usize) -> String {
        let inner = indent.saturating_add(self.unit);
        let (open, close, parts): (_, _, Vec<String>) = match value {
            Value::Array(items) if !items.is_empty() => ('[', ']', items.iter().map(|v| self.tall(v, inner)).collect()),
            Value::Object(members) if !members.is_empty() => {
                let member =
                    |(k, v): (&String, &Value)| format!("{}:{}{}", self.key(k), self.colon, self.tall(v, inner));
                ('{', '}', members.iter().map(member).collect())
            }
            other => return self.flow(other),
        };
        let line = self.line(inner);
        format!("{open}{line}{}{}{close}", parts.join(&format!(",{line}")), self.line(indent))
    }

    /// What stands behind a key's colon, where the key begins in column `indent`.
    pub(super) fn behind_key(&self, value: &Value, indent: usize) -> String {
        match self.below_key(value, indent) {
            Some(lines) => lines,
            None => format!(" {}", self.text_or_flow(value)),
        }
    }

    /// The lines below a key, for a list or map that is not empty.
    pub(super) fn below_key(&self, value: &Value, indent: usize) -> Option<String> {
        let inner = indent.saturating_add(if value.is_array() { self.dash } else { self.unit });
        is_full(value).then(|| format!("{}{}", self.line(inner), self.block(value, inner)))
    }

    /// A value in block style that begins in column `indent`; its first line has no indentation.
    pub(super) fn block(&self, value: &Value, indent: usize) -> String {
        let line = self.line(indent);
        match value {
            Value::Object(members) if !members.is_empty() => {
                let member = |(k, v): (&String, &Value)| format!("{}:{}", self.key(k), self.behind_key(v, indent));
                members.iter().map(member).collect::<Vec<_>>().join(&line)
            }
            Value::Array(items) if !items.is_empty() => {
                let inner = indent.saturating_add(2);
                let item = |v: &Value| format!("- {}", self.block(v, inner));
                items.iter().map(item).collect::<Vec<_>>().join(&line)
            }
            other => self.text_or_flow(other),
        }
    }

    /// Outside of brackets, more texts can do without quotes.
    fn text_or_flow(&self, value: &Value) -> String {
        match value {
            Value::String(text) if !self.json && plain(text, false) => text.clone(),
            other => self.flow(other),
        }
    }

    /// A scalar in place of another that began with this byte: it keeps its quotes, if it can.
    pub(super) fn instead(&self, value: &Value, old: Option<u8>, in_flow: bool) -> String {
        match (value, old) {
            (Value::String(text), Some(b'\'')) if !text.contains(|c: char| c.is_control() || c == '\u{FEFF}') => {
                format!("'{}'", text.replace('\'', "''"))
            }
            (Value::String(text), Some(b'"')) => quoted(text),
            _ if in_flow => self.flow(value),
            _ => self.text_or_flow(value),
        }
    }
}

/// True for a list or map that is not empty.
pub(super) fn is_full(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => false,
    }
}

/// In double quotes: JSON's escapes are YAML's too. What neither may hold as it is gets an escape.
fn quoted(text: &str) -> String {
    let json = Value::String(text.to_owned()).to_string();
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// True if a text needs no quotes, for our reader nor for another one.
fn plain(text: &str, in_flow: bool) -> bool {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '$'));
    let last = text.chars().next_back().is_some_and(|c| !c.is_whitespace() && c != ':');
    let good = |c: char| match c {
        ' '..='~' => !in_flow || !matches!(c, ',' | '[' | ']' | '{' | '}'),
        c => c.is_alphanumeric(),
    };
    let digits = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'-' | b'_' | b'+'));
    first
        && last
        && !digits
        && text.chars().all(good)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("...")
        && matches!(resolve(None, true, text), Ok(Yaml::Str(_)))
}

/// Columns from maps to the maps in them and from keys to their dashes: of the first that there are.
fn steps(document: &Document, flow: bool) -> (Option<usize>, Option<usize>) {
    let (mut unit, mut dash) = (None, None);
    let source = document.source();
    let column = |offset: u32| source.position(offset).column as usize;
    for id in (1..u32::try_from(document.len()).unwrap_or(0)).map(NodeId) {
        if unit.is_some() && (dash.is_some() || flow) {
            break;
        }
        let (Some(node), Some((key, _))) = (document.node(id), document.key_span(id)) else { continue };
        let below = source.position(node.start).line > source.position(key).line;
        if node.flags & flags::ALIASED != 0 {
            continue;
        }
        match node.tag {
            Tag::List if below && !flow => {
                dash.get_or_insert(column(node.start).saturating_sub(column(key)));
            }
            Tag::Map if below || flow => {
                let start = if flow {
                    document.children(id).next().and_then(|c| document.key_span(c))
                } else {
                    Some((node.start, 0))
                };
                let step = start.map(|(start, _)| column(start).saturating_sub(column(key)));
                unit = unit.or(step.filter(|n| (1..=8).contains(n)));
            }
            _ => {}
        }
    }
    (unit, dash)
}
