//! Comprehensions, folds, `match`, `is`: forms that bind names.

use super::Gen;
use super::types::{KINDS, T, list, map, set};

impl Gen<'_> {
    /// Clauses of a comprehension; what they bind stays in scope until it is cut back.
    fn clauses(&mut self, d: u32) -> String {
        let mut out = self.for_clause(d);
        for _ in 0..self.rng.below(3) {
            match self.rng.below(5) {
                0 => {
                    let ty = self.any_type(1);
                    if self.can(&ty) {
                        let value = self.open(&ty, d);
                        let name = self.name("v");
                        out.push_str(&format!(" let {name} = {value}"));
                        self.bind(name, ty, false);
                    }
                }
                1 if d > 0 => {
                    let more = self.for_clause(d - 1);
                    out.push(' ');
                    out.push_str(&more);
                }
                _ => {
                    let cond = self.narrowing(d);
                    out.push_str(&format!(" if {cond}"));
                }
            }
        }
        out
    }

    /// A condition that narrows what is in scope, or just any.
    pub(super) fn narrowing(&mut self, d: u32) -> String {
        if self.rng.chance(35) {
            let mut found: Vec<(String, T, bool)> = Vec::new();
            if self.rng.chance(25) {
                return self.told();
            }
            for var in &self.scope {
                match &var.ty {
                    T::Opt(inner) if !var.text.contains(['(', '"']) => {
                        found.push((var.text.clone(), (**inner).clone(), var.placed));
                    }
                    T::Obj(id) => {
                        let paths = self.known.paths[id].iter().filter(|p| p.text.len() < 40);
                        found.extend(paths.filter_map(|p| match &p.ty {
                            T::Opt(inner) => Some((format!("{}{}", var.text, p.text), (**inner).clone(), true)),
                            _ => None,
                        }));
                    }
                    _ => {}
                }
            }
            if !found.is_empty() {
                let (text, ty, placed) = self.rng.pick(&found).clone();
                self.bind(text.clone(), ty, placed);
                return format!("{text} != null");
            }
        }
        self.expr(&T::Bool, d)
    }

    /// `x is T`, of what is not known.
    fn told(&mut self) -> String {
        let unknown = self.scope.iter().filter(|v| v.ty == T::Any && !v.text.contains(['(', '"']));
        let unknown: Vec<(String, bool)> = unknown.map(|v| (v.text.clone(), v.placed)).collect();
        if unknown.is_empty() {
            return self.expr(&T::Bool, 1);
        }
        let (text, placed) = self.rng.pick(&unknown).clone();
        let pod = T::Obj(self.known.ids["Pod"]);
        let (name, ty) = self
            .rng
            .pick(&[
                ("string", T::Str),
                ("int", T::Int),
                ("Pod", pod),
                ("list<string>", list(T::Str)),
                ("bool", T::Bool),
            ])
            .clone();
        self.bind(text.clone(), ty, placed);
        format!("{text} is {name}")
    }

    /// A call that gives a list of objects of documents.
    fn found_by_function(&mut self) -> Option<(String, T)> {
        let fitting: Vec<super::Func> = self.functions.iter().filter(|f| f.name.starts_with("of_")).cloned().collect();
        if fitting.is_empty() {
            return None;
        }
        let function = self.rng.pick(&fitting).clone();
        let argument = self.find(&function.params[0])?;
        Some((format!("{}({argument})", function.name), function.result))
    }

    /// `for x in …`
    pub(super) fn for_clause(&mut self, d: u32) -> String {
        let name = self.name("x");
        if let (true, Some((call, ty))) = (self.rng.chance(20), self.found_by_function()) {
            return self.over(&name, &call, iterable(&ty).unwrap(), true);
        }
        if self.rng.chance(55) {
            let mut found: Vec<(String, T)> = Vec::new();
            for var in &self.scope {
                if iterable(&var.ty).is_some() && (var.ty != T::Any || var.text.starts_with('v')) {
                    found.push((var.text.clone(), var.ty.clone()));
                }
                if let T::Obj(id) = &var.ty {
                    let paths = self.known.paths[id].iter().filter(|p| iterable(&p.ty).is_some());
                    found.extend(paths.map(|p| (format!("{}{}", var.text, p.text), p.ty.clone())));
                }
            }
            if !found.is_empty() {
                let (text, ty) = self.rng.pick(&found).clone();
                return self.over(&name, &text, iterable(&ty).unwrap(), true);
            }
        }
        if self.clusters > 0 && self.rng.chance(30) {
            self.clusters -= 1;
            return self.joined(&name, d);
        }
        let ty = match self.rng.below(5) {
            0 => set(self.key_type()),
            1 => {
                let key = self.key_type();
                map(key, T::Int)
            }
            _ => list(self.rng.clone().pick(&[T::Int, T::Str, T::Bool, T::Quantity]).clone()),
        };
        let source = self.expr(&ty, d);
        self.over(&name, &source, iterable(&ty).unwrap(), false)
    }

    fn over(&mut self, name: &str, source: &str, of: Elements, placed: bool) -> String {
        if !of.is_set && of.value != T::Any && self.rng.chance(if of.is_map { 60 } else { 25 }) {
            let first = if self.rng.chance(20) { "_".to_owned() } else { self.name("i") };
            if first != "_" {
                self.bind(first.clone(), of.key, placed);
            }
            self.bind(name.to_owned(), of.value, placed);
            return format!("for {first}, {name} in {source}");
        }
        // One name over a map is its key; over a list, the item.
        self.bind(name.to_owned(), if of.is_map { of.key } else { of.value }, placed);
        format!("for {name} in {source}")
    }

    /// A join with the inventory.
    fn joined(&mut self, name: &str, d: u32) -> String {
        let kind = *self.rng.pick(KINDS);
        let before = if self.rng.chance(15) { ", before" } else { "" };
        let mut out = format!("for {name} in cluster({kind}{before})");
        if self.rng.chance(70) {
            let key = self.open(&T::Str, d.min(1));
            out.push_str(&match self.rng.below(3) {
                0 => format!(" if {name}.metadata.name == {key}"),
                1 => format!(" if {key} == {name}.metadata.namespace"),
                _ => format!(" if {name}.metadata.name == {key} and {}", self.expr(&T::Bool, d.min(1))),
            });
        }
        self.bind(name.to_owned(), T::Obj(self.known.ids[kind]), true);
        out
    }

    /// `[e for …]`, `{e for …}`
    pub(super) fn comprehension(&mut self, open: &str, close: &str, item: &T, d: u32) -> String {
        let height = self.scope.len();
        let clauses = self.clauses(d);
        let element = self.expr(item, d);
        self.scope.truncate(height);
        format!("{open}{element} {clauses}{close}")
    }

    pub(super) fn map_comprehension(&mut self, k: &T, v: &T, d: u32) -> String {
        let height = self.scope.len();
        let clauses = self.clauses(d);
        // Few keys are equal where the key is a variable; two values under one key join only if they are collections.
        let (key, value) = (self.expr(k, d), self.expr(v, d));
        self.scope.truncate(height);
        format!("{{{key}: {value} {clauses}}}")
    }

    /// `any(…)`, `all(…)`
    pub(super) fn quantified(&mut self, d: u32) -> String {
        let form = *self.rng.pick(&["any", "all"]);
        self.fold(form, &T::Bool, d)
    }

    pub(super) fn fold(&mut self, form: &str, item: &T, d: u32) -> String {
        let height = self.scope.len();
        let clauses = self.clauses(d);
        let element = self.expr(item, d);
        self.scope.truncate(height);
        format!("{form}({element} {clauses})")
    }

    pub(super) fn fold_or(&mut self, form: &str, item: &T, d: u32) -> Option<String> {
        self.rng.chance(40).then(|| self.fold(form, item, d))
    }

    pub(super) fn counted(&mut self, d: u32) -> String {
        let ty = self.any_type(0);
        if self.can(&ty) { self.fold("count", &ty, d) } else { "0".into() }
    }

    /// `first`, `last`, `min`, `max`, perhaps with a key.
    pub(super) fn folded(&mut self, item: &T, d: u32) -> String {
        let ordered = super::expr::is_ordered(item);
        match self.rng.below(6) {
            0 => self.fold("first", item, d),
            1 => self.fold("last", item, d),
            2 if ordered => self.fold("min", item, d),
            3 if ordered => self.fold("max", item, d),
            n => {
                let form = if n % 2 == 0 { "min" } else { "max" };
                self.with_key(form, item, d)
            }
        }
    }

    pub(super) fn sorted_by(&mut self, item: &T, d: u32) -> String {
        self.with_key("sorted", item, d)
    }

    fn with_key(&mut self, form: &str, item: &T, d: u32) -> String {
        let height = self.scope.len();
        let clauses = self.clauses(d);
        let element = self.expr(item, d);
        let key = self.rng.clone().pick(&[T::Int, T::Str, T::Quantity]).clone();
        let key = self.expr(&key, d.min(1));
        self.scope.truncate(height);
        format!("{form}({element} {clauses} by {key})")
    }

    /// `x is T`
    pub(super) fn is(&mut self, d: u32) -> String {
        let value = self.expr(&T::Any, d);
        let ty = *self.rng.pick(&[
            "string",
            "int",
            "bool",
            "float",
            "list<any>",
            "list<string>",
            "map<string, any>",
            "{ name: string }",
            "{ name?: string, n?: int }",
            "Pod",
            "Pod | Deployment",
            "quantity",
            "Container",
            "\"web\"",
            "Workload",
            "version",
            "kind(\"Pod\", \"v1\")",
        ]);
        format!("({value} is {ty})")
    }

    /// `match`, on what there is.
    pub(super) fn matched(&mut self, ty: &T, d: u32) -> String {
        let arm = |gen_: &mut Self| gen_.expr(ty, d);
        match self.rng.below(5) {
            0 => {
                let (a, b, c) = (arm(self), arm(self), arm(self));
                format!("(match mode {{ \"on\" => {a}, \"off\" => {b}, \"auto\" => {c} }})")
            }
            1 => {
                let value = format!("first([{}])", self.expr(&T::Int, d));
                let name = self.name("m");
                let (a, b) = (arm(self), arm(self));
                let height = self.scope.len();
                self.bind(name.clone(), T::Int, false);
                let c = arm(self);
                self.scope.truncate(height);
                format!("(match {value} {{ null => {a}, 0 | 1 => {b}, int {name} => {c} }})")
            }
            2 => {
                let value = format!("\"{{({})}}\"", self.expr(&T::Str, d));
                let (a, b) = (arm(self), arm(self));
                format!("(match {value} {{ \"web\" | \"a\" => {a}, else => {b} }})")
            }
            3 => {
                let value = self.expr(&T::Any, d);
                let name = self.name("m");
                let height = self.scope.len();
                self.bind(name.clone(), T::Str, true);
                let a = arm(self);
                self.scope.truncate(height);
                self.bind(name.clone(), T::Int, true);
                let b = arm(self);
                self.scope.truncate(height);
                let (c, e) = (arm(self), arm(self));
                format!(
                    "(match {value} {{ string {name} => {a}, int {name} => {b}, null | bool => {c}, else => {e} }})"
                )
            }
            _ => {
                let pod = T::Obj(self.known.ids["Pod"]);
                let value = self.expr(&T::Any, d);
                let name = self.name("m");
                let height = self.scope.len();
                self.bind(name.clone(), pod, true);
                let a = arm(self);
                self.scope.truncate(height);
                let (b, c) = (arm(self), arm(self));
                format!("(match {value} {{ Pod {name} => {a}, list<string> => {b}, else => {c} }})")
            }
        }
    }
}

/// What an iteration binds.
struct Elements {
    key: T,
    value: T,
    is_map: bool,
    is_set: bool,
}

/// Of what can be iterated; null reads as empty.
fn iterable(ty: &T) -> Option<Elements> {
    match ty {
        T::List(item) | T::Set(item) => {
            let is_set = matches!(ty, T::Set(_));
            Some(Elements { key: T::Int, value: (**item).clone(), is_map: false, is_set })
        }
        T::Map(k, v) => Some(Elements { key: (**k).clone(), value: (**v).clone(), is_map: true, is_set: false }),
        T::Opt(inner) => iterable(inner),
        // What it is shows when it is iterated: a text is an error.
        T::Any => Some(Elements { key: T::Any, value: T::Any, is_map: false, is_set: true }),
        _ => None,
    }
}
