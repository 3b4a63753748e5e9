//! New policies while threads are judging: each decision is of one engine or the other, and none is lost.
//!
//! ```sh
//! cargo run -p plimsoll --example hot_swap
//! ```
//!
//! An engine never changes. To swap is to put another one where threads look: they see it before their next decision and make an evaluator
//! of it; the old engine goes with the last evaluator that uses it. Policies that do not compile never get so far.
#![allow(clippy::arithmetic_side_effects, reason = "counts of an example")]

use plimsoll::{Decision, Engine, Evaluator, Input};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

/// The engine that is in force.
#[derive(Debug)]
pub struct InForce {
    engine: RwLock<(u64, Engine)>,
    /// The number of the engine, to be looked at without the lock.
    number: AtomicU64,
}

impl InForce {
    /// The first engine.
    pub fn new(engine: Engine) -> InForce {
        InForce { engine: RwLock::new((0, engine)), number: AtomicU64::new(0) }
    }

    /// Puts another engine in force.
    pub fn swap(&self, engine: Engine) {
        let mut slot = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        let number = slot.0 + 1;
        *slot = (number, engine);
        self.number.store(number, Ordering::Release);
    }

    fn get(&self) -> (u64, Engine) {
        self.engine.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A thread's view of the engine in force.
#[derive(Debug)]
pub struct Judge<'f> {
    in_force: &'f InForce,
    number: u64,
    evaluator: Evaluator,
}

impl<'f> Judge<'f> {
    /// Keep one for each thread: it holds the scratch of evaluations.
    pub fn new(in_force: &'f InForce) -> Judge<'f> {
        let (number, engine) = in_force.get();
        Judge { in_force, number, evaluator: engine.evaluator() }
    }

    /// A decision of the engine that is in force when the call begins.
    pub fn decide(&mut self, input: &Input<'_>) -> Decision {
        if self.in_force.number.load(Ordering::Acquire) != self.number {
            *self = Judge::new(self.in_force);
        }
        self.evaluator.decide(input)
    }
}

/// Two rules that say which version of the policies they are of.
pub fn engine(version: u64) -> Result<Engine, plimsoll::Error> {
    let text = format!(
        r#"module acme.pods
        policy network {{ id = "ACME-01" severity = high on Pod as p deny "v{version}: network" if p.spec?.hostNetwork == true at p.spec?.hostNetwork }}
        policy processes {{ id = "ACME-02" severity = high on Pod as p deny "v{version}: processes" if p.spec?.hostPID == true at p.spec?.hostPID }}"#
    );
    Engine::builder().sources("acme", [("acme/pods.plim", text)]).build()
}

/// What came of a run under load.
#[derive(Debug, Default)]
pub struct Run {
    /// Decisions that were asked for.
    pub asked: usize,
    /// Decisions by the version that they are of.
    pub of_version: Vec<usize>,
    /// Decisions that are of no version, or of two.
    pub mixed: usize,
}

/// A pod that both rules deny.
pub const POD: &[u8] =
    br#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"hostNetwork":true,"hostPID":true}}"#;

/// Lets threads judge while versions follow each other, each after so many more decisions.
pub fn run(threads: usize, versions: u64, between: usize) -> Result<Run, plimsoll::Error> {
    let engines = (0..versions).map(engine).collect::<Result<Vec<_>, _>>()?;
    let mut engines = engines.into_iter();
    let Some(first) = engines.next() else { return Ok(Run::default()) };
    let in_force = InForce::new(first);
    let asked = AtomicUsize::new(0);
    let last = usize::try_from(versions).unwrap_or(usize::MAX) * between;
    let worker = || {
        let mut judge = Judge::new(&in_force);
        let mut messages = Vec::new();
        while asked.fetch_add(1, Ordering::Relaxed) < last {
            let decision = judge.decide(&Input::json(POD));
            messages.push(decision.findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>());
        }
        messages
    };
    let messages = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        for (engine, due) in engines.zip((1..).map(|n| n * between)) {
            while asked.load(Ordering::Relaxed) < due {
                std::thread::yield_now();
            }
            in_force.swap(engine);
        }
        threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect::<Vec<_>>()
    });
    let mut run = Run { asked: last, of_version: vec![0; usize::try_from(versions).unwrap_or(0)], mixed: 0 };
    for found in messages {
        let is_of = |version: &usize| found == [format!("v{version}: network"), format!("v{version}: processes")];
        match (0..run.of_version.len()).find(is_of).and_then(|version| run.of_version.get_mut(version)) {
            Some(count) => *count += 1,
            None => run.mixed += 1,
        }
    }
    Ok(run)
}

/// What the command does.
pub fn main() -> Result<(), plimsoll::Error> {
    println!("{:?}", run(4, 5, 2_000)?);
    Ok(())
}
