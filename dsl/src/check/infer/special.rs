//! Calls with rules of their own: generic built-ins, `descend`, `file`, constructors on constant text.

use super::super::body::Place;
use super::super::{Checker, builtin, types};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Const, Expr, ExprKind, Ty};
use crate::source::Span;
use crate::syntax::ast::{self, Arg, Args, Type, TypeKind};
use plimsoll_engine::builtins::BuiltinId;
use plimsoll_engine::scalar::{self, Scalar, ScalarKind};
use plimsoll_engine::value::HeapId;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What type variables stand for.
type Variables = FxHashMap<Arc<str>, Ty>;

/// The variable that a type of a signature is.
fn variable(ty: &Type) -> Option<&Arc<str>> {
    match &ty.kind {
        TypeKind::Path(path) => match path.segments.as_slice() {
            [one] if one.name.len() == 1 && one.name.chars().all(|c| c.is_ascii_uppercase()) => Some(&one.name),
            _ => None,
        },
        _ => None,
    }
}

impl Checker<'_> {
    /// `descend(x, .f)` and `file("…")`.
    pub(super) fn special(&mut self, name: &str, args: &Args, want: Option<&Ty>, span: Span) -> Option<Expr> {
        let Args::Plain(args) = args else { return None };
        match name {
            "descend" => Some(self.descend(args, want, span)),
            "file" if self.body.place == Place::Test => Some(self.file(args, span)),
            "file" if self.function_named(name).is_none() => {
                self.report(
                    Diagnostic::error(Code::OnlyInTests, "`file` is only for tests")
                        .at(span, "a policy reads nothing but its input")
                        .help("declare what the host supplies: `data name: T`"),
                );
                Some(Expr::error(span))
            }
            _ => None,
        }
    }

    fn descend(&mut self, args: &[Arg], want: Option<&Ty>, span: Span) -> Expr {
        let [Arg::Expr(base), Arg::Field(field)] = args else {
            self.report(
                Diagnostic::error(Code::WrongArguments, "`descend` takes a value and a field")
                    .at(span, "called with something else")
                    .help("write `descend(x, .field)`"),
            );
            return Expr::error(span);
        };
        let hint = want.and_then(|ty| match ty {
            Ty::List(item) => Some((**item).clone()),
            _ => None,
        });
        let base = self.expr(base, hint.as_ref());
        let top = self.types.required(&base.ty);
        if base.ty == Ty::Error {
            return Expr::error(span);
        }
        let Some(fact) = self.types.field(&top, &field.name) else {
            self.unknown_field(&base, &top, field);
            return Expr::error(span);
        };
        let below = self.types.members(&fact.ty).into_iter().fold(Ty::Never, |all, ty| {
            let one = match ty {
                Ty::List(item) => (*item).clone(),
                other => other,
            };
            self.types.join(&all, &one)
        });
        if !self.types.fits(&below, &top) && top != Ty::Any {
            let (above, under) = (self.types.show(&top), self.types.show(&below));
            self.report(
                Diagnostic::error(Code::WrongType, format!("`.{}` does not lead to another `{above}`", field.name))
                    .at(field.span, format!("leads to `{under}`")),
            );
            return Expr::error(span);
        }
        let kind = ExprKind::Descend { base: Box::new(base), field: field.name.clone() };
        Expr { kind, ty: Ty::list(top), span }
    }

    /// A function with type variables, or without.
    pub(super) fn call_builtin(&mut self, module: &str, name: &str, id: BuiltinId, args: &[Arg], span: Span) -> Expr {
        let Some(found) = builtin::find(module, name) else { return Expr::error(span) };
        let shape = &found.shape;
        if !self.count_fits(name, &shape.params, args, span) {
            return Expr::error(span);
        }
        let mut vars = Variables::default();
        let mut out = Vec::with_capacity(shape.params.len());
        for (ix, param) in shape.params.iter().enumerate() {
            match (args.get(ix), &param.default) {
                (Some(Arg::Expr(e)), _) => out.push(self.builtin_argument(e, &param.ty, &mut vars)),
                (Some(Arg::Field(field)), _) => {
                    self.field_argument(field.span);
                    return Expr::error(span);
                }
                (None, Some(default)) => {
                    let value = self.expr(default, None);
                    out.push(Expr { span, ..value });
                }
                (None, None) => {}
            }
        }
        let ty = self.substitute(&shape.result, &vars);
        if let [Expr { kind: ExprKind::Const(Const::Str(text)), span: at, .. }] = out.as_slice()
            && module.is_empty()
        {
            let (text, at) = (text.clone(), *at);
            self.check_constant(&ty, &text, at);
        }
        Self::builtin_call(id, out, ty, span)
    }

    fn builtin_argument(&mut self, e: &ast::Expr, param: &Type, vars: &mut Variables) -> Expr {
        let open = has_variable(param);
        let hint = self.substitute(param, vars);
        // What an earlier argument shows of a variable is no limit: `"a"` says that it stands for texts.
        let hint = if open { loosened(&hint) } else { hint };
        let value = self.expr(e, Some(&hint).filter(|h| !contains_never(h)));
        if value.ty == Ty::Any {
            // What is not known is looked at when it is evaluated.
            bind_all(param, &Ty::Any, vars);
            return value;
        }
        if open {
            self.unify(param, &value.ty, vars);
        }
        let wanted = self.substitute(param, vars);
        self.coerce(value, &wanted)
    }

    /// Finds what the variables of a signature's type stand for.
    fn unify(&self, param: &Type, have: &Ty, vars: &mut Variables) {
        if let Some(name) = variable(param) {
            let old = vars.remove(name).unwrap_or(Ty::Never);
            let new = self.types.join(&old, have);
            vars.insert(name.clone(), new);
            return;
        }
        match (&param.kind, self.types.expand(have)) {
            (TypeKind::List(item), Ty::List(have)) | (TypeKind::Set(item), Ty::Set(have)) => {
                self.unify(item, &have, vars)
            }
            (TypeKind::Map(key, value), Ty::Map(k, v)) => {
                self.unify(key, &k, vars);
                self.unify(value, &v, vars);
            }
            (TypeKind::Optional(inner), have) => self.unify(inner, &self.types.required(&have), vars),
            (_, Ty::Error) => bind_all(param, &Ty::Error, vars),
            _ => {}
        }
    }

    /// The type of a signature with its variables filled in.
    fn substitute(&mut self, ty: &Type, vars: &Variables) -> Ty {
        if let Some(name) = variable(ty) {
            return vars.get(name).cloned().unwrap_or(Ty::Never);
        }
        match &ty.kind {
            TypeKind::Optional(inner) => self.substitute(inner, vars).optional(),
            TypeKind::List(item) => Ty::list(self.substitute(item, vars)),
            TypeKind::Set(item) => Ty::set(self.substitute(item, vars)),
            TypeKind::Map(key, value) => Ty::map(self.substitute(key, vars), self.substitute(value, vars)),
            TypeKind::Path(path) => match path.segments.as_slice() {
                [one] => self.builtin_type(&one.name),
                _ => self.ty(ty),
            },
            _ => self.ty(ty),
        }
    }

    /// A name in a signature, whatever the module at hand calls so.
    fn builtin_type(&self, name: &str) -> Ty {
        if let Some((_, ty)) = types::BASIC.iter().find(|(n, _)| *n == name) {
            return ty.clone();
        }
        match (name, self.types.schema.kind(name)) {
            ("Workload", _) => Ty::Workload,
            (_, crate::schema::Lookup::Found(id)) => Ty::Object(id),
            _ => Ty::Any,
        }
    }

    /// `quantity("x")`: a text that is not one of its kind is wrong now.
    fn check_constant(&mut self, ty: &Ty, text: &str, at: Span) {
        let Ty::Scalar(kind) = ty else { return };
        let Some(why) = constant_error(*kind, text) else { return };
        let name = crate::hir::show::scalar_name(*kind);
        let d = Diagnostic::error(Code::BadConstant, format!("`{text}` is no {name}")).at(at, why);
        self.report(match kind {
            ScalarKind::Regex => d,
            _ => d.help(format!("`try_{name}(…)` gives null for such a text")),
        });
    }

    /// A text of a document where a scalar is asked for: what is constant is read now.
    pub(in crate::check) fn check_written(&mut self, value: &Expr, to: &Ty) {
        if let ExprKind::Const(Const::Str(text)) = &value.kind {
            self.check_constant(to, text, value.span);
        }
    }

    /// `re"…"`
    pub(super) fn regex(&mut self, pattern: &Arc<str>, span: Span) -> Expr {
        self.check_constant(&Ty::Scalar(ScalarKind::Regex), pattern, span);
        Expr::constant(Const::Regex(pattern.clone()), Ty::Scalar(ScalarKind::Regex), span)
    }
}

/// Why a text is none of its kind.
fn constant_error(kind: ScalarKind, text: &str) -> Option<String> {
    match kind {
        ScalarKind::Regex => scalar::regex::Pattern::new(text).err(),
        ScalarKind::Duration => scalar::duration::parse(text).err(),
        _ => Scalar::parse(kind, text, HeapId::Scratch, &mut String::new()).err(),
    }
}

fn has_variable(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Optional(inner) | TypeKind::List(inner) | TypeKind::Set(inner) => has_variable(inner),
        TypeKind::Map(key, value) => has_variable(key) || has_variable(value),
        _ => variable(ty).is_some(),
    }
}

/// A type with `string` in the place of single texts.
fn loosened(ty: &Ty) -> Ty {
    match ty {
        Ty::Literal(_) => Ty::String,
        Ty::Optional(inner) => loosened(inner).optional(),
        Ty::List(item) => Ty::list(loosened(item)),
        Ty::Set(item) => Ty::set(loosened(item)),
        Ty::Map(key, value) => Ty::map(loosened(key), loosened(value)),
        Ty::Union(members) => Ty::union(members.iter().map(loosened)),
        other => other.clone(),
    }
}

fn contains_never(ty: &Ty) -> bool {
    match ty {
        Ty::Never => true,
        Ty::Optional(inner) | Ty::List(inner) | Ty::Set(inner) => contains_never(inner),
        Ty::Map(key, value) => contains_never(key) || contains_never(value),
        _ => false,
    }
}

fn bind_all(ty: &Type, to: &Ty, vars: &mut Variables) {
    if let Some(name) = variable(ty) {
        vars.entry(name.clone()).or_insert_with(|| to.clone());
        return;
    }
    match &ty.kind {
        TypeKind::Optional(inner) | TypeKind::List(inner) | TypeKind::Set(inner) => bind_all(inner, to, vars),
        TypeKind::Map(key, value) => {
            bind_all(key, to, vars);
            bind_all(value, to, vars);
        }
        _ => {}
    }
}
