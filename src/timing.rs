//! What the service says of timing, in headers. It beats what we guess.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use tokio::time::Instant;

pub(crate) static RATELIMIT_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
static X_POLL_INTERVAL: HeaderName = HeaderName::from_static("x-poll-interval");

/// No hint is longer: a larger number is a mistake on the other side.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The point in time after a duration. One without end gives a point so far away that it never comes.
pub(crate) fn after(start: Instant, duration: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    start + duration.min(FAR)
}

/// How long the service asks to wait: `Retry-After`, in seconds or as a date of any of the three HTTP forms.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let value = text(RETRY_AFTER)?;
    // The service's own clock, when it tells: ours may be wrong.
    let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    parse_retry_after(value, now.unwrap_or_else(SystemTime::now))
}

/// When a limit that was hit is lifted: `Retry-After`, else `RateLimit-Reset` in seconds. The latter comes with answers
/// of every kind and says nothing of when to ask again, unless the limit was hit.
pub(crate) fn limit_lifted(headers: &HeaderMap) -> Option<Duration> {
    retry_after(headers).or_else(|| seconds(headers.get(&RATELIMIT_RESET)?.to_str().ok()?))
}

/// How long to wait before the next status call, when the service says so.
pub(crate) fn poll_interval(headers: &HeaderMap) -> Option<Duration> {
    seconds(headers.get(&X_POLL_INTERVAL)?.to_str().ok()?)
}

/// A `Retry-After` value. A date in the past means now.
pub(crate) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    seconds(value).or_else(|| {
        let date = httpdate::parse_http_date(value.trim()).ok()?;
        Some(date.duration_since(now).unwrap_or_default().min(LONGEST))
    })
}

fn seconds(value: &str) -> Option<Duration> {
    let seconds: f64 = value.trim().parse().ok()?;
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST.as_secs_f64())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_comes_in_seconds_and_in_three_kinds_of_date() {
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
    fn a_clock_that_is_wrong_on_either_side_does_no_harm() {
        for (date, retry_after_date, expected) in [
            // The service's clock is decades off, but with itself it agrees.
            (Some("Thu, 01 Jan 1970 00:00:00 GMT"), "Thu, 01 Jan 1970 00:00:30 GMT", 30),
            (Some("Fri, 01 Jan 2100 00:00:00 GMT"), "Fri, 01 Jan 2100 00:00:30 GMT", 30),
            // It does not tell its time, and ours disagrees by years: never a negative wait, never more than a day.
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
    fn a_time_without_end_is_no_overflow() {
        let now = Instant::now();
        assert!(after(now, Duration::MAX) > now + Duration::from_secs(86_400));
        assert_eq!(after(now, Duration::from_secs(1)), now + Duration::from_secs(1));
    }

    #[test]
    fn the_rate_limit_reset_is_the_second_choice() {
        let mut headers = HeaderMap::new();
        headers.insert("RateLimit-Reset", "42".parse().unwrap());
        assert_eq!((retry_after(&headers), limit_lifted(&headers)), (None, Some(Duration::from_secs(42))));
        headers.insert("Retry-After", "7".parse().unwrap());
        assert_eq!(limit_lifted(&headers), Some(Duration::from_secs(7)));
    }
}
