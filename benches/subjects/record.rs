//! Cold. One value into a held SLI: its bucket, its exact sum, its count, and the threshold it misses.

use crate::harness::Subject;
use crate::values::{LATENCY_THRESHOLD, duration};
use sre_core::{Objective, Outcome, Sli};

/// The name of the group.
pub const GROUP: &str = "record";
/// A held SLI.
pub const HELD: &str = "sre-core";

/// Values without a recorder: what every subject of the group spends on fetching its value.
pub const VALUES: &str = "values alone";

static SLI: Sli = Sli::new("bench.record")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, LATENCY_THRESHOLD));

/// Ours, and the values alone.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    vec![
        Subject::shared(VALUES, duration),
        Subject::shared(HELD, |i| SLI.record(Outcome::Ok, duration(i))),
        Subject::shared("sre-core, one error in 128", |i| {
            let outcome = if i.is_multiple_of(128) { Outcome::Error } else { Outcome::Ok };
            SLI.record(outcome, duration(i));
        }),
    ]
}
