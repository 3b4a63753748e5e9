//! Calls: which function a name means, its arguments, its defaults.

use super::super::body::{Body, Place};
use super::super::resolve::{FnRef, ModuleRef, dotted_words};
use super::super::{Checker, builtin};
use super::fold::FOLDS;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Const, Expr, ExprKind, Ty};
use crate::schema::suggest;
use crate::source::Span;
use crate::syntax::ast::{self, Arg, Args};
use plimsoll_engine::builtins::BuiltinId;
use plimsoll_engine::scalar::ScalarKind;
use std::sync::Arc;

impl<'a> Checker<'a> {
    pub(super) fn call(&mut self, callee: &ast::Expr, args: &Args, want: Option<&Ty>, span: Span) -> Expr {
        let Some(words) = dotted_words(callee) else {
            self.report(
                Diagnostic::error(Code::NotAFunction, "only a function is called")
                    .at(callee.span, "this is a value")
                    .help("functions are called by their name: `f(x)`, `module.f(x)`"),
            );
            self.arguments_alone(args);
            return Expr::error(span);
        };
        let target = match words.as_slice() {
            [name] => {
                if let Some(special) = self.special(name, args, want, span) {
                    return special;
                }
                let found = self.function_named(name);
                if found.is_none() {
                    self.unknown_function(name, callee.span);
                }
                found
            }
            [path @ .., name] => self.function_in(&path.join("."), name, callee),
            [] => None,
        };
        match target {
            Some(target) => self.apply(words.last().copied().unwrap_or_default(), target, args, want, span),
            None => {
                self.arguments_alone(args);
                Expr::error(span)
            }
        }
    }

    /// The arguments of a call that cannot be made.
    fn arguments_alone(&mut self, args: &Args) {
        match args {
            Args::Plain(args) => {
                for arg in args {
                    if let Arg::Expr(e) = arg {
                        self.expr(e, Some(&Ty::Error));
                    }
                }
            }
            Args::Comprehension(comp) => {
                let mark = self.body.mark();
                self.clauses(&comp.clauses);
                self.expr(&comp.element, Some(&Ty::Error));
                self.body.reset(mark);
            }
        }
    }

    /// The function that a word means in the module at hand: its own, an imported one, one that needs no module.
    pub(super) fn function_named(&self, name: &str) -> Option<FnRef> {
        let module = self.modules.get(self.module)?;
        if let Some((f, _)) = module.own.functions.get(name).or_else(|| module.used.functions.get(name)) {
            return Some(*f);
        }
        // A module of `std` that extends a built-in one sees the built-in functions as its own.
        let own = module.name.strip_prefix("std.").and_then(builtin::module);
        let own = own.and_then(|m| builtin::find(m, name).map(|f| FnRef::Builtin(m, f.id)));
        own.or_else(|| builtin::find("", name).map(|f| FnRef::Builtin("", f.id)))
    }

    /// The function of a module.
    pub(super) fn function_of(&self, target: ModuleRef, name: &str) -> Option<FnRef> {
        let own =
            target.text.and_then(|t| self.modules.get(t)).and_then(|m| m.own.functions.get(name)).map(|(f, _)| *f);
        own.or_else(|| target.built_in.and_then(|m| builtin::find(m, name).map(|f| FnRef::Builtin(m, f.id))))
    }

    fn function_in(&mut self, path: &str, name: &str, callee: &ast::Expr) -> Option<FnRef> {
        let Some(target) = self.module_in_scope(path) else {
            let first = path.split('.').next().unwrap_or(path);
            if self.body.lookup(first).is_some() {
                self.report(
                    Diagnostic::error(Code::NotAFunction, "values have no functions of their own")
                        .at(callee.span, format!("`{path}` is a value"))
                        .help(format!("functions take it as an argument: `{name}({path}, …)`")),
                );
            } else if !self.is_lost(self.module, first) {
                self.unknown_module(path, callee.span);
            }
            return None;
        };
        let found = self.function_of(target, name);
        if name.starts_with('_') && found.is_some() && target.text.is_some_and(|t| t != self.module) {
            let ident = ast::Ident { name: name.into(), span: callee.span };
            self.private(&ident);
            return None;
        }
        if found.is_none() && !target.text.is_some_and(|t| self.is_lost(t, name)) {
            let names = self.exports(target);
            self.report(
                Diagnostic::error(Code::UnknownFunction, format!("module `{path}` has no function `{name}`"))
                    .at(callee.span, format!("not a function of `{path}`"))
                    .help_if(suggest(name, names.iter().map(|n| &**n)), |best| {
                        format!("did you mean `{path}.{best}`?")
                    }),
            );
        }
        found
    }

    fn unknown_function(&mut self, name: &str, span: Span) {
        if self.is_lost(self.module, name) {
            return;
        }
        if self.body.lookup(name).is_some() {
            return self.report(
                Diagnostic::error(Code::NotAFunction, format!("`{name}` is a variable"))
                    .at(span, "called like a function"),
            );
        }
        let module = self.modules.get(self.module);
        let known = module.into_iter().flat_map(|m| m.own.functions.keys().chain(m.used.functions.keys()));
        let mut names: Vec<Arc<str>> = known.take(500).cloned().collect();
        names.extend(builtin::functions("").chain(["cluster", "complete", "file"]).map(Arc::from));
        let elsewhere = self.modules.iter().find(|m| m.own.functions.contains_key(name) && !name.starts_with('_'));
        let elsewhere = elsewhere.map(|m| format!("import it: `use {}.{{{name}}}`", m.name));
        let in_module = || builtin::modules().find(|m| builtin::find(m, name).is_some());
        let d = Diagnostic::error(Code::UnknownFunction, format!("there is no function `{name}`"))
            .at(span, "not a function of this module, and not built in");
        let near = suggest(name, names.iter().map(|n| &**n)).map(|best| format!("did you mean `{best}`?"));
        let help = elsewhere.or_else(|| in_module().map(|m| format!("did you mean `{m}.{name}`?"))).or(near);
        self.report(d.help_if(help, |help| help));
    }

    fn apply(&mut self, name: &str, target: FnRef, args: &Args, want: Option<&Ty>, span: Span) -> Expr {
        if let (FnRef::Builtin("", _), Some((_, into))) = (target, FOLDS.iter().find(|(n, _)| *n == name)) {
            return match args {
                Args::Comprehension(comp) => self.fold(name, *into, comp, want, span),
                Args::Plain(args) => self.fold_list(name, *into, target, args, want, span),
            };
        }
        // `f(e for …)` is `f([e for …])`.
        let wrapped;
        let args = match args {
            Args::Plain(args) => args.as_slice(),
            Args::Comprehension(comp) => {
                self.no_key(comp);
                let list = ast::Comprehension { by: None, ..(**comp).clone() };
                wrapped = [Arg::Expr(ast::Expr { kind: ast::ExprKind::ListComp(Box::new(list)), span })];
                &wrapped
            }
        };
        match target {
            FnRef::Builtin(module, id) => self.call_builtin(module, name, id, args, span),
            FnRef::Bundle(id) => {
                let Some(entry) = self.functions.get(id.0 as usize) else { return Expr::error(span) };
                let (module, signature) = (entry.module, entry.signature);
                let (params, result) = (entry.params.clone(), entry.result.clone());
                let args = self.arguments(name, module, &signature.params, &params, args, span);
                Expr { kind: ExprKind::Call { function: id, args }, ty: result, span }
            }
            FnRef::Extern(id) => {
                let Some(entry) = self.externs.get(id as usize) else { return Expr::error(span) };
                let (module, signature) = (entry.module, entry.signature);
                let (params, result) = (entry.params.clone(), entry.result.clone());
                let args = self.arguments(name, module, &signature.params, &params, args, span);
                Expr { kind: ExprKind::Extern { function: id, args }, ty: result, span }
            }
        }
    }

    fn arguments(
        &mut self,
        name: &str,
        module: usize,
        params: &'a [ast::FnParam],
        types: &[Ty],
        args: &[Arg],
        span: Span,
    ) -> Vec<Expr> {
        if !self.count_fits(name, params, args, span) {
            let args = Args::Plain(args.to_vec());
            self.arguments_alone(&args);
            return vec![];
        }
        let mut out = Vec::with_capacity(params.len());
        for (ix, (param, ty)) in params.iter().zip(types).enumerate() {
            match (args.get(ix), &param.default) {
                (Some(Arg::Expr(e)), _) => out.push(self.expr_as(e, ty)),
                (Some(Arg::Field(field)), _) => self.field_argument(field.span),
                (None, Some(default)) => out.push(self.default(module, default, ty, span)),
                (None, None) => {}
            }
        }
        out
    }

    pub(super) fn field_argument(&mut self, span: Span) {
        self.report(
            Diagnostic::error(Code::WrongArguments, "`.field` is an argument of `descend` only")
                .at(span, "a value is needed here"),
        );
    }

    pub(super) fn count_fits(&mut self, name: &str, params: &[ast::FnParam], args: &[Arg], span: Span) -> bool {
        let least = params.iter().take_while(|p| p.default.is_none()).count();
        if (least..=params.len()).contains(&args.len()) {
            return true;
        }
        let (given, most) = (args.len(), params.len());
        let wanted = match (least, most) {
            (0, 0) => "no arguments".to_string(),
            (1, 1) => "1 argument".to_string(),
            (a, b) if a == b => format!("{a} arguments"),
            (a, b) => format!("{a} to {b} arguments"),
        };
        let names: Vec<&str> = params.iter().map(|p| &*p.name.name).collect();
        let names = Some(names.join(", ")).filter(|n| !n.is_empty());
        self.report(
            Diagnostic::error(Code::WrongArguments, format!("`{name}` takes {wanted}"))
                .at(span, format!("called with {given}"))
                .help_if(names, |names| format!("its parameters are `{name}({names})`")),
        );
        false
    }

    /// The default of a parameter, in the module that declares it; what is wrong with it is said there.
    fn default(&mut self, module: usize, default: &'a ast::Expr, ty: &Ty, span: Span) -> Expr {
        let Some(left) = self.defaults_left.checked_sub(1) else {
            self.report(
                Diagnostic::error(Code::TooDeep, "too many defaults are filled in")
                    .at(span, "defaults that call functions with defaults grow fast")
                    .help("give the argument here"),
            );
            return Expr::error(span);
        };
        self.defaults_left = left;
        let said = self.diagnostics.len();
        // Its own scope, but the variables of the body that it becomes a part of.
        let locals = std::mem::take(&mut self.body.locals);
        let inner = Body { locals, ..Body::new(Place::Module) };
        let (value, mut state) = self.with_body(module, inner, |cx| cx.expr_as(default, ty));
        self.body.locals = std::mem::take(&mut state.locals);
        self.diagnostics.truncate(said);
        value
    }

    /// `count(xs)`: a list, where a set, a map or null will do as well.
    fn fold_list(
        &mut self,
        name: &str,
        into: crate::hir::Into,
        target: FnRef,
        args: &[Arg],
        want: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let [Arg::Expr(arg)] = args else {
            self.report(
                Diagnostic::error(Code::WrongArguments, format!("`{name}` takes one list"))
                    .at(span, format!("called with {} arguments", args.len()))
                    .help(format!("put the values into a list: `{name}([a, b])`")),
            );
            return Expr::error(span);
        };
        let hint =
            want.filter(|_| !matches!(into, crate::hir::Into::Count | crate::hir::Into::Any | crate::hir::Into::All));
        let hint = hint.map(|ty| match ty {
            Ty::List(_) => ty.clone(),
            other => Ty::list(self.types.required(other)),
        });
        let list = self.expr(arg, hint.as_ref());
        let item = self.items_of(name, &list);
        let ty = match into {
            crate::hir::Into::Any | crate::hir::Into::All if !self.types.fits(&item, &Ty::Bool) && item != Ty::Any => {
                let shown = self.types.show(&item);
                self.report(
                    Diagnostic::error(Code::NotACondition, format!("`{name}` asks conditions"))
                        .at(arg.span, format!("these are values of type `{shown}`"))
                        .help(format!("say what is asked: `{name}(x == … for x in {})`", self.source(arg.span))),
                );
                Ty::Bool
            }
            _ => {
                let ordered = matches!(into, crate::hir::Into::Sorted | crate::hir::Into::Min | crate::hir::Into::Max);
                self.fold_type(name, into, &item, arg.span, ordered)
            }
        };
        let FnRef::Builtin(_, mut builtin) = target else { return Expr::error(span) };
        let mut args = vec![list];
        if into == crate::hir::Into::Sum {
            // The sum of nothing has a type too, so another function is called that is told it.
            builtin = plimsoll_engine::builtins::find("_", "sum").unwrap_or(builtin);
            args.push(Self::zero(&ty, span));
        }
        Self::builtin_call(builtin, args, ty, span)
    }

    /// What a collection holds; for a map that is counted, anything.
    fn items_of(&mut self, name: &str, list: &Expr) -> Ty {
        let mut item = Ty::Never;
        for member in self.types.members(&list.ty) {
            let one = match member {
                Ty::List(item) | Ty::Set(item) => (*item).clone(),
                Ty::Map(..) | Ty::Record(_) | Ty::Object(_) if name == "count" => Ty::Any,
                Ty::Any => Ty::Any,
                Ty::Error => Ty::Error,
                other => {
                    let shown = self.types.show(&other);
                    let d = Diagnostic::error(Code::WrongType, format!("`{name}` goes through a list or a set"));
                    let d = d.at(list.span, format!("this is `{shown}`"));
                    self.report(match other {
                        Ty::String | Ty::Literal(_) if name == "count" => {
                            d.help(format!("the length of a text is `strings.length({})`", self.source(list.span)))
                        }
                        Ty::Map(..) => d.help(format!("its values are `maps.values({})`", self.source(list.span))),
                        _ => d,
                    });
                    return Ty::Error;
                }
            };
            item = self.types.join(&item, &one);
        }
        item
    }

    /// What the sum of nothing is.
    fn zero(ty: &Ty, span: Span) -> Expr {
        match ty {
            Ty::Float => Expr::constant(Const::Float(0.0), ty.clone(), span),
            Ty::Scalar(ScalarKind::Duration) => Expr::constant(Const::Duration(0), ty.clone(), span),
            Ty::Scalar(ScalarKind::Quantity) => {
                let text: Arc<str> = "0".into();
                let value = Expr::constant(Const::Str(text.clone()), Ty::Literal(text), span);
                Expr { kind: ExprKind::Convert { value: Box::new(value), to: ty.clone() }, ty: ty.clone(), span }
            }
            _ => Expr::constant(Const::Int(0), Ty::Int, span),
        }
    }

    pub(super) fn builtin_call(id: BuiltinId, args: Vec<Expr>, ty: Ty, span: Span) -> Expr {
        Expr { kind: ExprKind::Builtin { builtin: id, args }, ty, span }
    }
}
