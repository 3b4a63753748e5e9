//! The machine against the oracle.
#![allow(clippy::panic, reason = "a test may panic")]

use plimsoll_tests::differ::{Case, Compared, Coverage, compare, show};

#[test]
fn a_case_by_hand() {
    let case = Case {
        sources: vec![("first.plim".into(), include_str!("../cases/first.plim").into())],
        files: vec![("first.yaml".into(), include_str!("../cases/first.yaml").into())],
        ..Case::default()
    };
    let said = match compare(&case, &mut Coverage::new()) {
        Compared::Agree(said) => said.iter().map(show).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let expected = [
        "deny high T-1 first.yaml#0/spec/containers/1/name \"bad b {\\\"skipme\\\":0,\\\"web\\\":2}\" related \
         [\"first.yaml#0/spec/containers/1\", \"first.yaml#0\"] fix safe [set /spec/containers/1/name true]\n\
         warn low T-1 first.yaml#0 \"mem 1048577Ki\" related [] fix safe",
        "skip T-1 because skipme",
        "error E0703 /spec/containers/0/name",
        "audit low T-2 #0 \"2 [\\\"web\\\"]\" related [] fix safe",
    ];
    assert_eq!(said, expected);
}
