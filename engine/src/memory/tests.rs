//! Values over documents and heaps: reading, making, order.

use super::*;
use crate::document::{Format, ReadOptions, SourceText, read_text};
use crate::scalar::ScalarKind;
use crate::value::{HeapId, RecordRef};
use proptest::prelude::*;
use serde_json::json;
use std::cmp::Ordering;

/// A memory with one document, and its root.
fn with(text: &str, symbols: &[&str]) -> (Memory, Value) {
    let mut memory = Memory::default();
    let mut table = Symbols::default();
    for symbol in symbols {
        table.intern(symbol);
    }
    memory.symbols = Arc::new(table);
    let root = load(&mut memory, text);
    (memory, root)
}

/// One more document, and its root.
fn load(memory: &mut Memory, text: &str) -> Value {
    let options = ReadOptions { format: Format::Auto, symbols: memory.symbols.clone(), ..ReadOptions::default() };
    let read = read_text(Arc::new(SourceText::new("a.yaml", text)), &options);
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    memory.request.push(read.documents[0].clone());
    let doc = DocId(REQUEST_DOCS + u32::try_from(memory.request.len()).unwrap() - 1);
    memory.load(Place { doc, node: NodeId::ROOT }).unwrap()
}

fn text_of(memory: &Memory, value: Value) -> String {
    let mut out = String::new();
    memory.to_text(value, &mut out).unwrap();
    out
}

#[test]
fn reads_documents() {
    let (memory, root) = with("spec: { a: [1, x, null, 2.5], n: null, o: true }\nk: \"q\\n\"\n", &["spec", "a"]);
    let spec = memory.field(root, memory.symbols.find("spec")).unwrap();
    let a = memory.field(spec, memory.symbols.find("a")).unwrap();
    assert_eq!(memory.len(a), Ok(4));
    assert_eq!(memory.len(spec), Ok(2), "a null member is absent");
    assert_eq!(memory.str_of(memory.index(a, 1.into()).unwrap()), Some("x"));
    for outside in [-1, 4, i64::MAX, i64::MIN] {
        assert!(memory.index(a, outside.into()).unwrap().is_null());
    }
    assert!(memory.index(a, true.into()).is_err());
    assert_eq!(memory.str_of(memory.member(root, "k").unwrap()), Some("q\n"));
    assert!(memory.member(root, "none").unwrap().is_null());
    assert!(memory.field(a, memory.symbols.find("a")).is_err());
    assert_eq!(text_of(&memory, root), "{\"spec\":{\"a\":[1,\"x\",null,2.5],\"o\":true},\"k\":\"q\\n\"}");
    assert_eq!(memory.to_json(a).unwrap(), json!([1, "x", null, 2.5]));
    let keys: Vec<_> = memory.members(spec).unwrap().map(|m| text_of(&memory, m.unwrap().0)).collect();
    assert_eq!(keys, ["a", "o"]);
    assert!(memory.contains(a, 1.into()).unwrap() && memory.contains(a, 1.0.into()).unwrap());
}

#[test]
fn a_register_iterates_what_an_iterator_does() {
    let (mut memory, root) = with("{a: [1, 2], b: null, c: x}", &[]);
    let set = memory.alloc_set(&mut vec![2.into(), 1.into(), 2.into()]).unwrap();
    let map = memory.from_json(&json!({"z": 1, "a": 2})).unwrap();
    for (value, expected) in [
        (root, "a=[1,2] c=x "),
        (memory.member(root, "a").unwrap(), "0=1 1=2 "),
        (set, "0=1 1=2 "),
        (map, "a=2 z=1 "),
        (Value::NULL, ""),
    ] {
        let mut register = memory.iter(value).unwrap();
        let mut seen = String::new();
        while let Some((key, item)) = memory.next(&mut register).unwrap() {
            seen += &format!("{}={} ", text_of(&memory, key), text_of(&memory, item));
        }
        assert_eq!(seen, expected);
        assert_eq!(memory.next(&mut register).unwrap().map(|_| ()), None);
    }
    assert!(memory.iter(1.into()).is_err());
    assert!(memory.next(&mut Value::NULL.clone()).is_err());
}

#[test]
fn records_have_shapes() {
    let (mut memory, _) = with("{}", &["name", "place"]);
    let (name, place) = (memory.symbols.find("name"), memory.symbols.find("place"));
    memory.shapes = Arc::new(vec![Shape { fields: [name, place].into() }]);
    let a = memory.alloc_text("a").unwrap();
    let record = memory.alloc_record(0, &[a, Value::NULL]).unwrap();
    assert_eq!(text_of(&memory, memory.field(record, name).unwrap()), "a");
    assert!(memory.field(record, place).unwrap().is_null());
    assert!(memory.field(record, Symbol::NONE).unwrap().is_null());
    assert_eq!(text_of(&memory, record), "{\"name\":\"a\"}");
    assert_eq!(memory.len(record), Ok(1));
    let same = load(&mut memory, "{place: null, name: a}");
    let derived = memory.from_json(&json!({"name": "a"})).unwrap();
    assert!(memory.equal(record, same).unwrap() && memory.equal(same, derived).unwrap());
    assert!(memory.alloc_record(0, &[a]).is_err() && memory.alloc_record(9, &[]).is_err());
}

#[test]
fn maps_join_or_refuse_equal_keys() {
    let mut memory = Memory::default();
    let k = memory.alloc_text("k").unwrap();
    let mut map = |values: &[serde_json::Value]| -> Result<String> {
        let values: Vec<_> = values.iter().map(|v| memory.from_json(v).unwrap()).collect();
        let mut pairs: Vec<_> = values.iter().map(|v| (k, *v)).collect();
        let map = memory.alloc_map(&mut pairs)?;
        Ok(text_of(&memory, map))
    };
    assert_eq!(map(&[json!([1]), json!([2]), json!([1])]).unwrap(), "{\"k\":[1,2,1]}");
    assert_eq!(map(&[json!({"a": [1]}), json!({"a": [2], "b": 3})]).unwrap(), "{\"k\":{\"a\":[1,2],\"b\":3}}");
    assert_eq!(map(&[json!(1), json!(1.0), json!(null)]).unwrap(), "{\"k\":1}");
    assert_eq!(map(&[json!(null)]).unwrap(), "{}");
    assert_eq!(map(&[json!(1), json!(2)]).unwrap_err().code(), "E0804");
    assert_eq!(map(&[json!([1]), json!({"a": 1})]).unwrap_err().code(), "E0804");
    let sets: Vec<_> = [1_i64, 2].iter().map(|i| (k, memory.alloc_set(&mut vec![(*i).into()]).unwrap())).collect();
    let joined = memory.alloc_map(&mut sets.clone()).unwrap();
    assert_eq!(text_of(&memory, joined), "{\"k\":[1,2]}");
}

#[test]
fn builders_concat_and_parts() {
    let mut memory = Memory::default();
    let list = memory.build();
    let set = memory.build();
    for i in [3_i64, 1, 3] {
        memory.push(list, i.into()).unwrap();
        memory.push(set, i.into()).unwrap();
    }
    let (list, set) = (memory.finish_list(list).unwrap(), memory.finish_set(set).unwrap());
    assert_eq!((text_of(&memory, list), text_of(&memory, set)), ("[3,1,3]".into(), "[1,3]".into()));
    assert!(memory.push(list, Value::NULL).is_err());
    let both = memory.concat(list, list).unwrap();
    assert_eq!(memory.len(both), Ok(6));
    assert!(memory.concat(list, set).is_err());
    let (a, b) = (memory.from_json(&json!({"a": 1, "b": 1})).unwrap(), memory.from_json(&json!({"b": 2})).unwrap());
    let over = memory.concat(a, b).unwrap();
    assert_eq!(text_of(&memory, over), "{\"a\":1,\"b\":2}");
    let text = memory.alloc_text("héllo").unwrap();
    assert_eq!(text_of(&memory, memory.part(text, 0, 3)), "hé");
    assert_eq!(text_of(&memory, memory.part(text, 0, 2)), "", "not within a character");
    assert_eq!(text_of(&memory, memory.part(text, 2, 99)), "");
}

#[test]
fn limits_and_reset() {
    let mut memory = Memory { limit: 1000, ..Memory::default() };
    assert_eq!(memory.alloc_text(&"x".repeat(2000)).unwrap_err(), EvalError::Memory);
    let builder = memory.build();
    let error = (0..100_i64).find_map(|i| memory.push(builder, i.into()).err());
    assert_eq!(error, Some(EvalError::Memory));
    memory.reset();
    memory.keeping = true;
    let kept = memory.alloc_text("kept").unwrap();
    memory.keeping = false;
    let lost = memory.alloc_text("lost").unwrap();
    memory.reset();
    assert_eq!((memory.str_of(kept), memory.str_of(lost)), (Some("kept"), Some("")));
}

#[test]
fn hostile_references_read_as_nothing() {
    let mut memory = Memory::default();
    let far = Range { heap: HeapId::Scratch, start: u32::MAX, len: u32::MAX };
    for data in [
        Data::Str(StrRef { space: 7, start: u32::MAX, len: u32::MAX }),
        Data::Str(StrRef { space: StrRef::SCRATCH, start: 1, len: 5 }),
        Data::List(far),
        Data::Set(far),
        Data::Map(far),
        Data::DocMap,
        Data::DocList,
        Data::Record(RecordRef { heap: HeapId::Kept, shape: 9, start: 4 }),
        Data::Scalar(ScalarRef { heap: HeapId::Const, index: 3 }),
        Data::Regex(u32::MAX),
        Data::Missing(far),
        Data::Builder(4),
        Data::Poison(2),
    ] {
        let value = Value::of(data);
        let mut out = String::new();
        let _ = memory.to_text(value, &mut out);
        let _ = memory.to_json(value);
        let _ = memory.len(value);
        let _ = memory.equal(value, value);
        let _ = memory.contains(value, value);
        let _ = memory.index(value, 0.into());
        let _ = memory.member(value, "a");
        let _ = memory.concat(value, value);
        let _ = memory.finish_map(value);
        let _ = memory.to_scalar(ScalarKind::Quantity, value);
        if let Ok(mut iter) = memory.iter(value) {
            let _ = memory.next(&mut iter);
        }
        assert_eq!(out.len(), out.len().min(20));
    }
    assert!(memory.load(Place { doc: DocId(3), node: NodeId(9) }).is_err());
    assert!(!memory.origin(Place { doc: DocId(SCRATCH_DOCS + 5), node: NodeId(1) }).is_some());
}

#[test]
fn texts_that_were_parsed_have_the_place_of_the_text() {
    let (mut memory, root) = with("{a: \"[1]\"}", &[]);
    let text = memory.member(root, "a").unwrap();
    let inner = load(&mut memory, "[1]");
    let document = memory.doc(inner.place.doc).unwrap().clone();
    let parsed = memory.adopt(document, text.place).unwrap();
    let one = memory.index(parsed, 0.into()).unwrap();
    assert_eq!((memory.place_of(one), memory.place_of(1.into())), (Some(text.place), None));
}

#[test]
fn nesting_is_bounded() {
    let mut memory = Memory::default();
    let mut deep = memory.alloc_list(&[]).unwrap();
    for _ in 0..100_000 {
        deep = memory.alloc_list(&[deep]).unwrap();
    }
    assert!(memory.compare(deep, deep).is_err());
    assert!(memory.to_text(deep, &mut String::new()).is_err() && memory.to_json(deep).is_err());
}

/// Any JSON, small.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        (-3_i64..4).prop_map(|i| json!(i)),
        prop_oneof![Just(0.5), Just(-0.0), Just(1.0), Just(9_007_199_254_740_993_f64), Just(1e300)]
            .prop_map(|f| json!(f)),
        prop_oneof![Just(i64::MAX), Just(i64::MIN), Just(9_007_199_254_740_993_i64)].prop_map(|i| json!(i)),
        "[ab]{0,2}".prop_map(|s| json!(s)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[ab]{1}", inner, 0..3)
                .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
        ]
    })
}

/// A value of the JSON: of a document, or derived; its lists perhaps as sets.
fn value(memory: &mut Memory, json: &serde_json::Value, how: u8) -> Value {
    match how % 3 {
        0 => {
            // A document that is null is no document, so the value stands in a list.
            let list = load(memory, &format!("[{json}]"));
            memory.index(list, 0.into()).unwrap()
        }
        1 => memory.from_json(json).unwrap(),
        _ => {
            let value = memory.from_json(json).unwrap();
            match value.data {
                Data::List(run) => {
                    let mut items = memory.run(run).to_vec();
                    memory.alloc_set(&mut items).unwrap()
                }
                _ => value,
            }
        }
    }
}

proptest! {
    #[test]
    fn order_is_total(jsons in prop::collection::vec((any_json(), any::<u8>()), 3)) {
        let mut memory = Memory::default();
        let v: Vec<_> = jsons.iter().map(|(json, how)| value(&mut memory, json, *how)).collect();
        for a in &v {
            for b in &v {
                let order = memory.compare(*a, *b).unwrap();
                prop_assert_eq!(order, memory.compare(*b, *a).unwrap().reverse());
                prop_assert_eq!(order == Ordering::Equal, memory.equal(*a, *b).unwrap());
                for c in &v {
                    if order != Ordering::Greater && memory.compare(*b, *c).unwrap() != Ordering::Greater {
                        prop_assert_ne!(memory.compare(*a, *c).unwrap(), Ordering::Greater);
                    }
                }
            }
        }
    }

    #[test]
    fn equality_does_not_see_where_a_value_lives(json in any_json()) {
        let mut memory = Memory::default();
        let (a, b) = (value(&mut memory, &json, 0), value(&mut memory, &json, 1));
        prop_assert!(memory.equal(a, b).unwrap());
        prop_assert_eq!(memory.compare(a, b).unwrap(), Ordering::Equal);
    }

    #[test]
    fn sets_and_maps_are_sorted_without_doubles(jsons in prop::collection::vec(any_json(), 0..40)) {
        let mut memory = Memory::default();
        let values: Vec<_> = jsons.iter().zip(0..).map(|(json, how)| value(&mut memory, json, how)).collect();
        let set = memory.alloc_set(&mut values.clone()).unwrap();
        let mut pairs: Vec<_> = values.iter().map(|v| (*v, Value::from(1))).collect();
        let map = memory.alloc_map(&mut pairs).unwrap();
        let Data::Set(run) = set.data else { panic!() };
        for pair in memory.run(run).windows(2) {
            prop_assert_eq!(memory.compare(pair[0], pair[1]).unwrap(), Ordering::Less);
        }
        prop_assert_eq!(memory.len(map), memory.len(set));
        for v in &values {
            prop_assert!(memory.contains(set, *v).unwrap() && memory.contains(map, *v).unwrap());
            prop_assert!(memory.equal(memory.index(map, *v).unwrap(), 1.into()).unwrap());
        }
    }

    #[test]
    fn sorting_agrees_with_the_standard_library(items in prop::collection::vec((0_u8..9, any::<u8>()), 0..60)) {
        let (mut ours, mut theirs) = (items.clone(), items);
        sort(&mut ours, &mut Vec::new(), &mut |a, b| Ok(a.0.cmp(&b.0))).unwrap();
        theirs.sort_by_key(|item| item.0);
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn texts_round_trip(json in any_json()) {
        let mut memory = Memory::default();
        let value = memory.from_json(&json).unwrap();
        let mut text = String::new();
        memory.json_text(value, &mut text).unwrap();
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&memory.to_json(value).unwrap(), &back);
    }
}
