//! The built-in library, compiled once for a test binary, and scans with it: what `plimsoll scan` does, without a process.

use plimsoll::compile::{Bundle, CompileOptions, check, compile};
use plimsoll::engine::engine::Engine;
use plimsoll::engine::engine::Setting;
use plimsoll::load::builtin;
use plimsoll::report::Report;
use plimsoll::scan::{Request, Target, scan};
use plimsoll::settings::{Settings, engines};
use std::path::PathBuf;
use std::sync::OnceLock;

/// The built-in library.
#[must_use]
pub fn library() -> &'static Bundle {
    static LIBRARY: OnceLock<Bundle> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let options = CompileOptions::default();
        let checked = check(builtin().unwrap(), &options).unwrap();
        compile(checked, &options).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// The ids of its policies.
pub fn ids() -> impl Iterator<Item = &'static str> {
    library().program.program().policies.iter().map(|policy| policy.id.as_str())
}

/// What a scan is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// `--profile`
    pub profiles: Vec<String>,
    /// `--only`
    pub only: Vec<String>,
    /// `--set`
    pub set: Vec<(String, String)>,
    /// `--complete all`
    pub complete: bool,
    /// `--as-stored`
    pub as_stored: bool,
    /// `--inventory`
    pub inventory: Vec<PathBuf>,
    /// `--old`
    pub old: Vec<PathBuf>,
}

impl Ask {
    /// The engine of it.
    ///
    /// # Errors
    /// What does not fit, in words.
    pub fn engine(&self) -> Result<Engine, String> {
        let mut settings = Settings::default();
        settings.options.profiles = self.profiles.clone();
        settings.options.only = self.only.clone();
        settings.options.params =
            self.set.iter().map(|(name, text)| (name.clone(), Setting::Text(text.clone()))).collect();
        let mut engines = engines(std::slice::from_ref(library()), &settings).map_err(|error| error.to_string())?;
        engines.pop().ok_or_else(|| "no policy is asked for".to_owned())
    }

    /// Scans files with an engine.
    ///
    /// # Errors
    /// What is wrong with the request, in words.
    pub fn scan(&self, engine: &Engine, paths: Vec<PathBuf>) -> Result<Report, String> {
        let request = Request {
            paths,
            inventory: self.inventory.clone(),
            complete: if self.complete { vec!["all".to_owned()] } else { Vec::new() },
            old: self.old.clone(),
            as_stored: self.as_stored,
            jobs: Some(1),
            ..Request::default()
        };
        let target = Target { engine, schema: &library().schema };
        scan(&[target], &request, &|_| {}).map_err(|error| error.to_string())
    }
}
