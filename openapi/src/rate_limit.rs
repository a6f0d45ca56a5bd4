//! Rate limits, which the document has in prose.

/// Reads "Rate limit: 30,000 requests per minute" out of a description.
///
/// Emphasis, case and the words "request" and "requests" do not matter; a limit for another span of time is not read.
#[must_use]
pub fn rate_limit(description: &str) -> Option<u32> {
    let text = description.to_ascii_lowercase();
    let (_, rest) = text.split_once("rate limit")?;
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
    let (number, unit) = rest.split_at(end);
    let unit = unit.trim_start();
    let unit = ["requests", "request"].iter().find_map(|word| unit.strip_prefix(word)).unwrap_or(unit).trim_start();
    let is_per_minute = ["per minute", "a minute", "/min", "/ min"].iter().any(|start| unit.starts_with(start));
    number.replace(',', "").parse().ok().filter(|_| is_per_minute)
}

#[cfg(test)]
mod tests {
    use super::rate_limit;

    #[test]
    fn a_rate_limit_is_read_from_prose() {
        for (text, expected) in [
            ("Fast. Rate limit: 500 requests per minute.", Some(500)),
            ("**Rate limit**: 30,000 requests per minute", Some(30_000)),
            ("Rate Limit: 10000 requests/min", Some(10_000)),
            ("Rate limit: 5 per minute", Some(5)),
            ("Rate limit: 1 request per minute", Some(1)),
            ("Rate limit: 10 requests per second", None),
            ("Rate limit: 99,999,999,999 requests per minute", None),
            ("No limit of 5 is named here", None),
            ("The rate limit is that of the model.", None),
            ("The rate limit is low. 5 requests per minute were seen.", None),
        ] {
            assert_eq!(rate_limit(text), expected, "{text}");
        }
    }
}
