//! Reads the embedded table, which `cargo xtask schema` writes: one line a thing, parts split by tabs, nothing copied.
//!
//! ```text
//! plimsoll-schema 1 24 37                 format, first and last minor it knows
//! T core.v1 Pod - doc                     type: package, name, `o` if open, first sentence
//! K group version kind N 26 30            the type is a kind: N(amespaced) or C(luster), small if custom, minors
//! F containers [17 ! #name ~doc           field of the type: name, type, attributes in any order
//! R batch v1beta1 CronJob 24 311          version without a type of its own: last minor, the type that reads it
//! S 42 exec 57                            subresource: of type, name, type of its object
//! ```
//!
//! A type is `b`ool, `i`nt, `f`loat, `s`tring, `q`uantity, `t`ime, `x` (int or string), `a`ny, `[T`, `{T`, or the
//! number of a `T` line. Attributes are `!` required, `0` empty if absent, `+n` and `-n` first and last minor,
//! `#a,b` list-map keys, `|a|b` closed values, `=json` default, `?f=a|b` the condition of it, `~text` doc.

use super::types::{Field, FieldType, KindInfo, Minor, Text, TypeDef, TypeId};

/// The table as it stands in the file.
pub(super) const TABLE: &str = include_str!("table.txt");

/// A version that has no type of its own, or a group that a kind has left.
pub(super) struct Retired {
    pub(super) group: Text,
    pub(super) version: Text,
    pub(super) kind: Text,
    pub(super) until: Option<Minor>,
    pub(super) reads_as: TypeId,
}

/// What a table says, before it is indexed.
#[derive(Default)]
pub(super) struct Decoded {
    pub(super) minors: (Minor, Minor),
    pub(super) types: Vec<TypeDef>,
    pub(super) retired: Vec<Retired>,
    pub(super) subresources: Vec<(TypeId, Text, TypeId)>,
}

/// Reads a table; the error is the number of the line that is none.
pub(super) fn decode(table: &'static str) -> Result<Decoded, usize> {
    let mut out = Decoded::default();
    for (i, text) in table.lines().enumerate() {
        line(&mut out, text).ok_or_else(|| i.saturating_add(1))?;
    }
    Ok(out)
}

/// Reads one line into `out`.
fn line(out: &mut Decoded, text: &'static str) -> Option<()> {
    let mut parts = text.split('\t');
    match parts.next()? {
        "plimsoll-schema" => {
            (parts.next()? == "1").then_some(())?;
            out.minors = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        }
        "T" => out.types.push(TypeDef {
            package: parts.next()?.into(),
            name: parts.next()?.into(),
            open: parts.next()? == "o",
            doc: parts.next()?.into(),
            fields: vec![],
            kind: None,
        }),
        "K" => {
            let (group, version, kind, scope) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            out.types.last_mut()?.kind = Some(KindInfo {
                group: group.into(),
                version: version.into(),
                kind: kind.into(),
                plural: None,
                namespaced: scope.eq_ignore_ascii_case("N"),
                custom: scope.starts_with(|c: char| c.is_ascii_lowercase()),
                since: minor(parts.next()?)?,
                until: minor(parts.next()?)?,
            });
        }
        "F" => {
            let field = field(parts.next()?, parts.next()?, parts)?;
            out.types.last_mut()?.fields.push(field);
        }
        "R" => out.retired.push(Retired {
            group: parts.next()?.into(),
            version: parts.next()?.into(),
            kind: parts.next()?.into(),
            until: minor(parts.next()?)?,
            reads_as: id(parts.next()?)?,
        }),
        "S" => out.subresources.push((id(parts.next()?)?, parts.next()?.into(), id(parts.next()?)?)),
        _ => return None,
    }
    Some(())
}

/// A field from its name, its type and its attributes.
fn field(name: &'static str, ty: &'static str, attributes: impl Iterator<Item = &'static str>) -> Option<Field> {
    let mut field = Field { name: name.into(), ..Field::new(field_type(ty)?) };
    for attribute in attributes {
        let mut letters = attribute.chars();
        let (sign, rest) = (letters.next()?, letters.as_str());
        match sign {
            '!' => field.required = true,
            '0' => field.empty_if_absent = true,
            '+' => field.since = Some(rest.parse().ok()?),
            '-' => field.until = Some(rest.parse().ok()?),
            '#' => field.list_map_keys = rest.split(',').map(Text::from).collect(),
            '|' => field.enum_values = rest.split('|').map(Text::from).collect(),
            '=' => field.default = Some(rest.into()),
            '?' => {
                let (sibling, values) = rest.split_once('=')?;
                field.default_when = Some((sibling.into(), values.split('|').map(Text::from).collect()));
            }
            '~' => field.doc = rest.into(),
            _ => return None,
        }
    }
    Some(field)
}

/// Reads the code of a type.
fn field_type(code: &str) -> Option<FieldType> {
    Some(match code {
        "b" => FieldType::Bool,
        "i" => FieldType::Int,
        "f" => FieldType::Float,
        "s" => FieldType::String,
        "q" => FieldType::Quantity,
        "t" => FieldType::Time,
        "x" => FieldType::IntOrString,
        "a" => FieldType::Any,
        _ => match code.split_at_checked(1)? {
            ("[", rest) => FieldType::List(Box::new(field_type(rest)?)),
            ("{", rest) => FieldType::Map(Box::new(field_type(rest)?)),
            _ => FieldType::Object(id(code)?),
        },
    })
}

/// A minor; an empty part is none.
fn minor(text: &str) -> Option<Option<Minor>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

/// The number of a type.
fn id(text: &str) -> Option<TypeId> {
    text.parse().ok().map(TypeId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_each_sort() {
        let table = "plimsoll-schema\t1\t24\t37\nT\tcore.v1\tPod\to\tA pod.\nK\t\tv1\tPod\tN\t\t30\n\
                     F\tspec\t[{0\t!\t#name,protocol\t+26\t|A|B\t=\"A\"\t?type=X|Y\t~Doc\nR\tx\tv1\tPod\t20\t0\nS\t0\texec\t0\n";
        let out = decode(table).unwrap();
        let pod = &out.types[0];
        assert!(pod.open && pod.kind.as_ref().unwrap().namespaced);
        assert_eq!(pod.kind.as_ref().unwrap().until, Some(30));
        let field = &pod.fields[0];
        assert_eq!(field.ty, FieldType::List(Box::new(FieldType::Map(Box::new(FieldType::Object(TypeId(0)))))));
        assert_eq!(field.list_map_keys, ["name", "protocol"]);
        assert_eq!(field.enum_values, ["A", "B"]);
        assert_eq!((field.required, field.since, field.until), (true, Some(26), None));
        assert_eq!(field.default.as_deref(), Some("\"A\""));
        assert_eq!(field.default_when, Some(("type".into(), vec!["X".into(), "Y".into()])));
        assert_eq!(out.retired[0].until, Some(20));
        assert_eq!(out.subresources[0].1, "exec");
    }

    #[test]
    fn the_line_of_a_mistake_is_told() {
        for bad in ["X", "T\tcore.v1", "F\ta\ts", "T\tc\tP\t\t\nF\ta\tz", "T\tc\tP\t\t\nF\ta\ts\t?"] {
            assert_eq!(decode(bad).err(), Some(bad.lines().count()), "{bad:?}");
        }
    }
}
