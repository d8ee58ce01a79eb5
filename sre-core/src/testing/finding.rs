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
    /// When what was expected should have come, and when it came.
    pub(super) times: Vec<u64>,
}

/// How much is drawn at least before and after what matters.
const MARGIN: u64 = 600;

impl Finding {
    /// The part of the scenario that matters for it, with a third of that on both sides; `None` where that is most of it.
    pub(super) fn span(&self, length: u64) -> Option<(u64, u64)> {
        let (first, last) = (*self.times.iter().min()?, *self.times.iter().max()?);
        let margin = ((last - first) / 3).max(MARGIN);
        let from = first.saturating_sub(margin) / 60 * 60;
        let to = last.saturating_add(margin).div_ceil(60).saturating_mul(60).min(length);
        let is_part = to > from && (to - from).saturating_mul(3) < length.saturating_mul(2);
        is_part.then_some((from, to))
    }
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
    let actual = format!("there is no objective {slo}");
    Finding { holds: false, expected, actual, slo: None, tier: None, times: Vec::new() }
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

    #[test]
    fn a_part_is_drawn_where_that_is_enough() {
        let span = |times: &[u64], length| {
            Finding { times: times.to_vec(), ..nobody(String::new(), "") }.span(length)
        };
        assert_eq!(span(&[], 86_400), None);
        assert_eq!(
            span(&[50_000, 50_054], 86_400),
            Some((49_380, 50_700)),
            "ten minutes more, and whole ones"
        );
        assert_eq!(span(&[30_000, 39_000], 86_400), Some((27_000, 42_000)));
        assert_eq!(span(&[54], 86_400), Some((0, 660)));
        assert_eq!(span(&[86_400], 86_400), Some((85_800, 86_400)));
        assert_eq!(span(&[54], 900), None, "most of it");
        assert_eq!(span(&[0, u64::MAX], 900), None);
    }
}
