//! What is not safe by itself: the imports and exports of the protocol. Each block says why it is sound. A module has one
//! thread: nothing here is ever run twice at once.
#![expect(unsafe_code, reason = "a WASM module's imports and exports")]

mod wapc;
