//! The evaluated view: what the last tick found, as plain data. Exporters see it and nothing behind it.

mod engine;
mod objective;
mod sli;
mod status;

use core::time::Duration;
use std::sync::Arc;

pub use engine::{EngineReport, Finding};
pub use objective::{ObjectiveReport, ObjectiveState, TierReport, WindowReport};
pub use sli::{Events, Label, Over, Percentiles, SliReport};
pub use status::{LatencyStatus, ObjectiveStatus, SliStatus, Status, TierStatus};

/// Everything that one tick found: the narrow waist between the engine and whoever shows or ships it.
///
/// A report never changes. Its counts are those since the process started; two families of one report may
/// differ by the events that were recorded while it was read, and agree when nothing is recorded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The name of the service.
    pub service: Arc<str>,
    /// When the tick came, in nanoseconds since 1970.
    pub at_unix_ns: u64,
    /// When the engine started, in nanoseconds since 1970.
    pub started_unix_ns: u64,
    /// How long the engine has been running.
    pub uptime: Duration,
    /// The SLIs, and the members of families after their whole.
    pub slis: Vec<SliReport>,
    /// The engine's own health.
    pub engine: EngineReport,
}

impl Report {
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
