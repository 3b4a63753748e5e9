//! Which files fixes may write.
//!
//! INVARIANT: a fix never leaves the paths that were named. A link that was met on the way may lead anywhere, and whoever may
//! put a link into a folder could else have any file written; a link that is named itself is what its user means.

use crate::file::what;
use std::path::{Path, PathBuf};

/// Says why a file is left alone, if it is.
pub(super) fn check(file: &Path, named: &[PathBuf]) -> Result<(), String> {
    let unseen = |error: std::io::Error| format!("it can't be found any more: {error}");
    let metadata = std::fs::metadata(file).map_err(unseen)?;
    if !metadata.is_file() {
        return Err(format!("it is {}, which can't be written", what(metadata.file_type())));
    }
    if metadata.permissions().readonly() {
        return Err("it is read-only".to_owned());
    }
    let target = file.canonicalize().map_err(unseen)?;
    let inside = |root: &PathBuf| root.canonicalize().is_ok_and(|root| target.starts_with(root));
    if named.iter().any(inside) {
        Ok(())
    } else {
        Err(format!("it is a link to `{}`, outside of the paths that were named", target.display()))
    }
}
