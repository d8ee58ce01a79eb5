//! Pure. Whether the windows of a tier are above its factor, with the guards for small traffic.

use serde::{Deserialize, Serialize};

use super::policy::{CLEAR_FACTOR, DerivedTier};
use super::state::{Level, Pair};
use crate::slo::{Confidence, Guards, Period, burn_rate};
use crate::stats::wilson_lower_bound;
use crate::units::{EventCounts, Target};

/// The events of one window, and how much of it was really observed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "complete by nature: what was seen, and of how much")]
pub struct Reading {
    /// The events seen; when tiers are judged, overdue calls in flight are among them.
    pub counts: EventCounts,
    /// The share of the window that was observed, from 0 to 1.
    pub coverage: f64,
}

impl Reading {
    /// A window observed from end to end.
    #[must_use]
    pub const fn full(counts: EventCounts) -> Self {
        Self { counts, coverage: 1.0 }
    }
}

/// What the windows of a tier are compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Yardstick {
    /// The factor of the tier, at any hour: [`BurnModel::Static`](crate::slo::BurnModel::Static).
    Factor,
    /// A share of the whole period's budget: [`BurnModel::Budget`](crate::slo::BurnModel::Budget).
    Budget {
        /// The span the budget is granted for.
        period: Period,
        /// The events that a whole period is expected to have.
        projected_events: f64,
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
    let long_factor = factor_of(tier.factor(), tier.long(), yardstick, long);
    let short_factor = factor_of(tier.factor(), tier.short(), yardstick, short);
    let (long_level, short_level) = (level(long, target, long_factor), level(short, target, short_factor));
    let guarded = match long_level {
        Level::Above => guard_in_the_way(guards, target, long_factor, long),
        _ => None,
    };
    let long_level = if guarded.is_some() { Level::Between } else { long_level };
    Judgement { pair: Pair { long: long_level, short: short_level }, guarded }
}

/// The burn rate that a window is compared with.
///
/// With a budget it is what spends the tier's share of the period's budget within this window: fewer events
/// than usual need a higher ratio.
fn factor_of(factor: f64, window: core::time::Duration, yardstick: Yardstick, reading: Reading) -> f64 {
    match yardstick {
        Yardstick::Factor => factor,
        Yardstick::Budget { period, projected_events } => {
            let usual = projected_events * window.as_secs_f64() / period.length().as_secs_f64();
            factor * usual / whole(reading)
        }
    }
}

fn level(reading: Reading, target: Target, factor: f64) -> Level {
    let burn = burn_rate(reading.counts, target).map(|burn| burn.get() * share(reading.coverage));
    match burn {
        Some(burn) if burn > factor => Level::Above,
        Some(burn) if burn > CLEAR_FACTOR * factor => Level::Between,
        _ => Level::Below,
    }
}

fn guard_in_the_way(guards: Guards, target: Target, factor: f64, long: Reading) -> Option<Guarded> {
    if long.counts.bad() < guards.min_failures() {
        Some(Guarded::TooFewFailures)
    } else if long.counts.total() < guards.min_events() {
        Some(Guarded::TooFewEvents)
    } else if guards.confidence() == Confidence::Wilson && !is_confident(long, target, factor) {
        Some(Guarded::NotConfident)
    } else {
        None
    }
}

/// Whether the ratio of the whole window, unobserved time included, is above the threshold with confidence.
fn is_confident(reading: Reading, target: Target, factor: f64) -> bool {
    wilson_lower_bound(count(reading.counts.bad()), whole(reading))
        .is_some_and(|low| low > factor * target.budget_ratio())
}

/// The events of the window, with those that the unobserved time would have had at the same rate.
fn whole(reading: Reading) -> f64 {
    count(reading.counts.total()) / share(reading.coverage)
}

fn share(coverage: f64) -> f64 {
    if coverage > 0.0 { coverage.min(1.0) } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "counts above 2^53 lose less than one part in 10^15")]
const fn count(events: u64) -> f64 {
    events as f64
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::alert::derive_tiers;
    use crate::alert::state::Trend;
    use crate::slo::{Objective, TierSource};

    const TARGET: Target = Target::new(0.999);

    fn page() -> DerivedTier {
        derive_tiers(Period::default(), TierSource::default(), TARGET)[0]
    }

    fn full(bad: u64, total: u64) -> Reading {
        Reading::full(EventCounts::from_total(total, bad))
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
            let seen = |window: f64| Reading { counts, coverage: (seconds as f64 / window).min(1.0) };
            judged(seen(3_600.0), seen(300.0))
        };
        assert_eq!(young(51).pair.long, Level::Between);
        assert_eq!(young(52).guarded, Some(Guarded::NotConfident), "above 51.84 s, not yet sure");
        assert_eq!(young(54).pair.trend(), Trend::Burning, "as soon as in warm windows");
    }

    #[test]
    fn nonsense_coverage_counts_as_none_or_all() {
        for (coverage, expected) in
            [(-1.0, Level::Below), (f64::NAN, Level::Below), (0.0, Level::Below), (7.0, Level::Above)]
        {
            let reading = Reading { counts: EventCounts::new(0, 1_000), coverage };
            assert_eq!(judged(reading, reading).pair.long, expected, "{coverage}");
        }
    }

    #[test]
    fn a_budget_asks_more_of_a_quiet_hour_than_of_a_busy_one() {
        let objective = Objective::availability(0.999).min_failures(1).confidence(Confidence::Off);
        let yardstick = Yardstick::Budget { period: Period::default(), projected_events: 720_000.0 };
        let above = |bad, total, window_s: u64| {
            let reading = full(bad, total);
            let judged = judge(&page(), TARGET, objective.terms().guards(), yardstick, reading, reading);
            let pair = judged.pair;
            (if window_s == 3_600 { pair.long } else { pair.short }) == Level::Above
        };
        // 2 % of 720 allowed failures are 14.4, whether 7.2 % of 200 or 0.36 % of 4,000.
        for total in [200, 4_000] {
            assert!(!above(14, total, 3_600) && above(15, total, 3_600), "{total} events in the long window");
            assert!(!above(1, total, 300) && above(2, total, 300), "{total} events in the short window");
        }
        assert_eq!(Duration::from_secs(300), page().short());
    }
}
