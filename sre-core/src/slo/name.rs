//! Pure. What SLOs are called: the rule for names, and the names nobody had to give.

use super::objective::Objective;
use crate::units::duration_text;

/// The longest name: that of an SLI with the longest default ending has room.
const LENGTH_MAX: usize = 160;

/// Whether a name has 2 to 160 characters, starts and ends with a letter or digit and has only letters, digits,
/// `.`, `_` and `-` inside: what Sloth accepts.
pub(crate) const fn is_valid(name: &str) -> bool {
    match name.as_bytes() {
        [first, inside @ .., last] if name.len() <= LENGTH_MAX => {
            first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() && all_inner(inside)
        }
        _ => false,
    }
}

const fn all_inner(mut rest: &[u8]) -> bool {
    while let [byte, next @ ..] = rest {
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')) {
            return false;
        }
        rest = next;
    }
    true
}

/// `==` for constants.
pub(super) const fn is_equal(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    loop {
        match (one, other) {
            ([], []) => return true,
            ([a, one_rest @ ..], [b, other_rest @ ..]) if *a == *b => (one, other) = (one_rest, other_rest),
            _ => return false,
        }
    }
}

/// The start of a refused text: enough to find it, never a megabyte of it in a log, and nothing that a terminal obeys.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    let mut excerpt = String::new();
    for character in text.chars().take(120) {
        match character {
            // Quotes stay as they are, unlike in literals.
            '\'' | '"' => excerpt.push(character),
            other => excerpt.extend(other.escape_debug()),
        }
    }
    excerpt.into()
}

/// The names of all objectives of an SLI, in their order; what the label `slo` says.
///
/// A given name is kept. Otherwise it is `<sli>-availability` or `<sli>-latency`, and where an SLI has several
/// latency objectives each gets its threshold appended: `checkout-latency-300ms`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sre_core::slo::{Objective, slo_names};
///
/// let fast = Objective::latency(0.9, Duration::from_millis(100));
/// let bearable = Objective::latency(0.99, Duration::from_secs(1));
/// assert_eq!(slo_names("search", &[fast, bearable]), ["search-latency-100ms", "search-latency-1s"]);
/// assert_eq!(slo_names("search", &[fast]), ["search-latency"]);
/// ```
#[must_use]
pub fn slo_names(sli: &str, objectives: &[Objective]) -> Vec<String> {
    let latencies = objectives.iter().filter(|objective| objective.threshold().is_some()).count();
    objectives.iter().map(|objective| slo_name(sli, objective, latencies > 1)).collect()
}

fn slo_name(sli: &str, objective: &Objective, with_threshold: bool) -> String {
    let kind = objective.kind().as_str();
    match (objective.given_name(), objective.threshold()) {
        (Some(given), _) => given.to_owned(),
        (None, Some(threshold)) if with_threshold => format!("{sli}-{kind}-{}", duration_text(threshold)),
        (None, _) => format!("{sli}-{kind}"),
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn names_follow_the_rule_that_rules_and_labels_share() {
        for good in ["ab", "a.b", "checkout-latency-2500us", "A_1", "0-0"] {
            assert!(is_valid(good), "{good}");
        }
        assert!(is_valid(&"a".repeat(160)) && !is_valid(&"a".repeat(161)));
        for bad in ["", "a", "-a", "a-", "a b", "a/b", "größe", "a\n", ".", "a\0b"] {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }

    #[test]
    fn of_a_refused_text_the_start_is_shown_and_nothing_that_a_terminal_obeys() {
        assert_eq!(&*excerpt("a b, \"größe\" 'ok'"), "a b, \"größe\" 'ok'");
        assert_eq!(&*excerpt("a\n\u{1b}[2J\0\\ \u{202e}"), r"a\n\u{1b}[2J\0\\ \u{202e}");
        assert_eq!(&*excerpt(&"ä".repeat(1 << 20)), "ä".repeat(120));
        assert!(excerpt(&"\u{10ffff}".repeat(1 << 20)).len() <= 120 * 10);
    }

    #[test]
    fn names_are_derived_unless_given() {
        let latency = |ms| Objective::latency(0.99, Duration::from_millis(ms));
        let objectives =
            [Objective::availability(0.9), latency(300), latency(60_000), latency(1).named("fast")];
        assert_eq!(
            slo_names("pay", &objectives),
            ["pay-availability", "pay-latency-300ms", "pay-latency-1m", "fast"]
        );
    }

    #[test]
    fn equality_in_constants_is_equality() {
        for (one, other) in [("", ""), ("a", "a"), ("a", "b"), ("a", "ab"), ("ab", "a"), ("", "a")] {
            assert_eq!(is_equal(one, other), one == other, "{one:?} {other:?}");
        }
    }
}
