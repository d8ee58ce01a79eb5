//! Cold. What the exporters count of themselves.

use std::sync::atomic::{AtomicU64, Ordering};

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// Expositions sent.
    Scrapes,
    /// Bytes of their bodies, compressed where they were.
    ScrapedBytes,
    /// Scrapes answered with 503.
    ScrapesRefused,
    /// Requests for what is not there or not allowed.
    RequestsRefused,
    /// Connections that ended in an error: garbage, limits, a reset.
    ConnectionsFailed,
    /// Connections closed because the client was too slow.
    ConnectionsSlow,
    /// Connections closed because another one needed the place.
    ConnectionsEvicted,
    /// Connections that could not be accepted.
    AcceptErrors,
    /// Attempts to bind an address that failed.
    BindErrors,
    /// Panics caught while rendering.
    RenderPanics,
    /// Series left out of expositions because another one has the same labels, counted in each.
    SeriesHidden,
    /// Label values that were longer than may be.
    LabelValuesCut,
}

/// Number of counters.
const COUNTS: usize = Count::LabelValuesCut as usize + 1;

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    counts: [AtomicU64; COUNTS],
}

impl Telemetry {
    pub(crate) fn add(&self, count: Count, by: u64) {
        if let Some(counter) = self.counts.get(count as usize) {
            // Relaxed: a count orders nothing.
            counter.fetch_add(by, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self, count: Count) -> u64 {
        self.counts.get(count as usize).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}
