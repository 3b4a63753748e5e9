//! The scalar table: plain text → its JSON value, or the error, each row with its upstream source.
//!
//! Sources: `resolve.go` of go-yaml v2 (as forked in sigs.k8s.io/yaml, goyaml.v2), `yaml.go` of sigs.k8s.io/yaml, and
//! Go's `strconv` and `encoding/json`.

use super::super::build::Scalar;
use super::*;

const MAP: &str = "resolve.go: resolveMapList";
const INT: &str = "resolve.go: ParseInt(plain, 0, 64)";
const UINT: &str = "resolve.go: ParseUint(plain, 0, 64)";
const FLOAT: &str = "resolve.go: yamlStyleFloat";
const DOT: &str = "resolve.go: case '.'";
const BIG: &str = "resolve.go: big.Int";
const STR: &str = "resolve.go: yaml_STR_TAG";
const JSON: &str = "encoding/json: float64 as text, read as int64 again";

fn t(text: &'static str) -> Result<Scalar<'static>, ()> {
    Ok(Scalar::Str(text, 0))
}
fn i(n: i64) -> Result<Scalar<'static>, ()> {
    Ok(Scalar::Int(n))
}
fn f(n: f64) -> Result<Scalar<'static>, ()> {
    Ok(Scalar::Float(n))
}
fn b(truth: bool) -> Result<Scalar<'static>, ()> {
    Ok(Scalar::Bool(truth))
}

/// `encoding/json` has no text for it.
const NONE: Result<Scalar<'static>, ()> = Err(());
const NULL: Result<Scalar<'static>, ()> = Ok(Scalar::Null);

#[rustfmt::skip]
fn rows() -> Vec<(&'static str, Result<Scalar<'static>, ()>, &'static str)> {
    vec![
        ("y", b(true), MAP), ("Y", b(true), MAP), ("yes", b(true), MAP), ("Yes", b(true), MAP), ("YES", b(true), MAP),
        ("true", b(true), MAP), ("True", b(true), MAP), ("TRUE", b(true), MAP),
        ("on", b(true), MAP), ("On", b(true), MAP), ("ON", b(true), MAP),
        ("n", b(false), MAP), ("N", b(false), MAP), ("no", b(false), MAP), ("No", b(false), MAP), ("NO", b(false), MAP),
        ("false", b(false), MAP), ("False", b(false), MAP), ("FALSE", b(false), MAP),
        ("off", b(false), MAP), ("Off", b(false), MAP), ("OFF", b(false), MAP),
        ("", NULL, MAP), ("~", NULL, MAP), ("null", NULL, MAP), ("Null", NULL, MAP), ("NULL", NULL, MAP),
        (".nan", NONE, MAP), (".NaN", NONE, MAP), (".NAN", NONE, MAP),
        (".inf", NONE, MAP), (".Inf", NONE, MAP), (".INF", NONE, MAP), ("+.inf", NONE, MAP), ("+.Inf", NONE, MAP),
        ("+.INF", NONE, MAP), ("-.inf", NONE, MAP), ("-.Inf", NONE, MAP), ("-.INF", NONE, MAP),
        // not in the map
        ("yEs", t("yEs"), STR), ("tRUE", t("tRUE"), STR), ("oN", t("oN"), STR), ("nULL", t("nULL"), STR),
        ("nil", t("nil"), STR), ("none", t("none"), STR), ("<<", t("<<"), STR), (".Nan", t(".Nan"), STR),
        ("inf", t("inf"), STR), ("nan", t("nan"), STR), ("t", t("t"), STR), ("f", t("f"), STR),
        // integers
        ("0", i(0), INT), ("1", i(1), INT), ("-1", i(-1), INT), ("+1", i(1), INT), ("-0", i(0), INT),
        ("0777", i(511), INT), ("0o17", i(15), INT), ("0O17", i(15), INT), ("-0o17", i(-15), INT), ("00", i(0), INT),
        ("0644", i(420), INT), ("007", i(7), INT), ("0x1F", i(31), INT), ("0X1f", i(31), INT), ("-0x1f", i(-31), INT),
        ("+0x1f", i(31), INT), ("0b101", i(5), INT), ("0B101", i(5), INT), ("-0b101", i(-5), INT),
        ("1_000", i(1000), INT), ("1__0", i(10), INT), ("1_", i(1), INT), ("0x_1", i(1), INT), ("0_7", i(7), INT),
        ("9223372036854775807", i(i64::MAX), INT), ("-9223372036854775808", i(i64::MIN), INT),
        ("9223372036854775808", f(9_223_372_036_854_775_808.0), UINT),
        ("18446744073709551615", f(18_446_744_073_709_551_615.0), UINT),
        ("0xFFFFFFFFFFFFFFFF", f(18_446_744_073_709_551_615.0), UINT),
        ("18446744073709551616", f(18_446_744_073_709_551_616.0), FLOAT),
        ("-9223372036854775809", f(-9_223_372_036_854_775_809.0), FLOAT),
        ("0x10000000000000000", f(18_446_744_073_709_551_616.0), BIG),
        ("-0x10000000000000000", t("-0x10000000000000000"), STR),
        // no octal digits: a float, whole, hence an integer in JSON
        ("08", i(8), JSON), ("0999", i(999), JSON), ("-09", i(-9), JSON),
        ("1.0", i(1), JSON), ("1.", i(1), JSON), ("1e3", i(1000), JSON), ("1E3", i(1000), JSON), ("-0.0", i(0), JSON),
        ("1.5e1", i(15), JSON), ("1e+2", i(100), JSON), ("12e03", i(12000), JSON), ("+.5e1", i(5), JSON),
        ("1e18", i(1_000_000_000_000_000_000), JSON), ("1e19", f(1e19), JSON), ("1e300", f(1e300), JSON),
        // floats
        ("1.5", f(1.5), FLOAT), ("-1.5", f(-1.5), FLOAT), ("+1.5", f(1.5), FLOAT), ("1e-1", f(0.1), FLOAT),
        ("+.5", f(0.5), FLOAT), ("-.5", f(-0.5), FLOAT), ("0.1", f(0.1), FLOAT), ("1_0.5", f(10.5), FLOAT),
        (".5", f(0.5), DOT), (".5e1", i(5), DOT), (".5_1", f(0.51), DOT), (".5E-1", f(0.05), DOT),
        // no floats
        (".", t("."), STR), ("..", t(".."), STR), (".e1", t(".e1"), STR), (".5_", t(".5_"), STR), ("._5", t("._5"), STR),
        ("-.", t("-."), STR), ("1e", t("1e"), STR), ("1e+", t("1e+"), STR), ("1.2.3", t("1.2.3"), STR),
        ("1e400", t("1e400"), STR), (".1e999", t(".1e999"), STR), ("1e3x", t("1e3x"), STR), ("1 2", t("1 2"), STR),
        // no numbers at all
        ("-", t("-"), STR), ("+", t("+"), STR), ("--1", t("--1"), STR), ("0x", t("0x"), STR), ("0o", t("0o"), STR),
        ("0b", t("0b"), STR), ("0b2", t("0b2"), STR), ("0o8", t("0o8"), STR), ("0xg", t("0xg"), STR), ("_1", t("_1"), STR),
        ("1k", t("1k"), STR), ("500m", t("500m"), STR), ("1Gi", t("1Gi"), STR), ("100%", t("100%"), STR),
        ("0x1p4", t("0x1p4"), STR), ("1:30", t("1:30"), STR), ("190:20:30", t("190:20:30"), STR), ("1,000", t("1,000"), STR),
        // timestamps stay text (decode.go: "we set it as a string")
        ("2001-01-01", t("2001-01-01"), STR), ("2001-12-14T21:59:43.10Z", t("2001-12-14T21:59:43.10Z"), STR),
        ("2001-12-14 21:59:43", t("2001-12-14 21:59:43"), STR), ("v1", t("v1"), STR), ("=", t("="), STR),
        ("nginx:1.27", t("nginx:1.27"), STR), ("10.0.0.0/8", t("10.0.0.0/8"), STR), ("1.27", f(1.27), FLOAT),
        ("1.30", f(1.3), FLOAT), ("٣", t("٣"), STR), ("１", t("１"), STR),
    ]
}

#[test]
fn each_cell_is_as_upstream() {
    for (text, expected, source) in rows() {
        let value = resolve(None, true, text).unwrap();
        assert_eq!(value.json(0).map_err(|_| ()), expected, "`{text}`: {source}");
        assert_eq!(resolve(None, false, text), Ok(Yaml::Str(text.into())), "`{text}` in quotes is text");
        assert_eq!(resolve(Some("str"), true, text), Ok(Yaml::Str(text.into())), "`!!str {text}`");
        assert_eq!(resolve(Some("!custom"), true, text), Ok(Yaml::Str(text.into())), "`!custom {text}`");
    }
}

#[test]
fn every_word_of_the_map_has_a_row() {
    let rows = rows();
    for (word, _) in WORDS {
        assert!(rows.iter().any(|(text, ..)| text == word), "{word}");
        assert!(word.len() <= LONGEST_WORD, "{word}");
    }
}

#[test]
fn tags_ask_for_their_type() {
    // resolve.go: the deferred check of `resolve`, `resolvableTag`
    let good: &[(&str, &str, Yaml<'static>)] = &[
        ("int", "0x10", Yaml::Int(16)),
        ("int", "18446744073709551615", Yaml::Big(18_446_744_073_709_551_615.0)),
        ("float", "3", Yaml::Float(3.0)),
        ("float", "3.5", Yaml::Float(3.5)),
        ("bool", "yes", Yaml::Bool(true)),
        ("null", "~", Yaml::Null),
        ("null", "", Yaml::Null),
        ("timestamp", "2001-12-14", Yaml::Str("2001-12-14".into())),
        ("timestamp", "2001-12-14t21:59:43.1+05:00", Yaml::Str("2001-12-14t21:59:43.1+05:00".into())),
        ("timestamp", "2001-12-14 21:59:43.1", Yaml::Str("2001-12-14 21:59:43.1".into())),
        ("binary", "aGk=", Yaml::Str("hi".into())),
        ("binary", "aG\nk=\n", Yaml::Str("hi".into())),
        ("binary", "//8=", Yaml::Str("\u{FFFD}\u{FFFD}".into())),
        ("set", "1", Yaml::Str("1".into())),
    ];
    for (tag, text, value) in good {
        for plain in [true, false] {
            assert_eq!(resolve(Some(tag), plain, text), Ok(value.clone()), "!!{tag} {text}");
        }
    }
    let bad = [
        ("int", "x"),
        ("int", "1.5"),
        ("int", ""),
        ("float", "x"),
        ("float", "18446744073709551615"),
        ("bool", "1"),
        ("null", "x"),
        ("timestamp", "x"),
        ("timestamp", "2001-13-01"),
        ("timestamp", "01-01-01"),
        ("binary", "%"),
    ];
    for (tag, text) in bad {
        assert!(resolve(Some(tag), true, text).is_err(), "!!{tag} {text}");
    }
}

#[test]
fn keys_become_text() {
    // sigs.k8s.io/yaml yaml.go: convertToJSONableObject
    let rows = [
        ("a", Some("a")),
        ("yes", Some("true")),
        ("n", Some("false")),
        ("0777", Some("511")),
        ("-5", Some("-5")),
        ("1.5", Some("1.5")),
        ("1.0", Some("1")),
        ("1e6", Some("1e+06")),
        ("123456.0", Some("123456")),
        ("1e-5", Some("1e-05")),
        ("0.0001", Some("0.0001")),
        ("1.2345678e20", Some("1.2345678e+20")),
        ("1e300", Some(".inf")),
        (".nan", Some(".nan")),
        ("-.inf", Some("-.inf")),
        ("~", None),
        ("", None),
        ("18446744073709551615", None),
    ];
    for (text, expected) in rows {
        let value = resolve(None, true, text).unwrap();
        assert_eq!(value.key().ok().as_deref(), expected, "{text}");
    }
}
