//! What a YAML scalar means, as Kubernetes reads it: sigs.k8s.io/yaml, which is go-yaml v2 and then `encoding/json`.
//!
//! Two steps, like upstream: [`resolve`] gives the YAML type (go-yaml v2 `resolve.go`), [`Yaml::json`] and [`Yaml::key`]
//! what is left of it in JSON (sigs.k8s.io/yaml `yaml.go`, Go `encoding/json`). The tests hold the table, cell by cell,
//! each row with its upstream source.

use super::build::Scalar;
use base64::Engine as _;
use std::borrow::Cow;

/// A scalar with its YAML type.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Yaml<'a> {
    /// `!!null`
    Null,
    /// `!!bool`
    Bool(bool),
    /// `!!int` of 64 bits.
    Int(i64),
    /// `!!int` beyond 64 bits with sign.
    Big(f64),
    /// `!!float`
    Float(f64),
    /// `!!str`, and what stays text: timestamps, unknown tags.
    Str(Cow<'a, str>),
}

/// `resolveMapList` of go-yaml v2 `resolve.go`, but for the floats and `<<`, which is a key only.
const WORDS: &[(&str, Yaml<'static>)] = &[
    ("y", Yaml::Bool(true)),
    ("Y", Yaml::Bool(true)),
    ("yes", Yaml::Bool(true)),
    ("Yes", Yaml::Bool(true)),
    ("YES", Yaml::Bool(true)),
    ("true", Yaml::Bool(true)),
    ("True", Yaml::Bool(true)),
    ("TRUE", Yaml::Bool(true)),
    ("on", Yaml::Bool(true)),
    ("On", Yaml::Bool(true)),
    ("ON", Yaml::Bool(true)),
    ("n", Yaml::Bool(false)),
    ("N", Yaml::Bool(false)),
    ("no", Yaml::Bool(false)),
    ("No", Yaml::Bool(false)),
    ("NO", Yaml::Bool(false)),
    ("false", Yaml::Bool(false)),
    ("False", Yaml::Bool(false)),
    ("FALSE", Yaml::Bool(false)),
    ("off", Yaml::Bool(false)),
    ("Off", Yaml::Bool(false)),
    ("OFF", Yaml::Bool(false)),
    ("", Yaml::Null),
    ("~", Yaml::Null),
    ("null", Yaml::Null),
    ("Null", Yaml::Null),
    ("NULL", Yaml::Null),
    (".nan", Yaml::Float(f64::NAN)),
    (".NaN", Yaml::Float(f64::NAN)),
    (".NAN", Yaml::Float(f64::NAN)),
    (".inf", Yaml::Float(f64::INFINITY)),
    (".Inf", Yaml::Float(f64::INFINITY)),
    (".INF", Yaml::Float(f64::INFINITY)),
    ("+.inf", Yaml::Float(f64::INFINITY)),
    ("+.Inf", Yaml::Float(f64::INFINITY)),
    ("+.INF", Yaml::Float(f64::INFINITY)),
    ("-.inf", Yaml::Float(f64::NEG_INFINITY)),
    ("-.Inf", Yaml::Float(f64::NEG_INFINITY)),
    ("-.INF", Yaml::Float(f64::NEG_INFINITY)),
];

/// The longest of [`WORDS`]: longer plain text needs no look-up.
const LONGEST_WORD: usize = 5;

/// The type of a scalar. `tag` is the name behind `tag:yaml.org,2002:`, or another tag whole; `plain` is false in quotes.
pub(super) fn resolve<'a>(tag: Option<&str>, plain: bool, text: &'a str) -> Result<Yaml<'a>, String> {
    let wanted = match tag {
        None if plain => return Ok(implicit(text)),
        None => return Ok(Yaml::Str(text.into())),
        Some(tag) => tag,
    };
    let value = implicit(text);
    let fits = match (wanted, &value) {
        ("bool", Yaml::Bool(_)) | ("null", Yaml::Null) | ("int", Yaml::Int(_) | Yaml::Big(_)) => true,
        ("float", Yaml::Float(_)) => true,
        // int64 becomes float64, uint64 and big.Int do not (`resolve`, its deferred check)
        #[expect(clippy::cast_precision_loss, reason = "what float64(v) does upstream")]
        ("float", Yaml::Int(n)) => return Ok(Yaml::Float(*n as f64)),
        ("timestamp", Yaml::Str(_)) if timestamp(text) => true,
        ("bool" | "null" | "int" | "float" | "timestamp", _) => false,
        ("binary", _) => return binary(text),
        _ => return Ok(Yaml::Str(text.into())),
    };
    if fits { Ok(value) } else { Err(format!("`{}` is not what its tag `!!{wanted}` says", brief(text))) }
}

/// A piece of a text that is fit for a message.
pub(super) fn brief(text: &str) -> String {
    let mut out: String = text.chars().take(40).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

fn binary(text: &str) -> Result<Yaml<'static>, String> {
    let packed: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    match base64::engine::general_purpose::STANDARD.decode(packed) {
        // encoding/json writes U+FFFD for what is not UTF-8
        Ok(bytes) => Ok(Yaml::Str(String::from_utf8_lossy(&bytes).into_owned().into())),
        Err(_) => Err("the text of `!!binary` is not base64".to_owned()),
    }
}

/// `resolve` of go-yaml v2 without a tag.
fn implicit(text: &str) -> Yaml<'_> {
    if text.len() <= LONGEST_WORD
        && let Some((_, value)) = WORDS.iter().find(|(word, _)| *word == text)
    {
        return value.clone();
    }
    let number = match text.bytes().next() {
        Some(b'.') => dot_float(text),
        Some(b'+' | b'-' | b'0'..=b'9') => number(text),
        _ => None,
    };
    number.unwrap_or(Yaml::Str(Cow::Borrowed(text)))
}

/// `strconv.ParseFloat` of a text that begins with a dot: underscores stand between digits.
fn dot_float(text: &str) -> Option<Yaml<'static>> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    let good = |(at, b): (usize, &u8)| *b != b'_' || digit(at.checked_sub(1)) && digit(at.checked_add(1));
    if !bytes.iter().enumerate().all(good) {
        return None;
    }
    finite(&text.replace('_', ""))
}

fn finite(text: &str) -> Option<Yaml<'static>> {
    text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Yaml::Float)
}

fn number(text: &str) -> Option<Yaml<'static>> {
    let plain: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    let integer = go_integer(&plain);
    if let Integer::Fits(n) = integer {
        return Some(n);
    }
    if is_float(&plain) {
        return finite(&plain);
    }
    match integer {
        Integer::TooLarge(n) => Some(Yaml::Big(n)),
        _ => None,
    }
}

/// What Go's `strconv.ParseInt(s, 0, 64)`, then `ParseUint`, make of a text.
enum Integer {
    Fits(Yaml<'static>),
    /// Out of range, without a sign.
    TooLarge(f64),
    No,
}

fn go_integer(text: &str) -> Integer {
    let negative = text.starts_with('-');
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (base, digits) = match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, body.get(2..)),
        [b'0', b'o' | b'O', ..] => (8, body.get(2..)),
        [b'0', b'b' | b'B', ..] => (2, body.get(2..)),
        [b'0', _, ..] => (8, body.get(1..)),
        _ => (10, Some(body)),
    };
    let digits = digits.unwrap_or_default();
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return Integer::No;
    }
    let magnitude = u128::from_str_radix(digits, base).ok().and_then(|n| i128::try_from(n).ok());
    let value = magnitude.map(|n| if negative { n.wrapping_neg() } else { n });
    if let Some(n) = value.and_then(|n| i64::try_from(n).ok()) {
        return Integer::Fits(Yaml::Int(n));
    }
    let signed = body.len() < text.len();
    match value.map(u64::try_from) {
        #[expect(clippy::cast_precision_loss, reason = "how Kubernetes reads a JSON integer beyond int64")]
        Some(Ok(n)) if !signed => Integer::Fits(Yaml::Big(n as f64)),
        _ if !signed => Integer::TooLarge(
            digits.chars().fold(0.0, |n, c| n * f64::from(base) + f64::from(c.to_digit(base).unwrap_or(0))),
        ),
        _ => Integer::No,
    }
}

/// `yamlStyleFloat`: `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let digits = |s: &str| s.len().saturating_sub(s.trim_start_matches(|c: char| c.is_ascii_digit()).len());
    let after = |s: &'_ str, n: usize| s.get(n..).unwrap_or_default().to_owned();
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text).to_owned();
    let whole = digits(&rest);
    rest = after(&rest, whole);
    if let Some(fraction) = rest.strip_prefix('.') {
        let n = digits(fraction);
        if whole == 0 && n == 0 {
            return false;
        }
        rest = after(fraction, n);
    } else if whole == 0 {
        return false;
    }
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else {
        return rest.is_empty();
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    !exponent.is_empty() && digits(exponent) == exponent.len()
}

/// `parseTimestamp` with `allowedTimestampFormats` of go-yaml v2, but for the days of months.
fn timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        None => (text, None),
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at..)),
    };
    let number = |s: &str, most: usize, limit: u32| {
        !s.is_empty()
            && s.len() <= most
            && s.bytes().all(|b| b.is_ascii_digit())
            && s.parse::<u32>().is_ok_and(|n| n <= limit)
    };
    let parts: Vec<&str> = date.split('-').collect();
    let good = matches!(parts.as_slice(), [y, m, d] if y.len() == 4 && number(y, 4, 9999) && number(m, 2, 12) && number(d, 2, 31));
    let clock = |time: &str| {
        let (seconds, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let parts: Vec<&str> = seconds.split(':').collect();
        number(fraction, 18, u32::MAX)
            && matches!(parts.as_slice(), [h, m, s] if number(h, 2, 23) && number(m, 2, 59) && number(s, 2, 59))
    };
    good && match time {
        None => true,
        Some(time) => match (time.strip_prefix(' '), time.strip_suffix('Z'), time.rfind(['+', '-'])) {
            (Some(time), ..) => clock(time),
            (_, Some(time), _) => clock(time.get(1..).unwrap_or_default()),
            (.., Some(zone)) => {
                clock(time.get(1..zone).unwrap_or_default())
                    && time.get(zone.saturating_add(1)..).is_some_and(|z| z.len() == 5 && z.contains(':'))
            }
            _ => false,
        },
    }
}

impl Yaml<'_> {
    /// The JSON value: `encoding/json` writes it, Kubernetes reads it (a whole float is an integer then).
    pub(super) fn json(&self, at: usize) -> Result<Scalar<'_>, &'static str> {
        Ok(match self {
            Yaml::Null => Scalar::Null,
            Yaml::Bool(truth) => Scalar::Bool(*truth),
            Yaml::Int(n) => Scalar::Int(*n),
            Yaml::Big(n) => Scalar::Float(*n),
            Yaml::Float(n) if !n.is_finite() => {
                return Err("JSON has no number for infinity or `.nan`; Kubernetes refuses it");
            }
            Yaml::Float(n) if n.fract() == 0.0 => match n.to_string().parse() {
                Ok(n) => Scalar::Int(n),
                Err(_) => Scalar::Float(*n),
            },
            Yaml::Float(n) => Scalar::Float(*n),
            Yaml::Str(text) => Scalar::Str(text, at),
        })
    }

    /// The text of a key: `convertToJSONableObject`.
    pub(super) fn key(&self) -> Result<Cow<'_, str>, &'static str> {
        Ok(match self {
            Yaml::Str(text) => Cow::Borrowed(text),
            Yaml::Bool(truth) => if *truth { "true" } else { "false" }.into(),
            Yaml::Int(n) => n.to_string().into(),
            Yaml::Float(n) => go_general(*n).into(),
            Yaml::Null => return Err("`null` can't be a key; put it in quotes"),
            Yaml::Big(_) => return Err("a number beyond 64 bits can't be a key; put it in quotes"),
        })
    }
}

/// `strconv.FormatFloat(n, 'g', -1, 32)` with go-yaml's names for what is not finite.
pub(super) fn go_general(n: f64) -> String {
    if n.is_nan() {
        return ".nan".to_owned();
    }
    #[expect(clippy::cast_possible_truncation, reason = "what the bit size 32 does upstream")]
    let n = n as f32;
    if n.is_infinite() {
        return if n > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{n:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // strconv: `%e` below -4 and from the precision on, which counts as 6 where the shortest text is asked for.
    if (-4..6).contains(&exponent) {
        return n.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests;
