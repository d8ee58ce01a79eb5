//! After prewarm, recording allocates nothing.

#![expect(unsafe_code, reason = "a global allocator that counts")]

mod counting;

use std::time::Duration;

use counting::ALLOCATIONS;
use sre_core::{Objective, Outcome, Sli};

static SLI: Sli = Sli::new("allocations")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

fn allocations(run: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

#[test]
fn ten_million_records_after_prewarm_allocate_nothing() {
    sre_core::clock::calibrate();
    SLI.prewarm();
    let allocated = allocations(|| {
        for step in 0..5_000_000_u64 {
            // From 1 ms to 64 s, as in an outage.
            let duration = Duration::from_nanos(1_000_000 << (step % 16));
            let outcome = if step % 3 == 0 { Outcome::Error } else { Outcome::Ok };
            SLI.record(outcome, duration);
            SLI.start().finish(outcome);
        }
    });
    assert_eq!(allocated, 0);
}

#[test]
fn the_detector_sees_an_allocation() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
}
