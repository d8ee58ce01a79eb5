//! Counts are conserved under threads, churn of threads, and readers.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may")]
#![expect(clippy::cast_possible_truncation, reason = "small numbers")]

mod promise;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use promise::{Numbers, kept, scaled};
use sre_core::histogram::{Layout, Snapshot};
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

/// The buckets that events fall into, as their edges tell; a thread counts its events itself.
struct Buckets {
    lower_and_width: Vec<(u64, u64)>,
}

impl Buckets {
    /// Those of up to an hour, of which those beyond two seconds are too long for a shard.
    fn new() -> Self {
        let layout = Layout::default();
        let width = |bucket| layout.upper(bucket) - layout.lower(bucket) + 1;
        let buckets = 0..=layout.index(3_600_000_000_000);
        Self { lower_and_width: buckets.map(|bucket| (layout.lower(bucket), width(bucket))).collect() }
    }

    /// A bucket and a value in it. Every other event is in one of nine buckets, which shards have to empty again and
    /// again.
    fn choose(&self, numbers: &mut Numbers) -> (usize, u64) {
        let random = numbers.next();
        let share = (random >> 32) as usize;
        let bucket = if random & 1 == 0 { 900 + share % 9 } else { share % self.lower_and_width.len() };
        let (lower, width) = self.lower_and_width[bucket];
        (bucket, lower + ((random >> 1) & (width - 1)))
    }
}

/// What one thread did.
#[derive(Default)]
struct Done {
    ok: Vec<u64>,
    error: Vec<u64>,
    sum_ns: u128,
}

impl Done {
    fn record(sli: &Sli, buckets: &Buckets, events: u64, seed: u64) -> Self {
        let places = buckets.lower_and_width.len();
        let mut done = Self { ok: vec![0; places], error: vec![0; places], sum_ns: 0 };
        let mut numbers = Numbers::from_seed(seed);
        for event in 0..events {
            let (bucket, value_ns) = buckets.choose(&mut numbers);
            let (outcome, tally) =
                if event % 8 == 0 { (Outcome::Error, &mut done.error) } else { (Outcome::Ok, &mut done.ok) };
            sli.record(outcome, Duration::from_nanos(value_ns));
            tally[bucket] += 1;
            done.sum_ns += u128::from(value_ns);
        }
        done
    }
}

/// Events that are missing in their buckets, and events that nobody recorded.
fn lost_and_invented(found: &Snapshot, recorded: &[u64]) -> (u64, u64) {
    let mut difference: Vec<i128> = recorded.iter().map(|&count| i128::from(count)).collect();
    for bucket in found.buckets() {
        difference[Layout::default().index(bucket.lower_ns())] -= i128::from(bucket.count());
    }
    let sum = |sign: i128| difference.iter().map(|count| (sign * count).max(0)).sum::<i128>() as u64;
    (sum(1), sum(-1))
}

#[test]
fn every_event_of_every_thread_is_in_its_bucket() {
    const THREADS: u64 = 8;
    let events = scaled(200_000_000, 1_600_000) / THREADS;
    let (sli, buckets) = (&sli("conserved"), &Buckets::new());
    let done: Vec<Done> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|seed| scope.spawn(move || Done::record(sli, buckets, events, seed))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it only records")).collect()
    });
    let add = |tally: fn(&Done) -> &[u64]| -> Vec<u64> {
        (0..buckets.lower_and_width.len())
            .map(|place| done.iter().map(|done| tally(done)[place]).sum())
            .collect()
    };
    let (ok, error) = (sli.durations(), sli.error_durations());
    assert_eq!(lost_and_invented(&ok, &add(|done| &done.ok)), (0, 0));
    assert_eq!(lost_and_invented(&error, &add(|done| &done.error)), (0, 0));
    assert_eq!(ok.count() + error.count(), THREADS * events);
    assert_eq!(sli.count(Outcome::Ok) + sli.count(Outcome::Error), THREADS * events);
    assert_eq!(ok.sum_ns() + error.sum_ns(), done.iter().map(|done| done.sum_ns).sum());
    let events = THREADS * events;
    kept("R1", format_args!("{events} records on {THREADS} threads, 0 lost, 0 invented, equal per bucket"));
}

#[test]
fn a_lost_and_an_invented_event_would_be_found() {
    let sli = sli("detector");
    sli.record(Outcome::Ok, Duration::from_nanos(3));
    let mut recorded = vec![0; 10];
    (recorded[3], recorded[5]) = (2, 1);
    assert_eq!(lost_and_invented(&sli.durations(), &recorded), (2, 0));
    assert_eq!(lost_and_invented(&sli.durations(), &[0; 10]), (0, 1));
}

#[test]
fn intervals_taken_while_events_are_recorded_add_up() {
    let intervals = scaled(100_000, 300);
    let sli = sli("intervals");
    let done = AtomicBool::new(false);
    let record = |seed| {
        let mut numbers = Numbers::from_seed(seed);
        let mut recorded = 0_u64;
        while !done.load(Ordering::Relaxed) {
            // Mostly one bucket, which a shard has to empty every 32,768 events, and at times any, up to minutes.
            let any = Duration::from_nanos(1 << numbers.below(38));
            let value = if numbers.below(8) > 0 { Duration::from_millis(3) } else { any };
            sli.record(Outcome::Ok, value);
            recorded += 1;
        }
        recorded
    };
    let (recorded, sum) = thread::scope(|scope| {
        let writers = [scope.spawn(|| record(1)), scope.spawn(|| record(2))];
        while sli.count(Outcome::Ok) == 0 {
            thread::yield_now();
        }
        let mut before = Snapshot::empty(Layout::default());
        let mut sum = before.clone();
        for number in 0..intervals {
            let now = sli.durations();
            let interval = now.since(&before);
            sum.merge(&interval);
            if !is_together(&before, &interval, &now) {
                done.store(true, Ordering::Relaxed);
                panic!("a count went back in interval {number}");
            }
            before = now;
        }
        done.store(true, Ordering::Relaxed);
        let recorded: u64 = writers.map(|writer| writer.join().expect("it only records")).iter().sum();
        sum.merge(&sli.durations().since(&before));
        (recorded, sum)
    });
    assert_eq!(sum, sli.durations());
    assert_eq!((sum.count(), sli.count(Outcome::Ok)), (recorded, recorded));
    kept(
        "R2",
        format_args!(
            "{intervals} interval snapshots during {recorded} records add up, no bucket ever goes back"
        ),
    );
}

/// Whether a difference and what it was taken from make up the whole: else a bucket or the sum was larger before.
fn is_together(before: &Snapshot, interval: &Snapshot, now: &Snapshot) -> bool {
    let mut sum = before.clone();
    sum.merge(interval);
    sum == *now && sum.count() == sum.buckets().map(|bucket| bucket.count()).sum::<u64>()
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
