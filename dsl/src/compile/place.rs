//! Places (`at`) → code. It runs only where there is a finding.

use super::{Body, CompileError};
use crate::hir::expr::{PlaceExpr, Step};
use plimsoll_engine::program::{Def, Instr, Use};

impl Body<'_, '_> {
    /// The place into a register: null where it has none.
    pub(super) fn place_into(&mut self, place: &PlaceExpr, dst: u16) -> Result<(), CompileError> {
        let height = self.asm.height();
        match place {
            PlaceExpr::Innermost => self.null_into(dst)?,
            PlaceExpr::Value(value) => self.expr_into(value, dst)?,
            PlaceExpr::Path { base, steps } => {
                let mut at = self.expr(base)?;
                for step in steps {
                    let (src, next) = (Use(at), Def(dst));
                    match step {
                        Step::Field(field) => {
                            let key = self.compiler.tables.symbol(field);
                            self.asm.emit(Instr::PlaceField { src, key, dst: next });
                        }
                        Step::Index(index) => {
                            let index = Use(self.expr(index)?);
                            self.asm.emit(Instr::PlaceIndex { src, index, dst: next });
                        }
                    }
                    at = dst;
                }
                if steps.is_empty() {
                    self.asm.emit(Instr::Move { src: Use(at), dst: Def(dst) });
                }
            }
            PlaceExpr::If { cond, then, otherwise } => {
                let (no, done) = (self.asm.label(), self.asm.label());
                self.jump_unless(cond, no)?;
                self.place_into(then, dst)?;
                self.asm.emit(Instr::Jump { to: done.jump() });
                self.asm.bind(no);
                self.place_into(otherwise, dst)?;
                self.asm.bind(done);
            }
            PlaceExpr::OrElse(first, second) => {
                let done = self.asm.label();
                self.place_into(first, dst)?;
                self.asm.emit(Instr::JumpIfPlace { src: Use(dst), to: done.jump() });
                self.place_into(second, dst)?;
                self.asm.bind(done);
            }
        }
        self.asm.release(height);
        Ok(())
    }

    /// The innermost value that a `for` bound and that has a place; the last of them is the object itself.
    pub(super) fn scope_into(&mut self, dst: u16) -> Result<(), CompileError> {
        let done = self.asm.label();
        let scopes = self.scopes.clone();
        if scopes.is_empty() {
            self.null_into(dst)?;
        }
        for scope in scopes.iter().rev() {
            self.asm.emit(Instr::Move { src: Use(*scope), dst: Def(dst) });
            self.asm.emit(Instr::JumpIfScope { src: Use(dst), to: done.jump() });
        }
        self.asm.bind(done);
        Ok(())
    }
}
