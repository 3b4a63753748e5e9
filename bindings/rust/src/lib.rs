//! Policy-as-code for Kubernetes: compile, load, evaluate, report.
//!
//! A host with a compiled bundle needs no features: engine and JSON in and out.
//!
//! ```no_run
//! let bundle = std::fs::read("policies.plb")?;
//! let engine = plimsoll::Engine::builder().compiled(bundle).profile("strict").build()?;
//! let text = br#"{ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web" } }"#;
//! let decision = engine.evaluator().decide(&plimsoll::Input::json(text));
//! println!("{}", decision.to_json());
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

/// The example of the README compiles.
#[cfg(all(doctest, feature = "library"))]
#[doc = include_str!("../../../README.md")]
mod readme {}
