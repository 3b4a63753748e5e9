//! Places: `at`, `related`, `fix … at`.

use super::eval::{index_of, name_key, spot_below};
use super::value::{Node, Res, Spot, Tree, Val};
use super::{Env, Oracle};
use plimsoll_dsl::hir::expr::{PlaceExpr, Step};
use std::rc::Rc;

/// What stands in a value that the policy made.
fn made_member(made: &Val, step: &Step, index: Option<&Val>) -> Res<Val> {
    match (made.kind_name(), step, index) {
        ("record" | "map", Step::Field(field), _) => Ok(made.member(field)?.unwrap_or_else(Val::null)),
        ("map" | "list", Step::Index(_), Some(index)) => index_of(made, index),
        _ => Ok(Val::null()),
    }
}

impl<'h> Oracle<'h> {
    /// The place that is meant; none where it is the innermost one.
    pub(crate) fn place(&self, place: &'h PlaceExpr, env: &mut Env<'h>) -> Res<Option<Spot>> {
        match place {
            PlaceExpr::Innermost => {
                self.count("place innermost");
                Ok(None)
            }
            PlaceExpr::Value(value) => {
                self.count("place value");
                Ok(self.eval(value, env)?.spot)
            }
            PlaceExpr::Path { base, steps } => {
                self.count("place path");
                let mut made = self.eval(base, env)?;
                let mut spot = made.spot.clone();
                for step in steps {
                    let index = match step {
                        Step::Field(_) => None,
                        Step::Index(index) => Some(self.eval(index, env)?),
                    };
                    spot = match (spot, step, &index) {
                        (Some(spot), Step::Field(field), _) => Some(spot.below(name_key(field))),
                        (Some(spot), Step::Index(_), Some(index)) => Some(spot_below(&spot, index)),
                        // A value that the policy made has no place; what it put into it may have one.
                        (None, step, index) => {
                            made = made_member(&made, step, index.as_ref())?;
                            made.spot.clone()
                        }
                        (Some(_), Step::Index(_), None) => None,
                    };
                }
                Ok(spot)
            }
            PlaceExpr::If { cond, then, otherwise } => {
                self.count("place if");
                if self.truth(cond, env)? { self.place(then, env) } else { self.place(otherwise, env) }
            }
            PlaceExpr::OrElse(first, second) => {
                self.count("place ??");
                let place = self.place(first, env)?;
                match place.filter(|spot| self.is_there(spot)) {
                    Some(spot) => Ok(Some(spot)),
                    None => self.place(second, env),
                }
            }
        }
    }

    /// True if something other than null stands at a place of a document that a person wrote.
    pub(crate) fn is_there(&self, spot: &Spot) -> bool {
        self.origin(Some(spot.clone())).is_some()
            && self.node_at(spot).is_some_and(|tree| !matches!(tree.kind, Node::Null))
    }

    fn node_at(&self, spot: &Spot) -> Option<Rc<Tree>> {
        let mut at = self.bridge.borrow_mut().tree(spot.doc)?;
        for key in spot.path.iter() {
            at = at.child(key)?.clone();
        }
        Some(at)
    }

    /// The place in a document that a person wrote: of a text that was parsed while evaluating, that of the text.
    pub(crate) fn origin(&self, spot: Option<Spot>) -> Option<Spot> {
        let mut spot = spot?;
        loop {
            match self.bridge.borrow_mut().origin(&spot) {
                None => return Some(spot),
                Some(of) => spot = of?,
            }
        }
    }

    /// The value that a `for` bound, if it has a place.
    pub(crate) fn scope_of(&self, value: &Val) -> Option<Spot> {
        if value.is_null() {
            return None;
        }
        // `data` is what policies look things up in, not what they look at.
        let data = |spot: &Spot| self.world.data.values().any(|doc| *doc == spot.doc);
        self.origin(value.spot.clone()).filter(|spot| !data(spot))
    }
}
