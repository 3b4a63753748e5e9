use super::patch::{FixAction, FixStep, combine};
use super::*;
use crate::engine::{Engine, EngineOptions, Mode, Request};
use crate::program::assemble::Assembler;
use crate::program::operand::{
    BuildKind, Compare, Def, DefBuilder, DefIter, GlobalId, KindsId, StepIter, Use, UseBuilder,
};
use crate::program::{Constant, GlobalDef, GlobalKind, Instr, Operations, TypeDesc};
use crate::vm::tests::{Writer, documents, in_rule, inventory, judge, load, report, summary};
use serde_json::json;

fn step(action: FixAction, pointer: &str, value: serde_json::Value) -> FixStep {
    FixStep { action, pointer: pointer.into(), value, items: vec![] }
}

fn read_yaml(text: &str) -> std::sync::Arc<crate::document::Document> {
    let options = crate::document::ReadOptions::default();
    crate::document::read("t.yaml", text.as_bytes(), &options).documents.remove(0)
}

/// A step whose pointer ends with steps that lead nowhere: `true` for items of lists.
fn missing(action: FixAction, pointer: &str, items: &[bool]) -> FixStep {
    FixStep { items: items.to_vec(), ..step(action, pointer, json!("v")) }
}

#[test]
fn a_missing_list_is_made_as_a_list_and_a_missing_map_as_a_map() {
    use FixAction::{Add, Set};
    for (before, fix, after) in [
        ("{}", missing(Set, "/x/list/0", &[false, false, true]), r#"{"x":{"list":["v"]}}"#),
        ("x: {}", missing(Set, "/x/list/0", &[false, true]), r#"{"x":{"list":["v"]}}"#),
        ("x: {list: }", missing(Set, "/x/list/0", &[true]), r#"{"x":{"list":["v"]}}"#),
        ("x: {list: [a]}", missing(Set, "/x/list/1", &[true]), r#"{"x":{"list":["a","v"]}}"#),
        ("x: {}", missing(Set, "/x/data/0", &[false, false]), r#"{"x":{"data":{"0":"v"}}}"#),
        ("x: {}", missing(Set, "/x/list/0/name", &[false, true, false]), r#"{"x":{"list":[{"name":"v"}]}}"#),
        ("x: {}", missing(Add, "/x/list/0/args", &[false, true, false]), r#"{"x":{"list":[{"args":["v"]}]}}"#),
        ("x: {}", missing(Set, "/x/0/0", &[true, false]), r#"{"x":{"0":{"0":"v"}}}"#),
        // An item that its list has not come to: no fix is better than a wrong one.
        ("x: {}", missing(Set, "/x/list/2", &[false, true]), r#"{"x":{}}"#),
        ("x: {list: [a]}", missing(Set, "/x/list/3", &[true]), r#"{"x":{"list":["a"]}}"#),
    ] {
        let document = read_yaml(before);
        let mut value = document.to_json(crate::document::NodeId::ROOT);
        let patch = combine(&mut value, std::slice::from_ref(&fix));
        assert_eq!(value.to_string(), after, "{before} {fix:?}");
        let edits: Vec<_> = fix.edit(&document).into_iter().collect();
        let text = crate::document::edit(&document, crate::document::Format::Yaml, &edits);
        if patch.is_empty() {
            assert!(text.is_err() || edits.is_empty(), "{text:?}");
            continue;
        }
        let edited = read_yaml(&text.unwrap());
        assert_eq!(edited.to_json(crate::document::NodeId::ROOT).to_string(), after, "{before} {fix:?}");
    }
}

#[test]
fn steps_become_patches() {
    use FixAction::{Add, Remove, Set};
    for (before, steps, patch, after) in [
        (
            json!({"a": 1}),
            vec![step(Set, "/a", json!(2))],
            r#"[{"op":"replace","path":"/a","value":2}]"#,
            json!({"a": 2}),
        ),
        (json!({"a": 1}), vec![step(Set, "/a", json!(1))], "[]", json!({"a": 1})),
        (
            json!({}),
            vec![step(Set, "/a/b/c", json!(1)), step(Set, "/a/b/d", json!(2))],
            r#"[{"op":"add","path":"/a","value":{"b":{"c":1}}},{"op":"add","path":"/a/b/d","value":2}]"#,
            json!({"a": {"b": {"c": 1, "d": 2}}}),
        ),
        (
            json!({"a": null}),
            vec![step(Set, "/a/b", json!(1))],
            r#"[{"op":"replace","path":"/a","value":{"b":1}}]"#,
            json!({"a": {"b": 1}}),
        ),
        (
            json!({"a": ["x"]}),
            vec![step(Add, "/a", json!("y")), step(Add, "/a", json!("x"))],
            r#"[{"op":"add","path":"/a/-","value":"y"}]"#,
            json!({"a": ["x", "y"]}),
        ),
        (
            json!({}),
            vec![step(Add, "/a/b", json!("y"))],
            r#"[{"op":"add","path":"/a","value":{"b":["y"]}}]"#,
            json!({"a": {"b": ["y"]}}),
        ),
        (
            json!({"a": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}),
            vec![step(Remove, "/a/2", json!(null)), step(Remove, "/a/10", json!(null))],
            r#"[{"op":"remove","path":"/a/10"},{"op":"remove","path":"/a/2"}]"#,
            json!({"a": [0, 1, 3, 4, 5, 6, 7, 8, 9]}),
        ),
        (
            json!({"a/b": {"~": 1}}),
            vec![step(Remove, "/a~1b/~0", json!(null))],
            r#"[{"op":"remove","path":"/a~1b/~0"}]"#,
            json!({"a/b": {}}),
        ),
        (json!({"a": 1}), vec![step(Remove, "/b", json!(null)), step(Set, "/a/b", json!(1))], "[]", json!({"a": 1})),
    ] {
        let mut value = before.clone();
        let ops = combine(&mut value, &steps);
        assert_eq!(serde_json::to_string(&ops).unwrap(), patch, "{before} {steps:?}");
        assert_eq!(value, after);
    }
}

/// Every pod is reported at `/metadata/name`, if there are fewer than two pods in the inventory (counted by a module
/// `let` that reads the kind).
fn lonely(change: impl FnOnce(&mut Writer)) -> Writer {
    let mut w = Writer::new();
    let pods = w.kinds(&["Pod"]);
    let policy = w.policy("T-01", Some(pods));
    let rule = w.rule(policy, Action::Deny);
    let any = w.ty(TypeDesc::Any);
    let (null, two, message) = (w.constant(Constant::Null), w.constant(Constant::Int(2)), w.str("is alone"));
    let mut asm = Assembler::default();
    let list = asm.register().unwrap();
    asm.emit(Instr::Cluster { kinds: KindsId(pods), before: false, dst: Def(list) });
    asm.emit(Instr::Return { src: Use(list) });
    let function = w.function(asm.finish("let all", 0).unwrap());
    w.program.globals.push(GlobalDef {
        module: "test".into(),
        name: "all".into(),
        ty: any,
        type_text: "list<Pod>".into(),
        kind: GlobalKind::Let(function),
        doc: String::new(),
    });
    let count = w.program.imports.len() as u32;
    w.program.imports.push((String::new(), "count".into()));
    let (metadata, name) = (w.sym("metadata"), w.sym("name"));
    let mut asm = Assembler::default();
    in_rule(&mut asm, rule, |asm| {
        let all = asm.register().unwrap();
        asm.emit(Instr::Global { global: GlobalId(0), dst: Def(all) });
        let args = crate::program::UseRun { first: all, len: 1 };
        asm.emit(Instr::Builtin { import: crate::program::ImportId(count), args, dst: Def(all) });
        let most = load(asm, two);
        let cond = asm.register().unwrap();
        asm.emit(Instr::Compare { op: Compare::Lt, left: Use(all), right: Use(most), dst: Def(cond) });
        let (not, place) = (asm.label(), asm.register().unwrap());
        asm.emit(Instr::JumpUnless { cond: Use(cond), to: not.jump() });
        asm.emit(Instr::Object { dst: Def(place) });
        asm.emit(Instr::PlaceField { src: Use(place), key: metadata, dst: Def(place) });
        asm.emit(Instr::PlaceField { src: Use(place), key: name, dst: Def(place) });
        report(asm, rule, message, place, null);
        asm.bind(not);
    });
    asm.emit(Instr::End {});
    w.plan(&[policy], asm.finish("policy t_01", 0).unwrap());
    change(&mut w);
    w
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: ns\n";

fn review(operation: &str, object: &str, old: &str) -> String {
    format!(
        "{{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{{\"uid\":\"u\",\
         \"operation\":\"{operation}\",\"name\":\"web\",\"namespace\":\"ns\",\"kind\":{{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"}},\
         \"resource\":{{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"}},\"object\":{object},\"oldObject\":{old}}}}}"
    )
}

const JSON: &str = r#"{"metadata":{"name":"web","namespace":"ns"}}"#;

fn reviewed(engine: &Engine, inventory: &crate::inventory::Inventory, text: &str) -> Decision {
    engine.evaluator().review(inventory, &documents(engine, "r.json", text)[0]).unwrap()
}

#[test]
fn an_admission_sees_the_inventory_as_it_will_be() {
    let engine = lonely(|w| {
        w.program.policies[0].operations = Operations { create: true, update: true, delete: true, connect: false }
    })
    .engine(EngineOptions { mode: Mode::Admission, ..EngineOptions::default() });
    let none = engine.inventory();
    let (one, _) = inventory(&engine, &POD.replace("web", "other"));
    let (same, _) = inventory(&engine, POD);
    let found =
        |inventory, operation, object, old| summary(&reviewed(&engine, inventory, &review(operation, object, old)));
    let finding = ["deny T-01 /request/object/metadata/name is alone"];
    assert_eq!(found(&none, "CREATE", JSON, "null"), finding);
    assert_eq!(found(&one, "CREATE", JSON, "null"), [""; 0]);
    // The object takes the place of what has its identity.
    assert_eq!(found(&same, "CREATE", JSON, "null"), finding);
    assert_eq!(found(&one, "DELETE", "null", JSON), ["deny T-01 /request/oldObject/metadata/name is alone"]);
}

#[test]
fn what_a_request_changes_is_computed_anew_and_then_as_before() {
    let engine = lonely(|_| ()).engine(EngineOptions::default());
    let (one, ids) = inventory(&engine, &POD.replace("web", "other"));
    let mut evaluator = engine.evaluator();
    let request = documents(&engine, "r.json", &review("CREATE", JSON, "null"));
    for _ in 0..3 {
        assert_eq!(evaluator.evaluate(&one, ids[0]).findings.len(), 1);
        assert_eq!(evaluator.review(&one, &request[0]).unwrap().findings.len(), 0);
    }
}

#[test]
fn old_objects_that_violated_may_stay() {
    let config = PolicyConfig { keep_existing: true, ..PolicyConfig::default() };
    let engine =
        lonely(|_| ()).engine(EngineOptions { policies: vec![("T-01".into(), config)], ..EngineOptions::default() });
    let none = engine.inventory();
    let updated = reviewed(&engine, &none, &review("UPDATE", JSON, JSON));
    assert_eq!((updated.findings[0].action, updated.allowed), (Action::Warn, true));
    let created = reviewed(&engine, &none, &review("CREATE", JSON, "null"));
    assert_eq!((created.findings[0].action, created.allowed), (Action::Deny, false));
    // What the policy does not look at did not violate it.
    let part = |text: &str| Some(documents(&engine, "part.yaml", text).remove(0));
    let old = part(&POD.replace("kind: Pod", "kind: Secret"));
    let request = Request { request: json!({"operation": "UPDATE"}), object: part(POD), old };
    let other = engine.evaluator().evaluate_request(&none, &request);
    assert_eq!((other.findings[0].action, other.allowed), (Action::Deny, false));
}

#[test]
fn requests_in_parts_keep_the_pointers_of_their_objects() {
    let engine = lonely(|_| ()).engine(EngineOptions::default());
    let object = documents(&engine, "pod.yaml", POD).remove(0);
    let request = Request { request: json!({"operation": "CREATE"}), object: Some(object), old: None };
    let decision = engine.evaluator().evaluate_request(&engine.inventory(), &request);
    assert_eq!(summary(&decision), ["deny T-01 /metadata/name is alone"]);
}

fn with(options: EngineOptions) -> Decision {
    judge(&lonely(|_| ()).engine(options), POD).remove(0)
}

#[test]
fn enforcement_lowers_actions() {
    for (scan, action) in
        [(Enforce::Warn, Action::Warn), (Enforce::Audit, Action::Audit), (Enforce::Enforce, Action::Deny)]
    {
        let config = PolicyConfig { scan, severity: Some(Severity::Low), ..PolicyConfig::default() };
        let decision = with(EngineOptions { policies: vec![("t-01".into(), config)], ..EngineOptions::default() });
        assert_eq!((decision.findings[0].action, decision.findings[0].severity), (action, Severity::Low));
        assert_eq!(decision.allowed, action != Action::Deny);
    }
    let config = PolicyConfig { scan: Enforce::Off, ..PolicyConfig::default() };
    assert_eq!(
        with(EngineOptions { policies: vec![("t_01".into(), config)], ..EngineOptions::default() }).findings,
        []
    );
}

#[test]
fn exceptions_suppress_until_their_day_is_over() {
    let exception = |until: &str, name: &str| Exception {
        policies: vec!["T-01".into()],
        matches: Match {
            kind: vec!["Job".into(), "Pod".into()],
            namespace: vec!["n*".into()],
            name: vec![name.into()],
            file: vec![],
        },
        reason: "known".into(),
        owner: None,
        until: Some(until.into()),
    };
    // 2026-07-01
    let now = 1_782_864_000_000_000_000;
    let suppressed = |e| with(EngineOptions { exceptions: vec![e], now, ..EngineOptions::default() });
    let decision = suppressed(exception("2026-07-01", "w?b"));
    assert_eq!((decision.findings.len(), decision.suppressed.len(), decision.allowed), (0, 1, true));
    assert_eq!((decision.suppressed[0].by, decision.suppressed[0].reason.as_str()), (SuppressedBy::Exception, "known"));
    assert_eq!(suppressed(exception("2026-06-30", "*")).findings.len(), 1);
    assert_eq!(suppressed(exception("2026-07-02", "api")).findings.len(), 1);
}

#[test]
fn comments_and_annotations_suppress_with_a_reason() {
    let engine = lonely(|_| ()).engine(EngineOptions::default());
    let found = |text: &str| {
        let decision = judge(&engine, text).remove(0);
        decision.suppressed.first().map(|s| (s.by, s.reason.clone())).ok_or(decision.findings.len())
    };
    let comment = |text: &str| Ok((SuppressedBy::Comment, text.to_owned()));
    assert_eq!(
        found(&POD.replace("name: web", "name: web # plimsoll:ignore T-01 -- on the node")),
        comment("on the node")
    );
    assert_eq!(
        found(&POD.replace("metadata:", "metadata: # plimsoll:ignore t-01 -- on its parent")),
        comment("on its parent")
    );
    assert_eq!(found(&POD.replace("v1\n", "v1 # plimsoll:ignore t_01 -- on the object\n")), comment("on the object"));
    assert_eq!(found(&POD.replace("name: web", "name: web # plimsoll:ignore T-02 -- another")), Err(1));
    assert_eq!(found(&POD.replace("kind: Pod", "kind: Pod # plimsoll:ignore T-01 -- a field beside it")), Err(1));
    let annotated = |reason: &str| format!("{POD}  annotations:\n    plimsoll.dev/ignore.T-01: \"{reason}\"\n");
    assert_eq!(found(&annotated("agreed")), Ok((SuppressedBy::Annotation, "agreed".into())));
    assert_eq!(found(&annotated("agreed [until 2999-12-31]")), Ok((SuppressedBy::Annotation, "agreed".into())));
    for open in ["", "[until 2999-12-31]", "agreed until 1969-12-31", "agreed until 2999-02-30"] {
        assert_eq!(found(&annotated(open)), Err(1), "{open}");
    }
    let twice = format!("{}    plimsoll.dev/ignore.t_01: \"agreed\"\n", annotated(""));
    assert_eq!(found(&twice), Ok((SuppressedBy::Annotation, "agreed".into())));
    assert_eq!(judge(&engine, &annotated("agreed until 2999-02-30")).remove(0).errors[0].code, "E0711");
    assert_eq!(judge(&engine, &annotated("")).remove(0).errors[0].code, "E0711");
    let closed = EngineOptions { no_suppression: vec!["T-01".into()], ..EngineOptions::default() };
    let engine = lonely(|_| ()).engine(closed);
    assert_eq!(judge(&engine, &annotated("agreed"))[0].findings.len(), 1);
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let engine = lonely(|_| ()).engine(EngineOptions::default());
    let print = |text: &str| judge(&engine, text)[0].findings[0].fingerprint.clone();
    assert_eq!(print(POD), print(&format!("# a comment\n\n{POD}")));
    assert_ne!(print(POD), print(&POD.replace("web", "api")));
    assert_eq!(print(POD).len(), 32);
}

#[test]
fn the_decision_json_has_its_keys_in_order() {
    let engine = lonely(|_| ()).engine(EngineOptions::default());
    let json = judge(&engine, POD)[0].to_json();
    insta::assert_snapshot!(json);
}

#[test]
fn an_admission_is_answered() {
    let engine = lonely(|_| ()).engine(EngineOptions::default());
    let decision = reviewed(&engine, &engine.inventory(), &review("CREATE", JSON, "null"));
    let answer = admission::response("u", &decision, true);
    assert_eq!(
        answer,
        json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": { "uid": "u", "allowed": false,
                "status": { "code": 403, "message": "T-01 /request/object/metadata/name: is alone" } },
        })
    );
}

#[test]
fn policies_on_the_cluster_name_the_objects_of_their_places() {
    let mut w = Writer::new();
    let pods = w.kinds(&["Pod"]);
    let policy = w.policy("T-09", None);
    let rule = w.rule(policy, Action::Warn);
    let (null, message) = (w.constant(Constant::Null), w.str("is seen"));
    let mut asm = Assembler::default();
    in_rule(&mut asm, rule, |asm| {
        let [list, pod, builder] = std::array::from_fn(|_| asm.register().unwrap());
        asm.emit(Instr::Cluster { kinds: KindsId(pods), before: false, dst: Def(list) });
        asm.emit(Instr::Build { kind: BuildKind::Set, dst: DefBuilder(builder) });
        asm.emit(Instr::Finish { builder: UseBuilder(builder), dst: Def(builder) });
        asm.emit(Instr::Iter { src: Use(list), dst: DefIter(list) });
        let (head, end) = (asm.label(), asm.label());
        asm.bind(head);
        asm.emit(Instr::Next { iter: StepIter(list), value: Def(pod), end: end.jump() });
        report(asm, rule, message, pod, null);
        asm.emit(Instr::Jump { to: head.jump() });
        asm.bind(end);
    });
    asm.emit(Instr::End {});
    w.plan(&[policy], asm.finish("policy t_09", 0).unwrap());
    let engine = w.engine(EngineOptions::default());
    let (both, ids) = inventory(&engine, &format!("{POD}---\n{}", POD.replace("web", "api")));
    let mut evaluator = engine.evaluator();
    assert_eq!(evaluator.evaluate(&both, ids[0]).findings, []);
    let decision = evaluator.evaluate_cluster(&both);
    let names: Vec<_> =
        decision.findings.iter().map(|f| (f.document, f.object.as_ref().unwrap().name.as_str())).collect();
    assert_eq!(names, [(0, "web"), (1, "api")]);
    assert_eq!(evaluator.matched(), [true]);
}
