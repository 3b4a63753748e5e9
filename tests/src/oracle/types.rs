//! Types at run time: `is`, conversions, and what of an object has the wrong type.

use super::value::{Data, Fault, Node, Res, Tree, Val, fault, set_of, wrong_kind};
use super::value::{Key, Spot, map_of};
use plimsoll_dsl::hir::expr::{Clause, Expr, ExprKind};
use plimsoll_dsl::hir::walk::{each_of_function, each_of_policy, walk_expr};
use plimsoll_dsl::hir::{GlobalKind, Hir, Ty};
use plimsoll_dsl::schema::{FieldType, Schema, TypeId};
use plimsoll_engine::program::WorkloadDef;
use plimsoll_engine::scalar::quantity::Quantity;
use plimsoll_engine::scalar::regex::Pattern;
use plimsoll_engine::scalar::{Scalar, ScalarKind, duration, image, net, time, version};
use std::collections::BTreeSet;
use std::rc::Rc;

/// What the oracle knows of types.
pub struct Types<'a> {
    /// The checked bundle, for its recursive types.
    pub hir: &'a Hir,
    /// The kinds.
    pub schema: &'a Schema,
    /// Kinds that carry a pod template.
    pub workloads: &'a [WorkloadDef],
    /// Fields that some policy looks at.
    touched: BTreeSet<(TypeId, String)>,
}

/// Group and kind of a value as the list or request says that it came in.
pub type KindOf<'a> = &'a dyn Fn(&Val) -> Option<(String, String)>;

/// The group of an `apiVersion`.
#[must_use]
pub fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

impl<'a> Types<'a> {
    /// Works out what the bundle looks at.
    #[must_use]
    pub fn new(hir: &'a Hir, schema: &'a Schema, workloads: &'a [WorkloadDef]) -> Types<'a> {
        let mut types = Types { hir, schema, workloads, touched: BTreeSet::new() };
        let mut seen = Vec::new();
        {
            let mut visit = |expr: &Expr| {
                walk_expr(expr, &mut |e| match &e.kind {
                    ExprKind::Field { base, field, .. } | ExprKind::Descend { base, field } => {
                        seen.push((base.ty.clone(), field.to_string()));
                    }
                    ExprKind::Comprehension(c) => seen.extend(c.clauses.iter().filter_map(joined)),
                    _ => {}
                });
            };
            for function in &hir.functions {
                each_of_function(&function.body, &function.result, &mut visit);
            }
            for global in &hir.globals {
                if let GlobalKind::Let(value) | GlobalKind::Param(Some(value)) = &global.kind {
                    visit(value);
                }
            }
            hir.policies.iter().for_each(|p| each_of_policy(p, &mut visit));
        }
        for (ty, field) in seen {
            types.touch(&ty, &field);
        }
        types.touch_templates();
        types
    }

    fn touch(&mut self, ty: &Ty, field: &str) {
        for member in ty.members() {
            match member {
                Ty::Object(id) => {
                    self.touched.insert((id, field.to_owned()));
                }
                Ty::Workload => {
                    for id in self.workload_types() {
                        self.touched.insert((id, field.to_owned()));
                    }
                }
                _ => {}
            }
        }
    }

    fn workload_types(&self) -> Vec<TypeId> {
        let newest = |w: &WorkloadDef| Some(self.schema.versions_of(&w.kind.group, &w.kind.kind).first()?.ty);
        self.workloads.iter().filter_map(newest).collect()
    }

    /// The way to a pod template is always looked at.
    fn touch_templates(&mut self) {
        for workload in self.workloads {
            let versions = self.schema.versions_of(&workload.kind.group, &workload.kind.kind);
            let Some(mut ty) = versions.first().map(|v| v.ty) else { continue };
            for step in &workload.template {
                self.touched.insert((ty, step.clone()));
                match self.schema.ty(ty).field(step).map(|f| &f.ty) {
                    Some(FieldType::Object(next)) => ty = *next,
                    _ => break,
                }
            }
            for field in ["metadata", "spec"] {
                self.touched.insert((ty, field.to_owned()));
            }
        }
    }

    /// Marks every node below an object that has not the type of its field, as far as the bundle looks. True if one was.
    pub fn mark_wrong(&self, tree: &Tree, api_version: &str, kind: &str) -> bool {
        let group = group_of(api_version);
        let Some(newest) = self.newest(group, kind) else { return false };
        if !matches!(tree.kind, Node::Map(_)) || !self.looked_at(newest) {
            return false;
        }
        self.mark(tree, &FieldType::Object(newest))
    }

    /// Group and kind of a kind's type.
    #[must_use]
    pub fn kind_named(&self, ty: &Ty) -> Option<(String, String)> {
        let Ty::Object(id) = ty else { return None };
        let info = self.schema.ty(*id).kind.as_ref()?;
        Some((info.group.to_string(), info.kind.to_string()))
    }

    fn looked_at(&self, ty: TypeId) -> bool {
        self.schema.ty(ty).fields.iter().any(|f| self.touched.contains(&(ty, f.name.to_string())))
    }

    /// The type that reads objects of a group and kind: that of the newest version of the kind, also for the groups that
    /// served it before.
    fn newest(&self, group: &str, kind: &str) -> Option<TypeId> {
        let reads = self.schema.versions_of(group, kind).first()?.ty;
        let info = self.schema.ty(reads).kind.as_ref()?;
        Some(self.schema.versions_of(&info.group, &info.kind).first()?.ty)
    }

    fn mark(&self, tree: &Tree, ty: &FieldType) -> bool {
        let fits = match (ty, &tree.kind) {
            (_, Node::Null) | (FieldType::Any, _) => true,
            (FieldType::Bool, Node::Bool(_)) | (FieldType::Int, Node::Int(_)) => true,
            (FieldType::Float, Node::Int(_) | Node::Float(_)) => true,
            (FieldType::String, Node::Str(_)) => true,
            (FieldType::Quantity, Node::Int(_) | Node::Float(_)) => true,
            (FieldType::Quantity, Node::Str(text)) => Quantity::parse(text).is_ok(),
            (FieldType::Time, Node::Str(text)) => time::parse(text).is_ok(),
            (FieldType::IntOrString, Node::Int(_) | Node::Str(_)) => true,
            (FieldType::Object(id), Node::Map(members)) => {
                let def = self.schema.ty(*id);
                let mut wrong = false;
                for (name, child) in members {
                    if self.touched.contains(&(*id, name.to_string()))
                        && let Some(field) = def.field(name)
                    {
                        wrong |= self.mark(child, &field.ty);
                    }
                }
                return wrong;
            }
            (FieldType::List(item), Node::List(items)) => {
                return items.iter().fold(false, |wrong, t| self.mark(t, item) | wrong);
            }
            (FieldType::Map(value), Node::Map(members)) => {
                return members.iter().fold(false, |wrong, (_, t)| self.mark(t, value) | wrong);
            }
            _ => false,
        };
        if !fits {
            tree.wrong.set(true);
        }
        !fits
    }

    /// `value is ty`
    pub fn is(&self, value: &Val, ty: &Ty, kind_of: KindOf<'_>) -> Res<bool> {
        Ok(match (ty, &value.data) {
            (Ty::Any | Ty::Error, _) => true,
            (Ty::Never, _) => false,
            (Ty::Null | Ty::Optional(_), Data::Null) => true,
            (Ty::Optional(inner), _) => self.is(value, inner, kind_of)?,
            (Ty::Decl(id), _) => self.is(value, &self.hir.decls[id.0 as usize].ty, kind_of)?,
            (Ty::Union(members), _) => {
                for member in members.iter() {
                    if self.is(value, member, kind_of)? {
                        return Ok(true);
                    }
                }
                false
            }
            (_, Data::Null) => false,
            (Ty::Bool, Data::Bool(_)) | (Ty::Int, Data::Int(_)) | (Ty::Float, Data::Int(_) | Data::Float(_)) => true,
            (Ty::String, Data::Str(_)) => true,
            (Ty::Literal(text), Data::Str(own)) => **text == **own,
            (Ty::Scalar(kind), _) => is_scalar(*kind, value),
            (Ty::Set(item), Data::Set(items)) => self.all(items, item, kind_of)?,
            (Ty::List(item), _) if value.kind_name() == "list" => {
                for part in value.parts().unwrap_or_default() {
                    if !self.is(&part.load()?, item, kind_of)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Ty::Map(k, v), _) if matches!(value.kind_name(), "map" | "record") => {
                for (key, item) in value.members()?.unwrap_or_default() {
                    if !self.is(&key, k, kind_of)? || !self.is(&item, v, kind_of)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Ty::Workload, _) if matches!(value.kind_name(), "map" | "record") => {
                self.template(value, kind_of)?.is_some()
            }
            (Ty::Record(record), _) if matches!(value.kind_name(), "map" | "record") => {
                for (name, ty) in record.fields() {
                    let member = value.member(name)?.unwrap_or_else(Val::null);
                    if !self.is(&member, ty, kind_of)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Ty::Object(id), _) if matches!(value.kind_name(), "map" | "record") => {
                self.is_object(value, *id, kind_of)?
            }
            (Ty::Opaque(kind, api_version), _) if matches!(value.kind_name(), "map" | "record") => {
                let own = self.kind_of(value, kind_of)?;
                own.is_some_and(|(group, name)| name == **kind && group == group_of(api_version))
            }
            _ => false,
        })
    }

    fn all(&self, items: &[Val], ty: &Ty, kind_of: KindOf<'_>) -> Res<bool> {
        for item in items {
            if !self.is(item, ty, kind_of)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_object(&self, value: &Val, id: TypeId, kind_of: KindOf<'_>) -> Res<bool> {
        let def = self.schema.ty(id);
        if def.kind.is_some() {
            let Some((group, kind)) = self.kind_of(value, kind_of)? else { return Ok(false) };
            return Ok(self.reads(id, &group, &kind));
        }
        for field in &def.fields {
            let required = field.required && !field.empty_if_absent;
            if !required && !self.touched.contains(&(id, field.name.to_string())) {
                continue;
            }
            let member = value.member(&field.name)?.unwrap_or_else(Val::null);
            let fits = if member.is_null() { !required } else { self.is(&member, &ty_of(&field.ty), kind_of)? };
            if !fits {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// True if a kind's type reads objects of a group and kind, in any version.
    #[must_use]
    pub fn reads(&self, id: TypeId, group: &str, kind: &str) -> bool {
        self.schema.read_by(id).any(|(g, _, k)| {
            g == group && k == kind && self.schema.ty(id).kind.as_ref().is_some_and(|info| info.kind == kind)
        })
    }

    /// Group and kind of an object.
    fn kind_of(&self, value: &Val, outer: KindOf<'_>) -> Res<Option<(String, String)>> {
        let text = |name| -> Res<Option<String>> {
            Ok(match value.member(name)?.map(|v| v.data) {
                Some(Data::Str(text)) => Some(text.to_string()),
                _ => None,
            })
        };
        Ok(match (text("apiVersion")?, text("kind")?) {
            (Some(version), Some(kind)) => Some((group_of(&version).to_owned(), kind)),
            _ => outer(value),
        })
    }

    /// The pod template of a workload whose template has the spec of a pod.
    pub fn template(&self, value: &Val, outer: KindOf<'_>) -> Res<Option<Val>> {
        let Some((group, kind)) = self.kind_of(value, outer)? else { return Ok(None) };
        let fits =
            |w: &&WorkloadDef| w.kind.kind == kind && (w.kind.group == group || w.kind.old_groups.contains(&group));
        let Some(def) = self.workloads.iter().find(fits) else { return Ok(None) };
        let mut at = value.clone();
        for step in &def.template {
            at = at.member(step)?.unwrap_or_else(Val::null);
        }
        if !matches!(at.kind_name(), "map" | "record") {
            return Ok(None);
        }
        let spec = at.member("spec")?.unwrap_or_else(Val::null);
        Ok(matches!(spec.kind_name(), "map" | "record").then_some(at))
    }

    /// A value as a type: scalars out of text, also inside lists, sets and maps; ints as floats.
    pub fn convert(&self, value: Val, ty: &Ty) -> Res<Val> {
        let spot = value.spot.clone();
        if value.is_null() || !needs(ty) {
            return Ok(value);
        }
        Ok(match (ty, &value.data) {
            (Ty::Optional(inner), _) => self.convert(value, inner)?,
            (Ty::Scalar(kind), _) => to_scalar(*kind, &value)?.at(spot),
            #[expect(clippy::cast_precision_loss, reason = "an int where a float is asked for")]
            (Ty::Float, Data::Int(i)) => Val::from(Data::Float(*i as f64)).at(spot),
            (Ty::List(item) | Ty::Set(item), _) if matches!(value.kind_name(), "list" | "set") => {
                let mut out = Vec::new();
                for part in value.parts().unwrap_or_default() {
                    out.push(self.convert(part.load()?, item)?);
                }
                let made = if matches!(ty, Ty::Set(_)) { set_of(out)? } else { Data::List(Rc::new(out)).into() };
                made.at(spot)
            }
            (Ty::Map(k, v), _) if matches!(value.kind_name(), "map" | "record") => {
                let mut out = Vec::new();
                for (key, item) in value.members()?.unwrap_or_default() {
                    out.push((self.convert(key, k)?, self.convert(item, v)?));
                }
                map_of(out)?.at(spot)
            }
            (Ty::Union(members), _) => {
                for member in members.iter() {
                    if let Ok(converted) = self.convert(value.clone(), member)
                        && self.is(&converted, member, &|_| None)?
                    {
                        return Ok(converted);
                    }
                }
                value
            }
            _ => value,
        })
    }

    /// A JSON document as a type, to the last member: what `param` and `data` are read by.
    pub fn read(&self, value: Val, ty: &Ty) -> Res<Val> {
        match (ty, &value.data) {
            (Ty::Optional(_), Data::Null) => Ok(value),
            (Ty::Optional(inner), _) => self.read(value, inner),
            (Ty::Decl(id), _) => self.read(value, &self.hir.decls[id.0 as usize].ty),
            (Ty::List(item) | Ty::Set(item), _) if value.kind_name() == "list" => {
                let spot = value.spot.clone();
                let mut out = Vec::new();
                for item_value in value.items()?.unwrap_or_default() {
                    out.push(self.read(item_value, item)?);
                }
                let made = if matches!(ty, Ty::Set(_)) { set_of(out)? } else { Data::List(Rc::new(out)).into() };
                Ok(made.at(spot))
            }
            (Ty::Map(k, v), _) if matches!(value.kind_name(), "map" | "record") => {
                let spot = value.spot.clone();
                let mut out = Vec::new();
                for (key, item) in value.members()?.unwrap_or_default() {
                    out.push((self.read(key, k)?, self.read(item, v)?));
                }
                Ok(map_of(out)?.at(spot))
            }
            (Ty::Record(record), _) if matches!(value.kind_name(), "map" | "record") => {
                let spot = value.spot.clone();
                let mut out = Vec::new();
                for (name, ty) in record.fields() {
                    let member = value.member(name)?.unwrap_or_else(Val::null);
                    out.push((Rc::from(&**name), self.read(member, ty)?));
                }
                Ok(Val::from(Data::Record(Rc::new(out))).at(spot))
            }
            _ => {
                let converted = self.convert(value, ty)?;
                if self.is(&converted, ty, &|_| None)? { Ok(converted) } else { wrong_kind("another type", &converted) }
            }
        }
    }
}

/// True for a type whose values a document writes in another form.
fn needs(ty: &Ty) -> bool {
    match ty {
        Ty::Float | Ty::Scalar(_) | Ty::Set(_) => true,
        Ty::Optional(inner) | Ty::List(inner) => needs(inner),
        Ty::Map(k, v) => needs(k) || needs(v),
        Ty::Union(members) => members.iter().any(needs),
        _ => false,
    }
}

fn joined(clause: &Clause) -> Option<(Ty, String)> {
    match clause {
        Clause::Join { kinds, path, .. } => Some((kinds.clone(), path.first()?.to_string())),
        _ => None,
    }
}

/// The type of a field's value.
#[must_use]
pub fn ty_of(ty: &FieldType) -> Ty {
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
        FieldType::List(item) => Ty::list(ty_of(item)),
        FieldType::Map(value) => Ty::map(Ty::String, ty_of(value)),
    }
}

/// True for a scalar of a kind, and for a text (a quantity: a number too) that is one.
fn is_scalar(kind: ScalarKind, value: &Val) -> bool {
    match &value.data {
        Data::Str(text) => parse(kind, text).is_ok(),
        Data::Int(_) | Data::Float(_) => kind == ScalarKind::Quantity,
        _ => kind_of_scalar(value) == Some(kind),
    }
}

fn kind_of_scalar(value: &Val) -> Option<ScalarKind> {
    match &value.data {
        Data::Duration(_) => Some(ScalarKind::Duration),
        Data::Regex(_) => Some(ScalarKind::Regex),
        Data::Version(_) => Some(ScalarKind::Version),
        Data::Image(_) => Some(ScalarKind::Image),
        Data::Scalar(s) => Some(s.kind()),
        _ => None,
    }
}

fn to_scalar(kind: ScalarKind, value: &Val) -> Res<Val> {
    match &value.data {
        Data::Str(text) => parse(kind, text),
        Data::Int(i) if kind == ScalarKind::Quantity => {
            Ok(Data::Scalar(Scalar::Quantity(Quantity::from_int(*i))).into())
        }
        Data::Float(f) if kind == ScalarKind::Quantity => parse(kind, &format!("{f}")),
        _ if kind_of_scalar(value) == Some(kind) => Ok(value.clone()),
        Data::Int(_) | Data::Float(_) => wrong_kind(kind.name(), value),
        // Values of another kind stay: whatever uses them says so.
        _ => Ok(value.clone()),
    }
}

/// A scalar out of its text.
pub fn parse(kind: ScalarKind, text: &str) -> Res<Val> {
    let bad = |why: String| Fault { code: "E0801", why };
    Ok(match kind {
        ScalarKind::Quantity => Data::Scalar(Scalar::Quantity(Quantity::parse(text).map_err(bad)?)),
        ScalarKind::Time => Data::Scalar(Scalar::Time(time::parse(text).map_err(bad)?)),
        ScalarKind::Cidr => Data::Scalar(Scalar::Cidr(net::parse_cidr(text).map_err(bad)?)),
        ScalarKind::Ip => Data::Scalar(Scalar::Ip(net::parse_ip(text).map_err(bad)?)),
        ScalarKind::Duration => Data::Duration(duration::parse(text).map_err(bad)?),
        ScalarKind::Regex => {
            Pattern::new(text).map_err(bad)?;
            Data::Regex(text.into())
        }
        ScalarKind::Version => Data::Version(version::Parts::parse(text).map_err(bad)?.text.into()),
        ScalarKind::Image => {
            let mut full = String::new();
            image::normalise(text, &mut full).map_err(bad)?;
            Data::Image(full.into())
        }
    }
    .into())
}

/// A key of a path: an int or the text of a key.
#[must_use]
pub fn key_of(index: &Val) -> Option<Key> {
    match &index.data {
        Data::Int(i) => Some(Key::Item(*i)),
        Data::Str(text) => Some(Key::Name(text.clone())),
        _ => None,
    }
}

/// A missing thing that an evaluation can't go on without.
pub fn missing<T>(spot: Option<&Spot>, field: &str) -> Res<T> {
    fault("E0806", format!("`{field}` is missing at {}", spot.map(Spot::pointer).unwrap_or_default()))
}
