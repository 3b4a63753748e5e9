//! Compiling is linear: what checking and compiling a text allocates grows with the text and not faster, and 200 KB of any
//! shape go through.
//!
//! Bytes that are allocated stand for steps: they are the same in each run. They are counted for the process, so this test
//! has a process of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use plimsoll_dsl::compiler::Compiler;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;

static BYTES: AtomicU64 = AtomicU64::new(0);

// SAFETY: all calls go to the system's allocator as they are.
#[expect(unsafe_code, reason = "an allocator that counts")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A name, and a text with `n` parts.
type Shape = (&'static str, fn(usize) -> String);

fn each(n: usize, part: impl Fn(usize) -> String) -> String {
    (0..n).map(part).collect()
}

fn policy(body: &str) -> String {
    format!("policy p {{ id = \"T-1\" severity = low on Pod as p {body} }}")
}

const SHAPES: &[Shape] = &[
    ("texts of a match", |n| {
        format!("fn f(s: string) -> int = match s {{ {} else => 0 }}", each(n, |i| format!("\"k{i}\" => {i}, ")))
    }),
    ("texts of a match on a union", |n| {
        let members = each(n, |i| format!("{}\"k{i}\"", if i > 0 { " | " } else { "" }));
        format!("type T = {members}\nfn f(s: T) -> int = match s {{ {} }}", each(n, |i| format!("\"k{i}\" => {i}, ")))
    }),
    ("alternatives of an arm", |n| {
        format!(
            "fn f(s: string) -> int = match s {{ {} => 1, else => 0 }}",
            each(n, |i| format!("{}\"k{i}\"", if i > 0 { " | " } else { "" }))
        )
    }),
    ("ints of a match", |n| {
        format!("fn f(s: int) -> int = match s {{ {} else => 0 }}", each(n, |i| format!("{i} => {i}, ")))
    }),
    ("texts that a match gives", |n| {
        format!("fn f(s: int) -> string = match s {{ {} else => \"\" }}", each(n, |i| format!("{i} => \"v{i}\", ")))
    }),
    ("texts that a match gives, inferred", |n| {
        format!("let a = match 1 {{ {} else => \"\" }}", each(n, |i| format!("{i} => \"v{i}\", ")))
    }),
    ("a record", |n| format!("let a = {{ {} }}", each(n.min(60_000), |i| format!("k{i}: {i}, ")))),
    ("a record type", |n| {
        let fields = each(n.min(20_000), |i| format!("k{i}?: int, "));
        format!(
            "type R = {{ {fields} }}\nfn f(r: R) -> int = {}",
            each(n.min(20_000), |i| format!(
                "{}(r.k{i} ?? 0)",
                if i % 50 == 0 && i > 0 {
                    ") + ("
                } else if i > 0 {
                    " + "
                } else {
                    ""
                }
            ))
            .replacen("", "(", 1)
                + ")"
        )
    }),
    ("a record of a type", |n| {
        let n = n.min(20_000);
        format!(
            "type R = {{ {} }}\nlet a: R = {{ {} }}",
            each(n, |i| format!("k{i}: int, ")),
            each(n, |i| format!("k{i}: {i}, "))
        )
    }),
    ("a joined record", |n| {
        format!(
            "let a = {{ {} }}\nlet b = {{ {} }}\nlet c = a ++ b",
            each(n.min(20_000), |i| format!("k{i}: {i}, ")),
            each(n.min(20_000), |i| format!("j{i}: {i}, "))
        )
    }),
    ("a map", |n| format!("let a: map<string, int> = {{ {} }}", each(n, |i| format!("k{i}: {i}, ")))),
    ("a list", |n| format!("let a = [{}]", each(n, |i| format!("{i}, ")))),
    ("a list of texts", |n| format!("let a = [{}]", each(n, |i| format!("\"t{i}\", ")))),
    ("a set of texts", |n| format!("let a = {{ {} }}", each(n, |i| format!("\"t{i}\", ")))),
    ("a list of records", |n| format!("let a = [{}]", each(n, |i| format!("{{ a: {i}, b: \"x{i}\" }}, ")))),
    ("a list of records that differ", |n| {
        format!("let a = [{}]", each(n.min(4_000), |i| format!("{{ k{i}: {i} }}, ")))
    }),
    ("rules", |n| policy(&each(n, |i| format!("deny \"m{i}\" if p.metadata.name == \"n{i}\" at p.metadata.name\n")))),
    ("clauses", |n| {
        policy(&format!("deny \"m\" {} at p", each(n.min(20_000), |i| format!("if p.metadata.name != \"n{i}\"\n"))))
    }),
    ("lets before the rules", |n| {
        policy(&format!(
            "{} deny \"m\" at p",
            each(n.min(20_000), |i| format!("let a{i} = p.metadata.name == \"{i}\"\n"))
        ))
    }),
    ("lets of a rule", |n| {
        policy(&format!(
            "deny \"m\" {} at p",
            each(n.min(20_000), |i| format!("let a{i} = p.metadata.name == \"{i}\"\n"))
        ))
    }),
    ("tests that narrow", |n| {
        policy(&format!(
            "deny \"m\" {} at p",
            each(n.min(20_000), |i| format!("if p.metadata.labels[\"k{i}\"] != null\n"))
        ))
    }),
    ("policies", |n| {
        each(n, |i| {
            format!(
                "policy p{i} {{ id = \"T-{i}\" severity = low on Pod as p deny \"m\" if p.metadata.name == \"\" at p }}\n"
            )
        })
    }),
    ("functions", |n| each(n, |i| format!("fn f{i}(a: int) -> int = a + {i}\n"))),
    ("functions that call", |n| {
        format!(
            "fn f0(a: int) -> int = a\n{}",
            each(n, |i| format!("fn f{}(a: int) -> int = f{}(a) + {i}\n", i + 1, i / 2))
        )
    }),
    ("lets of a module", |n| each(n, |i| format!("let a{i} = {i}\n"))),
    ("lets that read lets", |n| format!("let a0 = 1\n{}", each(n, |i| format!("let a{} = a{} + 1\n", i + 1, i / 2)))),
    ("types", |n| each(n, |i| format!("type T{i} = {{ a: int, b: list<string> }}\n"))),
    ("types that are used", |n| {
        each(n, |i| format!("type T{i} = {{ a{i}: int }}\nfn f{i}(t: T{i}) -> int = t.a{i}\n"))
    }),
    ("params", |n| {
        policy(&format!("{} deny \"m\" at p", each(n, |i| format!("param q{i}: int = {i}\n"))))
            .replace(" on Pod as p ", " ")
            .replace("deny", "on Pod as p deny")
    }),
    ("ifs in a row", |n| {
        format!("fn f(a: int) -> int {{ {} return 0 }}", each(n, |i| format!("if a == {i} return {i}\n")))
    }),
    ("texts with holes", |n| format!("let b = 1 let a = \"{}\"", each(n.min(60_000), |i| format!("{{b}} {i}")))),
    ("comprehensions", |n| format!("let a = [{}]", each(n, |i| format!("[x + {i} for x in [1] if x > 0], ")))),
    ("indexes", |n| format!("fn f(m: map<string, int>) -> list<int?> = [{}]", each(n, |i| format!("m[\"k{i}\"], ")))),
    ("regexes", |n| {
        format!("fn f(s: string) -> list<bool> = [{}]", each(n.min(2_000), |i| format!("s matches re\"a{i}\", ")))
    }),
    ("tests", |n| {
        format!(
            "{}\n{}",
            policy("deny \"m\" at p"),
            each(n, |i| format!(
                "test \"t{i}\" {{ input = {{ apiVersion: \"v1\", kind: \"Pod\", metadata: {{ name: \"a\" }} }} expect deny p }}\n"
            ))
        )
    }),
    ("profiles", |n| {
        format!("{}\n{}", policy("deny \"m\" at p"), each(n, |i| format!("profile q{i} {{ include p }}\n")))
    }),
    ("mistakes in names", |n| each(n, |i| format!("let a{i} = b{i}\n"))),
    ("mistakes in calls", |n| each(n, |i| format!("fn a{i}() -> int = b{i}()\n"))),
    ("mistakes in types", |n| each(n, |i| format!("type A{i} = B{i}\n"))),
    ("mistakes in fields", |n| policy(&each(n, |i| format!("deny \"m\" if p.spec?.hostNetwrok{i} == true at p\n")))),
    ("mistakes in syntax", |n| each(n, |i| format!("let a{i} = )\n"))),
    ("mistakes in kinds", |n| {
        each(n, |i| format!("policy p{i} {{ id = \"T-{i}\" severity = low on Podd{i} as p deny \"m\" at p }}\n"))
    }),
    ("mistakes in a map", |n| format!("let a: map<string, int> = {{ {} }}", each(n, |i| format!("k{i}: \"x\", ")))),
];

/// Bytes that checking, linting and compiling allocate.
fn cost(text: &str) -> u64 {
    let before = BYTES.load(Ordering::Relaxed);
    let mut bundle = Compiler::default().text("p.plim", text).check();
    bundle.lint();
    drop(bundle.compile(&plimsoll_dsl::compile::Options::default()));
    BYTES.load(Ordering::Relaxed) - before
}

#[test]
fn what_is_allocated_grows_with_the_text() {
    let only = std::env::var("GROWTH_ONLY").unwrap_or_default();
    let show = std::env::var("GROWTH_SHOW").is_ok();
    let empty = cost("let a = 1");
    let mut failed: Vec<String> = vec![];
    for (name, shape) in SHAPES.iter().filter(|(name, _)| name.contains(&only)) {
        let per_part = (shape(2_000).len() - shape(1_000).len()) / 1_000;
        let n = 100_000 / per_part.max(1);
        let texts = [shape(n / 4), shape(n / 2), shape(n)];
        let started = std::time::Instant::now();
        let costs = texts.each_ref().map(|text| cost(text).saturating_sub(empty));
        if show {
            let errors = Compiler::default().text("p.plim", &*texts[0]).check().diagnostics.len();
            println!(
                "{name}: {:?} bytes of text, {costs:?}, {errors} diagnostics, {:?}",
                texts.each_ref().map(String::len),
                started.elapsed()
            );
        }
        let grown = |a: u64, b: u64| b.saturating_sub(a);
        // From n/2 to n there is twice as much to do as from n/4 to n/2; a quadratic part would make it four times.
        let (first, second) = (grown(costs[0], costs[1]), grown(costs[1], costs[2]));
        if second > first * 3 {
            failed.push(format!("{name}: {costs:?} for {:?}", texts.each_ref().map(String::len)));
        }
    }
    // Loops within loops are gone through once, and more of them than anybody needs are refused.
    let lists = format!("{}p.metadata.name{}", "count([".repeat(40), " for x in [1]])".repeat(40)).replacen(
        "p.metadata.name",
        "1",
        1,
    );
    let bundle = Compiler::default().text("p.plim", policy(&format!("deny \"m\" if {lists} == 1 at p"))).check();
    assert_eq!(bundle.diagnostics, []);
    assert!(cost(&policy(&format!("deny \"m\" if {lists} == 1 at p"))) < 1 << 30);
    let loops = "for x in [1]\n".repeat(20_000);
    for text in [
        policy(&format!("deny \"m\" {loops} at p")),
        policy(&format!("{loops} deny \"m\" at p")),
        format!("let a = [1 {loops}]"),
    ] {
        let codes: Vec<&str> =
            Compiler::default().text("p.plim", text).check().diagnostics.iter().map(|d| d.code.id()).collect();
        assert_eq!(codes, ["E0102"]);
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
