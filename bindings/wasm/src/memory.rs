//! Memory that the host may write to: whole allocations, known by their address.
//!
//! INVARIANT: only bytes of a live allocation are ever read for the host, so no address that it invents reaches anything else,
//! and reading needs no `unsafe`.

use crate::answer::{Fault, Status};
use std::collections::BTreeMap;

/// The largest allocation. No input is as large, and a host that asks for more has lost its way.
const MAX: usize = 512 << 20;

/// The allocations that live.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    live: BTreeMap<usize, Box<[u8]>>,
}

impl Memory {
    /// Takes memory for so many bytes; its address, or 0 where there is not so much.
    pub(crate) fn alloc(&mut self, len: usize) -> usize {
        let mut bytes: Vec<u8> = Vec::new();
        // An allocation of nothing has an address of its own as well.
        let len = len.max(1);
        if len > MAX || bytes.try_reserve_exact(len).is_err() {
            return 0;
        }
        bytes.resize(len, 0);
        let mut bytes = bytes.into_boxed_slice();
        let address = bytes.as_mut_ptr().expose_provenance();
        self.live.insert(address, bytes);
        address
    }

    /// Gives memory back; false if there is none of that address.
    pub(crate) fn free(&mut self, address: usize) -> bool {
        self.live.remove(&address).is_some()
    }

    /// The first bytes of an allocation. Nothing may stand anywhere.
    pub(crate) fn read(&self, address: usize, len: usize) -> Result<&[u8], Fault> {
        if len == 0 {
            return Ok(&[]);
        }
        let bytes = self.live.get(&address).and_then(|bytes| bytes.get(..len));
        bytes.ok_or_else(|| Fault::new(Status::Memory, format!("there are no {len} bytes at {address} to be read")))
    }

    /// The same as text.
    pub(crate) fn text(&self, address: usize, len: usize) -> Result<&str, Fault> {
        let text = std::str::from_utf8(self.read(address, len)?);
        text.map_err(|_| Fault::new(Status::Argument, "a name is not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lives_is_read() {
        let mut memory = Memory::default();
        let (a, b) = (memory.alloc(4), memory.alloc(0));
        assert!(a != 0 && b != 0 && a != b);
        assert_eq!(memory.read(a, 4).unwrap(), [0; 4]);
        assert_eq!(memory.read(12345, 0).unwrap(), [0; 0]);
        for (address, len) in [(a, 5), (a, usize::MAX), (a + 1, 1), (0, 1), (usize::MAX, 1), (b, 2)] {
            assert_eq!(memory.read(address, len).unwrap_err().status, Status::Memory);
        }
        assert!(memory.free(a));
        assert!(!memory.free(a) && !memory.free(0));
        assert!(memory.read(a, 1).is_err());
        assert_eq!([memory.alloc(usize::MAX), memory.alloc(MAX + 1)], [0; 2]);
    }
}
