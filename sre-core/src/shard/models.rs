//! Models of the structures without locks: loom runs every order that the memory model allows.
//!
//! Writers are on the first thread and readers on a second one. The other way round loom 0.7 runs hardly any order: of each
//! atomic it knows the last access alone, and a writer that loads before it stores hides the reader's load from it.
//! [`explored`] counts the orders, so that no model passes because there were none.
//!
//! Run with `RUSTFLAGS="--cfg sre_loom" LOOM_MAX_PREEMPTIONS=3 cargo test -p sre-core --lib models --release`.

use core::sync::atomic::AtomicUsize;

use loom::thread;

use crate::clock::{calibrate, counter};
use crate::primitive::Arc;
use crate::primitive::Ordering::{Acquire, Relaxed};
use crate::primitive::modelled::{AtomicU16, AtomicU32, AtomicU64, add_saturating, fence};
use crate::shard::{Added, InFlightCells, Ledger, Shard, Shared, THRESHOLDS_MAX, Terms};

const TERMS: Terms =
    Terms { rare_ns: 1, rare_ticks: 1, thresholds_ns: [u64::MAX; THRESHOLDS_MAX], slot_shift: 0 };

fn shard() -> &'static Shard {
    calibrate();
    let counter = counter().expect("just calibrated");
    Box::leak(Box::new(Shard::new(counter)))
}

/// Runs every order of a model; there have to be some.
fn explored(model: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&orders);
    loom::model(move || {
        counter.fetch_add(1, Relaxed);
        model();
    });
    let orders = orders.load(Relaxed);
    assert!(orders > 2, "{orders} orders are not all that there are");
}

#[test]
fn a_lease_that_changes_hands_keeps_every_count() {
    explored(|| {
        let ledger = Arc::new(Ledger::new(2));
        let first = ledger.claim(1, TERMS, || Some(shard())).expect("nobody else is there");
        let second = {
            let ledger = Arc::clone(&ledger);
            thread::spawn(move || {
                if let Some(shard) = ledger.claim(1, TERMS, || None) {
                    assert_eq!(shard.add(1, 5), Added::Here);
                    ledger.release(shard);
                    1
                } else {
                    0
                }
            })
        };
        first.add(0, 3);
        ledger.release(first);
        let added = second.join().expect("the model goes on");
        assert_eq!(read(&ledger).1, 1 + added);
        let left_ns: u64 = ledger.lock().shards().map(Shard::sum_ns).sum();
        assert_eq!(u128::from(left_ns) + ledger.shared().sum_ns(), u128::from(3 + 5 * added));
    });
}

#[test]
fn a_slow_event_is_never_counted_as_a_fast_one() {
    explored(|| {
        let shard = shard();
        let reader = thread::spawn(move || {
            let count = shard.count();
            assert!(shard.over()[0] >= count);
        });
        assert_eq!(shard.add_rare(0, 9), Added::Here);
        reader.join().expect("the model goes on");
    });
}

#[test]
fn what_is_found_in_buckets_is_not_missing_in_the_count_read_afterwards() {
    explored(|| {
        let shard = shard();
        let shared = Arc::new(Shared::new(2));
        // Places for pages are not modelled.
        shared.touch(0..=1);
        let reader = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let found = narrow(shard.block(0)) + narrow(shared.block(0).narrow);
                fence(Acquire);
                assert!(shard.count() + shared.count() >= found);
            })
        };
        assert_eq!(shard.add(0, 2), Added::Here);
        shared.add_count(1);
        shared.add_cell(0, 1);
        reader.join().expect("the model goes on");
    });
}

#[test]
fn what_is_found_in_wide_cells_is_not_missing_in_the_count_read_afterwards() {
    explored(|| {
        let shared = Arc::new(Shared::new(2));
        // Places for pages are not modelled, and these have wide cells from the start.
        shared.widen(0..=1);
        let reader = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let cells = shared.block(0);
                let found = narrow(cells.narrow) + wide(cells.wide);
                fence(Acquire);
                assert!(shared.count() >= found);
            })
        };
        shared.add_count(1);
        shared.add_cell(0, 1);
        reader.join().expect("the model goes on");
        assert_eq!(wide(shared.block(0).wide), 1);
    });
}

#[test]
fn batches_that_meet_are_all_counted_and_a_full_counter_stays_full() {
    explored(|| {
        let counters = Arc::new([0, u64::MAX - 5].map(AtomicU64::new));
        let add = |counters: &[AtomicU64; 2], count| {
            counters.iter().for_each(|counter| add_saturating(counter, count));
        };
        let others = [3, 4].map(|count| {
            let counters = Arc::clone(&counters);
            thread::spawn(move || add(&counters, count))
        });
        let seen = counters[1].load(Relaxed);
        assert!(seen >= u64::MAX - 5, "{seen}: it went back");
        for other in others {
            other.join().expect("the model goes on");
        }
        assert_eq!(counters.each_ref().map(|counter| counter.load(Relaxed)), [7, u64::MAX]);
    });
}

#[test]
fn a_slow_event_of_the_shared_copy_or_a_batch_is_never_counted_as_a_fast_one() {
    explored(|| {
        let shared = Arc::new(Shared::new(2));
        // The place for batches is not modelled.
        shared.add_batch(0, 0, 1, 1);
        let reader = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let count = shared.count();
                assert!(1 + shared.over()[0] >= count);
            })
        };
        shared.add_over(0, 1);
        shared.add_count(1);
        shared.add_batch(0, 1, 1, 1);
        reader.join().expect("the model goes on");
    });
}

#[test]
fn what_is_found_in_cells_of_batches_is_not_missing_in_the_count_read_afterwards() {
    explored(|| {
        let shared = Arc::new(Shared::new(2));
        // The places for batches and their pages are not modelled.
        shared.add_batch(0, 0, 1, 1);
        let reader = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let found: u64 = shared.block(0).batches.iter().map(|cell| cell.load(Relaxed)).sum();
                fence(Acquire);
                assert!(shared.count() >= found);
            })
        };
        shared.add_batch(0, 0, 1, 1);
        reader.join().expect("the model goes on");
    });
}

#[test]
fn a_call_is_not_seen_to_end_before_it_starts() {
    explored(|| {
        let shard = shard();
        let shared = Arc::new(Shared::new(2));
        // The place for the counters is not modelled.
        shared.touch(0..=1);
        let reader = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut cells = InFlightCells::default();
                shard.read_ends(&mut cells);
                shared.read_ends(&mut cells);
                shard.read_starts(&mut cells);
                shared.read_starts(&mut cells);
                assert!(cells.ended[0] + cells.late <= cells.started[0]);
            })
        };
        shard.add_started(0);
        shard.add_ended(0);
        shared.add_started(0);
        shared.add_late();
        shard.add_started(0);
        shard.add_late();
        shared.add_started(0);
        shared.add_ended(0);
        reader.join().expect("the model goes on");
    });
}

#[test]
fn a_shard_given_back_while_its_recorder_goes_is_recycled_once() {
    explored(|| {
        let ledger = Arc::new(Ledger::new(2));
        let shard = ledger.claim(1, TERMS, || Some(shard())).expect("nobody else is there");
        shard.add(0, 1);
        let closing = {
            let ledger = Arc::clone(&ledger);
            thread::spawn(move || ledger.close())
        };
        ledger.release(shard);
        closing.join().expect("the model goes on");
        // Recycling empties it, and whoever recycles holds the claim: it is empty, and claimed by one of the two.
        assert_eq!(shard.count(), 0);
        assert!(!shard.claim());
    });
}

fn narrow(cells: &[AtomicU16]) -> u64 {
    cells.iter().map(|cell| u64::from(cell.load(Relaxed))).sum()
}

fn wide(cells: &[AtomicU32]) -> u64 {
    cells.iter().map(|cell| u64::from(cell.load(Relaxed))).sum()
}

/// Events by their buckets, and by their count, as a reader finds them.
fn read(ledger: &Ledger) -> (u64, u64) {
    let entries = ledger.lock();
    let count = entries.shards().map(Shard::count).sum::<u64>() + ledger.shared().count();
    let in_shards: u64 = entries.shards().map(|shard| narrow(shard.block(0))).sum();
    let in_shared = ledger.shared().block(0);
    (in_shards + narrow(in_shared.narrow) + wide(in_shared.wide), count)
}

#[test]
fn draining_moves_counts_and_loses_none() {
    explored(|| {
        let ledger = Arc::new(Ledger::new(2));
        let shard = ledger.claim(1, TERMS, || Some(shard())).expect("nobody else is there");
        assert_eq!(shard.add(0, 2), Added::Here);
        assert_eq!(shard.add(0, 2), Added::Refused);
        let reader = {
            let ledger = Arc::clone(&ledger);
            thread::spawn(move || {
                let (buckets, count) = read(&ledger);
                assert!((1..=2).contains(&buckets) && (1..=2).contains(&count), "{buckets} and {count}");
            })
        };
        // Drained, the cell counts on; else the shared copy would count this one.
        let is_added = ledger.drain(shard, 0) && shard.add(0, 2) == Added::Here;
        reader.join().expect("the model goes on");
        let events = 1 + u64::from(is_added);
        assert_eq!(read(&ledger), (events, events));
    });
}

#[test]
fn a_shard_given_back_leaves_its_counts_in_the_shared_copy() {
    explored(|| {
        let ledger = Arc::new(Ledger::new(2));
        let shard = ledger.claim(1, TERMS, || Some(shard())).expect("nobody else is there");
        shard.add(0, 2);
        let reader = {
            let ledger = Arc::clone(&ledger);
            thread::spawn(move || assert_eq!(read(&ledger), (1, 1)))
        };
        ledger.release(shard);
        reader.join().expect("the model goes on");
        assert_eq!(read(&ledger), (1, 1));
    });
}
