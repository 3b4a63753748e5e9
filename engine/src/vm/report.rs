//! What a run hands out: reports of rules, skips, errors.

use super::place::At;
use super::{Machine, Raised, Result};
use crate::error::EvalError;
use crate::program::operand::{FixKind, RuleId, Use, UseRun};
use crate::severity::{Action, Severity};
use crate::value::{Data, Value};

/// What a node of a JSON value takes, about.
const JSON_NODE: usize = 64;

/// What was found, in the order of the run.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// Reports of rules.
    pub(crate) reports: Vec<Report>,
    /// Policies that do not apply, with the reason.
    pub(crate) skips: Vec<Skip>,
    /// Errors of policies.
    pub(crate) errors: Vec<Raised>,
}

impl Output {
    pub(super) fn clear(&mut self) {
        self.reports.clear();
        self.skips.clear();
        self.errors.clear();
    }
}

/// A report of a rule.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Report {
    /// The rule.
    pub(crate) rule: u32,
    /// The message.
    pub(crate) message: String,
    /// Where; `None`: the object itself.
    pub(crate) at: Option<At>,
    /// What else it names.
    pub(crate) related: Vec<At>,
    /// A computed action.
    pub(crate) action: Option<Action>,
    /// A computed severity.
    pub(crate) severity: Option<Severity>,
    /// Computed references, over the rule's.
    pub(crate) refs: Vec<(String, Vec<String>)>,
    /// The fix.
    pub(crate) fixes: Vec<FixStep>,
    /// What was read, by clause, if it was recorded.
    pub(crate) evidence: Vec<super::Read>,
}

/// A policy that does not apply.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Skip {
    /// The policy.
    pub(crate) policy: u32,
    /// Why.
    pub(crate) reason: String,
}

/// A step of a fix.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct FixStep {
    /// What is done.
    pub(crate) kind: FixKind,
    /// The value that is set or added.
    pub(crate) value: serde_json::Value,
    /// Where; `None`: the report's own place.
    pub(crate) at: Option<At>,
}

impl super::State {
    /// Forgets the steps of a fix whose report did not come.
    pub(super) fn drop_fixes(&mut self) {
        self.fixes.clear();
    }
}

impl Machine<'_> {
    pub(super) fn skip(&mut self, rule: RuleId, reason: Use) -> Result<()> {
        let policy = self.code.program.rules.get(rule.0 as usize).map(|r| r.policy);
        let policy = policy.ok_or(EvalError::Internal("no such rule"))?;
        let reason = self.get(reason)?;
        self.count_found()?;
        let reason = self.text_of(reason)?;
        self.state.output.skips.push(Skip { policy, reason });
        Ok(())
    }

    pub(super) fn fix(&mut self, kind: FixKind, value: Use, place: Use) -> Result<()> {
        let (value, place) = (self.get(value)?, self.get(place)?);
        let memory = &self.state.memory;
        let step = FixStep { kind, value: memory.to_json(value)?, at: At::of(memory, place) };
        let work = memory.take_work();
        self.charge(work)?;
        self.count_told(usize::try_from(work).unwrap_or(usize::MAX).saturating_mul(JSON_NODE))?;
        self.state.fixes.push(step);
        Ok(())
    }

    /// Counts one thing more that is told of the object.
    pub(super) fn count_found(&mut self) -> Result<()> {
        if self.state.found >= self.limits.findings {
            return Err(EvalError::Findings);
        }
        self.state.found = self.state.found.saturating_add(1);
        Ok(())
    }

    /// What is told takes memory too.
    fn count_told(&mut self, bytes: usize) -> Result<()> {
        self.state.told = self.state.told.saturating_add(bytes);
        if self.state.told > self.limits.memory { Err(EvalError::Memory) } else { Ok(()) }
    }

    /// The run of a `Report`: message, place, scope, related, action, severity.
    pub(super) fn report(&mut self, rule: RuleId, parts: UseRun) -> Result<()> {
        let first = usize::from(parts.first);
        let mut part = |i: usize| self.get_at(first.saturating_add(i));
        let (message, place, scope) = (part(0)?, part(1)?, part(2)?);
        let (related, action, severity) = (part(3)?, part(4)?, part(5)?);
        let refs = if parts.len > 6 { part(6)? } else { Value::NULL };
        self.count_found()?;
        let report = Report {
            rule: rule.0,
            message: self.text_of(message)?,
            at: self.first_place([place, scope]),
            related: self.related(related)?,
            action: self.named(action, Action::parse, "an action (deny, warn, audit)")?,
            severity: self.named(severity, Severity::parse, "a severity (critical, high, medium, low, info)")?,
            refs: self.refs(refs)?,
            fixes: std::mem::take(&mut self.state.fixes),
            evidence: self.evidence(rule),
        };
        self.state.output.reports.push(report);
        Ok(())
    }

    /// The place that was named, else the innermost document node: of a document that is looked at, not of one that
    /// policies look things up in.
    fn first_place(&self, [named, scope]: [Value; 2]) -> Option<At> {
        let memory = &self.state.memory;
        At::of(memory, named).or_else(|| At::of(memory, scope).filter(|at| !self.code.is_setting(at.place.doc)))
    }

    /// A map of texts or lists of texts.
    fn refs(&mut self, value: Value) -> Result<Vec<(String, Vec<String>)>> {
        if value.is_null() {
            return Ok(Vec::new());
        }
        let serde_json::Value::Object(members) = self.state.memory.to_json(value)? else {
            return Err(EvalError::Internal("references that are no map"));
        };
        let work = self.state.memory.take_work();
        self.charge(work)?;
        let texts = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => vec![text],
            serde_json::Value::Array(items) => items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        Ok(members.into_iter().map(|(key, value)| (key, texts(value))).collect())
    }

    fn related(&mut self, value: Value) -> Result<Vec<At>> {
        let memory = &self.state.memory;
        let mut out = Vec::new();
        match value.data {
            Data::List(_) | Data::Set(_) => {
                for item in memory.items(value)? {
                    out.extend(Some(item?).filter(|v| !v.is_null()).and_then(|v| At::of(memory, v)));
                }
            }
            Data::Null => {}
            _ => out.extend(At::of(memory, value)),
        }
        Ok(out)
    }

    fn named<T>(&self, value: Value, parse: fn(&str) -> Option<T>, what: &str) -> Result<Option<T>> {
        match value.data {
            Data::Null => Ok(None),
            _ => match self.state.memory.str_of(value).and_then(parse) {
                Some(named) => Ok(Some(named)),
                None => Err(EvalError::Value(format!("expected {what}"))),
            },
        }
    }

    pub(super) fn text_of(&mut self, value: Value) -> Result<String> {
        let mut text = String::new();
        self.state.memory.to_text(value, &mut text)?;
        self.charge_work()?;
        self.count_told(text.len())?;
        Ok(text)
    }
}
