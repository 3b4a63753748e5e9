//! Expressions → code: each leaves its value in one register.

use super::{Body, CompileError, Compiler};
use crate::hir::expr::{Arm, Const, Expr, ExprKind, Pattern, TextPart};
use crate::hir::{LocalId, Ty};
use crate::syntax::ast::BinaryOp;
use plimsoll_engine::builtins;
use plimsoll_engine::program::assemble::Label;
use plimsoll_engine::program::{
    Arith, BuildKind, Compare, ConstId, Constant, Def, DefBuilder, ExternId, FuncId, GlobalId, Instr, ParamRef, Use,
    UseBuilder, UseRun,
};
use plimsoll_engine::scalar::ScalarKind;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Instructions by operator; `and`, `or`, `??`, `not in`, `matches`, `like`, `in` have code of their own.
const ARITH: &[(BinaryOp, Arith)] = &[
    (BinaryOp::Add, Arith::Add),
    (BinaryOp::Sub, Arith::Sub),
    (BinaryOp::Mul, Arith::Mul),
    (BinaryOp::Div, Arith::Div),
    (BinaryOp::Rem, Arith::Rem),
    (BinaryOp::Join, Arith::Join),
];
const COMPARE: &[(BinaryOp, Compare)] = &[
    (BinaryOp::Eq, Compare::Eq),
    (BinaryOp::Ne, Compare::Ne),
    (BinaryOp::Lt, Compare::Lt),
    (BinaryOp::Le, Compare::Le),
    (BinaryOp::Gt, Compare::Gt),
    (BinaryOp::Ge, Compare::Ge),
];

/// Scalar types by the name of their constructor.
const CONSTRUCTORS: &[(&str, ScalarKind)] = &[
    ("quantity", ScalarKind::Quantity),
    ("duration", ScalarKind::Duration),
    ("time", ScalarKind::Time),
    ("version", ScalarKind::Version),
    ("cidr", ScalarKind::Cidr),
    ("ip", ScalarKind::Ip),
    ("image", ScalarKind::Image),
    ("regex", ScalarKind::Regex),
];

impl Body<'_, '_> {
    /// The register that holds the value: that of a variable, else a new one.
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<u16, CompileError> {
        if let ExprKind::Local(local) = expr.kind {
            return self.local(local);
        }
        let dst = self.register()?;
        self.expr_into(expr, dst)?;
        Ok(dst)
    }

    /// The value into a register; registers above `dst` that it needed are given back.
    pub(super) fn expr_into(&mut self, expr: &Expr, dst: u16) -> Result<(), CompileError> {
        let height = self.asm.height();
        self.value_into(expr, dst)?;
        self.asm.release(height);
        Ok(())
    }

    fn value_into(&mut self, expr: &Expr, dst: u16) -> Result<(), CompileError> {
        if let Some(value) = self.compiler.constant(expr)? {
            self.asm.emit(Instr::Const { value, dst: Def(dst) });
            return Ok(());
        }
        let to = Def(dst);
        let instr = match &expr.kind {
            ExprKind::Const(_) => return Err(CompileError::Internal("a constant that is none")),
            ExprKind::Local(local) => Instr::Move { src: Use(self.local(*local)?), dst: to },
            ExprKind::Global(global) => Instr::Global { global: GlobalId(global.0), dst: to },
            ExprKind::Param(param) => {
                let policy = self.policy.ok_or(CompileError::Internal("a parameter outside of a policy"))?;
                let slot = u16::try_from(param.0).map_err(|_| CompileError::TooMany("parameters"))?;
                Instr::Param { param: ParamRef { policy, slot }, dst: to }
            }
            ExprKind::Request => Instr::Request { dst: to },
            ExprKind::Old => Instr::Old { dst: to },
            ExprKind::Field { base, field, required } => {
                let src = Use(self.expr(base)?);
                let key = self.compiler.tables.symbol(field);
                if *required { Instr::Required { src, key, dst: to } } else { Instr::Field { src, key, dst: to } }
            }
            ExprKind::Index { base, index } => {
                let src = Use(self.expr(base)?);
                let index = Use(self.expr(index)?);
                Instr::Index { src, index, dst: to }
            }
            ExprKind::Call { function, args } => {
                let args = self.args(args)?;
                let number = self.compiler.numbers.get(function.0 as usize).copied().flatten();
                let number = number.ok_or(CompileError::Internal("a function without code is called"))?;
                Instr::Call { function: FuncId(number), args, dst: to }
            }
            ExprKind::Builtin { builtin, args } => {
                let (module, name) =
                    builtins::name_of(*builtin).ok_or(CompileError::Internal("an unknown built-in"))?;
                if let (("", "sum"), [list]) = ((module, name), args.as_slice()) {
                    return self.sum_of(list, &expr.ty, dst);
                }
                let import = self.compiler.tables.import(module, name)?;
                let args = self.args(args)?;
                Instr::Builtin { import, args, dst: to }
            }
            ExprKind::Extern { function, args } => {
                let args = self.args(args)?;
                Instr::Extern { function: ExternId(*function), args, dst: to }
            }
            ExprKind::Descend { base, field } => {
                let src = Use(self.expr(base)?);
                Instr::Descend { src, key: self.compiler.tables.symbol(field), dst: to }
            }
            ExprKind::Not(value) => Instr::Not { src: Use(self.expr(value)?), dst: to },
            ExprKind::Neg(value) => Instr::Neg { src: Use(self.expr(value)?), dst: to },
            ExprKind::Binary { op, left, right } => return self.binary(*op, left, right, dst),
            ExprKind::Is { value, ty } => {
                let src = Use(self.expr(value)?);
                Instr::Is { src, ty: self.compiler.type_index(ty)?, dst: to }
            }
            ExprKind::Convert { value, to: ty } => {
                let src = Use(self.expr(value)?);
                Instr::Convert { src, ty: self.compiler.type_index(ty)?, dst: to }
            }
            ExprKind::If { cond, then, otherwise } => return self.if_into(cond, then, otherwise, dst),
            ExprKind::Match { value, local, arms } => return self.match_into(value, *local, arms, dst),
            ExprKind::Cluster { kinds, before } => {
                Instr::Cluster { kinds: self.compiler.kind_set(kinds)?, before: *before, dst: to }
            }
            ExprKind::Complete(kinds) => Instr::Complete { kinds: self.compiler.kind_set(kinds)?, dst: to },
            ExprKind::List(items) => return self.collection(BuildKind::List, items, dst),
            ExprKind::Set(items) => return self.collection(BuildKind::Set, items, dst),
            ExprKind::Map(pairs) => return self.map(pairs, dst),
            ExprKind::Record(fields) => {
                let shape = fields.iter().map(|(name, _)| self.compiler.tables.symbol(name).0).collect();
                let shape = self.compiler.tables.shape(shape)?;
                let values = self.run_of(fields.iter().map(|(_, value)| value))?;
                Instr::Record { shape, values, dst: to }
            }
            ExprKind::RecordJoin { left, right } => return self.record_join(&expr.ty, left, right, dst),
            ExprKind::Text(parts) => return self.text(parts, dst),
            ExprKind::Comprehension(comprehension) => return self.comprehension(comprehension, &expr.ty, dst),
        };
        self.asm.emit(instr);
        Ok(())
    }

    fn args(&mut self, args: &[Expr]) -> Result<UseRun, CompileError> {
        self.run_of(args.iter())
    }

    /// Values side by side.
    pub(super) fn run_of<'e>(
        &mut self,
        values: impl ExactSizeIterator<Item = &'e Expr>,
    ) -> Result<UseRun, CompileError> {
        let len = u16::try_from(values.len()).map_err(|_| CompileError::TooMany("arguments"))?;
        let first = self.run(values.len())?;
        for (register, value) in (first..).zip(values) {
            self.expr_into(value, register)?;
        }
        Ok(UseRun { first, len })
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, dst: u16) -> Result<(), CompileError> {
        match op {
            BinaryOp::And | BinaryOp::Or | BinaryOp::OrElse => return self.stops_early(op, left, right, dst),
            _ => {}
        }
        let (l, r) = (Use(self.expr(left)?), Use(self.expr(right)?));
        let dst = Def(dst);
        if let Some((_, op)) = ARITH.iter().find(|(known, _)| *known == op) {
            self.asm.emit(Instr::Arith { op: *op, left: l, right: r, dst });
        } else if let Some((_, op)) = COMPARE.iter().find(|(known, _)| *known == op) {
            self.asm.emit(Instr::Compare { op: *op, left: l, right: r, dst });
        } else {
            match op {
                BinaryOp::Matches => self.asm.emit(Instr::Matches { text: l, pattern: r, dst }),
                BinaryOp::Like => self.asm.emit(Instr::Like { text: l, pattern: r, dst }),
                _ => self.asm.emit(Instr::In { item: l, of: r, dst }),
            }
            if op == BinaryOp::NotIn {
                self.asm.emit(Instr::Not { src: Use(dst.0), dst });
            }
        }
        Ok(())
    }

    /// `and`, `or`, `??`: the right side only if the left one does not decide.
    fn stops_early(&mut self, op: BinaryOp, left: &Expr, right: &Expr, dst: u16) -> Result<(), CompileError> {
        let done = self.asm.label();
        if op == BinaryOp::OrElse {
            self.expr_into(left, dst)?;
            self.asm.emit(Instr::JumpIfSome { src: Use(dst), to: done.jump() });
            self.expr_into(right, dst)?;
            self.asm.bind(done);
            return Ok(());
        }
        // The truth of both is a value of its own: it has the place of neither.
        let no = self.asm.label();
        match op {
            BinaryOp::And => {
                self.jump_unless(left, no)?;
                self.jump_unless(right, no)?;
            }
            _ => {
                let yes = self.asm.label();
                self.jump_if(left, yes)?;
                self.jump_unless(right, no)?;
                self.asm.bind(yes);
            }
        }
        self.constant_into(Constant::Bool(true), dst)?;
        self.asm.emit(Instr::Jump { to: done.jump() });
        self.asm.bind(no);
        self.constant_into(Constant::Bool(false), dst)?;
        self.asm.bind(done);
        Ok(())
    }

    /// Goes on at `to` unless the condition holds.
    pub(super) fn jump_unless(&mut self, cond: &Expr, to: Label) -> Result<(), CompileError> {
        match &cond.kind {
            ExprKind::Not(inner) => self.jump_if(inner, to),
            ExprKind::Binary { op: BinaryOp::And, left, right } => {
                self.jump_unless(left, to)?;
                self.jump_unless(right, to)
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right } => {
                let holds = self.asm.label();
                self.jump_if(left, holds)?;
                self.jump_unless(right, to)?;
                self.asm.bind(holds);
                Ok(())
            }
            _ => {
                let height = self.asm.height();
                let cond = Use(self.expr(cond)?);
                self.asm.emit(Instr::JumpUnless { cond, to: to.jump() });
                self.asm.release(height);
                Ok(())
            }
        }
    }

    /// Goes on at `to` if the condition holds.
    fn jump_if(&mut self, cond: &Expr, to: Label) -> Result<(), CompileError> {
        match &cond.kind {
            ExprKind::Not(inner) => self.jump_unless(inner, to),
            ExprKind::Binary { op: BinaryOp::Or, left, right } => {
                self.jump_if(left, to)?;
                self.jump_if(right, to)
            }
            ExprKind::Binary { op: BinaryOp::And, left, right } => {
                let fails = self.asm.label();
                self.jump_unless(left, fails)?;
                self.jump_if(right, to)?;
                self.asm.bind(fails);
                Ok(())
            }
            _ => {
                let height = self.asm.height();
                let cond = Use(self.expr(cond)?);
                self.asm.emit(Instr::JumpIf { cond, to: to.jump() });
                self.asm.release(height);
                Ok(())
            }
        }
    }

    fn if_into(&mut self, cond: &Expr, then: &Expr, otherwise: &Expr, dst: u16) -> Result<(), CompileError> {
        let (no, done) = (self.asm.label(), self.asm.label());
        self.jump_unless(cond, no)?;
        self.mark("then", then.span)?;
        self.expr_into(then, dst)?;
        self.asm.emit(Instr::Jump { to: done.jump() });
        self.asm.bind(no);
        self.mark("else", otherwise.span)?;
        self.expr_into(otherwise, dst)?;
        self.asm.bind(done);
        Ok(())
    }

    fn match_into(&mut self, value: &Expr, local: LocalId, arms: &[Arm], dst: u16) -> Result<(), CompileError> {
        let subject = self.register()?;
        self.expr_into(value, subject)?;
        self.bind(local, subject);
        let done = self.asm.label();
        for arm in arms {
            let (fits, next) = (self.asm.label(), self.asm.label());
            let all = arm.patterns.iter().any(|p| matches!(p, Pattern::Else));
            if !all {
                for pattern in &arm.patterns {
                    self.jump_if_fits(pattern, subject, fits)?;
                }
                self.asm.emit(Instr::Jump { to: next.jump() });
            }
            self.asm.bind(fits);
            self.mark("arm", arm.value.span)?;
            self.expr_into(&arm.value, dst)?;
            self.asm.emit(Instr::Jump { to: done.jump() });
            self.asm.bind(next);
            if all {
                break;
            }
        }
        self.asm.emit(Instr::NoArm { src: Use(subject) });
        self.null_into(dst)?;
        self.asm.bind(done);
        Ok(())
    }

    fn jump_if_fits(&mut self, pattern: &Pattern, subject: u16, to: Label) -> Result<(), CompileError> {
        let height = self.asm.height();
        let dst = self.register()?;
        match pattern {
            Pattern::Else => self.asm.emit(Instr::Jump { to: to.jump() }),
            Pattern::Const(Const::Null) => self.asm.emit(Instr::JumpIfNull { src: Use(subject), to: to.jump() }),
            Pattern::Const(value) => {
                let value = self.compiler.literal(value)?;
                self.asm.emit(Instr::Const { value, dst: Def(dst) });
                self.asm.emit(Instr::Compare { op: Compare::Eq, left: Use(subject), right: Use(dst), dst: Def(dst) });
                self.asm.emit(Instr::JumpIf { cond: Use(dst), to: to.jump() });
            }
            Pattern::Is(ty) => {
                let ty = self.compiler.type_index(ty)?;
                self.asm.emit(Instr::Is { src: Use(subject), ty, dst: Def(dst) });
                self.asm.emit(Instr::JumpIf { cond: Use(dst), to: to.jump() });
            }
        }
        self.asm.release(height);
        Ok(())
    }

    fn collection(&mut self, kind: BuildKind, items: &[Expr], dst: u16) -> Result<(), CompileError> {
        let builder = self.register()?;
        self.asm.emit(Instr::Build { kind, dst: DefBuilder(builder) });
        for item in items {
            let height = self.asm.height();
            let value = Use(self.expr(item)?);
            self.asm.emit(Instr::Push { builder: UseBuilder(builder), value });
            self.asm.release(height);
        }
        self.asm.emit(Instr::Finish { builder: UseBuilder(builder), dst: Def(dst) });
        Ok(())
    }

    fn map(&mut self, pairs: &[(Expr, Expr)], dst: u16) -> Result<(), CompileError> {
        let builder = self.register()?;
        self.asm.emit(Instr::Build { kind: BuildKind::Map, dst: DefBuilder(builder) });
        for (key, value) in pairs {
            let height = self.asm.height();
            let (key, value) = (Use(self.expr(key)?), Use(self.expr(value)?));
            self.asm.emit(Instr::PushPair { builder: UseBuilder(builder), key, value });
            self.asm.release(height);
        }
        self.asm.emit(Instr::Finish { builder: UseBuilder(builder), dst: Def(dst) });
        Ok(())
    }

    /// The fields of the result, from the right side where it has them, else from the left one.
    fn record_join(&mut self, ty: &Ty, left: &Expr, right: &Expr, dst: u16) -> Result<(), CompileError> {
        let Ty::Record(record) = ty else { return Err(CompileError::Internal("a joined record has no record type")) };
        let (l, r) = (self.expr(left)?, self.expr(right)?);
        let shape = record.fields().iter().map(|(name, _)| self.compiler.tables.symbol(name).0).collect();
        let shape = self.compiler.tables.shape(shape)?;
        let first = self.run(record.fields().len())?;
        let written: FxHashSet<&Arc<str>> = match &right.kind {
            ExprKind::Record(fields) => fields.iter().map(|(name, _)| name).collect(),
            _ => FxHashSet::default(),
        };
        for (register, (name, _)) in (first..).zip(record.fields()) {
            let key = self.compiler.tables.symbol(name);
            let of_right = match &right.ty {
                Ty::Record(right) => right.get(name).map(Ty::may_be_null),
                _ => Some(true),
            };
            let done = self.asm.label();
            if let Some(optional) = of_right {
                self.asm.emit(Instr::Field { src: Use(r), key, dst: Def(register) });
                if !optional || written.contains(name) {
                    continue;
                }
                self.asm.emit(Instr::JumpIfSome { src: Use(register), to: done.jump() });
            }
            self.asm.emit(Instr::Field { src: Use(l), key, dst: Def(register) });
            self.asm.bind(done);
        }
        let len = u16::try_from(record.fields().len()).map_err(|_| CompileError::TooMany("fields"))?;
        self.asm.emit(Instr::Record { shape, values: UseRun { first, len }, dst: Def(dst) });
        Ok(())
    }

    fn text(&mut self, parts: &[TextPart], dst: u16) -> Result<(), CompileError> {
        let len = u16::try_from(parts.len()).map_err(|_| CompileError::TooMany("holes"))?;
        let first = self.run(parts.len())?;
        for (register, part) in (first..).zip(parts) {
            match part {
                TextPart::Text(text) => {
                    let value = self.compiler.tables.text(text)?;
                    self.asm.emit(Instr::Const { value, dst: Def(register) });
                }
                TextPart::Value(value) => self.expr_into(value, register)?,
            }
        }
        self.asm.emit(Instr::Text { parts: UseRun { first, len }, dst: Def(dst) });
        Ok(())
    }
}

impl Compiler<'_> {
    /// The constant that an expression is, if it is one.
    pub(super) fn constant(&mut self, expr: &Expr) -> Result<Option<ConstId>, CompileError> {
        match &expr.kind {
            ExprKind::Const(value) => self.literal(value).map(Some),
            ExprKind::List(items) => {
                Ok(self.constants(items.iter())?.map(|ids| self.tables.constant(Constant::List(ids))).transpose()?)
            }
            ExprKind::Set(items) => {
                Ok(self.constants(items.iter())?.map(|ids| self.tables.constant(Constant::Set(ids))).transpose()?)
            }
            ExprKind::Record(fields) => {
                let Some(ids) = self.constants(fields.iter().map(|(_, value)| value))? else { return Ok(None) };
                let shape = fields.iter().map(|(name, _)| self.tables.symbol(name).0).collect();
                let shape = self.tables.shape(shape)?;
                self.tables.constant(Constant::Record(shape.0, ids)).map(Some)
            }
            ExprKind::Map(pairs) => self.constant_map(pairs),
            ExprKind::Builtin { builtin, args } => self.constructed(builtins::name_of(*builtin), args),
            ExprKind::Convert { value, to } => self.converted(value, to),
            ExprKind::Text(parts) => match parts.as_slice() {
                [] => self.tables.text("").map(Some),
                [TextPart::Text(text)] => self.tables.text(text).map(Some),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// All of them, if all are constants.
    fn constants<'e>(&mut self, items: impl Iterator<Item = &'e Expr>) -> Result<Option<Vec<u32>>, CompileError> {
        let mut ids = Vec::new();
        for item in items {
            match self.constant(item)? {
                Some(id) => ids.push(id.0),
                None => return Ok(None),
            }
        }
        Ok(Some(ids))
    }

    /// A map whose keys are different texts; any other has to be built, since equal keys join or fail.
    fn constant_map(&mut self, pairs: &[(Expr, Expr)]) -> Result<Option<ConstId>, CompileError> {
        let keys: Vec<_> = pairs.iter().filter_map(|(key, _)| constant_text(key)).collect();
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        if different.len() != pairs.len() {
            return Ok(None);
        }
        let Some(values) = self.constants(pairs.iter().map(|(_, value)| value))? else { return Ok(None) };
        let keys = keys.iter().map(|key| Ok(self.tables.text(key)?.0)).collect::<Result<Vec<_>, CompileError>>()?;
        self.tables.constant(Constant::Map(keys.into_iter().zip(values).collect())).map(Some)
    }

    /// `quantity("1")`: the checker has read the text already.
    fn constructed(&mut self, name: Option<(&str, &str)>, args: &[Expr]) -> Result<Option<ConstId>, CompileError> {
        let (Some(("", name)), [arg]) = (name, args) else { return Ok(None) };
        let kind = CONSTRUCTORS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        match (kind, constant_text(arg)) {
            (Some(kind), Some(text)) => self.scalar(kind, text).map(Some),
            _ => Ok(None),
        }
    }

    fn converted(&mut self, value: &Expr, to: &Ty) -> Result<Option<ConstId>, CompileError> {
        match (to.required(), &value.kind) {
            (Ty::Float, ExprKind::Const(Const::Int(int))) => {
                // An int in a float's place is written by hand and small; what a float cannot hold exactly is rounded.
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "the language's own rule for int where a float is asked"
                )]
                let float = *int as f64;
                self.tables.constant(Constant::Float(float)).map(Some)
            }
            (Ty::Scalar(kind), _) => match constant_text(value) {
                Some(text) => self.scalar(kind, text).map(Some),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn scalar(&mut self, kind: ScalarKind, text: &str) -> Result<ConstId, CompileError> {
        match kind {
            ScalarKind::Regex => {
                let index = self.tables.regex(text)?;
                self.tables.constant(Constant::Regex(index))
            }
            _ => self.tables.constant(Constant::Scalar(kind, text.to_owned())),
        }
    }

    /// The constant of a literal.
    pub(super) fn literal(&mut self, value: &Const) -> Result<ConstId, CompileError> {
        let constant = match value {
            Const::Null => Constant::Null,
            Const::Bool(value) => Constant::Bool(*value),
            Const::Int(value) => Constant::Int(*value),
            Const::Float(value) => Constant::Float(*value),
            Const::Str(text) => Constant::Str(text.to_string()),
            Const::Duration(nanos) => Constant::Duration(*nanos),
            Const::Regex(pattern) => Constant::Regex(self.tables.regex(pattern)?),
            Const::Json(value) => return self.json(value),
        };
        self.tables.constant(constant)
    }

    /// A JSON document as constants: objects are maps.
    pub(super) fn json(&mut self, value: &serde_json::Value) -> Result<ConstId, CompileError> {
        use serde_json::Value as Json;
        let constant = match value {
            Json::Null => Constant::Null,
            Json::Bool(value) => Constant::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(int) => Constant::Int(int),
                None => Constant::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Constant::Str(text.clone()),
            Json::Array(items) => {
                Constant::List(items.iter().map(|item| Ok(self.json(item)?.0)).collect::<Result<_, CompileError>>()?)
            }
            Json::Object(members) => {
                let mut pairs = Vec::new();
                for (key, value) in members {
                    pairs.push((self.tables.text(key)?.0, self.json(value)?.0));
                }
                Constant::Map(pairs)
            }
        };
        self.tables.constant(constant)
    }
}

/// The text of a constant text.
fn constant_text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Const(Const::Str(text)) => Some(text),
        ExprKind::Text(parts) => match parts.as_slice() {
            [] => Some(""),
            [TextPart::Text(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}
