//! `plimsoll explain`: the long text of a code or a policy.

use crate::args::Explain;
use crate::exit::Exit;
use crate::failure::{Failure, usage};
use crate::io::Io;
use plimsoll::compile::{CompileOptions, build};
use plimsoll::dsl::diagnostic::Code;
use plimsoll::dsl::schema::suggest;
use plimsoll::engine::engine::EngineOptions;
use plimsoll::listing::{PolicyInfo, policies};
use plimsoll::load::BUILTIN;
use plimsoll::settings::same_name;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Explains.
pub(crate) fn run(args: &Explain, io: &mut Io) -> Result<Exit, Failure> {
    let what = args.what.trim();
    if let Some(code) = Code::ALL.iter().find(|code| code.id().eq_ignore_ascii_case(what)) {
        io.print(&format!("{}\n", code.text().trim()))?;
        return Ok(Exit::Good);
    }
    if let Some((code, title)) = others().find(|(code, _)| code.eq_ignore_ascii_case(what)) {
        io.print(&format!("{code}: {title}\n"))?;
        return Ok(Exit::Good);
    }
    let builtin = [PathBuf::from(BUILTIN)];
    let paths = if args.policies.is_empty() { &builtin[..] } else { &args.policies };
    let mut all = Vec::new();
    for path in paths {
        let bundle = build(path, &CompileOptions::default())?;
        all.extend(policies(&bundle, &EngineOptions::default()).map_err(usage)?);
    }
    match all.iter().find(|p| same_name(&p.id, what) || same_name(&p.policy, what)) {
        Some(policy) => {
            io.print(&text(policy))?;
            Ok(Exit::Good)
        }
        None => {
            let codes = Code::ALL.iter().map(|c| c.id());
            let names = all.iter().flat_map(|p| [p.id.as_str(), p.policy.as_str()]).chain(codes);
            let best = suggest(what, names).map_or(String::new(), |best| format!("; did you mean `{best}`?"));
            Err(usage(format!("there is no code and no policy `{what}`{best}")))
        }
    }
}

/// Codes that are not the compiler's: of inputs, evaluations and reports.
fn others() -> impl Iterator<Item = (&'static str, &'static str)> {
    let inputs = plimsoll::engine::document::error::KINDS.iter().map(|(_, code, title)| (*code, *title));
    inputs.chain(plimsoll::codes::CODES.iter().copied())
}

fn text(p: &PolicyInfo) -> String {
    let mut out =
        format!("{} {} ({}, bundle {})\n\n{}\n", p.id, p.policy, p.severity.name(), p.bundle, p.description.trim());
    // Writing to a string cannot fail.
    let mut line = |name: &str, texts: &[String]| {
        if !texts.is_empty() {
            let _ = writeln!(out, "{name:9} {}", texts.join(", "));
        }
    };
    line("\nlooks at", &p.kinds);
    line("reads", &p.needs.cluster);
    line("data", &p.needs.data);
    line("profiles", &p.profiles);
    for (key, rules) in &p.refs {
        line(key, rules);
    }
    if let Some(state) = &p.state {
        let _ = writeln!(out, "{:9} {}", "off", super::policies::why_off(state));
    }
    for param in &p.params {
        let default = param.default.as_ref().map_or(String::new(), |d| format!(" = {d}"));
        let _ = writeln!(
            out,
            "\nparam {}: {}{default}\n  {}",
            param.name,
            param.type_text,
            param.doc.trim().replace('\n', "\n  ")
        );
    }
    out
}
