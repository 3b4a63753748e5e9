//! Paths of the command line → files to read, in byte order of their names.
//!
//! Folders are walked for manifests, `.gitignore` honoured; a file that is named is read whatever it is called. What cannot
//! be walked (no permission, a loop of links) is an error of its own and does not stop the others.

use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Endings of files that a walk reads.
pub const ENDINGS: [&str; 4] = ["yaml", "yml", "json", "jsonl"];

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
}

/// What a walk found.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// Each file once, in byte order of the names.
    pub files: Vec<InputFile>,
    /// What could not be walked: path and reason.
    pub errors: Vec<(String, String)>,
}

/// A glob that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{glob}` is no glob: {source}")]
pub struct GlobError {
    /// The text.
    pub glob: String,
    /// Why.
    pub source: globset::Error,
}

/// Finds all files.
///
/// # Errors
/// If a glob of the options cannot be read.
pub fn walk(paths: &[PathBuf], options: &WalkOptions) -> Result<Walked, GlobError> {
    let (include, exclude) = (globs(&options.include)?, globs(&options.exclude)?);
    let wanted = |name: &str| (include.is_empty() || include.is_match(name)) && !exclude.is_match(name);
    let (mut found, mut errors) = (BTreeMap::new(), Vec::new());
    for path in paths {
        if path.as_os_str() == "-" {
            found.insert("-".to_owned(), InputFile { name: "-".to_owned(), path: None, named: true });
        } else if path.is_dir() {
            walk_folder(path, options, &wanted, &mut found, &mut errors);
        } else {
            let name = shown(path);
            found.insert(name.clone(), InputFile { name, path: Some(path.clone()), named: true });
        }
    }
    Ok(Walked { files: found.into_values().collect(), errors })
}

fn walk_folder(
    folder: &Path,
    options: &WalkOptions,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut BTreeMap<String, InputFile>,
    errors: &mut Vec<(String, String)>,
) {
    let mut walker = WalkBuilder::new(folder);
    walker.standard_filters(!options.no_ignore).require_git(false).follow_links(true).hidden(!options.no_ignore);
    for entry in walker.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                errors.push((error_path(&error).unwrap_or_else(|| shown(folder)), reason(&error)));
                continue;
            }
        };
        let is_manifest = entry.path().extension().and_then(|e| e.to_str()).is_some_and(|e| ENDINGS.contains(&e));
        if !is_manifest || entry.file_type().is_none_or(|t| !t.is_file()) {
            continue;
        }
        let name = shown(entry.path());
        if wanted(&name) {
            found.entry(name.clone()).or_insert(InputFile { name, path: Some(entry.into_path()), named: false });
        }
    }
}

fn globs(texts: &[String]) -> Result<GlobSet, GlobError> {
    let mut set = GlobSetBuilder::new();
    for text in texts {
        // A glob without a folder means that name anywhere.
        let anywhere = if text.contains('/') { text.clone() } else { format!("**/{text}") };
        let glob = |source| GlobError { glob: text.clone(), source };
        set.add(Glob::new(&anywhere).map_err(glob)?);
        set.add(Glob::new(&format!("**/{}", text.trim_start_matches("./").trim_start_matches('/'))).map_err(glob)?);
    }
    set.build().map_err(|source| GlobError { glob: texts.join(", "), source })
}

/// A path as messages show it.
#[must_use]
pub fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").filter(|rest| !rest.is_empty()).map_or(text.clone(), str::to_owned)
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
