//! A stack for passes that recurse over trees.
//!
//! INVARIANT: no tree that is made of a text is deeper than `parse::MAX_DEPTH` and `check::MAX_DEPTH` allow, and what these allow
//! fits the stack that passes run on, whatever thread they are called from.

/// Enough for `check::MAX_DEPTH` and a tree of `parse::MAX_DEPTH`.
#[cfg(not(target_family = "wasm"))]
const STACK: usize = 256 << 20;

/// Runs on a thread with a stack that every tree within the limits fits.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn on_big_stack<T: Send>(mut work: impl FnMut() -> T + Send) -> T {
    let run = &mut work;
    let done = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("compile".into()).stack_size(STACK);
        thread.spawn_scoped(scope, run).ok().map(std::thread::ScopedJoinHandle::join)
    });
    match done {
        Some(Ok(out)) => out,
        Some(Err(panic)) => std::panic::resume_unwind(panic),
        // No thread was to be had: this stack must do.
        None => work(),
    }
}

/// WASM modules get their stack size when they are linked.
#[cfg(target_family = "wasm")]
pub(crate) fn on_big_stack<T>(mut work: impl FnMut() -> T) -> T {
    work()
}
