//! Expressions by type.

use super::Gen;
use super::builtin::{fill, is_key, unify};
use super::document::TEXTS;
use super::types::{T, list, map, opt, set};
use std::rc::Rc;

/// True for a type whose values have an order.
pub(super) fn is_ordered(ty: &T) -> bool {
    matches!(ty, T::Int | T::Float | T::Str | T::Quantity | T::Duration | T::Time | T::Version)
}

/// Texts of scalars.
const QUANTITIES: &[&str] = &["1Gi", "500m", "2", "0.5", "100Mi", "1e3", "-1", "0"];
const DURATIONS: &[&str] = &["7d", "12h", "90s", "1ms", "5m", "0s"];
const TIMES: &[&str] = &["2026-01-02T03:04:05Z", "2025-12-31T23:59:59+02:00", "1970-01-01T00:00:00Z"];
const VERSIONS: &[&str] = &["1.29", "v1.29.3", "1.30.0-rc.1", "2", "0.0.1+b"];
const CIDRS: &[&str] = &["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "fd00::/8", "192.168.1.0/24"];
const IPS: &[&str] = &["10.1.2.3", "127.0.0.1", "8.8.8.8", "::1", "fd00::1"];
const IMAGES: &[&str] = &["nginx", "nginx:1.27", "ghcr.io/a/b:v1", "localhost:5000/x", "quay.io/a/b/c"];
const REGEXES: &[&str] = &["a", "^[a-z]+$", r"(\d+)\.(\d+)", "(?i)NG", r"\bweb\b", "x*", "(a)|(b)"];
const GLOBS: &[&str] = &["*", "a*", "**", "nginx:?.*", "docker.io/**", "web", "ghcr.io/*/b*", "?"];
const JSONS: &[&str] = &[
    r#"{"a": 1, "b": [true, null, "x"], "c": {"d": 1.5}}"#,
    "[1, 2, 3]",
    r#""text""#,
    "null",
    "12",
    "[]",
    r#"{"name": "web", "n": 9007199254740993}"#,
    r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "inner"}}"#,
];
const YAMLS: &[&str] = &["a: 1\\nb: [x, y]", "- 1\\n- two", "just text", "a: {{b: {{c: null}}}}", "x: 0777\\ny: on"];

impl Gen<'_> {
    /// An expression of a type. Objects must be in scope.
    pub(super) fn expr(&mut self, ty: &T, depth: u32) -> String {
        let roll = self.rng.below(100);
        if (roll < 34 || depth == 0)
            && let Some(found) = self.find(ty)
        {
            return found;
        }
        if matches!(ty, T::Obj(_) | T::Part | T::Workload) {
            return self.find(ty).expect("an object in scope");
        }
        if depth == 0 {
            return self.literal(ty, 0);
        }
        let d = depth - 1;
        match roll {
            34..=52 => {
                if let Some(call) = self.builtin(ty, d) {
                    return call;
                }
            }
            53..=59 => {
                if let Some(call) = self.call(ty, d) {
                    return call;
                }
            }
            60..=63 => {
                let cond = self.expr(&T::Bool, d);
                let (a, b) = (self.expr(ty, d), self.expr(ty, d));
                return format!("(if {cond} then {a} else {b})");
            }
            64..=66 => return self.matched(ty, d),
            67..=69 if !matches!(ty, T::Opt(_) | T::Any) => {
                let wanted = opt(ty.clone());
                let call = if self.rng.chance(60) { self.builtin(&wanted, d) } else { None };
                let a = call.unwrap_or_else(|| self.expr(&wanted, d));
                return format!("({a} ?? {})", self.expr(ty, d));
            }
            70..=71 => {
                let cond = self.expr(&T::Bool, d);
                let why = self.text(d);
                let value = self.expr(ty, d);
                if self.rng.chance(25) {
                    return format!("(if {cond} then {value} else fail({why}))");
                }
            }
            _ => {}
        }
        self.of_type(ty, d)
    }

    /// What is in scope: variables, and paths below objects.
    pub(super) fn find(&mut self, ty: &T) -> Option<String> {
        let mut found: Vec<(String, bool)> = Vec::new();
        let inner = if let T::Opt(inner) = ty { Some(&**inner) } else { None };
        let lacks = |have: &T| matches!(have, T::Opt(inner) if **inner == *ty);
        for var in &self.scope {
            if var.ty == *ty || Some(&var.ty) == inner {
                found.push((var.text.clone(), false));
                found.push((var.text.clone(), false));
            } else if lacks(&var.ty) {
                found.push((var.text.clone(), true));
            }
            if let T::Obj(id) = &var.ty {
                for path in &self.known.paths[id] {
                    if path.ty == *ty || Some(&path.ty) == inner {
                        found.push((format!("{}{}", var.text, path.text), false));
                    } else if lacks(&path.ty) {
                        found.push((format!("{}{}", var.text, path.text), true));
                    }
                }
            }
        }
        if matches!(ty, T::Obj(_) | T::Part | T::Workload) {
            found.retain(|(_, lacks)| !lacks);
        }
        if found.is_empty() {
            return None;
        }
        let (text, lacks) = self.rng.pick(&found).clone();
        if lacks {
            let default = if matches!(ty, T::List(_)) { "[]".into() } else { self.literal(ty, 0) };
            return Some(format!("({text} ?? {default})"));
        }
        Some(text)
    }

    /// True if an expression of the type can be made.
    pub(super) fn can(&mut self, ty: &T) -> bool {
        match ty {
            T::Obj(_) | T::Part | T::Workload => self.find(ty).is_some(),
            T::List(item) | T::Set(item) | T::Opt(item) => self.can(item),
            T::Map(k, v) => self.can(k) && self.can(v),
            T::Rec(fields) => fields.iter().all(|(_, ty)| self.can(ty)),
            _ => true,
        }
    }

    /// A text in quotes, for a plain string.
    pub(super) fn quoted(text: &str) -> String {
        let mut out = String::from("\"");
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\t' => out.push_str("\\t"),
                '\n' => out.push_str("\\n"),
                '{' => out.push_str("{{"),
                '}' => out.push_str("}}"),
                c => out.push(c),
            }
        }
        out.push('"');
        out
    }

    /// A text with holes.
    pub(super) fn text(&mut self, depth: u32) -> String {
        let mut out = String::from("\"");
        for _ in 0..1 + self.rng.below(2) {
            out.push_str(self.rng.pick::<&str>(&["a", " ", "", "n=", "é", "{{}}"]));
            let ty = self.shown();
            if self.can(&ty) {
                let hole = self.expr(&ty, depth);
                out.push_str(&format!("{{({hole})}}"));
            }
        }
        out.push('"');
        out
    }

    /// A type that a hole may show.
    fn shown(&mut self) -> T {
        match self.rng.below(12) {
            0 => T::Bool,
            1 => T::Float,
            2 => T::Quantity,
            3 => T::Duration,
            4 => self.scalar(),
            5 => list(T::Str),
            6 => set(T::Int),
            7 => map(T::Str, T::Int),
            8 | 9 => T::Int,
            _ => T::Str,
        }
    }

    /// A scalar type.
    pub(super) fn scalar(&mut self) -> T {
        let all = [T::Quantity, T::Duration, T::Time, T::Version, T::Cidr, T::Ip, T::Image];
        self.rng.pick(&all).clone()
    }

    /// A type for a variable.
    pub(super) fn any_type(&mut self, depth: u32) -> T {
        let simple = self.rng.below(if depth == 0 { 12 } else { 20 });
        match simple {
            0 | 1 => T::Bool,
            2..=4 => T::Int,
            5 => T::Float,
            6..=8 => T::Str,
            9 => self.scalar(),
            10 => T::Any,
            11 => *self.rng.pick(&[Box::new(T::Mode), Box::new(T::IntStr), Box::new(T::Int)]).clone(),
            12 | 13 => list(self.any_type(depth - 1)),
            14 | 15 => {
                let item = self.key_type();
                set(item)
            }
            16 | 17 => {
                let key = self.key_type();
                map(key, self.value_type(depth - 1))
            }
            18 => opt(self.value_type(depth - 1)),
            _ => self.record(depth - 1),
        }
    }

    fn value_type(&mut self, depth: u32) -> T {
        loop {
            let ty = self.any_type(depth);
            if !matches!(ty, T::Opt(_) | T::Any) {
                return ty;
            }
        }
    }

    /// A type for keys and members of sets.
    pub(super) fn key_type(&mut self) -> T {
        match self.rng.below(10) {
            0..=4 => T::Str,
            5..=7 => T::Int,
            8 => T::Bool,
            _ => self.scalar(),
        }
    }

    fn record(&mut self, depth: u32) -> T {
        let names = ["alpha", "beta", "gamma"];
        let count = 1 + self.rng.below(3);
        let fields = (0..count).map(|i| (names[i], self.value_type(depth)));
        T::Rec(Rc::new(fields.collect()))
    }

    /// A constant of the type.
    pub(super) fn literal(&mut self, ty: &T, depth: u32) -> String {
        match ty {
            T::Bool => self.rng.pick(&["true", "false"]).to_string(),
            T::Int => match self.rng.below(30) {
                0 => "9223372036854775807".into(),
                1 => "-9223372036854775807".into(),
                2 => "8080".into(),
                _ => (i64::try_from(self.rng.below(9)).unwrap() - 2).to_string(),
            },
            T::Float => self.rng.pick(&["0.5", "1.5", "0.0", "-2.25", "100.0", "0.1"]).to_string(),
            T::Str => Self::quoted(self.rng.pick::<&str>(TEXTS)),
            T::Quantity => format!("quantity(\"{}\")", self.rng.pick(QUANTITIES)),
            T::Duration => self.rng.pick(DURATIONS).to_string(),
            T::Time => format!("time(\"{}\")", self.rng.pick(TIMES)),
            T::Version => format!("version(\"{}\")", self.rng.pick(VERSIONS)),
            T::Cidr => format!("cidr(\"{}\")", self.rng.pick(CIDRS)),
            T::Ip => format!("ip(\"{}\")", self.rng.pick(IPS)),
            T::Image => format!("image(\"{}\")", self.rng.pick(IMAGES)),
            T::Regex => format!("re\"{}\"", self.rng.pick(REGEXES)),
            T::Any => match self.rng.below(3) {
                0 => format!("yaml.parse(\"{}\")", self.rng.pick(YAMLS)),
                _ => format!("json.parse(r\"\"\" {} \"\"\")", self.rng.pick(JSONS)),
            },
            T::IntStr => {
                let (a, b) = (self.literal(&T::Int, 0), self.literal(&T::Str, 0));
                format!("(if {} then {a} else {b})", self.rng.pick(&["true", "false"]))
            }
            T::Mode => self.rng.pick(&["\"on\"", "\"off\"", "\"auto\""]).to_string(),
            T::List(item) => {
                let items = self.items(item, depth);
                format!("[{items}]")
            }
            T::Set(item) => {
                let items = self.items(item, depth);
                format!("{{{items}}}")
            }
            T::Map(k, v) => {
                let (name, keys) = (self.name("k"), self.items(k, depth));
                let value = self.expr(v, depth);
                format!("{{{name}: {value} for {name} in [{keys}]}}")
            }
            T::Opt(inner) => {
                let cond = self.expr(&T::Bool, depth);
                let value = self.expr(inner, depth);
                format!("(if {cond} then {value} else null)")
            }
            T::Rec(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, ty)| format!("{name}: {}", self.expr(ty, depth))).collect();
                format!("{{ {} }}", fields.join(", "))
            }
            T::Obj(_) | T::Part | T::Workload => self.find(ty).expect("an object in scope"),
        }
    }

    fn items(&mut self, item: &T, depth: u32) -> String {
        let count = 1 + self.rng.below(3);
        let items: Vec<String> = (0..count).map(|_| self.expr(item, depth)).collect();
        items.join(", ")
    }

    /// A call of a built-in that gives the type.
    fn builtin(&mut self, ty: &T, depth: u32) -> Option<String> {
        let sigs = self.sigs;
        let mut fitting = Vec::new();
        for sig in sigs {
            let mut vars = Vec::new();
            if unify(&sig.result, ty, &mut vars) {
                fitting.push((sig, vars));
            }
        }
        if fitting.is_empty() {
            return None;
        }
        fitting.retain(|(sig, vars)| {
            let ordered = matches!(sig.name, "sorted" | "min" | "max") && sig.module.is_empty();
            !ordered || vars.iter().all(|(_, ty)| is_ordered(ty))
        });
        if fitting.is_empty() {
            return None;
        }
        let (sig, mut vars) = self.rng.pick(&fitting).clone();
        let mut args = Vec::new();
        for (i, param) in sig.params.iter().enumerate() {
            let ty = fill(param, &mut vars, &mut |name| match name {
                'N' => self.rng.pick(&[T::Int, T::Float, T::Quantity]).clone(),
                'C' => self.rng.pick(&[list(T::Int), set(T::Str), map(T::Str, T::Int)]).clone(),
                'K' => self.rng.pick(&[T::Int, T::Str]).clone(),
                _ => self.rng.pick(&[T::Int, T::Str, T::Bool, T::Version]).clone(),
            })?;
            if !self.can(&ty) {
                return None;
            }
            args.push(self.argument(sig.module, sig.name, i, &ty, depth));
        }
        let dot = if sig.module.is_empty() { "" } else { "." };
        Some(format!("{}{dot}{}({})", sig.module, sig.name, args.join(", ")))
    }

    /// An argument that the function can do something with, most of the time.
    fn argument(&mut self, module: &str, name: &str, index: usize, ty: &T, depth: u32) -> String {
        let small = |gen_: &mut Self| gen_.rng.below(5).to_string();
        match (module, name, index) {
            ("", "quantity" | "duration" | "time" | "version" | "cidr" | "ip" | "image" | "regex", 0) => {
                if self.rng.chance(4) {
                    return self.text(0);
                }
                let texts = match name {
                    "quantity" => QUANTITIES,
                    "duration" => DURATIONS,
                    "time" => TIMES,
                    "version" => VERSIONS,
                    "cidr" => CIDRS,
                    "ip" => IPS,
                    "image" => IMAGES,
                    _ => REGEXES,
                };
                let text = *self.rng.pick(texts);
                let text = Self::quoted(text);
                if self.rng.chance(50) {
                    format!("(if {} then {text} else {text})", self.expr(&T::Bool, 0))
                } else {
                    text
                }
            }
            ("numbers", "int" | "float", 0) => format!("\"{{({})}}\"", self.expr(&T::Int, depth)),
            ("json", "parse", 0) => format!("r\"\"\" {} \"\"\"", self.rng.pick(JSONS)),
            ("yaml", "parse" | "parse_all", 0) => format!("\"{}\"", self.rng.pick(YAMLS)),
            ("base64", "decode", 0) => format!("base64.encode({})", self.expr(&T::Str, depth)),
            ("strings", "repeat", 1) | ("lists", "range", _) => small(self),
            ("strings", "take" | "drop", 1) | ("lists", "take" | "drop", 1) => small(self),
            ("quantity", "scale", 1) => small(self),
            ("numbers", "div", 1) => (1 + self.rng.below(4)).to_string(),
            ("quantity", "ratio", 1) => "quantity(\"250m\")".into(),
            ("version", "less" | "at_most", 0) => self.rng.pick(&["\"Go\"", "\"npm\"", "\"crates.io\""]).to_string(),
            ("version", "less" | "at_most", _) => format!("\"{}\"", self.rng.pick(VERSIONS)),
            ("image", "matches", 1) => format!("\"{}\"", self.rng.pick(GLOBS)),
            ("image", _, 0) if *ty == T::Str => Self::quoted(IMAGES[self.rng.below(IMAGES.len())]),
            ("", "fields" | "id" | "origin", 0) => self.any_object().unwrap_or_else(|| self.literal(&T::Any, 0)),
            ("", "reachable" | "path" | "paths_to", _) if matches!(ty, T::Map(..)) => self.edges(ty, depth),
            _ => self.expr(ty, depth),
        }
    }

    /// Some object in scope.
    fn any_object(&mut self) -> Option<String> {
        let objects: Vec<String> =
            self.scope.iter().filter(|v| matches!(v.ty, T::Obj(_))).map(|v| v.text.clone()).collect();
        if objects.is_empty() { None } else { Some(self.rng.pick(&objects).clone()) }
    }

    fn edges(&mut self, ty: &T, depth: u32) -> String {
        let T::Map(key, _) = ty else { return self.expr(ty, depth) };
        let (a, b) = (self.name("a"), self.name("b"));
        let (from, to) = (self.items(key, 0), self.items(key, 0));
        format!("{{{a}: {{{b}}} for {a} in [{from}] for {b} in [{to}]}}")
    }

    fn call(&mut self, ty: &T, depth: u32) -> Option<String> {
        let fitting: Vec<super::Func> = self.functions.iter().filter(|f| f.result == *ty).cloned().collect();
        if fitting.is_empty() {
            return None;
        }
        let function = self.rng.pick(&fitting).clone();
        let given = if self.rng.chance(50) { function.needed } else { function.params.len() };
        let mut args = Vec::new();
        for param in &function.params[..given] {
            if !self.can(param) {
                return None;
            }
            args.push(self.expr(param, depth));
        }
        Some(format!("{}({})", function.name, args.join(", ")))
    }

    /// Forms that belong to a type.
    fn of_type(&mut self, ty: &T, d: u32) -> String {
        match ty {
            T::Bool => self.bool(d),
            T::Int => self.int(d),
            T::Float => self.float(d),
            T::Str => self.string(d),
            T::Quantity => {
                let op = *self.rng.pick(&["+", "-"]);
                self.fold_or("sum", ty, d).unwrap_or_else(|| {
                    let (a, b) = (self.expr(ty, d), self.expr(ty, d));
                    format!("({a} {op} {b})")
                })
            }
            T::Duration => match self.rng.below(6) {
                0 => format!("({} - {})", self.expr(&T::Time, d), self.expr(&T::Time, d)),
                1 => format!("({} * {})", self.expr(ty, d), self.expr(&T::Int, d)),
                2 => format!("({} * {})", self.expr(&T::Int, d), self.expr(ty, d)),
                3 => format!("(-{})", self.expr(ty, d)),
                4 => self.fold_or("sum", ty, d).unwrap_or_else(|| self.literal(ty, d)),
                _ => format!("({} {} {})", self.expr(ty, d), self.rng.clone().pick(&["+", "-"]), self.expr(ty, d)),
            },
            T::Time => {
                format!("({} {} {})", self.expr(ty, d), self.rng.clone().pick(&["+", "-"]), self.expr(&T::Duration, d))
            }
            T::Any => self.any(d),
            T::List(item) => self.list_form(item, d),
            T::Set(item) => self.set_form(item, d),
            T::Map(k, v) => self.map_form(k, v, d),
            T::Opt(inner) => self.optional(inner, d),
            T::Rec(fields) if self.rng.chance(40) => {
                let (name, field) = self.rng.pick(fields).clone();
                let whole = self.literal(ty, d);
                format!("({whole} ++ {{ {name}: {} }})", self.expr(&field, d))
            }
            T::Mode => {
                let cond = self.expr(&T::Bool, d);
                format!("(if {cond} then {} else {})", self.literal(ty, 0), self.literal(ty, 0))
            }
            T::Version | T::Cidr | T::Ip | T::Image | T::Regex if self.rng.chance(50) => {
                match self.builtin(&opt(ty.clone()), d) {
                    Some(call) => format!("({call} ?? {})", self.literal(ty, 0)),
                    None => self.literal(ty, d),
                }
            }
            _ => self.literal(ty, d),
        }
    }

    fn bool(&mut self, d: u32) -> String {
        match self.rng.below(26) {
            0..=2 => format!("({} and {})", self.expr(&T::Bool, d), self.expr(&T::Bool, d)),
            3..=5 => format!("({} or {})", self.expr(&T::Bool, d), self.expr(&T::Bool, d)),
            6 => format!("(not {})", self.expr(&T::Bool, d)),
            7..=9 => {
                let ty = self.any_type(1);
                let op = *self.rng.pick(&["==", "!="]);
                let (a, b) = (self.open(&ty, d), self.open(&ty, d));
                format!("({a} {op} {b})")
            }
            10..=12 => {
                let ty = self.ordered();
                let op = *self.rng.pick(&["<", "<=", ">", ">="]);
                format!("({} {op} {})", self.open(&ty, d), self.open(&ty, d))
            }
            13 | 14 => {
                let ty = self.key_type();
                let op = *self.rng.pick(&["in", "not in"]);
                let of = match self.rng.below(3) {
                    0 => list(ty.clone()),
                    1 => set(ty.clone()),
                    _ => map(ty.clone(), T::Int),
                };
                format!("({} {op} {})", self.open(&ty, d), self.open(&of, d))
            }
            15 => format!("({} in {})", self.expr(&T::Ip, d), self.expr(&T::Cidr, d)),
            16 => format!("({} in {})", self.expr(&T::Cidr, d), self.expr(&T::Cidr, d)),
            17 => format!("({} matches {})", self.expr(&T::Str, d), self.expr(&T::Regex, 0)),
            18 => format!("({} like {})", self.expr(&T::Str, d), Self::quoted(GLOBS[self.rng.below(GLOBS.len())])),
            19 => {
                let ty = if self.rng.chance(50) { self.scalar() } else { self.value_type(1) };
                let value = self.open(&opt(ty), d);
                format!("({value} {} null)", self.rng.pick(&["==", "!="]))
            }
            20 => self.is(d),
            21..=23 => self.quantified(d),
            24 => {
                let kind = *self.rng.pick(super::types::KINDS);
                format!("complete({kind})")
            }
            _ => {
                if self.in_policy {
                    self.rng
                        .pick(&["(request == null)", "(old == null)", "(request?.operation == \"CREATE\")"])
                        .to_string()
                } else {
                    self.expr(&T::Bool, d)
                }
            }
        }
    }

    fn ordered(&mut self) -> T {
        match self.rng.below(8) {
            0..=2 => T::Int,
            3 => T::Float,
            4 | 5 => T::Str,
            _ => self.rng.pick(&[T::Quantity, T::Duration, T::Time, T::Version]).clone(),
        }
    }

    /// An expression whose type is not that of one constant.
    pub(super) fn open(&mut self, ty: &T, depth: u32) -> String {
        match ty {
            T::Str | T::Mode => match self.find(ty) {
                Some(found) => found,
                None => format!("\"{{({})}}\"", self.expr(&T::Int, depth)),
            },
            T::List(item) if **item == T::Str => format!("strings.split({}, \",\")", self.expr(&T::Str, depth)),
            T::Set(item) if **item == T::Str => {
                format!("sets.of(strings.split({}, \",\"))", self.expr(&T::Str, depth))
            }
            T::Opt(inner) => match self.find(ty) {
                Some(found) => found,
                None => format!("first([{}])", self.open(inner, depth)),
            },
            _ => self.expr(ty, depth),
        }
    }

    fn int(&mut self, d: u32) -> String {
        match self.rng.below(10) {
            0..=3 => {
                let op = *self.rng.pick(&["+", "-", "*", "%", "+"]);
                format!("({} {op} {})", self.expr(&T::Int, d), self.expr(&T::Int, d))
            }
            4 => format!("(-{})", self.expr(&T::Int, d)),
            5 | 6 => self.counted(d),
            7 => self.fold_or("sum", &T::Int, d).unwrap_or_else(|| self.literal(&T::Int, d)),
            8 => format!("({} ?? 0)", self.folded(&T::Int, d)),
            _ => self.literal(&T::Int, d),
        }
    }

    fn float(&mut self, d: u32) -> String {
        match self.rng.below(6) {
            0 => format!("({} / {})", self.expr(&T::Int, d), self.expr(&T::Int, d)),
            1 => format!("({} / {})", self.expr(&T::Float, d), self.expr(&T::Float, d)),
            2 => format!("(-{})", self.expr(&T::Float, d)),
            3 => self.fold_or("sum", &T::Float, d).unwrap_or_else(|| self.literal(&T::Float, d)),
            4 => format!("({} + {})", self.expr(&T::Float, d), self.expr(&T::Int, d)),
            _ => {
                let op = *self.rng.pick(&["+", "-", "*"]);
                format!("({} {op} {})", self.expr(&T::Float, d), self.expr(&T::Float, d))
            }
        }
    }

    fn string(&mut self, d: u32) -> String {
        match self.rng.below(8) {
            0..=3 => self.text(d),
            4 => format!("{}.{}", self.expr(&T::Image, 0), self.rng.clone().pick(&["host", "path"])),
            5 => format!("({} ?? \"none\")", self.folded(&T::Str, d)),
            7 if self.rng.chance(40) => {
                format!(
                    "(regex.capture({}, {})[{}] ?? \"none\")",
                    self.expr(&T::Str, d),
                    self.expr(&T::Regex, 0),
                    self.rng.below(3)
                )
            }
            6 if self.in_policy => "(request?.userInfo?.username ?? \"nobody\")".into(),
            _ => self.literal(&T::Str, d),
        }
    }

    fn any(&mut self, d: u32) -> String {
        if let (true, Some(text)) = (self.rng.chance(12), self.find(&T::Str)) {
            let form = *self.rng.pick(&["json.try_parse", "yaml.try_parse"]);
            return format!("{form}({text})");
        }
        if let (true, Some(object)) = (self.rng.chance(60), self.any_object()) {
            let key = *self.rng.pick(&["spec", "metadata", "name", "kind", "x"]);
            return match self.rng.below(3) {
                0 => format!("fields({object})[\"{key}\"]"),
                1 => format!("fields({object})[\"metadata\"].{}", self.rng.pick(&["name", "labels", "odd"])),
                _ => format!("fields({object})[{}]", self.expr(&T::Str, d)),
            };
        }
        let inner = self.literal(&T::Any, d);
        match self.rng.below(4) {
            0 => format!("{inner}.a"),
            1 => format!("{inner}.c?.d"),
            2 => format!("({inner} {} 1)", self.rng.pick(&["+", "-", "*"])),
            _ => inner,
        }
    }

    fn optional(&mut self, inner: &T, d: u32) -> String {
        match self.rng.below(8) {
            0 | 1 => self.folded(inner, d),
            2 => format!("{}[{}]", self.expr(&list(inner.clone()), d), self.expr(&T::Int, d)),
            3 => format!("{}[{}]", self.expr(&map(T::Str, inner.clone()), d), self.expr(&T::Str, d)),
            4 => format!("{}[{}]", self.expr(&map(T::Int, inner.clone()), d), self.expr(&T::Int, d)),
            5 if self.rng.chance(50) => match self.builtin(&opt(inner.clone()), d) {
                Some(call) => call,
                None => self.literal(&opt(inner.clone()), d),
            },
            5 => {
                let form = *self.rng.pick(&["first", "last"]);
                format!("{form}({})", self.expr(&list(inner.clone()), d))
            }
            6 if *inner == T::Str => {
                format!("{}.{}", self.expr(&T::Image, 0), self.rng.clone().pick(&["tag", "digest"]))
            }
            _ => self.literal(&opt(inner.clone()), d),
        }
    }

    fn list_form(&mut self, item: &T, d: u32) -> String {
        match self.rng.below(8) {
            0..=2 => self.comprehension("[", "]", item, d),
            3 => format!("({} ++ {})", self.expr(&list(item.clone()), d), self.expr(&list(item.clone()), d)),
            4 if is_key(item) => {
                let form = if is_ordered(item) { *self.rng.pick(&["sorted", "unique"]) } else { "unique" };
                self.fold(form, item, d)
            }
            5 => self.sorted_by(item, d),
            7 if matches!(item, T::Int | T::Str) && self.rng.chance(40) => {
                let edges = self.edges(&map(item.clone(), set(item.clone())), 0);
                let (goal, from) = (self.expr(item, 0), self.expr(item, 0));
                let none = self.literal(&list(item.clone()), 0);
                match self.rng.below(2) {
                    0 => format!("(paths_to({goal}, {edges})[{from}] ?? {none})"),
                    _ => format!("(graph.paths_to({goal}, {edges})[{from}] ?? {none})"),
                }
            }
            6 if *item == T::Str => match self.find(&T::Part) {
                Some(part) => {
                    let name = self.name("n");
                    format!("[{name}.name for {name} in descend({part}, .kids)]")
                }
                None => self.literal(&list(item.clone()), d),
            },
            _ => self.literal(&list(item.clone()), d),
        }
    }

    fn set_form(&mut self, item: &T, d: u32) -> String {
        match self.rng.below(4) {
            0 | 1 => self.comprehension("{", "}", item, d),
            2 => format!("({} ++ {})", self.expr(&set(item.clone()), d), self.expr(&set(item.clone()), d)),
            _ => self.literal(&set(item.clone()), d),
        }
    }

    fn map_form(&mut self, k: &T, v: &T, d: u32) -> String {
        match self.rng.below(4) {
            0 | 1 => self.map_comprehension(k, v, d),
            2 => {
                let ty = map(k.clone(), v.clone());
                format!("({} ++ {})", self.expr(&ty, d), self.expr(&ty, d))
            }
            _ => self.literal(&map(k.clone(), v.clone()), d),
        }
    }
}
