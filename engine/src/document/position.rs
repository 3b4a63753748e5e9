//! Line and column of an offset, and start and end of a node.
//!
//! The index of a text is made when the first position is asked for, so that inputs without findings pay nothing. Lines
//! and columns count from 1, columns in Unicode characters; a line ends at `\n`, `\r\n` or a lone `\r`.

use super::node::{Document, NodeId, SourceText};
use serde::Serialize;

/// A place in a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Position {
    /// From 1; 0 for a document that was not read from text.
    pub line: u32,
    /// From 1, in Unicode characters; 0 for a document that was not read from text.
    pub column: u32,
}

/// Characters are counted up to each block of this many bytes, so that one very long line costs no more than others.
const BLOCK: usize = 1024;

/// Where lines begin, and how many characters stand before each block.
#[derive(Debug)]
pub(super) struct LineIndex {
    lines: Vec<u32>,
    blocks: Vec<u32>,
}

impl LineIndex {
    /// Reads the text once.
    pub(super) fn new(text: &str) -> LineIndex {
        let bytes = text.as_bytes();
        let mut lines = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let next = at.saturating_add(1);
            let lone = bytes.get(at) == Some(&b'\n') || bytes.get(next) != Some(&b'\n');
            if lone {
                lines.push(super::error::offset(next));
            }
        }
        let mut before = 0_u32;
        let blocks = bytes
            .chunks(BLOCK)
            .map(|block| {
                let behind = before.saturating_add(characters(block));
                std::mem::replace(&mut before, behind)
            })
            .collect();
        LineIndex { lines, blocks }
    }

    fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self.characters_before(text, offset).saturating_sub(self.characters_before(text, start));
        Position { line: super::error::offset(line), column: column.saturating_add(1) }
    }

    fn characters_before(&self, text: &str, offset: u32) -> u32 {
        let offset = (offset as usize).min(text.len());
        let block = offset / BLOCK;
        let rest = text.as_bytes().get(block.saturating_mul(BLOCK)..offset).unwrap_or_default();
        match self.blocks.get(block) {
            Some(before) => before.saturating_add(characters(rest)),
            None => super::error::offset(text.chars().count()),
        }
    }

    /// The bytes of a line, from 1, with its line break.
    fn line_range(&self, line: u32) -> Option<(u32, u32)> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.lines.get(index)?;
        Some((start, self.lines.get(index.saturating_add(1)).copied().unwrap_or(u32::MAX)))
    }
}

/// Characters that begin in these bytes.
fn characters(bytes: &[u8]) -> u32 {
    super::error::offset(bytes.iter().filter(|b| **b & 0xC0 != 0x80).count())
}

impl SourceText {
    /// Line and column of an offset; zeros for an empty text (a document that was not read from text).
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        if self.text.is_empty() {
            return Position::default();
        }
        self.index.get_or_init(|| LineIndex::new(&self.text)).position(&self.text, offset)
    }

    /// How many lines there are; an empty last one counts.
    #[must_use]
    pub fn line_count(&self) -> u32 {
        super::error::offset(self.index.get_or_init(|| LineIndex::new(&self.text)).lines.len())
    }

    /// A line, from 1, without its line break; empty for one that is not there.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let range = self.index.get_or_init(|| LineIndex::new(&self.text)).line_range(line);
        let Some((start, end)) = range else { return "" };
        let end = (end as usize).min(self.text.len());
        self.text.get(start as usize..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }
}

impl Document {
    /// Offsets of a node's value. An empty one (`key:`) is shown at its key, if it has one.
    #[must_use]
    pub fn span(&self, id: NodeId) -> (u32, u32) {
        let (start, end) = self.node(id).map_or((0, 0), |n| (n.start, n.end));
        if start < end {
            return (start, end);
        }
        self.key_span(id).unwrap_or((start, end))
    }

    /// Where a node begins; see [`Document::span`].
    #[must_use]
    pub fn start(&self, id: NodeId) -> Position {
        self.source().position(self.span(id).0)
    }

    /// Where a node ends: the place behind its last character.
    #[must_use]
    pub fn end(&self, id: NodeId) -> Position {
        self.source().position(self.span(id).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(text: &str, offset: usize) -> (u32, u32) {
        let p = SourceText::new("t", text).position(offset as u32);
        (p.line, p.column)
    }

    #[test]
    fn every_line_break_counts_once() {
        let text = "a\nb\r\nc\rd\n";
        let places: Vec<_> = (0..=text.len()).map(|o| position(text, o)).collect();
        assert_eq!(places, [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (4, 1), (4, 2), (5, 1)]);
    }

    #[test]
    fn columns_are_characters_also_far_into_a_long_line() {
        let text = format!("x\n{}!", "é😀".repeat(3000));
        let place = text.find('!').unwrap();
        assert_eq!(position(&text, place), (2, 6001));
        assert_eq!(position(&text, place + 1), (2, 6002));
        for (count, (at, _)) in text.char_indices().skip(2).enumerate().step_by(97) {
            assert_eq!(position(&text, at), (2, count as u32 + 1));
        }
    }

    #[test]
    fn a_line_comes_without_its_break() {
        let source = SourceText::new("t", "one\r\ntwo\n");
        assert_eq!((source.line(1), source.line(2), source.line(3), source.line(9)), ("one", "two", "", ""));
    }
}
