//! Values: arithmetic, comparisons, collections, conversions.

use super::*;
use crate::program::operand::{Arith, BuildKind, Compare, DefBuilder, DefIter, StepIter, TypeIdx, UseBuilder};
use crate::program::{FieldDesc, RecordDesc};
use crate::scalar::ScalarKind;

/// Runs `emit` over constants in registers and gives the result's text.
fn run(constants: &[Constant], emit: impl FnOnce(&mut Assembler, &[u16]) -> u16) -> String {
    let mut w = Writer::new();
    run_in(&mut w, constants, emit)
}

fn run_in(w: &mut Writer, constants: &[Constant], emit: impl FnOnce(&mut Assembler, &[u16]) -> u16) -> String {
    let mut asm = Assembler::default();
    let registers: Vec<u16> = constants
        .iter()
        .map(|c| {
            let id = w.constant(c.clone());
            load(&mut asm, id)
        })
        .collect();
    let result = emit(&mut asm, &registers);
    asm.emit(Instr::Return { src: Use(result) });
    let function = w.function(asm.finish("f", 0).unwrap());
    value_of(std::mem::replace(w, Writer::new()), function)
}

fn arith(op: Arith, a: Constant, b: Constant) -> String {
    run(&[a, b], |asm, r| {
        let dst = asm.register().unwrap();
        asm.emit(Instr::Arith { op, left: Use(r[0]), right: Use(r[1]), dst: Def(dst) });
        dst
    })
}

fn compare(op: Compare, a: Constant, b: Constant) -> String {
    run(&[a, b], |asm, r| {
        let dst = asm.register().unwrap();
        asm.emit(Instr::Compare { op, left: Use(r[0]), right: Use(r[1]), dst: Def(dst) });
        dst
    })
}

const fn int(i: i64) -> Constant {
    Constant::Int(i)
}

fn text(s: &str) -> Constant {
    Constant::Str(s.into())
}

fn scalar(kind: ScalarKind, s: &str) -> Constant {
    Constant::Scalar(kind, s.into())
}

#[test]
fn numbers() {
    use Arith::{Add, Div, Mul, Rem, Sub};
    for (op, a, b, expected) in [
        (Add, int(2), int(3), "5"),
        (Sub, int(2), int(3), "-1"),
        (Mul, int(i64::MAX), int(2), "E0803"),
        (Sub, int(i64::MIN), int(1), "E0803"),
        (Div, int(7), int(2), "3.5"),
        (Div, int(7), int(0), "E0803"),
        (Rem, int(7), int(0), "E0803"),
        (Rem, int(i64::MIN), int(-1), "E0803"),
        (Rem, int(7), int(4), "3"),
        (Add, int(1), Constant::Float(0.5), "1.5"),
        (Div, Constant::Float(1.0), Constant::Float(0.0), "E0803"),
        (Add, text("a"), int(1), "E0801"),
        (Add, Constant::Bool(true), int(1), "E0801"),
    ] {
        assert_eq!(arith(op, a.clone(), b.clone()), expected, "{a:?} {op:?} {b:?}");
    }
}

#[test]
fn scalars() {
    use Arith::{Add, Div, Mul, Sub};
    let quantity = |s| scalar(ScalarKind::Quantity, s);
    let time = |s| scalar(ScalarKind::Time, s);
    let hour = Constant::Duration(3_600_000_000_000);
    for (op, a, b, expected) in [
        (Add, quantity("500m"), quantity("1"), "\"1500m\""),
        (Sub, quantity("2Gi"), quantity("1Gi"), "\"1Gi\""),
        (Mul, quantity("1Gi"), int(3), "\"3Gi\""),
        (Div, quantity("1Gi"), quantity("2Gi"), "0.5"),
        (Add, quantity("1"), int(1), "E0801"),
        (Add, hour.clone(), hour.clone(), "\"2h\""),
        (Mul, int(2), hour.clone(), "\"2h\""),
        (Mul, Constant::Duration(i64::MAX), int(2), "E0803"),
        (Sub, time("2026-01-01T01:00:00Z"), time("2026-01-01T00:00:00Z"), "\"1h\""),
        (Sub, time("2026-01-01T01:00:00Z"), hour.clone(), "\"2026-01-01T00:00:00Z\""),
        (Add, time("2026-01-01T00:00:00Z"), hour, "\"2026-01-01T01:00:00Z\""),
    ] {
        assert_eq!(arith(op, a.clone(), b.clone()), expected, "{a:?} {op:?} {b:?}");
    }
}

#[test]
fn order_and_equality() {
    use Compare::{Eq, Ge, Gt, Le, Lt, Ne};
    let version = |s| scalar(ScalarKind::Version, s);
    for (op, a, b, expected) in [
        (Eq, int(1), Constant::Float(1.0), "true"),
        (Eq, int(1), text("1"), "false"),
        (Eq, Constant::Null, Constant::Null, "true"),
        (Ne, Constant::Null, int(0), "true"),
        (Lt, int(1), Constant::Float(1.5), "true"),
        (Le, text("a"), text("a"), "true"),
        (Gt, text("b"), text("a"), "true"),
        (Lt, int(1), text("a"), "E0801"),
        (Lt, Constant::Null, int(1), "E0801"),
        (Lt, Constant::Bool(false), Constant::Bool(true), "E0801"),
        (Lt, version("1.9"), version("1.10"), "true"),
        (Ge, version("1.9"), version("1.9.0"), "true"),
        (Lt, version("1.9"), scalar(ScalarKind::Quantity, "2"), "E0801"),
    ] {
        assert_eq!(compare(op, a.clone(), b.clone()), expected, "{a:?} {op:?} {b:?}");
    }
}

#[test]
fn joining() {
    let list = |w: &mut Writer, items: &[i64]| {
        let ids: Vec<u32> = items.iter().map(|i| w.constant(int(*i)).0).collect();
        Constant::List(ids)
    };
    let mut w = Writer::new();
    let (a, b) = (list(&mut w, &[2, 1]), list(&mut w, &[1]));
    let joined = run_in(&mut w, &[a, b], |asm, r| {
        let dst = asm.register().unwrap();
        asm.emit(Instr::Arith { op: Arith::Join, left: Use(r[0]), right: Use(r[1]), dst: Def(dst) });
        dst
    });
    assert_eq!(joined, "[2,1,1]");
    let mut w = Writer::new();
    let ids: Vec<u32> = [3, 1, 3, 2].iter().map(|i| w.constant(int(*i)).0).collect();
    assert_eq!(run_in(&mut w, &[Constant::Set(ids)], |_, r| r[0]), "[1,2,3]");
}

/// `{k: v for …}` over a constant list of pairs' halves.
fn map_of(pairs: &[(&str, Constant)]) -> String {
    let mut w = Writer::new();
    let mut constants = Vec::new();
    for (k, v) in pairs {
        constants.push(text(k));
        constants.push(v.clone());
    }
    run_in(&mut w, &constants, |asm, r| {
        let builder = asm.register().unwrap();
        asm.emit(Instr::Build { kind: BuildKind::Map, dst: DefBuilder(builder) });
        for pair in r.chunks(2) {
            asm.emit(Instr::PushPair { builder: UseBuilder(builder), key: Use(pair[0]), value: Use(pair[1]) });
        }
        let dst = asm.register().unwrap();
        asm.emit(Instr::Finish { builder: UseBuilder(builder), dst: Def(dst) });
        dst
    })
}

#[test]
fn two_values_under_one_key() {
    assert_eq!(map_of(&[("b", int(1)), ("a", int(2)), ("b", int(1))]), r#"{"a":2,"b":1}"#);
    assert_eq!(map_of(&[("a", int(1)), ("a", int(2))]), "E0804");
}

#[test]
fn loops_bind_items_of_lists_and_keys_of_maps() {
    let mut w = Writer::new();
    let k = w.str("k");
    let v = w.constant(int(7));
    let list = Constant::List(vec![k.0, v.0]);
    let map = Constant::Map(vec![(k.0, v.0)]);
    for (over, two, expected) in [
        (list.clone(), false, r#"["k",7]"#),
        (map.clone(), false, r#"["k"]"#),
        (list, true, r#"[0,"k",1,7]"#),
        (map, true, r#"["k",7]"#),
    ] {
        let mut w2 = Writer { program: w.program.clone() };
        let out = run_in(&mut w2, &[over], |asm, r| {
            let (iter, builder) = (asm.register().unwrap(), asm.register().unwrap());
            let (key, value) = (asm.register().unwrap(), asm.register().unwrap());
            asm.emit(Instr::Build { kind: BuildKind::List, dst: DefBuilder(builder) });
            asm.emit(Instr::Iter { src: Use(r[0]), dst: DefIter(iter) });
            let (head, end) = (asm.label(), asm.label());
            asm.bind(head);
            if two {
                let (key, value) = (Def(key), Def(value));
                asm.emit(Instr::NextPair { iter: StepIter(iter), key, value, end: end.jump() });
                asm.emit(Instr::Push { builder: UseBuilder(builder), value: Use(key.0) });
            } else {
                asm.emit(Instr::Next { iter: StepIter(iter), value: Def(value), end: end.jump() });
            }
            asm.emit(Instr::Push { builder: UseBuilder(builder), value: Use(value) });
            asm.emit(Instr::Jump { to: head.jump() });
            asm.bind(end);
            asm.emit(Instr::Finish { builder: UseBuilder(builder), dst: Def(value) });
            value
        });
        assert_eq!(out, expected);
    }
}

#[test]
fn conversion_and_types() {
    let mut w = Writer::new();
    let quantity = w.ty(TypeDesc::Scalar(ScalarKind::Quantity));
    let list = w.ty(TypeDesc::List(quantity));
    let float = w.ty(TypeDesc::Float);
    let (name, size) = (w.sym("name"), w.sym("size"));
    let string = w.ty(TypeDesc::Str);
    let record = w.ty(TypeDesc::Record(RecordDesc {
        name: "Thing".into(),
        kind: None,
        fields: vec![
            FieldDesc { symbol: name.0, ty: string, required: true, read: true },
            FieldDesc { symbol: size.0, ty: quantity, required: false, read: true },
        ],
    }));
    let convert = |constants: &[Constant], over: Constant, ty: u32, is: bool| {
        let mut w = Writer { program: w.program.clone() };
        for c in constants {
            w.constant(c.clone());
        }
        run_in(&mut w, &[over], |asm, r| {
            let dst = asm.register().unwrap();
            asm.emit(match is {
                true => Instr::Is { src: Use(r[0]), ty: TypeIdx(ty), dst: Def(dst) },
                false => Instr::Convert { src: Use(r[0]), ty: TypeIdx(ty), dst: Def(dst) },
            });
            dst
        })
    };
    assert_eq!(convert(&[], text("1000m"), quantity, false), "\"1\"");
    assert_eq!(convert(&[], text("much"), quantity, false), "E0801");
    assert_eq!(convert(&[], Constant::Null, quantity, false), "null");
    assert_eq!(convert(&[], int(2), float, false), "2.0");
    assert_eq!(convert(&[text("1"), text("2000m")], Constant::List(vec![0, 1]), list, false), r#"["1","2"]"#);
    assert_eq!(convert(&[], text("much"), quantity, true), "false");
    assert_eq!(convert(&[], text("1Gi"), quantity, true), "true");
    let object = |pairs: Vec<(u32, u32)>| Constant::Map(pairs);
    let fields = [text("name"), text("x"), text("size"), text("1Gi"), int(1)];
    assert_eq!(convert(&fields, object(vec![(0, 1)]), record, true), "true");
    assert_eq!(convert(&fields, object(vec![(0, 1), (2, 3)]), record, true), "true");
    assert_eq!(convert(&fields, object(vec![(0, 4)]), record, true), "false");
    assert_eq!(convert(&fields, object(vec![(2, 3)]), record, true), "false");
    assert_eq!(convert(&[], int(1), record, true), "false");
}
