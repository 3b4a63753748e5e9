//! Expressions and places as text.

use super::super::expr::{Arm, Clause, Comprehension, Const, Expr, ExprKind, Into, Pattern, PlaceExpr, Step, TextPart};
use super::super::{Hir, Local, LocalId, Ty};
use super::{TypeNames, show_ty};
use crate::schema::Schema;
use crate::syntax::ast::BinaryOp;
use std::fmt::Write as _;

/// What expressions are shown with: names of functions and globals, and the variables of the body.
pub(super) struct Printer<'a> {
    pub(super) hir: &'a Hir,
    pub(super) schema: &'a Schema,
    pub(super) names: TypeNames,
    pub(super) out: String,
}

/// The variables of the body at hand and the names of its policy's parameters.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) locals: &'a [Local],
    pub(super) params: &'a [super::super::Param],
}

impl Printer<'_> {
    pub(super) fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(super) fn ty(&mut self, ty: &Ty) {
        let text = show_ty(ty, self.schema, &self.hir.decls, &self.names);
        self.out.push_str(&text);
    }

    pub(super) fn local(&mut self, id: LocalId, scope: Scope<'_>) {
        let name = scope.locals.get(id.0 as usize).map_or("?", |l| &l.name);
        let _ = write!(self.out, "{name}%{}", id.0);
    }

    fn list(&mut self, items: &[Expr], scope: Scope<'_>) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.push(", ");
            }
            self.expr(item, scope);
        }
    }

    fn call(&mut self, name: &str, args: &[Expr], scope: Scope<'_>) {
        let _ = write!(self.out, "{name}(");
        self.list(args, scope);
        self.push(")");
    }

    pub(super) fn expr(&mut self, e: &Expr, scope: Scope<'_>) {
        match &e.kind {
            ExprKind::Const(value) => self.constant(value),
            ExprKind::Local(id) => self.local(*id, scope),
            ExprKind::Global(id) => {
                let name = self.hir.globals.get(id.0 as usize).map(|g| format!("{}.{}", g.module, g.name));
                self.push(&name.unwrap_or_default());
            }
            ExprKind::Param(p) => {
                let name = scope.params.get(p.0 as usize).map(|p| p.name.clone());
                self.push(&format!("param {}", name.unwrap_or_default()));
            }
            ExprKind::Request => self.push("request"),
            ExprKind::Old => self.push("old"),
            ExprKind::Field { base, field, required } => {
                self.expr(base, scope);
                let mark = if *required { "!" } else { "" };
                let _ = write!(self.out, ".{field}{mark}");
            }
            ExprKind::Index { base, index } => {
                self.expr(base, scope);
                self.push("[");
                self.expr(index, scope);
                self.push("]");
            }
            ExprKind::Call { function, args } => {
                let name = self.hir.functions.get(function.0 as usize).map(|f| format!("{}.{}", f.module, f.name));
                self.call(&name.unwrap_or_default(), args, scope);
            }
            ExprKind::Builtin { builtin, args } => {
                let (module, name) = plimsoll_engine::builtins::name_of(*builtin).unwrap_or_default();
                let full = if module.is_empty() { name.to_string() } else { format!("{module}.{name}") };
                self.call(&full, args, scope);
            }
            ExprKind::Extern { function, args } => {
                let name = self.hir.externs.get(*function as usize).map(|f| format!("{}.{}", f.module, f.name));
                self.call(&name.unwrap_or_default(), args, scope);
            }
            ExprKind::Not(inner) => {
                self.push("not ");
                self.expr(inner, scope);
            }
            ExprKind::Neg(inner) => {
                self.push("-");
                self.expr(inner, scope);
            }
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, scope),
            ExprKind::If { cond, then, otherwise } => {
                self.push("(if ");
                self.expr(cond, scope);
                self.push(" then ");
                self.expr(then, scope);
                self.push(" else ");
                self.expr(otherwise, scope);
                self.push(")");
            }
            ExprKind::Match { value, local, arms } => self.match_(value, *local, arms, scope),
            ExprKind::Comprehension(comp) => self.comprehension(comp, scope),
            _ => self.rest(e, scope),
        }
    }

    fn rest(&mut self, e: &Expr, scope: Scope<'_>) {
        match &e.kind {
            ExprKind::Descend { base, field } => {
                self.push("descend(");
                self.expr(base, scope);
                let _ = write!(self.out, ", .{field})");
            }
            ExprKind::Is { value, ty } => {
                self.push("(");
                self.expr(value, scope);
                self.push(" is ");
                self.ty(ty);
                self.push(")");
            }
            ExprKind::Convert { value, to } => {
                self.push("<");
                self.ty(to);
                self.push(">(");
                self.expr(value, scope);
                self.push(")");
            }
            ExprKind::Cluster { kinds, before } => {
                self.push("cluster(");
                self.ty(kinds);
                self.push(if *before { ", before)" } else { ")" });
            }
            ExprKind::Complete(kinds) => {
                self.push("complete(");
                self.ty(kinds);
                self.push(")");
            }
            ExprKind::List(items) => {
                self.push("[");
                self.list(items, scope);
                self.push("]");
            }
            ExprKind::Set(items) => {
                self.push("set{");
                self.list(items, scope);
                self.push("}");
            }
            ExprKind::Map(entries) => self.entries("map{", entries.iter().map(|(k, v)| (Err(k), v)), scope),
            ExprKind::Record(fields) => self.entries("{", fields.iter().map(|(n, v)| (Ok(&**n), v)), scope),
            ExprKind::RecordJoin { left, right } => self.binary(BinaryOp::Join, left, right, scope),
            ExprKind::Text(parts) => {
                self.push("\"");
                for part in parts {
                    match part {
                        TextPart::Text(text) => self.push(&text.escape_debug().to_string()),
                        TextPart::Value(value) => {
                            self.push("{");
                            self.expr(value, scope);
                            self.push("}");
                        }
                    }
                }
                self.push("\"");
            }
            _ => {}
        }
    }

    fn entries<'e>(
        &mut self,
        open: &str,
        entries: impl Iterator<Item = (Result<&'e str, &'e Expr>, &'e Expr)>,
        scope: Scope<'_>,
    ) {
        self.push(open);
        for (i, (key, value)) in entries.enumerate() {
            self.push(if i == 0 { " " } else { ", " });
            match key {
                Ok(name) => self.push(name),
                Err(key) => self.expr(key, scope),
            }
            self.push(": ");
            self.expr(value, scope);
        }
        self.push(" }");
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, scope: Scope<'_>) {
        self.push("(");
        self.expr(left, scope);
        let _ = write!(self.out, " {} ", op.symbol());
        self.expr(right, scope);
        self.push(")");
    }

    fn constant(&mut self, value: &Const) {
        let text = match value {
            Const::Null => "null".to_string(),
            Const::Bool(b) => b.to_string(),
            Const::Int(n) => n.to_string(),
            Const::Float(n) => format!("{n:?}"),
            Const::Str(text) => format!("{text:?}"),
            Const::Duration(n) => {
                let mut text = String::new();
                let _ = plimsoll_engine::scalar::duration::show(*n, &mut text);
                text
            }
            Const::Regex(pattern) => format!("re{pattern:?}"),
            Const::Json(value) => format!("json {value}"),
        };
        self.push(&text);
    }

    fn match_(&mut self, value: &Expr, local: LocalId, arms: &[Arm], scope: Scope<'_>) {
        self.push("match ");
        self.local(local, scope);
        self.push(" = ");
        self.expr(value, scope);
        self.push(" {");
        for (i, arm) in arms.iter().enumerate() {
            self.push(if i == 0 { " " } else { ", " });
            for (j, pattern) in arm.patterns.iter().enumerate() {
                if j > 0 {
                    self.push(" | ");
                }
                match pattern {
                    Pattern::Else => self.push("else"),
                    Pattern::Const(value) => self.constant(value),
                    Pattern::Is(ty) => self.ty(ty),
                }
            }
            self.push(" => ");
            self.expr(&arm.value, scope);
        }
        self.push(" }");
    }

    fn comprehension(&mut self, comp: &Comprehension, scope: Scope<'_>) {
        let (open, close) = match comp.into {
            Into::List => ("[", "]"),
            Into::Set => ("set{", "}"),
            Into::Map => ("map{", "}"),
            Into::Any => ("any(", ")"),
            Into::All => ("all(", ")"),
            Into::Count => ("count(", ")"),
            Into::Sum => ("sum(", ")"),
            Into::Min => ("min(", ")"),
            Into::Max => ("max(", ")"),
            Into::First => ("first(", ")"),
            Into::Last => ("last(", ")"),
            Into::Sorted => ("sorted(", ")"),
            Into::Unique => ("unique(", ")"),
        };
        self.push(open);
        if let Some(key) = &comp.key {
            self.expr(key, scope);
            self.push(": ");
        }
        self.expr(&comp.element, scope);
        for clause in &comp.clauses {
            self.push(" ");
            self.clause(clause, scope);
        }
        if let Some(by) = &comp.by {
            self.push(" by ");
            self.expr(by, scope);
        }
        self.push(close);
    }

    pub(super) fn clause(&mut self, clause: &Clause, scope: Scope<'_>) {
        match clause {
            Clause::For { first, second, two, source, convert, .. } => {
                self.push("for ");
                self.binder(*first, scope);
                if *two {
                    self.push(", ");
                    self.binder(*second, scope);
                }
                self.push(" in ");
                self.expr(source, scope);
                if let Some(ty) = convert {
                    self.push(" as ");
                    self.ty(ty);
                }
            }
            Clause::Join { local, kinds, path, key, .. } => {
                self.push("join ");
                self.local(*local, scope);
                self.push(" in cluster(");
                self.ty(kinds);
                let _ = write!(self.out, ") on .{} == ", path.join("."));
                self.expr(key, scope);
            }
            Clause::Let { local, value, .. } => {
                self.push("let ");
                self.local(*local, scope);
                let ty = scope.locals.get(local.0 as usize).map(|l| l.ty.clone());
                if let Some(ty) = ty {
                    self.push(": ");
                    self.ty(&ty);
                }
                self.push(" = ");
                self.expr(value, scope);
            }
            Clause::If { cond, .. } => {
                self.push("if ");
                self.expr(cond, scope);
            }
        }
    }

    fn binder(&mut self, id: Option<LocalId>, scope: Scope<'_>) {
        match id {
            Some(id) => self.local(id, scope),
            None => self.push("_"),
        }
    }

    pub(super) fn place(&mut self, place: &PlaceExpr, scope: Scope<'_>) {
        match place {
            PlaceExpr::Innermost => self.push("innermost"),
            PlaceExpr::Value(value) => {
                self.push("place of ");
                self.expr(value, scope);
            }
            PlaceExpr::Path { base, steps } => {
                self.expr(base, scope);
                for step in steps {
                    match step {
                        Step::Field(field) => {
                            let _ = write!(self.out, " / {field}");
                        }
                        Step::Index(index) => {
                            self.push(" / [");
                            self.expr(index, scope);
                            self.push("]");
                        }
                    }
                }
            }
            PlaceExpr::If { cond, then, otherwise } => {
                self.push("if ");
                self.expr(cond, scope);
                self.push(" then ");
                self.place(then, scope);
                self.push(" else ");
                self.place(otherwise, scope);
            }
            PlaceExpr::OrElse(first, second) => {
                self.place(first, scope);
                self.push(" ?? ");
                self.place(second, scope);
            }
        }
    }
}
