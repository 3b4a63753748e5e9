//! JSON schemas and data files → model. A data row that names a type or field that is not there is an error, so that
//! no row can rot.

use super::data::{Data, Row};
use super::model::{Field, Kind, Model, Ty, Type};
use super::walk::Walked;
use serde_json::{Map, Value};

/// Definitions that are scalars or JSON of any shape, by the last part of their name.
const SCALARS: [(&str, char); 11] = [
    ("Quantity", 'q'),
    ("IntOrString", 'x'),
    ("Time", 't'),
    ("MicroTime", 't'),
    ("RawExtension", 'a'),
    ("FieldsV1", 'a'),
    ("Patch", 'a'),
    ("JSON", 'a'),
    ("JSONSchemaPropsOrArray", 'a'),
    ("JSONSchemaPropsOrBool", 'a'),
    ("JSONSchemaPropsOrStringArray", 'a'),
];

/// Makes the model.
pub(super) fn build(walked: Walked, data: &Data) -> Result<Model, String> {
    let mut model = Model::default();
    for (name, schema) in &walked.definitions {
        if scalar(name).is_none() {
            model.types.insert(path(name), object(name, schema)?);
        }
    }
    for kind in walked.kinds {
        let at = path(&kind.definition);
        let ty = model.types.get_mut(&at).ok_or_else(|| format!("{at}: a kind without a definition"))?;
        ty.kind = Some(Kind {
            group: kind.group.to_owned(),
            version: kind.version.to_owned(),
            kind: kind.kind.to_owned(),
            namespaced: kind.namespaced,
            custom: false,
            since: None,
            until: None,
        });
    }
    add_types(&mut model, data)?;
    super::crds::add(&mut model, data)?;
    envelopes(&mut model);
    attributes(&mut model, data)?;
    minors(&mut model, data)?;
    links(&mut model, data)?;
    complete(&model)?;
    Ok(model)
}

/// `io.k8s.api.core.v1.Pod` → `core.v1.Pod`
fn path(definition: &str) -> String {
    let parts: Vec<&str> = definition.rsplitn(4, '.').take(3).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(".")
}

/// The letter of a definition that is no object.
fn scalar(definition: &str) -> Option<char> {
    let last = definition.rsplit('.').next()?;
    SCALARS.iter().find(|(name, _)| *name == last).map(|(_, letter)| *letter)
}

/// An object definition as a type.
fn object(name: &str, schema: &Value) -> Result<Type, String> {
    let schema = schema.as_object().ok_or_else(|| format!("{name}: not an object"))?;
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut out = Type { doc: doc(schema), ..Type::default() };
    for (field, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let schema = schema.as_object().ok_or_else(|| format!("{name}.{field}: not an object"))?;
        let of = ty(schema).ok_or_else(|| format!("{name}.{field}: a shape that is not known: {schema:?}"))?;
        let required = required.contains(&field.as_str());
        out.fields.insert(field.clone(), Field { required, doc: doc(schema), ..Field::new(of) });
    }
    Ok(out)
}

/// What a schema of a field describes.
fn ty(schema: &Map<String, Value>) -> Option<Ty> {
    let text = |name: &str| schema.get(name).and_then(Value::as_str);
    if let Some(target) = text("$ref") {
        let definition = target.rsplit('/').next()?;
        return Some(scalar(definition).map_or_else(|| Ty::Named(path(definition)), Ty::Scalar));
    }
    let inner = |name: &str| schema.get(name).and_then(Value::as_object).and_then(ty).map(Box::new);
    Some(match text("type")? {
        "boolean" => Ty::Scalar('b'),
        "integer" => Ty::Scalar('i'),
        "number" => Ty::Scalar('f'),
        "string" if text("format") == Some("date-time") => Ty::Scalar('t'),
        "string" => Ty::Scalar('s'),
        "array" => Ty::List(inner("items")?),
        "object" if schema.contains_key("additionalProperties") => Ty::Map(inner("additionalProperties")?),
        "object" => Ty::Scalar('a'),
        _ => return None,
    })
}

/// The first sentence of the description, in one line.
fn doc(schema: &Map<String, Value>) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let mut words = text.split("\n\n").next().unwrap_or_default().split_whitespace().peekable();
    let mut out: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        out.push(word);
        let upper = words.peek().and_then(|w| w.chars().next()).is_some_and(char::is_uppercase);
        if word.ends_with('.') && upper && !matches!(word, "e.g." | "i.e." | "vs." | "(e.g." | "(i.e.") {
            break;
        }
    }
    out.join(" ")
}

/// Types, fields and kinds that the walk does not reach.
fn add_types(model: &mut Model, data: &Data) -> Result<(), String> {
    for row in data.rows("types.tsv") {
        let ty = model.types.entry(row.cell(0).to_owned()).or_default();
        if row.cell(1).is_empty() {
            row.cell(4).clone_into(&mut ty.doc);
            continue;
        }
        let of = Ty::parse(row.cell(2)).ok_or_else(|| row.error(format!("`{}` is no type", row.cell(2))))?;
        let field = Field { required: row.cell(3) == "required", doc: row.cell(4).to_owned(), ..Field::new(of) };
        if ty.fields.insert(row.cell(1).to_owned(), field).is_some() {
            return Err(row.error("the field is there without this row"));
        }
    }
    for row in data.rows("kinds.tsv") {
        let ty = type_of(model, row)?;
        if ty.kind.is_some() {
            return Err(row.error("the kind is there without this row"));
        }
        ty.kind = Some(Kind {
            group: row.cell(1).to_owned(),
            version: row.cell(2).to_owned(),
            kind: row.cell(3).to_owned(),
            namespaced: row.cell(4) == "namespaced",
            custom: false,
            since: None,
            until: None,
        });
    }
    Ok(())
}

/// What every object has, and what is never null in it.
fn envelopes(model: &mut Model) {
    for ty in model.types.values_mut().filter(|ty| ty.kind.is_some()) {
        for name in ["apiVersion", "kind"] {
            ty.fields.entry(name.to_owned()).or_insert_with(|| Field::new(Ty::Scalar('s'))).required = true;
        }
        let meta = || Field::new(Ty::Named("meta.v1.ObjectMeta".to_owned()));
        let metadata = ty.fields.entry("metadata".to_owned()).or_insert_with(meta);
        (metadata.required, metadata.empty_if_absent) = (true, true);
    }
}

/// The type that a row names in its first column.
fn type_of<'a>(model: &'a mut Model, row: &Row) -> Result<&'a mut Type, String> {
    model.types.get_mut(row.cell(0)).ok_or_else(|| row.error(format!("there is no type `{}`", row.cell(0))))
}

/// The field that a row names in its first two columns.
fn field_of<'a>(model: &'a mut Model, row: &Row) -> Result<&'a mut Field, String> {
    let fields = &mut type_of(model, row)?.fields;
    fields.get_mut(row.cell(1)).ok_or_else(|| row.error(format!("there is no field `{}`", row.cell(1))))
}

/// Defaults, keys, closed values.
fn attributes(model: &mut Model, data: &Data) -> Result<(), String> {
    for row in data.rows("defaults.tsv") {
        let json: Value = serde_json::from_str(row.cell(2)).map_err(|e| row.error(e))?;
        let field = field_of(model, row)?;
        field.default = Some(json.to_string());
        row.cell(3).clone_into(&mut field.when);
        if let Some((sibling, _)) = row.cell(3).split_once('=').filter(|_| !row.cell(3).is_empty()) {
            let known = type_of(model, row)?.fields.contains_key(sibling);
            known.then_some(()).ok_or_else(|| row.error(format!("there is no field `{sibling}`")))?;
        }
    }
    for row in data.rows("empty.tsv") {
        let field = field_of(model, row)?;
        (field.required, field.empty_if_absent) = (true, true);
    }
    for row in data.rows("list_map_keys.tsv") {
        let field = field_of(model, row)?;
        if !matches!(field.ty, Ty::List(_)) {
            return Err(row.error("the field is not a list"));
        }
        row.cell(2).clone_into(&mut field.list_map_keys);
    }
    for row in data.rows("values.tsv") {
        let field = field_of(model, row)?;
        if field.ty != Ty::Scalar('s') && field.ty != Ty::List(Box::new(Ty::Scalar('s'))) {
            return Err(row.error("the field is neither a string nor a list of strings"));
        }
        row.cell(2).clone_into(&mut field.values);
    }
    Ok(())
}

/// The minors of fields, and of kinds in rows without a field.
fn minors(model: &mut Model, data: &Data) -> Result<(), String> {
    for row in data.rows("minors.tsv") {
        let (first, last) = (row.minor(2)?, row.minor(3)?);
        if row.cell(1).is_empty() {
            let kind = type_of(model, row)?.kind.as_mut().ok_or_else(|| row.error("this is no kind"))?;
            (kind.since, kind.until) = (first, last);
        } else {
            let field = field_of(model, row)?;
            (field.since, field.until) = (first, last);
        }
    }
    Ok(())
}

/// Retired versions and subresources.
fn links(model: &mut Model, data: &Data) -> Result<(), String> {
    for row in data.rows("retired.tsv") {
        row.minor(3)?;
        if model.types.get(row.cell(4)).is_none_or(|ty| ty.kind.is_none()) {
            return Err(row.error(format!("there is no kind `{}`", row.cell(4))));
        }
        let cell = |i| row.cell(i).to_owned();
        model.retired.push([cell(0), cell(1), cell(2), cell(3), cell(4)]);
    }
    for row in data.rows("subresources.tsv") {
        type_of(model, row)?;
        if !model.types.contains_key(row.cell(2)) {
            return Err(row.error(format!("there is no type `{}`", row.cell(2))));
        }
        model.subresources.push([row.cell(0).to_owned(), row.cell(1).to_owned(), row.cell(2).to_owned()]);
    }
    for (path, _) in model.types.iter().filter(|(_, ty)| ty.kind.is_some() && ty.fields.contains_key("status")) {
        model.subresources.push([path.clone(), "status".to_owned(), path.clone()]);
    }
    model.retired.sort();
    model.subresources.sort();
    Ok(())
}

/// Every type that is named is there.
fn complete(model: &Model) -> Result<(), String> {
    for (path, ty) in &model.types {
        for (field, f) in &ty.fields {
            if let Some(of) = f.ty.named().filter(|of| !model.types.contains_key(*of)) {
                return Err(format!("{path}.{field}: there is no type `{of}`"));
            }
        }
    }
    Ok(())
}
