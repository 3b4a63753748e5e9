//! Changes of a value by path: `opa_value_add_path`, `opa_value_remove_path`.

use serde_json::{Map, Value};

/// It went well.
pub(crate) const OK: i32 = 0;
/// Something on the way is no object.
pub(crate) const INVALID_TYPE: i32 = 2;
/// The path is no list of names, or an empty one.
pub(crate) const INVALID_PATH: i32 = 3;

/// The names of a path, and the last one.
fn names(path: &Value) -> Option<(Vec<&str>, &str)> {
    let mut names: Vec<&str> = path.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
    let last = names.pop()?;
    Some((names, last))
}

/// Puts a value at a path, with the objects that lead to it.
pub(crate) fn add(base: &mut Value, path: &Value, value: Value) -> i32 {
    let Some((names, last)) = names(path) else { return INVALID_PATH };
    let mut at = base;
    for name in names {
        let Value::Object(map) = at else { return INVALID_TYPE };
        at = map.entry(name).or_insert_with(|| Value::Object(Map::new()));
    }
    let Value::Object(map) = at else { return INVALID_TYPE };
    map.insert(last.to_owned(), value);
    OK
}

/// Takes away what is at a path; what is not there is away already.
pub(crate) fn remove(base: &mut Value, path: &Value) -> i32 {
    let Some((names, last)) = names(path) else { return INVALID_PATH };
    let mut at = base;
    for name in names {
        let Some(next) = at.get_mut(name) else { return OK };
        at = next;
    }
    if let Value::Object(map) = at {
        map.remove(last);
    }
    OK
}
