//! `plimsoll scan`: exit codes, formats, what policies know, configuration, suppression.

use crate::folder::{BAD_POD, Folder, GOOD_POD, POLICIES};
use serde_json::{Value, json};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("p.plim", POLICIES).file("bad.yaml", BAD_POD).file("good.yaml", GOOD_POD);
    folder
}

fn ids(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect()
}

#[test]
fn text_for_people() {
    let ran = folder().run(&["scan", "-p", "p.plim", "bad.yaml", "good.yaml"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn json_keys_stand_in_the_order_of_the_contract() {
    let ran = folder().run(&["scan", "-p", "p.plim", "-f", "json", "bad.yaml"]);
    let order = [
        "version",
        "tool",
        "summary",
        "findings",
        "id",
        "policy",
        "bundle",
        "use",
        "title",
        "severity",
        "action",
        "message",
        "object",
        "apiVersion",
        "kind",
        "namespace",
        "name",
        "file",
        "document",
        "pointer",
        "start",
        "end",
        "related",
        "evidence",
        "fix",
        "refs",
        "fingerprint",
    ];
    let mut rest = ran.out.as_str();
    for key in order {
        let at = rest
            .find(&format!("\"{key}\":"))
            .unwrap_or_else(|| panic!("{key} is missing or out of order: {}", ran.out));
        rest = &rest[at..];
    }
    for key in ["errors", "account", "suppressed", "skipped"] {
        let at = rest.find(&format!("\"{key}\":")).unwrap();
        rest = &rest[at..];
    }
    let report = ran.json();
    let finding = &report["findings"][0];
    assert_eq!(finding["title"], "Pods do not share the node's network.");
    assert_eq!(finding["object"], json!({ "apiVersion": "v1", "kind": "Pod", "namespace": null, "name": "bad" }));
    assert_eq!(
        (&finding["start"], &finding["end"]),
        (&json!({ "line": 6, "column": 16 }), &json!({ "line": 6, "column": 20 }))
    );
    assert_eq!(
        finding["fix"]["edits"][0]["patch"],
        json!([{ "op": "replace", "path": "/spec/hostNetwork", "value": false }])
    );
    assert_eq!(finding["refs"], json!({ "owasp2022": ["K01"] }));
    assert_eq!(report["account"]["notMatched"], json!(["T-3"]));
    assert_eq!(report["summary"]["bySeverity"]["high"], 1);
}

#[test]
fn json_lines_end_with_the_summary() {
    let ran = folder().run(&["scan", "-p", "p.plim", "-f", "jsonl", "bad.yaml"]);
    let lines: Vec<Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let types: Vec<&str> = lines.iter().map(|l| l["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["finding", "finding", "summary"]);
    assert!(lines[2]["summary"].is_object() && lines[2]["account"].is_object());
}

#[test]
fn exit_codes() {
    let folder = folder();
    folder.file("broken.yaml", "a: [\n").file("tsconfig.json", "{ \"a\": 1 }").file("chart.yaml", "{{ .Values.x }}\n");
    let code = |args: &[&str]| folder.run(&[&["scan", "-p", "p.plim"], args].concat()).code;
    assert_eq!(code(&["good.yaml"]), 0);
    assert_eq!(code(&["bad.yaml"]), 1);
    assert_eq!(code(&["bad.yaml", "--fail-on", "critical"]), 0);
    assert_eq!(code(&["bad.yaml", "--skip", "T-1"]), 0, "a warning alone is good");
    assert_eq!(code(&["bad.yaml", "--skip", "T-1", "--fail-on-warn"]), 1);
    assert_eq!(code(&["bad.yaml", "--exit-zero"]), 0);
    assert_eq!(code(&["bad.yaml", "broken.yaml"]), 3, "3 wins over 1");
    assert_eq!(code(&["broken.yaml", "--exit-zero"]), 0);
    assert_eq!(code(&["tsconfig.json", "good.yaml"]), 3, "a file that was named is no object");
    assert_eq!(code(&["chart.yaml", "good.yaml"]), 3, "a template that was named");
    assert_eq!(code(&["nowhere.yaml"]), 2);
    assert_eq!(code(&["good.yaml", "--only", "T-9"]), 2);
    assert_eq!(code(&["good.yaml", "--set", "T-1.nmaes=a"]), 2);
    assert_eq!(code(&["good.yaml", "--profile", "x"]), 2);
    assert_eq!(code(&["good.yaml", "--exit-zero", "--profile", "x"]), 2);
    assert_eq!(folder.run(&["scan", "--no-such-flag"]).code, 2);
    folder.file("wrong.plim", "policy p { }");
    assert_eq!(folder.run(&["scan", "-p", "wrong.plim", "good.yaml"]).code, 2);
}

#[test]
fn files_that_are_met_change_no_exit_code() {
    let folder = Folder::new();
    folder.file("p.plim", POLICIES).file("m/good.yaml", GOOD_POD).file("m/tsconfig.json", "{ \"a\": 1 }");
    folder.file("m/chart.yaml", "kind: {{ .Values.x }}\n").file("m/notes.txt", "no");
    let ran = folder.run(&["scan", "-p", "p.plim", "-f", "json", "m"]);
    let report = ran.json();
    assert_eq!(ran.code, 0, "{report}");
    assert_eq!(report["account"]["templates"], json!(["m/chart.yaml"]));
    assert_eq!(report["account"]["unparsed"][0]["file"], "m/tsconfig.json");
    assert_eq!(report["summary"]["files"], 3);
    folder.file("empty/x.json", "{}");
    assert_eq!(folder.run(&["scan", "-p", "p.plim", "empty"]).code, 3, "nothing was evaluated");
}

#[test]
fn a_name_that_is_wrong_gets_a_suggestion() {
    let ran = folder().run(&["scan", "-p", "p.plim", "--only", "host-netwrok", "good.yaml"]);
    assert_eq!(ran.err, "error: there is no policy `host-netwrok`; did you mean `host_network`?\n");
}

#[test]
fn which_policies() {
    let folder = folder();
    let run = |args: &[&str]| folder.run(&[&["scan", "-p", "p.plim", "-f", "json", "bad.yaml"], args].concat()).json();
    assert_eq!(ids(&run(&["--only", "host-network"])), ["T-1"], "- and _ are the same");
    assert_eq!(ids(&run(&["--severity", "medium"])), ["T-1"]);
    assert_eq!(ids(&run(&["--set", "T-1.names=bad,worse"])), ["T-2"]);
    assert_eq!(ids(&run(&["--set", "host_network.names=[\"bad\"]"])), ["T-2"]);
}

#[test]
fn an_inventory_is_joined_but_not_scanned() {
    let folder = folder();
    folder.file("service.yaml", "{ apiVersion: v1, kind: Service, metadata: { name: s } }");
    let run =
        |args: &[&str]| folder.run(&[&["scan", "-p", "p.plim", "-f", "json", "service.yaml"], args].concat()).json();
    assert_eq!(run(&[])["skipped"][0]["id"], "T-3");
    assert_eq!(ids(&run(&["--complete", "Pod"])), ["T-3"]);
    let joined = run(&["--complete", "Pod", "--inventory", "bad.yaml"]);
    assert_eq!((ids(&joined), &joined["summary"]["objects"]), (vec![], &json!(1)));
    assert_eq!(folder.run(&["scan", "-p", "p.plim", "service.yaml", "--complete", "Pdo"]).code, 2);
}

#[test]
fn separate_paths_know_nothing_of_each_other() {
    let folder = folder();
    folder.file("s/service.yaml", "{ apiVersion: v1, kind: Service, metadata: { name: s } }");
    let run = |args: &[&str]| {
        folder
            .run(&[&["scan", "-p", "p.plim", "-f", "json", "--complete", "all", "s", "good.yaml"], args].concat())
            .json()
    };
    assert_eq!(ids(&run(&[])).len(), 0);
    assert_eq!(ids(&run(&["--separate"])), ["T-3"]);
}

#[test]
fn threads_and_order_of_arguments_change_nothing() {
    let folder = folder();
    for i in 0..60 {
        folder.file(&format!("m/{i}.yaml"), BAD_POD.replace("name: bad", &format!("name: bad-{i}")));
    }
    let run = |args: &[&str]| folder.run(&[&["scan", "-p", "p.plim", "-f", "json"], args].concat()).out;
    let one = run(&["m", "bad.yaml", "--jobs", "1"]);
    assert_eq!(one, run(&["m", "bad.yaml", "--jobs", "8"]));
    assert_eq!(one, run(&["bad.yaml", "m"]));
}

#[test]
fn standard_input() {
    let ran = folder().run_with(&["scan", "-p", "p.plim", "-f", "json", "-"], BAD_POD);
    assert_eq!(ran.json()["findings"][0]["file"], "-");
}

#[test]
fn lists_and_reviews_have_pointers_of_the_file() {
    let folder = folder();
    let pod =
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" }, "spec": { "hostNetwork": true } });
    folder.file(
        "list.json",
        json!({ "apiVersion": "v1", "kind": "List", "items": [{ "apiVersion": "v1", "kind": "Pod" }, pod] })
            .to_string(),
    );
    let review = json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u", "operation": "CREATE", "kind": { "group": "", "version": "v1", "kind": "Pod" }, "object": pod } });
    folder.file("review.json", review.to_string()).file("request.json", review["request"].to_string());
    let pointer = |file: &str| {
        let report = folder.run(&["scan", "-p", "p.plim", "--only", "T-1", "-f", "json", file]).json();
        report["findings"][0]["pointer"].as_str().unwrap_or_else(|| panic!("{report}")).to_owned()
    };
    assert_eq!(pointer("list.json"), "/items/1/spec/hostNetwork");
    assert_eq!(pointer("review.json"), "/request/object/spec/hostNetwork");
    assert_eq!(pointer("request.json"), "/object/spec/hostNetwork");
}

#[test]
fn suppressions_are_listed_and_unused_ones_noted() {
    let folder = folder();
    let commented = BAD_POD.replace("hostNetwork: true", "hostNetwork: true # plimsoll:ignore T-1 -- it is a router");
    folder.file("c.yaml", commented);
    let report = folder.run(&["scan", "-p", "p.plim", "-f", "json", "c.yaml"]).json();
    assert_eq!(ids(&report), ["T-2"]);
    assert_eq!(
        (&report["suppressed"][0]["by"], &report["suppressed"][0]["reason"]),
        (&json!("comment"), &json!("it is a router"))
    );
    let annotated = BAD_POD
        .replace("metadata:\n", "metadata:\n  annotations: { plimsoll.dev/ignore.host-network: \"a router\" }\n");
    folder.file("a.yaml", annotated);
    let report = folder.run(&["scan", "-p", "p.plim", "-f", "json", "a.yaml"]).json();
    assert_eq!((ids(&report), &report["suppressed"][0]["by"]), (vec!["T-2"], &json!("annotation")));
    folder.file("u.yaml", GOOD_POD.replace("kind: Pod", "kind: Pod # plimsoll:ignore T-1 -- nothing here"));
    let report = folder.run(&["scan", "-p", "p.plim", "-f", "json", "u.yaml"]).json();
    assert_eq!(report["notes"][0]["code"], "W0701");
    let texts = |args: &[&str]| -> Vec<String> {
        let report = folder.run(&[&["scan", "-p", "p.plim", "-f", "json"], args].concat()).json();
        report["notes"].as_array().unwrap().iter().map(|n| n["message"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(&["--skip", "T-1", "u.yaml"]), [""; 0], "nobody can tell whether it would suppress something");
    assert_eq!(texts(&["--only", "T-2", "u.yaml"]), [""; 0]);
    let annotation = |name: &str, why: &str| {
        let line = format!("metadata: {{ name: x, annotations: {{ plimsoll.dev/ignore.{name}: \"{why}\" }} }}");
        folder.file("u.yaml", GOOD_POD.replace("metadata: { name: good }", &line));
        texts(&["u.yaml"])
    };
    assert_eq!(annotation("T-1", "x"), ["this annotation suppresses nothing: T-1 has no finding here"]);
    assert_eq!(
        annotation("T-1", "x until 2020-01-31"),
        ["this annotation suppresses nothing any more: it ended on 2020-01-31"]
    );
    assert_eq!(
        annotation("T-01", "x"),
        ["this annotation suppresses nothing: no policy of the scan is called `T-01`; did you mean `T-1`?"]
    );
    folder.file("n.yaml", GOOD_POD.replace("kind: Pod", "kind: Pod # plimsoll:ignore T-1"));
    let ran = folder.run(&["scan", "-p", "p.plim", "-f", "json", "n.yaml"]);
    assert_eq!((ran.code, &ran.json()["errors"][0]["code"]), (3, &json!("E0711")), "a suppression without a reason");
}

#[test]
fn exceptions_and_baseline() {
    let folder = folder();
    folder.file(
        "e.toml",
        "[[exception]]\npolicies = \"T-1\"\nmatch = { name = \"b*\" }\nreason = \"a router\"\nuntil = \"2030-01-31\"\n",
    );
    let run = |args: &[&str]| folder.run(&[&["scan", "-p", "p.plim", "-f", "json", "bad.yaml"], args].concat());
    let report = run(&["--exceptions", "e.toml", "--now", "2030-01-31T12:00:00Z"]).json();
    assert_eq!((ids(&report), &report["suppressed"][0]["by"]), (vec!["T-2"], &json!("exception")));
    assert_eq!(
        ids(&run(&["--exceptions", "e.toml", "--now", "2030-02-01T00:00:00Z"]).json()),
        ["T-1", "T-2"],
        "it is over"
    );
    let noted = |now: &str| run(&["--exceptions", "e.toml", "--now", now]).json()["notes"].clone();
    assert_eq!(noted("2030-01-31T12:00:00Z"), json!([]));
    let notes = noted("2030-02-01T00:00:00Z");
    assert_eq!(notes[0]["message"], "the exception of T-1 ended on 2030-01-31: a finding would be suppressed");
    folder.file("typo.toml", "[[exception]]\npolicies = [\"T-11\", \"host-network\", \"*\"]\nmatch = { name = \"x\" }\nreason = \"a router\"\n");
    let notes = run(&["--exceptions", "typo.toml"]).json()["notes"].clone();
    assert_eq!((&notes[0]["code"], notes.as_array().map(Vec::len)), (&json!("W0704"), Some(1)), "{notes}");
    folder.file("base.json", run(&[]).out);
    let ran = run(&["--baseline", "base.json"]);
    assert_eq!((ran.code, ids(&ran.json()).len()), (0, 0));
    folder.file("bad.yaml", format!("# lines move\n\n{BAD_POD}"));
    assert_eq!(ids(&run(&["--baseline", "base.json"]).json()).len(), 0);
    folder.file("e.toml", "[[exception]]\npolicies = \"T-1\"\nreason = \"\"\n");
    assert_eq!(run(&["--exceptions", "e.toml"]).code, 2, "an exception says a reason");
}

#[test]
fn an_update_of_what_was_there() {
    let folder = folder();
    folder.file("u.plim", "module u\n/// Names of nodes stay.\npolicy node_stays {\n id = \"U-1\" severity = low\n on Pod as p when update\n deny \"moved\" if old.spec?.nodeName != p.spec?.nodeName at p.spec?.nodeName\n}\n");
    folder.file("old.yaml", GOOD_POD.replace("spec: {", "spec: { nodeName: a,"));
    let run = |args: &[&str]| folder.run(&[&["scan", "-p", "u.plim", "-f", "json", "good.yaml"], args].concat()).json();
    assert_eq!(ids(&run(&[])).len(), 0);
    assert_eq!(ids(&run(&["--old", "old.yaml"])), ["U-1"]);
}

#[test]
fn the_configuration_is_found_upwards() {
    let folder = folder();
    folder.file(
        "plimsoll.toml",
        r#"
            [scan]
            policies = ["p.plim"]
            fail_on = "critical"
            exclude = ["skipped/**"]
            [policies.T-2]
            severity = "critical"
            enforce = "off"
            [[use]]
            name = "routers"
            policy = "T-1"
            match = { name = "router-*" }
        "#,
    );
    folder
        .file("deep/er/pod.yaml", BAD_POD.replace("name: bad", "name: router-1"))
        .file("deep/skipped/pod.yaml", BAD_POD);
    let mut command = folder.command(&["scan", "-f", "json", "."]);
    let ran = command.current_dir(folder.path("deep")).output().unwrap();
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let found: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|f| (f["id"].clone(), f["use"].clone())).collect();
    assert_eq!(found, [(json!("T-1"), Value::Null), (json!("T-1"), json!("routers"))]);
    assert_eq!(report["findings"][0]["file"], "er/pod.yaml");
    assert_eq!(ran.status.code(), Some(0), "fail_on = critical");
    folder.file("plimsoll.toml", "[scan]\nprofil = \"x\"\n");
    let ran = folder.run(&["scan", "bad.yaml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("plimsoll.toml") && ran.err.contains("profil"), "{}", ran.err);
}

#[test]
fn what_a_file_is_and_where_it_is_from() {
    let folder = folder();
    folder.file("nokind.yaml", BAD_POD.replace("apiVersion: v1\nkind: Pod\n", ""));
    assert_eq!(folder.run(&["scan", "-p", "p.plim", "nokind.yaml"]).code, 3);
    let run = |args: &[&str]| folder.run(&[&["scan", "-p", "p.plim", "-f", "json"], args].concat());
    let ran = run(&["--kind", "Pod=nokind.yaml", "nokind.yaml"]);
    assert_eq!((ran.code, ids(&ran.json())), (1, vec!["T-1", "T-2"]));
    assert_eq!(run(&["--kind", "Pdo=nokind.yaml", "nokind.yaml"]).code, 2);
    let report = run(&["--namespace", "n", "bad.yaml"]).json();
    assert_eq!(report["findings"][0]["object"]["namespace"], "n");
}

#[test]
fn evidence_only_on_demand() {
    let folder = folder();
    let run = |args: &[&str]| {
        folder.run(&[&["scan", "-p", "p.plim", "-f", "json", "--only", "T-1", "bad.yaml"], args].concat()).json()
    };
    assert_eq!(run(&[])["findings"][0]["evidence"], json!([]));
    let evidence = run(&["--evidence"])["findings"][0]["evidence"].clone();
    assert!(evidence.to_string().contains("hostNetwork"), "{evidence}");
}

#[test]
fn evidence_is_that_of_the_rule_and_the_round() {
    let folder = folder();
    folder.file(
        "e.plim",
        "policy e {\n id = \"E-1\" severity = low\n on Pod as p\n if p.metadata.name != \"x\"\n \
         deny \"network\" if p.spec?.hostNetwork ?? false at p.spec?.hostNetwork\n \
         deny \"mount {m.name}\" for c in p.spec?.containers for m in c.volumeMounts if m.mountPath == \"/x\" at m\n}\n",
    );
    folder.file(
        "two.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  hostNetwork: true\n  containers:\n    \
         - { name: a, volumeMounts: [ { name: one, mountPath: /y } ] }\n    \
         - { name: b, volumeMounts: [ { name: two, mountPath: /x } ] }\n",
    );
    let report = folder.run(&["scan", "-p", "e.plim", "-f", "json", "--evidence", "two.yaml"]).json();
    // Message, clause, and the pointers that the clause read.
    let mut lines = Vec::new();
    for finding in report["findings"].as_array().unwrap() {
        for of in finding["evidence"].as_array().unwrap() {
            let reads = of["reads"].as_array().unwrap().iter().map(|r| r["pointer"].as_str().unwrap());
            let (message, clause) = (finding["message"].as_str().unwrap(), of["clause"].as_str().unwrap());
            lines.push(format!("{message}: {clause}: {}", reads.collect::<Vec<_>>().join(" ")));
        }
    }
    assert_eq!(
        lines,
        [
            "network: if p.metadata.name != \"x\": /metadata /metadata/name",
            "network: if p.spec?.hostNetwork ?? false: /spec /spec/hostNetwork",
            "mount two: if p.metadata.name != \"x\": /metadata /metadata/name",
            "mount two: for c in p.spec?.containers: /spec /spec/containers",
            "mount two: for m in c.volumeMounts: /spec/containers/1/volumeMounts",
            "mount two: if m.mountPath == \"/x\": /spec/containers/1/volumeMounts/0/mountPath",
        ]
    );
}

#[test]
fn names_of_attackers_write_nothing_to_a_terminal() {
    let folder = folder();
    folder.file("bad.yaml", BAD_POD.replace("name: bad # a comment", "name: \"a\\e[31m\\u202e\\n::error::x\""));
    let ran = folder.run(&["scan", "-p", "p.plim", "bad.yaml"]);
    assert!(!ran.out.contains('\u{1b}') && !ran.out.contains('\u{202e}') && !ran.out.contains("\n::"), "{}", ran.out);
}

#[test]
fn a_report_goes_to_a_file() {
    let folder = folder();
    let ran = folder.run(&["scan", "-p", "p.plim", "-f", "json", "-o", "r.json", "bad.yaml"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(folder.read("r.json").starts_with("{\n  \"version\": 1,"));
}

#[test]
fn custom_kinds_by_their_definitions() {
    let folder = folder();
    folder.file("crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: widgets.example.com }\nspec:\n  group: example.com\n  names: { kind: Widget, plural: widgets }\n  scope: Namespaced\n  versions: [ { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { size: { type: integer } } } } } } } ]\n");
    folder.file("w.plim", "module w\n/// Widgets are small.\npolicy small {\n id = \"W-1\" severity = low\n on Widget as w\n deny \"large\" if (w.spec?.size ?? 0) > 3 at w.spec?.size\n}\n");
    folder.file("w.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: w }\nspec: { size: 5 }\n");
    assert_eq!(folder.run(&["scan", "-p", "w.plim", "w.yaml"]).code, 2, "without its definition the kind is not known");
    let ran = folder.run(&["scan", "-p", "w.plim", "--crd", "crd.yaml", "-f", "json", "w.yaml"]);
    assert_eq!(ids(&ran.json()), ["W-1"]);
    assert_eq!(ran.json()["account"]["unknown"], json!([]));
}
