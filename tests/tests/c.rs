//! The C library, through its ABI: decisions are those of the Rust facade, hosts that are wrong are told, a panic is a status.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![allow(unsafe_code, reason = "the ABI of C is called")]

use plimsoll_c::raw::*;
use plimsoll_tests::faces::{self, Case, Expected};
use plimsoll_tests::modules::root;
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// An evaluator of the engine of all faces.
fn evaluator() -> *mut Evaluator {
    let (mut builder, mut engine, mut evaluator) = (null_mut(), null_mut(), null_mut());
    let (bundle, settings) = (faces::bundle(), faces::SETTINGS.as_bytes());
    unsafe {
        assert_eq!(plimsoll_builder_new(&mut builder, null_mut()), Status::Ok);
        assert_eq!(plimsoll_builder_bundle(builder, bundle.as_ptr(), bundle.len(), null_mut()), Status::Ok);
        assert_eq!(plimsoll_builder_settings(builder, settings.as_ptr(), settings.len(), null_mut()), Status::Ok);
        assert_eq!(plimsoll_builder_build(builder, &mut engine, null_mut()), Status::Ok);
        assert_eq!(plimsoll_evaluator_new(engine, &mut evaluator, null_mut()), Status::Ok);
        assert_eq!(plimsoll_engine_free(engine), Status::Ok);
        assert_eq!(plimsoll_builder_free(builder), Status::Ok);
    }
    evaluator
}

fn decide(evaluator: *mut Evaluator, case: &Case) -> Vec<u8> {
    let (mut decision, mut data, mut len) = (null_mut(), null(), 0);
    let (text, name) = (&case.text, &case.name);
    let format = if case.json { JSON } else { YAML };
    unsafe {
        let status = plimsoll_evaluator_decide(
            evaluator,
            null(),
            format,
            text.as_ptr(),
            text.len(),
            name.as_ptr(),
            name.len(),
            &mut decision,
            null_mut(),
        );
        assert_eq!(status, Status::Ok, "{name}");
        assert_eq!(plimsoll_decision_json(decision, &mut data, &mut len, null_mut()), Status::Ok);
        let json = std::slice::from_raw_parts(data, len).to_vec();
        let mut allowed = false;
        assert_eq!(plimsoll_decision_allowed(decision, &mut allowed, null_mut()), Status::Ok);
        assert_eq!(allowed, json.starts_with(br#"{"version":1,"allowed":true"#));
        assert_eq!(plimsoll_decision_free(decision), Status::Ok);
        json
    }
}

#[test]
fn decisions_about_made_inputs_are_those_of_rust() {
    let evaluator = evaluator();
    Expected::of_made().compare("C", |case| decide(evaluator, case));
    assert_eq!(unsafe { plimsoll_evaluator_free(evaluator) }, Status::Ok);
}

#[test]
fn decisions_about_the_corpus_are_those_of_rust() {
    let Some(expected) = Expected::of_corpus() else { return };
    let evaluator = evaluator();
    expected.compare("C", |case| decide(evaluator, case));
    assert_eq!(unsafe { plimsoll_evaluator_free(evaluator) }, Status::Ok);
}

/// What an error says; nothing of NULL.
fn message(error: *const Error) -> String {
    let (mut data, mut len) = (null(), 0);
    if unsafe { plimsoll_error_get(error, null_mut(), null_mut(), &mut data, &mut len) } != Status::Ok {
        return String::new();
    }
    String::from_utf8(unsafe { std::slice::from_raw_parts(data, len) }.to_vec()).unwrap()
}

/// Throws, as no function of a host may.
unsafe extern "C-unwind" fn throws(_: *mut c_void, _: *const u8, _: usize, _: *mut Answer) -> i32 {
    panic!("thrown by a test")
}

#[test]
fn a_panic_is_a_status_and_breaks_its_evaluator_alone() {
    let folder = root().join("target/tmp/c");
    std::fs::create_dir_all(&folder).unwrap();
    // A module is called as its file.
    let policies = folder.join("t.plim");
    let text = "module t\nextern fn ask(name: string) -> bool\npolicy p { id = \"T-1\" severity = high on Pod as p\n deny \"no\" if p.metadata.name != null and ask(p.metadata.name) at p.metadata.name }\n";
    std::fs::write(&policies, text).unwrap();
    let path = policies.to_str().unwrap();
    let pod = br#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[]}}"#;
    let node = br#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"}}"#;
    let (mut builder, mut engine, mut error) = (null_mut(), null_mut(), null_mut());
    let (mut one, mut two, mut decision) = (null_mut(), null_mut(), null_mut());
    unsafe {
        plimsoll_builder_new(&mut builder, null_mut());
        plimsoll_builder_path(builder, path.as_ptr(), path.len(), null_mut());
        let added = plimsoll_builder_function(builder, b"ask".as_ptr(), 3, Some(throws), null_mut(), None, null_mut());
        assert_eq!(added, Status::Ok);
        let built = plimsoll_builder_build(builder, &mut engine, &mut error);
        assert_eq!(built, Status::Ok, "{}", message(error));
        plimsoll_evaluator_new(engine, &mut one, null_mut());
        plimsoll_evaluator_new(engine, &mut two, null_mut());
        let mut ask = |evaluator, input: &[u8], error: *mut *mut Error| {
            plimsoll_evaluator_decide(
                evaluator,
                null(),
                JSON,
                input.as_ptr(),
                input.len(),
                null(),
                0,
                &mut decision,
                error,
            )
        };
        assert_eq!(ask(one, pod, &mut error), Status::Panic);
        assert_eq!(ask(one, node, null_mut()), Status::Panic, "it is not used again");
        assert_eq!(ask(two, node, null_mut()), Status::Ok);
        plimsoll_decision_free(decision);
        plimsoll_error_free(error);
        plimsoll_evaluator_free(one);
        plimsoll_evaluator_free(two);
        plimsoll_engine_free(engine);
        plimsoll_builder_free(builder);
    }
}

#[test]
fn null_and_handles_of_another_kind_are_refused() {
    let evaluator = evaluator();
    let (mut engine, mut error, mut decision) = (null_mut(), null_mut(), null_mut());
    unsafe {
        for wrong in [null_mut(), evaluator.cast::<Builder>()] {
            assert_eq!(plimsoll_builder_build(wrong, &mut engine, &mut error), Status::Handle);
            assert_eq!(message(error), "this is no builder");
            assert_eq!(plimsoll_error_free(error), Status::Ok);
        }
        assert_eq!(plimsoll_builder_free(evaluator.cast()), Status::Handle);
        assert_eq!(plimsoll_builder_free(null_mut()), Status::Ok);
        let ask = |format, data: *const u8, len, out| {
            plimsoll_evaluator_decide(evaluator, null(), format, data, len, null(), 0, out, null_mut())
        };
        assert_eq!(ask(JSON, null(), 1, &mut decision), Status::Argument);
        assert_eq!(ask(JSON, b"{}".as_ptr(), usize::MAX, &mut decision), Status::Argument);
        assert_eq!(ask(9, b"{}".as_ptr(), 2, &mut decision), Status::Argument);
        assert_eq!(ask(JSON, b"{}".as_ptr(), 2, null_mut()), Status::Argument);
        assert!(decision.is_null() && engine.is_null());
        assert_eq!(plimsoll_evaluator_free(evaluator), Status::Ok);
    }
}
