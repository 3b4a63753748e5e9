//! What a scan looks at: the files that were read, sorted into objects, requests and what is neither.

use super::evaluate::Target;
use super::kinds::{Known, known, named};
use super::read::{ReadFile, read_all};
use super::stored::Filling;
use super::walk::{self, InputFile, Walked};
use super::{Progress, Request, ScanError, Step};
use crate::input::input_error;
use crate::report::{Report, UnknownKind, Unparsed};
use plimsoll_engine::decision::DecisionError;
use plimsoll_engine::document::{self, Document, InputError, InputErrorKind, NodeId};
use plimsoll_engine::inventory::{Inventory, ObjectId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of a scan by what they are for.
pub(super) struct Files {
    scanned: Walked,
    beside: Walked,
    old: Walked,
}

/// An object's node, `apiVersion` and `kind`.
type Root = (NodeId, String, String);

/// What was read.
pub(super) struct Inputs {
    files: Vec<ReadFile>,
    /// Everything that policies may join with, and of it what is to be judged.
    pub(super) inventory: Inventory,
    /// What is judged, in the order of files and documents.
    pub(super) cases: Vec<Case>,
    /// The objects as they were.
    pub(super) old: Option<Inventory>,
    /// What could not be read.
    errors: Vec<DecisionError>,
    unparsed: Vec<Unparsed>,
    templates: Vec<String>,
    duplicates: usize,
}

/// Something to judge.
pub(super) enum Case {
    /// An object of the inventory.
    Object(ObjectId),
    /// An admission request.
    Review(Arc<Document>),
}

/// Finds the files.
pub(super) fn walk(request: &Request, paths: &[PathBuf]) -> Result<Files, ScanError> {
    let all = walk::WalkOptions { no_ignore: request.walk.no_ignore, ..walk::WalkOptions::default() };
    let scanned = walk::walk(paths, &request.walk)?;
    let mut beside = walk::walk(&request.inventory, &all)?;
    // What is scanned is in the inventory anyway.
    let names: BTreeSet<&str> = scanned.files.iter().map(|f| f.name.as_str()).collect();
    beside.files.retain(|f| !names.contains(f.name.as_str()));
    Ok(Files { beside, old: walk::walk(&request.old, &all)?, scanned })
}

/// Reads the files for an engine.
pub(super) fn read(
    target: &Target<'_>,
    request: &Request,
    files: &Files,
    progress: Progress<'_>,
) -> Result<Inputs, ScanError> {
    let engine = target.engine;
    let all = [&files.scanned, &files.beside, &files.old];
    progress(Step::Files(all.iter().map(|w| w.files.len()).sum()));
    let symbols = engine.symbols();
    let of =
        |files: &[InputFile]| read_all(files, &request.overlay, request.limits, &symbols, &|| progress(Step::Done));
    let kinds = forced_kinds(target, request)?;
    let mut inputs = Inputs {
        files: of(&files.scanned.files),
        inventory: engine.inventory(),
        cases: Vec::new(),
        old: None,
        errors: Vec::new(),
        unparsed: Vec::new(),
        templates: Vec::new(),
        duplicates: 0,
    };
    for walked in all {
        inputs.unwalked(walked);
    }
    let filling =
        Filling { schema: target.schema, namespace: request.namespace.as_deref(), as_stored: request.as_stored };
    let reading = Reading { request, kinds: &kinds, filling };
    let scanned = std::mem::take(&mut inputs.files);
    for file in &scanned {
        let cases = reading.take(file, &mut inputs);
        inputs.cases.extend(cases);
    }
    for file in of(&files.beside.files) {
        reading.take(&file, &mut inputs);
    }
    if !request.old.is_empty() {
        let now = std::mem::replace(&mut inputs.inventory, engine.inventory());
        for file in of(&files.old.files) {
            reading.take(&file, &mut inputs);
        }
        inputs.old = Some(std::mem::replace(&mut inputs.inventory, now));
    }
    inputs.duplicates = inputs.inventory.duplicates();
    inputs.files = scanned;
    for name in &request.complete {
        if name == "all" {
            inputs.inventory.set_all_complete();
        } else {
            inputs.inventory.set_complete(named(name, target.schema, engine.program())?.kind);
        }
    }
    Ok(inputs)
}

/// `--kind`: by file, `apiVersion` and `kind`.
fn forced_kinds(target: &Target<'_>, request: &Request) -> Result<BTreeMap<String, (String, String)>, ScanError> {
    let mut kinds = BTreeMap::new();
    for (name, file) in &request.kinds {
        let named = named(name, target.schema, target.engine.program())?;
        kinds.insert(walk::shown(Path::new(file)), (named.api_version, named.kind.kind));
    }
    Ok(kinds)
}

/// What files are read with.
struct Reading<'a> {
    request: &'a Request,
    kinds: &'a BTreeMap<String, (String, String)>,
    filling: Filling<'a>,
}

impl Reading<'_> {
    /// Puts the objects of a file into the inventory; gives what is to be judged.
    fn take(&self, file: &ReadFile, inputs: &mut Inputs) -> Vec<Case> {
        inputs.unread(file);
        let mut cases = Vec::new();
        for document in &file.documents {
            if document::admission(document).is_some() {
                cases.push(Case::Review(document.clone()));
                continue;
            }
            let (roots, errors) = match self.roots(file, document) {
                Ok(roots) => roots,
                Err(error) => {
                    inputs.not_an_object(file, &error);
                    continue;
                }
            };
            for error in &errors {
                // The list is one, so what stands in it is never passed over.
                inputs.unparsed.push(Unparsed { file: file.file.name.clone(), reason: error.message.clone() });
                inputs.errors.push(DecisionError::from(error));
            }
            let document = self.filling.fill(document, &roots, self.request.limits);
            let ids = inputs.inventory.insert_roots(document, &roots, self.request.origin);
            cases.extend(ids.into_iter().map(Case::Object));
        }
        cases
    }

    /// The objects of a document, and what claims to be one and is none.
    fn roots(&self, file: &ReadFile, document: &Document) -> Result<(Vec<Root>, Vec<InputError>), Box<InputError>> {
        if let Some((api_version, kind)) = self.kinds.get(&file.file.name) {
            return Ok((vec![(NodeId::ROOT, api_version.clone(), kind.clone())], Vec::new()));
        }
        let (roots, errors) = document::subjects(document)?;
        let owned = roots.into_iter().map(|r| (r.node, r.api_version.into_owned(), r.kind.into_owned()));
        Ok((owned.collect(), errors))
    }
}

impl Inputs {
    /// What could not be walked.
    fn unwalked(&mut self, walked: &Walked) {
        for (path, reason) in &walked.errors {
            let message = format!("the folder can't be read: {reason}");
            self.errors.push(DecisionError::from(&input_error(
                InputErrorKind::Unreadable,
                &message,
                &path.as_str().into(),
            )));
            self.unparsed.push(Unparsed { file: path.clone(), reason: reason.clone() });
        }
        let passed = walked.passed.iter();
        self.unparsed.extend(passed.map(|(path, reason)| Unparsed { file: path.clone(), reason: reason.clone() }));
    }

    /// What could not be read of a file.
    fn unread(&mut self, file: &ReadFile) {
        for error in &file.errors {
            let template = error.kind == InputErrorKind::Template;
            if template {
                self.templates.push(file.file.name.clone());
            } else {
                self.unparsed.push(Unparsed { file: file.file.name.clone(), reason: error.message.clone() });
            }
            // A template that was met is no claim that it can be read; one that was named is.
            if !template || file.file.named {
                self.errors.push(DecisionError::from(error));
            }
        }
    }

    /// A document that is neither a Kubernetes object nor known otherwise.
    fn not_an_object(&mut self, file: &ReadFile, error: &InputError) {
        self.unparsed.push(Unparsed { file: file.file.name.clone(), reason: error.message.clone() });
        if file.file.named {
            self.errors.push(DecisionError::from(error));
        }
    }

    /// Says in the report what was seen.
    pub(super) fn account(&self, target: &Target<'_>, report: &mut Report) {
        let (summary, account) = (&mut report.summary, &mut report.account);
        summary.files = summary.files.saturating_add(self.files.len());
        summary.objects = summary.objects.saturating_add(self.cases.len());
        for file in &self.files {
            let broken: BTreeSet<u32> = file.errors.iter().map(|e| e.document).collect();
            let whole: BTreeSet<u32> = file.documents.iter().map(|d| d.index()).collect();
            account.parsed = account.parsed.saturating_add(whole.len());
            account.documents = account.documents.saturating_add(whole.union(&broken).count());
            report.sources.insert(file.source.name.clone(), file.source.clone());
        }
        account.duplicates = account.duplicates.saturating_add(self.duplicates);
        account.unparsed.extend(self.unparsed.iter().cloned());
        account.templates.extend(self.templates.iter().cloned());
        report.errors.extend(self.errors.iter().cloned());
        self.files.iter().for_each(|file| super::notes::comments(file, report));
        self.kinds(target, report);
    }

    /// Objects of kinds that are not known, or known in other versions only.
    fn kinds(&self, target: &Target<'_>, report: &mut Report) {
        for case in &self.cases {
            let Case::Object(id) = case else { continue };
            let Some(object) = self.inventory.get(*id) else { continue };
            super::notes::annotations(object, target, report);
            let (api_version, kind) = (&object.api_version, &object.identity.kind);
            match known(target.schema, target.engine.program(), api_version, kind) {
                Known::Yes => {}
                Known::No => report.account.unknown.push(UnknownKind {
                    file: object.document().source().name.to_string(),
                    kind: kind.clone(),
                    api_version: api_version.clone(),
                }),
                Known::OtherVersion => report.notes.push(super::notes::version(object)),
            }
        }
    }
}
