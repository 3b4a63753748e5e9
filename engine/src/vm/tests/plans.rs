//! Whole plans: places, fixes, joins, and one plan of two policies that share an expression and a loop.

use super::*;
use crate::program::IndexDef;
use crate::program::operand::{Compare, DefIter, FixKind, IndexId, StepIter};

const PODS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a}
spec:
  containers:
    - name: one
      image: x
    - name: two
      image: y
      securityContext: {privileged: true, runAsNonRoot: true}
---
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: b}
spec:
  containers:
    - name: three
      image: z
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa, namespace: a}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sb, namespace: a}
";

/// Two policies on Pod in one plan. They share the expression `pod.spec.containers` and the loop over it; the second
/// also joins with the ServiceAccounts of the pod's namespace by an equality index.
fn fused() -> Writer {
    let mut w = Writer::new();
    let (pods, accounts) = (w.kinds(&["Pod"]), w.kinds(&["ServiceAccount"]));
    let (a, b) = (w.policy("T-01", Some(pods)), w.policy("T-02", Some(pods)));
    let (unset, joined) = (w.rule(a, Action::Deny), w.rule(b, Action::Warn));
    let (metadata, namespace) = (w.sym("metadata"), w.sym("namespace"));
    let (spec, containers) = (w.sym("spec"), w.sym("containers"));
    let (context, non_root, privileged) = (w.sym("securityContext"), w.sym("runAsNonRoot"), w.sym("privileged"));
    w.program.indexes.push(IndexDef { kinds: accounts, path: vec![metadata.0, namespace.0] });
    let (null, truth) = (w.constant(Constant::Null), w.constant(Constant::Bool(true)));
    let (no_root, shares) = (w.str("may run as root"), w.str("privileged beside an account"));

    let mut asm = Assembler::default();
    let [object, list, iter, c, sc] = std::array::from_fn(|_| asm.register().unwrap());
    asm.emit(Instr::Object { dst: Def(object) });
    // Shared by both: worked out once.
    asm.emit(Instr::Field { src: Use(object), key: spec, dst: Def(list) });
    asm.emit(Instr::Field { src: Use(list), key: containers, dst: Def(list) });
    asm.emit(Instr::Iter { src: Use(list), dst: DefIter(iter) });
    let (head, end) = (asm.label(), asm.label());
    asm.bind(head);
    asm.emit(Instr::Next { iter: StepIter(iter), value: Def(c), end: end.jump() });
    asm.emit(Instr::Field { src: Use(c), key: context, dst: Def(sc) });
    let after = asm.label();
    in_rule(&mut asm, unset, |asm| {
        let value = asm.register().unwrap();
        asm.emit(Instr::Field { src: Use(sc), key: non_root, dst: Def(value) });
        asm.emit(Instr::JumpIfSome { src: Use(value), to: after.jump() });
        let place = asm.register().unwrap();
        asm.emit(Instr::PlaceField { src: Use(c), key: context, dst: Def(place) });
        asm.emit(Instr::PlaceField { src: Use(place), key: non_root, dst: Def(place) });
        let set = load(asm, truth);
        asm.emit(Instr::Fix { kind: FixKind::Set, value: Use(set), place: Use(place) });
        report(asm, unset, no_root, place, null);
    });
    asm.bind(after);
    in_rule(&mut asm, joined, |asm| {
        let [value, key, inner, account] = std::array::from_fn(|_| asm.register().unwrap());
        let yes = load(asm, truth);
        asm.emit(Instr::Field { src: Use(sc), key: privileged, dst: Def(value) });
        asm.emit(Instr::Compare { op: Compare::Eq, left: Use(value), right: Use(yes), dst: Def(value) });
        let not = asm.label();
        asm.emit(Instr::JumpUnless { cond: Use(value), to: not.jump() });
        asm.emit(Instr::Field { src: Use(object), key: metadata, dst: Def(key) });
        asm.emit(Instr::Field { src: Use(key), key: namespace, dst: Def(key) });
        asm.emit(Instr::Lookup { index: IndexId(0), key: Use(key), dst: Def(inner) });
        asm.emit(Instr::Iter { src: Use(inner), dst: DefIter(inner) });
        let again = asm.label();
        asm.bind(again);
        asm.emit(Instr::Next { iter: StepIter(inner), value: Def(account), end: not.jump() });
        report(asm, joined, shares, account, null);
        asm.emit(Instr::Jump { to: again.jump() });
        asm.bind(not);
    });
    asm.emit(Instr::Jump { to: head.jump() });
    asm.bind(end);
    asm.emit(Instr::End {});
    w.plan(&[a, b], asm.finish("plan Pod", 0).unwrap());
    w
}

#[test]
fn a_plan_of_two_policies_keeps_their_findings_apart() {
    let engine = fused().engine(EngineOptions::default());
    let decisions = judge(&engine, PODS);
    assert_eq!(
        summary(&decisions[0]),
        [
            "deny T-01 /spec/containers/0/securityContext/runAsNonRoot may run as root",
            "warn T-02  privileged beside an account",
            "warn T-02  privileged beside an account",
        ]
    );
    let places: Vec<_> = decisions[0].findings.iter().map(|f| (f.document, f.start.line)).collect();
    assert_eq!(places, [(0, 6), (2, 20), (3, 24)]);
    assert_eq!(summary(&decisions[1]), ["deny T-01 /spec/containers/0/securityContext/runAsNonRoot may run as root"]);
    assert_eq!(summary(&decisions[2]), Vec::<String>::new());
    assert!(!decisions[0].allowed && decisions[2].allowed);
}

#[test]
fn one_policy_of_a_shared_plan_alone() {
    let options = EngineOptions { only: vec!["t-02".into()], ..EngineOptions::default() };
    let engine = fused().engine(options);
    let decisions = judge(&engine, PODS);
    assert_eq!(decisions[0].findings.len(), 2);
    assert!(decisions[0].findings.iter().all(|f| f.id == "T-02"));
    assert!(decisions[0].allowed, "a warning does not refuse");
}

#[test]
fn a_fix_makes_the_parents_that_are_missing() {
    let engine = fused().engine(EngineOptions::default());
    let decisions = judge(&engine, PODS);
    let fix = decisions[1].findings[0].fix.as_ref().unwrap();
    let patch = serde_json::to_string(&fix.edits[0].patch).unwrap();
    let expected = r#"[{"op":"add","path":"/spec/containers/0/securityContext","value":{"runAsNonRoot":true}}]"#;
    assert_eq!(patch, expected);
    assert!(fix.safe);
    assert_eq!(fix.title, "set runAsNonRoot to true");
}

#[test]
fn nothing_depends_on_the_order_of_insertion() {
    let engine = fused().engine(EngineOptions::default());
    let texts: Vec<&str> = PODS.split("---\n").collect();
    let all = |order: &[usize]| {
        let mut inventory = engine.inventory();
        for i in order {
            for document in documents(&engine, &format!("{i}.yaml"), texts[*i]) {
                inventory.insert(document, Origin::File);
            }
        }
        let mut evaluator = engine.evaluator();
        let ids: Vec<_> = inventory.objects().map(|(id, _)| id).collect();
        ids.into_iter().map(|id| evaluator.evaluate(&inventory, id).to_json()).collect::<Vec<_>>()
    };
    assert_eq!(all(&[0, 1, 2, 3]), all(&[3, 1, 0, 2]));
}
