//! Reading as a whole: streams, encodings, limits, lists, requests.

use super::super::node::flags;
use super::*;

/// The only document of a YAML text.
pub(in super::super) fn yaml(text: &str) -> Arc<Document> {
    let result = all(text, Format::Yaml);
    assert_eq!(result.errors, [], "{text}");
    assert_eq!(result.documents.len(), 1, "{text}");
    result.documents[0].clone()
}

pub(in super::super) fn all(text: &str, format: Format) -> ReadResult {
    read("t.yaml", text.as_bytes(), &ReadOptions { format, ..ReadOptions::default() })
}

fn error(text: &str) -> InputError {
    let result = all(text, Format::Yaml);
    assert_eq!(result.errors.len(), 1, "{text}: {:?}", result.errors);
    result.errors[0].clone()
}

/// `start-end` of a node, as `line:column-line:column`.
fn place(document: &Document, pointer: &str) -> String {
    let id = document.find(pointer).unwrap_or_else(|| panic!("{pointer}"));
    let (start, end) = (document.start(id), document.end(id));
    format!("{}:{}-{}:{}", start.line, start.column, end.line, end.column)
}

#[test]
fn values_of_all_kinds() {
    let d = yaml("a: 1\nb: [x, 'y', \"z\\n\"]\nc: {d: ~, e: no}\nf: 1.5\ng: |\n  t\n  u\n\nh: >-\n  v\n  w\ni:\n");
    assert_eq!(d.int(d.find("/a").unwrap()), Some(1));
    assert_eq!(d.str(d.find("/b/2").unwrap()), "z\n");
    assert_eq!(d.bool(d.find("/c/e").unwrap()), Some(false));
    assert_eq!(d.float(d.find("/f").unwrap()), Some(1.5));
    assert_eq!(d.str(d.find("/g").unwrap()), "t\nu\n");
    assert_eq!(d.str(d.find("/h").unwrap()), "v w");
    assert_eq!(d.tag(d.find("/i").unwrap()), Tag::Null);
    assert_eq!(d.children(NodeId::ROOT).count(), 7);
}

#[test]
fn places_of_nodes() {
    let d = yaml(
        "spec:\n  containers:\n    - name: app\n      image: nginx   # c\n    - {a: [1, 2 ], b: }\nt: &x !!str |  # c\n  one\n  two\n\nm:\nu: \"é\" \nl:\n- 'q'\n-\n",
    );
    let rows = [
        ("", "1:1-14:2"),
        ("/spec/containers", "3:5-5:24"),
        ("/spec/containers/0", "3:7-4:19"),
        ("/spec/containers/0/image", "4:14-4:19"),
        ("/spec/containers/1", "5:7-5:24"),
        ("/spec/containers/1/a", "5:11-5:18"),
        ("/spec/containers/1/b", "5:20-5:21"),
        ("/t", "6:13-8:6"),
        ("/m", "10:1-10:2"),
        ("/u", "11:4-11:7"),
        ("/l", "13:1-14:2"),
        ("/l/0", "13:3-13:6"),
    ];
    for (pointer, expected) in rows {
        assert_eq!(place(&d, pointer), expected, "{pointer}");
    }
}

#[test]
fn keys_carry_symbols() {
    let mut symbols = Symbols::default();
    let spec = symbols.intern("spec");
    let options = ReadOptions { symbols: Arc::new(symbols), ..ReadOptions::default() };
    for text in ["{\"spec\": 1, \"x\": 2}", "spec: 1\nx: 2\n", "{\"s\\u0070ec\": 1}"] {
        let d = read("t", text.as_bytes(), &options).documents[0].clone();
        assert_eq!(d.get(NodeId::ROOT, spec).and_then(|id| d.int(id)), Some(1), "{text}");
    }
}

#[test]
fn aliases_and_merges() {
    let d = yaml("a: &a {x: 1, w: [2]}\nb: *a\nc:\n  <<: *a\n  x: 3\nd: {<<: [{x: 5}, *a], z: 6}\n&k e: *k\n");
    assert_eq!(d.int(d.find("/b/x").unwrap()), Some(1));
    assert_eq!(d.int(d.find("/c/x").unwrap()), Some(3));

    assert_eq!(d.int(d.find("/c/w/0").unwrap()), Some(2));
    assert_eq!(d.int(d.find("/d/x").unwrap()), Some(5));
    assert_eq!(d.str(d.find("/e").unwrap()), "e");
    let flag = |p: &str| d.node(d.find(p).unwrap()).unwrap().flags & flags::ALIASED != 0;
    assert_eq!(
        ["/a", "/b", "/b/w/0", "/c", "/c/x", "/c/w", "/c/w/0", "/d/x", "/d/z"].map(flag),
        [false, true, true, false, false, true, true, true, false]
    );
    assert!(error("a: 1\nb: &b {a: 2}\nc:\n  a: 1\n  <<: *b\n").message.contains("readers differ"));
    assert!(error("<<: 1\n").message.contains("takes a map"));
    assert!(error("a: &a [*a]\n").message.contains("contains itself"));
    assert_eq!(error("a: *b\n").code, "E0702");
    assert_eq!(yaml("\"<<\": 1\n").key(NodeId(1)), "<<");
}

#[test]
fn the_tag_that_forbids_resolution_does_not_forbid_merging() {
    for key in ["! <<", "! \"<<\"", "!!merge '<<'"] {
        let d = yaml(&format!("a: &a {{x: 1}}\nb: {{{key}: *a}}\n"));
        assert_eq!(d.int(d.find("/b/x").unwrap()), Some(1), "{key}");
    }
}

#[test]
fn line_ends_of_yaml_1_1_alone_are_refused() {
    for (end, name) in [("\u{85}", "U+0085"), ("\u{2028}", "U+2028"), ("\u{2029}", "U+2029")] {
        let hidden = error(&format!("a: é # {end}b: 2\n"));
        assert_eq!((hidden.code, hidden.start.line, hidden.start.column), ("E0702", 1, 8));
        assert!(hidden.message.contains(name), "{hidden}");
    }
    assert_eq!(all("{\"a\": \"\u{2028}\"}", Format::Auto).errors, []);
    assert_eq!(yaml("a: \"\\L\\N\"\n").str(NodeId(1)), "\u{2028}\u{85}");
}

#[test]
fn an_alias_bomb_is_refused_quickly() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..30 {
        let aliases = vec![format!("*a{}", n - 1); 10].join(",");
        bomb.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    let started = std::time::Instant::now();
    assert_eq!(error(&bomb).code, "E0704");
    // The budget is the input's: many bombs are no more than one, and what has no aliases is still read.
    let many = format!("{}c: 1\n", format!("{bomb}---\n").repeat(200));
    let result = all(&many, Format::Yaml);
    assert_eq!((result.documents.len(), result.errors.len()), (1, 51));
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn keys_that_stand_twice() {
    for text in ["a: 1\nb: 2\na: 3\n", "{\"a\": 1, \"\\u0061\": 2}", "1: a\n\"1\": b\n", "a: {b: 1, c: 2, b: 1}\n"] {
        assert_eq!(error(text).kind, InputErrorKind::DuplicateKey, "{text}");
    }
    let twice = error("a: 1\nb: 2\na: 3\n");
    assert_eq!((twice.start.line, twice.start.column, twice.end.column), (3, 1, 2));
    assert!(twice.message.contains("`a`") && twice.message.contains("line 1"), "{twice}");
}

#[test]
fn streams() {
    let result = all("# c\n---\na: 1\n---\n---\n# only\n---\nnull\n---\nb: }\n---\nc: 3\n...\n", Format::Yaml);
    assert_eq!(result.documents.iter().map(|d| d.index()).collect::<Vec<_>>(), [0, 2]);
    assert_eq!((result.errors.len(), result.errors[0].document, result.errors[0].start.line), (1, 1, 10));
    let lines = all("{\"a\": 1}\n\n{\"a\": }\n[2]\n", Format::JsonLines);
    assert_eq!(lines.documents.iter().map(|d| d.index()).collect::<Vec<_>>(), [0, 2]);
    assert_eq!((lines.errors.len(), lines.errors[0].code, lines.errors[0].start.line), (1, "E0701", 3));
    assert_eq!(all("{\"a\": 1}{\"b\": 2}", Format::Auto).documents.len(), 2);
    assert_eq!(all("{a: 1}\n---\n{b: 2}\n", Format::Auto).documents.len(), 2);
    assert_eq!(all("{\"a\": 1", Format::Auto).errors[0].code, "E0701");
    assert_eq!(all("", Format::Yaml).errors, []);
    assert_eq!(all("", Format::Json).errors[0].code, "E0701");
}

#[test]
fn other_line_ends_tabs_and_marks() {
    let d = yaml("\u{FEFF}a:\t1\r\nb:\r\n  - x\t# c\r\n  - \"é\"\r\n");
    assert_eq!(place(&d, "/b/1"), "4:5-4:8");
    assert_eq!(place(&d, "/b/0"), "3:5-3:6");
    assert_eq!(d.int(d.find("/a").unwrap()), Some(1));
    assert_eq!(error("a:\n\tb: 1\n").code, "E0702");
}

#[test]
fn what_is_no_text_is_said_to_be_so() {
    let rows: &[(&[u8], &str)] = &[
        (b"\xFF\xFEa\0", "UTF-16"),
        (b"\xFE\xFF\0a", "UTF-16"),
        (b"a\0:\0 \0", "UTF-16"),
        (b"\xFF\xFE\0\0a\0\0\0", "UTF-32"),
        (b"\x7FELF\x02\x01\x01\0\0\0", "binary"),
        (b"a: \xE9\n", "not UTF-8"),
    ];
    for (bytes, word) in rows {
        let result = read("x.yaml", bytes, &ReadOptions::default());
        assert_eq!(result.errors[0].code, "E0706");
        assert!(result.errors[0].message.contains(word), "{}", result.errors[0]);
    }
}

#[test]
fn limits() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("- ", "")] {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        for format in [Format::Yaml, Format::Auto] {
            let result = all(&deep, format);
            assert_eq!(result.errors[0].code, "E0704", "{open} {:?}", result.errors[0]);
        }
    }
    let result = all(&format!("{}a: 1\n", format!("{}\n---\n", "[".repeat(600)).repeat(3)), Format::Yaml);
    assert_eq!((result.documents.len(), result.errors.len()), (1, 3), "a deep document does not hide the others");
    let limits = Limits { max_nodes: 30, ..Limits::default() };
    let lines = read(
        "x.jsonl",
        "1\n".repeat(100).as_bytes(),
        &ReadOptions { limits, format: Format::JsonLines, ..ReadOptions::default() },
    );
    assert_eq!((lines.documents.len(), lines.errors.len()), (4, 51));
    let limits = Limits { max_bytes: 10, ..Limits::default() };
    let result = read("x", b"[1, 2, 3, 4]", &ReadOptions { limits, ..ReadOptions::default() });
    assert_eq!(result.errors[0].code, "E0704");
    let limits = Limits { max_nodes: 4, ..Limits::default() };
    for text in ["[1, 2, 3, 4]", "- 1\n- 2\n- 3\n- 4\n"] {
        let result = read("x", text.as_bytes(), &ReadOptions { limits, ..ReadOptions::default() });
        assert_eq!(result.errors[0].code, "E0704");
    }
}

#[test]
fn templates_are_recognised() {
    for text in [
        "a: {{ .Values.x }}\n",
        "{{- if .Values.x }}\na: 1\n{{- end }}\n",
        "# {{ no }}\na:\n  {{- toYaml .x | nindent 2 }}\n",
        "{{ .x }}: {{ .y }}\n",
    ] {
        assert_eq!(error(text).kind, InputErrorKind::Template, "{text}");
    }
    let d = yaml("a: '{{ x }}'\nb: x{{ y }}\n");
    assert_eq!(d.str(d.find("/b").unwrap()), "x{{ y }}");
    assert_eq!(error("# {{ x }}\na: }\n").kind, InputErrorKind::Yaml);
    let mixed = all("a: {{ x }}\n---\nb: 1\n---\nc: {{ y }}\n---\nd: }\n", Format::Yaml);
    assert_eq!(mixed.documents.len(), 1);
    assert_eq!(mixed.errors.iter().map(|e| e.code).collect::<Vec<_>>(), ["E0707", "E0702"]);
}

#[test]
fn objects_of_lists() {
    let d = yaml(
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- apiVersion: v1\n  kind: PodList\n  items: [{metadata: {}}, {}]\n- {kind: Job}\n",
    );
    let found: Vec<_> =
        objects(&d).into_iter().map(|r| (d.pointer(r.node), r.kind.into_owned(), r.api_version.into_owned())).collect();
    let row = |p: &str, k: &str, v: &str| (p.to_owned(), k.to_owned(), v.to_owned());
    assert_eq!(
        found,
        [
            row("/items/0", "Pod", "v1"),
            row("/items/1/items/0", "Pod", "v1"),
            row("/items/1/items/1", "Pod", "v1"),
            row("/items/2", "Job", ""),
        ]
    );
    let single = yaml("apiVersion: v1\nkind: Pod\nitems: []\n");
    assert_eq!(objects(&single).len(), 1);
    let hidden = yaml("apiVersion: v1\nkind: ConfigMap\nitems:\n- {a: 1}\n- {apiVersion: v1, kind: Pod}\n- x\n");
    let found: Vec<_> = objects(&hidden).into_iter().map(|r| (hidden.pointer(r.node), r.kind.into_owned())).collect();
    assert_eq!(found, [(String::new(), "ConfigMap".to_owned()), ("/items/1".to_owned(), "Pod".to_owned())]);
}

#[test]
fn admission_requests() {
    let review = yaml(
        "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest:\n  uid: u\n  kind: {group: apps, version: v1, kind: Deployment}\n  operation: UPDATE\n  object: {metadata: {}}\n  oldObject: {kind: X, apiVersion: a/v1}\n",
    );
    let a = admission(&review).unwrap();
    assert_eq!((a.api_version.as_ref(), a.kind.as_ref()), ("apps/v1", "Deployment"));
    assert_eq!(a.object.map(|o| review.pointer(o)), Some("/request/object".to_owned()));
    let bare = yaml("uid: u\noperation: DELETE\nobject: null\noldObject: {kind: Pod, apiVersion: v1}\n");
    let a = admission(&bare).unwrap();
    assert_eq!((a.object, a.kind.as_ref(), a.request), (None, "Pod", NodeId::ROOT));
    assert!(admission(&yaml("apiVersion: v1\nkind: Pod\n")).is_none());
    assert!(admission(&yaml("apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nresponse: {}\n")).is_none());
}
