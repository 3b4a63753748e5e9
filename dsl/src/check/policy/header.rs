//! The header of a policy: `id`, `severity`, `refs`, `enabled`, `window`, `sensitive`.

use super::super::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Expr, Refs, Severity, Ty};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, HeaderKind, Ident, StrPart};
use std::sync::Arc;

/// What a header says.
pub(super) struct Header {
    pub(super) id: Arc<str>,
    pub(super) severity: Severity,
    pub(super) refs: Refs,
    pub(super) enabled: Option<(Expr, Arc<str>)>,
    pub(super) window: Option<i64>,
    pub(super) sensitive: bool,
}

/// The word that begins a line of the header.
fn word(kind: &HeaderKind) -> &'static str {
    match kind {
        HeaderKind::Id(_) => "id",
        HeaderKind::Severity(_) => "severity",
        HeaderKind::Refs(_) => "refs",
        HeaderKind::Enabled(_) => "enabled",
        HeaderKind::Window(_) => "window",
        HeaderKind::Sensitive => "sensitive",
    }
}

/// The text of a string without holes.
pub(in super::super) fn plain_text(e: &ast::Expr) -> Option<Arc<str>> {
    match &e.kind {
        ExprKind::Str(parts) => match parts.as_slice() {
            [] => Some("".into()),
            [StrPart::Text(text)] => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// `POD-01`, `ACME-1`: capitals and digits, a dash, a number.
fn is_id(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(topic, number)| {
        topic.starts_with(|c: char| c.is_ascii_uppercase())
            && topic.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            && !number.is_empty()
            && number.chars().all(|c| c.is_ascii_digit())
    })
}

impl Checker<'_> {
    /// Enters the id of a policy into the table of all.
    pub(super) fn declare_id(&mut self, ix: usize, policy: &ast::Policy) {
        let id = policy.headers.iter().find_map(|h| match &h.kind {
            HeaderKind::Id(e) => Some(e),
            _ => None,
        });
        let Some((id, span)) = id.and_then(|e| Some((plain_text(e)?, e.span))) else { return };
        let first = self.policy_ids.insert(id.clone(), ix).and_then(|f| self.policies.get(f)).map(|p| p.1);
        if let Some(first) = first {
            self.report(
                Diagnostic::error(Code::DuplicatePolicy, format!("two policies have the id `{id}`"))
                    .at(span, "the second one")
                    .at(first.name.span, "the first one")
                    .help("an id is of one policy for good: choose one that is free"),
            );
        }
    }

    /// `broken`: a part of the policy could not be read.
    pub(super) fn header(&mut self, policy: &ast::Policy, broken: bool) -> Header {
        self.parts_once(policy, broken);
        let mut header = Header {
            id: "".into(),
            severity: Severity::Info,
            refs: Refs::new(),
            enabled: None,
            window: None,
            sensitive: false,
        };
        for line in &policy.headers {
            match &line.kind {
                HeaderKind::Id(e) => header.id = self.id(e),
                HeaderKind::Severity(name) => header.severity = self.severity(name),
                HeaderKind::Refs(e) => header.refs = self.refs(e),
                HeaderKind::Enabled(e) => {
                    let text: Arc<str> = self.input.sources.text(e.span).into();
                    header.enabled = Some((self.condition(e), text));
                }
                HeaderKind::Window(e) => header.window = self.window(e),
                HeaderKind::Sensitive => header.sensitive = true,
            }
        }
        header
    }

    fn parts_once(&mut self, policy: &ast::Policy, broken: bool) {
        for (ix, line) in policy.headers.iter().enumerate() {
            let word = word(&line.kind);
            let first = policy.headers.iter().take(ix).find(|h| self::word(&h.kind) == word);
            if let Some(first) = first {
                self.report(
                    Diagnostic::error(Code::PartTwice, format!("a policy has one `{word}`"))
                        .at(line.span, "the second one")
                        .at(first.span, "the first one"),
                );
            }
        }
        // What could not be read has been reported.
        if broken {
            return;
        }
        for (needed, example) in [("id", "id = \"ACME-01\""), ("severity", "severity = high")] {
            if !policy.headers.iter().any(|h| word(&h.kind) == needed) {
                self.report(
                    Diagnostic::error(Code::PolicyPart, format!("policy `{}` has no `{needed}`", policy.name.name))
                        .at(policy.name.span, "its header lacks it")
                        .help(format!("add one: `{example}`")),
                );
            }
        }
    }

    fn id(&mut self, e: &ast::Expr) -> Arc<str> {
        let text = plain_text(e);
        if let Some(text) = &text
            && is_id(text)
        {
            return text.clone();
        }
        self.report(
            Diagnostic::error(Code::BadId, "an id is a subject in capitals, a dash and a number")
                .at(e.span, "it does not look like that")
                .help("write it like `\"POD-01\"`"),
        );
        text.unwrap_or_default()
    }

    pub(super) fn severity(&mut self, name: &Ident) -> Severity {
        if let Some(severity) = Severity::parse(&name.name) {
            return severity;
        }
        let names = plimsoll_engine::decision::SEVERITIES.map(|(n, _)| n);
        self.report(
            Diagnostic::error(Code::BadHeader, format!("there is no severity `{}`", name.name))
                .at(name.span, "one of `critical`, `high`, `medium`, `low`, `info`")
                .help_if(crate::schema::suggest(&name.name, names), |best| format!("did you mean `{best}`?")),
        );
        Severity::Info
    }

    /// `{ cis: "5.2.7", nist: ["AC-6", "CM-7"] }`
    pub(super) fn refs(&mut self, e: &ast::Expr) -> Refs {
        let mut refs = Refs::new();
        let entries = match &e.kind {
            ExprKind::Record(entries) => entries.as_slice(),
            ExprKind::EmptyBrace | ExprKind::Error => &[],
            _ => {
                self.bad_refs(e.span);
                &[]
            }
        };
        for (key, value) in entries {
            let texts = match &value.kind {
                ExprKind::List(items) => items.iter().map(plain_text).collect::<Option<Vec<_>>>(),
                _ => plain_text(value).map(|text| vec![text]),
            };
            match (key.parts.as_slice(), texts) {
                ([StrPart::Text(name)], Some(texts)) => {
                    if refs.insert(name.clone(), texts).is_some() {
                        self.report(
                            Diagnostic::error(Code::PartTwice, format!("`{name}` is given twice"))
                                .at(key.span, "the second one")
                                .help("give several texts as a list: `[\"a\", \"b\"]`"),
                        );
                    }
                }
                _ => self.bad_refs(value.span),
            }
        }
        refs
    }

    /// The `refs` of a rule, which may read what its clauses bind.
    pub(super) fn rule_refs(&mut self, e: &ast::Expr) -> (Refs, Vec<(Arc<str>, Expr)>) {
        let ExprKind::Record(entries) = &e.kind else { return (self.refs(e), vec![]) };
        let is_plain = |value: &ast::Expr| match &value.kind {
            ExprKind::List(items) => items.iter().all(|i| plain_text(i).is_some()),
            _ => plain_text(value).is_some(),
        };
        let (plain, computed): (Vec<_>, Vec<_>) = entries.iter().cloned().partition(|(_, value)| is_plain(value));
        let mut out = Vec::with_capacity(computed.len());
        for (key, value) in &computed {
            let text_or_texts = Ty::union([Ty::String, Ty::list(Ty::String)]);
            match key.parts.as_slice() {
                [StrPart::Text(name)] => out.push((name.clone(), self.expr_as(value, &text_or_texts))),
                _ => self.bad_refs(key.span),
            }
        }
        let plain = ast::Expr { kind: ExprKind::Record(plain), span: e.span };
        (self.refs(&plain), out)
    }

    fn bad_refs(&mut self, span: Span) {
        self.report(
            Diagnostic::error(Code::BadHeader, "`refs` holds texts, or lists of texts, by name")
                .at(span, "this is something else")
                .help("write `refs = { cis: \"5.2.7\", pss: [\"a\", \"b\"] }`"),
        );
    }

    fn window(&mut self, e: &ast::Expr) -> Option<i64> {
        match (&e.kind, self.expr_as(e, &Ty::Scalar(plimsoll_engine::scalar::ScalarKind::Duration)).kind) {
            (ExprKind::Duration(n), _) if *n > 0 => Some(*n),
            _ => {
                self.report(
                    Diagnostic::error(Code::BadHeader, "`window` is a duration")
                        .at(e.span, "not a length of time such as `5m`"),
                );
                None
            }
        }
    }
}
