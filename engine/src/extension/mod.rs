//! Functions of the host: what `extern fn` declares. They are Rust functions ([`native`]) or, with the feature
//! `extensions`, functions of WASM modules (`wasm`), which to the machine are native ones.

pub mod native;
#[cfg(feature = "extensions")]
pub mod wasm;
