//! YAML text into the arena: granit-parser's events, resolved as Kubernetes' parser does.
//!
//! The one file that knows granit-parser. Aliases are copied within a budget and marked [`flags::ALIASED`]; merge keys are
//! merged; a key twice is an error; what has no JSON form is an error. A broken document does not hide the others of its
//! stream.
//!
//! Positions: a scalar is its text with its quotes; a block scalar begins at its `|` or `>` and ends behind its last
//! visible character; a block list begins at its first `-`, a block map at its first key, and both end where their last
//! value ends; tags and anchors stand before a node, not in it.

use super::build::Builder;
use super::error::{Fault, InputErrorKind};
use super::node::{Key, Node, Tag, flags};
use super::read::{Limits, Output};
use super::resolve::{go_general, resolve};
use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle};
use std::collections::BTreeMap;

/// The namespace of YAML's own tags.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// Reads a stream.
pub(super) fn read(out: &mut Output<'_>) {
    let (source, symbols) = (out.source.clone(), out.options.symbols.clone());
    if let Some(fault) = foreign_line_end(&source.text) {
        return out.push(Err(fault));
    }
    let mut parser = parser(&source.text, out.options.limits, false);
    loop {
        let limits = out.limits();
        let mut reading = Reading::new(Builder::new(&source.text, &symbols, limits), &source.text, limits);
        let result = reading.document(&mut parser);
        out.spend_aliases(reading.alias_nodes);
        match result {
            Ok(End::Stream) => return,
            Ok(End::Document) if reading.is_empty() => {}
            Ok(End::Document) => out.push(Ok(reading.builder)),
            Err(fault) => {
                out.push(Err(fault));
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    return;
                }
            }
        }
    }
}

/// Characters that end a line for go-yaml (YAML 1.1) and for no reader of YAML 1.2: what stands behind one in a comment is a
/// field for Kubernetes and nothing for others, so no text may have one.
fn foreign_line_end(text: &str) -> Option<Fault> {
    const ENDS: &[(char, &str)] = &[('\u{85}', "\\N"), ('\u{2028}', "\\L"), ('\u{2029}', "\\P")];
    memchr::memchr2_iter(0xC2, 0xE2, text.as_bytes()).find_map(|at| {
        let found = text.get(at..)?.chars().next()?;
        let (_, escape) = ENDS.iter().find(|(end, _)| *end == found)?;
        let message = format!(
            "the character U+{:04X} ends a line for Kubernetes and not for other readers; write it as \"{escape}\"",
            u32::from(found)
        );
        Some(fault(InputErrorKind::Yaml, (at, at.saturating_add(found.len_utf8())), message))
    })
}

/// granit-parser, set to accept what go-yaml v2 (libyaml) accepts.
pub(super) fn parser(text: &str, limits: Limits, comments: bool) -> Parser<'_, StrInput<'_>> {
    let mut options = Options::default();
    options.set_emit_comments(comments);
    options.max_buffered_comment_events = usize::MAX;
    options.block_scalar_eof_without_line_feed = true;
    options.flow_nesting_limit = limits.max_depth;
    options.block_nesting_limit = limits.max_depth;
    Parser::new_from_str_with_options(text, options)
}

/// Where reading stopped.
enum End {
    Document,
    Stream,
}

/// A finished node that aliases may name.
struct Anchored {
    nodes: Vec<Node>,
    keys: Vec<Key>,
    depth: usize,
}

/// A list or map that is open.
struct Frame {
    tag: Tag,
    anchor: usize,
    node: u32,
    /// In a map: a key comes next.
    key_next: bool,
    /// In a map: the value that comes next belongs to `<<`.
    merge_next: bool,
    /// Values of `<<`.
    merges: Vec<u32>,
}

/// A document in the making.
struct Reading<'s> {
    builder: Builder<'s>,
    text: &'s str,
    limits: Limits,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Option<Anchored>>,
    alias_nodes: usize,
    /// Offset behind the last token that stands for a value.
    last_end: usize,
}

fn fault(kind: InputErrorKind, (start, end): (usize, usize), message: impl Into<String>) -> Fault {
    Fault::over(kind, start, end, message)
}

impl<'s> Reading<'s> {
    fn new(builder: Builder<'s>, text: &'s str, limits: Limits) -> Reading<'s> {
        let (frames, anchors) = (Vec::new(), BTreeMap::new());
        Reading { builder, text, limits, frames, anchors, alias_nodes: 0, last_end: 0 }
    }

    /// Empty documents (`---` and comments, or just `null`) are not counted, as kubectl skips them.
    fn is_empty(&self) -> bool {
        self.builder.nodes.first().is_none_or(|n| n.tag == Tag::Null)
    }

    fn document(&mut self, parser: &mut Parser<'s, StrInput<'s>>) -> Result<End, Fault> {
        while let Some(next) = parser.next_event() {
            let (event, span) = next.map_err(|e| self.syntax(&e))?;
            let (start, end) = span.byte_range().map_or((0, 0), |r| (r.start, r.end));
            match event {
                Event::Scalar(text, style, anchor, tag) => {
                    let tag = tag.as_deref().map(tag_name);
                    self.scalar(&text, style, tag.as_deref(), anchor, (start, end))?;
                }
                Event::SequenceStart(style, anchor, _) => self.open(Tag::List, style, anchor, start)?,
                Event::MappingStart(style, anchor, _) => self.open(Tag::Map, style, anchor, start)?,
                Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
                Event::Alias(id) => self.alias(id, (start, end))?,
                Event::DocumentStart(..) => self.last_end = end,
                Event::DocumentEnd => return Ok(End::Document),
                Event::StreamEnd => break,
                _ => {}
            }
        }
        Ok(End::Stream)
    }

    fn syntax(&self, error: &ScanError) -> Fault {
        let at = error.marker().byte_offset().unwrap_or(0);
        match error.kind() {
            ErrorKind::RecursionLimitExceeded => self.builder.too_deep(at),
            ErrorKind::UnknownAnchor => Fault::at(InputErrorKind::Yaml, at, "there is no anchor of this name before"),
            _ => Fault::at(InputErrorKind::Yaml, at, error.info()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&str>,
        anchor: usize,
        span: (usize, usize),
    ) -> Result<(), Fault> {
        let plain = style == ScalarStyle::Plain;
        let implied = plain && span.0 == span.1;
        let text = if implied && tag.is_none() { "" } else { text };
        let (start, end) = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_scalar(span),
            _ if implied => self.implied(span.0, anchor == 0 && tag.is_none()),
            _ => span,
        };
        self.last_end = self.last_end.max(end);
        // `!` takes the resolution away from all other texts, but go-yaml still merges.
        if self.key_next() && text == "<<" && (plain && tag.is_none() || matches!(tag, Some("merge" | "!"))) {
            return self.key("<<", start, end, true);
        }
        let value = resolve(tag, plain, text).map_err(|m| fault(InputErrorKind::Yaml, (start, end), m))?;
        let text_at = if plain { start } else { start.saturating_add(1) };
        let json = value.json(text_at);
        if self.key_next() {
            let bad = |m: &str| fault(InputErrorKind::Value, (start, end), m);
            let key = value.key().map_err(bad)?;
            if anchor != 0
                && let Ok(json) = json
            {
                let node = self.builder.detached(json, 0, start, end)?;
                let keys = vec![Key::default()];
                self.anchors.insert(anchor, Some(Anchored { nodes: vec![node], keys, depth: 0 }));
            }
            return self.key(&key, start, end, false);
        }
        let json = json.map_err(|m| fault(InputErrorKind::Value, (start, end), m))?;
        let flags = if plain { 0 } else { flags::QUOTED };
        self.builder.scalar(json, flags, start, end)?;
        self.finished(offset_back(self.builder.nodes.len()), anchor, 0)
    }

    fn key_next(&self) -> bool {
        self.frames.last().is_some_and(|f| f.key_next)
    }

    fn key(&mut self, text: &str, start: usize, end: usize, merge: bool) -> Result<(), Fault> {
        let quote = usize::from(matches!(self.text.as_bytes().get(start), Some(b'"' | b'\'')));
        self.builder.key(text, start.saturating_add(quote), start, end)?;
        if let Some(frame) = self.frames.last_mut() {
            frame.key_next = false;
            frame.merge_next = merge;
        }
        Ok(())
    }

    fn open(&mut self, tag: Tag, style: StructureStyle, anchor: usize, start: usize) -> Result<(), Fault> {
        if self.key_next() {
            return Err(fault(InputErrorKind::Value, (start, start), "a list or map can't be a key in JSON"));
        }
        let flow = style == StructureStyle::Flow;
        // A list that is not indented below its key is reported at its first item: look for the dash.
        let below_key = !flow && tag == Tag::List && self.frames.last().is_some_and(|f| f.tag == Tag::Map);
        let dash = || indicator(self.text, self.last_end, start.saturating_add(1), b"-");
        let start = if below_key { dash().unwrap_or(start) } else { start };
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        let node = super::error::offset(self.builder.nodes.len());
        self.builder.open(tag, if flow { flags::FLOW } else { 0 }, start)?;
        let key_next = tag == Tag::Map;
        self.frames.push(Frame { tag, anchor, node, key_next, merge_next: false, merges: Vec::new() });
        self.last_end = self.last_end.max(start);
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        // The end of a block list or map is an empty event at the token that follows; of one in brackets, the bracket.
        if let Some(range) = span.byte_range().filter(|r| !r.is_empty()) {
            self.last_end = self.last_end.max(range.end);
        }
        if frame.merges.is_empty() {
            self.builder.close(self.last_end)?;
        } else {
            let size = self.builder.nodes.len().saturating_sub(frame.node as usize);
            self.spend(size, self.last_end)?;
            super::merge::merge(&mut self.builder, frame.node, &frame.merges, self.last_end)?;
        }
        let depth = if frame.anchor == 0 { 0 } else { self.depth_of(frame.node) };
        self.finished(frame.node, frame.anchor, depth)
    }

    /// How many lists and maps stand within each other in a finished node, itself counted.
    fn depth_of(&self, node: u32) -> usize {
        let mut ends: Vec<u32> = Vec::new();
        let mut most = 0;
        for (at, n) in (node..).zip(self.builder.nodes.get(node as usize..).unwrap_or_default()) {
            while ends.last().is_some_and(|end| *end <= at) {
                ends.pop();
            }
            if matches!(n.tag, Tag::List | Tag::Map) {
                ends.push(n.skip);
                most = most.max(ends.len());
            }
        }
        most
    }

    /// A value is whole: the map that it stands in takes a key next, and its anchor names it.
    fn finished(&mut self, node: u32, anchor: usize, depth: usize) -> Result<(), Fault> {
        if let Some(frame) = self.frames.last_mut() {
            frame.key_next = frame.tag == Tag::Map;
            if std::mem::take(&mut frame.merge_next) {
                frame.merges.push(node);
            }
        }
        if anchor == 0 {
            return Ok(());
        }
        let from = node as usize;
        let mut nodes = self.builder.nodes.get(from..).unwrap_or_default().to_vec();
        let keys = self.builder.keys.get(from..).unwrap_or_default().to_vec();
        self.spend(nodes.len(), self.last_end)?;
        for n in &mut nodes {
            n.skip = n.skip.saturating_sub(node);
        }
        self.anchors.insert(anchor, Some(Anchored { nodes, keys, depth }));
        Ok(())
    }

    fn alias(&mut self, id: usize, span: (usize, usize)) -> Result<(), Fault> {
        self.last_end = self.last_end.max(span.1);
        let found = match self.anchors.get(&id) {
            Some(Some(found)) => found,
            Some(None) => {
                return Err(fault(InputErrorKind::Yaml, span, "the anchor's value contains itself"));
            }
            None => {
                return Err(fault(InputErrorKind::Yaml, span, "there is no anchor of this name before"));
            }
        };
        if self.key_next() {
            let root = found.nodes.first().copied();
            let key = root.and_then(|n| key_of_scalar(&self.builder, &n));
            let Some(key) = key else {
                return Err(fault(InputErrorKind::Value, span, "only text, a number or a truth value can be a key"));
            };
            return self.key(&key, span.0, span.1, false);
        }
        if self.builder.depth().saturating_add(found.depth) > self.limits.max_depth {
            return Err(self.builder.too_deep(span.0));
        }
        let size = found.nodes.len();
        let at = super::error::offset(self.builder.nodes.len());
        self.alias_nodes = self.alias_nodes.saturating_add(size);
        self.check_aliases(span.0)?;
        if let Some(Some(found)) = self.anchors.get(&id) {
            self.builder.graft(&found.nodes, &found.keys, flags::ALIASED)?;
        }
        self.finished(at, 0, 0)
    }

    fn spend(&mut self, nodes: usize, at: usize) -> Result<(), Fault> {
        self.alias_nodes = self.alias_nodes.saturating_add(nodes);
        self.check_aliases(at)
    }

    fn check_aliases(&self, at: usize) -> Result<(), Fault> {
        if self.alias_nodes <= self.limits.max_alias_nodes {
            return Ok(());
        }
        Err(Fault::at(InputErrorKind::Limit, at, "anchors and aliases stand for more values than the limit"))
    }

    /// Where a value that is not written stands: behind its key's colon or its dash.
    fn implied(&self, at: usize, bare: bool) -> (usize, usize) {
        let top = self.frames.last();
        let in_list = top.is_some_and(|f| f.tag == Tag::List && !self.is_flow(f.node));
        let behind = match self.text.as_bytes().get(at) {
            _ if in_list && bare => indicator(self.text, self.last_end, at, b"-"),
            Some(b':') if !self.key_next() => Some(at),
            _ => None,
        };
        let at = behind.map_or(at, |at| at.saturating_add(1));
        (at, at)
    }

    fn is_flow(&self, node: u32) -> bool {
        self.builder.nodes.get(node as usize).is_some_and(|n| n.flags & flags::FLOW != 0)
    }

    /// From the indicator of a block scalar to behind its last visible character; granit-parser gives its content.
    fn block_scalar(&self, (start, end): (usize, usize)) -> (usize, usize) {
        let header = indicator(self.text, self.last_end, start, b"|>").unwrap_or(start);
        let content = self.text.get(header..end).unwrap_or_default();
        (header, header.saturating_add(content.trim_end().len()))
    }
}

fn offset_back(len: usize) -> u32 {
    super::error::offset(len.saturating_sub(1))
}

/// The name behind YAML's own prefix, or the whole tag.
fn tag_name(tag: &granit_parser::Tag) -> String {
    match tag.suffix_in_namespace(YAML_TAGS) {
        Some(name) => name.into_owned(),
        None => tag.original(),
    }
}

fn key_of_scalar(builder: &Builder<'_>, node: &Node) -> Option<String> {
    let text = super::node::TextRef { start: node.a, len: node.b };
    match node.tag {
        Tag::Str => Some(builder.text_of(text).to_owned()),
        Tag::Bool => Some(if node.a != 0 { "true" } else { "false" }.to_owned()),
        Tag::Int => Some(node.bits().cast_signed().to_string()),
        Tag::Float => Some(go_general(f64::from_bits(node.bits()))),
        Tag::Null | Tag::List | Tag::Map => None,
    }
}

/// The first of these indicators between the token before a node and its content: behind the colon or dash, tag, anchor
/// and comments.
pub(super) fn indicator(text: &str, from: usize, until: usize, wanted: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < until {
        let rest = bytes.get(at..until)?;
        let skip = match rest.first()? {
            b if wanted.contains(b) => return Some(at),
            b'#' => memchr::memchr(b'\n', rest)?,
            b'&' | b'!' => rest.iter().position(u8::is_ascii_whitespace)?,
            _ => 1,
        };
        at = at.saturating_add(skip.max(1));
    }
    None
}
