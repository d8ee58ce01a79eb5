//! Cold. All copies of one recorder's counters: the shared one and the shards.

use crate::primitive::Ordering;
use crate::primitive::modelled::{AtomicBool, Mutex, MutexGuard, fence};
use crate::shard::pool::{recycle, shelve};
use crate::shard::{CELLS, Shard, Shared, Terms};

/// The counters of one recorder: the shared copy, and the shards that threads hold.
///
/// Whoever reads or drains holds the lock of the entries; whoever records does not, and never waits for it.
#[derive(Debug)]
pub(crate) struct Ledger {
    shared: Shared,
    entries: Mutex<Entries>,
    closed: AtomicBool,
}

/// What the lock of a [`Ledger`] guards.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    shards: Vec<&'static Shard>,
    withheld: bool,
}

impl Ledger {
    /// Counters for a layout of `buckets` buckets.
    pub(crate) fn new(buckets: usize) -> Self {
        Self {
            shared: Shared::new(buckets),
            entries: Mutex::new(Entries::default()),
            closed: AtomicBool::new(false),
        }
    }

    /// The copy that any thread may add to.
    #[inline]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Locks for reading.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock()
    }

    /// A shard for a thread.
    ///
    /// `None` when the lock is taken, there is none to be had, or while shards are withheld.
    pub(crate) fn claim(
        &self,
        owner: u32,
        terms: Terms,
        make: impl FnOnce() -> Option<&'static Shard>,
    ) -> Option<&'static Shard> {
        let mut entries = self.entries.try_lock()?;
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
        match self.entries.try_lock() {
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

    /// Moves a full cell of a leased shard to the shared copy; `false` when somebody has the lock.
    pub(crate) fn drain(&self, shard: &Shard, bucket: usize) -> bool {
        let Some(_entries) = self.entries.try_lock() else { return false };
        self.move_cell(shard, bucket);
        self.move_sum(shard);
        true
    }

    /// Moves half full counters of the shared copy to where they have room, or leaves that to the next event.
    pub(crate) fn settle(&self, bucket: usize) {
        if let Some(_entries) = self.entries.try_lock() {
            self.shared.settle_cell(bucket);
            self.shared.settle_sum();
        }
    }

    /// Gives a leased shard back: its counts go to the shared copy and it to whoever asks next, now or, if the
    /// lock is taken, by whoever gives back or asks next.
    ///
    /// Never waits.
    pub(crate) fn release(&self, shard: &'static Shard) {
        shard.release();
        if self.is_closed() {
            if shard.claim() {
                recycle(shard);
            }
        } else if let Some(mut entries) = self.entries.try_lock() {
            self.fold(&mut entries, shelve);
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
    pub(super) fn is_closed(&self) -> bool {
        fence(Ordering::SeqCst);
        self.closed.load(Ordering::SeqCst)
    }

    /// Empties the shards at rest into the shared copy. One that `shelve` does not take stays at rest here, for the
    /// next thread of this series or the next one that gives back.
    fn fold(&self, entries: &mut Entries, shelve: impl Fn(&'static Shard) -> bool) {
        entries.shards.retain(|shard| {
            if !shard.claim() {
                return true;
            }
            self.empty(shard);
            let is_taken = shelve(shard);
            if !is_taken {
                shard.release();
            }
            !is_taken
        });
    }

    // Whoever moves counts holds the lock, so that no reader finds them twice or not at all.
    fn empty(&self, shard: &Shard) {
        (0..CELLS).for_each(|bucket| self.move_cell(shard, bucket));
        self.move_sum(shard);
        shard.move_rest(&self.shared);
    }

    fn move_cell(&self, shard: &Shard, bucket: usize) {
        let moved = shard.take_cell(bucket);
        if moved > 0 && self.shared.add_cell(bucket, moved) {
            self.shared.settle_cell(bucket);
        }
    }

    fn move_sum(&self, shard: &Shard) {
        if self.shared.add_sum(shard.take_sum_ns()) {
            self.shared.settle_sum();
        }
    }

    /// Bytes on the heap, shards not included.
    pub(crate) fn heap_bytes(&self) -> usize {
        let entries = self.lock();
        size_of_val(&*entries.shards) + self.shared.heap_bytes()
    }
}

impl Entries {
    pub(crate) fn shards(&self) -> impl Iterator<Item = &'static Shard> + '_ {
        self.shards.iter().copied()
    }
}

#[cfg(all(test, not(sre_loom)))]
mod tests {
    use super::*;
    use crate::clock::{calibrate, counter};
    use crate::shard::{Added, THRESHOLDS_MAX};

    const TERMS: Terms =
        Terms { rare_ns: 9, rare_ticks: 9, thresholds_ns: [u64::MAX; THRESHOLDS_MAX], slot_shift: 0 };

    #[test]
    fn a_shard_that_the_pool_does_not_take_serves_the_next_thread() {
        calibrate();
        let ledger = Ledger::new(64);
        let shard = Box::leak(Box::new(Shard::new(counter().expect("just calibrated"))));
        let first = ledger.claim(1, TERMS, || Some(shard)).expect("nobody else is there");
        assert_eq!(first.add(5, 7), Added::Here);
        first.release();
        ledger.fold(&mut ledger.lock(), |_| false);
        assert_eq!((first.count(), ledger.shared().count(), ledger.shared().sum_ns()), (0, 1, 7));
        let again = ledger.claim(2, TERMS, || None).expect("it is at rest here");
        assert!(core::ptr::eq(again, first));
        assert_eq!(again.add(5, 7), Added::Here);
        again.release();
        ledger.fold(&mut ledger.lock(), |shard| core::ptr::eq(shard, first));
        assert!(ledger.claim(3, TERMS, || None).is_none(), "the pool has it");
        assert_eq!((ledger.shared().count(), ledger.shared().sum_ns()), (2, 14));
    }
}
