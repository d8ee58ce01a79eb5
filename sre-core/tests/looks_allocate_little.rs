//! Who looks again at counters that changed, and holds nothing, finds everything in the room of an earlier report.

#![expect(unsafe_code, reason = "a global allocator that counts")]
#![expect(clippy::unwrap_used, reason = "the definitions are ours")]

mod counting;

use std::sync::Arc;
use std::time::Duration;

use counting::ALLOCATIONS;
use sre_core::clock::ManualClock;
use sre_core::report::Report;
use sre_core::{Engine, Objective, Outcome, Sli};

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// An engine whose SLIs have recorded values of all lengths that they will record.
fn engine() -> (Engine, Vec<Sli>) {
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    let engine = Engine::builder().manual_clock(clock).start().unwrap();
    let own = |name| {
        let sli = Sli::new(name).objective(Objective::availability(0.999));
        engine.sli(sli.definition()).unwrap()
    };
    let slis: Vec<Sli> = NAMES.into_iter().map(own).collect();
    (0..64).for_each(|step| record(&slis, step));
    (engine, slis)
}

fn record(slis: &[Sli], step: u64) {
    for sli in slis {
        sli.record(Outcome::Ok, Duration::from_micros(1 << (step % 20)));
        sli.record(Outcome::Error, Duration::from_micros(1 << (step % 20)));
    }
}

/// Allocations of the last of several looks, each at counters that changed, with the last `held` reports kept.
fn allocations(held: usize, look: impl Fn(&Engine) -> Arc<Report>) -> u64 {
    let (engine, slis) = engine();
    let (mut kept, mut allocated) = (Vec::new(), 0);
    for step in 0..8 {
        record(&slis, step);
        let before = ALLOCATIONS.get();
        let report = look(&engine);
        allocated = ALLOCATIONS.get() - before;
        let errors = |report: &Report| report.slis.iter().map(|sli| sli.events.error).sum::<u64>();
        assert_eq!(errors(&report), (65 + step) * NAMES.len() as u64);
        assert!(report.slis.iter().all(|sli| sli.buckets.count() == 65 + step));
        kept.push(report);
        kept.drain(..kept.len().saturating_sub(held));
    }
    allocated
}

#[test]
fn a_look_at_counters_that_changed_allocates_nothing() {
    assert_eq!(allocations(0, Engine::collect), 0);
    assert_eq!(allocations(0, Engine::collect_buckets), 0);
}

#[test]
fn a_report_that_somebody_holds_is_not_filled_again() {
    assert!(allocations(8, Engine::collect) >= NAMES.len() as u64, "the detector sees what is made anew");
}
