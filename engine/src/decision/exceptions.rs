//! Exceptions at work: which findings they are for, and whether they still count.

use super::{Exception, Finding, Match, ObjectRef};
use crate::engine::same_name;
use crate::scalar::{glob, time};

impl Match {
    /// True if an object fits.
    #[must_use]
    pub fn fits(&self, kind: &str, namespace: &str, name: &str, file: &str) -> bool {
        let of = [(&self.kind, kind), (&self.namespace, namespace), (&self.name, name), (&self.file, file)];
        of.into_iter().all(|(globs, text)| globs.is_empty() || globs.iter().any(|g| glob::matches(g, text)))
    }
}

impl Exception {
    /// True if it is for a finding, whatever its last day.
    #[must_use]
    pub fn is_for(&self, finding: &Finding) -> bool {
        let names = |written: &String| {
            written == "*"
                || same_name(written, &finding.id)
                || same_name(written, &finding.policy)
                || finding.use_name.as_ref().is_some_and(|u| same_name(written, u))
        };
        let nothing = ObjectRef::default();
        let object = finding.object.as_ref().unwrap_or(&nothing);
        let namespace = object.namespace.as_deref().unwrap_or_default();
        self.policies.iter().any(names) && self.matches.fits(&object.kind, namespace, &object.name, &finding.file)
    }
}

/// True as long as a last day is not over.
pub(crate) fn counts(until: Option<&str>, today: &str) -> bool {
    // Days as they are written compare as texts.
    until.is_none_or(|until| today <= until)
}

/// The day of an instant (UTC).
pub(crate) fn day(nanos: i64) -> String {
    time::from_nanos(nanos.into()).to_string().chars().take(10).collect()
}
