//! `hash`

use super::{Builtin, Cx, Module, Result, args};
use crate::error::EvalError;
use crate::value::Value;
use sha2::Digest;
use std::fmt::Write;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "hash",
    doc: "Hashes of texts (of their UTF-8), in hex digits.",
    functions: &[
        Builtin {
            name: "sha256",
            signature: "(s: string) -> string",
            cost: "s",
            doc: "The SHA-256 of a text.",
            example: "strings.starts_with(hash.sha256(\"abc\"), \"ba7816bf\")",
            call: |cx, a| hex(cx, a, |bytes| sha2::Sha256::digest(bytes).to_vec()),
        },
        Builtin {
            name: "md5",
            signature: "(s: string) -> string",
            cost: "s",
            doc: "The MD5 of a text; not for security.",
            example: "hash.md5(\"abc\") == \"900150983cd24fb0d6963f7d28e17f72\"",
            call: |cx, a| hex(cx, a, |bytes| md5::Md5::digest(bytes).to_vec()),
        },
    ],
};

fn hex(cx: &mut Cx<'_>, a: &[Value], hash: fn(&[u8]) -> Vec<u8>) -> Result<Value> {
    let [s] = args(a)?;
    let len = cx.text(s)?.len();
    cx.charge((len / 4).saturating_add(16))?;
    let digest = hash(cx.text(s)?.as_bytes());
    cx.string(|_, out| {
        let mut bytes = digest.iter();
        bytes.try_for_each(|b| write!(out, "{b:02x}")).map_err(|_| EvalError::Internal("text could not be written"))
    })
}
