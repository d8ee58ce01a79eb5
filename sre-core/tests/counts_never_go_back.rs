//! Exported counts never go back, whatever is recorded while they are read; and edges that were once wrong.

#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::sli::AbandonedPolicy;
use sre_core::{Engine, Objective, Outcome, Sli};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

fn manual() -> Engine {
    Engine::builder().manual_clock(ManualClock::at_unix_seconds(1_700_000_000)).start().unwrap()
}

/// An engine on the clock of the process, so that threads get shards, and an SLI of its own.
fn started(sli: &Sli) -> (Engine, Sli) {
    let engine = Engine::builder().start().unwrap();
    let sli = engine.sli(sli.definition()).unwrap();
    (engine, sli)
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn good_and_bad_only_grow_while_everything_is_slow() {
    let (engine, slow) = started(&Sli::new("slow").objective(Objective::latency(0.99, MS)));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        // Whatever fails below, the writer stops.
        let stop = Stop(&done);
        let writer = scope.spawn(|| {
            slow.prewarm();
            let mut recorded = 0;
            while !done.load(Ordering::Relaxed) {
                slow.record(Outcome::Ok, 5 * MS);
                recorded += 1;
            }
            recorded
        });
        let mut before = (0, 0);
        for round in 0..3_000 {
            if round % 2 == 0 {
                engine.tick()
            } else {
                drop(engine.collect())
            }
            let report = engine.report();
            let counts = report.slo("slow-latency").unwrap().exported;
            assert!(counts.good() >= before.0 && counts.bad() >= before.1, "{counts:?} after {before:?}");
            assert_eq!(counts.good(), 0, "a slow call is never good");
            before = (counts.good(), counts.bad());
        }
        drop(stop);
        let recorded: u64 = writer.join().unwrap();
        engine.tick();
        let report = engine.report();
        let objective = report.slo("slow-latency").unwrap();
        assert_eq!(objective.exported.bad(), recorded);
        assert_eq!(
            objective.counts.total(),
            recorded,
            "the window has what was recorded, and no event twice"
        );
    });
}

#[test]
fn a_call_that_started_while_paused_is_not_recorded_when_it_ends() {
    let (engine, paused) = started(&Sli::new("paused"));
    paused.prewarm();
    paused.start().ok();
    let before_pause = paused.start();
    engine.pause();
    let during_pause = paused.start();
    paused.record(Outcome::Ok, MS);
    engine.resume();
    paused.prewarm();
    during_pause.ok();
    let hanging = paused.start();
    engine.tick();
    let report = engine.report();
    let sli = report.sli("paused").unwrap();
    assert_eq!((sli.events.ok, sli.in_flight), (1, 2));
    before_pause.ok();
    hanging.ok();
    engine.tick();
    let report = engine.report();
    let sli = report.sli("paused").unwrap();
    assert_eq!((sli.events.ok, sli.in_flight), (3, 0));
}

#[test]
fn calls_that_may_be_abandoned_for_free_are_not_overdue() {
    let engine = manual();
    let sli = Sli::new("poll").objective(Objective::availability(0.99)).abandoned(AbandonedPolicy::Ignored);
    let poll = engine.sli(sli.definition()).unwrap();
    poll.record_n(Outcome::Ok, MS, 100);
    let hanging: Vec<_> = (0..20).map(|_| poll.start()).collect();
    engine.advance(30 * SECOND);
    let report = engine.report();
    assert_eq!(report.sli("poll").unwrap().in_flight, 20);
    assert_eq!(report.slo("poll-availability").unwrap().provisional.bad(), 0);
    hanging.into_iter().for_each(|call| call.ok());
}

#[test]
fn eight_thresholds_and_an_apdex_are_all_counted_exactly() {
    let engine = manual();
    let sli = (1..=8).fold(Sli::new("many").apdex(5 * MS), |sli, step| {
        sli.objective(Objective::latency(0.9, step * 100 * MS))
    });
    let many = engine.sli(sli.definition()).unwrap();
    many.record_n(Outcome::Ok, 5 * SECOND, 100);
    engine.advance(SECOND);
    let report = engine.report();
    for objective in &report.sli("many").unwrap().objectives {
        assert_eq!((objective.counts.good(), objective.counts.bad()), (0, 100), "{}", objective.slo);
    }
}

#[test]
fn threads_that_come_and_go_do_not_pile_up_shards() {
    let (engine, churn) = started(&Sli::new("churn"));
    for round in 1..=50_u64 {
        // Eight at a time, so that eight shards are given back.
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..500).for_each(|_| churn.record(Outcome::Ok, 3 * MS)));
            }
        });
        assert_eq!(churn.count(Outcome::Ok), round * 8 * 500);
    }
    engine.tick();
    // What eight threads at a time need, and what the other tests of this binary do.
    assert!(engine.report().engine.shards < 30, "{}", engine.report().engine.shards);
    assert_eq!(churn.durations().count(), 50 * 8 * 500);
    assert_eq!(churn.durations().sum_ns(), 50 * 8 * 500 * 3_000_000);
}
