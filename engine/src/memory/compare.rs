//! Equality and order of values, whatever they are made of.
//!
//! INVARIANT: `compare` is a total order, and `equal` is `compare` giving `Equal`. Numbers compare by value; a map of a
//! document, a derived map and a record are one kind, and their members that are null are absent.

use super::make::too_deep;
use super::{DEPTH, Memory, Result};
use crate::value::{Data, Value};
use std::cmp::Ordering;

impl Memory {
    /// `a == b`
    ///
    /// # Errors
    /// Values nested too deep; a node of the wrong type.
    pub fn equal(&self, a: Value, b: Value) -> Result<bool> {
        match (a.data, b.data) {
            (Data::Str(a), Data::Str(b)) => {
                self.count_work(1);
                Ok(a == b || self.str(a) == self.str(b))
            }
            (Data::Int(a), Data::Int(b)) => Ok(a == b),
            (Data::Bool(a), Data::Bool(b)) => Ok(a == b),
            _ if rank(&a.data) != rank(&b.data) => Ok(false),
            _ => Ok(self.compare_at(a, b, DEPTH)? == Ordering::Equal),
        }
    }

    /// The order of two values: by kind, then by value. Lists, sets and maps by their members, in order.
    ///
    /// # Errors
    /// Values nested too deep; a node of the wrong type.
    pub fn compare(&self, a: Value, b: Value) -> Result<Ordering> {
        self.compare_at(a, b, DEPTH)
    }

    fn compare_at(&self, a: Value, b: Value, depth: u32) -> Result<Ordering> {
        self.count_work(1);
        Ok(match (a.data, b.data) {
            (Data::Bool(a), Data::Bool(b)) => a.cmp(&b),
            (Data::Int(a), Data::Int(b)) | (Data::Duration(a), Data::Duration(b)) => a.cmp(&b),
            (Data::Int(a), Data::Float(b)) => int_float(a, b),
            (Data::Float(a), Data::Int(b)) => int_float(b, a).reverse(),
            (Data::Float(a), Data::Float(b)) => floats(a, b),
            (Data::Str(a), Data::Str(b)) => {
                let (a, b) = (self.str(a), self.str(b));
                self.count_work(a.len().min(b.len()) / 16);
                a.cmp(b)
            }
            (Data::Scalar(x), Data::Scalar(y)) => match (self.scalar(x), self.scalar(y)) {
                (Some(x), Some(y)) => x.compare(y, self),
                (x, y) => x.is_some().cmp(&y.is_some()),
            },
            (Data::Regex(a), Data::Regex(b)) => self.regex_text(a).cmp(self.regex_text(b)),
            (Data::Set(_), Data::Set(_)) | (Data::List(_) | Data::DocList, Data::List(_) | Data::DocList) => {
                self.compare_items(a, b, depth.checked_sub(1).ok_or_else(too_deep)?)?
            }
            (Data::Map(_) | Data::DocMap | Data::Record(_), Data::Map(_) | Data::DocMap | Data::Record(_)) => {
                self.compare_members(a, b, depth.checked_sub(1).ok_or_else(too_deep)?)?
            }
            (a, b) => rank(&a).cmp(&rank(&b)),
        })
    }

    fn compare_items(&self, a: Value, b: Value, depth: u32) -> Result<Ordering> {
        if matches!(a.data, Data::DocList) && matches!(b.data, Data::DocList) && a.place == b.place {
            return Ok(Ordering::Equal);
        }
        let (mut a, mut b) = (self.items(a)?, self.items(b)?);
        loop {
            match (a.next().transpose()?, b.next().transpose()?) {
                (None, None) => return Ok(Ordering::Equal),
                (None, Some(_)) => return Ok(Ordering::Less),
                (Some(_), None) => return Ok(Ordering::Greater),
                (Some(a), Some(b)) => match self.compare_at(a, b, depth)? {
                    Ordering::Equal => {}
                    other => return Ok(other),
                },
            }
        }
    }

    fn compare_members(&self, a: Value, b: Value, depth: u32) -> Result<Ordering> {
        if matches!(a.data, Data::DocMap) && matches!(b.data, Data::DocMap) && a.place == b.place {
            return Ok(Ordering::Equal);
        }
        let (mut left, mut right) = (self.take_pairs(), self.take_pairs());
        let order = self.by_key(a, &mut left).and_then(|()| self.by_key(b, &mut right)).and_then(|()| {
            for ((a, x), (b, y)) in left.iter().zip(&right) {
                for (a, b) in [(a, b), (x, y)] {
                    match self.compare_at(*a, *b, depth)? {
                        Ordering::Equal => {}
                        other => return Ok(other),
                    }
                }
            }
            Ok(left.len().cmp(&right.len()))
        });
        self.give_pairs(left);
        self.give_pairs(right);
        order
    }

    /// The members of a map, sorted by key.
    fn by_key(&self, map: Value, pairs: &mut Vec<(Value, Value)>) -> Result<()> {
        for member in self.members(map)? {
            pairs.push(member?);
        }
        // A derived map is sorted already.
        if matches!(map.data, Data::Map(_)) { Ok(()) } else { self.sort_pairs(pairs) }
    }
}

/// The order of the kinds.
fn rank(data: &Data) -> u8 {
    match data {
        Data::Null | Data::Missing(_) => 0,
        Data::Bool(_) => 1,
        Data::Int(_) | Data::Float(_) => 2,
        Data::Str(_) => 3,
        Data::Duration(_) => 4,
        Data::Scalar(_) => 5,
        Data::Regex(_) => 6,
        Data::DocList | Data::List(_) => 7,
        Data::Set(_) => 8,
        Data::DocMap | Data::Map(_) | Data::Record(_) => 9,
        Data::Iter(_) => 10,
        Data::Builder(_) => 11,
        Data::Poison(_) => 12,
    }
}

/// Floats by value: -0 is 0, and what is no number is above all numbers.
fn floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// An int and a float by value, exactly: a float holds no more than 53 bits.
fn int_float(a: i64, b: f64) -> Ordering {
    /// 2^63
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if b.is_nan() || b >= BEYOND {
        return Ordering::Less;
    }
    if b < -BEYOND {
        return Ordering::Greater;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the bounds were checked above")]
    let whole = b.trunc() as i64;
    a.cmp(&whole).then_with(|| floats(0.0, b.fract()))
}
