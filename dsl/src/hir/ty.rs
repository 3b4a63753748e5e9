//! Types of expressions.
//!
//! Unions are flat, hold no optional and no two equal members, and keep the order in which they were written, for of
//! several members the first that fits is taken; `Optional` never nests. The constructors keep that, so build types with
//! them.

use crate::schema::TypeId;
use plimsoll_engine::scalar::ScalarKind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Names a `type` declaration of the bundle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeclId(pub u32);

/// A type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ty {
    /// Nothing: the type of `fail(…)`, of the element of `[]`.
    Never,
    /// Only `null`.
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `string`
    String,
    /// `"any"`: one text
    Literal(Arc<str>),
    /// `quantity`, `time`, …
    Scalar(ScalarKind),
    /// `list<T>`
    List(Arc<Ty>),
    /// `set<T>`
    Set(Arc<Ty>),
    /// `map<K, V>`
    Map(Arc<Ty>, Arc<Ty>),
    /// `{ a: T, b?: U }`
    Record(Arc<RecordTy>),
    /// A kind or a type of the Kubernetes schema.
    Object(TypeId),
    /// `kind("Foo", "example.com/v1")` without a schema: `apiVersion`, `kind`, `metadata` are known, the rest is `any`.
    Opaque(Arc<str>, Arc<str>),
    /// A recursive `type` declaration, by name (others are replaced by what they stand for).
    Decl(DeclId),
    /// The open union of everything that carries a pod template.
    Workload,
    /// `A | B`, at least two, flat, in the order of the text.
    Union(Arc<[Ty]>),
    /// `T?`
    Optional(Arc<Ty>),
    /// JSON whose type is not known; may be null.
    Any,
    /// What had an error: fits everything, so that one mistake gives one error.
    Error,
}

/// A record type. Two are equal if their fields are.
#[derive(Clone, Debug)]
pub struct RecordTy {
    /// In the order of the declaration; `f?: T` has the type `T?`.
    fields: Vec<(Arc<str>, Ty)>,
    /// Where a name stands, for records with many fields.
    index: FxHashMap<Arc<str>, usize>,
}

impl RecordTy {
    /// Fields up to here are looked up one by one.
    const FEW: usize = 16;

    /// A record of these fields, in the order of the declaration; `f?: T` has the type `T?`.
    #[must_use]
    pub fn new(fields: Vec<(Arc<str>, Ty)>) -> RecordTy {
        let mut index = FxHashMap::default();
        if fields.len() > Self::FEW {
            for (at, (name, _)) in fields.iter().enumerate() {
                index.entry(name.clone()).or_insert(at);
            }
        }
        RecordTy { fields, index }
    }

    /// Its fields.
    #[must_use]
    pub fn fields(&self) -> &[(Arc<str>, Ty)] {
        &self.fields
    }

    /// The place of a field among its fields.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        match self.index.is_empty() {
            true => self.fields.iter().position(|(n, _)| **n == *name),
            false => self.index.get(name).copied(),
        }
    }

    /// The type of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Ty> {
        self.fields.get(self.position(name)?).map(|(_, ty)| ty)
    }
}

impl PartialEq for RecordTy {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields
    }
}

impl Eq for RecordTy {}

impl PartialOrd for RecordTy {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RecordTy {
    fn cmp(&self, other: &Self) -> Ordering {
        self.fields.cmp(&other.fields)
    }
}

impl Hash for RecordTy {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fields.hash(state);
    }
}

impl Ty {
    /// `T?`
    #[must_use]
    pub fn optional(self) -> Ty {
        match self {
            Ty::Optional(_) | Ty::Null | Ty::Any | Ty::Error => self,
            Ty::Never => Ty::Null,
            other => Ty::Optional(Arc::new(other)),
        }
    }

    /// The type without `null`.
    #[must_use]
    pub fn required(&self) -> Ty {
        match self {
            Ty::Optional(inner) => (**inner).clone(),
            Ty::Null => Ty::Never,
            other => other.clone(),
        }
    }

    /// True if `null` is among its values.
    #[must_use]
    pub fn may_be_null(&self) -> bool {
        matches!(self, Ty::Optional(_) | Ty::Null | Ty::Any | Ty::Error)
    }

    /// The union of types: flat, in their order, without repeats; optional if one of them is.
    #[must_use]
    pub fn union(types: impl IntoIterator<Item = Ty>) -> Ty {
        let (mut flat, mut seen, mut null) = (Vec::new(), FxHashSet::default(), false);
        // What is taken next stands last.
        let mut todo: Vec<Ty> = types.into_iter().collect();
        todo.reverse();
        while let Some(ty) = todo.pop() {
            match ty {
                Ty::Union(members) => todo.extend(members.iter().rev().cloned()),
                Ty::Optional(inner) => {
                    null = true;
                    todo.push((*inner).clone());
                }
                Ty::Null => null = true,
                Ty::Never => {}
                Ty::Error => return Ty::Error,
                Ty::Any => return Ty::Any,
                other => {
                    if seen.insert(other.clone()) {
                        flat.push(other);
                    }
                }
            }
        }
        if seen.contains(&Ty::String) {
            flat.retain(|t| !matches!(t, Ty::Literal(_)));
        }
        let ty = match flat.len() {
            0 => Ty::Never,
            1 => flat.swap_remove(0),
            _ => Ty::Union(flat.into()),
        };
        if null { ty.optional() } else { ty }
    }

    /// The members of a union (without `null`); any other type alone.
    #[must_use]
    pub fn members(&self) -> Vec<Ty> {
        match self {
            Ty::Union(members) => members.to_vec(),
            Ty::Optional(inner) => inner.members(),
            other => vec![other.clone()],
        }
    }

    /// A list of `item`.
    #[must_use]
    pub fn list(item: Ty) -> Ty {
        Ty::List(Arc::new(item))
    }

    /// A set of `item`.
    #[must_use]
    pub fn set(item: Ty) -> Ty {
        Ty::Set(Arc::new(item))
    }

    /// A map.
    #[must_use]
    pub fn map(key: Ty, value: Ty) -> Ty {
        Ty::Map(Arc::new(key), Arc::new(value))
    }
}
