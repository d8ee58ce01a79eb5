//! Cold. The floor: what no recorder can go below.

use crate::harness::{Subject, now};
use quanta::Clock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The name of the group.
pub const GROUP: &str = "floor";
/// A relaxed load, the measure for queries.
pub const LOAD: &str = "relaxed load";
/// Two reads of the time-stamp counter, the measure for instrumented calls.
pub const TWO_READS: &str = "two TSC reads";

/// Loads, adds and clock reads, bare.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    static CELL: AtomicU64 = AtomicU64::new(0);
    let clock = Clock::new();
    let (one, two, scaled) = (clock.clone(), clock.clone(), clock);
    vec![
        Subject::shared("empty loop", |i| i),
        Subject::shared(LOAD, |_| CELL.load(Ordering::Relaxed)),
        Subject::shared("relaxed load and store", |_| {
            CELL.store(CELL.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }),
        Subject::shared("relaxed fetch_add", |_| CELL.fetch_add(1, Ordering::Relaxed)),
        Subject::shared("one TSC read", move |_| one.raw()),
        Subject::shared(TWO_READS, move |_| {
            let start = two.raw();
            two.raw().wrapping_sub(start)
        }),
        Subject::shared("two TSC reads, scaled to ns", move |_| {
            let start = scaled.raw();
            scaled.delta_as_nanos(start, scaled.raw())
        }),
        Subject::shared("two Instant reads", |_| {
            let start = now();
            now().duration_since(start)
        }),
    ]
}
