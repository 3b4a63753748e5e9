//! The part of the memory that the host gets addresses of: a pointer that goes up, and back when the host says so.
//!
//! Every address from outside is checked to be in the arena and below the pointer before it is read. Values and contexts are
//! records with a mark in front, so that an address of something else is told from them.

use crate::host::{Abort, Host};

/// What is kept free behind the pointer, since some SDKs write an input there without asking whether it fits.
const SLACK: u64 = 4 << 20;
/// Blocks begin at multiples of this.
const ALIGN: u32 = 8;
/// In front of each block: the block before it.
const HEADER: u32 = 8;
/// In front of a value: the mark, address and length of its JSON text.
const VALUE: [u8; 4] = *b"PlVa";
/// In front of a context: the mark, then what [`Context`] has.
const CONTEXT: [u8; 4] = *b"PlCx";

/// Where things are.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    start: u32,
    top: u32,
    /// The newest block, if it can be given back; else 0.
    last: u32,
}

/// What an evaluation is told, and its result: addresses of values, and a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) input: u32,
    pub(crate) data: u32,
    pub(crate) entrypoint: u32,
    pub(crate) result: u32,
}

fn full() -> Abort {
    "plimsoll: the memory is full".to_owned()
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word))
}

/// Words as bytes, `4 * N` of them; made without the heap, which may not move while a record is written.
fn bytes_of<const N: usize, const B: usize>(words: [u32; N]) -> [u8; B] {
    let mut out = [0; B];
    for (to, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *to = word.to_le_bytes();
    }
    out
}

impl Arena {
    /// Nowhere yet.
    pub(crate) const fn new() -> Arena {
        Arena { start: u32::MAX, top: u32::MAX, last: 0 }
    }

    /// An arena from an address on.
    pub(crate) fn at(start: u32) -> Arena {
        Arena { start, top: start, last: 0 }
    }

    /// Moves the pointer up to an address, and sees that there is memory behind it.
    fn raise(&mut self, host: &mut impl Host, to: u64) -> Result<(), Abort> {
        let top = u32::try_from(to).map_err(|_| full())?;
        if !host.grow_to(to.saturating_add(SLACK)) && !host.grow_to(to) {
            return Err(full());
        }
        self.top = top;
        host.keep_below(top);
        Ok(())
    }

    /// Memory for so many bytes.
    pub(crate) fn alloc(&mut self, host: &mut impl Host, len: u32) -> Result<u32, Abort> {
        let free = host.spilled().unwrap_or(0).max(self.top);
        let block = free.checked_next_multiple_of(ALIGN).ok_or_else(full)?;
        let address = block.checked_add(HEADER).ok_or_else(full)?;
        self.raise(host, u64::from(address).saturating_add(len.into()))?;
        if !host.write(block, &bytes_of::<2, 8>([self.last, block])) {
            return Err(full());
        }
        self.last = address;
        Ok(address)
    }

    /// Gives a block back. Only the newest one makes place; others wait for the pointer to be set back.
    pub(crate) fn free(&mut self, host: &mut impl Host, address: u32) {
        if address == 0 || address != self.last {
            return;
        }
        let Some(block) = address.checked_sub(HEADER) else { return };
        let header = self.bytes(host, block, HEADER).unwrap_or_default();
        let before = words(&header).next().unwrap_or(0);
        self.top = block;
        self.last = if (self.start..block).contains(&before) { before } else { 0 };
    }

    /// The pointer; there is place behind it.
    pub(crate) fn pointer(&mut self, host: &mut impl Host) -> Result<u32, Abort> {
        let top = self.top.checked_next_multiple_of(ALIGN).ok_or_else(full)?;
        self.raise(host, top.into())?;
        self.last = 0;
        Ok(top)
    }

    /// Sets the pointer, back or forth.
    pub(crate) fn set_pointer(&mut self, host: &mut impl Host, to: u32) -> Result<(), Abort> {
        if to < self.start {
            return Err("plimsoll: opa_heap_ptr_set: the address is not one that opa_heap_ptr_get gave".to_owned());
        }
        self.last = 0;
        self.raise(host, to.into())
    }

    /// Bytes below the pointer.
    fn bytes(&self, host: &impl Host, address: u32, len: u32) -> Option<Vec<u8>> {
        let end = address.checked_add(len)?;
        if address < self.start || end > self.top {
            return None;
        }
        host.read(address, len)
    }

    /// What a host wrote. What it wrote behind the pointer without asking is below it from now on.
    pub(crate) fn text(&mut self, host: &mut impl Host, address: u32, len: u32) -> Result<Vec<u8>, Abort> {
        let wrong = || "plimsoll: the text is not in memory that the module gave".to_owned();
        let end = address.checked_add(len).ok_or_else(wrong)?;
        if address < self.start || u64::from(end) > host.size() {
            return Err(wrong());
        }
        if end > self.top {
            self.set_pointer(host, end)?;
        }
        self.bytes(host, address, len).ok_or_else(wrong)
    }

    /// A text with a NUL behind it.
    pub(crate) fn string(&mut self, host: &mut impl Host, text: &[u8]) -> Result<u32, Abort> {
        let len = u32::try_from(text.len()).ok().and_then(|len| len.checked_add(1)).ok_or_else(full)?;
        let address = self.alloc(host, len)?;
        let end = u64::from(address).saturating_add(u64::from(len)).saturating_sub(1);
        let end = u32::try_from(end).map_err(|_| full())?;
        if host.write(address, text) && host.write(end, &[0]) { Ok(address) } else { Err(full()) }
    }

    /// A value of a JSON text.
    pub(crate) fn value(&mut self, host: &mut impl Host, json: &[u8]) -> Result<u32, Abort> {
        let text = self.string(host, json)?;
        let record = self.alloc(host, 12)?;
        self.set_value(host, record, text, json.len())?;
        Ok(record)
    }

    /// Another text for a value.
    pub(crate) fn replace(&mut self, host: &mut impl Host, value: u32, json: &[u8]) -> Result<(), Abort> {
        let text = self.string(host, json)?;
        self.set_value(host, value, text, json.len())
    }

    fn set_value(&self, host: &mut impl Host, record: u32, text: u32, len: usize) -> Result<(), Abort> {
        let len = u32::try_from(len).map_err(|_| full())?;
        if host.write(record, &bytes_of::<3, 12>([u32::from_le_bytes(VALUE), text, len])) {
            Ok(())
        } else {
            Err(full())
        }
    }

    /// Where the text of a value stands, and its length.
    pub(crate) fn value_at(&self, host: &impl Host, value: u32) -> Result<(u32, u32), Abort> {
        let record = self.bytes(host, value, 12).filter(|record| record.starts_with(&VALUE));
        let record = record.ok_or_else(|| "plimsoll: there is no value at the address".to_owned())?;
        let mut words = words(&record).skip(1);
        Ok((words.next().unwrap_or(0), words.next().unwrap_or(0)))
    }

    /// The text of a value; nothing for the address 0, which is no value.
    pub(crate) fn json(&self, host: &impl Host, value: u32) -> Result<Option<Vec<u8>>, Abort> {
        if value == 0 {
            return Ok(None);
        }
        let (text, len) = self.value_at(host, value)?;
        let bytes = self.bytes(host, text, len);
        bytes.map(Some).ok_or_else(|| "plimsoll: the text of the value was freed".to_owned())
    }

    /// A new context.
    pub(crate) fn context(&mut self, host: &mut impl Host) -> Result<u32, Abort> {
        let address = self.alloc(host, 20)?;
        self.set_context(host, address, Context::default())?;
        Ok(address)
    }

    /// What a context has.
    pub(crate) fn get_context(&self, host: &impl Host, address: u32) -> Result<Context, Abort> {
        let record = self.bytes(host, address, 20).filter(|record| record.starts_with(&CONTEXT));
        let record = record.ok_or_else(|| "plimsoll: there is no evaluation context at the address".to_owned())?;
        let mut words = words(&record).skip(1);
        let mut next = || words.next().unwrap_or(0);
        Ok(Context { input: next(), data: next(), entrypoint: next(), result: next() })
    }

    /// Writes a context.
    pub(crate) fn set_context(&self, host: &mut impl Host, address: u32, context: Context) -> Result<(), Abort> {
        let Context { input, data, entrypoint, result } = context;
        let words = [u32::from_le_bytes(CONTEXT), input, data, entrypoint, result];
        if host.write(address, &bytes_of::<5, 20>(words)) { Ok(()) } else { Err(full()) }
    }
}
