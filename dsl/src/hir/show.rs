//! The typed tree and its types as text: `--emit hir`, messages, hover.

mod expr;
mod item;

pub use item::show;

use super::{Decl, RecordTy, Ty};
use crate::schema::Schema;
use plimsoll_engine::scalar::ScalarKind;
use rustc_hash::FxHashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// How deep a type is shown; what lies below is `…`.
const MAX_SHOWN: u32 = 4;

/// Names of declared record types, by identity: `Flag` instead of `{ value: string, word: any }`.
#[derive(Clone, Debug, Default)]
pub struct TypeNames(FxHashMap<usize, (Arc<RecordTy>, Arc<str>)>);

impl TypeNames {
    /// A record type is called `name`; the first name stays.
    pub fn insert(&mut self, record: &Arc<RecordTy>, name: &Arc<str>) {
        let key = Arc::as_ptr(record) as usize;
        self.0.entry(key).or_insert_with(|| (record.clone(), name.clone()));
    }

    /// The name of a record type.
    #[must_use]
    pub fn get(&self, record: &Arc<RecordTy>) -> Option<&str> {
        self.0.get(&(Arc::as_ptr(record) as usize)).map(|(_, name)| &**name)
    }
}

/// A type as an author would write it.
#[must_use]
pub fn show_ty(ty: &Ty, schema: &Schema, decls: &[Decl], names: &TypeNames) -> String {
    let mut out = String::new();
    Types { schema, decls, names }.ty(ty, 0, &mut out);
    out
}

/// The name of a scalar type.
#[must_use]
pub fn scalar_name(kind: ScalarKind) -> &'static str {
    match kind {
        ScalarKind::Quantity => "quantity",
        ScalarKind::Duration => "duration",
        ScalarKind::Time => "time",
        ScalarKind::Version => "version",
        ScalarKind::Cidr => "cidr",
        ScalarKind::Ip => "ip",
        ScalarKind::Image => "image",
        ScalarKind::Regex => "regex",
    }
}

/// What types are shown with.
struct Types<'a> {
    schema: &'a Schema,
    decls: &'a [Decl],
    names: &'a TypeNames,
}

impl Types<'_> {
    fn ty(&self, ty: &Ty, depth: u32, out: &mut String) {
        if depth > MAX_SHOWN {
            out.push('…');
            return;
        }
        let below = depth.saturating_add(1);
        let mut around = |before: &str, inner: &Ty, after: &str| {
            out.push_str(before);
            self.ty(inner, below, out);
            out.push_str(after);
        };
        match ty {
            Ty::Never => out.push_str("never"),
            Ty::Null => out.push_str("null"),
            Ty::Bool => out.push_str("bool"),
            Ty::Int => out.push_str("int"),
            Ty::Float => out.push_str("float"),
            Ty::String => out.push_str("string"),
            Ty::Literal(text) => out.push_str(&quoted(text)),
            Ty::Scalar(kind) => out.push_str(scalar_name(*kind)),
            Ty::List(item) => around("list<", item, ">"),
            Ty::Set(item) => around("set<", item, ">"),
            Ty::Map(key, value) => {
                around("map<", key, ", ");
                around("", value, ">");
            }
            Ty::Record(record) => self.record(record, below, out),
            Ty::Object(id) => out.push_str(&self.object(*id)),
            Ty::Opaque(kind, version) => {
                let _ = write!(out, "kind(\"{kind}\", \"{version}\")");
            }
            Ty::Decl(id) => out.push_str(self.decls.get(id.0 as usize).map_or("?", |d| &d.name)),
            Ty::Workload => out.push_str("Workload"),
            Ty::Union(members) => {
                for (i, member) in members.iter().enumerate() {
                    if i > 0 {
                        out.push_str(" | ");
                    }
                    self.ty(member, below, out);
                }
            }
            Ty::Optional(inner) if matches!(**inner, Ty::Union(_)) => around("(", inner, ")?"),
            Ty::Optional(inner) => around("", inner, "?"),
            Ty::Any => out.push_str("any"),
            Ty::Error => out.push('?'),
        }
    }

    fn record(&self, record: &Arc<RecordTy>, depth: u32, out: &mut String) {
        if let Some(name) = self.names.get(record) {
            out.push_str(name);
            return;
        }
        out.push_str("{ ");
        for (i, (name, ty)) in record.fields().iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            out.push_str(&field_name(name));
            match ty {
                Ty::Optional(inner) => {
                    out.push_str("?: ");
                    self.ty(inner, depth, out);
                }
                _ => {
                    out.push_str(": ");
                    self.ty(ty, depth, out);
                }
            }
        }
        out.push_str(if record.fields().is_empty() { "}" } else { " }" });
    }

    /// The short name where it means this type, else the name with its group.
    fn object(&self, id: crate::schema::TypeId) -> String {
        let def = self.schema.ty(id);
        match self.schema.kind(&def.name) {
            crate::schema::Lookup::Found(found) if found == id => def.name.to_string(),
            _ => def.path(),
        }
    }
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// A word as it is, any other field name in quotes.
fn field_name(name: &str) -> String {
    let word =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if word && !name.is_empty() { name.to_string() } else { quoted(name) }
}
