//! Types as written → [`Ty`]: aliases are replaced by what they stand for, recursive ones become declarations.

use super::Checker;
use super::resolve::{ModuleIx, Progress};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Decl, DeclId, RecordTy, Ty};
use crate::schema::{Lookup, suggest};
use crate::source::Span;
use crate::syntax::ast::{Ident, Path, Type, TypeKind};
use plimsoll_engine::decision::{ACTIONS, SEVERITIES};
use plimsoll_engine::scalar::ScalarKind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// How large a declared type may be, aliases written out.
const MAX_SIZE: usize = 20_000;

/// Members of a union that later ones are compared with, so that long unions stay cheap.
const MAX_WIDE: usize = 64;

/// The types that have a name of their own in the language.
pub(super) const BASIC: [(&str, Ty); 14] = [
    ("bool", Ty::Bool),
    ("int", Ty::Int),
    ("float", Ty::Float),
    ("string", Ty::String),
    ("any", Ty::Any),
    ("never", Ty::Never),
    ("quantity", Ty::Scalar(ScalarKind::Quantity)),
    ("duration", Ty::Scalar(ScalarKind::Duration)),
    ("time", Ty::Scalar(ScalarKind::Time)),
    ("version", Ty::Scalar(ScalarKind::Version)),
    ("cidr", Ty::Scalar(ScalarKind::Cidr)),
    ("ip", Ty::Scalar(ScalarKind::Ip)),
    ("image", Ty::Scalar(ScalarKind::Image)),
    ("regex", Ty::Scalar(ScalarKind::Regex)),
];

/// `Action`
pub(super) fn action_ty() -> Ty {
    Ty::union(ACTIONS.iter().map(|(name, _)| Ty::Literal((*name).into())))
}

/// `Severity`
pub(super) fn severity_ty() -> Ty {
    Ty::union(SEVERITIES.iter().map(|(name, _)| Ty::Literal((*name).into())))
}

impl Checker<'_> {
    /// The type that a text stands for, in the module at hand.
    pub(super) fn ty(&mut self, ast: &Type) -> Ty {
        self.type_size = self.type_size.saturating_add(1);
        match &ast.kind {
            TypeKind::Path(path) => self.named(path),
            TypeKind::Optional(inner) => self.ty(inner).optional(),
            TypeKind::Union(members) => self.union(members),
            TypeKind::List(item) => Ty::list(self.ty(item)),
            TypeKind::Set(item) => {
                let ty = self.ty(item);
                Ty::set(self.key_ty(ty, item.span, "a member of a set"))
            }
            TypeKind::Map(key, value) => {
                let ty = self.ty(key);
                Ty::map(self.key_ty(ty, key.span, "a key of a map"), self.ty(value))
            }
            TypeKind::Record(fields) => self.record(fields),
            TypeKind::Literal(text) => Ty::Literal(text.clone()),
            TypeKind::Kind { kind, api_version } => self.kind_of(kind, api_version),
        }
    }

    fn union(&mut self, members: &[Type]) -> Ty {
        let types: Vec<Ty> = members.iter().map(|m| self.ty(m)).collect();
        self.reached(&types, members);
        // A recursive declaration that is still open must not be looked into.
        let open = types.contains(&Ty::Workload);
        let own = |ty: &Ty| open && matches!(ty, Ty::Object(_)) && self.types.fits(ty, &Ty::Workload);
        Ty::union(types.iter().filter(|ty| !own(ty)).cloned())
    }

    /// Of several members the first that fits is taken: one whose values all fit an earlier one is a mistake.
    fn reached(&mut self, types: &[Ty], members: &[Type]) {
        let (mut seen, mut wide) = (FxHashSet::default(), Vec::new());
        for (ty, member) in types.iter().zip(members) {
            let ty = ty.required();
            if matches!(ty, Ty::Error | Ty::Never | Ty::Decl(_)) {
                continue;
            }
            let taken = !seen.insert(ty.clone()) || wide.iter().any(|earlier| self.types.takes_all(earlier, &ty));
            if taken {
                let shown = self.types.show(&ty);
                self.report(
                    Diagnostic::error(Code::NeverReached, format!("`{shown}` is never reached"))
                        .at(member.span, "a member before it takes all of its values")
                        .help("of several members the first that fits is taken: put the narrower one first"),
                );
            } else if !matches!(ty, Ty::Literal(_)) && wide.len() < MAX_WIDE {
                wide.push(ty);
            }
        }
    }

    fn record(&mut self, fields: &[crate::syntax::ast::TypeField]) -> Ty {
        let mut out: Vec<(Arc<str>, Ty)> = Vec::with_capacity(fields.len());
        let mut seen: FxHashMap<&Arc<str>, Span> = FxHashMap::default();
        for field in fields {
            let ty = self.ty(&field.ty);
            if let Some(first) = seen.insert(&field.name.name, field.name.span) {
                seen.insert(&field.name.name, first);
                self.twice("fields", &field.name, first);
                continue;
            }
            out.push((field.name.name.clone(), if field.optional { ty.optional() } else { ty }));
        }
        Ty::Record(Arc::new(RecordTy::new(out)))
    }

    /// Sets and maps cannot hold `any` and `float` as members and keys.
    pub(super) fn key_ty(&mut self, ty: Ty, span: Span, what: &str) -> Ty {
        if matches!(ty, Ty::Decl(_)) || self.types.is_key(&ty) {
            return ty;
        }
        let shown = self.types.show(&ty);
        self.report(
            Diagnostic::error(Code::BadKey, format!("{what} cannot be `{shown}`"))
                .at(span, "two such values cannot always be told apart")
                .help("use a type without `any` and `float`, such as `string`, `int` or a record of them"),
        );
        Ty::Error
    }

    /// `kind("Foo", "example.com/v1")`: the schema's type where it has one.
    fn kind_of(&self, kind: &Arc<str>, api_version: &Arc<str>) -> Ty {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        match self.types.schema.by_gvk(group, version, kind) {
            Some(reader) => Ty::Object(reader.ty),
            None => Ty::Opaque(kind.clone(), api_version.clone()),
        }
    }

    fn named(&mut self, path: &Path) -> Ty {
        match path.segments.as_slice() {
            [] => Ty::Error,
            [name] => self.plain(name),
            [rest @ .., name] => {
                let prefix: Vec<&str> = rest.iter().map(|s| &*s.name).collect();
                let prefix = prefix.join(".");
                if let Some(target) = self.module_in_scope(&prefix)
                    && let Some(item) =
                        target.text.and_then(|t| self.modules.get(t)).and_then(|m| m.own.types.get(&name.name))
                {
                    return self.item_ty(item.0);
                }
                self.schema_ty(&format!("{prefix}.{}", name.name), path.span)
            }
        }
    }

    fn plain(&mut self, name: &Ident) -> Ty {
        if let Some((_, ty)) = BASIC.iter().find(|(n, _)| *n == &*name.name) {
            return ty.clone();
        }
        let module = self.modules.get(self.module);
        let item = module.and_then(|m| m.own.types.get(&name.name).or_else(|| m.used.types.get(&name.name)));
        if let Some((item, _)) = item {
            return self.item_ty(*item);
        }
        match &*name.name {
            "Workload" => Ty::Workload,
            "Action" => action_ty(),
            "Severity" => severity_ty(),
            other => self.schema_ty(other, name.span),
        }
    }

    fn schema_ty(&mut self, name: &str, span: Span) -> Ty {
        match self.types.schema.kind(name) {
            Lookup::Found(id) => Ty::Object(id),
            Lookup::NotFound => {
                self.unknown_type(name, span);
                Ty::Error
            }
            Lookup::Ambiguous(ids) => {
                let paths: Vec<String> =
                    ids.iter().map(|id| format!("`{}`", self.types.schema.ty(*id).path())).collect();
                self.report(
                    Diagnostic::error(Code::AmbiguousKind, format!("several groups have a kind `{name}`"))
                        .at(span, "which of them is meant?")
                        .help(format!("write the name with its group: {}", paths.join(" or "))),
                );
                Ty::Error
            }
        }
    }

    /// Said once for each module: what is missing is one thing.
    fn unknown_type(&mut self, name: &str, span: Span) {
        let first = name.split('.').next().unwrap_or(name);
        if self.is_lost(self.module, first) || !self.unknown_types.insert((self.module, name.into())) {
            return;
        }
        let module = self.modules.get(self.module);
        let declared = module.into_iter().flat_map(|m| m.own.types.keys().chain(m.used.types.keys()));
        let declared: Vec<&str> = declared.take(500).map(|n| &**n).collect();
        let basic = BASIC.iter().map(|(n, _)| *n).chain(["list", "set", "map", "Workload", "Action", "Severity"]);
        let last = name.rsplit('.').next().unwrap_or(name);
        let best = suggest(last, declared.into_iter().chain(basic).chain(self.types.schema.short_names()));
        let d = Diagnostic::error(Code::UnknownType, format!("there is no type or kind `{name}`"))
            .at(span, "not a type of this module, of the language or of Kubernetes");
        let d = match best {
            Some(best) if best != name => d.help(format!("did you mean `{best}`?")),
            _ => d.help(format!(
                "give the compiler the CustomResourceDefinition (`crds` in plimsoll.toml, `--crd`), or write `kind(\"{last}\", \"group/version\")`"
            )),
        };
        self.report(d);
    }

    /// The type of a declaration.
    pub(super) fn item_ty(&mut self, item: usize) -> Ty {
        let Some(entry) = self.type_items.get_mut(item) else { return Ty::Error };
        match &entry.progress {
            Progress::Done(ty) => {
                self.type_size = self.type_size.saturating_add(entry.size);
                return ty.clone();
            }
            Progress::Doing => {
                let next = DeclId(u32::try_from(self.types.decls.len()).unwrap_or(u32::MAX));
                let id = *entry.decl.get_or_insert(next);
                if id == next {
                    self.types.decls.push(Decl { name: entry.name.name.clone(), ty: Ty::Error });
                }
                return Ty::Decl(id);
            }
            Progress::Todo => {}
        }
        entry.progress = Progress::Doing;
        let (ast, module, name) = (entry.ast, entry.module, entry.name);
        if self.depth >= super::MAX_DEPTH {
            self.too_deep(name.span);
            return self.finish_type(item, Ty::Error);
        }
        self.depth = self.depth.saturating_add(10);
        let before = std::mem::take(&mut self.type_size);
        let mut ty = self.in_module(module, |cx| cx.ty(ast));
        let size = self.type_size;
        self.type_size = before.saturating_add(size);
        self.depth = self.depth.saturating_sub(10);
        if size > MAX_SIZE {
            self.too_large(name.span);
            ty = Ty::Error;
        }
        if let Some(entry) = self.type_items.get_mut(item) {
            entry.size = if size > MAX_SIZE { 1 } else { size };
        }
        self.finish_type(item, ty)
    }

    fn too_large(&mut self, span: Span) {
        self.report(
            Diagnostic::error(Code::TooDeep, "a type is too large")
                .at(span, format!("with its aliases written out it has more than {MAX_SIZE} parts"))
                .help("name fewer types in each, or make a part `any`"),
        );
    }

    fn finish_type(&mut self, item: usize, ty: Ty) -> Ty {
        let Some(entry) = self.type_items.get_mut(item) else { return Ty::Error };
        let (decl, name) = (entry.decl, entry.name);
        let ty = match decl {
            Some(id) if stands_for(&ty, id) => {
                self.report(
                    Diagnostic::error(Code::EndlessType, format!("type `{}` stands for itself", name.name))
                        .at(name.span, "nothing lies between the name and its own use")
                        .help("put the name into a list, a map or a record: `{ below?: list<…> }`"),
                );
                Ty::Error
            }
            Some(id) => {
                if let Ty::Record(record) = &ty {
                    self.types.names.insert(record, &name.name);
                }
                if let Some(slot) = self.types.decls.get_mut(id.0 as usize) {
                    slot.ty = ty;
                }
                Ty::Decl(id)
            }
            None => ty,
        };
        if let Ty::Record(record) = &ty {
            self.types.names.insert(record, &name.name);
        }
        if let Some(entry) = self.type_items.get_mut(item) {
            entry.progress = Progress::Done(ty.clone());
        }
        ty
    }

    /// Runs with another module's names in scope.
    pub(super) fn in_module<T>(&mut self, module: ModuleIx, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.module, module);
        let out = run(self);
        self.module = before;
        out
    }
}

/// The declaration is reached without going through a list, set, map or record.
fn stands_for(ty: &Ty, id: DeclId) -> bool {
    match ty {
        Ty::Decl(other) => *other == id,
        Ty::Optional(inner) => stands_for(inner, id),
        Ty::Union(members) => members.iter().any(|m| stands_for(m, id)),
        _ => false,
    }
}
