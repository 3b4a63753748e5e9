//! Types of expressions.
//!
//! Unions are flat, hold no optional and no two equal members; `Optional` never nests. The constructors keep that, so
//! build types with them.

use crate::schema::TypeId;
use plimsoll_engine::scalar::ScalarKind;
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
    /// `A | B`, at least two, sorted, flat.
    Union(Arc<[Ty]>),
    /// `T?`
    Optional(Arc<Ty>),
    /// JSON whose type is not known; may be null.
    Any,
    /// What had an error: fits everything, so that one mistake gives one error.
    Error,
}

/// A record type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordTy {
    /// In the order of the declaration; `f?: T` has the type `T?`.
    pub fields: Vec<(Arc<str>, Ty)>,
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

    /// The union of types: flat, sorted, without repeats; optional if one of them is.
    #[must_use]
    pub fn union(types: impl IntoIterator<Item = Ty>) -> Ty {
        let (mut flat, mut null) = (Vec::new(), false);
        let mut todo: Vec<Ty> = types.into_iter().collect();
        while let Some(ty) = todo.pop() {
            match ty {
                Ty::Union(members) => todo.extend(members.iter().cloned()),
                Ty::Optional(inner) => {
                    null = true;
                    todo.push((*inner).clone());
                }
                Ty::Null => null = true,
                Ty::Never => {}
                Ty::Error => return Ty::Error,
                Ty::Any => return Ty::Any,
                other => flat.push(other),
            }
        }
        flat.sort();
        flat.dedup();
        if flat.contains(&Ty::String) {
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
