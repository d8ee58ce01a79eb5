//! Pure. Events that will leave a period and events that will come, and a walk along both.

use core::time::Duration;

use super::forecast::{Inflow, Slot};

/// Events per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PerSecond {
    pub(super) total: f64,
    pub(super) bad: f64,
}

impl PerSecond {
    /// All events of a slot, spread over as much of it as lies after `floor`.
    fn of(slot: &Slot, floor: Duration) -> Self {
        let seconds = slot.end.saturating_sub(slot.start.max(floor)).as_secs_f64();
        if seconds > 0.0 {
            Self { total: count(slot.counts.total()) / seconds, bad: count(slot.counts.bad()) / seconds }
        } else {
            Self::default()
        }
    }
}

/// What leaves a period as time goes by: each slot evenly, one period after it came. All of one that began before
/// the period is there still, and leaves until its end.
pub(super) struct Ebb<'a> {
    slots: &'a [Slot],
    now: Duration,
    period: Duration,
}

impl<'a> Ebb<'a> {
    pub(super) const fn new(slots: &'a [Slot], now: Duration, period: Duration) -> Self {
        Self { slots, now, period }
    }

    /// Nothing ever leaves.
    pub(super) const fn none() -> Self {
        Self::new(&[], Duration::ZERO, Duration::ZERO)
    }

    /// What leaves from `at` seconds after now on, and until when it does; `at` must not decrease.
    pub(super) fn next(&mut self, at: f64) -> (PerSecond, f64) {
        rate_at(&mut self.slots, self.now, self.period, at, self.now.saturating_sub(self.period))
    }
}

/// What comes: steadily, or as in the last season over and over.
pub(super) struct Tide<'a> {
    inflow: Inflow,
    season: Option<Duration>,
    /// The whole past, and what is left of it in this round of the season.
    past: &'a [Slot],
    slots: &'a [Slot],
    now: Duration,
    /// How far the round that `at` lies in looks back.
    lag: Duration,
}

impl<'a> Tide<'a> {
    pub(super) const fn steady(inflow: Inflow) -> Self {
        Self { inflow, season: None, past: &[], slots: &[], now: Duration::ZERO, lag: Duration::ZERO }
    }

    pub(super) const fn seasonal(inflow: Inflow, slots: &'a [Slot], now: Duration, season: Duration) -> Self {
        Self { inflow, season: Some(season), past: slots, slots, now, lag: season }
    }

    /// What comes from `at` seconds after now on, and until when it does; `at` must not decrease.
    pub(super) fn next(&mut self, at: f64) -> (PerSecond, f64) {
        let Some(season) = self.season else {
            return (self.with_errors(self.inflow.events_per_second), f64::INFINITY);
        };
        while self.lag.as_secs_f64() <= at {
            (self.lag, self.slots) = (self.lag.saturating_add(season), self.past);
        }
        let (rate, until) = rate_at(&mut self.slots, self.now, self.lag, at, Duration::ZERO);
        let total = if self.is_known(at) { rate.total } else { self.inflow.events_per_second };
        (self.with_errors(total), until.min(self.lag.as_secs_f64()))
    }

    /// How many events come in all during `span`.
    pub(super) fn volume(mut self, span: Duration) -> f64 {
        let (mut at, end, mut events) = (0.0, span.as_secs_f64(), 0.0);
        while at < end {
            let (coming, until) = self.next(at);
            let until = until.min(end);
            events += coming.total * (until - at);
            at = until;
        }
        events
    }

    /// Whether the past reaches back to where `at` is looked up.
    fn is_known(&self, at: f64) -> bool {
        self.past.first().is_some_and(|slot| ahead(slot.start, self.lag, self.now) <= at)
    }

    fn with_errors(&self, total: f64) -> PerSecond {
        PerSecond { total, bad: total * self.inflow.error_ratio }
    }
}

/// A debt, bad events beyond those that are allowed, followed into the future.
pub(super) struct Walk<'a> {
    debt: f64,
    /// How many failures each event allows on the way.
    budget_ratio: f64,
    ebb: Ebb<'a>,
    tide: Tide<'a>,
    end_s: f64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(debt: f64, budget_ratio: f64, ebb: Ebb<'a>, tide: Tide<'a>, span: Duration) -> Self {
        Self { debt, budget_ratio, ebb, tide, end_s: span.as_secs_f64() }
    }

    /// The seconds until debt first is zero within a stretch that `is_crossing`: debt at its start, change per
    /// second, length. Debt changes evenly within a stretch.
    pub(super) fn first(mut self, is_crossing: impl Fn(f64, f64, f64) -> bool) -> Option<f64> {
        let mut at = 0.0;
        while at < self.end_s {
            let ((leaving, ebb_until), (coming, tide_until)) = (self.ebb.next(at), self.tide.next(at));
            let until = ebb_until.min(tide_until).min(self.end_s);
            let length = until - at;
            let slope = coming.bad - leaving.bad - self.budget_ratio * (coming.total - leaving.total);
            if is_crossing(self.debt, slope, length) {
                return Some(at + (-self.debt / slope).clamp(0.0, length));
            }
            self.debt += slope * length;
            at = until;
        }
        None
    }
}

/// The rate of the slot that is `lag` older than `now + at`, and until when that is so. Slots that are over are
/// dropped from the front.
fn rate_at(slots: &mut &[Slot], now: Duration, lag: Duration, at: f64, floor: Duration) -> (PerSecond, f64) {
    let over = slots.partition_point(|slot| ahead(slot.end, lag, now) <= at);
    *slots = slots.get(over..).unwrap_or_default();
    match slots.first() {
        Some(slot) if ahead(slot.start, lag, now) <= at => {
            (PerSecond::of(slot, floor), ahead(slot.end, lag, now))
        }
        Some(slot) => (PerSecond::default(), ahead(slot.start, lag, now)),
        None => (PerSecond::default(), f64::INFINITY),
    }
}

/// Seconds from `now` until `moment + lag`; below zero when that is past.
fn ahead(moment: Duration, lag: Duration, now: Duration) -> f64 {
    let then = moment.saturating_add(lag);
    if then >= now { (then - now).as_secs_f64() } else { -(now - then).as_secs_f64() }
}

#[expect(clippy::cast_precision_loss, reason = "counts above 2^53 lose less than one part in 10^15")]
pub(super) const fn count(events: u64) -> f64 {
    events as f64
}
