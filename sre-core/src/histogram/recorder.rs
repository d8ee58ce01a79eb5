//! Hot. Records durations of one kind of event into a shared copy and, for hot threads, into shards of their own.

use crate::clock::counter;
use crate::histogram::{Layout, bucket_index};
use crate::primitive::{Arc, AtomicU32, AtomicU64, Ordering};
use crate::shard::{self, Added, LATE_SLOTS, Ledger, Promotion, Shard, Shared, Slots, THRESHOLDS_MAX, Terms};

/// Longest duration that is kept apart: 104 days. Longer ones are recorded as this and counted as clamped.
pub(crate) const DURATION_MAX_NS: u64 = 1 << 53;

/// Every 64th event in a bucket of the shared copy asks for a shard, if it came from a thread without one.
const PROMOTE_EVERY: u32 = 64;

/// Buckets that `prewarm` allots: those of 1 ms to 64 s.
const PREWARM_NS: core::ops::RangeInclusive<u64> = 1_000_000..=64_000_000_000;

/// Latency thresholds in ascending order; unused places hold `u64::MAX`, which no duration exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thresholds {
    ns: [u64; THRESHOLDS_MAX],
}

impl Thresholds {
    /// Sorts and removes duplicates; what does not fit is left out.
    pub(crate) fn new(thresholds_ns: impl IntoIterator<Item = u64>) -> Self {
        let mut sorted: Vec<u64> = thresholds_ns.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut ns = [u64::MAX; THRESHOLDS_MAX];
        ns.iter_mut().zip(sorted).for_each(|(place, threshold)| *place = threshold);
        Self { ns }
    }

    /// Where this threshold stands.
    pub(crate) fn position(&self, threshold_ns: u64) -> Option<usize> {
        self.ns.iter().position(|&ns| ns == threshold_ns)
    }

    /// The thresholds in use, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.ns.iter().copied().filter(|&ns| ns != u64::MAX)
    }

    #[inline]
    fn smallest_ns(&self) -> u64 {
        self.ns[0]
    }

    /// How many thresholds a duration exceeds; they are the first ones.
    #[inline]
    pub(crate) fn exceeded_by(&self, value_ns: u64) -> usize {
        self.ns.iter().take_while(|&&ns| value_ns > ns).count()
    }
}

/// Counts of events and their durations.
#[derive(Debug)]
pub(crate) struct Recorder {
    id: u32,
    pub(super) layout: Layout,
    thresholds: Thresholds,
    /// The slots of calls in flight, if threads may have shards.
    sharded: Option<Slots>,
    pub(super) ledger: Arc<Ledger>,
    pub(crate) clamped: AtomicU64,
    pub(super) shared: Shared,
}

impl Recorder {
    /// A recorder without counts. Shards have the default layout and count ticks of the process's counter, so a
    /// series with another layout or clock has no slots to give, and stays with its shared copy.
    pub(crate) fn new(layout: Layout, thresholds: Thresholds, sharded: Option<Slots>) -> Self {
        Self {
            id: next_id(),
            layout,
            thresholds,
            sharded: sharded.filter(|_| layout == Layout::BITS_6),
            ledger: Arc::new(Ledger::new()),
            clamped: AtomicU64::new(0),
            shared: Shared::new(layout.buckets()),
        }
    }

    /// The shard of this thread, if it has one.
    #[inline]
    pub(crate) fn shard(&self) -> Option<&'static Shard> {
        shard::lookup(self.id)
    }

    /// The identity by which threads find their shards.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// The bucket of a value in a shard.
    #[inline]
    pub(crate) fn shard_bucket(value_ns: u64) -> usize {
        bucket_index::<6>(value_ns)
    }

    /// Records one event. Wait-free; allocates only for the first value in a page and for a new shard.
    pub(crate) fn record(&self, value_ns: u64) -> Option<Promotion> {
        if let Some(shard) = self.shard() {
            self.record_slow(shard, value_ns);
            return None;
        }
        let before = self.record_shared(value_ns, 1);
        (before % PROMOTE_EVERY == PROMOTE_EVERY - 1).then(|| self.promote())
    }

    /// Records one event into a shard of this thread, whatever it takes: thresholds, draining, the shared copy.
    pub(crate) fn record_slow(&self, shard: &'static Shard, value_ns: u64) {
        let bucket = Self::shard_bucket(value_ns);
        if !shard.has(bucket) {
            self.record_shared(value_ns, 1);
            return;
        }
        (0..self.thresholds.exceeded_by(value_ns)).for_each(|threshold| shard.add_over(threshold));
        let added = shard.add(bucket, value_ns);
        self.settle(shard, added, value_ns);
    }

    /// Does for an event that was offered to a shard what the shard alone cannot. It is below all thresholds.
    pub(crate) fn settle(&self, shard: &'static Shard, added: Added, value_ns: u64) {
        match added {
            Added::Here => {}
            Added::HalfFull => self.drain_shard(shard, Self::shard_bucket(value_ns)),
            Added::Outside => {
                self.record_shared(value_ns, 1);
            }
        }
    }

    /// Records `count` events of one duration into the shared copy; returns what their bucket held before.
    fn record_shared(&self, value_ns: u64, count: u32) -> u32 {
        let value_ns = self.clamp(value_ns);
        let bucket = self.layout.index(value_ns);
        if value_ns > self.thresholds.smallest_ns() {
            for threshold in 0..self.thresholds.exceeded_by(value_ns) {
                self.shared.add_over(threshold, u64::from(count));
            }
        }
        let sum_before = self.shared.add_sum(value_ns.wrapping_mul(u64::from(count)));
        let before = self.shared.add_cell(bucket, count);
        if u64::from(before >> 31) | (sum_before >> 63) != 0 {
            self.drain_shared(bucket);
        }
        before
    }

    /// Records `count` events of one duration. A large batch goes straight to the books, under the lock.
    pub(crate) fn record_n(&self, value_ns: u64, count: u64) {
        let clamped_ns = self.clamp(value_ns);
        let sum_ns = u128::from(clamped_ns) * u128::from(count);
        let small = u32::try_from(count).ok().filter(|&count| count < 1 << 30 && sum_ns < 1 << 60);
        match small {
            Some(0) => {}
            Some(count) => {
                self.record_shared(value_ns, count);
            }
            None => {
                for threshold in 0..self.thresholds.exceeded_by(clamped_ns) {
                    self.shared.add_over(threshold, count);
                }
                self.ledger.lock().book_shared(self.layout.index(clamped_ns), count, sum_ns);
            }
        }
    }

    #[inline]
    fn clamp(&self, value_ns: u64) -> u64 {
        if value_ns > DURATION_MAX_NS {
            self.clamped.fetch_add(1, Ordering::Relaxed);
        }
        value_ns.min(DURATION_MAX_NS)
    }

    /// Asks for a shard for this thread. Without a calibrated counter there is none.
    #[cold]
    pub(crate) fn promote(&self) -> Promotion {
        let (Some(slots), Some(counter)) = (self.sharded, counter()) else { return Promotion::Refused };
        let slot_shift = counter.slot_shift(slots.shift());
        let late_ns = counter.nanos(LATE_SLOTS << slot_shift);
        let terms = Terms { rare_ns: self.thresholds.smallest_ns().min(late_ns - 1), slot_shift };
        let promoted = shard::promote(self.id, terms, counter, &self.ledger);
        if promoted == Promotion::Done {
            // What is too long for the shard should not allocate in the outage that makes it so long.
            self.touch();
        }
        promoted
    }

    /// Keeps threads from their shards while the series is switched off.
    pub(crate) fn withhold_shards(&self, withheld: bool) {
        self.ledger.withhold(withheld);
    }

    /// Moves a half full counter of this thread's shard to the books, or leaves that to the next event.
    #[cold]
    fn drain_shard(&self, shard: &Shard, bucket: usize) {
        if let Some(mut entries) = self.ledger.try_lock() {
            entries.drain_shard(shard, bucket);
        }
    }

    #[cold]
    fn drain_shared(&self, bucket: usize) {
        if let Some(mut entries) = self.ledger.try_lock() {
            let count = u64::from(self.shared.drain_cell(bucket));
            let sum_ns = u128::from(self.shared.drain_sum());
            entries.book_shared(bucket, count, sum_ns);
        }
    }

    /// Allots the pages of 1 ms to 64 s.
    pub(crate) fn touch(&self) {
        self.shared.touch(self.layout.index(*PREWARM_NS.start())..=self.layout.index(*PREWARM_NS.end()));
    }

    /// Allots what recording needs: the pages of 1 ms to 64 s, and a shard for this thread.
    pub(crate) fn prewarm(&self) {
        self.touch();
        if self.shard().is_none() {
            self.promote();
        }
    }

    /// Counts a call that starts in `slot`.
    #[inline]
    pub(crate) fn add_started(&self, slot: usize) {
        match self.shard() {
            Some(shard) => shard.add_started(slot),
            None => self.shared.add_started(slot),
        }
    }

    /// Counts a call that ends, in the slot where it started, or as late.
    pub(crate) fn add_ended(&self, slot: Option<usize>) {
        match (self.shard(), slot) {
            (Some(shard), Some(slot)) => shard.add_ended(slot),
            (Some(shard), None) => shard.add_late(),
            (None, Some(slot)) => self.shared.add_ended(slot),
            (None, None) => self.shared.add_late(),
        }
    }

    /// Bytes that this recorder takes, shards not included.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of::<Ledger>() + self.shared.heap_bytes()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        shard::give_back(self.id);
        self.ledger.close();
    }
}

/// Identities are never used twice, so a stale entry in a thread's table matches nobody.
fn next_id() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
