//! Damaged programs are refused or come to an end (a result, an error, a limit), without a panic.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use plimsoll_tests::generate::rng::Rng;
use plimsoll_tests::mutate::{Fate, seeds};
use std::collections::BTreeMap;

/// How many mutants are made; `PLIMSOLL_MUTANTS` asks for more.
const MUTANTS: u64 = 4_000;

#[test]
fn damaged_programs_come_to_an_end() {
    let count = std::env::var("PLIMSOLL_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(MUTANTS);
    let seeds = seeds(24);
    assert!(seeds.len() > 12, "{} seeds", seeds.len());
    assert_eq!(seeds[0].run(&seeds[0].bytes), Fate::Said);
    let mut fates: BTreeMap<Fate, u64> = BTreeMap::new();
    for number in 0..count {
        let mut rng = Rng::new(number);
        let seed = if number % 2 == 0 { &seeds[0] } else { rng.pick(&seeds) };
        let mutant = seed.mutant(&mut rng);
        let fate = std::panic::catch_unwind(|| seed.run(&mutant)).unwrap_or_else(|_| panic!("mutant {number} panics"));
        *fates.entry(fate).or_default() += 1;
    }
    let of = |fate| fates.get(&fate).copied().unwrap_or_default();
    let (ran, accepted) = (of(Fate::Said) + of(Fate::Silent), count - of(Fate::Unread) - of(Fate::Refused));
    println!(
        "{count} mutants, {} decoded, {accepted} accepted, {ran} run, {} of them said something",
        count - of(Fate::Unread),
        of(Fate::Said)
    );
    assert!(accepted > count / 10 && ran > count / 20 && of(Fate::Refused) > count / 20, "{fates:?}");
}
