//! Every built-in kind that occurs in the manifests of the corpus can be written about: a policy on it, which reads each of
//! its fields, type-checks and compiles.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use plimsoll::engine::document::{ReadOptions, objects, read};
use plimsoll::scan::walk::{WalkOptions, walk};
use plimsoll_dsl::compile::Options;
use plimsoll_dsl::compiler::Compiler;
use plimsoll_dsl::schema::{Schema, TypeId};
use plimsoll_tests::corpus::folder;
use std::collections::BTreeMap;
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
        format!("policy p{index} {{\n    id = \"T-{index}\"\n    severity = low\n    on {} as x\n", def.path());
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
