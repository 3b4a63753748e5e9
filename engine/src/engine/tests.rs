use super::settings::read;
use super::*;
use crate::decision::Action;
use crate::program::assemble::Assembler;
use crate::program::operand::{Def, ParamRef, Use};
use crate::program::{Constant, GlobalDef, GlobalKind, Instr, ParamDef, ProfileDef, SettingTarget, TypeDesc};
use crate::scalar::ScalarKind;
use crate::vm::tests::{Writer, documents, in_rule, judge, load, report};
use serde_json::{Value, json};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n";

fn constant_function(w: &mut Writer, value: Constant) -> u32 {
    let id = w.constant(value);
    let mut asm = Assembler::default();
    let register = load(&mut asm, id);
    asm.emit(Instr::Return { src: Use(register) });
    w.function(asm.finish("value", 0).unwrap())
}

/// A policy that reports the value of its parameter `label`, and a second one that is off unless somebody turns it on.
fn program() -> Writer {
    let mut w = Writer::new();
    let pods = w.kinds(&["Pod"]);
    let string = w.ty(TypeDesc::Str);
    let default = constant_function(&mut w, Constant::Str("default".into()));
    let null = w.constant(Constant::Null);
    for id in ["T-01", "T-02"] {
        let policy = w.policy(id, Some(pods));
        w.program.policies[policy as usize].params.push(ParamDef {
            name: "label".into(),
            ty: string,
            type_text: "string".into(),
            default: Some(default),
            default_text: "\"default\"".into(),
            doc: String::new(),
        });
        let rule = w.rule(policy, Action::Warn);
        let mut asm = Assembler::default();
        in_rule(&mut asm, rule, |asm| {
            let label = asm.register().unwrap();
            asm.emit(Instr::Param { param: ParamRef { policy: policy as u16, slot: 0 }, dst: Def(label) });
            let object = asm.register().unwrap();
            asm.emit(Instr::Object { dst: Def(object) });
            report(asm, rule, null, object, null);
            // The message is the parameter.
            let code = asm.height() - 6;
            asm.emit(Instr::Move { src: Use(label), dst: Def(code) });
            asm.emit(Instr::Report { rule, parts: crate::program::UseRun { first: code, len: 6 } });
        });
        asm.emit(Instr::End {});
        w.plan(&[policy], asm.finish("policy", 0).unwrap());
    }
    let off = constant_function(&mut w, Constant::Bool(false));
    w.program.policies[1].enabled = Some((off, "false".into()));
    for (name, policies, value) in [("a", vec![0, 1], "from a"), ("b", vec![0], "from b"), ("c", vec![0], "from a")] {
        let function = constant_function(&mut w, Constant::Str(value.into()));
        w.program.profiles.push(ProfileDef {
            name: name.into(),
            doc: String::new(),
            policies,
            settings: vec![(SettingTarget::Policy(0, 0), function)],
        });
    }
    w
}

fn found(options: EngineOptions) -> Vec<String> {
    let decision = judge(&program().engine(options), POD).remove(0);
    let of = |f: &crate::decision::Finding| {
        format!("{}{} {}", f.id, f.use_name.as_ref().map_or(String::new(), |u| format!("({u})")), f.message)
    };
    decision.findings.iter().map(of).filter(|m| !m.ends_with("null")).collect()
}

fn refused(options: EngineOptions) -> String {
    let program = crate::program::verify::verify(program().program).unwrap();
    Engine::new(&program, options).unwrap_err().to_string()
}

fn text(name: &str, value: &str) -> (String, Setting) {
    (name.into(), Setting::Text(value.into()))
}

#[test]
fn the_last_that_sets_a_parameter_wins() {
    let options = EngineOptions::default;
    assert_eq!(found(options()), ["T-01 default"]);
    let config = EngineOptions { config_params: vec![text("t_01.label", "config")], ..options() };
    assert_eq!(found(config.clone()), ["T-01 config"]);
    let profile = EngineOptions { profiles: vec!["b".into()], ..config };
    assert_eq!(found(profile.clone()), ["T-01 from b"]);
    let host = EngineOptions { params: vec![text("T-01.label", "host")], ..profile };
    assert_eq!(found(host), ["T-01 host"]);
}

#[test]
fn profiles_choose_and_turn_on() {
    let with = |profiles: &[&str]| EngineOptions {
        profiles: profiles.iter().map(|p| (*p).into()).collect(),
        ..EngineOptions::default()
    };
    assert_eq!(found(with(&["a"])), ["T-01 from a", "T-02 default"]);
    assert_eq!(found(with(&["a", "c"])), ["T-01 from a", "T-02 default"]);
    assert_eq!(refused(with(&["a", "b"])), "the profiles `a` and `b` set `t_01.label` to different values");
    assert_eq!(refused(with(&["aa"])), "there is no profile `aa`; did you mean `a`?");
}

#[test]
fn only_and_skip() {
    let names = |only: &[&str], skip: &[&str]| EngineOptions {
        only: only.iter().map(|p| (*p).into()).collect(),
        skip: skip.iter().map(|p| (*p).into()).collect(),
        ..EngineOptions::default()
    };
    assert_eq!(found(names(&["t-02"], &[])), ["T-02 default"]);
    assert_eq!(found(names(&[], &["T_01"])), Vec::<String>::new());
    assert_eq!(refused(names(&["T-03"], &[])), "there is no policy `T-03`; did you mean `T-01`?");
}

#[test]
fn a_policy_may_be_used_again() {
    let entry = UseEntry {
        name: "strict".into(),
        policy: "t-02".into(),
        params: vec![text("label", "own")],
        ..UseEntry::default()
    };
    let options = EngineOptions { uses: vec![entry.clone()], ..EngineOptions::default() };
    assert_eq!(found(options.clone()), ["T-01 default", "T-02(strict) own"]);
    let set = EngineOptions { params: vec![text("strict.label", "set")], ..options.clone() };
    assert_eq!(found(set), ["T-01 default", "T-02(strict) set"]);
    let elsewhere = crate::decision::Match { name: vec!["api*".into()], ..crate::decision::Match::default() };
    let other = EngineOptions { uses: vec![UseEntry { matches: elsewhere, ..entry.clone() }], ..options.clone() };
    assert_eq!(found(other), ["T-01 default"]);
    let twice = EngineOptions { uses: vec![entry.clone(), entry], ..options };
    assert_eq!(refused(twice), "the name `strict` of a `[[use]]` entry is taken");
}

#[test]
fn slips_in_settings_are_told() {
    let set =
        |name: &str, value: Setting| EngineOptions { params: vec![(name.into(), value)], ..EngineOptions::default() };
    assert_eq!(
        refused(set("t_01.lable", Setting::Text("x".into()))),
        "there is no parameter `t_01.lable`; did you mean `t_01.label`?"
    );
    assert_eq!(
        refused(set("t_03.label", Setting::Text("x".into()))),
        "there is no parameter `t_03.label`; did you mean `t_01.label`?"
    );
    assert_eq!(
        refused(set("label", Setting::Text("x".into()))),
        "there is no parameter `label`; did you mean `t_01.label`?"
    );
    assert_eq!(
        refused(set("t_01.label", Setting::Json(json!(1)))),
        "the parameter `t_01.label` can't be set: the value: expected a string, found int (its type is `string`)"
    );
}

#[test]
fn texts_are_read_by_the_type_of_the_parameter() {
    let mut w = Writer::new();
    let (string, int, boolean, version) =
        (w.ty(TypeDesc::Str), w.ty(TypeDesc::Int), w.ty(TypeDesc::Bool), w.ty(TypeDesc::Scalar(ScalarKind::Version)));
    let set = w.ty(TypeDesc::Set(string));
    let map = w.ty(TypeDesc::Map(string, int));
    let maybe = w.ty(TypeDesc::Optional(int));
    let latest = w.ty(TypeDesc::Literal("latest".into()));
    let union = w.ty(TypeDesc::Union(vec![latest, version]));
    let numbers = w.ty(TypeDesc::List(int));
    let program = w.program;
    let cases: [(u32, &str, Result<Value, ()>); 15] = [
        (string, "true", Ok(json!("true"))),
        (version, "1.30", Ok(json!("1.30"))),
        (union, "1.30", Ok(json!("1.30"))),
        (union, "latest", Ok(json!("latest"))),
        (int, "7", Ok(json!(7))),
        (int, "7.5", Err(())),
        (boolean, "true", Ok(json!(true))),
        (boolean, "yes", Err(())),
        (set, "a, b,c", Ok(json!(["a", "b", "c"]))),
        (set, "[\"a,b\"]", Ok(json!(["a,b"]))),
        (set, "", Ok(json!([]))),
        (numbers, "1,2", Ok(json!([1, 2]))),
        (numbers, "1,x", Err(())),
        (map, "{\"a\": 1}", Ok(json!({"a": 1}))),
        (maybe, "null", Ok(Value::Null)),
    ];
    for (ty, text, expected) in cases {
        assert_eq!(read(&program, ty, text).map_err(drop), expected, "{text}");
    }
}

fn with_data(optional: bool) -> Writer {
    let mut w = program();
    let string = w.ty(TypeDesc::Str);
    let set = w.ty(TypeDesc::Set(string));
    let ty = if optional { w.ty(TypeDesc::Optional(set)) } else { set };
    w.program.globals.push(GlobalDef {
        module: "m".into(),
        name: "allowed".into(),
        ty,
        type_text: "set<string>".into(),
        kind: GlobalKind::Data,
        doc: String::new(),
    });
    w.program.policies[0].data.push(0);
    w
}

#[test]
fn data_is_asked_for_and_checked() {
    let make = |optional, json: Option<&str>| {
        let program = crate::program::verify::verify(with_data(optional).program).unwrap();
        let plain =
            Engine::new(&crate::program::verify::verify(self::program().program).unwrap(), EngineOptions::default())
                .unwrap();
        let data = json.map(|j| ("allowed".to_owned(), documents(&plain, "d.json", j).remove(0)));
        Engine::new(&program, EngineOptions { data: data.into_iter().collect(), ..EngineOptions::default() })
            .map(drop)
            .map_err(|e| e.to_string())
    };
    assert_eq!(make(false, Some(r#"["a"]"#)), Ok(()));
    assert_eq!(make(true, None), Ok(()));
    assert_eq!(make(false, None).unwrap_err(), "the data `allowed` must be given (`--data allowed=FILE`)");
    assert_eq!(
        make(false, Some(r#"["a", {"b": 1}]"#)).unwrap_err(),
        "the data `allowed` is not as policies expect it: `/1`: expected a string, found map (its type is `set<string>`)"
    );
}
