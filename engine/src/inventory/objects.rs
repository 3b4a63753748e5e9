//! Objects and how they are known.

use super::check;
use super::index::Index;
use crate::builtins::Origin;
use crate::document::{Document, InputError, NodeId, Root, Tag};
use crate::program::{KindMatch, KindSet, WorkloadDef};
use crate::value::{DocId, Place};
use crate::vm::Code;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// What an object is known by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Identity {
    /// Its group; empty for the core group.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; none for a manifest that names none and for kinds that have none.
    pub namespace: Option<String>,
    /// Its name; empty where the server is to make it.
    pub name: String,
}

/// Names an object of an inventory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId(pub(crate) u32);

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    pub(crate) place: Place,
    pub(crate) document: Arc<Document>,
    /// What it is known by.
    pub identity: Identity,
    /// Its `apiVersion`, or what the list or request says that it came in.
    pub api_version: String,
    /// Where it comes from.
    pub origin: Origin,
    /// What is wrong with it: such an object is left out of `cluster()`.
    pub errors: Vec<InputError>,
    /// What another reader may see in it: fields that differ from known ones only by case.
    pub notes: Vec<InputError>,
    /// True if it carries a pod template.
    pub(crate) workload: bool,
}

impl Object {
    /// The document that it stands in.
    #[must_use]
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// Its node in the document.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.place.node
    }
}

/// A snapshot of all objects.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(crate) documents: Arc<Vec<Arc<Document>>>,
    /// By id; `None` for those that were removed.
    pub(crate) objects: Vec<Option<Object>>,
    complete: Vec<KindMatch>,
    complete_all: bool,
    /// Places of what was taken out, to be used again.
    free_documents: Vec<DocId>,
    free_objects: Vec<u32>,
    /// Ids in order of file, document and place.
    order: OnceLock<Vec<u32>>,
    by_kind: OnceLock<FxHashMap<String, Vec<u32>>>,
    by_place: OnceLock<FxHashMap<Place, u32>>,
    by_identity: OnceLock<FxHashMap<Identity, Vec<u32>>>,
    by_document: OnceLock<FxHashMap<DocId, Vec<u32>>>,
    /// Equality indexes, made when a policy first asks.
    pub(super) indexes: Mutex<Vec<(IndexName, Arc<Index>)>>,
}

/// What an index is over: a set of kinds and a path.
pub(super) type IndexName = (KindSet, Vec<String>);

impl Clone for Objects {
    /// What was worked out from the objects is left behind: who clones wants to change them.
    fn clone(&self) -> Objects {
        Objects {
            documents: self.documents.clone(),
            objects: self.objects.clone(),
            complete: self.complete.clone(),
            complete_all: self.complete_all,
            free_documents: self.free_documents.clone(),
            free_objects: self.free_objects.clone(),
            ..Objects::default()
        }
    }
}

/// The objects that evaluations join with.
#[derive(Clone, Debug)]
pub struct Inventory {
    pub(crate) code: Arc<Code>,
    pub(crate) inner: Arc<Objects>,
}

impl Inventory {
    pub(crate) fn empty(code: Arc<Code>) -> Inventory {
        Inventory { code, inner: Arc::default() }
    }

    /// Adds all objects of a document, also those of a `List`. Gives their ids, in the order of the document.
    pub fn insert(&mut self, document: Arc<Document>, origin: Origin) -> Vec<ObjectId> {
        let roots: Vec<(NodeId, String, String)> = crate::document::objects(&document).into_iter().map(owned).collect();
        self.insert_roots(document, &roots, origin)
    }

    /// Adds objects of a document by node, `apiVersion` and `kind`.
    pub fn insert_roots(
        &mut self,
        document: Arc<Document>,
        roots: &[(NodeId, String, String)],
        origin: Origin,
    ) -> Vec<ObjectId> {
        let code = self.code.clone();
        let inner = self.change();
        let doc = inner.free_documents.pop().unwrap_or(DocId(u32::try_from(inner.documents.len()).unwrap_or(u32::MAX)));
        let (document, objects) = read_objects(&code, document, doc, roots, origin);
        let documents = Arc::make_mut(&mut inner.documents);
        match documents.get_mut(doc.0 as usize) {
            Some(slot) => *slot = document,
            None => documents.push(document),
        }
        objects.into_iter().map(|object| inner.put(object)).collect()
    }

    /// Adds all objects of a document in the place of those that have the same identities.
    pub fn replace(&mut self, document: Arc<Document>, origin: Origin) -> Vec<ObjectId> {
        let ids = self.insert(document, origin);
        let identities: Vec<Identity> = ids.iter().filter_map(|id| Some(self.get(*id)?.identity.clone())).collect();
        let new: Vec<u32> = ids.iter().map(|id| id.0).collect();
        self.change().take_out(|id, object| !new.contains(&id) && identities.contains(&object.identity));
        ids
    }

    /// Takes out every object of that identity; true if there was one.
    pub fn remove(&mut self, identity: &Identity) -> bool {
        self.change().take_out(|_, object| object.identity == *identity)
    }

    /// Takes out everything and puts in other documents.
    pub fn replace_all(&mut self, documents: impl IntoIterator<Item = Arc<Document>>, origin: Origin) {
        let inner = self.change();
        inner.objects.clear();
        inner.documents = Arc::default();
        inner.free_documents.clear();
        inner.free_objects.clear();
        for document in documents {
            self.insert(document, origin);
        }
    }

    /// Says that every object of a kind is in.
    pub fn set_complete(&mut self, kind: KindMatch) {
        self.change().complete.push(kind);
    }

    /// Says that every object of the kinds is in.
    pub fn set_complete_kinds(&mut self, kinds: &KindSet) {
        if kinds.any {
            self.set_all_complete();
        }
        let workloads: Vec<KindMatch> = self.code.workloads.iter().map(|w| w.kind.clone()).collect();
        let more = if kinds.workloads { workloads } else { Vec::new() };
        self.change().complete.extend(kinds.kinds.iter().cloned().chain(more));
    }

    /// Says that every object of every kind is in.
    pub fn set_all_complete(&mut self) {
        self.change().complete_all = true;
    }

    /// An object.
    #[must_use]
    pub fn get(&self, id: ObjectId) -> Option<&Object> {
        self.inner.objects.get(id.0 as usize)?.as_ref()
    }

    /// The objects of an identity, in order.
    pub fn find(&self, identity: &Identity) -> impl Iterator<Item = ObjectId> {
        self.inner.of_identity(identity).iter().map(|i| ObjectId(*i))
    }

    /// All objects, in the order of file, document and place.
    pub fn objects(&self) -> impl Iterator<Item = (ObjectId, &Object)> {
        self.inner.order().iter().filter_map(|i| Some((ObjectId(*i), self.get(ObjectId(*i))?)))
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.objects.iter().flatten().count()
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many objects repeat the identity of another. Objects without a name repeat nothing.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        let sizes = self.inner.identities().iter().filter(|(i, _)| !i.name.is_empty()).map(|(_, ids)| ids.len());
        sizes.map(|n| n.saturating_sub(1)).sum()
    }

    /// The snapshot, to be changed: nobody else sees it, and nothing that was worked out from it stays.
    fn change(&mut self) -> &mut Objects {
        let inner = Arc::make_mut(&mut self.inner);
        inner.order = OnceLock::new();
        inner.by_kind = OnceLock::new();
        inner.by_place = OnceLock::new();
        inner.by_identity = OnceLock::new();
        inner.by_document = OnceLock::new();
        inner.indexes = Mutex::default();
        inner
    }
}

fn owned(root: Root<'_>) -> (NodeId, String, String) {
    (root.node, root.api_version.into_owned(), root.kind.into_owned())
}

/// Checks and names objects of a document.
pub(crate) fn read_objects(
    code: &Code,
    mut document: Arc<Document>,
    doc: DocId,
    roots: &[(NodeId, String, String)],
    origin: Origin,
) -> (Arc<Document>, Vec<Object>) {
    let mut checked = Vec::with_capacity(roots.len());
    for (node, api_version, kind) in roots {
        let found = check::check(code, &document, *node, group_of(api_version), kind);
        if !found.wrong.is_empty() {
            let document = Arc::make_mut(&mut document);
            for node in &found.wrong {
                document.flag(*node, crate::document::flags::WRONG_TYPE);
            }
        }
        checked.push(found);
    }
    let objects = roots.iter().zip(checked).map(|((node, api_version, kind), found)| Object {
        place: Place { doc, node: *node },
        document: document.clone(),
        identity: identity(&document, *node, group_of(api_version), kind),
        api_version: api_version.clone(),
        origin,
        errors: found.errors,
        notes: found.notes,
        workload: carries_template(&code.workloads, &document, *node, group_of(api_version), kind),
    });
    let objects = objects.collect();
    (document, objects)
}

fn identity(document: &Document, node: NodeId, group: &str, kind: &str) -> Identity {
    let text = |name| {
        let metadata = document.get_str(node, "metadata")?;
        document.get_str(metadata, name).map(|id| document.str(id)).filter(|s| !s.is_empty())
    };
    Identity {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: text("namespace").map(str::to_owned),
        name: text("name").unwrap_or_default().to_owned(),
    }
}

/// True for an object of a kind that carries a pod template, if the template and its pod are there.
fn carries_template(workloads: &[WorkloadDef], document: &Document, node: NodeId, group: &str, kind: &str) -> bool {
    let Some(def) = workloads.iter().find(|w| matches_kind(&w.kind, group, kind)) else { return false };
    let template = def.template.iter().try_fold(node, |at, step| document.get_str(at, step));
    let spec = template.and_then(|t| document.get_str(t, "spec"));
    spec.is_some_and(|s| document.tag(s) == Tag::Map)
}

/// The group of an `apiVersion`.
pub(crate) fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// True if an object of group and kind is of the kind.
pub(crate) fn matches_kind(of: &KindMatch, group: &str, kind: &str) -> bool {
    of.kind == kind && (of.group == group || of.old_groups.iter().any(|g| g == group))
}

impl Objects {
    fn put(&mut self, object: Object) -> ObjectId {
        let id = self.free_objects.pop().unwrap_or(u32::try_from(self.objects.len()).unwrap_or(u32::MAX));
        match self.objects.get_mut(id as usize) {
            Some(slot) => *slot = Some(object),
            None => self.objects.push(Some(object)),
        }
        ObjectId(id)
    }

    /// Takes out objects, and documents that no object needs any more; true if there were any.
    fn take_out(&mut self, goes: impl Fn(u32, &Object) -> bool) -> bool {
        let mut freed = Vec::new();
        for (id, slot) in (0_u32..).zip(&mut self.objects) {
            if let Some(object) = slot.take_if(|o| goes(id, o)) {
                freed.push(object.place.doc);
                self.free_objects.push(id);
            }
        }
        let found = !freed.is_empty();
        freed.sort_unstable();
        freed.dedup();
        freed.retain(|doc| !self.objects.iter().flatten().any(|o| o.place.doc == *doc));
        let documents = Arc::make_mut(&mut self.documents);
        for doc in freed {
            let slot = documents.get_mut(doc.0 as usize);
            let empty =
                Document::from_value("", &serde_json::Value::Null, crate::document::Limits::default(), &Arc::default());
            if let (Some(slot), Ok(empty)) = (slot, empty) {
                *slot = Arc::new(empty);
                self.free_documents.push(doc);
            }
        }
        found
    }

    /// Ids in order of file, document and place.
    pub(crate) fn order(&self) -> &[u32] {
        self.order.get_or_init(|| {
            let mut ids: Vec<(u32, &Object)> =
                (0_u32..).zip(&self.objects).filter_map(|(i, o)| Some((i, o.as_ref()?))).collect();
            crate::sort::stable(&mut ids, |(i, a), (j, b)| {
                let key = |o: &Object| (o.document.index(), o.place.node);
                let (file_a, file_b) = (&a.document.source().name, &b.document.source().name);
                file_a.as_bytes().cmp(file_b.as_bytes()).then_with(|| key(a).cmp(&key(b))).then(i.cmp(j))
            });
            ids.into_iter().map(|(i, _)| i).collect()
        })
    }

    /// Ids of the objects of kinds of this name, in order.
    pub(super) fn of_kind(&self, kind: &str) -> &[u32] {
        let table = self.by_kind.get_or_init(|| {
            let mut table: FxHashMap<String, Vec<u32>> = FxHashMap::default();
            for id in self.order() {
                if let Some(object) = self.object(*id) {
                    table.entry(object.identity.kind.clone()).or_default().push(*id);
                }
            }
            table
        });
        table.get(kind).map_or(&[], Vec::as_slice)
    }

    fn identities(&self) -> &FxHashMap<Identity, Vec<u32>> {
        self.by_identity.get_or_init(|| {
            let mut table: FxHashMap<Identity, Vec<u32>> = FxHashMap::default();
            for id in self.order() {
                if let Some(object) = self.object(*id) {
                    table.entry(object.identity.clone()).or_default().push(*id);
                }
            }
            table
        })
    }

    pub(super) fn of_identity(&self, identity: &Identity) -> &[u32] {
        self.identities().get(identity).map_or(&[], Vec::as_slice)
    }

    /// Ids of the objects of a document.
    pub(super) fn of_document(&self, doc: DocId) -> &[u32] {
        let table = self.by_document.get_or_init(|| {
            let mut table: FxHashMap<DocId, Vec<u32>> = FxHashMap::default();
            for (id, object) in (0_u32..).zip(&self.objects) {
                if let Some(object) = object {
                    table.entry(object.place.doc).or_default().push(id);
                }
            }
            table
        });
        table.get(&doc).map_or(&[], Vec::as_slice)
    }

    /// The object whose root stands at a place.
    pub(crate) fn at(&self, place: Place) -> Option<&Object> {
        let table = self.by_place.get_or_init(|| {
            let objects = (0_u32..).zip(&self.objects);
            objects.filter_map(|(i, o)| Some((o.as_ref()?.place, i))).collect()
        });
        self.object(*table.get(&place)?)
    }

    pub(crate) fn object(&self, id: u32) -> Option<&Object> {
        self.objects.get(id as usize)?.as_ref()
    }

    /// True if the host vouches for a kind.
    pub(super) fn says_complete(&self, kind: &KindMatch) -> bool {
        let covers =
            |c: &KindMatch| c.kind == kind.kind && (c.group == kind.group || kind.old_groups.contains(&c.group));
        self.complete_all || self.complete.iter().any(covers)
    }

    pub(super) fn all_complete(&self) -> bool {
        self.complete_all
    }
}
