//! Paths as a kernel reads them.

use super::super::{Builtin, Cx, Result, args};
use crate::error::EvalError;

pub(super) const CLEAN_PATH: Builtin = Builtin {
    name: "clean_path",
    signature: "(s: string) -> string",
    cost: "s",
    doc: "An absolute path in its shortest form: without `//`, `.`, `..` and `/` at its end, and never above the root. What \
          does not begin with `/` is given back as it is.",
    example: "strings.clean_path(\"/etc//a/../b/./\") == \"/etc/b\" and strings.clean_path(\"/..\") == \"/\" \
              and strings.clean_path(\"a/..\") == \"a/..\"",
    call: |cx, a| clean_path(cx, a),
};

fn clean_path(cx: &mut Cx<'_>, a: &[crate::value::Value]) -> Result<crate::value::Value> {
    let [s] = args(a)?;
    let text = cx.text(s)?;
    if !text.starts_with('/') || is_clean(text) {
        return Ok(s);
    }
    let cleaned = cx.string(|memory, out| {
        let text = memory.str_of(s).unwrap_or_default();
        memory.reserve(text.len())?;
        memory.count_work(text.len());
        for segment in text.split('/') {
            match segment {
                "" | "." => {}
                ".." => out.truncate(out.rfind('/').unwrap_or(0)),
                name => {
                    out.push('/');
                    out.push_str(name);
                }
            }
        }
        if out.is_empty() {
            out.push('/');
        }
        Ok::<(), EvalError>(())
    })?;
    Ok(cleaned.at(s.place))
}

/// True if nothing is to be changed: the common case, which allocates nothing.
fn is_clean(path: &str) -> bool {
    path == "/" || path.split('/').skip(1).all(|segment| !matches!(segment, "" | "." | ".."))
}
