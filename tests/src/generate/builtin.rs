//! The built-in functions by what they give, read from their signatures.

use super::types::{T, list, map, opt, set};
use plimsoll_engine::builtins;

/// A type of a signature; `Var` is a type variable.
#[derive(Clone, Debug, PartialEq)]
pub enum S {
    /// A type.
    Is(T),
    /// `T`
    Var(char),
    /// `list<T>`
    List(Box<S>),
    /// `set<T>`
    Set(Box<S>),
    /// `map<K, V>`
    Map(Box<S>, Box<S>),
    /// `T?`
    Opt(Box<S>),
    /// `Workload`, `PodSpec`, `never`: not made by this table.
    Other,
}

/// A built-in function.
#[derive(Clone, Debug)]
pub struct Sig {
    /// `strings`, or empty.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Types of its parameters.
    pub params: Vec<S>,
    /// Type of its result.
    pub result: S,
}

/// All that programs may call.
#[must_use]
pub fn all() -> Vec<Sig> {
    let known = builtins::all().filter(|(_, module, _)| *module != "_" && *module != "workload");
    known
        .map(|(_, module, function)| {
            let text = function.signature;
            let (params, result) = text.strip_prefix('(').unwrap().rsplit_once(") -> ").unwrap();
            let params = split(params).into_iter().map(|p| parse(p.split_once(": ").unwrap().1)).collect();
            Sig { module, name: function.name, params, result: parse(result) }
        })
        .filter(|sig| sig.name != "fail")
        .collect()
}

/// Parts of a list, by its own commas.
fn split(text: &str) -> Vec<&str> {
    let (mut out, mut depth, mut start) = (Vec::new(), 0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '<' | '{' => depth += 1,
            '>' | '}' => depth -= 1,
            ',' if depth == 0 => {
                out.push(text[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    out.push(text[start..].trim());
    out.retain(|p| !p.is_empty());
    out
}

fn parse(text: &str) -> S {
    let text = text.split(" = ").next().unwrap().trim();
    if let Some(inner) = text.strip_suffix('?') {
        return S::Opt(Box::new(parse(inner)));
    }
    let within = |name: &str| text.strip_prefix(name).and_then(|t| t.strip_suffix('>'));
    if let Some(inner) = within("list<") {
        return S::List(Box::new(parse(inner)));
    }
    if let Some(inner) = within("set<") {
        return S::Set(Box::new(parse(inner)));
    }
    if let Some(inner) = within("map<") {
        let parts = split(inner);
        return S::Map(Box::new(parse(parts[0])), Box::new(parse(parts[1])));
    }
    S::Is(match text {
        "bool" => T::Bool,
        "int" => T::Int,
        "float" => T::Float,
        "string" => T::Str,
        "quantity" => T::Quantity,
        "duration" => T::Duration,
        "time" => T::Time,
        "version" => T::Version,
        "cidr" => T::Cidr,
        "ip" => T::Ip,
        "image" => T::Image,
        "regex" => T::Regex,
        "any" => T::Any,
        _ if text.starts_with('"') => T::Str,
        _ if text.len() == 1 => return S::Var(text.chars().next().unwrap()),
        _ => return S::Other,
    })
}

/// What variables stand for.
pub type Vars = Vec<(char, T)>;

/// Makes a signature's result the wanted type, if that can be.
pub fn unify(sig: &S, wanted: &T, vars: &mut Vars) -> bool {
    match (sig, wanted) {
        (S::Is(ty), _) => ty == wanted,
        (S::Var(name), _) => {
            if matches!(wanted, T::Opt(_) | T::Any | T::Obj(_) | T::Workload) || !allowed(*name, wanted) {
                return false;
            }
            match vars.iter().find(|(n, _)| n == name) {
                Some((_, known)) => known == wanted,
                None => {
                    vars.push((*name, wanted.clone()));
                    true
                }
            }
        }
        (S::List(a), T::List(b)) | (S::Set(a), T::Set(b)) | (S::Opt(a), T::Opt(b)) => unify(a, b, vars),
        (S::Map(a, b), T::Map(k, v)) => unify(a, k, vars) && unify(b, v, vars),
        _ => false,
    }
}

fn allowed(name: char, ty: &T) -> bool {
    match name {
        'N' => matches!(ty, T::Int | T::Float | T::Quantity | T::Duration),
        'C' => matches!(ty, T::List(_) | T::Set(_) | T::Map(..)),
        'K' => is_key(ty),
        _ => true,
    }
}

/// True for what may be a key or a member of a set.
#[must_use]
pub fn is_key(ty: &T) -> bool {
    match ty {
        T::Any | T::Float | T::Regex | T::Opt(_) | T::Obj(_) | T::Workload | T::Part => false,
        T::List(item) | T::Set(item) => is_key(item),
        T::Map(k, v) => is_key(k) && is_key(v),
        T::Rec(fields) => fields.iter().all(|(_, ty)| is_key(ty)),
        _ => true,
    }
}

/// A signature's type with its variables filled in; `free` gives a type for those that nothing fixed.
pub fn fill(sig: &S, vars: &mut Vars, free: &mut dyn FnMut(char) -> T) -> Option<T> {
    Some(match sig {
        S::Is(ty) => ty.clone(),
        S::Var(name) => match vars.iter().find(|(n, _)| n == name) {
            Some((_, ty)) => ty.clone(),
            None => {
                let ty = free(*name);
                vars.push((*name, ty.clone()));
                ty
            }
        },
        S::List(a) => list(fill(a, vars, free)?),
        S::Set(a) => set(fill(a, vars, free)?),
        S::Map(k, v) => map(fill(k, vars, free)?, fill(v, vars, free)?),
        S::Opt(a) => opt(fill(a, vars, free)?),
        S::Other => return None,
    })
}
