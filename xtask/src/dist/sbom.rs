//! What is inside: a CycloneDX list of the crates that the files of a release are built of.
//!
//! `cargo tree` knows the features that each package is built with, so that no crate is listed that no file holds. Build scripts and
//! procedural macros run at build time and are in no file; they are left out. Checksums are those of `Cargo.lock`.

use super::archive::sha256;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A crate of the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Crate {
    name: String,
    version: String,
    license: String,
    repository: String,
    /// A member of this workspace.
    own: bool,
}

/// Crates by what they are known by, and which of them each is built of.
#[derive(Default, Debug)]
pub(crate) struct Tree {
    crates: BTreeMap<String, Crate>,
    needs: BTreeMap<String, BTreeSet<String>>,
    /// The packages whose trees were read.
    roots: BTreeSet<String>,
}

/// How `cargo tree` is to write a line, behind its depth: package, licence, repository.
pub(crate) const FORMAT: &str = "|{p}|{l}|{r}";

impl Tree {
    /// Adds what `cargo tree --prefix depth` says of a package in [`FORMAT`].
    pub(crate) fn add(&mut self, text: &str) -> Result<(), String> {
        let mut path: Vec<String> = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let wrong = || format!("`cargo tree` says what is not understood: {line}");
            let mut parts = line.split('|');
            let depth: usize = parts.next().and_then(|d| d.parse().ok()).ok_or_else(wrong)?;
            let package = parts.next().ok_or_else(wrong)?;
            let mut words = package.split(' ');
            let name = words.next().unwrap_or_default().to_owned();
            let version = words.next().and_then(|v| v.strip_prefix('v')).ok_or_else(wrong)?.to_owned();
            let own = package.contains("(/") || package.contains(":\\");
            // What was shown before is marked so; its crates are known by then.
            let plain = |text: Option<&str>| text.unwrap_or_default().trim_end_matches(" (*)").trim().to_owned();
            let (license, repository) = (plain(parts.next()), plain(parts.next()));
            let known_by = format!("pkg:cargo/{name}@{version}");
            self.crates.entry(known_by.clone()).or_insert(Crate { name, version, license, repository, own });
            path.truncate(depth);
            match path.last() {
                Some(above) => drop(self.needs.entry(above.clone()).or_default().insert(known_by.clone())),
                None => drop(self.roots.insert(known_by.clone())),
            }
            path.push(known_by);
        }
        Ok(())
    }

    /// The list, as CycloneDX 1.6. `time` is that of the commit, so that it depends on the sources alone.
    pub(crate) fn cyclonedx(&self, version: &str, lock: &str, time: Option<&str>) -> Result<Value, String> {
        let checksums = checksums(lock)?;
        let name = format!("pkg:generic/plimsoll@{version}");
        let components: Vec<Value> = self.crates.iter().map(|(id, c)| component(id, c, &checksums)).collect();
        let needs = |id: &str| self.needs.get(id).map(|n| n.iter().collect::<Vec<_>>()).unwrap_or_default();
        let mut dependencies = vec![json!({ "ref": name, "dependsOn": self.roots })];
        dependencies.extend(self.crates.keys().map(|id| json!({ "ref": id, "dependsOn": needs(id) })));
        let mut metadata = json!({
            "tools": { "components": [{ "type": "application", "name": "xtask", "version": version }] },
            "component": { "type": "application", "bom-ref": name, "name": "plimsoll", "version": version, "purl": name,
                "licenses": [{ "expression": "Apache-2.0" }] },
        });
        if let (Some(time), Some(members)) = (time, metadata.as_object_mut()) {
            members.insert("timestamp".to_owned(), time.into());
        }
        let mut bom = json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
            "metadata": metadata, "components": components, "dependencies": dependencies,
        });
        let serial = serial(&bom.to_string());
        if let Some(members) = bom.as_object_mut() {
            members.insert("serialNumber".to_owned(), serial.into());
        }
        Ok(bom)
    }

    /// How many crates of others there are.
    pub(crate) fn foreign(&self) -> usize {
        self.crates.values().filter(|c| !c.own).count()
    }
}

fn component(id: &str, of: &Crate, checksums: &BTreeMap<(String, String), String>) -> Value {
    let mut out = Map::new();
    let mut set = |key: &str, value: Value| drop(out.insert(key.to_owned(), value));
    set("type", "library".into());
    set("bom-ref", id.into());
    set("name", of.name.clone().into());
    set("version", of.version.clone().into());
    set("scope", "required".into());
    set("purl", id.into());
    if !of.license.is_empty() {
        // The old way of cargo to say "or".
        set("licenses", json!([{ "expression": of.license.replace('/', " OR ") }]));
    }
    if let Some(checksum) = checksums.get(&(of.name.clone(), of.version.clone())) {
        set("hashes", json!([{ "alg": "SHA-256", "content": checksum }]));
    }
    if !of.own && of.repository.starts_with("http") {
        set("externalReferences", json!([{ "type": "vcs", "url": of.repository }]));
    }
    Value::Object(out)
}

/// Checksums of `Cargo.lock`, by name and version.
fn checksums(lock: &str) -> Result<BTreeMap<(String, String), String>, String> {
    let lock: toml::Table = lock.parse().map_err(|e| format!("Cargo.lock can't be read: {e}"))?;
    let packages = lock.get("package").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    Ok(packages.iter().filter_map(|p| Some(((text(p, "name")?, text(p, "version")?), text(p, "checksum")?))).collect())
}

/// A number that names a list, made of the list: a UUID of version 8 (RFC 9562).
fn serial(text: &str) -> String {
    let digits = sha256(text.as_bytes());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("urn:uuid:{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "0|cli v0.1.0 (/src/x/cli)|Apache-2.0|https://example.invalid/x\n\
        1|a v1.0.0|MIT/Apache-2.0|https://example.com/a\n2|b v2.1.0+x|MIT|\n1|own v0.1.0 (/src/x/own)|Apache-2.0|\n\
        2|a v1.0.0|MIT/Apache-2.0|https://example.com/a (*)\n";
    const LOCK: &str = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"00ff\"\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";

    fn list() -> Value {
        let mut tree = Tree::default();
        tree.add(TREE).unwrap();
        assert_eq!(tree.foreign(), 2);
        tree.cyclonedx("0.1.0", LOCK, Some("2026-01-01T00:00:00Z")).unwrap()
    }

    #[test]
    fn a_list_holds_each_crate_once_with_what_it_needs() {
        let list = list();
        let names: Vec<&str> =
            list["components"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["a", "b", "cli", "own"]);
        let a = &list["components"][0];
        assert_eq!(a["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(a["hashes"][0]["content"], "00ff");
        assert_eq!(a["externalReferences"][0]["url"], "https://example.com/a");
        let needs = |id: &str| {
            let all = list["dependencies"].as_array().unwrap();
            all.iter().find(|d| d["ref"] == id).unwrap()["dependsOn"].clone()
        };
        assert_eq!(needs("pkg:generic/plimsoll@0.1.0"), json!(["pkg:cargo/cli@0.1.0"]));
        assert_eq!(needs("pkg:cargo/cli@0.1.0"), json!(["pkg:cargo/a@1.0.0", "pkg:cargo/own@0.1.0"]));
        assert_eq!(needs("pkg:cargo/own@0.1.0"), json!(["pkg:cargo/a@1.0.0"]));
    }

    #[test]
    fn a_list_depends_on_the_sources_alone() {
        assert_eq!(list(), list());
        let serial = list()["serialNumber"].as_str().unwrap().to_owned();
        assert!(serial.starts_with("urn:uuid:") && serial.len() == 45 && serial.as_bytes()[23] == b'8', "{serial}");
        assert!(Tree::default().add("nonsense").is_err());
    }
}
