//! Kubernetes' quantities: `500m`, `1.5Gi`, `1e3`.
//!
//! SPEC: k8s.io/apimachinery/pkg/api/resource. A quantity is a whole number of nano units; what is finer is rounded
//! away from zero, what is larger than 2^63-1 is cut to it. Equality and order are by value; the format only shows.

use super::quoted;
use std::cmp::Ordering;
use std::fmt;

/// Nano units in one.
const NANO: i128 = 1_000_000_000;
/// The largest amount that Kubernetes keeps.
const MAX: i128 = (i64::MAX as i128).saturating_mul(NANO);

/// How a quantity was written, and so how it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `1500m`, `2k`
    DecimalSi,
    /// `2Ki`
    BinarySi,
    /// `2e3`
    DecimalExponent,
}

/// An amount of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nano: i128,
    format: Format,
}

impl Quantity {
    /// So many nano units.
    #[must_use]
    pub const fn from_nano(nano: i128, format: Format) -> Quantity {
        Quantity { nano, format }
    }

    /// A whole number.
    #[must_use]
    pub const fn from_int(n: i64) -> Quantity {
        Quantity { nano: (n as i128).saturating_mul(NANO), format: Format::DecimalSi }
    }

    /// The amount in nano units.
    #[must_use]
    pub const fn nano(self) -> i128 {
        self.nano
    }

    /// How it is shown.
    #[must_use]
    pub const fn format(self) -> Format {
        self.format
    }

    /// The amount as a float.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a float is what was asked for")]
    pub fn value(self) -> f64 {
        // Whole numbers are exact as far as a float can be.
        if self.nano.checked_rem(NANO) == Some(0) {
            self.nano.checked_div(NANO).unwrap_or(0) as f64
        } else {
            self.nano as f64 / NANO as f64
        }
    }

    /// The amount in thousandths, rounded up; nothing if no `i64` holds it.
    #[must_use]
    pub fn milli(self) -> Option<i64> {
        const UNIT: i128 = 1_000_000;
        let up = i128::from(self.nano.checked_rem_euclid(UNIT)? != 0);
        i64::try_from(self.nano.checked_div_euclid(UNIT)?.checked_add(up)?).ok()
    }

    /// `a + b`, in the format of `a` (of `b` where `a` is zero).
    #[must_use]
    pub fn checked_add(self, other: Quantity) -> Option<Quantity> {
        let format = if self.nano == 0 { other.format } else { self.format };
        Some(Quantity { nano: self.nano.checked_add(other.nano)?, format })
    }

    /// `a - b`, in the format of `a` (of `b` where `a` is zero).
    #[must_use]
    pub fn checked_sub(self, other: Quantity) -> Option<Quantity> {
        let negative = Quantity { nano: other.nano.checked_neg()?, format: other.format };
        self.checked_add(negative)
    }

    /// `n` times as much.
    #[must_use]
    pub fn scale(self, n: i64) -> Option<Quantity> {
        Some(Quantity { nano: self.nano.checked_mul(i128::from(n))?, format: self.format })
    }

    /// Reads what Kubernetes reads; nothing for a text that is no quantity.
    #[must_use]
    pub fn read(text: &str) -> Option<Quantity> {
        read(text)
    }

    /// Reads what Kubernetes reads.
    ///
    /// # Errors
    /// A text that is no quantity.
    pub fn parse(text: &str) -> Result<Quantity, String> {
        Self::read(text)
            .ok_or_else(|| format!("{} is no quantity: expected text like `500m`, `2`, `1.5Gi`", quoted(text)))
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Quantity) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Quantity) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Quantity) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

/// What a suffix stands for: a power of 2 or of 10.
enum Unit {
    Two(u32),
    Ten(i32),
}

const SUFFIXES: &[(&str, Unit, Format)] = &[
    ("", Unit::Ten(0), Format::DecimalSi),
    ("n", Unit::Ten(-9), Format::DecimalSi),
    ("u", Unit::Ten(-6), Format::DecimalSi),
    ("m", Unit::Ten(-3), Format::DecimalSi),
    ("k", Unit::Ten(3), Format::DecimalSi),
    ("M", Unit::Ten(6), Format::DecimalSi),
    ("G", Unit::Ten(9), Format::DecimalSi),
    ("T", Unit::Ten(12), Format::DecimalSi),
    ("P", Unit::Ten(15), Format::DecimalSi),
    ("E", Unit::Ten(18), Format::DecimalSi),
    ("Ki", Unit::Two(10), Format::BinarySi),
    ("Mi", Unit::Two(20), Format::BinarySi),
    ("Gi", Unit::Two(30), Format::BinarySi),
    ("Ti", Unit::Two(40), Format::BinarySi),
    ("Pi", Unit::Two(50), Format::BinarySi),
    ("Ei", Unit::Two(60), Format::BinarySi),
];

fn read(text: &str) -> Option<Quantity> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(number);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let (unit, format) = read_suffix(suffix)?;
    let amount = amount(whole, fraction, &unit).min(MAX);
    let format = match format {
        // Kubernetes shows a fraction of one in decimals.
        Format::BinarySi if amount > 0 && amount < NANO => Format::DecimalSi,
        other => other,
    };
    Some(Quantity { nano: if negative { amount.saturating_neg() } else { amount }, format })
}

fn read_suffix(suffix: &str) -> Option<(Unit, Format)> {
    if let Some((_, unit, format)) = SUFFIXES.iter().find(|(name, ..)| *name == suffix) {
        let unit = match unit {
            Unit::Two(n) => Unit::Two(*n),
            Unit::Ten(n) => Unit::Ten(*n),
        };
        return Some((unit, *format));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // An exponent beyond a thousand is as good as any: the amount is cut or rounded anyway.
    let size = digits.parse::<i32>().unwrap_or(1000).min(1000);
    let size = if exponent.starts_with('-') { size.saturating_neg() } else { size };
    Some((Unit::Ten(size), Format::DecimalExponent))
}

/// `whole.fraction × unit` in nano units, rounded up; anything beyond [`MAX`] where it is larger.
fn amount(whole: &str, fraction: &str, unit: &Unit) -> i128 {
    let digits = || whole.bytes().chain(fraction.bytes()).skip_while(|b| *b == b'0');
    let fraction_len = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    let (power, two) = match unit {
        Unit::Ten(n) => (*n, 0),
        Unit::Two(n) => (0, *n),
    };
    // The value is `digits × 10^scale × 2^two` nano units.
    let scale = power.saturating_sub(fraction_len).saturating_add(9);
    // 38 digits is what an i128 holds; what comes behind the first 29 only matters for being there.
    let mut mantissa = 0_i128;
    let mut scale = scale;
    let mut inexact = false;
    for (i, digit) in digits().enumerate() {
        if i < 29 {
            mantissa = mantissa.saturating_mul(10).saturating_add(i128::from(digit.wrapping_sub(b'0')));
        } else {
            inexact |= digit != b'0';
            scale = scale.saturating_add(1);
        }
    }
    if mantissa == 0 {
        return 0;
    }
    let doubled = |n: i128| n.checked_mul(1_i128.checked_shl(two)?);
    if scale >= 0 {
        let power = u32::try_from(scale).ok().and_then(|s| 10_i128.checked_pow(s));
        return power.and_then(|p| mantissa.checked_mul(p)).and_then(doubled).unwrap_or(i128::MAX);
    }
    round_up(mantissa, scale.unsigned_abs(), two, inexact)
}

/// `mantissa × 2^two / 10^down`, rounded up.
fn round_up(mantissa: i128, down: u32, two: u32, mut inexact: bool) -> i128 {
    let mut n = mantissa;
    let mut down = down;
    // Twos first as far as they fit; then ten by ten, so that no step overflows.
    let mut two = two;
    while two > 0 || down > 0 {
        let room = n.leading_zeros().saturating_sub(2).min(two);
        if room > 0 {
            n = n.checked_shl(room).unwrap_or(i128::MAX);
            two = two.saturating_sub(room);
        } else if down > 0 {
            inexact |= n % 10 != 0;
            n /= 10;
            down = down.saturating_sub(1);
            if n == 0 && two == 0 {
                break;
            }
        } else {
            return i128::MAX;
        }
    }
    n.saturating_add(i128::from(inexact))
}

impl fmt::Display for Quantity {
    /// The canonical text, as Kubernetes writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
        const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
        if self.nano == 0 {
            return f.write_str("0");
        }
        let small = self.nano.unsigned_abs() < NANO.unsigned_abs().saturating_mul(1024);
        if self.format == Format::BinarySi && !small && self.nano % NANO == 0 {
            let (number, power) = strip(self.nano / NANO, 1024, BINARY.len());
            return write!(f, "{number}{}", BINARY.get(power).unwrap_or(&""));
        }
        if self.format == Format::DecimalExponent {
            let (number, power) = strip(self.nano, 1000, usize::MAX);
            let exponent = i64::try_from(power).unwrap_or(0).saturating_mul(3).saturating_sub(9);
            return if exponent == 0 { write!(f, "{number}") } else { write!(f, "{number}e{exponent}") };
        }
        let (number, power) = strip(self.nano, 1000, DECIMAL.len());
        write!(f, "{number}{}", DECIMAL.get(power).unwrap_or(&""))
    }
}

/// Takes factors of `base` out of a number, fewer than `most` of them.
fn strip(number: i128, base: i128, most: usize) -> (i128, usize) {
    let (mut number, mut power) = (number, 0_usize);
    while number.checked_rem(base) == Some(0) && power.saturating_add(1) < most {
        number = number.checked_div(base).unwrap_or(0);
        power = power.saturating_add(1);
    }
    (number, power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_reads_and_shows() {
        for (text, shown) in [
            ("500m", "500m"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1000", "1k"),
            ("1e3", "1e3"),
            ("12E", "9223372036854775807"),
            ("-1.5", "-1500m"),
            ("0.000000000001Ki", "2n"),
            ("0.0000000001", "1n"),
            ("1e-400", "1e-9"),
            ("1e400", "9223372036854775807"),
            ("0e400", "0"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", ".", "-", "1..2", "m", "1e", "1e+", "1 ", "0x1", "1mi", "1K", "é"] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic() {
        let q = |s| Quantity::parse(s).unwrap();
        assert_eq!(q("100m").checked_add(q("1")).unwrap(), q("1100m"));
        assert_eq!(q("1Gi").checked_sub(q("512Mi")).unwrap().to_string(), "512Mi");
        assert_eq!(q("1500u").milli(), Some(2));
        assert_eq!(q("-1500u").milli(), Some(-1));
        assert_eq!(q("250m").scale(4).unwrap(), q("1"));
        assert!(q("1Ki") > q("1k"));
        assert!((q("1.5").value() - 1.5).abs() < f64::EPSILON);
    }

    /// The upstream tables, where the corpus is at hand.
    #[test]
    fn upstream_tables() {
        let Some(tables) = crate::scalar::tests::corpus("conformance/quantity/quantity.json") else { return };
        let list = |name: &str| tables[name].as_array().unwrap().clone();
        let name = |q: Quantity| match q.format() {
            Format::DecimalSi => "DecimalSI",
            Format::BinarySi => "BinarySI",
            Format::DecimalExponent => "DecimalExponent",
        };
        for case in list("parse") {
            let q = Quantity::parse(case["input"].as_str().unwrap()).unwrap();
            let expected = Quantity::parse(case["value"].as_str().unwrap()).unwrap();
            assert_eq!((q, name(q)), (expected, case["format"].as_str().unwrap()), "{case}");
        }
        for case in list("invalid") {
            assert!(Quantity::parse(case.as_str().unwrap()).is_err(), "{case}");
        }
        for case in list("canonical") {
            let nano = Quantity::parse(case["value"].as_str().unwrap()).unwrap().nano();
            let format = match case["format"].as_str().unwrap() {
                "BinarySI" => Format::BinarySi,
                "DecimalSI" => Format::DecimalSi,
                _ => Format::DecimalExponent,
            };
            assert_eq!(Quantity::from_nano(nano, format).to_string(), case["canonical"].as_str().unwrap(), "{case}");
        }
        for case in list("compare") {
            let [x, y] = ["x", "y"].map(|k| Quantity::parse(case[k].as_str().unwrap()).unwrap());
            assert_eq!(x.cmp(&y) as i64, case["expect"].as_i64().unwrap(), "{case}");
        }
    }
}
