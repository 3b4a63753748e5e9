//! Hostile inputs, scanned as `plimsoll scan` does: nothing that kubectl or the API server would take may be passed over.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use plimsoll::compile::{Bundle, CompileOptions, check, compile};
use plimsoll::engine::engine::Engine;
use plimsoll::load::{SourceFile, Sources};
use plimsoll::report::Report;
use plimsoll::scan::{Request, Target, scan};
use plimsoll::settings::{Settings, engines};
use std::sync::OnceLock;

const POLICY: &str = r#"
    policy privileged {
        id = "T-1" severity = high
        on Pod as p
        deny "{c.name} is privileged"
            for c in p.spec?.containers
            if c.securityContext?.privileged ?? false
            at c.securityContext?.privileged
    }
"#;

fn engine() -> &'static (Vec<Bundle>, Vec<Engine>) {
    static ENGINE: OnceLock<(Vec<Bundle>, Vec<Engine>)> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let file = SourceFile { shown: "p.plim".into(), path: "p.plim".into(), text: POLICY.into() };
        let sources = Sources { name: "test".into(), files: vec![file], ..Sources::default() };
        let bundles =
            vec![compile(check(sources, &CompileOptions::default()).unwrap(), &CompileOptions::default()).unwrap()];
        let engines = engines(&bundles, &Settings::default()).unwrap();
        (bundles, engines)
    })
}

/// Findings and errors of a text that is named on the command line.
fn judge(text: &str) -> Vec<String> {
    let (bundles, engines) = engine();
    let target = Target { engine: &engines[0], schema: &bundles[0].schema };
    let mut request = Request { paths: vec!["-".into()], ..Request::default() };
    request.overlay.insert("-".to_owned(), text.as_bytes().into());
    let report: Report = scan(&[target], &request, &|_| ()).unwrap();
    let findings = report.findings.iter().map(|f| format!("deny {}", f.pointer));
    let errors =
        report.errors.iter().map(|e| format!("{} {} {}", e.code, e.pointer.as_deref().unwrap_or("-"), e.message));
    findings.chain(errors).collect()
}

const POD: &str =
    r#"{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"c","securityContext":{"privileged":true}}]}}"#;

fn list(kind: &str, items: &str) -> String {
    format!(r#"{{"apiVersion":"v1","kind":"{kind}","items":{items}}}"#)
}

#[test]
fn an_item_that_is_no_object_hides_no_other() {
    assert_eq!(
        judge(&list("List", &format!("[null,{POD}]"))),
        [
            "deny /items/1/spec/containers/0/securityContext/privileged",
            "E0710 /items/0 an item of the list is no Kubernetes object: it has no `kind`",
        ]
    );
    let inner = list("List", "{}");
    assert_eq!(
        judge(&list("List", &format!("[{inner}]"))),
        ["E0710 /items/0 an item of the list is no Kubernetes object: the `items` of a List must be a list"]
    );
}

#[test]
fn lists_by_another_name_are_lists() {
    for kind in ["Pod", "ConfigMap", "List", "PodList", "Foo"] {
        assert_eq!(
            judge(&list(kind, &format!("[{POD}]"))),
            ["deny /items/0/spec/containers/0/securityContext/privileged"]
        );
    }
    let map = "E0710  the document is no Kubernetes object: the `items` of a List must be a list";
    assert_eq!(judge(&list("List", "{}")), [map]);
    assert_eq!(judge(&list("List", "null")), [""; 0]);
}

fn review(request: &str) -> String {
    format!(r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"{request}}}"#)
}

#[test]
fn a_review_without_a_request_is_not_clean() {
    for request in ["", r#","request":null"#, r#","request":"x""#, r#","Request":{}"#] {
        assert_eq!(
            judge(&review(request)),
            ["E0710  the document is no Kubernetes object: it is an AdmissionReview without a request"]
        );
    }
}

#[test]
fn a_request_is_about_what_it_says() {
    let request = |kind: &str, object: &str| {
        review(&format!(r#","request":{{"uid":"u","operation":"CREATE"{kind},"object":{object}}}"#))
    };
    let of = |kind: &str| format!(r#","kind":{{"group":"","version":"v1","kind":"{kind}"}}"#);
    let denied = "deny /request/object/spec/containers/0/securityContext/privileged";
    let bare = POD.replace(r#""apiVersion":"v1","kind":"Pod","#, "");
    assert_eq!(judge(&request(&of("Pod"), POD)), [denied]);
    assert_eq!(judge(&request("", POD)), [denied]);
    assert_eq!(judge(&request(&of("Pod"), &bare)), [denied]);
    assert_eq!(
        judge(&request(&of("Pod"), &POD.replace("Pod", "ConfigMap"))),
        ["E0710 /request/object the request is about a Pod, but its object is a ConfigMap"]
    );
    assert_eq!(judge(&request("", &bare)), ["E0710 /request/object neither the request nor its object has a `kind`"]);
}
