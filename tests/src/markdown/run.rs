//! Runs the policy of a case over its input, and compares what comes of it with what the case says.

use super::policy::{Claim, Text, claims, sources, without_errors};
use super::{Block, Case, Outcome, types};
use crate::differ;
use plimsoll_dsl::compile::{self, Compiled, Options};
use plimsoll_dsl::compiler::{Bundle, Compiler};
use plimsoll_dsl::diagnostic::{Colour, Diagnostic, Level, render_all};
use plimsoll_dsl::hir::Hir;
use plimsoll_engine::decision::{Decision, DecisionError, Finding, FixAction, FixStep, ObjectRef, patch};
use plimsoll_engine::document::{self, Document, Format, NodeId, ReadOptions};
use plimsoll_engine::engine::{Engine, EngineOptions, Evaluator, PolicyState, Setting};
use plimsoll_engine::inventory::{Inventory, Object, Origin};
use plimsoll_engine::limits::Limits;
use plimsoll_engine::program::{Symbols, bundle, listing, verify};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// `now()` where a case says nothing: 2026-08-01T00:00:00Z.
const NOW: i64 = 1_785_542_400_000_000_000;

/// Runs a case.
pub fn case(case: &Case, outcome: &mut Outcome) {
    if case.of("console").next().is_some() {
        return;
    }
    let texts = sources(case);
    if texts.is_empty() {
        return;
    }
    let bundle = check(&texts);
    diagnostics(case, &texts, &bundle, outcome);
    types_of(&texts, &bundle, outcome);
    if bundle.hir.is_none() {
        return;
    }
    if bundle.hir.as_ref().is_some_and(|h| h.tests.iter().any(|t| !t.module.starts_with("std."))) {
        tests(&bundle, outcome);
    }
    match bundle.compile(&Options::default()) {
        Ok(Some(compiled)) => evaluate(case, &bundle, &compiled, outcome),
        Ok(None) => {}
        Err(error) => outcome.failures.push(error.to_string()),
    }
}

/// Checks the sources beside those of `std`.
fn check(texts: &[Text]) -> Bundle {
    let mut compiler = Compiler::default();
    for text in texts {
        compiler.add(&*text.path, text.named.then(|| Arc::from(&*text.path)), &*text.text);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("stdlib-policies/std");
    let mut paths: Vec<_> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "plim")) {
        let name = format!("std/{}", path.file_name().unwrap().to_str().unwrap());
        compiler = compiler.file(name, std::fs::read_to_string(path).unwrap());
    }
    let mut bundle = compiler.check();
    bundle.lint();
    bundle
}

// ---- what the checker says ---------------------------------------------------------------------------------

fn diagnostics(case: &Case, texts: &[Text], bundle: &Bundle, outcome: &mut Outcome) {
    if let Some(block) = case.of("diagnostics").next() {
        outcome.compare(block, &render_all(&bundle.diagnostics, &bundle.sources, Colour::Never));
        return;
    }
    let mut claimed: Vec<(usize, usize, String, Option<String>)> = vec![];
    for (source, text) in texts.iter().enumerate() {
        claimed.extend(claims(&text.text).into_iter().filter_map(|(line, claim)| match claim {
            Claim::Diagnostic { code, text } => Some((source, line, code, text)),
            Claim::Type(_) => None,
        }));
    }
    for diagnostic in &bundle.diagnostics {
        let at = (diagnostic.span().source.0 as usize, bundle.sources.position(diagnostic.span()).line as usize);
        let fits = |(source, line, code, text): &(usize, usize, String, Option<String>)| {
            (*source, *line) == at && code == diagnostic.code.id() && text.as_ref().is_none_or(|t| says(diagnostic, t))
        };
        match claimed.iter().position(fits) {
            Some(found) => drop(claimed.remove(found)),
            None if diagnostic.level == Level::Warning => {}
            None => outcome.failures.push(format!(
                "nobody said that there is\n{}",
                render_all(std::slice::from_ref(diagnostic), &bundle.sources, Colour::Never)
            )),
        }
    }
    for (source, line, code, text) in claimed {
        let line = texts[source].text.lines().nth(line - 1).unwrap_or_default().trim();
        outcome.failures.push(format!("no {code} {text:?} in `{line}`"));
    }
}

fn says(diagnostic: &Diagnostic, text: &str) -> bool {
    let labels = diagnostic.labels.iter().map(|l| &l.text);
    let mut all = labels.chain(&diagnostic.help).chain(&diagnostic.notes).chain([&diagnostic.title]);
    all.any(|t| t.contains(text))
}

fn types_of(texts: &[Text], bundle: &Bundle, outcome: &mut Outcome) {
    let clean: Vec<Text> = texts.iter().map(|t| Text { text: without_errors(&t.text), ..t.clone() }).collect();
    let asserted = texts.iter().any(|t| claims(&t.text).iter().any(|(_, c)| matches!(c, Claim::Type(_))));
    if !asserted {
        return;
    }
    let rechecked = bundle.hir.is_none().then(|| check(&clean));
    let bundle = rechecked.as_ref().unwrap_or(bundle);
    let Some(hir) = &bundle.hir else {
        let said = render_all(&bundle.diagnostics, &bundle.sources, Colour::Never);
        outcome.failures.push(format!("without the lines that have errors it can't be checked either:\n{said}"));
        return;
    };
    for ((id, _), text) in bundle.sources.iter().zip(texts) {
        let declared = types::declared(bundle, hir, id);
        for (line, claim) in claims(&text.text) {
            let Claim::Type(wanted) = claim else { continue };
            let found: Vec<&str> = declared.iter().filter(|(l, _)| *l == line).map(|(_, ty)| &**ty).collect();
            if !found.contains(&&*wanted) {
                let source = text.text.lines().nth(line - 1).unwrap_or_default().trim();
                outcome.failures.push(format!("the type is {found:?}: `{source}`"));
            }
        }
    }
}

// ---- what the tests say ------------------------------------------------------------------------------------

/// The `test` items, as `plimsoll test` runs them.
fn tests(bundle: &Bundle, outcome: &mut Outcome) {
    let checked = plimsoll::compile::Checked {
        shown: String::new(),
        name: String::new(),
        config: plimsoll::config::Config::default(),
        bundle: bundle.clone(),
        own: bundle.sources.iter().map(|(_, s)| s.path.to_string()).filter(|p| !p.starts_with("std/")).collect(),
    };
    let options = plimsoll::compile::CompileOptions { tests: true, ..Default::default() };
    let compiled = match plimsoll::compile::compile(checked, &options) {
        Ok(compiled) => compiled,
        Err(error) => return outcome.failures.push(error.to_string()),
    };
    let report = plimsoll::testing::run(&compiled, &plimsoll::testing::TestOptions::default()).unwrap();
    for test in report.outcomes {
        outcome.failures.extend(test.failures.iter().map(|f| format!("test {:?}: {}", test.name, f.message)));
    }
}

// ---- what the policies say ---------------------------------------------------------------------------------

/// The files of a case and what was said of them.
struct Run {
    engine: Engine,
    inventory: Inventory,
    /// Objects are named where there is more than one.
    named: bool,
    fixes: Vec<FixStep>,
    lines: Vec<String>,
}

fn evaluate(case: &Case, bundle: &Bundle, compiled: &Compiled, outcome: &mut Outcome) {
    if let Some(block) = case.of("bytecode").next() {
        outcome.compare(block, &listing::list(&compiled.program));
    }
    let findings = case.of("findings").next();
    if findings.is_none() && case.data("fixed").next().is_none() {
        return;
    }
    let whole = verify::verify(compiled.program.clone()).map_err(|e| e.to_string());
    match (whole.and_then(|p| on_machine(case, &p, false)), findings) {
        (Ok(run), findings) => {
            if let Some(block) = findings {
                outcome.compare(block, &shown(&run.lines, block));
            }
            fixed(case, &run, outcome);
            for (way, said) in other_ways(case, bundle, compiled) {
                match said {
                    Ok(other) if other.lines == run.lines => {}
                    Ok(other) => outcome.failures.push(format!("{way} it is\n{}", other.lines.join("\n"))),
                    Err(error) => outcome.failures.push(format!("{way}: {error}")),
                }
            }
            by_the_oracle(case, bundle, outcome);
        }
        // What the host says is refused: that is what the case is about.
        (Err(refused), Some(block)) if block.text.starts_with("refused ") || super::blessing() => {
            outcome.compare(block, &format!("refused {refused}\n"));
        }
        (Err(refused), _) => outcome.failures.push(refused),
    }
}

/// What other ways to run the case say: they must agree.
fn other_ways(case: &Case, bundle: &Bundle, compiled: &Compiled) -> Vec<(&'static str, Result<Run, String>)> {
    let text = |e: &dyn std::fmt::Display| e.to_string();
    let made = |hir: Option<&Hir>, trace: bool| {
        let options = Options { trace, ..Options::default() };
        let compiled = match hir {
            Some(hir) => compile::compile(hir, &bundle.schema, &bundle.sources, &options).map_err(|e| text(&e))?,
            None => bundle.compile(&options).map_err(|e| text(&e))?.unwrap_or_default(),
        };
        verify::verify(compiled.program).map_err(|e| text(&e))
    };
    let read = || {
        let bytes = bundle::encode(&compiled.program).map_err(|e| text(&e))?;
        bundle::decode(&bytes).map_err(|e| text(&e))
    };
    vec![
        ("after a round trip through a compiled bundle", read().and_then(|p| on_machine(case, &p, false))),
        ("without the optimiser", made(bundle.hir.as_ref(), false).and_then(|p| on_machine(case, &p, false))),
        ("with tracing", made(None, true).and_then(|p| on_machine(case, &p, true))),
    ]
}

/// The tree-walking evaluator, for cases that need nothing from the host.
fn by_the_oracle(case: &Case, bundle: &Bundle, outcome: &mut Outcome) {
    let host = ["cluster", "old", "options"].iter().any(|word| case.data(word).next().is_some());
    // Suppression and requests are not the oracle's.
    let beyond = |text: &str| text.contains("AdmissionReview") || text.contains("plimsoll");
    if host || case.data("input").any(|b| b.has("dump") || beyond(&b.text)) {
        return;
    }
    let inputs = case.data("input").enumerate();
    let compared = differ::Case {
        sources: bundle.sources.iter().map(|(_, s)| (s.path.to_string(), s.text.to_string())).collect(),
        files: inputs.map(|(n, block)| (format!("input{n}.yaml"), block.text.clone())).collect(),
        complete: case.data("input").any(|b| b.has("complete")),
        ..differ::Case::default()
    };
    if let differ::Compared::Differ { way, how } = differ::compare(&compared, &mut differ::Coverage::new()) {
        outcome.failures.push(format!("{way}: {how}"));
    }
}

/// Lines without the positions that the block leaves out.
fn shown(lines: &[String], block: &Block) -> String {
    // `@6:7`
    let position = |word: &str| word.starts_with('@') && word[1..].split(':').all(|n| n.parse::<u32>().is_ok());
    let positions = block.text.split([' ', '\n']).any(position);
    let keep = |line: &String| {
        let words = line.split(' ').filter(|w| positions || !position(w));
        words.collect::<Vec<_>>().join(" ") + "\n"
    };
    lines.iter().map(keep).collect()
}

fn on_machine(case: &Case, program: &verify::Verified, trace: bool) -> Result<Run, String> {
    let options = EngineOptions { evidence: trace, coverage: trace, ..options(case)? };
    let engine = Engine::new(program, options).map_err(|e| format!("{} {e}", e.code()))?;
    let mut run = Run { inventory: engine.inventory(), named: false, fixes: vec![], lines: vec![], engine };
    for instance in run.engine.instances() {
        if let PolicyState::Disabled(why) = &instance.state {
            let name = run.engine.policy(instance).map_or("", |p| &p.name);
            run.lines.push(format!("off {name} {why}"));
        }
    }
    let symbols = run.engine.symbols();
    let all = |block: &Block| block.has("complete");
    for (n, block) in case.data("cluster").enumerate() {
        for document in read(block, &format!("cluster{n}.yaml"), &symbols)? {
            run.inventory.insert(document, origin(block));
        }
    }
    if case.data("input").chain(case.data("cluster")).any(all) {
        run.inventory.set_all_complete();
    }
    let (mut ids, mut requests) = (vec![], vec![]);
    for (n, block) in case.data("input").enumerate() {
        let name = if n == 0 { "input.yaml".to_owned() } else { format!("input{n}.yaml") };
        for document in read(block, &name, &symbols)? {
            if document::admission(&document).is_some() {
                requests.push(document);
            } else {
                ids.extend(run.inventory.insert(document, origin(block)));
            }
        }
    }
    run.named = ids.len() + requests.len() > 1;
    // What a scan says of the comments of its files.
    for (n, block) in case.data("input").enumerate() {
        let name = if n == 0 { "input.yaml".to_owned() } else { format!("input{n}.yaml") };
        let source = Arc::new(document::SourceText::new(&name, &block.text));
        for error in document::comments(&source, document::Limits::default()).errors {
            run.lines
                .push(format!("error {} - @{}:{} {}", error.code, error.start.line, error.start.column, error.message));
        }
    }
    let mut evaluator = run.engine.evaluator();
    let mut old = run.engine.inventory();
    for block in case.data("old") {
        for document in read(block, "old.yaml", &symbols)? {
            old.insert(document, Origin::File);
        }
    }
    for id in ids {
        let before = run.inventory.get(id).and_then(|o| old.find(&o.identity).next()).and_then(|id| old.get(id));
        let decision = judge(&mut evaluator, &run.inventory, id, before);
        run.say(&decision);
    }
    for request in requests {
        let decision = evaluator.review(&run.inventory, &request);
        run.say(&decision.unwrap_or_default());
    }
    let decision = evaluator.evaluate_cluster(&run.inventory);
    run.say(&decision);
    Ok(run)
}

fn judge(
    evaluator: &mut Evaluator,
    inventory: &Inventory,
    id: plimsoll_engine::inventory::ObjectId,
    old: Option<&Object>,
) -> Decision {
    match old {
        Some(old) => evaluator.evaluate_update(inventory, id, old),
        None => evaluator.evaluate(inventory, id),
    }
}

fn origin(block: &Block) -> Origin {
    if block.has("dump") { Origin::Cluster } else { Origin::File }
}

fn read(block: &Block, name: &str, symbols: &Arc<Symbols>) -> Result<Vec<Arc<Document>>, String> {
    let format = if block.language == "json" { Format::Json } else { Format::Yaml };
    let options = ReadOptions { format, symbols: symbols.clone(), ..ReadOptions::default() };
    let found = document::read(name, block.text.as_bytes(), &options);
    match found.errors.first() {
        Some(error) => Err(format!("{} {}:{} {}", error.code, error.start.line, error.start.column, error.message)),
        None => Ok(found.documents),
    }
}

/// The block `json options`.
fn options(case: &Case) -> Result<EngineOptions, String> {
    let mut out = EngineOptions { now: NOW, ..EngineOptions::default() };
    let Some(block) = case.data("options").next() else { return Ok(out) };
    let said: Value = serde_json::from_str(&block.text).map_err(|e| e.to_string())?;
    let texts = |key: &str| -> Vec<String> {
        said[key].as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let setting = |value: &Value| match value {
        Value::String(text) => Setting::Text(text.clone()),
        other => Setting::Json(other.clone()),
    };
    let members = |key: &str| said[key].as_object().cloned().unwrap_or_default();
    out.profiles = texts("profiles");
    out.only = texts("only");
    out.skip = texts("skip");
    out.no_suppression = texts("noSuppression");
    out.params = members("set").iter().map(|(k, v)| (k.clone(), setting(v))).collect();
    out.config_params = members("params").iter().map(|(k, v)| (k.clone(), Setting::Json(v.clone()))).collect();
    for (name, value) in members("data") {
        let shown = format!("{name}.json");
        let document = Document::from_value(&shown, &value, document::Limits::default(), &Arc::default());
        out.data.push((name, Arc::new(document.map_err(|e| e.message)?)));
    }
    for (name, results) in members("natives") {
        let call = move |args: &[Value]| match results.get(args.first().and_then(Value::as_str).unwrap_or_default()) {
            Some(result) => Ok(result.clone()),
            None => Err("nothing is known of it".to_owned()),
        };
        out.natives.add(name, call);
    }
    if let Some(fuel) = said["fuel"].as_u64() {
        out.limits = Limits { fuel, ..out.limits };
    }
    if let Some(memory) = said["memory"].as_u64().and_then(|m| usize::try_from(m).ok()) {
        out.limits = Limits { memory, ..out.limits };
    }
    if let Some(findings) = said["findings"].as_u64().and_then(|m| usize::try_from(m).ok()) {
        out.limits = Limits { findings, ..out.limits };
    }
    if let Some((major, minor)) = said["k8s"].as_str().and_then(|v| v.split_once('.')) {
        out.k8s_version = (major.parse().unwrap_or(1), minor.parse().unwrap_or(0));
    }
    Ok(out)
}

impl Run {
    /// Writes down a decision.
    fn say(&mut self, decision: &Decision) {
        for finding in &decision.findings {
            let line = format!("{} {}", finding.action.name(), self.finding(finding));
            self.lines.push(line);
            for related in &finding.related {
                self.lines.push(format!("  related {}{}", object_name(Some(&related.object)), related.pointer));
            }
            for step in finding.fix.iter().flat_map(|f| &f.steps) {
                let op = match step.action {
                    FixAction::Set => "set",
                    FixAction::Add => "add",
                    FixAction::Remove => "remove",
                };
                let safe = finding.fix.as_ref().is_some_and(|f| f.safe);
                let value = if step.value.is_null() { String::new() } else { format!(" {}", step.value) };
                let op = if safe { op.to_owned() } else { format!("unsafe {op}") };
                self.lines.push(format!("  fix {op} {}{value}", step.pointer));
                self.fixes.push(step.clone());
            }
        }
        for suppressed in &decision.suppressed {
            let line = format!("suppressed {} -- {}", self.finding(&suppressed.finding), suppressed.reason);
            self.lines.push(line);
        }
        for skip in &decision.skipped {
            self.lines.push(format!("skip {} {}", skip.policy, skip.reason));
        }
        for error in &decision.errors {
            self.lines.push(format!("error {}", self.error(error)));
        }
        for note in &decision.notes {
            self.lines.push(format!("note {}", self.error(note)));
        }
    }

    fn finding(&self, finding: &Finding) -> String {
        let name = finding.use_name.as_ref().unwrap_or(&finding.policy);
        let object = if self.named { object_name(finding.object.as_ref()) } else { String::new() };
        let pointer = if finding.pointer.is_empty() && object.is_empty() { "/" } else { &finding.pointer };
        let at = finding.start;
        format!("{name} {object}{pointer} @{}:{} {}", at.line, at.column, finding.message)
    }

    fn error(&self, error: &DecisionError) -> String {
        let object = if self.named { object_name(error.object.as_ref()) } else { String::new() };
        let place = error.pointer.as_deref().unwrap_or_default();
        let at = error.start.map(|at| format!(" @{}:{}", at.line, at.column)).unwrap_or_default();
        let policy = error.policy.as_deref().unwrap_or("-");
        let (object, gap) = (format!("{object}{place}"), if object.is_empty() && place.is_empty() { "" } else { " " });
        format!("{} {policy}{gap}{object}{at} {}", error.code, error.message)
    }
}

fn object_name(object: Option<&ObjectRef>) -> String {
    object.map_or_else(String::new, |o| format!("{}:", o.name))
}

/// The first input after all fixes.
fn fixed(case: &Case, run: &Run, outcome: &mut Outcome) {
    let (Some(block), Some(input)) = (case.data("fixed").next(), case.data("input").next()) else { return };
    let json = |block: &Block| -> Value {
        let read = read(block, "fixed.yaml", &Arc::default()).unwrap_or_default();
        read.first().map_or(Value::Null, |d| d.to_json(NodeId::ROOT))
    };
    let mut after = json(input);
    patch::combine(&mut after, &run.fixes);
    let wanted = json(block);
    if after != wanted {
        outcome
            .failures
            .push(format!("line {}: after all fixes it is\n    {after}\nnot\n    {wanted}", block.line + 1));
    }
}
