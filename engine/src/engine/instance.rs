//! Policies as they are used.

use crate::decision::{Enforce, Match, Severity};

/// Whether a policy is evaluated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PolicyState {
    /// It is.
    On,
    /// Its `enabled` says no: the text of the condition.
    Disabled(String),
    /// It is in none of the profiles that were asked for.
    NotInProfile,
    /// `only` or `skip` leaves it out.
    Skipped,
    /// It is enforced as `off`.
    Off,
}

/// A policy as it is used.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The policy: an index into `Program::policies`.
    pub policy: u32,
    /// The name of the `[[use]]` entry; none for the policy itself.
    pub use_name: Option<String>,
    /// Whether it is evaluated.
    pub state: PolicyState,
    /// In the place of its own and its rules' severity.
    pub severity: Option<Severity>,
    /// How far it is enforced.
    pub enforce: Enforce,
    /// An update is denied only if the old object did not violate.
    pub keep_existing: bool,
    /// Which objects; none for all.
    pub matches: Option<Match>,
    /// Manifests may not suppress it.
    pub no_suppression: bool,
}

impl Instance {
    /// True if it is evaluated.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.state == PolicyState::On
    }
}
