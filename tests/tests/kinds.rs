//! Every built-in kind that occurs in the manifests of the corpus can be written about: a policy on it, which reads each of
//! its fields, type-checks and compiles.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use plimsoll::engine::document::{ReadOptions, objects, read};
use plimsoll::scan::walk::{WalkOptions, walk};
use plimsoll_dsl::compile::Options;
use plimsoll_dsl::compiler::Compiler;
use plimsoll_dsl::schema::{FieldType, Schema, TypeDef, TypeId};
use plimsoll_engine::engine::{Engine, EngineOptions};
use plimsoll_engine::inventory::Origin;
use plimsoll_engine::program::verify::verify;
use plimsoll_tests::corpus::{files, folder};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The types that read the built-in objects of the corpus, with how many objects each reads.
fn kinds(schema: &Schema, root: &std::path::Path) -> BTreeMap<TypeId, usize> {
    let mut kinds = BTreeMap::new();
    for file in walk(&[root.to_path_buf()], &WalkOptions { no_ignore: true, ..WalkOptions::default() }).unwrap().files {
        let bytes = std::fs::read(file.path.unwrap()).unwrap();
        for document in read(&file.name, &bytes, &ReadOptions::default()).documents {
            for root in objects(&document) {
                let (group, version) = root.api_version.rsplit_once('/').unwrap_or(("", &root.api_version));
                if let Some(reader) = schema.by_gvk(group, version, &root.kind) {
                    *kinds.entry(reader.ty).or_default() += 1;
                }
            }
        }
    }
    kinds
}

/// A policy that reads every field of a type.
fn policy(schema: &Schema, index: usize, ty: TypeId) -> String {
    let def = schema.ty(ty);
    let kind = def.kind.as_ref().unwrap();
    let mut text =
        format!("policy p{index} {{\n    id = \"T-{index}\"\n    severity = low\n    on {} as x\n", named(def));
    for (i, field) in def.fields.iter().enumerate() {
        writeln!(text, "    let f{i} = x.\"{}\"", field.name).unwrap();
    }
    writeln!(text, "    deny \"{{x.metadata.name}}\" if x.kind == \"{}\" at x.metadata.name\n}}", kind.kind).unwrap();
    text
}

#[test]
fn a_policy_on_every_kind_of_the_corpus_checks() {
    let Some(root) = folder("manifests") else { return };
    let schema = Schema::builtin();
    let kinds = kinds(schema, &root);
    let mut text = String::new();
    for (index, ty) in kinds.keys().enumerate() {
        text.push_str(&policy(schema, index, *ty));
    }
    let bundle = Compiler::default().text("kinds.plim", text).check();
    let titles: Vec<&str> = bundle.diagnostics.iter().map(|d| d.title.as_str()).collect();
    assert!(titles.is_empty(), "{titles:#?}");
    let compiled = bundle.compile(&Options::default()).unwrap().unwrap();
    println!(
        "{} of {} built-in kinds, {} objects",
        compiled.program.policies.len(),
        kinds.len(),
        kinds.values().sum::<usize>()
    );
    assert_eq!(compiled.program.policies.len(), kinds.len());
    assert!(kinds.len() > 40, "{}", kinds.len());
}

/// The fields of a type down to those without parts, as rules: each says its path where the field is there.
fn rules(schema: &Schema, ty: TypeId, at: &str, path: &str, loops: &str, depth: usize, out: &mut String) {
    for field in &schema.ty(ty).fields {
        let name = &field.name;
        if depth == 0 && matches!(name.as_ref(), "apiVersion" | "kind" | "metadata") {
            continue;
        }
        let dot = if at == "x" || at.starts_with('e') && !at.contains('.') { "." } else { "?." };
        let place = format!("{at}{dot}\"{name}\"");
        let path = format!("{path}.{name}");
        match &field.ty {
            FieldType::Object(of) if schema.ty(*of).open => {
                rules(schema, *of, &place, &path, loops, depth + 1, out);
            }
            FieldType::List(of) | FieldType::Map(of) if matches!(**of, FieldType::Object(id) if schema.ty(id).open) => {
                let FieldType::Object(of) = **of else { continue };
                let entry = format!("e{depth}");
                let names =
                    if matches!(field.ty, FieldType::Map(_)) { format!("_k{depth}, {entry}") } else { entry.clone() };
                let loops = format!("{loops} for {names} in {place}");
                rules(schema, of, &entry, &path, &loops, depth + 1, out);
            }
            _ => writeln!(out, "    audit \"{depth} {path}\"{loops} if {place} != null at {place}").unwrap(),
        }
    }
}

/// One object for each custom kind of the corpus is read down to its deepest field, in the first file that has the most.
#[test]
fn every_custom_kind_of_the_corpus_is_read_down_to_its_parts() {
    let schema = Schema::builtin();
    let custom: Vec<_> = schema.kinds().filter(|(_, _, kind)| kind.custom).collect();
    let mut text = String::new();
    for (index, (id, ty, _)) in custom.iter().enumerate() {
        let mut all = String::new();
        rules(schema, *id, "x", "", "", 0, &mut all);
        let head = format!("    id = \"T-{index}\"\n    severity = low\n    on kind_of_{index} as x\n");
        let head = head.replace(&format!("kind_of_{index}"), &named(ty));
        write!(text, "policy p{index} {{\n{head}{all}}}\n").unwrap();
    }
    let bundle = Compiler::default().text("custom.plim", text).check();
    let errors: Vec<_> = bundle.diagnostics.iter().filter(|d| d.code.id().starts_with('E')).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let program = bundle.compile(&Options::default()).unwrap().unwrap().program;
    let engine = Engine::new(&verify(program).unwrap(), EngineOptions::default()).unwrap();
    let mut evaluator = engine.evaluator();
    let Some(root) = folder("manifests") else { return };
    let root = root.parent().unwrap();
    let groups: Vec<String> = custom.iter().map(|(_, _, kind)| format!("{}/", kind.group)).collect();
    let mut best: BTreeMap<String, (usize, String, String)> = BTreeMap::new();
    let (mut seen, mut errors, mut objects) = (BTreeSet::new(), BTreeMap::<String, usize>::new(), 0);
    for file in files(root, &["yaml", "yml", "json"]) {
        let bytes = std::fs::read(&file).unwrap();
        let words = String::from_utf8_lossy(&bytes);
        if !groups.iter().any(|group| words.contains(group.as_str())) {
            continue;
        }
        let mut inventory = engine.inventory();
        let name = file.to_string_lossy().into_owned();
        let options = ReadOptions { symbols: engine.symbols(), ..ReadOptions::default() };
        for document in read(&name, &bytes, &options).documents {
            for id in inventory.insert(document, Origin::File) {
                let decision = evaluator.evaluate(&inventory, id);
                let kind = inventory.get(id).unwrap().identity.kind.to_string();
                objects += usize::from(!decision.findings.is_empty());
                for error in &decision.errors {
                    *errors.entry(format!("{kind} {} {:?}", error.message, error.pointer)).or_default() += 1;
                }
                for finding in &decision.findings {
                    let (depth, path) = finding.message.split_once(' ').unwrap();
                    let (depth, policy) = (depth.parse::<usize>().unwrap(), finding.policy.to_string());
                    seen.insert(format!("{policy}{path}"));
                    let old = best.entry(policy).or_insert_with(|| (0, String::new(), String::new()));
                    if depth > old.0 || old.1.is_empty() {
                        *old = (depth, path.to_owned(), name.clone());
                    }
                }
            }
        }
    }
    for (index, (_, ty, _)) in custom.iter().enumerate() {
        let found = best.iter().find(|(policy, _)| policy.ends_with(&format!("p{index}")));
        println!("{}: {:?}", ty.path(), found.map(|(_, (depth, path, file))| (depth, path, file)));
    }
    println!(
        "{} of {} custom kinds, {} fields, {objects} objects; errors {errors:#?}",
        best.len(),
        custom.len(),
        seen.len()
    );
    assert!(best.len() >= 40, "{}", best.len());
}

/// A kind as a policy writes it: a group with a hyphen is no name.
fn named(ty: &TypeDef) -> String {
    if ty.package.contains('-') { ty.name.to_string() } else { ty.path() }
}
