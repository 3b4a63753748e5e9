//! Modules that nobody should write: whatever an extension does, there is an error of the call or of loading, and nothing
//! else. The modules are small, in WAT.
#![cfg(feature = "extensions")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll_engine::extension::native::Native;
use plimsoll_engine::extension::wasm::{Extension, Grants, WasmLimits};
use serde_json::{Value, json};
use std::fmt::Write;

/// What every module has: memory, a version, and a place for arguments.
const BASE: &str = r#"
    (memory (export "memory") 1)
    (func (export "plimsoll_abi") (result i32) i32.const 1)
    (func (export "plimsoll_alloc") (param i32) (result i32) i32.const 1024)
"#;

/// A module with these parts beside the usual ones.
fn module(parts: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {BASE} {parts})")).unwrap()
}

/// A module whose `f` has this body.
fn body(body: &str) -> Vec<u8> {
    module(&format!(r#"(func (export "f") (param $at i32) (param $len i32) (result i64) {body})"#))
}

/// A module whose `f` gives these bytes.
fn gives(bytes: &[u8]) -> Vec<u8> {
    let text = bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "\\{byte:02x}").unwrap();
        text
    });
    let packed = (8_u64 << 32) | bytes.len() as u64;
    module(&format!(
        r#"(data (i32.const 8) "{text}") (func (export "f") (param i32 i32) (result i64) i64.const {packed})"#
    ))
}

/// Limits that a debug build reaches soon.
fn limits() -> WasmLimits {
    WasmLimits { instructions: 2_000_000, ..WasmLimits::default() }
}

fn load(bytes: &[u8]) -> Result<Extension, String> {
    Extension::load_with(bytes, limits(), &Grants::default()).map_err(|e| e.to_string())
}

/// What `f` says to arguments.
fn call(bytes: &[u8], args: &[Value]) -> Result<Value, String> {
    load(bytes).unwrap().function("f").unwrap().call(args)
}

/// `f` gives its arguments back as its result.
fn echo() -> Vec<u8> {
    module(
        r#"(data (i32.const 8) "{\"ok\":")
        (func (export "f") (param $at i32) (param $len i32) (result i64)
            (memory.copy (i32.const 14) (local.get $at) (local.get $len))
            (i32.store8 (i32.add (i32.const 14) (local.get $len)) (i32.const 125))
            (i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.extend_i32_u (i32.add (local.get $len) (i32.const 7)))))"#,
    )
}

#[test]
fn arguments_and_results_go_through() {
    let args = [json!("nginx:1.25"), json!({"a": [1, -2.5, null, true], "é": "\u{1F600}\n"}), Value::Null];
    assert_eq!(call(&echo(), &args), Ok(Value::Array(args.to_vec())));
    assert_eq!(call(&echo(), &[]), Ok(json!([])));
    assert_eq!(call(&gives(br#"{"error":"no such image"}"#), &[]), Err("no such image".into()));
    let two = module(
        r#"(func (export "f") (param i32 i32) (result i64) unreachable) (func (export "g") (param i32 i32) (result i64) unreachable)
        (func (export "plimsoll_x") (param i32 i32) (result i64) unreachable) (func (export "h") (result i64) unreachable)"#,
    );
    assert_eq!(load(&two).unwrap().functions().collect::<Vec<_>>(), ["f", "g"]);
}

#[test]
fn what_goes_wrong_in_a_call_is_its_error() {
    let used_up = "it used up its 2000000 instructions";
    let grow = "(drop (memory.grow (i32.const 1)))";
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("trap", body("unreachable"), "it gave up"),
        ("division", body("(drop (i32.div_u (i32.const 1) (i32.const 0))) unreachable"), "it divided by zero"),
        ("address", body("(i64.load (i32.const 65530))"), "it left its memory"),
        ("loop", body("(loop $l (br $l)) unreachable"), used_up),
        ("growing without end", body(&format!("(loop $l {grow} (br $l)) unreachable")), used_up),
        (
            "filling without end",
            body("(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 65000)) (br $l)) unreachable"),
            used_up,
        ),
        ("recursion", module(RECURSION), "it used up its stack"),
        ("no function", module(NO_FUNCTION), "it called a function that is none"),
        ("address of the result", body("i64.const -1"), "it gave 4294967295 bytes, more than the limit"),
        ("end of the result", body("(i64.const 0x0000fffe00000010)"), "it gave an address outside its memory"),
        ("nothing", body("(i64.const 0)"), "its result is not JSON"),
        ("UTF-8", gives(b"{\"ok\":\"\xff\"}"), "its result is not UTF-8"),
        ("garbage", gives(b"hello"), "its result is not JSON"),
        ("two values", gives(br#"{"ok":1}{"ok":2}"#), "its result is not JSON"),
        ("neither", gives(br#"{"allow":true}"#), "its result is neither"),
        ("both", gives(br#"{"ok":true,"error":"x"}"#), "its result is neither"),
        ("key twice", gives(br#"{"ok":{"a":1,"a":2}}"#), "a key stands twice"),
        ("deep", gives(format!("{{\"ok\":{}{}}}", "[".repeat(300), "]".repeat(300)).as_bytes()), "recursion limit"),
    ];
    for (what, bytes, message) in cases {
        let error = call(&bytes, &[json!(1)]).unwrap_err();
        assert!(error.contains(message), "{what}: {error}");
    }
}

const RECURSION: &str = r#"(func $f (export "f") (param i32 i32) (result i64)
    (i64.add (i64.const 1) (call $f (local.get 0) (local.get 1))))"#;

const NO_FUNCTION: &str = r#"(table 1 funcref) (type $t (func (result i64)))
    (func (export "f") (param i32 i32) (result i64) (call_indirect (type $t) (i32.const 0)))"#;

#[test]
fn memory_does_not_grow_beyond_its_limit() {
    // Gives what `memory.grow` gives for the limit, one page more, and 4 GiB, as digits of "ok".
    let grows = |pages: i32| {
        let parts = format!(
            r#"(data (i32.const 8) "{{\"ok\":1}}") (func (export "f") (param i32 i32) (result i64)
                (if (i32.eq (memory.grow (i32.const {pages})) (i32.const -1)) (then (i32.store8 (i32.const 14) (i32.const 48))))
                (i64.const 0x0000000800000008))"#
        );
        call(&module(&parts), &[])
    };
    assert_eq!(
        [grows(0), grows(1023), grows(1024), grows(-1)],
        [Ok(json!(1)), Ok(json!(1)), Ok(json!(0)), Ok(json!(0))]
    );
}

#[test]
fn an_address_that_alloc_makes_up_is_refused() {
    for at in ["65536", "-1", "65535"] {
        let text = format!(
            r#"(module (memory (export "memory") 1) (func (export "plimsoll_abi") (result i32) i32.const 1)
            (func (export "plimsoll_alloc") (param i32) (result i32) i32.const {at})
            (func (export "f") (param i32 i32) (result i64) unreachable))"#
        );
        assert_eq!(call(&wat::parse_str(text).unwrap(), &[]), Err("it gave an address outside its memory".into()));
    }
}

#[test]
fn long_messages_are_refused() {
    let small = WasmLimits { message: 20, ..limits() };
    let function = Extension::load_with(&echo(), small, &Grants::default()).unwrap().function("f").unwrap();
    assert_eq!(function.call(&[json!("012345678")]), Ok(json!(["012345678"])));
    assert_eq!(
        function.call(&[json!("0123456789")]),
        Err("it gave 21 bytes, more than the limit of 20".into()),
        "its result has seven bytes more than its arguments"
    );
    let error = function.call(&[json!("01234567890123456789")]).unwrap_err();
    assert_eq!(error, "the arguments have 24 bytes, more than the limit of 20");
}

#[test]
fn modules_that_do_not_keep_to_the_abi_are_not_loaded() {
    let f = r#"(func (export "f") (param i32 i32) (result i64) unreachable)"#;
    let memory = r#"(memory (export "memory") 1)"#;
    let abi = r#"(func (export "plimsoll_abi") (result i32) i32.const 1)"#;
    let alloc = r#"(func (export "plimsoll_alloc") (param i32) (result i32) i32.const 8)"#;
    let start = "(start $s)";
    let cases: Vec<(String, &str)> = vec![
        (format!("{abi}{alloc}{f}"), "it does not export `memory`"),
        (format!("{memory}{alloc}{f}"), "it does not export `plimsoll_abi`"),
        (format!("{memory}{abi}{f}"), "it does not export `plimsoll_alloc`"),
        (format!(r#"{abi}{alloc} (global (export "memory") i32 (i32.const 1))"#), "its export `memory` is no memory"),
        (
            format!(r#"{memory}{alloc} (global (export "plimsoll_abi") i32 (i32.const 1))"#),
            "its export `plimsoll_abi` must be a function from () to i32, not a global",
        ),
        (
            format!(r#"{memory}{abi} (func (export "plimsoll_alloc") (param i64) (result i32) i32.const 8)"#),
            "its export `plimsoll_alloc` must be a function from (i32) to i32, not another one",
        ),
        (
            format!(r#"{BASE} (func (export "_initialize") (param i32))"#),
            "its export `_initialize` must be a function from () to nothing, not another one",
        ),
        (
            format!(r#"{memory}{alloc} (func (export "plimsoll_abi") (result i32) i32.const 2)"#),
            "it speaks version 2 of the extension ABI, not version 1",
        ),
        (format!("{BASE}{start} (func $s (loop $l (br $l)))"), "it does not start: it used up its instructions"),
        (format!("{BASE}{start} (func $s unreachable)"), "it does not start: it gave up"),
        (
            format!(r#"{BASE} (func (export "_initialize") (loop $l (br $l)))"#),
            "it does not start: it used up its instructions",
        ),
        (format!(r#"{abi}{alloc} (memory (export "memory") 1025)"#), "it does not start: "),
        (format!("{BASE} (table 20001 funcref)"), "it does not start: "),
        (format!(r#"{BASE} (data (i32.const 65535) "ab")"#), "it does not start: it left its memory"),
        (format!("{BASE} (memory 1)"), "multi"),
        (format!(r#"{abi}{alloc} (memory (export "memory") i64 1)"#), "it is no WASM module that can be used: "),
    ];
    for (parts, message) in cases {
        let error = load(&wat::parse_str(format!("(module {parts})")).unwrap()).unwrap_err();
        assert!(error.contains(message), "{parts}\n{error}");
    }
}

#[test]
fn bytes_that_are_no_module_are_not_loaded() {
    for bytes in [&b""[..], b"hello", b"\0asm", b"\0asm\x01\0\0\0\xff", b"\x7fELF", b"(module)"] {
        assert!(load(bytes).unwrap_err().starts_with("it is no WASM module that can be used: "), "{bytes:?}");
    }
    let component = wat::parse_str("(component)").unwrap();
    assert!(load(&component).unwrap_err().starts_with("it is no WASM module"), "{:?}", load(&component));
    // Every beginning and every changed byte of a module is a module or is refused.
    let good = echo();
    for at in 0..good.len() {
        let _ = load(&good[..at]);
        let mut changed = good.clone();
        changed[at] ^= 0x41;
        if let Ok(function) = load(&changed).and_then(|e| e.function("f").map_err(|e| e.to_string())) {
            let _ = function.call(&[json!("x")]);
        }
    }
    let long = vec![0; 100 << 20];
    assert_eq!(load(&long).unwrap_err(), "it has 104857600 bytes, more than the limit of 4194304");
}

#[test]
fn many_functions_are_refused_before_they_are_compiled() {
    // As in the format: a section is its id, its length and its items.
    let count = |mut n: usize| {
        let mut bytes = Vec::new();
        while n > 127 {
            bytes.push(u8::try_from(n & 127).unwrap() | 128);
            n >>= 7;
        }
        bytes.push(u8::try_from(n).unwrap());
        bytes
    };
    let section = |id: u8, n: usize, items: &[u8]| {
        let body = [&count(n)[..], items].concat();
        [&[id][..], &count(body.len()), &body].concat()
    };
    let module = |sections: &[Vec<u8>]| [&b"\0asm\x01\0\0\0"[..], &sections.concat()].concat();
    let (one_type, nothing) = (section(1, 1, b"\x60\0\0"), b"\x02\0\x0b");
    let functions = |n: usize| vec![one_type.clone(), section(3, n, &vec![0; n]), section(10, n, &nothing.repeat(n))];
    let imports = |n: usize| vec![one_type.clone(), section(2, n, &b"\x01a\x01b\0\0".repeat(n))];
    // They differ, or the compiler would take them for one.
    let types = |n: usize| {
        let one = |i: usize| {
            let params = (0..20).map(|bit| if i >> bit & 1 == 0 { 0x7f } else { 0x7e });
            [&[0x60, 20][..], &params.collect::<Vec<u8>>(), &[0]].concat()
        };
        section(1, n, &(0..n).flat_map(one).collect::<Vec<u8>>())
    };
    let start = std::time::Instant::now();
    for (bytes, message) in [
        (module(&functions(400_000)), "it has 400000 functions, more than the limit of 20000"),
        (module(&imports(400_000)), "it has 400000 functions, more than the limit of 20000"),
        (module(&[types(150_000)]), "it has 150000 types of functions, more than the limit of 20000"),
        // A section whose count lies.
        (module(&[one_type.clone(), section(3, 4_000_000_000, b"")]), "it has 4000000000 functions, more than"),
    ] {
        let error = load(&bytes).unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    let within = |open: &str, n: usize| format!("(func {} {})", open.repeat(n), "end ".repeat(n));
    let loops = |n: usize| format!("(func (param i32) {})", "(loop (br_if 0 (local.get 0)))".repeat(n));
    for (parts, message) in [
        (loops(1_000).repeat(3), Ok(())),
        (loops(1_001), Err("it has 1001 loops in one function, more than the limit of 1000")),
        (loops(300_000), Err("it has 300000 loops in one function, more than the limit of 1000")),
        (loops(800).repeat(26), Err("it has 20800 loops, more than the limit of 20000")),
        (within("loop ", 100), Ok(())),
        (
            within("loop block ", 101).replace("end", "end end"),
            Err("it has 101 loops within each other, more than the limit of 100"),
        ),
        (within("block ", 5_000), Ok(())),
        (within("block ", 30_000), Err("it has 5001 blocks within each other, more than the limit of 5000")),
    ] {
        assert_eq!(load(&self::module(&parts)).map(drop), message.map_err(str::to_owned), "{}", &parts[..30]);
    }
    // A limit of a host's own; `functions` counts the two that every module has.
    let of = |functions: u32| WasmLimits { functions, ..limits() };
    let load = |limit: u32| Extension::load_with(&echo(), of(limit), &Grants::default()).map(drop);
    assert_eq!(load(3), Ok(()));
    assert_eq!(load(2).unwrap_err().to_string(), "it has 3 functions, more than the limit of 2");
}

#[test]
fn a_function_that_is_missing_or_another_is_refused() {
    let extension = load(&module(r#"(func (export "g") (param i32) (result i64) unreachable)"#)).unwrap();
    let error = |name| extension.function(name).unwrap_err().to_string();
    assert_eq!(error("f"), "it does not export `f`");
    assert_eq!(error("g"), "its export `g` must be a function from (i32, i32) to i64, not another one");
    assert_eq!(error("memory"), "its export `memory` must be a function from (i32, i32) to i64, not a memory");
}

/// `f` asks `env.upper` of the host and gives its answer.
const ASKS: &str = r#"(module (import "env" "upper" (func $upper (param i32 i32) (result i64)))
    (memory (export "memory") 1) (func (export "plimsoll_abi") (result i32) i32.const 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "plimsoll_alloc") (param $n i32) (result i32)
        (global.get $next) (global.set $next (i32.add (global.get $next) (local.get $n))))
    (func (export "f") (param i32 i32) (result i64) (call $upper (local.get 0) (local.get 1))))"#;

#[test]
fn nothing_is_imported_but_what_is_granted() {
    let asks = wat::parse_str(ASKS).unwrap();
    assert_eq!(
        load(&asks).unwrap_err(),
        "it imports `env.upper`, which is not granted: an extension has no access to anything"
    );
    let wasi = r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#;
    let error = load(&wat::parse_str(format!("(module {wasi} {BASE})")).unwrap()).unwrap_err();
    assert!(error.contains("fd_write`, which is not granted") && error.contains("without WASI"), "{error}");
    for import in [
        r#"(import "env" "memory" (memory 1))"#,
        r#"(import "env" "g" (global i32))"#,
        r#"(import "env" "t" (table 1 funcref))"#,
    ] {
        let parts = r#"(func (export "plimsoll_abi") (result i32) i32.const 1)
            (func (export "plimsoll_alloc") (param i32) (result i32) i32.const 8)"#;
        let memory = if import.contains("\"memory\"") {
            r#"(export "memory" (memory 0))"#
        } else {
            r#"(memory (export "memory") 1)"#
        };
        let bytes = wat::parse_str(format!("(module {import} {parts} {memory})")).unwrap();
        assert!(load(&bytes).unwrap_err().starts_with("it imports `env."), "{import}");
    }

    let mut grants = Grants::default();
    grants.add("env", "upper", |args: &[Value]| match args {
        [Value::String(text)] => Ok(json!(text.to_uppercase())),
        _ => Err("no text".to_owned()),
    });
    let granted = Extension::load_with(&asks, limits(), &grants).unwrap().function("f").unwrap();
    assert_eq!(granted.call(&[json!("abc")]), Ok(json!("ABC")));
    assert_eq!(granted.call(&[json!(1)]), Err("no text".into()));

    let other = ASKS.replace("(param i32 i32) (result i64)))\n", "(param i32 i64) (result i64)))\n");
    let other = other.replace("(call $upper (local.get 0) (local.get 1))", "(call $upper (local.get 0) (i64.const 0))");
    let error = Extension::load_with(&wat::parse_str(other).unwrap(), limits(), &grants).unwrap_err();
    assert_eq!(error.to_string(), "its import `env.upper` must be a function from (i32, i32) to i64");

    for (address, message) in [("(i32.const -1)", "outside its memory"), ("(i32.const 0)", "not JSON")] {
        let wrong = ASKS.replace("(call $upper (local.get 0)", &format!("(call $upper {address}"));
        let wrong = Extension::load_with(&wat::parse_str(wrong).unwrap(), limits(), &grants).unwrap();
        let error = wrong.function("f").unwrap().call(&[json!("abc")]).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_call_leaves_nothing_behind() {
    // Counts its calls in memory, in a global and in the size of its memory: each call sees the first count.
    let counts = module(
        r#"(global $n (mut i32) (i32.const 48)) (data (i32.const 8) "{\"ok\":000}")
        (func (export "f") (param i32 i32) (result i64)
            (i32.store8 (i32.const 32) (i32.add (i32.const 1) (i32.load8_u (i32.const 32))))
            (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (i32.store8 (i32.const 14) (global.get $n))
            (i32.store8 (i32.const 15) (i32.add (i32.const 48) (i32.load8_u (i32.const 32))))
            (i32.store8 (i32.const 16) (i32.add (i32.const 49) (memory.grow (i32.const 1))))
            (i64.const 0x000000080000000a))"#,
    );
    let function = load(&counts).unwrap().function("f").unwrap();
    // Other arguments, so that nothing is remembered.
    let seen: Vec<_> = (0..4).map(|i| function.call(&[json!(i)])).collect();
    assert_eq!(seen, vec![Ok(json!(112)); 4]);
}

#[test]
fn fuel_is_a_matter_of_arguments_alone() {
    let function = load(&echo()).unwrap().function("f").unwrap();
    let first = function.metered(&[json!("abc")], u64::MAX);
    assert!(first.fuel > 1_000, "{first:?}");
    assert_eq!(function.metered(&[json!("abc")], u64::MAX), first, "remembered");
    let other = load(&echo()).unwrap().function("f").unwrap();
    assert_eq!(other.metered(&[json!("abc")], u64::MAX), first, "anew");
    let more = other.metered(&[json!("a".repeat(50_000))], u64::MAX);
    assert!(more.fuel > first.fuel + 4_000, "bytes that are copied count: {more:?}");
    // With less fuel than it needs, the evaluation ends, and nothing is remembered of it.
    let endless = load(&body("(loop $l (br $l)) unreachable")).unwrap().function("f").unwrap();
    assert_eq!(endless.metered(&[], 1_000).fuel, u64::MAX);
    assert_eq!(endless.metered(&[], u64::MAX).result, Err("it used up its 2000000 instructions".into()));
    let big =
        module(r#"(func (export "f") (param i32 i32) (result i64) (drop (memory.grow (i32.const 1000))) unreachable)"#);
    assert!(load(&big).unwrap().function("f").unwrap().metered(&[], u64::MAX).fuel > 700_000, "pages count");
}

#[test]
fn threads_share_a_function() {
    let function = load(&echo()).unwrap().function("f").unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let function = &function;
            scope.spawn(move || {
                for i in 0..50 {
                    let args = [json!(thread), json!(i % 7)];
                    assert_eq!(function.call(&args), Ok(Value::Array(args.to_vec())));
                }
            });
        }
    });
}
