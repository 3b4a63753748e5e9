//! The oracle's values: owned, compared and shown by the words of the language, not by the engine's heaps.
//!
//! A value that came from a document carries its [`Spot`]: which document, and the keys from its root. So a place needs
//! no node, and a place that is missing is a spot where nothing is found.

use plimsoll_engine::document::{Document, NodeId, Tag};
use plimsoll_engine::scalar::image::Reference;
use plimsoll_engine::scalar::{Scalar, ScalarKind, duration, version};
use std::cmp::Ordering;
use std::fmt::Write;
use std::rc::Rc;

/// How an evaluation went wrong: the stable code and the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `E0801`
    pub code: &'static str,
    /// What was wrong.
    pub why: String,
}

/// A result of the oracle.
pub type Res<T> = Result<T, Fault>;

/// A fault of a kind.
pub fn fault<T>(code: &'static str, why: impl Into<String>) -> Res<T> {
    Err(Fault { code, why: why.into() })
}

/// An operator or function got a value that it is not for.
pub fn wrong_kind<T>(what: &str, got: &Val) -> Res<T> {
    fault("E0801", format!("{what}, found {}", got.kind_name()))
}

/// A step from a node to one below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A member of a map.
    Name(Rc<str>),
    /// An item of a list.
    Item(i64),
}

/// A place in a document, there or missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// The engine's id of the document.
    pub doc: u32,
    /// From its root.
    pub path: Rc<[Key]>,
}

impl Spot {
    /// The root of a document.
    #[must_use]
    pub fn root(doc: u32) -> Spot {
        Spot { doc, path: Rc::from([]) }
    }

    /// The place one step below.
    #[must_use]
    pub fn below(&self, key: Key) -> Spot {
        Spot { doc: self.doc, path: self.path.iter().cloned().chain([key]).collect() }
    }

    /// Its JSON pointer.
    #[must_use]
    pub fn pointer(&self) -> String {
        let mut out = String::new();
        for key in self.path.iter() {
            match key {
                Key::Name(name) => {
                    let _ = write!(out, "/{}", name.replace('~', "~0").replace('/', "~1"));
                }
                Key::Item(i) => {
                    let _ = write!(out, "/{i}");
                }
            }
        }
        out
    }
}

/// A node of a document.
#[derive(Debug)]
pub struct Tree {
    /// What it is.
    pub kind: Node,
    /// Its type is not that of its field.
    pub wrong: std::cell::Cell<bool>,
}

/// The kinds of node.
#[derive(Debug)]
pub enum Node {
    /// `null`
    Null,
    /// `true`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// `"a"`
    Str(Rc<str>),
    /// A list.
    List(Vec<Rc<Tree>>),
    /// A map, in the order of the document.
    Map(Vec<(Rc<str>, Rc<Tree>)>),
}

impl Tree {
    /// The tree below a node of a document.
    #[must_use]
    pub fn of(document: &Document, id: NodeId) -> Rc<Tree> {
        let kind = match document.tag(id) {
            Tag::Null => Node::Null,
            Tag::Bool => Node::Bool(document.bool(id).unwrap()),
            Tag::Int => Node::Int(document.int(id).unwrap()),
            Tag::Float => Node::Float(document.float(id).unwrap()),
            Tag::Str => Node::Str(document.str(id).into()),
            Tag::List => Node::List(document.children(id).map(|c| Tree::of(document, c)).collect()),
            Tag::Map => {
                Node::Map(document.children(id).map(|c| (document.key(c).into(), Tree::of(document, c))).collect())
            }
        };
        Rc::new(Tree { kind, wrong: false.into() })
    }

    /// The node one step below.
    #[must_use]
    pub fn child(&self, key: &Key) -> Option<&Rc<Tree>> {
        match (&self.kind, key) {
            (Node::Map(members), Key::Name(name)) => members.iter().find(|(k, _)| k == name).map(|(_, t)| t),
            (Node::List(items), Key::Item(i)) => items.get(usize::try_from(*i).ok()?),
            _ => None,
        }
    }

    /// The text of a member.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match &self.child(&Key::Name(name.into()))?.kind {
            Node::Str(text) => Some(text),
            _ => None,
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug)]
pub struct Val {
    /// What it is.
    pub data: Data,
    /// Where it came from.
    pub spot: Option<Spot>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Data {
    /// `null`
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `float`
    Float(f64),
    /// `string`
    Str(Rc<str>),
    /// `duration`
    Duration(i64),
    /// `regex`
    Regex(Rc<str>),
    /// `version`, without `v`
    Version(Rc<str>),
    /// `image`, in full
    Image(Rc<str>),
    /// `quantity`, `time`, `cidr`, `ip`
    Scalar(Scalar),
    /// A list or map of a document.
    Tree(Rc<Tree>),
    /// A list that was made.
    List(Rc<Vec<Val>>),
    /// A set: sorted, no two equal.
    Set(Rc<Vec<Val>>),
    /// A map: sorted by key, no null.
    Map(Rc<Vec<(Val, Val)>>),
    /// A record, in the order of its fields.
    Record(Rc<Vec<(Rc<str>, Val)>>),
}

impl From<Data> for Val {
    fn from(data: Data) -> Val {
        Val { data, spot: None }
    }
}

impl From<bool> for Val {
    fn from(b: bool) -> Val {
        Data::Bool(b).into()
    }
}

impl From<&str> for Val {
    fn from(text: &str) -> Val {
        Data::Str(text.into()).into()
    }
}

impl Val {
    /// `null`
    #[must_use]
    pub fn null() -> Val {
        Data::Null.into()
    }

    /// The same value at a place.
    #[must_use]
    pub fn at(self, spot: Option<Spot>) -> Val {
        Val { data: self.data, spot }
    }

    /// True for `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// The value of a node; one of the wrong type can't be read.
    pub fn load(tree: &Rc<Tree>, spot: Spot) -> Res<Val> {
        if tree.wrong.get() {
            return fault("E0805", "a value of the wrong type was read");
        }
        let data = match &tree.kind {
            Node::Null => Data::Null,
            Node::Bool(b) => Data::Bool(*b),
            Node::Int(i) => Data::Int(*i),
            Node::Float(f) => Data::Float(*f),
            Node::Str(text) => Data::Str(text.clone()),
            Node::List(_) | Node::Map(_) => Data::Tree(tree.clone()),
        };
        Ok(Val { data, spot: Some(spot) })
    }

    /// What it is, in words.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "bool",
            Data::Int(_) => "int",
            Data::Float(_) => "float",
            Data::Str(_) => "string",
            Data::Duration(_) => "duration",
            Data::Regex(_) => "regex",
            Data::Version(_) => "version",
            Data::Image(_) => "image",
            Data::Scalar(s) => s.kind().name(),
            Data::Tree(tree) => match tree.kind {
                Node::List(_) => "list",
                _ => "map",
            },
            Data::List(_) => "list",
            Data::Set(_) => "set",
            Data::Map(_) => "map",
            Data::Record(_) => "record",
        }
    }

    /// The bool that a condition needs.
    pub fn truth(&self) -> Res<bool> {
        match self.data {
            Data::Bool(b) => Ok(b),
            _ => wrong_kind("expected a bool", self),
        }
    }

    /// The text that an operator needs.
    pub fn text(&self) -> Res<&str> {
        match &self.data {
            Data::Str(text) => Ok(text),
            _ => wrong_kind("expected a string", self),
        }
    }

    /// The items of a list or set, each to be read when it is its turn; nothing of null.
    #[must_use]
    pub fn parts(&self) -> Option<Vec<Part>> {
        match &self.data {
            Data::List(items) | Data::Set(items) => Some(items.iter().cloned().map(Part::Ready).collect()),
            Data::Null => Some(Vec::new()),
            Data::Tree(tree) => match &tree.kind {
                Node::List(items) => {
                    let parts = (0..).zip(items).map(|(i, t)| Part::Node(t.clone(), self.below(Key::Item(i))));
                    Some(parts.collect())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The items of a list or set, read at once; nothing of null.
    pub fn items(&self) -> Res<Option<Vec<Val>>> {
        self.parts().map(|parts| parts.iter().map(Part::load).collect()).transpose()
    }

    /// The place one step below.
    #[must_use]
    pub fn below(&self, key: Key) -> Spot {
        self.spot.as_ref().map_or_else(|| Spot::root(u32::MAX), |s| s.below(key))
    }

    /// The members of a map or record with their keys, none that is null.
    pub fn members(&self) -> Res<Option<Vec<(Val, Val)>>> {
        Ok(match &self.data {
            Data::Map(members) => Some(members.to_vec()),
            Data::Record(fields) => {
                let there = fields.iter().filter(|(_, v)| !v.is_null());
                Some(there.map(|(k, v)| (Val::from(&**k), v.clone())).collect())
            }
            Data::Tree(tree) => match &tree.kind {
                Node::Map(members) => {
                    let mut out = Vec::new();
                    for (name, tree) in members.iter().filter(|(_, t)| !matches!(t.kind, Node::Null)) {
                        let spot = self.below(Key::Name(name.clone()));
                        out.push((Val::from(&**name).at(Some(spot.clone())), Val::load(tree, spot)?));
                    }
                    Some(out)
                }
                _ => None,
            },
            _ => None,
        })
    }

    /// The member of a map or record by name; `None` where the value has no members.
    pub fn member(&self, name: &str) -> Res<Option<Val>> {
        Ok(Some(match &self.data {
            Data::Null => Val::null(),
            Data::Record(fields) => {
                fields.iter().find(|(k, _)| &**k == name).map_or_else(Val::null, |(_, v)| v.clone())
            }
            Data::Map(members) => {
                let found = members.iter().find(|(k, _)| matches!(&k.data, Data::Str(k) if &**k == name));
                found.map_or_else(Val::null, |(_, v)| v.clone())
            }
            Data::Tree(tree) if matches!(tree.kind, Node::Map(_)) => {
                let key = Key::Name(name.into());
                match tree.child(&key) {
                    Some(child) => Val::load(child, self.below(key))?,
                    None => Val::null(),
                }
            }
            Data::Image(text) => image_part(text, name)?.at(self.spot.clone()),
            _ => return Ok(None),
        }))
    }
}

/// An item that is perhaps still to be read.
#[derive(Clone, Debug)]
pub enum Part {
    /// A value.
    Ready(Val),
    /// A node.
    Node(Rc<Tree>, Spot),
}

impl Part {
    /// The value.
    pub fn load(&self) -> Res<Val> {
        match self {
            Part::Ready(value) => Ok(value.clone()),
            Part::Node(tree, spot) => Val::load(tree, spot.clone()),
        }
    }
}

/// `host`, `path`, `tag`, `digest` of a reference in full.
fn image_part(text: &str, name: &str) -> Res<Val> {
    let parts = Reference::parse(text).map_err(|why| Fault { code: "E0909", why })?;
    let part = match name {
        "host" => parts.host,
        "path" => Some(parts.path),
        "tag" => parts.tag,
        "digest" => parts.digest,
        _ => return fault("E0801", format!("an image has no field `{name}`")),
    };
    Ok(part.map_or_else(Val::null, Val::from))
}

/// The order of the kinds, where values of unlike kinds stand side by side.
fn rank(value: &Val) -> u8 {
    match &value.data {
        Data::Null => 0,
        Data::Bool(_) => 1,
        Data::Int(_) | Data::Float(_) => 2,
        Data::Str(_) => 3,
        Data::Duration(_) => 4,
        Data::Scalar(_) | Data::Version(_) | Data::Image(_) => 5,
        Data::Regex(_) => 6,
        Data::Tree(tree) if matches!(tree.kind, Node::List(_)) => 7,
        Data::List(_) => 7,
        Data::Set(_) => 8,
        Data::Tree(_) | Data::Map(_) | Data::Record(_) => 9,
    }
}

/// Among scalars, the order of their kinds.
fn scalar_kind(value: &Val) -> Option<ScalarKind> {
    match &value.data {
        Data::Scalar(s) => Some(s.kind()),
        Data::Version(_) => Some(ScalarKind::Version),
        Data::Image(_) => Some(ScalarKind::Image),
        _ => None,
    }
}

/// The order of two values: numbers by value, texts by bytes, lists and maps by their members.
pub fn compare(a: &Val, b: &Val) -> Res<Ordering> {
    Ok(match (&a.data, &b.data) {
        (Data::Bool(a), Data::Bool(b)) => a.cmp(b),
        (Data::Int(a), Data::Int(b)) | (Data::Duration(a), Data::Duration(b)) => a.cmp(b),
        (Data::Int(a), Data::Float(b)) => int_and_float(*a, *b),
        (Data::Float(a), Data::Int(b)) => int_and_float(*b, *a).reverse(),
        (Data::Float(a), Data::Float(b)) => a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())),
        (Data::Str(a), Data::Str(b)) | (Data::Regex(a), Data::Regex(b)) | (Data::Image(a), Data::Image(b)) => a.cmp(b),
        (Data::Version(a), Data::Version(b)) => {
            let read = |t| version::Parts::parse(t).map_err(|why| Fault { code: "E0909", why });
            read(a)?.compare(&read(b)?)
        }
        (Data::Scalar(x), Data::Scalar(y)) => match (x, y) {
            (Scalar::Quantity(x), Scalar::Quantity(y)) => x.nano().cmp(&y.nano()),
            (Scalar::Time(x), Scalar::Time(y)) => x.cmp(y),
            (Scalar::Cidr(x), Scalar::Cidr(y)) => x.cmp(y),
            (Scalar::Ip(x), Scalar::Ip(y)) => x.cmp(y),
            _ => scalar_kind(a).cmp(&scalar_kind(b)),
        },
        // A node is equal to itself, whatever stands in it.
        (Data::Tree(x), Data::Tree(y)) if Rc::ptr_eq(x, y) => Ordering::Equal,
        _ if rank(a) != rank(b) => rank(a).cmp(&rank(b)),
        _ if rank(a) == 5 => scalar_kind(a).cmp(&scalar_kind(b)),
        _ => match (a.parts(), b.parts()) {
            (Some(x), Some(y)) if !a.is_null() => each(&x, &y)?,
            _ => match (a.members()?, b.members()?) {
                (Some(x), Some(y)) => {
                    let (x, y) = (by_key(x)?, by_key(y)?);
                    for ((k, v), (l, w)) in x.iter().zip(&y) {
                        let order = compare(k, l)?;
                        let order = if order == Ordering::Equal { compare(v, w)? } else { order };
                        if order != Ordering::Equal {
                            return Ok(order);
                        }
                    }
                    x.len().cmp(&y.len())
                }
                _ => Ordering::Equal,
            },
        },
    })
}

fn each(a: &[Part], b: &[Part]) -> Res<Ordering> {
    for i in 0..a.len().max(b.len()) {
        let (x, y) = (a.get(i).map(Part::load).transpose()?, b.get(i).map(Part::load).transpose()?);
        let order = match (x, y) {
            (Some(x), Some(y)) => compare(&x, &y)?,
            (x, y) => x.is_some().cmp(&y.is_some()),
        };
        if order != Ordering::Equal {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}

fn by_key(members: Vec<(Val, Val)>) -> Res<Vec<(Val, Val)>> {
    sorted(members, |a, b| compare(&a.0, &b.0))
}

/// `a == b`
pub fn equal(a: &Val, b: &Val) -> Res<bool> {
    Ok(compare(a, b)? == Ordering::Equal)
}

/// An int and a float by value.
fn int_and_float(a: i64, b: f64) -> Ordering {
    if b.is_nan() {
        return Ordering::Less;
    }
    // Every int fits an `i128`, and so does every float between the bounds; what is outside is decided by its sign.
    if b.abs() > 1e30 {
        return if b > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    let floor = b.floor();
    #[expect(clippy::cast_possible_truncation, reason = "within 1e30")]
    let whole = floor as i128;
    i128::from(a).cmp(&whole).then(if b > floor { Ordering::Less } else { Ordering::Equal })
}

/// Sorted by insertion: slow, stable, and may fail.
pub fn sorted<T>(items: Vec<T>, order: impl Fn(&T, &T) -> Res<Ordering>) -> Res<Vec<T>> {
    let mut out: Vec<T> = Vec::new();
    for item in items {
        let mut at = out.len();
        while at > 0 && order(&out[at - 1], &item)? == Ordering::Greater {
            at -= 1;
        }
        out.insert(at, item);
    }
    Ok(out)
}

/// A set of values.
pub fn set_of(items: Vec<Val>) -> Res<Val> {
    let mut out: Vec<Val> = Vec::new();
    for item in sorted(items, compare)? {
        if out.last().is_none_or(|last| !equal(last, &item).unwrap_or(false)) {
            out.push(item);
        }
    }
    Ok(Data::Set(Rc::new(out)).into())
}

/// A map of keys and values: values under one key are joined if they are lists, sets or maps, are one if they are equal.
pub fn map_of(pairs: Vec<(Val, Val)>) -> Res<Val> {
    let mut groups: Vec<(Val, Vec<Val>)> = Vec::new();
    for (key, value) in by_key(pairs.into_iter().filter(|(_, v)| !v.is_null()).collect())? {
        match groups.last_mut() {
            Some((known, values)) if equal(known, &key)? => values.push(value),
            _ => groups.push((key, vec![value])),
        }
    }
    let mut out = Vec::new();
    for (key, values) in groups {
        let value = under_one_key(&key, values)?;
        out.push((key, value));
    }
    Ok(Data::Map(Rc::new(out)).into())
}

fn under_one_key(key: &Val, mut values: Vec<Val>) -> Res<Val> {
    if values.len() == 1 {
        return Ok(values.remove(0));
    }
    let kinds: Vec<&str> = values.iter().map(Val::kind_name).collect();
    let all = |kind: &str| kinds.iter().all(|k| *k == kind);
    if all("list") || all("set") {
        let is_list = all("list");
        let mut items = Vec::new();
        for value in &values {
            items.extend(value.items()?.unwrap_or_default());
        }
        return if is_list { Ok(Data::List(Rc::new(items)).into()) } else { set_of(items) };
    }
    if all("map") {
        let mut pairs = Vec::new();
        for value in &values {
            pairs.extend(value.members()?.unwrap_or_default());
        }
        return map_of(pairs);
    }
    for other in &values[1..] {
        if !equal(&values[0], other)? {
            let mut text = String::new();
            show(key, &mut text)?;
            return fault("E0804", format!("two values under the key `{text}`"));
        }
    }
    Ok(values.remove(0))
}

/// Adds the text of a value as a hole in a string shows it.
pub fn show(value: &Val, out: &mut String) -> Res<()> {
    match &value.data {
        Data::Str(text) | Data::Regex(text) | Data::Version(text) | Data::Image(text) => out.push_str(text),
        Data::Null => out.push_str("null"),
        Data::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Data::Int(i) => out.push_str(&i.to_string()),
        Data::Float(f) => out.push_str(&format!("{f:?}")),
        Data::Duration(d) => duration::show(*d, out).unwrap(),
        Data::Scalar(Scalar::Quantity(q)) => out.push_str(&q.to_string()),
        Data::Scalar(Scalar::Time(t)) => out.push_str(&t.to_string()),
        Data::Scalar(Scalar::Cidr(c)) => out.push_str(&c.to_string()),
        Data::Scalar(Scalar::Ip(i)) => out.push_str(&i.to_string()),
        Data::Scalar(_) => return fault("E0909", "a scalar of another form"),
        _ => json(value, out)?,
    }
    Ok(())
}

/// Adds a value as compact JSON.
pub fn json(value: &Val, out: &mut String) -> Res<()> {
    if let (Some(items), false) = (value.items()?, value.is_null()) {
        out.push('[');
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            json(item, out)?;
        }
        out.push(']');
        return Ok(());
    }
    if let Some(members) = value.members()? {
        out.push('{');
        for (i, (key, item)) in members.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            let mut name = String::new();
            show(key, &mut name)?;
            quote(&name, out);
            out.push(':');
            json(item, out)?;
        }
        out.push('}');
        return Ok(());
    }
    match &value.data {
        Data::Null | Data::Bool(_) | Data::Int(_) => show(value, out),
        Data::Float(f) if f.is_finite() => show(value, out),
        Data::Float(_) => {
            out.push_str("null");
            Ok(())
        }
        _ => {
            let mut text = String::new();
            show(value, &mut text)?;
            quote(&text, out);
            Ok(())
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A value as JSON, as a fix writes it.
pub fn to_json(value: &Val) -> Res<serde_json::Value> {
    use serde_json::Value as Json;
    if let (Some(items), false) = (value.items()?, value.is_null()) {
        return Ok(Json::Array(items.iter().map(to_json).collect::<Res<_>>()?));
    }
    if let Some(members) = value.members()? {
        let mut out = serde_json::Map::new();
        for (key, item) in &members {
            let mut name = String::new();
            show(key, &mut name)?;
            out.insert(name, to_json(item)?);
        }
        return Ok(Json::Object(out));
    }
    Ok(match &value.data {
        Data::Null => Json::Null,
        Data::Bool(b) => (*b).into(),
        Data::Int(i) => (*i).into(),
        Data::Float(f) => (*f).into(),
        _ => {
            let mut text = String::new();
            show(value, &mut text)?;
            text.into()
        }
    })
}

/// The value of a JSON document that was written into the policy text.
#[must_use]
pub fn from_json(json: &serde_json::Value) -> Val {
    use serde_json::Value as Json;
    match json {
        Json::Null => Val::null(),
        Json::Bool(b) => (*b).into(),
        Json::Number(n) => match n.as_i64() {
            Some(i) => Data::Int(i).into(),
            None => Data::Float(n.as_f64().unwrap_or(f64::NAN)).into(),
        },
        Json::String(text) => Val::from(&**text),
        Json::Array(items) => Data::List(Rc::new(items.iter().map(from_json).collect())).into(),
        Json::Object(members) => {
            let pairs = members.iter().map(|(k, v)| (Val::from(&**k), from_json(v))).collect();
            map_of(pairs).unwrap_or_else(|_| Val::null())
        }
    }
}
