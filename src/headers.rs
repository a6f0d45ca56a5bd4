//! Timing hints in response headers. They take precedence over the client's own estimates.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

static RATELIMIT_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
static X_POLL_INTERVAL: HeaderName = HeaderName::from_static("x-poll-interval");

/// Maximum hint that is believed; a larger number is a mistake of the service.
const MAX_HINT: Duration = Duration::from_secs(24 * 60 * 60);

/// Maximum of `RateLimit-Reset`: windows last a minute.
const MAX_RESET: Duration = Duration::from_secs(60);

/// Returns the wait that the service asks for: `Retry-After`, in seconds or as an HTTP date in any of its three forms.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let value = text(RETRY_AFTER)?;
    // A date is relative to the service's own clock, if the response has one: the local clock may be wrong.
    let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    parse_retry_after(value, now.unwrap_or_else(SystemTime::now))
}

/// Returns the wait after a 429: `Retry-After`, else `RateLimit-Reset` in seconds. The latter comes with responses of every
/// status and is a wait only after a 429.
pub(crate) fn rate_limit_wait(headers: &HeaderMap) -> Option<Duration> {
    retry_after(headers).or_else(|| rate_limit_reset(headers))
}

/// Returns the time until the rate limit window ends. A value that no window of a minute can have, such as a Unix time, is
/// ignored.
pub(crate) fn rate_limit_reset(headers: &HeaderMap) -> Option<Duration> {
    let reset = seconds(headers.get(&RATELIMIT_RESET)?.to_str().ok()?)?;
    (reset <= MAX_RESET).then_some(reset)
}

/// Returns the wait before the next status request, if the service names one.
pub(crate) fn poll_interval(headers: &HeaderMap) -> Option<Duration> {
    seconds(headers.get(&X_POLL_INTERVAL)?.to_str().ok()?)
}

/// Parses a `Retry-After` value. A date in the past means now.
pub(crate) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    seconds(value).or_else(|| {
        let date = httpdate::parse_http_date(value.trim()).ok()?;
        Some(date.duration_since(now).unwrap_or_default().min(MAX_HINT))
    })
}

fn seconds(value: &str) -> Option<Duration> {
    let seconds: f64 = value.trim().parse().ok()?;
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(MAX_HINT.as_secs_f64())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds_and_in_three_date_formats() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, expected) in [
            ("120", Some(120.0)),
            (" 0 ", Some(0.0)),
            ("1.5", Some(1.5)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10.0)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10.0)),
            ("Sun Nov  6 08:49:47 1994", Some(10.0)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0.0)),
            ("99999999999999999999", Some(86_400.0)),
            ("inf", Some(86_400.0)),
            ("-5", None),
            ("NaN", None),
            ("soon", None),
            ("", None),
        ] {
            let delay = parse_retry_after(value, now).map(|d| d.as_secs_f64());
            assert_eq!(delay, expected, "{value}");
        }
    }

    #[test]
    fn a_wrong_clock_on_either_side_is_harmless() {
        for (date, retry_after_date, expected) in [
            // The service's clock is decades off but consistent.
            (Some("Thu, 01 Jan 1970 00:00:00 GMT"), "Thu, 01 Jan 1970 00:00:30 GMT", 30),
            (Some("Fri, 01 Jan 2100 00:00:00 GMT"), "Fri, 01 Jan 2100 00:00:30 GMT", 30),
            // There is no `Date`, and the local clock disagrees by years: never a negative wait, never more than a day.
            (None, "Thu, 01 Jan 1970 00:00:30 GMT", 0),
            (None, "Fri, 01 Jan 2100 00:00:30 GMT", 86_400),
            (Some("nonsense"), "Fri, 01 Jan 2100 00:00:30 GMT", 86_400),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, retry_after_date.parse().unwrap());
            if let Some(date) = date {
                headers.insert(DATE, date.parse().unwrap());
            }
            assert_eq!(retry_after(&headers), Some(Duration::from_secs(expected)), "{date:?} {retry_after_date}");
        }
    }

    #[test]
    fn the_rate_limit_reset_is_the_fallback() {
        let mut headers = HeaderMap::new();
        headers.insert("RateLimit-Reset", "42".parse().unwrap());
        assert_eq!((retry_after(&headers), rate_limit_wait(&headers)), (None, Some(Duration::from_secs(42))));
        for unusable in ["1795502865", "61", "-1", "soon"] {
            headers.insert("RateLimit-Reset", unusable.parse().unwrap());
            assert_eq!(rate_limit_wait(&headers), None, "{unusable}");
        }
        headers.insert("Retry-After", "7".parse().unwrap());
        assert_eq!(rate_limit_wait(&headers), Some(Duration::from_secs(7)));
    }
}
