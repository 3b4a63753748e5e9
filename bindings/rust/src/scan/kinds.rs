//! Names of kinds as users write them, and whether the kind of an object is known.

use plimsoll_dsl::schema::{Fit, Lookup, Schema, suggest};
use plimsoll_engine::program::{KindMatch, Program};

/// A kind as it was named: `Pod`, `apps.v1.Deployment`, `example.com/v1/Widget`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// `apps/v1`; empty where neither schema nor program says one.
    pub api_version: String,
    /// How objects of it are known.
    pub kind: KindMatch,
}

/// A kind that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no kind `{name}`{}", .suggestion.as_ref().map_or(String::new(), |s| format!("; did you mean `{s}`?")))]
pub struct UnknownName {
    /// As it was written.
    pub name: String,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

/// The kind of a name: of the schema, of the program, or as `group/version/Kind` says.
///
/// # Errors
/// If the name is not known and does not say its group.
pub fn named(name: &str, schema: &Schema, program: &Program) -> Result<Named, UnknownName> {
    if let Lookup::Found(id) = schema.kind(name)
        && let Some(info) = &schema.ty(id).kind
    {
        let other = |(group, _, kind): &(&str, &_, &str)| **group != *info.group && **kind == *info.kind;
        let mut old_groups: Vec<String> =
            schema.read_by(id).filter(other).map(|(group, ..)| group.to_owned()).collect();
        old_groups.dedup();
        let kind = KindMatch { kind: info.kind.to_string(), group: info.group.to_string(), old_groups };
        return Ok(Named { api_version: info.api_version(), kind });
    }
    if let Some((api_version, kind)) = name.rsplit_once('/') {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let kind = KindMatch { kind: kind.to_owned(), group: group.to_owned(), old_groups: Vec::new() };
        return Ok(Named { api_version: api_version.to_owned(), kind });
    }
    let mut of_program = program.kinds.iter().flat_map(|set| &set.kinds);
    if let Some(kind) = of_program.find(|kind| kind.kind == name) {
        let api_version = if kind.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", kind.group) };
        return Ok(Named { api_version, kind: kind.clone() });
    }
    let suggestion = suggest(name, schema.short_names()).map(str::to_owned);
    Err(UnknownName { name: name.to_owned(), suggestion })
}

/// What is known of the kind of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// Its type is known.
    Yes,
    /// The kind is known, this version of it is not: it is read as the newest.
    OtherVersion,
    /// Nothing.
    No,
}

/// What schema and program know of a kind.
#[must_use]
pub fn known(schema: &Schema, program: &Program, api_version: &str, kind: &str) -> Known {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    match schema.by_gvk(group, version, kind) {
        Some(reader) if reader.fit == Fit::UnknownVersion => Known::OtherVersion,
        Some(_) => Known::Yes,
        None => {
            let fits = |k: &KindMatch| k.kind == kind && (k.group == group || k.old_groups.iter().any(|g| g == group));
            let of_policies = program.kinds.iter().flat_map(|set| &set.kinds).any(fits);
            let of_workloads = program.workloads.iter().any(|w| fits(&w.kind));
            if of_policies || of_workloads { Known::Yes } else { Known::No }
        }
    }
}
