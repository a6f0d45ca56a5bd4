//! The exit codes. They are part of the program's interface.

/// The exit code of a run that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The reader of stdout has gone away, which is not an error if the output cost nothing.
    ClosedPipe = 0,
    /// The prediction failed or was canceled.
    Prediction = 1,
    /// The command line or the input is invalid.
    Usage = 2,
    /// The API key is missing or rejected, or the account has no credit.
    Account = 3,
    /// The service is unavailable or limits the rate.
    Unavailable = 4,
    /// The timeout passed, or it is unknown whether a job was submitted.
    Unknown = 5,
    /// A file cannot be read, written or downloaded, or stdout does not take the output.
    Files = 6,
    /// `--max-cost` does not cover what was to be submitted.
    Budget = 7,
    /// SIGHUP or a closed console, with the code that shells use.
    HungUp = 129,
    /// Ctrl-C, with the code that shells use.
    Interrupted = 130,
    /// SIGTERM, with the code that shells use.
    Terminated = 143,
}

impl Code {
    /// Whether a signal ended the run.
    pub(crate) fn is_signal(self) -> bool {
        matches!(self, Self::HungUp | Self::Interrupted | Self::Terminated)
    }

    /// Returns the more severe of two: what affects every item outranks what affects one.
    pub(crate) fn more_severe(self, other: Self) -> Self {
        const ORDER: [Code; 7] =
            [Code::Account, Code::Unknown, Code::Unavailable, Code::Files, Code::Usage, Code::Budget, Code::Prediction];
        let rank = |code| ORDER.iter().position(|known| *known == code).unwrap_or(ORDER.len());
        if rank(other) < rank(self) { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_outranks_a_failed_prediction() {
        assert_eq!(Code::Prediction.more_severe(Code::Account), Code::Account);
        assert_eq!(Code::Account.more_severe(Code::Prediction), Code::Account);
        assert_eq!(Code::Files.more_severe(Code::Unavailable), Code::Unavailable);
    }
}
