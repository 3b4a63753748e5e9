//! Policy-as-code for Kubernetes: compile, load, evaluate, report.
//!
//! ```
//! # #[cfg(feature = "compile")] {
//! let engine = plimsoll::Engine::builder().sources("acme", [("acme/pods.plim", r#"
//!     module acme.pods
//!     policy host_network { id = "ACME-01" severity = high on Pod as p
//!         deny "pod {p.metadata.name} is on the node's network" if p.spec?.hostNetwork == true at p.spec?.hostNetwork }
//! "#)]).build()?;                                               // compiled and verified once; Send + Sync, cheap to clone
//! let mut evaluator = engine.evaluator();                       // a thread's scratch: keep it
//! let pod = b"{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { hostNetwork: true } }";
//! let decision = evaluator.decide(&plimsoll::Input::yaml(pod).named("web.yaml"));
//! assert_eq!(decision.findings[0].to_string(), "web.yaml:1:76 high ACME-01 pod web is on the node's network");
//! assert!(!decision.allowed);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Evaluator::decide`] never fails: what cannot be read or judged is a decision that does not allow, with the reason among its
//! [`errors`](Decision::errors). `evaluate` and `review` are for hosts that want an [`Error`]. [`Inventory`] holds what policies
//! join with. The folder `examples` has a scanner, an admission check, an inventory that follows a watch, a function of the host,
//! and the swap of engines under load.
//!
//! A host with a compiled bundle (`plimsoll build policies -o policies.plb`) needs no features: engine and JSON in and out.
//!
//! ```no_run
//! let bundle = std::fs::read("policies.plb")?;
//! let engine = plimsoll::Engine::builder().compiled(bundle).profile("strict").build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | feature | what it adds |
//! |---|---|
//! | `compile` | policies from texts and folders: [`Builder`]`::bundle`, `::sources`, `::crds`, `::config`; modules `compile`, `load`, `config`, `listing`, and the language itself as `dsl` |
//! | `library` | the built-in policies `owasp` and the helpers `std`; with `compile` |
//! | `scan` | what the command line is made of: walking folders, reports, fixes, tests, sessions; with `compile` |
//! | `fast-regex` | regular expressions that are faster, for 400 KB of code; the answers are the same |
//! | `extensions` | `extern fn` by WASM modules: [`Builder`]`::extension`; a compiler for WASM comes with it |
//! | `embed` | a compiled bundle put inside a WebAssembly module: module `embed` |
//!
//! All but the last two are on unless `default-features = false` is said. Without them the crate has no file system, no threads and builds for
//! `wasm32-unknown-unknown`; where there is no clock, the host gives `now()` ([`Builder::now`]), else it is
//! [`builder::NO_CLOCK`].
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test may panic"
    )
)]

pub mod builder;
#[cfg(feature = "compile")]
pub mod clean;
#[cfg(feature = "compile")]
pub mod compile;
#[cfg(feature = "compile")]
pub mod config;
mod configure;
#[cfg(feature = "embed")]
pub mod embed;
pub mod error;
pub mod extension;
#[cfg(feature = "compile")]
pub mod file;
#[cfg(feature = "scan")]
pub mod fix;
#[cfg(feature = "compile")]
pub mod folder;
pub mod host;
pub mod identity;
pub mod input;
#[cfg(feature = "compile")]
pub mod listing;
#[cfg(feature = "compile")]
pub mod load;
#[cfg(feature = "scan")]
pub mod report;
#[cfg(feature = "scan")]
pub mod scan;
#[cfg(feature = "scan")]
pub mod session;
pub mod settings;
#[cfg(feature = "scan")]
pub mod testing;

pub use builder::Builder;
pub use error::Error;
pub use host::{Engine, Evaluator, Inventory};
pub use input::Input;
#[cfg(feature = "compile")]
pub use plimsoll_dsl as dsl;
pub use plimsoll_engine as engine;
pub use plimsoll_engine::decision::{Action, Decision, Finding, Severity};
pub use plimsoll_engine::inventory::Identity;
pub use plimsoll_engine::limits::Limits;

/// The examples of this crate's README run.
#[cfg(all(doctest, feature = "library"))]
#[doc = include_str!("../README.md")]
mod own_readme {}

/// The example of the README compiles.
#[cfg(all(doctest, feature = "library"))]
#[doc = include_str!("../../../README.md")]
mod readme {}
