//! The policy library of Plimsoll: `std`, the helpers that every bundle can use, and `owasp`, the policies for the OWASP
//! Kubernetes Top Ten.
//!
//! This crate is data: the texts, by their paths. What compiles them is the crate `plimsoll`.
#![forbid(unsafe_code)]

/// All texts: path from the library's folder with `/` (`std/workload.plim`, `owasp/plimsoll.toml`), and what it holds. In
/// the order of the paths.
pub const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// The texts of `std`.
pub fn std() -> impl Iterator<Item = (&'static str, &'static str)> {
    of("std/")
}

/// The texts of `owasp`, its `plimsoll.toml` too.
pub fn owasp() -> impl Iterator<Item = (&'static str, &'static str)> {
    of("owasp/")
}

fn of(folder: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    SOURCES.iter().copied().filter(move |(path, _)| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_are_embedded() {
        assert!(std().any(|(path, text)| path == "std/workload.plim" && text.contains("module std.workload")));
        assert!(owasp().any(|(path, _)| path == "owasp/plimsoll.toml"));
        assert!(SOURCES.is_sorted_by_key(|(path, _)| path.as_bytes()));
    }
}
