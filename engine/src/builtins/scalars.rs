//! Constructors of the scalar types from texts: `quantity(s)` and its kin, and `try_quantity(s)` and its kin, which give
//! null instead of an error.

use super::{Builtin, args};
use crate::scalar::ScalarKind;
use crate::value::Value;

/// See the file.
pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "quantity",
        signature: "(s: string) -> quantity",
        cost: "s",
        doc: "The text as an amount of a resource, as Kubernetes reads it; an error where it is none.",
        example: "quantity(\"500m\") == quantity(\"0.5\")",
        call: |cx, a| {
            let [s] = args(a)?;
            cx.memory.to_scalar(ScalarKind::Quantity, s)
        },
    },
    Builtin {
        name: "try_quantity",
        signature: "(s: string) -> quantity?",
        cost: "s",
        doc: "The text as an amount of a resource, as Kubernetes reads it; null where it is none.",
        example: "try_quantity(\"1.5Gi\") != null and try_quantity(\"lots\") == null",
        call: |cx, a| {
            let [s] = args(a)?;
            Ok(cx.memory.try_scalar(ScalarKind::Quantity, s)?.unwrap_or(Value::NULL))
        },
    },
    Builtin {
        name: "duration",
        signature: "(s: string) -> duration",
        cost: "s",
        doc: "The text as a length of time: `7d`, `1h30m`; an error where it is none.",
        example: "duration(\"90m\") == duration(\"1h30m\")",
        call: |cx, a| {
            let [s] = args(a)?;
            cx.memory.to_scalar(ScalarKind::Duration, s)
        },
    },
    Builtin {
        name: "try_duration",
        signature: "(s: string) -> duration?",
        cost: "s",
        doc: "The text as a length of time: `7d`, `1h30m`; null where it is none.",
        example: "try_duration(\"7d\") != null and try_duration(\"long\") == null",
        call: |cx, a| {
            let [s] = args(a)?;
            Ok(cx.memory.try_scalar(ScalarKind::Duration, s)?.unwrap_or(Value::NULL))
        },
    },
    Builtin {
        name: "time",
        signature: "(s: string) -> time",
        cost: "s",
        doc: "The text as an instant in RFC 3339; an error where it is none.",
        example: "time(\"2026-01-31T12:00:00Z\") == time(\"2026-01-31T13:00:00+01:00\")",
        call: |cx, a| {
            let [s] = args(a)?;
            cx.memory.to_scalar(ScalarKind::Time, s)
        },
    },
    Builtin {
        name: "try_time",
        signature: "(s: string) -> time?",
        cost: "s",
        doc: "The text as an instant in RFC 3339; null where it is none.",
        example: "try_time(\"2026-01-31T12:00:00Z\") != null and try_time(\"noon\") == null",
        call: |cx, a| {
            let [s] = args(a)?;
            Ok(cx.memory.try_scalar(ScalarKind::Time, s)?.unwrap_or(Value::NULL))
        },
    },
    Builtin {
        name: "version",
        signature: "(s: string) -> version",
        cost: "s",
        doc: "The text as a version; parts that are left out are 0; an error where it is none.",
        example: "version(\"v1.29\") < version(\"1.30.0-rc.1\")",
        call: |cx, a| {
            let [s] = args(a)?;
            cx.memory.to_scalar(ScalarKind::Version, s)
        },
    },
    Builtin {
        name: "try_version",
        signature: "(s: string) -> version?",
        cost: "s",
        doc: "The text as a version; parts that are left out are 0; null where it is none.",
        example: "try_version(\"1.29\") != null and try_version(\"new\") == null",
        call: |cx, a| {
            let [s] = args(a)?;
            Ok(cx.memory.try_scalar(ScalarKind::Version, s)?.unwrap_or(Value::NULL))
        },
    },
    Builtin {
        name: "cidr",
        signature: "(s: string) -> cidr",
        cost: "s",
        doc: "The text as a network; an error where it is none.",
        example: "cidr(\"10.1.0.0/16\") in cidr(\"10.0.0.0/8\")",
        call: |cx, a| {
            let [s] = args(a)?;
            cx.memory.to_scalar(ScalarKind::Cidr, s)
        },
    },
    Builtin {
        name: "try_cidr",
        signature: "(s: string) -> cidr?",
        cost: "s",
        doc: "The text as a network; null where it is none.",
        example: "try_cidr(\"10.0.0.0/8\") != null and try_cidr(\"10.0.0.0\") == null",
        call: |cx, a| {
            let [s] = args(a)?;
            Ok(cx.memory.try_scalar(ScalarKind::Cidr, s)?.unwrap_or(Value::NULL))
        },
    },
    Builtin {
        name: "ip",
        signature: "(s: string) -> ip",
        cost: "s",
        doc: "The text as an address; an error where it is none.",
        example: "ip(\"10.1.2.3\") in cidr(\"10.0.0.0/8\")",
        call: |cx, a| {
            let [s] = args(a)?;
            cx.memory.to_scalar(ScalarKind::Ip, s)
        },
    },
    Builtin {
        name: "try_ip",
        signature: "(s: string) -> ip?",
        cost: "s",
        doc: "The text as an address; null where it is none.",
        example: "try_ip(\"10.1.2.3\") != null and try_ip(\"10.1.2\") == null",
        call: |cx, a| {
            let [s] = args(a)?;
            Ok(cx.memory.try_scalar(ScalarKind::Ip, s)?.unwrap_or(Value::NULL))
        },
    },
    Builtin {
        name: "image",
        signature: "(s: string) -> image",
        cost: "s",
        doc: "The text as an image reference, in full; an error where it is none.",
        example: "image(\"nginx\").host == \"docker.io\" and image(\"nginx\").tag == \"latest\"",
        call: |cx, a| {
            let [s] = args(a)?;
            cx.memory.to_scalar(ScalarKind::Image, s)
        },
    },
    Builtin {
        name: "try_image",
        signature: "(s: string) -> image?",
        cost: "s",
        doc: "The text as an image reference, in full; null where it is none.",
        example: "try_image(\"nginx:1.27\") != null and try_image(\"Nginx\") == null",
        call: |cx, a| {
            let [s] = args(a)?;
            Ok(cx.memory.try_scalar(ScalarKind::Image, s)?.unwrap_or(Value::NULL))
        },
    },
    Builtin {
        name: "regex",
        signature: "(s: string) -> regex",
        cost: "s",
        doc: "The text as a regular expression; linear in time, ASCII classes; an error where it is none.",
        example: "\"nginx:1.27\" matches regex(\":[0-9.]+$\")",
        call: |cx, a| {
            let [s] = args(a)?;
            cx.memory.to_scalar(ScalarKind::Regex, s)
        },
    },
    Builtin {
        name: "try_regex",
        signature: "(s: string) -> regex?",
        cost: "s",
        doc: "The text as a regular expression; linear in time, ASCII classes; null where it is none.",
        example: "try_regex(\"a+\") != null and try_regex(\"(\") == null",
        call: |cx, a| {
            let [s] = args(a)?;
            Ok(cx.memory.try_scalar(ScalarKind::Regex, s)?.unwrap_or(Value::NULL))
        },
    },
];
