//! What the host says: which policies are on and under which names, with which parameters, how far they are enforced, and
//! what is suppressed.

use super::policy::{Found, Outcome};
use super::value::{Key, Node, Spot, Tree};
use super::{Ask, Object, Oracle};
use crate::generate::yaml::Marks;
use plimsoll_dsl::hir::expr::{Expr, ExprKind};
use plimsoll_dsl::hir::walk::walk_expr;
use plimsoll_dsl::hir::{GlobalKind, Hir, On, SettingTarget, Severity};
use plimsoll_engine::decision::{Action, Enforce, Exception, Match, PolicyConfig};
use plimsoll_engine::engine::{Mode, Operation, Setting, UseEntry};
use plimsoll_engine::scalar::glob;
use std::collections::BTreeMap;

/// What the host says, but for parameters of its command line.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Profiles, united.
    pub profiles: Vec<String>,
    /// Just these policies.
    pub only: Vec<String>,
    /// All but these.
    pub skip: Vec<String>,
    /// `[params]`
    pub params: Vec<(String, serde_json::Value)>,
    /// `[[use]]`
    pub uses: Vec<UseEntry>,
    /// `[policies.X]`
    pub policies: Vec<(String, PolicyConfig)>,
    /// `[[exception]]`
    pub exceptions: Vec<Exception>,
    /// What manifests may not suppress.
    pub no_suppression: Vec<String>,
    /// Findings below are left out.
    pub min_severity: Option<Severity>,
    /// What is judged.
    pub mode: Mode,
}

impl Config {
    /// True if the bundle has every policy and profile that is named: a case that is being made smaller may have lost some.
    #[must_use]
    pub fn fits(&self, hir: &Hir) -> bool {
        let policy = |name: &String| hir.policies.iter().any(|p| same(&p.id, name) || same(&p.name, name));
        let of_use = |name: &String| self.uses.iter().any(|entry| same(&entry.name, name));
        let profile = |name: &String| hir.profiles.iter().any(|p| same(&p.name, name));
        self.uses.iter().all(|entry| policy(&entry.policy))
            && self.policies.iter().all(|(name, _)| policy(name) || of_use(name))
            && self.only.iter().chain(&self.skip).all(policy)
            && self.profiles.iter().all(profile)
    }
}

/// The value that somebody gave a parameter.
#[derive(Clone, Debug)]
pub(crate) enum Given<'h> {
    /// From outside.
    Json(serde_json::Value),
    /// By a profile, with the number of its variables.
    Expr(&'h Expr, usize),
}

/// A policy as it is used.
#[derive(Clone, Debug)]
pub(crate) struct Used<'h> {
    /// Its place in the bundle.
    pub policy: usize,
    /// The name of the use.
    pub name: Option<String>,
    config: PolicyConfig,
    matches: Option<Match>,
    pub params: BTreeMap<u32, Given<'h>>,
}

/// Why a finding is suppressed.
type Why = Option<String>;

/// Names of policies and uses: letters of both cases are one, and so are `-` and `_`.
fn same(a: &str, b: &str) -> bool {
    a.to_lowercase().replace('-', "_") == b.to_lowercase().replace('-', "_")
}

fn number(i: usize) -> u32 {
    u32::try_from(i).unwrap()
}

impl Used<'_> {
    /// True if a name is that of the policy or of the use.
    fn is_named(&self, hir: &Hir, name: &str) -> bool {
        let policy = &hir.policies[self.policy];
        let own = self.name.as_deref().is_some_and(|own| same(own, name));
        own || same(&policy.id, name) || same(&policy.name, name)
    }
}

/// The policies themselves, then the uses.
pub(crate) fn used<'h>(hir: &'h Hir, config: &Config, set: &[(String, serde_json::Value)]) -> Vec<Used<'h>> {
    let said = |names: &[&str]| {
        let last = config.policies.iter().rev().find(|(n, _)| names.iter().any(|name| same(name, n)));
        last.map(|(_, config)| *config)
    };
    let names = |i: usize| [&*hir.policies[i].id, &*hir.policies[i].name];
    let make = |policy, name, config: Option<PolicyConfig>, matches| Used {
        policy,
        name,
        config: config.unwrap_or_default(),
        matches,
        params: BTreeMap::new(),
    };
    let mut out: Vec<Used<'h>> = (0..hir.policies.len()).map(|i| make(i, None, said(&names(i)), None)).collect();
    for entry in &config.uses {
        let is = |i: &usize| names(*i).iter().any(|n| same(n, &entry.policy));
        let policy = (0..hir.policies.len()).find(is).unwrap();
        let config = entry.config.or_else(|| said(&[&entry.name])).or_else(|| said(&names(policy)));
        out.push(make(policy, Some(entry.name.clone()), config, Some(entry.matches.clone())));
    }
    let slot =
        |policy: usize, name: &str| hir.policies[policy].params.iter().position(|p| *p.name == *name).map(number);
    let give = |out: &mut Vec<Used<'h>>, name: &str, value: &serde_json::Value| {
        let Some((owner, param)) = name.split_once('.') else { return };
        let of_use = out.iter().any(|u| u.name.as_deref().is_some_and(|n| same(n, owner)));
        for one in out.iter_mut() {
            let meant = match (&one.name, of_use) {
                (Some(name), true) => same(name, owner),
                (None, true) => false,
                (_, false) => names(one.policy).iter().any(|n| same(n, owner)),
            };
            if meant && let Some(slot) = slot(one.policy, param) {
                one.params.insert(slot, Given::Json(value.clone()));
            }
        }
    };
    config.params.iter().for_each(|(name, value)| give(&mut out, name, value));
    for profile in chosen(hir, config) {
        for setting in &profile.settings {
            if let SettingTarget::Policy(policy, slot) = setting.target {
                for one in out.iter_mut().filter(|u| u.policy == policy.0 as usize) {
                    one.params.insert(slot.0, Given::Expr(&setting.value, profile.locals.len()));
                }
            }
        }
    }
    for (entry, one) in config.uses.iter().zip(out.iter_mut().filter(|u| u.name.is_some())) {
        for (name, value) in &entry.params {
            if let (Some(slot), Setting::Json(value)) = (slot(one.policy, name), value) {
                one.params.insert(slot, Given::Json(value.clone()));
            }
        }
    }
    set.iter().for_each(|(name, value)| give(&mut out, name, value));
    out
}

/// Parameters of the bundle, by the index of the global.
pub(crate) fn bundle_params<'h>(
    hir: &'h Hir,
    config: &Config,
    set: &[(String, serde_json::Value)],
) -> BTreeMap<u32, Given<'h>> {
    let mut out = BTreeMap::new();
    let is = |name: &str| {
        hir.globals.iter().position(|g| *g.name == *name && matches!(g.kind, GlobalKind::Param(_))).map(number)
    };
    for (name, value) in &config.params {
        out.extend(is(name).map(|index| (index, Given::Json(value.clone()))));
    }
    for profile in chosen(hir, config) {
        for setting in &profile.settings {
            if let SettingTarget::Global(global) = setting.target {
                out.insert(global.0, Given::Expr(&setting.value, profile.locals.len()));
            }
        }
    }
    for (name, value) in set {
        out.extend(is(name).map(|index| (index, Given::Json(value.clone()))));
    }
    out
}

fn chosen<'h>(hir: &'h Hir, config: &Config) -> Vec<&'h plimsoll_dsl::hir::Profile> {
    config.profiles.iter().filter_map(|name| hir.profiles.iter().find(|p| same(&p.name, name))).collect()
}

/// A plural as requests name it, for the kinds that programs know.
fn resource(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "Pod" => ("", "pods"),
        "Deployment" => ("apps", "deployments"),
        "StatefulSet" => ("apps", "statefulsets"),
        other => panic!("the resource of {other} is not known here"),
    }
}

impl Ask {
    /// True if the request is on the object itself, or changes it as if it were.
    pub(crate) fn changes_object(&self) -> bool {
        let whole = self.on.is_none_or(|(_, name)| matches!(name, "status" | "ephemeralcontainers" | "resize"));
        whole && self.operation != Operation::Connect
    }
}

impl<'h> Oracle<'h> {
    /// True if a policy, as it is used, is evaluated.
    fn is_used(&self, index: usize) -> bool {
        let (used, config) = (&self.used[index], &self.world.config);
        let among = |list: &[String]| list.iter().any(|name| used.is_named(self.hir, name));
        let level = if config.mode == Mode::Scan { used.config.scan } else { used.config.admission };
        if among(&config.skip) || (!config.only.is_empty() && !among(&config.only)) || level == Enforce::Off {
            return false;
        }
        if among(&config.only) {
            return true;
        }
        let profiles = chosen(self.hir, config);
        let included = profiles.iter().any(|p| p.policies.iter().any(|id| id.0 as usize == used.policy));
        if used.name.is_none() && !profiles.is_empty() && !included {
            return false;
        }
        let Some((enabled, _)) = &self.hir.policies[used.policy].enabled else { return true };
        // A policy that is off whatever is set may be turned on by name.
        let mut reads = false;
        walk_expr(enabled, &mut |e| {
            let named = matches!(e.kind, ExprKind::Param(_) | ExprKind::Global(_) | ExprKind::Call { .. });
            reads |= named;
        });
        let named = used.name.is_some() || included;
        (!reads && named) || self.is_on(index)
    }

    /// True if an update is denied only if the object did not violate before.
    pub(crate) fn keeps(&self, index: usize) -> bool {
        self.used[index].config.keep_existing
    }

    /// The name of a use.
    #[must_use]
    pub fn use_name(&self, index: usize) -> Option<&str> {
        self.used[index].name.as_deref()
    }

    /// True if a policy, as it is used, looks at an object in an operation.
    pub(crate) fn looks_at(&self, index: usize, object: &Object, operation: Operation) -> bool {
        let [_, kind, namespace, name] = object.identity();
        let file = &self.file(&object.spot);
        let matches = self.used[index].matches.as_ref();
        let chosen = matches.is_none_or(|m| fits_match(m, &kind, &namespace, &name, file));
        self.is_for(index, object, operation) && chosen && self.is_used(index)
    }

    /// True if a policy is written for an object in an operation.
    pub(crate) fn is_for(&self, index: usize, object: &Object, operation: Operation) -> bool {
        let policy = &self.hir.policies[self.used[index].policy];
        let On::Objects { whole, subresources, operations, .. } = &policy.on else { return false };
        let wanted = match operation {
            Operation::Create => operations.create,
            Operation::Update => operations.update,
            Operation::Delete => operations.delete,
            Operation::Connect => operations.connect,
        };
        let of_whole = || whole.members().into_iter().any(|ty| self.is_of(object, &ty));
        let Some((kind, name)) = self.world.request.as_ref().and_then(|ask| ask.on) else {
            return wanted && of_whole();
        };
        let (group, plural) = resource(kind);
        let named = subresources.iter().filter(|sub| *sub.name == *name).any(|sub| {
            let of = self.types.kind_named(&sub.of);
            of.is_some_and(|(g, k)| g == group && resource(&k).1 == plural)
        });
        let like_the_pod = matches!(name, "ephemeralcontainers" | "resize") && object.kind == "Pod";
        let any = *whole == plimsoll_dsl::hir::Ty::Any && operation == Operation::Connect;
        let fits = wanted && (named || any || (like_the_pod && of_whole()));
        if fits {
            self.count(if operation == Operation::Connect { "connect" } else { "a subresource" });
        }
        fits
    }

    fn file(&self, spot: &Spot) -> String {
        self.world.documents[spot.doc as usize].source().name.to_string()
    }

    /// What is used on the cluster.
    pub(crate) fn looks_at_cluster(&self, index: usize) -> bool {
        matches!(self.hir.policies[self.used[index].policy].on, On::Cluster) && self.is_used(index)
    }

    /// Applies what the host says to what was found; `kept` are the uses that the object as it was violated already.
    pub(crate) fn settle(&self, out: &mut Outcome, object: Option<&Object>, kept: &[usize]) {
        let config = &self.world.config;
        let mut errors = Vec::new();
        out.findings.retain_mut(|found| {
            let used = &self.used[found.used];
            let asked = found.action;
            if used.name.is_some() {
                self.count("a use");
            }
            if !config.profiles.is_empty() {
                self.count("a profile");
            }
            found.severity = used.config.severity.unwrap_or(found.severity);
            let level = if config.mode == Mode::Scan { used.config.scan } else { used.config.admission };
            found.action = match (level, found.action) {
                (Enforce::Off | Enforce::Audit, _) => Action::Audit,
                (Enforce::Warn, Action::Deny) => Action::Warn,
                (_, action) => action,
            };
            if found.action != asked {
                self.count("enforced less");
            }
            if kept.contains(&found.used) && found.action == Action::Deny {
                self.count("kept");
                found.action = Action::Warn;
            }
            if config.min_severity.is_some_and(|least| found.severity < least) {
                return false;
            }
            let around = found.place.as_ref().and_then(|spot| self.around(spot));
            let of = object.or(around);
            match self.suppressed(found, of, around.or(object)) {
                Ok(why) => found.suppressed = why,
                Err(at) => errors.push(at),
            }
            true
        });
        out.unexplained.extend(errors);
    }

    /// The object that a place stands in.
    fn around(&self, spot: &Spot) -> Option<&Object> {
        let all = self.objects.iter().chain(&self.subject).chain(&self.old);
        let mut holds = all.filter(|o| o.spot.doc == spot.doc && spot.path.starts_with(&o.spot.path));
        holds.next()
    }

    /// Why a finding is suppressed, or the annotation that would, but does not say why.
    fn suppressed(&self, found: &Found, object: Option<&Object>, around: Option<&Object>) -> Result<Why, Spot> {
        let used = &self.used[found.used];
        let config = &self.world.config;
        let day = crate::differ::TODAY;
        let counts = |until: &Option<String>| until.as_ref().is_none_or(|last| *day <= **last);
        let file = found.place.as_ref().map(|spot| self.file(spot)).unwrap_or_default();
        for exception in config.exceptions.iter().filter(|e| counts(&e.until)) {
            let named = exception.policies.iter().any(|name| name == "*" || used.is_named(self.hir, name));
            let [_, kind, namespace, name] = object.map(Object::identity).unwrap_or_default();
            if named && fits_match(&exception.matches, &kind, &namespace, &name, &file) {
                self.count("an exception");
                return Ok(Some(format!("exception {} {:?}", exception.reason, exception.until)));
            }
        }
        if config.no_suppression.iter().any(|name| name == "*" || used.is_named(self.hir, name)) {
            return Ok(None);
        }
        if let (Some(spot), Some(marks)) = (&found.place, self.world.marks.get(&file)) {
            let lines = self.lines(marks, spot, around);
            let fits = |c: &&crate::generate::yaml::Comment| {
                lines.contains(&c.line) && counts(&c.until) && c.policies.iter().any(|p| used.is_named(self.hir, p))
            };
            if let Some(comment) = marks.comments.iter().find(fits) {
                self.count("a comment");
                return Ok(Some(format!("comment {} {:?}", comment.reason, comment.until)));
            }
        }
        match object {
            Some(object) => self.annotated(used, object),
            None => Ok(None),
        }
    }

    /// Lines of a node, of its parent and of its object. A member begins with its key.
    fn lines(&self, marks: &Marks, spot: &Spot, object: Option<&Object>) -> Vec<u32> {
        let document = self.world.documents[spot.doc as usize].index();
        let line = |pointer: &str| marks.nodes.get(&(document, pointer.to_owned())).map(|m| m.key.unwrap_or(m.start).0);
        let pointer = spot.pointer();
        let Some((node, mark)) = marks.nearest(document, &pointer) else { return Vec::new() };
        let top = object.filter(|o| o.spot.doc == spot.doc).map(|o| o.spot.pointer()).unwrap_or_default();
        let mut out: Vec<u32> = line(node).into_iter().chain(line(&top)).collect();
        if let Some(at) = node.rfind('/').filter(|at| *at >= top.len()) {
            out.extend(line(&node[..at]));
        }
        if !mark.inner {
            out.push(mark.start.0);
        }
        out
    }

    /// What an annotation of an object or its pod template says.
    fn annotated(&self, used: &Used<'_>, object: &Object) -> Result<Why, Spot> {
        let mut silent = None;
        let mut roots = vec![Vec::new()];
        let group = super::group_of(&object.api_version);
        let carries = self.world.workloads.iter().find(|w| {
            w.kind.kind == object.kind && (w.kind.group == group || w.kind.old_groups.iter().any(|g| g == group))
        });
        roots.extend(carries.map(|w| w.template.clone()));
        for root in roots {
            let (mut tree, mut spot) = (&object.tree, object.spot.clone());
            let steps = root.iter().map(String::as_str).chain(["metadata", "annotations"]);
            let mut there = true;
            for step in steps {
                let key = Key::Name(step.into());
                spot = spot.below(key.clone());
                match tree.child(&key) {
                    Some(child) => tree = child,
                    None => there = false,
                }
                if !there {
                    break;
                }
            }
            let members: &[(std::rc::Rc<str>, std::rc::Rc<Tree>)] = match &tree.kind {
                Node::Map(members) if there => members,
                _ => &[],
            };
            for (name, value) in members {
                let id = name.strip_prefix("plimsoll.dev/ignore.");
                if id.is_some_and(|id| used.is_named(self.hir, id)) {
                    let said = if let Node::Str(why) = &value.kind { why.trim() } else { "" };
                    let (why, until) = match said.strip_suffix(']').and_then(|said| said.split_once(" [until ")) {
                        Some((why, until)) => (why, Some(until)),
                        None => (said, None),
                    };
                    if why.is_empty() {
                        self.count("no reason");
                        silent = silent.or(Some(spot.below(Key::Name(name.clone()))));
                    } else if until.is_none_or(|last| crate::differ::TODAY <= last) {
                        self.count("an annotation");
                        return Ok(Some(format!("annotation {why} {until:?}")));
                    }
                }
            }
        }
        silent.map_or(Ok(None), Err)
    }
}

fn fits_match(of: &Match, kind: &str, namespace: &str, name: &str, file: &str) -> bool {
    let fits = |globs: &[String], text: &str| globs.is_empty() || globs.iter().any(|g| glob::matches(g, text));
    fits(&of.kind, kind) && fits(&of.namespace, namespace) && fits(&of.name, name) && fits(&of.file, file)
}
