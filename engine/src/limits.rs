//! What an evaluation may use. All limits count per object (per policy for `on cluster`), never over a run, so that the
//! order of work changes no result.

/// Limits of one evaluation, set by the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Fuel of an object, over all its policies.
    pub fuel: u64,
    /// Fuel of each module-level value and parameter.
    pub global_fuel: u64,
    /// Bytes that an evaluation may make; what is kept between evaluations has the same limit for itself.
    pub memory: usize,
    /// Findings of an object.
    pub findings: usize,
    /// Calls within each other.
    pub calls: usize,
    /// Registers of all calls together.
    pub registers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            fuel: 50_000_000,
            global_fuel: 2_000_000_000,
            memory: 256 << 20,
            findings: 10_000,
            calls: 512,
            registers: 1 << 18,
        }
    }
}
