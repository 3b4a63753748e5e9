//! Loops, and what the inventory gives to loop over.

use super::{Machine, Result};
use crate::error::EvalError;
use crate::program::operand::{Def, DefIter, IndexId, Jump, KindsId, StepIter, Use};
use crate::value::{Data, IterOver, Value};

impl Machine<'_> {
    pub(super) fn iter(&mut self, src: Use, dst: DefIter) -> Result<()> {
        let src = self.get(src)?;
        let iter = self.state.memory.iter(src)?;
        self.set_at(usize::from(dst.0), iter)
    }

    #[inline]
    pub(super) fn next(&mut self, iter: StepIter, value: Def, end: Jump, next: &mut u32) -> Result<()> {
        match self.step(iter)? {
            Some((key, item, keyed)) => self.set(value, if keyed { key } else { item }),
            None => {
                *next = end.0;
                Ok(())
            }
        }
    }

    pub(super) fn next_pair(&mut self, iter: StepIter, key: Def, value: Def, end: Jump, next: &mut u32) -> Result<()> {
        match self.step(iter)? {
            Some((k, item, _)) => {
                self.set(key, k)?;
                self.set(value, item)
            }
            None => {
                *next = end.0;
                Ok(())
            }
        }
    }

    /// The next key (or index) and value, and whether it is a key that a loop over one name binds.
    #[inline]
    fn step(&mut self, iter: StepIter) -> Result<Option<(Value, Value, bool)>> {
        let register = self.state.stack.get_mut(self.base.saturating_add(usize::from(iter.0)));
        let register = register.ok_or(EvalError::Internal("no such register"))?;
        let Data::Iter(state) = register.data else { return Err(EvalError::Internal("not an iteration")) };
        let keyed = matches!(state.over, IterOver::DocMap | IterOver::Pairs(_) | IterOver::Fields(..));
        Ok(self.state.memory.next(register)?.map(|(key, value)| (key, value, keyed)))
    }

    /// All objects of the kinds. What it costs to gather them is the inventory's, not the policy's: it is done once.
    pub(super) fn cluster(&mut self, kinds: KindsId, before: bool, dst: Def) -> Result<()> {
        let list = self.cluster_list(kinds.0, before)?;
        self.set(dst, list)
    }

    pub(super) fn cluster_list(&mut self, kinds: u32, before: bool) -> Result<Value> {
        let set = self.code.program.kinds.get(kinds as usize).ok_or(EvalError::Internal("no such kinds"))?;
        let changed = self.view.changes(set);
        if let Some(list) = self.cluster_memo(changed, kinds, before).and_then(|m| *m) {
            return Ok(list);
        }
        let mut objects = self.state.memory.take_values();
        self.view.objects_of(set, before, &mut objects);
        let list = self.keeping(|machine| machine.state.memory.alloc_list(&objects));
        self.state.memory.give_values(objects);
        let list = list?;
        if let Some(memo) = self.cluster_memo(changed, kinds, before) {
            *memo = Some(list);
        }
        Ok(list)
    }

    fn cluster_memo(&mut self, changed: bool, kinds: u32, before: bool) -> Option<&mut Option<Value>> {
        let memos = if changed { &mut self.state.changed } else { &mut self.state.clusters };
        memos.get_mut(kinds as usize)?.get_mut(usize::from(before))
    }

    pub(super) fn lookup(&mut self, index: IndexId, key: Use, dst: Def) -> Result<()> {
        let key = self.get(key)?;
        let list = self.find(index.0, key)?;
        self.charge_work()?;
        self.set(dst, list)
    }

    pub(super) fn complete(&mut self, kinds: KindsId, dst: Def) -> Result<()> {
        let set = self.code.program.kinds.get(kinds.0 as usize).ok_or(EvalError::Internal("no such kinds"))?;
        let complete = self.view.is_complete(set);
        self.set(dst, Value::from(complete))
    }

    /// Does something whose results are kept.
    pub(super) fn keeping<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.state.memory.keeping, true);
        let done = what(self);
        self.state.memory.keeping = before;
        done
    }
}

impl Machine<'_> {
    /// The objects in an index under a key. Lists that no request changes are kept.
    fn find(&mut self, index: u32, key: Value) -> Result<Value> {
        let over = self.code.indexes.get(index as usize).ok_or(EvalError::Internal("no such index"))?;
        self.state.lookups.set_key(&self.state.memory, key)?;
        let changed = self.view.changes(&over.0);
        if !changed && let Some(list) = self.state.lookups.list(index) {
            return Ok(list);
        }
        let mut objects = self.state.memory.take_values();
        let found = self.state.lookups.collect(index, over, self.view, &mut objects);
        let list = found.and_then(|()| match changed {
            true => self.state.memory.alloc_list(&objects),
            false => self.keeping(|machine| machine.state.memory.alloc_list(&objects)),
        });
        self.state.memory.give_values(objects);
        let list = list?;
        if !changed {
            self.state.lookups.keep(index, list);
        }
        Ok(list)
    }
}
