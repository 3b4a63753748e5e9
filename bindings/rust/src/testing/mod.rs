//! The `test` items of a bundle: run in parallel, each on an engine of its own, and what they expect held against what
//! came.

mod coverage;
mod expect;
mod fixed;
mod run;

pub use coverage::{Coverage, CoverageGroup, Missed};

use crate::compile::Bundle;
use plimsoll_dsl::compile::CompiledTest;
use plimsoll_engine::engine::EngineError;
use plimsoll_engine::extension::native::Natives;
use rayon::prelude::*;
use std::sync::Arc;

/// What a run of tests is told.
#[derive(Clone, Debug, Default)]
pub struct TestOptions {
    /// Only tests whose module and name have this text.
    pub filter: Option<String>,
    /// How many threads; none: one for each core.
    pub jobs: Option<usize>,
    /// Counts what the tests reach; the bundle must be compiled to be traced.
    pub coverage: bool,
    /// Functions for `extern fn`.
    pub natives: Natives,
}

/// How a test ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Its module.
    pub module: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The file that it stands in.
    pub file: Arc<str>,
    /// Its line.
    pub line: u32,
    /// What did not hold; none: it passed.
    pub failures: Vec<Failure>,
    /// How long it took.
    pub time: std::time::Duration,
}

/// What did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The line of the expectation.
    pub line: u32,
    /// What was expected, and what came: the first line says it, further lines show it.
    pub message: String,
}

/// What came of all tests.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TestReport {
    /// In the order of the bundle.
    pub outcomes: Vec<Outcome>,
    /// How many the filter left out.
    pub filtered: usize,
    /// What the tests reached, if it was asked for.
    pub coverage: Option<Coverage>,
}

impl TestReport {
    /// How many passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.outcomes.iter().filter(|o| o.failures.is_empty()).count()
    }

    /// How many did not.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.outcomes.len().saturating_sub(self.passed())
    }
}

/// Why tests cannot be run at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// The threads cannot be made.
    #[error("the threads can't be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The program is refused by the engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Runs the tests of a bundle that was compiled with them.
///
/// # Errors
/// If no test can be run.
pub fn run(bundle: &Bundle, options: &TestOptions) -> Result<TestReport, TestError> {
    let wanted = |module: &str, name: &str| {
        options.filter.as_ref().is_none_or(|text| format!("{module}: {name}").contains(text.as_str()))
    };
    // The library's tests are the library's.
    let own: Vec<_> = bundle.tests.iter().filter(|t| is_own(bundle, t)).collect();
    let tests: Vec<_> = own.iter().copied().filter(|t| wanted(&t.module, &t.name)).collect();
    let results: Vec<_> = crate::scan::on_threads(options.jobs, || {
        tests
            .par_iter()
            .map(|test| {
                let begin = std::time::Instant::now();
                let ran = run::run(bundle, test, options);
                let source = bundle.sources.get(test.span.source);
                let outcome = Outcome {
                    module: test.module.clone(),
                    name: test.name.clone(),
                    file: source.map(|s| s.path.clone()).unwrap_or_default(),
                    line: bundle.sources.position(test.span).line,
                    failures: ran.failures,
                    time: begin.elapsed(),
                };
                (outcome, ran.hits)
            })
            .collect()
    })?;
    let mut hits = vec![0_u64; bundle.program.marks.len()];
    let mut outcomes = Vec::with_capacity(results.len());
    for (outcome, more) in results {
        for (sum, more) in hits.iter_mut().zip(more) {
            *sum = sum.saturating_add(more);
        }
        outcomes.push(outcome);
    }
    let coverage = options.coverage.then(|| Coverage::of(bundle, &hits));
    Ok(TestReport { filtered: own.len().saturating_sub(tests.len()), outcomes, coverage })
}

/// True for a test in a text of the bundle itself.
fn is_own(bundle: &Bundle, test: &CompiledTest) -> bool {
    bundle.sources.get(test.span.source).is_some_and(|source| bundle.own.contains(&*source.path))
}
