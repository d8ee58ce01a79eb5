//! Pure. Numbers as people read them, and text that cannot leave its place in a page.

use std::fmt;
use std::time::Duration;

/// Characters of a name or a label value that a page shows.
const SHOWN_CHARS_MAX: usize = 120;

/// Text inside an element or a quoted attribute.
///
/// Long text is cut; control characters, and those that turn the direction of reading, are shown as a replacement.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, char) in self.0.chars().enumerate() {
            if at >= SHOWN_CHARS_MAX {
                return f.write_str("…");
            }
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                _ if char.is_control() || turns_direction(char) => f.write_str("\u{FFFD}")?,
                _ => write!(f, "{char}")?,
            }
        }
        Ok(())
    }
}

const fn turns_direction(char: char) -> bool {
    matches!(char, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{061C}')
}

/// A duration in three figures: `340 µs`, `12.3 ms`, `1.25 s`, `2 min 5 s`.
pub(super) struct Latency(pub(super) Duration);

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        if seconds >= 119.5 {
            let whole = self.0.as_secs();
            return write!(f, "{} min {} s", whole / 60, whole % 60);
        }
        // From a value on that would be written as 1000 of the smaller unit.
        let (value, unit) = if seconds >= 0.999_5 {
            (seconds, "s")
        } else if seconds >= 0.000_999_5 {
            (seconds * 1e3, "ms")
        } else if seconds >= 0.000_000_999_5 {
            (seconds * 1e6, "µs")
        } else {
            (seconds * 1e9, "ns")
        };
        write!(f, "{} {unit}", ThreeFigures(value))
    }
}

/// A number in three figures, and not less than its whole part: `0.42`, `14.4`, `1000`.
pub(super) struct ThreeFigures(pub(super) f64);

impl fmt::Display for ThreeFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        let decimals = if value.abs() >= 99.95 {
            0
        } else if value.abs() >= 9.995 {
            1
        } else {
            2
        };
        let text = format!("{value:.decimals$}");
        let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        f.write_str(if short == "-0" { "0" } else { short })
    }
}

/// A ratio in percent, `99.95 %`, with as many decimals as it needs and at most seven: a target has nine in its ratio.
pub(super) struct Percent(pub(super) f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.7}", self.0 * 100.0);
        write!(f, "{} %", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A count with thin spaces between thousands.
pub(super) struct Count(pub(super) u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_str("\u{202F}")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(shown: impl fmt::Display, expected: &str) {
        assert_eq!(shown.to_string(), expected);
    }

    #[test]
    fn text_stays_in_its_place() {
        check(
            Text("</td><script>alert('x')</script>"),
            "&lt;/td&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;",
        );
        check(Text("\" onload=\"&"), "&quot; onload=&quot;&amp;");
        check(Text("a\0b\nc\u{202E}d"), "a\u{FFFD}b\u{FFFD}c\u{FFFD}d");
        check(Text("größe \u{1F980}"), "größe \u{1F980}");
        check(Text(&"x".repeat(1 << 20)), &("x".repeat(120) + "…"));
    }

    #[test]
    fn durations_have_three_figures() {
        for (nanos, expected) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1 µs"),
            (340_499, "340 µs"),
            (999_600, "1 ms"),
            (12_345_678, "12.3 ms"),
            (999_900_000, "1 s"),
            (1_254_000_000, "1.25 s"),
            (119_400_000_000, "119 s"),
            (125_000_000_000, "2 min 5 s"),
        ] {
            check(Latency(Duration::from_nanos(nanos)), expected);
        }
    }

    #[test]
    fn numbers_are_short_and_not_wrong() {
        check(ThreeFigures(14.4), "14.4");
        check(ThreeFigures(0.0), "0");
        check(ThreeFigures(-0.001), "0");
        check(ThreeFigures(0.419), "0.42");
        check(ThreeFigures(1_000.0), "1000");
        check(ThreeFigures(99.96), "100");
        check(Percent(0.999), "99.9 %");
        check(Percent(0.999_999_5), "99.99995 %");
        check(Percent(0.999_999_999), "99.9999999 %");
        check(Percent(0.295), "29.5 %");
        check(Percent(-1.5), "-150 %");
        check(Count(0), "0");
        check(Count(999), "999");
        check(Count(1_234_567), "1\u{202F}234\u{202F}567");
    }
}
