//! Hot. Counters that one thread writes without a locked instruction, and the leases that keep it the only one.
//!
//! A series has one shared copy of its counters, which any thread may add to. A thread that is hot for a series
//! leases a shard of its own: relaxed load, relaxed store, no contention and no false sharing. Counts are
//! cumulative; a reader sums the shared copy and the shards. `docs/hot-path.md` walks through it.

mod batches;
mod heat;
mod ledger;
#[cfg(all(test, sre_loom))]
mod models;
mod pool;
mod shared;
mod slots;
mod sum;
mod table;

pub(crate) use heat::{cool_down, is_hot};
pub(crate) use ledger::{Entries, Ledger};
pub(crate) use pool::shards_allocated;
pub(crate) use shared::Shared;
pub(crate) use slots::{LATE_SLOTS, Slots};
pub(crate) use table::{Promotion, give_back, lookup, promote, set_budget_per_thread};

use crate::clock::Counter;
use crate::primitive::modelled::{AtomicBool, AtomicU16, AtomicU32, AtomicU64};
use crate::primitive::{Ordering, zeroed};

/// Latency thresholds that one series counts exactly.
///
/// Eight objectives and both limits of an Apdex.
pub(crate) const THRESHOLDS_MAX: usize = 10;

/// Buckets that a shard holds: those of up to 2.1 s. A longer call does not notice the few nanoseconds that the
/// shared copy costs it.
#[cfg(not(sre_loom))]
pub(crate) const CELLS: usize = 26 * 64;
#[cfg(sre_loom)]
pub(crate) const CELLS: usize = 2;

/// Buckets that are read together: an octave of the default layout.
#[cfg(not(sre_loom))]
pub(crate) const BLOCK: usize = 64;
#[cfg(sre_loom)]
pub(crate) const BLOCK: usize = 2;

/// Time slots in which calls start and end; the ticker turns them into the number of calls that hang.
#[cfg(not(sre_loom))]
pub(crate) const SLOTS: usize = 32;
#[cfg(sre_loom)]
pub(crate) const SLOTS: usize = 1;

/// A cell that holds this many is half full: what it holds goes to the shared copy before it counts on.
#[cfg(not(sre_loom))]
const CELL_MAX: u16 = 1 << 15;
#[cfg(sre_loom)]
const CELL_MAX: u16 = 1;

/// No recorder has this identity: that of a shard which is not in use.
const NOBODY: u32 = 0;

/// No recorder and no shard has this identity: that of an SLI which is not registered yet.
pub(crate) const UNREGISTERED: u32 = u32::MAX;

/// Counters with one writer at a time: the thread that holds the lease.
///
/// All accesses are relaxed, since each counter stands for itself; a lease that changes hands orders the
/// counts of its holders (see [`Ledger::claim`]). The exceptions say why.
///
/// What every event touches stands in the first 64 bytes: with many series it is the cache that takes the time.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Shard {
    owner: AtomicU32,
    slot_shift: AtomicU32,
    count: AtomicU64,
    sum_ns: AtomicU64,
    rare_ns: AtomicU64,
    rare_ticks: AtomicU64,
    counter: &'static Counter,
    late: AtomicU32,
    leased: AtomicBool,
    thresholds_ns: [AtomicU64; THRESHOLDS_MAX],
    over: [AtomicU64; THRESHOLDS_MAX],
    started: [AtomicU32; SLOTS],
    ended: [AtomicU32; SLOTS],
    cells: [AtomicU16; CELLS],
}

/// What a shard has to know of the series that it counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The smallest latency threshold, or the length of a call that ends as late if that is shorter: what takes
    /// longer goes the long way.
    pub(crate) rare_ns: u64,
    /// The same in ticks of the counter.
    pub(crate) rare_ticks: u64,
    /// Latency thresholds, ascending; `u64::MAX` where there are no more.
    pub(crate) thresholds_ns: [u64; THRESHOLDS_MAX],
    /// Length of a slot of calls in flight, as a power of two of counter ticks.
    pub(crate) slot_shift: u32,
}

/// What became of an event that was offered to a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is counted.
    Here,
    /// It is not: the shard has no cell for it, or the cell is full.
    Refused,
}

impl Shard {
    pub(crate) fn new(counter: &'static Counter) -> Self {
        Self {
            owner: AtomicU32::new(NOBODY),
            slot_shift: AtomicU32::new(0),
            count: AtomicU64::new(0),
            sum_ns: AtomicU64::new(0),
            rare_ns: AtomicU64::new(0),
            rare_ticks: AtomicU64::new(0),
            counter,
            late: AtomicU32::new(0),
            leased: AtomicBool::new(true),
            thresholds_ns: zeroed(),
            over: zeroed(),
            started: zeroed(),
            ended: zeroed(),
            cells: zeroed(),
        }
    }

    /// Whether this shard is leased for the recorder of this identity.
    #[inline]
    fn belongs_to(&self, recorder: u32) -> bool {
        self.owner.load(Ordering::Relaxed) == recorder
    }

    /// Lets the holder of the lease write for this recorder.
    fn own(&self, recorder: u32, terms: Terms) {
        self.rare_ns.store(terms.rare_ns, Ordering::Relaxed);
        self.rare_ticks.store(terms.rare_ticks, Ordering::Relaxed);
        self.slot_shift.store(terms.slot_shift, Ordering::Relaxed);
        for (place, threshold_ns) in self.thresholds_ns.iter().zip(terms.thresholds_ns) {
            place.store(threshold_ns, Ordering::Relaxed);
        }
        self.owner.store(recorder, Ordering::Relaxed);
    }

    /// Keeps the holder of the lease from finding this shard, until it asks for one again.
    fn disown(&self) {
        self.owner.store(NOBODY, Ordering::Relaxed);
    }

    /// Whether an event of this duration has to be looked at more closely.
    #[inline]
    pub(crate) fn is_rare(&self, value_ns: u64) -> bool {
        value_ns > self.rare_ns.load(Ordering::Relaxed)
    }

    /// Nanoseconds from one reading of the counter to another; `None` for a call to be looked at more closely, such
    /// as one that went on where the counter lags behind.
    #[inline]
    pub(crate) fn usual_ns(&self, earlier_ticks: u64, later_ticks: u64) -> Option<u64> {
        let ticks = later_ticks.wrapping_sub(earlier_ticks);
        (ticks <= self.rare_ticks.load(Ordering::Relaxed)).then(|| self.counter.nanos(ticks))
    }

    /// The counter by which its calls are timed.
    #[inline]
    pub(crate) fn counter(&self) -> &'static Counter {
        self.counter
    }

    /// The place in the ring of slots for a call that starts at this reading of the counter.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a remainder below 32")]
    pub(crate) fn place_of(&self, ticks: u64) -> usize {
        ((ticks >> (self.slot_shift.load(Ordering::Relaxed) & 63)) % SLOTS as u64) as usize
    }

    /// Counts one event; the caller holds the lease.
    ///
    /// Its thresholds, then the count, then its bucket, so that whoever reads against that order never finds more
    /// in the later than in the earlier. Release: the count pairs with the Acquire in [`Shard::count`], after which
    /// thresholds are read, and the bucket with the fence after which a reader of buckets asks for the count.
    #[inline]
    pub(crate) fn add(&self, bucket: usize, value_ns: u64) -> Added {
        let Some(cell) = self.cells.get(bucket) else { return Added::Refused };
        let count = cell.load(Ordering::Relaxed);
        if count >= CELL_MAX {
            core::hint::cold_path();
            return Added::Refused;
        }
        self.count.store(self.count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        // Does not wrap: all cells full of their longest durations come to less than 2^57, and a full one is
        // drained together with the sum.
        let sum_ns = self.sum_ns.load(Ordering::Relaxed).wrapping_add(value_ns);
        self.sum_ns.store(sum_ns, Ordering::Relaxed);
        cell.store(count + 1, Ordering::Release);
        Added::Here
    }

    /// Whether the shard has a cell for a bucket.
    pub(crate) fn has(&self, bucket: usize) -> bool {
        bucket < CELLS
    }

    /// Counts one event that may be rare, its thresholds first; the caller holds the lease.
    pub(crate) fn add_rare(&self, bucket: usize, value_ns: u64) -> Added {
        if self.cells.get(bucket).is_none_or(|cell| cell.load(Ordering::Relaxed) >= CELL_MAX) {
            return Added::Refused;
        }
        let exceeded = |threshold_ns: &AtomicU64| value_ns > threshold_ns.load(Ordering::Relaxed);
        let exceeded = self.thresholds_ns.iter().take_while(|threshold_ns| exceeded(threshold_ns)).count();
        for over in self.over.iter().take(exceeded) {
            over.store(over.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }
        self.add(bucket, value_ns)
    }

    /// Counts a call that started in `slot`; the caller holds the lease.
    #[inline]
    pub(crate) fn add_started(&self, slot: usize) {
        bump(&self.started, slot);
    }

    /// Counts a call that ended, in the slot where it had started; the caller holds the lease.
    #[inline]
    pub(crate) fn add_ended(&self, slot: usize) {
        bump(&self.ended, slot);
    }

    /// Counts a call that ended after its slot may have been reused; the caller holds the lease.
    #[inline]
    pub(crate) fn add_late(&self) {
        self.late.store(self.late.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
    }

    /// Events so far.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Events over each threshold; to be read after [`Shard::count`], of whose events none is then missing here.
    pub(crate) fn over(&self) -> [u64; THRESHOLDS_MAX] {
        read(&self.over)
    }

    /// Summed durations, as far as they are not drained.
    pub(crate) fn sum_ns(&self) -> u64 {
        self.sum_ns.load(Ordering::Relaxed)
    }

    /// Cells of 64 buckets, as far as they are not drained; none beyond what a shard holds.
    pub(crate) fn block(&self, number: usize) -> &[AtomicU16] {
        let start = number * BLOCK;
        self.cells.get(start..start + BLOCK).unwrap_or_default()
    }

    /// Adds the calls that ended, by slot or late; to be read before the starts of any shard.
    pub(crate) fn read_ends(&self, cells: &mut InFlightCells) {
        cells.add_ends(self.late.load(Ordering::Acquire), &self.ended);
    }

    /// Adds the calls that started, by slot.
    pub(crate) fn read_starts(&self, cells: &mut InFlightCells) {
        cells.add_starts(&self.started);
    }

    /// Takes what the cell of `bucket` holds; the caller holds the lease and the ledger.
    fn take_cell(&self, bucket: usize) -> u16 {
        self.cells.get(bucket).map_or(0, take16)
    }

    /// Takes the summed durations; the caller holds the lease and the ledger.
    fn take_sum_ns(&self) -> u64 {
        take64(&self.sum_ns)
    }

    /// Moves all counts but those of [`Shard::take_cell`] and [`Shard::take_sum_ns`] to the shared copy; the caller
    /// has claimed the shard and holds the ledger.
    fn move_rest(&self, shared: &Shared) {
        self.over.iter().enumerate().for_each(|(threshold, over)| shared.add_over(threshold, take64(over)));
        shared.add_in_flight(&InFlightCells {
            started: self.started.each_ref().map(take32),
            ended: self.ended.each_ref().map(take32),
            late: take32(&self.late),
        });
        shared.add_count(take64(&self.count));
    }

    /// Empties a shard of a recorder that is gone; the caller has claimed it.
    fn clear(&self) {
        self.disown();
        self.cells.iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
        let narrow = self.started.iter().chain(&self.ended).chain([&self.late]);
        narrow.for_each(|cell| cell.store(0, Ordering::Relaxed));
        let wide = self.over.iter().chain([&self.count, &self.sum_ns]);
        wide.for_each(|counter| counter.store(0, Ordering::Relaxed));
    }

    /// Takes the lease of a shard that nobody holds.
    ///
    /// Acquire: pairs with the Release in [`Shard::release`]; the new writer continues from the last one's counts.
    fn claim(&self) -> bool {
        self.leased.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Gives the lease back, with the counts.
    fn release(&self) {
        self.disown();
        self.leased.store(false, Ordering::Release);
    }
}

/// Calls of one series by the slot in which they started. Wrapping counters: only differences mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct InFlightCells {
    pub(crate) started: [u32; SLOTS],
    pub(crate) ended: [u32; SLOTS],
    pub(crate) late: u32,
}

impl InFlightCells {
    // Acquire: pairs with the Release of an end, so that the start of a call that is seen to end is seen, too, on
    // whatever thread it was.
    fn add_ends(&mut self, late: u32, ended: &[AtomicU32; SLOTS]) {
        self.late = self.late.wrapping_add(late);
        for (sum, cell) in self.ended.iter_mut().zip(ended) {
            *sum = sum.wrapping_add(cell.load(Ordering::Acquire));
        }
    }

    fn add_starts(&mut self, started: &[AtomicU32; SLOTS]) {
        for (sum, cell) in self.started.iter_mut().zip(started) {
            *sum = sum.wrapping_add(cell.load(Ordering::Relaxed));
        }
    }
}

#[inline]
fn bump(cells: &[AtomicU32; SLOTS], slot: usize) {
    if let Some(cell) = cells.get(slot % SLOTS) {
        cell.store(cell.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
    }
}

fn take16(cell: &AtomicU16) -> u16 {
    let count = cell.load(Ordering::Relaxed);
    cell.store(0, Ordering::Relaxed);
    count
}

fn take32(cell: &AtomicU32) -> u32 {
    let count = cell.load(Ordering::Relaxed);
    cell.store(0, Ordering::Relaxed);
    count
}

fn take64(counter: &AtomicU64) -> u64 {
    let count = counter.load(Ordering::Relaxed);
    counter.store(0, Ordering::Relaxed);
    count
}

fn read<const N: usize>(counters: &[AtomicU64; N]) -> [u64; N] {
    counters.each_ref().map(|counter| counter.load(Ordering::Relaxed))
}
