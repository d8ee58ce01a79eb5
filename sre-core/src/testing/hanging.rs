//! Pure. Calls that hang: how many of them are overdue, and which end now.

use std::collections::VecDeque;

use super::script::Script;
use crate::shard::LATE_SLOTS;
use crate::slo::Objective;

const SECOND_NS: u64 = 1_000_000_000;
const MINUTE_NS: u64 = 60_000_000_000;

/// For so many minutes an engine looks for calls that never end.
const MINUTES: u64 = 60;

/// Calls that hang.
#[derive(Debug, Default)]
pub(super) struct Hanging {
    /// By the second of the scenario in which they end.
    calls: Vec<(u64, Waiting)>,
    /// When faults let calls hang, in seconds of the scenario.
    pub(super) spans: Vec<(u64, u64)>,
    /// From which age on they are overdue, in slots, and how long those are as a power of two.
    limit: Option<(u64, u32)>,
}

/// Calls that end together, by when they began.
#[derive(Debug, Default)]
struct Waiting {
    /// By the monotonic clock, the oldest first.
    calls: VecDeque<(u64, u64)>,
    overdue: Front,
    lost: Front,
}

/// The oldest calls up to some place, and how many these are.
#[derive(Clone, Copy, Debug, Default)]
struct Front {
    place: usize,
    count: u64,
}

impl Front {
    /// Moves on to the first call that did not begin long enough ago.
    fn advance(&mut self, calls: &VecDeque<(u64, u64)>, is_old: impl Fn(u64) -> bool) -> u64 {
        while let Some((_, count)) = calls.get(self.place).filter(|(began_ns, _)| is_old(*began_ns)) {
            self.count += count;
            self.place += 1;
        }
        self.count
    }
}

impl Hanging {
    pub(super) fn new(script: &Script, objective: &Objective) -> Self {
        let definition = &script.definition;
        let hanging = script.faults.iter().filter(|fault| fault.hangs());
        let spans = hanging.map(|fault| (fault.at, fault.end().unwrap_or(script.length))).collect();
        let shift = definition.settings(crate::clock::Source::System).slots.shift();
        let limit_ns = objective.threshold_ns().or_else(|| definition.wait_limits().overdue_ns());
        Self { limit: limit_ns.map(|limit_ns| ((limit_ns >> shift) + 1, shift)), spans, ..Self::default() }
    }

    pub(super) fn begin(&mut self, began_ns: u64, count: u64, until: u64) {
        if let Some((_, waiting)) = self.calls.iter_mut().find(|(end, _)| *end == until) {
            waiting.calls.push_back((began_ns, count));
        } else {
            let calls = VecDeque::from([(began_ns, count)]);
            self.calls.push((until, Waiting { calls, ..Waiting::default() }));
        }
    }

    /// Their process is gone.
    pub(super) fn forget(&mut self) {
        self.calls.clear();
    }

    /// Those that end by `now`, a second of the scenario, be they lost or not.
    pub(super) fn end(&mut self, now: u64) -> impl Iterator<Item = (u64, u64)> + use<> {
        let ended: Vec<_> = self.calls.extract_if(.., |(until, _)| now >= *until).collect();
        ended.into_iter().flat_map(|(_, waiting)| waiting.calls)
    }

    /// As many as an engine sees: up to one slot of its table too few, and none that hung all through the last hour.
    pub(super) fn overdue(&mut self, now_ns: u64) -> u64 {
        let Some((slots, shift)) = self.limit.filter(|_| !self.calls.is_empty()) else { return 0 };
        let hour_ago_ns = hour_before(now_ns, shift);
        self.calls.iter_mut().map(|(_, waiting)| waiting.overdue(now_ns, hour_ago_ns, slots, shift)).sum()
    }
}

impl Waiting {
    fn overdue(&mut self, now_ns: u64, hour_ago_ns: Option<u64>, slots: u64, shift: u32) -> u64 {
        let age = |began_ns: u64, at_ns: u64| (at_ns >> shift).saturating_sub(began_ns >> shift);
        let overdue = self.overdue.advance(&self.calls, |began_ns| age(began_ns, now_ns) > slots);
        let Some(hour_ago_ns) = hour_ago_ns else { return overdue };
        let is_lost = |began_ns| age(began_ns, hour_ago_ns) >= LATE_SLOTS;
        overdue.saturating_sub(self.lost.advance(&self.calls, is_lost))
    }
}

/// When an engine that ticks each second first looked in the oldest of its minutes.
fn hour_before(now_ns: u64, shift: u32) -> Option<u64> {
    let minute = |at_ns: u64| (at_ns >> shift << shift) / MINUTE_NS;
    let oldest = minute(now_ns).checked_sub(MINUTES - 1)?;
    let mut looks = (0_u64..).map(|second| (oldest * MINUTE_NS).saturating_add(second * SECOND_NS));
    looks.find(|at_ns| minute(*at_ns) >= oldest)
}
