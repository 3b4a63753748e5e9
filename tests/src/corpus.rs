//! The corpus of other people's files, where `PLIMSOLL_CORPUS` says that it is, and the cases in it.

use plimsoll::engine::decision::ObjectRef;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// A folder of the corpus; nothing, and a line that says so, where the corpus is not set. A corpus that is set and not
/// there is a failure.
#[must_use]
pub fn folder(name: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("PLIMSOLL_CORPUS") else {
        println!("skipped: PLIMSOLL_CORPUS is not set");
        return None;
    };
    let folder = Path::new(&root).join(name);
    assert!(folder.is_dir(), "PLIMSOLL_CORPUS is set, but there is no folder {}", folder.display());
    Some(folder)
}

/// The files below a folder with one of these endings, in order.
#[must_use]
pub fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let (mut out, mut todo) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| endings.contains(&e)) {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

/// One object a line.
#[must_use]
pub fn lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}: {line}", path.display()))).collect()
}

/// What a peer's test expects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing to say.
    Pass,
    /// A fault.
    Fail,
}

impl Verdict {
    /// The verdict of a scan: a fault if there is one.
    #[must_use]
    pub fn of(fault: bool) -> Verdict {
        if fault { Verdict::Fail } else { Verdict::Pass }
    }
}

/// The object that a verdict is about; a member that is not there is any.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Select {
    /// Its kind.
    pub kind: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its document in the file.
    pub document: Option<u32>,
}

impl Select {
    /// True if what a report tells of an object is about this one; what names no object may be.
    #[must_use]
    pub fn matches(&self, object: Option<&ObjectRef>, document: Option<u32>) -> bool {
        let same =
            |wanted: &Option<String>, has: Option<&str>| wanted.as_deref().is_none_or(|w| has.is_none_or(|h| h == w));
        let place = self.document.is_none_or(|wanted| document.is_none_or(|has| has == wanted));
        place
            && object.is_none_or(|object| {
                same(&self.kind, Some(&object.kind))
                    && same(&self.name, Some(&object.name))
                    && same(&self.namespace, object.namespace.as_deref())
            })
    }
}

/// A case of a peer, as its `cases.jsonl` has it.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// One of a kind.
    pub id: String,
    /// The peer.
    pub source: String,
    /// Its name of the rule.
    pub check: String,
    /// Which of the rules of that name.
    pub rule: Option<String>,
    /// The files, relative to the peer's folder.
    pub input: Vec<String>,
    /// The object that the verdict is about.
    #[serde(default)]
    pub select: Option<Select>,
    /// The verdict.
    pub expect: Verdict,
    /// `level` or `check`, of the Pod Security Standards.
    pub scope: Option<String>,
    /// Files: what else is known of the cluster.
    #[serde(default)]
    pub context: serde_json::Value,
    /// The file with the object as it was.
    pub old: Option<String>,
    /// Kubescape's controls that use the rule.
    #[serde(default)]
    pub controls: Vec<String>,
    /// Everything.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, serde_json::Value>,
}
