//! Types of the checker → types of the run time.

use super::tables::push;
use super::{CompileError, Compiler};
use crate::hir::Ty;
use crate::schema::{FieldType, TypeId};
use plimsoll_engine::program::{FieldDesc, KindMatch, KindSet, KindType, KindsId, RecordDesc, TypeDesc, TypeIdx};
use plimsoll_engine::scalar::ScalarKind;

impl Compiler<'_> {
    /// The run-time type of a type; circular ones name themselves.
    pub(super) fn type_index(&mut self, ty: &Ty) -> Result<TypeIdx, CompileError> {
        if let Some(index) = self.tables.type_ids.get(ty) {
            return Ok(TypeIdx(*index));
        }
        let index = push(&mut self.tables.types, TypeDesc::Any, "types")?;
        self.tables.type_ids.insert(ty.clone(), index);
        let desc = self.describe(ty)?;
        if let Some(slot) = self.tables.types.get_mut(index as usize) {
            *slot = desc;
        }
        Ok(TypeIdx(index))
    }

    fn describe(&mut self, ty: &Ty) -> Result<TypeDesc, CompileError> {
        Ok(match ty {
            Ty::Any | Ty::Error => TypeDesc::Any,
            Ty::Never => TypeDesc::Never,
            Ty::Null => TypeDesc::Null,
            Ty::Bool => TypeDesc::Bool,
            Ty::Int => TypeDesc::Int,
            Ty::Float => TypeDesc::Float,
            Ty::String => TypeDesc::Str,
            Ty::Literal(text) => TypeDesc::Literal(text.to_string()),
            Ty::Scalar(kind) => TypeDesc::Scalar(*kind),
            Ty::List(item) => TypeDesc::List(self.type_index(item)?.0),
            Ty::Set(item) => TypeDesc::Set(self.type_index(item)?.0),
            Ty::Map(key, value) => TypeDesc::Map(self.type_index(key)?.0, self.type_index(value)?.0),
            Ty::Record(record) => {
                let mut fields = Vec::new();
                for (name, ty) in record.fields() {
                    fields.push(FieldDesc {
                        symbol: self.tables.symbol(name).0,
                        ty: self.type_index(&ty.required())?.0,
                        required: !ty.may_be_null(),
                        read: true,
                    });
                }
                TypeDesc::Record(RecordDesc { name: String::new(), kind: None, fields })
            }
            Ty::Object(id) => self.object(*id)?,
            Ty::Opaque(kind, api_version) => TypeDesc::Record(RecordDesc {
                name: kind.to_string(),
                kind: Some(opaque(kind, api_version)),
                fields: Vec::new(),
            }),
            Ty::Decl(id) => {
                let decl =
                    self.hir.decls.get(id.0 as usize).ok_or(CompileError::Internal("a type that is not declared"))?;
                let inner = decl.ty.clone();
                self.describe(&inner)?
            }
            Ty::Workload => TypeDesc::Workload,
            Ty::Union(members) => {
                TypeDesc::Union(members.iter().map(|m| Ok(self.type_index(m)?.0)).collect::<Result<_, CompileError>>()?)
            }
            Ty::Optional(inner) => TypeDesc::Optional(self.type_index(inner)?.0),
        })
    }

    /// A schema type: its fields that are required or looked at.
    fn object(&mut self, id: TypeId) -> Result<TypeDesc, CompileError> {
        let schema = self.schema.clone();
        let def = schema.ty(id);
        let mut fields = Vec::new();
        for field in &def.fields {
            let read = self.touched.contains(id, &field.name);
            let required = field.required && !field.empty_if_absent && def.kind.is_none();
            if read || required {
                fields.push(FieldDesc {
                    symbol: self.tables.symbol(&field.name).0,
                    ty: self.type_index(&ty_of_field(&field.ty))?.0,
                    required,
                    read,
                });
            }
        }
        Ok(TypeDesc::Record(RecordDesc { name: def.name.to_string(), kind: self.kind_match(id), fields }))
    }

    /// How objects of a kind are known; none for a type that is no kind.
    pub(super) fn kind_match(&self, id: TypeId) -> Option<KindMatch> {
        let info = self.schema.ty(id).kind.as_ref()?;
        let mut old_groups: Vec<String> = self
            .schema
            .read_by(id)
            .filter(|(group, _, kind)| *group != info.group && *kind == info.kind)
            .map(|(group, _, _)| group.to_owned())
            .collect();
        old_groups.dedup();
        Some(KindMatch { kind: info.kind.to_string(), group: info.group.to_string(), old_groups })
    }

    /// The set of kinds that a type names.
    pub(super) fn kind_set(&mut self, ty: &Ty) -> Result<KindsId, CompileError> {
        self.kind_set_as(ty, self.show(ty))
    }

    /// The set of kinds that a type names, shown as `text`.
    pub(super) fn kind_set_as(&mut self, ty: &Ty, text: String) -> Result<KindsId, CompileError> {
        let mut set = KindSet { text, ..KindSet::default() };
        for member in ty.members() {
            match member {
                Ty::Any => set.any = true,
                Ty::Workload => set.workloads = true,
                Ty::Object(id) => set.kinds.extend(self.kind_match(id)),
                Ty::Opaque(kind, api_version) => set.kinds.push(opaque(&kind, &api_version)),
                Ty::Decl(id) => {
                    let inner = self.hir.decls.get(id.0 as usize).map(|d| d.ty.clone());
                    return inner.map_or(Err(CompileError::Internal("a type that is not declared")), |ty| {
                        self.kind_set_as(&ty, set.text.clone())
                    });
                }
                _ => {}
            }
        }
        self.tables.kinds(set)
    }

    /// The types of all kinds that some policy looks at, for the check while loading.
    pub(super) fn kind_types(&mut self) -> Result<(), CompileError> {
        let schema = self.schema.clone();
        let mut found = Vec::new();
        for (group, version, kind) in schema.all_versions() {
            let newest = schema.versions_of(group, kind).first().map_or(version.ty, |v| v.ty);
            let looked_at = schema.ty(newest).fields.iter().any(|f| self.touched.contains(newest, &f.name));
            if looked_at && !found.contains(&newest) {
                found.push(newest);
            }
        }
        for id in found {
            let ty = self.type_index(&Ty::Object(id))?.0;
            if let Some(kind) = self.kind_match(id) {
                self.program.kind_types.push(KindType { kind, ty });
            }
        }
        Ok(())
    }

    /// A type as messages show it.
    pub(super) fn show(&self, ty: &Ty) -> String {
        crate::hir::show::show_ty(ty, self.schema, &self.hir.decls, &crate::hir::show::TypeNames::default())
    }
}

/// The kind that `kind("Foo", "example.com/v1")` names.
fn opaque(kind: &str, api_version: &str) -> KindMatch {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    KindMatch { kind: kind.to_owned(), group: group.to_owned(), old_groups: Vec::new() }
}

/// The type of a field's value.
pub(crate) fn ty_of_field(ty: &FieldType) -> Ty {
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
        FieldType::List(item) => Ty::list(ty_of_field(item)),
        FieldType::Map(value) => Ty::map(Ty::String, ty_of_field(value)),
    }
}
