//! Threads that record once and end lose no event and leave no memory behind.

#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(unsafe_code, reason = "a global allocator that counts, and one that gives back")]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may")]

mod counting;
mod process;
mod promise;

use std::thread;
use std::time::Duration;

use counting::held_bytes;
use process::settled_bytes;
use promise::{kept, scaled};
use sre_core::{Objective, Outcome, Sli};

static SLI: Sli = Sli::new("short").objective(Objective::latency(0.99, Duration::from_millis(300)));

const AT_A_TIME: u32 = 8;
const BOUND_BYTES: i64 = 64 << 10;

fn record_on_threads(threads: u64, record: impl Fn(&Sli) + Copy + Send + 'static) {
    for _ in 0..threads / u64::from(AT_A_TIME) {
        let threads = (0..AT_A_TIME).map(|_| thread::spawn(move || record(&SLI)));
        threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().expect("it only records"));
    }
}

fn once(sli: &Sli) {
    sli.record(Outcome::Ok, Duration::from_millis(3));
}

/// Enough for a shard, which is given back.
fn hot(sli: &Sli) {
    (0..200).for_each(|_| sli.record(Outcome::Ok, Duration::from_millis(3)));
}

#[test]
fn counts_stay_and_memory_does_not() {
    assert_that_the_detector_sees_what_is_kept();
    sre_core::clock::calibrate();
    let (cold, warm) = (scaled(40_000, 800), scaled(4_000, 80));
    // Stacks, shards and what the allocator keeps for itself.
    record_on_threads(1_000, once);
    record_on_threads(1_000, hot);
    let recorded = SLI.count(Outcome::Ok);
    assert_eq!(recorded, 1_000 + 200_000);
    let held = held_bytes();
    // How many threads overlap, and with them how many stacks the system keeps for later, is chance; a leak is there
    // each time.
    let growths = [(); 3].map(|()| {
        let resident = settled_bytes();
        record_on_threads(cold, once);
        record_on_threads(warm, hot);
        settled_bytes() - resident
    });
    let (cold, warm) = (3 * cold, 3 * warm);
    let (grown, resident_grown) = (held_bytes() - held, growths.into_iter().min().unwrap());
    assert!(grown.abs() <= BOUND_BYTES, "{grown} bytes on the heap");
    assert!(resident_grown <= BOUND_BYTES, "{growths:?} bytes of the process");
    assert_eq!(SLI.count(Outcome::Ok), recorded + cold + 200 * warm);
    assert_eq!(SLI.durations().count(), recorded + cold + 200 * warm);
    kept(
        "R3",
        format_args!(
            "{cold} threads of one record and {warm} of 200, 0 lost, {grown} bytes of heap and {resident_grown} of memory more"
        ),
    );
}

/// Not a test of its own, which might run while the other one counts.
fn assert_that_the_detector_sees_what_is_kept() {
    let before = held_bytes();
    let kept = std::hint::black_box(vec![1_u8; 1 << 20]);
    assert!(held_bytes() - before > BOUND_BYTES);
    drop(kept);
    assert!(held_bytes() - before < BOUND_BYTES);
}
