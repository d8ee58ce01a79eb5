//! Counts are conserved under threads, churn of threads, and readers.

#![expect(clippy::expect_used, reason = "helpers of tests may")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use sre_core::{Outcome, Sli};

fn sli(name: &str) -> Sli {
    // Without the calibrated counter threads get no shards.
    sre_core::clock::calibrate();
    Sli::try_new(name)
        .expect("a good name")
        .objective(sre_core::Objective::latency(0.99, Duration::from_millis(10)))
}

/// Values over many octaves, some of them too long for a shard.
fn duration(step: u64) -> Duration {
    Duration::from_nanos(1 << (step % 34))
}

#[test]
fn every_event_of_every_thread_is_in_its_bucket() {
    const EVENTS: u64 = 200_000;
    let sli = sli("conserved");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..EVENTS).for_each(|step| sli.record(Outcome::Ok, duration(step))));
        }
    });
    let durations = sli.durations();
    assert_eq!(durations.count(), 8 * EVENTS);
    assert_eq!(sli.count(Outcome::Ok), 8 * EVENTS);
    for octave in 0..34_u64 {
        let expected = 8 * (0..EVENTS).filter(|step| step % 34 == octave).count() as u64;
        // The last nanosecond before a power of two ends a bucket, so these counts are exact.
        let below = |ns: u64| durations.count_at_or_below(ns - 1);
        let found = below(2 << octave) - if octave == 0 { 0 } else { below(1 << octave) };
        assert_eq!(found, expected, "octave {octave}");
    }
    let sum: u128 = (0..EVENTS).map(|step| duration(step).as_nanos()).sum();
    assert_eq!(durations.sum_ns(), 8 * sum);
}

#[test]
fn a_reader_never_sees_a_count_go_back() {
    let sli = sli("monotone");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for step in 0..300_000 {
                    // Most of them in one bucket, which a shard has to empty every 32,768 events.
                    let duration = if step % 8 == 0 { duration(step) } else { Duration::from_millis(3) };
                    sli.record(Outcome::Ok, duration);
                    sli.record(Outcome::Error, duration);
                }
                done.store(true, Ordering::Release);
            });
        }
        let mut before = 0;
        while !done.load(Ordering::Acquire) {
            let count = sli.durations().count();
            assert!(count >= before, "{count} after {before}");
            before = count;
        }
    });
    assert_eq!(sli.durations().count(), 600_000);
    assert_eq!(sli.error_durations().count(), 600_000);
}

#[test]
fn threads_that_come_and_go_leave_their_counts_behind() {
    let sli = sli("churn");
    let mut expected = 0;
    for thread in 0..200_u64 {
        // Some record too little for a shard of their own, some enough for one.
        let events = if thread % 4 == 0 { 2_000 } else { 3 };
        thread::scope(|scope| {
            scope.spawn(|| (0..events).for_each(|_| sli.record(Outcome::Ok, Duration::from_millis(3))));
        });
        expected += events;
        assert_eq!(sli.count(Outcome::Ok), expected);
    }
    assert_eq!(sli.durations().count(), expected);
}
