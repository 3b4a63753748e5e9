//! Places of nodes (start, end) against a second reader over the corpus, and against the writer of generated documents.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod corpus;
mod naive;

use naive::{Place, Row};
use plimsoll_engine::document::{Document, Format, NodeId, ReadOptions, Tag, read};

/// The rows of a document, as the second reader has them.
fn rows(document: &Document) -> Vec<Row> {
    let place = |offset: u32| {
        let p = document.source().position(offset);
        (p.line as usize, p.column as usize)
    };
    (0..document.len() as u32)
        .map(|id| {
            let node = document.node(NodeId(id)).unwrap();
            let kind = match node.tag {
                Tag::Map => 'm',
                Tag::List => 'l',
                _ => 's',
            };
            (kind, place(node.start), place(node.end))
        })
        .collect()
}

fn yaml() -> ReadOptions {
    ReadOptions { format: Format::Yaml, ..ReadOptions::default() }
}

#[test]
fn manifests_as_the_second_reader_places_them() {
    let Some(folder) = corpus::folder("manifests") else { return };
    let (mut files, mut compared, mut nodes, mut wrong) = (0, 0, 0_usize, Vec::new());
    for file in corpus::files(&folder, &["yaml", "yml", "json"]) {
        let name = corpus::name(&folder, &file);
        let bytes = std::fs::read(&file).unwrap();
        let result = read(&name, &bytes, &yaml());
        if !result.errors.is_empty() {
            continue;
        }
        files += 1;
        let Some(second) = naive::documents(std::str::from_utf8(&bytes).unwrap()) else { continue };
        compared += 1;
        let first: Vec<Vec<Row>> = result.documents.iter().map(|d| rows(d)).collect();
        nodes += first.iter().map(Vec::len).sum::<usize>();
        // An empty document (`null`, `~`) is one scalar for the second reader.
        let second: Vec<_> =
            second.into_iter().filter(|d| first.len() > 1 || d.len() > 1 || first == [d.clone()]).collect();
        if first != second {
            let pair = first.iter().flatten().zip(second.iter().flatten()).find(|(a, b)| a != b);
            wrong.push(format!("{name}: {} and {} documents, {pair:?}", first.len(), second.len()));
        }
    }
    println!("places: {nodes} nodes of {compared} of {files} files agree with the second reader");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    assert!(compared * 100 > files * 95, "the second reader knows too little: {compared} of {files}");
}

/// Writes a document and notes where it puts each node.
struct Writer {
    text: String,
    at: Place,
    rows: Vec<Row>,
    state: u64,
    crlf: bool,
    anchors: usize,
}

impl Writer {
    fn roll(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) as usize % below
    }

    fn put(&mut self, text: &str) {
        for c in text.chars() {
            if c == '\n' {
                self.text.push_str(if self.crlf { "\r\n" } else { "\n" });
                self.at = (self.at.0 + 1, 1);
            } else {
                self.text.push(c);
                self.at.1 += 1;
            }
        }
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.roll(from.len())]
    }

    fn properties(&mut self) {
        if self.roll(6) == 0 {
            self.anchors += 1;
            let anchor = format!("&é{} ", self.anchors);
            self.put(&anchor);
        }
    }

    fn comment(&mut self) {
        let comment = self.pick(&["", "", "", " # ü: - x", "\t# c", "  ", " #"]);
        self.put(comment);
    }

    fn scalar(&mut self, in_flow: bool) -> Place {
        const FLOW: [&str; 10] =
            ["a", "1", "'é: x'", "\"\\u00e9 # b\"", "true", "x y", "http://a/b", "''", "\"ü😀\"", "null"];
        const BLOCK: [&str; 4] = ["a, [b]", "x\ty", "-1", "a#b"];
        let text = if in_flow || self.roll(3) > 0 { self.pick(&FLOW) } else { self.pick(&BLOCK) };
        let start = self.at;
        self.put(text);
        self.rows.push(('s', start, self.at));
        self.at
    }

    fn key(&mut self, n: usize) {
        let key = self.pick(&["k", "'q k'", "\"é\"", "ключ", "a.b/c-", "\"x: #\""]);
        let (quote, body) = match key.chars().next() {
            Some(q @ ('"' | '\'')) => (q.to_string(), key.trim_matches(q)),
            _ => (String::new(), key),
        };
        let text = format!("{quote}{body}{n}{quote}:");
        self.put(&text);
    }

    fn flow(&mut self, depth: usize) -> Place {
        let kind = if depth == 0 { 0 } else { self.roll(3) };
        if kind == 0 {
            return self.scalar(true);
        }
        let (row, start) = (self.rows.len(), self.at);
        let (tag, open, close) = if kind == 1 { ('m', "{", "}") } else { ('l', "[", "]") };
        self.rows.push((tag, start, start));
        self.put(open);
        for n in 0..self.roll(4) {
            if n > 0 {
                let comma = self.pick(&[", ", ",", " ,  ", ",\n              "]);
                self.put(comma);
            }
            if tag == 'm' {
                self.key(n);
                self.put(" ");
            }
            self.flow(depth - 1);
        }
        let space = self.pick(&["", " "]);
        self.put(space);
        self.put(close);
        self.rows[row].2 = self.at;
        self.at
    }

    /// A value behind a colon or dash in block style, up to its line end; returns where it ends.
    fn block(&mut self, indent: usize, behind_dash: bool, depth: usize) -> Place {
        match if depth == 0 { self.roll(4) } else { self.roll(7) } {
            0 => {
                let at = self.at;
                self.rows.push(('s', at, at));
                self.comment();
                self.put("\n");
                at
            }
            1 => {
                let space = self.pick(&[" ", "  ", "\t"]);
                self.put(space);
                self.properties();
                let end = self.scalar(false);
                self.comment();
                self.put("\n");
                end
            }
            2 => {
                self.put(" ");
                self.properties();
                let end = self.flow(2);
                self.comment();
                self.put("\n");
                end
            }
            3 => self.literal(indent),
            kind => self.collection(indent, behind_dash, depth, kind == 4),
        }
    }

    fn literal(&mut self, indent: usize) -> Place {
        self.put(" ");
        self.properties();
        let start = self.at;
        let header = self.pick(&["|", ">-", "|+", "|-", ">"]);
        self.put(header);
        self.comment();
        let mut end = start;
        let lines = 1 + self.roll(3);
        for n in 0..lines {
            self.put("\n");
            let line = self.pick(&["text", "é: # no comment", "- x  y", "\"q\""]);
            let pad = " ".repeat(indent + 2);
            self.put(&pad);
            self.put(line);
            end = self.at;
            if n + 1 < lines && self.roll(3) == 0 {
                self.put("\n");
            }
        }
        self.put("\n");
        if self.roll(3) == 0 {
            self.put("\n");
        }
        self.rows.push(('s', start, end));
        end
    }

    fn collection(&mut self, indent: usize, behind_dash: bool, depth: usize, list: bool) -> Place {
        let step = if list && !behind_dash { self.roll(3) } else { 1 + self.roll(4) };
        let mut inner = indent + step;
        let compact = behind_dash && self.roll(3) > 0;
        if compact {
            self.put(" ");
            inner = self.at.1 - 1;
        } else {
            self.comment();
            self.put("\n");
        }
        self.members(inner, depth, list, compact)
    }

    /// The members of a list or map, each in its line; the first is in its place already if `placed`.
    fn members(&mut self, indent: usize, depth: usize, list: bool, placed: bool) -> Place {
        let row = self.rows.len();
        self.rows.push((if list { 'l' } else { 'm' }, (0, 0), (0, 0)));
        for n in 0..1 + self.roll(4) {
            if n > 0 || !placed {
                if self.roll(6) == 0 {
                    self.put("# between\n\n");
                }
                let pad = " ".repeat(indent);
                self.put(&pad);
            }
            if n == 0 {
                self.rows[row].1 = self.at;
            }
            let end = if list {
                self.put("-");
                self.block(indent, true, depth - 1)
            } else {
                self.key(n);
                self.block(indent, false, depth - 1)
            };
            self.rows[row].2 = end;
        }
        self.rows[row].2
    }
}

#[test]
fn generated_documents_are_where_they_were_put() {
    let runs = std::env::var("PLIMSOLL_GENERATED").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000);
    let mut nodes = 0;
    for seed in 0..runs {
        let mut w = Writer {
            text: String::new(),
            at: (1, 1),
            rows: Vec::new(),
            state: seed * 7_919 + 1,
            crlf: seed % 3 == 0,
            anchors: 0,
        };
        let mut expected = Vec::new();
        let documents = 1 + w.roll(3);
        for n in 0..documents {
            if n > 0 || w.roll(2) == 0 {
                w.put("--- # é\n");
            }
            let list = w.roll(3) == 0;
            w.members(0, 4, list, false);
            expected.push(std::mem::take(&mut w.rows));
        }
        let text = if seed % 5 == 0 { format!("\u{FEFF}{}", w.text) } else { w.text.clone() };
        let result = read("generated", text.as_bytes(), &yaml());
        assert_eq!(result.errors, [], "seed {seed}:\n{}", w.text);
        let got: Vec<Vec<Row>> = result.documents.iter().map(|d| rows(d)).collect();
        for (got, expected) in got.iter().zip(&expected) {
            let pair = got.iter().zip(expected).enumerate().find(|(_, (a, b))| a != b);
            assert_eq!(pair, None, "seed {seed}:\n{}", w.text);
        }
        assert_eq!(
            got.iter().map(Vec::len).collect::<Vec<_>>(),
            expected.iter().map(Vec::len).collect::<Vec<_>>(),
            "seed {seed}:\n{}",
            w.text
        );
        nodes += got.iter().map(Vec::len).sum::<usize>();
    }
    println!("places: {nodes} nodes of {runs} generated files are where they were put");
}
