//! Cold. All copies of one recorder's counters: the shared one, the shards, and the books of what overflowed.

use crate::primitive::Ordering;
use crate::primitive::modelled::{AtomicBool, Mutex, MutexGuard, fence};
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
    books: Option<Box<Books>>,
}

/// Counts taken out of half full counters of the shared copy.
#[derive(Debug, Default)]
pub(crate) struct Books {
    buckets: Vec<u64>,
    /// Events of large batches; those of counters that were half full are counted elsewhere.
    count: u64,
    sum_ns: u128,
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
        let Some(mut entries) = self.entries.try_lock() else { return false };
        self.move_cell(&mut entries, shard, bucket);
        self.move_sum(&mut entries, shard.take_sum_ns());
        true
    }

    /// Moves half full counters of the shared copy to the books, or leaves that to the next event.
    pub(crate) fn book(&self, bucket: usize) {
        if let Some(mut entries) = self.entries.try_lock() {
            self.book_cell(&mut entries, bucket);
            self.book_sum(&mut entries);
        }
    }

    /// Books a batch too large for the counters.
    pub(crate) fn book_batch(&self, bucket: usize, count: u64, sum_ns: u128) {
        let mut entries = self.lock();
        let books = entries.books();
        books.add(bucket, count, sum_ns);
        books.count = books.count.saturating_add(count);
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
            self.fold(&mut entries);
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

    /// Empties the shards at rest into the shared copy.
    fn fold(&self, entries: &mut Entries) {
        let mut shards = core::mem::take(&mut entries.shards);
        shards.retain(|shard| {
            let is_at_rest = shard.claim();
            if is_at_rest {
                self.empty(entries, shard);
                shelve(shard);
            }
            !is_at_rest
        });
        entries.shards = shards;
    }

    fn empty(&self, entries: &mut Entries, shard: &Shard) {
        (0..CELLS).for_each(|bucket| self.move_cell(entries, shard, bucket));
        self.move_sum(entries, shard.take_sum_ns());
        shard.move_rest(&self.shared);
    }

    fn move_cell(&self, entries: &mut Entries, shard: &Shard, bucket: usize) {
        let moved = shard.take_cell(bucket);
        if moved > 0 && self.shared.add_cell(bucket, u32::from(moved)) >> 31 != 0 {
            self.book_cell(entries, bucket);
        }
    }

    fn move_sum(&self, entries: &mut Entries, sum_ns: u64) {
        if self.shared.add_sum(sum_ns) >> 63 != 0 {
            self.book_sum(entries);
        }
    }

    fn book_cell(&self, entries: &mut Entries, bucket: usize) {
        let count = self.shared.drain_cell(bucket);
        entries.books().add(bucket, u64::from(count), 0);
    }

    fn book_sum(&self, entries: &mut Entries) {
        let sum_ns = self.shared.drain_sum();
        entries.books().add(0, 0, u128::from(sum_ns));
    }

    /// Bytes on the heap, shards not included.
    pub(crate) fn heap_bytes(&self) -> usize {
        let entries = self.lock();
        let books =
            entries.books.as_ref().map_or(0, |books| size_of::<Books>() + size_of_val(&*books.buckets));
        books + size_of_val(&*entries.shards) + self.shared.heap_bytes()
    }
}

impl Entries {
    pub(crate) fn shards(&self) -> impl Iterator<Item = &'static Shard> + '_ {
        self.shards.iter().copied()
    }

    /// Events of the batches that were booked.
    pub(crate) fn booked_count(&self) -> u64 {
        self.books.as_ref().map_or(0, |books| books.count)
    }

    /// Counts that were booked for each bucket, from bucket zero on.
    pub(crate) fn booked(&self) -> &[u64] {
        self.books.as_ref().map_or(&[], |books| &books.buckets)
    }

    /// Summed durations that were booked.
    pub(crate) fn booked_sum_ns(&self) -> u128 {
        self.books.as_ref().map_or(0, |books| books.sum_ns)
    }

    fn books(&mut self) -> &mut Books {
        self.books.get_or_insert_default()
    }
}

impl Books {
    fn add(&mut self, bucket: usize, count: u64, sum_ns: u128) {
        self.sum_ns = self.sum_ns.saturating_add(sum_ns);
        if count > 0 && self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        if let Some(booked) = self.buckets.get_mut(bucket) {
            *booked = booked.saturating_add(count);
        }
    }
}

/// Empty shards of recorders that are gone or of threads that have no use for them, for whoever asks next.
mod pool {
    use core::time::Duration;

    use super::Shard;
    use crate::clock::Counter;
    use crate::primitive::{AtomicUsize, Mutex, Ordering};

    static POOL: Mutex<Vec<&'static Shard>> = Mutex::new(Vec::new());
    static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

    /// Shards that the process may have: 30 MiB. Beyond that, hot threads stay with the shared copies.
    const SHARDS_MAX: usize = 8_192;

    /// Shards that are allotted at once, side by side: whoever records into many series spends its time on
    /// translating addresses when each shard is on a page of its own. 60 KiB.
    const SLAB_MAX: usize = 16;

    const PATIENCE: Duration = Duration::from_millis(10);

    /// Empties a claimed shard and keeps it for whoever asks next.
    pub(super) fn recycle(shard: &'static Shard) {
        shard.clear();
        shelve(shard);
    }

    /// Keeps an empty claimed shard for whoever asks next.
    pub(super) fn shelve(shard: &'static Shard) {
        shelve_all([shard]);
    }

    fn shelve_all(shards: impl IntoIterator<Item = &'static Shard>) {
        // Waits, since this is no way of an event, but not for ever: in a forked child the lock may have no owner.
        if let Some(mut pool) = POOL.try_lock_for(PATIENCE) {
            pool.extend(shards);
        }
    }

    /// An empty shard, from the pool or newly allotted; it lives as long as the process.
    pub(crate) fn take(counter: &'static Counter) -> Option<&'static Shard> {
        if let Some(shard) = POOL.try_lock().and_then(|mut pool| pool.pop()) {
            return Some(shard);
        }
        let slab = (0..reserve()?).map(|_| Shard::new(counter)).collect::<Box<[Shard]>>();
        let (first, others) = Box::leak(slab).split_first()?;
        if !others.is_empty() {
            shelve_all(others.iter().rev());
        }
        Some(first)
    }

    /// How many to allot at once: a part of what there is, so that a process with few has few to spare.
    fn reserve() -> Option<usize> {
        // Relaxed: the number bounds memory, nothing else depends on it.
        let grow = |allocated| Some(allocated + slab(allocated)).filter(|_| allocated < SHARDS_MAX);
        ALLOCATED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grow).ok().map(slab)
    }

    fn slab(allocated: usize) -> usize {
        (allocated / 4).clamp(1, SLAB_MAX).min(SHARDS_MAX.saturating_sub(allocated))
    }

    /// Shards allotted so far in this process, in use or not.
    pub(crate) fn shards_allocated() -> usize {
        ALLOCATED.load(Ordering::Relaxed)
    }
}

use pool::{recycle, shelve};
pub(crate) use pool::{shards_allocated, take};
