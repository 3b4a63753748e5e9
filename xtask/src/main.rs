//! Set-up, tests and generated files: `cargo run -p xtask -- TASK`.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test may panic"
    )
)]

mod dist;
mod fuzz;
#[cfg(feature = "schema")]
mod schema;
mod test;
mod wasm;

use std::path::Path;
use std::process::Command;
use std::process::ExitCode;

/// Runs the task that the arguments name.
fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.first().map(String::as_str) {
        Some("schema") => schema_task(args.get(1..).unwrap_or_default()),
        Some("test") => test::run(root(), args.get(1..).unwrap_or_default()),
        Some("bless") => bless(),
        Some("fuzz") => fuzz::run(root(), args.get(1..).unwrap_or_default()),
        Some("wasm") => wasm::run(root(), args.get(1..).unwrap_or_default()),
        Some("dist") => dist::run(root(), args.get(1..).unwrap_or_default()),
        _ => {
            Err("usage: cargo xtask test [ARGS of cargo test] | bless | dist [PART…] | fuzz [SECONDS [TARGET…]] | schema [--check] | \
             wasm [NAME…] [--no-opt] [--make-toolchain]"
                .to_owned())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Rewrites the snapshots in the Markdown specifications, and the pages that are made.
fn bless() -> Result<(), String> {
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    cargo.current_dir(root()).env("PLIMSOLL_BLESS", "1").args([
        "test",
        "--package",
        "plimsoll-tests",
        "--test",
        "language",
        "--test",
        "made",
    ]);
    match cargo.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("some cases have no output to put down".to_owned()),
        Err(e) => Err(format!("cargo can't be run: {e}")),
    }
}

/// The root of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Writes the table of Kubernetes types, or checks it.
#[cfg(feature = "schema")]
fn schema_task(args: &[String]) -> Result<(), String> {
    schema::run(root(), args.iter().any(|a| a == "--check"))
}

/// The same in a build with `k8s-openapi`, which takes minutes and so is no part of the usual one.
#[cfg(not(feature = "schema"))]
fn schema_task(args: &[String]) -> Result<(), String> {
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    cargo.current_dir(root()).args(["run", "--quiet", "--package", "xtask", "--features", "schema", "--", "schema"]);
    match cargo.args(args).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("`xtask schema` failed".to_owned()),
        Err(e) => Err(format!("cargo can't be run: {e}")),
    }
}
