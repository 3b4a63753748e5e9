//! Where an edit changes a text.

use super::super::node::{Document, Node, NodeId, Tag, flags};
use super::super::pointer::Nearest;
use super::super::read::Format;
use super::super::yaml::indicator;
use super::render::{Style, is_full};
use super::{Edit, place_in, within};
use serde_json::{Map, Value};

/// A piece of the text and what comes in its place.
pub(super) struct Splice {
    start: usize,
    end: usize,
    text: String,
}

/// What an edit changes in the text of the file.
pub(super) fn splices(document: &Document, format: Format, edit: &Edit) -> Result<Vec<Splice>, String> {
    let at = Placer { document, text: &document.source().text, style: Style::of(document, format) };
    at.splices(edit)
}

/// The text with all splices made; an error where two of them meet.
pub(super) fn spliced(text: &str, mut splices: Vec<Splice>) -> Result<String, String> {
    splices.sort_by_key(|s| (s.start, s.end));
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for splice in &splices {
        let (Some(kept), true) = (text.get(done..splice.start), splice.start <= splice.end) else {
            return Err("its place in the text could not be found".to_owned());
        };
        out.push_str(kept);
        out.push_str(&splice.text);
        done = splice.end;
    }
    out.push_str(text.get(done..).ok_or("its place in the text could not be found")?);
    Ok(out)
}

struct Placer<'d> {
    document: &'d Document,
    text: &'d str,
    style: Style,
}

/// One splice.
fn put(start: usize, end: usize, text: impl Into<String>) -> Vec<Splice> {
    vec![Splice { start, end, text: text.into() }]
}

impl Placer<'_> {
    fn splices(&self, edit: &Edit) -> Result<Vec<Splice>, String> {
        let Nearest { node, rest } = self.document.nearest(edit.path()).ok_or("the path is no JSON pointer")?;
        self.own(node)?;
        match (edit, rest.split_first()) {
            (Edit::Remove { .. }, None) => self.remove(node),
            (Edit::Remove { .. }, Some(_)) => Ok(Vec::new()),
            (Edit::Add { value, .. }, None) if self.in_list(node) => self.insert_before(node, value),
            (Edit::Set { value, .. } | Edit::Add { value, .. }, None) => self.replace(node, value),
            (Edit::Set { value, .. } | Edit::Add { value, .. }, Some((step, below))) => match self.document.tag(node) {
                Tag::Map => self.add_member(node, step, &within(below, value)),
                Tag::List => {
                    let count = self.document.children(node).count();
                    place_in(count, step)?;
                    self.append(node, &within(below, value))
                }
                Tag::Null => self.replace(node, &within(&rest, value)),
                _ => Err(format!("`{step}` leads through a value that is no list or map")),
            },
        }
    }

    /// The text of a node that came from an alias stands elsewhere, and is shared.
    fn own(&self, node: NodeId) -> Result<(), String> {
        match self.node(node)?.flags & flags::ALIASED {
            0 => Ok(()),
            _ => Err("it comes from an alias: its text is shared with other places".to_owned()),
        }
    }

    fn node(&self, id: NodeId) -> Result<&Node, String> {
        self.document.node(id).ok_or_else(|| "there is no such node".to_owned())
    }

    fn span(&self, id: NodeId) -> Result<(usize, usize), String> {
        self.own(id)?;
        self.node(id).map(|n| (n.start as usize, n.end as usize))
    }

    fn key(&self, id: NodeId) -> Result<(usize, usize), String> {
        let span = self.document.key_span(id).ok_or("its key could not be found")?;
        Ok((span.0 as usize, span.1 as usize))
    }

    fn is_flow(&self, id: NodeId) -> bool {
        self.document.node(id).is_some_and(|n| n.flags & flags::FLOW != 0)
    }

    fn in_flow(&self, id: NodeId) -> bool {
        self.document.parent(id).is_some_and(|p| self.is_flow(p))
    }

    fn in_list(&self, id: NodeId) -> bool {
        self.document.parent(id).is_some_and(|p| self.document.tag(p) == Tag::List)
    }

    fn tail(&self, from: usize) -> &str {
        self.text.get(from..).unwrap_or_default()
    }

    fn line_start(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        before.rfind(['\n', '\r']).map_or(0, |at| at.saturating_add(1))
    }

    /// The offset of the line end behind an offset.
    fn line_end(&self, offset: usize) -> usize {
        offset.saturating_add(self.tail(offset).find(['\n', '\r']).unwrap_or(self.tail(offset).len()))
    }

    /// The offset of the next line.
    fn next_line(&self, offset: usize) -> usize {
        let end = self.line_end(offset);
        let length = if self.tail(end).starts_with("\r\n") { 2 } else { 1 };
        end.saturating_add(length).min(self.text.len())
    }

    fn column(&self, offset: usize) -> usize {
        self.text.get(self.line_start(offset)..offset).map_or(0, |s| s.chars().count())
    }

    /// True if only white space stands before it in its line.
    fn first_in_line(&self, offset: usize) -> bool {
        self.text.get(self.line_start(offset)..offset).is_some_and(|s| s.trim().is_empty())
    }

    /// The offset behind a key's colon.
    fn behind_colon(&self, id: NodeId) -> Result<usize, String> {
        let (_, end) = self.key(id)?;
        let rest = self.tail(end);
        let blank = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len());
        if !rest.trim_start_matches([' ', '\t']).starts_with(':') {
            return Err("the colon behind its key could not be found".to_owned());
        }
        Ok(end.saturating_add(blank).saturating_add(1))
    }

    fn replace(&self, id: NodeId, value: &Value) -> Result<Vec<Splice>, String> {
        let (start, end) = self.span(id)?;
        let old = self.node(id)?;
        let is_block = matches!(old.tag, Tag::List | Tag::Map) && old.flags & flags::FLOW == 0;
        let byte = (old.tag == Tag::Str).then(|| self.text.as_bytes().get(start).copied()).flatten();
        if self.style.json || self.in_flow(id) || self.is_flow(id) {
            return self.replace_in_flow(id, start, end, value);
        }
        let keyed = self.document.parent(id).is_some_and(|p| self.document.tag(p) == Tag::Map);
        if !keyed {
            let gap = if start == end && start > 0 { " " } else { "" };
            let text = if is_full(value) {
                self.style.block(value, self.column(start).saturating_add(gap.len()))
            } else {
                self.style.instead(value, byte, false)
            };
            return Ok(put(start, end, format!("{gap}{text}")));
        }
        let colon = self.behind_colon(id)?;
        let indent = self.column(self.key(id)?.0);
        let below = self.style.below_key(value, indent);
        let key_line = self.line_end(colon);
        if is_block && start > key_line {
            let lines_end = self.line_end(end);
            return Ok(match below {
                Some(lines) => put(key_line, lines_end, lines),
                None => {
                    let blank = self.text.get(colon..key_line).unwrap_or_default().trim().is_empty();
                    let mut out = put(key_line, lines_end, "");
                    let value = format!(" {}", self.style.instead(value, None, false));
                    out.extend(put(colon, if blank { key_line } else { colon }, value));
                    out
                }
            });
        }
        match below {
            None if start == end => Ok(put(start, end, format!(" {}", self.style.instead(value, None, false)))),
            None => Ok(put(start, end, self.style.instead(value, byte, false))),
            Some(lines) => {
                let line = self.line_end(end);
                let mut out = put(colon.min(start), end, "");
                out.extend(put(line, line, lines));
                Ok(out)
            }
        }
    }

    fn replace_in_flow(&self, id: NodeId, start: usize, end: usize, value: &Value) -> Result<Vec<Splice>, String> {
        let byte = self.text.as_bytes().get(start).copied().filter(|_| start < end);
        let mut text = self.style.instead(value, byte, true);
        if self.style.json && is_full(value) && self.is_tall(id) {
            text = self.style.tall(value, self.indent(start));
        }
        if start == end && self.document.key_span(id).is_some() {
            let colon = if self.behind_colon(id).is_ok_and(|at| at <= start) { " " } else { ": " };
            text = format!("{colon}{text}");
        }
        Ok(put(start, end, text))
    }

    /// Spaces that the line of an offset begins with.
    fn indent(&self, offset: usize) -> usize {
        let line = self.tail(self.line_start(offset));
        line.len().saturating_sub(line.trim_start_matches(' ').len())
    }

    /// True if a member or item begins its line: its list or map stands over several lines.
    fn is_tall(&self, id: NodeId) -> bool {
        let start = self.key(id).ok().or_else(|| self.span(id).ok()).map(|s| s.0);
        start.is_some_and(|s| self.first_in_line(s) && self.line_start(s) > 0)
    }

    fn add_member(&self, map: NodeId, key: &str, value: &Value) -> Result<Vec<Splice>, String> {
        if self.is_flow(map) {
            let name = self.style.key(key);
            return self.append_flow(map, value, |text, colon| format!("{name}:{colon}{text}"));
        }
        let (start, end) = self.span(map)?;
        let indent = self.column(start);
        let at = self.line_end(end);
        let member =
            format!("{}{}:{}", self.style.line(indent), self.style.key(key), self.style.behind_key(value, indent));
        Ok(put(at, at, member))
    }

    fn append(&self, list: NodeId, value: &Value) -> Result<Vec<Splice>, String> {
        if self.is_flow(list) {
            return self.append_flow(list, value, |text, _| text);
        }
        let (start, end) = self.span(list)?;
        let at = self.line_end(end);
        let line = self.style.line(self.column(start));
        Ok(put(at, at, format!("{line}{}", self.item(start, value))))
    }

    /// A list item with its dash, spaced as the one whose dash stands at `dash`.
    fn item(&self, dash: usize, value: &Value) -> String {
        let behind = self.tail(dash.saturating_add(1));
        let line = behind.split(['\n', '\r']).next().unwrap_or_default();
        let gap = line.len().saturating_sub(line.trim_start_matches(' ').len());
        let gap = if line.trim().is_empty() || line.trim().starts_with('#') { 1 } else { gap.clamp(1, 8) };
        let inner = self.column(dash).saturating_add(1).saturating_add(gap);
        format!("-{}{}", " ".repeat(gap), self.style.block(value, inner))
    }

    /// A member or item at the end of a list or map in brackets.
    fn append_flow(
        &self,
        at: NodeId,
        value: &Value,
        member: impl Fn(String, &str) -> String,
    ) -> Result<Vec<Splice>, String> {
        let (start, end) = self.span(at)?;
        let colon = if self.style.json { self.style.colon } else { " " };
        let Some(last) = self.document.children(at).last() else {
            let inside = start.saturating_add(1);
            return Ok(put(inside, end.saturating_sub(1), member(self.style.flow(value), colon)));
        };
        let (_, last_end) = self.span(last)?;
        let tall = self.is_tall(last);
        let indent = self.indent(self.key(last).or_else(|_| self.span(last))?.0);
        let text = if tall && self.style.json { self.style.tall(value, indent) } else { self.style.flow(value) };
        let gap = if tall { self.style.line(indent) } else { colon.to_owned() };
        let text = member(text, colon);
        let comma = indicator(self.text, last_end, end.saturating_sub(1), b",");
        Ok(match comma {
            Some(comma) => {
                let behind = comma.saturating_add(1);
                let place = if tall { self.line_end(behind) } else { behind };
                put(place, place, format!("{gap}{text}{}", if tall { "," } else { "" }))
            }
            None => put(last_end, last_end, format!(",{gap}{text}")),
        })
    }

    fn insert_before(&self, item: NodeId, value: &Value) -> Result<Vec<Splice>, String> {
        let (start, _) = self.span(item)?;
        if self.in_flow(item) {
            let tall = self.is_tall(item);
            let indent = self.indent(start);
            let gap = if tall { self.style.line(indent) } else { self.style.colon.to_owned() };
            let text = if tall && self.style.json { self.style.tall(value, indent) } else { self.style.flow(value) };
            return Ok(put(start, start, format!("{text},{gap}")));
        }
        let dash = self.dash(item)?;
        if !self.first_in_line(dash) {
            return Err("an item can't be put before the first one of a list within a list".to_owned());
        }
        let line = self.line_start(dash);
        let indent = " ".repeat(self.column(dash));
        Ok(put(line, line, format!("{indent}{}{}", self.item(dash, value), self.style.eol)))
    }

    /// The dash of an item in block style.
    fn dash(&self, item: NodeId) -> Result<usize, String> {
        let list = self.document.parent(item).ok_or("it stands in no list")?;
        let before = self.document.children(list).take_while(|c| *c < item).last();
        let from = match before {
            None => self.span(list)?.0,
            Some(before) => self.span(before)?.1,
        };
        let (start, _) = self.span(item)?;
        indicator(self.text, from, start.max(from.saturating_add(1)), b"-")
            .ok_or_else(|| "its dash could not be found".to_owned())
    }

    fn remove(&self, id: NodeId) -> Result<Vec<Splice>, String> {
        let parent = self.document.parent(id).ok_or("a document can't be removed from its file")?;
        let is_list = self.document.tag(parent) == Tag::List;
        if self.document.children(parent).count() == 1 {
            return self.remove_only(id, parent, is_list);
        }
        let (start, end) = self.span(id)?;
        let next = self.document.children(parent).find(|c| *c > id);
        let begin = |id: NodeId| match (is_list, self.is_flow(parent)) {
            (false, _) => self.key(id).map(|k| k.0),
            (true, true) => self.span(id).map(|s| s.0),
            (true, false) => self.dash(id),
        };
        let from = begin(id)?;
        let end = end.max(start).max(from);
        if self.is_flow(parent) {
            if let Some(next) = next {
                return Ok(put(from, begin(next)?, ""));
            }
            let before = self.document.children(parent).take_while(|c| *c < id).last().ok_or("it stands alone")?;
            return Ok(put(self.span(before)?.1, end, ""));
        }
        if self.first_in_line(from) {
            return Ok(put(self.line_start(from), self.next_line(end), ""));
        }
        // It shares its line with a dash: what follows moves up, unless comments stand between.
        let next = begin(next.ok_or("it stands alone")?)?;
        let between = self.text.get(self.line_end(end)..next).unwrap_or_default();
        if between.trim().is_empty() {
            return Ok(put(from, next, ""));
        }
        Ok(put(from, self.line_end(end), ""))
    }

    /// The last member or item goes away: the list or map stays, empty. Comments beside it stay too.
    fn remove_only(&self, id: NodeId, parent: NodeId, is_list: bool) -> Result<Vec<Splice>, String> {
        let empty = if is_list { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        if self.is_flow(parent) || self.document.key_span(parent).is_none() {
            return self.replace(parent, &empty);
        }
        let colon = self.behind_colon(parent)?;
        let (_, end) = self.span(id)?;
        let from = if is_list { self.dash(id)? } else { self.key(id)?.0 };
        if !self.first_in_line(from) || from < self.line_end(colon) {
            return self.replace(parent, &empty);
        }
        let mut out = put(self.line_start(from), self.next_line(end.max(from)), "");
        out.extend(put(colon, colon, format!(" {}", self.style.flow(&empty))));
        Ok(out)
    }
}
