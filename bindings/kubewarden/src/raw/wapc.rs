//! waPC: the host calls `__guest_call`, the guest fetches what it is asked and hands over its answer.
//!
//! Source: the waPC specification; <https://docs.kubewarden.io/reference/spec/>.

use crate::guest::Guest;
use crate::host::Host;
use std::sync::Mutex;

#[link(wasm_import_module = "wapc")]
unsafe extern "C" {
    fn __guest_request(operation: *mut u8, payload: *mut u8);
    fn __guest_response(answer: *const u8, len: usize);
    fn __guest_error(text: *const u8, len: usize);
    fn __host_call(
        binding: *const u8,
        binding_len: usize,
        namespace: *const u8,
        namespace_len: usize,
        operation: *const u8,
        operation_len: usize,
        payload: *const u8,
        payload_len: usize,
    ) -> usize;
    fn __host_response_len() -> usize;
    fn __host_response(to: *mut u8);
    fn __host_error_len() -> usize;
    fn __host_error(to: *mut u8);
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u32;
}

#[link(wasm_import_module = "plimsoll")]
unsafe extern "C" {
    fn bundle_len() -> usize;
    fn bundle_copy(to: *mut u8);
}

/// The clock of the day, in WASI.
const REALTIME: u32 = 0;
/// Of what this host gives, policies use what belongs to Kubernetes.
const BINDING: &[u8] = b"kubewarden";
const NAMESPACE: &[u8] = b"kubernetes";

/// The host that a module is in.
struct Module;

static GUEST: Mutex<Guest<Module>> = Mutex::new(Guest::new(Module));

impl Host for Module {
    fn bundle(&self) -> Vec<u8> {
        // SAFETY: the embedder's function; it has no effect.
        let len = unsafe { bundle_len() };
        // SAFETY: the embedder's function writes `bundle_len` bytes.
        filled(len, |to| unsafe { bundle_copy(to) })
    }

    fn now(&self) -> Option<i64> {
        let mut time = 0;
        // SAFETY: WASI's function writes one u64, which is there.
        let error = unsafe { clock_time_get(REALTIME, 1, &raw mut time) };
        i64::try_from(time).ok().filter(|_| error == 0)
    }

    fn kubernetes(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        // SAFETY: the host reads the four texts, which are there.
        let done = unsafe {
            __host_call(
                BINDING.as_ptr(),
                BINDING.len(),
                NAMESPACE.as_ptr(),
                NAMESPACE.len(),
                operation.as_ptr(),
                operation.len(),
                payload.as_ptr(),
                payload.len(),
            )
        };
        if done == 1 {
            // SAFETY: the host's function; it has no effect.
            let len = unsafe { __host_response_len() };
            // SAFETY: the host writes so many bytes as it said.
            Ok(filled(len, |to| unsafe { __host_response(to) }))
        } else {
            // SAFETY: as above.
            let len = unsafe { __host_error_len() };
            // SAFETY: as above.
            let text = filled(len, |to| unsafe { __host_error(to) });
            Err(String::from_utf8_lossy(&text).into_owned())
        }
    }
}

/// Bytes that somebody writes.
fn filled(len: usize, fill: impl FnOnce(*mut u8)) -> Vec<u8> {
    let mut bytes = vec![0; len];
    fill(bytes.as_mut_ptr());
    bytes
}

/// Answers what the host asks: 1, or 0 and an error.
// SAFETY: the name is waPC's, and nothing else in a module of this crate has it.
#[unsafe(no_mangle)]
extern "C" fn __guest_call(operation_len: usize, payload_len: usize) -> i32 {
    let (mut operation, mut payload) = (vec![0; operation_len], vec![0; payload_len]);
    // SAFETY: the host writes so many bytes as it said, and they are there.
    unsafe { __guest_request(operation.as_mut_ptr(), payload.as_mut_ptr()) };
    let answer = match GUEST.try_lock() {
        Ok(mut guest) => guest.call(&operation, &payload),
        Err(_) => Err("an earlier call did not come to its end".to_owned()),
    };
    match answer {
        Ok(answer) => {
            // SAFETY: the host reads the answer, which is there.
            unsafe { __guest_response(answer.as_ptr(), answer.len()) };
            1
        }
        Err(text) => {
            // SAFETY: the host reads the text, which is there.
            unsafe { __guest_error(text.as_ptr(), text.len()) };
            0
        }
    }
}
