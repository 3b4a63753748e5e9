//! Clauses, comprehensions and folds.

use super::value::{Data, Key, Node, Part, Res, Val, compare, equal, map_of, set_of, sorted, wrong_kind};
use super::{Env, Oracle};
use plimsoll_dsl::hir::Ty;
use plimsoll_dsl::hir::expr::{Clause, Comprehension, Into};
use plimsoll_dsl::syntax::ast::BinaryOp;
use plimsoll_engine::scalar::{Scalar, ScalarKind, quantity::Quantity};
use std::rc::Rc;

/// Whether a loop goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// It does.
    Go,
    /// It has seen enough.
    Stop,
}

/// What stands within one clause; it is told what a `for` bound.
pub(crate) type Within<'i, 'h> = &'i mut dyn FnMut(&Oracle<'h>, &mut Env<'h>, Option<&Val>) -> Res<Flow>;

/// What stands within clauses.
pub(crate) type Inner<'i, 'h> = &'i mut dyn FnMut(&Oracle<'h>, &mut Env<'h>) -> Res<Flow>;

impl<'h> Oracle<'h> {
    pub(crate) fn comprehension(&self, c: &'h Comprehension, ty: &Ty, env: &mut Env<'h>) -> Res<Val> {
        self.count(name_of(c));
        match c.into {
            Into::Any | Into::All => {
                let any = c.into == Into::Any;
                let mut result = !any;
                self.clauses(&c.clauses, env, &mut |oracle, env| {
                    if oracle.truth(&c.element, env)? == any {
                        result = any;
                        return Ok(Flow::Stop);
                    }
                    Ok(Flow::Go)
                })?;
                Ok(result.into())
            }
            Into::First => {
                let mut found = Val::null();
                self.clauses(&c.clauses, env, &mut |oracle, env| {
                    found = oracle.eval(&c.element, env)?;
                    Ok(Flow::Stop)
                })?;
                Ok(found)
            }
            Into::Map => {
                let mut pairs = Vec::new();
                self.clauses(&c.clauses, env, &mut |oracle, env| {
                    let key = oracle.eval(c.key.as_ref().unwrap(), env)?;
                    pairs.push((key, oracle.eval(&c.element, env)?));
                    Ok(Flow::Go)
                })?;
                map_of(pairs)
            }
            Into::Sum => {
                let mut total = zero(ty);
                self.clauses(&c.clauses, env, &mut |oracle, env| {
                    let element = oracle.eval(&c.element, env)?;
                    total = super::ops::binary(BinaryOp::Add, &total, &element)?;
                    Ok(Flow::Go)
                })?;
                Ok(total)
            }
            Into::Min | Into::Max => self.extreme(c, env),
            Into::Sorted if c.by.is_some() => {
                let by = c.by.as_ref().unwrap();
                let mut pairs = Vec::new();
                self.clauses(&c.clauses, env, &mut |oracle, env| {
                    let key = oracle.eval(by, env)?;
                    pairs.push((key, oracle.eval(&c.element, env)?));
                    Ok(Flow::Go)
                })?;
                let items = sorted(pairs, |a, b| compare(&a.0, &b.0))?.into_iter().map(|(_, v)| v);
                Ok(Data::List(Rc::new(items.collect())).into())
            }
            _ => {
                let mut items = Vec::new();
                self.clauses(&c.clauses, env, &mut |oracle, env| {
                    items.push(oracle.eval(&c.element, env)?);
                    Ok(Flow::Go)
                })?;
                self.made(c.into, items)
            }
        }
    }

    fn made(&self, into: Into, mut items: Vec<Val>) -> Res<Val> {
        Ok(match into {
            Into::Set => return set_of(items),
            Into::Count => Data::Int(i64::try_from(items.len()).unwrap()).into(),
            Into::Last => items.pop().unwrap_or_else(Val::null),
            Into::Sorted => Data::List(Rc::new(sorted(items, compare)?)).into(),
            Into::Unique => {
                let mut out: Vec<Val> = Vec::new();
                for item in items {
                    let mut known = false;
                    for other in &out {
                        known |= equal(other, &item)?;
                    }
                    if !known {
                        out.push(item);
                    }
                }
                Data::List(Rc::new(out)).into()
            }
            _ => Data::List(Rc::new(items)).into(),
        })
    }

    /// The first of equals; what has no key does not count.
    fn extreme(&self, c: &'h Comprehension, env: &mut Env<'h>) -> Res<Val> {
        let wanted = if c.into == Into::Min { BinaryOp::Lt } else { BinaryOp::Gt };
        let mut best: Option<(Val, Val)> = None;
        self.clauses(&c.clauses, env, &mut |oracle, env| {
            let element = oracle.eval(&c.element, env)?;
            let key = match &c.by {
                Some(by) => oracle.eval(by, env)?,
                None => element.clone(),
            };
            if key.is_null() {
                return Ok(Flow::Go);
            }
            let better = match &best {
                None => true,
                Some((known, _)) => super::ops::binary(wanted, &key, known)?.truth()?,
            };
            if better {
                best = Some((key, element));
            }
            Ok(Flow::Go)
        })?;
        Ok(best.map_or_else(Val::null, |(_, v)| v))
    }

    /// Runs `inner` for each way that the clauses hold.
    pub(crate) fn clauses(&self, clauses: &'h [Clause], env: &mut Env<'h>, inner: Inner<'_, 'h>) -> Res<Flow> {
        let Some((clause, rest)) = clauses.split_first() else { return inner(self, env) };
        self.clause(clause, env, &mut |oracle, env, _| oracle.clauses(rest, env, inner))
    }

    /// Runs `inner` for each way that a clause holds, and tells it what a `for` bound.
    pub(crate) fn clause(&self, clause: &'h Clause, env: &mut Env<'h>, inner: Within<'_, 'h>) -> Res<Flow> {
        match clause {
            Clause::If { cond, .. } => {
                self.count("clause if");
                if self.truth(cond, env)? { inner(self, env, None) } else { Ok(Flow::Go) }
            }
            Clause::Let { local, value, .. } => {
                self.count("clause let");
                let value = self.eval(value, env)?;
                env.set(*local, value);
                inner(self, env, None)
            }
            Clause::For { first, second, two, source, convert, .. } => {
                self.count("clause for");
                let source = self.eval(source, env)?;
                for (key, value) in elements(&source)? {
                    let value = value.load()?;
                    let mut bound =
                        if *two || key.is_none() || !is_map(&source) { value } else { key.clone().unwrap() };
                    if let Some(ty) = convert {
                        bound = self.types.convert(bound, ty)?;
                    }
                    let (of_key, of_value) = if *two { (first, second) } else { (&None, first) };
                    if let (Some(local), Some(key)) = (of_key, key) {
                        env.set(*local, key);
                    }
                    if let Some(local) = of_value {
                        env.set(*local, bound.clone());
                    }
                    if inner(self, env, Some(&bound))? == Flow::Stop {
                        return Ok(Flow::Stop);
                    }
                }
                Ok(Flow::Go)
            }
            Clause::Join { local, kinds, path, key, .. } => {
                self.count("clause join");
                let objects = self.cluster(kinds, false).items()?.unwrap_or_default();
                if objects.is_empty() {
                    return Ok(Flow::Go);
                }
                let key = self.eval(key, env)?;
                for object in objects {
                    let mut at = object.clone();
                    for step in path {
                        at = super::eval::field_of(&at, step, false)?;
                    }
                    // The condition is still asked; a name that is missing may be asked for by the empty text.
                    let named = |value: &Val| if value.is_null() { Val::from("") } else { value.clone() };
                    if !equal(&named(&at), &named(&key))? {
                        continue;
                    }
                    env.set(*local, object.clone());
                    if inner(self, env, Some(&object))? == Flow::Stop {
                        return Ok(Flow::Stop);
                    }
                }
                Ok(Flow::Go)
            }
        }
    }
}

fn is_map(value: &Val) -> bool {
    matches!(value.kind_name(), "map" | "record")
}

/// What an iteration runs over: keys (of a list, numbers) and values.
fn elements(source: &Val) -> Res<Vec<(Option<Val>, Part)>> {
    if let Some(parts) = source.parts() {
        return Ok((0..).zip(parts).map(|(i, part)| (Some(Data::Int(i).into()), part)).collect());
    }
    match &source.data {
        Data::Tree(tree) => {
            let Node::Map(members) = &tree.kind else { return wrong_kind("expected a collection", source) };
            let there = members.iter().filter(|(_, t)| !matches!(t.kind, Node::Null));
            let pairs = there.map(|(name, tree)| {
                let spot = source.below(Key::Name(name.clone()));
                (Some(Val::from(&**name).at(Some(spot.clone()))), Part::Node(tree.clone(), spot))
            });
            Ok(pairs.collect())
        }
        _ => match source.members()? {
            Some(members) => Ok(members.into_iter().map(|(k, v)| (Some(k), Part::Ready(v))).collect()),
            None => wrong_kind("expected a collection", source),
        },
    }
}

fn zero(ty: &Ty) -> Val {
    match ty {
        Ty::Float => Data::Float(0.0).into(),
        Ty::Scalar(ScalarKind::Quantity) => Data::Scalar(Scalar::Quantity(Quantity::parse("0").unwrap())).into(),
        Ty::Scalar(ScalarKind::Duration) => Data::Duration(0).into(),
        _ => Data::Int(0).into(),
    }
}

fn name_of(c: &Comprehension) -> &'static str {
    match (c.into, c.by.is_some()) {
        (Into::List, _) => "[… for]",
        (Into::Set, _) => "{… for}",
        (Into::Map, _) => "{k: v for}",
        (Into::Any, _) => "any for",
        (Into::All, _) => "all for",
        (Into::Count, _) => "count for",
        (Into::Sum, _) => "sum for",
        (Into::Min, false) => "min for",
        (Into::Min, true) => "min for by",
        (Into::Max, false) => "max for",
        (Into::Max, true) => "max for by",
        (Into::First, _) => "first for",
        (Into::Last, _) => "last for",
        (Into::Sorted, false) => "sorted for",
        (Into::Sorted, true) => "sorted for by",
        (Into::Unique, _) => "unique for",
    }
}
