//! Functions, functions of the host, and module-level `let`, `param` and `data`.

use super::Checker;
use super::body::{Body, Place};
use super::resolve::{FnEntry, GlobalAst, ModuleIx, Progress};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{self, ExternFn, Function, Global, GlobalId, GlobalKind, Ty};
use crate::source::Span;
use crate::syntax::ast;
use std::sync::Arc;

impl<'a> Checker<'a> {
    /// Finds the types of all parameters and results, and checks defaults where they stand.
    pub(super) fn check_signatures(&mut self) {
        for ix in 0..self.functions.len() {
            let Some(entry) = self.functions.get(ix) else { continue };
            let (params, result) = self.signature(entry.module, entry.signature);
            if let Some(entry) = self.functions.get_mut(ix) {
                (entry.params, entry.result) = (params, result);
            }
        }
        for ix in 0..self.externs.len() {
            let Some(entry) = self.externs.get(ix) else { continue };
            let (params, result) = self.signature(entry.module, entry.signature);
            if let Some(entry) = self.externs.get_mut(ix) {
                (entry.params, entry.result) = (params, result);
            }
        }
        let all = self.functions.iter().chain(&self.externs);
        let signatures: Vec<_> = all.map(|e| (e.module, e.signature, e.params.clone())).collect();
        for (module, signature, params) in signatures {
            self.check_defaults(module, signature, &params);
        }
    }

    fn signature(&mut self, module: ModuleIx, signature: &'a ast::Signature) -> (Vec<Ty>, Ty) {
        for (i, param) in signature.params.iter().enumerate() {
            let first = signature.params.iter().take(i).find(|p| p.name.name == param.name.name);
            if let Some(first) = first {
                self.twice("parameters", &param.name, first.name.span);
            }
        }
        self.in_module(module, |cx| {
            let params = signature.params.iter().map(|p| cx.ty(&p.ty)).collect();
            (params, cx.ty(&signature.result))
        })
    }

    fn check_defaults(&mut self, module: ModuleIx, signature: &'a ast::Signature, params: &[Ty]) {
        let mut optional = None;
        for (param, ty) in signature.params.iter().zip(params) {
            match (&param.default, optional) {
                (Some(default), _) => {
                    self.with_body(module, Body::new(Place::Module), |cx| cx.expr_as(default, ty));
                    optional = Some(param.name.span);
                }
                (None, Some(first)) => self.report(
                    Diagnostic::error(Code::WrongArguments, format!("`{}` needs a default too", param.name.name))
                        .at(param.name.span, "has none")
                        .at(first, "a parameter before it has one"),
                ),
                (None, None) => {}
            }
        }
    }

    /// The functions of the host.
    pub(super) fn extern_fns(&self) -> Vec<ExternFn> {
        let module = |e: &FnEntry<'_>| self.modules.get(e.module).map(|m| m.name.clone()).unwrap_or_default();
        let make = |e: &FnEntry<'_>| ExternFn {
            module: module(e),
            name: e.signature.name.name.clone(),
            params: e.params.clone(),
            result: e.result.clone(),
        };
        self.externs.iter().map(make).collect()
    }

    /// Checks the bodies.
    pub(super) fn check_functions(&mut self) -> Vec<Function> {
        (0..self.functions.len()).filter_map(|ix| self.check_function(ix)).collect()
    }

    fn check_function(&mut self, ix: usize) -> Option<Function> {
        let entry = self.functions.get(ix)?;
        let (module, ast, doc) = (entry.module, entry.body?, entry.doc);
        let (params, result_ty) = (entry.params.clone(), entry.result.clone());
        let name = &ast.signature.name;
        let ((body, result), state) = self.with_body(module, Body::new(Place::Module), |cx| {
            for (param, ty) in ast.signature.params.iter().zip(&params) {
                cx.body.bind(&param.name, ty.clone());
            }
            let body = ast.body.iter().map(|s| cx.statement(s, &result_ty)).collect();
            (body, cx.expr_as(&ast.result, &result_ty))
        });
        Some(Function {
            module: self.modules.get(module).map(|m| m.name.clone()).unwrap_or_default(),
            name: name.name.clone(),
            locals: state.locals,
            params: u32::try_from(params.len()).unwrap_or(u32::MAX),
            body,
            result,
            doc: doc.to_string(),
            span: name.span,
        })
    }

    fn statement(&mut self, statement: &ast::Statement, result: &Ty) -> hir::Statement {
        match statement {
            ast::Statement::Let(l) => {
                let (local, value) = self.bind_let(l);
                hir::Statement::Let { local, value }
            }
            ast::Statement::Return { cond, value, .. } => {
                let cond = self.condition(cond);
                let mark = self.body.mark();
                self.assume(&cond, true);
                let value = self.expr_as(value, result);
                self.body.reset(mark);
                self.assume(&cond, false);
                hir::Statement::Return { cond, value }
            }
        }
    }

    /// `let n: T = e`: the variable is in scope from here on.
    pub(super) fn bind_let(&mut self, l: &ast::Let) -> (hir::LocalId, hir::Expr) {
        let (value, ty) = self.let_value(l);
        let local = self.body.bind(&l.name, ty);
        if super::place::is_path(&value) {
            self.body.paths.insert(local, value.clone());
        }
        (local, value)
    }

    fn let_value(&mut self, l: &ast::Let) -> (hir::Expr, Ty) {
        match &l.ty {
            Some(ty) => {
                let ty = self.ty(ty);
                (self.expr_as(&l.value, &ty), ty)
            }
            None => {
                let value = self.expr(&l.value, None);
                let ty = value.ty.clone();
                (value, ty)
            }
        }
    }

    /// Checks all module-level values.
    pub(super) fn check_globals(&mut self) {
        for ix in 0..self.globals.len() {
            self.check_global(ix);
        }
    }

    /// The type of a module-level value; it is checked first where it says none itself.
    pub(super) fn global_ty(&mut self, id: GlobalId, used: Span) -> Ty {
        let ix = id.0 as usize;
        let Some(entry) = self.globals.get(ix) else { return Ty::Error };
        let (module, name) = (entry.module, entry.name);
        match (&entry.progress, entry.ast) {
            (Progress::Done(ty), _) => ty.clone(),
            (
                _,
                GlobalAst::Let(ast::Let { ty: Some(ty), .. })
                | GlobalAst::Param(ast::Param { ty, .. })
                | GlobalAst::Data(ty),
            ) => {
                // Said twice, an error in it counts once: diagnostics of one place are one.
                self.in_module(module, |cx| cx.ty(ty))
            }
            (Progress::Doing, _) => {
                self.report(
                    Diagnostic::error(Code::CircularValue, format!("`{}` is computed from itself", name.name))
                        .at(name.span, "its value is needed to compute it")
                        .at(used, "read here")
                        .help("take one of the values out of the circle"),
                );
                Ty::Error
            }
            (Progress::Todo, _) if self.depth >= super::MAX_DEPTH => {
                self.too_deep(name.span);
                Ty::Error
            }
            (Progress::Todo, _) => {
                self.check_global(ix);
                match self.globals.get(ix).map(|e| &e.progress) {
                    Some(Progress::Done(ty)) => ty.clone(),
                    _ => Ty::Error,
                }
            }
        }
    }

    pub(super) fn too_deep(&mut self, span: Span) {
        self.report(
            Diagnostic::error(Code::TooDeep, "a long chain of values or types must be followed to find this type")
                .at(span, "its type follows from others, and theirs from others still")
                .help("write its type: `let name: T = …`"),
        );
    }

    fn check_global(&mut self, ix: usize) {
        let Some(entry) = self.globals.get_mut(ix) else { return };
        if entry.progress != Progress::Todo {
            return;
        }
        entry.progress = Progress::Doing;
        let (module, ast, name, doc) = (entry.module, entry.ast, entry.name, entry.doc);
        let ((kind, ty), state) = self.with_body(module, Body::new(Place::Module), |cx| match ast {
            GlobalAst::Let(l) => {
                let (value, ty) = cx.let_value(l);
                let ty = if l.ty.is_none() && is_literal(&l.value) { widened(&ty) } else { ty };
                (GlobalKind::Let(value), ty)
            }
            GlobalAst::Param(p) => {
                let ty = cx.ty(&p.ty);
                (GlobalKind::Param(p.default.as_ref().map(|d| cx.expr_as(d, &ty))), ty)
            }
            GlobalAst::Data(ty) => (GlobalKind::Data, cx.ty(ty)),
        });
        let module: Arc<str> = self.modules.get(module).map(|m| m.name.clone()).unwrap_or_default();
        let global = Global {
            module,
            name: name.name.clone(),
            ty: ty.clone(),
            kind,
            locals: state.locals,
            doc: doc.to_string(),
            span: name.span,
        };
        if let Some(entry) = self.globals.get_mut(ix) {
            entry.progress = Progress::Done(ty);
            entry.hir = Some(global);
        }
    }
}

/// A value that is written out, or a collection that is built on the spot.
fn is_literal(e: &ast::Expr) -> bool {
    use ast::ExprKind::{List, ListComp, MapComp, Record, Set, SetComp, Str};
    matches!(e.kind, Str(_) | List(_) | Set(_) | Record(_) | ListComp(_) | SetComp(_) | MapComp { .. })
}

/// The type without the very texts: a value that a module declares stands for any of its kind, so that tests and
/// policies may ask for texts that are not in it. Records are left as they were declared.
fn widened(ty: &Ty) -> Ty {
    match ty {
        Ty::Literal(_) => Ty::String,
        Ty::Union(members) if members.iter().all(|m| matches!(m, Ty::Literal(_))) => Ty::String,
        Ty::Optional(inner) => widened(inner).optional(),
        Ty::List(item) => Ty::list(widened(item)),
        Ty::Set(item) => Ty::set(widened(item)),
        Ty::Map(key, value) => Ty::map(widened(key), widened(value)),
        other => other.clone(),
    }
}
