//! Regular expressions: the program's, and those made while evaluating.
//!
//! A pattern made while evaluating is compiled once and found again by its text; those that no kept value can hold are
//! forgotten when there are many.

use super::{Memory, Result};
use crate::error::EvalError;
use crate::scalar::regex::Pattern;
use crate::value::{DYNAMIC_REGEX, Data, Value};
use regex::CaptureLocations;
use rustc_hash::FxHashMap;

/// Marks the index of a pattern that may be forgotten.
const FORGETTABLE: u32 = 1 << 30;
/// How many forgettable patterns are carried from one evaluation to the next.
const CARRIED: usize = 64;
/// What compiling a pattern costs, in fuel for each byte of it.
const COST: usize = 50;

/// Patterns made while evaluating.
#[derive(Debug, Default)]
pub(super) struct Dynamic {
    kept: Pool,
    scratch: Pool,
    /// Room for the groups of each pattern that was asked for them.
    groups: FxHashMap<u32, CaptureLocations>,
}

#[derive(Debug, Default)]
struct Pool {
    patterns: Vec<Pattern>,
    by_text: FxHashMap<Box<str>, u32>,
    /// For each pattern the evaluation that used it last.
    used: Vec<u64>,
    /// The evaluation that runs.
    now: u64,
    /// How many patterns it has used: what it may use must not depend on what was carried over.
    count: usize,
}

impl Pool {
    /// Counts the first use of a pattern in an evaluation.
    fn used(&mut self, index: u32) {
        if let Some(last) = self.used.get_mut(index as usize)
            && std::mem::replace(last, self.now) != self.now
        {
            self.count = self.count.saturating_add(1);
        }
    }
}

impl Dynamic {
    pub(super) fn reset(&mut self) {
        if self.scratch.patterns.len() > CARRIED {
            self.groups.retain(|index, _| index & FORGETTABLE == 0);
            self.scratch = Pool::default();
        }
        self.scratch.now = self.scratch.now.wrapping_add(1);
        self.scratch.count = 0;
    }

    pub(super) fn clear(&mut self) {
        *self = Dynamic::default();
    }
}

impl Memory {
    /// A pattern.
    #[must_use]
    pub fn regex(&self, index: u32) -> Option<&Pattern> {
        if index & DYNAMIC_REGEX == 0 {
            return self.regexes.get(index as usize);
        }
        let pool = if index & FORGETTABLE == 0 { &self.dynamic.kept } else { &self.dynamic.scratch };
        pool.patterns.get((index & !(DYNAMIC_REGEX | FORGETTABLE)) as usize)
    }

    /// The text of a pattern as it was written.
    #[must_use]
    pub fn regex_text(&self, index: u32) -> &str {
        self.regex(index).map_or("", Pattern::text)
    }

    /// The pattern of a value.
    ///
    /// # Errors
    /// A value that is none.
    pub fn regex_of(&self, value: Value) -> Result<&Pattern> {
        match value.data {
            Data::Regex(index) => self.regex(index).ok_or(EvalError::Internal("a regex that is not there")),
            _ => Err(self.expected("a regex", value)),
        }
    }

    /// Searches a text for a pattern, and hands over its groups where it is found.
    ///
    /// # Errors
    /// Those of `then`; a value that is no pattern.
    pub(crate) fn captures<T>(
        &mut self,
        pattern: Value,
        text: Value,
        then: impl FnOnce(&mut Memory, Option<&CaptureLocations>) -> Result<T>,
    ) -> Result<T> {
        let Data::Regex(index) = pattern.data else { return Err(self.expected("a regex", pattern)) };
        // Taken out for the search, since it is written while the memory is read.
        let mut groups = match self.dynamic.groups.remove(&index) {
            Some(groups) => groups,
            None => self.regex_of(pattern)?.regex().capture_locations(),
        };
        let subject = self.str_of(text).ok_or_else(|| self.expected("a string", text))?;
        let found = self.regex_of(pattern)?.regex().captures_read(&mut groups, subject).is_some();
        let result = then(self, found.then_some(&groups));
        self.dynamic.groups.insert(index, groups);
        result
    }

    /// A pattern out of a text. It costs the same whether or not it was met before.
    pub(super) fn dynamic_regex(&mut self, text: &str) -> Result<Value> {
        self.count_work(text.len().saturating_mul(COST));
        let limit = self.limit;
        let (pool, mark) = match self.keeping {
            true => (&mut self.dynamic.kept, DYNAMIC_REGEX),
            false => (&mut self.dynamic.scratch, DYNAMIC_REGEX | FORGETTABLE),
        };
        let index = match pool.by_text.get(text) {
            Some(index) => *index,
            None => {
                let pattern = Pattern::new(text).map_err(EvalError::Value)?;
                let index = u32::try_from(pool.patterns.len()).map_err(|_| EvalError::Memory)?;
                pool.patterns.push(pattern);
                pool.used.push(u64::MAX);
                pool.by_text.insert(text.into(), index);
                index
            }
        };
        pool.used(index);
        // A compiled pattern is large, so their number is a matter of memory.
        if pool.count.saturating_mul(crate::scalar::regex::TYPICAL_SIZE) > limit {
            return Err(EvalError::Memory);
        }
        Ok(Value::of(Data::Regex(index | mark)))
    }
}
