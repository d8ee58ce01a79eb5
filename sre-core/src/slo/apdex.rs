//! Pure. Apdex: how satisfied callers are with durations, as one number.

use serde::Serialize;

/// Fewest events for a score to stand without a mark.
const ENOUGH: u64 = 100;

/// How many callers are satisfied, tolerate or are frustrated, for a threshold `T`.
///
/// Satisfied: it went well within `T`. Tolerating: it went well within `4 T`. Frustrated: the rest, and every
/// failure.
///
/// # Examples
///
/// ```
/// use sre_core::slo::{Apdex, ApdexBand};
///
/// let apdex = Apdex::new(1_700, 200, 100);
/// assert_eq!(apdex.score(), Some(0.9));
/// assert_eq!(apdex.band(), Some(ApdexBand::Good));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Apdex {
    satisfied: u64,
    tolerating: u64,
    frustrated: u64,
}

/// What a score is called.
///
/// Ordered from bad to good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: the bands cover every score")]
pub enum ApdexBand {
    /// Below 0.50.
    Unacceptable,
    /// From 0.50 on.
    Poor,
    /// From 0.70 on.
    Fair,
    /// From 0.85 on.
    Good,
    /// From 0.94 on.
    Excellent,
}

/// Whether a score is from enough events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: enough or not")]
pub enum SampleSize {
    /// Fewer than 100 events; show the score with a mark.
    Small,
    /// 100 or more.
    Enough,
}

impl Apdex {
    /// Counts of one window.
    #[must_use]
    pub const fn new(satisfied: u64, tolerating: u64, frustrated: u64) -> Self {
        Self { satisfied, tolerating, frustrated }
    }

    /// Counts from what recorders keep: good events within `T`, good events within `4 T`, and all events.
    ///
    /// Numbers that cannot be, such as more within `T` than within `4 T`, are clamped.
    #[must_use]
    pub const fn from_cumulative(within_t: u64, within_4t: u64, total: u64) -> Self {
        let tolerable = if within_4t < total { within_4t } else { total };
        let satisfied = if within_t < tolerable { within_t } else { tolerable };
        Self::new(satisfied, tolerable - satisfied, total - tolerable)
    }

    /// Events that went well within `T`.
    #[must_use]
    pub const fn satisfied(self) -> u64 {
        self.satisfied
    }

    /// Events that went well between `T` and `4 T`.
    #[must_use]
    pub const fn tolerating(self) -> u64 {
        self.tolerating
    }

    /// All other events.
    #[must_use]
    pub const fn frustrated(self) -> u64 {
        self.frustrated
    }

    /// The score, from 0 to 1; `None` without events.
    ///
    /// # Formula
    ///
    /// `(satisfied + tolerating / 2) / total`, integers first. Source: Apdex Technical Specification 1.1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts above 2^53 lose less than one part in 10^15")]
    pub fn score(self) -> Option<f64> {
        let (doubled, total) = self.halves();
        (total > 0).then(|| doubled as f64 / (2 * total) as f64)
    }

    /// What the score is called; `None` without events.
    #[must_use]
    pub fn band(self) -> Option<ApdexBand> {
        let (doubled, total) = self.halves();
        let reaches = |percent: u128| doubled * 100 >= percent * 2 * total;
        (total > 0).then(|| match () {
            () if reaches(94) => ApdexBand::Excellent,
            () if reaches(85) => ApdexBand::Good,
            () if reaches(70) => ApdexBand::Fair,
            () if reaches(50) => ApdexBand::Poor,
            () => ApdexBand::Unacceptable,
        })
    }

    /// Whether the score is from enough events.
    #[must_use]
    pub fn sample_size(self) -> SampleSize {
        if self.halves().1 < u128::from(ENOUGH) { SampleSize::Small } else { SampleSize::Enough }
    }

    /// Twice the weighted sum, and the total.
    fn halves(self) -> (u128, u128) {
        let [satisfied, tolerating, frustrated] =
            [self.satisfied, self.tolerating, self.frustrated].map(u128::from);
        (2 * satisfied + tolerating, satisfied + tolerating + frustrated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(apdex: Apdex, score: f64, band: ApdexBand) {
        assert!((apdex.score().unwrap() - score).abs() < 1e-12, "{apdex:?} scores {:?}", apdex.score());
        assert_eq!(apdex.band(), Some(band), "{apdex:?}");
    }

    #[test]
    fn bands_begin_at_their_edge() {
        check(Apdex::new(94, 0, 6), 0.94, ApdexBand::Excellent);
        check(Apdex::new(93, 1, 6), 0.935, ApdexBand::Good);
        check(Apdex::new(85, 0, 15), 0.85, ApdexBand::Good);
        check(Apdex::new(70, 0, 30), 0.70, ApdexBand::Fair);
        check(Apdex::new(0, 100, 0), 0.50, ApdexBand::Poor);
        check(Apdex::new(0, 99, 1), 0.495, ApdexBand::Unacceptable);
        check(Apdex::new(u64::MAX, 0, 0), 1.0, ApdexBand::Excellent);
    }

    #[test]
    fn fewer_than_a_hundred_events_are_marked() {
        assert_eq!(Apdex::new(33, 33, 33).sample_size(), SampleSize::Small);
        assert_eq!(Apdex::new(34, 33, 33).sample_size(), SampleSize::Enough);
    }

    #[test]
    fn nothing_has_no_score() {
        assert_eq!((Apdex::default().score(), Apdex::default().band()), (None, None));
    }

    #[test]
    fn cumulative_counts_are_taken_apart_and_clamped() {
        assert_eq!(Apdex::from_cumulative(1_700, 1_900, 2_000), Apdex::new(1_700, 200, 100));
        assert_eq!(Apdex::from_cumulative(9, 5, 7), Apdex::new(5, 0, 2));
        assert_eq!(Apdex::from_cumulative(9, 9, 7), Apdex::new(7, 0, 0));
    }
}
