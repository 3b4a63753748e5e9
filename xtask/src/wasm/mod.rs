//! `cargo xtask wasm [NAME…] [--no-opt] [--make-toolchain]`: builds the WASM modules into `target/wasm/modules`.
//!
//! A module is a line in [`MODULES`]. Paths of the builder are not in the modules, so that the same sources give the same bytes
//! with the same compiler.

mod opt;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::Command;

/// A module to build.
struct Module {
    /// As it is named here.
    name: &'static str,
    /// Its package.
    package: &'static str,
    /// Features of the package.
    features: &'static [&'static str],
    /// The target.
    target: &'static str,
    /// The file that comes out.
    file: &'static str,
    /// The most bytes that it may have, where there is a promise.
    most: Option<u64>,
}

/// All modules.
const MODULES: &[Module] = &[
    // The engine behind an ABI of our own.
    Module {
        name: "plimsoll",
        package: "plimsoll-wasm",
        features: &[],
        target: WASM,
        file: "plimsoll.wasm",
        most: None,
    },
    // The same with the compiler and the built-in policies.
    Module {
        name: "plimsoll-compile",
        package: "plimsoll-wasm",
        features: &["compile"],
        target: WASM,
        file: "plimsoll-full.wasm",
        most: None,
    },
    // OPA's ABI: a template that `plimsoll build --target opa-wasm` puts a bundle into.
    Module {
        name: "opa",
        package: "plimsoll-opa-wasm",
        features: &[],
        target: WASM,
        file: "plimsoll_opa.wasm",
        most: None,
    },
    // Kubewarden's protocol: a template that `plimsoll build --target kubewarden` puts a bundle into.
    Module {
        name: "kubewarden",
        package: "plimsoll-kubewarden",
        features: &[],
        target: WASM,
        file: "plimsoll_kubewarden.wasm",
        most: None,
    },
];

/// The target of modules that get everything from their host.
const WASM: &str = "wasm32-unknown-unknown";

/// The files that come out.
pub(crate) fn files() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|module| module.file)
}

/// The packages with their features and targets.
pub(crate) fn packages() -> impl Iterator<Item = (&'static str, &'static [&'static str], &'static str)> {
    MODULES.iter().map(|module| (module.package, module.features, module.target))
}

/// A command of the active toolchain, free of what other builds are told.
pub(crate) fn command(program: &str) -> Command {
    toolchain::active().command(program)
}

/// Builds modules.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let flag = |name: &str| args.iter().any(|arg| arg == name);
    let names: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    let known = |name: &str| MODULES.iter().any(|module| module.name == name);
    if let Some(name) = names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = MODULES.iter().map(|module| module.name).collect();
        return Err(format!("there is no module `{name}`: {}", all.join(", ")));
    }
    if let Some(arg) = args.iter().find(|a| a.starts_with("--") && *a != "--no-opt" && *a != "--make-toolchain") {
        return Err(format!("`{arg}` is neither --no-opt nor --make-toolchain"));
    }
    let optimize = if flag("--no-opt") { None } else { opt::find() };
    if optimize.is_none() {
        println!("note: without wasm-opt (package `binaryen`) modules are about a tenth larger");
    }
    let out = root.join("target/wasm/modules");
    std::fs::create_dir_all(&out).map_err(|e| format!("{} can't be made: {e}", out.display()))?;
    for module in MODULES.iter().filter(|module| names.is_empty() || names.iter().any(|name| **name == module.name)) {
        let built = build(root, module, flag("--make-toolchain"))?;
        let to = out.join(module.file);
        match &optimize {
            Some(optimize) => opt::run(optimize, &built, &to)?,
            None => {
                std::fs::copy(&built, &to).map(drop).map_err(|e| format!("{} can't be written: {e}", to.display()))?
            }
        }
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
        println!("{}: {} bytes ({} before wasm-opt)", to.display(), size(&to), size(&built));
        if let Some(most) = module.most.filter(|most| optimize.is_some() && size(&to) > *most) {
            return Err(format!("`{}` is larger than {most} bytes", module.file));
        }
    }
    Ok(())
}

/// Builds a module; gives its file.
fn build(root: &Path, module: &Module, make: bool) -> Result<PathBuf, String> {
    let toolchain = toolchain::find(module.target, make)?;
    println!("{}: {} by {}", module.name, module.target, toolchain.shown());
    // A folder of its own: two compilers in one would build each other's parts anew.
    let folder = root.join("target/wasm");
    let mut cargo = toolchain.command("cargo");
    cargo
        .current_dir(root)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root))
        .args(["build", "--quiet", "--profile", "wasm", "--target", module.target, "--package", module.package])
        .arg("--no-default-features")
        .arg(format!("--features={}", module.features.join(",")))
        .arg("--target-dir")
        .arg(&folder);
    status(&mut cargo)?;
    let name = format!("{}.wasm", module.package.replace('-', "_"));
    Ok(folder.join(module.target).join("wasm").join(name))
}

/// Flags of the compiler: no paths of the builder in panic messages.
pub(crate) fn flags(root: &Path) -> String {
    let cargo_home =
        std::env::var("CARGO_HOME").ok().or_else(|| Some(format!("{}/.cargo", std::env::var("HOME").ok()?)));
    let mut flags = vec![format!("--remap-path-prefix={}=/plimsoll", root.display())];
    flags.extend(cargo_home.map(|home| format!("--remap-path-prefix={home}=/cargo")));
    flags.join("\x1f")
}

/// Runs a command that must end well.
pub(crate) fn status(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("`{program}` failed")),
        Err(e) => Err(format!("`{program}` can't be run: {e}")),
    }
}
