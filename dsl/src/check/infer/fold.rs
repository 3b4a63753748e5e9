//! Comprehensions, and the functions that fold a list to something: `any(e for …)`, `sorted(e for … by k)`.

use super::super::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Clause, Comprehension, Expr, ExprKind, Into, Ty};
use crate::source::Span;
use crate::syntax::ast::{self, Ident};
use plimsoll_engine::scalar::ScalarKind;

/// Functions of one list that become loops.
pub(super) const FOLDS: [(&str, Into); 10] = [
    ("any", Into::Any),
    ("all", Into::All),
    ("count", Into::Count),
    ("sum", Into::Sum),
    ("min", Into::Min),
    ("max", Into::Max),
    ("first", Into::First),
    ("last", Into::Last),
    ("sorted", Into::Sorted),
    ("unique", Into::Unique),
];

impl Checker<'_> {
    /// `for a, b in e`
    pub(super) fn for_clause(&mut self, binders: &[Ident], source: &ast::Expr, span: Span) -> Clause {
        let source = self.expr(source, None);
        let two = binders.len() > 1;
        let (first_ty, second_ty) = self.bound(&source, two);
        let value_ty = if two { &second_ty } else { &first_ty };
        // A list that would be converted as a whole is converted as it is gone through.
        let is_map = self.types.members(&source.ty).iter().any(|m| matches!(m, Ty::Map(..)));
        let (source, convert) = match source.kind {
            ExprKind::Convert { value, .. } if two || !is_map => (*value, Some(value_ty.clone())),
            _ => (source, None),
        };
        if let [a, b] = binders
            && a.name == b.name
            && &*a.name != "_"
        {
            self.twice("variables", b, a.span);
        }
        let types = [first_ty, second_ty];
        let mut bind = |ix: usize| {
            let (name, ty) = (binders.get(ix)?, types.get(ix)?);
            (&*name.name != "_").then(|| self.body.bind(name, ty.clone()))
        };
        Clause::For { first: bind(0), second: bind(1), two, source, convert, span }
    }

    /// The types of what `for` binds.
    fn bound(&mut self, source: &Expr, two: bool) -> (Ty, Ty) {
        let (mut first, mut second) = (Ty::Never, Ty::Never);
        for member in self.types.members(&source.ty) {
            let (a, b) = match (member, two) {
                (Ty::List(item), true) => (Ty::Int, (*item).clone()),
                (Ty::List(item) | Ty::Set(item), false) => ((*item).clone(), Ty::Never),
                (Ty::Map(key, value), _) => ((*key).clone(), (*value).clone()),
                (Ty::Record(_) | Ty::Object(_) | Ty::Opaque(..) | Ty::Workload, _) => (Ty::String, Ty::Any),
                (Ty::Any, _) => (Ty::Any, Ty::Any),
                (Ty::Error, _) => (Ty::Error, Ty::Error),
                (Ty::Never, _) => (Ty::Never, Ty::Never),
                (other, _) => {
                    self.not_iterable(source, &other);
                    return (Ty::Error, Ty::Error);
                }
            };
            first = self.types.join(&first, &a);
            second = self.types.join(&second, &b);
        }
        (first, second)
    }

    fn not_iterable(&mut self, source: &Expr, ty: &Ty) {
        let (shown, text) = (self.types.show(ty), self.source(source.span));
        let d = Diagnostic::error(Code::NotIterable, format!("`for` cannot go through `{shown}`"));
        self.report(match ty {
            Ty::Set(_) => d
                .at(source.span, "a set has members, and no index or key beside them")
                .help("bind one name, or number them: `for i, x in sorted(…)`"),
            Ty::String | Ty::Literal(_) => {
                d.at(source.span, "one text").help(format!("its characters are `strings.chars({text})`"))
            }
            Ty::Int => d.at(source.span, "a number").help(format!("the numbers below it are `lists.range(0, {text})`")),
            _ => d.at(source.span, "not a list, a set or a map"),
        });
    }

    pub(super) fn list_comprehension(&mut self, comp: &ast::Comprehension, want: Option<&Ty>, span: Span) -> Expr {
        let item = self.types.members(want.unwrap_or(&Ty::Never)).into_iter().find_map(|ty| match ty {
            Ty::List(item) => Some((*item).clone()),
            _ => None,
        });
        self.no_key(comp);
        let (clauses, element) = self.loop_of(comp, |cx, e| cx.element(e, item.as_ref()));
        let ty = Ty::list(item.unwrap_or_else(|| element.ty.clone()));
        made(Into::List, None, element, clauses, None, ty, span)
    }

    pub(super) fn set_comprehension(&mut self, comp: &ast::Comprehension, want: Option<&Ty>, span: Span) -> Expr {
        let item = self.types.members(want.unwrap_or(&Ty::Never)).into_iter().find_map(|ty| match ty {
            Ty::Set(item) => Some((*item).clone()),
            _ => None,
        });
        self.no_key(comp);
        let (clauses, element) = self.loop_of(comp, |cx, e| cx.element(e, item.as_ref()));
        let ty = item.unwrap_or_else(|| element.ty.clone());
        let ty = self.key_ty(ty, element.span, "a member of a set");
        made(Into::Set, None, element, clauses, None, Ty::set(ty), span)
    }

    pub(super) fn map_comprehension(
        &mut self,
        key: &ast::Expr,
        comp: &ast::Comprehension,
        want: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let asked = self.types.members(want.unwrap_or(&Ty::Never)).into_iter().find_map(|ty| match ty {
            Ty::Map(key, value) => Some(((*key).clone(), (*value).clone())),
            _ => None,
        });
        self.no_key(comp);
        let asked = asked.as_ref();
        let (clauses, (key, element)) = self.loop_of(comp, |cx, e| {
            let key = cx.element(key, asked.map(|a| &a.0));
            (key, cx.element(e, asked.map(|a| &a.1)))
        });
        let key_ty = asked.map_or_else(|| key.ty.clone(), |a| a.0.clone());
        let key_ty = self.key_ty(key_ty, key.span, "a key of a map");
        let value_ty = asked.map_or_else(|| element.ty.clone(), |a| a.1.clone());
        made(Into::Map, Some(key), element, clauses, None, Ty::map(key_ty, value_ty), span)
    }

    fn element(&mut self, e: &ast::Expr, want: Option<&Ty>) -> Expr {
        match want {
            Some(want) => self.expr_as(e, want),
            None => self.expr(e, None),
        }
    }

    /// Checks the clauses, then what they make, in their scope.
    fn loop_of<T>(
        &mut self,
        comp: &ast::Comprehension,
        run: impl FnOnce(&mut Self, &ast::Expr) -> T,
    ) -> (Vec<Clause>, T) {
        let mark = self.body.mark();
        let clauses = self.clauses(&comp.clauses);
        let out = run(self, &comp.element);
        self.body.reset(mark);
        (clauses, out)
    }

    /// `by` stands only where something is sorted or chosen.
    pub(super) fn no_key(&mut self, comp: &ast::Comprehension) {
        if let Some(by) = &comp.by {
            self.report(
                Diagnostic::error(Code::NoSortKey, "nothing is sorted or chosen here")
                    .at(by.span, "a key behind `by` is for `sorted`, `min` and `max`"),
            );
        }
    }

    /// `any(e for …)` and its kin.
    pub(super) fn fold(
        &mut self,
        name: &str,
        into: Into,
        comp: &ast::Comprehension,
        want: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let by_allowed = matches!(into, Into::Sorted | Into::Min | Into::Max);
        if !by_allowed {
            self.no_key(comp);
        }
        let hint = match into {
            Into::Sorted | Into::Unique => {
                self.types.members(want.unwrap_or(&Ty::Never)).into_iter().find_map(|t| match t {
                    Ty::List(item) => Some((*item).clone()),
                    _ => None,
                })
            }
            Into::First | Into::Last | Into::Min | Into::Max | Into::Sum => want.map(|ty| self.types.required(ty)),
            _ => None,
        };
        let (clauses, (element, by)) = self.loop_of(comp, |cx, e| {
            let element = match into {
                Into::Any | Into::All => cx.condition(e),
                _ => cx.expr(e, hint.as_ref()),
            };
            let by = comp.by.as_ref().filter(|_| by_allowed).map(|by| cx.sort_key(by));
            (element, by)
        });
        let ordered = by_allowed && by.is_none();
        let ty = self.fold_type(name, into, &element.ty, element.span, ordered);
        made(into, None, element, clauses, by, ty, span)
    }

    fn sort_key(&mut self, by: &ast::Expr) -> Expr {
        let key = self.expr(by, None);
        if self.is_sort_key(&key.ty) {
            return key;
        }
        let shown = self.types.show(&key.ty);
        self.report(
            Diagnostic::error(Code::WrongOperand, format!("values of type `{shown}` have no order"))
                .at(by.span, "a key to sort by must have one"),
        );
        Expr { ty: Ty::Error, ..key }
    }

    /// Ordered values, and lists of them.
    fn is_sort_key(&self, ty: &Ty) -> bool {
        match ty {
            Ty::List(item) => self.is_sort_key(item),
            Ty::Bool => true,
            Ty::Optional(inner) => self.is_sort_key(inner),
            other => self.types.is_ordered(other),
        }
    }

    /// What a fold of elements gives; `ordered`: it compares the elements themselves.
    pub(super) fn fold_type(&mut self, name: &str, into: Into, item: &Ty, span: Span, ordered: bool) -> Ty {
        if ordered && !self.is_sort_key(item) {
            let shown = self.types.show(item);
            let d =
                Diagnostic::error(Code::WrongOperand, format!("`{name}` compares values, and `{shown}` has no order"));
            self.report(
                d.at(span, format!("`{shown}`")).help(format!("say what to go by: `{name}(x for x in … by x.…)`")),
            );
            return Ty::Error;
        }
        match into {
            Into::Any | Into::All => Ty::Bool,
            Into::Count => Ty::Int,
            Into::Sum => self.sum_type(item, span),
            Into::Min | Into::Max | Into::First | Into::Last => item.clone().optional(),
            Into::Sorted | Into::Unique | Into::List => Ty::list(item.clone()),
            Into::Set => Ty::set(item.clone()),
            Into::Map => Ty::Error,
        }
    }

    fn sum_type(&mut self, item: &Ty, span: Span) -> Ty {
        match item {
            Ty::Never => Ty::Int,
            Ty::Int | Ty::Float | Ty::Error | Ty::Any | Ty::Scalar(ScalarKind::Quantity | ScalarKind::Duration) => {
                item.clone()
            }
            other => {
                let shown = self.types.show(other);
                let d = Diagnostic::error(Code::WrongOperand, format!("`sum` does not add values of type `{shown}`"));
                let d = d.at(span, "numbers, quantities or durations are added");
                self.report(if other.may_be_null() { d.help("say what absence counts: `… ?? 0`") } else { d });
                Ty::Error
            }
        }
    }
}

/// A comprehension.
fn made(
    into: Into,
    key: Option<Expr>,
    element: Expr,
    clauses: Vec<Clause>,
    by: Option<Expr>,
    ty: Ty,
    span: Span,
) -> Expr {
    Expr { kind: ExprKind::Comprehension(Box::new(Comprehension { into, key, element, clauses, by })), ty, span }
}
