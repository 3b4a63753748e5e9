//! The module for policy servers of Kubewarden: run by a waPC host over the corpus, its verdicts, messages and mutations those
//! of the Rust facade; asked as a policy server asks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll::embed::{EmbedOptions, embed};
use plimsoll::engine::decision::admission;
use plimsoll::{Decision, Evaluator, Input};
use plimsoll_tests::faces;
use plimsoll_tests::modules::module;
use serde_json::{Value, json};
use std::sync::OnceLock;
use wasmtime::{Caller, Engine, Extern, Instance, Linker, Module, Store};

/// What a call is about, and what came of it.
#[derive(Default)]
struct Talk {
    operation: Vec<u8>,
    payload: Vec<u8>,
    answer: Vec<u8>,
    error: Vec<u8>,
    /// Answers to calls of the guest, by operation; what is not here is refused.
    cluster: Vec<(String, Value)>,
    reply: Vec<u8>,
    /// What the guest asked for.
    asked: Vec<String>,
}

/// A waPC host, as policy servers are.
struct Host {
    store: Store<Talk>,
    instance: Instance,
}

fn compiled() -> Option<&'static (Engine, Module)> {
    static MODULE: OnceLock<(Engine, Module)> = OnceLock::new();
    let template = module("plimsoll_kubewarden.wasm")?;
    Some(MODULE.get_or_init(|| {
        let template = std::fs::read(template).unwrap();
        let bytes = embed(&template, faces::bundle(), &EmbedOptions::default()).unwrap();
        let engine = Engine::default();
        let module = Module::new(&engine, bytes).unwrap();
        (engine, module)
    }))
}

fn memory(caller: &mut Caller<'_, Talk>) -> wasmtime::Memory {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { panic!("no memory") };
    memory
}

fn take(caller: &mut Caller<'_, Talk>, at: u32, len: u32) -> Vec<u8> {
    let at = at as usize;
    memory(caller).data(&caller)[at..at + len as usize].to_vec()
}

fn give(caller: &mut Caller<'_, Talk>, at: u32, bytes: &[u8]) {
    memory(caller).write(caller, at as usize, bytes).unwrap();
}

fn linker(engine: &Engine) -> Linker<Talk> {
    let mut linker: Linker<Talk> = Linker::new(engine);
    let wapc = "wapc";
    let request = |mut caller: Caller<'_, Talk>, operation: u32, payload: u32| {
        let (o, p) = (caller.data().operation.clone(), caller.data().payload.clone());
        give(&mut caller, operation, &o);
        give(&mut caller, payload, &p);
    };
    linker.func_wrap(wapc, "__guest_request", request).unwrap();
    let answer = |mut caller: Caller<'_, Talk>, at: u32, len: u32| {
        caller.data_mut().answer = take(&mut caller, at, len);
    };
    linker.func_wrap(wapc, "__guest_response", answer).unwrap();
    let error = |mut caller: Caller<'_, Talk>, at: u32, len: u32| {
        caller.data_mut().error = take(&mut caller, at, len);
    };
    linker.func_wrap(wapc, "__guest_error", error).unwrap();
    linker.func_wrap(wapc, "__host_call", host_call).unwrap();
    linker.func_wrap(wapc, "__host_response_len", |caller: Caller<'_, Talk>| caller.data().reply.len() as u32).unwrap();
    linker.func_wrap(wapc, "__host_error_len", |caller: Caller<'_, Talk>| caller.data().reply.len() as u32).unwrap();
    for name in ["__host_response", "__host_error"] {
        let reply = |mut caller: Caller<'_, Talk>, at: u32| {
            let reply = caller.data().reply.clone();
            give(&mut caller, at, &reply);
        };
        linker.func_wrap(wapc, name, reply).unwrap();
    }
    let clock = |mut caller: Caller<'_, Talk>, _clock: u32, _precision: u64, at: u32| {
        let now = 1_767_225_600_000_000_000_u64; // 2026-01-01
        give(&mut caller, at, &now.to_le_bytes());
        0_u32
    };
    linker.func_wrap("wasi_snapshot_preview1", "clock_time_get", clock).unwrap();
    linker
}

#[expect(clippy::too_many_arguments, reason = "so many has waPC's function")]
fn host_call(
    mut caller: Caller<'_, Talk>,
    binding: u32,
    binding_len: u32,
    namespace: u32,
    namespace_len: u32,
    operation: u32,
    operation_len: u32,
    payload: u32,
    payload_len: u32,
) -> u32 {
    assert_eq!(take(&mut caller, binding, binding_len), b"kubewarden");
    assert_eq!(take(&mut caller, namespace, namespace_len), b"kubernetes");
    let operation = take(&mut caller, operation, operation_len);
    assert_eq!(operation, b"list_resources_all");
    let payload: Value = serde_json::from_slice(&take(&mut caller, payload, payload_len)).unwrap();
    let kind = payload["kind"].as_str().unwrap().to_owned();
    caller.data_mut().asked.push(format!("{} {kind}", payload["api_version"].as_str().unwrap()));
    // A host that may be asked for something may be asked for everything.
    let cluster = &caller.data().cluster;
    let list = cluster.iter().find(|(name, _)| *name == kind).map(|(_, list)| list.to_string());
    let found = list.or_else(|| (!cluster.is_empty()).then(|| json!({ "items": [] }).to_string()));
    let done = found.is_some();
    caller.data_mut().reply = found.unwrap_or_else(|| "not allowed".to_owned()).into_bytes();
    u32::from(done)
}

impl Host {
    fn new() -> Option<Host> {
        let (engine, module) = compiled()?;
        let mut store = Store::new(engine, Talk::default());
        let instance = linker(engine).instantiate(&mut store, module).unwrap();
        Some(Host { store, instance })
    }

    fn call(&mut self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let talk = self.store.data_mut();
        operation.as_bytes().clone_into(&mut talk.operation);
        payload.clone_into(&mut talk.payload);
        (talk.answer, talk.error, talk.asked) = (Vec::new(), Vec::new(), Vec::new());
        let call = self.instance.get_typed_func::<(u32, u32), i32>(&mut self.store, "__guest_call").unwrap();
        let lens = (operation.len() as u32, payload.len() as u32);
        let done = call.call(&mut self.store, lens).unwrap();
        let talk = self.store.data();
        if done == 1 { Ok(talk.answer.clone()) } else { Err(String::from_utf8_lossy(&talk.error).into_owned()) }
    }

    fn ask(&mut self, operation: &str, payload: &Value) -> Value {
        let answer = self.call(operation, payload.to_string().as_bytes()).unwrap();
        serde_json::from_slice(&answer).unwrap()
    }
}

/// Settings of a policy of which no part asks for objects of the cluster.
fn settings(mutate: bool) -> Value {
    let infos = plimsoll::compile::build("owasp".as_ref(), &plimsoll::compile::CompileOptions::default()).unwrap();
    let infos = plimsoll::listing::policies(&infos, &plimsoll::engine::engine::EngineOptions::default()).unwrap();
    let skip: Vec<String> =
        infos.iter().filter(|info| !info.needs.cluster.is_empty()).map(|info| info.id.clone()).collect();
    json!({ "now": "2026-06-01T00:00:00Z", "skip": skip, "mutate": mutate })
}

/// The native face with the same settings.
fn native(settings: &Value) -> Evaluator {
    let mut settings = settings.clone();
    settings.as_object_mut().unwrap().remove("mutate");
    let builder = plimsoll::Engine::builder().compiled(faces::bundle()).admission();
    builder.configure(&settings).unwrap().build().unwrap().evaluator()
}

/// The requests of the corpus: what stands in a review, and what is one by itself.
fn requests() -> Vec<(String, Value)> {
    let cases = faces::of_corpus().into_iter().filter(|case| case.json);
    let request = |case: &faces::Case| {
        let value: Value = serde_json::from_slice(&case.text).ok()?;
        let inner = value.get("request").cloned().unwrap_or(value);
        inner.get("operation").is_some().then_some((case.name.clone(), inner))
    };
    cases.filter_map(|case| request(&case)).collect()
}

/// What a decision is for a policy server.
fn expected(decision: &Decision) -> (bool, Value) {
    let review = admission::response("", decision, false);
    (decision.allowed, review["response"]["status"]["message"].clone())
}

#[test]
fn verdicts_messages_and_mutations_are_those_of_rust() {
    let Some(mut host) = Host::new() else { return };
    let (mut said, mut mutated, mut denied) = (0, 0, 0);
    let all = requests();
    for mutate in [false, true] {
        let settings = settings(mutate);
        let mut native = native(&settings);
        for (name, request) in &all {
            let answer = host.ask("validate", &json!({ "request": request, "settings": settings }));
            let text = request.to_string();
            let mut decision = native.decide(&Input::json(text.as_bytes()).named("request"));
            let mut object = Value::Null;
            if mutate && !decision.patch.is_empty() {
                let mut request = request.clone();
                let patch = serde_json::from_value(serde_json::to_value(&decision.patch).unwrap()).unwrap();
                json_patch::patch(&mut request["object"], &json_patch::Patch(patch)).unwrap();
                let text = request.to_string();
                decision = native.decide(&Input::json(text.as_bytes()).named("request"));
                if decision.allowed {
                    object = request["object"].clone();
                }
            }
            let (allowed, message) = expected(&decision);
            assert_eq!(answer["accepted"], allowed, "{name}: {answer}");
            assert_eq!(answer.get("message").cloned().unwrap_or_default(), message, "{name}");
            assert_eq!(answer.get("mutated_object").cloned().unwrap_or_default(), object, "{name}");
            said += 1;
            mutated += usize::from(!object.is_null());
            denied += usize::from(!allowed);
        }
    }
    assert!(all.is_empty() || denied > 0 && denied < said);
    println!(
        "Kubewarden (waPC): {said} of {} answers are those of Rust ({denied} denied, {mutated} mutated)",
        2 * all.len()
    );
}

#[test]
fn the_protocol_is_spoken() {
    let Some(mut host) = Host::new() else { return };
    assert_eq!(host.call("protocol_version", b"").unwrap(), b"\"v1\"");
    assert_eq!(host.ask("validate_settings", &json!({})), json!({ "valid": true }));
    let wrong = host.ask("validate_settings", &json!({ "only": ["POD-999"] }));
    assert_eq!(wrong["valid"], false);
    assert!(wrong["message"].as_str().unwrap().contains("POD-999"), "{wrong}");
    assert!(host.call("other", b"").unwrap_err().contains("`other`"));
    let refused = host.call("validate", b"{").unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&refused).unwrap()["accepted"], false);
}

#[test]
fn objects_of_the_cluster_come_from_the_host() {
    let Some(mut host) = Host::new() else { return };
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web", "namespace": "shop" },
        "spec": { "serviceAccountName": "web", "containers": [{ "name": "c", "image": "nginx" }] } });
    let request = json!({ "uid": "1", "operation": "CREATE", "namespace": "shop",
        "kind": { "group": "", "version": "v1", "kind": "Pod" }, "object": pod });
    let payload = json!({ "request": request, "settings": { "only": ["POD-53"] } });
    let refused = host.ask("validate", &payload);
    assert_eq!((&refused["accepted"], &refused["code"]), (&json!(false), &json!(500)));
    assert!(refused["message"].as_str().unwrap().contains("there are: not allowed"), "{refused}");
    let account = |mounted: bool| {
        json!({ "apiVersion": "v1", "kind": "ServiceAccountList", "items": [
            { "metadata": { "name": "web", "namespace": "shop" }, "automountServiceAccountToken": mounted }] })
    };
    for mounted in [true, false] {
        host.store.data_mut().cluster = vec![("ServiceAccount".to_owned(), account(mounted))];
        let answer = host.ask("validate", &payload);
        assert!(host.store.data().asked.contains(&"v1 ServiceAccount".to_owned()));
        assert_eq!(answer["accepted"], !mounted, "{answer}");
    }
}

#[test]
fn fixes_are_mutations() {
    let Some(mut host) = Host::new() else { return };
    let container = json!({ "name": "c", "image": "nginx", "securityContext": { "privileged": false } });
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web" },
        "spec": { "containers": [container] } });
    let request = json!({ "uid": "1", "operation": "CREATE", "namespace": "shop",
        "kind": { "group": "", "version": "v1", "kind": "Pod" }, "object": pod });
    let ask = |mutate: bool| json!({ "request": request, "settings": { "only": ["allow_privilege_escalation"], "mutate": mutate } });
    host.store.data_mut().cluster = vec![("Pod".to_owned(), json!({ "items": [] }))];
    let denied = host.ask("validate", &ask(false));
    assert_eq!(denied["accepted"], false, "{denied}");
    let fixed = host.ask("validate", &ask(true));
    assert_eq!(fixed["accepted"], true, "{fixed}");
    let mut expected = pod.clone();
    expected["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = false.into();
    assert_eq!(fixed["mutated_object"], expected);
}
