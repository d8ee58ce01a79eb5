//! A snapshot has every event that was recorded before it was asked for, however many come while it is taken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use sre_core::histogram::{Cumulative, Layout, Snapshot};
use sre_core::{Engine, Objective, Outcome, Sli};

const SECOND: Duration = Duration::from_secs(1);
const LOOKS: usize = 1_500;

/// Stops the writers, whatever fails meanwhile.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Looks while two threads record durations of up to a millisecond, all through many blocks of buckets.
fn under_load(sli: &Sli, looks: impl FnOnce()) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let stop = Stop(&done);
        for _ in 0..2 {
            scope.spawn(|| {
                sli.prewarm();
                for step in 0.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    sli.record(Outcome::Ok, Duration::from_nanos(1 << (step % 20)));
                }
            });
        }
        looks();
        drop(stop);
    });
}

/// Holds snapshots of one SLI against those that came before.
struct Watch {
    cumulative: Cumulative,
    bounds: Vec<u64>,
    last: Snapshot,
}

impl Watch {
    fn new() -> Self {
        Self {
            cumulative: Cumulative::new(Layout::default(), &[1_000, 100_000, 10_000_000_000]),
            bounds: Vec::new(),
            last: Snapshot::default(),
        }
    }

    fn look(&mut self, durations: &Snapshot, slow: u64) {
        assert_eq!(durations.count_above(SECOND), slow);
        assert!(durations.count() >= self.last.count());
        let buckets: u64 = durations.buckets().map(|bucket| bucket.count()).sum();
        assert_eq!(durations.count(), buckets);
        let since = durations.since(&self.last);
        assert_eq!(since.count(), durations.count() - self.last.count(), "no bucket went back");
        let bounds = self.cumulative.update(durations).to_vec();
        assert!(bounds.is_sorted(), "{bounds:?}");
        assert!(self.bounds.iter().zip(&bounds).all(|(before, now)| before <= now), "{bounds:?}");
        (self.bounds, self.last) = (bounds, durations.clone());
    }
}

#[test]
fn a_fresh_snapshot_has_all_slow_events_under_load() {
    sre_core::clock::calibrate();
    let sli = Sli::new("fresh").objective(Objective::latency(0.99, SECOND));
    (0..10).for_each(|_| sli.record(Outcome::Ok, 10 * SECOND));
    under_load(&sli, || {
        let mut watch = Watch::new();
        (0..LOOKS).for_each(|_| watch.look(&sli.durations(), 10));
    });
    assert_eq!(sli.durations().count(), sli.count(Outcome::Ok));
}

#[test]
fn a_report_has_slow_events_in_blocks_that_were_empty() {
    let engine = Engine::builder().start().expect("nothing is wrong with it");
    let sli = Sli::new("reported").objective(Objective::latency(0.99, SECOND));
    let sli = engine.sli(sli.definition()).expect("a good definition");
    under_load(&sli, || {
        let (mut watch, mut slow) = (Watch::new(), 0);
        for look in 0..LOOKS {
            if look % 100 == 0 {
                // In another octave each time: 2 s, 4 s, and so on to the longest that is kept apart.
                sli.record(Outcome::Ok, (2 << (look / 100 % 20)) * SECOND);
                slow += 1;
            }
            let report = engine.collect();
            watch.look(&report.sli("reported").expect("it is one of the engine").durations, slow);
        }
    });
    let report = engine.collect();
    let told = report.sli("reported").expect("it is one of the engine");
    assert_eq!(told.durations.count(), told.events.ok, "at rest they agree");
    assert_eq!(told.events.ok, sli.count(Outcome::Ok));
}
