//! Places: `at`, `related`, `fix … at`.

use super::eval::{name_key, spot_below};
use super::value::{Node, Res, Spot, Tree, Val};
use super::{Env, Oracle};
use plimsoll_dsl::hir::expr::{PlaceExpr, Step};
use std::rc::Rc;

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
                let Some(mut spot) = self.eval(base, env)?.spot else { return self.after_steps(steps, env) };
                for step in steps {
                    spot = match step {
                        Step::Field(field) => spot.below(name_key(field)),
                        Step::Index(index) => {
                            let index = self.eval(index, env)?;
                            spot_below(&spot, &index)
                        }
                    };
                }
                Ok(Some(spot))
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

    /// A path from nowhere leads nowhere, but what stands in its brackets is evaluated all the same.
    fn after_steps(&self, steps: &'h [Step], env: &mut Env<'h>) -> Res<Option<Spot>> {
        for step in steps {
            if let Step::Index(index) = step {
                self.eval(index, env)?;
            }
        }
        Ok(None)
    }

    /// True if something other than null stands at a place.
    pub(crate) fn is_there(&self, spot: &Spot) -> bool {
        self.node_at(spot).is_some_and(|tree| !matches!(tree.kind, Node::Null))
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
        self.origin(value.spot.clone())
    }
}
