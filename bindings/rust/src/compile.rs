//! Texts → a program: all diagnostics, or a verified bundle that an engine can run.

use crate::config::{Config, WorkloadTable};
use crate::folder::{ENDINGS, below, shown};
use crate::load::{LoadError, Loaded, Sources, load, std_modules};
use crate::settings::{SettingsError, of_bundle};
use plimsoll_dsl::compile::{self, CompileError, CompiledTest, Query};
use plimsoll_dsl::compiler::{self, Compiler};
use plimsoll_dsl::diagnostic::{Colour, Diagnostic, Level, render_all};
use plimsoll_dsl::schema::{CrdError, Schema};
use plimsoll_dsl::source::SourceMap;
use plimsoll_engine::document::{self, Format, ReadOptions};
use plimsoll_engine::program::bundle::{self, BundleError};
use plimsoll_engine::program::verify::{Verified, verify};
use plimsoll_engine::program::{BundleInfo, KindMatch, WorkloadDef};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a compilation is told beside the texts.
#[derive(Clone, Debug, Default)]
pub struct CompileOptions {
    /// Files or folders of custom resource definitions.
    pub crds: Vec<PathBuf>,
    /// The program can show evidence and count what is passed.
    pub trace: bool,
    /// The tests are compiled too.
    pub tests: bool,
    /// The last `let` of this policy is compiled as an expression too.
    pub query: Option<String>,
}

/// A bundle that was checked.
#[derive(Debug)]
pub struct Checked {
    /// As the user named it.
    pub shown: String,
    /// Its name.
    pub name: String,
    /// Its `plimsoll.toml`.
    pub config: Config,
    /// What the compiler made of it; its diagnostics are only those of the bundle's own texts.
    pub bundle: compiler::Bundle,
    /// The paths of its own texts.
    pub own: BTreeSet<String>,
}

/// A program with what its texts said.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Bundle {
    /// As the user named it.
    pub shown: String,
    /// Its name.
    pub name: String,
    /// Its `plimsoll.toml`, which its program knows as well; the defaults for a compiled bundle.
    pub config: Config,
    /// What is run.
    pub program: Verified,
    /// The function of the expression that was compiled with it.
    pub query: Option<u32>,
    /// Its tests, if they were asked for.
    pub tests: Vec<CompiledTest>,
    /// Its texts and those of `std`; empty for a compiled bundle.
    pub sources: SourceMap,
    /// The paths of its own texts.
    pub own: BTreeSet<String>,
    /// The kinds that it was compiled with.
    pub schema: Schema,
    /// Lints.
    pub warnings: Vec<Diagnostic>,
}

/// Why there is no program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// It cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its texts are wrong.
    #[error("{}", render_all(&.0.bundle.diagnostics, &.0.bundle.sources, Colour::Never))]
    Wrong(Box<Checked>),
    /// It exceeds a limit of the bytecode.
    #[error("`{name}` can't be compiled: {source}")]
    Compile {
        /// The bundle.
        name: String,
        /// Why.
        source: CompileError,
    },
    /// A compiled bundle that is refused.
    #[error("`{path}`: {source}")]
    Refused {
        /// The file.
        path: String,
        /// Why.
        source: BundleError,
    },
    /// Its `plimsoll.toml` says what is none of what is possible.
    #[error(transparent)]
    Settings(Box<SettingsError>),
    /// Custom resource definitions that cannot be used.
    #[error("the custom resource definitions can't be used:\n{}", .0.iter().map(|e| format!("  {e}")).collect::<Vec<_>>().join("\n"))]
    Crds(Vec<CrdProblem>),
    /// A `[[workload]]` that is not right.
    #[error("`[[workload]]` of `{bundle}`: {why}")]
    Workload {
        /// The bundle.
        bundle: String,
        /// What is wrong.
        why: String,
    },
}

/// What is wrong with custom resource definitions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrdProblem {
    /// A file cannot be read.
    #[error("{0}")]
    File(String),
    /// A definition.
    #[error(transparent)]
    Crd(CrdError),
}

/// Loads a bundle and makes its program.
///
/// # Errors
/// All that is wrong with it.
pub fn build(path: &Path, options: &CompileOptions) -> Result<Bundle, BuildError> {
    match load(path)? {
        Loaded::Sources(sources) => compile(check(*sources, options)?, options),
        Loaded::Compiled { shown, bytes } => {
            let schema = schema(&Config::default(), None, options)?;
            compiled(shown, &bytes, schema)
        }
    }
}

/// A program from a compiled bundle.
///
/// # Errors
/// If it does not verify.
pub fn compiled(shown: String, bytes: &[u8], schema: Schema) -> Result<Bundle, BuildError> {
    let program = bundle::decode(bytes).map_err(|source| BuildError::Refused { path: shown.clone(), source })?;
    Ok(Bundle {
        shown,
        name: program.bundle.name.clone(),
        config: Config::default(),
        program,
        query: None,
        tests: Vec::new(),
        sources: SourceMap::default(),
        own: BTreeSet::new(),
        schema,
        warnings: Vec::new(),
    })
}

/// Parses and checks the texts of a bundle, `std` beside it. What is wrong with them is in the result.
///
/// # Errors
/// If custom resource definitions or `[[workload]]` entries cannot be used.
pub fn check(sources: Sources, options: &CompileOptions) -> Result<Checked, BuildError> {
    let schema = schema(&sources.config, sources.root.as_deref(), options)?;
    let mut compiler = Compiler::new(schema);
    for file in &sources.files {
        compiler.add(file.shown.clone(), Some(file.path.clone()), file.text.clone());
    }
    let own: Vec<Option<&str>> = sources.files.iter().map(|file| module(&file.text)).collect();
    for (path, text) in std_modules() {
        // A bundle that has a module of `std` (the library itself, while it is written) means its own.
        if !own.contains(&module(text)) {
            compiler.add(path, Some(path.into()), text);
        }
    }
    for workload in &sources.config.workloads {
        let (api_version, kind, _) = parts(workload, &sources.name)?;
        compiler = compiler.workload(api_version, kind);
    }
    if let Some(root) = sources.root {
        compiler = compiler.files(move |module, file| beside(&root, module, file));
    }
    let mut bundle = compiler.check();
    let count = own.len();
    // Lints of the library are the library's.
    bundle.diagnostics.retain(|d| d.level == Level::Error || (d.span().source.0 as usize) < count);
    let own = sources.files.iter().map(|file| file.shown.to_string()).collect();
    Ok(Checked { own, shown: sources.shown, name: sources.name, config: sources.config, bundle })
}

/// Makes the program of a bundle that was checked.
///
/// # Errors
/// What is wrong with its texts, or a limit that it exceeds.
pub fn compile(checked: Checked, options: &CompileOptions) -> Result<Bundle, BuildError> {
    let Some(hir) = &checked.bundle.hir else { return Err(BuildError::Wrong(Box::new(checked))) };
    let mut workloads = Vec::new();
    for workload in &checked.config.workloads {
        workloads.push(definition(workload, &checked.name)?);
    }
    let settings = compile::Options {
        bundle: BundleInfo {
            name: checked.name.clone(),
            version: checked.config.version.clone().unwrap_or_default(),
            default_profile: checked.config.default.clone(),
        },
        trace: options.trace,
        tests: options.tests,
        query: options.query.as_ref().and_then(|policy| Query::of_policy(hir, policy)),
        workloads,
    };
    let own = of_bundle(&checked.config).map_err(|error| BuildError::Settings(Box::new(error)))?;
    let mut hir = hir.clone();
    plimsoll_dsl::optimize::optimize(&mut hir);
    let compiler::Bundle { schema, sources, diagnostics, .. } = checked.bundle;
    let failed = |source| BuildError::Compile { name: checked.shown.clone(), source };
    let compile::Compiled { mut program, tests, query } =
        compile::compile(&hir, &schema, &sources, &settings).map_err(failed)?;
    program.settings = own;
    let program =
        verify(program).map_err(|error| BuildError::Refused { path: checked.shown.clone(), source: error.into() })?;
    Ok(Bundle {
        shown: checked.shown,
        name: checked.name,
        config: checked.config,
        program,
        query,
        tests,
        sources,
        own: checked.own,
        schema,
        warnings: diagnostics,
    })
}

/// The module that a text says it is.
fn module(text: &str) -> Option<&str> {
    let line = text.lines().map(str::trim).find(|line| line.starts_with("module "))?;
    line.strip_prefix("module ").map(str::trim)
}

/// A file beside a module, as long as it lies in the bundle's folder.
fn beside(root: &Path, module: &str, file: &str) -> Option<Arc<str>> {
    let path = root.join(module).parent()?.join(file);
    let (path, root) = (path.canonicalize().ok()?, root_of(root)?);
    path.starts_with(&root).then(|| crate::load::text(&path).ok()).flatten()
}

fn root_of(root: &Path) -> Option<PathBuf> {
    if root.as_os_str().is_empty() { std::env::current_dir().ok() } else { root.canonicalize().ok() }
}

/// `argoproj.io/v1alpha1/Rollout` and `/spec/template` in parts.
fn parts<'w>(workload: &'w WorkloadTable, bundle: &str) -> Result<(&'w str, &'w str, Vec<String>), BuildError> {
    let wrong = |why: String| BuildError::Workload { bundle: bundle.to_owned(), why };
    let (api_version, kind) = workload
        .kind
        .rsplit_once('/')
        .ok_or_else(|| wrong(format!("`kind = \"{}\"` is not `group/version/Kind`", workload.kind)))?;
    let template = document::pointer::steps(&workload.pod)
        .ok_or_else(|| wrong(format!("`pod = \"{}\"` is not a JSON pointer such as `/spec/template`", workload.pod)))?;
    Ok((api_version, kind, template))
}

/// A `[[workload]]` entry as programs and engines have it.
///
/// # Errors
/// If its kind or pointer is not one.
pub fn definition(workload: &WorkloadTable, bundle: &str) -> Result<WorkloadDef, BuildError> {
    let (api_version, kind, template) = parts(workload, bundle)?;
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let kind = KindMatch { kind: kind.to_owned(), group: group.to_owned(), old_groups: Vec::new() };
    Ok(WorkloadDef { kind, template })
}

/// Kubernetes' kinds, and those of custom resource definitions.
///
/// # Errors
/// Everything that is wrong with the definitions.
pub fn schema(config: &Config, root: Option<&Path>, options: &CompileOptions) -> Result<Schema, BuildError> {
    let beside = |file: &String| root.map_or_else(|| PathBuf::from(file), |root| root.join(file));
    let paths: Vec<PathBuf> = config.crds.iter().map(beside).chain(options.crds.iter().cloned()).collect();
    let builtin = Schema::builtin();
    if paths.is_empty() {
        return Ok(builtin.clone());
    }
    let mut problems = Vec::new();
    let definitions = definitions(&paths, &mut problems);
    let schema = builtin.with_crds(&definitions);
    match schema {
        Ok(schema) if problems.is_empty() => Ok(schema),
        Ok(_) => Err(BuildError::Crds(problems)),
        Err(errors) => {
            problems.extend(errors.into_iter().map(CrdProblem::Crd));
            Err(BuildError::Crds(problems))
        }
    }
}

fn definitions(paths: &[PathBuf], problems: &mut Vec<CrdProblem>) -> Vec<serde_json::Value> {
    let mut found = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        match path.is_dir().then(|| below(path, &ENDINGS)) {
            None => files.push(path.clone()),
            Some(Ok(found)) => files.extend(found),
            Some(Err((folder, why))) => problems.push(CrdProblem::File(format!("{}: {why}", shown(&folder)))),
        }
    }
    for path in &files {
        let bytes = match crate::load::read(path, 64 << 20) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.push(CrdProblem::File(error.to_string()));
                continue;
            }
        };
        let name = shown(path);
        let options = ReadOptions { format: Format::of_path(&name), ..ReadOptions::default() };
        let read = document::read(&name, &bytes, &options);
        problems.extend(read.errors.iter().map(|error| CrdProblem::File(error.to_string())));
        for document in &read.documents {
            let roots = document::objects(document);
            let crds = roots.iter().filter(|root| root.kind == "CustomResourceDefinition");
            found.extend(crds.map(|root| with_kind(document.to_json(root.node), root)));
        }
    }
    found
}

/// The items of a typed list say neither `kind` nor `apiVersion`.
fn with_kind(mut value: serde_json::Value, root: &document::Root<'_>) -> serde_json::Value {
    if let Some(members) = value.as_object_mut() {
        members.entry("kind").or_insert_with(|| root.kind.as_ref().into());
        members.entry("apiVersion").or_insert_with(|| root.api_version.as_ref().into());
    }
    value
}
