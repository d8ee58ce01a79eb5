//! Pure. What an engine says of itself.

use core::fmt;
use core::time::Duration;

use std::sync::Arc;

use serde::Serialize;

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
    /// Questions for the burn over a window that is not kept and was rounded up.
    pub windows_rounded: u64,
    /// Whether recording is switched off.
    pub paused: bool,
    /// What does not work as configured, in plain sentences.
    pub degraded: Vec<String>,
    /// What is questionable about objectives: tiers that cannot fire, budgets too thin to react.
    pub findings: Vec<Finding>,
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
