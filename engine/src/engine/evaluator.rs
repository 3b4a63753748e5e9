//! A thread's scratch: evaluates objects, requests and policies on the cluster over an inventory.

use super::{Engine, Inner};
use crate::builtins::Host;
use crate::decision::decide::{Case, Operation, Scratch, decide};
use crate::decision::suppress::CommentCache;
use crate::decision::{Decision, patch};
use crate::document::{Document, NodeId, Tag};
use crate::inventory::{Change, Inventory, Object, ObjectId, Objects, Origin, View, read_objects};
use crate::memory::REQUEST_DOCS;
use crate::value::{DocId, Place, Value};
use crate::vm::{Slot, State, Trace};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What is kept for requests may grow by so many bytes before it is made anew.
const KEPT_GROWTH: usize = 32 << 20;

/// A thread's scratch over an engine.
#[derive(Debug)]
pub struct Evaluator {
    engine: Engine,
    scratch: Scratch,
    /// The snapshot that what is kept belongs to.
    snapshot: Option<Arc<Objects>>,
    /// How much was kept when it was made.
    kept: usize,
    dispatch: FxHashMap<String, Arc<[u32]>>,
    cluster_units: Arc<[u32]>,
    key: String,
}

impl Evaluator {
    pub(super) fn new(engine: &Engine) -> Evaluator {
        let inner = &engine.inner;
        let mut state = State::new(&inner.code, &inner.limits);
        if inner.evidence || inner.coverage {
            state.trace = Some(Box::new(Trace::new(inner.code.program.marks.len(), inner.evidence)));
        }
        let scratch = Scratch {
            state,
            host: inner.host.clone(),
            comments: CommentCache::default(),
            matched: vec![false; inner.instances.len()],
        };
        let cluster = units_where(inner, |on| on.is_none());
        Evaluator {
            engine: engine.clone(),
            scratch,
            snapshot: None,
            kept: 0,
            dispatch: FxHashMap::default(),
            cluster_units: cluster,
            key: String::new(),
        }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// For each instance of the engine, whether it was evaluated for anything so far.
    #[must_use]
    pub fn matched(&self) -> &[bool] {
        &self.scratch.matched
    }

    /// For each mark of the program, how often it was passed; empty where the engine does not count.
    #[must_use]
    pub fn hits(&self) -> &[u64] {
        self.scratch.state.trace.as_ref().map_or(&[], |t| &t.hits)
    }

    /// Judges an object of the inventory, as a scan does.
    pub fn evaluate(&mut self, inventory: &Inventory, id: ObjectId) -> Decision {
        self.adopt(inventory);
        let Some(object) = inventory.get(id) else { return unknown() };
        let case = Case::of(object);
        self.judge(&inventory.inner, None, case)
    }

    /// Judges an object of the inventory as an update of another document's object.
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
        let symbols = &self.engine.inner.code.symbols;
        let Ok(request) = Document::from_value("request", &request, crate::document::Limits::default(), symbols) else {
            return unknown();
        };
        let documents = [Arc::new(request), old.document().clone()];
        let [request, before] = self.add_documents(documents);
        let mut old = old.clone();
        old.place.doc = before;
        let request = self.load(request, NodeId::ROOT);
        let change = Change { identity: of.clone(), after: Some(object.clone()), before: Some(old.clone()) };
        let case = Case { old: Some(&old), request, operation: Operation::Update, ..Case::of(object) };
        self.judge(&inventory.inner, Some(&change), case)
    }

    /// Judges what the policies on the cluster look at.
    pub fn evaluate_cluster(&mut self, inventory: &Inventory) -> Decision {
        self.adopt(inventory);
        let units = self.cluster_units.clone();
        let view = view(&self.engine.inner, &inventory.inner, None);
        decide(&self.engine.inner, &mut self.scratch, view, Case::CLUSTER, &units)
    }

    /// Judges the objects of a document that is in no inventory, as if they were made beside what the inventory has. One
    /// decision for each object, in the order of the document.
    pub fn evaluate_document(&mut self, inventory: &Inventory, document: &Arc<Document>) -> Vec<Decision> {
        self.adopt(inventory);
        let roots: Vec<_> = crate::document::objects(document)
            .into_iter()
            .map(|r| (r.node, r.api_version.into_owned(), r.kind.into_owned()))
            .collect();
        let [doc] = self.add_documents([document.clone()]);
        let (marked, objects) = read_objects(&self.engine.inner.code, document.clone(), doc, &roots, Origin::File);
        self.put_document(doc, marked);
        let mut out = Vec::with_capacity(objects.len());
        for object in &objects {
            let change = Change { identity: object.identity.clone(), after: Some(object.clone()), before: None };
            out.push(self.judge(&inventory.inner, Some(&change), Case::of(object)));
        }
        out
    }

    /// Judges an admission request: a document that is an `AdmissionReview`, or a bare request. None if it is neither.
    pub fn review(&mut self, inventory: &Inventory, document: &Arc<Document>) -> Option<Decision> {
        self.adopt(inventory);
        let found = crate::document::admission(document)?;
        let request = found.request;
        let text = |names: &[&str]| {
            let node = names.iter().try_fold(request, |at, name| document.get_str(at, name));
            node.map_or("", |n| document.str(n)).to_owned()
        };
        let operation = Operation::parse(&text(&["operation"])).unwrap_or(Operation::Create);
        let (subresource, group, resource) =
            (text(&["subResource"]), text(&["resource", "group"]), text(&["resource", "resource"]));
        let (version, kind) = (found.api_version.into_owned(), found.kind.into_owned());
        let nodes: Vec<NodeId> = [found.object, found.old_object].into_iter().flatten().collect();
        let roots: Vec<_> = nodes.iter().map(|n| (*n, version.clone(), kind.clone())).collect();
        let [doc] = self.add_documents([document.clone()]);
        let (marked, mut objects) = read_objects(&self.engine.inner.code, document.clone(), doc, &roots, Origin::Admission);
        self.put_document(doc, marked);
        // A namespaced object that names no namespace is put into that of the request, an unnamed one gets its name.
        let (name, namespace) = (text(&["name"]), text(&["namespace"]));
        for object in &mut objects {
            if object.identity.name.is_empty() {
                object.identity.name.clone_from(&name);
            }
            if object.identity.namespace.is_none() && !namespace.is_empty() && object.identity.kind != "Namespace" {
                object.identity.namespace = Some(namespace.clone());
            }
        }
        let at = |node: Option<NodeId>| node.and_then(|n| objects.iter().find(|o| o.place.node == n));
        let (new, old) = (at(found.object), at(found.old_object));
        let object = if operation == Operation::Delete { old.or(new) } else { new.or(old) };
        let Some(object) = object else { return Some(unknown()) };
        // Only requests on whole objects change the inventory.
        let whole = matches!(subresource.as_str(), "" | "status" | "ephemeralcontainers" | "resize");
        let change = (whole && operation != Operation::Connect).then(|| Change {
            identity: object.identity.clone(),
            after: if operation == Operation::Delete { None } else { new.cloned() },
            before: old.cloned(),
        });
        let request = self.load(doc, request);
        let case = Case {
            object: Some(object),
            old,
            request,
            operation,
            subresource: &subresource,
            resource: (&group, &resource),
        };
        let mut decision = self.judge(&inventory.inner, change.as_ref(), case);
        decision.patch = admission_patch(document, object.place.node, &decision);
        Some(decision)
    }

    /// Judges by the units of the object's kind.
    fn judge(&mut self, objects: &Objects, change: Option<&Change>, case: Case<'_>) -> Decision {
        let Some(object) = case.object else { return unknown() };
        let units = self.units(object, case.subresource);
        let inner = self.engine.inner.clone();
        let view = view(&inner, objects, change);
        let anew = change.map(|c| self.set_aside(&inner, c)).unwrap_or_default();
        if let Some(trace) = &mut self.scratch.state.trace {
            trace.begin();
        }
        let decision = decide(&inner, &mut self.scratch, view, case, &units);
        for (global, slot) in anew {
            if let Some(place) = self.scratch.state.globals.get_mut(global) {
                *place = slot;
            }
        }
        decision
    }

    /// Takes out the module-level values that read the kind that a request changes: they are computed anew for it.
    fn set_aside(&mut self, inner: &Inner, change: &Change) -> Vec<(usize, Slot)> {
        let kinds = &inner.code.program.kinds;
        let concerns = |reads: &Vec<u32>| {
            let sets = reads.iter().filter_map(|k| kinds.get(*k as usize));
            sets.into_iter().any(|set| set.may_match(&change.identity, &inner.code.workloads))
        };
        let globals = self.scratch.state.globals.iter_mut().zip(&inner.reads).enumerate();
        globals.filter(|(_, (_, reads))| concerns(reads)).map(|(i, (slot, _))| (i, std::mem::take(slot))).collect()
    }

    /// The units that may concern an object: a look-up by group and kind.
    fn units(&mut self, object: &Object, subresource: &str) -> Arc<[u32]> {
        self.key.clear();
        let kind = &object.identity;
        let workload = if object.workload { "+" } else { "-" };
        for part in [kind.group.as_str(), "/", kind.kind.as_str(), workload] {
            self.key.push_str(part);
        }
        if let Some(units) = self.dispatch.get(&self.key).filter(|_| subresource.is_empty()) {
            return units.clone();
        }
        let inner = &self.engine.inner;
        let whole = subresource.is_empty();
        let units = units_where(inner, |on| {
            let set = on.and_then(|on| inner.code.program.kinds.get(on as usize));
            // A subresource may belong to another kind than its object, so none is left out.
            set.is_some_and(|set| !whole || set.matches(object))
        });
        if whole {
            self.dispatch.insert(self.key.clone(), units.clone());
        }
        units
    }

    /// Makes the inventory the one that is seen; what was kept for another is forgotten.
    fn adopt(&mut self, inventory: &Inventory) {
        let inner = self.engine.inner.clone();
        let state = &mut self.scratch.state;
        let same = self.snapshot.as_ref().is_some_and(|s| Arc::ptr_eq(s, &inventory.inner));
        let grown = state.memory.kept.used() > self.kept.saturating_add(KEPT_GROWTH);
        if !same || grown {
            state.forget();
            state.memory.inventory = inventory.inner.documents.clone();
            self.scratch.host.origins = origins(&inner.host, &inventory.inner);
            self.snapshot = Some(inventory.inner.clone());
            self.kept = state.memory.kept.used();
        }
        if state.memory.request.len() != inner.code.settings.len() {
            state.memory.request.clear();
            state.memory.request.extend(inner.code.settings.iter().cloned());
        }
    }

    /// Adds documents of a request; they stay until the next evaluation.
    fn add_documents<const N: usize>(&mut self, documents: [Arc<Document>; N]) -> [DocId; N] {
        documents.map(|document| {
            let at = self.scratch.state.memory.request.len();
            self.scratch.state.memory.request.push(document);
            DocId(REQUEST_DOCS.saturating_add(u32::try_from(at).unwrap_or(0)))
        })
    }

    fn put_document(&mut self, doc: DocId, document: Arc<Document>) {
        let at = doc.0.saturating_sub(REQUEST_DOCS) as usize;
        if let Some(slot) = self.scratch.state.memory.request.get_mut(at) {
            *slot = document;
        }
    }

    fn load(&self, doc: DocId, node: NodeId) -> Value {
        self.scratch.state.memory.load(Place { doc, node }).unwrap_or(Value::NULL)
    }
}

fn view<'a>(inner: &'a Inner, objects: &'a Objects, change: Option<&'a Change>) -> View<'a> {
    View { objects, change, workloads: &inner.code.workloads }
}

/// The units of which some policy that is on looks at what is asked for.
fn units_where(inner: &Inner, wanted: impl Fn(Option<u32>) -> bool) -> Arc<[u32]> {
    let units = (0_u32..).zip(&inner.units).filter(|(_, unit)| {
        let mut instances = inner.instances_of(unit);
        instances.any(|i| inner.instance(i).is_some_and(|(i, policy)| i.is_on() && wanted(policy.on)))
    });
    units.map(|(i, _)| i).collect()
}

/// Where documents come from, by id; neighbours of one origin are one entry.
fn origins(host: &Host, objects: &Objects) -> Vec<(DocId, Origin)> {
    let mut out = host.origins.clone();
    for object in objects.objects.iter().flatten() {
        if out.last().is_none_or(|(_, last)| *last != object.origin) {
            out.push((object.place.doc, object.origin));
        }
    }
    out.push((DocId(REQUEST_DOCS), Origin::Admission));
    out
}

/// The safe fixes of all findings as one patch on the object.
fn admission_patch(document: &Document, root: NodeId, decision: &Decision) -> Vec<patch::PatchOp> {
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

/// The decision about an object that is not there: nothing is allowed that was not looked at.
fn unknown() -> Decision {
    let error = crate::decision::DecisionError {
        code: "E0710".into(),
        message: "there is no object to judge".into(),
        object: None,
        file: None,
        document: None,
        pointer: None,
        start: None,
        policy: None,
    };
    Decision { errors: vec![error], ..Decision::default() }
}
