//! YAML: never a panic, places within the text, the same values when written as JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_engine::document::comments;
use plimsoll_engine::document::{Format, Limits};
use plimsoll_fuzz::{read_as, same_as_json};

fuzz_target!(|bytes: &[u8]| {
    same_as_json(bytes);
    let source = read_as(Format::Auto, bytes).source;
    let _ = comments(&source, Limits::default());
});
