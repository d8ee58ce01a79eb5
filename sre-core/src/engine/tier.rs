//! Pure. One alert tier over time: its windows in the past, its state, and whether traffic is enough for it.

use core::time::Duration;

use super::alarm::Alarm;
use super::incidents::Onset;
use super::memory::{KeptOnset, KeptTier};
use super::past::Past;
use crate::alert::{
    AlertState, DerivedTier, Judgement, Level, Lint, Notice, Pair, Reading, Yardstick, is_blind, judge,
    lint_traffic,
};
use crate::report::TierReport;
use crate::slo::{Guards, projected_events};
use crate::units::{EventCounts, Target, saturating_nanos};
use crate::window::{Tally, Tick};

/// The state of one tier that is judged; the tier itself comes as an argument.
#[derive(Clone, Debug)]
pub(super) struct TierJudge {
    /// Places of its windows among the units, and of the short one among the calls.
    long: usize,
    short: usize,
    calls: usize,
    alarm: Alarm,
    /// When its short window went above its factor, while it is.
    onset: Option<Onset>,
    /// What had been counted at the last step.
    counted: Tally,
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

/// How many events to expect in a period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traffic {
    /// The longest window there is.
    pub(super) seen: Reading,
    pub(super) period: Duration,
    /// How many counts make one event or slice.
    pub(super) parts: f64,
}

impl TierJudge {
    pub(super) fn new(tier: &DerivedTier, past: &Past) -> Self {
        Self {
            long: past.units().place(tier.long()),
            short: past.units().place(tier.short()),
            calls: past.calls().place(tier.short()),
            alarm: Alarm::new(tier.short()),
            onset: None,
            counted: past.raw_sum(),
        }
    }

    /// Judges both windows and takes the next step.
    pub(super) fn step(&mut self, tier: &DerivedTier, past: &Past, bench: Bench, tick: Tick) -> Judgement {
        let reading = |place| {
            let reading = past.reading(place);
            Reading { counts: reading.counts + bench.provisional, ..reading }
        };
        let judgement = self.compare(tier, bench, reading);
        self.turn(judgement.pair, tick, self.counted);
        self.counted = past.raw_sum();
        judgement
    }

    /// Takes the next step by what its windows say, when `counted` had been counted at the tick before.
    pub(super) fn turn(&mut self, pair: Pair, tick: Tick, counted: Tally) {
        self.alarm.step(pair, Duration::from_nanos(tick.elapsed_ns));
        let begun = self.onset.unwrap_or(Onset { at: tick, counted });
        self.onset = (pair.short == Level::Above).then_some(begun);
    }

    /// When its short window went above its factor, while it is.
    pub(super) const fn onset(&self) -> Option<Onset> {
        self.onset
    }

    /// Judges both windows as `reading` tells them by their places.
    pub(super) fn compare(
        &self,
        tier: &DerivedTier,
        bench: Bench,
        reading: impl Fn(usize) -> Reading,
    ) -> Judgement {
        let (long, short) = (reading(self.long), reading(self.short));
        judge(tier, bench.target, bench.guards, bench.yardstick, long, short)
    }

    /// Takes note of what was counted before a tick that may not be judged.
    #[cfg(feature = "test-util")]
    pub(super) fn note_counted(&mut self, past: &Past) {
        self.counted = past.raw_sum();
    }

    /// Places of its long and its short window among the units.
    #[cfg(feature = "test-util")]
    pub(super) const fn places(&self) -> (usize, usize) {
        (self.long, self.short)
    }

    /// Whether most calls that ended in the short window were ignored or abandoned-and-ignored.
    pub(super) fn is_blind(&self, past: &Past) -> bool {
        let calls = past.calls().counts(self.calls);
        is_blind(calls.good(), calls.bad())
    }

    /// What live traffic says about it; `None` while too little of a long window was observed to tell.
    pub(super) fn lint(
        &self,
        tier: &DerivedTier,
        past: &Past,
        bench: Bench,
        traffic: Traffic,
    ) -> Option<Option<Lint>> {
        let (observed_ns, length_ns) = (past.observed_ns(self.long), past.units().length_ns(self.long));
        let is_known = observed_ns >= length_ns - length_ns / 10;
        let projected = projected_events(traffic.seen.counts, traffic.seen.observed, traffic.period);
        let units = projected.filter(|_| is_known)? / traffic.parts;
        Some(lint_traffic(tier, bench.target, bench.guards, units))
    }

    /// Whether the long window has no events.
    pub(super) fn is_idle(&self, past: &Past) -> bool {
        past.units().counts(self.long).is_empty()
    }

    pub(super) const fn alarm(&self) -> &Alarm {
        &self.alarm
    }

    pub(super) const fn alarm_mut(&mut self) -> &mut Alarm {
        &mut self.alarm
    }

    /// What outlives the process.
    pub(super) fn kept(&self, tier: &DerivedTier, report: &TierReport, past: &Past) -> KeptTier {
        let (now, counted) = (past.line().last(), past.raw_sum());
        KeptTier {
            long_ns: saturating_nanos(tier.long()),
            short_ns: saturating_nanos(tier.short()),
            since_wall_ns: report.since_wall_ns,
            alarm: self.alarm.kept(Duration::from_nanos(now.elapsed_ns)),
            onset: self.onset.map(|onset| KeptOnset {
                at_unix_ns: onset.at.wall_ns,
                age_ns: now.elapsed_ns.saturating_sub(onset.at.elapsed_ns),
                counts: counted.since(onset.counted).into(),
            }),
        }
    }

    /// Begins anew when `counted` has been counted.
    pub(super) const fn begin(&mut self, counted: Tally) {
        self.counted = counted;
    }

    /// Goes on as an earlier process left off, when `counted` had been counted.
    pub(super) fn resume(&mut self, kept: &KeptTier, report: &mut TierReport, now: Tick, counted: Tally) {
        self.alarm.resume(kept.alarm, Duration::from_nanos(now.elapsed_ns));
        report.since_wall_ns = kept.since_wall_ns;
        report.state = self.alarm.state();
        self.onset = kept.onset.map(|onset| Onset {
            at: Tick { wall_ns: onset.at_unix_ns, elapsed_ns: now.elapsed_ns.saturating_sub(onset.age_ns) },
            counted: counted.minus(onset.counts.into()),
        });
    }
}

/// The report of a tier before the first tick.
///
/// One that is `unreachable` is never judged, and says what to do about it.
pub(super) fn blank_report(tier: &DerivedTier, unreachable: Option<Lint>, start: Tick) -> TierReport {
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
        reachable: unreachable.is_none(),
        guarded: None,
        infeasible: false,
        blind: false,
        inhibited: false,
        notice: Notice::Quiet,
        notices_withheld: 0,
        remedy: unreachable.map(|lint| lint.to_string().into()),
    }
}
