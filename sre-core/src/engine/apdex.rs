//! Pure. The Apdex over the last five minutes, from exact counts.

use core::time::Duration;
use std::collections::VecDeque;

use crate::histogram::Thresholds;
use crate::sli::series::SeriesCounts;
use crate::slo::Apdex;
use crate::units::saturating_nanos;

/// Intervals of 10 s in the window.
const INTERVALS: usize = 30;

/// Counts at the ends of the last intervals.
#[derive(Debug)]
pub(super) struct ApdexWindow {
    satisfied_at: Option<usize>,
    tolerated_at: Option<usize>,
    ends: VecDeque<Counts>,
    /// The number of the last interval that ended.
    last: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    satisfied: u64,
    tolerating: u64,
    frustrated: u64,
}

impl ApdexWindow {
    pub(super) fn new(satisfied: Duration, thresholds: &Thresholds) -> Self {
        let satisfied_ns = saturating_nanos(satisfied);
        Self {
            satisfied_at: thresholds.position(satisfied_ns),
            tolerated_at: thresholds.position(satisfied_ns.saturating_mul(4)),
            ends: VecDeque::from([Counts::default()]),
            last: 0,
        }
    }

    /// Begins anew with what was counted so far as the end of the last interval.
    pub(super) fn forget_the_past(&mut self, counts: &SeriesCounts) {
        self.ends = VecDeque::from([self.count(counts)]);
    }

    /// Ends an interval. Those since the last one that ended, in a suspend, had no calls.
    pub(super) fn end_interval(&mut self, interval: u64, counts: &SeriesCounts) {
        let passed = usize::try_from(interval.saturating_sub(self.last)).unwrap_or(usize::MAX);
        let idle = self.ends.back().copied().unwrap_or_default();
        (1..passed.min(INTERVALS + 1)).for_each(|_| self.push(idle));
        self.push(self.count(counts));
        self.last = interval;
    }

    fn push(&mut self, end: Counts) {
        if self.ends.len() > INTERVALS {
            self.ends.pop_front();
        }
        self.ends.push_back(end);
    }

    /// All failures are frustrated callers, and so are those who gave up after too long a wait.
    fn count(&self, counts: &SeriesCounts) -> Counts {
        let over = |place: Option<usize>| place.and_then(|at| counts.ok.over.get(at)).copied().unwrap_or(0);
        let slow = over(self.satisfied_at);
        let too_slow = over(self.tolerated_at);
        let abandoned = counts.abandoned_bad.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
        Counts {
            satisfied: counts.ok.count.saturating_sub(slow),
            tolerating: slow.saturating_sub(too_slow),
            frustrated: too_slow.saturating_add(counts.error.count).saturating_add(abandoned),
        }
    }

    /// The Apdex of the window; `None` without calls.
    pub(super) fn apdex(&self) -> Option<Apdex> {
        let (first, last) = (self.ends.front()?, self.ends.back()?);
        let apdex = Apdex::new(
            last.satisfied.saturating_sub(first.satisfied),
            last.tolerating.saturating_sub(first.tolerating),
            last.frustrated.saturating_sub(first.frustrated),
        );
        apdex.score().map(|_| apdex)
    }
}
