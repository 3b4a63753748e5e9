//! `cargo xtask dist [PART…]`: the files of a release, into `target/dist`.
//!
//! A part is a row in [`PARTS`]. With them come LICENSE and NOTICE, the list of what is inside (CycloneDX) and SHA256SUMS.
//!
//! INVARIANT: the same sources, compiler and tools give the same bytes: no time, path or name of the builder is in a file.

mod archive;
mod sbom;

use crate::wasm;
use archive::{Packed, folder, sha256, tar_gz};
use sbom::Tree;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the release: its name and bytes.
type File = (String, Vec<u8>);

/// Something that is released.
struct Part {
    /// As it is named on the command line.
    name: &'static str,
    /// Makes its files.
    make: fn(&Release<'_>) -> Result<Vec<File>, String>,
}

/// All parts. (What is linked into them is asked of [`packages`].)
const PARTS: &[Part] = &[
    // The command, and the modules that it puts bundles into, where it looks for them.
    Part { name: "cli", make: cli },
    // The built-in policies, for hosts that do not compile.
    Part { name: "policies", make: policies },
    // The modules by themselves.
    Part { name: "wasm", make: modules },
    // The package of Node and browsers.
    Part { name: "npm", make: npm },
];

/// A package as it is built for the release: name, features besides the default ones, target.
struct Package {
    name: &'static str,
    features: Vec<&'static str>,
    default_features: bool,
    target: String,
}

/// The version of the workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Features of the command.
const CLI_FEATURES: [&str; 1] = ["extensions"];

/// What all parts know.
struct Release<'r> {
    root: &'r Path,
    /// `x86_64-unknown-linux-gnu`
    target: String,
}

/// Makes a release.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let known = |name: &String| PARTS.iter().any(|part| part.name == name);
    if let Some(name) = args.iter().find(|name| !known(name)) {
        let all: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        return Err(format!("there is no part `{name}`: {}", all.join(", ")));
    }
    let release = Release { root, target: host()? };
    let mut files = Vec::new();
    for part in PARTS.iter().filter(|part| args.is_empty() || args.iter().any(|arg| arg == part.name)) {
        println!("{}:", part.name);
        files.extend((part.make)(&release).map_err(|why| format!("part `{}`: {why}", part.name))?);
    }
    for name in ["LICENSE", "NOTICE"] {
        files.push((name.to_owned(), read(&root.join(name))?));
    }
    files.push(inside(&release)?);
    files.sort();
    let sums: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes))).collect();
    files.push(("SHA256SUMS".to_owned(), sums.into_bytes()));
    write(&root.join("target/dist"), &files)
}

/// Writes the files of a release in the place of another.
fn write(to: &Path, files: &[File]) -> Result<(), String> {
    let cannot = |e: std::io::Error| format!("{} can't be written: {e}", to.display());
    if to.exists() {
        std::fs::remove_dir_all(to).map_err(cannot)?;
    }
    std::fs::create_dir_all(to).map_err(cannot)?;
    for (name, bytes) in files {
        std::fs::write(to.join(name), bytes).map_err(cannot)?;
        println!("{:>12} {}", bytes.len(), to.join(name).display());
    }
    Ok(())
}

// ---- parts ---------------------------------------------------------------------------------------------------

fn cli(release: &Release<'_>) -> Result<Vec<File>, String> {
    let name = format!("plimsoll-{VERSION}-{}", release.target);
    let program = release.build_cli()?;
    let mut files = vec![Packed::read(&format!("{name}/bin/{}", binary()), &program, true)?];
    files.extend(folder(&format!("{name}/lib/plimsoll"), &release.modules()?)?.into_iter().filter(is_module));
    files.extend(release.texts(&name, &["README.md", "CHANGELOG.md"])?);
    Ok(vec![(format!("{name}.tar.gz"), tar_gz(files)?)])
}

fn policies(release: &Release<'_>) -> Result<Vec<File>, String> {
    let out = release.root.join("target/native/owasp.plb");
    wasm::status(Command::new(release.build_cli()?).args(["build", "owasp", "-o"]).arg(&out))?;
    Ok(vec![(format!("owasp-{VERSION}.plb"), read(&out)?)])
}

fn modules(release: &Release<'_>) -> Result<Vec<File>, String> {
    let name = format!("plimsoll-wasm-{VERSION}");
    let mut files: Vec<Packed> = folder(&name, &release.modules()?)?.into_iter().filter(is_module).collect();
    files.extend(release.texts(&name, &["bindings/wasm/README.md"])?);
    Ok(vec![(format!("{name}.tar.gz"), tar_gz(files)?)])
}

fn npm(release: &Release<'_>) -> Result<Vec<File>, String> {
    let mut node = Command::new("node");
    node.current_dir(release.root).arg("bindings/npm/tools/stage.mjs").env("PLIMSOLL_WASM", release.modules()?);
    let said = output(&mut node)?;
    let path = PathBuf::from(said.lines().last().unwrap_or_default());
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(vec![(name.ok_or("stage.mjs names no tarball")?, read(&path)?)])
}

/// Modules of `wasm::MODULES` alone: the folder may hold older ones.
fn is_module(file: &Packed) -> bool {
    wasm::files().any(|name| file.path.rsplit('/').next() == Some(name))
}

impl Release<'_> {
    /// Builds the command; gives its file.
    fn build_cli(&self) -> Result<PathBuf, String> {
        let folder = self.root.join("target/native");
        let mut cargo = wasm::command("cargo");
        cargo
            .current_dir(self.root)
            .env("CARGO_ENCODED_RUSTFLAGS", wasm::flags(self.root))
            .args(["build", "--quiet", "--release", "--locked", "--config", "profile.release.strip=\"symbols\""])
            .args(["--package", "plimsoll-cli"])
            .arg(format!("--features={}", CLI_FEATURES.join(",")))
            .arg("--target-dir")
            .arg(&folder);
        wasm::status(&mut cargo)?;
        Ok(folder.join("release").join(binary()))
    }

    /// The folder of the modules: that of `PLIMSOLL_WASM`, else they are built.
    fn modules(&self) -> Result<PathBuf, String> {
        let folder = match std::env::var_os("PLIMSOLL_WASM") {
            Some(folder) => PathBuf::from(folder),
            None => {
                wasm::run(self.root, &[])?;
                self.root.join("target/wasm/modules")
            }
        };
        match wasm::files().find(|name| !folder.join(name).is_file()) {
            Some(name) => Err(format!("there is no {name} in {}", folder.display())),
            None => Ok(folder),
        }
    }

    /// LICENSE, NOTICE and these texts, for an archive.
    fn texts(&self, name: &str, paths: &[&str]) -> Result<Vec<Packed>, String> {
        let all = ["LICENSE", "NOTICE"].iter().chain(paths);
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        all.map(|path| Packed::read(&format!("{name}/{}", last(path)), &self.root.join(path), false)).collect()
    }
}

// ---- what is inside ------------------------------------------------------------------------------------------

/// Packages that are linked into files of the release.
fn packages(target: &str) -> Vec<Package> {
    let mut packages = vec![Package {
        name: "plimsoll-cli",
        features: CLI_FEATURES.to_vec(),
        default_features: true,
        target: target.to_owned(),
    }];
    packages.extend(wasm::packages().map(|(name, features, target)| Package {
        name,
        features: features.to_vec(),
        default_features: false,
        target: target.to_owned(),
    }));
    packages
}

fn inside(release: &Release<'_>) -> Result<File, String> {
    let mut tree = Tree::default();
    for package in packages(&release.target) {
        let mut cargo = wasm::command("cargo");
        cargo.current_dir(release.root).args(["tree", "--locked", "--edges", "normal,no-proc-macro"]);
        cargo.args(["--prefix", "depth", "--format", sbom::FORMAT, "--package", package.name]);
        if !package.default_features {
            cargo.arg("--no-default-features");
        }
        cargo.arg(format!("--features={}", package.features.join(","))).args(["--target", &package.target]);
        tree.add(&output(&mut cargo)?)?;
    }
    let lock = String::from_utf8_lossy(&read(&release.root.join("Cargo.lock"))?).into_owned();
    // Sources without a history have no time.
    let time = output(Command::new("git").current_dir(release.root).args(["log", "-1", "--format=%cI"])).ok();
    let list = tree.cyclonedx(VERSION, &lock, time.as_deref().map(str::trim))?;
    println!("{} crates of others are inside", tree.foreign());
    let text = serde_json::to_string_pretty(&list).map_err(|e| e.to_string())?;
    Ok((format!("plimsoll-{VERSION}.cdx.json"), format!("{text}\n").into_bytes()))
}

// ---- helpers -------------------------------------------------------------------------------------------------

fn binary() -> String {
    format!("plimsoll{}", std::env::consts::EXE_SUFFIX)
}

/// The target that this machine builds for.
fn host() -> Result<String, String> {
    let said = output(wasm::command("rustc").arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc names no host".to_owned())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("{} can't be read: {e}", path.display()))
}

/// What a program says that ends well.
fn output(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| format!("`{program}` can't be run: {e}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`{program}` failed: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a list against the schema of CycloneDX, whose files name each other by their last part.
    const VALIDATE: &str = "
import json, pathlib, sys
import jsonschema, referencing
folder = pathlib.Path(sys.argv[1])
load = lambda name: json.loads((folder / name).read_text())
names = ['spdx.schema.json', 'jsf-0.82.schema.json']
registry = referencing.Registry().with_resources(
    (key, referencing.Resource.from_contents(load(name)))
    for name in names for key in (name, 'http://cyclonedx.org/schema/' + name))
validator = jsonschema.Draft7Validator(load('bom-1.6.schema.json'), registry=registry)
list = json.load(sys.stdin)
errors = [f'{e.json_path}: {e.message}' for e in validator.iter_errors(list)]
print(len(list['components']), 'components;', '; '.join(errors) or 'valid')
del list['components'][0]['name']
assert any(True for _ in validator.iter_errors(list))
";

    #[test]
    fn the_list_of_what_is_inside_keeps_its_schema() {
        let Some(corpus) = std::env::var_os("PLIMSOLL_CORPUS") else {
            println!("skipped: PLIMSOLL_CORPUS is not set");
            return;
        };
        let schemas = PathBuf::from(corpus).join("formats/schemas/cyclonedx-specification/schema");
        let release = Release { root: crate::root(), target: host().unwrap() };
        let (name, text) = inside(&release).unwrap();
        assert_eq!(name, format!("plimsoll-{VERSION}.cdx.json"));
        assert_eq!(inside(&release).unwrap().1, text);
        let mut python = Command::new("python3");
        python.args(["-c", VALIDATE]).arg(schemas).stdin(std::process::Stdio::piped());
        let child = python.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
        let Ok(mut child) = child else {
            println!("skipped: there is no python3");
            return;
        };
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), &text).ok();
        let output = child.wait_with_output().unwrap();
        let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if why.contains("ModuleNotFoundError") {
            println!("skipped: python3 has no jsonschema");
            return;
        }
        assert!(output.status.success() && said.trim().ends_with("components; valid"), "{said}{why}");
    }

    #[test]
    fn parts_that_are_not_there_are_told() {
        let error = run(crate::root(), &["clii".to_owned()]).unwrap_err();
        assert!(error.starts_with("there is no part `clii`: cli, "), "{error}");
    }
}
