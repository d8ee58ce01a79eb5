//! Hot. Which shards this thread holds: a table found without a lock, and the leases behind it.
//!
//! The table has no destructor, so it can be read while a thread ends; the leases have one, which empties the
//! table before it gives the shards back. A lease cannot be sent to another thread.

use core::cell::RefCell;
use core::marker::PhantomData;

use crate::clock::Counter;
use crate::primitive::{Arc, AtomicUsize, Cell, Ordering};
use crate::shard::{Ledger, Shard, Terms, ledger};

/// Places in the table of a thread. Identities are dealt out in turn, so this many recorders do not collide.
const PLACES: usize = 512;

/// Shards that one thread may hold, see [`set_budget_per_thread`].
static BUDGET_PER_THREAD: AtomicUsize = AtomicUsize::new(256);

thread_local! {
    static TABLE: [Cell<Option<&'static Shard>>; PLACES] = const { [const { Cell::new(None) }; PLACES] };
    static LEASES: Leases = const { Leases(RefCell::new(Vec::new())) };
}

/// The shard that this thread holds for the recorder of this identity.
#[inline]
pub(crate) fn lookup(recorder: u32) -> Option<&'static Shard> {
    let shard = TABLE.with(|table| table.get(place(recorder))?.get())?;
    if shard.belongs_to(recorder) {
        Some(shard)
    } else {
        core::hint::cold_path();
        None
    }
}

#[inline]
fn place(recorder: u32) -> usize {
    recorder as usize % PLACES
}

/// Bounds the memory that each thread can take: 7 KiB for each shard. Zero switches shards off.
pub(crate) fn set_budget_per_thread(shards: usize) {
    BUDGET_PER_THREAD.store(shards, Ordering::Relaxed);
}

/// The right of one thread to write to one shard.
struct Lease {
    shard: &'static Shard,
    ledger: Arc<Ledger>,
    recorder: u32,
    /// Events when somebody else last asked for the place.
    count_seen: u64,
    not_send: PhantomData<*const ()>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        empty_place(self.recorder);
        self.ledger.release(self.shard);
    }
}

fn empty_place(recorder: u32) {
    // Two leases of one thread never have the same place, see `make_room`.
    TABLE.with(|table| {
        if let Some(place) = table.get(place(recorder)) {
            place.set(None);
        }
    });
}

/// Dropped when the thread ends: each lease then leaves the table first and goes back afterwards.
struct Leases(RefCell<Vec<Lease>>);

/// What became of a request for a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promotion {
    /// The thread has a shard now.
    Done,
    /// Not now: the thread ends, its budget is spent on hotter series, or a lock is taken.
    Refused,
}

/// Leases a shard to this thread. Allocates when none is free; never waits.
#[cold]
pub(crate) fn promote(
    recorder: u32,
    terms: Terms,
    counter: &'static Counter,
    ledger: &Arc<Ledger>,
) -> Promotion {
    let promoted = LEASES.try_with(|leases| {
        let mut leases = leases.0.try_borrow_mut().ok()?;
        if let Some(own) = leases.iter().find(|lease| lease.recorder == recorder) {
            return ledger.own_again(own.shard, recorder, terms).then_some(());
        }
        make_room(&mut leases, recorder)?;
        let shard = ledger.claim(recorder, terms, || Some(ledger::take(counter)))?;
        leases.push(Lease {
            shard,
            ledger: Arc::clone(ledger),
            recorder,
            count_seen: shard.count(),
            not_send: PhantomData,
        });
        TABLE.with(|table| table.get(place(recorder)).map(|place| place.set(Some(shard))))
    });
    match promoted {
        Ok(Some(())) => Promotion::Done,
        _ => Promotion::Refused,
    }
}

/// Makes sure that the place and the budget have room, at the cost of a series that has gone cold.
fn make_room(leases: &mut Vec<Lease>, recorder: u32) -> Option<()> {
    if let Some(holder) = leases.iter().position(|lease| place(lease.recorder) == place(recorder)) {
        give_up_if_cold(leases, holder)?;
    }
    let budget = BUDGET_PER_THREAD.load(Ordering::Relaxed);
    if leases.len() < budget {
        return Some(());
    }
    // The oldest leases stand in front; one that turns out to be in use moves to the back.
    if leases.is_empty() {
        return None;
    }
    if give_up_if_cold(leases, 0).is_none() {
        leases.rotate_left(1);
        return None;
    }
    Some(())
}

/// Gives up a lease that nothing was recorded through since the last time somebody asked.
fn give_up_if_cold(leases: &mut Vec<Lease>, position: usize) -> Option<()> {
    let lease = leases.get_mut(position)?;
    let count = lease.shard.count();
    if lease.count_seen != count {
        lease.count_seen = count;
        return None;
    }
    drop(leases.remove(position));
    Some(())
}

/// Gives back what this thread holds for one recorder.
pub(crate) fn give_back(recorder: u32) {
    let _ = LEASES.try_with(|leases| {
        if let Ok(mut leases) = leases.0.try_borrow_mut() {
            leases.retain(|lease| lease.recorder != recorder);
        }
    });
}
