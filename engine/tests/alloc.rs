//! Nothing is allocated where nothing is found: a counting allocator around the evaluation of clean objects.
//!
//! The program is written by hand: a loop over containers, field accesses, comparisons, membership, a text that is
//! built, a lookup, a set that is built.

#![expect(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use plimsoll_engine::decision::{Action, Severity};
use plimsoll_engine::document::{ReadOptions, read};
use plimsoll_engine::engine::{Engine, EngineOptions};
use plimsoll_engine::inventory::Origin;
use plimsoll_engine::program::assemble::Assembler;
use plimsoll_engine::program::operand::{BuildKind, Compare, DefBuilder, DefIter, IndexId, StepIter, UseBuilder};
use plimsoll_engine::program::verify::verify;
use plimsoll_engine::program::{
    Catch, ConstId, Constant, Def, IndexDef, Instr, KindMatch, KindSet, Operations, Plan, PolicyDef, Program, RuleDef,
    RuleId, SourceRef, Sym, Use, UseRun,
};
use std::alloc::{GlobalAlloc, Layout, System};
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

const SYMBOLS: [&str; 8] =
    ["spec", "containers", "image", "name", "metadata", "namespace", "securityContext", "privileged"];

fn symbol(name: &str) -> Sym {
    Sym(SYMBOLS.iter().position(|s| *s == name).unwrap() as u32)
}

fn engine() -> Engine {
    let constants = vec![
        Constant::Null,
        Constant::Bool(true),
        Constant::Str("found".into()),
        Constant::Str("evil".into()),
        Constant::Set(vec![3]),
        Constant::Str("image ".into()),
    ];
    let set = |kind: &str| KindSet {
        kinds: vec![KindMatch { kind: kind.into(), group: String::new(), old_groups: Vec::new() }],
        ..KindSet::default()
    };
    let policy = PolicyDef {
        id: "T-01".into(),
        name: "clean".into(),
        module: "test".into(),
        title: String::new(),
        doc: String::new(),
        severity: Severity::High,
        refs: Default::default(),
        enabled: None,
        window: None,
        sensitive: false,
        params: Vec::new(),
        on: Some(0),
        subresources: Vec::new(),
        operations: Operations { create: true, update: true, delete: false, connect: false },
        reads: vec![1],
        data: Vec::new(),
    };
    let rule = RuleDef {
        policy: 0,
        action: Some(Action::Deny),
        severity: None,
        refs: Default::default(),
        source: SourceRef::default(),
    };
    let program = Program {
        symbols: SYMBOLS.map(Into::into).into(),
        constants,
        kinds: vec![set("Pod"), set("ServiceAccount")],
        indexes: vec![IndexDef { kinds: 1, path: vec![symbol("metadata").0, symbol("namespace").0] }],
        policies: vec![policy],
        rules: vec![rule],
        functions: vec![code()],
        plans: vec![Plan { policies: vec![0], function: 0 }],
        ..Program::default()
    };
    Engine::new(&verify(program).unwrap(), EngineOptions::default()).unwrap()
}

/// Reports a container whose image is in a set and whose built text is equal to it, if an account of the namespace is
/// privileged: never.
fn code() -> plimsoll_engine::program::Function {
    let mut asm = Assembler::default();
    let [object, list, iter, c, image, builder, set, key, text, cond] =
        std::array::from_fn(|_| asm.register().unwrap());
    let constant =
        |asm: &mut Assembler, id: u32, dst: u16| asm.emit(Instr::Const { value: ConstId(id), dst: Def(dst) });
    let start = asm.here();
    let end = asm.label();
    asm.emit(Instr::Object { dst: Def(object) });
    asm.emit(Instr::Field { src: Use(object), key: symbol("spec"), dst: Def(list) });
    asm.emit(Instr::Field { src: Use(list), key: symbol("containers"), dst: Def(list) });
    asm.emit(Instr::Build { kind: BuildKind::Set, dst: DefBuilder(builder) });
    asm.emit(Instr::Iter { src: Use(list), dst: DefIter(iter) });
    let (head, done) = (asm.label(), asm.label());
    asm.bind(head);
    asm.emit(Instr::Next { iter: StepIter(iter), value: Def(c), end: done.jump() });
    asm.emit(Instr::Field { src: Use(c), key: symbol("image"), dst: Def(image) });
    asm.emit(Instr::Push { builder: UseBuilder(builder), value: Use(image) });
    constant(&mut asm, 4, set);
    asm.emit(Instr::In { item: Use(image), of: Use(set), dst: Def(cond) });
    let parts = asm.run(2).unwrap();
    constant(&mut asm, 5, parts);
    asm.emit(Instr::Move { src: Use(image), dst: Def(parts + 1) });
    asm.emit(Instr::Text { parts: UseRun { first: parts, len: 2 }, dst: Def(text) });
    asm.emit(Instr::Compare { op: Compare::Eq, left: Use(text), right: Use(image), dst: Def(cond) });
    asm.emit(Instr::Jump { to: head.jump() });
    asm.bind(done);
    asm.emit(Instr::Finish { builder: UseBuilder(builder), dst: Def(set) });
    asm.emit(Instr::Field { src: Use(object), key: symbol("metadata"), dst: Def(key) });
    asm.emit(Instr::Field { src: Use(key), key: symbol("namespace"), dst: Def(key) });
    asm.emit(Instr::Lookup { index: IndexId(0), key: Use(key), dst: Def(list) });
    asm.emit(Instr::Iter { src: Use(list), dst: DefIter(iter) });
    let again = asm.label();
    asm.bind(again);
    asm.emit(Instr::Next { iter: StepIter(iter), value: Def(c), end: end.jump() });
    asm.emit(Instr::Field { src: Use(c), key: symbol("privileged"), dst: Def(cond) });
    asm.emit(Instr::JumpIfNull { src: Use(cond), to: again.jump() });
    let first = asm.run(6).unwrap();
    constant(&mut asm, 2, first);
    for i in 1..6 {
        constant(&mut asm, 0, first + i);
    }
    asm.emit(Instr::Report { rule: RuleId(0), parts: UseRun { first, len: 6 } });
    asm.catch(start, Catch::Rule(0), end);
    asm.bind(end);
    asm.emit(Instr::End {});
    asm.finish("policy clean", 0).unwrap()
}

const CLEAN: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a}
spec: {containers: [{name: one, image: nginx}, {name: two, image: \"re\\x64is\"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: none}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: a}
";

#[test]
fn clean_objects_allocate_nothing_once_warm() {
    let engine = engine();
    let options = ReadOptions { symbols: engine.symbols(), ..ReadOptions::default() };
    let mut inventory = engine.inventory();
    let mut ids = Vec::new();
    for document in read("clean.yaml", CLEAN.as_bytes(), &options).documents {
        ids.extend(inventory.insert(document, Origin::File));
    }
    let mut evaluator = engine.evaluator();
    let mut round = || {
        for id in &ids {
            assert!(evaluator.evaluate(&inventory, *id).allowed);
        }
    };
    round();
    round();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    round();
    let after = ALLOCATIONS.load(Ordering::Relaxed);
    assert_eq!(after - before, 0);
    assert!(before > 0, "the allocator counts");
}
