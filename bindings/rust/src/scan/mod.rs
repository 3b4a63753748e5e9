//! Scans: files → documents → inventory → decisions → report.

pub mod walk;
