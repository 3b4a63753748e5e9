//! Tables: expressions and their types, conditions and what they show, texts and the codes they give.

use super::*;
use crate::compiler::{Bundle, Compiler};
use crate::hir::show::{TypeNames, show_ty};
use crate::hir::{Clause, ExprKind, Member};

/// Declarations that every row sees.
const PRELUDE: &str = r#"
type Flag = { value: string, word?: any }
type Tree = { name: string, below?: list<Tree> }
type Mode = "a" | "b"
type Shape = { type: "round", r: int } | { type: "square", side: int }
data osv: list<{ id: string, published: time, withdrawn?: time, score?: float }>?
param pss: version = version("1.29")
fn opt(n: int) -> int? = if n > 0 then n else null
fn ints() -> list<int> = [1, 2]
fn words(a: string, b: string = "x") -> list<string> = [a, b]
fn dynamic() -> any = null
fn mode() -> Mode = "a"
fn shape() -> Shape = { type: "round", r: 1 }
fn either() -> int | string = 1
fn ports() -> map<string, int> = { http: 80 }
fn maybe_list() -> list<string>? = null
fn tree() -> Tree = { name: "x" }
fn edges() -> map<string, set<string>> = {}
fn floats() -> list<float> = [1, 2.5]
"#;

/// A policy with these clauses; its diagnostics and typed tree.
fn policy(clauses: &str) -> Bundle {
    let text = format!(
        "{PRELUDE}\npolicy p {{\n id = \"T-1\" severity = low\n on Pod | CronJob | ServiceAccount as x\n{clauses}\n deny \"found\" at x\n}}\n"
    );
    Compiler::default().text("row.plim", text).check()
}

fn errors(bundle: &Bundle) -> String {
    bundle.diagnostics.iter().map(|d| render(d, &bundle.sources, Colour::Never)).collect::<Vec<_>>().join("\n")
}

/// The type of the variable `it` of the policy.
fn type_of_it(clauses: &str) -> String {
    let bundle = policy(clauses);
    let Some(hir) = &bundle.hir else { panic!("{clauses}\n{}", errors(&bundle)) };
    let policy = hir.policies.iter().find(|p| &*p.name == "p").unwrap();
    let local = policy.locals.iter().find(|l| &*l.name == "it").unwrap();
    show_ty(&local.ty, &bundle.schema, &hir.decls, &TypeNames::default())
}

#[test]
fn expressions_and_their_types() {
    let table = [
        // Constants.
        ("1", "int"),
        ("1.5", "float"),
        ("true", "bool"),
        ("null", "null"),
        ("\"a\"", "\"a\""),
        ("\"a {1}\"", "string"),
        ("7d", "duration"),
        ("re\"a+\"", "regex"),
        // Operators.
        ("1 + 2 * 3 % 4", "int"),
        ("1 / 2", "float"),
        ("1 + 1.5", "float"),
        ("-1", "int"),
        ("quantity(\"1\") + quantity(\"500m\")", "quantity"),
        ("now() - now()", "duration"),
        ("now() - 1h", "time"),
        ("2 * 1h", "duration"),
        ("1 < 1.5 and not false", "bool"),
        ("dynamic() + 1", "any"),
        ("dynamic().a.b[0]", "any"),
        ("pss >= version(\"1.25\")", "bool"),
        ("ip(\"10.0.0.1\") in cidr(\"10.0.0.0/8\")", "bool"),
        ("\"a\" in [\"a\", \"b\"]", "bool"),
        ("opt(1) in [1, 2]", "bool"),
        ("\"a\" in maybe_list()", "bool"),
        ("\"http\" in ports()", "bool"),
        // Lists, sets, maps, records.
        ("[1, 2.5]", "list<float>"),
        ("[]", "list<never>"),
        ("[1, null]", "list<int?>"),
        ("{1, 2}", "set<int>"),
        ("{\"a\", \"b\"}", "set<\"a\" | \"b\">"),
        ("{ a: 1, b: \"x\" }", "{ a: int, b: \"x\" }"),
        ("[{ a: 1 }, { a: 2, b: true }]", "list<{ a: int, b?: bool }>"),
        ("ports() ++ { https: 443 }", "map<string, int>"),
        ("[1] ++ [\"a\"]", "list<int | \"a\">"),
        ("{\"a\"} ++ {}", "set<\"a\">"),
        ("{ a: 1 } ++ { b: 2 }", "{ a: int, b: int }"),
        ("ints()[0]", "int?"),
        ("ports()[\"http\"] ?? 0", "int"),
        ("maybe_list()[0]", "string?"),
        ("(maybe_list() ?? [])", "list<string>"),
        // Choices.
        ("if true then 1 else null", "int?"),
        ("if true then 1 else 2.5", "float"),
        ("if true then {} else {\"a\"}", "set<\"a\">"),
        ("if true then \"a\" else mode()", "\"a\" | \"b\""),
        ("match mode() { \"a\" => 1, \"b\" => 2 }", "int"),
        ("match opt(1) { null => \"none\", int n => \"{n + 1}\" }", "string"),
        ("match either() { int n => n, else => 0 }", "int"),
        ("match shape() { { type: \"round\", r: int } s => s.r, { type: \"square\", side: int } s => s.side }", "int"),
        ("match dynamic() { string s => strings.length(s), list<any> xs => count(xs), else => 0 }", "int"),
        // Comprehensions and folds.
        ("[n * 2 for n in ints() if n > 1]", "list<int>"),
        ("[k for k in ports()]", "list<string>"),
        ("[\"{k}{v}\" for k, v in ports()]", "list<string>"),
        ("[i for i, _ in ints()]", "list<int>"),
        ("{n for n in ints()}", "set<int>"),
        ("{\"{n}\": [n] for n in ints()}", "map<string, list<int>>"),
        ("any(n > 1 for n in ints())", "bool"),
        ("count(n for n in ints())", "int"),
        ("count(maybe_list())", "int"),
        ("count(ports())", "int"),
        ("sum(n for n in ints())", "int"),
        ("sum(n for n in floats())", "float"),
        ("min(ints())", "int?"),
        ("max(n for n in ints() by -n)", "int?"),
        ("first(s for s in maybe_list())", "string?"),
        ("sorted({\"b\", \"a\"})", "list<\"b\" | \"a\">"),
        ("sorted(p for p in cluster(Pod) by p.metadata.name)", "list<Pod>"),
        ("unique(ints())", "list<int>"),
        // Functions, generics, forms.
        ("words(\"a\")", "list<string>"),
        ("lists.index_of([\"a\"], \"b\")", "int?"),
        ("maps.keys(ports())", "list<string>"),
        ("sets.of(ints())", "set<int>"),
        ("reachable(\"a\", edges())", "set<string>"),
        ("path(\"a\", \"b\", edges())", "list<string>?"),
        ("paths_to(\"a\", edges())", "map<string, list<string>>"),
        ("descend(tree(), .below)", "list<Tree>"),
        ("fields(x)", "map<string, any>"),
        ("id(x)", "string"),
        ("origin(x)", "\"file\" | \"cluster\" | \"admission\""),
        ("regex.capture(\"a\", re\"a\")", "list<string?>?"),
        ("try_image(\"a\")?.tag", "string?"),
        ("image(\"a\").host", "string"),
        ("k8s_version()", "version"),
        ("if true then 1 else fail(\"no\")", "int"),
        ("complete(Pod | Job)", "bool"),
        ("cluster(Workload)", "list<Workload>"),
        ("cluster(kind(\"Foo\", \"example.com/v1\"))", "list<kind(\"Foo\", \"example.com/v1\")>"),
        ("cluster(Pod, before)", "list<Pod>"),
        // Kubernetes.
        ("x", "Pod | CronJob | ServiceAccount"),
        ("x.metadata.name", "string"),
        ("x.metadata.namespace", "string?"),
        ("x.metadata.labels[\"a\"]", "string?"),
        ("x.metadata.creationTimestamp", "time?"),
        ("first(cluster(Pod))?.spec?.containers", "list<Container>?"),
        ("[c.resources?.limits[\"cpu\"] for p in cluster(Pod) for c in p.spec?.containers]", "list<quantity?>"),
        ("first(cluster(Service))?.spec?.ports[0]?.targetPort", "(int | string)?"),
        ("osv", "list<{ id: string, published: time, withdrawn?: time, score?: float }>?"),
        ("request?.userInfo.groups", "list<string>?"),
        ("request?.operation", "(\"CREATE\" | \"UPDATE\" | \"DELETE\" | \"CONNECT\")?"),
        ("old?.metadata.name", "string?"),
    ];
    for (expr, ty) in table {
        assert_eq!(type_of_it(&format!("let it = {expr}")), ty, "{expr}");
    }
}

#[test]
fn what_conditions_show() {
    let table = [
        // Presence.
        ("let y = x.metadata.namespace", "if y != null", "y", "string"),
        ("", "if x.metadata.namespace != null", "x.metadata.namespace", "string"),
        ("", "if x.metadata.namespace == \"a\"", "x.metadata.namespace", "string"),
        ("", "if \"a\" == x.metadata.namespace", "x.metadata.namespace", "string"),
        ("", "if x.metadata.namespace == null", "x.metadata.namespace", "null"),
        ("", "if x.metadata.namespace in {\"a\"}", "x.metadata.namespace", "string"),
        ("", "if x.metadata.labels[\"a\"] != null", "x.metadata.labels[\"a\"]", "string"),
        ("", "if x.metadata.labels[\"a\"] != null", "x.metadata.labels[\"b\"]", "string?"),
        ("let k = \"a\"", "if x.metadata.labels[k] != null", "x.metadata.labels[k]", "string"),
        ("let k = \"a\" let l = \"b\"", "if x.metadata.labels[k] != null", "x.metadata.labels[l]", "string?"),
        ("let r = request", "if r?.userInfo.username == \"eve\"", "r", "request"),
        ("let p = first(cluster(Pod))", "if p?.spec?.hostNetwork == true", "p.spec.hostNetwork", "bool"),
        ("let p = first(cluster(Pod))", "if p?.spec?.hostNetwork == true", "p.spec", "PodSpec"),
        ("let p = first(cluster(Pod))", "if p?.spec?.hostNetwork != null", "p", "Pod"),
        ("let p = first(cluster(Pod))", "if p?.spec?.hostNetwork != true", "p?.spec?.hostNetwork", "bool?"),
        // And, or, not.
        ("let a = opt(1) let b = opt(2)", "if a != null and b != null", "a + b", "int"),
        ("let a = opt(1)", "if not (a == null)", "a", "int"),
        ("let a = opt(1)", "if not (a == null or a > 3)", "a", "int"),
        ("let a = opt(1)", "if a == null or a > 3", "a", "int?"),
        ("let a = opt(1)", "if a == 1 or a == 2", "a", "int"),
        ("let a = opt(1) let b = opt(2)", "if a != null or b != null", "a", "int?"),
        ("let a = opt(1)", "if a != null and (a > 1 or a < 0)", "a", "int"),
        // Types.
        ("", "if x is Pod", "x.spec?.hostNetwork", "bool?"),
        ("", "if x is Workload", "x", "Pod | CronJob"),
        ("", "if not x is Pod", "x", "CronJob | ServiceAccount"),
        ("", "if x is Pod or x is CronJob", "x", "Pod | CronJob"),
        ("", "if not (x is Pod or x is CronJob)", "x.automountServiceAccountToken", "bool?"),
        ("let d = dynamic()", "if d is string", "d", "string"),
        ("let d = dynamic()", "if d is list<time>", "d[0]", "time?"),
        ("let d = dynamic()", "if d.a is { n: int }", "d.a.n", "int"),
        ("let e = either()", "if e is int", "e + 1", "int"),
        ("let e = either()", "if not e is int", "e", "string"),
        ("let m = mode()", "if m == \"a\"", "m", "\"a\""),
        ("let m = mode()", "if m != \"a\"", "m", "\"b\""),
        ("let s = shape()", "if s is { type: \"round\" }", "s.r", "int"),
        // Branches and places that follow.
        ("let a = opt(1)", "", "if a != null then a + 1 else 0", "int"),
        ("let a = opt(1)", "", "if a == null then 0 else a + 1", "int"),
        ("let a = opt(1)", "", "a != null and a > 1", "bool"),
        ("let a = opt(1)", "", "a == null or a > 1", "bool"),
        ("let a = opt(1)", "except if a == null \"nothing\"", "a", "int"),
        ("", "except if x is Pod \"pods are elsewhere\"", "x", "CronJob | ServiceAccount"),
        ("", "", "[n + 1 for n in [opt(1), null] if n != null]", "list<int>"),
        ("", "", "[a + 1 for n in ints() let a = opt(n) if a != null]", "list<int>"),
        ("let e = either()", "", "match e { int n => e + n, else => strings.length(e) }", "int"),
        ("let a = opt(1)", "", "match a { null => 0, else => a + 1 }", "int"),
    ];
    for (lets, condition, expr, ty) in table {
        let shown = type_of_it(&format!("{lets}\n{condition}\nlet it = {expr}"));
        if ty == "request" {
            assert!(shown.starts_with("{ uid?: string, operation: "), "{shown}");
        } else {
            assert_eq!(shown, ty, "{lets} {condition} {expr}");
        }
    }
}

#[test]
fn narrowing_ends_with_its_scope() {
    for clauses in [
        "let a = opt(1)\nlet b = if a != null then 1 else 2\nlet it = a + 1",
        "let a = opt(1)\nlet b = any(a != null for n in ints())\nlet it = a + 1",
        "let a = opt(1)\nlet b = a != null and true\nlet it = a + 1",
        "let a = opt(1)\nlet it = a != null or a > 1",
        "let a = opt(1)\nlet it = match a { null => a + 1, else => 0 }",
        "let p = first(cluster(Pod))\nif p?.spec?.hostNetwork != true\nlet it = p.spec",
    ] {
        let bundle = policy(clauses);
        let codes: Vec<&str> = bundle.diagnostics.iter().map(|d| d.code.id()).collect();
        assert_eq!(codes, ["E0304"], "{clauses}\n{}", errors(&bundle));
    }
}

/// Mistakes that no long text shows: clauses and the code that they give.
const MISTAKES: [(&str, &str); 65] = [
    ("let it = x.spec", "E0302"),
    ("let it = 1 == \"a\"", "E0306"),
    ("let it = quantity(\"1\") == \"1\"", "E0306"),
    ("let it = x.metadata.name in [1]", "E0306"),
    ("let it = 1 in \"abc\"", "E0307"),
    ("let it = true < false", "E0307"),
    ("let it = opt(1) + 1", "E0304"),
    ("let it = opt(1) < 1", "E0304"),
    ("let it = x.metadata.namespace like \"a*\"", "E0304"),
    ("let it = \"{x.metadata.namespace}\"", "E0304"),
    ("let it = maybe_list() ++ [\"a\"]", "E0304"),
    ("let it = strings.lower(x.metadata.namespace)", "E0304"),
    ("let it = strings.lower(1)", "E0301"),
    ("let it = words()", "E0308"),
    ("let it = words(\"a\", \"b\", \"c\")", "E0308"),
    ("let it = words(1)", "E0301"),
    ("let it = nothing(1)", "E0202"),
    ("let it = strings.nothing(1)", "E0202"),
    ("let it = nothing.f(1)", "E0203"),
    ("let it = x.f(1)", "E0216"),
    ("let it = ints", "E0215"),
    ("let it = strings", "E0215"),
    ("let it = mode() == \"c\"", "E0306"),
    ("let it: Mode = \"c\"", "E0301"),
    ("let it: set<string> = [\"a\"]", "E0301"),
    ("let it: Tree = { nam: \"x\" }", "E0302"),
    ("let it: Tree = { name: \"x\", below: [{}] }", "E0316"),
    ("let it: PodSpec = { containers: [{ nam: \"x\" }] }", "E0302"),
    ("let it: map<string, int> = { a: \"x\" }", "E0301"),
    ("let it = [n for n in opt(1)]", "E0309"),
    ("let it = [n for i, n in {1, 2}]", "E0309"),
    ("let it = {n for n in floats()}", "E0311"),
    ("let it = sorted(s for s in [shape()])", "E0307"),
    ("let it = sum(s for s in [\"a\"])", "E0307"),
    ("let it = any(n for n in ints())", "E0305"),
    ("let it = any(ints())", "E0305"),
    ("let it = count(1)", "E0301"),
    ("let it = if 1 then 2 else 3", "E0305"),
    ("let it = if x.metadata.namespace then 2 else 3", "E0305"),
    ("let it = match x { Pod p => 1, CronJob c => 2 }", "E0313"),
    ("let it = match opt(1) { int n => 1 }", "E0313"),
    ("let it = match mode() { \"a\" => 1 }", "E0313"),
    ("let it = match mode() { \"a\" => 1, \"b\" => 2, else => 3 }", "E0314"),
    ("let it = match true { true => 1 }", "E0313"),
    ("let it = match cluster(Workload)[0] { null => 1, Pod p => 2 }", "E0313"),
    ("let it = match 1 { 1 => 1, 1 => 2, else => 3 }", "E0314"),
    ("let it = x is Deployment", "E0314"),
    ("let it = mode() is int", "E0314"),
    ("let it = cluster(Container)", "E0407"),
    ("let it = descend(tree(), .name)", "E0301"),
    ("let it = descend(tree(), below)", "E0308"),
    ("let it = tree(.below)", "E0308"),
    ("let it = cidr(\"10.0.0.0\")", "E0315"),
    ("let it = re\"(?=a)\"", "E0315"),
    ("let it = x.metadata.labels.app", "E0303"),
    ("let it = ints()[\"a\"]", "E0301"),
    ("let it = tree()[\"name\"]", "E0310"),
    ("let it = file(\"a\")", "E0603"),
    ("let it = request.userInfo", "E0304"),
    ("let it = ints() + ints()", "E0307"),
    ("for n, n in ints()\nlet it = n", "E0206"),
    ("let it = {}", "E0312"),
    ("let it = -\"a\"", "E0307"),
    ("let it: Podd = x", "E0209"),
    ("on Pod as y\nlet it = 1", "E0402"),
];

#[test]
fn mistakes_and_their_codes() {
    for (clauses, code) in MISTAKES {
        let bundle = policy(clauses);
        let codes: Vec<&str> = bundle.diagnostics.iter().map(|d| d.code.id()).collect();
        assert_eq!(codes, [code], "{clauses}\n{}", errors(&bundle));
    }
}

/// A file with many mistakes tells them all, in order, and nothing that only follows from them.
#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let mut text = PRELUDE.to_string();
    for (ix, (clauses, _)) in MISTAKES.iter().enumerate() {
        let head = format!("policy p{ix} {{ id = \"T-{ix}\" severity = low on Pod | CronJob | ServiceAccount as x");
        text.push_str(&format!("{head}\n{clauses}\ndeny \"found\" at x\n}}\n"));
    }
    let bundle = Compiler::default().text("row.plim", text).check();
    let codes: Vec<&str> = bundle.diagnostics.iter().map(|d| d.code.id()).collect();
    assert_eq!(codes, MISTAKES.map(|(_, code)| code), "{}", errors(&bundle));
}

/// Reads of document values as scalars, exactly where they are read.
#[test]
fn where_texts_become_scalars() {
    let shown = |expr: &str| {
        let bundle = policy(&format!("let it = {expr}"));
        let Some(hir) = &bundle.hir else { panic!("{}", errors(&bundle)) };
        let text = crate::hir::show::show(hir, &bundle.schema);
        let line = text.lines().find(|l| l.contains("let it%")).unwrap();
        line.split_once(" = ").unwrap().1.to_string()
    };
    assert_eq!(shown("x.metadata.creationTimestamp"), "<time?>(x%0.metadata.creationTimestamp)");
    assert_eq!(
        shown("cluster(Node)[0]?.status?.capacity[\"cpu\"]"),
        "<quantity?>(cluster(Node)[0].status.capacity[\"cpu\"])"
    );
    assert_eq!(
        shown("[q for n in cluster(Node) for _, q in n.status?.capacity]"),
        "[q%2 for n%1 in cluster(Node) for _, q%2 in n%1.status.capacity as quantity]"
    );
    assert_eq!(shown("[o.published for o in osv]"), "[<time>(o%1.published!) for o%1 in main.osv]");
    assert_eq!(shown("x.metadata.generation"), "x%0.metadata.generation");
    assert_eq!(shown("x.metadata.name"), "(x%0.metadata.name ?? \"\")");
    assert_eq!(shown("floats() ++ [1]"), "(main.floats() ++ <list<float>>([1]))");
    assert_eq!(shown("sum(n for n in ints()) + 0.5"), "(<float>(sum(n%1 for n%1 in main.ints())) + 0.5)");
}

/// A `let` that is bound to a path stands for it in `at`, also where it is missing.
#[test]
fn places_go_through_lets() {
    let place = |lets: &str, at: &str| {
        let text = format!(
            "policy p {{ id = \"T-1\" severity = low on Pod as x\n{lets}\ndeny \"m\" at {at} }}\nfn f(p: Pod) -> PodSpec? = p.spec"
        );
        let bundle = Compiler::default().text("row.plim", text).check();
        let Some(hir) = &bundle.hir else { panic!("{}", errors(&bundle)) };
        let text = crate::hir::show::show(hir, &bundle.schema);
        text.lines().find_map(|l| l.trim().strip_prefix("at ").map(String::from)).unwrap()
    };
    let spec = "let spec = x.spec";
    assert_eq!(place("", "x.spec?.hostNetwork"), "x%0 / spec / hostNetwork");
    assert_eq!(place(spec, "spec?.hostNetwork"), "x%0 / spec / hostNetwork");
    assert_eq!(place("let s = f(x)", "s?.containers[0]?.image"), "s%1 / containers / [0] / image");
    assert_eq!(place("", "x.metadata.name"), "x%0 / metadata / name");
    assert_eq!(place("let m = x.metadata let n = m.name", "n"), "x%0 / metadata / name");
    assert_eq!(place(spec, "spec?.os ?? x.metadata"), "x%0 / spec / os ?? x%0 / metadata");
    assert_eq!(
        place("", "if origin(x) == \"file\" then x.spec else x"),
        "if (origin(x%0) == \"file\") then x%0 / spec else place of x%0"
    );
    assert_eq!(place("", "x"), "place of x%0");
    assert_eq!(place("", "f(x)"), "place of main.f(x%0)");
}

/// What is checked is what the later stages expect.
#[test]
fn the_typed_tree_is_complete() {
    let bundle = policy("let it = words(\"a\")\nlet t: Tree = { name: \"x\" }");
    let hir = bundle.hir.unwrap();
    let members = &hir.policies[0].members;
    let value = |ix: usize| match &members[ix] {
        Member::Clause(Clause::Let { value, .. }) => value,
        other => panic!("{other:?}"),
    };
    let ExprKind::Call { args, .. } = &value(0).kind else { panic!() };
    assert_eq!(args.len(), 2, "defaults are filled in");
    let ExprKind::Record(fields) = &value(1).kind else { panic!() };
    let names: Vec<&str> = fields.iter().map(|(n, _)| &**n).collect();
    assert_eq!(names, ["name", "below"], "in the order of the type, with what was left out");
}
