//! A naive tree-walking evaluator over the checked tree: what the bytecode and its machine are compared with.
//!
//! It is written from the language's rules and shares nothing with the machine but the parsers of scalars and the
//! built-in functions, which it calls through a bridge. It is slow and knows no limits.

mod bridge;
pub(crate) mod comprehension;
mod eval;
pub mod host;
pub mod ops;
mod place;
mod policy;
pub mod types;
pub mod value;

pub use policy::{Found, Outcome, Patch, RuleError, Skipped};
pub use types::{Types, group_of};

use crate::generate::yaml::Marks;
use bridge::Bridge;
use host::{Config, Given, Used};
use plimsoll_dsl::hir::{Expr, Hir};
use plimsoll_dsl::schema::Schema;
use plimsoll_engine::document::{Document, NodeId};
use plimsoll_engine::engine::Operation;
use plimsoll_engine::program::WorkloadDef;
use plimsoll_engine::value::Place;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use value::{Key, Node, Res, Spot, Tree, Val};

/// The names by which the oracle counts what it evaluates.
pub const FORMS: &[&str] = &[
    "Const",
    "Local",
    "Global",
    "Param",
    "Request",
    "Old",
    "Field",
    "Field (required)",
    "Index",
    "Call",
    "Builtin",
    "Extern",
    "Descend",
    "Not",
    "Neg",
    "Binary",
    "Is",
    "Convert",
    "If",
    "Match",
    "Cluster",
    "Cluster (before)",
    "Complete",
    "List",
    "Set",
    "Map",
    "Record",
    "RecordJoin",
    "Text",
    "Comprehension",
    "or",
    "and",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "not in",
    "matches",
    "like",
    "??",
    "++",
    "+",
    "-",
    "*",
    "/",
    "%",
    "[… for]",
    "{… for}",
    "{k: v for}",
    "any for",
    "all for",
    "count for",
    "sum for",
    "min for",
    "min for by",
    "max for",
    "max for by",
    "first for",
    "last for",
    "sorted for",
    "sorted for by",
    "unique for",
    "clause if",
    "clause let",
    "clause for",
    "clause join",
    "statement let",
    "statement return",
    "except",
    "member let",
    "member if",
    "member for",
    "rule",
    "finding",
    "report",
    "related",
    "fix",
    "set",
    "add",
    "remove",
    "computed refs",
    "place innermost",
    "place value",
    "place path",
    "place if",
    "place ??",
    "a use",
    "a profile",
    "enforced less",
    "kept",
    "a subresource",
    "connect",
    "an exception",
    "a comment",
    "an annotation",
    "no reason",
];

/// What an evaluation can see.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The documents of the inventory; an object's document is named by its place here.
    pub documents: Vec<Arc<Document>>,
    /// Kinds whose objects are all there, by group and kind.
    pub complete: Vec<(String, String)>,
    /// Every kind is complete.
    pub complete_all: bool,
    /// `now()`, in nanoseconds since 1970.
    pub now: i64,
    /// `k8s_version()`
    pub k8s_version: (u32, u32),
    /// Kinds that carry a pod template.
    pub workloads: Vec<WorkloadDef>,
    /// Parameters that the host sets, `name` or `policy.name`.
    pub params: Vec<(String, serde_json::Value)>,
    /// What else the host says.
    pub config: Config,
    /// Where the nodes and comments of YAML files stand.
    pub marks: BTreeMap<String, Marks>,
    /// Data by index of the global: which document.
    pub data: BTreeMap<u32, u32>,
    /// How many documents, from the first on, hold objects of the inventory; the others are data and requests.
    pub inventory: usize,
    /// The request under review, where there is one.
    pub request: Option<Ask>,
    /// Functions of the host, by name.
    pub natives: BTreeMap<String, Native>,
}

/// A function of the host.
pub type Native = fn(&[serde_json::Value]) -> Result<serde_json::Value, String>;

/// A request: which documents say it and hold its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What is done.
    pub operation: Operation,
    /// What the request says.
    pub request: u32,
    /// The object as it will be.
    pub object: Option<u32>,
    /// The object as it was.
    pub old: Option<u32>,
    /// The kind and name of a subresource.
    pub on: Option<(&'static str, &'static str)>,
}

/// An object of the inventory.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its node.
    pub tree: Rc<Tree>,
    /// Where it stands.
    pub spot: Spot,
    /// Its `apiVersion`, or that of the list it stands in.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Something in it has the wrong type.
    pub wrong: bool,
}

impl Object {
    /// Group, kind, namespace, name.
    #[must_use]
    pub fn identity(&self) -> [String; 4] {
        let metadata = self.tree.child(&Key::Name("metadata".into()));
        let text = |name| metadata.and_then(|m| m.text(name)).unwrap_or_default().to_owned();
        [group_of(&self.api_version).to_owned(), self.kind.clone(), text("namespace"), text("name")]
    }
}

/// A value that is worked out when it is first asked for.
#[derive(Debug)]
pub(crate) struct Lazy<'h> {
    expr: &'h Expr,
    memo: RefCell<Option<Res<Val>>>,
}

/// A variable.
#[derive(Clone, Debug, Default)]
pub(crate) enum Slot<'h> {
    /// Not bound.
    #[default]
    Empty,
    /// Bound.
    Val(Val),
    /// A policy's `let`.
    Lazy(Rc<Lazy<'h>>),
}

/// The variables of a body and whose parameters it sees: a policy as it is used.
#[derive(Clone, Debug)]
pub(crate) struct Env<'h> {
    locals: Vec<Slot<'h>>,
    used: Option<u32>,
}

/// The evaluator.
pub struct Oracle<'h> {
    hir: &'h Hir,
    types: Types<'h>,
    world: &'h World,
    /// As the inventory has them.
    objects: Vec<Object>,
    /// What `cluster(K)` is made of, and `cluster(K, before)`.
    after: Vec<Object>,
    before: Vec<Object>,
    /// The object that a request is about.
    subject: Option<Object>,
    /// As it was.
    old: Option<Object>,
    bridge: RefCell<Bridge>,
    /// Group and kind of the objects, by their nodes.
    kinds: Vec<(Place, String, String)>,
    globals: RefCell<BTreeMap<u32, Res<Val>>>,
    params: RefCell<BTreeMap<(u32, u32), Res<Val>>>,
    /// The policies as they are used, and what the parameters of the bundle are set to.
    used: Vec<Used<'h>>,
    given: BTreeMap<u32, Given<'h>>,
    /// How often each form was evaluated.
    pub counts: RefCell<BTreeMap<&'static str, u64>>,
}

impl<'h> Oracle<'h> {
    /// Loads the inventory.
    #[must_use]
    pub fn new(hir: &'h Hir, schema: &'h Schema, world: &'h World) -> Oracle<'h> {
        let types = Types::new(hir, schema, &world.workloads);
        let mut objects = Vec::new();
        let mut documents = Vec::new();
        let mut roots = Vec::new();
        for (number, document) in (0..).zip(&world.documents) {
            let root = Tree::of(document, NodeId::ROOT);
            if documents.len() < world.inventory {
                split(&root, &Spot::root(number), "", "", &mut objects);
            }
            roots.push(root.clone());
            documents.push((document.clone(), root));
        }
        let asked = |index: Option<u32>| {
            let mut found = Vec::new();
            split(&roots[index? as usize], &Spot::root(index?), "", "", &mut found);
            let mut object: Object = found.remove(0);
            object.wrong = types.mark_wrong(&object.tree, &object.api_version, &object.kind);
            Some(object)
        };
        for object in &mut objects {
            object.wrong = types.mark_wrong(&object.tree, &object.api_version, &object.kind);
        }
        let (mut after, mut before) = (objects.clone(), objects.clone());
        let (mut subject, mut old) = (None, None);
        if let Some(ask) = &world.request {
            let new = asked(ask.object);
            old = asked(ask.old);
            subject = if ask.operation == Operation::Delete { old.clone() } else { new.clone() };
            let identity = subject.as_ref().unwrap().identity();
            let moves = ask.changes_object();
            let others = |o: &Object| identity[3].is_empty() || o.identity() != identity;
            if moves {
                after.retain(others);
                before.retain(others);
                after.extend(new.filter(|_| ask.operation != Operation::Delete));
                before.extend(old.clone());
            }
        }
        let bridge = Bridge::new(&documents, world);
        let own = |o: &Object| (bridge.node(Some(&o.spot)), group_of(&o.api_version).to_owned(), o.kind.clone());
        let kinds = objects.iter().chain(&subject).chain(&old).map(own).collect();
        Oracle {
            hir,
            types,
            world,
            objects,
            after,
            before,
            subject,
            old,
            bridge: RefCell::new(bridge),
            kinds,
            globals: RefCell::default(),
            params: RefCell::default(),
            used: host::used(hir, &world.config, &world.params),
            given: host::bundle_params(hir, &world.config, &world.params),
            counts: RefCell::default(),
        }
    }

    /// The objects of the inventory, in order.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The object that the request is about.
    #[must_use]
    pub fn subject(&self) -> Option<&Object> {
        self.subject.as_ref()
    }

    /// What the request is about, as it was.
    #[must_use]
    pub fn old(&self) -> Option<&Object> {
        self.old.as_ref()
    }

    /// Where something in an object has the wrong type.
    #[must_use]
    pub fn wrong_in(&self, object: &Object) -> Vec<Spot> {
        let mut out = Vec::new();
        wrong_below(&object.tree, &object.spot, &mut out);
        out
    }

    pub(crate) fn count(&self, what: &'static str) {
        *self.counts.borrow_mut().entry(what).or_default() += 1;
    }
}

/// The objects of a document: itself, or the items of a list.
fn split(tree: &Rc<Tree>, spot: &Spot, api_version: &str, kind: &str, out: &mut Vec<Object>) {
    let own = |name, other: &str| tree.text(name).filter(|t| !t.is_empty()).unwrap_or(other).to_owned();
    let (api_version, kind) = (own("apiVersion", api_version), own("kind", kind));
    let items = Key::Name("items".into());
    if let (Some(of), Some(list)) = (kind.strip_suffix("List"), tree.child(&items))
        && let Node::List(children) = &list.kind
    {
        let spot = spot.below(items);
        let version = if of.is_empty() { "" } else { &*api_version };
        for (i, child) in (0..).zip(children) {
            split(child, &spot.below(Key::Item(i)), version, of, out);
        }
        return;
    }
    out.push(Object { tree: tree.clone(), spot: spot.clone(), api_version, kind, wrong: false });
}

fn wrong_below(tree: &Tree, spot: &Spot, out: &mut Vec<Spot>) {
    if tree.wrong.get() {
        out.push(spot.clone());
    }
    match &tree.kind {
        Node::List(items) => (0..).zip(items).for_each(|(i, t)| wrong_below(t, &spot.below(Key::Item(i)), out)),
        Node::Map(members) => {
            members.iter().for_each(|(name, t)| wrong_below(t, &spot.below(Key::Name(name.clone())), out));
        }
        _ => {}
    }
}
