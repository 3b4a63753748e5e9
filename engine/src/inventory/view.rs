//! What an evaluation sees of an inventory: all of it, or all of it with one object put in, changed or taken out by the
//! request under review.

use super::objects::{Identity, Object, Objects, matches_kind};
use crate::program::{KindSet, WorkloadDef};
use crate::value::{Data, Place, Value};

/// What a request does to the inventory.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The object that it is about.
    pub(crate) identity: Identity,
    /// As it will be; none if it goes.
    pub(crate) after: Option<Object>,
    /// As it was; none if it is new.
    pub(crate) before: Option<Object>,
}

/// What an evaluation sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    /// The snapshot.
    pub(crate) objects: &'a Objects,
    /// What the request does to it.
    pub(crate) change: Option<&'a Change>,
    /// Kinds that carry a pod template.
    pub(crate) workloads: &'a [WorkloadDef],
}

impl KindSet {
    /// True if an object is of one of the kinds.
    pub(crate) fn matches(&self, object: &Object) -> bool {
        let Identity { group, kind, .. } = &object.identity;
        self.any || (self.workloads && object.workload) || self.kinds.iter().any(|k| matches_kind(k, group, kind))
    }

    /// True if an object of the identity may be of one of the kinds.
    pub(crate) fn may_match(&self, identity: &Identity, workloads: &[WorkloadDef]) -> bool {
        let is = |k: &crate::program::KindMatch| matches_kind(k, &identity.group, &identity.kind);
        self.any || (self.workloads && workloads.iter().any(|w| is(&w.kind))) || self.kinds.iter().any(is)
    }
}

impl<'a> View<'a> {
    /// True if the request may change what `cluster()` of the kinds gives.
    pub(crate) fn changes(&self, set: &KindSet) -> bool {
        self.change.is_some_and(|c| set.may_match(&c.identity, self.workloads))
    }

    /// The objects of the kinds, as values.
    pub(crate) fn objects_of(&self, set: &KindSet, before: bool, out: &mut Vec<Value>) {
        match (&set.kinds[..], set.any || set.workloads) {
            ([kind], false) => {
                let ids = self.objects.of_kind(&kind.kind).iter();
                out.extend(ids.filter_map(|id| self.seen(*id)).filter(|o| set.matches(o)).map(value));
            }
            _ => {
                let ids = self.objects.order().iter();
                out.extend(ids.filter_map(|id| self.seen(*id)).filter(|o| set.matches(o)).map(value));
            }
        }
        out.extend(self.added(before).filter(|o| set.matches(o)).map(value));
    }

    /// An object of the snapshot, unless it has an input error or the request puts another in its place.
    pub(crate) fn seen(&self, id: u32) -> Option<&'a Object> {
        let object = self.objects.object(id)?;
        (object.errors.is_empty() && !self.replaced(object)).then_some(object)
    }

    /// True if the request puts another in an object's place, or nothing.
    fn replaced(&self, object: &Object) -> bool {
        self.change.is_some_and(|c| !c.identity.name.is_empty() && c.identity == object.identity)
    }

    /// What the request puts in, or what was there before it.
    pub(crate) fn added(&self, before: bool) -> Option<&'a Object> {
        let change = self.change?;
        let object = if before { change.before.as_ref() } else { change.after.as_ref() };
        object.filter(|o| o.errors.is_empty())
    }

    /// True if the host vouches that it gave every object of the kinds, and all could be read; what the request puts in is
    /// one of them.
    pub(crate) fn is_complete(&self, set: &KindSet) -> bool {
        let said = if set.any {
            self.objects.all_complete()
        } else {
            let workloads = if set.workloads { self.workloads } else { &[] };
            let mut kinds = set.kinds.iter().chain(workloads.iter().map(|w| &w.kind));
            kinds.all(|k| self.objects.says_complete(k))
        };
        let broken =
            |o: &&Object| !o.errors.is_empty() && (set.matches(o) || set.may_match(&o.identity, self.workloads));
        let stay = self.objects.objects.iter().flatten().filter(|o| broken(o) && !self.replaced(o));
        let new = self.change.and_then(|c| c.after.as_ref()).filter(|o| broken(o));
        said && stay.chain(new).next().is_none()
    }

    /// The object that a node stands in.
    pub(crate) fn object_around(&self, place: Place) -> Option<&'a Object> {
        let changed = self.change.into_iter().flat_map(|c| [c.after.as_ref(), c.before.as_ref()]).flatten();
        let around = |o: &&Object| {
            let end = o.document.node(o.place.node).map_or(0, |n| n.skip);
            o.place.doc == place.doc && o.place.node <= place.node && place.node.0 < end
        };
        let of_document = self.objects.of_document(place.doc).iter().filter_map(|id| self.objects.object(*id));
        of_document.chain(changed).find(around)
    }

    /// Group and kind of the object whose root stands at a place.
    pub(crate) fn kind_at(&self, place: Place) -> Option<(&'a str, &'a str)> {
        let changed = self.change.into_iter().flat_map(|c| [c.after.as_ref(), c.before.as_ref()]).flatten();
        let object = self.objects.at(place).or_else(|| changed.into_iter().find(|o| o.place == place))?;
        Some((&object.identity.group, &object.identity.kind))
    }
}

/// An object as a value.
pub(crate) fn value(object: &Object) -> Value {
    Value::of(Data::DocMap).at(object.place)
}
