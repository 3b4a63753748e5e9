//! What a policy can cost at most, in fuel, as a polynomial in the sizes of the object and of the inventory.
//!
//! The bound is sound, not tight: every expression is charged a flat rate above what its instructions cost, a built-in what
//! its table row says, a loop its body for each element. Sizes (nodes and bytes of text) are bounded along the way. It is
//! shown, and a lint looks at its class; it is never a gate.

mod poly;

pub use poly::{Poly, Var};

use crate::hir::expr::{Clause, Comprehension, Expr, ExprKind, PlaceExpr, Step, TextPart};
use crate::hir::walk::{clause_expr, each_child};
use crate::hir::{FixOp, GlobalKind, Hir, LocalId, Member, On, Policy, Rule, RuleHead, Statement, Ty};
use crate::stack::on_big_stack;
use crate::syntax::ast::BinaryOp;
use plimsoll_engine::builtins;
use rustc_hash::FxHashMap;

/// Fuel of an expression, apart from what it contains: more than any of its code.
const FLAT: u64 = 32;
/// Fuel for each unit of size that an operation touches.
const TOUCH: u64 = 4;
/// The size of a value without text of its own: more than what it is written with in a text.
const SMALL: u64 = 8;
/// What sorting costs for each element: a logarithm that no document exceeds.
const SORT: u64 = 64;

/// The bound of a policy.
#[derive(Clone, Debug)]
pub struct PolicyCost {
    /// The policy: an index into `Hir::policies`.
    pub policy: usize,
    /// Fuel at most, for one object.
    pub bound: Poly,
    /// The rule that costs most, and its bound.
    pub rules: Vec<Poly>,
}

/// The bounds of all policies.
#[must_use]
pub fn costs(hir: &Hir) -> Vec<PolicyCost> {
    let mut analysis = Analysis { hir, functions: FxHashMap::default(), globals: FxHashMap::default(), next: 0 };
    let mut all = || hir.policies.iter().enumerate().map(|(index, policy)| analysis.policy(index, policy)).collect();
    on_big_stack(&mut all)
}

/// Cost and size of a value.
#[derive(Clone, Debug)]
struct Bound {
    cost: Poly,
    size: Poly,
}

impl Bound {
    /// Of what makes nothing.
    fn costs(cost: Poly) -> Bound {
        Bound { cost, size: Poly::default() }
    }
}

type Env = FxHashMap<LocalId, Poly>;

struct Analysis<'h> {
    hir: &'h Hir,
    /// By function and sizes of the arguments.
    functions: FxHashMap<(u32, String), Bound>,
    globals: FxHashMap<u32, Bound>,
    next: u32,
}

impl Analysis<'_> {
    fn policy(&mut self, index: usize, policy: &Policy) -> PolicyCost {
        let mut env = Env::default();
        if let On::Objects { local, .. } = policy.on {
            env.insert(local, Poly::var(Var::Object));
        }
        let mut rules = Vec::new();
        let bound = self.members(&policy.members, policy, &mut env, &mut rules).plus(&Poly::constant(FLAT));
        PolicyCost { policy: index, bound, rules }
    }

    fn members(&mut self, members: &[Member], policy: &Policy, env: &mut Env, rules: &mut Vec<Poly>) -> Poly {
        let mut before = Poly::constant(FLAT);
        for (at, member) in members.iter().enumerate() {
            match member {
                Member::Except { cond, reason, .. } => {
                    before = before.plus(&self.expr(cond, env).cost).plus(&self.expr(reason, env).cost);
                }
                Member::Clause(clause @ (Clause::If { .. } | Clause::Let { .. })) => {
                    before = before.plus(&self.straight(clause, env));
                }
                Member::Clause(clause) => {
                    let rest = members.get(at.saturating_add(1)..).unwrap_or_default();
                    let mut inner =
                        |analysis: &mut Self, env: &mut Env| Bound::costs(analysis.members(rest, policy, env, rules));
                    return before.plus(&self.rounds(clause, env, &mut inner).cost);
                }
            }
        }
        rules.clear();
        rules.extend(policy.rules.iter().map(|rule| self.rule(rule, env)));
        rules.iter().fold(before, |sum, cost| sum.plus(cost))
    }

    // Variables have numbers of their own in the whole policy, so what a rule binds is in no other's way.
    fn rule(&mut self, rule: &Rule, env: &mut Env) -> Poly {
        self.clauses(&rule.clauses, env, &mut |analysis, env| Bound::costs(analysis.finding(rule, env))).cost
    }

    /// What a finding costs beyond its clauses.
    fn finding(&mut self, rule: &Rule, env: &mut Env) -> Poly {
        let mut cost = Poly::constant(FLAT.saturating_mul(4));
        let mut add = |analysis: &mut Self, expr: &Expr, env: &mut Env| {
            let bound = analysis.expr(expr, env);
            cost = std::mem::take(&mut cost).plus(&bound.cost).plus(&bound.size.scaled(TOUCH));
        };
        add(self, &rule.message, env);
        if let RuleHead::Computed { action, severity } = &rule.head {
            add(self, action, env);
            severity.iter().for_each(|s| add(self, s, env));
        }
        rule.related.iter().for_each(|r| add(self, r, env));
        for fix in &rule.fixes {
            fix.when.iter().for_each(|w| add(self, w, env));
            if let FixOp::Set(value) | FixOp::Add(value) = &fix.op {
                add(self, value, env);
            }
        }
        let places = std::iter::once(&rule.at).chain(rule.fixes.iter().filter_map(|fix| fix.at.as_ref()));
        let places: Vec<&PlaceExpr> = places.collect();
        for place in places {
            let of_place = self.place(place, env);
            cost = cost.plus(&of_place);
        }
        cost
    }

    fn place(&mut self, place: &PlaceExpr, env: &mut Env) -> Poly {
        let flat = Poly::constant(FLAT);
        match place {
            PlaceExpr::Innermost => flat,
            PlaceExpr::Value(value) => flat.plus(&self.expr(value, env).cost),
            PlaceExpr::Path { base, steps } => {
                let base = self.expr(base, env);
                let mut cost = base.cost;
                for step in steps {
                    // Finding a child among its siblings.
                    cost = cost.plus(&flat).plus(&base.size.scaled(TOUCH));
                    if let Step::Index(index) = step {
                        cost = cost.plus(&self.expr(index, env).cost);
                    }
                }
                cost
            }
            PlaceExpr::If { cond, then, otherwise } => {
                let cond = self.expr(cond, env).cost.plus(&flat);
                cond.plus(&self.place(then, env)).plus(&self.place(otherwise, env))
            }
            PlaceExpr::OrElse(first, second) => {
                let first = self.place(first, env).plus(&flat);
                first.plus(&self.place(second, env))
            }
        }
    }

    /// Cost of clauses and of what `inner` costs at their innermost point; the size of what is made there, together.
    fn clauses(
        &mut self,
        clauses: &[Clause],
        env: &mut Env,
        inner: &mut dyn FnMut(&mut Self, &mut Env) -> Bound,
    ) -> Bound {
        let mut before = Poly::default();
        for (at, clause) in clauses.iter().enumerate() {
            if matches!(clause, Clause::If { .. } | Clause::Let { .. }) {
                before = before.plus(&self.straight(clause, env));
                continue;
            }
            let rest = clauses.get(at.saturating_add(1)..).unwrap_or_default();
            let all = self.rounds(clause, env, &mut |analysis, env| analysis.clauses(rest, env, inner));
            return Bound { cost: before.plus(&all.cost), size: all.size };
        }
        let all = inner(self, env);
        Bound { cost: before.plus(&all.cost), size: all.size }
    }

    /// An `if` or a `let`.
    fn straight(&mut self, clause: &Clause, env: &mut Env) -> Poly {
        let own = self.expr(clause_expr(clause), env);
        if let Clause::Let { local, .. } = clause {
            env.insert(*local, own.size);
        }
        own.cost.plus(&Poly::constant(FLAT))
    }

    /// A loop.
    fn rounds(&mut self, clause: &Clause, env: &mut Env, inner: &mut dyn FnMut(&mut Self, &mut Env) -> Bound) -> Bound {
        let own = self.expr(clause_expr(clause), env);
        let flat = own.cost.plus(&Poly::constant(FLAT));
        let var = self.fresh();
        let mut bind = |local: &Option<LocalId>| local.iter().for_each(|l| drop(env.insert(*l, Poly::var(var))));
        let (before, whole) = match clause {
            Clause::For { first, second, two, .. } => {
                // The value is the last of the names.
                bind(first);
                if *two {
                    bind(second);
                }
                (flat, own.size)
            }
            Clause::Join { local, .. } => {
                bind(&Some(*local));
                let world = Poly::var(Var::World);
                // The index is made once.
                (flat.plus(&world.scaled(FLAT)).plus(&own.size.scaled(TOUCH)), world)
            }
            Clause::If { .. } | Clause::Let { .. } => (flat, Poly::constant(1)),
        };
        let round = inner(self, env);
        let cost = round.cost.plus(&Poly::constant(FLAT)).summed(var, &whole);
        Bound { cost: before.plus(&cost), size: round.size.summed(var, &whole) }
    }

    fn fresh(&mut self) -> Var {
        self.next = self.next.saturating_add(1);
        Var::Local(self.next)
    }

    fn expr(&mut self, expr: &Expr, env: &mut Env) -> Bound {
        let bound = self.expr_of_any_size(expr, env);
        match smallest(&expr.ty) {
            true => Bound { size: Poly::constant(SMALL), ..bound },
            false => bound,
        }
    }

    fn expr_of_any_size(&mut self, expr: &Expr, env: &mut Env) -> Bound {
        let flat = Poly::constant(FLAT);
        let one = Poly::constant(1);
        match &expr.kind {
            ExprKind::Local(local) => Bound { cost: flat, size: env.get(local).cloned().unwrap_or(one) },
            ExprKind::Global(global) => self.global(global.0),
            ExprKind::Const(value) => Bound { cost: flat, size: Poly::constant(size_of(value)) },
            ExprKind::Param(_) => {
                Bound { cost: flat.plus(&Poly::var(Var::World).scaled(FLAT)), size: Poly::var(Var::World) }
            }
            ExprKind::Request | ExprKind::Old => {
                Bound { cost: flat, size: Poly::var(Var::Object).plus(&Poly::var(Var::World)) }
            }
            ExprKind::Cluster { .. } => {
                let world = Poly::var(Var::World);
                Bound { cost: flat.plus(&world.scaled(FLAT)), size: world.plus(&one) }
            }
            ExprKind::Complete(_) => Bound { cost: flat, size: one },
            ExprKind::Call { function, args } => {
                let args: Vec<Bound> = args.iter().map(|arg| self.expr(arg, env)).collect();
                self.call(function.0, &args)
            }
            ExprKind::Comprehension(comprehension) => self.comprehension(comprehension, env),
            ExprKind::Match { value, local, arms } => {
                let value = self.expr(value, env);
                env.insert(*local, value.size.clone());
                // A type may ask for every field below.
                let mut all = Bound { cost: flat.plus(&value.cost), size: one };
                for arm in arms {
                    let tests = value.size.scaled(TOUCH).plus(&Poly::constant(FLAT));
                    let tests = tests.scaled(u64::try_from(arm.patterns.len()).unwrap_or(u64::MAX));
                    let result = self.expr(&arm.value, env);
                    all.cost = all.cost.plus(&tests).plus(&result.cost);
                    all.size = all.size.plus(&result.size);
                }
                all
            }
            _ => self.composite(expr, env),
        }
    }

    /// An expression that evaluates its children once and touches at most all of them.
    fn composite(&mut self, expr: &Expr, env: &mut Env) -> Bound {
        let mut parts: Vec<Bound> = Vec::new();
        each_child(expr, &mut |child| parts.push(self.expr(child, env)));
        let size = parts.iter().fold(Poly::constant(2), |sum, part| sum.plus(&part.size));
        let cost = parts.iter().fold(Poly::constant(FLAT), |sum, part| sum.plus(&part.cost));
        let all = |touches: u64| cost.clone().plus(&size.scaled(touches));
        let one = Poly::constant(1);
        match &expr.kind {
            ExprKind::Builtin { builtin, .. } => {
                let (module, name) = builtins::name_of(*builtin).unwrap_or_default();
                let signature = builtins::get(*builtin).map_or("", |b| b.cost);
                let work = work_of(module, name, signature, &parts, &size);
                // What a built-in makes is no larger than what it may touch.
                Bound { cost: cost.plus(&work), size: work.plus(&size) }
            }
            ExprKind::Extern { .. } => Bound { cost: all(TOUCH), size: size.plus(&Poly::var(Var::World)) },
            ExprKind::Field { .. } => {
                Bound { cost: all(1), size: parts.into_iter().next().map_or(one, |part| part.size) }
            }
            ExprKind::Index { .. } => {
                Bound { cost: all(TOUCH), size: parts.into_iter().next().map_or(one, |part| part.size) }
            }
            ExprKind::Not(_) | ExprKind::Neg(_) => Bound { cost, size: one },
            ExprKind::Binary { op, .. } => match op {
                BinaryOp::Join | BinaryOp::OrElse => Bound { cost: all(SORT), size },
                BinaryOp::And | BinaryOp::Or => Bound { cost, size: one },
                BinaryOp::Like => {
                    let work =
                        parts.iter().fold(Poly::constant(FLAT), |product, part| product.times(&part.size).plus(&size));
                    Bound { cost: cost.plus(&work), size: one }
                }
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                    Bound { cost: all(TOUCH), size }
                }
                _ => Bound { cost: all(SORT), size: one },
            },
            ExprKind::Is { .. } => Bound { cost: all(FLAT), size: one },
            ExprKind::If { .. } => Bound { cost, size },
            ExprKind::Text(texts) => {
                let fixed: usize =
                    texts.iter().map(|t| if let TextPart::Text(text) = t { text.len() } else { 0 }).sum();
                let fixed = Poly::constant(u64::try_from(fixed).unwrap_or(u64::MAX));
                let size = size.scaled(TOUCH).plus(&fixed);
                Bound { cost: cost.plus(&size.scaled(TOUCH)), size }
            }
            _ => Bound { cost: all(SORT), size },
        }
    }

    fn comprehension(&mut self, c: &Comprehension, env: &mut Env) -> Bound {
        let all = self.clauses(&c.clauses, env, &mut |analysis, env| {
            let mut all = Bound { cost: Poly::constant(FLAT.saturating_mul(2)), size: Poly::constant(2) };
            let kept = c.key.iter().chain([&c.element]).map(|part| (part, true));
            for (part, kept) in kept.chain(c.by.iter().map(|by| (by, false))) {
                let bound = analysis.expr(part, env);
                // Each element is ordered, compared.
                all.cost = all.cost.plus(&bound.cost).plus(&bound.size.scaled(SORT));
                if kept {
                    all.size = all.size.plus(&bound.size);
                }
            }
            all.cost = all.cost.plus(&Poly::constant(SORT));
            all
        });
        Bound { cost: all.cost.plus(&Poly::constant(FLAT)), size: all.size.plus(&Poly::constant(1)) }
    }

    fn call(&mut self, function: u32, args: &[Bound]) -> Bound {
        let own = args.iter().fold(Poly::constant(FLAT), |sum, arg| sum.plus(&arg.cost));
        let sizes: Vec<String> = args.iter().map(|arg| arg.size.to_string()).collect();
        let key = (function, sizes.join(","));
        if let Some(known) = self.functions.get(&key) {
            return Bound { cost: known.cost.clone().plus(&own), size: known.size.clone() };
        }
        let Some(code) = self.hir.functions.get(function as usize) else {
            return Bound { cost: own, size: Poly::constant(1) };
        };
        let mut env: Env = (0..).map(LocalId).zip(args.iter().map(|arg| arg.size.clone())).collect();
        let mut bound = Bound { cost: Poly::constant(FLAT), size: Poly::constant(1) };
        for statement in &code.body {
            match statement {
                Statement::Let { local, value } => {
                    let value = self.expr(value, &mut env);
                    bound.cost = bound.cost.plus(&value.cost);
                    env.insert(*local, value.size);
                }
                Statement::Return { cond, value } => {
                    bound.cost = bound.cost.plus(&self.expr(cond, &mut env).cost).plus(&Poly::constant(FLAT));
                    let value = self.expr(value, &mut env);
                    bound.cost = bound.cost.plus(&value.cost);
                    bound.size = bound.size.plus(&value.size);
                }
            }
        }
        let result = self.expr(&code.result, &mut env);
        bound.cost = bound.cost.plus(&result.cost);
        bound.size = bound.size.plus(&result.size);
        self.functions.insert(key, bound.clone());
        Bound { cost: bound.cost.plus(&own), size: bound.size }
    }

    fn global(&mut self, index: u32) -> Bound {
        if let Some(known) = self.globals.get(&index) {
            return known.clone();
        }
        let bound = match self.hir.globals.get(index as usize).map(|global| &global.kind) {
            Some(GlobalKind::Let(value)) => {
                let value = self.expr(value, &mut Env::default());
                Bound { cost: value.cost.plus(&Poly::constant(FLAT)), size: value.size }
            }
            _ => {
                let world = Poly::var(Var::World);
                Bound { cost: world.scaled(FLAT).plus(&Poly::constant(FLAT)), size: world.plus(&Poly::constant(1)) }
            }
        };
        self.globals.insert(index, bound.clone());
        bound
    }
}

/// Values of such a type are one node without text, wherever they stand: what looks at one has no more to do than that.
fn smallest(ty: &Ty) -> bool {
    match ty {
        Ty::Never | Ty::Null | Ty::Bool | Ty::Int | Ty::Float => true,
        Ty::Optional(inner) => smallest(inner),
        _ => false,
    }
}

fn size_of(value: &crate::hir::Const) -> u64 {
    use crate::hir::Const;
    let text = match value {
        Const::Str(text) | Const::Regex(text) => text.len(),
        Const::Json(json) => json.to_string().len(),
        _ => 0,
    };
    u64::try_from(text).unwrap_or(u64::MAX).saturating_add(1)
}

/// What a built-in does, from the `cost` of its row: `1`, a sum or product of parameters; anything else is taken for the
/// product of all.
fn work_of(module: &str, name: &str, cost: &str, parts: &[Bound], size: &Poly) -> Poly {
    let sorts = matches!(name, "sorted" | "sorted_by" | "unique" | "of" | "union" | "min" | "max");
    let base = match (cost.trim(), module) {
        ("1", _) => size.scaled(TOUCH),
        (text, _) if text.contains('*') || text.contains('×') || text.contains('·') => {
            parts.iter().fold(Poly::constant(FLAT), |product, part| product.times(&part.size)).plus(&size.scaled(FLAT))
        }
        _ => size.scaled(FLAT),
    };
    if sorts { base.scaled(SORT) } else { base }
}
