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
        }
    }

    /// Begins anew with what was counted so far as the end of the last interval.
    pub(super) fn forget_the_past(&mut self, counts: &SeriesCounts) {
        self.ends = VecDeque::from([self.count(counts)]);
    }

    pub(super) fn end_interval(&mut self, counts: &SeriesCounts) {
        if self.ends.len() > INTERVALS {
            self.ends.pop_front();
        }
        self.ends.push_back(self.count(counts));
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
