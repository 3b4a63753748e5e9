//! JSON that is the same everywhere and can be shown anywhere: the one writer of decisions and reports.
//!
//! Names and messages come from whoever wrote the object. INVARIANT: what is written has no control character and none that
//! is not seen or turns the direction of text round; such characters stand as `\u` escapes.

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use std::io::{self, Write};

/// Control characters (of both sets), line and paragraph separators, and what turns the direction of text round or is not
/// seen. All are below U+10000.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Writes a value in one line.
///
/// # Errors
/// What the writer says.
pub fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    with(value, out, CompactFormatter)
}

/// Writes a value with line ends and indentation.
///
/// # Errors
/// What the writer says.
pub fn write_pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    with(value, out, PrettyFormatter::new())
}

/// A value in one line.
#[must_use]
pub fn to_vec(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    append(value, &mut out);
    out
}

/// Appends a value in one line. Without a call through a table for each comma, so it is compiled apart from [`write()`].
pub fn append(value: &impl Serialize, out: &mut Vec<u8>) {
    // What is written here is made of texts, numbers and maps with text keys: it always has a JSON form.
    let _ = with(value, out, CompactFormatter);
}

fn with<W: Write>(value: &impl Serialize, out: W, formatter: impl Formatter) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, Shown(formatter));
    value.serialize(&mut serializer).map_err(io::Error::from)
}

/// A formatter whose texts have no hidden characters.
struct Shown<F>(F);

/// Calls that are those of the formatter inside.
macro_rules! pass {
    ($($name:ident($($arg:ident: $ty:ty),*)),* $(,)?) => {$(
        fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $arg: $ty)*) -> io::Result<()> {
            self.0.$name(writer $(, $arg)*)
        }
    )*};
}

impl<F: Formatter> Formatter for Shown<F> {
    pass!(
        begin_array(),
        end_array(),
        begin_array_value(first: bool),
        end_array_value(),
        begin_object(),
        end_object(),
        begin_object_key(first: bool),
        end_object_key(),
        begin_object_value(),
        end_object_value(),
    );

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|b| matches!(b, 0x20..0x7f)) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            writer.write_all(before.as_bytes())?;
            write!(writer, "\\u{:04x}", u32::from(c))?;
            rest = from.get(c.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escapes_and_read_as_they_were() {
        let text = "a\u{1b}b\u{7f}c\u{9f}d\u{202e}e\u{2066}f\u{2028}g\u{200e}h\u{61c}i\u{feff}\tj\"straße\\ 🚢";
        let json = String::from_utf8(to_vec(&text)).unwrap();
        assert_eq!(json, r#""a\u001bb\u007fc\u009fd\u202ee\u2066f\u2028g\u200eh\u061ci\ufeff\tj\"straße\\ 🚢""#);
        assert!(!json.chars().any(is_hidden));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn layout_is_that_of_serde() {
        let value = serde_json::json!({ "a": [1, { "b": null }, []], "c": {}, "d": "x" });
        let mut pretty = Vec::new();
        write_pretty(&value, &mut pretty).unwrap();
        assert_eq!(pretty, serde_json::to_vec_pretty(&value).unwrap());
        assert_eq!(to_vec(&value), serde_json::to_vec(&value).unwrap());
    }
}
