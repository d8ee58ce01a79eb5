//! Pure. The speed at which an error budget is spent.

use crate::units::{BurnRate, EventCounts, Target};

/// Speed at which the error budget is being spent; `1.0` empties it exactly at the end of the period.
///
/// `counts` are the events of one window; ignored events are in neither side. The result has no unit and
/// reaches at most `1 / (1 - target)`, in a total outage.
///
/// # Formula
///
/// `(bad / total) / (1 - target)`, integers first, unrounded. Source: SRE Workbook, "Alerting on SLOs".
///
/// # No data
///
/// `None` when `total` is zero. An idle service is not a healthy one, so the caller decides.
///
/// # Examples
///
/// Two percent of a 30-day budget in one hour is a burn rate of 14.4:
///
/// ```
/// use sre_core::{slo::burn_rate, units::{EventCounts, Target}};
///
/// let hour = EventCounts::new(98_560, 1_440);
/// let burn = burn_rate(hour, Target::try_new(0.999)?).ok_or("idle")?;
/// assert!((burn.get() - 14.4).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn burn_rate(counts: EventCounts, target: Target) -> Option<BurnRate> {
    if counts.is_empty() {
        return None;
    }
    let bad_ppb = u128::from(counts.bad()) * 1_000_000_000;
    let allowed_ppb = u128::from(counts.total()) * u128::from(target.budget_ppb());
    Some(BurnRate::new(quotient(bad_ppb, allowed_ppb)))
}

/// The quotient of two integers, rounded once where both are below 2^53 (nine million failures).
#[expect(clippy::cast_precision_loss, reason = "beyond 2^53 it loses less than one part in 10^15")]
fn quotient(dividend: u128, divisor: u128) -> f64 {
    dividend as f64 / divisor as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_exactly_at_a_factor_is_not_above_it() {
        for (bad, total, target, factor) in [
            (1_440, 100_000, 0.999, 14.4),
            (6, 1_000, 0.999, 6.0),
            (3, 10_000, 0.9999, 3.0),
            (144, 1_000, 0.99, 14.4),
        ] {
            let burn = burn_rate(EventCounts::from_total(total, bad), Target::new(target)).unwrap();
            assert!(burn <= factor, "{bad} of {total} at {target}: {burn} is not above {factor}");
            let more = burn_rate(EventCounts::from_total(total, bad + 1), Target::new(target)).unwrap();
            assert!(more > factor, "{more} is above {factor}");
        }
    }

    #[test]
    fn nothing_is_no_data_and_an_outage_reaches_the_highest_rate() {
        let target = Target::new(0.999);
        assert_eq!(burn_rate(EventCounts::ZERO, target), None);
        for bad in [1, 1_000_000, u64::MAX] {
            let burn = burn_rate(EventCounts::new(0, bad), target).unwrap();
            assert!((burn.get() - 1_000.0).abs() < 1e-9, "{burn}");
        }
        assert_eq!(burn_rate(EventCounts::new(1, 0), target).map(|burn| burn == 0.0), Some(true));
    }
}
