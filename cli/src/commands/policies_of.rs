//! Which policies a command is about, and what they are told: bundles, the configuration file, parameters.

use crate::args::{SeverityArg, Which};
use crate::failure::{Failure, usage};
use plimsoll::compile::{Bundle, CompileOptions, build};
use plimsoll::config::Config;
use plimsoll::engine::decision::Severity;
use plimsoll::engine::engine::Setting;
use plimsoll::engine::extension::native::Natives;
use plimsoll::engine::program::Program;
use plimsoll::load::BUILTIN;
use plimsoll::session::Session;
use plimsoll::settings::Settings;
use std::path::{Path, PathBuf};

impl From<SeverityArg> for Severity {
    fn from(arg: SeverityArg) -> Self {
        match arg {
            SeverityArg::Info => Severity::Info,
            SeverityArg::Low => Severity::Low,
            SeverityArg::Medium => Severity::Medium,
            SeverityArg::High => Severity::High,
            SeverityArg::Critical => Severity::Critical,
        }
    }
}

/// A configuration and the folder that its paths begin at.
#[derive(Debug, Default)]
pub(crate) struct Configured {
    /// What it says.
    pub(crate) config: Option<Config>,
    /// Its folder.
    pub(crate) folder: PathBuf,
}

impl Configured {
    /// A path of the configuration.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Its `[scan]` table, or an empty one.
    pub(crate) fn scan(&self) -> plimsoll::config::ScanTable {
        self.config.as_ref().and_then(|c| c.scan.clone()).unwrap_or_default()
    }
}

/// The file that was named, else the nearest `plimsoll.toml` upwards that has a `[scan]` table.
pub(crate) fn configuration(named: Option<&Path>) -> Result<Configured, Failure> {
    if let Some(path) = named {
        let config = read_config(path)?;
        return Ok(Configured { config: Some(config), folder: path.parent().map(Path::to_owned).unwrap_or_default() });
    }
    let Ok(here) = std::env::current_dir() else { return Ok(Configured::default()) };
    for folder in here.ancestors() {
        let path = folder.join("plimsoll.toml");
        if !path.is_file() {
            continue;
        }
        let config = read_config(&path)?;
        if config.scan.is_some() {
            // Paths of a file that stands here are shown as they are written.
            let folder = if folder == here { PathBuf::new() } else { folder.to_owned() };
            return Ok(Configured { config: Some(config), folder });
        }
    }
    Ok(Configured::default())
}

pub(crate) fn read_config(path: &Path) -> Result<Config, Failure> {
    Config::read(path).map_err(usage)
}

/// Where bundles stand by the configuration; the built-in library where it says nothing.
pub(crate) fn configured_paths(configured: &Configured) -> Vec<PathBuf> {
    let scan = configured.scan();
    let of = |p: &String| if p == BUILTIN { p.into() } else { configured.path(p) };
    let paths: Vec<PathBuf> = scan.policies.iter().map(of).collect();
    if paths.is_empty() { vec![BUILTIN.into()] } else { paths }
}

/// Where the bundles of a command stand: those that are named, else what a scan would take.
pub(crate) fn paths(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if named.is_empty() { Ok(configured_paths(&configuration(None)?)) } else { Ok(named.to_vec()) }
}

/// A session over the bundles that are named, else over those of the configuration, with what it says of them.
pub(crate) fn session(named: &[PathBuf], crds: &[PathBuf], typed: &'static str) -> Result<Session, Failure> {
    let configured = configuration(None)?;
    let own = named.is_empty() && !configured.scan().policies.is_empty();
    let paths = if own { configured_paths(&configured) } else { named.to_vec() };
    let mut session = Session::new(&paths, crds.to_vec(), super::scan::clock()).map_err(usage)?;
    if let Some(config) = configured.config.filter(|_| own) {
        session.configure(&config);
    }
    Ok(session.typed_as(typed))
}

/// The bundles of a command: those that are named, those of the configuration, else the built-in library.
pub(crate) fn bundles(
    which: &Which,
    configured: &Configured,
    options: &CompileOptions,
) -> Result<Vec<Bundle>, Failure> {
    let paths = if which.policies.is_empty() { configured_paths(configured) } else { which.policies.clone() };
    paths.iter().map(|path| Ok(build(path, options)?)).collect()
}

/// What engines are told.
pub(crate) fn settings(which: &Which, configured: &Configured) -> Result<Settings, Failure> {
    let mut settings = Settings { config: configured.config.clone(), ..Settings::default() };
    let options = &mut settings.options;
    options.profiles = which.profile.clone();
    if options.profiles.is_empty() {
        options.profiles = configured.scan().profile.to_vec();
    }
    options.only = which.only.clone();
    options.skip = which.skip.clone();
    if let Some(severity) = which.severity {
        options.min_severity = severity.into();
    }
    for text in &which.set {
        let (name, value) = pair("--set", text, "NAME=VALUE")?;
        options.params.push((name.to_owned(), Setting::Text(value.to_owned())));
    }
    Ok(settings)
}

/// The largest module that is read; the engine has a limit of its own, below.
const MAX_MODULE: u64 = 64 << 20;

/// What `--extension` says: names of functions and modules.
fn extensions(given: &[String]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    if !given.is_empty() && !plimsoll::extension::AVAILABLE {
        return Err(usage(
            "`--extension` needs a `plimsoll` with extensions: `cargo build --release --package plimsoll-cli --features extensions`",
        ));
    }
    let read = |text: &String| {
        let (name, file) = pair("--extension", text, "NAME=FILE")?;
        let bytes = plimsoll::file::read(Path::new(file), MAX_MODULE)
            .map_err(|error| usage(format!("the extension `{file}` can't be read: {error}")))?;
        Ok((name.to_owned(), bytes))
    };
    given.iter().map(read).collect()
}

/// Functions of `--extension`; with bundles, each must be asked for by one of them.
pub(crate) fn natives(given: &[String], bundles: &[&Bundle]) -> Result<Natives, Failure> {
    let mut natives = Natives::default();
    let programs: Vec<&Program> = bundles.iter().map(|b| &**b.program.program()).collect();
    plimsoll::extension::add(&mut natives, &extensions(given)?, &programs).map_err(usage)?;
    Ok(natives)
}

/// `NAME=VALUE`
pub(crate) fn pair<'t>(option: &str, text: &'t str, form: &str) -> Result<(&'t str, &'t str), Failure> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.trim(), value)),
        _ => Err(usage(format!("`{option} {text}` is not of the form {form}"))),
    }
}
