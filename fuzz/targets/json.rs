//! JSON: never a panic, places within the text, the same values as serde_json.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_engine::document::Format;
use plimsoll_fuzz::{errors, places, read_as, same_as_serde};

fuzz_target!(|bytes: &[u8]| {
    same_as_serde(bytes);
    let lines = read_as(Format::JsonLines, bytes);
    errors(&lines);
    lines.documents.iter().for_each(|document| places(document));
});
