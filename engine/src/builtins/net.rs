//! `net`

use super::{Builtin, Cx, Module, Result, args};
use crate::scalar::{Scalar, net};
use crate::value::Value;
use ipnet::IpNet;
use std::net::IpAddr;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "net",
    doc: "Addresses and networks. Whether one is in another says `in`.",
    functions: &[
        Builtin {
            name: "overlaps",
            signature: "(a: cidr, b: cidr) -> bool",
            cost: "1",
            doc: "True if some address is in both networks.",
            example: "net.overlaps(cidr(\"10.0.0.0/8\"), cidr(\"10.1.0.0/16\"))",
            call: |cx, a| {
                let [a, b] = args(a)?;
                let (a, b) = (cidr(cx, a)?, cidr(cx, b)?);
                // Networks lie within each other or apart.
                Ok((a.contains(&b) || b.contains(&a)).into())
            },
        },
        Builtin {
            name: "is_private",
            signature: "(a: ip) -> bool",
            cost: "1",
            doc: "True for addresses that the internet does not route: private, shared (100.64.0.0/10), loopback, \
                  link-local, unique local.",
            example: "net.is_private(ip(\"10.1.2.3\")) and not net.is_private(ip(\"8.8.8.8\"))",
            call: |cx, a| {
                let [a] = args(a)?;
                Ok(net::is_private(ip(cx, a)?).into())
            },
        },
        Builtin {
            name: "is_loopback",
            signature: "(a: ip) -> bool",
            cost: "1",
            doc: "True for `127.0.0.0/8` and `::1`.",
            example: "net.is_loopback(ip(\"::1\"))",
            call: |cx, a| {
                let [a] = args(a)?;
                Ok(ip(cx, a)?.is_loopback().into())
            },
        },
        Builtin {
            name: "is_v4",
            signature: "(a: ip) -> bool",
            cost: "1",
            doc: "True for an IPv4 address, also one that is mapped into IPv6.",
            example: "net.is_v4(ip(\"::ffff:10.0.0.1\"))",
            call: |cx, a| {
                let [a] = args(a)?;
                Ok(ip(cx, a)?.is_ipv4().into())
            },
        },
        Builtin {
            name: "prefix",
            signature: "(c: cidr) -> int",
            cost: "1",
            doc: "The length of the prefix of a network.",
            example: "net.prefix(cidr(\"10.0.0.0/8\")) == 8",
            call: |cx, a| {
                let [c] = args(a)?;
                Ok(i64::from(cidr(cx, c)?.prefix_len()).into())
            },
        },
        Builtin {
            name: "address",
            signature: "(c: cidr) -> ip",
            cost: "1",
            doc: "The first address of a network.",
            example: "net.address(cidr(\"10.1.2.3/8\")) == ip(\"10.0.0.0\")",
            call: |cx, a| {
                let [c] = args(a)?;
                let address = cidr(cx, c)?.addr();
                cx.memory.alloc_scalar(Scalar::Ip(address))
            },
        },
    ],
};

fn cidr(cx: &Cx<'_>, value: Value) -> Result<IpNet> {
    match cx.memory.scalar_of(value) {
        Some(Scalar::Cidr(net)) => Ok(*net),
        _ => Err(cx.memory.expected("a cidr", value)),
    }
}

fn ip(cx: &Cx<'_>, value: Value) -> Result<IpAddr> {
    match cx.memory.scalar_of(value) {
        Some(Scalar::Ip(ip)) => Ok(*ip),
        _ => Err(cx.memory.expected("an ip", value)),
    }
}
