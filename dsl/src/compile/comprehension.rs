//! Comprehensions and folds → loops.

use super::{Body, CompileError};
use crate::hir::expr::{Clause, Comprehension, Expr, Into};
use crate::hir::{LocalId, Ty};
use plimsoll_engine::program::assemble::Label;
use plimsoll_engine::program::{
    Arith, BuildKind, Compare, Constant, Def, DefBuilder, DefIter, IndexDef, Instr, StepIter, Use, UseBuilder, UseRun,
};
use plimsoll_engine::scalar::ScalarKind;

/// Module of the built-ins that only the compiler calls.
const HIDDEN: &str = "_";

impl Body<'_, '_> {
    pub(super) fn comprehension(&mut self, c: &Comprehension, ty: &Ty, dst: u16) -> Result<(), CompileError> {
        match c.into {
            Into::List => self.built(c, BuildKind::List, dst),
            Into::Set => self.built(c, BuildKind::Set, dst),
            Into::Map => self.built(c, BuildKind::Map, dst),
            Into::Sorted | Into::Unique => self.ordered(c, dst),
            Into::Any | Into::All => self.quantified(c, c.into == Into::Any, dst),
            Into::Count | Into::Sum => self.summed(c, ty, dst),
            Into::Min | Into::Max => self.extreme(c, dst),
            Into::First | Into::Last => self.picked(c, dst),
        }
    }

    /// A list, set or map.
    fn built(&mut self, c: &Comprehension, kind: BuildKind, dst: u16) -> Result<(), CompileError> {
        let builder = self.register()?;
        self.asm.emit(Instr::Build { kind, dst: DefBuilder(builder) });
        let builder = UseBuilder(builder);
        let end = self.asm.label();
        self.clauses(&c.clauses, end, &mut |body, _| {
            match &c.key {
                Some(key) => {
                    let (key, value) = (Use(body.expr(key)?), Use(body.expr(&c.element)?));
                    body.asm.emit(Instr::PushPair { builder, key, value });
                }
                None => {
                    let value = Use(body.expr(&c.element)?);
                    body.asm.emit(Instr::Push { builder, value });
                }
            }
            Ok(())
        })?;
        self.asm.bind(end);
        self.asm.emit(Instr::Finish { builder, dst: Def(dst) });
        Ok(())
    }

    /// `sorted`, `unique`: a list first; with a key, a list of pairs of key and element.
    fn ordered(&mut self, c: &Comprehension, dst: u16) -> Result<(), CompileError> {
        let list = self.register()?;
        let (module, name) = match (&c.by, c.into) {
            (Some(by), _) => {
                self.pairs(c, by, list)?;
                (HIDDEN, "sorted_by")
            }
            (None, Into::Sorted) => ("", "sorted"),
            (None, _) => ("", "unique"),
        };
        if c.by.is_none() {
            self.built(c, BuildKind::List, list)?;
        }
        let import = self.compiler.tables.import(module, name)?;
        self.asm.emit(Instr::Builtin { import, args: UseRun { first: list, len: 1 }, dst: Def(dst) });
        Ok(())
    }

    fn pairs(&mut self, c: &Comprehension, by: &Expr, dst: u16) -> Result<(), CompileError> {
        let builder = self.register()?;
        self.asm.emit(Instr::Build { kind: BuildKind::List, dst: DefBuilder(builder) });
        let builder = UseBuilder(builder);
        let end = self.asm.label();
        self.clauses(&c.clauses, end, &mut |body, _| {
            let pair = body.register()?;
            body.asm.emit(Instr::Build { kind: BuildKind::List, dst: DefBuilder(pair) });
            for part in [by, &c.element] {
                let value = Use(body.expr(part)?);
                body.asm.emit(Instr::Push { builder: UseBuilder(pair), value });
            }
            let value = body.register()?;
            body.asm.emit(Instr::Finish { builder: UseBuilder(pair), dst: Def(value) });
            body.asm.emit(Instr::Push { builder, value: Use(value) });
            Ok(())
        })?;
        self.asm.bind(end);
        self.asm.emit(Instr::Finish { builder, dst: Def(dst) });
        Ok(())
    }

    /// `any`, `all`: stops at the first element that decides.
    fn quantified(&mut self, c: &Comprehension, any: bool, dst: u16) -> Result<(), CompileError> {
        let end = self.asm.label();
        self.constant_into(Constant::Bool(!any), dst)?;
        self.clauses(&c.clauses, end, &mut |body, next| {
            if any {
                body.jump_unless(&c.element, next)?;
            } else {
                let fails = body.asm.label();
                body.jump_unless(&c.element, fails)?;
                body.asm.emit(Instr::Jump { to: next.jump() });
                body.asm.bind(fails);
            }
            body.constant_into(Constant::Bool(any), dst)?;
            body.asm.emit(Instr::Jump { to: end.jump() });
            Ok(())
        })?;
        self.asm.bind(end);
        Ok(())
    }

    fn summed(&mut self, c: &Comprehension, ty: &Ty, dst: u16) -> Result<(), CompileError> {
        let end = self.asm.label();
        self.constant_into(zero(ty), dst)?;
        self.clauses(&c.clauses, end, &mut |body, _| {
            let element = body.expr(&c.element)?;
            let right = if c.into == Into::Count {
                let one = body.register()?;
                body.constant_into(Constant::Int(1), one)?;
                one
            } else {
                element
            };
            body.asm.emit(Instr::Arith { op: Arith::Add, left: Use(dst), right: Use(right), dst: Def(dst) });
            Ok(())
        })?;
        self.asm.bind(end);
        Ok(())
    }

    /// `sum` of a list that stands somewhere: an empty one gives the zero of its type.
    pub(super) fn sum_of(&mut self, list: &Expr, ty: &Ty, dst: u16) -> Result<(), CompileError> {
        let first = self.run(2)?;
        self.expr_into(list, first)?;
        self.constant_into(zero(ty), first.saturating_add(1))?;
        let import = self.compiler.tables.import(HIDDEN, "sum")?;
        self.asm.emit(Instr::Builtin { import, args: UseRun { first, len: 2 }, dst: Def(dst) });
        Ok(())
    }

    /// `min`, `max`: the first of equals; nulls do not count.
    fn extreme(&mut self, c: &Comprehension, dst: u16) -> Result<(), CompileError> {
        let end = self.asm.label();
        let best = self.register()?;
        self.null_into(dst)?;
        self.null_into(best)?;
        self.clauses(&c.clauses, end, &mut |body, next| {
            let element = body.expr(&c.element)?;
            let key = match &c.by {
                Some(by) => body.expr(by)?,
                None => element,
            };
            let better = body.asm.label();
            let cond = body.register()?;
            body.asm.emit(Instr::JumpIfNull { src: Use(key), to: next.jump() });
            body.asm.emit(Instr::JumpIfNull { src: Use(best), to: better.jump() });
            let op = if c.into == Into::Min { Compare::Lt } else { Compare::Gt };
            body.asm.emit(Instr::Compare { op, left: Use(key), right: Use(best), dst: Def(cond) });
            body.asm.emit(Instr::JumpUnless { cond: Use(cond), to: next.jump() });
            body.asm.bind(better);
            body.asm.emit(Instr::Move { src: Use(element), dst: Def(dst) });
            body.asm.emit(Instr::Move { src: Use(key), dst: Def(best) });
            Ok(())
        })?;
        self.asm.bind(end);
        Ok(())
    }

    fn picked(&mut self, c: &Comprehension, dst: u16) -> Result<(), CompileError> {
        let end = self.asm.label();
        self.null_into(dst)?;
        self.clauses(&c.clauses, end, &mut |body, _| {
            body.expr_into(&c.element, dst)?;
            if c.into == Into::First {
                body.asm.emit(Instr::Jump { to: end.jump() });
            }
            Ok(())
        })?;
        self.asm.bind(end);
        Ok(())
    }

    /// Clauses around `inner`, which is told where the next round begins; a clause that does not hold goes on at `skip`
    /// or with the next round of the loop around it. Registers of the clauses are given back.
    pub(super) fn clauses(
        &mut self,
        clauses: &[Clause],
        skip: Label,
        inner: &mut dyn FnMut(&mut Self, Label) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        let height = self.asm.height();
        for (at, clause) in clauses.iter().enumerate() {
            match clause {
                Clause::If { cond, span } => {
                    self.line(*span);
                    self.jump_unless(cond, skip)?;
                    self.mark("if", *span)?;
                }
                Clause::Let { local, value, span } => {
                    self.line(*span);
                    let register = self.register()?;
                    self.expr_into(value, register)?;
                    self.bind(*local, register);
                }
                Clause::For { .. } | Clause::Join { .. } => {
                    let rest = clauses.get(at.saturating_add(1)..).unwrap_or_default();
                    self.rounds(clause, &mut |body, next| body.clauses(rest, next, inner))?;
                    self.asm.release(height);
                    return Ok(());
                }
            }
        }
        inner(self, skip)?;
        self.asm.release(height);
        Ok(())
    }

    /// A `for` around `inner`.
    pub(super) fn rounds(
        &mut self,
        clause: &Clause,
        inner: &mut dyn FnMut(&mut Self, Label) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        match clause {
            Clause::If { .. } | Clause::Let { .. } => Err(CompileError::Internal("a clause that is no loop")),
            Clause::For { first, second, two, source, convert, span } => {
                self.line(*span);
                let source = self.expr(source)?;
                let binders = Binders { first: *first, second: *second, two: *two, convert: convert.as_ref() };
                self.repeat(source, &binders, &mut |body, next| {
                    body.mark("for", *span)?;
                    inner(body, next)
                })
            }
            Clause::Join { local, kinds, path, key, span } => {
                self.line(*span);
                // Where there is no object there is nothing to compare: the key is not evaluated, for it may be an error.
                let none = self.asm.label();
                let (all, iter, probe) = (self.register()?, self.register()?, self.register()?);
                let objects = self.compiler.kind_set(kinds)?;
                self.asm.emit(Instr::Cluster { kinds: objects, before: false, dst: Def(all) });
                self.asm.emit(Instr::Iter { src: Use(all), dst: DefIter(iter) });
                self.asm.emit(Instr::Next { iter: StepIter(iter), value: Def(probe), end: none.jump() });
                let path = path.iter().map(|field| self.compiler.tables.symbol(field).0).collect();
                let kinds = self.compiler.kind_set(kinds)?.0;
                let index = self.compiler.tables.index(IndexDef { kinds, path })?;
                let key = Use(self.expr(key)?);
                let found = self.register()?;
                self.asm.emit(Instr::Lookup { index, key, dst: Def(found) });
                let binders = Binders { first: Some(*local), second: None, two: false, convert: None };
                self.repeat(found, &binders, &mut |body, next| {
                    body.mark("for", *span)?;
                    inner(body, next)
                })?;
                self.asm.bind(none);
                Ok(())
            }
        }
    }

    /// A loop over the value in `source`.
    fn repeat(
        &mut self,
        source: u16,
        binders: &Binders<'_>,
        inner: &mut dyn FnMut(&mut Self, Label) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        let (next, end) = (self.asm.label(), self.asm.label());
        let iter = self.register()?;
        let (key, value) = (self.register()?, self.register()?);
        self.asm.emit(Instr::Iter { src: Use(source), dst: DefIter(iter) });
        self.asm.bind(next);
        let step = StepIter(iter);
        if binders.two {
            self.asm.emit(Instr::NextPair { iter: step, key: Def(key), value: Def(value), end: end.jump() });
        } else {
            self.asm.emit(Instr::Next { iter: step, value: Def(value), end: end.jump() });
        }
        if let Some(ty) = binders.convert {
            let ty = self.compiler.type_index(ty)?;
            self.asm.emit(Instr::Convert { src: Use(value), ty, dst: Def(value) });
        }
        let (of_key, of_value) = if binders.two { (binders.first, binders.second) } else { (None, binders.first) };
        for (local, register) in [(of_key, key), (of_value, value)] {
            if let Some(local) = local {
                self.bind(local, register);
            }
        }
        self.scopes.push(value);
        inner(self, next)?;
        self.scopes.pop();
        self.asm.emit(Instr::Jump { to: next.jump() });
        self.asm.bind(end);
        Ok(())
    }

    pub(super) fn constant_into(&mut self, constant: Constant, dst: u16) -> Result<(), CompileError> {
        let value = self.compiler.tables.constant(constant)?;
        self.asm.emit(Instr::Const { value, dst: Def(dst) });
        Ok(())
    }
}

/// The names of a `for`.
struct Binders<'e> {
    first: Option<LocalId>,
    second: Option<LocalId>,
    two: bool,
    convert: Option<&'e Ty>,
}

/// What a sum begins with.
fn zero(ty: &Ty) -> Constant {
    match ty {
        Ty::Float => Constant::Float(0.0),
        Ty::Scalar(ScalarKind::Quantity) => Constant::Scalar(ScalarKind::Quantity, "0".to_owned()),
        Ty::Scalar(ScalarKind::Duration) => Constant::Duration(0),
        _ => Constant::Int(0),
    }
}
