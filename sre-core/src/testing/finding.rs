//! Pure. Whether one expectation was met, in words.

use super::replayed::{ObjectiveReplayed, Replayed};

/// What became of one expectation.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) holds: bool,
    pub(super) expected: String,
    pub(super) actual: String,
    /// The objective and the tier that a chart of it shows.
    pub(super) slo: Option<String>,
    pub(super) tier: Option<String>,
}

/// Seconds as scenarios have them: `1h54s`.
pub(super) fn text(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let mut rest = seconds;
    let parts = UNITS.map(|(length, name)| {
        let count = rest / length;
        rest %= length;
        if count > 0 { format!("{count}{name}") } else { String::new() }
    });
    if seconds == 0 { "0s".to_owned() } else { parts.concat() }
}

/// The objectives that an expectation is about.
pub(super) fn objectives<'a>(
    replayed: &'a Replayed,
    slo: Option<&str>,
) -> impl Iterator<Item = &'a ObjectiveReplayed> {
    replayed.objectives.iter().filter(move |objective| slo.is_none_or(|slo| *objective.slo == *slo))
}

/// There is no objective of this name.
pub(super) fn nobody(expected: String, slo: &str) -> Finding {
    Finding { holds: false, expected, actual: format!("there is no objective {slo}"), slo: None, tier: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_texts_that_scenarios_read() {
        for (seconds, expected) in [(0, "0s"), (54, "54s"), (3_654, "1h54s"), (93_600, "1d2h"), (61, "1m1s")]
        {
            assert_eq!(text(seconds), expected);
        }
        assert_eq!(super::super::span::seconds(text(93_784).as_str()), 93_784);
    }
}
