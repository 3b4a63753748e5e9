//! Policy texts: parser, checker, compiler, formatter, machine.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static DOCUMENTS: LazyLock<Vec<(String, String)>> =
    LazyLock::new(|| vec![("most.yaml".to_owned(), include_str!("../../tests/cases/most.yaml").to_owned())]);

fuzz_target!(|text: &str| plimsoll_fuzz::policy(text, &DOCUMENTS));
