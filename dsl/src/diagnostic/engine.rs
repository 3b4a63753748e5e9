//! Codes of the engine and of scans (bundles, settings, inputs, evaluation, limits, notes): their long texts, for `plimsoll explain`.
//!
//! The engine raises them and knows nothing of these texts; a test compares the two lists.

/// A code of the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EngineCode {
    /// `E0703`
    pub id: &'static str,
    /// What it means, in one line.
    pub title: &'static str,
    /// The long text.
    pub text: &'static str,
}

macro_rules! engine_codes {
    ($($code:ident $title:literal)*) => {
        /// All codes of the engine.
        pub const ENGINE_CODES: &[EngineCode] = &[$(EngineCode {
            id: stringify!($code),
            title: $title,
            text: include_str!(concat!("explain/", stringify!($code), ".md")),
        },)*];
    };
}

engine_codes! {
    E0610 "there is no profile of that name"
    E0611 "there is no policy of that name"
    E0612 "there is no parameter of that name"
    E0613 "no policy asks for the data"
    E0614 "a parameter cannot be set to this value"
    E0615 "a parameter has no default and was not set"
    E0616 "a required data document was not given"
    E0617 "a data document is not as policies expect it"
    E0618 "two profiles set one parameter to different values"
    E0619 "whether a policy is enabled cannot be told"
    E0620 "the name of a `[[use]]` entry is taken"
    E0621 "the program cannot be run"
    E0622 "an extension cannot be used"
    E0623 "no policy asks for a function of that name"
    E0630 "this is no compiled bundle"
    E0631 "the compiled bundle has another format version"
    E0632 "the compiled bundle is damaged"
    E0633 "the program cannot be written"
    E0634 "the program is not well formed"
    E0701 "the text is not JSON"
    E0702 "the text is not YAML"
    E0703 "a value has another type than its field"
    E0704 "the input is larger or deeper than the limits allow"
    E0705 "a key stands twice in one map"
    E0706 "the input is not UTF-8 text"
    E0707 "the input is a template that has still to be filled in"
    E0708 "a YAML value has no JSON form"
    E0709 "the input cannot be read"
    E0710 "the document is no Kubernetes object"
    E0711 "a suppression is not complete"
    E0801 "an operator or function got a value that it is not for"
    E0802 "a policy failed on purpose"
    E0803 "arithmetic has no result"
    E0804 "two values stand under one key"
    E0805 "a value of the wrong type was read"
    E0806 "a required field is missing"
    E0807 "a function of the host is missing or failed"
    E0901 "the evaluation used up its fuel"
    E0902 "the evaluation used up its memory"
    E0903 "there are more findings than the limit"
    E0909 "internal error"
    W0701 "a suppression suppresses nothing"
    W0702 "the version of a kind is not known"
    W0703 "an exception is over"
    W0704 "an exception names a policy that is not there"
}

/// The long text of any code, of the compiler or the engine.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    let of_compiler =
        super::Code::ALL.iter().find(|known| known.id().eq_ignore_ascii_case(code)).map(|known| known.text());
    of_compiler
        .or_else(|| ENGINE_CODES.iter().find(|known| known.id.eq_ignore_ascii_case(code)).map(|known| known.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_engine::document::error::KINDS;

    #[test]
    fn every_code_of_an_input_error_has_a_text() {
        for (_, code, _) in KINDS {
            assert!(explain(code).is_some_and(|text| text.starts_with(&format!("# {code}: "))), "{code}");
        }
    }

    #[test]
    fn no_code_is_used_twice() {
        let compiler = super::super::Code::ALL.iter().map(|code| code.id());
        let mut ids: Vec<&str> = compiler.chain(ENGINE_CODES.iter().map(|code| code.id)).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
