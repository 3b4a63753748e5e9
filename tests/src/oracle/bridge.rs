//! The oracle's values to the engine's and back, so that the built-in functions can be called.
//!
//! Parsers of texts add documents while evaluating; they stay in the bridge's memory, and a spot names them by the
//! engine's number.

use super::value::{Data, Key, Node, Res, Spot, Tree, Val, fault};
use super::{Oracle, World};
use plimsoll_engine::builtins::{self, BuiltinId, Cx, Host, KindAt, Origin, WorkloadKind};
use plimsoll_engine::document::{Document, NodeId, flags};
use plimsoll_engine::memory::{Memory, SCRATCH_DOCS, Shape};
use plimsoll_engine::program::Symbols;
use plimsoll_engine::scalar::{Scalar, ScalarKind};
use plimsoll_engine::value::{self as engine, DocId, Place, Value};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// The engine's memory, and the trees of its documents.
#[derive(Debug)]
pub(crate) struct Bridge {
    memory: Memory,
    host: Host,
    trees: BTreeMap<u32, Rc<Tree>>,
}

impl Bridge {
    pub(crate) fn new(documents: &[(Arc<Document>, Rc<Tree>)], world: &World) -> Bridge {
        let mut flagged = Vec::new();
        for (document, tree) in documents {
            let mut document = (**document).clone();
            flag(&mut document, NodeId::ROOT, tree);
            flagged.push(Arc::new(document));
        }
        let trees = (0..).zip(documents).map(|(i, (_, tree))| (i, tree.clone())).collect();
        let mut memory = Memory::default();
        (memory.inventory, memory.limit) = (Arc::new(flagged), usize::MAX);
        let workloads = world.workloads.iter().map(|w| WorkloadKind {
            group: w.kind.group.clone(),
            kind: w.kind.kind.clone(),
            template: w.template.clone(),
        });
        let host = Host {
            now: world.now,
            k8s_version: world.k8s_version,
            workloads: workloads.collect(),
            origins: vec![
                (DocId(0), Origin::File),
                (DocId(u32::try_from(world.inventory).unwrap()), Origin::Admission),
            ],
        };
        Bridge { memory, host, trees }
    }

    /// The tree of a document.
    pub(crate) fn tree(&mut self, doc: u32) -> Option<Rc<Tree>> {
        if let Some(tree) = self.trees.get(&doc) {
            return Some(tree.clone());
        }
        let tree = Tree::of(self.memory.doc(DocId(doc))?, NodeId::ROOT);
        self.trees.insert(doc, tree.clone());
        Some(tree)
    }

    /// For a place in a text that was parsed while evaluating: the place of that text, if it had one.
    pub(crate) fn origin(&mut self, spot: &Spot) -> Option<Option<Spot>> {
        let parsed = self.memory.scratch_docs.get(usize::try_from(spot.doc.checked_sub(SCRATCH_DOCS)?).ok()?)?;
        let origin = parsed.origin;
        Some(self.spot(origin))
    }

    /// The place of an engine's node.
    fn spot(&mut self, place: Place) -> Option<Spot> {
        if !place.is_some() {
            return None;
        }
        let document = self.memory.doc(place.doc)?;
        let (mut path, mut at) = (Vec::new(), NodeId::ROOT);
        while at != place.node {
            let is_list = document.tag(at) == plimsoll_engine::document::Tag::List;
            let within = |c: &NodeId| *c <= place.node && document.node(*c).is_some_and(|n| place.node.0 < n.skip);
            let (i, child) = (0_i64..).zip(document.children(at)).find(|(_, c)| within(c))?;
            path.push(if is_list { Key::Item(i) } else { Key::Name(document.key(child).into()) });
            at = child;
        }
        Some(Spot { doc: place.doc.0, path: path.into() })
    }

    /// The engine's node at a place; none where nothing is there.
    pub(crate) fn node(&self, spot: Option<&Spot>) -> Place {
        let Some(spot) = spot else { return Place::NONE };
        let Some(document) = self.memory.doc(DocId(spot.doc)) else { return Place::NONE };
        let mut at = NodeId::ROOT;
        for key in spot.path.iter() {
            let child = match key {
                Key::Name(name) => document.get_str(at, name),
                Key::Item(i) => usize::try_from(*i).ok().and_then(|i| document.item(at, i)),
            };
            let Some(child) = child else { return Place::NONE };
            at = child;
        }
        Place { doc: DocId(spot.doc), node: at }
    }

    fn engine_of(&mut self, value: &Val) -> Value {
        let place = self.node(value.spot.as_ref());
        let made = match &value.data {
            Data::Null => Value::NULL,
            Data::Bool(b) => (*b).into(),
            Data::Int(i) => (*i).into(),
            Data::Float(f) => (*f).into(),
            Data::Str(text) => self.memory.alloc_text(text).unwrap(),
            Data::Duration(d) => Value::of(engine::Data::Duration(*d)),
            Data::Regex(text) => self.scalar(ScalarKind::Regex, text),
            Data::Version(text) => self.scalar(ScalarKind::Version, text),
            Data::Image(text) => self.scalar(ScalarKind::Image, text),
            Data::Scalar(scalar) => self.memory.alloc_scalar(*scalar).unwrap(),
            Data::Tree(_) => self.memory.load(place).unwrap(),
            Data::List(items) => {
                let items: Vec<Value> = items.iter().map(|v| self.engine_of(v)).collect();
                self.memory.alloc_list(&items).unwrap()
            }
            Data::Set(items) => {
                let mut items: Vec<Value> = items.iter().map(|v| self.engine_of(v)).collect();
                self.memory.alloc_set(&mut items).unwrap()
            }
            Data::Map(members) => {
                let mut pairs = members.iter().map(|(k, v)| (self.engine_of(k), self.engine_of(v))).collect();
                self.memory.alloc_map(&mut pairs).unwrap()
            }
            Data::Record(fields) => {
                let values: Vec<Value> = fields.iter().map(|(_, v)| self.engine_of(v)).collect();
                let shape = self.shape(fields.iter().map(|(name, _)| &**name));
                self.memory.alloc_record(shape, &values).unwrap()
            }
        };
        made.at(place)
    }

    fn scalar(&mut self, kind: ScalarKind, text: &str) -> Value {
        let text = self.memory.alloc_text(text).unwrap();
        self.memory.to_scalar(kind, text).unwrap()
    }

    fn shape<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> u16 {
        let symbols: &mut Symbols = Arc::make_mut(&mut self.memory.symbols);
        let fields: Box<[_]> = names.map(|n| symbols.intern(n)).collect();
        let shapes = Arc::make_mut(&mut self.memory.shapes);
        let at = shapes.iter().position(|s| s.fields == fields).unwrap_or_else(|| {
            shapes.push(Shape { fields });
            shapes.len() - 1
        });
        u16::try_from(at).unwrap()
    }

    fn oracle_of(&mut self, value: Value) -> Val {
        let spot = self.spot(value.place);
        let data = match value.data {
            engine::Data::Null | engine::Data::Missing(_) => Data::Null,
            engine::Data::Bool(b) => Data::Bool(b),
            engine::Data::Int(i) => Data::Int(i),
            engine::Data::Float(f) => Data::Float(f),
            engine::Data::Duration(d) => Data::Duration(d),
            engine::Data::Str(text) => Data::Str(self.memory.str(text).into()),
            engine::Data::Regex(r) => Data::Regex(self.memory.regex_text(r).into()),
            engine::Data::Scalar(s) => match self.memory.scalar(s) {
                Some(Scalar::Version(v)) => Data::Version(self.memory.str(v.text).into()),
                Some(Scalar::Image(i)) => Data::Image(self.memory.str(i.text).into()),
                Some(scalar) => Data::Scalar(*scalar),
                None => Data::Null,
            },
            engine::Data::DocList | engine::Data::DocMap => {
                let spot = spot.clone().unwrap();
                let mut at = self.tree(spot.doc).unwrap();
                for key in spot.path.iter() {
                    at = at.child(key).unwrap().clone();
                }
                Data::Tree(at)
            }
            engine::Data::List(run) => {
                let items = self.memory.run(run).to_vec();
                Data::List(Rc::new(items.into_iter().map(|v| self.oracle_of(v)).collect()))
            }
            engine::Data::Set(run) => {
                let items = self.memory.run(run).to_vec();
                Data::Set(Rc::new(items.into_iter().map(|v| self.oracle_of(v)).collect()))
            }
            engine::Data::Map(run) => {
                let items = self.memory.run(run).to_vec();
                let pairs = items.chunks_exact(2).map(|pair| (self.oracle_of(pair[0]), self.oracle_of(pair[1])));
                Data::Map(Rc::new(pairs.collect()))
            }
            engine::Data::Record(record) => {
                let names: Vec<Rc<str>> = self.memory.shapes[usize::from(record.shape)]
                    .fields
                    .iter()
                    .map(|s| Rc::from(self.memory.symbols.name(*s)))
                    .collect();
                let values = self.memory.record_values(record).to_vec();
                let fields = names.into_iter().zip(values).map(|(n, v)| (n, self.oracle_of(v)));
                Data::Record(Rc::new(fields.collect()))
            }
            engine::Data::Iter(_) | engine::Data::Builder(_) | engine::Data::Poison(_) => Data::Null,
        };
        Val { data, spot }
    }
}

fn flag(document: &mut Document, id: NodeId, tree: &Tree) {
    if tree.wrong.get() {
        document.flag(id, flags::WRONG_TYPE);
    }
    let children: Vec<NodeId> = document.children(id).collect();
    match &tree.kind {
        Node::List(items) => children.iter().zip(items).for_each(|(id, t)| flag(document, *id, t)),
        Node::Map(members) => children.iter().zip(members).for_each(|(id, (_, t))| flag(document, *id, t)),
        _ => {}
    }
}

/// Group and kind of the inventory's objects, by their nodes.
#[derive(Debug)]
struct Roots<'k> {
    kinds: &'k [(Place, String, String)],
}

impl KindAt for Roots<'_> {
    fn kind_at(&self, place: Place) -> Option<(&str, &str)> {
        let (_, group, kind) = self.kinds.iter().find(|(known, ..)| *known == place)?;
        Some((group, kind))
    }
}

impl Oracle<'_> {
    /// Calls a built-in function.
    pub(crate) fn builtin(&self, id: BuiltinId, args: Vec<Val>) -> Res<Val> {
        let function = builtins::get(id).unwrap();
        let bridge = &mut *self.bridge.borrow_mut();
        let values: Vec<Value> = args.iter().map(|v| bridge.engine_of(v)).collect();
        let mut fuel = u64::MAX;
        let kinds = Roots { kinds: &self.kinds };
        let mut cx = Cx { memory: &mut bridge.memory, fuel: &mut fuel, host: &bridge.host, kinds: &kinds };
        match (function.call)(&mut cx, &values) {
            Ok(value) => Ok(bridge.oracle_of(value)),
            Err(error) => fault(error.code(), error.to_string()),
        }
    }
}
