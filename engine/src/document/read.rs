//! Bytes → documents: decoding, formats, streams, and which nodes of a document are objects.
//!
//! INVARIANT: all documents of a file share one [`SourceText`], and their positions and pointers are those of the file.

use super::build::Builder;
use super::error::{Fault, InputError, InputErrorKind};
use super::node::{Document, NodeId, SourceText, Tag};
use super::{json, yaml};
use crate::program::symbol::Symbols;
use std::borrow::Cow;
use std::sync::Arc;

/// What a reader may spend on one input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of one input.
    pub max_bytes: usize,
    /// Lists and maps within each other.
    pub max_depth: usize,
    /// Values of one input, over all its documents.
    pub max_nodes: usize,
    /// Values that anchors, aliases and merge keys of one YAML input may stand for.
    pub max_alias_nodes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_bytes: 64 << 20, max_depth: 512, max_nodes: 4_000_000, max_alias_nodes: 1_000_000 }
    }
}

/// Errors that are listed of one input; of more there is but a note.
const MOST_ERRORS: usize = 50;

/// What a document costs beside its values, counted as values.
const DOCUMENT_COST: usize = 8;

/// Offsets are 32 bits, and one of them marks texts that are not in the source.
const MOST_BYTES: usize = (1 << 31) - 1;

/// How a text is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Format {
    /// Told by its first character.
    #[default]
    Auto,
    /// One JSON document.
    Json,
    /// JSON documents, one behind the other, usually one a line.
    JsonLines,
    /// A YAML stream.
    Yaml,
}

impl Format {
    /// The format that a file's name tells.
    #[must_use]
    pub fn of_path(path: &str) -> Format {
        const ENDINGS: &[(&str, Format)] = &[
            (".json", Format::Json),
            (".jsonl", Format::JsonLines),
            (".ndjson", Format::JsonLines),
            (".yaml", Format::Yaml),
            (".yml", Format::Yaml),
        ];
        let lower = path.to_ascii_lowercase();
        ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending)).map_or(Format::Auto, |(_, format)| *format)
    }
}

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// See [`Format`].
    pub format: Format,
    /// See [`Limits`].
    pub limits: Limits,
    /// The field names of the program that will look at the documents.
    pub symbols: Arc<Symbols>,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct ReadResult {
    /// The text; empty where the bytes are none.
    pub source: Arc<SourceText>,
    /// The documents that could be read, in order.
    pub documents: Vec<Arc<Document>>,
    /// What could not.
    pub errors: Vec<InputError>,
}

/// Reads all documents of an input. What can't be read is among the errors; the rest is read all the same.
#[must_use]
pub fn read(name: &str, bytes: &[u8], options: &ReadOptions) -> ReadResult {
    let most = options.limits.max_bytes.min(MOST_BYTES);
    let text = if bytes.len() > most {
        let message = format!("the input has {} bytes, more than the limit of {most}", bytes.len());
        Err(Fault::at(InputErrorKind::Limit, 0, message))
    } else {
        decode(bytes)
    };
    match text {
        Err(fault) => {
            let source = Arc::new(SourceText::new(name, ""));
            // The part that is text tells line and column.
            let before = bytes.get(..fault.start as usize).unwrap_or_default();
            let shown = SourceText::new(name, &format!("{}\u{fffd}", String::from_utf8_lossy(before)));
            let errors = vec![fault.locate(&shown, 0)];
            ReadResult { source, documents: Vec::new(), errors }
        }
        Ok(text) => read_text(Arc::new(SourceText::new(name, text)), options),
    }
}

/// Reads all documents of a text.
#[must_use]
pub fn read_text(source: Arc<SourceText>, options: &ReadOptions) -> ReadResult {
    let mut out = Output::new(source, options);
    let first = out.source.text.trim_start().chars().next();
    let brackets = matches!(first, Some('{' | '['));
    match options.format {
        Format::Json => read_json(&mut out),
        Format::JsonLines => read_json_lines(&mut out),
        Format::Auto | Format::Yaml if brackets => {
            // As kubectl does: JSON first. What is no JSON may be YAML in flow style, or a stream of it.
            read_json_lines(&mut out);
            if !out.errors.is_empty() {
                let json = std::mem::take(&mut out.errors);
                out = Output::new(out.source, options);
                yaml::read(&mut out);
                let broken = out.errors.iter().any(|e| e.kind == InputErrorKind::Yaml);
                if broken && options.format == Format::Auto {
                    out.errors = json;
                    out.documents.clear();
                }
            }
        }
        Format::Auto | Format::Yaml => yaml::read(&mut out),
    }
    super::template::recognise(&mut out.errors, &out.source);
    ReadResult { source: out.source, documents: out.documents, errors: out.errors }
}

/// Where readers put what they find.
pub(super) struct Output<'o> {
    pub(super) source: Arc<SourceText>,
    pub(super) options: &'o ReadOptions,
    documents: Vec<Arc<Document>>,
    errors: Vec<InputError>,
    index: u32,
    /// Values that may still be read.
    nodes_left: usize,
    /// Values that aliases may still stand for.
    alias_left: usize,
}

impl<'o> Output<'o> {
    fn new(source: Arc<SourceText>, options: &'o ReadOptions) -> Output<'o> {
        let Limits { max_nodes: nodes_left, max_alias_nodes: alias_left, .. } = options.limits;
        Output { source, options, documents: Vec::new(), errors: Vec::new(), index: 0, nodes_left, alias_left }
    }

    /// What the next document may spend.
    pub(super) fn limits(&self) -> Limits {
        Limits { max_nodes: self.nodes_left, max_alias_nodes: self.alias_left, ..self.options.limits }
    }

    /// A document, read or not, had aliases that stand for this many values.
    pub(super) fn spend_aliases(&mut self, nodes: usize) {
        self.alias_left = self.alias_left.saturating_sub(nodes);
    }

    /// A document was read, or was there and could not be.
    pub(super) fn push(&mut self, document: Result<Builder<'_>, Fault>) {
        match document {
            Ok(builder) => {
                let cost = builder.nodes.len().saturating_add(DOCUMENT_COST);
                self.nodes_left = self.nodes_left.saturating_sub(cost);
                let symbols = self.options.symbols.clone();
                self.documents.push(Arc::new(builder.finish(self.source.clone(), symbols, self.index)));
            }
            Err(fault) => self.error(fault),
        }
        self.index = self.index.saturating_add(1);
    }

    fn error(&mut self, fault: Fault) {
        match self.errors.len().cmp(&MOST_ERRORS) {
            std::cmp::Ordering::Less => self.errors.push(fault.locate(&self.source, self.index)),
            std::cmp::Ordering::Equal => {
                let message = format!("more than {MOST_ERRORS} errors in one input; the others are not listed");
                let note = Fault { kind: InputErrorKind::Limit, message, ..fault };
                self.errors.push(note.locate(&self.source, self.index));
            }
            std::cmp::Ordering::Greater => {}
        }
    }
}

fn read_json(out: &mut Output<'_>) {
    let (source, symbols) = (out.source.clone(), out.options.symbols.clone());
    let mut builder = Builder::new(&source.text, &symbols, out.limits());
    let result = json::read(&source.text, &mut builder);
    out.push(result.map(|()| builder));
}

/// JSON documents, one behind the other. Behind a broken one, reading goes on with the next line.
fn read_json_lines(out: &mut Output<'_>) {
    let (source, symbols) = (out.source.clone(), out.options.symbols.clone());
    let mut reader = json::Reader::new(&source.text, 0);
    reader.space();
    while !reader.at_end() {
        let mut builder = Builder::new(&source.text, &symbols, out.limits());
        match reader.value(&mut builder) {
            Ok(()) => out.push(Ok(builder)),
            Err(fault) => {
                out.push(Err(fault));
                let rest = source.text.as_bytes().get(reader.at..).unwrap_or_default();
                let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n.saturating_add(1));
                reader.at = reader.at.saturating_add(line);
                if out.options.format != Format::JsonLines {
                    return;
                }
            }
        }
        reader.space();
    }
}

/// UTF-8 without its byte order mark; anything else is refused with what it seems to be.
fn decode(bytes: &[u8]) -> Result<&str, Fault> {
    let encoding_at = |at: usize, message: &str| Err(Fault::at(InputErrorKind::Encoding, at, message));
    let encoding = |message: &str| encoding_at(0, message);
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => {
            return encoding("the text is UTF-32; save it as UTF-8");
        }
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            return encoding("the text is UTF-16; save it as UTF-8");
        }
        [0, 0, 0, b, ..] | [b, 0, 0, 0, ..] if *b != 0 => {
            return encoding("the text looks like UTF-32 without a byte order mark; save it as UTF-8");
        }
        [0, b, 0, c, ..] | [b, 0, c, 0, ..] if *b != 0 && *c != 0 => {
            return encoding("the text looks like UTF-16 without a byte order mark; save it as UTF-8");
        }
        _ => {}
    }
    if let Some(at) = memchr::memchr(0, bytes) {
        return encoding_at(at, "is a binary file: it has a NUL byte");
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text)),
        Err(error) => {
            let at = error.valid_up_to();
            let before = bytes.get(..at).unwrap_or_default();
            let line = memchr::memchr_iter(b'\n', before).count().saturating_add(1);
            let byte = bytes.get(at).copied().unwrap_or(0);
            let controls = bytes.iter().take(4096).filter(|b| **b < 9 || (14..32).contains(*b)).count();
            if controls > 8 {
                return encoding_at(at, "is a binary file");
            }
            encoding_at(at, &format!("the text is not UTF-8: byte 0x{byte:02X} in line {line}"))
        }
    }
}

/// An object of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Root<'d> {
    /// The object's node.
    pub node: NodeId,
    /// Its `apiVersion`, or that of the list it stands in; empty where neither says one.
    pub api_version: Cow<'d, str>,
    /// Its `kind`, or what the list's kind says (`PodList` holds `Pod`s); empty where neither says one.
    pub kind: Cow<'d, str>,
}

/// The objects of a document: itself, or the items of a `List` (also of lists in lists).
///
/// kubectl takes a document of any kind that has `items` for a list and makes what stands there, so objects among the
/// `items` of a kind that does not end in `List` are objects beside it.
#[must_use]
pub fn objects(document: &Document) -> Vec<Root<'_>> {
    let root = Root {
        node: NodeId::ROOT,
        api_version: text_member(document, NodeId::ROOT, "apiVersion").into(),
        kind: text_member(document, NodeId::ROOT, "kind").into(),
    };
    let mut todo = vec![root];
    let mut done = Vec::new();
    while let Some(root) = todo.pop() {
        let items = document.get_str(root.node, "items").filter(|items| document.tag(*items) == Tag::List);
        let Some(items) = items else {
            done.push(root);
            continue;
        };
        let list = root.kind.strip_suffix("List");
        // The plain `List` says nothing about its items, nor does what is no list.
        let (version, kind) = match list {
            Some("") | None => ("", ""),
            Some(of) => (root.api_version.as_ref(), of),
        };
        let from = todo.len();
        for node in document.children(items) {
            let own = |member, other: &str| match text_member(document, node, member) {
                "" => Cow::Owned(other.to_owned()),
                own => Cow::Borrowed(own),
            };
            let item = Root { node, api_version: own("apiVersion", version), kind: own("kind", kind) };
            if list.is_some() || !(item.api_version.is_empty() || item.kind.is_empty()) {
                todo.push(item);
            }
        }
        todo.get_mut(from..).unwrap_or_default().reverse();
        if list.is_none() {
            done.push(root);
        }
    }
    done
}

fn text_member<'d>(document: &'d Document, node: NodeId, member: &str) -> &'d str {
    document.get_str(node, member).map_or("", |id| document.str(id))
}

/// An admission request that a document is or holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admission<'d> {
    /// The request.
    pub request: NodeId,
    /// Its `object`; none where it is null, as in a DELETE.
    pub object: Option<NodeId>,
    /// Its `oldObject`; none where it is null, as in a CREATE.
    pub old_object: Option<NodeId>,
    /// `apiVersion` of the judged object, or what the request says of it.
    pub api_version: Cow<'d, str>,
    /// `kind` of the judged object, or what the request says of it.
    pub kind: Cow<'d, str>,
}

/// True for an `AdmissionReview`, whether it has a request or not.
#[must_use]
pub fn is_review(document: &Document) -> bool {
    text_member(document, NodeId::ROOT, "kind") == "AdmissionReview"
        && text_member(document, NodeId::ROOT, "apiVersion").starts_with("admission.k8s.io/")
}

/// The request, if the document is an `AdmissionReview` with one, or a bare request (`uid`, `operation`, an object).
#[must_use]
pub fn admission(document: &Document) -> Option<Admission<'_>> {
    let root = NodeId::ROOT;
    let is_review = is_review(document);
    let request = if is_review { document.get_str(root, "request")? } else { root };
    let part = |name| document.get_str(request, name).filter(|id| document.tag(*id) == Tag::Map);
    let (object, old_object) = (part("object"), part("oldObject"));
    let bare = || {
        !text_member(document, root, "uid").is_empty()
            && !text_member(document, root, "operation").is_empty()
            && (document.get_str(root, "object").is_some() || old_object.is_some())
    };
    if document.tag(request) != Tag::Map || !(is_review || bare()) {
        return None;
    }
    let judged = object.or(old_object);
    let own = |member| judged.map_or("", |id| text_member(document, id, member));
    let said = |member| part("kind").map_or("", |id| text_member(document, id, member));
    let api_version = match (own("apiVersion"), said("group"), said("version")) {
        ("", "", version) => Cow::Borrowed(version),
        ("", group, version) => Cow::Owned(format!("{group}/{version}")),
        (own, ..) => Cow::Borrowed(own),
    };
    let kind = if own("kind").is_empty() { said("kind") } else { own("kind") };
    Some(Admission { request, object, old_object, api_version, kind: kind.into() })
}

#[cfg(test)]
pub(super) mod tests;
