//! Pure. One tier's factor made ready to be compared with millions of windows.

use super::compare::{Threshold, burns_above};
use super::judge::{Reading, is_in_the_way};
use super::policy::{CLEAR_FACTOR, DerivedTier};
use super::state::Level;
use crate::slo::Guards;
use crate::units::Target;

const QUINTILLION: u128 = 1_000_000_000_000_000_000;

/// Says of a window what [`judge`](super::judge()) says of it at any hour: by one multiplication where the whole window
/// was observed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauge {
    tier: DerivedTier,
    target: Target,
    guards: Guards,
    above: Mark,
    clear: Mark,
}

/// A threshold, and the share of failures in quintillionths that it stands for.
#[derive(Clone, Copy, Debug)]
struct Mark {
    threshold: Threshold,
    share: u128,
}

impl Mark {
    fn new(threshold: Threshold, target: Target) -> Self {
        Self { threshold, share: threshold.share_of(target) }
    }

    fn is_below(self, window: Reading, target: Target) -> bool {
        if window.observed < window.length {
            return burns_above(window, self.threshold, target);
        }
        let counts = window.counts;
        // A product that is too large is larger than the other one, which fits.
        u128::from(counts.bad()) * QUINTILLION > u128::from(counts.total()).saturating_mul(self.share)
    }
}

impl Gauge {
    pub(crate) fn new(tier: DerivedTier, target: Target, guards: Guards) -> Self {
        let factor = Threshold::new(tier.factor());
        let clear = factor.times(Threshold::new(CLEAR_FACTOR));
        Self { tier, target, guards, above: Mark::new(factor, target), clear: Mark::new(clear, target) }
    }

    /// Where a window stands, guards aside.
    pub(crate) fn level(&self, window: Reading) -> Level {
        if !self.clear.is_below(window, self.target) {
            Level::Below
        } else if self.above.is_below(window, self.target) {
            Level::Above
        } else {
            Level::Between
        }
    }

    /// Whether a guard keeps a long window that is above from counting as such.
    pub(crate) fn is_guarded(&self, long: Reading) -> bool {
        is_in_the_way(self.guards, &self.tier, long, self.target)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::alert::{Yardstick, derive_tiers, judge};
    use crate::slo::{Period, TierSource};
    use crate::units::EventCounts;

    fn windows() -> impl Strategy<Value = Reading> {
        let total = prop_oneof![0_u64..2_000, Just(1_000_000), Just(u64::MAX >> 8)];
        // Close to factors of a thousandth, and anywhere.
        let share = prop_oneof![
            prop::sample::select(vec![0.0, 0.001, 0.000_9, 0.006, 0.003, 0.014_4, 0.012_96]),
            0.0..1.0
        ];
        (total, share, 0_u64..3, prop_oneof![Just(3_600_u64), 1_u64..4_000]).prop_map(
            |(total, share, more, seen)| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss
                )]
                let bad = ((total as f64 * share).round() as u64).saturating_add(more).min(total);
                let counts = EventCounts::from_total(total, bad);
                let observed = Duration::from_secs(seen);
                Reading { counts, observed, length: Duration::from_secs(3_600) }
            },
        )
    }

    proptest! {
        #[test]
        fn it_says_what_is_judged(
            target in prop::sample::select(vec![0.999, 0.99, 0.9, 0.999_99]),
            long in windows(),
            short in windows(),
        ) {
            let (target, guards) = (Target::new(target), Guards::DEFAULT);
            for tier in derive_tiers(Period::default(), TierSource::default(), target) {
                let judged = judge(&tier, target, guards, Yardstick::Factor, long, short);
                let gauge = Gauge::new(tier, target, guards);
                prop_assert_eq!(gauge.level(short), judged.pair.short);
                let is_guarded = gauge.level(long) == Level::Above && gauge.is_guarded(long);
                let level = if is_guarded { Level::Between } else { gauge.level(long) };
                prop_assert_eq!((level, is_guarded), (judged.pair.long, judged.guarded.is_some()));
            }
        }
    }
}
