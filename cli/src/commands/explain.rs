//! `plimsoll explain`: the long text of a code or a policy.

use super::policies_of::paths;
use crate::args::Explain;
use crate::exit::Exit;
use crate::failure::{Failure, usage};
use crate::io::Io;
use plimsoll::compile::{CompileOptions, build};
use plimsoll::dsl::diagnostic::Code;
use plimsoll::dsl::diagnostic::engine::{ENGINE_CODES, explain};
use plimsoll::dsl::schema::suggest;
use plimsoll::engine::engine::EngineOptions;
use plimsoll::engine::engine::same_name;
use plimsoll::listing::{PolicyInfo, policies};
use plimsoll::load::BUILTIN;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Explains.
pub(crate) fn run(args: &Explain, io: &mut Io) -> Result<Exit, Failure> {
    let what = args.what.trim();
    if let Some(text) = explain(what) {
        io.print(&format!("{}\n", text.trim()))?;
        return Ok(Exit::Good);
    }
    let mut all = Vec::new();
    for path in places(args)? {
        let bundle = build(&path, &CompileOptions::default())?;
        let own = policies(&bundle, &EngineOptions::default()).map_err(usage)?;
        if let Some(policy) = own.iter().find(|p| same_name(&p.id, what) || same_name(&p.policy, what)) {
            io.print(&text(policy))?;
            return Ok(Exit::Good);
        }
        all.extend(own);
    }
    let codes = Code::ALL.iter().map(|c| c.id()).chain(ENGINE_CODES.iter().map(|c| c.id));
    let names = all.iter().flat_map(|p| [p.id.as_str(), p.policy.as_str()]).chain(codes);
    let hint = match suggest(what, names) {
        Some(best) => format!("; did you mean `{best}`?"),
        None if args.policies.is_empty() => "; `--policies BUNDLE` looks in a bundle of your own".to_owned(),
        None => String::new(),
    };
    Err(usage(format!("there is no code and no policy `{what}`{hint}")))
}

/// Where a policy is looked for: the bundles that are named, else those of a scan, then the built-in library.
fn places(args: &Explain) -> Result<Vec<PathBuf>, Failure> {
    let mut places = paths(&args.policies)?;
    if args.policies.is_empty() && !places.iter().any(|p| p.as_os_str() == BUILTIN) {
        places.push(BUILTIN.into());
    }
    Ok(places)
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
