//! Pure. What an engine says of itself.

use core::fmt;
use core::time::Duration;

use std::sync::Arc;

use serde::Serialize;

use super::refill::Refill;
use super::state::StateReport;
use crate::alert::Lint;

/// The health of an engine at one tick.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EngineReport {
    /// Ticks so far.
    pub ticks: u64,
    /// Ticks that came more than two steps late.
    pub ticks_late: u64,
    /// How much later than planned this tick came.
    pub tick_lag: Duration,
    /// How long the evaluation of the last tick took.
    pub tick_duration: Duration,
    /// Panics caught in ticks: in callbacks, or our own.
    pub panics: u64,
    /// SLIs and members of families that are counted.
    pub series: u64,
    /// Label combinations refused by the bound on a family.
    pub series_refused: u64,
    /// Bytes that their counters take, shards not included; counted every ten ticks.
    pub series_bytes: u64,
    /// Shards allotted to hot threads in this process, of 4 KiB each.
    pub shards: u64,
    /// Durations above 104 days, recorded as that long.
    pub durations_clamped: u64,
    /// Batches of more than 2^40 events (about 10^12), recorded as that many, and ticks with more than 2^48 good or bad
    /// events of an objective, judged as that many.
    pub batches_clamped: u64,
    /// SLIs and members of families with counters that can count no further; one batch can bring them there.
    pub series_saturated: u64,
    /// Questions for the burn over a window that is not kept and was rounded up.
    pub windows_rounded: u64,
    /// Whether recording is switched off.
    pub paused: bool,
    /// The state directory, if there is one.
    pub state: Option<Arc<StateReport>>,
    /// Entries of the ledger, those that change nothing any more included; there is room for 2,000
    /// and a hundred withdrawals.
    pub ledger_entries: u64,
    /// Entries that [`Engine::hand_over_entries`](crate::Engine::hand_over_entries) ever took out, earlier processes on the
    /// state directory included.
    pub ledger_entries_handed_over: u64,
    /// What does not work as configured, in plain sentences.
    pub degraded: Vec<String>,
    /// What is questionable about objectives: tiers that cannot fire, budgets too thin to react.
    pub findings: Vec<Finding>,
}

impl Refill for EngineReport {
    fn refill(&mut self, from: &Self) {
        // Both lists only grow, and are long where there are many objectives.
        let (mut degraded, mut findings) =
            (core::mem::take(&mut self.degraded), core::mem::take(&mut self.findings));
        degraded.extend(from.degraded.get(degraded.len()..).into_iter().flatten().cloned());
        findings.extend(from.findings.get(findings.len()..).into_iter().flatten().cloned());
        *self = Self {
            ticks: from.ticks,
            ticks_late: from.ticks_late,
            tick_lag: from.tick_lag,
            tick_duration: from.tick_duration,
            panics: from.panics,
            series: from.series,
            series_refused: from.series_refused,
            series_bytes: from.series_bytes,
            shards: from.shards,
            durations_clamped: from.durations_clamped,
            batches_clamped: from.batches_clamped,
            series_saturated: from.series_saturated,
            windows_rounded: from.windows_rounded,
            paused: from.paused,
            state: from.state.clone(),
            ledger_entries: from.ledger_entries,
            ledger_entries_handed_over: from.ledger_entries_handed_over,
            degraded,
            findings,
        };
    }
}

/// Something questionable about an objective.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The name of the objective.
    pub slo: Arc<str>,
    /// What it is; `Display` says what to do.
    pub lint: Lint,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "objective {}: {}", self.slo, self.lint)
    }
}
