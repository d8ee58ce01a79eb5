//! Pure. When a budget will be empty, and when it will be positive again.
//!
//! A rolling period also recovers: errors older than the period leave it. So the past is walked slot by slot,
//! instead of dividing what is left by the burn rate.

use core::time::Duration;

use serde::Serialize;

use super::budget::Budget;
use super::burn::burn_rate;
use super::flow::{Ebb, Tide, Walk, count};
use crate::units::{EventCounts, Target};

const DAY: Duration = Duration::from_secs(86_400);
const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// The soonest that something which is not so yet can be.
const SOON: Foresight = Foresight::After(Duration::from_nanos(1));

/// The events of one stretch of the past, from `start` up to and without `end`, since any fixed origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "complete by nature: a span and its events")]
pub struct Slot {
    /// Its first instant.
    pub start: Duration,
    /// The first instant after it.
    pub end: Duration,
    /// Its events, spread evenly over it.
    pub counts: EventCounts,
}

/// The traffic to come: so many events a second, such a share of them bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inflow {
    pub(super) events_per_second: f64,
    pub(super) error_ratio: f64,
}

impl Inflow {
    /// Traffic that goes on as in a window of which `observed` was seen.
    ///
    /// # No data
    ///
    /// `None` without events or when nothing was observed.
    #[must_use]
    pub fn like(counts: EventCounts, observed: Duration) -> Option<Self> {
        let error_ratio = counts.error_ratio()?;
        if observed.is_zero() {
            return None;
        }
        Some(Self { events_per_second: count(counts.total()) / observed.as_secs_f64(), error_ratio })
    }

    const fn without_errors(self) -> Self {
        Self { error_ratio: 0.0, ..self }
    }
}

/// When something will happen to a budget if traffic goes on as assumed.
///
/// Ordered from soon to never, so the soonest of several is their minimum. Serialised as seconds, the word
/// `never`, or `null` without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: then, not at all, or unknown")]
pub enum Foresight {
    /// After this long; zero when it is so already.
    After(Duration),
    /// Not within the period, and so never.
    Never,
    /// Nobody knows, because there is no traffic to go by.
    NoData,
}

impl Foresight {
    /// The seconds until then; infinite for never, `None` without data.
    #[must_use]
    pub fn seconds(self) -> Option<f64> {
        match self {
            Self::After(wait) => Some(wait.as_secs_f64()),
            Self::Never => Some(f64::INFINITY),
            Self::NoData => None,
        }
    }

    fn of(wait_s: f64) -> Self {
        Duration::try_from_secs_f64(wait_s).map_or(Self::Never, Self::After)
    }
}

impl Serialize for Foresight {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::After(wait) => serializer.serialize_f64(wait.as_secs_f64()),
            Self::Never => serializer.serialize_str("never"),
            Self::NoData => serializer.serialize_none(),
        }
    }
}

/// When a budget will be empty under three assumptions, and when it will be positive again.
///
/// Quote the range of the three, not one number. The budget is that of the events so far, in rolling and calendar
/// periods alike: all horizons are zero when and only when nothing of it is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "an answer with three horizons and the way back")]
pub struct Forecast {
    /// Empty, if traffic goes on as in the last 5 minutes.
    pub at_5m: Foresight,
    /// Empty, if traffic goes on as in the last hour.
    pub at_1h: Foresight,
    /// Empty, if traffic repeats the last week (or day, where less is known) with the errors of the last hour.
    pub seasonal: Foresight,
    /// Positive again, if errors stop now; zero when it is positive.
    pub recovery: Foresight,
}

impl Forecast {
    /// The soonest of the three horizons that have data.
    #[must_use]
    pub fn soonest(&self) -> Foresight {
        self.at_5m.min(self.at_1h).min(self.seasonal)
    }

    /// The latest of the three horizons that have data.
    #[must_use]
    pub fn latest(&self) -> Foresight {
        let known = [self.at_5m, self.at_1h, self.seasonal].into_iter().filter(|it| *it != Foresight::NoData);
        known.max().unwrap_or(Foresight::NoData)
    }
}

/// What is left, divided by the burn rate: `remaining * period / burn`.
///
/// Right for constant traffic and periods that forget nothing; [`Past`] knows better. `counts` are those of the
/// period, `burn` is that of now.
#[must_use]
pub fn naive_exhaustion(counts: EventCounts, target: Target, burn: f64, period: Duration) -> Foresight {
    match burn_rate(counts, target) {
        None => Foresight::NoData,
        Some(consumed) if consumed >= 1.0 => Foresight::After(Duration::ZERO),
        Some(consumed) if burn > 0.0 => Foresight::of((1.0 - consumed.get()) * period.as_secs_f64() / burn),
        Some(_) => Foresight::Never,
    }
}

/// Where the period ends that a forecast is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: it moves with now, or with the calendar")]
pub enum Reach {
    /// The last so long: the oldest events leave as new ones come.
    Rolling(Duration),
    /// A calendar unit that ends after this long, and grants a new budget then.
    Calendar(Duration),
}

/// What happened in the period so far, to look ahead from.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sre_core::slo::{Foresight, Inflow, Past, Reach, Slot};
/// use sre_core::units::{EventCounts, Target};
///
/// // Five failures, about to leave, and six more in the last hour.
/// let hour = |number: u64, bad| Slot {
///     start: Duration::from_secs(3_600 * number),
///     end: Duration::from_secs(3_600 * (number + 1)),
///     counts: EventCounts::from_total(1_000, bad),
/// };
/// let slots = [hour(0, 5), hour(1, 0), hour(2, 6)];
/// let period = Duration::from_secs(3 * 3_600);
/// let past = Past::new(&slots, period, Reach::Rolling(period), Target::try_new(0.996)?);
/// let same = Inflow::like(EventCounts::from_total(1_000, 6), Duration::from_secs(3_600));
/// // Twelve are allowed. Within the next hour five leave and six come, then twelve are there.
/// assert_eq!(past.exhaustion(same), Foresight::After(Duration::from_secs(3_600)));
/// # Ok::<(), sre_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    slots: &'a [Slot],
    /// The events of the period, where they are not those of the slots.
    counts: Option<EventCounts>,
    now: Duration,
    reach: Reach,
    target: Target,
}

impl<'a> Past<'a> {
    /// The past of a period.
    ///
    /// `slots` go from the oldest on, do not overlap and end within the period and before `now`; time without a
    /// slot has no events. A slot leaves a rolling period evenly, from `start + period` to `end + period`; all of one
    /// that began before the period counts, and leaves from now on.
    #[must_use]
    pub const fn new(slots: &'a [Slot], now: Duration, reach: Reach, target: Target) -> Self {
        Self { slots, counts: None, now, reach, target }
    }

    /// The same slots, for a period that has other events so far.
    ///
    /// Those of a calendar period are counted without slots, which then only tell what traffic is like. Calls in flight
    /// that are overdue are in no slot yet. What is in no slot stays in the period.
    #[must_use]
    pub const fn counting(self, counts: EventCounts) -> Self {
        Self { counts: Some(counts), ..self }
    }

    /// Every horizon at once, from what the last 5 minutes and the last hour were like.
    #[must_use]
    pub fn forecast(&self, last_5m: Option<Inflow>, last_1h: Option<Inflow>) -> Forecast {
        Forecast {
            at_5m: self.exhaustion(last_5m),
            at_1h: self.exhaustion(last_1h),
            seasonal: self.seasonal_exhaustion(last_1h),
            recovery: self.recovery(last_1h),
        }
    }

    /// When the budget of the events so far will be empty; zero when and only when it is.
    ///
    /// The first time `t` at which `bad(t)` reaches `(1 - target) * total(t)`, where both count what is kept of the
    /// past and what has come since. In a calendar period nothing leaves, and the walk goes up to its end.
    ///
    /// # No data
    ///
    /// [`Foresight::NoData`] without any `inflow`, or without events in the period unless all that come are good. A
    /// budget that is empty is so without any inflow.
    ///
    /// # Cost
    ///
    /// A walk over all slots, no allocation.
    #[must_use]
    pub fn exhaustion(&self, inflow: Option<Inflow>) -> Foresight {
        self.falls_into_debt(inflow, Tide::steady)
    }

    /// [`Past::exhaustion`] with traffic that repeats the last week, or the last day where less than a week is
    /// known, or `inflow` where less than a day is; the error ratio is that of `inflow`.
    #[must_use]
    pub fn seasonal_exhaustion(&self, inflow: Option<Inflow>) -> Foresight {
        self.falls_into_debt(inflow, |inflow| self.season(inflow))
    }

    /// The budget that a calendar period will have granted when it ends, and when that will be empty, if traffic
    /// repeats the last week or day as in [`Past::seasonal_exhaustion`].
    ///
    /// For planning: all of it counts as granted at once, though most of the events are still to come. It is empty
    /// after zero seconds when and only when nothing of it remains. In a rolling period it is the budget of the events
    /// so far, with the seasonal horizon.
    ///
    /// # No data
    ///
    /// `None` without events, so far and to come; [`Foresight::NoData`] without any `inflow`, unless it is empty.
    #[must_use]
    pub fn planned(&self, inflow: Option<Inflow>) -> (Option<Budget>, Foresight) {
        let Reach::Calendar(rest) = self.reach else {
            return (Budget::observed(self.counts(), self.target), self.seasonal_exhaustion(inflow));
        };
        let coming = inflow.map_or(0.0, |inflow| self.coming_events(inflow, rest));
        let Some(budget) = Budget::forecast(self.counts(), self.target, coming) else {
            return (None, Foresight::NoData);
        };
        let exhaustion = match inflow {
            _ if budget.remaining() <= 0.0 => Foresight::After(Duration::ZERO),
            None => Foresight::NoData,
            Some(inflow) => self.first_debt(Walk::new(
                -budget.remaining_events(),
                0.0,
                Ebb::none(),
                self.season(inflow),
                rest,
            )),
        };
        (Some(budget), exhaustion)
    }

    /// How many events come within `span`, if traffic repeats the last week or day as in
    /// [`Past::seasonal_exhaustion`].
    ///
    /// # Cost
    ///
    /// Two walks over the slots of a season at most, however long the span is.
    #[must_use]
    pub fn coming_events(&self, inflow: Inflow, span: Duration) -> f64 {
        let season = self.season_length().unwrap_or(span).max(Duration::from_nanos(1));
        let seasons = u32::try_from(span.as_nanos() / season.as_nanos()).unwrap_or(u32::MAX);
        let rest = Duration::from_nanos_u128(span.as_nanos() % season.as_nanos());
        // Each season is like the last one.
        f64::from(seasons) * self.season(inflow).volume(season.min(span)) + self.season(inflow).volume(rest)
    }

    fn season(&self, inflow: Inflow) -> Tide<'a> {
        match self.season_length() {
            Some(season) => Tide::seasonal(inflow, self.slots, self.now, season),
            None => Tide::steady(inflow),
        }
    }

    /// The longest season that the past reaches back.
    fn season_length(&self) -> Option<Duration> {
        let known = self.slots.first().map_or(Duration::ZERO, |slot| self.now.saturating_sub(slot.start));
        [WEEK, DAY].into_iter().find(|season| *season <= known)
    }

    /// When the budget will be positive again if errors stop now; zero when it is.
    ///
    /// The same walk without errors. Without any inflow the errors leave all the same. A calendar period with
    /// more failures than its events allow, those to come included, recovers when it ends.
    #[must_use]
    pub fn recovery(&self, inflow: Option<Inflow>) -> Foresight {
        let silence = Inflow { events_per_second: 0.0, error_ratio: 0.0 };
        let tide = Tide::steady(inflow.unwrap_or(silence).without_errors());
        let counts = self.counts();
        match burn_rate(counts, self.target) {
            None => Foresight::NoData,
            Some(consumed) if consumed < 1.0 => Foresight::After(Duration::ZERO),
            Some(_) => self.comes_out_of_debt(counts, tide),
        }
    }

    fn counts(&self) -> EventCounts {
        self.counts.unwrap_or_else(|| self.slot_counts())
    }

    fn slot_counts(&self) -> EventCounts {
        self.slots.iter().map(|slot| slot.counts).sum()
    }

    /// Bad events beyond those that are allowed; below zero while there is budget.
    fn debt(&self, counts: EventCounts) -> f64 {
        count(counts.bad()) - self.target.budget_ratio() * count(counts.total())
    }

    fn falls_into_debt(&self, inflow: Option<Inflow>, tide: impl Fn(Inflow) -> Tide<'a>) -> Foresight {
        let counts = self.counts();
        let consumed = burn_rate(counts, self.target);
        if consumed.is_some_and(|consumed| consumed >= 1.0) {
            return Foresight::After(Duration::ZERO);
        }
        let Some(inflow) = inflow else { return Foresight::NoData };
        if counts.bad() == 0 && inflow.error_ratio <= 0.0 {
            return Foresight::Never;
        }
        if consumed.is_none() {
            return Foresight::NoData;
        }
        let (ebb, end) = match self.reach {
            Reach::Rolling(period) => (Ebb::new(self.slots, self.now, period), period),
            Reach::Calendar(rest) => (Ebb::none(), rest),
        };
        self.first_debt(Walk::new(self.debt(counts), self.target.budget_ratio(), ebb, tide(inflow), end))
    }

    /// When a walk that begins with something left comes to debt: not at once.
    fn first_debt(&self, walk: Walk<'_>) -> Foresight {
        let counts = self.counts();
        // The sums of a walk are rounded: less than this share of all that counts is nothing.
        let noise = 1e-10 * (count(counts.bad()) + self.target.budget_ratio() * count(counts.total()));
        walk.first(|debt, slope, length| slope > 0.0 && debt + slope * length >= -noise)
            .map_or(Foresight::Never, |wait_s| Foresight::of(wait_s).max(SOON))
    }

    fn comes_out_of_debt(&self, counts: EventCounts, tide: Tide<'_>) -> Foresight {
        let (ebb, end) = match self.reach {
            Reach::Rolling(period) => (Ebb::new(self.slots, self.now, period), period),
            Reach::Calendar(rest) => (Ebb::none(), rest),
        };
        let walk = Walk::new(self.debt(counts), self.target.budget_ratio(), ebb, tide, end);
        // Whatever rounding says on the way: then the errors have left, or a new budget is granted.
        walk.first(|debt, slope, length| slope < 0.0 && debt + slope * length < 0.0)
            .map_or_else(|| Foresight::After(self.last_error_leaves(end)), Foresight::of)
    }

    /// When the last error of a rolling period leaves it; after `end`, the whole period, at the latest.
    fn last_error_leaves(&self, end: Duration) -> Duration {
        let last = self.slots.iter().rfind(|slot| slot.counts.bad() > 0);
        match (self.reach, last) {
            (Reach::Rolling(period), Some(slot)) if self.counts().bad() <= self.slot_counts().bad() => {
                slot.end.saturating_add(period).saturating_sub(self.now).min(end)
            }
            _ => end,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const TARGET: Target = Target::new(0.999);

    fn hours(count: u64) -> Duration {
        HOUR * u32::try_from(count).unwrap()
    }

    /// Hourly slots up to now, one per `(total, bad)`, and what now is.
    fn slots(events: &[(u64, u64)]) -> (Vec<Slot>, Duration) {
        let slot = |(number, (total, bad)): (u64, &(u64, u64))| Slot {
            start: hours(number),
            end: hours(number + 1),
            counts: EventCounts::from_total(*total, *bad),
        };
        ((0..).zip(events).map(slot).collect(), hours(events.len() as u64))
    }

    fn inflow(total: u64, bad: u64) -> Option<Inflow> {
        Inflow::like(EventCounts::from_total(total, bad), HOUR)
    }

    #[test]
    fn what_comes_in_many_seasons_is_what_comes_in_each() {
        // A day of 24 hours with 100, 200, .. events, on which the walk goes on for as long as it is asked.
        let hours: Vec<_> = (1..=24).map(|hour| (100 * hour, 0)).collect();
        let (slots, now) = slots(&hours);
        let past = Past::new(&slots, now, Reach::Calendar(DAY), TARGET);
        let like = inflow(7, 0).unwrap();
        for (seconds, expected) in [
            (0, 0.0),
            (3_600, 100.0),
            (86_400, 30_000.0),
            (3 * 86_400, 90_000.0),
            (10 * 86_400 + 5_400, 300_200.0),
        ] {
            let span = Duration::from_secs(seconds);
            let (found, walked) = (past.coming_events(like, span), past.season(like).volume(span));
            assert!((found - expected).abs() < 1e-6 && (walked - expected).abs() < 1e-6, "{found} {walked}");
        }
        let unknown = Past::new(&[], now, Reach::Calendar(DAY), TARGET);
        assert!((unknown.coming_events(like, 2 * DAY) - 7.0 * 48.0).abs() < 1e-9);
        assert!(unknown.coming_events(like, Duration::ZERO).abs() < 1e-9);
    }

    #[track_caller]
    fn near(foresight: Foresight, hours: f64) {
        let seconds = foresight.seconds().unwrap();
        assert!((seconds / 3_600.0 - hours).abs() < 1e-6, "{foresight:?} is not {hours} h");
    }

    /// Bad events beyond those allowed after so many seconds, counted slot by slot.
    fn debt_at(past: &Past<'_>, period: Duration, inflow: Inflow, at: f64) -> f64 {
        let kept = |slot: &Slot| {
            let left_s = (slot.end + period).as_secs_f64() - (past.now.as_secs_f64() + at);
            (left_s / (slot.end - slot.start).as_secs_f64()).clamp(0.0, 1.0)
        };
        let sum = |of: fn(EventCounts) -> u64| {
            past.slots.iter().map(|s| of(s.counts) as f64 * kept(s)).sum::<f64>()
        };
        let come = inflow.events_per_second * at;
        let bad = sum(EventCounts::bad) + inflow.error_ratio * come;
        bad - past.target.budget_ratio() * (sum(EventCounts::total) + come)
    }

    /// Moves on in small steps until there is debt, without any walk.
    fn brute_force(past: &Past<'_>, period: Duration, inflow: Inflow, steps: u32) -> Option<f64> {
        if past.counts().bad() == 0 && inflow.error_ratio <= 0.0 {
            return None;
        }
        let step_s = period.as_secs_f64() / f64::from(steps);
        let mut times = (0..=steps).map(|step| f64::from(step) * step_s);
        times.find(|at| debt_at(past, period, inflow, *at) >= 0.0)
    }

    proptest! {
        #[test]
        fn the_walk_agrees_with_counting_in_small_steps(
            events in proptest::collection::vec((0_u64..500, 0_u64..40), 1..8),
            (total, bad) in (1_u64..1_000, 0_u64..100),
            target in 0.5_f64..0.99,
        ) {
            let (slots, now) = slots(&events);
            let past = Past::new(&slots, now, Reach::Rolling(now), Target::new(target));
            let inflow = inflow(total, bad).unwrap();
            let steps = 5_000;
            let expected = brute_force(&past, now, inflow, steps);
            let answer = past.exhaustion(Some(inflow)).seconds().filter(|seconds| seconds.is_finite());
            let step_s = now.as_secs_f64() / f64::from(steps);
            match (answer, expected) {
                (None, None) => {}
                // Small steps may jump over a debt that is there for a moment only, so look just there.
                (Some(answer), expected) => {
                    prop_assert!(expected.is_none_or(|expected| answer <= expected + 1e-3), "{answer} {expected:?}");
                    prop_assert!(debt_at(&past, now, inflow, answer) > -1e-3, "{answer} is too early");
                    prop_assert!(
                        expected.is_none_or(|expected| expected - answer <= step_s + 1e-3)
                            || debt_at(&past, now, inflow, answer).abs() < 1e-3,
                        "{answer} {expected:?}"
                    );
                }
                (None, Some(expected)) => {
                    prop_assert!(debt_at(&past, now, inflow, expected) < 1e-3, "missed {expected}");
                }
            }
        }
    }

    #[test]
    fn an_empty_budget_is_empty_now_and_recovers_when_errors_leave() {
        let (slots, now) = slots(&[(1_000, 2), (1_000, 0), (1_000, 2), (1_000, 0)]);
        let past = Past::new(&slots, now, Reach::Rolling(now), TARGET);
        assert_eq!(past.exhaustion(inflow(1_000, 0)), Foresight::After(Duration::ZERO));
        // Allowed are 4 of 4,000, so 4 is empty; the moment one of them leaves it is positive again.
        near(past.recovery(inflow(1_000, 0)), 0.0);
        let (slots, now) = self::slots(&[(1_000, 0), (1_000, 6), (1_000, 2), (1_000, 0)]);
        let past = Past::new(&slots, now, Reach::Rolling(now), TARGET);
        // 8 of 4 allowed: after the first hour 6 leave evenly, so 4 are gone two thirds into the second.
        near(past.recovery(inflow(1_000, 500)), 1.0 + 2.0 / 3.0);
    }

    #[test]
    fn without_traffic_errors_leave_all_the_same() {
        let (slots, now) = slots(&[(10, 0), (10, 10), (10, 0)]);
        let past = Past::new(&slots, now, Reach::Rolling(now), TARGET);
        // The last of ten is forgiven when ten good ones stand against a thousandth of it: 10 * 0.001 / 0.999.
        near(past.recovery(None), 2.0 - 0.001 / 0.999);
        assert_eq!(past.exhaustion(None), Foresight::After(Duration::ZERO), "10 of 0.03");
    }

    #[test]
    fn a_perfect_service_never_runs_out() {
        for events in [[(1, 0); 3], [(1_000_000_000, 0); 3], [(0, 0); 3]] {
            let (slots, now) = slots(&events);
            let past = Past::new(&slots, now, Reach::Rolling(now), Target::new(0.999_999_999));
            for flow in [inflow(1, 0), inflow(1_000_000_000, 0)] {
                assert_eq!(past.exhaustion(flow), Foresight::Never, "{events:?} {flow:?}");
                assert_eq!(past.seasonal_exhaustion(flow), Foresight::Never, "{events:?} {flow:?}");
            }
        }
    }

    #[test]
    fn nothing_at_all_is_no_data() {
        let past = Past::new(&[], HOUR, Reach::Rolling(HOUR), TARGET);
        let forecast = past.forecast(None, None);
        assert_eq!(
            [forecast.at_5m, forecast.at_1h, forecast.seasonal, forecast.recovery],
            [Foresight::NoData; 4]
        );
        assert_eq!((forecast.soonest(), forecast.latest()), (Foresight::NoData, Foresight::NoData));
    }

    #[test]
    fn the_range_of_the_horizons_leaves_out_what_is_unknown() {
        let (slots, now) = slots(&[(1_000, 0); 10]);
        let past = Past::new(&slots, now, Reach::Rolling(now), TARGET);
        let forecast = past.forecast(None, inflow(1_000, 10));
        assert_eq!(forecast.at_5m, Foresight::NoData);
        // 10 bad an hour against 10 allowed in all.
        near(forecast.soonest(), 1.0);
        near(forecast.latest(), 1.0);
        assert_eq!(past.forecast(inflow(1_000, 0), inflow(1_000, 10)).latest(), Foresight::Never);
    }

    #[test]
    fn a_season_puts_the_errors_where_the_traffic_is() {
        // Two days of nights with 10 and noons with 1,000 events an hour; it is midnight.
        let day: Vec<_> =
            (0..24).map(|hour| (if (12..14).contains(&hour) { 1_000 } else { 10 }, 0)).collect();
        let (slots, now) = slots(&[day.clone(), day].concat());
        let past = Past::new(&slots, now, Reach::Rolling(now), Target::new(0.99));
        // Allowed are 1 % of 4,440. Ten percent of 120 fail until noon, then 100 an hour.
        let until_noon = 12.0;
        near(past.seasonal_exhaustion(inflow(10, 1)), 12.0 + (44.4 - until_noon) / 100.0);
        // Like the last hour, it would take all of 44.4 hours, and fewer as noons without errors leave.
        assert!(past.exhaustion(inflow(10, 1)) > past.seasonal_exhaustion(inflow(10, 1)));
    }

    #[test]
    fn a_season_repeats_until_the_period_is_over() {
        let mut events = vec![(0, 0); 23];
        events.push((100, 0));
        let (slots, now) = slots(&events.repeat(10));
        let past = Past::new(&slots, now, Reach::Rolling(now), Target::new(0.9));
        // A week is known; 100 are allowed and 20 come in the last hour of each day: the fifth day is the last.
        near(past.seasonal_exhaustion(inflow(100, 20)), 4.0 * 24.0 + 24.0);
    }

    #[test]
    fn a_calendar_period_forgets_nothing_and_ends() {
        let (slots, now) = slots(&[(1_000, 5); 10]);
        let rest = hours(90);
        let past = Past::new(&slots, now, Reach::Calendar(rest), Target::new(0.99));
        // 100 are allowed so far and 50 spent; each hour allows 10 more and spends 20.
        near(past.exhaustion(inflow(1_000, 20)), 5.0);
        near(past.seasonal_exhaustion(inflow(1_000, 20)), 5.0);
        assert_eq!(past.exhaustion(inflow(1_000, 10)), Foresight::Never);
        assert_eq!(past.exhaustion(inflow(1_000_000, 10_050)), Foresight::After(hours(1)), "10 * 1,000 - 50");
        assert_eq!(past.recovery(None), Foresight::After(Duration::ZERO));

        let past = Past::new(&slots, now, Reach::Calendar(rest), TARGET);
        // 50 of 10 allowed: each hour grants one more, so it takes 40 of them.
        near(past.recovery(inflow(1_000, 5)), 40.0);
        assert_eq!(past.recovery(None), Foresight::After(rest), "a new budget is granted at the end");
        for flow in [None, inflow(1_000, 0), inflow(1_000, 1), inflow(10, 10)] {
            assert_eq!(past.exhaustion(flow), Foresight::After(Duration::ZERO), "it is empty: {flow:?}");
        }
    }

    #[test]
    fn for_planning_a_calendar_period_grants_all_of_its_budget_at_once() {
        let (slots, now) = slots(&[(1_000, 5); 10]);
        let past = Past::new(&slots, now, Reach::Calendar(hours(90)), TARGET);
        // 100 are granted for 100 hours and 50 are spent.
        let planned = |flow| {
            let (budget, exhaustion) = past.planned(flow);
            (budget.unwrap().remaining(), exhaustion)
        };
        for (flow, remaining, lasts_h) in [(inflow(1_000, 5), 0.5, 10.0), (inflow(1_000, 1), 0.5, 50.0)] {
            let (found, exhaustion) = planned(flow);
            assert!((found - remaining).abs() < 1e-9, "{found}");
            near(exhaustion, lasts_h);
        }
        assert_eq!(planned(inflow(2_000, 1)).1, Foresight::Never, "100 + 90 granted, 50 + 90 spent");
        assert_eq!(planned(inflow(10, 1)).1, Foresight::After(Duration::ZERO), "11 granted, 50 spent");
        assert_eq!(planned(None).1, Foresight::After(Duration::ZERO), "10 granted, 50 spent");
        let healthy = Past::new(&slots, now, Reach::Calendar(hours(90)), Target::new(0.9));
        assert_eq!(healthy.planned(None).1, Foresight::NoData);
        assert_eq!(
            Past::new(&[], now, Reach::Calendar(HOUR), TARGET).planned(None),
            (None, Foresight::NoData)
        );
        let rolling = Past::new(&slots, now, Reach::Rolling(now), Target::new(0.9));
        assert_eq!(rolling.planned(inflow(1_000, 500)).1, rolling.seasonal_exhaustion(inflow(1_000, 500)));
    }

    #[test]
    fn what_is_in_no_slot_counts_and_stays() {
        let (slots, now) = slots(&[(1_000, 0); 10]);
        let past = Past::new(&slots, now, Reach::Rolling(now), TARGET);
        let hanging = past.counting(EventCounts::from_total(10_020, 20));
        assert_eq!(past.exhaustion(None), Foresight::NoData);
        assert_eq!(hanging.exhaustion(None), Foresight::After(Duration::ZERO));
        assert_eq!(hanging.recovery(None), Foresight::After(now));
        // 20 that stay, of 10.02 allowed: at 10,000 more an hour than leave it takes 9,980 / 9,000.
        near(hanging.recovery(inflow(10_000, 0)), 9_980.0 / 9_000.0);
        let alone = Past::new(&[], now, Reach::Rolling(now), TARGET).counting(EventCounts::new(0, 3));
        assert_eq!(alone.exhaustion(None), Foresight::After(Duration::ZERO));
        assert_eq!(alone.recovery(None), Foresight::After(now));
    }

    #[test]
    fn something_left_is_never_empty_at_once() {
        // One event less than the edge, and more of them than a nanosecond needs.
        let slots =
            [Slot { start: hours(0), end: hours(1), counts: EventCounts::from_total(1_000_001, 1_000) }];
        let past = Past::new(&slots, hours(1), Reach::Calendar(hours(1)), TARGET);
        let flood = inflow(u64::MAX / 4, u64::MAX / 4);
        assert_eq!(past.exhaustion(flood), SOON);
    }

    #[test]
    fn the_naive_answer_knows_its_edges() {
        let naive =
            |bad, burn| naive_exhaustion(EventCounts::from_total(1_000, bad), TARGET, burn, hours(720));
        assert_eq!(naive(1, 3.0), Foresight::After(Duration::ZERO));
        assert_eq!(naive(0, 0.0), Foresight::Never);
        assert_eq!(naive(0, f64::NAN), Foresight::Never);
        assert_eq!(naive_exhaustion(EventCounts::ZERO, TARGET, 1.0, HOUR), Foresight::NoData);
        near(naive(0, 2.0), 360.0);
    }

    #[test]
    fn a_foresight_is_a_number_a_word_or_nothing() {
        let json = |foresight| serde_json::to_string(&foresight).unwrap();
        assert_eq!(json(Foresight::After(Duration::from_millis(1_500))), "1.5");
        assert_eq!(json(Foresight::Never), "\"never\"");
        assert_eq!(json(Foresight::NoData), "null");
    }
}
