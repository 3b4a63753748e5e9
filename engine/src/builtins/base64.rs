//! `base64`

use super::{Builtin, Cx, Module, Result, args, try_or_null};
use crate::error::EvalError;
use crate::value::Value;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Padding may be missing: some tools leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "base64",
    doc: "Base64, as the `data` of a Secret has it.",
    functions: &[
        Builtin {
            name: "encode",
            signature: "(s: string) -> string",
            cost: "s",
            doc: "The UTF-8 of a text in base64.",
            example: "base64.encode(\"hello\") == \"aGVsbG8=\"",
            call: |cx, a| {
                let [s] = args(a)?;
                let len = cx.text(s)?.len();
                cx.charge(len / 8)?;
                cx.string(|memory, out| {
                    memory.reserve(len.saturating_mul(2))?;
                    BASE64.encode_string(memory.str_of(s).unwrap_or_default(), out);
                    Ok(())
                })
            },
        },
        Builtin {
            name: "decode",
            signature: "(s: string) -> string",
            cost: "s",
            doc: "The text that base64 stands for; an error where it is no base64, or no text in UTF-8.",
            example: "base64.decode(\"aGVsbG8=\") == \"hello\"",
            call: decode,
        },
        Builtin {
            name: "try_decode",
            signature: "(s: string) -> string?",
            cost: "s",
            doc: "The text that base64 stands for; null where it is no base64, or no text in UTF-8.",
            example: "base64.try_decode(\"?\") == null",
            call: |cx, a| try_or_null(decode(cx, a)),
        },
    ],
};

fn decode(cx: &mut Cx<'_>, a: &[Value]) -> Result<Value> {
    let [s] = args(a)?;
    let len = cx.text(s)?.len();
    cx.charge(len / 8)?;
    cx.memory.reserve(len)?;
    // White space comes with block scalars.
    let packed: String = cx.text(s)?.split_ascii_whitespace().collect();
    let bytes = BASE64.decode(packed).map_err(|e| EvalError::Value(format!("the text is no base64: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| EvalError::Value("the base64 is no text in UTF-8".into()))?;
    Ok(cx.memory.alloc_text(&text)?.at(s.place))
}
