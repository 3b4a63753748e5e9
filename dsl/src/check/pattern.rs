//! `match`: what each arm knows, which arms can never be reached, and whether all values are covered.
//!
//! The type of the value shrinks from arm to arm: an arm sees what its patterns share with what is left, and takes it
//! away.

use super::Checker;
use super::infer::needs_place;
use super::keys::Key;
use super::relate::Joined;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Arm, Const, Expr, ExprKind, Pattern, Ty};
use crate::source::Span;
use crate::syntax::ast::{self, PatternKind};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// What is left for the arms that follow.
struct Left {
    ty: Ty,
    /// Constants that were taken; both booleans make `bool`.
    taken: Taken,
    /// The texts among `taken` that still stand in `ty`: they are taken out together, once somebody asks.
    texts: FxHashSet<Ty>,
    /// The texts of `ty`; none where nobody has asked yet.
    known: Option<FxHashSet<Ty>>,
}

/// Constants that arms have taken.
#[derive(Default)]
struct Taken {
    texts: FxHashSet<Arc<str>>,
    ints: FxHashSet<i64>,
    others: Vec<Const>,
}

impl Taken {
    fn contains(&self, value: &Const) -> bool {
        match value {
            Const::Str(text) => self.texts.contains(text),
            Const::Int(n) => self.ints.contains(n),
            other => self.others.contains(other),
        }
    }

    fn insert(&mut self, value: Const) {
        match value {
            Const::Str(text) => drop(self.texts.insert(text)),
            Const::Int(n) => drop(self.ints.insert(n)),
            other if !self.others.contains(&other) => self.others.push(other),
            _ => {}
        }
    }
}

/// A pattern and what a value that fits it is.
struct Checked {
    pattern: Pattern,
    ty: Ty,
}

impl Checker<'_> {
    pub(super) fn match_(&mut self, value: &ast::Expr, arms: &[ast::Arm], want: Option<&Ty>, span: Span) -> Expr {
        let value = self.expr(value, None);
        let local = self.body.fresh("".into(), value.ty.clone());
        let mut left = Left { ty: value.ty.clone(), taken: Taken::default(), texts: FxHashSet::default(), known: None };
        let key = Key::of(&value);
        // Arms whose type is told by their place are checked when the others have said it.
        let mut known: Vec<(Vec<Pattern>, Ty)> = Vec::with_capacity(arms.len());
        for arm in arms {
            known.push(self.patterns(arm, &mut left));
        }
        self.settle(&mut left);
        self.check_covered(&value, &left, arms, span);
        let mut order: Vec<usize> = (0..arms.len()).collect();
        order.sort_by_key(|ix| arms.get(*ix).is_some_and(|a| want.is_none() && needs_place(&a.value)));
        let mut so_far = Joined::default();
        let mut values: Vec<Option<Expr>> = arms.iter().map(|_| None).collect();
        for ix in order {
            let (Some(arm), Some((_, narrowed))) = (arms.get(ix), known.get(ix)) else { continue };
            let others = (want.is_none() && needs_place(&arm.value)).then(|| so_far.ty(&self.types));
            let hint = want.cloned().or(others.filter(|ty| *ty != Ty::Never));
            let mark = self.body.mark();
            if let Some(name) = &arm.name {
                self.body.scope.push((name.name.clone(), super::body::Binding::Local(local)));
            }
            self.body.learn(Key::local(local), narrowed.clone());
            if let Some(key) = &key {
                self.body.learn(key.clone(), narrowed.clone());
            }
            let out = self.expr(&arm.value, hint.as_ref());
            self.body.reset(mark);
            so_far.add(&out.ty);
            if let Some(slot) = values.get_mut(ix) {
                *slot = Some(out);
            }
        }
        let ty = so_far.ty(&self.types);
        let arms = known
            .into_iter()
            .zip(values)
            .filter_map(|((patterns, _), value)| Some(Arm { patterns, value: self.widen(value?, &ty) }));
        let arms = arms.collect();
        Expr { kind: ExprKind::Match { value: Box::new(value), local, arms }, ty, span }
    }

    /// The patterns of an arm, and what is known of the value in it.
    fn patterns(&mut self, arm: &ast::Arm, left: &mut Left) -> (Vec<Pattern>, Ty) {
        let mut tys = Vec::with_capacity(arm.patterns.len());
        let mut patterns = Vec::with_capacity(arm.patterns.len());
        for pattern in &arm.patterns {
            let checked = self.pattern(pattern, left);
            tys.push(checked.ty);
            patterns.push(checked.pattern);
        }
        (patterns, self.types.join_all(&tys))
    }

    fn pattern(&mut self, pattern: &ast::Pattern, left: &mut Left) -> Checked {
        let constant = match &pattern.kind {
            PatternKind::Else => return self.else_pattern(pattern.span, left),
            PatternKind::Type(ast::Type { kind: ast::TypeKind::Literal(text), .. }) => {
                Some((Const::Str(text.clone()), Ty::Literal(text.clone())))
            }
            PatternKind::Type(_) => None,
            PatternKind::Null => Some((Const::Null, Ty::Null)),
            PatternKind::Bool(b) => Some((Const::Bool(*b), Ty::Bool)),
            PatternKind::Int(n) => Some((Const::Int(*n), Ty::Int)),
            PatternKind::Float(n) => Some((Const::Float(*n), Ty::Float)),
        };
        match (constant, &pattern.kind) {
            (Some((value, ty)), _) => self.constant_pattern(value, ty, pattern.span, left),
            (None, PatternKind::Type(ty)) => {
                let target = self.ty(ty);
                self.settle(left);
                let shared = self.types.intersect(&left.ty, &target);
                if shared == Ty::Never && left.ty != Ty::Error {
                    self.never_reached(pattern.span, &left.ty, &target);
                }
                left.ty = self.types.subtract(&left.ty, &target);
                Checked { pattern: Pattern::Is(target), ty: shared }
            }
            _ => Checked { pattern: Pattern::Else, ty: Ty::Error },
        }
    }

    /// Takes the texts of the arms above out of what is left.
    fn settle(&self, left: &mut Left) {
        if left.texts.is_empty() {
            return;
        }
        let null = self.types.may_be_null(&left.ty);
        let stays = self.types.members(&left.ty).into_iter().filter(|m| !left.texts.contains(m));
        let ty = Ty::union(stays);
        left.ty = if null { ty.optional() } else { ty };
        left.texts.clear();
        left.known = None;
    }

    /// True if a text may be among what is left.
    fn may_be_text(&self, left: &mut Left, text: &Ty) -> bool {
        let members = || self.types.members(&left.ty).into_iter();
        let known = left.known.get_or_insert_with(|| {
            members().filter(|m| matches!(m, Ty::Literal(_) | Ty::String | Ty::Any | Ty::Error)).collect()
        });
        let open = [Ty::String, Ty::Any, Ty::Error].iter().any(|ty| known.contains(ty));
        open || known.contains(text) && !left.texts.contains(text)
    }

    fn else_pattern(&mut self, span: Span, left: &mut Left) -> Checked {
        self.settle(left);
        if left.ty == Ty::Never {
            self.report(
                Diagnostic::error(Code::NeverReached, "`else` is never reached")
                    .at(span, "the arms above take every value")
                    .help("take it away"),
            );
        }
        Checked { pattern: Pattern::Else, ty: std::mem::replace(&mut left.ty, Ty::Never) }
    }

    fn constant_pattern(&mut self, value: Const, ty: Ty, span: Span, left: &mut Left) -> Checked {
        let possible = match value {
            Const::Null => self.types.may_be_null(&left.ty),
            Const::Str(_) => self.may_be_text(left, &ty),
            _ => self.types.intersect(&self.types.required(&left.ty), &ty) != Ty::Never,
        };
        if (!possible || left.taken.contains(&value)) && left.ty != Ty::Error {
            self.settle(left);
            self.never_reached(span, &left.ty, &ty);
        }
        let narrowed = match &value {
            Const::Null => ty.clone(),
            Const::Str(_) if possible => ty.clone(),
            _ if left.ty == Ty::Any => ty.clone(),
            _ => self.types.intersect(&left.ty, &ty),
        };
        match &value {
            Const::Null => left.ty = self.types.required(&left.ty),
            Const::Str(_) if possible => drop(left.texts.insert(ty)),
            _ => {}
        }
        left.taken.insert(value.clone());
        if left.taken.contains(&Const::Bool(true)) && left.taken.contains(&Const::Bool(false)) {
            left.ty = self.types.subtract(&left.ty, &Ty::Bool);
        }
        Checked { pattern: Pattern::Const(value), ty: narrowed }
    }

    fn never_reached(&mut self, span: Span, left: &Ty, target: &Ty) {
        let (want, have) = (self.types.show(target), self.types.show(left));
        let d = Diagnostic::error(Code::NeverReached, format!("`{want}` is never reached"));
        self.report(match left {
            Ty::Never => d.at(span, "the arms above take every value"),
            _ => d.at(span, format!("what is left here is `{have}`")),
        });
    }

    fn check_covered(&mut self, value: &Expr, left: &Left, arms: &[ast::Arm], span: Span) {
        let has_else = arms.iter().any(|a| a.patterns.iter().any(|p| matches!(p.kind, PatternKind::Else)));
        if has_else || matches!(left.ty, Ty::Never | Ty::Error) {
            return;
        }
        let shown = self.types.show(&left.ty);
        let d = Diagnostic::error(Code::NotExhaustive, "this `match` does not cover every value")
            .at(value.span, format!("`{shown}` is left"));
        let d = if d.span() == span { d } else { d.at(span.before(), "in this `match`") };
        self.report(match left.ty {
            Ty::Workload => d.help("add an arm `else => …`: bundles add kinds to `Workload`"),
            Ty::Null => d.help("add an arm `null => …`"),
            Ty::Bool if left.taken.contains(&Const::Bool(true)) => d.help("add an arm `false => …`"),
            Ty::Bool => d.help("add arms `true => …` and `false => …`"),
            Ty::Optional(_) => d.help("add arms for what is left and for `null`, or `else => …`"),
            _ => d.help(format!("add an arm `{shown} => …`, or `else => …`")),
        });
    }

    /// The kinds that `cluster(…)`, `complete(…)` and `on` name.
    pub(super) fn kinds(&mut self, ast: &ast::Type) -> Ty {
        let ty = self.ty(ast);
        if self.types.is_kind(&ty) && !matches!(ty, Ty::Optional(_)) {
            return ty;
        }
        let shown = self.types.show(&ty);
        self.report(
            Diagnostic::error(Code::NotAKind, format!("`{shown}` is no kind of object"))
                .at(ast.span, "a kind has `apiVersion` and `kind`")
                .help("name a kind such as `Pod`, a union of kinds, or `kind(\"Foo\", \"example.com/v1\")`"),
        );
        Ty::Error
    }
}
