//! Cold. Classic buckets of one histogram, counted again only when it has changed.

use std::sync::{Arc, Weak};

use sre_core::histogram::Snapshot;
use sre_core::report::Over;

use super::encode::Edges;

/// The cumulative counts of a histogram, and what they were made of.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    /// Keeps the address from being used again, not the histogram.
    of: Weak<Snapshot>,
    over: Over,
    count: u64,
    cumulative: Vec<u64>,
}

impl Buckets {
    /// Counts anew if the histogram is another one than last time.
    ///
    /// `thresholds_ns` have exact counts, which replace what the buckets of the histogram tell. The edges must not
    /// change between calls.
    pub(crate) fn update(
        &mut self,
        durations: &Arc<Snapshot>,
        over: &Over,
        thresholds_ns: &[u64],
        edges: &Edges,
    ) {
        if std::ptr::eq(self.of.as_ptr(), Arc::as_ptr(durations)) && self.over == *over {
            return;
        }
        let bounds_ns = edges.bounds_ns();
        self.cumulative.clear();
        self.cumulative.extend(durations.cumulative(bounds_ns.iter().copied().chain([u64::MAX])));
        self.count = self.cumulative.pop().unwrap_or(0);
        for (place, threshold_ns) in thresholds_ns.iter().enumerate() {
            let exact = bounds_ns.binary_search(threshold_ns).ok();
            if let Some(cumulative) = exact.and_then(|at| self.cumulative.get_mut(at)) {
                *cumulative = self.count.saturating_sub(over.get(place));
            }
        }
        self.of = Arc::downgrade(durations);
        self.over = *over;
    }

    /// All events.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Events up to each bound.
    pub(crate) fn cumulative(&self) -> &[u64] {
        &self.cumulative
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sre_core::histogram::Layout;

    use super::*;

    fn snapshot(millis: &[u64]) -> Arc<Snapshot> {
        let durations = millis.iter().map(|millis| Duration::from_millis(*millis));
        Arc::new(Snapshot::from_durations(Layout::default(), durations))
    }

    #[test]
    fn a_histogram_in_the_place_of_another_is_counted_anew() {
        let edges = Edges::new(vec![10_000_000, 100_000_000]);
        let mut buckets = Buckets::default();
        for millis in [&[5, 50, 500][..], &[5, 5], &[], &[500]] {
            let first = snapshot(millis);
            for _ in 0..2 {
                buckets.update(&first, &Over::default(), &[], &edges);
                let up_to = |bound| millis.iter().filter(|millis| **millis <= bound).count() as u64;
                assert_eq!(buckets.cumulative(), [up_to(10), up_to(100)]);
                assert_eq!(buckets.count(), millis.len() as u64);
            }
            // The histogram is dropped here, and the next one may get its place in memory.
        }
    }
}
