//! What to do about an error of the library.

use pruna::error::ErrorKind;

use crate::suggest;

/// Returns what to do next, if anything can be done.
pub(super) fn of(error: &pruna::Error) -> Option<String> {
    let wait_command =
        error.job().map(|job| job.id()).filter(|id| !id.is_empty()).map(|id| format!("`pruna wait {id}`"));
    let text = match error.kind() {
        ErrorKind::Unauthorized => "compare PRUNA_API_KEY with the key in the dashboard".into(),
        ErrorKind::InsufficientCredit => "top up the account in the dashboard, then run the same command again".into(),
        ErrorKind::UnknownModel => error.model().map(suggest::unknown_model)?,
        ErrorKind::InvalidInput => invalid_input(error)?,
        ErrorKind::TooLarge => "the response is larger than this program accepts; check --base-url".into(),
        ErrorKind::Expired => "jobs are deleted with their results; only a new job creates them again".into(),
        ErrorKind::NotFound => "check the id; jobs of other accounts and other emulators are not found".into(),
        ErrorKind::PredictionFailed => {
            "change the input; this also happens when the service cannot fetch a URL in it".into()
        }
        ErrorKind::Canceled => "submit it again if you still need the result".into(),
        ErrorKind::Timeout => format!("{} continues waiting", wait_command?),
        ErrorKind::SubmissionUnknown => {
            "the job may be running and may be billed, so it was not sent again; check the dashboard first".into()
        }
        ErrorKind::BudgetExceeded => {
            "a larger --max-cost covers it; --assume MODEL=USD says what a model without a list price counts for".into()
        }
        ErrorKind::Io => return None,
        ErrorKind::Decode => "the response does not match the API specification; -v shows details".into(),
        ErrorKind::Redirected => "check --base-url".into(),
        _ if wait_command.is_some() => format!("the job is not affected; {} continues waiting", wait_command?),
        ErrorKind::RateLimited => match error.retry_after() {
            Some(delay) => format!("nothing was submitted; try again in {} s", delay.as_secs().max(1)),
            None => "nothing was submitted; try again in a minute".into(),
        },
        ErrorKind::ServiceUnavailable => "try again later".into(),
        ErrorKind::Connection => "check the network and --base-url, then try again".into(),
        _ => return None,
    };
    Some(text)
}

/// What to do if the address of an operation is not found.
const CHECK_BASE_URL: &str = "the service is not at this address; check --base-url";

/// Returns what to do about a failed upload, if that differs from other operations.
pub(super) fn of_upload(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::NotFound | ErrorKind::Expired => Some(CHECK_BASE_URL),
        ErrorKind::TooLarge => Some("make the file smaller; the maximum size of an upload is 100 MB"),
        ErrorKind::InvalidInput => Some("images, videos and archives of up to 100 MB are accepted"),
        _ => None,
    }
}

/// Returns what to do about a failed submission, if that differs from other operations.
pub(super) fn of_submission(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::NotFound => Some(CHECK_BASE_URL),
        ErrorKind::TooLarge => Some("make the input smaller, or upload its media with `pruna upload`"),
        ErrorKind::Expired => Some("uploads are deleted after 30 minutes; upload the media again"),
        _ => None,
    }
}

/// Returns what to do about a failed download of a URL, if that differs from other operations.
pub(super) fn of_download(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::NotFound => Some("check the URL; results are deleted after 24 hours"),
        ErrorKind::Expired => Some(
            "results are deleted after 24 hours, those of trainers after 30 minutes; only a new job creates them again",
        ),
        ErrorKind::TooLarge => Some("it is larger than this program accepts; another program can download it"),
        ErrorKind::Redirected => Some(
            "the service delivers it elsewhere, where this program does not follow; another program can download it",
        ),
        _ => None,
    }
}

fn invalid_input(error: &pruna::Error) -> Option<String> {
    let model = error.model()?;
    let suggestion = error.field().and_then(|field| suggest::parameter(model, field));
    Some(match suggestion {
        Some(name) => format!("did you mean `{name}`? `pruna models show {model}` lists the parameters"),
        None => format!("`pruna models show {model}` lists the parameters and their ranges"),
    })
}
