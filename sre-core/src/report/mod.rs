//! The evaluated view: what the last tick found, as plain data. Exporters see it and nothing behind it.

mod engine;
mod incident;
mod ledger;
mod objective;
mod refill;
mod sli;
mod state;
mod status;
mod transition;

use core::time::Duration;
use std::sync::Arc;

pub use engine::{EngineReport, Finding};
pub use incident::{IncidentStatus, MeanTimesStatus};
pub use ledger::{EntryStatus, LedgerReport, WindowLedger};
pub use objective::{ObjectiveReport, ObjectiveState, TierReport, WindowReport};
pub(crate) use refill::{Refill, share, share_if_any};
pub use sli::{ClassicBuckets, Events, Label, Over, Percentiles, SliReport};
pub use state::{StateReport, StateStanding};
pub use status::{Exhaustion, LatencyStatus, ObjectiveStatus, SliStatus, Status, TierStatus};
pub use transition::TransitionReport;

/// Everything that one tick found: the narrow waist between the engine and whoever shows or ships it.
///
/// A report never changes. Its counts go on from [`Report::started_unix_ns`]. How fresh each part of it is depends
/// on where it comes from:
///
/// | | report of a tick | [`Engine::collect`](crate::Engine::collect) |
/// |---|---|---|
/// | events, latency thresholds, counts of objectives for export | as of the tick | as of the call |
/// | durations (the buckets of histograms) | as of the last merge, at most 10 s before | as of the call |
/// | classic buckets | as of the last collect | as of the call |
/// | percentiles, Apdex | as of the end of the last interval of 10 s | the same |
/// | budgets, windows, tiers, transitions, calls in flight, the engine's health | as of the tick | as of the last tick |
///
/// [`Engine::collect_buckets`](crate::Engine::collect_buckets) is like `collect` but for the durations, which are those
/// of a tick.
///
/// So histograms of a tick may hold fewer events than its counters. Those of `collect` differ from their counters
/// by the events that were recorded while it read, and agree when nothing is recorded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The name of the service.
    pub service: Arc<str>,
    /// When the tick came, in nanoseconds since 1970.
    pub at_unix_ns: u64,
    /// When the counters began at zero, in nanoseconds since 1970.
    ///
    /// For the default engine that is when the first static of the process was used or named, be it before the
    /// engine started; for others, whose SLIs are their own, the start of the engine.
    pub started_unix_ns: u64,
    /// How long the engine has been running, up to the tick.
    pub uptime: Duration,
    /// The SLIs, and the members of families after their whole.
    pub slis: Vec<SliReport>,
    /// The tiers that changed at the last tick, inhibited ones too.
    ///
    /// A report that [`Engine::collect`](crate::Engine::collect) makes between two ticks repeats those of the tick
    /// before: [`EngineReport::ticks`] tells ticks apart.
    pub transitions: Vec<TransitionReport>,
    /// The engine's own health.
    pub engine: EngineReport,
}

impl Report {
    /// A report on nothing.
    pub(crate) fn blank(service: Arc<str>) -> Self {
        Self {
            service,
            at_unix_ns: 0,
            started_unix_ns: 0,
            uptime: Duration::ZERO,
            slis: Vec::new(),
            transitions: Vec::new(),
            engine: EngineReport::default(),
        }
    }

    /// The report on an SLI as a whole, by its name.
    #[must_use]
    pub fn sli(&self, name: &str) -> Option<&SliReport> {
        self.slis.iter().find(|sli| sli.name == name)
    }

    /// The report on an objective of an SLI as a whole, by its name.
    #[must_use]
    pub fn slo(&self, name: &str) -> Option<&ObjectiveReport> {
        self.slis.iter().flat_map(|sli| &sli.objectives).find(|objective| &*objective.slo == name)
    }
}
