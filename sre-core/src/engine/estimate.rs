//! Pure. How many events a time without a process would have had, by the last hour in which there was one.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use serde::{Deserialize, Serialize};

/// What an estimate is made from.
pub(super) const HOUR_NS: u64 = 3_600_000_000_000;

/// The most events that one time without a process is taken to have: no window with a few of them overflows.
const EVENTS_MAX: u64 = 1 << 48;

/// Events that came in a time that was observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rate {
    events: u64,
    observed_ns: u64,
}

impl Rate {
    pub(super) const fn new(events: u64, observed_ns: u64) -> Self {
        Self { events, observed_ns }
    }

    /// Events in a time of this length, if they go on to come like that: `events · length / observed`.
    pub(super) fn over(self, length_ns: u64) -> u64 {
        let events = u128::from(self.events).saturating_mul(length_ns.into());
        let events = events.checked_div(self.observed_ns.into()).unwrap_or(0);
        u64::try_from(events).unwrap_or(u64::MAX).min(EVENTS_MAX)
    }

    /// Of more time, the part that makes an hour of both, at the same rate.
    fn and_before(self, before: Self) -> Self {
        let observed_ns = HOUR_NS.saturating_sub(self.observed_ns).min(before.observed_ns);
        let events = before.over(observed_ns);
        Self::new(self.events.saturating_add(events), self.observed_ns.saturating_add(observed_ns))
    }
}

/// The last time without a process for which bad events were estimated. No estimate is made from another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Estimate {
    /// Up to where it is; zero when there is none.
    until_ns: u64,
    /// By what it was made.
    rate: Rate,
}

impl Estimate {
    /// Up to where bad events were estimated; zero when none were.
    pub(super) const fn until_ns(&self) -> u64 {
        self.until_ns
    }

    /// Bad events were estimated up to an instant.
    pub(super) fn note(&mut self, until_ns: u64, rate: Rate) {
        *self = Self { until_ns, rate };
    }

    /// The rate of the last observed hour, if the estimate lies within: what really came since, and for the rest of the
    /// hour what came before.
    pub(super) fn last_hour(&self, since: Rate) -> Rate {
        since.and_before(self.rate)
    }

    /// Renames instants as slots are.
    pub(super) fn relabel(&mut self, earlier_ns: u64) {
        self.until_ns = self.until_ns.saturating_sub(earlier_ns);
    }

    /// The later one of two processes'.
    pub(super) fn or_later(self, other: Self) -> Self {
        if other.until_ns > self.until_ns { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000_000_000;

    #[test]
    fn a_rate_goes_on() {
        assert_eq!(Rate::new(60, MINUTE).over(MINUTE / 2), 30);
        assert_eq!(Rate::new(60, 0).over(MINUTE), 0, "nothing was observed");
        assert_eq!(Rate::default().over(u64::MAX), 0);
        assert_eq!(Rate::new(u64::MAX, 1).over(u64::MAX), EVENTS_MAX);
    }

    #[test]
    fn an_estimate_is_made_of_an_hour_that_was_observed() {
        let mut estimate = Estimate::default();
        // An event a second for half an hour, and two a second for ten minutes more.
        estimate.note(7, Rate::new(1_800, 30 * MINUTE));
        for (events, minutes, expected) in [
            (0, 0, Rate::new(1_800, 30 * MINUTE)),
            (1_200, 10, Rate::new(3_000, 40 * MINUTE)),
            (6_000, 50, Rate::new(6_600, 60 * MINUTE)),
            (7_200, 60, Rate::new(7_200, 60 * MINUTE)),
            (7_200, 90, Rate::new(7_200, 90 * MINUTE)),
        ] {
            assert_eq!(estimate.last_hour(Rate::new(events, minutes * MINUTE)), expected);
        }
    }

    #[test]
    fn one_time_after_the_other_is_estimated_by_the_same_rate() {
        let mut estimate = Estimate::default();
        let mut rate = Rate::new(600, 10 * MINUTE);
        for _ in 0..1_000 {
            assert_eq!(rate.over(5 * MINUTE), 300);
            estimate.note(1, rate);
            rate = estimate.last_hour(Rate::new(10, MINUTE / 6));
        }
    }

    #[test]
    fn names_and_processes() {
        let mut estimate = Estimate::default();
        estimate.note(10, Rate::new(1, 1));
        estimate.relabel(3);
        assert_eq!(estimate.until_ns(), 7);
        assert_eq!(estimate.or_later(Estimate::default()), estimate);
        assert_eq!(Estimate::default().or_later(estimate), estimate);
    }
}
