//! After prewarm, recording allocates nothing.

#![expect(unsafe_code, reason = "a global allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use sre_core::{Objective, Outcome, Sli};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes on to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
