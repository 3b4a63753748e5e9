//! Policy-as-code for Kubernetes: compile, load, evaluate, report.

pub mod config;
pub mod scan;

pub use plimsoll_dsl as dsl;
pub use plimsoll_engine as engine;
