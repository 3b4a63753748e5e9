//! Pointers of the host ↔ Rust values. A handle is a box that begins with the tag of its kind.

use crate::fault::{Fault, Status};
use std::sync::atomic::{AtomicU64, Ordering};

/// A kind of handle.
pub(crate) trait Kind {
    /// What is behind it.
    type Value;
    /// What memory of this kind begins with.
    const TAG: u64;
    /// As it is called in messages.
    const NAME: &'static str;
}

/// What a handle points to.
#[repr(C)]
struct Shell<T> {
    tag: AtomicU64,
    value: T,
}

/// The tag of what was freed.
const DEAD: u64 = 0;

/// A handle of a value; the host owns it.
pub(crate) fn give<K: Kind>(value: K::Value) -> *mut K {
    Box::into_raw(Box::new(Shell { tag: AtomicU64::new(K::TAG), value })).cast()
}

/// The value of a handle.
///
/// # Safety
/// The pointer is NULL, or one that [`give`] gave (of any kind) and nobody frees while the value is in use.
pub(crate) unsafe fn look<'a, K: Kind>(handle: *const K) -> Result<&'a K::Value, Fault> {
    let wrong = || Fault::new(Status::Handle, format!("this is no {}", K::NAME));
    if handle.is_null() || !handle.cast::<Shell<K::Value>>().is_aligned() {
        return Err(wrong());
    }
    // SAFETY: not NULL, so it is of `give`, and every shell begins with its tag.
    let tag = unsafe { &*handle.cast::<AtomicU64>() };
    if tag.load(Ordering::Acquire) != K::TAG {
        return Err(wrong());
    }
    // SAFETY: the tag says that the shell is one of this kind; it lives as long as the caller says.
    Ok(unsafe { &(*handle.cast::<Shell<K::Value>>()).value })
}

/// Frees a handle; NULL is none.
///
/// # Safety
/// As [`look`], and nobody uses the handle now or later.
pub(crate) unsafe fn free<K: Kind>(handle: *mut K) -> Result<(), Fault> {
    if handle.is_null() {
        return Ok(());
    }
    // SAFETY: as the caller says.
    unsafe { look::<K>(handle) }?;
    let shell = handle.cast::<Shell<K::Value>>();
    // SAFETY: `look` found a shell of this kind.
    let tag = unsafe { &(*shell).tag };
    // Of two threads that free at once, one is told.
    tag.compare_exchange(K::TAG, DEAD, Ordering::AcqRel, Ordering::Acquire)
        .map_err(|_| Fault::new(Status::Handle, format!("the {} was freed", K::NAME)))?;
    // SAFETY: `give` made it of a box of this type, and this thread alone changed the tag.
    drop(unsafe { Box::from_raw(shell) });
    Ok(())
}

/// Bytes of the host. NULL is no bytes, if the length is 0.
///
/// # Safety
/// The pointer is NULL, or so many bytes can be read there while they are in use.
pub(crate) unsafe fn bytes<'a>(data: *const u8, len: usize) -> Result<&'a [u8], Fault> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Fault::new(Status::Argument, "a pointer is NULL, and its length is not 0"));
    }
    if isize::try_from(len).is_err() {
        return Err(Fault::new(Status::Argument, "a length is greater than any memory"));
    }
    // SAFETY: not NULL, no greater than `isize::MAX`, and readable as the caller says; bytes have no alignment.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// A text of the host.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn text<'a>(data: *const u8, len: usize) -> Result<&'a str, Fault> {
    // SAFETY: as the caller says.
    let bytes = unsafe { bytes(data, len) }?;
    std::str::from_utf8(bytes).map_err(|_| Fault::new(Status::Argument, "a text is not UTF-8"))
}

/// Refuses a NULL where an answer is to be put.
pub(crate) fn place<T>(out: *mut T) -> Result<*mut T, Fault> {
    if out.is_null() { Err(Fault::new(Status::Argument, "the place for an answer is NULL")) } else { Ok(out) }
}
