//! Whole programs: types, values, functions, policies.

use super::types::{KINDS, T, list, map, opt};
use super::{Func, Gen};
use std::fmt::Write;
use std::rc::Rc;

impl Gen<'_> {
    /// The text of a program.
    pub(super) fn program(&mut self) -> String {
        let mut out = String::from(
            "type Mode = \"on\" | \"off\" | \"auto\"\n\
             type Part = { name: string, kids?: list<Part> }\n\
             param mode: Mode = \"on\"\n\
             let tree: Part = { name: \"root\", kids: [{ name: \"x\", kids: [{ name: \"y\" }] }, { name: \"z\" }] }\n",
        );
        self.bind("mode".into(), T::Mode, false);
        self.bind("tree".into(), T::Part, false);
        if self.rng.chance(20) {
            self.params.push(("mode".into(), "off".into()));
        }
        self.host(&mut out);
        for _ in 0..self.rng.below(3) {
            self.global(&mut out);
        }
        if self.rng.chance(60) {
            self.helpers(&mut out);
        }
        for _ in 0..self.rng.below(4) {
            self.function(&mut out);
        }
        for _ in 0..self.rng.below(2) {
            self.global(&mut out);
        }
        for number in 0..1 + self.rng.below(3) {
            self.policy(number, &mut out);
        }
        if self.rng.chance(30) {
            self.profiles(&mut out);
        }
        out
    }

    /// Functions and data of the host.
    fn host(&mut self, out: &mut String) {
        if self.rng.chance(20) {
            out.push_str("extern fn host_size(s: string) -> int\nextern fn host_pick(xs: list<string>) -> string?\n");
            let texts = vec![list(T::Str)];
            self.functions.push(Func { name: "host_size".into(), params: vec![T::Str], needed: 1, result: T::Int });
            self.functions.push(Func { name: "host_pick".into(), params: texts, needed: 1, result: opt(T::Str) });
        }
        if self.rng.chance(20) {
            out.push_str("data feed: list<{ name: string, count?: int, size: quantity }>?\n");
            let row = T::Rec(Rc::new(vec![("name", T::Str), ("count", opt(T::Int)), ("size", T::Quantity)]));
            self.bind("feed".into(), opt(list(row)), true);
            if self.rng.chance(70) {
                let text = "[{\"name\": \"web\", \"size\": \"1Gi\"}, {\"name\": \"a\", \"count\": 2, \"size\": 3, \"more\": []}]";
                self.data.push(("feed".into(), text.into()));
            }
        }
    }

    /// Functions whose results keep the places of what they found.
    fn helpers(&mut self, out: &mut String) {
        out.push_str(
            "fn of_pod(p: Pod) -> list<Container> = (p.spec?.containers ?? []) ++ (p.spec?.initContainers ?? [])\n\
             fn of_spec(p: PodSpec) -> list<{ item: Container, number: int, mark: any }> =\n    \
             [{ item: c, number: i, mark: c.image } for i, c in p.containers]\n\
             fn of_labels(m: ObjectMeta) -> map<string, string> = m.labels ?? {}\n\
             fn of_sorted(p: PodSpec) -> list<Container> = sorted(c for c in p.containers if c.image != null by c.name)\n",
        );
        let id = |name: &str| T::Obj(self.known.ids[name]);
        let (pod, spec, meta, container) = (id("Pod"), id("PodSpec"), id("ObjectMeta"), id("Container"));
        let row = T::Rec(Rc::new(vec![("item", container.clone()), ("number", T::Int), ("mark", T::Any)]));
        for (name, param, result) in [
            ("of_pod", pod, list(container.clone())),
            ("of_spec", spec.clone(), list(row)),
            ("of_labels", meta, map(T::Str, T::Str)),
            ("of_sorted", spec, list(container)),
        ] {
            self.functions.push(Func { name: name.into(), params: vec![param], needed: 1, result });
        }
    }

    fn global(&mut self, out: &mut String) {
        let ty = self.any_type(2);
        let name = self.name("g");
        let text = self.known.text(&ty);
        if self.rng.chance(30) && !matches!(ty, T::Any | T::Opt(_)) {
            let value = self.constant(&ty);
            let _ = writeln!(out, "param {name}: {text} = {value}");
            if self.rng.chance(30) {
                self.setting(name.clone(), &ty);
            }
        } else {
            let value = self.expr(&ty, 3);
            let _ = writeln!(out, "let {name}: {text} = {value}");
        }
        self.bind(name, ty, false);
    }

    /// A value for a parameter, from outside.
    fn setting(&mut self, name: String, ty: &T) {
        if let Some(value) = self.outside(ty) {
            self.params.push((name, value));
        }
    }

    /// A value of a type, as a host says it.
    pub(super) fn outside(&mut self, ty: &T) -> Option<serde_json::Value> {
        Some(match ty {
            T::Bool => self.rng.chance(50).into(),
            T::Int => (*self.rng.pick(&[3, 0, -1])).into(),
            T::Str => (*self.rng.pick(&["web", "a", ""])).into(),
            T::Float => 2.into(),
            T::Quantity => "2Gi".into(),
            T::Duration => "3h".into(),
            T::Version => "1.31".into(),
            T::List(item) if **item == T::Int => serde_json::json!([3, 1, 3]),
            T::Set(item) if **item == T::Str => serde_json::json!(["web", "a", "web"]),
            T::Map(k, v) if **k == T::Str && **v == T::Int => serde_json::json!({ "web": 1, "app": 2 }),
            _ => return None,
        })
    }

    fn function(&mut self, out: &mut String) {
        let name = self.name("f");
        let height = self.scope.len();
        let mut params = Vec::new();
        let mut texts = Vec::new();
        let mut needed = 0;
        for i in 0..1 + self.rng.below(3) {
            let ty = if self.rng.chance(40) {
                let names: Vec<&&str> = self.known.ids.keys().collect();
                let id = self.known.ids[**self.rng.pick(&names)];
                T::Obj(id)
            } else {
                self.any_type(1)
            };
            let param = format!("p{i}");
            let text = self.known.text(&ty);
            let default = (i > 0 && !matches!(ty, T::Obj(_)) && self.rng.chance(40)) || needed < i;
            if default && matches!(ty, T::Obj(_)) {
                break;
            }
            let value = if default { format!(" = {}", self.constant(&ty)) } else { String::new() };
            texts.push(format!("{param}: {text}{value}"));
            needed += usize::from(!default);
            params.push(ty.clone());
            self.bind(param, ty, true);
        }
        let result = self.any_type(2);
        let head = format!("fn {name}({}) -> {}", texts.join(", "), self.known.text(&result));
        if self.rng.chance(50) {
            let value = self.expr(&result, 3);
            let _ = writeln!(out, "{head} = {value}");
        } else {
            let _ = writeln!(out, "{head} {{");
            for _ in 0..self.rng.below(4) {
                if self.rng.chance(50) {
                    let ty = self.any_type(1);
                    let value = self.open(&ty, 2);
                    let local = self.name("l");
                    let _ = writeln!(out, "    let {local} = {value}");
                    self.bind(local, ty, false);
                } else {
                    let cond = self.expr(&T::Bool, 2);
                    let value = self.expr(&result, 1);
                    let _ = writeln!(out, "    if {cond} return {value}");
                }
            }
            let value = self.expr(&result, 2);
            let _ = writeln!(out, "    return {value}\n}}");
        }
        self.scope.truncate(height);
        self.functions.push(Func { name, params, needed, result });
    }

    /// A constant that reads nothing.
    pub(super) fn constant(&mut self, ty: &T) -> String {
        let scope = std::mem::take(&mut self.scope);
        let functions = std::mem::take(&mut self.functions);
        let text = self.literal(ty, 0);
        (self.scope, self.functions) = (scope, functions);
        text
    }

    fn policy(&mut self, number: usize, out: &mut String) {
        let height = self.scope.len();
        let name = format!("policy_{number}");
        let severity = *self.rng.pick(&["critical", "high", "medium", "low", "info"]);
        let _ = writeln!(out, "policy {name} {{\n    id = \"T-{number}\" severity = {severity}");
        if self.rng.chance(20) {
            out.push_str("    refs = { cis: \"1.2\", owasp: [\"K01\", \"K02\"] }\n");
        }
        if self.rng.chance(8) {
            let _ = writeln!(out, "    enabled = mode {} \"off\"", self.rng.pick(&["==", "!="]));
        } else if self.rng.chance(3) {
            out.push_str("    enabled = false\n");
        }
        self.policies.push(Vec::new());
        for i in 0..self.rng.below(3) {
            let ty = self.any_type(1);
            if matches!(ty, T::Any | T::Opt(_)) {
                continue;
            }
            let param = format!("q{i}");
            let value = self.constant(&ty);
            let _ = writeln!(out, "    param {param}: {} = {value}", self.known.text(&ty));
            if self.rng.chance(25) {
                self.setting(format!("{name}.{param}"), &ty);
            }
            self.policies[number].push((param.clone(), ty.clone()));
            self.bind(param, ty, false);
        }
        self.subject(out);
        for _ in 0..self.rng.below(4) {
            self.member(out);
        }
        let before = self.scope.len();
        for _ in 0..1 + self.rng.below(3) {
            self.rule(out);
            self.scope.truncate(before);
        }
        out.push_str("}\n");
        self.in_policy = false;
        self.scope.truncate(height);
    }

    /// `on …`
    fn subject(&mut self, out: &mut String) {
        match self.rng.below(22) {
            0 => {
                out.push_str("    on cluster\n");
                return;
            }
            20 | 21 => self.below_an_object(out),
            1 => {
                out.push_str("    on any as o\n");
                self.bind("o".into(), T::Any, true);
            }
            2 | 3 => {
                out.push_str("    on Workload as o\n    let pod = workload.pod_spec(o)\n");
                if self.rng.chance(30) {
                    out.push_str("    let template = workload.pod_template(o)\n");
                    self.bind("template".into(), T::Obj(self.known.ids["PodTemplateSpec"]), true);
                }
                self.bind("pod".into(), T::Obj(self.known.ids["PodSpec"]), true);
                self.bind("o.metadata".into(), T::Obj(self.known.ids["ObjectMeta"]), true);
            }
            4 | 5 => {
                out.push_str("    on Pod | Deployment as o when create, update\n");
                let kind = *self.rng.pick(&["Pod", "Deployment"]);
                self.bind("o.metadata".into(), T::Obj(self.known.ids["ObjectMeta"]), true);
                if self.rng.chance(60) {
                    let _ = writeln!(out, "    if o is {kind}");
                    self.bind("o".into(), T::Obj(self.known.ids[kind]), true);
                }
            }
            6 => {
                out.push_str("    on kind(\"Pod\", \"v1\") as o\n");
                self.bind("o.metadata".into(), T::Obj(self.known.ids["ObjectMeta"]), true);
            }
            _ => {
                let kind = if self.rng.chance(60) { "Pod" } else { *self.rng.pick(KINDS) };
                let when = *self.rng.pick(&["", "", "", " when create", " when create, update, delete"]);
                let _ = writeln!(out, "    on {kind} as o{when}");
                self.bind("o".into(), T::Obj(self.known.ids[kind]), true);
            }
        }
        self.in_policy = true;
    }

    /// `on Pod/exec`, and the like.
    fn below_an_object(&mut self, out: &mut String) {
        let (on, kind) = *self.rng.pick(&[
            ("Pod/exec as o when connect", "PodExecOptions"),
            ("Pod/exec as o when connect", "PodExecOptions"),
            ("Deployment/scale as o when update", "Scale"),
            ("Deployment/scale | StatefulSet/scale as o", "Scale"),
            ("Pod | Pod/status as o when update", "Pod"),
            ("Pod/resize as o when update", "Pod"),
            ("any as o when connect, delete", ""),
        ]);
        let _ = writeln!(out, "    on {on}");
        let ty = if kind.is_empty() { T::Any } else { T::Obj(self.known.ids[kind]) };
        self.bind("o".into(), ty, true);
    }

    fn member(&mut self, out: &mut String) {
        match self.rng.below(8) {
            0 => {
                let (cond, reason) = (self.expr(&T::Bool, 1), self.text(0));
                let never = self.expr(&T::Bool, 1);
                let _ = writeln!(out, "    except if {cond} and {never} {reason}");
            }
            1 => {
                let clause = self.for_clause(1);
                let _ = writeln!(out, "    {clause}");
            }
            2 => {
                let cond = if self.rng.chance(50) {
                    self.narrowing(1)
                } else {
                    format!("({} or true)", self.expr(&T::Bool, 1))
                };
                let _ = writeln!(out, "    if {cond}");
            }
            3 | 4 => {
                // A `let` bound to a path stands for the path.
                if let Some((path, ty)) = self.some_path() {
                    let name = self.name("v");
                    let _ = writeln!(out, "    let {name} = {path}");
                    self.bind(name, ty, true);
                }
            }
            _ => {
                let ty = self.any_type(2);
                let value = self.open(&ty, 2);
                let name = self.name("v");
                let _ = writeln!(out, "    let {name} = {value}");
                self.bind(name, ty, false);
            }
        }
    }

    /// A path below an object in scope, and its type.
    fn some_path(&mut self) -> Option<(String, T)> {
        let mut found = Vec::new();
        for var in self.scope.iter().filter(|v| v.placed) {
            if let T::Obj(id) = &var.ty {
                found.extend(self.known.paths[id].iter().map(|p| (format!("{}{}", var.text, p.text), p.ty.clone())));
            } else {
                found.push((var.text.clone(), var.ty.clone()));
            }
        }
        if found.is_empty() { None } else { Some(self.rng.pick(&found).clone()) }
    }

    fn rule(&mut self, out: &mut String) {
        let mut clauses = String::new();
        for _ in 0..self.rng.below(4) {
            match self.rng.below(6) {
                0 | 1 => {
                    let clause = self.for_clause(1);
                    let _ = writeln!(clauses, "        {clause}");
                }
                2 => self.member_let(&mut clauses),
                _ => {
                    let cond = self.narrowing(2);
                    let _ = writeln!(clauses, "        if {cond}");
                }
            }
        }
        let message = self.text(2);
        let head = match self.rng.below(6) {
            0 => {
                let cond = self.expr(&T::Bool, 1);
                let severity = *self.rng.pick(&["", ", \"low\"", ", if mode == \"on\" then \"high\" else \"info\""]);
                format!("report (if {cond} then \"deny\" else \"audit\"{severity})")
            }
            1 => "warn".into(),
            2 => "audit low".into(),
            3 => "deny critical".into(),
            _ => "deny".to_owned(),
        };
        let _ = writeln!(out, "    {head} {message}\n{}", clauses.trim_end());
        if self.rng.chance(10) {
            let text = self.text(1);
            let _ = match self.rng.below(3) {
                0 => writeln!(out, "        refs {{ cis: {text}, more: [\"a\", {text}] }}"),
                _ => writeln!(out, "        refs {{ cis: \"9.9\" }}"),
            };
        }
        let place = if self.rng.chance(75) { self.place(1) } else { None };
        if let Some((place, _)) = &place {
            let _ = writeln!(out, "        at {place}");
        }
        if self.rng.chance(20) {
            self.related(out);
        }
        if self.rng.chance(40) {
            self.fix(place, out);
        }
    }

    fn member_let(&mut self, out: &mut String) {
        let (value, ty, placed) = match self.some_path() {
            Some((path, ty)) if self.rng.chance(50) => (path, ty, true),
            _ => {
                let ty = self.any_type(1);
                (self.open(&ty, 2), ty, false)
            }
        };
        let name = self.name("v");
        let _ = writeln!(out, "        let {name} = {value}");
        self.bind(name, ty, placed);
    }

    /// A place and the type of what stands there.
    fn place(&mut self, depth: u32) -> Option<(String, Option<T>)> {
        let (path, ty) = self.some_path()?;
        if depth == 0 {
            return Some((path, Some(ty)));
        }
        Some(match self.rng.below(12) {
            0 => {
                let cond = self.expr(&T::Bool, 1);
                let (a, _) = self.place(0)?;
                (format!("if {cond} then {a} else {path}"), None)
            }
            1 | 2 => {
                let (a, _) = self.place(0)?;
                (format!("{a} ?? {path}"), None)
            }
            3 => match self.scope.iter().find(|v| !v.placed && matches!(v.ty, T::List(_))).cloned() {
                Some(var) => (format!("first({})", var.text), None),
                None => (path, Some(ty)),
            },
            _ => (path, Some(ty)),
        })
    }

    fn related(&mut self, out: &mut String) {
        let (Some((a, _)), Some((b, _))) = (self.some_path(), self.some_path()) else { return };
        let _ = match self.rng.below(3) {
            0 => writeln!(out, "        related {a}"),
            _ => writeln!(out, "        related [{a}, {b}]"),
        };
    }

    fn fix(&mut self, place: Option<(String, Option<T>)>, out: &mut String) {
        for _ in 0..1 + self.rng.below(2) {
            let is_unsafe = if self.rng.chance(30) { "unsafe " } else { "" };
            let own = if self.rng.chance(40) { self.some_path() } else { None };
            let ty = match (&own, &place) {
                (Some((_, ty)), _) => Some(ty.clone()),
                (None, Some((_, ty))) => ty.clone(),
                (None, None) => return,
            };
            let inner = match ty {
                Some(T::Opt(inner)) => Some(*inner),
                other => other,
            };
            let op = match inner {
                Some(T::List(item)) if self.rng.chance(60) && self.can(&item) && !matches!(*item, T::Obj(_)) => {
                    format!("add {}", self.expr(&item, 1))
                }
                Some(T::Bool | T::Int | T::Str | T::Quantity) => {
                    let value = self.expr(&inner.unwrap(), 1);
                    format!("set {value}")
                }
                Some(T::List(item)) if *item == T::Str => format!("set {}", self.expr(&list(T::Str), 1)),
                Some(T::Map(_, item)) if *item == T::Str => "set { app: \"x\" }".into(),
                _ => "remove".to_owned(),
            };
            let at = own.map(|(path, _)| format!(" at {path}")).unwrap_or_default();
            let when = if self.rng.chance(25) { format!(" when {}", self.expr(&T::Bool, 1)) } else { String::new() };
            let _ = writeln!(out, "        fix {is_unsafe}{op}{at}{when}");
        }
    }
}
