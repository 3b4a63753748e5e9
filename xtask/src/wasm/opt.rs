//! `wasm-opt` of binaryen, where it is installed.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// Names another `wasm-opt`.
const VARIABLE: &str = "WASM_OPT";

/// What the compiler may use. Older versions of `wasm-opt` do not read it from the module.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-multivalue",
    "--enable-reference-types",
];

/// The program, if it is there.
pub(super) fn find() -> Option<OsString> {
    let name = std::env::var_os(VARIABLE).unwrap_or_else(|| "wasm-opt".into());
    let mut version = Command::new(&name);
    version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success()).then_some(name)
}

/// Makes a module smaller.
pub(super) fn run(program: &OsString, from: &Path, to: &Path) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(["-Oz", "--strip-debug", "--strip-producers"]).args(FEATURES);
    super::status(command.arg(from).arg("-o").arg(to))
}
