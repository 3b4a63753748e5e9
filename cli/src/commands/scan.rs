//! `plimsoll scan`

use super::policies_of::{Configured, bundles, configuration, configured_paths, natives, pair, read_config, settings};
use crate::args::{FormatArg, OriginArg, Scan};
use crate::exit::Exit;
use crate::failure::{Failure, usage};
use crate::io::{Io, quiet};
use crate::progress::Bar;
use plimsoll::compile::{Bundle, CompileOptions};
use plimsoll::engine::decision::Severity;
use plimsoll::engine::document::{self, Limits, ReadOptions};
use plimsoll::engine::engine::Engine;
use plimsoll::engine::inventory::Origin;
use plimsoll::engine::scalar::time;
use plimsoll::file;
use plimsoll::load::BUILTIN;
use plimsoll::report::{Report, Style, clean, format};
use plimsoll::scan::{Request, Target, WalkOptions, read, scan};
use plimsoll::settings::{Settings, engines, severity};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

/// Scans.
pub(crate) fn run(args: &Scan, io: &mut Io) -> Result<Exit, Failure> {
    let configured = configuration(args.which.config.as_deref())?;
    let options = CompileOptions { crds: args.which.crd.clone(), trace: args.evidence, ..CompileOptions::default() };
    let bundles = bundles(&args.which, &configured, &options)?;
    let mut settings = host(args, &configured)?;
    settings.options.natives = natives(&args.extension, &bundles.iter().collect::<Vec<_>>())?;
    let engines = engines(&bundles, &settings).map_err(usage)?;
    if engines.is_empty() {
        return Err(usage("none of the bundles has what `--only` and `--profile` ask for"));
    }
    let request = request(args, &configured)?;
    let fail_on = fail_on(args, &configured)?;
    if let Some(output) = &args.output {
        output_is_free(output, args)?;
    }
    let mut report = report(&bundles, &engines, &request, io)?;
    if args.diff || args.fix {
        match super::scan_fix::run(args, &bundles, &engines, &request, &report, io)? {
            Some(fixed) => report = fixed,
            None => return Ok(exit(args, &report, fail_on)),
        }
    }
    let exit = exit(args, &report, fail_on);
    report.explain = explain(args, &configured, &bundles);
    write(args, &report, io)?;
    Ok(exit)
}

/// What `explain` must be told to find the policies of bundles that were named.
fn explain(args: &Scan, configured: &Configured, bundles: &[Bundle]) -> BTreeMap<String, Option<String>> {
    let mut out = BTreeMap::new();
    // Those of the `plimsoll.toml` that it finds are found by `explain` too.
    let of_config = || if args.which.config.is_some() { configured_paths(configured) } else { Vec::new() };
    let named = if args.which.policies.is_empty() { of_config() } else { args.which.policies.clone() };
    for (path, bundle) in named.iter().zip(bundles).filter(|(path, _)| path.as_os_str() != BUILTIN) {
        let path = path.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
        let word =
            if path.chars().all(plain) { path.into_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) };
        out.entry(bundle.name.clone()).or_insert_with(|| Some(format!(" -p {}", clean::line(&word))));
    }
    out
}

/// Runs the scan with a bar.
fn report(bundles: &[Bundle], engines: &[Engine], request: &Request, io: &Io) -> Result<Report, Failure> {
    let bar = Bar::new(io.interactive);
    let targets = targets(bundles, engines);
    let report = scan(&targets, request, &|step| bar.step(step)).map_err(usage);
    bar.finish();
    report
}

/// Engines with the kinds that their programs were compiled with.
pub(crate) fn targets<'a>(bundles: &'a [Bundle], engines: &'a [Engine]) -> Vec<Target<'a>> {
    let of = |engine: &'a Engine| {
        let same = |b: &&Bundle| std::sync::Arc::ptr_eq(b.program.program(), engine.program());
        Some(Target { engine, schema: &bundles.iter().find(same)?.schema })
    };
    engines.iter().filter_map(of).collect()
}

/// What the engines are told.
fn host(args: &Scan, configured: &Configured) -> Result<Settings, Failure> {
    let mut settings = settings(&args.which, configured)?;
    let options = &mut settings.options;
    options.evidence = args.evidence;
    options.now = match &args.now {
        None => clock(),
        Some(text) => {
            let instant = time::parse(text).map_err(|why| usage(format!("`--now {text}`: {why}")))?;
            i64::try_from(instant.as_nanos()).map_err(|_| usage(format!("`--now {text}` is too far away")))?
        }
    };
    if let Some(text) = &args.k8s_version {
        options.k8s_version =
            minor(text).ok_or_else(|| usage(format!("`--k8s-version {text}` is not a version such as 1.35")))?;
    }
    for text in &args.data {
        let (name, file) = pair("--data", text, "NAME=FILE")?;
        settings.data.push((name.to_owned(), file.into()));
    }
    let of_config = configured.scan().exceptions.map(|file| configured.path(&file));
    for path in of_config.iter().chain(args.exceptions.iter()) {
        settings.exceptions.extend(read_config(path)?.exceptions);
    }
    Ok(settings)
}

/// Nanoseconds since 1970.
pub(super) fn clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|d| i64::try_from(d.as_nanos()).ok()).unwrap_or(0)
}

/// `1.35`, `v1.35`, `1.35.2`
fn minor(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
    let (major, minor) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((major, minor))
}

fn request(args: &Scan, configured: &Configured) -> Result<Request, Failure> {
    let table = configured.scan();
    let beside = |paths: &[String]| paths.iter().map(|p| configured.path(p)).collect::<Vec<_>>();
    let mut request = Request {
        paths: args.paths.clone(),
        walk: WalkOptions {
            no_ignore: args.no_ignore,
            exclude: table.exclude.clone(),
            include: table.include.clone(),
            passed_over: args.output.clone(),
        },
        inventory: beside(&table.inventory).into_iter().chain(args.inventory.iter().cloned()).collect(),
        separate: args.separate,
        namespace: args.namespace.clone(),
        complete: table.complete.to_vec().into_iter().chain(args.complete.iter().cloned()).collect(),
        origin: match args.origin {
            OriginArg::File => Origin::File,
            OriginArg::Cluster => Origin::Cluster,
        },
        old: args.old.clone(),
        as_stored: args.as_stored,
        jobs: args.jobs,
        ..Request::default()
    };
    for path in args.paths.iter().chain(&args.inventory).chain(&args.old) {
        if path.as_os_str() != "-" && !path.exists() {
            return Err(usage(format!("there is no file or folder `{}`", path.display())));
        }
    }
    for paths in [&args.paths, &args.inventory, &args.old] {
        read::pipes(paths, request.limits, &mut request.overlay);
    }
    for text in &args.kind {
        let (kind, file) = pair("--kind", text, "KIND=FILE")?;
        request.kinds.push((kind.to_owned(), file.to_owned()));
    }
    if let Some(path) = &args.baseline {
        request.baseline = baseline(path)?;
    }
    if args.paths.iter().any(|p| p.as_os_str() == "-") {
        let text =
            read::stdin(Limits::default()).map_err(|error| usage(format!("standard input can't be read: {error}")))?;
        request.overlay.insert("-".to_owned(), text);
    }
    Ok(request)
}

/// The largest report that is read as a baseline.
const MAX_BASELINE: u64 = 256 << 20;

/// The fingerprints of an earlier report.
fn baseline(path: &Path) -> Result<BTreeSet<String>, Failure> {
    let wrong = |why: String| usage(format!("the baseline `{}` can't be used: {why}", path.display()));
    let text = file::read_text(path, MAX_BASELINE).map_err(|error| wrong(error.to_string()))?;
    let report: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| wrong(format!("it is no report of `scan --format json`: {error}")))?;
    let findings = report.get("findings").and_then(|f| f.as_array());
    let findings = findings.ok_or_else(|| wrong("it is no report of `scan --format json`".to_owned()))?;
    let known = report.get("suppressed").and_then(|s| s.as_array());
    let known = known.into_iter().flatten().filter(|s| s.get("by").is_some_and(|by| by == "baseline"));
    let all = findings.iter().chain(known.filter_map(|s| s.get("finding")));
    Ok(all.filter_map(|f| f.get("fingerprint")?.as_str().map(str::to_owned)).collect())
}

fn fail_on(args: &Scan, configured: &Configured) -> Result<Severity, Failure> {
    match (args.fail_on, configured.scan().fail_on) {
        (Some(arg), _) => Ok(arg.into()),
        (None, Some(text)) => severity("scan.fail_on", &text).map_err(usage),
        (None, None) => Ok(Severity::Low),
    }
}

fn exit(args: &Scan, report: &Report, fail_on: Severity) -> Exit {
    if args.exit_zero {
        Exit::Good
    } else if !report.errors.is_empty() || report.summary.objects == 0 || report.summary.policies == 0 {
        Exit::Unread
    } else if report.fails(fail_on, args.fail_on_warn) {
        Exit::Bad
    } else {
        Exit::Good
    }
}

/// A report never takes the place of what is scanned, or of anything else that holds objects.
fn output_is_free(output: &Path, args: &Scan) -> Result<(), Failure> {
    let Some(there) = output.canonicalize().ok().filter(|path| path.is_file()) else { return Ok(()) };
    let taken = |why: &str| usage(format!("`--output {}` would overwrite {why}", output.display()));
    let read = args.paths.iter().chain(&args.inventory).chain(&args.old);
    if read.filter_map(|path| path.canonicalize().ok()).any(|path| path == there) {
        return Err(taken("a file that is scanned"));
    }
    let Ok(bytes) = file::read(&there, Limits::default().max_bytes as u64) else { return Ok(()) };
    let name = there.to_string_lossy();
    let options = ReadOptions { format: document::Format::of_path(&name), ..ReadOptions::default() };
    let documents = document::read(&name, &bytes, &options).documents;
    let is_object = |root: &document::Root<'_>| !root.kind.is_empty() && !root.api_version.is_empty();
    match documents.iter().any(|document| document::objects(document).iter().any(is_object)) {
        true => Err(taken("a file with Kubernetes objects")),
        false => Ok(()),
    }
}

fn write(args: &Scan, report: &Report, io: &mut Io) -> Result<(), Failure> {
    let name = match args.format {
        FormatArg::Text => "text",
        FormatArg::Json => "json",
        FormatArg::Jsonl => "jsonl",
    };
    let format = format(name).ok_or_else(|| usage(format!("there is no format `{name}`")))?;
    let mut style = Style { color: io.color && !args.no_color, quiet: args.quiet };
    let Some(path) = &args.output else {
        return Ok(quiet((format.write)(report, style, &mut io.out).and_then(|()| io.out.flush()))?);
    };
    style.color = false;
    let unwritable = |error: std::io::Error| usage(format!("`{}` can't be written: {error}", path.display()));
    let mut text = Vec::new();
    (format.write)(report, style, &mut text).map_err(unwritable)?;
    file::write_whole(path, &text).map_err(unwritable)
}
