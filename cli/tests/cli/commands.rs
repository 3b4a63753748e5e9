//! The other commands: check, test, fmt, build, explain, policies, eval, repl; and fixes.

use crate::folder::{BAD_POD, Folder, GOOD_POD, POLICIES};
use serde_json::json;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("p.plim", POLICIES).file("bad.yaml", BAD_POD).file("good.yaml", GOOD_POD);
    folder
}

#[test]
fn a_check_shows_what_is_wrong() {
    let folder = folder();
    assert_eq!(folder.run(&["check", "p.plim"]).code, 0);
    folder.file("w.plim", POLICIES.replace("hostNetwork == true", "hostNetwrok == true"));
    let ran = folder.run(&["check", "w.plim"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.out);
    let ran = folder.run(&["check", "-f", "github", "w.plim"]);
    assert!(ran.out.lines().any(|l| l.starts_with("::error file=w.plim,line=")), "{}", ran.out);
    assert_eq!(folder.run(&["check", "nowhere"]).code, 2);
}

#[test]
fn costs_of_policies() {
    let ran = folder().run(&["check", "--costs", "p.plim"]);
    for id in ["T-1", "T-2", "T-3"] {
        assert!(ran.out.lines().any(|l| l.starts_with(id)), "{}", ran.out);
    }
}

#[test]
fn tests_that_pass_and_tests_that_do_not() {
    let folder = folder();
    let ran = folder.run(&["test", "p.plim"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "p.plim: 3 tests: 3 passed, 0 failed\n"));
    let wrong = POLICIES
        .replace(
            "expect deny host_network at \"/spec/hostNetwork\" count 1",
            "expect deny host_network at \"/spec/hostIPC\"",
        )
        .replace("hostNetwork: false", "hostNetwork: true")
        .replace("expect skip", "expect deny");
    folder.file("p.plim", wrong);
    let ran = folder.run(&["test", "p.plim"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.out);
    let ran = folder.run(&["test", "p.plim", "--filter", "without pods", "-f", "json"]);
    assert_eq!(
        (ran.code, &ran.json()["bundles"][0]["passed"], &ran.json()["bundles"][0]["notRun"]),
        (0, &json!(1), &json!(2))
    );
    let ran = folder.run(&["test", "p.plim", "-f", "junit"]);
    assert!(ran.out.contains("<testsuite name=\"p.plim\" tests=\"3\" failures=\"2\">"), "{}", ran.out);
    assert_eq!(folder.run(&["test", "p.plim", "--filter", "nothing"]).code, 2);
}

#[test]
fn without_a_bundle_commands_take_those_of_the_configuration() {
    let folder = folder();
    folder.file("plimsoll.toml", "[scan]\npolicies = [\"p.plim\"]\n");
    assert_eq!(folder.run(&["test"]).out, "p.plim: 3 tests: 3 passed, 0 failed\n");
    assert!(folder.run(&["check"]).out.ends_with("p.plim: 1 module, 3 policies, 0 errors, 2 warnings\n"));
    let ran = folder.run(&["explain", "t-1"]);
    assert!(ran.out.starts_with("T-1 host_network (high, bundle p)\n"), "{ran:?}");
    assert!(folder.run(&["explain", "POD-01"]).out.starts_with("POD-01 "), "the built-in library too");
    folder.file("plimsoll.toml", "[scan]\n");
    let ran = folder.run(&["explain", "WEB-1"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("`WEB-1`"), "{ran:?}");
}

#[test]
fn codes_of_the_engine_have_long_texts() {
    let folder = folder();
    assert!(folder.run(&["explain", "e0801"]).out.starts_with("# E0801: "));
    assert!(folder.run(&["explain", "W0703"]).out.starts_with("# W0703: "));
}

#[test]
fn what_is_wrong_with_an_expression_is_shown_in_the_expression() {
    let ran = folder().run(&["eval", "1 +"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--> expression:1:4") && !ran.err.contains("audit"), "{ran:?}");
}

/// A test with every member and every form of expectation.
const EVERYTHING: &str = r#"module e
param least: int = 3
data allowed: { names: set<string> }
fn double(n: int) -> int = n * 2

/// Replicas.
policy replicas {
    id = "E-1" severity = low
    param extra: int = 0
    on Deployment as d
    audit "{d.spec?.replicas ?? 1} of {least + extra}" if (d.spec?.replicas ?? 1) < least + extra at d.spec?.replicas
}
/// Names.
policy names {
    id = "E-2" severity = low
    on Deployment as d
    warn medium "not allowed" if d.metadata.name not in allowed.names at d.metadata.name
}
/// Who.
policy who {
    id = "E-3" severity = low
    on Deployment as d when update
    deny "by {request.userInfo?.username ?? "nobody"} at {now()}" if old.spec?.replicas != d.spec?.replicas at d.spec?.replicas
}
/// Fails.
policy fails {
    id = "E-4" severity = low
    on Deployment as d
    deny "x" if numbers.div(1, d.spec?.replicas ?? 0) == 7
}

test "functions" { assert double(4) == 8 }
test "a parameter of the bundle and of a policy" {
    input = yaml"""{ apiVersion: apps/v1, kind: Deployment, metadata: { name: a }, spec: { replicas: 2 } }"""
    param least = 5
    param replicas.extra = 1
    expect audit replicas message "2 of 6" at "/spec/replicas" count 1
}
test "data" {
    input = json"""{ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a" } }"""
    data allowed = { names: { "b" } }
    expect warn names
}
test "a request" {
    input = yaml"""{ apiVersion: apps/v1, kind: Deployment, metadata: { name: a }, spec: { replicas: 2 } }"""
    old = yaml"""{ apiVersion: apps/v1, kind: Deployment, metadata: { name: a }, spec: { replicas: 3 } }"""
    request = { uid: "1", operation: "UPDATE", userInfo: { username: "eve", groups: [] } }
    now = "2026-02-03T04:05:06Z"
    expect deny who message "by eve at 2026-02-03T04:05:06Z"
}
test "an error" {
    input = yaml"""{ apiVersion: apps/v1, kind: Deployment, metadata: { name: a }, spec: { replicas: 0 } }"""
    expect error
    expect pass fails
}
test "a pass" {
    input = yaml"""{ apiVersion: apps/v1, kind: Deployment, metadata: { name: a }, spec: { replicas: 3 } }"""
    expect pass replicas
}
"#;

#[test]
fn every_member_of_a_test() {
    let folder = folder();
    folder.file("e.plim", EVERYTHING);
    let ran = folder.run(&["test", "e.plim"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "e.plim: 6 tests: 6 passed, 0 failed\n"), "{}", ran.err);
    // Each of them can fail.
    for (right, wrong) in [
        ("== 8", "== 9"),
        ("2 of 6", "2 of 7"),
        ("{ \"b\" }", "{ \"a\" }"),
        ("username: \"eve\"", "username: \"bob\""),
        ("replicas: 0 }", "replicas: 1 }"),
        ("expect pass replicas", "expect audit replicas"),
    ] {
        folder.file("e.plim", EVERYTHING.replace(right, wrong));
        let ran = folder.run(&["test", "e.plim"]);
        assert!(ran.code == 1 && ran.out.contains("5 passed, 1 failed"), "{wrong}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn a_fix_that_raises_a_finding_fails_its_test() {
    let folder = folder();
    let text = POLICIES.replace("fix set false", "fix set false\n        fix set true at pod.spec?.hostPID");
    let more = "\n/// No.\npolicy host_pid {\n id = \"T-9\" severity = low\n on Pod as p\n deny \"pid\" if p.spec?.hostPID == true at p.spec?.hostPID\n}\n";
    folder.file("p.plim", text + more);
    let ran = folder.run(&["test", "p.plim", "--filter", "node's network"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("the fix raises a finding that was not there") && ran.out.contains("host_pid"),
        "{}",
        ran.out
    );
}

#[test]
fn coverage_by_rule_clause_and_branch() {
    let folder = folder();
    let ran = folder.run(&["test", "p.plim", "--coverage"]);
    assert!(ran.out.contains("coverage: rules 2 of 3 (66 %)"), "{}", ran.out);
    assert!(ran.out.contains("image_tag rule"), "{}", ran.out);
    assert_eq!(folder.run(&["test", "p.plim", "--coverage", "--min-coverage", "100"]).code, 1);
    assert_eq!(folder.run(&["test", "p.plim", "--coverage", "--min-coverage", "10"]).code, 0);
}

#[test]
fn formatting() {
    let folder = Folder::new();
    folder.file("a.plim", "module a\nlet   x=1\n");
    assert_eq!(folder.run(&["fmt", "--check", "a.plim"]).code, 1);
    assert_eq!(folder.read("a.plim"), "module a\nlet   x=1\n", "--check changes nothing");
    assert_eq!(folder.run(&["fmt", "a.plim"]).code, 0);
    assert_eq!(folder.run(&["fmt", "--check", "."]).code, 0);
    let ran = folder.run_with(&["fmt", "-"], "module a\nlet   x=1\n");
    assert_eq!((ran.code, ran.out), (0, folder.read("a.plim")));
    let ran = folder.run_with(&["fmt", "-"], "policy {");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
}

#[test]
fn a_compiled_bundle_says_what_its_texts_say() {
    let folder = folder();
    assert_eq!(folder.run(&["build", "p.plim", "-o", "p.plb"]).code, 0);
    let scan = |bundle: &str| folder.run(&["scan", "-p", bundle, "-f", "json", "bad.yaml", "good.yaml"]).out;
    assert_eq!(scan("p.plb"), scan("p.plim"));
    assert!(folder.run(&["build", "p.plim", "--emit", "asm"]).out.contains("policy host_network"));
    assert!(folder.run(&["build", "p.plim", "--emit", "hir"]).out.contains("host_network"));
    assert_eq!(folder.run(&["build", "p.plim"]).code, 2);
}

#[test]
fn explanations() {
    let folder = folder();
    assert!(folder.run(&["explain", "E0302"]).out.starts_with("# E0302"));
    assert!(folder.run(&["explain", "e0901"]).out.starts_with("# E0901: "));
    let ran = folder.run(&["explain", "host-network", "-p", "p.plim"]);
    assert!(ran.out.starts_with("T-1 host_network (high, bundle p)\n\nPods do not share"), "{}", ran.out);
    let ran = folder.run(&["explain", "host_netwrok", "-p", "p.plim"]);
    assert_eq!((ran.code, ran.err.contains("did you mean `host_network`?")), (2, true));
}

#[test]
fn lists_of_policies() {
    let folder = folder();
    let list = folder.run(&["policies", "-p", "p.plim", "-f", "json"]).json();
    assert_eq!(
        list[0],
        json!({
            "id": "T-1", "policy": "host_network", "bundle": "p", "title": "Pods do not share the node's network.",
            "description": "Pods do not share the node's network.\n\nSay why here.", "severity": "high", "enabled": true,
            "refs": { "owasp2022": ["K01"] },
            "params": [{ "name": "names", "type": "set<string>", "default": "{}", "doc": "Names that are let through." }],
            "kinds": ["Pod"], "profiles": [], "needs": { "cluster": [], "data": [] }, "module": "p",
        })
    );
    assert_eq!(list[2]["needs"]["cluster"], json!(["Pod"]));
    let ran = folder.run(&["policies", "-p", "p.plim", "--only", "T-2"]);
    assert!(ran.out.starts_with("T-2  low"), "{}", ran.out);
    assert!(folder.run(&["policies", "-p", "p.plim", "-f", "markdown"]).out.contains("| T-3 | medium |"));
    let ran = folder.run(&["policies", "-p", "p.plim", "--coverage"]);
    assert!(ran.out.contains("1 of 10 rules"), "{}", ran.out);
}

#[test]
fn one_expression() {
    let folder = folder();
    let ran = folder.run(&["eval", "[c.image for c in input.spec?.containers]", "--input", "bad.yaml"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "[\"nginx\"]\n"));
    let ran = folder.run_with(&["eval", "input.metadata.name", "--input", "-"], BAD_POD);
    assert_eq!(ran.out, "\"bad\"\n");
    let ran = folder.run(&["eval", "input.spc", "--input", "bad.yaml"]);
    assert_eq!((ran.code, ran.err.contains("did you mean `spec`?")), (2, true));
    assert_eq!(folder.run(&["eval", "numbers.div(1, 0)"]).code, 3);
}

#[test]
fn the_prompt() {
    let folder = folder();
    let text = "input.metadata.name
let c = input.spec?.containers[0]
c?.image
:type c
fn twice(n: int) -> int =
    n * 2
twice(21)
twice(\"a\")
{a: 1}
/// Doc.
policy pids {
    id = \"X-1\" severity = low
    on Pod as p
    deny \"no hostPID\" if p.spec?.hostPID == null at p.spec?.hostPID
}
:laod x
:load good.yaml
numbers.div(1, 0)
";
    let ran = folder.run_with(&["repl", "bad.yaml"], text);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn a_fix_changes_its_lines_and_nothing_else() {
    let folder = folder();
    let ran = folder.run(&["scan", "-p", "p.plim", "--diff", "bad.yaml"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.out.lines().filter(|l| l.starts_with(['-', '+'])).count(), 4, "{}", ran.out);
    assert_eq!(folder.read("bad.yaml"), BAD_POD, "--diff writes nothing");
    let ran = folder.run(&["scan", "-p", "p.plim", "--fix", "bad.yaml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "1 place in 1 file fixed\n"));
    assert_eq!(folder.read("bad.yaml"), BAD_POD.replace("hostNetwork: true", "hostNetwork: false"));
    let ran = folder.run(&["scan", "-p", "p.plim", "--fix", "bad.yaml"]);
    assert_eq!(ran.err, "0 places in 0 files fixed\n", "a second run changes nothing");
}

#[test]
fn a_fix_keeps_marks_and_line_ends() {
    let folder = folder();
    let text = format!("\u{feff}{}", BAD_POD.replace('\n', "\r\n"));
    folder.file("bad.yaml", &text);
    folder.run(&["scan", "-p", "p.plim", "--fix", "bad.yaml"]);
    assert_eq!(folder.read("bad.yaml"), text.replace("hostNetwork: true", "hostNetwork: false"));
    let ran = folder.run_with(&["scan", "-p", "p.plim", "--fix", "-"], BAD_POD);
    assert_eq!(ran.out, BAD_POD.replace("hostNetwork: true", "hostNetwork: false"));
}

#[test]
fn documents_that_are_alike_are_all_fixed() {
    let folder = folder();
    let text = vec![BAD_POD; 30].join("---\n");
    folder.file("bad.yaml", &text);
    let ran = folder.run(&["scan", "-p", "p.plim", "--fix", "bad.yaml"]);
    assert_eq!(ran.err, "30 places in 1 file fixed\n");
    assert_eq!(folder.read("bad.yaml"), text.replace("hostNetwork: true", "hostNetwork: false"));
}

#[test]
fn unsafe_fixes_only_on_demand() {
    let folder = folder();
    folder.file("p.plim", POLICIES.replace("fix set false", "fix unsafe set false").split("test \"").next().unwrap());
    assert_eq!(folder.run(&["scan", "-p", "p.plim", "--fix", "bad.yaml"]).err, "0 places in 0 files fixed\n");
    assert_eq!(
        folder.run(&["scan", "-p", "p.plim", "--fix", "--unsafe-fixes", "bad.yaml"]).err,
        "1 place in 1 file fixed\n"
    );
}

#[test]
fn an_assertion_that_fails_shows_what_it_compared() {
    let folder = folder();
    let text = r#"
fn double(n: int) -> int = n * 2
fn table(n: int) -> any = { name: "a name that is long enough for two lines", n: n, list: ["one", "two", "three"] }

test "short" { assert double(2) == 5 }
test "in" { assert double(2) in [1, 2] }
test "long" { assert table(1) == table(2) }
test "true" { assert double(2) == 4 and double(3) == 6 }
test "no comparison" { assert double(2) == 4 and double(3) == 7 }
"#;
    folder.file("a.plim", text);
    let ran = folder.run(&["test", "a.plim"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.out, @r#"
        FAIL a: short
          --> a.plim:5
              it does not hold: assert double(2) == 5
                left:  4
                right: 5

        FAIL a: in
          --> a.plim:6
              it does not hold: assert double(2) in [1, 2]
                left:  4
                right: [1,2]

        FAIL a: long
          --> a.plim:7
              it does not hold: assert table(1) == table(2)
              left (-) and right (+) differ
                      "three"
                    ],
                -   "n": 1,
                +   "n": 2,
                    "name": "a name that is long enough for two lines"
                  }

        FAIL a: no comparison
          --> a.plim:9
              it does not hold: assert double(2) == 4 and double(3) == 7

        a.plim: 5 tests: 1 passed, 4 failed
        "#);
}

#[test]
fn eval_and_the_prompt_take_the_bundles_of_the_configuration() {
    let folder = folder();
    folder.file("b/lib.plim", "module lib\nparam most: int = 3\nfn double(n: int) -> int = n * most\n");
    folder.file("b/plimsoll.toml", "[params]\nmost = 5\n");
    assert_eq!(folder.run(&["eval", "lib.double(2)"]).code, 2);
    let uses = "use lib\nlib.double(2)\n";
    assert_eq!(folder.run_with(&["repl", "-p", "b"], uses).out, "imported\n10: int\n", "as the bundle sets it");
    folder.file("plimsoll.toml", "[scan]\npolicies = [\"b\"]\n[params]\nmost = 7\n");
    assert_eq!(folder.run_with(&["repl"], uses).out, "imported\n14: int\n", "as the configuration sets it");
    assert_eq!(folder.run_with(&["repl", "-p", "b"], uses).out, "imported\n10: int\n");
    folder.file("plimsoll.toml", "[scan]\npolicies = [\"nowhere\"]\n");
    assert_eq!(folder.run(&["eval", "1"]).code, 2);
}

#[test]
fn a_command_is_one_also_behind_an_unfinished_line() {
    let ran = folder().run_with(&["repl"], "let x =\n:type 1 + 1\nf(\n  :quit\n1 + 1\n");
    assert_eq!(ran.out, "`let x =` was not finished, and is forgotten\nint\n`f(` was not finished, and is forgotten\n");
}

#[test]
fn a_report_says_how_its_policies_are_explained() {
    let folder = folder();
    folder
        .file("a b/p.plim", POLICIES)
        .file("c.toml", "[scan]\npolicies = [\"a b\"]\n")
        .file("bad.yaml", crate::folder::BAD_POD);
    for args in [&["scan", "-p", "a b", "bad.yaml"][..], &["scan", "--config", "c.toml", "bad.yaml"]] {
        let out = folder.run(args).out;
        assert!(out.contains("(plimsoll explain -p 'a b' T-1)"), "{out}");
    }
    assert_eq!(folder.run(&["explain", "-p", "a b", "T-1"]).code, 0);
    assert_eq!(folder.run(&["build", "a b", "-o", "x.plb"]).code, 0);
    assert!(folder.run(&["scan", "-p", "x.plb", "bad.yaml"]).out.contains("(plimsoll explain -p x.plb T-1)"));
    assert_eq!(folder.run(&["explain", "-p", "x.plb", "T-1"]).code, 0);
    let found = folder.run(&["scan", "-p", "owasp", "bad.yaml"]).out;
    assert!(found.contains("(plimsoll explain POD-"), "{found}");
}

#[test]
fn a_bundle_goes_into_a_module() {
    let folder = folder();
    let template = r#"(module (import "plimsoll" "bundle_len" (func (result i32)))
        (import "plimsoll" "bundle_copy" (func (param i32))) (import "env" "memory" (memory 9)))"#;
    folder.file("t.wat", template).file("no.wasm", "no module").file("other.wasm", "\0asm\u{1}\0\0\0");
    std::fs::write(folder.path("t.wasm"), wat::parse_str(template).unwrap()).unwrap();
    let build = |target: &str, runtime: &str| {
        folder.run(&["build", "p.plim", "--target", target, "--runtime", runtime, "-o", "out.wasm"])
    };
    for (target, runtime) in
        [("opa-wasm", "nowhere.wasm"), ("opa-wasm", "no.wasm"), ("opa-wasm", "other.wasm"), ("wasm", "no.wasm")]
    {
        let ran = build(target, runtime);
        assert_eq!((ran.code, folder.path("out.wasm").exists()), (2, false), "{target} {runtime}: {}", ran.err);
    }
    for (target, runtime) in [("opa-wasm", "t.wasm"), ("wasm", "other.wasm")] {
        assert_eq!(build(target, runtime).code, 0);
        let module = std::fs::read(folder.path("out.wasm")).unwrap();
        assert!(module.starts_with(b"\0asm") && module.len() > 1000, "{target}");
    }
    // Policy servers are told what the policies are about, in a file and in the module.
    folder.file(
        "p.plim",
        "policy a { id = \"A-1\" severity = low on Pod as p when create\n\
         deny \"x\" if any(s.metadata.name == \"x\" for s in cluster(Service)) at p }\n\
         policy b { id = \"B-1\" severity = low on Pod/exec as p when connect deny \"x\" at p }",
    );
    let ran = build("kubewarden", "t.wasm");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told = std::fs::read_to_string(folder.path("metadata.yml")).unwrap();
    let rules = r#"rules:
  - {"apiGroups":[""],"apiVersions":["*"],"operations":["CONNECT"],"resources":["pods/exec"]}
  - {"apiGroups":[""],"apiVersions":["*"],"operations":["CREATE"],"resources":["pods","pods/ephemeralcontainers","pods/resize"]}
"#;
    assert!(told.contains(rules), "{told}");
    assert!(told.contains("contextAwareResources:\n  - {\"apiVersion\":\"v1\",\"kind\":\"Service\"}\n"), "{told}");
    let module = std::fs::read(folder.path("out.wasm")).unwrap();
    assert!(module.windows(22).any(|part| part == b"io.kubewarden.metadata"));
}
