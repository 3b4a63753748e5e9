//! Calls: of functions (no recursion of the machine), of built-ins, of the host; module-level values and parameters.

use super::build::run;
use super::code::Source;
use super::types::Kinds;
use super::{Frame, Machine, Result, Slot};
use crate::builtins::Cx;
use crate::document::NodeId;
use crate::error::EvalError;
use crate::program::GlobalKind;
use crate::program::operand::{Def, ExternId, FuncId, GlobalId, ImportId, ParamRef, UseRun};
use crate::value::{Data, Value};

impl Machine<'_> {
    /// Goes on with the first instruction of a function.
    pub(super) fn call(&mut self, function: FuncId, args: UseRun, dst: Def) -> Result<()> {
        self.check_run(args)?;
        let depth = self.state.frames.len();
        if depth >= self.limits.calls {
            return Err(EvalError::Internal("calls nested deeper than the limit"));
        }
        let frame = Frame { function: self.function, pc: self.pc, base: self.base, dst: dst.0 };
        let first = self.base.saturating_add(usize::from(args.first));
        let base = self.state.stack.len();
        let params = self.enter(function.0, base)?.params;
        self.state.frames.push(frame);
        if params != args.len {
            return Err(EvalError::Internal("a call with the wrong number of arguments"));
        }
        // The caller's registers lie below, so the runs do not overlap.
        let (below, own) = self.state.stack.split_at_mut_checked(base).ok_or(EvalError::Internal("no such frame"))?;
        let args = below.get(first..first.saturating_add(usize::from(args.len)));
        let args = args.ok_or(EvalError::Internal("no such registers"))?;
        for (register, arg) in own.iter_mut().zip(args) {
            *register = *arg;
        }
        Ok(())
    }

    /// Leaves a frame for its caller's, at the instruction that called.
    pub(super) fn leave(&mut self) -> Option<Frame> {
        let frame = self.state.frames.pop()?;
        let function = self.code.program.functions.get(frame.function as usize)?;
        self.state.stack.truncate(self.base);
        self.function = frame.function;
        self.instrs = &function.code;
        self.pc = frame.pc;
        self.base = frame.base;
        Some(frame)
    }

    /// Ends a function with a value; gives the instruction to go on with.
    pub(super) fn give_back(&mut self, value: Value) -> Result<u32> {
        let frame = self.leave().ok_or(EvalError::Internal("no caller"))?;
        self.set_at(usize::from(frame.dst), value)?;
        Ok(self.pc.saturating_add(1))
    }

    pub(super) fn builtin(&mut self, import: ImportId, args: UseRun, dst: Def) -> Result<()> {
        self.check_run(args)?;
        let call = self.code.imports.get(import.0 as usize).ok_or(EvalError::Internal("no such import"))?;
        let state = &mut *self.state;
        let args = run(&state.stack, self.base, args)?;
        let kinds = Kinds { view: self.view, subject: self.subject };
        let mut cx = Cx { memory: &mut state.memory, fuel: &mut state.fuel, host: self.host, kinds: &kinds };
        let result = (call)(&mut cx, args);
        let about = match &result {
            // `fail("why", place)`
            Err(EvalError::Failed(_)) => args.get(1),
            Err(EvalError::MissingInput(_)) => args.first(),
            _ => None,
        };
        if let Some(value) = about {
            self.blame = state.memory.origin(value.place);
        }
        self.charge_work()?;
        self.set(dst, result?)
    }

    pub(super) fn call_host(&mut self, function: ExternId, args: UseRun, dst: Def) -> Result<()> {
        self.check_run(args)?;
        let missing = EvalError::Internal("no such host function");
        let def = self.code.program.externs.get(function.0 as usize).ok_or(missing)?;
        let Some(native) = self.code.natives.get(function.0 as usize).and_then(Option::as_ref) else {
            return Err(EvalError::Extern(format!("the host has no function `{}`", def.name)));
        };
        let state = &*self.state;
        let values = run(&state.stack, self.base, args)?.iter().map(|v| state.memory.to_json(*v));
        let values = values.collect::<Result<Vec<_>>>()?;
        self.charge_work()?;
        let called = native.metered(&values, self.state.fuel);
        self.charge(called.fuel)?;
        let about = |e: EvalError| if e.is_limit() { e } else { EvalError::Extern(format!("`{}`: {e}", def.name)) };
        let result = called.result.map_err(|why| EvalError::Extern(format!("`{}`: {why}", def.name)))?;
        let value = self.state.memory.from_json(&result).map_err(about)?;
        let value = self.convert_deep(value, def.result).map_err(about)?;
        self.charge_work()?;
        self.set(dst, value)
    }

    /// A module-level value.
    pub(super) fn global(&mut self, global: GlobalId, dst: Def) -> Result<()> {
        let value = self.global_value(global.0)?;
        self.set(dst, value)
    }

    /// A module-level value, computed at its first use.
    ///
    /// # Errors
    /// What computing it ended with, each time it is asked for.
    pub(crate) fn global_value(&mut self, global: u32) -> Result<Value> {
        match self.state.globals.get(global as usize) {
            Some(Slot::Ready(value)) => return Ok(*value),
            Some(Slot::Failed(error)) => return Err(error.clone()),
            Some(Slot::Running) => return Err(EvalError::Internal("a module value that needs itself")),
            Some(Slot::Empty) => {}
            None => return Err(EvalError::Internal("no such module value")),
        }
        self.put_global(global, Slot::Running);
        let def = self.code.program.globals.get(global as usize);
        let (ty, kind) = def.map(|d| (d.ty, d.kind)).ok_or(EvalError::Internal("no such module value"))?;
        let source = self.code.global_sources.get(global as usize).copied().unwrap_or(Source::Missing);
        let mut result = self.kept_value(source, ty);
        if kind == GlobalKind::Data && matches!(source, Source::Function(_)) {
            // The data of a test is checked as a document of the host would be.
            result = result.and_then(|value| self.keeping(|machine| machine.convert_deep(value, ty)));
        }
        self.put_global(global, slot(&result));
        result
    }

    fn put_global(&mut self, global: u32, slot: Slot) {
        if let Some(place) = self.state.globals.get_mut(global as usize) {
            *place = slot;
        }
    }

    /// A parameter of a policy, as the instance at hand sets it.
    pub(super) fn param(&mut self, param: ParamRef, dst: Def) -> Result<()> {
        let policy = u32::from(param.policy);
        let instance = self.instance.filter(|i| self.code.instance_policy(*i) == Some(policy)).unwrap_or(policy);
        let value = self.param_value(instance, param.slot)?;
        self.set(dst, value)
    }

    /// A parameter of an instance, computed at its first use.
    ///
    /// # Errors
    /// What computing it ended with, each time it is asked for.
    pub(crate) fn param_value(&mut self, instance: u32, slot_no: u16) -> Result<Value> {
        let missing = EvalError::Internal("no such parameter");
        let (index, source, ty) = self.code.param(instance, slot_no).ok_or(missing.clone())?;
        match self.state.params.get(index) {
            Some(Slot::Ready(value)) => return Ok(*value),
            Some(Slot::Failed(error)) => return Err(error.clone()),
            Some(Slot::Running) => return Err(EvalError::Internal("a parameter that needs itself")),
            Some(Slot::Empty) => {}
            None => return Err(missing),
        }
        let result = self.kept_value(source, ty);
        if let Some(place) = self.state.params.get_mut(index) {
            *place = slot(&result);
        }
        result
    }

    /// Computes or reads a value that is kept. It has fuel of its own, for it must not matter which object asks first.
    fn kept_value(&mut self, source: Source, ty: u32) -> Result<Value> {
        let fuel = std::mem::replace(&mut self.state.fuel, self.limits.global_fuel);
        let trace = self.state.trace.as_mut().map(|t| std::mem::replace(&mut t.reading, false));
        let result = self.keeping(|machine| match source {
            Source::Missing => Ok(Value::NULL),
            Source::Function(function) => machine.run(function, &[]).map_err(|fault| fault.error),
            Source::Document(document) => {
                let root = machine.code.setting_root(document);
                let value = machine.state.memory.load(root)?;
                machine.convert_deep(value, ty)
            }
            Source::Value(document) => {
                // A parameter is no part of a document that a finding could point into.
                let json = machine.code.settings.get(document as usize).map(|d| d.to_json(NodeId::ROOT));
                let value = machine.state.memory.from_json(&json.unwrap_or_default())?;
                machine.convert_deep(value, ty)
            }
        });
        if let (Some(trace), Some(reading)) = (self.state.trace.as_mut(), trace) {
            trace.reading = reading;
        }
        self.state.memory.take_work();
        self.state.fuel = fuel;
        result
    }
}

fn slot(result: &Result<Value>) -> Slot {
    match result {
        Ok(Value { data: Data::Poison(_) | Data::Iter(_) | Data::Builder(_), .. }) => {
            Slot::Failed(EvalError::Internal("a module value that is none"))
        }
        Ok(value) => Slot::Ready(*value),
        Err(error) => Slot::Failed(error.clone()),
    }
}
