//! Profiles: which policies they name, by name, id or other profile, and what they set.

use super::Checker;
use super::body::{Body, Place};
use super::resolve::GlobalAst;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{PolicyId, PolicyParam, Profile, Setting, SettingTarget, Ty};
use crate::schema::suggest;
use crate::source::Span;
use crate::syntax::ast::{self, Ident, ProfileMember};
use std::sync::Arc;

/// A profile as written: what it includes.
struct Own {
    policies: Vec<PolicyId>,
    profiles: Vec<(usize, Span)>,
}

impl Checker<'_> {
    pub(super) fn check_profiles(&mut self) -> Vec<Profile> {
        self.profile_names();
        let own: Vec<Own> = (0..self.profiles.len()).filter_map(|ix| self.own_part(ix)).collect();
        (0..own.len()).filter_map(|ix| self.whole(ix, &own)).collect()
    }

    fn profile_names(&mut self) {
        let mut twice = vec![];
        for (ix, (_, profile, _)) in self.profiles.iter().enumerate() {
            let first = self.profiles.iter().take(ix).find(|p| p.1.name.name == profile.name.name);
            twice.extend(first.map(|f| (&profile.name, f.1.name.span)));
        }
        for (name, first) in twice {
            self.twice("profiles", name, first);
        }
    }

    fn own_part(&mut self, ix: usize) -> Option<Own> {
        let &(module, profile, _) = self.profiles.get(ix)?;
        let mut own = Own { policies: vec![], profiles: vec![] };
        self.in_module(module, |cx| {
            for member in &profile.members {
                if let ProfileMember::Include(names) = member {
                    names.iter().for_each(|name| cx.include(name, &mut own));
                }
            }
        });
        Some(own)
    }

    fn include(&mut self, name: &Ident, own: &mut Own) {
        let profile = self.profiles.iter().position(|(_, p, _)| p.name.name == name.name);
        let policy = self.policy_ids.get(&name.name).or_else(|| self.policy_names.get(&name.name)).copied();
        match (profile, policy) {
            (Some(profile), _) => own.profiles.push((profile, name.span)),
            (None, Some(policy)) => own.policies.push(policy_id(policy)),
            (None, None) => {
                let profiles: Vec<Arc<str>> = self.profiles.iter().map(|(_, p, _)| p.name.name.clone()).collect();
                self.unknown_policy(name, "profile or policy", &profiles);
            }
        }
    }

    /// A policy that is named somewhere and does not exist.
    pub(super) fn unknown_policy(&mut self, name: &Ident, what: &str, more: &[Arc<str>]) {
        if self.modules.iter().any(|m| m.lost.contains(&name.name)) {
            return;
        }
        let names = self.policy_names.keys().chain(self.policy_ids.keys()).chain(more);
        let mut names: Vec<Arc<str>> = names.cloned().collect();
        names.sort();
        self.report(
            Diagnostic::error(Code::UnknownPolicy, format!("there is no {what} `{}`", name.name))
                .at(name.span, "not in this bundle")
                .help_if(suggest(&name.name, names.iter().map(|n| &**n)), |best| format!("did you mean `{best}`?")),
        );
    }

    /// `set policy.param = e`, `set param = e`, and the same in a test.
    pub(super) fn setting(&mut self, policy: Option<&Ident>, param: &Ident, value: &ast::Expr) -> Option<Setting> {
        let (target, ty) = match policy {
            Some(policy) => self.policy_param(policy, param)?,
            None => self.bundle_param(param)?,
        };
        Some(Setting { target, value: self.expr_as(value, &ty) })
    }

    fn policy_param(&mut self, policy: &Ident, param: &Ident) -> Option<(SettingTarget, Ty)> {
        let Some(&ix) = self.policy_names.get(&policy.name) else {
            self.unknown_policy(policy, "policy", &[]);
            return None;
        };
        let params = self.policy_params.get(ix)?;
        let found = (0..).zip(params).find(|(_, (name, _))| *name == param.name);
        if let Some((at, (_, ty))) = found {
            return Some((SettingTarget::Policy(policy_id(ix), PolicyParam(at)), ty.clone()));
        }
        let names: Vec<Arc<str>> = params.iter().map(|(n, _)| n.clone()).collect();
        self.report(
            Diagnostic::error(
                Code::UnknownParam,
                format!("policy `{}` has no parameter `{}`", policy.name, param.name),
            )
            .at(param.span, format!("not a parameter of `{}`", policy.name))
            .help_if(suggest(&param.name, names.iter().map(|n| &**n)), |best| format!("did you mean `{best}`?")),
        );
        None
    }

    /// A parameter of the bundle, whatever module declares it.
    fn bundle_param(&mut self, param: &Ident) -> Option<(SettingTarget, Ty)> {
        let here = self.modules.get(self.module);
        let here = here.and_then(|m| m.own.values.get(&param.name).or_else(|| m.used.values.get(&param.name)));
        let is_param = |id: &crate::hir::GlobalId| {
            self.globals.get(id.0 as usize).is_some_and(|g| matches!(g.ast, GlobalAst::Param(_)))
        };
        let here = here.map(|(id, _)| *id).filter(is_param);
        let anywhere = || {
            (0..).map(crate::hir::GlobalId).zip(&self.globals).find(|(id, g)| is_param(id) && g.name.name == param.name)
        };
        let Some(id) = here.or_else(|| anywhere().map(|(id, _)| id)) else {
            let params = self.globals.iter().filter(|g| matches!(g.ast, GlobalAst::Param(_)));
            let names: Vec<Arc<str>> = params.map(|g| g.name.name.clone()).collect();
            self.report(
                Diagnostic::error(Code::UnknownParam, format!("the bundle has no parameter `{}`", param.name))
                    .at(param.span, "not a parameter of the bundle")
                    .help_if(suggest(&param.name, names.iter().map(|n| &**n)), |best| {
                        format!("did you mean `{best}`?")
                    }),
            );
            return None;
        };
        Some((SettingTarget::Global(id), self.global_ty(id, param.span)))
    }

    /// What a profile sets itself.
    fn settings(&mut self, ix: usize) -> Vec<Setting> {
        let Some(&(module, profile, _)) = self.profiles.get(ix) else { return vec![] };
        let members = profile.members.iter();
        let sets = members.filter_map(|m| match m {
            ProfileMember::Set { policy, param, value, .. } => Some((policy.as_ref(), param, value)),
            ProfileMember::Include(_) => None,
        });
        let sets: Vec<_> = sets.collect();
        self.in_module(module, |cx| sets.into_iter().filter_map(|(p, n, v)| cx.setting(p, n, v)).collect())
    }

    /// A profile with all that it includes.
    fn whole(&mut self, ix: usize, all: &[Own]) -> Option<Profile> {
        let mut order: Vec<usize> = vec![];
        // Each profile and how many of its includes were followed.
        let mut path: Vec<(usize, usize)> = vec![(ix, 0)];
        while let Some((at, next)) = path.last_mut() {
            let at = *at;
            match all.get(at).and_then(|own| own.profiles.get(*next)) {
                None => {
                    order.push(at);
                    path.pop();
                }
                Some((to, span)) => {
                    *next = next.saturating_add(1);
                    let first = path.first().map_or(0, |(_, next)| next.saturating_sub(1));
                    let begin = all.get(ix).and_then(|own| own.profiles.get(first)).map_or(*span, |(_, span)| *span);
                    if path.iter().any(|(open, _)| open == to) {
                        if *to == ix && path.iter().all(|(open, _)| *open >= ix) {
                            self.report(
                                Diagnostic::error(Code::CircularProfile, "profiles include each other in a circle")
                                    .at(begin, "leads back to this profile"),
                            );
                        }
                    } else if !order.contains(to) {
                        path.push((*to, 0));
                    }
                }
            }
        }
        let &(module, ast, item) = self.profiles.get(ix)?;
        let mut profile = Profile {
            module: self.modules.get(module).map(|m| m.name.clone()).unwrap_or_default(),
            name: ast.name.name.clone(),
            doc: item.doc.text.clone(),
            policies: vec![],
            settings: vec![],
            locals: vec![],
        };
        for own in order.iter().filter_map(|o| all.get(*o)) {
            profile.policies.extend(&own.policies);
        }
        // Settings are checked in the body of each profile that they are part of; said twice, an error counts once.
        let (settings, state) = self.with_body(module, Body::new(Place::Module), |cx| {
            order.iter().flat_map(|part| cx.settings(*part)).collect()
        });
        (profile.settings, profile.locals) = (settings, state.locals);
        profile.policies.sort_unstable();
        profile.policies.dedup();
        Some(profile)
    }
}

/// The id of a policy of the table.
pub(super) fn policy_id(ix: usize) -> PolicyId {
    PolicyId(u32::try_from(ix).unwrap_or(u32::MAX))
}
