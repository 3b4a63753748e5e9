//! Functions of objects and of the evaluation: `fields`, `id`, `origin`, `fail`, `now`, `k8s_version`.

use super::{Builtin, Cx, Origin, Result, args};
use crate::error::EvalError;
use crate::memory::Memory;
use crate::scalar::{Scalar, ScalarKind, time};
use crate::value::{Data, DocId, Value};
use std::fmt::Write;

/// See the file.
pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "fields",
        signature: "(x: any) -> map<string, any>",
        cost: "1",
        doc: "The members of an object as its document has them, known to its type or not; those that are null are left \
              out. Of null it is empty.",
        example: "maps.keys(fields({ a: 1, b: null })) == [\"a\"]",
        call: |cx, a| {
            let [x] = args(a)?;
            match x.data {
                Data::DocMap | Data::Map(_) => Ok(x),
                Data::Record(_) | Data::Null | Data::Missing(_) => {
                    let mut pairs = cx.memory.take_pairs();
                    let filled = cx.memory.members(x).and_then(|mut members| {
                        members.try_for_each(|member| {
                            pairs.push(member?);
                            Ok(())
                        })
                    });
                    let map = filled.and_then(|()| cx.memory.alloc_map(&mut pairs));
                    cx.memory.give_pairs(pairs);
                    Ok(map?.at(x.place))
                }
                _ => Err(cx.memory.expected("an object", x)),
            }
        },
    },
    Builtin {
        name: "id",
        signature: "(x: any) -> string",
        cost: "1",
        doc: "The identity of an object: group, kind, namespace and name. An object without a name is known by its file \
              and its number there.",
        example: "id({ apiVersion: \"apps/v1\", kind: \"Deployment\", metadata: { namespace: \"a\", name: \"b\" } }) \
                  == \"apps/Deployment/a/b\"",
        call: |cx, a| {
            let [x] = args(a)?;
            let (group, kind) = cx.kind_of(x)?;
            let kind = format!("{group}/{kind}");
            cx.string(|memory, out| identity(memory, x, &kind, out))
        },
    },
    Builtin {
        name: "origin",
        signature: "(x: any) -> \"file\" | \"cluster\" | \"admission\"",
        cost: "1",
        doc: "Where an object comes from: a file, the dump of a cluster, or an admission request.",
        example: "origin(null) == \"file\"",
        call: |cx, a| {
            let [x] = args(a)?;
            let origin = origin_of(cx, x);
            cx.memory.alloc_text(origin.name())
        },
    },
    Builtin {
        name: "fail",
        signature: "(why: string, place: any = null) -> never",
        cost: "1",
        doc: "Ends the rule with an error, on purpose: the policy reports it and never passes.",
        example: "(if true then 1 else fail(\"no\")) == 1",
        call: |cx, a| {
            let [why, _] = args(a)?;
            Err(EvalError::Failed(cx.text(why)?.to_owned()))
        },
    },
    Builtin {
        name: "now",
        signature: "() -> time",
        cost: "1",
        doc: "The instant of the evaluation, the same for all policies; the host gives it.",
        example: "now() == now()",
        call: |cx, _| {
            let now = time::from_nanos(i128::from(cx.host.now));
            cx.memory.alloc_scalar(Scalar::Time(now))
        },
    },
    Builtin {
        name: "k8s_version",
        signature: "() -> version",
        cost: "1",
        doc: "The version of Kubernetes that the objects are for; the host gives it.",
        example: "k8s_version() >= version(\"0\")",
        call: |cx, _| {
            let (major, minor) = cx.host.k8s_version;
            let text = cx.string(|_, out| {
                write!(out, "{major}.{minor}").map_err(|_| EvalError::Internal("text could not be written"))
            })?;
            cx.memory.to_scalar(ScalarKind::Version, text)
        },
    },
];

/// `group/kind/namespace/name`
fn identity(memory: &Memory, x: Value, kind: &str, out: &mut String) -> Result<()> {
    let text = |of: Value, key: &str| -> Result<Value> { memory.member(of, key) };
    let str_of = |value: Value| memory.str_of(value).unwrap_or_default();
    let metadata = text(x, "metadata")?;
    let metadata = if metadata.is_null() || memory.members(metadata).is_ok() { metadata } else { Value::NULL };
    let (namespace, name) = (text(metadata, "namespace")?, text(metadata, "name")?);
    out.extend([kind, "/", str_of(namespace), "/", str_of(name)]);
    if str_of(name).is_empty()
        && let Some(document) = memory.doc(x.place.doc)
    {
        // One of several objects whose names the server makes.
        let written = write!(out, "#{}#{}#{}", document.source().name, document.index(), x.place.node.0);
        written.map_err(|_| EvalError::Internal("text could not be written"))?;
    }
    Ok(())
}

fn origin_of(cx: &Cx<'_>, x: Value) -> Origin {
    let DocId(doc) = cx.memory.origin(x.place).doc;
    let before = cx.host.origins.iter().take_while(|(from, _)| from.0 <= doc).last();
    match before {
        Some((_, origin)) if cx.memory.origin(x.place).is_some() => *origin,
        _ => Origin::File,
    }
}
