//! Cold. What a recorder has counted so far: summed over its shared copy, its shards and its books.

use crate::histogram::{Recorder, Snapshot};
use crate::shard::{InFlightCells, THRESHOLDS_MAX};

/// What a recorder has counted so far, without the buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) count: u64,
    pub(crate) over: [u64; THRESHOLDS_MAX],
}

impl Recorder {
    /// What was counted so far. `over` is read last: it may know of events that `count` does not, never the other
    /// way round, so `count - over` is at most the number of events below a threshold.
    pub(crate) fn totals(&self) -> Totals {
        let entries = self.ledger.lock();
        let shared: u64 = self.shared.cells().map(|(_, count)| u64::from(count)).sum();
        let sharded = entries.shards().fold(0, |sum: u64, shard| sum.saturating_add(shard.count()));
        let count = sharded.saturating_add(shared).saturating_add(entries.drained_shared());
        let mut over = self.shared.over();
        for shard in entries.shards() {
            over.iter_mut().zip(shard.over()).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        }
        Totals { count, over }
    }

    /// Calls started and ended so far, by slot: all ends first, since a call may start on one thread and end on
    /// another.
    pub(crate) fn in_flight(&self) -> InFlightCells {
        let entries = self.ledger.lock();
        let mut cells = InFlightCells::default();
        self.shared.read_ends(&mut cells);
        entries.shards().for_each(|shard| shard.read_ends(&mut cells));
        self.shared.read_starts(&mut cells);
        entries.shards().for_each(|shard| shard.read_starts(&mut cells));
        cells
    }

    /// All buckets, merged.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut counts = vec![0_u64; self.layout.buckets()];
        let entries = self.ledger.lock();
        for shard in entries.shards() {
            counts.iter_mut().zip(shard.cells()).for_each(|(sum, count)| *sum += u64::from(count));
        }
        counts.iter_mut().zip(entries.drained()).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
        for (bucket, count) in self.shared.cells() {
            if let Some(sum) = counts.get_mut(bucket) {
                *sum = sum.saturating_add(u64::from(count));
            }
        }
        let sum_ns = entries.shards().map(|shard| u128::from(shard.sum_ns())).sum::<u128>()
            + u128::from(self.shared.sum_ns())
            + entries.drained_sum_ns();
        drop(entries);
        // What is kept has the size of what there is: a tenth of the whole range, usually.
        let first = counts.iter().position(|count| *count > 0).unwrap_or(0);
        let end = counts.iter().rposition(|count| *count > 0).map_or(first, |last| last + 1);
        let used = counts.get(first..end).unwrap_or_default().to_vec();
        Snapshot::from_counts(self.layout, first, used, sum_ns)
    }
}
