//! `plimsoll build`: compiles a bundle to a file, or shows what it compiles to.

use super::build_kubewarden::{metadata, yaml};
use super::build_target::module;
use super::check::policies;
use crate::args::{Build, Emit, Target};
use crate::exit::Exit;
use crate::failure::{Failure, usage};
use crate::io::Io;
use plimsoll::compile::{BuildError, CompileOptions, build, check};
use plimsoll::dsl::hir::show::show;
use plimsoll::engine::program::{bundle, listing};
use plimsoll::load::{Loaded, load};
use std::path::Path;

/// Builds.
pub(crate) fn run(args: &Build, io: &mut Io) -> Result<Exit, Failure> {
    let options = CompileOptions { crds: args.crd.clone(), ..CompileOptions::default() };
    match args.emit {
        Some(Emit::Hir) => io.print(&hir(&args.bundle, &options)?)?,
        Some(Emit::Asm) => io.print(&listing::list(build(&args.bundle, &options)?.program.program()))?,
        None => {
            let built = build(&args.bundle, &options)?;
            let bytes = bundle::encode(built.program.program()).map_err(usage)?;
            let Some(path) = &args.output else { return Err(usage("`--output FILE` says what to write")) };
            let told = (args.target == Target::Kubewarden).then(|| metadata(built.program.program(), &built.schema));
            let bytes = module(args.target, args.runtime.as_deref(), bytes, told.as_ref())?;
            write(path, &bytes)?;
            if let Some(told) = told {
                write(&path.with_file_name("metadata.yml"), yaml(&told).as_bytes())?;
            }
            let policies = policies(built.program.policies.len());
            io.print(&format!("{}: {policies}, {} bytes\n", path.display(), bytes.len()))?;
        }
    }
    Ok(Exit::Good)
}

fn hir(path: &Path, options: &CompileOptions) -> Result<String, Failure> {
    let Loaded::Sources(sources) = load(path).map_err(usage)? else {
        return Err(usage("a compiled bundle has no typed tree"));
    };
    let checked = check(*sources, options)?;
    match &checked.bundle.hir {
        Some(hir) => Ok(show(hir, &checked.bundle.schema)),
        None => Err(BuildError::Wrong(Box::new(checked)).into()),
    }
}

/// Writes a file as a whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    plimsoll::file::write_whole(path, bytes)
        .map_err(|error| usage(format!("`{}` can't be written: {error}", path.display())))
}
