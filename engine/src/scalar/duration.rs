//! Durations: `7d`, `12h`, Go's `1h30m` and `1.5s`, in nanoseconds.

use super::quoted;
use std::fmt::{self, Write};

/// The units, largest first.
const UNITS: [(&str, i64); 9] = [
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// Reads a duration: numbers with units, each perhaps with a fraction, perhaps with a sign in front; `0` alone.
///
/// # Errors
/// A text that is none, or that does not fit 64 bits of nanoseconds (292 years).
pub fn parse(text: &str) -> Result<i64, String> {
    read(text).ok_or_else(|| format!("{} is no duration: expected text like `7d`, `1h30m`, `250ms`", quoted(text)))
}

/// Reads a duration as [`parse`] does; nothing for a text that is none.
#[must_use]
pub fn read(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i64;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(number);
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit || (unit == "μs" && *name == "us"))?;
        total = total.checked_add(part(number, *nanos)?)?;
        rest = after;
    }
    if negative { total.checked_neg() } else { Some(total) }
}

/// `1.5` of a unit; digits finer than a nanosecond are dropped.
fn part(number: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
    let mut nanos = whole.checked_mul(unit)?;
    let mut scale = unit;
    let mut rest = 0_i64;
    for digit in fraction.bytes() {
        // `rest` counts what the division by ten leaves over, so that 1.5 of an odd unit stays exact.
        let digit = i64::from(digit.wrapping_sub(b'0'));
        rest = rest.checked_add(digit.checked_mul(scale)?.checked_rem(10)?)?;
        nanos = nanos.checked_add(digit.checked_mul(scale)?.checked_div(10)?)?;
        scale /= 10;
        if scale == 0 {
            break;
        }
    }
    nanos.checked_add(rest / 10)
}

/// Writes a duration: `7d`, `1d12h`, `1h30m`, `1.5s`, `250ms`, `0s`.
///
/// # Errors
/// Those of `out`.
pub fn show(nanos: i64, out: &mut impl Write) -> fmt::Result {
    if nanos == 0 {
        return out.write_str("0s");
    }
    if nanos < 0 {
        out.write_char('-')?;
    }
    let mut rest = nanos.unsigned_abs();
    for (name, unit) in UNITS.iter().skip(1).take(3) {
        let unit = unit.unsigned_abs();
        let count = rest.checked_div(unit).unwrap_or(0);
        rest = rest.checked_rem(unit).unwrap_or(0);
        if count > 0 {
            write!(out, "{count}{name}")?;
        }
    }
    let (name, unit) = match rest {
        0 => return Ok(()),
        1_000_000_000.. => ("s", 1_000_000_000),
        1_000_000.. => ("ms", 1_000_000),
        1_000.. => ("us", 1_000),
        _ => ("ns", 1_u64),
    };
    write!(out, "{}", rest.checked_div(unit).unwrap_or(0))?;
    let fraction = rest.checked_rem(unit).unwrap_or(0);
    if fraction > 0 {
        let width = unit.ilog10() as usize;
        let digits = format!("{fraction:0width$}");
        write!(out, ".{}", digits.trim_end_matches('0'))?;
    }
    out.write_str(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows() {
        for (text, nanos, shown) in [
            ("7d", 7 * 86_400_000_000_000, "7d"),
            ("1w", 7 * 86_400_000_000_000, "7d"),
            ("36h", 36 * 3_600_000_000_000, "1d12h"),
            ("1h30m", 5_400_000_000_000, "1h30m"),
            ("1.5h", 5_400_000_000_000, "1h30m"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("250ms", 250_000_000, "250ms"),
            ("1.25us", 1_250, "1.25us"),
            ("-5m", -300_000_000_000, "-5m"),
            ("0", 0, "0s"),
            ("2h45m30.5s", 9_930_500_000_000, "2h45m30.5s"),
        ] {
            assert_eq!(parse(text), Ok(nanos), "{text}");
            let mut out = String::new();
            show(nanos, &mut out).unwrap();
            assert_eq!(out, shown);
            assert_eq!(parse(&out), Ok(nanos), "{out}");
        }
        for text in ["", "-", "7", "7x", "d", "1..5h", ".h", "999999999w", "1h ", " 1h", "1 h"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let mut out = String::new();
        show(i64::MIN, &mut out).unwrap();
        assert_eq!(parse(&out).ok(), None, "one beyond the positive range");
    }
}
