//! Errors: regions, poison, limits.

use super::*;
use crate::limits::Limits;
use crate::program::operand::Arith;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

/// A policy with two rules: the first fails by dividing by zero, the second reports.
fn failing(action: Action) -> Writer {
    let mut w = Writer::new();
    let pods = w.kinds(&["Pod"]);
    let policy = w.policy("T-01", Some(pods));
    let (first, second) = (w.rule(policy, action), w.rule(policy, action));
    let (zero, null, message) = (w.constant(Constant::Int(0)), w.constant(Constant::Null), w.str("found"));
    let mut asm = Assembler::default();
    let object = asm.register().unwrap();
    asm.emit(Instr::Object { dst: Def(object) });
    in_rule(&mut asm, first, |asm| {
        let z = load(asm, zero);
        asm.emit(Instr::Arith { op: Arith::Div, left: Use(z), right: Use(z), dst: Def(z) });
        report(asm, first, message, object, null);
    });
    in_rule(&mut asm, second, |asm| report(asm, second, message, object, null));
    asm.emit(Instr::End {});
    w.plan(&[policy], asm.finish("policy t_01", 0).unwrap());
    w
}

#[test]
fn an_error_ends_its_rule_and_refuses() {
    let engine = failing(Action::Audit).engine(EngineOptions::default());
    let decision = &judge(&engine, POD)[0];
    assert_eq!(summary(decision), ["audit T-01  found"]);
    assert_eq!(decision.errors.len(), 1);
    assert_eq!(decision.errors[0].code, "E0803");
    assert_eq!(decision.errors[0].policy.as_deref(), Some("T-01"));
    assert!(!decision.allowed);
}

#[test]
fn a_let_keeps_its_error_for_whoever_reads_it() {
    let mut w = Writer::new();
    let pods = w.kinds(&["Pod"]);
    let policy = w.policy("T-01", Some(pods));
    let rules = [w.rule(policy, Action::Deny), w.rule(policy, Action::Deny), w.rule(policy, Action::Deny)];
    let (zero, null, message) = (w.constant(Constant::Int(0)), w.constant(Constant::Null), w.str("found"));
    let mut asm = Assembler::default();
    let object = asm.register().unwrap();
    asm.emit(Instr::Object { dst: Def(object) });
    let z = load(&mut asm, zero);
    let bound = load(&mut asm, zero);
    let start = asm.here();
    let after = asm.label();
    asm.emit(Instr::Arith { op: Arith::Div, left: Use(z), right: Use(z), dst: Def(bound) });
    asm.catch(start, Catch::Let(bound), after);
    asm.bind(after);
    in_rule(&mut asm, rules[0], |asm| {
        let copy = asm.register().unwrap();
        asm.emit(Instr::Move { src: Use(bound), dst: Def(copy) });
    });
    in_rule(&mut asm, rules[1], |asm| {
        let copy = asm.register().unwrap();
        asm.emit(Instr::Move { src: Use(bound), dst: Def(copy) });
    });
    in_rule(&mut asm, rules[2], |asm| report(asm, rules[2], message, object, null));
    asm.emit(Instr::End {});
    w.plan(&[policy], asm.finish("policy t_01", 0).unwrap());
    let engine = w.engine(EngineOptions::default());
    let decision = &judge(&engine, POD)[0];
    assert_eq!(summary(decision), ["deny T-01  found"]);
    // Raised twice, told once.
    assert_eq!(decision.errors.iter().map(|e| e.code.as_str()).collect::<Vec<_>>(), ["E0803"]);
}

#[test]
fn an_error_in_a_function_goes_to_the_callers_region() {
    let mut w = Writer::new();
    let pods = w.kinds(&["Pod"]);
    let policy = w.policy("T-01", Some(pods));
    let rule = w.rule(policy, Action::Deny);
    let zero = w.constant(Constant::Int(0));
    let mut asm = Assembler::default();
    let arg = asm.register().unwrap();
    asm.emit(Instr::Arith { op: Arith::Rem, left: Use(arg), right: Use(arg), dst: Def(arg) });
    asm.emit(Instr::Return { src: Use(arg) });
    let inner = w.function(asm.finish("inner", 1).unwrap());
    let mut asm = Assembler::default();
    let arg = asm.register().unwrap();
    let args = UseRun { first: arg, len: 1 };
    asm.emit(Instr::Call { function: crate::program::FuncId(inner), args, dst: Def(arg) });
    asm.emit(Instr::Return { src: Use(arg) });
    let outer = w.function(asm.finish("outer", 1).unwrap());
    let mut asm = Assembler::default();
    in_rule(&mut asm, rule, |asm| {
        let z = load(asm, zero);
        asm.emit(Instr::Call {
            function: crate::program::FuncId(outer),
            args: UseRun { first: z, len: 1 },
            dst: Def(z),
        });
    });
    asm.emit(Instr::End {});
    w.plan(&[policy], asm.finish("policy t_01", 0).unwrap());
    let engine = w.engine(EngineOptions::default());
    let decision = &judge(&engine, POD)[0];
    assert_eq!(decision.errors.iter().map(|e| e.code.as_str()).collect::<Vec<_>>(), ["E0803"]);
}

fn limited(limits: Limits, code: impl FnOnce(&mut Writer, &mut Assembler, RuleId)) -> Decision {
    let mut w = Writer::new();
    let pods = w.kinds(&["Pod"]);
    let policy = w.policy("T-01", Some(pods));
    let rule = w.rule(policy, Action::Audit);
    let mut asm = Assembler::default();
    code(&mut w, &mut asm, rule);
    asm.emit(Instr::End {});
    w.plan(&[policy], asm.finish("policy t_01", 0).unwrap());
    let engine = w.engine(EngineOptions { limits, ..EngineOptions::default() });
    judge(&engine, POD).remove(0)
}

#[test]
fn a_loop_without_end_uses_up_its_fuel() {
    let decision = limited(Limits { fuel: 10_000, ..Limits::default() }, |_, asm, rule| {
        in_rule(asm, rule, |asm| {
            let head = asm.label();
            asm.bind(head);
            asm.emit(Instr::Jump { to: head.jump() });
        });
    });
    assert_eq!(decision.errors.iter().map(|e| e.code.as_str()).collect::<Vec<_>>(), ["E0901"]);
    assert!(!decision.allowed);
}

#[test]
fn too_many_findings_are_an_error() {
    let decision = limited(Limits { findings: 3, ..Limits::default() }, |w, asm, rule| {
        let (null, message) = (w.constant(Constant::Null), w.str("again"));
        let object = asm.register().unwrap();
        asm.emit(Instr::Object { dst: Def(object) });
        let head = asm.label();
        asm.bind(head);
        report(asm, rule, message, object, null);
        asm.emit(Instr::Jump { to: head.jump() });
    });
    assert_eq!(decision.errors.iter().map(|e| e.code.as_str()).collect::<Vec<_>>(), ["E0903"]);
    assert_eq!(decision.findings.len(), 1, "equal findings are one");
}

#[test]
fn what_grows_without_end_uses_up_its_memory() {
    let decision = limited(Limits { memory: 1 << 16, ..Limits::default() }, |w, asm, _| {
        let text = w.str("0123456789");
        let both = asm.run(2).unwrap();
        asm.emit(Instr::Const { value: text, dst: Def(both) });
        let head = asm.label();
        asm.bind(head);
        asm.emit(Instr::Move { src: Use(both), dst: Def(both + 1) });
        asm.emit(Instr::Text { parts: UseRun { first: both, len: 2 }, dst: Def(both) });
        asm.emit(Instr::Jump { to: head.jump() });
    });
    assert_eq!(decision.errors.iter().map(|e| e.code.as_str()).collect::<Vec<_>>(), ["E0902"]);
}
