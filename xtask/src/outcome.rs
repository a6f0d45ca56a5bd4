//! What a command has to say.

/// The output of a command, and whether it succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// For standard output.
    pub text: String,
    /// Whether the exit status is 0.
    pub success: bool,
}

impl Outcome {
    /// The outcome of a command that succeeded.
    pub fn success(text: impl Into<String>) -> Self {
        Self { text: text.into(), success: true }
    }

    /// The outcome of a command that writes files: a line for each, or that none had to be written.
    pub fn of_files(lines: &[String]) -> Self {
        Self::success(if lines.is_empty() { "everything is up to date\n".into() } else { lines.join("\n") + "\n" })
    }
}
