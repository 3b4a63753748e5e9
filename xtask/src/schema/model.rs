//! The types as they are collected, before they get numbers.

use std::collections::BTreeMap;

/// What a field holds; types are named by their path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    /// A scalar, by the letter of the table.
    Scalar(char),
    /// A type, by its path: `core.v1.PodSpec`.
    Named(String),
    /// A list.
    List(Box<Ty>),
    /// A map.
    Map(Box<Ty>),
}

impl Ty {
    /// Reads a type as the data files write it: `string`, `list<core.v1.Container>`.
    pub(super) fn parse(text: &str) -> Option<Ty> {
        let inner = |prefix: &str| text.strip_prefix(prefix)?.strip_suffix('>').and_then(Ty::parse).map(Box::new);
        if let Some(of) = inner("list<") {
            return Some(Ty::List(of));
        }
        if let Some(of) = inner("map<") {
            return Some(Ty::Map(of));
        }
        let scalars = [
            ("bool", 'b'),
            ("int", 'i'),
            ("float", 'f'),
            ("string", 's'),
            ("quantity", 'q'),
            ("time", 't'),
            ("int|string", 'x'),
            ("any", 'a'),
        ];
        match scalars.iter().find(|(name, _)| *name == text) {
            Some((_, letter)) => Some(Ty::Scalar(*letter)),
            None => (text.split('.').count() == 3).then(|| Ty::Named(text.to_owned())),
        }
    }

    /// The paths that it names.
    pub(super) fn named(&self) -> Option<&str> {
        match self {
            Ty::Scalar(_) => None,
            Ty::Named(path) => Some(path),
            Ty::List(of) | Ty::Map(of) => of.named(),
        }
    }
}

/// A field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) ty: Ty,
    pub(super) required: bool,
    pub(super) empty_if_absent: bool,
    pub(super) doc: String,
    pub(super) default: Option<String>,
    pub(super) when: String,
    pub(super) list_map_keys: String,
    pub(super) values: String,
    pub(super) since: Option<u8>,
    pub(super) until: Option<u8>,
}

impl Field {
    /// A field of which only the type is known.
    pub(super) fn new(ty: Ty) -> Self {
        Self {
            ty,
            required: false,
            empty_if_absent: false,
            doc: String::new(),
            default: None,
            when: String::new(),
            list_map_keys: String::new(),
            values: String::new(),
            since: None,
            until: None,
        }
    }
}

/// A kind.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) namespaced: bool,
    /// It is no kind of Kubernetes' own.
    pub(super) custom: bool,
    pub(super) since: Option<u8>,
    pub(super) until: Option<u8>,
}

/// A type.
#[derive(Clone, Debug, Default)]
pub(super) struct Type {
    pub(super) doc: String,
    pub(super) fields: BTreeMap<String, Field>,
    pub(super) kind: Option<Kind>,
    /// There may be other fields.
    pub(super) open: bool,
}

/// Everything, by path.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) types: BTreeMap<String, Type>,
    /// Group, version, kind, last minor, path of the type that reads it.
    pub(super) retired: Vec<[String; 5]>,
    /// Path, name, path of the type of its object.
    pub(super) subresources: Vec<[String; 3]>,
}
