//! The text of a file with the fixes of findings, as many at once as do not depend on each other.
//!
//! A text is read anew for each round, not for each fix. INVARIANT: a fix is made whole or not at all, and a pointer is only
//! used on the text for which it is right: fixes are made from the end of the file, and a list does not lose an item as
//! long as a fix behind that item waits.

use plimsoll_engine::decision::{Finding, FixStep};
use plimsoll_engine::document::{Document, Edit, Format, ReadOptions, SourceText, Tag, edit, edit_together, read_text};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The text of a file with the fixes of findings; how many were applied, and why others were not.
pub(super) fn apply(source: &Arc<SourceText>, findings: &[&Finding]) -> (Arc<str>, usize, Vec<String>) {
    let mut work =
        Work { format: Format::of_path(&source.name), source: source.clone(), fixes: 0, refused: Vec::new() };
    let mut known = BTreeSet::new();
    let mut pending: Vec<Fix<'_>> = Vec::new();
    for finding in findings.iter().rev() {
        let Some(fix) = &finding.fix else { continue };
        // A fix that touches several documents is for who sees them all.
        let [one] = &fix.edits[..] else { continue };
        if one.file == source.name && known.insert((one.document, format!("{:?}", fix.steps))) {
            pending.push(Fix { finding, document: one.document, steps: &fix.steps });
        }
    }
    while !pending.is_empty() {
        pending = work.round(pending);
    }
    (work.source.text.clone(), work.fixes, work.refused)
}

/// A fix that is to be made.
#[derive(Clone, Copy)]
struct Fix<'f> {
    finding: &'f Finding,
    document: u32,
    steps: &'f [FixStep],
}

/// The text in the making.
struct Work {
    format: Format,
    source: Arc<SourceText>,
    fixes: usize,
    refused: Vec<String>,
}

impl Work {
    /// Makes what can be made at once; gives what is left.
    fn round<'f>(&mut self, pending: Vec<Fix<'f>>) -> Vec<Fix<'f>> {
        let options = ReadOptions { format: self.format, ..ReadOptions::default() };
        let documents = read_text(self.source.clone(), &options).documents;
        let (mut now, mut later, mut taken) = (Vec::new(), Vec::new(), Taken::default());
        for fix in pending {
            let Some(document) = documents.iter().find(|d| d.index() == fix.document) else { continue };
            let edits: Vec<Edit> = fix.steps.iter().filter_map(|step| step.edit(document)).collect();
            if edits.is_empty() {
                continue;
            }
            if taken.take(document, &edits) {
                now.push((fix, document, edits));
            } else {
                taken.wait(fix);
                later.push(fix);
            }
        }
        while now.len() > 1 {
            let edits: Vec<(u32, Edit)> =
                now.iter().flat_map(|(fix, _, edits)| edits.iter().map(|e| (fix.document, e.clone()))).collect();
            if let Ok(text) = edit_together(&self.source, self.format, &edits) {
                self.become_text(&text, now.len());
                return later;
            }
            // Some of them can't be made, or not with the others: half of them next, the rest another time.
            let rest = now.split_off(now.len().div_ceil(2));
            later.splice(0..0, rest.into_iter().map(|(fix, ..)| fix));
        }
        for (fix, document, edits) in now {
            match edit(document, self.format, &edits) {
                Ok(text) => self.become_text(&text, 1),
                Err(why) => self.refused.push(format!("{} {}: {why}", fix.finding.id, fix.finding.pointer)),
            }
        }
        later
    }

    fn become_text(&mut self, text: &str, fixes: usize) {
        if *text != *self.source.text {
            self.fixes = self.fixes.saturating_add(fixes);
            self.source = Arc::new(SourceText::new(&self.source.name, text));
        }
    }
}

/// What the fixes of a round change. Paths end with `/`, so that one begins with another exactly if it lies below it.
#[derive(Default)]
struct Taken {
    /// What is written or goes away.
    paths: BTreeSet<(u32, String)>,
    /// Maps and lists that get something at their end.
    ends: BTreeSet<(u32, String)>,
    /// Fixes that wait.
    waiting: BTreeSet<(u32, String)>,
    /// A fix whose steps depend on each other is made alone.
    alone: bool,
}

impl Taken {
    /// Takes the places of a fix; false, and nothing is taken, where they are not free.
    fn take(&mut self, document: &Document, edits: &[Edit]) -> bool {
        let at = document.index();
        let first = self.paths.is_empty();
        let mut own = Taken::default();
        let mut apart = true;
        for edit in edits {
            let path = format!("{}/", edit.path());
            let parent = parent(&path);
            let lists = document.find(parent.trim_end_matches('/')).is_some_and(|n| document.tag(n) == Tag::List);
            let goes = lists && matches!(edit, Edit::Remove { .. });
            let grows = document.find(edit.path()).is_none();
            let free = |taken: &Taken| {
                !(overlaps(&taken.paths, at, &path) || grows && taken.ends.contains(&(at, parent.to_owned())))
            };
            if self.alone || !free(self) || goes && (edits.len() > 1 || below(&self.waiting, at, parent)) {
                apart = false;
                break;
            }
            apart &= free(&own);
            if grows {
                own.ends.insert((at, parent.to_owned()));
            }
            own.paths.insert((at, path));
        }
        if !apart && !first {
            return false;
        }
        self.alone = !apart;
        self.paths.append(&mut own.paths);
        self.ends.append(&mut own.ends);
        true
    }

    fn wait(&mut self, fix: Fix<'_>) {
        self.waiting.extend(fix.steps.iter().map(|step| (fix.document, format!("{}/", step.pointer))));
    }
}

/// `/a/` of `/a/b/`.
fn parent(path: &str) -> &str {
    let inner = path.strip_suffix('/').unwrap_or(path);
    inner.rfind('/').and_then(|at| path.get(..=at)).unwrap_or_default()
}

/// True if one of the paths is `path`, above it or below it.
fn overlaps(paths: &BTreeSet<(u32, String)>, at: u32, path: &str) -> bool {
    let mut above = path;
    while !above.is_empty() {
        if paths.contains(&(at, above.to_owned())) {
            return true;
        }
        above = if above == "/" { "" } else { parent(above) };
    }
    below(paths, at, path)
}

/// True if one of the paths is `path` or below it.
fn below(paths: &BTreeSet<(u32, String)>, at: u32, path: &str) -> bool {
    paths.range((at, path.to_owned())..).next().is_some_and(|(doc, found)| *doc == at && found.starts_with(path))
}
