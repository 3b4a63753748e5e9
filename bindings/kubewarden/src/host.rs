//! What the rest needs of its surroundings; in tests, a table of answers.

/// The host and what is inside the module.
pub(crate) trait Host {
    /// The bundle that is inside the module.
    fn bundle(&self) -> Vec<u8>;

    /// Nanoseconds since 1970; nothing where there is no clock.
    fn now(&self) -> Option<i64>;

    /// Asks the host for something of the cluster (binding `kubewarden`, namespace `kubernetes`).
    ///
    /// # Errors
    /// What the host says if it refuses.
    fn kubernetes(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String>;
}
