//! Circles: modules that import each other, functions that call themselves, values that are computed from themselves.

use super::Checker;
use super::refs::{Target, targets};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{GlobalKind, Hir};
use crate::source::Span;

/// Edges of a graph whose nodes are numbers: to where, and where it says so.
type Edges = Vec<Vec<(usize, Span)>>;

impl Checker<'_> {
    pub(super) fn check_import_cycles(&mut self) {
        let mut edges: Edges = self.modules.iter().map(|_| vec![]).collect();
        for (from, to, span) in &self.imports {
            if let Some(out) = edges.get_mut(*from) {
                out.push((*to, *span));
            }
        }
        for circle in circles(&edges) {
            let names: Vec<String> =
                circle.iter().filter_map(|(m, _)| self.modules.get(*m)).map(|m| m.name.to_string()).collect();
            let Some((_, span)) = circle.first() else { continue };
            self.report(
                Diagnostic::error(Code::ImportCycle, "modules import each other in a circle")
                    .at(*span, round(&names, "imports"))
                    .help("move what both need to a module of its own"),
            );
        }
    }

    /// Functions and values form one graph; a circle of it has a function that calls itself, or a value.
    pub(super) fn check_cycles(&mut self, hir: &Hir) {
        let functions = hir.functions.len();
        let mut edges: Edges = Vec::with_capacity(functions.saturating_add(hir.globals.len()));
        let number = |target: Target| match target {
            Target::Function(id) => id.0 as usize,
            Target::Global(id) => functions.saturating_add(id.0 as usize),
        };
        for function in &hir.functions {
            let mut out = vec![];
            super::refs::of_function(function, &mut |t, span| out.push((number(t), span)));
            edges.push(out);
        }
        for global in &hir.globals {
            let mut out = vec![];
            if let GlobalKind::Let(value) | GlobalKind::Param(Some(value)) = &global.kind {
                targets(value, &mut |t, span| out.push((number(t), span)));
            }
            edges.push(out);
        }
        let name = |node: usize| match hir.functions.get(node) {
            Some(f) => f.name.to_string(),
            None => hir.globals.get(node.saturating_sub(functions)).map(|g| g.name.to_string()).unwrap_or_default(),
        };
        let circles = circles(&edges);
        if circles.is_empty()
            && let Some((node, span)) = too_deep(&edges)
        {
            let title = format!("the calls behind `{}` go deeper than {MAX_CALLS} levels", name(node));
            self.report(
                Diagnostic::error(Code::TooDeep, title)
                    .at(span, format!("here is level {}", MAX_CALLS.saturating_add(1)))
                    .help("let some of the functions do more of the work themselves"),
            );
        }
        for circle in circles {
            let names: Vec<String> = circle.iter().map(|(node, _)| name(*node)).collect();
            let (Some((_, span)), Some(first)) = (circle.first(), names.first()) else { continue };
            // What the type of a value needed was found to be a circle when it was looked for.
            let title = |name: &String| format!("`{name}` is computed from itself");
            let known: Vec<String> = names.iter().map(title).collect();
            if self.diagnostics.iter().any(|d| d.code == Code::CircularValue && known.contains(&d.title)) {
                continue;
            }
            let only_functions = circle.iter().all(|(node, _)| *node < functions);
            self.report(if only_functions {
                Diagnostic::error(Code::Recursion, format!("function `{first}` calls itself"))
                    .at(*span, round(&names, "calls"))
                    .help("functions are not recursive: walk a graph with `reachable`, a tree with `descend`")
            } else {
                Diagnostic::error(Code::CircularValue, format!("`{first}` is computed from itself"))
                    .at(*span, round(&names, "needs"))
                    .help("take one of the values out of the circle")
            });
        }
    }
}

/// Calls within calls at most. The engine takes a few more: rules, tests and defaults call functions too.
const MAX_CALLS: usize = 200;

/// The first node behind which a path has more than [`MAX_CALLS`] edges, with the span of the first one. There is no circle.
fn too_deep(edges: &Edges) -> Option<(usize, Span)> {
    let mut heights: Vec<Option<usize>> = vec![None; edges.len()];
    for start in 0..edges.len() {
        let mut path = vec![start];
        while let Some(node) = path.last().copied() {
            let out = edges.get(node).map(Vec::as_slice).unwrap_or_default();
            let height_of = |to: usize| heights.get(to).copied().flatten();
            if let Some((to, _)) = out.iter().find(|(to, _)| height_of(*to).is_none()) {
                path.push(*to);
                continue;
            }
            path.pop();
            let deepest = out.iter().filter_map(|(to, span)| Some((height_of(*to)?.saturating_add(1), *span)));
            let (height, span) = deepest.max_by_key(|(height, _)| *height).unwrap_or_default();
            if height > MAX_CALLS {
                return Some((node, span));
            }
            if let Some(slot) = heights.get_mut(node) {
                *slot = Some(height);
            }
        }
    }
    None
}

/// `a calls b, b calls a`
fn round(names: &[String], verb: &str) -> String {
    let next = names.iter().cycle().skip(1);
    let steps: Vec<String> = names.iter().zip(next).map(|(a, b)| format!("`{a}` {verb} `{b}`")).collect();
    steps.join(", ")
}

/// One circle for each node that begins one and is in none before; each node with the span of its edge to the next.
fn circles(edges: &Edges) -> Vec<Vec<(usize, Span)>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Closed,
    }
    let mut state = vec![State::New; edges.len()];
    let mut found = vec![];
    for start in 0..edges.len() {
        if state.get(start) != Some(&State::New) {
            continue;
        }
        // The path from `start`: each node with the number of its edges that were followed.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        set(&mut state, start, State::Open);
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let Some((to, _)) = edges.get(node).and_then(|out| out.get(*next)) else {
                set(&mut state, node, State::Closed);
                path.pop();
                continue;
            };
            *next = next.saturating_add(1);
            match state.get(*to) {
                Some(State::New) => {
                    set(&mut state, *to, State::Open);
                    path.push((*to, 0));
                }
                Some(State::Open) => {
                    let from = path.iter().position(|(n, _)| n == to).unwrap_or(0);
                    let circle = path
                        .iter()
                        .skip(from)
                        .filter_map(|(n, taken)| Some((*n, edges.get(*n)?.get(taken.saturating_sub(1))?.1)));
                    found.push(circle.collect());
                }
                _ => {}
            }
        }
    }
    fn set(state: &mut [State], node: usize, to: State) {
        if let Some(slot) = state.get_mut(node) {
            *slot = to;
        }
    }
    found
}
