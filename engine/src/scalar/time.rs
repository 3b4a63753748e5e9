//! Instants: RFC 3339, as Kubernetes writes them.

use super::quoted;
use jiff::Timestamp;

/// Reads an instant.
///
/// # Errors
/// A text that is no RFC 3339 date and time with an offset.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    read(text).ok_or_else(|| format!("{} is no time: expected text like `2026-01-31T12:00:00Z`", quoted(text)))
}

/// Reads an instant; nothing for a text that is none.
#[must_use]
pub fn read(text: &str) -> Option<Timestamp> {
    // jiff reads more than RFC 3339; what it leaves out is an offset, and what it adds is names of zones.
    let plain = text.len() >= 20 && text.is_ascii() && !text.contains(['[', ' ']);
    if plain { text.parse().ok() } else { None }
}

/// The instant so many nanoseconds after the beginning of 1970 (UTC); the nearest that there is.
#[must_use]
pub fn from_nanos(nanos: i128) -> Timestamp {
    let nearest = if nanos < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_nanosecond(nanos).unwrap_or(nearest)
}

/// `time + nanoseconds`
#[must_use]
pub fn checked_add(time: Timestamp, nanos: i64) -> Option<Timestamp> {
    Timestamp::from_nanosecond(time.as_nanosecond().checked_add(i128::from(nanos))?).ok()
}

/// `a - b` in nanoseconds.
#[must_use]
pub fn checked_sub(a: Timestamp, b: Timestamp) -> Option<i64> {
    i64::try_from(a.as_nanosecond().checked_sub(b.as_nanosecond())?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rfc_3339() {
        let t = parse("2026-01-31T12:00:00Z").unwrap();
        assert_eq!(t, parse("2026-01-31T13:00:00+01:00").unwrap());
        assert_eq!(t.to_string(), "2026-01-31T12:00:00Z");
        assert_eq!(parse("2026-01-31T12:00:00.123456789Z").unwrap().to_string(), "2026-01-31T12:00:00.123456789Z");
        for text in ["", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "12:00:00Z", "now"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(checked_sub(checked_add(t, 5).unwrap(), t), Some(5));
    }
}
