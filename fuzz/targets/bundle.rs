//! Compiled bundles: the input chooses how a valid program is damaged; what the verifier accepts runs to an end. Counts are
//! printed every ten seconds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_tests::mutate::{Bytes, Choices, Fate, Seed, seeds};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

static SEEDS: LazyLock<Vec<Seed>> = LazyLock::new(|| seeds(24));
static COUNTS: [AtomicU64; 5] = [const { AtomicU64::new(0) }; 5];
static TOLD: LazyLock<Mutex<Instant>> = LazyLock::new(|| Mutex::new(Instant::now()));

/// Counts a mutant, and tells from time to time how many there were.
fn count(fate: Fate) {
    COUNTS[fate as usize].fetch_add(1, Ordering::Relaxed);
    let mut told = TOLD.lock().unwrap();
    if told.elapsed() < Duration::from_secs(10) {
        return;
    }
    *told = Instant::now();
    let of = |fate: Fate| COUNTS[fate as usize].load(Ordering::Relaxed);
    let ran = of(Fate::Silent) + of(Fate::Said);
    let accepted = ran + of(Fate::NoEngine);
    let decoded = accepted + of(Fate::Refused);
    eprintln!("{} mutants, {decoded} decoded, {accepted} accepted, {ran} run", decoded + of(Fate::Unread));
}

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Bytes(bytes);
    let seed = &SEEDS[choices.below(SEEDS.len())];
    let mutant = seed.mutant(&mut choices);
    count(seed.run(&mutant));
});
