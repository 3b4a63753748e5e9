//! Which type a name means.
//!
//! A short name means one type however many groups use it: a built-in one before a custom one, a kind before a part of
//! one, a stable version before a beta, then the newest, then the group that people mean. Only custom kinds of
//! different groups are ambiguous.

use super::types::{KindInfo, TypeDef};
use std::cmp::Reverse;

/// Groups in the order in which people mean them; the others follow by name.
const GROUPS: [&str; 8] = ["core", "apps", "batch", "meta", "rbac", "networking", "policy", "autoscaling"];

/// How much a version is to be preferred: stable before beta before alpha, then by number. Greater is better; what
/// does not look like a version is least.
pub(super) fn version_rank(version: &str) -> (u8, u32, u32) {
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    for (level, word) in [(1, "alpha"), (2, "beta")] {
        if let Some((major, minor)) = rest.split_once(word) {
            return match (major.parse(), minor.parse()) {
                (Ok(major), Ok(minor)) => (level, major, minor),
                _ => (0, 0, 0),
            };
        }
    }
    rest.parse().map_or((0, 0, 0), |major| (3, major, 0))
}

/// Where a type stands among those of the same short name; the least is meant.
pub(super) fn preference(ty: &TypeDef) -> impl Ord + use<> {
    let custom = ty.is_custom();
    let gone = ty.kind.as_ref().is_some_and(|k| k.until.is_some());
    let (group, version) = ty.package.split_once('.').unwrap_or((&ty.package, ""));
    let group_rank = GROUPS.iter().position(|g| *g == group).unwrap_or(GROUPS.len());
    (custom, ty.kind.is_none(), gone, Reverse(version_rank(version)), group_rank, ty.package.to_string())
}

/// A name split into what it says of group, version and kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// As written: `rbac`, `rbac.authorization.k8s.io`, `core`; may be left out.
    pub(super) group: Option<&'a str>,
    /// `v1`; may be left out.
    pub(super) version: Option<&'a str>,
    /// The last part.
    pub(super) name: &'a str,
}

impl<'a> Parts<'a> {
    /// Reads `Deployment`, `apps.v1.Deployment`, `apps.Deployment`, `v1.Pod`, `networking.k8s.io/v1/NetworkPolicy`.
    pub(super) fn of(text: &'a str) -> Self {
        let Some((before, name)) = text.rsplit_once(['.', '/']) else {
            return Self { group: None, version: None, name: text };
        };
        let (group, last) = before.rsplit_once(['.', '/']).map_or((None, before), |(g, v)| (Some(g), v));
        if version_rank(last).0 > 0 {
            // `v1/Pod` has no group: that is how the core group is written.
            Self { group: group.or(Some("core")), version: Some(last), name }
        } else {
            Self { group: Some(before), version: None, name }
        }
    }

    /// The type is one that group and version allow.
    pub(super) fn fit(&self, ty: &TypeDef) -> bool {
        let (package, version) = ty.package.split_once('.').unwrap_or((&ty.package, ""));
        let full = ty.kind.as_ref().map(KindInfo::group_or_core);
        let group = self.group.is_none_or(|g| g == package || full == Some(g) || full.is_some_and(|f| first(f) == g));
        group && self.version.is_none_or(|v| v == version)
    }
}

/// The first label of a group.
fn first(group: &str) -> &str {
    group.split('.').next().unwrap_or(group)
}

impl KindInfo {
    /// The group, where the core group is called by its name.
    fn group_or_core(&self) -> &str {
        if self.group.is_empty() { "core" } else { &self.group }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_the_order_of_the_api_server() {
        let mut versions = ["v1beta1", "v2", "v1alpha2", "v10", "foo", "v1", "v2beta1", "v1beta2", "v1alphax"];
        versions.sort_by_key(|v| version_rank(v));
        assert_eq!(versions, ["foo", "v1alphax", "v1alpha2", "v1beta1", "v1beta2", "v2beta1", "v1", "v2", "v10"]);
    }

    #[test]
    fn names_as_people_write_them() {
        let parts = |g, v, name| Parts { group: g, version: v, name };
        for (text, want) in [
            ("Pod", parts(None, None, "Pod")),
            ("v1.Pod", parts(Some("core"), Some("v1"), "Pod")),
            ("v1/Pod", parts(Some("core"), Some("v1"), "Pod")),
            ("apps.v1.Deployment", parts(Some("apps"), Some("v1"), "Deployment")),
            ("apps.Deployment", parts(Some("apps"), None, "Deployment")),
            ("argoproj.io/v1alpha1/Rollout", parts(Some("argoproj.io"), Some("v1alpha1"), "Rollout")),
            ("networking.k8s.io.NetworkPolicy", parts(Some("networking.k8s.io"), None, "NetworkPolicy")),
        ] {
            assert_eq!(Parts::of(text), want);
        }
    }
}
