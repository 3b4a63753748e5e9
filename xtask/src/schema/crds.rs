//! `crds.tsv`: kinds of operators, each in one row. Their types are open, for a row only has what policies read.
//!
//! An object inside an object is a type by its path, as in a CRD that a host gives: `ClusterPolicy.spec`. Paths of the
//! model end in one dot and a name, so that such a name has colons until it is written.

use super::data::{Data, Row};
use super::model::{Field, Kind, Model, Ty, Type};

/// Adds the rows.
pub(super) fn add(model: &mut Model, data: &Data) -> Result<(), String> {
    for row in data.rows("crds.tsv") {
        let path = row.cell(0);
        let mut reader = Reader { model, rest: row.cell(5) };
        reader.fields(path).ok_or_else(|| row.error("the fields are not readable"))?;
        if !reader.rest.is_empty() {
            return Err(row.error(format!("`{}` is left over", reader.rest)));
        }
        if !row.cell(1).is_empty() {
            kind(model, row)?;
        }
    }
    Ok(())
}

/// Makes the type of a row a kind.
fn kind(model: &mut Model, row: &Row) -> Result<(), String> {
    let [path, group, kind] = [0, 1, 3].map(|i| row.cell(i).to_owned());
    let mut versions = row.cell(2).split(',');
    let version = versions.next().unwrap_or_default().to_owned();
    let namespaced = match row.cell(4) {
        "namespaced" => true,
        "cluster" => false,
        other => return Err(row.error(format!("`{other}` is no scope"))),
    };
    for other in versions {
        let (group, version) = other.rsplit_once('/').unwrap_or((&group, other));
        model.retired.push([group.to_owned(), version.to_owned(), kind.clone(), String::new(), path.clone()]);
    }
    let ty = model.types.get_mut(&path).ok_or_else(|| row.error("there is no type"))?;
    ty.kind = Some(Kind { group, version, kind, namespaced, custom: true, since: None, until: None });
    Ok(())
}

/// Reads the fields of a row.
struct Reader<'a> {
    model: &'a mut Model,
    rest: &'a str,
}

impl Reader<'_> {
    /// Fields up to a closing brace or the end, as the type `path`; none if a field is there twice, or the type.
    fn fields(&mut self, path: &str) -> Option<()> {
        let mut ty = Type { open: true, ..Type::default() };
        while !self.rest.is_empty() && !self.rest.starts_with('}') {
            let (name, rest) = self.rest.split_once(':')?;
            self.rest = rest;
            let of = self.ty(&format!("{path}:{name}"))?;
            self.rest = self.rest.trim_start_matches(' ');
            ty.fields.insert(name.to_owned(), Field::new(of)).is_none().then_some(())?;
        }
        self.model.types.insert(path.to_owned(), ty).is_none().then_some(())
    }

    /// A type; an object in it is called `path`.
    fn ty(&mut self, path: &str) -> Option<Ty> {
        if let Some(rest) = self.rest.strip_prefix('[') {
            self.rest = rest;
            return Some(Ty::List(Box::new(self.ty(path)?)));
        }
        if let Some(rest) = self.rest.strip_prefix('%') {
            self.rest = rest;
            return Some(Ty::Map(Box::new(self.ty(path)?)));
        }
        if let Some(rest) = self.rest.strip_prefix('{') {
            self.rest = rest;
            self.fields(path)?;
            self.rest = self.rest.strip_prefix('}')?;
            return Some(Ty::Named(path.to_owned()));
        }
        let (word, rest) = self.rest.split_at(self.rest.find([' ', '}']).unwrap_or(self.rest.len()));
        self.rest = rest;
        let mut letters = word.chars();
        match (letters.next()?, letters.next()) {
            (letter, None) => "bifsqtxa".contains(letter).then_some(Ty::Scalar(letter)),
            _ => Ty::parse(word).filter(|ty| ty.named().is_some()),
        }
    }
}
