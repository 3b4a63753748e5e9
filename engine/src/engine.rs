//! The engine: a program with what the host says, made once, checked once, shared by all threads.
//!
//! An [`Engine`] never changes; an [`Evaluator`] is a thread's scratch over it. What the host says is checked while the
//! engine is made: names, parameters, `data`, profiles. So an evaluation has no errors of the host's making.

mod build;
mod error;
mod evaluator;
mod instance;
mod options;
mod reads;
mod request;
mod settings;
#[cfg(test)]
mod tests;

pub use crate::decision::decide::Operation;
pub use error::{EngineError, suggest};
pub use evaluator::{Called, Evaluator};
pub use instance::{Instance, PolicyState};
pub use options::{EngineOptions, Mode, Setting, UseEntry};
pub use request::{Request, review_patch};

use crate::builtins::Host;
use crate::decision::{Exception, Severity, exceptions};
use crate::inventory::Inventory;
use crate::limits::Limits;
use crate::program::symbol::Symbols;
use crate::program::verify::Verified;
use crate::program::{PolicyDef, Program};
use crate::vm::Code;
use std::sync::Arc;

/// A program with what the host says. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

/// What is run for an object: a plan, for its own policies or for one instance.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    /// An index into `Program::plans`.
    pub(crate) plan: u32,
    /// The instance whose parameters its policy sees; none for the policies themselves.
    pub(crate) instance: Option<u32>,
}

/// What an engine is.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) code: Arc<Code>,
    pub(crate) host: Host,
    pub(crate) limits: Limits,
    pub(crate) instances: Vec<Instance>,
    pub(crate) units: Vec<Unit>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) min_severity: Severity,
    pub(crate) mode: Mode,
    pub(crate) evidence: bool,
    pub(crate) coverage: bool,
    /// The day of `host.now`.
    pub(crate) today: String,
    /// For each module-level value the sets of kinds that it reads.
    pub(crate) reads: Vec<Vec<u32>>,
}

impl Engine {
    /// Makes an engine.
    ///
    /// # Errors
    /// What the host says that does not fit the program: unknown names, values that are not of their types.
    pub fn new(program: &Verified, options: EngineOptions) -> Result<Engine, EngineError> {
        Ok(Engine { inner: Arc::new(build::build(program, options)?) })
    }

    /// A thread's scratch.
    #[must_use]
    pub fn evaluator(&self) -> Evaluator {
        Evaluator::new(self)
    }

    /// An empty inventory, whose objects are checked as this engine's policies need it.
    #[must_use]
    pub fn inventory(&self) -> Inventory {
        Inventory::empty(self.inner.code.clone())
    }

    /// The field names to read documents with.
    #[must_use]
    pub fn symbols(&self) -> Arc<Symbols> {
        self.inner.code.symbols.clone()
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.inner.code.program
    }

    /// All policies as they are used: first the policies themselves in the order of the program, then `[[use]]` entries.
    #[must_use]
    pub fn instances(&self) -> &[Instance] {
        &self.inner.instances
    }

    /// The policy of an instance.
    #[must_use]
    pub fn policy(&self, instance: &Instance) -> Option<&PolicyDef> {
        self.program().policies.get(instance.policy as usize)
    }

    /// How many policies are evaluated.
    #[must_use]
    pub fn enabled(&self) -> usize {
        self.inner.instances.iter().filter(|i| i.is_on()).count()
    }

    /// The exceptions of the bundle and of the host, over or not.
    #[must_use]
    pub fn exceptions(&self) -> &[Exception] {
        &self.inner.exceptions
    }

    /// True for an exception whose last day was before the instant of the evaluation.
    #[must_use]
    pub fn is_over(&self, exception: &Exception) -> bool {
        self.is_past(exception.until.as_deref())
    }

    /// True for a last day, `2027-01-31`, that was before the instant of the evaluation.
    #[must_use]
    pub fn is_past(&self, day: Option<&str>) -> bool {
        !exceptions::counts(day, &self.inner.today)
    }

    /// What it judges.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.inner.mode
    }

    /// The limits of its evaluations.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }
}

impl Inner {
    /// An instance and its policy.
    pub(crate) fn instance(&self, instance: u32) -> Option<(&Instance, &PolicyDef)> {
        let instance = self.instances.get(instance as usize)?;
        Some((instance, self.code.program.policies.get(instance.policy as usize)?))
    }

    /// The instances that a unit evaluates.
    pub(crate) fn instances_of<'a>(&'a self, unit: &'a Unit) -> impl Iterator<Item = u32> {
        let policies = self.code.program.plans.get(unit.plan as usize).map_or(&[][..], |p| &p.policies);
        // The first instances are the policies themselves.
        unit.instance.into_iter().chain(policies.iter().copied().filter(|_| unit.instance.is_none()))
    }

    /// The instance that a finding of a policy belongs to.
    pub(crate) fn instance_for(&self, unit: &Unit, policy: u32) -> Option<u32> {
        match unit.instance {
            None => Some(policy),
            Some(instance) => Some(instance).filter(|i| self.code.instance_policy(*i) == Some(policy)),
        }
    }

    /// The policy of a unit, for messages.
    pub(crate) fn unit_policy(&self, unit: &Unit) -> Option<&PolicyDef> {
        let mut instances = self.instances_of(unit);
        let first = instances.next()?;
        match instances.next() {
            None => self.instance(first).map(|(_, policy)| policy),
            Some(_) => None,
        }
    }
}

/// True if two names of a policy are one: `-` and `_` are the same, and so are large and small letters.
#[must_use]
pub fn same_name(a: &str, b: &str) -> bool {
    let fold = |c: u8| if c == b'-' { b'_' } else { c.to_ascii_lowercase() };
    a.len() == b.len() && a.bytes().map(fold).eq(b.bytes().map(fold))
}
