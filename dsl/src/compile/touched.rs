//! Which fields of which schema types the bundle looks at: the projection that objects are checked by.
//!
//! It is coarse on purpose: a field that is read of any `Container` counts for every container. So it never misses one.

use crate::hir::expr::{Clause, Comprehension, Expr, ExprKind};
use crate::hir::walk::{each_child, each_of_function, each_of_policy};
use crate::hir::{GlobalKind, Hir, Ty};
use crate::schema::{FieldType, Schema, TypeId};
use plimsoll_engine::program::WorkloadDef;
use rustc_hash::FxHashSet;

/// Fields that are read, by type and name.
#[derive(Debug, Default)]
pub(super) struct Touched {
    fields: FxHashSet<(TypeId, String)>,
}

impl Touched {
    pub(super) fn of(hir: &Hir, schema: &Schema, workloads: &[WorkloadDef]) -> Touched {
        let mut touched = Touched::default();
        let workload_types = workload_types(schema, workloads);
        for (ty, path) in &workload_types {
            touched.path(schema, *ty, path);
        }
        let types: Vec<TypeId> = workload_types.iter().map(|(ty, _)| *ty).collect();
        let mut visit = |expr: &Expr| touched.expr(expr, &types);
        for function in &hir.functions {
            each_of_function(&function.body, &function.result, &mut visit);
        }
        for global in &hir.globals {
            if let GlobalKind::Let(value) | GlobalKind::Param(Some(value)) = &global.kind {
                visit(value);
            }
        }
        hir.policies.iter().for_each(|policy| each_of_policy(policy, &mut visit));
        touched
    }

    pub(super) fn contains(&self, ty: TypeId, field: &str) -> bool {
        // A lookup by borrowed parts would need a newtype; compile time only.
        self.fields.contains(&(ty, field.to_owned()))
    }

    fn expr(&mut self, expr: &Expr, workloads: &[TypeId]) {
        match &expr.kind {
            ExprKind::Field { base, field, .. } | ExprKind::Descend { base, field } => {
                self.field(&base.ty, field, workloads)
            }
            ExprKind::Comprehension(comprehension) => self.joins(comprehension, workloads),
            _ => {}
        }
        each_child(expr, &mut |child| self.expr(child, workloads));
    }

    fn joins(&mut self, comprehension: &Comprehension, workloads: &[TypeId]) {
        for clause in &comprehension.clauses {
            if let Clause::Join { kinds, path, .. } = clause
                && let Some(first) = path.first()
            {
                self.field(kinds, first, workloads);
            }
        }
    }

    fn field(&mut self, base: &Ty, field: &str, workloads: &[TypeId]) {
        for member in base.members() {
            match member {
                Ty::Object(ty) => {
                    self.fields.insert((ty, field.to_owned()));
                }
                Ty::Workload => {
                    for ty in workloads {
                        self.fields.insert((*ty, field.to_owned()));
                    }
                }
                _ => {}
            }
        }
    }

    /// Every field on a path, and `metadata` and `spec` at its end.
    fn path(&mut self, schema: &Schema, start: TypeId, path: &[String]) {
        let mut ty = start;
        for field in path {
            self.fields.insert((ty, field.clone()));
            match schema.ty(ty).field(field).map(|f| &f.ty) {
                Some(FieldType::Object(next)) => ty = *next,
                _ => return,
            }
        }
        for field in ["metadata", "spec"] {
            self.fields.insert((ty, field.to_owned()));
        }
    }
}

/// The schema types of kinds that carry a pod template, with the path to it.
fn workload_types(schema: &Schema, workloads: &[WorkloadDef]) -> Vec<(TypeId, Vec<String>)> {
    workloads
        .iter()
        .filter_map(|w| {
            let newest = schema.versions_of(&w.kind.group, &w.kind.kind).first()?;
            Some((newest.ty, w.template.clone()))
        })
        .collect()
}
