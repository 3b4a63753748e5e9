//! The same inputs give the same report: whatever the number of threads, the order of arguments, or how a path is written.

use crate::folder::{BAD_POD, Folder, GOOD_POD, POLICIES};
use serde_json::Value;

/// Many files of several documents, some of them broken, with joins, errors and notes.
fn prepared() -> Folder {
    let folder = Folder::new();
    let failing = "\n/// Fails.\npolicy fails {\n    id = \"T-4\"\n    severity = low\n    on Pod as p\n    deny \"x\" if 1 / count(p.spec?.volumes) > 5.0 at p\n}\n";
    folder.file("p.plim", format!("{POLICIES}{failing}"));
    for i in 0..60 {
        let pod = BAD_POD.replace("name: bad", &format!("name: bad-{}", i % 50));
        let service = format!("apiVersion: v1\nkind: Service\nmetadata: {{ name: s{i} }}\n");
        let folder_name = ["a", "b", "c"][i % 3];
        folder.file(&format!("{folder_name}/{i}.yaml"), format!("{pod}---\n{service}---\n{GOOD_POD}"));
    }
    folder
        .file("a/broken.yaml", "a: [\n")
        .file("b/unknown.yaml", "apiVersion: x/v1\nkind: Foo\nmetadata: { name: f }\n");
    folder.file("c/chart.yaml", "a: {{ .Values.x }}\n").file("c/note.yaml", "a: 1\n");
    folder
}

fn report(folder: &Folder, args: &[&str]) -> String {
    let args = [&["scan", "-p", "p.plim", "-f", "json", "--complete", "all"], args].concat();
    let ran = folder.run(&args);
    assert!(ran.code == 3, "{ran:?}");
    ran.out
}

#[test]
fn threads_change_nothing() {
    let folder = prepared();
    for extra in [&[][..], &["--evidence"], &["--separate"], &["-p", "owasp"], &["--as-stored"]] {
        let one = report(&folder, &[extra, &["--jobs", "1", "a", "b", "c"]].concat());
        for jobs in ["2", "4", "32"] {
            assert!(one == report(&folder, &[extra, &["--jobs", jobs, "a", "b", "c"]].concat()), "{extra:?} {jobs}");
        }
    }
}

#[test]
fn the_order_of_arguments_changes_nothing() {
    let folder = prepared();
    for extra in [&[][..], &["--separate"]] {
        let one = report(&folder, &[extra, &["a", "b", "c"]].concat());
        for paths in [&["c", "b", "a"][..], &["b", "a", "c"], &["c", "a", "b"]] {
            assert!(one == report(&folder, &[extra, paths].concat()), "{extra:?} {paths:?}");
        }
    }
    // A file is one file, by whatever path and however often it is named; named is named.
    let once = report(&folder, &["a", "b", "c"]);
    for paths in [&["a", "b", "c", "a"][..], &["./a", "b", "c/"], &["a", "b", "c", "a/0.yaml"]] {
        assert!(once == report(&folder, paths), "{paths:?}");
    }
    let named = |paths: &[&str]| -> Value { serde_json::from_str(&report(&folder, paths)).unwrap() };
    let errors = |report: &Value| report["errors"].as_array().unwrap().iter().filter(|e| e["code"] == "E0710").count();
    assert_eq!(errors(&named(&["c", "c/note.yaml"])), 1, "a file that is named claims to be readable");
    assert_eq!(errors(&named(&["c/note.yaml", "c"])), 1);
}

#[test]
fn findings_stand_in_the_documented_order() {
    let folder = prepared();
    let report: Value = serde_json::from_str(&report(&folder, &["b", "c", "a"])).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() > 100);
    let key = |f: &Value| {
        let (line, column) = (f["start"]["line"].as_u64().unwrap(), f["start"]["column"].as_u64().unwrap());
        (
            f["file"].as_str().unwrap().to_owned(),
            f["document"].as_u64(),
            line,
            column,
            f["id"].as_str().unwrap().to_owned(),
        )
    };
    let keys: Vec<_> = findings.iter().map(key).collect();
    assert!(keys.is_sorted(), "by file, document, place, id");
}
