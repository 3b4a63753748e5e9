//! The inventory: every object that an evaluation may join with.
//!
//! An [`Inventory`] is a handle on a snapshot that its copies share; a change makes a new snapshot where one is shared, so
//! evaluations that run keep what they saw. Objects are known by group, kind, namespace and name; repeats are kept and
//! counted. INVARIANT: lists of objects are in the order of file, document and place, whatever the order of insertion.

mod check;
mod index;
mod objects;
#[cfg(test)]
mod tests;
mod view;

pub use crate::builtins::Origin;
pub use objects::{Identity, Inventory, Object, ObjectId};

pub(crate) use index::Lookups;
pub(crate) use objects::{Objects, group_of, matches_kind, read_objects};
pub(crate) use view::{Change, View};
