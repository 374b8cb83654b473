//! Times as the outside sees them: RFC 3339 in UTC on HTTP, milliseconds since the Unix epoch in frames.

use jiff::Timestamp;
use queue_domain::Stamp;

/// A stamp as RFC 3339 in UTC with milliseconds, such as `2026-12-05T01:00:00.000Z`.
pub fn rfc3339(stamp: Stamp) -> String {
    let millisecond = i64::try_from(stamp.0)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX);
    format!("{millisecond:.3}")
}

/// Parses RFC 3339 with any offset. `None` before 1970 or when it is not a time.
pub fn parse_rfc3339(text: &str) -> Option<Stamp> {
    let timestamp: Timestamp = text.parse().ok()?;
    u64::try_from(timestamp.as_millisecond()).ok().map(Stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_written_in_utc_and_read_with_any_offset() {
        let stamp = parse_rfc3339("2026-12-05T10:00:00+09:00").expect("a time");
        assert_eq!(rfc3339(stamp), "2026-12-05T01:00:00.000Z");
        assert_eq!(parse_rfc3339(&rfc3339(stamp)), Some(stamp));
        assert_eq!(parse_rfc3339("yesterday"), None);
    }
}
