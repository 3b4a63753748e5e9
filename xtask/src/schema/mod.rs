//! `cargo xtask schema`: writes the table of Kubernetes types that `dsl` embeds.
//!
//! The types come from `k8s-openapi`, what it lacks from the data files in `xtask/schema`, each row of which names its
//! source. Nothing else goes in, so that the same sources always give the same table.

mod build;
mod crds;
mod data;
mod model;
mod walk;
mod write;

use std::path::Path;

/// Where the table stands in the workspace.
const TABLE: &str = "dsl/src/schema/table.txt";

/// Makes the table from the walk and the data files under `root`.
fn make(root: &Path) -> Result<String, String> {
    let data = data::Data::read(&root.join("xtask/schema"))?;
    let model = build::build(walk::walk(), &data)?;
    write::table(&model)
}

/// Writes the table, or with `check` only says whether it is up to date.
pub(crate) fn run(root: &Path, check: bool) -> Result<(), String> {
    let table = make(root)?;
    let path = root.join(TABLE);
    if check {
        let old = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        return if old == table { Ok(()) } else { Err(format!("{TABLE} is not up to date: run `cargo xtask schema`")) };
    }
    println!("{TABLE}: {} lines, {} bytes", table.lines().count(), table.len());
    std::fs::write(&path, table).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_up_to_date() {
        assert_eq!(run(crate::root(), true), Ok(()));
    }
}
