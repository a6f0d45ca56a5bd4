//! Rate limits in response headers.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};

use crate::headers;

static RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
static RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
static X_RATELIMIT_LIMIT_MINUTE: HeaderName = HeaderName::from_static("x-ratelimit-limit-minute");

/// The rate limit headers of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct RateLimitHeaders {
    /// The limit in requests per minute.
    pub(super) per_minute: Option<u32>,
    /// The number of requests left in the current window, and the time until it ends.
    pub(super) remaining: Option<(u32, Duration)>,
    /// The time until requests are accepted again, after a rejection.
    pub(super) retry_after: Option<Duration>,
}

impl RateLimitHeaders {
    pub(super) fn parse(map: &HeaderMap) -> Self {
        let number = |name: &HeaderName| map.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        let reset = headers::rate_limit_reset(map);
        // The length of the window is not stated; if it ends within the minute, but not at once, it is a minute.
        let is_minute = reset.is_some_and(|reset| (2..=60).contains(&reset.as_secs()));
        Self {
            per_minute: number(&X_RATELIMIT_LIMIT_MINUTE)
                .or_else(|| number(&RATELIMIT_LIMIT).filter(|_| is_minute))
                .filter(|limit| *limit > 0),
            remaining: number(&RATELIMIT_REMAINING).zip(reset),
            retry_after: headers::rate_limit_wait(map),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_of_headers_are_parsed() {
        let seconds = Duration::from_secs;
        let table: [(&[(&str, &str)], RateLimitHeaders); 6] = [
            (&[], RateLimitHeaders::default()),
            (
                &[("ratelimit-limit", "250"), ("ratelimit-remaining", "7"), ("ratelimit-reset", "42")],
                RateLimitHeaders {
                    per_minute: Some(250),
                    remaining: Some((7, seconds(42))),
                    retry_after: Some(seconds(42)),
                },
            ),
            (
                &[("ratelimit-limit", "10"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "1")],
                RateLimitHeaders { per_minute: None, remaining: Some((0, seconds(1))), retry_after: Some(seconds(1)) },
            ),
            (
                &[("ratelimit-limit", "9"), ("x-ratelimit-limit-minute", "500")],
                RateLimitHeaders { per_minute: Some(500), ..RateLimitHeaders::default() },
            ),
            (
                &[("retry-after", "3")],
                RateLimitHeaders { retry_after: Some(seconds(3)), ..RateLimitHeaders::default() },
            ),
            (&[("ratelimit-limit", "many"), ("x-ratelimit-limit-minute", "0")], RateLimitHeaders::default()),
        ];
        for (given, expected) in table {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(RateLimitHeaders::parse(&headers), expected, "{given:?}");
        }
    }
}
