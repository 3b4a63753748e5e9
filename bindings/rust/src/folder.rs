//! Folders of policies and definitions: every file of some endings, in byte order of the names.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Endings of files of objects.
pub const ENDINGS: [&str; 4] = ["yaml", "yml", "json", "jsonl"];

/// Folders inside of folders at most.
const MAX_DEPTH: usize = 128;

/// A path as messages show it.
#[must_use]
pub fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").filter(|rest| !rest.is_empty()).map_or(text.clone(), str::to_owned)
}

/// The files below a folder that have one of the endings. What is hidden is left out.
/// A link to a file is one: so a volume of Kubernetes mounts them. A link to a folder may lead anywhere, so it is not followed.
///
/// # Errors
/// The first folder that cannot be read.
pub(crate) fn below(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut found = BTreeSet::new();
    let mut folders = vec![(folder.to_owned(), 0_usize)];
    while let Some((folder, depth)) = folders.pop() {
        let failed = |error| (folder.clone(), error);
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let wanted = path.extension().and_then(|e| e.to_str()).is_some_and(|e| endings.contains(&e));
            if kind.is_dir() {
                if depth >= MAX_DEPTH {
                    return Err(failed(io::Error::other("folders are too deep inside of each other")));
                }
                folders.push((path, depth.saturating_add(1)));
            } else if wanted && (kind.is_file() || kind.is_symlink() && path.is_file()) {
                found.insert((shown(&path), path));
            }
        }
    }
    Ok(found.into_iter().map(|(_, path)| path).collect())
}
