//! Pure. The one text form of a duration: thresholds, windows and periods read the same everywhere.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use core::time::Duration;

/// Units from the longest to the shortest, in nanoseconds.
const UNITS: [(&str, u128); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// A week, which is read but never written, because `7d` is what Prometheus people expect.
const WEEK: (&str, u128) = ("w", 604_800_000_000_000);

/// The text of a duration in the longest unit that divides it: `300ms`, `1s`, `5m`, `2500us`, `30d`.
///
/// Metrics, rules, dashboards, status and default SLO names all call this, so a label equals the string in
/// the rule. [`parse_duration`](crate::units::parse_duration) reads it back to the same duration.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sre_core::units::duration_text;
///
/// assert_eq!(duration_text(Duration::from_millis(300)), "300ms");
/// assert_eq!(duration_text(Duration::from_secs(90)), "90s");
/// assert_eq!(duration_text(Duration::from_secs(86_400)), "1d");
/// ```
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    let unit = UNITS.iter().find(|(_, length)| nanos.is_multiple_of(*length));
    let (name, length) = unit.unwrap_or(&("ns", 1));
    format!("{}{name}", nanos.checked_div(*length).unwrap_or(nanos))
}

/// The duration that a text means, if it means one; see [`parse_duration`](crate::units::parse_duration).
pub(crate) fn duration_of_text(text: &str) -> Option<Duration> {
    nanos_of(text.trim()).and_then(duration_of_nanos)
}

fn nanos_of(text: &str) -> Option<u128> {
    let (mut rest, mut nanos) = (text, 0_u128);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (number, after) = split_where(rest, |c| !c.is_ascii_digit())?;
        let (unit, next) = split_where(after, |c| c.is_ascii_digit()).unwrap_or((after, ""));
        let part = number.parse::<u128>().ok()?.checked_mul(unit_length(unit)?)?;
        nanos = nanos.checked_add(part)?;
        rest = next;
    }
    Some(nanos)
}

/// Splits before the first character that fits; `None` when none does.
fn split_where(text: &str, at: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    text.find(at).and_then(|index| text.split_at_checked(index))
}

fn unit_length(unit: &str) -> Option<u128> {
    UNITS.iter().chain([&WEEK]).find(|(name, _)| *name == unit).map(|(_, length)| *length)
}

fn duration_of_nanos(nanos: u128) -> Option<Duration> {
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::units::parse_duration;

    #[track_caller]
    fn check(duration: Duration, text: &str) {
        assert_eq!(duration_text(duration), text);
        assert_eq!(parse_duration(text), Ok(duration), "{text}");
    }

    #[test]
    fn the_longest_unit_that_divides_is_written_and_read_back() {
        check(Duration::ZERO, "0s");
        check(Duration::from_nanos(1), "1ns");
        check(Duration::from_micros(2_500), "2500us");
        check(Duration::from_millis(300), "300ms");
        check(Duration::from_secs(1), "1s");
        check(Duration::from_secs(60), "1m");
        check(Duration::from_secs(90), "90s");
        check(Duration::from_secs(3_600), "1h");
        check(Duration::from_secs(30 * 86_400), "30d");
        check(Duration::new(1, 1), "1000000001ns");
    }

    #[test]
    fn the_longest_duration_survives_the_way_there_and_back() {
        check(Duration::MAX, &format!("{}ns", Duration::MAX.as_nanos()));
        check(Duration::from_secs(u64::MAX), &format!("{}s", u64::MAX));
    }

    #[test]
    fn sums_of_units_are_read() {
        assert_eq!(parse_duration(" 1h30m "), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("4w"), Ok(Duration::from_secs(28 * 86_400)));
        assert_eq!(parse_duration("1s500ms"), Ok(Duration::from_millis(1_500)));
    }

    #[test]
    fn texts_without_number_or_known_unit_are_refused() {
        for text in [
            "",
            " ",
            "d",
            "30",
            "30 d",
            "1.5h",
            "-1s",
            "5x",
            "1d2",
            "99999999999999999999d",
            "1mo",
            "\u{663}s",
        ] {
            assert_eq!(parse_duration(text), Err(Error::DurationText { text: text.into() }), "{text:?}");
        }
    }
}
