//! Pure. Is a burn rate above a factor? Answered in integers, so equality is equality.

use core::time::Duration;

use super::judge::Reading;
use crate::units::{Target, saturating_nanos};

const GIGA: u128 = 1_000_000_000;

/// A burn rate to compare with, in billionths and at most about 18 billion.
///
/// Factors are given as floating-point numbers; rounding them to billionths once makes `14.4` the number that
/// people mean, and every comparison after it exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Threshold(u64);

impl Threshold {
    /// The nearest billionth; zero for negative numbers and NaN.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, which is what is wanted"
    )]
    pub(super) fn new(factor: f64) -> Self {
        Self((factor * 1e9).round() as u64)
    }

    /// The product of two, rounded down to billionths.
    pub(super) fn times(self, other: Self) -> Self {
        Self(u64::try_from(u128::from(self.0) * u128::from(other.0) / GIGA).unwrap_or(u64::MAX))
    }

    /// The share of failures, in quintillionths, that burns a budget so fast.
    #[cfg(feature = "test-util")]
    pub(super) fn share_of(self, target: Target) -> u128 {
        u128::from(self.0) * u128::from(target.budget_ppb())
    }
}

/// Whether the burn rate of a window, with unobserved time counted as traffic without errors, is above
/// `threshold`.
///
/// # Formula
///
/// `(observed / length) * (bad / total) / budget > threshold`, multiplied out. False without events.
pub(super) fn burns_above(reading: Reading, threshold: Threshold, target: Target) -> bool {
    let observed = nanos(reading.observed.min(reading.length));
    let whole = nanos(reading.length) * u128::from(reading.counts.total());
    exceeds(reading.counts.bad(), observed, whole, threshold, target)
}

/// Whether the failures of a window are above the share of the whole period's budget that `threshold` stands
/// for.
///
/// `usual` tells how many events to expect. With uniform traffic the answer is that of [`burns_above`].
///
/// # Formula
///
/// `bad > threshold * budget * window * usual.total / usual.observed`, multiplied out. False without events.
pub(super) fn spends_above(
    bad: u64,
    window: Duration,
    usual: Reading,
    threshold: Threshold,
    target: Target,
) -> bool {
    let whole = nanos(window) * u128::from(usual.counts.total());
    exceeds(bad, nanos(usual.observed), whole, threshold, target)
}

/// `bad * scale / whole > threshold * budget`; `whole` is zero only when there is nothing to judge.
fn exceeds(bad: u64, scale: u128, whole: u128, threshold: Threshold, target: Target) -> bool {
    let left = wide_product(u128::from(bad) * scale, GIGA * GIGA);
    let right = wide_product(whole, u128::from(threshold.0) * u128::from(target.budget_ppb()));
    whole > 0 && left > right
}

/// Nanoseconds of a span, clamped to 584 years, so that a product with a count fits.
fn nanos(span: Duration) -> u128 {
    u128::from(saturating_nanos(span))
}

/// The product of two numbers, high half first.
fn wide_product(a: u128, b: u128) -> (u128, u128) {
    const HALF: u128 = u64::MAX as u128;
    let (a_high, a_low) = (a >> 64, a & HALF);
    let (b_high, b_low) = (b >> 64, b & HALF);
    let low = a_low * b_low;
    let (middle, carry) = (a_high * b_low).overflowing_add(a_low * b_high);
    let (low, carry_low) = low.overflowing_add(middle << 64);
    let high = a_high * b_high + (middle >> 64) + (u128::from(carry) << 64) + u128::from(carry_low);
    (high, low)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::units::EventCounts;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn hour(total: u64, bad: u64) -> Reading {
        Reading { counts: EventCounts::from_total(total, bad), observed: HOUR, length: HOUR }
    }

    #[test]
    fn equality_is_not_above() {
        let (target, factor) = (Target::new(0.999), Threshold::new(14.4));
        assert!(!burns_above(hour(10_000, 144), factor, target));
        assert!(burns_above(hour(10_000, 145), factor, target));
        assert!(burns_above(hour(9_999, 144), factor, target));
        let clear = factor.times(Threshold::new(0.9));
        assert!(burns_above(hour(10_000, 130), clear, target));
        assert!(!burns_above(hour(100_000, 1_296), clear, target));
    }

    #[test]
    fn without_events_nothing_is_above() {
        assert!(!burns_above(hour(0, 0), Threshold::new(0.0), Target::new(0.5)));
    }

    #[test]
    fn unobserved_time_counts_as_traffic_without_errors() {
        let (target, factor) = (Target::new(0.999), Threshold::new(14.4));
        let outage = |ms: u64| Reading { observed: Duration::from_millis(ms), ..hour(ms, ms) };
        assert!(
            !burns_above(outage(51_840), factor, target),
            "51.84 s of total outage is exactly the factor"
        );
        assert!(burns_above(outage(51_841), factor, target));
    }

    #[test]
    fn a_share_of_the_budget_is_met_exactly() {
        // 99 %, 72,000 events in 30 days, share 2 %: 14.4 failures; of 75,000 events it is 15.
        let (target, factor) = (Target::new(0.99), Threshold::new(14.4));
        let month = Duration::from_secs(30 * 86_400);
        let spends = |total, bad| {
            let usual = Reading { counts: EventCounts::new(total, 0), observed: month, length: month };
            spends_above(bad, HOUR, usual, factor, target)
        };
        assert!(!spends(72_000, 14) && spends(72_000, 15));
        assert!(!spends(75_000, 15) && spends(75_000, 16));
        assert!(!spends(0, 5), "nobody knows how many are usual");
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let all =
            Reading { counts: EventCounts::new(0, u64::MAX), observed: Duration::MAX, length: Duration::MAX };
        let target = Target::new(0.999_999_999);
        assert!(burns_above(all, Threshold::new(999_999_999.0), target));
        assert!(!burns_above(all, Threshold::new(1e9), target));
        assert!(!burns_above(all, Threshold::new(f64::INFINITY), Target::new(0.5)));
    }

    proptest! {
        #[test]
        fn wide_products_agree_with_schoolbook_arithmetic(a: u128, b: u128) {
            let digits = |number: u128| [0, 32, 64, 96].map(|shift| (number >> shift) & 0xFFFF_FFFF);
            let mut columns = [0_u128; 8];
            for (i, x) in digits(a).into_iter().enumerate() {
                for (j, y) in digits(b).into_iter().enumerate() {
                    columns[i + j] += (x * y) & 0xFFFF_FFFF;
                    columns[i + j + 1] += (x * y) >> 32;
                }
            }
            for i in 0..7 {
                columns[i + 1] += columns[i] >> 32;
                columns[i] &= 0xFFFF_FFFF;
            }
            let half = |at: usize| (0..4).map(|i| columns[at + i] << (32 * i)).sum::<u128>();
            prop_assert_eq!(wide_product(a, b), (half(4), half(0)));
        }
    }
}
