//! `version`

use super::{Builtin, Cx, Module, Result, args};
use crate::error::EvalError;
use crate::scalar::version::Parts;
use crate::scalar::{Scalar, quoted};
use crate::value::Value;
use std::cmp::Ordering;

/// Ecosystems whose versions are ordered as SemVer says, in lower case, by their names in package URLs and in OSV.
const SEMVER: [&str; 16] = [
    "semver",
    "go",
    "golang",
    "npm",
    "cargo",
    "crates.io",
    "hex",
    "pub",
    "swift",
    "swifturl",
    "github",
    "github actions",
    "githubactions",
    "helm",
    "oci",
    "k8s",
];

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "version",
    doc: "Versions.",
    functions: &[
        Builtin {
            name: "major",
            signature: "(v: version) -> int",
            cost: "1",
            doc: "The first number.",
            example: "version.major(version(\"1.29.3\")) == 1",
            call: |cx, a| number(cx, a, 0),
        },
        Builtin {
            name: "minor",
            signature: "(v: version) -> int",
            cost: "1",
            doc: "The second number, 0 where it is left out.",
            example: "version.minor(version(\"1.29.3\")) == 29",
            call: |cx, a| number(cx, a, 1),
        },
        Builtin {
            name: "patch",
            signature: "(v: version) -> int",
            cost: "1",
            doc: "The third number, 0 where it is left out.",
            example: "version.patch(version(\"1.29\")) == 0",
            call: |cx, a| number(cx, a, 2),
        },
        Builtin {
            name: "clean",
            signature: "(s: string) -> string",
            cost: "s",
            doc: "The version in a text without what packagers add: a `v` or an epoch in front, build data, the suffix of \
                  a distribution or provider. A pre-release stays.",
            example: "version.clean(\"v1.29.3-gke.1067004\") == \"1.29.3\" and version.clean(\"2.0.0-rc.1\") == \"2.0.0-rc.1\"",
            call: |cx, a| {
                let [s] = args(a)?;
                let (from, to) = clean(cx.text(s)?);
                Ok(cx.memory.part(s, from, to))
            },
        },
        Builtin {
            name: "less",
            signature: "(eco: string, a: string, b: string) -> bool",
            cost: "a + b",
            doc: "True if version `a` comes before `b` in the order of an ecosystem (`Go`, `npm`, `crates.io` and others \
                  that follow SemVer). An ecosystem whose order is not known is an error.",
            example: "version.less(\"Go\", \"v1.9.0\", \"v1.10.0\")",
            call: |cx, a| Ok((order(cx, a)? == Ordering::Less).into()),
        },
        Builtin {
            name: "at_most",
            signature: "(eco: string, a: string, b: string) -> bool",
            cost: "a + b",
            doc: "True if version `a` comes before `b` or is the same, as `less` orders them.",
            example: "version.at_most(\"npm\", \"1.2.3\", \"1.2.3\")",
            call: |cx, a| Ok((order(cx, a)? != Ordering::Greater).into()),
        },
    ],
};

fn number(cx: &mut Cx<'_>, a: &[Value], index: usize) -> Result<Value> {
    let [v] = args(a)?;
    let Some(Scalar::Version(version)) = cx.memory.scalar_of(v) else {
        return Err(cx.memory.expected("a version", v));
    };
    let number = version.numbers.get(index).copied().unwrap_or(0);
    let number = i64::try_from(number).map_err(|_| EvalError::Arithmetic("the number does not fit an int".into()))?;
    Ok(number.into())
}

fn order(cx: &mut Cx<'_>, a: &[Value]) -> Result<Ordering> {
    let [eco, a, b] = args(a)?;
    let eco = cx.text(eco)?;
    // OSV writes the release of a distribution behind a colon.
    let name = eco.split(':').next().unwrap_or(eco);
    if !SEMVER.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Err(EvalError::Value(format!("the order of versions of {} is not known", quoted(eco))));
    }
    let a = Parts::parse(cx.text(a)?).map_err(EvalError::Value)?;
    let b = Parts::parse(cx.text(b)?).map_err(EvalError::Value)?;
    Ok(a.compare(&b))
}

/// Where the version stands in a text; all of it where there is none.
fn clean(text: &str) -> (usize, usize) {
    /// What a pre-release begins with.
    const PRE: [&str; 8] = ["alpha", "beta", "rc", "pre", "preview", "dev", "snapshot", "m"];
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let epoch = match digits(text) {
        0 => 0,
        n if text.get(n..).is_some_and(|rest| rest.starts_with(':')) => n.saturating_add(1),
        _ => 0,
    };
    let rest = text.get(epoch..).unwrap_or(text);
    let start = epoch.saturating_add(usize::from(rest.starts_with(['v', 'V'])));
    let rest = text.get(start..).unwrap_or_default();
    if digits(rest) == 0 {
        return (0, text.len());
    }
    let mut core = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    while rest.get(..core).is_some_and(|c| c.ends_with('.')) {
        core = core.saturating_sub(1);
    }
    let pre = rest.get(core..).and_then(|r| r.strip_prefix('-')).unwrap_or_default();
    let pre =
        pre.get(..pre.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(pre.len())).unwrap_or_default();
    let word: String = pre.chars().take_while(char::is_ascii_alphabetic).collect();
    let behind = pre.get(word.len()..).unwrap_or_default();
    let known = PRE.iter().any(|p| p.eq_ignore_ascii_case(&word))
        && behind.split('.').all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let pre = if known { pre.trim_end_matches('.').len().saturating_add(1) } else { 0 };
    (start, start.saturating_add(core).saturating_add(pre))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaned() {
        for (text, expected) in [
            ("v1.29.3", "1.29.3"),
            ("1.29.3-eks-adc7111", "1.29.3"),
            ("1.29.3+k3s1", "1.29.3"),
            ("1:2.3.4-1ubuntu2.1", "2.3.4"),
            ("3.0.0-r1", "3.0.0"),
            ("1.0.0-beta.2", "1.0.0-beta.2"),
            ("1.0.0-rc1-alpine", "1.0.0-rc1"),
            ("1.27-alpine3.19", "1.27"),
            ("1.2.", "1.2"),
            ("latest", "latest"),
            ("", ""),
        ] {
            let (from, to) = clean(text);
            assert_eq!(&text[from..to], expected, "{text}");
        }
    }
}
