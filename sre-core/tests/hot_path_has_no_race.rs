//! The hot path under stress, for the thread sanitizer: `.ci/run races` builds it with one and runs it here without.
//!
//! The sanitizer knows nothing of the locks and channels of `std`, which are compiled without it. So this program has no
//! test harness, uses `thread::spawn` and `join` alone, and registers everything before its threads start: what it then
//! reports is a race. With the argument `planted` there is one, which it must report.
#![expect(unsafe_code, reason = "a race has to be planted")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests may"
)]

mod promise;

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use promise::{Numbers, kept, scaled};
use sre_core::sli::Exemplar;
use sre_core::{Objective, Outcome, Sli};

const MS: Duration = Duration::from_millis(1);

fn main() {
    // As the harness of tests does: arguments that name no test of this program leave nothing to do.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    match wanted.as_slice() {
        [] => drop(stress()),
        [word] if word == "sanitized" => kept("R1", format_args!("{}, no data race", stress())),
        [word] if word == "planted" => race(),
        _ => {}
    }
}

/// Recorders, threads that come and go, batches, exemplars and readers, all at once; what was done.
fn stress() -> String {
    sre_core::clock::calibrate();
    let events = scaled(3_000_000, 50_000);
    let slis: Arc<[Sli]> = ["first", "second"]
        .map(|name| Sli::try_new(name).expect("a good name").objective(Objective::latency(0.99, 20 * MS)))
        .into();
    slis.iter().for_each(Sli::prewarm);
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..3)
        .map(|seed| {
            let slis = Arc::clone(&slis);
            thread::spawn(move || write(&slis, seed, events))
        })
        .collect();
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (slis, done) = (Arc::clone(&slis), Arc::clone(&done));
            thread::spawn(move || read(&slis, &done))
        })
        .collect();
    let recorded: u64 = writers.into_iter().map(|writer| writer.join().expect("it only records")).sum();
    done.store(true, Ordering::Relaxed);
    let looks: u64 = readers.into_iter().map(|reader| reader.join().expect("it only reads")).sum();
    let counted: u64 = slis.iter().map(|sli| sli.count(Outcome::Ok) + sli.count(Outcome::Error)).sum();
    assert_eq!(counted, recorded);
    format!("{recorded} records beside {looks} looks, on threads that come and go, 0 lost")
}

/// Records in every way; returns how many events.
fn write(slis: &Arc<[Sli]>, seed: u64, events: u64) -> u64 {
    let mut numbers = Numbers::from_seed(seed);
    let mut recorded = 0;
    for event in 0..events {
        let sli = &slis[numbers.place(2)];
        let outcome = if numbers.below(4) == 0 { Outcome::Error } else { Outcome::Ok };
        let duration =
            if numbers.below(4) == 0 { Duration::from_nanos(1 << numbers.below(40)) } else { 3 * MS };
        recorded += match event % 512 {
            0 => {
                sli.record_with_exemplar(outcome, duration, Exemplar::new([1; 16], [2; 8]));
                1
            }
            1 => {
                sli.record_n(outcome, duration, 7);
                7
            }
            2 if event % 8_192 == 2 => come_and_go(slis),
            3..100 => {
                sli.start().finish(outcome);
                1
            }
            _ => {
                sli.record(outcome, duration);
                1
            }
        };
    }
    recorded
}

/// A thread that gets shards and gives them back.
fn come_and_go(slis: &Arc<[Sli]>) -> u64 {
    let slis = Arc::clone(slis);
    let work = move || {
        slis.iter().for_each(Sli::prewarm);
        (0..200).for_each(|event| slis[event % 2].record(Outcome::Ok, MS));
        200
    };
    thread::spawn(work).join().expect("it only records")
}

fn read(slis: &[Sli], done: &AtomicBool) -> u64 {
    let (mut looks, mut before) = (0, 0);
    while !done.load(Ordering::Relaxed) {
        let count: u64 = slis.iter().map(|sli| sli.durations().count() + sli.error_durations().count()).sum();
        assert!(count >= before, "{count} after {before}");
        before = count;
        looks += 1;
        thread::yield_now();
    }
    looks
}

/// A place that is published without the ordering that it needs.
struct Planted {
    value: UnsafeCell<u64>,
    is_there: AtomicU64,
}

// SAFETY: none; it is what the sanitizer has to find.
unsafe impl Sync for Planted {}

fn race() {
    let planted = Arc::new(Planted { value: UnsafeCell::new(0), is_there: AtomicU64::new(0) });
    let publisher = {
        let planted = Arc::clone(&planted);
        thread::spawn(move || {
            // SAFETY: none, see above.
            unsafe { *planted.value.get() = 7 };
            planted.is_there.store(1, Ordering::Relaxed);
        })
    };
    while planted.is_there.load(Ordering::Relaxed) == 0 {
        thread::yield_now();
    }
    // SAFETY: none, see above.
    println!("read {}", unsafe { *planted.value.get() });
    publisher.join().expect("it only writes");
}
