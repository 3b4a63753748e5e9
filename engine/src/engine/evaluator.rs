//! A thread's scratch: evaluates objects, requests and policies on the cluster over an inventory.

use super::{Engine, Inner};
use crate::builtins::Host;
use crate::decision::decide::{Case, Scratch, decide};
use crate::decision::suppress::CommentCache;
use crate::decision::{Decision, DecisionError, Location};
use crate::document::{Document, NodeId};
use crate::error::EvalError;
use crate::inventory::{Change, Inventory, Object, ObjectId, Objects, Origin, View, read_objects};
use crate::memory::REQUEST_DOCS;
use crate::value::{DocId, Place, Value};
use crate::vm::{At, Machine, Slot, State, Subject, Trace};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What is kept may grow by so many bytes through requests before it is made anew.
const KEPT_GROWTH: usize = 32 << 20;

/// A thread's scratch over an engine.
#[derive(Debug)]
pub struct Evaluator {
    pub(super) engine: Engine,
    pub(super) scratch: Scratch,
    /// The snapshot that what is kept belongs to.
    snapshot: Option<Arc<Objects>>,
    /// How many bytes were kept after the first evaluation over it; none before.
    kept: Option<usize>,
    dispatch: FxHashMap<String, Arc<[u32]>>,
    cluster_units: Arc<[u32]>,
    key: String,
}

/// What a function gave.
#[derive(Clone, PartialEq, Debug)]
pub struct Called {
    /// Its value as JSON.
    pub value: serde_json::Value,
    /// What kind of value it is, in the words of the language.
    pub kind: &'static str,
    /// Its text, as a hole in a string shows it.
    pub text: String,
    /// Where it came from, if from a document.
    pub place: Option<Location>,
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
            kept: None,
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

    /// The fuel that the last evaluation used, apart from what module values took.
    #[must_use]
    pub fn fuel_used(&self) -> u64 {
        self.engine.inner.limits.fuel.saturating_sub(self.scratch.state.fuel)
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

    /// Judges what the policies on the cluster look at.
    pub fn evaluate_cluster(&mut self, inventory: &Inventory) -> Decision {
        self.adopt(inventory);
        let units = self.cluster_units.clone();
        let view = view(&self.engine.inner, &inventory.inner, None);
        decide(&self.engine.inner, &mut self.scratch, view, Case::CLUSTER, &units)
    }

    /// Judges the objects of a document that is in no inventory, as if they were made beside what the inventory has. One
    /// decision for each object, in the order of the document; a document that is no object, or has items that are none, is
    /// refused by a decision too. None for an empty list.
    pub fn evaluate_document(&mut self, inventory: &Inventory, document: &Arc<Document>) -> Vec<Decision> {
        self.adopt(inventory);
        let (roots, errors) = match crate::document::subjects(document) {
            Ok(subjects) => subjects,
            Err(error) => return vec![Decision::refused(vec![DecisionError::from(&*error)])],
        };
        let roots: Vec<_> =
            roots.into_iter().map(|r| (r.node, r.api_version.into_owned(), r.kind.into_owned())).collect();
        let [doc] = self.add_documents([document.clone()]);
        let (marked, objects) = read_objects(&self.engine.inner.code, document.clone(), doc, &roots, Origin::File);
        self.put_document(doc, marked);
        let mut out = Vec::with_capacity(objects.len());
        if !errors.is_empty() {
            out.push(Decision::refused(errors.iter().map(DecisionError::from).collect()));
        }
        for object in &objects {
            let change = Change { identity: object.identity.clone(), after: Some(object.clone()), before: None };
            out.push(self.judge(&inventory.inner, Some(&change), Case::of(object)));
        }
        out
    }

    /// Runs a function of the program that has no parameters, and gives its value as JSON: conditions and values of tests.
    ///
    /// # Errors
    /// What it ended with.
    pub fn call(&mut self, inventory: &Inventory, function: u32) -> Result<serde_json::Value, EvalError> {
        self.call_on(inventory, None, function).map(|called| called.value)
    }

    /// Runs a function of the program that has no parameters, with an object under review, and gives its value with its
    /// place.
    ///
    /// # Errors
    /// What it ended with.
    pub fn call_on(
        &mut self,
        inventory: &Inventory,
        object: Option<ObjectId>,
        function: u32,
    ) -> Result<Called, EvalError> {
        self.adopt(inventory);
        let inner = self.engine.inner.clone();
        let view = view(&inner, &inventory.inner, None);
        let subject = object.and_then(|id| inventory.get(id)).map_or(Subject::NONE, |o| Case::of(o).subject());
        let Scratch { state, host, .. } = &mut self.scratch;
        state.begin(&inner.limits);
        let mut machine = Machine::new(&inner.code, host, &inner.limits, view, subject, state);
        let value = machine.run(function, &[]).map_err(|fault| fault.error)?;
        let memory = &machine.state.memory;
        let place = At::of(memory, value).and_then(|at| Some(Location::of(memory.doc(at.place.doc)?, &at)));
        let mut text = String::new();
        memory.to_text(value, &mut text)?;
        Ok(Called { value: memory.to_json(value)?, kind: memory.kind_name(value), text, place })
    }

    /// Judges by the units of the object's kind.
    pub(super) fn judge(&mut self, objects: &Objects, change: Option<&Change>, case: Case<'_>) -> Decision {
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
    pub(super) fn adopt(&mut self, inventory: &Inventory) {
        let inner = self.engine.inner.clone();
        let state = &mut self.scratch.state;
        let same = self.snapshot.as_ref().is_some_and(|s| Arc::ptr_eq(s, &inventory.inner));
        let used = state.memory.kept.used();
        let kept = *self.kept.get_or_insert(used);
        let room = inner.limits.memory.saturating_sub(kept) / 2;
        let grown = used > kept.saturating_add(kept.saturating_add(KEPT_GROWTH).min(room));
        if !same || grown {
            state.forget();
            state.memory.inventory = inventory.inner.documents.clone();
            self.scratch.host.origins = origins(&inner.host, &inventory.inner);
            self.snapshot = Some(inventory.inner.clone());
            self.kept = None;
        }
        if state.memory.request.len() != inner.code.settings.len() {
            state.memory.request.clear();
            state.memory.request.extend(inner.code.settings.iter().cloned());
        }
        self.say_origin(Origin::File);
    }

    /// Adds documents of a request; they stay until the next evaluation.
    pub(super) fn add_documents<const N: usize>(&mut self, documents: [Arc<Document>; N]) -> [DocId; N] {
        documents.map(|document| {
            let at = self.scratch.state.memory.request.len();
            self.scratch.state.memory.request.push(document);
            DocId(REQUEST_DOCS.saturating_add(u32::try_from(at).unwrap_or(0)))
        })
    }

    /// Says where the documents of the request come from.
    pub(super) fn say_origin(&mut self, origin: Origin) {
        if let Some((_, last)) = self.scratch.host.origins.last_mut() {
            *last = origin;
        }
    }

    pub(super) fn put_document(&mut self, doc: DocId, document: Arc<Document>) {
        let at = doc.0.saturating_sub(REQUEST_DOCS) as usize;
        if let Some(slot) = self.scratch.state.memory.request.get_mut(at) {
            *slot = document;
        }
    }

    pub(super) fn load(&self, doc: DocId, node: NodeId) -> Value {
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
    let mut of: Vec<(DocId, Origin)> = objects.objects.iter().flatten().map(|o| (o.place.doc, o.origin)).collect();
    crate::sort::stable(&mut of, |(a, _), (b, _)| a.cmp(b));
    let mut out = host.origins.clone();
    for (doc, origin) in of {
        if out.last().is_none_or(|(_, last)| *last != origin) {
            out.push((doc, origin));
        }
    }
    out.push((DocId(REQUEST_DOCS), Origin::File));
    out
}

/// The decision about an object that is not there: nothing is allowed that was not looked at.
pub(super) fn unknown() -> Decision {
    Decision::refused(vec![DecisionError::of_input("E0710", "there is no object to judge", "")])
}
