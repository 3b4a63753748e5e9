//! What Kubernetes objects look like: kinds, types, fields, defaults, from 1.24 on.
//!
//! [`Schema::builtin`] is one embedded table, made by `cargo xtask schema`; [`Schema::with_crds`] adds custom kinds.
//! Invariant: names, versions and ids of built-in types mean the same whatever CRDs were added.

mod crd;
mod names;
mod suggest;
mod table;
mod types;

pub use crd::CrdError;
pub use suggest::suggest;
pub use types::{Field, FieldType, KindInfo, Minor, Text, TypeDef, TypeId};

use names::{Parts, preference, version_rank};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Kinds and types; cheap to clone.
#[derive(Clone)]
pub struct Schema(Arc<Inner>);

/// The types and what finds them.
#[derive(Clone, Default)]
struct Inner {
    types: Vec<Arc<TypeDef>>,
    /// By short name, the one that is meant first.
    names: FxHashMap<Text, Vec<TypeId>>,
    /// The versions of a kind by group and kind, the newest first; those without a type of their own last.
    versions: BTreeMap<Text, BTreeMap<Text, Vec<Version>>>,
    subresources: FxHashMap<TypeId, Vec<(Text, TypeId)>>,
    minors: (Minor, Minor),
}

/// A version of a kind and the type that reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `v1beta1`
    pub version: Text,
    /// The type that reads it.
    pub ty: TypeId,
    /// The last minor that serves it, if it is gone by the newest.
    pub until: Option<Minor>,
    /// It has a type of its own; else it is read as another version, or as the kind of another group.
    pub own: bool,
}

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// One type.
    Found(TypeId),
    /// Types of several groups; write the name with one of these groups.
    Ambiguous(Vec<TypeId>),
    /// None.
    NotFound,
}

/// The type that reads an object, and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The type.
    pub ty: TypeId,
    /// Why it is this type.
    pub fit: Fit,
}

/// How a type was found for an `apiVersion` and `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is the type of that version.
    Exact,
    /// The version was served up to this minor (before the table begins, if that is not known) and has no type of its own.
    Retired(Option<Minor>),
    /// The kind is known, this version of it is not: the newest one is taken, which is to be noted.
    UnknownVersion,
}

/// How much a schema holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    /// Kinds by group and name.
    pub kinds: usize,
    /// Versions of kinds, retired ones included.
    pub versions: usize,
    /// Types.
    pub types: usize,
    /// Fields.
    pub fields: usize,
    /// Fields with a default.
    pub defaults: usize,
    /// Lists whose entries are told apart by keys.
    pub list_map_keys: usize,
    /// Fields whose values are a closed set.
    pub enums: usize,
    /// Fields that not every minor of the table has.
    pub by_minor: usize,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schema").field("types", &self.0.types.len()).finish_non_exhaustive()
    }
}

impl Schema {
    /// Kubernetes' own kinds.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the table is part of the program, and a test decodes it")]
    pub fn builtin() -> &'static Schema {
        static BUILTIN: LazyLock<Schema> =
            LazyLock::new(|| Schema::index(table::decode(table::TABLE).expect("the embedded table")));
        &BUILTIN
    }

    /// This schema and the kinds of these CustomResourceDefinitions; every mistake in them is told.
    ///
    /// # Errors
    /// Each CRD, or part of one, that cannot be read, and each kind that is defined twice in different ways.
    pub fn with_crds(&self, crds: &[serde_json::Value]) -> Result<Schema, Vec<CrdError>> {
        crd::extend(self, crds)
    }

    /// Makes the look-ups of a decoded table.
    fn index(decoded: table::Decoded) -> Schema {
        let mut inner = Inner { minors: decoded.minors, ..Inner::default() };
        for ty in decoded.types {
            inner.push(ty);
        }
        for (of, name, ty) in decoded.subresources {
            inner.subresources.entry(of).or_default().push((name, ty));
        }
        for old in decoded.retired {
            let version = Version { version: old.version, ty: old.reads_as, until: old.until, own: false };
            inner.versions.entry(old.group).or_default().entry(old.kind).or_default().push(version);
        }
        inner.sort();
        Schema(Arc::new(inner))
    }

    /// The type of an id of this schema.
    ///
    /// # Panics
    /// If the id is of another schema, which is a mistake in the caller.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "ids are made by this schema only; documented")]
    pub fn ty(&self, id: TypeId) -> &TypeDef {
        &self.0.types[id.0 as usize]
    }

    /// Every type with its id.
    pub fn types(&self) -> impl Iterator<Item = (TypeId, &TypeDef)> {
        (0..).map(TypeId).zip(self.0.types.iter().map(Arc::as_ref))
    }

    /// Every version of every kind that has a type of its own.
    pub fn kinds(&self) -> impl Iterator<Item = (TypeId, &TypeDef, &KindInfo)> {
        self.types().filter_map(|(id, ty)| Some((id, ty, ty.kind.as_ref()?)))
    }

    /// The first and the last minor that the table knows.
    #[must_use]
    pub fn minors(&self) -> (Minor, Minor) {
        self.0.minors
    }

    /// What a name means: `Pod`, `Container`, `apps.v1.Deployment`, `rbac.v1.Subject`, `networking.k8s.io/v1/Ingress`.
    #[must_use]
    pub fn kind(&self, name: &str) -> Lookup {
        let parts = Parts::of(name);
        let all = self.0.names.get(parts.name).map(Vec::as_slice).unwrap_or_default();
        let mut fit = all.iter().copied().filter(|id| parts.fit(self.ty(*id)));
        let Some(best) = fit.next() else { return self.retired_name(&parts) };
        // What is meant first is built in where there is such a type; custom kinds of two groups are told apart by the author.
        let group = self.group(best);
        let mut others = fit.filter(|id| self.group(*id) != group).peekable();
        if self.is_custom(best) && others.peek().is_some() {
            let mut found = vec![best];
            for id in others {
                if !found.iter().any(|known| self.group(*known) == self.group(id)) {
                    found.push(id);
                }
            }
            return Lookup::Ambiguous(found);
        }
        Lookup::Found(best)
    }

    /// A name that is written with a version or group that only older servers have.
    fn retired_name(&self, parts: &Parts<'_>) -> Lookup {
        let Some(group) = parts.group else { return Lookup::NotFound };
        let groups = self.0.versions.iter().filter(|(g, _)| *g == group || g.split('.').next() == Some(group));
        let found = groups
            .filter_map(|(_, kinds)| kinds.get(parts.name))
            .find_map(|versions| versions.iter().find(|v| parts.version.is_none_or(|p| v.version == p)));
        found.map_or(Lookup::NotFound, |version| Lookup::Found(version.ty))
    }

    /// The group of a kind, of a part its package's.
    fn group(&self, id: TypeId) -> &str {
        let ty = self.ty(id);
        ty.kind.as_ref().map_or(&ty.package, |k| &k.group)
    }

    /// The type is none of Kubernetes' own.
    fn is_custom(&self, id: TypeId) -> bool {
        self.ty(id).is_custom()
    }

    /// The type that reads an object; none if no version of the kind is known in this group.
    #[must_use]
    pub fn by_gvk(&self, group: &str, version: &str, kind: &str) -> Option<Reader> {
        let versions = self.versions_of(group, kind);
        if let Some(known) = versions.iter().find(|v| v.version == version) {
            let fit = if known.own { Fit::Exact } else { Fit::Retired(known.until) };
            return Some(Reader { ty: known.ty, fit });
        }
        versions.first().map(|newest| Reader { ty: newest.ty, fit: Fit::UnknownVersion })
    }

    /// Every known version of a kind, the newest first, those without a type of their own last.
    #[must_use]
    pub fn versions_of(&self, group: &str, kind: &str) -> &[Version] {
        self.0.versions.get(group).and_then(|kinds| kinds.get(kind)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every group, version and kind whose objects this type or another version of its kind reads, retired ones
    /// included: what `on K` matches.
    pub fn read_by(&self, id: TypeId) -> impl Iterator<Item = (&str, &Version, &str)> {
        let own = self.ty(id).kind.as_ref();
        let same = move |ty: TypeId| {
            let other = self.ty(ty).kind.as_ref();
            own.zip(other).is_some_and(|(a, b)| a.group == b.group && a.kind == b.kind)
        };
        self.all_versions().filter(move |(_, version, _)| same(version.ty))
    }

    /// Every group, version and kind, by group and kind.
    pub fn all_versions(&self) -> impl Iterator<Item = (&str, &Version, &str)> {
        self.0.versions.iter().flat_map(|(group, kinds)| {
            kinds.iter().flat_map(move |(kind, all)| all.iter().map(move |v| (group.as_ref(), v, kind.as_ref())))
        })
    }

    /// The type of the object of a subresource: `PodExecOptions` of a pod's `exec`, the kind itself for `status`.
    #[must_use]
    pub fn subresource(&self, of: TypeId, name: &str) -> Option<TypeId> {
        self.subresources(of).iter().find(|(known, _)| known == name).map(|(_, ty)| *ty)
    }

    /// The subresources of a kind with the types of their objects.
    #[must_use]
    pub fn subresources(&self, of: TypeId) -> &[(Text, TypeId)] {
        self.0.subresources.get(&of).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every short name, for suggestions.
    pub fn short_names(&self) -> impl Iterator<Item = &str> {
        self.types().map(|(_, ty)| ty.name.as_ref()).filter(|name| !name.contains('.'))
    }

    /// How much it holds.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let fields = || self.0.types.iter().flat_map(|t| &t.fields);
        Counts {
            kinds: self.0.versions.values().flat_map(BTreeMap::values).filter(|v| v.iter().any(|v| v.own)).count(),
            versions: self.all_versions().count(),
            types: self.0.types.len(),
            fields: fields().count(),
            defaults: fields().filter(|f| f.default.is_some()).count(),
            list_map_keys: fields().filter(|f| !f.list_map_keys.is_empty()).count(),
            enums: fields().filter(|f| !f.enum_values.is_empty()).count(),
            by_minor: fields().filter(|f| f.since.is_some() || f.until.is_some()).count(),
        }
    }
}

impl Inner {
    /// Adds a type; `sort` must follow.
    #[expect(clippy::cast_possible_truncation, reason = "each type takes far more than one byte of input")]
    fn push(&mut self, ty: TypeDef) -> TypeId {
        let id = TypeId(self.types.len() as u32);
        // `Rollout.spec` is what messages say; a policy reaches it by its kind only.
        if !ty.name.contains('.') {
            self.names.entry(ty.name.clone()).or_default().push(id);
        }
        if let Some(kind) = &ty.kind {
            let version = Version { version: kind.version.clone(), ty: id, until: kind.until, own: true };
            let kinds = self.versions.entry(kind.group.clone()).or_default();
            kinds.entry(kind.kind.clone()).or_default().push(version);
        }
        self.types.push(Arc::new(ty));
        id
    }

    /// Puts what is meant first to the front, wherever there is a choice.
    fn sort(&mut self) {
        let types = &self.types;
        for ids in self.names.values_mut().filter(|ids| ids.len() > 1) {
            ids.sort_by_cached_key(|id| types.get(id.0 as usize).map(|ty| preference(ty)));
        }
        for versions in self.versions.values_mut().flat_map(BTreeMap::values_mut).filter(|v| v.len() > 1) {
            versions.sort_by_key(|v| (!v.own, v.until.is_some(), Reverse(version_rank(&v.version))));
        }
    }
}

#[cfg(test)]
mod tests;
