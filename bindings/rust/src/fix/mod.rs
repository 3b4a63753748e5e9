//! Fixes in files: which edits findings ask for, the new texts, and what holds for them.
//!
//! Rounds of scan → edits → texts, until nothing changes any more. INVARIANT: a text of which a scan shows a finding that
//! was not there before is never written; bytes outside of the edited lines stay as they are; what lies outside of the paths
//! that were named, or may not be written, is left alone.

mod apply;
mod writable;

use crate::file;
use crate::report::Report;
use crate::scan::{Request, ScanError, Target, scan};
use plimsoll_engine::decision::{DecisionError, Finding};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rounds at most: a fix may uncover another finding that has a fix.
const ROUNDS: usize = 10;

/// What fixes make of the files.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Fixed {
    /// Files that change, in byte order of their names.
    pub files: Vec<FixedFile>,
    /// Fixes that were not applied: file and reason.
    pub refused: Vec<(String, String)>,
    /// What a scan says of the new texts.
    pub report: Report,
}

/// A file that changes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FixedFile {
    /// As reports name it.
    pub name: String,
    /// Where it is; none for standard input.
    pub path: Option<PathBuf>,
    /// Its text before.
    pub old: Arc<str>,
    /// Its text after.
    pub new: Arc<str>,
    /// How many fixes it got.
    pub fixes: usize,
}

impl FixedFile {
    /// Writes the new text, with the byte order mark that the file may have.
    ///
    /// # Errors
    /// If the file cannot be written, or holds something else by now.
    pub fn write(&self) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let now = file::read(path, MOST)?;
        let mark = if now.starts_with(MARK) { MARK } else { &[] };
        let text = now.strip_prefix(mark);
        // It has another name too, by which it was fixed already.
        if text == Some(self.new.as_bytes()) {
            return Ok(());
        }
        if text != Some(self.old.as_bytes()) {
            return Err(io::Error::other("it was changed while it was scanned"));
        }
        file::write_whole(path, &[mark, self.new.as_bytes()].concat())
    }
}

/// No file that was scanned is larger, unless it grew.
const MOST: u64 = 1 << 30;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Works out what fixes make of the scanned files. Nothing is written.
///
/// # Errors
/// As [`scan`].
pub fn fix(targets: &[Target<'_>], request: &Request, first: &Report, with_unsafe: bool) -> Result<Fixed, ScanError> {
    let mut state = State {
        request: request.clone(),
        first,
        texts: BTreeMap::new(),
        refused: BTreeSet::new(),
        given_up: BTreeSet::new(),
    };
    let mut report = first.clone();
    for _ in 0..ROUNDS {
        let changed = state.round(&report, with_unsafe);
        if changed.is_empty() {
            break;
        }
        report = state.settle(targets, changed)?;
    }
    Ok(state.finish(report))
}

/// The files while they are fixed.
struct State<'a> {
    request: Request,
    first: &'a Report,
    /// New texts and numbers of fixes.
    texts: BTreeMap<String, (Arc<str>, usize)>,
    refused: BTreeSet<(String, String)>,
    /// Files whose fixes raise findings.
    given_up: BTreeSet<String>,
}

/// The text of a file before a round, and its fixes then.
type Before = BTreeMap<String, Option<(Arc<str>, usize)>>;

impl State<'_> {
    /// Applies the fixes of all findings. Gives the files that changed, as they were before.
    fn round(&mut self, report: &Report, with_unsafe: bool) -> Before {
        let mut by_file: BTreeMap<&Arc<str>, Vec<&Finding>> = BTreeMap::new();
        let wanted = |f: &&Finding| f.fix.as_ref().is_some_and(|fix| fix.safe || with_unsafe);
        for finding in report.findings.iter().filter(wanted) {
            by_file.entry(&finding.file).or_default().push(finding);
        }
        let mut changed = Before::new();
        for (file, findings) in by_file {
            if self.given_up.contains(&**file) {
                continue;
            }
            let Some(source) = report.sources.get(file) else { continue };
            if **file != *"-"
                && let Err(why) = writable::check(Path::new(&**file), &self.request.paths)
            {
                self.refused.insert((file.to_string(), why));
                self.given_up.insert(file.to_string());
                continue;
            }
            let (text, fixes, refused) = apply::apply(source, &findings);
            self.refused.extend(refused.into_iter().map(|why| (file.to_string(), why)));
            if text != source.text {
                let done = self.texts.get(&**file).map_or(0, |(_, n)| *n);
                changed.insert(file.to_string(), self.texts.get(&**file).cloned());
                self.set(file, Some((text, done.saturating_add(fixes))));
            }
        }
        changed
    }

    /// Scans the new texts, and takes back those that raise findings.
    fn settle(&mut self, targets: &[Target<'_>], mut changed: Before) -> Result<Report, ScanError> {
        loop {
            let report = scan(targets, &self.request, &|_| {})?;
            let bad = new_findings(self.first, &report, &changed);
            if bad.is_empty() {
                return Ok(report);
            }
            for (file, what) in bad {
                let before = changed.remove(&file).flatten();
                let why = format!("its fixes would raise what was not there: {what}");
                self.refused.insert((file.clone(), why));
                self.given_up.insert(file.clone());
                self.set(&file, before);
            }
        }
    }

    fn set(&mut self, file: &str, text: Option<(Arc<str>, usize)>) {
        match text {
            Some((text, fixes)) => {
                self.request.overlay.insert(file.to_owned(), text.as_bytes().into());
                self.texts.insert(file.to_owned(), (text, fixes));
            }
            None => {
                self.texts.remove(file);
                match self.first.sources.get(file).filter(|_| file == "-") {
                    Some(source) => self.request.overlay.insert(file.to_owned(), source.text.as_bytes().into()),
                    None => self.request.overlay.remove(file),
                };
            }
        }
    }

    fn finish(self, report: Report) -> Fixed {
        let files = self.texts.into_iter().filter_map(|(name, (new, fixes))| {
            let old = self.first.sources.get(name.as_str())?.text.clone();
            let path = (name != "-").then(|| PathBuf::from(&name));
            (old != new).then_some(FixedFile { name, path, old, new, fixes })
        });
        Fixed { files: files.collect(), refused: self.refused.into_iter().collect(), report }
    }
}

/// Files that have a finding, or an error, which they had not before, and which.
fn new_findings(first: &Report, now: &Report, changed: &Before) -> BTreeMap<String, String> {
    let key = |f: &Finding| (f.file.clone(), f.fingerprint.clone());
    let known: BTreeSet<_> = first.findings.iter().map(key).collect();
    // Messages name lines, which move.
    let error_key =
        |e: &DecisionError| (e.file.clone(), e.document, e.code.clone(), e.pointer.clone(), e.policy.clone());
    let errors: BTreeSet<_> = first.errors.iter().map(error_key).collect();
    let mut bad = BTreeMap::new();
    for finding in now.findings.iter().filter(|f| !known.contains(&key(f))) {
        bad.entry(finding.file.to_string()).or_insert_with(|| format!("{} at {}", finding.id, finding.pointer));
    }
    for error in now.errors.iter().filter(|e| !errors.contains(&error_key(e))) {
        let file = error.file.as_ref().map(|file| file.to_string()).unwrap_or_default();
        bad.entry(file).or_insert_with(|| format!("{} {}", error.code, error.message));
    }
    bad.retain(|file, _| changed.contains_key(file));
    bad
}
