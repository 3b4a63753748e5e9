//! Decisions: what an evaluation says about an object.
//!
//! The structs serialise as the documented JSON says: the order of their fields is the order of the keys.

pub mod admission;
mod apply;
pub(crate) mod decide;
mod evidence;
pub(crate) mod exceptions;
mod fingerprint;
pub mod json;
mod locate;
mod order;
pub mod patch;
pub(crate) mod suppress;
#[cfg(test)]
mod tests;
pub use crate::settings::{Enforce, Exception, Match, PolicyConfig};
pub use crate::severity::{ACTIONS, Action, SEVERITIES, Severity};
pub use order::{compare, compare_errors, compare_skipped};
pub use patch::{FixAction, FixStep, PatchKind, PatchOp};
pub use suppress::{IgnoreAnnotation, UsedComment, annotations};

use crate::document::{InputError, Position};
use crate::sort::stable;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names an object, as outputs do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ObjectRef {
    /// `apps/v1`
    pub api_version: String,
    /// `Deployment`
    pub kind: String,
    /// Its namespace, where it names one.
    pub namespace: Option<String>,
    /// Its name; empty where the server is to make it.
    pub name: String,
}

/// A node of a file, as outputs name it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Location {
    /// The file, as given, with `/`.
    pub file: Arc<str>,
    /// Which document of the file, from 0.
    pub document: u32,
    /// JSON pointer in the document, also where nothing is there.
    pub pointer: String,
    /// Where the node, or its nearest parent that is there, begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

/// Another place that a finding names.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct Related {
    /// The file, as given, with `/`.
    pub file: Arc<str>,
    /// Which document of the file, from 0.
    pub document: u32,
    /// The object that it stands in.
    pub object: ObjectRef,
    /// JSON pointer in the document.
    pub pointer: String,
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// What it has to do with it.
    pub note: String,
}

/// What a clause read on the way to a finding.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// The text of the clause.
    pub clause: String,
    /// What it read.
    pub reads: Vec<EvidenceRead>,
}

/// A value that a clause read.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct EvidenceRead {
    /// The field.
    pub expr: String,
    /// Its value.
    pub value: serde_json::Value,
    /// The file, where it stands in one.
    pub file: Option<Arc<str>>,
    /// JSON pointer, where it has one.
    pub pointer: Option<String>,
    /// Where it begins.
    pub start: Option<Position>,
}

/// What would mend a finding.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct Fix {
    /// False if the workload may not start as before.
    pub safe: bool,
    /// What it does, in words.
    pub title: String,
    /// As JSON Patch.
    pub edits: Vec<Edit>,
    /// Its steps, for who joins the fixes of several findings (see [`patch::combine`]).
    #[serde(skip)]
    pub steps: Vec<FixStep>,
}

/// A JSON Patch of a document.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct Edit {
    /// The file, as given, with `/`.
    pub file: Arc<str>,
    /// Which document of the file, from 0.
    pub document: u32,
    /// RFC 6902.
    pub patch: Vec<PatchOp>,
}

/// A finding.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// `POD-01`
    pub id: String,
    /// `run_as_non_root`
    pub policy: String,
    /// `owasp`
    pub bundle: String,
    /// The name of the `[[use]]` entry.
    #[serde(rename = "use")]
    pub use_name: Option<String>,
    /// First sentence of the policy's doc comment.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it does, after enforcement.
    pub action: Action,
    /// What is wrong.
    pub message: String,
    /// The object under review; none for `on cluster` findings without a place.
    pub object: Option<ObjectRef>,
    /// The file, as given, with `/`.
    pub file: Arc<str>,
    /// Which document of the file, from 0.
    pub document: u32,
    /// JSON pointer in the document, also where nothing is there.
    pub pointer: String,
    /// Where the node, or its nearest parent that is there, begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// Other places.
    pub related: Vec<Related>,
    /// What was read, if it was asked for.
    pub evidence: Vec<Evidence>,
    /// What would mend it.
    pub fix: Option<Fix>,
    /// References.
    pub refs: BTreeMap<String, Vec<String>>,
    /// The same as long as bundle, id, object and place by names are.
    pub fingerprint: String,
    /// Its policy is `sensitive`: the text of the document is not to be quoted.
    #[serde(skip)]
    pub sensitive: bool,
    /// What orders findings of one document.
    #[serde(skip)]
    pub(crate) order: order::Order,
}

/// Something that could not be evaluated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DecisionError {
    /// `E0703`
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// The object.
    pub object: Option<ObjectRef>,
    /// The file, as given, with `/`.
    pub file: Option<Arc<str>>,
    /// Which document of the file, from 0.
    pub document: Option<u32>,
    /// JSON pointer in the document.
    pub pointer: Option<String>,
    /// Where it begins.
    pub start: Option<Position>,
    /// The policy that it ended; none for an error of the input.
    pub policy: Option<String>,
}

/// A policy that does not apply to an object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Skipped {
    /// `POD-09`
    pub id: String,
    /// Its name.
    pub policy: String,
    /// The object.
    pub object: Option<ObjectRef>,
    /// The file, as given, with `/`.
    pub file: Option<Arc<str>>,
    /// Why.
    pub reason: String,
}

/// What suppressed a finding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SuppressedBy {
    /// `# plimsoll:ignore`
    Comment,
    /// `plimsoll.dev/ignore.…`
    Annotation,
    /// An exception of the host.
    Exception,
    /// A finding that was there before.
    Baseline,
}

/// A finding that somebody answers for.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why.
    pub reason: String,
    /// By what.
    pub by: SuppressedBy,
    /// Until when.
    pub until: Option<String>,
    /// The comment, for who looks for unused ones.
    #[serde(skip)]
    pub comment: Option<UsedComment>,
}

/// What an evaluation says about an object (or, for policies on the cluster, about an inventory).
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Decision {
    /// True if nothing denies and everything could be evaluated.
    pub allowed: bool,
    /// Findings of all actions, in order.
    pub findings: Vec<Finding>,
    /// What could not be evaluated.
    pub errors: Vec<DecisionError>,
    /// Policies that do not apply.
    pub skipped: Vec<Skipped>,
    /// Findings that somebody answers for.
    pub suppressed: Vec<Suppressed>,
    /// The safe fixes of all findings of the object as one JSON Patch on the object; made for admissions only.
    pub patch: Vec<PatchOp>,
    /// Worth a look, but no error: fields that another reader may take for known ones.
    pub notes: Vec<DecisionError>,
}

impl Serialize for Decision {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("Decision", 8)?;
        out.serialize_field("version", &1)?;
        out.serialize_field("allowed", &self.allowed)?;
        out.serialize_field("findings", &self.findings)?;
        out.serialize_field("errors", &self.errors)?;
        out.serialize_field("skipped", &self.skipped)?;
        out.serialize_field("suppressed", &self.suppressed)?;
        out.serialize_field("patch", &self.patch)?;
        out.serialize_field("notes", &self.notes)?;
        out.end()
    }
}

impl DecisionError {
    /// An error of a whole input.
    #[must_use]
    pub fn of_input(code: &str, message: impl Into<String>, file: &str) -> DecisionError {
        DecisionError {
            code: code.to_owned(),
            message: message.into(),
            object: None,
            file: (!file.is_empty()).then(|| file.into()),
            document: None,
            pointer: None,
            start: None,
            policy: None,
        }
    }
}

impl From<&InputError> for DecisionError {
    fn from(error: &InputError) -> DecisionError {
        DecisionError {
            code: error.code.to_owned(),
            message: error.message.clone(),
            object: None,
            file: Some(error.file.clone()),
            document: Some(error.document),
            pointer: Some(error.pointer.clone()),
            start: Some(error.start),
            policy: None,
        }
    }
}

impl Decision {
    /// The Decision JSON: `version`, `allowed`, `findings`, `errors`, `skipped`, `suppressed`, `patch`, `notes`, in this
    /// order, in one line. Hidden characters of texts are escapes (see [`json`]).
    #[must_use]
    pub fn to_json(&self) -> String {
        String::from_utf8(json::to_vec(self)).unwrap_or_default()
    }

    /// Appends [`Decision::to_json`].
    pub fn write_json(&self, out: &mut Vec<u8>) {
        json::append(self, out);
    }

    /// The decision about nothing yet: what others are joined to.
    #[must_use]
    pub fn empty() -> Decision {
        Decision { allowed: true, ..Decision::default() }
    }

    /// The decision about an input that is refused: nothing is allowed that could not be looked at.
    #[must_use]
    pub fn refused(errors: Vec<DecisionError>) -> Decision {
        Decision { errors, ..Decision::default() }
    }

    /// Adds what was said about something else.
    pub fn join(&mut self, other: Decision) {
        self.allowed &= other.allowed;
        self.findings.extend(other.findings);
        self.errors.extend(other.errors);
        self.skipped.extend(other.skipped);
        self.suppressed.extend(other.suppressed);
        self.patch.extend(other.patch);
        self.notes.extend(other.notes);
    }

    /// Puts what was joined in the order of all outputs.
    pub fn sort(&mut self) {
        stable(&mut self.findings, compare);
        stable(&mut self.suppressed, |a, b| compare(&a.finding, &b.finding));
        for errors in [&mut self.errors, &mut self.notes] {
            stable(errors, compare_errors);
            errors.dedup();
        }
        stable(&mut self.skipped, compare_skipped);
    }
}

impl std::fmt::Display for Finding {
    /// `web.yaml:6:7 high POD-01 container app may run as root`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Position { line, column }, severity) = (self.start, self.severity.name());
        write!(f, "{}:{line}:{column} {severity} {} {}", self.file, self.id, self.message)
    }
}
