//! A scan: paths → files → documents → one inventory → a decision for each object → a [`Report`].
//!
//! INVARIANT: the report depends on the inputs alone, never on the number of threads or the order of arguments.

pub mod kinds;
pub mod read;
pub mod walk;

mod computed;
mod evaluate;
mod inputs;
mod notes;
mod stored;

pub use evaluate::Target;
pub use kinds::UnknownName;
pub use read::Overlay;
pub use walk::{GlobError, InputFile, WalkOptions};

use crate::report::{BySeverity, Report};
use plimsoll_engine::decision::{compare, compare_errors, compare_skipped};
use plimsoll_engine::document::Limits;
use plimsoll_engine::inventory::Origin;
use rayon::ThreadPoolBuildError;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Threads have this much stack; nothing recurses as deep as it allows.
const STACK: usize = 16 << 20;

/// Threads at most.
const MOST_THREADS: usize = 256;

/// What is scanned.
#[derive(Clone, Debug)]
pub struct Request {
    /// Files and folders; `-` is standard input, whose text must be in `overlay`.
    pub paths: Vec<PathBuf>,
    /// Which files of folders.
    pub walk: WalkOptions,
    /// Objects to join with that are not scanned themselves.
    pub inventory: Vec<PathBuf>,
    /// Each path is an inventory of its own.
    pub separate: bool,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// Kinds of which the inventory holds every object, or `all`.
    pub complete: Vec<String>,
    /// Where the objects come from.
    pub origin: Origin,
    /// The objects as they were.
    pub old: Vec<PathBuf>,
    /// What files are, where their content does not tell: kind and file.
    pub kinds: Vec<(String, String)>,
    /// The defaults of the API server are filled in for reading.
    pub as_stored: bool,
    /// Limits of one input.
    pub limits: Limits,
    /// Fingerprints of findings that were there before.
    pub baseline: BTreeSet<String>,
    /// Texts in the place of files.
    pub overlay: Overlay,
    /// How many threads; none: one for each core.
    pub jobs: Option<usize>,
}

impl Default for Request {
    fn default() -> Self {
        Request {
            paths: Vec::new(),
            walk: WalkOptions::default(),
            inventory: Vec::new(),
            separate: false,
            namespace: None,
            complete: Vec::new(),
            origin: Origin::File,
            old: Vec::new(),
            kinds: Vec::new(),
            as_stored: false,
            limits: Limits::default(),
            baseline: BTreeSet::new(),
            overlay: Overlay::new(),
            jobs: None,
        }
    }
}

/// Why a scan cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// A glob of the configuration.
    #[error(transparent)]
    Glob(#[from] GlobError),
    /// A kind that nobody knows.
    #[error(transparent)]
    Kind(#[from] UnknownName),
    /// The threads cannot be made.
    #[error("the threads can't be started: {0}")]
    Threads(#[from] ThreadPoolBuildError),
}

/// How far a scan is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// So many files are to be read.
    Files(usize),
    /// So many objects are to be judged.
    Objects(usize),
    /// One more file or object is done.
    Done,
}

/// Hears how far a scan is.
pub type Progress<'a> = &'a (dyn Fn(Step) + Sync);

/// Scans.
///
/// # Errors
/// Only for what is wrong with the request; what is wrong with inputs is in the report.
pub fn scan(targets: &[Target<'_>], request: &Request, progress: Progress<'_>) -> Result<Report, ScanError> {
    on_threads(request.jobs, || {
        let mut report = Report::default();
        if request.separate {
            for path in &request.paths {
                one(targets, request, std::slice::from_ref(path), progress, &mut report)?;
            }
        } else {
            one(targets, request, &request.paths, progress, &mut report)?;
        }
        finish(&mut report, targets, request);
        Ok(report)
    })?
}

/// Runs on so many threads; none: one for each core.
///
/// The caller's thread waits, even if it is one of another pool: such a thread would take other work meanwhile, deeper and
/// deeper into its stack.
pub(crate) fn on_threads<T: Send>(
    jobs: Option<usize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, ThreadPoolBuildError> {
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(jobs.unwrap_or(0).min(MOST_THREADS)).stack_size(STACK).build()?;
    std::thread::scope(|scope| match scope.spawn(|| pool.install(work)).join() {
        Ok(done) => Ok(done),
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Scans one inventory.
fn one(
    targets: &[Target<'_>],
    request: &Request,
    paths: &[PathBuf],
    progress: Progress<'_>,
    report: &mut Report,
) -> Result<(), ScanError> {
    let walked = inputs::walk(request, paths)?;
    for (index, target) in targets.iter().enumerate() {
        let inputs = inputs::read(target, request, &walked, progress)?;
        if index == 0 {
            inputs.account(target, report);
        }
        evaluate::evaluate(target, &inputs, progress, report);
    }
    Ok(())
}

/// Puts everything in order and counts it.
fn finish(report: &mut Report, targets: &[Target<'_>], request: &Request) {
    notes::baseline(report, &request.baseline);
    notes::unused(report, targets);
    notes::exceptions(report, targets);
    report.findings.sort_by(compare);
    report.suppressed.sort_by(|a, b| compare(&a.finding, &b.finding));
    for errors in [&mut report.errors, &mut report.notes] {
        errors.sort_by(compare_errors);
        errors.dedup();
    }
    report.skipped.sort_by(compare_skipped);
    let account = &mut report.account;
    account.unparsed.sort();
    account.unparsed.dedup();
    account.templates.sort();
    account.templates.dedup();
    account.unknown.sort();
    let failed: BTreeSet<String> = report.errors.iter().filter_map(|e| e.policy.clone()).collect();
    account.failed_policies = failed.into_iter().collect();
    let summary = &mut report.summary;
    summary.policies = targets.iter().map(|t| t.engine.enabled()).sum();
    summary.findings = report.findings.len();
    summary.errors = report.errors.len();
    summary.skipped = report.skipped.len();
    summary.suppressed = report.suppressed.len();
    summary.by_severity = BySeverity::of(&report.findings);
    evaluate::not_matched(report, targets);
}
