//! Pure. One alert tier over time: its windows in the past, its state, and whether traffic is enough for it.

use core::time::Duration;

use super::past::Past;
use crate::alert::{AlertState, DerivedTier, Dropped, Judgement, Pair, Reading, TierAlert, Yardstick, judge};
use crate::report::TierReport;
use crate::slo::Guards;
use crate::units::{EventCounts, Target};
use crate::window::Tick;

/// Calls that ended in a short window before blindness is spoken of.
const BLIND_MIN: u64 = 10;

/// One tier that is judged.
#[derive(Clone, Debug)]
pub(super) struct TierJudge {
    tier: DerivedTier,
    /// Places of its windows among the units, and of the short one among the calls.
    long: usize,
    short: usize,
    calls: usize,
    alert: TierAlert,
}

/// What a tier is judged with, the same for all of an objective.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bench {
    pub(super) target: Target,
    pub(super) guards: Guards,
    pub(super) yardstick: Yardstick,
    /// Overdue calls in flight.
    pub(super) provisional: EventCounts,
}

impl TierJudge {
    pub(super) fn new(tier: DerivedTier, past: &Past) -> Self {
        Self {
            tier,
            long: past.units().place(tier.long()),
            short: past.units().place(tier.short()),
            calls: past.calls().place(tier.short()),
            alert: TierAlert::new(tier.short()),
        }
    }

    /// Judges both windows and takes the next step.
    pub(super) fn step(&mut self, past: &Past, bench: Bench, tick: Tick) -> (Judgement, Option<AlertState>) {
        let reading = |place| {
            let reading = past.reading(place);
            Reading { counts: reading.counts + bench.provisional, ..reading }
        };
        let (long, short) = (reading(self.long), reading(self.short));
        let judgement = judge(&self.tier, bench.target, bench.guards, bench.yardstick, long, short);
        let change = self.alert.step(judgement.pair, Duration::from_nanos(tick.elapsed_ns));
        (judgement, change.map(|change| change.from))
    }

    /// Whether most calls that ended in the short window were ignored or abandoned-and-ignored.
    pub(super) fn is_blind(&self, past: &Past) -> bool {
        let calls = past.calls().counts(self.calls);
        calls.bad() >= BLIND_MIN && calls.bad() > calls.good()
    }

    /// Whether the long window has no events.
    pub(super) fn is_idle(&self, past: &Past) -> bool {
        past.units().counts(self.long).is_empty()
    }

    pub(super) const fn state(&self) -> AlertState {
        self.alert.state()
    }
}

/// The report of a tier before the first tick.
pub(super) fn blank_report(tier: &DerivedTier, dropped: Option<Dropped>, start: Tick) -> TierReport {
    TierReport {
        name: tier.number().to_string().into(),
        severity: tier.severity(),
        long: tier.long(),
        short: tier.short(),
        factor: tier.factor(),
        budget_share: tier.budget_share(),
        state: AlertState::Ok,
        since_wall_ns: start.wall_ns,
        trend: Pair::default().trend(),
        reachable: dropped.is_none(),
        guarded: None,
        infeasible: false,
        blind: false,
        inhibited: false,
        remedy: None,
    }
}
