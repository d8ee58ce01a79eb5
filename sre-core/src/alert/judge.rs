//! Pure. Whether the windows of a tier are above its factor, with the guards for small traffic.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::compare::{Threshold, burns_above, spends_above};
use super::policy::{CLEAR_FACTOR, DerivedTier};
use super::state::{Level, Pair};
use crate::slo::{Confidence, Guards};
use crate::stats::{beta_above, wilson_lower_bound};
use crate::units::{EventCounts, Target};

/// The events of one window, and how much of it was really observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "complete by nature: what was seen, and of how much")]
pub struct Reading {
    /// The events seen; when tiers are judged, overdue calls in flight are among them.
    pub counts: EventCounts,
    /// How much of the window was observed; more than its length counts as its length.
    pub observed: Duration,
    /// The length of the window.
    pub length: Duration,
}

impl Reading {
    /// A window observed from end to end.
    #[must_use]
    pub const fn full(counts: EventCounts, length: Duration) -> Self {
        Self { counts, observed: length, length }
    }

    /// The share of the window that was observed, from 0 to 1.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        let length = self.length.as_secs_f64();
        if length > 0.0 { (self.observed.as_secs_f64() / length).min(1.0) } else { 0.0 }
    }

    /// The events of the window, with those that the unobserved time would have had at the same rate.
    fn whole(self) -> f64 {
        count(self.counts.total()) / self.coverage()
    }
}

/// What the windows of a tier are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Yardstick {
    /// The factor of the tier, at any hour: [`BurnModel::Static`](crate::slo::BurnModel::Static).
    Factor,
    /// A share of the whole period's budget: [`BurnModel::Budget`](crate::slo::BurnModel::Budget).
    Budget {
        /// A span long enough to tell how many events are usual, such as the period.
        usual: Reading,
    },
}

/// The guard that keeps a long window from counting as above the factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Guarded {
    /// Too few events.
    TooFewEvents,
    /// Too few failures.
    TooFewFailures,
    /// The ratio may be high by chance.
    NotConfident,
}

/// Both windows of a tier, and the guard in the way if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "an answer that only grows with a new kind of guard")]
pub struct Judgement {
    /// Where both windows stand.
    pub pair: Pair,
    /// Why the long window, although above the factor, does not count as such.
    pub guarded: Option<Guarded>,
}

/// Judges both windows of a tier; everything a tier is asked each tick.
///
/// A window is above when `coverage * burn > factor`: time that was not observed counts as traffic at the
/// observed rate without errors, so that one bad second of a fresh process pages nobody. The long window also
/// needs the fewest events and failures of `guards`, and with [`Confidence::Wilson`] a lower bound above the
/// threshold. The short window needs a failure, which a factor of 1 or more implies. Guards keep a tier from
/// firing, never from going on: whether it may let go is told by the burn alone.
///
/// # Cost
///
/// Nanoseconds, no allocation; the square root only when the long window is above the factor.
#[must_use]
pub fn judge(
    tier: &DerivedTier,
    target: Target,
    guards: Guards,
    yardstick: Yardstick,
    long: Reading,
    short: Reading,
) -> Judgement {
    let factor = Threshold::new(tier.factor());
    let long_level = level(factor, target, yardstick, long);
    let guarded = match long_level {
        Level::Above => {
            guard_in_the_way(guards, yardstick_ratio(tier, target, yardstick, long), long, target)
        }
        _ => None,
    };
    let long = if guarded.is_some() { Level::Between } else { long_level };
    Judgement { pair: Pair { long, short: level(factor, target, yardstick, short) }, guarded }
}

fn level(factor: Threshold, target: Target, yardstick: Yardstick, window: Reading) -> Level {
    let is_above = |threshold| match yardstick {
        Yardstick::Factor => burns_above(window, threshold, target),
        Yardstick::Budget { usual } => {
            spends_above(window.counts.bad(), window.length, usual, threshold, target)
        }
    };
    if is_above(factor) {
        Level::Above
    } else if is_above(factor.times(Threshold::new(CLEAR_FACTOR))) {
        Level::Between
    } else {
        Level::Below
    }
}

/// The error ratio that a window is compared with.
///
/// With a budget it is what spends the tier's share of the period's budget within this window: fewer events
/// than usual need a higher ratio.
fn yardstick_ratio(tier: &DerivedTier, target: Target, yardstick: Yardstick, window: Reading) -> f64 {
    let ratio = tier.factor() * target.budget_ratio();
    match yardstick {
        Yardstick::Factor => ratio,
        Yardstick::Budget { usual } => {
            let rate = count(usual.counts.total()) / usual.observed.as_secs_f64();
            ratio * rate * window.length.as_secs_f64() / window.whole()
        }
    }
}

fn guard_in_the_way(guards: Guards, ratio: f64, long: Reading, target: Target) -> Option<Guarded> {
    if long.counts.bad() < guards.min_failures() {
        Some(Guarded::TooFewFailures)
    } else if long.counts.total() < guards.min_events() {
        Some(Guarded::TooFewEvents)
    } else if !is_confident(guards.confidence(), long, ratio, target) {
        Some(Guarded::NotConfident)
    } else {
        None
    }
}

/// Whether a guard keeps a long window that is above the factor from counting as such.
#[cfg(feature = "test-util")]
pub(super) fn is_in_the_way(guards: Guards, tier: &DerivedTier, long: Reading, target: Target) -> bool {
    guard_in_the_way(guards, yardstick_ratio(tier, target, Yardstick::Factor, long), long, target).is_some()
}

/// Whether the ratio of the whole window, unobserved time included, is above `ratio` with confidence.
fn is_confident(confidence: Confidence, window: Reading, ratio: f64, target: Target) -> bool {
    let (bad, whole) = (count(window.counts.bad()), window.whole());
    match confidence {
        Confidence::Wilson => wilson_lower_bound(bad, whole).is_some_and(|low| low > ratio),
        Confidence::Posterior { weight } => {
            let weight = f64::from(weight.max(1));
            let (a, b) = (weight * target.budget_ratio() + bad, weight * target.ratio() + whole - bad);
            beta_above(ratio, a, b).is_some_and(|probability| probability > SURE)
        }
        _ => true,
    }
}

/// How probable it must be that the ratio is above the threshold.
const SURE: f64 = 0.95;

#[expect(clippy::cast_precision_loss, reason = "counts above 2^53 lose less than one part in 10^15")]
const fn count(events: u64) -> f64 {
    events as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::derive_tiers;
    use crate::alert::state::Trend;
    use crate::slo::{Objective, Period, TierSource};

    const TARGET: Target = Target::new(0.999);

    fn page() -> DerivedTier {
        derive_tiers(Period::default(), TierSource::default(), TARGET)[0]
    }

    const HOUR: Duration = Duration::from_secs(3_600);

    fn full(bad: u64, total: u64) -> Reading {
        Reading::full(EventCounts::from_total(total, bad), HOUR)
    }

    fn judged(long: Reading, short: Reading) -> Judgement {
        judge(&page(), TARGET, Guards::DEFAULT, Yardstick::Factor, long, short)
    }

    #[test]
    fn the_comparison_is_strict_at_both_thresholds() {
        let levels = |bad| judged(full(bad, 100_000), full(bad, 100_000)).pair.short;
        assert_eq!(levels(1_440), Level::Between, "14.4 is not above 14.4");
        assert_eq!(levels(1_441), Level::Above);
        assert_eq!(levels(1_296), Level::Below, "12.96 is not above 0.9 * 14.4");
        assert_eq!(levels(1_297), Level::Between);
    }

    #[test]
    fn no_events_are_below_anything() {
        let judged = judged(full(0, 0), full(0, 0));
        assert_eq!((judged.pair, judged.guarded), (Pair::default(), None));
    }

    #[test]
    fn guards_name_what_is_missing() {
        let long = |bad, total| judged(full(bad, total), full(bad, total));
        assert_eq!(long(2, 2).guarded, Some(Guarded::TooFewFailures));
        assert_eq!(long(3, 9).guarded, Some(Guarded::TooFewEvents));
        assert_eq!(long(3, 10).guarded, None);
        assert_eq!(long(10, 450).guarded, Some(Guarded::NotConfident));
        assert_eq!(long(10, 450).pair.trend(), Trend::Starting, "the short window has no such guard");
        assert_eq!(long(10, 450).pair.long, Level::Between);
        assert_eq!(long(10, 400).pair.trend(), Trend::Burning);
    }

    #[test]
    fn guards_can_be_lifted_one_by_one() {
        let objective =
            Objective::availability(0.999).min_events(1).min_failures(1).confidence(Confidence::Off);
        let long = full(1, 1);
        let judged = judge(&page(), TARGET, objective.terms().guards(), Yardstick::Factor, long, full(1, 1));
        assert_eq!((judged.pair.trend(), judged.guarded), (Trend::Burning, None));
    }

    #[test]
    fn a_guard_does_not_make_a_tier_let_go() {
        assert!(!judged(full(10, 450), full(10, 450)).pair.is_clear());
    }

    #[test]
    fn a_young_window_counts_unobserved_time_as_good() {
        let young = |seconds: u64| {
            let counts = EventCounts::new(0, 100 * seconds);
            let seen = |length| Reading { counts, observed: Duration::from_secs(seconds), length };
            judged(seen(HOUR), seen(HOUR / 12))
        };
        assert_eq!(young(51).pair.long, Level::Between);
        assert_eq!(young(52).guarded, Some(Guarded::NotConfident), "above 51.84 s, not yet sure");
        assert_eq!(young(54).pair.trend(), Trend::Burning, "as soon as in warm windows");
    }

    #[test]
    fn coverage_is_at_least_nothing_and_at_most_all() {
        let counts = EventCounts::new(0, 1_000);
        let level = |observed, length| {
            let reading = Reading { counts, observed, length };
            (judged(reading, reading).pair.long, reading.coverage())
        };
        assert_eq!(level(Duration::ZERO, HOUR), (Level::Below, 0.0));
        assert_eq!(level(Duration::MAX, HOUR), (Level::Above, 1.0));
        assert_eq!(level(HOUR, Duration::ZERO), (Level::Below, 0.0));
    }

    #[test]
    fn a_budget_asks_more_of_a_quiet_hour_than_of_a_busy_one() {
        let objective = Objective::availability(0.999).min_failures(1).confidence(Confidence::Off);
        let month = Reading::full(EventCounts::new(720_000, 0), Duration::from_secs(30 * 86_400));
        let yardstick = Yardstick::Budget { usual: month };
        let above = |bad, total, length| {
            let reading = Reading::full(EventCounts::from_total(total, bad), length);
            let judged = judge(&page(), TARGET, objective.terms().guards(), yardstick, reading, reading);
            judged.pair.short == Level::Above
        };
        // 2 % of 720 allowed failures are 14.4, whether 7.2 % of 200 or 0.36 % of 4,000.
        for total in [200, 4_000] {
            assert!(!above(14, total, HOUR) && above(15, total, HOUR), "{total} events in the long window");
            assert!(
                !above(1, total, HOUR / 12) && above(2, total, HOUR / 12),
                "{total} events in the short window"
            );
        }
    }
}
