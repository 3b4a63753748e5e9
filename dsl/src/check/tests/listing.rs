//! The typed tree as text.

use super::*;

const BUNDLE: &str = r#"
type Tree = { name: string, below?: list<Tree> }
data trees: list<Tree>?
param limit: int = 3
let names = { t.name for top in trees for t in descend(top, .below) }
extern fn reputation(name: string) -> int
fn old(p: Pod, days: int = 30) -> bool {
    let born = p.metadata.creationTimestamp
    if born == null return false
    return now() - born > days * 24h
}

policy listed {
    id       = "T-1"
    severity = high
    refs     = { cis: "1.1" }
    enabled  = limit > 0
    param allowed: set<string> = {}
    on Pod | Job as x when create, update
    except if x is Job "jobs are elsewhere"
    let here = x.metadata.namespace ?? "default"
    for c in x.spec?.containers

    deny critical "container {c.name} in {here}"
        if c.name in names and c.name not in allowed
        let cpu = c.resources?.limits["cpu"]
        if cpu == null or cpu > quantity("2") or reputation(c.name) < limit or old(x)
        refs { row: here }
        at c.resources?.limits["cpu"]
        related [p for p in cluster(Pod) if p.metadata.name == c.name]
        fix unsafe set "1" when not old(x, 7)

    report (if c.image == null then "warn" else "audit", "low") "no image"
        at c.image ?? c
        fix remove at c.image
}

profile strict { include T-1; set limit = 1; set listed.allowed = {"a"} }

test "a pod" {
    input = yaml"""
        kind: Pod
    """
    assert count(names) == 0
    expect deny listed at "/spec" message "m" count 2
    expect pass
}
"#;

#[test]
fn the_typed_tree_reads_well() {
    let files = [("x.plim".to_string(), BUNDLE.to_string())];
    let (hir, errors) = check_files(&files, Schema::builtin());
    let Some(hir) = hir else { panic!("{errors}") };
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("listing", crate::hir::show::show(&hir, Schema::builtin()));
    });
}
