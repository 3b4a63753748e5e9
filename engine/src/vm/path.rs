//! Reading: constants, fields, items.

use super::{Machine, Result};
use crate::error::EvalError;
use crate::program::operand::{ConstId, Def, Sym, Use};
use crate::value::{Data, Value};

impl Machine<'_> {
    pub(super) fn constant(&self, id: ConstId) -> Result<Value> {
        self.code.constant_values.get(id.0 as usize).copied().ok_or(EvalError::Internal("no such constant"))
    }

    #[inline]
    pub(super) fn field(&mut self, src: Use, key: Sym, dst: Def) -> Result<()> {
        let src = self.get(src)?;
        let value = self.state.memory.field(src, key.symbol())?;
        self.note(key.symbol(), value);
        self.set(dst, value)
    }

    pub(super) fn required(&mut self, src: Use, key: Sym, dst: Def) -> Result<()> {
        let src = self.get(src)?;
        let value = self.state.memory.field(src, key.symbol())?;
        if value.is_null() && matches!(src.data, Data::DocMap) {
            return self.missing_input(src, key);
        }
        self.note(key.symbol(), value);
        self.set(dst, value)
    }

    #[cold]
    fn missing_input(&mut self, src: Value, key: Sym) -> Result<()> {
        self.blame = self.state.memory.origin(src.place);
        let name = self.state.memory.symbols.name(key.symbol());
        Err(EvalError::MissingInput(format!("the required field `{name}` is missing")))
    }

    pub(super) fn index(&mut self, src: Use, index: Use, dst: Def) -> Result<()> {
        let (src, index) = (self.get(src)?, self.get(index)?);
        let value = self.state.memory.index(src, index)?;
        self.charge_work()?;
        self.set(dst, value)
    }

    /// `src` and every node below it through a field, in document order.
    pub(super) fn descend(&mut self, src: Use, key: Sym, dst: Def) -> Result<()> {
        let src = self.get(src)?;
        let mut found = self.state.memory.take_values();
        let mut todo = self.state.memory.take_values();
        todo.push(src);
        let walked = self.walk(key, &mut todo, &mut found);
        let list = walked.and_then(|()| self.state.memory.alloc_list(&found));
        self.state.memory.give_values(found);
        self.state.memory.give_values(todo);
        self.set(dst, list?)
    }

    fn walk(&mut self, key: Sym, todo: &mut Vec<Value>, found: &mut Vec<Value>) -> Result<()> {
        while let Some(value) = todo.pop() {
            self.charge(2)?;
            if value.is_null() {
                continue;
            }
            self.state.memory.reserve(size_of_val(found.as_slice()))?;
            found.push(value);
            let below = match value.data {
                Data::DocMap | Data::Record(_) | Data::Map(_) => self.state.memory.field(value, key.symbol())?,
                _ => Value::NULL,
            };
            match below.data {
                Data::List(_) | Data::Set(_) | Data::DocList => {
                    let first = todo.len();
                    for item in self.state.memory.items(below)? {
                        todo.push(item?);
                    }
                    // The last that is put down is taken up first.
                    todo.get_mut(first..).unwrap_or_default().reverse();
                }
                Data::Null => {}
                _ => todo.push(below),
            }
        }
        Ok(())
    }
}
