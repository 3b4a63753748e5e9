//! What the tests of a bundle reach: rules, clauses, branches.

use crate::compile::Bundle;
use plimsoll_engine::program::MarkDef;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was reached, of what there is.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Coverage {
    /// Rules that found something.
    pub rules: CoverageGroup,
    /// Clauses that were passed.
    pub clauses: CoverageGroup,
    /// Branches that were taken.
    pub branches: CoverageGroup,
    /// By policy or function.
    pub owners: BTreeMap<String, CoverageGroup>,
    /// What was not reached, in the order of the bundle.
    pub missed: Vec<Missed>,
}

/// So many of so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct CoverageGroup {
    /// Reached.
    pub reached: usize,
    /// There are.
    pub total: usize,
}

/// Something that no test reaches.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Missed {
    /// The file.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// Its column.
    pub column: u32,
    /// Its policy or function.
    pub owner: String,
    /// `rule`, `if`, `for`, `then`, …
    pub kind: String,
    /// Its text, the first line of it.
    pub text: String,
}

impl CoverageGroup {
    /// Percent, rounded down; 100 of nothing.
    #[must_use]
    pub fn percent(self) -> usize {
        self.reached.saturating_mul(100).checked_div(self.total).unwrap_or(100)
    }

    fn add(&mut self, reached: bool) {
        self.total = self.total.saturating_add(1);
        self.reached = self.reached.saturating_add(usize::from(reached));
    }
}

impl Coverage {
    /// Counts marks by how often they were passed. Only those of the bundle's own texts count.
    #[must_use]
    pub fn of(bundle: &Bundle, hits: &[u64]) -> Coverage {
        let mut coverage = Coverage::default();
        for (mark, hits) in bundle.program.marks.iter().zip(hits) {
            if bundle.own.contains(mark.file.as_str()) {
                coverage.add(mark, *hits > 0);
            }
        }
        coverage
    }

    fn add(&mut self, mark: &MarkDef, reached: bool) {
        let group = match mark.kind.as_str() {
            // A rule is reached when it finds something, not when it is begun.
            "rule" => return,
            "finding" => &mut self.rules,
            "for" | "if" | "except" => &mut self.clauses,
            _ => &mut self.branches,
        };
        group.add(reached);
        self.owners.entry(mark.owner.clone()).or_default().add(reached);
        if !reached {
            self.missed.push(Missed {
                file: mark.file.clone(),
                line: mark.source.line,
                column: mark.source.column,
                owner: mark.owner.clone(),
                kind: if mark.kind == "finding" { "rule".to_owned() } else { mark.kind.clone() },
                text: mark.text.lines().next().unwrap_or_default().to_owned(),
            });
        }
    }

    /// All of it together.
    #[must_use]
    pub fn total(&self) -> CoverageGroup {
        let mut sum = CoverageGroup::default();
        for group in [self.rules, self.clauses, self.branches] {
            sum.reached = sum.reached.saturating_add(group.reached);
            sum.total = sum.total.saturating_add(group.total);
        }
        sum
    }
}
