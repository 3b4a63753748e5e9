//! Settings of a host that has files: a configuration, exceptions, `data`.

use super::tables::{add_config, exception_of};
use super::{SettingsError, engines_of, symbols};
use crate::compile::Bundle;
use crate::config::{Config, ExceptionTable};
use plimsoll_engine::document::{self, Document, Format, ReadOptions};
use plimsoll_engine::engine::{Engine, EngineOptions};
use plimsoll_engine::program::Program;
use plimsoll_engine::program::verify::Verified;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest document of `data`: what the limits of a document let through.
const MAX_DATA: u64 = 64 << 20;

/// What a host says, for all bundles.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What engines are told as it stands; names are split by bundle.
    pub options: EngineOptions,
    /// The configuration of the host.
    pub config: Option<Config>,
    /// More exceptions, of files of their own.
    pub exceptions: Vec<ExceptionTable>,
    /// Files of `data`, by name.
    pub data: Vec<(String, PathBuf)>,
}

/// One engine for each bundle that has a say, in their order.
///
/// # Errors
/// The first thing that does not fit.
pub fn engines(bundles: &[Bundle], settings: &Settings) -> Result<Vec<Engine>, SettingsError> {
    let programs: Vec<&Verified> = bundles.iter().map(|bundle| &bundle.program).collect();
    engines_of(&programs, |index| match bundles.get(index) {
        Some(bundle) => options(bundle, settings),
        None => Ok(EngineOptions::default()),
    })
}

/// What the engine of a bundle is told; its program knows by itself what the bundle's `plimsoll.toml` says.
///
/// # Errors
/// The first thing that does not fit.
pub fn options(bundle: &Bundle, settings: &Settings) -> Result<EngineOptions, SettingsError> {
    let mut options = settings.options.clone();
    if let Some(config) = &settings.config {
        add_config(&mut options, config)?;
    }
    for exception in &settings.exceptions {
        options.exceptions.push(exception_of(exception)?);
    }
    for (name, path) in &settings.data {
        options.data.push((name.clone(), data(name, path, bundle.program.program())?));
    }
    Ok(options)
}

/// A document for `data`, read with the names of the program.
fn data(name: &str, path: &Path, program: &Program) -> Result<Arc<Document>, SettingsError> {
    let shown = crate::folder::shown(path);
    let wrong = |why: String| SettingsError::Data { name: name.to_owned(), path: shown.clone(), why };
    let bytes = crate::file::read(path, MAX_DATA).map_err(|error| wrong(error.to_string()))?;
    let options = ReadOptions { format: Format::of_path(&shown), symbols: symbols(program), ..ReadOptions::default() };
    let read = document::read(&shown, &bytes, &options);
    if let Some(error) = read.errors.first() {
        return Err(wrong(error.to_string()));
    }
    match &read.documents[..] {
        [document] => Ok(document.clone()),
        // JSON Lines, or a stream: a list.
        several => {
            let values: Vec<serde_json::Value> = several.iter().map(|d| d.to_json(document::NodeId::ROOT)).collect();
            let list = serde_json::Value::Array(values);
            let document = Document::from_value(&shown, &list, document::Limits::default(), &options.symbols);
            document.map(Arc::new).map_err(|error| wrong(error.message))
        }
    }
}
