//! What is not safe by itself: exports, imports, the memory, the heap. Each block says why it is sound. A module has one
//! thread: nothing here is ever run twice at once.
#![expect(unsafe_code, reason = "a WASM module's memory, imports and exports")]

mod exports;
mod heap;
mod memory;
