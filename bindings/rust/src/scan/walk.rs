//! Paths of the command line → files to read, in byte order of their names.
//!
//! Folders are walked for manifests, `.gitignore` honoured; a file that is named is read whatever it is called. What cannot
//! be walked (no permission, a loop of links) is an error of its own and does not stop the others.

use crate::file::what;
use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use crate::folder::shown;

use crate::folder::ENDINGS;

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct InputFile {
    /// As messages show it, with `/`; `-` is standard input.
    pub name: String,
    /// Where it is; `None` for standard input.
    pub path: Option<PathBuf>,
    /// It was named by the user, not met while walking.
    pub named: bool,
}

/// What a walk is told.
#[derive(Clone, Debug, Default)]
pub struct WalkOptions {
    /// Read what `.gitignore` names too.
    pub no_ignore: bool,
    /// Globs of files that are not read.
    pub exclude: Vec<String>,
    /// Globs of files that are read; empty: all.
    pub include: Vec<String>,
    /// A file that is passed over when it is met: the report of an earlier scan, which this one will replace.
    pub passed_over: Option<PathBuf>,
}

/// What a walk found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Walked {
    /// Each file once, in byte order of the names.
    pub files: Vec<InputFile>,
    /// What could not be walked: path and reason.
    pub errors: Vec<(String, String)>,
    /// What was met and is not read: path and reason.
    pub passed: Vec<(String, String)>,
}

/// The most globs of one list, and the longest one: what they are compiled to grows with both.
const MOST_GLOBS: usize = 1000;
const LONGEST_GLOB: usize = 1000;

/// Globs that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GlobError {
    /// One is none.
    #[error("`{glob}` is no glob: {why}")]
    Text {
        /// The text.
        glob: String,
        /// Why.
        why: String,
    },
    /// One is too long.
    #[error("a glob has {0} bytes, more than the limit of {LONGEST_GLOB}")]
    Long(usize),
    /// There are too many.
    #[error("there are {0} globs in one list, more than the limit of {MOST_GLOBS}")]
    Many(usize),
}

/// Finds all files.
///
/// # Errors
/// If a glob of the options cannot be read.
pub fn walk(paths: &[PathBuf], options: &WalkOptions) -> Result<Walked, GlobError> {
    let (include, exclude) = (globs(&options.include)?, globs(&options.exclude)?);
    let wanted = |name: &str| (include.is_empty() || include.is_match(name)) && !exclude.is_match(name);
    let (mut found, mut walked) = (BTreeMap::new(), Walked::default());
    for path in paths {
        if path.as_os_str() == "-" {
            found.insert("-".to_owned(), InputFile { name: "-".to_owned(), path: None, named: true });
        } else if path.is_dir() {
            walk_folder(path, options, &wanted, &mut found, &mut walked);
        } else {
            let name = shown(path);
            found.insert(name.clone(), InputFile { name, path: Some(path.clone()), named: true });
        }
    }
    walked.files = found.into_values().collect();
    Ok(walked)
}

fn walk_folder(
    folder: &Path,
    options: &WalkOptions,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut BTreeMap<String, InputFile>,
    walked: &mut Walked,
) {
    let mut walker = WalkBuilder::new(folder);
    walker.standard_filters(!options.no_ignore).require_git(false).follow_links(true).hidden(!options.no_ignore);
    let own = options.passed_over.as_ref().and_then(|path| path.canonicalize().ok());
    for entry in walker.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                walked.errors.push((error_path(&error).unwrap_or_else(|| shown(folder)), reason(&error)));
                continue;
            }
        };
        let is_manifest = entry.path().extension().and_then(|e| e.to_str()).is_some_and(|e| ENDINGS.contains(&e));
        let Some(kind) = entry.file_type().filter(|t| is_manifest && !t.is_dir()) else { continue };
        let name = shown(entry.path());
        if !wanted(&name) || own.is_some() && entry.path().canonicalize().ok() == own {
            continue;
        }
        if kind.is_file() {
            found.entry(name.clone()).or_insert(InputFile { name, path: Some(entry.into_path()), named: false });
        } else {
            // A pipe that nobody writes to would be waited for without end.
            walked.passed.push((name, format!("it is {}, which is read only where it is named", what(kind))));
        }
    }
}

fn globs(texts: &[String]) -> Result<GlobSet, GlobError> {
    if texts.len() > MOST_GLOBS {
        return Err(GlobError::Many(texts.len()));
    }
    let mut set = GlobSetBuilder::new();
    for text in texts {
        if text.len() > LONGEST_GLOB {
            return Err(GlobError::Long(text.len()));
        }
        // A glob without a folder means that name anywhere.
        let anywhere = if text.contains('/') { text.clone() } else { format!("**/{text}") };
        let glob = |error: globset::Error| GlobError::Text { glob: text.clone(), why: error.kind().to_string() };
        set.add(Glob::new(&anywhere).map_err(glob)?);
        set.add(Glob::new(&format!("**/{}", text.trim_start_matches("./").trim_start_matches('/'))).map_err(glob)?);
    }
    set.build().map_err(|error| GlobError::Text { glob: texts.join(", "), why: error.kind().to_string() })
}

fn error_path(error: &ignore::Error) -> Option<String> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(shown(path)),
        ignore::Error::Loop { child, .. } => Some(shown(child)),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(error_path),
        _ => None,
    }
}

fn reason(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Loop { ancestor, .. } => format!("a link leads back to `{}`", shown(ancestor)),
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => reason(err),
        ignore::Error::Io(io) => io.to_string(),
        other => other.to_string(),
    }
}
