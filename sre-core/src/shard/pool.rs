//! Hot. Empty shards of recorders that are gone or of threads that have no use for them, for whoever asks next.

use crate::clock::Counter;
use crate::primitive::{AtomicUsize, Mutex, Ordering};
use crate::shard::Shard;

/// Several, so that nobody has to wait for one that is in use, be it for ever: in a forked child the thread that
/// held a lock may not be there.
static POOLS: [Mutex<Vec<&'static Shard>>; 8] = [const { Mutex::new(Vec::new()) }; 8];

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

/// Shards that the process may have: 30 MiB. Beyond that, hot threads stay with the shared copies.
const SHARDS_MAX: usize = 8_192;

/// Shards that are allotted at once, side by side: whoever records into many series spends its time on
/// translating addresses when each shard is on a page of its own. 60 KiB.
const SLAB_MAX: usize = 16;

/// How often a pool is sought for a shard that can go nowhere else. Its lock is held for a few nanoseconds.
const TRIES: usize = 100;

/// Empties a claimed shard and keeps it for whoever asks next.
///
/// Never waits: should all pools be in use again and again, the shard is lost, and counts as allotted.
pub(super) fn recycle(shard: &'static Shard) {
    shard.clear();
    let _ = (0..TRIES).any(|_| shelve(shard));
}

/// Keeps an empty claimed shard for whoever asks next; `false` while all pools are in use.
pub(super) fn shelve(shard: &'static Shard) -> bool {
    let pool = POOLS.iter().find_map(Mutex::try_lock);
    pool.map(|mut pool| pool.push(shard)).is_some()
}

/// An empty shard, from a pool or newly allotted; it lives as long as the process. Never waits.
pub(super) fn take(counter: &'static Counter) -> Option<&'static Shard> {
    if let Some(shard) = POOLS.iter().filter_map(Mutex::try_lock).find_map(|mut pool| pool.pop()) {
        return Some(shard);
    }
    let mut pool = POOLS.iter().find_map(Mutex::try_lock)?;
    let slab = (0..reserve()?).map(|_| Shard::new(counter)).collect::<Box<[Shard]>>();
    let (first, others) = Box::leak(slab).split_first()?;
    pool.extend(others.iter().rev());
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
