//! A rule whose cost grows more than quadratically.

use super::{Subject, is_library};
use crate::cost::{Var, costs};
use crate::diagnostic::{Code, Diagnostic};

/// Above this power of the object's or the inventory's size a rule is named.
const HIGHEST: u8 = 2;

pub(super) fn too_dear(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for cost in costs(subject.hir) {
        let Some(policy) = subject.hir.policies.get(cost.policy).filter(|p| !is_library(&p.module)) else { continue };
        for (rule, bound) in policy.rules.iter().zip(&cost.rules) {
            if bound.degree(Var::Object) > HIGHEST || bound.degree(Var::World) > HIGHEST {
                found.push(
                    Diagnostic::warning(Code::TooDear, format!("the rule may cost {} steps", bound.class()))
                        .at(rule.message.span, "n: the size of the object, m: that of all others")
                        .help("join by equality (`if x.f == y`), or compute what does not change once, in a module's `let`"),
                );
            }
        }
    }
}
