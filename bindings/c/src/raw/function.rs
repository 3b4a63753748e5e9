//! Functions of the host for `extern fn`.

use super::call;
use super::pointer::bytes;
use crate::fault::{Fault, Status};
use plimsoll::engine::extension::native::Native;
use serde_json::Value;
use std::ffi::c_void;

/// Where a function of the host puts its answer; good during its call alone.
pub struct Answer {
    bytes: Vec<u8>,
}

/// A function of the host: `args` is a JSON list. It gives 0 and writes JSON to `answer`, or gives something else and writes why, in
/// words. Threads call it at the same time, and equal arguments must give equal answers. It must not throw.
pub type Function = Option<
    unsafe extern "C-unwind" fn(user: *mut c_void, args: *const u8, args_len: usize, answer: *mut Answer) -> i32,
>;

/// What is called with the `user` of a function that nothing can call any more. It must not throw.
pub type Drop = Option<unsafe extern "C-unwind" fn(user: *mut c_void)>;

/// A function with its `user`.
pub(crate) struct Host {
    function: unsafe extern "C-unwind" fn(*mut c_void, *const u8, usize, *mut Answer) -> i32,
    user: *mut c_void,
    drop: Drop,
}

// SAFETY: `user` is only handed to functions of the host, which the header asks to be ready for all threads.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    /// Of what the host says, unless the function is NULL.
    pub(crate) fn new(function: Function, user: *mut c_void, drop: Drop) -> Option<Host> {
        Some(Host { function: function?, user, drop })
    }
}

impl std::ops::Drop for Host {
    fn drop(&mut self) {
        if let Some(drop) = self.drop {
            // SAFETY: the host gave both for each other; this happens once.
            unsafe { drop(self.user) };
        }
    }
}

impl Native for Host {
    fn call(&self, args: &[Value]) -> Result<Value, String> {
        let args = serde_json::to_vec(args).map_err(|e| e.to_string())?;
        let mut answer = Answer { bytes: Vec::new() };
        // SAFETY: the host gave both for each other; args and answer live during the call.
        let status = unsafe { (self.function)(self.user, args.as_ptr(), args.len(), &raw mut answer) };
        if status == 0 {
            serde_json::from_slice(&answer.bytes).map_err(|e| format!("the answer is no JSON: {e}"))
        } else {
            Err(String::from_utf8_lossy(&answer.bytes).into_owned())
        }
    }
}

/// Adds bytes to an answer.
///
/// # Safety
/// `answer` is NULL or what the function of the host was called with, in that call; so many bytes can be read at `data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_answer_write(answer: *mut Answer, data: *const u8, len: usize) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(std::ptr::null_mut(), || {
            let answer = answer.as_mut().ok_or_else(|| Fault::new(Status::Handle, "this is no answer"))?;
            answer.bytes.extend_from_slice(bytes(data, len)?);
            Ok(())
        })
    }
}
