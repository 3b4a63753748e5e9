//! `image`: references as texts, and patterns for them.

use super::{Builtin, Cx, Module, Result, args};
use crate::scalar::image::{Reference, read_full, split_host};
use crate::scalar::{Scalar, glob};
use crate::value::Value;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "image",
    doc: "Image references. A value of type `image` has the fields `host`, `path`, `tag` and `digest`.",
    functions: &[
        Builtin {
            name: "tag",
            signature: "(s: string) -> string?",
            cost: "s",
            doc: "The tag of a reference as it is written; null where there is none, or the text is no reference.",
            example: "image.tag(\"nginx:1.27\") == \"1.27\" and image.tag(\"nginx\") == null",
            call: |cx, a| part(cx, a, |r| r.tag),
        },
        Builtin {
            name: "digest_of",
            signature: "(s: string) -> string?",
            cost: "s",
            doc: "The digest of a reference; null where there is none, or the text is no reference.",
            example: "image.digest_of(\"nginx:1.27\") == null",
            call: |cx, a| part(cx, a, |r| r.digest),
        },
        Builtin {
            name: "normalise",
            signature: "(s: string) -> string?",
            cost: "s",
            doc: "A reference in full: with its host, `library/` where Docker Hub has it, and the tag `latest` where \
                  neither tag nor digest is written; null where the text is no reference.",
            example: "image.normalise(\"nginx\") == \"docker.io/library/nginx:latest\" and image.normalise(\"A B\") == null",
            call: |cx, a| {
                let [s] = args(a)?;
                cx.text(s)?;
                let mut full = cx.memory.take_buf();
                let read = read_full(cx.text(s)?, &mut full).is_ok();
                let text = cx.memory.alloc_buf(full)?;
                Ok(if read { text.at(s.place) } else { Value::NULL })
            },
        },
        Builtin {
            name: "matches",
            signature: "(r: image, pattern: string) -> bool",
            cost: "r * pattern",
            doc: "True if the pattern, a glob as `like` reads it, stands for the image: for its host and path, or for the \
                  whole reference where the pattern has a tag or digest. A pattern without a host means Docker Hub, as a \
                  reference does.",
            example: "image.matches(image(\"nginx:1.27\"), \"nginx\") and image.matches(image(\"ghcr.io/a/b:1\"), \"ghcr.io/a/*\") \
                      and not image.matches(image(\"nginx:1.27\"), \"nginx:1.28\")",
            call: matches,
        },
    ],
};

fn part(cx: &mut Cx<'_>, a: &[Value], part: for<'t> fn(&Reference<'t>) -> Option<&'t str>) -> Result<Value> {
    let [s] = args(a)?;
    let text = cx.text(s)?;
    let found = Reference::read(text).ok().and_then(|r| part(&r)).map(|found| {
        let from = found.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        (from, from.saturating_add(found.len()))
    });
    Ok(found.map_or(Value::NULL, |(from, to)| cx.memory.part(s, from, to)))
}

fn matches(cx: &mut Cx<'_>, a: &[Value]) -> Result<Value> {
    let [r, pattern] = args(a)?;
    let Some(Scalar::Image(image)) = cx.memory.scalar_of(r).copied() else {
        return Err(cx.memory.expected("an image", r));
    };
    let pattern_len = cx.text(pattern)?.len();
    cx.charge(pattern_len.saturating_mul(cx.memory.str(image.text).len()) / 16)?;
    let mut full = cx.memory.take_buf();
    let pattern = cx.text(pattern)?;
    let (host, rest) = split_host(pattern);
    let host = if host == "index.docker.io" { "docker.io" } else { host };
    let library = if host == "docker.io" && !rest.contains('/') && !rest.starts_with("**") { "library/" } else { "" };
    full.extend([host, "/", library, rest]);
    let whole = rest.contains([':', '@']);
    let text = cx.memory.str(if whole { image.text } else { image.name() });
    // A bare `**` is everything, of any host.
    let found = pattern == "**" || glob::matches(&full, text) || (whole && fits_without_digest(&full, text));
    cx.memory.give_buf(full);
    Ok(found.into())
}

/// A pattern with a tag stands for a reference that has a digest as well.
fn fits_without_digest(pattern: &str, text: &str) -> bool {
    !pattern.contains('@') && text.split_once('@').is_some_and(|(named, _)| glob::matches(pattern, named))
}
