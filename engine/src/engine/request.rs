//! Requests: an object with what it was and who asks, from a review, from a test, or made up for a scan with old objects.

use super::evaluator::{Evaluator, unknown};
use crate::decision::decide::{Case, Operation};
use crate::decision::{Decision, patch};
use crate::document::{Document, InputError, InputErrorKind, Limits, NodeId, Tag};
use crate::inventory::{Change, Inventory, Object, ObjectId, Origin, read_objects};
use crate::value::Value;
use std::sync::Arc;

/// A request whose parts are documents of their own, so that pointers are those of the objects.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The members of the request but for the objects: `operation`, `userInfo`, `subResource`, …
    pub request: serde_json::Value,
    /// The object as it will be.
    pub object: Option<Arc<Document>>,
    /// The object as it was.
    pub old: Option<Arc<Document>>,
}

/// What a request says of itself.
struct Said {
    operation: Option<Operation>,
    subresource: String,
    group: String,
    resource: String,
    kind: String,
    name: String,
    namespace: String,
}

impl Said {
    fn of(document: &Document, request: NodeId) -> Said {
        let text = |names: &[&str]| {
            let node = names.iter().try_fold(request, |at, name| document.get_str(at, name));
            node.map_or("", |n| document.str(n)).to_owned()
        };
        Said {
            operation: Operation::parse(&text(&["operation"])),
            subresource: text(&["subResource"]),
            group: text(&["resource", "group"]),
            resource: text(&["resource", "resource"]),
            kind: text(&["kind", "kind"]),
            name: text(&["name"]),
            namespace: text(&["namespace"]),
        }
    }

    /// An object without a name or namespace has those of the request.
    fn complete(&self, object: &mut Object) {
        let identity = &mut object.identity;
        if identity.name.is_empty() {
            identity.name.clone_from(&self.name);
        }
        if identity.namespace.is_none() && !self.namespace.is_empty() && identity.kind != "Namespace" {
            identity.namespace = Some(self.namespace.clone());
        }
    }
}

/// The API server sends objects of the kind that the request names: what is of another kind, or of none, would be judged by
/// the wrong policies.
fn check_kind(said: &Said, object: &mut Object) {
    let own = &object.identity.kind;
    let message = if own.is_empty() {
        "neither the request nor its object has a `kind`".to_owned()
    } else if !said.kind.is_empty() && said.kind != *own {
        format!("the request is about a {}, but its object is a {own}", said.kind)
    } else {
        return;
    };
    let error = InputError::at(object.document(), object.place.node, InputErrorKind::NotAnObject, message);
    object.errors.push(error);
}

impl Evaluator {
    /// Judges an admission request: a document that is an `AdmissionReview`, or a bare request. None if it is neither.
    pub fn review(&mut self, inventory: &Inventory, document: &Arc<Document>) -> Option<Decision> {
        self.adopt(inventory);
        let found = crate::document::admission(document)?;
        let said = Said::of(document, found.request);
        let (version, kind) = (found.api_version.into_owned(), found.kind.into_owned());
        let nodes: Vec<NodeId> = [found.object, found.old_object].into_iter().flatten().collect();
        let roots: Vec<_> = nodes.iter().map(|n| (*n, version.clone(), kind.clone())).collect();
        let [doc] = self.add_documents([document.clone()]);
        let code = self.engine.inner.code.clone();
        let (marked, mut objects) = read_objects(&code, document.clone(), doc, &roots, Origin::Admission);
        self.put_document(doc, marked);
        for object in &mut objects {
            said.complete(object);
            check_kind(&said, object);
        }
        let at = |node: Option<NodeId>| node.and_then(|n| objects.iter().find(|o| o.place.node == n));
        let request = self.load(doc, found.request);
        let mut decision = self.judge_request(inventory, &said, request, at(found.object), at(found.old_object));
        let judged = found.object.or(found.old_object);
        decision.patch = judged.map_or_else(Vec::new, |node| whole_patch(document, node, &decision));
        Some(decision)
    }

    /// Judges a request whose parts are documents of their own.
    pub fn evaluate_request(&mut self, inventory: &Inventory, request: &Request) -> Decision {
        self.adopt(inventory);
        let code = self.engine.inner.code.clone();
        let Ok(said) = Document::from_value("request", &request.request, Limits::default(), &code.symbols) else {
            return unknown();
        };
        let said = Arc::new(said);
        let [doc] = self.add_documents([said.clone()]);
        let value = self.load(doc, NodeId::ROOT);
        let words = Said::of(&said, NodeId::ROOT);
        let mut read = |document: &Option<Arc<Document>>| {
            let document = document.as_ref()?;
            let root = crate::document::objects(document).into_iter().next()?;
            let root = (root.node, root.api_version.into_owned(), root.kind.into_owned());
            let [doc] = self.add_documents([document.clone()]);
            let (marked, mut objects) = read_objects(&code, document.clone(), doc, &[root], Origin::Admission);
            self.put_document(doc, marked);
            objects.iter_mut().for_each(|o| words.complete(o));
            objects.pop()
        };
        let (object, old) = (read(&request.object), read(&request.old));
        let mut decision = self.judge_request(inventory, &words, value, object.as_ref(), old.as_ref());
        let judged = object.as_ref().or(old.as_ref());
        decision.patch = judged.map_or_else(Vec::new, |o| whole_patch(o.document(), o.place.node, &decision));
        decision
    }

    /// Judges an object of the inventory as an update of what it was: a request without a user.
    pub fn evaluate_update(&mut self, inventory: &Inventory, id: ObjectId, old: &Object) -> Decision {
        self.adopt(inventory);
        let Some(object) = inventory.get(id) else { return unknown() };
        let of = &object.identity;
        let request = serde_json::json!({
            "operation": "UPDATE",
            "kind": { "group": of.group, "version": object.api_version.rsplit('/').next(), "kind": of.kind },
            "name": of.name,
            "namespace": of.namespace,
        });
        let symbols = self.engine.inner.code.symbols.clone();
        let Ok(request) = Document::from_value("request", &request, Limits::default(), &symbols) else {
            return unknown();
        };
        let [request, before] = self.add_documents([Arc::new(request), old.document().clone()]);
        let mut old = old.clone();
        old.place.doc = before;
        let request = self.load(request, NodeId::ROOT);
        let change = Change { identity: of.clone(), after: Some(object.clone()), before: Some(old.clone()) };
        let case = Case { old: Some(&old), request, operation: Operation::Update, ..Case::of(object) };
        self.judge(&inventory.inner, Some(&change), case)
    }

    fn judge_request(
        &mut self,
        inventory: &Inventory,
        said: &Said,
        request: Value,
        new: Option<&Object>,
        old: Option<&Object>,
    ) -> Decision {
        self.say_origin(Origin::Admission);
        let operation = said.operation.unwrap_or(match (new, old) {
            (None, Some(_)) => Operation::Delete,
            (Some(_), Some(_)) => Operation::Update,
            _ => Operation::Create,
        });
        let object = if operation == Operation::Delete { old.or(new) } else { new.or(old) };
        let Some(object) = object else { return unknown() };
        // Only requests on whole objects change the inventory.
        let whole = matches!(said.subresource.as_str(), "" | "status" | "ephemeralcontainers" | "resize");
        let change = (whole && operation != Operation::Connect).then(|| Change {
            identity: object.identity.clone(),
            after: if operation == Operation::Delete { None } else { new.cloned() },
            before: old.cloned(),
        });
        let case = Case {
            object: Some(object),
            old: old.or((operation == Operation::Delete).then_some(object)),
            request,
            operation,
            subresource: &said.subresource,
            resource: (&said.group, &said.resource),
        };
        self.judge(&inventory.inner, change.as_ref(), case)
    }
}

/// The safe fixes of all findings of a decision about a review (of several engines, perhaps) as one patch on the object.
#[must_use]
pub fn review_patch(document: &Document, decision: &Decision) -> Vec<patch::PatchOp> {
    let judged = crate::document::admission(document).and_then(|found| found.object.or(found.old_object));
    judged.map_or_else(Vec::new, |node| whole_patch(document, node, decision))
}

/// The safe fixes of all findings as one patch on the object.
fn whole_patch(document: &Document, root: NodeId, decision: &Decision) -> Vec<patch::PatchOp> {
    let prefix = document.pointer(root);
    let (file, index) = (&document.source().name, document.index());
    let safe = decision.findings.iter().filter_map(|f| f.fix.as_ref()).filter(|f| f.safe);
    let here = safe.filter(|f| f.edits.iter().all(|e| e.file == *file && e.document == index));
    let steps = here.flat_map(|f| &f.steps).filter_map(|step| {
        let pointer = step.pointer.strip_prefix(prefix.as_str())?.to_owned();
        Some(patch::FixStep { pointer, ..step.clone() })
    });
    let steps: Vec<_> = steps.collect();
    if steps.is_empty() || document.tag(root) != Tag::Map {
        return Vec::new();
    }
    patch::combine(&mut document.to_json(root), &steps)
}
