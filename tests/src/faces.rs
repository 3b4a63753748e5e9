//! The faces of Plimsoll (Rust, C, WebAssembly, npm, OPA) say the same, byte for byte: what they are asked, and the count.
//!
//! A face is anything that gives the Decision JSON of an input: [`Expected::compare`] asks it for every case and compares with
//! the Rust facade. One engine for all: the built-in policies as a `.plb`, [`SETTINGS`].

use crate::corpus;
use plimsoll::{Engine, Evaluator, Input};
use std::sync::OnceLock;

/// What every face tells its engine.
pub const SETTINGS: &str = r#"{"now":"2026-06-01T00:00:00Z"}"#;

/// The built-in policies, compiled.
pub fn bundle() -> &'static [u8] {
    static BUNDLE: OnceLock<Vec<u8>> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let bundle = plimsoll::compile::build("owasp".as_ref(), &plimsoll::compile::CompileOptions::default()).unwrap();
        plimsoll::engine::program::bundle::encode(bundle.program.program()).unwrap()
    })
}

/// The engine of the Rust facade.
pub fn engine() -> Engine {
    let settings = serde_json::from_str(SETTINGS).unwrap();
    Engine::builder().compiled(bundle()).configure(&settings).unwrap().build().unwrap()
}

/// An input of all faces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The name that it is given: its path in the corpus.
    pub name: String,
    /// JSON, else YAML.
    pub json: bool,
    /// Its text.
    pub text: Vec<u8>,
}

impl Case {
    fn new(name: &str, text: impl Into<Vec<u8>>) -> Case {
        let json = name.ends_with(".json") || name.ends_with(".jsonl");
        Case { name: name.to_owned(), json, text: text.into() }
    }

    /// As the Rust facade takes it.
    pub fn input(&self) -> Input<'_> {
        let input = if self.json { Input::json(&self.text) } else { Input::yaml(&self.text) };
        input.named(self.name.as_str())
    }
}

/// Inputs that no corpus has: what is refused, errors, hidden characters, fixes, requests.
pub fn made() -> Vec<Case> {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"a"},"spec":{"hostNetwork":true,"containers":[{"name":"c","image":"nginx:latest","securityContext":{"privileged":true}}]}}"#;
    let review = |operation: &str, objects: &str| {
        format!(
            r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u-1","operation":"{operation}","kind":{{"group":"","version":"v1","kind":"Pod"}},"namespace":"a",{objects}}}}}"#
        )
    };
    let mut cases = vec![
        Case::new("made/empty.yaml", ""),
        Case::new("made/empty.json", ""),
        Case::new("made/comment.yaml", "# nothing\n"),
        Case::new("made/list.yaml", "apiVersion: v1\nkind: List\nitems: []\n"),
        Case::new("made/no-object.json", "{}"),
        Case::new("made/array.json", "[]"),
        Case::new("made/null.json", "null"),
        Case::new("made/broken.yaml", "a: ["),
        Case::new("made/broken.json", "{\"a\": "),
        Case::new("made/half.yaml", format!("{pod}\n---\na: [")),
        Case::new("made/not-utf8.yaml", b"apiVersion: v1\nkind: \xff\xfe\n".as_slice()),
        Case::new("made/not-utf8.json", b"{\"kind\": \"\xff\"}".as_slice()),
        Case::new("made/twice.json", r#"{"kind":"Pod","kind":"Node"}"#),
        Case::new(
            "made/bomb.yaml",
            "a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f]\n",
        ),
        Case::new("made/deep.json", "[".repeat(100_000)),
        Case::new("made/deep.yaml", "[".repeat(100_000)),
        Case::new("made/deep-map.json", format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000))),
        Case::new("made/pod.json", pod),
        Case::new("made/pod.yaml", pod),
        Case::new("made/several.json", format!("{pod}\n{pod}\n")),
        Case::new(
            "made/wrong-types.json",
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":["x"]},"spec":{"hostNetwork":"yes","containers":{"a":1}}}"#,
        ),
        Case::new("made/hidden.json", pod.replace("web", "a\\u202e\\u0007\\u2028b\u{85}\u{61c}é🚢")),
        Case::new("made/numbers.json", pod.replace("true", "1e400")),
        Case::new("made/create.json", review("CREATE", &format!("\"object\":{pod}"))),
        Case::new("made/update.json", review("UPDATE", &format!("\"object\":{pod},\"oldObject\":{pod}"))),
        Case::new("made/delete.json", review("DELETE", &format!("\"oldObject\":{pod}"))),
        Case::new("made/no-request.json", r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#),
        Case::new("made/bare.json", format!(r#"{{"uid":"u","operation":"CREATE","object":{pod}}}"#)),
    ];
    let ignored = r#""name":"web","annotations":{"plimsoll.dev/ignore.POD-53":"a reason"}"#;
    cases.push(Case::new("made/ignored.json", pod.replace(r#""name":"web""#, ignored)));
    let owned = r#""name":"web","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"r","uid":"u","controller":true}]"#;
    cases.push(Case::new("made/owned.json", pod.replace(r#""name":"web""#, owned)));
    let windows = pod.replace("hostNetwork", r#"os":{"name":"windows"},"hostNetwork"#);
    cases.push(Case::new("made/windows.json", windows));
    let namespace = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}"#;
    cases.push(Case::new("made/namespace.json", namespace));
    let rules = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"r"},"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}"#;
    cases.push(Case::new("made/list.json", format!(r#"{{"apiVersion":"v1","kind":"List","items":[{pod},{rules}]}}"#)));
    cases
}

/// The manifests and admission requests of the corpus.
pub fn of_corpus() -> Vec<Case> {
    let mut cases = Vec::new();
    for part in ["manifests", "formats"] {
        let Some(folder) = corpus::folder(part) else { return Vec::new() };
        let below = if part == "formats" { folder.join("admission-review") } else { folder.clone() };
        for path in corpus::files(&below, &["yaml", "yml", "json"]) {
            let inner = path.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
            cases.push(Case::new(&format!("{part}/{inner}"), std::fs::read(&path).unwrap()));
        }
    }
    cases
}

/// Cases and what the Rust facade says of them.
#[derive(Debug)]
pub struct Expected {
    /// The cases.
    pub cases: Vec<Case>,
    /// The Decision JSON of each.
    pub decisions: Vec<String>,
}

impl Expected {
    /// Asks the Rust facade.
    pub fn of(cases: Vec<Case>) -> Expected {
        let mut evaluator: Evaluator = engine().evaluator();
        let decisions = cases.iter().map(|case| evaluator.decide(&case.input()).to_json()).collect();
        Expected { cases, decisions }
    }

    /// Of [`made`] cases.
    pub fn of_made() -> Expected {
        Expected::of(made())
    }

    /// Of the corpus; none, and a line that says so, where it is not set.
    pub fn of_corpus() -> Option<Expected> {
        let cases = of_corpus();
        (!cases.is_empty()).then(|| Expected::of(cases))
    }

    /// Asks a face for every case, and compares; says how many of how many are the same.
    ///
    /// # Panics
    /// With the first differences, if there is one.
    pub fn compare(&self, face: &str, mut ask: impl FnMut(&Case) -> Vec<u8>) {
        let mut wrong = Vec::new();
        for (case, wanted) in self.cases.iter().zip(&self.decisions) {
            let given = ask(case);
            if given != wanted.as_bytes() {
                wrong.push(format!("{}\n  Rust: {wanted}\n  {face}: {}", case.name, String::from_utf8_lossy(&given)));
            }
        }
        let (same, all) = (self.cases.len() - wrong.len(), self.cases.len());
        let with = |what: &str| self.decisions.iter().filter(|d| !d.contains(&format!("\"{what}\":[]"))).count();
        println!(
            "{face}: {same} of {all} decisions are those of Rust, byte for byte ({} with findings, {} with errors, {} with \
             skipped policies, {} with suppressed findings, {} with a patch)",
            with("findings"),
            with("errors"),
            with("skipped"),
            with("suppressed"),
            with("patch"),
        );
        assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    }
}
