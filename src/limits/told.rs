//! What the service says of its limits, in headers.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};

use crate::timing::{self, RATELIMIT_RESET};

static RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
static RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
static X_RATELIMIT_LIMIT_MINUTE: HeaderName = HeaderName::from_static("x-ratelimit-limit-minute");

/// Limits as an answer tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Told {
    /// Requests a minute.
    pub(super) per_minute: Option<u32>,
    /// How many requests are left in the present window, and how long it lasts.
    pub(super) left: Option<(u32, Duration)>,
    /// When requests are taken again, after one was refused.
    pub(super) lifted: Option<Duration>,
}

impl Told {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        let reset = number(&RATELIMIT_RESET).map(|seconds| Duration::from_secs(seconds.into()));
        // The window of `RateLimit-Limit` is not told; when it ends within the minute, and not at once, it is a minute.
        let a_minute = reset.is_some_and(|reset| (2..=60).contains(&reset.as_secs()));
        Self {
            per_minute: number(&X_RATELIMIT_LIMIT_MINUTE)
                .or_else(|| number(&RATELIMIT_LIMIT).filter(|_| a_minute))
                .filter(|limit| *limit > 0),
            left: number(&RATELIMIT_REMAINING).zip(reset),
            lifted: timing::limit_lifted(headers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_both_families_of_headers_tell_them() {
        let seconds = Duration::from_secs;
        let table: [(&[(&str, &str)], Told); 6] = [
            (&[], Told::default()),
            (
                &[("ratelimit-limit", "250"), ("ratelimit-remaining", "7"), ("ratelimit-reset", "42")],
                Told { per_minute: Some(250), left: Some((7, seconds(42))), lifted: Some(seconds(42)) },
            ),
            (
                &[("ratelimit-limit", "10"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "1")],
                Told { per_minute: None, left: Some((0, seconds(1))), lifted: Some(seconds(1)) },
            ),
            (
                &[("ratelimit-limit", "9"), ("x-ratelimit-limit-minute", "500")],
                Told { per_minute: Some(500), ..Told::default() },
            ),
            (&[("retry-after", "3")], Told { lifted: Some(seconds(3)), ..Told::default() }),
            (&[("ratelimit-limit", "many"), ("x-ratelimit-limit-minute", "0")], Told::default()),
        ];
        for (given, told) in table {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(Told::read(&headers), told, "{given:?}");
        }
    }
}
