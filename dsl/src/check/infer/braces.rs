//! Lists, sets, records and maps as they are written: `[a]`, `{a}`, `{k: v}`, `{}`.

use super::super::Checker;
use super::super::relate::Joined;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Const, Expr, ExprKind, RecordTy, Ty};
use crate::schema::suggest;
use crate::source::Span;
use crate::syntax::ast::{self, FieldKey, StrPart};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Entries of a literal.
type Entries = [(FieldKey, ast::Expr)];

impl Checker<'_> {
    /// The first member of what is asked for that `pick` takes.
    fn wanted<T>(&self, want: Option<&Ty>, pick: impl Fn(Ty) -> Option<T>) -> Option<T> {
        self.types.members(want?).into_iter().find_map(pick)
    }

    pub(super) fn list(&mut self, items: &[ast::Expr], want: Option<&Ty>, span: Span) -> Expr {
        let item = self.wanted(want, |ty| match ty {
            Ty::List(item) => Some((*item).clone()),
            _ => None,
        });
        let (items, ty) = self.items(items, item.as_ref());
        Expr { kind: ExprKind::List(items), ty: Ty::list(ty), span }
    }

    pub(super) fn set(&mut self, items: &[ast::Expr], want: Option<&Ty>, span: Span) -> Expr {
        let item = self.wanted(want, |ty| match ty {
            Ty::Set(item) => Some((*item).clone()),
            _ => None,
        });
        let (items, ty) = self.items(items, item.as_ref());
        let ty = self.key_ty(ty, span, "a member of a set");
        Expr { kind: ExprKind::Set(items), ty: Ty::set(ty), span }
    }

    /// The members of a literal and the type that all of them have.
    fn items(&mut self, items: &[ast::Expr], want: Option<&Ty>) -> (Vec<Expr>, Ty) {
        if let Some(want) = want {
            let items: Vec<Expr> = items.iter().map(|e| self.expr_as(e, want)).collect();
            return (items, want.clone());
        }
        let mut so_far = Joined::default();
        let mut out: Vec<Expr> = Vec::with_capacity(items.len());
        for item in items {
            let hint = matches!(&item.kind, ast::ExprKind::EmptyBrace).then(|| so_far.ty(&self.types));
            let item = self.expr(item, hint.as_ref().filter(|ty| **ty != Ty::Never));
            so_far.add(&item.ty);
            out.push(item);
        }
        let ty = so_far.ty(&self.types);
        let ty = widened(&ty).unwrap_or(ty);
        let out = out.into_iter().map(|item| self.widen(item, &ty)).collect();
        (out, ty)
    }

    /// `{}`
    pub(super) fn empty_braces(&mut self, want: Option<&Ty>, span: Span) -> Expr {
        let found = self.wanted(want, |ty| match ty {
            Ty::Set(_) | Ty::Map(..) | Ty::Record(_) | Ty::Object(_) | Ty::Error => Some(ty),
            _ => None,
        });
        let kind = match &found {
            Some(Ty::Set(_)) => ExprKind::Set(vec![]),
            Some(Ty::Map(..)) => ExprKind::Map(vec![]),
            Some(Ty::Record(_) | Ty::Object(_)) => return self.braces(&[], want, span),
            Some(_) => return Expr::error(span),
            None => {
                let asked = want.filter(|ty| !matches!(ty, Ty::Any | Ty::Never)).map(|ty| self.types.show(ty));
                let d =
                    Diagnostic::error(Code::NeedsType, "`{}` is an empty set, map or record, and nothing says which");
                self.report(match asked {
                    Some(asked) => d.at(span, format!("`{asked}` is needed here")),
                    None => {
                        d.at(span, "its place asks for no type").help("write its type: `let name: set<string> = {}`")
                    }
                });
                return Expr::error(span);
            }
        };
        Expr { kind, ty: found.unwrap_or(Ty::Error), span }
    }

    /// `{k: v}`: a map, an object of the schema or a record, as its place asks.
    pub(super) fn braces(&mut self, entries: &Entries, want: Option<&Ty>, span: Span) -> Expr {
        match self.brace_type(entries, want) {
            Some(Ty::Map(key, value)) => self.map(entries, &key, &value, span),
            Some(Ty::Object(id)) => self.object(entries, Ty::Object(id), span),
            Some(Ty::Record(record)) => self.known_record(entries, &record, span),
            _ => self.new_record(entries, span),
        }
    }

    /// Which of the types that the place takes the literal is meant to be: the first whose fields it has.
    fn brace_type(&self, entries: &Entries, want: Option<&Ty>) -> Option<Ty> {
        let members = self.types.members(want?);
        let mut usable = members.into_iter().filter(|m| matches!(m, Ty::Map(..) | Ty::Object(_) | Ty::Record(_)));
        let first = usable.next()?;
        let fits = |ty: &Ty| {
            let Some(record) = self.types.as_record(ty) else { return true };
            let names: FxHashSet<Arc<str>> = entries.iter().filter_map(|(key, _)| plain_key(key)).collect();
            let named = |name: &str| names.contains(name);
            entries.iter().all(|(key, _)| plain_key(key).is_some_and(|k| self.types.field(ty, &k).is_some()))
                && record.fields().iter().all(|(name, ty)| {
                    named(name) || self.types.may_be_null(ty) || matches!(&**name, "apiVersion" | "kind" | "metadata")
                })
        };
        if fits(&first) {
            return Some(first);
        }
        Some(usable.find(fits).unwrap_or(first))
    }

    fn map(&mut self, entries: &Entries, key_ty: &Ty, value_ty: &Ty, span: Span) -> Expr {
        let mut out = Vec::with_capacity(entries.len());
        self.keys_differ(entries);
        for (key, value) in entries {
            let key = self.key(key);
            let key = self.coerce(key, key_ty);
            out.push((key, self.expr_as(value, value_ty)));
        }
        let ty = Ty::map(key_ty.clone(), value_ty.clone());
        Expr { kind: ExprKind::Map(out), ty, span }
    }

    fn key(&mut self, key: &FieldKey) -> Expr {
        self.text(&key.parts, key.span)
    }

    /// A record whose type is known: every field in its place, those that were left out null.
    fn known_record(&mut self, entries: &Entries, record: &Arc<RecordTy>, span: Span) -> Expr {
        let ty = Ty::Record(record.clone());
        self.keys_differ(entries);
        let mut given: FxHashMap<Arc<str>, Expr> = FxHashMap::default();
        for (key, value) in entries {
            let Some(name) = self.record_key(key) else { continue };
            match record.get(&name) {
                Some(field) => {
                    let value = self.expr_as(value, field);
                    given.entry(name).or_insert(value);
                }
                None => {
                    self.expr(value, None);
                    self.no_such_field(&ty, &name, key.span);
                }
            }
        }
        let mut missing = vec![];
        let mut out = Vec::with_capacity(record.fields().len());
        for (name, field) in record.fields() {
            let value = match given.remove(name) {
                Some(value) => value,
                None => {
                    if !self.types.may_be_null(field) {
                        missing.push(format!("`{name}`"));
                    }
                    Expr::constant(Const::Null, Ty::Null, span)
                }
            };
            out.push((name.clone(), value));
        }
        self.fields_missing(&ty, &missing, entries, span);
        Expr { kind: ExprKind::Record(out), ty, span }
    }

    /// An object of the schema: only what was written.
    fn object(&mut self, entries: &Entries, ty: Ty, span: Span) -> Expr {
        self.keys_differ(entries);
        let before = std::mem::replace(&mut self.body.document, true);
        let mut out = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = self.record_key(key) else { continue };
            match self.types.field(&ty, &name) {
                Some(fact) => out.push((name, self.expr_as(value, &fact.ty))),
                None => {
                    self.expr(value, None);
                    self.no_such_field(&ty, &name, key.span);
                }
            }
        }
        self.body.document = before;
        let mut missing = vec![];
        if let Ty::Object(id) = ty {
            let needed = self.types.schema.ty(id).fields.iter().filter(|f| f.required && !f.empty_if_absent);
            let needed = needed.filter(|f| !matches!(f.name.as_ref(), "apiVersion" | "kind" | "metadata"));
            missing
                .extend(needed.filter(|f| !out.iter().any(|(n, _)| **n == *f.name)).map(|f| format!("`{}`", f.name)));
        }
        self.fields_missing(&ty, &missing, entries, span);
        Expr { kind: ExprKind::Record(out), ty, span }
    }

    fn new_record(&mut self, entries: &Entries, span: Span) -> Expr {
        self.keys_differ(entries);
        let mut fields = Vec::with_capacity(entries.len());
        let mut out = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = self.record_key(key) else { continue };
            let value = self.expr(value, None);
            fields.push((name.clone(), value.ty.clone()));
            out.push((name, value));
        }
        Expr { kind: ExprKind::Record(out), ty: Ty::Record(Arc::new(RecordTy::new(fields))), span }
    }

    /// `r ++ { … }`: fields that `r` has take its types.
    pub(super) fn part_of_record(&mut self, entries: &Entries, record: &RecordTy, span: Span) -> Expr {
        self.keys_differ(entries);
        let mut fields = Vec::with_capacity(entries.len());
        let mut out = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = self.record_key(key) else { continue };
            let known = record.get(&name).cloned();
            let value = self.expr(value, known.as_ref());
            let ty = known.filter(|ty| self.types.fits(&value.ty, ty)).unwrap_or_else(|| value.ty.clone());
            fields.push((name.clone(), ty));
            out.push((name, value));
        }
        Expr { kind: ExprKind::Record(out), ty: Ty::Record(Arc::new(RecordTy::new(fields))), span }
    }

    fn record_key(&mut self, key: &FieldKey) -> Option<Arc<str>> {
        let plain = plain_key(key);
        if plain.is_none() {
            self.report(
                Diagnostic::error(Code::ComputedField, "the name of a field is a plain text")
                    .at(key.span, "this is computed")
                    .help("for computed keys give the value the type `map<string, …>` where it is made"),
            );
        }
        plain
    }

    fn keys_differ(&mut self, entries: &Entries) {
        let mut seen: Vec<(Arc<str>, Span)> = Vec::with_capacity(entries.len());
        for (key, _) in entries {
            let Some(name) = plain_key(key) else { continue };
            seen.push((name, key.span));
        }
        seen.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.start.cmp(&b.1.start)));
        for pair in seen.windows(2) {
            if let [(a, first), (b, second)] = pair
                && a == b
            {
                self.report(
                    Diagnostic::error(Code::KeyTwice, format!("`{a}` is given twice"))
                        .at(*second, "the second one")
                        .at(*first, "the first one"),
                );
            }
        }
    }

    fn no_such_field(&mut self, ty: &Ty, name: &str, span: Span) {
        let shown = self.types.show(ty);
        let names = self.types.field_names(ty);
        self.report(
            Diagnostic::error(Code::UnknownField, format!("`{shown}` has no field `{name}`"))
                .at(span, format!("not a field of `{shown}`"))
                .help_if(suggest(name, names.iter().map(|n| &**n)), |best| format!("did you mean `{best}`?")),
        );
    }

    /// A field that was misspelt is reported as that, not as missing too.
    fn fields_missing(&mut self, ty: &Ty, missing: &[String], entries: &Entries, span: Span) {
        let misspelt = entries.iter().any(|(k, _)| plain_key(k).is_none_or(|k| self.types.field(ty, &k).is_none()));
        if missing.is_empty() || misspelt {
            return;
        }
        let shown = self.types.show(ty);
        let what = if missing.len() == 1 { "field" } else { "fields" };
        self.report(
            Diagnostic::error(Code::MissingField, format!("`{shown}` needs the {what} {}", missing.join(", ")))
                .at(span, "left out here")
                .help("a field that may be left out is declared `name?: T`"),
        );
    }
}

/// The text of a key without holes.
fn plain_key(key: &FieldKey) -> Option<Arc<str>> {
    match key.parts.as_slice() {
        [] => Some("".into()),
        [StrPart::Text(text)] => Some(text.clone()),
        _ => None,
    }
}

/// A type with more texts than anybody would list is one of any text; none if there is no such type in it.
fn widened(ty: &Ty) -> Option<Ty> {
    const MOST: usize = 32;
    match ty {
        Ty::Union(members) if members.len() > MOST && members.iter().all(|m| matches!(m, Ty::Literal(_))) => {
            Some(Ty::String)
        }
        Ty::Optional(inner) => Some(widened(inner)?.optional()),
        Ty::List(item) => Some(Ty::list(widened(item)?)),
        Ty::Set(item) => Some(Ty::set(widened(item)?)),
        Ty::Record(record) => {
            let wide: Vec<Option<Ty>> = record.fields().iter().map(|(_, ty)| widened(ty)).collect();
            if wide.iter().all(Option::is_none) {
                return None;
            }
            let fields = record.fields().iter().zip(wide);
            let fields = fields.map(|((name, ty), wide)| (name.clone(), wide.unwrap_or_else(|| ty.clone())));
            Some(Ty::Record(Arc::new(RecordTy::new(fields.collect()))))
        }
        _ => None,
    }
}
