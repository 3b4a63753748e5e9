//! Polynomials with whole, non-negative coefficients: bounds of cost and of size.
//!
//! Variables are the sizes of the object (`n`), of everything else that is joined with (`m`), and of loop variables while a
//! loop is looked at. Arithmetic saturates, so a bound only ever grows.

use std::collections::BTreeMap;
use std::fmt;

/// A size.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Var {
    /// The object under review: nodes and bytes of its text.
    Object,
    /// The inventory, data and parameters: nodes and bytes of their texts.
    World,
    /// What a loop variable or parameter holds.
    Local(u32),
}

/// Powers of variables.
type Monomial = BTreeMap<Var, u8>;

/// A polynomial.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Poly(BTreeMap<Monomial, u64>);

/// More terms than this are joined into one that is larger.
const MAX_TERMS: usize = 64;

impl Poly {
    /// A constant.
    #[must_use]
    pub fn constant(value: u64) -> Poly {
        Poly(BTreeMap::from([(Monomial::new(), value)]))
    }

    /// A variable.
    #[must_use]
    pub fn var(var: Var) -> Poly {
        Poly(BTreeMap::from([(Monomial::from([(var, 1)]), 1)]))
    }

    /// The sum.
    #[must_use]
    pub fn plus(mut self, other: &Poly) -> Poly {
        for (monomial, coefficient) in &other.0 {
            let slot = self.0.entry(monomial.clone()).or_default();
            *slot = slot.saturating_add(*coefficient);
        }
        self.simplified()
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Poly) -> Poly {
        let mut product = Poly::default();
        for (left, a) in &self.0 {
            for (right, b) in &other.0 {
                let slot = product.0.entry(joined(left, right)).or_default();
                *slot = slot.saturating_add(a.saturating_mul(*b));
            }
        }
        product.simplified()
    }

    /// The product with a number.
    #[must_use]
    pub fn scaled(&self, by: u64) -> Poly {
        Poly(self.0.iter().map(|(monomial, c)| (monomial.clone(), c.saturating_mul(by))).collect())
    }

    /// `self` is the cost of one round in which `var` holds a part of something of size `whole`: the cost of all rounds.
    ///
    /// The parts together are no larger than the whole, so a term in the k-th power of the part (k ≥ 1) sums to at most
    /// the k-th power of the whole; a term without it counts once for each part, of which there are at most `whole`.
    #[must_use]
    pub fn summed(&self, var: Var, whole: &Poly) -> Poly {
        let mut sum = Poly::default();
        for (monomial, coefficient) in &self.0 {
            let mut rest = monomial.clone();
            let power = rest.remove(&var).unwrap_or(0).max(1);
            let mut term = Poly(BTreeMap::from([(rest, *coefficient)]));
            for _ in 0..power {
                term = term.times(whole);
            }
            sum = sum.plus(&term);
        }
        sum
    }

    /// The same with something in a variable's stead.
    #[must_use]
    pub fn with(&self, var: Var, value: &Poly) -> Poly {
        let mut result = Poly::default();
        for (monomial, coefficient) in &self.0 {
            let mut rest = monomial.clone();
            let power = rest.remove(&var).unwrap_or(0);
            let mut term = Poly(BTreeMap::from([(rest, *coefficient)]));
            for _ in 0..power {
                term = term.times(value);
            }
            result = result.plus(&term);
        }
        result
    }

    /// Its value for an object and a world of these sizes.
    #[must_use]
    pub fn at(&self, object: u64, world: u64) -> u64 {
        let mut sum = 0_u64;
        for (monomial, coefficient) in &self.0 {
            let mut term = *coefficient;
            for (var, power) in monomial {
                let size = if *var == Var::Object { object } else { world };
                term = term.saturating_mul(size.saturating_pow(u32::from(*power)));
            }
            sum = sum.saturating_add(term);
        }
        sum
    }

    /// The highest power of a variable.
    #[must_use]
    pub fn degree(&self, var: Var) -> u8 {
        self.0.keys().filter_map(|monomial| monomial.get(&var)).copied().max().unwrap_or(0)
    }

    /// The class: the terms that no other term outgrows, `1`, `n`, `n²`, `n·m`.
    #[must_use]
    pub fn class(&self) -> String {
        let terms: Vec<&Monomial> = self.0.iter().filter(|(_, c)| **c > 0).map(|(monomial, _)| monomial).collect();
        let outgrown = |small: &Monomial, large: &Monomial| {
            small != large && small.iter().all(|(var, power)| large.get(var).is_some_and(|p| p >= power))
        };
        let mut top: Vec<String> =
            terms.iter().filter(|t| !terms.iter().any(|other| outgrown(t, other))).map(|t| shown(t)).collect();
        top.reverse();
        if top.is_empty() { "1".to_owned() } else { top.join(" + ") }
    }

    fn simplified(mut self) -> Poly {
        while self.0.len() > MAX_TERMS {
            let Some((last, a)) = self.0.pop_last() else { break };
            let Some((other, b)) = self.0.pop_first() else { break };
            let slot = self.0.entry(joined(&last, &other)).or_default();
            *slot = slot.saturating_add(a.saturating_add(b));
        }
        self
    }
}

fn joined(left: &Monomial, right: &Monomial) -> Monomial {
    let mut product = left.clone();
    for (var, power) in right {
        let slot = product.entry(*var).or_default();
        *slot = slot.saturating_add(*power);
    }
    product
}

fn shown(monomial: &Monomial) -> String {
    if monomial.is_empty() {
        return "1".to_owned();
    }
    let factors: Vec<String> = monomial
        .iter()
        .map(|(var, power)| {
            let name = match var {
                Var::Object => "n".to_owned(),
                Var::World => "m".to_owned(),
                Var::Local(local) => format!("x{local}"),
            };
            match power {
                1 => name,
                2 => format!("{name}²"),
                3 => format!("{name}³"),
                more => format!("{name}^{more}"),
            }
        })
        .collect();
    factors.join("·")
}

impl fmt::Display for Poly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<String> = self
            .0
            .iter()
            .rev()
            .map(|(monomial, coefficient)| match (monomial.is_empty(), coefficient) {
                (true, c) => c.to_string(),
                (false, 1) => shown(monomial),
                (false, c) => format!("{c}·{}", shown(monomial)),
            })
            .collect();
        f.write_str(&if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_parts_are_no_more_than_the_whole() {
        // for c in containers: for p in c.ports: constant work. Linear, not quadratic.
        let (c, p, n) = (Var::Local(0), Var::Local(1), Poly::var(Var::Object));
        let inner = Poly::constant(5).summed(p, &Poly::var(c));
        let all = inner.plus(&Poly::constant(3)).summed(c, &n);
        assert_eq!(all.to_string(), "8·n");
        assert_eq!(all.class(), "n");
    }

    #[test]
    fn pairs_are_quadratic() {
        let n = Poly::var(Var::Object);
        let inner = Poly::constant(1).summed(Var::Local(1), &n);
        assert_eq!(inner.summed(Var::Local(0), &n).class(), "n²");
    }

    #[test]
    fn a_bound_saturates() {
        let n = Poly::var(Var::Object).scaled(u64::MAX);
        assert_eq!(n.times(&n).at(2, 0), u64::MAX);
    }
}
