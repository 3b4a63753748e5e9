//! Makes a case smaller while two ways still do not agree about it.
//!
//! First whole files and lines go, then what stands in brackets is replaced by something simple.

use crate::differ::{Case, Compared, Coverage, compare};
use crate::oracle::host::Config;

/// What brackets are replaced by.
const SIMPLE: &[&str] = &["true", "0", "\"s\"", "1.5", "[1]", "null"];

/// True if the case still shows a difference of the same way.
fn shows(case: &Case, way: &str) -> bool {
    matches!(compare(case, &mut Coverage::new()), Compared::Differ { way: other, .. } if other == way)
}

/// The smallest case that was found.
#[must_use]
pub fn shrink(case: &Case, way: &str) -> Case {
    let mut best = case.clone();
    loop {
        let before = size(&best);
        files(&mut best, way);
        lines(&mut best, way);
        brackets(&mut best, way);
        if size(&best) >= before {
            return best;
        }
    }
}

fn size(case: &Case) -> usize {
    case.sources.iter().chain(&case.files).map(|(_, text)| text.len()).sum()
}

fn files(best: &mut Case, way: &str) {
    let mut i = 0;
    while i < best.files.len() {
        let mut smaller = best.clone();
        smaller.files.remove(i);
        if shows(&smaller, way) { *best = smaller } else { i += 1 }
    }
    let mut smaller = best.clone();
    smaller.params.clear();
    if !best.params.is_empty() && shows(&smaller, way) {
        *best = smaller;
    }
    let smaller = Case { config: Config::default(), ..best.clone() };
    if shows(&smaller, way) {
        *best = smaller;
    }
}

fn lines(best: &mut Case, way: &str) {
    // Whole runs of lines first.
    for run in [16, 8, 4, 2, 1] {
        let mut i = 0;
        loop {
            let all: Vec<&str> = best.sources[0].1.lines().collect();
            if i >= all.len() {
                break;
            }
            let kept: Vec<&str> =
                all.iter().enumerate().filter(|(n, _)| *n < i || *n >= i + run).map(|(_, line)| *line).collect();
            let mut smaller = best.clone();
            smaller.sources[0].1 = kept.join("\n");
            if shows(&smaller, way) { *best = smaller } else { i += 1 }
        }
    }
}

/// Pairs of brackets, inner ones too.
fn pairs(text: &str) -> Vec<(usize, usize)> {
    let (mut open, mut out) = (Vec::new(), Vec::new());
    for (i, c) in text.char_indices() {
        match c {
            '(' => open.push(i),
            ')' => {
                if let Some(start) = open.pop() {
                    out.push((start, i));
                }
            }
            _ => {}
        }
    }
    out.sort_by_key(|(start, end)| std::cmp::Reverse(end - start));
    out
}

fn brackets(best: &mut Case, way: &str) {
    let mut i = 0;
    loop {
        let text = best.sources[0].1.clone();
        let all = pairs(&text);
        let Some((start, end)) = all.get(i).copied() else { return };
        let inner = text[start + 1..end].to_owned();
        let within: Vec<String> = pairs(&inner).into_iter().map(|(a, b)| inner[a..=b].to_owned()).collect();
        let mut done = false;
        for new in SIMPLE.iter().map(|s| (*s).to_owned()).chain(within) {
            if new.len() + 2 >= inner.len() + 2 {
                continue;
            }
            let mut smaller = best.clone();
            smaller.sources[0].1 = format!("{}{new}{}", &text[..start], &text[end + 1..]);
            if shows(&smaller, way) {
                *best = smaller;
                done = true;
                break;
            }
        }
        if !done {
            i += 1;
        }
    }
}
