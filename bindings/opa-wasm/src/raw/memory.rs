//! The memory of the module as the rest sees it.

use super::heap;
use crate::host::Host;

#[link(wasm_import_module = "plimsoll")]
unsafe extern "C" {
    fn bundle_len() -> usize;
    fn bundle_copy(to: *mut u8);
}

/// The one memory.
pub(super) struct Linear;

/// True if these bytes are the arena's: there, above the border, and not where the second heap is.
fn is_arena(start: usize, len: usize) -> bool {
    let Some(end) = start.checked_add(len) else { return false };
    let apart = heap::spill().is_none_or(|(from, to)| end <= from || start >= to);
    start >= heap::border() && end <= heap::size() && apart
}

impl Host for Linear {
    fn bundle(&self) -> Vec<u8> {
        // SAFETY: the embedder's function; it has no effect.
        let len = unsafe { bundle_len() };
        let mut bundle = vec![0; len];
        // SAFETY: the embedder's function writes `bundle_len` bytes, which are there.
        unsafe { bundle_copy(bundle.as_mut_ptr()) };
        bundle
    }

    fn freeze(&mut self) -> u32 {
        u32::try_from(heap::freeze()).unwrap_or(u32::MAX)
    }

    fn size(&self) -> u64 {
        heap::size().try_into().unwrap_or(u64::MAX)
    }

    fn grow_to(&mut self, end: u64) -> bool {
        usize::try_from(end).is_ok_and(heap::grow_to)
    }

    fn read(&self, address: u32, len: u32) -> Option<Vec<u8>> {
        let (address, len) = (usize::try_from(address).ok()?, usize::try_from(len).ok()?);
        let mut bytes = vec![0; len];
        if !is_arena(address, len) {
            return None;
        }
        let from: *const u8 = std::ptr::with_exposed_provenance(address);
        // SAFETY: the bytes are there, and the arena's, which Rust's heap has none of (`heap`); so they are not the new ones
        // either (those are asked for before). Any byte is a byte.
        unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), len) };
        Some(bytes)
    }

    fn write(&mut self, address: u32, bytes: &[u8]) -> bool {
        let Some(address) = usize::try_from(address).ok().filter(|at| is_arena(*at, bytes.len())) else { return false };
        let to: *mut u8 = std::ptr::with_exposed_provenance_mut(address);
        // SAFETY: as for `read`: the place is the arena's, and `bytes` are not.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        true
    }

    fn keep_below(&mut self, top: u32) {
        heap::keep_below(usize::try_from(top).unwrap_or(usize::MAX));
    }

    fn spilled(&self) -> Option<u32> {
        heap::spill().map(|(_, end)| u32::try_from(end).unwrap_or(u32::MAX))
    }

    fn settle(&mut self) -> bool {
        heap::settle()
    }
}
