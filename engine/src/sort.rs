//! Sorting of what is large or rare: one sort for all types.
//!
//! The sort of the standard library is compiled anew for each type, at some 4 KB each; here the places are sorted, which is the
//! same code for all. What is in order already costs nothing but the look.

use std::cmp::Ordering;

/// Sorts; what is equal keeps its order.
pub(crate) fn stable<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    if items.is_sorted_by(|a, b| compare(a, b) != Ordering::Greater) {
        return;
    }
    let places = places(items.len(), &|a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    let mut from: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(places.into_iter().filter_map(|place| from.get_mut(place)?.take()));
}

/// The places of the items in order.
fn places(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_the_sort_of_the_standard_library(items in proptest::collection::vec((0_u8..20, any::<u32>()), 0..300)) {
            let (mut ours, mut theirs) = (items.clone(), items);
            super::stable(&mut ours, |a, b| a.0.cmp(&b.0));
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
