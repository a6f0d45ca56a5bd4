//! Durations and sizes as people write and read them.

use std::time::Duration;

use indicatif::HumanBytes;

/// Parses a duration: `90s`, `2m 30s`, or plain seconds.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let duration = match seconds {
        Some(duration) => duration,
        None => humantime::parse_duration(text).map_err(|e| format!("{e}; write it as 90s or 2m"))?,
    };
    if duration.is_zero() { Err("the duration must be greater than zero".into()) } else { Ok(duration) }
}

/// Formats a duration with the precision that matters: `1.2 s`, `45 s`, `20 min`.
pub(crate) fn format_duration(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds < 9.95 => format!("{seconds:.1} s"),
        seconds if seconds < 99.5 => format!("{seconds:.0} s"),
        seconds => format!("{:.0} min", seconds / 60.0),
    }
}

/// Formats a number of bytes: `60.07 KiB`.
pub(crate) fn format_bytes(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_as_people_write_them() {
        for (text, millis) in [("90", 90_000), ("0.5", 500), ("90s", 90_000), ("2m 30s", 150_000), ("1h", 3_600_000)] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "soon", "0", "0s", "-1", "nan"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_formatted_with_the_precision_that_matters() {
        for (millis, expected) in
            [(0, "0.0 s"), (1234, "1.2 s"), (9990, "10 s"), (45_000, "45 s"), (1_200_000, "20 min")]
        {
            assert_eq!(format_duration(Duration::from_millis(millis)), expected);
        }
    }
}
