//! Versions: `1.29`, `v1.2.3-rc.1+b`, read leniently (a `v` in front, parts left out) and ordered as SemVer says:
//! parts left out are 0, a pre-release comes before its release, build data does not count.

use super::quoted;
use crate::memory::Memory;
use crate::value::StrRef;
use std::cmp::Ordering;

/// A version that was read from a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parts<'t> {
    /// Major, minor, patch.
    pub numbers: [u64; 3],
    /// What stands behind `-`; empty for a release.
    pub pre: &'t str,
    /// The text without `v`.
    pub text: &'t str,
}

/// A version in a heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    /// Major, minor, patch.
    pub numbers: [u64; 3],
    /// The text without `v`.
    pub text: StrRef,
    /// The pre-release, a part of the text.
    pub pre: StrRef,
}

impl<'t> Parts<'t> {
    /// Reads a version.
    ///
    /// # Errors
    /// A text that is none.
    pub fn parse(text: &'t str) -> Result<Parts<'t>, String> {
        Self::read(text)
            .ok_or_else(|| format!("{} is no version: expected text like `1.29` or `v1.2.3-rc.1`", quoted(text)))
    }

    /// Reads a version; nothing for a text that is none.
    #[must_use]
    pub fn read(text: &'t str) -> Option<Parts<'t>> {
        read(text)
    }

    /// The order of two versions.
    #[must_use]
    pub fn compare(&self, other: &Parts<'_>) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| compare_pre(self.pre, other.pre))
    }
}

impl Version {
    /// A version whose text was stored as `text`.
    #[must_use]
    pub fn new(parts: &Parts<'_>, text: StrRef) -> Version {
        let offset = parts.text.find('-').map_or(0, |i| i.saturating_add(1));
        let start = text.start.saturating_add(u32::try_from(offset).unwrap_or(0));
        let len = u32::try_from(parts.pre.len()).unwrap_or(0);
        Version { numbers: parts.numbers, text, pre: StrRef { space: text.space, start, len } }
    }

    /// The order of two versions of a memory.
    #[must_use]
    pub fn compare(&self, other: &Version, memory: &Memory) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| compare_pre(memory.str(self.pre), memory.str(other.pre)))
    }
}

fn read(text: &str) -> Option<Parts<'_>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (core, build) = text.split_once('+').map_or((text, None), |(core, build)| (core, Some(build)));
    let (core, pre) = core.split_once('-').map_or((core, None), |(core, pre)| (core, Some(pre)));
    let mut numbers = [0; 3];
    let mut slots = numbers.iter_mut();
    for part in core.split('.') {
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *slots.next()? = part.parse().ok()?;
    }
    let named = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let zero = |part: &str| part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit());
    if !pre.is_none_or(|pre| pre.split('.').all(|p| named(p) && !zero(p))) {
        return None;
    }
    build.is_none_or(|build| build.split('.').all(named)).then_some(Parts { numbers, pre: pre.unwrap_or(""), text })
}

/// SPEC: SemVer 2.0.0 §11.
fn compare_pre(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let number = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match (number(a), number(b)) {
                // No leading zeros, so the longer number is the larger.
                (true, true) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order() {
        let all = ["0.9", "v1-alpha", "1-alpha.1", "1-beta.2", "1-beta.11", "1.0.0-rc.1", "1", "1.0.1", "1.2", "1.10"];
        let parsed: Vec<_> = all.iter().map(|s| Parts::parse(s).unwrap()).collect();
        for pair in parsed.windows(2) {
            assert_eq!(pair[0].compare(&pair[1]), Ordering::Less, "{pair:?}");
        }
        let same = |a, b| Parts::parse(a).unwrap().compare(&Parts::parse(b).unwrap()) == Ordering::Equal;
        assert!(same("1.29", "v1.29.0") && same("1+a", "1+b"));
        for text in ["", "v", "1.", "1.2.3.4", "a", "1-", "1-01", "1+", "1.2-é", "99999999999999999999"] {
            assert!(Parts::parse(text).is_err(), "{text}");
        }
    }

    /// The upstream tables, where the corpus is at hand.
    #[test]
    fn upstream_tables() {
        let Some(tables) = crate::scalar::tests::corpus("conformance/semver/masterminds.json") else { return };
        for case in tables["loose_parse"].as_array().unwrap() {
            let read = Parts::parse(case["input"].as_str().unwrap()).is_ok();
            assert_eq!(read, case["valid"].as_bool().unwrap(), "{case}");
        }
        for case in tables["compare"].as_array().unwrap() {
            let [a, b] = ["a", "b"].map(|k| Parts::parse(case[k].as_str().unwrap()).unwrap());
            assert_eq!(a.compare(&b) as i64, case["expect"].as_i64().unwrap(), "{case}");
        }
    }
}
