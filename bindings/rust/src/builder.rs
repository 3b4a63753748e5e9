//! The engine of a Rust host: policies from anywhere, compiled and verified once, shared by all threads.
//!
//! ```no_run
//! # #[cfg(feature = "compile")] {
//! let engine = plimsoll::Engine::builder().bundle("policies/").build()?;
//! let text = std::fs::read("web.yaml")?;
//! let decision = engine.evaluator().evaluate(&plimsoll::Input::yaml(&text).named("web.yaml"))?;
//! for finding in &decision.findings {
//!     println!("{finding}");
//! }
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::error::Error;
use crate::host::Engine;
#[cfg(feature = "extensions")]
use crate::settings::SettingsError;
use crate::settings::{engines_of, symbols};
use plimsoll_engine::decision::{Exception, PolicyConfig, Severity};
use plimsoll_engine::document::{Document, Limits as ReadLimits};
use plimsoll_engine::engine::{EngineOptions, Mode, Setting};
use plimsoll_engine::extension::native::Native;
use plimsoll_engine::limits::Limits;
use plimsoll_engine::program::bundle;
use plimsoll_engine::program::verify::Verified;
use std::sync::Arc;
#[cfg(feature = "compile")]
use {
    crate::compile::{CompileOptions, build, check, compile},
    crate::config::Config,
    crate::settings::add_config,
    std::path::PathBuf,
};

/// Where a bundle comes from.
#[derive(Clone, Debug)]
enum Source {
    #[cfg(feature = "compile")]
    Path(PathBuf),
    #[cfg(feature = "compile")]
    Texts(String, Vec<(String, String)>),
    Compiled(Vec<u8>),
}

/// Documents by the name of the `data` that they are for.
type DataOfProgram = Vec<(String, Arc<Document>)>;

/// An engine in the making.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    bundles: Vec<Source>,
    options: EngineOptions,
    data: Vec<(String, serde_json::Value)>,
    #[cfg(feature = "extensions")]
    extensions: Vec<(String, Vec<u8>)>,
    now: Option<i64>,
    #[cfg(feature = "compile")]
    crds: Vec<PathBuf>,
    #[cfg(feature = "compile")]
    config: Option<Config>,
}

/// `now()` on a target that has no clock (`wasm32-unknown-unknown`) where the host gives none: 2200-01-01T00:00:00Z. Far in the
/// future, so that every exception with a last day is over: what was forgotten must not allow anything.
pub const NO_CLOCK: i64 = 7_258_118_400_000_000_000;

impl Builder {
    /// Feature `compile`: a bundle folder, a `.plim` file or a compiled `.plb`; `owasp` is the built-in library. Without any
    /// bundle the library is taken.
    #[cfg(feature = "compile")]
    #[must_use]
    pub fn bundle(mut self, path: impl Into<PathBuf>) -> Builder {
        self.bundles.push(Source::Path(path.into()));
        self
    }

    /// Feature `compile`: a bundle of texts, path from its folder, and text. The text of `plimsoll.toml` is its configuration.
    #[cfg(feature = "compile")]
    #[must_use]
    pub fn sources<P: Into<String>, T: Into<String>>(
        mut self,
        name: impl Into<String>,
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Builder {
        let files = files.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        self.bundles.push(Source::Texts(name.into(), files));
        self
    }

    /// A compiled bundle. It is verified, whoever made it.
    #[must_use]
    pub fn compiled(mut self, bytes: impl Into<Vec<u8>>) -> Builder {
        self.bundles.push(Source::Compiled(bytes.into()));
        self
    }

    /// Feature `compile`: custom resource definitions, a file or folder.
    #[cfg(feature = "compile")]
    #[must_use]
    pub fn crds(mut self, path: impl Into<PathBuf>) -> Builder {
        self.crds.push(path.into());
        self
    }

    /// Policies of this profile; several are joined.
    #[must_use]
    pub fn profile(self, name: impl Into<String>) -> Builder {
        self.with(|o| o.profiles.push(name.into()))
    }

    /// Just this policy (and others that are named so), by id or name, also if it is off.
    #[must_use]
    pub fn only(self, policy: impl Into<String>) -> Builder {
        self.with(|o| o.only.push(policy.into()))
    }

    /// Not this policy, by id or name.
    #[must_use]
    pub fn skip(self, policy: impl Into<String>) -> Builder {
        self.with(|o| o.skip.push(policy.into()))
    }

    /// A parameter: `name` of the bundle, or `policy.name`.
    #[must_use]
    pub fn param(self, name: impl Into<String>, value: serde_json::Value) -> Builder {
        self.with(|o| o.params.push((name.into(), Setting::Json(value))))
    }

    /// A document for a `data` declaration.
    #[must_use]
    pub fn data(mut self, name: impl Into<String>, value: serde_json::Value) -> Builder {
        self.data.push((name.into(), value));
        self
    }

    /// A function for an `extern fn`.
    #[must_use]
    pub fn function(self, name: impl Into<String>, function: impl Native + 'static) -> Builder {
        self.with(|o| o.natives.add(name, function))
    }

    /// Feature `extensions`: a WASM module for an `extern fn`, by its name (alone or with its module). What the module must
    /// export is in `docs/guide/extensions.md`.
    #[cfg(feature = "extensions")]
    #[must_use]
    pub fn extension(mut self, name: impl Into<String>, module: impl Into<Vec<u8>>) -> Builder {
        self.extensions.push((name.into(), module.into()));
        self
    }

    /// Severity and enforcement of a policy, by id or name.
    #[must_use]
    pub fn policy(self, name: impl Into<String>, config: PolicyConfig) -> Builder {
        self.with(|o| o.policies.push((name.into(), config)))
    }

    /// What is let through, and why.
    #[must_use]
    pub fn exception(self, exception: Exception) -> Builder {
        self.with(|o| o.exceptions.push(exception))
    }

    /// Findings below are left out.
    #[must_use]
    pub fn min_severity(self, severity: Severity) -> Builder {
        self.with(|o| o.min_severity = severity)
    }

    /// Feature `compile`: what a `plimsoll.toml` says.
    #[cfg(feature = "compile")]
    #[must_use]
    pub fn config(mut self, config: Config) -> Builder {
        self.config = Some(config);
        self
    }

    /// `now()`, in nanoseconds since 1970 (UTC); else the clock's when the engine is built, and [`NO_CLOCK`] where there
    /// is none.
    #[must_use]
    pub fn now(mut self, nanos: i64) -> Builder {
        self.now = Some(nanos);
        self
    }

    /// `k8s_version()`
    #[must_use]
    pub fn k8s_version(self, major: u32, minor: u32) -> Builder {
        self.with(|o| o.k8s_version = (major, minor))
    }

    /// Limits of one evaluation.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Builder {
        self.with(|o| o.limits = limits)
    }

    /// The engine judges admissions: enforcement is that of admissions.
    #[must_use]
    pub fn admission(self) -> Builder {
        self.with(|o| o.mode = Mode::Admission)
    }

    /// Findings carry evidence (of bundles that are compiled here).
    #[must_use]
    pub fn evidence(self) -> Builder {
        self.with(|o| o.evidence = true)
    }

    fn with(mut self, set: impl FnOnce(&mut EngineOptions)) -> Builder {
        set(&mut self.options);
        self
    }

    /// Compiles and verifies everything.
    ///
    /// # Errors
    /// All that is wrong with the policies, or the first thing that does not fit them.
    pub fn build(self) -> Result<Engine, Error> {
        let programs = self.programs()?;
        let mut options = self.options.clone();
        options.now = self.now.unwrap_or_else(clock);
        #[cfg(feature = "extensions")]
        {
            let programs: Vec<_> = programs.iter().map(|p| &**p.program()).collect();
            crate::extension::add(&mut options.natives, &self.extensions, &programs).map_err(SettingsError::from)?;
        }
        #[cfg(feature = "compile")]
        if let Some(config) = &self.config {
            add_config(&mut options, config)?;
        }
        let data = self.data_of(&programs)?;
        let engines = engines_of(&programs.iter().collect::<Vec<_>>(), |index| {
            let mut options = options.clone();
            options.data.extend(data.get(index).cloned().unwrap_or_default());
            Ok(options)
        })?;
        if engines.is_empty() {
            return Err(Error::Nothing);
        }
        Ok(Engine::of(engines))
    }

    /// Data are documents of the program that asks for them, read with its names; what none asks for goes to the first,
    /// which says so.
    fn data_of(&self, programs: &[Verified]) -> Result<Vec<DataOfProgram>, Error> {
        let asks = |program: &Verified, name: &str| {
            program.globals.iter().any(|g| g.name == name || format!("{}.{}", g.module, g.name) == name)
        };
        let of = |(index, program): (usize, &Verified)| {
            let symbols = symbols(program.program());
            let mine = self.data.iter().filter(|(name, _)| {
                asks(program, name) || index == 0 && !programs.iter().any(|program| asks(program, name))
            });
            mine.map(|(name, value)| {
                let document = Document::from_value(name, value, ReadLimits::default(), &symbols)?;
                Ok((name.clone(), Arc::new(document)))
            })
            .collect()
        };
        programs.iter().enumerate().map(of).collect()
    }

    #[cfg(feature = "compile")]
    fn programs(&self) -> Result<Vec<Verified>, Error> {
        let (crds, trace) = (self.crds.clone(), self.options.evidence);
        let options = CompileOptions { crds, trace, ..CompileOptions::default() };
        let one = |from: &Source| match from {
            Source::Path(path) => Ok(build(path, &options)?.program),
            Source::Texts(name, files) => {
                let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
                let sources = crate::load::of_texts(name, files)?;
                Ok(compile(check(sources, &options)?, &options)?.program)
            }
            Source::Compiled(bytes) => Ok(bundle::decode(bytes)?),
        };
        let library = [Source::Path(crate::load::BUILTIN.into())];
        let from = if self.bundles.is_empty() { &library[..] } else { &self.bundles };
        from.iter().map(one).collect()
    }

    #[cfg(not(feature = "compile"))]
    fn programs(&self) -> Result<Vec<Verified>, Error> {
        if self.bundles.is_empty() {
            return Err(Error::NoPolicies);
        }
        let one = |Source::Compiled(bytes): &Source| Ok(bundle::decode(bytes)?);
        self.bundles.iter().map(one).collect()
    }
}

/// Nanoseconds since 1970.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
fn clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|d| i64::try_from(d.as_nanos()).ok()).unwrap_or(NO_CLOCK)
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
fn clock() -> i64 {
    NO_CLOCK
}
