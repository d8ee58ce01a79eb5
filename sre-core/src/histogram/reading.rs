//! Cold. What a recorder has counted so far: summed over its shared copy, its shards and its books.

use crate::histogram::blocks::{BLOCK, Blocks, total};
use crate::histogram::{Recorder, Snapshot};
use crate::primitive::Ordering;
use crate::primitive::modelled::{AtomicU16, AtomicU32, fence};
use crate::shard::{Entries, InFlightCells, Shared, THRESHOLDS_MAX};

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
        let count = Copies { shared: self.ledger.shared(), entries: &entries }.count();
        let mut over = self.ledger.shared().over();
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
        self.ledger.shared().read_ends(&mut cells);
        entries.shards().for_each(|shard| shard.read_ends(&mut cells));
        self.ledger.shared().read_starts(&mut cells);
        entries.shards().for_each(|shard| shard.read_starts(&mut cells));
        cells
    }

    /// All buckets, merged.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::empty(self.plan.layout);
        self.refresh(&mut snapshot);
        snapshot
    }

    /// Brings an earlier snapshot of this recorder up to date; only blocks that changed are merged anew.
    ///
    /// Counts only grow, so blocks of equal totals are equal, and when no event is missing any more there is nothing
    /// left to read: blocks that had events before come first. Events that come meanwhile may be in blocks read
    /// already or in others, so what was found is held against a count read after it.
    pub(crate) fn refresh(&self, snapshot: &mut Snapshot) {
        let entries = self.ledger.lock();
        let copies = Copies { shared: self.ledger.shared(), entries: &entries };
        let mut found = snapshot.count();
        let mut missing = copies.count().saturating_sub(found);
        for block in likely_first(snapshot.blocks(), self.plan.layout.buckets().div_ceil(BLOCK)) {
            if missing == 0 {
                break;
            }
            let known = snapshot.blocks().total_of(block);
            if copies.total_of(block) != known {
                let more =
                    snapshot.blocks_mut().replace(block, &copies.counts_of(block)).saturating_sub(known);
                found = found.saturating_add(more);
                missing = match missing.saturating_sub(more) {
                    0 => copies.count_after_buckets().saturating_sub(found),
                    missing => missing,
                };
            }
        }
        snapshot.set_sum_ns(copies.sum_ns());
    }
}

/// The numbers of all blocks, those with events first.
fn likely_first(known: &Blocks, blocks: usize) -> impl Iterator<Item = usize> + use<> {
    let (first, totals) = known.totals();
    let end = first + totals.len();
    (first..end).chain(0..first).chain(end..blocks)
}

/// All places where a recorder's events are counted; whoever has this holds the lock.
struct Copies<'a> {
    shared: &'a Shared,
    entries: &'a Entries,
}

impl Copies<'_> {
    /// All events.
    fn count(&self) -> u64 {
        let unsharded = self.shared.count().saturating_add(self.entries.booked_count());
        self.entries.shards().fold(unsharded, |sum, shard| sum.saturating_add(shard.count()))
    }

    /// All events, of which none was found in a bucket before and is missing here.
    ///
    /// Acquire: pairs with the Release of an event's bucket, which comes after its count.
    fn count_after_buckets(&self) -> u64 {
        fence(Ordering::Acquire);
        self.count()
    }

    fn sum_ns(&self) -> u128 {
        let shards: u128 = self.entries.shards().map(|shard| u128::from(shard.sum_ns())).sum();
        shards + u128::from(self.shared.sum_ns()) + self.entries.booked_sum_ns()
    }

    /// The events of one block.
    fn total_of(&self, block: usize) -> u64 {
        let sharded = self.entries.shards().map(|shard| sum(shard.block(block), load16));
        let (narrow, wide) = self.shared.block(block);
        let shared = [sum(narrow, load16), sum(wide, load32)];
        sharded.chain(shared).fold(total(self.booked(block)), u64::saturating_add)
    }

    /// The events of each bucket of one block.
    fn counts_of(&self, block: usize) -> [u64; BLOCK] {
        let mut counts = [0; BLOCK];
        let (narrow, wide) = self.shared.block(block);
        add(&mut counts, narrow, load16);
        add(&mut counts, wide, load32);
        self.entries.shards().for_each(|shard| add(&mut counts, shard.block(block), load16));
        add(&mut counts, self.booked(block), |count| *count);
        counts
    }

    fn booked(&self, block: usize) -> &[u64] {
        let booked = self.entries.booked();
        let start = (block * BLOCK).min(booked.len());
        booked.get(start..(start + BLOCK).min(booked.len())).unwrap_or_default()
    }
}

// Relaxed here and below: the fence before the count that is read afterwards orders them.
fn load16(cell: &AtomicU16) -> u64 {
    u64::from(cell.load(Ordering::Relaxed))
}

fn load32(cell: &AtomicU32) -> u64 {
    u64::from(cell.load(Ordering::Relaxed))
}

/// The sum of cells, in four sums at a time that do not wait for each other.
fn sum<C>(cells: &[C], load: impl Fn(&C) -> u64) -> u64 {
    let (fours, rest) = cells.as_chunks::<4>();
    let mut sums = [0_u64; 4];
    for four in fours {
        sums.iter_mut().zip(four).for_each(|(sum, cell)| *sum += load(cell));
    }
    sums.into_iter().sum::<u64>() + rest.iter().map(load).sum::<u64>()
}

fn add<C>(counts: &mut [u64; BLOCK], cells: &[C], load: impl Fn(&C) -> u64) {
    counts.iter_mut().zip(cells).for_each(|(count, cell)| *count = count.saturating_add(load(cell)));
}
