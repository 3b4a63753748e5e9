//! An extension for Plimsoll, in Rust: which known name does a name imitate?
//!
//! `docker.lo`, `reglstry.k8s.io` and `gchr.io` are one slip away from registries that people trust. The module implements
//! `extern fn lookalike(name: string, known: list<string>) -> string?`.
//!
//! Build: `cargo build --release --target wasm32-unknown-unknown`

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version of the extension ABI.
#[unsafe(no_mangle)]
pub extern "C" fn plimsoll_abi() -> i32 {
    1
}

/// Memory for arguments. Each call has an instance of its own, so nothing is ever given back.
#[unsafe(no_mangle)]
pub extern "C" fn plimsoll_alloc(len: usize) -> *mut u8 {
    vec![0; len].leak().as_mut_ptr()
}

/// The host calls this one.
///
/// # Safety
/// `at` and `len` are those of memory that `plimsoll_alloc` gave.
#[unsafe(export_name = "lookalike")]
pub unsafe extern "C" fn lookalike_wasm(at: *const u8, len: usize) -> u64 {
    // SAFETY: as above.
    let args = unsafe { std::slice::from_raw_parts(at, len) };
    answer(args, |(name, known): (String, Vec<String>)| Ok(lookalike(&name, &known)))
}

/// Reads the arguments, calls, and leaves `{"ok": …}` or `{"error": "…"}` in memory: its address and length.
fn answer<A: DeserializeOwned, R: Serialize>(args: &[u8], call: impl FnOnce(A) -> Result<R, String>) -> u64 {
    let result = serde_json::from_slice(args).map_err(|e| e.to_string()).and_then(call);
    let json = match result {
        Ok(value) => serde_json::json!({ "ok": value }),
        Err(why) => serde_json::json!({ "error": why }),
    };
    let text = json.to_string().into_bytes().leak();
    ((text.as_ptr() as u64) << 32) | text.len() as u64
}

/// The known name that this one is one slip away from (a letter more, less, another one, or two that changed places), or
/// looks like (`rn` for `m`, `0` for `o`, `1` for `l`), without being it.
pub fn lookalike(name: &str, known: &[String]) -> Option<String> {
    let name = name.to_lowercase();
    if known.iter().any(|k| *k == name) {
        return None;
    }
    known.iter().find(|k| looks(&name) == looks(k) || one_slip(&name, k)).cloned()
}

/// A name with the characters that look alike made the same.
fn looks(name: &str) -> String {
    name.replace("rn", "m").replace("vv", "w").replace('0', "o").replace(['1', 'i'], "l").replace('5', "s")
}

fn one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([x, y, left @ ..], [z, w, right @ ..]) if x == w && y == z && left == right => true,
        ([_, left @ ..], [_, right @ ..]) if left == right => true,
        ([_, left @ ..], right) if left == right => true,
        (left, [_, right @ ..]) if left == right => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_imitate() {
        let known = ["docker.io", "ghcr.io", "registry.k8s.io"].map(String::from);
        for (name, imitated) in [
            ("docker.lo", Some("docker.io")),
            ("d0cker.io", Some("docker.io")),
            ("gchr.io", Some("ghcr.io")),
            ("registry.k8s.lo", Some("registry.k8s.io")),
            ("registri.k8s.io", Some("registry.k8s.io")),
            ("Docker.io", None),
            ("docker.io", None),
            ("example.com", None),
            ("", None),
        ] {
            assert_eq!(lookalike(name, &known).as_deref(), imitated, "{name}");
        }
    }
}
