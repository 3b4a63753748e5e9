//! The policy library, as it stands.

use super::*;
use std::path::Path;

fn collect(dir: &Path, root: &Path, out: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, root, out);
        } else if path.extension().is_some_and(|e| e == "plim") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            out.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn the_library_has_no_errors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stdlib-policies");
    let mut files = vec![];
    for part in ["std", "owasp"] {
        collect(&root.join(part), &root, &mut files);
    }
    assert!(!files.is_empty());
    let (hir, errors) = check_files(&files, Schema::builtin());
    assert!(hir.is_some(), "{errors}");
    if let Some(hir) = hir {
        assert!(!crate::hir::show::show(&hir, Schema::builtin()).is_empty());
    }
}
