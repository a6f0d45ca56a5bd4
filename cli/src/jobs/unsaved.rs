//! What to do about files of a result that could not be saved.

use pruna::{Error, Generation, error::ErrorKind};

use crate::target::SavedFiles;

/// Returns how to get the files that were not saved, with their URLs.
pub(super) fn hint(generation: &Generation, saved: &SavedFiles, error: Option<&Error>) -> String {
    let urls = generation.urls().iter().enumerate();
    let missing: Vec<&str> = urls.filter(|(index, _)| !saved.contains(*index)).map(|(_, url)| shown(url)).collect();
    let hours = lifetime(generation);
    let all = missing.join(" ");
    match error.map(Error::kind) {
        Some(ErrorKind::Expired) => {
            format!("{hours} after its job, a result is deleted; only a new job creates it again")
        }
        Some(ErrorKind::Redirected) => format!(
            "the service delivers it elsewhere, where this program does not follow with the key; another program can \
             download it for {hours}: {all}"
        ),
        Some(ErrorKind::TooLarge) => {
            format!("it is larger than this program accepts; another program can download it for {hours}: {all}")
        }
        _ => match (missing.as_slice(), generation.id()) {
            ([], Some(id)) => format!("`pruna wait {id}` prints the result again"),
            ([], None) => "the result cannot be fetched again".into(),
            ([url], _) => format!("the result is available for {hours}; `pruna download {url} -o PATH` downloads it"),
            (_, Some(id)) if saved.saved().is_empty() => {
                format!("the results are available for {hours}; `pruna wait {id} -o DIR/` downloads all: {all}")
            }
            _ => format!("the results are available for {hours}; `pruna download URL -o PATH` downloads each: {all}"),
        },
    }
}

/// Returns how long the service keeps a result.
fn lifetime(generation: &Generation) -> &'static str {
    let is_trainer =
        generation.model().is_some_and(|model| model.is_documented() && model.info().category.as_str() == "trainer");
    if is_trainer { "30 minutes" } else { "24 hours" }
}

/// Returns a URL as it is shown: one that contains the file itself would fill the screen.
fn shown(url: &str) -> &str {
    if url.starts_with("data:") { "(a data: URL in the response)" } else { url }
}
