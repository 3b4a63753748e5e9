//! What the embedded table must hold, and how names find it.

use super::*;

fn schema() -> &'static Schema {
    Schema::builtin()
}

fn find(name: &str) -> String {
    match schema().kind(name) {
        Lookup::Found(id) => schema().ty(id).path(),
        other => format!("{other:?}"),
    }
}

fn field(ty: &str, field: &str) -> Field {
    let Lookup::Found(id) = schema().kind(ty) else { panic!("no {ty}") };
    schema().ty(id).field(field).unwrap_or_else(|| panic!("no {ty}.{field}")).clone()
}

#[test]
fn names_mean_what_people_mean() {
    for (name, want) in [
        ("Pod", "core.v1.Pod"),
        ("Container", "core.v1.Container"),
        ("Deployment", "apps.v1.Deployment"),
        ("Event", "core.v1.Event"),
        ("Eviction", "policy.v1.Eviction"),
        ("HorizontalPodAutoscaler", "autoscaling.v2.HorizontalPodAutoscaler"),
        ("Subject", "rbac.v1.Subject"),
        ("rbac.v1.Subject", "rbac.v1.Subject"),
        ("flowcontrol.v1.Subject", "flowcontrol.v1.Subject"),
        ("PolicyRule", "rbac.v1.PolicyRule"),
        ("LabelSelector", "meta.v1.LabelSelector"),
        ("NetworkPolicyPeer", "networking.v1.NetworkPolicyPeer"),
        ("ObjectMeta", "meta.v1.ObjectMeta"),
        ("PodExecOptions", "core.v1.PodExecOptions"),
        ("PodSecurityPolicy", "policy.v1beta1.PodSecurityPolicy"),
        ("networking.k8s.io.NetworkPolicy", "networking.v1.NetworkPolicy"),
        ("rbac.authorization.k8s.io/v1/Role", "rbac.v1.Role"),
        ("v1/Pod", "core.v1.Pod"),
        ("apps.v1beta1.Deployment", "apps.v1.Deployment"),
        ("extensions.v1beta1.Deployment", "apps.v1.Deployment"),
        ("NetworkPolicy", "networking.v1.NetworkPolicy"),
        ("Service", "core.v1.Service"),
        ("projectcalico.v3.NetworkPolicy", "projectcalico.v3.NetworkPolicy"),
        ("crd.projectcalico.org/v1/NetworkPolicy", "projectcalico.v3.NetworkPolicy"),
        ("serving.v1.Service", "serving.v1.Service"),
        ("ClusterPolicy", "kyverno.v1.ClusterPolicy"),
        ("kyverno.v2beta1.ClusterPolicy", "kyverno.v1.ClusterPolicy"),
        ("networking.istio.io/v1/Gateway", "networking.v1.Gateway"),
        ("gateway.v1.Gateway", "gateway.v1.Gateway"),
        ("apps.v1.Pod", "NotFound"),
        ("Pods", "NotFound"),
        ("", "NotFound"),
        (".", "NotFound"),
        ("v1.", "NotFound"),
    ] {
        assert_eq!(find(name), want, "{name}");
    }
}

#[test]
fn kinds_of_operators_that_share_a_name_are_told_apart() {
    for name in ["Gateway", "PolicyException"] {
        assert!(matches!(schema().kind(name), Lookup::Ambiguous(of) if of.len() == 2), "{name}: {}", find(name));
    }
}

#[test]
fn objects_find_the_type_that_reads_them() {
    let reader =
        |group, version, kind| schema().by_gvk(group, version, kind).map(|r| (schema().ty(r.ty).path(), r.fit));
    for (group, version, kind, want, fit) in [
        ("", "v1", "Pod", "core.v1.Pod", Fit::Exact),
        ("apps", "v1", "Deployment", "apps.v1.Deployment", Fit::Exact),
        ("apps", "v7", "Deployment", "apps.v1.Deployment", Fit::UnknownVersion),
        ("extensions", "v1beta1", "Deployment", "apps.v1.Deployment", Fit::Retired(Some(15))),
        ("batch", "v1beta1", "CronJob", "batch.v1.CronJob", Fit::Retired(Some(24))),
        ("autoscaling", "v1", "HorizontalPodAutoscaler", "autoscaling.v1.HorizontalPodAutoscaler", Fit::Exact),
        ("autoscaling", "v3", "HorizontalPodAutoscaler", "autoscaling.v2.HorizontalPodAutoscaler", Fit::UnknownVersion),
        ("policy", "v1beta1", "PodSecurityPolicy", "policy.v1beta1.PodSecurityPolicy", Fit::Exact),
    ] {
        assert_eq!(reader(group, version, kind), Some((want.to_owned(), fit)), "{group}/{version} {kind}");
    }
    assert_eq!(reader("apps", "v1", "Pod"), None);
    assert_eq!(reader("example.org", "v1", "Foo"), None);
}

#[test]
fn a_kind_reads_every_version_of_it() {
    let Lookup::Found(id) = schema().kind("Deployment") else { panic!() };
    let all: Vec<String> = schema().read_by(id).map(|(g, v, k)| format!("{g}/{}/{k}", v.version)).collect();
    assert_eq!(
        all,
        ["apps/v1/Deployment", "apps/v1beta2/Deployment", "apps/v1beta1/Deployment", "extensions/v1beta1/Deployment"]
    );
    let Lookup::Found(part) = schema().kind("Container") else { panic!() };
    assert_eq!(schema().read_by(part).count(), 0);
}

#[test]
fn fields_have_their_types() {
    let object = |name: &str| match schema().kind(name) {
        Lookup::Found(id) => FieldType::Object(id),
        other => panic!("{other:?}"),
    };
    let list = |ty| FieldType::List(Box::new(ty));
    let map = |ty| FieldType::Map(Box::new(ty));
    for (ty, name, want, required) in [
        ("PodSpec", "containers", list(object("Container")), true),
        ("PodSpec", "hostNetwork", FieldType::Bool, false),
        ("PodSpec", "nodeSelector", map(FieldType::String), false),
        ("Container", "name", FieldType::String, true),
        ("ResourceRequirements", "limits", map(FieldType::Quantity), false),
        ("ServicePort", "targetPort", FieldType::IntOrString, false),
        ("Secret", "data", map(FieldType::String), false),
        ("ObjectMeta", "creationTimestamp", FieldType::Time, false),
        ("Lease", "spec", object("LeaseSpec"), false),
        ("LeaseSpec", "renewTime", FieldType::Time, false),
        ("ControllerRevision", "data", FieldType::Any, true),
        ("CustomResourceDefinitionSpec", "scope", FieldType::String, true),
        ("JSONSchemaProps", "properties", map(object("JSONSchemaProps")), false),
        ("JSONSchemaProps", "additionalProperties", FieldType::Any, false),
        ("NetworkPolicySpec", "podSelector", object("LabelSelector"), false),
        ("PodExecOptions", "command", list(FieldType::String), false),
        ("PodSecurityPolicySpec", "privileged", FieldType::Bool, false),
    ] {
        let got = field(ty, name);
        assert_eq!((got.ty, got.required), (want, required), "{ty}.{name}");
    }
}

#[test]
fn every_kind_has_its_envelope() {
    for (_, ty, kind) in schema().kinds() {
        for name in ["apiVersion", "kind"] {
            let field = ty.field(name).unwrap();
            assert!(field.required && field.ty == FieldType::String, "{}.{name}", ty.path());
        }
        let metadata = ty.field("metadata").unwrap();
        assert!(metadata.required && metadata.empty_if_absent, "{}", ty.path());
        assert_eq!(kind.kind, ty.name);
        assert_eq!(kind.custom, ty.open, "{}", ty.path());
    }
    let name = field("ObjectMeta", "name");
    assert!(name.required && name.empty_if_absent && name.ty == FieldType::String);
}

#[test]
fn fields_are_sorted_and_unique_and_name_types_that_are_there() {
    let count = schema().types().count();
    for (_, ty) in schema().types() {
        assert!(ty.fields.is_sorted_by(|a, b| a.name < b.name), "{}", ty.path());
        for field in &ty.fields {
            let mut of = &field.ty;
            while let FieldType::List(inner) | FieldType::Map(inner) = of {
                of = inner;
            }
            assert!(!matches!(of, FieldType::Object(id) if id.0 as usize >= count), "{}.{}", ty.path(), field.name);
        }
    }
    let mut paths: Vec<_> = schema().types().map(|(_, ty)| ty.path()).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), count);
}

#[test]
fn subresources_have_their_objects() {
    for (of, name, want) in [
        ("Pod", "exec", Some("PodExecOptions")),
        ("Pod", "attach", Some("PodAttachOptions")),
        ("Pod", "portforward", Some("PodPortForwardOptions")),
        ("Pod", "ephemeralcontainers", Some("Pod")),
        ("Pod", "eviction", Some("Eviction")),
        ("Pod", "status", Some("Pod")),
        ("Deployment", "scale", Some("Scale")),
        ("ServiceAccount", "token", Some("TokenRequest")),
        ("ConfigMap", "status", None),
    ] {
        let Lookup::Found(id) = schema().kind(of) else { panic!("no {of}") };
        let got = schema().subresource(id, name).map(|ty| schema().ty(ty).name.to_string());
        assert_eq!(got.as_deref(), want, "{of}/{name}");
    }
}

#[test]
fn nothing_is_counted_as_zero() {
    let counts = schema().counts();
    assert!(counts.kinds > 80 && counts.versions > counts.kinds, "{counts:?}");
    assert!(counts.types > 600 && counts.fields > 3000, "{counts:?}");
    assert!(counts.list_map_keys > 100 && counts.by_minor > 200, "{counts:?}");
    assert!(counts.defaults > 140 && counts.enums > 90, "{counts:?}");
    println!("{counts:?}");
}

#[test]
fn defaults_are_json_of_the_type_of_their_field() {
    for (_, ty) in schema().types() {
        for field in &ty.fields {
            let Some(default) = &field.default else { continue };
            let json: serde_json::Value = serde_json::from_str(default).unwrap();
            let fits = match field.ty {
                FieldType::Bool => json.is_boolean(),
                FieldType::Int => json.is_i64(),
                FieldType::Float => json.is_number(),
                FieldType::String | FieldType::Quantity | FieldType::Time => json.is_string(),
                FieldType::IntOrString => json.is_string() || json.is_i64(),
                FieldType::Any => true,
                FieldType::Object(_) | FieldType::Map(_) => json.is_object(),
                FieldType::List(_) => json.is_array(),
            };
            assert!(fits, "{}.{} = {default}", ty.path(), field.name);
            if let Some(text) = json.as_str().filter(|_| !field.enum_values.is_empty()) {
                assert!(field.enum_values.iter().any(|v| v == text), "{}.{} = {default}", ty.path(), field.name);
            }
        }
    }
}

#[test]
fn list_map_keys_are_fields_of_the_entries() {
    for (_, ty) in schema().types() {
        for field in ty.fields.iter().filter(|f| !f.list_map_keys.is_empty()) {
            let FieldType::List(of) = &field.ty else { panic!("{}.{}", ty.path(), field.name) };
            let FieldType::Object(of) = **of else { panic!("{}.{}", ty.path(), field.name) };
            for key in &field.list_map_keys {
                assert!(schema().ty(of).field(key).is_some(), "{}.{} by {key}", ty.path(), field.name);
            }
        }
    }
}
