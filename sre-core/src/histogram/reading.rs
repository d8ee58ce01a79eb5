//! Cold. What a recorder has counted so far: summed over its shared copy and its shards.

use crate::histogram::blocks::BLOCK;
use crate::histogram::{Cumulative, Layout, Recorder, Snapshot, classic_bounds_ns, classic_bucket};
use crate::primitive::modelled::{AtomicU16, AtomicU32, AtomicU64, fence};
use crate::primitive::{Arc, Ordering};
use crate::shard::{Entries, InFlightCells, Shared, THRESHOLDS_MAX};

/// What a recorder has counted so far, without the buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) count: u64,
    pub(crate) over: [u64; THRESHOLDS_MAX],
}

impl Recorder {
    /// What was counted so far.
    pub(crate) fn totals(&self) -> Totals {
        self.with_copies(|copies| copies.totals())
    }

    /// What was counted so far, and the classic buckets brought up to date: nothing but those blocks is read that
    /// may have grown, and of these no single bucket but around bounds.
    pub(crate) fn tally(&self, tally: &mut Tally) -> Totals {
        self.with_copies(|copies| {
            let totals = copies.totals();
            let known = Known { count: tally.count(), sum_ns: tally.sum_ns };
            if totals.count != known.count || known.count == u64::MAX {
                copies.each_that_grew(self.plan.layout, known, |block| {
                    let total = copies.total_of(block);
                    tally.buckets.grow(block, total, |cells| copies.within(block, cells))
                });
                tally.sum_ns = copies.sum_ns();
            }
            totals
        })
    }

    fn with_copies<T>(&self, read: impl FnOnce(&Copies<'_>) -> T) -> T {
        let entries = self.ledger.lock();
        let blocks = self.plan.layout.buckets().div_ceil(BLOCK);
        read(&Copies { shared: self.ledger.shared(), entries: &entries, blocks })
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
    /// Counts only grow, so blocks of equal totals are equal.
    pub(crate) fn refresh(&self, snapshot: &mut Snapshot) {
        self.with_copies(|copies| {
            let known = Known { count: snapshot.count(), sum_ns: snapshot.sum_ns() };
            copies.each_that_grew(self.plan.layout, known, |block| {
                let known = snapshot.blocks().total_of(block);
                if copies.total_of(block) == known && known != u64::MAX {
                    return 0;
                }
                snapshot.blocks_mut().replace(block, &copies.counts_of(block)).saturating_sub(known)
            });
            snapshot.set_sum_ns(copies.sum_ns());
        });
    }
}

/// The classic buckets of a recorder and the sum of its durations, as they were read last. Clones share the bounds.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    buckets: Cumulative,
    sum_ns: u128,
    /// Where each threshold is among the bounds.
    thresholds: Arc<[usize]>,
}

impl Tally {
    /// No events, in classic buckets for these ascending thresholds.
    pub(crate) fn new(layout: Layout, thresholds_ns: &[u64]) -> Self {
        let bounds_ns = classic_bounds_ns(thresholds_ns.iter().copied());
        let place = |threshold_ns: &u64| classic_bucket(&bounds_ns, *threshold_ns);
        let thresholds = thresholds_ns.iter().map(place).collect();
        Self { buckets: Cumulative::new(layout, &bounds_ns), sum_ns: 0, thresholds }
    }

    /// How many events were at or below each bound.
    pub(crate) fn cumulative(&self) -> &[u64] {
        self.buckets.counts()
    }

    /// All events.
    pub(crate) const fn count(&self) -> u64 {
        self.buckets.count()
    }

    /// How long they took together.
    pub(crate) const fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// Where each threshold is among the bounds.
    pub(crate) fn thresholds(&self) -> &[usize] {
        &self.thresholds
    }
}

/// What was read of a recorder before.
#[derive(Clone, Copy, Debug)]
struct Known {
    count: u64,
    sum_ns: u128,
}

/// The mean of some durations, of which there may be none.
fn mean_ns(sum_ns: u128, count: u64) -> u64 {
    let count = count.max(1);
    match u64::try_from(sum_ns) {
        // Division of 64 bits is much cheaper, and 584 years are usually enough.
        Ok(sum_ns) => sum_ns / count,
        Err(_) => u64::try_from(sum_ns / u128::from(count)).unwrap_or(u64::MAX),
    }
}

/// Events not found yet, of all that there are; as many as can be if these were too many to count.
fn missing_of(count: u64, found: u64) -> u64 {
    if count == u64::MAX { count } else { count.saturating_sub(found) }
}

/// The numbers of all blocks, from `start` on to both sides.
fn outward(start: usize, blocks: usize) -> impl Iterator<Item = usize> + use<> {
    let start = start.min(blocks);
    let sides = (start..blocks).map(Some).chain(core::iter::repeat(None));
    let sides = sides.zip((0..start).rev().map(Some).chain(core::iter::repeat(None)));
    sides.take(blocks).flat_map(|(up, down)| [up, down]).flatten()
}

/// All places where a recorder's events are counted; whoever has this holds the lock.
struct Copies<'a> {
    shared: &'a Shared,
    entries: &'a Entries,
    /// How many blocks there are.
    blocks: usize,
}

impl Copies<'_> {
    /// `over` is read last: it may know of events that `count` does not, never the other way round, so `count - over`
    /// is at most the number of events below a threshold.
    fn totals(&self) -> Totals {
        let count = self.count();
        let mut over = self.shared.over();
        for shard in self.entries.shards() {
            over.iter_mut().zip(shard.over()).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        }
        Totals { count, over }
    }

    /// Shows blocks to `read`, which returns how much each has grown, until nothing is missing of what was `known`.
    ///
    /// The first one is that in which the mean of the new events lies, then come those to both sides of it. Events
    /// that come meanwhile may be in blocks read already or in others, so what was found is held against a count read
    /// after it. Where counts have saturated nothing follows from them, and all is read.
    fn each_that_grew(&self, layout: Layout, known: Known, mut read: impl FnMut(usize) -> u64) {
        let mut found = known.count;
        let mut missing = missing_of(self.count(), found);
        let start = layout.index(mean_ns(self.sum_ns().saturating_sub(known.sum_ns), missing)) / BLOCK;
        for block in outward(start, self.blocks) {
            if missing == 0 {
                return;
            }
            let more = read(block);
            found = found.saturating_add(more);
            missing = match missing.saturating_sub(more) {
                0 => missing_of(self.count_after_buckets(), found),
                missing => missing,
            };
        }
    }

    /// All events.
    fn count(&self) -> u64 {
        self.entries.shards().fold(self.shared.count(), |sum, shard| sum.saturating_add(shard.count()))
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
        self.shared.sum_ns().saturating_add(shards)
    }

    /// The events of one block.
    fn total_of(&self, block: usize) -> u64 {
        self.within(block, BLOCK)
    }

    /// The events in so many of the first buckets of one block.
    fn within(&self, block: usize, cells: usize) -> u64 {
        let sharded = self.entries.shards().map(|shard| sum(first(shard.block(block), cells), load16));
        let of = self.shared.block(block);
        let shared = [sum(first(of.narrow, cells), load16), sum(first(of.wide, cells), load32)];
        let batches = first(of.batches, cells).iter().map(load64);
        sharded.chain(shared).chain(batches).fold(0, u64::saturating_add)
    }

    /// The events of each bucket of one block.
    fn counts_of(&self, block: usize) -> [u64; BLOCK] {
        let mut counts = [0; BLOCK];
        let cells = self.shared.block(block);
        add(&mut counts, cells.narrow, load16);
        add(&mut counts, cells.wide, load32);
        add(&mut counts, cells.batches, load64);
        self.entries.shards().for_each(|shard| add(&mut counts, shard.block(block), load16));
        counts
    }
}

/// At most so many of the first.
fn first<C>(cells: &[C], at_most: usize) -> &[C] {
    cells.get(..at_most).unwrap_or(cells)
}

// Relaxed here and below: the fence before the count that is read afterwards orders them.
fn load16(cell: &AtomicU16) -> u64 {
    u64::from(cell.load(Ordering::Relaxed))
}

fn load32(cell: &AtomicU32) -> u64 {
    u64::from(cell.load(Ordering::Relaxed))
}

fn load64(cell: &AtomicU64) -> u64 {
    cell.load(Ordering::Relaxed)
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
