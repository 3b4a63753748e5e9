//! The memory of the module is its host's: OPA's ABI has it as an import, and as an export since 1.1.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo::rustc-cdylib-link-arg=--import-memory");
        println!("cargo::rustc-cdylib-link-arg=--export-memory");
    }
}
