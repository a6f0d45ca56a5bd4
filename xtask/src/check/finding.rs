//! What a check finds, and how it is printed.

use std::fmt::Write as _;

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing is wrong.
    Pass,
    /// Not checked, with the reason.
    Ignored(String),
    /// What is left to do; not a fault.
    Todo(Vec<String>),
    /// What is wrong, and the command or the file that fixes it.
    Fail {
        /// One line each.
        faults: Vec<String>,
        /// What to do.
        fix: String,
    },
}

impl Finding {
    /// [`Finding::Pass`] without faults.
    pub(super) fn from_faults(faults: Vec<String>, fix: impl Into<String>) -> Self {
        if faults.is_empty() { Self::Pass } else { Self::Fail { faults, fix: fix.into() } }
    }

    pub(super) fn is_fail(&self) -> bool {
        matches!(self, Self::Fail { .. })
    }

    /// The check's name with the verdict, and the details below it.
    pub(super) fn render(&self, name: &str) -> String {
        let (verdict, details, fix) = match self {
            Self::Pass => ("ok", [].as_slice(), None),
            Self::Ignored(reason) => ("ignored", std::slice::from_ref(reason), None),
            Self::Todo(work) => ("to do", work.as_slice(), None),
            Self::Fail { faults, fix } => ("FAILED", faults.as_slice(), Some(fix)),
        };
        let mut text = format!("{verdict}: {name}\n");
        for detail in details {
            let _ = writeln!(text, "  {detail}");
        }
        if let Some(fix) = fix {
            let _ = writeln!(text, "  fix with: {fix}");
        }
        text
    }
}
