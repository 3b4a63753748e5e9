//! Where the corpus is: `PLIMSOLL_CORPUS`. Unset, a test that needs it says so in a line and passes; set but not there,
//! it fails.

use std::path::{Path, PathBuf};

/// A folder of the corpus, or nothing where there is no corpus.
pub(crate) fn folder(part: &str) -> Option<PathBuf> {
    let Ok(root) = std::env::var("PLIMSOLL_CORPUS") else {
        println!("skipped: PLIMSOLL_CORPUS is not set");
        return None;
    };
    let folder = Path::new(&root).join(part);
    assert!(folder.is_dir(), "{} is not there", folder.display());
    Some(folder)
}

/// All files below a folder with one of these endings, in order.
pub(crate) fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut todo = vec![folder.to_owned()];
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
    assert!(!out.is_empty(), "no files in {}", folder.display());
    out
}

/// The name that a file has below a folder.
pub(crate) fn name(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).unwrap().to_string_lossy().into_owned()
}
