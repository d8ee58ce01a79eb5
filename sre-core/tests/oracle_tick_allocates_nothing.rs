//! A steady tick allocates nothing; a counting allocator tells.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]
#![expect(unsafe_code, reason = "a global allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use sre_core::engine::{Evaluator, Input};
use sre_core::slo::Objective;
use sre_core::units::EventCounts;
use sre_core::window::Tick;

const SECOND: u64 = 1_000_000_000;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are those that the system asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// The fewest allocations of eight ticks in a row, within a minute: forecasts, which walk over a list, come in
/// between.
fn steady_ticks(with_report: bool) -> u64 {
    let at = |second: u64| Tick { wall_ns: second * SECOND, elapsed_ns: second * SECOND };
    let mut evaluator =
        Evaluator::new("pay", "pay-availability", Objective::availability(0.999), at(0)).unwrap();
    let mut tick = |second| {
        let input = Input { delta: EventCounts::new(999, 1), ended: 1_000, ..Input::default() };
        evaluator.tick(at(second), input);
        with_report.then(|| evaluator.report());
    };
    (1..600).for_each(&mut tick);
    (600..660).map(|first| allocations(|| (first * 8..first * 8 + 8).for_each(&mut tick))).min().unwrap()
}

#[test]
fn eight_ticks_between_two_forecasts_allocate_nothing() {
    assert_eq!(steady_ticks(false), 0);
}

#[test]
fn the_detector_sees_the_allocations_of_a_report() {
    assert!(steady_ticks(true) >= 8);
}
