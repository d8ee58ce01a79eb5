//! Batches of any size and durations of any length are counted exactly, up to what a counter can count.

#![expect(clippy::expect_used, reason = "helpers of tests may")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::sli::Abandoned;
use sre_core::{Engine, Objective, Outcome, Sli};

const SECOND: Duration = Duration::from_secs(1);

/// The longest duration that is told apart, as the nanoseconds that it adds to the sum.
const LONGEST_NS: u128 = 1 << 53;

/// Does `work` on two threads while a third one reads.
fn with_a_reader(sli: &Sli, work: impl Fn() + Sync) {
    sre_core::clock::calibrate();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut count, mut sum_ns) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                let now = sli.durations();
                assert!(now.count() >= count && now.sum_ns() >= sum_ns, "nothing goes back");
                (count, sum_ns) = (now.count(), now.sum_ns());
            }
        });
        let writers = [scope.spawn(&work), scope.spawn(&work)];
        let ended = writers.map(thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok));
        reader.join().expect("it saw nothing go back");
    });
}

#[test]
fn batches_are_exact_while_somebody_reads() {
    const ROUNDS: u64 = 20_000;
    // Around the sizes at which a cell of 16 or 32 bits would fill, and beyond.
    const SIZES: [u64; 7] = [1, 2, 1 << 15, (1 << 16) - 1, (1 << 30) - 1, (1 << 32) + 1, 1 << 40];
    let duration = |place: usize| Duration::from_nanos(1_000 << (3 * place));
    let sli = Sli::new("batches").objective(Objective::latency(0.99, duration(3)));
    with_a_reader(&sli, || {
        for _ in 0..ROUNDS {
            for (place, size) in SIZES.into_iter().enumerate() {
                sli.record_n(Outcome::Ok, duration(place), size);
            }
        }
    });
    let durations = sli.durations();
    let found: Vec<u64> = durations.buckets().map(|bucket| bucket.count()).collect();
    assert_eq!(found, SIZES.map(|size| 2 * ROUNDS * size));
    assert_eq!(durations.count(), sli.count(Outcome::Ok));
    let of_all = |(place, size): (usize, u64)| 2 * u128::from(ROUNDS * size) * duration(place).as_nanos();
    assert_eq!(durations.sum_ns(), SIZES.into_iter().enumerate().map(of_all).sum::<u128>());
}

#[test]
fn the_longest_durations_add_up_while_somebody_reads() {
    const EVENTS: u64 = 1_000_000;
    let sli = Sli::new("longest");
    with_a_reader(&sli, || (0..EVENTS).for_each(|_| sli.record(Outcome::Ok, Duration::MAX)));
    assert_eq!(sli.durations().sum_ns(), u128::from(2 * EVENTS) * LONGEST_NS);
    with_a_reader(&sli, || (0..EVENTS).for_each(|_| sli.record_n(Outcome::Ok, Duration::MAX, 1 << 40)));
    let expected = u128::from(2 * EVENTS) * LONGEST_NS * (1 + (1 << 40));
    assert_eq!(sli.durations().sum_ns(), expected);
    assert_eq!(sli.durations().count(), 2 * EVENTS * (1 + (1 << 40)));
}

fn manual() -> Engine {
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    Engine::builder().manual_clock(clock).start().expect("nothing is wrong with it")
}

#[test]
fn single_events_outgrow_narrow_cells_of_the_shared_copy() {
    const EVENTS: u64 = 100_000;
    let engine = manual();
    // On a clock of the test threads have no shards. The second bucket is in the same page as the first, and the third
    // one in another.
    let sli = engine.sli(Sli::new("narrow").definition()).expect("a good definition");
    let durations = [1_000_000, 1_100_000, 100_000_000].map(Duration::from_nanos);
    for step in 0..EVENTS {
        sli.record(Outcome::Ok, durations[0]);
        if step % 10 == 0 {
            sli.record(Outcome::Ok, durations[1]);
        }
        if step % 1_000 == 0 {
            sli.record(Outcome::Ok, durations[2]);
        }
    }
    let counts = [EVENTS, EVENTS / 10, EVENTS / 1_000];
    let merged = sli.durations();
    assert_eq!(merged.buckets().map(|bucket| bucket.count()).collect::<Vec<_>>(), counts);
    assert_eq!(merged.count(), counts.iter().sum::<u64>());
    assert_eq!(merged.count(), sli.count(Outcome::Ok));
}

#[test]
fn any_duration_is_accepted_and_judged() {
    let engine = manual();
    let sli = Sli::new("any").objective(Objective::latency(0.99, SECOND));
    let any = engine.sli(sli.definition()).expect("a good definition");
    let abandoned = Abandoned::ALL.map(Outcome::Abandoned);
    let outcomes = [Outcome::Ok, Outcome::Error, Outcome::Ignored].into_iter().chain(abandoned);
    let short = [Duration::ZERO, Duration::from_nanos(1), SECOND];
    let long = [SECOND + Duration::from_nanos(1), Duration::from_secs(u64::MAX), Duration::MAX];
    for outcome in outcomes.clone() {
        for duration in short.into_iter().chain(long) {
            any.record(outcome, duration);
            any.record_n(outcome, duration, 0);
            any.record_n(outcome, duration, 1 << 33);
        }
    }
    engine.advance(SECOND);
    let report = engine.collect();
    let each = (1 << 33) + 1;
    for outcome in outcomes {
        assert_eq!(any.count(outcome), 6 * each, "{outcome:?}");
    }
    // Failed and ignored calls are not valid, and whoever left before the threshold is forgiven.
    let judged = report.slo("any-latency").expect("it has one").exported;
    assert_eq!((judged.good(), judged.bad()), (3 * each, 3 * each + 4 * 3 * each));
    // Two of them too long to be told apart, for calls with an answer.
    assert_eq!(report.engine.durations_clamped, 2 * 2 * each);
    let told = report.sli("any").expect("it is one of the engine");
    let kept_ns = 1 + 1_000_000_000 + 1_000_000_001 + 2 * LONGEST_NS;
    assert_eq!(told.durations.sum_ns(), kept_ns * u128::from(each));
    assert_eq!((told.durations.count_above(2 * SECOND), told.durations.count()), (2 * each, 6 * each));
    assert_eq!(report.engine.series_saturated, 0);
}

#[test]
fn counters_that_can_count_no_further_are_named() {
    let engine = manual();
    let full = engine.sli(Sli::new("filled").definition()).expect("a good definition");
    // As many of the largest batches as a counter can hold.
    (1..1 << 24).for_each(|_| full.record_n(Outcome::Ignored, SECOND, 1 << 40));
    engine.advance(SECOND);
    assert_eq!(engine.report().engine.series_saturated, 0);
    full.record_n(Outcome::Ignored, SECOND, 1 << 40);
    engine.advance(SECOND);
    assert_eq!(engine.report().engine.series_saturated, 1);
    assert_eq!(full.count(Outcome::Ignored), u64::MAX);
}
