//! The scalar types of the language: parse, order, show. One file each.
//!
//! A scalar's texts lie in the heap that it lives in, so a scalar is `Copy` and making one allocates nothing.

pub mod duration;
pub mod glob;
pub mod image;
pub mod net;
pub mod quantity;
pub mod regex;
pub mod time;
pub mod version;

use crate::memory::Memory;
use crate::value::{HeapId, StrRef};
use std::cmp::Ordering;
use std::fmt::{self, Write};

/// A scalar that does not fit a register.
///
/// Only values of one kind are compared by value; across kinds the order is that of the variants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// `quantity`
    Quantity(quantity::Quantity),
    /// `time`
    Time(time::Instant),
    /// `version`
    Version(version::Version),
    /// `cidr`
    Cidr(ipnet::IpNet),
    /// `ip`
    Ip(std::net::IpAddr),
    /// `image`
    Image(image::Image),
}

impl Scalar {
    /// The scalar that a text is; texts of its own are added to `heap`, which is known as `id`.
    ///
    /// # Errors
    /// What is wrong with the text. Durations and regexes are no such scalars.
    pub fn parse(kind: ScalarKind, text: &str, id: HeapId, heap: &mut String) -> Result<Scalar, String> {
        Self::read(kind, text, id, heap).ok_or_else(|| Self::problem(kind, text))
    }

    /// The scalar that a text is, as [`Scalar::parse`] gives it; nothing for a text that is none.
    pub fn read(kind: ScalarKind, text: &str, id: HeapId, heap: &mut String) -> Option<Scalar> {
        let from = heap.len();
        let own = |heap: &mut String| -> Option<StrRef> {
            let start = u32::try_from(from).ok()?;
            let len = u32::try_from(heap.len().saturating_sub(from)).ok()?;
            Some(StrRef { space: id.space(), start, len })
        };
        Some(match kind {
            ScalarKind::Quantity => Scalar::Quantity(quantity::Quantity::read(text)?),
            ScalarKind::Time => Scalar::Time(time::read(text)?),
            ScalarKind::Cidr => Scalar::Cidr(net::read_cidr(text)?),
            ScalarKind::Ip => Scalar::Ip(net::read_ip(text)?),
            ScalarKind::Version => {
                let parts = version::Parts::read(text)?;
                heap.push_str(parts.text);
                Scalar::Version(version::Version::new(&parts, own(heap)?))
            }
            ScalarKind::Image => {
                let layout = image::read_full(text, heap).ok()?;
                Scalar::Image(image::Image { text: own(heap)?, layout })
            }
            ScalarKind::Duration | ScalarKind::Regex => return None,
        })
    }

    /// Why a text is no scalar of a kind.
    fn problem(kind: ScalarKind, text: &str) -> String {
        let why = match kind {
            ScalarKind::Quantity => quantity::Quantity::parse(text).err(),
            ScalarKind::Time => time::parse(text).err(),
            ScalarKind::Cidr => net::parse_cidr(text).err(),
            ScalarKind::Ip => net::parse_ip(text).err(),
            ScalarKind::Version => version::Parts::parse(text).err(),
            ScalarKind::Image => image::normalise(text, &mut String::new()).err(),
            ScalarKind::Duration | ScalarKind::Regex => None,
        };
        why.unwrap_or_else(|| format!("a {} is not kept in a heap", kind.name()))
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ScalarKind {
        match self {
            Scalar::Quantity(_) => ScalarKind::Quantity,
            Scalar::Time(_) => ScalarKind::Time,
            Scalar::Version(_) => ScalarKind::Version,
            Scalar::Cidr(_) => ScalarKind::Cidr,
            Scalar::Ip(_) => ScalarKind::Ip,
            Scalar::Image(_) => ScalarKind::Image,
        }
    }

    /// The order of two scalars.
    #[must_use]
    pub fn compare(&self, other: &Scalar, memory: &Memory) -> Ordering {
        match (self, other) {
            (Scalar::Quantity(a), Scalar::Quantity(b)) => a.cmp(b),
            (Scalar::Time(a), Scalar::Time(b)) => a.cmp(b),
            (Scalar::Version(a), Scalar::Version(b)) => a.compare(b, memory),
            (Scalar::Cidr(a), Scalar::Cidr(b)) => a.cmp(b),
            (Scalar::Ip(a), Scalar::Ip(b)) => a.cmp(b),
            (Scalar::Image(a), Scalar::Image(b)) => memory.str(a.text).cmp(memory.str(b.text)),
            (a, b) => a.kind().cmp(&b.kind()),
        }
    }

    /// Writes its canonical text.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn show(&self, memory: &Memory, out: &mut String) -> fmt::Result {
        match self {
            Scalar::Quantity(q) => write!(out, "{q}"),
            Scalar::Time(t) => write!(out, "{t}"),
            Scalar::Version(v) => out.write_str(memory.str(v.text)),
            Scalar::Cidr(c) => write!(out, "{c}"),
            Scalar::Ip(ip) => write!(out, "{ip}"),
            Scalar::Image(i) => out.write_str(memory.str(i.text)),
        }
    }
}

/// The scalar types, as the compiler and the type tables name them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum ScalarKind {
    /// `quantity`
    Quantity,
    /// `duration`
    Duration,
    /// `time`
    Time,
    /// `version`
    Version,
    /// `cidr`
    Cidr,
    /// `ip`
    Ip,
    /// `image`
    Image,
    /// `regex`
    Regex,
}

impl ScalarKind {
    /// All of them.
    pub const ALL: [ScalarKind; 8] = [
        ScalarKind::Quantity,
        ScalarKind::Duration,
        ScalarKind::Time,
        ScalarKind::Version,
        ScalarKind::Cidr,
        ScalarKind::Ip,
        ScalarKind::Image,
        ScalarKind::Regex,
    ];

    /// Its name in the language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ScalarKind::Quantity => "quantity",
            ScalarKind::Duration => "duration",
            ScalarKind::Time => "time",
            ScalarKind::Version => "version",
            ScalarKind::Cidr => "cidr",
            ScalarKind::Ip => "ip",
            ScalarKind::Image => "image",
            ScalarKind::Regex => "regex",
        }
    }
}

/// A text in an error message: quoted, and cut where it is long.
pub(crate) fn quoted(text: &str) -> String {
    const LONG: usize = 80;
    let short: String = text.chars().take(LONG).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("`{short}{dots}`")
}

#[cfg(test)]
pub(crate) mod tests {
    /// A JSON table of the corpus, where `PLIMSOLL_CORPUS` names one.
    pub(crate) fn corpus(path: &str) -> Option<serde_json::Value> {
        let root = std::env::var_os("PLIMSOLL_CORPUS")?;
        let text = std::fs::read_to_string(std::path::Path::new(&root).join(path)).unwrap();
        Some(serde_json::from_str(&text).unwrap())
    }
}
