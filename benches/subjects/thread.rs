//! Cold. The first record of a new thread, which finds nothing prepared.

use crate::harness::Subject;
use crate::values::{LATENCY_THRESHOLD, duration};
use sre_core::{Objective, Outcome, Sli};
use std::thread;

/// The name of the group.
pub const GROUP: &str = "thread";
/// A thread that does nothing.
pub const BARE: &str = "spawn and join";
/// A thread that records once.
pub const RECORDS_ONCE: &str = "spawn, record once and join";

static SLI: Sli = Sli::new("bench.thread")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, LATENCY_THRESHOLD));

/// Threads that do nothing, record once, or become hot.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    let subjects = vec![
        Subject::shared(BARE, |_| thread::spawn(|| ()).join()),
        Subject::shared(RECORDS_ONCE, |i| thread::spawn(move || SLI.record(Outcome::Ok, duration(i))).join()),
        Subject::shared("spawn, become hot and join", |i| {
            thread::spawn(move || (0..1024).for_each(|n| SLI.record(Outcome::Ok, duration(i + n)))).join()
        }),
    ];
    subjects.into_iter().map(Subject::waiting).collect()
}
