//! Pure. Durations and periods as text, in the one form that `sre_core` reads and writes.

use std::time::Duration;

const DAY: u64 = 86_400;

/// Units with their length in nanoseconds; the list is the one of `sre_core::units::parse_duration`.
const UNITS: [(&str, u128); 8] = [
    ("w", 7 * 86_400_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// The longest latency threshold.
pub(crate) const THRESHOLD_MAX: Duration = Duration::from_secs(DAY);
/// The shortest and the longest rolling period.
pub(crate) const PERIOD_RANGE: (Duration, Duration) =
    (Duration::from_secs(60), Duration::from_secs(92 * DAY));

/// Reads `300ms`, `1h30m` or `7d`: whole numbers, each with a unit.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut nanos = 0_u128;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (number, after) = split_where(rest, |c| !c.is_ascii_digit());
        let (unit, next) = split_where(after, |c| c.is_ascii_digit());
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
        nanos = number.parse::<u128>().ok()?.checked_mul(*length)?.checked_add(nanos)?;
        rest = next;
    }
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

/// Splits before the first character that fits, or at the end.
fn split_where(text: &str, at: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(at).and_then(|index| text.split_at_checked(index)).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_with_units_are_read() {
        for (text, expected) in [
            ("250ms", Duration::from_millis(250)),
            ("0s", Duration::ZERO),
            ("1h30m", Duration::from_secs(5_400)),
            (" 7d ", Duration::from_secs(7 * DAY)),
            ("4w", Duration::from_secs(28 * DAY)),
            ("2500us", Duration::from_micros(2_500)),
            ("1ns", Duration::from_nanos(1)),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", " ", "250", "ms", "1.5h", "-1s", "5x", "30 d", "1d2", "99999999999999999999d", "µs"]
        {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
