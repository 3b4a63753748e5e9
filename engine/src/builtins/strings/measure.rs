//! Measures of texts: how random one is, how far two are apart.

use super::super::{Builtin, Cx, Result, args};
use crate::value::Value;

pub(super) const ENTROPY: Builtin = Builtin {
    name: "entropy",
    signature: "(s: string) -> float",
    cost: "s * log(s)",
    doc: "The Shannon entropy of `s` in bits for each character: 0 for one character repeated, about 6 for random base64.",
    example: "strings.entropy(\"aaaa\") == 0.0 and strings.entropy(\"abab\") == 1.0",
    call: |cx, a| {
        let [s] = args(a)?;
        let len = cx.text(s)?.len();
        cx.charge(len)?;
        cx.memory.reserve(len.saturating_mul(size_of::<char>()))?;
        Ok(entropy(cx.text(s)?).into())
    },
};

pub(super) const EDIT_DISTANCE: Builtin = Builtin {
    name: "edit_distance",
    signature: "(a: string, b: string, max: int) -> int?",
    cost: "a * max",
    doc: "How many characters have to be put in, taken out or changed to make `b` of `a`; null where it is more than \
          `max`.",
    example: "strings.edit_distance(\"kitten\", \"sitting\", 3) == 3 and strings.edit_distance(\"a\", \"xyz\", 1) == null",
    call: |cx, a| edit_distance(cx, a),
};

#[expect(clippy::cast_precision_loss, reason = "texts are shorter than 2^53")]
fn entropy(text: &str) -> f64 {
    // In the order of the characters, so that the sum is the same everywhere.
    let mut chars: Vec<char> = text.chars().collect();
    chars.sort_unstable();
    let total = chars.len() as f64;
    let part = |run: &[char]| {
        let p = run.len() as f64 / total;
        -p * p.log2()
    };
    // `-0.0` for one character repeated would be shown as such.
    chars.chunk_by(|a, b| a == b).map(part).sum::<f64>().max(0.0)
}

fn edit_distance(cx: &mut Cx<'_>, a: &[Value]) -> Result<Value> {
    let [a, b, max] = args(a)?;
    let lens = [a, b].map(|v| cx.text(v).map(|s| s.chars().count()));
    let [left, right] = lens;
    let (left, right) = (left?, right?);
    let Ok(max) = usize::try_from(cx.int(max)?) else { return Ok(Value::NULL) };
    if left.abs_diff(right) > max {
        return Ok(Value::NULL);
    }
    let max = max.min(left.max(right));
    cx.charge(left.saturating_mul(max.saturating_mul(2).saturating_add(1).min(right)))?;
    cx.memory.reserve(right.saturating_mul(24))?;
    let (a, b) = (cx.text(a)?, cx.text(b)?);
    Ok(banded(a, b, max).map_or(Value::NULL, super::super::int_of))
}

/// Levenshtein's distance, looking only at pairs of places that are no more than `max` apart.
fn banded(a: &str, b: &str, max: usize) -> Option<usize> {
    let b: Vec<char> = b.chars().collect();
    let far = max.saturating_add(1);
    let mut row: Vec<usize> = (0..=b.len()).map(|j| j.min(far)).collect();
    for (i, x) in a.chars().enumerate() {
        let low = i.saturating_sub(max);
        let high = i.saturating_add(max).saturating_add(1).min(b.len());
        // `diagonal` is the place up and to the left, `before` the one to the left.
        let mut diagonal = row.get(low).copied().unwrap_or(far);
        let mut before = if low == 0 { i.saturating_add(1).min(far) } else { far };
        if let Some(cell) = row.get_mut(low) {
            *cell = before;
        }
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)).take(high).skip(low) {
            let change = if x == *y { diagonal } else { diagonal.saturating_add(1) };
            diagonal = *cell;
            let value = change.min(before.saturating_add(1)).min(diagonal.saturating_add(1)).min(far);
            *cell = value;
            before = value;
        }
        // What lies to the right of the band is too far, whatever an earlier row left there.
        if let Some(cell) = row.get_mut(high.saturating_add(1)) {
            *cell = far;
        }
    }
    row.last().copied().filter(|d| *d <= max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn distance_agrees_with_the_recurrence(a in "[abc]{0,9}", b in "[abc]{0,9}", max in 0_usize..10) {
            let full = full(&a, &b);
            prop_assert_eq!(banded(&a, &b, max), Some(full).filter(|d| *d <= max));
        }
    }

    /// The plain recurrence.
    fn full(a: &str, b: &str) -> usize {
        match (a.split_at_checked(1), b.split_at_checked(1)) {
            (None, _) => b.len(),
            (_, None) => a.len(),
            (Some((x, xs)), Some((y, ys))) if x == y => full(xs, ys),
            (Some((_, xs)), Some((_, ys))) => 1 + full(xs, b).min(full(a, ys)).min(full(xs, ys)),
        }
    }
}
