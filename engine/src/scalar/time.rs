//! Instants: RFC 3339, as Kubernetes writes them.
//!
//! There are no leap seconds: `23:59:60` is read as `23:59:59`.

use super::quoted;
use crate::calendar::{Day, date, number, one_of};
use std::fmt;

/// An instant, to the nanosecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Instant {
    /// Whole seconds since the beginning of 1970 (UTC), rounded down.
    seconds: i64,
    /// Nanoseconds behind them.
    nanos: u32,
}

const DAY: i64 = 86_400;
const SECOND: i128 = 1_000_000_000;

impl Instant {
    /// The first instant: what years of four digits, and offsets of a day, can say.
    pub const MIN: Instant = Instant { seconds: -377_705_023_201, nanos: 0 };
    /// The last instant.
    pub const MAX: Instant = Instant { seconds: 253_402_207_200, nanos: 999_999_999 };

    /// So many nanoseconds after the beginning of 1970.
    fn from_nanos(nanos: i128) -> Option<Instant> {
        let seconds = i64::try_from(nanos.div_euclid(SECOND)).ok()?;
        let instant = Instant { seconds, nanos: u32::try_from(nanos.rem_euclid(SECOND)).ok()? };
        (Self::MIN <= instant && instant <= Self::MAX).then_some(instant)
    }

    /// Nanoseconds since the beginning of 1970.
    #[must_use]
    pub fn as_nanos(self) -> i128 {
        i128::from(self.seconds).saturating_mul(SECOND).saturating_add(i128::from(self.nanos))
    }

    /// Whole seconds since the beginning of 1970; before it, rounded up.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        self.seconds.saturating_add(i64::from(self.seconds < 0 && self.nanos > 0))
    }

    /// Its day in UTC.
    #[must_use]
    pub fn day(self) -> Day {
        Day::from_number(self.seconds.div_euclid(DAY))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Day { year, month, day } = self.day();
        let second = self.seconds.rem_euclid(DAY);
        if year < 0 {
            write!(f, "-{:06}", year.unsigned_abs())?;
        } else {
            write!(f, "{year:04}")?;
        }
        let (hour, minute) = (second / 3600, second / 60 % 60);
        write!(f, "-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}", second % 60)?;
        if self.nanos > 0 {
            let digits = format!("{:09}", self.nanos);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// Reads an instant.
///
/// # Errors
/// A text that is no RFC 3339 date and time with an offset.
pub fn parse(text: &str) -> Result<Instant, String> {
    read(text).ok_or_else(|| format!("{} is no time: expected text like `2026-01-31T12:00:00Z`", quoted(text)))
}

/// Reads an instant; nothing for a text that is none.
#[must_use]
pub fn read(text: &str) -> Option<Instant> {
    let mut rest = text.as_bytes();
    let day = date(&mut rest)?;
    one_of(&mut rest, b"Tt")?;
    let hour = number(&mut rest, 2).filter(|hour| *hour < 24)?;
    one_of(&mut rest, b":")?;
    let minute = number(&mut rest, 2).filter(|minute| *minute < 60)?;
    one_of(&mut rest, b":")?;
    let second = number(&mut rest, 2).filter(|second| *second <= 60)?.min(59);
    let nanos = fraction(&mut rest)?;
    let offset = offset(&mut rest)?;
    let of_day = hour.saturating_mul(3600).saturating_add(minute.saturating_mul(60)).saturating_add(second);
    let seconds = day.number().saturating_mul(DAY).saturating_add(of_day).saturating_sub(offset);
    Instant::from_nanos(i128::from(seconds).saturating_mul(SECOND).saturating_add(i128::from(nanos)))
}

/// `.5`, or nothing: nanoseconds.
fn fraction(rest: &mut &[u8]) -> Option<u32> {
    if one_of(rest, b".").is_none() {
        return Some(0);
    }
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let power = 9_u32.checked_sub(u32::try_from(digits).ok().filter(|n| *n > 0)?)?;
    u32::try_from(number(rest, digits)?.checked_mul(10_i64.checked_pow(power)?)?).ok()
}

/// `Z`, `+01:00`, to the end: seconds.
fn offset(rest: &mut &[u8]) -> Option<i64> {
    let sign = one_of(rest, b"Zz+-")?;
    let seconds = match sign {
        b'+' | b'-' => {
            let hours = number(rest, 2).filter(|hours| *hours < 24)?;
            one_of(rest, b":")?;
            let minutes = number(rest, 2).filter(|minutes| *minutes < 60)?;
            hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60))
        }
        _ => 0,
    };
    rest.is_empty().then_some(if sign == b'-' { 0_i64.saturating_sub(seconds) } else { seconds })
}

/// The instant so many nanoseconds after the beginning of 1970 (UTC); the nearest that there is.
#[must_use]
pub fn from_nanos(nanos: i128) -> Instant {
    let nearest = if nanos < 0 { Instant::MIN } else { Instant::MAX };
    Instant::from_nanos(nanos).unwrap_or(nearest)
}

/// `time + nanoseconds`
#[must_use]
pub fn checked_add(time: Instant, nanos: i64) -> Option<Instant> {
    Instant::from_nanos(time.as_nanos().checked_add(i128::from(nanos))?)
}

/// `a - b` in nanoseconds.
#[must_use]
pub fn checked_sub(a: Instant, b: Instant) -> Option<i64> {
    i64::try_from(a.as_nanos().checked_sub(b.as_nanos())?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_rfc_3339() {
        let t = parse("2026-01-31T12:00:00Z").unwrap();
        assert_eq!(t, parse("2026-01-31T13:00:00+01:00").unwrap());
        assert_eq!(t.to_string(), "2026-01-31T12:00:00Z");
        assert_eq!(parse("2026-01-31T12:00:00.123456789Z").unwrap().to_string(), "2026-01-31T12:00:00.123456789Z");
        assert_eq!(parse("2026-01-31t12:00:00.50z").unwrap().to_string(), "2026-01-31T12:00:00.5Z");
        assert_eq!(parse("2016-12-31T23:59:60Z").unwrap().to_string(), "2016-12-31T23:59:59Z");
        let wrong = [
            "",
            "2026-01-31",
            "2026-01-31T12:00:00",
            "2026-02-30T12:00:00Z",
            "12:00:00Z",
            "now",
            "2026-01-31 12:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:60:00Z",
            "2026-01-31T12:00:61Z",
            "2026-01-31T12:00:00.Z",
            "2026-01-31T12:00:00.1234567890Z",
            "2026-01-31T12:00:00+0100",
            "2026-01-31T12:00:00+24:00",
            "2026-01-31T12:00:00Z ",
            "2026-01-31T12:00:00Z[UTC]",
            "20260131T120000.000000Z",
            "-000000-01-01T00:00:00Z",
            "2026-1-31T12:00:00.000Z",
            "2026-01-31T12:00:00+01:00:00",
            "2026-01-31T12:00:00\u{663}Z",
            "9999-12-31T23:59:59Z",
        ];
        for text in wrong {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(checked_sub(checked_add(t, 5).unwrap(), t), Some(5));
        assert_eq!(checked_add(Instant::MAX, 1), None);
        assert_eq!((from_nanos(i128::MIN), from_nanos(i128::MAX)), (Instant::MIN, Instant::MAX));
        assert_eq!(from_nanos(-500_000_000).as_seconds(), 0);
    }

    proptest! {
        /// What is read, shown and taken apart is what another library says.
        #[test]
        fn agrees_with_jiff(seconds in Instant::MIN.seconds..=Instant::MAX.seconds, nanos in 0_i32..1_000_000_000, minutes in -1439_i64..1440) {
            let theirs = jiff::Timestamp::new(seconds, 0).unwrap().checked_add(jiff::SignedDuration::from_nanos(nanos.into()));
            let Ok(theirs) = theirs else { return Ok(()) };
            let ours = from_nanos(theirs.as_nanosecond());
            prop_assert_eq!(ours.to_string(), theirs.to_string());
            prop_assert_eq!(ours.as_seconds(), theirs.as_second());
            prop_assert_eq!(read(&theirs.to_string()), Some(ours));
            let date = jiff::tz::Offset::UTC.to_datetime(theirs);
            let day = Day { year: date.year().into(), month: date.month().into(), day: date.day().into() };
            prop_assert_eq!(ours.day(), day);
            let offset = jiff::tz::Offset::from_seconds((minutes * 60).try_into().unwrap()).unwrap();
            prop_assert_eq!(read(&theirs.display_with_offset(offset).to_string()), Some(ours));
        }

        /// A text that is nearly a time is read as another library reads it, or not at all.
        #[test]
        fn is_stricter_than_jiff(text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|z|[+-][0-2][0-9]:?[0-6][0-9])?") {
            if let Some(ours) = read(&text) {
                let theirs: jiff::Timestamp = text.parse().unwrap();
                prop_assert_eq!(ours.as_nanos(), theirs.as_nanosecond());
            }
        }
    }
}
