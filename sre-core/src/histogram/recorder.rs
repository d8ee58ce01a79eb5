//! Hot. Records durations of one kind of event into a shared copy and, for hot threads, into shards of their own.

use core::ops::RangeInclusive;

use crate::clock::counter;
use crate::histogram::{Layout, bucket_index};
use crate::primitive::modelled::{AtomicU64, add_saturating};
use crate::primitive::{Arc, AtomicU32, Ordering};
use crate::shard::{
    self, Added, LATE_SLOTS, Ledger, Promotion, Shard, Slots, THRESHOLDS_MAX, Terms, UNREGISTERED,
};

/// Longest duration that is kept apart: 104 days. Longer ones are recorded as this and counted as clamped.
pub(crate) const DURATION_MAX_NS: u64 = 1 << 53;

/// Durations up to this have their buckets allotted ahead of time: those that a shard has, which it empties into the
/// shared copy from time to time, and those of an outage.
const USUAL_NS: u64 = 64_000_000_000;

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

/// How the durations of an SLI are counted; it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) layout: Layout,
    pub(crate) thresholds: Thresholds,
    /// The slots of calls in flight, if threads may have shards: these have the default layout and count ticks of
    /// the process's counter, so a series with another layout or clock stays with its shared copy.
    pub(crate) sharded: Option<Slots>,
}

/// Counts of events and their durations.
#[derive(Debug)]
pub(crate) struct Recorder {
    id: u32,
    pub(super) plan: Arc<Plan>,
    pub(super) ledger: Arc<Ledger>,
    pub(crate) clamped: AtomicU64,
}

impl Recorder {
    /// A recorder of successful calls, without counts.
    pub(crate) fn new(plan: &Arc<Plan>) -> Self {
        // Relaxed here and below: each number is dealt once, nothing else depends on it.
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self::identified(NEXT.fetch_add(1, Ordering::Relaxed), plan)
    }

    /// A recorder of failed calls, without counts. These are seldom busy, so their places in the tables of threads
    /// are dealt out from the other end, and do not scatter the others.
    pub(crate) fn of_failures(plan: &Arc<Plan>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(UNREGISTERED - 1);
        Self::identified(NEXT.fetch_sub(1, Ordering::Relaxed), plan)
    }

    /// Identities are never used twice, so a stale entry in a thread's table matches nobody.
    fn identified(id: u32, plan: &Arc<Plan>) -> Self {
        Self {
            id,
            plan: Arc::clone(plan),
            ledger: Arc::new(Ledger::new(plan.layout.buckets())),
            clamped: AtomicU64::new(0),
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
        self.record_shared(value_ns);
        shard::is_hot(self.id).then(|| self.promote())
    }

    /// Records one event into a shard of this thread, whatever it takes: thresholds, draining, the shared copy.
    pub(crate) fn record_slow(&self, shard: &'static Shard, value_ns: u64) {
        let bucket = Self::shard_bucket(value_ns);
        let add = || shard.add_rare(bucket, value_ns) == Added::Here;
        let drain = || shard.has(bucket) && self.ledger.drain(shard, bucket);
        if !(add() || drain() && add()) {
            self.record_shared(value_ns);
        }
    }

    /// Records one event into the shared copy.
    fn record_shared(&self, value_ns: u64) {
        let value_ns = self.clamp(value_ns, 1);
        let bucket = self.plan.layout.index(value_ns);
        let shared = self.ledger.shared();
        (0..self.plan.thresholds.exceeded_by(value_ns)).for_each(|threshold| shared.add_over(threshold, 1));
        shared.add_count(1);
        if shared.add_sum(value_ns) | shared.add_cell(bucket, 1) {
            self.ledger.settle(bucket);
        }
    }

    /// Records `count` events of one duration. Never waits; allocates for the first batch in a page.
    pub(crate) fn record_n(&self, value_ns: u64, count: u64) {
        match count {
            0 => {}
            1 => self.record_shared(value_ns),
            _ => self.record_batch(self.clamp(value_ns, count), count),
        }
    }

    fn record_batch(&self, value_ns: u64, count: u64) {
        let bucket = self.plan.layout.index(value_ns);
        let exceeded = self.plan.thresholds.exceeded_by(value_ns);
        let sum_ns = u128::from(value_ns) * u128::from(count);
        if self.ledger.shared().add_batch(bucket, exceeded, count, sum_ns) {
            self.ledger.settle(bucket);
        }
    }

    #[inline]
    fn clamp(&self, value_ns: u64, count: u64) -> u64 {
        if value_ns > DURATION_MAX_NS {
            add_saturating(&self.clamped, count);
        }
        value_ns.min(DURATION_MAX_NS)
    }

    /// Asks for a shard for this thread. Without a calibrated counter there is none.
    #[cold]
    #[inline(never)]
    pub(crate) fn promote(&self) -> Promotion {
        let (Some(slots), Some(counter)) = (self.plan.sharded, counter()) else { return Promotion::Refused };
        let slot_shift = counter.slot_shift(slots.shift());
        let late_ns = counter.nanos(LATE_SLOTS << slot_shift);
        let rare_ns = self.plan.thresholds.smallest_ns().min(late_ns - 1);
        let thresholds_ns = self.plan.thresholds.ns;
        let terms = Terms { rare_ns, rare_ticks: counter.ticks_within(rare_ns), thresholds_ns, slot_shift };
        let promoted = shard::promote(self.id, terms, counter, &self.ledger);
        if promoted == Promotion::Done {
            // What is too long for the shard should not allocate in the outage that makes it so long, nor should a
            // cell of the shard when it is full.
            self.widen();
        }
        promoted
    }

    /// Keeps threads from their shards while the series is switched off.
    pub(crate) fn withhold_shards(&self, withheld: bool) {
        self.ledger.withhold(withheld);
    }

    /// Allots the pages of up to 64 s.
    pub(crate) fn touch(&self) {
        self.ledger.shared().touch(self.usual_buckets());
    }

    /// Allots these pages with cells that never have to be widened.
    fn widen(&self) {
        self.touch();
        self.ledger.shared().widen(self.usual_buckets());
    }

    fn usual_buckets(&self) -> RangeInclusive<usize> {
        0..=self.plan.layout.index(USUAL_NS)
    }

    /// Allots what recording needs: the pages of up to 64 s, and a shard for this thread.
    pub(crate) fn prewarm(&self) {
        self.touch();
        if self.shard().is_none() && self.promote() == Promotion::Refused {
            // Then events go to the shared copy, none of whose cells may need more room later.
            self.widen();
        }
    }

    /// Counts a call that starts in `slot`.
    #[inline]
    pub(crate) fn add_started(&self, slot: usize) {
        match self.shard() {
            Some(shard) => shard.add_started(slot),
            None => self.ledger.shared().add_started(slot),
        }
    }

    /// Counts a call that ends, in the slot where it started, or as late.
    pub(crate) fn add_ended(&self, slot: Option<usize>) {
        match (self.shard(), slot) {
            (Some(shard), Some(slot)) => shard.add_ended(slot),
            (Some(shard), None) => shard.add_late(),
            (None, Some(slot)) => self.ledger.shared().add_ended(slot),
            (None, None) => self.ledger.shared().add_late(),
        }
    }

    /// Bytes that this recorder takes, shards not included.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of::<Ledger>() + self.ledger.heap_bytes()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        shard::give_back(self.id);
        self.ledger.close();
    }
}
