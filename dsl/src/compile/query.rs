//! One expression with the variables before it, over one object: what `eval` and the prompt run.

use super::{Body, CompileError, Compiler};
use crate::hir::{Clause, Expr, Hir, Local, LocalId, Member, On, Statement};
use plimsoll_engine::program::{Def, Instr, Use};

/// An expression and its variables.
#[derive(Clone, Debug)]
pub struct Query {
    /// Its variables.
    pub locals: Vec<Local>,
    /// The variable that is the object under review.
    pub input: Option<LocalId>,
    /// What comes before it.
    pub body: Vec<Statement>,
    /// The expression.
    pub result: Expr,
}

impl Query {
    /// The last `let` of a policy as a query. None if the policy has other members than `let`s.
    #[must_use]
    pub fn of_policy(hir: &Hir, name: &str) -> Option<Query> {
        let policy = hir.policies.iter().find(|p| &*p.name == name)?;
        let mut body = Vec::with_capacity(policy.members.len());
        for member in &policy.members {
            let Member::Clause(Clause::Let { local, value, .. }) = member else { return None };
            body.push(Statement::Let { local: *local, value: value.clone() });
        }
        let Some(Statement::Let { value: result, .. }) = body.pop() else { return None };
        let input = match policy.on {
            On::Cluster => None,
            On::Objects { local, .. } => Some(local),
        };
        Some(Query { locals: policy.locals.clone(), input, body, result })
    }
}

impl Compiler<'_> {
    /// The function of a query.
    pub(super) fn query(&mut self, query: &Query) -> Result<u32, CompileError> {
        let mut body = Body::new(self, &query.locals, None, "query");
        if let Some(local) = query.input {
            let register = body.register()?;
            body.asm.emit(Instr::Object { dst: Def(register) });
            body.bind(local, register);
        }
        for statement in &query.body {
            body.statement(statement)?;
        }
        let result = body.expr(&query.result)?;
        body.asm.emit(Instr::Return { src: Use(result) });
        let function = body.finish("query", 0)?;
        self.add_function(function)
    }
}
