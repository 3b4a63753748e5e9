//! A folder of files, and the command run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is gone when the test is.
pub(crate) struct Folder(PathBuf);

/// What a run said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("cli-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        // Nothing above is anybody's configuration.
        std::fs::write(path.join("plimsoll.toml"), "[scan]\n").unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> &Folder {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> Ran {
        let mut child =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let text = stdin.to_owned();
        let writer = std::thread::spawn(move || drop(std::io::Write::write_all(&mut input, text.as_bytes())));
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.current_dir(&self.0).args(args).env_remove("NO_COLOR").env("TERM", "dumb");
        command
    }
}

impl Folder {
    /// Runs as a user who may not read or write everything; none if this one may and cannot become another.
    #[cfg(unix)]
    pub(crate) fn run_as_nobody(&self, args: &[&str]) -> Option<Ran> {
        use std::os::unix::fs::PermissionsExt;
        let probe = self.path("probe");
        std::fs::create_dir_all(&probe).unwrap();
        std::fs::set_permissions(&probe, std::fs::Permissions::from_mode(0o000)).unwrap();
        if std::fs::read_dir(&probe).is_err() {
            return Some(self.run(args));
        }
        let as_nobody = |program: &str, args: &[&str]| {
            let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", program];
            Command::new("setpriv").args(nobody).args(args).current_dir(&self.0).env("TERM", "dumb").output().ok()
        };
        let exe = env!("CARGO_BIN_EXE_plimsoll");
        as_nobody(exe, &["--version"]).filter(|output| output.status.success())?;
        let Output { status, stdout, stderr } = as_nobody(exe, args)?;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Some(Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Ran {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Three policies: one with a safe fix, one that warns, one that joins.
pub(crate) const POLICIES: &str = r#"//! Policies for tests.
module p

/// Pods do not share the node's network.
///
/// Say why here.
policy host_network {
    id = "T-1"
    severity = high
    refs = { owasp2022: "K01" }

    /// Names that are let through.
    param names: set<string> = {}

    on Pod as pod
    if pod.metadata.name not in names

    deny "pod {pod.metadata.name} shares the node's network"
        if pod.spec?.hostNetwork == true
        at pod.spec?.hostNetwork
        fix set false
}

/// Images have a tag.
policy image_tag {
    id = "T-2"
    severity = low
    on Pod as pod
    warn "image of {c.name} has no tag"
        for c in pod.spec?.containers
        if not strings.contains(c.image ?? "", ":")
        at c.image
}

/// A service has a pod.
policy service_has_pod {
    id = "T-3"
    severity = medium
    on Service as s
    except if not complete(Pod) "the inventory does not hold every Pod"
    deny "service {s.metadata.name} selects no pod"
        if not any(p.metadata.namespace == s.metadata.namespace for p in cluster(Pod))
        at s.spec?.selector
}

test "a pod on the node's network" {
    input = yaml"""
        apiVersion: v1
        kind: Pod
        metadata: { name: a }
        spec: { hostNetwork: true, containers: [] }
    """
    expect deny host_network at "/spec/hostNetwork" count 1
    expect fixed yaml"""
        apiVersion: v1
        kind: Pod
        metadata: { name: a }
        spec: { hostNetwork: false, containers: [] }
    """
}

test "a service without pods" {
    input = yaml"""{ apiVersion: v1, kind: Service, metadata: { name: a } }"""
    complete = all
    expect deny service_has_pod
}

test "a service beside a pod" {
    input = yaml"""{ apiVersion: v1, kind: Service, metadata: { name: a } }"""
    cluster = [yaml"""{ apiVersion: v1, kind: Pod, metadata: { name: p } }"""]
    expect skip service_has_pod
}
"#;

/// A pod that T-1 and T-2 complain of.
pub(crate) const BAD_POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: bad # a comment
spec:
  hostNetwork: true
  containers:
    - name: app
      image: nginx
";

/// A pod that nobody complains of.
pub(crate) const GOOD_POD: &str = "apiVersion: v1
kind: Pod
metadata: { name: good }
spec: { containers: [ { name: app, image: \"nginx:1\" } ] }
";
