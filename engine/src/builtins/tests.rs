//! Every function through its table, as the VM calls it. Arguments and results are JSON; `{"quantity": "1"}` stands for
//! a scalar, `{"set": […]}` for a set, and a text that begins with `E0` for an error.

use super::*;
use crate::scalar::ScalarKind;
use crate::value::Data;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

fn value(memory: &mut Memory, json: &Json) -> Value {
    if let Some((key, inner)) = json.as_object().filter(|o| o.len() == 1).and_then(|o| o.iter().next()) {
        if let Some(kind) = ScalarKind::ALL.into_iter().find(|k| k.name() == key) {
            let text = memory.from_json(inner).unwrap();
            return memory.to_scalar(kind, text).unwrap();
        }
        if key == "set" {
            let mut items: Vec<_> = inner.as_array().unwrap().iter().map(|j| value(memory, j)).collect();
            return memory.alloc_set(&mut items).unwrap();
        }
    }
    match json {
        Json::Array(items) => {
            let items: Vec<_> = items.iter().map(|j| value(memory, j)).collect();
            memory.alloc_list(&items).unwrap()
        }
        Json::Object(members) => {
            let mut pairs: Vec<_> =
                members.iter().map(|(k, v)| (memory.alloc_text(k).unwrap(), value(memory, v))).collect();
            memory.alloc_map(&mut pairs).unwrap()
        }
        _ => memory.from_json(json).unwrap(),
    }
}

fn call_with(memory: &mut Memory, fuel: &mut u64, path: &str, args: &[Json]) -> Result<Value> {
    let (module, name) = path.split_once('.').unwrap_or(("", path));
    let builtin = get(find(module, name).unwrap_or_else(|| panic!("{path}"))).unwrap();
    let args: Vec<_> = args.iter().map(|j| value(memory, j)).collect();
    let host = Host {
        now: 60_000_000_000,
        k8s_version: (1, 29),
        workloads: vec![WorkloadKind { group: "x.io".into(), kind: "Roll".into(), template: vec!["tpl".into()] }],
        origins: Vec::new(),
    };
    (builtin.call)(&mut Cx { memory, fuel, host: &host, kinds: &() }, &args)
}

fn call(path: &str, args: &[Json]) -> Json {
    let mut memory = Memory::default();
    match call_with(&mut memory, &mut 10_000_000, path, args) {
        Ok(value) => memory.to_json(value).unwrap(),
        Err(error) => json!(error.code()),
    }
}

/// Checks rows of function, arguments and result.
fn check(rows: &[(&str, Json, Json)]) {
    for (path, args, expected) in rows {
        assert_eq!(&call(path, args.as_array().unwrap()), expected, "{path}{args}");
    }
}

#[test]
fn collections() {
    check(&[
        ("any", json!([[false, true]]), json!(true)),
        ("any", json!([null]), json!(false)),
        ("any", json!([[1]]), json!("E0801")),
        ("all", json!([[true, false]]), json!(false)),
        ("all", json!([[]]), json!(true)),
        ("count", json!([[1, 1]]), json!(2)),
        ("count", json!([{"set": [1, 1]}]), json!(1)),
        ("count", json!([{"a": 1, "b": 2}]), json!(2)),
        ("count", json!([null]), json!(0)),
        ("count", json!(["abc"]), json!("E0801")),
        ("sum", json!([[1, 2, 3]]), json!(6)),
        ("sum", json!([[1, 2.5]]), json!(3.5)),
        ("sum", json!([[{"quantity": "500m"}, {"quantity": "1"}]]), json!("1500m")),
        ("sum", json!([[{"duration": "1h"}, {"duration": "30m"}]]), json!("1h30m")),
        ("sum", json!([[i64::MAX, 1]]), json!("E0803")),
        ("sum", json!([["a", "b"]]), json!("E0801")),
        ("_.sum", json!([[], {"quantity": "0"}]), json!("0")),
        ("min", json!([[3, 1, 2]]), json!(1)),
        ("max", json!([[{"version": "1.9"}, {"version": "1.10"}]]), json!("1.10")),
        ("max", json!([null]), json!(null)),
        ("first", json!([["a", "b"]]), json!("a")),
        ("last", json!([["a", "b"]]), json!("b")),
        ("last", json!([[]]), json!(null)),
        ("sorted", json!([["b", "a", "b"]]), json!(["a", "b", "b"])),
        ("sorted", json!([{"set": [2, 1]}]), json!([1, 2])),
        ("unique", json!([["b", "a", "b", "c", "a"]]), json!(["b", "a", "c"])),
        ("_.sorted_by", json!([[[2, "x"], [1, "y"], [2, "a"]]]), json!(["y", "x", "a"])),
        ("_.min_by", json!([[[2, "x"], [1, "y"], [1, "z"]]]), json!("y")),
        ("_.max_by", json!([[[2, "x"], [1, "y"], [2, "z"]]]), json!("x")),
        ("_.max_by", json!([[[2]]]), json!("E0801")),
    ]);
}

#[test]
fn objects() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "n"}, "spec": {"x": 1}});
    let cron = json!({"apiVersion": "batch/v1", "kind": "CronJob",
        "spec": {"jobTemplate": {"spec": {"template": {"metadata": {"name": "t"}, "spec": {"y": 1}}}}}});
    let roll = json!({"apiVersion": "x.io/v1", "kind": "Roll", "tpl": {"spec": {"z": 1}}});
    check(&[
        ("fields", json!([pod["spec"]]), json!({"x": 1})),
        ("fields", json!([null]), json!({})),
        ("fields", json!([1]), json!("E0801")),
        (
            "walk.strings",
            json!([{"a": ["x", 1, null, ["y"]], "b/c": {"d~": "z"}, "e": {}, "": "w"}]),
            json!({"/": "w", "/a/0": "x", "/a/3/0": "y", "/b~1c/d~0": "z"}),
        ),
        ("walk.strings", json!(["x"]), json!({"": "x"})),
        ("walk.strings", json!([null]), json!({})),
        ("id", json!([pod]), json!("/Pod/n/a")),
        (
            "id",
            json!([{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}}]),
            json!("apps/Deployment//d"),
        ),
        ("origin", json!([pod]), json!("file")),
        ("fail", json!(["no", null]), json!("E0802")),
        ("now", json!([]), json!("1970-01-01T00:01:00Z")),
        ("k8s_version", json!([]), json!("1.29")),
        ("workload.pod_template", json!([pod]), pod.clone()),
        ("workload.pod_spec", json!([pod]), json!({"x": 1})),
        ("workload.pod_spec", json!([cron]), json!({"y": 1})),
        ("workload.pod_template", json!([roll]), json!({"spec": {"z": 1}})),
        ("workload.pod_spec", json!([{"spec": {"containers": []}}]), json!({"containers": []})),
        ("workload.pod_spec", json!([{"spec": {"template": {"spec": {"x": 1}}}}]), json!({"x": 1})),
        (
            "workload.pod_spec",
            json!([{"spec": {"jobTemplate": {"spec": {"template": {"spec": {"y": 1}}}}}}]),
            json!({"y": 1}),
        ),
        ("workload.pod_spec", json!([{"metadata": {}}]), json!("E0806")),
        ("workload.pod_spec", json!([{"kind": "Service"}]), json!("E0801")),
        ("workload.pod_spec", json!([{"apiVersion": "apps/v1", "kind": "Deployment"}]), json!("E0806")),
        ("workload.pod_spec", json!([{"apiVersion": "v1", "kind": "Pod"}]), json!("E0806")),
    ]);
}

#[test]
fn scalars() {
    for kind in ScalarKind::ALL {
        assert_eq!(call(kind.name(), &[json!("(")]), json!("E0801"), "{}", kind.name());
        assert_eq!(call(&format!("try_{}", kind.name()), &[json!("(")]), json!(null));
    }
    check(&[
        ("quantity", json!(["0.5"]), json!("500m")),
        ("try_duration", json!(["36h"]), json!("1d12h")),
        ("time", json!(["2026-01-31T13:00:00+01:00"]), json!("2026-01-31T12:00:00Z")),
        ("version", json!(["v1.29"]), json!("1.29")),
        ("cidr", json!(["10.1.2.3/8"]), json!("10.0.0.0/8")),
        ("ip", json!(["::ffff:10.0.0.1"]), json!("10.0.0.1")),
        ("image", json!(["nginx"]), json!("docker.io/library/nginx:latest")),
        ("regex", json!(["a+"]), json!("a+")),
        ("quantity.value", json!([{"quantity": "1500m"}]), json!(1.5)),
        ("quantity.milli", json!([{"quantity": "1u"}]), json!(1)),
        ("quantity.scale", json!([{"quantity": "1Gi"}, 2]), json!("2Gi")),
        ("quantity.ratio", json!([{"quantity": "1"}, {"quantity": "0"}]), json!("E0803")),
        ("quantity.ratio", json!([{"quantity": "1"}, {"quantity": "4"}]), json!(0.25)),
        ("version.major", json!([{"version": "1.29.3"}]), json!(1)),
        ("version.minor", json!([{"version": "1.29.3"}]), json!(29)),
        ("version.patch", json!([{"version": "1.29.3"}]), json!(3)),
        ("version.clean", json!(["v1.29.3-gke.1067004"]), json!("1.29.3")),
        ("version.less", json!(["Go", "v1.9.0", "v1.10.0"]), json!(true)),
        ("version.at_most", json!(["npm", "1.0.0", "1.0.0"]), json!(true)),
        ("version.less", json!(["Debian:12", "1", "2"]), json!("E0801")),
        ("time.unix", json!([{"time": "1970-01-01T00:01:00Z"}]), json!(60)),
        ("time.year", json!([{"time": "2026-12-31T23:30:00-01:00"}]), json!(2027)),
        ("time.month", json!([{"time": "2026-12-31T23:30:00Z"}]), json!(12)),
        ("time.day", json!([{"time": "2026-12-31T23:30:00Z"}]), json!(31)),
        ("time.format", json!([{"time": "2026-01-31T13:00:00+01:00"}]), json!("2026-01-31T12:00:00Z")),
        ("net.overlaps", json!([{"cidr": "10.0.0.0/8"}, {"cidr": "10.1.0.0/16"}]), json!(true)),
        ("net.overlaps", json!([{"cidr": "10.0.0.0/8"}, {"cidr": "::/0"}]), json!(false)),
        ("net.is_private", json!([{"ip": "10.0.0.1"}]), json!(true)),
        ("net.is_loopback", json!([{"ip": "127.0.0.1"}]), json!(true)),
        ("net.is_v4", json!([{"ip": "::1"}]), json!(false)),
        ("net.prefix", json!([{"cidr": "10.0.0.0/8"}]), json!(8)),
        ("net.address", json!([{"cidr": "10.1.2.3/8"}]), json!("10.0.0.0")),
        ("net.prefix", json!(["10.0.0.0/8"]), json!("E0801")),
        ("image.tag", json!(["nginx:1.27"]), json!("1.27")),
        ("image.tag", json!(["reg:5000/nginx"]), json!(null)),
        (
            "image.digest_of",
            json!([format!("a@sha256:{}", "0".repeat(64))]),
            json!(format!("sha256:{}", "0".repeat(64))),
        ),
        ("image.normalise", json!(["A B"]), json!(null)),
        ("image.matches", json!([{"image": "nginx:1.27"}, "nginx"]), json!(true)),
        ("image.matches", json!([{"image": "nginx:1.27"}, "nginx:1.*"]), json!(true)),
        ("image.matches", json!([{"image": "ghcr.io/a/b"}, "nginx"]), json!(false)),
        ("image.matches", json!([{"image": "ghcr.io/a/b/c"}, "ghcr.io/a/*"]), json!(false)),
        ("image.matches", json!([{"image": "ghcr.io/a/b/c"}, "ghcr.io/**"]), json!(true)),
        ("image.matches", json!([{"image": "ghcr.io/a/b/c"}, "**"]), json!(true)),
    ]);
}

#[test]
fn texts() {
    check(&[
        ("strings.starts_with", json!(["abc", "ab"]), json!(true)),
        ("strings.ends_with", json!(["abc", "bc"]), json!(true)),
        ("strings.contains", json!(["abc", "x"]), json!(false)),
        ("strings.before", json!(["a=b=c", "="]), json!("a")),
        ("strings.before", json!(["a", "="]), json!("a")),
        ("strings.after", json!(["a=b=c", "="]), json!("b=c")),
        ("strings.after", json!(["a", "="]), json!("")),
        ("strings.first_part", json!(["a/b/c", "/"]), json!("a")),
        ("strings.last_part", json!(["a/b/c", "/"]), json!("c")),
        ("strings.last_part", json!(["a", "/"]), json!("a")),
        ("strings.split", json!(["a,,b", ","]), json!(["a", "", "b"])),
        ("strings.split", json!(["aé", ""]), json!(["a", "é"])),
        ("strings.join", json!([["a", "b"], ", "]), json!("a, b")),
        ("strings.join", json!([[1], ""]), json!("E0801")),
        ("strings.lower", json!(["ÀB"]), json!("àb")),
        ("strings.upper", json!(["ß"]), json!("SS")),
        ("strings.trim", json!([" a b\n"]), json!("a b")),
        ("strings.replace", json!(["a-b-c", "-", "--"]), json!("a--b--c")),
        ("strings.replace", json!(["abc", "", "x"]), json!("abc")),
        ("strings.length", json!(["héllo"]), json!(5)),
        ("strings.take", json!(["héllo", 2]), json!("hé")),
        ("strings.take", json!(["a", -1]), json!("")),
        ("strings.drop", json!(["héllo", 2]), json!("llo")),
        ("strings.drop", json!(["a", 9]), json!("")),
        ("strings.chars", json!(["hé"]), json!(["h", "é"])),
        ("strings.words", json!([" a  b "]), json!(["a", "b"])),
        ("strings.lines", json!(["a\r\nb\n"]), json!(["a", "b"])),
        ("strings.without_start", json!(["v1", "v"]), json!("1")),
        ("strings.without_end", json!(["5m", "m"]), json!("5")),
        ("strings.entropy", json!(["abab"]), json!(1.0)),
        ("strings.entropy", json!([""]), json!(0.0)),
        ("strings.clean_path", json!(["/etc//a/../b/./"]), json!("/etc/b")),
        ("strings.clean_path", json!(["/../.."]), json!("/")),
        ("strings.clean_path", json!(["/"]), json!("/")),
        ("strings.clean_path", json!(["/a/b/../../c"]), json!("/c")),
        ("strings.clean_path", json!(["/a..b/.c"]), json!("/a..b/.c")),
        ("strings.clean_path", json!(["a/.."]), json!("a/..")),
        ("strings.edit_distance", json!(["kitten", "sitting", 3]), json!(3)),
        ("strings.edit_distance", json!(["kitten", "sitting", 2]), json!(null)),
        ("strings.edit_distance", json!(["a", "a", -1]), json!(null)),
        ("strings.find", json!(["héllo", "l"]), json!(2)),
        ("strings.find", json!(["a", "x"]), json!(null)),
        ("strings.repeat", json!(["ab", 2]), json!("abab")),
        ("strings.repeat", json!(["ab", -2]), json!("")),
        ("strings.repeat", json!(["ab", i64::MAX]), json!("E0901")),
        ("strings.is_ascii", json!(["é"]), json!(false)),
        ("regex.capture", json!(["k=v", {"regex": "(\\w)=(\\w)(x)?"}]), json!(["k=v", "k", "v", null])),
        ("regex.capture", json!(["k", {"regex": "="}]), json!(null)),
        ("regex.find_all", json!(["a1b22", {"regex": "[0-9]+"}]), json!(["1", "22"])),
        ("regex.replace", json!(["a1b22", {"regex": "[0-9]+"}, "$0"]), json!("a$0b$0")),
        ("regex.matches", json!(["a", {"regex": "b"}]), json!(false)),
        ("regex.escape", json!(["a.b"]), json!("a\\.b")),
        ("base64.encode", json!(["hello"]), json!("aGVsbG8=")),
        ("base64.decode", json!(["aGVs\nbG8"]), json!("hello")),
        ("base64.decode", json!(["/w=="]), json!("E0801")),
        ("base64.try_decode", json!(["?"]), json!(null)),
        ("hash.sha256", json!(["abc"]), json!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
        ("hash.md5", json!(["abc"]), json!("900150983cd24fb0d6963f7d28e17f72")),
        ("json.parse", json!(["{\"a\": [1]}"]), json!({"a": [1]})),
        ("json.parse", json!(["["]), json!("E0801")),
        ("json.parse", json!(["a: 1"]), json!("E0801")),
        ("json.try_parse", json!(["["]), json!(null)),
        ("json.format", json!([{"a": [1, "x\n", null]}]), json!("{\"a\":[1,\"x\\n\",null]}")),
        ("yaml.parse", json!(["a: [1, off]"]), json!({"a": [1, false]})),
        ("yaml.parse", json!([""]), json!(null)),
        ("yaml.parse", json!(["a: 1\n---\nb: 1\n"]), json!("E0801")),
        ("yaml.try_parse", json!(["a: ["]), json!(null)),
        ("yaml.parse_all", json!(["a: 1\n---\n---\nb: 1\n"]), json!([{"a": 1}, {"b": 1}])),
    ]);
}

#[test]
fn lists_sets_maps_numbers() {
    check(&[
        ("lists.take", json!([[1, 2, 3], 2]), json!([1, 2])),
        ("lists.take", json!([[1], -1]), json!([])),
        ("lists.drop", json!([[1, 2, 3], 2]), json!([3])),
        ("lists.drop", json!([[1], 9]), json!([])),
        ("lists.reverse", json!([[1, 2]]), json!([2, 1])),
        ("lists.flatten", json!([[[1], [], [2, 3]]]), json!([1, 2, 3])),
        ("lists.index_of", json!([["a", "b"], "b"]), json!(1)),
        ("lists.index_of", json!([[], 1]), json!(null)),
        ("lists.range", json!([1, 4]), json!([1, 2, 3])),
        ("lists.range", json!([4, 1]), json!([])),
        ("lists.range", json!([i64::MIN, i64::MAX]), json!("E0901")),
        ("lists.of", json!([{"set": [2, 1]}]), json!([1, 2])),
        ("sets.of", json!([[2, 1, 2]]), json!([1, 2])),
        ("sets.union", json!([{"set": [1, 2]}, {"set": [2, 3]}]), json!([1, 2, 3])),
        ("sets.intersect", json!([{"set": [1, 2]}, {"set": [2, 3]}]), json!([2])),
        ("sets.minus", json!([{"set": [1, 2]}, {"set": [2, 3]}]), json!([1])),
        ("sets.subset", json!([{"set": [1]}, {"set": [1, 2]}]), json!(true)),
        ("sets.subset", json!([{"set": [3]}, {"set": [1, 2]}]), json!(false)),
        ("sets.disjoint", json!([{"set": [3]}, {"set": [1, 2]}]), json!(true)),
        ("maps.keys", json!([{"b": 1, "a": 2}]), json!(["a", "b"])),
        ("maps.values", json!([{"b": 1, "a": 2}]), json!([2, 1])),
        ("maps.merge", json!([{"a": 1, "b": 1}, {"b": 2}]), json!({"a": 1, "b": 2})),
        ("numbers.int", json!(["-12"]), json!(-12)),
        ("numbers.int", json!(["1.5"]), json!("E0801")),
        ("numbers.try_int", json!([""]), json!(null)),
        ("numbers.float", json!(["1e3"]), json!(1000.0)),
        ("numbers.try_float", json!(["nan"]), json!(null)),
        ("numbers.try_float", json!(["1e999"]), json!(null)),
        ("numbers.div", json!([-7, 2]), json!(-3)),
        ("numbers.div", json!([1, 0]), json!("E0803")),
        ("numbers.div", json!([i64::MIN, -1]), json!("E0803")),
        ("numbers.abs", json!([-2]), json!(2)),
        ("numbers.abs", json!([i64::MIN]), json!("E0803")),
        ("numbers.abs", json!([{"quantity": "-1"}]), json!("1")),
        ("numbers.floor", json!([-1.5]), json!(-2)),
        ("numbers.ceil", json!([1.2]), json!(2)),
        ("numbers.round", json!([2.5]), json!(3)),
        ("numbers.floor", json!([1e30]), json!("E0803")),
    ]);
}

#[test]
fn graphs() {
    let edges = json!({"a": {"set": ["b", "c"]}, "b": {"set": ["d"]}, "c": {"set": ["d"]}, "d": {"set": ["e"]}, "x": {"set": ["a"]}});
    check(&[
        ("reachable", json!(["b", edges]), json!(["b", "d", "e"])),
        ("reachable", json!(["q", edges]), json!(["q"])),
        ("path", json!(["a", "e", edges]), json!(["a", "b", "d", "e"])),
        ("path", json!(["e", "a", edges]), json!(null)),
        ("path", json!(["a", "a", edges]), json!(["a"])),
        (
            "graph.paths_to",
            json!(["d", edges]),
            json!({"a": ["a", "b", "d"], "b": ["b", "d"], "c": ["c", "d"], "d": ["d"], "x": ["x", "a", "b", "d"]}),
        ),
    ]);
}

/// The table itself: names are unique, every function is called by a row above, ids lead back.
#[test]
fn the_table() {
    let names: BTreeSet<_> = all().map(|(_, module, f)| (module, f.name)).collect();
    assert_eq!(names.len(), all().count());
    let source = include_str!("tests.rs");
    for (id, module, function) in all() {
        assert_eq!(find(module, function.name), Some(id));
        assert_eq!(name_of(id), Some((module, function.name)));
        assert!(function.signature.starts_with('(') && function.signature.contains(" -> "), "{}", function.name);
        let bare = module == "graph" && source.contains(&format!("\"{}\",", function.name));
        let constructor = ScalarKind::ALL.iter().any(|k| function.name.ends_with(k.name()));
        let path = if module.is_empty() { function.name.to_owned() } else { format!("{module}.{}", function.name) };
        let path = if path == "paths_to" { "graph.paths_to" } else { &path };
        assert!(source.contains(&format!("\"{path}\",")) || bare || constructor, "no row calls {path}");
    }
    assert_eq!((find("strings", "none"), get(BuiltinId(u16::MAX)).map(|b| b.name)), (None, None));
}

/// Whatever a function gets, it gives a value or an error, and a wrong number of values is one.
#[test]
fn hostile_arguments() {
    let samples =
        [json!(null), json!(1), json!("a"), json!([["a"]]), json!({"a": {"set": [1]}}), json!({"quantity": "1"})];
    for (_, module, function) in all() {
        let path = if module.is_empty() { function.name.to_owned() } else { format!("{module}.{}", function.name) };
        let mut memory = Memory::default();
        for a in &samples {
            let _ = call_with(&mut memory, &mut 100_000, &path, std::slice::from_ref(a));
            for b in &samples {
                let _ = call_with(&mut memory, &mut 100_000, &path, &[a.clone(), b.clone()]);
                let _ = call_with(&mut memory, &mut 100_000, &path, &[a.clone(), b.clone(), a.clone()]);
            }
        }
        let many = vec![json!(1); 9];
        if !matches!(function.name, "now" | "k8s_version") {
            assert!(call_with(&mut memory, &mut 100_000, &path, &many).is_err(), "{path}");
        }
    }
}

#[test]
fn parts_of_a_text_keep_its_place() {
    let mut memory = Memory::default();
    let text = memory.alloc_text("a b").unwrap();
    let place = crate::value::Place { doc: DocId(1), node: crate::document::NodeId(3) };
    let (mut fuel, host) = (1000, Host::default());
    let words = get(find("strings", "words").unwrap()).unwrap();
    let list =
        (words.call)(&mut Cx { memory: &mut memory, fuel: &mut fuel, host: &host, kinds: &() }, &[text.at(place)])
            .unwrap();
    let Data::List(run) = list.data else { panic!() };
    assert!(memory.run(run).iter().all(|v| v.place == place));
}

fn graph() -> impl Strategy<Value = BTreeMap<u8, BTreeSet<u8>>> {
    prop::collection::btree_map(0_u8..8, prop::collection::btree_set(0_u8..8, 0..4), 0..8)
}

/// All shortest paths by brute force; the smallest.
fn shortest(edges: &BTreeMap<u8, BTreeSet<u8>>, start: u8, goal: u8) -> Option<Vec<u8>> {
    let mut paths = vec![vec![start]];
    for _ in 0..9 {
        if let Some(found) = paths.iter().filter(|p| p.last() == Some(&goal)).min() {
            return Some(found.clone());
        }
        let next = |p: &Vec<u8>| {
            edges.get(p.last().unwrap()).into_iter().flatten().map(|n| [&p[..], &[*n]].concat()).collect::<Vec<_>>()
        };
        paths = paths.iter().flat_map(next).filter(|p| p.iter().collect::<BTreeSet<_>>().len() == p.len()).collect();
    }
    None
}

proptest! {
    #[test]
    fn walks_agree_with_brute_force(edges in graph(), start in 0_u8..8, goal in 0_u8..8) {
        let mut memory = Memory::default();
        let mut pairs = Vec::new();
        for (from, to) in &edges {
            let mut to: Vec<_> = to.iter().map(|n| Value::from(i64::from(*n))).collect();
            pairs.push((Value::from(i64::from(*from)), memory.alloc_set(&mut to).unwrap()));
        }
        let map = memory.alloc_map(&mut pairs).unwrap();
        let (mut fuel, host) = (1_000_000, Host::default());
        let mut run = |name, args: &[Value]| {
            let function = get(find("graph", name).unwrap()).unwrap();
            let value = (function.call)(&mut Cx { memory: &mut memory, fuel: &mut fuel, host: &host, kinds: &() }, args).unwrap();
            memory.to_json(value).unwrap()
        };
        let [s, g] = [start, goal].map(|n| Value::from(i64::from(n)));
        prop_assert_eq!(run("path", &[s, g, map]), json!(shortest(&edges, start, goal)));
        let all: BTreeMap<String, _> =
            (0..8).filter_map(|n| Some((n.to_string(), shortest(&edges, n, goal)?))).collect();
        prop_assert_eq!(run("paths_to", &[g, map]), json!(all));
        let reached: Vec<_> = (0..8).filter(|n| shortest(&edges, start, *n).is_some()).collect();
        prop_assert_eq!(run("reachable", &[s, map]), json!(reached));
    }
}

/// A text that is no scalar is nothing, not an error that has to be written first.
#[test]
fn scalars_that_are_none_are_no_errors_inside() {
    let mut memory = Memory::default();
    for kind in ScalarKind::ALL {
        let bad = memory.alloc_text("(").unwrap();
        assert!(memory.try_scalar(kind, bad).unwrap().is_none());
        assert!(memory.try_scalar(kind, true.into()).unwrap().is_none());
        assert!(memory.try_scalar(kind, Value::NULL).unwrap().unwrap().is_null());
    }
    let half = memory.to_scalar(ScalarKind::Quantity, 0.5.into()).unwrap();
    assert_eq!(memory.to_json(half).unwrap(), json!("500m"));
    assert!(memory.to_scalar(ScalarKind::Quantity, f64::NAN.into()).is_err());
}
