//! CustomResourceDefinitions (`apiextensions.k8s.io/v1` and `v1beta1`) as kinds.
//!
//! Reads what a structural schema says of shapes; value rules (`oneOf`, `pattern`, `maximum`, CEL) say nothing of types
//! and are left out. Where a schema says nothing, the type is `any`: a policy may look, and nothing is refused wrongly.
//! Invariants: never panics, never goes deeper than [`DEPTH`], every mistake has its JSON pointer.

use super::types::{Field, FieldType, KindInfo, Text, TypeDef, TypeId};
use super::{Inner, Schema};
use crate::diagnostic::Code;
use rustc_hash::FxHashSet;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Schemas inside schemas; the deepest known CRDs have about 30.
const DEPTH: usize = 100;

/// What is wrong with a CRD, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrdError {
    /// E0501 to E0504.
    pub code: Code,
    /// `metadata.name` of the CRD, or its place among those given where it has none.
    pub crd: String,
    /// JSON pointer into the CRD.
    pub pointer: String,
    /// What is wrong, without a full stop.
    pub message: String,
}

impl std::fmt::Display for CrdError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}] {}: {}: {}", self.code.id(), self.crd, self.pointer, self.message)
    }
}

impl std::error::Error for CrdError {}

/// `base` and the kinds of `crds`.
pub(super) fn extend(base: &Schema, crds: &[Value]) -> Result<Schema, Vec<CrdError>> {
    let object_meta = match base.kind("meta.v1.ObjectMeta") {
        super::Lookup::Found(id) => FieldType::Object(id),
        _ => FieldType::Any,
    };
    let partial = Schema::builtin().types().filter(|(_, ty)| ty.open).map(|(id, _)| id).collect();
    let mut reader = Reader { inner: Inner::clone(&base.0), object_meta, partial, crd: String::new(), errors: vec![] };
    for (i, crd) in crds.iter().enumerate() {
        reader.crd = match crd.pointer("/metadata/name").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => format!("definition {i}"),
        };
        reader.definition(crd);
    }
    if !reader.errors.is_empty() {
        return Err(reader.errors);
    }
    reader.inner.sort();
    Ok(Schema(Arc::new(reader.inner)))
}

/// What is being read, and what was found so far.
struct Reader {
    inner: Inner,
    object_meta: FieldType,
    /// Types of the table of which it has only some fields.
    partial: FxHashSet<TypeId>,
    crd: String,
    errors: Vec<CrdError>,
}

/// The place of a schema: its pointer in the CRD, the name of a type that stands there, how deep it is.
#[derive(Clone)]
struct Place {
    pointer: String,
    name: String,
    package: Text,
    depth: usize,
}

impl Place {
    /// The place of a keyword's schema: the pointer goes on, the name stays.
    fn keyword(&self, keyword: &str) -> Place {
        let pointer = format!("{}/{keyword}", self.pointer);
        Place { pointer, depth: self.depth.saturating_add(1), ..self.clone() }
    }

    /// The place of the schema of a field.
    fn field(&self, field: &str) -> Place {
        let escaped = field.replace('~', "~0").replace('/', "~1");
        let pointer = format!("{}/properties/{escaped}", self.pointer);
        let (name, package) = (format!("{}.{field}", self.name), self.package.clone());
        Place { pointer, name, package, depth: self.depth.saturating_add(1) }
    }
}

/// One version of a CRD, in the form of v1.
struct VersionOf<'a> {
    name: &'a str,
    schema: Option<&'a Value>,
    pointer: String,
    scale: bool,
    status: bool,
}

impl Reader {
    /// Keeps a mistake.
    fn error(&mut self, code: Code, pointer: &str, message: impl Into<String>) {
        let error = CrdError { code, crd: self.crd.clone(), pointer: pointer.to_owned(), message: message.into() };
        self.errors.push(error);
    }

    /// The text at `pointer`, which must be there.
    fn text<'a>(&mut self, crd: &'a Value, pointer: &str) -> Option<&'a str> {
        let found = crd.pointer(pointer).and_then(Value::as_str).filter(|s| !s.is_empty());
        if found.is_none() {
            self.error(Code::CrdShape, pointer, "a text is needed here");
        }
        found
    }

    /// Reads one CRD: a kind for each of its versions.
    fn definition(&mut self, crd: &Value) {
        let field = |name: &str| crd.get(name).and_then(Value::as_str);
        if field("kind") != Some("CustomResourceDefinition") {
            return self.error(Code::CrdShape, "/kind", "this is not a `CustomResourceDefinition`");
        }
        let legacy = match field("apiVersion") {
            Some("apiextensions.k8s.io/v1") => false,
            Some("apiextensions.k8s.io/v1beta1") => true,
            _ => {
                let message = "`apiextensions.k8s.io/v1` or `apiextensions.k8s.io/v1beta1` is needed here";
                return self.error(Code::CrdShape, "/apiVersion", message);
            }
        };
        let (group, kind) = (self.text(crd, "/spec/group"), self.text(crd, "/spec/names/kind"));
        let (Some(group), Some(kind)) = (group, kind) else { return };
        let plural = crd.pointer("/spec/names/plural").and_then(Value::as_str).filter(|s| !s.is_empty());
        let namespaced = crd.pointer("/spec/scope").and_then(Value::as_str) != Some("Cluster");
        let known = self.inner.versions.get(group).and_then(|kinds| kinds.get(kind)).cloned().unwrap_or_default();
        let versions = versions(crd, legacy);
        if versions.is_empty() {
            self.error(Code::CrdShape, "/spec/versions", "at least one version with a name is needed here");
        }
        for version in versions {
            let info = KindInfo {
                group: group.to_owned().into(),
                version: version.name.to_owned().into(),
                kind: kind.to_owned().into(),
                plural: plural.map(|plural| plural.to_owned().into()),
                namespaced,
                custom: true,
                since: None,
                until: None,
            };
            let same = known.iter().find(|k| k.version == version.name).map(|k| k.ty);
            self.kind(&version, info, same);
        }
    }

    /// Adds one version of a kind; `known` is a type that already has its name.
    fn kind(&mut self, version: &VersionOf<'_>, info: KindInfo, known: Option<TypeId>) {
        let first = info.group.split('.').next().unwrap_or(&info.group);
        let package = Text::from(format!("{first}.{}", info.version));
        let place =
            Place { pointer: version.pointer.clone(), name: info.kind.to_string(), package: package.clone(), depth: 0 };
        let before = self.inner.types.len();
        let mut root = TypeDef {
            name: info.kind.clone(),
            package,
            doc: Text::default(),
            fields: vec![],
            open: true,
            kind: Some(info),
        };
        match version.schema {
            Some(Value::Object(schema)) => {
                root.doc = doc(schema);
                root.open = preserves(schema);
                root.fields = self.fields(schema, &place);
            }
            None => {}
            Some(_) => self.error(Code::CrdSchema, &version.pointer, "an object is needed here"),
        }
        self.envelope(&mut root.fields, true);
        if let Some(known) = known.filter(|known| self.partial.contains(known)) {
            let nothing_new = self.covers(known, &root, DEPTH);
            self.complete(root, known);
            if nothing_new {
                // Nothing but `root` named its parts.
                self.inner.types.truncate(before);
            }
            return;
        }
        if let Some(known) = known {
            return self.twice(version, root, known, before);
        }
        let id = self.inner.push(root);
        let scale = self.inner.names.get("Scale").and_then(|ids| ids.first().copied()).filter(|_| version.scale);
        let status = Some(id).filter(|_| version.status);
        for (name, ty) in [("scale", scale), ("status", status)] {
            if let Some(ty) = ty {
                self.inner.subresources.entry(id).or_default().push((name.into(), ty));
            }
        }
    }

    /// A kind that is already there: the same definition again means nothing, another one is a mistake.
    fn twice(&mut self, version: &VersionOf<'_>, root: TypeDef, known: TypeId, before: usize) {
        let same = self.inner.types.get(known.0 as usize).is_some_and(|old| self.alike(old, &root, DEPTH));
        // The parts of the second definition are not needed: nothing but `root` names them.
        self.inner.types.truncate(before);
        if !same {
            let what = root.kind.map(|k| format!("`{} {}`", k.api_version(), k.kind)).unwrap_or_default();
            self.error(Code::CrdTwice, &version.pointer, format!("{what} is already defined in another way"));
        }
    }

    /// A kind of which the table has some fields: it gets the others. The fields of the table stay what they are, for
    /// the library is written against them; another version that is read as this one adds to it too.
    fn complete(&mut self, given: TypeDef, known: TypeId) {
        let Some(old) = self.inner.types.get(known.0 as usize).filter(|_| self.partial.contains(&known)).cloned()
        else {
            return;
        };
        let mut new = TypeDef::clone(&old);
        new.open = given.open;
        if let (Some(kind), Some(given)) = (&mut new.kind, given.kind) {
            (kind.plural, kind.namespaced) = (given.plural, given.namespaced);
        }
        for field in given.fields {
            match new.fields.iter_mut().find(|f| f.name == field.name) {
                Some(old) => {
                    old.doc = field.doc;
                    let (mut a, mut b) = (&old.ty, &field.ty);
                    while let (FieldType::List(x), FieldType::List(y)) | (FieldType::Map(x), FieldType::Map(y)) = (a, b)
                    {
                        (a, b) = (x, y);
                    }
                    if let (FieldType::Object(known), FieldType::Object(part)) = (a, b)
                        && let Some(part) = self.inner.types.get(part.0 as usize).cloned()
                    {
                        self.complete(TypeDef::clone(&part), *known);
                    }
                }
                None => new.fields.push(field),
            }
        }
        new.fields.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(ty) = self.inner.types.get_mut(known.0 as usize) {
            *ty = Arc::new(new);
        }
    }

    /// [`Self::complete`] would add nothing to a type.
    fn covers(&self, known: TypeId, given: &TypeDef, depth: usize) -> bool {
        let ty = |id: TypeId| self.inner.types.get(id.0 as usize);
        let Some(known) = ty(known).filter(|_| self.partial.contains(&known)) else { return true };
        given.fields.iter().all(|field| {
            let Some(old) = known.field(&field.name) else { return false };
            let (mut a, mut b) = (&old.ty, &field.ty);
            while let (FieldType::List(x), FieldType::List(y)) | (FieldType::Map(x), FieldType::Map(y)) = (a, b) {
                (a, b) = (x, y);
            }
            match (a, b) {
                (FieldType::Object(known), FieldType::Object(part)) if known != part => {
                    depth.checked_sub(1).zip(ty(*part)).is_some_and(|(depth, part)| self.covers(*known, part, depth))
                }
                _ => true,
            }
        })
    }

    /// Two types have the same fields, all the way down.
    fn alike(&self, a: &TypeDef, b: &TypeDef, depth: usize) -> bool {
        let ty = |id: TypeId| self.inner.types.get(id.0 as usize);
        let same = |a: &Field, b: &Field| {
            let (mut x, mut y) = (&a.ty, &b.ty);
            while let (FieldType::List(i), FieldType::List(j)) | (FieldType::Map(i), FieldType::Map(j)) = (x, y) {
                (x, y) = (i, j);
            }
            let types = match (x, y) {
                (FieldType::Object(i), FieldType::Object(j)) if i != j => {
                    match (depth.checked_sub(1), ty(*i), ty(*j)) {
                        (Some(depth), Some(i), Some(j)) => self.alike(i, j, depth),
                        _ => false,
                    }
                }
                _ => x == y,
            };
            types && a.name == b.name && a.required == b.required && a.enum_values == b.enum_values
        };
        a.open == b.open
            && a.fields.len() == b.fields.len()
            && a.fields.iter().zip(&b.fields).all(|(a, b)| same(a, b))
            && a.kind.as_ref().map(|k| k.namespaced) == b.kind.as_ref().map(|k| k.namespaced)
    }

    /// Adds what every object has: `apiVersion`, `kind`, `metadata`.
    fn envelope(&self, fields: &mut Vec<Field>, root: bool) {
        let types = [
            ("apiVersion", FieldType::String, false),
            ("kind", FieldType::String, false),
            ("metadata", self.object_meta.clone(), true),
        ];
        for (name, ty, empty) in types {
            fields.retain(|f| f.name != name);
            let field = Field { name: name.into(), required: root, empty_if_absent: root && empty, ..Field::new(ty) };
            fields.push(field);
        }
        fields.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// The fields of an object schema.
    fn fields(&mut self, schema: &Map<String, Value>, place: &Place) -> Vec<Field> {
        let properties = match schema.get("properties") {
            None => return vec![],
            Some(Value::Object(properties)) => properties,
            Some(_) => {
                self.error(Code::CrdSchema, &place.keyword("properties").pointer, "an object is needed here");
                return vec![];
            }
        };
        let required: Vec<&str> = texts(schema.get("required"));
        let mut fields: Vec<Field> = properties
            .iter()
            .map(|(name, schema)| self.field(name, schema, required.contains(&name.as_str()), &place.field(name)))
            .collect();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        fields
    }

    /// One field.
    fn field(&mut self, name: &str, schema: &Value, required: bool, place: &Place) -> Field {
        let mut field = Field { name: name.to_owned().into(), ..Field::new(self.ty(schema, place)) };
        let Value::Object(schema) = schema else { return field };
        field.doc = doc(schema);
        field.default = schema.get("default").map(|json| json.to_string().into());
        let nullable = schema.get("nullable") == Some(&Value::Bool(true));
        // The server fills a default in before it looks at `required`.
        field.required = required && !nullable && field.default.is_none();
        if schema.get("x-kubernetes-list-type").and_then(Value::as_str) == Some("map") {
            field.list_map_keys = owned(&texts(schema.get("x-kubernetes-list-map-keys")));
        }
        let items = schema.get("items").and_then(Value::as_object);
        field.enum_values = match (&field.ty, items) {
            (FieldType::String, _) => closed(schema),
            (FieldType::List(of), Some(items)) if **of == FieldType::String => closed(items),
            _ => vec![],
        };
        field
    }

    /// The type that a schema describes.
    fn ty(&mut self, schema: &Value, place: &Place) -> FieldType {
        if place.depth >= DEPTH {
            self.error(Code::CrdDepth, &place.pointer, format!("schemas nest deeper than {DEPTH} levels"));
            return FieldType::Any;
        }
        let schema = match schema {
            Value::Object(schema) => schema,
            // `true`: anything.
            Value::Bool(true) => return FieldType::Any,
            _ => {
                self.error(Code::CrdSchema, &place.pointer, "a schema is an object");
                return FieldType::Any;
            }
        };
        if schema.contains_key("$ref") {
            self.error(Code::CrdSchema, &place.keyword("$ref").pointer, "a CRD may not use `$ref`");
            return FieldType::Any;
        }
        let text = |name: &str| schema.get(name).and_then(Value::as_str);
        if schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true))
            || text("format") == Some("int-or-string")
        {
            return if text("pattern").is_some_and(is_quantity) { FieldType::Quantity } else { FieldType::IntOrString };
        }
        match schema.get("type") {
            None if schema.contains_key("properties") => self.object(schema, place),
            None => FieldType::Any,
            Some(Value::String(name)) => match name.as_str() {
                "object" => self.object(schema, place),
                "array" => self.list(schema, place),
                "string" if text("format") == Some("date-time") => FieldType::Time,
                "string" => FieldType::String,
                "integer" => FieldType::Int,
                "number" => FieldType::Float,
                "boolean" => FieldType::Bool,
                other => {
                    let message = format!("`{other}` is not a type of JSON Schema");
                    self.error(Code::CrdSchema, &place.keyword("type").pointer, message);
                    FieldType::Any
                }
            },
            Some(_) => {
                self.error(Code::CrdSchema, &place.keyword("type").pointer, "one type is needed here, as a text");
                FieldType::Any
            }
        }
    }

    /// A list of what `items` says.
    fn list(&mut self, schema: &Map<String, Value>, place: &Place) -> FieldType {
        let of = match schema.get("items") {
            Some(items) => self.ty(items, &place.keyword("items")),
            None => FieldType::Any,
        };
        FieldType::List(Box::new(of))
    }

    /// An object with fields of its own, a map, or JSON that only its author knows.
    fn object(&mut self, schema: &Map<String, Value>, place: &Place) -> FieldType {
        let embedded = schema.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true));
        let extra = schema.get("additionalProperties").filter(|extra| **extra != Value::Bool(false));
        if schema.contains_key("properties") {
            let mut fields = self.fields(schema, place);
            if embedded {
                self.envelope(&mut fields, false);
            }
            let ty = TypeDef {
                name: place.name.clone().into(),
                package: place.package.clone(),
                doc: doc(schema),
                fields,
                open: preserves(schema) || extra.is_some(),
                kind: None,
            };
            return FieldType::Object(self.inner.push(ty));
        }
        match extra {
            Some(of) if !embedded => FieldType::Map(Box::new(self.ty(of, &place.keyword("additionalProperties")))),
            _ => FieldType::Any,
        }
    }
}

/// The versions of a CRD. In v1beta1 there may be one for all, and what they share stands beside them.
fn versions(crd: &Value, legacy: bool) -> Vec<VersionOf<'_>> {
    let spec = |name: &str| crd.get("spec").and_then(|spec| spec.get(name)).filter(|_| legacy);
    let shared = spec("validation").and_then(|v| v.get("openAPIV3Schema"));
    let sub = |of: Option<&Value>, name: &str| {
        let own = of.and_then(|v| v.get("subresources"));
        own.or(spec("subresources")).and_then(|s| s.get(name)).is_some()
    };
    let listed = crd.pointer("/spec/versions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut out: Vec<_> = listed
        .iter()
        .enumerate()
        .filter_map(|(i, version)| {
            let own = version.pointer("/schema/openAPIV3Schema");
            let pointer = match (own, shared) {
                (None, Some(_)) => "/spec/validation/openAPIV3Schema".to_owned(),
                _ => format!("/spec/versions/{i}/schema/openAPIV3Schema"),
            };
            let name = version.get("name").and_then(Value::as_str)?;
            let (scale, status) = (sub(Some(version), "scale"), sub(Some(version), "status"));
            Some(VersionOf { name, schema: own.or(shared), pointer, scale, status })
        })
        .collect();
    if let Some(name) = spec("version").and_then(Value::as_str).filter(|name| out.iter().all(|v| v.name != *name)) {
        let pointer = "/spec/validation/openAPIV3Schema".to_owned();
        out.push(VersionOf { name, schema: shared, pointer, scale: sub(None, "scale"), status: sub(None, "status") });
    }
    out
}

/// The schema keeps fields that it does not know.
fn preserves(schema: &Map<String, Value>) -> bool {
    schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true))
}

/// The texts of a list; anything else in it says nothing.
fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Copies.
fn owned(texts: &[&str]) -> Vec<Text> {
    texts.iter().map(|t| Text::from((*t).to_owned())).collect()
}

/// The values of `enum`, if all of them are texts.
fn closed(schema: &Map<String, Value>) -> Vec<Text> {
    let values = texts(schema.get("enum"));
    let all = schema.get("enum").and_then(Value::as_array).map(Vec::len);
    if all == Some(values.len()) { owned(&values) } else { vec![] }
}

/// The pattern by which generators of CRDs write a quantity.
fn is_quantity(pattern: &str) -> bool {
    pattern.starts_with(r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]")
}

/// The first sentence of the description.
fn doc(schema: &Map<String, Value>) -> Text {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let mut words = text.split("\n\n").next().unwrap_or_default().split_whitespace().peekable();
    let mut out = String::new();
    while let Some(word) = words.next() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        let starts_another = words.peek().and_then(|w| w.chars().next()).is_some_and(char::is_uppercase);
        if word.ends_with('.') && starts_another && !matches!(word, "e.g." | "i.e." | "vs.") {
            break;
        }
    }
    out.into()
}

#[cfg(test)]
mod tests;
