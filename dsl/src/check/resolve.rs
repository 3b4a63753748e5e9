//! Which names a module knows: its own items, what it imports, and the modules that it can name.
//!
//! Variables, functions and types are spaces of their own; policies and profiles are one space for the whole bundle.
//! Invariant: ids are given in the order of modules and items, so they are the indices of the tables of `Hir`.

use super::{Checker, InputModule, builtin};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{FnId, GlobalId, Ty};
use crate::schema::suggest;
use crate::source::Span;
use crate::syntax::ast::{self, Ident, ItemKind, UseNames};
use plimsoll_engine::builtins::BuiltinId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// The place of a module in the table.
pub(super) type ModuleIx = usize;

/// A function that a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FnRef {
    Bundle(FnId),
    Extern(u32),
    Builtin(&'static str, BuiltinId),
}

/// A module that a name stands for: text, built-in functions, or both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ModuleRef {
    pub(super) text: Option<ModuleIx>,
    pub(super) built_in: Option<&'static str>,
}

/// Names of a module.
#[derive(Default)]
pub(super) struct Names {
    pub(super) values: FxHashMap<Arc<str>, (GlobalId, Span)>,
    pub(super) functions: FxHashMap<Arc<str>, (FnRef, Span)>,
    pub(super) types: FxHashMap<Arc<str>, (usize, Span)>,
}

/// A module of the bundle.
pub(super) struct ModuleEntry<'a> {
    pub(super) name: Arc<str>,
    pub(super) ast: &'a ast::Module,
    /// What it declares itself.
    pub(super) own: Names,
    /// What it imports.
    pub(super) used: Names,
    pub(super) modules: FxHashMap<Arc<str>, (ModuleRef, Span)>,
    /// Names that it would have if what is reported elsewhere were mended: they are not reported again.
    pub(super) lost: FxHashSet<Arc<str>>,
}

/// A function of the bundle, or of the host.
pub(super) struct FnEntry<'a> {
    pub(super) module: ModuleIx,
    pub(super) signature: &'a ast::Signature,
    /// None for a function of the host.
    pub(super) body: Option<&'a ast::Function>,
    pub(super) doc: &'a str,
    pub(super) params: Vec<Ty>,
    pub(super) result: Ty,
}

/// What a global was declared by.
#[derive(Clone, Copy)]
pub(super) enum GlobalAst<'a> {
    Let(&'a ast::Let),
    Param(&'a ast::Param),
    Data(&'a ast::Type),
}

/// How far a global or a type has been looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    Todo,
    Doing,
    Done(Ty),
}

/// A module-level value.
pub(super) struct GlobalEntry<'a> {
    pub(super) module: ModuleIx,
    pub(super) name: &'a Ident,
    pub(super) ast: GlobalAst<'a>,
    pub(super) doc: &'a str,
    pub(super) progress: Progress,
    pub(super) hir: Option<crate::hir::Global>,
}

/// A `type` declaration.
pub(super) struct TypeEntry<'a> {
    pub(super) module: ModuleIx,
    pub(super) name: &'a Ident,
    pub(super) ast: &'a ast::Type,
    pub(super) progress: Progress,
    /// Set once it is known to be recursive.
    pub(super) decl: Option<crate::hir::DeclId>,
    /// How large it is, aliases written out.
    pub(super) size: usize,
}

/// The name of a module: as it says, else as its path says.
pub(super) fn module_name(input: &InputModule<'_>) -> Arc<str> {
    if let Some(path) = &input.ast.name {
        return dotted(path).into();
    }
    let path = input.path.unwrap_or("main");
    let stem = path.strip_suffix(".plim").unwrap_or(path);
    stem.split('/').filter(|s| !s.is_empty() && *s != "." && *s != "..").collect::<Vec<_>>().join(".").into()
}

/// `a.b.c`
pub(super) fn dotted(path: &ast::Path) -> String {
    path.segments.iter().map(|s| &*s.name).collect::<Vec<_>>().join(".")
}

impl<'a> Checker<'a> {
    /// Fills the tables: modules, then items, then imports.
    pub(super) fn resolve(&mut self) {
        let inputs = self.input.modules;
        for input in inputs {
            let name = module_name(input);
            self.check_path(input, &name);
            let entry = ModuleEntry {
                name,
                ast: input.ast,
                own: Names::default(),
                used: Names::default(),
                modules: FxHashMap::default(),
                lost: if !input.broken.is_empty() {
                    declared_words(self.input.sources.text(input.ast.span))
                } else {
                    FxHashSet::default()
                },
            };
            self.modules.push(entry);
        }
        self.check_module_names();
        for ix in 0..inputs.len() {
            self.declare_items(ix);
        }
        for ix in 0..inputs.len() {
            self.import(ix);
        }
        self.check_import_cycles();
    }

    /// The path and the name of a module agree as far as both go.
    fn check_path(&mut self, input: &InputModule<'_>, name: &str) {
        let (Some(path), Some(written)) = (input.path, &input.ast.name) else { return };
        let stem = path.strip_suffix(".plim").unwrap_or(path);
        let parts = stem.split('/').filter(|s| !s.is_empty() && *s != "." && *s != "..").rev();
        if parts.zip(name.split('.').rev()).any(|(a, b)| a != b) {
            self.report(
                Diagnostic::error(Code::ModulePath, format!("module `{name}` stands in `{path}`"))
                    .at(written.span, "the path and the name of a module agree")
                    .help(format!(
                        "move the file to `{}.plim`, or name the module after its path",
                        name.replace('.', "/")
                    )),
            );
        }
    }

    fn check_module_names(&mut self) {
        let mut seen: FxHashMap<Arc<str>, Option<Span>> = FxHashMap::default();
        let mut twice = vec![];
        for module in &self.modules {
            let span = module.ast.name.as_ref().map(|p| p.span);
            if let Some(first) = seen.get(&module.name) {
                twice.push((module.name.clone(), span.unwrap_or(module.ast.span.before()), *first));
            }
            seen.entry(module.name.clone()).or_insert(span);
        }
        for (name, span, first) in twice {
            let d = Diagnostic::error(Code::DuplicateName, format!("two files are module `{name}`"))
                .at(span, "the second one");
            self.report(match first {
                Some(first) => d.at(first, "the first one"),
                None => d,
            });
        }
    }

    fn declare_items(&mut self, ix: ModuleIx) {
        let Some(module) = self.modules.get(ix) else { return };
        for item in &module.ast.items {
            let doc = item.doc.text.as_str();
            match &item.kind {
                ItemKind::Fn(f) => self.declare_fn(ix, &f.signature, Some(f), doc),
                ItemKind::ExternFn(signature) => self.declare_fn(ix, signature, None, doc),
                ItemKind::Let(l) => self.declare_global(ix, &l.name, GlobalAst::Let(l), doc),
                ItemKind::Param(p) => self.declare_global(ix, &p.name, GlobalAst::Param(p), doc),
                ItemKind::Data { name, ty } => self.declare_global(ix, name, GlobalAst::Data(ty), doc),
                ItemKind::Type { name, ty } => self.declare_type(ix, name, ty),
                ItemKind::Policy(p) => self.policies.push((ix, p, item)),
                ItemKind::Profile(p) => self.profiles.push((ix, p, item)),
                ItemKind::Test(t) => self.tests.push((ix, t, item)),
            }
        }
    }

    fn declare_fn(
        &mut self,
        module: ModuleIx,
        signature: &'a ast::Signature,
        body: Option<&'a ast::Function>,
        doc: &'a str,
    ) {
        let entry = FnEntry { module, signature, body, doc, params: vec![], result: Ty::Error };
        let target = if body.is_some() {
            self.functions.push(entry);
            FnRef::Bundle(FnId(index(self.functions.len())))
        } else {
            self.externs.push(entry);
            FnRef::Extern(index(self.externs.len()))
        };
        let name = &signature.name;
        let old =
            self.modules.get_mut(module).and_then(|m| m.own.functions.insert(name.name.clone(), (target, name.span)));
        if let Some((_, first)) = old {
            self.twice("functions", name, first);
        }
    }

    fn declare_global(&mut self, module: ModuleIx, name: &'a Ident, ast: GlobalAst<'a>, doc: &'a str) {
        self.globals.push(GlobalEntry { module, name, ast, doc, progress: Progress::Todo, hir: None });
        let id = GlobalId(index(self.globals.len()));
        if &*name.name == "_" {
            return;
        }
        let old = self.modules.get_mut(module).and_then(|m| m.own.values.insert(name.name.clone(), (id, name.span)));
        if let Some((_, first)) = old {
            self.twice("values", name, first);
        }
    }

    fn declare_type(&mut self, module: ModuleIx, name: &'a Ident, ast: &'a ast::Type) {
        self.type_items.push(TypeEntry { module, name, ast, progress: Progress::Todo, decl: None, size: 0 });
        let id = self.type_items.len().saturating_sub(1);
        if super::types::BASIC.iter().any(|(n, _)| *n == &*name.name) || matches!(&*name.name, "list" | "set" | "map") {
            self.report(
                Diagnostic::error(Code::DuplicateName, format!("`{}` is a type of the language", name.name))
                    .at(name.span, "declared again here")
                    .help("choose another name"),
            );
            return;
        }
        let old = self.modules.get_mut(module).and_then(|m| m.own.types.insert(name.name.clone(), (id, name.span)));
        if let Some((_, first)) = old {
            self.twice("types", name, first);
        }
    }

    pub(super) fn twice(&mut self, what: &str, name: &Ident, first: Span) {
        self.report(
            Diagnostic::error(Code::DuplicateName, format!("two {what} are named `{}`", name.name))
                .at(name.span, "the second one")
                .at(first, "the first one"),
        );
    }

    /// The module of a full name.
    pub(super) fn module_of(&self, name: &str) -> Option<ModuleRef> {
        let text = self.modules.iter().position(|m| &*m.name == name);
        let built_in = name.strip_prefix("std.").and_then(builtin::module);
        (text.is_some() || built_in.is_some()).then_some(ModuleRef { text, built_in })
    }

    fn import(&mut self, ix: ModuleIx) {
        let Some(module) = self.modules.get(ix) else { return };
        for import in &module.ast.uses {
            let name = dotted(&import.path);
            let Some(target) = self.module_of(&name) else {
                self.unknown_module(&name, import.path.span);
                self.lose(ix, import);
                continue;
            };
            if let Some(text) = target.text {
                self.imports.push((ix, text, import.path.span));
            }
            match &import.names {
                UseNames::Module => {
                    if let Some(last) = import.path.segments.last() {
                        self.import_module(ix, last, target);
                    }
                }
                UseNames::As(name) => self.import_module(ix, name, target),
                UseNames::Items(names) => {
                    for name in names {
                        self.import_item(ix, name, target);
                    }
                }
            }
        }
    }

    /// What a `use` would bring if its module were there.
    fn lose(&mut self, ix: ModuleIx, import: &ast::Use) {
        let Some(module) = self.modules.get_mut(ix) else { return };
        match &import.names {
            UseNames::Module => module.lost.extend(import.path.segments.last().map(|s| s.name.clone())),
            UseNames::As(name) => {
                module.lost.insert(name.name.clone());
            }
            UseNames::Items(names) => module.lost.extend(names.iter().map(|n| n.name.clone())),
        }
    }

    /// True if a part of this text could not be read, so that what is missing may stand there.
    pub(super) fn is_broken(&self, module: ModuleIx, item: Span) -> bool {
        let broken = self.input.modules.get(module).map_or(&[][..], |m| m.broken);
        broken.iter().any(|at| item.start <= at.start && at.start <= item.end)
    }

    /// The name is missing because of something that is reported elsewhere.
    pub(super) fn is_lost(&self, module: ModuleIx, name: &str) -> bool {
        self.modules.get(module).is_some_and(|m| m.lost.contains(name))
    }

    fn import_module(&mut self, ix: ModuleIx, name: &Ident, target: ModuleRef) {
        let old = self.modules.get_mut(ix).and_then(|m| m.modules.insert(name.name.clone(), (target, name.span)));
        if let Some((old, first)) = old
            && old != target
        {
            self.twice("modules", name, first);
        }
    }

    /// Brings everything of one name into scope: a function and a value may share it.
    fn import_item(&mut self, ix: ModuleIx, name: &Ident, target: ModuleRef) {
        let own = target.text.and_then(|t| self.modules.get(t)).map(|m| &m.own);
        let value = own.and_then(|n| n.values.get(&name.name)).map(|(id, _)| *id);
        let mut function = own.and_then(|n| n.functions.get(&name.name)).map(|(f, _)| *f);
        let ty = own.and_then(|n| n.types.get(&name.name)).map(|(id, _)| *id);
        if let (None, Some(module)) = (function, target.built_in) {
            function = builtin::find(module, &name.name).map(|f| FnRef::Builtin(module, f.id));
        }
        if value.is_none() && function.is_none() && ty.is_none() {
            if let Some(module) = self.modules.get_mut(ix) {
                module.lost.insert(name.name.clone());
            }
            if !target.text.and_then(|t| self.modules.get(t)).is_some_and(|m| m.lost.contains(&name.name)) {
                self.unknown_item(name, target);
            }
            return;
        }
        if name.name.starts_with('_') {
            return self.report(
                Diagnostic::error(Code::PrivateName, format!("`{}` is private to its module", name.name))
                    .at(name.span, "a name that begins with `_` is not for other modules"),
            );
        }
        let mut clash = None;
        if let Some(module) = self.modules.get_mut(ix) {
            let key = || name.name.clone();
            clash = [
                value
                    .and_then(|v| module.used.values.insert(key(), (v, name.span)).filter(|old| old.0 != v))
                    .map(|o| o.1),
                function
                    .and_then(|f| module.used.functions.insert(key(), (f, name.span)).filter(|old| old.0 != f))
                    .map(|o| o.1),
                ty.and_then(|t| module.used.types.insert(key(), (t, name.span)).filter(|old| old.0 != t)).map(|o| o.1),
                value.and_then(|_| module.own.values.get(&name.name)).map(|o| o.1),
                function.and_then(|_| module.own.functions.get(&name.name)).map(|o| o.1),
                ty.and_then(|_| module.own.types.get(&name.name)).map(|o| o.1),
            ]
            .into_iter()
            .flatten()
            .next();
        }
        if let Some(first) = clash {
            self.twice("items", name, first);
        }
    }

    /// What other modules may take from a module.
    pub(super) fn exports(&self, target: ModuleRef) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = vec![];
        if let Some(own) = target.text.and_then(|t| self.modules.get(t)).map(|m| &m.own) {
            names.extend(own.values.keys().chain(own.functions.keys()).chain(own.types.keys()).cloned());
        }
        if let Some(module) = target.built_in {
            names.extend(builtin::functions(module).map(Arc::from));
        }
        names.retain(|n| !n.starts_with('_'));
        names.sort();
        names.dedup();
        names
    }

    fn unknown_item(&mut self, name: &Ident, target: ModuleRef) {
        let module = target
            .text
            .and_then(|t| self.modules.get(t))
            .map_or_else(|| format!("std.{}", target.built_in.unwrap_or_default()), |m| m.name.to_string());
        let names = self.exports(target);
        self.report(
            Diagnostic::error(Code::UnknownItem, format!("module `{module}` has no item `{}`", name.name))
                .at(name.span, format!("not an item of `{module}`"))
                .help_if(suggest(&name.name, names.iter().map(|n| &**n)), |best| format!("did you mean `{best}`?")),
        );
    }

    pub(super) fn unknown_module(&mut self, name: &str, span: Span) {
        let mut names: Vec<String> = self.modules.iter().map(|m| m.name.to_string()).collect();
        names.extend(builtin::modules().map(|m| format!("std.{m}")));
        names.extend(builtin::modules().map(String::from));
        self.report(
            Diagnostic::error(Code::UnknownModule, format!("there is no module `{name}`"))
                .at(span, "not a module of this bundle or of `std`")
                .help_if(suggest(name, names.iter().map(String::as_str)), |best| format!("did you mean `{best}`?")),
        );
    }
}

/// The index of the last of `len` entries.
pub(super) fn index(len: usize) -> u32 {
    u32::try_from(len.saturating_sub(1)).unwrap_or(u32::MAX)
}

/// Every word that stands behind one that declares, wherever it stands.
fn declared_words(text: &str) -> FxHashSet<Arc<str>> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty());
    let mut declared = FxHashSet::default();
    let mut before = "";
    for word in words {
        if matches!(before, "fn" | "let" | "param" | "data" | "type" | "policy" | "profile" | "as" | "for") {
            declared.insert(word.into());
        }
        before = word;
    }
    declared
}

/// The words of `a.b.c`.
pub(super) fn dotted_words(e: &ast::Expr) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let mut at = e;
    loop {
        match &at.kind {
            ast::ExprKind::Name(name) => {
                words.push(&**name);
                words.reverse();
                return Some(words);
            }
            ast::ExprKind::Field { base, field, safe: false } => {
                words.push(&*field.name);
                at = base;
            }
            _ => return None,
        }
    }
}
