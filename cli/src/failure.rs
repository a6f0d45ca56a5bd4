//! How the program ends when it does not succeed: what happened, what to do, and the exit code.

use std::process::ExitCode;

use pruna::{Model, error::ErrorKind};

use crate::{nearest, terminal::Terminal};

/// Exit codes. Part of the program's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Nobody reads our output any more; not an error of ours.
    ClosedPipe = 0,
    Prediction = 1,
    Usage = 2,
    Account = 3,
    Unavailable = 4,
    Unknown = 5,
    Files = 6,
    /// As shells report Ctrl-C.
    Interrupted = 130,
}

impl Code {
    /// The graver of two: what stops everything comes before what concerns one item.
    pub(crate) fn graver(self, other: Self) -> Self {
        const ORDER: [Code; 6] =
            [Code::Account, Code::Unknown, Code::Unavailable, Code::Files, Code::Usage, Code::Prediction];
        let place = |code| ORDER.iter().position(|known| *known == code).unwrap_or(ORDER.len());
        if place(other) < place(self) { other } else { self }
    }
}

/// One line about what happened and one about what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// What the library said.
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

    /// Prints what is to be said and gives the exit code.
    pub(crate) fn report(&self, terminal: &Terminal) -> ExitCode {
        if self.code != Code::ClosedPipe {
            terminal.error(&self.message, self.hint.as_deref());
        }
        ExitCode::from(self.code as u8)
    }
}

impl From<pruna::Error> for Failure {
    fn from(error: pruna::Error) -> Self {
        Self { code: code(error.kind()), message: error.to_string(), hint: hint(&error), source: Some(error) }
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
        // Rate limited, unavailable, no connection, answers that are none; and kinds of later versions.
        _ => Code::Unavailable,
    }
}

/// What to do next.
fn hint(error: &pruna::Error) -> Option<String> {
    let continues = error.job().map(|job| job.id()).filter(|id| !id.is_empty()).map(|id| format!("`pruna wait {id}`"));
    let text = match error.kind() {
        ErrorKind::Unauthorized => "compare PRUNA_API_KEY with the key in the dashboard".into(),
        ErrorKind::InsufficientCredit => "top up the account in the dashboard, then run the same command again".into(),
        ErrorKind::UnknownModel => error.model().map(unknown_model)?,
        ErrorKind::InvalidInput => invalid_input(error)?,
        ErrorKind::TooLarge => "make the file smaller; uploads may have 100 MB".into(),
        ErrorKind::Expired => "results are kept 24 hours and uploads 30 minutes; run it again".into(),
        ErrorKind::NotFound => {
            "check the id; jobs of another account or of another emulator are not found either".into()
        }
        ErrorKind::PredictionFailed => "change the input; an address that cannot be fetched shows here as well".into(),
        ErrorKind::Canceled => "submit it again if it is still wanted".into(),
        ErrorKind::Timeout => format!("{} goes on waiting", continues?),
        ErrorKind::SubmissionUnknown => {
            "it may be running and be billed, so it was not sent again; look at the dashboard first".into()
        }
        ErrorKind::Io => return None,
        ErrorKind::Decode => "the answer is not what the service promises; -v shows more".into(),
        ErrorKind::Redirected => "check --base-url".into(),
        _ if continues.is_some() => format!("the job is not affected; {} continues", continues?),
        ErrorKind::RateLimited => match error.retry_after() {
            Some(delay) => format!("nothing was taken; try again in {} s", delay.as_secs().max(1)),
            None => "nothing was taken; try again in a minute".into(),
        },
        ErrorKind::ServiceUnavailable => "try again later".into(),
        ErrorKind::Connection => "check the network and --base-url, then try again".into(),
        _ => return None,
    };
    Some(text)
}

/// What to do about a model that there is not.
pub(crate) fn unknown_model(model: &Model) -> String {
    let names: Vec<Model> = Model::all().collect();
    match nearest::of(model.as_str(), names.iter().map(Model::as_str)) {
        Some(name) if *model != name => format!("did you mean `{name}`? `pruna models` lists them all"),
        _ => "`pruna models` lists the models that are documented".into(),
    }
}

fn invalid_input(error: &pruna::Error) -> Option<String> {
    let model = error.model()?;
    let meant = error.field().and_then(|field| nearest::parameter(model, field));
    Some(match meant {
        Some(name) => format!("did you mean `{name}`? `pruna models show {model}` lists the parameters"),
        None => format!("`pruna models show {model}` lists the parameters with their ranges"),
    })
}
