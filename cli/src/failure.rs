//! Why a run did not succeed: a message, a hint and an exit code.

mod hint;

use std::process::ExitCode;

use pruna::error::ErrorKind;

use crate::{exit_code::Code, terminal::Terminal};

/// One line about what happened and one about what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// The error of the library.
    pub(crate) source: Option<pruna::Error>,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, source: None }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    pub(crate) fn files(message: impl Into<String>) -> Self {
        Self::new(Code::Files, message)
    }

    pub(crate) fn io(what: impl std::fmt::Display, error: &std::io::Error) -> Self {
        Self::files(format!("{what}: {error}"))
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adapts the hint to an upload: "not found" and the like do not refer to a job then.
    pub(crate) fn of_upload(self) -> Self {
        let hint = self.source.as_ref().and_then(|error| hint::of_upload(error.kind()));
        Self { hint: hint.map(str::to_owned).or(self.hint), ..self }
    }

    /// Adapts the hint to a submission: "not found" and the like do not refer to a job then.
    pub(crate) fn of_submission(self) -> Self {
        let hint = self.source.as_ref().and_then(|error| hint::of_submission(error.kind()));
        Self { hint: hint.map(str::to_owned).or(self.hint), ..self }
    }

    /// Adapts code and hint to the download of a URL.
    pub(crate) fn of_download(self) -> Self {
        let kind = self.source.as_ref().map(pruna::Error::kind);
        let code = if kind == Some(ErrorKind::NotFound) { Code::Files } else { self.code };
        Self { code, hint: kind.and_then(hint::of_download).map(str::to_owned).or(self.hint), ..self }
    }

    /// Changes the failure to that of a job which this run submitted: if it is not found, it is lost, and the id is not wrong.
    pub(crate) fn of_submitted_job(self) -> Self {
        let job = self.source.as_ref().filter(|error| error.is_not_found()).and_then(pruna::Error::job);
        match job.map(|job| job.id().to_owned()) {
            Some(id) => Self { code: Code::Unknown, ..self }
                .hint(format!("the service accepted the job but does not find it; try `pruna wait {id}` later")),
            None => self,
        }
    }

    /// Changes the failure to write to stdout to that of a run whose result exists; the hint says where. A reader that has gone away
    /// is an error then.
    pub(crate) fn lost_output(self, hint: String) -> Self {
        let code = if self.code == Code::ClosedPipe { Code::Files } else { self.code };
        Self { code, ..self }.hint(hint)
    }

    /// Prints the failure and returns the exit code of the process.
    pub(crate) fn report(&self, terminal: &Terminal) -> ExitCode {
        if self.code != Code::ClosedPipe {
            terminal.error(&self.message, self.hint.as_deref());
        }
        ExitCode::from(self.code as u8)
    }
}

impl From<pruna::Error> for Failure {
    fn from(error: pruna::Error) -> Self {
        Self { code: code(error.kind()), message: error.to_string(), hint: hint::of(&error), source: Some(error) }
    }
}

fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::PredictionFailed | ErrorKind::Canceled => Code::Prediction,
        ErrorKind::Configuration | ErrorKind::UnknownModel | ErrorKind::InvalidInput | ErrorKind::NotFound => {
            Code::Usage
        }
        ErrorKind::Unauthorized | ErrorKind::InsufficientCredit => Code::Account,
        ErrorKind::Timeout | ErrorKind::SubmissionUnknown => Code::Unknown,
        ErrorKind::Io | ErrorKind::TooLarge | ErrorKind::Expired => Code::Files,
        ErrorKind::BudgetExceeded => Code::Budget,
        // Rate limited, unavailable, no connection, malformed responses; and kinds of later versions.
        _ => Code::Unavailable,
    }
}
