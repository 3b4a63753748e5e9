//! Days of the Gregorian calendar (also before it began) and their numbers.

/// A day of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Day {
    /// The year; that before 1 is 0.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
}

impl Day {
    /// A day that there is.
    fn new(year: i64, month: i64, day: i64) -> Option<Day> {
        let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
        let last = match month {
            2 => 28_i64.saturating_add(i64::from(leap)),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=last).contains(&day).then_some(Day { year, month, day })
    }

    /// A day by its number; that of 1970-01-01 is 0. (Howard Hinnant's `civil_from_days`.)
    #[expect(clippy::arithmetic_side_effects, reason = "an instant has at most so many days that nothing overflows")]
    pub(crate) fn from_number(number: i64) -> Day {
        let shifted = number + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Day { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
    }

    /// Its number. (Howard Hinnant's `days_from_civil`.)
    #[expect(clippy::arithmetic_side_effects, reason = "years have six digits at most")]
    pub(crate) fn number(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let from_march = if self.month > 2 { self.month - 3 } else { self.month + 9 };
        let of_year = (153 * from_march + 2) / 5 + self.day - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        era * 146_097 + of_era - 719_468
    }
}

/// True for a day such as `2027-01-31`.
#[must_use]
pub fn is_day(text: &str) -> bool {
    let mut rest = text.as_bytes();
    text.len() == 10 && date(&mut rest).is_some() && rest.is_empty()
}

/// `2026-01-31`, `-000001-12-31`
pub(crate) fn date(rest: &mut &[u8]) -> Option<Day> {
    let year = match one_of(rest, b"+-") {
        None => number(rest, 4)?,
        Some(sign) => {
            let year = number(rest, 6).filter(|year| *year <= 9999 && (sign == b'+' || *year > 0))?;
            if sign == b'-' { 0_i64.saturating_sub(year) } else { year }
        }
    };
    one_of(rest, b"-")?;
    let month = number(rest, 2)?;
    one_of(rest, b"-")?;
    Day::new(year, month, number(rest, 2)?)
}

/// One of some bytes, taken off.
pub(crate) fn one_of(rest: &mut &[u8], any: &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    any.contains(first).then(|| {
        *rest = behind;
        *first
    })
}

/// A number of so many digits, taken off.
pub(crate) fn number(rest: &mut &[u8], digits: usize) -> Option<i64> {
    let (text, behind) = rest.split_at_checked(digits).filter(|(text, _)| text.iter().all(u8::is_ascii_digit))?;
    *rest = behind;
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_there_are() {
        for text in ["2028-02-29", "2000-02-29", "0000-01-01", "9999-12-31"] {
            assert!(is_day(text), "{text}");
        }
        for text in ["2027-02-29", "1900-02-29", "2027-1-031", "+02027-1-1", "2027-00-01", "2027-04-31", "2027-01-32"] {
            assert!(!is_day(text), "{text}");
        }
    }
}
