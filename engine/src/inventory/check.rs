//! The typed check: an object against the type of its kind, as far as policies look.
//!
//! A node of another type than its field is marked and is one input error; reading it ends a rule, so it can never make
//! one pass. A field that is unknown is never an error; one that differs from a known field only by case is noted, for a
//! reader that folds case would see it.

use super::objects::matches_kind;
use crate::document::{Document, InputError, InputErrorKind, NodeId, Tag, flags};
use crate::program::symbol::Symbol;
use crate::program::{RecordDesc, TypeDesc};
use crate::scalar::ScalarKind;
use crate::vm::Code;

/// What a check found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Nodes to be marked.
    pub(super) wrong: Vec<NodeId>,
    /// One error for each.
    pub(super) errors: Vec<InputError>,
    /// Fields that another reader may take for known ones.
    pub(super) notes: Vec<InputError>,
}

/// Checks an object. Kinds that no policy knows have no type and no errors.
pub(super) fn check(code: &Code, document: &Document, root: NodeId, group: &str, kind: &str) -> Found {
    let mut found = Found::default();
    if document.tag(root) != Tag::Map {
        return found;
    }
    let types = code.program.kind_types.iter().filter(|k| matches_kind(&k.kind, group, kind));
    if let Some(of) = types.into_iter().next() {
        Check { code, document, found: &mut found, todo: vec![(root, of.ty)] }.run();
    }
    found
}

struct Check<'a> {
    code: &'a Code,
    document: &'a Document,
    found: &'a mut Found,
    todo: Vec<(NodeId, u32)>,
}

impl Check<'_> {
    /// Works off a list, so that nesting costs no stack.
    fn run(&mut self) {
        while let Some((node, ty)) = self.todo.pop() {
            self.node(node, ty);
        }
        // The list is worked off from its end; errors are told in the order of the document.
        crate::sort::stable(&mut self.found.errors, |a, b| a.offset.cmp(&b.offset));
        crate::sort::stable(&mut self.found.notes, |a, b| a.offset.cmp(&b.offset));
    }

    fn node(&mut self, node: NodeId, ty: u32) {
        let tag = self.document.tag(node);
        let Some(desc) = self.code.program.types.get(ty as usize) else { return };
        if tag == Tag::Null {
            return;
        }
        match desc {
            TypeDesc::Optional(inner) => self.node(node, *inner),
            TypeDesc::Union(members) => {
                match members.iter().find(|m| self.fits(node, tag, **m)) {
                    Some(member) => self.node(node, *member),
                    None => self.wrong(node, ty),
                };
            }
            _ if !self.fits(node, tag, ty) => self.wrong(node, ty),
            TypeDesc::List(item) | TypeDesc::Set(item) | TypeDesc::Map(_, item) => {
                self.todo.extend(self.document.children(node).map(|child| (child, *item)));
            }
            TypeDesc::Record(record) => self.record(node, record),
            _ => {}
        }
    }

    /// True if a node has the form of a type, whatever is below it.
    fn fits(&self, node: NodeId, tag: Tag, ty: u32) -> bool {
        match self.code.program.types.get(ty as usize) {
            None | Some(TypeDesc::Any) => true,
            Some(TypeDesc::Never | TypeDesc::Null) => false,
            Some(TypeDesc::Bool) => tag == Tag::Bool,
            Some(TypeDesc::Int) => tag == Tag::Int,
            Some(TypeDesc::Float) => matches!(tag, Tag::Int | Tag::Float),
            // What values a text may have is not a matter of type.
            Some(TypeDesc::Str | TypeDesc::Literal(_)) => tag == Tag::Str,
            Some(TypeDesc::Scalar(ScalarKind::Quantity)) if matches!(tag, Tag::Int | Tag::Float) => true,
            Some(TypeDesc::Scalar(kind)) => tag == Tag::Str && crate::vm::parses(*kind, self.document.str(node)),
            Some(TypeDesc::List(_) | TypeDesc::Set(_)) => tag == Tag::List,
            Some(TypeDesc::Map(..) | TypeDesc::Record(_) | TypeDesc::Workload) => tag == Tag::Map,
            Some(TypeDesc::Optional(inner)) => tag == Tag::Null || self.fits(node, tag, *inner),
            Some(TypeDesc::Union(members)) => members.iter().any(|m| self.fits(node, tag, *m)),
        }
    }

    fn record(&mut self, node: NodeId, record: &RecordDesc) {
        let symbols = &self.code.symbols;
        // Keys of a document that was read with the program's symbols carry them.
        let known = std::sync::Arc::ptr_eq(symbols, self.document.symbols());
        for child in self.document.children(node) {
            let key = self.document.key(child);
            let symbol = match known {
                true => self.document.node(child).map_or(Symbol::NONE, |n| n.key),
                false => symbols.find(key),
            };
            match record.fields.iter().find(|f| f.symbol == symbol.0) {
                Some(field) if field.read => self.todo.push((child, field.ty)),
                Some(_) => {}
                None => {
                    let folded = |f: &&crate::program::FieldDesc| {
                        f.read && symbols.name(Symbol(f.symbol)).eq_ignore_ascii_case(key)
                    };
                    if let Some(field) = record.fields.iter().find(folded) {
                        let name = symbols.name(Symbol(field.symbol));
                        let message = format!("the field `{key}` is unknown, but may be read as `{name}`");
                        let note = self.error(child, message);
                        self.found.notes.push(note);
                    }
                }
            }
        }
    }

    fn wrong(&mut self, node: NodeId, ty: u32) {
        if self.document.node(node).is_none_or(|n| n.flags & flags::WRONG_TYPE != 0) || self.found.wrong.contains(&node)
        {
            return;
        }
        let name = match self.document.key(node) {
            "" => "an item of the list".to_owned(),
            key => format!("`{key}`"),
        };
        let program = &self.code.program;
        let wanted = crate::vm::convert::describe(program, ty, 3);
        let found = match (program.types.get(ty as usize), self.document.tag(node)) {
            (Some(TypeDesc::Scalar(_)), Tag::Str) => "another text",
            (_, tag) => found(tag),
        };
        let error = self.error(node, format!("{name} must be {wanted}, but is {found}"));
        self.found.wrong.push(node);
        self.found.errors.push(error);
    }

    fn error(&self, node: NodeId, message: String) -> InputError {
        let document = self.document;
        let (start, _) = document.span(node);
        InputError {
            kind: InputErrorKind::WrongType,
            code: InputErrorKind::WrongType.code(),
            message,
            file: document.source().name.clone(),
            document: document.index(),
            pointer: document.pointer(node),
            offset: start,
            start: document.start(node),
            end: document.end(node),
        }
    }
}

/// What a node is, in words.
fn found(tag: Tag) -> &'static str {
    match tag {
        Tag::Null => "null",
        Tag::Bool => "true or false",
        Tag::Int => "a whole number",
        Tag::Float => "a number",
        Tag::Str => "a string",
        Tag::List => "a list",
        Tag::Map => "a map",
    }
}
