//! The data files: tab-separated tables with a head line, comments behind `#`, and a source in the last column of
//! each row.

use std::path::Path;

/// The files and their columns.
const FILES: [(&str, &[&str]); 10] = [
    ("types.tsv", &["type", "field", "of", "required", "doc", "source"]),
    ("kinds.tsv", &["type", "group", "version", "kind", "scope", "source"]),
    ("crds.tsv", &["type", "group", "versions", "kind", "scope", "fields", "source"]),
    ("defaults.tsv", &["type", "field", "default", "when", "source"]),
    ("empty.tsv", &["type", "field", "source"]),
    ("list_map_keys.tsv", &["type", "field", "keys", "source"]),
    ("values.tsv", &["type", "field", "values", "source"]),
    ("minors.tsv", &["type", "field", "since", "until", "source"]),
    ("retired.tsv", &["group", "version", "kind", "until", "reads_as", "source"]),
    ("subresources.tsv", &["type", "name", "of", "source"]),
];

/// A row and where it stands, for messages.
pub(super) struct Row {
    /// `defaults.tsv:12`
    pub(super) place: String,
    /// Its cells, as many as the file has columns.
    pub(super) cells: Vec<String>,
}

impl Row {
    /// A cell by number; empty where there is none.
    pub(super) fn cell(&self, i: usize) -> &str {
        self.cells.get(i).map(String::as_str).unwrap_or_default()
    }

    /// A message about this row.
    pub(super) fn error(&self, message: impl std::fmt::Display) -> String {
        format!("xtask/schema/{}: {message}", self.place)
    }

    /// A cell that is a minor or empty.
    pub(super) fn minor(&self, i: usize) -> Result<Option<u8>, String> {
        match self.cell(i) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| self.error(format!("`{text}` is no minor"))),
        }
    }
}

/// The rows of all files.
pub(super) struct Data(Vec<(&'static str, Vec<Row>)>);

impl Data {
    /// Reads every file of `dir`.
    pub(super) fn read(dir: &Path) -> Result<Data, String> {
        let mut all = Vec::new();
        for (name, columns) in FILES {
            let path = dir.join(name);
            let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            all.push((name, rows(name, columns, &text)?));
        }
        Ok(Data(all))
    }

    /// The rows of a file.
    pub(super) fn rows(&self, name: &str) -> &[Row] {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, rows)| rows.as_slice()).unwrap_or_default()
    }
}

/// Reads one file.
fn rows(name: &str, columns: &[&str], text: &str) -> Result<Vec<Row>, String> {
    let mut lines = (1usize..).zip(text.lines()).filter(|(_, l)| !l.is_empty() && !l.starts_with('#'));
    let head = columns.join("\t");
    if lines.next().is_none_or(|(_, line)| line != head) {
        return Err(format!("xtask/schema/{name}: the first line is to be `{head}`"));
    }
    let row = |(number, line): (usize, &str)| {
        let row = Row { place: format!("{name}:{number}"), cells: line.split('\t').map(str::to_owned).collect() };
        match row.cells.last() {
            Some(source) if row.cells.len() == columns.len() && !source.is_empty() => Ok(row),
            _ => Err(row.error(format!("{} columns are needed, the last of them a source", columns.len()))),
        }
    };
    lines.map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_source_is_refused() {
        let columns = ["type", "source"];
        assert_eq!(rows("x", &columns, "# note\ntype\tsource\nA\tB\n").map(|rows| rows.len()), Ok(1));
        assert!(rows("x", &columns, "type\tsource\nA\t\n").is_err());
        assert!(rows("x", &columns, "type\tsource\nA\n").is_err());
        assert!(rows("x", &columns, "A\tB\n").is_err());
    }
}
