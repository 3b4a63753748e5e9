//! WASM modules of this workspace, and programs that a machine may lack.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// A module that `cargo xtask wasm` builds; nothing, and a line that says so, where it is not built. `PLIMSOLL_WASM` names
/// another folder.
#[must_use]
pub fn module(file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("PLIMSOLL_WASM").map_or_else(|| root().join("target/wasm/modules"), PathBuf::from);
    let path = folder.join(file);
    if !path.is_file() {
        println!("skipped: {file} is not built (cargo xtask wasm)");
        return None;
    }
    Some(path)
}

/// A program of the machine; nothing, and a line that says so, where none of these names can be run.
#[must_use]
pub fn program(names: &[&'static str]) -> Option<&'static str> {
    let runs = |name: &&&str| {
        let mut command = Command::new(name);
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    };
    let found = names.iter().find(runs).copied();
    if found.is_none() {
        println!("skipped: there is no {}", names.first().unwrap());
    }
    found
}
