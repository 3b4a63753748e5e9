//! Model → table. The format is described where it is read, in `dsl/src/schema/table.rs`.

use super::model::{Field, Model, Ty};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The minors that the data files and `k8s-openapi` cover together.
const MINORS: (u8, u8) = (24, 37);

/// Writes the table.
pub(super) fn table(model: &Model) -> Result<String, String> {
    let numbers: BTreeMap<&str, usize> = model.types.keys().map(String::as_str).zip(0..).collect();
    let number = |path: &str| numbers.get(path).copied().ok_or_else(|| format!("there is no type `{path}`"));
    let mut out = format!("plimsoll-schema\t1\t{}\t{}\n", MINORS.0, MINORS.1);
    let mut line = |parts: &[&str]| {
        out.push_str(&parts.join("\t"));
        out.push('\n');
    };
    for (path, ty) in &model.types {
        let (package, name) = path.rsplit_once('.').ok_or_else(|| format!("`{path}` has no package"))?;
        let open = if ty.open { "o" } else { "" };
        line(&["T", package, &name.replace(':', "."), open, &ty.doc]);
        if let Some(k) = &ty.kind {
            let scope = match (k.namespaced, k.custom) {
                (true, false) => "N",
                (false, false) => "C",
                (true, true) => "n",
                (false, true) => "c",
            };
            line(&["K", &k.group, &k.version, &k.kind, scope, &minor(k.since), &minor(k.until)]);
        }
        for (name, field) in &ty.fields {
            let code = code(&field.ty, &number)?;
            line(&["F", name, &format!("{code}{}", attributes(field))]);
        }
    }
    for [group, version, kind, until, reads_as] in &model.retired {
        line(&["R", group, version, kind, until, &number(reads_as)?.to_string()]);
    }
    for [of, name, ty] in &model.subresources {
        line(&["S", &number(of)?.to_string(), name, &number(ty)?.to_string()]);
    }
    Ok(out)
}

/// The code of a type.
fn code(ty: &Ty, number: &dyn Fn(&str) -> Result<usize, String>) -> Result<String, String> {
    Ok(match ty {
        Ty::Scalar(letter) => letter.to_string(),
        Ty::Named(path) => number(path)?.to_string(),
        Ty::List(of) => format!("[{}", code(of, number)?),
        Ty::Map(of) => format!("{{{}", code(of, number)?),
    })
}

/// A minor, empty where there is none.
fn minor(minor: Option<u8>) -> String {
    minor.map(|m| m.to_string()).unwrap_or_default()
}

/// The attributes of a field, each behind a tab.
fn attributes(field: &Field) -> String {
    let mut out = String::new();
    let mut add = |sign: char, text: Option<&str>| {
        if let Some(text) = text {
            // Writing to a string can't fail.
            let _ = write!(out, "\t{sign}{text}");
        }
    };
    add('!', field.required.then_some(""));
    add('0', field.empty_if_absent.then_some(""));
    add('+', field.since.map(|m| m.to_string()).as_deref());
    add('-', field.until.map(|m| m.to_string()).as_deref());
    add('#', Some(field.list_map_keys.as_str()).filter(|s| !s.is_empty()));
    add('|', Some(field.values.as_str()).filter(|s| !s.is_empty()));
    add('=', field.default.as_deref());
    add('?', Some(field.when.as_str()).filter(|s| !s.is_empty()));
    add('~', Some(field.doc.as_str()).filter(|s| !s.is_empty()));
    out
}
