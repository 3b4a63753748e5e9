//! What a definition gives, and what is wrong with those that give nothing.

use super::super::{Fit, Lookup};
use super::*;
use serde_json::json;

/// A definition of `Widget` in `example.org/v1` with this schema.
fn crd(schema: Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "widgets.example.org" },
        "spec": {
            "group": "example.org", "names": { "kind": "Widget", "plural": "widgets" }, "scope": "Namespaced",
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": schema } }],
        },
    })
}

/// A schema of an object whose `spec` has these properties.
fn spec(properties: Value) -> Value {
    json!({ "type": "object", "properties": { "spec": { "type": "object", "properties": properties } } })
}

fn with(crds: &[Value]) -> Schema {
    Schema::builtin().with_crds(crds).unwrap_or_else(|e| panic!("{e:?}"))
}

fn id(schema: &Schema, name: &str) -> TypeId {
    match schema.kind(name) {
        Lookup::Found(id) => id,
        other => panic!("{name}: {other:?}"),
    }
}

/// The field of the `spec` of `Widget` whose schema this is.
fn field(property: Value) -> (Schema, Field) {
    let schema = with(&[crd(spec(json!({ "f": property })))]);
    let FieldType::Object(spec) = schema.ty(id(&schema, "Widget")).field("spec").unwrap().ty else { panic!() };
    let field = schema.ty(spec).field("f").unwrap().clone();
    (schema, field)
}

/// Codes and pointers of the mistakes in these definitions.
fn mistakes(crds: &[Value]) -> Vec<(&'static str, String)> {
    let errors = Schema::builtin().with_crds(crds).err().unwrap_or_default();
    errors.into_iter().map(|e| (e.code.id(), e.pointer)).collect()
}

#[test]
fn a_kind_comes_with_its_envelope_and_is_found_by_all_its_names() {
    let schema = with(&[crd(spec(json!({ "size": { "type": "integer", "description": "How big. Or small." } })))]);
    let widget = id(&schema, "Widget");
    for name in ["example.v1.Widget", "example.org/v1/Widget", "example.org.Widget"] {
        assert_eq!(id(&schema, name), widget, "{name}");
    }
    assert_eq!(schema.by_gvk("example.org", "v1", "Widget").map(|r| (r.ty, r.fit)), Some((widget, Fit::Exact)));
    let ty = schema.ty(widget);
    assert!(ty.kind.as_ref().unwrap().custom && ty.kind.as_ref().unwrap().namespaced);
    let names: Vec<_> = ty.fields.iter().map(|f| f.name.as_ref()).collect();
    assert_eq!(names, ["apiVersion", "kind", "metadata", "spec"]);
    assert_eq!(ty.field("metadata").unwrap().ty, FieldType::Object(id(&schema, "ObjectMeta")));
    let FieldType::Object(spec) = ty.field("spec").unwrap().ty else { panic!() };
    assert_eq!(schema.ty(spec).name, "Widget.spec");
    assert_eq!(schema.ty(spec).field("size").unwrap().doc, "How big.");
    assert_eq!(id(&schema, "Pod"), id(Schema::builtin(), "Pod"));
}

#[test]
fn every_shape_has_its_type() {
    let list = |ty| FieldType::List(Box::new(ty));
    let map = |ty| FieldType::Map(Box::new(ty));
    let quantity = r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";
    for (property, want) in [
        (json!({ "type": "boolean" }), FieldType::Bool),
        (json!({ "type": "integer", "format": "int32" }), FieldType::Int),
        (json!({ "type": "number" }), FieldType::Float),
        (json!({ "type": "string", "format": "byte" }), FieldType::String),
        (json!({ "type": "string", "format": "date-time" }), FieldType::Time),
        (json!({ "x-kubernetes-int-or-string": true }), FieldType::IntOrString),
        (
            json!({ "anyOf": [{ "type": "integer" }, { "type": "string" }], "x-kubernetes-int-or-string": true, "pattern": quantity }),
            FieldType::Quantity,
        ),
        (json!({ "type": "array", "items": { "type": "string" } }), list(FieldType::String)),
        (json!({ "type": "array" }), list(FieldType::Any)),
        (json!({ "type": "object", "additionalProperties": { "type": "integer" } }), map(FieldType::Int)),
        (json!({ "type": "object", "additionalProperties": true }), map(FieldType::Any)),
        (json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true }), FieldType::Any),
        (json!({ "type": "object", "x-kubernetes-embedded-resource": true }), FieldType::Any),
        (json!({ "type": "object" }), FieldType::Any),
        (json!({}), FieldType::Any),
        (json!(true), FieldType::Any),
    ] {
        assert_eq!(field(property.clone()).1.ty, want, "{property}");
    }
}

#[test]
fn objects_may_be_open_or_hold_objects_of_the_api() {
    let name = json!({ "name": { "type": "string" } });
    let (schema, open) =
        field(json!({ "type": "object", "properties": name, "x-kubernetes-preserve-unknown-fields": true }));
    let FieldType::Object(ty) = open.ty else { panic!() };
    assert!(schema.ty(ty).open && schema.ty(ty).field("name").is_some());
    let (schema, embedded) =
        field(json!({ "type": "object", "properties": name, "x-kubernetes-embedded-resource": true }));
    let FieldType::Object(ty) = embedded.ty else { panic!() };
    assert!(!schema.ty(ty).open);
    assert_eq!(schema.ty(ty).field("metadata").unwrap().ty, FieldType::Object(id(&schema, "ObjectMeta")));
    assert!(!schema.ty(ty).field("kind").unwrap().required);
}

#[test]
fn required_nullable_default_enum_and_keys() {
    let required = |property: Value| {
        let schema = json!({ "type": "object", "properties": {
            "spec": { "type": "object", "required": ["f"], "properties": { "f": property } } } });
        let schema = with(&[crd(schema)]);
        let FieldType::Object(spec) = schema.ty(id(&schema, "Widget")).field("spec").unwrap().ty else { panic!() };
        schema.ty(spec).field("f").unwrap().required
    };
    assert!(required(json!({ "type": "string" })));
    assert!(!required(json!({ "type": "string", "nullable": true })));
    assert!(!required(json!({ "type": "string", "default": "x" })));
    assert_eq!(field(json!({ "type": "object", "default": { "a": [1] } })).1.default.as_deref(), Some(r#"{"a":[1]}"#));
    assert_eq!(field(json!({ "type": "string", "enum": ["A", "B"] })).1.enum_values, ["A", "B"]);
    assert_eq!(field(json!({ "type": "array", "items": { "type": "string", "enum": ["A"] } })).1.enum_values, ["A"]);
    assert!(field(json!({ "type": "integer", "enum": [1, 2] })).1.enum_values.is_empty());
    let keyed = json!({ "type": "array", "items": { "type": "object", "properties": { "name": { "type": "string" } } },
        "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] });
    assert_eq!(field(keyed).1.list_map_keys, ["name"]);
}

#[test]
fn versions_and_subresources() {
    let mut definition = crd(spec(json!({ "old": { "type": "string" } })));
    let versions = definition.pointer_mut("/spec/versions").unwrap().as_array_mut().unwrap();
    versions[0]["name"] = "v1beta1".into();
    let next = json!({ "name": "v1", "subresources": { "status": {}, "scale": {} },
        "schema": { "openAPIV3Schema": spec(json!({ "new": { "type": "string" } })) } });
    versions.push(next);
    let schema = with(&[definition]);
    let (new, old) = (id(&schema, "Widget"), id(&schema, "example.v1beta1.Widget"));
    assert_eq!(id(&schema, "example.v1.Widget"), new);
    assert_ne!(new, old);
    assert_eq!(schema.by_gvk("example.org", "v2", "Widget").map(|r| (r.ty, r.fit)), Some((new, Fit::UnknownVersion)));
    assert_eq!(schema.subresource(new, "status"), Some(new));
    assert_eq!(schema.subresource(new, "scale"), Some(id(&schema, "Scale")));
    assert_eq!(schema.subresource(old, "scale"), None);
}

#[test]
fn definitions_of_v1beta1() {
    let definition = |more: Value| {
        let mut spec = json!({ "group": "example.org", "names": { "kind": "Widget" }, "scope": "Cluster" });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "apiVersion": "apiextensions.k8s.io/v1beta1", "kind": "CustomResourceDefinition", "spec": spec })
    };
    let shared = json!({ "openAPIV3Schema": spec(json!({ "a": { "type": "string" } })) });
    for more in [
        json!({ "version": "v1alpha1", "validation": shared }),
        json!({ "version": "v1alpha1", "versions": [{ "name": "v1alpha1" }], "validation": shared }),
        json!({ "versions": [{ "name": "v1alpha1", "schema": shared }] }),
    ] {
        let schema = with(&[definition(more.clone())]);
        let ty = schema.ty(id(&schema, "Widget"));
        assert!(ty.field("spec").is_some() && !ty.open && !ty.kind.as_ref().unwrap().namespaced, "{more}");
    }
    let schema = with(&[definition(json!({ "version": "v1" }))]);
    assert!(schema.ty(id(&schema, "Widget")).open);
}

#[test]
fn one_kind_in_two_groups_is_ambiguous_but_a_built_in_one_is_not() {
    let other = |group: &str, kind: &str| {
        let mut definition = crd(spec(json!({})));
        definition["spec"]["group"] = group.into();
        definition["spec"]["names"]["kind"] = kind.into();
        definition
    };
    let schema =
        with(&[other("a.example", "Gadget"), other("b.example", "Gadget"), other("c.example", "NetworkPolicy")]);
    let Lookup::Ambiguous(found) = schema.kind("Gadget") else { panic!() };
    assert_eq!(found.iter().map(|id| schema.ty(*id).path()).collect::<Vec<_>>(), ["a.v1.Gadget", "b.v1.Gadget"]);
    assert_eq!(schema.ty(id(&schema, "b.v1.Gadget")).kind.as_ref().unwrap().group, "b.example");
    assert_eq!(schema.ty(id(&schema, "NetworkPolicy")).path(), "networking.v1.NetworkPolicy");
    assert_eq!(schema.ty(id(&schema, "c.example/NetworkPolicy")).path(), "c.v1.NetworkPolicy");
}

#[test]
fn the_same_definition_twice_means_nothing_and_another_one_is_a_mistake() {
    let one = crd(spec(
        json!({ "a": { "type": "array", "items": { "type": "object", "properties": { "b": { "type": "string" } } } } }),
    ));
    assert_eq!(with(&[one.clone(), one.clone()]).counts(), with(std::slice::from_ref(&one)).counts());
    let other = crd(spec(
        json!({ "a": { "type": "array", "items": { "type": "object", "properties": { "b": { "type": "integer" } } } } }),
    ));
    let pointer = "/spec/versions/0/schema/openAPIV3Schema".to_owned();
    assert_eq!(mistakes(&[one, other]), [("E0504", pointer.clone())]);
    let mut pod = crd(spec(json!({})));
    pod["spec"]["group"] = "apps".into();
    pod["spec"]["names"]["kind"] = "Deployment".into();
    assert_eq!(mistakes(&[pod]), [("E0504", pointer)]);
}

#[test]
fn mistakes_are_told_with_their_places() {
    let at = |tail: &str| format!("/spec/versions/0/schema/openAPIV3Schema{tail}");
    for (schema, pointer) in [
        (json!([]), at("")),
        (json!({ "properties": [] }), at("/properties")),
        (json!({ "properties": { "a/b~c": { "type": "text" } } }), at("/properties/a~1b~0c/type")),
        (json!({ "properties": { "a": { "type": ["string"] } } }), at("/properties/a/type")),
        (json!({ "properties": { "a": { "$ref": "#/x" } } }), at("/properties/a/$ref")),
        (json!({ "properties": { "a": 1 } }), at("/properties/a")),
        (json!({ "properties": { "a": { "type": "array", "items": [] } } }), at("/properties/a/items")),
        (
            json!({ "properties": { "a": { "type": "object", "additionalProperties": 1 } } }),
            at("/properties/a/additionalProperties"),
        ),
    ] {
        assert_eq!(mistakes(&[crd(schema.clone())]), [("E0502", pointer)], "{schema}");
    }
    let without = |pointer: &str, name: &str| {
        let mut definition = crd(json!({}));
        definition.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
        mistakes(&[definition]).into_iter().map(|(code, pointer)| format!("{code} {pointer}")).collect::<Vec<_>>()
    };
    assert_eq!(without("", "kind"), ["E0501 /kind"]);
    assert_eq!(without("", "apiVersion"), ["E0501 /apiVersion"]);
    assert_eq!(without("/spec", "group"), ["E0501 /spec/group"]);
    assert_eq!(without("/spec/names", "kind"), ["E0501 /spec/names/kind"]);
    assert_eq!(without("/spec", "versions"), ["E0501 /spec/versions"]);
    assert_eq!(mistakes(&[Value::Null, json!("x")]).len(), 2);
}

#[test]
fn deep_schemas_are_an_error_and_no_overflow() {
    let mut schema = json!({ "type": "string" });
    for _ in 0..300 {
        schema = json!({ "type": "array", "items": schema });
    }
    let found = mistakes(&[crd(spec(json!({ "deep": schema })))]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "E0503");
}

#[test]
fn a_definition_completes_a_kind_of_which_the_table_has_some_fields() {
    let mut given = crd(spec(json!({
        "mtls": { "type": "object", "properties": { "mode": { "type": "string" }, "grade": { "type": "integer" } } },
        "extra": { "type": "integer" },
    })));
    given["spec"]["group"] = json!("security.istio.io");
    given["spec"]["names"] = json!({ "kind": "PeerAuthentication", "plural": "peerauthentications" });
    let schema = with(&[given.clone(), given]);
    let part = |ty: &TypeDef, name: &str| match &ty.field(name).unwrap().ty {
        FieldType::Object(id) => schema.ty(*id).clone(),
        other => panic!("{name}: {other:?}"),
    };
    let root = id(&schema, "PeerAuthentication");
    assert_eq!(Some(root), schema.by_gvk("security.istio.io", "v1beta1", "PeerAuthentication").map(|r| r.ty));
    let spec = part(schema.ty(root), "spec");
    assert_eq!(spec.field("extra").map(|f| f.ty.clone()), Some(FieldType::Int));
    assert!(spec.field("portLevelMtls").is_some() && !spec.open);
    let mtls = part(&spec, "mtls");
    assert!(mtls.field("mode").is_some() && mtls.field("grade").is_some());
    let built_in = Schema::builtin();
    assert!(built_in.ty(root).open && built_in.ty(root).field("spec").is_some());
}
