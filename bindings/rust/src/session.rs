//! A session of trying things out: expressions over loaded objects, definitions, policies run against them. What `eval`
//! and the prompt are made of.
//!
//! Every text is compiled as part of a small module, together with what was defined before; messages show only the text
//! itself.

use crate::compile::{BuildError, Bundle, CompileOptions, check, compile};
use crate::config::Config;
use crate::load::{LoadError, Loaded, SourceFile, Sources, load};
use crate::report::Report;
use crate::scan::{Request, ScanError, Target, scan};
use plimsoll_dsl::diagnostic::{Colour, Diagnostic, Label, Level, render_all};
use plimsoll_dsl::hir::show::{TypeNames, show_ty};
use plimsoll_dsl::schema::Schema;
use plimsoll_dsl::source::{SourceId, SourceMap, Span};
use plimsoll_dsl::syntax;
use plimsoll_dsl::syntax::ast::ItemKind;
use plimsoll_engine::decision::Location;
use plimsoll_engine::document::{self, Format, ReadOptions};
use plimsoll_engine::engine::{Engine, EngineError, EngineOptions};
use plimsoll_engine::error::EvalError;
use plimsoll_engine::extension::native::Natives;
use plimsoll_engine::inventory::{Inventory, ObjectId, Origin};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// The policy that an expression is put into.
const POLICY: &str = "repl_it";
/// Its id.
const ID: &str = "REPL-0";
/// The module of everything that is defined.
const MODULE: &str = "repl";

/// What was loaded and defined so far.
#[derive(Clone, Debug, Default)]
pub struct Session {
    bundle: Sources,
    options: CompileOptions,
    /// `use` lines.
    uses: Vec<String>,
    /// Items by name.
    items: Vec<(String, String)>,
    /// Variables by name.
    lets: Vec<(String, String)>,
    /// Texts of objects.
    inputs: Vec<(String, Arc<[u8]>)>,
    /// The kind of the first object, as a type.
    kind: Option<String>,
    /// `now()`
    now: i64,
    /// What messages call a text that is typed in.
    typed: Option<&'static str>,
    /// Functions for `extern fn`.
    natives: Natives,
}

/// What an expression gave.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// Its value as JSON.
    pub value: serde_json::Value,
    /// Its type, as an author writes it.
    pub type_text: String,
    /// Where it came from, if from a document.
    pub place: Option<Location>,
}

/// What a definition made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defined {
    /// `use`
    Use,
    /// Something with a name.
    Item(String),
    /// A policy, by name.
    Policy(String),
    /// A variable, and its type.
    Let(String, String),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Wrong {
    /// The text is wrong.
    #[error("{}", render_all(.0, .1, Colour::Never))]
    Text(Vec<Diagnostic>, Box<SourceMap>),
    /// The bundle is.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The engine refuses it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The evaluation ended with an error.
    #[error("error[{}]: {}", .0.code(), .0)]
    Eval(#[from] EvalError),
    /// Objects cannot be scanned.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl Session {
    /// A session over bundles.
    ///
    /// # Errors
    /// If a bundle cannot be loaded, or is compiled already.
    pub fn new(bundles: &[PathBuf], crds: Vec<PathBuf>, now: i64) -> Result<Session, Wrong> {
        let options = CompileOptions { crds, query: Some(POLICY.to_owned()), ..CompileOptions::default() };
        let mut session = Session { options, now, ..Session::default() };
        for bundle in bundles {
            session.add_bundle(bundle)?;
        }
        session.uses = standard_uses();
        Ok(session)
    }

    /// The same with functions for `extern fn`.
    #[must_use]
    pub fn with_natives(mut self, natives: Natives) -> Session {
        self.natives = natives;
        self
    }

    /// Adds the modules of a bundle.
    ///
    /// # Errors
    /// If it cannot be loaded, or is compiled already.
    pub fn add_bundle(&mut self, bundle: &std::path::Path) -> Result<(), Wrong> {
        let Loaded::Sources(sources) = load(bundle).map_err(BuildError::from)? else {
            return Err(Wrong::Other(
                "a compiled bundle has no functions that can be used: give its folder".to_owned(),
            ));
        };
        self.bundle.files.extend(sources.files);
        self.bundle.config.crds.extend(sources.config.crds.iter().cloned());
        self.configure(&sources.config);
        self.bundle.root = sources.root.or(self.bundle.root.take());
        Ok(())
    }

    /// Takes what a configuration says of policies: `[params]`, `[policies]`, `[[use]]`, `[[workload]]`, `[[exception]]`. The
    /// last word wins.
    pub fn configure(&mut self, config: &Config) {
        let own = &mut self.bundle.config;
        own.params.extend(config.params.clone());
        own.policies.extend(config.policies.clone());
        own.uses.extend(config.uses.iter().cloned());
        own.workloads.extend(config.workloads.iter().cloned());
        own.exceptions.extend(config.exceptions.iter().cloned());
    }

    /// The same, with another name for the texts that are typed in, as messages show it.
    #[must_use]
    pub fn typed_as(mut self, name: &'static str) -> Session {
        self.typed = Some(name);
        self
    }

    fn typed(&self) -> &'static str {
        self.typed.unwrap_or(MODULE)
    }

    /// Takes a text with objects; gives how many there are now. Its first object is `input`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn load(&mut self, name: &str, bytes: Arc<[u8]>) -> Result<usize, Wrong> {
        let options = ReadOptions { format: Format::of_path(name), ..ReadOptions::default() };
        let read = document::read(name, &bytes, &options);
        if let Some(error) = read.errors.first() {
            return Err(Wrong::Other(error.to_string()));
        }
        self.inputs.retain(|(known, _)| known != name);
        self.inputs.insert(0, (name.to_owned(), bytes));
        let schema = self.schema()?;
        let mut count = 0_usize;
        self.kind = None;
        for (name, bytes) in &self.inputs {
            let options = ReadOptions { format: Format::of_path(name), ..ReadOptions::default() };
            for document in document::read(name, bytes, &options).documents {
                for root in document::objects(&document) {
                    count = count.saturating_add(1);
                    self.kind.get_or_insert_with(|| type_of(&schema, &root.api_version, &root.kind));
                }
            }
        }
        Ok(count)
    }

    /// Reads a file with objects.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn load_file(&mut self, path: &std::path::Path) -> Result<usize, Wrong> {
        let bytes = crate::load::read(path, 64 << 20).map_err(|error: LoadError| Wrong::Other(error.to_string()))?;
        self.load(&crate::scan::walk::shown(path), bytes.into())
    }

    fn schema(&self) -> Result<Schema, Wrong> {
        Ok(crate::compile::schema(&self.bundle.config, self.bundle.root.as_deref(), &self.options)?)
    }

    /// Evaluates an expression.
    ///
    /// # Errors
    /// If the text is wrong, or the evaluation ends with an error.
    pub fn eval(&self, expr: &str) -> Result<Answer, Wrong> {
        let (bundle, type_text) = self.compile_expr(expr)?;
        let Some(function) = bundle.query else { return Err(Wrong::Other("there is nothing to evaluate".to_owned())) };
        let engine = self.engine(&bundle, ID)?;
        let (inventory, ids) = self.inventory(&engine);
        let called = engine.evaluator().call_on(&inventory, ids.first().copied(), function)?;
        Ok(Answer { value: called.value, type_text, place: called.place })
    }

    /// The type of an expression.
    ///
    /// # Errors
    /// If the text is wrong.
    pub fn type_of(&self, expr: &str) -> Result<String, Wrong> {
        self.compile_expr(expr).map(|(_, type_text)| type_text)
    }

    fn compile_expr(&self, expr: &str) -> Result<(Bundle, String), Wrong> {
        // What is put around an expression must not complete it.
        let mut sources = SourceMap::default();
        if let Err(diagnostics) = syntax::parse_expr(sources.add(self.typed(), expr.trim_end()), expr.trim_end()) {
            return Err(Wrong::Text(diagnostics, Box::new(sources)));
        }
        let (text, own) = self.module(None, &self.lets, Some(expr));
        let (bundle, ty) = self.compile(&text, own, expr)?;
        let ty = ty.ok_or_else(|| Wrong::Other("there is nothing to evaluate".to_owned()))?;
        Ok((bundle, ty))
    }

    /// Defines something: `let x = …`, `use …`, `fn …`, `policy …`, `type …`. A name that was taken gets the new meaning.
    ///
    /// # Errors
    /// If the text is wrong; nothing is defined then.
    pub fn define(&mut self, text: &str) -> Result<Defined, Wrong> {
        let parsed = syntax::parse(SourceId::default(), text).module;
        if parsed.uses.len() == 1 && parsed.items.is_empty() {
            let mut next = self.clone();
            next.uses.push(text.trim().to_owned());
            next.test(text, true)?;
            *self = next;
            return Ok(Defined::Use);
        }
        let Some(item) = parsed.items.first() else { return self.not_an_item(text) };
        let name = match &item.kind {
            ItemKind::Let(item) => return self.define_let(&item.name.name.clone(), text),
            ItemKind::Fn(item) => item.signature.name.name.to_string(),
            ItemKind::Type { name, .. } | ItemKind::Data { name, .. } => name.name.to_string(),
            ItemKind::Param(item) => item.name.name.to_string(),
            ItemKind::Policy(item) => item.name.name.to_string(),
            ItemKind::Profile(item) => item.name.name.to_string(),
            _ => return Err(Wrong::Other("tests and functions of the host stand in files".to_owned())),
        };
        let is_policy = matches!(item.kind, ItemKind::Policy(_));
        let mut next = self.clone();
        next.items.retain(|(known, _)| *known != name);
        // A name of a library that is defined anew is not imported any more.
        next.uses = next.uses.iter().filter_map(|line| without(line, &name)).collect();
        next.items.push((name.clone(), text.trim().to_owned()));
        next.test(text, false)?;
        *self = next;
        Ok(if is_policy { Defined::Policy(name) } else { Defined::Item(name) })
    }

    /// A text that is no item: the messages of the parser.
    fn not_an_item(&self, text: &str) -> Result<Defined, Wrong> {
        let mut sources = SourceMap::default();
        let id = sources.add(self.typed(), text);
        let diagnostics = syntax::parse(id, text).diagnostics;
        Err(Wrong::Text(diagnostics, Box::new(sources)))
    }

    fn define_let(&mut self, name: &Arc<str>, text: &str) -> Result<Defined, Wrong> {
        let mut lets: Vec<_> = self.lets.iter().filter(|(known, _)| **known != **name).cloned().collect();
        lets.push((name.to_string(), text.trim().to_owned()));
        let next = Session { lets, ..self.clone() };
        let type_text = next.type_of(name).map_err(|wrong| own_text(wrong, self.typed(), text))?;
        *self = next;
        Ok(Defined::Let(name.to_string(), type_text))
    }

    /// Compiles the session to see whether what was defined last is right.
    fn test(&self, text: &str, is_use: bool) -> Result<(), Wrong> {
        let (module, own) = self.module((!is_use).then_some(text), &[], None);
        let own = if is_use {
            module.find(text.trim()).map_or(own, |at| at..at.saturating_add(text.trim().len()))
        } else {
            own
        };
        self.compile(&module, own, text).map(|_| ())
    }

    /// Runs a policy of the session, or all policies of the bundles, over all objects.
    ///
    /// # Errors
    /// If the texts are wrong, or the engine refuses them.
    pub fn run(&self, policy: Option<&str>) -> Result<Report, Wrong> {
        let (module, own) = self.module(None, &[], None);
        let (bundle, _) = self.compile(&module, own, "")?;
        let mut options = EngineOptions { now: self.now, natives: self.natives.clone(), ..EngineOptions::default() };
        options.only.extend(policy.map(str::to_owned));
        let engine = Engine::new(&bundle.program, options)?;
        let mut request = Request { jobs: Some(1), ..Request::default() };
        for (name, bytes) in &self.inputs {
            request.paths.push(name.into());
            request.overlay.insert(name.clone(), bytes.clone());
        }
        let mut report = scan(&[Target { engine: &engine, schema: &bundle.schema }], &request, &|_| {})?;
        report.explain.insert(MODULE.to_owned(), None);
        // Comments speak of the policies of a whole scan.
        report.notes.retain(|note| note.code != "W0701");
        Ok(report)
    }

    /// The module of the session: its text, and where in it the new text stands.
    fn module(&self, item: Option<&str>, lets: &[(String, String)], expr: Option<&str>) -> (String, Range<usize>) {
        let mut text = format!("module {MODULE}\n{}\n", self.uses.join("\n"));
        let mut own = 0..0;
        for (_, definition) in &self.items {
            let begin = text.len();
            text.push_str(definition);
            if item.is_some_and(|item| item.trim() == definition) {
                own = begin..text.len();
            }
            text.push_str("\n\n");
        }
        let Some(expr) = expr else { return (text, own) };
        let on = self.kind.as_ref().map_or_else(|| "on cluster".to_owned(), |kind| format!("on {kind} as input"));
        text.push_str(&format!("policy {POLICY} {{\n    id = \"{ID}\" severity = info\n    {on}\n"));
        for (_, definition) in lets {
            text.push_str(definition);
            text.push('\n');
        }
        text.push_str("let repl_value =\n");
        let begin = text.len();
        text.push_str(expr);
        own = begin..text.len();
        text.push_str("\naudit \"\"\n}\n");
        (text, own)
    }

    /// Compiles a module of the session. Messages are about the new text, which stands at `own`.
    fn compile(&self, module: &str, own: Range<usize>, new: &str) -> Result<(Bundle, Option<String>), Wrong> {
        let mut sources = self.bundle.clone();
        MODULE.clone_into(&mut sources.name);
        let file = SourceFile { shown: MODULE.into(), path: format!("{MODULE}.plim").into(), text: module.into() };
        sources.files.push(file);
        let checked = check(sources, &self.options)?;
        let Some(hir) = &checked.bundle.hir else {
            let errors = checked.bundle.diagnostics.iter().filter(|d| d.level == Level::Error);
            let (diagnostics, sources) = narrowed(errors, &checked.bundle.sources, own, (self.typed(), new));
            return Err(Wrong::Text(diagnostics, Box::new(sources)));
        };
        let policy = hir.policies.iter().find(|p| &*p.name == POLICY);
        let local = policy.and_then(|p| p.locals.iter().find(|l| &*l.name == "repl_value"));
        let ty = local.map(|l| show_ty(&l.ty, &checked.bundle.schema, &hir.decls, &TypeNames::default()));
        Ok((compile(checked, &self.options)?, ty))
    }

    fn engine(&self, bundle: &Bundle, only: &str) -> Result<Engine, Wrong> {
        let options = EngineOptions {
            only: vec![only.to_owned()],
            now: self.now,
            natives: self.natives.clone(),
            ..EngineOptions::default()
        };
        Ok(Engine::new(&bundle.program, options)?)
    }

    /// All objects; those of the first document come first.
    fn inventory(&self, engine: &Engine) -> (Inventory, Vec<ObjectId>) {
        let (mut inventory, mut ids) = (engine.inventory(), Vec::new());
        for (name, bytes) in &self.inputs {
            let options =
                ReadOptions { format: Format::of_path(name), symbols: engine.symbols(), ..ReadOptions::default() };
            for document in document::read(name, bytes, &options).documents {
                ids.extend(inventory.insert(document, Origin::File));
            }
        }
        (inventory, ids)
    }
}

/// The type of a kind, as an author writes it; `any` for one that is not known.
fn type_of(schema: &Schema, api_version: &str, kind: &str) -> String {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let Some(reader) = schema.by_gvk(group, version, kind) else { return "any".to_owned() };
    let short = schema.kind(kind) == plimsoll_dsl::schema::Lookup::Found(reader.ty);
    if short { kind.to_owned() } else { schema.ty(reader.ty).path() }
}

/// What a session imports by itself: the functions of `std.workload` by name, the other modules of `std` by theirs.
fn standard_uses() -> Vec<String> {
    let mut uses = Vec::new();
    for (path, text) in crate::load::std_modules() {
        let module = path.trim_end_matches(".plim").replace('/', ".");
        if module == "std.workload" {
            let items = syntax::parse(SourceId::default(), text).module.items;
            let names = items.iter().filter_map(|item| match &item.kind {
                ItemKind::Fn(f) => Some(f.signature.name.name.clone()),
                _ => None,
            });
            let names: Vec<_> = names.filter(|name| !name.starts_with('_')).collect();
            uses.push(format!("use std.workload.{{{}, pod_spec, pod_template}}", names.join(", ")));
        } else {
            uses.push(format!("use {module}"));
        }
    }
    uses
}

/// A `use` line without one of its names; none if nothing is left of it.
fn without(line: &str, name: &str) -> Option<String> {
    let Some((module, names)) = line.split_once('{') else {
        let own = line.rsplit(['.', ' ']).next();
        return (own != Some(name)).then(|| line.to_owned());
    };
    let names: Vec<&str> =
        names.trim_end().trim_end_matches('}').split(',').map(str::trim).filter(|n| *n != name).collect();
    (!names.is_empty()).then(|| format!("{module}{{{}}}", names.join(", ")))
}

/// Diagnostics of a module as diagnostics of the new text alone.
fn narrowed<'d>(
    diagnostics: impl Iterator<Item = &'d Diagnostic>,
    sources: &SourceMap,
    own: Range<usize>,
    (name, new): (&str, &str),
) -> (Vec<Diagnostic>, SourceMap) {
    let mut shown = sources.clone();
    let id = shown.add(name, new.trim_end());
    let of_module = sources.iter().filter(|(_, s)| &*s.path == MODULE).map(|(id, _)| id).next();
    let place = |span: Span| -> Span {
        let inside = Some(span.source) == of_module && own.contains(&(span.start as usize));
        if !inside {
            return span;
        }
        let offset = |at: u32| u32::try_from((at as usize).min(own.end).saturating_sub(own.start)).unwrap_or(u32::MAX);
        Span { source: id, start: offset(span.start), end: offset(span.end) }
    };
    let mended = diagnostics.map(|diagnostic| {
        let labels = diagnostic.labels.iter().map(|l| Label { span: place(l.span), text: l.text.clone() });
        Diagnostic { labels: labels.collect(), ..diagnostic.clone() }
    });
    (mended.collect(), shown)
}

/// Messages about a `let` that was put before an expression, as messages about its own text.
fn own_text(wrong: Wrong, name: &str, text: &str) -> Wrong {
    let Wrong::Text(diagnostics, sources) = wrong else { return wrong };
    let whole =
        sources.iter().filter(|(_, s)| &*s.path == MODULE).map(|(_, s)| s.text.clone()).next().unwrap_or_default();
    let begin = whole.rfind(text.trim()).unwrap_or(0);
    let (diagnostics, sources) =
        narrowed(diagnostics.iter(), &sources, begin..begin.saturating_add(text.trim().len()), (name, text.trim()));
    Wrong::Text(diagnostics, Box::new(sources))
}
