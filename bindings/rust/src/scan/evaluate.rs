//! The inventory judged: an evaluator a thread, decisions in the order of the cases.

use super::inputs::{Case, Inputs};
use super::{Progress, Step};
use crate::report::Report;
use plimsoll_dsl::schema::Schema;
use plimsoll_engine::decision::Decision;
use plimsoll_engine::engine::{Engine, Evaluator};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Cases that a thread takes at once.
const CHUNK: usize = 16;

/// An engine, and the kinds that its program was compiled with.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The kinds.
    pub schema: &'a Schema,
}

/// Judges everything that was read.
pub(super) fn evaluate(target: &Target<'_>, inputs: &Inputs, progress: Progress<'_>, report: &mut Report) {
    progress(Step::Objects(inputs.cases.len()));
    let evaluators = Evaluators { engine: target.engine, idle: Mutex::default() };
    let chunks: Vec<Vec<Decision>> = inputs
        .cases
        .par_chunks(CHUNK)
        .map(|cases| {
            evaluators.with(|evaluator| {
                let judge = |case: &Case| {
                    let decision = judge(evaluator, inputs, case);
                    progress(Step::Done);
                    decision
                };
                cases.iter().map(judge).collect()
            })
        })
        .collect();
    let mut decisions: Vec<Decision> = chunks.into_iter().flatten().collect();
    if !inputs.cases.is_empty() {
        decisions.push(evaluators.with(|evaluator| evaluator.evaluate_cluster(&inputs.inventory)));
    }
    for decision in decisions {
        report.findings.extend(decision.findings);
        report.errors.extend(decision.errors);
        report.skipped.extend(decision.skipped);
        report.suppressed.extend(decision.suppressed);
        report.notes.extend(decision.notes);
    }
    evaluators.matched(report);
}

fn judge(evaluator: &mut Evaluator, inputs: &Inputs, case: &Case) -> Decision {
    match case {
        Case::Review(document) => evaluator.review(&inputs.inventory, document).unwrap_or_default(),
        Case::Object(id) => {
            let identity = inputs.inventory.get(*id).map(|o| &o.identity);
            let before =
                inputs.old.as_ref().zip(identity).and_then(|(old, identity)| old.get(old.find(identity).next()?));
            match before {
                Some(before) => evaluator.evaluate_update(&inputs.inventory, *id, before),
                None => evaluator.evaluate(&inputs.inventory, *id),
            }
        }
    }
}

/// Evaluators that no thread uses right now.
struct Evaluators<'a> {
    engine: &'a Engine,
    idle: Mutex<Vec<Evaluator>>,
}

impl Evaluators<'_> {
    /// Runs with an evaluator of this thread's own.
    fn with<T>(&self, run: impl FnOnce(&mut Evaluator) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut evaluator = idle().pop().unwrap_or_else(|| self.engine.evaluator());
        let out = run(&mut evaluator);
        idle().push(evaluator);
        out
    }

    /// Notes which policies looked at something.
    fn matched(self, report: &mut Report) {
        let instances = self.engine.instances();
        for evaluator in self.idle.into_inner().unwrap_or_else(PoisonError::into_inner) {
            for (instance, matched) in instances.iter().zip(evaluator.matched()) {
                if *matched && let Some(name) = name(self.engine, instance) {
                    report.matched.insert(name);
                }
            }
        }
    }
}

/// Lists the policies that were on and looked at nothing.
pub(super) fn not_matched(report: &mut Report, targets: &[super::Target<'_>]) {
    for target in targets {
        let on = target.engine.instances().iter().filter(|i| i.is_on());
        let names = on.filter_map(|i| name(target.engine, i));
        report.account.not_matched.extend(names.filter(|name| !report.matched.contains(name)));
    }
}

/// The id of a policy, with the name of its use.
fn name(engine: &Engine, instance: &plimsoll_engine::engine::Instance) -> Option<String> {
    let id = &engine.policy(instance)?.id;
    Some(instance.use_name.as_ref().map_or_else(|| id.clone(), |name| format!("{id} ({name})")))
}
