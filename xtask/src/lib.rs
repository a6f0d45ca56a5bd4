//! The maintenance commands behind `cargo xtask`, as a library so that tests can call them.

pub mod diff;
pub mod document;

/// What a command has to say, and whether it is content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// For standard output.
    pub text: String,
    /// Whether the exit status is 0.
    pub success: bool,
}
