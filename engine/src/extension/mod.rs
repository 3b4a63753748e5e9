//! Functions of the host: what `extern fn` declares.

pub mod native;
