//! Edits of small texts, each with its result; the corpus tests make random ones in real manifests.

use super::super::read::{Format, ReadOptions, read};
use super::*;
use serde_json::json;

fn edited_as(format: Format, text: &str, edits: &[Edit]) -> Result<String, Refusal> {
    let result = read("t", text.as_bytes(), &ReadOptions { format, ..ReadOptions::default() });
    assert_eq!(result.errors, [], "{text}");
    let new = edit(&result.documents[0], format, edits)?;
    let again = read("t", new.as_bytes(), &ReadOptions { format, ..ReadOptions::default() });
    let repeatable = edits.iter().all(|e| matches!(e, Edit::Set { .. }) && !e.path().contains('-'));
    if repeatable {
        assert_eq!(edit(&again.documents[0], format, edits).as_ref(), Ok(&new), "a second run changes nothing");
    }
    Ok(new)
}

fn set(path: &str, value: Value) -> Edit {
    Edit::Set { path: path.into(), value }
}
fn add(path: &str, value: Value) -> Edit {
    Edit::Add { path: path.into(), value }
}
fn remove(path: &str) -> Edit {
    Edit::Remove { path: path.into() }
}

#[track_caller]
fn yaml(text: &str, edit: Edit, expected: &str) {
    assert_eq!(edited_as(Format::Yaml, text, &[edit]).unwrap(), expected);
}

#[track_caller]
fn json_text(text: &str, edit: Edit, expected: &str) {
    assert_eq!(edited_as(Format::Json, text, &[edit]).unwrap(), expected);
}

const POD: &str = "kind: Pod # p\nspec:\n  containers:\n    # first\n    - name: app  # the app\n      image: 'nginx'\n\n    - name: b\n  hostPID: true\n---\nkind: Other\n";

#[test]
fn members_are_set_and_made() {
    yaml(POD, set("/spec/hostPID", json!(false)), &POD.replace("hostPID: true", "hostPID: false"));
    yaml(POD, set("/kind", json!("on")), &POD.replace("Pod #", "\"on\" #"));
    yaml(POD, set("/spec/containers/0/image", json!("it's")), &POD.replace("'nginx'", "'it''s'"));
    yaml(
        POD,
        set("/spec/containers/0/securityContext/runAsNonRoot", json!(true)),
        &POD.replace("'nginx'\n", "'nginx'\n      securityContext:\n        runAsNonRoot: true\n"),
    );
    yaml(
        POD,
        set("/spec/containers/1/securityContext/capabilities/drop/-", json!("ALL")),
        &POD.replace(
            "name: b\n",
            "name: b\n      securityContext:\n        capabilities:\n          drop:\n            - ALL\n",
        ),
    );
    yaml(
        POD,
        set("/spec/hostPID", json!({"a": [1], "b": {}})),
        &POD.replace("hostPID: true", "hostPID:\n    a:\n      - 1\n    b: {}"),
    );
    yaml("a: {b: 1}\n", set("/a/c", json!("x: y")), "a: {b: 1, c: \"x: y\"}\n");
    yaml("a: {}\n", set("/a/c", json!([1, {"d": null}])), "a: {c: [1, {d: null}]}\n");
    yaml("a:\nb: 1\n", set("/a/c", json!(1)), "a:\n  c: 1\nb: 1\n");
    yaml("a: # why\nb: 1\n", set("/a", json!("t")), "a: t # why\nb: 1\n");
    yaml("a: # why\nb: 1\n", set("/a/x/w", json!(0)), "a: # why\n  x:\n    w: 0\nb: 1\n");
    yaml("a: 1", set("/b", json!(2)), "a: 1\nb: 2");
    yaml("a: 1 # c\nb: 2\n", set("/a", json!([1])), "a: # c\n- 1\nb: 2\n");
    yaml("a: |\n  x\n  y\n\nb: 2\n", set("/a", json!(true)), "a: true\n\nb: 2\n");
    yaml("a:\n  b: 1 # x\n  c: 2 # y\nd: 3\n", set("/a", json!(5)), "a: 5\nd: 3\n");
    yaml("a:\n  b: 1\nd: 3\n", set("/a", json!(["x"])), "a:\n- x\nd: 3\n");
    yaml("- a: 1\n  b: 2\n- c\n", set("/0", json!({"x": 1, "w": 2})), "- w: 2\n  x: 1\n- c\n");
    yaml("a: 1\r\nb:\r\n  c: 2\r\n", set("/b/d/e", json!("x")), "a: 1\r\nb:\r\n  c: 2\r\n  d:\r\n    e: x\r\n");
    yaml("é: 'x' # ü\n", set("/é", json!("ö")), "é: 'ö' # ü\n");
}

#[test]
fn items_are_added() {
    yaml("a:\n- 1 # one\n# end\nb: 2\n", add("/a/-", json!("x")), "a:\n- 1 # one\n- x\n# end\nb: 2\n");
    yaml(
        "a:\n  -   x: 1\n      y: 2\n",
        add("/a/-", json!({"z": 3, "w": [4]})),
        "a:\n  -   x: 1\n      y: 2\n  -   w:\n        - 4\n      z: 3\n",
    );
    yaml("a:\n- 1\n- 2\n", add("/a/1", json!("x")), "a:\n- 1\n- x\n- 2\n");
    yaml("a: [1, 2]\n", add("/a/-", json!("x")), "a: [1, 2, x]\n");
    yaml("a: [1, 2]\n", add("/a/0", json!("x")), "a: [x, 1, 2]\n");
    yaml("a: [\n  1,\n  2,\n]\n", add("/a/-", json!("x")), "a: [\n  1,\n  2,\n  x,\n]\n");
    yaml("a: []\n", add("/a/-", json!("x")), "a: [x]\n");
    yaml("b: 1\n", add("/a/-", json!("x")), "b: 1\na:\n- x\n");
}

#[test]
fn members_and_items_are_removed() {
    yaml(POD, remove("/spec/hostPID"), &POD.replace("  hostPID: true\n", ""));
    yaml(POD, remove("/spec/containers/0/name"), &POD.replace("name: app  # the app\n      ", ""));
    yaml(POD, remove("/spec/containers/0/image"), &POD.replace("      image: 'nginx'\n", ""));
    yaml(POD, remove("/spec/containers/1"), &POD.replace("    - name: b\n", ""));
    yaml("a:\n  b: 1\nc: 2\n", remove("/a/b"), "a: {}\nc: 2\n");
    yaml("a: # x\n  # z\n  b: 1 # gone\n  # w\nc: 2\n", remove("/a/b"), "a: {} # x\n  # z\n  # w\nc: 2\n");
    yaml("a:\n- 1\nc: 2\n", remove("/a/0"), "a: []\nc: 2\n");
    yaml("a: {b: 1, c: 2, d: 3}\n", remove("/a/c"), "a: {b: 1, d: 3}\n");
    yaml("a: {b: 1, c: 2, d: 3}\n", remove("/a/d"), "a: {b: 1, c: 2}\n");
    yaml("a: {b: 1}\n", remove("/a/b"), "a: {}\n");
    yaml("a: 1\nb:\n  c: |\n    x\n\nd: 1", remove("/d"), "a: 1\nb:\n  c: |\n    x\n\n");
    yaml("a: 1\nb: 2", remove("/b"), "a: 1\n");
    yaml("a: 1\nb: 2\n", remove("/c/d"), "a: 1\nb: 2\n");
    yaml("- - 1\n  - 2\n", remove("/0/0"), "- - 2\n");
    yaml("- a: 1\n  # two\n  b: 2\n", remove("/0/a"), "- \n  # two\n  b: 2\n");
}

#[test]
fn json_files() {
    let text = "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [1, 2],\n    \"d\": {}\n  }\n}\n";
    json_text(text, set("/a", json!("x")), &text.replace("\"a\": 1", "\"a\": \"x\""));
    json_text(
        text,
        set("/b/e", json!({"f": [true]})),
        &text.replace("{}\n", "{},\n    \"e\": {\n      \"f\": [\n        true\n      ]\n    }\n"),
    );
    json_text(text, set("/b/d/x", json!(1)), &text.replace("{}", "{\"x\": 1}"));
    json_text(text, add("/b/c/-", json!("é")), &text.replace("2]", "2, \"é\"]"));
    json_text(text, remove("/a"), &text.replace("\"a\": 1,\n  ", ""));
    json_text(text, remove("/b/d"), &text.replace(",\n    \"d\": {}", ""));
    json_text("{\"a\":{\"b\":1}}", set("/a/c/d", json!([1, 2])), "{\"a\":{\"b\":1,\"c\":{\"d\":[1,2]}}}");
    json_text("{\"a\":1}", remove("/a"), "{}");
    json_text("null", set("", json!({"a": 1})), "{\"a\": 1}");
}

#[test]
fn what_is_shared_or_strange_is_refused() {
    let refused = |text: &str, edit: Edit| edited_as(Format::Yaml, text, &[edit]).unwrap_err().reason;
    assert!(refused("a: &x {b: 1}\nc: *x\n", set("/c/b", json!(2))).contains("alias"));
    assert!(refused("a: &x {b: 1}\nc: *x\n", set("/a/b", json!(2))).contains("certainty"));
    assert!(refused("a: &x 1\nb: *x\n", remove("/a")).contains("certainty"));
    assert!(refused("a: !!str 1\n", set("/a", json!(2))).contains("certainty"));
    assert!(refused("d: &d {x: 1}\na:\n  <<: *d\n  w: 1\n", remove("/a/x")).contains("alias"));
    assert!(refused("a: |+\n  x\n\n", set("/b", json!(1))).contains("certainty"));
    assert!(refused("a: 1\n", set("/a/b", json!(1))).contains("no list or map"));
    assert!(refused("a: [1]\n", add("/a/5", json!(1))).contains("no item 5"));
    assert!(refused("a: [1]\n", add("x", json!(1))).contains("no JSON pointer"));
    assert!(refused("a: 1\n", remove("")).contains("can't be removed"));
    // what is beside an alias can be edited
    yaml("d: &d {x: 1}\na:\n  <<: *d\n  w: 1\n", set("/a/w", json!(2)), "d: &d {x: 1}\na:\n  <<: *d\n  w: 2\n");
    yaml("d: &d {x: 1}\na:\n  <<: *d\n", set("/a/z", json!(2)), "d: &d {x: 1}\na:\n  <<: *d\n  z: 2\n");
}

#[test]
fn several_edits_one_after_the_other() {
    let edits = [set("/a/b", json!(1)), set("/a/c", json!([])), add("/a/c/-", json!("z")), remove("/a/b")];
    assert_eq!(edited_as(Format::Yaml, "x: 1\n", &edits).unwrap(), "x: 1\na:\n  c: [z]\n");
}

#[test]
fn texts_are_quoted_where_a_reader_could_take_them_for_something_else() {
    for text in [
        "yes",
        "0o17",
        "1e3",
        "1:30",
        "2020-01-01",
        "",
        " x",
        "x ",
        "a: b",
        "a #b",
        "- a",
        "*a",
        "&a",
        "!a",
        "a:",
        "~",
        "=",
        "<<",
        "a\nb",
        "\u{85}",
        "\u{FEFF}x",
        "{a",
        "a, b",
        "'",
        "\"",
        "%",
        "@x",
        "`",
        "| x",
        "é",
        "...",
        "x\u{2028}y",
        "null",
        "0x1F",
        "😀",
        "\u{7f}",
    ] {
        for template in ["a: 1\n", "a: {b: 1}\n", "a:\n- 1\n"] {
            for path in ["/a", "/z"] {
                let new = edited_as(Format::Yaml, template, &[set(path, json!(text))]).unwrap();
                let keyed = edited_as(Format::Yaml, template, &[set(&format!("/{}", pointer::escape(text)), json!(1))]);
                assert!(new.is_ascii() || text.contains(['é', '😀']), "{new}");
                assert!(keyed.is_ok(), "{text:?}: {keyed:?}");
            }
        }
    }
}
