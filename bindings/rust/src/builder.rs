//! The engine of a Rust host: policies from anywhere, compiled and verified once, shared by all threads.
//!
//! ```no_run
//! let engine = plimsoll::Engine::builder().bundle("policies/").build()?;
//! let text = std::fs::read("web.yaml")?;
//! let decision = engine.evaluator().evaluate(&plimsoll::Input::yaml(&text).named("web.yaml"))?;
//! for finding in &decision.findings {
//!     println!("{finding}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::compile::{BuildError, Bundle, CompileOptions, build, check, compile, compiled, schema};
use crate::config::Config;
use crate::input::Input;
use crate::load::{BUILTIN, LoadError, SourceFile, Sources};
use crate::scan::read::decision_error;
use crate::settings::{Settings, SettingsError, engines};
use plimsoll_engine::decision::{Decision, DecisionError};
use plimsoll_engine::document::{self, Document, InputError, Limits as ReadLimits};
use plimsoll_engine::engine as inner;
use plimsoll_engine::engine::{EngineOptions, Mode, Setting};
use plimsoll_engine::extension::native::Native;
use plimsoll_engine::inventory::{self, Identity, Origin};
use plimsoll_engine::limits::Limits;
use std::path::PathBuf;
use std::sync::Arc;

/// Why there is no engine, or no decision.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Policies cannot be compiled.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// What the host says does not fit.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// An input cannot be read.
    #[error(transparent)]
    Input(#[from] Box<InputError>),
    /// An input has no object.
    #[error("E0710: there is no object in `{0}`")]
    NoObject(String),
    /// A request that is none.
    #[error("E0710: `{0}` is no admission request")]
    NoRequest(String),
    /// There is nothing to evaluate.
    #[error("no bundle has what `only` and `profile` ask for")]
    Nothing,
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        Error::Build(error.into())
    }
}

/// Where a bundle comes from.
#[derive(Clone, Debug)]
enum Source {
    Path(PathBuf),
    Texts(String, Vec<(String, String)>),
    Compiled(Vec<u8>),
}

/// An engine in the making.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    bundles: Vec<Source>,
    crds: Vec<PathBuf>,
    settings: Settings,
    data: Vec<(String, serde_json::Value)>,
    now: Option<i64>,
}

impl Builder {
    /// A bundle folder, a `.plim` file or a compiled `.plb`; `owasp` is the built-in library. Without any bundle the library
    /// is taken.
    #[must_use]
    pub fn bundle(mut self, path: impl Into<PathBuf>) -> Builder {
        self.bundles.push(Source::Path(path.into()));
        self
    }

    /// A bundle of texts: path from its folder, and text.
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

    /// Custom resource definitions: a file or folder.
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

    /// What a `plimsoll.toml` says.
    #[must_use]
    pub fn config(mut self, config: Config) -> Builder {
        self.settings.config = Some(config);
        self
    }

    /// `now()`, in nanoseconds since 1970 (UTC); else the clock's, when the engine is built.
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
        set(&mut self.settings.options);
        self
    }

    /// Compiles and verifies everything.
    ///
    /// # Errors
    /// All that is wrong with the policies, or the first thing that does not fit them.
    pub fn build(mut self) -> Result<Engine, Error> {
        if self.bundles.is_empty() {
            self.bundles.push(Source::Path(BUILTIN.into()));
        }
        let options = CompileOptions {
            crds: self.crds.clone(),
            trace: self.settings.options.evidence,
            ..CompileOptions::default()
        };
        let bundles = self.bundles.iter().map(|from| one(from, &options)).collect::<Result<Vec<_>, _>>()?;
        self.give_data(&bundles)?;
        self.settings.options.now = self.now.unwrap_or_else(clock);
        let engines = engines(&bundles, &self.settings)?;
        if engines.is_empty() {
            return Err(Error::Nothing);
        }
        Ok(Engine { engines: engines.into() })
    }

    /// Data are documents of the program that asks for them.
    fn give_data(&mut self, bundles: &[Bundle]) -> Result<(), Error> {
        for (name, value) in &self.data {
            let asks = |b: &&Bundle| b.program.globals.iter().any(|g| g.name == *name);
            let Some(bundle) = bundles.iter().find(asks).or(bundles.first()) else { continue };
            let symbols = crate::settings::symbols(bundle.program.program());
            let document = Document::from_value(name, value, ReadLimits::default(), &symbols)?;
            self.settings.options.data.push((name.clone(), Arc::new(document)));
        }
        Ok(())
    }
}

/// Nanoseconds since 1970.
fn clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|d| i64::try_from(d.as_nanos()).ok()).unwrap_or(0)
}

fn one(from: &Source, options: &CompileOptions) -> Result<Bundle, BuildError> {
    match from {
        Source::Path(path) => build(path, options),
        Source::Texts(name, files) => {
            let files = files.iter().map(|(path, text)| SourceFile {
                shown: path.as_str().into(),
                path: path.as_str().into(),
                text: text.as_str().into(),
            });
            let sources =
                Sources { shown: name.clone(), name: name.clone(), files: files.collect(), ..Sources::default() };
            compile(check(sources, options)?, options)
        }
        Source::Compiled(bytes) => {
            compiled("the compiled bundle".to_owned(), bytes, schema(&Config::default(), None, options)?)
        }
    }
}

/// Policies with all that they are told. `Send + Sync`, cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    engines: Arc<[inner::Engine]>,
}

impl Engine {
    /// An engine in the making.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A thread's scratch.
    #[must_use]
    pub fn evaluator(&self) -> Evaluator {
        Evaluator { evaluators: self.engines.iter().map(inner::Engine::evaluator).collect(), empty: self.inventory() }
    }

    /// An empty inventory.
    #[must_use]
    pub fn inventory(&self) -> Inventory {
        Inventory {
            inventories: self.engines.iter().map(inner::Engine::inventory).collect(),
            engines: self.engines.clone(),
        }
    }

    /// The engines of the bundles, in their order.
    #[must_use]
    pub fn engines(&self) -> &[inner::Engine] {
        &self.engines
    }
}

/// The objects that policies may join with. Its copies share what they hold until one is changed.
#[derive(Clone, Debug)]
pub struct Inventory {
    engines: Arc<[inner::Engine]>,
    inventories: Vec<inventory::Inventory>,
}

impl Inventory {
    /// Adds the objects of an input in the place of those of the same identities.
    ///
    /// # Errors
    /// If it cannot be read; nothing is added then.
    pub fn insert(&mut self, input: &Input<'_>) -> Result<(), Error> {
        let documents = self.read(input)?;
        for (inventory, documents) in self.inventories.iter_mut().zip(documents) {
            for document in documents {
                inventory.replace(document, Origin::Cluster);
            }
        }
        Ok(())
    }

    /// Takes out every object of an identity; true if there was one.
    pub fn remove(&mut self, identity: &Identity) -> bool {
        let mut found = false;
        for inventory in &mut self.inventories {
            found |= inventory.remove(identity);
        }
        found
    }

    /// Takes out everything and puts in other objects.
    ///
    /// # Errors
    /// If one cannot be read; everything stays as it is then.
    pub fn replace_all<'i>(&mut self, inputs: impl IntoIterator<Item = Input<'i>>) -> Result<(), Error> {
        let mut all: Vec<Vec<Arc<Document>>> = vec![Vec::new(); self.inventories.len()];
        for input in inputs {
            for (all, documents) in all.iter_mut().zip(self.read(&input)?) {
                all.extend(documents);
            }
        }
        for (inventory, documents) in self.inventories.iter_mut().zip(all) {
            inventory.replace_all(documents, Origin::Cluster);
        }
        Ok(())
    }

    /// Says that every object of every kind is in.
    pub fn set_all_complete(&mut self) {
        self.inventories.iter_mut().for_each(inventory::Inventory::set_all_complete);
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inventories.first().map_or(0, inventory::Inventory::len)
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self, input: &Input<'_>) -> Result<Vec<Vec<Arc<Document>>>, Error> {
        let of = |engine: &inner::Engine| {
            let (documents, errors) = input.read(&engine.symbols());
            errors.into_iter().next().map_or(Ok(documents), |error| Err(Error::Input(Box::new(error))))
        };
        self.engines.iter().map(of).collect()
    }
}

/// A thread's scratch.
#[derive(Debug)]
pub struct Evaluator {
    evaluators: Vec<inner::Evaluator>,
    empty: Inventory,
}

impl Evaluator {
    /// Judges the objects of an input by themselves. An admission request is judged as such.
    ///
    /// # Errors
    /// If nothing of it can be read. What is read in part gives a decision that does not allow.
    pub fn evaluate(&mut self, input: &Input<'_>) -> Result<Decision, Error> {
        let inventory = self.empty.clone();
        self.evaluate_in(&inventory, input)
    }

    /// Judges the objects of an input as if they were made beside what an inventory of the same engine has.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub fn evaluate_in(&mut self, inventory: &Inventory, input: &Input<'_>) -> Result<Decision, Error> {
        let mut all = Decision { allowed: true, ..Decision::default() };
        for (evaluator, inventory) in self.evaluators.iter_mut().zip(&inventory.inventories) {
            let (documents, errors) = input.read(&evaluator.engine().symbols());
            if documents.is_empty() {
                let error = errors.into_iter().next();
                return Err(
                    error.map_or_else(|| Error::NoObject(input.name().to_owned()), |e| Error::Input(Box::new(e)))
                );
            }
            add_errors(&mut all, errors.iter().map(decision_error));
            for document in &documents {
                match evaluator.review(inventory, document) {
                    Some(decision) => add(&mut all, decision),
                    None => evaluator.evaluate_document(inventory, document).into_iter().for_each(|d| add(&mut all, d)),
                }
            }
        }
        Ok(all)
    }

    /// Judges an `AdmissionReview` or a bare admission request.
    ///
    /// # Errors
    /// If it cannot be read, or is none.
    pub fn review(&mut self, input: &Input<'_>) -> Result<Decision, Error> {
        let inventory = self.empty.clone();
        self.review_in(&inventory, input)
    }

    /// The same beside what an inventory has.
    ///
    /// # Errors
    /// As [`Evaluator::review`].
    pub fn review_in(&mut self, inventory: &Inventory, input: &Input<'_>) -> Result<Decision, Error> {
        let symbols = self.evaluators.first().map(|e| e.engine().symbols()).unwrap_or_default();
        let (documents, _) = input.read(&symbols);
        let is_request = documents.iter().all(|d| document::admission(d).is_some());
        if is_request && !documents.is_empty() {
            self.evaluate_in(inventory, input)
        } else {
            Err(Error::NoRequest(input.name().to_owned()))
        }
    }
}

fn add_errors(all: &mut Decision, errors: impl Iterator<Item = DecisionError>) {
    for error in errors {
        all.allowed = false;
        all.errors.push(error);
    }
}

fn add(all: &mut Decision, one: Decision) {
    all.allowed &= one.allowed;
    all.findings.extend(one.findings);
    all.errors.extend(one.errors);
    all.skipped.extend(one.skipped);
    all.suppressed.extend(one.suppressed);
    all.patch.extend(one.patch);
    all.notes.extend(one.notes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const POLICY: &str = r#"module p
        /// Pods do not share the node's network.
        policy host_network {
            id = "T-1" severity = high
            param names: set<string> = {}
            on Pod as pod
            if pod.metadata.name not in names
            deny "no" if pod.spec?.hostNetwork == true at pod.spec?.hostNetwork
        }"#;

    fn pod(name: &str) -> serde_json::Value {
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name }, "spec": { "hostNetwork": true, "containers": [] } })
    }

    fn engine() -> Builder {
        Engine::builder().sources("t", [("p.plim", POLICY)])
    }

    #[test]
    fn a_value_and_a_text_are_judged_alike() {
        let engine = engine().param("T-1.names", json!(["b"])).build().unwrap();
        let mut evaluator = engine.evaluator();
        let value = pod("a");
        let text = value.to_string();
        for input in
            [Input::value(&value), Input::json(text.as_bytes()), Input::yaml(text.as_bytes()), Input::object(&value)]
        {
            let decision = evaluator.evaluate(&input).unwrap();
            assert!(!decision.allowed);
            assert_eq!(decision.findings[0].pointer, "/spec/hostNetwork");
        }
        assert!(evaluator.evaluate(&Input::value(&pod("b"))).unwrap().allowed);
    }

    #[test]
    fn a_request_is_judged_as_one() {
        let engine = engine().admission().build().unwrap();
        let review = json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "u", "operation": "CREATE", "kind": { "group": "", "version": "v1", "kind": "Pod" }, "object": pod("a") } });
        let decision = engine.evaluator().review(&Input::value(&review)).unwrap();
        assert_eq!(decision.findings[0].pointer, "/request/object/spec/hostNetwork");
        assert!(matches!(engine.evaluator().review(&Input::value(&pod("a"))), Err(Error::NoRequest(_))));
    }

    #[test]
    fn what_cannot_be_read_is_never_allowed() {
        let mut evaluator = engine().build().unwrap().evaluator();
        assert!(matches!(evaluator.evaluate(&Input::yaml(b"a: [")), Err(Error::Input(_))));
        assert!(matches!(evaluator.evaluate(&Input::yaml(b"# nothing\n")), Err(Error::NoObject(_))));
        let decision = evaluator.evaluate(&Input::yaml(b"apiVersion: v1\nkind: Pod\n---\na: [")).unwrap();
        assert!(!decision.allowed);
    }

    #[test]
    fn names_that_are_wrong_are_told() {
        let error = engine().only("host_netwrok").build().unwrap_err().to_string();
        assert!(error.contains("did you mean `host_network`?"), "{error}");
    }
}
