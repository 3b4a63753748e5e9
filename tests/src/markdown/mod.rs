//! Markdown files as tests: a heading is a case, the fenced blocks below it are its policy, its input and what comes of it.
//!
//! `tests/README.md` says what blocks there are. A case knows where its blocks stand, so that what the program says can be
//! written back in their place (`PLIMSOLL_BLESS=1`).

pub mod console;
pub mod policy;
pub mod run;
pub mod types;

use std::path::Path;

/// A fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The first word behind the fence: `plim`, `yaml`, `findings`, …
    pub language: String,
    /// The other words.
    pub words: Vec<String>,
    /// What stands between the fences, each line with its end.
    pub text: String,
    /// The line of the opening fence, from 0.
    pub line: usize,
}

impl Block {
    /// True if `word` stands behind the language.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    /// The path of a file, where the block is one.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.words.first().filter(|w| w.contains('.')).map(String::as_str)
    }
}

/// What stands below a heading.
#[derive(Clone, Debug)]
pub struct Case {
    /// The heading.
    pub name: String,
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
}

impl Case {
    /// The blocks of a language.
    pub fn of<'a>(&'a self, language: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |b| b.language == language)
    }

    /// The YAML and JSON blocks with a word.
    pub fn data<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |b| matches!(&*b.language, "yaml" | "json") && b.has(word))
    }
}

/// The cases of a text.
#[must_use]
pub fn cases(text: &str) -> Vec<Case> {
    let mut out: Vec<Case> = vec![];
    let mut open: Option<(Block, usize)> = None;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match &mut open {
            Some((block, fence)) if ticks >= *fence && line.trim() == "`".repeat(ticks) => {
                let block = block.clone();
                open = None;
                if let Some(case) = out.last_mut() {
                    case.blocks.push(block);
                }
            }
            Some((block, _)) => block.text.push_str(line),
            None if ticks >= 3 => {
                let mut words = line[ticks..].split_whitespace().map(str::to_owned);
                let language = words.next().unwrap_or_default();
                let block = Block { language, words: words.collect(), text: String::new(), line: number };
                open = Some((block, ticks));
            }
            None if line.starts_with('#') => {
                let name = line.trim_start_matches('#').trim().to_owned();
                out.push(Case { name, blocks: vec![] });
            }
            None => {}
        }
    }
    out
}

/// A block that should hold another text.
#[derive(Clone, Debug)]
pub struct Change {
    /// The line of its opening fence.
    pub line: usize,
    /// What it should hold.
    pub text: String,
}

/// Writes what blocks should hold into a file.
pub fn bless(path: &Path, text: &str, changes: &[Change]) {
    let mut out = String::new();
    let mut lines = text.split_inclusive('\n').enumerate();
    while let Some((number, line)) = lines.next() {
        out.push_str(line);
        if let Some(change) = changes.iter().find(|c| c.line == number) {
            out.push_str(&change.text);
            let fence = line.len() - line.trim_start_matches('`').len();
            for (_, line) in lines.by_ref() {
                if line.trim() == "`".repeat(fence) {
                    out.push_str(line);
                    break;
                }
            }
        }
    }
    std::fs::write(path, out).unwrap();
}

/// True if what the program says is to be written down.
#[must_use]
pub fn blessing() -> bool {
    std::env::var_os("PLIMSOLL_BLESS").is_some_and(|v| v == "1")
}

/// What came of a case: failures in words, and the blocks that hold another text than they should.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What is wrong.
    pub failures: Vec<String>,
    /// What would mend the snapshots.
    pub changes: Vec<Change>,
}

impl Outcome {
    /// Compares a block with what the program says.
    pub fn compare(&mut self, block: &Block, said: &str) {
        if block.text.trim_end() != said.trim_end() {
            self.failures.push(format!(
                "line {}: `{}` should be\n{}\nbut is\n{}",
                block.line + 1,
                block.language,
                indent(said),
                indent(&block.text)
            ));
            let mut text = said.trim_end().to_owned();
            if !text.is_empty() {
                text.push('\n');
            }
            self.changes.push(Change { line: block.line, text });
        }
    }
}

fn indent(text: &str) -> String {
    text.trim_end().lines().take(60).map(|l| format!("    {l}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_stand_below_their_heading() {
        let found = cases("# A\n\n## B\ntext\n```yaml input\na: 1\n```\n````findings\n```\n````\n# C\n");
        let names: Vec<&str> = found.iter().map(|c| &*c.name).collect();
        assert_eq!(names, ["A", "B", "C"]);
        let blocks: Vec<(&str, &str, usize)> =
            found[1].blocks.iter().map(|b| (&*b.language, &*b.text, b.line)).collect();
        assert_eq!(blocks, [("yaml", "a: 1\n", 4), ("findings", "```\n", 7)]);
        assert!(found[1].blocks[0].has("input"));
    }
}
