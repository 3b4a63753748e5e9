//! Names that lead to no plain file: pipes, devices, sockets, links; and files that must not be written.

use crate::folder::{BAD_POD, Folder, GOOD_POD, POLICIES};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a command that must end soon.
fn quick(folder: &Folder, args: &[&str]) -> (i32, String) {
    let begin = Instant::now();
    let ran = folder.run(args);
    assert!(begin.elapsed() < Duration::from_secs(60), "{args:?}: {:?}", begin.elapsed());
    (ran.code, ran.out + &ran.err)
}

fn prepared() -> Folder {
    let folder = Folder::new();
    folder.file("p.plim", POLICIES).file("pod.yaml", BAD_POD).file("good.yaml", GOOD_POD);
    folder
}

fn pipe(folder: &Folder, name: &str) {
    assert!(Command::new("mkfifo").arg(folder.path(name)).status().unwrap().success());
}

#[test]
fn what_has_no_end_ends_at_a_limit() {
    let folder = prepared();
    for option in ["--config=/dev/zero", "--exceptions=/dev/zero", "--data=x=/dev/zero", "--baseline=/dev/zero"] {
        let (code, said) = quick(&folder, &["scan", "-p", "p.plim", option, "pod.yaml"]);
        assert_eq!(code, 2, "{option}: {said}");
        assert!(said.contains("`/dev/zero`") && said.contains("which is the limit"), "{option}: {said}");
    }
    let (code, said) = quick(&folder, &["scan", "-p", "p.plim", "-f", "json", "/dev/zero", "pod.yaml"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("E0704") && said.contains("T-1"), "{said}");
    assert_eq!(quick(&folder, &["eval", "1", "--input", "/dev/zero"]).0, 3);
    assert_eq!(quick(&folder, &["scan", "-p", "/dev/zero", "pod.yaml"]).0, 2);
    assert_eq!(quick(&folder, &["scan", "-p", "p.plim", "--crd", "/dev/zero", "pod.yaml"]).0, 2);
}

#[test]
fn a_folder_or_a_socket_is_no_file() {
    let folder = prepared();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path("s.yaml"));
    folder.file("d/pod.yaml", GOOD_POD);
    for (option, why) in [("--config=d", "a folder"), ("--config=s.yaml", "a socket"), ("--data=x=s.yaml", "a socket")]
    {
        let (code, said) = quick(&folder, &["scan", "-p", "p.plim", option, "pod.yaml"]);
        assert_eq!((code, said.contains(why)), (2, true), "{option}: {said}");
    }
    let (code, said) = quick(&folder, &["scan", "-p", "p.plim", "-f", "json", "s.yaml", "pod.yaml"]);
    assert_eq!((code, said.contains("it is a socket"), said.contains("T-1")), (3, true, true), "{said}");
}

#[test]
fn a_pipe_in_a_folder_is_listed_and_not_waited_for() {
    let folder = prepared();
    folder.file("m/pod.yaml", BAD_POD);
    pipe(&folder, "m/pipe.yaml");
    pipe(&folder, "m/pipe.txt");
    let ran = folder.run(&["scan", "-p", "p.plim", "-f", "json", "m"]);
    let report = ran.json();
    assert_eq!(
        (ran.code, &report["account"]["unparsed"]),
        (
            1,
            &serde_json::json!([{ "file": "m/pipe.yaml", "reason": "it is a pipe, which is read only where it is named" }])
        )
    );
    // In a bundle, too.
    folder.file("b/p.plim", POLICIES);
    pipe(&folder, "b/q.plim");
    pipe(&folder, "b/plimsoll.toml");
    assert_eq!(quick(&folder, &["scan", "-p", "b", "good.yaml"]).0, 0);
}

#[test]
fn a_pipe_that_is_named_is_read_once_for_all_bundles() {
    let folder = prepared();
    folder.file("q.plim", POLICIES.replace("module p", "module q").replace("T-", "U-"));
    let mut child = folder
        .command(&["scan", "-f", "json", "-p", "p.plim", "-p", "q.plim", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), BAD_POD.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("\"T-1\"") && said.contains("\"U-1\""), "{said}");
    // As a shell's `<(…)`, also for the configuration.
    pipe(&folder, "pipe");
    let write = |text: &'static str| {
        let path = folder.path("pipe");
        std::thread::spawn(move || std::fs::write(path, text).unwrap())
    };
    let writer = write(BAD_POD);
    let (code, said) = quick(&folder, &["scan", "-p", "p.plim", "--fix", "pipe"]);
    writer.join().unwrap();
    assert_eq!((code, said.contains("pipe: not fixed: it is a pipe")), (1, true), "{said}");
    let writer = write("[policies.T-1]\nenforce = \"off\"\n");
    let ran = folder.run(&["scan", "-p", "p.plim", "--config", "pipe", "-f", "json", "pod.yaml"]);
    writer.join().unwrap();
    assert!(!ran.out.contains("\"T-1\"") && ran.out.contains("\"T-2\""), "{ran:?}");
}

#[test]
fn a_bundle_of_links_as_a_volume_mounts_it() {
    let folder = prepared();
    folder.file("b/..data/p.plim", POLICIES);
    std::os::unix::fs::symlink("..data/p.plim", folder.path("b/p.plim")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path("b/q.plim")).unwrap();
    assert_eq!(quick(&folder, &["scan", "-p", "b", "pod.yaml"]).0, 1);
}

#[test]
fn fixes_stay_within_what_was_named() {
    let folder = prepared();
    folder.file("outside.yaml", BAD_POD).file("m/own.yaml", BAD_POD).file("m/closed.yaml", BAD_POD);
    folder.file("else/pod.yaml", BAD_POD);
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path(name)).unwrap();
    link("../outside.yaml", "m/link.yaml");
    link("../else", "m/folder");
    link("own.yaml", "m/other.yaml");
    let closed = folder.path("m/closed.yaml");
    let mut permissions = std::fs::metadata(&closed).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&closed, permissions).unwrap();

    let ran = folder.run(&["scan", "-p", "p.plim", "--fix", "m"]);
    for why in [
        "m/closed.yaml: not fixed: it is read-only",
        "m/link.yaml: not fixed: it is a link to ",
        "m/folder/pod.yaml: not fixed: it is a link to ",
    ] {
        assert!(ran.err.contains(why), "{}", ran.err);
    }
    for untouched in ["outside.yaml", "else/pod.yaml", "m/closed.yaml"] {
        assert_eq!(folder.read(untouched), BAD_POD, "{untouched}");
    }
    let fixed = BAD_POD.replace("hostNetwork: true", "hostNetwork: false");
    assert_eq!((folder.read("m/own.yaml"), folder.read("m/other.yaml")), (fixed.clone(), fixed.clone()));
    assert!(folder.path("m/other.yaml").is_symlink() && !folder.path("m/own.yaml").is_symlink());

    // A link that is named is what its user means; it stays one, and the file keeps its mode.
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(folder.path("outside.yaml"), mode).unwrap();
    folder.run(&["scan", "-p", "p.plim", "--fix", "m/link.yaml"]);
    assert_eq!(folder.read("outside.yaml"), fixed);
    assert!(folder.path("m/link.yaml").is_symlink());
    assert_eq!(std::fs::metadata(folder.path("outside.yaml")).unwrap().permissions().mode() & 0o777, 0o640);
    let left: Vec<_> = std::fs::read_dir(folder.path("m")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("tmp")), "{left:?}");
}

#[test]
fn a_report_takes_the_place_of_no_manifest() {
    let folder = prepared();
    folder.file("m/pod.yaml", BAD_POD);
    for args in [
        ["scan", "-p", "p.plim", "-o", "pod.yaml", "pod.yaml"],
        ["scan", "-p", "p.plim", "-o", "./pod.yaml", "."],
        ["scan", "-p", "p.plim", "-o", "good.yaml", "m"],
    ] {
        let (code, said) = quick(&folder, &args);
        assert_eq!((code, said.contains("would overwrite")), (2, true), "{args:?}: {said}");
    }
    assert_eq!((folder.read("pod.yaml"), folder.read("good.yaml")), (BAD_POD.to_owned(), GOOD_POD.to_owned()));
    // An earlier report is replaced, and is no input of the next scan.
    let args = ["scan", "-p", "p.plim", "-f", "json", "-o", "m/report.json", "m"];
    assert_eq!(quick(&folder, &args).0, 1);
    let first = folder.read("m/report.json");
    assert_eq!(quick(&folder, &args).0, 1);
    assert_eq!(folder.read("m/report.json"), first);
    // A pipe is written to, and not replaced by a file.
    pipe(&folder, "pipe");
    let path = folder.path("pipe");
    let reader = std::thread::spawn(move || std::fs::read_to_string(path).unwrap());
    assert_eq!(quick(&folder, &["scan", "-p", "p.plim", "-f", "json", "-o", "pipe", "m"]).0, 1);
    assert!(reader.join().unwrap().contains("\"T-1\""));
    assert!(!std::fs::metadata(folder.path("pipe")).unwrap().is_file());
}
