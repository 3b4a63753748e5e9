//! How types relate: which fits where, which may be equal, what is common to both and what is left of one without
//! the other.
//!
//! Everything here is a pure question to [`Types`]; nothing reports. Recursive declarations are compared under the
//! assumption that the pair at hand holds, so every question ends.

use crate::hir::show::{TypeNames, show_ty};
use crate::hir::{Decl, RecordTy, Ty};
use crate::schema::{FieldType, Schema, TypeDef, TypeId};
use plimsoll_engine::scalar::ScalarKind;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What the types of a bundle mean.
pub(super) struct Types<'a> {
    pub(super) schema: &'a Schema,
    pub(super) decls: Vec<Decl>,
    /// Members of the open union `Workload`.
    pub(super) workloads: Vec<Ty>,
    /// Record types by the name of their declaration, for messages.
    pub(super) names: TypeNames,
}

/// Pairs that are taken to hold while they are being compared.
type Assumed = Vec<(Ty, Ty)>;

/// What a type says about one of its fields.
pub(super) struct FieldFact {
    pub(super) ty: Ty,
    /// A scalar that is always there.
    pub(super) required: bool,
    /// A text that is empty where it is missing.
    pub(super) or_empty: bool,
}

impl FieldFact {
    fn of(ty: Ty) -> Self {
        Self { required: is_plain(&ty), ty, or_empty: false }
    }
}

/// A type that grows as more and more values are met.
#[derive(Default)]
pub(super) struct Joined {
    done: Option<Ty>,
    fresh: Vec<Ty>,
}

impl Joined {
    /// One more value has this type.
    pub(super) fn add(&mut self, ty: &Ty) {
        self.fresh.push(ty.clone());
    }

    /// The least type that all of them fit.
    pub(super) fn ty(&mut self, types: &Types<'_>) -> Ty {
        if !self.fresh.is_empty() {
            let all = types.join_all(self.done.iter().chain(&self.fresh));
            self.fresh.clear();
            self.done = Some(all);
        }
        self.done.clone().unwrap_or(Ty::Never)
    }
}

/// Types whose fields are all optional fit each other without being alike; parts that stand for each other share most.
fn shares_most(have: &TypeDef, want: &TypeDef) -> bool {
    let shared = want.fields.iter().filter(|f| have.field(&f.name).is_some()).count();
    shared.saturating_mul(2) > want.fields.len()
}

/// True for types whose values are single scalars, never null.
fn is_plain(ty: &Ty) -> bool {
    match ty {
        Ty::Bool | Ty::Int | Ty::Float | Ty::String | Ty::Literal(_) | Ty::Scalar(_) => true,
        Ty::Union(members) => members.iter().all(is_plain),
        _ => false,
    }
}

impl Types<'_> {
    /// The type as messages show it.
    pub(super) fn show(&self, ty: &Ty) -> String {
        show_ty(ty, self.schema, &self.decls, &self.names)
    }

    /// What a declaration stands for; other types as they are.
    pub(super) fn expand(&self, ty: &Ty) -> Ty {
        let mut ty = ty.clone();
        // A declaration never stands for itself: `types.rs` refuses that.
        while let Ty::Decl(id) = ty {
            ty = self.decls.get(id.0 as usize).map_or(Ty::Error, |d| d.ty.clone());
        }
        ty
    }

    /// The members of a union without `null`, declarations expanded; `Workload` stays one member.
    pub(super) fn members(&self, ty: &Ty) -> Vec<Ty> {
        let mut out = Vec::new();
        let mut todo = vec![ty.clone()];
        while let Some(ty) = todo.pop() {
            match ty {
                Ty::Decl(_) => todo.push(self.expand(&ty)),
                Ty::Union(_) | Ty::Optional(_) => todo.extend(ty.members().into_iter().rev()),
                Ty::Null => {}
                other => out.push(other),
            }
        }
        out
    }

    /// True if `null` is among the values, declarations expanded.
    pub(super) fn may_be_null(&self, ty: &Ty) -> bool {
        self.expand(ty).may_be_null()
    }

    /// The type without `null`, declarations expanded where that matters.
    pub(super) fn required(&self, ty: &Ty) -> Ty {
        match self.expand(ty) {
            full @ (Ty::Optional(_) | Ty::Null) => full.required(),
            _ => ty.clone(),
        }
    }

    /// The type of a field of the schema.
    pub(super) fn of_field(&self, ty: &FieldType) -> Ty {
        match ty {
            FieldType::Bool => Ty::Bool,
            FieldType::Int => Ty::Int,
            FieldType::Float => Ty::Float,
            FieldType::String => Ty::String,
            FieldType::Quantity => Ty::Scalar(ScalarKind::Quantity),
            FieldType::Time => Ty::Scalar(ScalarKind::Time),
            FieldType::IntOrString => Ty::union([Ty::Int, Ty::String]),
            FieldType::Any => Ty::Any,
            FieldType::Object(id) => Ty::Object(*id),
            FieldType::List(item) => Ty::list(self.of_field(item)),
            FieldType::Map(value) => Ty::map(Ty::String, self.of_field(value)),
        }
    }

    /// `ObjectMeta`
    fn object_meta(&self) -> Ty {
        match self.schema.kind("ObjectMeta") {
            crate::schema::Lookup::Found(id) => Ty::Object(id),
            _ => Ty::Any,
        }
    }

    /// What `ty` (not null) says about its field `name`; none if it has no such field.
    pub(super) fn field(&self, ty: &Ty, name: &str) -> Option<FieldFact> {
        let ty = &self.expand(ty);
        match ty {
            Ty::Any => Some(FieldFact::of(Ty::Any)),
            Ty::Error | Ty::Never => Some(FieldFact::of(Ty::Error)),
            Ty::Record(record) => record.get(name).map(|ty| FieldFact::of(ty.clone())),
            Ty::Object(id) => self.schema_field(*id, name),
            Ty::Opaque(..) | Ty::Workload => match name {
                "apiVersion" | "kind" => Some(FieldFact::of(Ty::String)),
                "metadata" => Some(FieldFact::of(self.object_meta())),
                _ => matches!(ty, Ty::Opaque(..)).then(|| FieldFact::of(Ty::Any)),
            },
            Ty::Scalar(ScalarKind::Image) => match name {
                "host" | "path" => Some(FieldFact { ty: Ty::String, required: false, or_empty: false }),
                "tag" | "digest" => Some(FieldFact::of(Ty::String.optional())),
                _ => None,
            },
            Ty::Union(members) => {
                let facts: Vec<FieldFact> = members.iter().map(|m| self.field(m, name)).collect::<Option<_>>()?;
                Some(FieldFact {
                    required: facts.iter().all(|f| f.required),
                    or_empty: facts.iter().all(|f| f.or_empty),
                    ty: facts.into_iter().fold(Ty::Never, |all, f| self.join(&all, &f.ty)),
                })
            }
            _ => None,
        }
    }

    fn schema_field(&self, id: TypeId, name: &str) -> Option<FieldFact> {
        let def = self.schema.ty(id);
        let Some(field) = def.field(name) else {
            return def.open.then(|| FieldFact::of(Ty::Any));
        };
        let ty = self.of_field(&field.ty);
        if field.empty_if_absent {
            return Some(FieldFact { or_empty: ty == Ty::String, required: false, ty });
        }
        Some(FieldFact::of(if field.required { ty } else { ty.optional() }))
    }

    /// The names of the fields of a type, for suggestions.
    pub(super) fn field_names(&self, ty: &Ty) -> Vec<Arc<str>> {
        match self.expand(ty) {
            Ty::Record(record) => record.fields().iter().map(|(n, _)| n.clone()).collect(),
            Ty::Object(id) => self.schema.ty(id).fields.iter().map(|f| Arc::from(f.name.as_ref())).collect(),
            Ty::Workload | Ty::Opaque(..) => ["apiVersion", "kind", "metadata"].map(Arc::from).to_vec(),
            Ty::Scalar(ScalarKind::Image) => ["host", "path", "tag", "digest"].map(Arc::from).to_vec(),
            Ty::Optional(inner) => self.field_names(&inner),
            Ty::Union(members) => {
                let mut names: Vec<Vec<Arc<str>>> = members.iter().map(|m| self.field_names(m)).collect();
                let Some(mut first) = names.pop() else { return vec![] };
                first.retain(|n| names.iter().all(|others| others.contains(n)));
                first
            }
            _ => vec![],
        }
    }

    /// A schema object as a record type.
    pub(super) fn as_record(&self, ty: &Ty) -> Option<Arc<RecordTy>> {
        match self.expand(ty) {
            Ty::Record(record) => Some(record),
            Ty::Object(id) => {
                let def = self.schema.ty(id);
                let field = |f: &crate::schema::Field| {
                    let ty = self.of_field(&f.ty);
                    (Arc::from(f.name.as_ref()), if f.required { ty } else { ty.optional() })
                };
                Some(Arc::new(RecordTy::new(def.fields.iter().map(field).collect())))
            }
            _ => None,
        }
    }

    /// A value of `from` may stand where `to` is asked for (an int for a float needs a conversion).
    pub(super) fn fits(&self, from: &Ty, to: &Ty) -> bool {
        self.fits_in(from, to, &mut Vec::new())
    }

    /// All values of `narrow` are taken for `wide` where a value is looked at. Parts of objects (a container, an ephemeral one)
    /// are told apart by where they stand.
    pub(super) fn takes_all(&self, wide: &Ty, narrow: &Ty) -> bool {
        !matches!((wide, narrow), (Ty::Object(_), Ty::Object(_)) | (Ty::Decl(_), _)) && self.fits(narrow, wide)
    }

    fn fits_in(&self, from: &Ty, to: &Ty, assumed: &mut Assumed) -> bool {
        if from == to {
            return true;
        }
        match (from, to) {
            (Ty::Error | Ty::Never, _) | (_, Ty::Error | Ty::Any) => true,
            (Ty::Decl(_), _) | (_, Ty::Decl(_)) => {
                let pair = (from.clone(), to.clone());
                if assumed.contains(&pair) {
                    return true;
                }
                assumed.push(pair);
                self.fits_in(&self.expand(from), &self.expand(to), assumed)
            }
            (Ty::Null, Ty::Optional(_)) => true,
            (Ty::Optional(a), Ty::Optional(b)) => self.fits_in(a, b, assumed),
            (_, Ty::Optional(b)) => self.fits_in(from, b, assumed),
            (Ty::Optional(_) | Ty::Null | Ty::Any, _) => false,
            (Ty::Union(members), _) => members.iter().all(|m| self.fits_in(m, to, assumed)),
            (_, Ty::Union(members)) if members.iter().any(|m| self.fits_in(from, m, assumed)) => true,
            (Ty::Workload, _) => self.workloads.iter().all(|m| self.fits_in(m, to, assumed)),
            (_, Ty::Union(_)) => false,
            (_, Ty::Workload) => self.workloads.contains(from),
            (Ty::Literal(_), Ty::String) | (Ty::Int, Ty::Float) => true,
            (Ty::List(a), Ty::List(b)) | (Ty::Set(a), Ty::Set(b)) => self.fits_in(a, b, assumed),
            (Ty::Map(k, v), Ty::Map(l, w)) => self.fits_in(k, l, assumed) && self.fits_in(v, w, assumed),
            (_, Ty::Record(want)) => want.fields().iter().all(|(name, ty)| match self.field(from, name) {
                Some(fact) => self.fits_in(&fact.ty, ty, assumed),
                None => self.as_record(from).is_some() && self.may_be_null(ty),
            }),
            (Ty::Object(a), Ty::Object(b)) => self.part_fits(*a, *b, assumed),
            (Ty::Record(have), Ty::Object(id)) => {
                let def = self.schema.ty(*id);
                let all_known = have.fields().iter().all(|(name, ty)| {
                    self.schema_field(*id, name).is_some_and(|fact| self.fits_in(ty, &fact.ty, assumed))
                });
                all_known && def.fields.iter().all(|f| !f.required || have.position(&f.name).is_some())
            }
            _ => false,
        }
    }

    /// A part of a kind (an ephemeral container) that has all the fields of another (a container).
    fn part_fits(&self, a: TypeId, b: TypeId, assumed: &mut Assumed) -> bool {
        let (have, want) = (self.schema.ty(a), self.schema.ty(b));
        if have.kind.is_some() || want.kind.is_some() {
            return false;
        }
        let pair = (Ty::Object(a), Ty::Object(b));
        if assumed.contains(&pair) {
            return true;
        }
        assumed.push(pair);
        want.fields.iter().all(|field| match (self.schema_field(a, &field.name), self.schema_field(b, &field.name)) {
            (Some(have), Some(want)) => self.fits_in(&have.ty, &want.ty, assumed),
            _ => !field.required,
        }) && shares_most(have, want)
    }

    /// Some value may be of both types: their comparison makes sense.
    pub(super) fn overlap(&self, a: &Ty, b: &Ty) -> bool {
        self.overlap_in(a, b, &mut Vec::new())
    }

    fn overlap_in(&self, a: &Ty, b: &Ty, assumed: &mut Assumed) -> bool {
        match (a, b) {
            _ if a == b => true,
            (Ty::Any | Ty::Error | Ty::Never, _) | (_, Ty::Any | Ty::Error | Ty::Never) => true,
            (Ty::Decl(_), _) | (_, Ty::Decl(_)) => {
                let pair = (a.clone(), b.clone());
                if assumed.contains(&pair) {
                    return true;
                }
                assumed.push(pair);
                self.overlap_in(&self.expand(a), &self.expand(b), assumed)
            }
            // Whether a value is there may always be asked.
            (Ty::Null, _) | (_, Ty::Null) | (Ty::Optional(_), Ty::Optional(_)) => true,
            (Ty::Optional(inner), other) | (other, Ty::Optional(inner)) => self.overlap_in(inner, other, assumed),
            (Ty::Union(members), other) | (other, Ty::Union(members)) => {
                members.iter().any(|m| self.overlap_in(m, other, assumed))
            }
            (Ty::Workload, other) | (other, Ty::Workload) => {
                self.workloads.iter().any(|m| self.overlap_in(m, other, assumed)) || matches!(other, Ty::Opaque(..))
            }
            (Ty::Literal(_), Ty::String) | (Ty::String, Ty::Literal(_)) => true,
            (Ty::Int, Ty::Float) | (Ty::Float, Ty::Int) => true,
            (Ty::List(x), Ty::List(y)) | (Ty::Set(x), Ty::Set(y)) => self.overlap_in(x, y, assumed),
            (Ty::Map(k, v), Ty::Map(l, w)) => self.overlap_in(k, l, assumed) && self.overlap_in(v, w, assumed),
            (Ty::Object(x), Ty::Object(y)) => self.same_kind(*x, *y),
            (Ty::Record(_), Ty::Record(_) | Ty::Object(_)) | (Ty::Object(_), Ty::Record(_)) => {
                self.fields_overlap(a, b, assumed)
            }
            _ => false,
        }
    }

    /// Every field that one of them needs may be equal in the other.
    fn fields_overlap(&self, a: &Ty, b: &Ty, assumed: &mut Assumed) -> bool {
        let (Some(x), Some(y)) = (self.as_record(a), self.as_record(b)) else { return false };
        let mut half = |x: &RecordTy, y: &RecordTy| {
            x.fields().iter().all(|(name, ty)| match y.get(name) {
                Some(other) => self.overlap_in(ty, other, assumed),
                None => self.may_be_null(ty),
            })
        };
        half(&x, &y) && half(&y, &x)
    }

    /// Two versions of one kind.
    fn same_kind(&self, a: TypeId, b: TypeId) -> bool {
        match (&self.schema.ty(a).kind, &self.schema.ty(b).kind) {
            (Some(x), Some(y)) => x.group == y.group && x.kind == y.kind,
            _ => false,
        }
    }

    /// The least type that both fit.
    pub(super) fn join(&self, a: &Ty, b: &Ty) -> Ty {
        match (a, b) {
            _ if a == b => a.clone(),
            (Ty::Never, other) | (other, Ty::Never) => other.clone(),
            (Ty::Int, Ty::Float) | (Ty::Float, Ty::Int) => Ty::Float,
            (Ty::Optional(x), Ty::Optional(y)) => self.join(x, y).optional(),
            (Ty::Optional(x), y) | (y, Ty::Optional(x)) if !matches!(y, Ty::Null) => self.join(x, y).optional(),
            (Ty::List(x), Ty::List(y)) => Ty::list(self.join(x, y)),
            (Ty::Set(x), Ty::Set(y)) => Ty::set(self.join(x, y)),
            (Ty::Map(k, v), Ty::Map(l, w)) => Ty::map(self.join(k, l), self.join(v, w)),
            (Ty::Record(x), Ty::Record(y)) => self.join_records(x, y),
            (Ty::Workload, other) | (other, Ty::Workload) if self.fits(other, &Ty::Workload) => Ty::Workload,
            (Ty::Object(_), Ty::Object(_)) if self.fits(a, b) => b.clone(),
            (Ty::Object(_), Ty::Object(_)) if self.fits(b, a) => a.clone(),
            _ => Ty::union([a.clone(), b.clone()]),
        }
    }

    /// The least type that all fit: as `join` of each with the next, but in linear time for texts and records.
    pub(super) fn join_all<'t>(&self, types: impl IntoIterator<Item = &'t Ty>) -> Ty {
        let (mut texts, mut records, mut all) = (vec![], vec![], Ty::Never);
        for ty in types {
            match ty {
                Ty::Literal(_) => texts.push(ty.clone()),
                Ty::Record(record) => records.push(&**record),
                other => all = self.join(&all, other),
            }
        }
        if !records.is_empty() {
            all = self.join(&self.join_all_records(&records), &all);
        }
        if texts.is_empty() { all } else { self.join(&Ty::union(texts), &all) }
    }

    fn join_all_records(&self, records: &[&RecordTy]) -> Ty {
        let mut order: Vec<&Arc<str>> = Vec::new();
        let mut types: FxHashMap<&Arc<str>, Vec<&Ty>> = FxHashMap::default();
        for (name, ty) in records.iter().flat_map(|record| record.fields()) {
            let all = types.entry(name).or_default();
            if all.is_empty() {
                order.push(name);
            }
            all.push(ty);
        }
        let fields = order.into_iter().map(|name| {
            let all = types.remove(name).unwrap_or_default();
            let everywhere = all.len() == records.len();
            let ty = self.join_all(all);
            (name.clone(), if everywhere { ty } else { ty.optional() })
        });
        Ty::Record(Arc::new(RecordTy::new(fields.collect())))
    }

    fn join_records(&self, a: &RecordTy, b: &RecordTy) -> Ty {
        let mut fields: Vec<(Arc<str>, Ty)> = Vec::new();
        for (name, ty) in a.fields() {
            let joined = match b.get(name) {
                Some(other) => self.join(ty, other),
                None => ty.clone().optional(),
            };
            fields.push((name.clone(), joined));
        }
        for (name, ty) in b.fields() {
            if a.position(name).is_none() {
                fields.push((name.clone(), ty.clone().optional()));
            }
        }
        Ty::Record(Arc::new(RecordTy::new(fields)))
    }

    /// What is known of a value of `ty` that is `target`; `Never` if there is no such value.
    pub(super) fn intersect(&self, ty: &Ty, target: &Ty) -> Ty {
        if matches!(ty, Ty::Any) {
            return target.clone();
        }
        if matches!(ty, Ty::Error) || matches!(target, Ty::Error) {
            return Ty::Error;
        }
        if self.fits(ty, target) && !matches!(target, Ty::Any) {
            return ty.clone();
        }
        let mut all = Ty::Never;
        let targets = self.members(target);
        for have in self.members(ty) {
            for want in &targets {
                all = self.join(&all, &self.meet(&have, want));
            }
        }
        all
    }

    /// `intersect` of two types that are no unions.
    fn meet(&self, have: &Ty, want: &Ty) -> Ty {
        if self.fits(have, want) && !(have == &Ty::Int && want == &Ty::Float) {
            return have.clone();
        }
        match (have, want) {
            (Ty::Any, _) => want.clone(),
            (Ty::Workload, _) if self.fits(want, &Ty::Workload) || matches!(want, Ty::Opaque(..)) => want.clone(),
            (Ty::String, Ty::Literal(_)) => want.clone(),
            (Ty::Float, Ty::Int) => Ty::Int,
            (Ty::List(_), Ty::List(_)) | (Ty::Set(_), Ty::Set(_)) | (Ty::Map(..), Ty::Map(..))
                if self.overlap(have, want) =>
            {
                want.clone()
            }
            (Ty::Record(_) | Ty::Object(_), Ty::Record(_)) if self.may_have(have, want) => want.clone(),
            (Ty::Object(x), Ty::Object(y)) if self.same_kind(*x, *y) => have.clone(),
            _ => Ty::Never,
        }
    }

    /// A value of `have` may turn out to have the fields of the record `want`.
    fn may_have(&self, have: &Ty, want: &Ty) -> bool {
        let Some(record) = self.as_record(want) else { return false };
        record.fields().iter().all(|(name, ty)| match self.field(have, name) {
            Some(fact) => self.overlap(&fact.ty, ty),
            None => matches!(have, Ty::Record(_)),
        })
    }

    /// What is left of `ty` when `taken` is gone.
    pub(super) fn subtract(&self, ty: &Ty, taken: &Ty) -> Ty {
        if matches!(ty, Ty::Any | Ty::Error) {
            return ty.clone();
        }
        let null = self.may_be_null(ty) && !self.may_be_null(taken);
        let stays = |m: &Ty| !self.fits(m, taken) || (m == &Ty::Int && taken == &Ty::Float);
        let left = Ty::union(self.members(ty).into_iter().filter(stays));
        if null { left.optional() } else { left }
    }

    /// The documents may hold a text (or an int) where the type is a scalar (or a float).
    pub(super) fn needs_conversion(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Scalar(_) | Ty::Float => true,
            Ty::Optional(inner) | Ty::List(inner) | Ty::Set(inner) => self.needs_conversion(inner),
            Ty::Map(key, value) => self.needs_conversion(key) || self.needs_conversion(value),
            _ => false,
        }
    }

    /// Ints of `from` stand where `to` asks for floats.
    pub(super) fn widens(&self, from: &Ty, to: &Ty) -> bool {
        match (from, to) {
            (Ty::Int, Ty::Float) => true,
            (Ty::Optional(a), Ty::Optional(b)) | (Ty::List(a), Ty::List(b)) | (Ty::Set(a), Ty::Set(b)) => {
                self.widens(a, b)
            }
            (a, Ty::Optional(b)) => self.widens(a, b),
            (Ty::Map(k, v), Ty::Map(l, w)) => self.widens(k, l) || self.widens(v, w),
            _ => false,
        }
    }

    /// Values that may be members of sets and keys of maps.
    pub(super) fn is_key(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Any | Ty::Float => false,
            Ty::Optional(inner) | Ty::List(inner) | Ty::Set(inner) => self.is_key(inner),
            Ty::Union(members) => members.iter().all(|m| self.is_key(m)),
            _ => true,
        }
    }

    /// Values that `<` compares and `sorted` sorts.
    pub(super) fn is_ordered(&self, ty: &Ty) -> bool {
        match self.expand(ty) {
            Ty::Int | Ty::Float | Ty::String | Ty::Literal(_) | Ty::Any | Ty::Error | Ty::Never => true,
            Ty::Scalar(kind) => {
                matches!(kind, ScalarKind::Quantity | ScalarKind::Duration | ScalarKind::Time | ScalarKind::Version)
            }
            Ty::Union(members) => members.iter().all(|m| matches!(m, Ty::Literal(_))),
            _ => false,
        }
    }

    /// Kinds of objects: what `cluster(…)`, `complete(…)` and `on` may name.
    pub(super) fn is_kind(&self, ty: &Ty) -> bool {
        self.members(ty).iter().all(|m| match m {
            Ty::Workload | Ty::Opaque(..) | Ty::Error => true,
            Ty::Object(id) => self.schema.ty(*id).kind.is_some(),
            _ => false,
        })
    }
}
