//! `console` blocks: commands in a shell, over the files of their page.
//!
//! Blocks with a path as their second word are files; they stay for the cases below. A page has a folder of its own;
//! commands that begin with `cargo run` run in the root of the project.

use super::{Block, Case, Outcome};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Stands before the output of each command.
const MARK: &str = "\u{1e}";

/// A page and its folder.
#[derive(Debug)]
pub struct Page {
    root: PathBuf,
    folder: PathBuf,
    binary: Option<PathBuf>,
}

impl Page {
    /// A page with an empty folder.
    #[must_use]
    pub fn new(root: &Path, name: &str) -> Page {
        let folder = root.join("target").join("doc-examples").join(name.replace(['/', '.'], "_"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Page { root: root.to_owned(), folder, binary: binary(root) }
    }

    /// Writes the files of a case and runs its commands.
    pub fn case(&mut self, case: &Case, outcome: &mut Outcome) {
        for block in &case.blocks {
            if let Some(path) = block.path() {
                let path = self.folder.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, &block.text).unwrap();
            }
            if block.language == "console" {
                self.console(block, outcome);
            }
        }
    }

    fn console(&self, block: &Block, outcome: &mut Outcome) {
        let Some(binary) = &self.binary else {
            println!("skipped: the program is not built");
            return;
        };
        let commands: Vec<&str> = block.text.lines().filter_map(|l| l.strip_prefix("$ ")).collect();
        let mut script = "exec 2>&1\n".to_owned();
        let mut folder = &self.folder;
        for command in &commands {
            let rest = command.strip_prefix("cargo run --release -- ");
            if rest.is_some() {
                folder = &self.root;
            }
            let command = rest.map_or((*command).to_owned(), |rest| format!("plimsoll {rest}"));
            script.push_str(&format!("status=$?; printf '{MARK}'; (exit $status)\n{command}\n"));
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", binary.parent().unwrap().display());
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(&script).current_dir(folder).env("PATH", path).env("NO_COLOR", "1").env_remove("CI");
        let output = shell.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said: String = commands
            .iter()
            .zip(text.split(MARK).skip(1))
            .map(|(command, out)| format!("$ {command}\n{}", ended(out)))
            .collect();
        outcome.compare(block, &said);
    }
}

/// A text with a line end.
fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// The newest `plimsoll` that was built; none where there is no shell to run it in.
fn binary(root: &Path) -> Option<PathBuf> {
    if !cfg!(unix) {
        return None;
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let found = ["debug", "release"].map(|p| target.join(p).join("plimsoll")).into_iter().filter(|p| p.exists());
    found.max_by_key(|p| p.metadata().and_then(|m| m.modified()).ok())
}
