//! Nothing is allocated where nothing is found: the whole library over every object of the manifests corpus. Each object
//! that is clean (no findings, errors or skips) is evaluated again on a warm evaluator, under a counting allocator.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use plimsoll_dsl::compile::Options;
use plimsoll_dsl::compiler::Compiler;
use plimsoll_engine::document::{Format, ReadOptions, read};
use plimsoll_engine::engine::{Engine, EngineOptions};
use plimsoll_engine::inventory::Origin;
use plimsoll_engine::program::verify::verify;
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, counted.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator is unsafe by its nature; this one hands everything on")]
// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let (mut out, mut todo) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| endings.contains(&e)) {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

/// The policies of this repository.
fn engine() -> Engine {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stdlib-policies");
    let mut compiler = Compiler::default();
    for part in ["std", "owasp"] {
        for file in files(&root.join(part), &["plim"]) {
            let path = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            compiler = compiler.file(path, std::fs::read_to_string(&file).unwrap());
        }
    }
    let program = compiler.check().compile(&Options::default()).unwrap().unwrap().program;
    // What is on when nothing is chosen.
    let options = EngineOptions { profiles: vec!["standard".to_owned()], ..EngineOptions::default() };
    Engine::new(&verify(program).unwrap(), options).unwrap()
}

#[test]
fn clean_objects_of_the_corpus_allocate_nothing() {
    let Ok(root) = std::env::var("PLIMSOLL_CORPUS") else {
        println!("skipped: PLIMSOLL_CORPUS is not set");
        return;
    };
    let engine = engine();
    let mut inventory = engine.inventory();
    let mut ids = Vec::new();
    for file in files(&Path::new(&root).join("manifests"), &["yaml", "yml", "json"]) {
        let name = file.to_string_lossy();
        let options =
            ReadOptions { symbols: engine.symbols(), format: Format::of_path(&name), ..ReadOptions::default() };
        for document in read(&name, &std::fs::read(&file).unwrap(), &options).documents {
            ids.extend(inventory.insert(document, Origin::File));
        }
    }
    let mut evaluator = engine.evaluator();
    let clean: Vec<_> = ids
        .into_iter()
        .filter(|id| {
            let decision = evaluator.evaluate(&inventory, *id);
            decision.allowed
                && decision.findings.is_empty()
                && decision.skipped.is_empty()
                && decision.suppressed.is_empty()
        })
        .collect();
    let (mut dirty, mut shown) = (0_usize, Vec::new());
    for id in &clean {
        evaluator.evaluate(&inventory, *id);
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        evaluator.evaluate(&inventory, *id);
        let made = ALLOCATIONS.load(Ordering::Relaxed) - before;
        if made > 0 {
            dirty += 1;
            if shown.len() < 10 {
                let object = inventory.get(*id).unwrap();
                shown.push(format!("{made} {} {}", object.identity.kind, object.document().source().name));
            }
        }
    }
    println!("{} clean objects, {dirty} of them allocate", clean.len());
    assert!(clean.len() > 1000, "{} clean objects", clean.len());
    assert_eq!(shown, Vec::<String>::new());
}
