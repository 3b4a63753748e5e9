//! Expressions.

use super::host::Given;
use super::value::{Data, Fault, Key, Res, Spot, Val, fault, from_json, map_of, set_of, show, to_json, wrong_kind};
use super::{Env, Lazy, Oracle, Slot, ops, types};
use plimsoll_dsl::hir::expr::{Const, Expr, ExprKind, Pattern, TextPart};
use plimsoll_dsl::hir::{GlobalKind, LocalId, Statement, Ty};
use plimsoll_dsl::syntax::ast::BinaryOp;
use std::cell::RefCell;
use std::rc::Rc;

impl<'h> Env<'h> {
    pub(crate) fn new(locals: usize, used: Option<u32>) -> Env<'h> {
        Env { locals: vec![Slot::Empty; locals], used }
    }

    pub(crate) fn set(&mut self, local: LocalId, value: Val) {
        self.locals[local.0 as usize] = Slot::Val(value);
    }

    pub(crate) fn set_lazy(&mut self, local: LocalId, expr: &'h Expr) {
        self.locals[local.0 as usize] = Slot::Lazy(Rc::new(Lazy { expr, memo: RefCell::new(None) }));
    }
}

impl<'h> Oracle<'h> {
    /// The value of an expression.
    pub(crate) fn eval(&self, expr: &'h Expr, env: &mut Env<'h>) -> Res<Val> {
        self.count(name_of(&expr.kind));
        match &expr.kind {
            ExprKind::Const(value) => Ok(constant(value)),
            ExprKind::Local(local) => self.local(*local, env),
            ExprKind::Global(global) => self.global(global.0),
            ExprKind::Param(param) => self.param(env.used.unwrap(), param.0),
            ExprKind::Request => self.asked(self.world.request.map(|ask| ask.request)),
            // What is deleted was there before.
            ExprKind::Old => self.asked(self.world.request.and_then(|ask| ask.old)),
            ExprKind::Field { base, field, required } => {
                let base = self.eval(base, env)?;
                field_of(&base, field, *required)
            }
            ExprKind::Index { base, index } => {
                let base = self.eval(base, env)?;
                let index = self.eval(index, env)?;
                index_of(&base, &index)
            }
            ExprKind::Call { function, args } => {
                let args = self.all(args, env)?;
                self.call(function.0, args)
            }
            ExprKind::Builtin { builtin, args } => {
                let args = self.all(args, env)?;
                self.builtin(*builtin, args)
            }
            ExprKind::Extern { function, args } => {
                let args = self.all(args, env)?;
                self.native(*function, &args)
            }
            ExprKind::Descend { base, field } => {
                let top = self.eval(base, env)?;
                let mut out = Vec::new();
                self.descend(top, field, &mut out)?;
                Ok(Data::List(Rc::new(out)).into())
            }
            ExprKind::Not(value) => Ok((!self.eval(value, env)?.truth()?).into()),
            ExprKind::Neg(value) => ops::negate(&self.eval(value, env)?),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, env),
            ExprKind::Is { value, ty } => {
                let value = self.eval(value, env)?;
                Ok(self.types.is(&value, ty, &|v| self.kind_at(v))?.into())
            }
            ExprKind::Convert { value, to } => {
                let value = self.eval(value, env)?;
                self.types.convert(value, to)
            }
            ExprKind::If { cond, then, otherwise } => {
                let branch = if self.eval(cond, env)?.truth()? { then } else { otherwise };
                self.eval(branch, env)
            }
            ExprKind::Match { value, local, arms } => {
                let value = self.eval(value, env)?;
                env.set(*local, value.clone());
                for arm in arms {
                    for pattern in &arm.patterns {
                        if self.fits(&value, pattern)? {
                            return self.eval(&arm.value, env);
                        }
                    }
                }
                wrong_kind("no arm fits", &value)
            }
            ExprKind::Cluster { kinds, before } => Ok(self.cluster(kinds, *before)),
            ExprKind::Complete(kinds) => Ok(self.complete(kinds).into()),
            ExprKind::List(items) => Ok(Data::List(Rc::new(self.all(items, env)?)).into()),
            ExprKind::Set(items) => set_of(self.all(items, env)?),
            ExprKind::Map(pairs) => {
                let mut out = Vec::new();
                for (key, value) in pairs {
                    out.push((self.eval(key, env)?, self.eval(value, env)?));
                }
                map_of(out)
            }
            ExprKind::Record(fields) => {
                let mut out = Vec::new();
                for (name, value) in fields {
                    out.push((Rc::from(&**name), self.eval(value, env)?));
                }
                Ok(Data::Record(Rc::new(out)).into())
            }
            ExprKind::RecordJoin { left, right } => self.record_join(&expr.ty, left, right, env),
            ExprKind::Text(parts) => {
                let mut values = Vec::new();
                for part in parts {
                    values.push(match part {
                        TextPart::Text(text) => Val::from(&**text),
                        TextPart::Value(value) => self.eval(value, env)?,
                    });
                }
                let mut text = String::new();
                for value in &values {
                    show(value, &mut text)?;
                }
                Ok(Val::from(&*text))
            }
            ExprKind::Comprehension(comprehension) => self.comprehension(comprehension, &expr.ty, env),
        }
    }

    pub(crate) fn all(&self, exprs: &'h [Expr], env: &mut Env<'h>) -> Res<Vec<Val>> {
        exprs.iter().map(|e| self.eval(e, env)).collect()
    }

    pub(crate) fn truth(&self, expr: &'h Expr, env: &mut Env<'h>) -> Res<bool> {
        self.eval(expr, env)?.truth()
    }

    fn local(&self, local: LocalId, env: &mut Env<'h>) -> Res<Val> {
        match env.locals[local.0 as usize].clone() {
            Slot::Empty => fault("E0909", "a variable that is not bound"),
            Slot::Val(value) => Ok(value),
            Slot::Lazy(lazy) => {
                if let Some(known) = &*lazy.memo.borrow() {
                    return known.clone();
                }
                let value = self.eval(lazy.expr, env);
                *lazy.memo.borrow_mut() = Some(value.clone());
                value
            }
        }
    }

    /// A module's `let`, parameter or data: once for the inventory.
    pub(crate) fn global(&self, index: u32) -> Res<Val> {
        if let Some(known) = self.globals.borrow().get(&index) {
            return known.clone();
        }
        let global = &self.hir.globals[index as usize];
        let mut env = Env::new(global.locals.len(), None);
        let value = match &global.kind {
            GlobalKind::Let(value) => self.eval(value, &mut env),
            GlobalKind::Param(default) => match (self.given.get(&index), default) {
                (Some(given), _) => self.given(given, &global.ty),
                (None, Some(default)) => self.eval(default, &mut env),
                (None, None) => fault("E0801", format!("the parameter {} has no value", global.name)),
            },
            GlobalKind::Data => match self.world.data.get(&index) {
                Some(document) => self.asked(Some(*document)).and_then(|value| self.types.read(value, &global.ty)),
                None => Ok(Val::null()),
            },
        };
        self.globals.borrow_mut().insert(index, value.clone());
        value
    }

    /// What somebody set a parameter to.
    fn given(&self, given: &Given<'h>, ty: &Ty) -> Res<Val> {
        match given {
            Given::Json(value) => self.types.read(from_json(value), ty),
            Given::Expr(value, locals) => self.eval(value, &mut Env::new(*locals, None)),
        }
    }

    /// A parameter of a policy as it is used.
    pub(crate) fn param(&self, used: u32, slot: u32) -> Res<Val> {
        if let Some(known) = self.params.borrow().get(&(used, slot)) {
            return known.clone();
        }
        let user = &self.used[used as usize];
        let of = &self.hir.policies[user.policy];
        let param = &of.params[slot as usize];
        let mut env = Env::new(of.locals.len(), Some(used));
        let value = match (user.params.get(&slot), &param.default) {
            (Some(given), _) => self.given(given, &param.ty),
            (None, Some(default)) => self.eval(default, &mut env),
            (None, None) => fault("E0801", format!("the parameter {} has no value", param.name)),
        };
        self.params.borrow_mut().insert((used, slot), value.clone());
        value
    }

    fn call(&self, index: u32, args: Vec<Val>) -> Res<Val> {
        let function = &self.hir.functions[index as usize];
        let mut env = Env::new(function.locals.len(), None);
        for (i, arg) in (0..).zip(args) {
            env.set(LocalId(i), arg);
        }
        for statement in &function.body {
            match statement {
                Statement::Let { local, value } => {
                    self.count("statement let");
                    let value = self.eval(value, &mut env)?;
                    env.set(*local, value);
                }
                Statement::Return { cond, value } => {
                    self.count("statement return");
                    if self.truth(cond, &mut env)? {
                        return self.eval(value, &mut env);
                    }
                }
            }
        }
        self.eval(&function.result, &mut env)
    }

    fn binary(&self, op: BinaryOp, left: &'h Expr, right: &'h Expr, env: &mut Env<'h>) -> Res<Val> {
        self.count(op.symbol());
        let a = self.eval(left, env)?;
        match op {
            BinaryOp::And if !a.truth()? => return Ok(false.into()),
            BinaryOp::Or if a.truth()? => return Ok(true.into()),
            BinaryOp::OrElse if !a.is_null() => return Ok(a),
            _ => {}
        }
        let b = self.eval(right, env)?;
        match op {
            BinaryOp::And | BinaryOp::Or => Ok(b.truth()?.into()),
            BinaryOp::OrElse => Ok(b),
            _ => ops::binary(op, &a, &b),
        }
    }

    fn fits(&self, value: &Val, pattern: &Pattern) -> Res<bool> {
        match pattern {
            Pattern::Else => Ok(true),
            Pattern::Const(Const::Null) => Ok(value.is_null()),
            Pattern::Const(constant_value) => super::value::equal(value, &constant(constant_value)),
            Pattern::Is(ty) => self.types.is(value, ty, &|v| self.kind_at(v)),
        }
    }

    /// The fields of the result, from the right side where they were written there, else from the left one.
    fn record_join(&self, ty: &Ty, left: &'h Expr, right: &'h Expr, env: &mut Env<'h>) -> Res<Val> {
        let Ty::Record(record) = ty else { return fault("E0909", "a joined record has no record type") };
        let (l, r) = (self.eval(left, env)?, self.eval(right, env)?);
        let mut out = Vec::new();
        for (name, _) in record.fields() {
            let own = match &right.kind {
                ExprKind::Record(fields) => fields.iter().any(|(known, _)| known == name),
                _ => false,
            };
            let of_right = r.member(name)?.unwrap_or_else(Val::null);
            let value = if own || !of_right.is_null() { of_right } else { l.member(name)?.unwrap_or_else(Val::null) };
            out.push((Rc::from(&**name), value));
        }
        Ok(Data::Record(Rc::new(out)).into())
    }

    /// The node and every node below it through the field, parents first.
    fn descend(&self, top: Val, field: &str, out: &mut Vec<Val>) -> Res<()> {
        if top.is_null() {
            return Ok(());
        }
        let next = match top.kind_name() {
            "map" | "record" => top.member(field)?.unwrap_or_else(Val::null),
            _ => Val::null(),
        };
        out.push(top);
        match next.parts() {
            Some(parts) => {
                for part in parts {
                    self.descend(part.load()?, field, out)?;
                }
                Ok(())
            }
            None => self.descend(next, field, out),
        }
    }

    /// The root of a document that is no part of the inventory.
    fn asked(&self, document: Option<u32>) -> Res<Val> {
        let Some(document) = document else { return Ok(Val::null()) };
        let tree = self.bridge.borrow_mut().tree(document).unwrap();
        Val::load(&tree, Spot::root(document))
    }

    /// Calls a function of the host.
    fn native(&self, index: u32, args: &[Val]) -> Res<Val> {
        let function = &self.hir.externs[index as usize];
        let args: Vec<serde_json::Value> = args.iter().map(to_json).collect::<Res<_>>()?;
        let failed = |why: String| Fault { code: "E0807", why };
        let native = self.world.natives.get(&*function.name).ok_or_else(|| failed("not there".into()))?;
        let result = native(&args).map_err(failed)?;
        self.types.read(from_json(&result), &function.result).map_err(|fault| failed(fault.why))
    }

    /// Every object of the kinds that has no input error, in order: as it will be after the request, or as it was before.
    pub(crate) fn cluster(&self, kinds: &Ty, before: bool) -> Val {
        let objects = if before { &self.before } else { &self.after };
        let fits = objects.iter().filter(|o| !o.wrong && self.is_of(o, kinds));
        let objects = fits.filter_map(|o| Val::load(&o.tree, o.spot.clone()).ok());
        Data::List(Rc::new(objects.collect())).into()
    }

    /// The host vouches for all kinds, and none of their objects was left out.
    fn complete(&self, kinds: &Ty) -> bool {
        let vouched = |ty: &Ty| -> bool {
            self.world.complete_all
                || match ty {
                    Ty::Object(id) => {
                        self.world.complete.iter().any(|(group, kind)| self.types.reads(*id, group, kind))
                    }
                    Ty::Opaque(kind, version) => {
                        self.world.complete.iter().any(|(g, k)| g == types::group_of(version) && **kind == **k)
                    }
                    Ty::Workload => self.world.workloads.iter().all(|w| {
                        self.world.complete.iter().any(|(group, kind)| *group == w.kind.group && *kind == w.kind.kind)
                    }),
                    _ => false,
                }
        };
        let vouched = self.flat(kinds).iter().all(vouched);
        // What is broken may not show that it carries a pod template; its kind may.
        let carries = |o: &super::Object| {
            let group = types::group_of(&o.api_version);
            let same = |w: &plimsoll_engine::program::WorkloadDef| {
                w.kind.kind == o.kind && (w.kind.group == group || w.kind.old_groups.iter().any(|g| g == group))
            };
            self.flat(kinds).contains(&Ty::Workload) && self.world.workloads.iter().any(same)
        };
        vouched && !self.after.iter().any(|o| o.wrong && (self.is_of(o, kinds) || carries(o)))
    }

    fn flat(&self, kinds: &Ty) -> Vec<Ty> {
        kinds
            .members()
            .into_iter()
            .flat_map(|ty| match ty {
                Ty::Decl(id) => self.flat(&self.hir.decls[id.0 as usize].ty),
                other => vec![other],
            })
            .collect()
    }

    /// True for an object of one of the kinds.
    pub(crate) fn is_of(&self, object: &super::Object, kinds: &Ty) -> bool {
        self.flat(kinds).iter().any(|ty| match ty {
            Ty::Any => true,
            Ty::Object(id) => self.types.reads(*id, types::group_of(&object.api_version), &object.kind),
            Ty::Opaque(kind, version) => {
                **kind == *object.kind && types::group_of(version) == types::group_of(&object.api_version)
            }
            Ty::Workload => match Val::load(&object.tree, object.spot.clone()) {
                Ok(value) => {
                    let own = (types::group_of(&object.api_version).to_owned(), object.kind.clone());
                    matches!(self.types.template(&value, &|_| Some(own.clone())), Ok(Some(_)))
                }
                Err(_) => false,
            },
            _ => false,
        })
    }

    /// Group and kind of an object of the inventory that does not say them itself.
    pub(crate) fn kind_at(&self, value: &Val) -> Option<(String, String)> {
        let spot = value.spot.as_ref()?;
        let object = self.objects.iter().chain(&self.after).chain(&self.before).find(|o| o.spot == *spot)?;
        Some((types::group_of(&object.api_version).to_owned(), object.kind.clone()))
    }
}

/// `base.field`
pub(crate) fn field_of(base: &Val, field: &str, required: bool) -> Res<Val> {
    if base.is_null() {
        return Ok(Val::null());
    }
    let Some(value) = base.member(field)? else {
        return wrong_kind(&format!("expected a value with the field `{field}`"), base);
    };
    if required && value.is_null() {
        return types::missing(base.spot.as_ref(), field);
    }
    Ok(value)
}

/// An item or member; null where there is none.
pub(crate) fn index_of(base: &Val, index: &Val) -> Res<Val> {
    if base.is_null() {
        return Ok(Val::null());
    }
    if base.kind_name() == "list" {
        let Data::Int(i) = index.data else { return wrong_kind("expected an int", index) };
        let part = usize::try_from(i).ok().and_then(|i| base.parts()?.into_iter().nth(i));
        return part.map_or(Ok(Val::null()), |p| p.load());
    }
    match (&base.data, &index.data) {
        (Data::Map(members), _) => {
            for (key, value) in members.iter() {
                if super::value::equal(key, index)? {
                    return Ok(value.clone());
                }
            }
            Ok(Val::null())
        }
        (Data::Tree(_) | Data::Record(_), Data::Str(name)) => Ok(base.member(name)?.unwrap_or_else(Val::null)),
        (Data::Tree(_) | Data::Record(_), _) => Ok(Val::null()),
        _ => wrong_kind("expected a list or map", base),
    }
}

/// The value of a constant.
pub(crate) fn constant(value: &Const) -> Val {
    match value {
        Const::Null => Val::null(),
        Const::Bool(b) => (*b).into(),
        Const::Int(i) => Data::Int(*i).into(),
        Const::Float(f) => Data::Float(*f).into(),
        Const::Str(text) => Val::from(&**text),
        Const::Duration(nanos) => Data::Duration(*nanos).into(),
        Const::Regex(pattern) => Data::Regex((&**pattern).into()).into(),
        Const::Json(json) => from_json(json),
    }
}

/// A place as a spot below another one.
pub(crate) fn spot_below(spot: &Spot, index: &Val) -> Spot {
    types::key_of(index).map_or_else(|| spot.clone(), |key| spot.below(key))
}

/// A field as a key.
pub(crate) fn name_key(field: &str) -> Key {
    Key::Name(field.into())
}

/// The name of a form, for the account of what was covered.
#[must_use]
pub(crate) fn name_of(kind: &ExprKind) -> &'static str {
    match kind {
        ExprKind::Const(_) => "Const",
        ExprKind::Local(_) => "Local",
        ExprKind::Global(_) => "Global",
        ExprKind::Param(_) => "Param",
        ExprKind::Request => "Request",
        ExprKind::Old => "Old",
        ExprKind::Field { required: false, .. } => "Field",
        ExprKind::Field { required: true, .. } => "Field (required)",
        ExprKind::Index { .. } => "Index",
        ExprKind::Call { .. } => "Call",
        ExprKind::Builtin { .. } => "Builtin",
        ExprKind::Extern { .. } => "Extern",
        ExprKind::Descend { .. } => "Descend",
        ExprKind::Not(_) => "Not",
        ExprKind::Neg(_) => "Neg",
        ExprKind::Binary { .. } => "Binary",
        ExprKind::Is { .. } => "Is",
        ExprKind::Convert { .. } => "Convert",
        ExprKind::If { .. } => "If",
        ExprKind::Match { .. } => "Match",
        ExprKind::Cluster { before: false, .. } => "Cluster",
        ExprKind::Cluster { before: true, .. } => "Cluster (before)",
        ExprKind::Complete(_) => "Complete",
        ExprKind::List(_) => "List",
        ExprKind::Set(_) => "Set",
        ExprKind::Map(_) => "Map",
        ExprKind::Record(_) => "Record",
        ExprKind::RecordJoin { .. } => "RecordJoin",
        ExprKind::Text(_) => "Text",
        ExprKind::Comprehension(_) => "Comprehension",
    }
}
