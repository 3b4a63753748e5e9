//! Inputs and policies that are made to hurt: each ends quickly with a clear error and the right exit code, and the other
//! inputs are still scanned.

use crate::folder::{BAD_POD, Folder, GOOD_POD, POLICIES};
use std::time::{Duration, Instant};

/// Long for any of these, even on a busy machine without optimisation.
const QUICK: Duration = Duration::from_secs(60);

/// Scans a folder that has a bad pod and something else; the pod is still found. Gives the errors of the report.
fn beside_a_pod(folder: &Folder) -> (i32, Vec<(String, String)>) {
    folder.file("p.plim", POLICIES).file("m/pod.yaml", BAD_POD);
    let begin = Instant::now();
    let ran = folder.run(&["scan", "-p", "p.plim", "-f", "json", "m"]);
    assert!(begin.elapsed() < QUICK, "{:?}", begin.elapsed());
    let report = ran.json();
    assert!(report["findings"].to_string().contains("T-1"), "{report}");
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    (ran.code, report["errors"].as_array().unwrap().iter().map(|e| (text(&e["code"]), text(&e["file"]))).collect())
}

fn error(code: &str, file: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), file.to_owned())]
}

#[test]
fn a_file_of_100_megabytes() {
    let folder = Folder::new();
    folder.file("m/large.yaml", "");
    std::fs::File::create(folder.path("m/large.yaml")).unwrap().set_len(100 << 20).unwrap();
    assert_eq!(beside_a_pod(&folder), (3, error("E0704", "m/large.yaml")));
}

#[test]
fn nesting_ten_thousand_deep() {
    let folder = Folder::new();
    folder.file("m/deep.json", "[".repeat(10_000) + &"]".repeat(10_000));
    assert_eq!(beside_a_pod(&folder), (3, error("E0704", "m/deep.json")));
    let folder = Folder::new();
    folder.file("m/flow.yaml", "a: ".to_owned() + &"[".repeat(10_000) + &"]".repeat(10_000));
    assert_eq!(beside_a_pod(&folder), (3, error("E0704", "m/flow.yaml")));
    let folder = Folder::new();
    let block: String = (0..10_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    folder.file("m/block.yaml", block);
    assert_eq!(beside_a_pod(&folder), (3, error("E0704", "m/block.yaml")));
}

#[test]
fn an_alias_bomb() {
    let folder = Folder::new();
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..30 {
        let alias = format!("*a{}", i - 1);
        text += &format!("a{i}: &a{i} [{}]\n", vec![alias; 10].join(", "));
    }
    folder.file("m/bomb.yaml", text);
    assert_eq!(beside_a_pod(&folder), (3, error("E0704", "m/bomb.yaml")));
}

#[test]
fn a_binary_file() {
    let folder = Folder::new();
    folder.file("m/binary.yaml", [0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0xff, 0xfe]);
    assert_eq!(beside_a_pod(&folder), (3, error("E0706", "m/binary.yaml")));
}

#[test]
fn what_is_no_text_is_said_with_its_place() {
    let folder = Folder::new();
    folder
        .file("nul.yaml", "a: 1\nbé: x\0\n")
        .file("latin.yaml", b"a: 1\nb: \"\xff\"\n")
        .file("wide.yaml", b"\xff\xfea\0");
    let ran = folder.run(&["scan", "."]);
    for place in ["--> nul.yaml:2:6", "--> latin.yaml:2:5", "--> wide.yaml:1:1"] {
        assert!(ran.out.contains(place), "{}", ran.out);
    }
}

#[test]
fn many_broken_documents() {
    let folder = Folder::new();
    folder.file("m/broken.yaml", "a: [\n---\n".repeat(20_000));
    let (code, errors) = beside_a_pod(&folder);
    assert_eq!(code, 3);
    assert!(!errors.is_empty() && errors.len() <= 100, "{}", errors.len());
}

#[cfg(unix)]
#[test]
fn a_loop_of_links() {
    let folder = Folder::new();
    folder.file("m/x/pod.yaml", GOOD_POD);
    std::os::unix::fs::symlink("..", folder.path("m/x/up")).unwrap();
    let (code, errors) = beside_a_pod(&folder);
    assert_eq!((code, errors), (3, error("E0709", "m/x/up")));
    // A link that leads nowhere.
    let folder = Folder::new();
    folder.file("m/x.txt", "");
    std::os::unix::fs::symlink("nowhere", folder.path("m/gone.yaml")).unwrap();
    assert_eq!(beside_a_pod(&folder), (3, error("E0709", "m/gone.yaml")));
}

#[cfg(unix)]
fn mode(folder: &Folder, name: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn folders_and_files_that_cannot_be_read() {
    let folder = Folder::new();
    folder.file("p.plim", POLICIES).file("m/pod.yaml", BAD_POD);
    folder.file("m/closed/pod.yaml", GOOD_POD).file("m/shut.yaml", GOOD_POD).file("q/p.plim", POLICIES);
    for name in ["m/closed", "m/shut.yaml", "q/p.plim"] {
        mode(&folder, name, 0o000);
    }
    let scanned = folder.run_as_nobody(&["scan", "-p", "p.plim", "-f", "json", "m"]);
    let bundle = folder.run_as_nobody(&["scan", "-p", "q", "m"]);
    mode(&folder, "m/closed", 0o755);
    let (Some(scanned), Some(bundle)) = (scanned, bundle) else {
        println!("1 test skipped: this user may read everything, and cannot become another");
        return;
    };
    let report = scanned.json();
    let errors: Vec<_> = report["errors"].as_array().unwrap().iter().map(|e| (&e["code"], &e["file"])).collect();
    let code = serde_json::json!("E0709");
    let (closed, shut) = (serde_json::json!("m/closed"), serde_json::json!("m/shut.yaml"));
    assert_eq!((scanned.code, errors), (3, vec![(&code, &closed), (&code, &shut)]));
    assert!(scanned.out.contains("T-1"), "the others are judged");
    assert_eq!((bundle.code, bundle.err.contains("q/p.plim")), (2, true), "{bundle:?}");
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_written_do_not_keep_others_from_being_fixed() {
    let folder = Folder::new();
    folder.file("p.plim", POLICIES).file("m/a/pod.yaml", BAD_POD).file("m/b/pod.yaml", BAD_POD);
    mode(&folder, "m/b", 0o777);
    mode(&folder, "m/b/pod.yaml", 0o666);
    if std::fs::metadata(folder.path("m/b")).is_ok_and(|_| folder.run_as_nobody(&["--version"]).is_none()) {
        println!("1 test skipped: this user may write everything, and cannot become another");
        return;
    }
    mode(&folder, "m/a", 0o555);
    let ran = folder.run_as_nobody(&["scan", "-p", "p.plim", "--fix", "m"]).unwrap();
    mode(&folder, "m/a", 0o755);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("m/a/pod.yaml: not fixed: it can't be written"), "{ran:?}");
    assert_eq!(folder.read("m/a/pod.yaml"), BAD_POD);
    assert!(folder.read("m/b/pod.yaml").contains("hostNetwork: false"));
}

/// A policy with six loops over one list.
const HOURS: &str = "module h
/// Takes very long.
policy hours {
    id = \"H-1\"
    severity = low
    on ConfigMap as c
    deny \"never\"
        for a in c.data
        for b in c.data
        for d in c.data
        for e in c.data
        for f in c.data
        for g in c.data
        if a ++ b ++ d ++ e ++ f ++ g == \"x\"
        at c.data
}
/// Quick.
policy quick {
    id = \"H-2\"
    severity = low
    on Pod as p
    deny \"found\" if p.spec?.hostNetwork == true at p.spec?.hostNetwork
}
";

#[test]
fn a_policy_that_would_run_for_hours() {
    let folder = Folder::new();
    let members: String = (0..300).map(|i| format!("  k{i}: v\n")).collect();
    folder
        .file("h.plim", HOURS.replace("a ++ b ++ d ++ e ++ f ++ g", "\"{a}{b}{d}{e}{f}{g}\""))
        .file("pod.yaml", BAD_POD);
    folder.file("map.yaml", format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: m }}\ndata:\n{members}"));
    let begin = Instant::now();
    let ran = folder.run(&["scan", "-p", "h.plim", "-f", "json", "map.yaml", "pod.yaml"]);
    assert!(begin.elapsed() < QUICK, "{:?}", begin.elapsed());
    let report = ran.json();
    assert_eq!((ran.code, &report["errors"][0]["code"]), (3, &"E0901".into()), "{report}");
    assert_eq!(report["account"]["failedPolicies"], serde_json::json!(["H-1"]));
    assert_eq!(report["findings"][0]["id"], "H-2", "the other object is still judged");
}

#[test]
fn policies_that_are_made_to_hurt() {
    let folder = Folder::new();
    folder.file("good.yaml", GOOD_POD);
    for (what, text) in [
        ("brackets", format!("let a = {}1{}", "(".repeat(200_000), ")".repeat(200_000))),
        ("open brackets", "let a = ".to_owned() + &"(".repeat(200_000)),
        ("nots", format!("let a = {}true", "not ".repeat(200_000))),
        ("lists", "let a = ".to_owned() + &"[".repeat(200_000)),
        ("binary", "\u{0}\u{1}\u{2}".to_owned()),
        ("nothing", String::new()),
    ] {
        folder.file("h.plim", text);
        let begin = Instant::now();
        let ran = folder.run(&["check", "h.plim"]);
        assert!(begin.elapsed() < QUICK, "{what}: {:?}", begin.elapsed());
        let good = what == "nothing";
        assert_eq!(ran.code, i32::from(!good), "{what}: {}{}", ran.out, ran.err);
    }
    folder.file("h.plim", [0xff, 0xfe, 0xfd]);
    assert_eq!(folder.run(&["check", "h.plim"]).code, 2, "not text at all");
    folder.file("h.plb", b"PLIMSOLL nonsense");
    let ran = folder.run(&["scan", "-p", "h.plb", "good.yaml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("E063"), "{}", ran.err);
}

#[test]
fn fifty_mistakes_are_fifty_errors() {
    let folder = Folder::new();
    let text: String = (0..50).map(|i| format!("fn f{i}(p: Pod) -> int = p.metadta{i}.x\n")).collect();
    folder.file("h.plim", text);
    let ran = folder.run(&["check", "-f", "json", "h.plim"]);
    let report = ran.json();
    let errors: Vec<u64> = report["bundles"][0]["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["level"] == "error")
        .map(|d| d["start"]["line"].as_u64().unwrap())
        .collect();
    assert_eq!((ran.code, errors), (1, (1..=50).collect()));
}

/// A chain of functions, and what reaches its end.
fn chain(deep: usize, user: &str) -> String {
    let one = |i: usize| format!("fn f{i}(a: int) -> int = f{}(a + 1)\n", i - 1);
    format!("module h\nfn f0(a: int) -> int = a\n{}{user}", (1..=deep).map(one).collect::<String>())
}

#[test]
fn calls_as_deep_as_the_engine_takes_and_deeper() {
    let folder = Folder::new();
    folder.file("pod.yaml", BAD_POD);
    let users = [
        "deny \"{f200(1)}\" at p",
        "deny \"x\" if f200(1) == 200 + 1 at p",
        "let x = f200(1) for i in [x] deny \"{i}\" at p",
        "report (if f200(1) > 1 then \"deny\" else \"warn\", \"low\") \"x\" at p",
    ];
    for user in users {
        let policy = format!("policy q {{ id = \"Q-1\" severity = low on Pod as p {user} }}\n");
        folder.file("h.plim", chain(200, &policy));
        let ran = folder.run(&["scan", "-p", "h.plim", "pod.yaml"]);
        assert_eq!((ran.code, ran.out.contains("Q-1")), (1, true), "{user}: {ran:?}");
    }
    let test = "param a: int = f199(0)\ntest \"x\" { assert f199(0) + 1 == f200(0) and a > 0 }\n";
    folder.file("h.plim", chain(200, test));
    let ran = folder.run(&["test", "h.plim"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    folder.file("h.plim", chain(300, ""));
    let ran = folder.run(&["check", "h.plim"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("error[E0321]: the calls behind `f201` go deeper") && ran.out.contains("h.plim:203:26"),
        "{ran:?}"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new();
    folder.file("p.plim", POLICIES);
    for i in 0..300 {
        folder.file(&format!("m/{i}.yaml"), BAD_POD);
    }
    let mut child = folder
        .command(&["scan", "-p", "p.plim", "m"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(1), ""));
}
