//! Pure. How much of an error budget is spent, and how much is left.

use core::time::Duration;

use serde::Serialize;

use super::burn::burn_rate;
use crate::units::{EventCounts, Target};

/// Which events an error budget is a share of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Denominator {
    /// The events so far: what status and gates show.
    #[default]
    Observed,
    /// The events the whole period will have if traffic goes on as it did: for planning.
    Projected,
    /// The events so far, and those that the rest of the period will have if traffic repeats its last week or day.
    Forecast,
}

/// The error budget of one period: allowed, spent and left, in events.
///
/// # Examples
///
/// ```
/// use sre_core::{slo::Budget, units::{EventCounts, Target}};
///
/// let month = EventCounts::from_total(720_000, 500);
/// let budget = Budget::observed(month, Target::try_new(0.999)?).ok_or("no events")?;
/// assert!((budget.allowed_events() - 720.0).abs() < 1e-9);
/// assert!((budget.remaining() - 220.0 / 720.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Budget {
    denominator: Denominator,
    allowed_events: f64,
    bad_events: u64,
    consumed: f64,
    /// Share of events that may be bad, for the equivalent in time.
    #[serde(skip)]
    budget_ratio: f64,
}

impl Budget {
    /// The budget of the events so far.
    ///
    /// What is consumed equals the burn rate over the whole period.
    ///
    /// # Formula
    ///
    /// `allowed = (1 - target) * total`, `consumed = bad / allowed`, `remaining = 1 - consumed`.
    ///
    /// # No data
    ///
    /// `None` without events.
    #[must_use]
    pub fn observed(counts: EventCounts, target: Target) -> Option<Self> {
        let consumed = burn_rate(counts, target)?.get();
        let allowed_events = count(counts.total()) * f64::from(target.budget_ppb()) / 1e9;
        Some(Self::new(Denominator::Observed, allowed_events, counts.bad(), consumed, target))
    }

    /// The budget of the events that the whole period will have at the rate so far.
    ///
    /// `observed` is how much of `period` the counts are from; more than all of it counts as all.
    ///
    /// # Formula
    ///
    /// `allowed = (1 - target) * total * period / observed`.
    ///
    /// # No data
    ///
    /// `None` without events or when `observed` or `period` is zero.
    #[must_use]
    pub fn projected(
        counts: EventCounts,
        target: Target,
        observed: Duration,
        period: Duration,
    ) -> Option<Self> {
        let events = projected_events(counts, observed, period)?;
        let allowed_events = events * f64::from(target.budget_ppb()) / 1e9;
        let consumed = count(counts.bad()) / allowed_events;
        Some(Self::new(Denominator::Projected, allowed_events, counts.bad(), consumed, target))
    }

    /// The budget of the events so far and of those that are to come, as a forecast has them.
    ///
    /// # Formula
    ///
    /// `allowed = (1 - target) * (total + coming)`.
    ///
    /// # No data
    ///
    /// `None` when there are no events, neither so far nor to come; what is not a number counts as none.
    #[must_use]
    pub fn forecast(counts: EventCounts, target: Target, coming: f64) -> Option<Self> {
        let events = count(counts.total()) + coming.max(0.0);
        if events <= 0.0 {
            return None;
        }
        let allowed_events = events * f64::from(target.budget_ppb()) / 1e9;
        let consumed = count(counts.bad()) / allowed_events;
        Some(Self::new(Denominator::Forecast, allowed_events, counts.bad(), consumed, target))
    }

    fn new(
        denominator: Denominator,
        allowed_events: f64,
        bad_events: u64,
        consumed: f64,
        target: Target,
    ) -> Self {
        Self { denominator, allowed_events, bad_events, consumed, budget_ratio: target.budget_ratio() }
    }

    /// Which events it is a share of.
    #[must_use]
    pub const fn denominator(&self) -> Denominator {
        self.denominator
    }

    /// Bad events that the budget allows, a fraction of one included.
    #[must_use]
    pub const fn allowed_events(&self) -> f64 {
        self.allowed_events
    }

    /// Bad events so far.
    #[must_use]
    pub const fn bad_events(&self) -> u64 {
        self.bad_events
    }

    /// Bad events that are left; below zero when more is spent than granted.
    #[must_use]
    pub fn remaining_events(&self) -> f64 {
        self.allowed_events - count(self.bad_events)
    }

    /// The share that is spent: zero or more, and above 1 when more is spent than granted.
    #[must_use]
    pub const fn consumed(&self) -> f64 {
        self.consumed
    }

    /// The share that is left, at most 1; below zero it says by how much it is overspent.
    #[must_use]
    pub const fn remaining(&self) -> f64 {
        1.0 - self.consumed
    }

    /// [`Budget::remaining`] between 0 and 1, for gauges.
    #[must_use]
    pub const fn remaining_clamped(&self) -> f64 {
        self.remaining().clamp(0.0, 1.0)
    }

    /// What is left as seconds of total outage at uniform traffic; below zero when overspent.
    ///
    /// Only an equivalent: the budget of events is a number of events, and a minute at noon spends more of it
    /// than one at night.
    #[must_use]
    pub fn remaining_seconds_equivalent(&self, period: Duration) -> f64 {
        self.remaining() * self.budget_ratio * period.as_secs_f64()
    }
}

/// The time that a whole budget is worth, `(1 - target) * period`: 43.2 min for 99.9 % of 30 days.
///
/// Exact for time slices, an equivalent for events. After a total outage of this length at uniform traffic
/// nothing is left.
#[must_use]
pub fn budget_time(target: Target, period: Duration) -> Duration {
    let nanos = period.as_nanos().saturating_mul(u128::from(target.budget_ppb())) / 1_000_000_000;
    Duration::from_nanos_u128(nanos)
}

/// The events a whole period will have at the rate so far; `None` without events or time.
#[must_use]
pub fn projected_events(counts: EventCounts, observed: Duration, period: Duration) -> Option<f64> {
    if counts.is_empty() || observed.is_zero() || period.is_zero() {
        return None;
    }
    Some(count(counts.total()) * (period.as_secs_f64() / observed.min(period).as_secs_f64()))
}

/// How far spending runs ahead of the calendar: consumed share minus the share of the period that has passed.
///
/// Above zero it is spent too fast, below there is something in reserve. A period of zero counts as passed.
#[must_use]
pub fn pace(consumed: f64, elapsed: Duration, period: Duration) -> f64 {
    let passed = if period.is_zero() { 1.0 } else { elapsed.as_secs_f64() / period.as_secs_f64() };
    consumed - passed.min(1.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts above 2^53 lose less than one part in 10^15")]
const fn count(events: u64) -> f64 {
    events as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Target = Target::new(0.999);
    const DAY: Duration = Duration::from_secs(86_400);

    #[track_caller]
    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9 * expected.abs().max(1.0), "{value} is not {expected}");
    }

    #[test]
    fn overspending_shows_by_how_much() {
        let budget = Budget::observed(EventCounts::from_total(1_000, 3), TARGET).unwrap();
        close(budget.consumed(), 3.0);
        close(budget.remaining(), -2.0);
        close(budget.remaining_events(), -2.0);
        close(budget.remaining_clamped(), 0.0);
        close(budget.remaining_seconds_equivalent(DAY), -2.0 * 86.4);
    }

    #[test]
    fn an_untouched_budget_is_whole() {
        let budget = Budget::observed(EventCounts::new(5, 0), TARGET).unwrap();
        close(budget.remaining(), 1.0);
        close(budget.remaining_clamped(), 1.0);
        close(budget.remaining_events(), 0.005);
    }

    #[test]
    fn no_events_have_no_budget() {
        assert_eq!(Budget::observed(EventCounts::ZERO, TARGET), None);
        assert_eq!(Budget::projected(EventCounts::ZERO, TARGET, DAY, DAY), None);
        assert_eq!(Budget::projected(EventCounts::new(1, 0), TARGET, Duration::ZERO, DAY), None);
    }

    #[test]
    fn a_projected_budget_grants_the_rest_of_the_period_too() {
        let counts = EventCounts::from_total(10_000, 5);
        let budget = Budget::projected(counts, TARGET, 3 * DAY, 30 * DAY).unwrap();
        close(budget.allowed_events(), 100.0);
        close(budget.consumed(), 0.05);
        assert_eq!((budget.denominator(), budget.bad_events()), (Denominator::Projected, 5));
        let late = Budget::projected(counts, TARGET, 31 * DAY, 30 * DAY).unwrap();
        close(late.allowed_events(), 10.0);
    }

    #[test]
    fn both_denominators_agree_at_the_end_of_the_period() {
        let counts = EventCounts::from_total(123_457, 77);
        let observed = Budget::observed(counts, TARGET).unwrap();
        let projected = Budget::projected(counts, TARGET, DAY, DAY).unwrap();
        close(projected.consumed(), observed.consumed());
    }

    #[test]
    fn a_forecast_budget_grants_what_is_to_come() {
        let counts = EventCounts::from_total(10_000, 5);
        let budget = Budget::forecast(counts, TARGET, 40_000.0).unwrap();
        close(budget.allowed_events(), 50.0);
        close(budget.consumed(), 0.1);
        assert_eq!(budget.denominator(), Denominator::Forecast);
        close(Budget::forecast(counts, TARGET, f64::NAN).unwrap().consumed(), 0.5);
        assert_eq!(Budget::forecast(EventCounts::ZERO, TARGET, 0.0), None);
    }

    #[test]
    fn pace_is_ahead_or_behind_the_calendar() {
        close(pace(0.5, 10 * DAY, 30 * DAY), 0.5 - 1.0 / 3.0);
        close(pace(0.0, 40 * DAY, 30 * DAY), -1.0);
        close(pace(1.0, DAY, Duration::ZERO), 0.0);
    }

    #[test]
    fn the_time_of_a_budget_is_exact() {
        assert_eq!(budget_time(TARGET, 30 * DAY), Duration::from_millis(2_592_000));
        assert_eq!(
            budget_time(Target::new(0.000_000_001), Duration::MAX),
            budget_time(Target::new(0.000_000_001), Duration::MAX)
        );
    }
}
