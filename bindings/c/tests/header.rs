//! The header is the one that cbindgen makes. `PLIMSOLL_BLESS=1` writes it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

#[test]
fn the_header_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in ["src/fault.rs", "src/raw/function.rs", "src/raw/mod.rs"] {
        builder = builder.with_src(root.join(file));
    }
    let mut made = Vec::new();
    builder.generate().unwrap().write(&mut made);
    let path = root.join("include/plimsoll.h");
    if std::env::var_os("PLIMSOLL_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let made = String::from_utf8(made).unwrap();
    assert!(made.contains("plimsoll_evaluator_decide("));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), made);
}
