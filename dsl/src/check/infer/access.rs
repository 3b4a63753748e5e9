//! Names, fields and indices.

use super::super::Checker;
use super::super::body::{Binding, Place};
use super::super::builtin;
use super::super::resolve::{GlobalAst, ModuleRef};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Const, Expr, ExprKind, GlobalId, Ty};
use crate::schema::suggest;
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, Ident};
use std::sync::Arc;

impl Checker<'_> {
    /// A variable, or a value of the module.
    pub(super) fn name(&mut self, name: &Arc<str>, span: Span) -> Expr {
        if let Some(binding) = self.body.lookup(name) {
            let (kind, ty) = match binding {
                Binding::Local(id) => (ExprKind::Local(id), self.body.local_ty(id)),
                Binding::Param(id) => {
                    (ExprKind::Param(id), self.body.params.get(id.0 as usize).cloned().unwrap_or(Ty::Error))
                }
                Binding::Request => (ExprKind::Request, self.body.request.clone().unwrap_or(Ty::Error)),
                Binding::Old => (ExprKind::Old, self.body.old.clone().unwrap_or(Ty::Error)),
            };
            return self.read(Expr { kind, ty, span }, false);
        }
        let module = self.modules.get(self.module);
        let global = module.and_then(|m| m.own.values.get(name).or_else(|| m.used.values.get(name))).map(|(id, _)| *id);
        match global {
            Some(id) => self.global(id, span),
            None => {
                self.unknown_name(name, span);
                Expr::error(span)
            }
        }
    }

    fn global(&mut self, id: GlobalId, span: Span) -> Expr {
        let ty = self.global_ty(id, span);
        let data = self.globals.get(id.0 as usize).is_some_and(|g| matches!(g.ast, GlobalAst::Data(_)));
        self.read(Expr { kind: ExprKind::Global(id), ty, span }, data)
    }

    fn unknown_name(&mut self, name: &str, span: Span) {
        if self.is_lost(self.module, name) {
            return;
        }
        let d = Diagnostic::error(Code::UnknownName, format!("there is no variable `{name}`"));
        let gone = self.body.gone.iter().rev().find(|(n, _)| **n == *name).map(|(_, at)| *at);
        if let Some(at) = gone {
            return self.report(
                Diagnostic::error(Code::OtherRule, format!("`{name}` belongs to an earlier rule"))
                    .at(span, "not known in this rule")
                    .at(at, "a clause after the first rule belongs to its rule alone")
                    .help("move it above the first rule"),
            );
        }
        if matches!(name, "request" | "old") {
            let why = match self.body.place {
                Place::Module => "a function or a module-level value sees only what it is passed",
                Place::Policy => "a policy on the whole cluster has no request",
                Place::Test => "a test gives it; a condition of the test does not see it",
            };
            return self.report(
                Diagnostic::error(Code::NotHere, format!("`{name}` is not known here"))
                    .at(span, why)
                    .help(format!("pass `{name}` as an argument")),
            );
        }
        if self.function_named(name).is_some() {
            return self.report(
                Diagnostic::error(Code::NotAValue, format!("`{name}` is a function"))
                    .at(span, "used as a value")
                    .help(format!("call it: `{name}(…)`")),
            );
        }
        if self.module_in_scope(name).is_some() {
            return self.report(
                Diagnostic::error(Code::NotAValue, format!("`{name}` is a module"))
                    .at(span, "used as a value")
                    .help(format!("name one of its items: `{name}.…`")),
            );
        }
        let module = self.modules.get(self.module);
        let values = module.into_iter().flat_map(|m| m.own.values.keys().chain(m.used.values.keys()));
        let names = self.body.scope.iter().rev().map(|(n, _)| n).chain(values);
        let best = suggest(name, names.map(|n| &**n)).map(str::to_owned);
        let elsewhere = self.modules.iter().find(|m| m.own.values.contains_key(name)).map(|m| m.name.clone());
        let d = d.at(span, "not a variable in scope here");
        self.report(match (best, elsewhere) {
            (Some(best), _) => d.help(format!("did you mean `{best}`?")),
            (None, Some(module)) if !name.starts_with('_') => d.help(format!("import it: `use {module}.{{{name}}}`")),
            _ => d,
        });
    }

    /// The module that a name (`strings`, an alias) or a full name (`std.workload`) stands for here.
    pub(in super::super) fn module_in_scope(&self, name: &str) -> Option<ModuleRef> {
        if let Some((target, _)) = self.modules.get(self.module).and_then(|m| m.modules.get(name)) {
            return Some(*target);
        }
        self.module_of(name).or_else(|| {
            let built_in = builtin::module(name)?;
            let full = format!("std.{built_in}");
            let text = self.modules.iter().position(|m| *m.name == *full);
            Some(ModuleRef { text, built_in: Some(built_in) })
        })
    }

    /// The words of `a.b.c`, if that is what an expression is and `a` is no variable.
    fn module_path(&self, e: &ast::Expr) -> Option<String> {
        let mut words = Vec::new();
        let mut at = e;
        loop {
            match &at.kind {
                ast::ExprKind::Name(name) => {
                    if self.body.lookup(name).is_some() {
                        return None;
                    }
                    let module = self.modules.get(self.module)?;
                    if module.own.values.contains_key(name) || module.used.values.contains_key(name) {
                        return None;
                    }
                    words.push(&**name);
                    words.reverse();
                    return Some(words.join("."));
                }
                ast::ExprKind::Field { base, field, safe: false } => {
                    words.push(&*field.name);
                    at = base;
                }
                _ => return None,
            }
        }
    }

    /// `e.f`, `e?.f`, or a value of a module.
    pub(super) fn field(&mut self, base: &ast::Expr, field: &Ident, safe: bool, span: Span) -> Expr {
        if let Some(path) = self.module_path(base)
            && let Some(target) = self.module_in_scope(&path)
        {
            return self.module_value(&path, target, field, span);
        }
        let base = self.expr(base, None);
        let own = self.chain.take().filter(|(at, _)| *at == base.span).map(|(_, ty)| ty);
        self.field_of(base, own, field, safe, span)
    }

    fn module_value(&mut self, path: &str, target: ModuleRef, name: &Ident, span: Span) -> Expr {
        let found =
            target.text.and_then(|t| self.modules.get(t)).and_then(|m| m.own.values.get(&name.name)).map(|(id, _)| *id);
        let other = target.text.is_some_and(|t| t != self.module);
        if let (Some(_), true, true) = (found, other, name.name.starts_with('_')) {
            self.private(name);
            return Expr::error(span);
        }
        if let Some(id) = found {
            return self.global(id, span);
        }
        if self.function_of(target, &name.name).is_some() {
            self.report(
                Diagnostic::error(Code::NotAValue, format!("`{path}.{}` is a function", name.name))
                    .at(name.span, "used as a value")
                    .help(format!("call it: `{path}.{}(…)`", name.name)),
            );
            return Expr::error(span);
        }
        if target.text.is_some_and(|t| self.is_lost(t, &name.name)) {
            return Expr::error(span);
        }
        let names = self.exports(target);
        self.report(
            Diagnostic::error(Code::UnknownItem, format!("module `{path}` has no item `{}`", name.name))
                .at(name.span, format!("not an item of `{path}`"))
                .help_if(suggest(&name.name, names.iter().map(|n| &**n)), |best| format!("did you mean `{best}`?")),
        );
        Expr::error(span)
    }

    pub(super) fn private(&mut self, name: &Ident) {
        self.report(
            Diagnostic::error(Code::PrivateName, format!("`{}` is private to its module", name.name))
                .at(name.span, "a name that begins with `_` is not for other modules"),
        );
    }

    /// A field of a checked value; `own` is its type where it is null only because of a `?.` before it, which then
    /// counts for the whole chain.
    fn field_of(&mut self, base: Expr, own: Option<Ty>, field: &Ident, safe: bool, span: Span) -> Expr {
        let null = self.types.may_be_null(&base.ty);
        let safe = safe || own.is_some_and(|own| !self.types.may_be_null(&own));
        let dynamic = matches!(base.ty, Ty::Any | Ty::Error);
        if base.ty == Ty::Error {
            return Expr::error(span);
        }
        let owner = self.types.required(&base.ty);
        if owner == Ty::Never {
            return self.field_of_null(&base, field, safe, span);
        }
        let Some(fact) = self.types.field(&owner, &field.name) else {
            self.unknown_field(&base, &owner, field);
            return Expr::error(span);
        };
        if null && !safe && !dynamic {
            let (shown, text) = (self.types.show(&base.ty), self.source(base.span));
            self.report(
                Diagnostic::error(
                    Code::MayBeNull,
                    format!("`{text}` may be absent, so it has no field `{}`", field.name),
                )
                .at(base.span, format!("`{shown}`"))
                .help(format!("write `{text}?.{}`: null where it is absent", field.name)),
            );
        }
        let optional = null && safe && !dynamic;
        let ty = if optional { fact.ty.clone().optional() } else { fact.ty.clone() };
        if optional {
            self.chain = Some((span, fact.ty.clone()));
        }
        let kind =
            ExprKind::Field { base: Box::new(base), field: field.name.clone(), required: fact.required && !optional };
        let read = self.read(Expr { kind, ty, span }, true);
        if fact.or_empty && !optional { or_empty(read) } else { read }
    }

    /// A field of what is known to be null here (or of what is never reached).
    fn field_of_null(&mut self, base: &Expr, field: &Ident, safe: bool, span: Span) -> Expr {
        if base.ty == Ty::Null && !safe {
            let text = self.source(base.span);
            self.report(
                Diagnostic::error(
                    Code::MayBeNull,
                    format!("`{text}` is null here, so it has no field `{}`", field.name),
                )
                .at(base.span, "known to be null: an earlier condition says so"),
            );
        }
        Expr { kind: ExprKind::Const(Const::Null), ty: if safe { Ty::Null } else { Ty::Error }, span }
    }

    pub(in super::super) fn unknown_field(&mut self, base: &Expr, owner: &Ty, field: &Ident) {
        let shown = self.types.show(owner);
        let (name, text) = (&field.name, self.source(base.span));
        let names = self.types.field_names(owner);
        let plain = |d: Diagnostic| d.at(field.span, format!("`{shown}` has no fields"));
        let error = |title: String| Diagnostic::error(Code::NoFields, title);
        self.report(match self.types.expand(owner) {
            Ty::Map(..) => {
                plain(error(format!("`{text}` is a map, which has keys"))).help(format!("write `{text}[\"{name}\"]`"))
            }
            Ty::List(_) | Ty::Set(_) => plain(error(format!("`{text}` holds many values, none of them is `{name}`")))
                .help(format!("go through it: `[x.{name} for x in {text}]`")),
            Ty::Bool | Ty::Int | Ty::Float | Ty::String | Ty::Literal(_) => {
                plain(error(format!("a value of type `{shown}` has no field `{name}`")))
            }
            Ty::Union(members) => {
                let lacking = members.iter().find(|m| self.types.field(m, name).is_none());
                let lacking = lacking.map(|m| self.types.show(m)).unwrap_or_default();
                Diagnostic::error(Code::UnknownField, format!("not every member of `{shown}` has a field `{name}`"))
                    .at(field.span, format!("not a field of `{lacking}`"))
                    .help_if(suggest(name, names.iter().map(|n| &**n)), |best| format!("did you mean `{best}`?"))
                    .help(format!("or tell them apart first: `if {text} is …`"))
            }
            _ => Diagnostic::error(Code::UnknownField, format!("`{shown}` has no field `{name}`"))
                .at(field.span, format!("not a field of `{shown}`"))
                .help_if(suggest(name, names.iter().map(|n| &**n)), |best| format!("did you mean `{best}`?")),
        });
    }

    /// `e[i]`
    pub(super) fn index(&mut self, base: &ast::Expr, index: &ast::Expr, span: Span) -> Expr {
        let base = self.expr(base, None);
        let mut key = Ty::Never;
        let mut value = Ty::Never;
        for member in self.types.members(&base.ty) {
            let (k, v) = match member {
                Ty::List(item) => (Ty::Int, (*item).clone()),
                Ty::Map(k, v) => ((*k).clone(), (*v).clone()),
                Ty::Any => (Ty::Any, Ty::Any),
                Ty::Error => (Ty::Error, Ty::Error),
                other => {
                    self.expr(index, None);
                    self.no_index(&base, &other, index);
                    return Expr::error(span);
                }
            };
            key = self.types.join(&key, &k);
            value = self.types.join(&value, &v);
        }
        let index = self.expr(index, Some(&key));
        let index = self.as_index(index, &key);
        let (base, converted) = match base.kind {
            ExprKind::Convert { value, .. } => (*value, true),
            _ => (base, false),
        };
        let kind = ExprKind::Index { base: Box::new(base), index: Box::new(index) };
        self.read(Expr { kind, ty: value.optional(), span }, converted)
    }

    /// What is looked up may be among the keys, and is there.
    fn as_index(&mut self, index: Expr, key: &Ty) -> Expr {
        if self.types.may_be_null(&index.ty) && !self.types.may_be_null(key) {
            let required = self.types.required(key);
            self.coerce(index, &required)
        } else if matches!(index.ty, Ty::Any) || self.types.overlap(&index.ty, key) {
            index
        } else {
            self.coerce(index, key)
        }
    }

    fn no_index(&mut self, base: &Expr, ty: &Ty, index: &ast::Expr) {
        let (shown, text) = (self.types.show(ty), self.source(base.span));
        let d =
            Diagnostic::error(Code::NoIndex, format!("`{shown}` is not indexed")).at(base.span, "not a list or a map");
        let word = match &index.kind {
            ast::ExprKind::Str(parts) => match parts.as_slice() {
                [ast::StrPart::Text(word)] => Some(word.clone()),
                _ => None,
            },
            _ => None,
        };
        self.report(match (ty, word) {
            (Ty::Record(_) | Ty::Object(_) | Ty::Opaque(..) | Ty::Workload, Some(word)) => {
                d.help(format!("name the field: `{text}.\"{word}\"`"))
            }
            (Ty::Record(_), None) => {
                d.help("give it the type `map<…>` where it is made: its keys are fields otherwise")
            }
            (Ty::Object(_), None) => d.help(format!("`fields({text})` is the map of its fields")),
            (Ty::Set(_), _) => d.help(format!("ask `… in {text}`")),
            _ => d,
        });
    }
}

/// A text of `metadata` that the server is to make: empty where it is missing.
fn or_empty(read: Expr) -> Expr {
    let span = read.span;
    let empty = Expr::constant(Const::Str("".into()), Ty::String, span);
    let kind = ExprKind::Binary { op: BinaryOp::OrElse, left: Box::new(read), right: Box::new(empty) };
    Expr { kind, ty: Ty::String, span }
}
