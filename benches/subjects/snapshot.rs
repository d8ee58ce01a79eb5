//! Cold. Frozen counts: taking them, merging them, asking them.

use crate::harness::Subject;
use crate::values::{LATENCY_THRESHOLD, duration};
use sre_core::{Objective, Outcome, Sli};
use std::thread;

/// The name of the group.
pub const GROUP: &str = "snapshot";

/// Threads that have a shard each.
const SHARDS: usize = 8;

/// Snapshots of an SLI into which eight threads have recorded.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    static SLI: Sli = Sli::new("bench.snapshot").objective(Objective::latency(0.99, LATENCY_THRESHOLD));
    thread::scope(|scope| {
        for _ in 0..SHARDS {
            scope.spawn(|| {
                SLI.prewarm();
                (0..10_000).for_each(|i| SLI.record(Outcome::Ok, duration(i)));
            });
        }
    });
    let earlier = SLI.durations();
    (0..10_000).for_each(|i| SLI.record(Outcome::Ok, duration(i)));
    let later = SLI.durations();
    let (merged, asked, difference) = (earlier.clone(), later.clone(), (earlier, later));
    vec![
        Subject::shared("take, eight shards", |_| SLI.durations()),
        Subject::shared("merge two", move |_| {
            let mut sum = merged.clone();
            sum.merge(&merged);
            sum
        }),
        Subject::shared("difference of two", move |_| difference.1.clone().since(&difference.0)),
        Subject::shared("p99", move |_| asked.quantile(0.99)),
    ]
}
