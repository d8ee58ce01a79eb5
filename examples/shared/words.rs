//! Pure. Numbers as people say them.

use std::time::Duration;

/// A duration in its two largest units: `3 h 20 min`, `5 d 4 h`, `40 s`.
#[must_use]
pub fn spoken(duration: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let seconds = duration.as_secs();
    let largest = UNITS.iter().position(|(length, _)| seconds >= *length).unwrap_or(UNITS.len() - 1);
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (place, (length, name)) in UNITS.iter().enumerate().skip(largest).take(2) {
        let count = rest / length;
        rest %= length;
        if place == largest || count > 0 {
            parts.push(format!("{count} {name}"));
        }
    }
    parts.join(" ")
}

/// A duration as a stopwatch shows it: `01:05`, `1:02:03`.
#[must_use]
pub fn stopwatch(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// A ratio in percent with at most `decimals` places, and without zeros at the end: `99.9 %`.
#[must_use]
pub fn percent(ratio: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", ratio * 100.0);
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let short = if short == "-0" { "0" } else { short };
    format!("{short} %")
}

/// A count with its thousands apart: `12,345`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (12_000, "3 h 20 min"),
            (3_601, "1 h"),
        ] {
            assert_eq!(spoken(Duration::from_secs(seconds)), expected, "{seconds} s");
        }
    }

    #[test]
    fn stopwatches_show_hours_only_when_there_are_some() {
        for (seconds, expected) in [(0, "00:00"), (65, "01:05"), (3_599, "59:59"), (3_723, "1:02:03")] {
            assert_eq!(stopwatch(Duration::from_secs(seconds)), expected, "{seconds} s");
        }
    }

    #[test]
    fn percents_have_no_needless_zeros() {
        for (ratio, expected) in [(0.999, "99.9 %"), (1.0, "100 %"), (-0.000_01, "0 %"), (0.999_7, "99.97 %")]
        {
            assert_eq!(percent(ratio, 2), expected, "{ratio}");
        }
        assert_eq!(percent(0.5, 0), "50 %");
    }

    #[test]
    fn thousands_stand_apart() {
        for (count, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), expected);
        }
    }
}
