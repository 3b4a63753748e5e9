//! Plimsoll as a C library: opaque handles, a status from every call, bytes with their lengths.
//!
//! A handle is checked before it is used: NULL and handles of another kind are a status. What is inside stands behind a lock, so
//! that a thread that comes too early is told, and what a panic left half done is never used again. All that touches pointers is in
//! [`raw`]; `calls` is the same over Rust values. The header `include/plimsoll.h` is made of [`raw`] by cbindgen.
#![deny(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic"))]

mod calls;
mod fault;
pub mod raw;
