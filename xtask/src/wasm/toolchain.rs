//! Which toolchain builds for a wasm target: the active one, one by its path, or one that a script makes.
//!
//! A toolchain is asked for its `std` before it is used; else users would read "can't find crate for `std`".

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The script that makes a toolchain on Debian, where rustup cannot download the target.
const SCRIPT: &str = include_str!("toolchain.sh");
/// What the script makes, below the folder of caches.
const FOLDER: &str = "wasm-toolchain-1.96.0";
/// Names the folder of a toolchain (one with `bin` and `lib`) that has the target.
const VARIABLE: &str = "WASM_TOOLCHAIN";
/// What would make one toolchain build with parts of another.
const FOREIGN: [&str; 8] = [
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
];

/// A toolchain: the active one, or one by its path.
#[derive(Clone, Debug)]
pub(super) struct Toolchain(Option<PathBuf>);

impl Toolchain {
    /// A command of the toolchain, free of what other builds are told.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        FOREIGN.iter().for_each(|name| {
            command.env_remove(name);
        });
        // The variables of the cargo that runs this task are not those of another.
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")).for_each(
            |(name, _)| {
                command.env_remove(name);
            },
        );
        if let Some(path) = &self.0 {
            command.env("RUSTUP_TOOLCHAIN", path).env_remove("CARGO");
        }
        command
    }

    /// True if it has a `std` for a target.
    fn has_std(&self, target: &str) -> bool {
        let mut rustc = self.command("rustc");
        let out = rustc.args(["--print", "target-libdir", "--target", target]).stderr(Stdio::null()).output();
        let Ok(out) = out.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()) else { return false };
        // The folder is named also if it is not there.
        let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut libraries = names.filter(|name| name.starts_with("libstd-") && name.ends_with(".rlib"));
        libraries.next().is_some()
    }

    /// In words.
    pub(super) fn shown(&self) -> String {
        self.0.as_ref().map_or_else(|| "the active toolchain".to_owned(), |path| path.display().to_string())
    }
}

/// The toolchain that is used where no other is named.
pub(super) fn active() -> Toolchain {
    Toolchain(None)
}

/// A toolchain that builds for a target; `make`: one may be made by the script.
pub(super) fn find(target: &str, make: bool) -> Result<Toolchain, String> {
    let active = Toolchain(None);
    if active.has_std(target) {
        return Ok(active);
    }
    let cached = cache().map(|cache| cache.join(FOLDER));
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    let by_path = named.clone().or_else(|| cached.as_ref().map(|folder| folder.join("usr")));
    if let Some(path) = by_path.filter(|path| path.join("bin").is_dir()) {
        let other = Toolchain(Some(path));
        if other.has_std(target) {
            return Ok(other);
        }
    }
    match cached.filter(|folder| make && named.is_none() && !folder.exists()) {
        Some(folder) => {
            run_script(&folder, target)?;
            let made = Toolchain(Some(folder.join("usr")));
            if made.has_std(target) {
                Ok(made)
            } else {
                Err(format!("the toolchain in {} lacks {target}", folder.display()))
            }
        }
        None => Err(format!(
            "no toolchain here builds for {target}: run `rustup target add {target}`, or `cargo xtask wasm --make-toolchain` \
             (Debian), or name one with {VARIABLE}"
        )),
    }
}

fn cache() -> Option<PathBuf> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    given.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")))
}

fn run_script(folder: &Path, target: &str) -> Result<(), String> {
    println!("making a toolchain for {target} in {} (some minutes)", folder.display());
    let parent = folder.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(|e| format!("{} can't be made: {e}", parent.display()))?;
    let mut bash = Toolchain(None).command("bash");
    bash.args(["-c", SCRIPT, "toolchain.sh"]).arg(folder).arg(target);
    match bash.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("the toolchain can't be made; `rustup target add {target}` is the other way")),
        Err(e) => Err(format!("bash can't be run: {e}")),
    }
}
