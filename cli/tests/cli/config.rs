//! `plimsoll.toml` files that are wrong, or made to hurt: each is an error in words (2), soon.

use crate::folder::{BAD_POD, Folder, POLICIES};
use std::time::{Duration, Instant};

fn refused(folder: &Folder, text: &str) -> String {
    folder.file("c.toml", text);
    let begin = Instant::now();
    let ran = folder.run(&["scan", "-p", "p.plim", "--config", "c.toml", "pod.yaml"]);
    let name: String = text.chars().take(60).collect();
    assert!(begin.elapsed() < Duration::from_secs(60), "{name}: {:?}", begin.elapsed());
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{name}: {ran:?}");
    assert!(ran.err.len() < 2000, "{name}: {} bytes of words", ran.err.len());
    ran.err
}

fn prepared() -> Folder {
    let folder = Folder::new();
    folder.file("p.plim", POLICIES).file("pod.yaml", BAD_POD);
    folder
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let folder = prepared();
    for (text, why) in [
        ("scan = 1", "c.toml:1:8: invalid type: integer `1`"),
        ("[scan]\n[scan]", "c.toml:2:2: duplicate key"),
        ("[scan]\nfail_on = \"low\"\nfail_on = \"high\"", "c.toml:3:1: duplicate key"),
        ("[scan]\nprofil = \"x\"", "unknown field `profil`"),
        ("[scan]\nexclude = [1]", "c.toml:2:12: invalid type"),
        ("[scan]\ncomplete = [1]", "a string or a list of strings"),
        ("[scan]\ncomplete = \"Pood\"", "did you mean `Pod`"),
        ("[scan]\nexclude = [\"[\"]", "`[` is no glob"),
        ("[scan]\nfail_on = \"hgh\"", "did you mean `high`"),
        ("[policies.T-1]\nenforce = \"of\"", "did you mean `off`"),
        ("[policies.T-1]\nenforce = { scn = \"off\" }", "c.toml:2:11: expected a word, or"),
        ("[policies.T-1]\nenforce = { scan = \"of\" }", "did you mean `off`"),
        ("[policies.T-9]\nenforce = \"off\"", "there is no policy `T-9`"),
        ("[params]\n\"a.b\" = 1", "there is no parameter `a.b`"),
        ("[[exception]]\npolicies = \"T-1\"", "missing field `reason`"),
        ("[[exception]]\npolicies = \"T-1\"\nreason = \"x\"\nuntil = \"soon\"", "is not a day"),
        ("[[use]]\nname = \"x\"\npolicy = \"nope\"", "there is no policy `nope`"),
        ("\u{1b}[2J = 1", "c.toml:1:"),
    ] {
        let said = refused(&folder, text);
        assert!(said.contains(why), "{text}: {said}");
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }
}

#[test]
fn what_is_made_to_hurt_ends_soon() {
    let folder = prepared();
    let many = |glob: &str, n: usize| vec![format!("\"{glob}\""); n].join(", ");
    for (text, why) in [
        (format!("#{}", "x".repeat(5 << 20)), "more than the limit"),
        (format!("[params]\nx = {}1{}", "[".repeat(200_000), "]".repeat(200_000)), "recurs"),
        (format!("[params]\nx = {}1{}", "{ a = ".repeat(100_000), " }".repeat(100_000)), "recurs"),
        (format!("[{}]\n", vec!["a"; 100_000].join(".")), "recurs"),
        (format!("[scan]\nexclude = [\"{}\"]", "{a,".repeat(5000) + &"}".repeat(5000)), "limit"),
        (format!("[scan]\nexclude = [\"{}\"]", "{a,".repeat(300) + &"}".repeat(100)), "is no glob"),
        (format!("[scan]\nexclude = [{}]", many("**/x*/**/y", 100_000)), "limit"),
        (format!("[scan]\ninclude = [\"{}\"]", "[a-z]".repeat(20_000)), "limit"),
        (format!("x{} = 1", "é".repeat(100_000)), "c.toml:1:2"),
    ] {
        let said = refused(&folder, &text);
        assert!(said.contains(why), "{said}");
    }
    let run = |text: &str| {
        folder.file("c.toml", text);
        let begin = Instant::now();
        let ran = folder.run(&["scan", "-p", "p.plim", "--config", "c.toml", "pod.yaml"]);
        assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
        ran.code
    };
    // Within the limits, but as bad as it gets.
    assert_eq!(run(&format!("[scan]\nexclude = [\"{}\"]", "{a,b}".repeat(199))), 1);
    assert_eq!(run(&format!("[scan]\nexclude = [\"{}\"]", "*a".repeat(499))), 1);
    let name = "*a".repeat(50_000);
    assert_eq!(run(&format!("[[exception]]\nreason = \"x\"\npolicies = \"*\"\nmatch = {{ name = \"{name}\" }}\n")), 1);
    assert_eq!(run(&"[[exception]]\nreason = \"x\"\npolicies = \"T-1\"\nmatch = { name = \"x\" }\n".repeat(20_000)), 1);
}

#[test]
fn a_number_of_threads_that_no_machine_has() {
    let folder = prepared();
    for (jobs, code) in [("0", 2), ("257", 2), ("100000", 2), ("-1", 2), ("x", 2), ("256", 1), ("1", 1)] {
        let ran = folder.run(&["scan", "-p", "p.plim", "--jobs", jobs, "pod.yaml"]);
        assert_eq!(ran.code, code, "{jobs}: {}", ran.err);
        let ran = folder.run(&["test", "--jobs", jobs, "p.plim"]);
        assert_eq!(ran.code, if code == 2 { 2 } else { 0 }, "{jobs}: {}", ran.err);
    }
}
