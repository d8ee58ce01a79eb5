//! Cold. The shards of one recorder, and what was drained from its counters.

use crate::primitive::Ordering;
use crate::primitive::modelled::{AtomicBool, Mutex, MutexGuard, fence};
use crate::shard::{Shard, Terms};

/// The shards of one recorder: the leased ones and those that wait, with their counts, for the next thread.
///
/// Whoever reads or drains holds the lock; whoever records does not, and never waits for it.
#[derive(Debug)]
pub(crate) struct Ledger {
    entries: Mutex<Entries>,
    closed: AtomicBool,
}

/// What the lock of a [`Ledger`] guards.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    shards: Vec<&'static Shard>,
    withheld: bool,
    /// Counts taken out of buckets that were half full; empty until the first one is.
    drained: Vec<u64>,
    /// Counts among `drained` that the shared copy had; those of shards are in their `count`.
    drained_shared: u64,
    drained_sum_ns: u128,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { entries: Mutex::new(Entries::default()), closed: AtomicBool::new(false) }
    }

    /// Locks for reading or draining.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock()
    }

    /// Locks if nobody else does.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, Entries>> {
        self.entries.try_lock()
    }

    /// A shard for a thread: one that was given back, or another one.
    ///
    /// `None` when the lock is taken, or while shards are withheld.
    pub(crate) fn claim(
        &self,
        owner: u32,
        terms: Terms,
        make: impl FnOnce() -> Option<&'static Shard>,
    ) -> Option<&'static Shard> {
        let mut entries = self.try_lock()?;
        if self.is_closed() || entries.withheld {
            return None;
        }
        let returned = entries.shards.iter().copied().find(|shard| shard.claim());
        let shard = match returned {
            Some(shard) => shard,
            None => {
                let shard = make()?;
                entries.shards.push(shard);
                shard
            }
        };
        shard.own(owner, terms);
        Some(shard)
    }

    /// Lets the holder of a lease find its shard again, unless shards are withheld; returns whether it may.
    pub(crate) fn own_again(&self, shard: &Shard, owner: u32, terms: Terms) -> bool {
        match self.try_lock() {
            Some(entries) if !entries.withheld => {
                shard.own(owner, terms);
                true
            }
            _ => false,
        }
    }

    /// Keeps threads from finding their shards, or lets them: so that switching a series off costs nothing on the
    /// way of each event.
    pub(crate) fn withhold(&self, withheld: bool) {
        let mut entries = self.lock();
        entries.withheld = withheld;
        if withheld {
            entries.shards.iter().for_each(|shard| shard.disown());
        }
    }

    /// Gives a leased shard back: to this recorder with its counts or, when that is gone, to whoever asks next.
    ///
    /// Never waits.
    pub(crate) fn release(&self, shard: &'static Shard) {
        shard.release();
        if self.is_closed() {
            if shard.claim() {
                recycle(shard);
            }
        } else if let Some(mut entries) = self.try_lock() {
            entries.fold();
        }
    }

    /// Ends the use of this ledger: shards at rest are recycled now, leased ones when they come back.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let shards = core::mem::take(&mut self.lock().shards);
        shards.into_iter().filter(|shard| shard.claim()).for_each(recycle);
    }

    // The fences here and in `close` are SeqCst: of a thread that gives back and one that closes, at least one
    // must see what the other wrote.
    fn is_closed(&self) -> bool {
        fence(Ordering::SeqCst);
        self.closed.load(Ordering::SeqCst)
    }
}

impl Entries {
    /// Folds shards at rest into one of them, so that a recorder keeps one at most beside the leased ones.
    fn fold(&mut self) {
        let Some(kept) = self.shards.iter().copied().find(|shard| shard.claim()) else { return };
        self.shards.retain(|shard| {
            let is_spare = shard.claim();
            if is_spare {
                kept.absorb(shard);
                recycle(shard);
            }
            !is_spare
        });
        kept.release();
    }

    pub(crate) fn shards(&self) -> impl Iterator<Item = &'static Shard> + '_ {
        self.shards.iter().copied()
    }

    /// Bucket counts that were drained, from bucket zero on.
    pub(crate) fn drained(&self) -> &[u64] {
        &self.drained
    }

    pub(crate) fn drained_shared(&self) -> u64 {
        self.drained_shared
    }

    pub(crate) fn drained_sum_ns(&self) -> u128 {
        self.drained_sum_ns
    }

    /// Books what was taken from a shard, whose own count goes on including it.
    pub(crate) fn drain_shard(&mut self, shard: &Shard, bucket: usize) {
        let (count, sum_ns) = shard.drain(bucket);
        self.book(bucket, u64::from(count));
        self.drained_sum_ns += u128::from(sum_ns);
    }

    /// Books what was taken from the shared copy.
    pub(crate) fn book_shared(&mut self, bucket: usize, count: u64, sum_ns: u128) {
        self.book(bucket, count);
        self.drained_shared = self.drained_shared.saturating_add(count);
        self.drained_sum_ns = self.drained_sum_ns.saturating_add(sum_ns);
    }

    fn book(&mut self, bucket: usize, count: u64) {
        if count == 0 {
            return;
        }
        if self.drained.len() <= bucket {
            self.drained.resize(bucket + 1, 0);
        }
        if let Some(drained) = self.drained.get_mut(bucket) {
            *drained = drained.saturating_add(count);
        }
    }
}

/// Empty shards of recorders that are gone, for the next ones.
mod pool {
    use core::time::Duration;

    use super::Shard;
    use crate::clock::Counter;
    use crate::primitive::{AtomicUsize, Mutex, Ordering};

    static POOL: Mutex<Vec<&'static Shard>> = Mutex::new(Vec::new());
    static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

    const PATIENCE: Duration = Duration::from_millis(10);

    /// Empties a claimed shard and keeps it for the next recorder.
    pub(super) fn recycle(shard: &'static Shard) {
        shard.clear();
        // Waits, since this is no way of an event, but not for ever: in a forked child the lock may have no owner.
        if let Some(mut pool) = POOL.try_lock_for(PATIENCE) {
            pool.push(shard);
        }
    }

    /// An empty shard, from the pool or newly allotted; it lives as long as the process.
    pub(crate) fn take(counter: &'static Counter) -> &'static Shard {
        if let Some(shard) = POOL.try_lock().and_then(|mut pool| pool.pop()) {
            return shard;
        }
        ALLOCATED.fetch_add(1, Ordering::Relaxed);
        Box::leak(Box::new(Shard::new(counter)))
    }

    /// Shards allotted so far in this process, in use or not.
    pub(crate) fn shards_allocated() -> usize {
        ALLOCATED.load(Ordering::Relaxed)
    }
}

use pool::recycle;
pub(crate) use pool::{shards_allocated, take};
