//! The guest over a list of bytes: what SDKs do, and what nobody should.

use crate::guest::Guest;
use crate::host::{Abort, Host};
use plimsoll::compile::{CompileOptions, check, compile};
use plimsoll::engine::program::bundle;
use plimsoll::load::of_texts;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

const POLICIES: &str = r#"module p
    /// Pods do not share the node's network.
    policy host_network {
        id = "T-1" severity = high
        param names: set<string> = {}
        on Pod as pod
        if pod.metadata.name not in names
        deny "no" if pod.spec?.hostNetwork == true at pod.spec?.hostNetwork
    }
    /// Pods have a host name.
    policy named {
        id = "T-2" severity = low
        on Pod as pod
        warn "no host name" if pod.spec?.hostname == null at pod.spec?.hostname
    }"#;

const START: u32 = 1 << 16;

/// A memory with nothing below the border.
#[derive(Clone)]
struct Bytes {
    memory: Rc<RefCell<Vec<u8>>>,
    bundle: Vec<u8>,
}

impl Host for Bytes {
    fn bundle(&self) -> Vec<u8> {
        self.bundle.clone()
    }

    fn freeze(&mut self) -> u32 {
        START
    }

    fn size(&self) -> u64 {
        self.memory.borrow().len() as u64
    }

    fn grow_to(&mut self, end: u64) -> bool {
        let end = usize::try_from(end).unwrap();
        let mut memory = self.memory.borrow_mut();
        let len = memory.len();
        if end < 64 << 20 {
            memory.resize(end.max(len), 0);
        }
        end < 64 << 20
    }

    fn read(&self, address: u32, len: u32) -> Option<Vec<u8>> {
        assert!(address >= START);
        self.memory.borrow().get(address as usize..(address + len) as usize).map(<[u8]>::to_vec)
    }

    fn write(&mut self, address: u32, bytes: &[u8]) -> bool {
        assert!(address >= START);
        let mut memory = self.memory.borrow_mut();
        let place = memory.get_mut(address as usize..address as usize + bytes.len());
        place.is_some_and(|place| {
            place.copy_from_slice(bytes);
            true
        })
    }

    fn keep_below(&mut self, top: u32) {
        assert!(top >= START);
    }

    fn spilled(&self) -> Option<u32> {
        None
    }

    fn settle(&mut self) -> bool {
        true
    }
}

/// The module and what an SDK has of it.
struct Sdk {
    guest: Guest<Bytes>,
    memory: Rc<RefCell<Vec<u8>>>,
}

impl Sdk {
    fn new() -> Sdk {
        let options = CompileOptions::default();
        let sources = of_texts("t", [("p.plim", POLICIES)]).unwrap();
        let built = compile(check(sources, &options).unwrap(), &options).unwrap();
        Sdk::of(bundle::encode(built.program.program()).unwrap())
    }

    fn of(bundle: Vec<u8>) -> Sdk {
        let memory = Rc::new(RefCell::new(vec![0; 5 << 16]));
        Sdk { guest: Guest::new(Bytes { memory: memory.clone(), bundle }), memory }
    }

    /// A call; what `opa_abort` is told, if it ends so.
    fn call<T>(&mut self, what: impl FnOnce(&mut Guest<Bytes>) -> Result<T, Abort>) -> Result<T, String> {
        self.guest.call(what).map_err(|address| self.text(address))
    }

    /// The text at an address, to its NUL.
    fn text(&self, address: u32) -> String {
        let memory = self.memory.borrow();
        let bytes = &memory[address as usize..];
        let end = bytes.iter().position(|byte| *byte == 0).unwrap();
        String::from_utf8(bytes[..end].to_vec()).unwrap()
    }

    fn put(&mut self, address: u32, text: &[u8]) {
        self.memory.borrow_mut()[address as usize..address as usize + text.len()].copy_from_slice(text);
    }

    fn value(&mut self, text: &str) -> u32 {
        let len = u32::try_from(text.len()).unwrap();
        let address = self.call(|guest| guest.malloc(len)).unwrap();
        self.put(address, text.as_bytes());
        self.call(|guest| guest.parse(address, len)).unwrap()
    }

    fn dump(&mut self, value: u32) -> Result<String, String> {
        let address = self.call(|guest| guest.dump(value))?;
        Ok(self.text(address))
    }

    /// As npm's, Python's, Rust's and Go's SDKs do: the input behind the pointer, then one call.
    fn fast(&mut self, data: u32, pointer: u32, entrypoint: u32, input: &str) -> Result<Value, String> {
        self.put(pointer, input.as_bytes());
        let len = u32::try_from(input.len()).unwrap();
        let result = self.call(|guest| guest.one_shot(entrypoint, data, (pointer, len), pointer + len))?;
        Ok(serde_json::from_str(&self.text(result)).unwrap())
    }

    /// Step by step, as before ABI 1.2.
    fn slow(&mut self, data: u32, pointer: u32, entrypoint: u32, input: &str) -> Result<Value, String> {
        self.call(|guest| guest.set_pointer(pointer))?;
        let input = self.value(input);
        let context = self.call(|guest| guest.context())?;
        self.call(|guest| guest.set(context, |it| it.input = input))?;
        self.call(|guest| guest.set(context, |it| it.data = data))?;
        self.call(|guest| guest.set(context, |it| it.entrypoint = entrypoint))?;
        self.call(|guest| guest.eval(context))?;
        let result = self.call(|guest| guest.result(context))?;
        Ok(serde_json::from_str(&self.dump(result)?).unwrap())
    }
}

fn pod(name: &str) -> String {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name }, "spec": { "hostNetwork": true, "containers": [] } })
        .to_string()
}

#[test]
fn both_ways_of_asking_say_the_same() {
    let mut sdk = Sdk::new();
    let names = sdk.call(|guest| guest.entrypoints()).unwrap();
    let names: Value = serde_json::from_str(&sdk.dump(names).unwrap()).unwrap();
    let wanted = json!({ "plimsoll/decision": 0, "plimsoll/deny": 1, "plimsoll/policy/host_network": 2, "plimsoll/policy/named": 3 });
    assert_eq!(names, wanted);
    let none = sdk.call(|guest| guest.builtins()).unwrap();
    assert_eq!(sdk.dump(none).unwrap(), "{}");

    let data = sdk.value("{}");
    let pointer = sdk.call(|guest| guest.pointer()).unwrap();
    let deny = json!({ "msg": "no", "id": "T-1", "severity": "high", "pointer": "/spec/hostNetwork" });
    let warn = json!({ "msg": "no host name", "id": "T-2", "severity": "low", "pointer": "/spec/hostname" });
    for _ in 0..3 {
        for entrypoint in 0..4 {
            let fast = sdk.fast(data, pointer, entrypoint, &pod("a")).unwrap();
            assert_eq!(fast, sdk.slow(data, pointer, entrypoint, &pod("a")).unwrap());
            match entrypoint {
                0 => assert_eq!(fast[0]["result"]["findings"].as_array().unwrap().len(), 2),
                1 | 2 => assert_eq!(fast, json!([{ "result": [deny] }])),
                _ => assert_eq!(fast, json!([{ "result": [warn] }])),
            }
        }
    }
    let error = sdk.fast(data, pointer, 4, "{}").unwrap_err();
    assert_eq!(error, "plimsoll: invalid entrypoint id 4");
}

#[test]
fn what_cannot_be_read_is_denied_with_the_reason() {
    let mut sdk = Sdk::new();
    let data = sdk.value("{}");
    let pointer = sdk.call(|guest| guest.pointer()).unwrap();
    for input in ["", "{", "{}", "[]", "null", r#"{"kind":"Pod","kind":"Pod"}"#, &"[".repeat(10_000)] {
        let decision = sdk.fast(data, pointer, 0, input).unwrap();
        assert_eq!(decision[0]["result"]["allowed"], false, "{input:.20}");
        let deny = sdk.fast(data, pointer, 1, input).unwrap();
        let list = deny[0]["result"].as_array().unwrap();
        assert!(list.len() == 1 && list[0]["id"].as_str().unwrap().starts_with("E07"), "{input:.20}: {deny}");
    }
    assert_eq!(sdk.value("{"), 0);
    assert_eq!(sdk.value("{} {}"), 0);
    assert_ne!(sdk.value("{}\0"), 0);
    assert_ne!(sdk.value(&format!("{}{}", "[".repeat(200), "]".repeat(200))), 0);
}

#[test]
fn data_says_settings_and_inventory() {
    let mut sdk = Sdk::new();
    let base = sdk.call(|guest| guest.pointer()).unwrap();
    let mut with = |data: &str, entrypoint: u32| {
        sdk.call(|guest| guest.set_pointer(base)).unwrap();
        let data = sdk.value(data);
        let pointer = sdk.call(|guest| guest.pointer()).unwrap();
        sdk.fast(data, pointer, entrypoint, &pod("a"))
    };
    let count = |result: &Value| result[0]["result"].as_array().unwrap().len();
    assert_eq!(count(&with("{}", 1).unwrap()), 1);
    assert_eq!(count(&with(r#"{"plimsoll":{"params":{"T-1.names":["a"]}}}"#, 1).unwrap()), 0);
    assert_eq!(with(r#"{"plimsoll":{"only":"named"}}"#, 2).unwrap(), json!([]));
    assert_eq!(count(&with(r#"{"other":1}"#, 1).unwrap()), 1);
    let inventory = format!(r#"{{"plimsoll":{{"inventory":[{}],"complete":true}}}}"#, pod("b"));
    assert_eq!(count(&with(&inventory, 1).unwrap()), 1);
    for (wrong, why) in [
        (r#"{"plimsoll":{"profil":"x"}}"#, "profil"),
        (r#"{"plimsoll":{"profile":"x"}}"#, "profile"),
        (r#"{"plimsoll":1}"#, "no object"),
        (r#"{"plimsoll":{"inventory":{}}}"#, "no list"),
        (r#"{"plimsoll":{"inventory":[1]}}"#, "no Kubernetes object"),
        (r#"{"plimsoll":{"complete":1}}"#, "no boolean"),
    ] {
        let error = with(wrong, 1).unwrap_err();
        assert!(error.contains(why), "{wrong}: {error}");
        assert_eq!(count(&with("{}", 1).unwrap()), 1);
    }
}

#[test]
fn values_change_by_path() {
    let mut sdk = Sdk::new();
    let base = sdk.value(r#"{"a":{"b":123}}"#);
    let mut change = |path: &str, value: Option<&str>| {
        let path = sdk.value(path);
        let value = value.map(|value| sdk.value(value));
        let code = sdk.call(|guest| guest.change(base, path, value)).unwrap();
        (code, sdk.dump(base).unwrap())
    };
    let (added, removed) = (r#"{"a":{"b":123,"x":{"y":{"foo":"bar"}}}}"#, r#"{"a":{"b":123,"x":{}}}"#);
    assert_eq!(change(r#"["a","x","y"]"#, Some(r#"{"foo":"bar"}"#)), (0, added.to_owned()));
    assert_eq!(change(r#"["a","b","c"]"#, Some("1")), (2, added.to_owned()));
    for path in ["[]", "[1]", "1", r#""a""#] {
        assert_eq!(change(path, Some("1")), (3, added.to_owned()));
        assert_eq!(change(path, None), (3, added.to_owned()));
    }
    assert_eq!(change(r#"["q","x"]"#, None), (0, added.to_owned()));
    assert_eq!(change(r#"["a","x","y"]"#, None), (0, removed.to_owned()));
}

#[test]
fn addresses_that_the_module_did_not_give_are_refused() {
    let mut sdk = Sdk::new();
    let value = sdk.value(&pod("a"));
    let top = sdk.call(|guest| guest.pointer()).unwrap();
    for address in [0, 1, START - 1, START, value + 1, value - 1, top, top + 100, u32::MAX - 3, u32::MAX] {
        assert!(sdk.call(|guest| guest.dump(address)).is_err(), "{address}");
        assert!(sdk.call(|guest| guest.eval(address)).is_err());
        assert!(sdk.call(|guest| guest.set(address, |it| it.input = 0)).is_err());
        assert!(sdk.call(|guest| guest.result(address)).is_err());
        assert!(sdk.call(|guest| guest.change(address, value, None)).is_err());
        assert!(sdk.call(|guest| guest.free(address)).is_ok());
    }
    assert!(sdk.call(|guest| guest.parse(0, 4)).is_err());
    assert!(sdk.call(|guest| guest.parse(top, u32::MAX)).is_err());
    assert!(sdk.call(|guest| guest.one_shot(0, value, (1, 4), top)).is_err());
    assert!(sdk.call(|guest| guest.one_shot(0, value + 4, (top, 4), top)).is_err());
    assert!(sdk.call(|guest| guest.set_pointer(0)).is_err());
    assert!(sdk.call(|guest| guest.malloc(u32::MAX)).is_err());
    assert!(sdk.call(|guest| guest.malloc(100 << 20)).is_err());
    assert_eq!(sdk.dump(value).unwrap(), pod("a"));
}

#[test]
fn the_newest_blocks_are_given_back() {
    let mut sdk = Sdk::new();
    let first = sdk.call(|guest| guest.malloc(10)).unwrap();
    let second = sdk.call(|guest| guest.malloc(1000)).unwrap();
    sdk.call(|guest| guest.free(second)).unwrap();
    sdk.call(|guest| guest.free(second)).unwrap();
    assert_eq!(sdk.call(|guest| guest.malloc(20)).unwrap(), second);
    sdk.call(|guest| guest.free(second)).unwrap();
    sdk.call(|guest| guest.free(first)).unwrap();
    assert_eq!(sdk.call(|guest| guest.malloc(20)).unwrap(), first);
}

#[test]
fn a_bundle_that_is_none_is_an_answer_to_every_call() {
    let mut sdk = Sdk::of(b"no bundle".to_vec());
    for _ in 0..2 {
        let error = sdk.call(|guest| guest.builtins()).unwrap_err();
        assert!(error.starts_with("plimsoll: "), "{error}");
    }
}
