//! Results: the bytes of a file, whole or in part, until they expire.

use data_encoding::HEXLOWER;
use hyper::StatusCode;
use hyper::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName};
use sha2::{Digest, Sha256};

use crate::answer::{self, Answer, Refusal};
use crate::call::Call;
use crate::predictions::RETENTION;

/// `downloadContent`.
pub(crate) async fn download(call: &mut Call) -> Result<Answer, Refusal> {
    let now = call.state.clock.now();
    let found = call.state.predictions.output(&call.parameter).filter(|(ready, _)| now >= *ready);
    let (ready, output) = found.ok_or_else(|| Refusal::not_found("There is no file at this path"))?;
    if now >= ready + RETENTION {
        return Err(Refusal::content_expired());
    }
    let bytes = call.state.gallery.get(&output).await.map_err(|error| Refusal::internal(&error))?;
    let etag = format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(&bytes)[..16]));
    let length = bytes.len() as u64;
    // Without If-Range the range counts; with it only for the very same bytes.
    let same = call.header("if-range").is_none_or(|tag| tag == etag);
    let range = call.header("range").filter(|_| same).and_then(|range| parse_range(range, length));
    let mut answer = match range {
        None => answer::with_type(StatusCode::OK, output.recipe.kind.content_type(), bytes),
        Some(Some((first, last))) => {
            let part = bytes.slice(first as usize..=last as usize);
            let mut answer = answer::with_type(StatusCode::PARTIAL_CONTENT, output.recipe.kind.content_type(), part);
            answer::set(&mut answer, CONTENT_RANGE, format!("bytes {first}-{last}/{length}"));
            answer
        }
        Some(None) => {
            let mut answer = answer::with_type(StatusCode::RANGE_NOT_SATISFIABLE, "text/plain", Default::default());
            answer.headers_mut().remove(CONTENT_TYPE);
            answer::set(&mut answer, CONTENT_RANGE, format!("bytes */{length}"));
            return Ok(answer);
        }
    };
    let name = output.path.rsplit('/').next().unwrap_or_default();
    let headers: [(HeaderName, String); 4] = [
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "public, max-age=3600".to_owned()),
        (ETAG, etag),
        (ACCEPT_RANGES, "bytes".to_owned()),
    ];
    for (header, value) in headers {
        answer::set(&mut answer, header, value);
    }
    Ok(answer)
}

/// Reads a single range. `None`: to be ignored. `Some(None)`: cannot be satisfied.
fn parse_range(header: &str, length: u64) -> Option<Option<(u64, u64)>> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1)?;
    if first.is_empty() {
        let suffix: u64 = last.parse().ok()?;
        return Some((suffix > 0).then(|| (length.saturating_sub(suffix), end)));
    }
    let first: u64 = first.parse().ok()?;
    let last = if last.is_empty() { end } else { last.parse::<u64>().ok()?.min(end) };
    if first > end {
        return Some(None);
    }
    (first <= last).then_some(Some((first, last)))
}

#[cfg(test)]
mod tests {
    use super::parse_range;

    #[test]
    fn ranges_are_read_as_http_defines_them() {
        let cases = [
            ("bytes=0-9", Some(Some((0, 9)))),
            ("bytes=90-", Some(Some((90, 99)))),
            ("bytes=90-500", Some(Some((90, 99)))),
            ("bytes=-10", Some(Some((90, 99)))),
            ("bytes=-500", Some(Some((0, 99)))),
            ("bytes=100-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=9-0", None),
            ("bytes=0-9,20-29", None),
            ("items=0-9", None),
            ("bytes=a-b", None),
        ];
        for (header, expected) in cases {
            assert_eq!(parse_range(header, 100), expected, "{header}");
        }
    }
}
