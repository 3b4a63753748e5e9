//! Image references: read by the grammar of the distribution project, shown in full: host, `library/` where Docker Hub
//! has it, and the tag `latest` where neither tag nor digest is given.
//!
//! SPEC: github.com/distribution/reference

use super::quoted;
use crate::value::StrRef;

/// The longest path.
const MAX_PATH: usize = 255;
/// The longest tag.
const MAX_TAG: usize = 128;
/// Where references without a host come from.
const DEFAULT_HOST: &str = "docker.io";
/// Its other name.
const LEGACY_HOST: &str = "index.docker.io";

/// A reference as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reference<'t> {
    /// The first part, if it can be a host.
    pub host: Option<&'t str>,
    /// The rest of the name.
    pub path: &'t str,
    /// What stands behind `:`.
    pub tag: Option<&'t str>,
    /// What stands behind `@`.
    pub digest: Option<&'t str>,
}

/// The lengths of the parts of a normalised reference: `host/path[:tag][@digest]`; 0 for a part that is not there.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Layout {
    host: u32,
    path: u32,
    tag: u32,
    digest: u32,
}

/// A normalised reference in a heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Image {
    /// The whole text.
    pub text: StrRef,
    /// Its parts.
    pub layout: Layout,
}

impl Image {
    /// A part by its name in the language; nothing for another name, `Some(None)` for a part that is not there.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<Option<StrRef>> {
        let Layout { host, path, tag, digest } = self.layout;
        let path_at = host.saturating_add(1);
        let tag_at = path_at.saturating_add(path).saturating_add(1);
        let digest_at = if tag == 0 { tag_at } else { tag_at.saturating_add(tag).saturating_add(1) };
        let (at, len) = match name {
            "host" => (0, host),
            "path" => (path_at, path),
            "tag" => (tag_at, tag),
            "digest" => (digest_at, digest),
            _ => return None,
        };
        let start = self.text.start.saturating_add(at);
        Some((len > 0).then_some(StrRef { space: self.text.space, start, len }))
    }

    /// `host/path`
    #[must_use]
    pub fn name(&self) -> StrRef {
        let len = self.layout.host.saturating_add(1).saturating_add(self.layout.path);
        StrRef { space: self.text.space, start: self.text.start, len }
    }
}

impl<'t> Reference<'t> {
    /// Reads a reference, without filling anything in.
    ///
    /// # Errors
    /// A text that is none.
    pub fn parse(text: &'t str) -> Result<Reference<'t>, String> {
        Self::read(text).map_err(|why| refused(text, why))
    }

    /// Reads a reference, without filling anything in.
    ///
    /// # Errors
    /// Why the text is none.
    pub fn read(text: &'t str) -> Result<Reference<'t>, &'static str> {
        if text.is_empty() {
            return Err("it is empty");
        }
        let (name, digest) = text.split_once('@').map_or((text, None), |(n, d)| (n, Some(d)));
        let last = name.rfind('/').map_or(0, |i| i.saturating_add(1));
        let (front, last) = name.split_at_checked(last).unwrap_or(("", name));
        let (last, tag) = last.split_once(':').map_or((last, None), |(n, t)| (n, Some(t)));
        let name = name.get(..front.len().saturating_add(last.len())).unwrap_or(name);
        if tag.is_some_and(|t| !is_tag(t)) {
            return Err("expected a tag of letters, digits, `_`, `.` and `-` behind `:`");
        }
        if digest.is_some_and(|d| !is_digest(d)) {
            return Err("expected a digest like `sha256:…` (64 hex digits) behind `@`");
        }
        let (host, path) = match name.split_once('/') {
            Some((host, path)) if is_host(host) => (Some(host), path),
            _ => (None, name),
        };
        if !path.split('/').all(is_component) {
            let lower = path.chars().any(|c| c.is_ascii_uppercase());
            let lower =
                if lower { "a name must be in lower case" } else { "expected a name like `registry/path/name`" };
            return Err(lower);
        }
        if path.len() > MAX_PATH {
            return Err("the name is longer than 255");
        }
        Ok(Reference { host, path, tag, digest })
    }
}

/// Writes the reference in full at the end of `out`, and gives its parts.
///
/// # Errors
/// A text that is no reference; nothing is written then.
pub fn normalise(text: &str, out: &mut String) -> Result<Layout, String> {
    read_full(text, out).map_err(|why| refused(text, why))
}

/// Writes the reference in full at the end of `out`, and gives its parts.
///
/// # Errors
/// Why the text is no reference (64 hex digits mean an image id); nothing is written then.
pub fn read_full(text: &str, out: &mut String) -> Result<Layout, &'static str> {
    if text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err("64 hex digits are an image id");
    }
    let (host, rest) = split_host(text);
    let host = if host == LEGACY_HOST { DEFAULT_HOST } else { host };
    let library = if host == DEFAULT_HOST && !rest.contains('/') { "library/" } else { "" };
    // The host goes through the grammar with the rest, since a text like `a:b/c` has one that is none.
    let from = out.len();
    out.extend([host, "/", library, rest]);
    let read = Reference::read(out.get(from..).unwrap_or_default());
    let parsed = match read {
        Ok(reference) if reference.host.is_some() => Ok(layout(&reference)),
        Ok(_) => Err("its host is none"),
        // An empty text is said to be empty, not to be a path that is wrong.
        Err(why) => Err(if text.is_empty() { "it is empty" } else { why }),
    };
    match parsed {
        Ok(layout) if layout.tag == 0 && layout.digest == 0 => {
            out.push_str(":latest");
            Ok(Layout { tag: 6, ..layout })
        }
        Ok(layout) => Ok(layout),
        Err(why) => {
            out.truncate(from);
            Err(why)
        }
    }
}

fn refused(text: &str, why: &str) -> String {
    format!("{} is no image reference: {why}", quoted(text))
}

/// The host of a reference or pattern (Docker Hub where none is written) and what follows it.
#[must_use]
pub fn split_host(text: &str) -> (&str, &str) {
    match text.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':', '*'])
                || first == "localhost"
                || first.bytes().any(|b| b.is_ascii_uppercase()) =>
        {
            (first, rest)
        }
        _ => (DEFAULT_HOST, text),
    }
}

fn layout(reference: &Reference<'_>) -> Layout {
    let len = |s: Option<&str>| s.map_or(0, |s| u32::try_from(s.len()).unwrap_or(0));
    Layout {
        host: len(reference.host),
        path: len(Some(reference.path)),
        tag: len(reference.tag),
        digest: len(reference.digest),
    }
}

fn is_tag(tag: &str) -> bool {
    let first = tag.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    first && tag.len() <= MAX_TAG && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let len = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hex.len() == len && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let Some((v6, port)) = rest.split_once(']') else { return false };
            if v6.is_empty() || !v6.bytes().all(|b| b.is_ascii_hexdigit() || b == b':') {
                return false;
            }
            match port.strip_prefix(':') {
                Some(port) => (None, Some(port)),
                None if port.is_empty() => (None, None),
                None => return false,
            }
        }
        None => host.split_once(':').map_or((Some(host), None), |(n, p)| (Some(n), Some(p))),
    };
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.is_none_or(|n| n.split('.').all(label))
        && port.is_none_or(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
}

/// Lower-case letters and digits, in between `.`, `_`, `__` or any number of `-`.
fn is_component(component: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = component.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.iter().all(|b| b.is_some_and(|b| word(*b)))
        && component
            .split(|c: char| c.is_ascii() && word(c as u8))
            .all(|s| matches!(s, "" | "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(text: &str) -> Result<String, String> {
        let mut out = String::new();
        normalise(text, &mut out).map(|_| out)
    }

    #[test]
    fn normal_form() {
        for (text, expected) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("bitnami/redis", "docker.io/bitnami/redis:latest"),
            ("index.docker.io/nginx", "docker.io/library/nginx:latest"),
            ("ghcr.io/a/b:1", "ghcr.io/a/b:1"),
            ("localhost/x", "localhost/x:latest"),
            ("reg:5000/x", "reg:5000/x:latest"),
        ] {
            assert_eq!(full(text).unwrap(), expected);
        }
        let digest = format!("nginx@sha256:{}", "a".repeat(64));
        assert_eq!(full(&digest).unwrap(), format!("docker.io/library/{digest}"));
        for text in ["", "Nginx", "nginx:", "nginx@sha256:12", "a b", "nginx:é", "a..b", "https://x/y", &"a".repeat(64)]
        {
            assert!(full(text).is_err(), "{text}");
        }
    }

    /// The upstream tables, where the corpus is at hand.
    #[test]
    fn upstream_tables() {
        let Some(tables) = crate::scalar::tests::corpus("conformance/image-reference/references.json") else { return };
        let list = |name: &str| tables[name].as_array().unwrap().clone();
        for case in list("parse") {
            let text = case["input"].as_str().unwrap();
            let read = Reference::parse(text);
            if text.starts_with("validname@sha512:") {
                // Upstream's test program leaves sha512 out; the runtimes have it.
                assert!(read.is_ok());
                continue;
            }
            assert_eq!(read.is_err(), case.get("error").is_some(), "{case} {read:?}");
            if let Ok(read) = read {
                let field = |k: &str| case.get(k).and_then(|v| v.as_str());
                assert_eq!(read.host, field("domain"), "{case}");
                assert_eq!(Some(read.path), field("path"), "{case}");
                assert_eq!((read.tag, read.digest), (field("tag"), field("digest")), "{case}");
            }
        }
        for case in list("normalized") {
            for key in ["familiar", "full", "ambiguous"] {
                let text = case[key].as_str().unwrap();
                if !text.is_empty() {
                    assert_eq!(full(text).unwrap(), format!("{}:latest", case["full"].as_str().unwrap()), "{case}");
                }
            }
        }
        for case in list("valid_names") {
            assert!(full(case.as_str().unwrap()).is_ok(), "{case}");
        }
        for case in list("invalid_names") {
            assert!(full(case.as_str().unwrap()).is_err(), "{case}");
        }
    }
}
