//! Runs a bundle over documents in every way that there is, and compares what they say.
//!
//! The ways: the machine, the machine after a `.plb` round trip, without the optimiser, with tracing on; the oracle, and
//! the oracle over the optimised tree. All must agree.

use crate::generate::yaml::Marks;
use crate::oracle::host::Config;
use crate::oracle::value::{Key, Spot};
use crate::oracle::{Ask, Native, Oracle, Outcome, Patch, World};
use plimsoll_dsl::compile::{self, Compiled, Options};
use plimsoll_dsl::compiler::{Bundle, Compiler};
use plimsoll_dsl::diagnostic::Level;
use plimsoll_dsl::hir::Hir;
use plimsoll_dsl::optimize;
use plimsoll_engine::decision::{Decision, Finding, FixAction, Severity};
use plimsoll_engine::document::{self, Document, Format, NodeId, Position, ReadOptions};
use plimsoll_engine::engine::{Engine, EngineOptions, Operation, Request, Setting};
use plimsoll_engine::inventory::Origin;
use plimsoll_engine::limits::Limits;
use plimsoll_engine::program::{Program, Symbols, bundle, verify};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a comparison is over.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Policy texts, with the names that messages show.
    pub sources: Vec<(String, String)>,
    /// Input files, by name; their order is that of the names.
    pub files: Vec<(String, String)>,
    /// Values of parameters, `name` or `policy.name`.
    pub params: Vec<(String, serde_json::Value)>,
    /// Every kind is complete.
    pub complete: bool,
    /// Documents for `data`, by name.
    pub data: Vec<(String, String)>,
    /// Requests, judged over the files' objects.
    pub requests: Vec<Asked>,
    /// Where the nodes and comments of YAML files stand.
    pub marks: BTreeMap<String, Marks>,
    /// What the host says.
    pub config: Config,
}

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `CREATE`, `UPDATE`, `DELETE`
    pub operation: String,
    /// Who asks.
    pub user: Option<String>,
    /// The object as it will be.
    pub object: Option<String>,
    /// The object as it was.
    pub old: Option<String>,
    /// It is on a subresource.
    pub on: Option<On>,
}

/// A subresource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct On {
    /// The kind that it belongs to.
    pub kind: &'static str,
    /// `exec`
    pub name: &'static str,
}

impl Asked {
    fn said(&self) -> serde_json::Value {
        let mut said = serde_json::json!({ "uid": "1", "operation": self.operation });
        if let Some(on) = &self.on {
            let group = if on.kind == "Pod" { "" } else { "apps" };
            let resource = format!("{}s", on.kind.to_lowercase());
            said["resource"] = serde_json::json!({ "group": group, "version": "v1", "resource": resource });
            said["subResource"] = on.name.into();
        }
        if let Some(user) = &self.user {
            said["userInfo"] = serde_json::json!({ "username": user, "groups": ["system:authenticated", "web"] });
        }
        said
    }
}

/// The functions of the host that programs may declare.
pub const NATIVES: &[(&str, Native)] = &[("host_size", host_size), ("host_pick", host_pick)];

fn host_size(args: &[serde_json::Value]) -> Result<serde_json::Value, String> {
    let text = args[0].as_str().ok_or("a text is needed")?;
    if text.is_empty() { Err("the text is empty".into()) } else { Ok(text.len().into()) }
}

fn host_pick(args: &[serde_json::Value]) -> Result<serde_json::Value, String> {
    let items = args[0].as_array().ok_or("a list is needed")?;
    Ok(items.last().cloned().unwrap_or(serde_json::Value::Null))
}

/// `now()` of every comparison: 2026-11-24T00:00:00Z.
pub const NOW: i64 = 1_795_478_400_000_000_000;

/// Its day.
pub const TODAY: &str = "2026-11-24";

/// What one way of running says about one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// Findings: action, severity, id, file, document, pointer, message, related places, fix.
    pub findings: Vec<String>,
    /// Policies that do not apply, and why.
    pub skipped: Vec<String>,
    /// Codes by policy, and input errors by place.
    pub errors: BTreeSet<String>,
}

/// What became of a comparison.
#[derive(Debug)]
pub enum Compared {
    /// The checker refused the bundle.
    Refused(String),
    /// All ways agree; what they say by object, the last one for the cluster.
    Agree(Vec<Said>),
    /// The machine came to a limit, which the oracle has none of.
    Limit,
    /// Two ways do not agree.
    Differ {
        /// Which way.
        way: &'static str,
        /// In words.
        how: String,
    },
}

/// What was covered, by name.
pub type Coverage = BTreeMap<String, u64>;

/// Parses and checks the sources.
#[must_use]
pub fn check(case: &Case) -> Bundle {
    let compiler = case.sources.iter().fold(Compiler::default(), |c, (name, text)| c.text(&**name, &**text));
    compiler.check()
}

/// The errors of a bundle, a line each.
#[must_use]
pub fn errors_of(bundle: &Bundle) -> String {
    let errors = bundle.diagnostics.iter().filter(|d| d.level == Level::Error);
    let lines = errors.map(|d| {
        let at = bundle.sources.position(d.span());
        format!("{} {}:{} {} `{}`\n", d.code.id(), at.line, at.column, d.title, bundle.sources.text(d.span()))
    });
    lines.collect()
}

/// Runs the case in every way.
#[must_use]
pub fn compare(case: &Case, coverage: &mut Coverage) -> Compared {
    let bundle = check(case);
    let Some(hir) = &bundle.hir else { return Compared::Refused(errors_of(&bundle)) };
    compare_checked(&bundle, hir, case, coverage)
}

fn compare_checked(bundle: &Bundle, hir: &Hir, case: &Case, coverage: &mut Coverage) -> Compared {
    let mut better = hir.clone();
    optimize::optimize(&mut better);
    let compiled = |hir: &Hir, trace: bool| -> Result<Compiled, String> {
        let options = Options { trace, ..Options::default() };
        compile::compile(hir, &bundle.schema, &bundle.sources, &options).map_err(|e| e.to_string())
    };
    let made = (compiled(&better, false), compiled(hir, false), compiled(&better, true));
    let (best, plain, traced) = match made {
        (Ok(best), Ok(plain), Ok(traced)) => (best.program, plain.program, traced.program),
        (best, plain, traced) => {
            let errors: Vec<String> = [best, plain, traced].into_iter().filter_map(Result::err).collect();
            return Compared::Differ { way: "compile", how: errors.join("; ") };
        }
    };
    count_instructions(&best, coverage);
    count_instructions(&plain, coverage);
    let expected = match with_oracle(hir, bundle, case, &best, coverage) {
        Ok(said) => said,
        Err(how) => return Compared::Differ { way: "oracle", how },
    };
    let optimised = match with_oracle(&better, bundle, case, &best, coverage) {
        Ok(said) => said,
        Err(how) => return Compared::Differ { way: "oracle over the optimised tree", how },
    };
    if optimised != expected {
        return Compared::Differ { way: "oracle over the optimised tree", how: difference(&expected, &optimised) };
    }
    let ways: [(&'static str, Result<Vec<Said>, Stop>); 4] = [
        ("machine", with_machine(best.clone(), case, false)),
        ("machine after a .plb round trip", round_trip(&best, case)),
        ("machine without the optimiser", with_machine(plain, case, false)),
        ("machine with tracing", with_machine(traced, case, true)),
    ];
    for (way, said) in ways {
        match said {
            Err(Stop::Limit) => return Compared::Limit,
            Err(Stop::Refused(how)) => return Compared::Differ { way, how },
            Ok(said) if said != expected => return Compared::Differ { way, how: difference(&expected, &said) },
            Ok(_) => {}
        }
    }
    Compared::Agree(expected)
}

/// Why a run has nothing to say.
#[derive(Debug)]
pub enum Stop {
    /// A limit.
    Limit,
    /// The program, an input or an option was refused.
    Refused(String),
}

fn difference(expected: &[Said], said: &[Said]) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for (i, (a, b)) in expected.iter().zip(said).enumerate() {
        if a != b {
            let _ = writeln!(out, "object {i}:\n--- expected\n{}\n+++ said\n{}", show(a), show(b));
        }
    }
    if expected.len() != said.len() {
        let _ = writeln!(out, "{} objects against {}", expected.len(), said.len());
    }
    out
}

/// A line for each thing said.
#[must_use]
pub fn show(said: &Said) -> String {
    let skipped = said.skipped.iter().map(|s| format!("skip {s}"));
    let errors = said.errors.iter().map(|e| format!("error {e}"));
    let lines: Vec<String> = said.findings.iter().cloned().chain(skipped).chain(errors).collect();
    lines.join("\n")
}

fn count_instructions(program: &Program, coverage: &mut Coverage) {
    for instr in program.functions.iter().flat_map(|f| &f.code) {
        *coverage.entry(format!("instruction {}", instr.name())).or_default() += 1;
    }
    for (module, name) in &program.imports {
        *coverage.entry(format!("builtin {module}.{name}")).or_default() += 1;
    }
}

fn read(case: &Case, symbols: Arc<Symbols>) -> Result<Vec<Arc<Document>>, String> {
    let mut out = Vec::new();
    let mut files: Vec<&(String, String)> = case.files.iter().collect();
    files.sort();
    for (name, text) in files {
        out.extend(read_text(name, text, &symbols)?);
    }
    Ok(out)
}

fn read_text(name: &str, text: &str, symbols: &Arc<Symbols>) -> Result<Vec<Arc<Document>>, String> {
    let options = ReadOptions { format: Format::of_path(name), symbols: symbols.clone(), ..ReadOptions::default() };
    let found = document::read(name, text.as_bytes(), &options);
    match found.errors.first() {
        Some(error) => Err(format!("{name}: {}", error.message)),
        None => Ok(found.documents),
    }
}

/// The one document of a text.
fn one(name: &str, text: &str, symbols: &Arc<Symbols>) -> Result<Arc<Document>, String> {
    read_text(name, text, symbols)?.into_iter().next().ok_or_else(|| format!("{name} is empty"))
}

fn round_trip(program: &Program, case: &Case) -> Result<Vec<Said>, Stop> {
    let bytes = bundle::encode(program).map_err(|e| Stop::Refused(e.to_string()))?;
    let program = bundle::decode(&bytes).map_err(|e| Stop::Refused(e.to_string()))?;
    on_machine(&program, case, false)
}

fn with_machine(program: Program, case: &Case, traced: bool) -> Result<Vec<Said>, Stop> {
    let program = verify::verify(program).map_err(|e| Stop::Refused(e.to_string()))?;
    on_machine(&program, case, traced)
}

fn on_machine(program: &verify::Verified, case: &Case, traced: bool) -> Result<Vec<Said>, Stop> {
    let refused = |e: &dyn std::fmt::Display| Stop::Refused(e.to_string());
    let config = &case.config;
    let params = case.params.iter().map(|(name, value)| (name.clone(), Setting::Json(value.clone())));
    let options = EngineOptions {
        now: NOW,
        evidence: traced,
        coverage: traced,
        params: params.collect(),
        profiles: config.profiles.clone(),
        only: config.only.clone(),
        skip: config.skip.clone(),
        config_params: config.params.iter().map(|(n, v)| (n.clone(), Setting::Json(v.clone()))).collect(),
        uses: config.uses.clone(),
        policies: config.policies.clone(),
        exceptions: config.exceptions.clone(),
        no_suppression: config.no_suppression.clone(),
        min_severity: config.min_severity.unwrap_or(Severity::Info),
        mode: config.mode,
        limits: Limits { fuel: 20_000_000, ..Limits::default() },
        ..EngineOptions::default()
    };
    let mut options = options;
    for (name, function) in NATIVES {
        options.natives.add(*name, *function);
    }
    for (name, text) in &case.data {
        options.data.push((name.clone(), one(name, text, &Arc::default()).map_err(|e| refused(&e))?));
    }
    let engine = Engine::new(program, options).map_err(|e| refused(&e))?;
    let mut inventory = engine.inventory();
    for document in read(case, engine.symbols()).map_err(|e| refused(&e))? {
        inventory.insert(document, Origin::File);
    }
    if case.complete {
        inventory.set_all_complete();
    }
    let mut evaluator = engine.evaluator();
    let ids: Vec<_> = inventory.objects().map(|(id, _)| id).collect();
    let mut out = Vec::new();
    for id in ids {
        out.push(said_by(&evaluator.evaluate(&inventory, id))?);
    }
    out.push(said_by(&evaluator.evaluate_cluster(&inventory))?);
    for asked in &case.requests {
        let read = |name: &str, text: &Option<String>| {
            text.as_ref().map(|text| one(name, text, &engine.symbols())).transpose().map_err(|e| refused(&e))
        };
        let request =
            Request { request: asked.said(), object: read("object", &asked.object)?, old: read("old", &asked.old)? };
        out.push(said_by(&evaluator.evaluate_request(&inventory, &request))?);
    }
    Ok(out)
}

fn said_by(decision: &Decision) -> Result<Said, Stop> {
    let mut said = Said::default();
    for finding in &decision.findings {
        said.findings.push(line_of(finding));
    }
    for suppressed in &decision.suppressed {
        let by = format!("{:?}", suppressed.by).to_lowercase();
        let line = line_of(&suppressed.finding);
        said.findings.push(format!("suppressed {line} by {by} {} {:?}", suppressed.reason, suppressed.until));
    }
    for skip in &decision.skipped {
        said.skipped.push(format!("{} {}", skip.id, skip.reason));
    }
    for error in &decision.errors {
        match &*error.code {
            "E0901" | "E0902" | "E0903" => return Err(Stop::Limit),
            "E0909" => return Err(Stop::Refused(error.message.clone())),
            "E0703" | "E0711" => {
                let (file, pointer) = (error.file.as_deref().unwrap_or_default(), error.pointer.as_deref());
                let at = error.start.map(|start| written(file, (start.line, start.column))).unwrap_or_default();
                said.errors.insert(format!("{} {}{at}", error.code, pointer.unwrap_or_default()))
            }
            code => said.errors.insert(format!("{code} {}", error.policy.as_deref().unwrap_or_default())),
        };
    }
    said.findings.sort();
    said.skipped.sort();
    Ok(said)
}

/// A position, in files that were made, so that it is known where everything stands.
fn written(file: &str, (line, column): (u32, u32)) -> String {
    if file.ends_with(".made.yaml") && line > 0 { format!(" @{line}:{column}") } else { String::new() }
}

fn line_of(finding: &Finding) -> String {
    let mut fix = String::new();
    for step in finding.fix.iter().flat_map(|f| &f.steps) {
        let op = match step.action {
            FixAction::Set => "set",
            FixAction::Add => "add",
            FixAction::Remove => "remove",
        };
        fix.push_str(&format!(" [{op} {} {}]", step.pointer, step.value));
    }
    let safe = finding.fix.as_ref().is_none_or(|f| f.safe);
    let place = |file: &str, document: u32, pointer: &str, start: Position| {
        format!("{file}#{document}{pointer}{}", written(file, (start.line, start.column)))
    };
    let related: Vec<String> =
        finding.related.iter().map(|r| place(&r.file, r.document, &r.pointer, r.start)).collect();
    format!(
        "{} {} {}{} {} {:?} refs {:?} related {related:?} fix {}{fix}",
        finding.action.name(),
        finding.severity.name(),
        finding.id,
        finding.use_name.as_ref().map(|name| format!("/{name}")).unwrap_or_default(),
        place(&finding.file, finding.document, &finding.pointer, finding.start),
        finding.message,
        finding.refs,
        if safe { "safe" } else { "unsafe" },
    )
}

fn with_oracle(
    hir: &Hir,
    bundle: &Bundle,
    case: &Case,
    program: &Program,
    coverage: &mut Coverage,
) -> Result<Vec<Said>, String> {
    if !case.config.fits(hir) {
        return Err("the host names what is not there".into());
    }
    let documents = read(case, Arc::default())?;
    let natives = NATIVES.iter().map(|(name, function)| ((*name).to_owned(), *function)).collect();
    let mut world = World {
        inventory: documents.len(),
        documents,
        natives,
        complete_all: case.complete,
        now: NOW,
        params: case.params.clone(),
        config: case.config.clone(),
        marks: case.marks.clone(),
        k8s_version: EngineOptions::default().k8s_version,
        workloads: program.workloads.clone(),
        ..World::default()
    };
    for (name, text) in &case.data {
        let index = hir.globals.iter().position(|g| *g.name == **name).ok_or("no such data")?;
        world.data.insert(u32::try_from(index).unwrap(), u32::try_from(world.documents.len()).unwrap());
        world.documents.push(one(name, text, &Arc::default())?);
    }
    let oracle = Oracle::new(hir, &bundle.schema, &world);
    let file = file_of(&world.documents, &case.marks);
    let mut out = Vec::new();
    for object in oracle.objects() {
        let outcome = oracle.evaluate(object);
        let mut said = said_of(&oracle, hir, &outcome, &file, &world.documents);
        said.errors.extend(oracle.wrong_in(object).iter().map(|s| format!("E0703 {}", below(&file(s)))));
        out.push(said);
    }
    out.push(said_of(&oracle, hir, &oracle.evaluate_cluster(), &file, &world.documents));
    count_nodes(&oracle, coverage);
    for asked in &case.requests {
        let mut world = world.clone();
        let mut add = |name: &str, text: &Option<String>| -> Result<Option<u32>, String> {
            let Some(text) = text else { return Ok(None) };
            world.documents.push(one(name, text, &Arc::default())?);
            Ok(Some(u32::try_from(world.documents.len() - 1).unwrap()))
        };
        let request = add("request", &Some(asked.said().to_string()))?.unwrap();
        let (object, old) = (add("object", &asked.object)?, add("old", &asked.old)?);
        let operation = Operation::parse(&asked.operation).ok_or("no such operation")?;
        let on = asked.on.as_ref().map(|on| (on.kind, on.name));
        world.request = Some(Ask { operation, request, object, old, on });
        let oracle = Oracle::new(hir, &bundle.schema, &world);
        let file = file_of(&world.documents, &case.marks);
        let mut said = said_of(&oracle, hir, &oracle.evaluate_request(), &file, &world.documents);
        // A rule may read what was before too.
        let wrong = oracle.subject().into_iter().chain(oracle.old()).flat_map(|o| oracle.wrong_in(o));
        said.errors.extend(wrong.map(|s| format!("E0703 {}", below(&file(&s)))));
        out.push(said);
        count_nodes(&oracle, coverage);
    }
    Ok(out)
}

/// Names places by file, document and pointer.
fn file_of(documents: &[Arc<Document>], marks: &BTreeMap<String, Marks>) -> impl Fn(&Spot) -> String {
    |spot| {
        let document = &documents[spot.doc as usize];
        let (name, index, pointer) = (&*document.source().name, document.index(), spot.pointer());
        let mark = marks.get(name).and_then(|m| m.nearest(index, &pointer));
        let at = mark.map(|(_, mark)| written(name, mark.start)).unwrap_or_default();
        format!("{name}#{index}{pointer}{at}")
    }
}

/// A place without its file and document.
fn below(place: &str) -> &str {
    place.find('#').and_then(|at| place[at..].find(['/', ' ']).map(|n| &place[at + n..])).unwrap_or_default()
}

fn count_nodes(oracle: &Oracle<'_>, coverage: &mut Coverage) {
    for (name, times) in oracle.counts.borrow().iter() {
        *coverage.entry(format!("node {name}")).or_default() += times;
    }
}

/// True if the steps of a fix can all be made, one after the other, and change something.
fn changes(steps: &[&Patch], documents: &[Arc<Document>]) -> bool {
    let mut roots: BTreeMap<u32, Value> = BTreeMap::new();
    let mut changed = false;
    let last = |step: &&&Patch| step.op == "remove";
    for step in steps.iter().filter(|s| !last(s)).chain(steps.iter().filter(last)) {
        let Some(spot) = &step.spot else { return false };
        let root = roots.entry(spot.doc).or_insert_with(|| documents[spot.doc as usize].to_json(NodeId::ROOT));
        match step.op {
            "remove" => changed |= !spot.path.is_empty() && root.pointer(&spot.pointer()).is_some(),
            _ => match made(root, &spot.path, step) {
                Some(new) => changed |= new,
                None => return false,
            },
        }
    }
    changed
}

/// Makes a step below a value, with what is missing on the way; none if it leads through a scalar, or past the end of a list.
fn made(value: &mut Value, path: &[Key], step: &Patch) -> Option<bool> {
    let Some((key, rest)) = path.split_first() else {
        if step.op == "set" {
            let new = value.is_null() || *value != step.value;
            *value = step.value.clone();
            return Some(new);
        }
        if value.is_null() {
            *value = Value::Array(vec![]);
        }
        let list = value.as_array_mut()?;
        let new = !list.contains(&step.value);
        if new {
            list.push(step.value.clone());
        }
        return Some(new);
    };
    if value.is_null() {
        *value = match key {
            Key::Name(_) => Value::Object(serde_json::Map::new()),
            Key::Item(_) => Value::Array(vec![]),
        };
    }
    let name = match key {
        Key::Name(name) => name.to_string(),
        Key::Item(at) => at.to_string(),
    };
    match value {
        Value::Object(members) => made(members.entry(name).or_insert(Value::Null), rest, step),
        Value::Array(items) => {
            let at = name.parse::<usize>().ok().filter(|at| at.to_string() == name && *at <= items.len())?;
            if at == items.len() {
                items.push(Value::Null);
            }
            made(&mut items[at], rest, step)
        }
        _ => None,
    }
}

fn said_of(
    oracle: &Oracle<'_>,
    hir: &Hir,
    outcome: &Outcome,
    file: &dyn Fn(&Spot) -> String,
    documents: &[Arc<Document>],
) -> Said {
    let mut said = Said::default();
    for found in &outcome.findings {
        let mut fix = String::new();
        let mut steps: Vec<_> = found.fixes.iter().collect();
        // The steps are one patch: where one has no place there is none.
        if !changes(&steps, documents) {
            steps.clear();
        }
        for step in &steps {
            let pointer = step.spot.as_ref().map(Spot::pointer).unwrap_or_default();
            fix.push_str(&format!(" [{} {pointer} {}]", step.op, step.value));
        }
        let safe = !steps.iter().any(|f| f.is_unsafe);
        let related: Vec<String> = found.related.iter().map(file).collect();
        let line = format!(
            "{} {} {}{} {} {:?} refs {:?} related {related:?} fix {}{fix}",
            found.action.name(),
            found.severity.name(),
            hir.policies[found.policy].id,
            oracle.use_name(found.used).map(|name| format!("/{name}")).unwrap_or_default(),
            found.place.as_ref().map_or_else(|| "#0".to_owned(), file),
            found.message,
            found.refs,
            if safe { "safe" } else { "unsafe" },
        );
        said.findings.push(match &found.suppressed {
            Some(why) => format!("suppressed {line} by {why}"),
            None => line,
        });
    }
    said.errors.extend(outcome.unexplained.iter().map(|spot| format!("E0711 {}", below(&file(spot)))));
    for skip in &outcome.skipped {
        said.skipped.push(format!("{} {}", hir.policies[skip.policy].id, skip.reason));
    }
    for error in &outcome.errors {
        match error.code {
            // The input error of the object says so.
            "E0805" => {}
            "E0806" => {
                said.errors.insert("E0806 ".to_owned());
            }
            code => {
                said.errors.insert(format!("{code} {}", hir.policies[error.policy].id));
            }
        }
    }
    said.findings.sort();
    said.skipped.sort();
    // Uses of a policy that do not apply for one reason are told once.
    said.skipped.dedup();
    said
}
