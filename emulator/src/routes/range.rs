//! The `Range` header.

/// A `Range` header, applied to a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// The header is ignored: the whole file is sent.
    Whole,
    /// Bytes `first` to `last`, both included.
    Part { first: u64, last: u64 },
    /// The range is outside of the file.
    NotSatisfiable,
}

impl Range {
    /// Parses a header with a single range for a file of `length` bytes.
    pub(super) fn parse(header: &str, length: u64) -> Self {
        Self::parse_valid(header, length).unwrap_or(Self::Whole)
    }

    /// Returns `None` if the header has to be ignored.
    fn parse_valid(header: &str, length: u64) -> Option<Self> {
        let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
        let end = length.checked_sub(1)?;
        if first.is_empty() {
            let suffix: u64 = last.parse().ok()?;
            let part = Self::Part { first: length.saturating_sub(suffix), last: end };
            return Some(if suffix > 0 { part } else { Self::NotSatisfiable });
        }
        let first: u64 = first.parse().ok()?;
        let last = if last.is_empty() { end } else { last.parse::<u64>().ok()?.min(end) };
        if first > end {
            return Some(Self::NotSatisfiable);
        }
        (first <= last).then_some(Self::Part { first, last })
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn ranges_are_parsed_as_defined_by_http() {
        let part = |first, last| Range::Part { first, last };
        let cases = [
            ("bytes=0-9", part(0, 9)),
            ("bytes=90-", part(90, 99)),
            ("bytes=90-500", part(90, 99)),
            ("bytes=-10", part(90, 99)),
            ("bytes=-500", part(0, 99)),
            ("bytes=100-", Range::NotSatisfiable),
            ("bytes=-0", Range::NotSatisfiable),
            ("bytes=9-0", Range::Whole),
            ("bytes=0-9,20-29", Range::Whole),
            ("items=0-9", Range::Whole),
            ("bytes=a-b", Range::Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(Range::parse(header, 100), expected, "{header}");
        }
    }
}
