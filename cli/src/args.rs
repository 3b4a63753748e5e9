//! The command line, as `clap` reads it; the doc comments are the help.

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Policies for Kubernetes: typed, fast, precise about where, why and how to fix.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, max_term_width = 110)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Evaluate policies over manifests and report what is wrong.
    Scan(Box<Scan>),
    /// Run the tests of policies.
    Test(Test),
    /// Compile and lint policies, run nothing.
    Check(Check),
    /// Format policies; there is one style.
    Fmt(Fmt),
    /// Write and try policies at a prompt.
    Repl(Repl),
    /// Compile a bundle to a file.
    Build(Build),
    /// The long text of an error code, a lint or a policy.
    Explain(Explain),
    /// List policies.
    Policies(Policies),
    /// Evaluate one expression over a file, for scripts.
    Eval(Eval),
}

/// Which policies, and what they are told.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Which {
    /// A bundle folder, a `.plim` file or a compiled `.plb`; without it those of `plimsoll.toml`, else the built-in library.
    #[arg(short, long, value_name = "BUNDLE")]
    pub(crate) policies: Vec<PathBuf>,
    /// Policies of this profile; several are joined. Without it the bundle's default.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Vec<String>,
    /// Just these policies, by id or name, also if they are off by default.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Not these policies, by id or name.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Only policies of this severity or above.
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub(crate) severity: Option<SeverityArg>,
    /// Set a parameter: `NAME=VALUE` of the bundle, or `policy.param=VALUE`.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Custom resource definitions (files or folders) that give kinds their fields.
    #[arg(long, value_name = "PATH")]
    pub(crate) crd: Vec<PathBuf>,
    /// The configuration file; else the nearest `plimsoll.toml` upwards that has a `[scan]` table.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// `plimsoll scan`
#[derive(Debug, Clone, Args)]
pub(crate) struct Scan {
    /// Files and folders; `-` is standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// Objects to join with that are not scanned themselves.
    #[arg(long, value_name = "PATH", help_heading = "What policies know")]
    pub(crate) inventory: Vec<PathBuf>,
    /// Each PATH is an inventory of its own.
    #[arg(long, help_heading = "What policies know")]
    pub(crate) separate: bool,
    /// The namespace of objects that name none.
    #[arg(long, value_name = "NS", help_heading = "What policies know")]
    pub(crate) namespace: Option<String>,
    /// The inventory holds every object of these kinds, or of `all`.
    #[arg(long, value_name = "KIND", value_delimiter = ',', help_heading = "What policies know")]
    pub(crate) complete: Vec<String>,
    /// Where the objects come from.
    #[arg(long, value_enum, default_value = "file", help_heading = "What policies know")]
    pub(crate) origin: OriginArg,
    /// The objects as they were: a scanned object found there is an update.
    #[arg(long, value_name = "PATH", help_heading = "What policies know")]
    pub(crate) old: Vec<PathBuf>,
    /// A document for a `data` declaration.
    #[arg(long, value_name = "NAME=FILE", help_heading = "What policies know")]
    pub(crate) data: Vec<String>,
    /// A WASM module for an `extern fn`.
    #[arg(long, value_name = "NAME=FILE", help_heading = "What policies know")]
    pub(crate) extension: Vec<String>,
    /// What a file is, where its content does not tell.
    #[arg(long, value_name = "KIND=FILE", help_heading = "What policies know")]
    pub(crate) kind: Vec<String>,
    /// The Kubernetes version that is asked for, as `1.35`.
    #[arg(long, value_name = "V", help_heading = "What policies know")]
    pub(crate) k8s_version: Option<String>,
    /// The instant of the evaluation (RFC 3339); else the clock's.
    #[arg(long, value_name = "TIME", help_heading = "What policies know")]
    pub(crate) now: Option<String>,
    /// Read objects with the API server's defaults filled in.
    #[arg(long, help_heading = "What policies know")]
    pub(crate) as_stored: bool,
    /// The form of the report.
    #[arg(short, long, value_enum, default_value = "text", help_heading = "What comes out")]
    pub(crate) format: FormatArg,
    /// Write the report to a file.
    #[arg(short, long, value_name = "FILE", help_heading = "What comes out")]
    pub(crate) output: Option<PathBuf>,
    /// Show what each clause of a finding read.
    #[arg(long, help_heading = "What comes out")]
    pub(crate) evidence: bool,
    /// Show fixes as a diff; nothing is written.
    #[arg(long, help_heading = "What comes out")]
    pub(crate) diff: bool,
    /// Apply fixes to the files.
    #[arg(long, help_heading = "What comes out")]
    pub(crate) fix: bool,
    /// With `--fix` or `--diff`, also those after which a workload may not start.
    #[arg(long, help_heading = "What comes out")]
    pub(crate) unsafe_fixes: bool,
    /// No colour, also on a terminal.
    #[arg(long, help_heading = "What comes out")]
    pub(crate) no_color: bool,
    /// Only the summary.
    #[arg(short, long, help_heading = "What comes out")]
    pub(crate) quiet: bool,
    /// Exit 1 only for findings of this severity or above.
    #[arg(long, value_name = "SEVERITY", value_enum, help_heading = "Exit code")]
    pub(crate) fail_on: Option<SeverityArg>,
    /// Exit 1 for warnings too.
    #[arg(long, help_heading = "Exit code")]
    pub(crate) fail_on_warn: bool,
    /// Exit 0 whatever is found, and 2 only for wrong use.
    #[arg(long, help_heading = "Exit code")]
    pub(crate) exit_zero: bool,
    /// A file of exceptions.
    #[arg(long, value_name = "FILE", help_heading = "Exceptions")]
    pub(crate) exceptions: Option<PathBuf>,
    /// A JSON report of an earlier scan: what it found is suppressed.
    #[arg(long, value_name = "FILE", help_heading = "Exceptions")]
    pub(crate) baseline: Option<PathBuf>,
    /// Read files that `.gitignore` names too.
    #[arg(long)]
    pub(crate) no_ignore: bool,
    /// How many threads; else one for each core.
    #[arg(long, value_name = "N", value_parser = jobs())]
    pub(crate) jobs: Option<usize>,
}

/// `plimsoll test`
#[derive(Debug, Clone, Args)]
pub(crate) struct Test {
    /// Bundle folders or `.plim` files; without one those of `plimsoll.toml`, else the built-in library.
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundles: Vec<PathBuf>,
    /// Only tests whose name has this text.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// The form of the report.
    #[arg(short, long, value_enum, default_value = "text")]
    pub(crate) format: TestFormat,
    /// Show which rules, clauses and branches the tests reach.
    #[arg(long)]
    pub(crate) coverage: bool,
    /// A WASM module for an `extern fn`.
    #[arg(long, value_name = "NAME=FILE")]
    pub(crate) extension: Vec<String>,
    /// Fail below this percentage (with `--coverage`).
    #[arg(long, value_name = "PERCENT", requires = "coverage")]
    pub(crate) min_coverage: Option<u8>,
    /// Custom resource definitions.
    #[arg(long, value_name = "PATH")]
    pub(crate) crd: Vec<PathBuf>,
    /// How many threads; else one for each core.
    #[arg(long, value_name = "N", value_parser = jobs())]
    pub(crate) jobs: Option<usize>,
}

/// `plimsoll check`
#[derive(Debug, Clone, Args)]
pub(crate) struct Check {
    /// Bundle folders or `.plim` files; without one those of `plimsoll.toml`, else the built-in library.
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundles: Vec<PathBuf>,
    /// The form of the report.
    #[arg(short, long, value_enum, default_value = "text")]
    pub(crate) format: CheckFormat,
    /// Show the cost class and bound of each policy.
    #[arg(long)]
    pub(crate) costs: bool,
    /// Lints are errors.
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Custom resource definitions.
    #[arg(long, value_name = "PATH")]
    pub(crate) crd: Vec<PathBuf>,
}

/// `plimsoll fmt`
#[derive(Debug, Clone, Args)]
pub(crate) struct Fmt {
    /// Files and folders; `-` formats standard input to standard output.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing; exit 1 if a file is not formatted.
    #[arg(long)]
    pub(crate) check: bool,
}

/// `plimsoll repl`
#[derive(Debug, Clone, Args)]
pub(crate) struct Repl {
    /// Manifests; the first object is `input`.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A WASM module for an `extern fn`.
    #[arg(long, value_name = "NAME=FILE")]
    pub(crate) extension: Vec<String>,
    /// Bundles whose functions and policies can be used, else those of `plimsoll.toml` as it sets them; `std` always can.
    #[arg(short, long, value_name = "BUNDLE")]
    pub(crate) policies: Vec<PathBuf>,
    /// Custom resource definitions.
    #[arg(long, value_name = "PATH")]
    pub(crate) crd: Vec<PathBuf>,
}

/// `plimsoll build`
#[derive(Debug, Clone, Args)]
pub(crate) struct Build {
    /// A bundle folder or `.plim` file; `owasp` is the built-in library.
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// The file to write; needed unless `--emit` is given.
    #[arg(short, long, value_name = "FILE", required_unless_present = "emit")]
    pub(crate) output: Option<PathBuf>,
    /// What to write: the compiled bundle, or a WebAssembly module that has engine and bundle.
    #[arg(long, value_enum, default_value = "plb", conflicts_with = "emit")]
    pub(crate) target: Target,
    /// The module without a bundle; else it is looked for in the folder that PLIMSOLL_WASM names, and beside the command.
    #[arg(long, value_name = "FILE")]
    pub(crate) runtime: Option<PathBuf>,
    /// Print a view of the program instead.
    #[arg(long, value_enum)]
    pub(crate) emit: Option<Emit>,
    /// Custom resource definitions.
    #[arg(long, value_name = "PATH")]
    pub(crate) crd: Vec<PathBuf>,
}

/// `plimsoll explain`
#[derive(Debug, Clone, Args)]
pub(crate) struct Explain {
    /// `E0302`, `W0101`, `POD-01` or `run_as_non_root`.
    #[arg(value_name = "CODE|POLICY")]
    pub(crate) what: String,
    /// Where the policy is looked for; without it in those of `plimsoll.toml` and the built-in library.
    #[arg(short, long, value_name = "BUNDLE")]
    pub(crate) policies: Vec<PathBuf>,
}

/// `plimsoll policies`
#[derive(Debug, Clone, Args)]
pub(crate) struct Policies {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The form of the list.
    #[arg(short, long, value_enum, default_value = "text")]
    pub(crate) format: PoliciesFormat,
    /// Count policies by framework and peer, from their `refs`.
    #[arg(long)]
    pub(crate) coverage: bool,
}

/// `plimsoll eval`
#[derive(Debug, Clone, Args)]
pub(crate) struct Eval {
    /// The expression; `input` is the first object of the file.
    #[arg(value_name = "EXPR")]
    pub(crate) expr: String,
    /// A manifest; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// A WASM module for an `extern fn`.
    #[arg(long, value_name = "NAME=FILE")]
    pub(crate) extension: Vec<String>,
    /// Bundles whose functions can be used, else those of `plimsoll.toml` as it sets them; `std` always can.
    #[arg(short, long, value_name = "BUNDLE")]
    pub(crate) policies: Vec<PathBuf>,
    /// Custom resource definitions.
    #[arg(long, value_name = "PATH")]
    pub(crate) crd: Vec<PathBuf>,
}

/// A number of threads that a machine can start.
fn jobs() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=256)
}

/// Severities.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum SeverityArg {
    /// For the record.
    Info,
    /// Worth mending.
    Low,
    /// A weakness.
    Medium,
    /// A way in, with help.
    High,
    /// A way in.
    Critical,
}

/// Origins of objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum OriginArg {
    /// Manifests as they are written.
    File,
    /// Objects as a cluster has them.
    Cluster,
}

/// Forms of a scan's report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum FormatArg {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// One JSON object a line.
    Jsonl,
}

/// Forms of a test report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// JUnit XML.
    Junit,
}

/// Forms of a check's report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// Workflow commands.
    Github,
}

/// Forms of a list of policies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum PoliciesFormat {
    /// For people.
    Text,
    /// One JSON array.
    Json,
    /// A table.
    Markdown,
}

/// What `build` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// The compiled bundle.
    Plb,
    /// The module with an ABI of its own, the bundle in its section `plimsoll.bundle`.
    Wasm,
    /// A module for OPA's SDKs.
    OpaWasm,
    /// A module for Kubewarden.
    Kubewarden,
}

/// Views of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Emit {
    /// The listing of the bytecode.
    Asm,
    /// The typed tree.
    Hir,
}
