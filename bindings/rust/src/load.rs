//! Where policies come from: a folder of modules, one `.plim` file, a compiled `.plb`, the built-in `owasp`.
//!
//! Loading reads texts and says nothing about what is in them; compiling (`compile`) does.

use crate::config::{Config, ConfigError};
use crate::folder::{below, shown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of the built-in library.
pub const BUILTIN: &str = "owasp";

/// The editions of the language that this version knows.
const EDITIONS: [&str; 1] = ["2026"];

/// The largest bundle file that is read.
const MAX_PLB: u64 = 256 << 20;

/// One policy text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As messages show it.
    pub shown: Arc<str>,
    /// From the bundle's folder, with `/`: it agrees with the name of the module.
    pub path: Arc<str>,
    /// The text.
    pub text: Arc<str>,
}

/// The texts of a bundle.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// As the user named it; `owasp` for the built-in library.
    pub shown: String,
    /// Its `plimsoll.toml`, or the defaults.
    pub config: Config,
    /// Its name: of its `plimsoll.toml`, else of its folder or file.
    pub name: String,
    /// Its folder; none for the built-in library.
    pub root: Option<PathBuf>,
    /// Its modules, in byte order of their paths.
    pub files: Vec<SourceFile>,
}

/// What was loaded.
#[derive(Clone, Debug)]
pub enum Loaded {
    /// Texts, to be compiled.
    Sources(Box<Sources>),
    /// A compiled bundle.
    Compiled {
        /// As the user named it.
        shown: String,
        /// The file.
        bytes: Vec<u8>,
    },
}

/// Why policies cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There is nothing of that name.
    #[error("there is no bundle `{path}`: give a folder, a `.plim` or `.plb` file, or `owasp`")]
    NotFound {
        /// As it was given.
        path: String,
    },
    /// A file cannot be read.
    #[error("`{path}` can't be read: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A text that is not UTF-8.
    #[error("`{path}` is not UTF-8 text")]
    NotText {
        /// The file.
        path: String,
    },
    /// A folder without policies.
    #[error("there is no `.plim` file in `{path}`")]
    Empty {
        /// The folder.
        path: String,
    },
    /// Its `plimsoll.toml` is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// This build has no library.
    #[error("this build has no built-in policies (feature `library`)")]
    NoLibrary,
    /// A language edition that this version does not know.
    #[error("`{path}` asks for the edition `{edition}`; this version knows {}", EDITIONS.join(", "))]
    Edition {
        /// The bundle.
        path: String,
        /// The edition.
        edition: String,
    },
    /// A file that is neither policy text nor a compiled bundle.
    #[error("`{path}` is neither a folder nor a `.plim` or `.plb` file")]
    NotABundle {
        /// The file.
        path: String,
    },
}

/// Loads a bundle by its path; `owasp` is the built-in library where no file has that name.
///
/// # Errors
/// If there is nothing to read, or it cannot be read.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let name = shown(path);
    if path.is_dir() {
        return folder(path).map(Box::new).map(Loaded::Sources);
    }
    if !path.exists() {
        return if name == BUILTIN {
            builtin().map(Box::new).map(Loaded::Sources)
        } else {
            Err(LoadError::NotFound { path: name })
        };
    }
    match path.extension().and_then(|e| e.to_str()) {
        Some("plim") => file(path).map(Box::new).map(Loaded::Sources),
        Some("plb") => Ok(Loaded::Compiled { bytes: read(path, MAX_PLB)?, shown: name }),
        _ => Err(LoadError::NotABundle { path: name }),
    }
}

/// The built-in library.
///
/// # Errors
/// If this build has none; else never, unless the library was built with a broken `plimsoll.toml`.
pub fn builtin() -> Result<Sources, LoadError> {
    let files = library::owasp();
    if files.is_empty() {
        return Err(LoadError::NoLibrary);
    }
    of_texts(BUILTIN, files)
}

/// A bundle of texts: path from its folder, and text. One that is named `plimsoll.toml` is its configuration.
///
/// # Errors
/// If its configuration is not right.
pub fn of_texts<P: AsRef<str>, T: AsRef<str>>(
    name: &str,
    files: impl IntoIterator<Item = (P, T)>,
) -> Result<Sources, LoadError> {
    let mut sources = Sources { shown: name.to_owned(), ..Sources::default() };
    for (path, text) in files {
        let (path, text) = (path.as_ref(), text.as_ref());
        if path == "plimsoll.toml" || path.ends_with("/plimsoll.toml") {
            sources.config = Config::parse(path, text)?;
        } else {
            sources.files.push(SourceFile { shown: path.into(), path: path.into(), text: text.into() });
        }
    }
    named(sources, name)
}

/// The modules of `std`: path and text. None in a build without the library.
#[must_use]
pub fn std_modules() -> Vec<(&'static str, &'static str)> {
    library::std()
}

#[cfg(feature = "library")]
mod library {
    //! The texts of the library.

    /// `std`
    pub(super) fn std() -> Vec<(&'static str, &'static str)> {
        plimsoll_stdlib::std().collect()
    }

    /// The built-in bundle.
    pub(super) fn owasp() -> Vec<(&'static str, &'static str)> {
        plimsoll_stdlib::owasp().collect()
    }
}

#[cfg(not(feature = "library"))]
mod library {
    //! A build without the library.

    /// `std`
    pub(super) fn std() -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// The built-in bundle.
    pub(super) fn owasp() -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
}

/// A folder of modules.
fn folder(path: &Path) -> Result<Sources, LoadError> {
    let files = policy_files(path)?;
    let mut sources = Sources { shown: shown(path), root: Some(path.to_owned()), ..Sources::default() };
    for file in files {
        let inner = file.strip_prefix(path).unwrap_or(&file);
        sources.files.push(SourceFile { shown: shown(&file).into(), path: shown(inner).into(), text: text(&file)? });
    }
    sources.files.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let config = path.join("plimsoll.toml");
    if config.is_file() {
        sources.config = Config::read(&config)?;
    }
    if sources.files.is_empty() {
        return Err(LoadError::Empty { path: shown(path) });
    }
    let name = path.canonicalize().ok().and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()));
    named(sources, &name.unwrap_or_else(|| "policies".to_owned()))
}

/// The policy texts below a folder, or the file itself, in byte order of their paths.
///
/// # Errors
/// If there is nothing of that name, or a folder cannot be read.
pub fn policy_files(path: &Path) -> Result<Vec<PathBuf>, LoadError> {
    if !path.exists() {
        return Err(LoadError::NotFound { path: shown(path) });
    }
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    below(path, &["plim"]).map_err(|(folder, source)| LoadError::Io { path: shown(&folder), source })
}

/// One file.
fn file(path: &Path) -> Result<Sources, LoadError> {
    let stem = path.file_stem().map_or_else(|| "policies".into(), |s| s.to_string_lossy().into_owned());
    let module = path.file_name().map_or_else(|| shown(path), |n| n.to_string_lossy().into_owned());
    let sources = Sources {
        shown: shown(path),
        root: path.parent().map(Path::to_owned),
        files: vec![SourceFile { shown: shown(path).into(), path: module.into(), text: text(path)? }],
        ..Sources::default()
    };
    named(sources, &stem)
}

fn named(mut sources: Sources, otherwise: &str) -> Result<Sources, LoadError> {
    sources.name = sources.config.name.clone().unwrap_or_else(|| otherwise.to_owned());
    match &sources.config.edition {
        Some(edition) if !EDITIONS.contains(&edition.as_str()) => {
            Err(LoadError::Edition { path: sources.shown, edition: edition.clone() })
        }
        _ => Ok(sources),
    }
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> Result<Arc<str>, LoadError> {
    // The compiler says of a text that is too long how long it may be; what is far above it is not even read.
    let bytes = read(path, 64 << 20)?;
    String::from_utf8(bytes).map(Arc::from).map_err(|_| LoadError::NotText { path: shown(path) })
}

/// The bytes of a file that is not larger than `most`.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, LoadError> {
    crate::file::read(path, most).map_err(|source| LoadError::Io { path: shown(path), source })
}
