//! Rust's heap: below the border, and, while a call lasts, above all that the host has.
//!
//! Until [`freeze`] the heap grows as any. Then the memory above is the host's, who writes there without asking. When the
//! heap is full, a second one is opened above the arena's pointer; it has to be empty at the end of each call
//! ([`settle`]), so that the host never writes over anything of Rust's.

use dlmalloc::{Allocator, Dlmalloc};
use std::alloc::{GlobalAlloc, Layout};
use std::arch::wasm32::{memory_grow, memory_size};
use std::cell::UnsafeCell;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes of a page.
pub(super) const PAGE: usize = 1 << 16;
/// What the heap may grow below the border beyond twice what the engine needed.
const HEADROOM: usize = 4 << 20;

/// The end of what the first heap has; 0 before its first growth.
static BREAK: AtomicUsize = AtomicUsize::new(0);
/// Where it began.
static BASE: AtomicUsize = AtomicUsize::new(0);
/// The first heap's end for ever, and where the arena begins.
static BORDER: AtomicUsize = AtomicUsize::new(usize::MAX);
/// Where the second heap may begin.
static FLOOR: AtomicUsize = AtomicUsize::new(usize::MAX);
/// Where it begins and ends; 0 if there is none.
static SPILL: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];
/// How many of its blocks are in use.
static LIVE: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" {
    static __heap_base: u8;
}

/// The bytes of the memory.
pub(super) fn size() -> usize {
    memory_size::<0>().saturating_mul(PAGE)
}

/// Sees that the memory has so many bytes.
pub(super) fn grow_to(end: usize) -> bool {
    let missing = end.saturating_sub(size());
    missing == 0 || memory_grow::<0>(missing.div_ceil(PAGE)) != usize::MAX
}

/// Takes bytes from `at` on, at most up to a limit; gives the new end.
fn take(at: usize, size: usize, limit: usize) -> Option<usize> {
    let end = at.checked_add(size).filter(|end| *end <= limit)?;
    grow_to(end).then_some(end)
}

/// Gives the first heap pages from its end on.
struct Below;
/// Gives the second heap pages above all that the host has.
struct Above;

// SAFETY: `alloc` gives memory from BREAK to the new BREAK, once: BREAK only goes up. It begins at `__heap_base`, behind
// everything that the linker placed, and stays below BORDER, above which only the arena and `Above` give memory. Nothing is
// ever given back.
unsafe impl Allocator for Below {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        if BREAK.load(Relaxed) == 0 {
            let base = (&raw const __heap_base).expose_provenance().next_multiple_of(16);
            BASE.store(base, Relaxed);
            BREAK.store(base, Relaxed);
        }
        let start = BREAK.load(Relaxed);
        let Some(end) = take(start, size, BORDER.load(Relaxed)) else { return (null_mut(), 0, 0) };
        BREAK.store(end, Relaxed);
        (std::ptr::with_exposed_provenance_mut(start), size, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        // The host may have written to the memory before.
        false
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}

// SAFETY: `alloc` gives memory from the end of SPILL to its new end, once until `settle` has seen that none is in use. It
// begins above FLOOR, which is the arena's pointer: the arena reads and writes below it, and, as long as there is a SPILL,
// above its end only (`memory` checks that). The host does not run while a call lasts.
unsafe impl Allocator for Above {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let [start, end] = &SPILL;
        if start.load(Relaxed) == 0 {
            let Some(at) = FLOOR.load(Relaxed).checked_next_multiple_of(PAGE) else { return (null_mut(), 0, 0) };
            start.store(at, Relaxed);
            end.store(at, Relaxed);
        }
        let at = end.load(Relaxed).max(top_of_arena());
        let Some(new) = take(at, size, usize::MAX) else { return (null_mut(), 0, 0) };
        end.store(new, Relaxed);
        (std::ptr::with_exposed_provenance_mut(at), size, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        false
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}

/// The arena's pointer, to the next page.
fn top_of_arena() -> usize {
    FLOOR.load(Relaxed).checked_next_multiple_of(PAGE).unwrap_or(usize::MAX)
}

/// Both heaps.
struct Heaps {
    below: UnsafeCell<Dlmalloc<Below>>,
    above: UnsafeCell<Dlmalloc<Above>>,
}

// SAFETY: a module of `wasm32-unknown-unknown` without atomics has one thread.
unsafe impl Sync for Heaps {}

#[global_allocator]
static HEAPS: Heaps = Heaps {
    below: UnsafeCell::new(Dlmalloc::new_with_allocator(Below)),
    above: UnsafeCell::new(Dlmalloc::new_with_allocator(Above)),
};

fn is_below(block: *mut u8) -> bool {
    block.addr() < BORDER.load(Relaxed)
}

/// Counts a block of the second heap.
fn counted(block: *mut u8) -> *mut u8 {
    if !block.is_null() {
        LIVE.store(LIVE.load(Relaxed).saturating_add(1), Relaxed);
    }
    block
}

// SAFETY: all is `Dlmalloc`'s, with sizes and alignments as they come. A block goes back to the heap that it is of: those of
// the first are below BORDER, which changes once, to above all that it has given; those of the second are above. No reference
// to a heap outlives a function, and none of these functions calls another that makes one.
unsafe impl GlobalAlloc for Heaps {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above; the layout's size is not zero.
        unsafe {
            let block = (*self.below.get()).malloc(layout.size(), layout.align());
            if !block.is_null() || BORDER.load(Relaxed) == usize::MAX {
                return block;
            }
            counted((*self.above.get()).malloc(layout.size(), layout.align()))
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe {
            let block = (*self.below.get()).calloc(layout.size(), layout.align());
            if !block.is_null() || BORDER.load(Relaxed) == usize::MAX {
                return block;
            }
            counted((*self.above.get()).calloc(layout.size(), layout.align()))
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above; the block was allocated with this layout.
        unsafe {
            if is_below(block) {
                (*self.below.get()).free(block, layout.size(), layout.align());
            } else {
                (*self.above.get()).free(block, layout.size(), layout.align());
                LIVE.store(LIVE.load(Relaxed).saturating_sub(1), Relaxed);
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above. Where the block has to move from the first heap to the second, the new one has at least as many
        // bytes as are copied, and they are not the same.
        unsafe {
            if !is_below(block) {
                return (*self.above.get()).realloc(block, layout.size(), layout.align(), size);
            }
            let new = (*self.below.get()).realloc(block, layout.size(), layout.align(), size);
            if !new.is_null() || BORDER.load(Relaxed) == usize::MAX {
                return new;
            }
            let new = counted((*self.above.get()).malloc(size, layout.align()));
            if !new.is_null() {
                std::ptr::copy_nonoverlapping(block, new, layout.size().min(size));
                (*self.below.get()).free(block, layout.size(), layout.align());
            }
            new
        }
    }
}

/// Ends the growth of the first heap; gives the border.
pub(super) fn freeze() -> usize {
    let (base, end) = (BASE.load(Relaxed), BREAK.load(Relaxed));
    let used = end.saturating_sub(base);
    let border = end.saturating_add(used).saturating_add(HEADROOM).next_multiple_of(PAGE);
    BORDER.store(border, Relaxed);
    FLOOR.store(border, Relaxed);
    border
}

/// Where the arena begins; `usize::MAX` before [`freeze`].
pub(super) fn border() -> usize {
    BORDER.load(Relaxed)
}

/// The second heap opens above this address.
pub(super) fn keep_below(top: usize) {
    FLOOR.store(top, Relaxed);
}

/// Where the second heap is, if there is one.
pub(super) fn spill() -> Option<(usize, usize)> {
    let [start, end] = SPILL.each_ref().map(|at| at.load(Relaxed));
    (start != 0).then_some((start, end))
}

/// Closes the second heap if nothing is in it; true if there is none.
pub(super) fn settle() -> bool {
    if LIVE.load(Relaxed) != 0 {
        return false;
    }
    if spill().is_some() {
        // SAFETY: no block of it is in use; there is no other reference to it.
        unsafe { *HEAPS.above.get() = Dlmalloc::new_with_allocator(Above) };
        SPILL.iter().for_each(|at| at.store(0, Relaxed));
    }
    true
}
