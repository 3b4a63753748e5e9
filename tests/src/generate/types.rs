//! The types that generated programs use, and what of the Kubernetes schema they look at.

use plimsoll_dsl::schema::{FieldType, Lookup, Schema, TypeId};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A type of a generated expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum T {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `string`
    Str,
    /// `quantity`
    Quantity,
    /// `duration`
    Duration,
    /// `time`
    Time,
    /// `version`
    Version,
    /// `cidr`
    Cidr,
    /// `ip`
    Ip,
    /// `image`
    Image,
    /// `regex`
    Regex,
    /// `any`
    Any,
    /// `int | string`
    IntStr,
    /// `Mode`, an enumeration that every program declares.
    Mode,
    /// `Part`, a recursive type that every program declares.
    Part,
    /// `list<T>`
    List(Box<T>),
    /// `set<T>`
    Set(Box<T>),
    /// `map<K, V>`
    Map(Box<T>, Box<T>),
    /// `T?`
    Opt(Box<T>),
    /// A record.
    Rec(Rc<Vec<(&'static str, T)>>),
    /// A type of the schema.
    Obj(TypeId),
    /// `Workload`
    Workload,
}

/// What is looked at, by type.
pub const FIELDS: &[(&str, &[&str])] = &[
    ("Pod", &["metadata", "spec", "apiVersion", "kind"]),
    ("Deployment", &["metadata", "spec"]),
    ("CronJob", &["metadata", "spec"]),
    ("ConfigMap", &["metadata", "data", "immutable"]),
    ("NetworkPolicy", &["metadata", "spec"]),
    ("Namespace", &["metadata", "spec"]),
    ("ObjectMeta", &["name", "namespace", "labels", "annotations", "creationTimestamp", "generation", "finalizers"]),
    (
        "PodSpec",
        &[
            "containers",
            "initContainers",
            "volumes",
            "hostNetwork",
            "securityContext",
            "serviceAccountName",
            "nodeSelector",
            "terminationGracePeriodSeconds",
            "tolerations",
            "overhead",
        ],
    ),
    ("PodSecurityContext", &["runAsNonRoot", "runAsUser", "supplementalGroups"]),
    (
        "Container",
        &["name", "image", "command", "args", "env", "ports", "resources", "securityContext", "livenessProbe", "tty"],
    ),
    ("SecurityContext", &["privileged", "runAsUser", "runAsNonRoot", "capabilities"]),
    ("Capabilities", &["add", "drop"]),
    ("ResourceRequirements", &["limits", "requests"]),
    ("EnvVar", &["name", "value"]),
    ("ContainerPort", &["containerPort", "hostPort", "protocol"]),
    ("Probe", &["httpGet", "periodSeconds"]),
    ("HTTPGetAction", &["port", "path"]),
    ("Toleration", &["key", "tolerationSeconds"]),
    ("Volume", &["name", "hostPath", "emptyDir"]),
    ("HostPathVolumeSource", &["path", "type"]),
    ("EmptyDirVolumeSource", &["sizeLimit", "medium"]),
    ("DeploymentSpec", &["replicas", "template", "selector"]),
    ("CronJobSpec", &["schedule", "jobTemplate", "suspend"]),
    ("JobTemplateSpec", &["metadata", "spec"]),
    ("JobSpec", &["template", "parallelism"]),
    ("PodTemplateSpec", &["metadata", "spec"]),
    ("LabelSelector", &["matchLabels", "matchExpressions"]),
    ("LabelSelectorRequirement", &["key", "operator", "values"]),
    ("NetworkPolicySpec", &["podSelector", "policyTypes", "ingress"]),
    ("NetworkPolicyIngressRule", &["from", "ports"]),
    ("NetworkPolicyPeer", &["ipBlock", "podSelector"]),
    ("IPBlock", &["cidr", "except"]),
    ("NetworkPolicyPort", &["port", "endPort"]),
    ("NamespaceSpec", &["finalizers"]),
    ("PodExecOptions", &["command", "container", "stdin", "tty"]),
    ("Scale", &["metadata", "spec"]),
    ("ScaleSpec", &["replicas"]),
];

/// Kinds that policies are written on.
pub const KINDS: &[&str] = &["Pod", "Deployment", "CronJob", "ConfigMap", "NetworkPolicy", "Namespace"];

/// A field that is looked at.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type, without null.
    pub ty: T,
    /// It is never null for the checker.
    pub sure: bool,
    /// What a document holds there.
    pub holds: FieldType,
}

/// A path below a value and what stands there.
#[derive(Clone, Debug)]
pub struct Path {
    /// `.spec?.containers`
    pub text: String,
    /// Its type, optional where a step may be absent.
    pub ty: T,
}

/// The part of the schema that is looked at.
#[derive(Debug)]
pub struct Known {
    /// Types by name.
    pub ids: BTreeMap<&'static str, TypeId>,
    /// Fields by type.
    pub fields: BTreeMap<TypeId, Vec<Field>>,
    /// Paths by type, short ones first.
    pub paths: BTreeMap<TypeId, Vec<Path>>,
}

impl Known {
    /// Reads the schema.
    #[must_use]
    pub fn new() -> Known {
        let schema = Schema::builtin();
        let mut known = Known { ids: BTreeMap::new(), fields: BTreeMap::new(), paths: BTreeMap::new() };
        for (name, _) in FIELDS {
            let Lookup::Found(id) = schema.kind(name) else { panic!("no type {name}") };
            known.ids.insert(name, id);
        }
        for (name, fields) in FIELDS {
            let def = schema.ty(known.ids[name]);
            let fields = fields.iter().map(|field| {
                let field = def.field(field).unwrap_or_else(|| panic!("{name} has no field {field}"));
                Field {
                    name: field.name.to_string(),
                    ty: type_of(&field.ty),
                    sure: field.required || field.empty_if_absent,
                    holds: field.ty.clone(),
                }
            });
            known.fields.insert(known.ids[name], fields.collect());
        }
        for id in known.ids.values() {
            let mut out = Vec::new();
            known.walk(*id, "", false, 4, &mut out);
            out.sort_by_key(|p| p.text.len());
            known.paths.insert(*id, out);
        }
        known
    }

    fn walk(&self, id: TypeId, before: &str, absent: bool, depth: u32, out: &mut Vec<Path>) {
        for field in self.fields.get(&id).into_iter().flatten() {
            let dot = if absent { "?." } else { "." };
            self.step(format!("{before}{dot}{}", field.name), &field.ty, absent || !field.sure, depth, out);
        }
    }

    fn step(&self, text: String, ty: &T, absent: bool, depth: u32, out: &mut Vec<Path>) {
        out.push(Path { text: text.clone(), ty: opt_if(ty.clone(), absent) });
        if depth == 0 {
            return;
        }
        match ty {
            T::Obj(id) => self.walk(*id, &text, absent, depth - 1, out),
            T::List(item) if depth > 1 => {
                for index in [0, 1] {
                    self.step(format!("{text}[{index}]"), item, true, depth - 1, out);
                }
            }
            T::Map(_, item) => {
                for key in ["app", "a/b~c", "memory"] {
                    self.step(format!("{text}[\"{key}\"]"), item, true, 0, out);
                }
            }
            _ => {}
        }
    }

    /// A type as it is written.
    #[must_use]
    pub fn text(&self, ty: &T) -> String {
        match ty {
            T::Bool => "bool".into(),
            T::Int => "int".into(),
            T::Float => "float".into(),
            T::Str => "string".into(),
            T::Quantity => "quantity".into(),
            T::Duration => "duration".into(),
            T::Time => "time".into(),
            T::Version => "version".into(),
            T::Cidr => "cidr".into(),
            T::Ip => "ip".into(),
            T::Image => "image".into(),
            T::Regex => "regex".into(),
            T::Any => "any".into(),
            T::IntStr => "int | string".into(),
            T::Mode => "Mode".into(),
            T::Part => "Part".into(),
            T::Workload => "Workload".into(),
            T::List(item) => format!("list<{}>", self.text(item)),
            T::Set(item) => format!("set<{}>", self.text(item)),
            T::Map(k, v) => format!("map<{}, {}>", self.text(k), self.text(v)),
            T::Opt(inner) => match **inner {
                T::IntStr => "int? | string?".into(),
                _ => format!("{}?", self.text(inner)),
            },
            T::Rec(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, ty)| match ty {
                        T::Opt(inner) => format!("{name}?: {}", self.text(inner)),
                        _ => format!("{name}: {}", self.text(ty)),
                    })
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
            T::Obj(id) => {
                let named = self.ids.iter().find(|(_, known)| *known == id);
                (*named.unwrap().0).to_owned()
            }
        }
    }
}

impl Default for Known {
    fn default() -> Self {
        Self::new()
    }
}

/// `T?`, where it may be absent.
#[must_use]
pub fn opt_if(ty: T, absent: bool) -> T {
    match ty {
        T::Opt(_) | T::Any => ty,
        _ if absent => T::Opt(Box::new(ty)),
        _ => ty,
    }
}

/// `T?`
#[must_use]
pub fn opt(ty: T) -> T {
    opt_if(ty, true)
}

/// `list<T>`
#[must_use]
pub fn list(ty: T) -> T {
    T::List(Box::new(ty))
}

/// `set<T>`
#[must_use]
pub fn set(ty: T) -> T {
    T::Set(Box::new(ty))
}

/// `map<K, V>`
#[must_use]
pub fn map(key: T, value: T) -> T {
    T::Map(Box::new(key), Box::new(value))
}

fn type_of(ty: &FieldType) -> T {
    match ty {
        FieldType::Bool => T::Bool,
        FieldType::Int => T::Int,
        FieldType::Float => T::Float,
        FieldType::String => T::Str,
        FieldType::Quantity => T::Quantity,
        FieldType::Time => T::Time,
        FieldType::IntOrString => T::IntStr,
        FieldType::Any => T::Any,
        FieldType::Object(id) => T::Obj(*id),
        FieldType::List(item) => list(type_of(item)),
        FieldType::Map(item) => map(T::Str, type_of(item)),
    }
}
