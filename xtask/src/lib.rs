//! The maintenance commands behind `cargo xtask`, as a library so that tests can call them.

pub mod api;
pub mod bench_report;
pub mod changelog;
pub mod check;
pub mod cli;
pub mod diff;
pub mod docs;
pub mod document;
pub mod floors;
pub mod model;
pub mod outcome;
pub mod regenerate;
pub mod tree;
pub mod update;
pub mod vendored;
pub mod version;
