//! `on`: kinds, subresources, operations, and the types of `request` and `old` that follow.

use super::super::Checker;
use super::super::body::Binding;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{On, Operations, RecordTy, Subresource, Ty};
use crate::schema::suggest;
use crate::syntax::ast::{self, OnTarget, Subject};
use std::sync::Arc;

/// The operations of admission.
const OPERATIONS: [&str; 4] = ["create", "update", "delete", "connect"];

/// The type of `request`: what a policy may read of an AdmissionRequest.
pub(in super::super) fn request_ty() -> Ty {
    let record = |fields: Vec<(&str, Ty)>| {
        let fields = fields.into_iter().map(|(name, ty)| (Arc::from(name), ty)).collect();
        Ty::Record(Arc::new(RecordTy::new(fields)))
    };
    let text = || Ty::String.optional();
    let texts = || Ty::list(Ty::String);
    let gvk = |third: &'static str| record(vec![("group", text()), ("version", text()), (third, text())]).optional();
    let user = record(vec![
        ("username", text()),
        ("uid", text()),
        ("groups", texts().optional()),
        ("extra", Ty::map(Ty::String, texts()).optional()),
    ]);
    let operation = Ty::union(["CREATE", "UPDATE", "DELETE", "CONNECT"].map(|o| Ty::Literal(o.into())));
    record(vec![
        ("uid", text()),
        ("operation", operation),
        ("kind", gvk("kind")),
        ("resource", gvk("resource")),
        ("subResource", text()),
        ("requestKind", gvk("kind")),
        ("requestResource", gvk("resource")),
        ("requestSubResource", text()),
        ("name", text()),
        ("namespace", text()),
        ("userInfo", user),
        ("dryRun", Ty::Bool.optional()),
        ("options", Ty::Any),
    ])
}

/// Adds a member to the union of what is looked at.
fn join(all: &mut Ty, ty: Ty) {
    *all = match (&*all, &ty) {
        (Ty::Never, _) => ty,
        (Ty::Error, _) | (_, Ty::Error) => Ty::Error,
        _ => Ty::union([std::mem::replace(all, Ty::Never), ty]),
    };
}

impl Checker<'_> {
    pub(super) fn check_on(&mut self, on: &ast::On) -> On {
        let operations = self.operations(on);
        match &on.target {
            OnTarget::Cluster => {
                if let Some(first) = on.operations.first() {
                    self.report(
                        Diagnostic::error(Code::BadOn, "`on cluster` has no operations")
                            .at(first.span, "it runs once per inventory"),
                    );
                }
                On::Cluster
            }
            OnTarget::Subjects { subjects, name } => {
                let (kinds, whole, subresources) = self.subjects(subjects);
                self.request_and_old(&kinds, operations);
                let local = self.body.bind(name, kinds.clone());
                On::Objects { local, kinds, whole, subresources, operations }
            }
        }
    }

    fn operations(&mut self, on: &ast::On) -> Operations {
        if on.operations.is_empty() {
            return Operations::default();
        }
        let mut out = Operations { create: false, update: false, delete: false, connect: false };
        for word in &on.operations {
            let slot = match &*word.name {
                "create" => &mut out.create,
                "update" => &mut out.update,
                "delete" => &mut out.delete,
                "connect" => &mut out.connect,
                other => {
                    self.report(
                        Diagnostic::error(Code::BadOn, format!("there is no operation `{other}`"))
                            .at(word.span, "one of `create`, `update`, `delete`, `connect`")
                            .help_if(suggest(other, OPERATIONS), |best| format!("did you mean `{best}`?")),
                    );
                    continue;
                }
            };
            *slot = true;
        }
        out
    }

    /// The union of what is looked at, of what is looked at as a whole, and the members that are subresources.
    fn subjects(&mut self, subjects: &[Subject]) -> (Ty, Ty, Vec<Subresource>) {
        let (mut all, mut whole) = (Ty::Never, Ty::Never);
        let mut subresources = vec![];
        for subject in subjects {
            let of = self.subject_kind(&subject.ty);
            let Some(name) = &subject.subresource else {
                join(&mut all, of.clone());
                join(&mut whole, of);
                continue;
            };
            let object = self.subresource(&of, name);
            if object != Ty::Error {
                subresources.push(Subresource { of, name: name.name.clone(), object: object.clone() });
            }
            join(&mut all, object);
        }
        (all, whole, subresources)
    }

    fn subject_kind(&mut self, ast: &ast::Type) -> Ty {
        if let ast::TypeKind::Path(path) = &ast.kind
            && let [word] = path.segments.as_slice()
            && &*word.name == "any"
        {
            return Ty::Any;
        }
        self.kinds(ast)
    }

    fn subresource(&mut self, of: &Ty, name: &ast::Ident) -> Ty {
        let Ty::Object(id) = of else {
            if *of != Ty::Error {
                let shown = self.types.show(of);
                self.report(
                    Diagnostic::error(Code::BadOn, "a subresource belongs to one kind")
                        .at(name.span, format!("`{shown}` is not one kind of the schema"))
                        .help("name the kind: `on Pod/exec as x`"),
                );
            }
            return Ty::Error;
        };
        if let Some(ty) = self.types.schema.subresource(*id, &name.name) {
            return Ty::Object(ty);
        }
        let shown = self.types.show(of);
        let known: Vec<String> = self.types.schema.subresources(*id).iter().map(|(n, _)| n.to_string()).collect();
        self.report(
            Diagnostic::error(Code::BadOn, format!("`{shown}` has no subresource `{}`", name.name))
                .at(name.span, format!("not a subresource of `{shown}`"))
                .help_if(suggest(&name.name, known.iter().map(String::as_str)), |best| {
                    format!("did you mean `{best}`?")
                }),
        );
        Ty::Error
    }

    /// `request` and `old` may be null where `when` allows an evaluation without them.
    fn request_and_old(&mut self, kinds: &Ty, operations: Operations) {
        let request = request_ty();
        let old_is_there = !operations.create && !operations.connect;
        let old = if old_is_there { kinds.clone() } else { kinds.clone().optional() };
        self.body.request = Some(if operations.create { request.optional() } else { request });
        self.body.old = Some(old);
        self.body.scope.push(("request".into(), Binding::Request));
        self.body.scope.push(("old".into(), Binding::Old));
    }
}
