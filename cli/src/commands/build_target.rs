//! `plimsoll build --target`: a compiled bundle and the engine in one WebAssembly module.

use super::build_kubewarden::SECTION;
use crate::args::Target;
use crate::failure::{Failure, usage};
use plimsoll::embed::{EmbedOptions, attach, embed, is_template};
use std::path::{Path, PathBuf};

/// The folder that has the modules, in the environment.
const FOLDER: &str = "PLIMSOLL_WASM";

/// The file of a target's module without a bundle.
fn file(target: Target) -> Option<&'static str> {
    match target {
        Target::Plb => None,
        Target::Wasm => Some("plimsoll.wasm"),
        Target::OpaWasm => Some("plimsoll_opa.wasm"),
        Target::Kubewarden => Some("plimsoll_kubewarden.wasm"),
    }
}

/// What is written for a target; `told` is what a policy server has to know of the module.
pub(super) fn module(
    target: Target,
    runtime: Option<&Path>,
    bundle: Vec<u8>,
    told: Option<&serde_json::Value>,
) -> Result<Vec<u8>, Failure> {
    let Some(file) = file(target) else { return Ok(bundle) };
    let path = find(file, runtime)?;
    let shown = path.display();
    let template = std::fs::read(&path).map_err(|error| usage(format!("`{shown}` can't be read: {error}")))?;
    let module = match target {
        // The module that loads bundles at run time has one more section; its host hands it over.
        Target::Wasm if !is_template(&template) => attach(&template, &bundle),
        Target::OpaWasm => embed(&template, &bundle, &EmbedOptions::opa()),
        _ => {
            let options = EmbedOptions::default();
            let section = told.map(|told| options.clone().section(SECTION, told.to_string()));
            embed(&template, &bundle, &section.unwrap_or(options))
        }
    };
    module.map_err(|error| usage(format!("`{shown}`: {error}")))
}

/// The module without a bundle: as it is given, in the folder of the environment, beside the command, or where the sources of
/// the command put it.
fn find(file: &str, runtime: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = runtime {
        return Ok(path.to_owned());
    }
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Ok(Path::new(&folder).join(file));
    }
    let command = std::env::current_exe().and_then(std::fs::canonicalize).unwrap_or_default();
    let beside = command.parent().and_then(Path::parent).map(|prefix| prefix.join("lib/plimsoll"));
    let above = command.ancestors().skip(1).map(|folder| folder.join("target/wasm/modules"));
    let mut places = beside.into_iter().chain(above).map(|folder| folder.join(file));
    places.find(|path| path.is_file()).ok_or_else(|| {
        usage(format!(
            "`{file}`, the engine as a module, is not here. It comes with a release, in `lib/plimsoll`, or from the sources \
             with `cargo xtask wasm`; `--runtime FILE` or {FOLDER} (its folder) says where it is"
        ))
    })
}
