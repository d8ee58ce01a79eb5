//! Hot. Which shards this thread holds: a table found without a lock, and the leases behind it.
//!
//! The table has no destructor, so it can be read while a thread ends; the leases have one, which empties the
//! table before it gives the shards back. A lease cannot be sent to another thread.

use core::cell::RefCell;
use core::marker::PhantomData;

use crate::clock::Counter;
use crate::primitive::{Arc, AtomicUsize, Cell, Ordering};
use crate::shard::{Ledger, Shard, Terms, pool};

/// Places in the table of a thread. Identities are dealt out in turn, so this many recorders do not collide.
const PLACES: usize = 1_024;

/// Shards that one thread may hold, see [`set_budget_per_thread`].
static BUDGET_PER_THREAD: AtomicUsize = AtomicUsize::new(PLACES);

thread_local! {
    static TABLE: [Cell<Option<&'static Shard>>; PLACES] = const { [const { Cell::new(None) }; PLACES] };
    static LEASES: Leases = const { Leases(RefCell::new(Held { leases: Vec::new(), hand: 0, next: 0 })) };
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

/// Bounds the memory that each thread can take: 4 KiB for each shard. Zero switches shards off.
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
struct Leases(RefCell<Held>);

/// The leases of a thread, in no order.
struct Held {
    leases: Vec<Lease>,
    /// The lease that is asked next whether it is still in use, when the budget is spent.
    hand: usize,
    /// The lease that is asked next whether its recorder is still there.
    next: usize,
}

/// What became of a request for a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promotion {
    /// The thread has a shard now.
    Done,
    /// Not now: the thread ends, a budget is spent on hotter series, or a lock is taken.
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
    promote_within(BUDGET_PER_THREAD.load(Ordering::Relaxed), recorder, terms, counter, ledger)
}

fn promote_within(
    budget: usize,
    recorder: u32,
    terms: Terms,
    counter: &'static Counter,
    ledger: &Arc<Ledger>,
) -> Promotion {
    let promoted = LEASES.try_with(|leases| {
        let mut held = leases.0.try_borrow_mut().ok()?;
        if let Some(own) = held.at_place_of(recorder).filter(|holder| holder.recorder == recorder) {
            return ledger.own_again(own.shard, recorder, terms).then_some(());
        }
        held.give_up_orphans();
        held.make_room(recorder, budget)?;
        let shard = ledger.claim(recorder, terms, || pool::take(counter))?;
        held.leases.push(Lease {
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

impl Held {
    /// The lease whose place in the table this recorder would have.
    fn at_place_of(&self, recorder: u32) -> Option<&Lease> {
        self.leases.get(self.position_at_place_of(recorder)?)
    }

    fn position_at_place_of(&self, recorder: u32) -> Option<usize> {
        TABLE.with(|table| table.get(place(recorder))?.get())?;
        self.leases.iter().position(|lease| place(lease.recorder) == place(recorder))
    }

    /// Makes sure that the place and the budget have room, at the cost of a series that has gone cold.
    fn make_room(&mut self, recorder: u32, budget: usize) -> Option<()> {
        if let Some(holder) = self.position_at_place_of(recorder) {
            self.give_up_if_cold(holder)?;
        }
        if self.leases.len() < budget {
            return Some(());
        }
        self.hand = (self.hand + 1).checked_rem(self.leases.len())?;
        self.give_up_if_cold(self.hand)
    }

    /// Gives up leases of recorders that went on another thread, as those of an engine that was dropped there.
    ///
    /// Looks at two for each that is asked for, so that it gets round while they become more.
    fn give_up_orphans(&mut self) {
        for _ in 0..2 {
            self.next = (self.next + 1).checked_rem(self.leases.len()).unwrap_or(0);
            if self.leases.get(self.next).is_some_and(|lease| lease.ledger.is_closed()) {
                drop(self.leases.swap_remove(self.next));
            }
        }
    }

    /// Gives up a lease that nothing was recorded through since the last time somebody asked.
    fn give_up_if_cold(&mut self, position: usize) -> Option<()> {
        let lease = self.leases.get_mut(position)?;
        let count_seen = core::mem::replace(&mut lease.count_seen, lease.shard.count());
        if lease.count_seen != count_seen {
            return None;
        }
        drop(self.leases.swap_remove(position));
        Some(())
    }
}

/// Gives back what this thread holds for one recorder.
pub(crate) fn give_back(recorder: u32) {
    let _ = LEASES.try_with(|leases| {
        if let Ok(mut held) = leases.0.try_borrow_mut() {
            held.leases.retain(|lease| lease.recorder != recorder);
        }
    });
}

#[cfg(all(test, not(sre_loom)))]
#[expect(clippy::expect_used, reason = "helpers of tests may")]
mod tests {
    use super::*;
    use crate::clock::{calibrate, counter};
    use crate::shard::{Added, THRESHOLDS_MAX};

    const TERMS: Terms =
        Terms { rare_ns: 9, rare_ticks: 9, thresholds_ns: [u64::MAX; THRESHOLDS_MAX], slot_shift: 0 };

    /// A recorder as a thread sees it. The numbers are far from those that other tests of this process get.
    struct Series {
        recorder: u32,
        ledger: Arc<Ledger>,
    }

    impl Series {
        fn new(number: u32) -> Self {
            Self { recorder: 1 << 30 | number, ledger: Arc::new(Ledger::new(64)) }
        }

        /// Whether this thread gets a shard, if it may hold so many.
        fn ask(&self, budget: usize) -> bool {
            calibrate();
            let counter = counter().expect("just calibrated");
            let promotion = promote_within(budget, self.recorder, TERMS, counter, &self.ledger);
            assert_eq!(promotion == Promotion::Done, self.has_shard());
            promotion == Promotion::Done
        }

        fn has_shard(&self) -> bool {
            lookup(self.recorder).is_some()
        }

        fn add(&self) {
            let shard = lookup(self.recorder).expect("it has one");
            assert_eq!(shard.add(5, 7), Added::Here);
        }

        /// Events in the shared copy: those of shards that were given up.
        fn given_up(&self) -> u64 {
            self.ledger.shared().count()
        }
    }

    fn held() -> usize {
        LEASES.with(|leases| leases.0.borrow().leases.len())
    }

    #[test]
    fn a_thread_holds_no_more_shards_than_it_may() {
        let series: Vec<Series> = (0..20).map(Series::new).collect();
        for (asked, one) in series.iter().enumerate() {
            // The others are asked whether they are still in use, and are not.
            assert!((0..4).any(|_| one.ask(3)), "the others are cold");
            one.add();
            assert_eq!(held(), (asked + 1).min(3));
        }
        assert_eq!(series.iter().filter(|one| one.has_shard()).count(), held());
        let given_up: u64 = series.iter().map(Series::given_up).sum();
        assert_eq!(given_up, 20 - held() as u64, "each had an event");
    }

    #[test]
    fn what_was_left_by_series_that_are_gone_is_given_up_bit_by_bit() {
        let series: Vec<Series> = (100..120).map(Series::new).collect();
        assert!(series.iter().all(|one| one.ask(1_000)));
        assert_eq!(held(), 20);
        // As when the engine that had them ends on another thread.
        series.iter().take(15).for_each(|one| one.ledger.close());
        let later: Vec<Series> = (200..240).map(Series::new).collect();
        assert!(later.iter().all(|one| one.ask(1_000)));
        assert_eq!(held(), 45);
        assert!(series.iter().skip(15).chain(&later).all(Series::has_shard));
    }

    #[test]
    fn without_a_budget_nobody_gets_a_shard() {
        assert!(!Series::new(0).ask(0));
        assert_eq!(held(), 0);
    }

    #[test]
    fn a_series_in_use_keeps_its_shard_and_a_cold_one_gives_it_up() {
        let [first, second, third] = [0, 1, 2].map(Series::new);
        assert!(first.ask(2) && second.ask(2));
        for _ in 0..5 {
            first.add();
            second.add();
            assert!(!third.ask(2), "both are in use");
            first.add();
            second.add();
            assert!(!third.ask(2), "both are in use");
        }
        // Nothing is recorded any more: each is asked once and is in use, and then one is not.
        let asked = (1..).find(|_| third.ask(2));
        assert!(asked <= Some(3), "{asked:?}");
        assert_eq!(held(), 2);
        assert_eq!(u64::from(first.has_shard()) + u64::from(second.has_shard()), 1);
        assert_eq!(first.given_up() + second.given_up(), 10);
    }

    #[test]
    fn of_two_series_at_one_place_the_one_in_use_keeps_it() {
        let places = u32::try_from(PLACES).expect("a thousand");
        let (first, second) = (Series::new(7), Series::new(7 + places));
        assert!(first.ask(10));
        first.add();
        assert!(!second.ask(10), "the other is in use");
        assert!(first.has_shard());
        assert!(second.ask(10), "nothing came meanwhile");
        assert_eq!((first.has_shard(), first.given_up(), held()), (false, 1, 1));
        second.add();
        assert!(!first.ask(10) && second.has_shard());
    }
}
