//! Cold. Classic buckets of one histogram, counted again only where it has grown.

use std::sync::Arc;

use sre_core::histogram::{Cumulative, Snapshot};
use sre_core::report::Over;

use super::encode::{Distribution, Edges, Exemplar};

/// The cumulative counts of a histogram. Clones share what they know of the bounds.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    merged: Cumulative,
    /// Where each threshold is among the bounds.
    thresholds: Arc<[usize]>,
}

impl Buckets {
    /// All zero. Each of `thresholds_ns`, which are among the edges, has an exact count in the reports.
    pub(crate) fn new(edges: &Edges, thresholds_ns: &[u64]) -> Self {
        let bounds_ns = edges.bounds_ns();
        let place = |threshold_ns: &u64| bounds_ns.partition_point(|bound_ns| bound_ns < threshold_ns);
        Self {
            merged: Cumulative::new(Snapshot::default().layout(), bounds_ns),
            thresholds: thresholds_ns.iter().map(place).collect(),
        }
    }

    /// Counts what came since the last report of the same series; `edges` are those it was made with.
    pub(crate) fn update<'a>(
        &'a mut self,
        durations: &Snapshot,
        over: &Over,
        edges: &'a Edges,
        exemplars: &'a [Exemplar],
    ) -> Distribution<'a> {
        self.merged.update(durations);
        let count = self.merged.count();
        for (place, at) in self.thresholds.iter().enumerate() {
            self.merged.correct(*at, count.saturating_sub(over.get(place)));
        }
        Distribution { edges, cumulative: self.merged.counts(), count, sum_ns: durations.sum_ns(), exemplars }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sre_core::histogram::Layout;

    use super::*;

    #[test]
    fn a_histogram_that_grows_is_counted_as_if_it_were_new() {
        let edges = Edges::new(vec![10_000_000, 100_000_000]);
        let mut buckets = Buckets::new(&edges, &[]);
        let millis = [5, 50, 500, 5, 99, 101, 9];
        for length in 0..=millis.len() {
            let so_far = &millis[..length];
            let durations = so_far.iter().map(|millis| Duration::from_millis(*millis));
            let snapshot = Snapshot::from_durations(Layout::default(), durations);
            for _ in 0..2 {
                let read = buckets.update(&snapshot, &Over::default(), &edges, &[]);
                let up_to = |bound| so_far.iter().filter(|millis| **millis <= bound).count() as u64;
                assert_eq!(read.cumulative, [up_to(10), up_to(100)]);
                assert_eq!(read.count, length as u64);
            }
        }
    }
}
