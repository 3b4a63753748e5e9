//! Native functions of the host, by JSON.

use std::sync::Arc;

/// A function that the host provides for an `extern fn`. It must give equal results for equal arguments: what an
/// evaluation says may depend on nothing else.
pub trait Native: Send + Sync {
    /// Calls it. Scalars that JSON does not have are their texts; the result is checked against the declared type.
    ///
    /// # Errors
    /// Why there is no result, in words; the rule that called ends with it.
    fn call(&self, args: &[serde_json::Value]) -> Result<serde_json::Value, String>;

    /// Calls it with the fuel that the evaluation has left. One that can spend it says what it spent; what is more than
    /// was left ends the evaluation of the object. The fuel must be equal for equal arguments, as the result is.
    fn metered(&self, args: &[serde_json::Value], left: u64) -> Metered {
        let _ = left;
        Metered { result: self.call(args), fuel: 0 }
    }
}

/// What a call came to, and what it spent.
#[derive(Clone, PartialEq, Debug)]
pub struct Metered {
    /// The result, or why there is none.
    pub result: Result<serde_json::Value, String>,
    /// Fuel of the evaluation.
    pub fuel: u64,
}

impl<F> Native for F
where
    F: Fn(&[serde_json::Value]) -> Result<serde_json::Value, String> + Send + Sync,
{
    fn call(&self, args: &[serde_json::Value]) -> Result<serde_json::Value, String> {
        self(args)
    }
}

/// Native functions by the name of their `extern fn`: alone or with its module (`acme.policy.lookup`).
#[derive(Clone, Default)]
pub struct Natives {
    functions: Vec<(String, Arc<dyn Native>)>,
}

impl std::fmt::Debug for Natives {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.functions.iter().map(|(name, _)| name)).finish()
    }
}

impl Natives {
    /// Adds a function; a later one of the same name takes its place.
    pub fn add(&mut self, name: impl Into<String>, function: impl Native + 'static) {
        let name = name.into();
        self.functions.retain(|(n, _)| *n != name);
        self.functions.push((name, Arc::new(function)));
    }

    /// The function for an `extern fn`; a name with module counts more.
    #[must_use]
    pub fn find(&self, module: &str, name: &str) -> Option<Arc<dyn Native>> {
        let whole = format!("{module}.{name}");
        let by = |wanted: &str| self.functions.iter().find(|(n, _)| n == wanted);
        by(&whole).or_else(|| by(name)).map(|(_, f)| f.clone())
    }
}
