//! What the table holds: types, their fields, and for a kind how the API calls it.
//!
//! Invariant: a [`FieldType::Object`] names a type of the same [`super::Schema`].

use std::borrow::Cow;

/// Text that is borrowed from the embedded table or owned by a CRD.
pub type Text = Cow<'static, str>;

/// A type of a [`super::Schema`]; ids of the built-in types stay what they are when CRDs are added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeId(pub u32);

/// A Kubernetes minor: 30 is 1.30.
pub type Minor = u8;

/// An object type: a kind or a part of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeDef {
    /// `PodSpec`; a part of a custom resource that has no name of its own is called by its path, `Rollout.spec`.
    pub name: Text,
    /// What stands before the name where it must be told from others: `core.v1`, `rbac.v1`, `argoproj.v1alpha1`.
    pub package: Text,
    /// The first sentence of its description; may be empty.
    pub doc: Text,
    /// By name, in byte order.
    pub fields: Vec<Field>,
    /// It may have fields that the schema does not know (`x-kubernetes-preserve-unknown-fields`).
    pub open: bool,
    /// Set if objects of this type have `apiVersion` and `kind`.
    pub kind: Option<KindInfo>,
}

impl TypeDef {
    /// The field of exactly this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by(|f| f.name.as_ref().cmp(name)).ok().and_then(|i| self.fields.get(i))
    }

    /// It is no type of Kubernetes' own. Those are closed; a part of another is open where its kind is built in.
    pub(super) fn is_custom(&self) -> bool {
        self.kind.as_ref().map_or(self.open, |k| k.custom)
    }

    /// `core.v1.PodSpec`: a name that no other type has.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.package, self.name)
    }
}

/// How the API calls a kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KindInfo {
    /// `apps`; empty for the core group.
    pub group: Text,
    /// `v1`
    pub version: Text,
    /// `Deployment`
    pub kind: Text,
    /// `deployments`, where it is not the regular plural of the kind: a CRD may name any.
    pub plural: Option<Text>,
    /// Its objects live in namespaces.
    pub namespaced: bool,
    /// It is no kind of Kubernetes itself but one that a CRD gives.
    pub custom: bool,
    /// The first minor that serves this version, if that is later than the first the table knows.
    pub since: Option<Minor>,
    /// The last minor that serves this version, if it is gone by the newest.
    pub until: Option<Minor>,
}

impl KindInfo {
    /// `deployments`, `ingresses`, `networkpolicies`: what the API calls objects of the kind.
    #[must_use]
    pub fn resource(&self) -> String {
        if let Some(plural) = &self.plural {
            return plural.to_string();
        }
        let kind = self.kind.to_ascii_lowercase();
        match kind.strip_suffix('y') {
            _ if kind == "endpoints" => kind,
            Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
            _ if kind.ends_with(['s', 'x']) || kind.ends_with("ch") || kind.ends_with("sh") => format!("{kind}es"),
            _ => format!("{kind}s"),
        }
    }

    /// `apps/v1`, `v1`
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// A field of a type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// As in the document: `runAsNonRoot`.
    pub name: Text,
    /// What it holds when it is there.
    pub ty: FieldType,
    /// The API server refuses an object without it, so it is never null.
    pub required: bool,
    /// Where it is missing it reads as empty (`metadata`, `metadata.name`), never as an error.
    pub empty_if_absent: bool,
    /// The first sentence of its description; may be empty.
    pub doc: Text,
    /// JSON that the API server stores where the field is missing.
    pub default: Option<Text>,
    /// The default is stored only where this field of the same object has one of these values, by its own default or not.
    pub default_when: Option<(Text, Vec<Text>)>,
    /// The fields by which entries of this list are told apart (`x-kubernetes-list-map-keys`).
    pub list_map_keys: Vec<Text>,
    /// The first minor that has it, if that is later than the first the table knows.
    pub since: Option<Minor>,
    /// The last minor that had it, if it is gone by the newest.
    pub until: Option<Minor>,
    /// Every value that the API server takes (of the entries, in a list of strings); empty if the set is not closed.
    pub enum_values: Vec<Text>,
}

/// What a field, an entry of a list or a value of a map holds.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum FieldType {
    /// `true`
    Bool,
    /// `3`
    Int,
    /// `0.5`
    Float,
    /// `"x"`; base64 bytes too.
    String,
    /// `500m`, or a number.
    Quantity,
    /// `2026-08-01T00:00:00Z`
    Time,
    /// `80`, `"80%"`
    IntOrString,
    /// JSON whose type is not known.
    Any,
    /// An object of a type of the schema.
    Object(TypeId),
    /// `[…]`
    List(Box<FieldType>),
    /// `{…}` with keys that are data.
    Map(Box<FieldType>),
}

impl Field {
    /// A field that may be absent and of which nothing else is known.
    #[must_use]
    pub(super) fn new(ty: FieldType) -> Self {
        Self {
            name: Text::default(),
            ty,
            required: false,
            empty_if_absent: false,
            doc: Text::default(),
            default: None,
            default_when: None,
            list_map_keys: vec![],
            since: None,
            until: None,
            enum_values: vec![],
        }
    }
}
